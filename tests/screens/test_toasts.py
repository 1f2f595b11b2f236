"""What is said in passing lies on no line that is acted on: footer, hold, reason, answers, what is sent."""

from __future__ import annotations

import pytest
from textual.geometry import Region
from textual.widgets._toast import Toast

from support_desk.screens.acting.composer import Composer
from support_desk.screens.acting.tag_picker import TagPicker
from support_desk.screens.acting.triage import TriageScreen
from support_desk.screens.asking import Question
from support_desk.screens.pickers import ChoicePicker
from support_desk.screens.telling import MOST_TOLD
from support_desk.widgets.text_view import TextView
from tests.screens.acting import opened
from tests.support import LARGE, SMALL, Running, drawn, running

SIZES = pytest.mark.parametrize("size", [SMALL, LARGE])
LONG = (
    "ACKNOWLEDGE isn't known: alert #4407 https://www.eastmarch.example/ is down (HTTP 502): the answer was "
    "lost; it is looked for. O shows it"
)


async def toasts(desk: Running) -> list[Region]:
    """Say much at once; where it is seen."""
    for number in range(6):
        desk.app.notify(f"{number} {LONG}", severity="error", timeout=60)
        await desk.pilot.pause()
    screen = desk.app.screen

    def shown() -> list[Region]:
        seen = screen._compositor.visible_widgets
        return [
            region.intersection(clip) for widget, (region, clip) in seen.items() if isinstance(widget, Toast)
        ]

    await desk.until(lambda: len(shown()) == MOST_TOLD and all(region.area for region in shown()))
    said = [str(toast.render()) for toast in screen.query(Toast)]
    assert [words[0] for words in said] == ["2", "3", "4", "5"], "the newest are seen"
    return shown()


def covered(shown: list[Region], lines: list[Region]) -> list[tuple[Region, Region]]:
    return [(toast, line) for toast in shown for line in lines if toast.overlaps(line)]


@SIZES
async def test_the_last_line_of_a_page_is_left_alone(size: tuple[int, int]) -> None:
    """Its keys, or what is held and for how long: the same line."""
    async with running(size=size) as desk:
        await opened(desk)
        await desk.press("2")
        for key in ("", "enter", "O", "0", "Q", "N", "K", "H", "L", "Z"):
            if key:
                await desk.press(key)
                await desk.until(lambda: len(desk.app.screen_stack) == 2 and desk.app.screen.is_mounted)
            shown = await toasts(desk)
            lines = [desk.app.screen.query_one("#footer").region]
            if not key:
                lines.append(desk.dashboard.query_one("#why").region)
            assert shown
            assert covered(shown, lines) == [], key
            assert all(toast.y >= size[1] // 2 - 1 for toast in shown), (
                f"{key}: the worst rows are at the top"
            )
            desk.app.clear_notifications()
            if key:
                await desk.press("escape")
                await desk.until(lambda: desk.app.screen is desk.dashboard)


@SIZES
@pytest.mark.parametrize(
    ("key", "kind", "lines"),
    [
        ("c", Question, "#keys"),
        ("p", ChoicePicker, "#below"),
        ("n", Composer, "#keys, #who"),
        ("t", TagPicker, "#rows"),
        ("T", TriageScreen, ""),
    ],
)
async def test_keys_and_answers_of_what_lies_over_it_are_left_alone(
    size: tuple[int, int], key: str, kind: type, lines: str
) -> None:
    async with running(size=size) as desk:
        await opened(desk)
        await desk.press("2", key)
        await desk.until(lambda: isinstance(desk.app.screen, kind) and desk.app.screen.is_mounted)
        shown = await toasts(desk)
        screen = desk.app.screen
        if lines:
            kept = [widget.region for widget in screen.query(lines)]
        else:
            form = screen.query_one("#form", TextView)
            lines_of = enumerate(drawn(form).splitlines())
            sends = next(
                y for y, line in lines_of if "Nothing would change yet" in line or "enter sends" in line
            )
            kept = [
                Region(form.region.x, form.region.y + sends, form.region.width, form.region.height - sends)
            ]
        assert shown
        assert kept
        assert not desk.dashboard.query_one("ToastRack").display, "all would be seen twice"
        assert covered(shown, kept) == []
        await desk.press("escape")
        await desk.until(lambda: any(toast.region.area for toast in desk.dashboard.query(Toast)))


async def test_a_small_terminal_loses_neither_words_nor_the_question() -> None:
    """A notice was as wide as ever, and ended beyond the edge."""
    async with running(size=(50, 14)) as desk:
        await opened(desk)
        await desk.press("1", "t")
        await desk.until(lambda: isinstance(desk.app.screen, TagPicker) and desk.app.screen.is_mounted)
        screen = desk.app.screen
        for number in range(2):
            desk.app.say(f"{number} Taken back, nothing was sent: P1 https://www.eastmarch.example/ is down")
            await desk.pilot.pause()
        await desk.until(lambda: [str(toast.render())[0] for toast in screen.query(Toast)] == ["1"])
        shown = screen.query_one(Toast)
        await desk.until(lambda: shown.region.height == 2)
        assert shown.region.right <= 50
        assert covered([shown.region], [screen.query_one("#question").region]) == []


async def test_one_short_word_takes_one_line() -> None:
    async with running(size=SMALL) as desk:
        await opened(desk)
        desk.app.clear_notifications()
        desk.app.say("ctrl+q quits")
        await desk.until(lambda: [toast for toast in desk.app.screen.query(Toast) if toast.region.area])
        (toast,) = desk.app.screen.query(Toast)
        assert toast.region.height == 1
        assert toast.region.width < 20


async def test_what_is_said_again_takes_the_place_of_the_same_words() -> None:
    """q out of a page and twice more: "ctrl+q quits" lay on three rows at 80x24."""
    async with running(size=SMALL) as desk:
        await opened(desk)
        await desk.press("q", "q", "q")
        desk.app.notify("Kept as a draft")
        await desk.until(lambda: len(desk.app.screen.query(Toast)) == 2)
        await desk.pilot.pause()
        said = [str(toast.render()) for toast in desk.app.screen.query(Toast)]
        assert said == ["ctrl+q quits", "Kept as a draft"]
