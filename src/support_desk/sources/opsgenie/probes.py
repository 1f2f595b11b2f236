"""What `support-desk check` learns about OpsGenie without changing anything."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final, Protocol

from support_desk.config.model import Opsgenie, RotaSection
from support_desk.domain.words import counted
from support_desk.sources.errors import SourceError
from support_desk.sources.opsgenie.client import Gateway, Key
from support_desk.sources.opsgenie.key_probe import key_probe, named
from support_desk.sources.opsgenie.wire import read_named, read_rows
from support_desk.sources.protocols import AlertSource, Probe, RotaSource
from support_desk.text import clean

LAST_DAY: Final = date(2027, 4, 5)
"""The day on which Atlassian stops OpsGenie's REST API (its notice on the end of OpsGenie)."""
WARN_FROM_DAYS: Final = 180

_MOVE = "a later release reads its successor, Jira Service Management Operations: update in time"


class AlertsAndRota(AlertSource, RotaSource, Protocol):
    """Both halves of the source."""


async def probe_all(
    source: AlertsAndRota, gateway: Gateway, settings: Opsgenie, section: RotaSection, now: datetime
) -> tuple[Probe, ...]:
    """Every capability, side by side; the order is fixed."""
    names = (section.first_line.schedule, section.second_line.schedule)
    probes = await asyncio.gather(
        _tried("read alerts", partial(_alerts, gateway, settings)),
        *(_tried(f"see the schedule {clean(name, 60)}", partial(_schedule, gateway, name)) for name in names),
        _tried("read the rota's timeline", partial(_timeline, source, now)),
        _tried("read escalation policies", partial(_policies, source), needed=False),
        _tried("read people's names", partial(_people, source), needed=False),
        key_probe(gateway, Key.WRITE, "acknowledge and escalate"),
        key_probe(gateway, Key.DEFAULT_API, "page people who aren't on the rota"),
    )
    return (*probes, _end_of_life(now.date()))


@dataclass(frozen=True, slots=True)
class _Found:
    """What a try showed."""

    detail: str
    ok: bool = True
    remedy: str = ""


async def _tried(what: str, attempt: Callable[[], Awaitable[_Found]], *, needed: bool = True) -> Probe:
    try:
        found = await attempt()
    except SourceError as error:
        return Probe(named(what), False, error.problem, error.remedy, needed)
    return Probe(named(what), found.ok, found.detail, found.remedy, needed)


async def _alerts(gateway: Gateway, settings: Opsgenie) -> _Found:
    answer = await gateway.get("/v2/alerts", {"query": settings.query, "limit": "1"}, doing="list alerts")
    answer.rows()
    fallen_back = "" if gateway.has(Key.READ) else " with the writing key, since no reading key is set"
    return _Found(f"allowed{fallen_back}")


async def _schedule(gateway: Gateway, name: str) -> _Found:
    answer = await gateway.get("/v2/schedules", doing="list schedules")
    visible, _ = read_rows(answer.rows(), read_named)
    found = next((row for row in visible if name in {row.id, row.name}), None)
    if found is None:
        others = ", ".join(row.name for row in visible[:8]) or "none"
        problem = "there is no such schedule, or the reading key may not see it"
        return _Found(problem, False, f"check `[rota]`; the key sees these schedules: {others}")
    if not found.enabled:
        return _Found("it is disabled, so it pages nobody", False, "enable it in OpsGenie")
    return _Found("visible")


async def _timeline(source: AlertsAndRota, now: datetime) -> _Found:
    reading = await source.rota(now, now + timedelta(weeks=1))
    if reading.complete and not reading.notes:
        return _Found("every role has a rotation")
    remedy = "check the schedules and the patterns in `[rota]`"
    return _Found("; ".join(reading.notes) or "read in part", False, remedy)


async def _policies(source: AlertsAndRota) -> _Found:
    names = ", ".join(policy.name for policy in (await source.policies()).rows[:8])
    return _Found(names or "allowed, but there are none")


async def _people(source: AlertsAndRota) -> _Found:
    return _Found(f"{len((await source.people()).rows)} people")


def _end_of_life(today: date) -> Probe:
    left = (LAST_DAY - today).days
    name = named("time left")
    if left < 0:
        return Probe(name, False, "the API stopped on 5 April 2027", _MOVE, needed=False)
    detail = f"the API stops on 5 April 2027, in {counted(left, 'day')}"
    return Probe(name, left > WARN_FROM_DAYS, detail, _MOVE, needed=False)
