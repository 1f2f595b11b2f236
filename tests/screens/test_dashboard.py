"""The dashboard as a person sees it: panes, keys, filters, time, and what a broken source looks like."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from textual.geometry import Region
from textual.widgets import Static

from support_desk.config.model import OnCallSection
from support_desk.desk.snapshot import FeedName
from support_desk.domain.rota import Person, Role, Rota, Shift
from support_desk.domain.tickets import Replies, Ticket
from support_desk.screens.alert import AlertScreen
from support_desk.screens.asking import Question
from support_desk.screens.dashboard import Dashboard
from support_desk.screens.panes import PANES
from support_desk.sources.errors import NotAllowed, ServiceDown, SignInRefused, Unreachable
from support_desk.sources.fixtures import DEMO_START
from support_desk.sources.protocols import Reading
from support_desk.widgets.columns import Moment
from support_desk.widgets.lines import Lines
from support_desk.widgets.row_lines import cells_of
from support_desk.widgets.row_list import RowList
from tests.support import LARGE, MIDDLE, SMALL, Running, Weather, changed, drawn, running

TEN = datetime(2026, 12, 2, 10, 0, tzinfo=UTC)
"""Wednesday 10:00 in London: the support week changes hands."""

DOWN = ServiceDown("Zendesk answers that it is broken (503)", "see its status page", status=503)


def without(*ids: int) -> Any:
    def edit(reading: Reading[Ticket]) -> Reading[Ticket]:
        return replace(reading, rows=tuple(row for row in reading.rows if row.id not in ids))

    return edit


def nothing(reading: Reading[Any]) -> Reading[Any]:
    return replace(reading, rows=())


# What is where


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
async def test_every_size_shows_what_counts(size: tuple[int, int]) -> None:
    async with running(size=size) as desk:
        assert "1 Alerts" in desk.alerts
        assert "6 un-acknowledged of 14" in desk.alerts
        assert "2 Tickets" in desk.tickets
        assert "7 late of 68" in desk.tickets
        for column in ("Pr", "Age", "Client", "Has it", "Alert"):
            assert column in desk.alerts
        for column in ("SLA", "Left", "Ticket", "Prio", "Client", "Who", "Subject"):
            assert column in desk.tickets
        assert "09:46 Wed" in desk.header
        assert "#48144" in desk.why
        assert "ctrl+q quit" in desk.footer


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
async def test_the_frame_fits_its_lines(size: tuple[int, int]) -> None:
    """Nothing that is cut off at the right edge is a word that people need."""
    async with running(size=size) as desk:
        for line in (*desk.header.split("\n"), desk.footer):
            assert len(line) <= size[0]
        await desk.press("tab")
        assert len(desk.footer) <= size[0]


def runbook_region(desk: Running) -> Region:
    document = desk.dashboard.runbook.document
    assert document is not None
    return document.region


async def test_wide_terminals_show_the_side_panes_and_narrow_ones_hide_them() -> None:
    async with running(size=MIDDLE) as desk:
        assert runbook_region(desk).width >= 40
        assert desk.dashboard.rota.region.height >= 9
        assert "Errors 5xx" in desk.runbook
        assert "2nd line" in desk.rota
    async with running(size=SMALL) as desk:
        assert runbook_region(desk).width == 0
        assert desk.dashboard.rota.region.width == 0
        await desk.press("4")
        assert desk.dashboard.rota.region.width == 80
        assert desk.dashboard.tickets.region.width == 0
        assert desk.dashboard.focused is desk.dashboard.rota
        await desk.press("3")
        assert runbook_region(desk).width >= 78
        await desk.press("2")
        assert desk.dashboard.tickets.region.width == 80
        assert desk.dashboard.rota.region.width == 0


async def test_tab_goes_round_all_panes_and_back() -> None:
    async with running() as desk:
        seen = []
        for _ in PANES[:-1]:
            await desk.press("tab")
            assert desk.dashboard.focused is not None
            seen.append(desk.dashboard.focused.id)
        assert seen == ["runbook", "rota", "alerts", "tickets"], "nothing was done yet: no activity"
        await desk.press("shift+tab")
        assert desk.dashboard.focused is desk.dashboard.alerts
        for key, pane in zip("12345", PANES, strict=True):
            await desk.press(key)
            await desk.pilot.pause()
            assert desk.dashboard.focused is not None
            assert desk.dashboard.focused.id == pane


@pytest.mark.parametrize("size", [SMALL, MIDDLE])
async def test_zoom_gives_a_pane_the_whole_screen_and_back(size: tuple[int, int]) -> None:
    async with running(size=size) as desk:
        panes = {name: desk.dashboard.query_one(f"#{name}") for name in PANES[:-1]}
        before = {name: pane.region for name, pane in panes.items()}
        for key, name in zip("1234", panes, strict=True):
            await desk.press(key, "plus")
            others = [pane.region.area for other, pane in panes.items() if other != name]
            assert panes[name].region.width >= size[0] - 2, name
            assert panes[name].region.height >= size[1] - 8, name
            assert not any(others), name
            await desk.press("plus", "2")
            assert {name: pane.region for name, pane in panes.items()} == before, name


@pytest.mark.parametrize("size", [SMALL, (60, 15), (100, 30)])
async def test_where_it_takes_the_place_of_the_lists_a_runbook_can_be_read(size: tuple[int, int]) -> None:
    """Below the rota and the activity three of its lines were left at 80x24, and none at 60x15."""
    async with running(size=size) as desk:
        await desk.press("1", "a")
        await desk.until(lambda: desk.dashboard.has_activity)
        await desk.press("b")
        runbook, rota = desk.dashboard.query_one("#runbook"), desk.dashboard.query_one("#rota")
        await desk.until(lambda: runbook.region.height >= size[1] - 6)
        await desk.press("tab")
        await desk.until(lambda: rota.has_focus and rota.region.height >= 9)
        await desk.press("tab")
        activity = desk.dashboard.query_one("#activity")
        await desk.until(lambda: activity.has_focus and activity.region.height >= 5)
        assert activity.region.bottom == size[1] - 1, "above the footer"
        await desk.press("escape", "1")
        await desk.until(lambda: desk.dashboard.query_one("#alerts").region.height > 0)


async def test_zoom_follows_to_the_pane_that_a_key_goes_to() -> None:
    async with running() as desk:
        await desk.press("1", "plus", "4")
        assert desk.dashboard.rota.region.width >= 158
        assert desk.dashboard.alerts.region.area == 0
        await desk.press("escape")
        assert desk.dashboard.alerts.region.area > 0


async def test_the_layout_key_hides_the_side_panes() -> None:
    async with running() as desk:
        await desk.press("4", "underscore")
        assert desk.dashboard.rota.region.area == 0
        assert desk.dashboard.tickets.region.width == 160
        assert desk.dashboard.focused is desk.dashboard.tickets
        await desk.press("3")
        assert runbook_region(desk).width >= 158
        await desk.press("escape")
        assert desk.dashboard.tickets.region.width == 160
        await desk.press("underscore")
        assert desk.dashboard.rota.region.area > 0

        await desk.pilot.resize_terminal(80, 24)
        await desk.press("underscore")
        assert desk.app.said[-1].startswith("There is no room for them beside the lists")
        assert not desk.dashboard.side_hidden, "it changes nothing that isn't seen"


async def test_a_smaller_window_keeps_the_keys_where_they_can_be_seen() -> None:
    async with running(size=MIDDLE) as desk:
        await desk.press("2", "j")
        await desk.until(lambda: "#48168 " in desk.why)
        await desk.press("4")
        await desk.pilot.resize_terminal(80, 24)
        await desk.pilot.pause()
        assert "\n Normal first reply was due Tue 10:15 by the contract; Zendesk's SLA" in desk.why
        focused = desk.dashboard.focused
        assert focused is not None
        assert focused.region.area > 0


async def test_a_low_window_shows_rows_of_the_list_that_keys_act_on() -> None:
    """The row under the cursor was out of sight, and keys acted on it."""
    async with running(size=(50, 15)) as desk:
        alerts, tickets = desk.dashboard.alerts, desk.dashboard.tickets
        footer = desk.dashboard.query_one("#footer")
        for height in (15, 10, 8, 6):
            await desk.pilot.resize_terminal(50, height)
            for key, used, other in (("2", tickets, alerts), ("1", alerts, tickets)):
                await desk.press(key)
                await desk.pilot.pause()
                assert used.region.height >= 4, "its title, the names of the columns, and two rows"
                assert used.region.bottom <= footer.region.y
                assert other.region.area == 0
        await desk.pilot.resize_terminal(160, 14)
        await desk.press("3")
        assert runbook_region(desk).height >= 8
        await desk.pilot.resize_terminal(50, 16)
        await desk.press("2")
        await desk.pilot.pause()
        assert min(tickets.region.height, alerts.region.height) >= 4


# Rows and the cursor


async def test_the_cursor_stays_on_its_ticket_while_rows_come_and_go() -> None:
    async with running() as desk:
        await desk.press("j", "j", "j", "j")
        kept = desk.dashboard.tickets.cursor
        above = desk.ticket_ids()[:4]
        line = desk.tickets.split("\n").index(desk.line_of(desk.dashboard.tickets, f" {kept} "))
        desk.weather.edits[FeedName.TICKETS] = without(*above[:2])
        await desk.read(FeedName.TICKETS)
        await desk.until(lambda: above[0] not in desk.ticket_ids())
        assert desk.dashboard.tickets.cursor == kept
        assert desk.line_of(desk.dashboard.tickets, f" {kept} ").startswith(">")
        # Two rows have left above it, and the list was at its top: the row can't be further down than it is.
        assert desk.tickets.split("\n").index(desk.line_of(desk.dashboard.tickets, f" {kept} ")) <= line


async def test_a_ticket_that_leaves_under_the_cursor_stays_struck_through() -> None:
    async with running() as desk:
        await desk.press("j")
        gone = desk.dashboard.tickets.cursor
        assert isinstance(gone, int)
        desk.weather.edits[FeedName.TICKETS] = without(gone)
        await desk.read(FeedName.TICKETS)
        await desk.until(lambda: desk.dashboard.tickets.selected_is_gone)
        assert desk.line_of(desk.dashboard.tickets, f" {gone} ").startswith(">×")
        assert "7 late of 68" not in desk.tickets
        await desk.press("j")
        assert gone not in desk.ticket_ids()


async def test_what_is_selected_says_that_it_has_left() -> None:
    async with running() as desk:
        await desk.press("j")
        gone = desk.dashboard.tickets.cursor
        assert isinstance(gone, int)
        await desk.until(lambda: f"#{gone} " in desk.why)
        desk.weather.edits[FeedName.TICKETS] = without(gone)
        await desk.read(FeedName.TICKETS)
        assert desk.why.startswith(f" LEFT THE LIST #{gone} "), "a long name would hide it"
        assert "as it was last read: " in desk.why


async def test_a_new_order_waits_until_the_cursor_has_rested() -> None:
    async with running() as desk:
        await desk.press("j")
        before = desk.ticket_ids()
        last = before[-1]

        def due_first(reading: Reading[Ticket]) -> Reading[Ticket]:
            rows = tuple(
                replace(
                    row,
                    priority="urgent",
                    sla_rows=(),
                    replies=Replies(0),
                    created_at=DEMO_START - timedelta(days=40),
                )
                if row.id == last
                else row
                for row in reading.rows
            )
            return replace(reading, rows=rows)

        desk.weather.edits[FeedName.TICKETS] = due_first
        await desk.read(FeedName.TICKETS)
        assert desk.snapshot.tickets.rows[0].ticket.id == last
        assert desk.ticket_ids() == before
        assert "new order waits" in desk.tickets
        desk.clock.move(seconds=2)
        await desk.until(lambda: desk.ticket_ids() != before)
        assert desk.ticket_ids()[0] == last
        assert desk.dashboard.tickets.cursor == before[1]


async def test_marks_take_part_in_copying_and_are_counted() -> None:
    async with running() as desk:
        await desk.press("space", "space")
        assert "2 marked" in desk.tickets
        assert len(desk.dashboard.tickets.marked) == 2
        await desk.press("Y")
        assert any("2 lines" in line for line in desk.app.said)
        await desk.press("X")
        assert not desk.dashboard.tickets.marked


# Filters and sorting


async def typed(desk: Running, text: str) -> None:
    await desk.press("slash")
    await desk.type(text)


async def test_a_filter_narrows_while_it_is_typed_and_enter_keeps_it() -> None:
    async with running() as desk:
        # What is said of a row is about one that is there, also with the next word.
        desk.app.still = True
        await typed(desk, "harbour")
        await desk.until(lambda: "#48306 " in desk.why)
        await desk.type(" p:high")
        await desk.until(lambda: "#48297 " in desk.why)
        assert 0 < len(desk.ticket_ids()) < 10
        rows = desk.dashboard.tickets.rows
        assert all("Harbour" in (row.ticket.organisation or "") for row in rows)
        assert all(row.ticket.priority == "high" for row in rows)
        await desk.press("enter")
        assert "filter: harbour p:high" in desk.tickets
        assert desk.dashboard.focused is desk.dashboard.tickets
        assert "7 late of 68" in desk.tickets
        await desk.press("escape")
        assert len(desk.ticket_ids()) == 68
        assert "filter:" not in desk.tickets


async def test_escape_in_the_line_drops_the_filter() -> None:
    async with running() as desk:
        await typed(desk, "!s:open")
        assert {row.ticket.status for row in desk.dashboard.tickets.rows} == {"new", "pending", "hold"}
        await desk.press("escape")
        assert len(desk.ticket_ids()) == 68
        assert desk.dashboard.focused is desk.dashboard.tickets
        assert desk.dashboard.filters["tickets"] == ""


async def test_a_filter_line_is_opened_while_the_last_one_closes() -> None:
    """By a key right behind a click on the list: two of them ended the desk."""
    async with running() as desk:
        await desk.press("slash")
        desk.dashboard.set_focus(desk.dashboard.tickets)
        desk.burst("slash", "x")
        await desk.until(lambda: desk.dashboard.filters["tickets"] == "x")
        assert len(desk.dashboard.query("FilterLine")) == 1


async def test_the_filter_line_belongs_to_the_list_in_use() -> None:
    async with running() as desk:
        await desk.press("1")
        await typed(desk, "s:open")
        assert len(desk.dashboard.alerts.rows) == 6
        assert len(desk.ticket_ids()) == 68
        await desk.press("enter")
        assert desk.dashboard.focused is desk.dashboard.alerts
        assert "filter: s:open" in desk.alerts


async def test_the_filter_key_in_the_filter_line_types_itself_and_there_is_one_line() -> None:
    async with running() as desk:
        await typed(desk, "a/qj")
        assert len(desk.dashboard.query("FilterLine")) == 1
        assert desk.dashboard.filters["tickets"] == "a/qj"
        assert "No row matches the filter 'a/qj'; esc takes it away." in desk.tickets


async def test_a_filter_that_nothing_matches_isnt_quiet() -> None:
    async with running() as desk:
        await desk.press("1")
        await typed(desk, "nosuchthing")
        assert "All quiet" not in desk.alerts
        assert "No row matches" in desk.alerts


async def test_saved_filters_are_chosen_by_name() -> None:
    async with running() as desk:
        await desk.press("f")
        await desk.type("triaged")
        await desk.press("enter")
        await desk.until(lambda: desk.app.screen is desk.dashboard)
        await desk.until(lambda: "filter: status:new" in desk.tickets)
        assert {row.ticket.status for row in desk.dashboard.tickets.rows} == {"new"}
        await desk.press("f")
        await desk.type("everything")
        await desk.press("enter")
        await desk.until(lambda: len(desk.ticket_ids()) == 68)


async def test_a_filter_holds_for_the_rows_that_come_later() -> None:
    async with running() as desk:
        await typed(desk, "p:urgent")
        await desk.press("enter")
        before = set(desk.ticket_ids())
        await desk.pass_by(minutes=10)
        await desk.until(lambda: set(desk.ticket_ids()) != before)
        rows = [row for row in desk.dashboard.tickets.rows if not desk.dashboard.tickets.selected_is_gone]
        assert {row.ticket.priority for row in rows} == {"urgent"}


async def test_the_order_can_be_changed_and_is_named() -> None:
    async with running() as desk:
        by_risk = desk.ticket_ids()
        await desk.press("S")
        assert "by newest first" in desk.tickets
        created = [row.ticket.created_at for row in desk.dashboard.tickets.rows]
        assert created == sorted(created, reverse=True)
        await desk.press("S", "S", "S", "S")
        assert desk.ticket_ids() == by_risk
        assert "by " not in desk.tickets.split("\n")[0]


# Sources that fail, and what is known


async def test_a_key_meant_for_marked_rows_that_have_all_left_is_not_done_to_another() -> None:
    async with running() as desk:
        await desk.press("1", "space", "space")
        gone = {alert.alert.id for alert in desk.dashboard.alerts.marked}
        desk.weather.edits[FeedName.ALERTS] = lambda reading: replace(
            reading, rows=tuple(row for row in reading.rows if row.id not in gone)
        )
        await desk.read(FeedName.ALERTS)
        await desk.press("c")
        assert desk.app.screen is desk.dashboard
        assert desk.app.said[-1].startswith("Not done: what you had marked has left the list.")
        assert "ESCALATE" not in desk.footer
        await desk.press("X", "c")
        await desk.until(lambda: isinstance(desk.app.screen, Question))


async def test_a_failing_source_keeps_its_rows_and_says_what_to_do() -> None:
    async with running() as desk:
        rows = desk.ticket_ids()
        desk.weather.errors[FeedName.TICKETS] = DOWN
        await desk.read(FeedName.TICKETS)
        assert desk.ticket_ids() == rows
        notice = desk.tickets.split("\n")[1]
        assert notice.startswith(
            " ! Zendesk answers that it is broken (503): see its status page; it is read again by itself"
        )
        await desk.pass_by(seconds=40)
        assert "stale 40 s" in desk.tickets.split("\n")[0]
        assert "zendesk stale 40 s" in desk.header
        await desk.pass_by(minutes=6)
        assert "FAILED 6 min" in desk.tickets.split("\n")[0]
        assert "zendesk FAILED 6 min" in desk.header
        assert desk.ticket_ids() == rows
        desk.weather.errors.clear()
        await desk.read(FeedName.TICKETS, FeedName.SUSPENDED)
        assert "!" not in desk.tickets.split("\n")[1][:3]
        assert "zendesk ok" in desk.header


async def test_a_definite_refusal_is_failed_at_once() -> None:
    async with running() as desk:
        desk.weather.errors[FeedName.ALERTS] = SignInRefused(
            "OpsGenie refuses the key (401)", "renew [opsgenie] read_key", status=401
        )
        await desk.read(FeedName.ALERTS)
        assert "FAILED" in desk.alerts.split("\n")[0]
        assert "renew [opsgenie] read_key" in desk.alerts.split("\n")[1]
        assert "alerts FAILED" in desk.header


async def test_an_empty_list_is_quiet_only_when_fresh_and_complete() -> None:
    weather = Weather(edits={FeedName.ALERTS: nothing, FeedName.TICKETS: nothing})
    async with running(weather=weather, wait=False) as desk:
        await desk.until(lambda: desk.snapshot.alerts.read_at and desk.snapshot.tickets.read_at)
        assert "All quiet: no open alerts." in desk.alerts
        assert "Nothing to answer: no unsolved tickets." in desk.tickets
        weather.errors[FeedName.ALERTS] = Unreachable("OpsGenie gives no answer", "look at the network")
        await desk.read(FeedName.ALERTS)
        await desk.pass_by(seconds=30)
        assert "All quiet" not in desk.alerts
        assert "Nothing known" in desk.alerts
        weather.errors.clear()
        weather.edits[FeedName.ALERTS] = lambda reading: replace(reading, rows=(), rejected=2)
        await desk.read(FeedName.ALERTS)
        assert "All quiet" not in desk.alerts
        assert "partly read" in desk.alerts
        assert "2 rows could not be read and are not shown" in desk.alerts
        weather.edits[FeedName.ALERTS] = lambda reading: replace(
            reading, rows=(), complete=False, notes=("OpsGenie stopped after 100 alerts",)
        )
        await desk.read(FeedName.ALERTS)
        assert "All quiet" not in desk.alerts
        assert "OpsGenie stopped after 100 alerts" in desk.alerts


async def test_one_failed_attempt_is_not_quiet_either() -> None:
    weather = Weather(edits={FeedName.ALERTS: nothing})
    async with running(weather=weather, wait=False) as desk:
        await desk.until(lambda: "All quiet" in desk.alerts)
        weather.errors[FeedName.ALERTS] = Unreachable("OpsGenie gives no answer", "look at the network")
        await desk.read(FeedName.ALERTS)
        assert "OpsGenie gives no answer" in desk.alerts
        assert "All quiet" not in desk.alerts


async def test_before_the_first_answer_nothing_is_claimed() -> None:
    gates = {name: asyncio.Event() for name in FeedName}
    async with running(weather=Weather(gates=gates), wait=False) as desk:
        await desk.until(lambda: desk.app.desk.sources)
        for pane in (desk.alerts, desk.tickets, desk.rota):
            assert "loading" in pane
        for pane in (desk.alerts, desk.tickets):
            assert "Not read yet" in pane
            assert "quiet" not in pane
        assert "zendesk loading" in desk.header
        assert "first line: unknown" in desk.header
        assert "nobody" not in desk.header
        for gate in gates.values():
            gate.set()
        await desk.until(lambda: "7 late of 68" in desk.tickets)


async def test_a_first_read_that_fails_is_named_and_unknown_isnt_nobody() -> None:
    error = NotAllowed("OpsGenie refuses the rota (403)", "give the key configuration access", status=403)
    weather = Weather(errors={FeedName.ROTA: error})
    async with running(weather=weather, wait=False) as desk:
        await desk.until(lambda: desk.snapshot.rota.problem and desk.snapshot.alerts.rows)
        await desk.until(lambda: "FAILED" in desk.rota)
        assert "OpsGenie refuses the rota (403)" in desk.rota
        assert "unknown" in desk.rota
        assert "nobody" not in desk.rota
        # The schedule's own answer was read, so the second line is known without the timeline.
        assert "second line: Helen Marsh" in desk.header


NO_POLICIES = NotAllowed(
    "OpsGenie refuses the policies (403)", "give the key configuration access", status=403
)


async def test_without_policies_the_countdown_is_the_configured_one_and_says_so() -> None:
    weather = Weather(errors={FeedName.POLICIES: NO_POLICIES})
    async with running(weather=weather, wait=False) as desk:
        await desk.until(lambda: desk.snapshot.policies.problem and "≈1:20" in desk.alerts)
        assert "6 un-acknowledged of 14 ok" in desk.alerts
        await desk.press("1")
        await desk.until(lambda: "the escalation policy was not read, 5 min are configured" in desk.why)


async def test_policies_that_can_no_longer_be_read_leave_the_alerts_partly_read() -> None:
    async with running() as desk:
        desk.weather.errors[FeedName.POLICIES] = NO_POLICIES
        await desk.read(FeedName.POLICIES)
        assert "alerts partly read" in desk.header
        assert "6 un-acknowledged of 14 ok" in desk.alerts


async def test_suspended_tickets_are_counted_and_unknown_is_a_question_mark() -> None:
    async with running() as desk:
        assert "suspended 6" in desk.header
    error = NotAllowed("Zendesk refuses the suspended tickets (403)", "ask for the right", status=403)
    async with running(weather=Weather(errors={FeedName.SUSPENDED: error}), wait=False) as desk:
        await desk.until(lambda: desk.snapshot.suspended.problem and desk.snapshot.tickets.rows)
        await desk.until(lambda: "suspended ?" in desk.header)


async def test_a_source_that_isnt_configured_is_off() -> None:
    from support_desk.sources.protocols import Sources
    from tests.support import ManualClock, make, wait_until, weathered_sources

    clock, weather = ManualClock(), Weather()
    full = weathered_sources(clock, weather)
    only_tickets = Sources(None, None, full.tickets, None)
    app = make(None, clock, weather, lambda: only_tickets)
    async with app.run_test(size=MIDDLE) as pilot:
        desk = Running(app, pilot, clock, weather)
        await wait_until(pilot, lambda: desk.snapshot.tickets.rows)
        await wait_until(pilot, lambda: "alerts off" in desk.header)
        assert "Not configured" in desk.alerts
        assert "All quiet" not in desk.alerts
        await wait_until(pilot, lambda: "No runbook folder is configured" in desk.runbook)
        # The schedule's own answer was read, so the second line is known without the timeline.
        assert "second line: unknown" in desk.header


# Time


async def test_on_wednesday_at_ten_the_week_changes_hands_without_any_reading() -> None:
    async with running(at=TEN - timedelta(seconds=30)) as desk:
        assert "out of hours until 10:00" in desk.header
        assert "first line: Callum Reid on call" in desk.header
        assert "second line: Helen Marsh" in desk.header
        assert "1st line dev nobody now" in desk.rota
        for name in FeedName:
            desk.weather.gates[name] = asyncio.Event()
        await desk.pass_by(seconds=30)
        assert "10:00 Wed 2 Dec" in desk.header
        assert "in hours until 18:00" in desk.header
        assert "first line: you (Robin Ashdown) dev, Magda Kowal ops" in desk.header
        assert "second line: nobody now" in desk.header
        assert "1st line dev you (Robin Ashd" in desk.rota
        assert "  then       Priya Nair       9 Dec 10:00" in desk.rota
        assert "on call      nobody now" in desk.rota
        assert "2nd line     nobody now" in desk.rota
        await desk.pass_by(hours=8)
        assert "out of hours until Thu 10:00" in desk.header
        assert "first line: Femi Adeyemi on call" in desk.header
        assert "second line: Joanna Pike" in desk.header


async def test_the_changeover_is_seen_even_if_no_tick_falls_on_the_minute() -> None:
    async with running(at=TEN - timedelta(seconds=2)) as desk:
        for name in FeedName:
            desk.weather.gates[name] = asyncio.Event()
        await desk.pass_by(seconds=3)
        assert "1st line dev you (Robin Ashd" in desk.rota
        assert "2nd line     nobody now" in desk.rota


async def test_countdowns_tick_and_say_check_at_zero() -> None:
    weather = Weather(errors={FeedName.POLICIES: NO_POLICIES})
    async with running(weather=weather, wait=False) as desk:
        await desk.until(lambda: desk.snapshot.policies.problem and "≈1:20" in desk.alerts)
        await desk.press("1")
        await desk.until(lambda: "eastmarch" in desk.why)
        for name in FeedName:
            desk.weather.gates[name] = asyncio.Event()
        await desk.pass_by(seconds=7)
        assert " ≈1:13 " in desk.line_of(desk.dashboard.alerts, "eastmarch  nobody")
        await desk.pass_by(seconds=74)
        assert " CHECK " in desk.line_of(desk.dashboard.alerts, "eastmarch  nobody")
        await desk.pass_by(seconds=60)
        assert "second line (Helen Marsh) should have been paged: check" in desk.why


async def test_who_is_paged_next_is_named_before_it_happens() -> None:
    async with running() as desk:
        await desk.press("1")
        await desk.until(lambda: "pages second line (Helen Marsh) at 09:47" in desk.why)
        await desk.pass_by(seconds=90)
        await desk.until(lambda: "pages Owen Fairley at 10:02" in desk.why)


@pytest.mark.parametrize("at", [DEMO_START, TEN - timedelta(minutes=4)])
async def test_every_second_each_row_says_what_it_would_if_it_were_drawn_now(at: datetime) -> None:
    """A row that says the same for a while isn't looked at in every second."""
    async with running(size=LARGE, at=at) as desk:
        board = desk.dashboard
        panes: tuple[RowList[Any], ...] = (board.alerts, board.tickets, board.rota)
        said = set()
        for _ in range(6 * 60):
            desk.clock.move(seconds=1)
            board.tick()
            for pane in panes:
                for line in pane._drawn.values():
                    moment = Moment(desk.clock.now(), line.look.selected)
                    assert line.cells == cells_of(line.row, pane._places, moment)
                    said.update(line.cells)
        for word in ("LATE", "SOON", "CHECK"):
            assert word in {text for text, _ in said}


async def test_a_ticket_becomes_late_without_a_reading() -> None:
    async with running() as desk:
        for name in FeedName:
            desk.weather.gates[name] = asyncio.Event()
        assert " SOON " in desk.line_of(desk.dashboard.tickets, " 48309 ")
        await desk.pass_by(minutes=2, seconds=1)
        assert " LATE " in desk.line_of(desk.dashboard.tickets, " 48309 ")
        assert "8 late of 68" in desk.tickets


# Alerts


async def storm(desk: Running) -> None:
    await desk.pass_by(seconds=330)
    await desk.until(lambda: "[6 alike]" in desk.alerts)


async def test_a_storm_is_one_row_and_each_alert_of_it_can_be_opened() -> None:
    async with running() as desk:
        await storm(desk)
        line = desk.line_of(desk.dashboard.alerts, "[6 alike]")
        assert "6 open" in line
        assert desk.alerts.count("brindle-prod-web-") == 1
        await desk.press("1", "g")
        row = next(row for row in desk.dashboard.alerts.rows if row.members)
        assert desk.dashboard.alerts.select(row.key)
        await desk.press("enter")
        await desk.until(lambda: not isinstance(desk.app.screen, Dashboard))
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, AlertScreen))
        assert isinstance(desk.app.screen, AlertScreen)
        assert desk.app.screen.alert_id in {member.id for member in row.members}


async def test_marked_alerts_that_a_storm_takes_in_are_what_a_key_means() -> None:
    """Their marks went with their rows, so `a` took the alert under the cursor."""
    async with running() as desk:
        await storm(desk)
        whole = next(row.members for row in desk.dashboard.alerts.rows if len(row.members) == 6)
        late = {alert.id for alert in whole[3:]}
        desk.weather.edits[FeedName.ALERTS] = lambda reading: replace(
            reading, rows=tuple(alert for alert in reading.rows if alert.id not in late)
        )
        await desk.read(FeedName.ALERTS)
        await desk.press("1")
        for alert in whole[:2]:
            assert desk.dashboard.alerts.select(alert.id)
            await desk.press("space")
        before = desk.dashboard.alerts.cursor

        def taken(reading: Reading[Any]) -> Reading[Any]:
            first = replace(whole[0], status="acked", acknowledged_by="kim@example.com")
            return replace(reading, rows=(first, *whole[1:]))

        desk.weather.edits[FeedName.ALERTS] = taken
        await desk.read(FeedName.ALERTS)
        await desk.until(lambda: "[6 alike]" in desk.alerts)
        assert before not in {alert.id for alert in whole[:2]}
        meant = desk.dashboard.acted_on()
        assert [(alert.id, alert.status) for alert in meant] == [
            (whole[0].id, "acked"), (whole[1].id, "open")
        ], "as they are known now: somebody has taken one"  # fmt: skip

        # The storm's row holds them as well: each is meant once.
        assert desk.dashboard.alerts.select(
            next(row.key for row in desk.dashboard.alerts.rows if row.members)
        )
        await desk.press("space")
        assert len(desk.dashboard.acted_on()) == 6


async def test_alerts_that_nobody_has_stay_in_sight_when_somebody_takes_the_one_under_the_cursor() -> None:
    """The keys are in the queue; four lines of acknowledged alerts hid seven that were open."""
    async with running(size=SMALL) as desk:
        await desk.until(lambda: "eastmarch.example" in desk.alerts)
        first, second = (row.alert for row in desk.dashboard.alerts.rows[:2])

        def taken(reading: Reading[Any]) -> Reading[Any]:
            mine = replace(first, status="acked", acknowledged_by="kim@example.com")
            return replace(reading, rows=(mine, *(row for row in reading.rows if row.id != first.id)))

        desk.weather.edits[FeedName.ALERTS] = taken
        await desk.read(FeedName.ALERTS)
        await desk.until(lambda: desk.dashboard.alerts.rows[0].alert.id == second.id)
        assert desk.line_of(desk.dashboard.alerts, "harbours-prod-alb-5xx")
        assert "▲" not in desk.alerts
        await desk.press("1")
        assert desk.dashboard.alerts.cursor == first.id
        assert "eastmarch.example" in desk.alerts, "keys mean what is under the cursor"


async def test_a_critical_alert_is_on_every_screen_and_said_once() -> None:
    async with running() as desk:
        await desk.press("enter")
        await desk.until(lambda: type(desk.app.screen).__name__ == "TicketScreen")
        line = desk.app.screen.query_one("#announcement", Lines)
        await desk.until(lambda: line.region.height == 1)
        assert "P1 OPEN: https://www.eastmarch.example/ is down" in line.plain
        assert "and 1 more" in line.plain
        desk.app.said.clear()
        await desk.pass_by(seconds=640)
        await desk.until(lambda: any("canals-prod-evidence-upload" in said for said in desk.app.said))
        await desk.pass_by(seconds=10)
        assert sum("canals-prod-evidence-upload" in said for said in desk.app.said) == 1


async def test_a_new_alert_rings_and_mute_silences_it() -> None:
    async with running() as desk:
        await desk.until(lambda: desk.snapshot.alerts.read_at)
        assert desk.app.bells == 0
        await desk.pass_by(seconds=75)
        await desk.until(lambda: desk.app.bells == 1)
        await desk.press("M")
        assert "muted" in desk.app.said[-1]
        await desk.pass_by(seconds=90)
        await desk.until(lambda: "wexcombe-prod-rds-connections" in desk.alerts)
        assert desk.app.bells == 1
        await desk.press("M")
        assert "rings again" in desk.app.said[-1]


async def test_a_breach_rings_even_if_no_reading_says_so() -> None:
    async with running() as desk:
        for name in FeedName:
            desk.weather.gates[name] = asyncio.Event()
        desk.clock.move(minutes=2, seconds=1)
        await desk.until(lambda: desk.app.bells)
        assert any("#48309 has breached" in said for said in desk.app.said)


# What the configuration changes


async def test_a_changed_key_works_and_is_shown() -> None:
    config = changed(keys={"pane.zoom": "z", "row.browser": "f7"})
    async with running(config=config) as desk:
        assert "f7 browser" in desk.footer
        await desk.press("z")
        assert desk.dashboard.alerts.region.area == 0
        await desk.press("plus")
        assert desk.dashboard.alerts.region.area == 0
        await desk.press("question_mark")
        await desk.until(lambda: type(desk.app.screen).__name__ == "HelpScreen")
        from tests.support import drawn

        words = "Give this pane the whole screen"
        text = ""
        for _ in range(8):
            text = "\n".join(drawn(widget) for widget in desk.app.screen.query("*"))
            if words in text:
                break
            await desk.press("pagedown")
        row = next(line for line in text.split("\n") if words in line)
        assert row.split("z")[0].strip(" │") == ""


@pytest.mark.parametrize("size", [SMALL, MIDDLE])
async def test_read_only_is_on_the_screen(size: tuple[int, int]) -> None:
    async with running(size=size, config=changed(read_only=True)) as desk:
        assert "READ-ONLY" in desk.header


async def test_other_critical_priorities_are_announced() -> None:
    async with running(config=changed(on_call=OnCallSection(critical=("P3",)))) as desk:
        await desk.pass_by(seconds=75)
        await desk.until(lambda: any(said.startswith("P3 alert: ") for said in desk.app.said))


async def test_what_refresh_will_do_is_said() -> None:
    async with running() as desk:
        await desk.press("R")
        assert desk.app.said[-1] == "Reading everything"
        await desk.press("1", "r")
        assert desk.app.said[-1] == "Reading alerts"


async def test_q_at_the_top_only_says_how_to_leave() -> None:
    async with running() as desk:
        await desk.press("q")
        assert desk.app.said[-1] == "ctrl+q quits"
        assert desk.app.is_running


async def test_a_paste_outside_a_field_does_nothing() -> None:
    from textual import events

    async with running() as desk:
        before = (desk.tickets, desk.alerts, desk.app.screen)
        desk.app.post_message(events.Paste("qqj\nR\x11"))
        await desk.pilot.pause()
        assert (desk.tickets, desk.alerts, desk.app.screen) == before


async def test_the_rota_says_when_somebody_steps_in() -> None:
    def swap(reading: Reading[Rota]) -> Reading[Rota]:
        rota = reading.rows[0]
        tom = Person("Tom Ellery", "tom@agency.example")
        shift = Shift(
            Role.ON_CALL, tom, DEMO_START - timedelta(hours=1), DEMO_START + timedelta(hours=1), override=True
        )
        return replace(reading, rows=(replace(rota, shifts=(*rota.shifts, shift)),))

    async with running(size=LARGE, weather=Weather(edits={FeedName.ROTA: swap})) as desk:
        assert "Tom Ellery (override)" in desk.rota
        assert "first line: Tom Ellery on call" in desk.header
        assert "! Mon 28 Dec" in desk.rota


async def test_countdowns_go_on_under_the_help() -> None:
    async with running() as desk:
        await desk.press("1", "question_mark")
        assert desk.app.screen is not desk.dashboard
        for name in FeedName:
            desk.weather.gates[name] = asyncio.Event()
        before = desk.line_of(desk.dashboard.alerts, "eastmarch  nobody")
        desk.clock.move(seconds=7)
        await desk.until(lambda: desk.line_of(desk.dashboard.alerts, "eastmarch  nobody") != before)


# Going


class SlowToGo(Static):
    """A widget whose end takes until a timer of the app has fired."""

    def __init__(self, fired: asyncio.Event) -> None:
        super().__init__()
        self._fired = fired

    async def on_unmount(self) -> None:
        async with asyncio.timeout(10):
            await self._fired.wait()


async def test_a_second_that_passes_while_the_screens_are_taken_down_harms_nothing() -> None:
    fired, leaving = asyncio.Event(), asyncio.Event()
    async with running() as desk:
        await desk.dashboard.mount(SlowToGo(fired))
        # Begun after the app's own second, so that has passed as well when this has passed twice.
        beats = iter((lambda: None, fired.set))
        desk.app.set_interval(1, lambda: next(beats, lambda: None)() if leaving.is_set() else None)
        leaving.set()


@pytest.mark.parametrize("key", ["0", "K", "O", "Q", "Z"])
async def test_the_brackets_around_a_title_stand_apart_from_what_follows(key: str) -> None:
    """ "[Quiet times: 22 proposals]the demo's own past", "[TOIL since Wed 7 Oct:] 3.5 days"."""
    async with running(size=SMALL) as desk:
        await desk.press(key)
        await desk.until(lambda: len(desk.app.screen_stack) == 2 and desk.app.screen.query(RowList))
        pane = desk.app.screen.query_one(RowList)
        await desk.until(lambda: "]" in drawn(pane) and "eading" not in drawn(pane))
        title = drawn(pane).split("\n")[0]
        assert re.match(r"\[[^]]*[^]:]\]( |$)", title), title


async def test_what_nobody_has_read_isnt_counted() -> None:
    """ "0 late of 0 loading" looks calmer than it is."""
    down = ServiceDown("no connection", "look")
    weather = Weather(errors={FeedName.ALERTS: down, FeedName.TICKETS: down})
    async with running(size=SMALL, weather=weather, wait=False) as desk:
        await desk.until(lambda: "no connection" in desk.alerts and "no connection" in desk.tickets)
        assert " 1 Alerts   loading" in desk.alerts
        assert "[2 Tickets]  loading" in desk.tickets
