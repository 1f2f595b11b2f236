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


class Stepper:
    """`u`, and when its steps were gone."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.began = self.clock.monotonic()
        self.gone: list[float] = []
        self.refused = 0
        self.key = OneAtATime(self.clock, self._refuse)

    def _refuse(self) -> None:
        self.refused += 1

    def step(self) -> None:
        self.gone.append(round(self.clock.monotonic() - self.began, 2))

    async def press(self, *pauses: float, at_once: bool = False) -> None:
        """Press after each of these pauses."""
        for pause in pauses:
            await self.clock.advance(pause)
            self.key.press(self.step, at_once=at_once)
            await settle()


@pytest.mark.parametrize("first_repeat", [0.25, 0.3, 0.5, 0.66])
async def test_a_key_that_goes_one_step_at_a_press_goes_one_while_it_is_held(first_repeat: float) -> None:
    desk = Stepper()
    # One of the repeats is late.
    await desk.press(0, first_repeat, *[0.03] * 20, 0.25, *[0.03] * 20)
    await desk.clock.advance(2)
    assert desk.gone == [0]
    assert desk.refused
    await desk.press(0)
    assert len(desk.gone) == 2, "let go and pressed again"


async def test_presses_at_a_persons_pace_go_a_step_each_once_they_have_stayed_alone() -> None:
    desk = Stepper()
    await desk.press(0, 0.35, 0.35)
    await desk.clock.advance(NEAR)
    assert (desk.gone, desk.refused) == ([0, 0.35 + NEAR, 0.7 + NEAR], 0)


async def test_another_key_proves_that_the_one_before_was_no_repeat() -> None:
    desk = Stepper()
    await desk.press(0, 0.4)
    desk.key.another_key()
    await desk.press(0)
    await desk.clock.advance(2)
    assert desk.gone == [0, 0.4, 0.4]


async def test_what_waits_goes_before_what_is_decided_next_and_a_repeat_may_follow() -> None:
    """Undo took back the acknowledgement that was decided right behind it."""
    desk = Stepper()
    await desk.press(0, 0.4)
    desk.key.settle()
    assert desk.gone == [0, 0.4]
    await desk.press(0.1)
    await desk.clock.advance(2)
    assert (desk.gone, desk.refused) == ([0, 0.4], 1)


async def test_what_cannot_wait_goes_at_any_press() -> None:
    desk = Stepper()
    await desk.press(0, 0.1, at_once=True)
    assert desk.gone == [0, 0.1]
