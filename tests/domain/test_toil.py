"""Time off in lieu: the hour, midnight, both changes of the clocks, and every choice; against an oracle."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support_desk.domain.rota import Cover, Person, Role, Shift
from support_desk.domain.toil import Answer, Ledger, Received, duty, ledger, own_shifts
from support_desk.domain.toil_rule import Counted, Mixed, PartHours, Rule, Woken, extra_of
from support_desk.domain.working_time import WorkingCalendar
from tests.domain.oracle import HOLIDAYS
from tests.domain.toil_oracle import Ring, Said, script_minutes, tally

LONDON = ZoneInfo("Europe/London")
CALENDAR = WorkingCalendar(LONDON, time(10), time(18), frozenset(range(5)), HOLIDAYS)
ADA = Person("Ada", "ada@example.com")
BEN = Person("Ben", "ben@example.com")
ALWAYS = Cover(datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC), frozenset(Role))
START, END = ALWAYS.start, ALWAYS.end
QUARTER, HALF = Fraction(1, 4), Fraction(1, 2)


def london(text: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON, fold=fold).astimezone(UTC)


def ring(at: datetime | str, id_: str = "", *, mine: bool = True, tags: tuple[str, ...] = ()) -> Received:
    moment = london(at) if isinstance(at, str) else at
    return Received(id_ or f"{moment.isoformat()}", "disk", moment, "P1", tags, mine=mine)


def on_call(start: str, end: str, *, role: Role = Role.ON_CALL, override: bool = False) -> Shift:
    return Shift(role, ADA, london(start), london(end), override)


def answer(id_: str, woken: Woken = Woken.NO, minutes: float = 0, **more: Any) -> Answer:
    given: dict[str, Any] = {"left_out": False, "at": START} | more
    return Answer(id_, woken, timedelta(minutes=minutes), **given)


def made(
    rings: Iterable[Received],
    shifts: Iterable[Shift],
    *answers: Answer,
    rule: Rule | None = None,
    cover: Cover | None = ALWAYS,
    start: datetime = START,
    end: datetime = END,
) -> Ledger:
    return ledger(
        rings,
        shifts,
        cover,
        {said.alert: said for said in answers},
        rule=rule or Rule(),
        calendar=CALENDAR,
        start=start,
        end=end,
    )


NIGHT = on_call("2026-11-24T18:00", "2026-11-25T10:00")


class TestTheHour:
    def test_within_an_hour_of_the_first_is_one_claim_and_the_last_moment_belongs_to_it(self) -> None:
        found = made(
            [ring("2026-11-24T19:00", "a"), ring("2026-11-24T19:59", "b"), ring("2026-11-24T20:00", "c")],
            [NIGHT],
        )
        assert [[alert.id for alert in claim.alerts] for claim in found.claims] == [["a", "b", "c"]]
        assert found.days == QUARTER

    def test_the_hour_runs_from_the_first_not_from_the_last(self) -> None:
        late = london("2026-11-24T20:00") + timedelta(microseconds=1)
        rings = [ring("2026-11-24T19:00", "a"), ring("2026-11-24T19:50", "b"), ring(late, "c")]
        found = made(rings, [NIGHT])
        assert [[alert.id for alert in claim.alerts] for claim in found.claims] == [["a", "b"], ["c"]]
        assert found.days == HALF

    def test_kinds_of_alerts_are_grouped_together_in_whatever_order_they_come(self) -> None:
        rings = [ring("2026-11-24T22:59", "a"), ring("2026-11-24T23:10", "b")]
        assert made(reversed(rings), [NIGHT]) == made(rings, [NIGHT])
        assert len(made(rings, [NIGHT]).claims) == 1

    def test_an_hour_that_began_before_the_range_is_not_begun_anew_in_it(self) -> None:
        rings = [ring("2026-11-24T19:30"), ring("2026-11-24T20:10"), ring("2026-11-24T20:31")]
        found = made(rings, [NIGHT], start=london("2026-11-24T20:00"))
        assert [claim.start for claim in found.claims] == [london("2026-11-24T20:31")]

    def test_it_spans_midnight(self) -> None:
        rings = [ring("2026-11-24T23:40", "a"), ring("2026-11-25T00:39", "b"), ring("2026-11-25T00:41", "c")]
        found = made(rings, [NIGHT])
        assert [len(claim.alerts) for claim in found.claims] == [2, 1]
        assert [claim.days for claim in found.claims] == [HALF, HALF]

    @pytest.mark.parametrize(
        ("first", "second", "claims"),
        [
            # Forward on 28 March 2027: 00:30 to 02:20 is fifty minutes.
            (london("2027-03-28T00:30"), london("2027-03-28T02:20"), 1),
            (london("2027-03-28T00:30"), london("2027-03-28T02:31"), 2),
            # Back on 31 October 2027: 01:50 to 01:20 is half an hour, to 02:20 an hour and a half.
            (london("2027-10-31T01:50"), london("2027-10-31T01:20", fold=1), 1),
            (london("2027-10-31T01:50"), london("2027-10-31T02:20"), 2),
        ],
    )
    def test_a_change_of_the_clocks_leaves_the_hour_an_hour(
        self, first: datetime, second: datetime, claims: int
    ) -> None:
        weekend = Shift(Role.ON_CALL, ADA, first - timedelta(hours=9), second + timedelta(hours=9))
        found = made([ring(first), ring(second)], [weekend])
        assert len(found.claims) == claims
        assert all(claim.woken is Woken.FIRST for claim in found.claims)


class TestWhoseItIs:
    def test_in_hours_there_is_nothing_to_claim(self) -> None:
        rings = [ring("2026-11-25T10:00", "a"), ring("2026-11-25T17:59", "b"), ring("2026-11-25T09:59", "c")]
        found = made(rings, [on_call("2026-11-24T18:00", "2026-11-25T23:00")])
        assert [claim.id for claim in found.claims] == ["c"]

    def test_the_end_of_a_shift_is_no_longer_on_call(self) -> None:
        shift = on_call("2026-11-28T10:00", "2026-11-28T12:00")
        found = made([ring("2026-11-28T12:00", mine=False), ring("2026-11-28T11:59", mine=False)], [shift])
        assert [claim.start for claim in found.claims] == [london("2026-11-28T11:59")]

    def test_what_was_acknowledged_outside_ones_own_shifts_is_told_and_not_claimed(self) -> None:
        found = made([ring("2026-11-26T21:00", "a"), ring("2026-11-26T22:30", "b", mine=False)], [NIGHT])
        assert found.claims == ()
        assert [alert.id for alert in found.outside] == ["a"]

    def test_where_the_rota_was_not_read_nobody_can_say(self) -> None:
        rings = [ring("2026-11-26T21:00", "a"), ring("2026-11-26T22:30", "b", mine=False)]
        assert [alert.id for alert in made(rings, [], cover=None).unknown] == ["a", "b"]
        first_line_only = Cover(START, END, frozenset({Role.ON_CALL}))
        found = made(rings, [], cover=first_line_only)
        assert [alert.id for alert in found.unknown] == ["a"], "it may have been the second line's"

    def test_the_second_line_has_what_it_acknowledged(self) -> None:
        second = on_call("2026-11-24T18:00", "2026-11-25T10:00", role=Role.SECOND_LINE)
        found = made([ring("2026-11-24T20:00", "a", mine=False), ring("2026-11-24T22:00", "b")], [second])
        assert [(claim.id, claim.role) for claim in found.claims] == [("b", Role.SECOND_LINE)]

    def test_the_day_of_a_bank_holiday_counts_for_who_steps_in(self) -> None:
        christmas = ("2026-12-25T10:00", "2026-12-25T18:00")
        rings = [ring("2026-12-25T12:00", mine=False)]
        assert len(made(rings, [on_call(*christmas, role=Role.OPS, override=True)]).claims) == 1
        assert made(rings, [on_call(*christmas, role=Role.OPS)]).claims == (), "the usual person is at home"

    def test_the_first_line_comes_before_the_second(self) -> None:
        both = [on_call("2026-11-24T18:00", "2026-11-25T10:00", role=Role.SECOND_LINE), NIGHT]
        found = duty(both, london("2026-11-24T20:00"))
        assert found is not None
        assert found.role is Role.ON_CALL

    def test_a_shift_begins_with_its_first_moment_and_its_last_is_the_next_one_s(self) -> None:
        assert duty([NIGHT], NIGHT.start) == NIGHT
        assert duty([NIGHT], NIGHT.end) is None
        found = made([ring(NIGHT.start, "a")], [NIGHT], start=NIGHT.start)
        assert [claim.id for claim in found.claims] == ["a"], "the range has its first moment as well"

    def test_where_the_rota_ends_nobody_can_say_whose_an_alert_was(self) -> None:
        at = london("2026-11-24T20:00")
        last = Cover(START, at, frozenset(Role))
        found = made([ring(at, "a")], [], cover=last)
        assert ([row.id for row in found.unknown], found.outside) == (["a"], ())
        found = made([ring(at, "a")], [], cover=Cover(at, END, frozenset(Role)))
        assert (found.unknown, [row.id for row in found.outside]) == ((), ["a"])

    def test_only_ones_own_shifts(self) -> None:
        other = Shift(Role.ON_CALL, BEN, NIGHT.start, NIGHT.end)
        loud = Shift(Role.ON_CALL, Person("A.", "ADA@example.com"), NIGHT.start, NIGHT.end)
        assert own_shifts([other, loud, NIGHT], ADA) == (loud, NIGHT)

    def test_only_acknowledged_ones_count_where_that_is_chosen(self) -> None:
        rings = [ring("2026-11-24T20:00", "a", mine=False), ring("2026-11-24T22:00", "b")]
        found = made(rings, [NIGHT], rule=Rule(counted=Counted.ACKNOWLEDGED))
        assert [claim.id for claim in found.claims] == ["b"]
        assert [alert.id for alert in found.unacknowledged] == ["a"]


class TestWhatItIsWorth:
    @pytest.mark.parametrize(
        ("at", "woken"),
        [
            ("2026-11-24T22:59:59", Woken.NO),
            ("2026-11-24T23:00", Woken.FIRST),
            ("2026-11-25T07:59:59", Woken.FIRST),
            ("2026-11-25T08:00", Woken.NO),
            # Summer: 22:30 UTC is 23:30.
            ("2027-06-02T23:30", Woken.FIRST),
        ],
    )
    def test_the_clock_suggests_the_answer(self, at: str, woken: Woken) -> None:
        shift = Shift(Role.ON_CALL, ADA, london(at) - timedelta(hours=2), london(at) + timedelta(hours=2))
        (claim,) = made([ring(at)], [shift]).claims
        assert (claim.suggested, claim.woken, claim.answer) == (woken, woken, None)

    def test_hours_of_sleep_within_one_day(self) -> None:
        rule = Rule(sleeps_from=time(1), sleeps_until=time(9))
        rings = [ring("2026-11-25T00:30"), ring("2026-11-25T08:30")]
        assert [claim.suggested for claim in made(rings, [NIGHT], rule=rule).claims] == [
            Woken.NO,
            Woken.FIRST,
        ]

    def test_what_the_person_says_comes_before_the_clock(self) -> None:
        rings = [ring("2026-11-25T02:00", "a"), ring("2026-11-25T02:30", "b")]
        found = made(rings, [NIGHT], answer("b", Woken.NO, 59))
        assert (found.days, found.unanswered) == (QUARTER, ())

    def test_the_newest_answer_counts_where_two_claims_have_become_one(self) -> None:
        rings = [ring("2026-11-25T02:00", "a"), ring("2026-11-25T02:30", "b")]
        newer = answer("a", Woken.NO, at=START + timedelta(days=1))
        assert made(rings, [NIGHT], answer("b", Woken.FIRST), newer).days == QUARTER

    @pytest.mark.parametrize(("mixed", "days"), [(Mixed.ANY, HALF), (Mixed.FIRST, QUARTER)])
    def test_awake_at_first_and_woken_later(self, mixed: Mixed, days: Fraction) -> None:
        rings = [ring("2026-11-24T22:50", "a"), ring("2026-11-24T23:30", "b")]
        found = made(rings, [NIGHT], rule=Rule(mixed=mixed))
        assert [claim.suggested for claim in found.claims] == [Woken.LATER]
        assert found.days == days

    @pytest.mark.parametrize(
        ("minutes", "full", "started", "exact"),
        [
            (0, 0, 0, Fraction()),
            (60, 0, 0, Fraction()),
            (61, 0, 1, Fraction(1, 60)),
            (119, 0, 1, Fraction(59, 60)),
            (120, 1, 1, Fraction(1)),
            (150, 1, 2, Fraction(3, 2)),
            (600, 9, 9, Fraction(9)),
        ],
    )
    def test_more_than_an_hour_of_fixing(
        self, minutes: int, full: int, started: int, exact: Fraction
    ) -> None:
        fix = timedelta(minutes=minutes)
        assert extra_of(fix, Rule()) == full * QUARTER
        assert extra_of(fix, Rule(part_hours=PartHours.STARTED)) == started * QUARTER
        assert extra_of(fix, Rule(part_hours=PartHours.EXACT)) == exact * QUARTER

    def test_a_day_is_seven_hours(self) -> None:
        found = made([ring("2026-11-25T02:00", "a")], [NIGHT], answer("a", Woken.FIRST, 120))
        assert (found.days, found.length) == (Fraction(3, 4), timedelta(hours=5, minutes=15))

    def test_what_is_left_out_is_worth_nothing_and_is_answered(self) -> None:
        found = made([ring("2026-11-25T02:00", "a")], [NIGHT], answer("a", Woken.FIRST, 300, left_out=True))
        assert (found.days, found.unanswered, found.to_claim) == (Fraction(), (), ())

    def test_what_is_to_be_claimed_is_answered_and_not_yet_claimed(self) -> None:
        rings = [ring("2026-11-24T19:00", "a"), ring("2026-11-24T21:00", "b"), ring("2026-11-25T02:00", "c")]
        done = answer("b", claimed_at=END)
        assert [claim.id for claim in made(rings, [NIGHT], answer("a"), done).to_claim] == ["a"]

    def test_fixing_that_is_left_out_or_ends_before_the_very_next_claim_runs_into_nothing(self) -> None:
        rings = [ring("2026-11-24T19:00", "a"), ring("2026-11-24T20:30", "b"), ring("2026-11-25T02:00", "c")]
        found = made(rings, [NIGHT], answer("a", minutes=300, left_out=True), answer("b", minutes=240))
        assert [claim.runs_into_next for claim in found.claims] == [False, False, False]
        found = made(rings, [NIGHT], answer("a", minutes=120), answer("b", minutes=400))
        assert [claim.runs_into_next for claim in found.claims] == [True, True, False]

    def test_one_hour_of_fixing_is_not_counted_in_two_claims_unnoticed(self) -> None:
        rings = [ring("2026-11-24T19:00", "a"), ring("2026-11-24T20:30", "b")]
        found = made(rings, [NIGHT], answer("a", minutes=120))
        assert [claim.runs_into_next for claim in found.claims] == [True, False]
        assert [claim.runs_into_next for claim in made(rings, [NIGHT], answer("a", minutes=90)).claims] == [
            False,
            False,
        ]


class TestTheAgencysScript:
    def test_half_an_hour_after_the_last_counted_one_of_the_same_kind(self) -> None:
        rings = [ring(f"2026-11-24T{clock}") for clock in ("19:00", "19:20", "19:45", "20:15")]
        script = made(rings, [NIGHT]).script
        assert (script.awake, script.woken, script.days) == (2, 0, HALF)

    def test_kinds_are_counted_apart_and_unacknowledged_ones_not_at_all(self) -> None:
        rings = [ring("2026-11-24T22:50"), ring("2026-11-24T23:05"), ring("2026-11-25T03:00", mine=False)]
        script = made(rings, [NIGHT]).script
        assert (script.awake, script.woken) == (1, 1)

    def test_tags_come_before_the_clock_and_sleeping_wins(self) -> None:
        rings = [
            ring("2026-11-24T20:00", tags=("OOH", "WakingHours", "SleepingHours")),
            ring("2026-11-24T21:00", tags=("inhours",)),
        ]
        script = made(rings, [NIGHT]).script
        assert (script.awake, script.woken) == (0, 1)

    def test_its_working_day_ends_an_hour_late(self) -> None:
        assert made([ring("2026-11-24T18:30")], [NIGHT]).script.days == 0
        assert made([ring("2026-11-24T18:30")], [NIGHT]).days == QUARTER

    def test_only_its_range_is_told_but_what_came_before_still_silences(self) -> None:
        rings = [ring("2026-11-24T19:55"), ring("2026-11-24T20:10")]
        assert made(rings, [NIGHT], start=london("2026-11-24T20:00")).script.days == 0


MOMENTS = st.sampled_from([
    datetime(2026, 11, 24, 17, tzinfo=UTC),
    datetime(2026, 12, 24, 16, tzinfo=UTC),
    datetime(2027, 3, 26, 17, tzinfo=UTC),
    datetime(2026, 10, 23, 16, tzinfo=UTC),
])  # fmt: skip
"""An ordinary Tuesday, Christmas, and the weekends of both changes of the clocks."""

RINGS = st.lists(st.tuples(st.integers(0, 96 * 60), st.integers(0, 59), st.booleans()), max_size=14)
SAID = st.lists(
    st.tuples(st.integers(0, 13), st.sampled_from(Woken), st.integers(0, 400), st.booleans()), max_size=3
)
CHOICES = st.tuples(st.sampled_from(["full", "started"]), st.sampled_from(Mixed), st.booleans())


@settings(max_examples=150)
@given(MOMENTS, RINGS, SAID, CHOICES)
def test_the_oracle_counts_the_same(
    start: datetime,
    spots: list[tuple[int, int, bool]],
    spoken: list[tuple[int, Woken, int, bool]],
    chosen: tuple[str, Mixed, bool],
) -> None:
    part_hours, mixed, only_mine = chosen
    rings = [
        ring(start + timedelta(minutes=minute, seconds=second), f"r{number:02}", mine=mine)
        for number, (minute, second, mine) in enumerate(spots)
    ]
    nights = [(start + timedelta(hours=1), start + timedelta(hours=40)),
              (start + timedelta(hours=48), start + timedelta(hours=90))]  # fmt: skip
    shifts = [Shift(Role.ON_CALL, ADA, a, b) for a, b in nights]
    plain = [Ring(alert.id, alert.at, alert.mine) for alert in rings]
    bare = tally(plain, nights, {}, only_mine=only_mine)
    # One answer for a claim, whichever of its alerts it was given for.
    said: dict[str, Said] = {}
    for place, woken, minutes, left_out in spoken:
        group = next((ids for ids, _ in bare.claims if f"r{place:02}" in ids), ())
        if group and not set(group) & said.keys():
            said[f"r{place:02}"] = Said(woken.value, minutes, left_out)
    rule = Rule(
        part_hours=PartHours(part_hours),
        mixed=mixed,
        counted=Counted.ACKNOWLEDGED if only_mine else Counted.RECEIVED,
    )
    answers = [answer(id_, Woken(s.woken), s.minutes, left_out=s.left_out) for id_, s in said.items()]

    found = made(rings, shifts, *answers, rule=rule)

    expected = tally(plain, nights, said, part_hours=part_hours, mixed=mixed.value, only_mine=only_mine)
    assert [
        (tuple(alert.id for alert in claim.alerts), claim.length // timedelta(minutes=1))
        for claim in found.claims
    ] == expected.claims
    assert found.length == timedelta(minutes=expected.minutes)
    assert found.script.days * 420 == script_minutes(plain)


@given(RINGS, st.integers(0, 96 * 60))
def test_a_range_cut_in_two_has_the_claims_of_the_whole(spots: list[tuple[int, int, bool]], cut: int) -> None:
    start = datetime(2026, 11, 27, 17, tzinfo=UTC)
    rings = [ring(start + timedelta(minutes=m, seconds=s), f"r{n:02}") for n, (m, s, _) in enumerate(spots)]
    shift = Shift(Role.ON_CALL, ADA, start, start + timedelta(hours=97))
    middle = start + timedelta(minutes=cut)
    parts = [made(rings, [shift], end=middle), made(rings, [shift], start=middle)]
    whole = made(rings, [shift])
    assert (*parts[0].claims, *parts[1].claims) == whole.claims
    assert parts[0].days + parts[1].days == whole.days
    assert parts[0].script.days + parts[1].script.days == whole.script.days
    for claim in whole.claims:
        assert claim.alerts[-1].at - claim.start <= timedelta(hours=1)


def test_bank_holidays_are_those_of_the_oracle() -> None:
    assert date(2026, 12, 28) in HOLIDAYS
    assert not CALENDAR.is_open(london("2026-12-28T12:00"))
