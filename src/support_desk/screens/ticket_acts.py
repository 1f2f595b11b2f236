"""What keys do to tickets: who asks for what, and the edit that becomes of it.

Every function takes the tickets as they were at the key press. What needs the account's lists waits for
them in a worker; the lists are asked for ahead, so that it seldom has to.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from support_desk.config.rules import feature_path, ticket_escalation_rule, triage_kinds
from support_desk.desk.intents import target_of
from support_desk.domain.commands import EditTicket, MergeTicket, Promise, SideConversation
from support_desk.domain.tickets import Ticket
from support_desk.domain.triage import priority_choices, tag_suggestions
from support_desk.domain.when import parse_when
from support_desk.screens.asking import confirm
from support_desk.screens.words import day_clock
from support_desk.sources.errors import SourceError

if TYPE_CHECKING:
    from support_desk.desk.lookups import Lookups
    from support_desk.domain.triage import TagSuggestion
    from support_desk.screens.acting import Acting
    from support_desk.screens.triage import Triaged, TriageHelp
    from support_desk.sources.writers import Agent
    from support_desk.widgets.lines import Parts

Tickets = Sequence[Ticket]

MANY = 3
"""More tickets than this are asked about before they are changed."""


def do(screen: Acting, tickets: Tickets, edit: EditTicket) -> None:
    """The same edit of all of them."""
    app = screen.desk_app

    def send() -> None:
        app.acts.do([(ticket, edit) for ticket in tickets])

    if len(tickets) > MANY:
        confirm(app, f"Change {len(tickets)} tickets?", "changes them", send)
    else:
        send()


def waiting(screen: Acting, work: Coroutine[Any, Any, None], what: str) -> None:
    """Do something that may have to ask the helpdesk first; a refusal is told in its own words."""

    async def told() -> None:
        try:
            await work
        except SourceError as error:
            screen.say(f"{error.problem}: {error.remedy}", problem=True)

    screen.app.run_worker(told(), name=what, group="lookup", description=what, exit_on_error=False)


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


# Who has it


def take(screen: Acting, tickets: Tickets) -> None:
    """Assign them to this person."""

    async def work() -> None:
        me = await my_agent(screen, screen.desk_app.lookups)
        if me is None:
            screen.say("Which agent you are isn't known: set [me] email to your address there", problem=True)
            return
        _assign(screen, tickets, me, "take")

    waiting(screen, work(), "take")


def assign(screen: Acting, tickets: Tickets) -> None:
    """Choose who gets them."""

    async def work() -> None:
        agents = await screen.desk_app.lookups.agents()

        def chosen(picked: str | None) -> None:
            for agent in agents:
                if str(agent.id) == picked:
                    _assign(screen, tickets, agent, "assign")

        choices = [(str(agent.id), agent.name, agent.email) for agent in agents]
        screen.desk_app.choose(f"Who takes {_named(tickets)}?", choices, chosen)

    waiting(screen, work(), "assign")


def _assign(screen: Acting, tickets: Tickets, agent: Agent, purpose: str) -> None:
    others = [
        ticket for ticket in tickets if (ticket.assignee_email or "").casefold() != agent.email.casefold()
    ]
    if not others:
        screen.say(f"{agent.name} has {_named(tickets)} already")
        return
    do(screen, others, EditTicket(purpose, assignee_id=agent.id, assignee=agent.email or agent.name))


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
         "" if several else choice.words)
        for choice in choices
    ]  # fmt: skip
    screen.desk_app.choose(f"Which priority for {_named(tickets)}?", shown, chosen)


def close(screen: Acting, tickets: Tickets) -> None:
    """Pending, believed solved, as the account has it."""
    chosen = screen.desk_app.config.zendesk.believed_solved
    edit = EditTicket(
        "believed_solved",
        status=None if chosen.custom_status_id else chosen.status,
        custom_status_id=chosen.custom_status_id or None,
        add_tags=(chosen.tag,) if chosen.tag else (),
    )
    words = f"Set {_named(tickets)} to pending, believed solved? Nothing is written to the client."
    confirm(
        screen.desk_app, words, "sets it", lambda: screen.desk_app.acts.do([(row, edit) for row in tickets])
    )


def tags(screen: Acting, tickets: Tickets) -> None:
    """Choose tags to add and remove."""
    from support_desk.screens.tag_picker import TagChange, TagPicker

    shared = [tag for tag in tickets[0].tags if all(tag in ticket.tags for ticket in tickets)]
    offered = [(row.tag, row.reasons[0]) for row in suggestions(screen, tickets)]

    def chosen(change: TagChange | None) -> None:
        if change is not None and (change.add or change.remove):
            do(screen, tickets, EditTicket("tags", add_tags=change.add, remove_tags=change.remove))

    screen.app.push_screen(TagPicker(shared, offered), chosen)


def suggestions(screen: Acting, tickets: Tickets) -> tuple[TagSuggestion, ...]:
    """Tags that may fit a single ticket."""
    if len(tickets) > 1:
        return ()
    app = screen.desk_app
    others = (row.ticket for row in app.view.snapshot.tickets.rows)
    kinds = {kind.tag for kind in app.config.triage.kinds if kind.tag}
    return tag_suggestions(tickets[0], others, app.view.clients, app.config.triage.tags, never=kinds)


def triage(screen: Acting, tickets: Tickets) -> None:
    """Everything that a new ticket needs, in one form."""

    async def work() -> None:
        from support_desk.screens.triage import TriageScreen

        found = await _triage_help(screen, tickets)

        def filled_in(triaged: Triaged | None) -> None:
            if triaged is None:
                return
            screen.desk_app.acts.do(list(triaged.edits))
            if triaged.reply_macro:
                waiting(screen, _reply_by_macro(screen, tickets, triaged.reply_macro), "reply")

        screen.app.push_screen(TriageScreen(tickets, found), filled_in)

    waiting(screen, work(), "triage")


async def _triage_help(screen: Acting, tickets: Tickets) -> TriageHelp:
    """What the form needs; a list that can't be read leaves its field out, and says so."""
    from support_desk.screens.triage import TriageHelp

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


# Texts


def note(screen: Acting, tickets: Tickets) -> None:
    """Write an internal note."""
    from support_desk.screens.composer import Composer

    def written(text: str | None) -> None:
        if text is not None:
            sent = screen.desk_app.acts.do(
                [(row, EditTicket("note", comment=text, public=False)) for row in tickets]
            )
            screen.desk_app.acts.forget_draft(sent, target_of(tickets[0]), "note")

    who: tuple[Parts, Parts] = (
        ((" INTERNAL NOTE ", "internal"), (" no client sees it", "text")),
        ((f" on {_named(tickets)}", "strong"),),
    )
    screen.app.push_screen(Composer(who, target_of(tickets[0]), "note"), written)


def reply(screen: Acting, tickets: Tickets) -> None:
    """Write a public reply, and look at it once more before it goes."""
    ticket = one_of(screen, tickets, "A public reply")
    if ticket is not None:
        from support_desk.screens.replying import write_reply

        write_reply(screen, ticket)


async def _reply_by_macro(screen: Acting, tickets: Tickets, title: str) -> None:
    """The reply that a macro prepares, for review; a macro that isn't there is said."""
    from support_desk.screens.replying import review_edit

    wanted = title.casefold()
    found = next(
        (row for row in await screen.desk_app.lookups.macros() if row.title.casefold() == wanted), None
    )
    if found is None:
        screen.say(f"The helpdesk has no macro “{title}”: see [triage] feature_macro", problem=True)
        return
    effect = await screen.desk_app.lookups.effect(tickets[0].id, found.id)
    await review_edit(screen, tickets[0], effect, f"Macro “{found.title}”")


def macro(screen: Acting, tickets: Tickets) -> None:
    """Choose a macro, and look at exactly what it would change."""
    ticket = one_of(screen, tickets, "A macro")
    if ticket is None:
        return

    async def work() -> None:
        macros = await screen.desk_app.lookups.macros()

        def chosen(picked: str | None) -> None:
            for row in macros:
                if str(row.id) == picked:
                    waiting(screen, _reply_by_macro(screen, [ticket], row.title), "macro")

        choices = [(str(row.id), row.title, row.description) for row in macros]
        screen.desk_app.choose(f"Which macro for {_named(tickets)}?", choices, chosen)

    waiting(screen, work(), "macros")


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
        if step:
            app.push_screen(LinePicker(WHEN), lambda text: dated(step, text))

    app.push_screen(LinePicker(f"What was promised next on {_named(tickets)}?"), stepped)


WHEN = "By when? 15:10, tomorrow, fri 12:00, 26 nov 9:30, 2d"


# Other tickets and other people


def merge(screen: Acting, tickets: Tickets) -> None:
    """Close this ticket into another one."""
    from support_desk.screens.pickers import NumberPicker

    ticket = one_of(screen, tickets, "A merge")
    if ticket is None:
        return

    async def work(number: int) -> None:
        into = await _other_ticket(screen, number)
        command = MergeTicket(into.id, into.subject)
        confirm(
            screen.desk_app,
            f"Merge #{ticket.id} {ticket.subject} INTO #{into.id} {into.subject} ({into.status})? "
            f"#{ticket.id} is closed by it, and that can't be taken back.",
            "merges them",
            lambda: screen.desk_app.acts.do([(ticket, command)]),
            danger=True,
        )

    def chosen(number: int | None) -> None:
        if number == ticket.id:
            screen.say("A ticket can't be merged into itself", problem=True)
        elif number is not None:
            waiting(screen, work(number), "merge")

    screen.app.push_screen(NumberPicker(f"Merge #{ticket.id} into which ticket? Its number:"), chosen)


def link_problem(screen: Acting, tickets: Tickets) -> None:
    """Make them incidents of a problem ticket."""
    from support_desk.screens.pickers import NumberPicker

    async def work(number: int) -> None:
        problem = await _other_ticket(screen, number)
        if problem.type != "problem":
            screen.say(f"#{number} is a {problem.type or 'ticket without a type'}, no problem", problem=True)
            return
        edit = EditTicket("problem", type="incident", problem_id=number)
        words = f"Make {_named(tickets)} an incident of #{number} {problem.subject}?"
        confirm(
            screen.desk_app, words, "links", lambda: screen.desk_app.acts.do([(row, edit) for row in tickets])
        )

    def chosen(number: int | None) -> None:
        if number is not None:
            waiting(screen, work(number), "problem")

    screen.app.push_screen(NumberPicker("Of which problem ticket? Its number:"), chosen)


async def _other_ticket(screen: Acting, number: int) -> Ticket:
    sources = screen.desk.sources
    if sources is None or sources.tickets is None:
        raise SourceError("Zendesk is switched off", "set `[zendesk] url` in the configuration")
    return (await sources.tickets.ticket(number)).ticket


def side_conversation(screen: Acting, tickets: Tickets) -> None:
    """Write to somebody beside the ticket's own conversation."""
    from support_desk.screens.composer import Composer
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
            app.acts.forget_draft(app.acts.do([(ticket, command)]), target, "side")

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
            ((f" about #{ticket.id} {ticket.subject}", "strong"),),
        )
        composer = Composer(who, target, "side", public=True, done="goes on")
        app.push_screen(composer, lambda text: written(to, text))

    async def work() -> None:
        if not (await app.lookups.abilities()).side_conversations:
            screen.say("This account has no side conversations", problem=True)
            return
        app.push_screen(LinePicker("To which addresses?"), addressed)

    waiting(screen, work(), "side conversation")


# Escalation


def escalate(screen: Acting, tickets: Tickets) -> None:
    """Hand the ticket on as configured, after a hold."""
    from support_desk.domain.ticket_escalation import escalation_edit

    ticket = one_of(screen, tickets, "An escalation")
    if ticket is None:
        return
    app = screen.desk_app
    if app.acts.second_press(target_of(ticket)):
        return

    async def work() -> None:
        rule = ticket_escalation_rule(app.config)
        groups = {group.name: group.id for group in await app.lookups.groups()} if rule.group else {}
        agents = {agent.email: agent.id for agent in await app.lookups.agents()} if rule.assignee else {}
        line = rule.group or rule.assignee or "second line (tickets)"
        me = app.config.me.name or app.config.me.email
        edit = escalation_edit(ticket, rule, me=me, line=line, groups=groups, agents=agents)
        if isinstance(edit, str):
            screen.say(f"Not escalated: {edit}", problem=True)
            return
        app.acts.do([(ticket, edit)])
        if app.config.escalation.ticket.alert:
            from support_desk.screens.escalation import page_second_line_about

            page_second_line_about(screen, ticket)

    waiting(screen, work(), "escalate")


def escalate_to(screen: Acting, tickets: Tickets) -> None:
    """Page a person about the ticket."""
    from support_desk.screens.escalation import page_someone

    ticket = one_of(screen, tickets, "A page")
    if ticket is not None:
        page_someone(screen, ticket)


def incident(screen: Acting, tickets: Tickets) -> None:
    """Mark a major incident: tag, note, and who was told."""
    from support_desk.screens.pickers import LinePicker

    app = screen.desk_app
    tag = app.config.on_call.incident_tag

    def told(who: str | None) -> None:
        if who is None:
            return
        text = f"Major incident, marked by {app.config.me.name or app.config.me.email}. Told: {who}."
        edit = EditTicket("note", comment=text, public=False, add_tags=(tag,) if tag else ())
        app.acts.do([(ticket, replace(edit, priority=_raised(ticket))) for ticket in tickets])

    app.push_screen(LinePicker(f"MAJOR INCIDENT {_named(tickets)}: who was told?"), told)


def _raised(ticket: Ticket) -> str | None:
    return None if ticket.priority == "urgent" else "urgent"


def _named(tickets: Tickets) -> str:
    return f"#{tickets[0].id}" if len(tickets) == 1 else f"{len(tickets)} tickets"


BY_NAME: dict[str, Callable[[Acting, Tickets], None]] = {
    "escalate": escalate,
    "escalate_to": escalate_to,
    "note": note,
    "take": take,
    "assign": assign,
    "tags": tags,
    "priority": priority,
    "close": close,
    "incident": incident,
}
"""What the keys mean on tickets that mean something on alerts as well."""
