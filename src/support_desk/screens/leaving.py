"""Before leaving while something is still to be sent: what it is, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from support_desk.domain.intents import Entry, Phase
from support_desk.screens.asking import Question
from support_desk.screens.marks import doing
from support_desk.text import clean
from support_desk.widgets.text_view import BLANK, TextLine

if TYPE_CHECKING:
    from support_desk.app import DeskApp

MOST = 8


def ask_to_leave(app: DeskApp, left: Sequence[Entry]) -> None:
    """`y` leaves all the same."""

    def answered(answer: str | None) -> None:
        if answer == "yes":
            app.exit()

    app.push_screen(Question(leaving_lines(left), "leaves all the same", danger=True), answered)


def leaving_lines(left: Sequence[Entry]) -> list[TextLine]:
    """What is still to be sent."""
    count = "One action hasn't" if len(left) == 1 else f"{len(left)} actions haven't"
    lines = [TextLine(((f"{count} ended yet. Leave all the same?", "strong"),)), BLANK]
    for entry in left[:MOST]:
        name = doing(entry.intent.command)[1]
        sent = entry.phase is Phase.SENDING
        becomes = (
            "is being sent: looked up at the next start" if sent else "is offered at the next start, NOT sent"
        )
        words = f"{name} {becomes}  {clean(entry.intent.title)}"
        lines.append(TextLine(((f"  {words}", "late" if sent else "text"),), indent=2))
    if len(left) > MOST:
        lines.append(TextLine(((f"  and {len(left) - MOST} more", "dim"),)))
    return lines
