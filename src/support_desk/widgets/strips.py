"""Lines that cost little: a screen is drawn from hundreds, and most are seen once."""

from __future__ import annotations

from typing import Any

from rich.segment import Segment
from textual.strip import Strip


class Line(Strip):
    """A strip whose seven caches are made when the first of them is asked for.

    Textual asks when it cuts or colours a line itself, as in a frame that is drawn whole. What a tick draws
    is written and forgotten without.
    """

    __slots__ = ()

    def __init__(self, segments: list[Segment], cell_length: int) -> None:
        self._segments, self._cell_length = segments, cell_length

    def __getattr__(self, name: str) -> Any:
        if name not in Strip.__slots__:
            raise AttributeError(name)
        super().__init__(self._segments, self._cell_length)
        return getattr(self, name)
