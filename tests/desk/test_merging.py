"""What a reading does to the rows that are held."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from support_desk.desk.merging import digest, keep_uncovered
from support_desk.desk.snapshot import FeedName
from support_desk.domain.rota import Role, Rota, on_now
from support_desk.sources.protocols import Reading
from tests.desk.clock import START
from tests.desk.samples import ANNA, BEN, alert, on_call, timeline


def ids(rows: tuple[Any, ...]) -> list[str]:
    return [row.id for row in rows]


def test_a_complete_reading_replaces() -> None:
    held = (alert("a"), alert("b"))
    found = digest(FeedName.ALERTS, held, Reading((alert("b"), alert("c"))), START)
    assert ids(found.rows) == ["b", "c"]
    assert ids(found.changes.added) == ["c"]
    assert ids(found.changes.removed) == ["a"]


def test_an_incomplete_reading_takes_nothing_away() -> None:
    held = (alert("a"), alert("b"))
    reading = Reading((alert("b", status="acked"), alert("c")), complete=False, notes=("cut short",))
    found = digest(FeedName.ALERTS, held, reading, START)
    assert ids(found.rows) == ["b", "c", "a"]
    assert not found.changes.removed
    assert (found.complete, found.notes) == (False, ("cut short",))


def test_a_row_that_could_not_be_read_has_not_left() -> None:
    found = digest(FeedName.ALERTS, (alert("a"), alert("b")), Reading((alert("a"),), rejected=1), START)
    assert ids(found.rows) == ["a", "b"]
    assert found.rejected == 1


def test_a_row_that_is_known_to_be_unreadable_keeps_no_other() -> None:
    """An alert that stays unreadable kept every one that was closed meanwhile, as open and overdue."""
    held = (alert("a"), alert("b"), alert("c"))
    reading = Reading((alert("a"),), rejected=1, unread=frozenset({"b"}))
    assert ids(digest(FeedName.ALERTS, held, reading, START).rows) == ["a", "b"]
    another = replace(reading, rejected=2)
    assert ids(digest(FeedName.ALERTS, held, another, START).rows) == ["a", "b", "c"]
    cut_short = replace(reading, complete=False)
    assert ids(digest(FeedName.ALERTS, held, cut_short, START).rows) == ["a", "b", "c"]


def test_who_is_on_call_is_unknown_where_it_could_not_be_read() -> None:
    held = (on_call("first_line", ANNA), on_call("second_line", BEN))
    found = digest(FeedName.ON_CALL, held, Reading((on_call("first_line", BEN),), complete=False), START)
    assert found.rows == (on_call("first_line", BEN),)


def test_an_unchanged_row_stays_the_same_object() -> None:
    held = (alert("a"),)
    found = digest(FeedName.ALERTS, held, Reading((alert("a"),)), START)
    assert found.rows[0] is held[0]
    assert not found.changes


def test_an_incomplete_timeline_keeps_the_roles_it_does_not_speak_for() -> None:
    old = timeline(Role.DEV, Role.SECOND_LINE)
    new = timeline(Role.DEV, person=BEN, start=START + timedelta(days=1))
    rota = keep_uncovered((old,), Reading((new,), complete=False)).rows[0]
    assert {(shift.role, shift.person) for shift in rota.shifts} == {
        (Role.DEV, BEN),
        (Role.SECOND_LINE, ANNA),
    }
    assert rota.cover.roles == {Role.DEV, Role.SECOND_LINE}
    assert (rota.cover.start, rota.cover.end) == (new.cover.start, old.cover.end)


def test_of_a_role_that_was_read_in_part_the_new_shifts_say_who_is_on() -> None:
    """Another shift that couldn't be read doesn't bring back whom the service has taken off."""
    old = timeline(Role.ON_CALL)
    stepped_in = replace(old, shifts=tuple(replace(shift, override=True) for shift in old.shifts))
    now = old.shifts[0].start + timedelta(hours=1)
    new = timeline(Role.ON_CALL, person=BEN)
    first = replace(new.shifts[0], end=now + timedelta(hours=1))
    partly = Rota((first,), replace(new.cover, roles=frozenset()))
    rota = keep_uncovered((stepped_in,), Reading((partly,), complete=False, rejected=1)).rows[0]
    assert on_now(rota, Role.ON_CALL, now) == BEN
    assert on_now(rota, Role.ON_CALL, first.end) == ANNA
    again = keep_uncovered((rota,), Reading((partly,), complete=False, rejected=1)).rows[0]
    assert again == rota


def test_a_timeline_from_long_ago_fills_nothing() -> None:
    old = timeline(Role.DEV, Role.SECOND_LINE, start=START - timedelta(days=60))
    reading = Reading((timeline(Role.DEV),), complete=False)
    assert keep_uncovered((old,), reading) is reading


def test_a_complete_timeline_replaces() -> None:
    reading = Reading((timeline(Role.DEV),))
    assert keep_uncovered((timeline(Role.DEV, Role.SECOND_LINE),), reading) is reading
