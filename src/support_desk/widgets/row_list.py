"""The one list: rows found by key, drawn a line at a time.

A refresh never moves the row under the cursor, a row that leaves stays as a ghost until the cursor does,
and an order that changes waits until the cursor has been idle. Only lines, or cells, that changed are
drawn again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from support_desk.keys import bindings
from support_desk.text import cell_width, fit
from support_desk.widgets.columns import Column, Moment, Place, lay_out
from support_desk.widgets.ink import ink

R = TypeVar("R")

IDLE_SECONDS = 1.5
"""How long the cursor must rest before a new order is shown."""

TITLE_SECONDS = 0.1
"""How long after a move the title counts."""

Parts = tuple[tuple[str, str], ...]
"""A line of ours: (clean text, name of its ink) after each other."""


@dataclass(slots=True)
class _Drawn(Generic[R]):
    """A line as it was last drawn, with what it was drawn from."""

    row: R
    selected: bool
    marked: bool
    gone: bool
    cells: list[tuple[str, str]]
    strip: Strip


class RowList(Widget, Generic[R], can_focus=True):
    """A pane: a title, column heads, and rows with a cursor."""

    DEFAULT_CSS = """
    RowList { height: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("list")

    @dataclass
    class Moved(Message):
        """The cursor came to rest on another row, by hand or because the rows changed."""

        list: RowList[object]
        key: Hashable | None

        @property
        def control(self) -> RowList[object]:
            return self.list

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, RowList.Moved) and message.list is self.list

    @dataclass
    class Opened(Message):
        """The person wants the details of a row."""

        list: RowList[object]
        key: Hashable

        @property
        def control(self) -> RowList[object]:
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
        self._key = key
        self._now = now
        self._heads = heads
        self._rows: list[R] = []
        self._index: dict[Hashable, int] = {}
        self._waiting: list[R] | None = None
        self._title_timer: Timer | None = None
        self._last_touch: datetime | None = None
        self._top = 0
        self._cursor: Hashable | None = None
        self._ghost: Hashable | None = None
        self._range_from: Hashable | None = None
        self._marks: set[Hashable] = set()
        self._places: tuple[Place[R], ...] = ()
        self._drawn: dict[int, _Drawn[R]] = {}
        self._styles_by_name: dict[tuple[str, bool, bool], Style] = {}
        self._title: Parts = ()
        self._notice = ""
        self._empty = ""

    # What the screens ask

    @property
    def rows(self) -> Sequence[R]:
        """The rows in the order shown."""
        return self._rows

    @property
    def cursor(self) -> Hashable | None:
        """The key under the cursor."""
        return self._cursor

    @property
    def selected(self) -> R | None:
        """The row under the cursor; a row that has left counts until the cursor moves."""
        if self._cursor is None or self._cursor not in self._index:
            return None
        return self._rows[self._index[self._cursor]]

    @property
    def selected_is_gone(self) -> bool:
        """The row under the cursor has left the list and is only kept so that nothing moves."""
        return self._ghost is not None and self._ghost == self._cursor

    @property
    def marked(self) -> tuple[R, ...]:
        """The marked rows, in the order shown."""
        return tuple(row for row in self._rows if self._key(row) in self._marks)

    # What the screens say

    def show(self, rows: Iterable[R], *, at_once: bool = False) -> None:
        """Take new rows, in their order; the row under the cursor stays where it is.

        `at_once`: the person asked for these rows, so nothing waits and nothing is kept for the eye.
        """
        fresh = list(rows)
        # An order that is waiting is replaced by a newer one, never applied after it.
        self._waiting = None
        if not at_once and self._busy() and self._order_differs(fresh):
            self._waiting = fresh
            fresh = self._in_shown_order(fresh)
        self._take(fresh, ghost=not at_once)

    def title(self, parts: Parts) -> None:
        """The first line of the pane."""
        if parts != self._title:
            self._title = parts
            self.refresh(Region(0, 0, self.size.width, 1))

    def notice(self, text: str) -> None:
        """A line under the title that says what is wrong; empty takes it away."""
        if text != self._notice:
            self._notice = text
            self._redraw()

    def empty(self, text: str) -> None:
        """What to say while there are no rows."""
        if text != self._empty:
            self._empty = text
            if not self._rows:
                self._redraw()

    def select(self, key: Hashable) -> bool:
        """Put the cursor on a row; False if it isn't in the list."""
        if key not in self._index:
            return False
        self._move_to(self._index[key])
        return True

    def tick(self) -> None:
        """A second has gone by: take an order that has waited, draw the cells whose text has changed."""
        if self._waiting is not None and not self._busy():
            waiting, self._waiting = self._waiting, None
            self._take(waiting)
            self._refresh_title()
        if not self._drawn or not self._places:
            return
        now = self._now()
        for y, drawn in list(self._drawn.items()):
            moment = Moment(now, drawn.selected)
            changed = [
                Region(place.x + 2, y, place.width, 1)
                for place, before in zip(self._places, drawn.cells, strict=True)
                if place.column.ticks and place.column.cell(drawn.row, moment) != before
            ]
            if changed:
                del self._drawn[y]
                self.refresh(*changed)

    # Rows

    def _busy(self) -> bool:
        """The person is at work in this list: an order must not change under their eyes."""
        if self._marks or self._range_from is not None:
            return True
        if self._last_touch is None or not self.has_focus:
            return False
        return (self._now() - self._last_touch).total_seconds() < IDLE_SECONDS

    def _order_differs(self, fresh: list[R]) -> bool:
        kept = [key for row in fresh if (key := self._key(row)) in self._index]
        places = [self._index[key] for key in kept]
        return any(earlier > later for earlier, later in pairwise(places))

    def _in_shown_order(self, fresh: list[R]) -> list[R]:
        """The new rows in the old order, with newcomers after the row that they follow."""
        by_key = {self._key(row): row for row in fresh}
        after: dict[Hashable | None, list[R]] = {}
        known: Hashable | None = None
        for row in fresh:
            key = self._key(row)
            if key in self._index:
                known = key
            else:
                after.setdefault(known, []).append(row)
        ordered = list(after.get(None, ()))
        for row in self._rows:
            key = self._key(row)
            if key in by_key:
                ordered.append(by_key[key])
                ordered.extend(after.get(key, ()))
        return ordered

    def _take(self, fresh: list[R], *, ghost: bool = True) -> None:
        offset = self._cursor_line()
        old_index = self._index.get(self._cursor) if self._cursor is not None else None
        index = {self._key(row): place for place, row in enumerate(fresh)}
        self._ghost = None
        if not ghost and self._cursor not in index:
            self._cursor = None
        elif self._cursor is not None and self._cursor not in index and old_index is not None:
            # The row has left: it stays, struck through, until the cursor moves on.
            self._ghost = self._cursor
            place = self._place_of_ghost(old_index, index)
            fresh.insert(place, self._rows[old_index])
            index = {self._key(row): place for place, row in enumerate(fresh)}
        old_rows, self._rows, self._index = self._rows, fresh, index
        self._marks &= index.keys()
        if self._cursor is None and fresh:
            self._cursor = self._key(fresh[0])
            self.post_message(self.Moved(self, self._cursor))  # type: ignore[arg-type]
        self._keep_cursor_at(offset)
        if bool(old_rows) != bool(fresh):
            self._redraw()
            return
        if len(old_rows) != len(fresh):
            self.refresh(Region(0, 0, self.size.width, 1))
        self._refresh_changed()

    def _place_of_ghost(self, old_index: int, index: dict[Hashable, int]) -> int:
        for row in reversed(self._rows[:old_index]):
            place = index.get(self._key(row))
            if place is not None:
                return place + 1
        return 0

    def _drop_ghost(self) -> None:
        if self._ghost is None:
            return
        place = self._index.get(self._ghost)
        self._ghost = None
        if place is None:
            return
        del self._rows[place]
        self._index = {self._key(row): at for at, row in enumerate(self._rows)}
        if place < self._top:
            self._top -= 1
        self._refresh_changed()

    # Where things are on the pane

    @property
    def _body(self) -> int:
        """The first line that holds a row."""
        return 1 + bool(self._notice) + self._heads

    @property
    def _page(self) -> int:
        return max(1, self.size.height - self._body)

    def _cursor_line(self) -> int | None:
        if self._cursor is None or self._cursor not in self._index:
            return None
        return self._index[self._cursor] - self._top

    def _keep_cursor_at(self, offset: int | None) -> None:
        """Keep the cursor's row on its line, so that it doesn't move under the person's eyes.

        A list at its top that nobody is working in stays at its top: what is new and urgent must be seen.
        """
        place = self._index.get(self._cursor) if self._cursor is not None else None
        if place is None or offset is None:
            self._top = 0
            return
        untouched = self._last_touch is None or (
            (self._now() - self._last_touch).total_seconds() > 30  # noqa: PLR2004 - half a minute away
        )
        if self._top == 0 and untouched and place < self._page:
            return
        self._top = max(0, min(place - max(0, min(offset, self._page - 1)), len(self._rows) - 1))
        if len(self._rows) <= self._page:
            self._top = 0

    def _refresh_changed(self) -> None:
        """Ask for the lines whose row, or whose place, is another than was drawn."""
        for y in range(self._body, self.size.height):
            place = self._top + y - self._body
            drawn = self._drawn.get(y)
            row = self._rows[place] if place < len(self._rows) else None
            if drawn is None or row is None or drawn.row is not row:
                if drawn is None and row is None and len(self._rows) > 0 and y > self._body:
                    continue
                if drawn is not None and row is not None and drawn.row == row:
                    key = self._key(row)
                    if drawn.selected == (key == self._cursor) and drawn.gone == (key == self._ghost):
                        drawn.row = row
                        continue
                self._drawn.pop(y, None)
                self.refresh(Region(0, y, self.size.width, 1))
            elif drawn.selected != (self._key(row) == self._cursor) or drawn.gone != (
                self._key(row) == self._ghost
            ):
                del self._drawn[y]
                self.refresh(Region(0, y, self.size.width, 1))

    def _redraw(self) -> None:
        self._drawn.clear()
        self.refresh()

    # Drawing

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            return self._parts_line(self._title_parts(), "title-focus" if self.has_focus else "title")
        if self._notice and y == 1:
            return Strip([Segment(fit(" ! " + self._notice, width), self._style("notice"))], width)
        if self._heads and y == self._body - 1:
            return self._heads_line()
        place = self._top + y - self._body
        if place >= len(self._rows):
            text = "  " + self._empty if not self._rows and y == self._body else ""
            return Strip([Segment(fit(text, width), self._style("empty"))], width)
        return self._row_line(y, self._rows[place])

    def _title_parts(self) -> Parts:
        title = self._title
        if title and self.has_focus:
            # Brackets say it where there are no colours.
            title = ((f"[{title[0][0].strip()}]", title[0][1]), *title[1:])
        if not self._rows or self._cursor not in self._index:
            return title
        above = f" ▲{self._top}" if self._top else ""
        below = max(0, len(self._rows) - self._top - self._page)
        under = f" ▼{below}" if below else ""
        place = f"  {self._index[self._cursor] + 1}/{len(self._rows)}{above}{under}"
        marks = f"  {len(self._marks)} marked" if self._marks else ""
        waiting = "  new order waits" if self._waiting is not None else ""
        return (*title, (place + marks + waiting, "title"))

    def _parts_line(self, parts: Parts, base: str) -> Strip:
        width = self.size.width
        base_style = self._style(base)
        segments: list[Segment] = []
        used = 0
        for text, name in parts:
            if used >= width:
                break
            room = min(cell_width(text), width - used)
            style = base_style if name in ("title", "title-focus") else base_style + self._style(name)
            segments.append(Segment(fit(text, room), style))
            used += room
        segments.append(Segment(" " * (width - used), base_style))
        return Strip(segments, width)

    def _heads_line(self) -> Strip:
        width = self.size.width
        style = self._style("head")
        if not self._rows:
            return Strip([Segment(" " * width, self._style("text"))], width)
        text = "  "
        for place in self._places:
            title = fit(place.column.title, place.width)
            if place.column.right:
                title = place.column.title[: place.width].rjust(place.width)
            text += title + " "
        return Strip([Segment(fit(text.rstrip(), width), style)], width)

    def _row_line(self, y: int, row: R) -> Strip:
        key = self._key(row)
        selected, marked, gone = key == self._cursor, key in self._marks, key == self._ghost
        drawn = self._drawn.get(y)
        if (
            drawn is not None
            and drawn.row is row
            and (drawn.selected, drawn.marked, drawn.gone) == (selected, marked, gone)
        ):
            return drawn.strip
        width = self.size.width
        moment = Moment(self._now(), selected)
        base = self._style("gone" if gone else "text", selected)
        edge = (">" if selected else " ") + ("●" if marked else "×" if gone else " ")
        segments = [Segment(edge, base)]
        cells: list[tuple[str, str]] = []
        used = 2
        for place in self._places:
            text, name = place.column.cell(row, moment)
            cells.append((text, name))
            body = fit(text, place.width)
            if place.column.right:
                bare = body.rstrip(" ")
                body = " " * (len(body) - len(bare)) + bare
            style = self._style("gone", selected) if gone else self._style(name, selected)
            if style.reverse or style.underline:
                segments.append(Segment(body, style))
                segments.append(Segment(" ", base))
            else:
                # One piece instead of two: each costs the terminal a dozen bytes, every second.
                segments.append(Segment(body + " ", style))
            used += place.width + 1
        if used < width:
            segments.append(Segment(" " * (width - used), base))
        strip = Strip(segments, max(used, width)).crop(0, width)
        self._drawn[y] = _Drawn(row, selected, marked, gone, cells, strip)
        return strip

    def _style(self, name: str, selected: bool = False) -> Style:
        focus = self.has_focus
        known = self._styles_by_name.get((name, selected, focus))
        if known is None:
            cursor = "cursor" if focus else "cursor-blurred"
            known = ink(self.app, f"{name} {cursor}" if selected else name)
            self._styles_by_name[name, selected, focus] = known
        return known

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles_by_name.clear()
        self._drawn.clear()

    # Events

    def on_resize(self, event: events.Resize) -> None:
        offset = self._cursor_line()
        self._places = lay_out(self._columns(event.size.width), max(1, event.size.width - 2))
        self._keep_cursor_at(offset)
        self._scroll_to_cursor()
        self._redraw()

    def on_focus(self) -> None:
        self._redraw()

    def on_blur(self) -> None:
        self._redraw()

    def on_click(self, event: events.Click) -> None:
        place = self._top + event.y - self._body
        if event.y < self._body or place >= len(self._rows):
            return
        if self._key(self._rows[place]) == self._cursor and event.chain > 1:
            self.action_open()
            return
        self._move_to(place)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._move_by(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._move_by(-3)

    # Moving

    def _move_by(self, step: int) -> None:
        if self._rows:
            place = self._index.get(self._cursor, 0) if self._cursor is not None else 0
            self._move_to(max(0, min(len(self._rows) - 1, place + step)))

    def _move_to(self, place: int) -> None:
        self._last_touch = self._now()
        if not self._rows:
            return
        key = self._key(self._rows[place])
        if key == self._cursor:
            return
        before = self._cursor_line()
        self._cursor = key
        self._drop_ghost()
        if self._range_from is not None:
            self._mark_range()
        top = self._top
        self._scroll_to_cursor()
        width = self.size.width
        if self._top != top or self._range_from is not None:
            self._drawn.clear()
            self.refresh(Region(0, self._body, width, self._page))
        else:
            lines = []
            for line in (before, self._cursor_line()):
                if line is not None and 0 <= line < self._page:
                    y = line + self._body
                    self._drawn.pop(y, None)
                    lines.append(Region(0, y, width, 1))
            self.refresh(*lines)
        # The title's count waits: drawn with the rows, it would make every line in between part of the frame.
        if self._title_timer is not None:
            self._title_timer.stop()
        self._title_timer = self.set_timer(TITLE_SECONDS, self._refresh_title, name="title")
        self.post_message(self.Moved(self, key))  # type: ignore[arg-type]

    def _refresh_title(self) -> None:
        self.refresh(Region(0, 0, self.size.width, 1))

    def _scroll_to_cursor(self) -> None:
        place = self._index.get(self._cursor) if self._cursor is not None else None
        if place is None:
            return
        if place < self._top:
            self._top = place
        elif place >= self._top + self._page:
            self._top = place - self._page + 1

    def action_down(self) -> None:
        self._move_by(1)

    def action_up(self) -> None:
        self._move_by(-1)

    def action_page_down(self) -> None:
        self._move_by(self._page)

    def action_page_up(self) -> None:
        self._move_by(-self._page)

    def action_first(self) -> None:
        if self._rows:
            self._move_to(0)

    def action_last(self) -> None:
        if self._rows:
            self._move_to(len(self._rows) - 1)

    def action_open(self) -> None:
        if self._cursor is not None and self._cursor in self._index:
            self.post_message(self.Opened(self, self._cursor))  # type: ignore[arg-type]

    # Marks

    def action_mark(self) -> None:
        if self._cursor is None or self.selected_is_gone:
            return
        self._marks ^= {self._cursor}
        self._redraw()
        self._move_by(1)

    def action_mark_range(self) -> None:
        """Mark from here to wherever the cursor goes, until the key is pressed again."""
        if self._range_from is not None:
            self._range_from = None
        elif self._cursor is not None:
            self._range_from = self._cursor
            self._mark_range()
        self._redraw()

    def _mark_range(self) -> None:
        start = self._index.get(self._range_from) if self._range_from is not None else None
        end = self._index.get(self._cursor) if self._cursor is not None else None
        if start is None or end is None:
            self._range_from = None
            return
        low, high = min(start, end), max(start, end)
        self._marks |= {self._key(row) for row in self._rows[low : high + 1]}

    def action_clear_marks(self) -> None:
        self._range_from = None
        if self._marks:
            self._marks.clear()
            self._redraw()
