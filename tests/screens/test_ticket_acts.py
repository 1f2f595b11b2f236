"""Every key of tickets but those that write texts: what is asked, what is done, and what is shown of it."""

from __future__ import annotations

import asyncio
import getpass
import re
from collections.abc import AsyncIterator
from functools import partial

import msgspec
import pytest

from support_desk.config.model import Me, TicketEscalation
from support_desk.desk.lookups import Lookups
from support_desk.domain.commands import EditTicket, MergeTicket, PagePerson, SideConversation
from support_desk.domain.intents import Phase
from support_desk.screens.acting.tag_picker import TagPicker
from support_desk.screens.acting.triage import TriageScreen
from support_desk.screens.asking import Question
from support_desk.screens.pickers import ChoicePicker, LinePicker, NumberPicker
from support_desk.sources.errors import Rejected, ServiceDown, SourceError
from support_desk.sources.fixtures import demo_config
from support_desk.sources.fixtures.ticket_writer import FixtureTicketWriter
from support_desk.sources.protocols import Reading
from support_desk.sources.writers import Agent, Macro
from support_desk.widgets.text_view import TextView
from tests.screens.acting import answer, choose, ended, entries, opened
from tests.screens.support import Faults
from tests.screens.support import running as faulty
from tests.screens.ticket_desk import (
    HARBOURS,
    MAGDA,
    MAP,
    ORCHARDS,
    PROBLEM,
    all_ended,
    detail_of,
    draft,
    edit_of,
    go_to,
    ticket_now,
    writing,
)
from tests.support import SMALL, Running, changed, drawn, running


@pytest.fixture
async def desk() -> AsyncIterator[Running]:
    async with running() as desk:
        await opened(desk)
        yield desk


async def mark(desk: Running, *numbers: int) -> None:
    for number in numbers:
        await go_to(desk, number)
        await desk.press("space")


def marked(desk: Running) -> set[int]:
    """The numbers of the marked tickets."""
    return {row.ticket.id for row in desk.dashboard.tickets.marked}


async def number(desk: Running, wanted: int) -> None:
    """Type the number of another ticket."""
    await desk.until(lambda: isinstance(desk.app.screen, NumberPicker))
    await desk.pilot.pause()
    await desk.type(str(wanted))
    await desk.press("enter")


# Who has it


async def test_take(desk: Running) -> None:
    await go_to(desk, MAGDA)
    await desk.press("w")
    await desk.until(lambda: entries(desk))
    entry = await ended(desk)
    assert (entry.phase, entry.words) == (Phase.CONFIRMED, "assignee robin@agency.example")
    assert ticket_now(desk, MAGDA).assignee_email == "robin@agency.example"
    assert desk.app.said == [], "what worked needs no toast"


async def test_the_row_says_it_at_once_whatever_the_network_does() -> None:
    faults = Faults()
    faults.gates[MAGDA] = asyncio.Event()
    async with faulty(size=(160, 45), faults=faults) as desk:
        await desk.until(lambda: desk.app.acts.outbox is not None)
        dashboard = desk.app.dashboard
        await desk.press("2")
        dashboard.tickets.select(MAGDA)
        await desk.press("w")
        await desk.until(lambda: desk.app.acts.entries)
        await desk.pilot.pause()
        assert "[taking …]" in drawn(dashboard.tickets)
        assert "Magda" in next(line for line in drawn(dashboard.tickets).split("\n") if str(MAGDA) in line)
        faults.gates[MAGDA].set()
        await desk.until(lambda: not desk.app.acts.entries)
        await desk.until(lambda: "[taking …]" not in drawn(dashboard.tickets))
        assert "Robin" in next(line for line in drawn(dashboard.tickets).split("\n") if str(MAGDA) in line)


class Slow(FixtureTicketWriter):
    """A helpdesk that takes its time over its lists."""

    gate: asyncio.Event
    error: SourceError | None = None

    async def agents(self) -> Reading[Agent]:
        await self._answer()
        return await super().agents()

    async def macros(self) -> Reading[Macro]:
        await self._answer()
        return await super().macros()

    async def _answer(self) -> None:
        await self.gate.wait()
        if self.error is not None:
            raise self.error


def slowly(desk: Running, error: SourceError | None = None) -> asyncio.Event:
    """Let the lists be read anew; they come, or fail, once the answer is set."""
    sources = desk.app.desk.sources
    assert sources is not None
    writer = sources.ticket_writer
    assert isinstance(writer, FixtureTicketWriter)
    slow = Slow(writer.world, desk.clock)
    slow.gate, slow.error = asyncio.Event(), error
    desk.app.lookups = Lookups(slow, desk.clock)
    return slow.gate


async def test_a_key_that_has_to_ask_the_helpdesk_first_is_heard_at_once(desk: Running) -> None:
    asked = slowly(desk)
    await go_to(desk, MAP)
    await desk.press("W")
    assert "Assign: asking the helpdesk ..." in desk.footer
    asked.set()
    await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
    await desk.press("escape")
    await desk.until(lambda: "asking" not in desk.footer)


@pytest.mark.parametrize(("key", "said"), [("W", "Assign"), ("T", "Triage"), ("m", "Macros")])
async def test_what_the_helpdesk_answers_late_opens_over_nothing(desk: Running, key: str, said: str) -> None:
    """Whoever is writing a note by then would type into it, and enter would send a triage."""
    asked = slowly(desk)
    await go_to(desk, MAP)
    await desk.press(key)
    await desk.press("n")
    composer = await writing(desk)
    await desk.type("One moment")
    asked.set()
    await desk.until(lambda: desk.app.said)
    await desk.pilot.pause()
    assert desk.app.screen is composer
    assert desk.app.said == [f"{said}: the helpdesk has answered by now; press the key again"]
    await desk.type(" please")
    assert composer.text == "One moment please"


async def test_what_a_key_asked_for_isnt_promised_to_come_by_itself(desk: Running) -> None:
    down = ServiceDown("Zendesk answers that it is broken (503)", "see its status page", status=503)
    slowly(desk, down).set()
    await go_to(desk, MAP)
    await desk.press("m")
    await desk.until(lambda: desk.app.said)
    assert desk.app.said == [
        "Macros: Zendesk answers that it is broken (503); press the key again in a moment"
    ]


async def test_what_is_yours_already_is_said(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("w")
    await desk.until(lambda: desk.app.said)
    assert desk.app.said == [f"Robin Ashdown has #{MAP} already"]
    assert entries(desk) == ()


async def test_assign_to_somebody(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("W")
    await choose(desk, "sian")
    entry = await ended(desk)
    assert (entry.phase, entry.words) == (Phase.CONFIRMED, "assignee sian@agency.example")


async def test_undo_gives_it_back_to_whom_it_was_and_held_it_goes_no_further(desk: Running) -> None:
    """Leaning on `u` to stop a page undid, one after the other, all that had been done before it."""
    for number in (PROBLEM, MAGDA):
        await go_to(desk, number)
        await desk.press("w")
        await ended(desk)
    await desk.press("u")
    await desk.until(lambda: len(entries(desk)) == 3)
    assert (await ended(desk)).phase is Phase.CONFIRMED
    assert ticket_now(desk, MAGDA).assignee_email == "magda@agency.example"
    for _ in range(30):
        await desk.press("u")
        desk.clock.move(seconds=0.04)
    assert len(entries(desk)) == 3
    desk.clock.move(seconds=1)
    await desk.press("u")
    await desk.until(lambda: len(entries(desk)) == 4)


def _are_as_many(desk: Running, number: int) -> bool:
    return len(entries(desk)) == number


@pytest.mark.parametrize("key", ["w", "p"])
async def test_what_was_done_again_can_be_taken_back_again(desk: Running, key: str) -> None:
    await go_to(desk, MAGDA)
    before = ticket_now(desk, MAGDA)
    await desk.press(key)
    if key == "p":
        await choose(desk, "low")
    await ended(desk)
    done = ticket_now(desk, MAGDA)
    for number, key_pressed in enumerate("uUuUu", start=2):
        await desk.press(key_pressed)
        await desk.until(partial(_are_as_many, desk, number))
        assert (await ended(desk)).phase is Phase.CONFIRMED
        now, wanted = ticket_now(desk, MAGDA), before if key_pressed == "u" else done
        assert (now.assignee_email, now.priority) == (wanted.assignee_email, wanted.priority), number


# Fields


async def test_priority_shows_the_deadline_before_it_is_set(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("p")
    await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
    await desk.pilot.pause()
    shown = drawn(desk.app.screen.query_one("#below")).split("\n")[:4]
    assert [re.sub(r"^[> ]+|  .*", "", line) for line in shown] == ["urgent", "high", "normal (now)", "low"]
    assert [line for line in shown if not re.search(r"\d\d:\d\d", line)] == [], "each has its deadline"
    await choose(desk, "urgent")
    entry = await ended(desk)
    assert (entry.phase, entry.words) == (Phase.CONFIRMED, "priority urgent")
    assert ticket_now(desk, MAP).priority == "urgent"
    await desk.press("u")
    await desk.until(lambda: len(entries(desk)) == 2)
    await ended(desk)
    assert ticket_now(desk, MAP).priority == "normal"


async def test_every_deadline_can_be_read_on_a_small_screen() -> None:
    due = r"(by|was due) (\w+ )?(\d+ \w+ )?\d\d:\d\d · .*(left|overdue|working time).* · (Zendesk|contract)"
    async with running(size=SMALL) as desk:
        await opened(desk)
        for number in (MAP, ORCHARDS):
            row = await go_to(desk, number)
            await desk.press("p")
            await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
            await desk.pilot.pause()
            below = drawn(desk.app.screen.query_one("#below")).split("\n")[:4]
            for name, line in zip(("urgent", "high", "normal", "low"), below, strict=True):
                assert re.search(f"{name}.* {due}", line), line
            question = " ".join(drawn(desk.app.screen.query_one("#question")).split())
            assert question == f"Which priority for #{number} {row.subject}?"
            await desk.press("escape")


async def test_enter_alone_leaves_the_priority_as_it_is(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("p")
    await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
    await desk.press("enter")
    await desk.until(lambda: desk.app.said)
    assert desk.app.said == ["The priority is normal already"]
    assert entries(desk) == ()


async def test_believed_solved_asks_and_is_the_accounts_own_status(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("c")
    asked = await answer(desk)
    assert asked.endswith("pending, believed solved? Nothing is written to the client.")
    entry = await ended(desk)
    assert entry.phase is Phase.CONFIRMED, entry.words
    row = ticket_now(desk, MAP)
    assert row.status == "pending"
    assert (row.custom_status or "").lower().startswith("pending believed solved")


async def test_believed_solved_is_held_as_closing_an_alert_is_and_u_takes_it_back(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("c")
    await answer(desk)
    await desk.until(lambda: entries(desk) and entries(desk)[0].phase is Phase.HELD)
    await desk.pilot.pause()
    assert desk.footer.startswith(f" IN 5 s  sets #{MAP} ")
    assert "to pending, believed solved" in desk.footer
    await desk.press("u")
    assert entries(desk)[0].phase is Phase.CANCELLED
    desk.clock.move(seconds=10)
    await desk.pilot.pause()
    assert (await detail_of(desk, MAP)).ticket.status == "open"


async def test_what_was_new_cant_be_made_new_again_and_that_is_said_before_and_after(desk: Running) -> None:
    await go_to(desk, ORCHARDS)
    await desk.press("c")
    assert "What is new can't be made new again." in await answer(desk)
    entry = await ended(desk)
    assert entry.phase is Phase.CONFIRMED, entry.words
    await desk.press("u")
    await desk.until(lambda: desk.app.said)
    assert desk.app.said[-1].endswith(" can't be undone: a ticket can't be made new again")


async def test_undo_takes_believed_solved_away_though_both_are_pending(desk: Running) -> None:
    """Of two statuses in one category the first is not what the second undoes."""
    await go_to(desk, MAP)
    await desk.press("T")
    await choose_status(desk, "Pending")
    await ended(desk)
    assert (ticket_now(desk, MAP).status, ticket_now(desk, MAP).custom_status) == ("pending", None)
    await desk.press("c")
    await answer(desk)
    await all_ended(desk, 2)
    assert ticket_now(desk, MAP).custom_status == "Pending believed solved"
    await desk.press("u")
    undone = (await all_ended(desk, 3))[0]
    assert (undone.phase, undone.words) == (Phase.CONFIRMED, "status Pending")
    assert (ticket_now(desk, MAP).status, ticket_now(desk, MAP).custom_status) == ("pending", None)
    assert desk.app.said[-1] == f"Undoing: status Pending · {undone.intent.title}"


async def choose_status(desk: Running, words: str) -> None:
    """In the form of triage, set the status and send it."""
    await desk.until(lambda: isinstance(desk.app.screen, TriageScreen))
    await desk.press("s")
    await choose(desk, words)
    await desk.press("enter")


async def test_a_question_is_answered_by_y_alone(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("c")
    await answer(desk, "enter")
    await desk.press("c")
    await desk.until(lambda: isinstance(desk.app.screen, Question))
    await desk.press("y")
    assert isinstance(desk.app.screen, Question), "a y that was typed before it appeared"
    await desk.press("escape")
    assert entries(desk) == ()


async def test_tags_are_chosen_in_three_keys(desk: Running) -> None:
    ticket = await go_to(desk, MAP)
    await desk.press("t")
    await desk.until(lambda: isinstance(desk.app.screen, TagPicker))
    await desk.type("licence")
    await desk.press("tab")
    await desk.type("forms")
    await desk.press("tab", "enter")
    entry = await ended(desk)
    assert (entry.phase, entry.words) == (Phase.CONFIRMED, "tags +licence_portal -forms") or (
        edit_of(entry).remove_tags == ("forms",)
    )
    now = ticket_now(desk, MAP).tags
    assert "forms" not in now
    assert set(ticket.tags) - {"forms"} < set(now)
    await desk.press("u")
    await desk.until(lambda: len(entries(desk)) == 2)
    await ended(desk)
    assert set(ticket_now(desk, MAP).tags) == set(ticket.tags)


async def test_the_same_edit_of_marked_tickets_is_one_decision(desk: Running) -> None:
    await mark(desk, MAP, MAGDA, HARBOURS)
    await desk.press("t")
    await desk.until(lambda: isinstance(desk.app.screen, TagPicker))
    await desk.type("incident_7")
    await desk.press("enter")
    rows = await all_ended(desk, 3)
    assert {row.phase for row in rows} == {Phase.CONFIRMED}, [row.words for row in rows]
    assert len({row.intent.batch for row in rows}) == 1
    assert all("incident_7" in ticket_now(desk, number).tags for number in (MAP, MAGDA, HARBOURS))


async def test_marks_go_when_what_they_were_for_is_done(desk: Running) -> None:
    """A key acts on every marked row: forgotten marks would do the next thing to all of them."""
    await mark(desk, MAP, MAGDA, HARBOURS)
    await desk.press("t")
    await desk.until(lambda: isinstance(desk.app.screen, TagPicker))
    await desk.type("incident_7")
    await desk.press("enter")
    assert marked(desk) == {MAP, MAGDA, HARBOURS}, "until it is done"
    await all_ended(desk, 3)
    assert marked(desk) == set()
    await go_to(desk, ORCHARDS)
    await desk.press("w")
    await desk.until(lambda: len(entries(desk)) == 4)
    assert entries(desk)[0].intent.target.id == str(ORCHARDS)


async def test_marks_of_what_failed_stay_to_be_tried_again(desk: Running) -> None:
    sources = desk.app.desk.sources
    assert sources is not None
    assert sources.ticket_writer is not None
    stamp = ticket_now(desk, MAP).updated_at
    await sources.ticket_writer.update(MAP, EditTicket(priority="low", comment="Not urgent."), stamp=stamp)
    await mark(desk, MAP, MAGDA, HARBOURS)
    await desk.press("p")
    await choose(desk, "urgent")
    rows = await all_ended(desk, 3)
    left = {int(row.intent.target.id) for row in rows if row.phase is not Phase.CONFIRMED}
    assert MAP in left
    assert marked(desk) == left


async def test_marks_made_behind_an_action_are_not_its_own(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("c")
    await answer(desk)
    await desk.until(lambda: entries(desk))
    await desk.press("space")
    await mark(desk, MAGDA)
    assert (await ended(desk)).phase is Phase.CONFIRMED
    assert marked(desk) == {MAP, MAGDA}


async def test_more_than_three_are_asked_about(desk: Running) -> None:
    await mark(desk, MAP, MAGDA, HARBOURS, ORCHARDS)
    await desk.press("p")
    await choose(desk, "low")
    numbers = ", ".join(f"#{row.ticket.id}" for row in desk.dashboard.tickets.marked)
    assert await answer(desk) == f"Change 4 tickets ({numbers})? It sets priority low."
    assert {row.phase for row in await all_ended(desk, 4)} == {Phase.CONFIRMED}


async def test_one_that_somebody_else_changes_is_shown_with_the_difference(desk: Running) -> None:
    """The desk's list is as old as its last poll; the ticket itself is read before anything is sent."""
    await go_to(desk, MAP)
    sources = desk.app.desk.sources
    assert sources is not None
    assert sources.ticket_writer is not None
    stamp = ticket_now(desk, MAP).updated_at
    await sources.ticket_writer.update(MAP, EditTicket(priority="low", comment="Not urgent."), stamp=stamp)
    await desk.press("p")
    await choose(desk, "urgent")
    entry = await ended(desk)
    assert entry.phase is Phase.CONFLICT
    assert entry.words == "not sent: changed by somebody else since you looked: priority is low"
    assert "[priority: NOT SENT, changed" in desk.line_of(desk.dashboard.tickets, str(MAP))
    await desk.press("O")
    await desk.press("y")
    await desk.until(lambda: entries(desk)[0].phase is not Phase.CONFLICT)
    assert (await ended(desk)).phase is Phase.CONFIRMED
    assert ticket_now(desk, MAP).priority == "urgent"


async def test_what_somebody_else_had_done_already_is_not_undone(desk: Running) -> None:
    """Nothing was sent for it: u would take back what a colleague has decided."""
    await go_to(desk, MAP)
    sources = desk.app.desk.sources
    assert sources is not None
    assert sources.ticket_writer is not None
    stamp = ticket_now(desk, MAP).updated_at
    await sources.ticket_writer.update(MAP, EditTicket(priority="urgent"), stamp=stamp)
    await desk.press("p")
    await choose(desk, "urgent")
    assert (await ended(desk)).words == "already so: priority urgent"
    await desk.press("u")
    await desk.until(lambda: desk.app.said)
    assert desk.app.said[-1].endswith("it was so already, and nothing was sent: somebody else has done it")
    assert len(entries(desk)) == 1
    assert (await detail_of(desk, MAP)).ticket.priority == "urgent"


# Other tickets


async def test_merge_from_the_palette_names_both_and_waits(desk: Running) -> None:
    await go_to(desk, MAP)
    desk.dashboard.action_merge()
    await number(desk, MAGDA)
    asked = await answer(desk)
    assert f"Merge #{MAP} " in asked
    assert f"INTO #{MAGDA} " in asked
    assert "that can't be taken back" in asked
    assert entries(desk)[0].phase is Phase.HELD
    assert entries(desk)[0].intent.command == MergeTicket(MAGDA), "and no comment of its own"
    entry = await ended(desk)
    assert (entry.phase, entry.words) == (Phase.CONFIRMED, f"merged into #{MAGDA}, and closed")


async def test_a_merge_can_be_taken_back_while_it_is_held(desk: Running) -> None:
    await go_to(desk, MAP)
    desk.dashboard.action_merge()
    await number(desk, MAGDA)
    await answer(desk)
    await desk.press("u")
    assert entries(desk)[0].phase is Phase.CANCELLED
    assert (await detail_of(desk, MAP)).ticket.status == "open"


async def test_what_cannot_be_merged_is_said(desk: Running) -> None:
    await go_to(desk, MAP)
    for other, words in ((MAP, "into itself"), (99, "99")):
        desk.app.said.clear()
        desk.dashboard.action_merge()
        await number(desk, other)
        await desk.until(lambda: desk.app.said)
        assert words in desk.app.said[0]
    await mark(desk, MAP, MAGDA)
    desk.app.said.clear()
    desk.dashboard.action_merge()
    assert desk.app.said == ["A merge goes on one ticket at a time: X clears the marks"]
    assert entries(desk) == ()


async def test_link_to_a_problem(desk: Running) -> None:
    await go_to(desk, MAP)
    for other in (MAGDA, PROBLEM):
        desk.dashboard.action_link_problem()
        await number(desk, other)
        if other == MAGDA:
            await desk.until(lambda: desk.app.said)
            assert desk.app.said == [f"#{MAGDA} isn't a problem ticket: its type is incident"]
    asked = await answer(desk)
    assert f"an incident of #{PROBLEM}" in asked
    entry = await ended(desk)
    assert (entry.phase, edit_of(entry).problem_id) == (Phase.CONFIRMED, PROBLEM)
    await desk.press("enter")
    await desk.until(lambda: f"Incident of #{PROBLEM} Intermittent 5xx" in detail_text(desk))


def detail_text(desk: Running) -> str:
    """The details that are open, without runs of blanks."""
    found = desk.app.screen.query(TextView)
    return " ".join(" ".join(drawn(view) for view in found).split())


async def test_a_side_conversation(desk: Running) -> None:
    await go_to(desk, MAP)
    desk.dashboard.action_side_conversation()
    await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
    await desk.type("ops@host.example, sian@agency.example")
    await desk.press("enter")
    await writing(desk)
    await desk.press("escape")
    assert desk.app.screen is desk.dashboard, "left, it asks nothing and sends nothing"
    desk.dashboard.action_side_conversation()
    await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
    await desk.type("ops@host.example, sian@agency.example")
    await desk.press("enter")
    await writing(desk)
    await desk.type("Could you look?")
    await desk.press("ctrl+s")
    asked = await answer(desk)
    assert asked == "Send this to ops@host.example, sian@agency.example? It leaves the helpdesk."
    entry = await ended(desk)
    assert entry.phase is Phase.CONFIRMED, entry.words
    command = entry.intent.command
    assert isinstance(command, SideConversation)
    assert (command.to, command.body) == (("ops@host.example", "sian@agency.example"), "Could you look?")
    assert len(desk.app.said) == 1, "the ticket shows nothing of it"
    assert desk.app.said[0].startswith("side conversation with ops@host.example, sian@agency.example begun")


async def test_addresses_that_are_none(desk: Running) -> None:
    await go_to(desk, MAP)
    desk.dashboard.action_side_conversation()
    await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
    await desk.type("ops")
    await desk.press("enter")
    await desk.until(lambda: desk.app.said)
    assert desk.app.said == ["These aren't all addresses"]


# Escalation and incidents


async def test_escalating_a_ticket_hands_it_over_and_pages_behind_one_hold(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("e")
    await desk.until(lambda: entries(desk))
    held = {type(row.intent.command): row for row in entries(desk)}
    assert all(row.phase is Phase.HELD for row in held.values())
    edit = edit_of(held[EditTicket])
    assert (edit.group, edit.priority, edit.add_tags) == ("2nd line (tickets)", "high", ("escalated",))
    assert edit.comment.startswith("Escalated by Robin Ashdown to 2nd line (tickets). https://")
    rows = await all_ended(desk, len(held))
    assert {row.phase for row in rows} == {Phase.CONFIRMED}, [row.words for row in rows]
    assert ticket_now(desk, MAP).group == "2nd line (tickets)"


async def test_one_u_takes_an_escalation_back_whole(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("e")
    await desk.until(lambda: entries(desk))
    await desk.pilot.pause()
    await desk.press("u")
    assert {row.phase for row in entries(desk)} == {Phase.CANCELLED}


async def test_a_second_press_sends_and_a_held_key_does_not() -> None:
    config = demo_config()
    section = msgspec.structs.replace(
        config.escalation, ticket=TicketEscalation(group="2nd line (tickets)", alert=False)
    )
    async with running(config=changed(config, escalation=section)) as desk:
        await opened(desk)
        await go_to(desk, MAP)
        await desk.press("e")
        await desk.until(lambda: entries(desk))
        for _ in range(20):
            desk.clock.move(seconds=0.03)
            await desk.press("e")
        assert entries(desk)[0].phase is Phase.HELD
        desk.clock.move(seconds=0.5)
        await desk.pilot.pause()
        await desk.press("e")
        desk.clock.move(seconds=0.2)
        await desk.until(lambda: entries(desk)[0].phase is not Phase.HELD)
        assert len(entries(desk)) == 1
        assert (await ended(desk)).phase is Phase.CONFIRMED


async def test_a_group_that_is_not_there_is_said() -> None:
    config = demo_config()
    section = msgspec.structs.replace(config.escalation, ticket=TicketEscalation(group="Nobody"))
    async with running(config=changed(config, escalation=section)) as desk:
        await opened(desk)
        await go_to(desk, MAP)
        await desk.press("e")
        await desk.until(lambda: desk.app.said)
        assert desk.app.said == [
            'Not escalated: the helpdesk has no group "Nobody": see [escalation.ticket] group'
        ]
        assert entries(desk) == ()


async def test_page_a_person_about_a_ticket(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("E")
    await choose(desk, "sian")
    await answer(desk)
    command = entries(desk)[0].intent.command
    assert isinstance(command, PagePerson)
    assert command.username == "sian@agency.example"
    assert f"{MAP}" in command.message + command.description
    assert (await ended(desk)).phase is Phase.CONFIRMED


async def test_a_major_incident_is_tag_priority_and_who_was_told(desk: Running) -> None:
    await go_to(desk, MAP)
    await desk.press("I")
    await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
    await desk.pilot.pause()
    asked = " ".join(drawn(desk.app.screen.query_one("#question")).split())
    assert asked.startswith(f"MAJOR INCIDENT #{MAP} "), asked
    assert asked.endswith("(it becomes urgent): who was told?"), asked
    await desk.type("Sian, the client")
    await desk.press("enter")
    entry = await ended(desk)
    assert entry.phase is Phase.CONFIRMED, entry.words
    row = ticket_now(desk, MAP)
    assert row.priority == "urgent"
    assert desk.app.config.on_call.incident_tag in row.tags
    last = (await detail_of(desk, MAP)).comments[-1]
    assert last.body == "Major incident, marked by Robin Ashdown. Told: Sian, the client."
    await desk.press("I")
    await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
    await desk.pilot.pause()
    again = " ".join(drawn(desk.app.screen.query_one("#question")).split())
    assert again == asked.replace(" (it becomes urgent)", ""), "it is urgent"
    assert not last.public


async def test_what_was_written_and_arrived_is_no_draft_again_with_the_rest_dropped(
    desk: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The note is there, its tag was refused: dropping the tag must not offer the note a second time."""

    async def refused(*_: object, **__: object) -> tuple[str, ...]:
        raise Rejected("Zendesk: refused", "see why")

    monkeypatch.setattr(FixtureTicketWriter, "change_tags", refused)
    await go_to(desk, MAP)
    await desk.press("I")
    await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
    await desk.type("Sian")
    await desk.press("enter")
    entry = await ended(desk)
    assert entry.words.startswith("partly done: internal note added")
    await desk.press("O")
    text = " ".join(drawn(desk.app.screen.query_one("#entry")).split())
    assert "FAILED: A part of it was done, not all." in text
    assert "y sends what is left of it · x drops it" in text
    assert "as a draft" not in text
    await desk.press("x")
    assert entries(desk)[0].phase is Phase.CANCELLED
    assert draft(desk, MAP, "note") is None


async def test_what_was_refused_is_a_draft_again_once_it_is_dropped(
    desk: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object, **__: object) -> object:
        raise Rejected("Zendesk: refused", "change it")

    monkeypatch.setattr(FixtureTicketWriter, "update", refused)
    await go_to(desk, MAP)
    await desk.press("n")
    await writing(desk)
    await desk.type("Long and good")
    await desk.press("ctrl+s")
    await desk.until(lambda: entries(desk))
    assert (await ended(desk)).phase is Phase.FAILED
    await desk.press("O")
    text = " ".join(drawn(desk.app.screen.query_one("#entry")).split())
    assert "y sends it · x drops it and keeps your text as a draft" in text
    assert "tried 09:46" in text
    await desk.press("x")
    assert draft(desk, MAP, "note") == "Long and good"


async def test_a_major_incident_names_the_account_where_nobody_is_configured() -> None:
    async with running(config=changed(me=Me())) as desk:
        await opened(desk)
        await go_to(desk, MAP)
        await desk.press("I")
        await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
        await desk.type("Sian")
        await desk.press("enter")
        await ended(desk)
        last = (await detail_of(desk, MAP)).comments[-1]
        assert last.body == f"Major incident, marked by {getpass.getuser()}. Told: Sian."


async def test_a_ticket_that_is_handed_on_names_the_account_where_nobody_is_configured() -> None:
    async with running(config=changed(me=Me())) as desk:
        await opened(desk)
        await go_to(desk, MAP)
        await desk.press("e")
        await ended(desk)
        last = (await detail_of(desk, MAP)).comments[-1]
        assert last.body.startswith(f"Escalated by {getpass.getuser()} to ")


# Where nothing may be changed, and where there is little room


async def test_read_only_has_none_of_the_keys() -> None:
    async with running(config=changed(read_only=True)) as desk:
        await go_to(desk, ORCHARDS)
        before = desk.app.screen
        for key in ("T", "t", "p", "w", "W", "n", "m", "c", "D", "e", "E", "I"):
            await desk.press(key)
            assert desk.app.screen is before, key
        await desk.press("enter")
        detail = desk.app.screen
        await desk.press("ctrl+r", "n", "T")
        assert desk.app.screen is detail
        assert entries(desk) == ()
        assert desk.app.said == []


async def test_keys_of_tickets_on_an_alert_say_so(desk: Running) -> None:
    await desk.press("1")
    for key in ("T", "m", "D"):
        await desk.press(key)
    assert desk.app.said == ["That is for tickets: go to one first"] * 3


@pytest.mark.parametrize("key", ["t", "p", "W", "c", "I", "E", "m", "n", "T", "D"])
async def test_every_question_fits_a_small_terminal(key: str) -> None:
    async with running(size=SMALL) as desk:
        await opened(desk)
        await go_to(desk, ORCHARDS)
        await desk.press(key)
        await desk.until(lambda: desk.app.screen is not desk.dashboard)
        await desk.pilot.pause()
        box = desk.app.screen.query_one("#box")
        assert box.region.height <= SMALL[1]
        assert box.region.width <= SMALL[0]
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is desk.dashboard)
