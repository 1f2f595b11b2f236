"""What is decided about an alert is asked for once, followed to its end, and said as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from support_desk.config.model import Config, Me
from support_desk.desk.desk import Desk
from support_desk.desk.intents import intents_of
from support_desk.desk.performing.alerts import FOLLOWED, AlertPerformer
from support_desk.desk.performing.performer import performer_of
from support_desk.domain.commands import (
    Acknowledge,
    AddAlertTags,
    AlertCommand,
    AssignAlert,
    CloseAlert,
    Command,
    EscalateAlert,
    NoteAlert,
    PrioritiseAlert,
    RaiseTicket,
    RemoveAlertTags,
    SnoozeAlert,
    Unacknowledge,
)
from support_desk.domain.intents import Verdict
from support_desk.sources.fixtures import DEMO_START, fixture_sources
from support_desk.sources.protocols import Sources
from tests.desk.alert_world import (
    ADD,
    ESCALATE,
    KIM,
    LONDON,
    ME,
    NIGHT,
    AlertWorld,
    EagerClock,
)
from tests.desk.samples import AGREEMENT
from tests.simulators.http import Answer, dropped, html_page
from tests.simulators.opsgenie import data, error, rate_limited

UNTIL = NIGHT + timedelta(hours=2)


@pytest.fixture
async def world() -> AsyncIterator[AlertWorld]:
    world = AlertWorld()
    yield world
    await world.close()


class TestDone:
    """Done once, read back, and said in words."""

    @pytest.mark.parametrize(
        ("command", "action", "words", "fields"),
        [
            (Acknowledge(), "acknowledge", "acknowledged", {"status": "acked", "acknowledged_by": ME}),
            (CloseAlert(), "close", "closed", {"status": "closed", "closed_by": ME}),
            (
                SnoozeAlert(UNTIL),
                "snooze",
                "snoozed: its escalation has stopped until then",
                {"status": "snoozed", "snoozed_until": UNTIL},
            ),
            (AssignAlert(KIM, "Cat Calder"), "assign", "assigned to Cat Calder", {"owner": KIM}),
            (
                AddAlertTags(("new",)),
                "tags",
                "tags added: new",
                {"tags": ("client_acme", "deliveryplus", "new")},
            ),
            (
                RemoveAlertTags(("deliveryplus",)),
                "untag",
                "tags removed: deliveryplus",
                {"tags": ("client_acme",)},
            ),
            (PrioritiseAlert("P3"), "priority", "priority P3", {"priority": "P3"}),
            (NoteAlert("Disk full."), "notes", "the note is there", {}),
        ],
    )
    async def test_each_action(
        self, world: AlertWorld, command: AlertCommand, action: str, words: str, fields: dict[str, Any]
    ) -> None:
        receipt = await world.do(command)
        assert (receipt.verdict, receipt.words) == (Verdict.CONFIRMED, words)
        assert not receipt.remedy
        assert receipt.evidence[0].startswith("request req-0000: ")
        assert world.applied() == {action: 1}
        alert = receipt.alert
        assert alert is not None
        assert {name: getattr(alert, name) for name in fields} == fields
        assert receipt.seen is not None
        assert receipt.seen.status == alert.status

    async def test_giving_an_acknowledgement_back(self, world: AlertWorld) -> None:
        world.opsgenie.acknowledge("a1", ME)
        receipt = await world.do(Unacknowledge())
        assert receipt.verdict is Verdict.CONFIRMED
        assert "escalation runs again" in receipt.words
        assert world.applied() == {"unacknowledge": 1}

    async def test_a_request_is_followed_further_and_further_apart(self, world: AlertWorld) -> None:
        world.opsgenie.pending = 5
        receipt = await world.do(Acknowledge())
        assert receipt.verdict is Verdict.CONFIRMED
        assert world.clock.slept[:6] == [0.3, 0.6, 1.2, 2.4, 5.0, 5.0]

    async def test_read_back_until_it_shows(self, world: AlertWorld) -> None:
        intent = await world.decide(PrioritiseAlert("P3"))
        before = dict(world.wire())
        world.opsgenie.server.fail("/v2/alerts/a1", _old_row(before), times=None, method="GET")
        world.clock.on_sleep = lambda seconds: world.opsgenie.server.heal() if seconds == 2.0 else None
        receipt = await world.actions.perform(intent)
        assert (receipt.verdict, receipt.words) == (Verdict.CONFIRMED, "priority P3")

    async def test_what_the_alert_shows_instead_is_told(self, world: AlertWorld) -> None:
        intent = await world.decide(PrioritiseAlert("P3"))
        world.clock.on_sleep = lambda _: world.wire().update(priority="P2")
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.CONFIRMED
        assert receipt.words == "priority P3, says the service; but the alert shows: priority P2"
        assert receipt.differences[0].theirs == "priority P2"

    @pytest.mark.parametrize(("owner", "shown"), [(KIM, f"owner {KIM}"), ("", "owner nobody")])
    async def test_another_owner_is_told(self, world: AlertWorld, owner: str, shown: str) -> None:
        intent = await world.decide(AssignAlert(ME, "Ada Ardent"))
        world.clock.on_sleep = lambda _: world.wire().update(owner=owner)
        receipt = await world.actions.perform(intent)
        assert receipt.words == f"assigned to Ada Ardent, says the service; but the alert shows: {shown}"
        assert receipt.alert is not None

    async def test_a_snooze_with_another_end_is_told(self, world: AlertWorld) -> None:
        intent = await world.decide(SnoozeAlert(UNTIL))
        later = (UNTIL + timedelta(hours=1)).isoformat()
        world.clock.on_sleep = lambda _: world.wire().update(snoozedUntil=later)
        receipt = await world.actions.perform(intent)
        assert receipt.words.endswith("but the alert shows: snoozed until another moment")

    async def test_an_acknowledgement_under_another_name(self, world: AlertWorld) -> None:
        intent = await world.decide(Acknowledge())
        world.clock.on_sleep = lambda _: world.wire()["report"].update(acknowledgedBy="Alert API")
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.CONFIRMED
        assert "the alert shows: acknowledged by Alert API" in receipt.words
        # Without a name it is nobody else's.
        intent = await world.decide(Acknowledge(), "a2")
        world.clock.on_sleep = lambda _: world.wire("a2")["report"].pop("acknowledgedBy", None)
        assert (await world.actions.perform(intent)).words == "acknowledged"

    async def test_done_though_it_cant_be_read_back(self, world: AlertWorld) -> None:
        intent = await world.decide(CloseAlert())
        world.clock.on_sleep = lambda _: world.opsgenie.server.fail(
            "/v2/alerts/a1", error(503, "Down"), times=None, method="GET"
        )
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.CONFIRMED
        assert receipt.words == "closed: the service says so; the alert couldn't be read back"
        assert receipt.alert is None


def _old_row(row: dict[str, Any]) -> Answer:
    """The alert as it was, with nothing around it."""
    return data({**row, "description": "", "details": {}})


class TestAlreadySo:
    """What is as it should be isn't asked for."""

    @pytest.mark.parametrize(
        ("command", "fields", "words"),
        [
            (
                Acknowledge(),
                {"acknowledged": True, "report": {"acknowledgedBy": ME.upper(), "ackTime": 1}},
                "already so: acknowledged",
            ),
            (
                Unacknowledge(),
                {},
                "already so: the acknowledgement was given back: the escalation runs again",
            ),
            (
                AssignAlert(KIM, "Cat Calder"),
                {"owner": "Cat@Example.com"},
                "already so: assigned to Cat Calder",
            ),
            (PrioritiseAlert("P1"), {}, "already so: priority P1"),
            (AddAlertTags(("CLIENT_acme",)), {}, "already so: tags added: CLIENT_acme"),
            (RemoveAlertTags(("gone",)), {}, "already so: tags removed: gone"),
            (
                SnoozeAlert(UNTIL),
                {"snoozed": True, "snoozedUntil": UNTIL.isoformat()},
                "already so: snoozed: its escalation has stopped until then",
            ),
        ],
    )
    async def test_nothing_is_sent(
        self, world: AlertWorld, command: Command, fields: dict[str, Any], words: str
    ) -> None:
        world.wire().update(fields)
        receipt = await world.do(command)
        assert (receipt.verdict, receipt.words) == (Verdict.CONFIRMED, words)
        assert world.writes() == []

    async def test_closed_by_somebody_is_told_with_who_and_when(self, world: AlertWorld) -> None:
        intent = await world.decide(CloseAlert())
        world.clock.pass_by(61)
        world.opsgenie.close_alert("a1", KIM)
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.CONFIRMED
        assert receipt.words == "already closed by Cat Calder at 20:01:01"
        assert world.writes() == []


class TestStillToDo:
    """A state that is nearly as wanted: it is done."""

    @pytest.mark.parametrize(
        ("command", "fields", "action"),
        [
            (RemoveAlertTags(("gone", "deliveryplus")), {}, "untag"),
            (AddAlertTags(("client_acme", "new")), {}, "tags"),
            (Acknowledge(), {"report": {"acknowledgedBy": ME, "ackTime": 60_000}}, "acknowledge"),
            (SnoozeAlert(UNTIL), {"snoozedUntil": UNTIL.isoformat()}, "snooze"),
            (
                SnoozeAlert(UNTIL),
                {"snoozed": True, "snoozedUntil": (UNTIL + timedelta(seconds=2)).isoformat()},
                "snooze",
            ),
        ],
        ids=["one tag is gone", "one tag is there", "given back", "the snooze was ended", "another end"],
    )
    async def test_it_is_sent(
        self, world: AlertWorld, command: Command, fields: dict[str, Any], action: str
    ) -> None:
        world.wire().update(fields)
        receipt = await world.do(command)
        assert receipt.verdict is Verdict.CONFIRMED
        assert not receipt.words.startswith("already so")
        assert world.applied() == {action: 1}


class TestSomebodyWasQuicker:
    """Nothing is sent; who, when, and what to do."""

    @pytest.mark.parametrize("command", [CloseAlert(), SnoozeAlert(UNTIL), ESCALATE, ADD, AssignAlert(ME)])
    async def test_acknowledged_meanwhile(self, world: AlertWorld, command: Command) -> None:
        intent = await world.decide(command)
        world.clock.pass_by(7)
        world.opsgenie.acknowledge("a1", KIM)
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.CONFLICT
        assert receipt.words == "not sent: already acknowledged by Cat Calder at 20:00:07"
        assert receipt.differences[0].theirs == "Cat Calder"
        assert world.writes() == []
        second = await world.again(intent, receipt)
        assert second.verdict is Verdict.CONFIRMED
        assert len(world.writes()) == 1

    async def test_acknowledged_meanwhile_by_whom_doesnt_show(self, world: AlertWorld) -> None:
        intent = await world.decide(ESCALATE)
        world.opsgenie.acknowledge("a1", "")
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.CONFLICT
        assert receipt.words.startswith("not sent: already acknowledged by somebody")
        assert world.writes() == []

    @pytest.mark.parametrize(
        "command",
        [ESCALATE, ADD, AddAlertTags(("x",)), PrioritiseAlert("P4")],
    )
    async def test_closed_meanwhile(self, world: AlertWorld, command: Command) -> None:
        intent = await world.decide(command)
        world.clock.pass_by(7)
        world.opsgenie.close_alert("a1", KIM)
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.CONFLICT
        assert receipt.words == "not sent: already closed by Cat Calder at 20:00:07"
        assert receipt.alert is not None
        assert receipt.alert.status == "closed"
        assert world.writes() == []

    async def test_a_colleague_who_took_it_from_another_is_in_the_way_as_well(
        self, world: AlertWorld
    ) -> None:
        world.opsgenie.acknowledge("a1", "dora@example.com")
        intent = await world.decide(CloseAlert())
        world.opsgenie.acknowledge("a1", KIM)
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.CONFLICT
        assert receipt.words.startswith("not sent: already acknowledged by Cat Calder")

    async def test_an_escalation_all_the_same_waits_for_no_further_change(self, world: AlertWorld) -> None:
        """The person has said so, knowing that somebody has it: who that is changes nothing."""
        world.opsgenie.acknowledge("a1", "dora@example.com")
        intent = await world.decide(replace(ESCALATE, confirmed=True))
        world.opsgenie.acknowledge("a1", KIM)
        assert (await world.actions.perform(intent)).verdict is Verdict.CONFIRMED
        assert world.applied() == {"escalate": 1}

    async def test_who_closed_it_is_taken_from_the_log_where_need_be(self, world: AlertWorld) -> None:
        intent = await world.decide(Acknowledge())
        world.opsgenie.close_alert("a1", KIM)
        del world.wire()["report"]
        receipt = await world.actions.perform(intent)
        assert receipt.words == "not needed: already closed by Cat Calder at 20:00:00"

    @pytest.mark.parametrize("command", [Acknowledge(), Unacknowledge(), SnoozeAlert(UNTIL)])
    @pytest.mark.parametrize("seen", ["before it was closed", "after"])
    async def test_of_a_closed_alert_nothing_is_asked_for_and_nobody_is_asked(
        self, world: AlertWorld, command: Command, seen: str
    ) -> None:
        """Seven that were acknowledged while a colleague closed them left seven questions to answer."""
        intent = await world.decide(command)
        world.opsgenie.close_alert("a1", KIM)
        if seen == "after":
            intent = await world.decide(command)
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.NEEDLESS
        assert receipt.words == "not needed: already closed by Cat Calder at 20:00:00"
        assert receipt.alert is not None
        assert receipt.alert.status == "closed"
        assert world.writes() == []

    async def test_what_a_colleague_has_acknowledged_needs_no_second_one(self, world: AlertWorld) -> None:
        intent = await world.decide(Acknowledge())
        world.clock.pass_by(7)
        world.opsgenie.acknowledge("a1", KIM)
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.NEEDLESS
        assert receipt.words == "not needed: already acknowledged by Cat Calder at 20:00:07"
        assert receipt.remedy == "w makes it yours"
        assert world.writes() == []

    @pytest.mark.parametrize("command", [Acknowledge(), CloseAlert(), ESCALATE])
    async def test_snoozed_meanwhile(self, world: AlertWorld, command: Command) -> None:
        intent = await world.decide(command)
        world.opsgenie.snooze("a1", UNTIL, KIM)
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.CONFLICT
        assert receipt.words == "not sent: Cat Calder snoozed it until 22:00:00"
        assert world.writes() == []

    async def test_ones_own_snooze_before_is_no_conflict(self, world: AlertWorld) -> None:
        closing = await world.decide(CloseAlert())
        await world.do(SnoozeAlert(UNTIL))
        assert (await world.actions.perform(closing)).verdict is Verdict.CONFIRMED

    async def test_a_note_goes_on_an_alert_in_any_state(self, world: AlertWorld) -> None:
        intent = await world.decide(NoteAlert("It was the disk."))
        world.opsgenie.close_alert("a1", KIM)
        assert (await world.actions.perform(intent)).verdict is Verdict.CONFIRMED

    async def test_tags_go_on_an_alert_that_somebody_has(self, world: AlertWorld) -> None:
        intent = await world.decide(AddAlertTags(("outage",)))
        world.opsgenie.acknowledge("a1", KIM)
        assert (await world.actions.perform(intent)).verdict is Verdict.CONFIRMED

    async def test_a_changed_priority_and_owner(self, world: AlertWorld) -> None:
        priority, owner = await world.decide(PrioritiseAlert("P3")), await world.decide(AssignAlert(ME))
        world.wire().update(priority="P2", owner=KIM)
        receipts = [await world.actions.perform(intent) for intent in (priority, owner)]
        assert [receipt.verdict for receipt in receipts] == [Verdict.CONFLICT] * 2
        assert [receipt.words for receipt in receipts] == [
            "not sent: its priority is P2 meanwhile",
            "not sent: Cat Calder owns it meanwhile",
        ]
        assert world.writes() == []

    async def test_between_our_look_and_our_request(self, world: AlertWorld) -> None:
        intent = await world.decide(Acknowledge())
        world.opsgenie.colleague = lambda alert: world.opsgenie.acknowledge(alert, KIM)
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.NEEDLESS
        assert receipt.words == "not needed: already acknowledged by Cat Calder at 20:00:00"
        assert world.wire()["report"]["acknowledgedBy"] == KIM

    async def test_closed_between_our_look_and_our_request(self, world: AlertWorld) -> None:
        intent = await world.decide(CloseAlert())
        world.opsgenie.colleague = lambda alert: world.opsgenie.close_alert(alert, KIM)
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.CONFIRMED
        assert world.wire()["report"]["closedBy"] == KIM

    async def test_an_older_day_is_named(self, world: AlertWorld) -> None:
        intent = await world.decide(Acknowledge())
        world.opsgenie.acknowledge("a1", KIM)
        world.clock.pass_by(86_400)
        receipt = await world.actions.perform(intent)
        assert receipt.words == "not needed: already acknowledged by Cat Calder at Mon 23 Nov 20:00"


class TestRefused:
    """Surely not done, with the reason and the remedy."""

    async def test_is_success_false(self, world: AlertWorld) -> None:
        world.opsgenie.refusals["close"] = "Your plan doesn't support this"
        receipt = await world.do(CloseAlert())
        assert receipt.verdict is Verdict.FAILED
        assert receipt.words == "the service didn't do it: Your plan doesn't support this"
        assert receipt.alert is not None
        assert receipt.alert.status == "open", "the optimistic mark is rolled back"

    @pytest.mark.parametrize(
        ("answer", "verdict"),
        [
            (
                error(403, "To perform this action, use an API key from an API integration.", code=40301),
                "failed",
            ),
            (error(401, "Could not authenticate"), "failed"),
            (error(404, "Not found"), "failed"),
            (error(409, "Conflict"), "failed"),
            (error(422, "Not processable", errors={"owner": "is unknown"}), "failed"),
            (rate_limited(60), "not_sent"),
        ],
    )
    async def test_by_a_status(self, world: AlertWorld, answer: Answer, verdict: str) -> None:
        world.opsgenie.server.fail("/acknowledge", answer)
        receipt = await world.do(Acknowledge())
        assert receipt.verdict == verdict
        assert receipt.remedy
        assert receipt.retry_after == (60 if verdict == "not_sent" else None)
        assert world.applied() == {}
        assert len(world.writes()) == 1

    @pytest.mark.parametrize("command", [ESCALATE, ADD])
    async def test_what_pages_somebody_is_never_left_to_the_program(
        self, world: AlertWorld, command: Command
    ) -> None:
        """Ruling 14: not even after a failed connection."""
        ending = "/escalate" if isinstance(command, EscalateAlert) else "/responders"
        world.opsgenie.server.fail(ending, rate_limited(60))
        receipt = await world.do(command)
        assert receipt.verdict is Verdict.FAILED
        assert "isn't tried again by itself" in receipt.remedy
        assert "E" in receipt.remedy.split()[-3]

        intent = await world.decide(command)
        world.opsgenie.server.close()
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.FAILED
        assert "isn't tried again by itself" in receipt.remedy
        assert world.applied() == {}

    async def test_no_connection_is_tried_again_elsewhere(self, world: AlertWorld) -> None:
        intent = await world.decide(Acknowledge())
        world.opsgenie.server.close()
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.NOT_SENT

    async def test_an_alert_that_is_gone(self, world: AlertWorld) -> None:
        intent = await world.decide(Acknowledge())
        world.opsgenie.alerts.clear()
        receipt = await world.actions.perform(intent)
        assert receipt.verdict is Verdict.FAILED
        assert "nothing there" in receipt.words

    @pytest.mark.parametrize(
        ("until", "words"),
        [
            (NIGHT - timedelta(seconds=1), "would have ended already"),
            (NIGHT + timedelta(days=7, seconds=1), "at most a week"),
        ],
    )
    async def test_a_snooze_that_cant_be(self, world: AlertWorld, until: Any, words: str) -> None:
        receipt = await world.do(SnoozeAlert(until))
        assert receipt.verdict is Verdict.FAILED
        assert words in receipt.words
        assert world.writes() == []

    async def test_a_note_that_is_too_long_is_kept_not_cut(self, world: AlertWorld) -> None:
        receipt = await world.do(NoteAlert("x" * 25_000))
        assert receipt.verdict is Verdict.FAILED
        assert "24960 characters" in receipt.words
        assert world.writes() == []


class TestNeverTold:
    """The service takes a request and doesn't say what became of it."""

    async def test_followed_for_a_minute_then_the_alert_is_asked(self, world: AlertWorld) -> None:
        world.opsgenie.pending = 99
        receipt = await world.do(Acknowledge())
        assert (receipt.verdict, receipt.words) == (Verdict.CONFIRMED, "it was done: the alert shows it")
        assert world.clock.slept == list(FOLLOWED)
        assert 55 <= sum(FOLLOWED) <= 60

    @pytest.mark.parametrize("command", [Acknowledge(), NoteAlert("Hello"), ESCALATE, ADD])
    async def test_nothing_shows_it(self, world: AlertWorld, command: Command) -> None:
        world.opsgenie.pending, world.opsgenie.work_waits = 99, True
        receipt = await world.do(command)
        assert receipt.verdict is Verdict.UNKNOWN
        assert receipt.evidence == ("request req-0000",)
        assert receipt.remedy == "look at the alert before you send it again"
        assert len(world.writes()) == 1

    @pytest.mark.parametrize("command", [NoteAlert("Hello"), ESCALATE, ADD])
    async def test_our_mark_shows_it(self, world: AlertWorld, command: Command) -> None:
        world.opsgenie.pending = 99
        receipt = await world.do(command)
        assert receipt.verdict is Verdict.CONFIRMED
        assert any("support_desk" in line for line in receipt.evidence)

    async def test_an_answer_that_fails_meanwhile_is_asked_for_again(self, world: AlertWorld) -> None:
        world.opsgenie.server.fail("/requests/", dropped(), times=2)
        world.opsgenie.server.fail("/requests/", html_page(502))
        assert (await world.do(Acknowledge())).words == "acknowledged"
        assert world.applied() == {"acknowledge": 1}


class TestWiring:
    """The performer over real sources, and the demo's writer."""

    async def test_over_the_desk_and_its_configuration(self, world: AlertWorld) -> None:
        config = Config(me=Me(name="Ada", email=ME))
        desk = Desk(config, None, world.clock, AGREEMENT)
        sources = Sources(world.source, world.source, None, None, alert_writer=world.source.writer())
        performer = performer_of(desk, sources, config)
        receipt = await performer.perform(await world.decide(ESCALATE))
        assert receipt.words == "ben@example.com was paged 20:00:00"
        intent = await world.decide(replace(ESCALATE, people=(KIM,)), "a2")
        assert (await performer.perform(intent)).words == "not sent: second line is ben@example.com now"
        raised = await performer.perform(await world.decide(RaiseTicket("x", "y")))
        assert raised.verdict is Verdict.FAILED
        assert "[zendesk]" in raised.remedy

    async def test_without_a_key_that_may_write(self, world: AlertWorld) -> None:
        config = Config()
        desk = Desk(config, None, world.clock, AGREEMENT)
        performer = performer_of(desk, Sources(world.source, world.source, None, None), config)
        receipt = await performer.perform(await world.decide(Acknowledge()))
        assert receipt.verdict is Verdict.FAILED
        assert "write_key_env" in receipt.remedy
        assert world.writes() == []

    @pytest.mark.parametrize(
        "command",
        [Acknowledge(), NoteAlert("Hello"), SnoozeAlert(DEMO_START + timedelta(hours=1)), CloseAlert()],
    )
    async def test_on_the_demos_world(self, command: AlertCommand) -> None:
        clock = EagerClock(DEMO_START)
        sources = fixture_sources(clock, seed=7)
        assert sources.alerts is not None
        assert sources.alert_writer is not None
        actions = AlertPerformer(sources.alerts, sources.alert_writer, clock, zone=LONDON)
        alert = next(row for row in (await sources.alerts.open_alerts()).rows if row.status == "open")
        intent = intents_of([(alert, command)], by="robin@agency.example", at=clock.now())[0]
        receipt = await actions.perform(intent)
        assert receipt.verdict is Verdict.CONFIRMED
        assert not receipt.differences
        assert (await actions.perform(intent)).verdict is not Verdict.NOT_SENT
