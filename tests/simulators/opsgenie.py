"""A small OpsGenie that speaks the real wire format over HTTP.

    with OpsgenieSimulator() as opsgenie:
        opsgenie.alerts = [wire_alert("a1", priority="P1")]
        opsgenie.server.fail("/v2/alerts", throttled())

Its world: a first line schedule with the shared telephone, Ops, Dev and an out-of-hours rotation beside one
that has ended, and a second line; everybody is invented. Standalone: `python -m tests.simulators.opsgenie`.
"""

from __future__ import annotations

import argparse
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from support_desk.config.model import Opsgenie, RotaSection
from support_desk.config.secrets import Secret
from support_desk.sources.opsgenie import OpsgenieSource, Patience
from tests.simulators.http import Answer, Request, Server, json_answer

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
"""A Monday."""

READ_KEY = "read-0f2c51e7-simulated"
WRITE_KEY = "write-7b90aa14-simulated"
DEFAULT_KEY = "default-c83d6e02-simulated"

FIRST_LINE = "4f7d2c1a-9b38-4e0f-8a55-1f6b0c9d7e21"
SECOND_LINE = "a2c94e70-53d1-4b8e-9f06-7e1d3b5a8c42"
TEAM = "c0ffee00-1111-4222-8333-444455556666"
POLICY = "e5ca1a7e-0000-4abc-8def-0123456789ab"

USERS = {
    "ada@example.com": "Ada Ardent",
    "ben@example.com": "Ben Brook",
    "cat@example.com": "Cat Calder",
    "dan@example.com": "Dan Dale",
    "eve@example.com": "Eve Easton",
    "phone@example.com": "Support Phone",
}


def stamp(at: datetime) -> str:
    """A time as the API writes it: UTC, three digits at most, trailing zeros left out."""
    at = at.astimezone(UTC)
    digits = f".{at.microsecond // 1000:03d}".rstrip("0").rstrip(".")
    return f"{at:%Y-%m-%dT%H:%M:%S}{digits}Z"


def user_id(email: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"mailto:{email}"))


def wire_alert(alert_id: str, **overrides: Any) -> dict[str, Any]:
    """A row of the list, as recorded ones look; `description` and `details` are left out there."""
    row: dict[str, Any] = {
        "seen": True,
        "id": alert_id,
        "tinyId": "1791",
        "alias": f"alias-{alert_id}",
        "message": f"ALARM: {alert_id}",
        "status": "open",
        "acknowledged": False,
        "isSeen": True,
        "tags": ["client_acme", "deliveryplus"],
        "snoozed": False,
        "count": 1,
        "lastOccurredAt": "2026-11-23T12:05:41.03Z",
        "createdAt": "2026-11-23T12:00:00.123Z",
        "updatedAt": "2026-11-23T12:05:41.1Z",
        "source": "monitor",
        "owner": "",
        "priority": "P2",
        "teams": [{"id": TEAM}],
        "responders": [{"type": "team", "id": TEAM}, {"type": "escalation", "id": POLICY}],
        "integration": {"id": "ca95", "name": "CloudWatch", "type": "AmazonSns"},
        "ownerTeamId": TEAM,
    }
    return {**row, **overrides}


@dataclass(frozen=True, slots=True)
class Turn:
    """One planned or stepped-in shift; None is a gap that the service shows with a recipient of no kind."""

    start: datetime
    end: datetime
    email: str | None
    type: str = "default"
    shape: dict[str, Any] = field(default_factory=dict)
    """Fields that replace those of the period on the wire."""


@dataclass(slots=True)
class Rotation:
    name: str
    turns: list[Turn] | None
    """None: the rotation has ended, and comes without periods."""


@dataclass(slots=True)
class Schedule:
    id: str
    name: str
    rotations: list[Rotation]
    enabled: bool = True


def local(day: date, clock: str) -> datetime:
    """A moment of London's wall clock, in UTC."""
    return datetime.combine(day, time.fromisoformat(clock), LONDON).astimezone(UTC)


def daytime(wednesday: date, email: str) -> list[Turn]:
    """An in-hours week: 10:00-18:00 on working days, from one Wednesday to the next."""
    days = [wednesday + timedelta(days=n) for n in (0, 1, 2, 5, 6)]
    return [Turn(local(day, "10:00"), local(day, "18:00"), email) for day in days]


def nights(wednesday: date, email: str) -> list[Turn]:
    """An out-of-hours week: 18:00-10:00, the weekend in one piece, ending on Wednesday 10:00."""
    spans = [(0, 1), (1, 2), (2, 5), (5, 6), (6, 7)]
    return [
        Turn(
            local(wednesday + timedelta(days=first), "18:00"),
            local(wednesday + timedelta(days=last), "10:00"),
            email,
        )
        for first, last in spans
    ]


def weeks(first: date, emails: list[str], week: Callable[[date, str], list[Turn]]) -> list[Turn]:
    """One week after another, a person each."""
    return [
        turn for number, email in enumerate(emails) for turn in week(first + timedelta(weeks=number), email)
    ]


def usual_schedules(first: date = date(2026, 11, 4), count: int = 8) -> list[Schedule]:
    """The agency's two schedules, their people changing every week from `first`, a Wednesday."""
    last = first + timedelta(weeks=count)
    people = ["ada@example.com", "ben@example.com", "cat@example.com", "dan@example.com"]

    def turns(shift: int) -> list[str]:
        return [people[(number + shift) % len(people)] for number in range(count)]

    always = [Turn(local(first, "00:00"), local(last, "00:00"), "phone@example.com")]
    return [
        Schedule(
            FIRST_LINE,
            "first_line",
            [
                Rotation("On Call Phone", always),
                Rotation("Ops", weeks(first, turns(1), daytime)),
                Rotation("Dev to 2026-6-23", None),
                Rotation("Dev 2026-06-24 to 2026-12-23", weeks(first, turns(0), daytime)),
                Rotation("OOH  2026-06-24 till 2026-12-23", weeks(first, turns(2), nights)),
            ],
        ),
        Schedule(SECOND_LINE, "ooh_second_line", [Rotation("Rota", weeks(first, turns(3), nights))]),
    ]


class OpsgenieSimulator:
    """The service: change its public attributes to change what it says."""

    def __init__(self, now: datetime = NOW, *, port: int = 0) -> None:
        self.now = now
        """The service's own time: who is on call, where timelines are split, the `Date` header."""
        self.alerts: list[Any] = []
        """Rows as the wire has them; some tests put in what is none."""
        self.descriptions: dict[str, dict[str, Any]] = {}
        """What the single read adds to an alert, by id."""
        self.notes: dict[str, list[dict[str, Any]]] = {}
        self.logs: dict[str, list[dict[str, Any]]] = {}
        self.recipients: dict[str, list[dict[str, Any]]] = {}
        self.schedules = usual_schedules()
        self.on_calls: dict[str, list[dict[str, Any]]] = {}
        """Participants by schedule name, in place of those computed from its turns."""
        self.users: list[tuple[str, str]] = list(USERS.items())
        self.escalations: list[dict[str, Any]] = [wire_policy()]
        self.keys = {READ_KEY, WRITE_KEY, DEFAULT_KEY}
        self.forbidden: list[tuple[str, str]] = []
        """Keys and parts of paths: 403/40301 for a request that has both."""
        self.most_rows = 100
        """Of a page of alerts, whatever was asked for."""
        self.always_more = False
        """Whether the last page names another as well."""
        self.between_pages: Callable[[int], None] | None = None
        """Called with the offset after a page of alerts was served."""
        self._lock = threading.Lock()
        self.server = Server(self._answer, port=port)

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.close()

    @property
    def url(self) -> str:
        return self.server.url

    def _answer(self, request: Request) -> Answer:
        with self._lock:
            answer = self._refusal(request) or self.route(request)
        headers = {
            "Date": format_datetime(self.now, usegmt=True),
            "X-Request-ID": "req-4711",
            "X-RateLimit-State": "OK",
        }
        return replace(answer, headers={**headers, **answer.headers})

    def _refusal(self, request: Request) -> Answer | None:
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        if kind != "GenieKey" or not re.fullmatch(r"[\w-]{8,}", key):
            return error(422, "Key format is not valid!")
        if key not in self.keys:
            return error(401, "Could not authenticate")
        if any(key == barred and part in request.path for barred, part in self.forbidden):
            return error(403, "You are not authorized to access this resource", code=40301)
        return None

    def route(self, request: Request) -> Answer:
        """The service's own answer, whatever a test has put in its way."""
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        match parts:
            case ["v2", "alerts"]:
                return self._list_alerts(request)
            case ["v2", "alerts", key]:
                return self._one_alert(key)
            case ["v2", "alerts", key, "notes"]:
                return self._events(request, self.notes.get(key, []))
            case ["v2", "alerts", key, "logs"]:
                return self._events(request, self.logs.get(key, []))
            case ["v2", "alerts", key, "recipients"]:
                return data(self.recipients.get(key, []))
            case ["v2", "users"]:
                return self._list_users(request)
            case ["v2", "teams"]:
                return data([{"id": TEAM, "name": "support_team", "description": ""}])
            case ["v2", "escalations"]:
                return data(self.escalations)
            case ["v2", "schedules"]:
                return data([{"id": s.id, "name": s.name, "enabled": s.enabled} for s in self.schedules])
            case ["v2", "schedules", key, what] if what in {"on-calls", "timeline"}:
                return self._schedule(request, key, what)
            case _:
                return error(404, "No such resource")

    def _list_alerts(self, request: Request) -> Answer:
        offset, limit = int(request.param("offset", "0")), int(request.param("limit", "20"))
        if limit > 100 or offset + limit > 20_000:
            return error(422, "Sum of offset and limit should be lower than 20K")
        rows = self.alerts
        if request.param("query").replace(" ", "") == "status!=closed":
            rows = [row for row in rows if not isinstance(row, dict) or row.get("status") != "closed"]
        if request.param("order", "desc") == "desc":
            rows = rows[::-1]
        limit = min(limit, self.most_rows)
        page = rows[offset : offset + limit]
        paging = {"first": self._page_url("alerts", 0)}
        if offset + limit < len(rows) or self.always_more:
            paging["next"] = self._page_url("alerts", offset + limit)
        answer = data(list(page), paging=paging)
        if self.between_pages:
            self.between_pages(offset)
        return answer

    def _page_url(self, what: str, offset: int | str) -> str:
        # Plain http and the public host, as in recorded answers: nobody may follow it with a key.
        return f"http://api.opsgenie.com/v2/{what}?offset={offset}&limit=100"

    def _one_alert(self, key: str) -> Answer:
        row = next((row for row in self.alerts if isinstance(row, dict) and row.get("id") == key), None)
        if row is None:
            return error(404, "Alert does not exist")
        single = {"description": "", "details": {}, "entity": "", "actions": []}
        return data({**row, **single, **self.descriptions.get(key, {})})

    def _events(self, request: Request, events: list[dict[str, Any]]) -> Answer:
        """Offsets are opaque to the client; here they are positions behind a prefix."""
        rows = events[::-1] if request.param("order", "desc") == "desc" else events
        start = int(request.param("offset", "at_0").removeprefix("at_"))
        limit = int(request.param("limit", "100"))
        paging = {}
        if start + limit < len(rows):
            paging["next"] = self._page_url("alerts/x/logs", f"at_{start + limit}")
        return data(rows[start : start + limit], paging=paging)

    def _list_users(self, request: Request) -> Answer:
        offset, limit = int(request.param("offset", "0")), int(request.param("limit", "100"))
        rows = [
            {"id": user_id(email), "username": email, "fullName": name, "blocked": False}
            for email, name in self.users[offset : offset + limit]
        ]
        return data(rows, totalCount=len(self.users))

    def _schedule(self, request: Request, key: str, what: str) -> Answer:
        """A wrong parameter name would make the service take a name for an id, so here it does, too."""
        parameter = "scheduleIdentifierType" if what == "on-calls" else "identifierType"
        by = "name" if request.param(parameter) == "name" else "id"
        schedule = next((s for s in self.schedules if getattr(s, by) == key), None)
        if schedule is None:
            return error(403, "Api key is not authorized to access the schedule", code=40301)
        parent = {"id": schedule.id, "name": schedule.name, "enabled": schedule.enabled}
        if what == "on-calls":
            return data({"_parent": parent, **self._on_calls(request, schedule)})
        return self._timeline(request, schedule, parent)

    def _on_calls(self, request: Request, schedule: Schedule) -> dict[str, Any]:
        emails = [
            turn.email
            for rotation in schedule.rotations
            for turn in rotation.turns or []
            if turn.email and turn.start <= self.now < turn.end and schedule.enabled
        ]
        if request.param("flat") == "true":
            return {"onCallRecipients": emails}
        people = [{"id": user_id(email), "name": email, "type": "user"} for email in emails]
        return {"onCallParticipants": self.on_calls.get(schedule.name, people)}

    def _timeline(self, request: Request, schedule: Schedule, parent: dict[str, Any]) -> Answer:
        asked = datetime.fromisoformat(request.param("date", stamp(self.now)))
        unit = {"weeks": 7, "days": 1}[request.param("intervalUnit", "weeks")]
        day = asked.astimezone(LONDON).date()
        if unit == 7:
            day -= timedelta(days=day.weekday())
        start = local(day, "00:00")
        end = local(day + timedelta(days=unit * int(request.param("interval", "1"))), "00:00")
        rotations: list[dict[str, Any]] = []
        for number, rotation in enumerate(schedule.rotations):
            row: dict[str, Any] = {"id": f"rot-{number}", "name": rotation.name, "order": float(number + 1)}
            if rotation.turns is not None:
                row["periods"] = [
                    period for turn in rotation.turns for period in self._periods(turn, start, end)
                ]
            rotations.append(row)
        return data(
            {
                "_parent": parent,
                "startDate": stamp(start),
                "endDate": stamp(end),
                "finalTimeline": {"rotations": rotations},
            },
            expandable=["base", "forwarding", "override"],
        )

    def _periods(self, turn: Turn, start: datetime, end: datetime) -> list[dict[str, Any]]:
        """A turn cut at the edges of the range, and at this very moment, the past being "historical"."""
        first, last = max(turn.start, start), min(turn.end, end)
        if first >= last:
            return []
        if first < self.now < last:
            return [self._period(turn, first, self.now), self._period(turn, self.now, last)]
        return [self._period(turn, first, last)]

    def _period(self, turn: Turn, start: datetime, end: datetime) -> dict[str, Any]:
        recipient: dict[str, Any] = {"type": "none"}
        if turn.email is not None:
            recipient = {"id": user_id(turn.email), "type": "user", "name": turn.email}
        kind = "historical" if end <= self.now else turn.type
        period: dict[str, Any] = {
            "startDate": stamp(start),
            "endDate": stamp(end),
            "type": kind,
            "recipient": recipient,
        }
        if kind == "historical":
            period["flattenedRecipients"] = [recipient]
        return {**period, **turn.shape}


def wire_policy(**overrides: Any) -> dict[str, Any]:
    """An escalation policy: the first line at once, the second line after five minutes."""
    rules = [
        {
            "condition": "if-not-acked",
            "notifyType": "default",
            "delay": {"timeAmount": minutes, "timeUnit": "minutes"},
            "recipient": {"type": "schedule", "id": key, "name": name},
        }
        for minutes, key, name in ((0, FIRST_LINE, "first_line"), (5, SECOND_LINE, "ooh_second_line"))
    ]
    return {"id": POLICY, "name": "support_escalation", "description": "", "rules": rules, **overrides}


def data(value: object, **more: object) -> Answer:
    """A good answer in the API's envelope."""
    return json_answer({"data": value, "took": 0.012, "requestId": "req-4711", **more})


def error(status: int, message: str, *, code: int | None = None, **more: object) -> Answer:
    """A refusal as the API words it."""
    body: dict[str, object] = {"message": message, "took": 0.003, "requestId": "req-4711", **more}
    return json_answer(body if code is None else {**body, "code": code}, status)


def rate_limited(period: int | None = 60) -> Answer:
    """429 with the length of the window, and no `Retry-After`."""
    answer = error(429, "You are making too many requests! To avoid errors, we recommend you limit requests.")
    headers = {"X-RateLimit-State": "THROTTLED", "X-RateLimit-Reason": "ACCOUNT"}
    if period is not None:
        headers["X-RateLimit-Period-In-Sec"] = str(period)
    return replace(answer, headers={**answer.headers, **headers})


def source_for(
    simulator: OpsgenieSimulator, *, patience: Patience | None = None, **changes: Any
) -> OpsgenieSource:
    """The real source, pointed at the simulator with its reading key."""
    keys: dict[str, Secret | None] = {
        "read_key": Secret(lambda: READ_KEY),
        "write_key": Secret(lambda: WRITE_KEY),
        "default_api_key": None,
    }
    settings = changes.pop("settings", Opsgenie(url=simulator.url))
    section = changes.pop("rota", RotaSection())
    now = changes.pop("now", lambda: simulator.now)
    return OpsgenieSource(settings, section, **{**keys, **changes}, now=now, patience=patience)


def main() -> None:
    parser = argparse.ArgumentParser(description="A simulated OpsGenie on loopback.")
    parser.add_argument("--port", type=int, default=8102)
    parser.add_argument("--alerts", type=int, default=12)
    arguments = parser.parse_args()
    simulator = OpsgenieSimulator(datetime.now(UTC), port=arguments.port)
    today = simulator.now.astimezone(LONDON).date()
    wednesday = today - timedelta(days=(today.weekday() - 2) % 7, weeks=3)
    simulator.schedules = usual_schedules(wednesday, 16)
    for number in range(arguments.alerts):
        at = stamp(simulator.now - timedelta(minutes=7 * (arguments.alerts - number)))
        simulator.alerts.append(
            wire_alert(
                f"alert-{number}",
                priority=f"P{number % 5 + 1}",
                createdAt=at,
                updatedAt=at,
                lastOccurredAt=at,
            )
        )
    with simulator:
        print(f"OpsGenie is simulated at {simulator.url}; reading key {READ_KEY}")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
