"""What keys do, the mouse does too: on the footer, on a hold, in questions, lists and forms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from textual.widget import Widget

from support_desk.domain.intents import Phase
from support_desk.screens.acting.composer import Composer
from support_desk.screens.acting.tag_picker import TagPicker
from support_desk.screens.acting.triage import TriageScreen
from support_desk.screens.asking import Question
from support_desk.screens.key_line import key_at
from support_desk.screens.pickers import ChoicePicker
from support_desk.text import cell_width
from tests.screens.acting import alert_now, ended, entries, opened
from tests.screens.test_alert_acts import P1
from tests.screens.test_alert_acts import go_to as go_to_alert
from tests.screens.ticket_desk import ORCHARDS, go_to, ticket_now
from tests.support import Running, drawn, running


@pytest.fixture
async def desk() -> AsyncIterator[Running]:
    async with running() as desk:
        await opened(desk)
        yield desk


async def on_alert(desk: Running, words: str) -> Any:
    """On an alert, with its keys in the footer: those of a ticket had other words in the same places."""
    alert = await go_to_alert(desk, words)
    await desk.until(lambda: "acknowledge" in drawn(desk.app.screen.query_one("#footer")))
    return alert


async def click(desk: Running, place: str, words: str) -> None:
    """Click on words that are drawn in a widget."""
    await desk.until(
        lambda: desk.app.screen.query(place) and words in drawn(desk.app.screen.query_one(place))
    )
    for _ in range(3):
        await desk.pilot.pause()
    widget: Widget = desk.app.screen.query_one(place)
    lines = drawn(widget).split("\n")
    [y] = [y for y, line in enumerate(lines) if words in line][:1]
    x = cell_width(lines[y].partition(words)[0])
    assert await desk.pilot.click(place, offset=(x, y))
    await desk.pilot.pause()


@pytest.mark.parametrize(
    ("x", "key"),
    [(0, "a"), (3, "a"), (9, "question_mark"), (11, "question_mark"), (17, "escape"), (40, None)],
)
def test_words_belong_to_the_key_before_them(x: int, key: str | None) -> None:
    parts = ((" a", "key"), (" take ", "text"), (" ?", "key"), (" help ", "text"), (" esc", "key"))
    assert key_at(parts, x) == key


def test_the_mark_of_a_list_and_words_without_a_key_are_none() -> None:
    assert key_at((("> ", "key"), ("Beta", "strong")), 3) is None
    assert key_at((("1/3  ", "dim"), ("↑ ↓", "key"), (" move", "dim")), 6) is None


async def test_the_footer_acknowledges(desk: Running) -> None:
    await desk.press("1")
    alert = await on_alert(desk, P1)
    await click(desk, "#footer", "acknowledge")
    assert (await ended(desk)).phase is Phase.CONFIRMED
    assert alert_now(desk, alert.id).status == "acked"


async def test_a_hold_is_begun_and_taken_back(desk: Running) -> None:
    await desk.press("1")
    await on_alert(desk, P1)
    await click(desk, "#footer", "ESCALATE")
    await desk.until(lambda: entries(desk) and entries(desk)[0].phase is Phase.HELD)
    await desk.pilot.pause()
    await click(desk, "#footer", "takes it back")
    assert entries(desk)[0].phase is Phase.CANCELLED


async def test_a_double_click_is_no_second_press(desk: Running) -> None:
    await desk.press("1")
    await on_alert(desk, P1)
    await click(desk, "#footer", "ESCALATE")
    await desk.until(lambda: entries(desk) and entries(desk)[0].phase is Phase.HELD)
    await desk.pilot.pause()
    await click(desk, "#footer", "again sends")
    desk.clock.move(seconds=0.4)
    await desk.pilot.pause()
    assert [entry.phase for entry in entries(desk)] == [Phase.HELD]


async def test_a_question_and_its_deaf_moment(desk: Running) -> None:
    await desk.press("1")
    await on_alert(desk, P1)
    await click(desk, "#footer", "close")
    await desk.until(lambda: isinstance(desk.app.screen, Question))
    await desk.pilot.pause()
    await click(desk, "#keys", "closes it")
    assert isinstance(desk.app.screen, Question), "the second half of a double click says nothing"
    desk.clock.move(seconds=0.5)
    await click(desk, "#keys", "closes it")
    assert entries(desk)[0].phase is Phase.HELD


async def test_a_choice_is_marked_by_one_click_and_taken_by_another(desk: Running) -> None:
    await desk.press("1")
    alert = await on_alert(desk, P1)
    await desk.press("p")
    await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
    await desk.pilot.pause()
    await click(desk, "#below", "P3")
    assert isinstance(desk.app.screen, ChoicePicker)
    await click(desk, "#below", "P3")
    await ended(desk)
    assert alert_now(desk, alert.id).priority == "P3"


async def test_tags_are_turned_off_and_taken(desk: Running) -> None:
    await desk.press("1")
    alert = await on_alert(desk, P1)
    await desk.press("t")
    await desk.until(lambda: isinstance(desk.app.screen, TagPicker))
    await desk.pilot.pause()
    await click(desk, "#rows", "deliveryplus")
    await click(desk, "#rows", "takes it")
    await ended(desk)
    assert "deliveryplus" not in alert_now(desk, alert.id).tags


async def test_triage(desk: Running) -> None:
    await go_to(desk, ORCHARDS)
    await click(desk, "#footer", "triage")
    await desk.until(lambda: isinstance(desk.app.screen, TriageScreen))
    await desk.pilot.pause()
    await click(desk, "#form", "error")
    await click(desk, "#form", "high")
    await click(desk, "#form", "incident")
    await click(desk, "#form", "sends:")
    assert (await ended(desk)).phase is Phase.CONFIRMED
    ticket = ticket_now(desk, ORCHARDS)
    assert (ticket.priority, ticket.type) == ("high", "problem")


async def test_a_note_is_left_as_a_draft(desk: Running) -> None:
    await go_to(desk, ORCHARDS)
    await click(desk, "#footer", "note")
    await desk.until(lambda: isinstance(desk.app.screen, Composer))
    await desk.pilot.pause()
    await desk.type("begun")
    await click(desk, "#keys", "leaves it")
    await desk.until(lambda: "Kept as a draft" in desk.app.said)


async def test_a_filter_s_line_offers_its_keys_and_no_letters(desk: Running) -> None:
    """A click on "e ESCALATE" wrote an e into the filter."""
    await desk.press("slash", *"zz")
    await click(desk, "#footer", "no filter")
    assert desk.dashboard.filters["tickets"] == ""
    await desk.until(lambda: "ESCALATE" in drawn(desk.app.screen.query_one("#footer")))


async def test_the_header_opens_the_palette(desk: Running) -> None:
    await click(desk, "#header", "second line")
    await desk.until(lambda: "Palette" in type(desk.app.screen).__name__)
