"""A lost answer: what became of the change is found out by reading, and it is never made a second time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support_desk.domain.commands import EditTicket, FieldValue, Promise
from support_desk.domain.intents import Intent, Receipt, Verdict
from tests.desk.ticket_world import TicketWorld, no_ticket
from tests.simulators.http import (
    Answer,
    cut_short,
    dropped,
    half_json,
    html_page,
    json_answer,
    redirect,
    silence,
    text_answer,
)
from tests.simulators.zendesk import stamp, wire_comment
from tests.sources.zendesk_desk import QUICK

PUT, TAGS = "/tickets/5.json", "/tickets/5/tags.json"
NOTE = EditTicket(purpose="note", comment="Looking into {{it}}.\n\n  - really")
REPLY = EditTicket(purpose="reply", comment="It works again.", public=True, status="pending")
HIGH = EditTicket(purpose="priority", priority="high")
SETTLED = 31.0
"""Seconds after which what isn't there won't come any more."""

NOT_KNOWN: list[Any] = [
    pytest.param(dropped(), id="dropped"),
    pytest.param(silence(), id="silence"),
    pytest.param(json_answer({"error": "x"}, 500), id="500"),
    pytest.param(html_page(502), id="502 html"),
    pytest.param(text_answer(408, "late"), id="408"),
    pytest.param(html_page(), id="html 200"),
    pytest.param(cut_short({"ticket": ["x"] * 99}), id="cut short"),
    pytest.param(half_json({"ticket": ["x"] * 99}), id="half json"),
    pytest.param(json_answer({"ticket": None, "audit": None}), id="null"),
    pytest.param(redirect("https://elsewhere.example/"), id="redirect"),
]


@pytest.fixture
async def world() -> AsyncIterator[TicketWorld]:
    world = TicketWorld(limits=QUICK)
    yield world
    await world.close()


async def lose(world: TicketWorld, edit: EditTicket, answer: Any = None) -> Intent:
    """A decision whose change is made and whose answer is lost."""
    intent = await world.decide(edit)
    world.desk.fail(PUT, world.desk.applied_then(answer or dropped()), method="PUT")
    assert (await world.actions.perform(intent)).verdict is Verdict.UNKNOWN
    return intent


# One lost answer


@pytest.mark.parametrize("answer", NOT_KNOWN)
async def test_what_was_done_is_found(world: TicketWorld, answer: Answer) -> None:
    intent = await lose(world, replace(REPLY, priority="high"), answer)
    receipt = await world.verify(intent)
    assert receipt.verdict is Verdict.CONFIRMED
    assert receipt.words == "it had arrived: reply sent to the client, status pending, priority high"
    assert receipt.ticket is not None
    assert receipt.ticket.status == "pending", "the row on the screen is corrected by it"
    assert world.applied() == {"update": 1, "comment": 1}


@pytest.mark.parametrize("answer", NOT_KNOWN)
@pytest.mark.parametrize("edit", [NOTE, HIGH, replace(NOTE, priority="high")])
async def test_what_was_not_done_is_known_only_after_a_while(
    world: TicketWorld, answer: Answer, edit: EditTicket
) -> None:
    intent = await world.decide(edit)
    world.desk.fail(PUT, answer, method="PUT")
    receipt = await world.actions.perform(intent)
    assert receipt.verdict is Verdict.UNKNOWN
    assert receipt.remedy == "it is looked up before anything is sent again"
    assert (await world.verify(intent)).verdict is Verdict.UNKNOWN, "it may be on its way still"
    later = await world.verify(intent, after=SETTLED)
    assert (later.verdict, later.remedy) == (Verdict.FAILED, "send it again")
    assert later.words.startswith("it didn't arrive: ")
    assert len(world.writes()) == 1, "verifying only reads"
    assert (await world.actions.perform(intent)).verdict is Verdict.CONFIRMED
    assert world.applied()["update"] == 1


async def test_what_arrives_late_is_found_and_not_made_again(world: TicketWorld) -> None:
    intent = await world.decide(NOTE)
    world.desk.fail(PUT, world.desk.delayed(dropped()), method="PUT")
    assert (await world.actions.perform(intent)).verdict is Verdict.UNKNOWN
    assert (await world.verify(intent)).verdict is Verdict.UNKNOWN
    world.desk.arrive()
    assert (await world.verify(intent)).verdict is Verdict.CONFIRMED
    assert (await world.actions.perform(intent)).verdict is Verdict.CONFIRMED
    assert world.applied() == {"update": 1, "comment": 1}


async def test_what_arrives_after_it_was_given_up_is_found_by_the_next_try(world: TicketWorld) -> None:
    intent = await world.decide(replace(NOTE, priority="high", add_tags=("fault",)))
    world.desk.fail(PUT, world.desk.delayed(dropped()), method="PUT")
    await world.actions.perform(intent)
    assert (await world.verify(intent, after=SETTLED)).verdict is Verdict.FAILED
    world.desk.arrive()
    receipt = await world.actions.perform(intent)
    assert receipt.verdict is Verdict.CONFIRMED
    assert world.applied() == {"update": 1, "comment": 1, "tags": 1}


async def test_what_arrives_while_it_is_sent_again_is_made_once(world: TicketWorld) -> None:
    """The stamp of the second try is too old then: it is refused, and the first is found."""
    intent = await world.decide(NOTE)
    world.desk.fail(PUT, world.desk.delayed(dropped()), method="PUT")
    await world.actions.perform(intent)
    assert (await world.verify(intent, after=SETTLED)).verdict is Verdict.FAILED
    world.desk.colleague = lambda _: world.desk.arrive()
    assert (await world.actions.perform(intent)).verdict is Verdict.CONFIRMED
    assert world.applied() == {"update": 1, "comment": 1}


async def test_what_the_network_delivers_twice_is_made_once(world: TicketWorld) -> None:
    world.desk.fail(PUT, world.desk.twice, method="PUT")
    assert (await world.do(replace(NOTE, priority="high"))).verdict is Verdict.CONFIRMED
    assert world.applied() == {"update": 1, "comment": 1}


async def test_a_second_desk_finds_it_as_well(world: TicketWorld) -> None:
    """After a crash nothing is remembered but the entry."""
    intent = await lose(world, replace(NOTE, priority="high"))
    entry = world.sent(intent)
    world.clock.pass_by(3600)
    world.desk.write(5, "Thank you", author_id=201, public=True)
    again = TicketWorld(beside=world)
    receipt = await again.actions.verify(entry)
    assert receipt.verdict is Verdict.CONFIRMED
    assert (await again.actions.perform(intent)).verdict is Verdict.CONFIRMED
    assert world.applied() == {"update": 1, "comment": 1}
    await again.source.close()


# What else the reading shows


async def test_a_field_that_somebody_has_changed_since_is_said_and_left_alone(world: TicketWorld) -> None:
    intent = await lose(world, replace(NOTE, priority="high"))
    world.desk.edit(5, priority="low")
    receipt = await world.verify(intent)
    assert receipt.verdict is Verdict.CONFIRMED
    assert receipt.words == (
        "it had arrived: internal note added, priority high; but priority: low (not high)"
    )
    again = await world.actions.perform(intent)
    assert again.verdict is Verdict.CONFIRMED
    assert again.words == receipt.words
    assert world.ticket()["priority"] == "low", "what a colleague decided later isn't overruled"


async def test_a_reply_that_turned_out_to_be_a_note_is_a_failure(world: TicketWorld) -> None:
    world.desk.private_only = True
    intent = await lose(world, REPLY)
    receipt = await world.verify(intent)
    assert (receipt.verdict, receipt.words) == (
        Verdict.FAILED,
        "the client has NOT got the reply: it was recorded as an internal note",
    )
    assert receipt.remaining == EditTicket(purpose="reply")
    again = await world.actions.perform(intent)
    assert (again.verdict, again.words) == (receipt.verdict, receipt.words)
    assert world.applied()["comment"] == 1


async def test_tags_that_were_still_to_come_are_what_is_left(world: TicketWorld) -> None:
    intent = await lose(world, replace(NOTE, add_tags=("fault",)))
    assert (await world.verify(intent)).words == "the comment is there, the tags aren't yet"
    receipt = await world.verify(intent, after=SETTLED)
    assert (receipt.verdict, receipt.words) == (
        Verdict.FAILED,
        "partly done: all but the tags fault",
    )
    assert receipt.remaining == EditTicket(purpose="note", add_tags=("fault",))
    assert (await world.do(receipt.remaining)).verdict is Verdict.CONFIRMED
    assert world.applied() == {"update": 1, "comment": 1, "tags": 1}


async def test_tags_that_were_to_follow_fields_are_waited_for_as_well(world: TicketWorld) -> None:
    intent = await lose(world, EditTicket(purpose="triage", priority="high", add_tags=("fault",)))
    assert (await world.verify(intent)).words == "the tags aren't there yet"
    receipt = await world.verify(intent, after=SETTLED)
    assert (receipt.verdict, receipt.words) == (Verdict.FAILED, "partly done: all but the tags fault")
    assert receipt.remaining == EditTicket(purpose="triage", add_tags=("fault",))


async def test_lost_tags_alone(world: TicketWorld) -> None:
    edit = EditTicket(purpose="tags", add_tags=("a",), remove_tags=("first_line",))
    intent = await world.decide(edit)
    world.desk.fail(TAGS, world.desk.applied_then(dropped()), method="PUT")
    assert (await world.actions.perform(intent)).verdict is Verdict.UNKNOWN
    assert (await world.verify(intent)).words == "the tags aren't there yet"
    receipt = await world.verify(intent, after=SETTLED)
    assert receipt.remaining == EditTicket(purpose="tags", remove_tags=("first_line",))
    world.desk.fail(TAGS, dropped(), method="DELETE")
    left = await world.decide(receipt.remaining)
    assert (await world.actions.perform(left)).verdict is Verdict.UNKNOWN
    assert (await world.verify(left, after=SETTLED)).words == "it didn't arrive: the tags are as before"
    assert (await world.actions.perform(left)).verdict is Verdict.CONFIRMED
    assert world.ticket()["tags"] == ["a", "client_acme"]


async def test_the_same_words_by_somebody_else_leave_it_open(world: TicketWorld) -> None:
    intent = await world.decide(NOTE)
    world.desk.fail(PUT, dropped(), method="PUT")
    await world.actions.perform(intent)
    world.desk.write(5, NOTE.comment, author_id=104)
    receipt = await world.verify(intent, after=SETTLED)
    assert receipt.verdict is Verdict.UNKNOWN
    assert receipt.words == "the same words are there, by Agent 3; whether they are yours isn't sure"


@pytest.mark.parametrize(
    ("author", "channel", "verdict", "words"),
    [
        (102, "api", Verdict.UNKNOWN, "Agent 1 wrote since, in other words than these"),
        (102, "web", Verdict.FAILED, "it didn't arrive: the comment isn't there"),
        (103, "api", Verdict.FAILED, "it didn't arrive: the comment isn't there"),
    ],
)
async def test_a_text_that_comes_back_otherwise_than_it_was_sent_leaves_it_open(
    world: TicketWorld, author: int, channel: str, verdict: Verdict, words: str
) -> None:
    intent = await world.decide(NOTE)
    world.desk.fail(PUT, dropped(), method="PUT")
    await world.actions.perform(intent)
    row = wire_comment(90, author_id=author, public=False, plain_body="As the service has it")
    sent = world.sent(intent).sent_at
    assert sent is not None
    world.desk.comments[5] = [row | {"via": {"channel": channel}, "created_at": f"{sent:%Y-%m-%dT%H:%M:%SZ}"}]
    world.desk.edit(5, subject="Something else")
    receipt = await world.verify(intent, after=SETTLED)
    assert (receipt.verdict, receipt.words) == (verdict, words)


async def test_fields_as_wanted_without_the_comment_leave_it_open(world: TicketWorld) -> None:
    intent = await world.decide(replace(NOTE, priority="high"))
    world.desk.fail(PUT, dropped(), method="PUT")
    await world.actions.perform(intent)
    world.desk.edit(5, priority="high")
    receipt = await world.verify(intent, after=SETTLED)
    assert receipt.words == "the fields are as you wanted them, and the comment isn't there"


@pytest.mark.parametrize(
    "field",
    [
        {"priority": "normal"},
        {"assignee_id": 101, "assignee": "Agent0@example.com"},
        {"group_id": 401, "group": "1st line"},
    ],
    ids=list,
)
async def test_a_field_that_was_as_wanted_before_tells_nothing(
    world: TicketWorld, field: dict[str, Any]
) -> None:
    intent = await world.decide(replace(NOTE, **field))
    world.desk.fail(PUT, dropped(), method="PUT")
    await world.actions.perform(intent)
    world.desk.edit(5, subject="Something else")
    receipt = await world.verify(intent, after=SETTLED)
    assert (receipt.verdict, receipt.words) == (Verdict.FAILED, "it didn't arrive: the comment isn't there")


async def test_a_part_of_the_fields_leaves_it_open(world: TicketWorld) -> None:
    intent = await world.decide(EditTicket(priority="high", type="problem"))
    world.desk.fail(PUT, dropped(), method="PUT")
    await world.actions.perform(intent)
    world.desk.edit(5, type="problem")
    assert (await world.verify(intent, after=SETTLED)).words == "only a part of it is as you wanted"


async def test_more_comments_than_are_read_leave_it_open(world: TicketWorld) -> None:
    intent = await world.decide(NOTE)
    world.desk.fail(PUT, dropped(), method="PUT")
    await world.actions.perform(intent)
    entry = world.sent(intent)
    world.clock.pass_by(60)
    for number in range(101):
        world.desk.write(5, f"Busy {number}")
    receipt = await world.actions.verify(entry)
    assert receipt.words == "too much was written since to be sure that the comment isn't there"


async def test_a_comment_that_cannot_be_read_may_be_the_one(world: TicketWorld) -> None:
    """Called lost, it would be sent a second time."""
    intent = await world.decide(NOTE)
    world.desk.fail(PUT, dropped(), method="PUT")
    await world.actions.perform(intent)
    world.desk.write(5, "?")
    world.desk.comments[5][-1]["created_at"] = None
    receipt = await world.verify(intent, after=SETTLED)
    assert (receipt.verdict, receipt.words) == (
        Verdict.UNKNOWN,
        "a comment there can't be read, and may be this one",
    )


async def test_custom_fields_alone_cannot_be_read_back(world: TicketWorld) -> None:
    intent = await lose(world, EditTicket(purpose="macro", custom_fields=(FieldValue(902, "net", "Team"),)))
    assert (await world.verify(intent, after=SETTLED)).words == "custom fields can't be read back"


async def test_a_ticket_that_has_not_changed_since_proves_it(world: TicketWorld) -> None:
    intent = await world.decide(EditTicket(purpose="macro", custom_fields=(FieldValue(902, "net"),)))
    world.desk.fail(PUT, dropped(), method="PUT")
    await world.actions.perform(intent)
    receipt = await world.verify(intent, after=SETTLED)
    assert receipt.words == "it didn't arrive: the ticket hasn't changed since"


async def test_a_promise_is_looked_for_as_the_line_that_it_became(world: TicketWorld) -> None:
    promise = Promise("ring them", datetime(2026, 11, 26, 15, 0, tzinfo=UTC))
    intent = await lose(world, EditTicket(purpose="promise", promise=promise))
    assert (await world.verify(intent)).verdict is Verdict.CONFIRMED


async def test_a_comment_that_was_there_before_is_not_taken_for_it(world: TicketWorld) -> None:
    world.desk.comments[5] = [
        wire_comment(
            1, author_id=102, public=False, plain_body=NOTE.comment, created_at="2026-11-23T12:00:00Z"
        )
    ]
    world.clock.pass_by(20)
    intent = await world.decide(NOTE)
    world.desk.fail(PUT, dropped(), method="PUT")
    await world.actions.perform(intent)
    world.desk.edit(5, subject="Something else")
    receipt = await world.verify(intent, after=SETTLED)
    assert receipt.words == "it didn't arrive: the comment isn't there"


async def test_where_nothing_can_be_read_it_stays_open(world: TicketWorld) -> None:
    intent = await lose(world, NOTE)
    world.desk.fail(PUT, html_page(503), method="GET")
    receipt = await world.verify(intent)
    assert receipt.verdict is Verdict.UNKNOWN
    assert receipt.words.startswith("it couldn't be looked up: Zendesk")
    del world.desk.tickets[5]
    receipt = await world.verify(intent)
    assert receipt.verdict is Verdict.UNKNOWN
    assert receipt.words.startswith("it can't be looked up any more: ")
    assert (await world.actions.verify(world.sent(no_ticket(NOTE)))).verdict is Verdict.FAILED


# Any order of bad luck


class Luck(Enum):
    FINE = "done, and said so"
    LOST_ANSWER = "done, and the answer is lost"
    TROUBLE_AFTER = "done, and an error page is answered"
    LOST = "lost on the way, and nothing says so"
    LATE = "done later than anybody waits"
    TWICE = "delivered twice"
    COLLISION = "rolled back by their database"
    REFUSED = "too many requests"
    COLLEAGUE = "somebody changes the ticket at the same moment"


def _let(world: TicketWorld, luck: Luck, path: str) -> None:
    desk = world.desk
    faults: dict[Luck, Any] = {
        Luck.LOST_ANSWER: desk.applied_then(dropped()),
        Luck.TROUBLE_AFTER: desk.applied_then(html_page(502)),
        Luck.LOST: dropped(),
        Luck.LATE: desk.delayed(dropped()),
        Luck.TWICE: desk.twice,
        Luck.COLLISION: json_answer({"error": "DatabaseDeadlock"}, 409),
        Luck.REFUSED: json_answer({"error": "APIRateLimitExceeded"}, 429, {"Retry-After": "3"}),
    }
    if luck in faults:
        desk.fail(path, faults[luck], method="PUT")
    elif luck is Luck.COLLEAGUE:
        desk.colleague = lambda number: desk.edit(number, subject=f"{desk.tickets[number]['subject']}!")


async def _to_the_end(world: TicketWorld, intent: Intent, lucks: list[tuple[Luck, bool]]) -> Receipt:
    """What a patient person does: looks as long as it isn't known, and sends again what surely isn't done."""
    receipt = Receipt(Verdict.NOT_SENT, "")
    for luck, arrives in [*lucks, (Luck.FINE, True)]:
        _let(world, luck, PUT)
        receipt = await world.actions.perform(intent)
        entry = world.sent(intent)
        if arrives:
            world.desk.arrive()
        if receipt.verdict is Verdict.UNKNOWN:
            world.clock.pass_by(SETTLED)
            receipt = await world.actions.verify(entry)
            assert receipt.verdict is not Verdict.UNKNOWN, receipt.words
        if receipt.verdict is Verdict.CONFIRMED:
            return receipt
        world.clock.pass_by(5)
    return receipt


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(Luck), st.booleans()), max_size=4),
    st.sampled_from([NOTE, REPLY, replace(NOTE, priority="high", add_tags=("fault",)), HIGH]),
)
def test_whatever_happens_it_is_made_once(lucks: list[tuple[Luck, bool]], edit: EditTicket) -> None:
    async def live() -> None:
        world = TicketWorld()
        try:
            intent = await world.decide(edit)
            receipt = await _to_the_end(world, intent, lucks)
            world.desk.heal()
            assert receipt.verdict is Verdict.CONFIRMED, receipt.words
            world.desk.arrive()
            applied = world.applied()
            assert applied["update"] == 1
            assert applied.get("comment", 0) == bool(edit.comment)
            if edit.add_tags:
                assert "fault" in world.ticket()["tags"]
        finally:
            await world.close()

    asyncio.run(live())


@pytest.mark.parametrize(
    "edit",
    [
        EditTicket(purpose="note", comment="The cause is the disk."),
        EditTicket(purpose="priority", priority="high"),
    ],
    ids=lambda edit: edit.purpose,
)
async def test_what_arrived_within_the_second_of_the_change_before_is_not_called_lost(
    world: TicketWorld, edit: EditTicket
) -> None:
    # Stamps are whole seconds, and for half a minute nobody could look.
    world.ticket()["updated_at"] = stamp(world.clock.now())
    intent = await world.decide(edit)
    world.desk.fail(PUT, world.desk.applied_then(dropped()), method="PUT")
    assert (await world.actions.perform(intent)).verdict is Verdict.UNKNOWN
    world.ticket()["updated_at"] = stamp(intent.at)
    assert (await world.verify(intent, after=SETTLED)).verdict is Verdict.CONFIRMED
