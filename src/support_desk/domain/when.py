"""A moment as people type it: "15:10", "tomorrow", "fri 12:00", "26 nov 9:30", "in 2 h", "3d"."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from support_desk.domain.working_time import WorkingCalendar

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_SPAN = re.compile(r"^(?:in\s+)?(\d{1,4})\s*(m|min|minutes?|h|hours?|d|days?|w|weeks?)$")
_CLOCK = re.compile(r"^(\d{1,2})(?::(\d\d))?$")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def parse_when(text: str, now: datetime, calendar: WorkingCalendar) -> datetime | None:
    """The moment (UTC) that is meant, always after `now`; None if it can't be told.

    Days and clock times are local to the calendar's zone. A day without a time is the start of its working
    hours; a time without a day, and a day of the week, are their next occurrence. A time that the change to
    summer time leaves out is moved forward by an hour; of one that comes twice in autumn the next is meant.
    """
    words = text.strip().casefold().replace(",", " ").split()
    if not words:
        return None
    if span := _SPAN.match(" ".join(words)):
        return now + int(span[1]) * _UNITS[span[2][0]]
    clock = _clock(words[-1]) if ":" in words[-1] or len(words) == 1 else None
    day_words = words[:-1] if clock is not None else words
    today = now.astimezone(calendar.timezone).date()
    if not day_words:
        if clock is None:
            return None
        at = _local(today, clock, calendar, now)
        return at if at > now else _local(today + timedelta(days=1), clock, calendar, now)
    day = _day(day_words, today)
    if day is None:
        return None
    at = _local(day, clock or calendar.start, calendar, now)
    if at <= now and day_words[0][:3] in DAYS:
        at = _local(day + timedelta(weeks=1), clock or calendar.start, calendar, now)
    return at if at > now else None


def _clock(word: str) -> time | None:
    found = _CLOCK.match(word)
    if found is None:
        return None
    try:
        return time(int(found[1]), int(found[2] or 0))
    except ValueError:
        return None


def _day(words: list[str], today: date) -> date | None:
    match words:
        case ["today"]:
            return today
        case ["tomorrow"]:
            return today + timedelta(days=1)
        case [name] if name[:3] in DAYS and name.isalpha():
            ahead = (DAYS.index(name[:3]) - today.weekday()) % 7
            return today + timedelta(days=ahead)
        case [number, name] if number.isdecimal() and name[:3] in MONTHS:
            return _next_on(int(number), MONTHS.index(name[:3]) + 1, today)
    return None


def _next_on(day: int, month: int, today: date) -> date | None:
    """The next day of that date, today included; None where neither this year nor the next has it."""
    for year in (today.year, today.year + 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    return None


def _local(day: date, at: time, calendar: WorkingCalendar, now: datetime) -> datetime:
    """A local time in UTC: of one that comes twice in the night, the second once the first is over."""
    first, second = (
        datetime.combine(day, at.replace(fold=fold), calendar.timezone).astimezone(UTC) for fold in (0, 1)
    )
    return first if first > now else second
