"""The documents as text to be read aloud: a line or short sentence per row, every part with its name.

No boxes, no columns, no colour, no abbreviations: what a screen reader says has to make sense by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from support_desk.domain.sla_words import TO_EMERGENCY, metric_words
from support_desk.domain.words import clock_words, counted

Document = dict[str, Any]

_ROLES = {"dev": "developer", "ops": "ops engineer", "on_call": "on call", "second_line": "second line"}
_SOURCES = {"zendesk": "Tickets", "alerts": "Alerts", "rota": "Rota", "runbooks": "Runbooks"}
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))
MOST_GAPS = 6
"""A rota that isn't planned yet is one long list of gaps."""
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def spoken_length(seconds: float, *, days: bool = True) -> str:
    """A length of time in its two largest units: "2 hours 5 minutes". Without its sign.

    `days=False` stays with hours, as working time must: eight working hours are a working day.
    """
    rest = int(abs(seconds))
    parts = []
    for name, size in _UNITS if days else _UNITS[1:]:
        amount, rest = divmod(rest, size)
        parts.append((amount, name))
    first = next((place for place, (amount, _) in enumerate(parts) if amount), None)
    if first is None:
        return "less than a minute"
    return " ".join(counted(amount, name) for amount, name in parts[first : first + 2] if amount)


def spoken_time(text: str, zone: ZoneInfo) -> str:
    """A document's time as local time: "Monday 23 November, 10:42"."""
    at = datetime.fromisoformat(text).astimezone(zone)
    return f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]}, {clock_words(at)}"


def sources_text(document: Document) -> Iterator[str]:
    """One line for each source that isn't simply fresh."""
    for name, source in document["sources"].items():
        if source["state"] in ("fresh", "off"):
            continue
        age = "" if source["age_seconds"] is None else f", read {spoken_length(source['age_seconds'])} ago"
        error = f". {source['error']}" if source["error"] else ""
        yield f"{_SOURCES[name]}: {source['state']}{age}{error}."


def _quiet(document: Document, source: str, nothing: str) -> str:
    """What an empty list means: nothing there only if it was read whole and just now."""
    state = document["sources"][source]["state"]
    if state == "fresh":
        return nothing
    return f"{_SOURCES[source]}: {'not configured' if state == 'off' else f'not known, {state}'}."


def tickets_text(document: Document, zone: ZoneInfo) -> Iterator[str]:
    """The queue, a paragraph of one line per ticket."""
    if not document["tickets"]:
        yield _quiet(document, "zendesk", "No tickets.")
    for ticket in document["tickets"]:
        parts = [
            f"{ticket['rank']}. Ticket {ticket['id']}: {_sentence(ticket['subject'] or 'no subject')}",
            f"{_due(ticket['sla'], zone)}{_asked(ticket['sla'])}.",
            f"Priority {ticket['priority'] or 'not set'},",
            f"status {ticket['custom_status'] or ticket['status']}.",
            f"Organisation {ticket['organisation'] or 'none'}, {_plan(ticket)}.",
            f"Assigned to {ticket['assignee'] or 'nobody'}.",
        ]
        yield " ".join(parts)


def _plan(ticket: Document) -> str:
    plan = "plan not recorded" if ticket["plan"] == "unknown" else f"{ticket['plan']} plan"
    return f"{plan}, tag and field disagree" if ticket["plan_conflict"] else plan


def _working_time(seconds: int) -> str:
    return f"{spoken_length(seconds, days=False)} of working time left" if seconds else "no working time left"


def _due(sla: Document, zone: ZoneInfo) -> str:
    left, state = sla["remaining_seconds"], sla["state"]
    if left is None:
        words = {"paused": "Paused", "met": "Met", "none": "No deadline"}
        return words.get(state, "Deadline not known")
    if left <= 0:
        return f"Breached {spoken_length(left)} ago"
    working = sla["working_seconds"]
    tail = "" if working is None else f", {_working_time(working)}"
    return f"Due in {spoken_length(left)}, {spoken_time(sla['deadline'], zone)}{tail}"


_CAUSES = {
    "zendesk_row": "by the SLA in Zendesk",
    "no_priority": "by the contract, no priority yet",
    "no_policy": "by the contract, no SLA in Zendesk",
    "sideload_missing": "by the contract, the SLA in Zendesk could not be read",
    "null_breach_at": "by the contract, the SLA in Zendesk gives no deadline",
    "unknown_stage": "the SLA in Zendesk is in a state that isn't known",
}


def _asked(sla: Document) -> str:
    """What is due, and on whose word; the reason's own words have abbreviations in them."""
    if sla["state"] in ("met", "none"):
        return ""
    metric = f": {metric_words(sla['metric'])}" if sla["metric"] else ""
    cause: str = _CAUSES.get(sla["cause"], str(sla["cause"]))
    if sla["basis"] != "contract":
        # Where it has no deadline either it isn't what counts.
        cause = cause.removeprefix("by the contract, ")
    if TO_EMERGENCY in sla["reason"]:
        cause = f"{cause}, but {TO_EMERGENCY}"
    return f"{metric}, {cause}"


def alerts_text(document: Document, zone: ZoneInfo, named: Callable[[str], str] = str) -> Iterator[str]:
    """The alerts, a line each; `named`: what the program says of somebody instead of their address."""
    if not document["alerts"]:
        yield _quiet(document, "alerts", "No open alerts.")
    now = datetime.fromisoformat(document["generated_at"])
    for alert in document["alerts"]:
        age = (now - datetime.fromisoformat(alert["created_at"])).total_seconds()
        state = _alert_state(alert, zone, named)
        parts = [
            f"Alert {alert['tiny_id'] or alert['id']}, {alert['priority']}, {state}:",
            _sentence(alert["message"] or "no message"),
            f"Client {alert['client'] or 'not known'}.",
            f"Raised {spoken_length(age)} ago, {'in' if alert['in_hours'] else 'out of'} hours.",
            f"Seen {alert['count']} times." if alert["count"] > 1 else "",
            _begun(f"{named(_escalation(alert['escalation'], now))}."),
            f"Runbook {alert['runbook']}." if alert["runbook"] else "No runbook.",
        ]
        yield " ".join(part for part in parts if part)


def _begun(sentence: str) -> str:
    """With a capital letter, unless it begins with an address."""
    return sentence if "@" in sentence.split(" ", 1)[0] else f"{sentence[:1].upper()}{sentence[1:]}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _alert_state(alert: Document, zone: ZoneInfo, named: Callable[[str], str]) -> str:
    match alert["status"]:
        case "acked":
            return f"acknowledged by {named(alert['acknowledged_by'] or alert['owner'] or 'somebody')}"
        case "snoozed" if alert["snoozed_until"]:
            return f"snoozed until {spoken_time(alert['snoozed_until'], zone)}"
        case "open":
            return "open, not acknowledged"
        case status:
            return str(status)


def _escalation(escalation: Document, now: datetime) -> str:
    """Who was paged by hand, as far as that is known here, and who is paged next."""
    page = escalation.get("page")
    told = f"{_page(page)}. " if page else ""
    return told + _next_to_be_paged(escalation, now)


def _page(page: Document) -> str:
    if page["proof"] == "unknown":
        whose = f"the page of {page['by']}" if page["by"] else "your page"
        return f"Whether {whose} arrived is not known"
    words: str = page["words"]
    return f"{words[:1].upper()}{words[1:]}"


def _next_to_be_paged(escalation: Document, now: datetime) -> str:
    due = escalation["due_at"]
    if escalation["state"] == "running" and due:
        left = (datetime.fromisoformat(due) - now).total_seconds()
        return f"Next to be paged: {escalation['next']}, in {spoken_length(left)}{_doubt(escalation)}"
    if escalation["state"] == "due":
        return f"{escalation['next']} should have been paged, check{_doubt(escalation)}"
    if escalation["state"] == "stopped":
        return (
            f"Nobody will be paged, {escalation['reason']}"
            if escalation["reason"]
            else "Nobody will be paged"
        )
    return "Who is paged next is not known"


def _doubt(escalation: Document) -> str:
    """What else has to be known of who is paged next: that somebody was missed, or how the time is known."""
    told = f"{escalation['next']} should have been paged: check"
    # Of a page by hand its own sentence has told.
    parts = [] if escalation.get("page") else escalation["reason"].split("; ")
    return "".join(f"; {part}" for part in parts if part != told and not part.startswith("by the policy "))


def own_shifts_text(document: Document, zone: ZoneInfo) -> Iterator[str]:
    """The person's own shifts, and how long it is until the first."""
    if not document["shifts"]:
        yield _quiet(document, "rota", "You have no shifts in the weeks that were read.")
    now = datetime.fromisoformat(document["generated_at"])
    for place, shift in enumerate(document["shifts"]):
        left = (datetime.fromisoformat(shift["start"]) - now).total_seconds()
        soon = f" That is in {spoken_length(left)}." if left > 0 else " That is now."
        rests = " Nobody expects you unless it was agreed." if shift.get("rests") else ""
        yield f"You: {_shift(shift, zone)}.{rests}{'' if place else soon}"


def rota_text(document: Document, zone: ZoneInfo) -> Iterator[str]:
    """Who is on, who comes next, and when nobody is."""
    if document["sources"]["rota"]["state"] == "off":
        yield _quiet(document, "rota", "")
        return
    for role, words in _ROLES.items():
        person = document["now"].get(role, "")
        name = "not known" if person == "" else person["name"] if person else "nobody"
        if role in document.get("resting", ()):
            name = f"nobody, a bank holiday on which the rotation names {name}"
        coming = document["next"].get(role)
        after = f" Next: {_shift(coming, zone)}." if coming else ""
        yield f"{words.capitalize()} now: {name}.{after}"
    yield from _bare_days(document, zone)
    gaps = document.get("gaps", ())
    for gap in gaps[:MOST_GAPS]:
        start, end = spoken_time(gap["start"], zone), spoken_time(gap["end"], zone)
        yield f"Nobody is {_ROLES[gap['role']]} from {start} until {end}."
    if len(gaps) > MOST_GAPS:
        yield f"And {counted(len(gaps) - MOST_GAPS, 'more gap')}."


def _bare_days(document: Document, zone: ZoneInfo) -> Iterator[str]:
    bare = document.get("bank_holidays_without_cover", ())
    for day in sorted({*bare, *document.get("bank_holidays_without_second_line", ())}):
        lacks = "cover" if day in bare else "a second line in its hours"
        yield f"Bank holiday without {lacks}: {spoken_time(f'{day}T12:00Z', zone).partition(',')[0]}."


def _shift(shift: Document, zone: ZoneInfo) -> str:
    stand_in = ", standing in" if shift["override"] else ""
    start, end = spoken_time(shift["start"], zone), spoken_time(shift["end"], zone)
    rests = ", a bank holiday" if shift.get("rests") else ""
    return f"{shift['person']['name']}, {_ROLES[shift['role']]}, from {start} until {end}{stand_in}{rests}"


def runbooks_text(document: Document) -> Iterator[str]:
    """Runbooks, a line each: title, heading, file."""
    if not document["runbooks"]:
        yield _quiet(document, "runbooks", "No runbook matches." if document["query"] else "No runbooks.")
    for runbook in document["runbooks"]:
        heading = f", at {runbook['heading']}" if runbook["heading"] else ""
        snippet = f" {_sentence(runbook['snippet'])}" if runbook.get("snippet") else ""
        some = "" if runbook.get("all_words", True) else " Only some of the words stand there."
        yield f"{runbook['title']}{heading}. File {runbook['path']}.{some}{snippet}"
