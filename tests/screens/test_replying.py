"""Notes, replies, macros and promises: written, kept as drafts, looked at once more, and sent once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from support_desk.desk.lookups import Lookups
from support_desk.desk.snapshot import FeedName
from support_desk.domain.commands import EditTicket, Promise
from support_desk.domain.intents import Phase
from support_desk.domain.promises import promise_in
from support_desk.screens.acting.composer import Composer
from support_desk.screens.acting.replying import review_lines
from support_desk.screens.asking import Question
from support_desk.screens.key_line import KeyLine
from support_desk.screens.pickers import ChoicePicker, LinePicker
from support_desk.screens.ticket import TicketScreen
from support_desk.sources.fixtures.ticket_writer import FixtureTicketWriter
from support_desk.sources.writers import Agent, TicketAbilities
from support_desk.widgets.lines import Lines
from support_desk.widgets.text_view import TextView
from tests.desk.samples import ticket
from tests.screens.acting import choose, ended, entries, opened
from tests.screens.ticket_desk import (
    HARBOURS,
    MAGDA,
    MAP,
    all_ended,
    detail_of,
    draft,
    edit_of,
    go_to,
    ticket_now,
    writing,
)
from tests.support import SMALL, Running, drawn, running

BRACES = "Set {{ .Values.image }}:\n  {% if a %}b{% endif %}"


@pytest.fixture
async def desk() -> AsyncIterator[Running]:
    async with running() as desk:
        await opened(desk)
        yield desk


async def open_ticket(desk: Running, number: int) -> TicketScreen:
    """Open a ticket of the queue, and wait until its conversation has been read."""
    await go_to(desk, number)
    await desk.press("enter")
    await desk.until(lambda: isinstance(desk.app.screen, TicketScreen))
    screen = desk.app.screen
    assert isinstance(screen, TicketScreen)
    await desk.until(lambda: screen.detail is not None)
    return screen


async def write(desk: Running, text: str, last: str = "ctrl+s") -> None:
    """Write into the field that is open."""
    screen = await writing(desk)
    screen.field.text = text
    await desk.pilot.pause()
    await desk.press(last)


def asked(desk: Running) -> str:
    """The question as it is drawn."""
    return " ".join(drawn(desk.app.screen.query_one("#about", TextView)).split())


async def question(desk: Running) -> str:
    """Wait for the review; what it shows."""
    await desk.until(lambda: isinstance(desk.app.screen, Question))
    await desk.pilot.pause()
    desk.clock.move(seconds=0.5)
    return asked(desk)


# Internal notes


async def test_a_note_is_internal_and_arrives_as_typed(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("n")
    screen = await writing(desk)
    assert "INTERNAL NOTE" in screen.query_one("#who", Lines).plain
    await write(desk, BRACES)
    entry = await ended(desk)
    assert (entry.phase, entry.words) == (Phase.CONFIRMED, "internal note added")
    last = (await detail_of(desk, MAP)).comments[-1]
    assert (last.body, last.public) == (BRACES, False)
    assert draft(desk, MAP, "note") is None


async def test_one_note_on_all_marked_tickets(desk: Running) -> None:
    for number in (MAP, MAGDA, HARBOURS):
        await go_to(desk, number)
        await desk.press("space")
    await desk.press("n")
    await write(desk, "Part of incident 7.")
    rows = await all_ended(desk, 3)
    assert {row.phase for row in rows} == {Phase.CONFIRMED}, [row.words for row in rows]
    assert [(await detail_of(desk, n)).comments[-1].body for n in (MAP, MAGDA, HARBOURS)] == [
        "Part of incident 7."
    ] * 3


async def test_nothing_is_sent_while_nothing_is_written(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("n")
    await write(desk, "  \n ")
    assert isinstance(desk.app.screen, Composer)
    assert desk.app.said == ["There is nothing written yet"]
    await desk.press("escape")
    assert entries(desk) == ()
    assert draft(desk, MAP, "note") is None


# Drafts


async def test_what_was_begun_is_there_again_after_esc(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("n")
    await write(desk, "Half a thought", "escape")
    assert desk.app.said == ["Kept as a draft"]
    await desk.press("n")
    screen = await writing(desk)
    assert screen.text == "Half a thought"
    screen.field.clear()
    await desk.press("escape")
    assert draft(desk, MAP, "note") is None, "emptied, it is none any more"
    await go_to(desk, MAGDA)
    await desk.press("n")
    assert (await writing(desk)).text == "", "each ticket has its own"


async def test_a_draft_outlives_the_desk(tmp_path: Path) -> None:
    async with running(folder=tmp_path) as desk:
        await opened(desk)
        await open_ticket(desk, MAP)
        await desk.press("ctrl+r")
        await write(desk, "We are looking into it.", "escape")
    async with running(folder=tmp_path) as again:
        await opened(again)
        await open_ticket(again, MAP)
        await again.press("ctrl+r")
        assert (await writing(again)).text == "We are looking into it."


async def test_what_is_being_typed_is_kept_without_a_key(tmp_path: Path) -> None:
    """As after a crash: nobody has pressed esc."""
    async with running(folder=tmp_path) as desk:
        await opened(desk)
        await go_to(desk, MAP)
        await desk.press("n")
        screen = await writing(desk)
        screen.field.text = "Typed, and then the power failed"
        await desk.until(lambda: draft(desk, MAP, "note"))
        assert draft(desk, MAP, "note") == "Typed, and then the power failed"


async def test_a_reply_that_is_taken_back_is_a_draft_again(desk: Running) -> None:
    await open_ticket(desk, MAP)
    await desk.press("ctrl+r")
    await write(desk, "All is well.")
    await question(desk)
    await desk.press("y")
    assert entries(desk)[0].phase is Phase.HELD
    assert draft(desk, MAP, "reply") is None
    await desk.press("u")
    assert entries(desk)[0].phase is Phase.CANCELLED
    assert draft(desk, MAP, "reply") == "All is well."
    await desk.press("ctrl+r")
    assert (await writing(desk)).text == "All is well."


async def test_a_reply_that_is_sent_after_all_is_no_draft_any_more(desk: Running) -> None:
    await open_ticket(desk, MAP)
    await desk.press("ctrl+r")
    await write(desk, "All is well.")
    await question(desk)
    await desk.press("y")
    await desk.press("u")
    assert draft(desk, MAP, "reply") == "All is well."
    await desk.press("U")
    assert [entry.phase for entry in entries(desk)] == [Phase.HELD, Phase.CANCELLED]
    assert draft(desk, MAP, "reply") is None


async def test_a_newer_draft_is_not_overwritten_by_what_is_taken_back(desk: Running) -> None:
    await open_ticket(desk, MAP)
    await desk.press("ctrl+r")
    await write(desk, "First.")
    await question(desk)
    await desk.press("y")
    await desk.press("ctrl+r")
    await write(desk, "Second.", "escape")
    await desk.press("u")
    assert draft(desk, MAP, "reply") == "Second."


# Public replies


async def test_a_public_reply_is_reviewed_held_and_proved(desk: Running) -> None:
    screen = await open_ticket(desk, MAP)
    await desk.press("ctrl+r")
    composer = await writing(desk)
    assert "PUBLIC REPLY" in composer.query_one("#who", Lines).plain
    await write(desk, BRACES)
    shown = await question(desk)
    client = (await detail_of(desk, MAP)).ticket.requester or ""
    assert f"PUBLIC: {client} gets this, under your name: Robin Ashdown" in shown
    assert "{{ .Values.image }}" in shown
    assert "▌   {% if a %}b" in drawn(desk.app.screen.query_one("#about")), "as it was typed, blanks included"
    assert entries(desk) == ()
    await desk.press("y")
    assert entries(desk)[0].phase is Phase.HELD
    assert "SENDS THE CLIENT your reply" in desk.footer
    entry = await ended(desk)
    assert (entry.phase, entry.words) == (Phase.CONFIRMED, "reply sent to the client")
    last = (await detail_of(desk, MAP)).comments[-1]
    assert (last.body, last.public) == (BRACES, True)
    await desk.until(lambda: screen.detail and screen.detail.comments[-1].body == BRACES)
    assert draft(desk, MAP, "reply") is None


async def test_the_review_can_be_left_or_lead_back_to_the_text(desk: Running) -> None:
    await open_ticket(desk, MAP)
    await desk.press("ctrl+r")
    await write(desk, "Dear Sam")
    await question(desk)
    await desk.press("e")
    composer = await writing(desk)
    assert composer.text == "Dear Sam"
    await write(desk, "Dear Pat")
    assert "Dear Pat" in await question(desk)
    await desk.press("escape")
    assert desk.app.said == ["Nothing was sent; what you wrote is kept as a draft"]
    assert entries(desk) == ()
    assert draft(desk, MAP, "reply") == "Dear Pat"


async def test_enter_never_sends_to_a_client(desk: Running) -> None:
    await open_ticket(desk, MAP)
    await desk.press("ctrl+r")
    await write(desk, "Dear Sam")
    await question(desk)
    await desk.press("enter")
    await desk.until(lambda: isinstance(desk.app.screen, TicketScreen))
    assert entries(desk) == ()


@pytest.mark.parametrize("begun", [True, False], ids=["while it is written", "before the key"])
async def test_a_comment_that_was_not_read_stops_the_reply(desk: Running, begun: bool) -> None:
    """Also when the queue has been read since: in the open ticket the person hasn't seen it."""
    screen = await open_ticket(desk, MAP)
    if begun:
        await desk.press("ctrl+r")
        await write(desk, "It works again.")
    sources = desk.app.desk.sources
    assert sources is not None
    assert sources.ticket_writer is not None
    stamp = (await detail_of(desk, MAP)).ticket.updated_at
    desk.clock.move(seconds=20)
    answered = EditTicket(comment="It is broken again!", public=True)
    await sources.ticket_writer.update(MAP, answered, stamp=stamp)
    await desk.read(FeedName.TICKETS)
    assert screen.changed_since(desk.app.view)
    if not begun:
        await desk.press("ctrl+r")
        await write(desk, "It works again.")
    await question(desk)
    await desk.press("y")
    entry = await ended(desk)
    assert entry.phase is Phase.CONFLICT
    assert entry.receipt is not None
    assert "It is broken again!" in entry.receipt.comments[0]
    await desk.press("O")
    await desk.press("x")
    assert draft(desk, MAP, "reply") == "It works again.", "nothing of it is lost"


async def test_a_reply_goes_on_one_ticket_at_a_time(desk: Running) -> None:
    for number in (MAP, MAGDA):
        await go_to(desk, number)
        await desk.press("space")
    await desk.press("m")
    assert desk.app.said == ["A macro goes on one ticket at a time: X clears the marks"]


# Macros


async def pick_macro(desk: Running, words: str) -> None:
    await desk.press("m")
    await choose(desk, words)


async def titles(desk: Running) -> list[str]:
    return [macro.title for macro in await desk.app.lookups.macros()]


async def test_a_macro_shows_exactly_what_it_would_change(desk: Running) -> None:
    await go_to(desk, MAP)
    before = await detail_of(desk, MAP)
    await pick_macro(desk, "fixed")
    shown = await question(desk)
    assert f"Macro “Fixed: please check” on #{MAP}" in shown
    assert "status pending believed solved now open" in shown.lower(), "under the account's own name"
    assert "tags added fix_released" in shown
    assert "PUBLIC: " in shown
    assert "This has been put right." in shown
    assert entries(desk) == ()
    assert (await detail_of(desk, MAP)).ticket == before.ticket, "a preview changes nothing"
    await desk.press("y")
    entry = await ended(desk)
    assert entry.phase is Phase.CONFIRMED, entry.words
    after = await detail_of(desk, MAP)
    assert "fix_released" in after.ticket.tags
    assert after.ticket.status == "pending"
    assert after.comments[-1].public


async def test_a_macros_text_can_be_changed_before_it_goes(desk: Running) -> None:
    """Its fields still go along; a draft that had been begun isn't lost by it."""
    await open_ticket(desk, MAP)
    await desk.press("ctrl+r")
    await write(desk, "P.S. from before", "escape")
    macro = next(row for row in await desk.app.lookups.macros() if row.title.startswith("Fixed"))
    effect = await desk.app.lookups.effect(MAP, macro.id)
    await pick_macro(desk, "fixed")
    await question(desk)
    await desk.press("e")
    composer = await writing(desk)
    assert composer.text == f"P.S. from before\n\n{effect.comment}"
    await write(desk, "My own words.")
    shown = await question(desk)
    assert "My own words." in shown
    await desk.press("y")
    edit = edit_of(entries(desk)[0])
    assert (edit.comment, edit.comment_html, edit.public) == ("My own words.", "", True)
    assert (edit.status, edit.custom_status_id, edit.add_tags) == (
        effect.status,
        effect.custom_status_id,
        effect.add_tags,
    )
    assert (await ended(desk)).phase is Phase.CONFIRMED


async def test_sending_a_macro_leaves_a_begun_reply_alone(desk: Running) -> None:
    await open_ticket(desk, MAP)
    await desk.press("ctrl+r")
    await write(desk, "Half a reply", "escape")
    await pick_macro(desk, (await titles(desk))[0])
    await question(desk)
    await desk.press("y")
    await ended(desk)
    assert draft(desk, MAP, "reply") == "Half a reply"


async def test_leaving_a_macro_says_so(desk: Running) -> None:
    await go_to(desk, MAP)
    await pick_macro(desk, (await titles(desk))[0])
    await question(desk)
    await desk.press("escape")
    assert desk.app.said == ["Nothing was sent"]
    assert entries(desk) == ()


# Promised next steps


async def line(desk: Running, text: str) -> None:
    """Answer a question with a line."""
    await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
    await desk.pilot.pause()
    await desk.type(text)
    await desk.press("enter")
    await desk.pilot.pause()


async def test_a_promise_stands_in_the_ticket_and_in_the_queue(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("D")
    await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
    await desk.pilot.pause()
    await desk.type("ring the harbour master")
    await desk.press("enter")
    await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
    await desk.pilot.pause()
    await desk.type("yesterday-ish")
    await desk.press("enter")
    await desk.pilot.pause()
    assert "isn't a moment to come" in desk.app.said[0]
    for _ in range(20):
        await desk.press("backspace")
    await desk.type("fri 12:00")
    await desk.press("enter")
    entry = await ended(desk)
    assert entry.phase is Phase.CONFIRMED, entry.words
    promised = promise_in((await detail_of(desk, MAP)).comments)
    assert isinstance(promised, Promise)
    assert (promised.step, promised.due_at.isoformat()) == (
        "ring the harbour master",
        "2026-12-04T12:00:00+00:00",
    )
    await desk.until(lambda: MAP in desk.app.desk.promises)
    assert ticket_now(desk, MAP).status == "open"


async def test_a_promise_that_was_kept_is_ended(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("D")
    await line(desk, "ring them")
    await line(desk, "2d")
    await ended(desk)
    await desk.until(lambda: MAP in desk.app.desk.promises)
    await desk.press("D")
    await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
    await desk.pilot.pause()
    assert "done ends “ring them”" in desk.app.screen.query_one("#question", Lines).plain
    await desk.type("done")
    await desk.press("enter")
    await all_ended(desk, 2)
    await desk.until(lambda: MAP not in desk.app.desk.promises)
    assert promise_in((await detail_of(desk, MAP)).comments) is None


async def test_a_promise_that_is_found_late_doesnt_come_back(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("D")
    await line(desk, "ring them")
    await line(desk, "2d")
    first = await ended(desk)
    await desk.press("D")
    await line(desk, "done")
    await all_ended(desk, 2)
    await desk.until(lambda: MAP not in desk.app.desk.promises)
    # Its answer was lost, and a look finds its note only now: the line that ends it stands below.
    outbox = desk.app.acts.outbox
    assert outbox is not None
    outbox.show(replace(first, phase=Phase.UNKNOWN))
    outbox.show(first)
    await desk.pilot.pause()
    assert MAP not in desk.app.desk.promises


# What the review shows


def test_the_review_tells_each_change_beside_what_is_now_and_who_reads_the_text() -> None:
    plain = ticket(7, subject="Help", priority=None, assignee=None, tags=("kept",), requester="Sam Client")
    edit = EditTicket("triage", priority="high", assignee="Kim", assignee_id=3, add_tags=("kept", "new"))
    note, reply = replace(edit, comment="A\n B"), EditTicket("reply", comment="A\n B", public=True)

    def shown(edit: EditTicket) -> list[tuple[str, str]]:
        lines = review_lines(plain, edit, "Title", "under your name")
        return [("".join(text for text, _ in line.parts).rstrip(), line.parts[-1][1]) for line in lines]

    changes = [
        ("Title on #7 Help", "head"),
        ("  priority      high  now none", "dim"),
        ("  assignee      Kim  now nobody", "dim"),
        ("  tags added    new", "dim"),
    ]
    text = [("", "text"), ("A", "text"), (" B", "text")]
    assert shown(edit) == changes
    assert shown(note) == [
        *changes, ("", "text"), ("internal: no client sees this, under your name", "internal"), *text
    ]  # fmt: skip
    assert shown(replace(edit, public=True)) == changes, "without a text nobody gets anything"
    assert shown(reply) == [
        changes[0],
        ("  no field changes", "dim"),
        ("", "text"),
        ("PUBLIC: Sam Client gets this, under your name", "p1"),
        *text,
    ]
    edges = {line.edge for line in review_lines(plain, reply, "Title", "") if line.edge}
    assert edges == {("▌ ", "public")}


# Under whose name


class Account(FixtureTicketWriter):
    """The demo's helpdesk with another credential."""

    can = TicketAbilities()

    async def abilities(self) -> TicketAbilities:
        return self.can


ROBIN, BOT = Agent(1, "Robin Ashdown", "robin@agency.example"), Agent(2, "Desk Bot", "bot@agency.example")


@pytest.mark.parametrize(
    ("can", "words"),
    [
        (TicketAbilities(ROBIN, personal=True, author=ROBIN), "under your name: Robin Ashdown"),
        (
            TicketAbilities(BOT, author=ROBIN),
            "under the name of Robin Ashdown (the helpdesk records Desk Bot as who changed it)",
        ),
        (TicketAbilities(BOT, author=BOT), "under the name of Desk Bot: the credential is shared"),
        (
            TicketAbilities(BOT, author=ROBIN, author_allowed=False),
            "under the name of Desk Bot: the credential is shared",
        ),
        (None, "it isn't known under whose name"),
    ],
)
async def test_the_review_says_under_whose_name_it_goes(
    desk: Running, can: TicketAbilities | None, words: str
) -> None:
    account(desk, can)
    await open_ticket(desk, MAP)
    await desk.press("ctrl+r")
    await write(desk, "Dear Sam")
    assert words in await question(desk)


async def test_a_role_that_may_only_note_is_told_before_the_review(desk: Running) -> None:
    account(desk, TicketAbilities(ROBIN, personal=True, author=ROBIN, private_only=True))
    screen = await open_ticket(desk, MAP)
    await desk.press("ctrl+r")
    await write(desk, "Dear Sam")
    await desk.until(lambda: desk.app.said)
    assert len(desk.app.said) == 1
    assert desk.app.said[0].startswith("Your role may only write internal notes")
    assert desk.app.said[0].endswith("What you wrote is kept as a draft")
    assert desk.app.screen is screen
    assert draft(desk, MAP, "reply") == "Dear Sam"


def account(desk: Running, can: TicketAbilities | None) -> None:
    """From now on the credential is this one; None: it can't be asked."""
    sources = desk.app.desk.sources
    assert sources is not None
    assert isinstance(sources.ticket_writer, FixtureTicketWriter)
    writer = Account(sources.ticket_writer.world, desk.clock)
    writer.can = can or TicketAbilities()
    desk.app.lookups = Lookups(writer if can else None, desk.clock)


# Little room


@pytest.mark.parametrize("key", ["n", "ctrl+r"])
async def test_writing_and_reviewing_fit_a_small_terminal(key: str) -> None:
    async with running(size=SMALL) as desk:
        await opened(desk)
        await open_ticket(desk, MAP)
        await desk.press(key)
        composer = await writing(desk)
        assert composer.query_one("#text").size.height >= 18
        assert "ctrl+s" in composer.query_one("#keys", KeyLine).plain
        if key == "ctrl+r":
            await write(desk, "\n".join(f"Line {number}" for number in range(60)))
            await question(desk)
            box = desk.app.screen.query_one("#box")
            assert box.region.bottom <= SMALL[1]
            keys = desk.app.screen.query_one("#keys")
            assert keys.region.bottom <= SMALL[1]
            await desk.press("G")
            assert "Line 59" in asked(desk), "all of it can be read before it is sent"


async def test_the_picker_of_macros_filters(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("m")
    await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
    await desk.press("escape")
    assert entries(desk) == ()


async def test_at_80_columns_it_is_read_that_a_reply_goes_out_by_mail() -> None:
    """The place of a client with a long name stood before it."""
    async with running(size=SMALL) as desk:
        await opened(desk)
        screen = await open_ticket(desk, 48144)
        ticket = screen.desk_app.view.snapshot.tickets.rows[0].ticket
        assert ticket.organisation == "East March Combined Authority"
        await desk.press("ctrl+r")
        await writing(desk)
        first = drawn(desk.app.screen.query_one("#who", Lines)).splitlines()[0]
        assert first.startswith(" PUBLIC REPLY  Peter Scholes gets it by mail · East March")
