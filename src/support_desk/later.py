"""Modules that others import at once and that nothing needs yet: each is loaded when it is first wanted.

A stand-in is found in a module's place, and gives way to the module itself as soon as more is asked of it
than is known. What has been imported stays. Who imports a library says what can wait:
`spared.py` for a start, the doors in `sources/` for the services' libraries.
"""

from __future__ import annotations

import sys
from _thread import allocate_lock
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Known = Mapping[str, object]
"""What a stand-in has of its module before that is loaded, by name."""

ALL_NAMES: Known = {"_all_names": True}
"""Whatever is asked of the module is a `LaterName`. Not where exceptions are: `except` takes no stand-ins."""

_giving_way = allocate_lock()
"""Another thread must not take the module itself away."""


def spare(modules: Mapping[str, Known]) -> None:
    """From now on each of these modules is loaded when more of it than what is known is wanted, not before.

    None of them may be a package whose submodules are imported before it is wanted itself.
    """
    if _stand_ins not in sys.meta_path:
        sys.meta_path.insert(0, _stand_ins)
    _stand_ins.wait_for(modules)


class LaterName:
    """A spared module's function or class, which may be known: its module is imported when it is used.

    It can be called, asked for its attributes, and a class for its instances and to be subclassed.
    """

    def __init__(self, module: str, name: str) -> None:
        self._later = (module, name)

    def _it(self) -> Any:
        module, name = self._later
        return getattr(_real(module), name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._it()(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._it(), name)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self._it())

    def __subclasscheck__(self, subclass: type) -> bool:
        return issubclass(subclass, self._it())

    def __mro_entries__(self, _bases: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self._it(),)


class LaterMapping(Mapping[Any, Any]):
    """A spared module's mapping, which may be known and imports its module when something is looked up."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def _mapping(self) -> Mapping[Any, Any]:
        found: Mapping[Any, Any] = getattr(_real(self._module), self._name)
        return found

    def __getitem__(self, key: object) -> Any:
        return self._mapping()[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._mapping())

    def __len__(self) -> int:
        return len(self._mapping())


class _Later(ModuleType):
    """Stands in for a module until somebody wants more of it than is known."""

    def __getattr__(self, name: str) -> object:
        if name == "__path__":
            # Python asks, at `from module import`, whether it is a package.
            raise AttributeError(name)
        if "_all_names" in vars(self) and not name.startswith("_"):
            return LaterName(self.__name__, name)
        return getattr(_real(self.__name__), name)


def _real(name: str) -> ModuleType:
    """The module itself; its stand-in is gone afterwards."""
    with _giving_way:
        if isinstance(sys.modules.get(name), _Later):
            del sys.modules[name]
    return import_module(name)


class _StandIns:
    """Finds a stand-in for each of these modules, once."""

    def __init__(self) -> None:
        self._waiting: dict[str, Known] = {}

    def wait_for(self, modules: Mapping[str, Known]) -> None:
        """A module that has been imported already is what it is."""
        self._waiting.update((name, known) for name, known in modules.items() if name not in sys.modules)

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


_stand_ins = _StandIns()
