"""What the protocols promise of alerts and rotas holds for the demo's world and for the service alike.

Each test runs against the fixtures and against the real client, over HTTP, to the simulator: what one of the
two does otherwise is a promise that the desk can't build on, or a demo that shows what never happens.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from support_desk.config.secrets import Secret
from support_desk.domain.alerts import Alert, AlertDetail, EscalationPolicy
from support_desk.domain.commands import (
    MOST_MESSAGE,
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
from support_desk.domain.rota import Role
from support_desk.sources.errors import NotThere, Rejected
from support_desk.sources.fixtures import DEMO_START, fixture_sources
from support_desk.sources.protocols import AlertSource, RotaSource
from support_desk.sources.writers import AlertWriter, Outcome
from tests.simulators.opsgenie import DEFAULT_KEY, POLICY, TEAM, source_for, wire_alert
from tests.simulators.opsgenie_writes import WritableOpsgenie

TOKEN = "5ca1ab1e"


@dataclass
class Monitoring(ABC):
    """An alert service with its rota, one open alert of the support team, and two people it knows."""

    source: AlertSource
    rota: RotaSource
    writer: AlertWriter
    me: str
    colleague: str

    @abstractmethod
    def now(self) -> datetime:
        """The service's own time."""

    @abstractmethod
    def go(self, seconds: float) -> None:
        """Time passes."""

    @abstractmethod
    async def alert(self) -> Alert:
        """The alert, as the list has it."""

    async def listed(self, alert_id: str) -> Alert | None:
        rows = (await self.source.open_alerts()).rows
        return next((row for row in rows if row.id == alert_id), None)

    async def do(self, alert_id: str, command: AlertCommand) -> Outcome:
        """Ask for a change and wait until it has been worked off."""
        request = await self.writer.ask(alert_id, command, actor=self.me, token=TOKEN)
        self.go(1)
        outcome = await self.writer.outcome(request)
        assert outcome is not None
        return outcome

    async def done(self, command: AlertCommand) -> AlertDetail:
        """The alert after a change that was made."""
        alert = await self.alert()
        outcome = await self.do(alert.id, command)
        assert (outcome.ok, outcome.alert_id) == (True, alert.id)
        return await self.source.alert(alert.id)

    async def raised(self, page: PagePerson, alias: str) -> Outcome:
        request = await self.writer.create(page, alias=alias, actor=self.me)
        self.go(1)
        outcome = await self.writer.outcome(request)
        assert outcome is not None
        return outcome

    def page(self, message: str = "Help is needed") -> PagePerson:
        return PagePerson(self.colleague, "Somebody", message, "All is on fire", "P2", ("client_acme",))


class DemoMonitoring(Monitoring):
    def __init__(self) -> None:
        self.time = DEMO_START
        sources = fixture_sources(self)
        assert sources.alerts is not None
        assert sources.rota is not None
        assert sources.alert_writer is not None
        super().__init__(
            sources.alerts,
            sources.rota,
            sources.alert_writer,
            "robin@agency.example",
            "helen@agency.example",
        )

    def now(self) -> datetime:
        return self.time

    def go(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    async def alert(self) -> Alert:
        rows = (await self.source.open_alerts()).rows
        return next(row for row in rows if "harbours-prod-alb-5xx" in row.message)


class LiveMonitoring(Monitoring):
    def __init__(self, opsgenie: WritableOpsgenie) -> None:
        self._opsgenie = opsgenie
        opsgenie.alerts = [wire_alert("a1"), wire_alert("a2")]
        opsgenie.routing = {TEAM: [{"notify": {"type": "escalation", "id": POLICY}}]}
        opsgenie.pending = 0
        source = source_for(opsgenie, default_api_key=Secret(lambda: DEFAULT_KEY))
        super().__init__(source, source, source.writer(), "ada@example.com", "eve@example.com")

    def now(self) -> datetime:
        return self._opsgenie.now

    def go(self, seconds: float) -> None:
        self._opsgenie.now += timedelta(seconds=seconds)

    async def alert(self) -> Alert:
        found = await self.listed("a1")
        assert found is not None
        return found


@pytest.fixture(params=["fixtures", "live"])
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Monitoring]:
    if request.param == "fixtures":
        yield DemoMonitoring()
        return
    with WritableOpsgenie() as opsgenie:
        live = LiveMonitoring(opsgenie)
        yield live
        await live.source.close()


class TestReading:
    async def test_a_list_is_whole_dated_and_has_each_open_alert_once(self, desk: Monitoring) -> None:
        reading = await desk.source.open_alerts()
        ids = [row.id for row in reading.rows]
        assert (reading.complete, reading.rejected, reading.notes) == (True, 0, ())
        assert len(ids) == len(set(ids)) > 1
        assert {row.status for row in reading.rows} <= {"open", "acked", "snoozed"}
        assert reading.server_time is not None
        assert abs(reading.server_time - desk.now()) < timedelta(seconds=1)
        assert all(row.created_at.tzinfo is UTC for row in reading.rows)

    async def test_an_alert_by_itself_is_the_one_of_the_list(self, desk: Monitoring) -> None:
        alert = await desk.alert()
        detail = await desk.source.alert(alert.id)
        assert detail.alert == alert
        assert detail.missing == ()

    @pytest.mark.parametrize("unknown", ["nothing-of-the-kind", "", "../users"])
    async def test_an_alert_that_does_not_exist_is_not_there(self, desk: Monitoring, unknown: str) -> None:
        with pytest.raises(NotThere):
            await desk.source.alert(unknown)

    async def test_the_policies_are_those_that_responders_name(self, desk: Monitoring) -> None:
        policies = {policy.id: policy for policy in (await desk.source.policies()).rows}
        alert = await desk.alert()
        (named,) = [row for row in alert.responders if row.type == "escalation"]
        assert policies[named.id].name == named.name
        assert all(rule.recipient_id and rule.recipient for rule in policies[named.id].rules)
        assert policies[named.id].rules[0].delay < policies[named.id].rules[1].delay


class TestWriting:
    async def test_an_acknowledgement_is_of_whoever_decided_it(self, desk: Monitoring) -> None:
        asked = desk.now()
        alert = (await desk.done(Acknowledge())).alert
        assert (alert.status, alert.acknowledged_by) == ("acked", desk.me)
        assert alert.acknowledged_at is not None
        assert timedelta(0) <= alert.acknowledged_at - asked <= timedelta(seconds=1)
        assert await desk.listed(alert.id) == alert

    async def test_what_is_acknowledged_already_is_not_done_again(self, desk: Monitoring) -> None:
        alert = (await desk.done(Acknowledge())).alert
        outcome = await desk.do(alert.id, Acknowledge())
        assert not outcome.ok
        assert outcome.words

    async def test_an_acknowledgement_given_back_is_nobodys(self, desk: Monitoring) -> None:
        await desk.done(Acknowledge())
        alert = (await desk.done(Unacknowledge())).alert
        assert (alert.status, alert.acknowledged_by) == ("open", None)
        assert alert.acknowledged_at is not None, "it stays when the acknowledgement is withdrawn"

    async def test_a_snooze_ends_when_it_was_said_to(self, desk: Monitoring) -> None:
        await desk.done(Acknowledge())
        until = (desk.now() + timedelta(hours=3)).replace(microsecond=0)
        # In summer time, where an hour would be lost between a clock and UTC.
        elsewhere = until.astimezone(ZoneInfo("Europe/Athens"))
        alert = (await desk.done(SnoozeAlert(elsewhere))).alert
        assert (alert.status, alert.acknowledged_by, alert.snoozed_until) == ("snoozed", None, until)

    async def test_a_closed_alert_leaves_the_list_and_can_be_read(self, desk: Monitoring) -> None:
        alert = (await desk.done(CloseAlert())).alert
        assert (alert.status, alert.closed_by) == ("closed", desk.me)
        assert await desk.listed(alert.id) is None
        for command in (Acknowledge(), CloseAlert(), AddAlertTags(("late",)), PrioritiseAlert("P5")):
            assert not (await desk.do(alert.id, command)).ok
        assert (await desk.do(alert.id, NoteAlert("It was the cache"))).ok

    async def test_tags_are_added_once_and_taken_off_together(self, desk: Monitoring) -> None:
        before = (await desk.alert()).tags
        alert = (await desk.done(AddAlertTags(("one", before[0], "two words")))).alert
        assert alert.tags == (*before, "one", "two words")
        alert = (await desk.done(RemoveAlertTags(("one", "two words", "never there")))).alert
        assert alert.tags == before

    async def test_priority_and_owner_read_back(self, desk: Monitoring) -> None:
        await desk.done(PrioritiseAlert("P4"))
        alert = (await desk.done(AssignAlert(desk.colleague))).alert
        assert (alert.priority, alert.owner, alert.status) == ("P4", desk.colleague, "open")

    async def test_a_note_is_kept_as_typed_with_the_mark_by_which_it_is_found(self, desk: Monitoring) -> None:
        detail = await desk.done(NoteAlert("Looking at it:\n  disk is full"))
        (note,) = [event for event in detail.events if TOKEN in event.text]
        assert note.note
        assert note.text == f"Looking at it:\n  disk is full\n[support_desk {TOKEN}]"
        assert list(detail.events) == sorted(detail.events, key=lambda event: event.at)

    async def test_an_escalation_leaves_its_mark_and_pages_somebody(self, desk: Monitoring) -> None:
        policy = await desk.writer.routed_policy(await desk.alert())
        assert policy is not None
        detail = await desk.done(EscalateAlert(policy.id, policy.name, "second line"))
        assert any(TOKEN in event.text for event in detail.events)
        outcome = await desk.do(detail.alert.id, EscalateAlert("no-such-policy", "None", "second line"))
        assert not outcome.ok

    async def test_an_added_responder_is_told(self, desk: Monitoring) -> None:
        detail = await desk.done(AddResponder("user", desk.colleague, "Somebody"))
        assert any(TOKEN in event.text for event in detail.events)
        assert desk.colleague in {row.name for row in detail.recipients}
        added = detail.alert.responders[-1]
        assert added.type == "user"
        assert added.name

    @pytest.mark.parametrize(
        "command",
        [
            NoteAlert(" \n"),
            NoteAlert("x" * 25_000),
            AddAlertTags(()),
            RemoveAlertTags(()),
            RemoveAlertTags(("one,two",)),
            AddAlertTags(tuple(f"tag{number}" for number in range(21))),
            AddAlertTags(("x" * 51,)),
            PrioritiseAlert("P6"),
        ],
        ids=lambda command: type(command).__name__,
    )
    async def test_what_the_service_would_not_take_whole_is_refused_and_changes_nothing(
        self, desk: Monitoring, command: AlertCommand
    ) -> None:
        before = await desk.alert()
        with pytest.raises(Rejected):
            await desk.do(before.id, command)
        desk.go(1)
        assert await desk.alert() == before

    async def test_a_change_of_an_alert_that_is_gone_comes_to_nothing(self, desk: Monitoring) -> None:
        outcome = await desk.do("nothing-of-the-kind", Acknowledge())
        assert not outcome.ok

    async def test_a_request_that_nobody_made_is_not_there(self, desk: Monitoring) -> None:
        with pytest.raises(NotThere):
            await desk.writer.outcome("nothing-of-the-kind")


class TestPaging:
    async def test_a_page_is_an_alert_for_that_person_alone(self, desk: Monitoring) -> None:
        assert desk.writer.can_create
        outcome = await desk.raised(desk.page(), "f00d")
        made = await desk.writer.alert_with_alias("f00d")
        assert (outcome.ok, outcome.alert_id) == (True, made.id)
        assert (made.alias, made.message, made.priority) == ("f00d", "Help is needed", "P2")
        assert (made.status, made.count, made.tags) == ("open", 1, ("client_acme",))
        assert [row.type for row in made.responders] == ["user"]
        desk.go(5)
        assert await desk.listed(made.id) is not None
        recipients = (await desk.source.alert(made.id)).recipients
        assert [row.name for row in recipients] == [desk.colleague]

    async def test_a_long_message_is_cut_where_the_service_would(self, desk: Monitoring) -> None:
        await desk.raised(desk.page("x" * 200), "f00d")
        assert (await desk.writer.alert_with_alias("f00d")).message == "x" * MOST_MESSAGE

    async def test_the_same_page_twice_rings_once(self, desk: Monitoring) -> None:
        first = await desk.raised(desk.page(), "f00d")
        again = await desk.raised(desk.page(), "f00d")
        assert (again.ok, again.alert_id) == (True, first.alert_id)
        assert (await desk.writer.alert_with_alias("f00d")).count == 2

    async def test_a_page_that_was_closed_meanwhile_is_still_found(self, desk: Monitoring) -> None:
        """Or a page that somebody dealt with at once would read as one that was never made."""
        made = await desk.raised(desk.page(), "f00d")
        await desk.do(made.alert_id, CloseAlert())
        found = await desk.writer.alert_with_alias("f00d")
        assert (found.id, found.status) == (made.alert_id, "closed")
        newer = await desk.raised(desk.page(), "f00d")
        assert newer.alert_id != made.alert_id
        found = await desk.writer.alert_with_alias("f00d")
        assert (found.id, found.status) == (newer.alert_id, "open")

    async def test_an_alias_that_nothing_has_is_not_there(self, desk: Monitoring) -> None:
        await desk.raised(desk.page(), "f00d")
        with pytest.raises(NotThere):
            await desk.writer.alert_with_alias("beef")

    async def test_a_page_without_a_message_is_refused(self, desk: Monitoring) -> None:
        with pytest.raises(Rejected):
            await desk.raised(desk.page(""), "f00d")

    async def test_a_team_routes_its_alerts_and_others_have_no_route(self, desk: Monitoring) -> None:
        policy = await desk.writer.routed_policy(await desk.alert())
        assert isinstance(policy, EscalationPolicy)
        assert policy in (await desk.source.policies()).rows
        await desk.raised(desk.page(), "f00d")
        assert await desk.writer.routed_policy(await desk.writer.alert_with_alias("f00d")) is None


class TestRota:
    async def test_who_is_on_call_is_told_per_schedule(self, desk: Monitoring) -> None:
        reading = await desk.rota.on_call()
        assert reading.complete
        assert [row.schedule for row in reading.rows] == ["first_line", "ooh_second_line"]
        assert reading.rows[0].enabled
        people = reading.rows[0].people
        assert people
        assert all(person.name and "@" in person.email for person in people)
        assert len({person.email for person in people}) == len(people)

    async def test_the_rota_says_how_far_it_was_read_and_who_is_on(self, desk: Monitoring) -> None:
        start, end = desk.now(), desk.now() + timedelta(weeks=2)
        reading = await desk.rota.rota(start, end)
        (rota,) = reading.rows
        assert reading.complete
        assert rota.cover.start <= start
        assert rota.cover.end >= end
        assert rota.cover.roles == frozenset(Role)
        assert {shift.role for shift in rota.shifts} == set(Role)
        assert all(shift.start < shift.end and shift.start.tzinfo is UTC for shift in rota.shifts)
        # One person's shift is one piece, also the one that goes on now.
        for role in Role:
            own = sorted((row for row in rota.shifts if row.role is role), key=lambda row: row.start)
            touching = [(one, two) for one, two in pairwise(own) if one.end == two.start]
            assert all(one.person != two.person for one, two in touching)

    async def test_everybody_is_known_once_with_an_address(self, desk: Monitoring) -> None:
        reading = await desk.rota.people()
        addresses = [person.email for person in reading.rows]
        assert reading.complete
        assert len(addresses) == len(set(addresses))
        assert {desk.me, desk.colleague} <= set(addresses)
        assert all(person.name for person in reading.rows)
