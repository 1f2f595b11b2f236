"""JSON that strict parsers refuse because of one value in it, so that one bad row costs only itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

_LOST = re.compile("[\udc80-\udcff]")
_MOST_DIGITS = 19
"""Of a number that is taken over where others are too long: those of a 64-bit one."""


class LostBytes(ValueError):
    """Text that is compared or sent back isn't all there."""


def has_lost_bytes(text: str) -> bool:
    """Whether some of its bytes were no characters of UTF-8. `clean` shows U+FFFD for each."""
    return not text.isascii() and _LOST.search(text) is not None


def sure(value: object) -> object:
    """The value. Raises `LostBytes` for text with bytes that were no characters: what it is, nobody knows."""
    if isinstance(value, str) and has_lost_bytes(value):
        raise LostBytes("bytes of it are no characters")
    return value


def lenient_json(body: bytes, *, mend: bool = False) -> object:
    """The value of a JSON body. Raises `ValueError` if it isn't JSON, or nested too deeply to be read.

    NaN, infinities and numbers of thousands of digits become None, the wire's word for "not there". Half
    of a surrogate pair (a service cut a message in the middle of an emoji) stays in the text, for `clean`.
    With `mend` so does a byte that is no UTF-8, for `has_lost_bytes`; else it refuses the whole.
    """
    try:
        return _loaded(body)
    except UnicodeDecodeError:
        if not mend:
            raise
    return _loaded(body.decode("utf-8-sig", "surrogateescape"), object_pairs_hook=_known_by_its_keys)


def _known_by_its_keys(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """An object; nothing of a row with a key that can't be read, which is refused then."""
    found = dict(pairs)
    return {} if "id" in found and any(map(has_lost_bytes, found)) else found


def _loaded(body: bytes | str, **how: Any) -> object:
    try:
        return json.loads(body, parse_constant=_nothing, **how)
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError:
        # Python refuses numbers of more than 4,300 digits; looking at each takes longer.
        return json.loads(body, parse_constant=_nothing, parse_int=_whole, **how)


def _nothing(_: str) -> None:
    return None


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits.lstrip("-")) <= _MOST_DIGITS else None
