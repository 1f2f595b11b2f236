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
    """A key that goes one step at a press, and no further while it is held.

    A press that may be the first repeat goes its step once it has stayed alone.
    """

    def __init__(self, clock: Clock, refused: Callable[[], None]) -> None:
        """`refused` is called for a press that goes no step."""
        self._clock = clock
        self._refused = refused
        self._counted_at = self._last_at = float("-inf")
        self._waiting: tuple[asyncio.Task[None], Callable[[], None]] | None = None

    def another_key(self) -> None:
        """Something else was pressed: what waits was no repeat, and what comes now is none."""
        self.settle()
        self._counted_at = self._last_at = float("-inf")

    def settle(self) -> None:
        """Go the step that waits now: it comes before what the person does next."""
        if (step := self._given_up()) is not None:
            self._counted_at = self._last_at
            step()

    def press(self, step: Callable[[], None], *, at_once: bool = False) -> None:
        """One more press, for a step; `at_once`: whatever the press is."""
        now, before = self._clock.monotonic(), self._last_at
        self._last_at = now
        self._given_up()
        apart = now - before >= APART
        if at_once or (apart and now - self._counted_at >= FIRST_REPEAT):
            self._counted_at = now
            step()
        elif apart:
            self._waiting = asyncio.ensure_future(self._prove(step)), step
        else:
            self._refused()

    async def _prove(self, step: Callable[[], None]) -> None:
        pressed_at = self._last_at
        await self._clock.sleep(NEAR)
        self._counted_at, self._waiting = pressed_at, None
        step()

    def _given_up(self) -> Callable[[], None] | None:
        """The step that waited, which isn't gone by itself any more."""
        if self._waiting is None:
            return None
        task, step = self._waiting
        task.cancel()
        self._waiting = None
        return step


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
