"""Tickets as rows: what each column says."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import timedelta

from support_desk.domain.sla import Ranked, working_left
from support_desk.domain.sla_words import explain_within
from support_desk.domain.tickets import Ticket
from support_desk.domain.words import day_clock
from support_desk.domain.working_time import WorkingCalendar
from support_desk.screens.view import View
from support_desk.screens.words import countdown, minutes
from support_desk.text import cell_width
from support_desk.widgets.columns import Cell, Column, Moment

SOON = timedelta(minutes=30)
"""A deadline this near is drawn as pressing."""

ROOMY = 100
"""From this width on there is room for longer subjects."""

METRICS = {
    "first_reply_time": "first",
    "next_reply_time": "next",
    "periodic_update_time": "update",
    "pausable_update_time": "update",
    "requester_wait_time": "wait",
    "agent_work_time": "work",
    "total_resolution_time": "solve",
    "group_ownership_time": "group",
}
"""Zendesk's metrics in six letters."""

PRIORITIES = {
    "urgent": ("urg", "p1"),
    "high": ("high", "p2"),
    "normal": ("norm", "p3"),
    "low": ("low", "dim"),
}
STATUSES = {"pending": "pend", "solved": "solv", "closed": "clos"}
PLANS = {"enhanced": ("enh", "strong"), "standard": ("std", "text"), "unknown": ("?", "unknown")}
STATE_WORDS = {
    "breached": ("LATE", "late"),
    "active": ("due", "due"),
    "paused": ("hold", "held"),
    "met": ("met", "ok"),
    "none": ("none", "dim"),
    "unknown": ("?", "unknown"),
}


def _state(row: Ranked, moment: Moment) -> Cell:
    verdict, now = row.verdict, moment.now
    state = verdict.state_at(now)
    if state == "active" and verdict.deadline is not None and verdict.deadline - now <= SOON:
        return "SOON", "soon"
    return STATE_WORDS.get(state, (state, "unknown"))


def _wall(row: Ranked, moment: Moment) -> Cell:
    verdict = row.verdict
    if verdict.deadline is None or verdict.kind != "due":
        return "", "dim"
    provisional = "~" if verdict.basis == "contract" else ""
    left = countdown(verdict.deadline - moment.now, seconds=moment.selected)
    return provisional + left, _state(row, moment)[1]


def ticket_columns(calendar: WorkingCalendar, my_email: str) -> Callable[[int], Sequence[Column[Ranked]]]:
    """The columns of the queue; `my_email` marks what is mine."""

    def working(row: Ranked, moment: Moment) -> Cell:
        left = working_left(row.verdict, moment.now, calendar)
        if left is None or row.verdict.kind != "due":
            return ("24/7", "dim") if row.verdict.round_the_clock else ("", "dim")
        late = not left and row.verdict.state_at(moment.now) == "breached"
        return "-0m" if late else countdown(left), _state(row, moment)[1]

    def due(row: Ranked, moment: Moment) -> Cell:
        if row.verdict.deadline is None:
            return "", "dim"
        zone = calendar.timezone
        style = "held" if row.verdict.kind == "paused" else "text"
        return day_clock(row.verdict.deadline, moment.now, zone), style

    def assignee(row: Ranked, _: Moment) -> Cell:
        ticket = row.ticket
        if ticket.assignee is None:
            return "nobody", "unknown"
        return ticket.assignee, "mine" if is_mine(ticket, my_email) else "text"

    def subject(row: Ranked, _: Moment) -> Cell:
        return row.ticket.title, "strong" if row.ticket.status == "new" else "text"

    def columns(width: int) -> Sequence[Column[Ranked]]:
        return (
            Column("wall", "Left", 7, _wall, ticks=True, right=True),
            Column("state", "SLA", 4, _state, ticks=True),
            Column("working", "Work'g", 6, working, ticks=True, right=True, rank=6),
            Column("due", "Due", 9, due, rank=9),
            Column("metric", "For", 6, _metric, rank=5),
            Column("id", "Ticket", 6, lambda row, _: (f"{row.ticket.id}", "text"), right=True),
            Column("priority", "Prio", 4, _priority),
            Column("status", "St", 4, _status),
            Column("client", "Client", 9, _client, rank=3, wide=20),
            Column("plan", "Plan", 4, _plan, rank=7),
            Column("assignee", "Who", 7, assignee, rank=4, wide=14),
            Column("subject", "Subject", 26 if width >= ROOMY else 14, subject, flexible=True),
            Column("tags", "Tags", 10, lambda row, _: (" ".join(row.ticket.tags), "dim"), rank=8, wide=24),
            Column("group", "Group", 12, lambda row, _: (row.ticket.group or "", "dim"), rank=10),
            Column("age", "Age", 5, _age, ticks=True, right=True, rank=11),
        )

    return columns


def _metric(row: Ranked, _: Moment) -> Cell:
    metric = row.verdict.metric
    return (METRICS.get(metric, metric) if metric else "", "text")


def _priority(row: Ranked, _: Moment) -> Cell:
    priority = row.ticket.priority
    return ("none", "unknown") if priority is None else PRIORITIES.get(priority, (priority, "unknown"))


def _status(row: Ranked, _: Moment) -> Cell:
    status = row.ticket.status
    return STATUSES.get(status, status), "strong" if status == "new" else "dim" if status in (
        "pending",
        "hold",
    ) else "text"


def _client(row: Ranked, _: Moment) -> Cell:
    return (row.ticket.organisation, "text") if row.ticket.organisation else ("?", "unknown")


def _plan(row: Ranked, _: Moment) -> Cell:
    if row.ticket.plan_conflict:
        return f"{PLANS.get(row.ticket.plan, ('?', ''))[0]}≠", "late"
    return PLANS.get(row.ticket.plan, ("?", "unknown"))


def _age(row: Ranked, moment: Moment) -> Cell:
    return minutes(moment.now - row.ticket.created_at), "dim"


def is_mine(ticket: Ticket, email: str) -> bool:
    """Whether the ticket is assigned to the person with this address."""
    return bool(email) and (ticket.assignee_email or "").casefold() == email.casefold()


def why(view: View, row: Ranked, room: int = sys.maxsize) -> tuple[str, str]:
    """Two lines about the selected ticket: all of its subject, and why it is where it is.

    `room`: the cells that are meant for the second one.
    """
    ticket = row.ticket
    tags = f"  [{' '.join(ticket.tags)}]" if ticket.tags else "  [no tags]"
    asked = f" · {ticket.requester}" if ticket.requester else ""
    promise = view.promises.get(ticket.id)
    promised = ""
    if promise is not None:
        due = day_clock(promise.due_at, view.now, view.calendar.timezone)
        promised = f"Next step {'was due' if promise.due_at <= view.now else 'by'} {due}: {promise.step} · "
    second = f"{promised}{explain_within(row, view.now, view.agreement, room - cell_width(promised))}"
    return f"#{ticket.id} {ticket.title}{asked}{tags}", second
