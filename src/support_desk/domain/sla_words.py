"""A verdict in words: why a ticket stands where it stands, and its deadline in few cells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from support_desk.domain.sla import (
    STAGES,
    Agreement,
    Ranked,
    Verdict,
    beside_unknown,
    came_to_emergency,
    contract_priority,
    working_left,
)
from support_desk.domain.tickets import PRIORITIES, Ticket
from support_desk.domain.words import duration_words, moment_words
from support_desk.text import cell_width

_METRICS = {
    "first_reply_time": "first reply",
    "next_reply_time": "next reply",
    "periodic_update_time": "periodic update",
    "pausable_update_time": "pausable update",
    "requester_wait_time": "end of the requester's wait",
    "agent_work_time": "end of the agents' work",
    "total_resolution_time": "full resolution",
    "group_ownership_time": "end of the group's ownership",
}
TO_EMERGENCY = "it came to the emergency address"
"""Why a ticket that nobody has triaged is urgent, in the reason's words."""
_CAUSES = {
    "no_priority": "no priority yet",
    "no_policy": "no SLA in Zendesk",
    "sideload_missing": "Zendesk's SLA not read",
    "null_breach_at": "Zendesk gives no time",
    "unknown_stage": "Zendesk's SLA is unknown",
}
"""Why it is the contract that counts, in a few cells."""
_STATUSES = {"pending": " while pending", "hold": " while on hold"}


def explain(ranked: Ranked, now: datetime, agreement: Agreement) -> str:
    """Why the ticket stands where it stands, in one sentence; times local in the working calendar's zone."""
    ticket, verdict = ranked.ticket, ranked.verdict
    tell = {"due": _due, "paused": _paused, "met": _met, "none": _none, "unknown": _unknown}[verdict.kind]
    sentence = tell(ticket, verdict, now, agreement)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def explain_within(ranked: Ranked, now: datetime, agreement: Agreement, room: int) -> str:
    """The same in at most `room` cells where that can be: the deadline and its basis first, then why.

    The time that is left goes first, as it stands in the row as well.
    """
    whole = explain(ranked, now, agreement)
    ticket, verdict = ranked.ticket, ranked.verdict
    found = beside_unknown(ticket, agreement) if verdict.cause == "unknown_stage" else verdict
    if cell_width(whole) <= room or found.kind != "due" or found.deadline is None:
        return whole
    asked, basis = metric_words(found.metric), "by Zendesk"
    if found.basis == "contract":
        asked, basis = f"{contract_priority(ticket, agreement)} {asked}", "by the contract"
    when = moment_words(found.deadline, now, agreement.calendar.timezone)
    be = "was" if found.deadline <= now else "is"
    due = f"{asked[:1].upper()}{asked[1:]} {be} due {when} {basis}"
    why = "".join(f"; {words}" for words in _in_short(ticket, found, agreement))
    with_left = f"{due}: {_time_left(found, now, agreement)}{why}."
    return with_left if cell_width(with_left) <= room else f"{due}{why}."


def _in_short(ticket: Ticket, verdict: Verdict, agreement: Agreement) -> Iterator[str]:
    """What has to be known of a deadline besides, the weightiest first."""
    if verdict.cause == "no_priority" and came_to_emergency(ticket, agreement):
        yield "to the emergency address"
    elif verdict.basis == "contract":
        yield _CAUSES.get(verdict.cause, "")
    if verdict.reply_unknown:
        yield "unknown whether replied"
    if ticket.plan_conflict:
        yield "the plan is in doubt"
    elif verdict.basis == "contract" and ticket.plan not in ("standard", "enhanced"):
        yield "no plan is recorded"


def brief(verdict: Verdict, now: datetime, agreement: Agreement) -> str:
    """The deadline for a place with few cells, the deadline first; empty where none runs."""
    if verdict.kind != "due" or verdict.deadline is None:
        return ""
    when = moment_words(verdict.deadline, now, agreement.calendar.timezone)
    basis = "Zendesk" if verdict.basis == "zendesk" else "contract"
    be = "was due" if verdict.deadline <= now else "by"
    left = _time_left(verdict, now, agreement).replace("of working time left", "of working time")
    return f"{be} {when} · {left} · {basis}"


def metric_words(metric: str | None) -> str:
    """Zendesk's name of a metric as a person says it; unknown ones are only freed of underscores."""
    if metric is None:
        return "reply"
    return _METRICS.get(metric, metric.removesuffix("_time").replace("_", " "))


def _due(ticket: Ticket, verdict: Verdict, now: datetime, agreement: Agreement) -> str:
    if verdict.deadline is None:
        return "no deadline is known"
    when = moment_words(verdict.deadline, now, agreement.calendar.timezone)
    be = "was" if verdict.deadline <= now else "is"
    left = _time_left(verdict, now, agreement)
    if verdict.basis == "zendesk":
        conflict = "; tag and field disagree about the client's plan" if ticket.plan_conflict else ""
        return f"{metric_words(verdict.metric)} {be} due {when} under the SLA in Zendesk: {left}{conflict}"
    opening, caveats = _opening(ticket, verdict, agreement), _caveats(ticket, verdict, agreement)
    return f"{opening} {be} due {when} ({left}){caveats}"


def _time_left(verdict: Verdict, now: datetime, agreement: Agreement) -> str:
    if verdict.deadline is None:
        return "no deadline"
    if verdict.deadline <= now:
        return f"overdue by {duration_words(now - verdict.deadline)}"
    working = working_left(verdict, now, agreement.calendar)
    if working is None:
        return f"{duration_words(verdict.deadline - now)} left"
    if not working:
        return "no working time left"
    return f"{duration_words(working, days=False)} of working time left"


def _opening(ticket: Ticket, verdict: Verdict, agreement: Agreement) -> str:
    """Why it is the contract that counts, and what it asks for."""
    asked = metric_words(verdict.metric)
    contract = f"the contract's {contract_priority(ticket, agreement)} {asked}"
    if verdict.cause == "null_breach_at":
        return f"Zendesk's SLA runs without a deadline; {contract}"
    if verdict.cause == "no_priority":
        if came_to_emergency(ticket, agreement):
            return f"no priority yet, but {TO_EMERGENCY}; {contract}"
        return f"no priority yet, so Zendesk has no deadline; {contract}"
    if verdict.cause == "sideload_missing":
        return f"Zendesk's SLA could not be read; {contract}"
    return f"Zendesk has no SLA for it; {contract}"


def _caveats(ticket: Ticket, verdict: Verdict, agreement: Agreement) -> str:
    caveats = []
    if verdict.reply_unknown:
        caveats.append("unknown whether replied")
    if ticket.priority is None and verdict.cause != "no_priority":
        caveats.append("no priority yet")
    if ticket.priority is not None and ticket.priority not in PRIORITIES:
        caveats.append(f'priority "{ticket.priority}" is not one of the contract\'s')
    if contract_priority(ticket, agreement) != "low":
        if ticket.plan_conflict:
            caveats.append("tag and field disagree about the client's plan, so the stricter deadline counts")
        elif ticket.plan not in ("standard", "enhanced"):
            caveats.append("no plan is recorded, so the standard one counts")
    return "".join(f"; {caveat}" for caveat in caveats)


def _paused(ticket: Ticket, verdict: Verdict, now: datetime, agreement: Agreement) -> str:
    while_waiting = _STATUSES.get(ticket.status, "")
    when = verdict.deadline and moment_words(verdict.deadline, now, agreement.calendar.timezone)
    if verdict.basis == "zendesk":
        was_due = f"it was due {when}" if when else "it gives no deadline"
        return f"paused in Zendesk{while_waiting}; {was_due}"
    return (
        f"paused{while_waiting}, as configured for the contract's clock; {metric_words(verdict.metric)} "
        f"was due {when}{_caveats(ticket, verdict, agreement)}"
    )


def _met(ticket: Ticket, verdict: Verdict, _now: datetime, agreement: Agreement) -> str:
    if verdict.basis == "zendesk":
        return "every SLA target in Zendesk is met"
    replies = ticket.replies
    if contract_priority(ticket, agreement) == "low" and replies is not None and replies.client_last_at:
        return "replied, and an agent has worked on it since the client last wrote"
    return "replied; the contract asks for nothing more"


def _none(ticket: Ticket, _verdict: Verdict, _now: datetime, _agreement: Agreement) -> str:
    return f"{ticket.status}; no reply is owed"


def _beside(ticket: Ticket, now: datetime, agreement: Agreement) -> str:
    """What the contract says meanwhile, on its own word."""
    found = beside_unknown(ticket, agreement)
    if found.kind == "met":
        return "by the contract no reply is owed"
    if found.kind != "due" or found.deadline is None:
        return "by the contract no deadline runs"
    when = moment_words(found.deadline, now, agreement.calendar.timezone)
    be = "was" if found.deadline <= now else "is"
    asked = f"the contract's {contract_priority(ticket, agreement)} {metric_words(found.metric)}"
    return (
        f"{asked} {be} due {when} ({_time_left(found, now, agreement)}){_caveats(ticket, found, agreement)}"
    )


def _unknown(ticket: Ticket, verdict: Verdict, now: datetime, agreement: Agreement) -> str:
    what = metric_words(verdict.metric)
    if verdict.cause == "unknown_stage":
        rows = ticket.sla_rows or ()
        stage = next((r.stage for r in rows if r.metric == verdict.metric and r.stage not in STAGES), "?")
        told = f'unknown: Zendesk reports {what} as "{stage}", a stage that this program does not know'
        return f"{told}; {_beside(ticket, now, agreement)}"
    if verdict.cause == "null_breach_at" and verdict.basis == "zendesk":
        return f"unknown: Zendesk's SLA for {what} runs without a deadline, and the contract has none either"
    return "unknown: Zendesk gives no deadline, and the contract's can't be computed"
