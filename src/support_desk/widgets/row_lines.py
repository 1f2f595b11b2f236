"""The lines of a list: a row's cells in their columns, the heads, the title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from support_desk.records import record
from support_desk.text import fit
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


def row_strip(
    cells: Sequence[Cell], places: Sequence[Place[R]], look: Look, width: int, styles: Sequence[Style]
) -> Strip:
    """A row's line. `styles` has the row's own first, then one for each cell."""
    base, *own = styles
    segments = [Segment(look.edge, base)]
    used = EDGE
    for (text, _), place, style in zip(cells, places, own, strict=True):
        body = cell_text(text, place)
        if style.reverse or style.underline:
            segments += [Segment(body, style), Segment(" ", base)]
        else:
            # One piece instead of two: each costs the terminal a dozen bytes, every second.
            segments.append(Segment(body + " ", style))
        used += place.width + 1
    if used < width:
        segments.append(Segment(" " * (width - used), base))
    return Strip(segments, max(used, width)).crop(0, width)


def heads_strip(places: Sequence[Place[R]], width: int, style: Style) -> Strip:
    """The line of column heads."""
    text = " " * EDGE + " ".join(cell_text(place.column.title, place) for place in places)
    return Strip([Segment(fit(text.rstrip(), width), style)], width)
