"""What the readings' file keeps of the past beside each alert: how far back it reaches, imports, replies.

An import walks back in time. Each page of it and how far it has come are one transaction: a program that is
killed goes on where it was, and what was imported before is never asked for again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from support_desk.desk.budget import filled, seconds_short
from support_desk.desk.history import KEEP, values
from support_desk.desk.moments import from_ms, to_ms
from support_desk.domain.past import AlertRecord, Reach, Span, joined

if TYPE_CHECKING:
    from support_desk.domain.sla import Ranked

ALERTS_WATCHED = "alerts"
REPLIES_WATCHED = "replies"

_IMPORT = f"""{KEEP}
    first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen),
    gone_at = coalesce(excluded.gone_at, gone_at), acked_at = coalesce(excluded.acked_at, acked_at)
"""


def note_watch(connection: sqlite3.Connection, what: str, at: datetime) -> None:
    """Something is written down from now on, unless it was already. Part of the caller's transaction."""
    connection.execute("INSERT OR IGNORE INTO watches (what, since) VALUES (?, ?)", (what, to_ms(at)))


def watched_from(connection: sqlite3.Connection, what: str) -> datetime | None:
    """Since when something is written down; None: it isn't yet."""
    row = connection.execute("SELECT since FROM watches WHERE what = ?", (what,)).fetchone()
    return from_ms(row[0]) if row else None


# The service's own history


def keep_imported(
    connection: sqlite3.Connection, wanted: Span, reached: datetime, alerts: Iterable[AlertRecord]
) -> None:
    """Keep a page of the service's history: every alert of `wanted` created at or after `reached` is in.

    Part of the caller's transaction.
    """
    connection.executemany(_IMPORT, map(values, alerts))
    connection.execute(
        """INSERT INTO history_imports (start, until, reached) VALUES (?, ?, ?)
        ON CONFLICT (start, until) DO UPDATE SET reached = min(reached, excluded.reached)""",
        (to_ms(wanted.start), to_ms(wanted.end), to_ms(max(reached, wanted.start))),
    )


def reach_of(connection: sqlite3.Connection) -> Reach:
    """How far back the history goes."""
    rows = connection.execute("SELECT reached, until FROM history_imports")
    spans = joined(Span(from_ms(reached), from_ms(until)) for reached, until in rows)
    return Reach(watched_from(connection, ALERTS_WATCHED), spans)


def take_request(connection: sqlite3.Connection, service: str, per_minute: int, now: datetime) -> float:
    """Take one of `per_minute` requests and return 0, or take none and return the seconds to wait.

    A tenth is left for what people ask for. Counted by the clock on the wall, which processes share; one
    that was set back stops the count for nobody. Part of the caller's transaction.
    """
    row = connection.execute("SELECT remaining, at FROM budgets WHERE service = ?", (service,)).fetchone()
    remaining, at = (float(per_minute), to_ms(now)) if row is None else row
    remaining = filled(remaining, max(0, to_ms(now) - at) / 1000, per_minute)
    wait = seconds_short(remaining, per_minute, wanted=False)
    if not wait:
        remaining -= 1
    connection.execute(
        "INSERT OR REPLACE INTO budgets (service, remaining, at) VALUES (?, ?, ?)",
        (service, remaining, to_ms(now)),
    )
    return wait


def forget_before(connection: sqlite3.Connection, at: datetime) -> None:
    """What was kept for longer than it should be goes. Part of the caller's transaction.

    What the history then no longer has, it doesn't claim to reach.
    """
    limit = to_ms(at)
    connection.execute("DELETE FROM replies WHERE at < ?", (limit,))
    connection.execute("DELETE FROM history_imports WHERE until <= ?", (limit,))
    connection.execute("UPDATE history_imports SET reached = ? WHERE reached < ?", (limit, limit))
    connection.execute("UPDATE watches SET since = ? WHERE since < ?", (limit, limit))


# Replies, for the pace


def keep_replies(connection: sqlite3.Connection, queue: Iterable[Ranked], read_at: datetime) -> None:
    """Note the public replies that were given since the queue was read before, by whichever desk.

    Part of the caller's transaction.
    """
    note_watch(connection, REPLIES_WATCHED, read_at)
    known: dict[int, int] = dict(connection.execute("SELECT ticket, count FROM reply_counts"))
    counts: dict[int, int] = {}
    given: list[tuple[int, int, int]] = []
    for row in queue:
        ticket, replies = row.ticket, row.ticket.replies
        if replies is None or replies.count is None:
            if ticket.id in known:
                counts[ticket.id] = known[ticket.id]
            continue
        counts[ticket.id] = replies.count
        more = replies.count - known.get(ticket.id, replies.count)
        if more > 0:
            at = min(replies.agent_last_at or ticket.updated_at, read_at)
            given.append((ticket.id, to_ms(at), more))
    connection.executemany("INSERT OR REPLACE INTO replies (ticket, at, given) VALUES (?, ?, ?)", given)
    connection.executemany(
        "INSERT OR REPLACE INTO reply_counts (ticket, count) VALUES (?, ?)", counts.items() - known.items()
    )
    connection.executemany(
        "DELETE FROM reply_counts WHERE ticket = ?", ((ticket,) for ticket in known.keys() - counts.keys())
    )


def replies_since(connection: sqlite3.Connection, since: datetime) -> tuple[datetime, ...]:
    """When public replies were given, as far as this desk saw; each as often as it was."""
    rows = connection.execute("SELECT at, given FROM replies WHERE at >= ? ORDER BY at", (to_ms(since),))
    return tuple(from_ms(at) for at, given in rows for _ in range(given))
