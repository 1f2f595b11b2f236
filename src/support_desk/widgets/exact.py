"""A screen of which only those cells are drawn, and written to the terminal, that have changed.

For each frame, however small, Textual asks every widget in the rectangle around all changes for all of its
lines, cuts them wherever any widget begins or ends, and writes a stretch that has changed from where its
widget begins: for a countdown at the end of a sentence, the sentence. Here only the widgets that show a
changed cell are asked, and a stretch begins where the change does.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from rich.cells import cell_len, get_character_cell_size
from rich.segment import Segment
from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class ExactCompositor(Compositor):
    """Textual's, except for frames in which something has changed and most hasn't."""

    def render_partial_update(self) -> ChopsUpdate | None:
        screen, changed = self.size.region, self._dirty_regions.copy()
        self._dirty_regions.clear()
        spans = list(self._regions_to_spans(region.intersection(screen) for region in changed))
        if not spans:
            return None
        asked: dict[Widget, list[Strip]] = {}
        pieces: list[dict[int, Strip]] = [{} for _ in range(screen.height)]
        ends: list[list[int]] = [[] for _ in range(screen.height)]
        written: list[tuple[int, int, int]] = []
        for y, start, end in spans:
            found = dict(self._pieces(y, start, end, asked))
            pieces[y] |= found
            ends[y] += [x + strip.cell_length for x, strip in found.items()]
            written.append((y, min(start, *found), max(end, *ends[y])))
        return ChopsUpdate(pieces, written, ends)

    def _pieces(
        self, y: int, start: int, end: int, asked: dict[Widget, list[Strip]]
    ) -> Iterator[tuple[int, Strip]]:
        """What is seen in the cells of a line from `start` up to `end`, as stretches of one widget each.

        `asked` has the lines that widgets have given for this frame.
        """
        free = [(start, end)]
        # From front to back: what one widget leaves free is for those behind it.
        for widget, seen, region in self.layers_visible[y]:
            behind = []
            for first, last in free:
                left, right = max(first, seen.x), min(last, seen.right)
                if left >= right:
                    behind.append((first, last))
                    continue
                if widget not in asked:
                    asked[widget] = widget.render_lines(
                        Region(seen.x - region.x, seen.y - region.y, *seen.size)
                    )
                line = asked[widget][y - seen.y]
                if _is_within_a_character(line, left - seen.x) and self._shows(widget, left - 1, y):
                    left -= 1
                if _is_within_a_character(line, right - seen.x) and self._shows(widget, right, y):
                    right += 1
                yield left, cut(line, left - seen.x, right - seen.x)
                behind += [(a, b) for a, b in ((first, left), (right, last)) if a < b]
            free = behind
            if not free:
                break

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


def cut(line: Strip, start: int, end: int) -> Strip:
    """The cells of a line from `start` up to `end`; half a wide character is a blank.

    Textual's own parts a mark from the character before it, at either end.
    """
    if start == 0 and end == line.cell_length:
        return line
    found: list[Segment] = []
    at = 0
    for text, style, _ in line:
        width = len(text) if text.isascii() else cell_len(text)
        if at < end and at + width > start:
            whole = start <= at and at + width <= end
            found.append(Segment(text if whole else _cut_text(text, start - at, end - at), style))
        at += width
    return Strip(found, end - start)


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
