"""Which runbook goes with what, and why."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from support_desk.domain.alerts import Alert
from support_desk.domain.runbooks import (
    MESSAGE_LIMIT,
    PATTERN_LIMIT,
    Runbook,
    RunbookRule,
    find_runbook,
    pattern_problem,
    runbook_for_alert,
    runbook_for_ticket,
)
from support_desk.domain.tickets import Ticket

NOW = datetime(2026, 12, 2, 10, tzinfo=UTC)


def book(path: str, *rules: RunbookRule) -> Runbook:
    return Runbook(path, path.removesuffix(".md").title(), (), rules, NOW, 100)


def in_file(path: str, *, origin: str = "front matter", **conditions: str) -> RunbookRule:
    return RunbookRule(file=path, origin=origin, **conditions)


BOOKS = (
    book("acme/5xx.md", in_file("acme/5xx.md", origin="first line", tag="client_acme", message="(?i)5xx")),
    book("any-5xx.md", in_file("any-5xx.md", message="(?i)5xx")),
    book("plain.md"),
)


def test_a_file_s_rule_says_where_it_stands() -> None:
    match = find_runbook(tags=("Client_ACME",), message="prod-5XX", runbooks=BOOKS, rules=())
    assert match is not None
    assert (match.path, match.title, match.anchor) == ("acme/5xx.md", "Acme/5Xx", "")
    assert match.why == "first line of acme/5xx.md: tag client_acme and message (?i)5xx"


def test_every_condition_must_hold() -> None:
    match = find_runbook(tags=("client_other",), message="prod-5xx", runbooks=BOOKS, rules=())
    assert match is not None
    assert match.path == "any-5xx.md"
    assert find_runbook(tags=("client_acme",), message="disk", runbooks=BOOKS, rules=()) is None


def test_most_conditions_come_first_whatever_the_order_of_the_files() -> None:
    match = find_runbook(tags=("client_acme",), message="5xx", runbooks=BOOKS[::-1], rules=())
    assert match is not None
    assert match.path == "acme/5xx.md"


def test_the_configuration_comes_before_the_files_in_its_own_order() -> None:
    rules = (
        RunbookRule(file="plain.md", tag="client_other"),
        RunbookRule(file="plain.md", message="5xx", anchor="here"),
        RunbookRule(file="any-5xx.md", message="5xx"),
    )
    match = find_runbook(tags=("client_acme",), message="a 5xx", runbooks=BOOKS, rules=rules)
    assert match is not None
    assert (match.path, match.anchor) == ("plain.md", "here")
    assert match.why == "rule 2 of your configuration: message 5xx"


def test_rules_that_cannot_be_used_are_passed_over() -> None:
    rules = (
        RunbookRule(file="missing.md", message="5xx"),
        RunbookRule(file="plain.md"),
        RunbookRule(file="plain.md", message="("),
        RunbookRule(file="plain.md", message="5xx"),
    )
    match = find_runbook(message="5xx", runbooks=BOOKS, rules=rules)
    assert match is not None
    assert match.why.startswith("rule 4 ")


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (RunbookRule(file="plain.md", priority="p1"), True),
        (RunbookRule(file="plain.md", priority="P2"), False),
        (RunbookRule(file="plain.md", organisation="acme COUNCIL"), True),
        (RunbookRule(file="plain.md", organisation="Acme"), False),
        (RunbookRule(file="plain.md", source="^Cloud"), True),
        (RunbookRule(file="plain.md", source="arn:"), True),
        (RunbookRule(file="plain.md", source="uptime"), False),
        (RunbookRule(file="plain.md", source="^Cloud", priority="P1", tag="client_acme"), True),
        (RunbookRule(file="plain.md", source="^Cloud", priority="P1", tag="client_x"), False),
    ],
)
def test_conditions(rule: RunbookRule, found: bool) -> None:
    match = find_runbook(
        tags=("client_acme",),
        message="x",
        source=("arn:aws", "CloudWatch"),
        priority="P1",
        organisation="Acme Council",
        runbooks=BOOKS,
        rules=(rule,),
    )
    assert (match is not None) is found


def test_another_catalogue_is_never_answered_from_the_last_one() -> None:
    rules = (RunbookRule(file="plain.md", message="x"),)
    assert find_runbook(message="x", runbooks=BOOKS, rules=rules) is not None
    assert find_runbook(message="x", runbooks=BOOKS[:2], rules=rules) is None
    assert find_runbook(message="x", runbooks=BOOKS, rules=()) is None
    assert find_runbook(message="x", runbooks=BOOKS, rules=rules) is not None
    growing: list[Runbook] = []
    assert find_runbook(message="x", runbooks=growing, rules=rules) is None
    growing.extend(BOOKS)
    assert find_runbook(message="x", runbooks=growing, rules=rules) is not None


def test_an_alert_s_recognised_client_counts_as_its_tag() -> None:
    alert = Alert(
        id="1",
        message="acme-prod-5xx",
        priority="P1",
        status="open",
        created_at=NOW,
        updated_at=NOW,
        last_occurred_at=NOW,
        integration="CloudWatch",
    )
    known = runbook_for_alert(alert, "acme", runbooks=BOOKS, rules=())
    unknown = runbook_for_alert(alert, None, runbooks=BOOKS, rules=())
    assert known is not None
    assert unknown is not None
    assert (known.path, unknown.path) == ("acme/5xx.md", "any-5xx.md")
    by_client = (RunbookRule(file="plain.md", organisation="Acme", source="cloudwatch|CloudWatch"),)
    match = runbook_for_alert(alert, "acme", runbooks=BOOKS, rules=by_client)
    assert match is not None
    assert match.path == "plain.md"


def test_a_ticket_s_subject_is_its_message() -> None:
    ticket = Ticket(
        id=1,
        subject="Errors 5xx on the site",
        status="open",
        created_at=NOW,
        updated_at=NOW,
        tags=("client_acme",),
        organisation="Acme Council",
    )
    match = runbook_for_ticket(ticket, None, runbooks=BOOKS, rules=())
    assert match is not None
    assert match.path == "acme/5xx.md"
    rules = (RunbookRule(file="plain.md", organisation="acme council"),)
    match = runbook_for_ticket(ticket, "acme", runbooks=BOOKS, rules=rules)
    assert match is not None
    assert match.path == "plain.md"


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "(?i)5xx",
        r"web-\d+-5xx$",
        "(?i)alb|elb",
        "(cpu|memory)",
        "(?:a+)b",
        "[(+)]+",
        r"\(a+\)+",
        "(ab)+",
        "(a+)?",
    ],
)
def test_good_patterns(pattern: str) -> None:
    assert pattern_problem(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(", "isn't a regular expression"),
        ("*", "isn't a regular expression"),
        ("(a+)+b", "for ever"),
        ("((a+))*b", "for ever"),
        ("(?:(?:x)(?:y*))+z", "for ever"),
        ("(a|a)*b", "for ever"),
        ("([a-z]+)*b", "for ever"),
        ("(a{2,}){3,}", "for ever"),
        ("x" * (PATTERN_LIMIT + 1), "longer than"),
    ],
)
def test_bad_patterns_are_named_and_never_match(pattern: str, problem: str) -> None:
    said = pattern_problem(pattern)
    assert said is not None
    assert problem in said
    rules = (RunbookRule(file="plain.md", message=pattern),)
    started = time.process_time()
    assert find_runbook(message="a" * 5_000 + "x" * 500, runbooks=BOOKS, rules=rules) is None
    assert time.process_time() - started < 1


def test_only_the_beginning_of_a_message_is_looked_at() -> None:
    rules = (RunbookRule(file="plain.md", message="needle"),)
    assert find_runbook(message=" " * (MESSAGE_LIMIT - 6) + "needle", runbooks=BOOKS, rules=rules) is not None
    assert find_runbook(message=" " * MESSAGE_LIMIT + "needle", runbooks=BOOKS, rules=rules) is None


def test_a_rule_may_ask_for_a_priority_or_a_client_of_a_ticket() -> None:
    plain = Ticket(id=1, subject="Slow", status="open", created_at=NOW, updated_at=NOW)
    urgent = (RunbookRule(file="plain.md", priority="urgent"),)
    tagged = (RunbookRule(file="plain.md", tag="client_acme"),)
    client = (RunbookRule(file="plain.md", organisation="acme"),)

    def found(row: Ticket, known_client: str | None, rules: tuple[RunbookRule, ...]) -> bool:
        return runbook_for_ticket(row, known_client, runbooks=BOOKS, rules=rules) is not None

    assert found(replace(plain, priority="urgent"), None, urgent)
    assert not found(plain, None, urgent)
    assert found(plain, "Acme", tagged)
    assert not found(plain, None, tagged)
    assert found(plain, "Acme", client)
    assert not found(replace(plain, organisation="Other"), "Acme", client), "its organisation is known"


def test_a_rule_may_ask_for_a_priority_of_an_alert() -> None:
    alert = Alert("1", "disk", "P1", "open", NOW, NOW, NOW)
    rules = (RunbookRule(file="plain.md", priority="p1"),)
    assert runbook_for_alert(alert, None, runbooks=BOOKS, rules=rules) is not None
    assert runbook_for_alert(replace(alert, priority="P2"), None, runbooks=BOOKS, rules=rules) is None
