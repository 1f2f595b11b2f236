"""What keys do to tickets: who asks for what, and the edit that becomes of it.

Every function takes the tickets as they were at the key press. What needs the account's lists waits for
them in a worker; the lists are asked for ahead, so that it seldom has to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from support_desk.acts import my_name
from support_desk.config.rules import (
    feature_path,
    own_meaning,
    ticket_escalation_rule,
    ticket_tag,
    triage_kinds,
)
from support_desk.desk.intents import target_of
from support_desk.domain.commands import EditTicket
from support_desk.domain.sla import contract_priority
from support_desk.domain.ticket_tags import tag_suggestions
from support_desk.domain.triage import priority_choices
from support_desk.screens.acting import ticket_texts
from support_desk.screens.acting.ticket_help import (
    Tickets,
    do,
    my_agent,
    named,
    one_of,
    overtaken,
    titled,
    waiting,
)
from support_desk.screens.asking import MANY, confirm
from support_desk.sources.errors import SourceError

if TYPE_CHECKING:
    from support_desk.domain.commands import Command, PagePerson
    from support_desk.domain.ticket_tags import TagSuggestion
    from support_desk.domain.tickets import Ticket
    from support_desk.screens.acting import Acting
    from support_desk.screens.acting.triage import Triaged
    from support_desk.screens.acting.triage_page import TriageHelp
    from support_desk.sources.writers import Agent


# Who has it


def take(screen: Acting, tickets: Tickets) -> None:
    """Assign them to this person."""

    asked_at = screen.desk.clock.monotonic()

    async def work() -> None:
        me = await my_agent(screen, screen.desk_app.lookups)
        if me is None:
            screen.say("Which agent you are isn't known: set [me] email to your address there", problem=True)
            return
        if len(tickets) <= MANY or not overtaken(screen, "Take"):
            _assign(screen, tickets, me, "take", asked_at)

    waiting(screen, work, "Take")


def assign(screen: Acting, tickets: Tickets) -> None:
    """Choose who gets them."""

    async def work() -> None:
        agents = await screen.desk_app.lookups.agents()
        if overtaken(screen, "Assign"):
            return

        def chosen(picked: str | None) -> None:
            for agent in agents:
                if str(agent.id) == picked:
                    _assign(screen, tickets, agent, "assign")

        choices = [(str(agent.id), agent.name, agent.email) for agent in agents]
        screen.desk_app.choose(f"Who takes {titled(tickets)}?", choices, chosen)

    waiting(screen, work, "Assign")


def _assign(
    screen: Acting, tickets: Tickets, agent: Agent, purpose: str, asked_at: float | None = None
) -> None:
    others = [
        ticket for ticket in tickets if (ticket.assignee_email or "").casefold() != agent.email.casefold()
    ]
    if not others:
        screen.say(f"{agent.name} has {named(tickets)} already")
        return
    edit = EditTicket(purpose, assignee_id=agent.id, assignee=agent.email or agent.name)
    do(screen, others, edit, asked_at)


# Fields


def priority(screen: Acting, tickets: Tickets) -> None:
    """Choose the priority; each with the deadline that it would set."""
    view = screen.desk_app.view
    choices = priority_choices(tickets[0], view.agreement, view.now)

    def chosen(picked: str | None) -> None:
        if picked is not None:
            others = [ticket for ticket in tickets if ticket.priority != picked]
            if others:
                do(screen, others, EditTicket("priority", priority=picked))
            else:
                screen.say(f"The priority is {picked} already")

    several = len(tickets) > 1
    shown = [
        (choice.priority, choice.priority + (" (now)" if choice.present and not several else ""),
         "" if several else choice.brief)
        for choice in choices
    ]  # fmt: skip
    # Enter alone changes nothing where a priority is set, and sets what the contract assumes where none is.
    now = tickets[0].priority or contract_priority(tickets[0], view.agreement)
    screen.desk_app.choose(f"Which priority for {titled(tickets)}?", shown, chosen, first=now)


def close(screen: Acting, tickets: Tickets) -> None:
    """Pending, believed solved, as the account has it."""
    chosen = screen.desk_app.config.zendesk.believed_solved
    edit = EditTicket(
        "believed_solved",
        status=None if chosen.custom_status_id else chosen.status,
        custom_status_id=chosen.custom_status_id or None,
        custom_status="believed solved" if chosen.custom_status_id else "",
        add_tags=(tag,) if (tag := ticket_tag(chosen.tag)) else (),
    )
    words = f"Set {titled(tickets)} to pending, believed solved? Nothing is written to the client."
    if any(ticket.status == "new" for ticket in tickets):
        words += " What is new can't be made new again."
    confirm(
        screen.desk_app, words, "sets it", lambda: screen.desk_app.acts.do([(row, edit) for row in tickets])
    )


def tags(screen: Acting, tickets: Tickets) -> None:
    """Choose tags to add and remove."""
    from support_desk.screens.acting.tag_picker import TagChange, TagPicker

    shared = [tag for tag in tickets[0].tags if all(tag in ticket.tags for ticket in tickets)]
    offered = [(row.tag, row.reasons[0]) for row in suggestions(screen, tickets)]

    def chosen(change: TagChange | None) -> None:
        if change is not None and (change.add or change.remove):
            do(screen, tickets, EditTicket("tags", add_tags=change.add, remove_tags=change.remove))

    screen.app.push_screen(TagPicker(shared, offered, about=titled(tickets)), chosen)


def suggestions(screen: Acting, tickets: Tickets) -> tuple[TagSuggestion, ...]:
    """Tags that may fit a single ticket."""
    if len(tickets) > 1:
        return ()
    app = screen.desk_app
    others = (row.ticket for row in app.view.snapshot.tickets.rows)
    never = own_meaning(app.config)
    return tag_suggestions(tickets[0], others, app.view.clients, app.config.triage.tags, never=never)


def triage(screen: Acting, tickets: Tickets) -> None:
    """Everything that a new ticket needs, in one form."""

    async def work() -> None:
        from support_desk.screens.acting.triage import TriageScreen

        found = await _triage_help(screen, tickets)
        if overtaken(screen, "Triage"):
            return

        def filled_in(triaged: Triaged | None) -> None:
            if triaged is None:
                return
            acts = screen.desk_app.acts
            acts.forget_draft(acts.do(list(triaged.edits)), target_of(tickets[0]), "triage")
            if triaged.reply_macro:
                reply = partial(ticket_texts.reply_by_macro, screen, tickets[0], triaged.reply_macro)
                waiting(screen, reply, "Reply")

        screen.app.push_screen(TriageScreen(tickets, found), filled_in)

    waiting(screen, work, "Triage")


async def _triage_help(screen: Acting, tickets: Tickets) -> TriageHelp:
    """What the form needs; a list that can't be read leaves its field out, and says so."""
    from support_desk.screens.acting.triage_page import TriageHelp

    app = screen.desk_app
    lookups, view = app.lookups, app.view
    missing: list[str] = []
    lists: dict[str, Any] = {}
    asked: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {
        "groups": lookups.groups, "agents": lookups.agents, "statuses": lookups.statuses,
    }  # fmt: skip
    for name, ask in asked.items():
        try:
            lists[name] = await ask()
        except SourceError as error:
            missing.append(f"{name} can't be chosen: {error.problem}")
    try:
        me = await my_agent(screen, lookups)
    except SourceError:
        me = None
    return TriageHelp(
        kinds=triage_kinds(app.config),
        path=feature_path(app.config),
        priorities=priority_choices(tickets[0], view.agreement, view.now),
        suggestions=suggestions(screen, tickets),
        me=me,
        missing=tuple(missing),
        **lists,
    )


# Escalation


def escalate(screen: Acting, tickets: Tickets) -> None:
    """Hand the ticket on as configured, after a hold."""
    ticket = one_of(screen, tickets, "An escalation")
    if ticket is None:
        return
    app = screen.desk_app
    if app.acts.second_press(target_of(ticket)):
        return

    app.acts.making = target_of(ticket)
    asked_at = screen.desk.clock.monotonic()

    async def work() -> None:
        try:
            edit, page = await asyncio.gather(_escalation(screen, ticket), _page(screen, ticket))
        finally:
            app.acts.making = None
        if isinstance(edit, str):
            screen.say(f"Not escalated: {edit}", problem=True)
        else:
            _hold(screen, ticket, edit, page, asked_at)

    waiting(screen, work, "Escalate")


async def _escalation(screen: Acting, ticket: Ticket) -> EditTicket | str:
    """The change that is configured, with the helpdesk's numbers; or why there is none."""
    from support_desk.domain.ticket_escalation import escalation_edit

    app = screen.desk_app
    rule = ticket_escalation_rule(app.config)
    groups = {group.name: group.id for group in await app.lookups.groups()} if rule.group else {}
    agents = {agent.email: agent.id for agent in await app.lookups.agents()} if rule.assignee else {}
    line = rule.group or rule.assignee or "second line (tickets)"
    me = my_name(app.config)
    return escalation_edit(ticket, rule, me=me, line=line, groups=groups, agents=agents)


async def _page(screen: Acting, ticket: Ticket) -> PagePerson | str:
    """The page that is configured to go along; in words why there is none, empty where none is wanted."""
    if not screen.desk_app.config.escalation.ticket.alert:
        return ""
    from support_desk.screens.acting.escalation import second_line_page

    return await second_line_page(screen, ticket)


def _hold(screen: Acting, ticket: Ticket, edit: EditTicket, page: PagePerson | str, asked_at: float) -> None:
    """Hold the change, and the page if one belongs to it: one decision, which one `u` takes back."""
    from support_desk.screens.acting.escalation import doubt_about, open_ladder

    decisions: list[tuple[Ticket, Command]] = [(ticket, edit)]
    if not isinstance(page, str):
        # First, so that a helpdesk in trouble doesn't hold up the telephone.
        decisions.insert(0, (ticket, page))

    def hold() -> None:
        screen.desk_app.acts.do(decisions)

    doubt = doubt_about(screen, ticket) if len(decisions) > 1 else ""
    if doubt:
        if overtaken(screen, "NOT ESCALATED"):
            return
        question = f"{doubt} Hand it on and page all the same?"
        yes = "holds it for some seconds, then pages"
        confirm(screen.desk_app, question, yes, hold, danger=True, asked_at=asked_at)
    else:
        hold()
    if isinstance(page, str) and page:
        open_ladder(screen, ticket, page)


def escalate_to(screen: Acting, tickets: Tickets) -> None:
    """Page a person about the ticket."""
    from support_desk.screens.acting.escalation import page_someone

    ticket = one_of(screen, tickets, "A page")
    if ticket is not None:
        page_someone(screen, ticket)


BY_NAME: dict[str, Callable[[Acting, Tickets], None]] = {
    "escalate": escalate,
    "escalate_to": escalate_to,
    "note": ticket_texts.note,
    "take": take,
    "assign": assign,
    "tags": tags,
    "priority": priority,
    "close": close,
    "incident": ticket_texts.incident,
}
"""What the keys mean on tickets that mean something on alerts as well."""
