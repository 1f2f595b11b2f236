"""A long text for reading: styled lines, wrapped to the width, drawn a line at a time.

Sixty comments as widgets take seconds to mount; as lines they take milliseconds. Showing the same text
again, with a newer age or a further comment, leaves the reader where they were.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from support_desk.keys import bindings
from support_desk.records import record
from support_desk.text import cell_width, head
from support_desk.widgets.ink import Inks
from support_desk.widgets.kept import Kept
from support_desk.widgets.lines import Parts, changed_cells, parts_strip
from support_desk.widgets.reading_place import ReadingPlace

NARROWEST = 8
"""Below this many cells nothing is laid out: there is no text that could be read."""

_MARKS_PER_CELL = 3
"""A cell holds a character and at most two marks: how far ahead a line can reach."""

_INSIDE_LENGTH = re.compile(r" (?:(?<=\d )(?=(?:d|h|min|s)\b)|(?<=\d [dh] )(?=\d+ (?:h|min)\b))")
"""A blank where no line is cut: "overdue by 4 d" at its end says another thing than "4 d 18 h"."""


@record
class TextLine:
    """A line before wrapping."""

    parts: Parts
    indent: int = 0
    """Cells that the lines after the first are moved in by."""
    edge: tuple[str, str] | None = None
    """Text and style of a rule that stands left of every line that this one becomes."""
    key: Hashable | None = None
    """What begins here, such as a comment: the reader's place is kept relative to it."""


BLANK = TextLine((("", "text"),))


def breaks(text: str, first: int, rest: int) -> list[tuple[int, int]]:
    """Where to cut cleaned text: (start, end) per line, `first` cells wide at first and `rest` then.

    Cuts between words, and inside a word that is wider than a line; blanks at a cut are dropped. A length,
    "4 d 18 h", counts as a word.
    """
    lines: list[tuple[int, int]] = []
    start, room = 0, max(1, first)
    plain = text.isascii() and text.isprintable()
    while True:
        if plain:
            end = min(len(text), start + room)
        else:
            end = start + max(1, len(head(text[start : start + room * _MARKS_PER_CELL + 1], room)))
        if end >= len(text):
            lines.append((start, len(text)))
            return lines
        blank = text.rfind(" ", start, end + 1)
        while blank > start and _INSIDE_LENGTH.match(text, blank):
            blank = text.rfind(" ", start, blank)
        if blank > start and text[start:blank].strip(" "):
            end = blank
        lines.append((start, end))
        start = end
        while start < len(text) and text[start] == " ":
            start += 1
        room = max(1, rest)


def wrap(line: TextLine, width: int) -> tuple[Parts, ...]:
    """The lines of at most `width` cells that `line` becomes; at least one."""
    edge: Parts = (line.edge,) if line.edge else ()
    room = max(NARROWEST, width) - (cell_width(line.edge[0]) if line.edge else 0)
    text = "".join(part for part, _ in line.parts)
    if len(text) <= room and cell_width(text) <= room:
        return ((*edge, *line.parts),)
    indent = min(line.indent, room // 2)
    margin: Parts = ((" " * indent, "text"),) if indent else ()
    return tuple(
        (*edge, *(margin if number else ()), *_cut(line.parts, start, end))
        for number, (start, end) in enumerate(breaks(text, room, room - indent))
    )


def _cut(parts: Parts, start: int, end: int) -> Parts:
    """The characters from `start` to `end` with their styles."""
    if len(parts) == 1:
        return ((parts[0][0][start:end], parts[0][1]),)
    cut: list[tuple[str, str]] = []
    at = 0
    for text, style in parts:
        piece = text[max(0, start - at) : max(0, end - at)]
        if piece:
            cut.append((piece, style))
        at += len(text)
    return tuple(cut)


_Place = tuple[Hashable | None, int, int]
"""The last keyed line at or above, source lines after it, rows into that line; all zero is the top."""


class TextView(Kept, ReadingPlace[_Place], ScrollView, can_focus=True):
    """Styled lines with a scrollbar."""

    DEFAULT_CSS = """
    TextView {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("document")

    @dataclass
    class Scrolled(Message):
        """Another part of the text is shown."""

        view: TextView

        @property
        def control(self) -> TextView:
            return self.view

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, TextView.Scrolled)

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._key: Hashable | None = None
        self._source: tuple[TextLine, ...] = ()
        self._rows: list[Parts] = []
        self._starts: list[int] = []
        self._known: dict[TextLine, tuple[Parts, ...]] = {}
        self._known_width = 0
        self._inks = Inks(self)

    # What the screens ask and say

    @property
    def plain(self) -> str:
        """The text as it is wrapped now, without its styles."""
        return "\n".join("".join(text for text, _ in parts) for parts in self._rows)

    @property
    def shown(self) -> str:
        """The part of the text that is on the screen."""
        top = self.scroll_offset.y
        return "\n".join("".join(t for t, _ in parts) for parts in self._rows[top : top + self.size.height])

    def line(self, y: int) -> Parts:
        """What is drawn in this line of the view."""
        at = self.scroll_offset.y + y
        return self._rows[at] if at < len(self._rows) else ()

    def show(self, key: Hashable, lines: Iterable[TextLine]) -> None:
        """Replace the text; the reader keeps their place if `key` is the same as before."""
        place = self._place_at(self.scroll_offset.y) if key == self._key else None
        if key != self._key:
            self._own_place = None
        self._key, self._source = key, tuple(lines)
        self._lay_out()
        self._go_to(place)

    def go_to_key(self, step: int) -> bool:
        """Bring the next keyed line (`step` 1) or the one before (-1) to the top; False: there is none."""
        top = self.scroll_offset.y
        places = [
            start for start, line in zip(self._starts, self._source, strict=True) if line.key is not None
        ]
        wanted = [y for y in places if y > top] if step > 0 else [y for y in places if y < top][::-1]
        if not wanted or (step > 0 and self.is_vertical_scroll_end):
            return False
        self._scroll(wanted[0])
        return True

    # Laying out

    @property
    def _text_width(self) -> int:
        return self.scrollable_content_region.width

    def _lay_out(self) -> None:
        width = self._text_width
        if width <= 0:
            return
        known = self._known if self._known_width == width else {}
        fresh: dict[TextLine, tuple[Parts, ...]] = {}
        before = self._rows
        rows: list[Parts] = []
        starts: list[int] = []
        for line in self._source:
            wrapped = known.get(line) or fresh.get(line) or wrap(line, width)
            fresh[line] = wrapped
            starts.append(len(rows))
            rows.extend(wrapped)
        self._rows, self._starts = rows, starts
        self._known, self._known_width = fresh, width
        if len(rows) != len(before) or self.virtual_size.width != width:
            self.virtual_size = Size(width, len(rows))
            self.refresh()
        else:
            self._refresh_changed(before)

    def _refresh_changed(self, before: Sequence[Parts]) -> None:
        top = self.scroll_offset.y
        for y, (old, new) in enumerate(zip(before[top:], self._rows[top:], strict=True)):
            if y >= self.size.height:
                return
            if old != new:
                start, end = changed_cells(old, new)
                self.refresh(Region(start, y, min(end, self.size.width) - start, 1))

    def _place_at(self, line: int) -> _Place:
        if not self._starts or line <= 0:
            return None, 0, 0
        at = max(0, bisect_right(self._starts, line) - 1)
        into = line - self._starts[at]
        for back in range(at, -1, -1):
            if self._source[back].key is not None:
                return self._source[back].key, at - back, into
        return None, at, into

    def _go_to(self, place: _Place | None) -> None:
        if place is None:
            self._scroll(0)
            return
        key, after, into = place
        if not self._starts or place == (None, 0, 0):
            return
        base = 0 if key is None else next((n for n, line in enumerate(self._source) if line.key == key), -1)
        if base < 0:
            return
        at = min(base + after, len(self._starts) - 1)
        until = self._starts[at + 1] if at + 1 < len(self._starts) else len(self._rows)
        self._scroll(min(self._starts[at] + into, max(self._starts[at], until - 1)))

    # Drawing

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        at = self.scroll_offset.y + y
        if at >= len(self._rows):
            return Strip.blank(width, self._inks("text"))
        return parts_strip(self._rows[at], self._inks, width)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._inks.clear()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(self.Scrolled(self))
