"""Rows from the wire become records, validated by pydantic's core.

A record's annotations say what its fields may hold, as in a pydantic model. The models themselves, their
JSON schemas and plug-ins take 5 MiB in a program that stays open for a week; its core alone, which does the
validating, is asked here, with schemas as its documentation has them (pydantic.dev, "Core schema"). Values of
another type are converted as pydantic does it, unknown keys are ignored, and a missing key takes the field's
default.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from support_desk.sources.bare_pydantic import SchemaValidator, ValidationError

if TYPE_CHECKING:
    from support_desk.sources.bare_pydantic import CoreSchema

__all__ = ["ValidationError", "after", "around", "before", "called", "finite", "reader", "within"]

T = TypeVar("T")
Schema = dict[str, Any]
"""pydantic's core refuses one that isn't well formed, with `SchemaError`."""
Mark = Callable[[Schema], Schema]
"""What stands beside a type in `Annotated`: it makes one schema of another."""


def reader(kind: type[T]) -> Callable[[object], T]:
    """What makes a record of this kind from a JSON object. It raises `ValidationError`, a `ValueError`."""
    schema = _schema(kind)
    validate: Callable[[object], T] = SchemaValidator(cast("CoreSchema", schema)).validate_python
    # The core has read it, and would keep thousands of dicts in case that somebody pickles a validator.
    schema.clear()
    return validate


def before(function: Callable[[Any], object]) -> Mark:
    """The value goes through `function` first; a `ValueError` of it refuses the row."""
    return _through("function-before", function)


def after(function: Callable[[Any], object]) -> Mark:
    """The validated value goes through `function`; a `ValueError` of it refuses the row."""
    return _through("function-after", function)


def around(function: Callable[[Any, Callable[[object], object]], object]) -> Mark:
    """`function` gets the value and what validates it, and decides."""
    return _through("function-wrap", function)


def _through(kind: str, function: Callable[..., object]) -> Mark:
    called_as = {"type": "no-info", "function": function}
    return lambda schema: {"type": kind, "function": called_as, "schema": schema}


def within(least: float, most: float) -> Mark:
    """A number from `least` to `most`, both included."""
    return lambda schema: {**schema, "ge": least, "le": most}


def finite(schema: Schema) -> Schema:
    """No infinity, and a number at all."""
    return {**schema, "allow_inf_nan": False}


class called:  # noqa: N801 - it stands among the functions above
    """The field's name on the wire, where it is another."""

    def __init__(self, name: str) -> None:
        self.name = name


_PLAIN: dict[object, Schema] = {
    Any: {"type": "any"},
    bool: {"type": "bool"},
    datetime: {"type": "datetime", "tz_constraint": "aware"},
    dict: {"type": "dict"},
    float: {"type": "float"},
    int: {"type": "int"},
    str: {"type": "str"},
}


def _schema(kind: Any) -> Schema:
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        schema = _schema(parts[0])
        for mark in parts[1:]:
            schema = schema if isinstance(mark, called) else mark(schema)
        return schema
    if origin in (Union, UnionType):
        (value,) = (part for part in parts if part is not NoneType)
        return {"type": "nullable", "schema": _schema(value)}
    if origin is list:
        return {"type": "list", "items_schema": _schema(parts[0])}
    if origin is tuple:
        return {"type": "tuple", "items_schema": [_schema(parts[0])], "variadic_item_index": 0}
    if is_dataclass(kind):
        return _record(kind)
    return _PLAIN[origin or kind]


def _record(kind: Any) -> Schema:
    hints = get_type_hints(kind, include_extras=True)
    held = fields(kind)
    arguments = {
        "type": "dataclass-args",
        "dataclass_name": kind.__name__,
        "fields": [_field(found, hints[found.name]) for found in held],
        "extra_behavior": "ignore",
    }
    names = [found.name for found in held]
    return {"type": "dataclass", "cls": kind, "fields": names, "schema": arguments, "slots": True}


def _field(found: Field[Any], hint: Any) -> Schema:
    schema = _schema(hint)
    if found.default is not MISSING:
        schema = {"type": "default", "schema": schema, "default": found.default}
    elif found.default_factory is not MISSING:
        schema = {"type": "default", "schema": schema, "default_factory": found.default_factory}
    made = {"type": "dataclass-field", "name": found.name, "schema": schema}
    names = [mark.name for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, called)]
    return {**made, "validation_alias": names[0]} if names else made
