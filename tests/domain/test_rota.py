"""Who is on: pieces and shifts, nobody and unknown, Wednesdays and both changes of the clock."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from support_desk.domain.rota import (
    FIRST_LINE,
    UNKNOWN,
    Cover,
    Gap,
    OnCall,
    Person,
    Role,
    Rota,
    Shift,
    answer_for,
    covers,
    gaps,
    merge,
    next_shift,
    on_now,
    relief,
    same_person,
    shift_now,
    shift_of,
    uncovered_bank_holidays,
    until,
    worked,
)

LONDON = ZoneInfo("Europe/London")
ADA = Person("Ada", "ada@example.com")
BEN = Person("Ben", "ben@example.com")
CAT = Person("Cat", "cat@example.com")
EVERY_ROLE = frozenset(Role)


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def shift(role: Role, person: Person, start: str, end: str, *, override: bool = False) -> Shift:
    return Shift(role, person, london(start), london(end), override)


def rota(
    *shifts: Shift,
    start: str = "2026-11-01",
    end: str = "2026-12-31",
    roles: Collection[Role] = EVERY_ROLE,
) -> Rota:
    return Rota(merge(shifts), Cover(london(start), london(end), frozenset(roles)))


def nights(wednesday: date, person: Person, role: Role = Role.ON_CALL) -> list[Shift]:
    """Wednesday 18:00 to the next Wednesday 10:00 by London's wall clock, the weekend in one piece."""

    def at(days: int, hour: int) -> datetime:
        return datetime.combine(wednesday + timedelta(days=days), time(hour), LONDON).astimezone(UTC)

    return [Shift(role, person, at(a, 18), at(b, 10)) for a, b in [(0, 1), (1, 2), (2, 5), (5, 6), (6, 7)]]


def days(wednesday: date, person: Person, role: Role) -> list[Shift]:
    """10:00-18:00 on the working days from one Wednesday to the next."""
    return [
        Shift(
            role,
            person,
            datetime.combine(wednesday + timedelta(days=n), time(10), LONDON).astimezone(UTC),
            datetime.combine(wednesday + timedelta(days=n), time(18), LONDON).astimezone(UTC),
        )
        for n in (0, 1, 2, 5, 6)
    ]


def two_weeks(first: date) -> Rota:
    second = first + timedelta(weeks=1)
    return Rota(
        merge(
            [
                *days(first, ADA, Role.DEV),
                *days(second, BEN, Role.DEV),
                *nights(first, CAT),
                *nights(second, ADA),
                *nights(first, BEN, Role.SECOND_LINE),
                *nights(second, CAT, Role.SECOND_LINE),
            ]
        ),
        Cover(
            datetime.combine(first, time(0), LONDON).astimezone(UTC),
            datetime.combine(first + timedelta(weeks=2), time(0), LONDON).astimezone(UTC),
            frozenset({Role.DEV, Role.ON_CALL, Role.SECOND_LINE}),
        ),
    )


class TestMerge:
    """A person's shift is one line, however the service cut it."""

    def test_the_cut_at_the_moment_of_the_request_is_closed(self) -> None:
        cut = datetime(2026, 11, 23, 11, 30, 14, 401_000, tzinfo=UTC)
        start, end = london("2026-11-23T10:00"), london("2026-11-23T18:00")
        pieces = [Shift(Role.DEV, ADA, start, cut), Shift(Role.DEV, ADA, cut, end)]
        assert merge(pieces) == (Shift(Role.DEV, ADA, start, end),)

    def test_order_of_the_pieces_does_not_matter(self) -> None:
        first = shift(Role.OPS, ADA, "2026-11-23T10:00", "2026-11-23T12:00")
        second = shift(Role.OPS, ADA, "2026-11-23T12:00", "2026-11-23T18:00", override=True)
        assert merge([second, first]) == merge([first, second])
        assert merge([second, first])[0].override
        third = shift(Role.OPS, ADA, "2026-11-23T18:00", "2026-11-23T19:00")
        assert merge([second, third])[0].override

    def test_overlapping_pieces_of_one_person_become_one(self) -> None:
        long = shift(Role.OPS, ADA, "2026-11-23T10:00", "2026-11-23T18:00")
        inside = shift(Role.OPS, ADA, "2026-11-23T11:00", "2026-11-23T12:00")
        assert merge([inside, long]) == (long,)

    def test_an_address_in_other_letters_is_the_same_person(self) -> None:
        first = shift(Role.DEV, ADA, "2026-11-23T10:00", "2026-11-23T12:00")
        second = shift(Role.DEV, Person("A", "ADA@example.com"), "2026-11-23T12:00", "2026-11-23T18:00")
        assert len(merge([first, second])) == 1

    def test_two_nights_of_one_person_stay_two_shifts(self) -> None:
        assert len(merge(nights(date(2026, 11, 18), ADA))) == 5

    def test_one_person_on_two_lines_has_two_shifts(self) -> None:
        one = shift(Role.DEV, ADA, "2026-11-23T10:00", "2026-11-23T18:00")
        other = shift(Role.OPS, ADA, "2026-11-23T10:00", "2026-11-23T18:00")
        assert merge([one, other]) == (one, other)

    def test_a_late_override_leaves_no_shift_of_a_minute(self) -> None:
        """18:00 Cat, and at 18:01:08 Ada took over: Ada's shift, without a hole before it."""
        start, end = london("2026-11-18T18:00"), london("2026-11-19T10:00")
        took_over = start + timedelta(seconds=68, milliseconds=619)
        pieces = [
            Shift(Role.SECOND_LINE, CAT, start, took_over),
            Shift(Role.SECOND_LINE, ADA, took_over, end),
        ]
        assert merge(pieces) == (Shift(Role.SECOND_LINE, ADA, start, end),)

    def test_a_leftover_at_the_end_goes_to_the_shift_before_it(self) -> None:
        start, end = london("2026-11-18T18:00"), london("2026-11-19T10:00")
        left = end - timedelta(seconds=90)
        pieces = [Shift(Role.ON_CALL, ADA, start, left), Shift(Role.ON_CALL, BEN, left, end)]
        assert merge(pieces) == (Shift(Role.ON_CALL, ADA, start, end),)

    def test_leftovers_between_two_pieces_of_one_person_disappear(self) -> None:
        start, end = london("2026-11-18T18:00"), london("2026-11-19T10:00")
        first, second, third = (start + timedelta(minutes=m) for m in (60, 61, 62))
        pieces = [
            Shift(Role.ON_CALL, ADA, start, first),
            Shift(Role.ON_CALL, BEN, first, second),
            Shift(Role.ON_CALL, CAT, second, third),
            Shift(Role.ON_CALL, ADA, third, end),
        ]
        assert merge(pieces) == (Shift(Role.ON_CALL, ADA, start, end),)

    def test_half_an_hour_is_a_shift(self) -> None:
        first = shift(Role.SECOND_LINE, CAT, "2026-11-18T18:00", "2026-11-18T18:34")
        second = shift(Role.SECOND_LINE, BEN, "2026-11-18T18:34", "2026-11-19T10:00")
        assert merge([first, second]) == (first, second)

    def test_a_piece_that_touches_nobody_is_kept(self) -> None:
        """Leaving it out would say "nobody" about a moment at which somebody was on."""
        alone = shift(Role.ON_CALL, ADA, "2026-11-18T18:00", "2026-11-18T18:02")
        assert merge([alone]) == (alone,)

    def test_no_piece_makes_nobody_out_of_somebody(self) -> None:
        """Whatever the pieces, every moment that had a person still has one."""
        start = london("2026-11-18T18:00")
        people = [ADA, BEN, CAT]
        for pattern in range(200):
            lengths = [((pattern * 7 + n * 13) % 9) + 1 for n in range(6)]
            at, pieces = start, []
            for number, minutes in enumerate(lengths):
                end = at + timedelta(minutes=minutes)
                pieces.append(Shift(Role.ON_CALL, people[(pattern + number * number) % 3], at, end))
                at = end
            made = Rota(merge(pieces), Cover(start, at, EVERY_ROLE))
            assert gaps(made, Role.ON_CALL, start, at) == ()
            assert merge(made.shifts) == made.shifts


class TestNow:
    """Nobody and unknown are different answers."""

    def test_somebody_nobody_unknown(self) -> None:
        made = rota(
            shift(Role.DEV, ADA, "2026-11-23T10:00", "2026-11-23T18:00"), roles=[Role.DEV, Role.SECOND_LINE]
        )
        noon = london("2026-11-23T12:00")
        assert on_now(made, Role.DEV, noon) == ADA
        assert on_now(made, Role.SECOND_LINE, noon) is None
        assert on_now(made, Role.OPS, noon) is UNKNOWN
        assert on_now(made, Role.DEV, london("2027-01-01T12:00")) is UNKNOWN
        assert on_now(None, Role.DEV, noon) is UNKNOWN

    def test_a_shift_that_was_read_counts_even_where_the_line_is_doubtful(self) -> None:
        made = rota(shift(Role.DEV, ADA, "2026-11-23T10:00", "2026-11-23T18:00"), roles=[])
        assert on_now(made, Role.DEV, london("2026-11-23T12:00")) == ADA
        assert on_now(made, Role.DEV, london("2026-11-23T20:00")) is UNKNOWN

    def test_a_shift_is_half_open(self) -> None:
        made = rota(shift(Role.DEV, ADA, "2026-11-23T10:00", "2026-11-23T18:00"))
        assert on_now(made, Role.DEV, london("2026-11-23T10:00")) == ADA
        assert on_now(made, Role.DEV, london("2026-11-23T18:00")) is None

    def test_the_cover_is_half_open(self) -> None:
        made = rota(start="2026-11-23T00:00", end="2026-11-24T00:00")
        assert covers(made, Role.DEV, london("2026-11-23T00:00"))
        assert not covers(made, Role.DEV, london("2026-11-24T00:00"))

    def test_an_override_comes_before_the_planned_person(self) -> None:
        made = rota(
            shift(Role.OPS, ADA, "2026-11-23T10:00", "2026-11-23T18:00"),
            shift(Role.OPS, BEN, "2026-11-23T09:00", "2026-11-23T17:00", override=True),
        )
        assert on_now(made, Role.OPS, london("2026-11-23T12:00")) == BEN

    def test_until_is_unknown_where_the_reading_ends(self) -> None:
        made = rota(
            shift(Role.DEV, ADA, "2026-11-23T10:00", "2026-11-23T18:00"),
            shift(Role.OPS, BEN, "2026-11-23T10:00", "2026-11-24T00:00"),
            end="2026-11-24T00:00",
        )
        noon = london("2026-11-23T12:00")
        assert until(made, shift_of(made, Role.DEV, ADA, noon)) == london("2026-11-23T18:00")
        assert until(made, shift_of(made, Role.OPS, BEN, noon)) is None
        assert shift_of(made, Role.OPS, ADA, noon) is None
        assert until(made, None) is None

    def test_next_shifts(self) -> None:
        made = two_weeks(date(2026, 11, 18))
        noon = london("2026-11-23T12:00")
        coming = next_shift(made, Role.ON_CALL, noon)
        assert coming is not None
        assert (coming.person, coming.start) == (CAT, london("2026-11-23T18:00"))
        assert next_shift(None, Role.DEV, noon) is None

    def test_people_without_an_address_are_told_apart_by_name(self) -> None:
        assert same_person(Person("Team", ""), Person("Team", ""))
        assert not same_person(Person("Team", ""), Person("Other", ""))
        assert not same_person(Person("Ada", ""), ADA)


class TestWednesday:
    """In hours people change at 10:00, out of hours at 18:00, and in between nobody is on call."""

    @pytest.mark.parametrize(
        ("at", "dev", "on_call", "second"),
        [
            ("2026-11-25T09:59", None, CAT, BEN),
            ("2026-11-25T10:00", BEN, None, None),
            ("2026-11-25T17:59", BEN, None, None),
            ("2026-11-25T18:00", None, ADA, CAT),
            ("2026-11-21T03:00", None, CAT, BEN),
            ("2026-11-23T09:59", None, CAT, BEN),
        ],
    )
    def test_who_is_on(
        self, at: str, dev: Person | None, on_call: Person | None, second: Person | None
    ) -> None:
        made = two_weeks(date(2026, 11, 18))
        assert on_now(made, Role.DEV, london(at)) == dev
        assert on_now(made, Role.ON_CALL, london(at)) == on_call
        assert on_now(made, Role.SECOND_LINE, london(at)) == second

    def test_the_gap_of_a_wednesday(self) -> None:
        made = two_weeks(date(2026, 11, 18))
        found = gaps(made, Role.ON_CALL, london("2026-11-25T00:00"), london("2026-11-26T00:00"))
        assert found == (Gap(Role.ON_CALL, london("2026-11-25T10:00"), london("2026-11-25T18:00")),)

    def test_gaps_stay_inside_the_reading(self) -> None:
        made = two_weeks(date(2026, 11, 18))
        assert gaps(made, Role.OPS, london("2026-11-20T00:00"), london("2026-11-21T00:00")) == ()
        found = gaps(made, Role.DEV, london("2026-11-01T00:00"), london("2026-11-18T12:00"))
        assert found == (Gap(Role.DEV, london("2026-11-18T00:00"), london("2026-11-18T10:00")),)


class TestClockChanges:
    """Changeovers stay at 10:00 and 18:00 on London's clock, whatever UTC does."""

    @pytest.mark.parametrize(
        ("wednesday", "hours"),
        [
            (date(2027, 3, 24), 63),
            (date(2026, 10, 21), 65),
            (date(2027, 10, 27), 65),
            (date(2026, 11, 18), 64),
        ],
    )
    def test_the_weekend_of_the_change(self, wednesday: date, hours: int) -> None:
        made = two_weeks(wednesday)
        saturday = datetime.combine(wednesday + timedelta(days=3), time(12), LONDON).astimezone(UTC)
        weekend = shift_now(made, Role.ON_CALL, saturday)
        assert weekend is not None
        assert weekend.end - weekend.start == timedelta(hours=hours)
        assert weekend.end.astimezone(LONDON).hour == 10
        assert weekend.start.astimezone(LONDON).hour == 18

    @pytest.mark.parametrize("wednesday", [date(2027, 3, 24), date(2026, 10, 21)])
    def test_nobody_is_lost_in_the_hour_of_the_change(self, wednesday: date) -> None:
        made = two_weeks(wednesday)
        sunday = wednesday + timedelta(days=4)
        start = datetime.combine(sunday, time(0), LONDON).astimezone(UTC)
        assert gaps(made, Role.ON_CALL, start, start + timedelta(hours=6)) == ()
        for minute in range(0, 360, 15):
            assert on_now(made, Role.ON_CALL, start + timedelta(minutes=minute)) == CAT

    def test_the_monday_after_begins_at_ten(self) -> None:
        made = two_weeks(date(2027, 3, 24))
        assert on_now(made, Role.DEV, datetime(2027, 3, 29, 8, 59, tzinfo=UTC)) is None
        assert on_now(made, Role.DEV, datetime(2027, 3, 29, 9, 0, tzinfo=UTC)) == ADA


class TestBankHolidays:
    """Rotations know nothing of them, so only an override is cover."""

    CHRISTMAS = date(2026, 12, 25)

    def missing(
        self, *shifts: Shift, after: str = "2026-12-01", lines: Collection[Role] = FIRST_LINE
    ) -> tuple[date, ...]:
        return uncovered_bank_holidays(
            rota(*shifts),
            [self.CHRISTMAS],
            zone=LONDON,
            opens=time(10),
            closes=time(18),
            after=london(after),
            lines=lines,
        )

    def test_the_usual_person_stays_at_home(self) -> None:
        usual = shift(Role.OPS, ADA, "2026-12-25T10:00", "2026-12-25T18:00")
        assert self.missing(usual) == (self.CHRISTMAS,)

    def test_an_override_is_cover(self) -> None:
        stepped_in = shift(Role.OPS, BEN, "2026-12-25T10:00", "2026-12-25T18:00", override=True)
        assert self.missing(stepped_in) == ()

    def test_half_a_day_is_not(self) -> None:
        stepped_in = shift(Role.OPS, BEN, "2026-12-25T10:00", "2026-12-25T14:00", override=True)
        assert self.missing(stepped_in) == (self.CHRISTMAS,)

    def test_on_call_through_the_day_is(self) -> None:
        assert self.missing(shift(Role.ON_CALL, BEN, "2026-12-24T18:00", "2026-12-28T10:00")) == ()

    def test_second_line_is_judged_by_itself(self) -> None:
        first = shift(Role.ON_CALL, BEN, "2026-12-24T18:00", "2026-12-28T10:00")
        assert self.missing(first, lines=(Role.SECOND_LINE,)) == (self.CHRISTMAS,)

    def test_who_is_planned_by_day_is_not_there_and_who_steps_in_is(self) -> None:
        planned = shift(Role.DEV, ADA, "2026-12-25T10:00", "2026-12-25T18:00")
        stepped_in = shift(Role.OPS, BEN, "2026-12-25T10:00", "2026-12-25T18:00", override=True)
        night = shift(Role.ON_CALL, CAT, "2026-12-24T18:00", "2026-12-28T10:00")
        second = shift(Role.SECOND_LINE, BEN, "2026-12-25T10:00", "2026-12-25T18:00")
        before = shift(Role.DEV, ADA, "2026-12-24T10:00", "2026-12-24T18:00")
        made = rota(planned, stepped_in, night, second, before)
        at = london("2026-12-25T12:00")

        found = worked(made, {self.CHRISTMAS}, LONDON)

        assert [on_now(found, role, at) for role in Role] == [None, BEN, CAT, BEN]
        assert set(found.shifts) == set(made.shifts) - {planned}
        assert worked(made, {date(2026, 12, 26)}, LONDON) is made

    def test_the_past_and_the_unread_are_left_alone(self) -> None:
        assert self.missing(after="2026-12-25T18:00") == ()
        assert self.missing(after="2026-12-25T12:00") == (self.CHRISTMAS,)
        asked = partial(
            uncovered_bank_holidays,
            zone=LONDON,
            opens=time(10),
            closes=time(18),
            after=london("2026-12-01"),
        )
        assert asked(rota(), [date(2027, 3, 26)]) == ()
        assert asked(None, [self.CHRISTMAS]) == ()
        assert asked(rota(start="2026-12-25T12:00"), [self.CHRISTMAS]) == ()
        assert asked(rota(end="2026-12-25T18:00"), [self.CHRISTMAS]) == (self.CHRISTMAS,)
        assert asked(rota(end="2026-12-25T17:59"), [self.CHRISTMAS]) == ()
        assert asked(rota(roles=[]), [self.CHRISTMAS]) == ()


def test_the_relief_is_the_next_other_person_not_tomorrow_s_shift_of_the_same_one() -> None:
    week = rota(
        *(shift(Role.DEV, ADA, f"2026-12-0{day}T10:00", f"2026-12-0{day}T18:00") for day in (2, 3, 4)),
        shift(Role.DEV, BEN, "2026-12-09T10:00", "2026-12-09T18:00"),
    )
    found = relief(week, Role.DEV, ADA, london("2026-12-02T11:00"))
    assert found is not None
    assert (found.person, found.start) == (BEN, london("2026-12-09T10:00"))


def test_of_several_answers_about_a_schedule_an_enabled_ones_counts() -> None:
    off, on, other = (
        OnCall("First_Line", False, ()),
        OnCall("first_line", True, (ADA,)),
        OnCall("x", True, ()),
    )
    assert answer_for("FIRST_line", [other, off, on]) is on
    assert answer_for("first_line", [other, off]) is off
    assert answer_for("first_line", [other]) is None


def test_the_relief_of_one_line_is_nobody_of_another() -> None:
    week = rota(
        shift(Role.DEV, ADA, "2026-12-02T10:00", "2026-12-02T18:00"),
        shift(Role.OPS, CAT, "2026-12-03T10:00", "2026-12-03T18:00"),
        shift(Role.DEV, BEN, "2026-12-09T10:00", "2026-12-09T18:00"),
    )
    found = relief(week, Role.DEV, ADA, london("2026-12-02T11:00"))
    assert found is not None
    assert found.person == BEN


def test_while_nobody_is_on_the_relief_is_whoever_comes_next() -> None:
    week = rota(shift(Role.DEV, ADA, "2026-12-03T10:00", "2026-12-03T18:00"))
    found = relief(week, Role.DEV, None, london("2026-12-02T20:00"))
    assert found is not None
    assert found.person == ADA
    assert relief(None, Role.DEV, ADA, london("2026-12-02T20:00")) is None
