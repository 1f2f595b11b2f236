"""The one door for text from outside.

Whatever comes off the wire or out of a file passes `clean` or `clean_block` before anything else sees it.
What comes out can't move the cursor, change the terminal, hide its reading order or break a column: each
character that is left has one fixed width, the same for Rich's table and for tmux 3.3a.

Only the standard library is used, because `support-desk status` imports this module and has 50 ms.
Unicode 14's east Asian widths and categories agree with both tables except for what `_classify` names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import NewType

CleanText = NewType("CleanText", str)
"""Text that can neither move the cursor nor break a column."""

ELLIPSIS = "…"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
CUT_HERE = "… (cut here)"
"""The last line of a block that was longer than its limit."""

BYTE_ORDER_MARK = "\ufeff"
"""What some editors put in front of a file's text, unseen; it is no part of it."""

TAB_COLUMNS = 4
MARKS_PER_BASE = 2
"""Vietnamese and decomposed Hangul need two; more is decoration that grows into the lines above."""

_STOP = "\x07\x1b\x90\x98\x9b-\x9f"
# Each payload stops at the next introducer, so that a page full of them costs one pass and not one for each.
_SEQUENCES = re.compile(
    rf"(?:\x1b[\]PX^_k]|[\x90\x98\x9d-\x9f])(?:[^{_STOP}]*(?:\x07|\x1b\\|\x9c)|[^{_STOP}\r\n]*)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
)
_MARK = "\x01"
_MARK_RUN = re.compile(rf"(?<=[^\s{_MARK}])((?:{_MARK}.){{1,{MARKS_PER_BASE}}})(?:{_MARK}.)*|(?:{_MARK}.)+")

_MOST_CACHED = 8_192
"""Enough for any desk; hostile text that walks through all of Unicode must not be remembered."""

_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
"""Flags are pairs of these; where one stands alone no two tables agree, so they become plain letters."""
_LATIN_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_JOINING_JAMO = (range(0x1161, 0x1200), range(0xD7B0, 0xD7FC))
"""Hangul vowels and finals that sink into the syllable before them."""

_DROPPED = (
    range(
        0xFE00, 0xFE10
    ),  # variation selectors and skin tones widen what precedes them in some terminals only
    range(0xE0100, 0xE01F0),
    range(0x1F3FB, 0x1F400),
    range(0x034F, 0x0350),  # the grapheme joiner and the blank letters of Hangul and Khmer show nothing
    range(0x115F, 0x1161),
    range(0x17B4, 0x17B6),
    range(0x3164, 0x3165),
    range(0xFFA0, 0xFFA1),
)

_DISPUTED = (
    range(0x2630, 0x2638),
    range(0x268A, 0x2690),
    range(0x3248, 0x3250),
    range(0x4DC0, 0x4E00),
    range(0x1D300, 0x1D380),
)
"""Trigrams, hexagrams, tallies and squared numbers: Rich, tmux 3.3a and Unicode 14 differ by one cell.

So they do for every spacing mark (category Mc), which is why Indic text shows replacement characters: its
rows would otherwise run over their neighbours.
"""


def clean(text: str, limit: int = 500) -> CleanText:
    """One line of at most `limit` characters, its blanks collapsed; "…" ends it where something was cut.

    Never raises, and cleaning twice changes nothing.
    """
    if len(text) <= limit and text.isascii() and text.isprintable() and "  " not in text:
        return CleanText(text.strip(" "))
    window = max(limit, 0) * 2 + 1_000
    cut = len(text) > window
    line = " ".join(_neutral(text[:window], _LINE).split())
    if cut or len(line) > limit:
        line = (line[: limit - 1].rstrip() + ELLIPSIS) if limit > 0 else ""
    return CleanText(line)


def clean_block(text: str, limit: int = 64_000) -> CleanText:
    """Several lines, indentation kept, of at most `limit` characters; `CUT_HERE` ends it where it was cut.

    Line ends become "\\n", tabs reach to the next fourth column, and blanks before a line's end and after
    the last line go. Never raises, and cleaning twice changes nothing.
    """
    window = max(limit, 0) * 2 + 1_000
    cut = len(text) > window
    plain = _neutral(text[:window].replace("\r\n", "\n"), _BLOCK).expandtabs(TAB_COLUMNS)
    block = _without_trailing_blanks(plain)
    if cut or len(block) > limit:
        kept = _without_trailing_blanks(block[: max(0, limit - len(CUT_HERE) - 1)])
        block = f"{kept}\n{CUT_HERE}" if kept else CUT_HERE[: max(0, limit)].rstrip()
    return CleanText(block)


def cell_width(text: str) -> int:
    """How many terminal cells cleaned text covers."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(map(_WIDTHS.__getitem__, text))


def fit(text: str, width: int) -> str:
    """Cleaned text in exactly `width` cells: padded with blanks, or cut and marked by "…".

    A wide character is never split, and a mark never parted from its base.
    """
    if width <= 0:
        return ""
    if text.isascii() and text.isprintable():
        return text.ljust(width) if len(text) <= width else text[: width - 1] + ELLIPSIS
    if not text.isprintable():
        # Cleaned text always is. What was read from a store that others can write to may not have been.
        text = clean(text)
    used = cell_width(text)
    if used > width:
        text = head(text, width - 1) + ELLIPSIS
        used = cell_width(text)
    return text + " " * (width - used)


def head(text: str, width: int) -> str:
    """The longest beginning of cleaned text that covers at most `width` cells."""
    used = 0
    for position, character in enumerate(text):
        used += _WIDTHS[character]
        if used > width:
            return text[:position]
    return text


def shortened(text: str, width: int) -> str:
    """Cleaned text in at most `width` cells, marked by "…" where something of it is left out."""
    return text if cell_width(text) <= width else head(text, width - 1).rstrip() + ELLIPSIS


def clean_url(url: str, hosts: Collection[str]) -> str | None:
    """The address if it may be shown, copied or opened, else `None`.

    It may if it is plain ASCII, names one of `hosts` ("host" for the scheme's own port, or "host:port"),
    holds no user name, and is https; http is good enough for a loopback address.
    """
    # Only people who open links pay for the parser; `status` never does.
    from urllib.parse import urlsplit

    if len(url) > _LONGEST_URL or not url.isascii() or _NOT_IN_URL.search(url):
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or "@" in parts.netloc:
        return None
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        return None
    shown = f"[{host}]" if ":" in host else host
    name = shown if port is None else f"{shown}:{port}"
    return url if name in {known.casefold() for known in hosts} else None


_LONGEST_URL = 2_000
_NOT_IN_URL = re.compile(r'[^!-~]|["<>\\^`{|}]')


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or re.fullmatch(r"127(?:\.\d{1,3}){3}", host) is not None


def _neutral(text: str, table: _Characters) -> str:
    """Without escape sequences and forbidden characters, and with bounded marks."""
    text = _SEQUENCES.sub("", text).translate(table)
    return _MARK_RUN.sub(_bounded_marks, text) if _MARK in text else text


def _bounded_marks(run: re.Match[str]) -> str:
    """The first marks of a run; none of them if there is no base to sit on."""
    return (run[1] or "").replace(_MARK, "")


def _without_trailing_blanks(block: str) -> str:
    return "\n".join(line.rstrip(" ") for line in block.split("\n")).rstrip("\n")


def _classify(code: int) -> str:
    """What stands for a character that is neither a tab nor a line end; marks are prefixed by `_MARK`."""
    character = chr(code)
    category = unicodedata.category(character)
    if category[0] == "Z":
        return " "
    if category in ("Cc", "Cf") or _among(code, _DROPPED):
        return ""
    if category in ("Cs", "Co", "Cn", "Mc") or _among(code, _DISPUTED):
        return REPLACEMENT
    if category in ("Mn", "Me") or _among(code, _JOINING_JAMO):
        return _MARK + character
    if code in _FLAG_LETTERS:
        return _LATIN_LETTERS[code - _FLAG_LETTERS.start]
    return character


def _among(code: int, ranges: tuple[range, ...]) -> bool:
    return any(code in some for some in ranges)


class _Characters(dict[int, str]):
    """A table for `str.translate` that fills itself with the characters that turn up."""

    def __missing__(self, code: int) -> str:
        stands_for = _classify(code)
        if len(self) < _MOST_CACHED:
            self[code] = stands_for
        return stands_for


class _Widths(dict[str, int]):
    """Cells per character, filled with the characters that turn up."""

    def __missing__(self, character: str) -> int:
        if unicodedata.category(character) in _ZERO_WIDTH or _among(ord(character), _JOINING_JAMO):
            cells = 0
        else:
            cells = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if len(self) < _MOST_CACHED:
            self[character] = cells
        return cells


_ZERO_WIDTH = ("Mn", "Me", "Mc", "Cc", "Cf")
_LINE = _Characters({ord(character): " " for character in "\t\n\v\f\r\x85"})
_BLOCK = _Characters(
    {ord("\t"): "\t"}
    | {ord(character): "\n" for character in "\n\v\f\r\x85\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}"}
)
_WIDTHS = _Widths()
