"""Everything, in one table: `bench/run`, or `bench/run first_frame keys` for some of it."""

from __future__ import annotations

import compileall
import importlib
import os
import platform
import sys

from bench.report import Figure, table
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
        figures += importlib.import_module(f"bench.{name}").measure()
    print(table(figures))


if __name__ == "__main__":
    main()
