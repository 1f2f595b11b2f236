"""The same actions on the demo's helpdesk, which keeps the real one's rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from support_desk.desk.intents import intents_of
from support_desk.desk.performing.tickets import TicketPerformer
from support_desk.domain.commands import Command, EditTicket, MergeTicket, SideConversation
from support_desk.domain.intents import Intent, Receipt, Verdict
from support_desk.domain.tickets import Ticket
from support_desk.sources.fixtures import DEMO_START, demo_config
from support_desk.sources.fixtures.changes import ChangedWorld
from support_desk.sources.fixtures.sources import FixtureTickets
from support_desk.sources.fixtures.ticket_writer import FixtureTicketWriter
from tests.desk.ticket_world import LONDON, EagerClock


class Demo:
    """The demo's helpdesk and somebody at a desk."""

    def __init__(self) -> None:
        self.clock = EagerClock()
        self.clock.pass_by((DEMO_START - self.clock.now()).total_seconds())
        world = ChangedWorld(7)
        self.tickets = FixtureTickets(world, self.clock)
        self.writer = FixtureTicketWriter(world, self.clock)
        self.actions = TicketPerformer(self.tickets, self.writer, self.clock, zone=LONDON)
        self.me = demo_config().me.email

    async def rows(self) -> Sequence[Ticket]:
        return (await self.tickets.queue()).rows

    def decide(self, row: Ticket, command: Command) -> Intent:
        return intents_of([(row, command)], by=self.me, at=self.clock.now())[0]

    async def do(self, row: Ticket, command: Command) -> Receipt:
        return await self.actions.perform(self.decide(row, command))


@pytest.fixture
def demo() -> Demo:
    return Demo()


async def test_an_edit_with_everything(demo: Demo) -> None:
    row = next(row for row in await demo.rows() if row.status == "new")
    group, agent = (await demo.writer.groups()).rows[-1], (await demo.writer.agents()).rows[0]
    edit = EditTicket(
        purpose="triage",
        priority="high",
        type="incident",
        group_id=group.id,
        group=group.name,
        assignee_id=agent.id,
        assignee=agent.email,
        comment="Triaged as {{a}} fault.",
        add_tags=("fault",),
    )
    receipt = await demo.do(row, edit)
    assert receipt.verdict is Verdict.CONFIRMED, receipt.words
    assert receipt.ticket is not None
    assert (receipt.ticket.priority, receipt.ticket.group) == ("high", group.name)
    assert receipt.ticket.assignee_email == agent.email
    detail = await demo.tickets.ticket(row.id)
    assert (detail.comments[-1].body, detail.comments[-1].public) == ("Triaged as {{a}} fault.", False)


async def test_a_conflict(demo: Demo) -> None:
    row = next(row for row in await demo.rows() if row.priority == "normal")
    intent = demo.decide(row, EditTicket(priority="urgent"))
    assert (await demo.do(row, EditTicket(priority="low"))).verdict is Verdict.CONFIRMED
    other = TicketPerformer(demo.tickets, demo.writer, demo.clock, zone=LONDON)
    receipt = await other.perform(intent)
    assert receipt.verdict is Verdict.CONFLICT, "to another desk it was somebody else"
    assert "priority is low" in receipt.words
    assert receipt.seen is not None
    assert (await other.perform(replace(intent, seen=receipt.seen))).verdict is Verdict.CONFIRMED


async def test_many_at_once(demo: Demo) -> None:
    rows = [row for row in await demo.rows() if row.status != "closed"][:4]
    edit = EditTicket(purpose="tags", add_tags=("incident_7",))
    intents = intents_of([(row, edit) for row in rows], by=demo.me, at=demo.clock.now())
    assert demo.actions.batches(intents)
    receipts = await demo.actions.perform_batch(intents)
    assert {receipt.verdict for receipt in receipts.values()} == {Verdict.CONFIRMED}
    assert all(
        "incident_7" in row.tags for row in (await demo.tickets.confirm([row.id for row in rows])).rows
    )


async def test_a_merge_and_a_side_conversation(demo: Demo) -> None:
    one, other, *_ = [row for row in await demo.rows() if row.status in {"open", "pending"}]
    receipt = await demo.do(one, SideConversation(("sian@agency.example",), "Certificate", "Please look."))
    assert receipt.verdict is Verdict.CONFIRMED, receipt.words
    receipt = await demo.do(one, MergeTicket(other.id, comment="The same."))
    assert (receipt.verdict, receipt.words) == (Verdict.CONFIRMED, f"merged into #{other.id}, and closed")
