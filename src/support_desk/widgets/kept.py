"""Widgets whose lines are kept while nothing about them has changed.

For each frame, however small, Textual asks every visible widget for all of its lines, and passes each line
through the colour filters: two hundred lines for one key, most of them of panes and containers that are as
they were. `Kept` answers with the lines of the last time, and halves the time from a key to what it changes.

A line is a `Strip` with seven caches, and each step from the widget to the terminal makes another: more than
a thousand of them, 1.5 MB, for one screen. `Even` and `Painted` need a fraction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from textual.geometry import Offset, Region
from textual.strip import Strip

if TYPE_CHECKING:
    from textual.widget import Widget

    Mixed = Widget
else:
    # Textual takes the style sheet of a widget's first base that is a widget, so this must not be one.
    Mixed = object


class Kept(Mixed):
    """Mixed in before a widget class: a `refresh`, new style, size or scroll asks it for its lines again."""

    _kept: tuple[Region, Offset, list[Strip]] | None = None

    def render_lines(self, crop: Region) -> list[Strip]:
        if self._kept is not None and self._kept[0] == crop and self._kept[1] == self.scroll_offset:
            return self._kept[2]
        # What is drawn may ask for a refresh itself, which then counts.
        self._kept = None
        strips = self._draw_lines(crop)
        self._kept = (crop, self.scroll_offset, strips)
        return strips

    def _draw_lines(self, crop: Region) -> list[Strip]:
        """The lines anew, as Textual draws a widget: in its box, and through the colour filters."""
        return super().render_lines(crop)

    def refresh(self, *regions: Region, **what: Any) -> Self:
        self._kept = None
        return super().refresh(*regions, **what)

    def notify_style_update(self) -> None:
        self._kept = None
        super().notify_style_update()


class Even(Kept):
    """Mixed in before a screen or container that only holds others: its lines are all the same one.

    It may have a border at its sides, but none above or below.
    """

    def _draw_lines(self, crop: Region) -> list[Strip]:
        return super()._draw_lines(Region(crop.x, 0, crop.width, 1)) * crop.height


class Painted(Kept):
    """Mixed in before a widget whose `render_line` gives whole lines in inks that have been filtered.

    So a line is one strip, where Textual makes one for the box and one for each colour filter. A widget
    that has been given a border or padding is drawn Textual's way.
    """

    _painted: dict[int, Strip] | None = None
    _painted_width = 0

    def _draw_lines(self, crop: Region) -> list[Strip]:
        if any(self.gutter):
            return super()._draw_lines(crop)
        width = self.size.width
        if self._painted is None or self._painted_width != width:
            self._painted, self._painted_width = {}, width
        painted = self._painted
        for y in crop.line_range:
            if y not in painted:
                painted[y] = self.render_line(y)
        lines = [painted[y] for y in crop.line_range]
        left, right = crop.column_span
        return lines if (left, right) == (0, width) else [line.crop(left, right) for line in lines]

    def refresh(self, *regions: Region, **what: Any) -> Self:
        if not regions:
            self._painted = None
        elif self._painted is not None:
            for region in regions:
                for y in region.line_range:
                    self._painted.pop(y, None)
        return super().refresh(*regions, **what)

    def notify_style_update(self) -> None:
        self._painted = None
        super().notify_style_update()
