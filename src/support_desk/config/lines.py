"""On which lines of its file a key stands: asked only when there is a mistake to name.

`tomllib` doesn't tell. But a text that is cut behind a line is TOML only where the cut goes through no value,
and the first such part that has the key ends with it, whatever brackets and quotation marks stand around.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from typing import Any

_PART = re.compile(r'(?:"(?P<quoted>[^"]*)"|(?P<bare>[\w-]+))(?:#(?P<number>\d+))?(?:\.|$)')
_BEGINS = re.compile(r"\s*(?:$|[#\[]|[^\s{].*=)")
"""A line before which a value may have ended: one within a list mostly isn't."""
_MOST = 100_000
"""Characters: to read more of them a few dozen times takes too long."""


class Lines:
    """Where things stand in a text that is TOML."""

    def __init__(self, text: str) -> None:
        # Each with its end: the first half of a line's "\\r\\n" alone is no TOML.
        self._lines = [f"{line}\n" for line in text.split("\n")] if len(text) <= _MOST else []
        self._read = cache(self._read_to)

    def of(self, key: str) -> str:
        """Such as `line 3` or `lines 3 to 5`, for a key as mistakes have it; empty where it isn't certain.

        What isn't there is missing from the table around it: the table's line is meant.
        """
        parts = list(_parts(key))
        if not key.endswith('"') and not self._has(parts, len(self._lines)):
            # In quotation marks it may be there under a name that is shown in another way.
            parts.pop()
        if not parts or not self._has(parts, len(self._lines)):
            return ""
        last = bisect_left(range(len(self._lines)), True, key=lambda count: self._has(parts, count))
        first = next(count for count in range(last - 1, -1, -1) if self._read(count) is not None) + 1
        return f"line {last}" if first == last else f"lines {first} to {last}"

    def _has(self, parts: list[str | int], count: int) -> bool:
        """Whether the longest readable part of the first `count` lines has this key."""
        found: Any = next(data for upto in range(count, -1, -1) if (data := self._read(upto)) is not None)
        for part in parts:
            try:
                found = found[part]
            except (KeyError, IndexError, TypeError):
                return False
        return True

    def _read_to(self, count: int) -> dict[str, Any] | None:
        """What the first `count` lines say; None where they end within a value."""
        if count < len(self._lines) and not _BEGINS.match(self._lines[count]):
            return None
        try:
            return tomllib.loads("".join(self._lines[:count]))
        except tomllib.TOMLDecodeError:
            return None


def _parts(key: str) -> Iterator[str | int]:
    at = 0
    while at < len(key):
        match = _PART.match(key, at)
        if match is None:
            # Not as mistakes write it: no table has this one.
            yield -1
            return
        yield match["bare"] or match["quoted"]
        if match["number"]:
            yield int(match["number"]) - 1
        at = match.end()
