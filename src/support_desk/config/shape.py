"""Which keys the configuration may have, and of which kind: looked at closely only when something is wrong.

msgspec stops at the first mistake and calls things by their Python names. This walk finds all of them
and speaks of TOML. It is imported when msgspec has refused a file, or when the environment overrides
something: reading the types costs several milliseconds that `status` doesn't have to spend.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec import inspect

from support_desk.config.mistakes import Mistake
from support_desk.config.model import Config
from support_desk.text import clean


@cache
def fields_of(table: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    """The values of a table by name."""
    return {field.name: field for field in msgspec.structs.fields(table)}


def table_in(hint: Any) -> type[msgspec.Struct] | None:
    """The kind of table that a value is, or that its elements are; None for anything else."""
    candidates = get_args(hint) if get_origin(hint) in (tuple, dict) else (hint,)
    return next(
        (
            item
            for item in reversed(candidates)
            if isinstance(item, type) and issubclass(item, msgspec.Struct)
        ),
        None,
    )


def is_simple(hint: Any) -> bool:
    """Whether a value is a text, number or truth: what an environment variable can hold."""
    return table_in(hint) is None and get_origin(hint) not in (tuple, dict)


def dotted(*parts: str) -> str:
    """A key as TOML would write it."""
    bare = (
        part if part.replace("_", "").replace("-", "").isalnum() else f'"{clean(part)}"' for part in parts
    )
    return ".".join(bare)


class Shape:
    """One walk over what a file holds: `mistakes` found, and `walk`'s answer without them."""

    def __init__(self, where: Callable[[str], str]) -> None:
        self._where = where
        self.mistakes: list[Mistake] = []

    def walk(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """`data` without what can't be used, so that the rest can be checked as well."""
        return self._table(data, Config, "")

    def _note(self, key: str, problem: str, remedy: str) -> None:
        self.mistakes.append(Mistake(key, self._where(key), problem, remedy))

    def _table(self, data: Mapping[str, Any], table: type[msgspec.Struct], at: str) -> dict[str, Any]:
        fields = fields_of(table)
        good: dict[str, Any] = {}
        for name, value in data.items():
            key = _below(at, dotted(name))
            if name not in fields:
                self._note(key, "there is no such key", suggestion(name, tuple(fields), at))
                continue
            found = list(self._value(value, fields[name].type, key))
            if found:
                good[name] = found[0]
        for name, field in fields.items():
            if field.required and name not in data:
                self._note(_below(at, name), "this key is missing", f"Add it: {described(field.type)}")
                good[name] = {} if table_in(field.type) else ""
        return good

    def _value(self, value: Any, hint: Any, key: str) -> Iterator[Any]:
        """The usable part of `value`, or nothing."""
        table = table_in(hint)
        if get_origin(hint) is tuple and isinstance(value, list):
            yield [
                usable
                for number, item in enumerate(value, 1)
                for usable in self._value(item, get_args(hint)[0], f"{key}#{number}")
            ]
        elif get_origin(hint) is dict and isinstance(value, dict):
            yield dict(self._named(value, get_args(hint)[1], key))
        elif table is not None and get_origin(hint) is None and isinstance(value, dict):
            yield self._table(value, table, key)
        else:
            try:
                msgspec.convert(value, hint)
            except msgspec.ValidationError:
                self._note(key, f"{kind_of(value)} can't be used here", f"Write {described(hint)}")
            else:
                yield value

    def _named(self, data: Mapping[str, Any], hint: Any, at: str) -> Iterator[tuple[str, Any]]:
        """The usable part of a table whose names are the person's own."""
        for name, value in data.items():
            key = _below(at, dotted(name))
            if table_in(hint) is None and isinstance(value, dict):
                whole = clean(f"{name}.{next(iter(value), '...')}")
                self._note(key, "a name with a dot in it stands in quotes", f'Write "{whole}" = ...')
                continue
            for usable in self._value(value, hint, key):
                yield name, usable


def suggestion(name: str, known: tuple[str, ...], at: str) -> str:
    """What the person may have meant by an unknown key."""
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {_below(at, near[0])}?"
    for section, field in fields_of(Config).items():
        table = table_in(field.type)
        if table is not None and get_origin(field.type) is None and name in fields_of(table):
            return f"Did you mean {section}.{name}?"
    nearest = max(known, key=lambda key: difflib.SequenceMatcher(None, name.lower(), key).ratio())
    return f"The nearest key is {_below(at, nearest)}; `support-desk config init --stdout` lists all of them"


def kind_of(value: Any) -> str:
    """What was written, by kind; never the value, which may be a secret in the wrong place."""
    number = "this number"
    names = {bool: "true or false", int: number, float: number, str: "this text", list: "a list"}
    return names.get(type(value), "a table" if isinstance(value, dict) else "a date or time without quotes")


def described(hint: Any) -> str:
    """A kind of value in TOML's words, such as `a number from 1 to 86400`."""
    if get_origin(hint) is Literal:
        # In the model's order, which msgspec's own description sorts away: Monday comes before Friday.
        return "one of " + ", ".join(f'"{value}"' for value in get_args(hint))
    if get_origin(hint) is tuple:
        return f"a list, each item {described(get_args(hint)[0])}"
    return _described(inspect.type_info(hint))


def _described(node: inspect.Type) -> str:
    match node:
        case inspect.BoolType():
            return "true or false, without quotes"
        case inspect.IntType() | inspect.FloatType():
            kind = "a whole number" if isinstance(node, inspect.IntType) else "a number"
            return f"{kind}{_limits(node)}, without quotes"
        case inspect.StrType(pattern=None):
            return "text in quotes"
        case inspect.StrType():
            return 'a time of day in quotes, such as "10:00"'
        case _:
            return "a table"


def _limits(node: inspect.IntType | inspect.FloatType) -> str:
    low = f" from {node.ge:g}" if node.ge is not None else ""
    low = f" above {node.gt:g}" if node.gt is not None else low
    upto = "to" if node.ge is not None else "and up to"
    return f"{low} {upto} {node.le:g}" if node.le is not None else low


def _below(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
