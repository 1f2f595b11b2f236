"""The rota by the week: whose turn it is on each line, gaps where somebody ought to be, a person's own turns.

A turn is what a person would call their week: their shifts on one line until somebody else's begin.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from support_desk.domain.cover import missing
from support_desk.domain.handover import CHANGEOVER_DAY, support_week
from support_desk.domain.rota import (
    Gap,
    Person,
    Role,
    Rota,
    Shift,
    same_person,
)
from support_desk.domain.words import duration_words, moment_words
from support_desk.domain.working_time import WorkingCalendar
from support_desk.records import record

ROLE_WORDS = {
    Role.DEV: "first line dev",
    Role.OPS: "first line ops",
    Role.ON_CALL: "on call",
    Role.SECOND_LINE: "second line",
}


@record
class Turn:
    """Shifts of one person on one line, one after the other without anybody else's between them."""

    role: Role
    person: Person
    shifts: tuple[Shift, ...]
    """In order of start."""

    @property
    def start(self) -> datetime:
        """When the first of them begins."""
        return self.shifts[0].start

    @property
    def end(self) -> datetime:
        """When the last of them ends."""
        return max(shift.end for shift in self.shifts)

    @property
    def override(self) -> bool:
        """All of it is somebody else's by the rotation."""
        return all(shift.override for shift in self.shifts)

    @property
    def length(self) -> timedelta:
        """The time of its shifts together."""
        return sum((shift.end - shift.start for shift in self.shifts), timedelta())


@record
class Line:
    """One line in one week."""

    role: Role
    turns: tuple[Turn, ...]
    """In order of start, cut to the week by whole shifts."""
    gaps: tuple[Gap, ...]
    """When somebody ought to be on and nobody is."""
    known: bool
    """The reading covers the whole week; otherwise an empty line says nothing."""

    @property
    def main(self) -> Turn | None:
        """Whose week it is: who has the most of it, all their turns together; None: nobody's."""
        totals: dict[str, timedelta] = {}
        for turn in self.turns:
            totals[_who(turn)] = totals.get(_who(turn), timedelta()) + turn.length
        best = max(totals.values(), default=timedelta())
        return next((turn for turn in self.turns if totals[_who(turn)] == best), None)

    @property
    def others(self) -> tuple[Turn, ...]:
        """The turns of everybody else."""
        main = self.main
        return tuple(turn for turn in self.turns if main and not same_person(turn.person, main.person))


@record
class Week:
    """A support week: Wednesday to Wednesday, at the hour when work begins (UTC)."""

    start: datetime
    end: datetime
    lines: tuple[Line, ...]


def _who(turn: Turn) -> str:
    return (turn.person.email or turn.person.name).casefold()


def turns(shifts: Iterable[Shift], role: Role) -> tuple[Turn, ...]:
    """The turns on one line, in order of start."""
    found: list[list[Shift]] = []
    of_role = sorted((shift for shift in shifts if shift.role is role), key=lambda shift: shift.start)
    for shift in of_role:
        if found and same_person(found[-1][-1].person, shift.person):
            found[-1].append(shift)
        else:
            found.append([shift])
    return tuple(Turn(role, group[0].person, tuple(group)) for group in found)


def weeks(rota: Rota, now: datetime, calendar: WorkingCalendar, count: int = 5) -> tuple[Week, ...]:
    """The support week that `now` is in and those after it, as far as the rota was read."""
    start, end = support_week(now, calendar.timezone, calendar.start)
    found: list[Week] = []
    while len(found) < count and start < rota.cover.end:
        ahead = max(start, now)
        lines = []
        for role in Role:
            within = [shift for shift in rota.shifts if shift.start < end and shift.end > start]
            known = role in rota.cover.roles and rota.cover.start <= ahead and end <= rota.cover.end
            lines.append(Line(role, turns(within, role), missing(rota, role, ahead, end, calendar), known))
        found.append(Week(start, end, tuple(lines)))
        start, end = end, _same_hour(end, 7, calendar.timezone)
    return tuple(found)


def _same_hour(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same local time some days later, in UTC."""
    local = at.astimezone(zone)
    return datetime.combine(local.date() + timedelta(days=days), local.time(), zone).astimezone(UTC)


# One person


def turns_of(rota: Rota | None, email: str, now: datetime) -> tuple[Turn, ...]:
    """This person's turns that aren't over, on any line, in order of start."""
    if rota is None or not email:
        return ()
    wanted = email.casefold()
    found = [
        turn
        for role in Role
        for turn in turns([shift for shift in rota.shifts if shift.end > now], role)
        if turn.person.email.casefold() == wanted
    ]
    return tuple(sorted(found, key=lambda turn: turn.start))


def until_words(end: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """Until when, and how long that is: "until Tue 18:00, 2 d 3 h"."""
    if end is None:
        return "until after the rota that was read"
    return f"until {moment_words(end, now, zone)}, {duration_words(end - now)}"


def next_on_words(
    rota: Rota | None, email: str, now: datetime, zone: ZoneInfo, without: str = "the rota could not be read"
) -> tuple[str, ...]:
    """The answer to "when am I next on?" in sentences: what is on now, and the next turn. Local times.

    `without`: why there is no rota, where there is none.
    """
    if not email:
        return ("Who you are isn't configured: set me.email",)
    if rota is None:
        return (f"When you are next on isn't known: {without}",)
    mine = turns_of(rota, email, now)
    lines = [_current_words(rota, turn, now, zone) for turn in mine if turn.start <= now]
    coming = next((turn for turn in mine if turn.start > now), None)
    if coming is not None:
        lines.append(f"{'Then' if lines else 'You are next'} {_turn_words(coming, now, zone)}")
    elif not lines:
        lines.append(
            f"You are not on until {moment_words(rota.cover.end, now, zone)}, as far as the rota was read"
        )
    unread = " and ".join(ROLE_WORDS[role] for role in Role if role not in rota.cover.roles)
    if unread:
        lines.append(f"Not known: {unread} could not be read")
    return tuple(lines)


def _current_words(rota: Rota, turn: Turn, now: datetime, zone: ZoneInfo) -> str:
    """The shift that is on, and how long the turn goes on after it."""
    end = turn.shifts[0].end
    words = f"You are {ROLE_WORDS[turn.role]} {until_words(end if end < rota.cover.end else None, now, zone)}"
    return (
        words if turn.end == end else f"{words}; your turn goes on until {moment_words(turn.end, now, zone)}"
    )


def _turn_words(turn: Turn, now: datetime, zone: ZoneInfo) -> str:
    stand_in = ", standing in" if turn.override else ""
    return (
        f"{ROLE_WORDS[turn.role]} from {moment_words(turn.start, now, zone)}, in "
        f"{duration_words(turn.start - now)}, until {moment_words(turn.end, now, zone)}{stand_in}"
    )


# Pay


def pay_period(at: datetime, zone: ZoneInfo, opens: time) -> tuple[datetime, datetime]:
    """The on-call pay period around a moment: first Wednesday of a month to the next, at `opens` (UTC)."""
    local = at.astimezone(zone)
    this = _first_wednesday(local.year, local.month, zone, opens)
    if at < this:
        before = local.replace(day=1) - timedelta(days=1)
        return _first_wednesday(before.year, before.month, zone, opens), this
    after = local.replace(day=28) + timedelta(days=4)
    return this, _first_wednesday(after.year, after.month, zone, opens)


def _first_wednesday(year: int, month: int, zone: ZoneInfo, opens: time) -> datetime:
    day = date(year, month, 1)
    day += timedelta(days=(CHANGEOVER_DAY - day.weekday()) % 7)
    return datetime.combine(day, opens, zone).astimezone(UTC)


def on_call_time(
    rota: Rota | None, email: str, role: Role, start: datetime, end: datetime
) -> timedelta | None:
    """How long this person is on a line between two moments, elapsed; None where the rota doesn't reach."""
    if rota is None or role not in rota.cover.roles or rota.cover.start > start or rota.cover.end < end:
        return None
    wanted = email.casefold()
    spans = (
        min(shift.end, end) - max(shift.start, start)
        for shift in rota.shifts
        if shift.role is role and shift.person.email.casefold() == wanted
    )
    return sum((span for span in spans if span > timedelta()), timedelta())
