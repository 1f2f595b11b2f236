"""Claims in words and as a table: what a person pastes, and what a spreadsheet must not run."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_desk.domain.rota import Role
from support_desk.domain.toil import Answer, Claim, Ledger, Received, Script
from support_desk.domain.toil_rule import Rule, Woken
from support_desk.domain.toil_words import (
    CSV_COLUMNS,
    amount_words,
    claim_text,
    days_words,
    ledger_text,
    read_length,
    rule_words,
    script_words,
    to_csv,
)

LONDON = ZoneInfo("Europe/London")
AT = datetime(2027, 6, 2, 1, 14, tzinfo=UTC)
"""02:14 in London's summer."""


def claim(*messages: str, woken: Woken = Woken.FIRST, minutes: int = 130, **more: Any) -> Claim:
    alerts = tuple(
        Received(f"id{n}", text, AT + timedelta(minutes=n), "P1") for n, text in enumerate(messages)
    )
    said = Answer("id0", woken, timedelta(minutes=minutes), left_out=False, at=AT)
    given_: dict[str, Any] = {"answer": said} | more
    return Claim(alerts, Role.ON_CALL, Woken.FIRST, Rule(), **given_)


def book(*claims: Claim, script: Fraction = Fraction(1, 2)) -> Ledger:
    return Ledger(AT, AT, Rule(), claims, (), (), (), Script(0, 1, script))


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (Fraction(), "0 days"),
        (Fraction(1, 4), "0.25 days"),
        (Fraction(1), "1 day"),
        (Fraction(5, 2), "2.5 days"),
        (Fraction(1, 3), "0.333 days"),
        (Fraction(10), "10 days"),
    ],
)
def test_days(days: Fraction, words: str) -> None:
    assert days_words(days) == words


def test_nothing_is_no_less_than_a_minute() -> None:
    assert amount_words(Fraction(), timedelta()) == "0 days (0 h)"


def test_a_claim_is_a_line_with_local_time_amount_and_reason() -> None:
    text = claim_text(claim("disk is full", "disk is fuller", "still"), LONDON)
    assert text == (
        "02/06/2027 02:14: 0.75 days (5 h 15 min), out-of-hours support, 0.5 days woken + 0.25 days for "
        "2 h 10 min of fixing. P1 disk is full and 2 more alerts within the hour"
    )


def test_the_text_has_the_sum_and_the_rule() -> None:
    one, two = claim("a"), claim("b", woken=Woken.NO, minutes=0)
    lines = ledger_text([one, two], Rule(), LONDON).split("\n")
    assert lines[0] == "TOIL for out-of-hours support: 1 day (7 h) in 2 claims"
    assert len(lines) == 4
    assert lines[3].startswith("Rule: 0.25 days awake, 0.5 days woken; a day is 7 h; alerts until 1 h after")


def test_the_rule_names_the_choices() -> None:
    chosen = [line for line in rule_words(Rule()) if "(chosen: toil." in line]
    assert len(chosen) == 3


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (Fraction(1, 2), "0.25 days less than here"),
        (Fraction(3, 4), "as much as here"),
        (Fraction(2), "1.25 days more than here"),
    ],
)
def test_the_difference_to_the_script(script: Fraction, words: str) -> None:
    assert words in script_words(book(claim("a"), script=script))[0]


def test_the_table_is_read_back_as_it_was() -> None:
    odd = claim('=1+1, "so"\nhe said', "b")
    rows = list(csv.reader(StringIO(to_csv(book(odd), LONDON))))
    assert tuple(rows[0]) == CSV_COLUMNS
    found = dict(zip(rows[0], rows[1], strict=True))
    assert found["first_alert"] == '\'=1+1, "so"\nhe said'
    assert (found["date"], found["time"], found["line"], found["alerts"]) == (
        "2027-06-02",
        "02:14",
        "on_call",
        "2",
    )
    assert (found["days"], found["hours"], found["fix_minutes"]) == ("0.75", "5.25", "130")
    assert (found["woken"], found["answered"], found["claimed_on"]) == ("woken", "yes", "")


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(begins: str) -> None:
    rows = list(csv.reader(StringIO(to_csv(book(claim(f"{begins}cmd")), LONDON))))
    assert rows[1][CSV_COLUMNS.index("first_alert")].startswith(f"'{begins}")


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        ("90", 90), ("90 min", 90), ("1h30", 90), ("1 h 30 min", 90), ("1:30", 90), ("1.5 h", 90),
        ("1,5h", 90), ("2 hours", 120), ("0", 0), ("  45m ", 45), ("1H", 60), ("23:59", 1439), ("00:05", 5),
    ],
)  # fmt: skip
def test_lengths_as_people_type_them(typed: str, minutes: int) -> None:
    assert read_length(typed) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "typed", ["", " ", "h", "1:3", "1:60", "1h60", "24 h", "1440", "-5", "ten", "1 d", "1.5", "٣", "9999999"]
)
def test_what_is_no_length(typed: str) -> None:
    assert read_length(typed) is None


@given(st.text(max_size=12))
def test_no_text_breaks_the_reading(typed: str) -> None:
    found = read_length(typed)
    assert found is None or timedelta() <= found < timedelta(days=1)
