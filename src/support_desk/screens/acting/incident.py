"""The question of a major incident: who was told. The note and the tag follow from the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from support_desk.acts import my_name

if TYPE_CHECKING:
    from support_desk.screens.acting import Acting


def ask_who_was_told(screen: Acting, about: str, mark: Callable[[str, tuple[str, ...]], None]) -> None:
    """Ask; with an answer, `mark` is given the note and the tags, none where no tag is configured."""
    from support_desk.screens.pickers import LinePicker

    config = screen.desk_app.config

    def told(who: str | None) -> None:
        if who is not None:
            tag = config.on_call.incident_tag
            mark(f"Major incident, marked by {my_name(config)}. Told: {who}.", (tag,) if tag else ())

    screen.app.push_screen(LinePicker(f"MAJOR INCIDENT {about}: who was told?"), told)
