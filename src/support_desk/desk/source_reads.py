"""Reading the sources: which one has a feed, what range of the rota, and what their clocks say of ours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from support_desk.desk.clock import Clock, SystemClock
from support_desk.desk.skew import Skew
from support_desk.desk.snapshot import FeedName, Snapshot

if TYPE_CHECKING:
    from support_desk.sources.protocols import Reading, Sources

ROTA_BEFORE = timedelta(weeks=2)
ROTA_AFTER = timedelta(weeks=5)
ROTA_WRONG_BY = timedelta(hours=1)
"""A correction of the clock after which the rota is asked for again: its range was another one."""
WORTH_CORRECTING = timedelta(seconds=1)
"""Smaller changes of the skew are noise."""


class SourceReads:
    """Reads feeds, and puts the desk's clock right by what the services say in their answers."""

    def __init__(self, clock: Clock, corrected: Callable[[], None]) -> None:
        """`corrected` is called after the clock was set to another time."""
        self._clock = clock
        self._corrected = corrected
        self._skew = Skew()

    @property
    def warning(self) -> str | None:
        """What the person should know about this machine's clock."""
        return self._skew.warning

    @property
    def off(self) -> timedelta:
        """What has to be added to this machine's clock."""
        return self._skew.value

    async def read(
        self, name: FeedName, sources: Sources, snapshot: Snapshot
    ) -> tuple[Reading[Any], datetime]:
        """A reading, and when it began (UTC), by the clock as it is corrected afterwards.

        `snapshot` is what is known already. Raises a `SourceError`.
        """
        asked, began = self._clock.now(), self._machine_time()
        reading = await _read(name, sources, snapshot, asked)
        if reading.server_time is not None:
            self._skew.sample(reading.server_time, began, self._machine_time())
            self._correct_clock()
        read_at = began + (self._clock.now() - self._machine_time())
        if name is FeedName.ROTA and abs(read_at - asked) >= ROTA_WRONG_BY:
            # The weeks around a moment that wasn't now.
            reading = await _read(name, sources, snapshot, read_at)
        return reading, read_at

    def _machine_time(self) -> datetime:
        """What the machine's own clock says (UTC)."""
        skew = self._clock.skew if isinstance(self._clock, SystemClock) else timedelta(0)
        return self._clock.now() - skew

    def _correct_clock(self) -> None:
        if not isinstance(self._clock, SystemClock):
            return
        if abs(self._skew.value - self._clock.skew) > WORTH_CORRECTING:
            self._clock.skew = self._skew.value
            self._corrected()


async def _read(name: FeedName, sources: Sources, snapshot: Snapshot, now: datetime) -> Reading[Any]:
    alerts, rota, tickets, runbooks = sources.alerts, sources.rota, sources.tickets, sources.runbooks
    if name is FeedName.ALERTS and alerts:
        return await alerts.open_alerts()
    if name is FeedName.POLICIES and alerts:
        return await alerts.policies()
    if name is FeedName.ON_CALL and rota:
        return await rota.on_call()
    if name is FeedName.ROTA and rota:
        # From midnight, so that a timeline in which nothing changed is the same timeline.
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return await rota.rota(today - ROTA_BEFORE, today + ROTA_AFTER)
    if name is FeedName.PEOPLE and rota:
        return await rota.people()
    if name is FeedName.TICKETS and tickets:
        return await tickets.queue({row.ticket.id: row.ticket for row in snapshot.tickets.rows})
    if name is FeedName.SUSPENDED and tickets:
        return await tickets.suspended()
    if name is FeedName.RUNBOOKS and runbooks:
        return await runbooks.catalogue()
    raise ValueError(name)
