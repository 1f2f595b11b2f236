"""The lines of a list: a row's cells in their columns, the heads, the title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from support_desk.records import record
from support_desk.text import cell_width, fit
from support_desk.widgets.columns import Cell, Moment, Place

R = TypeVar("R")

EDGE = 2
"""Cells before the first column: the cursor's mark, and the row's."""


@record
class Look:
    """How a row is drawn besides its cells."""

    selected: bool
    marked: bool
    gone: bool

    @property
    def edge(self) -> str:
        """The cells before the first column."""
        return (">" if self.selected else " ") + ("●" if self.marked else "×" if self.gone else " ")


@dataclass(slots=True)
class Drawn(Generic[R]):
    """A line as it was last drawn, with what it was drawn from."""

    row: R
    look: Look
    cells: list[Cell]
    texts: list[str]
    """The cells' texts in exactly their widths."""
    strip: Strip


def cells_of(row: R, places: Sequence[Place[R]], moment: Moment) -> list[Cell]:
    """What the columns say of a row at this moment."""
    return [place.column.cell(row, moment) for place in places]


def cell_text(text: str, place: Place[R]) -> str:
    """A cell's text in exactly its width."""
    body = fit(text, place.width)
    if not place.column.right:
        return body
    bare = body.rstrip(" ")
    return " " * (len(body) - len(bare)) + bare


def row_strip(texts: Sequence[str], styles: Sequence[Style], look: Look, width: int) -> Strip:
    """A row's line from its cells' texts. `styles` has the row's own first, then one for each cell.

    Neighbours of one style become one segment, and blanks join what follows: each segment costs the
    terminal two dozen bytes, every second.
    """
    base, *own = styles
    segments: list[Segment] = []
    pending, current, used = look.edge, base, EDGE
    for text, style in zip(texts, own, strict=True):
        apart = style.reverse or style.underline
        if style != current:
            if apart or current.reverse or not pending.isspace():
                segments.append(Segment(pending, current))
                pending = ""
            current = style
        pending += text if apart else text + " "
        if apart:
            segments.append(Segment(pending, current))
            pending, current = " ", base
        used += cell_width(text) + 1
    # The last gap may stand beyond the edge.
    pending = pending + " " * (width - used) if used <= width else pending[: width - used]
    segments.append(Segment(pending, current))
    return Strip(segments, width)


def heads_strip(places: Sequence[Place[R]], width: int, style: Style) -> Strip:
    """The line of column heads."""
    text = " " * EDGE + " ".join(cell_text(place.column.title, place) for place in places)
    return Strip([Segment(fit(text.rstrip(), width), style)], width)
