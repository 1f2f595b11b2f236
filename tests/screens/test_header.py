"""What the header says of people and sources, and in which style."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from support_desk.desk.snapshot import Feed, FeedName, Problem, State
from support_desk.domain.rota import UNKNOWN, Person, Unknown
from support_desk.screens.header import header_lines, hours_words, person_words, problem_line, state_words
from support_desk.screens.view import View
from support_desk.sources.fixtures import DEMO_START
from support_desk.sources.fixtures.cast import ME, RAVI
from support_desk.widgets.columns import Cell
from tests.support import changed, view

DOWN = Problem("Zendesk is down", "wait for it")
NO_ANSWER = replace(DOWN, problem="no answer")
REFUSED = Problem("refused", "renew the key", definite=True)


def span(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def with_feed(made: View, name: FeedName, **changes: Any) -> View:
    feed = replace(made.snapshot.feed(name), **changes)
    return replace(made, snapshot=made.snapshot.with_feed(name, feed))


@pytest.mark.parametrize(
    ("judged", "read", "troubled", "shown"),
    [
        (State.FRESH, -30, False, ("ok <1 min", "ok")),
        (State.FRESH, -30, True, ("retrying 30 s", "stale")),
        (State.PARTIAL, -60, False, ("partly read 1 min", "stale")),
        (State.STALE, -180, True, ("stale 3 min", "stale")),
        (State.STALE, 180, False, ("stale, dated 3 min ahead", "stale")),
        (State.FAILED, -420, True, ("FAILED 7 min", "alarm")),
        (State.FAILED, None, True, ("FAILED", "alarm")),
        (State.LOADING, None, False, ("loading", "dim")),
        (State.OFF, -60, False, ("off", "dim")),
    ],
)
def test_how_far_a_source_can_be_trusted(
    judged: State, read: float | None, troubled: bool, shown: Cell
) -> None:
    feed: Feed[object] = Feed(read_at=None if read is None else DEMO_START + span(read))
    assert state_words(judged, feed, DEMO_START, troubled=troubled) == shown


@pytest.mark.parametrize(
    ("person", "planned", "shown"),
    [
        (UNKNOWN, True, ("unknown", "warn")),
        (None, False, ("nobody now", "warn")),
        (None, True, ("nobody now", "dim")),
        (RAVI, False, (RAVI.name, "strong")),
        (Person("", "ravi@x.example"), False, ("ravi@x.example", "strong")),
        (replace(ME, email=ME.email.upper()), False, (f"you ({ME.name})", "mine")),
    ],
)
def test_nobody_unknown_and_you_are_different_words(
    person: Person | Unknown | None, planned: bool, shown: Cell
) -> None:
    assert person_words(view(), person, planned=planned) == shown


def test_hours_and_when_they_change() -> None:
    assert hours_words(view(), narrow=True) == "out of hours to 10:00"
    assert hours_words(view(at=DEMO_START + span(3600)), narrow=False) == "in hours until 18:00"


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"rows": ()}, ("0", "text")),
        ({"rows": (1, 2)}, ("2", "warn")),
        ({"rows": (1, 2), "complete": False}, ("2+", "warn")),
        ({"rows": (), "read_at": None}, ("?", "dim")),
        # As in the title: what was last known is no count of now.
        ({"rows": (), "problem": replace(DOWN, definite=True)}, ("0?", "stale")),
        ({"rows": (1,), "problem": replace(DOWN, definite=True)}, ("1?", "warn")),
    ],
)
def test_how_many_tickets_are_suspended(changes: dict[str, Any], shown: Cell) -> None:
    (_, parts) = header_lines(with_feed(view(), FeedName.SUSPENDED, **changes), 160)
    assert parts[parts.index(("suspended ", "dim")) + 1] == shown


def test_what_asks_and_what_is_wrong_with_the_desk_stands_in_the_header() -> None:
    def ends(**changes: Any) -> list[Cell]:
        _, calm = header_lines(view(), 80)
        _, parts = header_lines(replace(view(), **changes), 80)
        return list(parts[len(calm) :])

    assert ends(questions=1) == [("  ", "dim"), ("1 asks: O", "late")]
    assert ends(questions=2)[1] == ("2 ask: O", "late")
    assert ends(notes=("a", "b")) == [("  ! a; b", "warn")]
    assert ends(config=msgspec.structs.replace(changed(), read_only=True)) == [("  READ-ONLY", "warn")]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"problem": DOWN, "enabled": False}, ""),
        (
            {"problem": DOWN, "next_at": DEMO_START + span(20)},
            "Zendesk is down: wait for it; it is read again by itself",
        ),
        ({"problem": REFUSED, "next_at": DEMO_START + span(20)}, "refused: renew the key"),
        (
            {"problem": DOWN, "next_at": DEMO_START + span(60), "rejected": 1},
            "Zendesk is down: wait for it (next try 09:47)",
        ),
        ({"rejected": 1}, "1 row could not be read and is not shown: look in the service itself"),
        ({"rejected": 2, "notes": ("x",)}, "2 rows could not be read and are not shown: x"),
        ({"complete": False}, "only partly read: more may exist"),
        ({"complete": False, "notes": ("100 pages were read",)}, "100 pages were read"),
        ({"complete": False, "read_at": None}, ""),
    ],
)
def test_what_is_wrong_with_a_pane_and_what_helps(changes: dict[str, Any], words: str) -> None:
    made = with_feed(view(), FeedName.TICKETS, **changes)
    assert problem_line(made, FeedName.ALERTS, FeedName.TICKETS) == words
    if words:
        both = with_feed(made, FeedName.ALERTS, problem=NO_ANSWER)
        assert (
            problem_line(both, FeedName.ALERTS, FeedName.TICKETS)
            == "no answer: wait for it; it is read again by itself"
        )
