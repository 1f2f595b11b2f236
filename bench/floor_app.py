"""The floor: the least that a list in Textual can be, so that what support_desk adds can be told apart.

One widget that draws its own lines, a cursor, two keys. No styles of its own, no timer, no data but text.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

COUNT = 2_000
TEXTS = [
    f"{number:>6}  open     normal   Page {number} can't be found         Department {number % 25}"
    for number in range(COUNT)
]
PLAIN = Style()
CURSOR = Style(reverse=True)


class LineList(Widget, can_focus=True):
    """Rows with a cursor, drawn a line at a time."""

    DEFAULT_CSS = "LineList { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [("j", "step(1)", "Down"), ("k", "step(-1)", "Up")]

    cursor = 0
    top = 0

    def render_line(self, y: int) -> Strip:
        place = self.top + y
        text = TEXTS[place] if place < COUNT else ""
        width = self.size.width
        style = CURSOR if place == self.cursor else PLAIN
        return Strip([Segment(text[:width].ljust(width), style)], width)

    def action_step(self, by: int) -> None:
        before = self.cursor
        self.cursor = min(max(before + by, 0), COUNT - 1)
        height, width = self.size.height, self.size.width
        top = min(max(self.top, self.cursor - height + 1), self.cursor)
        if top != self.top:
            self.top = top
            self.refresh()
        else:
            self.refresh(*(Region(0, place - top, width, 1) for place in (before, self.cursor)))


class FloorApp(App[None]):
    """Nothing but the list."""

    def compose(self) -> ComposeResult:
        yield LineList()

    def on_mount(self) -> None:
        self.query_one(LineList).focus()


if __name__ == "__main__":
    FloorApp().run()
