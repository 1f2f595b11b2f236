"""The checkout of the runbooks is kept up to date while the desk is open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from support_desk.desk.snapshot import FeedName
from support_desk.sources.runbook_pull import Pull, pull

if TYPE_CHECKING:
    from support_desk.app import DeskApp

_PROGRAM = Path(__file__).resolve().parents[1]


def pulls(folder: str, minutes: float) -> bool:
    """Whether there is a folder to keep up to date; the program's own is none."""
    return bool(folder and minutes) and not Path(folder).expanduser().resolve().is_relative_to(_PROGRAM)


async def keep_pulled(app: DeskApp, folder: str, minutes: float) -> None:
    """Pull now and then, until cancelled; what is in the way is said once, not every time."""
    said = ""
    while True:
        pulled = await pull(folder)
        if pulled.outcome is Pull.NOT_GIT:
            return
        if pulled.outcome is Pull.NEW:
            app.desk.refresh((FeedName.RUNBOOKS,))
        if pulled.words and pulled.words != said:
            app.say(pulled.words, problem=True)
        said = pulled.words
        await app.desk.clock.sleep(minutes * 60)
