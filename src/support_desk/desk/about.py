"""What the store keeps of a feed beside its rows; `status` reads this without knowing the domain."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from support_desk.desk.snapshot import Feed, Problem

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
    clock_off: timedelta = timedelta(0)
    """Older stores don't have it."""

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
            feed.clock_off,
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
            clock_off=self.clock_off,
        )


_decoder = msgspec.msgpack.Decoder(About)


def decode_about(data: bytes) -> About:
    """Raises `Undecodable`."""
    return _decoder.decode(data)
