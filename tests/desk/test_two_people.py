"""Two people on one box escalate the same alert in the same moment: the line is paged once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from support_desk.desk.performing.alerts import AlertPerformer
from support_desk.desk.store import ReadingsStore
from support_desk.desk.turns import LASTS, Turns
from support_desk.domain.intents import Intent, Verdict
from tests.desk.alert_world import ESCALATE, KIM, LONDON, ME, SECOND, AlertWorld
from tests.simulators.http import dropped
from tests.simulators.opsgenie import USERS


class Box:
    """An account, and two desks whose readings are in one file."""

    def __init__(self, path: Path) -> None:
        self.world = AlertWorld()
        self.stores = [ReadingsStore.open(path), ReadingsStore.open(path)]
        self.ada, self.cat = map(self._actions, self.stores, ("ada", "cat"))

    def _actions(self, store: ReadingsStore, account: str) -> AlertPerformer:
        return AlertPerformer(
            self.world.source,
            self.world.source.writer(),
            self.world.clock,
            zone=LONDON,
            name=lambda address: USERS.get(address, address),
            turns=Turns(store, self.world.clock, account=account),
        )

    async def decide(self, by: str, **changes: Any) -> Intent:
        return replace(await self.world.decide(replace(ESCALATE, **changes)), by=by)

    async def close(self) -> None:
        await self.world.close()
        for store in self.stores:
            store.close()


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Box]:
    box = Box(tmp_path / "readings.sqlite3")
    yield box
    await box.close()


@pytest.mark.parametrize("by", [KIM, ME], ids=["two addresses", "one address in both configurations"])
async def test_in_the_same_moment_one_of_them_pages(box: Box, by: str) -> None:
    mine, hers = await box.decide(ME), await box.decide(by)
    first, second = await asyncio.gather(box.ada.perform(mine), box.cat.perform(hers))
    assert box.world.applied() == {"escalate": 1}
    assert {first.verdict, second.verdict} == {Verdict.CONFIRMED, Verdict.CONFLICT}
    told = first if first.verdict is Verdict.CONFLICT else second
    assert told.words.endswith(" is escalating it at this moment")
    assert told.remaining == replace(ESCALATE, confirmed=True)


async def test_who_knows_of_it_may_page_all_the_same(box: Box) -> None:
    box.world.opsgenie.pages_nobody = True
    assert "NOTHING SHOWS YET" in (await box.ada.perform(await box.decide(ME))).words
    hers = await box.decide(KIM)
    told = await box.cat.perform(hers)
    assert told.words == "not sent: Ada Ardent is escalating it at this moment"
    assert told.remaining is not None
    box.world.opsgenie.pages_nobody = False
    again = await box.cat.perform(replace(hers, command=told.remaining))
    assert again.verdict is Verdict.CONFIRMED
    assert box.world.applied() == {"escalate": 2}


async def test_once_the_alert_shows_it_nobody_is_held_up(box: Box) -> None:
    await box.ada.perform(await box.decide(ME))
    box.world.clock.pass_by(10)
    third = await box.decide(KIM, line="third line", people=("eve@example.com",))
    assert (await box.cat.perform(third)).verdict is Verdict.CONFIRMED


async def test_what_wasnt_done_holds_nobody_up(box: Box) -> None:
    box.world.opsgenie.refusals["escalate"] = "Quota exceeded"
    assert (await box.ada.perform(await box.decide(ME))).verdict is Verdict.FAILED
    box.world.opsgenie.refusals.clear()
    assert (await box.cat.perform(await box.decide(KIM))).verdict is Verdict.CONFIRMED


async def test_a_lost_answer_holds_others_up_for_a_while(box: Box) -> None:
    box.world.opsgenie.server.fail("/escalate", dropped())
    assert (await box.ada.perform(await box.decide(ME))).verdict is Verdict.UNKNOWN
    hers = await box.decide(KIM)
    assert (await box.cat.perform(hers)).verdict is Verdict.CONFLICT
    box.world.clock.pass_by(LASTS / timedelta(seconds=1))
    assert (await box.cat.perform(hers)).verdict is Verdict.CONFIRMED


async def test_an_alert_that_cant_be_read_meanwhile_is_paged_for_by_one(box: Box) -> None:
    box.world.opsgenie.pages_nobody = True
    await box.ada.perform(await box.decide(ME))
    hers = await box.decide(KIM)
    box.world.opsgenie.server.close()
    told = await box.cat.perform(hers)
    assert (told.verdict, told.words) == (
        Verdict.FAILED,
        "not sent: Ada Ardent is escalating it at this moment",
    )


async def test_a_file_that_cant_be_used_keeps_nobody_from_paging(box: Box) -> None:
    hers = await box.decide(KIM)
    box.stores[1].close()
    assert (await box.cat.perform(hers)).verdict is Verdict.CONFIRMED


async def test_a_page_between_the_look_and_the_hold_is_seen(box: Box) -> None:
    """Who is next was read, then the policy's timer fired, then the hold began."""
    box.world.opsgenie.page("a1", SECOND)
    box.world.clock.pass_by(2)
    told = await box.ada.perform(await box.decide(ME))
    assert told.words == "not sent: already paged: Ben Brook was paged 20:00:00"
