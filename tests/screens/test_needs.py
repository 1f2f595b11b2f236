"""The line above everything, the ranking behind it, and the forecast."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from support_desk.desk.snapshot import FeedName
from support_desk.domain import commands as c
from support_desk.domain.intents import Phase
from support_desk.domain.tickets import Ticket
from support_desk.screens.alert import AlertScreen
from support_desk.screens.needs import NeedsScreen
from support_desk.screens.outbox import OutboxScreen
from support_desk.screens.ticket import TicketScreen
from support_desk.sources.errors import ServiceDown
from support_desk.sources.fixtures import DEMO_START, demo_config
from support_desk.sources.protocols import Reading
from support_desk.widgets.columns import Moment
from support_desk.widgets.lines import Lines
from support_desk.widgets.text_view import TextView
from tests.screens.acting import ended, opened
from tests.screens.test_alert_acts import P1, go_to
from tests.support import LARGE, MIDDLE, SMALL, Running, Weather, drawn, running


def top(desk: Running) -> str:
    """The first line of the terminal."""
    return desk.app.dashboard.query_one("#announcement", Lines).plain.rstrip()


def none(reading: Reading[Any]) -> Reading[Any]:
    return replace(reading, rows=())


QUIET = {FeedName.ALERTS: none, FeedName.TICKETS: none}


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
async def test_the_single_next_thing_stands_above_everything(size: tuple[int, int]) -> None:
    async with running(size=size) as desk:
        await desk.until(lambda: "ack P1" in top(desk))
        line = top(desk)
        assert "second line (Helen Marsh) is paged in 1:20" in line
        assert line.endswith(" more")
        assert desk.app.dashboard.query_one("#announcement").region.y == 0

        desk.clock.move(seconds=10)
        desk.app.tick()
        await desk.pilot.pause()
        assert "paged in 1:10" in top(desk)


async def test_when_the_page_is_due_it_says_check_and_whom_to_call() -> None:
    async with running(size=LARGE) as desk:
        await desk.until(lambda: "ack P1" in top(desk))
        desk.clock.move(minutes=20)
        desk.app.tick()
        await desk.until(lambda: " check P1" in top(desk))
        assert "should have been paged" in top(desk)
        assert "; call " in top(desk)


async def test_quiet_is_said_only_when_it_is_known() -> None:
    async with running(size=MIDDLE, weather=Weather(edits=dict(QUIET)), wait=False) as desk:
        await desk.until(lambda: "nothing needs you now" in top(desk))
        assert "Q: quiet times" in top(desk)

    weather = Weather(edits={FeedName.TICKETS: none}, errors={FeedName.ALERTS: ServiceDown("down", "wait")})
    async with running(size=MIDDLE, weather=weather, wait=False) as desk:
        await desk.until(lambda: "nothing known to need you, but alerts: " in top(desk))
        assert "Q: quiet times" not in top(desk)


@pytest.mark.parametrize("size", [SMALL, MIDDLE])
async def test_0_shows_all_of_it_in_its_order_and_enter_goes_there(size: tuple[int, int]) -> None:
    async with running(size=size) as desk:
        await desk.press("0")
        await desk.until(lambda: isinstance(desk.app.screen, NeedsScreen))
        screen = desk.app.screen
        assert isinstance(screen, NeedsScreen)
        await desk.until(lambda: len(screen.list.rows) > 5)
        ranks = [need.rank for need in screen.list.rows]
        assert ranks == sorted(ranks)

        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, AlertScreen))
        await desk.press("q")
        kinds = [need.target.kind if need.target else "" for need in screen.list.rows]
        await desk.press(*["j"] * kinds.index("ticket"), "enter")
        await desk.until(lambda: isinstance(desk.app.screen, TicketScreen))
        await desk.press("q", "q")
        assert desk.app.screen is desk.dashboard


async def test_red_is_only_what_is_late_or_a_page_that_nobody_has() -> None:
    async with running(size=MIDDLE) as desk:
        await desk.press("0")
        await desk.until(lambda: isinstance(desk.app.screen, NeedsScreen))
        screen = desk.app.screen
        assert isinstance(screen, NeedsScreen)
        await desk.until(lambda: len(screen.list.rows) > 5)
        moment = Moment(desk.clock.now())
        cells = [[column.cell(need, moment) for column in screen.columns(160)] for need in screen.list.rows]
        drawn = [(why, sentence[0].split(": ")[-1], sentence[1]) for why, sentence in cells]
        assert (("critical", "late"), "second line (Helen Marsh) is paged in 1:20", "late") in drawn
        assert (("emergency", "late"), "emergency, breached 09:23", "late") in drawn
        # What can still be saved is amber in its word, and its sentence plain.
        assert (("emergency", "soon"), "emergency, breaches 09:48", "text") in drawn
        # "pages soon" would be wrong for what should have been paged an hour ago.
        assert {why for why, what, _ in drawn if "should have been paged" in what} == {("check page", "late")}
        assert "alarm" not in str(drawn)


async def test_an_action_that_asks_leads_to_the_outbox() -> None:
    async with running(size=MIDDLE) as desk:
        await opened(desk)
        await desk.press("1")
        alert = await go_to(desk, P1)
        desk.app.acts.do([(alert, c.AssignAlert("nobody@nowhere.example"))])
        await desk.pilot.pause()
        assert (await ended(desk)).phase is Phase.FAILED
        await desk.press("0")
        await desk.until(lambda: isinstance(desk.app.screen, NeedsScreen))
        screen = desk.app.screen
        assert isinstance(screen, NeedsScreen)
        await desk.until(lambda: any(need.act == "decide (O) on" for need in screen.list.rows))
        place = next(at for at, need in enumerate(screen.list.rows) if need.target is None)
        await desk.press("g", *["j"] * place, "enter")
        await desk.until(lambda: isinstance(desk.app.screen, OutboxScreen))


async def test_the_forecast_says_its_pace_and_keys_change_it() -> None:
    async with running(size=MIDDLE) as desk:
        await desk.press("0")
        await desk.until(lambda: isinstance(desk.app.screen, NeedsScreen))
        screen = desk.app.screen
        assert isinstance(screen, NeedsScreen)
        await desk.until(lambda: "20 min a reply, assumed so far" in screen.text.shown)
        assert "due by 18:00 would breach; in the best order" in screen.text.shown
        assert "Answer in this order instead" in screen.text.shown

        await desk.press("plus", "plus")
        assert "30 min a reply, as you set it" in screen.text.shown
        await desk.press(*["minus"] * 9)
        assert "5 min a reply, as you set it" in screen.text.shown
        await desk.press("equals_sign")
        assert "20 min a reply, assumed so far" in screen.text.shown


@pytest.mark.parametrize(("hours", "words"), [(0, "Today at the usual pace: "), (10, "At the usual pace: ")])
async def test_after_work_the_forecast_isnt_called_todays(hours: int, words: str) -> None:
    async with running(size=MIDDLE, at=DEMO_START + timedelta(hours=hours)) as desk:
        await desk.press("0")
        await desk.until(lambda: isinstance(desk.app.screen, NeedsScreen))
        screen = desk.app.screen
        assert isinstance(screen, NeedsScreen)
        await desk.until(lambda: screen.text.shown.startswith(words))
        assert ("due by Thu 18:00" if hours else "due by 18:00") in screen.text.shown


async def test_what_isnt_known_proposes_no_quiet_times() -> None:
    weather = Weather(edits={FeedName.TICKETS: none}, errors={FeedName.ALERTS: ServiceDown("down", "wait")})
    async with running(size=MIDDLE, weather=weather, wait=False) as desk:
        await desk.until(lambda: "nothing known to need you" in top(desk))
        await desk.press("0")
        screen = desk.app.screen
        assert isinstance(screen, NeedsScreen)
        await desk.until(lambda: "Nothing known to need you, but alerts: " in drawn(screen.list))
        assert "quiet times" not in drawn(screen.list)


async def test_a_configured_pace_comes_before_what_is_assumed() -> None:
    config = msgspec.structs.replace(
        demo_config(), forecast=msgspec.structs.replace(demo_config().forecast, minutes=45)
    )
    async with running(size=MIDDLE, config=config) as desk:
        await desk.press("0")
        await desk.until(lambda: isinstance(desk.app.screen, NeedsScreen))
        screen = desk.app.screen
        assert isinstance(screen, NeedsScreen)
        assert "45 min a reply, as configured" in screen.text.shown


async def test_the_line_says_how_many_follow() -> None:
    def soon(reading: Reading[Ticket]) -> Reading[Ticket]:
        return replace(reading, rows=tuple(row for row in reading.rows if row.priority == "normal"))

    weather = Weather(edits={FeedName.ALERTS: none, FeedName.TICKETS: soon})
    async with running(size=LARGE, weather=weather, wait=False) as desk:
        # Half past ten: in hours.
        desk.clock.move(minutes=44)
        desk.app.tick()
        await desk.app.desk.read([FeedName.ALERTS, FeedName.TICKETS])
        await desk.until(lambda: " breaches 1" in top(desk))
        assert " follow" in top(desk)


async def test_a_second_of_the_line_costs_little() -> None:
    async with running(size=MIDDLE) as desk:
        await desk.until(lambda: "ack P1" in top(desk))
        needing = desk.app.needing
        assert needing is not None
        view = desk.app.view
        first = needing.needs(view)
        # Nothing has changed, so nothing is worked out anew.
        assert needing.needs(desk.app.view) is first
        desk.clock.move(minutes=1)
        assert needing.needs(desk.app.view) is not first
        assert timedelta(minutes=1) == desk.app.view.now - view.now


async def test_the_last_minute_before_a_page_rings_once_on_every_screen() -> None:
    async with running(size=MIDDLE) as desk:
        await desk.until(lambda: "paged in 1:20" in top(desk))
        await desk.press("0")
        bells, said = desk.app.bells, len(desk.app.said)
        desk.clock.move(seconds=21)
        desk.app.tick()
        await desk.pilot.pause()
        assert desk.app.bells == bells + 1
        assert desk.app.said[-1].endswith("is paged at 09:47"), "a countdown would stand still in a toast"
        for _ in range(3):
            desk.clock.move(seconds=1)
            desk.app.tick()
            await desk.pilot.pause()
        assert desk.app.bells == bells + 1
        assert len(desk.app.said) == said + 1


@pytest.mark.parametrize("over_it", ["", "0", "O"])
async def test_the_alarm_about_a_page_goes_when_somebody_has_the_alert(over_it: str) -> None:
    async with running(size=MIDDLE) as desk:
        await opened(desk)
        await desk.until(lambda: "paged in 1:20" in top(desk))
        desk.clock.move(seconds=21)
        desk.app.tick()
        await desk.until(lambda: "is paged at 09:47" in toasts(desk))
        if over_it:
            await desk.press(over_it)
            await desk.until(lambda: len(desk.app.screen_stack) == 2 and desk.app.screen.is_mounted)
            assert "is paged at 09:47" in toasts(desk), "no page but this tells it"
            await desk.press("q")
        await desk.press("1", "g", "a")
        assert (await ended(desk)).phase is Phase.CONFIRMED
        desk.app.tick()
        await desk.until(lambda: "is paged at 09:47" not in toasts(desk))


async def test_the_alarm_about_a_page_doesnt_stand_beside_who_was_paged() -> None:
    async with running(size=MIDDLE) as desk:
        await opened(desk)
        await desk.until(lambda: "paged in 1:20" in top(desk))
        desk.clock.move(seconds=21)
        desk.app.tick()
        await desk.until(lambda: "is paged at 09:47" in toasts(desk))
        await desk.press("1", "g", "e")
        assert (await ended(desk)).phase is Phase.CONFIRMED
        await desk.until(lambda: "was paged 09:4" in toasts(desk))
        desk.app.tick()
        await desk.until(lambda: "is paged at 09:47" not in toasts(desk))


def toasts(desk: Running) -> str:
    return " | ".join(str(toast.render()) for toast in desk.app.screen.query("Toast"))


async def test_a_limit_of_the_handbook_is_said_once_when_it_is_reached() -> None:
    night = DEMO_START - timedelta(hours=7)

    def held(reading: Reading[Any]) -> Reading[Any]:
        alert = replace(
            reading.rows[0],
            id="held",
            status="acked",
            priority="P3",
            created_at=night - timedelta(minutes=29),
            acknowledged_at=night - timedelta(minutes=29),
            acknowledged_by=demo_config().me.email,
        )
        return replace(reading, rows=(alert,))

    weather = Weather(edits={FeedName.ALERTS: held, FeedName.TICKETS: none})
    async with running(size=LARGE, weather=weather, at=night, wait=False) as desk:
        await desk.until(lambda: "nothing needs you now" in top(desk))
        for _ in range(3):
            desk.clock.move(minutes=1)
            desk.app.tick()
            await desk.pilot.pause()
        said = [line for line in desk.app.said if "without a fix: think of escalating" in line]
        assert len(said) == 1
        assert "without a fix: think of escalating" in top(desk)


async def test_what_wasnt_read_is_no_good_forecast() -> None:
    weather = Weather(errors={FeedName.TICKETS: ServiceDown("Zendesk: no connection", "look")})
    async with running(size=SMALL, weather=weather, wait=False) as desk:
        await desk.until(lambda: desk.snapshot.alerts.read_at)
        await desk.press("0")
        await desk.until(lambda: isinstance(desk.app.screen, NeedsScreen) and desk.app.screen.is_mounted)
        text = desk.app.screen.query_one("#text", TextView)
        await desk.until(lambda: "at the usual pace: what is due by" in text.plain.replace("\n", " "))
        assert "isn't known" in text.plain
        assert "nothing more is due" not in text.plain
