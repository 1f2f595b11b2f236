"""A promised next step, kept as a line of an internal note: people read it there, and so does the queue.

    Next step by Thu 26 Nov 2026 15:00 (UTC): ring the client about the certificate
    Next step done.

The offset stands in the line, so that it can be read back without knowing whose local time it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from html import escape

from support_desk.domain.commands import Command, EditTicket, Promise
from support_desk.domain.tickets import Comment
from support_desk.text import clean

PROMISE_DONE = "Next step done."
"""The line that ends the promise before it."""

LONGEST_STEP = 300
"""Characters of a step; more is cut."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LINE = re.compile(
    r"^\s*Next step by (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\d{1,2}) (" + "|".join(_MONTHS) + r") (\d{4}) "
    r"(\d\d):(\d\d) \(UTC(?:([+-])(\d{1,2})(?::(\d\d))?)?\): (\S.*?)\s*$"
)


def says_what_is_next(command: Command) -> bool:
    """Whether a command promises something, or says that what was promised is done."""
    if not isinstance(command, EditTicket):
        return False
    return command.promise is not None or PROMISE_DONE in command.comment.splitlines()


def promise_line(promise: Promise, zone: tzinfo) -> str:
    """The promise as one line, its time local in `zone` and to the minute."""
    local = promise.due_at.astimezone(zone)
    offset = local.utcoffset() or timedelta(0)
    minutes = int(abs(offset).total_seconds()) // 60
    sign = "-" if offset < timedelta(0) else "+"
    shift = "" if minutes == 0 else f"{sign}{minutes // 60}" + (f":{minutes % 60:02}" if minutes % 60 else "")
    when = f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year:04} {local:%H:%M}"
    return f"Next step by {when} (UTC{shift}): {clean(promise.step, LONGEST_STEP) or 'to be decided'}"


def promise_of(line: str) -> Promise | None:
    """The promise in a line; None if it isn't one, or names a day that doesn't exist."""
    found = _LINE.match(line)
    if found is None:
        return None
    day, month, year, hour, minute, sign, hours, minutes, step = found.groups()
    shift = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    try:
        at = datetime(
            int(year),
            _MONTHS.index(month) + 1,
            int(day),
            int(hour),
            int(minute),
            tzinfo=timezone(shift),
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return Promise(clean(step, LONGEST_STEP), at)


def promise_in(comments: Iterable[Comment]) -> Promise | None:
    """What was promised last in a ticket's internal notes; None if nothing is, or it was done.

    A public comment never counts: a client could write such a line, or quote one.
    """
    last: Promise | None = None
    for comment in sorted(comments, key=lambda row: (row.created_at, row.id)):
        if comment.public or not comment.by_agent:
            continue
        for line in comment.body.splitlines():
            last = None if line.strip() == PROMISE_DONE else promise_of(line) or last
    return last


def with_promise(edit: EditTicket, zone: tzinfo) -> EditTicket:
    """The edit with its promise as the last line of its internal note; unchanged without a promise.

    Raises `ValueError` for a public comment: what we promise ourselves isn't for the client.
    """
    if edit.promise is None:
        return edit
    if edit.public and (edit.comment or edit.comment_html):
        raise ValueError("a promised next step is an internal note: send the public reply by itself")
    line = promise_line(edit.promise, zone)
    if line in edit.comment.splitlines():
        return replace(edit, promise=None)
    note = f"{edit.comment.rstrip()}\n\n{line}" if edit.comment.strip() else line
    html = f"{edit.comment_html}<br><br>{escape(line, quote=False)}" if edit.comment_html.strip() else ""
    return replace(edit, comment=note, comment_html=html, public=False, promise=None)
