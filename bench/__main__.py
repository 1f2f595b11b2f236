"""Everything, in one table: `bench/run`, or `bench/run first_frame keys` for some of it."""

from __future__ import annotations

import compileall
import multiprocessing
import os
import platform
import sys
from concurrent.futures import ProcessPoolExecutor

from bench.report import Figure, measured, table
from bench.setting import REPOSITORY

SCRIPTS = ("first_frame", "keys", "acting", "tick", "idle", "memory", "parse", "status")


def main() -> None:
    wanted = sys.argv[1:] or SCRIPTS
    unknown = set(wanted) - set(SCRIPTS)
    if unknown:
        sys.exit(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(SCRIPTS)}")
    compileall.compile_dir(REPOSITORY / "src", quiet=1)
    load = os.getloadavg()[0]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load before the start {load:.2f}\n")
    figures: list[Figure] = []
    for name in wanted:
        print(f"{name} ...", file=sys.stderr)
        # Each in a process of its own: what one has imported, the next one's programs would share.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
            figures += apart.submit(measured, name).result()
    print(table(figures))


if __name__ == "__main__":
    main()
