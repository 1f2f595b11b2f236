"""Quiet times: what the history says is worth mending."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from support_desk.domain.noise import (
    Noise,
    hours_words,
    noisiest,
    old_runbooks,
    waiting_on_us,
    without_runbook,
)
from support_desk.domain.past import AlertRecord, Reach, Span, joined
from support_desk.domain.runbooks import Runbook, RunbookMatch
from support_desk.domain.sla import Ranked, Verdict
from support_desk.domain.tickets import Replies, Ticket
from support_desk.domain.working_time import WorkingCalendar

CALENDAR = WorkingCalendar(ZoneInfo("Europe/London"), time(10), time(18), frozenset(range(5)), frozenset())
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LONG_AGO = NOW - timedelta(weeks=8)


def past(
    number: int,
    at: datetime,
    message: str = "acme-prod-5xx on web-1",
    *,
    priority: str = "P3",
    acked: bool = True,
    lasted: timedelta | None = HOUR,
    count: int = 1,
    tags: tuple[str, ...] = ("client_acme",),
) -> AlertRecord:
    return AlertRecord(
        id=f"a{number}",
        first_seen=at,
        last_seen=at + (lasted or timedelta()),
        gone_at=None if lasted is None else at + lasted,
        created_at=at,
        acked_at=at + timedelta(minutes=1) if acked else None,
        acked_by="jo@example.com" if acked else None,
        priority=priority,
        message=message,
        alias="",
        source="monitor",
        tags=tags,
        count=count,
    )


def test_alerts_of_one_cause_are_counted_together() -> None:
    day, night = datetime(2026, 11, 19, 11, 0, tzinfo=UTC), datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
    rows = [
        past(1, day, "acme-prod-5xx on web-1", count=3),
        past(2, night, "acme-prod-5xx on web-22", priority="P1", acked=False),
        past(3, night + HOUR, "acme-prod-5xx on web-3", lasted=None),
        past(4, day, "disk full", tags=()),
        past(5, LONG_AGO - HOUR),
    ]

    first, second = noisiest(rows, LONG_AGO, NOW, CALENDAR)

    assert (first.alerts, first.occurrences, first.out_of_hours, first.unacknowledged) == (3, 5, 2, 1)
    assert (first.message, first.client, first.priority) == ("acme-prod-5xx on web-3", "acme", "P1")
    assert first.last_at == night + HOUR
    assert first.hours[11] == first.hours[3] == first.hours[4] == 1
    assert first.open_for == 2 * HOUR + (NOW - night - HOUR)
    assert first.out_of_hours_share == 2 / 3
    assert (second.message, second.client, second.alerts, second.unacknowledged) == ("disk full", "", 1, 0)


@given(st.lists(st.tuples(st.integers(0, 60 * 24 * 30), st.sampled_from(["disk full", "5xx", "cpu 9"]))))
def test_every_alert_is_counted_once(drawn: list[tuple[int, str]]) -> None:
    rows = [past(n, NOW - timedelta(minutes=ago), text) for n, (ago, text) in enumerate(drawn)]

    found = noisiest(rows, LONG_AGO, NOW, CALENDAR)

    assert sum(noise.alerts for noise in found) == len(rows)
    assert sum(sum(noise.hours) for noise in found) == len(rows)
    assert all(0 <= noise.out_of_hours <= noise.alerts for noise in found)
    assert [noise.alerts for noise in found] == sorted((noise.alerts for noise in found), reverse=True)


def test_clients_keep_their_alerts_apart_and_runbooks_stand_with_them() -> None:
    match = RunbookMatch("5xx.md", "", "5xx", "rule 1")
    rows = [past(1, NOW - HOUR), past(2, NOW - HOUR, tags=("client_other",))]

    found = noisiest(
        rows,
        LONG_AGO,
        NOW,
        CALENDAR,
        runbook_of=lambda alert: match if alert.client == "acme" else None,
    )

    assert {noise.client: noise.runbook for noise in found} == {"acme": match, "other": None}
    assert [noise.client for noise in without_runbook(found)] == ["other"]


def noise_at(*clocks: tuple[int, int]) -> Noise:
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    rows = [
        past(number, monday + timedelta(days=day, hours=hour)) for number, (day, hour) in enumerate(clocks)
    ]
    (found,) = noisiest(rows, LONG_AGO, NOW, CALENDAR)
    return found


def test_when_it_comes_is_said_in_words() -> None:
    assert hours_words(noise_at((0, 11), (1, 17))) == "all in hours"
    assert hours_words(noise_at((0, 2), (1, 3), (2, 4))) == "all out of hours, mostly 02:00-05:00"
    assert hours_words(noise_at((0, 23), (1, 0), (2, 1), (3, 11))) == ("3 out of hours, mostly 23:00-02:00")
    assert hours_words(noise_at((0, 2), (1, 9), (2, 14), (3, 20))) == "3 out of hours"


def test_a_runbook_that_is_used_and_old_is_proposed() -> None:
    def book(path: str, days: int) -> Runbook:
        return Runbook(path, path.title(), (), (), NOW - timedelta(days=days), 10)

    books = [book("old.md", 300), book("fresh.md", 3), book("unused.md", 900), book("checkout.md", 1)]
    rows = [past(n, NOW - n * HOUR, path) for n, path in enumerate(("old.md", "old.md", "fresh.md"), 1)]
    rows += [past(9, NOW - 9 * HOUR, "checkout.md")]

    found = old_runbooks(
        rows,
        books,
        NOW,
        runbook_of=lambda alert: RunbookMatch(alert.message, "", "", ""),
        changed={"checkout.md": NOW - timedelta(days=200), "fresh.md": NOW - timedelta(days=9)},
    )

    assert [(old.path, old.used) for old in found] == [
        ("old.md", 2),
        ("checkout.md", 1),
    ]


def waiting(number: int, status: str, replies: Replies | None, *, days: int) -> Ranked:
    at = NOW - timedelta(days=days)
    ticket = Ticket(number, "x", status, at, at, replies=replies)
    return Ranked(ticket, Verdict("none", "no_policy"))


def test_the_next_word_is_ours_where_the_client_wrote_last() -> None:
    answered = Replies(2, NOW - timedelta(days=8), NOW - timedelta(days=6), NOW - timedelta(days=5))
    asked_again = Replies(1, NOW - timedelta(days=8), NOW - timedelta(days=4), NOW - timedelta(days=8))
    queue = [
        waiting(1, "open", answered, days=9),
        waiting(2, "open", asked_again, days=9),
        waiting(3, "new", Replies(0), days=2),
        waiting(4, "pending", asked_again, days=9),
        waiting(5, "open", None, days=7),
    ]

    found = waiting_on_us(queue)

    assert [(row.ticket.id, (NOW - row.since).days) for row in found] == [(5, 7), (2, 4), (3, 2)]


def span(start: int, end: int) -> Span:
    return Span(NOW + start * HOUR, NOW + end * HOUR)


spans = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)).map(lambda pair: span(*pair)), max_size=6)


@given(spans, st.tuples(st.integers(0, 19), st.integers(1, 20)).filter(lambda pair: pair[0] < pair[1]))
def test_holes_and_what_was_imported_make_up_the_whole(found: list[Span], wanted: tuple[int, int]) -> None:
    whole = joined(found)
    holes = Reach(None, whole).holes(span(*wanted))

    for hour in range(*wanted):
        at = NOW + hour * HOUR
        covered = sum(piece.start <= at < piece.end for piece in whole)
        missing = sum(piece.start <= at < piece.end for piece in holes)
        assert covered + missing == 1
        assert bool(covered) == any(piece.start <= at < piece.end for piece in found)


def test_the_history_reaches_as_far_as_it_was_watched_or_imported() -> None:
    assert Reach().start is None
    assert Reach(NOW, (span(-5, -2),)).start == NOW - 5 * HOUR
    assert Reach(NOW - 9 * HOUR, (span(-5, -2),)).start == NOW - 9 * HOUR
