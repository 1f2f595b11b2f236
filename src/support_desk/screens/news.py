"""What to ring, announce and put into the terminal's title."""

from __future__ import annotations

from collections.abc import Mapping

from support_desk.config.model import Config
from support_desk.desk.snapshot import Feed, State, state
from support_desk.domain.alerts import PRIORITIES, Alert
from support_desk.domain.reminders import StaleAck
from support_desk.domain.sla import SIDELOAD_MISSING, Ranked, count_late
from support_desk.domain.tickets import Ticket
from support_desk.domain.words import duration_words
from support_desk.records import record
from support_desk.screens.alert_rows import stale_of
from support_desk.screens.header import critical_alerts
from support_desk.screens.view import View

MOST_LINES = 3
"""Announcements at one time; more would cover the screen."""
MORE = "more news"
"""What the line is about that counts those that aren't said."""


@record
class News:
    """What has happened since the last look."""

    ring: bool
    lines: Mapping[str, str]
    """Announcements that every screen shows, by what each is about."""
    over: frozenset[str]
    """What earlier ones were about that is over: somebody has the alert, the ticket isn't late any more."""
    title: str


class Watch:
    """Remembers what has been said, so that each thing is said once."""

    def __init__(self, config: Config) -> None:
        self.muted = False
        self._bell = config.bell
        self._open: set[str] = set()
        self._queue: tuple[Ranked, ...] = ()
        self._late: set[int] = set()
        self._said: set[int] = set()
        """Tickets that breached, also where since then nothing tells what Zendesk's clock says."""
        self._reminded: dict[str, int] = {}
        """How often each alert that was left open has reminded."""
        self._seen_stale = False
        self._seen_alerts = False
        self._seen_tickets = False

    def first(self, view: View) -> None:
        """What the store remembered is no news."""
        self.look(view)

    def look(self, view: View) -> News:
        """Compare with the last look; what the first reading of a feed finds is no news."""
        lines: dict[str, str] = {}
        ring = False
        alerts = view.snapshot.alerts
        waiting = {alert.id: alert for alert in alerts.rows if alert.status == "open"}
        fresh = [alert for id_, alert in waiting.items() if id_ not in self._open]
        if self._seen_alerts and fresh:
            loud = [alert for alert in fresh if self._is_loud(alert)]
            ring = ring or (self._bell.alerts and bool(loud))
            critical = {alert.id for alert in critical_alerts(view)}
            lines |= {f"open {a.id}": f"{a.priority} alert: {a.message}" for a in fresh if a.id in critical}
        over = {f"open {id_}" for id_ in self._open - waiting.keys()}
        self._open = set(waiting)
        self._seen_alerts = self._seen_alerts or alerts.read_at is not None
        tickets = view.snapshot.tickets
        overdue = count_late(tickets.rows, view.now)
        said_before = self._said
        breached = self._breached(tickets.rows, overdue)
        over |= {f"late {id_}" for id_ in said_before - self._said}
        if self._seen_tickets and breached:
            ring = ring or self._bell.breaches
            known = "" if state(tickets, view.now) is not State.FAILED else " by what was last known"
            lines |= {f"late {t.id}": f"#{t.id} has breached{known}: {t.title}" for t in breached}
        # The tail of a long queue is loaded after the first frame: what was late there before is no news.
        self._seen_tickets = tickets.read_at is not None and not tickets.more
        reminded_before = self._reminded
        reminded = self._reminders(view)
        over |= {f"taken {id_}" for id_ in reminded_before.keys() - self._reminded.keys()}
        ring = ring or (self._bell.alerts and bool(reminded))
        lines |= reminded
        if (more := len(lines) - MOST_LINES) > 0:
            lines = dict(list(lines.items())[:MOST_LINES]) | {MORE: f"and {more} more"}
        counts = (
            _count(alerts, view, len(waiting), "alert open", "alerts open"),
            _count(tickets, view, overdue, "ticket late", "tickets late"),
        )
        title = f"support-desk: {', '.join(filter(None, counts))}"
        return News(ring and not self.muted, lines, frozenset(over), title)

    def _reminders(self, view: View) -> dict[str, str]:
        """Alerts that this person took and left open: once per interval (ruling 26)."""
        me = view.config.me.email.casefold()
        stale = {row.alert.id: row for row in stale_of(view)}
        due = [
            row
            for id_, row in stale.items()
            if row.times > self._reminded.get(id_, 0) and (row.alert.acknowledged_by or me).casefold() == me
        ]
        first, self._reminded = not self._seen_stale, {id_: row.times for id_, row in stale.items()}
        self._seen_stale = self._seen_stale or view.snapshot.alerts.read_at is not None
        return {} if first else {f"taken {row.alert.id}": _still_open(row) for row in due}

    def _breached(self, queue: tuple[Ranked, ...], overdue: int) -> list[Ticket]:
        """Which of the first `overdue` tickets haven't breached before, as far as that was known."""
        if queue is self._queue and overdue == len(self._late):
            # As nearly every second of a week.
            return []
        late_now = [row.ticket for row in queue[:overdue]]
        breached = [ticket for ticket in late_now if ticket.id not in self._said]
        self._queue, self._late = queue, {ticket.id for ticket in late_now}
        unknown = {row.ticket.id for row in queue[overdue:] if row.verdict.cause == SIDELOAD_MISSING}
        self._said = self._late | (self._said & unknown)
        return breached

    def _is_loud(self, alert: Alert) -> bool:
        """Whether it may ring; a priority that can't be read may be any."""
        return alert.priority not in PRIORITIES or alert.priority <= self._bell.min_priority


def _still_open(row: StaleAck) -> str:
    taken = duration_words(row.for_)
    return f"You took it {taken} ago and it is still open: {row.alert.priority} {row.alert.message}"


def _count(feed: Feed[object], view: View, count: int, one: str, many: str) -> str:
    """A number with its words; `?` where it isn't known, or is only what was last known."""
    judged = state(feed, view.now)
    if judged is State.OFF:
        return ""
    number = "?" if feed.read_at is None else f"{count}?" if judged is State.FAILED else f"{count}"
    return f"{number} {one if number == '1' else many}"
