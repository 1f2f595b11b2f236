"""Changes of tickets as Zendesk's JSON, and what its answers say of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from support_desk.domain.commands import UNASSIGNED, EditTicket, FieldValue, RaiseTicket
from support_desk.domain.comment_text import as_html, html_as_typed, text_of_html
from support_desk.sources.json_pieces import id_of, whole
from support_desk.sources.writers import Agent, CustomStatus, Group, Job, JobItem, Macro
from support_desk.text import clean, clean_block

EXTERNAL_ID = "support-desk-{key}"
"""How a ticket that we made is found again, directly: `GET /tickets.json?external_id=`."""
SIDE_KEY = "support_desk"
"""Under which name a side conversation's `external_ids` hold which request of ours began it."""

_QUOTED = re.compile(r'"([a-z_][a-z0-9_.\[\]]{0,80})"', re.IGNORECASE)
_ALWAYS_WARNED = frozenset({"id", "ticket", "unpermitted_keys", "invalid_values"})
"""zenpy sends the number along, which Zendesk leaves out as it should; the rest are headings."""
_STRICTLY_PRIVATE_ROLE = 1
"""`role_type` of a light agent."""


def stamp_of(moment: datetime) -> str:
    """A moment as Zendesk writes `updated_at`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def html_of(edit: EditTicket) -> str:
    """The comment of an edit as it is sent; empty: none."""
    if edit.comment_html.strip():
        return html_as_typed(edit.comment_html)
    return as_html(edit.comment) if edit.comment.strip() else ""


def comment_of(edit: EditTicket, author_id: int | None) -> dict[str, Any] | None:
    """The comment as Zendesk takes it. `public` always: left out, it would be the ticket's own habit."""
    html = html_of(edit)
    if not html:
        return None
    author = {} if author_id is None else {"author_id": author_id}
    return {"html_body": html, "public": edit.public, **author}


def fields_of(edit: EditTicket) -> dict[str, Any]:
    """The fields that an edit sets, and no other; tags never, since sending them replaces the list."""
    custom = edit.custom_status_id is not None
    values: dict[str, Any] = {
        "custom_status_id": edit.custom_status_id,
        "status": None if custom else edit.status,
        "priority": edit.priority,
        "type": edit.type,
        "assignee_id": edit.assignee_id,
        "group_id": edit.group_id,
        "problem_id": edit.problem_id,
    }
    fields = {name: value for name, value in values.items() if value is not None}
    if edit.assignee_id == UNASSIGNED:
        fields["assignee_id"] = None
    if edit.custom_fields:
        fields["custom_fields"] = [{"id": field.id, "value": field.value} for field in edit.custom_fields]
    if edit.macro_id is not None:
        fields["macro_ids"] = [edit.macro_id]
    return fields


def new_ticket(new: RaiseTicket, key: str, author_id: int | None) -> dict[str, Any]:
    """A ticket to be made, its first comment an internal note."""
    ticket: dict[str, Any] = {
        "subject": new.subject,
        "comment": {"html_body": as_html(new.body) or "&nbsp;", "public": False},
        "external_id": EXTERNAL_ID.format(key=key),
    }
    if author_id is not None:
        ticket["requester_id"] = author_id
        ticket["comment"]["author_id"] = author_id
    if new.priority:
        ticket["priority"] = new.priority
    if new.group_id is not None:
        ticket["group_id"] = new.group_id
    if new.tags:
        ticket["tags"] = list(new.tags)
    return ticket


def ignored_fields(headers: Mapping[str, str]) -> tuple[str, ...]:
    """What `X-Zendesk-API-Warn` says was left out; a warning that can't be read is passed on whole."""
    warning = headers.get("X-Zendesk-API-Warn", "")
    if not warning:
        return ()
    names = [name.removeprefix("ticket.") for name in _QUOTED.findall(warning)]
    if not names:
        return (str(clean(warning, 120)),)
    return tuple(dict.fromkeys(str(clean(name, 60)) for name in names if name not in _ALWAYS_WARNED))


def comment_event(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The comment that an update's audit records."""
    audit = document.get("audit")
    events = audit.get("events") if isinstance(audit, dict) else None
    for event in events if isinstance(events, list) else ():
        if isinstance(event, dict) and event.get("type") == "Comment":
            return event
    return None


def job_from(document: Mapping[str, Any]) -> Job | None:
    """A job's state; None if this isn't one."""
    row = document.get("job_status")
    if not isinstance(row, dict) or not isinstance(row.get("id"), str):
        return None
    results = row.get("results")
    items = (_item(result) for result in (results if isinstance(results, list) else ()))
    return Job(
        str(clean(row["id"], 100)),
        _word(row.get("status")) or "unknown",
        tuple(item for item in items if item is not None),
        _word(row.get("message")),
    )


def _item(result: object) -> JobItem | None:
    """What a job says of one ticket; None where it says neither that it was done nor that it wasn't."""
    number = id_of(result)
    if number is None or not isinstance(result, dict):
        return None
    said = [_word(result.get(key)) for key in ("error", "details", "errors")]
    ok, status = result.get("success"), _word(result.get("status")).casefold()
    if not isinstance(ok, bool):
        ok = not any(said) and status != "failed"
        if ok and status not in {"updated", "merged", "success"}:
            return None
    return JobItem(number, ok, "; ".join(words for words in said if words))


def macro_from(row: object) -> Macro | None:
    """A macro of a list; None for a row that can't be one."""
    number = id_of(row)
    if number is None or not isinstance(row, dict):
        return None
    return Macro(number, _word(row.get("title")) or f"macro {number}", _word(row.get("description")))


def group_from(row: object) -> Group | None:
    """A group of a list."""
    number = id_of(row)
    if number is None or not isinstance(row, dict) or row.get("deleted") is True:
        return None
    return Group(number, _word(row.get("name")) or f"group {number}")


def agent_from(row: object) -> Agent | None:
    """A user of a list who works for the helpdesk; None for anybody else."""
    number = id_of(row)
    if number is None or not isinstance(row, dict):
        return None
    if row.get("role") not in {"agent", "admin"} or row.get("suspended") is True:
        return None
    return Agent(number, _word(row.get("name")), _word(row.get("email")), _word(row.get("role")))


def status_from(row: object) -> CustomStatus | None:
    """A status of the account's own; None for one that is switched off."""
    number = id_of(row)
    if number is None or not isinstance(row, dict) or row.get("active") is False:
        return None
    name = _word(row.get("agent_label")) or f"status {number}"
    default = row.get("default") is True
    return CustomStatus(number, name, _word(row.get("status_category")), default)


def writes_private_only(user: Mapping[str, Any]) -> bool:
    """Whether this user's comments are made internal notes, whatever was asked for."""
    return user.get("only_private_comments") is True or user.get("role_type") == _STRICTLY_PRIVATE_ROLE


# Macros


def effect_of(
    macro_id: int, before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[int, str]
) -> EditTicket:
    """What a macro would change: the difference of two tickets, and its comment.

    A comment that doesn't say whether it is public counts as an internal note. `names` are the titles of
    custom fields.
    """

    def changed(name: str) -> Any:
        value = after.get(name)
        return value if value is not None and value != before.get(name) else None

    comment = after.get("comment")
    comment = comment if isinstance(comment, dict) else {}
    html = comment.get("html_body")
    html = html if isinstance(html, str) else ""
    text = comment.get("body")
    text = text if isinstance(text, str) else text_of_html(html)
    custom_status = whole(changed("custom_status_id"))
    old, new = _tags(before), _tags(after)
    return EditTicket(
        purpose="macro",
        status=None if custom_status is not None else _text(changed("status")),
        custom_status_id=custom_status,
        priority=_text(changed("priority")),
        type=_text(changed("type")),
        assignee_id=whole(changed("assignee_id")),
        group_id=whole(changed("group_id")),
        problem_id=whole(changed("problem_id")),
        add_tags=tuple(tag for tag in new if tag not in old),
        remove_tags=tuple(tag for tag in old if tag not in new),
        comment=str(clean_block(text)),
        comment_html=html,
        public=comment.get("public") in (True, "true"),
        macro_id=macro_id,
        custom_fields=_changed_fields(before, after, names),
    )


def _changed_fields(
    before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[int, str]
) -> tuple[FieldValue, ...]:
    old = _field_values(before)
    new = _field_values(after)
    return tuple(
        FieldValue(key, value, names.get(key, f"field {key}"))
        for key, value in new.items()
        if value != old.get(key)
    )


def _field_values(ticket: Mapping[str, Any]) -> dict[int, Any]:
    rows = ticket.get("custom_fields")
    rows = rows if isinstance(rows, list) else ticket.get("fields")
    found: dict[int, Any] = {}
    for row in rows if isinstance(rows, list) else ():
        number = id_of(row)
        if number is not None and isinstance(row, dict):
            value = row.get("value")
            if isinstance(value, list):
                value = tuple(str(part) for part in value)
            if value is None or isinstance(value, (str, bool, int, float, tuple)):
                found[number] = value
    return found


def _tags(ticket: Mapping[str, Any]) -> list[str]:
    tags = ticket.get("tags")
    return [str(clean(tag, 200)) for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def _text(value: object) -> str | None:
    return str(clean(value, 80)) if isinstance(value, str) and value else None


def _word(value: object) -> str:
    if isinstance(value, list):
        value = "; ".join(str(part) for part in value if isinstance(part, str))
    return str(clean(value, 200)) if isinstance(value, str) else ""


def rows_of(document: Mapping[str, Any], key: str) -> Iterable[object] | None:
    """The rows of a list; None if there is no list."""
    rows = document.get(key)
    return rows if isinstance(rows, list) else None
