"""What needs the person about alerts: taking one, whether somebody was paged, the handbook's limits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from support_desk.domain.alerts import Alert
from support_desk.domain.escalation import NOBODY, Countdown
from support_desk.domain.intents import Target
from support_desk.domain.need import LONGEST_TITLE, Need, Rank, Situation
from support_desk.domain.paged import Page, Proof
from support_desk.domain.words import duration_words
from support_desk.text import clean

ANSWERS = timedelta(minutes=5)
"""Within these whoever was paged acknowledges the alert; after that the handbook has the next line paged."""


def alert_needs(of: Situation) -> Iterable[Need]:
    """At most one need for each alert that isn't closed."""
    for alert, found in of.alerts:
        if alert.status == "open":
            yield _unacknowledged(of, alert, found)
        elif alert.status == "acked":
            need = _nudge(of, alert) if of.on_call else None
            need = need or _stale(of, alert)
            if need is not None:
                yield need


def _unacknowledged(of: Situation, alert: Alert, found: Countdown) -> Need:
    critical = alert.priority in of.duty.critical
    target, pr, title = Target("alert", alert.id), alert.priority, _message(alert)
    page = found.escalated
    if page is not None and page.proof is not Proof.UNKNOWN and not found.missed:
        return _escalated(of, alert, found, page)
    if found.missed or found.state == "due":
        who = found.next or "the next line"
        call = f"; call {of.helper}" if of.helper else ""
        why = f"{who} should have been paged{_since(of, found.due_at)}{call}"
        if found.state == "running":
            why = f"the second line should have been paged{call}"
        rank = Rank.CRITICAL if critical else Rank.PAGING
        # Whom to call must not be what is cut off.
        brief = f"not paged? call {_shortly(of.helper)}" if of.helper else ""
        at = found.due_at or alert.created_at
        return Need(rank, target, f"check {pr}", title, why, at, brief=brief, late=True)
    if found.state == "running" and found.due_at is not None:
        rank = Rank.CRITICAL if critical else Rank.PAGING
        who = found.next or "the next line"
        return Need(rank, target, f"ack {pr}", title, f"{who} is paged", found.due_at, found.due_at)
    why = "nobody else is paged about it" if found.next == NOBODY else found.reason or "nobody has it"
    age = f"open for {duration_words(of.now - alert.created_at)}; {why}"
    rank = Rank.CRITICAL if critical else Rank.PAGING if alert.priority in of.duty.major else Rank.OPEN
    return Need(rank, target, f"ack {pr}", title, age, alert.created_at)


def _escalated(of: Situation, alert: Alert, found: Countdown, page: Page) -> Need:
    """The person has escalated it, and nobody has acknowledged it since."""
    rank = Rank.CRITICAL if alert.priority in of.duty.critical else Rank.PAGING
    target, pr, title = Target("alert", alert.id), alert.priority, _message(alert)
    call = f"; call {of.helper}" if of.helper else ""
    brief = f"call {_shortly(of.helper)}" if of.helper else ""
    if page.proof is Proof.UNPROVEN:
        return Need(
            rank, target, f"check {pr}", title, page.words + call, page.at, brief=brief, late=True
        )  # fmt: skip
    if found.state == "running" and found.due_at is not None:
        paged_next = f"{found.next or 'the next line'} is paged"
        why = f"{page.words}; {paged_next}"
        return Need(rank, target, f"ack {pr}", title, why, found.due_at, found.due_at, brief=paged_next)
    waits = of.now - page.at
    if waits < ANSWERS:
        return Need(rank, target, f"ack {pr}", title, f"{page.words}, and nobody has it yet", page.at)
    why = f"{page.words}, and nobody has it after {duration_words(waits)}{call}"
    return Need(rank, target, f"ack {pr}", title, why, page.at, brief=brief, late=True)


def _nudge(of: Situation, alert: Alert) -> Need | None:
    """The handbook's limits, for an alert that this out-of-hours shift has; None: nothing to say."""
    if not _in_this_night(of, alert) or not _is_mine(of, alert):
        return None
    target, pr, title = Target("alert", alert.id), alert.priority, _message(alert)
    # Nobody was on it before it was taken, however long it had been open.
    trying = of.now - (alert.acknowledged_at or alert.created_at)
    ask = f"; {of.helper} helps to decide" if of.helper else ""
    if trying >= of.duty.stop_after:
        why = f"{duration_words(trying)} on it: stop, unless it is nearly done or can't wait{ask}"
        return Need(Rank.NUDGE, target, pr, title, why, alert.created_at, topic="stop")
    if alert.id in of.escalated:
        return None
    call = f": {of.helper}" if of.helper else ""
    if alert.priority in of.duty.critical | of.duty.major:
        grave = "critical" if alert.priority in of.duty.critical else "major"
        why = f"{grave} and out of hours goes to the second line at once{call}"
        return Need(Rank.NUDGE, target, f"escalate {pr}", title, why, alert.created_at, topic="at once")
    if trying >= of.duty.nudge_after:
        why = f"{duration_words(trying)} without a fix: think of escalating{call}"
        return Need(Rank.NUDGE, target, pr, title, why, alert.created_at, topic="no fix")
    return None


def _in_this_night(of: Situation, alert: Alert) -> bool:
    """Whether this out-of-hours shift has the alert: it rang in it, or was taken in it."""
    moments = (alert.created_at, alert.acknowledged_at)
    return any(at is not None and not of.agreement.calendar.between(at, of.now) for at in moments)


def _stale(of: Situation, alert: Alert) -> Need | None:
    held = of.now - (alert.acknowledged_at or alert.created_at)
    if held < of.duty.stale_after or not _is_mine(of, alert):
        return None
    why = f"acknowledged {duration_words(held)} ago and still open: close it, or hand it on"
    since = alert.acknowledged_at or of.now
    return Need(Rank.STALE, Target("alert", alert.id), alert.priority, _message(alert), why, since)


def _is_mine(of: Situation, alert: Alert) -> bool:
    who, me = (alert.acknowledged_by or "").casefold(), of.duty.me.casefold()
    return not who or not me or who == me


def _message(alert: Alert) -> str:
    return clean(alert.message, LONGEST_TITLE)


def _shortly(helper: str) -> str:
    """Who to call next by name and number, without why it is they."""
    name, *rest = helper.split(", ")
    number = rest[-1] if rest and any(char.isdigit() for char in rest[-1]) else ""
    return f"{name} {number}".strip()


def _since(of: Situation, at: datetime | None) -> str:
    return f" {duration_words(of.now - at)} ago" if at is not None and at <= of.now else ""
