"""The desk: what it takes from sources and store, and what it tells."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from support_desk.config.model import Config, Opsgenie, Runbooks, Zendesk
from support_desk.desk.desk import Desk, DeskChange
from support_desk.desk.once import read_once
from support_desk.desk.snapshot import FeedName, SourceName, State, clock_behind, source_state, state
from support_desk.desk.store import ReadingsStore
from support_desk.domain.paged import Page, Proof
from support_desk.glance import source_error
from support_desk.sources.errors import NotAllowed, SignInRefused, Throttled, Unreachable
from support_desk.sources.protocols import Reading, Sources
from tests.desk.clock import START, ManualClock, settle
from tests.desk.fakes import FakeSources
from tests.desk.samples import AGREEMENT, ANNA, alert, ticket, timeline

CONFIG = Config(
    zendesk=Zendesk(url="https://desk.example.com"),
    opsgenie=Opsgenie(read_key_env="KEY"),
    runbooks=Runbooks(path="/srv/runbooks"),
)


class Bench:
    """A desk with its clock and sources."""

    def __init__(self, config: Config = CONFIG, store: ReadingsStore | None = None) -> None:
        self.clock = ManualClock()
        self.fake = FakeSources()
        self.fake.on["alerts"].answer = Reading((alert("a"),))
        self.fake.on["tickets"].answer = Reading((ticket(1), ticket(2)))
        self.desk = Desk(config, store, self.clock, AGREEMENT, random=Random(1))
        self.changes: list[DeskChange] = []
        self.desk.subscribe(self.changes.append)

    @asynccontextmanager
    async def running(self, sources: Sources | None = None) -> AsyncIterator[None]:
        self.desk.attach(sources or self.fake.sources())
        self.changes.clear()
        task = asyncio.create_task(self.desk.run())
        await settle()
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def told(self, name: FeedName) -> list[Any]:
        return [change.differences[name] for change in self.changes if name in change.feeds]

    def state(self, name: FeedName) -> State:
        return state(self.desk.snapshot.feed(name), self.desk.now())


async def test_every_feed_is_read_at_once_and_told() -> None:
    bench = Bench()
    async with bench.running():
        assert {bench.state(name) for name in FeedName} == {State.FRESH}
        assert {name for change in bench.changes for name in change.feeds} == set(FeedName)
        assert [row.ticket.id for row in bench.told(FeedName.TICKETS)[0].added] == [1, 2]
        assert bench.desk.snapshot.alerts.rows == (alert("a"),)
        assert bench.desk.snapshot.alerts.read_at == START


async def test_nothing_new_is_told_so_that_ages_are_painted() -> None:
    bench = Bench()
    async with bench.running():
        await bench.clock.advance(20)
        first, second = bench.told(FeedName.ALERTS)
        assert first
        assert not second
        read_at = bench.desk.snapshot.alerts.read_at
        assert read_at is not None
        assert read_at > START


async def test_a_reading_that_makes_nothing_but_ages_new_says_so() -> None:
    bench = Bench()
    async with bench.running():

        async def only_ages(name: FeedName) -> bool:
            bench.changes.clear()
            await bench.desk.read([name])
            (change,) = bench.changes
            return change.only_age

        assert await only_ages(FeedName.ALERTS)
        # Whom the services name counts from when they were asked.
        assert not await only_ages(FeedName.ON_CALL)
        for answer in (
            Reading((alert("b"),)),
            Reading((alert("b"),), complete=False),
            Unreachable("OpsGenie does not answer", "look at the network"),
        ):
            bench.fake.on["alerts"].answer = answer
            assert not await only_ages(FeedName.ALERTS)
            assert await only_ages(FeedName.ALERTS)
        await bench.clock.advance(400)
        # It has failed for so long that it is another state, and then it is there again.
        assert bench.state(FeedName.ALERTS) is State.FAILED
        bench.fake.on["alerts"].answer = Reading((alert("b"),), complete=False)
        assert not await only_ages(FeedName.ALERTS)


async def test_a_failure_keeps_the_rows_and_their_age() -> None:
    bench = Bench()
    async with bench.running():
        bench.fake.on["alerts"].answer = Unreachable("OpsGenie does not answer", "look at the network")
        await bench.clock.advance(20)
        feed = bench.desk.snapshot.alerts
        assert feed.rows == (alert("a"),)
        assert feed.read_at == START
        assert feed.failing_since is not None
        assert feed.next_at is not None
        assert feed.next_at > bench.desk.now()
        line = source_error(bench.desk.snapshot, SourceName.ALERTS, bench.desk.now())
        assert line == "OpsGenie does not answer: look at the network"
        since = feed.failing_since
        await bench.clock.advance(320)
        assert bench.desk.snapshot.alerts.failing_since == since
        assert bench.state(FeedName.ALERTS) is State.FAILED
        assert bench.state(FeedName.TICKETS) is State.FRESH
        bench.fake.on["alerts"].answer = Reading(())
        await bench.clock.advance(140)
        assert bench.state(FeedName.ALERTS) is State.FRESH
        assert bench.desk.snapshot.alerts.rows == ()
        assert source_error(bench.desk.snapshot, SourceName.ALERTS, bench.desk.now()) is None


async def test_one_feed_that_hangs_stops_no_other() -> None:
    bench = Bench()
    bench.fake.on["tickets"].hold = asyncio.Event()
    async with bench.running():
        await bench.clock.advance(100)
        assert bench.state(FeedName.TICKETS) is State.LOADING
        assert bench.state(FeedName.ALERTS) is State.FRESH
        await bench.clock.advance(100)
        line = source_error(bench.desk.snapshot, SourceName.ZENDESK, bench.desk.now())
        assert line is not None
        assert line.startswith("Zendesk gave no answer within 180 s")


async def test_a_key_without_the_right_to_policies_leaves_the_alerts_fresh() -> None:
    bench = Bench()
    bench.fake.on["policies"].answer = NotAllowed("OpsGenie refuses policies", "ask for the right")
    async with bench.running():
        assert bench.state(FeedName.POLICIES) is State.FAILED
        assert source_state(bench.desk.snapshot, SourceName.ALERTS, START) is State.FRESH
        assert source_error(bench.desk.snapshot, SourceName.ALERTS, bench.desk.now()) is None


async def test_a_ticket_that_left_the_search_is_confirmed() -> None:
    bench = Bench()
    async with bench.running():
        bench.fake.on["tickets"].answer = Reading((ticket(1),))
        bench.fake.direct[2] = ticket(2, status="solved")
        await bench.clock.advance(50)
        assert bench.fake.confirmed == [(2,)]
        assert [row.ticket.id for row in bench.desk.snapshot.tickets.rows] == [1]


async def test_the_rota_is_asked_for_two_weeks_back_and_five_ahead() -> None:
    bench = Bench()
    bench.fake.on["rota"].answer = Reading((timeline(),))
    async with bench.running():
        await bench.clock.advance(700)
        midnight = datetime(2026, 5, 4, tzinfo=UTC)
        expected = (midnight - timedelta(weeks=2), midnight + timedelta(weeks=5))
        assert set(bench.fake.ranges) == {expected}
        assert not bench.told(FeedName.ROTA)[-1]


async def test_refresh_reads_and_says_so() -> None:
    bench = Bench()
    async with bench.running():
        await bench.clock.advance(5)
        assert bench.desk.refresh([FeedName.TICKETS]) == "Reading tickets"
        assert bench.desk.refresh() == "Reading everything"
        await settle()
        assert bench.fake.on["tickets"].asked == 2
        assert bench.fake.on["alerts"].asked == 2


async def test_refresh_says_what_is_refused() -> None:
    bench = Bench()
    bench.fake.on["tickets"].answer = Throttled("Zendesk asks us to wait", "wait", retry_after=40.0)
    async with bench.running():
        words = bench.desk.refresh([FeedName.TICKETS])
        assert words.startswith("Zendesk asked us to wait 4")
        assert bench.desk.refresh().endswith("the rest is being read")


async def test_refresh_before_there_is_anything_to_read() -> None:
    bench = Bench()
    assert bench.desk.refresh() == "Not connected yet"
    bench.desk.attach(Sources(None, None, None, None))
    assert bench.desk.refresh([FeedName.TICKETS]) == "Nothing to read: not configured"


async def test_a_night_asleep_is_followed_by_one_read_of_each() -> None:
    bench = Bench()
    async with bench.running():
        before = {name: script.asked for name, script in bench.fake.on.items()}
        bench.clock.jump(8 * 3600)
        await bench.clock.advance(5.1)
        after = {name: script.asked for name, script in bench.fake.on.items()}
        assert after == {name: count + 1 for name, count in before.items()}


async def test_a_listener_that_breaks_keeps_the_news_from_nobody(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()

    def broken(_: DeskChange) -> None:
        raise KeyError("secret")

    bench.desk.subscribe(broken)
    later: list[DeskChange] = []
    unsubscribe = bench.desk.subscribe(later.append)
    async with bench.running():
        assert later
        assert "secret" not in caplog.text
        unsubscribe()
        unsubscribe()
        count = len(later)
        await bench.clock.advance(60)
        assert len(later) == count


async def test_a_source_that_is_not_configured_is_off() -> None:
    bench = Bench(Config(zendesk=Zendesk(url="https://desk.example.com")))
    assert bench.state(FeedName.ALERTS) is State.OFF
    assert bench.state(FeedName.TICKETS) is State.LOADING
    async with bench.running(replace(bench.fake.sources(), alerts=None, rota=None, runbooks=None)):
        assert bench.state(FeedName.ON_CALL) is State.OFF
        assert bench.state(FeedName.TICKETS) is State.FRESH
        assert bench.fake.on["alerts"].asked == 0


async def test_the_clock_is_put_right_by_what_the_services_say() -> None:
    bench = Bench()
    for script in bench.fake.on.values():
        script.answer = Reading((), server_time=START + timedelta(minutes=2))
    async with bench.running():
        assert (bench.desk.now() - START).total_seconds() == pytest.approx(120, abs=1)
        assert any("behind" in note for note in bench.desk.notes())
        await bench.clock.advance(6)
        # Putting the clock right is not a night asleep.
        assert bench.fake.on["alerts"].asked == 1


async def test_a_reading_is_as_young_as_it_is_although_the_clock_was_wrong() -> None:
    bench = Bench()
    away = START - timedelta(days=40)
    for script in bench.fake.on.values():
        script.answer = Reading((), server_time=away)
    async with bench.running():
        assert abs(bench.desk.now() - away) <= timedelta(seconds=2)
        assert {bench.state(name) for name in FeedName} == {State.FRESH}
        read_at = bench.desk.snapshot.alerts.read_at
        assert read_at is not None
        assert abs(read_at - away) <= timedelta(seconds=2)


async def test_a_look_at_who_was_paged_from_before_a_page_doesnt_undo_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was seen earlier may come later."""
    store = ReadingsStore.open(tmp_path / "store.sqlite3")
    bench, page = Bench(store=store), Page(START, Proof.PAGED, "Sam was paged", escalation=True)
    seen, go_on, seen_again, look = threading.Event(), threading.Event(), threading.Event(), store.pages

    def slow_at_first() -> Mapping[str, Page]:
        found = look()
        if seen.is_set():
            seen_again.set()
        else:
            seen.set()
            assert go_on.wait(10)
        return found

    monkeypatch.setattr(store, "pages", slow_at_first)
    async with bench.running():
        assert await asyncio.to_thread(seen.wait, 10)
        await bench.desk.note_page("one", "a", page)
        go_on.set()
        assert await asyncio.to_thread(seen_again.wait, 10)
        for _ in range(100):
            await asyncio.to_thread(int)
        assert bench.desk.pages == {"a": page}
        assert bench.changes[-1].feeds == {FeedName.ALERTS}
    bench.desk.close()


async def test_what_was_proven_of_an_alert_is_kept_while_it_is_in_the_list() -> None:
    bench, page = Bench(), Page(START, Proof.PAGED, "Sam was paged", escalation=True, by_policy=True)
    async with bench.running():
        bench.desk.note_page_read("a", page)
        assert bench.desk.pages_read == {"a": page}
        bench.fake.on["alerts"].answer = Reading((alert("b"),))
        bench.desk.refresh((FeedName.ALERTS,))
        await settle()
        bench.desk.note_page_read("b", page)
        assert bench.desk.pages_read == {"b": page}


async def test_how_far_the_clock_is_out_is_kept_for_those_who_only_read_the_store(tmp_path: Path) -> None:
    path = tmp_path / "readings.sqlite3"
    bench = Bench(store=ReadingsStore.open(path))
    for script in bench.fake.on.values():
        script.answer = Reading((), server_time=START + timedelta(minutes=2))
    async with bench.running():
        await bench.clock.advance(6)
    bench.desk.close()
    store = ReadingsStore.open_existing(path)
    assert clock_behind(store.load()).total_seconds() == pytest.approx(120, abs=1)
    store.close()


async def test_the_rota_is_asked_for_again_if_the_clock_was_wrong() -> None:
    bench = Bench()
    away = START + timedelta(days=200)
    rota = bench.fake.on["rota"]
    rota.answer = Reading((), server_time=away)
    snapshot = await read_once(CONFIG, bench.fake.sources(), bench.clock, AGREEMENT, [FeedName.ROTA])
    assert snapshot.rota.read_at == bench.clock.now()
    start, end = bench.fake.ranges[-1]
    assert start < away < end
    assert len(bench.fake.ranges) == 2


async def test_a_restart_shows_the_last_known_state_with_its_age(tmp_path: Path) -> None:
    path = tmp_path / "readings.sqlite3"
    bench = Bench(store=ReadingsStore.open(path))
    async with bench.running():
        bench.fake.on["alerts"].answer = SignInRefused("OpsGenie refused the key", "check it")
        await bench.clock.advance(20)
    bench.desk.close()
    again = Bench(store=ReadingsStore.open(path))
    again.clock.jump(3600)
    snapshot = again.desk.load()
    assert [row.ticket.id for row in snapshot.tickets.rows] == [1, 2]
    assert snapshot.tickets.read_at == START
    assert snapshot.alerts.rows == (alert("a"),)
    assert snapshot.alerts.problem is None
    assert again.state(FeedName.ALERTS) is State.STALE
    again.desk.close()


async def test_who_signs_in_doesnt_wait_for_the_next_try_of_a_service_that_refuses() -> None:
    bench = Bench()
    bench.fake.on["tickets"].answer = SignInRefused("Zendesk: nobody is signed in", "sign in")
    async with bench.running():
        await bench.clock.advance(60)
        assert bench.fake.on["tickets"].asked == 1
        bench.fake.on["tickets"].answer, bench.fake.signed_in = Reading((ticket(1),)), "Jo"
        await bench.clock.advance(11)
        assert bench.fake.on["tickets"].asked == 2
        assert bench.state(FeedName.TICKETS) is State.FRESH
        await bench.clock.advance(30)
        assert bench.fake.on["tickets"].asked == 2


async def test_what_is_switched_off_since_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "readings.sqlite3"
    bench = Bench(store=ReadingsStore.open(path))
    async with bench.running():
        pass
    bench.desk.close()
    again = Bench(Config(zendesk=CONFIG.zendesk), store=ReadingsStore.open(path))
    assert again.desk.load().alerts.rows == ()
    assert again.state(FeedName.ALERTS) is State.OFF
    again.desk.close()


async def test_a_one_shot_reads_what_it_asks_for_and_names_what_failed() -> None:
    fake = FakeSources()
    fake.on["tickets"].answer = Reading((ticket(2), ticket(1)))
    fake.on["on_call"].answer = Unreachable("OpsGenie does not answer", "wait")
    wanted = [FeedName.TICKETS, FeedName.ON_CALL]
    clock = ManualClock(START + timedelta(milliseconds=400))
    snapshot = await read_once(CONFIG, fake.sources(), clock, AGREEMENT, wanted)
    assert [row.ticket.id for row in snapshot.tickets.rows] == [1, 2]
    assert snapshot.on_call.problem is not None
    assert state(snapshot.on_call, START) is State.FAILED, "a document knows whole seconds only"
    assert fake.on["alerts"].asked == 0
    assert state(snapshot.alerts, START) is State.OFF


async def test_people_are_kept_from_an_incomplete_reading() -> None:
    bench = Bench()
    bench.fake.on["people"].answer = Reading((ANNA,))
    async with bench.running():
        bench.fake.on["people"].answer = Reading((), complete=False, notes=("page 2 failed",))
        bench.desk.refresh([FeedName.PEOPLE])
        await settle()
        assert bench.desk.snapshot.people.rows == (ANNA,)
        assert bench.state(FeedName.PEOPLE) is State.PARTIAL
        assert source_error(bench.desk.snapshot, SourceName.ROTA, bench.desk.now()) == "people: page 2 failed"


@pytest.mark.parametrize("key", ["read_key_env", "write_key_env"])
def test_either_key_switches_alerts_on_before_the_sources_are_there(key: str) -> None:
    desk = Desk(Config(opsgenie=Opsgenie(**{key: "KEY"})), None, ManualClock(), AGREEMENT)
    assert state(desk.snapshot.alerts, START) is State.LOADING
    assert state(desk.snapshot.tickets, START) is State.OFF
