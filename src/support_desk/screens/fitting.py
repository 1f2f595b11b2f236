"""Screens that fit the terminal as it is, and what lies over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from textual import events
from textual.message_pump import MessagePump

if TYPE_CHECKING:
    from textual.screen import Screen


class Fitting(MessagePump):
    """To stand before Textual's class among a screen's bases.

    A screen that is laid out tells itself its new size. Where two were told at once, as when the edge of a
    pane is dragged, each is told again after the other: it is laid out for ever, and nothing else is heard.
    """

    async def _on_resize(self, event: events.Resize) -> None:
        # Named as Textual names its own, which comes after it: those of subclasses are called before both.
        if event.size != self.app.size:
            event.prevent_default()

    def on_screen_suspend(self) -> None:
        """What is said stands on the screen that lies on top: seen through it, everything was there twice.

        Textual shows it again on the screen that comes back.
        """
        for rack in cast("Screen[Any]", self).query("ToastRack"):
            rack.display = False
