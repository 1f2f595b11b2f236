"""A clock for tests in which nothing happens by itself."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from support_desk.sources.fixtures import DEMO_START


class StandingClock:
    """Time that moves only when a test says so; whoever sleeps isn't woken."""

    def __init__(self, at: datetime = DEMO_START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - DEMO_START).total_seconds()

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()

    def go(self, **length: float) -> None:
        """Let so much time go by."""
        self.at += timedelta(**length)
