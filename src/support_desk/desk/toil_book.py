"""What one person said about their claims of time off in lieu: private, and kept for years.

A file of its own, mode 0600 in the person's own folder. It isn't named after the configuration, as the
outbox is: a claim that was entered must not be offered again because somebody changed the working hours.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from support_desk.desk.moments import from_ms, to_ms
from support_desk.desk.own_file import OwnFile
from support_desk.desk.schema import Steps, transaction
from support_desk.domain.toil import Answer
from support_desk.domain.toil_rule import Woken

STEPS: Steps = (
    (
        "answers",
        (
            """CREATE TABLE answers (person TEXT NOT NULL, alert TEXT NOT NULL, woken TEXT NOT NULL,
                fix_seconds INTEGER NOT NULL, left_out INTEGER NOT NULL, at INTEGER NOT NULL,
                claimed_at INTEGER, PRIMARY KEY (person, alert)) WITHOUT ROWID""",
        ),
    ),
)
"""Times are milliseconds since 1970, UTC."""


class ToilBook(OwnFile):
    """One file. Every call blocks; any thread may call. Raises `StoreError`."""

    STEPS = STEPS
    WAS_DAMAGED = "Your answers about time off in lieu were damaged and begin anew; see {aside}"

    @classmethod
    def in_memory(cls) -> ToilBook:
        """A book that is forgotten with the program, where there is no file to keep it in."""
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        for _, statements in STEPS:
            for statement in statements:
                connection.execute(statement)
        return cls(Path("memory"), connection)

    def answers(self, person: str) -> Mapping[str, Answer]:
        """What this person said, by the alert's id; what can't be read counts as not said."""
        with self._lock, self._telling():
            rows = self._connection.execute(
                "SELECT alert, woken, fix_seconds, left_out, at, claimed_at FROM answers WHERE person = ?",
                (person.casefold(),),
            ).fetchall()
        found: dict[str, Answer] = {}
        for alert, woken, seconds, left_out, at, claimed_at in rows:
            with suppress(ValueError, TypeError, OverflowError):
                found[alert] = Answer(
                    alert,
                    Woken(woken),
                    timedelta(seconds=seconds),
                    bool(left_out),
                    from_ms(at),
                    None if claimed_at is None else from_ms(claimed_at),
                )
        return found

    def keep(self, person: str, answer: Answer, replaces: Collection[str] = ()) -> None:
        """Keep an answer; what was said of the other alerts of its claim (`replaces`) goes."""
        whose = person.casefold()
        with self._lock, self._telling(), transaction(self._connection):
            self._connection.executemany(
                "DELETE FROM answers WHERE person = ? AND alert = ?",
                [(whose, alert) for alert in {answer.alert, *replaces}],
            )
            self._connection.execute(
                "INSERT INTO answers (person, alert, woken, fix_seconds, left_out, at, claimed_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    whose,
                    answer.alert,
                    answer.woken.value,
                    answer.fix // timedelta(seconds=1),
                    answer.left_out,
                    to_ms(answer.at),
                    None if answer.claimed_at is None else to_ms(answer.claimed_at),
                ),
            )
