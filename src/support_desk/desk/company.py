"""Several desks on one box: who is there, and which of them does what only one should do."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from support_desk.desk.moments import from_ms, to_ms
from support_desk.records import record

_CLOCKS_DIFFER = timedelta(minutes=1)
"""Two desks may have asked different services for the time."""


@record
class Lease:
    """Who does something, and until when unless the lease is taken again."""

    owner: str
    until: datetime


@record
class Presence:
    """A running desk."""

    instance: str
    host: str
    pid: int
    user: str
    since: datetime
    until: datetime
    """When it counts as gone, unless it announces itself again."""


def take_lease(connection: sqlite3.Connection, name: str, owner: str, now: datetime, ttl: timedelta) -> Lease:
    """Take or renew a lease that is free, run out, or ours; the answer says whose it is now.

    One that ends later than any could that was taken by now was taken by a clock that was ahead: nobody's.
    Part of the caller's transaction.
    """
    until = now + ttl
    connection.execute(
        """INSERT INTO leases (name, owner, until) VALUES (?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
        WHERE owner = excluded.owner OR until <= ? OR until > ?""",
        (name, owner, to_ms(until), to_ms(now), to_ms(until + _CLOCKS_DIFFER)),
    )
    row = connection.execute("SELECT owner, until FROM leases WHERE name = ?", (name,)).fetchone()
    return Lease(row[0], from_ms(row[1]))


def release_lease(connection: sqlite3.Connection, name: str, owner: str) -> None:
    """Give a lease back, if it is ours."""
    connection.execute("DELETE FROM leases WHERE name = ? AND owner = ?", (name, owner))


def announce(connection: sqlite3.Connection, desk: Presence, now: datetime) -> None:
    """Say that a desk is there; those that are gone are forgotten. Part of the caller's transaction."""
    connection.execute("DELETE FROM presence WHERE until <= ?", (to_ms(now),))
    connection.execute(
        "INSERT OR REPLACE INTO presence (instance, host, pid, user, since, until) VALUES (?, ?, ?, ?, ?, ?)",
        (desk.instance, desk.host, desk.pid, desk.user, to_ms(desk.since), to_ms(desk.until)),
    )


def leave(connection: sqlite3.Connection, instance: str) -> None:
    """Say that a desk is gone."""
    connection.execute("DELETE FROM presence WHERE instance = ?", (instance,))


def presence(connection: sqlite3.Connection, now: datetime) -> tuple[Presence, ...]:
    """The desks that are there, the longest first."""
    found = connection.execute(
        """SELECT instance, host, pid, user, since, until FROM presence WHERE until > ?
        ORDER BY since, instance""",
        (to_ms(now),),
    )
    return tuple(Presence(row[0], row[1], row[2], row[3], from_ms(row[4]), from_ms(row[5])) for row in found)
