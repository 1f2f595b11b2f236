"""Modules that others import at once and that nothing needs yet: each is loaded when it is first wanted.

`status` has 50 ms and the first frame 1.3 times an empty program's. A stand-in is found in a module's place,
and gives way to the module itself as soon as anything is asked of it. What has been imported stays.
"""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType

_SPARED = ("msgspec.inspect", "msgspec.toml", "msgspec.yaml", "ipaddress")
"""What msgspec and `urllib.parse` import and this program hardly uses."""

_Known = Mapping[str, object]

_giving_way = allocate_lock()
"""Another thread must not take the module itself away."""


def before_status() -> None:
    """To be called before msgspec is imported: a fifth of the time that `status` takes."""
    # msgspec takes from it what `typing` has as well, and does without where it isn't installed.
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]
    # `dataclasses` wants two of them for signatures and copies that nobody asks for, msgspec the third.
    _spare({**_usual(), "inspect": {}, "copy": {}, "textwrap": {}})


def before_the_dashboard() -> None:
    """To be called before Textual and asyncio are imported: half of what is spared is OpenSSL."""
    _spare({**_usual(), "ssl": {}, "asyncio.sslproto": {}})
    from textual._types import IgnoreReturnCallbackType

    # Textual's palette takes one type from a module that imports four kinds of widgets to name theirs.
    _spare({"textual.types": {"IgnoreReturnCallbackType": IgnoreReturnCallbackType}})


def _usual() -> dict[str, _Known]:
    # uuid asks for the system's name as soon as it is imported.
    return {**{name: {} for name in _SPARED}, "platform": {"system": lambda: os.uname().sysname}}


def _spare(modules: Mapping[str, _Known]) -> None:
    sys.meta_path.insert(0, _StandIns(modules))


class _Later(ModuleType):
    """Stands in for a module until somebody wants more of it than is known."""

    def __getattr__(self, name: str) -> object:
        if name == "__path__":
            # Python asks, at `from module import`, whether it is a package. None of them is.
            raise AttributeError(name)
        with _giving_way:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


class _StandIns:
    """Finds a stand-in for each of these modules, once."""

    def __init__(self, modules: Mapping[str, _Known]) -> None:
        self._waiting = dict(modules)

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        known = self._waiting.pop(name, None)
        if known is None:
            return None
        # A real loader's base class, `importlib.abc.Loader`, would take a millisecond.
        return ModuleSpec(name, self, loader_state=known)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = _Later(spec.name)
        vars(module).update(spec.loader_state)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run yet."""
