"""JSON that strict parsers refuse because of one value in it, so that one bad row costs only itself."""

from __future__ import annotations

import json

_MOST_DIGITS = 19
"""Of a number that is taken over where others are too long: those of a 64-bit one."""


def lenient_json(body: bytes) -> object:
    """The value of a JSON body. Raises `ValueError` if it isn't JSON, or nested too deeply to be read.

    NaN, infinities and numbers of thousands of digits become None, the wire's word for "not there". Half
    of a surrogate pair (a service cut a message in the middle of an emoji) stays in the text, for `clean`.
    """
    try:
        return json.loads(body, parse_constant=_nothing)
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError:
        # Python refuses numbers of more than 4,300 digits; looking at each takes longer.
        return json.loads(body, parse_constant=_nothing, parse_int=_whole)


def _nothing(_: str) -> None:
    return None


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits.lstrip("-")) <= _MOST_DIGITS else None
