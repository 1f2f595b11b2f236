"""One line of text in several widgets, for the terminal's sake."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from support_desk.text import cell_width
from support_desk.widgets.ink import Inks
from support_desk.widgets.kept import Even, Painted
from support_desk.widgets.lines import Parts, changed_cells, parts_strip

PIECES = 5


class SplitLine(Even, Horizontal):
    """A line whose end may change every second.

    Textual writes a line that has changed from where its widget begins: as one widget, a countdown at the
    end of a sentence would send the whole sentence to the terminal each time. Where the line is cut has
    nothing to do with its text, so that no text lays the screen out anew.
    """

    DEFAULT_CSS = """
    SplitLine { height: 1; }
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.parts: Parts = ()
        self._pieces = [_Piece(self) for _ in range(PIECES)]

    def compose(self) -> ComposeResult:
        yield from self._pieces

    def on_resize(self) -> None:
        for piece in self._pieces:
            # One that only moved shows another part of the line, and nobody tells it.
            piece.refresh()

    @property
    def plain(self) -> str:
        """The text without its styles."""
        return "".join(text for text, _ in self.parts)

    def show(self, parts: Parts) -> None:
        """Replace the line; asks for the cells that differ."""
        before, self.parts = self.parts, parts
        if before != parts:
            start, end = changed_cells(self._unbroken(before), self._unbroken(parts))
            for piece in self._pieces:
                piece.refresh_cells(start, end)

    def strip(self, inks: Inks) -> Strip:
        """The whole line as it is drawn."""
        return parts_strip(self._unbroken(self.parts), inks, self.size.width)

    def _unbroken(self, parts: Parts) -> Parts:
        """The line with a blank before each wide character that would lie in two pieces, and be lost."""
        if all(text.isascii() for text, _ in parts):
            return parts
        cuts = {piece.virtual_region.x for piece in self._pieces}
        used, whole = 0, []
        for text, style in parts:
            drawn = ""
            for char in text:
                blank = " " if cell_width(char) > 1 and used + 1 in cuts else ""
                drawn += blank + char
                used += len(blank) + cell_width(char)
            whole.append((drawn, style))
        return tuple(whole)


class _Piece(Painted, Widget):
    """A part of the line's width."""

    DEFAULT_CSS = """
    _Piece { width: 1fr; height: 1; }
    """

    def __init__(self, whole: SplitLine) -> None:
        super().__init__()
        self._whole = whole
        self._inks = Inks(self)

    def refresh_cells(self, start: int, end: int) -> None:
        """Ask for the cells of the line from `start` up to `end` that are in this piece."""
        first = max(start - self.virtual_region.x, 0)
        last = min(end - self.virtual_region.x, self.size.width)
        if first < last:
            self.refresh(Region(first, 0, last - first, 1))

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is but one
        x = self.virtual_region.x
        return self._whole.strip(self._inks).crop(x, x + self.size.width)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._inks.clear()
