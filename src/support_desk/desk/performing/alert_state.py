"""What an alert's state says about a change of it: already so, changed by somebody else, or still to do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from support_desk.desk.intents import seen_of
from support_desk.domain import commands as c
from support_desk.domain.alerts import Alert, AlertDetail, AlertEvent, Recipient
from support_desk.domain.intents import FieldDifference, Intent, Receipt, Seen, Verdict
from support_desk.domain.rota import same_address

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
            if alert.status == "acked" and not alert.acknowledged_by:
                return None  # by whom doesn't show
            return alert.status == "acked" and same_address(alert.acknowledged_by, actor)
        case c.Unacknowledge():
            # A snooze hides whether it is acknowledged besides.
            return None if alert.status == "snoozed" else alert.status == "open"
        case c.CloseAlert():
            return alert.status == "closed"
        case c.SnoozeAlert():
            until = alert.snoozed_until
            return (
                alert.status == "snoozed" and until is not None and abs(until - command.until) <= SAME_SNOOZE
            )
        case c.AssignAlert():
            return same_address(alert.owner, command.owner)
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


def changed_meanwhile(intent: Intent, detail: AlertDetail, name: Name, local: Local) -> Receipt | None:
    """Why this isn't done as decided: it is needless, or the person has to look again; None: it may be.

    Notes matter to nobody's state, tags only to an alert that is there still.
    """
    command, alert = intent.command, detail.alert
    if isinstance(command, c.NoteAlert) or _is_confirmed(command):
        return None
    if alert.status == "closed":
        return _closed(intent, detail, name, local)
    if isinstance(command, c.AddAlertTags | c.RemoveAlertTags):
        return None
    if isinstance(command, c.PrioritiseAlert):
        return _changed_field(command, intent.seen, alert, name)
    taken = _taken(intent, alert, name, local) or _silenced(intent, detail, name, local)
    return taken or _changed_field(command, intent.seen, alert, name)


def _is_confirmed(command: c.Command) -> bool:
    return isinstance(command, c.EscalateAlert) and command.confirmed


def _closed(intent: Intent, detail: AlertDetail, name: Name, local: Local) -> Receipt | None:
    command, alert = intent.command, detail.alert
    words = f"already closed by {closer(detail, name, local)}"
    if isinstance(command, c.Acknowledge | c.Unacknowledge | c.SnoozeAlert):
        return _needless(words, alert)  # the service has none of these for a closed alert
    if intent.seen.status == "closed":
        return None
    return conflict(words, alert, [FieldDifference("status", _aim(command), "closed")], command)


def closer(detail: AlertDetail, name: Name, local: Local) -> str:
    """Who closed the alert, and when: "Kim Example at 14:01:07"."""
    alert, logged = detail.alert, last_event(detail.events, "clos")
    who = name(alert.closed_by or (logged.who if logged else "")) or "somebody"
    at = alert.closed_at or (logged.at if logged else None)
    return f"{who} at {local(at)}" if at else who


def _taken(intent: Intent, alert: Alert, name: Name, local: Local) -> Receipt | None:
    """Somebody else has acknowledged it since the person looked."""
    if alert.status != "acked" or same_address(alert.acknowledged_by, intent.by):
        return None
    if intent.seen.status == "acked" and _folded(intent.seen.who) == _folded(alert.acknowledged_by):
        return None
    who = name(alert.acknowledged_by or "") or "somebody"
    at = f" at {local(alert.acknowledged_at)}" if alert.acknowledged_at else ""
    words = f"already acknowledged by {who}{at}"
    if isinstance(intent.command, c.Acknowledge):
        return _needless(words, alert, "w makes it yours")
    return conflict(words, alert, [FieldDifference("has it", _aim(intent.command), who)], intent.command)


def _silenced(intent: Intent, detail: AlertDetail, name: Name, local: Local) -> Receipt | None:
    """Somebody else has snoozed it since the person looked."""
    alert = detail.alert
    if (
        alert.status != "snoozed"
        or intent.seen.status == "snoozed"
        or isinstance(intent.command, c.AssignAlert)
    ):
        return None
    logged = last_event(detail.events, "snooz")
    who = logged.who if logged else ""
    if same_address(who, intent.by) or same_address(who, name(intent.by)):
        return None
    until = f" until {local(alert.snoozed_until)}" if alert.snoozed_until else ""
    words = f"{name(who) or 'somebody'} snoozed it{until}"
    return conflict(
        words, alert, [FieldDifference("status", _aim(intent.command), "snoozed")], intent.command
    )


def _folded(who: str | None) -> str:
    return (who or "").casefold()


def last_event(events: Iterable[AlertEvent], word: str) -> AlertEvent | None:
    """The newest line of the log with this in it: for telling who and when, never for deciding."""
    found = [event for event in events if not event.note and word in event.text.casefold()]
    return found[-1] if found else None


def _changed_field(command: c.Command, seen: Seen, alert: Alert, name: Name) -> Receipt | None:
    if isinstance(command, c.PrioritiseAlert) and seen.priority not in (None, alert.priority):
        different = [FieldDifference("priority", command.priority, alert.priority)]
        return conflict(f"its priority is {alert.priority} meanwhile", alert, different)
    if isinstance(command, c.AssignAlert) and alert.owner and _folded(seen.owner) != _folded(alert.owner):
        different = [FieldDifference("owner", command.name or command.owner, name(alert.owner))]
        return conflict(f"{name(alert.owner)} owns it meanwhile", alert, different)
    return None


def _needless(words: str, alert: Alert, remedy: str = "") -> Receipt:
    """Somebody else was quicker, and the person has nothing to decide about it."""
    return Receipt(Verdict.NEEDLESS, f"not needed: {words}", remedy, alert=alert, seen=seen_of(alert))


def conflict(
    words: str,
    alert: Alert,
    differences: Iterable[FieldDifference] = (),
    command: c.Command | None = None,
) -> Receipt:
    """Nothing was sent: the person decides again, on the newest state.

    An escalation that they send then is one that knows of it.
    """
    again = replace(command, confirmed=True) if isinstance(command, c.EscalateAlert) else None
    return Receipt(
        Verdict.CONFLICT,
        f"not sent: {words}",
        "look at it, then send it again or let it be",
        differences=tuple(differences),
        alert=alert,
        seen=seen_of(alert),
        remaining=again,
    )


def _aim(command: c.Command) -> str:
    return {
        c.Acknowledge: "acknowledged",
        c.Unacknowledge: "un-acknowledged",
        c.CloseAlert: "closed",
        c.SnoozeAlert: "snoozed",
        c.EscalateAlert: "escalated",
        c.AddResponder: "somebody added",
    }.get(type(command), "as you decided")


def carries_mark(command: c.Command) -> bool:
    """Whether our mark goes along, since the alert's state alone can't tell whether it was done."""
    return isinstance(command, c.NoteAlert | c.EscalateAlert | c.AddResponder)


# Who was paged


def expected(command: c.Command) -> frozenset[str]:
    """Whom the person was told that a command would page: addresses in lower case, as recipients have them.

    Empty: it wasn't said, or not by an address.
    """
    told: tuple[str, ...] = ()
    if isinstance(command, c.EscalateAlert):
        told = command.people
    elif isinstance(command, c.AddResponder):
        told = (command.id,)
    return frozenset(who.casefold() for who in told if "@" in who)


def paged(recipients: Iterable[Recipient]) -> dict[str, datetime]:
    """When each recipient was notified last, by their address in lower case."""
    return {row.name.casefold(): row.at for row in recipients}


def newly_paged(
    before: Mapping[str, datetime], after: Iterable[Recipient], wanted: Collection[str] = ()
) -> list[Recipient]:
    """Who was notified since, in the order of time.

    A recipient's time moves when they merely look at the alert as well: of those who had been notified
    before, only those count who are `wanted` (in lower case), if anybody is.
    """
    new = []
    for row in after:
        who = row.name.casefold()
        if who not in before or (row.at > before[who] and (not wanted or who in wanted)):
            new.append(row)
    return sorted(new, key=lambda row: row.at)


def paged_words(recipients: Iterable[Recipient], name: Name, local: Local) -> str:
    """Such as "Sam Example was paged 14:02:11"."""
    told = [f"{name(row.name)} was paged {local(row.at)}" for row in recipients]
    return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)


def marked(events: Iterable[AlertEvent], token: str) -> AlertEvent | None:
    """The note or log line that carries our mark."""
    return next((event for event in events if token in event.text), None)


def event_lines(events: Iterable[AlertEvent], since: datetime, local: Local) -> tuple[str, ...]:
    """The log since a moment, a line each, for evidence."""
    new = [event for event in events if event.at >= since - LEEWAY]
    return tuple(
        f"{local(event.at)} {event.who + ': ' if event.who else ''}{one_line(event.text)}"
        for event in new[-8:]
    )


def one_line(text: str) -> str:
    """A block of text as one line."""
    return " ".join(text.split())


def unread(detail: AlertDetail, *parts: str) -> list[str]:
    """Which of these parts of an alert couldn't be read."""
    return [line for line in detail.missing if line.startswith(parts)]
