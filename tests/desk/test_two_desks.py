"""Two desks of one person on one outbox: what pages somebody leaves one of them, and the other says so."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from support_desk.desk.outbox import Outbox
from support_desk.desk.outbox_store import OutboxStore
from support_desk.domain.commands import AddResponder, Command, PagePerson
from support_desk.domain.intents import Entry, Intent, Phase
from tests.desk.clock import ManualClock
from tests.desk.outbox_world import ESCALATE, AtOnce, Life, Service, Weather, calm, intent, note

SAM = "sam@agency.example"
ADD = AddResponder("user", "Sam@agency.example", "Sam")
PAGE = PagePerson(SAM, "Sam", "help")


class Desks:
    """Two living desks, each with what it asked the service for."""

    def __init__(self, path: Path) -> None:
        self.clock = ManualClock()
        self.service = Service()
        self.first = Life(path, self.clock, self.service, number=1)
        self.second = Life(path, self.clock, self.service, number=2)

    async def at_once(self, one: Command, other: Command, *, target: str = "a") -> tuple[Intent, Intent]:
        """The same moment, a key on each desk; the second is on `target`."""
        mine, yours = intent(self.clock, "a", one), intent(self.clock, target, other)
        self.first.submit(mine)
        self.second.submit(yours)
        await self.pass_by(5)
        return mine, yours

    async def pass_by(self, seconds: float) -> None:
        await self.clock.advance(seconds)
        await calm()

    def asked(self, *intents: Intent) -> list[int]:
        return [self.service.asked[row.id] for row in intents]

    def told(self, which: Intent) -> Entry:
        entry = self.second.outbox.entry(which.id)
        assert entry is not None
        return entry


@pytest.fixture
async def desks(tmp_path: Path) -> AsyncIterator[Desks]:
    asyncio.get_running_loop().set_default_executor(AtOnce())
    desks = Desks(tmp_path / "outbox.sqlite3")
    desks.first.start()
    desks.second.start()
    yield desks
    await desks.first.die()
    await desks.second.die()


@pytest.mark.parametrize(
    ("one", "other"), [(ESCALATE, ESCALATE), (ESCALATE, ADD), (ADD, ADD), (PAGE, PAGE), (ADD, PAGE)]
)
async def test_one_page_while_another_is_on_its_way(desks: Desks, one: Command, other: Command) -> None:
    desks.service.gate = asyncio.Event()
    mine, yours = await desks.at_once(one, other)
    assert desks.asked(mine, yours) == [1, 0]
    refused = desks.told(yours)
    assert refused.phase is Phase.CONFLICT
    assert refused.words.startswith("not sent: another desk of yours is paging ")
    assert refused.receipt is not None
    assert refused.receipt.remedy
    desks.service.gate.set()
    await desks.pass_by(1)
    assert desks.first.phase(mine) == "confirmed"
    assert desks.service.done == {mine.id: 1}


async def test_one_page_where_another_has_just_been_done(desks: Desks) -> None:
    mine, yours = await desks.at_once(ESCALATE, ESCALATE)
    assert desks.asked(mine, yours) == [1, 0]
    assert desks.told(yours).words == "not sent: another desk of yours has paged second line already: done"


async def test_what_is_known_then_may_be_sent_all_the_same(desks: Desks) -> None:
    mine, yours = await desks.at_once(ESCALATE, ESCALATE)
    receipt = desks.told(yours).receipt
    assert receipt is not None
    assert receipt.remaining == replace(ESCALATE, confirmed=True)
    await desks.pass_by(1)
    desks.second.outbox.retry(yours.id, command=receipt.remaining)
    await calm()
    assert desks.second.phase(yours) == "confirmed"
    assert desks.asked(mine, yours) == [1, 1]


async def test_one_page_while_nobody_knows_what_became_of_another(desks: Desks) -> None:
    desks.service.weather, desks.service.blind = [Weather.LOST_ANSWER], True
    mine, yours = await desks.at_once(ESCALATE, ESCALATE)
    assert desks.first.phase(mine) == "unknown"
    assert desks.told(yours).words == (
        "not sent: another desk of yours may have paged second line, its answer was lost"
    )
    await desks.pass_by(1)
    desks.second.outbox.retry(yours.id)
    await calm()
    assert desks.asked(mine, yours) == [1, 1], "told of it, the person may send it"


async def test_a_desk_that_died_while_it_sent_is_in_the_way_as_well(desks: Desks) -> None:
    desks.service.gate = asyncio.Event()
    mine = intent(desks.clock, "a", ESCALATE)
    desks.first.submit(mine)
    await desks.pass_by(5)
    await desks.first.die()
    yours = intent(desks.clock, "a", ESCALATE)
    desks.second.submit(yours)
    await desks.pass_by(5)
    assert desks.asked(mine, yours) == [1, 0]
    assert desks.second.phase(yours) == "conflict"
    desks.first.start()


async def test_what_a_desk_leaves_that_ends_is_taken_over_by_one_that_runs(desks: Desks) -> None:
    desks.service.gate = asyncio.Event()
    sending, held = intent(desks.clock, "a"), intent(desks.clock, "b", ESCALATE)
    desks.first.submit(sending, held)
    await calm()
    await desks.first.die()
    asked = await desks.second.outbox.adopt()
    assert [entry.intent.id for entry in asked] == [held.id, sending.id], "what pages somebody first"
    assert (desks.second.phase(sending), desks.second.phase(held)) == ("unknown", "held")
    away = Outbox(desks.second.store, desks.clock, user="robin", instance="a-container/1/1/x")
    away.submit([intent(desks.clock, "c", ESCALATE)])
    assert await desks.second.outbox.adopt() == (), "whether one in a container has ended can't be seen"
    desks.service.gate.set()
    await desks.pass_by(10)
    assert desks.second.phase(sending) == "failed", "it was looked for, and had never arrived"
    assert desks.asked(sending, held) == [1, 0], "nothing is sent unless it is said so"
    desks.second.outbox.retry(held.id)
    await calm()
    assert desks.asked(held) == [1]
    desks.first.start()


@pytest.mark.parametrize("weather", [Weather.OFFLINE, Weather.REFUSED, Weather.CHANGED])
async def test_what_surely_wasnt_done_is_in_nobodys_way(desks: Desks, weather: Weather) -> None:
    desks.service.weather = [weather]
    _, yours = await desks.at_once(ESCALATE, ESCALATE)
    assert desks.second.phase(yours) == "confirmed"


async def test_a_page_that_had_ended_before_the_key_is_in_nobodys_way(desks: Desks) -> None:
    mine = intent(desks.clock, "a", ESCALATE)
    desks.first.submit(mine)
    await desks.pass_by(6)
    yours = intent(desks.clock, "a", ESCALATE)
    desks.second.submit(yours)
    await desks.pass_by(5)
    assert desks.second.phase(yours) == "confirmed"


async def test_another_person_or_another_alert_is_another_page(desks: Desks) -> None:
    kim = AddResponder("user", "kim@agency.example", "Kim")
    assert desks.asked(*await desks.at_once(ADD, kim)) == [1, 1]
    assert desks.asked(*await desks.at_once(ESCALATE, ESCALATE, target="b")) == [1, 1]


async def test_what_pages_nobody_waits_for_no_other_desk(desks: Desks) -> None:
    desks.service.gate = asyncio.Event()
    mine, yours = await desks.at_once(note(), note())
    assert desks.asked(mine, yours) == [1, 1]
    desks.service.gate.set()


def test_of_many_that_begin_in_the_same_moment_one_does(tmp_path: Path) -> None:
    clock, rounds, desks = ManualClock(), 40, 4
    stores = [OutboxStore.open(tmp_path / "outbox.sqlite3") for _ in range(desks)]
    barrier, begun = Barrier(desks), Counter[str]()

    def run(number: int) -> None:
        for turn in range(rounds):
            made = intent(clock, f"alert {turn}", ESCALATE)
            entry = Entry(made, Phase.SENDING, clock.now(), "robin", f"desk {number}", sent_at=clock.now())
            barrier.wait(10)
            if stores[number].begin_page(entry) is None:
                begun[made.target.id] += 1

    with ThreadPoolExecutor(desks) as pool:
        list(pool.map(run, range(desks)))
    assert sorted(begun.values()) == [1] * rounds
    for store in stores:
        store.close()
