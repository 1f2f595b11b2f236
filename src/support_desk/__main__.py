"""`support-desk` and `python -m support_desk`."""

from __future__ import annotations

import os
import sys

from support_desk.spared import before_anything, before_status


def main() -> int:
    """Run the command line; returns the exit code."""
    import gc

    # Until the first frame, or the answer, everything that is made is also needed; `DeskApp` enables it.
    gc.disable()
    before_anything()
    if sys.argv[1:2] == ["status"]:
        _answer_at_once()
    from support_desk.cli import run

    return run(sys.argv[1:])


def _answer_at_once() -> None:
    """`status` has 50 ms: 8 would go to taking the interpreter apart."""
    before_status()
    from support_desk.cli import run

    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
