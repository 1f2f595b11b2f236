"""Runs of styled text, broken into lines and fitted into table columns by terminal cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from support_desk.text import cell_width, head

Run = tuple[str, str, int]
"""Cleaned text, its style, and the index of the link it belongs to or `NO_LINK`."""

NO_LINK = -1
BREAK: Run = ("\n", "", NO_LINK)
"""A line break that the author asked for."""

NARROWEST = 4
"""Below this many cells nothing is laid out: a wide character and its neighbours need room."""

_SEPARATOR: Run = (" │ ", "rule", NO_LINK)
_SEPARATOR_CELLS = 3
_NARROWEST_COLUMN = 6
_PIECES = re.compile(r" +|[^ ]+")


def wrap(runs: Iterable[Run], width: int) -> list[list[Run]]:
    """Lines of at most `width` cells; breaks between words, and inside a word that is wider than a line."""
    paragraph = _Paragraph(max(width, NARROWEST))
    for run in runs:
        if run is BREAK:
            paragraph.end_line()
        else:
            paragraph.add(run)
    return paragraph.finish()


def width_of(runs: Iterable[Run]) -> int:
    """Cells that the runs cover on one line."""
    return sum(cell_width(text) for text, _, _ in runs)


class _Paragraph:
    """Words collected until they are known to fit."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._lines: list[list[Run]] = []
        self._line: list[Run] = []
        self._used = 0
        self._word: list[Run] = []
        self._word_width = 0
        self._gap: Run | None = None

    def add(self, run: Run) -> None:
        text, style, link = run
        for piece in _PIECES.findall(text):
            if piece[0] == " ":
                self._place()
                self._gap = (" ", style, link)
            else:
                self._word.append((piece, style, link))
                self._word_width += cell_width(piece)

    def end_line(self) -> None:
        self._place()
        self._lines.append(self._line)
        self._line, self._used, self._gap = [], 0, None

    def finish(self) -> list[list[Run]]:
        self._place()
        if self._line:
            self._lines.append(self._line)
        return self._lines

    def _place(self) -> None:
        """Put the word on this line, or on the next."""
        if not self._word:
            return
        gap = self._gap if self._line else None
        if self._used + bool(gap) + self._word_width <= self._width:
            if gap:
                self._append(*gap, 1)
            for text, style, link in self._word:
                self._append(text, style, link, cell_width(text))
        else:
            if self._line:
                self._lines.append(self._line)
                self._line, self._used = [], 0
            self._break_word()
        self._word, self._word_width, self._gap = [], 0, None

    def _break_word(self) -> None:
        """Put a word at the start of a line and on as many more as it needs."""
        for text, style, link in self._word:
            rest = text
            while rest:
                part = head(rest, self._width - self._used)
                if not part:
                    self._lines.append(self._line)
                    self._line, self._used = [], 0
                    continue
                self._append(part, style, link, cell_width(part))
                rest = rest[len(part) :]

    def _append(self, text: str, style: str, link: int, cells: int) -> None:
        line = self._line
        if line and line[-1][1] == style and line[-1][2] == link:
            line[-1] = (line[-1][0] + text, style, link)
        else:
            line.append((text, style, link))
        self._used += cells


def column_widths(natural: Sequence[int], room: int) -> list[int] | None:
    """Widths for columns that would like `natural` cells, or `None` if they don't fit beside each other.

    Narrow columns keep what they need; wide ones share what is left.
    """
    room -= _SEPARATOR_CELLS * (len(natural) - 1)
    if sum(natural) <= room:
        return list(natural)
    if room < _NARROWEST_COLUMN * len(natural):
        return None
    widths = [0] * len(natural)
    for taken, column in enumerate(sorted(range(len(natural)), key=natural.__getitem__)):
        widths[column] = min(natural[column], room // (len(natural) - taken))
        room -= widths[column]
    return widths


def table_row(
    cells: Sequence[Sequence[Run]], widths: Sequence[int], alignments: Sequence[str]
) -> list[list[Run]]:
    """The lines of a row; `alignments` are "", "left", "center" or "right"."""
    columns = [wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines: list[list[Run]] = []
    for y in range(max((len(column) for column in columns), default=0)):
        line: list[Run] = []
        for column, width, alignment in zip(columns, widths, alignments, strict=True):
            runs = column[y] if y < len(column) else []
            spare = max(0, width - width_of(runs))
            before = {"right": spare, "center": spare // 2}.get(alignment, 0)
            if line:
                line.append(_SEPARATOR)
            line += _blank(before) + runs + _blank(spare - before)
        lines.append(line)
    return lines


def table_rule(widths: Sequence[int]) -> list[Run]:
    """The line under a table's head."""
    return [("─┼─".join("─" * width for width in widths), "rule", NO_LINK)]


def _blank(cells: int) -> list[Run]:
    return [(" " * cells, "text", NO_LINK)] if cells else []
