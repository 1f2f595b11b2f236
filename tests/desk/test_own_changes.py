"""A change of ours is on the screen at once, and no list that is behind takes it away again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from support_desk.desk.own_changes import LIST_LAG
from support_desk.desk.snapshot import FeedName
from support_desk.domain.alerts import Alert
from support_desk.domain.tickets import SlaRow
from support_desk.sources.protocols import Reading
from tests.desk.samples import alert, ticket
from tests.desk.test_desk import Bench


def acked(row: Alert, at: datetime) -> Alert:
    return replace(row, status="acked", acknowledged_by="jo@example.com", updated_at=at)


def statuses(bench: Bench) -> dict[str, str]:
    return {row.id: row.status for row in bench.desk.snapshot.alerts.rows}


def queue(bench: Bench) -> list[int]:
    return [row.ticket.id for row in bench.desk.snapshot.tickets.rows]


async def test_an_acknowledgement_shows_at_once_and_outlives_a_list_that_is_behind() -> None:
    bench = Bench()
    async with bench.running():
        bench.desk.patch_alert(acked(alert("a"), bench.clock.now()))
        assert statuses(bench) == {"a": "acked"}
        assert bench.told(FeedName.ALERTS)[-1].changed
        await bench.clock.advance(20)
        assert statuses(bench) == {"a": "acked"}, "the list still has the state before"


async def test_a_list_that_disagrees_for_a_minute_is_believed_again() -> None:
    bench = Bench()
    async with bench.running():
        bench.desk.patch_alert(acked(alert("a"), bench.clock.now()))
        for _ in range(5):
            await bench.clock.advance(LIST_LAG.total_seconds() / 4)
        assert statuses(bench) == {"a": "open"}


async def test_a_newer_state_in_the_list_wins_over_ours() -> None:
    bench = Bench()
    async with bench.running():
        now = bench.clock.now()
        bench.desk.patch_alert(acked(alert("a"), now))
        bench.fake.on["alerts"].answer = Reading(
            (replace(alert("a"), status="snoozed", updated_at=now + timedelta(seconds=1)),)
        )
        await bench.clock.advance(20)
        assert statuses(bench) == {"a": "snoozed"}


async def test_a_closed_alert_goes_at_once_and_stays_away() -> None:
    bench = Bench()
    async with bench.running():
        bench.desk.patch_alert(replace(alert("a"), status="closed", updated_at=bench.clock.now()))
        assert statuses(bench) == {}
        await bench.clock.advance(20)
        assert statuses(bench) == {}


async def test_an_alert_that_a_list_has_had_and_has_no_more_is_gone_whatever_we_did_to_it() -> None:
    bench = Bench()
    async with bench.running():
        bench.desk.patch_alert(acked(alert("a"), bench.clock.now()))
        bench.fake.on["alerts"].answer = Reading(())
        await bench.clock.advance(20)
        assert statuses(bench) == {}


async def test_an_alert_of_our_own_is_there_before_the_first_list_that_has_it() -> None:
    bench = Bench()
    async with bench.running():
        bench.desk.patch_alert(alert("new"))
        assert statuses(bench) == {"a": "open", "new": "open"}
        await bench.clock.advance(20)
        assert statuses(bench) == {"a": "open", "new": "open"}


async def test_an_older_direct_reading_changes_nothing() -> None:
    bench = Bench()
    async with bench.running():
        bench.desk.patch_alert(acked(alert("a"), alert("a").updated_at - timedelta(seconds=1)))
        assert statuses(bench) == {"a": "open"}


async def test_a_ticket_moves_to_its_new_place_and_a_solved_one_leaves() -> None:
    bench = Bench()
    async with bench.running():
        now = bench.clock.now()
        sooner = (SlaRow("first_reply_time", "active", now + timedelta(seconds=5)),)
        urgent = replace(ticket(2), priority="urgent", sla_rows=sooner, updated_at=now)
        bench.desk.patch_ticket(urgent)
        assert queue(bench) == [2, 1]
        bench.desk.patch_ticket(replace(urgent, status="solved", updated_at=now + timedelta(seconds=1)))
        assert queue(bench) == [1]
        await bench.clock.advance(60)
        assert queue(bench) == [1], "the search still has it"


async def test_a_reading_that_began_before_the_change_is_changed_as_well() -> None:
    bench = Bench()
    async with bench.running():
        gate = bench.fake.on["tickets"].hold = asyncio.Event()
        await bench.clock.advance(60)
        bench.desk.patch_ticket(
            replace(ticket(2), status="solved", updated_at=bench.clock.now() + timedelta(seconds=1))
        )
        assert queue(bench) == [1]
        gate.set()
        await bench.clock.advance(1)
        assert queue(bench) == [1]
