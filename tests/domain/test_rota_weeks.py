"""The rota by the week: turns, gaps, what "next on" answers, and the pay period; with the recorded shapes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from support_desk.domain.cover import missing
from support_desk.domain.rota import Cover, Person, Role, Rota, Shift, merge
from support_desk.domain.rota_weeks import (
    next_on_words,
    on_call_time,
    pay_period,
    turns,
    turns_of,
    until_words,
    weeks,
)
from support_desk.domain.working_time import WorkingCalendar
from tests.domain.oracle import HOLIDAYS

LONDON = ZoneInfo("Europe/London")
CALENDAR = WorkingCalendar(LONDON, time(10), time(18), frozenset(range(5)), HOLIDAYS)
ADA = Person("Ada", "ada@example.com")
BEN = Person("Ben", "ben@example.com")
CAT = Person("Cat", "cat@example.com")
DAN = Person("Dan", "dan@example.com")
EVERY = frozenset(Role)


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), LONDON).astimezone(UTC)


def week(wednesday: date, role: Role, person: Person) -> list[Shift]:
    """A week of a line as the service plans it."""
    if role in (Role.DEV, Role.OPS):
        days = [wednesday + timedelta(days=n) for n in (0, 1, 2, 5, 6)]
        return [Shift(role, person, at(day, 10), at(day, 18)) for day in days]
    spans = [(0, 1), (1, 2), (2, 5), (5, 6), (6, 7)]
    return [
        Shift(role, person, at(wednesday + timedelta(days=a), 18), at(wednesday + timedelta(days=b), 10))
        for a, b in spans
    ]


def planned(wednesday: date, number: int) -> list[Shift]:
    """Some weeks in which everybody takes turns."""
    shifts: list[Shift] = []
    people = {
        Role.DEV: (ADA, BEN),
        Role.OPS: (CAT, DAN),
        Role.ON_CALL: (BEN, CAT),
        Role.SECOND_LINE: (DAN, ADA),
    }
    for n in range(number):
        for role, turn in people.items():
            shifts += week(wednesday + timedelta(weeks=n), role, turn[n % 2])
    return shifts


def rota(
    shifts: list[Shift],
    start: str = "2026-11-01",
    end: str = "2027-01-01",
    roles: Collection[Role] = EVERY,
) -> Rota:
    return Rota(merge(shifts), Cover(london(start), london(end), frozenset(roles)))


FIRST = date(2026, 11, 25)
MADE = rota(planned(FIRST, 6), end="2027-01-06T10:00")


class TestWeeks:
    def test_a_month_ahead_each_week_from_wednesday_to_wednesday(self) -> None:
        found = weeks(MADE, london("2026-11-26T12:00"), CALENDAR)
        assert [w.start for w in found] == [london(f"{FIRST + timedelta(weeks=n)}T10:00") for n in range(5)]
        assert all(line.known and not line.gaps for w in found for line in w.lines)
        mains = [[line.main.person for line in w.lines if line.main] for w in found[:2]]
        assert mains == [[ADA, CAT, BEN, DAN], [BEN, DAN, CAT, ADA]]

    @pytest.mark.parametrize("first", [date(2027, 3, 17), date(2026, 10, 14)])
    def test_both_changes_of_the_clocks(self, first: date) -> None:
        made = Rota(merge(planned(first, 3)), Cover(at(first, 0), at(first + timedelta(weeks=3), 10), EVERY))
        found = weeks(made, at(first, 12), CALENDAR)
        assert [(w.start.astimezone(LONDON).hour, w.end.astimezone(LONDON).hour) for w in found] == [
            (10, 10)
        ] * 3
        assert not [gap for w in found for line in w.lines for gap in line.gaps]

    def test_before_the_changeover_it_is_still_the_old_week_and_at_ten_the_new(self) -> None:
        assert weeks(MADE, london("2026-12-02T09:59"), CALENDAR)[0].start == london("2026-11-25T10:00")
        assert weeks(MADE, london("2026-12-02T10:00"), CALENDAR)[0].start == london("2026-12-02T10:00")

    def test_between_ten_and_six_on_wednesday_nobody_need_be_on_call(self) -> None:
        wednesday = london("2026-12-02T12:00")
        (line,) = [line for line in weeks(MADE, wednesday, CALENDAR)[0].lines if line.role is Role.ON_CALL]
        assert (line.gaps, line.main and line.main.person) == ((), CAT)

    def test_an_override_is_another_s_turn_in_the_week(self) -> None:
        shifts = [shift for shift in planned(FIRST, 1) if shift.start != london("2026-11-26T18:00")]
        shifts.append(
            Shift(Role.ON_CALL, ADA, london("2026-11-26T18:00"), london("2026-11-27T10:00"), override=True)
        )
        (line,) = [
            one for one in weeks(rota(shifts), at(FIRST, 12), CALENDAR)[0].lines if one.role is Role.ON_CALL
        ]
        assert line.main is not None
        assert line.main.person == BEN
        assert [(turn.person, turn.override) for turn in line.others] == [(ADA, True)]

    def test_a_rota_that_ends_is_a_gap_and_one_that_was_not_read_is_not(self) -> None:
        found = weeks(rota(planned(FIRST, 1), end="2026-12-16T10:00"), at(FIRST, 12), CALENDAR)
        assert len(found) == 3
        on_call = [line for w in found for line in w.lines if line.role is Role.ON_CALL]
        assert [(len(line.gaps), line.known) for line in on_call] == [(0, True), (5, True), (5, True)]
        unread = weeks(rota([], roles={Role.DEV}), at(FIRST, 12), CALENDAR)[0].lines
        assert [(line.known, bool(line.gaps)) for line in unread if line.role is not Role.DEV] == [
            (False, False)
        ] * 3

    def test_a_week_that_was_read_in_part_says_so(self) -> None:
        found = weeks(rota(planned(FIRST, 3), end="2026-12-07"), at(FIRST, 12), CALENDAR)
        assert [[line.known for line in w.lines] for w in found] == [[True] * 4, [False] * 4]

    def test_a_week_with_the_pieces_that_a_service_makes(self) -> None:
        """Cut at the request, and a late override that leaves 68.6 seconds in front of itself."""
        asked = london("2026-11-26T11:30:14.401000")
        late = london("2026-11-27T18:01:08.619000")
        shifts: list[Shift] = []
        for shift in planned(FIRST, 1):
            if shift.start < asked < shift.end:
                shifts += [Shift(shift.role, shift.person, shift.start, asked),
                           Shift(shift.role, shift.person, asked, shift.end)]  # fmt: skip
            elif shift.role is Role.SECOND_LINE and shift.start < late < shift.end:
                shifts += [Shift(shift.role, shift.person, shift.start, late),
                           Shift(shift.role, BEN, late, shift.end, override=True)]  # fmt: skip
            else:
                shifts.append(shift)
        lines = {line.role: line for line in weeks(rota(shifts), asked, CALENDAR)[0].lines}
        assert [len(turn.shifts) for turn in lines[Role.DEV].turns] == [5]
        second = lines[Role.SECOND_LINE]
        assert [(turn.person, turn.start) for turn in second.turns] == [
            (DAN, london("2026-11-25T18:00")),
            (BEN, london("2026-11-27T18:00")),
            (DAN, london("2026-11-30T18:00")),
        ]
        assert all(not line.gaps for line in lines.values())


class TestGaps:
    def test_the_first_line_in_working_hours_and_not_on_a_bank_holiday(self) -> None:
        bare = rota([], start="2026-12-24", end="2026-12-30")
        found = missing(bare, Role.DEV, london("2026-12-24"), london("2026-12-30"), CALENDAR)
        assert [(gap.start, gap.end) for gap in found] == [
            (london("2026-12-24T10:00"), london("2026-12-24T18:00")),
            (london("2026-12-29T10:00"), london("2026-12-29T18:00")),
        ]

    def test_on_call_outside_the_hours_of_an_ordinary_week(self) -> None:
        bare = rota([], start="2026-12-24", end="2026-12-29")
        found = missing(bare, Role.ON_CALL, london("2026-12-24T12:00"), london("2026-12-28T12:00"), CALENDAR)
        assert [(gap.start, gap.end) for gap in found] == [
            (london("2026-12-24T18:00"), london("2026-12-25T10:00")),
            (london("2026-12-25T18:00"), london("2026-12-28T10:00")),
        ]

    def test_a_leftover_is_no_gap(self) -> None:
        start = london("2026-11-25T18:00")
        later = Shift(Role.ON_CALL, ADA, start + timedelta(minutes=4), start + timedelta(hours=16))
        assert missing(rota([later]), Role.ON_CALL, start, later.end, CALENDAR) == ()
        half = Shift(Role.ON_CALL, ADA, start + timedelta(minutes=30), start + timedelta(hours=16))
        (gap,) = missing(rota([half]), Role.ON_CALL, start, half.end, CALENDAR)
        assert gap.end - gap.start == timedelta(minutes=30)


class TestNextOn:
    def test_on_now_and_how_long_the_turn_goes_on(self) -> None:
        words = next_on_words(MADE, "ADA@example.com", london("2026-11-26T12:00"), LONDON)
        assert words == (
            "You are first line dev until Thu 18:00, 6 h; your turn goes on until Tue 18:00",
            "Then second line from Wed 18:00, in 6 d 6 h, until Wed 9 Dec 10:00",
        )

    def test_between_two_shifts_of_a_turn(self) -> None:
        words = next_on_words(MADE, BEN.email, london("2026-11-26T12:00"), LONDON)
        assert words == ("You are next on call from Thu 18:00, in 6 h, until Wed 10:00",)

    def test_the_first_moment_counts_and_the_last_does_not(self) -> None:
        assert next_on_words(MADE, ADA.email, london("2026-11-25T10:00"), LONDON)[0].startswith(
            "You are first"
        )
        assert next_on_words(MADE, ADA.email, london("2026-11-25T18:00"), LONDON)[0].startswith(
            "You are next first line dev from Thu 10:00"
        )

    def test_not_on_is_told_with_how_far_the_rota_was_read(self) -> None:
        words = next_on_words(MADE, "eve@example.com", london("2026-11-26T12:00"), LONDON)
        assert words == ("You are not on until Wed 6 Jan 2027 10:00, as far as the rota was read",)

    def test_a_line_that_was_not_read_is_named(self) -> None:
        made = rota(planned(FIRST, 1), roles={Role.DEV, Role.OPS, Role.ON_CALL})
        assert next_on_words(made, "eve@example.com", at(FIRST, 12), LONDON)[-1] == (
            "Not known: second line could not be read"
        )

    def test_not_read_and_not_configured(self) -> None:
        assert "could not be read" in next_on_words(None, ADA.email, at(FIRST, 12), LONDON)[0]
        assert "me.email" in next_on_words(MADE, "", at(FIRST, 12), LONDON)[0]

    def test_an_end_beyond_the_reading_is_not_told(self) -> None:
        made = rota(planned(FIRST, 1), end="2026-11-28T10:00")
        words = next_on_words(made, BEN.email, london("2026-11-28T09:00"), LONDON)
        assert "until after the rota that was read" in words[0]

    def test_standing_in_is_said(self) -> None:
        stand_in = Shift(Role.OPS, ADA, london("2026-12-25T10:00"), london("2026-12-25T18:00"), override=True)
        words = next_on_words(rota([stand_in]), ADA.email, london("2026-12-24T10:00"), LONDON)
        assert words[0].endswith("until Fri 18:00, standing in")

    def test_turns_are_in_order_of_start(self) -> None:
        found = turns_of(MADE, ADA.email, london("2026-11-26T12:00"))
        assert [turn.start for turn in found] == sorted(turn.start for turn in found)
        assert [len(turn.shifts) for turn in turns(MADE.shifts, Role.DEV)] == [5] * 6

    def test_until(self) -> None:
        assert until_words(london("2026-12-01T18:00"), london("2026-11-29T15:00"), LONDON) == (
            "until Tue 18:00, 2 d 3 h"
        )


class TestPay:
    @pytest.mark.parametrize(
        ("now", "start", "end"),
        [
            ("2026-12-02T09:59", "2026-11-04T10:00", "2026-12-02T10:00"),
            ("2026-12-02T10:00", "2026-12-02T10:00", "2027-01-06T10:00"),
            ("2027-01-01T12:00", "2026-12-02T10:00", "2027-01-06T10:00"),
            ("2027-03-31T23:59", "2027-03-03T10:00", "2027-04-07T10:00"),
            ("2026-07-01T10:00", "2026-07-01T10:00", "2026-08-05T10:00"),
        ],
    )
    def test_from_first_wednesday_to_first_wednesday(self, now: str, start: str, end: str) -> None:
        assert pay_period(london(now), LONDON, time(10)) == (london(start), london(end))

    def test_time_on_call_is_elapsed_and_cut_to_the_period(self) -> None:
        made = rota(week(date(2027, 3, 24), Role.ON_CALL, ADA), start="2027-03-01", end="2027-05-01")
        whole = on_call_time(
            made, ADA.email, Role.ON_CALL, london("2027-03-03T10:00"), london("2027-04-07T10:00")
        )
        assert whole == timedelta(hours=4 * 16 + 64 - 1), "an hour is missing in the night of the change"
        cut = on_call_time(
            made, ADA.email, Role.ON_CALL, london("2027-03-25T02:00"), london("2027-03-25T12:00")
        )
        assert cut == timedelta(hours=8)
        assert (
            on_call_time(made, BEN.email, Role.ON_CALL, london("2027-03-03"), london("2027-04-07"))
            == timedelta()
        )

    def test_a_rota_that_does_not_reach_gives_no_sum(self) -> None:
        assert on_call_time(MADE, ADA.email, Role.ON_CALL, london("2026-10-01"), london("2026-12-01")) is None
        assert on_call_time(None, ADA.email, Role.ON_CALL, london("2026-12-01"), london("2026-12-02")) is None


@pytest.mark.parametrize("first", [date(2027, 3, 17), date(2027, 10, 20), date(2026, 12, 16)])
def test_every_hour_of_three_weeks_has_an_answer_and_no_gap_is_invented(first: date) -> None:
    """Over both changes of the clocks and Christmas: the people of a planned rota are never missed."""
    made = Rota(merge(planned(first, 3)), Cover(at(first, 0), at(first + timedelta(weeks=3), 10), EVERY))
    now = at(first, 0)
    while now < at(first + timedelta(weeks=3), 9):
        ahead = [w for w in weeks(made, now, CALENDAR) if w.end > now]
        assert ahead
        assert ahead[0].start <= now < ahead[0].end
        if now >= at(first, 10):
            assert not [gap for w in ahead for line in w.lines for gap in line.gaps], now
        words = next_on_words(made, BEN.email, now, LONDON)
        current = {
            shift.role for shift in made.shifts if shift.person == BEN and shift.start <= now < shift.end
        }
        assert len([line for line in words if line.startswith("You are ") and " until " in line]) >= len(
            current
        )
        assert bool(current) == (not words[0].startswith(("You are next", "You are not")))
        now += timedelta(hours=1)
