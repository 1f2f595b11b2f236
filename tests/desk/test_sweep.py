"""A ticket leaves the queue when it has been read directly, and not before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from support_desk.desk.merging import Digest
from support_desk.desk.sweep import INDEX_LAG, Sweeper, digest_sweep
from support_desk.domain.sla import Ranked, Verdict
from support_desk.domain.tickets import Ticket
from support_desk.sources.errors import Unreachable
from support_desk.sources.protocols import Reading
from tests.desk.clock import START
from tests.desk.samples import AGREEMENT, ranked, ticket


class Queue:
    """A queue that is swept again and again."""

    def __init__(self, *held: Ticket, scoped: bool = False) -> None:
        self.sweeper = Sweeper(AGREEMENT, scoped=scoped)
        self.rows: tuple[Ranked, ...] = ranked(*held)
        self.direct: Reading[Ticket] | Exception = Reading(())
        self.asked: list[tuple[int, ...]] = []

    async def confirm(self, ids: Sequence[int]) -> Reading[Ticket]:
        self.asked.append(tuple(ids))
        if isinstance(self.direct, Exception):
            raise self.direct
        return self.direct

    async def sweep(self, *rows: Ticket, at: datetime = START, **more: Any) -> Digest[Ranked]:
        reading = Reading(rows, **more)
        found = await digest_sweep(self.sweeper, self.rows, reading, at, self.confirm)
        self.rows = found.rows
        return found

    def ids(self) -> list[int]:
        return [row.ticket.id for row in self.rows]


@pytest.mark.parametrize("status", ["solved", "closed", "deleted"])
async def test_a_missing_ticket_that_is_finished_leaves(status: str) -> None:
    queue = Queue(ticket(1), ticket(2))
    queue.direct = Reading((ticket(2, status=status),))
    found = await queue.sweep(ticket(1))
    assert queue.asked == [(2,)]
    assert queue.ids() == [1]
    assert [row.ticket.id for row in found.changes.removed] == [2]


async def test_a_missing_ticket_that_does_not_exist_leaves() -> None:
    queue = Queue(ticket(1), ticket(2))
    await queue.sweep(ticket(1))
    assert queue.ids() == [1]


async def test_a_missing_ticket_that_is_unsolved_stays_as_it_is_now() -> None:
    queue = Queue(ticket(1), ticket(2))
    queue.direct = Reading((ticket(2, status="pending", updated_at=START),))
    await queue.sweep(ticket(1))
    assert queue.ids() == [1, 2]
    assert queue.rows[1].ticket.status == "pending"


async def test_nothing_leaves_when_it_can_not_be_looked_at() -> None:
    queue = Queue(ticket(1), ticket(2))
    queue.direct = Unreachable("Zendesk did not answer", "wait")
    found = await queue.sweep(ticket(1))
    assert queue.ids() == [1, 2]
    assert not found.complete
    assert "Zendesk did not answer" in found.notes[0]


async def test_nothing_leaves_when_the_direct_read_was_incomplete() -> None:
    queue = Queue(ticket(1), ticket(2))
    queue.direct = Reading((), rejected=1)
    await queue.sweep(ticket(1))
    assert queue.ids() == [1, 2]


async def test_an_incomplete_sweep_asks_and_removes_nothing() -> None:
    queue = Queue(ticket(1), ticket(2))
    await queue.sweep(ticket(1), complete=False)
    assert queue.ids() == [1, 2]
    assert not queue.asked


async def test_a_row_that_can_not_be_read_does_not_keep_what_is_solved() -> None:
    """It may stay unreadable for the week; the others are read directly all the same."""
    queue = Queue(ticket(1), ticket(2), ticket(3))
    queue.direct = Reading((ticket(2, status="solved", updated_at=START),), complete=False, rejected=1)
    await queue.sweep(ticket(1), rejected=1)
    assert queue.ids() == [1, 3]


async def test_an_older_row_of_the_index_does_not_replace_a_newer_one() -> None:
    queue = Queue(ticket(1, status="pending", updated_at=START))
    found = await queue.sweep(ticket(1, status="open", updated_at=START - timedelta(minutes=1)))
    assert queue.rows[0].ticket.status == "pending"
    assert not found.changes


async def test_a_version_dated_in_the_future_is_not_kept_until_then() -> None:
    """It was shown for days, with its old deadline, whatever the ticket became meanwhile."""
    queue = Queue(ticket(1, priority="low", updated_at=START + timedelta(days=2)))
    await queue.sweep(ticket(1, priority="urgent", updated_at=START))
    assert [row.ticket.priority for row in queue.rows] == ["urgent"]
    tomorrow = ticket(1, priority="low", updated_at=START + timedelta(days=1))
    queue.rows = queue.sweeper.with_ticket(queue.rows, tomorrow, START)
    queue.rows = queue.sweeper.with_ticket(queue.rows, ticket(1, priority="high", updated_at=START), START)
    assert [row.ticket.priority for row in queue.rows] == ["high"]


async def test_the_same_version_brings_new_deadlines() -> None:
    queue = Queue(ticket(1))
    found = await queue.sweep(ticket(1, sla_rows=()))
    assert queue.rows[0].ticket.sla_rows == ()
    assert len(found.changes.changed) == 1


async def test_a_ticket_that_left_is_not_brought_back_by_the_index() -> None:
    queue = Queue(ticket(1), ticket(2))
    solved = ticket(2, status="solved", updated_at=START)
    queue.direct = Reading((solved,))
    await queue.sweep(ticket(1))
    await queue.sweep(ticket(1), ticket(2), at=START + timedelta(seconds=45))
    assert queue.ids() == [1]
    reopened = ticket(2, updated_at=START + timedelta(seconds=60))
    await queue.sweep(ticket(1), reopened, at=START + timedelta(seconds=90))
    assert queue.ids() == [1, 2]


async def test_what_nobody_saw_finished_is_back_with_its_row() -> None:
    """One moment in which neither way to read had them hid the tickets for ten minutes, as "all quiet"."""
    queue = Queue(ticket(1), ticket(2), ticket(3))
    await queue.sweep()
    assert queue.ids() == []
    queue.direct = Reading((ticket(1), ticket(2, status="solved", updated_at=START)))
    found = await queue.sweep(ticket(1), ticket(2), ticket(3), at=START + timedelta(seconds=45))
    assert queue.asked[-1:] == [(1, 2, 3)]
    assert queue.ids() == [1]
    assert found.complete
    await queue.sweep(ticket(1), ticket(2), ticket(3), at=START + timedelta(seconds=90))
    assert queue.asked[-1:] == [(3,)], "the one that was seen solved needs no second look"
    queue.direct = Unreachable("Zendesk did not answer", "wait")
    found = await queue.sweep(ticket(1), ticket(3), at=START + timedelta(seconds=135))
    assert queue.ids() == [1]
    assert not found.complete


async def test_an_unsolved_ticket_that_comes_back_into_the_scope_is_there_again() -> None:
    queue = Queue(ticket(1), ticket(2), scoped=True)
    queue.direct = Reading((ticket(2),))
    await queue.sweep(ticket(1))
    await queue.sweep(ticket(1), at=START + INDEX_LAG)
    assert queue.ids() == [1]
    await queue.sweep(ticket(1), ticket(2), at=START + INDEX_LAG + timedelta(seconds=45))
    assert queue.ids() == [1, 2]


async def test_an_unsolved_ticket_that_left_the_scope_goes_after_the_lag_of_the_index() -> None:
    queue = Queue(ticket(1), ticket(2), scoped=True)
    queue.direct = Reading((ticket(2, group="Developers"),))
    await queue.sweep(ticket(1))
    assert queue.ids() == [1, 2]
    await queue.sweep(ticket(1), at=START + INDEX_LAG)
    assert queue.ids() == [1]


async def test_one_that_was_changed_a_moment_ago_may_be_late_in_the_index_however_long_it_was_missing() -> (
    None
):
    queue = Queue(ticket(1), ticket(2), scoped=True)
    queue.direct = Reading((ticket(2),))
    await queue.sweep(ticket(1))
    back = START + INDEX_LAG
    queue.direct = Reading((ticket(2, updated_at=back - timedelta(seconds=30)),))
    await queue.sweep(ticket(1), at=back)
    assert queue.ids() == [1, 2]
    await queue.sweep(ticket(1), at=back + INDEX_LAG)
    assert queue.ids() == [1]


async def test_without_a_scope_an_unsolved_ticket_never_leaves() -> None:
    queue = Queue(ticket(1), ticket(2))
    queue.direct = Reading((ticket(2),))
    await queue.sweep(ticket(1))
    await queue.sweep(ticket(1), at=START + timedelta(hours=1))
    assert queue.ids() == [1, 2]


async def test_a_ticket_seen_again_is_not_counted_as_missing_since() -> None:
    queue = Queue(ticket(1), ticket(2), scoped=True)
    queue.direct = Reading((ticket(2),))
    await queue.sweep(ticket(1))
    await queue.sweep(ticket(1), ticket(2), at=START + timedelta(minutes=2))
    await queue.sweep(ticket(1), at=START + timedelta(minutes=6))
    assert queue.ids() == [1, 2]


async def test_rows_that_have_not_changed_stay_the_same_objects() -> None:
    queue = Queue(*(ticket(number) for number in range(1, 120)))
    before = queue.rows
    found = await queue.sweep(*(ticket(number) for number in range(119, 0, -1)))
    assert not found.changes
    assert all(old is new for old, new in zip(before, found.rows, strict=True))


async def test_a_row_that_says_the_same_stays_the_same_object() -> None:
    queue = Queue(ticket(1), ticket(2), ticket(3))
    before = queue.rows
    await queue.sweep(ticket(2), ticket(1), ticket(3))
    assert all(row is old for row, old in zip(queue.rows, before, strict=True))
    first, second, third = queue.rows
    found = await queue.sweep(first.ticket, ticket(2, subject="Another"), third.ticket)
    assert queue.rows[0] is first
    assert queue.rows[2] is third
    assert queue.rows[1] is not second
    assert [row.ticket.subject for row in found.changes.changed] == ["Another"]


async def test_a_queue_in_which_nothing_changed_is_the_very_queue_that_was_held() -> None:
    queue = Queue()
    first = (await queue.sweep(ticket(1), ticket(2))).rows
    assert (await queue.sweep(ticket(2), ticket(1))).rows is first
    assert (await queue.sweep(ticket(1), ticket(2), ticket(3))).rows is not first
    second = queue.rows
    changed = (await queue.sweep(ticket(1), ticket(2, subject="Another"), ticket(3))).rows
    assert changed is not second
    assert changed != second


async def test_rows_of_an_earlier_session_are_judged_by_the_rules_of_this_one() -> None:
    queue = Queue(ticket(1), ticket(2))
    right = queue.rows
    queue.rows = tuple(replace(row, verdict=Verdict("none", "no_policy")) for row in right)
    await queue.sweep(*(row.ticket for row in queue.rows))
    assert queue.rows == right


async def test_so_is_a_row_that_was_put_among_them_meanwhile() -> None:
    queue = Queue(ticket(1), ticket(2))
    await queue.sweep(ticket(1), ticket(2))
    right = queue.rows
    queue.rows = (right[0], replace(right[1], verdict=Verdict("none", "no_policy")))
    await queue.sweep(*(row.ticket for row in queue.rows))
    assert queue.rows == right
