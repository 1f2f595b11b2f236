"""The text that is read aloud."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from support_desk.cli.plain import (
    alerts_text,
    own_shifts_text,
    rota_text,
    runbooks_text,
    spoken_length,
    tickets_text,
)
from support_desk.config.model import Config
from support_desk.desk.snapshot import Feed, Problem
from support_desk.documents import alerts_document, rota_document, runbooks_document, tickets_document
from support_desk.domain.rota import Role
from support_desk.domain.tickets import SlaRow
from tests.cli.samples import (
    AGREEMENT,
    JO,
    NOW,
    SAM,
    TODAY,
    ZONE,
    active,
    alert,
    desk,
    rota,
    runbook,
    shift,
    ticket,
)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (-59, "less than a minute"),
        (60, "1 minute"),
        (-7_500, "2 hours 5 minutes"),
        (86_400, "1 day"),
        (90_061, "1 day 1 hour"),
        (3 * 86_400 + 59, "3 days"),
    ],
)
def test_lengths_of_time_are_words(seconds: int, words: str) -> None:
    assert spoken_length(seconds) == words


def test_a_ticket_is_one_line_of_named_parts() -> None:
    snapshot = desk(
        tickets=[
            ticket(1, active(TODAY + timedelta(hours=12))),
            ticket(2, active(TODAY + timedelta(hours=16)), subject="Why?", assignee="Jo Example"),
        ]
    )

    first, second = tickets_text(tickets_document(snapshot, NOW, AGREEMENT), ZONE)

    assert first == (
        "1. Ticket 1: Subject 1. Breached 1 hour ago: first reply, by the SLA in Zendesk. Priority normal, "
        "status open. Organisation none, plan not recorded. Assigned to nobody."
    )
    assert second.startswith(
        "2. Ticket 2: Why? Due in 3 hours, Monday 23 November, 16:00, 3 hours of working time left: "
    )


def test_what_is_due_before_the_next_working_hour_has_no_working_time_left() -> None:
    night = desk(tickets=[ticket(1, active(TODAY + timedelta(hours=4)))])
    (line,) = tickets_text(tickets_document(night, TODAY + timedelta(hours=2), AGREEMENT), ZONE)
    assert "Due in 2 hours, Monday 23 November, 04:00, no working time left: first reply" in line


def test_where_zendesk_gives_no_deadline_it_is_the_contracts() -> None:
    undated = desk(tickets=[ticket(1, SlaRow("first_reply_time", "active", None))])
    (line,) = tickets_text(tickets_document(undated, NOW, AGREEMENT), ZONE)
    assert ": first reply, by the contract, the SLA in Zendesk gives no deadline." in line


def test_what_makes_a_ticket_urgent_that_nobody_has_triaged_is_said() -> None:
    addresses = ("Support-emergency@dxw.com", "support@dxw.com")
    snapshot = desk(tickets=[ticket(n, priority=None, recipient=to) for n, to in enumerate(addresses, 1)])
    lines = list(tickets_text(tickets_document(snapshot, NOW, AGREEMENT), ZONE))
    assert ", by the contract, no priority yet, but it came to the emergency address. " in lines[0]
    assert ", by the contract, no priority yet. " in lines[1]


def test_what_has_no_deadline_that_counts_says_why() -> None:
    states = (("next_reply_time", "paused"), ("first_reply_time", "achieved"), ("first_reply_time", "odd"))
    snapshot = desk(
        tickets=[
            ticket(number, SlaRow(metric, stage, None), custom_status="Waiting")
            for number, (metric, stage) in enumerate(states, start=1)
        ]
    )
    told = {
        line.partition(": ")[0].split()[-1]: line.partition(". ")[2].split(". ")[1]
        for line in tickets_text(tickets_document(snapshot, NOW, AGREEMENT), ZONE)
    }
    assert told == {
        "1": "Paused: next reply, by the SLA in Zendesk",
        "2": "Met",
        "3": "Deadline not known: first reply, the SLA in Zendesk is in a state that isn't known",
    }
    assert all(
        "status Waiting." in line for line in tickets_text(tickets_document(snapshot, NOW, AGREEMENT), ZONE)
    )


@pytest.mark.parametrize(
    ("changes", "state", "pages"),
    [
        (
            {"status": "acked", "acknowledged_by": SAM.email},
            f"acknowledged by {SAM.email}",
            "Nobody will be paged, acknowledged",
        ),
        (
            {"status": "snoozed", "snoozed_until": NOW.replace(microsecond=0) + timedelta(hours=1)},
            "snoozed until Monday 23 November, 14:00",
            "Nobody will be paged, snoozed",
        ),
        (
            {"snoozed_until": NOW - timedelta(minutes=2)},
            "open, not acknowledged",
            "Next to be paged: second line",
        ),
        ({"status": "closed"}, "closed", "Nobody will be paged, closed"),
    ],
)
def test_the_state_of_an_alert_and_whom_it_pages(changes: dict[str, Any], state: str, pages: str) -> None:
    snapshot = desk(alerts=[alert(1, "P1", **changes)], rota=[rota(shift(Role.SECOND_LINE, SAM, TODAY, 24))])
    document = alerts_document(snapshot, NOW, Config(), AGREEMENT)
    (only,) = alerts_text(document, ZONE)
    assert only.startswith(f"Alert 1, P1, {state}: Message 1.")
    assert pages in only
    assert (document["alerts"][0]["snoozed_until"] is not None) is (changes.get("status") == "snoozed")


def test_an_alert_is_one_line_of_named_parts() -> None:
    snapshot = desk(alerts=[alert(1, "P1", count=3)], rota=[rota(shift(Role.SECOND_LINE, SAM, TODAY, 24))])

    (only,) = alerts_text(alerts_document(snapshot, NOW, Config(), AGREEMENT), ZONE)
    (late,) = alerts_text(alerts_document(snapshot, NOW + timedelta(hours=1), Config(), AGREEMENT), ZONE)

    assert "Second line (Sam Patel) should have been paged, check; the escalation policy was not read" in late
    assert only == (
        "Alert 1, P1, open, not acknowledged: Message 1. Client not known. Raised 3 minutes ago, in hours. "
        "Seen 3 times. Next to be paged: second line (Sam Patel), in 2 minutes; "
        "the escalation policy was not read, 5 min are configured. No runbook."
    )


def test_the_rota_tells_nobody_from_unknown() -> None:
    known = rota(shift(Role.DEV, JO, TODAY + timedelta(hours=10), 8))

    lines = list(rota_text(rota_document(desk(rota=[known]), NOW), ZONE))
    unread = list(rota_text(rota_document(desk(rota=Feed()), NOW), ZONE))

    assert lines[0] == "Developer now: Jo Example."
    assert lines[1] == "Ops engineer now: nobody."
    assert unread == [
        f"{who} now: not known." for who in ("Developer", "Ops engineer", "On call", "Second line")
    ]


def test_my_shifts() -> None:
    known = rota(shift(Role.ON_CALL, SAM, TODAY + timedelta(hours=18), 16, override=True))

    (only,) = own_shifts_text(rota_document(desk(rota=[known]), NOW, SAM.email), ZONE)

    assert only == (
        "You: Sam Patel, on call, from Monday 23 November, 18:00 until Tuesday 24 November, 10:00, "
        "standing in. That is in 5 hours."
    )


def test_empty_is_said_only_of_what_was_read() -> None:
    failed: Feed[object] = Feed(problem=Problem("no", "do", definite=True), failing_since=NOW)

    assert list(tickets_text(tickets_document(desk(), NOW, AGREEMENT), ZONE)) == ["No tickets."]
    assert list(tickets_text(tickets_document(desk(tickets=failed), NOW, AGREEMENT), ZONE)) == [
        "Tickets: not known, failed."
    ]
    assert list(alerts_text(alerts_document(desk(alerts=Feed()), NOW, Config(), AGREEMENT), ZONE)) == [
        "Alerts: not known, loading."
    ]
    assert list(runbooks_text(runbooks_document(desk(runbooks=Feed(enabled=False)), NOW, "x", Config()))) == [
        "Runbooks: not configured."
    ]


def test_a_runbook_is_one_line() -> None:
    snapshot = desk(runbooks=[runbook("a.md", "Web servers", "When the disk is full")])

    assert list(runbooks_text(runbooks_document(snapshot, NOW, "disk", Config()))) == [
        "Web servers, at When the disk is full. File a.md."
    ]
