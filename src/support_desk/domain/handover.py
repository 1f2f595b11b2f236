"""What the next person on first line needs to know at the Wednesday changeover, as Markdown.

Subject lines and names of alerts only, unless more is asked for: the text is made to be pasted where more
people read than look after the tickets. What isn't known is said where the next person would look for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from support_desk.domain.alerts import Alert
from support_desk.domain.commands import Promise
from support_desk.domain.rota import Person, Role, Unknown
from support_desk.domain.sla import Agreement, Ranked, is_emergency
from support_desk.domain.words import duration_words, moment_words
from support_desk.records import record

CHANGEOVER_DAY = 2
"""Wednesday: when the in-hours people change, at the hour when work begins."""
NEAR = timedelta(hours=4)
"""Working time within which a deadline counts as near."""
MOST = 12
"""Rows of a section; the rest is counted."""


@record
class Rang:
    """An alert of the range, as the history has it."""

    pattern: str
    """What alerts of one cause have in common (`storms.pattern`)."""
    message: str
    at: datetime
    open: bool
    out_of_hours: bool
    client: str = ""
    runbook: str = ""


@record
class Cause:
    """Alerts of one cause within the range."""

    name: str
    """A message of theirs, as the latest had it. Cleaned."""
    count: int
    """How many alerts there were."""
    out_of_hours: int
    """How many of them began outside the working hours."""
    still_open: int = 0
    client: str = ""
    runbook: str = ""
    """The runbook that goes with it; empty: none."""


@record
class Action:
    """Something that was done, as the log has it."""

    at: datetime
    what: str
    """In words, such as "acknowledge" or "ESCALATE to second line (sam@...)". Cleaned."""
    on: str
    """The target's title. Cleaned."""
    by: str
    outcome: str
    """The phase in which it ended or stands, such as `confirmed`."""
    words: str = ""
    """What the service or the desk said of it. Cleaned."""
    pages: bool = False
    """It pages somebody, or hands a ticket on."""


@record
class Next:
    """Who takes over a line, and when."""

    role: Role
    person: Person | Unknown | None
    """None: nobody; `UNKNOWN`: the rota doesn't say."""
    start: datetime | None = None


@record
class Facts:
    """Everything that a handover is made of."""

    start: datetime
    end: datetime
    """The range (UTC, half open); the present state is as of `now`."""
    now: datetime
    by: str
    """Who hands over."""
    tickets: tuple[Ranked, ...] = ()
    """The queue, in its order."""
    promises: Mapping[int, Promise] | None = None
    """What was promised next, by the ticket's number."""
    alerts: tuple[Alert, ...] = ()
    """The alerts that aren't closed."""
    causes: tuple[Cause, ...] = ()
    actions: tuple[Action, ...] = ()
    unfinished: tuple[Action, ...] = ()
    """What was decided and isn't known to be done."""
    runbooks_changed: tuple[str, ...] | None = None
    """Paths; None: it can't be told."""
    next_on: tuple[Next, ...] = ()
    missing: tuple[str, ...] = ()
    """What couldn't be read, a line each: the reader must know that the list may be short."""
    history_from: datetime | None = None
    """From when on the history of alerts is kept; None: from before the range."""


def support_week(at: datetime, zone: ZoneInfo, opens: time) -> tuple[datetime, datetime]:
    """The support week around a moment: Wednesday to Wednesday, at the hour when work begins (UTC).

    Within the last day before a changeover it is the week that ends; the handbook's week is Wednesday to
    Tuesday, and its in-hours people change on Wednesday at 10:00.
    """
    local = at.astimezone(zone)
    day = local.date() - timedelta(days=(local.weekday() - CHANGEOVER_DAY) % 7)
    start = datetime.combine(day, opens, zone)
    if start > local:
        start = datetime.combine(day - timedelta(days=7), opens, zone)
    end = datetime.combine(start.date() + timedelta(days=7), opens, zone)
    utc = ZoneInfo("UTC")
    return start.astimezone(utc), end.astimezone(utc)


def to_markdown(facts: Facts, agreement: Agreement, *, details: bool = False) -> str:
    """The handover as Markdown. `details` adds requesters, tags and what the services said."""
    writer = _Writer(facts, agreement, details)
    sections = (
        ("Look at this first", writer.first()),
        ("Open, and what was promised", writer.open_tickets()),
        ("Waiting for the client", writer.waiting()),
        ("Snoozed alerts", writer.snoozed()),
        ("Alerts that are open", writer.open_alerts()),
        ("Alerts of the week, by cause", writer.causes()),
        ("Escalated, and how it ended", writer.escalated()),
        ("Follow-ups", writer.follow_ups()),
        ("Runbooks changed", writer.runbooks()),
        ("Done", writer.actions()),
        ("Who is on next", writer.next_on()),
    )
    lines = [writer.title(), ""]
    lines += [f"> Not complete: {warning}" for warning in facts.missing]
    lines += [""] * bool(facts.missing)
    for title, rows in sections:
        lines += [f"## {title}", "", *rows, ""]
    return "\n".join(lines).rstrip() + "\n"


class _Writer:
    """The sections, each a list of lines; an empty one says that it is empty and known to be."""

    def __init__(self, facts: Facts, agreement: Agreement, details: bool) -> None:
        self._facts = facts
        self._agreement = agreement
        self._details = details
        self._zone = agreement.calendar.timezone

    def title(self) -> str:
        start, end = self._at(self._facts.start, dated=True), self._at(self._facts.end, dated=True)
        return f"# Handover, {start} to {end}, by {_text(self._facts.by)}"

    def first(self) -> list[str]:
        """What can't wait: breached or near, unacknowledged alerts, promises that are due."""
        now, near = self._facts.now, self._facts.now + timedelta(days=1)
        rows = [
            f"- **{alert.priority} {_text(alert.message)}** is open and nobody has it,"
            f" since {self._at(alert.created_at)}"
            for alert in self._facts.alerts
            if alert.status == "open"
        ]
        rows += [self._ticket(row) for row in self._pressing()]
        for number, promise in sorted((self._facts.promises or {}).items(), key=lambda pair: pair[1].due_at):
            if promise.due_at <= near and self._find(number) is not None:
                late = "was due" if promise.due_at <= now else "is due"
                rows.append(f"- #{number}: {_text(promise.step)} {late} {self._at(promise.due_at)}")
        return _capped(rows, "Nothing is late, near its deadline, or without an owner.")

    def _pressing(self) -> list[Ranked]:
        soon = self._agreement.calendar.add(self._facts.now, NEAR)
        return [
            row
            for row in self._facts.tickets
            if row.verdict.kind == "due" and row.verdict.deadline is not None and row.verdict.deadline <= soon
        ]

    def open_tickets(self) -> list[str]:
        pressing = {row.ticket.id for row in self._pressing()}
        rows = [
            self._ticket(row)
            for row in self._facts.tickets
            if row.ticket.status in ("new", "open", "hold")
            and row.ticket.id not in pressing
            and (row.ticket.id in (self._facts.promises or {}) or row.verdict.kind == "due")
        ]
        return _capped(rows, "None but those above.")

    def waiting(self) -> list[str]:
        rows = [self._ticket(row) for row in self._facts.tickets if row.ticket.status == "pending"]
        return _capped(rows, "None.")

    def snoozed(self) -> list[str]:
        rows = [
            f"- {alert.priority} {_text(alert.message)}: comes back"
            + (f" {self._at(alert.snoozed_until)}" if alert.snoozed_until else ", when isn't known,")
            + " un-acknowledged"
            for alert in self._facts.alerts
            if alert.status == "snoozed"
        ]
        return _capped(rows, "None.")

    def open_alerts(self) -> list[str]:
        rows = [
            f"- {alert.priority} {_text(alert.message)}: "
            + (
                f"{alert.acknowledged_by or 'somebody'} has it"
                if alert.status == "acked"
                else "nobody has it"
            )
            + f", since {self._at(alert.created_at)}"
            + (f", {alert.count} times" if alert.count > 1 else "")
            for alert in self._facts.alerts
            if alert.status in ("open", "acked")
        ]
        return _capped(rows, "None.")

    def causes(self) -> list[str]:
        rows = [
            f"- {cause.count} × {_text(cause.name)}"
            + (f" ({_text(cause.client)})" if cause.client else "")
            + (f", {cause.out_of_hours} out of hours" if cause.out_of_hours else "")
            + (f", {cause.still_open} still open" if cause.still_open else "")
            + (f", runbook `{_code(cause.runbook)}`" if cause.runbook else ", no runbook")
            for cause in sorted(self._facts.causes, key=lambda cause: (-cause.count, cause.name))
        ]
        known_from = self._facts.history_from
        if known_from is not None and known_from > self._facts.start:
            rows.append(f"- Alerts before {self._at(known_from)} aren't in this desk's history.")
        return _capped(rows, "None.")

    def escalated(self) -> list[str]:
        rows = [
            f"- {self._at(action.at)} {_text(action.what)} about {_text(action.on)}: {_ended(action)}"
            for action in self._facts.actions
            if action.pages
        ]
        return _capped(rows, "Nothing was escalated from this desk.")

    def follow_ups(self) -> list[str]:
        rows = [
            f"- {_text(action.what)} on {_text(action.on)}: {_ended(action)}"
            for action in self._facts.unfinished
        ]
        rows += [
            f"- #{row.ticket.id} {_text(row.ticket.subject)} has no priority yet"
            for row in self._facts.tickets
            if row.ticket.priority is None
        ]
        rows += [
            f"- {_text(cause.name)} has no runbook and rang {cause.count} times"
            for cause in self._facts.causes
            if not cause.runbook and cause.count > 1
        ]
        return _capped(rows, "None.")

    def runbooks(self) -> list[str]:
        changed = self._facts.runbooks_changed
        if changed is None:
            return ["It can't be told: the runbooks aren't in a git checkout."]
        return _capped([f"- `{_code(path)}`" for path in changed], "None.")

    def actions(self) -> list[str]:
        done = [
            action for action in self._facts.actions if action.outcome == "confirmed" and not action.pages
        ]
        if not self._details:
            counts: dict[str, int] = {}
            for action in done:
                kind = action.what.split(":", 1)[0].split(" until ", 1)[0]
                counts[kind] = counts.get(kind, 0) + 1
            rows = [f"- {count} × {_text(kind)}" for kind, count in sorted(counts.items(), key=_by_count)]
        else:
            rows = [f"- {self._at(action.at)} {_text(action.what)} on {_text(action.on)}" for action in done]
        return _capped(rows, "Nothing from this desk.", most=200 if self._details else MOST)

    def next_on(self) -> list[str]:
        return [
            f"- {_ROLES[following.role]}: {self._who(following)}" for following in self._facts.next_on
        ] or ["- Unknown: the rota could not be read."]

    # Words

    def _who(self, following: Next) -> str:
        if isinstance(following.person, Unknown):
            return "unknown, the rota doesn't reach so far"
        if following.person is None:
            return "**nobody**"
        since = f" from {self._at(following.start)}" if following.start else ""
        return f"{_text(following.person.name)}{since}"

    def _ticket(self, row: Ranked) -> str:
        ticket, verdict = row.ticket, row.verdict
        parts = [f"- #{ticket.id} {_text(ticket.subject)}"]
        if is_emergency(ticket, self._agreement):
            parts.append("**emergency**")
        if verdict.kind == "due" and verdict.deadline is not None:
            late = verdict.deadline <= self._facts.now
            span = duration_words(verdict.deadline - self._facts.now)
            parts.append(f"**late by {span}**" if late else f"due {self._at(verdict.deadline)} (in {span})")
        parts.append(f"{_text(ticket.assignee)} has it" if ticket.assignee else "nobody has it")
        if ticket.id in (self._facts.promises or {}):
            promise = (self._facts.promises or {})[ticket.id]
            parts.append(f"next: {_text(promise.step)} by {self._at(promise.due_at)}")
        if self._details:
            parts += [f"from {_text(ticket.requester)}"] if ticket.requester else []
            parts += [f"tags {_text(' '.join(ticket.tags))}"] if ticket.tags else []
        return "; ".join(parts)

    def _find(self, number: int) -> Ranked | None:
        return next((row for row in self._facts.tickets if row.ticket.id == number), None)

    def _at(self, at: datetime | None, *, dated: bool = False) -> str:
        if at is None:
            return "at an unknown moment"
        if dated:
            # A year away, so that the date is written out whole.
            return moment_words(at, at - timedelta(days=366), self._zone)
        return moment_words(at, self._facts.now, self._zone)


_ROLES = {
    Role.DEV: "First line, developer",
    Role.OPS: "First line, ops",
    Role.ON_CALL: "On call",
    Role.SECOND_LINE: "Second line",
}

_OUTCOMES = {
    "confirmed": "done",
    "failed": "not done",
    "conflict": "not sent, it had changed meanwhile",
    "unknown": "**whether it was done isn't known**",
    "expired": "not sent, it was too old",
    "cancelled": "taken back",
    "queued": "not sent yet",
    "held": "not sent yet",
    "sending": "on its way",
}


def _ended(action: Action) -> str:
    outcome = _OUTCOMES.get(action.outcome, action.outcome)
    return f"{outcome} ({_text(action.words)})" if action.words else outcome


def _by_count(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def _capped(rows: Sequence[str], nothing: str, *, most: int = MOST) -> list[str]:
    if not rows:
        return [nothing]
    left = len(rows) - most
    return [*rows[:most], f"- and {left} more"] if left > 0 else list(rows)


_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_[]<>|~"})

_BLOCK = re.compile(r"^(\d*)(?=(?:#{1,6}|[-+]|(?<=\d)[.)])(?:\s|$))")
"""Where words begin as a heading or an item of a list does."""


def _text(text: str | None) -> str:
    """Somebody's words in a line of Markdown: they mark nothing up, make no link and begin no block."""
    return _BLOCK.sub(r"\1\\", " ".join((text or "").split()).translate(_SPECIAL))


def _code(text: str) -> str:
    return " ".join(text.split()).replace("`", "'")


def causes_of(alerts: Iterable[Rang]) -> tuple[Cause, ...]:
    """The alerts of a range by their cause, the most frequent first."""
    found: dict[str, list[Rang]] = {}
    for alert in alerts:
        found.setdefault(alert.pattern, []).append(alert)
    return tuple(
        _cause(alike) for alike in sorted(found.values(), key=lambda rows: (-len(rows), rows[0].message))
    )


def _cause(alike: Sequence[Rang]) -> Cause:
    latest = max(alike, key=lambda alert: alert.at)
    return Cause(
        latest.message,
        len(alike),
        sum(alert.out_of_hours for alert in alike),
        sum(alert.open for alert in alike),
        latest.client,
        latest.runbook,
    )
