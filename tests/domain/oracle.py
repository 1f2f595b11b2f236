"""Slow and simple answers to compare the real ones with; shares no code with what it judges.

The hours of first line support are written out once more, with the United Kingdom's rule for the clocks
(forward on the last Sunday of March, back on that of October, both at 01:00 UTC), and counted minute by
minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property

MINUTE = timedelta(minutes=1)

HOLIDAYS = frozenset(
    {
        date(2026, 8, 31),
        date(2026, 12, 25),
        date(2026, 12, 28),
        date(2027, 1, 1),
        date(2027, 3, 26),
        date(2027, 3, 29),
        date(2027, 5, 3),
        date(2027, 5, 31),
    }
)
"""Bank holidays of England and Wales from August 2026 to June 2027 (Boxing Day 2026 is a Saturday)."""


@cache
def last_sunday(year: int, month: int) -> date:
    day = date(year, month, 31)
    while day.isoweekday() != 7:
        day -= timedelta(days=1)
    return day


def london(at: datetime) -> datetime:
    """Local time in London, without a zone."""
    forward, back = last_sunday(at.year, 3), last_sunday(at.year, 10)
    begins = datetime(at.year, 3, forward.day, 1, tzinfo=UTC)
    ends = datetime(at.year, 10, back.day, 1, tzinfo=UTC)
    summer = begins <= at < ends
    return at.replace(tzinfo=None) + (timedelta(hours=1) if summer else timedelta())


def is_open(at: datetime) -> bool:
    """Whether first line support is open at this moment."""
    local = london(at)
    return local.isoweekday() <= 5 and local.date() not in HOLIDAYS and 10 <= local.hour < 18


@dataclass
class Minutes:
    """Every minute from `start` on, each looked at by itself."""

    start: datetime
    days: int

    @cached_property
    def open(self) -> list[bool]:
        return [is_open(self.start + number * MINUTE) for number in range(self.days * 24 * 60)]

    @cached_property
    def gone(self) -> list[int]:
        """Open minutes before each minute."""
        total, totals = 0, []
        for minute_is_open in self.open:
            totals.append(total)
            total += minute_is_open
        return [*totals, total]

    def place(self, at: datetime) -> int:
        return (at - self.start) // MINUTE

    def between(self, a: datetime, b: datetime) -> timedelta:
        return (self.gone[self.place(b)] - self.gone[self.place(a)]) * MINUTE

    def add(self, start: datetime, minutes: int) -> datetime:
        """Wait, a minute at a time, until enough open minutes have gone by."""
        place, left = self.place(start), minutes
        while left:
            left -= self.open[place]
            place += 1
        return self.start + place * MINUTE

    def next_change(self, at: datetime) -> datetime:
        place = self.place(at)
        before = self.open[place]
        while self.open[place] == before:
            place += 1
        return self.start + place * MINUTE


SEASON = Minutes(datetime(2026, 8, 1, tzinfo=UTC), 320)
"""August 2026 to the middle of June 2027: both changes of the clocks, Christmas and Easter."""


STANDARD_MINUTES = {"urgent": 60, "high": 60, "normal": 480, "low": 2400}
ENHANCED_MINUTES = {"urgent": 30, "high": 30, "normal": 240, "low": 2400}


def contract_deadline(created_at: datetime, priority: str, *, enhanced: bool) -> datetime:
    """The contract's first reply, read off the table and the minute-by-minute clock."""
    minutes = (ENHANCED_MINUTES if enhanced else STANDARD_MINUTES)[priority]
    if priority == "urgent":
        return created_at + minutes * MINUTE
    return SEASON.add(created_at, minutes)
