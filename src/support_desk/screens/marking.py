"""What actions do to rows and marks: columns that say what is being done, and marks that go when it was.

The words of such a column (`marks.py`) come with the first action.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from support_desk.domain.intents import MOVING, WAITING, Entry, Phase, Target, needless
from support_desk.widgets.columns import Cell, Column, Moment

if TYPE_CHECKING:
    from support_desk.domain.sla import Ranked
    from support_desk.screens.alert_rows import AlertRow

R = TypeVar("R")

Columns = Callable[[int], Sequence[Column[R]]]

Targets = Callable[[R], Sequence[Target]]
"""Whom an action on a row is done to."""


def alert_targets(row: AlertRow) -> Sequence[Target]:
    """An alert, or each of a storm."""
    return [Target("alert", alert.id) for alert in row.members or (row.alert,)]


def ticket_targets(row: Ranked) -> Sequence[Target]:
    """The ticket alone."""
    return (Target("ticket", str(row.ticket.id)),)


def with_marks(
    columns: Columns[R], at: str, entries: Callable[[], Mapping[Target, Entry]], targets: Targets[R]
) -> Columns[R]:
    """The columns, with the mark of a row before what the column called `at` says.

    `entries` has for each target what is being done to it: see `Acts.entries`.
    """

    def entry_of(row: R) -> Entry | None:
        known = entries()
        if not known:
            return None
        return next((found for target in targets(row) if (found := known.get(target))), None)

    def found(width: int) -> Sequence[Column[R]]:
        return [_marked(column, entry_of) if column.id == at else column for column in columns(width)]

    return found


def _marked(column: Column[R], entry_of: Callable[[R], Entry | None]) -> Column[R]:
    def cell(row: R, moment: Moment) -> Cell:
        entry = entry_of(row)
        if entry is None:
            return column.cell(row, moment)
        from support_desk.screens.marks import mark_of

        mark = mark_of(entry)
        text, style = column.cell(row, moment)
        return (text, style) if mark is None else (f"[{mark[0]}] {text}", mark[1])

    return replace(column, cell=cell)


class UsedMarks:
    """The marks that an action was meant for: when all of it has ended, those of what was done go.

    A key acts on every marked row, so marks that were forgotten would do the next thing to all of them. They
    go together: while some were left, a key in between would mean an accidental part. What a colleague has
    done before goes as well: the next thing would be done to what is theirs. What failed, what isn't known
    and what was taken back stay marked, to be tried again.
    """

    def __init__(self) -> None:
        self._meant: set[str] = set()

    def spent(
        self, entry: Entry, entries: Iterable[Entry], marked: Sequence[R], targets: Targets[R]
    ) -> list[R] | None:
        """The marked rows whose marks go now that an entry has made a step; None: it was not the last one."""
        batch = _batch(entry)
        if entry.phase in WAITING and any(entry.intent.target in targets(row) for row in marked):
            self._meant.add(batch)
        if batch not in self._meant:
            return None
        together = [other for other in entries if _batch(other) == batch]
        if any(other.phase in MOVING for other in together):
            return None
        self._meant.discard(batch)
        ended = [other for other in together if other.phase is Phase.CONFIRMED or needless(other)]
        done = {other.intent.target for other in ended}
        done -= {other.intent.target for other in together if other not in ended}
        return [row for row in marked if done.issuperset(targets(row))]


def _batch(entry: Entry) -> str:
    return entry.intent.batch or entry.intent.id
