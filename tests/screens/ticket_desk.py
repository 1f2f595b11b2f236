"""What tests of the tickets' keys share: a desk on the demo's world with the cursor on a ticket."""

from __future__ import annotations

from support_desk.domain.commands import EditTicket
from support_desk.domain.intents import Entry, Phase, Target
from support_desk.domain.tickets import Ticket, TicketDetail
from support_desk.screens.acting.composer import Composer
from tests.screens.acting import entries
from tests.support import Running

ORCHARDS = 48216
"""New, without kind, type or priority, in the group Triage."""
COOKIES = 48261
"""New as well, and a feature request by its words."""
HARBOURS = 48276
"""New as well."""
MAP = 48282
"""Open, normal, Robin's."""
MAGDA = 48267
"""Open, normal, Magda's."""
PROBLEM = 48144
"""A problem ticket."""


async def go_to(desk: Running, number: int) -> Ticket:
    """Put the cursor on a ticket of the queue."""
    await desk.press("2")
    desk.dashboard.tickets.select(number)
    await desk.pilot.pause()
    row = desk.dashboard.tickets.selected
    assert row is not None
    assert row.ticket.id == number
    return row.ticket


def ticket_now(desk: Running, number: int) -> Ticket:
    """The ticket as the desk has it."""
    return next(row.ticket for row in desk.snapshot.tickets.rows if row.ticket.id == number)


async def detail_of(desk: Running, number: int) -> TicketDetail:
    """The ticket as the helpdesk has it."""
    sources = desk.app.desk.sources
    assert sources is not None
    assert sources.tickets is not None
    return await sources.tickets.ticket(number)


async def all_ended(desk: Running, count: int, *, steps: int = 300) -> tuple[Entry, ...]:
    """Let time go by until so many actions have come to their end; holds run out."""
    for _ in range(steps):
        await desk.pilot.pause()
        rows = entries(desk)
        if len(rows) >= count and not any(
            row.phase in {Phase.QUEUED, Phase.HELD, Phase.SENDING} for row in rows
        ):
            return rows
        desk.clock.move(seconds=0.3)
    raise AssertionError(f"never ended: {[(row.phase, row.words) for row in entries(desk)]}")


async def writing(desk: Running) -> Composer:
    """Wait for the field that a text is written into."""
    await desk.until(lambda: isinstance(desk.app.screen, Composer))
    await desk.pilot.pause()
    screen = desk.app.screen
    assert isinstance(screen, Composer)
    return screen


def draft(desk: Running, number: int, kind: str) -> str | None:
    """The draft that is kept for a ticket."""
    outbox = desk.app.acts.outbox
    assert outbox is not None
    found = outbox.drafts.get(Target("ticket", str(number)), kind)
    return found.text if found is not None else None


def edit_of(entry: Entry) -> EditTicket:
    """What an entry changes."""
    assert isinstance(entry.intent.command, EditTicket)
    return entry.intent.command
