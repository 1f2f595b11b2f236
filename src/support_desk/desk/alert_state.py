"""What an alert's state says about a change of it: already so, changed by somebody else, or still to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from support_desk.desk.intents import seen_of
from support_desk.domain import commands as c
from support_desk.domain.alerts import Alert, AlertDetail, AlertEvent, Recipient
from support_desk.domain.intents import FieldDifference, Intent, Receipt, Seen, Verdict

LEEWAY = timedelta(seconds=5)
"""By so much the service's clock may be behind ours."""
SAME_SNOOZE = timedelta(seconds=1)

Name = Callable[[str], str]
"""Somebody's name, by their address."""
Local = Callable[[datetime], str]
"""A moment in the person's zone, with seconds."""


def holds(command: c.Command, alert: Alert, actor: str) -> bool | None:
    """Whether the alert is as the command wants it; None: its state can't tell."""
    match command:
        case c.Acknowledge():
            return alert.status == "acked" and same(alert.acknowledged_by, actor)
        case c.Unacknowledge():
            return alert.status == "open"
        case c.CloseAlert():
            return alert.status == "closed"
        case c.SnoozeAlert():
            until = alert.snoozed_until
            return (
                alert.status == "snoozed" and until is not None and abs(until - command.until) <= SAME_SNOOZE
            )
        case c.AssignAlert():
            return same(alert.owner, command.owner)
        case c.PrioritiseAlert():
            return alert.priority == command.priority
    return _tags_hold(command, alert)


def _tags_hold(command: c.Command, alert: Alert) -> bool | None:
    """Tags compare without case."""
    there = {tag.casefold() for tag in alert.tags}
    if isinstance(command, c.AddAlertTags):
        return all(tag.casefold() in there for tag in command.tags)
    if isinstance(command, c.RemoveAlertTags):
        return not any(tag.casefold() in there for tag in command.tags)
    return None


def same(one: str | None, other: str | None) -> bool:
    """Whether two addresses are one person's; nobody is nobody's."""
    return bool(one) and bool(other) and str(one).casefold() == str(other).casefold()


def changed_meanwhile(intent: Intent, alert: Alert, name: Name, local: Local) -> Receipt | None:
    """Why the person has to look again before this is done; None: nothing that matters has changed."""
    command, seen = intent.command, intent.seen
    if isinstance(command, c.NoteAlert | c.AddAlertTags | c.RemoveAlertTags) and alert.status != "closed":
        return None
    if isinstance(command, c.NoteAlert):
        return None
    if alert.status == "closed" and seen.status != "closed":
        return conflict("closed meanwhile", alert, [FieldDifference("status", _aim(command), "closed")])
    foreign = alert.status == "acked" and not same(alert.acknowledged_by, intent.by)
    known = seen.status == "acked" and same(seen.who, alert.acknowledged_by)
    confirmed = isinstance(command, c.EscalateAlert) and command.confirmed
    if foreign and not known and not confirmed:
        who = name(alert.acknowledged_by or "") or "somebody"
        at = f" at {local(alert.acknowledged_at)}" if alert.acknowledged_at else ""
        words = f"{who} acknowledged it{at}"
        return conflict(words, alert, [FieldDifference("has it", _aim(command), who)])
    return _changed_field(command, seen, alert, name)


def _changed_field(command: c.Command, seen: Seen, alert: Alert, name: Name) -> Receipt | None:
    if isinstance(command, c.PrioritiseAlert) and seen.priority not in (None, alert.priority):
        different = [FieldDifference("priority", command.priority, alert.priority)]
        return conflict(f"its priority is {alert.priority} meanwhile", alert, different)
    if isinstance(command, c.AssignAlert) and alert.owner and not same(seen.owner, alert.owner):
        different = [FieldDifference("owner", command.owner, alert.owner)]
        return conflict(f"{name(alert.owner)} owns it meanwhile", alert, different)
    return None


def conflict(words: str, alert: Alert, differences: Iterable[FieldDifference] = ()) -> Receipt:
    """Nothing was sent: the person decides again, on the newest state."""
    return Receipt(
        Verdict.CONFLICT,
        f"not sent: {words}",
        "look at it, then send it again or let it be",
        differences=tuple(differences),
        alert=alert,
        seen=seen_of(alert),
    )


def _aim(command: c.Command) -> str:
    return {
        c.Acknowledge: "acknowledged by you",
        c.Unacknowledge: "un-acknowledged",
        c.CloseAlert: "closed",
        c.SnoozeAlert: "snoozed",
        c.EscalateAlert: "escalated",
    }.get(type(command), "as you decided")


# Who was paged


def paged(recipients: Iterable[Recipient]) -> dict[str, datetime]:
    """When each recipient was notified last, by their address in lower case."""
    return {row.name.casefold(): row.at for row in recipients}


def newly_paged(before: Mapping[str, datetime], after: Iterable[Recipient]) -> list[Recipient]:
    """Who was notified since, in the order of time."""
    new = [row for row in after if row.name.casefold() not in before or row.at > before[row.name.casefold()]]
    return sorted(new, key=lambda row: row.at)


def paged_words(recipients: Iterable[Recipient], name: Name, local: Local) -> str:
    """Such as "Sam Example was paged 14:02:11"."""
    rows = list(recipients)
    told = ", ".join(
        f"{name(row.name)} {'was ' if not at else ''}paged {local(row.at)}" for at, row in enumerate(rows)
    )
    return told.replace(", ", " and ") if len(rows) == 2 else told  # noqa: PLR2004 - a pair


def marked(events: Iterable[AlertEvent], token: str) -> AlertEvent | None:
    """The note or log line that carries our mark."""
    return next((event for event in events if token in event.text), None)


def event_lines(events: Iterable[AlertEvent], since: datetime, local: Local) -> tuple[str, ...]:
    """The log since a moment, a line each, for evidence."""
    new = [event for event in events if event.at >= since - LEEWAY]
    return tuple(
        f"{local(event.at)} {event.who + ': ' if event.who else ''}{' '.join(event.text.split())}"
        for event in new[-8:]
    )


def unread(detail: AlertDetail, *parts: str) -> list[str]:
    """Which of these parts of an alert couldn't be read."""
    return [line for line in detail.missing if line.startswith(parts)]
