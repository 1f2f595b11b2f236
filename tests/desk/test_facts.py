"""What follows from a snapshot and the configuration."""

from __future__ import annotations

import msgspec
import pytest

from support_desk.config.model import Beyond, Config, OnCallSection, PersonSection, RotaSection
from support_desk.desk.facts import in_words, person_named, to_answer
from support_desk.desk.snapshot import Feed, Snapshot
from support_desk.domain.clients import ClientRule
from support_desk.domain.escalation import Countdown
from support_desk.domain.rota import OnCall, Person, answer_for
from tests.desk.samples import alert

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
    ],
)
def test_who_is_paged_next_is_said_by_name_where_the_configuration_knows_it(found: str, words: str) -> None:
    head = Beyond(name="Jo Head, Head of Technical Operations", email="head@example.com")
    config = msgspec.structs.replace(
        Config(),
        people={"kim@example.com": PersonSection(name="Kim Larsen")},
        rota=RotaSection(beyond=(head,)),
    )
    assert in_words(Countdown("due", found), config).next == words


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
