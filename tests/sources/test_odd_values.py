"""One value that nobody expects, in one row of many: the other rows stay, and nothing overflows later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from support_desk.config.model import Zendesk
from support_desk.domain.alerts import Alert
from support_desk.domain.tickets import Ticket
from support_desk.sources.lenient_json import lenient_json
from support_desk.sources.moments import LATEST, plausible
from support_desk.sources.opsgenie.wire import read_alert, read_rows, to_alert, to_policy
from support_desk.sources.protocols import Reading
from support_desk.sources.zendesk.changes import agent_from, group_from, macro_from, status_from
from support_desk.sources.zendesk.wire import NotAnAnswer, tickets_from_search, user_from
from support_desk.sources.zendesk.wire_conversation import comments_from
from tests.simulators.http import Answer, json_answer
from tests.simulators.opsgenie import OpsgenieSimulator, wire_alert, wire_policy
from tests.simulators.opsgenie import source_for as opsgenie_source
from tests.simulators.zendesk import ZendeskSimulator, wire_comment, wire_ticket
from tests.sources.zendesk_desk import source_for

DIGITS = "7" * 5_000
BEYOND = [
    *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"),
    *("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"),
]
"""Moments that a calendar just holds; an hour or a time zone further it doesn't."""


@pytest.fixture
def opsgenie() -> Iterator[OpsgenieSimulator]:
    with OpsgenieSimulator() as simulator:
        yield simulator


async def read_tickets(first: dict[str, Any], raw: tuple[str, str] | None = None) -> Reading[Ticket]:
    """Three tickets, the first of them odd; `raw` replaces text in the body."""
    rows = [wire_ticket(1, **first), wire_ticket(2), wire_ticket(3)]
    body = json.dumps({"results": rows, "count": len(rows)})
    with ZendeskSimulator() as desk:
        answer = Answer(200, {"Content-Type": "application/json"}, _bytes(body, raw))
        desk.fail("/api/v2/search", answer, times=None)
        source = source_for(desk.url)
        reading = await source.queue()
        await source.close()
    return reading


async def read_alerts(
    opsgenie: OpsgenieSimulator, first: dict[str, Any], raw: tuple[str, str] | None = None
) -> Reading[Alert]:
    rows = [wire_alert("a1", **first), wire_alert("a2"), wire_alert("a3")]
    body = json.dumps({"data": rows, "took": 0.1, "requestId": "r"})
    answer = Answer(200, {"Content-Type": "application/json"}, _bytes(body, raw))
    opsgenie.server.fail("/v2/alerts", answer, times=None)
    source = opsgenie_source(opsgenie)
    try:
        return await source.open_alerts()
    finally:
        await source.close()


def _bytes(body: str, raw: tuple[str, str] | None) -> bytes:
    """With what `raw` replaces; "\udcff" in it stands for the byte 255, which is nowhere in UTF-8."""
    return body.replace(*(raw or ("", ""))).encode("utf-8", "surrogateescape")


ODD: tuple[Any, ...] = (
    *(None, True, -1, 1.5, 10**30, "", "x", "9" * 30, "0001-01-01T00:00:00Z", "2016-12-31T23:59:60Z"),
    *([], {}, [None], [[]], ["x"], [{}], {"id": None}, {"x": 1}),
)
"""What may stand where something else is expected."""


def odd_rows(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The row with each part of it, at every depth, left out or replaced by something odd."""
    for path in _paths(row):
        for value in (*ODD, ...):
            changed = deepcopy(row)
            part: Any = changed
            for step in path[:-1]:
                part = part[step]
            if value is ...:
                del part[path[-1]]
            else:
                part[path[-1]] = value
            yield changed


def _paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in parts:
        yield (*above, step)
        yield from _paths(part, (*above, step))


class TestAnyShape:
    """A row in which anything at all is odd is there or counted, and the others stay."""

    def test_tickets(self) -> None:
        settings = Zendesk(url="https://desk.example")
        for odd in odd_rows(wire_ticket(1)):
            body = {"results": [odd, wire_ticket(2)], "users": [odd, 5], "metric_sets": [odd]}
            page = tickets_from_search(body, settings, pause=lambda: None)
            assert len(page.rows) + page.rejected == page.received == 2, odd
            assert page.rows[-1].id == 2, odd

    def test_comments(self) -> None:
        attached = {"file_name": "a.txt", "size": 5, "content_type": "text/plain", "content_url": "x"}
        for odd in odd_rows(wire_comment(1, attachments=[attached])):
            rows, bad = comments_from({"comments": [odd, wire_comment(2)], "users": [odd]})
            assert len(rows) + len(bad) == 2, odd
            assert rows[-1].id == 2, odd

    def test_alerts_and_policies(self) -> None:
        report = {"ackTime": 46991, "acknowledgedBy": "ada@example.com"}
        for odd in odd_rows(wire_alert("a-1795399200123", report=report, acknowledged=True)):
            alerts, bad = read_rows(
                [odd, wire_alert("a2")],
                lambda row: to_alert(read_alert(row), "https://app.example", lambda _: None),
            )
            assert len(alerts) + bad == 2, odd
            assert alerts[-1].id == "a2", odd
        for odd in odd_rows(wire_policy()):
            policies, bad = read_rows([odd, wire_policy()], to_policy)
            assert len(policies) + bad == 2, odd


BAD = ("HERE", "caf\udcff")
"""A byte that is no character, in the place of a word."""


class TestBytesThatAreNoCharacters:
    """What people wrote shows them; what is compared or sent back refuses its row, and no other."""

    async def test_in_what_a_ticket_says(self) -> None:
        reading = await read_tickets({"subject": "HERE", "via": {"HERE": "HERE"}, "tags": ["a"]}, BAD)
        assert next((row.id, row.subject) for row in reading.rows) == (1, "caf\N{REPLACEMENT CHARACTER}")
        assert (len(reading.rows), reading.rejected, reading.complete) == (3, 0, True)

    @pytest.mark.parametrize(
        "odd",
        [{"tags": ["a", "HERE"]}, {"status": "HERE"}, {"recipient": "HERE@b.example"}, {"HERE": "a name"}],
    )
    async def test_in_what_a_ticket_is_known_by(self, odd: dict[str, Any]) -> None:
        reading = await read_tickets(odd, BAD)
        assert ([row.id for row in reading.rows], reading.rejected) == ([2, 3], 1)
        assert "couldn't be read" in reading.notes[0]

    def test_in_an_address_beside_the_tickets(self) -> None:
        people = [{"id": 5, "name": "Café", "email": "caf\udcff@b.example"}]
        body = {"results": [wire_ticket(1, assignee_id=5)], "users": people}
        (row,) = tickets_from_search(body, Zendesk(url="https://desk.example"), pause=lambda: None).rows
        assert (row.assignee, row.assignee_email) == ("Café", None)

    async def test_in_a_conversation(self) -> None:
        with ZendeskSimulator() as desk:
            desk.add(wire_ticket(1))
            file = {"file_name": "a.txt", "content_url": "https://desk.example/HERE"}
            first = wire_comment(1, plain_body="HERE", attachments=[file])
            body = json.dumps({"comments": [first, wire_comment(2)]})
            desk.fail("/comments", Answer(200, {}, _bytes(body, BAD)))
            source = source_for(desk.url)
            detail = await source.ticket(1)
            await source.close()
        assert [row.body for row in detail.comments] == ["caf\N{REPLACEMENT CHARACTER}", "Comment 2"]
        assert [(found.name, found.url) for found in detail.comments[0].attachments] == [("a.txt", "")]

    async def test_in_what_an_alert_says(self, opsgenie: OpsgenieSimulator) -> None:
        reading = await read_alerts(opsgenie, {"message": "HERE", "details": {"HERE": "HERE"}}, BAD)
        assert (len(reading.rows), reading.rejected) == (3, 0)
        assert "caf\N{REPLACEMENT CHARACTER}" in {row.message for row in reading.rows}

    @pytest.mark.parametrize(
        ("odd", "told"),
        [
            ({"tags": ["HERE"]}, {"a1"}),
            ({"owner": "HERE@b.example"}, {"a1"}),
            ({"responders": [{"type": "team", "id": "HERE"}]}, {"a1"}),
            ({"id": "HERE"}, set()),
            ({"HERE": True}, set()),
        ],
    )
    async def test_in_what_an_alert_is_known_by(
        self, opsgenie: OpsgenieSimulator, odd: dict[str, Any], told: set[str]
    ) -> None:
        reading = await read_alerts(opsgenie, odd, BAD)
        assert ({row.id for row in reading.rows}, reading.rejected) == ({"a2", "a3"}, 1)
        assert reading.unread == told, "one whose id isn't known may be any"
        name = "an alert without an id" if "HERE" in odd else "alert 1791"
        assert reading.notes == (f"OpsGenie: {name} couldn't be read",)

    async def test_a_step_for_nobody_knows_whom_refuses_its_policy(self) -> None:
        odd, good = wire_policy(), wire_policy()
        odd["rules"][0]["recipient"]["id"] = "caf\udcff"
        assert read_rows([odd, good], to_policy)[1] == 1


class TestTrue:
    """To Python true is the number 1, and so it could be another row's."""

    def test_it_is_no_number_of_a_row(self) -> None:
        for read in (macro_from, group_from, agent_from, status_from):
            row = {"name": "a", "role": "agent", "agent_label": "b"}
            assert read({**row, "id": 1}) is not None
            assert read({**row, "id": True}) is None

    def test_nobody_is_signed_in_as_it(self) -> None:
        assert user_from({"user": {"id": 1}})[0] == 1
        with pytest.raises(NotAnAnswer):
            user_from({"user": {"id": True}})


class TestTickets:
    @pytest.mark.parametrize("odd", [float("nan"), float("inf"), "NaN", 1e300, -1e300, 10**400])
    async def test_an_odd_reply_time_costs_only_itself(self, odd: object) -> None:
        metrics = {"ticket_id": 1, "replies": 1, "reply_time_in_seconds": {"calendar": odd}}
        reading = await read_tickets({"metric_set": metrics})
        assert (len(reading.rows), reading.rejected) == (3, 0)
        (ticket,) = (row for row in reading.rows if row.id == 1)
        assert ticket.replies is None or ticket.replies.first_at is None

    @pytest.mark.parametrize("breach_at", BEYOND)
    async def test_a_deadline_beyond_reason_is_an_unknown_one(self, breach_at: str) -> None:
        row = {"metric": "first_reply_time", "stage": "active", "breach_at": breach_at}
        reading = await read_tickets({"slas": {"policy_metrics": [row]}})
        (ticket,) = (row for row in reading.rows if row.id == 1)
        assert ticket.sla_rows is not None
        assert [row.breach_at for row in ticket.sla_rows] == [None]

    @pytest.mark.parametrize(
        "odd",
        [
            *({"created_at": at} for at in BEYOND),
            *({"id": 2**64}, {"id": 10**400}, {"id": True}),
        ],
    )
    async def test_a_row_without_a_usable_number_or_time_is_counted(self, odd: dict[str, Any]) -> None:
        reading = await read_tickets(odd)
        assert [row.id for row in reading.rows] == [2, 3]
        assert reading.rejected == 1

    @pytest.mark.parametrize(
        "odd",
        [
            *({"group_id": "triage"}, {"organization_id": {}}, {"assignee_id": [1]}, {"type": {}}),
            *(
                {"subject": 5, "raw_subject": None},
                {"recipient": False},
                {"custom_status_id": "x", "type": 1, "assignee_id": True},
            ),
        ],
    )
    async def test_decoration_of_a_wrong_type_is_left_out(self, odd: dict[str, Any]) -> None:
        reading = await read_tickets(odd)
        assert ([row.id for row in reading.rows], reading.rejected) == ([1, 2, 3], 0)

    @pytest.mark.parametrize("odd", [{"priority": 5}, {"status": []}])
    async def test_what_decides_the_deadline_must_be_readable(self, odd: dict[str, Any]) -> None:
        reading = await read_tickets({**odd, "group_id": "triage"})
        assert ([row.id for row in reading.rows], reading.rejected) == ([2, 3], 1)

    async def test_a_number_of_thousands_of_digits(self) -> None:
        reading = await read_tickets({"ticket_form_id": "here"}, ('"here"', DIGITS))
        assert ([row.id for row in reading.rows], reading.rejected) == ([1, 2, 3], 0)


class TestAlerts:
    @pytest.mark.parametrize("half", ["\ud83d", "cut \ud83d"])
    async def test_half_an_emoji(self, opsgenie: OpsgenieSimulator, half: str) -> None:
        reading = await read_alerts(opsgenie, {"message": half, "tags": [half], "details": {half: half}})
        assert len(reading.rows) == 3
        assert all(row.message.encode() for row in reading.rows)

    @pytest.mark.parametrize("odd", ["NaN", "-Infinity", DIGITS, "[" * 300 + "]" * 300])
    async def test_a_value_that_a_strict_parser_refuses(self, opsgenie: OpsgenieSimulator, odd: str) -> None:
        reading = await read_alerts(opsgenie, {"seen": "here", "count": "here"}, ('"here"', odd))
        assert (len(reading.rows), reading.rejected) == (3, 0)

    @pytest.mark.parametrize("field", ["createdAt", "updatedAt", "lastOccurredAt", "snoozedUntil"])
    @pytest.mark.parametrize("at", [*BEYOND, -62_135_596_800_000, 253_402_300_799_000])
    async def test_a_moment_beyond_reason_is_missing(
        self, opsgenie: OpsgenieSimulator, field: str, at: object
    ) -> None:
        reading = await read_alerts(
            opsgenie, {"id": "b-1795399200123", "snoozed": True, "snoozedUntil": None, field: at}
        )
        assert (len(reading.rows), reading.rejected) == (3, 0)
        (alert,) = (row for row in reading.rows if row.status == "snoozed")
        assert {alert.created_at.year, alert.updated_at.year, alert.last_occurred_at.year} == {2026}
        assert alert.snoozed_until is None

    async def test_a_service_that_lives_in_another_age_does_not_move_our_clock(
        self, opsgenie: OpsgenieSimulator
    ) -> None:
        answer = json_answer({"data": []}, headers={"Date": "Fri, 31 Dec 9999 23:59:59 GMT"})
        opsgenie.server.fail("/v2/alerts", answer, times=None)
        source = opsgenie_source(opsgenie)
        assert (await source.open_alerts()).server_time is None
        await source.close()


class TestMoments:
    def test_what_is_plausible_comes_back_in_utc(self) -> None:
        west = timezone(timedelta(hours=-5))
        assert plausible(datetime(2026, 11, 23, 7, 0, tzinfo=west)) == datetime(2026, 11, 23, 12, tzinfo=UTC)

    @pytest.mark.parametrize("hours", [-14, 0, 14])
    @pytest.mark.parametrize("year", [1, 1969, 2200, 9999])
    def test_what_is_not_is_refused(self, year: int, hours: int) -> None:
        for at in (datetime(year, 1, 2, tzinfo=UTC), datetime(year, 12, 30, tzinfo=UTC)):
            with pytest.raises(ValueError, match="out of range"):
                plausible(at.replace(tzinfo=timezone(timedelta(hours=hours))))

    @pytest.mark.parametrize("at", BEYOND)
    def test_nor_what_no_calendar_holds(self, at: str) -> None:
        with pytest.raises(ValueError, match="out of range"):
            plausible(datetime.fromisoformat(at))

    def test_the_last_ones_survive_any_time_zone(self) -> None:
        last = LATEST - timedelta(seconds=1)
        assert plausible(last).astimezone(timezone(timedelta(hours=14))).year == 2200


class TestLenientJson:
    @pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"\xff", b'{"a": "caf\xe9"}', b"[" * 100_000])
    def test_what_is_not_json_is_refused(self, body: bytes) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - the family is the promise
            lenient_json(body)

    def test_what_cannot_be_meant_is_not_there(self) -> None:
        body = f'{{"a": NaN, "b": [Infinity, -Infinity], "c": -{DIGITS}, "d": 12}}'
        assert lenient_json(body.encode()) == {"a": None, "b": [None, None], "c": None, "d": 12}
