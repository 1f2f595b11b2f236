"""When the next read happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from support_desk.desk.budget import Budget
from support_desk.desk.poller import Attempt, Poller, SuspendWatch
from support_desk.sources.errors import (
    NotAllowed,
    NotThere,
    Rejected,
    ServiceDown,
    SignInRefused,
    SourceError,
    Throttled,
    Unreachable,
)
from tests.desk.clock import ManualClock, settle
from tests.desk.fakes import Script


class Bench:
    """A poller with everything around it."""

    def __init__(self, interval: float = 60, budget: int = 60, **options: Any) -> None:
        self.clock = ManualClock()
        self.budget = Budget(budget, self.clock)
        self.script = Script()
        self.attempts: list[Attempt[Any]] = []
        self.poller: Poller[Any] = Poller(
            "tickets",
            self.script,
            service="Zendesk",
            interval=timedelta(seconds=interval),
            clock=self.clock,
            budget=self.budget,
            random=Random(1),
            on_attempt=self.attempts.append,
            **options,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.poller.run())
        await settle()
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def waits(self) -> float:
        return (self.attempts[-1].next_at - self.clock.now()).total_seconds()


def error(kind: type[SourceError], **more: Any) -> SourceError:
    return kind("It went wrong", "do something", **more)


async def test_it_reads_at_once_and_then_at_its_interval() -> None:
    bench = Bench(interval=60)
    async with bench.running():
        assert bench.script.asked == 1
        assert 54 <= bench.waits() <= 66
        await bench.clock.advance(53)
        assert bench.script.asked == 1
        await bench.clock.advance(14)
        assert bench.script.asked == 2
        await bench.clock.advance(3600)
        assert 50 <= bench.script.asked <= 66


async def test_two_desks_do_not_ask_in_step() -> None:
    waits = set()
    bench = Bench(interval=60)
    async with bench.running():
        for _ in range(5):
            waits.add(round(bench.waits(), 3))
            await bench.clock.advance(bench.waits() + 0.001)
    assert len(waits) == 5


async def test_failures_double_the_wait_up_to_two_minutes() -> None:
    bench = Bench(interval=60)
    bench.script.answer = error(Unreachable)
    waits = []
    async with bench.running():
        for _ in range(6):
            waits.append(bench.waits())
            await bench.clock.advance(bench.waits() + 0.001)
    for wait, expected in zip(waits, (15, 30, 60, 120, 120, 120), strict=True):
        assert expected * 0.9 <= wait <= expected * 1.1


async def test_a_success_ends_the_back_off() -> None:
    bench = Bench(interval=60)
    bench.script.answer = error(Unreachable)
    async with bench.running():
        await bench.clock.advance(300)
        bench.script.answer = Script().answer
        await bench.clock.advance(140)
        assert bench.attempts[-1].problem is None
        bench.script.answer = error(Unreachable)
        await bench.clock.advance(66)
        assert bench.waits() <= 16.5


async def test_a_broken_service_is_left_alone_for_five_minutes() -> None:
    bench = Bench()
    bench.script.answer = error(ServiceDown, status=503)
    async with bench.running():
        await bench.clock.advance(1200)
        before = bench.script.asked
        await bench.clock.advance(3600)
        assert 10 <= bench.script.asked - before <= 14


@pytest.mark.parametrize("kind", [SignInRefused, NotAllowed, NotThere, Rejected])
async def test_a_refusal_is_definite_and_asked_again_rarely(kind: type[SourceError]) -> None:
    bench = Bench(interval=15)
    bench.script.answer = error(kind)
    async with bench.running():
        problem = bench.attempts[-1].problem
        assert problem is not None
        assert problem.definite
        assert (problem.problem, problem.remedy) == ("It went wrong", "do something")
        await bench.clock.advance(269)
        assert bench.script.asked == 1
        await bench.clock.advance(62)
        assert bench.script.asked == 2


@pytest.mark.parametrize("kind", [Throttled, ServiceDown])
async def test_a_wait_that_is_asked_for_is_kept_to_the_second(kind: type[SourceError]) -> None:
    bench = Bench(interval=15)
    bench.script.answer = error(kind, retry_after=40.0)
    async with bench.running():
        await bench.clock.advance(39.9)
        assert bench.script.asked == 1
        await bench.clock.advance(4.2)
        assert bench.script.asked == 2


async def test_a_wait_of_nothing_is_no_tight_loop() -> None:
    bench = Bench()
    bench.script.answer = error(Throttled, retry_after=0.0)
    async with bench.running():
        await bench.clock.advance(150)
        assert 2 <= bench.script.asked <= 5, "after 15, 30, 60 and 120 seconds"


async def test_throttled_refuses_a_person_in_words() -> None:
    bench = Bench()
    bench.script.answer = error(Throttled, retry_after=40.0)
    async with bench.running():
        assert bench.poller.wake().startswith("Zendesk asked us to wait 4")
        await settle()
        assert bench.script.asked == 1


async def test_throttled_without_a_time_is_a_pause_as_well() -> None:
    bench = Bench()
    bench.script.answer = error(Throttled)
    async with bench.running():
        assert bench.poller.wake().startswith("Zendesk asked us to wait 1")
        await settle()
        assert bench.script.asked == 1


async def test_a_throttled_account_stops_every_feed_of_the_service() -> None:
    bench = Bench(throttles_service=True)
    bench.script.answer = error(Throttled, retry_after=40.0)
    async with bench.running():
        assert bench.budget.wait(wanted=True) >= 40


async def test_throttling_of_one_kind_of_request_leaves_the_others() -> None:
    bench = Bench()
    bench.script.answer = error(Throttled, retry_after=40.0)
    async with bench.running():
        assert bench.budget.wait(wanted=True) == 0


async def test_a_used_up_budget_refuses_a_person_in_words() -> None:
    bench = Bench(budget=2)
    async with bench.running():
        assert bench.budget.take(wanted=True) == 0
        assert bench.poller.wake() == "Zendesk has had its 2 reads a minute; wait 30 s"


async def test_what_polls_leave_alone_is_for_what_a_person_asks_for() -> None:
    bench = Bench(budget=20)
    async with bench.running():
        while bench.budget.take(wanted=False) == 0:
            pass
        assert bench.poller.wake() == ""
        await settle()
        assert bench.script.asked == 2


async def test_polls_wait_for_the_budget() -> None:
    bench = Bench(interval=15, budget=1)
    async with bench.running():
        await bench.clock.advance(600)
        assert 9 <= bench.script.asked <= 11


async def test_waking_reads_at_once() -> None:
    bench = Bench()
    async with bench.running():
        await bench.clock.advance(5)
        assert bench.poller.wake() == ""
        await settle()
        assert bench.script.asked == 2


async def test_waking_during_a_read_makes_one_more_and_never_two_at_once() -> None:
    bench = Bench()
    bench.script.hold = asyncio.Event()
    async with bench.running():
        for _ in range(5):
            bench.poller.wake()
            await settle()
        assert bench.script.asked == 1
        bench.script.hold.set()
        await settle()
        assert bench.script.asked == 2
        await bench.clock.advance(50)
        assert bench.script.asked == 2


async def test_waking_ends_the_wait_after_a_failure() -> None:
    bench = Bench()
    bench.script.answer = error(SignInRefused)
    async with bench.running():
        assert bench.poller.wake() == ""
        await settle()
        assert bench.script.asked == 2


async def test_a_read_that_hangs_is_given_up() -> None:
    bench = Bench(time_limit=60)
    bench.script.hold = asyncio.Event()
    async with bench.running():
        await bench.clock.advance(59)
        assert not bench.attempts
        await bench.clock.advance(2)
        problem = bench.attempts[-1].problem
        assert problem is not None
        assert problem.problem == "Zendesk gave no answer within 60 s"
        bench.script.hold.set()
        await bench.clock.advance(20)
        assert bench.attempts[-1].problem is None


async def test_a_bug_is_a_problem_without_its_text_and_the_loop_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench()
    bench.script.answer = KeyError("the-secret")
    async with bench.running():
        problem = bench.attempts[-1].problem
        assert problem is not None
        assert problem.problem == "Unexpected: KeyError"
        assert "the-secret" not in problem.problem + problem.remedy + caplog.text
        bench.script.answer = Script().answer
        await bench.clock.advance(20)
        assert bench.attempts[-1].problem is None


async def test_a_read_that_cancels_itself_does_not_end_the_poller() -> None:
    bench = Bench()
    cut = True

    async def read() -> Any:
        if cut:
            raise asyncio.CancelledError
        return "rows"

    bench.poller = poller_with(bench, read)
    async with bench.running():
        assert bench.attempts[-1].problem is not None
        cut = False
        await bench.clock.advance(20)
        assert bench.attempts[-1].value == "rows"


async def test_a_bug_in_what_follows_does_not_end_the_poller() -> None:
    bench = Bench()

    def broken(_: Attempt[Any]) -> None:
        raise RuntimeError

    bench.poller = poller_with(bench, bench.script, broken)
    async with bench.running():
        await bench.clock.advance(130)
        assert bench.script.asked >= 2


def poller_with(
    bench: Bench, read: Callable[[], Any], on_attempt: Callable[[Attempt[Any]], None] | None = None
) -> Poller[Any]:
    return Poller(
        "tickets",
        read,
        service="Zendesk",
        interval=timedelta(seconds=60),
        clock=bench.clock,
        budget=bench.budget,
        random=Random(1),
        on_attempt=on_attempt or bench.attempts.append,
    )


async def test_after_a_long_read_the_rest_is_shorter() -> None:
    bench = Bench(interval=60)
    bench.script.hold = asyncio.Event()
    async with bench.running():
        await bench.clock.advance(20)
        bench.script.hold.set()
        await settle()
        assert 36 <= bench.waits() <= 44


async def test_resuming_reads_once_and_forgets_the_failures() -> None:
    bench = Bench()
    bench.script.answer = error(Unreachable)
    async with bench.running():
        await bench.clock.advance(600)
        before = bench.script.asked
        bench.poller.resume()
        bench.poller.resume()
        await settle()
        assert bench.script.asked == before + 1
        assert bench.waits() <= 16.5


async def test_resuming_does_not_break_a_pause() -> None:
    bench = Bench()
    bench.script.answer = error(Throttled, retry_after=40.0)
    async with bench.running():
        bench.poller.resume()
        await bench.clock.advance(30)
        assert bench.script.asked == 1
        await bench.clock.advance(15)
        assert bench.script.asked == 2


@pytest.mark.parametrize("moment", ["during the read", "during the pause"])
@pytest.mark.parametrize("call", ["wake", "resume"])
async def test_whoever_is_woken_in_a_pause_goes_on_resting(moment: str, call: str) -> None:
    """A loop that doesn't rest takes a whole core, for as long as the service has asked us to wait."""
    bench = Bench(interval=60)
    bench.script.hold = asyncio.Event()
    async with bench.running():
        bench.script.answer = error(Throttled, retry_after=600)
        if moment == "during the read":
            getattr(bench.poller, call)()
        bench.script.hold.set()
        await settle()
        if moment == "during the pause":
            getattr(bench.poller, call)()
            await settle()
        before = bench.clock.sleeps
        await settle()
        assert bench.clock.sleeps == before
        assert bench.script.asked == 1
        await bench.clock.advance(661)
        assert bench.script.asked >= 2, "and reads when the pause is over"


async def test_without_a_budget_a_woken_poller_goes_on_resting() -> None:
    bench = Bench(interval=60, budget=1)
    async with bench.running():
        bench.poller.resume()
        await settle()
        before = bench.clock.sleeps
        await settle()
        assert bench.clock.sleeps == before
        await bench.clock.advance(61)
        assert bench.script.asked == 2


async def test_the_watch_notices_a_night_and_nothing_else() -> None:
    clock = ManualClock()
    resumed: list[None] = []
    watch = SuspendWatch(clock, lambda: resumed.append(None))
    task = asyncio.create_task(watch.run())
    await clock.advance(300)
    assert not resumed
    clock.jump(8 * 3600)
    await clock.advance(5)
    assert len(resumed) == 1
    await clock.advance(300)
    assert len(resumed) == 1
    clock.jump(16)
    await clock.advance(5)
    assert len(resumed) == 2
    clock.skew = timedelta(minutes=2)
    watch.reset()
    await clock.advance(5)
    assert len(resumed) == 2
    task.cancel()


async def test_a_read_that_is_given_up_is_stopped_and_its_end_bothers_nobody() -> None:
    bench = Bench()
    stopped: list[str] = []

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append("stopped")
            raise ValueError("what a source may say as it is stopped")

    poller = poller_with(bench, hang)
    reading = asyncio.ensure_future(poller.once())
    await bench.clock.advance(61)
    await reading
    await settle()
    assert stopped == ["stopped"]
    problem = bench.attempts[-1].problem
    assert problem is not None
    assert "no answer" in problem.problem
