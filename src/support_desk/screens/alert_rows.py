"""Alerts as rows: what each column says, and how storms and people are shown."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from support_desk.desk.facts import by_name
from support_desk.domain.alerts import Alert
from support_desk.domain.clients import client_of_alert
from support_desk.domain.escalation import Countdown
from support_desk.domain.paged import Proof
from support_desk.domain.reminders import StaleAck, stale_acks
from support_desk.domain.storms import Storm, fold, pressing
from support_desk.domain.words import day_clock
from support_desk.latest import Latest
from support_desk.records import record
from support_desk.screens.view import View
from support_desk.screens.words import countdown, minutes
from support_desk.widgets.columns import Cell, Column, Moment

STATUS_ORDER = {"open": 0, "acked": 1, "snoozed": 2, "closed": 3}
GLYPHS = {"open": "!", "acked": "✓", "snoozed": "z", "closed": "x"}
ROOMY = 100
"""From this width on there is room for longer words."""
PRIORITY_STYLE = {"P1": "p1", "P2": "p2", "P3": "p3"}

LEFT = "LEFT THE LIST"
"""What is said of a row that isn't there any more."""


@record
class AlertRow:
    """One line of the alerts: an alert, or a storm of them with one cause."""

    key: Hashable
    alert: Alert
    """The alert itself, or the storm's most pressing one."""
    client: str | None
    """The client's name, None where nothing tells it."""
    escalation: Countdown
    members: tuple[Alert, ...] = ()
    """The alerts of a storm; empty for a single alert."""
    unacknowledged: int = 0
    """How many of the storm nobody has acknowledged."""
    stale: timedelta | None = None
    """For so long it has been acknowledged and open, where that is worth a reminder."""


def stale_of(view: View) -> tuple[StaleAck, ...]:
    """The alerts that somebody took long ago and that are still open."""
    after = timedelta(minutes=view.config.on_call.stale_ack_minutes)
    return stale_acks(view.snapshot.alerts.rows, view.now, after)


def client_name(view: View, alert: Alert) -> str | None:
    """The client that an alert is about, as far as tags and message tell."""
    guess = client_of_alert(alert, view.clients)
    return guess.name if guess else None


class _Line(NamedTuple):
    """What one line of the alerts is about, whatever the moment."""

    key: Hashable
    lead: Alert
    client: str | None
    members: tuple[Alert, ...]


_folded: Latest[list[_Line]] = Latest()


def alert_rows(view: View) -> list[AlertRow]:
    """The alerts in the order to look at them: open before acknowledged, pressing first, oldest first."""
    lines = _folded.of((view.snapshot.alerts.rows, view.clients, view.config), lambda: _fold(view))
    stale = {row.alert.id: row.for_ for row in stale_of(view)}
    rows = [
        AlertRow(
            key=line.key,
            alert=line.lead,
            client=line.client,
            escalation=view.escalation(line.lead),
            members=line.members,
            unacknowledged=sum(member.status == "open" for member in line.members),
            stale=stale.get(line.lead.id),
        )
        for line in lines
    ]
    rows.sort(key=urgency)
    return rows


def _fold(view: View) -> list[_Line]:
    known = [alert for alert in view.snapshot.alerts.rows if alert.status != "closed"]
    clients = {alert.id: client_name(view, alert) for alert in known}
    critical = frozenset(view.config.on_call.critical)
    shown = fold(known, critical=critical, client=lambda alert: clients[alert.id])
    return [
        _Line(row.key, row.lead, clients[row.lead.id], row.members)
        if isinstance(row, Storm)
        else _Line(row.id, row, clients[row.id], ())
        for row in shown
    ]


def urgency(row: AlertRow) -> tuple[int, str, float, str]:
    """The order of the alerts."""
    alert = row.alert
    status = "open" if row.unacknowledged else alert.status
    return STATUS_ORDER.get(status, 0), alert.priority, alert.created_at.timestamp(), alert.id


def _glyph(row: AlertRow, _: Moment) -> Cell:
    status = "open" if row.unacknowledged else row.alert.status
    return GLYPHS.get(status, "?"), "late" if status == "open" else "ok" if status == "acked" else "dim"


def _priority(row: AlertRow, _: Moment) -> Cell:
    return row.alert.priority, PRIORITY_STYLE.get(row.alert.priority, "dim")


def _age(row: AlertRow, moment: Moment) -> Cell:
    return minutes(moment.now - row.alert.created_at), "text"


def _count(row: AlertRow, _: Moment) -> Cell:
    """How often it rang, in four cells: a number whose end is cut off would be another number."""
    count = row.alert.count
    if count <= 1:
        return "", "dim"
    if count < _THOUSAND:
        return f"×{count}", "text"
    thousands = count // _THOUSAND
    return (f"×{thousands}k" if thousands <= _MOST_THOUSANDS else f">{_MOST_THOUSANDS}k"), "text"


_THOUSAND, _MOST_THOUSANDS = 1_000, 99


def _next_line(row: AlertRow, moment: Moment) -> Cell:
    """The countdown to the next line, or why there is none."""
    alert, found = row.alert, row.escalation
    if alert.status == "snoozed":
        if alert.snoozed_until is None:
            return "snoozed", "dim"
        return f"z {countdown(alert.snoozed_until - moment.now, seconds=moment.selected)}", "dim"
    if alert.status == "acked" and found.state != "running":
        return (f"✓{minutes(row.stale)}", "soon") if row.stale is not None else ("acked", "ok")
    if found.escalated is not None and not found.missed and found.escalated.proof is not Proof.UNKNOWN:
        return ("paged", "soon") if found.escalated.proof is Proof.PAGED else ("paged?", "late")
    if found.due_at is not None and found.state in ("running", "due"):
        left = found.due_at - moment.now
        if found.missed or left <= timedelta(0):
            return "CHECK", "late"
        style = "late" if left <= timedelta(minutes=1) else "soon"
        return (
            f"{'≈' if found.basis == 'configured' else ''}{countdown(left, seconds=moment.selected)}",
            style,
        )
    if found.missed:
        return "CHECK", "late"
    return ("nobody", "unknown") if found.state == "stopped" else ("?", "unknown")


def _client(row: AlertRow, _: Moment) -> Cell:
    return (row.client, "text") if row.client else ("?", "unknown")


def _who(row: AlertRow, _: Moment) -> Cell:
    alert = row.alert
    if row.members:
        if row.unacknowledged:
            return f"{row.unacknowledged} open", "late"
        return "all acked", "ok"
    if alert.status in ("acked", "snoozed") or alert.acknowledged_by:
        who = alert.acknowledged_by or alert.owner or "unknown"
        return who.split("@")[0], "ok" if alert.status == "acked" else "dim"
    return ("nobody", "late") if not alert.owner else (alert.owner.split("@")[0], "dim")


def _message(row: AlertRow, _: Moment) -> Cell:
    if row.members:
        return f"[{len(row.members)} alike] {row.alert.message}", "strong"
    return row.alert.message, "strong" if row.alert.status == "open" else "text"


def columns(width: int) -> Sequence[Column[AlertRow]]:
    """The columns of the alerts, widest layout first to leave when the pane is narrow.

    What time changes comes first: a tick writes a line from its beginning to the last cell that changed.
    """
    return (
        Column(
            "next",
            "2nd line" if width >= ROOMY else "2nd",
            8 if width >= ROOMY else 6,
            _next_line,
            ticks=True,
            right=True,
        ),
        Column("age", "Age", 5, _age, ticks=True, right=True),
        Column("state", "", 1, _glyph),
        Column("priority", "Pr", 2, _priority),
        Column("count", "Rep", 4, _count, rank=3, right=True),
        Column("client", "Client", 10, _client, rank=2, wide=16),
        Column("who", "Has it", 8, _who, rank=1, wide=14),
        Column("message", "Alert", 34 if width >= ROOMY else 20, _message, flexible=True),
        Column("tags", "Tags", 18, lambda row, _: (" ".join(row.alert.tags), "dim"), rank=5),
        Column("integration", "From", 12, lambda row, _: (row.alert.integration, "dim"), rank=6),
    )


def next_words(view: View, found: Countdown) -> str:
    """Who is paged next and when; empty when nobody is."""
    if found.state != "running" or found.next is None or found.due_at is None:
        return ""
    who = by_name(found.next, view.config, view.snapshot)
    return f"pages {who} at {day_clock(found.due_at, view.now, view.calendar.timezone)}"


def latest(view: View, row: AlertRow, rows: Iterable[AlertRow]) -> AlertRow | None:
    """What is known now of a row that isn't among these any more: a storm may have begun or ended meanwhile.

    None where its alerts are in none of these rows.
    """
    ids = _ids(row)
    if not any(ids & _ids(other) for other in rows):
        return None
    known = [alert for alert in view.snapshot.alerts.rows if alert.id in ids and alert.status != "closed"]
    lead = min(known, key=pressing)
    return replace(
        row,
        alert=lead,
        escalation=view.escalation(lead),
        members=tuple(sorted(known, key=lambda alert: (alert.created_at, alert.id))) if row.members else (),
        unacknowledged=sum(alert.status == "open" for alert in known) if row.members else 0,
    )


def left_words(row: AlertRow, rows: Iterable[AlertRow]) -> str:
    """What has become of a row that isn't among these any more."""
    ids = _ids(row)
    for other in rows:
        if other.key != row.key and ids & _ids(other):
            return f"NOW ONE OF {len(other.members)} ALIKE" if other.members else "NOW IN ROWS OF THEIR OWN"
    return LEFT


def _ids(row: AlertRow) -> set[str]:
    return {alert.id for alert in row.members or (row.alert,)}


def why(view: View, row: AlertRow) -> tuple[str, str]:
    """Two lines about the selected alert: all of its message, and what happens next."""
    alert, zone = row.alert, view.calendar.timezone
    first = f"{alert.priority} {alert.message}"
    coming = [next_words(view, row.escalation), by_name(row.escalation.reason, view.config, view.snapshot)]
    if row.escalation.page is not None:
        # Who was paged comes before who may be.
        coming.reverse()
    facts = [
        f"since {day_clock(alert.created_at, view.now, zone)}",
        f"last {day_clock(alert.last_occurred_at, view.now, zone)}" if alert.count > 1 else "",
        *coming,
        f"STILL OPEN {minutes(row.stale)} after it was acknowledged" if row.stale is not None else "",
        f"tags {' '.join(alert.tags)}" if alert.tags else "no tags",
    ]
    return first, " · ".join(fact for fact in facts if fact)
