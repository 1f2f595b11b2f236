"""Pictures of every screen. They change on purpose only: `pytest --snapshot-update` draws them anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from support_desk.config.model import ThemeSection
from support_desk.desk.snapshot import FeedName
from support_desk.sources.errors import NotAllowed, ServiceDown
from tests.screens.acting import opened
from tests.support import (
    LARGE,
    MIDDLE,
    SMALL,
    HeardApp,
    ManualClock,
    Running,
    Weather,
    changed,
    make,
    ready,
)

Compare = Callable[..., bool]
Story = Callable[[Running], Awaitable[None]]


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)


def taken(
    compare: Compare,
    size: tuple[int, int],
    story: Story | None = None,
    *,
    theme: str = "desk-dark",
    weather: Weather | None = None,
) -> bool:
    """Compare the screen at the end of a story with its picture."""
    clock, weather = ManualClock(), weather or Weather()
    app = make(changed(theme=ThemeSection(name=theme)), clock, weather)
    app.animation_level = "none"
    # By the machine's clock, which a picture mustn't depend on: a slow run had a notice more.
    app.still = True

    async def before(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, HeardApp)
        desk = Running(pilot.app, pilot, clock, weather)
        await ready(desk)
        if story is not None:
            await story(desk)
        await pilot.pause()

    return compare(app, terminal_size=size, run_before=before)


async def screen_is(desk: Running, name: str) -> None:
    await desk.until(lambda: type(desk.app.screen).__name__ == name)
    await desk.pilot.pause(0.05)


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE], ids=["80x24", "160x45", "250x80"])
def test_the_dashboard(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert taken(snap_compare, size)


@pytest.mark.parametrize("theme", ["desk-light", "desk-contrast", "ansi-dark"])
def test_the_dashboard_in_other_colours(snap_compare: Compare, theme: str) -> None:
    assert taken(snap_compare, MIDDLE, theme=theme)


def test_a_bad_day(snap_compare: Compare) -> None:
    async def story(desk: Running) -> None:
        desk.weather.errors[FeedName.TICKETS] = ServiceDown(
            "Zendesk answers that it is broken (503)", "see its status page", status=503
        )
        desk.weather.errors[FeedName.ALERTS] = NotAllowed(
            "OpsGenie refuses to list alerts (403)", "give the key the right to read", status=403
        )
        await desk.read(FeedName.TICKETS)
        await desk.read(FeedName.ALERTS)
        desk.clock.move_to(desk.clock.now() + timedelta(seconds=70))
        for name in FeedName:
            desk.weather.gates[name] = asyncio.Event()
        desk.dashboard.tick()
        await desk.until(lambda: "FAILED" in desk.alerts and "stale" in desk.tickets)

    assert taken(snap_compare, MIDDLE, story)


def test_a_ticket(snap_compare: Compare) -> None:
    async def story(desk: Running) -> None:
        await desk.press("enter")
        await screen_is(desk, "TicketScreen")
        await desk.until(lambda: getattr(desk.app.screen, "detail", None) is not None)

    assert taken(snap_compare, MIDDLE, story)


def test_an_alert(snap_compare: Compare) -> None:
    async def story(desk: Running) -> None:
        await desk.press("1", "enter")
        await screen_is(desk, "AlertScreen")
        await desk.until(lambda: getattr(desk.app.screen, "detail", None) is not None)

    assert taken(snap_compare, MIDDLE, story)


def test_suspended_tickets(snap_compare: Compare) -> None:
    async def story(desk: Running) -> None:
        await desk.press("Z")
        await screen_is(desk, "SuspendedScreen")

    assert taken(snap_compare, MIDDLE, story)


def test_solved_tickets(snap_compare: Compare) -> None:
    async def story(desk: Running) -> None:
        await desk.press("F")
        await desk.type("upload")
        await desk.press("enter")
        await screen_is(desk, "SolvedScreen")
        await desk.pilot.pause(0.1)

    assert taken(snap_compare, MIDDLE, story)


def test_help(snap_compare: Compare) -> None:
    async def story(desk: Running) -> None:
        await desk.press("question_mark")
        await screen_is(desk, "HelpScreen")

    assert taken(snap_compare, MIDDLE, story)


def test_a_choice(snap_compare: Compare) -> None:
    async def story(desk: Running) -> None:
        await desk.press("f")
        await screen_is(desk, "ChoicePicker")

    assert taken(snap_compare, SMALL, story)


@pytest.mark.parametrize("size", [SMALL, MIDDLE], ids=["80x24", "160x45"])
def test_an_escalation_that_is_held(snap_compare: Compare, size: tuple[int, int]) -> None:
    async def story(desk: Running) -> None:
        await opened(desk)
        await desk.press("1", "e")
        await desk.until(lambda: "PAGES second line" in desk.footer)

    assert taken(snap_compare, size, story)


def test_the_outbox(snap_compare: Compare) -> None:
    async def story(desk: Running) -> None:
        await opened(desk)
        await desk.press("1", "e")
        await desk.until(lambda: "PAGES second line" in desk.footer)
        await desk.press("O")
        await screen_is(desk, "OutboxScreen")

    assert taken(snap_compare, MIDDLE, story)


@pytest.mark.parametrize("size", [SMALL, MIDDLE], ids=["80x24", "160x45"])
def test_triage(snap_compare: Compare, size: tuple[int, int]) -> None:
    async def story(desk: Running) -> None:
        await opened(desk)
        await desk.press("T")
        await screen_is(desk, "TriageScreen")
        await desk.press("3", "w")

    assert taken(snap_compare, size, story)


@pytest.mark.parametrize(
    ("key", "screen"),
    [("N", "RotaScreen"), ("K", "ToilScreen"), ("0", "NeedsScreen"), ("H", "HandoverScreen")],
    ids=["rota", "toil", "needs", "handover"],
)
def test_the_support_week(snap_compare: Compare, key: str, screen: str) -> None:
    async def story(desk: Running) -> None:
        await opened(desk)
        await desk.press(key)
        await screen_is(desk, screen)
        for _ in range(20):
            await desk.pilot.pause(0.02)

    assert taken(snap_compare, MIDDLE, story)
