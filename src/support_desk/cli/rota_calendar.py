"""`support-desk rota --ics`: the shifts to come as a calendar file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from support_desk.cli import output
from support_desk.desk.facts import rota_of
from support_desk.domain.words import counted
from support_desk.paths import at_home
from support_desk.reports.rota_calendar import NotACalendar, calendar_text, write_calendar

if TYPE_CHECKING:
    from support_desk.cli.one_shots import Seen

STDOUT = Path("-")


def calendar_of(seen: Seen, path: Path) -> int:
    """Print the calendar or write it to `path`; 0, or 1 if it couldn't be written.

    A rota that wasn't read writes nothing: an empty calendar would take the shifts out of whoever imports it.
    """
    rota = rota_of(seen.snapshot)
    if rota is None:
        output.talk("no calendar was written: without the rota there is nothing to write")
        return 0
    text, count = calendar_text(rota, seen.config, seen.now, mine=seen.mine)
    if path == STDOUT:
        output.data(text)
        return 0
    try:
        write_calendar(at_home(path), text)
    except (OSError, NotACalendar) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        output.talk(f"--ics: {path} can't be written ({reason}). Choose another file")
        return 1
    output.talk(f"{counted(count, 'shift')} written to {path}")
    return 0
