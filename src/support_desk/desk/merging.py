"""What a reading does to the rows that we hold: absence is not proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from support_desk.desk.snapshot import Difference, Feed, FeedName, Problem, difference, row_key
from support_desk.domain.rota import Cover, Rota, Shift, merge, uncovered
from support_desk.records import record

if TYPE_CHECKING:
    from support_desk.sources.protocols import Reading

T = TypeVar("T")


@record
class Digest(Generic[T]):
    """A reading turned into the feed's next state."""

    rows: tuple[T, ...]
    changes: Difference[T]
    read_at: datetime
    complete: bool
    rejected: int
    notes: tuple[str, ...] = field(default=())

    def onto(self, feed: Feed[object], next_at: datetime) -> Feed[object]:
        """The feed after this success."""
        return replace(
            feed,
            rows=self.rows,
            read_at=self.read_at,
            complete=self.complete,
            rejected=self.rejected,
            notes=self.notes,
            problem=None,
            failing_since=None,
            next_at=next_at,
        )


def failed(feed: Feed[object], problem: Problem | None, next_at: datetime, now: datetime) -> Feed[object]:
    """The feed after an attempt that met a problem: its rows stay, and age."""
    return replace(feed, problem=problem, failing_since=feed.failing_since or now, next_at=next_at)


def proves_absence(reading: Reading[object]) -> bool:
    """Whether a row that is missing has left: not if a row was there that couldn't be read."""
    return reading.complete and not reading.rejected


def may_have_left_out(reading: Reading[object], key: object) -> bool:
    """Whether a row that is missing may be there all the same.

    Where every row that couldn't be read is known by its id, it is one of them or none: a row that stays
    unreadable for days mustn't keep on the list whatever is closed meanwhile.
    """
    if proves_absence(reading):
        return False
    return not reading.complete or len(reading.unread) < reading.rejected or key in reading.unread


def digest(name: FeedName, held: Sequence[T], reading: Reading[T], read_at: datetime) -> Digest[T]:
    """Any feed but the tickets.

    Rows that may have been left out are kept, except who is on call now: that may be a minute old at most,
    so a schedule that couldn't be read is unknown.
    """
    rows = reuse(name, held, reading.rows)
    if not proves_absence(reading) and name is not FeedName.ON_CALL:
        read = {row_key(name, row) for row in rows}
        missing = ((row_key(name, row), row) for row in held)
        rows += tuple(row for key, row in missing if key not in read and may_have_left_out(reading, key))
    return Digest(
        rows,
        difference(held, rows, lambda row: row_key(name, row)),
        read_at,
        reading.complete,
        reading.rejected,
        reading.notes,
    )


def reuse(name: FeedName, held: Sequence[T], rows: Sequence[T]) -> tuple[T, ...]:
    """The new rows, with the object that we already have for each that hasn't changed."""
    known = {row_key(name, row): row for row in held}
    return tuple(same(known.get(row_key(name, row)), row) for row in rows)


def same(old: T | None, new: T) -> T:
    """The object that we already have, if it says the same: comparisons later are then by identity."""
    return old if old is not None and old == new else new


def keep_uncovered(held: Sequence[Rota], reading: Reading[Rota]) -> Reading[Rota]:
    """Fill the roles that an incomplete timeline doesn't speak for with what was read of them before."""
    if reading.complete or not held or not reading.rows:
        return reading
    old, new = held[0], reading.rows[0]
    silent = old.cover.roles - new.cover.roles
    cover = Cover(
        max(old.cover.start, new.cover.start),
        min(old.cover.end, new.cover.end),
        old.cover.roles | new.cover.roles,
    )
    if not silent or cover.start >= cover.end:
        return reading
    kept = (
        replace(shift, start=start, end=end)
        for shift in old.shifts
        if shift.role in silent
        for start, end in _untold(shift, new)
    )
    merged = Rota(merge((*new.shifts, *kept)), cover)
    return replace(reading, rows=(merged,))


def _untold(shift: Shift, new: Rota) -> list[tuple[datetime, datetime]]:
    """The parts of an earlier shift at which the new timeline says of nobody that they are on.

    A role of which one shift couldn't be read isn't spoken for, and yet its other shifts say who is on.
    """
    told = (other for other in new.shifts if other.role is shift.role)
    return uncovered(told, shift.start, shift.end)
