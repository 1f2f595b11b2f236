"""From a key that acts to the words at its row: what a person sees of a command, whatever the network does.

The decision is on disk before anything is shown, so the floor is the disk's own word: a commit of one row
that waits for it, in a file beside the outbox, in the same run.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

from bench.instrument import Program
from bench.report import Figure, percentile, table
from bench.setting import DEMO, FRAME_SHOWS, home, warm

POINTS = (("p50", 0.5), ("p95", 0.95))
TIMES = 40
ROWS = r"of 68"
SPARE = 20
"""More alerts than are acknowledged: some of those in the list are somebody's already."""


def _commits(count: int = 60) -> list[float]:
    """Milliseconds of each commit that outlives a power cut."""
    found = []
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(sqlite3.connect(Path(folder) / "floor.sqlite3", isolation_level=None)) as file,
    ):
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("PRAGMA synchronous=FULL")
        file.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, data BLOB)")
        for _ in range(count):
            began = time.perf_counter_ns()
            file.execute("INSERT INTO rows (data) VALUES (?)", (b"x" * 600,))
            found.append((time.perf_counter_ns() - began) / 1e6)
    return found


def _takes() -> list[float]:
    """For each of some tickets: ms from `w` to "taking" at its row."""
    found = []
    with Program(DEMO) as program:
        program.wait_for(*FRAME_SHOWS, ROWS)
        program.rest(3)
        for _ in range(TIMES):
            program.press(b"j")
            program.quiet(0.1, timeout=1)
            since = program.mark()
            pressed = time.monotonic_ns()
            program.press(b"w")
            shown = _first_with(program, since, "taking")
            if shown is not None:
                found.append((shown - pressed) / 1e6)
            program.rest(0.5)
    return found


def _acknowledgements() -> list[float]:
    """For each of some alerts, the network being gone: ms from `a` to "acknowledging" at its row."""
    found = []
    with home() as made:
        warm(made, more_alerts=TIMES + SPARE)
        with Program(made.dashboard, env=made.env) as program:
            # The services' libraries are there, and both services refuse every connection.
            program.wait_for(*FRAME_SHOWS, "no connection", timeout=40)
            program.press(b"1")
            program.rest(3)
            for _ in range(TIMES):
                program.press(b"j")
                program.quiet(0.1, timeout=1)
                since = program.mark()
                pressed = time.monotonic_ns()
                program.press(b"a")
                shown = _first_with(program, since, "acknowledging")
                if shown is not None:
                    found.append((shown - pressed) / 1e6)
                program.rest(0.5)
    return found


def _first_with(program: Program, since: int, words: str, patience: float = 0.5) -> int | None:
    """When a piece of output with these words came, in ns; None: in time none did (the ticket was mine)."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        for at, piece in program.pieces(since):
            if words in piece:
                return at
        time.sleep(0.002)
    return None


def measure() -> list[Figure]:
    """Key to words, beside the disk's own commit."""
    commits = _commits()
    return [
        Figure(name, percentile(found, share), "ms", percentile(commits, share), "50 ms")
        for what, found in (("act", _takes()), ("act, no network", _acknowledgements()))
        for name, share in ((f"{what}, key to its mark, {point}", share) for point, share in POINTS)
    ]


if __name__ == "__main__":
    print(table(measure()))
