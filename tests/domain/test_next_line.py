"""Whom escalating would page: the step that comes next, and who is behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from support_desk.domain.alerts import EscalationPolicy, EscalationRule, Recipient, Responder
from support_desk.domain.next_line import LastReached, NextLine, named_policy, next_line, policy_for
from support_desk.domain.rota import OnCall, Person
from tests.desk.clock import START
from tests.desk.samples import ANNA, BEN, alert, on_call

OWEN = Person("Owen Hart", "owen@example.com")
POLICY = EscalationPolicy(
    "p",
    "Support",
    tuple(
        EscalationRule("if-not-acked", timedelta(minutes=minutes), kind, id_, name)
        for minutes, kind, id_, name in (
            (0, "schedule", "s1", "first_line"),
            (5, "schedule", "s2", "ooh_second_line"),
            (20, "user", "u3", "owen@example.com"),
        )
    ),
)
ON_CALL = (on_call("first_line", ANNA), on_call("ooh_second_line", BEN))


def coming(
    minutes: float,
    *told: str,
    status: str = "open",
    on: Sequence[OnCall] | None = ON_CALL,
    own: bool = True,
) -> object:
    created = START - timedelta(minutes=minutes)
    recipients = [Recipient(name, "notactive", "push", created + timedelta(seconds=1)) for name in told]
    row = alert("a", created_at=created, status=status)
    return next_line(
        row, POLICY, own=own, recipients=recipients, on_call=on, people=(ANNA, BEN, OWEN),
        second_line_schedule="ooh_second_line", now=START,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("minutes", "told", "line", "people"),
    [
        (1, ("anna@example.com",), "second line", (BEN,)),
        (4.9, ("anna@example.com",), "second line", (BEN,)),
        (5, ("anna@example.com",), "owen@example.com", (OWEN,)),
        (1, ("anna@example.com", "ben@example.com"), "owen@example.com", (OWEN,)),
    ],
)
def test_the_next_step_is_the_first_whose_time_hasnt_come_and_who_wasnt_told(
    minutes: float, told: tuple[str, ...], line: str, people: tuple[Person, ...]
) -> None:
    found = coming(minutes, *told)
    assert isinstance(found, NextLine)
    assert (found.line, found.people) == (line, people)


def test_another_policys_clock_hasnt_run() -> None:
    found = coming(60, own=False)
    assert isinstance(found, NextLine)
    assert found.line == "first_line"


def test_nobody_on_the_line_is_the_empty_answer_and_unknown_is_none() -> None:
    nobody = coming(1, "anna@example.com", on=(on_call("first_line", ANNA), on_call("ooh_second_line")))
    assert isinstance(nobody, NextLine)
    assert nobody.people == ()
    unknown = coming(1, "anna@example.com", on=None)
    assert isinstance(unknown, NextLine)
    assert (unknown.line, unknown.people) == ("second line", None)


def test_of_schedules_with_one_name_the_steps_own_counts_and_else_one_that_is_in_use() -> None:
    """A schedule that was replaced and switched off made it "nobody", while Ben would be paged."""
    first, old = on_call("first_line", ANNA), replace(on_call("ooh_second_line", OWEN), enabled=False)
    new = on_call("ooh_second_line", BEN)
    for second in ((old, new), (new, old), (replace(old, id="s1"), replace(new, id="s2"))):
        found = coming(1, "anna@example.com", on=(first, *second))
        assert isinstance(found, NextLine)
        assert found.people == (BEN,)
    off = coming(1, "anna@example.com", on=(first, replace(new, id="s9"), replace(old, id="s2")))
    assert isinstance(off, NextLine)
    assert off.people == (), "the step's own schedule is switched off: it pages nobody"


def test_when_every_step_was_taken_it_says_so() -> None:
    everybody = ("anna@example.com", "ben@example.com", "owen@example.com")
    assert coming(30, *everybody) == LastReached(POLICY)


def test_whom_the_steps_should_have_paged_and_nothing_shows_it_is_told() -> None:
    assert coming(30) == LastReached(POLICY, untold=(ANNA, BEN, OWEN))
    assert coming(30, "anna@example.com", "owen@example.com") == LastReached(POLICY, untold=(BEN,))


def test_an_acknowledged_alerts_clock_stands_still() -> None:
    found = coming(60, "anna@example.com", status="acked")
    assert isinstance(found, NextLine)
    assert found.line == "second line"


@pytest.mark.parametrize(
    ("acked_after", "line"), [(None, "second line"), (2, "second line"), (6, OWEN.email)]
)
def test_the_steps_before_an_acknowledgement_were_taken_whoever_was_told(
    acked_after: float | None, line: str
) -> None:
    created = START - timedelta(minutes=60)
    acked_at = None if acked_after is None else created + timedelta(minutes=acked_after)
    found = next_line(
        alert("a", created_at=created, status="acked", acknowledged_at=acked_at),
        POLICY,
        own=True,
        recipients=(),
        on_call=ON_CALL,
        people=(ANNA, BEN, OWEN),
        second_line_schedule="ooh_second_line",
        now=START,
    )
    assert isinstance(found, NextLine)
    assert found.line == line


def test_of_a_policy_that_couldnt_be_read_only_the_name_is_told() -> None:
    row = alert("a", responders=(Responder("team", "t", "Support"), Responder("escalation", "p", "Night")))
    policy = named_policy(row)
    assert policy == EscalationPolicy("p", "Night", ())
    found = next_line(
        row,
        policy,
        own=True,
        recipients=(),
        on_call=ON_CALL,
        people=(ANNA,),
        second_line_schedule="x",
        now=START,
    )
    assert found == NextLine(policy, None, "the next line of Night", None)


def test_an_alert_that_names_no_policy_has_none() -> None:
    assert named_policy(alert("a", responders=(Responder("team", "t"), Responder("escalation", "")))) is None


def test_the_alerts_own_policy_comes_first_then_the_configured_one() -> None:
    own = alert("a", responders=(Responder("escalation", "p"),))
    assert policy_for(own, [POLICY], "") == (POLICY, True)
    assert policy_for(alert("a"), [POLICY], "Support") == (POLICY, False)
    assert policy_for(alert("a"), [POLICY], "") == (None, False)
    named = alert("a", responders=(Responder("escalation", "other"),))
    assert policy_for(named, [POLICY], "Support") == (None, False)


def test_a_line_of_two_of_whom_one_was_told_is_still_to_come() -> None:
    both = (on_call("first_line", ANNA), on_call("ooh_second_line", BEN, OWEN))
    found = coming(1, "anna@example.com", "ben@example.com", on=both)
    assert isinstance(found, NextLine)
    assert (found.line, found.people) == ("second line", (BEN, OWEN))


def test_one_that_began_again_at_a_moment_that_isnt_known_counts_from_its_creation() -> None:
    created = START - timedelta(minutes=6)
    row = alert("a", created_at=created, status="open", acknowledged_at=created + timedelta(minutes=1))
    found = next_line(
        row, POLICY, own=True, recipients=(), on_call=ON_CALL, people=(ANNA, BEN, OWEN),
        second_line_schedule="ooh_second_line", now=START,
    )  # fmt: skip
    assert isinstance(found, NextLine)
    assert found.people == (OWEN,)


@pytest.mark.parametrize(
    ("name", "line", "person"),
    [
        ("kim@example.com", "kim@example.com", Person("kim@example.com", "kim@example.com")),
        ("", "u9", Person("u9", "")),
    ],
)
def test_somebody_who_isnt_known_is_called_as_the_policy_calls_them(
    name: str, line: str, person: Person
) -> None:
    policy = EscalationPolicy(
        "p", "Night", (EscalationRule("if-not-acked", timedelta(0), "user", "u9", name),)
    )
    found = next_line(
        alert("a"), policy, own=False, recipients=(), on_call=ON_CALL, people=(ANNA,),
        second_line_schedule="ooh_second_line", now=START,
    )  # fmt: skip
    assert isinstance(found, NextLine)
    assert (found.line, found.people) == (line, (person,))
