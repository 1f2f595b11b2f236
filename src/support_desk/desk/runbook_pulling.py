"""The checkout of the runbooks is kept up to date while the desk is open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from support_desk.desk.snapshot import FeedName
from support_desk.paths import at_home, led_to
from support_desk.sources.runbook_pull import Pull, pull

if TYPE_CHECKING:
    from collections.abc import Callable

    from support_desk.desk.desk import Desk

_PROGRAM = Path(__file__).resolve().parents[1]


def pulls(folder: str, minutes: float) -> bool:
    """Whether there is a folder to keep up to date; the program's own is none."""
    return bool(folder and minutes) and not led_to(at_home(folder)).is_relative_to(_PROGRAM)


async def keep_pulled(desk: Desk, folder: str, minutes: float, warn: Callable[[str], None]) -> None:
    """Pull every so many minutes, until cancelled; `warn` is told once of what is in the way."""
    said = ""
    while True:
        pulled = await pull(folder)
        if pulled.outcome is Pull.NOT_GIT:
            return
        if pulled.outcome is Pull.NEW:
            desk.refresh((FeedName.RUNBOOKS,))
        if pulled.words and pulled.words != said:
            warn(pulled.words)
        said = pulled.words
        await desk.clock.sleep(minutes * 60)
