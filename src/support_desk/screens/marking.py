"""Columns that say what is being done to a row. Its words (`marks.py`) come with the first action."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from support_desk.domain.intents import Entry
from support_desk.widgets.columns import Cell, Column, Moment

R = TypeVar("R")

Columns = Callable[[int], Sequence[Column[R]]]


def with_marks(columns: Columns[R], at: str, entry_of: Callable[[R], Entry | None]) -> Columns[R]:
    """The columns, with the mark of a row before what the column called `at` says."""

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
