"""Piece by piece an object is what it is as a whole, whatever has happened to its bytes."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support_desk.sources.json_pieces import Damaged, Pieces, decoded, pieces_of
from support_desk.sources.json_size import has_more_values
from support_desk.sources.lenient_json import lenient_json

KEYS = ("results", "users", "count", "é")
CHARACTERS = st.sampled_from('aZ09 "\\/{}[]:,-.\0\n\x1f\x7f\x80é߿ࠀ€\ufeff\uffff😀\U0010ffff')
"""What means something to JSON, and the ends of what UTF-8 writes alike; listing all takes a second."""
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(CHARACTERS, max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(CHARACTERS, max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4)


def taken_apart(body: bytes) -> object:
    """Every member and every row, each decoded by itself."""
    pieces = pieces_of(body)
    if pieces is None:
        return "no object"
    found: dict[str, Any] = {}
    for key in KEYS:
        rows = pieces.rows(key)
        found[key] = pieces.get(key) if rows is None else [decoded(row) for row in rows]
    return found


def as_a_whole(body: bytes) -> object:
    value = lenient_json(body, mend=True)
    return {key: value.get(key) for key in KEYS} if isinstance(value, dict) else "no object"


def same(body: bytes) -> bool:
    try:
        whole = repr(as_a_whole(body))
    except ValueError:
        # What is wrong may lie in a member that isn't asked for here.
        with suppress(Damaged):
            taken_apart(body)
        return True
    return repr(taken_apart(body)) == whole


@given(OBJECTS, st.booleans())
def test_pieces_are_the_whole(value: dict[str, Any], ascii_only: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    try:
        assert repr(taken_apart(body)) == repr({key: value.get(key) for key in KEYS})
    except Damaged:
        assert not ascii_only, "half a character that is written out isn't UTF-8"


@given(OBJECTS, st.integers(0, 400), st.binary(max_size=3))
@example({"results": [1]}, 13, b"NaN")
@example({"results": ["a"]}, 14, b"\\ud83d")
@example({"results": [1, 2]}, 12, b"\xff")
@example({"results": ["a"]}, 14, b"\xff")
def test_damaged_pieces_are_the_damaged_whole(value: dict[str, Any], place: int, damage: bytes) -> None:
    body = json.dumps(value).encode()
    place %= len(body)
    assert same(body[:place] + damage + body[place + 1 :])


@pytest.mark.parametrize(
    "body",
    [
        b'{"results": [NaN, 1], "count": Infinity}',
        b'{"results": ["\\ud83d"]}',
        b'{"results": [1e999, -0, 1E400]}',
        b'{"results": [%s]}' % (b"9" * 5_000),
        b'{"count": 18446744073709551616}',
        b'{"count": 1, "count": 2}',
        b'\xef\xbb\xbf{"count": 1}',
        '{"é": "é"}'.encode("utf-16"),
        b"[]",
        b"7",
    ],
)
def test_what_strict_decoders_refuse_is_read_as_before(body: bytes) -> None:
    assert repr(taken_apart(body)) == repr(as_a_whole(body))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"results": [1,}',
        b'{"results": [1]} x',
        b'{"results": [\xff]}',
        b'{"results": [{"a" 1}]}',
        b'{"results": [01]}',
        b'{"results": ["\n"]}',
        b'{"results": %s' % (b"[" * 200_000),
        b'{"results": %s%s}' % (b"[" * 200_000, b"]" * 200_000),
    ],
)
def test_what_is_no_json_is_said_to_be_damaged(body: bytes) -> None:
    with pytest.raises(Damaged):
        taken_apart(body)


def test_a_member_that_nobody_asks_for_may_be_anything() -> None:
    pieces = pieces_of(b'{"facets": "\xff", "count": 3, "results": {}}')
    assert pieces is not None
    assert (pieces.get("count"), pieces.get("nothing"), pieces.rows("results")) == (3, None, None)


def test_values_that_are_there_already_are_pieces_too() -> None:
    rows = Pieces({"results": [{"id": 1}]}).rows("results")
    assert rows is not None
    assert [decoded(row) for row in rows] == [{"id": 1}]


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (b'{"a": [1, 2], "b": {}}', 5),
        (b'{"a": "[{,,,", "b": "\\", [,"}', 2),
        (b'["not closed, [', 3),
        (b"", 0),
    ],
)
def test_values_are_counted_whatever_the_texts_between_them_hold(body: bytes, values: int) -> None:
    assert not has_more_values(body, values)
    assert not values or has_more_values(body, values - 1)
