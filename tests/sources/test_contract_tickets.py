"""What the protocols promise of the helpdesk holds for the demo's world and for the service alike.

Each test runs against the fixtures and against the real client, over HTTP, to the simulator.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from support_desk.domain.commands import (
    UNASSIGNED,
    EditTicket,
    MergeTicket,
    RaiseTicket,
    SideConversation,
)
from support_desk.domain.tickets import Ticket, TicketDetail
from support_desk.sources.errors import NotThere, OutOfDate, Rejected, Unreadable
from support_desk.sources.fixtures import DEMO_START, fixture_sources
from support_desk.sources.protocols import TicketSource
from support_desk.sources.writers import Job, TicketAnswer, TicketWriter
from tests.simulators.http import Answer
from tests.simulators.zendesk import NOW, wire_comment, wire_suspended, wire_ticket
from tests.simulators.zendesk_writes import WritableZendesk
from tests.sources.zendesk_desk import writer_for

NOBODYS_NUMBER = 999_999


@dataclass
class Helpdesk(ABC):
    """A helpdesk with three open tickets that nobody touches meanwhile, and one that is solved."""

    source: TicketSource
    writer: TicketWriter
    open: list[int]
    solved: int
    solved_words: str
    file: tuple[str, int]
    """Address and size of an attachment."""
    macro: int
    time: datetime = field(default=NOW)

    def now(self) -> datetime:
        return self.time

    def go(self, seconds: float = 1) -> None:
        """Time passes; a change in the same second couldn't be told from the one before."""
        self.time += timedelta(seconds=seconds)

    @abstractmethod
    async def prepare(self) -> None:
        """Find the tickets."""

    async def ticket(self, number: int) -> Ticket:
        return (await self.source.ticket(number)).ticket

    async def detail(self, number: int) -> TicketDetail:
        return await self.source.ticket(number)

    async def edit(self, number: int, edit: EditTicket) -> TicketAnswer:
        stamp = (await self.ticket(number)).updated_at
        self.go()
        return await self.writer.update(number, edit, stamp=stamp)

    async def finish(self, job: Job) -> Job:
        for _ in range(5):
            if job.state not in ("queued", "working"):
                break
            self.go()
            job = await self.writer.job(job.id)
        assert job.state == "completed"
        return job


class DemoHelpdesk(Helpdesk):
    def __init__(self) -> None:
        sources = fixture_sources(self)
        assert sources.tickets is not None
        assert sources.ticket_writer is not None
        super().__init__(sources.tickets, sources.ticket_writer, [], 0, "", ("", 0), 0, DEMO_START)

    async def prepare(self) -> None:
        rows = (await self.source.queue()).rows
        starts = ("Two-factor codes", "Complaint form loses", "URGENT: incident map")
        self.open = [next(row.id for row in rows if row.subject.startswith(start)) for start in starts]
        self.macro = (await self.writer.macros()).rows[0].id
        self.solved_words = "certificate"
        self.solved = (await self.source.search_solved(self.solved_words)).rows[0].id
        for row in rows:
            files = [file for comment in (await self.detail(row.id)).comments for file in comment.attachments]
            if files:
                self.file = (files[0].url, files[0].size)
                return
        raise AssertionError("the demo has a ticket with a file")


class LiveHelpdesk(Helpdesk):
    def __init__(self, desk: WritableZendesk) -> None:
        self._desk = desk
        desk.add(*(wire_ticket(number) for number in (5, 6, 7)))
        desk.add(wire_ticket(3, status="solved", subject="The certificate has ended"))
        desk.comments = {number: [wire_comment(number)] for number in (3, 5, 6, 7)}
        desk.suspended_tickets = [wire_suspended(1)]
        desk.has_side_conversations = True
        desk.macros = [{"id": 61, "title": "We have it", "description": "First words"}]
        desk.effects = {61: {"status": "pending", "tags": ["replied"], "comment": {"body": "We have it."}}}
        desk.fail("/attachments/1", Answer(200, {}, b"x" * 5_000), times=None)
        source, writer = writer_for(desk.url, now=self.now)
        file = (f"{desk.url}/attachments/1", 5_000)
        super().__init__(source, writer, [5, 6, 7], 3, "certificate", file, 61)
        desk.clock = self.now

    async def prepare(self) -> None:
        """They are there."""


@pytest.fixture(params=["fixtures", "live"])
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Helpdesk]:
    if request.param == "fixtures":
        demo = DemoHelpdesk()
        await demo.prepare()
        yield demo
        return
    with WritableZendesk() as zendesk:
        live = LiveHelpdesk(zendesk)
        yield live
        await live.source.close()


class TestReading:
    async def test_the_queue_is_whole_dated_and_has_each_unsolved_ticket_once(self, desk: Helpdesk) -> None:
        reading = await desk.source.queue()
        numbers = [row.id for row in reading.rows]
        assert (reading.complete, reading.rejected, reading.notes) == (True, 0, ())
        assert len(numbers) == len(set(numbers))
        assert set(desk.open) <= set(numbers)
        assert desk.solved not in numbers
        assert {row.status for row in reading.rows} <= {"new", "open", "pending", "hold"}
        assert reading.server_time is not None
        assert abs(reading.server_time - desk.now()) < timedelta(seconds=1)

    async def test_the_same_ticket_reads_the_same_on_every_way(self, desk: Helpdesk) -> None:
        number = desk.open[0]
        (listed,) = [row for row in (await desk.source.queue()).rows if row.id == number]
        (confirmed,) = (await desk.source.confirm([number])).rows
        detail = await desk.detail(number)
        assert listed == confirmed
        assert (detail.ticket.subject, detail.ticket.updated_at) == (listed.subject, listed.updated_at)
        assert (detail.ticket.tags, detail.ticket.status) == (listed.tags, listed.status)
        assert listed.updated_at.tzinfo is UTC
        assert detail.comments

    async def test_what_is_missing_from_a_direct_read_is_gone(self, desk: Helpdesk) -> None:
        reading = await desk.source.confirm([desk.open[0], NOBODYS_NUMBER, desk.solved])
        assert {row.id for row in reading.rows} == {desk.open[0], desk.solved}
        assert reading.complete

    async def test_a_solved_ticket_can_be_opened_and_found(self, desk: Helpdesk) -> None:
        assert (await desk.ticket(desk.solved)).status in {"solved", "closed"}
        found = (await desk.source.search_solved(desk.solved_words)).rows
        assert desk.solved in {row.id for row in found}
        assert {row.status for row in found} <= {"solved", "closed"}
        assert (await desk.source.search_solved("xyzzy-nothing")).rows == ()

    async def test_a_ticket_that_does_not_exist_is_not_there(self, desk: Helpdesk) -> None:
        with pytest.raises(NotThere):
            await desk.source.ticket(NOBODYS_NUMBER)

    async def test_withheld_messages_say_why_and_from_whom(self, desk: Helpdesk) -> None:
        rows = (await desk.source.suspended()).rows
        assert rows
        assert all(row.cause and row.author_email and row.created_at <= desk.now() for row in rows)

    async def test_a_file_comes_whole_or_not_at_all(self, desk: Helpdesk) -> None:
        url, size = desk.file
        assert len(await desk.source.download(url, size)) == size
        with pytest.raises(Unreadable):
            await desk.source.download(url, size - 1)


class TestUpdate:
    async def test_what_is_answered_is_what_is_read_afterwards(self, desk: Helpdesk) -> None:
        number = desk.open[0]
        before = await desk.ticket(number)
        answer = await desk.edit(number, EditTicket(priority="high", type="problem", add_tags=("not_here",)))
        after = await desk.ticket(number)
        assert (after.priority, after.type) == ("high", "problem")
        assert (after.tags, after.subject, after.status) == (before.tags, before.subject, before.status)
        assert after.updated_at > before.updated_at
        assert (answer.ticket.priority, answer.ticket.updated_at) == ("high", after.updated_at)
        assert (answer.comment_id, answer.comment_public) == (None, None)

    async def test_a_change_that_has_not_seen_the_last_one_is_refused_whole(self, desk: Helpdesk) -> None:
        number = desk.open[0]
        stamp = (await desk.ticket(number)).updated_at
        await desk.edit(number, EditTicket(priority="high"))
        before = await desk.detail(number)
        desk.go()
        with pytest.raises(OutOfDate):
            await desk.writer.update(number, EditTicket(priority="low", comment="Hello"), stamp=stamp)
        with pytest.raises(OutOfDate):
            await desk.writer.change_tags(number, add=("late",), stamp=stamp)
        after = await desk.detail(number)
        assert (after.ticket.priority, after.ticket.tags) == ("high", before.ticket.tags)
        assert len(after.comments) == len(before.comments)

    @pytest.mark.parametrize("public", [False, True])
    async def test_a_comment_reaches_whom_it_was_meant_for(self, desk: Helpdesk, public: bool) -> None:
        number = desk.open[1]
        text = "Line one\n  {{ticket.id}} stays\n\n<b>so</b> & so"
        answer = await desk.edit(number, EditTicket(comment=text, public=public))
        said = (await desk.detail(number)).comments[-1]
        assert (said.id, said.public, said.by_agent) == (answer.comment_id, public, True)
        assert answer.comment_public is public
        assert answer.comment_author_id == said.author_id
        assert said.body == text

    async def test_a_comment_can_be_in_the_name_of_another_agent(self, desk: Helpdesk) -> None:
        agent = (await desk.writer.agents()).rows[1]
        number = desk.open[1]
        stamp = (await desk.ticket(number)).updated_at
        desk.go()
        answer = await desk.writer.update(
            number, EditTicket(comment="Hello"), stamp=stamp, author_id=agent.id
        )
        said = (await desk.detail(number)).comments[-1]
        assert (answer.comment_author_id, said.author_id, said.author) == (agent.id, agent.id, agent.name)

    async def test_people_and_groups_by_their_numbers(self, desk: Helpdesk) -> None:
        number = desk.open[1]
        agent, group = (await desk.writer.agents()).rows[1], (await desk.writer.groups()).rows[1]
        answer = await desk.edit(number, EditTicket(assignee_id=agent.id, group_id=group.id))
        after = await desk.ticket(number)
        assert (after.assignee, after.assignee_email, after.group) == (agent.name, agent.email, group.name)
        assert answer.numbers is not None
        assert (answer.numbers.assignee_id, answer.numbers.group_id) == (agent.id, group.id)
        answer = await desk.edit(number, EditTicket(assignee_id=UNASSIGNED))
        assert (await desk.ticket(number)).assignee is None
        assert answer.numbers is not None
        assert (answer.numbers.assignee_id, answer.numbers.group_id) == (None, group.id)

    async def test_whoever_is_given_a_new_ticket_has_an_open_one(self, desk: Helpdesk) -> None:
        made = await desk.writer.create(RaiseTicket("It broke", "By itself"), key="k1")
        agent = (await desk.writer.agents()).rows[0]
        await desk.edit(made.id, EditTicket(assignee_id=agent.id))
        assert (await desk.ticket(made.id)).status == "open"

    async def test_what_the_helpdesk_does_not_know_is_refused(self, desk: Helpdesk) -> None:
        number = desk.open[0]
        before = await desk.ticket(number)
        for edit in (EditTicket(assignee_id=NOBODYS_NUMBER), EditTicket(group_id=NOBODYS_NUMBER)):
            with pytest.raises(Rejected):
                await desk.edit(number, edit)
        assert (await desk.ticket(number)).updated_at == before.updated_at
        with pytest.raises(NotThere):
            await desk.writer.update(NOBODYS_NUMBER, EditTicket(priority="low"), stamp=desk.now())
        with pytest.raises(NotThere):
            await desk.writer.change_tags(NOBODYS_NUMBER, add=("x",), stamp=desk.now())

    async def test_tags_come_and_go_one_by_one(self, desk: Helpdesk) -> None:
        number = desk.open[0]
        before = await desk.ticket(number)
        added = await desk.writer.change_tags(
            number, add=("New Tag", before.tags[0]), stamp=before.updated_at
        )
        after = await desk.ticket(number)
        assert set(added) == set(after.tags) == {*before.tags, "new", "tag"}
        assert len(added) == len(set(added))
        desk.go()
        left = await desk.writer.change_tags(number, remove=("new", "tag", "no"), stamp=after.updated_at)
        assert set(left) == set(before.tags)
        for both in ({"add": ("x",), "remove": ("y",)}, {}):
            with pytest.raises(ValueError, match="tags"):
                await desk.writer.change_tags(number, stamp=after.updated_at, **both)


class TestJobs:
    async def test_the_same_change_of_many_says_of_each_what_became_of_it(self, desk: Helpdesk) -> None:
        numbers = [*desk.open[:2], NOBODYS_NUMBER]
        edit = EditTicket(priority="low", add_tags=("bulk",), comment="All of you")
        job = await desk.finish(await desk.writer.update_many(numbers, edit))
        assert {item.ticket_id: item.ok for item in job.items} == {
            desk.open[0]: True,
            desk.open[1]: True,
            NOBODYS_NUMBER: False,
        }
        assert all(item.words for item in job.items if not item.ok)
        for number in desk.open[:2]:
            detail = await desk.detail(number)
            assert (detail.ticket.priority, "bulk" in detail.ticket.tags) == ("low", True)
            assert (detail.comments[-1].body, detail.comments[-1].public) == ("All of you", False)
        assert "bulk" not in (await desk.ticket(desk.open[2])).tags

    @pytest.mark.parametrize("count", [0, 101])
    async def test_a_hundred_are_the_most(self, desk: Helpdesk, count: int) -> None:
        with pytest.raises(ValueError, match="100"):
            await desk.writer.update_many([desk.open[0]] * count, EditTicket(priority="low"))

    async def test_a_merged_ticket_is_closed_into_the_other_without_a_word_to_the_client(
        self, desk: Helpdesk
    ) -> None:
        gone, into = desk.open[:2]
        before = await desk.detail(into)
        job = await desk.finish(await desk.writer.merge(gone, MergeTicket(into, "the same")))
        assert [(item.ticket_id, item.ok) for item in job.items] == [(gone, True)]
        assert (await desk.ticket(gone)).status == "closed"
        after = await desk.detail(into)
        assert after.ticket.status == before.ticket.status
        new = after.comments[len(before.comments) :]
        assert [comment.public for comment in new] == [False]
        assert not (await desk.detail(gone)).comments[-1].public
        with pytest.raises(Rejected):
            await desk.edit(gone, EditTicket(comment="Too late"))
        assert gone not in {row.id for row in (await desk.source.queue()).rows}

    async def test_nothing_is_merged_into_what_is_not_there(self, desk: Helpdesk) -> None:
        with pytest.raises(NotThere):
            await desk.writer.merge(desk.open[0], MergeTicket(NOBODYS_NUMBER))
        assert (await desk.ticket(desk.open[0])).status != "closed"

    async def test_a_job_that_nobody_began_is_not_there(self, desk: Helpdesk) -> None:
        with pytest.raises(NotThere):
            await desk.writer.job("nothing-of-the-kind")


class TestNewThings:
    NEW = RaiseTicket("The portal is down", "Alert 17", "high", None, ("client_acme",))

    async def test_a_ticket_is_made_once_for_its_key(self, desk: Helpdesk) -> None:
        assert await desk.writer.created_with("k1") is None
        made = await desk.writer.create(self.NEW, key="k1")
        desk.go()
        assert (await desk.writer.create(self.NEW, key="k1")).id == made.id
        found = await desk.writer.created_with("k1")
        assert found is not None
        assert found.id == made.id
        assert (await desk.writer.create(self.NEW, key="k2")).id != made.id
        with pytest.raises(Rejected):
            await desk.writer.create(RaiseTicket("Another", "text"), key="k1")
        assert await desk.writer.created_with("k3") is None

    async def test_it_is_what_was_asked_for_and_its_text_is_an_internal_note(self, desk: Helpdesk) -> None:
        made = await desk.writer.create(self.NEW, key="k1")
        detail = await desk.detail(made.id)
        assert (detail.ticket.subject, detail.ticket.status) == ("The portal is down", "new")
        assert (detail.ticket.priority, detail.ticket.tags) == ("high", ("client_acme",))
        assert [(row.body, row.public) for row in detail.comments] == [("Alert 17", False)]
        assert made.id in {row.id for row in (await desk.source.queue()).rows}

    async def test_a_side_conversation_is_found_by_its_key(self, desk: Helpdesk) -> None:
        number, since = desk.open[0], desk.now()
        command = SideConversation(("pat@supplier.example", "Kim@supplier.example"), "Certificate", "Please")
        talk = await desk.writer.side_conversation(number, command, key="a")

        async def found(key: str) -> str | None:
            talk = await desk.writer.side_conversation_since(number, command, since, key=key)
            return None if talk is None else talk.id

        assert await found("a") == talk
        assert await found("b") is None
        again = await desk.writer.side_conversation(number, command, key="b")
        assert (await found("a"), await found("b")) == (talk, again)


class TestLists:
    async def test_a_macro_is_shown_before_it_changes_anything(self, desk: Helpdesk) -> None:
        number = desk.open[0]
        before = await desk.detail(number)
        effect = await desk.writer.macro_effect(number, desk.macro)
        assert (effect.purpose, effect.macro_id) == ("macro", desk.macro)
        assert effect.comment or effect.comment_html or effect.status or effect.add_tags
        assert await desk.detail(number) == before
        with pytest.raises(NotThere):
            await desk.writer.macro_effect(number, NOBODYS_NUMBER)

    async def test_the_lists_are_whole_and_each_row_has_a_number_and_a_name(self, desk: Helpdesk) -> None:
        macros, groups = await desk.writer.macros(), await desk.writer.groups()
        agents, statuses = await desk.writer.agents(), await desk.writer.statuses()
        for reading in (macros, groups, agents, statuses):
            numbers = [row.id for row in reading.rows]
            assert reading.complete
            assert numbers
            assert len(numbers) == len(set(numbers))
        named = [row.title for row in macros.rows] + [row.name for row in groups.rows]
        named += [row.name for row in agents.rows] + [row.name for row in statuses.rows]
        assert all(named)
        assert all("@" in row.email for row in agents.rows)
        usual = [row.category for row in statuses.rows if row.default]
        assert len(usual) == len(set(usual))

    async def test_whose_credential_it_is_can_be_told(self, desk: Helpdesk) -> None:
        abilities = await desk.writer.abilities()
        agents = {row.id for row in (await desk.writer.agents()).rows}
        assert abilities.me is not None
        assert abilities.author is not None
        assert {abilities.me.id, abilities.author.id} <= agents
        assert abilities.side_conversations
        assert not abilities.private_only
