"""What an edit of a ticket is about, whether it holds, and what others have done meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from support_desk.desk.intents import seen_of
from support_desk.domain.commands import UNASSIGNED, EditTicket
from support_desk.domain.comment_text import same_text, text_of_html
from support_desk.domain.intents import FieldDifference, Seen
from support_desk.domain.tickets import Comment, Ticket, TicketDetail, TicketNumbers
from support_desk.domain.words import moment_words
from support_desk.text import clean

NOBODY = "nobody"
LEEWAY = timedelta(seconds=5)
"""Zendesk's times are whole seconds, and the two clocks agree only so far."""
_API = "api"
"""Where our comments come from, as the service names it; a browser's come from `web`."""
DOUBT = timedelta(minutes=15)
"""A comment with our words that is older than ours by less than this may be ours, if a clock was wrong."""

_MOST_COMMENTS = 10
_LINE = 100
_FIELDS: tuple[tuple[str, str], ...] = (
    ("status", "status"),
    ("custom_status", "custom_status_id"),
    ("priority", "priority"),
    ("type", "type"),
    ("assignee", "assignee_id"),
    ("group", "group_id"),
    ("problem", "problem_id"),
)


def has_comment(edit: EditTicket) -> bool:
    """Whether an edit writes something."""
    return bool(edit.comment.strip() or edit.comment_html.strip())


def aims(edit: EditTicket) -> tuple[str, ...]:
    """The fields that an edit sets, tags and custom fields aside."""
    found = [name for name, attribute in _FIELDS if getattr(edit, attribute) is not None]
    if "custom_status" in found and "status" in found:
        found.remove("status")
    return tuple(found)


def needs_update(edit: EditTicket) -> bool:
    """Whether anything but tags is to be changed."""
    return bool(aims(edit)) or has_comment(edit) or bool(edit.custom_fields)


def is_empty(edit: EditTicket) -> bool:
    """Whether nothing at all is to be changed."""
    return not (needs_update(edit) or edit.add_tags or edit.remove_tags)


def texts_of(edit: EditTicket) -> tuple[str, ...]:
    """The forms in which the comment of an edit may come back."""
    return tuple(text for text in (edit.comment, text_of_html(edit.comment_html)) if text.strip())


def talks(edit: EditTicket) -> bool:
    """Whether a new comment of somebody else could change the person's mind about this edit."""
    return has_comment(edit) or edit.status is not None or edit.custom_status_id is not None


# Values


def holds(edit: EditTicket, name: str, ticket: Ticket, numbers: TicketNumbers | None) -> bool | None:
    """Whether a field is as the edit wants it; None: it can't be told."""
    if name in ("status", "priority", "type"):
        return bool(getattr(ticket, name) == getattr(edit, name))
    if name == "assignee" and edit.assignee_id == UNASSIGNED:
        return (numbers.assignee_id if numbers is not None else ticket.assignee) is None
    if numbers is not None:
        attribute = dict(_FIELDS)[name]
        return bool(getattr(numbers, attribute) == getattr(edit, attribute))
    if name == "assignee" and edit.assignee:
        return _fold(edit.assignee) in {_fold(ticket.assignee_email), _fold(ticket.assignee)}
    if name == "group" and edit.group:
        return _fold(edit.group) == _fold(ticket.group)
    return None


def ours(edit: EditTicket, name: str) -> str:
    """What an edit wants a field to be, as it is shown."""
    named = {
        "assignee": edit.assignee, "group": edit.group, "custom_status": edit.custom_status,
    }.get(name, "")  # fmt: skip
    value = getattr(edit, dict(_FIELDS)[name])
    if name == "problem":
        return f"#{value}"
    if name == "assignee" and value == UNASSIGNED:
        return NOBODY
    return named or str(value)


def theirs(name: str, ticket: Ticket, numbers: TicketNumbers | None = None) -> str:
    """What a field is, as it is shown."""
    if name == "custom_status":
        return ticket.custom_status or ticket.status
    if name == "assignee":
        return ticket.assignee_email or ticket.assignee or NOBODY
    if name == "group":
        return ticket.group or "none"
    if name == "problem":
        problem = numbers.problem_id if numbers else None
        return f"#{problem}" if problem else "none"
    return str(getattr(ticket, name) or "none")


def tags_hold(edit: EditTicket, tags: Collection[str]) -> bool:
    """Whether the tags are as the edit wants them, in the form in which the service keeps them."""
    return not missing_tags(edit, tags) and not left_tags(edit, tags)


def missing_tags(edit: EditTicket, tags: Collection[str]) -> tuple[str, ...]:
    """The tags that should be there and aren't, in whatever form."""
    return tuple(tag for tag in edit.add_tags if not _kept(tag, tags))


def left_tags(edit: EditTicket, tags: Collection[str]) -> tuple[str, ...]:
    """The tags that should be gone and aren't."""
    return tuple(tag for tag in edit.remove_tags if tag in tags)


def changed_forms(edit: EditTicket, tags: Collection[str]) -> tuple[FieldDifference, ...]:
    """The tags that are there in another form: lower case, split at blanks."""
    return tuple(
        FieldDifference("tag", tag, ", ".join(_words(tag)))
        for tag in edit.add_tags
        if tag not in tags and _kept(tag, tags)
    )


def _kept(tag: str, tags: Collection[str]) -> bool:
    words = _words(tag)
    return tag in tags or (bool(words) and all(word in tags for word in words))


def _words(tag: str) -> list[str]:
    """A tag in Zendesk's form."""
    words = (
        "".join(letter for letter in word if letter.isalnum() or letter in "_./:-")
        for word in tag.lower().split()
    )
    return [word for word in words if word]


# What others have done


def _value(name: str, seen: Seen) -> str | None:
    values = {
        "status": seen.status,
        "custom_status": seen.custom_status or seen.status,
        "priority": seen.priority,
        "type": seen.type,
        "assignee": seen.who,
        "group": seen.owner,
    }
    return values.get(name)


COMPARED = ("status", "custom_status", "priority", "type", "assignee", "group")
"""The fields of which it is remembered what the person saw."""


def changes_between(before: Ticket, after: Ticket) -> dict[str, str | None]:
    """The fields that differ, and what they are after."""
    was, now = seen_of(before), seen_of(after)
    return {name: _value(name, now) for name in COMPARED if _value(name, was) != _value(name, now)}


def foreign_changes(
    edit: EditTicket,
    seen: Seen,
    ticket: Ticket,
    numbers: TicketNumbers | None,
    own: Mapping[str, str | None],
) -> tuple[FieldDifference, ...]:
    """The fields that this edit sets and somebody else has changed since they were seen.

    `own` is what our own changes since then have made of fields: those are no surprise. Neither is a field
    that is already as wanted.
    """
    found = []
    now = seen_of(ticket)
    for name in aims(edit):
        if name == "problem" or holds(edit, name, ticket, numbers):
            continue
        present = _value(name, now)
        if _fold(present) == _fold(_value(name, seen)) or (name in own and own[name] == present):
            continue
        found.append(FieldDifference(name, ours(edit, name), theirs(name, ticket, numbers)))
    return tuple(found)


def new_comments(
    detail: TicketDetail, since: datetime, own: Collection[int], notes: Collection[str] = ()
) -> tuple[Comment, ...]:
    """The comments since the ticket was seen, without those that this desk has made; oldest first.

    `notes` are the texts that it has written in bulk, which has no numbers.
    """
    return tuple(
        row
        for row in detail.comments
        if row.created_at > since
        and row.id not in own
        and (row.public or not any(same_text(text, row.body) for text in notes))
    )


def comment_lines(comments: Sequence[Comment], now: datetime, zone: tzinfo) -> tuple[str, ...]:
    """A line for each comment: who, when, for whom, and how it begins; the newest ten."""
    lines = []
    for comment in comments[-_MOST_COMMENTS:]:
        first = next((line for line in comment.body.splitlines() if line.strip()), "")
        kind = "public" if comment.public else "internal"
        when = moment_words(comment.created_at, now, zone)
        lines.append(f"{comment.author} {when}, {kind}: {clean(first, _LINE)}")
    if len(comments) > _MOST_COMMENTS:
        lines.insert(0, f"{len(comments) - _MOST_COMMENTS} older new comments, and:")
    return tuple(lines)


# Whether our comment is there


def our_comment(
    edit: EditTicket,
    comments: Sequence[Comment],
    *,
    since: datetime,
    authors: Collection[int],
    not_these: Collection[int],
) -> Comment | None:
    """The comment that this edit made at `since` or later: the same words by one of these authors.

    `authors` are the numbers under which ours may appear; empty: anybody. `not_these` were made by other
    edits of ours, or were there before.
    """
    texts = texts_of(edit)
    for comment in reversed(comments):
        if comment.id in not_these or comment.created_at < since - LEEWAY:
            continue
        if authors and comment.author_id is not None and comment.author_id not in authors:
            continue
        if any(same_text(text, comment.body) for text in texts):
            return comment
    return None


def in_other_words(
    comments: Sequence[Comment], *, since: datetime, authors: Collection[int], not_these: Collection[int]
) -> Comment | None:
    """The newest comment that one of these authors made through the API at `since` or later, in any words.

    The service may give a text back otherwise than it was sent; then it is there, and isn't `our_comment`.
    """
    for comment in reversed(comments):
        if comment.id in not_these or comment.created_at < since - LEEWAY or comment.author_id not in authors:
            continue
        if comment.channel == _API:
            return comment
    return None


def without_done(edit: EditTicket, fields: Collection[str], tags: Collection[str]) -> EditTicket | None:
    """What is left of an edit whose comment was made: these fields, and the tags that aren't as wanted."""
    kept: dict[str, Any] = {
        attribute: getattr(edit, attribute) if name in fields else None for name, attribute in _FIELDS
    }
    left = replace(
        edit,
        **kept,
        comment="",
        comment_html="",
        promise=None,
        macro_id=None,
        custom_fields=(),
        add_tags=missing_tags(edit, tags),
        remove_tags=left_tags(edit, tags),
    )
    return None if is_empty(left) else left


def _fold(text: str | None) -> str:
    return (text or "").strip().casefold()
