"""Intents and receipts as bytes: a command under its name, and everything else as plain values."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from support_desk.domain.commands import COMMANDS, Command, kind_of
from support_desk.domain.intents import FieldDifference, Intent, Receipt, Seen, Target, Verdict

Undecodable = (msgspec.MsgspecError, ValueError, KeyError, TypeError)
"""What decoding raises for bytes of another version, or damaged ones."""


class _Command(msgspec.Struct, array_like=True):
    kind: str
    data: bytes


class _Intent(msgspec.Struct):
    id: str
    target: tuple[str, str]
    title: str
    command: _Command
    seen: Seen
    by: str
    at: datetime
    batch: str = ""
    undoes: str = ""
    whole: _Command | None = None
    before: Seen | None = None
    taken: str = ""
    """The entry's. It came after the file was made: here, a version that doesn't know it reads on."""


class _Receipt(msgspec.Struct):
    verdict: Verdict
    words: str
    remedy: str = ""
    evidence: tuple[str, ...] = ()
    differences: tuple[FieldDifference, ...] = ()
    comments: tuple[str, ...] = ()
    remaining: _Command | None = None
    seen: Seen | None = None
    paged: bool = False
    before_us: bool = False


_encoder = msgspec.msgpack.Encoder()


@cache
def _decoder(wanted: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(wanted)


def _packed(command: Command) -> _Command:
    return _Command(kind_of(command), _encoder.encode(command))


def _unpacked(packed: _Command) -> Command:
    wanted: Any = COMMANDS[packed.kind]
    command: Command = _decoder(wanted).decode(packed.data)
    return command


def encode_intent(intent: Intent, taken: str = "") -> bytes:
    """An intent as bytes, and the id under which the service works it off."""
    return _encoder.encode(
        _Intent(
            intent.id,
            (intent.target.kind, intent.target.id),
            intent.title,
            _packed(intent.command),
            intent.seen,
            intent.by,
            intent.at,
            intent.batch,
            intent.undoes,
            _packed(intent.whole) if intent.whole is not None else None,
            intent.before,
            taken,
        )
    )


def decode_intent(data: bytes) -> Intent:
    """Raises one of `Undecodable`."""
    kept: _Intent = _decoder(_Intent).decode(data)
    return Intent(
        kept.id,
        Target(*kept.target),
        kept.title,
        _unpacked(kept.command),
        kept.seen,
        kept.by,
        kept.at,
        kept.batch,
        kept.undoes,
        _unpacked(kept.whole) if kept.whole is not None else None,
        kept.before,
    )


def decode_taken(data: bytes) -> str:
    """The id that an intent's bytes hold besides. Raises one of `Undecodable`."""
    kept: _Intent = _decoder(_Intent).decode(data)
    return kept.taken


def encode_receipt(receipt: Receipt | None) -> bytes | None:
    """A receipt as bytes, without the rows in it: those are the readings' business."""
    if receipt is None:
        return None
    return _encoder.encode(
        _Receipt(
            receipt.verdict,
            receipt.words,
            receipt.remedy,
            receipt.evidence,
            receipt.differences,
            receipt.comments,
            _packed(receipt.remaining) if receipt.remaining is not None else None,
            receipt.seen,
            receipt.paged,
            receipt.before_us,
        )
    )


def decode_receipt(data: bytes | None) -> Receipt | None:
    """Raises one of `Undecodable`."""
    if data is None:
        return None
    kept: _Receipt = _decoder(_Receipt).decode(data)
    return Receipt(
        kept.verdict,
        kept.words,
        kept.remedy,
        kept.evidence,
        differences=kept.differences,
        comments=kept.comments,
        remaining=_unpacked(kept.remaining) if kept.remaining is not None else None,
        seen=kept.seen,
        paged=kept.paged,
        before_us=kept.before_us,
    )
