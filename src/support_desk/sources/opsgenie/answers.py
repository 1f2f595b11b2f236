"""OpsGenie's answers: bounded and unpacked, then data, or an error that says what came instead."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from support_desk.sources.bare_pydantic import from_json
from support_desk.sources.errors import Unreadable
from support_desk.sources.json_size import has_more_values
from support_desk.sources.lenient_json import lenient_json
from support_desk.sources.moments import plausible
from support_desk.sources.opsgenie.bare_httpx import httpx
from support_desk.sources.opsgenie.faults import LOOK_IN_BETWEEN

MOST_ROWS = 5_000
"""Of one answer: each takes time on the event loop, however little is in it. Pages have a hundred."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: its JSON object, and the server's clock."""

    body: Mapping[str, object]
    server_time: datetime | None

    @property
    def data(self) -> object:
        """What was asked for; None where the answer has nothing of that name."""
        return self.body.get("data")

    def rows(self) -> list[object]:
        """`data` as a list. Raises `Unreadable`: an answer without rows isn't an answer with no rows."""
        if isinstance(self.data, list):
            if len(self.data) > MOST_ROWS:
                raise Unreadable(f"OpsGenie answered with more than {MOST_ROWS:,} rows", LOOK_IN_BETWEEN)
            return self.data
        raise Unreadable("OpsGenie answered without the list that was asked for", _TRY_LATER)

    def record(self) -> Mapping[str, object]:
        """`data` as an object. Raises `Unreadable`."""
        if isinstance(self.data, dict):
            return self.data
        raise Unreadable("OpsGenie answered without the record that was asked for", _TRY_LATER)


_TRY_LATER = "if this stays, the API has changed: look for a newer version of this program"


async def body_of(
    response: httpx.Response, limit: int, most: int, *, mend: bool = False
) -> Mapping[str, object]:
    """The answer's JSON object, of at most `limit` bytes unpacked and `most` values in it.

    With `mend` a byte that is no UTF-8 doesn't cost the whole. `Unreadable` says what it is instead.
    """
    body = await _unpacked(response, limit)
    if has_more_values(body, most):
        raise Unreadable(f"OpsGenie's answer holds more than {most:,} values", LOOK_IN_BETWEEN)
    return _parsed(body, mend)


async def _unpacked(response: httpx.Response, limit: int) -> bytes:
    """The body, unpacked here so that a small answer can't unpack into a large one unnoticed."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", "deflate"}:
        raise Unreadable("OpsGenie answered in a packing that wasn't asked for", LOOK_IN_BETWEEN)
    unpack = None if encoding == "identity" else zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    pieces: list[bytes] = []
    left = limit
    problem = ""
    async for raw in response.aiter_raw():
        if encoding == "deflate" and raw and not pieces and raw[0] & 0x0F != zlib.DEFLATED:
            # Many a server means deflate itself by it, without the head that the standard has around it.
            unpack = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        try:
            pieces.append(unpack.decompress(raw, left + 1) if unpack else raw)
        except zlib.error:
            problem = "OpsGenie's answer can't be unpacked"
            break
        left -= len(pieces[-1])
        if left < 0:
            problem = f"OpsGenie's answer is larger than {limit / 2**20:.0f} MB"
            break
    if unpack and not unpack.eof:
        problem = problem or "OpsGenie's answer ends too early"
    if problem:
        raise Unreadable(problem, LOOK_IN_BETWEEN)
    return b"".join(pieces)


def _parsed(body: bytes, mend: bool) -> Mapping[str, object]:
    problem = "OpsGenie answered with something other than a record"
    try:
        value = _value(body, mend)
        if isinstance(value, dict):
            return value
    except ValueError:
        problem = "OpsGenie's answer isn't whole or isn't JSON"
        if body.lstrip()[:1] == b"<":
            problem = "OpsGenie's address answers with a web page instead of data"
    raise Unreadable(problem, LOOK_IN_BETWEEN)


def _value(body: bytes, mend: bool) -> object:
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError:
        # Four times as fast, but it refuses a whole page for half of an emoji in one message.
        return lenient_json(body, mend=mend)


def server_time_of(response: httpx.Response) -> datetime | None:
    """The service's clock when it answered (UTC); None where it doesn't say, or nothing that can be meant."""
    try:
        at = parsedate_to_datetime(response.headers.get("Date", ""))
        return plausible(at.replace(tzinfo=UTC) if at.tzinfo is None else at)
    except ValueError:
        return None
