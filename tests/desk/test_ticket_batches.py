"""The same change of many tickets is one request, and each of them has an answer of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from support_desk.domain.commands import EditTicket, Promise
from support_desk.domain.intents import FieldDifference, Intent, Receipt, Verdict
from tests.desk.ticket_world import TicketWorld
from tests.simulators.http import Answer, Request, dropped, html_page, json_answer, throttled
from tests.simulators.zendesk import NOW, wire_ticket

MANY = "/tickets/update_many.json"
TAGS = EditTicket(purpose="tags", add_tags=("incident_7",), remove_tags=("first_line",))
NOTE = EditTicket(purpose="note", comment="Same cause as {{incident}} 7.", priority="high")
HIGH = EditTicket(purpose="priority", priority="high")


@pytest.fixture
async def world() -> AsyncIterator[TicketWorld]:
    world = TicketWorld()
    yield world
    await world.close()


async def do(world: TicketWorld, intents: Sequence[Intent]) -> list[Receipt]:
    """The receipts, in the order of the intents."""
    assert world.actions.batches(intents)
    receipts = await world.actions.perform_batch(intents)
    return [receipts[intent.id] for intent in intents]


def verdicts(receipts: Sequence[Receipt]) -> list[str]:
    return [receipt.verdict.value for receipt in receipts]


async def test_one_request_for_all(world: TicketWorld) -> None:
    receipts = await do(world, await world.decide_all(TAGS))
    assert verdicts(receipts) == ["confirmed"] * 3
    assert {receipt.words for receipt in receipts} == {"tags +incident_7 -first_line"}
    assert world.writes("/tickets/") == [("PUT", MANY)]
    assert [world.ticket(number)["tags"] for number in (5, 6, 7)] == [["client_acme", "incident_7"]] * 3
    assert all(receipt.ticket and "incident_7" in receipt.ticket.tags for receipt in receipts)


async def test_a_note_on_all_of_them_is_explicitly_internal_and_arrives_as_typed(world: TicketWorld) -> None:
    receipts = await do(world, await world.decide_all(NOTE))
    assert verdicts(receipts) == ["confirmed"] * 3
    for number in (5, 6, 7):
        comment = world.desk.comments[number][-1]
        assert (comment["plain_body"], comment["public"], comment["author_id"]) == (NOTE.comment, False, 102)
    body = world.desk.sent_to(MANY)[-1].json()["ticket"]
    assert body["comment"]["public"] is False


async def test_what_never_goes_that_way(world: TicketWorld) -> None:
    same = await world.decide_all(TAGS)
    assert not world.actions.batches(same[:1])
    assert not world.actions.batches([*same, same[0]]), "a ticket twice"
    assert not world.actions.batches(await world.decide_all(replace(NOTE, public=True))), "clients read it"
    assert not world.actions.batches([same[0], *(await world.decide_all(HIGH, [6]))]), "not the same"
    assert not world.actions.batches(
        [replace(same[0], target=replace(same[0].target, id=str(n))) for n in range(101)]
    )


async def test_one_that_fails_says_why_and_the_others_are_done(world: TicketWorld) -> None:
    world.desk.job_failures = {6: "TicketUpdateFailed"}
    receipts = await do(world, await world.decide_all(HIGH))
    assert verdicts(receipts) == ["confirmed", "failed", "confirmed"]
    assert receipts[1].words == "not done: TicketUpdateFailed; It failed"
    assert world.ticket(6)["priority"] == "normal"


async def test_closed_gone_and_done_already_are_told_without_a_request_for_them(world: TicketWorld) -> None:
    world.desk.add(wire_ticket(8), wire_ticket(9))
    intents = await world.decide_all(HIGH, [5, 6, 7, 8, 9])
    world.desk.edit(5, status="closed")
    del world.desk.tickets[6]
    world.desk.edit(7, priority="high")
    world.desk.add(wire_ticket(10))
    intents += await world.decide_all(HIGH, [10])
    world.desk.edit(10, status=["open"])
    receipts = await do(world, intents)
    assert verdicts(receipts) == ["failed", "failed", "confirmed", "confirmed", "confirmed", "failed"]
    assert receipts[0].words == "not sent: the ticket is closed, and a closed one can't be changed"
    # Where one of the rows can't be read, any of those that are missing may be that one.
    assert [receipts[place].words for place in (1, 5)] == [
        f"not sent: ticket {number} couldn't be read" for number in (6, 10)
    ]
    world.desk.tickets.pop(10)
    world.desk.add(wire_ticket(11))
    gone = await do(world, [*intents[1:2], *await world.decide_all(HIGH, [11])])
    assert gone[0].words == "not sent: ticket 6 isn't there"
    assert receipts[2].words == "already so: priority high"
    assert world.desk.sent_to(MANY)[-1].param("ids") == "8,9"


async def test_tags_of_a_closed_ticket_can_be_changed_in_bulk(world: TicketWorld) -> None:
    intents = await world.decide_all(TAGS)
    world.desk.edit(5, status="closed")
    assert verdicts(await do(world, intents)) == ["confirmed"] * 3


@pytest.mark.parametrize(
    "edit", [HIGH, replace(HIGH, add_tags=("seen",)), replace(HIGH, comment="Looked at.")]
)
async def test_what_a_colleague_has_changed_is_a_conflict_for_that_ticket_only(
    world: TicketWorld, edit: EditTicket
) -> None:
    intents = await world.decide_all(edit)
    world.desk.edit(6, priority="low")
    receipts = await do(world, intents)
    assert verdicts(receipts) == ["confirmed", "conflict", "confirmed"]
    assert receipts[1].differences == (FieldDifference("priority", "high", "low"),)


async def test_a_note_on_a_ticket_that_was_written_to_goes_alone_and_asks(world: TicketWorld) -> None:
    intents = await world.decide_all(NOTE)
    world.clock.pass_by(30)
    world.desk.write(6, "It works again, thank you!", author_id=201, public=True)
    world.desk.edit(7, subject="Another title")
    receipts = await do(world, intents)
    assert verdicts(receipts) == ["confirmed", "conflict", "confirmed"]
    assert receipts[1].comments == ("Sam Client 0 Mon 12:00, public: It works again, thank you!",)
    assert [len(world.texts(number)) for number in (5, 6, 7)] == [1, 1, 1]


async def test_what_was_not_taken_says_so(world: TicketWorld) -> None:
    world.desk.unwritable = {"priority"}
    receipts = await do(world, await world.decide_all(HIGH))
    assert verdicts(receipts) == ["failed"] * 3
    assert receipts[0].words == "not done: Zendesk didn't take priority"
    assert receipts[0].differences == (FieldDifference("priority", "high", "normal"),)
    noted = await do(world, await world.decide_all(NOTE))
    assert noted[0].words == "partly done: not priority"
    assert noted[0].remaining == EditTicket(purpose="note", priority="high"), "the note is there"
    assert receipts[0].remaining is None, "nothing of it was done"


async def test_half_of_it_is_done_where_the_other_half_holds_or_is_not_taken(world: TicketWorld) -> None:
    both = EditTicket(purpose="triage", priority="high", type="task")
    world.desk.edit(5, priority="high")
    assert verdicts(await do(world, await world.decide_all(both))) == ["confirmed"] * 3
    assert {(world.ticket(number)["priority"], world.ticket(number)["type"]) for number in (5, 6, 7)} == {
        ("high", "task")
    }
    world.desk.unwritable = {"priority"}
    receipts = await do(world, await world.decide_all(replace(both, priority="low", type="question")))
    assert {receipt.words for receipt in receipts} == {"partly done: not priority"}


async def test_what_does_not_go_together_is_done_one_by_one_all_the_same(world: TicketWorld) -> None:
    intents = await world.decide_all(EditTicket(purpose="reply", comment="It is back.", public=True))
    receipts = await world.actions.perform_batch(intents)
    assert verdicts([receipts[intent.id] for intent in intents]) == ["confirmed"] * 3
    assert [world.texts(number) for number in (5, 6, 7)] == [["It is back."]] * 3


async def test_each_field_is_judged_by_its_own_name(world: TicketWorld) -> None:
    hand_on = EditTicket(
        purpose="assign", assignee_id=103, assignee="Agent2@example.com", group_id=402, group="2nd LINE"
    )
    assert verdicts(await do(world, await world.decide_all(hand_on))) == ["confirmed"] * 3
    world.desk.unwritable = {"group_id"}
    back = replace(hand_on, assignee_id=102, assignee="agent1@example.com", group_id=403, group="triage")
    receipts = await do(world, await world.decide_all(back))
    assert {receipt.words for receipt in receipts} == {"partly done: not group"}
    assert receipts[0].differences == (FieldDifference("group", "triage", "2nd line"),)
    world.desk.unwritable = {"assignee_id"}
    receipts = await do(
        world, await world.decide_all(replace(back, assignee_id=104, assignee="x@example.com"))
    )
    assert receipts[0].differences == (FieldDifference("assignee", "x@example.com", "agent1@example.com"),)


async def test_tags_are_judged_as_the_fields_are(world: TicketWorld) -> None:
    world.desk.unwritable = {"priority"}
    receipts = await do(world, await world.decide_all(replace(TAGS, priority="high")))
    assert {receipt.words for receipt in receipts} == {"partly done: not priority"}
    world.desk.triggers = [lambda row: row.update(tags=["another"])]
    receipts = await do(world, await world.decide_all(replace(TAGS, remove_tags=(), add_tags=("new",))))
    assert verdicts(receipts) == ["failed"] * 3
    assert {receipt.words for receipt in receipts} == {"not done: Zendesk didn't take tags"}


async def test_a_trigger_is_shown(world: TicketWorld) -> None:
    world.desk.triggers = [lambda row: row.update(priority="urgent")]
    receipts = await do(world, await world.decide_all(HIGH))
    assert verdicts(receipts) == ["confirmed"] * 3
    assert receipts[0].words == "priority high; but priority: urgent (not high)"


# Bad ends


@pytest.mark.parametrize("edit", [HIGH, TAGS, NOTE])
async def test_a_lost_answer_is_found_for_each(world: TicketWorld, edit: EditTicket) -> None:
    world.desk.fail(MANY, world.desk.applied_then(dropped()))
    intents = await world.decide_all(edit)
    assert verdicts(await do(world, intents)) == ["unknown"] * 3
    for intent in intents:
        assert (await world.verify(intent)).verdict is Verdict.CONFIRMED
    assert [world.desk.applied["update", number] for number in (5, 6, 7)] == [1, 1, 1]


@pytest.mark.parametrize("edit", [HIGH, TAGS, NOTE])
async def test_what_was_lost_on_the_way_is_known_after_a_while(world: TicketWorld, edit: EditTicket) -> None:
    world.desk.fail(MANY, dropped())
    intents = await world.decide_all(edit)
    assert verdicts(await do(world, intents)) == ["unknown"] * 3
    assert (await world.verify(intents[0], after=60)).verdict is Verdict.UNKNOWN, "jobs take their time"
    receipt = await world.verify(intents[0], after=121)
    assert (receipt.verdict, receipt.remedy) == (Verdict.FAILED, "send it again")
    assert (await world.actions.perform(intents[0])).verdict is Verdict.CONFIRMED


async def test_a_job_that_is_worked_off_slowly_is_waited_for(world: TicketWorld) -> None:
    world.desk.job_polls = 9
    assert verdicts(await do(world, await world.decide_all(HIGH))) == ["confirmed"] * 3
    assert world.clock.slept[:4] == [0.5, 1.0, 1.0, 2.0]


async def test_a_look_at_a_job_that_fails_now_and_then_is_not_its_end(world: TicketWorld) -> None:
    world.desk.job_polls = 3
    world.desk.fail("/job_statuses", throttled("9"))
    world.desk.fail("/job_statuses", html_page(502))
    receipts = await do(world, await world.decide_all(NOTE))
    assert verdicts(receipts) == ["confirmed"] * 3, "whether a note is there only the job tells"
    assert 9.0 in world.clock.slept


async def test_a_job_that_is_forgotten_leaves_what_the_tickets_show(world: TicketWorld) -> None:
    world.desk.fail("/job_statuses", json_answer({"error": "RecordNotFound"}, 404), times=None)
    receipts = await do(world, await world.decide_all(HIGH))
    assert verdicts(receipts) == ["confirmed"] * 3
    assert receipts[0].words == "it had arrived: priority high"
    world.desk.edit(5, subject="x")
    notes = await do(world, await world.decide_all(replace(NOTE, priority="low")))
    assert verdicts(notes) == ["unknown"] * 3, "a note can't be told from the list"
    assert "the helpdesk doesn't know it any more" in notes[0].words


@pytest.mark.parametrize("edit", [HIGH, TAGS, NOTE])
async def test_a_job_that_is_forgotten_may_still_be_worked_off(world: TicketWorld, edit: EditTicket) -> None:
    intents = await world.decide_all(edit)
    job = {"id": "f00", "status": "queued", "message": None, "results": None}
    world.desk.fail(MANY, json_answer({"job_status": job}))
    receipts = await do(world, intents)
    assert verdicts(receipts) == ["unknown"] * 3, "nobody may send it again without a look"
    assert "the helpdesk doesn't know it any more" in receipts[0].words


async def test_a_job_whose_end_cannot_be_read_or_takes_for_ever(world: TicketWorld) -> None:
    world.desk.fail("/job_statuses", html_page(502), times=3)
    assert verdicts(await do(world, await world.decide_all(HIGH))) == ["confirmed"] * 3
    world.desk.heal()
    world.desk.job_polls = 1000
    receipts = await do(world, await world.decide_all(replace(NOTE, priority="low")))
    assert verdicts(receipts) == ["unknown"] * 3
    assert "it takes longer than two minutes" in receipts[0].words


@pytest.mark.parametrize("edit", [NOTE, TAGS, HIGH], ids=lambda edit: edit.purpose)
async def test_what_the_helpdesk_still_works_on_is_not_called_lost(
    world: TicketWorld, edit: EditTicket
) -> None:
    # Queued for four minutes: whoever reads "it didn't arrive" sends it again, and it is done twice.
    waiting = {"job_status": {"id": "j4", "status": "queued"}}
    world.desk.fail("/update_many", json_answer(waiting))
    world.desk.fail("/job_statuses", json_answer(waiting), times=None)
    intents = await world.decide_all(edit)
    assert verdicts(await do(world, intents)) == ["unknown"] * 3
    found = [await world.verify(intent, after=200) for intent in intents]
    assert verdicts(found) == ["unknown"] * 3
    world.desk.heal()
    world.desk.fail(
        "/job_statuses", json_answer({"job_status": {"id": "j4", "status": "killed"}}), times=None
    )
    found = [await world.verify(intent, after=200) for intent in intents]
    assert verdicts(found) == ["failed"] * 3


async def test_a_job_that_was_killed_before_it_did_anything(world: TicketWorld) -> None:
    intents = await world.decide_all(HIGH)
    world.desk.fail(
        MANY,
        json_answer({"job_status": {"id": "f00", "status": "killed", "message": "Stopped", "results": None}}),
    )
    receipts = await do(world, intents)
    assert verdicts(receipts) == ["failed"] * 3
    assert receipts[0].words == "it didn't arrive: Stopped"
    assert receipts[0].remedy == "send it again"


async def test_too_many_jobs_or_requests_are_waited_for(world: TicketWorld) -> None:
    world.desk.too_many_jobs = True
    receipts = await do(world, await world.decide_all(HIGH))
    assert verdicts(receipts) == ["not_sent"] * 3
    assert receipts[0].retry_after == 30
    world.desk.too_many_jobs = False
    world.desk.fail(MANY, throttled("9"))
    assert [r.retry_after for r in await do(world, await world.decide_all(HIGH))] == [9.0] * 3


async def test_where_the_tickets_cannot_be_looked_at_nothing_is_sent(world: TicketWorld) -> None:
    intents = await world.decide_all(HIGH)
    world.desk.fail("/show_many", html_page(503), times=None)
    assert verdicts(await do(world, intents)) == ["not_sent"] * 3
    assert not world.writes("/tickets/")


async def test_what_cannot_be_read_back_rests_on_the_job(world: TicketWorld) -> None:
    intents = await world.decide_all(HIGH)
    world.desk.job_polls = 0

    def deaf(request: Request) -> Answer:
        world.desk.fail("/show_many", html_page(503), times=None)
        return world.desk.route(request)

    world.desk.fail(MANY, deaf)
    receipts = await do(world, intents)
    assert verdicts(receipts) == ["confirmed"] * 3
    assert receipts[0].evidence == ("the helpdesk says so; the ticket couldn't be read back",)


async def test_a_promise_for_all_of_them(world: TicketWorld) -> None:
    edit = EditTicket(purpose="promise", promise=Promise("ring them", NOW))
    assert verdicts(await do(world, await world.decide_all(edit))) == ["confirmed"] * 3
    assert world.texts(6) == ["Next step by Mon 23 Nov 2026 12:00 (UTC): ring them"]


async def test_what_this_desk_did_in_bulk_is_no_conflict_afterwards(world: TicketWorld) -> None:
    first, second = await world.decide_all(HIGH), await world.decide_all(replace(HIGH, priority="low"))
    assert verdicts(await do(world, first)) == ["confirmed"] * 3
    assert verdicts(await do(world, second)) == ["confirmed"] * 3
    third = await world.decide_all(replace(NOTE, priority="urgent"))
    assert verdicts(await do(world, third)) == ["confirmed"] * 3
    world.clock.pass_by(60)
    stale = replace(third[0], id="0" * 32, command=EditTicket(priority="low"), seen=first[0].seen)
    assert (await world.actions.perform(stale)).verdict is Verdict.CONFIRMED


async def test_the_note_of_a_bulk_change_is_nobody_else_s(world: TicketWorld) -> None:
    intents = await world.decide_all(NOTE)
    # Decided while the helpdesk worked the first one off.
    world.clock.pass_by(1)
    later = await world.decide(EditTicket(purpose="note", comment="And it is fixed."))
    world.clock.pass_by(9)
    assert verdicts(await do(world, intents)) == ["confirmed"] * 3
    assert (await world.actions.perform(later)).verdict is Verdict.CONFIRMED
    world.clock.pass_by(60)
    asked = await world.decide(EditTicket(purpose="note", comment="Closed."))
    world.clock.pass_by(60)
    world.desk.write(5, "It is back", author_id=201, public=True)
    assert (await world.actions.perform(asked)).verdict is Verdict.CONFLICT


@pytest.mark.parametrize(
    ("edit", "field", "told"),
    [
        (EditTicket("believed_solved", custom_status_id=511), "custom_status_id", "custom_status"),
        (EditTicket("problem", type="incident", problem_id=6), "problem_id", "problem"),
    ],
    ids=["status", "problem"],
)
async def test_what_a_row_cannot_tell_is_read_back_all_the_same(
    world: TicketWorld, edit: EditTicket, field: str, told: str
) -> None:
    intents = await world.decide_all(edit, (5, 7))
    assert verdicts(await do(world, intents)) == ["confirmed"] * 2
    world.ticket(5)[field] = world.ticket(7)[field] = None
    world.desk.unwritable = {field}
    receipts = await do(world, await world.decide_all(edit, (5, 7)))
    assert verdicts(receipts) == ["failed"] * 2, "the job says that all went well"
    assert told in receipts[0].words
