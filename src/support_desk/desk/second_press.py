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
APART = 0.3
"""The same, before it alone: twice as long as a busy machine leaves between two repeats."""


class OneAtATime:
    """Tells the repeats of a held key from presses of their own, for a key that goes one step at a press."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.another_key()

    def another_key(self) -> None:
        """Something else was pressed: what comes now is no repeat."""
        self._counted_at = self._last_at = float("-inf")

    def counts(self) -> bool:
        """One more press: whether it is one of its own."""
        now, before = self._clock.monotonic(), self._last_at
        self._last_at = now
        separate = now - self._counted_at >= FIRST_REPEAT and now - before >= APART
        if separate:
            self._counted_at = now
        return separate


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
