"""What is decided about a ticket is done once, compared with what came of it, and said as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from support_desk.desk.performing.ticket_compare import comment_lines
from support_desk.desk.performing.ticket_edits import TRIES
from support_desk.domain.commands import (
    UNASSIGNED,
    Acknowledge,
    EditTicket,
    FieldValue,
    Promise,
)
from support_desk.domain.intents import FieldDifference, Seen, Verdict
from support_desk.domain.tickets import Comment
from tests.desk.ticket_world import ME, TicketWorld, no_ticket
from tests.simulators.http import (
    Answer,
    Request,
    dropped,
    html_page,
    json_answer,
    text_answer,
    throttled,
)
from tests.simulators.zendesk import wire_ticket

PUT, TAGS = "/tickets/5.json", "/tickets/5/tags.json"
NOTE = EditTicket(purpose="note", comment="Looking into it.")
REPLY = EditTicket(purpose="reply", comment="It works again.", public=True, status="pending")
COLLISION = json_answer({"error": "DatabaseConflict", "description": "Database collision"}, 409)


@pytest.fixture
async def world() -> AsyncIterator[TicketWorld]:
    world = TicketWorld()
    yield world
    await world.close()


def put(world: TicketWorld) -> dict[str, Any]:
    """What the last change of ticket 5 said."""
    sent = [request for request in world.desk.sent_to(PUT) if request.method == "PUT"]
    body: dict[str, Any] = sent[-1].json()["ticket"]
    return body


# Done


async def test_fields_and_comment_are_one_request_and_tags_one_each(world: TicketWorld) -> None:
    edit = EditTicket(
        purpose="triage",
        priority="high",
        type="problem",
        assignee_id=103,
        assignee="agent2@example.com",
        group_id=402,
        group="2nd line",
        comment="Triaged: a fault.",
        add_tags=("fault",),
        remove_tags=("first_line",),
    )
    receipt = await world.do(edit)
    assert receipt.verdict is Verdict.CONFIRMED
    assert receipt.words == (
        "internal note added, priority high, type problem, assignee agent2@example.com, group 2nd line, "
        "tags +fault -first_line"
    )
    assert not receipt.differences
    assert world.writes() == [
        ("PUT", "/tickets/5.json"),
        ("PUT", "/tickets/5/tags.json"),
        ("DELETE", "/tickets/5/tags.json"),
    ]
    assert world.applied() == {"update": 1, "comment": 1, "tags": 2}
    assert "tags" not in put(world)
    row = receipt.ticket
    assert row is not None
    assert (row.priority, row.group, row.assignee_email) == ("high", "2nd line", "agent2@example.com")
    assert sorted(row.tags) == ["client_acme", "fault"]
    assert receipt.seen is not None
    assert receipt.seen.updated_at == row.updated_at


async def test_the_newest_stamp_is_sent_not_the_one_that_was_seen(world: TicketWorld) -> None:
    intent = await world.decide(EditTicket(priority="high"))
    world.desk.edit(5, subject="Another title")
    newest = world.ticket()["updated_at"]
    assert (await world.actions.perform(intent)).verdict is Verdict.CONFIRMED
    assert (put(world)["safe_update"], put(world)["updated_stamp"]) == (True, newest)


async def test_a_ticket_is_given_back_to_nobody(world: TicketWorld) -> None:
    receipt = await world.do(EditTicket(purpose="assign", assignee_id=UNASSIGNED))
    assert (receipt.verdict, receipt.words) == (Verdict.CONFIRMED, "assignee nobody")
    assert world.ticket()["assignee_id"] is None


async def test_a_custom_status_goes_without_its_category(world: TicketWorld) -> None:
    receipt = await world.do(EditTicket(purpose="believed_solved", status="pending", custom_status_id=511))
    assert receipt.verdict is Verdict.CONFIRMED
    assert put(world)["custom_status_id"] == 511
    assert "status" not in put(world)


async def test_what_is_so_already_needs_no_request(world: TicketWorld) -> None:
    intent = await world.decide(EditTicket(priority="high", add_tags=("fault",)))
    world.desk.edit(5, priority="high", tags=["fault", "first_line"])
    receipt = await world.actions.perform(intent)
    assert (receipt.verdict, receipt.words) == (
        Verdict.CONFIRMED,
        "already so: priority high, tags +fault",
    )
    assert not world.writes()
    assert receipt.ticket is not None
    assert receipt.ticket.priority == "high", "the row on the screen is corrected by it"


async def test_an_edit_of_nothing_is_nothing(world: TicketWorld) -> None:
    receipt = await world.do(EditTicket(comment="  \n"))
    assert (receipt.verdict, receipt.words) == (Verdict.CONFIRMED, "nothing was left to be sent")
    assert not world.writes()


async def test_only_tickets_can_be_changed_here(world: TicketWorld) -> None:
    assert (await world.actions.perform(no_ticket(NOTE))).words == "not sent: there is no ticket five"
    receipt = await world.do(Acknowledge())
    assert (receipt.verdict, receipt.words) == (
        Verdict.FAILED,
        "not sent: this can't be done to a ticket",
    )
    assert not world.writes()


# Comments


@pytest.mark.parametrize("edit", [NOTE, REPLY])
async def test_public_is_always_said(world: TicketWorld, edit: EditTicket) -> None:
    assert (await world.do(edit)).verdict is Verdict.CONFIRMED
    assert put(world)["comment"]["public"] is edit.public
    assert world.desk.comments[5][-1]["public"] is edit.public


async def test_braces_arrive_as_typed(world: TicketWorld) -> None:
    text = "Set {{ .Values.image }} and {{ticket.id}}:\n  {% if x %}\n\n    deep   blanks"
    assert (await world.do(EditTicket(comment=text))).verdict is Verdict.CONFIRMED
    assert world.texts() == [text]


async def test_a_comment_appears_under_the_persons_own_name(world: TicketWorld) -> None:
    receipt = await world.do(NOTE)
    assert world.desk.comments[5][-1]["author_id"] == 102
    assert not receipt.differences


async def test_an_account_that_names_the_credential_instead_says_so(world: TicketWorld) -> None:
    world.desk.author_allowed = False
    receipt = await world.do(NOTE)
    assert receipt.verdict is Verdict.CONFIRMED
    assert receipt.differences == (FieldDifference("author", "you", "the owner of the credential"),)
    assert receipt.words == "internal note added; but author: the owner of the credential (not you)"
    assert not (await world.do(EditTicket(comment="Second"))).differences, "from then on it is known"
    assert "author_id" not in put(world)["comment"]


async def test_a_credential_that_may_not_look_at_people_writes_all_the_same(world: TicketWorld) -> None:
    world.desk.fail("/users/search", json_answer({"error": "Forbidden"}, 403), times=None)
    assert (await world.do(NOTE)).verdict is Verdict.CONFIRMED
    assert world.desk.comments[5][-1]["author_id"] == 101


async def test_a_promise_is_the_last_line_of_an_internal_note(world: TicketWorld) -> None:
    promise = Promise("ring the client", datetime(2026, 11, 26, 15, 0, tzinfo=UTC))
    assert (await world.do(replace(NOTE, promise=promise))).verdict is Verdict.CONFIRMED
    assert world.texts() == ["Looking into it.\n\nNext step by Thu 26 Nov 2026 15:00 (UTC): ring the client"]
    receipt = await world.do(replace(REPLY, promise=promise))
    assert receipt.verdict is Verdict.FAILED
    assert receipt.words.startswith("not sent: a promised next step is an internal note")
    assert world.applied()["comment"] == 1


async def test_a_role_that_may_only_note_is_told_before_anything_is_sent(world: TicketWorld) -> None:
    world.desk.me = {**world.desk.me, "only_private_comments": True}
    receipt = await world.do(REPLY)
    assert (receipt.verdict, receipt.words) == (
        Verdict.FAILED,
        "not sent: your role may only write internal notes",
    )
    assert not world.writes()
    assert (await world.do(NOTE)).verdict is Verdict.CONFIRMED


async def test_a_reply_that_was_made_an_internal_note_is_a_loud_failure(world: TicketWorld) -> None:
    world.desk.private_only = True
    receipt = await world.do(replace(REPLY, add_tags=("answered",)))
    assert receipt.verdict is Verdict.FAILED
    assert receipt.words == "the client has NOT got the reply: it was recorded as an internal note"
    assert FieldDifference("comment", "public", "internal") in receipt.differences
    assert isinstance(receipt.remaining, EditTicket)
    assert not receipt.remaining.comment
    world.desk.private_only = False
    again = await world.do(receipt.remaining)
    assert again.verdict is Verdict.CONFIRMED
    assert world.applied()["comment"] == 1, "what is left never brings the comment again"
    assert not world.desk.comments[5][-1]["public"]


async def test_the_same_words_can_be_written_a_second_time(world: TicketWorld) -> None:
    assert (await world.do(NOTE)).verdict is Verdict.CONFIRMED
    world.clock.pass_by(1)
    assert (await world.do(NOTE)).verdict is Verdict.CONFIRMED
    assert world.applied()["comment"] == 2, "two decisions are two notes"


async def test_the_same_words_of_a_colleague_are_not_taken_for_ours(world: TicketWorld) -> None:
    world.clock.pass_by(2)
    world.desk.write(5, NOTE.comment, author_id=104)
    assert (await world.do(NOTE)).verdict is Verdict.CONFIRMED
    assert world.applied()["comment"] == 1


# What isn't as intended


async def test_what_zendesk_left_out_with_a_warning_is_not_done(world: TicketWorld) -> None:
    world.desk.unwritable = {"priority"}
    receipt = await world.do(EditTicket(priority="high"))
    assert (receipt.verdict, receipt.words) == (Verdict.FAILED, "not done: Zendesk didn't take priority")
    assert receipt.differences == (FieldDifference("priority", "high", "normal"),)
    assert receipt.remaining is None


async def test_what_was_taken_in_part_says_which_part_and_keeps_the_rest(world: TicketWorld) -> None:
    world.desk.unwritable = {"priority"}
    receipt = await world.do(replace(NOTE, priority="high", add_tags=("fault",)))
    assert receipt.verdict is Verdict.FAILED
    assert receipt.words == "partly done: internal note added, tags +fault; not priority"
    assert receipt.remaining == EditTicket(purpose="note", priority="high")
    world.desk.unwritable = set()
    assert (await world.do(receipt.remaining)).verdict is Verdict.CONFIRMED
    assert world.applied()["comment"] == 1
    assert world.ticket()["priority"] == "high"


async def test_a_custom_field_that_was_left_out_is_named(world: TicketWorld) -> None:
    world.desk.unwritable = {"custom_fields"}
    receipt = await world.do(replace(NOTE, custom_fields=(FieldValue(902, "net", "Team"),)))
    assert receipt.differences == (FieldDifference("custom_fields", "as sent", "left out by Zendesk"),)
    assert receipt.words.endswith("but custom_fields: left out by Zendesk (not as sent)")


async def test_a_trigger_that_changes_a_field_again_is_shown(world: TicketWorld) -> None:
    world.desk.triggers = [lambda row: row.update(group_id=403, priority="urgent")]
    receipt = await world.do(EditTicket(priority="high", group_id=402, group="2nd line"))
    assert receipt.verdict is Verdict.CONFIRMED
    assert set(receipt.differences) == {
        FieldDifference("priority", "high", "urgent"),
        FieldDifference("group", "2nd line", "triage"),
    }
    assert "but priority: urgent (not high)" in receipt.words
    assert receipt.ticket is not None
    assert receipt.ticket.group == "triage"


async def test_a_trigger_that_takes_a_tag_off_again_is_shown(world: TicketWorld) -> None:
    world.desk.triggers = [lambda row: row.update(tags=[tag for tag in row["tags"] if tag != "fault"])]
    receipt = await world.do(EditTicket(add_tags=("fault",)))
    assert receipt.verdict is Verdict.CONFIRMED
    assert receipt.words == "tags +fault; but tag: gone again (not +fault)"


@pytest.mark.parametrize("taken", [True, False])
async def test_a_change_that_cannot_be_read_back_rests_on_the_answer(world: TicketWorld, taken: bool) -> None:
    intent = await world.decide(
        EditTicket(priority="high", assignee_id=102, assignee=ME, group_id=402, group="2nd line")
    )
    before = await world.row()

    def deaf(request: Request) -> Answer:
        world.desk.fail(PUT, html_page(502), method="GET", times=None)
        return world.desk.take(request)

    world.desk.fail(PUT, deaf, method="PUT")
    world.desk.unwritable = set() if taken else {"assignee_id", "group_id"}
    receipt = await world.actions.perform(intent)
    assert receipt.ticket is not None
    shown = (receipt.ticket.priority, receipt.ticket.assignee_email, receipt.ticket.group)
    if taken:
        assert (receipt.verdict, receipt.words) == (
            Verdict.CONFIRMED,
            f"priority high, assignee {ME}, group 2nd line",
        )
        assert receipt.evidence == ("the ticket couldn't be read back; the answer said so",)
        assert shown == ("high", ME, "2nd line")
    else:
        assert receipt.words == "partly done: priority high; not assignee, group"
        assert [row.theirs for row in receipt.differences] == ["number 101", "number 401"]
        assert shown == ("high", before.assignee_email, before.group)


async def test_the_ticket_itself_has_the_last_word(world: TicketWorld) -> None:
    """An answer that lacks a field, or names no tags, doesn't undo what the ticket shows."""

    def cut(request: Request) -> Answer:
        answer = world.desk.take(request)
        assert isinstance(answer.body, bytes)
        return replace(answer, body=answer.body.replace(b'"priority"', b'"x"'))

    edit = EditTicket(priority="high", add_tags=("fault",))
    world.desk.fail(PUT, cut, method="PUT")
    world.desk.fail(TAGS, lambda request: replace(world.desk.take(request), body=b'{"tags": []}'))
    receipt = await world.do(edit)
    assert (receipt.verdict, receipt.words) == (Verdict.CONFIRMED, "priority high, tags +fault")


# Somebody else


async def test_a_change_at_the_same_moment_is_read_and_the_edit_sent_again(world: TicketWorld) -> None:
    world.desk.colleague = lambda number: world.desk.edit(number, subject="Another title")
    receipt = await world.do(EditTicket(priority="high"))
    assert receipt.verdict is Verdict.CONFIRMED
    assert world.writes() == [("PUT", "/tickets/5.json")] * 2
    assert world.applied() == {"update": 1}


async def test_a_field_that_somebody_else_has_set_is_a_conflict(world: TicketWorld) -> None:
    intent = await world.decide(EditTicket(priority="high", type="problem"))
    world.desk.edit(5, priority="low", group_id=403)
    receipt = await world.actions.perform(intent)
    assert receipt.verdict is Verdict.CONFLICT
    assert receipt.words == "not sent: changed by somebody else since you looked: priority is low"
    assert receipt.differences == (FieldDifference("priority", "high", "low"),)
    assert not world.writes()
    assert receipt.ticket is not None
    assert receipt.ticket.group == "triage"


async def test_what_somebody_else_has_set_as_wanted_is_no_conflict(world: TicketWorld) -> None:
    intent = await world.decide(EditTicket(priority="high", type="incident"))
    world.desk.edit(5, priority="high")
    receipt = await world.actions.perform(intent)
    assert receipt.verdict is Verdict.CONFIRMED
    assert world.ticket(5)["type"] == "incident"


def test_of_new_comments_the_newest_are_told_with_who_and_when() -> None:
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    rows = [
        Comment(number, f"Sam {number}", "\nLine\nmore", number % 2 == 0, at + number * timedelta(minutes=1))
        for number in range(12)
    ]
    lines = comment_lines(rows, at + timedelta(days=1), ZoneInfo("Europe/London"))
    assert lines[:2] == ("2 older new comments, and:", "Sam 2 Mon 09:02, public: Line")
    assert lines[-1] == "Sam 11 Mon 09:11, internal: Line"
    assert len(comment_lines(rows[:10], at, UTC)) == 10


async def test_another_status_of_the_same_category_is_a_conflict_too(world: TicketWorld) -> None:
    world.desk.custom_statuses.append(
        {"id": 521, "status_category": "open", "agent_label": "With a supplier", "default": False}
    )
    intent = await world.decide(EditTicket(custom_status_id=511, custom_status="Believed solved"))
    world.desk.edit(5, custom_status_id=521)
    receipt = await world.actions.perform(intent)
    assert receipt.verdict is Verdict.CONFLICT
    wanted = FieldDifference("custom_status", "Believed solved", "With a supplier")
    assert receipt.differences == (wanted,)
    assert not world.writes()


async def test_a_conflict_at_the_moment_of_sending_keeps_the_text(world: TicketWorld) -> None:
    """409: nothing was done, the difference and the new comment are shown, and a second try goes through."""

    def meanwhile(number: int) -> None:
        world.desk.edit(number, status="pending", assignee_id=104)
        world.clock.pass_by(60)
        world.desk.write(number, "I have this.\nSecond line", author_id=104)

    intent = await world.decide(replace(REPLY, status="open", public=True))
    world.desk.colleague = meanwhile
    receipt = await world.actions.perform(intent)
    assert receipt.verdict is Verdict.CONFLICT
    assert receipt.words == (
        "not sent: changed by somebody else since you looked: status is pending, 1 new comment"
    )
    assert receipt.differences == (FieldDifference("status", "open", "pending"),)
    assert receipt.comments == ("Agent 3 Mon 12:01, internal: I have this.",)
    assert not world.applied()
    assert receipt.seen is not None
    again = await world.actions.perform(replace(intent, seen=receipt.seen))
    assert again.verdict is Verdict.CONFIRMED
    assert world.texts()[-1] == "It works again."


async def test_a_new_comment_matters_to_what_speaks_and_not_to_a_priority(world: TicketWorld) -> None:
    note, priority = await world.decide(NOTE), await world.decide(EditTicket(priority="high"))
    world.clock.pass_by(30)
    world.desk.write(5, "It is worse now!", author_id=201, public=True)
    receipt = await world.actions.perform(note)
    assert receipt.verdict is Verdict.CONFLICT
    assert receipt.comments == ("Sam Client 0 Mon 12:00, public: It is worse now!",)
    assert (await world.actions.perform(priority)).verdict is Verdict.CONFIRMED


async def test_what_this_desk_has_changed_itself_is_no_conflict(world: TicketWorld) -> None:
    first, second = (
        await world.decide(replace(NOTE, priority="high")),
        await world.decide(EditTicket(priority="low", comment="Lower after all.")),
    )
    assert (await world.actions.perform(first)).verdict is Verdict.CONFIRMED
    assert (await world.actions.perform(second)).verdict is Verdict.CONFIRMED
    assert world.ticket()["priority"] == "low"


async def test_what_a_colleague_makes_of_what_this_desk_has_changed_is_a_conflict(world: TicketWorld) -> None:
    first, second = (
        await world.decide(EditTicket(priority="high")),
        await world.decide(EditTicket(priority="low")),
    )
    await world.actions.perform(first)
    world.desk.edit(5, priority="urgent")
    receipt = await world.actions.perform(second)
    assert receipt.verdict is Verdict.CONFLICT
    assert world.ticket()["priority"] == "urgent"


async def test_a_ticket_that_never_stands_still_is_tried_again_later(world: TicketWorld) -> None:
    def again(number: int) -> None:
        world.desk.edit(number, subject="Again and again")
        world.desk.colleague = again

    world.desk.colleague = again
    receipt = await world.do(EditTicket(priority="high"))
    assert receipt.verdict is Verdict.NOT_SENT
    assert receipt.words == "not sent: the ticket keeps changing at the same moment"
    assert receipt.retry_after
    assert len(world.writes()) == TRIES
    assert not world.applied()


async def test_a_collision_in_their_database_is_tried_again_after_a_second(world: TicketWorld) -> None:
    world.desk.fail(PUT, COLLISION, method="PUT", times=2)
    assert (await world.do(NOTE)).verdict is Verdict.CONFIRMED
    assert world.clock.slept == [1.0, 1.0]
    assert world.applied() == {"update": 1, "comment": 1}
    world.desk.fail(PUT, COLLISION, method="PUT", times=TRIES)
    assert (await world.do(EditTicket(priority="low"))).verdict is Verdict.NOT_SENT


# Tags


async def test_tags_are_never_replaced_as_a_list(world: TicketWorld) -> None:
    intent = await world.decide(EditTicket(purpose="tags", add_tags=("a",), remove_tags=("first_line",)))
    world.desk.edit(5, tags=["client_acme", "first_line", "by_a_colleague"])
    assert (await world.actions.perform(intent)).verdict is Verdict.CONFIRMED
    assert world.ticket()["tags"] == ["a", "by_a_colleague", "client_acme"]
    assert world.applied() == {"tags": 2}


async def test_tags_do_not_mind_what_else_has_changed(world: TicketWorld) -> None:
    world.desk.triggers = [lambda row: row.update(subject=row["subject"] + "!")]
    world.desk.colleague = lambda number: world.desk.write(number, "Hello", author_id=104)
    receipt = await world.do(EditTicket(purpose="tags", add_tags=("a",), remove_tags=("first_line",)))
    assert receipt.verdict is Verdict.CONFIRMED
    assert world.ticket()["tags"] == ["a", "client_acme"]


async def test_a_tag_in_another_form_is_shown(world: TicketWorld) -> None:
    receipt = await world.do(EditTicket(purpose="tags", add_tags=("Two Words",)))
    assert receipt.verdict is Verdict.CONFIRMED
    assert receipt.differences == (FieldDifference("tag", "Two Words", "two, words"),)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (json_answer({"error": {"title": "Forbidden", "message": "No"}}, 403), "not allowed (No)"),
        (throttled("40"), "too many requests, 40 s to wait"),
        (
            json_answer({"error": "RecordInvalid", "details": {"tags": [{"description": "Tags: bad"}]}}, 422),
            "bad",
        ),
    ],
)
async def test_tags_that_are_refused_after_the_rest_was_done(
    world: TicketWorld, answer: Answer, why: str
) -> None:
    world.desk.fail(TAGS, answer)
    receipt = await world.do(replace(REPLY, add_tags=("fault",), remove_tags=("first_line",)))
    assert receipt.verdict is Verdict.FAILED
    assert receipt.words.startswith(
        "partly done: reply sent to the client, status pending; not tags fault, first_line ("
    )
    assert why in receipt.words
    assert receipt.remedy == "send it again for what is left"
    left = receipt.remaining
    assert left == EditTicket(purpose="reply", add_tags=("fault",), remove_tags=("first_line",), public=True)
    assert (await world.do(left)).verdict is Verdict.CONFIRMED
    assert world.applied() == {"update": 1, "comment": 1, "tags": 2}


async def test_tags_alone_that_only_have_to_wait_are_tried_again_by_themselves(world: TicketWorld) -> None:
    edit = EditTicket(purpose="tags", add_tags=("fault",))
    world.desk.fail(TAGS, throttled("3"))
    receipt = await world.do(edit)
    assert (receipt.verdict, receipt.retry_after) == (Verdict.NOT_SENT, 3.0)
    assert "too many requests" in receipt.words
    assert (await world.do(edit)).verdict is Verdict.CONFIRMED
    assert world.applied() == {"tags": 1}


async def test_tags_that_keep_colliding_are_partly_done(world: TicketWorld) -> None:
    world.desk.fail(TAGS, COLLISION, times=TRIES)
    receipt = await world.do(replace(NOTE, add_tags=("fault",)))
    assert receipt.words.startswith("partly done: internal note added; not tags fault (")
    assert len(world.writes("/tags")) == TRIES


async def test_a_lost_answer_to_the_tags_is_not_known_and_says_what_is(world: TicketWorld) -> None:
    world.desk.fail(TAGS, world.desk.applied_then(dropped()))
    intent = await world.decide(replace(NOTE, add_tags=("fault",)))
    receipt = await world.actions.perform(intent)
    assert receipt.verdict is Verdict.UNKNOWN
    assert receipt.words == "internal note added; sent; whether its tags were changed isn't known"
    assert (await world.verify(intent)).verdict is Verdict.CONFIRMED
    assert world.applied() == {"update": 1, "comment": 1, "tags": 1}


# Refused, or not to be reached


@pytest.mark.parametrize("variant", ["status", "base", "ClosedTicket"])
async def test_a_ticket_that_is_closed_at_the_last_moment(world: TicketWorld, variant: str) -> None:
    world.desk.closed_variant = variant
    world.desk.colleague = lambda number: world.desk.edit(number, status="closed")
    receipt = await world.do(NOTE)
    assert receipt.verdict is Verdict.FAILED
    assert "the ticket is closed, and a closed one can't be changed" in receipt.words
    assert receipt.remedy == "open a follow-up in the browser (o); what you have written is kept"
    assert not world.applied()


async def test_a_ticket_that_was_closed_before(world: TicketWorld) -> None:
    intent = await world.decide(NOTE)
    world.desk.edit(5, status="closed")
    receipt = await world.actions.perform(intent)
    assert receipt.words == "not sent: the ticket is closed, and a closed one can't be changed"
    assert not world.writes()
    assert receipt.ticket is not None
    assert receipt.ticket.status == "closed"


async def test_a_ticket_that_is_gone(world: TicketWorld) -> None:
    intent = await world.decide(NOTE)
    del world.desk.tickets[5]
    receipt = await world.actions.perform(intent)
    assert (receipt.verdict, receipt.words) == (
        Verdict.FAILED,
        "not sent: ticket 5 isn't there any more",
    )
    assert receipt.remedy.endswith("what you have written is kept")


async def test_a_field_that_is_missing_is_named(world: TicketWorld) -> None:
    world.desk.required_to_solve = {"cause"}
    receipt = await world.do(EditTicket(status="solved"))
    assert receipt.verdict is Verdict.FAILED
    assert "Cause: is required when solving a ticket" in receipt.words


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (json_answer({"error": {"title": "Forbidden", "message": "No"}}, 403), Verdict.FAILED),
        (json_answer({"error": "Couldn't authenticate you"}, 401), Verdict.FAILED),
        (json_answer({"error": "RecordNotFound"}, 404), Verdict.FAILED),
        (json_answer({"error": "Strange"}, 409), Verdict.FAILED),
        (throttled("7"), Verdict.NOT_SENT),
        (throttled(), Verdict.NOT_SENT),
        (text_answer(429, "slow down"), Verdict.NOT_SENT),
    ],
)
async def test_a_refusal_is_surely_not_done(world: TicketWorld, answer: Answer, verdict: Verdict) -> None:
    world.desk.fail(PUT, answer, method="PUT")
    receipt = await world.do(NOTE)
    assert receipt.verdict is verdict
    assert receipt.words.startswith("Zendesk: ")
    assert receipt.remedy
    assert not world.applied()
    if answer.status == 429:
        assert receipt.retry_after == (7.0 if "Retry-After" in answer.headers else None)


async def test_where_the_ticket_cannot_be_looked_at_nothing_is_sent(world: TicketWorld) -> None:
    intent = await world.decide(NOTE)
    world.desk.fail(PUT, html_page(503), method="GET", times=None)
    assert (await world.actions.perform(intent)).verdict is Verdict.NOT_SENT
    world.desk.close()
    assert (await world.actions.perform(intent)).verdict is Verdict.NOT_SENT
    assert not world.writes()


async def test_thirty_changes_in_ten_minutes_are_not_run_into(world: TicketWorld) -> None:
    for number in range(30):
        receipt = await world.do(EditTicket(priority=("high", "low")[number % 2]))
        assert receipt.verdict is Verdict.CONFIRMED
        world.clock.pass_by(1)
    receipt = await world.do(EditTicket(priority="high"))
    assert receipt.verdict is Verdict.NOT_SENT
    assert receipt.retry_after == pytest.approx(571, abs=2)
    assert "30 times in ten minutes" in receipt.words
    assert world.applied() == {"update": 30}
    assert (await world.do(EditTicket(priority="high"), 6)).verdict is Verdict.CONFIRMED, (
        "others aren't held up"
    )
    world.clock.pass_by(receipt.retry_after or 0)
    assert (await world.do(EditTicket(priority="high"))).verdict is Verdict.CONFIRMED


async def test_what_was_seen_may_be_unknown(world: TicketWorld) -> None:
    """A decision on a ticket that was opened by its number, or by an older version of this program."""
    world.desk.add(wire_ticket(8, assignee_id=None, group_id=None, priority=None, type=None))
    intent = replace(await world.decide(EditTicket(priority="high", status="pending"), 8), seen=Seen())
    assert (await world.actions.perform(intent)).verdict is Verdict.CONFIRMED
