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
    from support_desk.desk.outbox import Outbox

MOST = 8

_OFFERED = "What isn't sent is offered when the desk is started again, and not sent before you say so."
_LOOKED_UP = "What is being sent is looked up then."
_LOST = "The demo keeps nothing: all of it is forgotten."


LOOK_AGAIN = 0.25
"""Seconds after which what was asked about may have gone on."""


def ask_to_leave(app: DeskApp, outbox: Outbox) -> None:
    """`y` leaves all the same."""

    def answered(answer: str | None) -> None:
        if answer == "yes":
            app.exit()

    app.push_screen(Leaving(outbox), answered)


class Leaving(Question):
    """Whether to leave, while what is held or being sent goes on."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        super().__init__(self._about(), "leaves all the same", danger=True)

    def on_mount(self) -> None:
        self.set_interval(LOOK_AGAIN, lambda: self.say_anew(self._about()), name="leaving")

    def _about(self) -> list[TextLine]:
        return leaving_lines(self._outbox.unfinished, stays=self._outbox.stays)


def leaving_lines(left: Sequence[Entry], *, stays: bool) -> list[TextLine]:
    """What is still to be sent, and what becomes of it; `stays`: its file outlives the desk."""
    if not left:
        return [TextLine((("Meanwhile all of it has ended. Leave?", "strong"),))]
    count = "One action hasn't" if len(left) == 1 else f"{len(left)} actions haven't"
    lines = [TextLine(((f"{count} ended yet. Leave all the same?", "strong"),)), BLANK]
    for entry in left[:MOST]:
        sent = entry.phase is Phase.SENDING
        words = f"{'being sent' if sent else 'NOT sent'}: {doing(entry.intent.command)[1]}"
        lines.append(
            TextLine(((f"  {words} · {clean(entry.intent.title)}", "late" if sent else "text"),), indent=4)
        )
    if len(left) > MOST:
        lines.append(TextLine(((f"  and {len(left) - MOST} more", "dim"),)))
    lines.append(BLANK)
    if not stays:
        return [*lines, TextLine(((_LOST, "text"),))]
    if any(entry.phase is not Phase.SENDING for entry in left):
        lines.append(TextLine(((_OFFERED, "text"),)))
    if any(entry.phase is Phase.SENDING for entry in left):
        lines.append(TextLine(((_LOOKED_UP, "text"),)))
    return lines
