"""Reading alerts: the open ones page by page, and one with everything around it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar
from urllib.parse import quote

from support_desk.domain.alerts import Alert, AlertDetail, AlertEvent, EscalationPolicy, Recipient
from support_desk.sources.errors import (
    NotAllowed,
    NotThere,
    SignInRefused,
    SourceError,
    Throttled,
    Unreadable,
)
from support_desk.sources.lenient_json import has_lost_bytes
from support_desk.sources.opsgenie.answers import Answer
from support_desk.sources.opsgenie.client import Gateway
from support_desk.sources.opsgenie.directory import Directory
from support_desk.sources.opsgenie.wire import (
    details_of,
    line_of,
    next_offset,
    read_alert,
    read_rows,
    record_of,
    to_alert,
    to_event,
    to_policy,
    to_recipient,
)
from support_desk.sources.protocols import Reading
from support_desk.text import clean

PAGE = 100
OVERLAP = 5
"""Rows that each page shares with the one before: alerts that close meanwhile move the rest forward, and a
page that begins with a row already seen proves that none slipped through."""
MOST_PAGES = 20
LOG_PAGES = 3
_NAMED_BAD_ROWS = 3

T = TypeVar("T")


@dataclass(slots=True)
class _Gathered:
    """What the pages have given so far."""

    read: Callable[[object], Alert]
    alerts: dict[str, Alert] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    """Ids of all rows, whether they could be read or not."""
    rejected: int = 0
    unreadable: list[str] = field(default_factory=list)
    """What is said of them."""
    unread: set[str] = field(default_factory=set)
    """Ids of the rows that couldn't be read, where they have one."""
    reached: int = 0
    """How many rows from the beginning have been looked at."""
    complete: bool = True
    notes: list[str] = field(default_factory=list)
    server_time: datetime | None = None

    def follows_on(self, rows: list[object]) -> bool:
        """Whether no row can have slipped through between the pages so far and this one."""
        return not self.reached or (bool(rows) and _raw_id(rows[0]) in self.seen)

    def repeats(self, rows: list[object]) -> bool:
        """Whether a page has nothing new, though it shares only a few rows with the one before."""
        return len(rows) > OVERLAP and all(_raw_id(row) in self.seen for row in rows)

    def add(self, rows: list[object], offset: int) -> None:
        """Take a page in; of an alert that comes twice the newer state counts, a bad row counts once."""
        for index, row in enumerate(rows):
            key = _raw_id(row)
            again = key in self.seen if key else offset + index < self.reached
            good, bad = read_rows([row], self.read)
            if bad and not again:
                self.rejected += 1
                self.unreadable.append(f"OpsGenie: {_name(row)} couldn't be read")
            if key:
                self.seen.add(key)
                self.unread |= {clean(key)} if bad else set()
            for alert in good:
                known = self.alerts.get(alert.id)
                if known is None or alert.updated_at >= known.updated_at:
                    self.alerts[alert.id] = alert
        self.reached = max(self.reached, offset + len(rows))

    def doubt(self, note: str) -> None:
        self.complete = False
        self.notes.append(note)

    def reading(self) -> Reading[Alert]:
        open_ones = tuple(alert for alert in self.alerts.values() if alert.status != "closed")
        notes, unread = (*self.notes, *self.unreadable[:_NAMED_BAD_ROWS]), frozenset(self.unread)
        return Reading(open_ones, self.complete, self.rejected, notes, self.server_time, unread)


def _raw_id(row: object) -> str:
    key = row.get("id") if isinstance(row, dict) else None
    return key if isinstance(key, str) and not has_lost_bytes(key) else ""


def _name(row: object) -> str:
    """How a row that can't be read is found in OpsGenie."""
    number = line_of(record_of(row).get("tinyId")) or clean(_raw_id(row), 60)
    return f"alert {number}" if number else "an alert without an id"


class AlertReader:
    """Alerts and escalation policies of one account."""

    def __init__(self, gateway: Gateway, directory: Directory, *, query: str, web: str) -> None:
        self._gateway = gateway
        self._directory = directory
        self._query = query
        self._web = web

    async def open_alerts(self) -> Reading[Alert]:
        """Every alert that the query finds and that isn't closed, each once, oldest first.

        If a later page fails, what was read comes back as incomplete; a refusal of the key or a request to
        wait is raised all the same, since the poller has to act on it.
        """
        self._directory.begin()
        first = await self._page(0)
        await self._directory.ready()
        gathered = _Gathered(self._to_alert, server_time=first.server_time)
        await self._gather(gathered, first)
        return gathered.reading()

    async def _gather(self, gathered: _Gathered, first: Answer) -> None:
        answer, rows, offset, stepped_back = first, first.rows(), 0, False
        for pages_left in reversed(range(MOST_PAGES)):
            follows_on, before = gathered.follows_on(rows), gathered.reached
            repeats = not stepped_back and gathered.repeats(rows)
            gathered.add(rows, offset)
            # A page may hold fewer rows than asked for; the last one is the one that names no other.
            goes_on = next_offset(answer.body) is not None and gathered.reached > before
            if follows_on and len(rows) < PAGE and not goes_on:
                return
            if stepped_back and not follows_on:
                gathered.doubt("many closed while they were being read, so some may be missing")
                return
            if repeats:
                await self._newest(gathered, "its pages repeat, so some may be missing")
                return
            if not pages_left:
                break
            stepped_back = not follows_on
            offset = offset + max(len(rows) - OVERLAP, 1) if follows_on else max(0, offset - PAGE // 2)
            try:
                answer = await self._page(offset)
                rows = answer.rows()
            except (Throttled, SignInRefused, NotAllowed):
                raise
            except SourceError as error:
                count = len(gathered.alerts)
                gathered.doubt(f"only the first {count} were read: {error.problem}; {error.remedy}")
                return
        await self._newest(gathered, "truncated, too many are open; {} of them were read")

    async def _newest(self, gathered: _Gathered, why: str) -> None:
        """Pages run from the oldest on; where they don't reach the newest alerts, these matter more.

        `why` may have the place of the number of alerts that were read.
        """
        try:
            gathered.add((await self._page(0, order="desc")).rows(), gathered.reached)
        except (Throttled, SignInRefused, NotAllowed):
            raise
        except SourceError as error:
            gathered.doubt(f"the newest could not be read: {error.problem}; {error.remedy}")
        gathered.doubt(why.format(len(gathered.alerts)))

    async def _page(self, offset: int, order: str = "asc") -> Answer:
        return await self._gateway.get(
            "/v2/alerts",
            {
                "query": self._query,
                "sort": "createdAt",
                "order": order,
                "limit": str(PAGE),
                "offset": str(offset),
            },
            doing="list alerts",
        )

    def _to_alert(self, row: object) -> Alert:
        return to_alert(read_alert(row), self._web, self._directory.name)

    async def alert(self, alert_id: str) -> AlertDetail:
        """One alert, fresh, with its notes, log and recipients, read side by side.

        Raises `NotThere`; a part around the alert that can't be read is named in `missing`.
        """
        if not alert_id:
            raise NotThere("OpsGenie: an alert without an id", "refresh the list")
        path = f"/v2/alerts/{quote(alert_id, safe='', errors='replace')}"
        missing: list[str] = []
        parts = [
            asyncio.create_task(_part("notes", partial(self._events, f"{path}/notes", note=True), missing)),
            asyncio.create_task(_part("log", partial(self._events, f"{path}/logs", note=False), missing)),
        ]
        others = asyncio.create_task(_part("recipients", partial(self._recipients, path), missing))
        self._directory.begin()
        try:
            answer = await self._gateway.get(
                path, {"identifierType": "id"}, doing=f"read alert {clean(alert_id, 60)}"
            )
            notes, logs = await parts[0], await parts[1]
            recipients = await others
            await self._directory.ready()
        finally:
            for task in (*parts, others):
                task.cancel()
            await asyncio.gather(*parts, others, return_exceptions=True)
        try:
            row = read_alert(answer.record())
            alert, details = to_alert(row, self._web, self._directory.name), details_of(row)
        except ValueError:
            problem, remedy = "OpsGenie: the alert's record can't be read", "open it in the browser"
            raise Unreadable(problem, remedy) from None
        events = sorted([*notes, *logs], key=lambda event: event.at)
        return AlertDetail(alert, row.description, details, tuple(events), tuple(recipients), tuple(missing))

    async def with_alias(self, alias: str) -> Alert:
        """The alert with this alias, fresh: the open one, or one that was closed again. Raises `NotThere`."""
        self._directory.begin()
        doing = "find the new alert"
        try:
            answer = await self._gateway.get(
                f"/v2/alerts/{quote(alias, safe='')}", {"identifierType": "alias"}, doing=doing
            )
            row: object = answer.record()
        except NotThere:
            row = await self._closed_with_alias(alias, doing)
        await self._directory.ready()
        try:
            return self._to_alert(row)
        except ValueError:
            problem, remedy = "OpsGenie: the new alert's record can't be read", "open it in the browser"
            raise Unreadable(problem, remedy) from None

    async def _closed_with_alias(self, alias: str, doing: str) -> object:
        """An alias names open alerts only; the search knows the others as well. Raises `NotThere`."""
        params = {"query": f"alias: {alias}", "limit": "5", "sort": "createdAt", "order": "desc"}
        for row in (await self._gateway.get("/v2/alerts", params, doing=doing)).rows():
            if record_of(row).get("alias") == alias:
                return row
        raise NotThere("OpsGenie: no alert has this alias", "it wasn't made, or has been deleted")

    async def routed_policy(self, alert: Alert) -> EscalationPolicy | None:
        """The one policy that the rules of the alert's teams name; None: none, or more than one.

        A rule's conditions and hours aren't worked out here. Raises `NotAllowed` where the key may not see.
        """
        named: set[str] = set()
        for team in (responder.id for responder in alert.responders if responder.type == "team"):
            answer = await self._gateway.get(
                f"/v2/teams/{quote(team, safe='')}/routing-rules",
                {"teamIdentifierType": "id"},
                doing="read a team's routing rules",
            )
            rules = [record_of(record_of(row).get("notify")) for row in answer.rows()]
            named |= {line_of(rule.get("id")) for rule in rules if rule.get("type") == "escalation"}
        if len(named) != 1:
            return None
        policies = (await self.policies()).rows
        return next((policy for policy in policies if policy.id in named), None)

    async def _events(self, path: str, *, note: bool) -> tuple[list[AlertEvent], str]:
        """The newest events, and what is wrong with the list if something is."""
        events: list[AlertEvent] = []
        refused = 0
        params = {"limit": str(PAGE), "order": "desc", "direction": "next"}
        places, pages = set(), []
        for _ in range(LOG_PAGES):
            answer = await self._gateway.get(
                path, params, doing=f"read an alert's {'notes' if note else 'log'}"
            )
            rows = answer.rows()
            if rows and rows in pages:
                return events, _CIRCLE
            pages.append(rows)
            good, bad = read_rows(rows, lambda row: to_event(row, note=note))
            events += good
            refused += bad
            place = next_offset(answer.body)
            if place is None or not rows:
                return events, _refused(refused)
            if place in places:
                return events, _CIRCLE
            places.add(place)
            params = {**params, "offset": place}
        return events, f"only the newest {len(events)} were read"

    async def _recipients(self, path: str) -> tuple[list[Recipient], str]:
        answer = await self._gateway.get(f"{path}/recipients", doing="read an alert's recipients")
        good, bad = read_rows(answer.rows(), to_recipient)
        return good, _refused(bad)

    async def policies(self) -> Reading[EscalationPolicy]:
        """The escalation policies. Raises `NotAllowed` where the key may not see them."""
        answer = await self._gateway.get("/v2/escalations", doing="list escalation policies")
        policies, rejected = read_rows(answer.rows(), to_policy)
        return Reading(tuple(policies), rejected=rejected, server_time=answer.server_time)


_CIRCLE = "its pages lead in a circle, so some may be missing"


async def _part(name: str, read: Callable[[], Awaitable[tuple[list[T], str]]], missing: list[str]) -> list[T]:
    """A part of the whole that may fail on its own; then `missing` says why."""
    try:
        rows, doubt = await read()
    except SourceError as error:
        missing.append(f"{name}: {error.problem}")
        return []
    if doubt:
        missing.append(f"{name}: {doubt}")
    return rows


def _refused(count: int) -> str:
    return f"{count} could not be read" if count else ""
