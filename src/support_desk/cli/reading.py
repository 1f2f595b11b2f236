"""Reading the services once, for a one-shot: the feeds asked for, all at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from support_desk.config.model import Config
from support_desk.desk.clock import Clock, SystemClock
from support_desk.desk.skew import Skew
from support_desk.desk.snapshot import Feed, FeedName, Problem, Snapshot
from support_desk.domain.sla import Agreement, rank
from support_desk.sources.errors import (
    NotAllowed,
    SourceError,
)
from support_desk.sources.protocols import Reading, Sources

TIME_LIMIT = 90.0
"""Seconds for one feed: a whole sweep of a long queue, and the waits that a service asks for."""

CLOSING_LIMIT = 2.0
ROTA_BACK = timedelta(days=1)
ROTA_AHEAD = timedelta(weeks=5)


async def read_once(
    sources: Sources, wanted: Collection[FeedName], clock: Clock, agreement: Agreement
) -> tuple[Snapshot, str | None]:
    """Read the wanted feeds of the configured sources; a failure is its feed's problem, never empty rows.

    Feeds that weren't asked for are switched off in the answer. The machine's clock is corrected by what
    the services say, as the dashboard does; if it is far out, words about it come second.
    """
    skew = Skew()
    began = clock.now()
    reads = {name: read for name in wanted if (read := _read(sources, name, began)) is not None}
    feeds = await asyncio.gather(*(_settled(name, read, clock, skew) for name, read in reads.items()))
    await _close(sources)
    if isinstance(clock, SystemClock):
        clock.skew += skew.value
    read_at = clock.now()
    found = {name: feed.at(read_at) for name, feed in zip(reads, feeds, strict=True)}
    tickets = found.get(FeedName.TICKETS)
    if tickets is not None:
        found[FeedName.TICKETS] = replace(tickets, rows=rank(tickets.rows, agreement))
    return snapshot_of(found), skew.warning


def snapshot_of(found: dict[FeedName, Feed[Any]]) -> Snapshot:
    """A snapshot of these feeds, everything else switched off."""
    snapshot = Snapshot()
    for name in FeedName:
        snapshot = snapshot.with_feed(name, found.get(name, Feed(enabled=False)))
    return snapshot


def _read(sources: Sources, name: FeedName, now: datetime) -> Awaitable[Reading[Any]] | None:
    """The read of one feed; None when its source isn't configured."""
    match name:
        case FeedName.TICKETS | FeedName.SUSPENDED if sources.tickets:
            return sources.tickets.queue() if name is FeedName.TICKETS else sources.tickets.suspended()
        case FeedName.ALERTS | FeedName.POLICIES if sources.alerts:
            return sources.alerts.open_alerts() if name is FeedName.ALERTS else sources.alerts.policies()
        case FeedName.ON_CALL if sources.rota:
            return sources.rota.on_call()
        case FeedName.ROTA if sources.rota:
            return sources.rota.rota(now - ROTA_BACK, now + ROTA_AHEAD)
        case FeedName.PEOPLE if sources.rota:
            return sources.rota.people()
        case FeedName.RUNBOOKS if sources.runbooks:
            return sources.runbooks.catalogue()
        case _:
            return None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one read came to, before it is known what time it is."""

    reading: Reading[Any] | None = None
    problem: Problem | None = None
    enabled: bool = True

    def at(self, now: datetime) -> Feed[Any]:
        if self.reading is None:
            return Feed(problem=self.problem, failing_since=now, enabled=self.enabled)
        return Feed(
            rows=self.reading.rows,
            read_at=now,
            complete=self.reading.complete,
            rejected=self.reading.rejected,
            notes=self.reading.notes,
        )


async def _settled(name: FeedName, read: Awaitable[Reading[Any]], clock: Clock, skew: Skew) -> _Outcome:
    began = clock.now()
    try:
        async with asyncio.timeout(TIME_LIMIT):
            reading = await read
    except SourceError as error:
        if name is FeedName.POLICIES and isinstance(error, NotAllowed):
            # A key that may not see the policies is common; the configured minutes stand in for them.
            return _Outcome(enabled=False)
        # Nothing is tried again in a one-shot, so any failure is final.
        return _Outcome(problem=Problem(error.problem, error.remedy, definite=True))
    except TimeoutError:
        slow = f"{name.value.replace('_', ' ')}: no answer within {TIME_LIMIT:.0f} s"
        return _Outcome(problem=Problem(slow, "Look at the network, then try again", definite=True))
    if reading.server_time is not None:
        skew.sample(reading.server_time, began, clock.now())
    return _Outcome(reading)


async def _close(sources: Sources) -> None:
    opened = {
        id(source): source for source in (sources.alerts, sources.rota, sources.tickets, sources.runbooks)
    }
    for source in opened.values():
        if source is not None:
            with suppress(TimeoutError, SourceError):
                async with asyncio.timeout(CLOSING_LIMIT):
                    await source.close()


def agreement_of(config: Config) -> Agreement:
    """What was agreed with the clients, by the configuration."""
    from support_desk.config.calendar import calendar_from

    addresses = frozenset(config.zendesk.emergency_addresses)
    return Agreement(calendar_from(config.hours), addresses, config.zendesk.contract_pauses)
