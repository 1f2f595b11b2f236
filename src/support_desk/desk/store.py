"""The readings on disk: what was last known, for the next start, for `status`, and for colleagues.

"A restart shows the last known state, marked with its age, in the first frame, before any network answer."

A reading is queued for this file in the moment it is shown and committed within about a tenth of a second
(see `writer.py`); a commit in the write-ahead log survives `kill -9`.
"""

from __future__ import annotations

import gc
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from support_desk.desk import company, past_store
from support_desk.desk.about import About, Undecodable, decode_about
from support_desk.desk.company import Lease, Presence
from support_desk.desk.encoding import decode_keys, encode, row_decoder
from support_desk.desk.history import RETENTION, AlertRecord, history_since, keep_history
from support_desk.desk.moments import to_ms
from support_desk.desk.promises import keep_promise, load_promises
from support_desk.desk.schema import (
    Corrupt,
    StoreError,
    one_moment,
    open_file,
    open_file_to_read,
    open_or_begin_anew,
    set_aside,
    telling,
    transaction,
)
from support_desk.desk.snapshot import Feed, FeedName, Snapshot, row_key
from support_desk.domain.alerts import Alert
from support_desk.domain.past import Reach, Span
from support_desk.domain.sla import Ranked
from support_desk.records import record

if TYPE_CHECKING:
    from support_desk.desk.sharing import Shared
    from support_desk.domain.commands import Promise
    from support_desk.domain.paged import Page

__all__ = ["AlertRecord", "Lease", "Presence", "ReadingsStore", "StoreError"]


_NAMES = {name.value: name for name in FeedName}


@record
class _Kept:
    """What this process knows to be in the file of one feed."""

    generation: int
    rows: tuple[object, ...]
    """In their order: the tuple that the feed had, whose keys are made again rather than kept."""


class ReadingsStore:
    """One file of readings. Every call blocks; any thread may call."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, *, retention: timedelta, read_only: bool
    ) -> None:
        self.path = path
        self.notes: tuple[str, ...] = ()
        """What the person should know about the file, a line each."""
        self._connection = connection
        self.retention = retention
        """How long the history of an alert is kept after it left."""
        self._read_only = read_only
        self._kept: dict[FeedName, _Kept] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path, *, retention: timedelta = RETENTION) -> ReadingsStore:
        """Open the file, new where there is none; a damaged one is set aside. Raises `StoreError`."""
        connection, aside = open_or_begin_anew(path)
        store = cls(path, connection, retention=retention, read_only=False)
        if aside is not None:
            store.notes = (_set_aside_words(aside),)
        return store

    @classmethod
    def open_existing(cls, path: Path) -> ReadingsStore:
        """Open a file to read: makes nothing, waits for nobody. Raises `StoreError`, also if none."""
        return cls(path, open_file_to_read(path), retention=RETENTION, read_only=True)

    def load(self, head: int | None = None) -> Snapshot:
        """The last known state; whether a feed is switched on is for the caller to say.

        `head`: take only this many rows of each feed, in its order; `Feed.more` says how many are left.
        Rows that can't be decoded are left out and counted in `rejected`. Raises `StoreError`.
        """
        with self._lock:
            try:
                with telling(self.path), _without_collections(), one_moment(self._connection):
                    return self._load(head)
            except Corrupt:
                self._begin_anew()
                return Snapshot()

    def save(self, name: FeedName, feed: Feed[object]) -> None:
        """Keep this feed; only rows that changed are written. Raises `StoreError`.

        A reading that is older than what another process has kept meanwhile is left out. A feed that was
        never read is kept for the sake of its problem, so that `status` can name it.
        """
        if feed.read_at is None and feed.problem is None:
            return
        with self._lock:
            try:
                self._save(name, feed)
            except Corrupt:
                self._begin_anew()
                self._save(name, feed)
            except (TypeError, ValueError, OverflowError) as error:
                words = f"{name.value}: a row can't be kept ({type(error).__name__})"
                raise StoreError(words, "a fault in the program; please report it") from error

    def history(self, since: datetime) -> tuple[AlertRecord, ...]:
        """The alerts that were there at `since` or later. Raises `StoreError`."""
        with self._lock, telling(self.path):
            return history_since(self._connection, since)

    def history_reach(self) -> Reach:
        """How far back the history goes. Raises `StoreError`."""
        with self._lock, telling(self.path):
            return past_store.reach_of(self._connection)

    def keep_imported(self, wanted: Span, reached: datetime, alerts: Iterable[AlertRecord]) -> None:
        """Keep a page of the service's own history, walked back to `reached`. Raises `StoreError`."""
        with self._writing():
            past_store.keep_imported(self._connection, wanted, reached, alerts)

    def take_request(self, service: str, per_minute: int, now: datetime) -> float:
        """Take a request out of what processes may ask of a service between them: 0, or seconds to wait.

        Raises `StoreError`.
        """
        with self._writing():
            return past_store.take_request(self._connection, service, per_minute, now)

    def replies(self, since: datetime) -> tuple[tuple[datetime, ...], datetime | None]:
        """When public replies were seen to be given, and since when that is watched. Raises `StoreError`."""
        with self._lock, telling(self.path):
            watched = past_store.watched_from(self._connection, past_store.REPLIES_WATCHED)
            return past_store.replies_since(self._connection, since), watched

    def promises(self) -> dict[int, Promise]:
        """What is promised next, by the ticket's number. Raises `StoreError`."""
        with self._lock, telling(self.path):
            return load_promises(self._connection)

    def keep_promise(self, ticket: int, promise: Promise | None, now: datetime) -> None:
        """Remember what is promised next on a ticket, or that nothing is. Raises `StoreError`."""
        with self._writing():
            keep_promise(self._connection, ticket, promise, now)

    def pages(self) -> Mapping[str, Page]:
        """Whom anybody has had paged about alerts, by the alert's id. Raises `StoreError`."""
        from support_desk.desk.pages_shared import load_pages  # after the first frame

        with self._lock, telling(self.path):
            return load_pages(self._connection)

    def keep_page(self, action: str, alert: str, page: Page | None, now: datetime) -> None:
        """Remember whom an action had paged, or that it paged nobody. Raises `StoreError`."""
        from support_desk.desk.pages_shared import keep_page

        with self._writing():
            keep_page(self._connection, action, alert, page, now)

    def take_lease(self, name: str, owner: str, now: datetime, ttl: timedelta) -> Lease:
        """Take or renew a lease; the answer says whose it is now. Raises `StoreError`."""
        with self._writing():
            return company.take_lease(self._connection, name, owner, now, ttl)

    def release_lease(self, name: str, owner: str) -> None:
        """Give a lease back, if it is ours. Raises `StoreError`."""
        with self._writing():
            company.release_lease(self._connection, name, owner)

    def announce(self, desk: Presence, now: datetime) -> None:
        """Say that a desk is there. Raises `StoreError`."""
        with self._writing():
            company.announce(self._connection, desk, now)

    def leave(self, instance: str) -> None:
        """Say that a desk is gone. Raises `StoreError`."""
        with self._writing():
            company.leave(self._connection, instance)

    def presence(self, now: datetime) -> tuple[Presence, ...]:
        """The desks that are there at `now`. Raises `StoreError`."""
        with self._lock, telling(self.path):
            return company.presence(self._connection, now)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock, telling(self.path), transaction(self._connection):
            yield

    def _begin_anew(self) -> None:
        if self._read_only:
            raise StoreError(f"The store is damaged: {self.path}", "open the dashboard: it begins a new one")
        self._connection.close()
        self.notes = (*self.notes, _set_aside_words(set_aside(self.path)))
        self._connection = open_file(self.path)
        self._kept = {}

    def _load(self, head: int | None) -> Snapshot:
        snapshot = Snapshot()
        feeds = self._connection.execute("SELECT feed, generation, about, keys FROM feeds").fetchall()
        for word, generation, about, keys in feeds:
            if word not in _NAMES:
                continue
            name = _NAMES[word]
            try:
                known, order = decode_about(about), decode_keys(keys)
            except Undecodable:
                continue
            wanted = order if head is None else order[:head]
            rows, undecodable = self._rows(name, wanted if len(wanted) < len(order) else None)
            ordered = tuple(rows[key] for key in wanted if key in rows)
            feed = replace(known.feed(ordered, undecodable), more=len(order) - len(wanted))
            snapshot = snapshot.with_feed(name, feed)
            if not self._read_only and len(ordered) == len(rows) and tuple(_keyed(name, ordered)) == order:
                # Otherwise the next save writes the feed from scratch.
                self._kept[name] = _Kept(generation, ordered)
        return snapshot

    def _rows(self, name: FeedName, keys: Sequence[str] | None) -> tuple[dict[str, object], int]:
        """The rows with these keys (None: all), and how many couldn't be decoded."""
        decode = row_decoder(name).decode
        if name is FeedName.TICKETS and keys is None and not self._read_only:
            # Rows that stay. The head of a queue is replaced by the whole of it in a moment.
            from support_desk.desk.sharing import Shared  # after the first frame

            decode = partial(_shared, decode, Shared())
        rows: dict[str, object] = {}
        undecodable = 0
        query = "SELECT key, data FROM rows WHERE feed = ?"
        values: tuple[str, ...] = (name.value,)
        if keys is not None:
            query, values = f"{query} AND key IN ({','.join('?' * len(keys))})", (*values, *keys)
        for key, data in self._connection.execute(query, values):
            try:
                rows[key] = decode(data)
            except Undecodable:
                undecodable += 1
        return rows, undecodable

    def _save(self, name: FeedName, feed: Feed[object]) -> None:
        read_ms = to_ms(feed.read_at) if feed.read_at else 0
        with telling(self.path), transaction(self._connection):
            kept = self._kept.get(name)
            stored = self._connection.execute(
                "SELECT generation, read_at FROM feeds WHERE feed = ?", (name.value,)
            ).fetchone()
            generation = stored[0] if stored else 0
            if kept is not None and kept.generation != generation:
                kept = None
            if kept is None and stored and stored[1] > read_ms:
                # Another process has written what is newer.
                return
            changed, keys = None, None
            # The very same rows, as nearly always: then no index of thousands of them is made.
            if kept is None or kept.rows is not feed.rows:
                changed, keys = self._write_rows(name, feed.rows, None if kept is None else kept.rows)
            self._write_about(name, feed, generation + 1, read_ms, keys)
            if feed.read_at:
                self._keep_past(name, feed, changed, feed.read_at)
        self._kept[name] = _Kept(generation + 1, feed.rows)

    def _write_rows(
        self, name: FeedName, rows: Iterable[object], kept: Iterable[object] | None
    ) -> tuple[Mapping[str, object], tuple[str, ...] | None]:
        """Bring the file from the rows `kept` (None: not known) to `rows`.

        Gives the rows that are new or different, and all keys in their order if that is another.
        """
        if kept is None:
            self._connection.execute("DELETE FROM rows WHERE feed = ?", (name.value,))
        after, before = _keyed(name, rows), _keyed(name, kept or ())
        changed = {key: row for key, row in after.items() if _differs(before.get(key), row)}
        self._write(name, changed, before.keys() - after.keys())
        keys = tuple(after)
        return changed, None if kept is not None and keys == tuple(before) else keys

    def _keep_past(
        self, name: FeedName, feed: Feed[object], changed: Mapping[str, object] | None, read_at: datetime
    ) -> None:
        """What a reading adds to the history, in the transaction that keeps the reading.

        `changed` is None where the rows are the very same.
        """
        if name is FeedName.ALERTS:
            alerts = cast("Iterable[Alert]", (changed or {}).values())
            open_ids = (row.id for row in cast("Iterable[Alert]", feed.rows))
            past_store.note_watch(self._connection, past_store.ALERTS_WATCHED, read_at)
            keep_history(self._connection, alerts, open_ids, read_at, self.retention)
        elif name is FeedName.TICKETS:
            if changed is not None:
                past_store.keep_replies(self._connection, cast("Iterable[Ranked]", feed.rows), read_at)
        else:
            return
        past_store.forget_before(self._connection, read_at - self.retention)

    def _write(self, name: FeedName, changed: Mapping[str, object], removed: Iterable[str]) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO rows (feed, key, data) VALUES (?, ?, ?)",
            ((name.value, key, encode(row)) for key, row in changed.items()),
        )
        self._connection.executemany(
            "DELETE FROM rows WHERE feed = ? AND key = ?", ((name.value, key) for key in removed)
        )

    def _write_about(
        self,
        name: FeedName,
        feed: Feed[object],
        generation: int,
        read_ms: int,
        keys: tuple[str, ...] | None,
    ) -> None:
        about = encode(About.of(feed))
        updated = self._connection.execute(
            """UPDATE feeds SET generation = ?, read_at = ?, about = ?, keys = coalesce(?, keys)
            WHERE feed = ?""",
            (generation, read_ms, about, None if keys is None else encode(keys), name.value),
        )
        if updated.rowcount == 0:
            self._connection.execute(
                "INSERT INTO feeds (feed, generation, read_at, about, keys) VALUES (?, ?, ?, ?, ?)",
                (name.value, generation, read_ms, about, encode(keys or ())),
            )


def _shared(decode: Callable[[bytes], Ranked], shared: Shared, data: bytes) -> Ranked:
    return shared.row(decode(data))


def _differs(old: object, new: object) -> bool:
    return old is not new and old != new


def _keyed(name: FeedName, rows: Iterable[object]) -> dict[str, object]:
    """The rows by their key as text; should two rows have one key, both are kept."""
    keyed: dict[str, object] = {}
    for row in rows:
        key = str(row_key(name, row))
        while key in keyed:
            key += "'"
        keyed[key] = row
    return keyed


def _set_aside_words(aside: Path) -> str:
    return f"The last known state was damaged and begins anew; the old file is {aside}"


@contextmanager
def _without_collections() -> Iterator[None]:
    """Decoding makes many objects and no garbage: each collection on the way would look at all of them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
