"""The history of alerts, kept beside the readings: what rang, how often, who took it, when it left."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta

from support_desk.desk.encoding import decode_keys, encode
from support_desk.desk.moments import from_ms, to_ms
from support_desk.domain.alerts import Alert, PastAlert
from support_desk.domain.past import AlertRecord

__all__ = ["KEEP", "RETENTION", "AlertRecord", "history_since", "keep_history", "record_of", "values"]

RETENTION = timedelta(days=90)

KEEP = """
    INSERT INTO alert_history (id, first_seen, last_seen, gone_at, created_at, acked_at, acked_by,
        priority, message, alias, source, tags, count, integration)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET acked_by = coalesce(excluded.acked_by, acked_by),
        priority = excluded.priority, message = excluded.message, alias = excluded.alias,
        source = excluded.source, tags = excluded.tags, count = max(count, excluded.count),
        integration = coalesce(nullif(excluded.integration, ''), integration),
"""
"""Keeps the `values` of a record; what becomes of the moments of one that is there follows."""

_SEEN = f"""{KEEP}
    last_seen = excluded.last_seen, gone_at = NULL, acked_at = coalesce(acked_at, excluded.acked_at)
"""


def record_of(past: PastAlert) -> AlertRecord:
    """An alert that no store has seen, as if one had."""
    alert = past.alert
    seen = (alert.created_at, past.gone_at or alert.updated_at)
    return _record(alert, seen, past.gone_at, alert.acknowledged_at)


def _open(alert: Alert, read_at: datetime) -> AlertRecord:
    """An alert that is there at a reading: since when somebody has it may only be known from that."""
    acked_at = alert.acknowledged_at or (read_at if alert.status == "acked" else None)
    return _record(alert, (read_at, read_at), None, acked_at)


def _record(
    alert: Alert, seen: tuple[datetime, datetime], gone_at: datetime | None, acked_at: datetime | None
) -> AlertRecord:
    return AlertRecord(
        id=alert.id,
        first_seen=seen[0],
        last_seen=seen[1],
        gone_at=gone_at,
        created_at=alert.created_at,
        acked_at=acked_at,
        acked_by=alert.acknowledged_by,
        priority=alert.priority,
        message=alert.message,
        alias=alert.alias,
        source=alert.source,
        tags=alert.tags,
        count=alert.count,
        integration=alert.integration,
    )


def keep_history(
    connection: sqlite3.Connection,
    changed: Iterable[Alert],
    open_ids: Iterable[str],
    read_at: datetime,
    retention: timedelta,
) -> None:
    """Note what a reading of the open alerts says; forget what left longer ago than `retention`.

    `changed` are the new and the changed ones, `open_ids` all of them. Part of the caller's transaction.
    """
    now = to_ms(read_at)
    connection.executemany(_SEEN, (values(_open(alert, read_at)) for alert in changed))
    still_open = set(open_ids)
    before = connection.execute("SELECT id FROM alert_history WHERE gone_at IS NULL").fetchall()
    gone = [(now, now, key) for (key,) in before if key not in still_open]
    connection.executemany("UPDATE alert_history SET gone_at = ?, last_seen = ? WHERE id = ?", gone)
    connection.execute("DELETE FROM alert_history WHERE gone_at < ?", (to_ms(read_at - retention),))


def history_since(connection: sqlite3.Connection, since: datetime) -> tuple[AlertRecord, ...]:
    """The alerts that were there at `since` or later, by their beginning."""
    found = connection.execute(
        """SELECT id, first_seen, last_seen, gone_at, created_at, acked_at, acked_by, priority, message,
        alias, source, tags, count, integration
        FROM alert_history WHERE gone_at IS NULL OR gone_at >= ? ORDER BY created_at, id""",
        (to_ms(since),),
    )
    return tuple(
        AlertRecord(
            id=row[0],
            first_seen=from_ms(row[1]),
            last_seen=from_ms(row[2]),
            gone_at=None if row[3] is None else from_ms(row[3]),
            created_at=from_ms(row[4]),
            acked_at=None if row[5] is None else from_ms(row[5]),
            acked_by=row[6],
            priority=row[7],
            message=row[8],
            alias=row[9],
            source=row[10],
            tags=decode_keys(row[11]),
            count=row[12],
            integration=row[13],
        )
        for row in found
    )


def values(alert: AlertRecord) -> tuple[object, ...]:
    """A record as `KEEP` takes it."""
    return (
        alert.id,
        to_ms(alert.first_seen),
        to_ms(alert.last_seen),
        None if alert.gone_at is None else to_ms(alert.gone_at),
        to_ms(alert.created_at),
        None if alert.acked_at is None else to_ms(alert.acked_at),
        alert.acked_by,
        alert.priority,
        alert.message,
        alert.alias,
        alert.source,
        encode(alert.tags),
        alert.count,
        alert.integration,
    )
