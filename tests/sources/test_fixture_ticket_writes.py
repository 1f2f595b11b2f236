"""The demo's helpdesk can be written to, by the real one's rules: what a person does can be read."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from support_desk.domain.commands import (
    UNASSIGNED,
    EditTicket,
    FieldValue,
    MergeTicket,
    Promise,
    RaiseTicket,
    SideConversation,
)
from support_desk.domain.promises import promise_in
from support_desk.domain.ticket_escalation import TicketEscalationRule, escalation_edit
from support_desk.domain.tickets import SlaRow, Ticket, TicketDetail
from support_desk.domain.triage import FeaturePath, Kind, feature_form, form_for, triage_edit
from support_desk.sources.errors import NotThere, OutOfDate, Rejected, Throttled
from support_desk.sources.fixtures import DEMO_START, demo_config, fixture_sources
from support_desk.sources.writers import Job, Talk, TicketAnswer
from tests.standing_clock import StandingClock

CONFIG = demo_config()
LONDON = ZoneInfo("Europe/London")
ME, SIAN = "robin@agency.example", "sian@agency.example"
NEW = "Two-factor codes"
"""Of the National Orchard Register, on the standard plan; created the day before at 11:40, not triaged."""
MAP = "URGENT: incident map"
"""New, to an emergency address, on the standard plan, 19 minutes old."""
PENDING = "Form says thank you"
"""Pending; its client answers two and a half minutes after the start."""
RUNNING = "Complaint form loses"
"""Open, with a later reply owed."""
TRIAGED_LATER = "School admissions"
"""Arrives after 95 seconds; a colleague triages it eight and a half minutes in."""


class Helpdesk:
    """The demo's tickets with their writer."""

    def __init__(self, seed: int = 7) -> None:
        self.clock = StandingClock()
        sources = fixture_sources(self.clock, seed=seed)
        assert sources.tickets is not None
        assert sources.ticket_writer is not None
        self.source, self.writer = sources.tickets, sources.ticket_writer

    async def find(self, start: str) -> Ticket | None:
        rows = (await self.source.queue()).rows
        return next((row for row in rows if row.subject.startswith(start)), None)

    async def ticket(self, start: str) -> Ticket:
        found = await self.find(start)
        assert found is not None
        return found

    async def detail(self, start: str) -> TicketDetail:
        return await self.source.ticket((await self.ticket(start)).id)

    async def edit(self, start: str, edit: EditTicket) -> TicketAnswer:
        """Change a ticket of the queue as it is now."""
        ticket = await self.ticket(start)
        return await self.writer.update(ticket.id, edit, stamp=ticket.updated_at)

    async def group(self, name: str) -> int:
        return next(row.id for row in (await self.writer.groups()).rows if row.name == name)

    async def agent(self, address: str) -> int:
        return next(row.id for row in (await self.writer.agents()).rows if row.email == address)

    async def status(self, name: str) -> int:
        return next(row.id for row in (await self.writer.statuses()).rows if row.name == name)

    async def finish(self, job: Job) -> Job:
        self.clock.go(seconds=1)
        return await self.writer.job(job.id)


@pytest.fixture
def desk() -> Helpdesk:
    return Helpdesk()


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def stages(ticket: Ticket) -> dict[str, str]:
    return {row.metric: row.stage for row in ticket.sla_rows or ()}


class TestUpdate:
    async def test_the_answer_is_what_is_read_afterwards(self, desk: Helpdesk) -> None:
        desk.clock.go(seconds=20)
        answer = await desk.edit(
            NEW, EditTicket(type="incident", group_id=await desk.group("1st line support"), comment="Ours.")
        )
        detail = await desk.detail(NEW)
        assert detail.ticket == answer.ticket
        assert (detail.ticket.type, detail.ticket.group) == ("incident", "1st line support")
        assert detail.ticket.updated_at == desk.clock.now()
        assert (await desk.source.confirm([answer.ticket.id])).rows == (answer.ticket,)
        note = detail.comments[-1]
        assert (note.id, note.public) == (answer.comment_id, answer.comment_public) == (note.id, False)
        assert (note.body, note.author, note.by_agent) == ("Ours.", "Robin Ashdown", True)
        assert note.author_id == answer.comment_author_id == await desk.agent(ME)
        assert detail.numbers == answer.numbers
        assert detail.numbers is not None
        assert detail.numbers.group_id == await desk.group("1st line support")

    async def test_what_is_not_asked_for_stays(self, desk: Helpdesk) -> None:
        before = await desk.ticket(RUNNING)
        after = (await desk.edit(RUNNING, EditTicket(type="problem"))).ticket
        assert (after.status, after.assignee, after.tags, after.sla_rows) == (
            before.status,
            before.assignee,
            before.tags,
            before.sla_rows,
        )

    async def test_tags_are_left_to_their_own_request(self, desk: Helpdesk) -> None:
        before = await desk.ticket(NEW)
        after = (await desk.edit(NEW, EditTicket(type="task", add_tags=("x",)))).ticket
        assert after.tags == before.tags

    async def test_an_old_stamp_changes_nothing(self, desk: Helpdesk) -> None:
        before = await desk.ticket(NEW)
        desk.clock.go(seconds=5)
        await desk.edit(NEW, EditTicket(type="question"))
        desk.clock.go(seconds=5)
        with pytest.raises(OutOfDate) as caught:
            await desk.writer.update(before.id, EditTicket(type="task"), stamp=before.updated_at)
        assert caught.value.status == 409
        assert (await desk.ticket(NEW)).type == "question"

    async def test_what_the_world_has_changed_counts_as_well(self, desk: Helpdesk) -> None:
        before = await desk.ticket(PENDING)
        desk.clock.go(minutes=3)
        with pytest.raises(OutOfDate):
            await desk.writer.update(before.id, EditTicket(comment="?"), stamp=before.updated_at)
        with pytest.raises(OutOfDate):
            await desk.writer.change_tags(before.id, add=("x",), stamp=before.updated_at)

    async def test_a_comment_arrives_as_it_was_typed(self, desk: Helpdesk) -> None:
        text = "Use {{ values.name }} <b>here</b>\n\n  indented"
        await desk.edit(NEW, EditTicket(comment=text))
        assert (await desk.detail(NEW)).comments[-1].body == text

    async def test_the_html_of_a_comment_reads_as_text(self, desk: Helpdesk) -> None:
        await desk.edit(NEW, EditTicket(comment_html="<p>Hello &amp; thanks</p><p>Robin</p>", public=True))
        last = (await desk.detail(NEW)).comments[-1]
        assert (last.body, last.public) == ("Hello & thanks\nRobin", True)

    async def test_the_author_can_be_a_colleague_and_nobody_unknown(self, desk: Helpdesk) -> None:
        ticket = await desk.ticket(NEW)
        answer = await desk.writer.update(
            ticket.id, EditTicket(comment="Hi"), stamp=ticket.updated_at, author_id=await desk.agent(SIAN)
        )
        assert answer.comment_author_id == await desk.agent(SIAN)
        assert (await desk.detail(NEW)).comments[-1].author == "Siân Probert"
        with pytest.raises(Rejected):
            await desk.writer.update(
                ticket.id, EditTicket(comment="Hi"), stamp=answer.ticket.updated_at, author_id=1
            )

    async def test_fields_that_the_helpdesk_lacks_are_named(self, desk: Helpdesk) -> None:
        edit = EditTicket(type="task", custom_fields=(FieldValue(9, "x", "Contract"),))
        assert (await desk.edit(NEW, edit)).ignored == ("the custom field Contract",)

    async def test_a_promise_can_be_read_in_the_note(self, desk: Helpdesk) -> None:
        promise = Promise("ring the client", DEMO_START + timedelta(hours=5))
        await desk.edit(NEW, EditTicket(comment="As agreed.", promise=promise))
        assert promise_in((await desk.detail(NEW)).comments) == promise

    async def test_the_thirty_first_update_within_ten_minutes_has_to_wait(self, desk: Helpdesk) -> None:
        for _ in range(30):
            desk.clock.go(seconds=2)
            await desk.edit(NEW, EditTicket(comment="again"))
        with pytest.raises(Throttled) as caught:
            await desk.edit(NEW, EditTicket(comment="once more"))
        assert caught.value.retry_after == pytest.approx(600 - 58)
        desk.clock.go(seconds=caught.value.retry_after or 0)
        assert (await desk.edit(NEW, EditTicket(comment="now"))).comment_id

    async def test_a_ticket_that_is_not_there(self, desk: Helpdesk) -> None:
        with pytest.raises(NotThere):
            await desk.writer.update(1, EditTicket(comment="x"), stamp=DEMO_START)
        with pytest.raises(NotThere):
            await desk.writer.change_tags(1, add=("x",), stamp=DEMO_START)
        with pytest.raises(NotThere):
            await desk.writer.merge(1, MergeTicket((await desk.ticket(NEW)).id))

    @pytest.mark.parametrize(
        "edit",
        [
            EditTicket(status="nonsense"),
            EditTicket(status="solved"),
            EditTicket(priority="huge"),
            EditTicket(type="story"),
            EditTicket(assignee_id=1),
            EditTicket(group_id=1),
            EditTicket(custom_status_id=1),
            EditTicket(problem_id=1),
            EditTicket(type="incident", problem_id=1),
        ],
    )
    async def test_what_breaks_a_rule_is_refused_whole(self, desk: Helpdesk, edit: EditTicket) -> None:
        before = await desk.ticket(NEW)
        with pytest.raises(Rejected):
            await desk.edit(NEW, edit)
        assert await desk.ticket(NEW) == before

    async def test_a_read_only_world_has_no_writer(self) -> None:
        assert fixture_sources(StandingClock(), read_only=True).ticket_writer is None


class TestStatus:
    async def test_a_new_ticket_that_is_assigned_is_open_and_never_new_again(self, desk: Helpdesk) -> None:
        after = (await desk.edit(NEW, EditTicket(assignee_id=await desk.agent(ME)))).ticket
        assert (after.status, after.assignee, after.assignee_email) == ("open", "Robin Ashdown", ME)
        back = (await desk.edit(NEW, EditTicket(assignee_id=UNASSIGNED))).ticket
        assert (back.status, back.assignee, back.assignee_email) == ("open", None, None)
        with pytest.raises(Rejected, match="cannot be set to new"):
            await desk.edit(NEW, EditTicket(status="new"))

    async def test_pending_believed_solved_is_a_status_of_the_account(self, desk: Helpdesk) -> None:
        number = CONFIG.zendesk.believed_solved.custom_status_id
        assert number == await desk.status("Pending believed solved")
        after = (await desk.edit(NEW, EditTicket(custom_status_id=number))).ticket
        assert (after.status, after.custom_status) == ("pending", "Pending believed solved")
        detail = await desk.detail(NEW)
        assert detail.numbers is not None
        assert detail.numbers.custom_status_id == number
        assert (await desk.edit(NEW, EditTicket(status="open"))).ticket.custom_status is None

    async def test_a_solved_ticket_leaves_the_queue_and_is_found_by_the_search(self, desk: Helpdesk) -> None:
        ticket = await desk.ticket(RUNNING)
        await desk.edit(RUNNING, EditTicket(status="solved", comment="Fixed by the zeppelin.", public=True))
        assert await desk.find(RUNNING) is None
        (found,) = (await desk.source.search_solved("zeppelin")).rows
        assert found.id == ticket.id
        assert set(stages(found).values()) == {"achieved"}
        assert (await desk.source.confirm([ticket.id])).rows[0].status == "solved"

    async def test_a_closed_ticket_takes_no_change(self, desk: Helpdesk) -> None:
        closed = next(
            row for row in (await desk.source.search_solved("login")).rows if row.status == "closed"
        )
        with pytest.raises(Rejected, match="closed prevents ticket update"):
            await desk.writer.update(closed.id, EditTicket(comment="x"), stamp=closed.updated_at)
        with pytest.raises(Rejected, match="closed prevents ticket update"):
            await desk.writer.change_tags(closed.id, add=("x",), stamp=closed.updated_at)

    async def test_a_solved_ticket_can_be_opened_again(self, desk: Helpdesk) -> None:
        solved = next(
            row for row in (await desk.source.search_solved("session")).rows if row.status == "solved"
        )
        await desk.writer.update(solved.id, EditTicket(status="open"), stamp=solved.updated_at)
        assert solved.id in {row.id for row in (await desk.source.queue()).rows}
        assert solved.id not in {row.id for row in (await desk.source.search_solved("session")).rows}

    async def test_an_incident_is_linked_to_a_problem(self, desk: Helpdesk) -> None:
        problem = next(row for row in (await desk.source.queue()).rows if row.type == "problem")
        await desk.edit(NEW, EditTicket(type="incident", problem_id=problem.id))
        numbers = (await desk.detail(NEW)).numbers
        assert numbers is not None
        assert numbers.problem_id == problem.id


class TestDeadlines:
    @pytest.mark.parametrize(
        ("priority", "due"),
        [
            ("urgent", "2026-12-01T12:40"),
            ("high", "2026-12-01T12:40"),
            ("normal", "2026-12-02T11:40"),
            ("low", "2026-12-08T11:40"),
        ],
    )
    async def test_a_priority_sets_the_contract_s_deadline(
        self, desk: Helpdesk, priority: str, due: str
    ) -> None:
        assert (await desk.ticket(NEW)).sla_rows == ()
        after = (await desk.edit(NEW, EditTicket(priority=priority))).ticket
        assert after.sla_rows == (SlaRow("first_reply_time", "active", london(due)),)

    async def test_another_priority_moves_it(self, desk: Helpdesk) -> None:
        await desk.edit(MAP, EditTicket(priority="normal"))
        after = (await desk.edit(MAP, EditTicket(priority="urgent"))).ticket
        assert after.sla_rows == (
            SlaRow("first_reply_time", "active", after.created_at + timedelta(hours=1)),
        )

    async def test_a_public_reply_satisfies_the_first_reply(self, desk: Helpdesk) -> None:
        await desk.edit(NEW, EditTicket(priority="normal"))
        note = (await desk.edit(NEW, EditTicket(comment="Looking."))).ticket
        assert stages(note) == {"first_reply_time": "active"}
        assert note.replies is not None
        assert (note.replies.count, note.replies.first_at) == (0, None)
        desk.clock.go(seconds=30)
        reply = (await desk.edit(NEW, EditTicket(comment="Hello.", public=True))).ticket
        assert stages(reply) == {"first_reply_time": "achieved"}
        assert reply.replies is not None
        assert (reply.replies.count, reply.replies.first_at) == (1, desk.clock.now())

    async def test_and_a_later_reply_that_is_owed(self, desk: Helpdesk) -> None:
        assert stages(await desk.ticket(RUNNING))["next_reply_time"] == "active"
        reply = (await desk.edit(RUNNING, EditTicket(comment="Hello.", public=True))).ticket
        assert set(stages(reply).values()) == {"achieved"}

    async def test_pending_does_not_stop_a_reply_that_is_owed(self, desk: Helpdesk) -> None:
        before = await desk.ticket(RUNNING)
        assert (await desk.edit(RUNNING, EditTicket(status="pending"))).ticket.sla_rows == before.sla_rows

    async def test_pending_pauses_what_can_be_paused_for_as_long_as_it_lasts(self, desk: Helpdesk) -> None:
        rows = (await desk.source.queue()).rows
        held, due = next(
            (row, sla.breach_at)
            for row in rows
            for sla in row.sla_rows or ()
            if row.status == "pending" and sla.metric == "pausable_update_time" and sla.breach_at
        )
        start = held.subject
        opened = (await desk.edit(start, EditTicket(status="open"))).ticket
        (running,) = [row for row in opened.sla_rows or () if row.metric == "pausable_update_time"]
        assert running.stage == "active"
        assert running.breach_at is not None
        assert running.breach_at > due
        desk.clock.go(hours=2)
        again = (await desk.edit(start, EditTicket(status="pending"))).ticket
        assert stages(again)["pausable_update_time"] == "paused"
        desk.clock.go(hours=3)
        later = (await desk.edit(start, EditTicket(status="open"))).ticket
        (resumed,) = [row for row in later.sla_rows or () if row.metric == "pausable_update_time"]
        assert resumed.breach_at == running.breach_at + timedelta(hours=3)

    async def test_a_side_load_that_is_missing_stays_missing(self, desk: Helpdesk) -> None:
        missing = next(row for row in (await desk.source.queue()).rows if row.sla_rows is None)
        after = await desk.writer.update(
            missing.id, EditTicket(priority="high", comment="x", public=True), stamp=missing.updated_at
        )
        assert after.ticket.sla_rows is None


class TestTags:
    async def test_they_are_kept_as_the_helpdesk_keeps_them(self, desk: Helpdesk) -> None:
        before = await desk.ticket(NEW)
        tags = await desk.writer.change_tags(
            before.id, add=("Two Words", "it's!", "login"), stamp=before.updated_at
        )
        assert tags == (*before.tags, "two", "words", "its", "login")
        after = await desk.ticket(NEW)
        assert after.tags == tags
        desk.clock.go(seconds=2)
        left = await desk.writer.change_tags(
            before.id, remove=("TWO", "client_orchards"), stamp=after.updated_at
        )
        assert left == (await desk.ticket(NEW)).tags == ("govpress", "words", "its", "login")

    async def test_one_request_does_one_of_the_two(self, desk: Helpdesk) -> None:
        ticket = await desk.ticket(NEW)
        for add, remove in ((("a",), ("b",)), ((), ())):
            with pytest.raises(ValueError, match="either"):
                await desk.writer.change_tags(ticket.id, add=add, remove=remove, stamp=ticket.updated_at)


class TestJobs:
    async def test_a_bulk_change_takes_a_second_and_answers_per_ticket(self, desk: Helpdesk) -> None:
        numbers = [(await desk.ticket(start)).id for start in (NEW, MAP)]
        edit = EditTicket(priority="low", assignee_id=await desk.agent(ME), add_tags=("batch",))
        job = await desk.writer.update_many([*numbers, 5], edit)
        assert (job.state, job.items) == ("queued", ())
        desk.clock.go(seconds=0.5)
        assert (await desk.writer.job(job.id)).state == "working"
        assert (await desk.ticket(NEW)).priority is None
        desk.clock.go(seconds=0.5)
        done = await desk.writer.job(job.id)
        assert (done.state, [(row.ticket_id, row.ok) for row in done.items]) == (
            "completed",
            [(numbers[0], True), (numbers[1], True), (5, False)],
        )
        for start in (NEW, MAP):
            row = await desk.ticket(start)
            assert (row.priority, row.status, row.tags[-1]) == ("low", "open", "batch")

    async def test_a_ticket_that_changes_meanwhile_is_left_out(self, desk: Helpdesk) -> None:
        ticket = await desk.ticket(NEW)
        job = await desk.writer.update_many([ticket.id], EditTicket(priority="low"))
        desk.clock.go(seconds=0.5)
        await desk.edit(NEW, EditTicket(comment="wait"))
        (item,) = (await desk.finish(job)).items
        assert (item.ok, "outdated" in item.words) == (False, True)
        assert (await desk.ticket(NEW)).priority is None

    async def test_a_merge_closes_one_ticket_and_tells_the_other(self, desk: Helpdesk) -> None:
        source, target = await desk.ticket(NEW), await desk.ticket(RUNNING)
        job = await desk.writer.merge(source.id, MergeTicket(target.id, comment="Same cause."))
        done = await desk.finish(job)
        assert [(row.ticket_id, row.ok) for row in done.items] == [(source.id, True)]
        assert await desk.find(NEW) is None
        closed = await desk.source.ticket(source.id)
        assert (closed.ticket.status, closed.ticket.tags[-1]) == ("closed", "closed_by_merge")
        for detail in (closed, await desk.source.ticket(target.id)):
            assert detail.comments[-1].body.endswith("Same cause.")
            assert not detail.comments[-1].public
        assert (await desk.ticket(RUNNING)).status == target.status

    async def test_what_cannot_be_merged(self, desk: Helpdesk) -> None:
        ticket = await desk.ticket(NEW)
        closed = next(
            row for row in (await desk.source.search_solved("login")).rows if row.status == "closed"
        )
        for into in (ticket.id, closed.id):
            with pytest.raises(Rejected):
                await desk.writer.merge(ticket.id, MergeTicket(into))

    async def test_unknown_jobs_and_too_many_tickets(self, desk: Helpdesk) -> None:
        with pytest.raises(NotThere):
            await desk.writer.job("nothing")
        for numbers in (range(101), ()):
            with pytest.raises(ValueError, match="from 1 to 100"):
                await desk.writer.update_many(list(numbers), EditTicket(priority="low"))


class TestMaking:
    RAISED = RaiseTicket("Licence portal is down", "From an alert.", "high", None, ("client_harbours",))

    async def test_a_ticket_is_made_once_per_key(self, desk: Helpdesk) -> None:
        assert await desk.writer.created_with("k") is None
        made = await desk.writer.create(self.RAISED, key="k")
        assert await desk.writer.create(self.RAISED, key="k") == made
        assert await desk.writer.created_with("k") == made
        rows = [row for row in (await desk.source.queue()).rows if row.id == made.id]
        assert rows == [made]
        assert (made.status, made.organisation, made.plan) == (
            "new",
            "Office for Harbour Standards",
            "enhanced",
        )
        (note,) = (await desk.source.ticket(made.id)).comments
        assert (note.body, note.public) == ("From an alert.", False)
        assert made.sla_rows == (SlaRow("first_reply_time", "active", london("2026-12-02T10:30")),)
        with pytest.raises(Rejected):
            await desk.writer.create(RaiseTicket("Other", "words"), key="k")

    async def test_it_can_be_worked_on_like_any_other(self, desk: Helpdesk) -> None:
        made = await desk.writer.create(self.RAISED, key="k")
        desk.clock.go(seconds=9)
        await desk.edit(
            "Licence portal is down", EditTicket(assignee_id=await desk.agent(ME), comment="On it")
        )
        detail = await desk.source.ticket(made.id)
        assert (detail.ticket.status, len(detail.comments)) == ("open", 2)

    async def test_a_side_conversation_can_be_found_again(self, desk: Helpdesk) -> None:
        assert (await desk.writer.abilities()).side_conversations
        number = (await desk.ticket(NEW)).id
        talk = SideConversation(("supplier@mail.example",), "Codes are late", "Since when?")
        made = await desk.writer.side_conversation(number, talk, key="a")
        assert await desk.writer.side_conversation_since(number, talk, DEMO_START, key="a") == Talk(made)
        assert await desk.writer.side_conversation_since(number, talk, DEMO_START, key="b") is None


class TestLists:
    async def test_a_macro_s_preview_is_what_sending_it_does(self, desk: Helpdesk) -> None:
        macros = (await desk.writer.macros()).rows
        assert len(macros) >= 6
        for macro in macros:
            fresh = Helpdesk()
            before = await fresh.detail(NEW)
            effect = await fresh.writer.macro_effect(before.ticket.id, macro.id)
            assert await fresh.detail(NEW) == before
            assert effect.macro_id == macro.id
            assert effect.comment
            if effect.public:
                assert f"Hello {before.ticket.requester}," in effect.comment
            await fresh.edit(NEW, effect)
            again = await fresh.writer.macro_effect(before.ticket.id, macro.id)
            assert (again.status, again.custom_status_id, again.priority, again.group_id) == (None,) * 4

    async def test_an_unknown_macro_is_not_there(self, desk: Helpdesk) -> None:
        with pytest.raises(NotThere):
            await desk.writer.macro_effect((await desk.ticket(NEW)).id, 1)

    async def test_every_group_and_agent_of_the_queue_has_a_number(self, desk: Helpdesk) -> None:
        groups = {row.name for row in (await desk.writer.groups()).rows}
        agents = {row.email for row in (await desk.writer.agents()).rows}
        statuses = {row.name for row in (await desk.writer.statuses()).rows}
        for row in (await desk.source.queue()).rows:
            assert row.group in groups
            assert row.assignee_email is None or row.assignee_email in agents
            assert row.custom_status is None or row.custom_status in statuses

    async def test_the_credential_is_the_person_s_own(self, desk: Helpdesk) -> None:
        abilities = await desk.writer.abilities()
        assert abilities.me is not None
        assert (abilities.me.email, abilities.personal) == (CONFIG.me.email, True)
        assert abilities.author == abilities.me


class TestConfiguration:
    async def test_a_feature_request_goes_down_its_path(self, desk: Helpdesk) -> None:
        asked = CONFIG.triage
        kinds = [Kind(row.name, row.tag, row.type, row.priority, row.group) for row in asked.kinds]
        kind = next(kind for kind in kinds if kind.tag == asked.feature_tag)
        path = FeaturePath(asked.feature_tag, asked.feature_group, asked.feature_note, asked.feature_macro)
        groups = {row.name: row.id for row in (await desk.writer.groups()).rows}
        ticket = await desk.ticket(NEW)
        form = feature_form(form_for(ticket, kind), path, groups)
        assert not isinstance(form, str)
        edit = triage_edit(ticket, form, kinds)
        assert edit is not None
        after = (await desk.edit(NEW, edit)).ticket
        assert (after.group, after.priority, after.type) == ("Scoping and discussion", "low", "task")
        assert path.macro in {row.title for row in (await desk.writer.macros()).rows}
        assert all(kind.group in groups for kind in kinds)

    async def test_an_escalated_ticket_goes_to_the_second_line(self, desk: Helpdesk) -> None:
        groups = {row.name: row.id for row in (await desk.writer.groups()).rows}
        ticket = await desk.ticket(NEW)
        asked = CONFIG.escalation.ticket
        rule = TicketEscalationRule(asked.group, asked.assignee, asked.priority, asked.tag, asked.note)
        edit = escalation_edit(ticket, rule, me="Robin", line="second line", groups=groups, agents={})
        assert not isinstance(edit, str)
        after = (await desk.edit(NEW, edit)).ticket
        assert (after.group, after.priority) == ("2nd line (tickets)", "high")
        assert CONFIG.escalation.ticket.alert


class TestTheWorldGoesOn:
    async def test_a_client_answers_and_opens_what_the_person_has_put_off(self, desk: Helpdesk) -> None:
        await desk.edit(PENDING, EditTicket(custom_status_id=await desk.status("Pending believed solved")))
        desk.clock.go(minutes=3)
        detail = await desk.detail(PENDING)
        assert (detail.ticket.status, detail.ticket.custom_status) == ("open", None)
        assert detail.ticket.updated_at == DEMO_START + timedelta(minutes=2.5)
        assert not detail.comments[-1].by_agent
        assert stages(detail.ticket)["next_reply_time"] == "active"

    async def test_a_colleague_leaves_alone_what_the_person_has_triaged(self, desk: Helpdesk) -> None:
        desk.clock.go(minutes=2)
        await desk.edit(TRIAGED_LATER, EditTicket(priority="low", assignee_id=await desk.agent(SIAN)))
        mine = await desk.ticket(TRIAGED_LATER)
        desk.clock.go(minutes=10)
        assert await desk.ticket(TRIAGED_LATER) is mine

    async def test_and_goes_on_with_what_the_person_has_only_noted(self, desk: Helpdesk) -> None:
        desk.clock.go(minutes=2)
        ticket = await desk.ticket(TRIAGED_LATER)
        await desk.writer.change_tags(ticket.id, add=("admissions",), stamp=ticket.updated_at)
        desk.clock.go(minutes=10)
        row = await desk.ticket(TRIAGED_LATER)
        assert (row.priority, row.assignee_email) == ("high", ME)
        assert row.tags[-1] == "admissions"

    async def test_a_note_on_every_ticket_changes_nothing_else(self, desk: Helpdesk) -> None:
        other = Helpdesk()
        for row in (await desk.source.queue()).rows:
            await desk.writer.change_tags(row.id, add=("seen",), stamp=row.updated_at)
        for minute in (4, 13, 700):
            desk.clock.at = other.clock.at = DEMO_START + timedelta(minutes=minute)
            mine, plain = (await desk.source.queue()).rows, (await other.source.queue()).rows
            assert {row.id for row in mine} == {row.id for row in plain}
            kept = {row.id: row for row in plain}
            for row in mine:
                same = kept[row.id]
                if row.created_at > DEMO_START:
                    assert row is not None
                    continue
                assert row.tags == (*same.tags, "seen")
                assert (row.status, row.priority, row.group, row.assignee) == (
                    same.status,
                    same.priority,
                    same.group,
                    same.assignee,
                )
                assert (row.sla_rows, row.replies) == (same.sla_rows, same.replies)
                detail = await desk.source.ticket(row.id)
                assert detail.ticket == row
                assert detail.comments == (await other.source.ticket(row.id)).comments

    async def test_nothing_is_lost_in_a_week(self, desk: Helpdesk) -> None:
        answer = await desk.edit(
            NEW, EditTicket(assignee_id=await desk.agent(ME), comment="Mine.", public=True)
        )
        desk.clock.go(days=7)
        assert (await desk.detail(NEW)).ticket == answer.ticket


class TestReplay:
    @staticmethod
    async def _played(seed: int) -> list[object]:
        desk = Helpdesk(seed)
        seen: list[object] = []
        ticket = await desk.ticket(NEW)
        desk.clock.go(seconds=10)
        seen.append(await desk.edit(NEW, EditTicket(priority="normal", assignee_id=await desk.agent(ME))))
        seen.append(await desk.writer.update_many([ticket.id], EditTicket(add_tags=("x",))))
        seen.append(await desk.writer.create(TestMaking.RAISED, key="k"))
        desk.clock.go(minutes=2)
        seen.append(await desk.edit(PENDING, EditTicket(comment="Well?", public=True)))
        for minute in (40, 3, 14):
            desk.clock.at = DEMO_START + timedelta(minutes=minute)
            seen.append((await desk.source.queue()).rows)
            seen.append(await desk.source.ticket(ticket.id))
        return seen

    @pytest.mark.parametrize("seed", [7, 11])
    async def test_the_same_actions_at_the_same_moments_make_the_same_rows(self, seed: int) -> None:
        assert await self._played(seed) == await self._played(seed)
