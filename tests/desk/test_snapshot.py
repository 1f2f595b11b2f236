"""How far a feed can be trusted, and what changed between two readings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from support_desk.desk.snapshot import (
    Feed,
    FeedName,
    Problem,
    Snapshot,
    SourceName,
    State,
    difference,
    row_key,
    source_state,
    state,
)
from tests.desk.clock import START
from tests.desk.samples import alert, on_call, ranked, ticket

NOW = START
REFUSED = Problem("OpsGenie refused the key", "check it", definite=True)
DOWN = Problem("OpsGenie is down", "wait")


def ago(seconds: float) -> Any:
    return NOW - timedelta(seconds=seconds)


def feed(**given: Any) -> Feed[object]:
    return Feed(**({"interval": timedelta(seconds=60)} | given))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (feed(enabled=False, read_at=ago(1)), State.OFF),
        (feed(), State.LOADING),
        (feed(problem=DOWN, failing_since=ago(299)), State.LOADING),
        (feed(problem=DOWN, failing_since=ago(300)), State.FAILED),
        (feed(problem=REFUSED, failing_since=ago(0)), State.FAILED),
        (feed(read_at=ago(0)), State.FRESH),
        (feed(read_at=ago(125)), State.FRESH),
        (feed(read_at=ago(126)), State.STALE),
        (feed(read_at=ago(-125)), State.FRESH),
        (feed(read_at=ago(-126)), State.STALE),
        (feed(read_at=ago(-18_000), problem=DOWN, failing_since=ago(10)), State.STALE),
        (feed(read_at=ago(30), problem=DOWN, failing_since=ago(10)), State.FRESH),
        (feed(read_at=ago(200), problem=DOWN, failing_since=ago(130)), State.STALE),
        (feed(read_at=ago(400), problem=DOWN, failing_since=ago(340)), State.FAILED),
        (feed(read_at=ago(400), problem=DOWN, failing_since=ago(40)), State.FAILED),
        (feed(read_at=ago(5), problem=REFUSED, failing_since=ago(1)), State.FAILED),
        (feed(read_at=ago(5), complete=False), State.PARTIAL),
        (feed(read_at=ago(5), rejected=1), State.PARTIAL),
        (feed(read_at=ago(200), complete=False), State.STALE),
    ],
)
def test_state(given: Feed[object], expected: State) -> None:
    assert state(given, NOW) is expected


def all_fresh() -> Snapshot:
    snapshot = Snapshot()
    for name in FeedName:
        snapshot = snapshot.with_feed(name, feed(read_at=NOW))
    return snapshot


def test_a_source_is_as_bad_as_its_worst_main_feed() -> None:
    snapshot = all_fresh().with_feed(FeedName.ON_CALL, feed(read_at=ago(200)))
    assert source_state(snapshot, SourceName.ROTA, NOW) is State.STALE
    assert source_state(snapshot, SourceName.ALERTS, NOW) is State.FRESH


@pytest.mark.parametrize(
    ("supporting", "expected"),
    [
        (feed(), State.FRESH),
        (feed(read_at=ago(900)), State.PARTIAL),
        (feed(problem=DOWN, failing_since=ago(900)), State.PARTIAL),
        (feed(problem=REFUSED, failing_since=ago(0)), State.FRESH),
        (feed(read_at=ago(9), problem=REFUSED, failing_since=ago(0)), State.PARTIAL),
    ],
    ids=["loading", "stale", "failing", "never allowed", "no longer allowed"],
)
def test_a_supporting_feed_never_fails_its_source(supporting: Feed[object], expected: State) -> None:
    snapshot = all_fresh().with_feed(FeedName.SUSPENDED, supporting)
    assert source_state(snapshot, SourceName.ZENDESK, NOW) is expected


def test_a_source_that_is_off_is_off() -> None:
    snapshot = Snapshot()
    for name in (FeedName.TICKETS, FeedName.SUSPENDED):
        snapshot = snapshot.with_feed(name, feed(enabled=False))
    assert source_state(snapshot, SourceName.ZENDESK, NOW) is State.OFF


def test_a_difference_goes_by_key_and_not_by_order() -> None:
    before = [alert("a"), alert("b"), alert("c")]
    after = [alert("c"), alert("d"), alert("a", status="acked")]
    found = difference(before, after, lambda row: row.id)
    assert [row.id for row in found.added] == ["d"]
    assert [row.id for row in found.changed] == ["a"]
    assert [row.id for row in found.removed] == ["b"]
    assert not difference(before, reversed(before), lambda row: row.id)


def test_every_feed_has_a_key() -> None:
    assert row_key(FeedName.TICKETS, ranked(ticket(7))[0]) == 7
    assert row_key(FeedName.ALERTS, alert("a")) == "a"
    assert row_key(FeedName.ON_CALL, on_call("first_line")) == "first_line"
