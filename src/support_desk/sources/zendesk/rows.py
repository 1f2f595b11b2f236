"""The rows of Zendesk's JSON, as pydantic's core reads them: unknown fields are ignored, unknown words kept,
null is "not there", and text is cleaned on its way in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from datetime import datetime
from functools import lru_cache
from sys import intern
from typing import Annotated, Any

from support_desk.records import record
from support_desk.sources.lenient_json import sure
from support_desk.sources.moments import plausible
from support_desk.sources.validation import ValidationError, after, around, before, finite, reader, within
from support_desk.text import clean, clean_block

_LINE = 500


def _line(value: object) -> object:
    """One cleaned line. Plain ASCII, which is nearly everything, needs no second look."""
    if not isinstance(value, str):
        return value
    if len(value) <= _LINE and value.isascii() and value.isprintable() and "  " not in value:
        return value.strip(" ")
    return str(clean(value, _LINE))


_WORD = 64
"""Longer words aren't remembered: a hostile answer must not fill the memory."""


def _word(value: object) -> object:
    """A line that comes again and again: cleaned once, and one object for all of them."""
    if isinstance(value, str) and len(value) <= _WORD:
        return _known(value)
    line = _line(value)
    return intern(line) if isinstance(line, str) else line


@lru_cache(maxsize=1024)
def _known(word: str) -> str:
    return intern(str(clean(word, _LINE)))


def _words(value: object) -> object:
    return [_word(sure(item)) for item in value if isinstance(item, str)] if isinstance(value, list) else []


@lru_cache(maxsize=512)
def _alike(words: tuple[str, ...]) -> tuple[str, ...]:
    """The same object for the same words: tickets of one kind have the same tags."""
    return words


def _block(value: object) -> object:
    return str(clean_block(value)) if isinstance(value, str) else value


def _moment(value: object) -> object:
    """A time, or None for what can't be one: an unreadable deadline is an unknown one."""
    try:
        return None if value is None else _read_time(value)
    except ValidationError:
        return None


def _or_nothing(value: object, read: Callable[[object], object]) -> object:
    """None for a part that can't be read, where a ticket without it is better than no ticket."""
    try:
        return read(value)
    except ValidationError:
        return None


def _mapping(value: object) -> object:
    return value if isinstance(value, dict) else None


def _policy_rows(value: object) -> object:
    """A row that isn't one stays as an unknown one: leaving it out could hide a deadline."""
    return [row if isinstance(row, dict) else {} for row in value] if isinstance(value, list) else None


def _no_truth(value: object) -> object:
    """To Python, and so to pydantic, true is the number 1: another row's number."""
    if isinstance(value, bool):
        raise ValueError("true or false isn't a number")
    return value


def _rows(value: object) -> object:
    return value if isinstance(value, list) else []


Time = Annotated[datetime, after(plausible)]
_read_time = reader(Time)

Whole = Annotated[int, within(-(2**63), 2**63 - 1), before(_no_truth)]
"""A number that the store can keep; Zendesk's own system user has a negative id."""
Number = Annotated[int, before(_no_truth)]
"""Whose row is meant."""
Amount = Annotated[float, finite]
Line = Annotated[str, before(_line)]
Word = Annotated[str, before(_word)]
Sure = Annotated[str, before(_word), before(sure)]
"""A word that is compared or sent back: one that isn't all there refuses the row."""
Words = Annotated[tuple[str, ...], before(_words), after(_alike)]
Block = Annotated[str, before(_block)]
Moment = Annotated[datetime | None, before(_moment)]
_LENIENT = around(_or_nothing)


@record
class Numbered:
    """What every row has."""

    id: Whole


@record
class User(Numbered):
    """Somebody whom tickets and comments name by number: a client or an agent."""

    name: Word | None = None
    email: Annotated[Sure | None, _LENIENT] = None
    role: Annotated[Sure | None, _LENIENT] = None


@record
class Named(Numbered):
    """A row of which only the name counts, such as a group."""

    name: Word | None = None


@record
class Organisation(Named):
    """A client's organisation, with what records its support plan."""

    tags: Words = ()
    organization_fields: Annotated[dict[str, Any] | None, before(_mapping)] = None


@record
class CustomStatus(Numbered):
    """A status of the account's own, as agents see it."""

    agent_label: Word | None = None
    default: bool | None = None


@record
class PolicyMetric:
    """One row of a ticket's SLA, by Zendesk's own clock."""

    metric: Word | None = None
    stage: Word | None = None
    breach_at: Moment = None


@record
class Slas:
    """The side-load `slas`: empty where no policy applies."""

    policy_metrics: Annotated[list[PolicyMetric] | None, before(_policy_rows)] = None


@record
class Spent:
    """A length of time; which unit, says the name of the field that it stands in."""

    calendar: Amount | None = None


@record
class MetricSet:
    """The side-load `metric_sets`: whether and when a reply was given."""

    ticket_id: Whole | None = None
    replies: Whole | None = None
    reply_time_in_seconds: Spent | None = None
    reply_time_in_minutes: Spent | None = None
    requester_updated_at: Moment = None
    assignee_updated_at: Moment = None


@record
class WireTicket(Numbered):
    """A ticket of a search, of `show_many` or by itself, with its side-loads beside it."""

    created_at: Time
    updated_at: Time
    subject: Line | None = None
    raw_subject: Line | None = None
    status: Sure | None = None
    custom_status_id: Number | None = None
    priority: Sure | None = None
    type: Sure | None = None
    organization_id: Number | None = None
    requester_id: Number | None = None
    assignee_id: Number | None = None
    group_id: Number | None = None
    recipient: Sure | None = None
    tags: Words = ()
    slas: Annotated[Slas | None, _LENIENT] = None
    metric_set: Annotated[MetricSet | None, _LENIENT] = None


@record
class WireAttachment:
    """A file of a comment; its content is fetched on request only."""

    file_name: Line | None = None
    size: Whole | None = None
    content_type: Word | None = None
    content_url: str | None = None


@record
class Via:
    """How a comment came: by mail, in the browser, through the API."""

    channel: Word | None = None


@record
class Metadata:
    """What Zendesk itself thinks of a comment, such as that its sender may be somebody else."""

    flags: Annotated[list[Any], before(_rows)] = field(default_factory=list)
    trusted: bool | None = None


@record
class WireComment(Numbered):
    """A comment, public or internal."""

    created_at: Time
    author_id: Number | None = None
    body: Block | None = None
    plain_body: Block | None = None
    public: bool | None = None
    via: Annotated[Via | None, _LENIENT] = None
    metadata: Annotated[Metadata | None, _LENIENT] = None
    attachments: Annotated[list[Any], before(_rows)] = field(default_factory=list)


@record
class Author:
    """Who sent a message that became no ticket."""

    name: Line | None = None
    email: Line | None = None


@record
class WireSuspended(Numbered):
    """A message that Zendesk withheld from the queue."""

    created_at: Time
    subject: Line | None = None
    cause: Word | None = None
    author: Annotated[Author | None, _LENIENT] = None
    recipient: Word | None = None
    content: Block | None = None
