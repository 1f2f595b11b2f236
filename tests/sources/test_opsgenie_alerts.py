"""Reading alerts from a simulated OpsGenie, over real connections."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support_desk.config.model import Opsgenie
from support_desk.config.rules import alerts_web_address
from support_desk.domain.alerts import Alert, Responder
from support_desk.domain.escalation import countdown
from support_desk.domain.rota import Person
from support_desk.sources.errors import NotAllowed, NotThere, SignInRefused, Throttled, Unreadable
from support_desk.sources.opsgenie import Patience
from tests.simulators.http import Answer, Request, dropped, half_json, json_answer, silence
from tests.simulators.opsgenie import (
    DEFAULT_KEY,
    NOW,
    POLICY,
    READ_KEY,
    TEAM,
    OpsgenieSimulator,
    data,
    error,
    rate_limited,
    source_for,
    stamp,
    wire_alert,
    wire_policy,
)


@pytest.fixture
def opsgenie() -> Iterator[OpsgenieSimulator]:
    with OpsgenieSimulator() as simulator:
        yield simulator


def many(count: int, first: int = 0) -> list[Any]:
    """Alerts in order of creation, a second apart."""
    start = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    return [
        wire_alert(f"a{number}", createdAt=stamp(start + timedelta(seconds=number)))
        for number in range(first, first + count)
    ]


async def read_one(opsgenie: OpsgenieSimulator, **overrides: object) -> Alert:
    """The only alert of a list, as the domain knows it."""
    opsgenie.alerts = [wire_alert("a1", **overrides)]
    source = source_for(opsgenie)
    try:
        reading = await source.open_alerts()
    finally:
        await source.close()
    assert reading.rejected == 0
    (alert,) = reading.rows
    return alert


class TestOneAlert:
    """What a row means."""

    async def test_all_of_it(self, opsgenie: OpsgenieSimulator) -> None:
        alert = await read_one(opsgenie, priority="P1", owner="ada@example.com", count=3)
        assert alert.id == "a1"
        assert alert.message == "ALARM: a1"
        assert (alert.priority, alert.status, alert.count) == ("P1", "open", 3)
        assert alert.created_at == datetime(2026, 11, 23, 12, 0, 0, 123_000, tzinfo=UTC)
        assert alert.last_occurred_at == datetime(2026, 11, 23, 12, 5, 41, 30_000, tzinfo=UTC)
        assert alert.updated_at == datetime(2026, 11, 23, 12, 5, 41, 100_000, tzinfo=UTC)
        assert alert.owner == "ada@example.com"
        assert alert.tags == ("client_acme", "deliveryplus")
        assert (alert.source, alert.integration) == ("monitor", "CloudWatch")
        assert alert.responders == (
            Responder("team", TEAM, "support_team"),
            Responder("escalation", POLICY, "support_escalation"),
        )
        assert (alert.acknowledged_by, alert.acknowledged_at, alert.snoozed_until) == (None, None, None)

    @pytest.mark.parametrize(
        ("overrides", "status"),
        [
            ({}, "open"),
            ({"acknowledged": True}, "acked"),
            ({"snoozed": True}, "snoozed"),
            ({"snoozed": True, "acknowledged": True}, "snoozed"),
            ({"status": "resolving"}, "open"),
            ({"status": None, "acknowledged": None, "snoozed": None}, "open"),
        ],
    )
    async def test_status_in_one_word(
        self, opsgenie: OpsgenieSimulator, overrides: dict[str, object], status: str
    ) -> None:
        assert (await read_one(opsgenie, **overrides)).status == status

    async def test_acknowledged_is_milliseconds_after_creation(self, opsgenie: OpsgenieSimulator) -> None:
        report = {"ackTime": 46_991, "acknowledgedBy": "ada@example.com"}
        alert = await read_one(opsgenie, acknowledged=True, report=report)
        assert alert.acknowledged_by == "ada@example.com"
        assert alert.acknowledged_at == alert.created_at + timedelta(milliseconds=46_991)

    async def test_a_report_outlives_the_acknowledgement(self, opsgenie: OpsgenieSimulator) -> None:
        report = {"ackTime": 46_991, "acknowledgedBy": "ada@example.com"}
        alert = await read_one(opsgenie, acknowledged=False, report=report)
        assert (alert.status, alert.acknowledged_by) == ("open", None)
        assert alert.acknowledged_at is not None
        since = alert.created_at + timedelta(hours=1)
        found = countdown(
            alert, policies=(), fallback_minutes=5, default_policy="", second_line=lambda _: None, now=since
        )
        assert found.state == "unknown", "its escalation began again, the list doesn't say when"

    @pytest.mark.parametrize("took", [None, "soon", 10**30, -(10**30), True, []])
    async def test_an_odd_time_of_acknowledgement_costs_only_itself(
        self, opsgenie: OpsgenieSimulator, took: object
    ) -> None:
        alert = await read_one(opsgenie, acknowledged=True, report={"ackTime": took})
        assert (alert.status, alert.acknowledged_at) == ("acked", None)

    async def test_snoozed_until(self, opsgenie: OpsgenieSimulator) -> None:
        alert = await read_one(opsgenie, snoozed=True, snoozedUntil="2026-11-24T09:00:00Z")
        assert alert.snoozed_until == datetime(2026, 11, 24, 9, tzinfo=UTC)

    async def test_the_escalation_begins_again_when_a_snooze_has_ended(
        self, opsgenie: OpsgenieSimulator
    ) -> None:
        alert = await read_one(opsgenie, snoozed=False, snoozedUntil="2026-11-23T14:00:00Z")
        assert alert.status == "open"
        second_line = Person("Sam Patel", "sam@example.com")
        found = countdown(
            alert,
            policies=(),
            fallback_minutes=5,
            default_policy="",
            second_line=lambda _: second_line,
            now=datetime(2026, 11, 23, 14, 2, tzinfo=UTC),
        )
        assert (found.state, found.due_at) == ("running", datetime(2026, 11, 23, 14, 5, tzinfo=UTC))

    async def test_missing_and_null_fields_keep_the_row(self, opsgenie: OpsgenieSimulator) -> None:
        row = wire_alert("a1")
        opsgenie.alerts = [
            {"id": "bare", "createdAt": "2026-11-23T12:00:00Z"},
            {**dict.fromkeys(row), "id": "null", "createdAt": "2026-11-23T12:00:00Z"},
            {
                **row,
                "id": "odd",
                "tags": "x",
                "responders": {},
                "integration": [],
                "count": "many",
                "report": 7,
            },
            {"id": "70413a06-38d6-4c85-92b8-5ebc900d42e2-1795399200123", "message": "no times"},
        ]
        source = source_for(opsgenie)
        reading = await source.open_alerts()
        await source.close()
        assert reading.rejected == 0
        bare, null, odd, dated = reading.rows
        for alert in (bare, null):
            assert (alert.message, alert.priority, alert.count) == ("(no message)", "P?", 1)
            assert alert.updated_at == alert.last_occurred_at == alert.created_at
            assert alert.owner is None
        assert (odd.tags, odd.responders, odd.integration, odd.count) == ((), (), "", 1)
        assert dated.created_at == datetime.fromtimestamp(1_795_399_200.123, UTC)

    async def test_unknown_words_are_kept_and_an_unknown_priority_is_marked(
        self, opsgenie: OpsgenieSimulator
    ) -> None:
        responders = [{"type": "robot", "id": "r2", "name": "Artoo"}, {"type": "user", "id": "nobody-knows"}]
        alert = await read_one(opsgenie, priority="P0", responders=responders)
        assert alert.priority == "P?"
        assert alert.responders == (
            Responder("robot", "r2", "Artoo"),
            Responder("user", "nobody-knows", None),
        )

    async def test_bad_rows_are_counted_and_the_others_kept(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.alerts = [
            wire_alert("good"),
            wire_alert(""),
            wire_alert("when", createdAt="yesterday"),
            wire_alert("maybe", acknowledged="perhaps"),
            wire_alert("far", createdAt="0001-01-01T00:00:00+14:00"),
            "not a row",
            None,
        ]
        source = source_for(opsgenie)
        reading = await source.open_alerts()
        await source.close()
        assert [alert.id for alert in reading.rows] == ["good"]
        assert reading.rejected == 6
        assert reading.unread == {"when", "maybe", "far"}

    async def test_hostile_text_is_cleaned(self, opsgenie: OpsgenieSimulator) -> None:
        nasty = "a\x1b[2Jb\u202ec\nd"
        alert = await read_one(opsgenie, message=nasty, tags=[nasty], owner=nasty, source=nasty, alias=nasty)
        assert alert.owner is not None
        for text in (alert.message, *alert.tags, alert.owner, alert.source, alert.alias):
            assert text.isprintable()

    @pytest.mark.parametrize(
        ("settings", "address"),
        [
            ({}, "{url}/alert/detail/a1"),
            ({"web_url": "https://ops.example.com/"}, "https://ops.example.com/alert/detail/a1"),
        ],
    )
    async def test_where_it_opens(
        self, opsgenie: OpsgenieSimulator, settings: dict[str, str], address: str
    ) -> None:
        opsgenie.alerts = [wire_alert("a1")]
        source = source_for(opsgenie, settings=Opsgenie(url=opsgenie.url, **settings))
        (alert,) = (await source.open_alerts()).rows
        await source.close()
        assert alert.url == address.format(url=opsgenie.url)

    @pytest.mark.parametrize(
        ("api", "web"),
        [
            ("https://api.opsgenie.com", "https://app.opsgenie.com"),
            ("https://api.eu.opsgenie.com/", "https://app.eu.opsgenie.com"),
            ("http://127.0.0.1:8102", "http://127.0.0.1:8102"),
            ("http://[broken", "http://[broken"),
        ],
    )
    def test_the_web_application_that_belongs_to_the_api(self, api: str, web: str) -> None:
        assert alerts_web_address(Opsgenie(url=api)) == web


class TestTheList:
    """Every alert once, and never a part that looks like the whole."""

    async def test_the_query_the_order_and_the_key(self, opsgenie: OpsgenieSimulator) -> None:
        source = source_for(opsgenie)
        reading = await source.open_alerts()
        await source.close()
        assert (reading.rows, reading.complete, reading.server_time) == ((), True, NOW)
        (request,) = opsgenie.server.sent_to("/v2/alerts")
        assert request.headers["authorization"] == f"GenieKey {READ_KEY}"
        assert {name: values[0] for name, values in request.query.items()} == {
            "query": "status != closed",
            "sort": "createdAt",
            "order": "asc",
            "limit": "100",
            "offset": "0",
        }

    async def test_closed_alerts_are_left_out_whatever_the_query(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.alerts = [wire_alert("a1", status="closed"), wire_alert("a2")]
        source = source_for(opsgenie, settings=Opsgenie(url=opsgenie.url, query="tag:x"))
        reading = await source.open_alerts()
        await source.close()
        assert [alert.id for alert in reading.rows] == ["a2"]

    @pytest.mark.parametrize("count", [99, 100, 101, 195, 196, 350, 1904])
    async def test_pages(self, opsgenie: OpsgenieSimulator, count: int) -> None:
        opsgenie.alerts = many(count)
        source = source_for(opsgenie)
        reading = await source.open_alerts()
        await source.close()
        assert [alert.id for alert in reading.rows] == [f"a{number}" for number in range(count)]
        assert (reading.complete, reading.rejected, reading.notes) == (True, 0, ())
        assert {request.headers["host"] for request in opsgenie.server.requests} == {
            opsgenie.url.removeprefix("http://")
        }

    async def test_new_alerts_between_pages(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.alerts = many(150)

        def raise_more(offset: int) -> None:
            if offset == 0:
                opsgenie.alerts += many(3, first=150)

        opsgenie.between_pages = raise_more
        source = source_for(opsgenie)
        reading = await source.open_alerts()
        await source.close()
        assert [alert.id for alert in reading.rows] == [f"a{number}" for number in range(153)]
        assert reading.complete

    @pytest.mark.parametrize("closing", [1, 5, 30, 60])
    async def test_alerts_that_close_between_pages_hide_no_other(
        self, opsgenie: OpsgenieSimulator, closing: int
    ) -> None:
        """The rest moves forward by as many rows; reading on at a fixed place would leap over some."""
        opsgenie.alerts = many(150)

        def close_some(offset: int) -> None:
            if offset == 0:
                opsgenie.alerts = opsgenie.alerts[closing:]

        opsgenie.between_pages = close_some
        source = source_for(opsgenie)
        reading = await source.open_alerts()
        await source.close()
        remaining = {f"a{number}" for number in range(closing, 150)}
        found = {alert.id for alert in reading.rows}
        assert remaining <= found or not reading.complete
        if closing <= 50:
            assert remaining <= found
            assert reading.complete

    async def test_a_page_that_never_joins_up_is_not_complete(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.alerts = many(400)

        def replace_all(offset: int) -> None:
            opsgenie.alerts = many(400, first=len(opsgenie.server.requests) * 1000)

        opsgenie.between_pages = replace_all
        source = source_for(opsgenie)
        reading = await source.open_alerts()
        await source.close()
        assert not reading.complete
        assert "may be missing" in reading.notes[0]

    async def test_the_last_page_of_all_has_to_join_up_too(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.alerts = many(1850)

        def close_many(offset: int) -> None:
            if offset == 18 * 95:
                opsgenie.alerts = opsgenie.alerts[30:]

        opsgenie.between_pages = close_many
        source = source_for(opsgenie)
        reading = await source.open_alerts()
        await source.close()
        assert {f"a{number}" for number in range(30, 1850)} <= {alert.id for alert in reading.rows}
        assert not reading.complete

    async def test_of_two_states_the_newer_counts(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.alerts = many(120)

        def acknowledge(offset: int) -> None:
            if offset == 0:
                newer = {"acknowledged": True, "updatedAt": "2026-11-23T12:59:00Z"}
                opsgenie.alerts[97] = {**opsgenie.alerts[97], **newer}
                opsgenie.alerts[98] = {**opsgenie.alerts[98], "updatedAt": "2026-11-23T01:00:00Z", "count": 9}

        opsgenie.between_pages = acknowledge
        source = source_for(opsgenie)
        rows = {alert.id: alert for alert in (await source.open_alerts()).rows}
        await source.close()
        assert len(rows) == 120
        assert rows["a97"].status == "acked"
        assert rows["a98"].count == 1

    @pytest.mark.parametrize("always", [False, True])
    async def test_a_short_page_that_names_another_is_not_the_last(
        self, opsgenie: OpsgenieSimulator, always: bool
    ) -> None:
        """`always`: a service that names another even after the last costs one request more."""
        opsgenie.alerts = [wire_alert(f"a{number:03}") for number in range(70)]
        opsgenie.most_rows, opsgenie.always_more = 50, always
        source = source_for(opsgenie)
        reading = await source.open_alerts()
        await source.close()
        assert len(reading.rows) == 70
        assert reading.complete
        asked = [request for request in opsgenie.server.sent_to("/v2/alerts") if "offset" in request.query]
        assert len(asked) == (3 if always else 2)

    async def test_a_bad_row_that_two_pages_share_counts_once(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.alerts = many(120)
        opsgenie.alerts[97] = {**opsgenie.alerts[97], "createdAt": None}
        opsgenie.alerts[98] = None
        source = source_for(opsgenie)
        reading = await source.open_alerts()
        await source.close()
        assert (len(reading.rows), reading.rejected) == (118, 2)

    async def test_too_many_are_cut_off_but_never_the_newest(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.alerts = many(2500)
        source = source_for(opsgenie)
        reading = await source.open_alerts()
        await source.close()
        found = {alert.id for alert in reading.rows}
        assert not reading.complete
        assert "truncated" in reading.notes[-1]
        assert {"a0", "a1800", "a2400", "a2499"} <= found
        assert len(found) == len(reading.rows)
        assert len(opsgenie.server.sent_to("/v2/alerts")) == 21

    async def test_pages_that_repeat_are_said_to_and_left(self, opsgenie: OpsgenieSimulator) -> None:
        newest = wire_alert("newest", createdAt="2026-11-23T12:59:00Z")
        page = data(many(100), paging={"next": f"{opsgenie.url}/v2/alerts?offset=100"})

        def the_same(request: Request) -> Answer:
            return data([newest]) if request.param("order") == "desc" else page

        opsgenie.server.fail("/v2/alerts", the_same, times=None)
        source = source_for(opsgenie)
        reading = await source.open_alerts()
        await source.close()
        assert (len(reading.rows), reading.complete) == (101, False)
        assert reading.notes == ("its pages repeat, so some may be missing",)
        assert len(opsgenie.server.sent_to("/v2/alerts")) == 3

    @pytest.mark.parametrize("fault", [error(503, "Sorry"), half_json({"data": []})])
    async def test_a_later_page_that_fails_leaves_a_part_that_says_so(
        self, opsgenie: OpsgenieSimulator, fault: Answer
    ) -> None:
        opsgenie.alerts = many(150)
        opsgenie.between_pages = lambda _: opsgenie.server.fail("/v2/alerts", fault)
        source = source_for(opsgenie)
        reading = await source.open_alerts()
        await source.close()
        assert len(reading.rows) == 100
        assert not reading.complete
        assert reading.notes[0].startswith("only the first 100"), "the pane and the command say of what"

    @pytest.mark.parametrize(
        ("fault", "kind"),
        [(rate_limited(60), Throttled), (error(401, "No"), SignInRefused), (error(403, "No"), NotAllowed)],
    )
    async def test_a_later_page_that_is_refused_is_raised(
        self, opsgenie: OpsgenieSimulator, fault: Answer, kind: type[Exception]
    ) -> None:
        opsgenie.alerts = many(150)
        opsgenie.between_pages = lambda _: opsgenie.server.fail("/v2/alerts", fault)
        source = source_for(opsgenie)
        with pytest.raises(kind):
            await source.open_alerts()
        await source.close()

    @pytest.mark.parametrize("body", [{"data": None}, {"took": 1}, {"data": {}}, [], None, "x", 7])
    async def test_an_answer_without_rows_is_not_an_empty_list(
        self, opsgenie: OpsgenieSimulator, body: object
    ) -> None:
        opsgenie.server.fail("/v2/alerts", json_answer(body))
        source = source_for(opsgenie)
        with pytest.raises(Unreadable):
            await source.open_alerts()
        await source.close()


class TestNames:
    """Names of responders are a comfort, never a condition."""

    async def test_they_are_asked_for_once_in_ten_minutes(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.alerts = [wire_alert("a1")]
        source = source_for(opsgenie)
        for _ in range(3):
            await source.open_alerts()
        assert len(opsgenie.server.sent_to("/v2/teams")) == 1
        opsgenie.now += timedelta(minutes=10)
        await source.open_alerts()
        await source.close()
        assert len(opsgenie.server.sent_to("/v2/teams")) == 2

    async def test_a_key_that_may_not_look_leaves_ids(self, opsgenie: OpsgenieSimulator) -> None:
        for part in ("/v2/users", "/v2/teams", "/v2/schedules", "/v2/escalations"):
            opsgenie.forbidden.append((READ_KEY, part))
        opsgenie.alerts = [wire_alert("a1")]
        source = source_for(opsgenie)
        reading = await source.open_alerts()
        await source.open_alerts()
        await source.close()
        assert reading.complete
        assert [responder.name for responder in reading.rows[0].responders] == [None, None]
        assert len(opsgenie.server.sent_to("/v2/teams")) == 1

    async def test_slow_names_hold_no_alert_up(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.alerts = [wire_alert("a1")]
        opsgenie.server.fail("/v2/teams", silence(), times=None)
        source = source_for(opsgenie, patience=Patience(names=0.4))
        async with asyncio.timeout(10):
            reading = await source.open_alerts()
            again = await source.open_alerts()
            await source.close()
        assert (reading.complete, again.complete) == (True, True)
        assert [responder.name for responder in again.rows[0].responders] == [None, "support_escalation"]
        assert len(opsgenie.server.sent_to("/v2/teams")) == 1

    async def test_a_failure_that_may_pass_is_tried_again_after_a_minute(
        self, opsgenie: OpsgenieSimulator
    ) -> None:
        opsgenie.alerts = [wire_alert("a1")]
        opsgenie.server.fail("/v2/teams", error(500, "Sorry"))
        source = source_for(opsgenie)
        first = await source.open_alerts()
        opsgenie.now += timedelta(minutes=1)
        second = await source.open_alerts()
        await source.close()
        assert first.rows[0].responders[0].name is None
        assert second.rows[0].responders[0].name == "support_team"


class TestDetail:
    """One alert with what is around it."""

    def tell(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.alerts = [wire_alert("a1")]
        opsgenie.descriptions["a1"] = {
            "description": "first line\n  second\x1b[31m line",
            "details": {"host": "web-1", "n": 3, "deep": {"a": [1]}},
        }
        opsgenie.notes["a1"] = [
            {
                "note": "looking\nat it",
                "owner": "ada@example.com",
                "createdAt": "2026-11-23T12:02:00Z",
                "offset": "1",
            }
        ]
        opsgenie.logs["a1"] = [
            {
                "log": "Alert created",
                "type": "system",
                "owner": "System",
                "createdAt": "2026-11-23T12:00:00.2Z",
            },
            {"log": "Viewed on [web]", "type": "x", "owner": "ada", "createdAt": "2026-11-23T12:01:00Z"},
        ]
        opsgenie.recipients["a1"] = [
            {
                "user": {"id": "u1", "username": "ada@example.com"},
                "state": "action",
                "method": "Acknowledge",
                "createdAt": "2026-11-23T12:00:01Z",
                "updatedAt": "2026-11-23T12:01:01Z",
            }
        ]

    async def test_everything(self, opsgenie: OpsgenieSimulator) -> None:
        self.tell(opsgenie)
        source = source_for(opsgenie)
        detail = await source.alert("a1")
        await source.close()
        assert detail.alert.id == "a1"
        assert "\x1b" not in detail.description
        assert detail.description.splitlines()[0] == "first line"
        assert detail.details[0] == ("host", "web-1")
        assert [(event.text, event.note) for event in detail.events] == [
            ("Alert created", False),
            ("Viewed on [web]", False),
            ("looking\nat it", True),
        ]
        (recipient,) = detail.recipients
        assert (recipient.name, recipient.state, recipient.method) == (
            "ada@example.com",
            "action",
            "Acknowledge",
        )
        assert recipient.at == datetime(2026, 11, 23, 12, 1, 1, tzinfo=UTC)
        assert recipient.first_at == datetime(2026, 11, 23, 12, 0, 1, tzinfo=UTC)
        assert detail.missing == ()

    async def test_parts_that_fail_are_named(self, opsgenie: OpsgenieSimulator) -> None:
        self.tell(opsgenie)
        opsgenie.server.fail("/notes", dropped(), times=2)
        opsgenie.recipients["a1"].append({"user": {}, "updatedAt": "2026-11-23T12:01:01Z"})
        source = source_for(opsgenie)
        detail = await source.alert("a1")
        await source.close()
        assert len(detail.recipients) == 1
        assert "recipients: 1 could not be read" in detail.missing
        opsgenie.server.fail("/notes", dropped(), times=2)
        opsgenie.server.fail("/recipients", error(403, "No", code=40301))
        source = source_for(opsgenie)
        detail = await source.alert("a1")
        await source.close()
        assert [event.note for event in detail.events] == [False, False]
        assert sorted(part.split(":")[0] for part in detail.missing) == ["notes", "recipients"]

    async def test_one_that_is_gone(self, opsgenie: OpsgenieSimulator) -> None:
        source = source_for(opsgenie)
        with pytest.raises(NotThere):
            await source.alert("a1")
        with pytest.raises(NotThere):
            await source.alert("")
        await source.close()

    @pytest.mark.parametrize("record", [{"message": "no id"}, {"id": "a1"}, [], None])
    async def test_a_record_that_can_not_be_read(self, opsgenie: OpsgenieSimulator, record: object) -> None:
        opsgenie.server.fail("/v2/alerts/a1", lambda _: data(record), times=None)
        source = source_for(opsgenie)
        with pytest.raises(Unreadable) as caught:
            await source.alert("a1")
        assert caught.value.problem.startswith("OpsGenie")
        opsgenie.alerts = [wire_alert("a1")]
        with pytest.raises(Unreadable) as caught:
            await source.writer().alert_with_alias("a1")
        assert caught.value.problem.startswith("OpsGenie")
        await source.close()

    async def test_lines_of_a_log_that_can_not_be_read_are_counted(self, opsgenie: OpsgenieSimulator) -> None:
        self.tell(opsgenie)
        opsgenie.logs["a1"] += [{"log": "no time"}, {"log": "nor here", "createdAt": "once"}]
        source = source_for(opsgenie)
        detail = await source.alert("a1")
        await source.close()
        assert len(detail.events) == 3
        assert detail.missing == ("log: 2 could not be read",)

    async def test_an_id_is_escaped(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.alerts = [wire_alert("a/../b?c=d#e")]
        source = source_for(opsgenie)
        detail = await source.alert("a/../b?c=d#e")
        await source.close()
        assert detail.alert.id == "a/../b?c=d#e"
        assert detail.alert.url.endswith("/alert/detail/a%2F..%2Fb%3Fc%3Dd%23e")

    async def test_long_logs_are_read_from_the_newest_on(self, opsgenie: OpsgenieSimulator) -> None:
        self.tell(opsgenie)
        start = datetime(2026, 11, 23, 2, tzinfo=UTC)
        opsgenie.logs["a1"] = [
            {"log": f"line {n}", "createdAt": stamp(start + timedelta(seconds=n))} for n in range(450)
        ]
        source = source_for(opsgenie)
        detail = await source.alert("a1")
        await source.close()
        logs = [event.text for event in detail.events if not event.note]
        assert logs == [f"line {n}" for n in range(150, 450)]
        assert detail.missing == ("log: only the newest 300 were read",)

    async def test_a_log_that_leads_in_a_circle_ends(self, opsgenie: OpsgenieSimulator) -> None:
        self.tell(opsgenie)
        circle = {"next": "http://elsewhere.example.com/x?offset=same"}
        rows = [{"log": "again", "createdAt": "2026-11-23T12:00:00Z"}]
        opsgenie.server.fail("/logs", data(rows, paging=circle), times=None)
        source = source_for(opsgenie)
        detail = await source.alert("a1")
        await source.close()
        assert len(opsgenie.server.sent_to("/logs")) == 2
        assert [event.text for event in detail.events if not event.note] == ["again"]
        assert detail.missing == ("log: its pages lead in a circle, so some may be missing",)


class TestPolicies:
    """Escalation policies, from which the countdown is made."""

    async def test_rules_in_order(self, opsgenie: OpsgenieSimulator) -> None:
        source = source_for(opsgenie)
        reading = await source.policies()
        await source.close()
        (policy,) = reading.rows
        assert (policy.id, policy.name) == (POLICY, "support_escalation")
        assert [(rule.condition, rule.delay, rule.recipient) for rule in policy.rules] == [
            ("if-not-acked", timedelta(0), "first_line"),
            ("if-not-acked", timedelta(minutes=5), "ooh_second_line"),
        ]

    async def test_a_delay_that_can_not_be_read_refuses_the_policy(self, opsgenie: OpsgenieSimulator) -> None:
        def with_delay(delay: object) -> dict[str, object]:
            recipient = {"type": "schedule", "name": "first_line"}
            return wire_policy(rules=[{"condition": "if-not-acked", "delay": delay, "recipient": recipient}])

        opsgenie.escalations = [
            with_delay({"timeAmount": 5, "timeUnit": "moons"}),
            with_delay({"timeAmount": "soon", "timeUnit": "minutes"}),
            with_delay(None),
            with_delay({"timeAmount": 1, "timeUnit": "hours"}),
        ]
        source = source_for(opsgenie)
        reading = await source.policies()
        await source.close()
        assert reading.rejected == 3
        assert [policy.rules[0].delay for policy in reading.rows] == [timedelta(hours=1)]

    @pytest.mark.parametrize(
        ("recipient", "steps", "rejected"),
        [
            ({"type": "none"}, 0, 0),
            ({"type": "noone", "id": "", "name": ""}, 0, 0),
            (None, None, 1),
            ({}, None, 1),
            ({"type": "user"}, None, 1),
            ({"type": "team", "id": "t1"}, 1, 0),
        ],
    )
    async def test_a_step_for_nobody_is_none_and_one_for_nobody_knows_whom_refuses_the_policy(
        self, opsgenie: OpsgenieSimulator, recipient: object, steps: int | None, rejected: int
    ) -> None:
        delay = {"timeAmount": 5, "timeUnit": "minutes"}
        rule = {"condition": "if-not-acked", "delay": delay, "recipient": recipient}
        opsgenie.escalations = [wire_policy(rules=[rule])]
        source = source_for(opsgenie)
        reading = await source.policies()
        await source.close()
        assert reading.rejected == rejected
        assert [len(policy.rules) for policy in reading.rows] == ([] if steps is None else [steps])

    async def test_a_key_that_may_not_see_them(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.forbidden.append((READ_KEY, "/v2/escalations"))
        source = source_for(opsgenie)
        with pytest.raises(NotAllowed) as refusal:
            await source.policies()
        await source.close()
        assert refusal.value.status == 403
        assert "reading key" in refusal.value.problem
        assert DEFAULT_KEY not in str(refusal.value)
