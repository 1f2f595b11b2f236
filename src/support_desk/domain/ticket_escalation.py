"""What escalating a ticket does: the configured group, assignee, priority and tag, and a note with a link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from support_desk.domain.commands import EditTicket
from support_desk.domain.tickets import PRIORITIES, Ticket, folded
from support_desk.records import record


@record
class TicketEscalationRule:
    """`[escalation.ticket]`; what is empty stays as it is."""

    group: str = ""
    """By name."""
    assignee: str = ""
    """By address."""
    priority: str = ""
    tag: str = ""
    note: str = ""
    """`{me}`, `{line}` and `{link}` are filled in."""


def escalation_edit(
    ticket: Ticket,
    rule: TicketEscalationRule,
    *,
    me: str,
    line: str,
    groups: Mapping[str, int],
    agents: Mapping[str, int],
) -> EditTicket | str:
    """The edit that escalates `ticket`, or why there is none, in words.

    `me` is who escalates, `line` to whom ("second line: Sam Example"), `groups` and `agents` the helpdesk's
    numbers by name and by address (compared without case). A priority is never lowered.
    """
    edit = EditTicket(purpose="escalate", comment=_note(rule.note, me, line, ticket.url))
    changes: dict[str, Any] = {}
    if rule.group:
        number = _number(groups, rule.group)
        if number is None:
            return f'the helpdesk has no group "{rule.group}": see [escalation.ticket] group'
        if not _same(ticket.group, rule.group):
            changes |= {"group_id": number, "group": rule.group}
    if rule.assignee:
        number = _number(agents, rule.assignee)
        if number is None:
            return f"the helpdesk has no agent {rule.assignee}: see [escalation.ticket] assignee"
        if not _same(ticket.assignee_email, rule.assignee):
            changes |= {"assignee_id": number, "assignee": rule.assignee}
    if rule.priority in PRIORITIES and _raises(ticket.priority, rule.priority):
        changes["priority"] = rule.priority
    if rule.tag and rule.tag not in ticket.tags:
        changes["add_tags"] = (rule.tag,)
    if not changes and not edit.comment:
        return "nothing is configured that escalating this ticket would change: see [escalation.ticket]"
    return replace(edit, **changes)


def _note(template: str, me: str, line: str, link: str) -> str:
    """The note; a name that isn't one of the three stays as it stands."""
    note = template
    for name, value in (("{me}", me), ("{line}", line), ("{link}", link)):
        note = note.replace(name, value)
    return note.strip()


def _number(known: Mapping[str, int], wanted: str) -> int | None:
    return next((number for name, number in known.items() if folded(name) == folded(wanted)), None)


def _same(one: str | None, other: str) -> bool:
    return folded(one) == folded(other)


def _raises(present: str | None, wanted: str) -> bool:
    if present not in PRIORITIES:
        return True
    return PRIORITIES.index(wanted) < PRIORITIES.index(present)
