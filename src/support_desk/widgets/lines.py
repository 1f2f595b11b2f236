"""Lines of our own text: header, footer, the strip under a list. Only cells that changed are drawn again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from support_desk.text import cell_width, fit
from support_desk.widgets.ink import Inks
from support_desk.widgets.kept import Painted

Parts = tuple[tuple[str, str], ...]
"""A line: (clean text, name of its ink) after each other."""


class Lines(Painted, Widget):
    """A few lines of styled text that are replaced whole and drawn by difference."""

    DEFAULT_CSS = """
    Lines { height: 1; }
    """

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(name=name, id=id, classes=classes)
        self._lines: tuple[Parts, ...] = ()
        self._inks = Inks(self)

    @property
    def plain(self) -> str:
        """The text without its styles."""
        return "\n".join("".join(text for text, _ in parts) for parts in self._lines)

    def line(self, y: int) -> Parts:
        """The line at this place."""
        return self._lines[y] if 0 <= y < len(self._lines) else ()

    def show(self, lines: Sequence[Parts]) -> None:
        """Replace the lines; asks for the cells that differ."""
        before, self._lines = self._lines, tuple(lines)
        for y in range(max(len(before), len(self._lines))):
            old = before[y] if y < len(before) else ()
            new = self._lines[y] if y < len(self._lines) else ()
            if old != new:
                start, end = changed_cells(old, new)
                self.refresh(Region(start, y, min(end, self.size.width) - start, 1))

    def render_line(self, y: int) -> Strip:
        return parts_strip(self.line(y), self._inks, self.size.width)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._inks.clear()


def parts_strip(parts: Parts, style: Callable[[str], Style], width: int, base: str = "text") -> Strip:
    """A line of parts in exactly `width` cells, filled up with `base`."""
    segments: list[Segment] = []
    used = 0
    for text, name in parts:
        room = min(cell_width(text), width - used)
        if room > 0:
            segments.append(Segment(fit(text, room), style(name)))
            used += room
    segments.append(Segment(" " * (width - used), style(base)))
    return Strip(segments, width)


def changed_cells(old: Parts, new: Parts) -> tuple[int, int]:
    """The first cell that differs between two lines, and the one after the last."""
    before = [(char, name) for text, name in old for char in text]
    after = [(char, name) for text, name in new for char in text]
    same = 0
    for a, b in zip(before, after, strict=False):
        if a != b:
            break
        same += 1
    start = cell_width("".join(char for char, _ in after[:same]))
    end = max(cell_width("".join(char for char, _ in before)), cell_width("".join(char for char, _ in after)))
    if len(before) == len(after):
        tail = 0
        while tail < len(after) - same and before[-1 - tail] == after[-1 - tail]:
            tail += 1
        if tail:
            end -= cell_width("".join(char for char, _ in after[-tail:]))
    return start, max(end, start + 1)
