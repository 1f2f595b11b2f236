"""The services' clocks against this machine's."""

from __future__ import annotations

from datetime import timedelta

from support_desk.desk.skew import Skew
from tests.desk.clock import START


def after(seconds: float) -> Skew:
    skew = Skew()
    server = START + timedelta(seconds=seconds)
    skew.sample(server, START, START + timedelta(seconds=0.3))
    return skew


def test_a_second_is_the_header_and_not_the_clock() -> None:
    assert after(0).value == after(1).value == after(-1.9).value == timedelta(0)


def test_a_long_read_says_nothing_about_the_time_within_it() -> None:
    skew = Skew()
    skew.sample(START + timedelta(seconds=5), START, START + timedelta(seconds=40))
    assert skew.value == timedelta(0)


def test_a_clock_that_is_out_is_put_right_and_said() -> None:
    assert 39 <= after(40).value.total_seconds() <= 40
    assert "40 s behind" in (after(40).warning or "")
    assert "39 s ahead" in (after(-40).warning or "")
    assert after(20).warning is None


def test_before_any_answer_the_clock_is_taken_to_be_right() -> None:
    assert Skew().value == timedelta(0)
    assert Skew().warning is None


def test_the_middle_of_the_last_nine_answers_counts() -> None:
    skew = Skew()
    for seconds in (10, 10, *(100,) * 9):
        skew.sample(START + timedelta(seconds=seconds), START, START)
    assert skew.value == timedelta(seconds=100)
    for _ in range(5):
        skew.sample(START + timedelta(seconds=50), START, START)
    assert skew.value == timedelta(seconds=50), "the clock was set; what was before is forgotten"


def test_one_odd_server_changes_nothing() -> None:
    skew = after(0)
    skew.sample(START, START, START)
    skew.sample(START + timedelta(hours=1), START, START)
    assert skew.value == timedelta(0)
