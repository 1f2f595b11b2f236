"""A sweep of the ticket queue, set against what we hold: the search index lags behind the tickets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import is_
from typing import TYPE_CHECKING, TypeVar

from support_desk.desk.merging import Digest, proves_absence, same
from support_desk.desk.snapshot import Difference, difference
from support_desk.domain import sla
from support_desk.domain.sla import Agreement, Ranked
from support_desk.domain.tickets import Ticket
from support_desk.domain.words import counted
from support_desk.sources.errors import SourceError

if TYPE_CHECKING:
    from support_desk.sources.protocols import Reading

    Confirm = Callable[[Sequence[int]], Awaitable[Reading[Ticket]]]

INDEX_LAG = timedelta(minutes=5)
"""A ticket that the search hasn't shown for this long isn't late in the index: it has left the scope."""

_GONE = frozenset({"solved", "closed", "deleted"})
_BATCH = 200
_BREATH = 0.0005

T = TypeVar("T")


class Sweeper:
    """Turns sweeps into the queue, remembering what left and since when a row is missing."""

    def __init__(self, agreement: Agreement, *, scoped: bool) -> None:
        self._agreement = agreement
        self._scoped = scoped
        """The search is narrower than "unsolved", so an unsolved ticket can leave it."""
        self._missing_since: dict[int, datetime] = {}
        self._left: dict[int, tuple[datetime, datetime]] = {}
        """When a ticket left, and its `updated_at` then: an older row of it is the index talking."""
        self._unseen: set[int] = set()
        """Those of them that nobody saw finished: the direct read had none of them, or they left scope."""
        self.doubted: dict[int, Ticket] = {}
        """Rows of the last sweep that may be the index talking, or tickets that are there again."""
        self._ranked: tuple[Ranked, ...] = ()
        """The last queue in its order: what it says of a ticket needn't be worked out again."""

    def overlay(self, held: Sequence[Ranked], rows: Sequence[Ticket], now: datetime) -> dict[int, Ticket]:
        """The tickets of a sweep, each in its newest known version, without those known to have left."""
        self._left = {key: left for key, left in self._left.items() if now - left[0] < 2 * INDEX_LAG}
        self._unseen &= self._left.keys()
        self.doubted = {}
        known = {ranked.ticket.id: ranked.ticket for ranked in held}
        fresh: dict[int, Ticket] = {}
        for row in rows:
            left = self._left.get(row.id)
            if left and row.updated_at <= left[1]:
                if row.id in self._unseen:
                    self.doubted[row.id] = row
                continue
            old = known.get(row.id)
            fresh[row.id] = row if old is None or old is row else _newest(old, row, now)
        return fresh

    def confirmed(
        self,
        missing: Mapping[int, Ticket],
        answer: Reading[Ticket],
        now: datetime,
    ) -> dict[int, Ticket]:
        """Which of the missing tickets stay, after they were read directly."""
        read = {row.id: row for row in answer.rows}
        kept: dict[int, Ticket] = {}
        for key, held in missing.items():
            row = read.get(key)
            if row is None:
                if not proves_absence(answer):
                    kept[key] = held
                else:
                    self._leave(key, now, held.updated_at, seen=False)
            elif row.status in _GONE or self._out_of_scope(row, now):
                self._leave(key, now, row.updated_at, seen=row.status in _GONE)
            else:
                kept[key] = row
        return kept

    def back(self, answer: Reading[Ticket], now: datetime) -> dict[int, Ticket]:
        """Which of the doubted tickets are there again, after they were read directly."""
        read = {row.id: row for row in answer.rows}
        found: dict[int, Ticket] = {}
        for key, doubted in self.doubted.items():
            row = read.get(key)
            if row is not None and row.status in _GONE:
                self._leave(key, now, row.updated_at, seen=True)
            elif row is not None or not proves_absence(answer):
                found[key] = row or doubted
        self._left = {key: left for key, left in self._left.items() if key not in found}
        return found

    def _leave(self, key: int, now: datetime, updated_at: datetime, *, seen: bool) -> None:
        self._left[key] = (now, updated_at)
        self._unseen = self._unseen - {key} if seen else self._unseen | {key}

    def _out_of_scope(self, row: Ticket, now: datetime) -> bool:
        since = self._missing_since.setdefault(row.id, now)
        return self._scoped and now - since >= INDEX_LAG and now - row.updated_at >= INDEX_LAG

    def note_missing(self, missing: Mapping[int, Ticket]) -> None:
        """Forget since when a ticket was missing once it has been seen again."""
        self._missing_since = {key: since for key, since in self._missing_since.items() if key in missing}

    def with_ticket(self, held: Sequence[Ranked], ticket: Ticket, now: datetime) -> tuple[Ranked, ...]:
        """The queue with a ticket that was read directly; without it, if it is solved."""
        known = next((row.ticket for row in held if row.ticket.id == ticket.id), None)
        if known is not None and _is_newer(known, ticket, now):
            return tuple(held)
        if ticket.status in _GONE:
            self._leave(ticket.id, now, ticket.updated_at, seen=True)
            return tuple(row for row in held if row.ticket.id != ticket.id)
        return sla.with_ranked(held, ticket, self._agreement)

    def rank(self, tickets: Iterable[Ticket], held: Sequence[Ranked]) -> tuple[Ranked, ...]:
        """The queue in its order; rows that say the same as before stay the same objects.

        Rows of an earlier session were judged by its rules, so theirs are judged again.
        """
        kept = {ranked.ticket.id: ranked for ranked in held}
        ours = held is self._ranked

        def judged(ticket: Ticket) -> Ranked:
            known = kept.get(ticket.id)
            if ours and known is not None and known.ticket is ticket:
                return known
            return same(known, Ranked(ticket, sla.judge(ticket, self._agreement)))

        ranked = sla.in_order(map(judged, _breathing(tickets)), self._agreement)
        # A queue in which nothing has changed is the very queue that is held: the store sees that at once.
        unchanged = ours and len(ranked) == len(held) and all(map(is_, ranked, held))
        self._ranked = self._ranked if unchanged else ranked
        return self._ranked


async def digest_sweep(
    sweeper: Sweeper,
    held: tuple[Ranked, ...],
    reading: Reading[Ticket],
    now: datetime,
    confirm: Confirm,
) -> Digest[Ranked]:
    """The queue after a sweep that began at `now`.

    A ticket that a complete sweep doesn't have is read directly before it goes, which tells as well whether
    it is one that the sweep couldn't read; where that can't be done it stays, and the queue counts as read in
    part. One that went without having been seen as finished, and of which there is a row again, is read
    directly as well: it may be the index's delay, or the ticket is back.
    """
    fresh = await _aside(len(reading.rows), lambda: sweeper.overlay(held, reading.rows, now))
    missing = {row.ticket.id: row.ticket for row in held if row.ticket.id not in fresh}
    sweeper.note_missing(missing)
    complete, notes = reading.complete, reading.notes
    asked = (*(missing if reading.complete else ()), *sweeper.doubted)
    if asked:
        try:
            answer = await confirm(asked)
        except SourceError as error:
            complete = False
            gone = counted(len(asked), "ticket")
            notes += (f"{gone} left the search and could not be looked at: {error.problem}",)
        else:
            if reading.complete:
                missing = sweeper.confirmed(missing, answer, now)
            fresh |= sweeper.back(answer, now)
    tickets = (*fresh.values(), *missing.values())

    def finish() -> tuple[tuple[Ranked, ...], Difference[Ranked]]:
        rows = sweeper.rank(tickets, held)
        return rows, difference(held, rows, lambda row: row.ticket.id)

    rows, changes = await _aside(len(tickets), finish)
    return Digest(rows, changes, now, complete, reading.rejected, notes)


def _newest(held: Ticket, row: Ticket, now: datetime) -> Ticket:
    return held if _is_newer(held, row, now) or held == row else row


def _is_newer(held: Ticket, row: Ticket, now: datetime) -> bool:
    """Whether the index is late with what we hold; a date that is still to come says nothing of that."""
    return row.updated_at < held.updated_at <= now + INDEX_LAG


async def _aside(rows: int, work: Callable[[], T]) -> T:
    """Do this in a thread, unless there are so few rows that the loop doesn't notice."""
    return work() if rows <= _BATCH else await asyncio.to_thread(work)


def _breathing(tickets: Iterable[Ticket]) -> Iterator[Ticket]:
    """Let the thread that answers the keyboard run between batches."""
    for count, ticket in enumerate(tickets, 1):
        yield ticket
        if count % _BATCH == 0:
            time.sleep(_BREATH)
