"""The filter line: words that must all match, `!` before one inverts it, `field:value` looks in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from support_desk.domain.sla import Ranked
from support_desk.records import record
from support_desk.screens.alert_rows import AlertRow
from support_desk.screens.ticket_rows import SOON, is_mine
from support_desk.screens.view import View

R = TypeVar("R")

Fields = Mapping[str, str]
"""What a row can be searched by; `any` is what a bare word is looked for in."""

SHORT = {
    "p": "priority",
    "s": "status",
    "c": "client",
    "org": "client",
    "a": "assignee",
    "w": "assignee",
    "who": "assignee",
    "has": "assignee",
    "g": "group",
    "t": "tags",
    "tag": "tags",
    "r": "requester",
}
"""Other names for the fields."""


COMMON = frozenset({"id", "priority", "status", "client", "assignee", "tags", "is"})
FIELDS: Mapping[str, frozenset[str]] = {
    "alerts": COMMON | {"source", "message"},
    "tickets": COMMON | {"requester", "group", "plan", "type", "sla", "subject"},
}
"""What the rows of each pane can be searched by."""
KNOWN = frozenset[str]().union(*FIELDS.values())
MARKS: Mapping[str, tuple[str, ...]] = {
    "alerts": ("mine",),
    "tickets": ("mine", "unassigned", "pressing", "important"),
}
"""What can stand behind `is:`."""


@record
class SavedFilter:
    """A filter with a name."""

    id: str
    label: str
    expression: str
    panes: frozenset[str]


BOTH = frozenset({"alerts", "tickets"})
TICKETS = frozenset({"tickets"})
ALERTS = frozenset({"alerts"})

SAVED: tuple[SavedFilter, ...] = (
    SavedFilter("none", "everything", "", BOTH),
    SavedFilter("mine", "mine", "is:mine", BOTH),
    SavedFilter("unassigned", "unassigned", "is:unassigned", TICKETS),
    SavedFilter("late", "breached", "sla:late", TICKETS),
    SavedFilter("soon", "breached or about to", "is:pressing", TICKETS),
    SavedFilter("new", "new: not triaged", "status:new", TICKETS),
    SavedFilter("unprioritised", "no priority", "priority:none", TICKETS),
    SavedFilter("urgent", "urgent or high", "is:important", TICKETS),
    SavedFilter(
        "working", "ours to answer (not pending, not on hold)", "!status:pending !status:hold", TICKETS
    ),
    SavedFilter("unacked", "un-acknowledged", "status:open", ALERTS),
    SavedFilter("critical", "critical", "priority:p1", ALERTS),
)


def matcher(expression: str, fields_of: Callable[[R], Fields]) -> Callable[[R], bool] | None:
    """A test for rows; None when the expression asks for nothing."""
    terms = [_term(word) for word in expression.casefold().split()]
    wanted = [term for term in terms if term is not None]
    if not wanted:
        return None

    def matches(row: R) -> bool:
        fields = fields_of(row)
        return all((value in fields.get(field, "")) != inverted for inverted, field, value in wanted)

    return matches


def _term(word: str) -> tuple[bool, str, str] | None:
    """(inverted, field, value) of one word; None while it is still being typed."""
    inverted = word.startswith("!")
    word = word.removeprefix("!")
    if word.startswith("#") and word[1:].isdecimal():
        # As numbers of tickets and alerts are written everywhere.
        return (inverted, "id", word[1:])
    field, colon, value = word.partition(":")
    field = SHORT.get(field, field)
    # "https://..." is a word like others.
    if colon and field in KNOWN:
        return (inverted, field, value) if value else None
    return (inverted, "any", word) if word else None


def unknown_in(expression: str, pane: str) -> str:
    """The first word that asks for something that the rows of a pane don't have; empty: there is none.

    Without a word about it "is:unasigned" would look as if nothing were unassigned.
    """
    for word in expression.casefold().split():
        field, colon, value = word.removeprefix("!").partition(":")
        field = SHORT.get(field, field)
        if not (colon and value and field.isalpha()) or value.startswith("//"):
            continue
        if field not in FIELDS[pane] or (field == "is" and not any(value in mark for mark in MARKS[pane])):
            return word
    return ""


def ticket_fields(view: View) -> Callable[[Ranked], Fields]:
    """How a ticket is searched."""

    def fields(row: Ranked) -> Fields:
        ticket, state = row.ticket, row.verdict.state_at(view.now)
        left = None if row.verdict.deadline is None else row.verdict.deadline - view.now
        pressing = state == "breached" or (state == "active" and left is not None and left <= SOON)
        marks = [
            "mine" if is_mine(ticket, view.config.me.email) else "",
            "unassigned" if ticket.assignee is None else "",
            "pressing" if pressing else "",
            "important" if ticket.priority in ("urgent", "high") else "",
        ]
        found = {
            "id": str(ticket.id),
            "priority": ticket.priority or "none",
            "status": f"{ticket.status} {ticket.custom_status or ''}",
            "client": ticket.organisation or "none",
            "assignee": f"{ticket.assignee or 'nobody'} {ticket.assignee_email or ''}",
            "requester": f"{ticket.requester or ''} {ticket.requester_email or ''}",
            "group": ticket.group or "none",
            "tags": " ".join(ticket.tags) or "none",
            "plan": f"{ticket.plan}{' conflict' if ticket.plan_conflict else ''}",
            "type": ticket.type or "none",
            "sla": f"{state}{' late' if state == 'breached' else ''}",
            "is": " ".join(marks),
            "subject": ticket.subject,
        }
        found = {name: value.casefold() for name, value in found.items()}
        found["any"] = "\n".join(value for name, value in found.items() if name != "is")
        return found

    return fields


def alert_fields(view: View) -> Callable[[AlertRow], Fields]:
    """How an alert is searched."""
    me = view.config.me.email.casefold()

    def fields(row: AlertRow) -> Fields:
        alert = row.alert
        has = f"{alert.acknowledged_by or ''} {alert.owner or ''}".casefold()
        found = {
            "id": alert.tiny_id,
            "priority": alert.priority,
            "status": f"open {alert.status}" if row.unacknowledged else alert.status,
            "client": row.client or "none",
            "assignee": has.strip() or "nobody",
            "tags": " ".join(alert.tags) or "none",
            "source": f"{alert.source} {alert.integration}",
            "is": "mine" if me and me in has else "",
            "message": "\n".join(member.message for member in row.members) or alert.message,
        }
        found = {name: value.casefold() for name, value in found.items()}
        found["any"] = "\n".join(value for name, value in found.items() if name != "is")
        return found

    return fields


SORTS: dict[str, str] = {
    "risk": "breach risk",
    "newest": "newest first",
    "updated": "changed last",
    "priority": "priority",
    "client": "client",
}
"""The orders of the queue; the first is the usual one."""

_PRIORITY_ORDER = {"urgent": 0, "high": 1, "normal": 2, None: 3, "low": 4}


def sorted_tickets(rows: list[Ranked], order: str) -> list[Ranked]:
    """The queue in another order; ties keep the order of breach risk."""
    if order == "newest":
        return sorted(rows, key=lambda row: row.ticket.created_at, reverse=True)
    if order == "updated":
        return sorted(rows, key=lambda row: row.ticket.updated_at, reverse=True)
    if order == "priority":
        return sorted(rows, key=lambda row: _PRIORITY_ORDER.get(row.ticket.priority, 3))
    if order == "client":
        return sorted(rows, key=lambda row: (row.ticket.organisation or "￿").casefold())
    return rows
