"""The filter line: words that must all match, `!` before one inverts it, `field:value` looks in one place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
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
    terms = [term for term in map(_term, expression.casefold().split()) if term.value]
    if not terms:
        return None

    def matches(row: R) -> bool:
        fields = fields_of(row)
        return all((term.value in fields.get(term.field, "")) != term.inverted for term in terms)

    return matches


def unknown_in(expression: str, pane: str) -> str:
    """The first word that asks for something that the rows of a pane don't have; empty: there is none.

    Without a word about it "is:unasigned" would look as if nothing were unassigned.
    """
    for word in expression.casefold().split():
        term = _term(word)
        if not term.named or not term.value:
            continue
        if term.named not in FIELDS[pane]:
            return word
        if term.named == "is" and not any(term.value in mark for mark in MARKS[pane]):
            return word
    return ""


@record
class _Term:
    """What one word of an expression asks for."""

    inverted: bool
    field: str
    """Where to look; what no row has is text like any other: "error:timeout"."""
    value: str
    """Empty while it is still being typed."""
    named: str = ""
    """The field that is written out, with a value, whether rows have it or not."""


def _term(word: str) -> _Term:
    inverted = word.startswith("!")
    word = word.removeprefix("!")
    if word.startswith("#") and word[1:].isdecimal():
        # As numbers of tickets and alerts are written everywhere.
        return _Term(inverted, "id", word[1:])
    named, colon, value = word.partition(":")
    # "https://..." and "10:30" are words like others.
    if not colon or not named.isalpha() or value.startswith("//"):
        return _Term(inverted, "any", word)
    named = SHORT.get(named, named)
    if named in KNOWN:
        return _Term(inverted, named, value, named)
    return _Term(inverted, "any", word, named if value else "")


def _is_pressing(row: Ranked, view: View) -> bool:
    state, deadline = row.verdict.state_at(view.now), row.verdict.deadline
    return state == "breached" or (state == "active" and deadline is not None and deadline - view.now <= SOON)


def _has_it(row: AlertRow) -> str:
    return f"{row.alert.acknowledged_by or ''} {row.alert.owner or ''}".casefold()


def _is_my_alert(row: AlertRow, view: View) -> bool:
    me = view.config.me.email.casefold()
    return bool(me) and me in _has_it(row)


TICKET_MARKS: Mapping[str, Callable[[Ranked, View], bool]] = {
    "mine": lambda row, view: is_mine(row.ticket, view.config.me.email),
    "unassigned": lambda row, _: row.ticket.assignee is None,
    "pressing": _is_pressing,
    "important": lambda row, _: row.ticket.priority in ("urgent", "high"),
}
ALERT_MARKS: Mapping[str, Callable[[AlertRow, View], bool]] = {"mine": _is_my_alert}
MARKS: Mapping[str, Collection[str]] = {"alerts": ALERT_MARKS.keys(), "tickets": TICKET_MARKS.keys()}
"""What can stand behind `is:` in each pane."""


def ticket_fields(view: View) -> Callable[[Ranked], Fields]:
    """How a ticket is searched."""

    def fields(row: Ranked) -> Fields:
        ticket, state = row.ticket, row.verdict.state_at(view.now)
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
            "is": " ".join(mark for mark, bears in TICKET_MARKS.items() if bears(row, view)),
            "subject": ticket.subject,
        }
        found = {name: value.casefold() for name, value in found.items()}
        found["any"] = "\n".join(value for name, value in found.items() if name != "is")
        return found

    return fields


def alert_fields(view: View) -> Callable[[AlertRow], Fields]:
    """How an alert is searched."""

    def fields(row: AlertRow) -> Fields:
        alert = row.alert
        found = {
            "id": alert.tiny_id,
            "priority": alert.priority,
            "status": f"open {alert.status}" if row.unacknowledged else alert.status,
            "client": row.client or "none",
            "assignee": _has_it(row).strip() or "nobody",
            "tags": " ".join(alert.tags) or "none",
            "source": f"{alert.source} {alert.integration}",
            "is": " ".join(mark for mark, bears in ALERT_MARKS.items() if bears(row, view)),
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
