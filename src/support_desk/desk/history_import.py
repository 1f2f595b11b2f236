"""Filling the history from the alert service, at its pace, so that it can be taken up again at any time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

from support_desk.desk.clock import Clock
from support_desk.desk.history import record_of
from support_desk.desk.store import ReadingsStore
from support_desk.domain.past import Span
from support_desk.records import record
from support_desk.sources.errors import ServiceDown, Throttled, Unreachable, Unreadable
from support_desk.sources.history import AlertHistory, Place

T = TypeVar("T")

WAITS = (2.0, 10.0, 30.0, 60.0)
"""Seconds before each new attempt after a failure of the network or the service."""
THROTTLED_WAIT = 60.0
"""Seconds to keep away where the service asks for a pause without saying how long."""
SERVICE = "alert history"
"""What the share of requests is kept under."""
MOST_THROTTLES = 30
"""Pauses in a row after which the import gives up: somebody else needs the account's share."""


@record
class Progress:
    """How far an import has come."""

    alerts: int
    """Read so far."""
    expected: int | None
    """About how many there are; None: the service doesn't say."""
    reached: datetime
    """Back to here, all is in (UTC)."""
    waiting: float = 0.0
    """Seconds until it goes on, where the service or the network makes it wait."""
    reason: str = ""
    """Why it waits."""


@record
class Imported:
    """What an import has brought."""

    alerts: int
    rejected: int
    span: Span
    """What is in now, its end by the service's clock."""


class HistoryImport:
    """Reads what the store doesn't have yet of one span, the latest first."""

    def __init__(
        self,
        source: AlertHistory,
        store: ReadingsStore,
        clock: Clock,
        *,
        per_minute: int,
        told: Callable[[Progress], None],
    ) -> None:
        """`per_minute`: most requests to the service by all imports together; a tenth is left for people."""
        self._source = source
        self._store = store
        self._clock = clock
        self._per_minute = per_minute
        self._told = told
        self._alerts = 0
        self._rejected = 0
        self._page_before: set[str] = set()
        self._expected: int | None = None

    async def run(self, wanted: Span) -> Imported:
        """Import what is missing of `wanted`, which ends now.

        When that is, the service says: by a clock that is ahead, minutes to come would count as read, and by
        one that is behind the latest would be left out for ever. Raises `SourceError` or `StoreError`; what
        was read until then is kept.
        """
        end: datetime | None = await self._patiently(self._source.now, wanted.end)
        wanted = Span(wanted.start, wanted.end if end is None else end)
        reach = await asyncio.to_thread(self._store.history_reach)
        holes = reach.holes(wanted)
        counts = [await self._count(hole) for hole in holes]
        self._expected = None if None in counts else sum(count or 0 for count in counts)
        for hole in reversed(holes):
            await self._fill(hole)
        return Imported(self._alerts, self._rejected, wanted)

    async def _count(self, hole: Span) -> int | None:
        await self._pace(hole.end)
        return await self._source.count(hole)

    async def _fill(self, hole: Span) -> None:
        place: Place | None = Place(hole.end)
        while place is not None:
            page = await self._patiently(partial(self._source.page, hole, place), place.before)
            records = [record_of(past) for past in page.alerts]
            await asyncio.to_thread(self._store.keep_imported, hole, page.reached, records)
            # Pages overlap.
            ids = {record.id for record in records}
            self._alerts += len(ids - self._page_before)
            self._page_before = ids
            self._rejected += page.rejected
            self._told(Progress(self._alerts, self._expected, page.reached))
            place = page.next

    async def _patiently(self, ask: Callable[[], Awaitable[T]], reached: datetime) -> T:
        """What the service answers, at its pace and also after a failure that may pass."""
        failures = throttles = 0
        while True:
            await self._pace(reached)
            try:
                return await ask()
            except Throttled as error:
                throttles += 1
                if throttles > MOST_THROTTLES:
                    raise
                wait, reason = error.retry_after or THROTTLED_WAIT, error.problem
            except (Unreachable, ServiceDown, Unreadable) as error:
                if failures == len(WAITS):
                    raise
                wait, reason = WAITS[failures], error.problem
                failures += 1
            await self._wait(wait, reached, reason)

    async def _pace(self, reached: datetime) -> None:
        while wait := await asyncio.to_thread(self._take):
            await self._wait(wait, reached, "not to use up the account's share of requests")

    def _take(self) -> float:
        # In the file, not here: another import may have used up this minute's share, or be doing so.
        return self._store.take_request(SERVICE, self._per_minute, self._clock.now())

    async def _wait(self, seconds: float, reached: datetime, reason: str) -> None:
        self._told(Progress(self._alerts, self._expected, reached, seconds, reason))
        await self._clock.sleep(seconds)
