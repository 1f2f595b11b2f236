"""The one list: rows found by key.

A refresh never moves the row under the cursor, a row that leaves stays as a ghost until the cursor does,
and an order that changes waits until the cursor has been idle (`rows.py`). How it is drawn: `row_pane.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message

from support_desk.keys import bindings
from support_desk.widgets.hearing import heard_out
from support_desk.widgets.row_pane import RowPane

R = TypeVar("R")

IDLE = timedelta(seconds=1.5)
"""How long the cursor must rest before a new order is shown."""

REST_SECONDS = 0.1
"""How long the cursor must rest before the title counts and others follow."""

WHEEL_ROWS = 3


class RowList(RowPane[R], can_focus=True):
    """Rows with a cursor."""

    DEFAULT_CSS = """
    RowList { height: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("list")

    @dataclass
    class Moved(Message):
        """The cursor is on another row, by hand or because the rows changed."""

        list: RowList[Any]
        key: Hashable | None
        by_hand: bool

        @property
        def control(self) -> RowList[Any]:
            return self.list

        def can_replace(self, message: Message) -> bool:
            """Whether the later message says all that this one does."""
            return (
                isinstance(message, RowList.Moved)
                and message.list is self.list
                and (message.by_hand or not self.by_hand)
            )

    @dataclass
    class Opened(Message):
        """The person wants the details of a row."""

        list: RowList[Any]
        key: Hashable

        @property
        def control(self) -> RowList[Any]:
            return self.list

    _rest: asyncio.TimerHandle | None = None

    # What the screens ask

    @property
    def rows(self) -> Sequence[R]:
        """The rows in the order shown."""
        return self._all.shown

    @property
    def cursor(self) -> Hashable | None:
        """The key under the cursor."""
        return self._all.cursor

    @property
    def selected(self) -> R | None:
        """The row under the cursor; a row that has left counts until the cursor moves."""
        return self._all.selected

    @property
    def selected_is_gone(self) -> bool:
        """The row under the cursor has left the list and is only kept so that nothing moves."""
        return self._all.cursor in self._all.ghosts

    @property
    def marked(self) -> tuple[R, ...]:
        """The marked rows, in the order shown."""
        return self._all.marked

    @property
    def bereft(self) -> bool:
        """All that was marked has left by itself: a key may have been meant for that."""
        return self._all.bereft

    # What the screens say

    def show(
        self,
        rows: Iterable[R],
        *,
        at_once: bool = False,
        latest: Callable[[R], R | None] = lambda _: None,
    ) -> None:
        """Take new rows, in their order; the row under the cursor stays where it is.

        `at_once`: the person asked for these rows, so nothing waits and nothing is kept for the eye.
        `latest`: what is known now of a row that isn't among these but has a part in one; None: it has none.
        """
        self._take(
            lambda: self._all.take(
                list(rows),
                keep_order=not at_once and self._busy(),
                keep_ghosts=not at_once,
                latest=latest,
            )
        )
        if at_once:
            self._fill_page()

    def select(self, key: Hashable) -> bool:
        """Put the cursor on a row; False if it isn't in the list."""
        place = self._all.place_of(key)
        if place is None:
            return False
        self._move_to(place)
        return True

    def show_cursor(self) -> None:
        """Bring the row under the cursor into sight: keys mean it from now on."""
        top = self._top
        self._scroll_to_cursor()
        if self._top != top:
            self._redraw()

    def tick(self) -> None:
        """A second has gone by: show an order that has waited, draw the cells whose text has changed."""
        if self._all.waiting is not None and not self._busy():
            self._take(self._all.take_waiting)
            self._refresh_title()
        super().tick()

    # New rows

    def _busy(self) -> bool:
        """The person is at work in this list: an order must not change under their eyes."""
        if self._all.choosing:
            return True
        return self.has_focus and self._touched is not None and self._now() - self._touched < IDLE

    def _take(self, change: Callable[[], None]) -> None:
        line, cursor, had, where = self._cursor_line(), self._all.cursor, len(self._all), self._where()
        change()
        if self._all.cursor != cursor:
            self.post_message(self.Moved(self, self._all.cursor, by_hand=False))
        self._keep_cursor_at(line)
        if bool(had) != bool(self._all):
            self._redraw()
            return
        if self._where() != where:
            self._refresh_title()
        self._refresh_changed()

    # Events

    def on_resize(self) -> None:
        top, line = self._top, self._cursor_line()
        self._keep_cursor_at(line)
        if self.in_use:
            self._scroll_to_cursor()
        if self._width != self.size.width or self._top != top:
            self._lay_out()
            self._redraw()

    def on_focus(self) -> None:
        self._redraw()

    def on_blur(self) -> None:
        self._redraw()

    def on_click(self, event: events.Click) -> None:
        place = self._top + event.y - self._body
        if event.y < self._body or place >= len(self._all):
            self.show_cursor()
            return
        if place == self._all.place and event.chain > 1:
            self._open()
            return
        self._move_to(place)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._move_by(WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._move_by(-WHEEL_ROWS)

    # Moving

    def _move_by(self, step: int) -> None:
        place = self._all.place
        if place is not None:
            self._move_to(max(0, min(len(self._all) - 1, place + step)))

    def _move_to(self, place: int) -> None:
        self._touched = self._now()
        if place == self._all.place:
            return
        top, before = self._top, self._cursor_line()
        whole = self._all.choosing or bool(self._all.ghosts)
        self._all.move_to(place)
        self._scroll_to_cursor()
        self._left_at_top = not self._top
        if whole:
            self._refresh_changed()
        elif self._top != top:
            self._scrolled(self._top - top)
        else:
            for line in (before, self._cursor_line()):
                if line is not None and 0 <= line < self._page:
                    self._refresh_line(line + self._body)
        # The title's count waits: drawn with the rows, it would make every line in between part of the frame.
        # So does whoever follows the cursor: a timer of Textual's is a task, made and cancelled at every key.
        if self._rest is not None:
            self._rest.cancel()
        self._rest = asyncio.get_running_loop().call_later(REST_SECONDS, self._rested)

    def _rested(self) -> None:
        self._rest = None
        if self.is_attached:
            self._refresh_title()
            self.post_message(self.Moved(self, self._all.cursor, by_hand=True))

    def _scrolled(self, lines: int) -> None:
        """Rows that are still on the page keep what was drawn of them."""
        shown = range(self._body, self.size.height)
        self._drawn = {y - lines: drawn for y, drawn in self._drawn.items() if y - lines in shown}
        self.refresh(Region(0, self._body, self.size.width, self._page))

    def action_down(self) -> None:
        """To the next row."""
        self._move_by(1)

    def action_up(self) -> None:
        """To the row before."""
        self._move_by(-1)

    def action_page_down(self) -> None:
        """A page down."""
        self._move_by(self._page)

    def action_page_up(self) -> None:
        """A page up."""
        self._move_by(-self._page)

    def action_first(self) -> None:
        """To the first row."""
        self._move_by(-len(self._all))

    def action_last(self) -> None:
        """To the last row."""
        self._move_by(len(self._all))

    async def action_open(self) -> None:
        """The details of the row under the cursor. A key right behind this one is for the page that opens."""
        self._open()
        await heard_out(self)

    def _open(self) -> None:
        if self._all.cursor is not None and self._all.place is not None:
            self.post_message(self.Opened(self, self._all.cursor))

    def unmark(self, rows: Iterable[R]) -> None:
        """Take the marks of these rows away."""
        keys = {self._all.key(row) for row in rows}
        self._take(lambda: self._all.unmark(keys))
        if keys:
            self._fill_page()
            self._redraw()


class MarkingList(RowList[R]):
    """Rows that can be marked, where keys act on all that are."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("marks")

    def action_mark(self) -> None:
        """Mark this row and go on to the next."""
        self._all.mark()
        self._redraw()
        self._move_by(1)

    def action_mark_range(self) -> None:
        """Mark from here to wherever the cursor goes, until the key is pressed again."""
        self._all.toggle_range()
        self._redraw()

    def action_clear_marks(self) -> None:
        """Take all marks away."""
        self._take(self._all.clear_marks)
        self._fill_page()
        self._redraw()
