"""The rota as a calendar file on disk."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from support_desk.config.calendar import calendar_from
from support_desk.domain.rota import rests
from support_desk.domain.rota_export import to_ics
from support_desk.files import write_over

if TYPE_CHECKING:
    from support_desk.config.model import Config
    from support_desk.domain.rota import Rota

BEGINNING = b"BEGIN:VCALENDAR"


class NotACalendar(Exception):
    """The file that would be replaced is something else."""


def calendar_text(rota: Rota, config: Config, now: datetime, *, mine: str = "") -> tuple[str, int]:
    """The shifts that aren't over as a calendar, and how many there are; with `mine` only that address's.

    A shift that goes on beyond the reading is left out, because its end isn't known; a later file has it.
    """
    wanted = mine.casefold()
    shifts = [
        shift
        for shift in rota.shifts
        if now < shift.end < rota.cover.end and (not wanted or shift.person.email.casefold() == wanted)
    ]
    schedules = f"{config.rota.first_line.schedule}/{config.rota.second_line.schedule}"
    working = calendar_from(config.hours)
    holiday = partial(rests, holidays=working.holidays, zone=working.timezone)
    return to_ics(shifts, now, calendar=schedules, mine=bool(mine), rests=holiday), len(shifts)


def write_calendar(path: Path, text: str) -> None:
    """Write the file whole or not at all; an older calendar is replaced, anything else never is.

    Raises `NotACalendar`, and `OSError` as it comes.
    """
    if path.is_dir():
        raise NotACalendar("it is a folder")
    if path.exists() and not path.is_file():
        # A pipe or a terminal would be waited for; of a device its name would be taken.
        raise NotACalendar("it isn't a file; a hyphen means the standard output")
    if path.exists():
        with path.open("rb") as file:
            if file.read(len(BEGINNING)) != BEGINNING:
                raise NotACalendar("there is another file of that name, which isn't a calendar")
    write_over(path, text.encode())
