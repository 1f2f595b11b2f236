"""A moment as people type it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_desk.domain.when import parse_when
from support_desk.domain.working_time import WorkingCalendar

LONDON = ZoneInfo("Europe/London")
CALENDAR = WorkingCalendar(
    timezone=LONDON, start=time(10), end=time(18), days=frozenset(range(5)), holidays=frozenset()
)
NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
"""A Tuesday, in winter: London's clocks show the same."""
MOMENTS = st.integers(0, 2 * 366 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("15:10", "2026-11-24T15:10"),
        ("14:02", "2026-11-25T14:02"),
        ("9:30", "2026-11-25T09:30"),
        ("16", "2026-11-24T16:00"),
        ("tomorrow", "2026-11-25T10:00"),
        ("tomorrow 9:15", "2026-11-25T09:15"),
        ("fri 12:00", "2026-11-27T12:00"),
        ("Friday", "2026-11-27T10:00"),
        ("tue", "2026-12-01T10:00"),
        ("tue 15:30", "2026-11-24T15:30"),
        ("Tuesday 14:02", "2026-12-01T14:02"),
        ("26 nov 9:30", "2026-11-26T09:30"),
        ("2 January", "2027-01-02T10:00"),
        ("in 2 h", "2026-11-24T16:02"),
        ("90 min", "2026-11-24T15:32"),
        ("3d", "2026-11-27T14:02"),
        ("1 week", "2026-12-01T14:02"),
        ("today 18:00", "2026-11-24T18:00"),
    ],
)
def test_what_people_type(typed: str, meant: str) -> None:
    assert parse_when(typed, NOW, CALENDAR) == datetime.fromisoformat(meant).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    "typed", ["", "soon", "25:00", "12:60", "today 9:00", "31 feb", "yesterday", "fri noon", "0", "1 2 3"]
)
def test_what_is_no_moment_to_come(typed: str) -> None:
    found = parse_when(typed, NOW, CALENDAR)
    assert found is None or found > NOW


@pytest.mark.parametrize(
    ("now", "typed", "meant"),
    [
        ("2026-10-25T00:10", "01:30", "2026-10-25T00:30"),
        ("2026-10-25T00:40", "01:30", "2026-10-25T01:30"),
        ("2026-10-25T00:40", "sun 01:30", "2026-10-25T01:30"),
        ("2026-10-25T01:40", "01:30", "2026-10-26T01:30"),
    ],
)
def test_of_an_hour_that_comes_twice_the_one_to_come_is_meant(now: str, typed: str, meant: str) -> None:
    at, expected = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, meant))
    assert parse_when(typed, at, CALENDAR) == expected


def test_local_times_stay_put_over_the_change_to_summer_time() -> None:
    before = datetime(2027, 3, 26, 12, tzinfo=UTC)
    found = parse_when("mon 10:00", before, CALENDAR)
    assert found == datetime(2027, 3, 29, 9, 0, tzinfo=UTC)


@given(st.text(max_size=24), MOMENTS)
def test_whatever_is_typed_it_is_a_moment_to_come_or_nothing(typed: str, now: datetime) -> None:
    found = parse_when(typed, now, CALENDAR)
    assert found is None or found >= now


@given(st.integers(0, 23), st.integers(0, 59), MOMENTS)
def test_a_time_without_a_day_is_within_a_day_and_a_change_of_clocks(
    hour: int, minute: int, now: datetime
) -> None:
    found = parse_when(f"{hour}:{minute:02}", now, CALENDAR)
    assert found is not None
    assert timedelta(0) < found - now <= timedelta(hours=25)


def test_a_calendar_day_is_not_looked_for_beyond_next_year() -> None:
    assert parse_when("29 feb", NOW, CALENDAR) is None
    assert parse_when("29 feb", datetime(2027, 11, 1, tzinfo=UTC), CALENDAR) == datetime.combine(
        date(2028, 2, 29), time(10), LONDON
    )


@pytest.mark.parametrize(
    "typed",
    ["24:00", "today 9:00", "today 24:00", "31 feb", "noon", "x 26 nov", "fri 26 nov", "fri5", "fri noon"],
)
def test_what_is_not_understood_is_no_moment_at_all(typed: str) -> None:
    """A moment that was guessed would be a promise, or the end of a snooze, that nobody meant."""
    assert parse_when(typed, NOW, CALENDAR) is None
