"""Whoever is paged is named before, paged once, and proved or loudly denied afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from support_desk.desk.intents import intents_of
from support_desk.desk.performing.alerts import AlertPerformer
from support_desk.domain.commands import AddResponder, CloseAlert, EscalateAlert, NoteAlert, PagePerson
from support_desk.domain.intents import Verdict
from support_desk.sources.fixtures import DEMO_START, fixture_sources
from tests.desk.alert_world import (
    ADD,
    ESCALATE,
    KIM,
    LONDON,
    ME,
    NIGHT,
    PAGE,
    SECOND,
    AlertWorld,
    EagerClock,
)
from tests.simulators.http import dropped, json_answer
from tests.simulators.opsgenie import READ_KEY, TEAM, Turn, error, rate_limited, wire_policy


@pytest.fixture
async def world() -> AsyncIterator[AlertWorld]:
    world = AlertWorld()
    yield world
    await world.close()


class TestEscalation:
    """Who is paged is looked at before, asked for once, and proved afterwards."""

    async def test_the_evidence(self, world: AlertWorld) -> None:
        receipt = await world.do(ESCALATE)
        assert receipt.verdict is Verdict.CONFIRMED
        assert receipt.words == "Ben Brook was paged 20:00:00"
        assert receipt.paged
        assert not receipt.remedy
        assert receipt.evidence[0] == "request req-0000: Escalate alert"
        told = "\n".join(receipt.evidence)
        assert "Notification sent to [ben@example.com]" in told
        assert "ada@example.com: Alert escalated to next" in told
        assert "support_desk" in told
        assert world.applied() == {"escalate": 1}

    async def test_it_is_waited_for(self, world: AlertWorld) -> None:
        world.opsgenie.pages_after = 4
        receipt = await world.do(ESCALATE)
        assert receipt.words == "Ben Brook was paged 20:00:07"

    async def test_an_end_that_cant_be_read_is_no_failure(self, world: AlertWorld) -> None:
        world.opsgenie.server.fail("/requests/", json_answer({"data": {"isSuccess": "yes"}}), times=None)
        receipt = await world.do(ESCALATE)
        assert receipt.verdict is Verdict.CONFIRMED
        assert receipt.words.startswith("Ben Brook was paged")

    async def test_no_evidence_is_said_loudly(self, world: AlertWorld) -> None:
        world.opsgenie.pages_nobody = True
        receipt = await world.do(ESCALATE)
        assert receipt.verdict is Verdict.CONFIRMED
        assert receipt.words.endswith("NOTHING SHOWS YET WHO WAS PAGED")
        assert not receipt.paged
        assert "ring them" in receipt.remedy
        assert sum(world.clock.slept) < 60

    async def test_somebody_else_was_paged(self, world: AlertWorld) -> None:
        command = replace(ESCALATE, line="third line", people=("eve@example.com",))
        receipt = await world.do(command)
        assert receipt.words == "Ben Brook was paged 20:00:00, NOT Eve Easton"
        assert not receipt.paged
        assert "you were told that it would be Eve Easton" in receipt.remedy

    async def test_who_was_named_is_waited_for_when_others_are_paged_first(self, world: AlertWorld) -> None:
        world.opsgenie.pages_nobody = True
        intent = await world.decide(ESCALATE)

        def by_turns(seconds: float) -> None:
            if seconds in (0.5, 2.0):
                world.opsgenie.page("a1", KIM if seconds == 0.5 else SECOND)

        world.clock.on_sleep = by_turns
        receipt = await world.actions.perform(intent)
        assert receipt.paged
        assert receipt.words == "Cat Calder was paged 20:00:01 and Ben Brook was paged 20:00:04"
        assert receipt.seen is not None
        assert receipt.seen.status == "open"

    async def test_where_nobody_was_named_whoever_is_on_the_line_may_be_paged(
        self, world: AlertWorld
    ) -> None:
        receipt = await world.do(replace(ESCALATE, people=(), line="second line: who that is isn't known"))
        assert (receipt.words, receipt.paged) == ("Ben Brook was paged 20:00:00", True)

    async def test_who_merely_looks_at_it_is_no_evidence(self, world: AlertWorld) -> None:
        world.opsgenie.page("a1", KIM)
        world.clock.pass_by(60)
        world.opsgenie.pages_nobody = True
        world.clock.on_sleep = lambda _: world.opsgenie.page("a1", KIM, why="Viewed on [web]")
        assert "NOTHING SHOWS YET" in (await world.do(ESCALATE)).words

    async def test_somebody_who_had_been_paged_before_is_paged_again(self, world: AlertWorld) -> None:
        world.opsgenie.page("a1", SECOND)
        world.clock.pass_by(60)
        assert (await world.do(ESCALATE)).words == "Ben Brook was paged 20:01:00"

    async def test_the_timer_fires_during_the_hold(self, world: AlertWorld) -> None:
        intent = await world.decide(ESCALATE)
        world.clock.pass_by(3)
        world.opsgenie.timer_fires("a1")
        world.clock.pass_by(2)
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.CONFLICT
        assert receipt.words == "not sent: already paged: Ben Brook was paged 20:00:03"
        assert world.writes() == []
        assert (await world.again(intent, receipt)).words == "Ben Brook was paged 20:00:05"
        assert world.applied() == {"escalate": 1}

    async def test_the_log_alone_says_so(self, world: AlertWorld) -> None:
        intent = await world.decide(ESCALATE)
        world.opsgenie.pages_nobody = True
        world.opsgenie.timer_fires("a1")
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.CONFLICT
        assert "already escalated at 20:00:00, says its log: Alert escalated by the" in receipt.words

    async def test_nobody_was_named_and_somebody_was_paged(self, world: AlertWorld) -> None:
        intent = await world.decide(replace(ESCALATE, people=(), line="second line: who that is isn't known"))
        world.opsgenie.page("a1", SECOND)
        receipt = await world.actions.perform(intent)
        assert receipt.words == "not sent: already paged: Ben Brook was paged 20:00:00"

    async def test_that_the_person_looked_at_it_isnt_a_page(self, world: AlertWorld) -> None:
        """Who opens the alert is a recipient of it from then on: it held their own escalation up."""
        intent = await world.decide(replace(ESCALATE, people=(), line="second line: who that is isn't known"))
        world.opsgenie.page("a1", ME, why="Viewed on [web]")
        assert (await world.actions.perform(intent)).verdict is Verdict.CONFIRMED

    async def test_one_of_two_who_were_named_is_still_on_the_line(self, world: AlertWorld) -> None:
        receipt = await world.do(replace(ESCALATE, people=(SECOND, KIM), line="second line: Ben, Cat"))
        assert receipt.words == "Ben Brook was paged 20:00:00"

    async def test_the_rota_changes_during_the_hold(self, world: AlertWorld) -> None:
        intent = await world.decide(ESCALATE)
        rotation = world.opsgenie.schedules[1].rotations[0]
        rotation.turns = [Turn(NIGHT, NIGHT + timedelta(hours=2), KIM)]
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.CONFLICT
        assert receipt.words == "not sent: second line is Cat Calder now"
        (row,) = receipt.differences
        assert (row.field, row.ours, row.theirs) == ("second line", "Ben Brook", "Cat Calder")
        rotation.turns = []
        assert (await world.actions.perform(intent)).words == "not sent: second line is nobody now"
        assert world.writes() == []

    async def test_sent_all_the_same_it_names_who_it_is_now(self, world: AlertWorld) -> None:
        intent = await world.decide(ESCALATE)
        rotation = world.opsgenie.schedules[1].rotations[0]
        rotation.turns = [Turn(NIGHT, NIGHT + timedelta(hours=2), KIM)]
        receipt = await world.actions.perform(intent)
        assert receipt.remaining == replace(
            ESCALATE, line="second line: Cat Calder", people=(KIM,), confirmed=True
        )
        again = await world.again(intent, receipt)
        assert (again.words, again.remedy, again.paged) == ("Cat Calder was paged 20:00:00", "", True)

    async def test_a_rota_that_cant_be_read_holds_nothing_up(self, world: AlertWorld) -> None:
        intent = await world.decide(ESCALATE)
        world.actions = AlertPerformer(
            world.source, world.source.writer(), world.clock, zone=LONDON, second_line=_unknown
        )
        assert (await world.actions.perform(intent)).words == "ben@example.com was paged 20:00:00"

    async def test_confirmed_by_the_person_on_an_acknowledged_alert(self, world: AlertWorld) -> None:
        world.opsgenie.acknowledge("a1", KIM)
        receipt = await world.do(replace(ESCALATE, confirmed=True))
        assert receipt.words == "Ben Brook was paged 20:00:00"

    async def test_no_such_policy(self, world: AlertWorld) -> None:
        world.opsgenie.escalations = [wire_policy(id="another")]
        receipt = await world.do(ESCALATE)
        assert receipt.verdict is Verdict.FAILED
        assert receipt.words == "the service didn't do it: Escalation does not exist"
        assert "page somebody with E, or ring" in receipt.remedy

    async def test_a_responder(self, world: AlertWorld) -> None:
        receipt = await world.do(ADD)
        assert receipt.words == "Dan Dale was paged 20:00:00"
        assert world.applied() == {"responders": 1}
        assert receipt.alert is not None
        assert receipt.alert.responders[-1].name == "Dan Dale"

    async def test_a_team(self, world: AlertWorld) -> None:
        receipt = await world.do(AddResponder("team", TEAM, "support_team"))
        assert receipt.words == "support_team was added; NOTHING SHOWS YET WHO WAS PAGED"


async def _unknown() -> frozenset[str] | None:
    return None


class TestPagingAPerson:
    """An alert of their own, with the default key, proved or loudly denied."""

    async def test_they_are_paged(self, world: AlertWorld) -> None:
        intent = await world.decide(PAGE)
        receipt = await world.actions.perform(intent)
        assert (receipt.verdict, receipt.words) == (Verdict.CONFIRMED, "Eve Easton was paged 20:00:00")
        assert not receipt.remedy
        assert world.writes() == ["POST "]
        assert world.applied(intent.id) == {"create": 1}
        assert receipt.alert is not None
        assert receipt.alert.alias == intent.id

    async def test_a_teams_key_is_a_loud_failure(self, world: AlertWorld) -> None:
        world.opsgenie.team_key = True
        intent = await world.decide(replace(PAGE, username="dan@example.com", name="Dan Dale"))
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.FAILED
        assert receipt.words == (
            "Dan Dale WAS NOT PAGED: OpsGenie addressed the alert to team support_team instead"
        )
        assert receipt.remedy.startswith("ring Dan Dale: 0700 900123; then give `[opsgenie] default_api_key`")
        assert (await world.verify(intent)).words == receipt.words
        assert (await world.actions.perform(intent)).words == receipt.words
        assert world.applied(intent.id) == {"create": 1}

    async def test_who_was_paged_instead_has_a_number_where_no_name_can_be_read(
        self, world: AlertWorld
    ) -> None:
        world.opsgenie.team_key = True
        world.opsgenie.forbidden = [(READ_KEY, "/v2/teams")]
        receipt = await world.do(replace(PAGE, username="dan@example.com", name="Dan Dale"))
        assert receipt.words.endswith(f"OpsGenie addressed the alert to team {TEAM} instead")
        assert receipt.alert is not None

    async def test_who_is_of_the_team_in_their_place_was_paged_all_the_same(self, world: AlertWorld) -> None:
        """Told that they weren't, the person would page or ring them a second time."""
        world.opsgenie.team_key = True
        intent = await world.decide(replace(PAGE, username="dan@example.com", name="Dan Dale"))
        alert = (await world.actions.perform(intent)).alert
        assert alert is not None
        world.opsgenie.page(alert.id, "dan@example.com")
        receipt = await world.verify(intent)
        assert (receipt.verdict, receipt.paged) == (Verdict.CONFIRMED, True)

    async def test_what_is_proven_is_told_at_once(self, world: AlertWorld) -> None:
        assert (await world.do(PAGE)).paged
        assert sum(world.clock.slept) < 2
        world.opsgenie.team_key = True
        world.clock.slept.clear()
        await world.do(replace(PAGE, username="dan@example.com", name="Dan Dale"))
        assert sum(world.clock.slept) < 2

    async def test_no_number_is_said(self, world: AlertWorld) -> None:
        world.opsgenie.team_key = True
        receipt = await world.do(replace(PAGE, username="dan@example.com", name="Dan Dale", phone=""))
        assert "ring Dan Dale; no number is in [people]" in receipt.remedy

    async def test_nothing_shows_yet(self, world: AlertWorld) -> None:
        world.opsgenie.pages_nobody = True
        receipt = await world.do(PAGE)
        assert receipt.verdict is Verdict.CONFIRMED
        told = "an alert for Eve Easton was made; NOTHING SHOWS YET THAT Eve Easton WAS PAGED"
        assert receipt.words == told
        assert receipt.remedy == "ring Eve Easton: 0700 900123"

    async def test_names_that_cant_be_read_arent_a_replaced_responder(self, world: AlertWorld) -> None:
        world.opsgenie.forbidden = [(READ_KEY, "/v2/users")]
        assert (await world.do(PAGE)).words == "Eve Easton was paged 20:00:00"
        world.opsgenie.pages_nobody = True
        receipt = await world.do(PAGE)
        assert receipt.verdict is Verdict.CONFIRMED
        assert "NOTHING SHOWS YET" in receipt.words

    @pytest.mark.parametrize("times", [1, 2, 3])
    async def test_lost_answers_are_asked_for_again_under_the_same_alias(
        self, world: AlertWorld, times: int
    ) -> None:
        intent = await world.decide(PAGE)
        world.opsgenie.server.fail("/v2/alerts", dropped(), times=times, method="POST")
        receipt = await world.actions.perform(intent)
        expected = Verdict.CONFIRMED if times < 3 else Verdict.UNKNOWN
        assert receipt.verdict is expected
        assert receipt.remedy.startswith("ring Eve Easton: 0700 900123") is (times == 3)
        assert world.applied(intent.id) == ({"create": 1} if times < 3 else {})

    async def test_made_though_the_answer_was_lost(self, world: AlertWorld) -> None:
        intent = await world.decide(PAGE)
        world.opsgenie.server.fail("/v2/alerts", world.opsgenie.applied_then(dropped()), method="POST")
        assert (await world.actions.perform(intent)).words == "Eve Easton was paged 20:00:00"
        assert world.applied(intent.id) == {"create": 1}
        assert len(world.writes()) == 1

    async def test_refused_after_a_lost_answer_is_not_a_refusal(self, world: AlertWorld) -> None:
        intent = await world.decide(PAGE)
        world.opsgenie.server.fail("/v2/alerts", world.opsgenie.delayed(dropped()), method="POST")
        world.opsgenie.server.fail("/v2/alerts", rate_limited(60), method="POST")
        assert (await world.actions.perform(intent)).verdict is Verdict.UNKNOWN
        world.opsgenie.arrive()
        receipt = await world.verify(intent)
        assert (receipt.words, receipt.paged) == ("Eve Easton was paged 20:00:02", True)

    async def test_made_and_closed_again_isnt_made_twice(self, world: AlertWorld) -> None:
        intent = await world.decide(PAGE)
        await world.actions.perform(intent)
        world.opsgenie.close_alert("made-2", "eve@example.com")
        receipt = await world.actions.perform(intent)
        assert receipt.words == "Eve Easton was paged 20:00:00"
        assert world.applied(intent.id) == {"create": 1}

    async def test_made_before_and_not_to_be_read_any_more_is_not_known(self, world: AlertWorld) -> None:
        intent = await world.decide(PAGE)
        await world.actions.perform(intent)
        down = error(503, "down")
        world.clock.on_sleep = lambda _: world.opsgenie.server.fail("/v2/alerts", down, times=None)
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.UNKNOWN
        assert (receipt.paged, receipt.remedy) == (False, "ring Eve Easton: 0700 900123")
        assert world.applied(intent.id) == {"create": 1}

    async def test_the_service_refuses_after_all(self, world: AlertWorld) -> None:
        world.opsgenie.refusals["create"] = "Quota exceeded"
        receipt = await world.do(PAGE)
        assert (receipt.verdict, receipt.words) == (Verdict.FAILED, "no alert was made: Quota exceeded")
        assert receipt.remedy == "ring Eve Easton: 0700 900123"

    async def test_refused_at_once(self, world: AlertWorld) -> None:
        world.opsgenie.server.fail("/v2/alerts", error(403, "No", code=40301), method="POST")
        receipt = await world.do(PAGE)
        assert receipt.verdict is Verdict.FAILED
        assert receipt.remedy.startswith("ring Eve Easton: 0700 900123; ")

    async def test_never_sent_is_told_with_whom_to_ring_and_left_to_the_person(
        self, world: AlertWorld
    ) -> None:
        intent = await world.decide(PAGE)
        world.opsgenie.server.close()
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.FAILED
        assert receipt.words.startswith("not sent: ")
        assert receipt.remedy == (
            "ring Eve Easton: 0700 900123; it isn't tried again by itself: send it again in the outbox (O)"
        )

    async def test_never_told_and_not_there(self, world: AlertWorld) -> None:
        world.opsgenie.pending, world.opsgenie.work_waits = 99, True
        intent = await world.decide(PAGE)
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.UNKNOWN
        assert "within a minute" in receipt.words
        assert (await world.verify(intent)).verdict is Verdict.UNKNOWN
        assert (await world.verify(intent, after=61)).verdict is Verdict.UNKNOWN, "it says: not yet"
        world.opsgenie.forget_requests()
        later = await world.verify(intent, after=61)
        assert (later.verdict, later.words) == (Verdict.FAILED, "no alert was made: nobody was paged")

    async def test_what_the_service_has_not_come_to_yet_is_not_called_undone(self, world: AlertWorld) -> None:
        # After the minute in which it is followed: whoever sends it again then does it twice.
        for command in (NoteAlert("Disk is full"), CloseAlert()):
            world.opsgenie.pending, world.opsgenie.work_waits = 20, True
            intent = await world.decide(command)
            assert (await world.actions.perform(intent)).verdict is Verdict.UNKNOWN
            assert (await world.verify(intent, after=61)).verdict is Verdict.UNKNOWN
            world.opsgenie.pending = 0
            for _ in range(20):
                receipt = await world.verify(intent, after=61)
            assert receipt.verdict is Verdict.CONFIRMED

    async def test_without_a_default_key(self) -> None:
        world = AlertWorld(default_api_key=None)
        receipt = await world.do(PAGE)
        await world.close()
        assert receipt.verdict is Verdict.FAILED
        assert "no default integration's key" in receipt.words
        assert "0700 900123" in receipt.remedy


class TestOnTheDemosWorld:
    """The same actions on the demo's own writer."""

    async def test_an_escalation_a_responder_and_a_page(self) -> None:
        clock = EagerClock(DEMO_START + timedelta(hours=9))
        sources = fixture_sources(clock, seed=7)
        assert sources.alerts is not None
        assert sources.alert_writer is not None
        actions = AlertPerformer(sources.alerts, sources.alert_writer, clock, zone=LONDON)
        alert = next(row for row in (await sources.alerts.open_alerts()).rows if row.status == "open")
        policy = (await sources.alerts.policies()).rows[0]
        commands = (
            EscalateAlert(policy.id, policy.name, "second line"),
            AddResponder("user", "sian@agency.example", "Siân Probert"),
            PagePerson("femi@agency.example", "Femi", "Help"),
        )
        for command in commands:
            (intent,) = intents_of([(alert, command)], by="robin@agency.example", at=clock.now())
            receipt = await actions.perform(intent)
            assert receipt.verdict is Verdict.CONFIRMED
            assert "was paged 18:46:0" in receipt.words
            again = await actions.perform(intent)
            assert again.words.removeprefix("already done before: ") == receipt.words, "nobody is paged twice"
