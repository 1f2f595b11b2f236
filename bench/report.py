"""Figures beside their floors, as lines of one table."""

from __future__ import annotations

import importlib
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing. The bar is what was promised; nothing here passes or fails by it."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    """The same thing of the floor, measured in the same run; None where nothing comparable exists."""
    bar: str = ""
    against: str = ""
    """How the floor counts: `times` or `above`; empty: not at all."""

    def cells(self) -> tuple[str, ...]:
        floor = "" if self.floor is None else _plain(self.floor)
        return (self.name, f"{_plain(self.value)} {self.unit}", floor, self._compared(), self.bar)

    def _compared(self) -> str:
        if self.floor is None or not self.against:
            return ""
        if self.against == "times":
            return f"{self.value / self.floor:.2f} x" if self.floor else ""
        return f"{self.value - self.floor:+.1f} {self.unit}"


def measured(script: str) -> list[Figure]:
    """The figures of one script of this folder."""
    figures: list[Figure] = importlib.import_module(f"bench.{script}").measure()
    return figures


def table(figures: Iterable[Figure]) -> str:
    """The figures as a table that reads well as text and as Markdown."""
    rows = [("figure", "measured", "floor", "compared", "bar"), *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], _line(["-" * width for width in widths], widths), *lines[1:]])


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values don't exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
