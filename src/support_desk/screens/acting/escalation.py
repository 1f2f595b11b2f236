"""Escalating: who would be paged is read at the key press and named before anything is held (ruling 6)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from support_desk.desk import facts
from support_desk.desk.facts import rota_of
from support_desk.desk.intents import target_of, title_of
from support_desk.domain import commands as c
from support_desk.domain.alerts import Alert, AlertDetail, EscalationPolicy
from support_desk.domain.ladder import LINES, Rung
from support_desk.domain.next_line import LastReached, NextLine, named_policy, next_line, policy_for
from support_desk.domain.rota import (
    Person,
    Role,
    Unknown,
    answer_for,
    same_address,
    same_person,
    shift_of,
    until,
)
from support_desk.domain.tickets import Ticket
from support_desk.domain.words import day_clock
from support_desk.screens.asking import confirm
from support_desk.screens.results import LOUD
from support_desk.sources.errors import NotAllowed, NotThere, Rejected, SignInRefused, SourceError
from support_desk.text import head, shortened

if TYPE_CHECKING:
    from support_desk.domain.rota import OnCall
    from support_desk.screens.acting import Acting
    from support_desk.screens.view import View
    from support_desk.sources.protocols import Sources


def people_of(screen: Acting) -> tuple[Person, ...]:
    """Everybody whom the alert service knows, by name."""
    found = screen.desk_app.view.snapshot.people.rows
    return tuple(sorted(found, key=lambda person: person.name.casefold()))


# One key


def escalate(screen: Acting, alert: Alert) -> None:
    """Page the next line, after a hold that names who that is."""
    app, target = screen.desk_app, target_of(alert)
    if app.acts.second_press(target):
        return
    sources = screen.desk.sources
    if app.acts.outbox is None or sources is None or sources.alerts is None:
        screen.say("Not escalated: the alert service isn't connected yet, press again", problem=True)
        return
    if sources.alert_writer is None:
        open_ladder(screen, alert, "Not escalated: no key may change alerts")
        return
    if not sources.alerts.capabilities.can_escalate:
        open_ladder(screen, alert, "The alert service can't escalate to the next line by itself")
        return
    app.acts.making = target
    asked_at = screen.desk.clock.monotonic()

    async def work() -> None:
        try:
            await _prepare(screen, alert, sources, asked_at)
        except SourceError as error:
            app.notify(_unread_words(screen, error), severity="error", timeout=LOUD)
        finally:
            app.acts.making = None

    screen.app.run_worker(
        work(), name="escalate", group="escalate", description="read who would be paged", exit_on_error=False
    )


def _unread_words(screen: Acting, error: SourceError) -> str:
    """Nothing is held and nothing will be sent, whatever goes on being read: who is to be rung instead."""
    me = screen.desk_app.config.me.email
    others = [
        rung for rung in ladder(screen.desk_app.view) if not (me and same_address(rung.person.email, me))
    ]
    who = [rung for rung in others if rung.why.startswith(LINES[Role.SECOND_LINE]) or rung.phone][:2]
    told = " or ".join(f"{rung.person.name}: {rung.phone or 'no number is in [people]'}" for rung in who)
    # That reading is tried again would be taken for a promise to page.
    remedy = (
        f" ({error.remedy})" if isinstance(error, SignInRefused | NotAllowed | NotThere | Rejected) else ""
    )
    why = f"nobody was paged and it isn't tried again: {error.problem}{remedy}"
    return f"NOT ESCALATED, {why}. Press e again, or ring {told or 'somebody'}"


async def _prepare(screen: Acting, alert: Alert, sources: Sources, asked_at: float) -> None:
    assert sources.alerts is not None  # noqa: S101 - looked at by the caller
    detail, on_call = await asyncio.gather(sources.alerts.alert(alert.id), _on_call(sources))
    policy, own = await _policy(screen, detail.alert, sources)
    if policy is None:
        _ladder_unless_overtaken(screen, alert, "No escalation policy is known for this alert")
        return
    coming = next_line(
        detail.alert,
        policy,
        own=own,
        recipients=detail.recipients,
        on_call=on_call,
        people=people_of(screen),
        second_line_schedule=screen.desk_app.config.rota.second_line.schedule,
        now=screen.desk.now(),
    )
    if isinstance(coming, LastReached):
        _ladder_unless_overtaken(screen, alert, _taken_words(screen, coming))
    elif coming.people == ():
        _ladder_unless_overtaken(screen, alert, _nobody_words(screen, coming.line))
    else:
        _hold(screen, detail, coming, asked_at)


def _ladder_unless_overtaken(screen: Acting, alert: Alert, why: str) -> None:
    if not _overtaken(screen, why):
        open_ladder(screen, alert, why)


def _overtaken(screen: Acting, why: str) -> bool:
    """Whether the person has opened something else meanwhile, which would lose its keys to a question."""
    if screen.app.screen is screen:
        return False
    words = f"NOT ESCALATED, nobody was paged: {why.rstrip('.')}. Press e on the alert again"
    screen.desk_app.notify(words, severity="error", timeout=LOUD)
    return True


async def _on_call(sources: Sources) -> Sequence[OnCall] | None:
    if sources.rota is None:
        return None
    try:
        return (await sources.rota.on_call()).rows
    except SourceError:
        return None


async def _policy(screen: Acting, alert: Alert, sources: Sources) -> tuple[EscalationPolicy | None, bool]:
    """In this order: the alert's own, its team's routing, the configured one (ruling 6)."""
    policies = screen.desk_app.view.snapshot.policies.rows
    own, is_own = policy_for(alert, policies, "")
    unread = named_policy(alert)
    if own is None and (unread is not None or not policies) and sources.alerts is not None:
        try:
            policies = (await sources.alerts.policies()).rows
        except SourceError:
            if unread is None:
                raise
        own, is_own = policy_for(alert, policies, "")
    if own is not None:
        return own, is_own
    if unread is not None:
        # It can be escalated by its id; another policy would page other people.
        return unread, True
    if sources.alert_writer is not None:
        try:
            routed = await sources.alert_writer.routed_policy(alert)
        except SourceError:
            routed = None
        if routed is not None:
            return routed, False
    return policy_for(alert, policies, screen.desk_app.config.escalation.name)


def _hold(screen: Acting, detail: AlertDetail, coming: NextLine, asked_at: float) -> None:
    app, alert = screen.desk_app, detail.alert
    people = coming.people or ()
    command = c.EscalateAlert(
        coming.policy.id,
        coming.policy.name,
        line_words(app.view, coming),
        tuple(person.email or person.name for person in people),
        confirmed=alert.status != "open",
    )

    def hold() -> None:
        app.acts.do([(alert, command)])

    asked = [doubt] if (doubt := doubt_about(screen, alert)) else []
    if alert.status != "open":
        asked.append(f"The alert is {_state(screen, alert)}.")
    if not asked:
        hold()
        return
    if _overtaken(screen, " ".join(asked)):
        return
    question = f"{' '.join(asked)} Escalate to {command.line} all the same?"
    yes = "holds it for some seconds, then pages"
    confirm(app, question, yes, hold, danger=True, asked_at=asked_at)


def _state(screen: Acting, alert: Alert) -> str:
    state = {"acked": "acknowledged"}.get(alert.status, alert.status)
    acked = alert.status == "acked" and alert.acknowledged_by
    return f"{state} by {screen.desk_app.view.named(acked)}" if acked else state


def doubt_about(screen: Acting, row: Alert | Ticket) -> str:
    """A sentence about a page whose answer was lost or that was never sent; empty where there is none.

    Somebody may have been paged already: it is looked for before a second page is offered (ruling 10).
    """
    app = screen.desk_app
    entry = app.acts.unsure_page(target_of(row))
    if entry is None:
        return ""
    when = day_clock(entry.intent.at, app.desk.now(), app.view.calendar.timezone)
    if entry.offered:
        return f"The page of {when} was never sent, and waits in the outbox (O)."
    return f"It isn't known whether the page of {when} arrived (O asks again): this one may be the second."


def line_words(view: View, coming: NextLine) -> str:
    """Such as "second line: Sam Example, until Mon 10:00": the end of their own shift, where it is known."""
    people = coming.people
    if people is None:
        return f"{coming.line}: who that is isn't known"
    words = f"{coming.line}: {', '.join(person.name for person in people)}"
    if coming.line != LINES[Role.SECOND_LINE]:
        return words
    rota = rota_of(view.snapshot)
    shifts = (shift_of(rota, Role.SECOND_LINE, person, view.now) for person in people)
    ends = until(rota, next((shift for shift in shifts if shift is not None), None))
    return f"{words}, until {day_clock(ends, view.now, view.calendar.timezone)}" if ends else words


def _taken_words(screen: Acting, coming: LastReached) -> str:
    if coming.nobody:
        return _nobody_words(screen, coming.nobody)
    if coming.untold:
        names = " or ".join(person.name for person in coming.untold)
        return f"{coming.policy.name} should have paged by now, and NOTHING SHOWS THAT {names} WAS"
    return f"Every step of {coming.policy.name} has been taken already"


def _nobody_words(screen: Acting, line: str) -> str:
    view = screen.desk_app.view
    today = view.now.astimezone(view.calendar.timezone).date()
    holiday = today in view.calendar.holidays
    return f"{line}: nobody now" + (", on a bank holiday without cover" if holiday else "")


# A person


def page_someone(screen: Acting, row: Alert | Ticket) -> None:
    """Choose anybody, on the rota or not, and page them after a question."""
    open_ladder(screen, row, "")


async def second_line_page(screen: Acting, ticket: Ticket) -> c.PagePerson | str:
    """The page to whoever is second line at this moment about a ticket; or, in words, why there is none."""
    who = await _second_line_now(screen)
    if isinstance(who, Unknown):
        return "Second line: unknown"
    if who is None:
        return _nobody_words(screen, "Second line")
    steps = ladder(screen.desk_app.view, who)
    rung = next((rung for rung in steps if same_person(rung.person, who)), Rung(who, "second line now", True))
    problem = _no_way(screen, joins=False)
    return f"Second line: {_to_ring(rung, problem)}" if problem else page_command(screen, ticket, rung)


async def _second_line_now(screen: Acting) -> Person | Unknown | None:
    """Who is second line, read afresh; where that fails, what the desk knows."""
    view, sources = screen.desk_app.view, screen.desk.sources
    answers = await _on_call(sources) if sources is not None else None
    answer = answer_for(view.config.rota.second_line.schedule, answers or ())
    if answer is None:
        return view.second_line
    return next(iter(answer.people), None) if answer.enabled else None


def ladder(view: View, on_second_line: Person | None = None) -> tuple[Rung, ...]:
    """Everybody who can be paged or rung, in the order in which the handbook would.

    `on_second_line` is who that is where it was just read.
    """
    who = on_second_line or view.second_line
    return tuple(facts.ladder(view.snapshot, view.config, view.calendar, view.now, who))


def _no_way(screen: Acting, *, joins: bool) -> str:
    """Why nobody can be added to an alert (`joins`), or paged by one of their own; empty where they can."""
    writer = screen.desk.sources.alert_writer if screen.desk.sources is not None else None
    if writer is None:
        return "can't be paged without a key that may change alerts"
    return "" if joins or writer.can_create else "can't be paged without [opsgenie] default_api_key"


def _to_ring(rung: Rung, problem: str) -> str:
    phone = f": {rung.phone}" if rung.phone else "; no number is in [people] or [rota] beyond"
    return f"{rung.person.name} {problem}: ring them{phone}"


def open_ladder(screen: Acting, row: Alert | Ticket, why: str) -> None:
    """Let the person choose whom to page; `why` says what has led here."""
    steps = ladder(screen.desk_app.view)
    zone, now = screen.desk_app.view.calendar.timezone, screen.desk_app.view.now
    choices = []
    for place, rung in enumerate(steps):
        ends = f" until {day_clock(rung.until, now, zone)}" if rung.until else ""
        none = "no telephone number" if not (rung.on_rota or rung.phone) else ""
        address = rung.person.email or "no address: ring them"
        # The number comes first: where there is little room, the end is cut.
        hint = "  ".join(part for part in (rung.phone, f"{rung.why}{ends}", address, none) if part)
        choices.append((str(place), rung.person.name, hint))
    if not choices:
        screen.say(
            f"{why + ': ' if why else ''}nobody is known who could be paged; see [rota] beyond", problem=True
        )
        return

    def chosen(picked: str | None) -> None:
        if picked is not None:
            _ask(screen, row, steps[int(picked)])

    title = f"{why}. Page whom?" if why else f"Page whom about {shortened(title_of(row), 50)}?"
    screen.desk_app.choose(title, choices, chosen)


def _ask(screen: Acting, row: Alert | Ticket, rung: Rung) -> None:
    app, person = screen.desk_app, rung.person
    joins = isinstance(row, Alert) and rung.on_rota
    problem = _no_way(screen, joins=joins) if person.email else "has no address in the alert service"
    if problem:
        screen.say(_to_ring(rung, problem), problem=True)
        return
    command: c.Command
    if joins:
        command = c.AddResponder("user", person.email, person.name)
        way = "adds them to this alert, and they are notified"
    else:
        command = page_command(screen, row, rung)
        way = "makes an alert of its own for them, with the default integration's key"
    phone = f" Their telephone: {rung.phone}." if rung.phone else ""
    confirm(
        app,
        f"Page {person.name} ({rung.why}) about {shortened(title_of(row), 60)}? It {way}.{phone}",
        "holds it for some seconds, then pages them",
        lambda: app.acts.do([(row, command)]),
        danger=True,
    )


def page_command(screen: Acting, row: Alert | Ticket, rung: Rung) -> c.PagePerson:
    """The alert that pages one person about something."""
    app = screen.desk_app
    me = app.config.me.name or app.config.me.email or "First line"
    urgent = row.priority in (*app.config.on_call.critical, "urgent")
    return c.PagePerson(
        username=rung.person.email,
        name=rung.person.name,
        message=head(f"{me} asks for help: {title_of(row)}", c.MOST_MESSAGE),
        description=f"{title_of(row)}\n{row.url}\n\nAsked for by {me}.",
        priority="P1" if urgent else "P2",
        tags=tuple(tag for tag in row.tags if tag.startswith("client_")),
        phone=rung.phone,
        line=_rung_words(screen, rung),
    )


def _rung_words(screen: Acting, rung: Rung) -> str:
    """Such as "second line: Sam Example, until Mon 10:00"; whoever has no shift goes by their name."""
    if not rung.on_rota:
        return rung.person.name
    app = screen.desk_app
    ends = (
        f", until {day_clock(rung.until, app.desk.now(), app.view.calendar.timezone)}" if rung.until else ""
    )
    return f"{rung.why.removesuffix(' now')}: {rung.person.name}{ends}"
