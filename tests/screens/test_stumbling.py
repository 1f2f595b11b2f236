"""Keys and clicks that Textual's own widgets stumble over: each would have ended the desk."""

from __future__ import annotations

import pytest
from rich.style import Style
from textual import events
from textual.command import CommandList
from textual.geometry import Offset, Size
from textual.widgets._toast import Toast

from tests.support import LARGE, SMALL, Running, running

TINY = (20, 4)
"""A pane of tmux that was made too small to see a list in."""

FOR_EVER = 50


def pressed(at: Offset) -> events.MouseDown:
    return events.MouseDown(None, at.x, at.y, 0, 0, 1, False, False, False, at.x, at.y)


async def commands(desk: Running) -> CommandList:
    """The palette, opened, with its list."""
    await desk.press("colon")
    await desk.until(lambda: type(desk.app.screen).__name__ == "Palette")
    found = desk.app.screen.query_one(CommandList)
    await desk.until(lambda: found.option_count > 5)
    return found


@pytest.mark.parametrize("key", ["pagedown", "pageup", "down", "up", "home", "end", "ctrl+end", "ctrl+home"])
async def test_the_palette_has_no_room_for_its_list(key: str) -> None:
    async with running(size=SMALL) as desk:
        found = await commands(desk)
        await desk.press("down")
        await desk.pilot.resize_terminal(*TINY)
        await desk.until(lambda: not found.scrollable_content_region)

        await desk.press(key, key)

        assert desk.app.is_running
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is desk.dashboard)


async def test_a_click_on_a_command_that_has_left_the_list() -> None:
    async with running(size=SMALL) as desk:
        found = await commands(desk)
        gone = Style(meta={"option": found.option_count})

        found.post_message(events.Click(found, 1, 1, 0, 0, 1, False, False, False, 1, 1, style=gone))
        await desk.pilot.pause()

        assert desk.app.is_running
        assert type(desk.app.screen).__name__ == "Palette"


async def test_a_click_on_a_command_goes_there_first_as_in_every_list() -> None:
    """At 80x24 the list is the whole terminal: a click that meant to leave it ran a command."""
    async with running(size=SMALL) as desk:
        found = await commands(desk)
        palette = desk.app.screen
        await desk.until(lambda: all(one.is_finished for one in desk.app.workers if one.node is palette))

        def click(place: int) -> None:
            there = Style(meta={"option": place})
            found.post_message(events.Click(found, 0, 6, 0, 0, 1, False, False, False, 0, 6, style=there))

        # Where it begins nobody has gone to.
        for place in (found.highlighted or 0, 3):
            click(place)
            await desk.pilot.pause()
            assert found.highlighted == place
            assert desk.app.screen is palette
        click(3)
        await desk.until(lambda: desk.app.screen is not palette)


async def test_a_click_beside_everything_while_the_palette_is_open() -> None:
    async with running(size=SMALL) as desk:
        await commands(desk)
        palette, (columns, lines) = desk.app.screen, SMALL
        outside = events.Click(
            palette, columns + 5, lines + 5, 0, 0, 1, False, False, False, columns + 5, lines + 5
        )

        palette.post_message(outside)
        await desk.pilot.pause()

        assert desk.app.is_running


async def test_a_click_on_a_notice_that_went_while_another_page_was_open() -> None:
    """On the page to which one comes back it is still where it was, until that is drawn."""
    async with running(size=SMALL) as desk:
        desk.app.notify("Mended at 09:46", timeout=60)
        await desk.until(lambda: desk.app.screen.query(Toast))
        toast = desk.app.screen.query_one(Toast)
        await desk.until(lambda: toast.region.area)
        middle = toast.region.offset + Offset(2, 0)
        await desk.press("0")
        await desk.until(lambda: desk.app.screen is not desk.dashboard and desk.app.screen.is_mounted)
        await toast.remove()

        desk.app.pop_screen()
        assert desk.app.screen.get_widget_at(*middle)[0] is toast
        desk.app.post_message(pressed(middle))
        await desk.pilot.pause()

        assert desk.app.is_running


async def test_the_palette_is_opened_again_while_it_closes() -> None:
    async with running(size=SMALL) as desk:
        for _ in range(3):
            desk.app.action_command_palette()
            await desk.until(lambda: desk.app.screen.is_mounted)
            desk.app.screen.dismiss()
        desk.app.action_command_palette()
        await desk.pilot.pause()

        assert desk.app.is_running
        assert type(desk.app.screen).__name__ == "Palette"


async def test_the_help_is_asked_for_while_the_program_ends() -> None:
    async with running(size=SMALL) as desk:
        desk.app.exit()
        desk.app.action_show_help()

    assert desk.app.return_code == 0


@pytest.mark.parametrize("key", ["", "0", "question_mark", "colon"])
async def test_two_sizes_that_are_told_at_once_are_not_laid_out_for_by_turns(key: str) -> None:
    """A screen tells itself the size that it was laid out for: two of them would come again by turns."""
    async with running(size=SMALL) as desk:
        if key:
            await desk.press(key)
            await desk.until(lambda: desk.app.screen is not desk.dashboard and desk.app.screen.is_mounted)
        screen, layouts = desk.app.screen, 0

        def laid_out(_: object) -> None:
            # Something else is to be done after each of them, so that no size takes the place of another.
            nonlocal layouts
            layouts += 1
            if layouts < FOR_EVER:
                screen.call_later(lambda: None)

        screen.screen_layout_refresh_signal.subscribe(screen, laid_out, immediate=True)
        for size in (Size(*TINY), Size(*LARGE)):
            screen.post_message(events.Resize(size, size))
            screen.call_later(lambda: None)
        await desk.pilot.pause()
        assert layouts < FOR_EVER

        await desk.pilot.resize_terminal(*LARGE)
        await desk.until(lambda: {screen.size for screen in desk.app.screen_stack} == {Size(*LARGE)})
