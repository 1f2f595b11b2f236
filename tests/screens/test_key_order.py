"""Keys that arrive in one burst, as over a slow connection, mean what they mean one by one."""

from __future__ import annotations

import asyncio

import pytest
from textual import events
from textual.widgets import OptionList

from support_desk.domain.commands import EditTicket
from support_desk.screens.acting.composer import Composer
from support_desk.screens.acting.tag_picker import TagPicker
from support_desk.screens.acting.triage import TriageScreen
from support_desk.screens.asking import Question
from support_desk.screens.pickers import Choice, ChoicePicker
from tests.screens.acting import entries, opened
from tests.support import Running, running

FRAME = 1 / 60


@pytest.mark.parametrize(("key", "screen"), [("n", Composer), ("t", TagPicker), ("T", TriageScreen)])
async def test_what_opens_a_field_means_the_row_that_was_gone_to_before_it(key: str, screen: type) -> None:
    async with running() as desk:
        await opened(desk)
        third = desk.dashboard.tickets.rows[2].ticket.id
        desk.burst(*f"2jj{key}")
        await desk.until(lambda: isinstance(desk.app.screen, screen))
        selected = desk.dashboard.tickets.selected
        assert selected is not None
        assert selected.ticket.id == third
        assert [ticket.id for ticket in desk.dashboard.acted_on()] == [third]
        if isinstance(desk.app.screen, Composer):
            assert f"#{third}" in "".join(text for line in desk.app.screen.who for text, _ in line)


async def test_a_text_is_whole_whatever_comes_right_behind_it() -> None:
    async with running() as desk:
        await opened(desk)
        await desk.press("2", "n")
        await desk.until(lambda: isinstance(desk.app.screen, Composer) and desk.app.screen.focused)
        desk.burst(*"looked")
        desk.app.post_message(events.Key("ctrl+s", None))
        await desk.until(lambda: entries(desk))
        command = entries(desk)[0].intent.command
        assert isinstance(command, EditTicket)
        assert command.comment == "looked"


async def test_a_tag_is_whole_whatever_comes_right_behind_it() -> None:
    async with running() as desk:
        await opened(desk)
        await desk.press("2", "t")
        await desk.until(lambda: isinstance(desk.app.screen, TagPicker) and desk.app.screen.focused)
        desk.burst(*"certificate")
        desk.app.post_message(events.Key("tab", "\t"))
        desk.app.post_message(events.Key("enter", "\r"))
        await desk.until(lambda: entries(desk))
        command = entries(desk)[0].intent.command
        assert isinstance(command, EditTicket)
        assert command.add_tags == ("certificate",)


async def test_letters_behind_such_a_key_never_act_on_rows() -> None:
    async with running() as desk:
        await opened(desk)
        desk.burst(*"1naceews")
        await desk.until(lambda: isinstance(desk.app.screen, Composer))
        for _ in range(20):
            await desk.pilot.pause()
        assert isinstance(desk.app.screen, Composer)
        assert entries(desk) == ()


async def test_one_after_the_other_each_acts_on_its_own_row() -> None:
    async with running() as desk:
        await opened(desk)
        await desk.press("1")
        first, second = (row.alert.id for row in desk.dashboard.alerts.rows[:2])
        desk.burst(*"aja")
        await desk.until(lambda: len(entries(desk)) == 2)
        assert [entry.intent.target.id for entry in reversed(entries(desk))] == [first, second]


IN_FIELDS = {
    "a filter, then a row": ["2", "slash", *"p:high", "enter", "j"],
    "a number, then a page": ["2", "number_sign", *"12", "enter", "q", "1", "j", "a"],
    "tags, then the next row": ["1", "t", "down", *"dns", "tab", *"web", "enter", "j", "a"],
    "a note, then another": ["2", "n", *"looked", "ctrl+s", "j", "n", *"other", "ctrl+s"],
    "lines of a note": ["2", "n", *"one", "enter", *"two", "up", *"x", "ctrl+s"],
    "a choice, then the next row": ["1", "s", "down", "enter", "j", "s", "down", "down", "enter"],
    "a choice by letters": ["2", "p", *"low", "enter", "1", "p", *"p3", "enter", "j", "a"],
    "the halves of a page": ["Z", "j", "tab", "j", "tab", "j", "escape", "2", "j"],
    "what means nothing on a page, then back": ["1", "enter", "T", "q"],
    "a page, then its own key": ["2", "enter", "ctrl+r", *"thank you"],
    "leaving fields": ["2", "n", *"later", "escape", "j", "slash", *"x", "escape", "k"],
}


@pytest.mark.parametrize("keys", IN_FIELDS.values(), ids=IN_FIELDS)
async def test_keys_in_fields_and_behind_them_mean_the_same_one_by_one_and_all_at_once(
    keys: list[str],
) -> None:
    def state(desk: Running) -> object:
        alert, ticket = desk.dashboard.alerts.selected, desk.dashboard.tickets.selected
        done = [(entry.intent.target, entry.intent.command) for entry in entries(desk)]
        return type(desk.app.screen), alert and alert.key, ticket and ticket.ticket.id, done

    async with running() as desk:
        await opened(desk)
        await desk.press(*keys)
        one_by_one = state(desk)
    async with running() as desk:
        await opened(desk)
        desk.burst(*keys)
        await desk.until(lambda: state(desk) == one_by_one)
        await desk.pilot.pause()
        assert state(desk) == one_by_one


COLOURS = [Choice(name, name) for name in ("red", "green", "blue", "grey", "gold", "black")]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ([*"g", "down", "enter"], "grey"),
        ([*"bl", "down", "enter"], "black"),
        (["down", "down", *"bl", "down", "enter"], "black"),
        ([*"go", "enter"], "gold"),
    ],
)
@pytest.mark.parametrize("at_once", [False, True], ids=["one by one", "at once"])
async def test_an_arrow_moves_among_what_the_letters_before_it_have_left(
    keys: list[str], answer: str, *, at_once: bool
) -> None:
    async with running() as desk:
        answers: list[str | None] = []
        desk.app.push_screen(ChoicePicker("Which?", COLOURS), answers.append)
        await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker) and desk.app.screen.focused)
        await desk.keys(*keys, at_once=at_once)
        await desk.until(lambda: answers)
        assert answers == [answer]


BOUNCED = {
    "a number": ("#1", "enter"),
    "a line of text": ("1ICat", "enter"),
    "a choice": ("1s", "enter"),
    "a note": ("2nlooked", "ctrl+s"),
    "tags": ("2tcertificate", "enter"),
    "a search": ("Bcert", "enter"),
    "a command": (":Mute", "enter"),
    "leaving a choice": ("1s", "escape"),
    "leaving a note": ("2nlooked", "escape"),
    "leaving the triage": ("2T", "escape"),
    "leaving the help": ("?", "enter"),
}
"""What is typed, and the key that ends it."""


@pytest.mark.parametrize(("typed", "last"), BOUNCED.values(), ids=BOUNCED)
async def test_a_key_that_bounces_answers_once_and_closes_nothing_else(typed: str, last: str) -> None:
    async with running() as desk:
        await opened(desk)
        for key in typed:
            await desk.press(key)
        char = "\r" if last == "enter" else None
        for _ in range(3):
            desk.app.post_message(events.Key(last, char))
        for _ in range(10):
            await desk.pilot.pause()
        assert desk.app.is_running
        assert desk.app.return_code is None
        assert desk.dashboard in desk.app.screen_stack
        assert len({row.intent.command for row in entries(desk)}) == len(entries(desk))


@pytest.mark.parametrize("presses", [2, 3, 4])
async def test_a_command_that_was_found_is_run_once_however_the_key_bounces(presses: int) -> None:
    async with running() as desk:
        await opened(desk)
        await desk.press("colon", *"mute", "space", *"bell")
        await desk.until(lambda: desk.app.screen.query_one(OptionList).option_count == 1)
        for _ in range(presses):
            desk.app.post_message(events.Key("enter", "\r"))
        await desk.until(lambda: any("The bell is muted" in said for said in desk.app.said))
        for _ in range(10):
            await desk.pilot.pause()
        assert desk.app.return_code is None
        assert desk.dashboard in desk.app.screen_stack
        assert sum("The bell" in said for said in desk.app.said) == 1


async def test_a_search_whose_list_was_closed_under_it_ends_nothing() -> None:
    async with running() as desk:
        await opened(desk)
        await desk.press("colon")
        palette = desk.app.screen

        async def late() -> None:
            palette.query_one("#gone")

        # What Textual's own search comes to when escape arrives between two of its steps.
        worker = palette.run_worker(late(), exit_on_error=True)
        await desk.until(lambda: worker.is_finished)
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is desk.dashboard)
        assert desk.app.return_code is None


@pytest.mark.parametrize("key", ["w", "a", "n", "u", "O", "q"])
async def test_a_key_right_behind_the_one_that_opens_a_screen_finds_it_built(key: str) -> None:
    async with running() as desk:
        await opened(desk)
        await desk.press("1")
        for turns in (0, 1, 2, 4, 7, 12, 24):
            desk.app.post_message(events.Key("enter", "\r"))
            for _ in range(turns):
                await asyncio.sleep(0)
            desk.app.post_message(events.Key(key, key))
            await desk.pilot.pause()
            assert desk.app.return_code is None
            while desk.app.screen is not desk.dashboard:
                await desk.press("escape")
                await desk.pilot.pause()


async def test_letters_right_behind_the_key_that_opens_a_field_are_all_there() -> None:
    async with running() as desk:
        await opened(desk)
        desk.burst(*"2nlooked")
        await desk.until(lambda: isinstance(desk.app.screen, Composer))
        for _ in range(20):
            await desk.pilot.pause()
        assert isinstance(desk.app.screen, Composer)
        assert desk.app.screen.text == "looked"


async def test_a_yes_before_the_question_could_be_seen_is_none() -> None:
    """On a busy machine seconds go by between what is built and what is drawn."""
    async with running() as desk:
        await opened(desk)
        await desk.press("2")
        question = Question([], "does it")
        answers: list[str | None] = []
        desk.app.push_screen(question, answers.append)
        for _ in range(1000):
            await asyncio.sleep(0)
            if question.is_mounted:
                break
        # No frame has come yet; on a busy machine it takes so long.
        desk.clock.move(seconds=5)
        question.action_answer("yes")
        assert desk.app.screen is question
        await desk.until(lambda: question._heard_at is not None)
        question.action_answer("yes")
        assert answers == [], "the deaf moment begins when it is there to be seen"
        desk.clock.move(seconds=0.5)
        question.action_answer("yes")
        await desk.until(lambda: answers == ["yes"])


async def test_a_frame_that_was_stopped_is_drawn_with_the_next_second() -> None:
    """Whoever lays out a screen stops the clock of its next frame; its next message starts it again."""
    async with running() as desk:
        await opened(desk)
        question = Question([], "does it")
        desk.app.push_screen(question)
        await desk.until(lambda: question._heard_at is not None)
        await desk.pilot.pause()
        next(timer for timer in desk.app._timers if timer.name == "second").pause()
        # A reading that comes in just then wakes it as well: then once more.
        for _ in range(20):
            # A frame is due, and then the screen on top of this one lays it out: so Textual leaves it.
            question._layout_required = True
            question._update_timer.pause()
            # Pilot would write to every widget while it waits, and so wake it.
            for _ in range(5):
                await asyncio.sleep(FRAME)
            if question._layout_required:
                break
        assert question._layout_required
        desk.app.tick()
        await desk.until(lambda: not question._layout_required)
