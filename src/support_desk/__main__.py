"""`support-desk` and `python -m support_desk`."""

from __future__ import annotations

import os
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
    _leave_out()
    from support_desk.cli import run

    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


_UNUSED = ("inspect", "copy", "textwrap", "ipaddress", "msgspec.inspect", "msgspec.yaml", "msgspec.toml")
"""What `dataclasses`, msgspec and `urllib.parse` import and use for nothing that `status` does."""


def _leave_out() -> None:
    """Spare `status` the modules that others ask for and it has no use for: a fifth of its time."""
    # msgspec takes from it what `typing` has as well, and does without where it isn't installed.
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]
    for name in _UNUSED:
        sys.modules.setdefault(name, _Later(name))
    # uuid asks it for the system's name as soon as it is imported.
    sys.modules.setdefault("platform", _Later("platform", system=lambda: os.uname().sysname))


class _Later(ModuleType):
    """Stands in for a module until somebody wants more of it than is `known`."""

    def __init__(self, name: str, **known: object) -> None:
        super().__init__(name)
        vars(self).update(known)

    def __getattr__(self, name: str) -> object:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


if __name__ == "__main__":
    sys.exit(main())
