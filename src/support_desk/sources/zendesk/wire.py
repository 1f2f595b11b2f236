"""Zendesk's JSON as tickets, a page at a time: rows are read one by one, and a bad one costs only itself.

Unknown fields are ignored, unknown words kept, null is "not there". Text is cleaned as it comes in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from support_desk.config.model import Zendesk
from support_desk.domain.tickets import Replies, SlaRow, Ticket
from support_desk.sources.json_pieces import Damaged, Pieces, decoded, id_of, pieces_of, whole
from support_desk.sources.lenient_json import LostBytes, lenient_json
from support_desk.sources.moments import plausible
from support_desk.sources.validation import ValidationError, reader
from support_desk.sources.zendesk.rows import (
    CustomStatus,
    MetricSet,
    Named,
    Numbered,
    Organisation,
    Slas,
    User,
    WireTicket,
)
from support_desk.text import clean

T = TypeVar("T")

_BATCH = 50
_PAUSE = 0.0005
_NAMED_BAD_ROWS = 3
MOST_ROWS = 5_000
"""Of one page, which is asked for with a hundred: each takes time, however little is in it."""
_MOST_BESIDE = 10_000
"""Of people, say: tickets name several each."""


class NotAnAnswer(Exception):
    """The body isn't JSON of the expected kind; `said` is the service's own error code, if any."""

    def __init__(self, said: str = "") -> None:
        super().__init__(said)
        self.said = said


class NotJson(NotAnAnswer):
    """The body isn't even a JSON object."""


class TooManyRows(NotAnAnswer):
    """A list that no page of a hundred rows has, nor what stands beside them: of more than `most`."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most


R = TypeVar("R", bound=Numbered)

_TICKET = reader(WireTicket)
USER = reader(User)
_NAMED = reader(Named)
_ORGANISATION = reader(Organisation)
_METRICS = reader(MetricSet)
_CUSTOM_STATUS = reader(CustomStatus)


@dataclass(frozen=True, slots=True)
class Page:
    """The tickets of one answer."""

    rows: tuple[Ticket, ...]
    rejected: int = 0
    notes: tuple[str, ...] = ()
    count: int | None = None
    """How many there are in all, as far as the service says."""
    received: int = 0
    """Rows in the answer, readable or not."""


def breathe() -> None:
    """Give the event loop's thread a turn at the interpreter; a sleep of 0 mostly doesn't."""
    time.sleep(_PAUSE)


def tickets_from_search(
    body: bytes | dict[str, Any],
    settings: Zendesk,
    *,
    custom_statuses: Mapping[int, str] | None = None,
    pause: Callable[[], None] = breathe,
    key: str = "results",
    held: Mapping[int, Ticket] | None = None,
) -> Page:
    """The tickets of an answer of the search (or, by `key`, of `show_many` or `tickets/{id}`).

    `pause` is called after each batch of rows, so that a big page doesn't hold the interpreter. A ticket that
    says the same as the one of `held` is given as that very object: the queue is never in memory twice.
    Raises `NotAnAnswer` if no list of rows is in it, `TooManyRows`, `NotJson` if it can't be read at all.
    """
    try:
        document = Pieces(body) if isinstance(body, dict) else pieces_of(body)
        if document is None:
            raise NotJson
        return _tickets(
            document, settings, custom_statuses=custom_statuses or {}, pause=pause, key=key, held=held
        )
    except Damaged:
        raise NotJson from None


def _tickets(
    document: Pieces,
    settings: Zendesk,
    *,
    custom_statuses: Mapping[int, str],
    pause: Callable[[], None],
    key: str,
    held: Mapping[int, Ticket] | None,
) -> Page:
    rows = document.rows(key)
    if key == "ticket" and isinstance(found := document.get(key), dict):
        rows = [found]
    if rows is None:
        raise NotAnAnswer(error_code(document.get("error")))
    if len(rows) > MOST_ROWS:
        raise TooManyRows(MOST_ROWS)
    beside = _beside(document, custom_statuses, settings.url.rstrip("/"), pause)
    tickets: list[Ticket] = []
    rejected: list[str] = []
    for start in range(0, len(rows), _BATCH):
        for row in map(decoded, rows[start : start + _BATCH]):
            if isinstance(row, dict) and row.get("result_type", "ticket") != "ticket":
                continue
            try:
                tickets.append(_same(held, _ticket(_readable(row), beside, settings)))
            except ValidationError as error:
                rejected.append(_bad_row("ticket", row, error))
        if start + _BATCH < len(rows):
            pause()
    count = document.get("count")
    return Page(
        tuple(tickets),
        len(rejected),
        tuple(rejected[:_NAMED_BAD_ROWS]),
        whole(count),
        len(rows),
    )


def _same(held: Mapping[int, Ticket] | None, ticket: Ticket) -> Ticket:
    known = held.get(ticket.id) if held else None
    return known if known == ticket else ticket


_DECORATION = frozenset(
    {
        *("subject", "raw_subject", "custom_status_id", "type", "organization_id"),
        *("requester_id", "assignee_id", "group_id", "recipient"),
    }
)
"""What a ticket may do without: it is shown without a group rather than left out for an odd one."""


def _readable(row: object) -> WireTicket:
    """The row, without decoration of a wrong type. Raises `ValidationError` for anything else amiss."""
    try:
        return _TICKET(row)
    except ValidationError as error:
        parts = error.errors(include_input=False, include_url=False)
        odd = {part["loc"][0] for part in parts if part["loc"]}
        lost = any(isinstance(part.get("ctx", {}).get("error"), LostBytes) for part in parts)
        if lost or not odd or not odd <= _DECORATION or not isinstance(row, dict):
            raise
        return _TICKET({key: value for key, value in row.items() if key not in odd})


def document_of(body: bytes, *, mend: bool = False) -> dict[str, Any]:
    """The JSON object of a body, mended as `lenient_json` does. Raises `NotJson` for anything else."""
    try:
        document = lenient_json(body, mend=mend)
    except ValueError:
        raise NotJson from None
    if not isinstance(document, dict):
        raise NotJson
    return document


def error_code(error: object) -> str:
    """The code of an error envelope that came with a good status; empty if there is none."""
    return str(clean(error, 80)) if isinstance(error, str) else ""


def custom_statuses_from(document: Mapping[str, Any]) -> dict[int, str]:
    """Names of the custom statuses by id, without those that only repeat their category."""
    rows, _ = read_rows(document.get("custom_statuses"), _CUSTOM_STATUS, breathe)
    return {row.id: row.agent_label for row in rows if row.agent_label and not row.default}


def user_from(document: Mapping[str, Any]) -> tuple[int | None, str, str, str]:
    """Id, name, role and address of `users/me`; a null id is nobody."""
    user = document.get("user")
    if not isinstance(user, dict):
        raise NotAnAnswer(error_code(document.get("error")))
    number = user.get("id")
    if number is not None and whole(number) is None:
        raise NotAnAnswer
    name, role, email = (
        str(clean(value, 100)) if isinstance(value := user.get(key), str) else ""
        for key in ("name", "role", "email")
    )
    return (number, name, role, email)


def read_rows(
    rows: object,
    one: Callable[[object], T],
    pause: Callable[[], None],
    noun: str = "row",
    most: int = _MOST_BESIDE,
) -> tuple[list[T], list[str]]:
    """The readable ones of these rows, and what is wrong with the others. Raises `TooManyRows`."""
    good: list[T] = []
    bad: list[str] = []
    listed = rows if isinstance(rows, list) else []
    if len(listed) > most:
        raise TooManyRows(most)
    for index, row in enumerate(map(decoded, listed)):
        if index and index % _BATCH == 0:
            pause()
        try:
            good.append(one(row))
        except ValidationError as error:
            bad.append(_bad_row(noun, row, error))
    return good, bad


def by_id(rows: object, one: Callable[[object], R], pause: Callable[[], None]) -> dict[int, R]:
    """The readable ones of these rows by their numbers."""
    return {row.id: row for row in read_rows(rows, one, pause)[0]}


def _bad_row(noun: str, row: object, error: ValidationError) -> str:
    number = id_of(row)
    name = f"{noun} {number}" if number is not None else f"a {noun} without a number"
    fields = (
        str(part["loc"][0]) for part in error.errors(include_input=False, include_url=False) if part["loc"]
    )
    about = ", ".join(dict.fromkeys(str(clean(field, 40)) for field in fields))
    return f"Zendesk: {name} couldn't be read" + (f" ({about})" if about else "")


@dataclass(frozen=True, slots=True)
class _Beside:
    """What an answer says once for all of its tickets, by id."""

    people: Mapping[int, User]
    groups: Mapping[int, Named]
    organisations: Mapping[int, Organisation]
    metrics: Mapping[int, MetricSet]
    custom_statuses: Mapping[int, str]
    helpdesk: str


def _beside(document: Pieces, names: Mapping[int, str], helpdesk: str, pause: Callable[[], None]) -> _Beside:
    metrics, _ = read_rows(document.rows("metric_sets"), _METRICS, pause)
    return _Beside(
        by_id(document.rows("users"), USER, pause),
        by_id(document.rows("groups"), _NAMED, pause),
        by_id(document.rows("organizations"), _ORGANISATION, pause),
        {row.ticket_id: row for row in metrics if row.ticket_id is not None},
        names,
        helpdesk,
    )


def _ticket(wire: WireTicket, beside: _Beside, settings: Zendesk) -> Ticket:
    organisation = beside.organisations.get(wire.organization_id or 0)
    requester = beside.people.get(wire.requester_id or 0)
    assignee = beside.people.get(wire.assignee_id or 0)
    group = beside.groups.get(wire.group_id or 0)
    plan, conflict = plan_of(organisation, settings)
    return Ticket(
        id=wire.id,
        subject=wire.subject or wire.raw_subject or "",
        status=wire.status or "unknown",
        created_at=wire.created_at,
        updated_at=wire.updated_at,
        priority=wire.priority or None,
        custom_status=beside.custom_statuses.get(wire.custom_status_id or 0),
        type=wire.type or None,
        organisation=organisation.name if organisation else None,
        requester=requester.name if requester else None,
        requester_email=requester.email if requester else None,
        assignee=assignee.name if assignee else None,
        assignee_email=assignee.email if assignee else None,
        group=group.name if group else None,
        tags=wire.tags,
        plan=plan,
        plan_conflict=conflict,
        recipient=wire.recipient or None,
        sla_rows=_sla_rows(wire.slas),
        replies=_replies(wire.metric_set or beside.metrics.get(wire.id), wire),
        helpdesk=beside.helpdesk,
    )


def _sla_rows(slas: Slas | None) -> tuple[SlaRow, ...] | None:
    """None for a missing side-load, which isn't the empty list of "no policy applies"."""
    if slas is None or slas.policy_metrics is None:
        return None
    return tuple(
        SlaRow(row.metric or "unknown", row.stage or "unknown", row.breach_at) for row in slas.policy_metrics
    )


def _replies(metrics: MetricSet | None, ticket: WireTicket) -> Replies | None:
    if metrics is None:
        return None
    seconds: float | None = None
    if metrics.reply_time_in_seconds is not None:
        seconds = metrics.reply_time_in_seconds.calendar
    if seconds is None and metrics.reply_time_in_minutes is not None:
        minutes = metrics.reply_time_in_minutes.calendar
        seconds = None if minutes is None else minutes * 60
    return Replies(
        count=metrics.replies,
        first_at=None if seconds is None else _later(ticket.created_at, seconds),
        client_last_at=_shared(metrics.requester_updated_at, ticket),
        agent_last_at=_shared(metrics.assignee_updated_at, ticket),
    )


def _shared(at: datetime | None, ticket: WireTicket) -> datetime | None:
    """The ticket's own object for a moment that is one of its own, as that of the last update mostly is."""
    return next((own for own in (ticket.updated_at, ticket.created_at) if own == at), at)


def _later(start: datetime, seconds: float) -> datetime | None:
    try:
        return plausible(start + timedelta(seconds=seconds))
    except (OverflowError, ValueError):
        return None


def plan_of(organisation: Organisation | None, settings: Zendesk) -> tuple[str, bool]:
    """The support plan, and whether the organisation's records contradict each other.

    A conflict counts as `enhanced`, whose deadlines are the stricter ones (ruling 5).
    """
    if organisation is None:
        return "unknown", False
    tags = {tag.casefold() for tag in organisation.tags}
    said = set()
    if tags & {tag.casefold() for tag in settings.enhanced_plan_tags}:
        said.add("enhanced")
    if tags & {tag.casefold() for tag in settings.standard_plan_tags}:
        said.add("standard")
    recorded = (organisation.organization_fields or {}).get(settings.enhanced_plan_field.key)
    if isinstance(recorded, str) and recorded.strip():
        same = recorded.strip().casefold() == settings.enhanced_plan_field.value.casefold()
        said.add("enhanced" if same else "standard")
    if len(said) > 1:
        return "enhanced", True
    return (said.pop(), False) if said else ("unknown", False)
