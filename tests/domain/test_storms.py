"""Storms fold, and hide nothing that matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support_desk.domain.alerts import Alert
from support_desk.domain.storms import Storm, fold, pattern

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def alert(number: int, minute: float = 0, **facts: Any) -> Alert:
    at = NOON + minute * MINUTE
    known: dict[str, Any] = {
        "id": f"a{number}",
        "message": f'ALARM: "acme-web{number}-cpu"',
        "priority": "P3",
        "status": "open",
        "created_at": at,
        "updated_at": at,
        "last_occurred_at": at,
        "tags": ("client_acme",),
        "integration": "CloudWatch",
    }
    return Alert(**(known | facts))


def storm_of(rows: tuple[Storm | Alert, ...]) -> Storm:
    (only,) = (row for row in rows if isinstance(row, Storm))
    return only


class TestWhatIsAStorm:
    def test_four_within_ten_minutes(self) -> None:
        alerts = [alert(number, 3 * number) for number in range(4)]
        storm = storm_of(fold(alerts))
        assert storm.members == tuple(alerts)
        assert storm_of(fold(alerts[::-1])) == storm, "whichever way round the list comes"
        assert (storm.count, storm.first_at, storm.last_at) == (4, NOON, NOON + 9 * MINUTE)

    @pytest.mark.parametrize("gap", [3.34, 11])
    def test_three_within_ten_minutes_are_none(self, gap: float) -> None:
        alerts = tuple(alert(number, gap * number) for number in range(4))
        assert fold(alerts) == alerts

    def test_it_goes_on_while_the_next_comes_within_ten_minutes(self) -> None:
        alerts = [alert(number, minute) for number, minute in enumerate((-9, 0, 1, 2, 3, 13, 23, 34))]
        assert [member.id for member in storm_of(fold(alerts)).members] == [f"a{n}" for n in range(7)]

    def test_two_outbreaks_of_one_cause_are_one_row(self) -> None:
        alerts = [alert(number, minute) for number, minute in enumerate((0, 1, 2, 3, 90, 91, 92, 93))]
        assert storm_of(fold(alerts)).count == 8

    @pytest.mark.parametrize(
        "other",
        [
            {"tags": ("client_moj",)},
            {"integration": "Uptime"},
            {"message": 'ALARM: "acme-web1-disk"'},
            {"status": "closed"},
            {"priority": "P?"},
        ],
    )
    def test_another_cause_stays_outside(self, other: dict[str, Any]) -> None:
        rows = fold([*(alert(number) for number in range(4)), alert(9, **other)])
        assert storm_of(rows).count == 4
        assert rows[1] == alert(9, **other)

    def test_without_an_integration_the_source_tells(self) -> None:
        def made_by(source: str, *numbers: int) -> list[Alert]:
            return [alert(n, integration="", source=source) for n in numbers]

        rows = fold(made_by("host-7.acme.example", 1, 2, 3) + made_by("host-8.acme.example", 4))
        assert storm_of(rows).count == 4
        rows = fold(made_by("probe", 1, 2, 3) + made_by("by hand", 4))
        assert not any(isinstance(row, Storm) for row in rows)

    def test_the_caller_may_know_the_client_better(self) -> None:
        alerts = [alert(number, tags=()) for number in range(4)]
        rows = fold(alerts, client=lambda one: "moj" if one.id == "a0" else "acme")
        assert rows == tuple(alerts)


class TestPattern:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ('ALARM: "acme-web1-cpu"', 'alarm: "acme-web12-cpu"'),
            ("https://a.example.gov.uk/x is down", "https://b.example.org/y?z=1 is down"),
            ("www.england.nhs is down", "api.england.nhs is down"),
            ("task 5f2c1ab90d stopped", "task 0b9d77e1aa stopped"),
            ("i-0abc123def4567 unreachable", "i-0fff123def4999 unreachable"),
            ("10.0.3.17 lost", "10.0.12.1 lost"),
            ("job 70413a06-38d6-4c85-92b8-5ebc900d42e2", "job 00000000-1111-4c85-92b8-aaaaaaaaaaaa"),
            ("queue at 120", "queue at 7"),
        ],
    )
    def test_numbers_ids_and_hosts_are_left_out(self, one: str, other: str) -> None:
        assert pattern(one) == pattern(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("acme-prod-4xx", "acme-prod-5xx"),
            ("acme-ec2-errors", "acme-s3-errors"),
            ("acme.latency", "acme.errors"),
            ("disk full", "disk failed"),
        ],
    )
    def test_what_differs_in_cause_stays(self, one: str, other: str) -> None:
        assert pattern(one) != pattern(other)


class TestNothingIsHidden:
    def test_the_row_shows_the_most_pressing_that_nobody_has_acknowledged(self) -> None:
        alerts = [
            alert(1, 0, priority="P2", status="acked"),
            alert(2, 1, priority="P4"),
            alert(3, 2, priority="P3"),
            alert(4, 3, priority="P3"),
            alert(5, 4, priority="P2", status="snoozed"),
        ]
        storm = storm_of(fold(alerts))
        assert (storm.lead.id, storm.priority, storm.unacknowledged, storm.count) == ("a3", "P3", 3, 5)

    def test_once_all_are_acknowledged_the_most_pressing_of_them(self) -> None:
        alerts = [alert(n, n, status="acked", priority="P2" if n == 2 else "P3") for n in range(4)]
        storm = storm_of(fold(alerts))
        assert (storm.lead.id, storm.unacknowledged) == ("a2", 0)

    def test_a_critical_alert_is_no_part_of_a_lesser_storm(self) -> None:
        acked = [alert(number, status="acked") for number in range(5)]
        critical = alert(9, priority="P1")
        assert fold([*acked, critical])[1] == critical

    def test_critical_alerts_have_storms_of_their_own(self) -> None:
        lesser = [alert(number) for number in range(4)]
        critical = [alert(number, priority="P1", status="acked") for number in range(10, 14)]
        first, second = fold([*lesser, *critical, alert(20, priority="P1")])
        assert isinstance(first, Storm)
        assert isinstance(second, Storm)
        assert (first.priority, second.priority) == ("P3", "P1")
        assert (second.lead.id, second.unacknowledged) == ("a20", 1)

    def test_what_counts_as_critical_is_configured(self) -> None:
        alerts = [*(alert(number) for number in range(4)), alert(9, priority="P2")]
        assert storm_of(fold(alerts)).count == 5
        assert storm_of(fold(alerts, critical=frozenset({"P1", "P2"}))).count == 4


class TestPlace:
    def test_a_storm_stands_where_its_first_member_stood(self) -> None:
        before, after = alert(50, message="first"), alert(51, message="last")
        rows = fold([before, alert(3), alert(1), after, alert(0), alert(2)])
        assert rows[0] == before
        assert isinstance(rows[1], Storm)
        assert rows[2:] == (after,)

    def test_the_key_stays_while_members_come_and_go(self) -> None:
        alerts = [alert(number, number) for number in range(8)]
        acked = [replace(alerts[0], status="acked"), *alerts[1:]]
        keys = {storm_of(fold(rows)).key for rows in (alerts, alerts[4:], alerts[:4], acked, alerts[::-1])}
        assert len(keys) == 1


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(
        st.builds(
            alert,
            st.integers(0, 10_000),
            st.integers(0, 60),
            priority=st.sampled_from(["P1", "P2", "P3", "P?"]),
            status=st.sampled_from(["open", "acked", "snoozed", "closed"]),
            message=st.sampled_from(["disk full", "cpu 93", "cpu 94"]),
        ),
        max_size=40,
        unique_by=lambda one: one.id,
    )
)
def test_every_alert_is_in_exactly_one_row(alerts: list[Alert]) -> None:
    shown: list[Alert] = []
    for row in fold(alerts):
        members = row.members if isinstance(row, Storm) else (row,)
        if isinstance(row, Storm):
            assert row.count >= 4
            assert len({member.priority == "P1" for member in members}) == 1
        shown += members
    assert sorted(one.id for one in shown) == sorted(one.id for one in alerts)
