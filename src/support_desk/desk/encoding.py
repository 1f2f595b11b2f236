"""Rows as bytes: the domain's own dataclasses in MessagePack, one blob a row."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec

from support_desk.desk.snapshot import Feed, FeedName, Problem
from support_desk.domain.alerts import Alert, EscalationPolicy
from support_desk.domain.rota import OnCall, Person, Rota
from support_desk.domain.runbooks import Runbook
from support_desk.domain.sla import Ranked
from support_desk.domain.tickets import SuspendedTicket

_ROWS: dict[FeedName, type[Any]] = {
    FeedName.ALERTS: Alert,
    FeedName.POLICIES: EscalationPolicy,
    FeedName.ON_CALL: OnCall,
    FeedName.ROTA: Rota,
    FeedName.PEOPLE: Person,
    FeedName.TICKETS: Ranked,
    FeedName.SUSPENDED: SuspendedTicket,
    FeedName.RUNBOOKS: Runbook,
}

_encoder = msgspec.msgpack.Encoder()

Undecodable = msgspec.MsgspecError
"""Raised by the decoders for bytes that aren't what they should be, such as rows of an older version."""


class About(msgspec.Struct, frozen=True, array_like=True):
    """Everything about a feed but its rows."""

    read_at: datetime | None
    complete: bool
    rejected: int
    notes: tuple[str, ...]
    problem: Problem | None
    failing_since: datetime | None
    interval: timedelta

    @classmethod
    def of(cls, feed: Feed[object]) -> About:
        return cls(
            feed.read_at,
            feed.complete,
            feed.rejected,
            feed.notes,
            feed.problem,
            feed.failing_since,
            feed.interval,
        )

    def feed(self, rows: tuple[object, ...], undecodable: int) -> Feed[object]:
        """The feed again; rows that couldn't be decoded count as rejected."""
        return Feed(
            rows=rows,
            read_at=self.read_at,
            complete=self.complete,
            rejected=self.rejected + undecodable,
            notes=self.notes,
            problem=self.problem,
            failing_since=self.failing_since,
            interval=self.interval,
        )


_about = msgspec.msgpack.Decoder(About)
_keys = msgspec.msgpack.Decoder(tuple[str, ...])


def encode(value: object) -> bytes:
    """A row, an `About` or a tuple of keys as bytes."""
    return _encoder.encode(value)


def decode_about(data: bytes) -> About:
    """Raises `Undecodable`."""
    return _about.decode(data)


def decode_keys(data: bytes) -> tuple[str, ...]:
    """Raises `Undecodable`."""
    return _keys.decode(data)


@cache
def row_decoder(name: FeedName) -> msgspec.msgpack.Decoder[Any]:
    """The decoder of a feed's rows; made when first needed because making all of them takes a while."""
    return msgspec.msgpack.Decoder(_ROWS[name])
