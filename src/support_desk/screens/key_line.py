"""Lines that name keys, for the mouse: a click on a key, or on the words after it, presses the key."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from textual import events
from textual.app import App

from support_desk.keys import named
from support_desk.text import cell_width
from support_desk.widgets.lines import Lines, Parts

MARK = "> "
"""What stands before the selected row of a list, and is no key."""


def key_at(parts: Parts, x: int) -> str | None:
    """Textual's name of the key that stands at this cell, or whose words do; None: there is none."""
    key, end = None, 0
    for text, style in parts:
        if style == "key" and text != MARK:
            key = named(text) or key
        end += cell_width(text)
        if x < end:
            return key
    return None


def press(app: App[None], parts: Parts, x: int) -> bool:
    """Do what the key at this cell does; False: there is no key."""
    key = key_at(parts, x)
    if key is not None:
        app.simulate_key(key)
    return key is not None


class KeyLine(Lines):
    """Lines whose keys can be clicked."""

    def __init__(self, *, id: str, pick: Callable[[int], bool] | None = None) -> None:
        """`pick` is asked first about a click on the line of this number: True if it was a row to choose."""
        super().__init__(id=id)
        self._pick = pick

    def on_click(self, event: events.Click) -> None:
        event.stop()
        if self._pick is None or not self._pick(event.y):
            press(cast("App[None]", self.app), self.line(event.y), event.x)


class HeaderLines(Lines):
    """The header: a click opens the palette, which has all that the footer has no room for."""

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.app.action_command_palette()
