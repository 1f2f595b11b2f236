"""Triage of a new ticket: one form, one submit, and few keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from textual.screen import Screen

from support_desk.desk.snapshot import FeedName
from support_desk.domain.intents import Phase
from support_desk.domain.tickets import Ticket
from support_desk.screens.acting.composer import Composer
from support_desk.screens.acting.tag_picker import TagPicker
from support_desk.screens.acting.triage import TriageScreen
from support_desk.screens.asking import Question
from support_desk.screens.pickers import ChoicePicker
from support_desk.sources.errors import Unreachable
from support_desk.sources.fixtures.ticket_writer import FixtureTicketWriter
from support_desk.sources.protocols import Reading
from support_desk.widgets.text_view import TextView
from tests.screens.acting import answer, choose, ended, entries, opened
from tests.screens.ticket_desk import (
    COOKIES,
    HARBOURS,
    MAP,
    ORCHARDS,
    PROBLEM,
    all_ended,
    detail_of,
    draft,
    go_to,
    ticket_now,
    writing,
)
from tests.support import MIDDLE, SMALL, Running, Weather, drawn, running

EMERGENCY = 48318
"""New, without a priority, to the emergency address."""
MOST_KEYS = 6
"""Key presses that triage of a new ticket may take beyond typed words."""


@pytest.fixture
async def desk() -> AsyncIterator[Running]:
    async with running() as desk:
        await opened(desk)
        yield desk


def on_top(desk: Running, kind: type[Screen[Any]]) -> bool:
    """Whether a screen of this kind is the one that is used."""
    return isinstance(desk.app.screen, kind)


async def form(desk: Running) -> TriageScreen:
    """Wait for the form."""
    await desk.until(lambda: isinstance(desk.app.screen, TriageScreen))
    await desk.pilot.pause()
    screen = desk.app.screen
    assert isinstance(screen, TriageScreen)
    return screen


def shown(desk: Running) -> str:
    """The form as it is drawn."""
    return drawn(desk.app.screen.query_one("#form", TextView))


def line(desk: Running, label: str) -> str:
    """One line of the form, without the blanks."""
    found = [row for row in shown(desk).split("\n") if row.strip().startswith(label)]
    assert found, f"{label!r} isn't in\n{shown(desk)}"
    return " ".join(found[0].split())


async def test_a_new_ticket_in_four_keys_and_six_with_everything(desk: Running) -> None:
    """What kind it is, whose it is; the rest follows from the kind and is shown before it is sent."""
    pressed: list[str] = []

    async def press(*keys: str) -> None:
        pressed.extend(keys)
        await desk.press(*keys)

    await go_to(desk, ORCHARDS)
    await press("T")
    await form(desk)
    await press("3", "w", "u", "enter")
    entry = await ended(desk)
    assert entry.phase is Phase.CONFIRMED, entry.words
    assert len(pressed) == 5 <= MOST_KEYS
    row = ticket_now(desk, ORCHARDS)
    assert (row.status, row.type, row.priority, row.group, row.assignee_email) == (
        "open",
        "incident",
        "urgent",
        "1st line support",
        "robin@agency.example",
    )
    assert "fault" in row.tags
    assert set(row.tags) >= {"client_orchards", "govpress"}


async def test_from_anywhere_in_the_queue_it_stays_within_six(desk: Running) -> None:
    """The ticket is opened first, as somebody does who reads before judging."""
    await go_to(desk, HARBOURS)
    keys = ["enter", "T", "1", "enter"]
    await desk.press("enter")
    await desk.press("T")
    await form(desk)
    await desk.press("1", "enter")
    assert len(keys) <= MOST_KEYS
    entry = await ended(desk)
    assert entry.phase is Phase.CONFIRMED, entry.words
    row = ticket_now(desk, HARBOURS)
    assert (row.status, row.type, row.priority) == ("open", "question", "normal")
    assert "usability" in row.tags


async def test_the_form_shows_what_it_would_do_before_it_does(desk: Running) -> None:
    await go_to(desk, ORCHARDS)
    await desk.press("T")
    await form(desk)
    assert "Nothing would change yet" in shown(desk)
    assert entries(desk) == ()
    await desk.press("3")
    assert "●fault" in line(desk, "Kind").replace("● ", "●")
    assert "high" in line(desk, "priority")
    deadline = shown(desk)
    await desk.press("l")
    assert shown(desk) != deadline
    assert line(desk, "priority") == "priority low"
    assert line(desk, "tags added") == "tags added fault"
    assert "enter sends:" in shown(desk)
    await desk.press("escape")
    assert desk.app.screen is desk.dashboard
    assert entries(desk) == ()


async def test_another_kind_takes_its_own_things_back_with_it(desk: Running) -> None:
    await go_to(desk, ORCHARDS)
    await desk.press("T")
    screen = await form(desk)
    await desk.press("4")
    assert screen.edits[0][1].group == "Scoping and discussion"
    assert screen.edits[0][1].comment.startswith("Feature request")
    await desk.press("3")
    edit = screen.edits[0][1]
    assert (edit.type, edit.priority, edit.group, edit.comment) == (
        "incident",
        "high",
        "1st line support",
        "",
    )
    assert edit.add_tags == ("fault",)


async def test_what_was_chosen_by_hand_stays_when_the_kind_changes(desk: Running) -> None:
    await go_to(desk, ORCHARDS)
    await desk.press("T")
    screen = await form(desk)
    await desk.press("u", "y", "y", "g")
    await choose(desk, "2nd line")
    await desk.press("3")
    edit = screen.edits[0][1]
    assert (edit.priority, edit.group) == ("urgent", "2nd line (tickets)")


async def test_every_field_can_be_chosen(desk: Running) -> None:
    await go_to(desk, ORCHARDS)
    await desk.press("T")
    screen = await form(desk)
    await desk.press("5", "h", "y")
    await desk.press("g")
    await choose(desk, "2nd line")
    await desk.press("W")
    await choose(desk, "sian")
    await desk.press("s")
    await choose(desk, "pending believed")
    assert screen.edits[0][1].custom_status == "Pending believed solved"
    await desk.press("t")
    await desk.until(lambda: isinstance(desk.app.screen, TagPicker))
    await desk.pilot.pause()
    assert "[x] client_orchards" in drawn(desk.app.screen.query_one("#rows")), "what it has can be taken away"
    await desk.type("email")
    await desk.press("enter")
    await desk.press("i")
    await writing(desk)
    await desk.type("Their mail server is slow.")
    await desk.press("ctrl+s")
    await desk.until(lambda: desk.app.screen is screen)
    assert "Their mail server is slow." in shown(desk)
    await desk.press("enter")
    entry = await ended(desk)
    assert entry.phase is Phase.CONFIRMED, entry.words
    row = ticket_now(desk, ORCHARDS)
    assert (row.status, row.priority, row.group) == ("pending", "high", "2nd line (tickets)")
    assert row.assignee_email == "sian@agency.example"
    assert {"maintenance", "email"} <= set(row.tags)
    last = (await detail_of(desk, ORCHARDS)).comments[-1]
    assert (last.body, last.public) == ("Their mail server is slow.", False)
    assert draft(desk, ORCHARDS, "triage") is None, "the note was sent"


async def test_enter_with_nothing_chosen_says_so(desk: Running) -> None:
    await go_to(desk, ORCHARDS)
    await desk.press("T")
    await form(desk)
    await desk.press("enter")
    assert "nothing would change yet" in shown(desk)
    assert isinstance(desk.app.screen, TriageScreen)


async def test_a_feature_request_goes_down_its_own_path(desk: Running) -> None:
    """Tag, group and note at once; then the macro's reply, which the person sees before it goes."""
    await go_to(desk, COOKIES)
    await desk.press("T")
    await form(desk)
    await desk.press("4")
    assert "the reply of the macro “Feature request: handed over for scoping”, for review" in shown(desk)
    await desk.press("enter")
    await desk.until(lambda: isinstance(desk.app.screen, Question))
    await desk.until(lambda: entries(desk)[-1].phase is Phase.CONFIRMED)
    row = ticket_now(desk, COOKIES)
    assert (row.group, row.type, row.priority) == ("Scoping and discussion", "task", "low")
    assert "feature_request" in row.tags
    notes = (await detail_of(desk, COOKIES)).comments
    assert notes[-1].body == "Feature request: not first line's work. Handed over for scoping."
    assert not notes[-1].public
    asked = await answer(desk)
    assert "PUBLIC: " in asked
    assert entries(desk)[0].phase is Phase.HELD, "a reply to a client can be taken back for some seconds"
    rows = await all_ended(desk, 2)
    assert {entry.phase for entry in rows} == {Phase.CONFIRMED}, [entry.words for entry in rows]
    assert (await detail_of(desk, COOKIES)).comments[-1].public


async def test_marked_tickets_are_triaged_alike(desk: Running) -> None:
    for number in (ORCHARDS, HARBOURS):
        await go_to(desk, number)
        await desk.press("space")
    await desk.press("T")
    await form(desk)
    assert "2 tickets alike" in shown(desk)
    await desk.press("2", "w")
    assert "enter sends on 2 of 2 tickets:" in shown(desk)
    await desk.press("enter")
    rows = await all_ended(desk, 2)
    assert {entry.phase for entry in rows} == {Phase.CONFIRMED}, [entry.words for entry in rows]
    assert {ticket_now(desk, number).type for number in (ORCHARDS, HARBOURS)} == {"incident"}


async def test_what_came_to_the_emergency_address_stays_urgent(desk: Running) -> None:
    """Its clock runs as an urgent one's: the kind's priority would take it from minutes to hours, unasked."""
    await go_to(desk, EMERGENCY)
    await desk.press("T")
    await form(desk)
    await desk.press("3")
    assert "●urgent" in line(desk, "Priority")
    await desk.press("escape", "p")
    await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
    await desk.press("enter")
    assert (await ended(desk)).words == "priority urgent", "enter alone sets what the contract assumes"


async def test_of_several_each_keeps_the_priority_that_it_has(desk: Running) -> None:
    """The first one's must not become everybody's: nobody has chosen that, and nothing said it."""
    before = {}
    for number in (PROBLEM, MAP, ORCHARDS):
        row = await go_to(desk, number)
        before[number] = row.priority
        await desk.press("space")
    assert list(before.values()) == ["high", "normal", None]
    await desk.press("T")
    await form(desk)
    assert "●" not in line(desk, "Priority")
    assert line(desk, "Group") == "Group g various"
    assert line(desk, "Assignee").startswith("Assignee w various")
    await desk.press("3")
    assert "various: each keeps its own" in shown(desk)
    sent = " ".join(shown(desk).split()).partition("enter sends on 3 of 3 tickets:")[2]
    assert "status open (on 1)" in sent
    assert "priority high (on 1)" in sent, "the kind's, for the one that has none"
    assert "tags added fault" in sent
    await desk.press("enter")
    rows = await all_ended(desk, 3)
    assert {entry.phase for entry in rows} == {Phase.CONFIRMED}, [entry.words for entry in rows]
    after = {number: ticket_now(desk, number) for number in before}
    assert [row.priority for row in after.values()] == ["high", "normal", "high"]
    assert all("fault" in row.tags for row in after.values())


async def test_what_is_chosen_for_several_is_for_all(desk: Running) -> None:
    for number in (PROBLEM, MAP):
        await go_to(desk, number)
        await desk.press("space")
    await desk.press("T")
    await form(desk)
    await desk.press("h", "w")
    assert "●high" in line(desk, "Priority")
    assert "enter sends on 2 of 2 tickets:" in shown(desk)
    assert "priority    high (on 1)" in shown(desk), "the other one has it already"
    await desk.press("enter")
    await all_ended(desk, 2)
    assert {ticket_now(desk, number).priority for number in (PROBLEM, MAP)} == {"high"}


async def test_several_feature_requests_get_no_reply_unseen(desk: Running) -> None:
    for number in (ORCHARDS, COOKIES):
        await go_to(desk, number)
        await desk.press("space")
    await desk.press("T")
    await form(desk)
    await desk.press("4")
    assert "no reply is prepared for several tickets" in " ".join(shown(desk).split())
    await desk.press("enter")
    assert {entry.phase for entry in await all_ended(desk, 2)} == {Phase.CONFIRMED}
    assert desk.app.screen is desk.dashboard


async def test_a_ticket_that_was_triaged_before_keeps_what_it_has(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("T")
    screen = await form(desk)
    await desk.press("3")
    edit = screen.edits[0][1]
    assert edit.priority is None, "a priority that somebody has set stays"
    assert edit.status is None
    assert edit.add_tags == ("fault",)


async def test_lists_that_cannot_be_read_leave_the_rest_of_the_form(desk: Running) -> None:
    sources = desk.app.desk.sources
    assert sources is not None
    writer = sources.ticket_writer
    assert isinstance(writer, FixtureTicketWriter)

    class Broken(FixtureTicketWriter):
        async def groups(self) -> Any:
            raise Unreachable("Zendesk: no connection", "look at the network")

    from support_desk.desk.lookups import Lookups

    desk.app.lookups = Lookups(Broken(writer.world, desk.clock), desk.clock)
    await go_to(desk, ORCHARDS)
    await desk.press("T")
    screen = await form(desk)
    assert "groups can't be chosen: Zendesk: no connection" in shown(desk)
    await desk.press("3")
    assert screen.edits[0][1].priority == "high"
    await desk.press("4")
    assert 'the helpdesk has no group "Scoping and discussion"' in " ".join(shown(desk).split())


async def test_everything_is_reachable_at_80_by_24() -> None:
    async with running(size=SMALL) as desk:
        await opened(desk)
        await go_to(desk, ORCHARDS)
        await desk.press("T")
        await form(desk)
        await desk.press("3")
        view = desk.app.screen.query_one("#form", TextView)
        assert view.size.width <= SMALL[0]
        assert "Note i" in shown(desk)
        assert "enter sends" in shown(desk), "what it would do is seen without scrolling"
        for key, kind in (("g", ChoicePicker), ("W", ChoicePicker), ("s", ChoicePicker), ("t", TagPicker)):
            await desk.press(key)
            await desk.until(partial(on_top, desk, kind))
            await desk.press("escape")
            await form(desk)
        await desk.press("i")
        await desk.until(lambda: isinstance(desk.app.screen, Composer))


@pytest.mark.parametrize(("number", "kind"), [(ORCHARDS, "3"), (COOKIES, "4"), (HARBOURS, "1")])
async def test_all_that_enter_sends_is_seen_at_80_by_24(number: int, kind: str) -> None:
    async with running(size=SMALL) as desk:
        await opened(desk)
        await go_to(desk, number)
        await desk.press("T")
        screen = await form(desk)
        await desk.press(kind, "w", "u")
        view = screen.query_one("#form", TextView)
        assert view.max_scroll_y == 0, shown(desk)
        sent = " ".join(shown(desk).split()).partition("enter sends:")[2]
        edit = screen.edits[0][1]
        for value in (edit.status, edit.priority, edit.type, edit.assignee, edit.group, *edit.add_tags):
            assert (value or "") in sent
        if kind == "4":
            assert "then the reply of the macro" in sent
            assert edit.comment in " ".join(shown(desk).split())


async def test_tags_that_say_what_was_done_are_not_suggested() -> None:
    """Most tickets of a client that had an incident were escalated; the next one isn't because of that."""

    def busy(reading: Reading[Ticket]) -> Reading[Ticket]:
        tags = ("escalated", "major_incident", "learnt")
        rows = (row if row.id == ORCHARDS else replace(row, tags=(*row.tags, *tags)) for row in reading.rows)
        return replace(reading, rows=tuple(rows))

    async with running(weather=Weather(edits={FeedName.TICKETS: busy})) as desk:
        await opened(desk)
        await go_to(desk, ORCHARDS)
        await desk.press("T")
        await form(desk)
        await desk.press("t")
        await desk.until(lambda: isinstance(desk.app.screen, TagPicker))
        await desk.pilot.pause()
        offered = drawn(desk.app.screen.query_one("#rows"))
        assert "learnt" in offered
        assert "escalated" not in offered
        assert "major_incident" not in offered


@pytest.mark.parametrize("size", [SMALL, MIDDLE])
async def test_the_activity_names_the_ticket_whatever_was_done(size: tuple[int, int]) -> None:
    """What a triage sets is longer than the line."""
    async with running(size=size) as desk:
        await opened(desk)
        await go_to(desk, ORCHARDS)
        await desk.press("T")
        await form(desk)
        await desk.press("3", "w", "u", "enter")
        await ended(desk)
        await desk.press("5")
        await desk.pilot.pause()
        assert f"done       #{ORCHARDS} triage" in drawn(desk.dashboard.query_one("#activity"))
