"""Somebody's words in Markdown: they mark nothing up; and lists that end before they are too long to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from support_desk.text import clean

MOST = 12
"""Rows of a section; the rest is counted."""

LONGEST = 8_000
"""Characters of somebody's words; a store may be written by others, so they are cleaned once more."""

_SPECIAL = re.compile(r"[\\`*\[\]<>|~]|(?<![^\W_])_|_(?![^\W_])")
"""What marks something up; an underscore between letters or digits doesn't."""

_BLOCK = re.compile(r"^(\d*)(?=(?:#{1,6}|[-+]|(?<=\d)[.)])(?:\s|$))")
"""Where words begin as a heading or an item of a list does."""


def plain(text: str | None) -> str:
    """Somebody's words in a line of Markdown: they mark nothing up, make no link and begin no block."""
    return _BLOCK.sub(r"\1\\", _SPECIAL.sub(r"\\\g<0>", clean(text or "", LONGEST)))


def code(text: str) -> str:
    """The same for what stands between backquotes."""
    return clean(text, LONGEST).replace("`", "'")


def listed(names: Sequence[str], most: int = MOST) -> str:
    """Names in a line, of many the first ones: "a, b and 3 more"."""
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left} more" if left > 0 else "")


def capped(rows: Iterable[str], *, most: int = MOST, more: str = "more") -> list[str]:
    """The first rows of a list, and how many more there are."""
    found = list(rows)
    left = len(found) - most
    return [*found[:most], f"- and {left} {more}"] if left > 0 else found
