"""The forecast against brute force: no order of replies has fewer late ones than the one it proposes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_desk.domain.forecast import (
    ASSUMED,
    Forecast,
    Job,
    Pace,
    day_end,
    fewest_late,
    forecast,
    forecast_words,
    late_in,
    learned_pace,
    pace_words,
)
from support_desk.domain.sla import Ranked, Verdict
from support_desk.domain.tickets import Ticket
from support_desk.domain.working_time import WorkingCalendar

CALENDAR = WorkingCalendar(
    ZoneInfo("Europe/London"), time(10), time(18), frozenset(range(5)), frozenset({date(2026, 12, 25)})
)
MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
"""15:00 in London: three working hours are left."""


def ranked(number: int, deadline: datetime | None, kind: str = "due") -> Ranked:
    ticket = Ticket(
        id=number,
        subject=f"ticket {number}",
        status="open",
        created_at=MONDAY - timedelta(days=1),
        updated_at=MONDAY - timedelta(days=1),
        helpdesk="https://example.zendesk.com",
    )
    return Ranked(ticket, Verdict(kind, "zendesk_row", "first_reply_time", deadline, "zendesk"))


def _worked() -> list[datetime]:
    """The ends of the working minutes from that Monday on, found by looking at every minute of two weeks."""
    found = []
    for minute in range(14 * 24 * 60):
        begins = MONDAY + timedelta(minutes=minute)
        local = begins.astimezone(ZoneInfo("Europe/London"))
        if local.weekday() < 5 and 10 <= local.hour < 18:
            found.append(begins + timedelta(minutes=1))
    return found


WORKED = _worked()


def late_by_the_clock(jobs: tuple[Job, ...]) -> int:
    """How many come too late, by counting working minutes: the oracle's own arithmetic."""
    minutes, late = 0, 0
    for job in jobs:
        minutes += int(job.length.total_seconds()) // 60
        late += WORKED[minutes - 1] > job.due
    return late


minutes_of_work = st.integers(1, 240).map(lambda minutes: timedelta(minutes=minutes))
deadlines = st.integers(-60, 4 * 24 * 60).map(lambda minutes: MONDAY + timedelta(minutes=minutes))
jobs_of_any_length = st.lists(st.tuples(deadlines, minutes_of_work), max_size=5).map(
    lambda pairs: tuple(Job(number, due, length) for number, (due, length) in enumerate(pairs, 1))
)


@given(jobs_of_any_length)
def test_no_order_has_fewer_late_ones(jobs: tuple[Job, ...]) -> None:
    order, late = fewest_late(jobs, MONDAY, CALENDAR)

    by_id = {job.id: job for job in jobs}
    assert sorted(order) == sorted(by_id)
    assert late_in([by_id[number] for number in order], MONDAY, CALENDAR) == late
    assert len(late) == min(late_by_the_clock(tried) for tried in permutations(jobs))


@given(jobs_of_any_length)
def test_what_is_late_in_an_order_is_late_by_the_clock(jobs: tuple[Job, ...]) -> None:
    assert len(late_in(jobs, MONDAY, CALENDAR)) == late_by_the_clock(jobs)


@given(jobs_of_any_length.flatmap(lambda jobs: st.tuples(st.just(jobs), st.permutations(jobs))))
def test_the_best_order_does_not_hang_on_the_order_of_the_queue(
    both: tuple[tuple[Job, ...], list[Job]],
) -> None:
    jobs, shuffled = both

    assert fewest_late(shuffled, MONDAY, CALENDAR) == fewest_late(jobs, MONDAY, CALENDAR)


def test_a_reply_that_ends_in_the_moment_of_its_deadline_is_in_time() -> None:
    hour = timedelta(hours=1)

    assert late_in([Job(1, MONDAY + hour, hour)], MONDAY, CALENDAR) == ()
    assert late_in([Job(1, MONDAY + hour, hour + timedelta(microseconds=1))], MONDAY, CALENDAR) == (1,)
    # Three hours are left today; what needs a minute more is done on Tuesday at 10:01.
    tuesday = datetime(2026, 11, 24, 10, 1, tzinfo=UTC)
    job = Job(1, tuesday, timedelta(hours=3, minutes=1))
    assert late_in([job], MONDAY, CALENDAR) == ()


def test_a_round_the_clock_deadline_at_night_cannot_be_met_in_working_time() -> None:
    night = Job(1, MONDAY + timedelta(hours=9), timedelta(hours=3, minutes=1))

    assert late_in([night], MONDAY, CALENDAR) == (1,)


def test_what_is_late_already_takes_its_time_where_it_stands() -> None:
    queue = [
        ranked(1, MONDAY - timedelta(hours=5)),
        ranked(2, MONDAY - timedelta(hours=1)),
        ranked(3, MONDAY + timedelta(minutes=30)),
        ranked(4, MONDAY + timedelta(hours=2)),
        ranked(5, MONDAY + timedelta(days=1)),
        ranked(6, None, "paused"),
    ]

    found = forecast(queue, MONDAY, CALENDAR, Pace(timedelta(minutes=20), "assumed"))

    assert found == Forecast(
        until=datetime(2026, 11, 23, 18, 0, tzinfo=UTC),
        pace=Pace(timedelta(minutes=20), "assumed"),
        breached=(1, 2),
        due=(3, 4),
        late=(3,),
        best=(3, 4, 1, 2),
        best_late=(),
    )
    assert found.saves == 1
    assert forecast_words(found, "18:00") == (
        "in this order 1 of 2 due by 18:00 would breach; in the best order none would."
        " 2 more are late already"
    )


def test_the_words_say_when_nothing_can_be_done_about_it() -> None:
    slow = Pace(timedelta(hours=2), "configured")
    queue = [ranked(number, MONDAY + timedelta(hours=number)) for number in (1, 2, 3)]

    found = forecast(queue, MONDAY, CALENDAR, slow)

    assert found.late == (1, 2, 3)
    assert found.best_late == (1, 3)
    assert forecast_words(found, "18:00") == (
        "in this order 3 of 3 due by 18:00 would breach; in the best order 2 would"
    )
    hopeless = forecast(queue[:1], MONDAY, CALENDAR, slow)
    assert forecast_words(hopeless, "18:00") == (
        "in this order 1 of 1 due by 18:00 would breach; no order saves more"
    )
    assert forecast_words(forecast([], MONDAY, CALENDAR, slow), "18:00") == "nothing more is due by 18:00"
    over = forecast([ranked(1, MONDAY - timedelta(hours=1))], MONDAY, CALENDAR, slow)
    assert forecast_words(over, "18:00") == "nothing more is due by 18:00. 1 is late already"
    easy = forecast(queue[1:2], MONDAY, CALENDAR, slow)
    assert forecast_words(easy, "18:00") == "the one due by 18:00 can be answered"


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (MONDAY, datetime(2026, 11, 23, 18, 0, tzinfo=UTC)),
        (datetime(2026, 11, 23, 18, 0, tzinfo=UTC), datetime(2026, 11, 24, 18, 0, tzinfo=UTC)),
        (datetime(2026, 11, 28, 12, 0, tzinfo=UTC), datetime(2026, 11, 30, 18, 0, tzinfo=UTC)),
        # Christmas Day is a Friday; in summer 18:00 is 17:00 UTC.
        (datetime(2026, 12, 24, 19, 0, tzinfo=UTC), datetime(2026, 12, 28, 18, 0, tzinfo=UTC)),
        (datetime(2026, 7, 6, 8, 0, tzinfo=UTC), datetime(2026, 7, 6, 17, 0, tzinfo=UTC)),
    ],
)
def test_the_day_ends_with_its_working_hours(now: datetime, end: datetime) -> None:
    assert day_end(now, CALENDAR) == end


def test_the_pace_is_the_working_time_over_the_replies() -> None:
    friday = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    replies = [friday + timedelta(minutes=10 * number) for number in range(1, 17)]

    pace = learned_pace(replies, friday, MONDAY, CALENDAR)

    # Three hours of Friday and five of Monday: the weekend isn't working time.
    assert pace == Pace(timedelta(minutes=30), "learned", 16, timedelta(hours=8))
    assert pace_words(pace) == "30 min a reply, learned from 16 replies in 8 h"


def test_no_pace_is_learned_from_little() -> None:
    friday = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    few = [friday + timedelta(minutes=number) for number in range(1, 10)]
    at_once = [MONDAY - timedelta(seconds=number) for number in range(40)]

    assert learned_pace(few, friday, MONDAY, CALENDAR) is None
    assert learned_pace(at_once, MONDAY - timedelta(minutes=1), MONDAY, CALENDAR) is None
    old = [MONDAY - timedelta(days=20, minutes=number) for number in range(40)]
    assert learned_pace(old, MONDAY - timedelta(days=40), MONDAY, CALENDAR) is None


def test_a_pace_says_where_it_comes_from() -> None:
    assert pace_words(Pace(ASSUMED, "assumed")) == "20 min a reply, assumed so far"
    assert pace_words(Pace(ASSUMED, "configured")) == "20 min a reply, as configured"
    assert pace_words(Pace(ASSUMED, "adjusted")) == "20 min a reply, as you set it"
