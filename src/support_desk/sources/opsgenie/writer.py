"""Changing alerts: one request per change, sent once, and an honest word on how far it got.

OpsGenie takes a change with a 202 and works it off later; `outcome` asks what became of it. There is no key
that makes a repeated request harmless, except for creation, where the alias is one: so nothing here is ever
sent twice (https://docs.opsgenie.com/docs/alert-api).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from urllib.parse import quote

from support_desk.domain import commands as c
from support_desk.domain.alert_tags import LONGEST_TAG
from support_desk.domain.alerts import Alert, EscalationPolicy
from support_desk.sources.alert_limits import MOST_TAGS, problem_of
from support_desk.sources.errors import NotAllowed, NotThere, NotYet, Rejected, Unanswered, Unreadable
from support_desk.sources.opsgenie.alerts import AlertReader
from support_desk.sources.opsgenie.answers import Answer
from support_desk.sources.opsgenie.client import Gateway, Key
from support_desk.sources.writers import Outcome
from support_desk.text import clean

SOURCE = "support_desk"
MOST_ACTOR = 100
MOST_DESCRIPTION = 15_000

Body = dict[str, object]


class OpsgenieWriter:
    """The `AlertWriter` of an OpsGenie account."""

    def __init__(self, gateway: Gateway, reader: AlertReader) -> None:
        self._gateway = gateway
        self._reader = reader

    @property
    def can_create(self) -> bool:
        """Whether the global integration's key is configured."""
        return self._gateway.has(Key.DEFAULT_API)

    async def ask(self, alert_id: str, command: c.AlertCommand, *, actor: str, token: str) -> str:
        """Send one change of an existing alert; the request's id.

        Raises `Unanswered` if it may have arrived; any other `SourceError` means that it surely wasn't done.
        """
        problem = problem_of(command)
        if problem:
            raise Rejected(f"OpsGenie: {problem}", "change it and send it again, or do it in the browser (o)")
        path = f"/v2/alerts/{quote(alert_id, safe='', errors='replace')}"
        common: Body = {"user": actor[:MOST_ACTOR], "source": SOURCE}
        if isinstance(command, c.RemoveAlertTags):
            return await self._remove_tags(path, command, common)
        method, ending, body = _request(command, token)
        return await self._send(
            method, path + ending, body | common, doing=_DOING.get(type(command), "change the alert")
        )

    async def _remove_tags(self, path: str, command: c.RemoveAlertTags, common: Body) -> str:
        # One value with commas in it: repeated keys would remove one of the tags.
        params = {"tags": ",".join(command.tags)} | {key: str(value) for key, value in common.items()}
        return await self._send("DELETE", f"{path}/tags", None, params=params, doing="remove tags")

    async def create(self, page: c.PagePerson, *, alias: str, actor: str) -> str:
        """Raise a new alert through the global integration; the request's id. May be sent again."""
        body: Body = {
            "message": page.message[: c.MOST_MESSAGE],
            "alias": alias,
            "description": page.description[:MOST_DESCRIPTION],
            "responders": [{"type": "user", "username": page.username}],
            "tags": [tag[:LONGEST_TAG] for tag in page.tags[:MOST_TAGS]],
            "priority": page.priority,
            "user": actor[:MOST_ACTOR],
            "source": SOURCE,
        }
        return await self._send("POST", "/v2/alerts", body, key=Key.DEFAULT_API, doing="raise an alert")

    async def outcome(self, request_id: str) -> Outcome | None:
        """What became of a request; None while it hasn't been processed.

        Raises `SourceError`: `Unreadable` where the answer tells neither success nor failure.
        """
        try:
            answer = await self._followed(request_id)
        except NotYet:
            return None
        record = answer.record()
        said = [value for key in ("isSuccess", "success") if isinstance(value := record.get(key), bool)]
        if not said:
            raise Unreadable("OpsGenie doesn't say what became of the request", "look at the alert itself")
        words, alert_id = record.get("status"), record.get("alertId")
        return Outcome(
            said[0],
            clean(words if isinstance(words, str) else "", 200),
            clean(alert_id if isinstance(alert_id, str) else "", 100),
        )

    async def _followed(self, request_id: str) -> Answer:
        """The answer about a request; a key of one team may not see what another key has asked for."""
        path = f"/v2/alerts/requests/{quote(request_id, safe='')}"
        keys = [key for key in Key if self._gateway.has(key)] or [Key.READ]
        for key in keys[:-1]:
            try:
                return await self._gateway.get(path, key=key, doing="follow a request")
            except NotYet:
                raise
            except (NotAllowed, NotThere):
                continue
        return await self._gateway.get(path, key=keys[-1], doing="follow a request")

    async def alert_with_alias(self, alias: str) -> Alert:
        """The alert with this alias: the open one, or one that was closed again. Raises `NotThere`."""
        return await self._reader.with_alias(alias)

    async def routed_policy(self, alert: Alert) -> EscalationPolicy | None:
        """The policy that the alert's team routes it to: the first of its rules that names one.

        A rule's conditions aren't worked out here, so a team whose rules name more than one policy leaves
        the answer open: None.
        """
        return await self._reader.routed_policy(alert)

    async def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        *,
        doing: str,
        key: Key = Key.WRITE,
        params: Mapping[str, str] | None = None,
    ) -> str:
        answer = await self._gateway.send(method, path, body, params=params, key=key, doing=doing)
        request_id = answer.body.get("requestId")
        if isinstance(request_id, str) and request_id:
            return request_id
        raise Unanswered(
            "OpsGenie: sent, but the answer has no request id", "it is looked up before it is sent again"
        )


def _request(command: c.AlertCommand, token: str) -> tuple[str, str, Body]:
    """Method, end of the path and body of a change."""
    plain = _PLAIN.get(type(command))
    if plain is not None:
        return "POST", plain, {}
    match command:
        case c.SnoozeAlert():
            return "POST", "/snooze", {"endTime": f"{command.until.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"}
        case c.AssignAlert():
            return "POST", "/assign", {"owner": {"username": command.owner}}
        case c.AddAlertTags():
            return "POST", "/tags", {"tags": list(command.tags)}
        case c.PrioritiseAlert():
            return "PUT", "/priority", {"priority": command.priority}
    return _marked_request(command, token)


def _marked_request(command: c.AlertCommand, token: str) -> tuple[str, str, Body]:
    """Of what the alert's state alone can't tell afterwards: the token goes along in a note."""
    marked: Body = {"note": f"{SOURCE} {token}"}
    match command:
        case c.NoteAlert():
            return "POST", "/notes", {"note": f"{command.text}\n[{SOURCE} {token}]"}
        case c.EscalateAlert():
            return "POST", "/escalate", {"escalation": {"id": command.policy_id}} | marked
        case c.AddResponder():
            name = "username" if command.type == "user" and "@" in command.id else "id"
            return "POST", "/responders", {"responder": {"type": command.type, name: command.id}} | marked
    raise Rejected("OpsGenie: this is no change of an alert", "report this as a fault of the program")


_PLAIN: dict[type[c.AlertCommand], str] = {
    c.Acknowledge: "/acknowledge",
    c.Unacknowledge: "/unacknowledge",
    c.CloseAlert: "/close",
}


_DOING: dict[type[c.AlertCommand], str] = {
    c.Acknowledge: "acknowledge alerts",
    c.Unacknowledge: "un-acknowledge alerts",
    c.CloseAlert: "close alerts",
    c.SnoozeAlert: "snooze alerts",
    c.NoteAlert: "write a note",
    c.AssignAlert: "assign alerts",
    c.AddAlertTags: "add tags",
    c.PrioritiseAlert: "change a priority",
    c.EscalateAlert: "escalate alerts",
    c.AddResponder: "add a responder",
}
