"""Telling a second press of a key from a held one (ruling 7).

A terminal sends no key-up. A held key repeats after 250 to 660 ms, then about 30 times a second. So a press
counts as a second one only if it comes later than any first repeat, and no other press is near it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from support_desk.desk.clock import Clock

FIRST_REPEAT = 0.7
"""Seconds after the first press within which another may still be its first repeat."""
NEAR = 0.15
"""Seconds without another press, before and after, that make a press a separate one."""


class SecondPress:
    """Watches the presses of one key while something is held."""

    def __init__(self, clock: Clock, send: Callable[[str], None]) -> None:
        """`send` is called with the id of what is held, once the press has proved to be a separate one."""
        self._clock = clock
        self._send = send
        self._first_at = float("-inf")
        self._last_at = float("-inf")
        self._proving: asyncio.Task[None] | None = None

    def first(self) -> None:
        """The press that begins it."""
        self._first_at = self._last_at = self._clock.monotonic()
        self._stop()

    def again(self, id_: str) -> None:
        """One more press, while `id_` is held."""
        now, before = self._clock.monotonic(), self._last_at
        self._last_at = now
        self._stop()
        if now - self._first_at >= FIRST_REPEAT and now - before >= NEAR:
            self._proving = asyncio.ensure_future(self._prove(id_))

    async def _prove(self, id_: str) -> None:
        await self._clock.sleep(NEAR)
        self._send(id_)

    def _stop(self) -> None:
        if self._proving is not None:
            self._proving.cancel()
            self._proving = None
