"""The JSON documents: names, times, durations and nulls that scripts rely on."""

from __future__ import annotations

import json
from datetime import timedelta

import msgspec
import pytest

from support_desk.config.model import ClientSection, Config, RunbookMatchSection, RunbookRuleSection, Runbooks
from support_desk.desk.snapshot import Feed, Problem
from support_desk.documents import (
    alerts_document,
    rota_document,
    runbooks_document,
    tickets_document,
)
from support_desk.domain.alerts import EscalationPolicy, EscalationRule
from support_desk.domain.rota import Cover, OnCall, Role, Rota
from support_desk.domain.tickets import SlaRow
from tests.cli.samples import (
    AGREEMENT,
    JO,
    NOW,
    SAM,
    TODAY,
    active,
    alert,
    desk,
    rota,
    runbook,
    shift,
    status_document,
    ticket,
)

TICKET_NAMES = {
    "rank", "id", "subject", "status", "custom_status", "priority", "type", "organisation", "plan",
    "plan_conflict", "requester", "assignee", "group", "tags", "created_at", "updated_at", "url", "sla",
}  # fmt: skip
SLA_NAMES = {
    "state", "cause", "metric", "deadline", "basis", "remaining_seconds", "working_seconds", "reason",
}  # fmt: skip
ALERT_NAMES = {
    "id", "tiny_id", "message", "priority", "status", "acknowledged_by", "owner", "count", "created_at",
    "last_occurred_at", "snoozed_until", "client", "tags", "in_hours", "runbook", "escalation", "url",
}  # fmt: skip


def test_every_document_begins_alike_and_is_plain_json() -> None:
    snapshot = desk(
        tickets=[ticket(1)], alerts=[alert(1, "P1")], rota=[rota()], runbooks=[runbook("a.md", "A")]
    )
    documents = [
        tickets_document(snapshot, NOW, AGREEMENT),
        alerts_document(snapshot, NOW, Config(), AGREEMENT),
        rota_document(snapshot, NOW),
        runbooks_document(snapshot, NOW, "", Config()),
        status_document(snapshot, NOW, Config()),
    ]

    for document in documents:
        assert json.loads(json.dumps(document)) == document
        assert document["schema"] == 1
        assert document["generated_at"] == "2026-11-23T13:00:00Z"
        assert list(document["sources"]) == ["zendesk", "alerts", "rota", "runbooks"]
        assert document["sources"]["zendesk"] == {
            "state": "fresh",
            "read_at": "2026-11-23T12:59:56.250Z",
            "age_seconds": 3,
            "error": None,
        }


def test_tickets_come_in_the_order_of_the_queue_with_whole_seconds() -> None:
    snapshot = desk(
        tickets=[
            ticket(1, active(TODAY + timedelta(hours=14))),
            ticket(2, active(TODAY + timedelta(hours=12, minutes=59, seconds=59))),
            ticket(3, SlaRow("next_reply_time", "paused", TODAY + timedelta(hours=9))),
            ticket(4, SlaRow("first_reply_time", "achieved", None)),
            ticket(5, active(TODAY + timedelta(hours=13, minutes=30)), priority="urgent"),
        ]
    )

    rows = tickets_document(snapshot, NOW, AGREEMENT)["tickets"]

    assert [row["id"] for row in rows] == [2, 5, 1, 3, 4]
    assert [row["rank"] for row in rows] == [1, 2, 3, 4, 5]
    assert set(rows[0]) == TICKET_NAMES
    assert set(rows[0]["sla"]) == SLA_NAMES
    slas = [row["sla"] for row in rows]
    assert [sla["state"] for sla in slas] == ["breached", "active", "active", "paused", "met"]
    assert [sla["remaining_seconds"] for sla in slas] == [-1, 1800, 3600, None, None]
    assert [sla["working_seconds"] for sla in slas] == [-1, None, 3600, None, None]
    assert slas[0]["deadline"] == "2026-11-23T12:59:59Z"
    assert slas[3]["deadline"] == "2026-11-23T09:00:00Z"
    assert rows[0]["updated_at"] == "2026-11-23T11:00:00.500Z"


def test_what_a_ticket_does_not_have_is_null() -> None:
    (row,) = tickets_document(desk(tickets=[ticket(1, priority=None)]), NOW, AGREEMENT)["tickets"]

    nulls = ("custom_status", "priority", "type", "organisation", "requester", "assignee", "group")
    assert [row[name] for name in nulls] == [None] * len(nulls)
    assert row["plan"] == "unknown"
    assert row["sla"]["cause"] == "no_priority"
    assert row["sla"]["basis"] == "contract"
    assert row["sla"]["deadline"] == "2026-11-23T18:00:00Z"


def test_an_alert_with_everything_that_the_desk_knows_about_it() -> None:
    config = msgspec.structs.replace(
        Config(),
        clients=(ClientSection(name="acme", messages=("acme-prod",)),),
        runbooks=Runbooks(
            path="x",
            url="https://git.example.com/{path}#{anchor}",
            rules=(
                RunbookRuleSection(
                    match=RunbookMatchSection(tag="client_acme"), file="acme/5xx pages.md", anchor="First"
                ),
            ),
        ),
    )
    policy = EscalationPolicy(
        "p",
        "Escalate",
        (EscalationRule("if-not-acked", timedelta(minutes=10), "schedule", "s", "ooh_second_line"),),
    )
    snapshot = desk(
        alerts=[alert(1, "P1", message="ACME-prod is down", responders=())],
        policies=[policy],
        rota=[rota(shift(Role.SECOND_LINE, SAM, TODAY, 24))],
        runbooks=[runbook("acme/5xx pages.md", "5xx")],
    )
    named = msgspec.structs.replace(
        config, escalation=msgspec.structs.replace(config.escalation, name="escalate")
    )

    (row,) = alerts_document(snapshot, NOW, named, AGREEMENT)["alerts"]

    assert set(row) >= ALERT_NAMES
    assert row["client"] == "acme"
    assert row["in_hours"] is True
    assert row["runbook"] == "acme/5xx pages.md"
    assert row["runbook_url"] == "https://git.example.com/acme/5xx%20pages.md#First"
    assert row["escalation"]["state"] == "running"
    assert row["escalation"]["next"] == "ooh_second_line (Sam Patel)"
    assert row["escalation"]["due_at"] == "2026-11-23T13:07:00Z"
    assert row["escalation"]["basis"] == "policy"
    assert row["snoozed_until"] is None


def test_who_is_second_line_now_comes_before_the_timeline() -> None:
    schedule = Config().rota.second_line.schedule
    snapshot = desk(
        alerts=[alert(1, "P1")],
        on_call=[OnCall(schedule, enabled=True, people=(JO,))],
        rota=[rota(shift(Role.SECOND_LINE, SAM, TODAY, 24))],
    )

    (row,) = alerts_document(snapshot, NOW, Config(), AGREEMENT)["alerts"]

    assert row["escalation"]["next"] == "second line (Jo Example)"
    assert row["escalation"]["basis"] == "configured"


def test_alerts_that_wait_come_first_then_by_priority_the_oldest_first() -> None:
    snapshot = desk(
        alerts=[
            alert(1, "P3"), alert(2, "P1", "acked"), alert(3, "P1", minutes=1), alert(4, "P1", minutes=9),
            alert(5, "P?"),
        ]
    )  # fmt: skip

    rows = alerts_document(snapshot, NOW, Config(), AGREEMENT)["alerts"]

    assert [row["tiny_id"] for row in rows] == ["4", "3", "1", "5", "2"]


def test_nobody_is_null_and_unknown_is_absent() -> None:
    read = Rota(
        (
            shift(Role.DEV, JO, TODAY + timedelta(hours=10), 8),
            shift(Role.ON_CALL, SAM, TODAY + timedelta(hours=18), 16),
        ),
        Cover(TODAY, TODAY + timedelta(days=7), frozenset({Role.DEV, Role.ON_CALL, Role.OPS})),
    )

    document = rota_document(desk(rota=[read]), NOW)

    assert document["now"] == {
        "dev": {"name": "Jo Example", "email": "jo@example.com"},
        "ops": None,
        "on_call": None,
    }
    assert document["next"] == {
        "on_call": {
            "role": "on_call",
            "person": {"name": "Sam Patel", "email": "sam@example.com"},
            "start": "2026-11-23T18:00:00Z",
            "end": "2026-11-24T10:00:00Z",
            "override": False,
        }
    }
    assert [row["role"] for row in document["shifts"]] == ["dev", "on_call"]
    assert [row["role"] for row in rota_document(desk(rota=[read]), NOW, "SAM@example.com")["shifts"]] == [
        "on_call"
    ]


def test_a_rota_that_was_not_read_says_nothing() -> None:
    problem = Problem("OpsGenie refused the key", "Check opsgenie.read_key", definite=True)

    document = rota_document(desk(rota=Feed(problem=problem, failing_since=NOW)), NOW)

    assert document["now"] == {}
    assert document["sources"]["rota"]["state"] == "failed"
    assert document["sources"]["rota"]["error"] == "OpsGenie refused the key: Check opsgenie.read_key"


def test_a_partial_reading_says_what_is_missing() -> None:
    document = tickets_document(
        desk(tickets=Feed(read_at=NOW, rejected=2, notes=("ticket 7 (priority)",))), NOW, AGREEMENT
    )

    assert document["sources"]["zendesk"]["state"] == "partial"
    assert document["sources"]["zendesk"]["error"] == "tickets: 2 could not be read; ticket 7 (priority)"


@pytest.mark.parametrize(
    ("words", "paths"),
    [
        ("", ["a.md", "b/disk.md", "c.md"]),
        ("disk", ["b/disk.md", "a.md"]),
        ("DISK full", ["a.md"]),
        ("nothing like it", []),
    ],
)
def test_runbooks_are_found_by_title_heading_and_path(words: str, paths: list[str]) -> None:
    snapshot = desk(
        runbooks=[
            runbook("a.md", "Web servers", "When the disk is full"),
            runbook("b/disk.md", "Disk alerts"),
            runbook("c.md", "Certificates"),
        ]
    )

    found = runbooks_document(snapshot, NOW, words, Config())["runbooks"]

    assert [row["path"] for row in found] == paths
    headings = {row["path"]: row["heading"] for row in found}
    assert headings.get("a.md") == ("When the disk is full" if words else None) or not found
