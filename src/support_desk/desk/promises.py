"""Promised next steps of tickets, kept beside the readings: for the queue, for colleagues, for the handover.

The promise itself stands in an internal note in the helpdesk, where everybody finds it; this is what has been
seen of such notes, so that the queue needn't read every conversation.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from support_desk.desk.moments import from_ms, to_ms

if TYPE_CHECKING:
    from support_desk.domain.commands import Promise

KEPT = timedelta(days=60)
"""How long after it was due a promise is remembered."""


def load_promises(connection: sqlite3.Connection) -> dict[int, Promise]:
    """What is promised next, by the ticket's number."""
    from support_desk.domain.commands import Promise  # after the first frame, as everything that is asked for

    rows = connection.execute("SELECT ticket, step, due_at FROM promises")
    return {ticket: Promise(step, from_ms(due_at)) for ticket, step, due_at in rows}


def keep_promise(connection: sqlite3.Connection, ticket: int, promise: Promise | None, now: datetime) -> None:
    """Remember what is promised next on a ticket, or that nothing is. Part of the caller's transaction."""
    connection.execute("DELETE FROM promises WHERE ticket = ? OR due_at < ?", (ticket, to_ms(now - KEPT)))
    if promise is not None:
        connection.execute(
            "INSERT INTO promises (ticket, step, due_at) VALUES (?, ?, ?)",
            (ticket, promise.step, to_ms(promise.due_at)),
        )
