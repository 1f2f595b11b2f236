"""The box of tags: what it offers, what each key does, and what it takes away."""

from __future__ import annotations

import pytest
from textual import events
from textual.widgets import Input

from support_desk.domain.alert_tags import tag_problem
from support_desk.screens.acting.tag_picker import TagChange, TagPicker
from support_desk.screens.key_line import KeyLine
from tests.support import SMALL, Running, drawn, running

Answers = list[TagChange | None]


async def ask(desk: Running, *present: str, spaces: bool = True) -> Answers:
    answers: Answers = []
    offered = [("client_acme", "part of the message means this client"), ("govpress", "its business unit")]
    picker = TagPicker(present, offered, spaces=spaces, problem=tag_problem)
    desk.app.push_screen(picker, answers.append)
    await desk.until(lambda: desk.app.screen is picker and picker.is_mounted)
    await desk.pilot.pause()
    return answers


def rows(desk: Running) -> str:
    return drawn(desk.app.screen.query_one("#rows"))


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["enter"], TagChange(("client_acme",))),
        (["tab", "down", "tab", "enter"], TagChange(("client_acme", "govpress"))),
        (["tab", "tab", "down", "tab", "enter"], TagChange(("govpress",))),
        ([*"dns", "enter"], TagChange(("dns",))),
        ([*"dns", "tab", *"web", "enter"], TagChange(("dns", "web"))),
        ([*"old", "tab", "enter"], TagChange((), ("old",))),
        ([*"old", "tab", *"new", "tab", "enter"], TagChange(("new",), ("old",))),
        ([*"old", "tab", *"old", "enter"], TagChange()),
        ([*"dns", "escape"], None),
        (["tab", "escape"], None),
    ],
)
async def test_keys_and_what_becomes_of_them(keys: list[str], answer: TagChange | None) -> None:
    async with running(size=SMALL) as desk:
        answers = await ask(desk, "old")
        await desk.press(*keys)
        await desk.until(lambda: answers)
        assert answers == [answer]


BURSTS = [
    (["down", "down", *"dns", "tab", "enter"], TagChange(("dns",))),
    (["down", "down", *"gov", "tab", "enter"], TagChange(("govpress",))),
    (["down", *"o", "down", "tab", "enter"], TagChange((), ("old",))),
    (["tab", *"gov", "tab", "up", "down", "tab", "enter"], TagChange(("client_acme",))),
]


@pytest.mark.parametrize(("keys", "answer"), BURSTS)
@pytest.mark.parametrize("at_once", [False, True], ids=["one by one", "at once"])
async def test_keys_mean_the_same_one_by_one_and_all_at_once(
    keys: list[str], answer: TagChange, *, at_once: bool
) -> None:
    async with running(size=SMALL) as desk:
        answers = await ask(desk, "old")
        await desk.keys(*keys, at_once=at_once)
        await desk.until(lambda: answers)
        assert answers == [answer]


async def test_a_click_means_the_tag_that_was_seen_there_whatever_is_still_to_be_typed() -> None:
    async with running(size=SMALL) as desk:
        await ask(desk, "old")
        field = desk.app.screen.query_one(Input)
        for letter in "cli":
            field.post_message(events.Key(letter, letter))
        desk.app.screen.query_one(KeyLine).on_click(click_at(y=1))
        await desk.pilot.pause()
        assert "+govpress" in rows(desk)
        assert "-old" not in rows(desk)
        assert "client_acme" in rows(desk)


async def test_a_click_on_a_tag_that_was_typed_over_since_still_means_it() -> None:
    """The new text is in the field before the list is drawn for it: this ended the desk."""
    async with running(size=SMALL) as desk:
        await ask(desk, "old")
        await desk.type("fresh")
        assert "fresh  new" in rows(desk)
        field = desk.app.screen.query_one(Input)
        with field.prevent(Input.Changed):
            field.value = "other"
        desk.app.screen.query_one(KeyLine).on_click(click_at(y=0))
        await desk.pilot.pause()
        assert "+fresh" in rows(desk)
        assert "other" not in rows(desk)


def click_at(y: int) -> events.Click:
    return events.Click(None, 6, y, 0, 0, 1, shift=False, meta=False, ctrl=False)


async def test_suggestions_come_first_with_their_reasons_then_what_is_there() -> None:
    async with running(size=SMALL) as desk:
        await ask(desk, "old")
        lines = [line.rstrip() for line in rows(desk).split("\n")]
        assert lines[:4] == [
            "> [ ] client_acme  part of the message means this client",
            "  [ ] govpress  its business unit",
            "  [x] old",
            "nothing changes yet",
        ]
        await desk.press("tab", "down", "down", "tab")
        assert "+client_acme -old" in rows(desk)


async def test_enter_on_a_tag_that_is_on_already_says_so_and_takes_nothing_for_granted() -> None:
    async with running(size=SMALL) as desk:
        answers = await ask(desk, "production")
        await desk.press(*"prod", "enter")
        assert "production is on already: tab turns it off, an arrow goes to another" in rows(desk)
        assert answers == []
        await desk.press("down", "enter")
        assert answers == [TagChange(("prod",))]


@pytest.mark.parametrize("key", ["enter", "tab"])
@pytest.mark.parametrize(
    ("typed", "words"),
    [("a,b", "a tag with a comma can't be"), ("x" * 51, "a tag has at most 50 characters")],
)
async def test_what_the_service_wouldnt_take_is_said_before_it_is_sent(
    typed: str, words: str, key: str
) -> None:
    async with running(size=SMALL) as desk:
        answers = await ask(desk)
        await desk.type(typed)
        await desk.press(key)
        assert words in rows(desk)
        assert answers == []
        await desk.press("backspace")
        assert words not in rows(desk)


async def test_a_present_tag_with_a_comma_cant_be_turned_off() -> None:
    async with running(size=SMALL) as desk:
        answers = await ask(desk, "one,two")
        await desk.press("down", "down", "tab")
        assert "a tag with a comma can't be changed from here" in rows(desk)
        await desk.press("escape")
        assert answers == [None]


async def test_helpdesk_tags_are_put_into_the_helpdesks_letters() -> None:
    async with running(size=SMALL) as desk:
        answers = await ask(desk, spaces=False)
        await desk.type("Two Words")
        await desk.press("enter")
        assert answers == [TagChange(("two_words",))]


async def test_many_tags_fit_and_the_mark_stays_in_sight() -> None:
    async with running(size=SMALL) as desk:
        await ask(desk, *(f"tag-{number:02}" for number in range(40)))
        assert "esc leaves" in rows(desk)
        await desk.press(*["down"] * 30)
        assert "> [x] tag-28" in rows(desk)
        assert "esc leaves" in rows(desk)
