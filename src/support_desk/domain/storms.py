"""A storm of alerts with one cause, folded into one row with its count.

Alerts belong together when client, origin and message are the same but for numbers, ids and hosts. At least
four of them within ten minutes make a storm; it goes on while the next one comes within ten minutes of the
last. What must not be overlooked stays visible:

- critical alerts (P1) fold only with critical ones, so none hides in a storm of lesser alerts;
- an alert whose priority can't be read never folds;
- the row shows the most pressing member: one that nobody has acknowledged before any other.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from support_desk.domain.alerts import PRIORITIES, Alert
from support_desk.domain.clients import client_tag
from support_desk.records import record

WINDOW = timedelta(minutes=10)
LEAST = 4
CRITICAL = frozenset({"P1"})

_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+")
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
# Two dots at least, or a known ending: alarm names such as "acme.latency" and "acme.errors" differ in cause.
_HOST = re.compile(r"\b[a-z0-9-]+(?:(?:\.[a-z0-9-]+){2,}|\.(?:com|gov|net|nhs|org|uk))\b")
_WORD = re.compile(r"[a-z0-9]+")
_STATUS_CLASS = re.compile(r"[1-5]xx")
_ID = re.compile(r"(?=[a-f]*\d)[a-f0-9]{7,}")
_NUMBER = re.compile(r"\d+")


@record
class Storm:
    """Several alerts with one cause, as one row."""

    key: str
    """The same as long as the storm lasts, whichever members come and go: for the cursor."""
    lead: Alert
    """The most pressing member: un-acknowledged first, then priority, then the oldest."""
    members: tuple[Alert, ...]
    """All of them, oldest first."""

    @property
    def count(self) -> int:
        """How many alerts the row stands for."""
        return len(self.members)

    @property
    def unacknowledged(self) -> int:
        """How many of them are open, neither acknowledged nor snoozed."""
        return sum(alert.status == "open" for alert in self.members)

    @property
    def priority(self) -> str:
        """The priority of the most pressing un-acknowledged member; of any member once all are."""
        return self.lead.priority

    @property
    def first_at(self) -> datetime:
        """When the storm began (UTC)."""
        return self.members[0].created_at

    @property
    def last_at(self) -> datetime:
        """When its latest member came (UTC)."""
        return self.members[-1].created_at


def fold(
    alerts: Iterable[Alert],
    *,
    critical: frozenset[str] = CRITICAL,
    client: Callable[[Alert], str | None] = lambda alert: client_tag(alert.tags),
) -> tuple[Storm | Alert, ...]:
    """The rows to show: storms folded, other alerts as they are, in the order given.

    A storm stands where its first member stood. Closed alerts are never folded. Two outbreaks with one
    cause are one storm; a lone alert with that cause, long before or after, keeps its own row.
    """
    rows = tuple(alerts)
    alike: dict[str, list[Alert]] = defaultdict(list)
    for alert in rows:
        if alert.status != "closed" and alert.priority in PRIORITIES:
            alike[_cause(alert, client(alert), critical)].append(alert)
    storm_of: dict[str, Storm] = {}
    for cause, same in alike.items():
        members = _outbreaks(sorted(same, key=_age)) if len(same) >= LEAST else []
        if members:
            storm = Storm(f"storm:{cause}", min(members, key=pressing), tuple(members))
            storm_of.update((member.id, storm) for member in members)
    # A dictionary keeps the first place of each key, which is where the row belongs.
    shown: dict[str, Storm | Alert] = {}
    for alert in rows:
        row = storm_of.get(alert.id, alert)
        shown.setdefault(row.key if isinstance(row, Storm) else row.id, row)
    return tuple(shown.values())


@lru_cache(maxsize=4096)
def pattern(message: str) -> str:
    """`message` without what differs between alerts of one cause: numbers, ids, hosts and addresses.

    Classes of HTTP status (`4xx`, `5xx`) stay, being different causes.
    """
    text = _URL.sub("<url>", message.casefold())
    text = _HOST.sub("<host>", _UUID.sub("#", text))
    return " ".join(_WORD.sub(_shape, text).split())


def _shape(word: re.Match[str]) -> str:
    text = word.group()
    if _STATUS_CLASS.fullmatch(text):
        return text
    return "#" if _ID.fullmatch(text) else _NUMBER.sub("#", text)


def _cause(alert: Alert, client: str | None, critical: frozenset[str]) -> str:
    parts = (
        "critical" if alert.priority in critical else "",
        client or "",
        alert.integration.casefold() or pattern(alert.source),
        pattern(alert.message),
    )
    return "|".join(parts)


def _outbreaks(alerts: Sequence[Alert]) -> list[Alert]:
    """The members of every run without a pause longer than the window that is dense enough somewhere."""
    members: list[Alert] = []
    run: list[Alert] = []
    for alert in alerts:
        if run and alert.created_at - run[-1].created_at > WINDOW:
            members += run if _dense(run) else []
            run = []
        run.append(alert)
    return members + (run if _dense(run) else [])


def _dense(run: Sequence[Alert]) -> bool:
    return any(
        run[place + LEAST - 1].created_at - run[place].created_at <= WINDOW
        for place in range(len(run) - LEAST + 1)
    )


def _age(alert: Alert) -> tuple[datetime, str]:
    return alert.created_at, alert.id


def pressing(alert: Alert) -> tuple[int, int, datetime, str]:
    """The order within a storm; a priority that can't be read comes first."""
    place = PRIORITIES.index(alert.priority) if alert.priority in PRIORITIES else -1
    return alert.status != "open", place, alert.created_at, alert.id
