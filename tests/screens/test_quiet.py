"""Quiet times: proposals from the demo's past, and a runbook that is begun from one of them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from support_desk.config.model import Runbooks
from support_desk.screens.pickers import LinePicker
from support_desk.screens.quiet import QuietScreen
from support_desk.screens.quiet_rows import Kind, bars
from support_desk.screens.ticket import TicketScreen
from support_desk.sources.fixtures import demo_config
from tests.support import LARGE, MIDDLE, SMALL, Running, changed, drawn, running


async def open_quiet(desk: Running) -> QuietScreen:
    await desk.press("Q")
    await desk.until(lambda: isinstance(desk.app.screen, QuietScreen))
    screen = desk.app.screen
    assert isinstance(screen, QuietScreen)
    await desk.until(lambda: screen.list.rows)
    return screen


def at(screen: QuietScreen, kind: Kind) -> int:
    return next(place for place, row in enumerate(screen.list.rows) if row.kind is kind)


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
async def test_the_noisiest_alerts_stand_first_with_counts_and_hours(size: tuple[int, int]) -> None:
    async with running(size=size) as desk:
        screen = await open_quiet(desk)
        rows = [row for row in screen.list.rows if row.kind is Kind.NOISE]
        counts = [row.noise.alerts for row in rows if row.noise]
        assert counts == sorted(counts, reverse=True)
        assert counts[0] > 5
        assert "noisy alert" in drawn(screen.list)
        assert "out of hours" in drawn(screen.list)
        text = screen.text.shown
        assert "By the hour, 0 to 23: " in text
        assert "Out of hours: " in text
        await desk.press("q")
        assert desk.app.screen is desk.dashboard


async def test_an_alert_that_rang_once_is_one_alert() -> None:
    async with running(size=LARGE) as desk:
        screen = await open_quiet(desk)
        place = next(n for n, row in enumerate(screen.list.rows) if row.noise and row.noise.alerts == 1)
        await desk.press(*["j"] * place)
        await desk.until(lambda: "\n1 alert since " in screen.text.shown)


async def test_what_waits_on_us_longest_can_be_opened() -> None:
    async with running(size=MIDDLE) as desk:
        screen = await open_quiet(desk)
        waiting = [row for row in screen.list.rows if row.kind is Kind.WAITING]
        assert waiting
        await desk.press(*["j"] * at(screen, Kind.WAITING), "enter")
        await desk.until(lambda: isinstance(desk.app.screen, TicketScreen))


async def test_a_noisy_alert_with_a_runbook_opens_it() -> None:
    async with running(size=LARGE) as desk:
        screen = await open_quiet(desk)
        place = next(n for n, row in enumerate(screen.list.rows) if row.runbook is not None)
        title = screen.list.rows[place].runbook
        assert title is not None
        await desk.press(*["j"] * place, "enter")
        await desk.until(lambda: desk.app.screen is desk.dashboard)
        await desk.until(lambda: title.title in desk.runbook)


async def test_an_alert_of_the_past_finds_its_runbook_by_what_raised_it() -> None:
    async with running(size=LARGE) as desk:
        screen = await open_quiet(desk)
        rows = [row for row in screen.list.rows if row.noise and "rds-cpu" in row.noise.message]
        # database.md is for what CloudWatch raises.
        assert [(row.kind, row.runbook and row.runbook.path) for row in rows] == [(Kind.NOISE, "database.md")]


async def test_maintenance_that_is_due_comes_first(tmp_path: Path) -> None:
    due = tmp_path / "due"
    due.write_text("#!/bin/sh\necho '2026-12-01 Renew the certificate'\necho 'odd'\n")
    due.chmod(0o700)
    quiet = msgspec.structs.replace(demo_config().quiet, maintenance_command=f"'{due}'")
    async with running(size=LARGE, config=changed(quiet=quiet)) as desk:
        screen = await open_quiet(desk)
        first = screen.list.rows[0]
        assert (first.kind, first.what, first.why) == (
            Kind.MAINTENANCE,
            "Renew the certificate",
            "due 01 Dec, 1 d overdue",
        )
        assert "maintenance: 1 lines don't begin with a date" in drawn(screen.list)


async def test_a_command_that_fails_is_told_and_the_rest_is_there() -> None:
    quiet = msgspec.structs.replace(demo_config().quiet, maintenance_command="/nowhere/due")
    async with running(size=LARGE, config=changed(quiet=quiet)) as desk:
        screen = await open_quiet(desk)
        assert "Not everything is known: quiet.maintenance_command" in drawn(screen.list)
        assert any(row.kind is Kind.NOISE for row in screen.list.rows)


async def test_a_runbook_is_begun_in_the_checkout(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    config = changed(runbooks=Runbooks(path=str(folder)))
    async with running(size=LARGE, config=config) as desk:
        screen = await open_quiet(desk)
        await desk.press(*["j"] * at(screen, Kind.NO_RUNBOOK), "C")
        await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
        await desk.press("enter")
        # Without a terminal no editor can be opened, and nothing is written.
        await desk.until(lambda: any("can't be opened in this terminal" in line for line in desk.app.said))
        assert list(folder.iterdir()) == []


async def test_a_name_that_is_taken_is_refused_before_anything_is_typed(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "mine.md").write_text("# Mine")
    async with running(size=LARGE, config=changed(runbooks=Runbooks(path=str(folder)))) as desk:
        await desk.press("1", "C")
        await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
        await desk.press("ctrl+u")
        await desk.type("mine")
        await desk.press("enter")
        await desk.until(lambda: any("there is mine.md already" in line for line in desk.app.said))
        assert (folder / "mine.md").read_text() == "# Mine"


async def test_the_demo_says_that_its_runbooks_cannot_be_added_to() -> None:
    async with running(size=LARGE) as desk:
        await desk.press("1", "C")
        await desk.until(lambda: any("part of the program" in line for line in desk.app.said))


async def test_a_read_only_desk_has_no_such_key() -> None:
    async with running(size=LARGE, config=changed(read_only=True)) as desk:
        await desk.press("1", "C")
        assert desk.app.screen is desk.dashboard
        assert desk.app.said == []


def test_bars_are_as_high_as_their_numbers() -> None:
    assert bars([0, 1, 4, 8]) == "·▁▄█"
    assert bars([0, 0]) == "··"
    assert len(bars(range(24))) == 24
