"""The facts of a handover, gathered from the desk, the history of alerts, the log and the runbooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from support_desk.config.rules import client_rules, ticket_tag
from support_desk.desk.facts import escalation_to, in_words, person_named, second_line_at, worked_rota
from support_desk.desk.history import AlertRecord
from support_desk.desk.outbox_store import LogLine
from support_desk.desk.pages_sent import pages_of_log
from support_desk.desk.snapshot import SourceName, State, source_state
from support_desk.domain.alerts import Alert
from support_desk.domain.clients import ClientRule, client_of_alert, client_of_ticket, in_hours
from support_desk.domain.command_words import command_words, quote, text_of
from support_desk.domain.commands import Promise, is_one_key_escalation, pages_somebody
from support_desk.domain.cover import bare_days
from support_desk.domain.escalation import Countdown
from support_desk.domain.handover import About, Action, Due, Facts, Next, Rang, causes_of
from support_desk.domain.intents import ASKING, MOVING, Phase, Target
from support_desk.domain.paged import Page, Proof, with_others
from support_desk.domain.rota import UNKNOWN, Person, Role, Rota, same_address, same_person
from support_desk.domain.rota_weeks import Line, weeks
from support_desk.domain.runbooks import RunbookRule, runbook_for_alert
from support_desk.domain.storms import pattern
from support_desk.domain.tickets import Ticket
from support_desk.domain.words import day_clock, moment_words
from support_desk.glance import source_error
from support_desk.records import record
from support_desk.reports.timers import Known, due_by_timers

if TYPE_CHECKING:
    from support_desk.config.model import Config
    from support_desk.desk.snapshot import Snapshot


WEEK = timedelta(days=7)
SOURCES = (SourceName.ZENDESK, SourceName.ALERTS, SourceName.ROTA)
"""What a handover is made of besides what is kept here."""

UNFINISHED = MOVING | ASKING


@record
class Kept:
    """What is kept beside the readings. None: it can't be read, which is said."""

    history: tuple[AlertRecord, ...] | None
    """The alerts of the range."""
    log: tuple[LogLine, ...] | None
    """The steps of this person's actions within the range."""
    promises: Mapping[int, Promise]
    pages: Mapping[str, Page]
    """Whom the desks that share the readings have had paged about alerts, by the alert's id."""
    runbooks_changed: tuple[str, ...] | None = None
    rules: tuple[RunbookRule, ...] = ()
    """The configuration's rules for runbooks."""
    history_from: datetime | None = None
    no_history: bool = False
    """Nothing is in the history yet: that no alert is in it says nothing of the week."""


def handover_facts(view: Known, start: datetime, end: datetime, kept: Kept) -> Facts:
    """What a handover of this range is made of."""
    actions = _actions(kept, view)
    own_pages = pages_of_log(kept.log or ())
    pages = with_others(own_pages, kept.pages, view.config.me.email)
    by_hand = own_pages.keys() | {id_ for id_, page in pages.items() if not page.by_policy}
    missing = {source.value: words for source, words in _missing(view.snapshot, view.now)}
    if kept.history is None:
        missing["history"] = "the history of alerts can't be read"
    elif kept.no_history:
        missing["history"] = "no alert is in this desk's history yet: support-desk history import fills it"
    if kept.log is None:
        missing["log"] = "the log of what was done here can't be read"
    me, suspended = view.config.me, view.snapshot.suspended
    next_on = tuple(_next_on(view, end))
    return Facts(
        start=start,
        end=end,
        now=view.now,
        by=me.name or me.email or "first line",
        tickets=view.snapshot.tickets.rows,
        clients=_clients(view),
        promises=kept.promises,
        alerts=view.snapshot.alerts.rows,
        about=_about(view, kept, pages),
        causes=causes_of(_rang(kept, view, start, end)),
        actions=tuple(action for action in actions if action.outcome != Phase.CANCELLED.value),
        due=_due(kept, view, start, end, frozenset(by_hand)),
        unfinished=tuple(action for action in actions if action.outcome in UNFINISHED),
        runbooks_changed=kept.runbooks_changed,
        next_on=next_on,
        own=_own(view, next_on),
        bare_days=_bare_days(view, end),
        beyond=tuple((step.name or step.email, step.phone) for step in view.config.rota.beyond),
        believed_solved=frozenset(
            row.ticket.id
            for row in view.snapshot.tickets.rows
            if _is_believed_solved(row.ticket, view.config)
        ),
        incident_tag=view.config.on_call.incident_tag,
        suspended=None if suspended.read_at is None else len(suspended.rows),
        missing=tuple(missing.values()),
        doubtful=frozenset(missing),
        history_from=kept.history_from,
    )


def _due(kept: Kept, view: Known, start: datetime, end: datetime, by_hand: frozenset[str]) -> tuple[Due, ...]:
    """What the policies were to page by themselves within the range; `by_hand`: alerts told of already."""
    rang = [past for past in kept.history or () if start <= past.created_at < end]
    return tuple(due_by_timers(rang, view, view.agreement.calendar.timezone, told=by_hand))


COUNTED = (SourceName.ALERTS, SourceName.ZENDESK)
"""The sources of which nothing can be said to be empty where they aren't configured."""


def _missing(snapshot: Snapshot, now: datetime) -> Iterator[tuple[SourceName, str]]:
    for source in SOURCES:
        found = source_state(snapshot, source, now)
        if found is State.OFF and source in COUNTED:
            yield source, f"{source.value} not configured"
        elif found not in (State.FRESH, State.OFF):
            error = source_error(snapshot, source, now)
            yield source, f"{source.value} {found.value}" + (f": {error}" if error else "")


def _own(view: Known, next_on: Iterable[Next]) -> tuple[int, ...]:
    """The unsolved tickets of who hands over, in the order of the queue; none if they are on next as well."""
    me = view.config.me.email
    first_line = (row.person for row in next_on if row.role in (Role.DEV, Role.OPS) and not row.part)
    stays = any(isinstance(person, Person) and same_address(person.email, me) for person in first_line)
    if not me or stays:
        return ()
    return tuple(
        row.ticket.id
        for row in view.snapshot.tickets.rows
        if row.ticket.status in ("new", "open", "hold") and same_address(row.ticket.assignee_email, me)
    )


def _clients(view: Known) -> dict[int, str]:
    """The clients of the tickets, as far as they are known by tag or organisation."""
    rules = client_rules(view.config)
    found = ((row.ticket.id, client_of_ticket(row.ticket, rules)) for row in view.snapshot.tickets.rows)
    return {number: guess.name for number, guess in found if guess is not None}


def _is_believed_solved(ticket: Ticket, config: Config) -> bool:
    """Whether it closes by itself: by the configured tag, or by what its status is called."""
    tag = ticket_tag(config.zendesk.believed_solved.tag)
    return (bool(tag) and tag in ticket.tags) or "believed solved" in (ticket.custom_status or "").casefold()


def _about(view: Known, kept: Kept, pages: Mapping[str, Page]) -> dict[str, About]:
    """What a reader would ask about each alert that isn't closed: whose, by what runbook, who was told."""
    clients, now, found = client_rules(view.config), view.now, {}
    on_second_line = second_line_at(view.snapshot, now, view.config, view.agreement.calendar)
    for alert in view.snapshot.alerts.rows:
        client, runbook = _client_and_runbook(alert, view, clients, kept.rules)
        coming = escalation_to(
            on_second_line, alert, view.snapshot, now, view.config, page=pages.get(alert.id)
        )
        paging = _paging(in_words(coming, view.config, view.snapshot), view) if alert.status == "open" else ""
        who = person_named(alert.acknowledged_by or "", view.snapshot, view.config)
        found[alert.id] = About(client, runbook, who, paging)
    return found


def _client_and_runbook(
    alert: Alert, view: Known, clients: Sequence[ClientRule], rules: tuple[RunbookRule, ...]
) -> tuple[str, str]:
    guess = client_of_alert(alert, clients)
    client = guess.name if guess else ""
    match = runbook_for_alert(alert, client, runbooks=view.snapshot.runbooks.rows, rules=rules)
    return client, match.path if match else ""


def _paging(found: Countdown, view: Known) -> str:
    """Whether somebody else was or will be paged; that somebody was, where an action here proved it."""
    told = [] if found.page is None else [_told(found.page, view)]
    return "; ".join([*told, *filter(None, [_to_come(found, view)])])


def _told(page: Page, view: Known) -> str:
    at = moment_words(page.at, view.now, view.agreement.calendar.timezone)
    if page.proof is Proof.UNKNOWN:
        return f"whether the page of {at} arrived isn't known"
    by_hand = page.escalation and not page.by_policy
    return f"{'escalated' if by_hand else 'paged'} {at}: {page.words}"


def _to_come(found: Countdown, view: Known) -> str:
    who = found.next or "the next line"
    at = found.due_at and moment_words(found.due_at, view.now, view.agreement.calendar.timezone)
    if found.missed or found.state == "due":
        who = "the second line" if found.state == "running" else who
        when = f" {at}" if at and found.state == "due" else ""
        return f"{who} should have been paged{when}: check"
    return f"{who} is paged {at}" if found.state == "running" and at else ""


def _rang(kept: Kept, view: Known, start: datetime, end: datetime) -> Iterable[Rang]:
    clients = client_rules(view.config)
    for past in kept.history or ():
        if not start <= past.created_at < end:
            continue
        client, runbook = _client_and_runbook(past.alert(), view, clients, kept.rules)
        yield Rang(
            f"{client}|{pattern(past.message)}",
            past.message,
            past.created_at,
            past.gone_at is None,
            not in_hours(past.created_at, view.agreement.calendar),
            client,
            runbook,
            past.acked_at is not None,
        )


def _since(target: Target, kept: Kept, view: Known) -> str:
    """What has become of what an action was about, as far as the readings tell."""
    if target.kind == "ticket":
        row = next(
            (row.ticket for row in view.snapshot.tickets.rows if str(row.ticket.id) == target.id), None
        )
        if row is not None:
            has = f"{row.assignee} has it" if row.assignee else "nobody has it"
            return f"the ticket is {row.status} now, and {has}"
        fresh = source_state(view.snapshot, SourceName.ZENDESK, view.now) is State.FRESH
        return "the ticket isn't in the queue any more" if fresh else ""
    past = next((alert for alert in kept.history or () if alert.id == target.id), None)
    if past is None:
        return ""
    if past.gone_at is None:
        return "the alert is still open"
    return f"the alert was closed {moment_words(past.gone_at, view.now, view.agreement.calendar.timezone)}"


def _actions(kept: Kept, view: Known) -> tuple[Action, ...]:
    """The last step of each action, in the order of their first ones."""
    log = kept.log or ()
    zone = view.agreement.calendar.timezone
    last: dict[str, LogLine] = {}
    first: dict[str, datetime] = {}
    for line in log:
        first.setdefault(line.action, line.at)
        last[line.action] = line
    return tuple(
        Action(
            first[line.action],
            command_words(line.command, lambda moment: day_clock(moment, view.now, zone)),
            line.title,
            line.by,
            line.phase.value,
            line.words,
            pages := pages_somebody(line.command) or is_one_key_escalation(line.command),
            _since(line.target, kept, view) if pages else "",
            quote(text_of(line.command)),
        )
        for line in last.values()
    )


def _next_on(view: Known, end: datetime) -> Iterator[Next]:
    """Who has each line in the week that begins, and which parts of it are somebody else's or nobody's."""
    rota = worked_rota(view.snapshot, view.agreement.calendar)
    if rota is None:
        return
    week = next(iter(weeks(rota, end, view.agreement.calendar, 1)), None)
    lines = {line.role: line for line in week.lines} if week else {}
    phones = {address.casefold(): person.phone for address, person in view.config.people.items()}
    for role in (Role.DEV, Role.OPS, Role.ON_CALL, Role.SECOND_LINE):
        line = lines.get(role)
        for following in _parts_of(line, rota) if line else [Next(role, UNKNOWN)]:
            who = following.person
            phone = phones.get(who.email.casefold(), "") if isinstance(who, Person) else ""
            yield replace(following, phone=phone)


def _parts_of(line: Line, rota: Rota) -> Iterator[Next]:
    """Whose week it is, then who steps in and when nobody is there."""
    main = line.main
    if main is None:
        yield Next(line.role, None if line.known else UNKNOWN)
        return
    own = [turn for turn in line.turns if same_person(turn.person, main.person)]
    last = max(turn.end for turn in own)
    yield Next(line.role, main.person, own[0].start, last if last < rota.cover.end else None)
    parts = [Next(line.role, turn.person, turn.start, turn.end, part=True) for turn in line.others]
    parts += [Next(line.role, None, gap.start, gap.end, part=True) for gap in line.gaps]
    yield from sorted(parts, key=lambda part: part.start or last)


def _bare_days(view: Known, end: datetime) -> tuple[tuple[date, bool], ...]:
    """The bank holidays of the week that begins, which somebody ought to cover and nobody does."""
    calendar = view.agreement.calendar
    rota = worked_rota(view.snapshot, calendar)
    last = (end + WEEK).astimezone(calendar.timezone).date()
    return tuple(row for row in bare_days(rota, end, calendar) if row[0] < last) if rota else ()
