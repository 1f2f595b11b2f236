"""Whose alert it is, and in which hours it came."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from support_desk.domain.alerts import Alert
from support_desk.domain.clients import (
    ClientGuess,
    ClientRule,
    client_of_alert,
    client_of_ticket,
    in_hours,
    time_tags,
)
from support_desk.domain.tickets import Ticket
from support_desk.domain.working_time import WorkingCalendar

from .oracle import HOLIDAYS

LONDON = ZoneInfo("Europe/London")
OFFICE = WorkingCalendar(LONDON, time(10), time(18), frozenset(range(5)), HOLIDAYS)
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
ALERT = Alert("a1", "", "P3", "open", NOW, NOW, NOW)
TICKET = Ticket(1, "Cannot sign in", "open", NOW, NOW)

RULES = (
    ClientRule("NHS England", messages=("england.nhs",), organisations=("NHS England",)),
    ClientRule("moj", messages=("caselaw", ""), organisations=("Ministry of Justice", "HMCTS")),
    ClientRule("gds", messages=("-gds-prod", "GDS"), business_unit="GovPress"),
    ClientRule("late", messages=("caselaw",), organisations=("HMCTS",)),
)


def alert(message: str = "", *tags: str) -> Alert:
    return replace(ALERT, message=message, tags=tags)


@pytest.mark.parametrize(
    ("tags", "name", "unit"),
    [
        (("client_acme",), "acme", None),
        (("OOH", "Client_ACME", "DeliveryPlus"), "acme", "deliveryplus"),
        (("client_", "client_moj"), "moj", None),
        (("client_gds",), "gds", "govpress"),
        (("client_gds", "deliveryplus"), "gds", "deliveryplus"),
        (("client_nhs england",), "NHS England", None),
        (("client_one", "client_two"), "one", None),
    ],
)
def test_a_tag_names_the_client(tags: tuple[str, ...], name: str, unit: str | None) -> None:
    found = client_of_alert(alert("caselaw is down", *tags), RULES)
    assert found is not None
    assert (found.name, found.business_unit, found.origin) == (name, unit, "tag")
    assert found.tag == f"client_{name.lower()}"


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("https://www.ENGLAND.nhs.uk is down", "NHS England"),
        ('ALARM: "acme-gds-prod-5xx"', "gds"),
        ("Caselaw: certificate runs out", "moj"),
        ("gds and caselaw", "moj"),
        ("the word in the rule may be in capitals: gds", "gds"),
    ],
)
def test_otherwise_the_first_rule_whose_words_the_message_has(message: str, name: str) -> None:
    found = client_of_alert(alert(message, "client_", "OOH"), RULES)
    assert found is not None
    assert (found.name, found.origin) == (name, "message")


def test_an_alert_may_be_nobodys() -> None:
    assert client_of_alert(alert("disk full", "client_"), RULES) is None
    assert client_of_alert(alert("disk full"), ()) is None


def test_a_business_unit_needs_no_prefix_and_no_case() -> None:
    assert client_of_alert(alert("caselaw", "GovPress"), RULES) == ClientGuess(
        "moj", "client_moj", "govpress", "message"
    )


def test_a_ticket_goes_by_tag_then_by_organisation() -> None:
    hmcts = replace(TICKET, organisation=" hmcts ")
    by_organisation = client_of_ticket(hmcts, RULES)
    assert by_organisation == ClientGuess("moj", "client_moj", None, "organisation")
    by_tag = client_of_ticket(replace(hmcts, tags=("client_acme",)), RULES)
    assert by_tag == ClientGuess("acme", "client_acme", None, "tag")
    assert client_of_ticket(replace(TICKET, organisation="caselaw"), RULES) is None
    assert client_of_ticket(TICKET, (ClientRule("blank", organisations=("",)),)) is None


@pytest.mark.parametrize(
    ("local", "tags"),
    [
        ("2026-11-23T10:00", ("inhours",)),
        ("2026-11-23T17:59:59", ("inhours",)),
        ("2026-11-23T18:00", ("OOH", "wakinghours")),
        ("2026-11-23T08:00", ("OOH", "wakinghours")),
        ("2026-11-23T07:59:59", ("OOH", "sleepinghours")),
        ("2026-11-23T22:59:59", ("OOH", "wakinghours")),
        ("2026-11-23T23:00", ("OOH", "sleepinghours")),
        ("2026-11-22T12:00", ("OOH", "wakinghours")),
        ("2026-12-28T12:00", ("OOH", "wakinghours")),
        # 22:30 UTC in summer is half past eleven at night.
        ("2026-08-24T23:30", ("OOH", "sleepinghours")),
    ],
)
def test_the_hours_are_local(local: str, tags: tuple[str, ...]) -> None:
    moment = datetime.fromisoformat(local).replace(tzinfo=LONDON).astimezone(UTC)
    assert time_tags(moment, OFFICE) == tags
    assert in_hours(moment, OFFICE) == (tags == ("inhours",))
