"""Rows from the wire become records, validated by pydantic's core.

A record's annotations say what its fields may hold, as in a pydantic model. The models themselves, their
JSON schemas and plug-ins take 5 MiB in a program that stays open for a week; its core alone, which does the
validating, is asked here. Values of another type are converted as pydantic does it, unknown keys are
ignored, and a missing key takes the field's default.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic_core import SchemaValidator, ValidationError
from pydantic_core import core_schema as core

__all__ = ["ValidationError", "after", "around", "before", "called", "finite", "reader", "within"]

T = TypeVar("T")
Schema = core.CoreSchema
Mark = Callable[[Schema], Schema]
"""What stands beside a type in `Annotated`: it makes one schema of another."""


def reader(kind: type[T]) -> Callable[[object], T]:
    """What makes a record of this kind from a JSON object. It raises `ValidationError`, a `ValueError`."""
    validate: Callable[[object], T] = SchemaValidator(_schema(kind)).validate_python
    return validate


def before(function: Callable[[Any], object]) -> Mark:
    """The value goes through `function` first; a `ValueError` of it refuses the row."""
    return lambda schema: core.no_info_before_validator_function(function, schema)


def after(function: Callable[[Any], object]) -> Mark:
    """The validated value goes through `function`; a `ValueError` of it refuses the row."""
    return lambda schema: core.no_info_after_validator_function(function, schema)


def around(function: Callable[[Any, Callable[[object], object]], object]) -> Mark:
    """`function` gets the value and what validates it, and decides."""
    return lambda schema: core.no_info_wrap_validator_function(function, schema)


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


_PLAIN: dict[object, Callable[[], Schema]] = {
    Any: core.any_schema,
    bool: core.bool_schema,
    datetime: lambda: core.datetime_schema(tz_constraint="aware"),
    dict: core.dict_schema,
    float: core.float_schema,
    int: core.int_schema,
    str: core.str_schema,
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
        return core.nullable_schema(_schema(value))
    if origin is list:
        return core.list_schema(_schema(parts[0]))
    if origin is tuple:
        return core.tuple_schema([_schema(parts[0])], variadic_item_index=0)
    if is_dataclass(kind):
        return _record(kind)
    return _PLAIN[origin or kind]()


def _record(kind: Any) -> Schema:
    hints = get_type_hints(kind, include_extras=True)
    held = [_field(found, hints[found.name]) for found in fields(kind)]
    arguments = core.dataclass_args_schema(kind.__name__, held, extra_behavior="ignore")
    return core.dataclass_schema(kind, arguments, [found.name for found in fields(kind)], slots=True)


def _field(found: Field[Any], hint: Any) -> core.DataclassField:
    schema = _schema(hint)
    if found.default is not MISSING:
        schema = core.with_default_schema(schema, default=found.default)
    elif found.default_factory is not MISSING:
        schema = core.with_default_schema(schema, default_factory=found.default_factory)
    names = [mark.name for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, called)]
    return core.dataclass_field(found.name, schema, validation_alias=names[0] if names else None)
