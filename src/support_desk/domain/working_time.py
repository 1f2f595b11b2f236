"""Working time: how much of the clock's time counts when only working hours count.

A working day is open from one local time to another (10:00 to 18:00 at the agency, by clause "Working
hours" of the contract of 23 May 2018), except at weekends and on bank holidays. Local times stay put when
the clocks change, so every day's hours are converted to UTC by themselves; all the arithmetic is then plain
subtraction in UTC, and exact to the microsecond.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from support_desk.records import record

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

NOTHING = timedelta()
ONE_DAY = timedelta(days=1)

FIRST_YEAR, LAST_YEAR = 1970, 2200
"""Working time is counted between these years; what lies outside counts as nothing."""

_YEARS_KEPT = 16
_MOMENTS_KEPT = 1024


class _Year(NamedTuple):
    """The working hours of one local calendar year, in UTC and in order."""

    starts: list[datetime]
    ends: list[datetime]
    before: list[timedelta]
    """Working time of the year before each start; one entry more than the starts, the year's total."""

    def elapsed(self, at: datetime) -> timedelta:
        """Working time of this year that has gone by at `at`."""
        over = bisect_right(self.ends, at)
        gone = self.before[over]
        if over < len(self.starts) and self.starts[over] < at:
            gone += at - self.starts[over]
        return gone

    def moment(self, gone: timedelta) -> datetime:
        """The first moment at which `gone` of this year's working time is over; `0 < gone <= total`."""
        day = bisect_left(self.before, gone) - 1
        return self.starts[day] + (gone - self.before[day])


def _utc(at: datetime) -> datetime:
    if at.tzinfo is UTC:
        return at
    if at.tzinfo is None:
        raise ValueError(f"a moment needs a time zone: {at.isoformat()}")
    return at.astimezone(UTC)


@record
class WorkingCalendar:
    """Working hours in one time zone. Moments are aware in any zone; answers are in UTC.

    An hour that the clocks skip or repeat is read as `zoneinfo` reads it (PEP 495, `fold=0`): the first of
    two, and a skipped one as if the clocks had not yet gone forward.

    Raises `ValueError` when there is no working time at all: `end` not after `start`, or no days.
    """

    timezone: ZoneInfo
    start: time
    end: time
    days: frozenset[int]
    """Days of the week, Monday is 0."""
    holidays: frozenset[date]
    """Days that aren't working days, whatever day of the week."""
    _years: dict[int, _Year] = field(default_factory=dict, init=False, repr=False, compare=False)
    _totals: dict[int, timedelta] = field(default_factory=dict, init=False, repr=False, compare=False)
    _elapsed: dict[datetime, tuple[int, timedelta]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """The deadlines that are on the screen are asked for again with every tick."""

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"working hours end ({self.end:%H:%M}) before they start ({self.start:%H:%M})")
        if not self.days:
            raise ValueError("working hours need at least one day of the week")
        if not self.days <= frozenset(range(7)):
            raise ValueError(f"days of the week are 0 (Monday) to 6 (Sunday), not {sorted(self.days)}")

    def is_working_day(self, day: date) -> bool:
        """Whether the local day `day` has working hours."""
        return day.weekday() in self.days and day not in self.holidays

    def is_open(self, at: datetime) -> bool:
        """Whether `at` is in working hours; the first moment is, the last isn't."""
        at = _utc(at)
        year = self._year(self._local_year(at))
        over = bisect_right(year.ends, at)
        return over < len(year.starts) and year.starts[over] <= at

    def next_change(self, at: datetime) -> datetime:
        """The first moment after `at` at which working hours begin or end.

        Raises `OverflowError` when there is none before the calendar's last year is over.
        """
        at = _utc(at)
        number = max(self._local_year(at), FIRST_YEAR)
        while number <= LAST_YEAR:
            year = self._year(number)
            over = bisect_right(year.ends, at)
            if over < len(year.starts):
                return year.starts[over] if at < year.starts[over] else year.ends[over]
            number += 1
        raise OverflowError(f"no working hours are known after {at.isoformat()}")

    def last_change(self, at: datetime) -> datetime:
        """The last moment, `at` included, at which working hours began or ended.

        Raises `OverflowError` when there is none since the calendar's first year began.
        """
        at = _utc(at)
        number = min(self._local_year(at), LAST_YEAR)
        while number >= FIRST_YEAR:
            year = self._year(number)
            begun = bisect_right(year.starts, at)
            if begun:
                return year.ends[begun - 1] if year.ends[begun - 1] <= at else year.starts[begun - 1]
            number -= 1
        raise OverflowError(f"no working hours are known before {at.isoformat()}")

    def add(self, start: datetime, working: timedelta) -> datetime:
        """The first moment by which `working` time has gone by since `start`.

        Eight hours from Friday 10:00 end on Friday 18:00, not on Monday 10:00; none end at once.
        Raises `ValueError` for a negative amount, `OverflowError` beyond the calendar's last year.
        """
        if working < NOTHING:
            raise ValueError("working time can only be added forwards")
        start = _utc(start)
        if not working:
            return start
        number = max(self._local_year(start), FIRST_YEAR)
        if number > LAST_YEAR:
            raise OverflowError(f"working time isn't counted after {LAST_YEAR}")
        gone = self._year(number).elapsed(start) + working
        while gone > (total := self._total(number)):
            gone -= total
            number += 1
            if number > LAST_YEAR:
                raise OverflowError(f"working time isn't counted after {LAST_YEAR}")
        return self._year(number).moment(gone)

    def between(self, a: datetime, b: datetime) -> timedelta:
        """Working time from `a` to `b`; negative when `b` is the earlier one."""
        a, b = _utc(a), _utc(b)
        if b < a:
            return -self.between(b, a)
        (first, before), (last, gone) = self._elapsed_at(a), self._elapsed_at(b)
        if first == last:
            return gone - before
        return sum((self._total(number) for number in range(first, last)), gone) - before

    def _local_year(self, at: datetime) -> int:
        return at.astimezone(self.timezone).year

    def _elapsed_at(self, at: datetime) -> tuple[int, timedelta]:
        """The year that `at` counts in, and the working time of it that has gone by."""
        found = self._elapsed.get(at)
        if found is None:
            number = min(max(self._local_year(at), FIRST_YEAR), LAST_YEAR)
            if len(self._elapsed) >= _MOMENTS_KEPT:
                self._elapsed.clear()
            found = self._elapsed[at] = (number, self._year(number).elapsed(at))
        return found

    def _total(self, number: int) -> timedelta:
        total = self._totals.get(number)
        if total is None:
            total = self._totals[number] = self._year(number).before[-1]
        return total

    def _year(self, number: int) -> _Year:
        year = self._years.get(number)
        if year is None:
            # Cleared whole, as all that is kept here: a single eviction would need a lock between threads.
            if len(self._years) >= _YEARS_KEPT:
                self._years.clear()
            year = self._years[number] = self._hours_of(number)
        return year

    def _hours_of(self, number: int) -> _Year:
        year = _Year([], [], [NOTHING])
        day = date(number, 1, 1)
        while day.year == number:
            if self.is_working_day(day):
                start = datetime.combine(day, self.start, self.timezone).astimezone(UTC)
                end = datetime.combine(day, self.end, self.timezone).astimezone(UTC)
                # A change of the clocks can swallow a short day, or (at the date line) the whole of it.
                if start < end and not (year.ends and start < year.ends[-1]):
                    year.starts.append(start)
                    year.ends.append(end)
                    year.before.append(year.before[-1] + (end - start))
            if day == date.max:
                break
            day += ONE_DAY
        return year
