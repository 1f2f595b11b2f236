"""What is worth mending when nothing needs attention: noise, gaps in the runbooks, tickets that wait on us.

The handbook's quiet times: better runbooks, the root causes of common alerts. Everything here is counted from
the history of alerts, which reaches only as far back as it was watched or imported: whoever shows it says so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from support_desk.domain.alerts import PRIORITIES
from support_desk.domain.past import AlertRecord
from support_desk.domain.runbooks import Runbook, RunbookMatch
from support_desk.domain.sla import Ranked
from support_desk.domain.storms import pattern
from support_desk.domain.tickets import Ticket
from support_desk.domain.working_time import WorkingCalendar
from support_desk.records import record

UNTOUCHED = timedelta(days=180)
"""A runbook that nobody has changed for so long may not be true any more."""

_HOURS = 24
_PEAK = 3
"""Hours of the busiest stretch of the day."""


@record
class Noise:
    """Alerts with one cause over some weeks."""

    cause: str
    """The same for alerts that differ only in numbers, ids and hosts."""
    message: str
    """The latest one's."""
    client: str
    priority: str
    """The most pressing one's."""
    alerts: int
    occurrences: int
    """How often it rang, with what was counted on alerts that were open already."""
    out_of_hours: int
    """How many of the alerts came out of hours."""
    hours: tuple[int, ...]
    """How many came in each hour of the local day, 24 numbers."""
    unacknowledged: int
    """How many left without anybody having taken them: nothing had to be done."""
    open_for: timedelta
    """How long they were open, all together; those that are still open up to the moment of asking."""
    last_at: datetime
    runbook: RunbookMatch | None

    @property
    def out_of_hours_share(self) -> float:
        """Of the alerts, from 0 to 1."""
        return self.out_of_hours / self.alerts

    @property
    def peak(self) -> tuple[int, int] | None:
        """The three hours of the day in which most of them came, as (from, until); None: no such hours."""
        best = max(range(_HOURS), key=lambda hour: (_in_stretch(self.hours, hour), -hour))
        if _in_stretch(self.hours, best) * 2 <= self.alerts or self.alerts < _PEAK:
            return None
        return best, (best + _PEAK) % _HOURS


@record
class OldRunbook:
    """A runbook that is used, and that nobody has looked after for long."""

    path: str
    title: str
    changed_at: datetime
    used: int
    """How many alerts of the history it goes with."""


@record
class Waiting:
    """A ticket that waits on us."""

    ticket: Ticket
    since: datetime
    """When the client last wrote, or the ticket was opened."""


def noisiest(
    past: Iterable[AlertRecord],
    since: datetime,
    now: datetime,
    calendar: WorkingCalendar,
    *,
    client_of: Callable[[AlertRecord], str | None] = lambda alert: alert.client,
    runbook_of: Callable[[AlertRecord], RunbookMatch | None] = lambda _: None,
) -> tuple[Noise, ...]:
    """The causes of the alerts created since then, the noisiest first; ties by what came out of hours."""
    alike: dict[str, list[AlertRecord]] = defaultdict(list)
    for alert in past:
        if since <= alert.created_at <= now:
            alike[f"{client_of(alert) or ''}|{pattern(alert.message)}"].append(alert)
    found = [
        _noise(cause, alerts, now=now, calendar=calendar, client_of=client_of, runbook_of=runbook_of)
        for cause, alerts in alike.items()
    ]
    return tuple(sorted(found, key=lambda noise: (-noise.alerts, -noise.out_of_hours, noise.cause)))


def _noise(
    cause: str,
    alerts: Sequence[AlertRecord],
    *,
    now: datetime,
    calendar: WorkingCalendar,
    client_of: Callable[[AlertRecord], str | None],
    runbook_of: Callable[[AlertRecord], RunbookMatch | None],
) -> Noise:
    latest = max(alerts, key=lambda alert: (alert.created_at, alert.id))
    by_hour = Counter(alert.created_at.astimezone(calendar.timezone).hour for alert in alerts)
    return Noise(
        cause=cause,
        message=latest.message,
        client=client_of(latest) or "",
        priority=min((alert.priority for alert in alerts), key=_pressing),
        alerts=len(alerts),
        occurrences=sum(alert.count for alert in alerts),
        out_of_hours=sum(not calendar.is_open(alert.created_at) for alert in alerts),
        hours=tuple(by_hour[hour] for hour in range(_HOURS)),
        unacknowledged=sum(alert.gone_at is not None and alert.acked_at is None for alert in alerts),
        open_for=sum(((alert.gone_at or now) - alert.created_at for alert in alerts), timedelta()),
        last_at=latest.created_at,
        runbook=runbook_of(latest),
    )


def _pressing(priority: str) -> int:
    return PRIORITIES.index(priority) if priority in PRIORITIES else len(PRIORITIES)


def _in_stretch(hours: Sequence[int], first: int) -> int:
    return sum(hours[(first + step) % _HOURS] for step in range(_PEAK))


def without_runbook(noise: Iterable[Noise]) -> tuple[Noise, ...]:
    """The causes that no runbook goes with, the noisiest first."""
    return tuple(found for found in noise if found.runbook is None)


def old_runbooks(
    past: Iterable[AlertRecord],
    runbooks: Iterable[Runbook],
    now: datetime,
    *,
    runbook_of: Callable[[AlertRecord], RunbookMatch | None],
    changed: Mapping[str, datetime],
    untouched: timedelta = UNTOUCHED,
) -> tuple[OldRunbook, ...]:
    """The runbooks that went with alerts and weren't changed for long, the most used first.

    `changed` is when each file was last changed, by its path; for one that isn't there, the time of the file
    counts. A checkout gives every file the time of the checkout, so that alone would make none old.
    """
    used: Counter[str] = Counter()
    for alert in past:
        match = runbook_of(alert)
        if match is not None:
            used[match.path] += 1
    found = [
        OldRunbook(book.path, book.title, at, used[book.path])
        for book in runbooks
        if book.path in used and now - (at := changed.get(book.path, book.modified_at)) >= untouched
    ]
    return tuple(sorted(found, key=lambda old: (-old.used, old.changed_at, old.path)))


def waiting_on_us(queue: Iterable[Ranked]) -> tuple[Waiting, ...]:
    """The tickets in which the next word is ours, the longest waiting first.

    Pending and on-hold tickets wait for somebody else. Where it isn't known who wrote last, the ticket's age
    counts.
    """
    found = [
        Waiting(row.ticket, since)
        for row in queue
        if row.ticket.status in ("new", "open") and (since := _waits_since(row.ticket)) is not None
    ]
    return tuple(sorted(found, key=lambda row: (row.since, row.ticket.id)))


def _waits_since(ticket: Ticket) -> datetime | None:
    replies = ticket.replies
    if replies is None or not replies.count:
        return ticket.created_at
    asked, answered = replies.client_last_at, replies.agent_last_at or replies.first_at
    if asked is None:
        return None
    return asked if answered is None or asked > answered else None


def hours_words(noise: Noise) -> str:
    """When it comes, in words: "12 out of hours, mostly 02:00-05:00"."""
    if not noise.out_of_hours:
        words = "all in hours"
    elif noise.out_of_hours == noise.alerts:
        words = "all out of hours"
    else:
        words = f"{noise.out_of_hours} out of hours"
    peak = noise.peak
    return words if peak is None else f"{words}, mostly {peak[0]:02}:00-{peak[1]:02}:00"
