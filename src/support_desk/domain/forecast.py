"""Which tickets would breach by the end of the day at the usual pace, and the order that saves the most.

Replies take their time one after another, in working hours only. For one order of the queue the forecast
says who comes too late. The best order is Moore's and Hodgson's: earliest due date first, and whenever the
next one would come too late, the longest so far is left for later. No order of replies has fewer late ones.

Everything is exact in working time: a reply that ends in the very moment of its deadline is in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from support_desk.domain.sla import Ranked
from support_desk.domain.words import duration_words
from support_desk.domain.working_time import NOTHING, WorkingCalendar
from support_desk.records import record

ASSUMED = timedelta(minutes=20)
"""Of working time for one reply, where nothing has been learned and nothing is configured."""

FEWEST_REPLIES = 10
"""From fewer replies no pace is learned: an afternoon of long ones isn't usual."""

LEARNED_FROM = timedelta(days=14)
"""How far back replies are looked at: what was usual two teams ago isn't any more."""

SLOWEST = timedelta(hours=4)
"""A slower pace isn't a pace: most of those hours went into something else."""
QUICKEST = timedelta(minutes=1)


@record
class Pace:
    """The working time that passes for each reply, whoever gives it."""

    length: timedelta
    basis: str
    """`learned` from past replies, `configured`, `adjusted` on the screen, or `assumed`."""
    replies: int = 0
    """How many replies it was learned from."""
    over: timedelta = NOTHING
    """The working time in which they were given."""


@record
class Job:
    """A reply that is owed."""

    id: int
    """The ticket."""
    due: datetime
    """UTC."""
    length: timedelta
    """Working time that it takes."""


@record
class Forecast:
    """What becomes of the replies that are due by one moment."""

    until: datetime
    """The end of this working day, or out of hours of the next one (UTC)."""
    pace: Pace
    breached: tuple[int, ...]
    """Already late; no order mends that."""
    due: tuple[int, ...]
    """Due by then, in the order asked about."""
    late: tuple[int, ...]
    """Of those, what would breach in the order asked about."""
    best: tuple[int, ...]
    """The order that saves the most: what can be saved, then what can't, then what is late already."""
    best_late: tuple[int, ...]
    """What would breach even so."""

    @property
    def saves(self) -> int:
        """How many more are answered in time in the best order."""
        return len(self.late) - len(self.best_late)


def learned_pace(
    replies: Iterable[datetime], watched_from: datetime, now: datetime, calendar: WorkingCalendar
) -> Pace | None:
    """The pace of past replies; None where too few of them, or too little time, have been seen.

    `watched_from` is since when replies have been noted. Replies out of hours count for the working time
    around them: the person answered, whatever the clock said.
    """
    since = max(watched_from, now - LEARNED_FROM)
    number = sum(since < at <= now for at in replies)
    over = calendar.between(since, now)
    if number < FEWEST_REPLIES or over < QUICKEST * number:
        return None
    return Pace(min(over / number, SLOWEST), "learned", number, over)


def late_in(jobs: Sequence[Job], now: datetime, calendar: WorkingCalendar) -> tuple[int, ...]:
    """What comes too late when the jobs are done in exactly this order, from now on."""
    done, late = NOTHING, []
    for job in jobs:
        done += job.length
        if not _in_time(done, job, now, calendar):
            late.append(job.id)
    return tuple(late)


def fewest_late(
    jobs: Iterable[Job], now: datetime, calendar: WorkingCalendar
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The order with the fewest late jobs, and those (Moore and Hodgson, 1968).

    The late ones stand at the end, by their due date.
    """
    waiting = sorted(jobs, key=lambda job: (job.due, job.id))
    number = count()
    taken: list[tuple[timedelta, int, Job]] = []
    """The jobs taken so far, longest first; of equals the later one, so that what is due first stays."""
    done = NOTHING
    for job in waiting:
        heappush(taken, (-job.length, -next(number), job))
        done += job.length
        if not _in_time(done, job, now, calendar):
            done -= heappop(taken)[2].length
    kept = {job.id for _, _, job in taken}
    in_time = tuple(job.id for job in waiting if job.id in kept)
    late = tuple(job.id for job in waiting if job.id not in kept)
    return in_time + late, late


def _in_time(done: timedelta, job: Job, now: datetime, calendar: WorkingCalendar) -> bool:
    """Whether so much working time from now is over by the job's deadline."""
    return job.due > now and done <= calendar.between(now, job.due)


def day_end(now: datetime, calendar: WorkingCalendar) -> datetime:
    """The end of this working day; out of hours, of the next one."""
    change = calendar.next_change(now)
    return change if calendar.is_open(now) else calendar.next_change(change)


def forecast(
    queue: Iterable[Ranked],
    now: datetime,
    calendar: WorkingCalendar,
    pace: Pace,
) -> Forecast:
    """What would breach by the end of the working day if the queue is worked down in the order given.

    Tickets that are late already take their time where they stand; tickets that are due later than that, or
    whose clock stands still, are left out.
    """
    end = day_end(now, calendar)
    jobs: list[Job] = []
    breached: list[int] = []
    due: list[int] = []
    for row in queue:
        deadline = row.verdict.deadline
        if row.verdict.kind != "due" or deadline is None or deadline > end:
            continue
        jobs.append(Job(row.ticket.id, deadline, pace.length))
        (breached if deadline <= now else due).append(row.ticket.id)
    already = frozenset(breached)
    late = tuple(number for number in late_in(jobs, now, calendar) if number not in already)
    savable = [job for job in jobs if job.id not in already]
    best, best_late = fewest_late(savable, now, calendar)
    in_time = best[: len(best) - len(best_late)]
    return Forecast(
        end, pace, tuple(breached), tuple(due), late, in_time + best_late + tuple(breached), best_late
    )


def pace_words(pace: Pace) -> str:
    """The pace and where it comes from: "24 min a reply, learned from 41 replies"."""
    words = f"{duration_words(pace.length, days=False)} a reply"
    if pace.basis == "learned":
        return f"{words}, learned from {pace.replies} replies in {duration_words(pace.over, days=False)}"
    told = {"configured": "as configured", "adjusted": "as you set it", "assumed": "assumed so far"}
    return f"{words}, {told.get(pace.basis, pace.basis)}"


def forecast_words(found: Forecast, until_words: str) -> str:
    """The forecast in one sentence; `until_words` is its end as a clock time, such as "18:00"."""
    number = len(found.due)
    if not number:
        words = f"nothing more is due by {until_words}"
    elif not found.late:
        words = f"all {number} due by {until_words} can be answered" if number > 1 else (
            f"the one due by {until_words} can be answered"
        )  # fmt: skip
    else:
        words = f"in this order {len(found.late)} of {number} due by {until_words} would breach"
        if found.saves:
            rest = f"{len(found.best_late)} would" if found.best_late else "none would"
            words += f"; in the best order {rest}"
        else:
            words += "; no order saves more"
    if found.breached:
        others = len(found.breached)
        words += f". {others}{' more' * bool(number)} {'is' if others == 1 else 'are'} late already"
    return words
