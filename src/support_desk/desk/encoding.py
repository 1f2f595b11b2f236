"""Rows as bytes: the domain's own dataclasses in MessagePack, one blob a row."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from support_desk.desk.snapshot import FeedName
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

_keys = msgspec.msgpack.Decoder(tuple[str, ...])


def encode(value: object) -> bytes:
    """A row, an `About` or a tuple of keys as bytes."""
    return _encoder.encode(value)


def decode_keys(data: bytes) -> tuple[str, ...]:
    """Raises `Undecodable`."""
    return _keys.decode(data)


@cache
def row_decoder(name: FeedName) -> msgspec.msgpack.Decoder[Any]:
    """The decoder of a feed's rows; made when first needed because making all of them takes a while."""
    return msgspec.msgpack.Decoder(_ROWS[name])
