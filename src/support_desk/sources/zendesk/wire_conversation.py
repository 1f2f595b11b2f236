"""Zendesk's JSON as what people wrote: the comments of a ticket, and messages that were held back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from support_desk.domain.tickets import Attachment, Comment, SuspendedTicket
from support_desk.sources.json_pieces import whole
from support_desk.sources.validation import ValidationError, reader
from support_desk.sources.zendesk.rows import (
    Author,
    Metadata,
    User,
    WireAttachment,
    WireComment,
    WireSuspended,
)
from support_desk.sources.zendesk.wire import (
    MOST_ROWS,
    USER,
    NotAnAnswer,
    breathe,
    by_id,
    error_code,
    read_rows,
)

_COMMENT = reader(WireComment)
_SUSPENDED = reader(WireSuspended)
_ATTACHMENT = reader(WireAttachment)


def comments_from(document: Mapping[str, Any]) -> tuple[list[Comment], list[str]]:
    """The comments of a page in its order, and what is wrong with the unreadable ones."""
    people = by_id(document.get("users"), USER, breathe)
    if not isinstance(document.get("comments"), list):
        raise NotAnAnswer(error_code(document.get("error")))
    rows, bad = read_rows(document["comments"], _COMMENT, breathe, "comment", MOST_ROWS)
    return [_comment(row, people) for row in rows], bad


def suspended_from(document: Mapping[str, Any]) -> tuple[list[SuspendedTicket], list[str]]:
    """The suspended tickets of a page, and what is wrong with the unreadable ones."""
    if not isinstance(document.get("suspended_tickets"), list):
        raise NotAnAnswer(error_code(document.get("error")))
    rows, bad = read_rows(document["suspended_tickets"], _SUSPENDED, breathe, "suspended ticket", MOST_ROWS)
    return [_suspended(row) for row in rows], bad


_FLAGS = {
    0: "Zendesk doesn't trust the sender",
    2: "the author isn't part of this conversation",
    5: "an attachment was rejected",
    14: "perhaps not written by this person",
    17: "hidden from the client",
    21: "From and Reply-To differ",
}


def _comment(wire: WireComment, people: Mapping[int, User]) -> Comment:
    author = people.get(wire.author_id or 0)
    role = author.role if author else None
    attachments = (_attachment(row) for row in wire.attachments)
    return Comment(
        id=wire.id,
        author=(author.name if author else None) or "unknown author",
        body=wire.plain_body or wire.body or "",
        public=wire.public is not False,
        created_at=wire.created_at,
        # Only agents can write internal notes, so a note says so even when its author isn't known.
        by_agent=role != "end-user" if role else wire.public is False,
        channel=(wire.via.channel if wire.via else None) or "",
        attachments=tuple(found for found in attachments if found is not None),
        warning=_warning(wire.metadata),
        author_id=wire.author_id,
    )


def _warning(metadata: Metadata | None) -> str | None:
    if metadata is None:
        return None
    flags = [flag for flag in map(whole, metadata.flags) if flag is not None]
    words = [_FLAGS.get(flag, f"marked by Zendesk (flag {flag})") for flag in flags]
    if metadata.trusted is False and not words:
        words = [_FLAGS[0]]
    return "; ".join(words) or None


def _attachment(row: object) -> Attachment | None:
    try:
        wire = _ATTACHMENT(row)
    except ValidationError:
        return None
    url = wire.content_url or ""
    # An address with blanks or controls in it isn't one, and cleaning would make another of it.
    usable = url if url.isascii() and url.isprintable() and " " not in url else ""
    return Attachment(wire.file_name or "attachment", max(0, wire.size or 0), wire.content_type or "", usable)


def _suspended(wire: WireSuspended) -> SuspendedTicket:
    author = wire.author or Author()
    return SuspendedTicket(
        id=wire.id,
        subject=wire.subject or "",
        author=author.name or "",
        author_email=author.email or "",
        cause=wire.cause or "",
        created_at=wire.created_at,
        recipient=wire.recipient or None,
        body=wire.content or "",
    )
