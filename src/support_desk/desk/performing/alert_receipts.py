"""What became of a change of an alert, in the person's words, and what is left to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from support_desk.domain import commands as c
from support_desk.domain.alerts import Alert
from support_desk.domain.intents import Receipt, Verdict
from support_desk.domain.pages import by_phone
from support_desk.sources.errors import (
    NotAllowed,
    NotThere,
    Rejected,
    SignInRefused,
    SourceError,
    Unanswered,
)

_FOR_GOOD = (SignInRefused, NotAllowed, NotThere, Rejected)


def wrong_end(command: c.SnoozeAlert, now: datetime) -> str:
    """Why a snooze can't end when it should; empty: it can."""
    if command.until <= now:
        return "the snooze would have ended already"
    if command.until - now > c.LONGEST_SNOOZE:
        return "an alert can be snoozed for at most a week"
    return ""


def shown(command: c.Command, alert: Alert) -> str:
    """What the alert has where the command wanted something else."""
    match command:
        case c.Acknowledge() if alert.status == "acked":
            return f"acknowledged by {alert.acknowledged_by or 'somebody'}"
        case c.SnoozeAlert() if alert.snoozed_until is not None and alert.status == "snoozed":
            return "snoozed until another moment"
        case c.AssignAlert():
            return f"owner {alert.owner or 'nobody'}"
        case c.PrioritiseAlert():
            return f"priority {alert.priority}"
        case c.AddAlertTags() | c.RemoveAlertTags():
            return f"tags {' '.join(alert.tags) or 'none'}"
    return alert.status


def receipt_of(error: SourceError) -> Receipt:
    """What an error means for a change: nothing was applied, or (`Unanswered`) nobody can say."""
    if isinstance(error, Unanswered):
        return Receipt(Verdict.UNKNOWN, error.problem, error.remedy)
    if isinstance(error, _FOR_GOOD):
        return Receipt(Verdict.FAILED, f"not done: {error.problem}", error.remedy)
    return Receipt(
        Verdict.NOT_SENT, f"not sent: {error.problem}", error.remedy, retry_after=error.retry_after
    )


def with_a_way_out(command: c.Command, receipt: Receipt) -> Receipt:
    """What pages somebody is never tried again by the program, and the person needs another way at once."""
    if not c.pages_somebody(command):
        return receipt
    ring = by_phone(command) if isinstance(command, c.PagePerson) else ""
    if receipt.verdict is Verdict.NOT_SENT:
        again = "it isn't tried again by itself: send it again in the outbox (O)"
        remedy = f"{ring}; {again}" if ring else f"{again}, page somebody with E, or ring"
        return replace(receipt, verdict=Verdict.FAILED, remedy=remedy)
    if ring:
        return replace(receipt, remedy=f"{ring}; {receipt.remedy}")
    if receipt.verdict is Verdict.FAILED:
        return replace(receipt, remedy=f"{receipt.remedy}; or page somebody with E, or ring")
    return receipt


def done_words(command: c.Command) -> str:
    """What has been done, once it has."""
    match command:
        case c.SnoozeAlert():
            return "snoozed: its escalation has stopped until then"
        case c.AssignAlert():
            return f"assigned to {command.name or command.owner}"
        case c.AddAlertTags():
            return f"tags added: {' '.join(command.tags)}"
        case c.RemoveAlertTags():
            return f"tags removed: {' '.join(command.tags)}"
        case c.PrioritiseAlert():
            return f"priority {command.priority}"
        case c.EscalateAlert():
            return f"escalated to {command.line}"
        case c.AddResponder():
            return f"{command.name} was added"
    return _DONE.get(type(command), "done")


_DONE: dict[type[c.Command], str] = {
    c.Acknowledge: "acknowledged",
    c.Unacknowledge: "the acknowledgement was given back: the escalation runs again",
    c.CloseAlert: "closed",
    c.NoteAlert: "the note is there",
}
