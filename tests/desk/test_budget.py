"""The share of a service that we may use, and the pauses it asks for."""

from __future__ import annotations

import pytest

from support_desk.desk.budget import Budget, Pause
from tests.desk.clock import ManualClock


async def test_polls_stop_at_the_reserve_and_people_do_not() -> None:
    budget = Budget(60, ManualClock())
    taken = 0
    while budget.take(wanted=False) == 0:
        taken += 1
    assert taken == 54
    for _ in range(6):
        assert budget.take(wanted=True) == 0
    assert budget.take(wanted=True) > 0


async def test_it_fills_with_time() -> None:
    clock = ManualClock()
    budget = Budget(6, clock)
    for _ in range(6):
        assert budget.take(wanted=True) == 0
    assert budget.wait(wanted=True) == pytest.approx(10)
    await clock.advance(10)
    assert budget.take(wanted=True) == 0
    await clock.advance(3600)
    assert [budget.take(wanted=True) for _ in range(7)][-1] > 0


async def test_a_budget_of_one_a_minute_still_reads() -> None:
    clock = ManualClock()
    budget = Budget(1, clock)
    assert budget.take(wanted=False) == 0
    assert budget.take(wanted=False) == pytest.approx(60)
    await clock.advance(60)
    assert budget.take(wanted=False) == 0


async def test_a_pause_stops_everybody() -> None:
    clock = ManualClock()
    budget = Budget(60, clock)
    budget.pause.begin(40)
    assert budget.take(wanted=True) == pytest.approx(40)
    await clock.advance(40)
    assert budget.take(wanted=True) == 0


async def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    clock = ManualClock()
    pause = Pause(clock)
    pause.begin(60)
    pause.begin(5)
    assert pause.remaining() == pytest.approx(60)


async def test_a_pause_passes_while_the_machine_sleeps() -> None:
    clock = ManualClock()
    pause = Pause(clock)
    pause.begin(60)
    clock.jump(3600)
    assert pause.remaining() == 0


async def test_setting_the_clock_back_does_not_lengthen_a_pause() -> None:
    clock = ManualClock()
    pause = Pause(clock)
    pause.begin(60)
    clock.jump(-3600)
    assert pause.remaining() == pytest.approx(60)
    await clock.advance(60)
    assert pause.remaining() == 0
