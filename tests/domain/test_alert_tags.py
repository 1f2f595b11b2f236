"""Tags that an alert should have, and tags that can't be sent."""

from __future__ import annotations

import pytest

from support_desk.domain.alert_tags import LONGEST_TAG, suggested_tags, tag_problem
from support_desk.domain.clients import ClientRule
from tests.desk.samples import alert

RULES = (ClientRule("Acme", ("acme-prod",), business_unit="deliveryplus"),)


def test_a_message_suggests_the_client_and_its_business_unit_each_with_the_reason() -> None:
    assert suggested_tags(alert("acme-prod-web", tags=()), RULES) == (
        ("client_acme", "part of the message means this client"),
        ("deliveryplus", "the business unit of Acme"),
    )


@pytest.mark.parametrize(
    ("tags", "left"),
    [
        (("client_acme",), ["deliveryplus"]),
        (("CLIENT_ACME", "DeliveryPlus"), []),
        (("client_",), ["client_acme", "deliveryplus"]),
    ],
)
def test_what_is_there_in_whatever_case_isnt_suggested(tags: tuple[str, ...], left: list[str]) -> None:
    assert [tag for tag, _ in suggested_tags(alert("acme-prod-web", tags=tags), RULES)] == left


def test_an_unknown_client_suggests_nothing() -> None:
    assert suggested_tags(alert("elsewhere", tags=()), RULES) == ()


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("dns", ""),
        ("x" * LONGEST_TAG, ""),
        ("x" * (LONGEST_TAG + 1), "a tag has at most 50 characters"),
        ("a,b", "a tag with a comma can't be changed from here"),
    ],
)
def test_why_a_tag_cant_be_sent(tag: str, words: str) -> None:
    assert tag_problem(tag) == words
