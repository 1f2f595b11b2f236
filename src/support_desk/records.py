"""`record`: a frozen, slotted dataclass that costs a tenth of one at import.

`dataclasses` compiles six functions for every such class, 0.4 ms each time; eighty classes take longer than
everything else that this program may do before its first frame. A record has the same fields, works with
`dataclasses.replace` and with msgspec, and compares, hashes and prints alike. Its methods are shared, and its
`__init__` is compiled when the first of its kind is made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from sys import intern
from typing import Any, NoReturn, TypeVar, dataclass_transform

T = TypeVar("T")

_NOT_GIVEN = object()


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Make a class a frozen, slotted dataclass."""
    if not cls.__doc__:
        # Or `dataclass` writes one, and takes as long for its signature as for everything else.
        cls.__doc__ = cls.__name__
    made: Any = dataclass(cls, init=False, repr=False, eq=False, slots=True)
    made._compared = _values([found.name for found in fields(made) if found.compare])
    made.__init__ = _first_init(made)
    made.__eq__, made.__hash__, made.__repr__ = _equal, _hash, _repr
    made.__setattr__, made.__delattr__ = _refuse_change, _refuse_removal
    result: type[T] = made
    return result


def _values(names: list[str]) -> Callable[[Any], Any]:
    """What is compared of a record. Neither is bound to one when it is asked of its class."""
    return attrgetter(*names) if names else staticmethod(lambda _: ())


def _first_init(cls: Any) -> Callable[..., None]:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - it is one
        init = _compiled_init(cls)
        # Only in the class that it was made for: a subclass may have its own.
        if cls.__init__ is __init__:
            cls.__init__ = init
        init(self, *args, **kwargs)

    return __init__


def _compiled_init(cls: Any) -> Callable[..., None]:
    """The names that it needs and no others: there are hundreds of records, each with a table of them."""
    names: dict[str, Any] = {}
    parameters, lines, defaults = ["self"], [], []
    for found in fields(cls):
        value = found.name
        if found.init:
            parameters.append(found.name)
            # `dataclass` has seen to it that those with a default come last.
            if found.default is not MISSING:
                defaults.append(found.default)
            elif found.default_factory is not MISSING:
                defaults.append(_NOT_GIVEN)
                value = f"{_made(found, names)} if {found.name} is _NOT_GIVEN else {found.name}"
                names["_NOT_GIVEN"] = _NOT_GIVEN
        elif found.default is MISSING:
            value = _made(found, names)
        else:
            value = intern(f"_default_{found.name}")
            names[value] = found.default
        # A slot's own setter: `object.__setattr__` would look it up by name each time.
        setter = intern(f"_set_{found.name}")
        names[setter] = getattr(cls, found.name).__set__
        lines.append(f" {setter}(self, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()")
    source = f"def __init__({', '.join(parameters)}):\n" + "\n".join(lines or [" pass"])
    exec(source, names)  # noqa: S102 - text of ours, from the names of fields, as `dataclasses` does it
    made: Any = names.pop("__init__")
    made.__defaults__ = tuple(defaults)
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    result: Callable[..., None] = made
    return result


def _made(found: Field[Any], names: dict[str, Any]) -> str:
    """The expression for what a field's factory makes."""
    make = intern(f"_make_{found.name}")
    names[make] = found.default_factory
    return f"{make}()"


def _equal(self: Any, other: Any) -> Any:
    cls = self.__class__
    if other.__class__ is not cls:
        return NotImplemented
    return cls._compared(self) == cls._compared(other)


def _hash(self: Any) -> int:
    return hash(self.__class__._compared(self))


def _repr(self: Any) -> str:
    shown = (f"{found.name}={getattr(self, found.name)!r}" for found in fields(self) if found.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_change(_: object, name: str, __: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_removal(_: object, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")
