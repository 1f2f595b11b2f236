"""Acknowledged and left open: when it reminds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from support_desk.domain.alerts import Alert
from support_desk.domain.reminders import stale_acks
from tests.desk.clock import START
from tests.desk.samples import alert

HOUR = timedelta(hours=1)


def acked(name: str, minutes: float, **changes: Any) -> Alert:
    moment = START - timedelta(minutes=minutes)
    return alert(name, **{"status": "acked", "acknowledged_at": moment, **changes})


def test_it_reminds_after_the_interval_and_after_each_further_one() -> None:
    rows = [acked("a", 59), acked("b", 60), acked("c", 185)]
    found = stale_acks(rows, START, HOUR)
    assert [(stale.alert.id, stale.times) for stale in found] == [("c", 3), ("b", 1)]


def test_only_what_is_acknowledged_and_open_counts() -> None:
    rows = [
        acked("a", 300, status="open"),
        acked("b", 300, status="closed"),
        acked("c", 300, status="snoozed"),
        acked("d", 300, acknowledged_at=None),
    ]
    assert stale_acks(rows, START, HOUR) == ()


@given(st.floats(0, 10_000), st.floats(1, 600))
def test_reminders_come_once_per_interval(minutes: float, after: float) -> None:
    span = timedelta(minutes=after)
    found = stale_acks([acked("a", minutes)], START, span)
    elapsed = START - (START - timedelta(minutes=minutes))
    assert bool(found) is (elapsed >= span)
    if found:
        assert found[0].times * span <= elapsed < (found[0].times + 1) * span
