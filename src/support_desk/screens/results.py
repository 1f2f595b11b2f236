"""What became of an action, said once: what pages or reaches a client always, the rest if it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support_desk.domain import commands as c
from support_desk.domain.intents import Entry, Phase, comes_too_late, needless
from support_desk.records import record
from support_desk.screens.marks import doing

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

CALM, LOUD = 8.0, 20.0
"""Seconds that a line stays."""

_ENDED = {
    Phase.FAILED: "NOT DONE",
    Phase.CONFLICT: "NOT SENT",
    Phase.UNKNOWN: "NOT KNOWN",
    Phase.EXPIRED: "NOT SENT",
}


_SHOWN_NOWHERE = c.RaiseTicket | c.SideConversation
"""What the row of its target doesn't show once it is done."""


@record
class Told:
    """A line for the person."""

    words: str
    severity: SeverityLevel
    seconds: float


def told(entry: Entry, before: Phase | None) -> Told | None:
    """What to say of a step; None: nothing, the row and the outbox show it."""
    if entry.phase is before:
        return None
    command, title = entry.intent.command, entry.intent.title
    name = doing(command)[1]
    if entry.phase is Phase.CONFIRMED:
        receipt = entry.receipt
        if receipt is not None and (receipt.differences or receipt.remedy):
            return Told(f"{title}: {entry.words}. O shows what is different", "warning", LOUD)
        doubted = before is Phase.UNKNOWN
        if doubted or c.pages_somebody(command) or c.is_held(command) or isinstance(command, _SHOWN_NOWHERE):
            return Told(f"{entry.words} · {title}", "information", CALM)
        return None
    remedy = f"; {entry.receipt.remedy}" if entry.receipt is not None and entry.receipt.remedy else ""
    if needless(entry):
        return Told(f"{name} {entry.words}{remedy} · {title}", "information", CALM)
    word = "NOT SENT" if comes_too_late(entry) else _ENDED.get(entry.phase)
    if word is None:
        return None
    loud = c.pages_somebody(command)
    # The outbox begins with what the first words here have said already.
    why = entry.words.removeprefix(f"{word.casefold()}: ")
    words = f"{name} {word}: {why}{remedy} · {title} · O shows it"
    return Told(words, "error" if loud else "warning", LOUD)
