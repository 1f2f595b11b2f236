"""Intents of rows: what was decided, about which target, on which of its states."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from support_desk.domain.alerts import Alert
from support_desk.domain.commands import Command
from support_desk.domain.intents import Intent, Seen, Target
from support_desk.domain.tickets import Ticket


def target_of(row: Alert | Ticket) -> Target:
    """The id behind a row."""
    return Target("alert", row.id) if isinstance(row, Alert) else Target("ticket", str(row.id))


def title_of(row: Alert | Ticket) -> str:
    """A row as people speak of it."""
    if isinstance(row, Alert):
        return f"{row.priority} {row.message}"
    return f"#{row.id} {row.title}"


def seen_of(row: Alert | Ticket) -> Seen:
    """The state that a person decides on, when they decide on this row."""
    if isinstance(row, Alert):
        return Seen(
            status=row.status,
            updated_at=row.updated_at,
            priority=row.priority,
            who=row.acknowledged_by if row.status == "acked" else None,
            owner=row.owner,
            tags=row.tags,
        )
    return Seen(
        status=row.status,
        updated_at=row.updated_at,
        priority=row.priority,
        who=row.assignee_email or row.assignee,
        owner=row.group,
        type=row.type,
        tags=row.tags,
        custom_status=row.custom_status,
    )


def intents_of(
    decisions: Sequence[tuple[Alert | Ticket, Command]], *, by: str, at: datetime
) -> tuple[Intent, ...]:
    """One intent for each decision of one key press; together they are a batch.

    `by` is the person's address, `at` the desk's time (UTC).
    """
    batch = uuid4().hex if len(decisions) > 1 else ""
    return tuple(
        Intent(
            id=uuid4().hex,
            target=target_of(row),
            title=title_of(row),
            command=command,
            seen=seen_of(row),
            by=by,
            at=at,
            batch=batch,
        )
        for row, command in decisions
    )
