"""The demo's world can be written to: what a person does shows in the next reading, and stays."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from support_desk.domain.alerts import Alert, AlertDetail
from support_desk.domain.commands import (
    Acknowledge,
    AddAlertTags,
    AddResponder,
    AlertCommand,
    AssignAlert,
    CloseAlert,
    EscalateAlert,
    NoteAlert,
    PagePerson,
    PrioritiseAlert,
    RemoveAlertTags,
    SnoozeAlert,
    Unacknowledge,
)
from support_desk.domain.rota import OnCall
from support_desk.sources.errors import NotThere, Rejected
from support_desk.sources.fixtures import DEMO_START, World, fixture_sources
from support_desk.sources.fixtures.alert_writer import FixtureAlertWriter
from support_desk.sources.fixtures.changes import ChangedWorld
from support_desk.sources.writers import Outcome
from tests.standing_clock import StandingClock

ME = "robin@agency.example"
SECOND = timedelta(seconds=1)
SOON = timedelta(seconds=0.7)
"""Long enough for the world's alert service to work a request off."""
HARBOURS = "harbours-prod-alb-5xx"
POLICY = ("escalation-support", "Support: first line, then second line")


class Monitoring:
    """The demo's alerts with their writer, and one alert of them."""

    def __init__(self, part: str = HARBOURS, seed: int = 7) -> None:
        self.clock = StandingClock()
        sources = fixture_sources(self.clock, seed=seed)
        assert sources.alerts is not None
        assert sources.rota is not None
        assert sources.alert_writer is not None
        self.source, self.rota, self.writer = sources.alerts, sources.rota, sources.alert_writer
        self.part = part
        self.id = ""

    async def find(self) -> Alert | None:
        rows = (await self.source.open_alerts()).rows
        return next((row for row in rows if self.part in row.message), None)

    async def alert(self) -> Alert:
        found = await self.find()
        assert found is not None
        self.id = found.id
        return found

    async def detail(self) -> AlertDetail:
        return await self.source.alert(self.id or (await self.alert()).id)

    async def do(self, command: AlertCommand) -> Outcome:
        """Ask for it and wait until the service has worked it off."""
        if not self.id:
            await self.alert()
        request = await self.writer.ask(self.id, command, actor=ME, token="0badcafe")
        self.clock.at += SOON
        outcome = await self.writer.outcome(request)
        assert outcome is not None
        return outcome

    async def second_line(self) -> OnCall:
        return (await self.rota.on_call()).rows[1]


@pytest.fixture
def desk() -> Monitoring:
    return Monitoring()


class TestRequests:
    async def test_nothing_has_happened_until_the_request_is_worked_off(self, desk: Monitoring) -> None:
        before = await desk.alert()
        request = await desk.writer.ask(before.id, Acknowledge(), actor=ME, token="t")
        assert await desk.writer.outcome(request) is None
        assert await desk.alert() is before
        desk.clock.go(seconds=0.5)
        assert await desk.writer.outcome(request) is None
        desk.clock.go(seconds=0.2)
        outcome = await desk.writer.outcome(request)
        assert outcome is not None
        assert (outcome.ok, outcome.alert_id) == (True, before.id)
        after = await desk.alert()
        assert (after.status, after.acknowledged_by, after.owner) == ("acked", ME, ME)
        assert after.acknowledged_at == after.updated_at == DEMO_START + timedelta(seconds=0.6)

    async def test_each_request_has_its_own_id_and_outcome(self, desk: Monitoring) -> None:
        found = await desk.alert()
        first = await desk.writer.ask(found.id, Acknowledge(), actor=ME, token="a")
        second = await desk.writer.ask(found.id, Acknowledge(), actor=ME, token="b")
        desk.clock.go(seconds=1)
        one, two = await desk.writer.outcome(first), await desk.writer.outcome(second)
        assert first != second
        assert one is not None
        assert two is not None
        assert (one.ok, two.ok) == (True, False)
        assert "already acknowledged" in two.words

    async def test_an_unknown_request_is_not_there(self, desk: Monitoring) -> None:
        with pytest.raises(NotThere):
            await desk.writer.outcome("nothing")

    async def test_an_alert_that_does_not_exist_is_refused_afterwards(self, desk: Monitoring) -> None:
        desk.id = "nonsense"
        outcome = await desk.do(Acknowledge())
        assert (outcome.ok, outcome.words) == (False, "Alert does not exist")

    @pytest.mark.parametrize(
        "command",
        [
            SnoozeAlert(DEMO_START + timedelta(days=7, seconds=1)),
            SnoozeAlert(DEMO_START),
            PrioritiseAlert("P6"),
            RemoveAlertTags(("one,two",)),
            AddAlertTags(()),
            NoteAlert("  "),
        ],
    )
    async def test_what_no_service_would_take_is_refused_at_once(
        self, desk: Monitoring, command: AlertCommand
    ) -> None:
        before = await desk.alert()
        with pytest.raises(Rejected):
            await desk.do(command)
        desk.clock.go(seconds=1)
        assert await desk.alert() is before

    @pytest.mark.parametrize(
        "command",
        [
            Acknowledge(),
            CloseAlert(),
            SnoozeAlert(DEMO_START + timedelta(hours=1)),
            EscalateAlert(*POLICY, "second line"),
            AddAlertTags(("late",)),
        ],
    )
    async def test_a_closed_alert_takes_no_change(self, desk: Monitoring, command: AlertCommand) -> None:
        await desk.do(CloseAlert())
        before = await desk.detail()
        outcome = await desk.do(command)
        assert not outcome.ok
        assert "closed" in outcome.words
        assert await desk.detail() == before

    async def test_a_read_only_world_has_no_writer(self) -> None:
        assert fixture_sources(StandingClock(), read_only=True).alert_writer is None


class TestAlertChanges:
    async def test_closing_takes_it_off_the_list_and_it_can_still_be_opened(self, desk: Monitoring) -> None:
        assert (await desk.do(CloseAlert())).ok
        assert await desk.find() is None
        assert (await desk.detail()).alert.status == "closed"
        desk.clock.go(hours=3)
        assert await desk.find() is None

    async def test_priority_owner_and_tags_read_back(self, desk: Monitoring) -> None:
        await desk.do(PrioritiseAlert("P3"))
        await desk.do(AssignAlert("magda@agency.example"))
        await desk.do(AddAlertTags(("capacity", "client_harbours")))
        row = await desk.alert()
        assert (row.priority, row.owner, row.status) == ("P3", "magda@agency.example", "open")
        assert row.tags == ("client_harbours", "deliveryplus", "capacity")
        await desk.do(RemoveAlertTags(("capacity",)))
        assert (await desk.alert()).tags == ("client_harbours", "deliveryplus")
        said = [event.text for event in (await desk.detail()).events]
        assert "Priority changed from P1 to P3" in said
        assert "Assigned to Magda Kowal" in said

    async def test_somebody_unknown_cannot_be_assigned(self, desk: Monitoring) -> None:
        assert not (await desk.do(AssignAlert("stranger@agency.example"))).ok

    async def test_a_note_carries_its_author_and_is_cleaned(self, desk: Monitoring) -> None:
        await desk.do(NoteAlert("Looking\x1b[2J at it"))
        note = (await desk.detail()).events[-1]
        assert (note.text, note.who, note.note) == (
            "Looking at it\n[support_desk 0badcafe]",
            "Robin Ashdown",
            True,
        )

    async def test_a_snooze_ends_open_and_unacknowledged_and_pages_again(self, desk: Monitoring) -> None:
        await desk.do(Acknowledge())
        until = desk.clock.now() + timedelta(minutes=10)
        await desk.do(SnoozeAlert(until))
        row = await desk.alert()
        assert (row.status, row.snoozed_until, row.acknowledged_by) == ("snoozed", until, None)
        before = (await desk.detail()).recipients
        desk.clock.go(minutes=9)
        assert (await desk.detail()).recipients == before
        desk.clock.at = until
        row = await desk.alert()
        assert (row.status, row.acknowledged_by, row.updated_at) == ("open", None, until)
        desk.clock.go(seconds=3)
        assert max(row.at for row in (await desk.detail()).recipients) == until + 2 * SECOND

    async def test_an_acknowledgement_stops_the_escalation_and_taking_it_back_restarts_it(
        self, desk: Monitoring
    ) -> None:
        (second,) = (await desk.second_line()).people
        await desk.do(Acknowledge())
        desk.clock.go(minutes=8)
        assert second.email not in {row.name for row in (await desk.detail()).recipients}
        await desk.do(Unacknowledge())
        row = await desk.alert()
        assert (row.status, row.acknowledged_by) == ("open", None)
        assert row.acknowledged_at is not None
        withdrawn = row.updated_at
        desk.clock.at = withdrawn + timedelta(minutes=5)
        paged = {row.name: row.at for row in (await desk.detail()).recipients}
        assert paged[second.email] == withdrawn + timedelta(minutes=5)

    async def test_what_is_not_acknowledged_cannot_be_given_back(self, desk: Monitoring) -> None:
        assert not (await desk.do(Unacknowledge())).ok

    async def test_an_alert_that_has_not_changed_since_is_the_same_object(self, desk: Monitoring) -> None:
        await desk.do(Acknowledge())
        first = await desk.alert()
        desk.clock.go(seconds=20)
        assert await desk.alert() is first


class TestEscalation:
    async def test_the_next_line_is_paged_with_evidence(self, desk: Monitoring) -> None:
        (second,) = (await desk.second_line()).people
        before = await desk.detail()
        assert second.email not in {row.name for row in before.recipients}
        outcome = await desk.do(EscalateAlert(*POLICY, "second line"))
        assert outcome.ok
        after = await desk.detail()
        (evidence,) = [row for row in after.recipients if row.name == second.email]
        assert (evidence.method, evidence.at) == ("voice", DEMO_START + timedelta(seconds=0.6))
        new = [event.text for event in after.events if event not in before.events]
        assert new == [
            "Escalated to next: ooh_second_line [0badcafe]",
            f"Notification sent to {second.email} by voice call",
        ]

    async def test_each_escalation_goes_one_line_further_until_there_is_none(self, desk: Monitoring) -> None:
        await desk.do(EscalateAlert(*POLICY, "second line"))
        assert (await desk.do(EscalateAlert(*POLICY, "Owen"))).ok
        assert "owen@agency.example" in {row.name for row in (await desk.detail()).recipients}
        last = await desk.do(EscalateAlert(*POLICY, "?"))
        assert (last.ok, "no next step" in last.words) == (False, True)

    async def test_the_line_is_who_is_on_call_at_that_moment(self, desk: Monitoring) -> None:
        desk.part = "nightly-backup"
        desk.clock.at = datetime.fromisoformat("2026-12-02T10:05:00+00:00")
        await desk.do(Acknowledge())
        await desk.do(Unacknowledge())
        desk.clock.go(seconds=5)
        before = (await desk.detail()).recipients
        assert (await desk.second_line()).people == ()
        assert (await desk.do(EscalateAlert(*POLICY, "second line"))).ok
        after = await desk.detail()
        assert after.recipients == before
        assert "Nobody is on call in ooh_second_line: nobody was notified" in [
            event.text for event in after.events
        ]

    async def test_whoever_was_paged_answers_within_two_minutes(self, desk: Monitoring) -> None:
        (second,) = (await desk.second_line()).people
        await desk.do(EscalateAlert(*POLICY, "second line"))
        desk.clock.go(seconds=40)
        assert (await desk.alert()).status == "open"
        desk.clock.go(seconds=70)
        row = await desk.alert()
        assert (row.status, row.acknowledged_by) == ("acked", second.email)

    async def test_an_unknown_policy_is_refused(self, desk: Monitoring) -> None:
        assert not (await desk.do(EscalateAlert("x", "Nothing", "second line"))).ok

    async def test_an_added_responder_is_notified(self, desk: Monitoring) -> None:
        await desk.do(AddResponder("user", "helen@agency.example", "Helen Marsh"))
        detail = await desk.detail()
        assert "helen@agency.example" in {row.name for row in detail.alert.responders}
        assert "helen@agency.example" in {row.name for row in detail.recipients}
        assert not (await desk.do(AddResponder("user", "nobody@agency.example", "Nobody"))).ok

    async def test_the_support_team_routes_its_alerts_to_the_policy(self, desk: Monitoring) -> None:
        policy = await desk.writer.routed_policy(await desk.alert())
        assert policy is not None
        assert policy.id == POLICY[0]


class TestPaging:
    PAGE = PagePerson(
        "owen@agency.example",
        "Owen Fairley",
        "Licence portal is down " + "x" * 200,
        "Please call",
        "P1",
        ("a",),
    )

    async def test_a_page_makes_an_alert_that_keeps_its_responder(self, desk: Monitoring) -> None:
        request = await desk.writer.create(self.PAGE, alias="f00d", actor=ME)
        assert await desk.writer.outcome(request) is None
        with pytest.raises(NotThere):
            await desk.writer.alert_with_alias("f00d")
        desk.clock.go(seconds=1)
        outcome = await desk.writer.outcome(request)
        made = await desk.writer.alert_with_alias("f00d")
        assert outcome is not None
        assert (outcome.ok, outcome.alert_id) == (True, made.id)
        assert [(row.type, row.name) for row in made.responders] == [("user", "owen@agency.example")]
        assert (len(made.message), made.tags, made.count) == (130, ("a",), 1)
        assert made in (await desk.source.open_alerts()).rows
        desk.clock.go(seconds=2)
        detail = await desk.source.alert(made.id)
        assert detail.description == "Please call"
        assert [row.name for row in detail.recipients] == ["owen@agency.example"]
        desk.clock.go(minutes=2)
        assert (await desk.writer.alert_with_alias("f00d")).acknowledged_by == "owen@agency.example"

    async def test_the_same_alias_makes_no_second_alert_while_the_first_is_open(
        self, desk: Monitoring
    ) -> None:
        await desk.writer.create(self.PAGE, alias="f00d", actor=ME)
        desk.clock.go(seconds=1)
        first = await desk.writer.alert_with_alias("f00d")
        await desk.writer.create(self.PAGE, alias="f00d", actor=ME)
        desk.clock.go(seconds=1)
        again = await desk.writer.alert_with_alias("f00d")
        assert (again.id, again.count) == (first.id, 2)
        desk.id = first.id
        await desk.do(CloseAlert())
        await desk.writer.create(self.PAGE, alias="f00d", actor=ME)
        desk.clock.go(seconds=1)
        assert (await desk.writer.alert_with_alias("f00d")).id != first.id


class TestTheWorldGoesOn:
    async def test_a_colleague_leaves_an_acknowledged_alert_to_its_owner(self) -> None:
        desk = Monitoring("wexcombe-prod-web-2-disk")
        await desk.do(Acknowledge())
        desk.clock.at = DEMO_START + timedelta(seconds=200)
        assert (await desk.alert()).acknowledged_by == ME
        notes = [event for event in (await desk.detail()).events if event.note]
        assert [event.who for event in notes] == ["Magda Kowal"]

    async def test_the_monitor_closes_what_is_well_again(self) -> None:
        desk = Monitoring("eastmarch.example/ is down")
        await desk.do(Acknowledge())
        desk.clock.at = DEMO_START + timedelta(seconds=881)
        assert await desk.find() is None
        assert (await desk.detail()).alert.acknowledged_by == ME

    async def test_a_repeat_is_counted_on_an_acknowledged_alert(self) -> None:
        desk = Monitoring("rds-cpu")
        before = await desk.alert()
        await desk.do(NoteAlert("again"))
        desk.clock.at = DEMO_START + timedelta(seconds=125)
        after = await desk.alert()
        assert after.count == before.count + 2
        assert after.last_occurred_at == after.updated_at == DEMO_START + timedelta(seconds=120)

    async def test_every_alert_reads_the_same_from_the_list_and_by_itself(self) -> None:
        desk = Monitoring()
        for row in (await desk.source.open_alerts()).rows:
            await desk.writer.ask(row.id, AddAlertTags(("seen",)), actor=ME, token="")
        for minute in (1, 6, 9, 15, 40):
            desk.clock.at = DEMO_START + timedelta(minutes=minute)
            rows = (await desk.source.open_alerts()).rows
            assert rows
            for row in rows:
                assert (await desk.source.alert(row.id)).alert == row

    async def test_a_world_without_changes_is_the_plain_world(self) -> None:
        plain, changed = World(7), ChangedWorld(7)
        for minute in (0, 7, 16, 90):
            now = DEMO_START + timedelta(minutes=minute)
            assert plain.alerts(now) == changed.alerts(now)
            assert plain.tickets(now) == changed.tickets(now)


class TestReplay:
    @staticmethod
    async def _played(seed: int) -> tuple[list[str], list[tuple[Alert, ...]], list[AlertDetail]]:
        desk = Monitoring(seed=seed)
        requests = []
        for seconds, command in (
            (3, Acknowledge()),
            (20, Unacknowledge()),
            (31, EscalateAlert(*POLICY, "second line")),
            (200, SnoozeAlert(DEMO_START + timedelta(minutes=8))),
            (220, AddAlertTags(("x",))),
        ):
            desk.clock.at = DEMO_START + timedelta(seconds=seconds)
            requests.append(await desk.writer.ask((await desk.alert()).id, command, actor=ME, token="t"))
        requests.append(await desk.writer.create(TestPaging.PAGE, alias="f00d", actor=ME))
        lists, details = [], []
        for minute in (30, 4, 9, 12):
            desk.clock.at = DEMO_START + timedelta(minutes=minute)
            lists.append((await desk.source.open_alerts()).rows)
            details.append(await desk.detail())
        return requests, lists, details

    @pytest.mark.parametrize("seed", [7, 11])
    async def test_the_same_actions_at_the_same_moments_make_the_same_rows(self, seed: int) -> None:
        one, other = await self._played(seed), await self._played(seed)
        assert one == other

    async def test_two_writers_on_one_world_see_each_other(self) -> None:
        clock = StandingClock()
        world = ChangedWorld(7)
        (alert, *_) = world.alerts(DEMO_START)
        await FixtureAlertWriter(world, clock).ask(alert.id, CloseAlert(), actor=ME, token="")
        clock.go(seconds=1)
        assert alert.id not in {row.id for row in world.alerts(clock.now())}
        assert alert.id in {row.id for row in World(7).alerts(clock.now())}
