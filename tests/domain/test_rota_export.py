"""The calendar file is what RFC 5545 asks for, whatever a name holds; a shift keeps its identity."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_desk.domain.rota import Person, Role, Shift
from support_desk.domain.rota_export import escape, fold, to_ics
from support_desk.text import clean

ADA = Person("Ada Ardent", "ada@example.com")
AT = datetime(2026, 12, 2, 18, tzinfo=UTC)


def shift(person: Person = ADA, role: Role = Role.ON_CALL, hours: float = 16, **more: Any) -> Shift:
    return Shift(role, person, AT, AT + timedelta(hours=hours), **more)


def unfolded(text: str) -> list[str]:
    """The lines as a reader of the format sees them."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    return text.removesuffix("\r\n").replace("\r\n ", "").split("\r\n")


def events(text: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for line in unfolded(text):
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found and name not in ("BEGIN", "END"):
            assert name not in found[-1], "each once"
            found[-1][name] = value
    return found


def unescaped(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], value)


def test_the_whole_file() -> None:
    text = to_ics([shift(override=True)], AT, calendar="first_line")
    lines = unfolded(text)
    assert lines[:4] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//support_desk//rota//EN",
        "CALSCALE:GREGORIAN",
    ]
    assert lines[-2:] == ["END:VEVENT", "END:VCALENDAR"]
    (event,) = events(text)
    assert event == {
        "UID": event["UID"],
        "DTSTAMP": "20261202T180000Z",
        "DTSTART": "20261202T180000Z",
        "DTEND": "20261203T100000Z",
        "SUMMARY": "On call (first line): Ada Ardent",
        "DESCRIPTION": "Ada Ardent stands in for the person of the rotation.",
        "TRANSP": "TRANSPARENT",
    }


def test_no_shifts_are_a_calendar_without_events() -> None:
    assert events(to_ics([], AT, calendar="x")) == []


def test_summer_time_is_the_moment_and_not_the_clock() -> None:
    at = datetime.fromisoformat("2027-06-02T18:00+01:00")
    (event,) = events(to_ics([Shift(Role.DEV, ADA, at, at + timedelta(hours=16))], AT, calendar="x"))
    assert (event["DTSTART"], event["DTEND"]) == ("20270602T170000Z", "20270603T090000Z")


def test_an_identity_stays_when_the_person_or_the_end_changes() -> None:
    def uid(shown: Shift, **more: Any) -> str:
        return events(to_ics([shown], AT + timedelta(days=1), calendar=str(more.get("calendar", "x"))))[0][
            "UID"
        ]

    assert uid(shift()) == uid(shift(Person("Ben", "ben@example.com"), hours=2, override=True))
    assert uid(shift()) != uid(shift(role=Role.SECOND_LINE))
    assert uid(shift()) != uid(shift(), calendar="another agency")


def test_two_people_at_once_are_two_events() -> None:
    found = events(to_ics([shift(), shift(Person("Ben", "ben@example.com"))], AT, calendar="x"))
    assert len({event["UID"] for event in found}) == 2


def test_ones_own_calendar_names_nobody() -> None:
    (event,) = events(to_ics([shift()], AT, calendar="x", mine=True))
    assert event["SUMMARY"] == "On call (first line)"


def test_a_shift_that_nobody_works_says_why() -> None:
    made = to_ics([shift(role=Role.DEV), shift()], AT, calendar="x", rests=lambda one: one.role is Role.DEV)
    assert [event["SUMMARY"] for event in events(made)] == [
        "First line support (dev): Ada Ardent (bank holiday)",
        "On call (first line): Ada Ardent",
    ]


def test_a_piece_within_one_second_is_no_event() -> None:
    assert events(to_ics([shift(hours=0.0001)], AT, calendar="x")) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada; Ardent, \\n", "Ada\\; Ardent\\, \\\\n"),
        ("Ada\r\nEND:VCALENDAR", "Ada END:VCALENDAR"),
        ("Ada\x1b[31m\u202e", "Ada"),
        ("", "ada@example.com"),
    ],
)
def test_a_name_is_only_a_name(name: str, shown: str) -> None:
    (event,) = events(to_ics([shift(Person(name, "ada@example.com"))], AT, calendar="x"))
    assert event["SUMMARY"] == f"On call (first line): {shown}"


@given(st.text(max_size=300))
def test_what_is_folded_and_escaped_is_read_back(name: str) -> None:
    text = to_ics([shift(Person(f"x{name}", ""))], AT, calendar="x")
    for line in text.split("\r\n"):
        assert len(line.encode()) <= 75
    (event,) = events(text)
    assert unescaped(event["SUMMARY"]) == f"On call (first line): {clean(f'x{name}')}"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\n")))
def test_folding_loses_nothing_and_cuts_no_character(line: str) -> None:
    pieces = list(fold(line))
    assert all(len(piece.encode()) <= 75 for piece in pieces)
    assert pieces[0] + "".join(piece[1:] for piece in pieces[1:]) == line
    assert all(piece.startswith(" ") for piece in pieces[1:])


def test_escapes() -> None:
    assert escape("a\\b;c,d\ne:f") == "a\\\\b\\;c\\,d\\ne:f"
