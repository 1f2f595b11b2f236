"""`support-desk status` for a status bar, beside an interpreter that does nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence

from bench.instrument import child_environment
from bench.report import Figure, median, table
from bench.setting import PROGRAM, home, warm

RUNS = 40


def _timed(command: Sequence[str], env: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return (time.perf_counter() - began) * 1000


def measure(runs: int = RUNS) -> list[Figure]:
    """Medians of whole runs, from start to exit, in turn; the first of each warms up."""
    ours, floor = [], []
    with home() as made:
        warm(made)
        env = child_environment(made.env)
        for run in range(runs + 1):
            nothing = _timed([sys.executable, "-c", "pass"], env)
            status = _timed([PROGRAM, "status"], env)
            if run:
                floor.append(nothing)
                ours.append(status)
    return [Figure("status, 2,000 tickets stored", median(ours), "ms", median(floor), "50 ms above", "above")]


if __name__ == "__main__":
    print(table(measure()))
