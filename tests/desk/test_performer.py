"""Which service an action goes to, and what is said where it isn't there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from support_desk.desk.performing.performer import DeskPerformer
from support_desk.domain.commands import (
    Acknowledge,
    Command,
    EditTicket,
    MergeTicket,
    PagePerson,
    RaiseTicket,
)
from support_desk.domain.intents import Entry, Intent, Phase, Receipt, Seen, Target, Verdict
from tests.desk.clock import START

PAGE = PagePerson("eve@example.com", "Eve", "Help")


def decided(command: Command, kind: str) -> Intent:
    return Intent("ab" * 16, Target(kind, "5"), "It", command, Seen(), "ada@example.com", START)


class Service:
    """Says that it was asked."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def perform(self, intent: Intent) -> Receipt:
        return Receipt(Verdict.CONFIRMED, f"{self.name} did {intent.target.kind}")

    async def verify(self, entry: Entry) -> Receipt:
        return Receipt(Verdict.CONFIRMED, f"{self.name} looked")

    def batches(self, intents: Sequence[Intent]) -> bool:
        return len(intents) > 1

    async def perform_batch(self, intents: Sequence[Intent]) -> Mapping[str, Receipt]:
        return {intent.id: Receipt(Verdict.CONFIRMED, f"{self.name} did all") for intent in intents}


@pytest.mark.parametrize(
    ("command", "kind", "service"),
    [
        (Acknowledge(), "alert", "alerts"),
        (PAGE, "alert", "alerts"),
        (PAGE, "ticket", "alerts"),
        (RaiseTicket("It is down", "Look"), "alert", "tickets"),
        (EditTicket(priority="high"), "ticket", "tickets"),
        (MergeTicket(7), "ticket", "tickets"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
async def test_each_goes_to_its_service_or_says_that_it_isnt_there(
    command: Command, kind: str, service: str
) -> None:
    intent = decided(command, kind)
    entry = Entry(intent, Phase.UNKNOWN, START, "ada", "here")
    both = DeskPerformer(Service("alerts"), Service("tickets"))
    assert (await both.perform(intent)).words == f"{service} did {kind}"
    assert (await both.verify(entry)).words == f"{service} looked"

    other = DeskPerformer(
        Service("alerts") if service == "tickets" else None,
        Service("tickets") if service == "alerts" else None,
    )
    refused = await other.perform(intent)
    assert (refused.verdict, refused.words) == (
        Verdict.FAILED,
        f"not sent: {service} can't be changed from here",
    )
    assert ("zendesk" if service == "tickets" else "opsgenie") in refused.remedy
    assert (await other.verify(entry)).verdict is Verdict.UNKNOWN


async def test_only_work_on_tickets_goes_together() -> None:
    performer = DeskPerformer(Service("alerts"), Service("tickets"))
    edits = [replace(decided(EditTicket(priority="high"), "ticket"), id=letter * 32) for letter in "ab"]
    assert performer.batches(edits)
    assert not performer.batches([*edits, decided(Acknowledge(), "alert")])
    assert not performer.batches([*edits, decided(PAGE, "ticket")])
    receipts = await performer.perform_batch(edits)
    assert {receipts[edit.id].words for edit in edits} == {"tickets did all"}

    without = DeskPerformer(Service("alerts"), None)
    assert not without.batches(edits)
    assert {row.verdict for row in (await without.perform_batch(edits)).values()} == {Verdict.FAILED}
