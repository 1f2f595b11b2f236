"""Who is on, when: shifts as values, and what they say about one moment.

Everything is UTC and half open: a shift that ends at 10:00 isn't on at 10:00. "Nobody" and "unknown"
are different answers everywhere: nobody is known only inside what a reading covers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum, StrEnum
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from support_desk.records import record

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


class Role(StrEnum):
    """The four lines of the support week."""

    DEV = "dev"
    OPS = "ops"
    ON_CALL = "on_call"
    SECOND_LINE = "second_line"


class Unknown(Enum):
    """The type of `UNKNOWN`: the rota doesn't say, which is not the same as nobody."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN

ONE_DAY: Final = timedelta(days=1)

LEFTOVER: Final = timedelta(minutes=5)
"""Shorter pieces are what a late override left of the shift before it, not shifts of their own."""


@record
class Person:
    """A person of the rota; the e-mail address is the identity, the name is for reading."""

    name: str
    email: str


@record
class Shift:
    """One person on one line from `start` until `end` (UTC, half open)."""

    role: Role
    person: Person
    start: datetime
    end: datetime
    override: bool = False
    """Somebody stepped in for the person whom the rotation had planned."""


@record
class Cover:
    """What a reading of the timeline covers: inside it an empty line is "nobody", outside "unknown"."""

    start: datetime
    end: datetime
    roles: frozenset[Role]


@record
class OnCall:
    """A schedule's answer to "who is on call now"; it mixes the schedule's rotations."""

    schedule: str
    enabled: bool
    people: tuple[Person, ...]
    id: str = ""
    """The schedule's id; empty where the answer doesn't say."""


def answer_for(schedule: str, answers: Iterable[OnCall]) -> OnCall | None:
    """The answer about a schedule, by its name or id without regard to case; of several an enabled one's."""
    wanted = {schedule.casefold()} - {""}
    found = [answer for answer in answers if wanted & {answer.schedule.casefold(), answer.id.casefold()}]
    return next((answer for answer in found if answer.enabled), found[0] if found else None)


@record
class Rota:
    """A read timeline: shifts in order of start, pieces merged, and the range they speak for."""

    shifts: tuple[Shift, ...]
    cover: Cover

    def __post_init__(self) -> None:
        object.__setattr__(self, "shifts", tuple(sorted(self.shifts, key=_order)))

    def begun(self, now: datetime) -> tuple[Shift, ...]:
        """The shifts that have begun, over or not."""
        return self.shifts[: self._place(now)]

    def coming(self, now: datetime) -> tuple[Shift, ...]:
        """The shifts that begin later."""
        return self.shifts[self._place(now) :]

    def _place(self, now: datetime) -> int:
        return bisect_right(self.shifts, now, key=_start)


@record
class Gap:
    """A time at which a line is known to have nobody (UTC, half open)."""

    role: Role
    start: datetime
    end: datetime


def same_person(one: Person, other: Person) -> bool:
    """Whether two people are one: by address without regard to case, by name where there is none."""
    if one.email or other.email:
        return one.email.casefold() == other.email.casefold()
    return one.name == other.name


def same_address(one: str | None, other: str | None) -> bool:
    """Whether two addresses are one person's; nobody is nobody's."""
    return bool(one) and bool(other) and str(one).casefold() == str(other).casefold()


def merge(shifts: Iterable[Shift]) -> tuple[Shift, ...]:
    """Shifts as people think of them, made of the pieces that a timeline holds, in order of start.

    A provider cuts the current shift in two at the moment of the request, and a late override leaves a
    piece of seconds or minutes in front of itself. Touching or overlapping pieces of one person on one
    line become one shift; a piece under five minutes is given to the neighbour that it touches (the later
    one first), and stays as it is where it touches none: dropping it would invent a moment of nobody.
    """
    by_role: dict[Role, list[Shift]] = {}
    for shift in shifts:
        by_role.setdefault(shift.role, []).append(shift)
    merged = [shift for pieces in by_role.values() for shift in _joined(_absorbed(_joined(pieces)))]
    return tuple(sorted(merged, key=_order))


_start = attrgetter("start")


def _order(shift: Shift) -> tuple[datetime, str, datetime, str]:
    return shift.start, shift.role.value, shift.end, shift.person.email


def _joined(pieces: Iterable[Shift]) -> list[Shift]:
    """Pieces of one role, with those of one person that touch or overlap made one."""
    joined: list[Shift] = []
    latest: dict[str, int] = {}
    for piece in sorted(pieces, key=_order):
        who = (piece.person.email or piece.person.name).casefold()
        index = latest.get(who)
        if index is not None and piece.start <= joined[index].end:
            before = joined[index]
            joined[index] = replace(
                before, end=max(before.end, piece.end), override=before.override or piece.override
            )
        else:
            latest[who] = len(joined)
            joined.append(piece)
    return joined


def _absorbed(pieces: list[Shift]) -> list[Shift]:
    """Pieces of one role, in order, with the leftovers given to their neighbours."""
    kept = list(pieces)
    index = 0
    while index < len(kept):
        piece = kept[index]
        neighbour = _neighbour(kept, index) if piece.end - piece.start < LEFTOVER else None
        if neighbour is None:
            index += 1
            continue
        other = kept[neighbour]
        kept[neighbour] = replace(other, start=min(other.start, piece.start), end=max(other.end, piece.end))
        del kept[index]
    return kept


def _neighbour(pieces: list[Shift], index: int) -> int | None:
    """Which piece touches this one: the one after it before the one in front of it."""
    piece = pieces[index]
    others = [i for i in range(len(pieces)) if i != index]
    after = (i for i in others if pieces[i].start <= piece.end < pieces[i].end)
    before = (i for i in others if pieces[i].start <= piece.start <= pieces[i].end)
    return next(after, next(before, None))


def covers(rota: Rota | None, role: Role, at: datetime) -> bool:
    """Whether the rota can tell "nobody" from "unknown" for this line at this moment."""
    if rota is None:
        return False
    return role in rota.cover.roles and rota.cover.start <= at < rota.cover.end


def shift_now(rota: Rota | None, role: Role, now: datetime) -> Shift | None:
    """The shift that is on; of several an override comes first, then the one that began last."""
    return max(_shifts_now(rota, role, now), key=lambda shift: (shift.override, shift.start), default=None)


def shift_of(rota: Rota | None, role: Role, person: Person, now: datetime) -> Shift | None:
    """The shift that this person is on; None where the timeline has nobody, or only somebody else."""
    return next((on for on in _shifts_now(rota, role, now) if same_person(on.person, person)), None)


def _shifts_now(rota: Rota | None, role: Role, now: datetime) -> list[Shift]:
    if rota is None:
        return []
    return [shift for shift in rota.begun(now) if shift.role is role and now < shift.end]


def on_now(rota: Rota | None, role: Role, now: datetime) -> Person | Unknown | None:
    """Who is on: a person, None for "nobody", `UNKNOWN` where the rota was not read.

    A shift that was read counts even where the reading as a whole is doubtful; only its absence needs a
    reading that covers the moment.
    """
    shift = shift_now(rota, role, now)
    if shift is not None:
        return shift.person
    return None if covers(rota, role, now) else UNKNOWN


def next_shift(rota: Rota | None, role: Role, now: datetime) -> Shift | None:
    """The first shift of this line that begins after `now`; None where the rota shows none."""
    if rota is None:
        return None
    return next((shift for shift in rota.coming(now) if shift.role is role), None)


def relief(rota: Rota | None, role: Role, on_duty: Person | None, now: datetime) -> Shift | None:
    """The first coming shift of this line by somebody else than who is on now; any person's if nobody is."""
    if rota is None or on_duty is None:
        return next_shift(rota, role, now)
    others = (
        shift for shift in rota.coming(now) if shift.role is role and not same_person(shift.person, on_duty)
    )
    return next(others, None)


def until(rota: Rota | None, shift: Shift | None) -> datetime | None:
    """When a shift is over; None if there is none, or if the end lies beyond the reading."""
    if rota is None or shift is None or shift.end >= rota.cover.end:
        return None
    return shift.end


def gaps(rota: Rota, role: Role, start: datetime, end: datetime) -> tuple[Gap, ...]:
    """When nobody is on this line between two moments, as far as the rota was read."""
    if role not in rota.cover.roles:
        return ()
    return tuple(
        Gap(role, *empty)
        for empty in uncovered(
            [shift for shift in rota.shifts if shift.role is role],
            max(start, rota.cover.start),
            min(end, rota.cover.end),
        )
    )


def uncovered(shifts: Iterable[Shift], start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The parts of the time between two moments that no shift covers."""
    edges = [(start, start)]
    edges += sorted((shift.start, shift.end) for shift in shifts if shift.end > start and shift.start < end)
    edges.append((end, end))
    reached = start
    empty: list[tuple[datetime, datetime]] = []
    for (_, before), (after, _) in pairwise(edges):
        reached = max(reached, before)
        if after > reached:
            empty.append((reached, after))
    return empty


FIRST_LINE: Final = (Role.DEV, Role.OPS, Role.ON_CALL)


def rests(shift: Shift, holidays: Collection[date], zone: ZoneInfo) -> bool:
    """Whether it is a shift by day of a bank holiday: whom the rotation names all the same stays at home."""
    by_day = shift.role in (Role.DEV, Role.OPS) and not shift.override
    return by_day and shift.start.astimezone(zone).date() in holidays


def worked(rota: Rota, holidays: Collection[date], zone: ZoneInfo) -> Rota:
    """The rota as it is worked: without the shifts by day of bank holidays, unless somebody stepped in."""
    kept = tuple(shift for shift in rota.shifts if not rests(shift, holidays, zone))
    return rota if len(kept) == len(rota.shifts) else replace(rota, shifts=kept)


def uncovered_bank_holidays(
    rota: Rota | None,
    holidays: Collection[date],
    *,
    zone: ZoneInfo,
    opens: time,
    closes: time,
    after: datetime,
    lines: Collection[Role] = FIRST_LINE,
) -> tuple[date, ...]:
    """Bank holidays, today's included, whose working hours nobody has taken over.

    Rotations know nothing of bank holidays: the usual person is in the timeline and stays at home. Cover is
    by override, so only overrides and out-of-hours shifts count. `opens` and `closes` are local in `zone`;
    only days that the reading covers for one of `lines` are judged.
    """
    if rota is None or not set(lines) & rota.cover.roles:
        return ()
    on_duty = [
        shift
        for shift in rota.shifts
        if shift.role in lines and (shift.override or shift.role in (Role.ON_CALL, Role.SECOND_LINE))
    ]
    missing: list[date] = []
    # Within a day of the reading, whatever the zone: a calendar has the holidays of many years.
    first, last = (rota.cover.start - ONE_DAY).date(), (rota.cover.end + ONE_DAY).date()
    for day in sorted(day for day in holidays if first <= day <= last):
        start = datetime.combine(day, opens, zone).astimezone(UTC)
        end = datetime.combine(day, closes, zone).astimezone(UTC)
        judged = rota.cover.start <= start and end <= rota.cover.end and end > after
        if judged and uncovered(on_duty, start, end):
            missing.append(day)
    return tuple(missing)
