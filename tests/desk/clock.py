"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime, timedelta

from support_desk.desk.clock import SystemClock

START = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
"""A Monday, an hour into the working day."""


class ManualClock(SystemClock):
    """Both clocks move together, except in `jump`."""

    def __init__(self, start: datetime = START) -> None:
        super().__init__()
        self._wall = start
        self._monotonic = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    @property
    def sleeps(self) -> int:
        """How often anybody has gone to sleep; it grows without end in a loop that doesn't rest."""
        return self._count

    def now(self) -> datetime:
        return self._wall + self.skew

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        self._count += 1
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic + seconds, self._count, done))
        await done

    async def advance(self, seconds: float) -> None:
        """Let this much time pass, waking each sleeper at its moment."""
        end = self._monotonic + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, done = heapq.heappop(self._sleepers)
            if done.done():
                continue
            self._move(at - self._monotonic)
            done.set_result(None)
            await settle()
        self._move(end - self._monotonic)
        await settle()

    def jump(self, seconds: float) -> None:
        """The machine sleeps: time goes on outside only."""
        self._wall += timedelta(seconds=seconds)

    def _move(self, seconds: float) -> None:
        seconds = max(0.0, seconds)
        self._monotonic += seconds
        self._wall += timedelta(seconds=seconds)


async def settle() -> None:
    """Let everything happen that needs no time."""
    for _ in range(25):
        await asyncio.sleep(0)
