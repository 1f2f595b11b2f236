"""The suspended tickets, and the search of the solved ones."""

from __future__ import annotations

import asyncio

import pytest

from support_desk.config.model import Zendesk
from support_desk.desk.snapshot import FeedName
from support_desk.screens.solved import SolvedScreen
from support_desk.screens.suspended import SuspendedScreen
from support_desk.screens.ticket import TicketScreen
from tests.screens.support import Running, broken, running
from tests.support import changed


async def suspended(desk: Running) -> SuspendedScreen:
    await desk.press("Z")
    await desk.until(lambda: isinstance(desk.app.screen, SuspendedScreen) and desk.app.screen.list.rows)
    await desk.pilot.pause()
    screen = desk.app.screen
    assert isinstance(screen, SuspendedScreen)
    return screen


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_suspended_messages_are_listed_newest_first_with_their_text(size: tuple[int, int]) -> None:
    async with running(size=size) as desk:
        screen = await suspended(desk)
        created = [row.created_at for row in screen.list.rows]
        assert created == sorted(created, reverse=True)
        row = screen.list.selected
        assert row is not None
        assert row.subject in screen.text.plain
        assert row.cause in screen.text.plain
        assert screen.focused is screen.list
        await desk.press("j")
        following = screen.list.selected
        assert following is not None
        assert following is not row
        await desk.until(lambda: following.subject in screen.text.plain)


async def test_the_last_look_is_shown_and_remembered() -> None:
    async with running() as desk:
        await suspended(desk)
        assert "you have not looked yet" in desk.screen_text()
        looked = desk.app.last_look
        assert looked == desk.clock.now()
        await desk.press("q")
        desk.clock.go(hours=2)
        await suspended(desk)
        assert "you last looked" in desk.screen_text()
        assert "2 h ago" in desk.screen_text()
        assert desk.app.last_look == desk.clock.now()


async def test_without_the_helpdesks_address_there_is_nothing_to_open() -> None:
    async with running() as desk:
        screen = await suspended(desk)
        await desk.press("y")
        assert desk.app.clipboard == screen.address()
        assert " o browser " in desk.screen_text()
        desk.app.config = changed(zendesk=Zendesk())
        await desk.press("o", "y")
        assert desk.said[-2:] == ["The address of the helpdesk is not configured"] * 2
        screen.draw_footer()
        assert " o browser " not in desk.screen_text()


async def test_tab_goes_to_the_text_and_q_comes_back_before_it_leaves() -> None:
    async with running() as desk:
        screen = await suspended(desk)
        await desk.press("tab")
        assert screen.text.has_focus
        await desk.press("q")
        assert desk.app.screen is screen
        assert screen.list.has_focus
        await desk.press("q")
        assert desk.app.screen is not screen


async def test_refreshing_reads_only_this_feed() -> None:
    async with running() as desk:
        await suspended(desk)
        desk.clock.go(minutes=1)
        await desk.press("r")
        await desk.until(lambda: desk.app.desk.snapshot.feed(FeedName.SUSPENDED).read_at == desk.clock.now())
        assert desk.app.desk.snapshot.tickets.read_at != desk.clock.now()


async def solved(desk: Running) -> SolvedScreen:
    await desk.press("F")
    await desk.until(lambda: isinstance(desk.app.screen, SolvedScreen) and desk.app.screen.is_mounted)
    screen = desk.app.screen
    assert isinstance(screen, SolvedScreen)
    return screen


async def test_solved_tickets_are_found_and_opened() -> None:
    async with running() as desk:
        screen = await solved(desk)
        assert "Type words above, then enter." in desk.screen_text()
        await desk.press(*"search", "enter")
        await desk.until(lambda: screen.found.rows)
        await desk.pilot.pause()
        assert screen.focused is screen.found
        assert 'Found for "search"' in desk.screen_text()
        wanted = screen.found.rows[0].ticket.id
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, TicketScreen))
        opened = desk.app.screen
        assert isinstance(opened, TicketScreen)
        assert opened.ticket_id == wanted
        await desk.until(lambda: opened.detail is not None)


async def test_loading_failed_and_none_found_are_three_different_things() -> None:
    async with running() as desk:
        screen = await solved(desk)
        desk.faults.gates["xyzzy"] = asyncio.Event()
        await desk.press(*"xyzzy", "enter")
        await desk.until(lambda: 'Searching for "xyzzy"' in desk.screen_text())
        desk.faults.gates["xyzzy"].set()
        await desk.until(lambda: 'No solved ticket matches "xyzzy".' in desk.screen_text())
        desk.faults.error = broken()
        await desk.press("enter")
        await desk.until(lambda: screen.problem is not None)
        await desk.pilot.pause()
        assert "Zendesk gave no answer: look at the network" in desk.screen_text()
        assert "No solved ticket" not in desk.screen_text()
        desk.faults.error = RuntimeError("x")
        await desk.press("enter")
        await desk.until(lambda: "a fault while searching (RuntimeError)" in desk.screen_text())


async def test_only_the_newest_search_counts() -> None:
    async with running() as desk:
        screen = await solved(desk)
        desk.faults.gates["search"] = asyncio.Event()
        screen.search("search")
        await desk.until(lambda: "search" in desk.faults.asked)
        screen.search("xyzzy")
        await desk.until(lambda: 'No solved ticket matches "xyzzy".' in desk.screen_text())
        desk.faults.gates["search"].set()
        await desk.pilot.pause()
        assert not screen.found.rows
        assert 'matches "xyzzy"' in desk.screen_text()


async def test_letters_are_typed_and_slash_comes_back_to_the_field() -> None:
    async with running() as desk:
        screen = await solved(desk)
        await desk.press(*"qjkR")
        assert screen.field.value == "qjkR"
        screen.field.value = ""
        await desk.press(*"search", "enter")
        await desk.until(lambda: screen.focused is screen.found)
        await desk.press("slash")
        assert screen.focused is screen.field
        await desk.press("escape")
        assert desk.app.screen is not screen
