"""Commands in words: what a person decided, as the outbox, the log and the activity say it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from support_desk.domain import commands as c
from support_desk.text import clean, head

Local = Callable[[datetime], str]
"""A moment as the person reads it, in the zone of the working hours."""

LONGEST_QUOTE = 60
"""Cells of a text that are quoted in one line."""


def command_words(command: c.Command, local: Local) -> str:
    """One line without a full stop: "acknowledge", "snooze until Tue 10:00", "public reply: ..."."""
    if isinstance(command, c.EditTicket):
        return _edit_words(command, local)
    return _ALERT_WORDS[type(command)](command, local)


def text_of(command: c.Command) -> str:
    """The text that goes out with a command, whole; empty where there is none."""
    if isinstance(command, c.EditTicket):
        return command.comment
    if isinstance(command, c.NoteAlert):
        return command.text
    if isinstance(command, c.SideConversation | c.RaiseTicket):
        return command.body
    if isinstance(command, c.PagePerson):
        return command.description
    return command.comment if isinstance(command, c.MergeTicket) else ""


def changes_of(command: c.Command) -> list[tuple[str, str]]:
    """The fields that a change of a ticket sets, as (name, value)."""
    if not isinstance(command, c.EditTicket):
        return []
    status = command.status or (
        command.custom_status or f"custom status {command.custom_status_id}"
        if command.custom_status_id
        else ""
    )
    named = [
        ("status", status),
        ("priority", command.priority or ""),
        ("type", command.type or ""),
        ("assignee", _assignee(command)),
        ("group", command.group or (str(command.group_id) if command.group_id else "")),
        ("problem", f"#{command.problem_id}" if command.problem_id else ""),
        ("tags added", " ".join(command.add_tags)),
        ("tags removed", " ".join(command.remove_tags)),
    ]
    named += [(field.name or f"field {field.id}", _field_value(field)) for field in command.custom_fields]
    return [(clean(name), clean(value)) for name, value in named if value]


def _field_value(field: c.FieldValue) -> str:
    if isinstance(field.value, tuple):
        return ", ".join(field.value) or "empty"
    if isinstance(field.value, bool):
        return "yes" if field.value else "no"
    return "empty" if field.value in (None, "") else str(field.value)


def _assignee(command: c.EditTicket) -> str:
    if command.assignee_id is None:
        return ""
    return "nobody" if command.assignee_id == c.UNASSIGNED else command.assignee or str(command.assignee_id)


def _edit_words(command: c.EditTicket, local: Local) -> str:
    purpose = c.PURPOSES.get(command.purpose, command.purpose)
    fields = ", ".join(f"{name} {value}" for name, value in changes_of(command))
    text = quote(command.comment)
    promise = f"by {local(command.promise.due_at)}: {quote(command.promise.step)}" if command.promise else ""
    details = "; ".join(part for part in (promise, fields, text if not promise else "") if part)
    if details.startswith(f"{purpose} "):
        # "priority high" says it already.
        return details
    return f"{purpose}: {details}" if details else purpose


def quote(text: str) -> str:
    """The beginning of somebody's text as it stands in such a line; empty where there is none."""
    line = " ".join(clean(text).split())
    short = head(line, LONGEST_QUOTE)
    return f"“{short}{'…' if short != line else ''}”" if line else ""


def _escalate(command: c.EscalateAlert, _: Local) -> str:
    people = ", ".join(command.people)
    return f"ESCALATE to {command.line}" + (f" ({people})" if people else "")


def _page(command: c.PagePerson, _: Local) -> str:
    return f"PAGE {command.name or command.username}: {quote(command.message)}"


_ALERT_WORDS: dict[type[c.Command], Callable[..., str]] = {
    c.Acknowledge: lambda _, __: "acknowledge",
    c.Unacknowledge: lambda _, __: "give the acknowledgement back",
    c.CloseAlert: lambda _, __: "close",
    c.SnoozeAlert: lambda command, local: f"snooze until {local(command.until)}",
    c.NoteAlert: lambda command, _: f"note: {quote(command.text)}",
    c.AssignAlert: lambda command, _: f"assign to {command.name or command.owner}",
    c.AddAlertTags: lambda command, _: f"add tags {' '.join(command.tags)}",
    c.RemoveAlertTags: lambda command, _: f"remove tags {' '.join(command.tags)}",
    c.PrioritiseAlert: lambda command, _: f"priority {command.priority}",
    c.EscalateAlert: _escalate,
    c.AddResponder: lambda command, _: f"PAGE {command.name or command.id} (responder)",
    c.PagePerson: _page,
    c.RaiseTicket: lambda command, _: f"make a ticket: {quote(command.subject)}",
    c.MergeTicket: lambda command, _: f"merge into #{command.into}",
    c.SideConversation: lambda command, _: (
        f"side conversation with {', '.join(command.to)}: {quote(command.subject)}"
    ),
}
