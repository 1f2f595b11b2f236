"""Who can be called for help, in which order, each once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from support_desk.domain.ladder import helper_words, rungs
from support_desk.domain.rota import UNKNOWN, Person, Role
from tests.desk.clock import START
from tests.desk.samples import ANNA, BEN, timeline

CTO = Person("CTO", "anna@example.com")
CEO = Person("Chief Executive", "")
HEAD = Person("Head of Technical Operations", "")


def test_the_rota_comes_first_then_beyond_then_everybody_each_once() -> None:
    rota = timeline(Role.SECOND_LINE, person=ANNA)
    phones = {"head of technical operations": "1", "ben@example.com": "2"}
    found = tuple(rungs(rota, [BEN, ANNA], [HEAD, CTO], phones, START, second_line=ANNA))
    assert [(rung.person.name, rung.why, rung.phone) for rung in found] == [
        ("Anna Bell", "second line now", ""),
        ("Head of Technical Operations", "beyond the second line", "1"),
        ("Ben Cole", "not on the rota now", "2"),
    ], "the CTO is on the second line's rota already"
    assert found[0].on_rota
    assert found[0].until is None, "the reading ends there, and nobody knows whether her shift does"
    everybody = tuple(
        rungs(timeline(Role.ON_CALL, person=BEN), [BEN], [HEAD, CEO], {}, START, second_line=ANNA)
    )
    assert [rung.person for rung in everybody] == [ANNA, BEN, HEAD, CEO], "roles without an address are two"


def test_a_number_belongs_to_who_has_the_address_or_the_name_and_to_nobody_without_one() -> None:
    found = tuple(rungs(None, [ANNA], [HEAD], {"": "4", "anna@example.com": "2"}, START, second_line=None))
    assert [(rung.person.name, rung.phone) for rung in found] == [
        ("Head of Technical Operations", ""),
        ("Anna Bell", "2"),
    ]


def test_a_role_with_an_address_is_shown_as_the_person() -> None:
    found = tuple(rungs(None, [ANNA], [CTO], {"cto": "3"}, START, second_line=UNKNOWN))
    assert [(rung.person, rung.why, rung.phone) for rung in found] == [
        (ANNA, "beyond the second line, CTO", "3")
    ]


def test_a_person_with_their_role_isnt_named_twice() -> None:
    named = Person("Anna Bell, Head of Technical Operations", "anna@example.com")
    found = tuple(rungs(None, [ANNA], [named], {}, START, second_line=None))
    assert [(rung.person.name, rung.why) for rung in found] == [
        ("Anna Bell", "beyond the second line, Head of Technical Operations")
    ]


def test_without_a_rota_nobody_is_claimed_to_be_on_it() -> None:
    assert not any(rung.on_rota for rung in rungs(None, [ANNA, BEN], [HEAD], {}, START, second_line=None))


def test_who_stepped_in_stands_for_the_one_whom_the_timeline_still_has() -> None:
    rota = timeline(Role.SECOND_LINE, person=ANNA)
    found = tuple(rungs(rota, [ANNA, BEN], [], {}, START, second_line=BEN))
    assert [(rung.person, rung.why, rung.on_rota, rung.until) for rung in found] == [
        (BEN, "second line now", True, None),
        (ANNA, "not on the rota now", False, None),
    ], "the timeline's end is the end of another person's shift"


def test_whose_shift_it_is_is_told_with_its_end() -> None:
    week = timeline(Role.SECOND_LINE, person=ANNA)
    tonight = START + timedelta(hours=16)
    rota = replace(week, shifts=(replace(week.shifts[0], end=tonight),))
    assert next(rungs(rota, [], [], {}, START, second_line=ANNA)).until == tonight


def test_nobody_on_the_second_line_leaves_the_timelines_person_off_it() -> None:
    rota = timeline(Role.SECOND_LINE, person=ANNA)
    assert [rung.on_rota for rung in rungs(rota, [ANNA], [], {}, START, second_line=None)] == [False]


@pytest.mark.parametrize(
    ("second_line", "me", "words"),
    [
        (ANNA, "", "Anna Bell, second line, 1"),
        (ANNA, "Anna@example.com", "Head of Technical Operations, beyond the second line, 2"),
        (None, "", "Head of Technical Operations, beyond the second line, 2"),
    ],
)
def test_who_is_to_be_asked_next_is_somebody_else(second_line: Person | None, me: str, words: str) -> None:
    """Whoever hasn't configured who they are isn't taken for everybody without an address."""
    phones = {"anna@example.com": "1", "head of technical operations": "2"}
    assert helper_words(rungs(None, [ANNA], [HEAD], phones, START, second_line=second_line), me) == words
