"""The handover as Markdown: what the next person on first line needs to know at the Wednesday changeover.

Subject lines and names of alerts only, unless more is asked for: the text is made to be pasted where more
people read than look after the tickets, and is read long after it was made, so moments are named and not
counted. What isn't known is said where the next person would look for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from support_desk.domain.alerts import Alert
from support_desk.domain.handover import About, Action, Facts, Next
from support_desk.domain.rota import Role, Unknown
from support_desk.domain.sla import Agreement, Ranked, is_emergency
from support_desk.domain.words import moment_words

NEAR = timedelta(hours=4)
"""Working time within which a deadline counts as near."""
PROMISE_NEAR = timedelta(days=1)
MOST = 12
"""Rows of a section; the rest is counted."""
FEW = 5
"""Rows of one kind among others, so that no kind crowds out the next one; the queue itself has them all."""


def to_markdown(facts: Facts, agreement: Agreement, *, details: bool = False) -> str:
    """The handover. `details` adds requesters, tags, links, telephone numbers and every action."""
    writer = _Writer(facts, agreement, details)
    sections = (
        ("Look at this first", writer.first()),
        ("Open, and what was promised", writer.open_tickets()),
        ("Waiting for the client", writer.waiting()),
        ("On hold", writer.on_hold()),
        ("Alerts that somebody has", writer.held_alerts()),
        ("Snoozed alerts", writer.snoozed()),
        ("Alerts of the week, by cause", writer.causes()),
        ("Escalated, and how it ended", writer.escalated()),
        ("Follow-ups", writer.follow_ups()),
        ("Runbooks changed", writer.runbooks()),
        ("Done", writer.actions()),
        ("Who is on next", writer.next_on()),
    )
    lines = [writer.title(), "", writer.summary(), ""]
    lines += [f"> Not complete: {_text(warning)}" for warning in facts.missing]
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
        self._promises = facts.promises or {}
        self._soon = agreement.calendar.add(facts.now, NEAR)
        self._unowned = sorted(
            (alert for alert in facts.alerts if alert.status == "open"),
            key=lambda alert: (alert.priority, alert.created_at),
        )
        self._kinds: dict[str, list[Ranked]] = {}
        for row in facts.tickets:
            self._kinds.setdefault(self._kind(row), []).append(row)

    def _kind(self, row: Ranked) -> str:
        """Where a ticket is told: each of them in one place."""
        ticket, deadline = row.ticket, row.verdict.deadline if row.verdict.kind == "due" else None
        promise = self._promises.get(ticket.id)
        if deadline is not None and deadline <= self._soon and is_emergency(ticket, self._agreement):
            return "emergency"
        if promise is not None and promise.due_at <= self._facts.now + PROMISE_NEAR:
            return "promised"
        if deadline is not None and deadline <= self._soon:
            return "late" if deadline <= self._facts.now else "near"
        if ticket.id in self._facts.believed_solved:
            return "believed"
        if promise is not None:
            return "promised later"
        if ticket.status in ("pending", "hold"):
            return ticket.status
        return "due" if deadline is not None else "open"

    def _of(self, kind: str) -> list[Ranked]:
        return self._kinds.get(kind, [])

    # Sections

    def title(self) -> str:
        start, end = self._at(self._facts.start, dated=True), self._at(self._facts.end, dated=True)
        return f"# Handover, {start} to {end}, by {_text(self._facts.by)}"

    def summary(self) -> str:
        """The week in a sentence or two, and the moment of which all this is true."""
        parts = [f"As of {self._at(self._facts.now)}", self._alerts_in_short()]
        emergencies = len(self._of("emergency"))
        late = sum(self._is_late(row) for row in self._facts.tickets)
        near = sum(self._is_near(row) for row in self._facts.tickets)
        counts = [
            f"{late} late" if late else "",
            f"{near} due by {self._at(self._soon)}" if near else "",
            f"{_many(emergencies, 'emergency', 'emergencies')} among them" if emergencies else "",
            f"{len(self._promises)} with a promised step" if self._promises else "",
        ]
        told = [count for count in counts if count] or ["none late or near its deadline"]
        known = "" if "zendesk" not in self._facts.doubtful else ", as far as is known"
        queue = f"{_many(len(self._facts.tickets), 'ticket')}: {', '.join(told)}{known}"
        parts.append(queue if self._facts.tickets or not known else "The tickets aren't known")
        parts.append(self._week_in_short())
        return ". ".join(parts) + "."

    def _week_in_short(self) -> str:
        """What became of the week, in a sentence."""
        if "history" in self._facts.doubtful:
            return "The week's alerts aren't known"
        total = sum(cause.count for cause in self._facts.causes)
        late = sum(cause.out_of_hours for cause in self._facts.causes)
        rang = f"{_many(total, 'alert')}, {late} out of hours" if total else "no alert"
        paged = sum(action.pages for action in self._facts.actions)
        if "log" in self._facts.doubtful:
            return f"The week: {rang}"
        return f"The week: {rang}; {f'{paged} escalated' if paged else 'nothing escalated'} from this desk"

    def _alerts_in_short(self) -> str:
        known = "" if "alerts" not in self._facts.doubtful else ", as far as is known"
        if self._unowned:
            worst = self._unowned[0].priority
            number = sum(alert.priority == worst for alert in self._unowned)
            one = len(self._unowned) == 1
            return (
                f"{_many(len(self._unowned), 'alert')} {'is' if one else 'are'} open and nobody has"
                f" {'it' if one else 'them'} ({worst if one else f'{number} × {worst}'}){known}"
            )
        if known and not self._facts.alerts:
            return "The alerts aren't known"
        held = any(alert.status == "acked" for alert in self._facts.alerts)
        return f"{'Every open alert has somebody' if held else 'No alert is open'}{known}"

    def _is_late(self, row: Ranked) -> bool:
        return self._is_due_by(row, self._facts.now)

    def _is_near(self, row: Ranked) -> bool:
        return self._is_due_by(row, self._soon) and not self._is_late(row)

    @staticmethod
    def _is_due_by(row: Ranked, moment: datetime) -> bool:
        deadline = row.verdict.deadline
        return row.verdict.kind == "due" and deadline is not None and deadline <= moment

    def first(self) -> list[str]:
        """What can't wait: alerts that nobody has, emergencies, promises for now, breached or near."""
        rows = [
            *_capped([self._unowned_words(alert) for alert in self._unowned], most=MOST),
            *_capped([self._ticket(row) for row in self._of("emergency")], more="more emergencies"),
            *(self._ticket(row) for row in self._of("promised")),
            *_capped([self._ticket(row) for row in self._of("late")], most=FEW, more="more late"),
            *_capped(
                [self._ticket(row) for row in self._of("near")],
                most=FEW,
                more=f"more due by {self._at(self._soon)}",
            ),
        ]
        nothing = "Nothing is late, near its deadline, or without an owner"
        doubts = self._facts.doubtful & {"zendesk", "alerts"}
        return rows or [f"{nothing}{', as far as is known' if doubts else ''}."]

    def _unowned_words(self, alert: Alert) -> str:
        about = self._about(alert)
        parts = [
            f"- **{alert.priority} {_text(alert.message)}**{self._alert_marks(alert)}: nobody has it",
            f"open since {self._at(alert.created_at)}",
            _times(alert),
            _text(about.paging),
            _runbook(about.runbook),
        ]
        return "; ".join(part for part in parts if part)

    def open_tickets(self) -> list[str]:
        open_ = len(self._of("open"))
        gone = "" if "zendesk" in self._facts.doubtful else ", which isn't in the queue"
        rows = [
            *(self._ticket(row) for row in self._of("promised later")),
            *(
                f"- #{number}{gone}: {self._promise(number)}"
                for number in sorted(self._promises)
                if all(row.ticket.id != number for row in self._facts.tickets)
            ),
            *_capped([self._ticket(row) for row in self._of("due")], most=FEW, more="more due later"),
            *([f"- {open_} more open, with no deadline that runs"] if open_ else []),
        ]
        return rows or self._none("zendesk", "None but those above.")

    def waiting(self) -> list[str]:
        believed = self._of("believed")
        rows = _capped([self._ticket(row, changed=True) for row in self._of("pending")])
        if believed:
            numbers = ", ".join(f"#{row.ticket.id}" for row in believed)
            rows.append(f"- Believed solved, and closed later unless the client writes: {numbers}")
        return rows or self._none("zendesk")

    def on_hold(self) -> list[str]:
        rows = [self._ticket(row, changed=True) for row in self._of("hold")]
        return _capped(rows) or self._none("zendesk")

    def snoozed(self) -> list[str]:
        rows = [
            f"- {alert.priority} {_text(alert.message)}{self._alert_marks(alert)}: comes back"
            + (f" {self._at(alert.snoozed_until)}" if alert.snoozed_until else ", when isn't known,")
            + " un-acknowledged"
            for alert in self._facts.alerts
            if alert.status == "snoozed"
        ]
        return _capped(rows) or self._none("alerts")

    def held_alerts(self) -> list[str]:
        rows = []
        for alert in self._facts.alerts:
            if alert.status != "acked":
                continue
            about = self._about(alert)
            who = _text(about.holder or alert.acknowledged_by or "somebody")
            parts = [
                f"- {alert.priority} {_text(alert.message)}{self._alert_marks(alert)}: {who} has it",
                f"open since {self._at(alert.created_at)}",
                _times(alert),
                _runbook(about.runbook),
            ]
            rows.append("; ".join(part for part in parts if part))
        return _capped(rows) or self._none("alerts")

    def causes(self) -> list[str]:
        causes = sorted(self._facts.causes, key=lambda cause: (-cause.count, cause.name))
        once = [cause for cause in causes if cause.count == 1]
        rows = [
            f"- {cause.count} × {_text(cause.name)}"
            + (f" ({_text(cause.client)})" if cause.client else "")
            + (f", {cause.out_of_hours} out of hours" if cause.out_of_hours else "")
            + (f", {cause.untaken} went away untouched" if cause.untaken else "")
            + (f", {cause.still_open} still open" if cause.still_open else "")
            + (f", runbook `{_code(cause.runbook)}`" if cause.runbook else ", no runbook")
            for cause in causes
            if cause.count > 1
        ]
        lines = _capped(rows, more="more that came more than once")
        if once:
            named = _listed([_text(cause.name) for cause in once], FEW)
            lines.append(f"- once each: {named}" if rows else f"- 1 × {named}")
        known_from = self._facts.history_from
        if known_from is not None and known_from > self._facts.start:
            lines.append(f"- Alerts before {self._at(known_from)} aren't in this desk's history.")
        return lines or self._unless("history", "None.")

    def escalated(self) -> list[str]:
        rows = [
            f"- {self._at(action.at)} {self._what(action)} about {_text(action.on)}: {_ended(action)}"
            + (f"; {_text(action.since)}" if action.since else "")
            for action in sorted(self._facts.actions, key=lambda action: action.at)
            if action.pages
        ]
        return _capped(rows) or self._unless("log", "Nothing was escalated from this desk.")

    def follow_ups(self) -> list[str]:
        rows = [
            f"- {self._what(action)} on {_text(action.on)}: {_ended(action)}"
            for action in self._facts.unfinished
        ]
        if self._facts.own:
            numbers = _listed([f"#{number}" for number in self._facts.own])
            rows.append(f"- Still with {_text(self._facts.by)}, to keep or to hand on: {numbers}")
        without = [f"#{row.ticket.id}" for row in self._facts.tickets if row.ticket.priority is None]
        if without:
            rows.append(f"- No priority yet: {_listed(without)}")
        if self._facts.suspended:
            held_back = self._facts.suspended
            rows.append(f"- {_many(held_back, 'suspended message')} to look at: some may be real tickets")
        rows += [
            f"- Write a runbook for {_text(cause.name)}: {cause.count} alerts and none"
            for cause in self._facts.causes
            if not cause.runbook and cause.count > 1
        ]
        return _capped(rows) or self._none("zendesk")

    def runbooks(self) -> list[str]:
        changed = self._facts.runbooks_changed
        if changed is None:
            return ["It can't be told: the runbooks aren't in a git checkout."]
        return _capped([f"- `{_code(path)}`" for path in changed]) or ["None."]

    def actions(self) -> list[str]:
        done = sorted(
            (action for action in self._facts.actions if action.outcome == "confirmed" and not action.pages),
            key=lambda action: action.at,
        )
        if not self._details:
            counts: dict[str, int] = {}
            for action in done:
                kind = action.what.split(":", 1)[0].split(" until ", 1)[0]
                counts[kind] = counts.get(kind, 0) + 1
            rows = [f"- {count} × {_text(kind)}" for kind, count in sorted(counts.items(), key=_by_count)]
        else:
            rows = [f"- {self._at(action.at)} {_text(action.what)} on {_text(action.on)}" for action in done]
        rows = _capped(rows, most=200 if self._details else MOST)
        return rows or self._unless("log", "Nothing from this desk.")

    def next_on(self) -> list[str]:
        rows = [self._next(following) for following in self._facts.next_on] or [
            "- Unknown: the rota could not be read"
        ]
        rows += [
            f"- **{day:%a} {day.day} {day:%b} is a bank holiday"
            f" {'without a second line in its hours' if second_line_only else 'and nobody covers it'}**"
            for day, second_line_only in self._facts.bare_days
        ]
        if self._facts.beyond:
            who = " or ".join(
                _text(name) + (f", {_text(phone)}" if phone and self._details else "")
                for name, phone in self._facts.beyond
            )
            rows.append(f"- Beyond the second line: {who}")
        rows.append("- To reach them: `e` and `E` in the desk page them, and show their numbers")
        return rows

    # Words

    def _next(self, following: Next) -> str:
        role, person = _ROLES[following.role], following.person
        if isinstance(person, Unknown):
            return f"- {role}: unknown, the rota doesn't reach so far"
        span = ""
        if following.start is not None:
            end = f" until {self._at(following.end)}" if following.end else ""
            span = f"{self._at(following.start)}{end}" if end else f"from {self._at(following.start)}"
        if person is None:
            return f"- {role}{f', {span}' if span else ''}: **nobody**"
        name = _text(person.name or person.email)
        phone = f", {_text(following.phone)}" if following.phone and self._details else ""
        if following.part:
            return f"- {role}, {span}: {name} steps in{phone}"
        return f"- {role}: {name}{f', {span}' if span else ''}{phone}"

    def _ticket(self, row: Ranked, *, changed: bool = False) -> str:
        ticket, verdict = row.ticket, row.verdict
        client = (self._facts.clients or {}).get(ticket.id) or ticket.organisation
        client = f" ({_text(client)})" if client else ""
        parts = [f"- #{ticket.id} {_text(ticket.subject)}{client}"]
        if is_emergency(ticket, self._agreement):
            parts.append("**emergency**")
        if self._facts.incident_tag and self._facts.incident_tag in ticket.tags:
            parts.append("**major incident**")
        if verdict.kind == "due" and verdict.deadline is not None:
            late = verdict.deadline <= self._facts.now
            what = _METRICS.get(verdict.metric or "", "due")
            when = self._at(verdict.deadline)
            parts.append(f"**late: {what.replace('due', 'was due')} {when}**" if late else f"{what} {when}")
        if ticket.priority is None:
            parts.append("no priority yet")
        parts.append(f"{_text(ticket.assignee)} has it" if ticket.assignee else "nobody has it")
        if ticket.id in self._promises:
            parts.append(self._promise(ticket.id))
        if changed:
            parts.append(f"last changed {self._at(ticket.updated_at)}")
        if self._details:
            parts += [f"from {_text(ticket.requester)}"] if ticket.requester else []
            parts += [f"tags {_text(' '.join(ticket.tags))}"] if ticket.tags else []
            parts += [f"<{ticket.url}>"] if ticket.url and not re.search(r"[\s<>]", ticket.url) else []
        return "; ".join(parts)

    def _promise(self, number: int) -> str:
        promise = self._promises[number]
        when = self._at(promise.due_at)
        if promise.due_at <= self._facts.now:
            return f"**promised for {when}, and not noted as done**: {_text(promise.step)}"
        return f"promised by {when}: {_text(promise.step)}"

    def _about(self, alert: Alert) -> About:
        return (self._facts.about or {}).get(alert.id, About())

    def _alert_marks(self, alert: Alert) -> str:
        client = self._about(alert).client
        wanted = self._facts.incident_tag.casefold()
        incident = bool(wanted) and wanted in {tag.casefold() for tag in alert.tags}
        return (f" ({_text(client)})" if client else "") + (" **major incident**" if incident else "")

    def _what(self, action: Action) -> str:
        """What was decided; what somebody wrote stays out unless it is asked for."""
        if self._details or not action.quoted:
            return _text(action.what)
        return _text(action.what.replace(action.quoted, "").rstrip(" :;,"))

    def _none(self, source: str, words: str = "None.") -> list[str]:
        """That there is nothing, as far as the source tells it."""
        return [f"{words[:-1]}, as far as is known."] if source in self._facts.doubtful else [words]

    def _unless(self, kept: str, words: str) -> list[str]:
        """The words, unless what this desk keeps can't be read."""
        return ["It can't be told."] if kept in self._facts.doubtful else [words]

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

_METRICS = {
    "first_reply_time": "first reply due",
    "next_reply_time": "reply due",
    "periodic_update_time": "update due",
    "pausable_update_time": "update due",
    "requester_wait_time": "answer due",
    "agent_work_time": "solution due",
    "total_resolution_time": "solution due",
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


def _times(alert: Alert) -> str:
    return f"rang {alert.count} times" if alert.count > 1 else ""


def _runbook(path: str) -> str:
    return f"runbook `{_code(path)}`" if path else "no runbook"


def _many(number: int, what: str, many: str = "") -> str:
    return f"{number} {what if number == 1 else many or f'{what}s'}"


def _listed(names: Sequence[str], most: int = MOST) -> str:
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left} more" if left > 0 else "")


def _by_count(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def _capped(rows: Iterable[str], *, most: int = MOST, more: str = "more") -> list[str]:
    found = list(rows)
    left = len(found) - most
    return [*found[:most], f"- and {left} {more}"] if left > 0 else found


_SPECIAL = re.compile(r"[\\`*\[\]<>|~]|(?<![^\W_])_|_(?![^\W_])")
"""What marks something up; an underscore between letters or digits doesn't."""

_BLOCK = re.compile(r"^(\d*)(?=(?:#{1,6}|[-+]|(?<=\d)[.)])(?:\s|$))")
"""Where words begin as a heading or an item of a list does."""


def _text(text: str | None) -> str:
    """Somebody's words in a line of Markdown: they mark nothing up, make no link and begin no block."""
    return _BLOCK.sub(r"\1\\", _SPECIAL.sub(r"\\\g<0>", " ".join((text or "").split())))


def _code(text: str) -> str:
    return " ".join(text.split()).replace("`", "'")
