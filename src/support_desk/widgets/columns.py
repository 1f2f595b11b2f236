"""Columns of a row list, and how they share a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from support_desk.records import record

R_contra = TypeVar("R_contra", contravariant=True)

Cell = tuple[str, str]
"""Clean text, and the name of the style that it is drawn in."""

GAP = 1
"""Blank cells between two columns."""

COMFORT = 16
"""Cells that the flexible column takes beyond its smallest width before others may grow."""


@record
class Moment:
    """What a cell may depend on besides its row."""

    now: datetime
    selected: bool = False
    """The cursor is on this row: it may show seconds."""


@record
class Column(Generic[R_contra]):
    """One column: fixed width, or the one that takes what the others leave."""

    id: str
    title: str
    width: int
    """Cells; for the flexible column its smallest useful width."""
    cell: Callable[[R_contra, Moment], Cell]
    flexible: bool = False
    ticks: bool = False
    """The cell changes as time goes by, without a new reading."""
    rank: int = 0
    """The highest ranks leave first when the line is too short."""
    right: bool = False
    """Aligned to the right."""
    wide: int = 0
    """Width when there is room to spare; 0: the same."""


@record
class Place(Generic[R_contra]):
    """Where a column stands on the line."""

    column: Column[R_contra]
    x: int
    width: int


def lay_out(columns: Sequence[Column[R_contra]], width: int) -> tuple[Place[R_contra], ...]:
    """Fit the columns into `width` cells: the highest ranks leave first, the flexible one takes the rest."""
    kept = list(columns)

    def needed() -> int:
        return sum(column.width for column in kept) + GAP * max(0, len(kept) - 1)

    while len(kept) > 1 and needed() > width:
        kept.remove(max(kept, key=lambda column: column.rank))
    spare = width - needed()
    widths = {column.id: column.width for column in kept}
    for column in sorted(kept, key=lambda column: column.rank):
        grow = min(column.wide - column.width, spare - COMFORT) if column.wide else 0
        if grow > 0:
            widths[column.id] += grow
            spare -= grow
    places: list[Place[R_contra]] = []
    x = 0
    for column in kept:
        own = widths[column.id] + (spare if column.flexible else 0)
        own = max(0, min(own, width - x))
        places.append(Place(column, x, own))
        x += own + GAP
    return tuple(places)
