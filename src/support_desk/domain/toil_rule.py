"""The rule of time off in lieu: what a claim is worth.

By the handbook: a quarter of a day for an alert while awake, half a day for one that woke the person; alerts
within an hour of the first one received are one claim; more than an hour of fixing adds a quarter of a day
per hour. What the handbook leaves open is a field of `Rule`, and each claim can say which choice was made.

Amounts are fractions of a day: nothing is rounded before it is shown. Only the hours of sleep are local.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction

from support_desk.domain.working_time import WorkingCalendar
from support_desk.records import record

HOUR = timedelta(hours=1)


class Woken(StrEnum):
    """Whether a claim's alerts woke the person; only they know."""

    NO = "no"
    FIRST = "first"
    """The first alert did."""
    LATER = "later"
    """They were awake for the first one, and a later one of the same claim woke them."""


class PartHours(StrEnum):
    """What counts of the time of fixing beyond the first hour."""

    FULL = "full"
    STARTED = "started"
    EXACT = "exact"


class Mixed(StrEnum):
    """What a claim is that begins awake and wakes the person later."""

    ANY = "any"
    """Woken: one of its alerts did."""
    FIRST = "first"
    """Awake: its first alert decides."""


class Counted(StrEnum):
    """Which alerts of the person's own on-call shifts count."""

    RECEIVED = "received"
    """All: the handbook speaks of the person who was alerted."""
    ACKNOWLEDGED = "acknowledged"
    """Those that they acknowledged themselves."""


@record
class Rule:
    """The rule that amounts are made by. The handbook's figures, and a choice where it leaves one open."""

    awake: Fraction = Fraction(1, 4)
    """Days for a claim while awake."""
    woken: Fraction = Fraction(1, 2)
    """Days for a claim that woke the person."""
    window: timedelta = HOUR
    """Alerts until so long after the first one belong to its claim, the last moment included."""
    extra: Fraction = Fraction(1, 4)
    """Days for each hour of fixing beyond the first."""
    part_hours: PartHours = PartHours.FULL
    mixed: Mixed = Mixed.ANY
    counted: Counted = Counted.RECEIVED
    sleeps_from: time = time(23)
    """Local; the suggested answer for an alert until `sleeps_until` is that it woke the person."""
    sleeps_until: time = time(8)
    day: timedelta = timedelta(hours=7)
    """What a day is in hours."""


def base_of(woken: Woken, rule: Rule) -> Fraction:
    """Days for having been alerted."""
    was_woken = woken is Woken.FIRST or (woken is Woken.LATER and rule.mixed is Mixed.ANY)
    return rule.woken if was_woken else rule.awake


def extra_of(fix: timedelta, rule: Rule) -> Fraction:
    """Days for fixing that took `fix`: nothing for the first hour."""
    beyond = fix - HOUR
    if beyond <= timedelta():
        return Fraction()
    if rule.part_hours is PartHours.FULL:
        return rule.extra * (beyond // HOUR)
    if rule.part_hours is PartHours.STARTED:
        return rule.extra * -(-beyond // HOUR)
    return rule.extra * Fraction(beyond // timedelta(microseconds=1), HOUR // timedelta(microseconds=1))


def asleep(at: datetime, rule: Rule, calendar: WorkingCalendar) -> bool:
    """Whether this moment is in the local hours of sleep; the first moment is, the last isn't."""
    clock = at.astimezone(calendar.timezone).time()
    if rule.sleeps_from <= rule.sleeps_until:
        return rule.sleeps_from <= clock < rule.sleeps_until
    return clock >= rule.sleeps_from or clock < rule.sleeps_until
