"""One plain thread that does blocking work, in turn, for the event loop.

Not an executor: the interpreter joins executor threads when it ends, which would delay quitting by
the length of a request. A daemon thread is simply left.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TypeVar

from support_desk.sources.errors import SourceError, Unreachable, Unreadable

T = TypeVar("T")

_BUGS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    NameError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a mistake of ours (or a library's) raises; it becomes an error of the source, not a dead thread."""


class Worker:
    """A daemon thread with a queue; it starts with its first job.

    A caller that is cancelled leaves the thread alone: a job that hasn't started is skipped, and the
    result of one that has is dropped. A job that takes longer than it may (a name server that never
    answers, a command that waits for a passphrase) loses its thread, and the next job gets a new one.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lane: _Lane | None = None
        self._closed = False

    async def do(self, job: Callable[[], T], seconds: float) -> T:
        """Run `job` in the thread. Raises only `SourceError` (and `CancelledError`)."""
        if self._closed:
            raise Unreachable("Zendesk: the program is closing", "start it again")
        lane = self._lane
        if lane is None or lane.gone:
            lane = self._lane = _Lane(self._name)
        future: Future[T] = Future()
        lane.jobs.put(lambda: _run(job, future))
        answer = asyncio.wrap_future(future)
        try:
            while not (await asyncio.wait((answer,), timeout=seconds))[0]:
                if lane.gone or lane.busy_for() >= seconds:
                    lane.leave()
                    raise Unreachable(
                        f"Zendesk: no result after {seconds:.0f} seconds",
                        "check the network, and that the command of the secret doesn't wait for input",
                    )
        except BaseException:
            # The caller's cancellation, mostly: nobody waits for the job any more.
            answer.cancel()
            raise
        return answer.result()

    def close(self) -> None:
        """Take no more work; at once, whatever is under way."""
        self._closed = True
        if self._lane is not None:
            self._lane.leave()


class _Lane:
    """A thread and its queue."""

    def __init__(self, name: str) -> None:
        self.jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self.gone = False
        self._since: float | None = None
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def busy_for(self) -> float:
        """Seconds that the present job has taken."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    def leave(self) -> None:
        """Take no more jobs from it; the thread ends when its present job does, if ever."""
        self.gone = True
        self.jobs.put(None)

    def _work(self) -> None:
        while (job := self.jobs.get()) is not None and not self.gone:
            self._since = time.monotonic()
            job()
            self._since = None
            # A closure of the last job would keep its page in memory until the next one.
            del job


def _run(job: Callable[[], T], future: Future[T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    failure: SourceError = Unreadable("Zendesk: the program stopped in the middle of a read", "try again")
    try:
        result = job()
    except SourceError as error:
        failure = error
    except _BUGS as error:
        failure = Unreadable(
            f"Zendesk: the program couldn't cope with an answer ({type(error).__name__})",
            "please report this, with the log",
        )
    else:
        future.set_result(result)
        return
    future.set_exception(_bare(failure))


def _bare(error: SourceError) -> SourceError:
    """The error without the frames that it came through: their locals hold credentials and bodies."""
    error.__cause__ = None
    error.__context__ = None
    return error.with_traceback(None)
