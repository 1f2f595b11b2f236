"""Rows found by key: which order is shown, where the cursor is, what is marked. Nothing is drawn here."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from itertools import pairwise
from typing import Generic, TypeVar

R = TypeVar("R")


class Rows(Generic[R]):
    """The rows of a list, and what the person has done with them.

    Identity comes before position: the cursor and the marks are keys. A row that leaves under the cursor
    stays as a ghost until the cursor moves; a marked one that is only shown otherwise now, as one of several,
    stays until its mark goes: a key would mean fewer rows than were marked, or another row altogether. An
    order that would change under the person's eyes can wait.
    """

    def __init__(self, key: Callable[[R], Hashable]) -> None:
        self.key = key
        self.shown: list[R] = []
        """The rows in the order shown, the ghosts among them."""
        self.cursor: Hashable | None = None
        self.ghosts: set[Hashable] = set()
        self.marks: set[Hashable] = set()
        self.bereft = False
        """All that was marked has left by itself, and the person has done nothing in the list since."""
        self.waiting: list[R] | None = None
        """Rows in an order that isn't shown yet."""
        self._index: dict[Hashable, int] = {}
        self._range_from: Hashable | None = None

    def __len__(self) -> int:
        return len(self.shown)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._index

    @property
    def place(self) -> int | None:
        """Where the cursor is; None without rows."""
        return None if self.cursor is None else self._index.get(self.cursor)

    def place_of(self, key: Hashable) -> int | None:
        """Where a row is."""
        return self._index.get(key)

    @property
    def selected(self) -> R | None:
        """The row under the cursor; a ghost counts."""
        place = self.place
        return None if place is None else self.shown[place]

    @property
    def marked(self) -> tuple[R, ...]:
        """The marked rows, in the order shown."""
        # By their places: a footer asks every second, of thousands of rows and hardly ever a mark.
        places = (self._index.get(key) for key in self.marks)
        return tuple(self.shown[place] for place in sorted(place for place in places if place is not None))

    @property
    def choosing(self) -> bool:
        """The person is marking rows, so that no order may change."""
        return bool(self.marks) or self._range_from is not None

    # New rows

    def take(
        self,
        fresh: list[R],
        *,
        keep_order: bool = False,
        keep_ghosts: bool = True,
        latest: Callable[[R], R | None] = lambda _: None,
    ) -> None:
        """Show new rows in their order.

        `keep_order`: if known rows would change places, they keep theirs and the new order waits.
        `keep_ghosts`: a row that leaves under the cursor stays to be seen.
        `latest`: what is known now of a row that isn't among these but has a part in one of them; None: it
        has none, and leaves with its mark.
        """
        # An order that waits is replaced by a newer one, never shown after it.
        self.waiting, had_marks = None, bool(self.marks)
        if keep_order and self._moves(fresh):
            self.waiting = fresh
            fresh = self._in_shown_order(fresh)
        keys = {self.key(row) for row in fresh}
        left = ((self._index.keys() & {self.cursor, *self.marks}) - keys) if keep_ghosts else ()
        known = {key: latest(self.shown[self._index[key]]) for key in left}
        self.ghosts = {key for key, row in known.items() if row is not None or key == self.cursor}
        if self.ghosts:
            self.marks -= {key for key, row in known.items() if row is None}
            fresh = self._with_ghosts(fresh, keys, known)
        elif self.cursor not in keys:
            self.cursor = None
        self._show(fresh)
        self.marks &= self._index.keys()
        self.bereft = keep_ghosts and not self.marks and (had_marks or self.bereft)
        if self.cursor is None and fresh:
            self.cursor = self.key(fresh[0])

    def take_waiting(self) -> None:
        """Show the order that has waited."""
        if self.waiting is not None:
            self.take(self.waiting)

    def _show(self, rows: list[R]) -> None:
        self.shown = rows
        self._index = {self.key(row): place for place, row in enumerate(rows)}

    def _moves(self, fresh: list[R]) -> bool:
        places = [place for row in fresh if (place := self._index.get(self.key(row))) is not None]
        return any(earlier > later for earlier, later in pairwise(places))

    def _in_shown_order(self, fresh: list[R]) -> list[R]:
        """The new rows in the old order, with newcomers after the row that they follow."""
        by_key = {self.key(row): row for row in fresh}
        after: dict[Hashable | None, list[R]] = {}
        known: Hashable | None = None
        for row in fresh:
            key = self.key(row)
            if key in self._index:
                known = key
            else:
                after.setdefault(known, []).append(row)
        ordered = list(after.get(None, ()))
        for row in self.shown:
            key = self.key(row)
            if key in by_key:
                ordered.append(by_key[key])
                ordered.extend(after.get(key, ()))
        return ordered

    def _with_ghosts(
        self, fresh: list[R], keys: set[Hashable], known: Mapping[Hashable, R | None]
    ) -> list[R]:
        """The new rows, with each ghost after the nearest row above it that stayed."""
        after: dict[Hashable | None, list[R]] = {}
        above: Hashable | None = None
        for row in self.shown:
            key = self.key(row)
            if key in keys:
                above = key
            elif key in self.ghosts:
                after.setdefault(above, []).append(known[key] or row)
        rows = list(after.get(None, ()))
        for row in fresh:
            rows += (row, *after.get(self.key(row), ()))
        return rows

    # The person's moves

    def move_to(self, place: int) -> None:
        """Put the cursor on another row; a ghost without a mark leaves."""
        self.cursor, self.bereft = self.key(self.shown[place]), False
        self._drop_ghosts()
        self._mark_range()

    def _drop_ghosts(self) -> None:
        """Take away the ghosts that nothing keeps."""
        if over := self.ghosts - self.marks - {self.cursor}:
            self.ghosts -= over
            self._show([row for row in self.shown if self.key(row) not in over])

    def mark(self) -> None:
        """Mark the row under the cursor, or take its mark away; a ghost can't be marked."""
        self.bereft = False
        if self.cursor is not None and (self.cursor in self.marks or self.cursor not in self.ghosts):
            self.marks ^= {self.cursor}

    def toggle_range(self) -> None:
        """Mark from here to wherever the cursor goes, until this is called again."""
        self._range_from = self.cursor if self._range_from is None else None
        self._mark_range()

    def clear_marks(self) -> None:
        """Take all marks away."""
        self._range_from, self.bereft = None, False
        self.marks.clear()
        self._drop_ghosts()

    def unmark(self, keys: set[Hashable]) -> None:
        """Take these marks away, and no longer mark what the cursor goes over: what they were for is done."""
        self._range_from, self.bereft = None, False
        self.marks -= keys
        self._drop_ghosts()

    def _mark_range(self) -> None:
        if self._range_from is None:
            return
        start, end = self._index.get(self._range_from), self.place
        if start is None or end is None:
            self._range_from = None
            return
        low, high = min(start, end), max(start, end)
        self.marks |= {self.key(row) for row in self.shown[low : high + 1]}
