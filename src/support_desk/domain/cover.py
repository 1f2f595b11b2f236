"""Where somebody ought to be on and nobody is."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache

from support_desk.domain.rota import (
    FIRST_LINE,
    LEFTOVER,
    Gap,
    Role,
    Rota,
    gaps,
    uncovered_bank_holidays,
)
from support_desk.domain.working_time import WorkingCalendar
from support_desk.latest import Latest


def missing(
    rota: Rota, role: Role, start: datetime, end: datetime, calendar: WorkingCalendar
) -> tuple[Gap, ...]:
    """When somebody ought to be on this line and nobody is, as far as the rota was read.

    The first line's two are there in working hours; on call and the second line outside the hours of an
    ordinary week. The day of a bank holiday is covered by override, which is asked elsewhere
    (`rota.uncovered_bank_holidays`), and pieces under five minutes are no gaps but leftovers.
    """
    hours = calendar if role in (Role.DEV, Role.OPS) else _ordinary(calendar)
    wanted_open = role in (Role.DEV, Role.OPS)
    return tuple(
        Gap(role, *piece)
        for gap in gaps(rota, role, start, end)
        for piece in _pieces(gap, hours, wanted_open=wanted_open)
        if piece[1] - piece[0] >= LEFTOVER
    )


def bare_bank_holidays(
    rota: Rota, after: datetime, calendar: WorkingCalendar, lines: Collection[Role] = FIRST_LINE
) -> tuple[date, ...]:
    """Bank holidays, today's included, on which nobody of `lines` is there in the hours of a usual day."""
    return uncovered_bank_holidays(
        rota,
        calendar.holidays,
        zone=calendar.timezone,
        opens=calendar.start,
        closes=calendar.end,
        after=after,
        lines=lines,
    )


def bare_days(rota: Rota, after: datetime, calendar: WorkingCalendar) -> tuple[tuple[date, bool], ...]:
    """Bank holidays that lack somebody; True: the first line is covered, and only the second line isn't."""
    found = _bare.of((rota, calendar), lambda: _all_bare_days(rota, calendar))
    return tuple(
        (day, second_line_only)
        for day, second_line_only in found
        if datetime.combine(day, calendar.end, calendar.timezone) > after
    )


_bare: Latest[tuple[tuple[date, bool], ...]] = Latest()


def _all_bare_days(rota: Rota, calendar: WorkingCalendar) -> tuple[tuple[date, bool], ...]:
    first = bare_bank_holidays(rota, rota.cover.start, calendar)
    second = bare_bank_holidays(rota, rota.cover.start, calendar, (Role.SECOND_LINE,))
    return tuple((day, day not in first) for day in sorted({*first, *second}))


@lru_cache(maxsize=4)
def _ordinary(calendar: WorkingCalendar) -> WorkingCalendar:
    """The same hours in weeks without holidays. Kept: a calendar works out a whole year when it is asked."""
    return replace(calendar, holidays=frozenset())


def _pieces(gap: Gap, calendar: WorkingCalendar, *, wanted_open: bool) -> Iterator[tuple[datetime, datetime]]:
    """The parts of a gap in which the calendar is open, or is closed."""
    at = gap.start
    while at < gap.end:
        change = min(calendar.next_change(at), gap.end)
        if calendar.is_open(at) is wanted_open:
            yield at, change
        at = change
