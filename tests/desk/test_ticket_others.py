"""Merging, side conversations, and a ticket that is made of an alert: once each, and proved."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest

from support_desk.desk.intents import intents_of
from support_desk.desk.performing.alerts import AlertPerformer
from support_desk.domain.commands import MergeTicket, RaiseTicket, SideConversation
from support_desk.domain.intents import Entry, Intent, Phase, Receipt, Verdict
from support_desk.sources.errors import Unreachable
from support_desk.sources.fixtures import DEMO_START
from support_desk.sources.fixtures.alert_writer import FixtureAlertWriter
from support_desk.sources.fixtures.changes import ChangedWorld
from support_desk.sources.fixtures.sources import FixtureAlerts
from tests.desk.ticket_world import LONDON, ME, EagerClock, TicketWorld
from tests.simulators.http import dropped, html_page, json_answer, throttled
from tests.simulators.zendesk_writes import WritableZendesk

MERGE = MergeTicket(6, "Same fault as {{ticket.id}}.")
TALK = SideConversation(("ops@example.com",), "Certificate", "Could you renew {{it}}?")
RAISE = RaiseTicket("5xx at Acme", "See {{ .Values }}.", priority="high", group_id=402, tags=("client_acme",))

_ids = count(7_000_000)


@pytest.fixture
async def world() -> AsyncIterator[TicketWorld]:
    world = TicketWorld()
    world.desk.has_side_conversations = True
    yield world
    await world.close()


# Merging


async def test_a_merge_is_followed_until_the_ticket_is_closed(world: TicketWorld) -> None:
    receipt = await world.do(MERGE)
    assert (receipt.verdict, receipt.words) == (Verdict.CONFIRMED, "merged into #6, and closed")
    assert receipt.evidence == ("tagged closed_by_merge",)
    assert receipt.ticket is not None
    assert receipt.ticket.status == "closed"
    assert world.texts(5) == world.texts(6) == [MERGE.comment], "as typed"
    assert not any(row["public"] for row in world.desk.comments[5] + world.desk.comments[6])


async def test_nothing_is_merged_that_has_changed_or_cannot_be(world: TicketWorld) -> None:
    assert (await world.do(MergeTicket(5))).words == "not sent: a ticket can't be merged into itself"
    intent = await world.decide(MERGE)
    world.clock.pass_by(60)
    world.desk.write(5, "Please don't", author_id=201, public=True)
    receipt = await world.actions.perform(intent)
    assert receipt.verdict is Verdict.CONFLICT
    assert receipt.comments == ("Sam Client 0 Mon 12:01, public: Please don't",)
    world.desk.edit(6, status="closed")
    assert (await world.do(MERGE)).words == "not sent: #6 is closed"
    del world.desk.tickets[6]
    assert (await world.do(MERGE)).words == "not sent: #6 isn't there"
    world.desk.edit(5, status="closed")
    assert (await world.do(MERGE)).words == "not sent: the ticket is closed already"
    assert not world.applied()


async def test_a_lost_merge_is_found_by_its_ticket(world: TicketWorld) -> None:
    world.desk.fail("/merge", world.desk.applied_then(dropped()))
    intent = await world.decide(MERGE)
    assert (await world.actions.perform(intent)).verdict is Verdict.UNKNOWN
    receipt = await world.verify(intent)
    assert (receipt.verdict, receipt.words) == (Verdict.CONFIRMED, "merged into #6, and closed")
    again = await world.actions.perform(intent)
    assert (again.verdict, again.words) == (Verdict.CONFIRMED, "already so: closed by a merge")
    assert world.applied() == {"merge": 1}


async def test_a_colleague_s_merge_into_another_ticket_is_not_ours(world: TicketWorld) -> None:
    def merged_into_seven(_: int) -> None:
        world.desk.edit(5, status="closed", tags=["closed_by_merge"])
        world.desk.write(5, 'This request was closed and merged into request #7 "Same".', public=False)

    world.desk.fail("/merge", dropped())
    intent = await world.decide(MergeTicket(6))
    assert (await world.actions.perform(intent)).verdict is Verdict.UNKNOWN
    merged_into_seven(5)
    receipt = await world.verify(intent)
    told = "not merged into #6: somebody has merged it into #7 meanwhile"
    assert (receipt.verdict, receipt.words) == (Verdict.FAILED, told)
    world.desk.edit(5, status="open", tags=[])
    intent = await world.decide(MergeTicket(6))
    world.desk.colleague = merged_into_seven
    assert (await world.actions.perform(intent)).words == "already so: closed by a merge"
    assert not world.applied()


async def test_a_merge_that_never_came_is_known_after_two_minutes(world: TicketWorld) -> None:
    world.desk.fail("/merge", dropped())
    intent = await world.decide(MERGE)
    assert (await world.actions.perform(intent)).verdict is Verdict.UNKNOWN
    assert (await world.verify(intent, after=60)).verdict is Verdict.UNKNOWN, "jobs take their time"
    receipt = await world.verify(intent, after=121)
    assert (receipt.verdict, receipt.words) == (Verdict.FAILED, "it didn't arrive: the ticket isn't closed")


async def test_a_ticket_that_was_closed_otherwise_is_no_proof_of_a_merge(world: TicketWorld) -> None:
    world.desk.fail("/merge", dropped())
    intent = await world.decide(MERGE)
    await world.actions.perform(intent)
    world.desk.edit(5, status="closed")
    assert (await world.verify(intent, after=121)).verdict is Verdict.FAILED


async def test_a_merge_that_their_side_refuses_or_never_finishes(world: TicketWorld) -> None:
    world.desk.fail(
        "/merge",
        json_answer(
            {"job_status": {"id": "f00", "status": "failed", "message": "Cannot merge", "results": []}}
        ),
    )
    receipt = await world.do(MERGE)
    assert (receipt.verdict, receipt.words) == (Verdict.FAILED, "not merged: Cannot merge")
    world.desk.fail("/merge", json_answer({"job_status": {"id": "f01", "status": "queued"}}))
    world.desk.fail(
        "/job_statuses", json_answer({"job_status": {"id": "f01", "status": "working"}}), times=None
    )
    receipt = await world.do(MERGE)
    assert (receipt.verdict, receipt.words) == (
        Verdict.UNKNOWN,
        "the merge into #6 was taken, and isn't done yet",
    )


async def test_a_merge_that_the_helpdesk_still_works_on_is_not_called_lost(world: TicketWorld) -> None:
    world.desk.fail("/merge", json_answer({"job_status": {"id": "f01", "status": "queued"}}))
    world.desk.fail(
        "/job_statuses", json_answer({"job_status": {"id": "f01", "status": "queued"}}), times=None
    )
    intent = await world.decide(MERGE)
    assert (await world.actions.perform(intent)).verdict is Verdict.UNKNOWN
    receipt = await world.verify(intent, after=200)
    assert (receipt.verdict, receipt.words) == (Verdict.UNKNOWN, "the ticket isn't closed yet")
    world.desk.edit(5, status="closed", tags=["closed_by_merge"])
    assert (await world.verify(intent, after=200)).verdict is Verdict.CONFIRMED


async def test_nor_after_a_restart(world: TicketWorld) -> None:
    waiting = json_answer({"job_status": {"id": "f01", "status": "queued"}})
    world.desk.fail("/merge", waiting)
    world.desk.fail("/job_statuses/f01", waiting, times=None)
    intent = await world.decide(MERGE)
    await world.actions.perform(intent)
    after = TicketWorld(beside=world)
    after.taken = world.taken
    receipt = await after.verify(intent, after=200)
    assert (receipt.verdict, receipt.words) == (Verdict.UNKNOWN, "the ticket isn't closed yet")
    await after.source.close()


# Side conversations


async def test_a_side_conversation(world: TicketWorld) -> None:
    receipt = await world.do(TALK)
    assert (receipt.verdict, receipt.words) == (
        Verdict.CONFIRMED,
        "side conversation with ops@example.com begun",
    )
    assert receipt.evidence == (world.desk.side_talks[5][0]["id"],)


async def test_an_account_without_side_conversations_says_so() -> None:
    world = TicketWorld()
    receipt = await world.do(TALK)
    assert receipt.words == "not sent: this account has no side conversations"
    await world.close()


async def test_a_lost_side_conversation_is_looked_for_and_begun_once(world: TicketWorld) -> None:
    await world.writer.abilities()
    world.desk.fail("/side_conversations", world.desk.applied_then(dropped()), method="POST")
    intent = await world.decide(TALK)
    assert (await world.actions.perform(intent)).verdict is Verdict.UNKNOWN
    assert (await world.verify(intent)).verdict is Verdict.CONFIRMED
    again = await world.actions.perform(intent)
    assert (again.verdict, again.words) == (
        Verdict.CONFIRMED,
        "it had arrived: side conversation with ops@example.com begun",
    )
    assert world.desk.applied["side", 5] == 1


async def test_a_side_conversation_that_comes_late_is_begun_once(world: TicketWorld) -> None:
    await world.writer.abilities()
    world.desk.fail("/side_conversations", world.desk.delayed(dropped()), method="POST")
    intent = await world.decide(TALK)
    assert (await world.actions.perform(intent)).verdict is Verdict.UNKNOWN
    assert (await world.verify(intent)).words == "the side conversation isn't there yet"
    assert (await world.verify(intent, after=31)).verdict is Verdict.FAILED
    world.desk.arrive()
    assert (await world.actions.perform(intent)).verdict is Verdict.CONFIRMED
    assert world.desk.applied["side", 5] == 1


async def test_one_to_somebody_else_about_the_same_ticket_is_another(world: TicketWorld) -> None:
    # Decided while the first one waited: a pause of the helpdesk's, or no network.
    first = await world.decide(TALK)
    more = [replace(TALK, to=("legal@example.com",)), replace(TALK, body="And by when?")]
    others = [await world.decide(talk) for talk in more]
    world.clock.pass_by(30)
    assert (await world.actions.perform(first)).verdict is Verdict.CONFIRMED
    for number, (talk, intent) in enumerate(zip(more, others, strict=True), 2):
        receipt = await world.actions.perform(intent)
        assert receipt.words == f"side conversation with {talk.to[0]} begun"
        assert world.desk.applied["side", 5] == number


async def test_a_lost_one_is_not_found_in_somebody_else_s(world: TicketWorld) -> None:
    await world.writer.abilities()
    world.desk.fail("/side_conversations", dropped(), method="POST")
    intent = await world.decide(TALK)
    assert (await world.actions.perform(intent)).verdict is Verdict.UNKNOWN
    await world.do(replace(TALK, to=("legal@example.com",)))
    receipt = await world.verify(intent, after=31)
    assert receipt.words == "it didn't arrive: there is no such side conversation"


async def test_a_colleague_s_is_not_taken_for_a_lost_one_where_no_keys_are_shown(world: TicketWorld) -> None:
    await world.writer.abilities()
    world.desk.fail("/side_conversations", dropped(), method="POST")
    intent = await world.decide(TALK)
    assert (await world.actions.perform(intent)).verdict is Verdict.UNKNOWN
    colleague = TicketWorld(beside=world)
    await colleague.do(replace(TALK, body="When does it end?"))
    await colleague.source.close()
    world.desk.side_talks[5][0]["external_ids"] = {}
    for receipt in (await world.verify(intent, after=31), await world.actions.perform(intent)):
        assert receipt.verdict is Verdict.UNKNOWN
        assert "whether it is yours isn't sure" in receipt.words


async def test_two_to_the_same_people_are_told_apart_after_a_restart(world: TicketWorld) -> None:
    await world.writer.abilities()
    world.desk.fail("/side_conversations", dropped(), method="POST")
    lost = await world.decide(TALK)
    arrived = await world.decide(replace(TALK, body="And by when?"))
    assert (await world.actions.perform(lost)).verdict is Verdict.UNKNOWN
    world.desk.fail("/side_conversations", world.desk.applied_then(dropped()), method="POST")
    assert (await world.actions.perform(arrived)).verdict is Verdict.UNKNOWN
    after = TicketWorld(beside=world)
    assert (
        await after.verify(lost, after=31)
    ).words == "it didn't arrive: there is no such side conversation"
    assert (await after.verify(arrived)).words == "side conversation with ops@example.com begun"
    await after.source.close()


# A ticket of an alert


class AlertsToo:
    """The demo's alerts beside the helpdesk: the note on the alert is made by the alerts' own actions."""

    def __init__(self) -> None:
        self.clock = EagerClock()
        self.clock.pass_by((DEMO_START - self.clock.now()).total_seconds())
        world = ChangedWorld(7)
        self.alerts = FixtureAlerts(world, self.clock)
        self.writer = FixtureAlertWriter(world, self.clock)
        self.actions = AlertPerformer(self.alerts, self.writer, self.clock, zone=LONDON)
        self.broken = False
        self.noted: list[str] = []
        self.tickets = TicketWorld(note_alert=self.note)
        self.desk: WritableZendesk = self.tickets.desk

    async def note(self, intent: Intent) -> Receipt:
        self.noted.append(intent.token)
        if self.broken:
            error = Unreachable("OpsGenie: no connection", "look at the network")
            return Receipt(Verdict.NOT_SENT, error.problem, error.remedy)
        return await self.actions.perform(intent)

    async def decide(self) -> Intent:
        alert = (await self.alerts.open_alerts()).rows[0]
        intent = intents_of([(alert, RAISE)], by=ME, at=self.tickets.clock.now())[0]
        self.alert_id = alert.id
        return Intent(
            UUID(int=next(_ids)).hex[::-1], intent.target, intent.title, RAISE, intent.seen, ME, intent.at
        )

    async def notes(self) -> list[str]:
        return [
            event.text
            for event in (await self.alerts.alert(self.alert_id)).events
            if "Ticket #" in event.text
        ]

    def entry(self, intent: Intent) -> Entry:
        now = self.tickets.clock.now()
        return Entry(intent, Phase.UNKNOWN, now, "jo", "here", sent_at=now, attempts=1)


@pytest.fixture
async def both() -> AsyncIterator[AlertsToo]:
    both = AlertsToo()
    yield both
    await both.tickets.close()


async def test_a_ticket_is_made_of_an_alert_and_the_two_know_each_other(both: AlertsToo) -> None:
    receipt = await both.tickets.actions.perform(await both.decide())
    assert (receipt.verdict, receipt.words) == (
        Verdict.CONFIRMED,
        "ticket #8 made of the alert, and noted there",
    )
    assert receipt.alert is not None
    assert receipt.ticket is not None
    row = both.desk.tickets[8]
    assert (row["subject"], row["priority"], row["group_id"], row["tags"]) == (
        "5xx at Acme",
        "high",
        402,
        ["client_acme"],
    )
    note = both.desk.comments[8][0]
    assert (note["plain_body"], note["public"], note["author_id"]) == ("See {{ .Values }}.", False, 102)
    assert len(await both.notes()) == 1
    assert receipt.ticket.url in (await both.notes())[0]


async def test_a_ticket_that_is_refused_is_asked_for_once_and_noted_nowhere(both: AlertsToo) -> None:
    answer = json_answer({"error": "RecordInvalid", "description": "No"}, 422)
    both.desk.fail("/tickets.json", answer, times=None, method="POST")
    receipt = await both.tickets.actions.perform(await both.decide())
    assert receipt.verdict is Verdict.FAILED
    assert len([request for request in both.desk.sent_to("/tickets.json") if request.method == "POST"]) == 1
    assert not both.noted


async def test_a_lost_answer_makes_no_second_ticket(both: AlertsToo) -> None:
    """The service itself keeps it apart by our key, so that this one may be asked for again."""
    both.desk.fail("/tickets.json", both.desk.applied_then(dropped()), method="POST")
    intent = await both.decide()
    assert (await both.tickets.actions.perform(intent)).verdict is Verdict.CONFIRMED
    assert both.desk.applied["create", 0] == 1
    assert len(await both.notes()) == 1
    sent = [json.loads(request.body) for request in both.desk.sent_to("/tickets.json") if request.body]
    assert len({json.dumps(body) for body in sent}) == 1, "the same key with another body is refused"


async def test_where_the_answer_stays_away_it_is_looked_for(both: AlertsToo) -> None:
    both.desk.fail("/tickets.json", dropped(), method="POST", times=3)
    intent = await both.decide()
    assert (await both.tickets.actions.perform(intent)).verdict is Verdict.UNKNOWN
    entry = both.entry(intent)
    assert (await both.tickets.actions.verify(entry)).words == "the new ticket isn't there yet"
    both.tickets.clock.pass_by(31)
    receipt = await both.tickets.actions.verify(entry)
    assert receipt.words == "it didn't arrive: no ticket was made"
    both.desk.fail("/tickets.json", both.desk.applied_then(dropped()), method="POST", times=3)
    assert (await both.tickets.actions.perform(intent)).verdict is Verdict.UNKNOWN
    receipt = await both.tickets.actions.verify(both.entry(intent))
    assert receipt.words == "partly done: ticket #8 was made of the alert; the alert has no note of it"
    assert receipt.remaining == intent.command, "a part of it was done"
    assert (await both.tickets.actions.perform(intent)).verdict is Verdict.CONFIRMED
    assert both.desk.applied["create", 0] == 1


async def test_a_failure_after_a_lost_answer_does_not_hide_it(both: AlertsToo) -> None:
    both.desk.fail("/tickets.json", both.desk.applied_then(dropped()), method="POST")
    both.desk.fail("/tickets.json", throttled("5"), method="POST")
    receipt = await both.tickets.actions.perform(await both.decide())
    assert receipt.verdict is Verdict.UNKNOWN


async def test_the_note_that_is_missing_is_made_by_another_try(both: AlertsToo) -> None:
    both.broken = True
    intent = await both.decide()
    receipt = await both.tickets.actions.perform(intent)
    assert (receipt.verdict, receipt.words) == (
        Verdict.FAILED,
        "partly done: ticket #8 made of the alert; the alert has no note of it (OpsGenie: no connection)",
    )
    assert receipt.ticket is not None
    assert receipt.remaining == intent.command, "a part of it was done"
    both.broken = False
    assert (await both.tickets.actions.perform(intent)).verdict is Verdict.CONFIRMED
    assert both.desk.applied["create", 0] == 1
    assert len(await both.notes()) == 1
    assert len(both.noted) == 2
    assert len(set(both.noted)) == 1, "under one mark, so that a note whose answer was lost is found"


async def test_where_alerts_cannot_be_written_to_the_ticket_is_made_all_the_same() -> None:
    world, alerts = TicketWorld(), AlertsToo()
    receipt = await world.actions.perform(await alerts.decide())
    assert receipt.words == "partly done: ticket #8 made of the alert; the alert has no note of it"
    assert receipt.remedy == "write the ticket's number on the alert"
    await world.close()
    await alerts.tickets.close()


async def test_a_key_that_is_too_old_makes_nothing(both: AlertsToo) -> None:
    intent = await both.decide()
    both.tickets.clock.pass_by(timedelta(hours=2).total_seconds())
    receipt = await both.tickets.actions.perform(intent)
    assert (receipt.verdict, receipt.words) == (
        Verdict.FAILED,
        "not sent: decided more than two hours ago",
    )
    assert not both.desk.applied


async def test_a_refusal_to_make_it(both: AlertsToo) -> None:
    both.desk.fail("/tickets.json", html_page(403), method="POST")
    assert (await both.tickets.actions.perform(await both.decide())).verdict is Verdict.FAILED
    collision = json_answer({"error": "IdempotentRequestInProgress"}, 409)
    both.desk.fail("/tickets.json", collision, method="POST", times=2)
    assert (await both.tickets.actions.perform(await both.decide())).verdict is Verdict.CONFIRMED
