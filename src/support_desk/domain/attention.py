"""What needs me now: one ranking over alerts, tickets, promises and the actions that ask for a word.

What can still be prevented comes before what has happened: a page before a breach, a breach before a ticket
that is late already ("ensure that no SLA is breached, then work down those that are"). Out of hours only
critical alerts, emergency tickets and whatever pages somebody count; the rest waits for the morning, and the
handbook's limits (30 minutes without a fix, two hours of trying) remind. A reminder never does anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import takewhile

from support_desk.domain.alert_needs import alert_needs
from support_desk.domain.commands import pages_somebody
from support_desk.domain.intents import Entry, Phase, Target
from support_desk.domain.late_start import late_start_words
from support_desk.domain.need import LONGEST_TITLE, Need, Rank, Situation
from support_desk.domain.sla import Ranked, is_emergency, late
from support_desk.domain.words import clock_words, duration_words, moment_words
from support_desk.text import clean

SOON = timedelta(hours=1)
"""A ticket that is due within this time can just be saved."""
PROMISE_SOON = timedelta(minutes=15)
NIGHT = timedelta(hours=16)
"""How far on call looks ahead for emergency tickets: from the end of working hours to their beginning."""
LAST_MINUTES = timedelta(minutes=5)
"""Within these a countdown shows seconds."""

_NEVER = datetime.max.replace(tzinfo=UTC)
_SUBJECT = 100
_SHORTEST_TITLE = 12
_BRIEFEST_TITLE = 8
"""Where the reason is told in fewer words."""


def needs(of: Situation) -> tuple[Need, ...]:
    """What needs the person, most pressing first; empty when nothing does.

    At most one need for each alert, ticket and action.
    """
    found = [*alert_needs(of), *_asking(of), *_tickets(of), *_promised(of)]
    late_start = late_start_words(of.woken_at, of.now, of.zone)
    if late_start:
        found.append(Need(Rank.REST, None, "start later", "", late_start, of.woken_at or of.now))
    found.sort(key=_place)
    kept: dict[object, Need] = {}
    for need in found:
        kept.setdefault(need.target or (need.act, need.title), need)
    return tuple(kept.values())


def sentence(need: Need, now: datetime, zone: tzinfo, room: int = 0, *, still: bool = False) -> str:
    """The need in one line: "ack P1 acme-prod-5xx: second line is paged in 2:10".

    `room`: characters that there are; the title gives way first, so that the reason can be read. 0: enough.
    `still`: it isn't drawn again, so it names the moment, "is paged at 09:47".
    """
    why, brief = need.why, need.brief
    if need.ends_at is not None:
        left = need.ends_at - now
        if left > timedelta(0):
            when = f"at {clock_words(need.ends_at.astimezone(zone))}" if still else f"in {_left(left)}"
            # The moment comes before the names, which may be long: it is what must not be cut off.
            why, brief = f"{why} {when}", f"{when} {brief or why}"
        else:
            why = f"{why}: should have happened {moment_words(need.ends_at, now, zone)}"
    if not need.title:
        return f"{need.act}: {why}"
    shortest, spare = _SHORTEST_TITLE, room - len(need.act) - len(why) - len(" : ")
    if room and brief and spare < shortest:
        why, shortest, spare = brief, _BRIEFEST_TITLE, spare + len(why) - len(brief)
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


# Actions that ask


def _asking(of: Situation) -> Iterable[Need]:
    for entry in of.asking:
        pages = pages_somebody(entry.intent.command)
        yield Need(
            Rank.DOUBT if pages else Rank.ASK,
            None,
            "decide (O) on",
            clean(entry.intent.title, LONGEST_TITLE),
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
    usual: list[Ranked] = []
    for row in takewhile(lambda row: _deadline(row) <= end, of.queue):
        if is_emergency(row.ticket, of.agreement):
            yield _ticket(of, Rank.EMERGENCY, row, "emergency, ")
        else:
            usual.append(row)
    for row in of.queue:
        if row.verdict.kind == "unknown" and is_emergency(row.ticket, of.agreement):
            yield _undated(row)
    if of.on_call:
        return
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
    local = deadline.astimezone(of.zone)
    today = local.date() == of.now.astimezone(of.zone).date()
    when = clock_words(local) if today else moment_words(deadline, of.now, of.zone)
    breach = f"breached {when}" if deadline <= of.now else f"breaches {when}"
    target = Target("ticket", str(row.ticket.id))
    act = f"{_verb(row)} #{row.ticket.id}"
    return Need(rank, target, act, _subject(row), before + breach + tail, deadline, late=deadline <= of.now)


def _undated(row: Ranked) -> Need:
    """An emergency of which nobody can say when it breaches: it mustn't wait behind those with a time."""
    ticket = row.ticket
    why = "emergency, when it breaches isn't known (enter says why)"
    act, target = f"look at #{ticket.id}", Target("ticket", str(ticket.id))
    return Need(Rank.EMERGENCY, target, act, _subject(row), why, ticket.created_at)


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
    return clean(row.ticket.title, _SUBJECT)


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
            clean(promise.step, LONGEST_TITLE),
            why,
            promise.due_at,
            None if over else promise.due_at,
            late=over,
        )
