"""A pane of rows: where its lines stand, and how they are drawn, a line at a time.

What was drawn of a row is kept. Only lines, or cells, that changed are drawn again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime, timedelta
from textwrap import wrap
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

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
    stretches,
)
from support_desk.widgets.rows import Rows
from support_desk.widgets.strips import Line

R = TypeVar("R")

AWAY = timedelta(seconds=30)
"""After this long nobody works in the list, and what is new at its top is shown."""

AHEAD = timedelta(seconds=8)
"""A row that says the same so much later isn't looked at until then. More would find fewer such rows."""

NOTICE = " ! "
MOST_NOTICE_LINES = 3
"""More would leave no room for the rows that are still good."""


class RowPane(Painted, Widget, Generic[R]):
    """A title, lines for what is wrong, column heads, and rows."""

    def __init__(
        self,
        columns: Callable[[int], Sequence[Column[R]]],
        key: Callable[[R], Hashable],
        now: Callable[[], datetime],
        *,
        name: str | None = None,
        id: str | None = None,
        heads: bool = True,
    ) -> None:
        super().__init__(name=name, id=id)
        self._columns = columns
        self._now = now
        self._heads = heads
        self._all: Rows[R] = Rows(key)
        self.in_use = True
        """Keys act on the row under the cursor, which therefore is seen."""
        self._touched: datetime | None = None
        self._top = 0
        self._left_at_top = True
        """The person hasn't scrolled away from the top; what has come or gone since may have."""
        self._places: tuple[Place[R], ...] = ()
        self._ticking: tuple[tuple[int, Place[R]], ...] = ()
        """The columns that tick, each with its number."""
        self._moving = 0
        """How many columns there are up to the last one that ticks."""
        self._fill = 0
        """Cells that the columns leave; negative where the last one's gap stands beyond the edge."""
        self._width = 0
        self._drawn: dict[int, Drawn[R]] = {}
        self._inks = Inks(self)
        self._title: Parts = ()
        self._notice = ""
        self._notice_lines: list[str] = []
        self._empty = ""

    # What is said above the rows, and in their place

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

        A list at its top that nobody works in stays at its top: what is new and urgent must be seen. Where
        keys act on another list's rows, its cursor may even be out of sight.
        """
        place = self._all.place
        if place is None or line is None or len(self._all) <= self._page:
            self._top = 0
            return
        away = self._touched is None or self._now() - self._touched > AWAY
        if self._left_at_top and ((away and place < self._page) or not self.in_use):
            self._top = 0
            return
        self._top = max(0, place - max(0, min(line, self._page - 1)))

    def _scroll_to_cursor(self) -> None:
        place = self._all.place
        if place is not None:
            self._top = min(max(self._top, place - self._page + 1), place, self._lowest)

    def _look(self, row: R) -> Look:
        key = self._all.key(row)
        return Look(key == self._all.cursor, key in self._all.marks, key in self._all.ghosts)

    # What has changed

    def tick(self) -> None:
        """Time has gone by: draw the cells whose text has changed."""
        now = self._now()
        until = now + AHEAD
        stale: list[Region] = []
        # For a row that isn't selected, and for the one that is.
        moments, later = ([Moment(at, selected) for selected in (False, True)] for at in (now, until))
        for y, drawn in self._drawn.items():
            if drawn.same is not None and drawn.same[0] <= now < drawn.same[1]:
                continue
            selected = drawn.look.selected
            if changed := self._tick_row(drawn, moments[selected]):
                stale += stretches(y, self._places, changed)
            elif self._says_the_same(drawn, later[selected]):
                # What time changes doesn't come back: it is the same all the while.
                drawn.same = (now, until)
        if stale:
            self.refresh(*stale)

    def _says_the_same(self, drawn: Drawn[R], moment: Moment) -> bool:
        return all(place.column.cell(drawn.row, moment) == drawn.cells[at] for at, place in self._ticking)

    def _tick_row(self, drawn: Drawn[R], moment: Moment) -> list[int]:
        """Bring a drawn line up to the moment; gives the columns that say something else now."""
        changed: list[int] = []
        for at, place in self._ticking:
            cell = place.column.cell(drawn.row, moment)
            if cell != drawn.cells[at]:
                drawn.cells[at] = cell
                drawn.texts[at] = cell_text(cell[0], place)
                if not drawn.look.gone:
                    drawn.styles[at + 1] = self._ink(cell[1], selected=drawn.look.selected)
                changed.append(at)
        if changed:
            drawn.strip = self._strip_of(drawn.texts, drawn.styles, drawn.look, drawn.still)
        return changed

    def look_again(self) -> None:
        """What cells depend on besides their rows has changed: draw those that say another thing."""
        for y, drawn in list(self._drawn.items()):
            self._refresh_cells(y, drawn, drawn.row)

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
        pairs = zip(cells, drawn.cells, strict=True)
        changed = [at for at, (cell, before) in enumerate(pairs) if cell != before]
        if changed:
            del self._drawn[y]
            self.refresh(*stretches(y, self._places, changed))
        else:
            drawn.row, drawn.same = row, None

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
        self._ticking = tuple((at, place) for at, place in enumerate(self._places) if place.column.ticks)
        self._moving = self._ticking[-1][0] + 1 if self._ticking else 0
        self._fill = self._width - EDGE - sum(place.width + GAP for place in self._places)
        # Lines drawn before have other columns and another width.
        self._drawn.clear()

    def render_lines(self, crop: Region) -> list[Strip]:
        if self._width != self.size.width:
            # The first frame is drawn before the widget is told its size.
            self._lay_out()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        width = self._width
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
        at = self._moving
        return (
            row_segments("", texts[at:], [styles[0], *styles[at + 1 :]], self._fill)
            if at < len(texts)
            else []
        )

    def _strip_of(
        self, texts: Sequence[str], styles: Sequence[Style], look: Look, still: list[Segment]
    ) -> Strip:
        at = self._moving
        moving = row_segments(look.edge, texts[:at], styles[: at + 1], 0 if still else self._fill)
        return Line([*moving, *still], self._width)

    def _title_strip(self) -> Strip:
        base = "title-focus" if self.has_focus else "title"
        title, where = self._title, self._where()
        if title and self.has_focus:
            # Brackets say it where there are no colours.
            title = ((f"[{title[0][0].strip()}]", title[0][1]), *title[1:])
        parts = (*title, (where, "title")) if where else title
        shown = tuple((text, base if name == "title" else f"{base} {name}") for text, name in parts)
        return parts_strip(shown, self._inks, self._width, base)

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
