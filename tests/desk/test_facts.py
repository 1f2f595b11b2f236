"""What follows from a snapshot and the configuration."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support_desk.config.model import Beyond, Config, OnCallSection, PersonSection, RotaSection, SecondLine
from support_desk.desk.facts import (
    Countdowns,
    by_name,
    escalation_of,
    in_words,
    person_named,
    second_line,
    second_line_at,
    to_answer,
)
from support_desk.desk.snapshot import Feed, Snapshot
from support_desk.domain.alerts import EscalationPolicy, EscalationRule, Responder
from support_desk.domain.clients import ClientRule
from support_desk.domain.escalation import Countdown
from support_desk.domain.paged import Page, Proof
from support_desk.domain.rota import UNKNOWN, Cover, OnCall, Person, Role, Rota, Shift, answer_for
from tests.desk.clock import START
from tests.desk.samples import CALENDAR, alert
from tests.effort import calls

RULES = (ClientRule("Acme", ("acme-prod",)), ClientRule("Brook", ("brook-prod",)))
ALERTS = (
    alert("a", tags=("client_acme",)),
    alert("b", tags=(), message="brook-prod-5xx"),
    alert("c", tags=(), message="who knows"),
    alert("d", tags=("client_acme",), status="snoozed"),
    alert("e", tags=("client_brook",), status="acked"),
)


@pytest.mark.parametrize(
    ("clients", "in_hours", "wanted"),
    [
        ((), False, "abce"),
        (("acme",), False, "ace"),
        (("client_Acme",), False, "ace"),
        ((" acme ",), False, "ace"),
        (("acme",), True, "abce"),
    ],
)
def test_out_of_hours_only_clients_with_cover_need_anybody(
    clients: tuple[str, ...], in_hours: bool, wanted: str
) -> None:
    config = msgspec.structs.replace(Config(), on_call=OnCallSection(clients=clients))
    assert "".join(row.id for row in to_answer(ALERTS, config, RULES, in_hours=in_hours)) == wanted


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ("ooh_second_line (Sam Patel)", "second line (Sam Patel)"),
        ("Kim@example.com", "Kim Larsen"),
        ("head@example.com", "Jo Head, Head of Technical Operations"),
        ("else@example.com", "else@example.com"),
        ("ooh_second_line", "second line"),
    ],
)
def test_who_is_paged_next_is_said_by_name_where_the_configuration_knows_it(found: str, words: str) -> None:
    head = Beyond(name="Jo Head, Head of Technical Operations", email="head@example.com")
    config = msgspec.structs.replace(
        Config(),
        people={"kim@example.com": PersonSection(name="Kim Larsen")},
        rota=RotaSection(beyond=(head,)),
    )
    assert in_words(Countdown("due", found), config, Snapshot()).next == words
    assert (
        by_name(f"the policy may page {found} again", config, Snapshot())
        == f"the policy may page {words} again"
    )


@pytest.mark.parametrize("known_by", ["answer", "policy"])
def test_the_second_line_that_is_configured_by_its_id_is_called_so_as_well(known_by: str) -> None:
    line = SecondLine(schedule="a2c94e70-53d1-4b8e-9f06-7e1d3b5a8c42")
    config = msgspec.structs.replace(Config(), rota=RotaSection(second_line=line))
    rule = EscalationRule("if-not-acked", timedelta(minutes=5), "schedule", line.schedule.upper(), "Nights")
    snapshot = (
        Snapshot(on_call=Feed(rows=(OnCall("Nights", True, (), line.schedule),)))
        if known_by == "answer"
        else Snapshot(policies=Feed(rows=(EscalationPolicy("p", "p", (rule,)),)))
    )
    for found, words in (
        ("Nights (Sam Patel)", "second line (Sam Patel)"),
        ("Nights", "second line"),
        ("Nightshift team", "Nightshift team"),
    ):
        assert in_words(Countdown("due", found), config, snapshot).next == words
        assert by_name(f"the policy may page {found} again", config, snapshot) == (
            f"the policy may page {words} again"
        )


def test_names_are_looked_up_once_however_many_alerts_ask() -> None:
    line = SecondLine(schedule="Nights")
    config = msgspec.structs.replace(Config(), rota=RotaSection(second_line=line))
    rule = EscalationRule("if-not-acked", timedelta(minutes=5), "schedule", "x", "Nights")
    policies = tuple(EscalationPolicy(str(number), "p", (rule,)) for number in range(200))
    snapshot = Snapshot(policies=Feed(rows=policies))
    first = calls(lambda: by_name("Nights again", config, snapshot))
    assert calls(lambda: by_name("Nights again", config, snapshot)) < min(50, first)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("KIM@example.com", "Kim Larsen"),
        ("sam@example.com", "Sam of the service"),
        ("else@example.com", "else@example.com"),
        ("", ""),
    ],
)
def test_somebody_is_called_as_the_configuration_has_it_and_else_as_the_service_does(
    address: str, name: str
) -> None:
    """The default configuration names people beyond the second line who have no address: nobody is they."""
    config = msgspec.structs.replace(Config(), people={"kim@example.com": PersonSection(name="Kim Larsen")})
    known = (Person("K. L.", "kim@example.com"), Person("Sam of the service", "sam@example.com"))
    assert person_named(address, Snapshot(people=Feed(rows=known)), config) == name


def test_of_two_schedules_of_one_name_the_enabled_one_answers() -> None:
    old, new = OnCall("OOH", enabled=False, people=()), OnCall("ooh", enabled=True, people=())
    assert answer_for("Ooh", (old, new)) is new
    assert answer_for("Ooh", (old,)) is old
    assert answer_for("first", (old, new)) is None


def test_a_schedule_that_is_configured_by_its_id_is_answered_for_as_well() -> None:
    """The answer is called by the schedule's name: an override it knew of went unseen."""
    number = "a2c94e70-53d1-4b8e-9f06-7e1d3b5a8c42"
    answer = OnCall("ooh_second_line", enabled=True, people=(KIM,), id=number)
    assert answer_for(number.upper(), (answer,)) is answer
    assert answer_for("", (replace(answer, id=""),)) is None
    line = SecondLine(schedule=number)
    config = Config(rota=msgspec.structs.replace(RotaSection(), second_line=line))
    planned = Feed(rows=(rota(shift(SAM, -600, 600)),), read_at=START)
    snapshot = Snapshot(rota=planned, on_call=Feed(rows=(answer,), read_at=START))
    assert second_line(snapshot, START, config) == KIM


def test_a_disabled_schedule_pages_nobody_whatever_the_timeline_still_has() -> None:
    """The timeline is read less often than who is on."""
    planned = Snapshot(rota=Feed(rows=(rota(shift(SAM, -600, 600)),), read_at=START))
    off = OnCall("ooh_second_line", enabled=False, people=(SAM,))
    another = replace(off, schedule="first_line")
    for answer, who in ((off, None), (another, SAM)):
        snapshot = replace(planned, on_call=Feed(rows=(answer,), read_at=START))
        assert second_line(snapshot, START, Config()) == who


SAM, KIM = Person("Sam Patel", "sam@example.com"), Person("Kim Larsen", "kim@example.com")
MINUTE = timedelta(minutes=1)


def shift(person: Person, start: int, end: int) -> Shift:
    return Shift(Role.SECOND_LINE, person, START + start * MINUTE, START + end * MINUTE)


def rota(*shifts: Shift) -> Rota:
    return Rota(shifts, Cover(START - timedelta(days=1), START + timedelta(days=1), frozenset(Role)))


POLICIES = tuple(
    EscalationPolicy(
        number,
        name,
        tuple(EscalationRule("if-not-acked", at * MINUTE, kind, who, who) for at, kind, who in steps),
    )
    for number, name, steps in (
        ("p1", "usual", ((5, "schedule", "ooh_second_line"), (20, "user", "alex@example.com"))),
        ("p2", "slow", ((30, "schedule", "ooh_second_line"),)),
    )
)
WAITING = [
    alert(
        str(number), tags=(), responders=(Responder("escalation", policy),), created_at=START - age * MINUTE
    )
    for number, (age, policy) in enumerate(((0, "p1"), (4, "p1"), (19, "p2"), (3, "")))
]
AGREED = Page(START + 2 * MINUTE, Proof.PAGED, "Sam Patel was paged", escalation=True)


@given(st.data())
@settings(deadline=None)
def test_a_countdown_that_was_kept_is_what_would_be_found_anew(data: st.DataObject) -> None:
    """Whatever changes between two looks: time, on or back, the rota, who answers, the alert, a page."""
    kept = Countdowns()
    rotas = [(), (rota(shift(SAM, -600, 7), shift(KIM, 7, 600)),), (rota(shift(KIM, 3, 600)),)]
    answers = [(), (OnCall("ooh_second_line", enabled=True, people=(KIM,)),)]
    config = Config()
    snapshot = Snapshot(policies=Feed(rows=POLICIES))
    now, row, page = START, WAITING[0], None
    read: Feed[Any]
    for _ in range(8):
        match data.draw(st.sampled_from(["time", "rota", "on call", "policies", "alert", "page"])):
            case "time":
                now = START + data.draw(st.integers(-2, 40)) * MINUTE / 2
            case "rota":
                snapshot = replace(snapshot, rota=Feed(rows=data.draw(st.sampled_from(rotas))))
            case "on call":
                read = Feed(rows=data.draw(st.sampled_from(answers)), read_at=now)
                snapshot = replace(snapshot, on_call=read)
            case "policies":
                snapshot = replace(snapshot, policies=Feed(rows=data.draw(st.sampled_from([(), POLICIES]))))
            case "alert":
                row = replace(
                    data.draw(st.sampled_from(WAITING)), status=data.draw(st.sampled_from(["open", "acked"]))
                )
            case _:
                page = data.draw(st.sampled_from([None, AGREED]))
        found = kept.of(
            second_line_at(snapshot, now, config, CALENDAR), row, snapshot, now, config, page=page
        )
        assert found == escalation_of(row, snapshot, now, config, CALENDAR, page=page)


@pytest.mark.parametrize("people", [(), (KIM,)])
def test_without_a_timeline_who_is_on_is_known_until_working_hours_change(
    people: tuple[Person, ...],
) -> None:
    """At 17:58 nobody is second line, and somebody is paged at 18:02: "nobody" was said of that as well."""
    for before in (True, False):
        edge = CALENDAR.next_change(START)
        now = edge - 2 * MINUTE if before else edge
        answer = OnCall("ooh_second_line", enabled=True, people=people)
        around = second_line_at(Snapshot(on_call=Feed(rows=(answer,), read_at=now)), now, Config(), CALENDAR)
        here = people[0] if people else None
        assert around(now) == here
        assert around(edge - MINUTE) == (here if before else UNKNOWN)
        assert around(edge + MINUTE) == (UNKNOWN if before else here)


def test_a_countdown_is_found_once_while_nothing_changes() -> None:
    kept, config, snapshot = Countdowns(), Config(), Snapshot(policies=Feed(rows=POLICIES))
    looks = [
        kept.of(second_line_at(snapshot, at, config, CALENDAR), WAITING[0], snapshot, at, config)
        for at in (START, START + MINUTE, START + 5 * MINUTE)
    ]

    assert looks[0] is looks[1]
    assert looks[1] is not looks[2]
