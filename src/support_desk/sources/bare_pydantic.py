"""pydantic's core without the functions that write its schemas: those are dicts, and a megabyte is saved.

The only door to it, as `zendesk.bare_requests` is to requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from support_desk.later import spare

_ANNOTATIONS = ("CoreConfig", "CoreSchema", "CoreSchemaType", "ErrorType")
"""All that the core itself takes from there."""

spare({"pydantic_core.core_schema": dict.fromkeys(_ANNOTATIONS)})
if TYPE_CHECKING:
    from pydantic_core import CoreSchema
from pydantic_core import SchemaValidator, ValidationError, from_json

__all__ = ["CoreSchema", "SchemaValidator", "ValidationError", "from_json"]
