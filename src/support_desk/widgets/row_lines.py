"""The lines of a list: a row's cells in their columns, the heads, the title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from support_desk.records import record
from support_desk.text import fit
from support_desk.widgets.columns import Cell, Moment, Place

R = TypeVar("R")

EDGE = 2
"""Cells before the first column: the cursor's mark, and the row's."""


JUMP = 24
"""So many cells cost the terminal as much as a jump over them: the move, and the colours once more."""


@record
class Look:
    """How a row is drawn besides its cells."""

    selected: bool
    marked: bool
    gone: bool

    @property
    def edge(self) -> str:
        """The cells before the first column."""
        return (">" if self.selected else " ") + _EDGES[self.marked, self.gone]


_EDGES = {(False, False): " ", (True, False): "●", (False, True): "×", (True, True): "⊗"}
"""By whether a row is marked, and whether it is gone."""


@dataclass(slots=True)
class Drawn(Generic[R]):
    """A line as it was last drawn, with what it was drawn from."""

    row: R
    look: Look
    cells: list[Cell]
    texts: list[str]
    """The cells' texts in exactly their widths."""
    styles: list[Style]
    """The row's own, then one for each cell."""
    still: list[Segment]
    """What comes after the last cell that ticks."""
    strip: Strip
    same: tuple[datetime, datetime] | None = None
    """From when until when its cells are known to say the same."""


def cells_of(row: R, places: Sequence[Place[R]], moment: Moment) -> list[Cell]:
    """What the columns say of a row at this moment."""
    return [place.column.cell(row, moment) for place in places]


def cell_text(text: str, place: Place[R]) -> str:
    """A cell's text in exactly its width."""
    body = fit(text, place.width)
    if not place.column.right:
        return body
    return body.rstrip(" ").rjust(len(body))


def row_segments(lead: str, texts: Sequence[str], styles: Sequence[Style], fill: int) -> list[Segment]:
    """A stretch of a row's line: `lead`, then its cells' texts with a blank after each, then `fill` blanks.

    `styles` has the row's own first, then one for each cell; equal ones are the same object (`Inks`).
    Neighbours of one style become one segment, and blanks join what follows: each segment costs the
    terminal two dozen bytes, every second. A negative `fill` takes the last blank away: it may stand beyond
    the edge.
    """
    base = current = styles[0]
    segments: list[Segment] = []
    pending = lead
    for text, style in zip(texts, styles[1:], strict=True):
        if style is current:
            pending += text + " "
            continue
        apart = style.reverse or style.underline
        # The marks before the first cell are in its colour.
        joins = pending.isspace() or (pending == lead and not segments)
        if apart or current.reverse or not joins:
            if pending:
                segments.append(Segment(pending, current))
            pending = ""
        if apart:
            segments.append(Segment(text, style))
            pending, current = " ", base
        else:
            pending += text + " "
            current = style
    pending = pending + " " * fill if fill >= 0 else pending[:fill]
    if pending:
        segments.append(Segment(pending, current))
    return segments


def stretches(y: int, places: Sequence[Place[R]], changed: Sequence[int]) -> list[Region]:
    """The cells of a line that these columns take, in their order; such as are near make one stretch."""
    found: list[Region] = []
    start = end = 0
    for place in (places[at] for at in changed):
        if found and place.x - end <= JUMP:
            found.pop()
        else:
            start = place.x
        end = place.x + place.width
        found.append(Region(start + EDGE, y, end - start, 1))
    return found


def heads_strip(places: Sequence[Place[R]], width: int, style: Style) -> Strip:
    """The line of column heads."""
    text = " " * EDGE + " ".join(cell_text(place.column.title, place) for place in places)
    return Strip([Segment(fit(text.rstrip(), width), style)], width)
