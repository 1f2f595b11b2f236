"""Reading the services once, for a one-shot: the feeds asked for, all at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from support_desk.config.model import Config
from support_desk.desk.clock import Clock
from support_desk.desk.snapshot import Feed, FeedName, Problem, Snapshot
from support_desk.domain.sla import Agreement, rank
from support_desk.sources.errors import (
    NotAllowed,
    NotThere,
    Rejected,
    SignInRefused,
    SourceError,
    Unreachable,
)
from support_desk.sources.protocols import Reading, Sources

TIME_LIMIT = 90.0
"""Seconds for one feed: a whole sweep of a long queue, and the waits that a service asks for."""

CLOSING_LIMIT = 2.0
ROTA_BACK = timedelta(days=1)
ROTA_AHEAD = timedelta(weeks=5)

_REFUSALS = (SignInRefused, NotAllowed, NotThere, Rejected)


async def read_once(
    sources: Sources, wanted: Collection[FeedName], clock: Clock, agreement: Agreement
) -> Snapshot:
    """Read the wanted feeds of the configured sources; a failure is its feed's problem, never empty rows.

    Feeds that weren't asked for are switched off in the answer.
    """
    reads = {name: read for name in wanted if (read := _read(sources, name, clock.now())) is not None}
    feeds = await asyncio.gather(*(_settled(name, read, clock) for name, read in reads.items()))
    found = dict(zip(reads, feeds, strict=True))
    tickets = found.get(FeedName.TICKETS)
    if tickets is not None:
        found[FeedName.TICKETS] = _with_rows(tickets, rank(tickets.rows, agreement))
    await _close(sources)
    return snapshot_of(found)


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


async def _settled(name: FeedName, read: Awaitable[Reading[Any]], clock: Clock) -> Feed[Any]:
    try:
        async with asyncio.timeout(TIME_LIMIT):
            reading = await read
    except NotAllowed as refusal:
        if name is FeedName.POLICIES:
            # A key that may not see the policies is common; the configured minutes stand in for them.
            return Feed(enabled=False, notes=(refusal.problem,))
        return _failed(refusal, clock)
    except SourceError as error:
        return _failed(error, clock)
    except TimeoutError:
        return _failed(
            Unreachable(f"No answer within {TIME_LIMIT:.0f} s", "Look at the network, then try again"), clock
        )
    return Feed(
        rows=reading.rows,
        read_at=clock.now(),
        complete=reading.complete,
        rejected=reading.rejected,
        notes=reading.notes,
    )


def _failed(error: SourceError, clock: Clock) -> Feed[Any]:
    # Nothing is tried again in a one-shot, so any failure is final.
    problem = Problem(error.problem, error.remedy, definite=True)
    return Feed(problem=problem, failing_since=clock.now())


def _with_rows(feed: Feed[Any], rows: tuple[Any, ...]) -> Feed[Any]:
    from dataclasses import replace

    return replace(feed, rows=rows)


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
