"""An acknowledgement that is given back restarts the escalation: no list says when, but the desk saw it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from support_desk.desk.snapshot import FeedName
from support_desk.domain.alerts import Alert
from support_desk.sources.protocols import Reading
from tests.desk.clock import START
from tests.desk.samples import alert
from tests.desk.test_desk import Bench

TAKEN = START - timedelta(minutes=4)


def acked(row: Alert, at: datetime = TAKEN) -> Alert:
    return replace(row, status="acked", acknowledged_by="jo@example.com", acknowledged_at=at, updated_at=at)


def given_back(row: Alert, at: datetime) -> Alert:
    """What the services say afterwards: open, and still when it was acknowledged last."""
    return replace(acked(row), status="open", acknowledged_by=None, updated_at=at)


def seen(bench: Bench) -> datetime | None:
    (row,) = bench.desk.snapshot.alerts.rows
    return row.withdrawn_at


async def test_what_was_acknowledged_in_the_reading_before_was_given_back_since() -> None:
    bench = Bench()
    bench.fake.on["alerts"].answer = Reading((acked(alert("a")),))
    async with bench.running():
        assert seen(bench) is None
        at = bench.clock.now() + timedelta(seconds=7)
        bench.fake.on["alerts"].answer = Reading((given_back(alert("a"), at),))
        await bench.clock.advance(20)
        assert seen(bench) == at

        # It rings again: the moment stays what it was.
        again = replace(given_back(alert("a"), at + timedelta(minutes=1)), count=2)
        bench.fake.on["alerts"].answer = Reading((again,))
        await bench.clock.advance(60)
        assert bench.desk.snapshot.alerts.rows[0].count == 2
        assert seen(bench) == at

        # Taken once more and given back once more: another moment.
        bench.fake.on["alerts"].answer = Reading((acked(alert("a"), at + timedelta(minutes=2)),))
        await bench.clock.advance(60)
        assert seen(bench) is None


async def test_what_was_changed_after_it_was_given_back_counts_from_the_reading_before() -> None:
    bench = Bench()
    bench.fake.on["alerts"].answer = Reading((acked(alert("a")),))
    async with bench.running():
        before = bench.desk.snapshot.alerts.read_at
        # Its last change lies before the reading that still had it acknowledged: another clock, or no clock.
        bench.fake.on["alerts"].answer = Reading((given_back(alert("a"), TAKEN + timedelta(seconds=1)),))
        await bench.clock.advance(20)
        # The earliest moment that it can have been: never calmer than what is known.
        assert seen(bench) == before


async def test_ones_own_is_known_to_the_second_and_outlives_a_list_that_is_behind() -> None:
    bench = Bench()
    bench.fake.on["alerts"].answer = Reading((acked(alert("a")),))
    async with bench.running():
        at = bench.clock.now()
        bench.desk.patch_alert(given_back(alert("a"), at))
        assert seen(bench) == at
        await bench.clock.advance(20)
        assert seen(bench) == at
        bench.fake.on["alerts"].answer = Reading((given_back(alert("a"), at),))
        await bench.clock.advance(60)
        assert seen(bench) == at


async def test_what_was_given_back_while_nobody_looked_is_not_known() -> None:
    bench = Bench()
    bench.fake.on["alerts"].answer = Reading((given_back(alert("a"), TAKEN + timedelta(minutes=1)),))
    async with bench.running():
        assert seen(bench) is None
        assert bench.desk.snapshot.feed(FeedName.ALERTS).rows
