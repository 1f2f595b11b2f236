"""How times are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from support_desk.domain.words import day_clock
from support_desk.screens.words import age, clock, countdown, minutes, short

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 12, 2, 9, 46, tzinfo=UTC)


def span(**parts: float) -> timedelta:
    return timedelta(**parts)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (span(), "0s"),
        (span(seconds=59), "59s"),
        (span(minutes=1), "1m"),
        (span(minutes=59, seconds=59), "59m"),
        (span(hours=1), "1h00"),
        (span(hours=23, minutes=59), "23h59"),
        (span(days=1), "1d 0h"),
        (span(days=9, hours=23), "9d23h"),
        (span(days=10), "10d"),
        (-span(minutes=5), "5m"),
    ],
)
def test_short(left: timedelta, words: str) -> None:
    assert short(left) == words
    assert len(words) <= 5


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (span(seconds=299), "4:59"),
        (span(seconds=60), "1:00"),
        (span(seconds=1), "0:01"),
        (span(), "0:00"),
        (-span(seconds=1), "-1m"),
        (-span(seconds=59), "-1m"),
        (-span(seconds=60), "-1m"),
        (-span(minutes=5), "-5m"),
        (-span(days=4, hours=18), "-4d18h"),
        (span(minutes=5), "5m"),
        (span(hours=2, minutes=59, seconds=59), "2h59"),
    ],
)
def test_a_countdown_never_promises_more_than_there_is(left: timedelta, words: str) -> None:
    assert countdown(left) == words
    assert len(words) <= 7


def test_the_selected_row_counts_seconds_within_the_hour() -> None:
    assert countdown(span(minutes=59, seconds=59), seconds=True) == "59:59"


@pytest.mark.parametrize(
    ("old", "words"),
    [
        (span(seconds=59), "now"),
        (-span(seconds=59), "now"),
        (-span(minutes=1), "ahead"),
        (span(days=1), "1d 0h"),
    ],
)
def test_an_age_in_the_future_is_none(old: timedelta, words: str) -> None:
    assert minutes(old) == words
    assert countdown(span(hours=1), seconds=True) == "1h00"


def test_a_countdown_goes_down_second_by_second() -> None:
    shown = [countdown(span(seconds=seconds)) for seconds in range(299, -1, -1)]
    assert len(set(shown)) == 300
    assert shown[0] == "4:59"
    assert shown[-1] == "0:00"


def test_half_a_second_before_zero_isnt_over() -> None:
    assert countdown(span(milliseconds=500)) == "0:00"
    assert countdown(-span(milliseconds=500)) == "-1m"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (NOW, "09:46"),
        (NOW + span(hours=10), "19:46"),
        (NOW + span(days=1), "Thu 09:46"),
        (NOW - span(days=6), "Thu 09:46"),
        (NOW + span(days=7), "9 Dec 09:46"),
        (NOW + span(days=40), "11 Jan 27"),
        # In British Summer Time the clock on the wall is an hour ahead.
        (datetime(2027, 3, 28, 9, 0, tzinfo=UTC), "28 Mar 27"),
    ],
)
def test_a_moment_is_written_as_near_as_it_is(at: datetime, words: str) -> None:
    assert day_clock(at, NOW, LONDON) == words
    assert len(words) <= 12


def test_the_clock_is_local() -> None:
    assert clock(datetime(2026, 7, 1, 9, 0, tzinfo=UTC), LONDON) == "10:00"
    assert clock(datetime(2026, 12, 1, 9, 0, tzinfo=UTC), LONDON) == "09:00"


def test_the_night_of_the_clock_change_belongs_to_its_own_day() -> None:
    before = datetime(2027, 3, 27, 23, 30, tzinfo=UTC)
    after = datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert day_clock(after, before, LONDON) == "Sun 02:30"
    assert day_clock(after, after - span(minutes=45), LONDON) == "02:30"


def test_ages_go_in_coarse_steps_and_never_back() -> None:
    shown = [age(span(seconds=seconds)) for seconds in range(4 * 86_400)]
    assert len(dict.fromkeys(shown)) == sum(a != b for a, b in pairwise(shown)) + 1
    assert len(set(shown[:3600])) <= 70
    assert age(-span(seconds=5)) == shown[0]


@pytest.mark.parametrize(
    ("old", "rough", "exactly"),
    [
        (span(), "<1 min", "0 s"),
        (span(seconds=59), "<1 min", "50 s"),
        (span(seconds=60), "1 min", "1 min"),
        (span(minutes=59, seconds=59), "59 min", "59 min"),
        (span(hours=1), "1 h", "1 h"),
        (span(hours=47, minutes=59), "47 h", "47 h"),
        (span(hours=48), "2 d", "2 d"),
        (span(days=9), "9 d", "9 d"),
    ],
)
def test_how_old_a_reading_is(old: timedelta, rough: str, exactly: str) -> None:
    assert (age(old), age(old, exact=True)) == (rough, exactly)


def test_ages_in_columns_have_no_seconds() -> None:
    assert minutes(span(seconds=59)) == "now"
    assert minutes(span(seconds=60)) == "1m"
    assert minutes(-span(seconds=30)) == "now"


def test_an_hour_that_comes_twice_has_its_zone() -> None:
    first = datetime(2026, 10, 25, 0, 31, tzinfo=UTC)
    second = first + timedelta(hours=1)
    assert [clock(at, LONDON) for at in (first, second)] == ["01:31 BST", "01:31 GMT"]
    assert [day_clock(at, first, LONDON) for at in (first, second)] == ["01:31 BST", "01:31 GMT"]
    assert day_clock(second, first - timedelta(days=1), LONDON) == "Sun 01:31 GMT"
    assert day_clock(second, first - timedelta(days=20), LONDON) == "25 Oct 01:31 GMT"
