"""The demo's world: the same for everyone who asks, alive, and complete enough to show every state."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from support_desk.browser import configured_hosts
from support_desk.config.calendar import calendar_from
from support_desk.domain.alerts import Alert
from support_desk.domain.escalation import countdown
from support_desk.domain.rota import Role, on_now, uncovered_bank_holidays
from support_desk.domain.sla import FIRST_REPLY, Agreement, Ranked, judge, rank
from support_desk.domain.storms import Storm, fold
from support_desk.domain.tickets import Replies, Ticket
from support_desk.sources.errors import NotThere, Unreadable
from support_desk.sources.fixtures import DEMO_START, World, demo_config, fixture_sources
from support_desk.text import clean, clean_block
from tests.standing_clock import StandingClock

LONDON = ZoneInfo("Europe/London")
CONFIG = demo_config()
AGREEMENT = Agreement(calendar_from(CONFIG.hours), frozenset(CONFIG.zendesk.emergency_addresses))


def after(**length: float) -> datetime:
    return DEMO_START + timedelta(**length)


def ticket(world: World, start: str, now: datetime) -> Ticket | None:
    return next((row for row in world.tickets(now) if row.subject.startswith(start)), None)


def alert(world: World, part: str, now: datetime) -> Alert | None:
    return next((row for row in world.alerts(now) if part in row.message), None)


def queue(world: World, now: datetime) -> tuple[Ranked, ...]:
    return rank(world.tickets(now), AGREEMENT)


@pytest.fixture
def world() -> World:
    return World()


class TestDeterminism:
    def test_two_worlds_with_one_seed_agree_whatever_was_asked_before(self) -> None:
        one, other = World(11), World(11)
        moments = [after(minutes=minute) for minute in (0, 3, 9, 14, 40, 700)]
        for now in reversed(moments):
            other.tickets(now)
            other.alerts(now)
        for now in moments:
            assert one.tickets(now) == other.tickets(now)
            assert one.alerts(now) == other.alerts(now)
            assert one.rota(now, now + timedelta(days=28)) == other.rota(now, now + timedelta(days=28))
            assert one.suspended(now) == other.suspended(now)

    def test_another_seed_is_another_world_with_the_same_stories(self, world: World) -> None:
        other = World(8)
        assert {row.requester for row in world.tickets(DEMO_START)} & {
            row.requester for row in other.tickets(DEMO_START)
        }
        assert world.tickets(DEMO_START) != other.tickets(DEMO_START)
        assert [row.message for row in world.alerts(DEMO_START)] == [
            row.message for row in other.alerts(DEMO_START)
        ]

    def test_what_did_not_change_is_the_same_object(self, world: World) -> None:
        before = {row.id: row for row in world.tickets(DEMO_START)}
        later = {row.id: row for row in world.tickets(after(seconds=30))}
        assert all(later[number] is row for number, row in before.items())

    def test_another_start_moves_everything(self) -> None:
        start = datetime(2027, 6, 9, 8, 46, tzinfo=UTC)
        moved = World(7, start)
        assert len(moved.tickets(start)) == len(World(7).tickets(DEMO_START))
        first, _ = moved.on_call(datetime(2027, 6, 9, 9, 0, tzinfo=UTC))
        assert CONFIG.me.email in {person.email for person in first.people}

    def test_remembered_rows_stay_bounded_over_a_simulated_week(self, world: World) -> None:
        counts = [
            (len(world.tickets(after(hours=hour))), len(world.alerts(after(hours=hour))))
            for hour in range(168)
        ]
        assert max(tickets for tickets, _ in counts) < 120
        assert max(alerts for _, alerts in counts) < 40
        assert min(tickets for tickets, _ in counts) >= 60


class TestTickets:
    def test_there_are_enough_of_them_with_ids_in_order_of_age(self, world: World) -> None:
        rows = world.tickets(DEMO_START)
        assert len(rows) >= 64
        assert len({row.id for row in rows}) == len(rows)
        assert [row.id for row in sorted(rows, key=lambda row: (row.created_at, row.id))] == sorted(
            row.id for row in rows
        )
        assert {row.status for row in rows} == {"new", "open", "pending", "hold"}
        assert all(row.updated_at >= row.created_at for row in rows)
        assert all(row.updated_at <= DEMO_START for row in rows)

    def test_every_state_and_cause_is_in_the_queue(self, world: World) -> None:
        rows = queue(world, DEMO_START)
        assert {row.verdict.state_at(DEMO_START) for row in rows} == {
            "breached", "active", "paused", "met", "unknown",
        }  # fmt: skip
        assert {row.verdict.cause for row in rows} == {
            "zendesk_row", "no_priority", "no_policy", "sideload_missing", "null_breach_at", "unknown_stage",
        }  # fmt: skip
        assert {row.verdict.basis for row in rows} >= {"zendesk", "contract"}

    def test_every_kind_of_side_load_is_in_the_queue(self, world: World) -> None:
        rows = world.tickets(DEMO_START)
        stages = {(sla.stage, sla.breach_at is None) for row in rows for sla in row.sla_rows or ()}
        assert stages >= {("active", False), ("active", True), ("paused", False), ("paused", True)}
        assert stages >= {("achieved", False), ("delayed_activation", False)}
        assert any(row.sla_rows is None for row in rows)
        assert any(row.sla_rows == () and row.priority for row in rows)
        assert any(row.priority is None for row in rows)
        assert any(row.replies is None for row in rows)
        assert {row.plan for row in rows} == {"standard", "enhanced", "unknown"}
        assert any(row.plan_conflict for row in rows)
        assert {row.recipient for row in rows} >= set(CONFIG.zendesk.emergency_addresses)
        waiting = [
            (row.replies.first_at, row.replies.client_last_at)
            for row in rows
            if row.priority == "low" and row.replies and row.replies.first_at and row.replies.client_last_at
        ]
        assert any(client > first for first, client in waiting)

    def test_a_ticket_breaches_two_minutes_in(self, world: World) -> None:
        def breached(now: datetime) -> set[str]:
            return {
                row.ticket.subject for row in queue(world, now) if row.verdict.state_at(now) == "breached"
            }

        assert breached(after(seconds=121)) - breached(after(seconds=119)) == {
            "Bus pass applications are down"
        }

    def test_a_new_one_arrives_and_is_triaged(self, world: World) -> None:
        assert ticket(world, "School admissions", after(seconds=94)) is None
        arrived = ticket(world, "School admissions", after(seconds=96))
        assert arrived is not None
        assert (arrived.status, arrived.priority, arrived.sla_rows) == ("new", None, ())
        triaged = ticket(world, "School admissions", after(minutes=9))
        assert triaged is not None
        assert (triaged.priority, triaged.assignee) == ("high", CONFIG.me.name)
        assert triaged.sla_rows

    def test_a_client_answers(self, world: World) -> None:
        before = ticket(world, "Form says thank you", after(minutes=2))
        later = ticket(world, "Form says thank you", after(minutes=3))
        assert before is not None
        assert later is not None
        assert (before.status, later.status) == ("pending", "open")
        assert later.replies is not None
        assert later.replies.client_last_at == later.updated_at == after(minutes=2.5)
        said = world.ticket_detail(later.id, after(minutes=3))
        unsaid = world.ticket_detail(later.id, after(minutes=2))
        assert said is not None
        assert unsaid is not None
        assert len(said.comments) == len(unsaid.comments) + 1
        assert not said.comments[-1].by_agent

    def test_a_priority_changes(self, world: World) -> None:
        before = ticket(world, "Judges can't", DEMO_START)
        later = ticket(world, "Judges can't", after(minutes=4))
        assert before is not None
        assert later is not None
        assert (before.priority, later.priority) == ("normal", "high")

    def test_a_solved_one_leaves_the_queue_but_can_be_read_and_found(self, world: World) -> None:
        before = ticket(world, "Logo missing", after(minutes=5))
        assert before is not None
        now = after(minutes=6)
        assert ticket(world, "Logo missing", now) is None
        solved = world.ticket(before.id, now)
        assert solved is not None
        assert solved.status == "solved"
        assert solved in world.solved("logo e-mails", now)
        assert before.id not in {row.id for row in world.solved("logo e-mails", after(minutes=5))}

    def test_search_puts_the_best_match_first(self, world: World) -> None:
        found = world.solved("licence portal 5xx", DEMO_START)
        assert found[0].subject == "5xx on the licence portal after a release"
        assert {row.status for row in found} <= {"solved", "closed"}
        assert world.solved("", DEMO_START) == ()
        assert world.solved("zeppelin", DEMO_START) == ()

    def test_the_conversation_agrees_with_the_figures(self, world: World) -> None:
        now = after(minutes=14)
        for row in world.tickets(now):
            detail = world.ticket_detail(row.id, now)
            assert detail is not None
            times = [comment.created_at for comment in detail.comments]
            assert times == sorted(times)
            assert times[-1] <= now
            if row.replies is not None:
                public = [comment for comment in detail.comments if comment.by_agent and comment.public]
                assert row.replies.count == len(public)
        internal = [
            comment
            for row in world.tickets(now)
            for comment in (world.ticket_detail(row.id, now) or pytest.fail("no detail")).comments
            if not comment.public
        ]
        assert len(internal) >= 5

    def test_hostile_text_has_been_cleaned(self, world: World) -> None:
        row = next(row for row in world.tickets(DEMO_START) if "[/nope]" in row.subject)
        assert "@click" in row.subject
        detail = world.ticket_detail(row.id, DEMO_START)
        assert detail is not None
        texts = [row.subject, *row.tags, *(comment.body for comment in detail.comments)]
        texts += [file.name for comment in detail.comments for file in comment.attachments]
        assert not re.search(
            "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", "".join(texts)
        )
        assert any(comment.warning for comment in detail.comments)

    def test_every_string_is_clean(self, world: World) -> None:
        now = after(minutes=14)
        for row in world.tickets(now):
            for text in (row.subject, row.requester, row.organisation, row.assignee or "", *row.tags):
                assert text == clean(text or "")
            detail = world.ticket_detail(row.id, now)
            assert detail is not None
            assert all(comment.body == clean_block(comment.body) for comment in detail.comments)
        for suspended in world.suspended(now):
            assert suspended.subject == clean(suspended.subject)
            assert suspended.author == clean(suspended.author)

    def test_a_suspended_message_arrives(self, world: World) -> None:
        before, later = world.suspended(DEMO_START), world.suspended(after(minutes=5))
        assert len(before) == 6
        assert {row.subject for row in later} - {row.subject for row in before} == {"Website down?"}

    def test_nobody_real_is_named(self, world: World) -> None:
        addresses = [row.requester_email or "" for row in world.tickets(DEMO_START)]
        addresses += [row.author_email for row in world.suspended(after(minutes=9))]
        addresses += [person.email for person in world.people()]
        assert all(address.endswith(".example") for address in addresses)
        phones = [entry.phone for entry in CONFIG.rota.beyond if entry.phone]
        phones += [person.phone for person in CONFIG.people.values() if person.phone]
        assert phones
        assert all(re.fullmatch(r"020 7946 0\d{3}", phone) for phone in phones)


class TestAlerts:
    def test_the_start_has_every_status_and_a_countdown_that_runs(self, world: World) -> None:
        rows = world.alerts(DEMO_START)
        assert len(rows) >= 12
        assert {row.status for row in rows} == {"open", "acked", "snoozed"}
        assert {row.priority for row in rows} == {"P1", "P2", "P3", "P4", "P5", "P?"}
        _, second = world.on_call(DEMO_START)
        due = {}
        for row in rows:
            if row.priority == "P1":
                line = countdown(
                    row,
                    policies=world.policies(),
                    fallback_minutes=9,
                    default_policy="",
                    second_line=lambda _: second.people[0],
                    now=DEMO_START,
                )
                assert (line.state, line.basis) == ("running", "policy")
                assert line.due_at is not None
                due[row.message] = line.due_at - DEMO_START
        assert sorted(due.values()) == [timedelta(seconds=80), timedelta(seconds=210)]

    def test_one_is_acknowledged_by_a_colleague(self, world: World) -> None:
        before, later = (alert(world, "web-2-disk", after(seconds=second)) for second in (129, 131))
        assert before is not None
        assert later is not None
        assert (before.status, before.acknowledged_by) == ("open", None)
        assert (later.status, later.acknowledged_by) == ("acked", "magda@agency.example")
        assert later.acknowledged_at == later.updated_at == after(seconds=130)

    def test_one_repeats(self, world: World) -> None:
        before, later = (alert(world, "rds-cpu", after(seconds=second)) for second in (59, 181))
        assert before is not None
        assert later is not None
        assert later.count == before.count + 3
        assert later.last_occurred_at == after(seconds=180)
        assert later.created_at == before.created_at

    def test_a_snooze_ends_six_minutes_in(self, world: World) -> None:
        before, later = (alert(world, "certificate", after(seconds=second)) for second in (359, 361))
        assert before is not None
        assert later is not None
        assert (before.status, before.snoozed_until) == ("snoozed", after(minutes=6))
        assert (later.status, later.acknowledged_by) == ("open", None)

    def test_some_close(self, world: World) -> None:
        closed = alert(world, "sqs-oldest", after(seconds=479))
        assert closed is not None
        assert alert(world, "sqs-oldest", after(seconds=481)) is None
        detail = world.alert_detail(closed.id, after(seconds=481))
        assert detail is not None
        assert detail.alert.status == "closed"

    def test_new_ones_fire_every_couple_of_minutes(self, world: World) -> None:
        seen = {row.id: row.created_at for minute in range(16) for row in world.alerts(after(minutes=minute))}
        fired = sorted(at for at in seen.values() if at > DEMO_START)
        everything = [DEMO_START, *fired, after(minutes=15)]
        pauses = [later - before for before, later in pairwise(everything)]
        assert max(pauses) <= timedelta(minutes=2, seconds=30)
        assert len(fired) >= 10

    def test_six_alike_make_a_storm(self, world: World) -> None:
        def storms(now: datetime) -> list[Storm]:
            return [row for row in fold(world.alerts(now)) if isinstance(row, Storm)]

        assert storms(after(minutes=4, seconds=15)) == []
        (storm,) = storms(after(minutes=6))
        assert storm.count == 6
        assert {row.tags for row in storm.members} == {("client_brindle", "deliveryplus")}

    def test_the_log_tells_who_was_paged(self, world: World) -> None:
        row = alert(world, "harbours-prod-alb-5xx", DEMO_START)
        assert row is not None
        early = world.alert_detail(row.id, DEMO_START)
        late = world.alert_detail(row.id, after(minutes=4))
        assert early is not None
        assert late is not None
        _, second = world.on_call(DEMO_START)
        assert second.people[0].email not in {recipient.name for recipient in early.recipients}
        assert second.people[0].email in {recipient.name for recipient in late.recipients}
        assert early.details[0] == ("AlarmName", "harbours-prod-alb-5xx")
        assert [event.at for event in late.events] == sorted(event.at for event in late.events)
        assert early.description

    def test_every_alert_can_be_opened_at_any_time(self, world: World) -> None:
        for minute in (0, 5, 15, 60, 1500):
            now = after(minutes=minute)
            for row in world.alerts(now):
                detail = world.alert_detail(row.id, now)
                assert detail is not None
                assert detail.alert == row
                assert row.message == clean(row.message)
                assert row.updated_at <= now
                assert row.last_occurred_at <= now

    def test_an_alert_of_the_future_is_not_there_yet(self, world: World) -> None:
        row = alert(world, "evidence-upload", after(minutes=12))
        assert row is not None
        assert world.alert_detail(row.id, DEMO_START) is None
        assert world.alert_detail("nonsense", DEMO_START) is None


class TestRota:
    @pytest.mark.parametrize(
        ("moment", "first", "second"),
        [
            ("2026-12-02T09:59:59+00:00", 1, 1),
            ("2026-12-02T10:00:00+00:00", 2, 0),
            ("2026-12-02T17:59:59+00:00", 2, 0),
            ("2026-12-02T18:00:00+00:00", 1, 1),
            ("2026-12-05T12:00:00+00:00", 1, 1),
            ("2026-12-07T09:59:59+00:00", 1, 1),
        ],
    )
    def test_who_is_on_around_the_changes(self, world: World, moment: str, first: int, second: int) -> None:
        one, two = world.on_call(datetime.fromisoformat(moment))
        assert (one.schedule, len(one.people)) == ("first_line", first)
        assert (two.schedule, len(two.people)) == ("ooh_second_line", second)

    def test_people_change_on_wednesdays(self, world: World) -> None:
        (rota,) = [world.rota(after(days=-14), after(days=28))]
        for role, hour in ((Role.DEV, 10), (Role.OPS, 10), (Role.ON_CALL, 18), (Role.SECOND_LINE, 18)):
            planned = [shift for shift in rota.shifts if shift.role is role and not shift.override]
            changes = [
                later.start.astimezone(LONDON)
                for before, later in pairwise(planned)
                if before.person != later.person
            ]
            assert len(changes) >= 5
            assert {(change.weekday(), change.hour) for change in changes} == {(2, hour)}

    def test_shapes_of_the_shifts(self, world: World) -> None:
        rota = world.rota(after(days=-7), after(days=28))
        weekend = [
            shift.end - shift.start
            for shift in rota.shifts
            if shift.role is Role.ON_CALL and shift.start.weekday() == 4
        ]
        assert set(weekend) == {timedelta(hours=64)}
        nights = {
            shift.end - shift.start
            for shift in rota.shifts
            if shift.role is Role.SECOND_LINE and shift.start.weekday() != 4
        }
        assert nights == {timedelta(hours=16)}
        assert rota.cover.roles == frozenset(Role)

    def test_local_times_stay_put_across_the_change_of_the_clocks(self, world: World) -> None:
        rota = world.rota(datetime(2027, 3, 22, 12, tzinfo=UTC), datetime(2027, 4, 2, tzinfo=UTC))
        assert {
            shift.start.astimezone(LONDON).time() for shift in rota.shifts if shift.role is Role.ON_CALL
        } == {time(18)}
        (weekend,) = [shift for shift in rota.shifts if shift.end - shift.start > timedelta(days=2)][:1]
        assert weekend.end - weekend.start == timedelta(hours=63)

    def test_the_demo_belongs_to_the_new_week_s_developer(self, world: World) -> None:
        rota = world.rota(after(days=-7), after(days=7))
        ten = after(minutes=14)
        person = on_now(rota, Role.DEV, ten)
        assert getattr(person, "email", None) == CONFIG.me.email
        assert on_now(rota, Role.DEV, DEMO_START) is None
        on_call = on_now(rota, Role.ON_CALL, DEMO_START)
        assert getattr(on_call, "email", None) not in {None, CONFIG.me.email}

    @pytest.mark.parametrize("seed", range(6))
    def test_the_stories_name_whoever_is_on_call_for_every_seed(self, seed: int) -> None:
        first, _ = World(seed).on_call(DEMO_START)
        assert [person.email for person in first.people] == ["callum@agency.example"]

    def test_christmas_is_covered_on_one_day_and_not_on_the_other(self, world: World) -> None:
        rota = world.rota(DEMO_START, datetime(2027, 1, 5, tzinfo=UTC))
        holidays = {date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)}
        missing = uncovered_bank_holidays(
            rota, holidays, zone=LONDON, opens=time(10), closes=time(18), after=DEMO_START
        )
        assert missing == (date(2026, 12, 28),)
        assert {shift.role for shift in rota.shifts if shift.override} == {Role.OPS, Role.ON_CALL}


class TestSources:
    async def test_the_protocols_answer_with_complete_readings(self) -> None:
        clock = StandingClock()
        sources = fixture_sources(clock)
        assert sources.tickets is not None
        assert sources.alerts is not None
        assert sources.rota is not None
        assert sources.runbooks is not None
        queue = await sources.tickets.queue()
        assert (queue.complete, queue.rejected, queue.server_time) == (True, 0, DEMO_START)
        assert len(queue.rows) >= 64
        assert len((await sources.alerts.open_alerts()).rows) >= 12
        assert len((await sources.alerts.policies()).rows) == 2
        assert len((await sources.rota.on_call()).rows) == 2
        (rota,) = (await sources.rota.rota(DEMO_START, after(days=28))).rows
        assert rota.cover.end == after(days=28)
        assert len((await sources.rota.people()).rows) >= 10
        assert len((await sources.tickets.suspended()).rows) >= 5
        catalogue = await sources.runbooks.catalogue()
        assert len(catalogue.rows) >= 11
        assert (catalogue.complete, catalogue.notes) == (True, ())
        for source in (sources.tickets, sources.alerts, sources.rota, sources.runbooks):
            assert all(probe.ok for probe in await source.probe())
            await source.close()

    async def test_the_world_moves_with_the_clock(self) -> None:
        clock = StandingClock()
        sources = fixture_sources(clock)
        assert sources.tickets is not None
        before = (await sources.tickets.queue()).rows
        gone = next(row for row in before if row.subject.startswith("Logo missing"))
        clock.at = after(minutes=6)
        assert gone.id not in {row.id for row in (await sources.tickets.queue()).rows}
        (confirmed,) = (await sources.tickets.confirm([gone.id, 1])).rows
        assert confirmed.status == "solved"
        assert gone.id in {row.id for row in (await sources.tickets.search_solved("logo")).rows}
        assert (await sources.tickets.ticket(gone.id)).ticket.status == "solved"

    async def test_what_is_not_there_is_said(self) -> None:
        sources = fixture_sources(StandingClock())
        assert sources.tickets is not None
        assert sources.alerts is not None
        with pytest.raises(NotThere):
            await sources.tickets.ticket(1)
        with pytest.raises(NotThere):
            await sources.alerts.alert("nonsense")
        with pytest.raises(NotThere):
            await sources.tickets.download("https://agency.helpdesk.example/attachments/1/0/x.png", 10)

    async def test_attachments_have_the_size_they_claim(self, world: World) -> None:
        sources = fixture_sources(StandingClock())
        assert sources.tickets is not None
        files = [
            file
            for row in world.tickets(DEMO_START)
            for comment in (await sources.tickets.ticket(row.id)).comments
            for file in comment.attachments
        ]
        assert len(files) >= 8
        for file in files:
            assert len(await sources.tickets.download(file.url, file.size)) == file.size
        with pytest.raises(Unreadable):
            await sources.tickets.download(files[0].url, files[0].size - 1)

    def test_heavy_libraries_stay_out(self) -> None:
        script = (
            "import sys, json, asyncio, datetime\n"
            "from support_desk.sources.fixtures import fixture_sources, DEMO_START\n"
            "clock = type('C', (), {'now': lambda self: DEMO_START})()\n"
            "asyncio.run(fixture_sources(clock).tickets.queue())\n"
            "print(json.dumps([name for name in ('textual', 'httpx', 'zenpy', 'pydantic', 'requests',"
            " 'support_desk.sources.fixtures.archive_script', 'support_desk.sources.runbook_text')"
            " if name in sys.modules]))"
        )
        command = [sys.executable, "-c", script]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        assert json.loads(ran.stdout) == []


@pytest.mark.parametrize("minutes", [0, 14])
def test_what_is_urgent_or_high_has_the_contracts_time_for_a_first_reply(world: World, minutes: int) -> None:
    """All but the row in a stage that nobody knows, and those of replies that were given."""
    owed = [
        (row, judge(replace(row, sla_rows=(), replies=Replies(0)), AGREEMENT).deadline, sla.breach_at)
        for row in world.tickets(after(minutes=minutes))
        for sla in row.sla_rows or ()
        if row.priority in ("urgent", "high") and (sla.metric, sla.stage) == (FIRST_REPLY, "active")
    ]
    assert len(owed) > 3
    for row, contract, shown in owed:
        assert contract is not None
        assert shown is not None
        # Whoever triages a ticket does so at some second of a minute.
        assert abs(shown - contract) < timedelta(minutes=1), row.subject


def test_the_links_of_the_demo_may_be_opened(world: World) -> None:
    now = after(minutes=9)
    links = [ticket.url for ticket in world.tickets(now)] + [alert.url for alert in world.alerts(now)]

    hosts = configured_hosts(CONFIG)
    assert links
    assert {urlsplit(link).netloc for link in links} <= hosts
    assert all(host.endswith(".example") for host in hosts)
