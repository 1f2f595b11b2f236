"""The OpsGenie of `opsgenie.py`, to which one can write: queued work, colleagues, timers, and lost answers.

    with WritableOpsgenie() as opsgenie:
        opsgenie.alerts = [wire_alert("a1")]
        opsgenie.pending = 2                                                 # polls that say "not yet"
        opsgenie.server.fail("/escalate", opsgenie.applied_then(dropped()))  # done, and no answer
        ...
        assert opsgenie.applied["escalate", "a1"] == 1

Every change is taken with a 202 and a request id; what became of it is told later. `applied` counts what was
really done, `taken` what was queued.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from tests.simulators.deliveries import Deliveries
from tests.simulators.http import Answer, Request, json_answer
from tests.simulators.opsgenie import (
    DEFAULT_KEY,
    NOW,
    TEAM,
    WRITE_KEY,
    OpsgenieSimulator,
    data,
    error,
    stamp,
    user_id,
    wire_alert,
)

Row = dict[str, Any]

ACTIONS = {
    "acknowledge": "Acknowledged alert",
    "unacknowledge": "Unacknowledged alert",
    "close": "Closed alert",
    "snooze": "Snoozed alert",
    "notes": "Added note",
    "assign": "Assigned ownership",
    "escalate": "Escalate alert",
    "responders": "Added responder",
    "tags": "Added tags",
    "untag": "Removed tags",
    "priority": "Updated priority",
    "create": "Created alert",
}
"""What the service says of each action once it is done; `untag` deletes tags, `create` makes an alert."""
INTEGRATIONS = [
    {"id": "int-write", "name": "Support desk", "type": "API", "enabled": True},
    {"id": "int-default", "name": "Default API", "type": "API", "enabled": True},
]
_MOST_NOTE, _MOST_MESSAGE = 25_000, 130


@dataclass(slots=True)
class Ask:
    """One queued request."""

    id: str
    action: str
    alert_id: str
    body: Row
    key: str
    polls_left: int = 0
    outcome: Row = field(default_factory=dict)


class WritableOpsgenie(Deliveries, OpsgenieSimulator):
    """The service with its queue. Change its attributes between requests."""

    def __init__(
        self, now: datetime = NOW, *, port: int = 0, clock: Callable[[], datetime] | None = None
    ) -> None:
        super().__init__(now, port=port)
        self.clock = clock
        """Where the service's time comes from; None: it stands still at `now`."""
        self.applied: Counter[tuple[str, str]] = Counter()
        """How often each action was really done, per alert; creations are counted under their alias."""
        self.taken: Counter[str] = Counter()
        """How often each action was queued."""
        self.pending = 1
        """How often a request's outcome is asked for before it is told."""
        self.work_waits = False
        """The work itself is done only when its outcome is told, not with the 202."""
        self.refusals: dict[str, str] = {}
        """Actions that come to nothing afterwards (`isSuccess: false`), with the reason."""
        self.colleague: Callable[[str], None] | None = None
        """What somebody does just before the next write arrives; called with the alert's id, once."""
        self.team_key = False
        """The default key belongs to a team: OpsGenie puts the team in the place of every responder."""
        self.account_keys: set[str] = set()
        """Keys that may read everything and change nothing."""
        self.integration_of = {WRITE_KEY: "int-write", DEFAULT_KEY: "int-default"}
        self.integrations: list[Row] = [dict(row) for row in INTEGRATIONS]
        self.routing: dict[str, list[Row]] = {}
        """Routing rules by team."""
        self.pages_after = 0
        """How often the recipients are read until somebody who was paged is among them."""
        self.pages_nobody = False
        self.late = []
        self._requests: dict[str, Ask] = {}
        self._coming: list[tuple[str, str, int]] = []

    def take(self, request: Request) -> Answer:
        return self._answer(request)

    def forget_requests(self) -> None:
        """What became of requests isn't known any more."""
        self._requests.clear()

    # What people and the policy do

    def find(self, alert_id: str) -> Row:
        """The row of an alert."""
        return next(row for row in self.alerts if row["id"] == alert_id)

    def with_alias(self, alias: str) -> Row | None:
        """The newest alert with this alias that isn't closed."""
        rows = [row for row in self.alerts if row["alias"] == alias and row["status"] != "closed"]
        return rows[-1] if rows else None

    def acknowledge(self, alert_id: str, who: str = "ben@example.com") -> None:
        """A colleague takes it."""
        row = self.find(alert_id)
        took = round((self._time() - _moment(row["createdAt"])).total_seconds() * 1000)
        report = {**row.get("report", {}), "acknowledgedBy": who, "ackTime": took}
        row.update(acknowledged=True, snoozed=False, report=report)
        self.log(alert_id, "Alert acknowledged", who)

    def close_alert(self, alert_id: str, who: str = "ben@example.com") -> None:
        """A colleague closes it."""
        row = self.find(alert_id)
        took = round((self._time() - _moment(row["createdAt"])).total_seconds() * 1000)
        row.update(status="closed", report={**row.get("report", {}), "closedBy": who, "closeTime": took})
        self.log(alert_id, "Alert closed", who)

    def snooze(self, alert_id: str, until: datetime, who: str = "ben@example.com") -> None:
        """A colleague silences it."""
        self.find(alert_id).update(snoozed=True, acknowledged=False, snoozedUntil=stamp(until))
        self.log(alert_id, "Alert snoozed", who)

    def page(self, alert_id: str, who: str, *, why: str = "Notification sent") -> None:
        """Somebody's telephone rings, and recipients and log say so."""
        rows = self.recipients.setdefault(alert_id, [])
        now = stamp(self._time())
        known = next((row for row in rows if row["user"]["username"] == who), None)
        if known is None:
            user = {"id": user_id(who), "username": who}
            rows.append({"user": user, "state": "notactive", "method": "voice", "createdAt": now})
            known = rows[-1]
        known["updatedAt"] = now
        self.log(alert_id, f"{why} to [{who}]", "System", kind="alertRecipient")

    def timer_fires(self, alert_id: str) -> None:
        """The policy's next step is taken by itself."""
        self.log(alert_id, "Alert escalated by the escalation policy", "System")
        self._page_line(alert_id)

    def log(self, alert_id: str, text: str, who: str, *, kind: str = "system") -> None:
        """A line in the alert's log."""
        line = {"log": text, "type": kind, "owner": who, "createdAt": stamp(self._time()), "offset": "x"}
        self.logs.setdefault(alert_id, []).append(line)
        row = next((row for row in self.alerts if row["id"] == alert_id), None)
        if row is not None:
            row["updatedAt"] = stamp(self._time())

    def on_second_line(self) -> list[str]:
        """Who is second line at this moment."""
        return [
            turn.email
            for rotation in self.schedules[1].rotations
            for turn in rotation.turns or []
            if turn.email and turn.start <= self._time() < turn.end
        ]

    # Routes

    def _time(self) -> datetime:
        if self.clock is not None:
            self.now = self.clock()
        return self.now

    def _answer(self, request: Request) -> Answer:
        self._time()
        return super()._answer(request)

    def route(self, request: Request) -> Answer:
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        if request.method != "GET":
            return self._written(request, parts)
        match parts:
            case ["v2", "alerts", "requests", key]:
                return self._outcome(key)
            case ["v2", "alerts", key] if request.param("identifierType") == "alias":
                row = self.with_alias(key)
                return error(404, "Alert does not exist") if row is None else self._one_alert(row["id"])
            case ["v2", "alerts", key, "recipients"]:
                self._let_ring(key)
            case ["v2", "alerts"] if request.param("query").startswith("alias:"):
                alias = request.param("query").removeprefix("alias:").strip()
                return data([row for row in self.alerts if row["alias"] == alias])
            case ["v2", "integrations"]:
                return data(self.integrations)
            case ["v2", "teams", key, "routing-rules"]:
                return data(self.routing.get(key, []))
        return super().route(request)

    def _let_ring(self, alert_id: str) -> None:
        """Who was paged shows up once the recipients have been read often enough."""
        coming, self._coming = self._coming, []
        for target, who, reads in coming:
            if target == alert_id and reads <= 1:
                self.page(target, who)
            else:
                self._coming.append((target, who, reads - (target == alert_id)))

    def _ring(self, alert_id: str, people: list[str]) -> None:
        for who in [] if self.pages_nobody else people:
            if self.pages_after:
                self._coming.append((alert_id, who, self.pages_after))
            else:
                self.page(alert_id, who)

    def _outcome(self, key: str) -> Answer:
        ask = self._requests.get(key)
        if ask is None:
            return error(404, "Request not found")
        if ask.polls_left > 0:
            ask.polls_left -= 1
            answer = error(404, "Request not found. It might not be processed, yet.")
            return replace(answer, headers={**answer.headers, "X-Opsgenie-Errortype": "RequestNotProcessed"})
        if not ask.outcome:
            ask.outcome = self._work_off(ask)
        return data(ask.outcome)

    # Writing

    def _written(self, request: Request, parts: list[str]) -> Answer:
        key = request.headers["authorization"].partition(" ")[2]
        if key in self.account_keys:
            said = "To perform this action, use an API key from an API integration."
            return error(403, said, code=40301)
        action, alert_id = _action(request.method, parts)
        if not action:
            return error(404, "No such resource")
        if self.colleague is not None:
            act, self.colleague = self.colleague, None
            act(alert_id)
        body = request.json() or {}
        if action == "untag":
            body = {"tags": request.param("tags").split(","), "user": request.param("user")}
        if problem := _invalid(action, body):
            errors = {problem[0]: problem[1]}
            return error(422, "Request body is not processable. Please check the errors.", errors=errors)
        return self._take(Ask(f"req-{len(self._requests):04d}", action, alert_id, body, key, self.pending))

    def _take(self, ask: Ask) -> Answer:
        self._requests[ask.id] = ask
        self.taken[ask.action] += 1
        if not self.work_waits:
            ask.outcome = self._work_off(ask)
        said = {"result": "Request will be processed", "took": 0.107, "requestId": ask.id}
        return json_answer(said, 202)

    def _work_off(self, ask: Ask) -> Row:
        """Do what was queued; the request's record."""
        reason = self.refusals.get(ask.action, "")
        row = None
        if ask.action != "create":
            row = next((row for row in self.alerts if row["id"] == ask.alert_id), None)
            if row is None:
                reason = reason or "Alert does not exist"
            elif row["status"] == "closed" and ask.action != "notes":
                reason = reason or "Alert is closed"
        if not reason:
            reason = self._do(ask, row)
        ok = not reason
        return {
            "success": ok,
            "isSuccess": ok,
            "action": ask.action.title(),
            "status": ACTIONS[ask.action] if ok else reason,
            "processedAt": stamp(self._time()),
            "integrationId": self.integration_of.get(ask.key, ""),
            "alertId": ask.alert_id if ok else "",
            "alias": "",
        }

    def _do(self, ask: Ask, row: Row | None) -> str:
        """The change itself; why not, where it isn't made."""
        if row is None:
            self._create(ask)
            return ""
        who, note = ask.body.get("user", ""), ask.body.get("note", "")
        if reason := self._change(ask, row, who):
            return reason
        self.applied[ask.action, ask.alert_id] += 1
        row["updatedAt"] = stamp(self._time())
        if note:
            line = {"note": note, "owner": who, "createdAt": stamp(self._time()), "offset": "x"}
            self.notes.setdefault(ask.alert_id, []).append(line)
        return ""

    def _change(self, ask: Ask, row: Row, who: str) -> str:
        body, alert_id = ask.body, ask.alert_id
        match ask.action:
            case "acknowledge" if row["acknowledged"]:
                return "Alert is already acknowledged"
            case "acknowledge":
                self.acknowledge(alert_id, who)
            case "unacknowledge":
                row.update(acknowledged=False)
                self.log(alert_id, "Alert unacknowledged", who)
            case "close":
                self.close_alert(alert_id, who)
            case "snooze":
                self.snooze(alert_id, _moment(body["endTime"]), who)
            case "assign":
                row["owner"] = body["owner"]["username"]
            case "tags":
                row["tags"] = [*row["tags"], *(tag for tag in body["tags"] if tag not in row["tags"])]
            case "untag":
                row["tags"] = [tag for tag in row["tags"] if tag not in body["tags"]]
            case "priority":
                row["priority"] = body["priority"]
            case "escalate":
                return self._escalate(ask, who)
            case "responders":
                self._add(row, body["responder"])
        return ""

    def _escalate(self, ask: Ask, who: str) -> str:
        wanted = ask.body["escalation"]
        if not any(wanted.get("id") == policy["id"] for policy in self.escalations):
            return "Escalation does not exist"
        self.log(ask.alert_id, "Alert escalated to next", who)
        self._page_line(ask.alert_id)
        return ""

    def _page_line(self, alert_id: str) -> None:
        """The second line is paged, however often this is asked for."""
        self._ring(alert_id, self.on_second_line())

    def _add(self, row: Row, responder: Row) -> None:
        who = responder.get("username", "")
        key = responder.get("id") or user_id(who)
        row["responders"] = [*row["responders"], {"type": responder["type"], "id": key}]
        self._ring(row["id"], [who] if who else [])

    def _create(self, ask: Ask) -> None:
        body, alias = ask.body, ask.body["alias"]
        found = self.with_alias(alias)
        if found is not None:
            found["count"] += 1
            ask.alert_id = found["id"]
            self.applied["repeat", alias] += 1
            return
        self.applied["create", alias] += 1
        now, ask.alert_id = stamp(self._time()), f"made-{len(self.alerts)}"
        people = [row["username"] for row in body["responders"]]
        responders = [{"type": "user", "id": user_id(who)} for who in people]
        team_owned = self.team_key and ask.key == DEFAULT_KEY
        if team_owned:
            responders = [{"type": "team", "id": TEAM}]
        self.alerts.append(
            wire_alert(
                ask.alert_id,
                alias=alias,
                message=body["message"],
                priority=body.get("priority", "P3"),
                tags=body.get("tags", []),
                responders=responders,
                createdAt=now,
                updatedAt=now,
                lastOccurredAt=now,
            )
        )
        self._ring(ask.alert_id, ["eve@example.com"] if team_owned else people)


def _action(method: str, parts: list[str]) -> tuple[str, str]:
    match method, parts:
        case "POST", ["v2", "alerts"]:
            return "create", ""
        case "POST", ["v2", "alerts", key, action] if action in ACTIONS:
            return action, key
        case "DELETE", ["v2", "alerts", key, "tags"]:
            return "untag", key
        case "PUT", ["v2", "alerts", key, "priority"]:
            return "priority", key
    return "", ""


def _invalid(action: str, body: Row) -> tuple[str, str] | None:
    """The field and what is wrong with it."""
    if len(body.get("note", "")) > _MOST_NOTE:
        return "note", f"can not be longer than {_MOST_NOTE} characters"
    if action == "notes" and not body.get("note"):
        return "note", "can not be empty"
    if action == "create" and not 0 < len(body.get("message", "")) <= _MOST_MESSAGE:
        return "message", f"can not be empty or longer than {_MOST_MESSAGE} characters"
    if body.get("priority", "P1") not in {"P1", "P2", "P3", "P4", "P5"}:
        return "priority", "should be one of [ P1, P2, P3, P4, P5 ]"
    if action == "escalate" and not body.get("escalation"):
        return "escalation", "can not be empty"
    if len(body.get("user", "")) > 100:
        return "user", "can not be longer than 100 characters"
    return None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
