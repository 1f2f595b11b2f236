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
from support_desk.widgets.strips import Line

Parts = tuple[tuple[str, str], ...]
"""A line: (clean text, name of its ink) after each other."""


class Lines(Painted, Widget):
    """A few lines of styled text that are replaced whole and drawn by difference."""

    DEFAULT_CSS = """
    Lines { height: 1; }
    """

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
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
    return Line(segments, width)


def changed_cells(old: Parts, new: Parts) -> tuple[int, int]:
    """The first cell that differs between two lines, and the one after the last."""
    before, after = ("".join(text for text, _ in parts) for parts in (old, new))
    chars = [[(char, name) for text, name in parts for char in text] for parts in (old, new)]
    same, tail = _alike(*chars), 0
    if cell_width(before) == cell_width(after):
        # Only then what follows a change stands where it stood.
        tail = _alike(*(line[same:][::-1] for line in chars))
    # A mark is drawn with the character that it stands on.
    while same and (_is_mark(before[same:]) or _is_mark(after[same:])):
        same -= 1
    while tail and _is_mark(after[-tail:]):
        tail -= 1
    start = cell_width(after[:same])
    ends = (cell_width(text[: len(text) - tail]) for text in (before, after))
    return start, max(*ends, start + 1)


def _alike(one: Sequence[object], other: Sequence[object]) -> int:
    """How many characters two lines have in common before the first that differs."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _is_mark(text: str) -> bool:
    """Whether the first character has no cell of its own."""
    return bool(text) and not cell_width(text[0])
