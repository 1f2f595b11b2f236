"""The desk's clock: the only place that reads the time of day."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Time as the desk sees it; tests and the demo bring their own."""

    def now(self) -> datetime:
        """This moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump, for intervals."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait this long."""
        ...


class SystemClock:
    """The machine's clock, corrected by what the services say (`Date` header)."""

    def __init__(self) -> None:
        self.skew = timedelta(0)
        """What to add to the machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skew

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        # Imported here because `support-desk status` needs the time of day within 50 ms and never sleeps.
        import asyncio

        await asyncio.sleep(seconds)


class DemoClock(SystemClock):
    """A clock that starts at a chosen moment and runs at the usual pace: the demo's own time."""

    def __init__(self, start: datetime) -> None:
        super().__init__()
        self._offset = start - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset + self.skew
