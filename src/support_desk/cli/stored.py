"""What the dashboard read last, as `status` needs it: a few facts, decoded from the store's rows by name.

The whole snapshot would take the domain's classes and a decoder for each; this takes neither. Fields that
aren't named here are skipped while decoding.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from support_desk.config.model import Config
from support_desk.desk.about import Undecodable, decode_about
from support_desk.desk.feeds import configured, enable
from support_desk.desk.schema import one_moment, open_file_to_read, telling
from support_desk.desk.snapshot import Feed, FeedName, Snapshot, clock_behind
from support_desk.glance import AlertGlance, Glance, TicketGlance, sources_of

_FEEDS = frozenset(name.value for name in FeedName)


class _Ticket(msgspec.Struct):
    id: int
    subject: str


class _Verdict(msgspec.Struct):
    kind: str
    deadline: datetime | None = None


class _Ranked(msgspec.Struct):
    ticket: _Ticket
    verdict: _Verdict


def stored_glance(path: Path, config: Config, now: datetime) -> Glance:
    """The facts of the line from the store at `path`. Raises `StoreError`.

    `now` is by the machine's clock, the facts are at the moment that it was.
    """
    with telling(path):
        connection = open_file_to_read(path)
        try:
            with one_moment(connection):
                feeds = {
                    FeedName(name): about
                    for name, about in connection.execute("SELECT feed, about FROM feeds")
                    if name in _FEEDS
                }
                rows = {
                    name: _decoded(connection.execute("SELECT data FROM rows WHERE feed = ?", (name,)), kind)
                    for name, kind in ((FeedName.ALERTS, AlertGlance), (FeedName.TICKETS, _Ranked))
                }
        finally:
            connection.close()
    snapshot = Snapshot()
    for name, about in feeds.items():
        snapshot = snapshot.with_feed(name, _feed(about, *rows.get(name, ([], 0))))
    snapshot = enable(snapshot, configured(config), config)
    now += clock_behind(snapshot)
    return Glance(
        now,
        sources_of(snapshot, now),
        snapshot.feed(FeedName.ALERTS).rows,  # type: ignore[arg-type] # decoded as these above
        len(rows[FeedName.TICKETS][0]),
        _running(rows[FeedName.TICKETS][0]),
        config.on_call.critical,
    )


def _running(rows: list[_Ranked]) -> tuple[TicketGlance, ...]:
    """The tickets with a running clock, the most overdue first."""
    due = [
        (verdict.deadline, row.ticket.id, row.ticket.subject)
        for row in rows
        if (verdict := row.verdict).kind == "due" and verdict.deadline is not None
    ]
    return tuple(TicketGlance(number, subject, deadline) for deadline, number, subject in sorted(due))


def _decoded(rows: Iterable[tuple[bytes]], kind: Any) -> tuple[list[Any], int]:
    """The rows that could be decoded, and how many could not.

    One after the other: all of their bytes at once would be twice as much to make room for.
    """
    decode = msgspec.msgpack.Decoder(kind).decode
    found: list[Any] = []
    undecodable = 0
    for (data,) in rows:
        try:
            found.append(decode(data))
        except Undecodable:
            undecodable += 1
    return found, undecodable


def _feed(about: bytes, rows: list[Any], undecodable: int) -> Feed[object]:
    try:
        return decode_about(about).feed(tuple(rows), undecodable)
    except Undecodable:
        return Feed()
