"""What the keys of tickets share: one edit of many, waiting for the helpdesk's lists, who this person is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from support_desk.desk.intents import title_of
from support_desk.domain.command_words import changes_of
from support_desk.domain.commands import EditTicket
from support_desk.domain.tickets import Ticket
from support_desk.screens.asking import MANY, confirm
from support_desk.sources.errors import ServiceDown, SourceError, Throttled, Unreachable
from support_desk.text import head

if TYPE_CHECKING:
    from support_desk.desk.lookups import Lookups
    from support_desk.screens.acting import Acting
    from support_desk.sources.writers import Agent

Tickets = Sequence[Ticket]

MOST_NAMED = 4
"""Tickets whose numbers a question about several says."""
LONGEST_TITLE = 60
"""Cells of a ticket's number and subject in a question."""


def do(screen: Acting, tickets: Tickets, edit: EditTicket, asked_at: float | None = None) -> None:
    """The same edit of all of them. `asked_at`: when the key was pressed, where something was read first."""
    app = screen.desk_app

    def send() -> None:
        app.acts.do([(ticket, edit) for ticket in tickets])

    if len(tickets) > MANY:
        what = ", ".join(f"{name} {value}" for name, value in changes_of(edit))
        words = f"Change {titled(tickets)}? It sets {what}."
        confirm(app, words, "changes them", send, asked_at=asked_at)
    else:
        send()


def waiting(screen: Acting, work: Callable[[], Awaitable[None]], what: str) -> None:
    """Do something that may have to ask the helpdesk first; a refusal is told in its own words."""

    async def told() -> None:
        with screen.desk_app.acts.asking(f"{what}: asking the helpdesk"):
            try:
                await work()
            except SourceError as error:
                # Feeds are read again by themselves; what a key asked for isn't.
                passing = isinstance(error, Unreachable | ServiceDown | Throttled)
                remedy = "press the key again in a moment" if passing else error.remedy
                screen.say(f"{what}: {error.problem}; {remedy}", problem=True)

    screen.app.run_worker(told(), name=what, group="lookup", description=what, exit_on_error=False)


def overtaken(screen: Acting, what: str) -> bool:
    """Whether the person has gone on to something else while the helpdesk was asked.

    Nothing opens over that: its keys would be taken from under their fingers.
    """
    if screen.app.screen is screen:
        return False
    screen.say(f"{what}: the helpdesk has answered by now; press the key again", problem=True)
    return True


def one_of(screen: Acting, tickets: Tickets, what: str) -> Ticket | None:
    """The ticket of something that is done to one at a time."""
    if len(tickets) == 1:
        return tickets[0]
    screen.say(f"{what} goes on one ticket at a time: X clears the marks", problem=True)
    return None


async def my_agent(screen: Acting, lookups: Lookups) -> Agent | None:
    """The agent that this person is."""
    address = screen.desk_app.config.me.email
    abilities = await lookups.abilities()
    if abilities.me is not None and (not address or abilities.me.email.casefold() == address.casefold()):
        return abilities.me
    return await lookups.agent(address) if address else None


def named(tickets: Tickets) -> str:
    """The tickets in a sentence, by number."""
    return f"#{tickets[0].id}" if len(tickets) == 1 else f"{len(tickets)} tickets"


def titled(tickets: Tickets) -> str:
    """A ticket with its subject, as a question says it: the row may be covered, or another pane's.

    Of several the numbers: their marks may be far from the cursor.
    """
    if len(tickets) > 1:
        numbers = ", ".join(f"#{ticket.id}" for ticket in tickets[:MOST_NAMED])
        more = len(tickets) - MOST_NAMED
        return f"{named(tickets)} ({numbers}{f' and {more} more' if more > 0 else ''})"
    title = title_of(tickets[0])
    short = head(title, LONGEST_TITLE)
    return short if short == title else f"{short.rstrip()}…"
