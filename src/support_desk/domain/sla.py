"""Deadlines and the order of the queue; each verdict carries its cause, and `sla_words.py` tells it.

Zendesk's own deadlines come first, since they are what the client is measured by. Where Zendesk has none,
the contract of 23 May 2018 still runs, from `created_at`:

=========  ===========================  ============================  ==============
priority   first reply due, standard    first reply due, enhanced     clock
=========  ===========================  ============================  ==============
urgent     1 hour                       30 minutes                    round the clock
high       1 working hour               30 working minutes            working hours
normal     8 working hours              4 working hours               working hours
low        40 working hours, for the first reply and for each later one
=========  ===========================  ============================  ==============
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Any

from support_desk.domain.tickets import PRIORITIES, SlaRow, Ticket
from support_desk.domain.working_time import WorkingCalendar
from support_desk.records import record

SIDELOAD_MISSING = "sideload_missing"
"""The cause of a verdict on a ticket that came without a word of Zendesk's clock."""
FIRST_REPLY = "first_reply_time"
NEXT_REPLY = "next_reply_time"

_STANDARD = {"urgent": timedelta(hours=1), "high": timedelta(hours=1), "normal": timedelta(hours=8)}
_ENHANCED = {"urgent": timedelta(minutes=30), "high": timedelta(minutes=30), "normal": timedelta(hours=4)}
_LOW = timedelta(hours=40)
"""Five business days of eight hours."""

_ON_RECEIPT = "normal"
"""The contract's priority of a ticket that nobody has triaged."""

_FINISHED = frozenset({"solved", "closed"})
_WAITING = frozenset({"pending", "hold"})
STAGES = frozenset({"active", "paused", "achieved"})
"""Zendesk's stages of a deadline that are known."""


@record
class Agreement:
    """What was agreed with the clients, as far as it doesn't stand in the ticket."""

    calendar: WorkingCalendar
    emergency_addresses: frozenset[str]
    """Mail to one of these is urgent on receipt; compared without case."""
    contract_pauses: bool = False
    """Pending and on-hold stop the contract's clock (one unit's practice; the contract doesn't say so)."""

    def __post_init__(self) -> None:
        folded = frozenset(address.strip().casefold() for address in self.emergency_addresses)
        object.__setattr__(self, "emergency_addresses", folded - {""})


@record
class Verdict:
    """What a ticket's agreement asks for next.

    `kind` doesn't depend on the moment; `state_at` turns `due` into `breached` or `active`.
    """

    kind: str
    """`due`, `paused`, `met`, `none` or `unknown`."""
    cause: str
    """`zendesk_row`, `no_priority`, `no_policy`, `sideload_missing`, `null_breach_at`, `unknown_stage`."""
    metric: str | None = None
    """Zendesk's name of the metric, such as `first_reply_time`."""
    deadline: datetime | None = None
    """UTC; for `paused` the former deadline, where one is known."""
    basis: str | None = None
    """`zendesk` or `contract`; None where neither says anything."""
    round_the_clock: bool = False
    """The deadline is counted by the clock on the wall, not in working time."""
    reply_unknown: bool = False
    """The deadline counts only if no reply was given, and whether one was isn't known."""

    def state_at(self, now: datetime) -> str:
        """`breached`, `active`, `paused`, `met`, `none` or `unknown` at `now` (ruling 4)."""
        if self.kind != "due" or self.deadline is None:
            return self.kind
        return "breached" if self.deadline <= now else "active"


@record
class Ranked:
    """A ticket in its place in the queue."""

    ticket: Ticket
    verdict: Verdict


@lru_cache(maxsize=128)
def _at_rest(kind: str, cause: str, metric: str | None = None, basis: str | None = None) -> Verdict:
    """A verdict without a deadline: the same object for all tickets that it says the same of."""
    return Verdict(kind, cause, metric, basis=basis)


def came_to_emergency(ticket: Ticket, agreement: Agreement) -> bool:
    """Whether the mail came to one of the emergency addresses."""
    return (ticket.recipient or "").strip().casefold() in agreement.emergency_addresses


def is_emergency(ticket: Ticket, agreement: Agreement) -> bool:
    """Whether on call is meant to see this ticket: urgent, or from an emergency address."""
    return ticket.priority == "urgent" or came_to_emergency(ticket, agreement)


def effective_priority(ticket: Ticket, agreement: Agreement) -> str | None:
    """The priority that counts: the ticket's own, or urgent for untriaged mail to an emergency address.

    None: nobody has triaged it, and the contract treats it as normal meanwhile.
    """
    if ticket.priority is None and came_to_emergency(ticket, agreement):
        return "urgent"
    return ticket.priority


def contract_priority(ticket: Ticket, agreement: Agreement) -> str:
    """One of the contract's four priorities; a missing or unknown one counts as normal."""
    priority = effective_priority(ticket, agreement)
    return priority if priority in PRIORITIES else _ON_RECEIPT


def judge(ticket: Ticket, agreement: Agreement) -> Verdict:
    """What is due next on `ticket`, and on whose word.

    Any running row of Zendesk with a deadline decides, the earliest first. Then, in this order: a running
    row without a deadline leaves it to the contract; a stage that we don't know makes the ticket unknown
    (it may well be running); a paused row, then achieved ones. Without rows the contract decides.
    """
    rows = ticket.sla_rows
    if ticket.status in _FINISHED:
        return _finished(ticket, rows)
    if ticket.priority is None and not rows:
        return _by_contract(ticket, agreement, "no_priority")
    if rows is None:
        return _by_contract(ticket, agreement, SIDELOAD_MISSING)
    if not rows:
        return _by_contract(ticket, agreement, "no_policy")
    return _by_zendesk(ticket, rows, agreement)


def _finished(ticket: Ticket, rows: tuple[SlaRow, ...] | None) -> Verdict:
    if rows and all(row.stage == "achieved" for row in rows):
        return _at_rest("met", "zendesk_row", basis="zendesk")
    cause = SIDELOAD_MISSING if rows is None else "zendesk_row" if rows else "no_policy"
    if ticket.replies is not None and ticket.replies.count:
        return _at_rest("met", cause, basis="contract")
    return _at_rest("none", cause)


def _by_zendesk(ticket: Ticket, rows: tuple[SlaRow, ...], agreement: Agreement) -> Verdict:
    running = [row for row in rows if row.stage == "active"]
    if running:
        first = _earliest(running)
        if first.breach_at is None:
            fallback = _by_contract(ticket, agreement, "null_breach_at")
            if fallback.kind in ("due", "paused"):
                return fallback
            return _at_rest("unknown", "null_breach_at", first.metric, "zendesk")
        urgent = contract_priority(ticket, agreement) == "urgent"
        return Verdict("due", "zendesk_row", first.metric, first.breach_at, "zendesk", round_the_clock=urgent)
    strange = next((row for row in rows if row.stage not in STAGES), None)
    if strange is not None:
        return _at_rest("unknown", "unknown_stage", strange.metric, "zendesk")
    paused = [row for row in rows if row.stage == "paused"]
    if paused:
        first = _earliest(paused)
        return Verdict("paused", "zendesk_row", first.metric, first.breach_at, "zendesk")
    return _at_rest("met", "zendesk_row", basis="zendesk")


def beside_unknown(ticket: Ticket, agreement: Agreement) -> Verdict:
    """What the contract asks for of a ticket whose SLA in Zendesk is in a stage that we don't know.

    To be told beside it: the ticket stays unknown and in its place (rulings 1 and 4), as Zendesk's clock may
    be another one.
    """
    return _by_contract(ticket, agreement, "unknown_stage")


def _earliest(rows: list[SlaRow]) -> SlaRow:
    dated = [row for row in rows if row.breach_at is not None]
    return min(dated, key=lambda row: row.breach_at or _NEVER) if dated else rows[0]


def _by_contract(ticket: Ticket, agreement: Agreement, cause: str) -> Verdict:
    priority = contract_priority(ticket, agreement)
    owed = _reply_owed(ticket, priority)
    if owed is None:
        return _at_rest("met", cause, basis="contract")
    metric, since, reply_unknown = owed
    try:
        deadline = _contract_deadline(ticket, agreement, priority, since)
    except OverflowError:
        return Verdict("unknown", cause, metric, basis="contract", reply_unknown=reply_unknown)
    due = Verdict("due", cause, metric, deadline, "contract", priority == "urgent", reply_unknown)
    if agreement.contract_pauses and ticket.status in _WAITING:
        return replace(due, kind="paused")
    return due


def _reply_owed(ticket: Ticket, priority: str) -> tuple[str, datetime, bool] | None:
    """The metric of the reply that is owed, since when, and whether it may have been given already."""
    replies = ticket.replies
    if replies is None or replies.count is None:
        return FIRST_REPLY, ticket.created_at, True
    if replies.count == 0:
        return FIRST_REPLY, ticket.created_at, False
    asked_again = replies.client_last_at
    if priority != "low" or asked_again is None or asked_again <= ticket.created_at:
        return None
    if replies.count == 1 and replies.first_at is not None:
        return (NEXT_REPLY, asked_again, False) if asked_again > replies.first_at else None
    worked = replies.agent_last_at or replies.first_at
    if worked is not None and worked >= asked_again:
        return None
    # An agent can't have replied without having worked on the ticket, unless we don't know when that was.
    return NEXT_REPLY, asked_again, replies.agent_last_at is None


def _contract_deadline(ticket: Ticket, agreement: Agreement, priority: str, since: datetime) -> datetime:
    if priority == "low":
        return agreement.calendar.add(since, _LOW)
    enhanced = ticket.plan == "enhanced" or ticket.plan_conflict
    target = (_ENHANCED if enhanced else _STANDARD)[priority]
    return since + target if priority == "urgent" else agreement.calendar.add(since, target)


_NEVER = datetime.max.replace(tzinfo=UTC)
_PLACE = {"due": 0, "unknown": 1, "paused": 2, "none": 3, "met": 4}


def rank(tickets: Iterable[Ticket], agreement: Agreement) -> tuple[Ranked, ...]:
    """These tickets judged, in the order of the queue."""
    return in_order((Ranked(ticket, judge(ticket, agreement)) for ticket in tickets), agreement)


def in_order(rows: Iterable[Ranked], agreement: Agreement) -> tuple[Ranked, ...]:
    """The queue in its order (ruling 1), whatever the moment.

    By absolute deadline, so that the most overdue comes first; then unknown, paused (by the former
    deadline, those without one last), none, met. Ties go by priority, age, id.
    """
    ordered = list(rows)
    # The last tie first: quicker than by all of it at once, which would make a tuple for each of thousands.
    for key in reversed(_ORDER):
        ordered.sort(key=lambda row: key(row, agreement))
    return tuple(ordered)


def with_ranked(queue: Sequence[Ranked], ticket: Ticket, agreement: Agreement) -> tuple[Ranked, ...]:
    """The queue with this ticket at its place, in the state that is given here."""
    row = Ranked(ticket, judge(ticket, agreement))
    others = [other for other in queue if other.ticket.id != ticket.id]
    insort(others, row, key=lambda other: _place(other, agreement))
    return tuple(others)


_ORDER: tuple[Callable[[Ranked, Agreement], Any], ...] = (
    lambda row, _: _PLACE[row.verdict.kind],
    lambda row, _: row.verdict.deadline or _NEVER,
    lambda row, agreement: PRIORITIES.index(contract_priority(row.ticket, agreement)),
    lambda row, _: row.ticket.created_at,
    lambda row, _: row.ticket.id,
)
"""What decides a row's place, the first thing that differs."""


def _place(row: Ranked, agreement: Agreement) -> tuple[Any, ...]:
    return tuple(key(row, agreement) for key in _ORDER)


def working_left(verdict: Verdict, now: datetime, calendar: WorkingCalendar) -> timedelta | None:
    """Working time until the deadline, negative when overdue; for showing, never for the order.

    None where the clock runs round the clock, or nothing is running.
    """
    if verdict.kind != "due" or verdict.deadline is None or verdict.round_the_clock:
        return None
    return calendar.between(now, verdict.deadline)


def late(ranked: Iterable[Ranked], now: datetime) -> Iterator[Ranked]:
    """The breached rows of a queue in its order: they come first, so the rest isn't looked at."""
    return takewhile(lambda row: row.verdict.state_at(now) == "breached", ranked)


def count_late(queue: Sequence[Ranked], now: datetime) -> int:
    """How many rows of a queue in its order are breached, without looking at each."""
    return bisect_left(queue, True, key=lambda row: row.verdict.state_at(now) != "breached")
