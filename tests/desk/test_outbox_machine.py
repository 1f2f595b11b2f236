"""Whatever the network, the services, a crash or a person do: no action is lost, doubled or dropped.

A Hypothesis state machine over the real outbox and its file, against a service that counts what was done.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from support_desk.domain.commands import Command, PagePerson, pages_somebody
from support_desk.domain.intents import ASKING, MOVING, Intent, Phase
from tests.desk.clock import ManualClock
from tests.desk.outbox_world import ESCALATE, AtOnce, Life, Service, Weather, calm, intent, note

PAGE = PagePerson("eve@agency.example", "Eve", "Help")


class OutboxMachine(RuleBasedStateMachine):
    """One person, a few targets, a service in any weather, desks that are killed at any moment."""

    decided = Bundle("decided")

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(AtOnce())
        self._folder = tempfile.TemporaryDirectory()
        self._clock = ManualClock()
        self._service = Service()
        self._life = Life(Path(self._folder.name) / "outbox.sqlite3", self._clock, self._service)
        self._all: dict[str, Intent] = {}
        self._allowed: Counter[str] = Counter()
        """How often each may have been done: once, and once more each time a person took that risk."""
        self._said: Counter[str] = Counter()
        """How often a person has said that it be sent."""

    def _run(self, seconds: float = 0.0) -> None:
        async def go() -> None:
            if seconds:
                await self._clock.advance(seconds)
            await calm()

        self._loop.run_until_complete(go())

    def _do(self, action: Callable[[], object]) -> None:
        async def go() -> None:
            action()
            await calm()

        self._loop.run_until_complete(go())

    @initialize()
    def begin(self) -> None:
        self._do(self._life.start)

    def teardown(self) -> None:
        self._loop.run_until_complete(self._end())
        self._loop.close()
        self._folder.cleanup()

    async def _end(self) -> None:
        await self._life.die()

    # What people and the world do

    @rule(
        target=decided,
        place=st.sampled_from("abc"),
        command=st.sampled_from([ESCALATE, PAGE, note(), note("more")]),
        weather=st.lists(st.sampled_from(Weather), max_size=3),
    )
    def decide(self, place: str, command: Command, weather: list[Weather]) -> Intent:
        self._service.weather += weather
        return self._decided(place, command)

    def _decided(self, place: str, command: Command) -> Intent:
        made = intent(self._clock, place, command)
        self._all[made.id] = made
        self._allowed[made.id] = self._said[made.id] = 1
        self._do(lambda: self._life.submit(made))
        return made

    @rule(
        target=decided,
        place=st.sampled_from("abc"),
        command=st.sampled_from([ESCALATE, PAGE]),
        weather=st.sampled_from(Weather),
    )
    def page(self, place: str, command: Command, weather: Weather) -> Intent:
        """A page whose hold runs out: it is seldom in the air otherwise."""
        made = self._decided(place, command)
        self._service.weather[:0] = [weather]
        self._run(5)
        return made

    @rule(target=decided, size=st.integers(2, 4), at_once=st.booleans())
    def decide_for_many(self, size: int, at_once: bool) -> object:
        self._service.batch_size = 2 if at_once else 0
        made = [
            intent(self._clock, "abcd"[at], note(), batch=f"batch {len(self._all)}") for at in range(size)
        ]
        for row in made:
            self._all[row.id] = row
            self._allowed[row.id] = self._said[row.id] = 1
        self._do(lambda: self._life.submit(*made))
        return multiple(*made)

    @rule(seconds=st.sampled_from([0.5, 1, 4.9, 5, 30, 140, 700]))
    def pass_by(self, seconds: float) -> None:
        self._run(seconds)

    @rule(which=decided)
    def take_back(self, which: Intent) -> None:
        before = self._service.asked[which.id]
        phase = self._life.phase(which)
        self._do(lambda: self._life.outbox.cancel(which.id))
        if phase in (Phase.QUEUED, Phase.HELD):
            assert self._life.phase(which) == Phase.CANCELLED
            self._run(60)
            assert self._service.asked[which.id] == before, "what was taken back was sent"

    @rule(which=decided)
    def send_at_once(self, which: Intent) -> None:
        self._do(lambda: self._life.outbox.send_now(which.id))

    @rule(which=decided)
    def try_again(self, which: Intent) -> None:
        """The person says so; where it isn't known whether it was done they have been warned."""
        phase = self._life.phase(which)
        entry = self._life.outbox.entry(which.id)
        if entry is None:
            return
        offered = entry.offered
        if self._life.outbox.retry(which.id) is not None:
            assert phase in {*ASKING, Phase.QUEUED, Phase.HELD}
            assert phase in ASKING or offered
            self._said[which.id] += 1
            if phase == Phase.UNKNOWN:
                self._allowed[which.id] += 1
        self._run()

    @rule(which=decided)
    def let_rest(self, which: Intent) -> None:
        self._do(lambda: self._life.outbox.discard(which.id))

    @rule(blind=st.booleans())
    def look_ups(self, blind: bool) -> None:
        self._service.blind = blind

    @rule(closed=st.booleans())
    def answers_stop(self, closed: bool) -> None:
        if closed and self._service.gate is None:
            self._service.gate = asyncio.Event()
        elif not closed and self._service.gate is not None:
            gate, self._service.gate = self._service.gate, None
            self._do(gate.set)

    @rule()
    def arrive(self) -> None:
        self._service.arrive()

    @rule()
    def kill(self) -> None:
        """At whatever state the entries are in; requests that were under way may have arrived or not."""
        self._loop.run_until_complete(self._life.die())
        self._service.gate = None
        asked = dict(self._service.asked)
        self._do(self._life.start)
        assert self._service.asked == asked, "something fired by itself after a restart"
        assert all(entry.offered or entry.phase in ASKING for entry in self._life.asked)
        escalations = [pages_somebody(row.intent.command) and row.offered for row in self._life.asked]
        assert escalations == sorted(escalations, reverse=True)

    @rule(which=consumes(decided))
    def finish(self, which: Intent) -> None:
        """In the end, with everything answering again, each has an end or a question."""
        self._service.blind, self._service.weather = False, []
        if self._service.gate is not None:
            gate, self._service.gate = self._service.gate, None
            self._do(gate.set)
        self._service.arrive()
        for _ in range(12):
            self._run(60)
        # What arrived after the last look by itself is found when the person asks (r in the outbox).
        entry = self._loop.run_until_complete(self._life.outbox.verify(which.id))
        assert entry.phase not in MOVING or entry.offered
        assert entry.phase is not Phase.UNKNOWN, "it could have been found out"

    # What always holds

    @invariant()
    def nothing_is_done_twice(self) -> None:
        for id_, count in self._service.done.items():
            assert count <= self._allowed[id_]

    @invariant()
    def nobody_is_paged_by_the_program_itself(self) -> None:
        for id_, made in self._all.items():
            if pages_somebody(made.command):
                assert self._service.asked[id_] <= self._said[id_]

    @invariant()
    def nothing_is_lost(self) -> None:
        for id_ in self._all:
            assert self._life.outbox.entry(id_) is not None

    @invariant()
    def nothing_is_claimed_that_isnt_so(self) -> None:
        for entry in self._life.outbox.entries:
            done = self._service.done[entry.intent.id]
            if entry.phase is Phase.CONFIRMED:
                assert done
            if entry.phase is Phase.CANCELLED and entry.sent_at is None:
                assert not done

    @invariant()
    def memory_and_disk_agree(self) -> None:
        with closing(sqlite3.connect(self._life.path)) as file:
            kept = dict(file.execute("SELECT id, phase FROM actions"))
        assert kept == {entry.intent.id: entry.phase.value for entry in self._life.outbox.entries}


TestOutboxMachine = pytest.mark.timeout(300)(OutboxMachine.TestCase)  # it is by far the longest of all
TestOutboxMachine.settings = settings(
    max_examples=70,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
