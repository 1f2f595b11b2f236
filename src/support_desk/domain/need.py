"""What needs somebody, and what is looked at to find out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

from support_desk.domain.alerts import Alert
from support_desk.domain.commands import Promise
from support_desk.domain.escalation import Countdown
from support_desk.domain.intents import Entry, Target
from support_desk.domain.sla import Agreement, Ranked
from support_desk.records import record

LONGEST_TITLE = 60
"""Characters of an alert's message, an action or a promised step that a need has for its title."""


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
        """The zone of the working hours: moments are told in it."""
        return self.agreement.calendar.timezone
