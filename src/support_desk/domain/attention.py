"""What needs me now: one ranking over alerts, tickets, promises and the actions that ask for a word.

What can still be prevented comes before what has happened: a page before a breach, a breach before a ticket
that is late already ("ensure that no SLA is breached, then work down those that are"). Out of hours only
critical alerts, emergency tickets and whatever pages somebody count; the rest waits for the morning, and the
handbook's limits (30 minutes without a fix, two hours of trying) remind. A reminder never does anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime, timedelta, tzinfo
from enum import IntEnum
from itertools import takewhile
from zoneinfo import ZoneInfo

from support_desk.domain.alerts import Alert
from support_desk.domain.commands import Promise, pages_somebody
from support_desk.domain.escalation import NOBODY, Countdown
from support_desk.domain.intents import Entry, Phase, Target
from support_desk.domain.late_start import late_start_words
from support_desk.domain.paged import Page, Proof
from support_desk.domain.sla import Agreement, Ranked, is_emergency, late
from support_desk.domain.words import clock_words, duration_words, moment_words
from support_desk.records import record
from support_desk.text import clean

SOON = timedelta(hours=1)
"""A ticket that is due within this time can just be saved."""
PROMISE_SOON = timedelta(minutes=15)
NIGHT = timedelta(hours=16)
"""How far on call looks ahead for emergency tickets: from the end of working hours to their beginning."""
LAST_MINUTES = timedelta(minutes=5)
"""Within these a countdown shows seconds."""

ANSWERS = timedelta(minutes=5)
"""Within these whoever was paged acknowledges the alert; after that the handbook has the next line paged."""

_NEVER = datetime.max.replace(tzinfo=UTC)
_MESSAGE = 60
_SUBJECT = 40
_SHORTEST_TITLE = 12
_BRIEFEST_TITLE = 8
"""Where the reason is told in fewer words."""


class Rank(IntEnum):
    """The order of what needs a person, most pressing first."""

    CRITICAL = 0
    """A critical alert that nobody has acknowledged."""
    DOUBT = 1
    """A page that may or may not have happened."""
    EMERGENCY = 2
    """An emergency ticket."""
    PAGING = 3
    """An alert about which somebody will be paged, or a major one that nobody has acknowledged."""
    NUDGE = 4
    """Out of hours: the handbook's limits."""
    SAVE = 5
    """Due within the hour, or promised for now."""
    ASK = 6
    """An action that didn't work, or was never sent."""
    OPEN = 7
    """Any other alert that nobody has acknowledged."""
    STALE = 8
    """Acknowledged long ago and still open."""
    REST = 9
    """After a night with alerts."""
    LATE = 10
    """A ticket whose deadline is over."""
    TODAY = 11
    """Due before the day is over."""


@record
class Need:
    """One thing to do, and why."""

    rank: Rank
    target: Target | None
    """What it is about; None where it is no alert and no ticket."""
    act: str
    """What to do: "ack P1", "reply to #4312"."""
    title: str
    """What it is about, as people know it; shortened where there is little room. May be empty."""
    why: str
    """The reason, as the rest of the sentence."""
    at: datetime
    """When it gets worse, or when it began; the order within a rank (UTC)."""
    ends_at: datetime | None = None
    """A moment that `why` counts down to: "... in 2:10"."""
    topic: str = ""
    """Which of the handbook's limits a reminder is about: `at once`, `no fix` or `stop`."""
    brief: str = ""
    """The reason in fewer words, where there is little room; empty: there is no shorter one."""
    late: bool = False
    """The moment to prevent it is over: a page that should have been, a breach, a promise that was due."""


@record
class Duty:
    """What the person's duty is made of, as the configuration says."""

    critical: frozenset[str] = frozenset({"P1"})
    major: frozenset[str] = frozenset({"P2"})
    me: str = ""
    """Their address; empty: an acknowledgement of anybody counts as theirs."""
    nudge_after: timedelta = timedelta(minutes=30)
    stop_after: timedelta = timedelta(hours=2)
    stale_after: timedelta = timedelta(hours=1)


@record
class Situation:
    """Everything that is looked at."""

    now: datetime
    agreement: Agreement
    alerts: Sequence[tuple[Alert, Countdown]] = ()
    """The alerts that aren't closed, each with when the next line is paged."""
    queue: Sequence[Ranked] = ()
    """The tickets in the order of the queue."""
    promises: Mapping[int, Promise] = field(default_factory=dict)
    """What is promised next, by the ticket's number."""
    asking: Sequence[Entry] = ()
    """Actions about which the person still has something to say."""
    escalated: frozenset[str] = frozenset()
    """Alerts that were escalated, as far as is known."""
    helper: str = ""
    """Who to call next: "Sam Example, second line, 020 7946 0000"; empty: not known."""
    woken_at: datetime | None = None
    """When an alert of the last night was acknowledged in the hours of sleep (UTC)."""
    duty: Duty = field(default_factory=Duty)

    @property
    def on_call(self) -> bool:
        """Out of hours: critical alerts and emergency tickets only."""
        return not self.agreement.calendar.is_open(self.now)

    @property
    def zone(self) -> ZoneInfo:
        return self.agreement.calendar.timezone


def needs(of: Situation) -> tuple[Need, ...]:
    """What needs the person, most pressing first; empty when nothing does.

    At most one need for each alert, ticket and action.
    """
    found = [*_alerts(of), *_asking(of), *_tickets(of), *_promised(of)]
    late_start = late_start_words(of.woken_at, of.now, of.zone)
    if late_start:
        found.append(Need(Rank.REST, None, "start later", "", late_start, of.woken_at or of.now))
    found.sort(key=_place)
    kept: dict[object, Need] = {}
    for need in found:
        kept.setdefault(need.target or (need.act, need.title), need)
    return tuple(kept.values())


def sentence(need: Need, now: datetime, zone: tzinfo, room: int = 0) -> str:
    """The need in one line: "ack P1 acme-prod-5xx: second line is paged in 2:10".

    `room`: characters that there are; the title gives way first, so that the reason can be read. 0: enough.
    """
    why = need.why
    if need.ends_at is not None:
        left = need.ends_at - now
        if left > timedelta(0):
            why = f"{why} in {_left(left)}"
        else:
            why = f"{why}: should have happened {moment_words(need.ends_at, now, zone)}"
    if not need.title:
        return f"{need.act}: {why}"
    shortest, spare = _SHORTEST_TITLE, room - len(need.act) - len(why) - len(" : ")
    if room and need.brief and spare < shortest:
        why, shortest, spare = need.brief, _BRIEFEST_TITLE, spare + len(why) - len(need.brief)
    title = clean(need.title, max(shortest, spare)) if room else need.title
    return f"{need.act} {title}: {why}"


def nothing_words(of: Situation, doubts: Iterable[str] = ()) -> str:
    """What is said when nothing needs the person. `doubts` are what isn't known just now, in words."""
    unknown = tuple(doubts)
    if unknown:
        return f"nothing known to need you, but {'; '.join(unknown)}"
    coming = next(
        (row for row in of.queue if row.verdict.kind == "due" and (row.verdict.deadline or of.now) > of.now),
        None,
    )
    if coming is None or coming.verdict.deadline is None:
        return "nothing needs you now"
    when = moment_words(coming.verdict.deadline, of.now, of.zone)
    return f"nothing needs you now; next is #{coming.ticket.id}, due {when}"


def _place(need: Need) -> tuple[int, datetime, str]:
    return need.rank, need.at, f"{need.act} {need.title}"


def _left(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds // 60}:{seconds % 60:02}" if span < LAST_MINUTES else duration_words(span)


# Alerts


def _alerts(of: Situation) -> Iterable[Need]:
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
        why = f"{page.words}; {found.next or 'the next line'} is paged"
        return Need(rank, target, f"ack {pr}", title, why, found.due_at, found.due_at)
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
    return clean(alert.message, _MESSAGE)


def _shortly(helper: str) -> str:
    """Who to call next by name and number, without why it is they."""
    name, *rest = helper.split(", ")
    number = rest[-1] if rest and any(char.isdigit() for char in rest[-1]) else ""
    return f"{name} {number}".strip()


def _since(of: Situation, at: datetime | None) -> str:
    return f" {duration_words(of.now - at)} ago" if at is not None and at <= of.now else ""


# Actions that ask


def _asking(of: Situation) -> Iterable[Need]:
    for entry in of.asking:
        pages = pages_somebody(entry.intent.command)
        yield Need(
            Rank.DOUBT if pages else Rank.ASK,
            None,
            "decide (O) on",
            clean(entry.intent.title, _MESSAGE),
            _asked(entry),
            entry.changed_at,
        )


def _asked(entry: Entry) -> str:
    if entry.offered:
        return "it was decided before this desk was started, and not sent"
    words = f": {entry.words}" if entry.words else ""
    told = {
        Phase.UNKNOWN: "nothing tells whether it was done",
        Phase.CONFLICT: "it was changed meanwhile, so nothing was sent",
        Phase.EXPIRED: "it waited for too long and was not sent",
    }
    return f"{told.get(entry.phase, 'it was not done')}{words}"


# Tickets


def _tickets(of: Situation) -> Iterable[Need]:
    """The tickets with a running clock; the queue is in their order, so its tail isn't looked at."""
    end = of.now + NIGHT if of.on_call else max(of.now + SOON, of.agreement.calendar.next_change(of.now))
    rows = list(takewhile(lambda row: _deadline(row) <= end, of.queue))
    for row in rows:
        if is_emergency(row.ticket, of.agreement):
            yield _ticket(of, Rank.EMERGENCY, row, "emergency, ")
    if of.on_call:
        return
    usual = [row for row in rows if not is_emergency(row.ticket, of.agreement)]
    overdue = list(late(usual, of.now))
    coming = usual[len(overdue) :]
    soon = list(takewhile(lambda row: _deadline(row) <= of.now + SOON, coming))
    for number, row in enumerate(soon):
        yield _ticket(of, Rank.SAVE, row, tail=_follow(len(soon) - number - 1))
    if overdue:
        others = len(overdue) - 1
        more = f", and {others} {'other is' if others == 1 else 'others are'} late" if others else ""
        yield _ticket(of, Rank.LATE, overdue[0], tail=more)
    for row in coming[len(soon) :][:1]:
        yield _ticket(of, Rank.TODAY, row)


def _deadline(row: Ranked) -> datetime:
    """When its running clock is over; never, where none runs."""
    verdict = row.verdict
    return _NEVER if verdict.kind != "due" or verdict.deadline is None else verdict.deadline


def _ticket(of: Situation, rank: Rank, row: Ranked, before: str = "", tail: str = "") -> Need:
    deadline = row.verdict.deadline or of.now
    when = moment_words(deadline, of.now, of.zone)
    if deadline.astimezone(of.zone).date() == of.now.astimezone(of.zone).date():
        when = clock_words(deadline.astimezone(of.zone))
    breach = f"breached {when}" if deadline <= of.now else f"breaches {when}"
    target = Target("ticket", str(row.ticket.id))
    act = f"{_verb(row)} #{row.ticket.id}"
    return Need(rank, target, act, _subject(row), before + breach + tail, deadline, late=deadline <= of.now)


def _follow(others: int) -> str:
    return f" and {others} {'other follows' if others == 1 else 'others follow'}" if others else ""


def _verb(row: Ranked) -> str:
    if row.ticket.priority is None:
        return "triage"
    metric = row.verdict.metric or ""
    if metric in ("first_reply_time", "next_reply_time"):
        return "reply to"
    return "resolve" if metric in ("total_resolution_time", "agent_work_time") else "update"


def _subject(row: Ranked) -> str:
    return clean(row.ticket.subject, _SUBJECT) or "(no subject)"


def _promised(of: Situation) -> Iterable[Need]:
    for number, promise in of.promises.items():
        if promise.due_at > of.now + PROMISE_SOON:
            continue
        over = promise.due_at <= of.now
        due = moment_words(promise.due_at, of.now, of.zone)
        why = f"the next step was promised for {due}" if over else "the next step is promised"
        yield Need(
            Rank.SAVE,
            Target("ticket", str(number)),
            f"#{number}",
            clean(promise.step, _MESSAGE),
            why,
            promise.due_at,
            None if over else promise.due_at,
            late=over,
        )
