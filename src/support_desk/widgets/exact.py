"""A screen of which only those cells are drawn, and written to the terminal, that have changed.

For each frame, however small, Textual asks every widget in the rectangle around all changes for all of its
lines, cuts them wherever any widget begins or ends, and writes a stretch that has changed from where its
widget begins: for a countdown at the end of a sentence, the sentence. Here only the widgets that show a
changed cell are asked, a stretch begins where the change does, and colours are said where they change.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import Compositor, CompositorUpdate
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

PLAIN = "\x1b[0m"


class Stretch(NamedTuple):
    """Cells beside each other on a line of the screen."""

    x: int
    y: int
    segments: list[Segment]


class Stretches(CompositorUpdate):
    """What a frame writes; it begins and ends without a colour."""

    def __init__(self, stretches: Sequence[Stretch]) -> None:
        self.stretches = stretches

    def render_segments(self, console: Console) -> str:
        colours = console._color_system or ColorSystem.TRUECOLOR
        written: list[str] = []
        current = ""
        for stretch in self.stretches:
            written.append(f"\x1b[{stretch.y + 1};{stretch.x + 1}H")
            for text, style, _ in stretch.segments:
                code = _code(style, colours) if style else ""
                if code != current:
                    # What the last one said and this one doesn't ends with the 0.
                    written.append(f"\x1b[0;{code}m" if code and current else f"\x1b[{code or 0}m")
                    current = code
                written.append(text)
        return "".join([*written, PLAIN] if current else written)


@lru_cache(maxsize=512)
def _code(style: Style, colours: ColorSystem) -> str:
    return Strip.render_ansi(style, colours)


class ExactCompositor(Compositor):
    """Textual's, except for frames in which something has changed and most hasn't."""

    def render_partial_update(self) -> Stretches | None:  # type: ignore[override] # written the same way
        screen, changed = self.size.region, self._dirty_regions.copy()
        self._dirty_regions.clear()
        asked: dict[Widget, list[Strip]] = {}
        found: list[Stretch] = []
        for y, start, end in self._regions_to_spans(region.intersection(screen) for region in changed):
            found += self._stretches(y, start, end, asked)
        return Stretches(found) if found else None

    def _stretches(self, y: int, start: int, end: int, asked: dict[Widget, list[Strip]]) -> list[Stretch]:
        """What is seen in the cells of a line from `start` up to `end`, as stretches of one widget each.

        `asked` has the lines that widgets have given for this frame.
        """
        found: list[Stretch] = []
        free = [(start, end)]
        # From front to back: what one widget leaves free is for those behind it.
        for widget, seen, region in self.layers_visible[y]:
            seen_x, seen_y, width, height = seen
            if seen_x >= end or seen_x + width <= start:
                continue
            behind = []
            for first, last in free:
                left, right = max(first, seen_x), min(last, seen_x + width)
                if left >= right:
                    behind.append((first, last))
                    continue
                if widget not in asked:
                    asked[widget] = widget.render_lines(
                        Region(seen_x - region.x, seen_y - region.y, width, height)
                    )
                line = asked[widget][y - seen_y]
                segments = _cut_simple(line, left - seen_x, right - seen_x)
                if segments is None:
                    if _is_within_a_character(line, left - seen_x) and self._shows(widget, left - 1, y):
                        left -= 1
                    if _is_within_a_character(line, right - seen_x) and self._shows(widget, right, y):
                        right += 1
                    segments = cut(line, left - seen_x, right - seen_x)
                found.append(Stretch(left, y, segments))
                behind += [(a, b) for a, b in ((first, left), (right, last)) if a < b]
            free = behind
            if not free:
                break
        return found

    def _shows(self, widget: Widget, x: int, y: int) -> bool:
        return self.size.region.contains(x, y) and self.get_widget_at(x, y)[0] is widget


def _is_within_a_character(line: Strip, at: int) -> bool:
    """Whether the border before this cell of a line parts a wide character."""
    end = 0
    for text, _, _ in line:
        start, end = end, end + (len(text) if text.isascii() else cell_len(text))
        if start < at < end and not text.isascii():
            borders = accumulate(map(get_character_cell_size, text), initial=start)
            return at not in borders
    return False


def _cut_simple(line: Strip, start: int, end: int) -> list[Segment] | None:
    """As `cut`, of a line that is ASCII as far as it counts; None of another."""
    found: list[Segment] = []
    at = 0
    for segment in line:
        text, style, _ = segment
        # A mark on the last of the cells may come after them.
        if not (text.isascii() if at < end else text[:1].isascii()):
            return None
        if at >= end:
            break
        first, at = at, at + len(text)
        if at > start:
            whole = start <= first and at <= end
            found.append(segment if whole else Segment(text[max(start - first, 0) : end - first], style))
    return found


def cut(line: Strip, start: int, end: int) -> list[Segment]:
    """The cells of a line from `start` up to `end`; half a wide character is a blank.

    Textual's own parts a mark from the character before it, at either end.
    """
    found: list[Segment] = []
    at = 0
    for text, style, _ in line:
        width = len(text) if text.isascii() else cell_len(text)
        if at < end and at + width > start:
            whole = start <= at and at + width <= end
            found.append(Segment(text if whole else _cut_text(text, start - at, end - at), style))
        at += width
    return found


def _cut_text(text: str, start: int, end: int) -> str:
    if text.isascii():
        return text[max(start, 0) : end]
    kept, at = "", 0
    for char in text:
        width = get_character_cell_size(char)
        if width == 0:
            # It stands on the character before it.
            kept += char if start < at <= end else ""
        elif start <= at and at + width <= end:
            kept += char
        else:
            kept += " " * max(0, min(at + width, end) - max(at, start))
        at += width
    return kept
