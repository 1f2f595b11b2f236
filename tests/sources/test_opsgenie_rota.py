"""Reading schedules from a simulated OpsGenie, over real connections."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from support_desk.config.model import FirstLine, RotaSection, SecondLine
from support_desk.domain.rota import UNKNOWN, OnCall, Person, Role, Rota, gaps, on_now, shift_now, until
from support_desk.sources.errors import NotAllowed, Rejected, ServiceDown, Throttled, Unreadable
from support_desk.sources.opsgenie.key_probe import NO_ALERT
from support_desk.sources.protocols import Probe, Reading
from tests.simulators.http import json_answer
from tests.simulators.opsgenie import (
    FIRST_LINE,
    NOW,
    READ_KEY,
    SECOND_LINE,
    OpsgenieSimulator,
    Rotation,
    Turn,
    data,
    error,
    local,
    rate_limited,
    source_for,
    user_id,
    usual_schedules,
)

ADA = Person("Ada Ardent", "ada@example.com")
BEN = Person("Ben Brook", "ben@example.com")
CAT = Person("Cat Calder", "cat@example.com")
DAN = Person("Dan Dale", "dan@example.com")
PHONE = Person("Support Phone", "phone@example.com")


@pytest.fixture
def opsgenie() -> Iterator[OpsgenieSimulator]:
    with OpsgenieSimulator() as simulator:
        yield simulator


async def read(opsgenie: OpsgenieSimulator, **options: Any) -> Reading[Rota]:
    source = source_for(opsgenie, **options)
    try:
        return await source.rota(opsgenie.now - timedelta(days=1), opsgenie.now + timedelta(weeks=2))
    finally:
        await source.close()


async def read_on_call(opsgenie: OpsgenieSimulator, **options: Any) -> Reading[OnCall]:
    source = source_for(opsgenie, **options)
    try:
        return await source.on_call()
    finally:
        await source.close()


def rotation(opsgenie: OpsgenieSimulator, schedule: int, name: str) -> Rotation:
    return next(r for r in opsgenie.schedules[schedule].rotations if r.name.startswith(name))


class TestRota:
    """Timelines as shifts of the four lines."""

    async def test_the_four_lines_on_a_monday_afternoon(self, opsgenie: OpsgenieSimulator) -> None:
        reading = await read(opsgenie)
        (rota,) = reading.rows
        assert (reading.complete, reading.rejected, reading.notes) == (True, 0, ())
        assert reading.server_time == NOW
        assert on_now(rota, Role.DEV, NOW) == CAT
        assert on_now(rota, Role.OPS, NOW) == DAN
        assert on_now(rota, Role.ON_CALL, NOW) is None
        assert on_now(rota, Role.SECOND_LINE, NOW) is None

    async def test_the_shared_telephone_is_on_no_line(self, opsgenie: OpsgenieSimulator) -> None:
        (rota,) = (await read(opsgenie)).rows
        assert PHONE not in {shift.person for shift in rota.shifts}

    async def test_the_shift_that_was_cut_at_the_request_is_whole(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.now = NOW.replace(minute=30, second=14, microsecond=401_000)
        (rota,) = (await read(opsgenie)).rows
        current = shift_now(rota, Role.DEV, opsgenie.now)
        assert current is not None
        assert (current.start, current.end) == (local(NOW.date(), "10:00"), local(NOW.date(), "18:00"))

    async def test_a_weekend_keeps_its_true_start(self, opsgenie: OpsgenieSimulator) -> None:
        """The range asked for begins on the Sunday; the shift began on Friday evening."""
        opsgenie.now = datetime(2026, 11, 22, 12, tzinfo=UTC)
        (rota,) = (await read(opsgenie)).rows
        weekend = shift_now(rota, Role.ON_CALL, opsgenie.now)
        assert weekend is not None
        assert weekend.start == local(date(2026, 11, 20), "18:00")
        assert until(rota, weekend) == local(date(2026, 11, 23), "10:00")

    async def test_wednesday_has_its_gap(self, opsgenie: OpsgenieSimulator) -> None:
        (rota,) = (await read(opsgenie)).rows
        day = date(2026, 11, 25)
        (gap,) = gaps(rota, Role.ON_CALL, local(day, "00:00"), local(day, "23:59"))
        assert (gap.start, gap.end) == (local(day, "10:00"), local(day, "18:00"))

    @pytest.mark.parametrize("first", [date(2027, 3, 10), date(2026, 10, 7)])
    async def test_both_changes_of_the_clock(self, opsgenie: OpsgenieSimulator, first: date) -> None:
        opsgenie.schedules = usual_schedules(first, 6)
        opsgenie.now = local(first + timedelta(days=14), "12:00")
        (rota,) = (await read(opsgenie)).rows
        sunday = first + timedelta(days=18)
        assert gaps(rota, Role.ON_CALL, local(sunday, "00:00"), local(sunday, "23:00")) == ()
        monday = sunday + timedelta(days=1)
        assert on_now(rota, Role.DEV, local(monday, "09:59")) is None
        assert on_now(rota, Role.DEV, local(monday, "10:00")) == CAT
        assert on_now(rota, Role.ON_CALL, local(monday, "09:59")) is not None
        assert on_now(rota, Role.ON_CALL, local(monday, "10:00")) is None

    async def test_the_range_that_is_asked_for(self, opsgenie: OpsgenieSimulator) -> None:
        reading = await read(opsgenie)
        (rota,) = reading.rows
        assert rota.cover.start <= NOW - timedelta(days=1)
        assert rota.cover.end >= NOW + timedelta(weeks=2)
        asked = opsgenie.server.sent_to("/timeline")
        assert {request.param("identifierType") for request in asked} == {"name"}
        assert {request.param("intervalUnit") for request in asked} == {"weeks"}
        assert {request.param("date") for request in asked} == {"2026-11-15T13:00:00+00:00"}

    async def test_schedules_named_by_id(self, opsgenie: OpsgenieSimulator) -> None:
        section = RotaSection(
            first_line=FirstLine(schedule=FIRST_LINE), second_line=SecondLine(schedule=SECOND_LINE)
        )
        assert (await read(opsgenie, rota=section)).complete
        assert (await read_on_call(opsgenie, rota=section)).complete
        assert {r.param("identifierType") for r in opsgenie.server.sent_to("/timeline")} == {"id"}
        assert {r.param("scheduleIdentifierType") for r in opsgenie.server.sent_to("/on-calls")} == {"id"}

    async def test_an_override_says_so(self, opsgenie: OpsgenieSimulator) -> None:
        day = date(2026, 11, 24)
        turns = rotation(opsgenie, 0, "Ops").turns
        assert turns is not None
        turns[:] = [turn for turn in turns if turn.start != local(day, "10:00")]
        turns.append(Turn(local(day, "10:00"), local(day, "18:00"), "eve@example.com", "override"))
        (rota,) = (await read(opsgenie)).rows
        shift = shift_now(rota, Role.OPS, local(day, "12:00"))
        assert shift is not None
        assert (shift.person.email, shift.override) == ("eve@example.com", True)

    @pytest.mark.parametrize("kind", ["forwarding", "historical", "brand-new"])
    async def test_every_type_of_period_is_a_shift(self, opsgenie: OpsgenieSimulator, kind: str) -> None:
        day = date(2026, 11, 24)
        shape = {"fromUser": {"id": "x"}} if kind == "forwarding" else {}
        turn = Turn(local(day, "18:00"), local(day, "22:00"), "eve@example.com", kind, shape)
        rotation(opsgenie, 0, "Ops").turns = [turn]
        (rota,) = (await read(opsgenie)).rows
        shift = shift_now(rota, Role.OPS, local(day, "20:00"))
        assert shift is not None
        assert shift.override is (kind == "forwarding")

    @pytest.mark.parametrize(
        "shape",
        [
            {"recipient": {"type": "none"}},
            {"recipient": {"type": "noone"}},
            {"recipient": None},
            {"recipient": {}},
        ],
    )
    async def test_a_gap_has_nobody_in_it(self, opsgenie: OpsgenieSimulator, shape: dict[str, Any]) -> None:
        day = date(2026, 11, 24)
        turns = rotation(opsgenie, 0, "Dev 2026-06").turns
        assert turns is not None
        turns[:] = [turn for turn in turns if turn.start != local(day, "10:00")]
        turns.append(Turn(local(day, "10:00"), local(day, "18:00"), "ada@example.com", shape=shape))
        reading = await read(opsgenie)
        assert on_now(reading.rows[0], Role.DEV, local(day, "12:00")) is None
        assert reading.rejected == 0

    async def test_a_team_on_the_rota_leads_to_its_person_or_stays_a_team(
        self, opsgenie: OpsgenieSimulator
    ) -> None:
        day = date(2026, 11, 24)
        team = {"id": "t1", "type": "team", "name": "support_team"}
        person = {"id": user_id("eve@example.com"), "type": "user", "name": "eve@example.com"}
        rotation(opsgenie, 0, "Ops").turns = [
            Turn(local(day, "10:00"), local(day, "12:00"), "x", shape={"recipient": team}),
            Turn(
                local(day, "12:00"),
                local(day, "18:00"),
                "x",
                shape={"recipient": team, "flattenedRecipients": [team, person]},
            ),
        ]
        (rota,) = (await read(opsgenie)).rows
        assert on_now(rota, Role.OPS, local(day, "11:00")) == Person("support_team", "")
        assert on_now(rota, Role.OPS, local(day, "13:00")) == Person("Eve Easton", "eve@example.com")

    async def test_a_person_without_a_name_is_found_by_id(self, opsgenie: OpsgenieSimulator) -> None:
        day = date(2026, 11, 24)
        known = {"type": "user", "id": user_id("eve@example.com")}
        stranger = {"type": "user", "id": "who-knows"}
        rotation(opsgenie, 0, "Ops").turns = [
            Turn(local(day, "10:00"), local(day, "12:00"), "x", shape={"recipient": known}),
            Turn(local(day, "12:00"), local(day, "18:00"), "x", shape={"recipient": stranger}),
        ]
        (rota,) = (await read(opsgenie)).rows
        assert on_now(rota, Role.OPS, local(day, "11:00")) == Person("Eve Easton", "eve@example.com")
        assert on_now(rota, Role.OPS, local(day, "13:00")) == Person("somebody (who-knows)", "")

    async def test_a_late_override_leaves_no_shift_of_a_minute(self, opsgenie: OpsgenieSimulator) -> None:
        start, end = local(date(2026, 11, 24), "18:00"), local(date(2026, 11, 25), "10:00")
        took_over = start + timedelta(seconds=68, milliseconds=619)
        rotation(opsgenie, 1, "Rota").turns = [
            Turn(start, took_over, "cat@example.com"),
            Turn(took_over, end, "ada@example.com", "override"),
        ]
        (rota,) = (await read(opsgenie)).rows
        (shift,) = [shift for shift in rota.shifts if shift.role is Role.SECOND_LINE]
        assert (shift.person, shift.start, shift.end) == (ADA, start, end)

    async def test_all_rotations_of_the_second_line_count(self, opsgenie: OpsgenieSimulator) -> None:
        day = date(2026, 11, 24)
        opsgenie.schedules[1].rotations.append(
            Rotation("Bank holidays", [Turn(local(day, "10:00"), local(day, "18:00"), "ben@example.com")])
        )
        (rota,) = (await read(opsgenie)).rows
        assert on_now(rota, Role.SECOND_LINE, local(day, "12:00")) == BEN


class TestUnknownIsNotNobody:
    """A line that couldn't be read is never shown as empty."""

    async def test_a_renamed_rotation(self, opsgenie: OpsgenieSimulator) -> None:
        rotation(opsgenie, 0, "OOH").name = "Nights 2027"
        reading = await read(opsgenie)
        assert not reading.complete
        assert on_now(reading.rows[0], Role.ON_CALL, NOW) is UNKNOWN
        assert on_now(reading.rows[0], Role.DEV, NOW) == CAT
        assert reading.notes == ("first line: no rotation's name matches `rota.first_line.on_call`",)

    async def test_only_ended_rotations_match(self, opsgenie: OpsgenieSimulator) -> None:
        rotation(opsgenie, 0, "Ops").turns = None
        reading = await read(opsgenie)
        assert on_now(reading.rows[0], Role.OPS, NOW) is None
        assert reading.notes == ("first line: nobody is on as ops in the whole range",)

    @pytest.mark.parametrize(
        "shape",
        [
            {"startDate": "soon"},
            {"endDate": None},
            {"startDate": "0001-01-01T00:00:00+10:00"},
            {"startDate": "2026-11-25T10:00:00Z", "endDate": "2026-11-24T10:00:00Z"},
            {"recipient": "eve@example.com"},
            {"recipient": ["eve@example.com"]},
        ],
    )
    async def test_a_period_that_can_not_be_read(
        self, opsgenie: OpsgenieSimulator, shape: dict[str, Any]
    ) -> None:
        day = date(2026, 11, 24)
        turns = rotation(opsgenie, 0, "Ops").turns
        assert turns is not None
        turns.append(Turn(local(day, "18:00"), local(day, "22:00"), "eve@example.com", shape=shape))
        reading = await read(opsgenie)
        assert (reading.rejected, reading.complete) == (1, False)
        assert on_now(reading.rows[0], Role.OPS, NOW) == DAN
        assert on_now(reading.rows[0], Role.OPS, local(day, "20:00")) is UNKNOWN

    @pytest.mark.parametrize(
        "rotations",
        [
            [None],
            ["Rota"],
            [{"name": "Rota", "periods": [None]}],
            [{"name": "Rota", "periods": [{}, "x"]}],
            [{"name": "Rota", "periods": [{"from": "2026-11-02T00:00:00Z", "who": "ada"}]}],
        ],
    )
    async def test_rows_of_a_timeline_that_are_no_records_are_not_nobody(
        self, opsgenie: OpsgenieSimulator, rotations: list[Any]
    ) -> None:
        record = {
            "startDate": "2026-11-02T00:00:00Z",
            "endDate": "2027-01-04T00:00:00Z",
            "finalTimeline": {"rotations": rotations},
        }
        opsgenie.server.fail("/ooh_second_line/timeline", data(record), times=None)
        reading = await read(opsgenie)
        assert reading.rejected > 0
        assert on_now(reading.rows[0], Role.SECOND_LINE, NOW) is UNKNOWN
        assert "second line: some shifts of second_line could not be read" in reading.notes

    async def test_one_schedule_that_fails(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.forbidden.append((READ_KEY, "ooh_second_line"))
        reading = await read(opsgenie)
        assert not reading.complete
        assert on_now(reading.rows[0], Role.SECOND_LINE, NOW) is UNKNOWN
        assert on_now(reading.rows[0], Role.DEV, NOW) == CAT
        assert reading.notes[0].startswith("second line: ")
        on_call = await read_on_call(opsgenie)
        assert not on_call.complete
        assert [row.schedule for row in on_call.rows] == ["first_line"]

    async def test_both_that_fail(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.server.fail("/timeline", error(500, "Sorry"), times=None)
        opsgenie.server.fail("/on-calls", error(403, "No", code=40301), times=None)
        with pytest.raises(ServiceDown):
            await read(opsgenie)
        with pytest.raises(NotAllowed):
            await read_on_call(opsgenie)

    async def test_a_request_to_wait_is_raised_even_if_the_other_was_read(
        self, opsgenie: OpsgenieSimulator
    ) -> None:
        opsgenie.server.fail("ooh_second_line/timeline", rate_limited(1))
        with pytest.raises(Throttled):
            await read(opsgenie)

    async def test_a_request_to_wait_is_raised_before_another_failure(
        self, opsgenie: OpsgenieSimulator
    ) -> None:
        """Or the poller would go on asking."""
        opsgenie.server.fail("first_line/timeline", error(404, "No such schedule"), times=None)
        opsgenie.server.fail("ooh_second_line/timeline", rate_limited(1), times=None)
        with pytest.raises(Throttled):
            await read(opsgenie)

    async def test_a_disabled_schedule_pages_nobody(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.schedules[0].enabled = False
        reading = await read(opsgenie)
        assert on_now(reading.rows[0], Role.DEV, NOW) is None
        assert any("disabled" in note for note in reading.notes)
        assert not reading.complete  # the notes of a complete one are nowhere to be seen
        assert (await read_on_call(opsgenie)).rows[0].enabled is False

    @pytest.mark.parametrize(
        "record",
        [
            {},
            [],
            {"startDate": "2026-11-01T00:00:00Z", "endDate": "2026-12-31T00:00:00Z"},
            {"finalTimeline": {"rotations": []}},
            {
                "startDate": "2026-11-01T00:00:00Z",
                "endDate": "2026-12-31T00:00:00Z",
                "finalTimeline": {"rotations": None},
            },
        ],
    )
    async def test_a_timeline_without_its_parts(self, opsgenie: OpsgenieSimulator, record: object) -> None:
        opsgenie.server.fail("/timeline", data(record), times=None)
        with pytest.raises(Unreadable):
            await read(opsgenie)

    async def test_a_timeline_that_falls_short_is_not_complete(self, opsgenie: OpsgenieSimulator) -> None:
        record = {
            "startDate": "2026-11-23T00:00:00Z",
            "endDate": "2026-11-24T00:00:00Z",
            "finalTimeline": {"rotations": [{"name": n, "periods": 7} for n in ("Dev", "Ops", "OOH")]},
        }
        opsgenie.server.fail("/timeline", data(record), times=None)
        reading = await read(opsgenie)
        assert not reading.complete
        assert reading.rows[0].cover.end == datetime(2026, 11, 24, tzinfo=UTC)

    async def test_a_pattern_that_is_none(self, opsgenie: OpsgenieSimulator) -> None:
        section = RotaSection(first_line=FirstLine(dev="(?i"))
        with pytest.raises(Rejected, match=r"first_line\.dev"):
            await read(opsgenie, rota=section)


class TestOnCall:
    """Who is on at this moment, whatever stands between the schedule and the person."""

    async def test_a_schedule_mixes_its_rotations(self, opsgenie: OpsgenieSimulator) -> None:
        reading = await read_on_call(opsgenie)
        assert reading.complete
        assert reading.rows == (
            OnCall("first_line", True, (PHONE, DAN, CAT), FIRST_LINE),
            OnCall("ooh_second_line", True, (), SECOND_LINE),
        )
        assert {request.param("flat") for request in opsgenie.server.sent_to("/on-calls")} == {"false"}

    async def test_people_behind_teams_and_escalations(self, opsgenie: OpsgenieSimulator) -> None:
        def user(email: str, **more: object) -> dict[str, object]:
            return {"id": user_id(email), "name": email, "type": "user", **more}

        opsgenie.on_calls["first_line"] = [
            {"type": "team", "id": "t", "name": "t", "onCallParticipants": [user("ada@example.com")]},
            {
                "type": "escalation",
                "id": "e",
                "name": "e",
                "onCallParticipants": [
                    user("ben@example.com", escalationTime=0),
                    user("cat@example.com", escalationTime=5),
                ],
            },
            user("ADA@example.com"),
            {"type": "none"},
            {"type": "noone", "id": "n"},
        ]
        (first, _) = (await read_on_call(opsgenie)).rows
        assert first.people == (ADA, BEN)

    @pytest.mark.parametrize("record", [{}, {"onCallParticipants": None}, [], {"onCallRecipients": ["a@b"]}])
    async def test_an_answer_without_participants_is_not_nobody(
        self, opsgenie: OpsgenieSimulator, record: object
    ) -> None:
        opsgenie.server.fail("/on-calls", data(record), times=None)
        with pytest.raises(Unreadable):
            await read_on_call(opsgenie)

    @pytest.mark.parametrize(
        ("participant", "person"),
        [
            ({"id": user_id(DAN.email), "name": DAN.email, "type": "user", "onCallParticipants": []}, DAN),
            ({"id": user_id(DAN.email), "name": DAN.email}, DAN),
            ({"id": user_id(DAN.email), "name": DAN.email, "type": None}, DAN),
            ({"id": user_id(DAN.email), "name": DAN.email, "type": "User"}, DAN),
            ({"id": user_id(DAN.email), "type": "user"}, DAN),
            ({"id": "t1", "name": "Ops team", "type": "team"}, Person("Ops team", "")),
        ],
    )
    async def test_whoever_is_named_is_not_nobody(
        self, opsgenie: OpsgenieSimulator, participant: dict[str, Any], person: Person
    ) -> None:
        opsgenie.on_calls["ooh_second_line"] = [participant]
        reading = await read_on_call(opsgenie)
        assert reading.rows[1].people == (person,)
        assert reading.complete

    @pytest.mark.parametrize("participant", [None, "dan@example.com", {}, {"type": "user"}, {"type": "team"}])
    async def test_a_participant_who_can_not_be_read_is_not_nobody(
        self, opsgenie: OpsgenieSimulator, participant: Any
    ) -> None:
        opsgenie.on_calls["ooh_second_line"] = [participant]
        reading = await read_on_call(opsgenie)
        assert [on_call.schedule for on_call in reading.rows] == ["first_line"]
        assert not reading.complete
        assert "didn't say who is on call in ooh_second_line" in reading.notes[0]

    async def test_people_are_called_by_address_where_users_may_not_be_read(
        self, opsgenie: OpsgenieSimulator
    ) -> None:
        opsgenie.forbidden.append((READ_KEY, "/v2/users"))
        (first, _) = (await read_on_call(opsgenie)).rows
        assert first.people[1] == Person("dan@example.com", "dan@example.com")


class TestPeople:
    """Everybody, page by page."""

    async def test_all_pages(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.users = [(f"user{n}@example.com", f"User {n}") for n in range(230)]
        source = source_for(opsgenie)
        reading = await source.people()
        await source.close()
        assert len(reading.rows) == 230
        assert reading.complete
        assert [r.param("offset") for r in opsgenie.server.sent_to("/v2/users")] == ["0", "100", "200"]

    async def test_fewer_than_the_service_counts_is_not_complete(self, opsgenie: OpsgenieSimulator) -> None:
        user = {"id": "u1", "username": "ada@example.com", "fullName": None}
        pages = [json_answer({"data": [user, {"id": "u2"}], "totalCount": 9}), data([], totalCount=9)]
        opsgenie.server.fail("/v2/users", pages[0])
        opsgenie.server.fail("/v2/users", pages[1])
        source = source_for(opsgenie)
        reading = await source.people()
        await source.close()
        assert reading.rows == (Person("ada@example.com", "ada@example.com"),)
        assert (reading.complete, reading.rejected) == (False, 1)


class TestProbe:
    """`support-desk check`, which changes nothing."""

    async def probes(self, opsgenie: OpsgenieSimulator, **options: Any) -> dict[str, Probe]:
        source = source_for(opsgenie, **options)
        found = await source.probe()
        await source.close()
        writes = [request.path for request in opsgenie.server.requests if request.method != "GET"]
        assert set(writes) <= {f"/v2/alerts/{NO_ALERT}/acknowledge"}, "of an alert that can't exist"
        return {probe.name.removeprefix("OpsGenie: "): probe for probe in found}

    async def test_all_is_well(self, opsgenie: OpsgenieSimulator) -> None:
        probes = await self.probes(opsgenie)
        needed = [probe for probe in probes.values() if probe.needed]
        assert all(probe.ok is not False for probe in needed)
        assert probes["read alerts"].ok
        assert "first acknowledgement" in probes["writing key"].detail
        assert probes["writing key"].ok is None
        assert "133 days" in probes["time left"].detail

    async def test_a_key_that_is_refused(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.keys = set()
        probes = await self.probes(opsgenie)
        assert probes["read alerts"].ok is False
        assert "read_key" in probes["read alerts"].remedy
        assert probes["writing key"].ok is False

    async def test_a_schedule_that_is_not_there_names_those_that_are(
        self, opsgenie: OpsgenieSimulator
    ) -> None:
        probes = await self.probes(opsgenie, rota=RotaSection(first_line=FirstLine(schedule="1st")))
        assert probes["see the schedule 1st"].ok is False
        assert "first_line, ooh_second_line" in probes["see the schedule 1st"].remedy
        assert probes["read the rota's timeline"].ok is False

    async def test_what_the_program_can_do_without(self, opsgenie: OpsgenieSimulator) -> None:
        opsgenie.forbidden += [(READ_KEY, "/v2/escalations"), (READ_KEY, "/v2/users")]
        probes = await self.probes(opsgenie)
        for name in ("read escalation policies", "read people's names"):
            assert (probes[name].ok, probes[name].needed) == (False, False)

    async def test_a_renamed_rotation_and_a_disabled_schedule(self, opsgenie: OpsgenieSimulator) -> None:
        rotation(opsgenie, 0, "OOH").name = "Nights"
        opsgenie.schedules[1].enabled = False
        probes = await self.probes(opsgenie)
        assert "rota.first_line.on_call" in probes["read the rota's timeline"].detail
        assert probes["see the schedule ooh_second_line"].ok is False

    async def test_keys_that_are_not_configured(self, opsgenie: OpsgenieSimulator) -> None:
        probes = await self.probes(opsgenie, write_key=None)
        assert probes["writing key"].ok is None
        assert "write_key_env" in probes["writing key"].remedy

    @pytest.mark.parametrize(
        ("now", "ok", "words"),
        [
            (datetime(2026, 6, 1, tzinfo=UTC), True, "308 days"),
            (datetime(2027, 4, 4, tzinfo=UTC), False, "in 1 day"),
            (datetime(2027, 5, 1, tzinfo=UTC), False, "stopped"),
        ],
    )
    async def test_time_left(self, opsgenie: OpsgenieSimulator, now: datetime, ok: bool, words: str) -> None:
        probe = (await self.probes(opsgenie, now=lambda: now))["time left"]
        assert (probe.ok, probe.needed) == (ok, False)
        assert words in probe.detail

    async def test_a_service_that_is_gone_never_raises(self, opsgenie: OpsgenieSimulator) -> None:
        source = source_for(opsgenie)
        opsgenie.server.fail("/", error(410, "Gone"), times=None)
        found = await source.probe()
        await source.close()
        assert all(probe.ok is False for probe in found if "key" not in probe.name)
        assert any("switched off" in probe.remedy for probe in found)
