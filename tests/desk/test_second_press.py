"""A held key never sends; a separate press does (ruling 7)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support_desk.desk.second_press import FIRST_REPEAT, NEAR, OneAtATime, SecondPress
from tests.desk.clock import ManualClock, settle


class Keyboard:
    """`e` pressed at moments, while something is held from the first press on."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.sent: list[str] = []
        self.watch = SecondPress(self.clock, self.sent.append)

    async def press(self, *moments: float) -> None:
        before = 0.0
        for number, at in enumerate(moments):
            await self.clock.advance(at - before)
            before = at
            if number:
                self.watch.again("x")
            else:
                self.watch.first()
            await settle()
        await self.clock.advance(2)


@pytest.mark.parametrize("second", [0.75, 1.0, 3.0])
async def test_a_separate_press_sends_once(second: float) -> None:
    keyboard = Keyboard()
    await keyboard.press(0, second)
    assert keyboard.sent == ["x"]


async def test_it_sends_only_after_the_press_has_stayed_alone() -> None:
    keyboard = Keyboard()
    await keyboard.press(0)
    keyboard.watch.again("x")
    await keyboard.clock.advance(NEAR - 0.01)
    assert keyboard.sent == []
    await keyboard.clock.advance(0.02)
    assert keyboard.sent == ["x"]


@settings(deadline=None, derandomize=True)
@given(
    delay=st.floats(0.25, 0.66),
    repeats=st.integers(1, 60),
    apart=st.floats(0.02, 0.045),
    jitter=st.lists(st.floats(0, 0.02), min_size=60, max_size=60),
)
def test_a_held_key_never_sends_however_long_it_is_held(
    delay: float, repeats: int, apart: float, jitter: list[float]
) -> None:
    import asyncio

    keyboard = Keyboard()
    moments = [0.0, delay]
    for at in range(repeats - 1):
        moments.append(moments[-1] + apart + jitter[at])
    asyncio.run(keyboard.press(*moments))
    assert keyboard.sent == []


async def test_after_a_held_key_a_separate_press_still_sends() -> None:
    keyboard = Keyboard()
    await keyboard.press(0, 0.5, 0.533, 0.566, 2.0)
    assert keyboard.sent == ["x"]


async def test_two_quick_presses_are_taken_for_one_that_was_held() -> None:
    keyboard = Keyboard()
    await keyboard.press(0, FIRST_REPEAT - 0.05)
    assert keyboard.sent == []


async def test_a_key_that_goes_one_step_at_a_press_goes_one_while_it_is_held() -> None:
    clock = ManualClock()
    key = OneAtATime(clock)
    counted: list[bool] = []
    # The first repeat after 0.5 s, the others soon after each other, one of them late.
    for after in (0, 0.5, *[0.03] * 20, 0.25, *[0.03] * 20):
        await clock.advance(after)
        counted.append(key.counts())
    assert counted == [True, *[False] * 42]
    await clock.advance(0.35)
    assert key.counts(), "let go and pressed again"
    await clock.advance(0.4)
    assert not key.counts()
    key.another_key()
    assert key.counts()
