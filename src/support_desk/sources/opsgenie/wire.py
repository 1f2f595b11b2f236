"""OpsGenie's rows as they come over the wire, checked one by one, and turned into the domain's nouns.

An alert's id and time of creation must be there, and what decides its state must not be of a wrong type, or
the row is refused and counted. What decorates it may be missing, null or of another type.
Unknown words in an enumeration are kept, except for a priority, which becomes "P?".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qs, quote, urlsplit

from support_desk.domain.alerts import (
    PRIORITIES,
    Alert,
    AlertEvent,
    EscalationPolicy,
    EscalationRule,
    Recipient,
    Responder,
)
from support_desk.records import record
from support_desk.sources.lenient_json import sure
from support_desk.sources.moments import plausible
from support_desk.sources.validation import before, called, reader, within
from support_desk.text import clean, clean_block

T = TypeVar("T")

MOST_COUNTED = 999_999_999


def read_rows(rows: Iterable[object], read: Callable[[object], T]) -> tuple[list[T], int]:
    """The rows that can be read, and how many can't."""
    good: list[T] = []
    refused = 0
    for row in rows:
        try:
            good.append(read(row))
        except ValueError:
            refused += 1
    return good, refused


def line_of(value: object) -> str:
    """Text from the wire as one cleaned line; empty for what isn't text."""
    if isinstance(value, str):
        return clean(value)
    return clean(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _block(value: object) -> str:
    return clean_block(value) if isinstance(value, str) else line_of(value)


def _id(value: object) -> str:
    key = line_of(sure(value))
    if not key:
        raise ValueError("an id is missing")
    return key


def moment(value: object) -> datetime:
    """A time of the API: ISO 8601 with 0-3 digits of a second, or epoch milliseconds; UTC comes out."""
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            return plausible(at.replace(tzinfo=UTC) if at.tzinfo is None else at)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return plausible(datetime.fromtimestamp(value / 1000, UTC))
    except (OverflowError, OSError) as error:
        raise ValueError("a time is out of range") from error
    raise ValueError("a time is missing")


def _moment_or_none(value: object) -> datetime | None:
    try:
        return moment(value)
    except ValueError:
        return None


def _rows(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def record_of(value: object) -> Mapping[str, object]:
    """A JSON object; empty for what isn't one."""
    return value if isinstance(value, dict) else {}


def _lines(value: object) -> tuple[str, ...]:
    return tuple(line for line in map(line_of, map(sure, _rows(value))) if line)


def _count(value: object) -> int:
    return min(value, MOST_COUNTED) if isinstance(value, int) and value > 0 else 1


Id = Annotated[str, before(_id)]
Line = Annotated[str, before(line_of)]
Sure = Annotated[str, before(line_of), before(sure)]
"""A line that is compared: one that isn't all there refuses the row."""
Block = Annotated[str, before(_block)]
Lines = Annotated[tuple[str, ...], before(_lines)]
Moment = Annotated[datetime, before(moment)]
MaybeMoment = Annotated[datetime | None, before(_moment_or_none)]
Flag = Annotated[bool, before(lambda value: False if value is None else value)]
Count = Annotated[int, before(_count)]
Record = Annotated[dict[str, Any], before(record_of)]
Rows = Annotated[list[Any], before(_rows)]

NOBODY = {"none", "noone"}
"""Types of a recipient or participant that say that there is none."""


@record
class WireAlert:
    """An alert; `description` and `details` come with the single read only."""

    id: Id
    tiny_id: Annotated[Line, called("tinyId")] = ""
    alias: Line = ""
    message: Line = ""
    status: Sure = ""
    acknowledged: Flag = False
    snoozed: Flag = False
    snoozed_until: Annotated[MaybeMoment, called("snoozedUntil")] = None
    tags: Lines = ()
    count: Count = 1
    created_at: Annotated[MaybeMoment, called("createdAt")] = None
    updated_at: Annotated[MaybeMoment, called("updatedAt")] = None
    last_occurred_at: Annotated[MaybeMoment, called("lastOccurredAt")] = None
    source: Line = ""
    owner: Sure = ""
    priority: Line = ""
    responders: Rows = field(default_factory=list)
    integration: Record = field(default_factory=dict)
    report: Record = field(default_factory=dict)
    description: Block = ""
    details: Record = field(default_factory=dict)


@record
class WireEvent:
    """A line of an alert's log, or a note."""

    at: Annotated[Moment, called("createdAt")]
    log: Block = ""
    note: Block = ""
    owner: Line = ""


@record
class WireRecipient:
    """Somebody whom an alert was sent to."""

    user: Record = field(default_factory=dict)
    state: Line = ""
    method: Line = ""
    created_at: Annotated[MaybeMoment, called("createdAt")] = None
    updated_at: Annotated[MaybeMoment, called("updatedAt")] = None


@record
class WireDelay:
    """How long after its beginning a step comes."""

    amount: Annotated[float, within(0, 1_000_000), called("timeAmount")]
    unit: Annotated[Line, called("timeUnit")] = "minutes"


@record
class WireRule:
    """A step of an escalation policy."""

    delay: WireDelay
    condition: Line = ""
    recipient: Record = field(default_factory=dict)


@record
class WirePolicy:
    """An escalation policy with its steps."""

    id: Id
    name: Line = ""
    rules: list[WireRule] = field(default_factory=list)


@record
class WireUser:
    """Somebody whom the account knows; `username` is their address."""

    id: Id
    username: Id
    full_name: Annotated[Line, called("fullName")] = ""


@record
class WireNamed:
    """Anything with an id and a name: a team, a schedule, an escalation policy."""

    id: Id
    name: Id
    enabled: Flag = True


read_alert = reader(WireAlert)
read_user = reader(WireUser)
read_named = reader(WireNamed)
_read_event = reader(WireEvent)
_read_recipient = reader(WireRecipient)
_read_policy = reader(WirePolicy)


def to_alert(row: WireAlert, web: str, name_of: Callable[[str], str | None]) -> Alert:
    """The alert; `web` is the web application's address. Raises `ValueError` without a time of creation."""
    created = row.created_at or _moment_in(row.id)
    status = _status(row)
    closed = status == "closed"
    return Alert(
        id=row.id,
        message=row.message or "(no message)",
        priority=row.priority if row.priority in PRIORITIES else "P?",
        status=status,
        created_at=created,
        updated_at=row.updated_at or created,
        last_occurred_at=row.last_occurred_at or created,
        count=row.count,
        tiny_id=row.tiny_id,
        alias=row.alias,
        acknowledged_by=line_of(row.report.get("acknowledgedBy")) or None if row.acknowledged else None,
        acknowledged_at=_reported_at(row.report.get("ackTime"), created),
        closed_by=line_of(row.report.get("closedBy")) or None if closed else None,
        closed_at=_reported_at(row.report.get("closeTime"), created) if closed else None,
        owner=row.owner or None,
        snoozed_until=row.snoozed_until,
        tags=row.tags,
        source=row.source,
        integration=line_of(row.integration.get("name")),
        responders=_responders(row.responders, name_of),
        url=f"{web}/alert/detail/{quote(row.id, safe='')}",
    )


_EPOCH_IN_ID = re.compile(r"-(\d{13})$")


def _moment_in(alert_id: str) -> datetime:
    """An alert's id ends in its time of creation, in epoch milliseconds."""
    found = _EPOCH_IN_ID.search(alert_id)
    return moment(int(found[1]) if found else None)


def _status(row: WireAlert) -> str:
    """One word for the booleans: `status` itself stays "open" while acknowledged or snoozed.

    Snoozed comes before acknowledged: such an alert comes back un-acknowledged when the snooze ends.
    """
    if row.status.casefold() in {"closed", "resolved"}:
        return "closed"
    if row.snoozed:
        return "snoozed"
    return "acked" if row.acknowledged else "open"


def _reported_at(took: object, created: datetime) -> datetime | None:
    """`report.ackTime` and `report.closeTime` are milliseconds since creation, not moments."""
    if not isinstance(took, int | float) or isinstance(took, bool):
        return _moment_or_none(took)
    try:
        return plausible(created + timedelta(milliseconds=took))
    except (OverflowError, ValueError):
        return None


def _responders(rows: list[Any], name_of: Callable[[str], str | None]) -> tuple[Responder, ...]:
    found = []
    for row in map(record_of, rows):
        key = line_of(sure(row.get("id")))
        if key:
            name = line_of(row.get("name")) or line_of(row.get("username")) or name_of(key)
            found.append(Responder(line_of(row.get("type")), key, name))
    return tuple(found)


def details_of(row: WireAlert) -> tuple[tuple[str, str], ...]:
    """The alert's own fields, cleaned, in the order in which they came."""
    return tuple((clean(str(name), 200), clean(str(value), 4_000)) for name, value in row.details.items())


def to_event(row: object, *, note: bool) -> AlertEvent:
    """A line of an alert's log, or a `note` on it. Raises `ValueError` for a row that can't be read."""
    event = _read_event(row)
    return AlertEvent(event.at, event.note if note else event.log, event.owner, note=note)


def to_recipient(row: object) -> Recipient:
    """Who was told of an alert, how and when. Raises `ValueError` for a row that can't be read."""
    recipient = _read_recipient(row)
    at = recipient.updated_at or recipient.created_at
    if at is None:
        raise ValueError("a time is missing")
    name = line_of(recipient.user.get("username")) or _id(recipient.user.get("id"))
    return Recipient(name, recipient.state, recipient.method, at, recipient.created_at)


_UNITS = {
    "seconds": timedelta(seconds=1),
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
}


def to_policy(row: object) -> EscalationPolicy:
    """A policy, refused whole if one of its delays or whom it pages can't be read: a wrong countdown is worse
    than none. A step that is said to page nobody is left out.
    """
    policy = _read_policy(row)
    rules = [rule for rule in policy.rules if line_of(rule.recipient.get("type")).casefold() not in NOBODY]
    return EscalationPolicy(policy.id, policy.name or policy.id, tuple(map(_to_rule, rules)))


def _to_rule(rule: WireRule) -> EscalationRule:
    unit = _UNITS.get(rule.delay.unit.casefold().rstrip("s") + "s")
    if unit is None:
        raise ValueError("a delay's unit isn't known")
    to = rule.recipient
    named = [line_of(sure(to.get(key))) for key in ("name", "username", "id")]
    recipient = next(filter(None, named), "")
    if not recipient:
        raise ValueError("a step is for neither somebody nor nobody")
    return EscalationRule(
        condition=rule.condition,
        delay=rule.delay.amount * unit,
        recipient_type=line_of(to.get("type")),
        recipient_id=named[-1],
        recipient=recipient,
    )


def next_offset(body: Mapping[str, object]) -> str | None:
    """The opaque place where a paged answer goes on; the address around it is never followed."""
    address = record_of(body.get("paging")).get("next")
    if not isinstance(address, str):
        return None
    try:
        return parse_qs(urlsplit(address).query).get("offset", [None])[0]
    except ValueError:
        return None
