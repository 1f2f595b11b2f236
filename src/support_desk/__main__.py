"""`support-desk` and `python -m support_desk`."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType


def main() -> int:
    """Run the command line; returns the exit code."""
    import gc

    # Until the first frame, or the answer, everything that is made is also needed; `DeskApp` enables it.
    gc.disable()
    if sys.argv[1:2] == ["status"]:
        _answer_at_once()
    from support_desk.cli import run

    return run(sys.argv[1:])


def _answer_at_once() -> None:
    """`status` has 50 ms: 8 would go to taking the interpreter apart."""
    import os

    _leave_out()
    from support_desk.cli import run

    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


def _leave_out() -> None:
    """Spare `status` two modules that others ask for and it has no use for: a fifth of its time.

    msgspec takes from typing_extensions what `typing` has as well, and does without where it isn't installed.
    `dataclasses` asks inspect for signatures, which nobody reads.
    """
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]  # as if it weren't installed
    sys.modules.setdefault("inspect", _Later("inspect"))


class _Later(ModuleType):
    """Stands in for a module until somebody wants something of it."""

    def __getattr__(self, name: str) -> object:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


if __name__ == "__main__":
    sys.exit(main())
