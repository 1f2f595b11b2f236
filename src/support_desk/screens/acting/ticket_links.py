"""What ties a ticket to other tickets and to other people: merging, problems, side conversations."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from support_desk.desk.drafts import SIDE
from support_desk.desk.intents import target_of
from support_desk.domain.commands import EditTicket, MergeTicket, SideConversation
from support_desk.domain.tickets import Ticket
from support_desk.screens.acting.ticket_help import Tickets, one_of, overtaken, titled, waiting
from support_desk.screens.asking import confirm
from support_desk.sources.errors import SourceError

if TYPE_CHECKING:
    from support_desk.screens.acting import Acting
    from support_desk.widgets.lines import Parts


def merge(screen: Acting, tickets: Tickets) -> None:
    """Close this ticket into another one."""
    from support_desk.screens.pickers import NumberPicker

    ticket = one_of(screen, tickets, "A merge")
    if ticket is None:
        return

    async def work(number: int) -> None:
        asked_at = screen.desk.clock.monotonic()
        into = await _other_ticket(screen, number)
        if overtaken(screen, "Merge"):
            return
        command = MergeTicket(into.id)
        confirm(
            screen.desk_app,
            f"Merge #{ticket.id} {ticket.title} INTO #{into.id} {into.title} ({into.status})? "
            f"#{ticket.id} is closed by it, and that can't be taken back.",
            "merges them",
            lambda: screen.desk_app.acts.do([(ticket, command)]),
            danger=True,
            asked_at=asked_at,
        )

    def chosen(number: int | None) -> None:
        if number == ticket.id:
            screen.say("A ticket can't be merged into itself", problem=True)
        elif number is not None:
            waiting(screen, partial(work, number), "Merge")

    screen.app.push_screen(NumberPicker(f"Merge #{ticket.id} into which ticket? Its number:"), chosen)


def link_problem(screen: Acting, tickets: Tickets) -> None:
    """Make them incidents of a problem ticket."""
    from support_desk.screens.pickers import NumberPicker

    async def work(number: int) -> None:
        asked_at = screen.desk.clock.monotonic()
        problem = await _other_ticket(screen, number)
        if problem.type != "problem":
            kind = f"its type is {problem.type}" if problem.type else "it has no type"
            screen.say(f"#{number} isn't a problem ticket: {kind}", problem=True)
            return
        edit = EditTicket("problem", type="incident", problem_id=number)
        if overtaken(screen, "Problem"):
            return
        words = f"Make {titled(tickets)} an incident of #{number} {problem.title}?"
        confirm(
            screen.desk_app,
            words,
            "links",
            lambda: screen.desk_app.acts.do([(row, edit) for row in tickets]),
            asked_at=asked_at,
        )

    def chosen(number: int | None) -> None:
        if number is not None:
            waiting(screen, partial(work, number), "Problem")

    screen.app.push_screen(NumberPicker("Of which problem ticket? Its number:"), chosen)


async def _other_ticket(screen: Acting, number: int) -> Ticket:
    sources = screen.desk.sources
    if sources is None or sources.tickets is None:
        raise SourceError("Zendesk is switched off", "set `[zendesk] url` in the configuration")
    return (await sources.tickets.ticket(number)).ticket


def side_conversation(screen: Acting, tickets: Tickets) -> None:
    """Write to somebody beside the ticket's own conversation."""
    from support_desk.screens.acting.composer import Composer
    from support_desk.screens.pickers import LinePicker

    ticket = one_of(screen, tickets, "A side conversation")
    if ticket is None:
        return
    app, target = screen.desk_app, target_of(ticket)

    def written(to: tuple[str, ...], text: str | None) -> None:
        if text is None:
            return
        command = SideConversation(to, ticket.subject, text)

        def send() -> None:
            app.acts.forget_draft(app.acts.do([(ticket, command)]), target, SIDE)

        confirm(app, f"Send this to {', '.join(to)}? It leaves the helpdesk.", "sends it", send, danger=True)

    def addressed(text: str | None) -> None:
        to = tuple((text or "").replace(",", " ").split())
        if not to:
            return
        if not all("@" in address for address in to):
            screen.say("These aren't all addresses", problem=True)
            return
        who: tuple[Parts, Parts] = (
            ((" SIDE CONVERSATION ", "late"), (f" {', '.join(to)} will read it", "text")),
            ((f" about #{ticket.id} {ticket.title}", "strong"),),
        )
        composer = Composer(who, target, SIDE, public=True, done="goes on")
        app.push_screen(composer, lambda text: written(to, text))

    async def work() -> None:
        if await _may_talk(screen):
            app.push_screen(LinePicker("To which addresses?"), addressed)

    waiting(screen, work, "Side conversation")


async def _may_talk(screen: Acting) -> bool:
    if not (await screen.desk_app.lookups.abilities()).side_conversations:
        screen.say("This account has no side conversations", problem=True)
        return False
    return not overtaken(screen, "Side conversation")
