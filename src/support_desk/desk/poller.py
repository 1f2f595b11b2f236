"""When to read next: interval, jitter, back-off, budget, wake on demand, one read at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from math import ceil
from random import Random
from typing import Generic, TypeVar

from support_desk.desk.budget import Budget, Pause
from support_desk.desk.clock import Clock
from support_desk.desk.snapshot import Problem
from support_desk.records import record
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

T = TypeVar("T")

JITTER = 0.1
"""Each wait is up to this share longer or shorter, so that several desks don't ask in step."""
SHORTEST_WAIT = 1.0
"""A service that asks for less asks for nothing."""
FIRST_RETRY = 15.0
SLOWEST_RETRY = 120.0
SLOWEST_RETRY_SERVICE_DOWN = 300.0
RETRY_AFTER_REFUSAL = 300.0
TIME_LIMIT = 60.0

_REFUSALS = (SignInRefused, NotAllowed, NotThere, Rejected)
"""Asking again won't change the answer, so ask rarely: a wrong password tried often locks an account."""

log = logging.getLogger(__name__)


@record
class Attempt(Generic[T]):
    """What one read came to: a value, or the problem it met."""

    value: T | None
    problem: Problem | None
    next_at: datetime
    """When the poller tries again."""


class Poller(Generic[T]):
    """A loop that reads, hands the outcome on, and sleeps.

    There is never more than one read at a time. A wake during a read leads to one more read right after
    it, however many wakes there were: the read under way may have begun before what the waker has seen.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[], Awaitable[T]],
        *,
        service: str,
        interval: timedelta,
        clock: Clock,
        budget: Budget,
        random: Random,
        on_attempt: Callable[[Attempt[T]], None],
        time_limit: float = TIME_LIMIT,
        throttles_service: bool = False,
    ) -> None:
        self.name = name
        self.service = service
        self._read = read
        self._interval = interval.total_seconds()
        self._clock = clock
        self._budget = budget
        self._random = random
        self._on_attempt = on_attempt
        self._time_limit = time_limit
        self._throttles_service = throttles_service
        self._wake = asyncio.Event()
        self._pause = Pause(clock)
        self._failures = 0

    async def run(self) -> None:
        """Read for ever, until cancelled."""
        wanted = False
        while True:
            while (wait := self._pause.remaining() or self._budget.take(wanted=wanted)) > 0:
                wanted = await self._rest(wait) or wanted
            self._wake.clear()
            wanted = await self._rest(await self.once())

    async def once(self) -> float:
        """Read once and hand the outcome on; returns the seconds until the next read. Never raises."""
        began = self._clock.monotonic()
        value: T | None = None
        error: SourceError | None = None
        try:
            value = await within(self._clock, self._time_limit, self._read())
        except SourceError as failure:
            error = failure
        except TimeoutError:
            error = Unreachable(
                f"{self.service} gave no answer within {self._time_limit:.0f} s",
                "if this stays, look at the network",
            )
        except Exception as bug:  # noqa: BLE001 - one feed's bug must stop neither its own loop nor others
            error = _unexpected(self.name, bug)
        return self._settle(value, error, self._clock.monotonic() - began)

    def wake(self) -> str:
        """Read as soon as possible, because a person wants it; words of refusal, or "" if it will happen."""
        if (seconds := max(self._pause.remaining(), self._budget.pause.remaining())) > 0:
            return f"{self.service} asked us to wait {ceil(seconds)} s"
        if (seconds := self._budget.wait(wanted=True)) > 0:
            return (
                f"{self.service} has had its {self._budget.per_minute} reads a minute; wait {ceil(seconds)} s"
            )
        self._wake.set()
        return ""

    def resume(self) -> None:
        """The machine slept, or the network is back: read at once, and forget the failures before."""
        self._failures = 0
        self._wake.set()

    async def _rest(self, seconds: float) -> bool:
        """Sleep; True if somebody woke us, who is answered with it: the next rest is one again."""
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        waking = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waking.cancel()
        woken = self._wake.is_set()
        self._wake.clear()
        return woken

    def _settle(self, value: T | None, error: SourceError | None, spent: float) -> float:
        self._failures = self._failures + 1 if error else 0
        self._note(error, spent)
        rest = self._after_failure(error) if error else self._after_success(spent)
        refused = isinstance(error, _REFUSALS)
        problem = Problem(error.problem, error.remedy, refused) if error else None
        next_at = self._clock.now() + timedelta(seconds=rest)
        try:
            self._on_attempt(Attempt(value, problem, next_at))
        except Exception as bug:  # noqa: BLE001 - the same: what is done with a reading must not end the loop
            _unexpected(self.name, bug)
        return rest

    def _note(self, error: SourceError | None, spent: float) -> None:
        """For the log; a failure that goes on is no news."""
        about = {"feed": self.name, "seconds": round(spent, 2)}
        if error is None:
            log.debug("read", extra=about)
        else:
            level = logging.WARNING if self._failures == 1 else logging.DEBUG
            log.log(level, "not read", extra={"feed": self.name, "problem": error.problem} | about)

    def _after_success(self, spent: float) -> float:
        # A long sweep counts towards its interval, but a slow service isn't asked without a rest.
        return max(self._interval - spent, self._interval / 2) * self._random.uniform(1 - JITTER, 1 + JITTER)

    def _after_failure(self, error: SourceError) -> float:
        # Whoever asks for no wait, and refuses all the same, is asked ever less often, as where none is said.
        if error.retry_after is not None and error.retry_after >= SHORTEST_WAIT:
            # Never earlier than asked.
            rest = error.retry_after * self._random.uniform(1, 1 + JITTER)
            (self._budget.pause if self._throttles_service else self._pause).begin(rest)
            return rest
        if isinstance(error, _REFUSALS):
            return RETRY_AFTER_REFUSAL * self._random.uniform(1 - JITTER, 1 + JITTER)
        slowest = SLOWEST_RETRY_SERVICE_DOWN if isinstance(error, ServiceDown) else SLOWEST_RETRY
        doubled = min(self._interval, FIRST_RETRY) * 2.0 ** min(self._failures - 1, 20)
        rest = min(doubled, slowest) * self._random.uniform(1 - JITTER, 1 + JITTER)
        if isinstance(error, Throttled):
            self._pause.begin(rest)
        return rest


class SuspendWatch:
    """Notices that the machine slept: the wall clock went further than the monotonic one."""

    LOOK_EVERY = 5.0
    JUMP = timedelta(seconds=15)

    def __init__(self, clock: Clock, on_resumed: Callable[[], None]) -> None:
        self._clock = clock
        self._on_resumed = on_resumed
        self.reset()

    def reset(self) -> None:
        """Begin to compare from here, such as after the desk itself has corrected its clock."""
        self._wall = self._clock.now()
        self._monotonic = self._clock.monotonic()

    async def run(self) -> None:
        """Look for ever, until cancelled."""
        while True:
            await self._clock.sleep(self.LOOK_EVERY)
            self.look()

    def look(self) -> None:
        """Compare the clocks once."""
        by_wall = self._clock.now() - self._wall
        slept = by_wall - timedelta(seconds=self._clock.monotonic() - self._monotonic)
        self.reset()
        if slept > self.JUMP:
            self._on_resumed()


class SignInWatch:
    """Notices that somebody has signed in: they needn't wait as long as a service that refuses is let be."""

    LOOK_EVERY = 10.0

    def __init__(self, clock: Clock, stamp: Callable[[], object], on_changed: Callable[[], object]) -> None:
        """`stamp` costs no request, and no look into a store of secrets."""
        self._clock = clock
        self._stamp = stamp
        self._on_changed = on_changed

    async def run(self) -> None:
        """Look for ever, until cancelled."""
        known = self._stamp()
        while True:
            await self._clock.sleep(self.LOOK_EVERY)
            known, before = self._stamp(), known
            if known != before:
                self._on_changed()


async def within(clock: Clock, seconds: float, work: Awaitable[T]) -> T:
    """The result of `work`; `TimeoutError` if it takes longer by this clock, `Unreachable` if it was cut off.

    Work that ignores its cancellation is left behind rather than waited for.
    """
    task = asyncio.ensure_future(work)
    limit = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({task, limit}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        limit.cancel()
        if not task.done():
            task.cancel()
            task.add_done_callback(_forget)
    if not task.done():
        raise TimeoutError
    if task.cancelled():
        # Raised as it is, a cancellation from inside the source would end the poller.
        raise Unreachable("The read was interrupted", "if this stays, look at the log (--log-file)")
    return task.result()


def _forget(task: asyncio.Future[T]) -> None:
    """Take the result, so that asyncio doesn't report it as never retrieved."""
    if not task.cancelled():
        task.exception()


def _unexpected(name: str, bug: Exception) -> SourceError:
    """A bug as a problem: its type and place only, because its text may hold a secret or a client's words."""
    place = bug.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_globals.get('__name__')}:{place.tb_lineno}" if place else "?"
    log.error("unexpected error", extra={"feed": name, "error": type(bug).__name__, "where": where})
    return SourceError(
        f"Unexpected: {type(bug).__name__}", f"a fault in the program ({where}); please report it"
    )
