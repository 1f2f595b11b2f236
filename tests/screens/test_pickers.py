"""Small questions answer with what was picked, and treat text as text."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from support_desk.actions import ACTIONS
from support_desk.screens.pickers import (
    Choice,
    ChoicePicker,
    HelpScreen,
    LinePicker,
    NumberPicker,
    help_lines,
)
from support_desk.widgets.lines import Lines
from tests.screens.support import Running, running

CHOICES = [
    Choice("a", "Alpha [/x]", "first"),
    Choice("b", "Beta", "second [@click=app.quit]"),
    Choice("c", "Gamma", "third"),
    *(Choice(f"n{number}", f"number {number}") for number in range(40)),
]


SPANS = [
    Choice("30m", "30 min", "until 02:01"),
    Choice("1h", "1 h", "until 02:31"),
    Choice("2h", "2 h", "until 03:31"),
]


async def ask(desk: Running, choices: Sequence[Choice] = CHOICES) -> list[object]:
    answers: list[object] = []
    desk.app.push_screen(ChoicePicker("Which? [/nope]", choices), answers.append)
    await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker) and desk.app.screen.is_mounted)
    await desk.pilot.pause()
    return answers


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["enter"], "a"),
        (["down", "down", "enter"], "c"),
        (["up", "enter"], "a"),
        ([*"gam", "enter"], "c"),
        ([*"second", "enter"], "b"),
        ([*"jk", "enter", "escape"], None),
        (["escape"], None),
        (["pagedown", "pagedown", "pagedown", "pagedown", "enter"], "n39"),
    ],
)
async def test_letters_filter_and_arrows_move(keys: list[str], answer: str | None) -> None:
    async with running(size=(80, 24)) as desk:
        answers = await ask(desk)
        await desk.press(*keys)
        await desk.until(lambda: answers)
        assert answers == [answer]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ([*"2 h", "enter"], "2h"),
        ([*"2", "enter"], "2h"),
        ([*"02:31", "enter"], "1h"),
        ([*"u", "enter"], "30m"),
        (["down", *"2", "enter"], "1h"),
    ],
)
async def test_what_begins_with_the_letters_comes_before_what_holds_them(
    keys: list[str], answer: str
) -> None:
    async with running(size=(80, 24)) as desk:
        answers = await ask(desk, SPANS)
        await desk.press(*(key.replace(" ", "space").replace(":", "colon") for key in keys))
        await desk.until(lambda: answers)
        assert answers == [answer]


async def test_what_is_picked_stays_picked_while_the_letters_still_match() -> None:
    async with running() as desk:
        answers = await ask(desk)
        await desk.press("down", *"eta", "enter")
        assert answers == ["b"]


async def test_choices_are_only_text_and_nothing_matching_is_said() -> None:
    async with running() as desk:
        await ask(desk)
        assert "Which? [/nope]" in desk.screen_text()
        assert "> Alpha [/x]  first" in desk.screen_text()
        assert "Beta  second [@click=app.quit]" in desk.screen_text()
        await desk.press(*"zzz")
        assert "nothing matches these letters" in desk.screen_text()


async def test_a_number_has_digits_only() -> None:
    async with running() as desk:
        answers: list[object] = []
        desk.app.push_screen(NumberPicker(), answers.append)
        await desk.press(*"a4-5x6", "enter")
        assert answers == [456]
        desk.app.push_screen(NumberPicker(), answers.append)
        await desk.press("enter")
        assert answers == [456, None]


async def test_a_line_starts_with_its_value() -> None:
    async with running() as desk:
        answers: list[object] = []
        desk.app.push_screen(LinePicker("Where?", "/srv/"), answers.append)
        await desk.press("x", "enter")
        assert answers == ["/srv/x"]


def test_help_shows_the_actions_of_its_scopes_and_the_persons_own_keys() -> None:
    lines = [
        "".join(text for text, _ in line.parts) for line in help_lines(("row", "app"), {"row.browser": "w"})
    ]
    text = "\n".join(lines)
    for action in ACTIONS:
        assert (action.help in text) == (action.scope in ("row", "app"))
    assert any(line.startswith(" w ") and "Open it in the browser." in line for line in lines)
    assert lines[0] == "Other pages"
    assert "The selected row" in lines


async def test_help_opens_where_it_is_asked_for_and_closes_with_q() -> None:
    async with running(size=(80, 24)) as desk:
        await desk.press("question_mark")
        await desk.until(lambda: isinstance(desk.app.screen, HelpScreen))
        await desk.pilot.pause()
        assert "Keys that work here" in desk.screen_text()
        await desk.press("G", "q")
        assert not isinstance(desk.app.screen, HelpScreen)


async def test_a_long_question_is_read_to_its_end() -> None:
    async with running(size=(80, 24)) as desk:
        question = f"MAJOR INCIDENT {'a long title ' * 6}: who was told?"
        desk.app.push_screen(ChoicePicker(question, CHOICES))
        await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker) and desk.app.screen.is_mounted)
        await desk.pilot.pause()
        shown = desk.app.screen.query_one("#question", Lines)
        assert shown.plain.replace("\n", " ") == question
        assert shown.size.height == shown.plain.count("\n") + 1
        box = desk.app.screen.query_one("#box")
        assert box.region.bottom <= 24, "and the keys under it are still there"


@pytest.mark.parametrize("key", ["#", "n", "?", ":"])
async def test_ctrl_q_over_a_question_says_what_to_do_first(key: str) -> None:
    async with running() as desk:
        await desk.press("2", key)
        await desk.until(lambda: desk.app.screen.is_modal and desk.app.screen.is_mounted)
        await desk.press("ctrl+q")
        assert desk.app.is_running
        assert "then ctrl+q quits" in desk.said[-1]
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is desk.app.dashboard)
        await desk.press("ctrl+q")
        await desk.until(lambda: not desk.app.is_running)
