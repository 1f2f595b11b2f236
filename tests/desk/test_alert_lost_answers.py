"""An answer that was lost is looked for; what is said is true, and nothing is done twice, in any weather."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support_desk.domain.commands import (
    Acknowledge,
    AddAlertTags,
    AssignAlert,
    CloseAlert,
    Command,
    NoteAlert,
    PrioritiseAlert,
    RemoveAlertTags,
    SnoozeAlert,
)
from support_desk.domain.intents import Entry, Phase, Verdict
from tests.desk.alert_world import (
    ADD,
    ESCALATE,
    KIM,
    NIGHT,
    PAGE,
    AlertWorld,
)
from tests.simulators.http import Answer, dropped, html_page, text_answer
from tests.simulators.opsgenie import READ_KEY, error, rate_limited

UNTIL = NIGHT + timedelta(hours=2)


@pytest.fixture
async def world() -> AsyncIterator[AlertWorld]:
    world = AlertWorld()
    yield world
    await world.close()


class TestLostAnswers:
    """Looked for by reading only; never sent twice."""

    @pytest.mark.parametrize(
        ("command", "ending", "action"),
        [
            (Acknowledge(), "/acknowledge", "acknowledge"),
            (CloseAlert(), "/close", "close"),
            (SnoozeAlert(UNTIL), "/snooze", "snooze"),
            (AssignAlert(KIM), "/assign", "assign"),
            (AddAlertTags(("new",)), "/tags", "tags"),
            (RemoveAlertTags(("deliveryplus",)), "/tags", "untag"),
            (PrioritiseAlert("P3"), "/priority", "priority"),
            (NoteAlert("Disk full."), "/notes", "notes"),
            (ESCALATE, "/escalate", "escalate"),
            (ADD, "/responders", "responders"),
        ],
    )
    async def test_applied(self, world: AlertWorld, command: Command, ending: str, action: str) -> None:
        intent = await world.decide(command)
        method = None if action != "notes" else "POST"
        world.opsgenie.server.fail(ending, world.opsgenie.applied_then(dropped()), method=method)
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.UNKNOWN
        assert "isn't known" in receipt.words
        found = await world.verify(intent)
        assert found.verdict is Verdict.CONFIRMED
        assert found.alert is not None
        assert world.applied() == {action: 1}
        # Sent again by the person all the same: it is seen to be done, or done already.
        again = await world.actions.perform(intent)
        assert again.verdict is Verdict.CONFIRMED
        assert again.words.startswith(("already so", "already done before", "already closed by Ada Ardent"))
        assert world.applied() == {action: 1}

    @pytest.mark.parametrize(
        ("command", "settled"),
        [
            (Acknowledge(), Verdict.FAILED),
            (CloseAlert(), Verdict.FAILED),
            (NoteAlert("Disk full."), Verdict.FAILED),
            (AddAlertTags(("new",)), Verdict.FAILED),
            (ESCALATE, Verdict.UNKNOWN),
            (ADD, Verdict.UNKNOWN),
        ],
    )
    async def test_not_applied(self, world: AlertWorld, command: Command, settled: Verdict) -> None:
        intent = await world.decide(command)
        assert (await world.verify(intent)).verdict is Verdict.UNKNOWN, "it may be worked off still"
        receipt = await world.verify(intent, after=61)
        assert receipt.verdict is settled
        assert receipt.remedy
        assert world.writes() == [], "looking changes nothing"

    async def test_it_was_the_policy_that_paged(self, world: AlertWorld) -> None:
        intent = await world.decide(ESCALATE)
        world.opsgenie.timer_fires("a1")
        receipt = await world.verify(intent)
        assert (receipt.verdict, receipt.words) == (Verdict.CONFIRMED, "Ben Brook was paged 20:00:00")

    async def test_who_was_paged_when_it_was_sent_counts_however_long_the_answer_was_waited_for(
        self, world: AlertWorld
    ) -> None:
        intent, sent = await world.decide(ESCALATE), world.clock.now()
        world.opsgenie.timer_fires("a1")
        world.clock.pass_by(70)
        entry = Entry(intent, Phase.UNKNOWN, world.clock.now(), "jo", "here", sent_at=sent, attempts=1)
        receipt = await world.actions.verify(entry)
        assert (receipt.verdict, receipt.paged) == (Verdict.CONFIRMED, True)

    @pytest.mark.parametrize("command", [ESCALATE, ADD])
    async def test_done_and_nobody_shows_as_paged(self, world: AlertWorld, command: Command) -> None:
        intent = await world.decide(command)
        world.opsgenie.pages_nobody = True
        for ending in ("/escalate", "/responders"):
            world.opsgenie.server.fail(ending, world.opsgenie.applied_then(dropped()))
        assert (await world.actions.perform(intent)).verdict is Verdict.UNKNOWN
        receipt = await world.verify(intent)
        assert (receipt.verdict, receipt.paged) == (Verdict.CONFIRMED, False)
        assert receipt.words == "it was done; NOTHING SHOWS WHO WAS PAGED"

    async def test_somebody_else_has_it_meanwhile(self, world: AlertWorld) -> None:
        intent = await world.decide(Acknowledge())
        world.opsgenie.acknowledge("a1", KIM)
        receipt = await world.verify(intent, after=61)
        assert receipt.verdict is Verdict.NEEDLESS
        assert receipt.words == "not needed: already acknowledged by Cat Calder at 20:00:00"

    async def test_acknowledged_without_a_name(self, world: AlertWorld) -> None:
        intent = await world.decide(Acknowledge())
        world.wire().update(acknowledged=True)
        receipt = await world.verify(intent)
        assert receipt.verdict is Verdict.CONFIRMED
        assert "doesn't show by whom" in receipt.words

    async def test_notes_that_cant_be_read_prove_nothing(self, world: AlertWorld) -> None:
        intent = await world.decide(NoteAlert("Disk full."))
        world.opsgenie.forbidden = [(READ_KEY, "/notes")]
        receipt = await world.verify(intent, after=61)
        assert receipt.verdict is Verdict.UNKNOWN
        assert "notes:" in receipt.words

    @pytest.mark.parametrize("answer", [error(503, "Down"), error(404, "Gone"), rate_limited(60)])
    async def test_it_cant_be_looked_up(self, world: AlertWorld, answer: Answer) -> None:
        intent = await world.decide(Acknowledge())
        world.opsgenie.server.fail("/v2/alerts/a1", answer, times=None)
        receipt = await world.verify(intent, after=61)
        assert receipt.verdict is Verdict.UNKNOWN

    async def test_a_request_that_arrives_late(self, world: AlertWorld) -> None:
        intent = await world.decide(ESCALATE)
        world.opsgenie.server.fail("/escalate", world.opsgenie.delayed(dropped()))
        assert (await world.actions.perform(intent)).verdict is Verdict.UNKNOWN
        assert (await world.verify(intent)).verdict is Verdict.UNKNOWN
        world.opsgenie.arrive()
        assert (await world.verify(intent)).words == "Ben Brook was paged 20:00:00"
        assert (await world.actions.perform(intent)).words.startswith("already done before: Ben Brook")
        assert world.applied() == {"escalate": 1}

    async def test_delivered_twice_by_the_network(self, world: AlertWorld) -> None:
        world.opsgenie.server.fail("/acknowledge", world.opsgenie.twice)
        receipt = await world.do(Acknowledge())
        assert (receipt.verdict, receipt.words) == (Verdict.CONFIRMED, "acknowledged")
        assert world.applied() == {"acknowledge": 1}


LOST = (dropped(), html_page(502), text_answer(202, "{"), error(500, "Oops"))
REFUSED = (
    error(403, "No", code=40301),
    error(409, "No"),
    error(422, "No"),
    rate_limited(60),
    error(404, "No"),
)


class TestAnyWeather:
    """Whatever happens between the two programs, what is said is true, and nothing is done twice."""

    @settings(max_examples=60, deadline=None)
    @given(
        command=st.sampled_from(
            [Acknowledge(), CloseAlert(), NoteAlert("Hello"), PrioritiseAlert("P4"), ESCALATE, ADD, PAGE]
        ),
        weather=st.lists(
            st.one_of(
                st.tuples(st.just("lost before"), st.sampled_from(LOST)),
                st.tuples(st.just("lost after"), st.sampled_from(LOST)),
                st.tuples(st.just("refused"), st.sampled_from(REFUSED)),
                st.tuples(st.just("fine"), st.none()),
            ),
            max_size=3,
        ),
        reading=st.lists(st.sampled_from(LOST), max_size=3),
        pending=st.sampled_from([0, 1, 4, 99]),
        refused_after=st.booleans(),
    )
    def test_the_truth_and_never_twice(
        self,
        command: Command,
        weather: list[Any],
        reading: list[Answer],
        pending: int,
        *,
        refused_after: bool,
    ) -> None:
        asyncio.run(_in_weather(command, weather, reading, pending, refused_after=refused_after))


async def _in_weather(
    command: Command, weather: list[Any], reading: list[Answer], pending: int, *, refused_after: bool
) -> None:
    world = AlertWorld()
    try:
        opsgenie = world.opsgenie
        intent = await world.decide(command)
        opsgenie.pending = pending
        if refused_after:
            opsgenie.refusals = dict.fromkeys(
                ("acknowledge", "close", "notes", "priority", "escalate", "responders", "create"), "No"
            )
        for kind, answer in weather:
            if kind == "fine":
                continue
            fault = opsgenie.applied_then(answer) if kind == "lost after" else answer
            opsgenie.server.fail("/v2/alerts", fault, method="POST")
            opsgenie.server.fail("/v2/alerts", fault, method="PUT")
        for answer in reading:
            opsgenie.server.fail("/requests/", answer, method="GET")
        key = intent.id if command is PAGE else "a1"
        receipt = await world.actions.perform(intent)
        for _ in range(2):
            done = sum(times for action, times in world.applied(key).items() if action != "repeat")
            assert done <= 1
            if receipt.verdict is Verdict.CONFIRMED:
                assert done == 1
            elif receipt.verdict in (Verdict.FAILED, Verdict.NOT_SENT, Verdict.CONFLICT):
                assert done == 0
                assert receipt.remedy
            else:
                assert receipt.verdict is Verdict.UNKNOWN
            if receipt.verdict is not Verdict.UNKNOWN:
                break
            opsgenie.server.heal()
            receipt = await world.verify(intent, after=61)
        assert len([line for line in world.writes() if line != "POST "]) <= 1
    finally:
        await world.close()
