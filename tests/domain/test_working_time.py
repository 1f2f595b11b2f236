"""Working hours against a clock that is read minute by minute, and the laws that they keep."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support_desk.domain.words import duration_words, moment_words
from support_desk.domain.working_time import WorkingCalendar
from tests.effort import calls

from .oracle import HOLIDAYS, MINUTE, SEASON

LONDON = ZoneInfo("Europe/London")
WEEKDAYS = frozenset(range(5))
OFFICE = WorkingCalendar(LONDON, time(10), time(18), WEEKDAYS, HOLIDAYS)
EVERY_NIGHT = WorkingCalendar(LONDON, time(0, 30), time(3), frozenset(range(7)), frozenset())

quick = settings(max_examples=120, deadline=None, derandomize=True)
SEASON_END = SEASON.start + timedelta(days=280)
EDGES = (
    datetime(2026, 10, 23, 16, tzinfo=UTC),
    datetime(2026, 10, 25, tzinfo=UTC),
    datetime(2026, 10, 26, 9, tzinfo=UTC),
    datetime(2026, 12, 24, 12, tzinfo=UTC),
    datetime(2026, 12, 29, 10, tzinfo=UTC),
    datetime(2027, 3, 25, 17, 59, tzinfo=UTC),
    datetime(2027, 3, 28, tzinfo=UTC),
    datetime(2027, 3, 30, 9, tzinfo=UTC),
)


def at(text: str) -> datetime:
    """A local time in London, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def minutes_of_the_season() -> st.SearchStrategy[datetime]:
    anywhere = st.integers(0, 280 * 24 * 60).map(lambda minute: SEASON.start + minute * MINUTE)
    near_an_edge = st.builds(
        lambda edge, off: edge + off * MINUTE, st.sampled_from(EDGES), st.integers(-4000, 4000)
    )
    return anywhere | near_an_edge


def moments() -> st.SearchStrategy[datetime]:
    return st.timedeltas(timedelta(), timedelta(days=20 * 365)).map(
        lambda since: datetime(2015, 1, 1, tzinfo=UTC) + since
    )


class TestExamples:
    @pytest.mark.parametrize(
        ("start", "hours", "due"),
        [
            ("2026-11-23T10:00", 8, "2026-11-23T18:00"),
            ("2026-11-23T17:00", 8, "2026-11-24T17:00"),
            ("2026-11-27T17:30", 1, "2026-11-30T10:30"),
            ("2026-11-28T03:00", 1, "2026-11-30T11:00"),
            ("2026-11-23T10:00", 40, "2026-11-27T18:00"),
            # Christmas Day is a Friday, and Monday the 28th stands in for Boxing Day.
            ("2026-12-24T17:00", 2, "2026-12-29T11:00"),
            ("2026-12-31T17:00", 8, "2027-01-04T17:00"),
            # The clocks go back on Sunday 25 October, forward on Sunday 28 March (Easter).
            ("2026-10-23T17:00", 8, "2026-10-26T17:00"),
            ("2027-03-25T17:00", 8, "2027-03-30T17:00"),
        ],
    )
    def test_add(self, start: str, hours: float, due: str) -> None:
        assert OFFICE.add(at(start), timedelta(hours=hours)) == at(due)

    def test_a_summer_and_a_winter_day_are_open_at_the_same_local_time(self) -> None:
        assert OFFICE.is_open(datetime(2026, 10, 23, 9, tzinfo=UTC))
        assert not OFFICE.is_open(datetime(2026, 10, 26, 9, tzinfo=UTC))
        assert OFFICE.is_open(datetime(2026, 10, 26, 10, tzinfo=UTC))

    def test_the_first_moment_is_open_and_the_last_is_not(self) -> None:
        assert OFFICE.is_open(at("2026-11-23T10:00"))
        assert not OFFICE.is_open(at("2026-11-23T10:00") - timedelta(microseconds=1))
        assert OFFICE.is_open(at("2026-11-23T18:00") - timedelta(microseconds=1))
        assert not OFFICE.is_open(at("2026-11-23T18:00"))

    def test_no_working_time_is_over_at_once(self) -> None:
        saturday = at("2026-11-28T12:00")
        assert OFFICE.add(saturday, timedelta()) == saturday

    def test_a_working_day_is_no_weekend_and_no_bank_holiday(self) -> None:
        assert OFFICE.is_working_day(date(2026, 11, 23))
        assert not OFFICE.is_working_day(date(2026, 11, 22))
        assert not OFFICE.is_working_day(date(2026, 12, 28))

    def test_a_day_is_an_hour_longer_when_the_clocks_go_back_in_it(self) -> None:
        back, forward = at("2026-10-25T00:00"), at("2027-03-28T00:00")
        assert EVERY_NIGHT.between(back, back + timedelta(hours=12)) == timedelta(hours=3, minutes=30)
        assert EVERY_NIGHT.between(forward, forward + timedelta(hours=12)) == timedelta(hours=1, minutes=30)

    def test_a_day_that_the_zone_leaves_out_counts_once(self) -> None:
        apia = WorkingCalendar(ZoneInfo("Pacific/Apia"), time(10), time(18), frozenset(range(7)), frozenset())
        week = datetime(2011, 12, 27, tzinfo=UTC), datetime(2012, 1, 3, tzinfo=UTC)
        assert apia.between(*week) == 7 * timedelta(hours=8)

    def test_answers_are_in_utc_whatever_the_question_is_in(self) -> None:
        new_york = datetime(2026, 11, 23, 8, tzinfo=timezone(timedelta(hours=-5)))
        due = OFFICE.add(new_york, timedelta(hours=1))
        assert (due, due.tzinfo) == (at("2026-11-23T14:00"), UTC)
        assert OFFICE.next_change(new_york).tzinfo is UTC


class TestRefusals:
    def test_hours_that_end_before_they_start(self) -> None:
        with pytest.raises(ValueError, match=r"end \(10:00\) before they start \(18:00\)"):
            replace(OFFICE, start=time(18), end=time(10))
        with pytest.raises(ValueError, match="before they start"):
            replace(OFFICE, start=time(10), end=time(10))

    def test_no_days(self) -> None:
        with pytest.raises(ValueError, match="at least one day"):
            replace(OFFICE, days=frozenset())

    def test_days_that_are_none(self) -> None:
        with pytest.raises(ValueError, match=r"0 \(Monday\) to 6 \(Sunday\)"):
            replace(OFFICE, days=frozenset({0, 7}))

    def test_a_moment_without_a_zone(self) -> None:
        naive = datetime(2026, 11, 23)  # noqa: DTZ001 - what is refused
        for question in (OFFICE.is_open, OFFICE.next_change, OFFICE.last_change):
            with pytest.raises(ValueError, match="needs a time zone"):
                question(naive)

    def test_going_backwards(self) -> None:
        with pytest.raises(ValueError, match="forwards"):
            OFFICE.add(SEASON.start, -MINUTE)

    def test_beyond_the_last_year(self) -> None:
        with pytest.raises(OverflowError):
            OFFICE.add(SEASON.start, timedelta(days=900_000))
        with pytest.raises(OverflowError):
            OFFICE.add(datetime(2300, 1, 1, tzinfo=UTC), MINUTE)
        with pytest.raises(OverflowError):
            OFFICE.next_change(datetime(2300, 1, 1, tzinfo=UTC))


class TestAgainstTheClock:
    @quick
    @given(minutes_of_the_season(), minutes_of_the_season())
    def test_between(self, a: datetime, b: datetime) -> None:
        assert OFFICE.between(a, b) == SEASON.between(a, b)

    @quick
    @given(minutes_of_the_season(), st.integers(0, 45 * 60))
    def test_add(self, start: datetime, minutes: int) -> None:
        start = min(start, SEASON_END)
        assert OFFICE.add(start, minutes * MINUTE) == SEASON.add(start, minutes)

    @quick
    @given(minutes_of_the_season())
    def test_is_open_and_next_change(self, moment: datetime) -> None:
        assert OFFICE.is_open(moment) == SEASON.open[SEASON.place(moment)]
        assert OFFICE.next_change(moment) == SEASON.next_change(moment)

    def test_every_minute_around_the_changes_of_the_clocks_and_the_holidays(self) -> None:
        for edge in EDGES:
            first = SEASON.place(edge) - 2 * 24 * 60
            for place in range(first, first + 4 * 24 * 60, 5):
                assert OFFICE.is_open(SEASON.start + place * MINUTE) == SEASON.open[place]


@pytest.mark.parametrize("calendar", [OFFICE, EVERY_NIGHT], ids=["office", "every night"])
class TestLaws:
    @quick
    @given(start=moments(), amount=st.timedeltas(timedelta(), timedelta(hours=300)))
    def test_what_is_added_lies_between(
        self, calendar: WorkingCalendar, start: datetime, amount: timedelta
    ) -> None:
        end = calendar.add(start, amount)
        assert calendar.between(start, end) == amount
        if amount:
            assert calendar.between(start, end - timedelta(microseconds=1)) < amount

    @quick
    @given(a=moments(), b=moments(), c=moments())
    def test_parts_add_up_and_the_way_back_is_negative(
        self, calendar: WorkingCalendar, a: datetime, b: datetime, c: datetime
    ) -> None:
        assert calendar.between(a, b) + calendar.between(b, c) == calendar.between(a, c)
        assert calendar.between(b, a) == -calendar.between(a, b)

    @quick
    @given(start=moments(), more=st.timedeltas(timedelta(), timedelta(days=30)))
    def test_later_is_never_less(self, calendar: WorkingCalendar, start: datetime, more: timedelta) -> None:
        amount = timedelta(hours=5)
        assert timedelta() <= calendar.between(start, start + more) <= more
        assert calendar.add(start + more, amount) >= calendar.add(start, amount)

    @quick
    @given(moment=moments())
    def test_nothing_flips_before_the_next_change(self, calendar: WorkingCalendar, moment: datetime) -> None:
        change = calendar.next_change(moment)
        assert calendar.last_change(moment) <= moment
        assert calendar.next_change(calendar.last_change(moment)) == change
        assert change > moment
        assert calendar.is_open(change) != calendar.is_open(moment)
        length = change - moment
        for tenth in range(10):
            assert calendar.is_open(moment + tenth * length / 10) == calendar.is_open(moment)
        assert calendar.between(moment, change) == (length if calendar.is_open(moment) else timedelta())

    @quick
    @given(moment=moments())
    def test_the_zone_of_the_question_plays_no_part(
        self, calendar: WorkingCalendar, moment: datetime
    ) -> None:
        local = moment.astimezone(LONDON)
        assert calendar.is_open(local) == calendar.is_open(moment)
        assert calendar.add(local, timedelta(hours=9)) == calendar.add(moment, timedelta(hours=9))
        assert calendar.between(SEASON.start, local) == calendar.between(SEASON.start, moment)


class TestCost:
    def test_the_longest_span_ends(self) -> None:
        ever = datetime.min.replace(tzinfo=UTC) + timedelta(days=2), datetime(9999, 12, 30, tzinfo=UTC)
        fresh = replace(OFFICE)
        assert fresh.between(*ever) > timedelta(days=19_000)
        assert fresh.between(*reversed(ever)) == -fresh.between(*ever)
        assert len(fresh._years) <= 16

    def test_two_thousand_deadlines_take_no_time_to_speak_of(self) -> None:
        start = at("2026-12-23T16:20")
        OFFICE.add(start, timedelta(hours=40))

        def deadlines() -> None:
            for minute in range(2000):
                OFFICE.add(start + minute * MINUTE, timedelta(hours=40))

        assert calls(deadlines) < 30 * 2000


class TestWords:
    @pytest.mark.parametrize(
        ("length", "words"),
        [
            (timedelta(), "less than a minute"),
            (timedelta(seconds=59), "less than a minute"),
            (timedelta(minutes=5, seconds=59), "5 min"),
            (timedelta(hours=3, minutes=10), "3 h 10 min"),
            (timedelta(hours=4), "4 h"),
            (timedelta(days=2, hours=3, minutes=40), "2 d 3 h"),
            (timedelta(days=2, minutes=40), "2 d"),
            (-timedelta(hours=1, minutes=12), "1 h 12 min"),
        ],
    )
    def test_the_two_largest_units(self, length: timedelta, words: str) -> None:
        assert duration_words(length) == words

    def test_working_time_stays_with_hours(self) -> None:
        assert duration_words(timedelta(hours=39, minutes=10), days=False) == "39 h 10 min"

    @pytest.mark.parametrize(
        ("moment", "words"),
        [
            ("2026-11-23T10:42", "Mon 10:42"),
            ("2026-11-29T10:42", "Sun 10:42"),
            ("2026-11-30T10:42", "Mon 30 Nov 10:42"),
            ("2026-11-16T10:42", "Mon 16 Nov 10:42"),
            ("2027-03-29T10:42", "Mon 29 Mar 2027 10:42"),
        ],
    )
    def test_moments_are_local_and_short(self, moment: str, words: str) -> None:
        assert moment_words(at(moment), at("2026-11-23T23:30"), LONDON) == words

    @pytest.mark.parametrize(
        ("moment", "words"),
        [
            (datetime(2026, 10, 24, 23, 59, tzinfo=UTC), "Sun 00:59"),
            (datetime(2026, 10, 25, 0, 0, tzinfo=UTC), "Sun 01:00 BST"),
            (datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC), "Sun 01:59 BST"),
            (datetime(2026, 10, 25, 1, 0, tzinfo=UTC), "Sun 01:00 GMT"),
            (datetime(2026, 10, 25, 1, 59, 59, tzinfo=UTC), "Sun 01:59 GMT"),
            (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), "Sun 02:00"),
            (datetime(2027, 3, 28, 0, 59, tzinfo=UTC), "Sun 00:59"),
            (datetime(2027, 3, 28, 1, 0, tzinfo=UTC), "Sun 02:00"),
        ],
    )
    def test_an_hour_that_comes_twice_has_its_zone(self, moment: datetime, words: str) -> None:
        assert moment_words(moment, moment, LONDON) == words
