"""What keys write on tickets: notes, replies, macros, promises, and the note of a major incident."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from support_desk.config.rules import ticket_tag
from support_desk.desk.drafts import NOTE
from support_desk.desk.intents import target_of, title_of
from support_desk.domain.commands import EditTicket, Promise
from support_desk.domain.promises import PROMISE_DONE
from support_desk.domain.tickets import Ticket
from support_desk.domain.when import parse_when
from support_desk.domain.words import day_clock
from support_desk.screens.acting.incident import ask_who_was_told
from support_desk.screens.acting.ticket_help import Tickets, named, one_of, overtaken, titled, waiting
from support_desk.text import shortened

if TYPE_CHECKING:
    from support_desk.screens.acting import Acting
    from support_desk.sources.writers import Macro
    from support_desk.widgets.lines import Parts


def note(screen: Acting, tickets: Tickets) -> None:
    """Write an internal note."""
    from support_desk.screens.acting.composer import Composer

    def written(text: str | None) -> None:
        if text is not None:
            sent = screen.desk_app.acts.do(
                [(row, EditTicket("note", comment=text, public=False)) for row in tickets]
            )
            screen.desk_app.acts.forget_draft(sent, target_of(tickets[0]), NOTE)

    who: tuple[Parts, Parts] = (
        ((" INTERNAL NOTE ", "internal"), (" no client sees it", "text")),
        ((f" on {title_of(tickets[0]) if len(tickets) == 1 else named(tickets)}", "strong"),),
    )
    screen.app.push_screen(Composer(who, target_of(tickets[0]), NOTE), written)


def reply(screen: Acting, tickets: Tickets) -> None:
    """Write a public reply, and look at it once more before it goes."""
    ticket = one_of(screen, tickets, "A public reply")
    if ticket is not None:
        from support_desk.screens.acting.replying import write_reply

        write_reply(screen, ticket)


async def reply_by_macro(screen: Acting, ticket: Ticket, title: str) -> None:
    """The reply that the macro with this title prepares, for review; a macro that isn't there is said."""
    wanted = title.casefold()
    found = next(
        (row for row in await screen.desk_app.lookups.macros() if row.title.casefold() == wanted), None
    )
    if found is None:
        screen.say(f"The helpdesk has no macro “{title}”: see [triage] feature_macro", problem=True)
        return
    await _preview(screen, ticket, found)


async def _preview(screen: Acting, ticket: Ticket, chosen: Macro) -> None:
    from support_desk.screens.acting.replying import review_edit

    asked_at = screen.desk.clock.monotonic()
    effect = await screen.desk_app.lookups.effect(ticket.id, chosen.id)
    if replace(effect, macro_id=None, purpose="edit") == EditTicket():
        screen.say(f"The macro “{chosen.title}” would change nothing on #{ticket.id}")
        return
    await review_edit(screen, ticket, effect, f"Macro “{chosen.title}”", asked_at=asked_at)


def macro(screen: Acting, tickets: Tickets) -> None:
    """Choose a macro, and look at exactly what it would change."""
    ticket = one_of(screen, tickets, "A macro")
    if ticket is None:
        return

    async def work() -> None:
        macros = await screen.desk_app.lookups.macros()
        if overtaken(screen, "Macros"):
            return

        def chosen(picked: str | None) -> None:
            for row in macros:
                if str(row.id) == picked:
                    waiting(screen, partial(_preview, screen, ticket, row), "Macro")

        choices = [(str(row.id), row.title, row.description) for row in macros]
        screen.desk_app.choose(f"Which macro for {titled(tickets)}?", choices, chosen)

    waiting(screen, work, "Macros")


def promise(screen: Acting, tickets: Tickets) -> None:
    """Note what was promised next, and by when."""
    from support_desk.screens.pickers import LinePicker

    app = screen.desk_app

    def dated(step: str, text: str | None) -> None:
        if text is None:
            return
        due = parse_when(text, app.desk.now(), app.view.calendar)
        if due is None:
            screen.say(f"“{text}” isn't a moment to come: write 15:10, tomorrow, fri 12:00, 2d", problem=True)
            app.push_screen(LinePicker(WHEN, text), lambda again: dated(step, again))
            return
        edit = EditTicket("promise", promise=Promise(step, due))
        app.acts.do([(ticket, edit) for ticket in tickets])
        screen.say(f"Next step by {day_clock(due, app.desk.now(), app.view.calendar.timezone)}: {step}")

    def stepped(step: str | None) -> None:
        if step and step.casefold() == DONE:
            app.acts.do([(ticket, EditTicket("promise", comment=PROMISE_DONE)) for ticket in tickets])
        elif step:
            app.push_screen(LinePicker(WHEN), lambda text: dated(step, text))

    app.push_screen(LinePicker(_promise_question(screen, tickets)), stepped)


def _promise_question(screen: Acting, tickets: Tickets) -> str:
    known = [screen.desk.promises.get(ticket.id) for ticket in tickets]
    if not any(known):
        return f"What was promised next on {titled(tickets)}?"
    step = (
        f"“{shortened(known[0].step, 30)}”"
        if known[0] is not None and len(known) == 1
        else "what was promised"
    )
    return f"Promised next on {titled(tickets)}? {DONE} ends {step}"


DONE = "done"
"""Typed in place of a step: what was promised has been done."""
WHEN = "By when? 15:10, tomorrow, fri 12:00, 26 nov 9:30, 2d"


def incident(screen: Acting, tickets: Tickets) -> None:
    """Mark a major incident: tag, note, and who was told."""

    def mark(note: str, tags: tuple[str, ...]) -> None:
        edit = EditTicket("note", comment=note, public=False, add_tags=tuple(map(ticket_tag, tags)))
        screen.desk_app.acts.do([(ticket, replace(edit, priority=_raised(ticket))) for ticket in tickets])

    raised = [ticket for ticket in tickets if _raised(ticket)]
    becomes = f" ({'it becomes' if len(tickets) == 1 else 'they become'} urgent)" if raised else ""
    ask_who_was_told(screen, f"{titled(tickets)}{becomes}", mark)


def _raised(ticket: Ticket) -> str | None:
    return None if ticket.priority == "urgent" else "urgent"
