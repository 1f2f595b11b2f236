"""The line that a filter is typed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from support_desk.screens.panes import FILTER


class FilterLine(Input):
    """Filters while it is typed: enter keeps the filter, escape takes it away."""

    DEFAULT_CSS = """
    FilterLine, FilterLine:focus {
        height: 1; border: none; padding: 0 1; background: $panel;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "drop", show=False)]

    @dataclass
    class Filtered(Message):
        """The filter reads differently now."""

        pane: str
        expression: str

    @dataclass
    class Done(Message):
        """Typing is over."""

        pane: str

    def __init__(self, pane: str, expression: str) -> None:
        super().__init__(
            expression,
            placeholder=f"show only {pane} that match: words, !not, p:urgent s:new t:tag a:nobody sla:late",
            select_on_focus=False,
            id=FILTER,
        )
        self.cursor_blink = False
        self.pane = pane

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Filtered(self.pane, self.value.strip()))

    @on(Input.Submitted)
    def _kept(self, event: Input.Submitted) -> None:
        event.stop()
        self._leave()

    def action_drop(self) -> None:
        """Take the filter away."""
        self.post_message(self.Filtered(self.pane, ""))
        self._leave()

    def on_blur(self) -> None:
        if self.is_attached:
            self.remove()

    def _leave(self) -> None:
        self.post_message(self.Done(self.pane))
        self.remove()
