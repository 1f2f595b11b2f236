"""`support-desk` and `python -m support_desk`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    if sys.argv[1:2] == ["status"]:
        _answer_at_once()
    from support_desk.cli import run

    return run(sys.argv[1:])


def _answer_at_once() -> None:
    """`status` has 50 ms: 3 would go to the garbage collector and 8 to taking the interpreter apart."""
    import gc
    import os

    gc.disable()
    from support_desk.cli import run

    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
