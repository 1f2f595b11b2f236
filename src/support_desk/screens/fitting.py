"""Screens that are laid out for the terminal as it is, and for no size that it has had."""

from __future__ import annotations

from textual import events
from textual.message_pump import MessagePump


class Fitting(MessagePump):
    """To stand before Textual's class among a screen's bases.

    A screen that is laid out tells itself its new size. Where two were told at once, as when the edge of a
    pane is dragged, each is told again after the other: it is laid out for ever, and nothing else is heard.
    """

    async def _on_resize(self, event: events.Resize) -> None:
        # Named as Textual names its own, which comes after it: those of subclasses are called before both.
        if event.size != self.app.size:
            event.prevent_default()
