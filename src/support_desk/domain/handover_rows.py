"""The rows of a handover: what is said of a ticket, alert, cause, action or person, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from support_desk.domain.alerts import Alert
from support_desk.domain.handover import About, Action, Cause, Due, Facts, Next
from support_desk.domain.markdown import code, plain
from support_desk.domain.rota import Role, Unknown
from support_desk.domain.sla import Agreement, Ranked, is_emergency
from support_desk.domain.words import moment_words

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


_LINKABLE = re.compile(r"[!-;=?-~]+")
"""An address that can stand between angle brackets."""


class Rows:
    """Rows in Markdown. Moments are local and named, because the text is read long after it was made."""

    def __init__(self, facts: Facts, agreement: Agreement, *, details: bool) -> None:
        self._facts = facts
        self._agreement = agreement
        self._details = details
        self._zone = agreement.calendar.timezone
        self._promises = facts.promises or {}

    def unowned(self, alert: Alert) -> str:
        """An alert that nobody has, and when somebody is paged about it."""
        about = self._about(alert)
        parts = [
            f"- **{alert.priority} {plain(alert.message)}**{self._alert_marks(alert)}: nobody has it",
            f"open since {self.at(alert.created_at)}",
            _times(alert),
            plain(about.paging),
            _runbook(about.runbook),
        ]
        return "; ".join(part for part in parts if part)

    def held(self, alert: Alert) -> str:
        """An alert that somebody has."""
        about = self._about(alert)
        who = plain(about.holder or alert.acknowledged_by or "somebody")
        parts = [
            f"- {alert.priority} {plain(alert.message)}{self._alert_marks(alert)}: {who} has it",
            f"open since {self.at(alert.created_at)}",
            _times(alert),
            _runbook(about.runbook),
        ]
        return "; ".join(part for part in parts if part)

    def snoozed(self, alert: Alert) -> str:
        """An alert that comes back."""
        return (
            f"- {alert.priority} {plain(alert.message)}{self._alert_marks(alert)}: comes back"
            + (f" {self.at(alert.snoozed_until)}" if alert.snoozed_until else ", when isn't known,")
            + " un-acknowledged"
        )

    def cause(self, cause: Cause) -> str:
        """A cause that came more than once."""
        return (
            f"- {cause.count} × {plain(cause.name)}"
            + (f" ({plain(cause.client)})" if cause.client else "")
            + (f", {cause.out_of_hours} out of hours" if cause.out_of_hours else "")
            + (f", {cause.untaken} went away untouched" if cause.untaken else "")
            + (f", {cause.still_open} still open" if cause.still_open else "")
            + (f", runbook `{code(cause.runbook)}`" if cause.runbook else ", no runbook")
        )

    def escalated(self, action: Action) -> str:
        """A page, and what came of it."""
        since = f"; {plain(action.since)}" if action.since else ""
        return (
            f"- {self.at(action.at)} {self._what(action)} about {plain(action.on)}: {_ended(action)}{since}"
        )

    def due(self, due: Due) -> str:
        """A page that the policy was to make by itself, and what became of the alert."""
        who = f"the second line ({plain(due.who)})" if due.who else "the second line, who isn't known,"
        after = "" if due.basis == "policy" else " (by the configured minutes: its policy isn't known)"
        return f"- {self.at(due.at)} {who} was due for {plain(due.title)}{after}: {plain(due.ended)}"

    def done(self, action: Action) -> str:
        """What was done from this desk."""
        return f"- {self.at(action.at)} {plain(action.what)} on {plain(action.on)}"

    def unfinished(self, action: Action) -> str:
        """What still has to be decided or looked at."""
        return f"- {self._what(action)} on {plain(action.on)}: {_ended(action)}"

    def next(self, following: Next) -> str:
        """Who takes over a line, and from when until when."""
        role, person = _ROLES[following.role], following.person
        if isinstance(person, Unknown):
            return f"- {role}: unknown, the rota doesn't reach so far"
        span = ""
        if following.start is not None:
            end = f" until {self.at(following.end)}" if following.end else ""
            span = f"{self.at(following.start)}{end}" if end else f"from {self.at(following.start)}"
        if person is None:
            return f"- {role}{f', {span}' if span else ''}: **nobody**"
        name = plain(person.name or person.email)
        phone = f", {plain(following.phone)}" if following.phone and self._details else ""
        if following.part:
            return f"- {role}, {span}: {name} steps in{phone}"
        return f"- {role}: {name}{f', {span}' if span else ''}{phone}"

    def ticket(self, row: Ranked, *, changed: bool = False) -> str:
        """A ticket with its deadline, who has it and what was promised; `changed`: and when it last was."""
        ticket, verdict = row.ticket, row.verdict
        client = (self._facts.clients or {}).get(ticket.id) or ticket.organisation
        client = f" ({plain(client)})" if client else ""
        parts = [f"- #{ticket.id} {plain(ticket.title)}{client}"]
        if is_emergency(ticket, self._agreement):
            parts.append("**emergency**")
        if self._is_incident(ticket.tags):
            parts.append("**major incident**")
        if verdict.kind == "due" and verdict.deadline is not None:
            late = verdict.deadline <= self._facts.now
            what = _METRICS.get(verdict.metric or "", "due")
            when = self.at(verdict.deadline)
            parts.append(f"**late: {what.replace('due', 'was due')} {when}**" if late else f"{what} {when}")
        if ticket.priority is None:
            parts.append("no priority yet")
        parts.append(f"{plain(ticket.assignee)} has it" if ticket.assignee else "nobody has it")
        if ticket.id in self._promises:
            parts.append(self.promise(ticket.id))
        if changed:
            parts.append(f"last changed {self.at(ticket.updated_at)}")
        if self._details:
            parts += [f"from {plain(ticket.requester)}"] if ticket.requester else []
            parts += [f"tags {plain(' '.join(ticket.tags))}"] if ticket.tags else []
            parts += [f"<{ticket.url}>"] if _LINKABLE.fullmatch(ticket.url) else []
        return "; ".join(parts)

    def promise(self, number: int) -> str:
        """What was promised on a ticket; no row of its own."""
        promise = self._promises[number]
        when = self.at(promise.due_at)
        if promise.due_at <= self._facts.now:
            return f"**promised for {when}, and not noted as done**: {plain(promise.step)}"
        return f"promised by {when}: {plain(promise.step)}"

    def _about(self, alert: Alert) -> About:
        return (self._facts.about or {}).get(alert.id, About())

    def _alert_marks(self, alert: Alert) -> str:
        client = self._about(alert).client
        incident = " **major incident**" if self._is_incident(alert.tags) else ""
        return (f" ({plain(client)})" if client else "") + incident

    def _is_incident(self, tags: Iterable[str]) -> bool:
        wanted = self._facts.incident_tag.casefold()
        return bool(wanted) and wanted in {tag.casefold() for tag in tags}

    def _what(self, action: Action) -> str:
        """What was decided; what somebody wrote stays out unless it is asked for."""
        if self._details or not action.quoted:
            return plain(action.what)
        return plain(action.what.replace(action.quoted, "").rstrip(" :;,"))

    def at(self, at: datetime | None, *, dated: bool = False) -> str:
        """A moment, local; `dated`: with the whole date."""
        if at is None:
            return "at an unknown moment"
        if dated:
            # A year away, so that the date is written out whole.
            return moment_words(at, at - timedelta(days=366), self._zone)
        return moment_words(at, self._facts.now, self._zone)


def _ended(action: Action) -> str:
    outcome = _OUTCOMES.get(action.outcome, action.outcome)
    return f"{outcome} ({plain(action.words)})" if action.words else outcome


def _times(alert: Alert) -> str:
    return f"rang {alert.count} times" if alert.count > 1 else ""


def _runbook(path: str) -> str:
    return f"runbook `{code(path)}`" if path else "no runbook"
