"""Widgets whose lines are kept while nothing about them has changed.

For each frame, however small, Textual asks every visible widget for all of its lines, and passes each line
through the colour filters: two hundred lines for one key, most of them of panes and containers that are as
they were. This answers with the lines of the last time, and halves the time from a key to what it changes.
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
        strips = super().render_lines(crop)
        self._kept = (crop, self.scroll_offset, strips)
        return strips

    def refresh(self, *regions: Region, **what: Any) -> Self:
        self._kept = None
        return super().refresh(*regions, **what)

    def notify_style_update(self) -> None:
        self._kept = None
        super().notify_style_update()
