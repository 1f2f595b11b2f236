"""The outbox on disk: one person's actions, every step of them, and what they have begun to write.

Private: mode 0600, in the person's own folder, never shared. Every commit waits for the disk: what is said to
be written survives a power cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from support_desk.desk.moments import from_ms, to_ms
from support_desk.desk.outbox_encoding import (
    Undecodable,
    decode_intent,
    decode_receipt,
    decode_taken,
    encode_intent,
    encode_receipt,
)
from support_desk.desk.own_file import OwnFile
from support_desk.desk.schema import Steps, transaction
from support_desk.domain.commands import Command
from support_desk.domain.intents import ASKING, DONE, MOVING, Entry, Phase, Target
from support_desk.domain.pages import in_the_way
from support_desk.records import record

STEPS: Steps = (
    (
        "actions",
        (
            """CREATE TABLE actions (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, intent BLOB NOT NULL,
                phase TEXT NOT NULL, changed_at INTEGER NOT NULL, user TEXT NOT NULL,
                instance TEXT NOT NULL, asked_at INTEGER, fire_at INTEGER, sent_at INTEGER,
                attempts INTEGER NOT NULL,
                words TEXT NOT NULL, receipt BLOB, offered INTEGER NOT NULL) WITHOUT ROWID""",
            "CREATE INDEX actions_phase ON actions (phase)",
            """CREATE TABLE steps (n INTEGER PRIMARY KEY, action TEXT NOT NULL, at INTEGER NOT NULL,
                phase TEXT NOT NULL, words TEXT NOT NULL)""",
            "CREATE INDEX steps_at ON steps (at)",
            """CREATE TABLE drafts (target_kind TEXT NOT NULL, target_id TEXT NOT NULL, kind TEXT NOT NULL,
                text TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (target_kind, target_id, kind))
                WITHOUT ROWID""",
        ),
    ),
    (
        "steps that prove a page",
        ("ALTER TABLE steps ADD COLUMN paged INTEGER NOT NULL DEFAULT 0",),
    ),
)
"""Times are milliseconds since 1970, UTC."""

UNFINISHED = tuple(phase.value for phase in (*MOVING, *ASKING))


@record
class LogLine:
    """One step of one action."""

    at: datetime
    action: str
    """The intent's id."""
    target: Target
    title: str
    command: Command
    phase: Phase
    words: str
    by: str
    paged: bool = False
    """The step's receipt proves that it reached who was meant to be paged."""


@record
class Draft:
    """A text that hasn't been sent."""

    text: str
    at: datetime


@record
class Unreadable:
    """An action in the file that this version can't read: it is neither sent nor dropped."""

    id: str
    phase: str


class OutboxStore(OwnFile):
    """One file. Every call blocks; any thread may call. Raises `StoreError`."""

    STEPS = STEPS
    WAS_DAMAGED = "The outbox was damaged and begins anew: unfinished actions are in {aside}"

    # Actions

    def save(self, entries: Iterable[Entry]) -> None:
        """Write these entries and a step for each, all or none."""
        with self._lock, self._telling(), transaction(self._connection):
            for entry in entries:
                self._write(entry)

    def note_taken(self, entries: Iterable[Entry]) -> None:
        """Keep under which id the service works these off: no step, and nothing else of them is written."""
        with self._lock, self._telling(), transaction(self._connection):
            self._connection.executemany(
                "UPDATE actions SET intent = ? WHERE id = ?",
                [(encode_intent(entry.intent, entry.taken), entry.intent.id) for entry in entries],
            )

    def begin_page(self, entry: Entry) -> Entry | None:
        """Write that this page is being sent, unless another desk is about the same one; then that one.

        Looking and writing are one transaction: of desks that begin in the same moment, one does.
        """
        since = to_ms(entry.asked_at or entry.intent.at)
        with self._lock, self._telling(), transaction(self._connection):
            rows = self._connection.execute(
                f"{_SELECT} WHERE instance != ? AND"
                " (phase IN (?, ?) OR (phase = ? AND changed_at >= ?)) ORDER BY sequence DESC",
                (entry.instance, Phase.SENDING.value, Phase.UNKNOWN.value, Phase.CONFIRMED.value, since),
            )
            for row in rows:
                with suppress(*Undecodable):
                    other = _entry(row)
                    if in_the_way(entry, other):
                        return other
            self._write(entry)
        return None

    def take_over(
        self, user: str, instance: str, dead: Iterable[str]
    ) -> tuple[list[Entry], list[Unreadable]]:
        """Make what dead desks of this person left unfinished the business of `instance`.

        Of two desks that begin at the same time, one gets each action.
        """
        wanted = tuple(dead)
        marks, phases = ",".join("?" * len(wanted)), ",".join("?" * len(UNFINISHED))
        found: list[Entry] = []
        unreadable: list[Unreadable] = []
        with self._lock, self._telling(), transaction(self._connection):
            rows = self._connection.execute(
                f"{_SELECT} WHERE user = ? AND phase IN ({phases})"
                f" AND instance IN ({marks}) ORDER BY sequence",
                (user, *UNFINISHED, *wanted),
            ).fetchall()
            for row in rows:
                try:
                    found.append(_entry(row))
                except Undecodable:
                    unreadable.append(Unreadable(row[0], row[3]))
            self._connection.executemany(
                "UPDATE actions SET instance = ? WHERE id = ?",
                ((instance, entry.intent.id) for entry in found),
            )
        return found, unreadable

    def recent(self, user: str, most: int) -> list[Entry]:
        """The newest of this person's actions that have ended; what can't be read is left out."""
        with self._lock, self._telling():
            rows = self._connection.execute(
                f"{_SELECT} WHERE user = ? AND phase IN (?, ?) ORDER BY sequence DESC LIMIT ?",
                (user, *(phase.value for phase in DONE), most),
            ).fetchall()
        found = []
        for row in rows:
            with suppress(*Undecodable):
                found.append(_entry(row))
        return found

    def instances(self, user: str) -> set[str]:
        """The desks that have left something unfinished, living ones included."""
        phases = ",".join("?" * len(UNFINISHED))
        with self._lock, self._telling():
            rows = self._connection.execute(
                f"SELECT DISTINCT instance FROM actions WHERE user = ? AND phase IN ({phases})",  # noqa: S608
                (user, *UNFINISHED),
            ).fetchall()
        return {row[0] for row in rows}

    def last_sequence(self) -> int:
        """The number of the newest decision."""
        with self._lock, self._telling():
            return int(
                self._connection.execute("SELECT coalesce(max(sequence), 0) FROM actions").fetchone()[0]
            )

    def log(self, since: datetime, until: datetime) -> tuple[LogLine, ...]:
        """Every step between two moments, oldest first; what can't be read is left out."""
        with self._lock, self._telling():
            rows = self._connection.execute(
                """SELECT steps.at, steps.phase, steps.words, steps.paged, actions.intent FROM steps
                JOIN actions ON actions.id = steps.action WHERE steps.at >= ? AND steps.at < ?
                ORDER BY steps.n""",
                (to_ms(since), to_ms(until)),
            ).fetchall()
        lines = []
        for at, phase, words, paged, data in rows:
            try:
                intent = decode_intent(data)
                lines.append(
                    LogLine(
                        from_ms(at),
                        intent.id,
                        intent.target,
                        intent.title,
                        intent.decided,
                        Phase(phase),
                        words,
                        intent.by,
                        bool(paged),
                    )
                )
            except Undecodable:
                continue
        return tuple(lines)

    def forget(self, before: datetime) -> None:
        """Drop what ended before this moment, with its steps."""
        ended = tuple(phase.value for phase in DONE)
        with self._lock, self._telling(), transaction(self._connection):
            self._connection.execute(
                "DELETE FROM actions WHERE changed_at < ? AND phase IN (?, ?)", (to_ms(before), *ended)
            )
            self._connection.execute("DELETE FROM steps WHERE action NOT IN (SELECT id FROM actions)")

    def _write(self, entry: Entry) -> None:
        self._connection.execute(
            f"INSERT OR REPLACE INTO actions ({_COLUMNS}) VALUES ({','.join('?' * 14)})",  # noqa: S608 - marks only
            (
                entry.intent.id,
                entry.sequence,
                encode_intent(entry.intent, entry.taken),
                entry.phase.value,
                to_ms(entry.changed_at),
                entry.user,
                entry.instance,
                to_ms(entry.asked_at) if entry.asked_at else None,
                to_ms(entry.fire_at) if entry.fire_at else None,
                to_ms(entry.sent_at) if entry.sent_at else None,
                entry.attempts,
                entry.words,
                encode_receipt(entry.receipt),
                entry.offered,
            ),
        )
        self._connection.execute(
            "INSERT INTO steps (action, at, phase, words, paged) VALUES (?, ?, ?, ?, ?)",
            (
                entry.intent.id,
                to_ms(entry.changed_at),
                entry.phase.value,
                entry.words,
                entry.receipt is not None and entry.receipt.paged,
            ),
        )

    # Drafts

    def draft(self, target: Target, kind: str) -> Draft | None:
        """What was begun; None: nothing."""
        with self._lock, self._telling():
            row = self._connection.execute(
                "SELECT text, at FROM drafts WHERE target_kind = ? AND target_id = ? AND kind = ?",
                (target.kind, target.id, kind),
            ).fetchone()
        return Draft(row[0], from_ms(row[1])) if row is not None else None

    def put_draft(self, target: Target, kind: str, draft: Draft | None) -> None:
        """Keep a draft; None: forget it."""
        with self._lock, self._telling(), transaction(self._connection):
            self._connection.execute(
                "DELETE FROM drafts WHERE target_kind = ? AND target_id = ? AND kind = ?",
                (target.kind, target.id, kind),
            )
            if draft is not None:
                self._connection.execute(
                    "INSERT INTO drafts (target_kind, target_id, kind, text, at) VALUES (?, ?, ?, ?, ?)",
                    (target.kind, target.id, kind, draft.text, to_ms(draft.at)),
                )


_COLUMNS = (
    "id, sequence, intent, phase, changed_at, user, instance,"
    " asked_at, fire_at, sent_at, attempts, words, receipt, offered"
)
_SELECT = f"SELECT {_COLUMNS} FROM actions"  # noqa: S608 - names only


def _entry(row: tuple[Any, ...]) -> Entry:
    _, sequence, intent, phase, changed_at, user, instance, *rest = row
    asked_at, fire_at, sent_at, attempts, words, receipt, offered = rest
    return Entry(
        intent=decode_intent(intent),
        phase=Phase(phase),
        changed_at=from_ms(changed_at),
        user=user,
        instance=instance,
        asked_at=None if asked_at is None else from_ms(asked_at),
        fire_at=None if fire_at is None else from_ms(fire_at),
        sent_at=None if sent_at is None else from_ms(sent_at),
        attempts=attempts,
        words=words,
        receipt=decode_receipt(receipt),
        offered=bool(offered),
        sequence=sequence,
        taken=decode_taken(intent),
    )
