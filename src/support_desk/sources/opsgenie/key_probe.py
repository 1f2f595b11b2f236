"""Whether a key may change alerts, and whose it is, learned without changing any.

Only an API integration's key may change alerts; an account's key is refused with 403 (40301). No reading
request tells the two apart, so one alert that can't exist is "acknowledged": the refusal comes at once, and
what is taken (202) comes to nothing, but says which integration asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from urllib.parse import quote

from support_desk.sources.errors import NotThere, NotYet, SourceError, Unanswered
from support_desk.sources.opsgenie.client import Gateway, Key
from support_desk.sources.opsgenie.wire import line_of, read_named, read_rows, record_of
from support_desk.sources.protocols import Probe

NO_ALERT: Final = "00000000-0000-0000-0000-000000000000-0000000000000"
"""An id that no alert has: its last part is the time of creation."""
PAUSES: Final = (0.0, 0.5, 1.0, 2.0)
"""Seconds before each question what became of the request."""
_ACCEPTED = "the key is accepted; whether it may change alerts shows at the first acknowledgement"
_BY_WHOM = {"user": "support_desk check", "source": "support_desk"}


def named(what: str) -> str:
    """The name of a probe."""
    return f"OpsGenie: {what}"


async def key_probe(gateway: Gateway, key: Key, purpose: str) -> Probe:
    """Whether this key may change alerts, and which integration's it is. Never raises a `SourceError`."""
    name = named(key.words)
    needed = key is Key.WRITE
    if not gateway.has(key):
        remedy = f"set `[opsgenie] {key.value}_env`, `{key.value}_command` or `{key.value}_file`"
        return Probe(name, None, f"not configured: needed to {purpose}", remedy, needed)
    if gateway.read_only:
        return Probe(name, None, "not tried: this desk is read-only", needed=False)
    try:
        path = f"/v2/alerts/{NO_ALERT}/acknowledge"
        answer = await gateway.send("POST", path, _BY_WHOM, key=key, doing="change alerts")
    except NotThere:
        return Probe(name, None, _ACCEPTED, needed=needed)
    except Unanswered as error:
        remedy = "run the check again; if this stays, OpsGenie is out of order"
        return Probe(name, False, error.problem, remedy, needed)
    except SourceError as error:
        return Probe(name, False, error.problem, error.remedy, needed)
    with suppress(SourceError):
        integration = await _integration(gateway, key, line_of(answer.body.get("requestId")))
        if integration is not None:
            return await _judged(gateway, key, name, integration)
    return Probe(name, True, "it may change alerts; which integration's it is can't be seen", needed=needed)


async def _integration(gateway: Gateway, key: Key, request: str) -> Mapping[str, object] | None:
    """The integration that asked; None: the service doesn't say, or not to this key."""
    asked = await _processed(gateway, key, request)
    wanted = line_of(asked.get("integrationId"))
    if not wanted:
        return None
    for reader in (Key.READ, key):
        with suppress(SourceError):
            rows = (await gateway.get("/v2/integrations", key=reader, doing="list integrations")).rows()
            for row in map(record_of, rows):
                if line_of(row.get("id")) == wanted:
                    return row
    return None


async def _processed(gateway: Gateway, key: Key, request: str) -> Mapping[str, object]:
    """What the service says of a request, once it does."""
    path = f"/v2/alerts/requests/{quote(request, safe='')}"
    for pause in PAUSES:
        await asyncio.sleep(pause)
        with suppress(NotYet):
            return (await gateway.get(path, key=key, doing="follow a request")).record()
    return {}


async def _judged(gateway: Gateway, key: Key, name: str, integration: Mapping[str, object]) -> Probe:
    called = line_of(integration.get("name")) or "without a name"
    team = line_of(integration.get("teamId")) or line_of(record_of(integration.get("ownerTeam")).get("id"))
    if not team:
        detail = f"it may change alerts: the key of the global integration {called}"
        return Probe(name, True, detail, needed=key is Key.WRITE)
    owner = await _team_name(gateway, team)
    whose = f"the key of {called}, an integration of the team {owner}"
    if key is Key.WRITE:
        return Probe(name, True, f"it may change that team's alerts: {whose}")
    return Probe(
        name,
        False,
        f"it is {whose}: OpsGenie would page that team in place of the person",
        f"give the key of a global integration as `[opsgenie] {key.value}`",
        needed=False,
    )


async def _team_name(gateway: Gateway, team: str) -> str:
    with suppress(SourceError):
        rows = (await gateway.get("/v2/teams", doing="list teams")).rows()
        teams, _ = read_rows(rows, read_named)
        return next((row.name for row in teams if row.id == team), team)
    return team
