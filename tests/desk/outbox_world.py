"""A service that can lose, refuse and delay what it is told, and a desk that dies and starts again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from itertools import count
from pathlib import Path
from socket import gethostname
from typing import Any
from uuid import UUID

from support_desk.desk.outbox import Outbox
from support_desk.desk.outbox_store import OutboxStore
from support_desk.domain.commands import Acknowledge, Command, EscalateAlert, NoteAlert
from support_desk.domain.intents import Entry, Intent, Receipt, Seen, Target, Verdict
from tests.desk.clock import ManualClock

ME = "robin"
ESCALATE = EscalateAlert("p", "Out of hours", "second line", ("sam@agency.example",))


class Weather(Enum):
    """What becomes of the next request."""

    FINE = "done, and said so"
    LOST_ANSWER = "done, and the answer is lost"
    LOST_REQUEST = "the request is lost, and nothing says so"
    LATE = "the answer is lost, and it is done later"
    OFFLINE = "surely not sent"
    THROTTLED = "surely not sent, and the service asks for a pause"
    REFUSED = "refused"
    CHANGED = "not as it was seen"
    FAULT = "our own program fails before it has an answer"


@dataclass
class Service:
    """Counts what was done for each intent; `verify` may only read."""

    weather: list[Weather] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    order: list[str] = field(default_factory=list)
    under_way: list[str] = field(default_factory=list)
    """What arrives later."""
    blind: bool = False
    """Nothing can be looked up."""
    pause: float = 600.0
    """Seconds that the service asks for where it is THROTTLED."""
    gate: asyncio.Event | None = None
    """Requests are done and answered only once it opens."""
    batch_size: int = 0
    """Intents of one key press go as one request from so many on; 0: never."""
    requests: list[tuple[str, ...]] = field(default_factory=list)
    """The intents of each request."""
    looks: list[str] = field(default_factory=list)
    """What was looked up."""
    _together: set[str] = field(default_factory=set)

    def arrive(self) -> None:
        """What was on its way arrives."""
        for id_ in self.under_way:
            self._do(id_)
        self.under_way.clear()

    def _do(self, id_: str) -> None:
        self.done[id_] += 1
        self.order.append(id_)

    async def perform(self, intent: Intent) -> Receipt:
        self.requests.append((intent.id,))
        return await self._perform(intent)

    async def _perform(self, intent: Intent) -> Receipt:
        self.asked[intent.id] += 1
        now = self.weather.pop(0) if self.weather else Weather.FINE
        if self.gate is not None:
            await self.gate.wait()
        if now in (Weather.FINE, Weather.LOST_ANSWER, Weather.FAULT):
            self._do(intent.id)
        if now is Weather.FAULT:
            raise ZeroDivisionError
        if now is Weather.LATE:
            self.under_way.append(intent.id)
        return {
            Weather.FINE: Receipt(Verdict.CONFIRMED, "done"),
            Weather.OFFLINE: Receipt(Verdict.NOT_SENT, "not sent: no connection"),
            Weather.THROTTLED: Receipt(
                Verdict.NOT_SENT, "too many requests", "it is sent by itself", retry_after=self.pause
            ),
            Weather.REFUSED: Receipt(Verdict.FAILED, "not sent: not allowed"),
            Weather.CHANGED: Receipt(Verdict.CONFLICT, "Kim has it", seen=Seen("acked")),
        }.get(now, Receipt(Verdict.UNKNOWN, "no answer"))

    async def verify(self, entry: Entry) -> Receipt:
        id_ = entry.intent.id
        self.looks.append(id_)
        if self.blind or id_ in self.under_way:
            return Receipt(Verdict.UNKNOWN, "it can't be told yet")
        if self.done[id_]:
            return Receipt(Verdict.CONFIRMED, "it was done")
        return Receipt(Verdict.FAILED, "it was not done")

    def batches(self, intents: Sequence[Intent]) -> bool:
        together = bool(self.batch_size) and len(intents) >= self.batch_size
        if together:
            self._together |= {intent.id for intent in intents}
        return together

    async def perform_batch(self, intents: Sequence[Intent]) -> Mapping[str, Receipt]:
        ids = tuple(intent.id for intent in intents)
        assert self._together.issuperset(ids), "these can't go together"
        self.requests.append(ids)
        return {intent.id: await self._perform(intent) for intent in intents}


class AtOnce(ThreadPoolExecutor):
    """Does in the loop's own thread what threads would do, so that a test knows when it is done."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - handed to whoever waits, as a pool does
            future.set_exception(error)
        return future


class SlowDisk(AtOnce):
    """The same, except that while it is `slow` each piece of work waits for `one`."""

    def __init__(self) -> None:
        super().__init__()
        self.slow = False
        self._waiting: list[Callable[[], None]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        if not self.slow:
            return super().submit(fn, *args, **kwargs)
        future: Future[Any] = Future()
        self._waiting.append(lambda: future.set_result(fn(*args, **kwargs)))
        return future

    def one(self) -> None:
        """Do the oldest piece that waits."""
        self._waiting.pop(0)()


_ids = count(1)


def intent(
    clock: ManualClock,
    target: str = "a",
    command: Command | None = None,
    *,
    batch: str = "",
    seen: Seen | None = None,
) -> Intent:
    """A decision of this moment."""
    return Intent(
        UUID(int=next(_ids)).hex[::-1], Target("alert", target), f"P1 {target}", command or Acknowledge(),
        seen or Seen("open"), "robin@agency.example", clock.now(), batch,
    )  # fmt: skip


def note(text: str = "looking") -> NoteAlert:
    return NoteAlert(text)


class Life:
    """One desk after another on the same file, each killed or closed."""

    def __init__(self, path: Path, clock: ManualClock, service: Service, *, number: int = 0) -> None:
        """`number` tells desks apart that live at the same time."""
        self.path = path
        self._number = number
        self.clock = clock
        self.service = service
        self._lives = count(1)
        self.asked: tuple[Entry, ...] = ()
        self.seen: list[Entry] = []
        self._running: asyncio.Task[None] | None = None
        self.outbox: Outbox
        self.store: OutboxStore

    def start(self, *, attached: bool = True) -> None:
        """A new desk; the one before has to be dead."""
        self.store = OutboxStore.open(self.path)
        # No process has this number: to the next desk this one is dead.
        self.outbox = Outbox(
            self.store, self.clock, user=ME, hold=timedelta(seconds=5),
            instance=f"{gethostname()}/{9_999_000 + 100 * self._number + next(self._lives)}/1/x",
        )  # fmt: skip
        self.outbox.subscribe(self.seen.append)
        self.asked = self.outbox.restore()
        if attached:
            self.attach()

    def attach(self) -> None:
        self.outbox.attach(self.service)
        self._running = asyncio.ensure_future(self.outbox.run())

    async def die(self) -> None:
        """As by kill -9: what was in memory is gone, and nobody writes a last word."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        self.store.close()
        self._running = None

    def submit(self, *intents: Intent) -> None:
        self.outbox.submit(intents)

    def phase(self, wanted: Intent) -> str:
        entry = self.outbox.entry(wanted.id)
        return entry.phase.value if entry is not None else "gone"


async def calm() -> None:
    """Until nothing goes on but what waits for time."""
    for _ in range(60):
        await asyncio.sleep(0)
