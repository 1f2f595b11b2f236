"""A JSON object that is decoded piece by piece, so that a page of rows is never in memory as a whole.

A hundred tickets with what stands beside them are 0.2 MB of text and ten times that once decoded. Whatever a
strict decoder refuses is left to `lenient_json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from support_desk.sources.lenient_json import lenient_json

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])
_anything = msgspec.json.Decoder()
_REFUSED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Damaged(ValueError):
    """It isn't JSON. Of a piece that may be found late: the first look passes over what is in it."""


class Pieces:
    """The members of a JSON object."""

    def __init__(self, members: Mapping[str, object]) -> None:
        """`members` may be decoded already."""
        self._members = members

    def get(self, key: str) -> object:
        """The member, decoded; None if there is none. Raises `Damaged`."""
        return decoded(self._members.get(key))

    def rows(self, key: str) -> Sequence[object] | None:
        """The pieces of a member that is a list, for `decoded`; None if it is none. Raises `Damaged`."""
        member = self._members.get(key)
        if isinstance(member, msgspec.Raw):
            try:
                return _list.decode(member)
            except _REFUSED:
                member = decoded(member)
        return member if isinstance(member, list) else None


def pieces_of(body: bytes) -> Pieces | None:
    """The members of the object that a body is; None for any other JSON. Raises `Damaged`."""
    try:
        return Pieces(_object.decode(body))
    except _REFUSED:
        value = _leniently(body)
        return Pieces(value) if isinstance(value, dict) else None


def decoded(piece: object) -> object:
    """A piece's value. Raises `Damaged`."""
    if not isinstance(piece, msgspec.Raw):
        return piece
    try:
        return _anything.decode(piece)
    except _REFUSED:
        return _leniently(bytes(piece))


def whole(value: object) -> int | None:
    """A whole number; None for anything else. To Python true is one as well: the number 1."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def id_of(row: object) -> int | None:
    """The number of a decoded row; None where it isn't a row, or has none."""
    return whole(row.get("id")) if isinstance(row, dict) else None


def _leniently(body: bytes) -> object:
    try:
        return lenient_json(body, mend=True)
    except ValueError:
        raise Damaged from None
