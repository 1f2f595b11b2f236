"""Shifts as an iCalendar file (RFC 5545), for the calendar that a person looks at anyway.

Times are UTC, so no definition of a time zone is needed and none can be out of date. An event is known by its
line and its start: when somebody else takes the shift over, the next import changes the event in its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256

from support_desk.domain.rota import Role, Shift
from support_desk.text import clean

PRODUCT = "-//support_desk//rota//EN"
LINE_OCTETS = 75
"""Longest line, by section 3.1; a continuation begins with a blank, which counts."""

SUMMARIES = {
    Role.DEV: "First line support (dev)",
    Role.OPS: "First line support (ops)",
    Role.ON_CALL: "On call (first line)",
    Role.SECOND_LINE: "On call (second line)",
}


def to_ics(
    shifts: Iterable[Shift],
    made_at: datetime,
    *,
    calendar: str,
    mine: bool = False,
    rests: Callable[[Shift], bool] = lambda _: False,
) -> str:
    """The shifts as a calendar, in the order given; of those that `rests` the summary says so.

    `calendar` tells one agency's rota from another's in the events' identities, such as the schedules' names.
    With `mine` all shifts are one person's, and the events needn't name them.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escape('Support: my shifts' if mine else 'Support rota')}",
    ]
    seen: Counter[str] = Counter()
    for shift in shifts:
        if _moment(shift.end) <= _moment(shift.start):
            # Within one second: an event must end after it begins.
            continue
        uid = _uid(shift, calendar)
        seen[uid] += 1
        one = uid if seen[uid] == 1 else f"{seen[uid]}-{uid}"
        lines += _event(shift, one, made_at, mine=mine, rests=rests(shift))
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in fold(line))


def _event(shift: Shift, uid: str, made_at: datetime, *, mine: bool, rests: bool) -> Iterator[str]:
    who = clean(shift.person.name or shift.person.email)
    summary = SUMMARIES[shift.role] if mine else f"{SUMMARIES[shift.role]}: {who}"
    if rests:
        summary += " (bank holiday)"
    yield "BEGIN:VEVENT"
    yield f"UID:{uid}"
    yield f"DTSTAMP:{_moment(made_at)}"
    yield f"DTSTART:{_moment(shift.start)}"
    yield f"DTEND:{_moment(shift.end)}"
    yield f"SUMMARY:{escape(summary)}"
    if shift.override:
        yield f"DESCRIPTION:{escape(f'{who} stands in for the person of the rotation.')}"
    # A week on call is no reason for others to find the person busy in every meeting planner.
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _uid(shift: Shift, calendar: str) -> str:
    which = sha256(calendar.encode()).hexdigest()[:12]
    return f"{shift.role.value}-{_moment(shift.start)}@{which}.support-desk"


def _moment(at: datetime) -> str:
    """UTC with whole seconds, the finest that the format has."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def escape(text: str) -> str:
    """A value of type TEXT (section 3.3.11)."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return text


def fold(line: str) -> Iterator[str]:
    """A line in pieces of at most 75 octets, never cut within a character (section 3.1)."""
    room, piece = LINE_OCTETS, ""
    for character in line:
        size = len(character.encode())
        if size > room:
            yield piece
            piece, room = " ", LINE_OCTETS - 1
        piece += character
        room -= size
    yield piece
