"""The one list: rows found by key, drawn a line at a time.

A refresh never moves the row under the cursor, a row that leaves stays as a ghost until the cursor does,
and an order that changes waits until the cursor has been idle (`rows.py`). Only lines, or cells, that
changed are drawn again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from textwrap import wrap
from typing import Any, ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from support_desk.keys import bindings
from support_desk.text import fit
from support_desk.widgets.columns import GAP, Column, Moment, Place, lay_out
from support_desk.widgets.ink import Inks
from support_desk.widgets.kept import Painted
from support_desk.widgets.lines import Parts, parts_strip
from support_desk.widgets.row_lines import (
    EDGE,
    Drawn,
    Look,
    cell_text,
    cells_of,
    heads_strip,
    row_segments,
)
from support_desk.widgets.rows import Rows

R = TypeVar("R")

IDLE = timedelta(seconds=1.5)
"""How long the cursor must rest before a new order is shown."""

AWAY = timedelta(seconds=30)
"""After this long nobody works in the list, and what is new at its top is shown."""

REST_SECONDS = 0.1
"""How long the cursor must rest before the title counts and others follow."""

WHEEL_ROWS = 3

NOTICE = " ! "
MOST_NOTICE_LINES = 3
"""More would leave no room for the rows that are still good."""


class RowList(Painted, Widget, Generic[R], can_focus=True):
    """A pane: a title, a line for what is wrong, column heads, and rows with a cursor."""

    DEFAULT_CSS = """
    RowList { height: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("list")

    @dataclass
    class Moved(Message):
        """The cursor is on another row, by hand or because the rows changed."""

        list: RowList[Any]
        key: Hashable | None

        @property
        def control(self) -> RowList[Any]:
            return self.list

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, RowList.Moved) and message.list is self.list

    @dataclass
    class Opened(Message):
        """The person wants the details of a row."""

        list: RowList[Any]
        key: Hashable

        @property
        def control(self) -> RowList[Any]:
            return self.list

    def __init__(
        self,
        columns: Callable[[int], Sequence[Column[R]]],
        key: Callable[[R], Hashable],
        now: Callable[[], datetime],
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        heads: bool = True,
    ) -> None:
        super().__init__(name=name, id=id)
        self._columns = columns
        self._now = now
        self._heads = heads
        self._all: Rows[R] = Rows(key)
        self._touched: datetime | None = None
        self._top = 0
        self._places: tuple[Place[R], ...] = ()
        self._ticking = 0
        """How many columns there are up to the last one that ticks."""
        self._fill = 0
        """Cells that the columns leave; negative where the last one's gap stands beyond the edge."""
        self._width = 0
        self._drawn: dict[int, Drawn[R]] = {}
        self._inks = Inks(self)
        self._title: Parts = ()
        self._rest: asyncio.TimerHandle | None = None
        self._notice = ""
        self._notice_lines: list[str] = []
        self._empty = ""

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
        return self._all.ghost is not None and self._all.ghost == self._all.cursor

    @property
    def marked(self) -> tuple[R, ...]:
        """The marked rows, in the order shown."""
        return self._all.marked

    # What the screens say

    def show(self, rows: Iterable[R], *, at_once: bool = False) -> None:
        """Take new rows, in their order; the row under the cursor stays where it is.

        `at_once`: the person asked for these rows, so nothing waits and nothing is kept for the eye.
        """
        self._take(
            lambda: self._all.take(
                list(rows), keep_order=not at_once and self._busy(), keep_ghost=not at_once
            )
        )
        if at_once:
            self._fill_page()

    def title(self, parts: Parts) -> None:
        """The first line of the pane."""
        if parts != self._title:
            self._title = parts
            self._refresh_title()

    def notice(self, text: str) -> None:
        """What is wrong and what to do, in the lines under the title; empty takes it away."""
        if text != self._notice:
            self._notice = text
            self._wrap_notice()
            self._redraw()

    def _wrap_notice(self) -> None:
        room = max(8, self.size.width - len(NOTICE))
        lines = (
            wrap(self._notice, room, max_lines=MOST_NOTICE_LINES, placeholder=" …") if self._notice else []
        )
        self._notice_lines = [(" " * len(NOTICE) if at else NOTICE) + line for at, line in enumerate(lines)]

    def empty(self, text: str) -> None:
        """What to say while there are no rows."""
        if text != self._empty:
            self._empty = text
            if not self._all:
                self._redraw()

    def select(self, key: Hashable) -> bool:
        """Put the cursor on a row; False if it isn't in the list."""
        place = self._all.place_of(key)
        if place is None:
            return False
        self._move_to(place)
        return True

    def tick(self) -> None:
        """A second has gone by: show an order that has waited, draw the cells whose text has changed."""
        if self._all.waiting is not None and not self._busy():
            self._take(self._all.take_waiting)
            self._refresh_title()
        now = self._now()
        moments = (Moment(now), Moment(now, selected=True))
        ticking = [
            (at, place) for at, place in enumerate(self._places[: self._ticking]) if place.column.ticks
        ]
        stale: list[Region] = []
        for y, drawn in self._drawn.items():
            changed = self._tick_row(drawn, ticking, moments[drawn.look.selected])
            if changed:
                stale.append(_stretch(y, changed))
        if stale:
            self.refresh(*stale)

    def _tick_row(
        self, drawn: Drawn[R], ticking: Sequence[tuple[int, Place[R]]], moment: Moment
    ) -> list[Place[R]]:
        """Bring a drawn line up to the moment; gives the places whose cells say something else now."""
        changed: list[Place[R]] = []
        for at, place in ticking:
            cell = place.column.cell(drawn.row, moment)
            if cell != drawn.cells[at]:
                drawn.cells[at] = cell
                drawn.texts[at] = cell_text(cell[0], place)
                if not drawn.look.gone:
                    drawn.styles[at + 1] = self._ink(cell[1], selected=drawn.look.selected)
                changed.append(place)
        if changed:
            drawn.strip = self._strip_of(drawn.texts, drawn.styles, drawn.look, drawn.still)
        return changed

    def look_again(self) -> None:
        """What cells depend on besides their rows has changed: draw those that say another thing."""
        for y, drawn in list(self._drawn.items()):
            self._refresh_cells(y, drawn, drawn.row)

    # New rows

    def _busy(self) -> bool:
        """The person is at work in this list: an order must not change under their eyes."""
        if self._all.choosing:
            return True
        return self.has_focus and self._touched is not None and self._now() - self._touched < IDLE

    def _take(self, change: Callable[[], None]) -> None:
        line, cursor, had = self._cursor_line(), self._all.cursor, len(self._all)
        change()
        if self._all.cursor != cursor:
            self.post_message(self.Moved(self, self._all.cursor))
        self._keep_cursor_at(line)
        if bool(had) != bool(self._all):
            self._redraw()
            return
        if had != len(self._all):
            self._refresh_title()
        self._refresh_changed()

    # Where things are on the pane

    @property
    def _body(self) -> int:
        """The first line that holds a row."""
        return 1 + len(self._notice_lines) + self._heads

    @property
    def _page(self) -> int:
        return max(1, self.size.height - self._body)

    @property
    def _lowest(self) -> int:
        """The place at the top of the last page that is full."""
        return max(0, len(self._all) - self._page)

    def _fill_page(self) -> None:
        """No empty lines below rows that others stand above: that would look like the whole list."""
        if self._top > self._lowest:
            self._top = self._lowest
            self._redraw()

    def _cursor_line(self) -> int | None:
        place = self._all.place
        return None if place is None else place - self._top

    def _keep_cursor_at(self, line: int | None) -> None:
        """Keep the cursor's row on its line, so that it doesn't move under the person's eyes.

        A list at its top that nobody works in stays at its top: what is new and urgent must be seen.
        """
        place = self._all.place
        if place is None or line is None or len(self._all) <= self._page:
            self._top = 0
            return
        away = self._touched is None or self._now() - self._touched > AWAY
        if self._top == 0 and away and place < self._page:
            return
        self._top = max(0, place - max(0, min(line, self._page - 1)))

    def _scroll_to_cursor(self) -> None:
        place = self._all.place
        if place is not None:
            self._top = min(max(self._top, place - self._page + 1), place, self._lowest)

    def _look(self, row: R) -> Look:
        key = self._all.key(row)
        return Look(key == self._all.cursor, key in self._all.marks, key == self._all.ghost)

    def _refresh_changed(self) -> None:
        """Ask for the lines whose row, or whose look, is another than was drawn."""
        for y in range(self._body, self.size.height):
            place = self._top + y - self._body
            drawn = self._drawn.get(y)
            if place >= len(self._all):
                if drawn is not None:
                    self._refresh_line(y)
                continue
            row = self._all.shown[place]
            if drawn is None or drawn.look != self._look(row):
                self._refresh_line(y)
            elif drawn.row == row:
                drawn.row = row
            else:
                self._refresh_cells(y, drawn, row)

    def _refresh_cells(self, y: int, drawn: Drawn[R], row: R) -> None:
        """Ask for the cells of a line that another row, or another version of it, says differently."""
        cells = cells_of(row, self._places, Moment(self._now(), drawn.look.selected))
        changed = [
            place
            for place, cell, before in zip(self._places, cells, drawn.cells, strict=True)
            if cell != before
        ]
        if changed:
            del self._drawn[y]
            self.refresh(_stretch(y, changed))
        else:
            drawn.row = row

    def _refresh_line(self, y: int) -> None:
        self._drawn.pop(y, None)
        self.refresh(Region(0, y, self.size.width, 1))

    def _refresh_title(self) -> None:
        self.refresh(Region(0, 0, self.size.width, 1))

    def _redraw(self) -> None:
        self._drawn.clear()
        self.refresh()

    # Drawing

    def _lay_out(self) -> None:
        self._width = self.size.width
        self._wrap_notice()
        self._places = lay_out(self._columns(self._width), max(1, self._width - EDGE))
        self._ticking = max((at for at, place in enumerate(self._places, 1) if place.column.ticks), default=0)
        self._fill = self._width - EDGE - sum(place.width + GAP for place in self._places)
        # Lines drawn before have other columns and another width.
        self._drawn.clear()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if width != self._width:
            # The first frame is drawn before the widget is told its size.
            self._lay_out()
        if y == 0:
            return self._title_strip()
        if y <= len(self._notice_lines):
            return Strip([Segment(fit(self._notice_lines[y - 1], width), self._ink("notice"))], width)
        if not self._all:
            text = "  " + self._empty if y == self._body else ""
            return Strip([Segment(fit(text, width), self._ink("empty"))], width)
        if y < self._body:
            return heads_strip(self._places, width, self._ink("head"))
        place = self._top + y - self._body
        if place >= len(self._all):
            return Strip([Segment(" " * width, self._ink("text"))], width)
        return self._row_strip(y, self._all.shown[place])

    def _row_strip(self, y: int, row: R) -> Strip:
        look = self._look(row)
        drawn = self._drawn.get(y)
        if drawn is not None and drawn.row is row and drawn.look == look:
            return drawn.strip
        cells = cells_of(row, self._places, Moment(self._now(), look.selected))
        texts = [cell_text(text, place) for (text, _), place in zip(cells, self._places, strict=True)]
        names = ["gone"] * (len(cells) + 1) if look.gone else ["text", *(name for _, name in cells)]
        styles = [self._ink(name, selected=look.selected) for name in names]
        still = self._still_of(texts, styles)
        strip = self._strip_of(texts, styles, look, still)
        self._drawn[y] = Drawn(row, look, cells, texts, styles, still, strip)
        return strip

    def _still_of(self, texts: Sequence[str], styles: Sequence[Style]) -> list[Segment]:
        at = self._ticking
        return (
            row_segments("", texts[at:], [styles[0], *styles[at + 1 :]], self._fill)
            if at < len(texts)
            else []
        )

    def _strip_of(
        self, texts: Sequence[str], styles: Sequence[Style], look: Look, still: list[Segment]
    ) -> Strip:
        at = self._ticking
        moving = row_segments(look.edge, texts[:at], styles[: at + 1], 0 if still else self._fill)
        return Strip([*moving, *still], self._width)

    def _title_strip(self) -> Strip:
        base = "title-focus" if self.has_focus else "title"
        title, where = self._title, self._where()
        if title and self.has_focus:
            # Brackets say it where there are no colours.
            title = ((f"[{title[0][0].strip()}]", title[0][1]), *title[1:])
        parts = (*title, (where, "title")) if where else title
        shown = tuple((text, base if name == "title" else f"{base} {name}") for text, name in parts)
        return parts_strip(shown, self._inks, self.size.width, base)

    def _where(self) -> str:
        """Where the cursor is among the rows, and what the pane doesn't show."""
        place = self._all.place
        if place is None:
            return ""
        below = max(0, len(self._all) - self._top - self._page)
        words = [
            f"  {place + 1}/{len(self._all)}",
            f" ▲{self._top}" if self._top else "",
            f" ▼{below}" if below else "",
            f"  {len(self._all.marks)} marked" if self._all.marks else "",
            "  new order waits" if self._all.waiting is not None else "",
        ]
        return "".join(words)

    def _ink(self, name: str, *, selected: bool = False) -> Style:
        if not selected:
            return self._inks(name)
        return self._inks(f"{name} cursor" if self.has_focus else f"{name} cursor-blurred")

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._inks.clear()
        self._drawn.clear()

    # Events

    def on_resize(self) -> None:
        top, line = self._top, self._cursor_line()
        self._keep_cursor_at(line)
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
            return
        if place == self._all.place and event.chain > 1:
            self.action_open()
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
        whole = self._all.choosing or self._all.ghost is not None
        self._all.move_to(place)
        self._scroll_to_cursor()
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
            self.post_message(self.Moved(self, self._all.cursor))

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

    def action_open(self) -> None:
        """The details of the row under the cursor."""
        if self._all.cursor is not None and self._all.place is not None:
            self.post_message(self.Opened(self, self._all.cursor))

    # Marks

    def action_mark(self) -> None:
        """Mark this row and go on to the next."""
        self._all.mark()
        self._redraw()
        self._move_by(1)

    def action_mark_range(self) -> None:
        """Mark from here to wherever the cursor goes, until the key is pressed again."""
        self._all.toggle_range()
        self._redraw()

    def unmark(self, rows: Iterable[R]) -> None:
        """Take the marks of these rows away."""
        if keys := {self._all.key(row) for row in rows}:
            self._all.unmark(keys)
            self._redraw()

    def action_clear_marks(self) -> None:
        """Take all marks away."""
        self._all.clear_marks()
        self._redraw()


def _stretch(y: int, changed: Sequence[Place[R]]) -> Region:
    """The cells from the first of these places to the last.

    As one: Textual writes a stretch from the line's beginning, so several would be written over each other.
    """
    first, last = changed[0], changed[-1]
    return Region(first.x + EDGE, y, last.x + last.width - first.x, 1)
