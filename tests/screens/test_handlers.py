"""Handlers of messages: Textual calls those of a base class by itself, after the subclass's own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import support_desk

SOURCES = Path(support_desk.__file__).parent


@pytest.mark.parametrize("folder", ["screens", "widgets"])
def test_no_handler_calls_that_of_its_base(folder: str) -> None:
    """It would run twice: the header of the first frame, and of every resize, was drawn twice that way."""
    twice = [
        f"{path.relative_to(SOURCES)}: {call.func.attr}"
        for path in (SOURCES / folder).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr.startswith(("on_", "_on_"))
        and isinstance(call.func.value, ast.Call)
        and getattr(call.func.value.func, "id", "") == "super"
    ]
    assert twice == []
