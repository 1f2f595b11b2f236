"""Reading schedules: who is on call now, and the timelines of the first and the second line.

A timeline's range begins with the unit (here the week) that its date lies in, in the schedule's own zone,
and cuts the shifts at its edges; so it is asked for from a week earlier. Only the timeline tells the roles
apart: a schedule's on-calls mix its rotations.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from math import ceil
from typing import TypeVar
from urllib.parse import quote
from uuid import UUID

from support_desk.config.model import RotaSection
from support_desk.domain.rota import Cover, OnCall, Person, Role, Rota, Shift, merge
from support_desk.sources.errors import Rejected, SourceError, Throttled, Unreadable
from support_desk.sources.opsgenie.client import Gateway
from support_desk.sources.opsgenie.directory import Directory
from support_desk.sources.opsgenie.wire import NOBODY, line_of, moment, record_of
from support_desk.sources.protocols import Reading
from support_desk.text import clean

T = TypeVar("T")

WEEK = timedelta(weeks=1)
DEEPEST = 10
"""How many teams, escalations and schedules may stand inside each other."""


@dataclass(frozen=True, slots=True)
class Line:
    """A schedule of the configuration, and which of its rotations belong to which role."""

    schedule: str
    words: str
    roles: tuple[tuple[Role, re.Pattern[str], str], ...]
    """The role, the pattern of its rotations' names, and the pattern's key in the configuration."""

    def role_of(self, rotation: str) -> Role | None:
        """None for a rotation that matches no pattern, such as the shared telephone's: it is hidden."""
        return next((role for role, pattern, _ in self.roles if pattern.search(rotation)), None)


def lines_of(section: RotaSection) -> tuple[Line, ...]:
    """The two schedules. Raises `Rejected` for a pattern that isn't a regular expression."""
    first = section.first_line
    patterns = (
        (Role.DEV, "dev", first.dev),
        (Role.OPS, "ops", first.ops),
        (Role.ON_CALL, "on_call", first.on_call),
    )
    roles = tuple((role, _pattern(key, text), f"rota.first_line.{key}") for role, key, text in patterns)
    second = (Role.SECOND_LINE, re.compile(""), "rota.second_line")
    return (
        Line(first.schedule, "first line", roles),
        Line(section.second_line.schedule, "second line", (second,)),
    )


def _pattern(key: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error:
        problem = f"`[rota] first_line.{key}` isn't a regular expression"
    raise Rejected(problem, "the default is a good example; see the README")


def identifier_type(schedule: str) -> str:
    """Whether a schedule is named by its id or by its name."""
    try:
        UUID(schedule)
    except ValueError:
        return "name"
    return "id"


@dataclass(slots=True)
class _Timeline:
    """What one schedule's timeline says."""

    start: datetime
    end: datetime
    shifts: list[Shift] = field(default_factory=list)
    known: set[Role] = field(default_factory=set)
    """Roles of which every shift in the range was read."""
    rejected: int = 0
    notes: list[str] = field(default_factory=list)
    server_time: datetime | None = None
    disabled: bool = False


class ScheduleReader:
    """The schedules that the configuration names."""

    def __init__(self, gateway: Gateway, directory: Directory, section: RotaSection) -> None:
        self._gateway = gateway
        self._directory = directory
        self._section = section

    async def on_call(self) -> Reading[OnCall]:
        """Who is on call at this moment, per configured schedule.

        Raises the first schedule's `SourceError` if none can be read.
        """
        lines = lines_of(self._section)
        self._directory.begin()
        good, notes = _sorted_out(
            lines, await asyncio.gather(*(_or_error(partial(self._on_call, line)) for line in lines))
        )
        return Reading(
            tuple(on_call for on_call, _ in good),
            complete=not notes,
            notes=notes,
            server_time=next((at for _, at in good if at), None),
        )

    async def _on_call(self, line: Line) -> tuple[OnCall, datetime | None]:
        answer = await self._gateway.get(
            f"/v2/schedules/{quote(line.schedule, safe='', errors='replace')}/on-calls",
            {"scheduleIdentifierType": identifier_type(line.schedule), "flat": "false"},
            doing=f"see who is on call in {clean(line.schedule, 60)}",
        )
        await self._directory.ready()
        record = answer.record()
        participants = record.get("onCallParticipants")
        try:
            on = list(self._on(participants, DEEPEST)) if isinstance(participants, list) else None
        except ValueError:
            on = None
        if on is None:
            raise Unreadable(f"OpsGenie didn't say who is on call in {clean(line.schedule, 60)}", _NEWER)
        people = {person.email or person.name: person for person in on}
        parent = record_of(record.get("_parent"))
        on_call = OnCall(
            line_of(parent.get("name")) or clean(line.schedule),
            parent.get("enabled") is not False,
            tuple(people.values()),
            line_of(parent.get("id")),
        )
        return on_call, answer.server_time

    def _on(self, participants: list[object], depth: int) -> Iterator[Person]:
        """The people among the participants: teams and schedules hold others, escalations steps of others.

        Raises `ValueError` for a participant of whom nothing can be told: left out, it would be nobody.
        """
        for participant in map(record_of, participants):
            kind, inner = line_of(participant.get("type")).casefold(), participant.get("onCallParticipants")
            if kind in NOBODY:
                continue
            if kind != "user" and isinstance(inner, list) and depth:
                yield from self._on(_first_step(inner) if kind == "escalation" else inner, depth - 1)
            elif any(line_of(participant.get(key)) for key in ("name", "username", "id")):
                yield self._person(participant)
            else:
                raise ValueError("a participant is neither somebody nor nobody")

    def _person(self, recipient: Mapping[str, object]) -> Person:
        """A user's name is the address; anything else (a team) has a name only."""
        name, key = line_of(recipient.get("name") or recipient.get("username")), line_of(recipient.get("id"))
        if "@" in name or not name:
            return self._directory.person(name, key)
        return Person(name, "")

    async def rota(self, start: datetime, end: datetime) -> Reading[Rota]:
        """The shifts between two moments, and before them so that the first ones begin where they began.

        A role is covered only if its schedule was read whole and one of its rotations has a name that
        matches: otherwise nobody there means "unknown". With a schedule that is disabled the reading isn't
        complete: its shifts are left out, and that has to be seen. Raises the first `SourceError` if no
        schedule can be read.
        """
        lines = lines_of(self._section)
        self._directory.begin()
        good, notes = _sorted_out(
            lines,
            await asyncio.gather(*(_or_error(partial(self._timeline, line, start, end)) for line in lines)),
        )
        cover = Cover(
            max(timeline.start for timeline in good),
            min(timeline.end for timeline in good),
            frozenset(role for timeline in good for role in timeline.known),
        )
        reaches = cover.start <= start and end <= cover.end
        return Reading(
            (Rota(merge(shift for timeline in good for shift in timeline.shifts), cover),),
            complete=reaches and len(cover.roles) == len(Role) and not any(line.disabled for line in good),
            rejected=sum(timeline.rejected for timeline in good),
            notes=(*notes, *(note for timeline in good for note in timeline.notes)),
            server_time=next((timeline.server_time for timeline in good if timeline.server_time), None),
        )

    async def _timeline(self, line: Line, start: datetime, end: datetime) -> _Timeline:
        first = start.astimezone(UTC) - WEEK
        answer = await self._gateway.get(
            f"/v2/schedules/{quote(line.schedule, safe='', errors='replace')}/timeline",
            {
                "identifierType": identifier_type(line.schedule),
                # One more, because the range begins up to a week before `first`.
                "interval": str(ceil((end - first) / WEEK) + 1),
                "intervalUnit": "weeks",
                "date": first.isoformat(timespec="seconds"),
            },
            doing=f"see the timeline of {clean(line.schedule, 60)}",
        )
        await self._directory.ready()
        record = answer.record()
        try:
            timeline = _Timeline(moment(record.get("startDate")), moment(record.get("endDate")))
        except ValueError:
            timeline = None
        rotations = record_of(record.get("finalTimeline")).get("rotations")
        if timeline is None or not isinstance(rotations, list):
            raise Unreadable(f"OpsGenie's timeline of {clean(line.schedule, 60)} can't be read", _NEWER)
        timeline.server_time = answer.server_time
        self._fill(timeline, line, rotations)
        if record_of(record.get("_parent")).get("enabled") is False:
            timeline.shifts.clear()
            timeline.disabled = True
            timeline.notes.append(f"{line.words}: the schedule is disabled, so nobody is paged by it")
        return timeline

    def _fill(self, timeline: _Timeline, line: Line, rotations: list[object]) -> None:
        doubtful: set[Role] = set()
        for row in rotations:
            if not isinstance(row, dict):
                # It may have been anybody's.
                doubtful |= {role for role, _, _ in line.roles}
                timeline.rejected += 1
            rotation = record_of(row)
            role = line.role_of(line_of(rotation.get("name"))) if rotation else None
            if role is None:
                continue
            timeline.known.add(role)
            shifts, rejected = self._shifts(role, rotation.get("periods"))
            timeline.shifts += shifts
            if rejected:
                doubtful.add(role)
                timeline.rejected += rejected
        for role, _, key in line.roles:
            if role in doubtful:
                timeline.notes.append(f"{line.words}: some shifts of {role.value} could not be read")
            elif role not in timeline.known:
                timeline.notes.append(f"{line.words}: no rotation's name matches `{key}`")
            elif not any(shift.role is role for shift in timeline.shifts):
                timeline.notes.append(f"{line.words}: nobody is on as {role.value} in the whole range")
        timeline.known -= doubtful

    def _shifts(self, role: Role, periods: object) -> tuple[list[Shift], int]:
        """The shifts of a rotation; an ended rotation has no periods at all, a gap has nobody in it."""
        if periods is None:
            return [], 0
        if not isinstance(periods, list):
            return [], 1
        shifts: list[Shift] = []
        rejected = 0
        for row in periods:
            period = record_of(row)
            try:
                recipient = _recipient(period)
                start, end = moment(period.get("startDate")), moment(period.get("endDate"))
            except ValueError:
                rejected += 1
                continue
            if not recipient:
                continue
            if start < end:
                shifts.append(Shift(role, self._person(recipient), start, end, _stepped_in(period)))
            elif end < start:
                rejected += 1
        return shifts, rejected


_NEWER = "if this stays, the API has changed: look for a newer version of this program"


def _recipient(period: Mapping[str, object]) -> Mapping[str, object]:
    """Who is on in a period; for a team or another schedule, the person whom it led to in the end.

    Empty for a gap. Raises `ValueError` for a recipient that is there and isn't a record.
    """
    found = period.get("recipient")
    recipient = record_of(found)
    if found is not None and not isinstance(found, dict):
        raise ValueError("a recipient can't be read")
    if line_of(recipient.get("type")) in NOBODY:
        return {}
    flattened = period.get("flattenedRecipients")
    if line_of(recipient.get("type")) != "user" and isinstance(flattened, list):
        people = [row for row in map(record_of, flattened) if line_of(row.get("type")) == "user"]
        return people[0] if people else recipient
    return recipient


def _stepped_in(period: Mapping[str, object]) -> bool:
    """A past period is only "historical", but a forwarding still shows in it."""
    if line_of(period.get("type")) in {"override", "forwarding"}:
        return True
    return bool(period.get("fromUser") or record_of(period.get("recipient")).get("forwardedFrom"))


def _first_step(participants: list[object]) -> list[object]:
    """Of an escalation's steps those that are paged first: the later ones aren't on call yet."""

    def minutes(participant: object) -> float:
        after = record_of(participant).get("escalationTime")
        return after if isinstance(after, int | float) and not isinstance(after, bool) else 0

    earliest = min(map(minutes, participants), default=0)
    return [participant for participant in participants if minutes(participant) == earliest]


async def _or_error(read: Callable[[], Awaitable[T]]) -> T | SourceError:
    try:
        return await read()
    except SourceError as error:
        return error


def _sorted_out(lines: Sequence[Line], results: Sequence[T | SourceError]) -> tuple[list[T], tuple[str, ...]]:
    """What was read, and a note for each schedule that wasn't; raises the first error if all failed.

    A request to wait is raised in any case, since the poller has to obey it.
    """
    errors = [result for result in results if isinstance(result, SourceError)]
    throttled = [error for error in errors if isinstance(error, Throttled)]
    if throttled or len(errors) == len(results):
        raise (throttled or errors)[0]
    notes = tuple(
        f"{line.words}: {result.problem}; {result.remedy}"
        for line, result in zip(lines, results, strict=True)
        if isinstance(result, SourceError)
    )
    return [result for result in results if not isinstance(result, SourceError)], notes
