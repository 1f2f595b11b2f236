"""Reading a long text: keys that move at once, and a place that is kept while the text is laid out anew.

A pane that is zoomed for a moment, or a terminal that is larger for one, may have no room above for what was
read: the text then shows more than the reader's place, which is kept beside it until they move themselves.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from textual.geometry import Size
    from textual.scroll_view import ScrollView

    Mixed = ScrollView
else:
    # Textual takes the style sheet of a widget's first base that is a widget, so this must not be one.
    Mixed = object

PlaceT = TypeVar("PlaceT")
"""What a place is kept relative to, such as a heading: lines have other numbers in another width."""


class ReadingPlace(Generic[PlaceT], Mixed):
    """Mixed in before a view that scrolls lines, and that says how its places are found."""

    _laid_out_for: Size | None = None
    """The size that the text was laid out for last."""
    _own_place: PlaceT | None = None
    """The reader's place while the view is too large to begin with it; None: it is what is shown."""

    @abstractmethod
    def _place_at(self, line: int) -> PlaceT | None:
        """The place of a line; None while nothing is laid out."""

    @abstractmethod
    def _go_to(self, place: PlaceT | None) -> None:
        """Bring a place to the top; None: where reading begins."""

    @abstractmethod
    def _lay_out(self) -> None:
        """Make the lines for the present size."""

    def _keep_place(self, lay_out: Callable[[], None]) -> None:
        """Lay the text out, and leave the reader where they were."""
        place = self._own_place or self._place_at(self.scroll_offset.y)
        lay_out()
        self._go_to(place)
        self._own_place = place if self._place_at(self.scroll_offset.y) != place else None

    def on_resize(self) -> None:
        self._keep_place(self._lay_out)
        self._laid_out_for = self.size

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self.size == self._laid_out_for:
            self._own_place = None
        elif self._own_place is None:
            # No reader: a view that has just become larger has no room above for their place.
            self._own_place = self._place_at(round(old_value))

    # Moving: at once, never gliding

    def _scroll(self, line: int) -> None:
        self.scroll_to(y=line, animate=False, force=True)

    def _move(self, line: int) -> None:
        self._own_place = None
        self._scroll(line)

    @property
    def _page_step(self) -> int:
        """A page less one line, so that the eye finds its place again."""
        return max(1, self.scrollable_content_region.height - 1)

    def action_scroll_down(self) -> None:
        self._move(self.scroll_offset.y + 1)

    def action_scroll_up(self) -> None:
        self._move(self.scroll_offset.y - 1)

    def action_page_down(self) -> None:
        self._move(self.scroll_offset.y + self._page_step)

    def action_page_up(self) -> None:
        self._move(self.scroll_offset.y - self._page_step)

    def action_scroll_home(self) -> None:
        self._move(0)

    def action_scroll_end(self) -> None:
        self._move(self.virtual_size.height)
