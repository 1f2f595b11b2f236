"""Overrides from the environment: `SUPPORT_DESK_<SECTION>__<KEY>`, and `SUPPORT_DESK_READ_ONLY`.

Only texts, numbers and truths can be given this way; anything else is refused by name, never ignored.
Imported only when such a variable is set.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, get_origin

import msgspec

from support_desk.config.mistakes import Mistake
from support_desk.config.model import Config
from support_desk.config.secrets import FORMS
from support_desk.config.shape import described, fields_of, is_simple, suggestion, table_in

PREFIX = "SUPPORT_DESK_"
_SEPARATOR = "__"


class Overrides:
    """What the environment changes: `given` says which variable gave which key."""

    def __init__(self) -> None:
        self.given: dict[str, str] = {}
        self.mistakes: list[Mistake] = []
        self.warnings: list[str] = []

    def apply(self, environ: Mapping[str, str], data: dict[str, Any], besides: str) -> None:
        """Put the overrides into `data`. `besides` is the one variable that is no override."""
        holders = _holders_of_secrets(data)
        for variable in sorted(environ):
            if variable.startswith(PREFIX) and variable != besides and variable not in holders:
                self._override(variable, environ[variable], data)

    def _override(self, variable: str, text: str, data: dict[str, Any]) -> None:
        path = variable.removeprefix(PREFIX).lower().split(_SEPARATOR)
        if len(path) == 1 and not self._is_top_level(variable, path[0]):
            return
        try:
            hint = _type_of(path)
        except _CannotBeSet as refusal:
            self._refuse(variable, path, refusal.problem, refusal.remedy)
            return
        section = data if len(path) == 1 else data.setdefault(path[0], {})
        if not isinstance(section, dict):
            return
        try:
            value = msgspec.convert(text, hint, strict=False)
        except msgspec.ValidationError:
            self._refuse(variable, path, "this value can't be used", f"Write {described(hint)}")
            return
        if len(path) > 1:
            _make_room(section, path, self.given)
        section[path[-1]] = value
        self.given[".".join(path)] = variable

    def _is_top_level(self, variable: str, name: str) -> bool:
        """A name without a section that we don't know may be somebody else's: a warning, no refusal."""
        known = [key for key, field in fields_of(Config).items() if is_simple(field.type)]
        if name in known:
            return True
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        meant = f"did you mean {PREFIX}{near[0].upper()}?" if near else f"write {PREFIX}<SECTION>__<KEY>"
        self.warnings.append(f"the environment variable {variable} has no effect: {meant}")
        return False

    def _refuse(self, variable: str, path: list[str], problem: str, remedy: str) -> None:
        self.mistakes.append(Mistake(".".join(path), f"environment {variable}", problem, remedy))


class _CannotBeSet(Exception):
    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


def _type_of(path: list[str]) -> Any:
    """The type of the value that a variable names. Raises `_CannotBeSet`."""
    sections = fields_of(Config)
    if len(path) == 1:
        return sections[path[0]].type
    if path[0] not in sections:
        raise _CannotBeSet("there is no such section", suggestion(path[0], tuple(sections), ""))
    table = table_in(sections[path[0]].type)
    if table is None or get_origin(sections[path[0]].type) is not None:
        raise _CannotBeSet(
            "nested values and lists can't be set from the environment",
            f"Set {path[0]} in the configuration file",
        )
    fields = fields_of(table)
    if path[1] not in fields:
        raise _CannotBeSet("there is no such key", suggestion(path[1], tuple(fields), path[0]))
    if path[2:] or not is_simple(fields[path[1]].type):
        raise _CannotBeSet(
            "nested values and lists can't be set from the environment",
            f"Set {path[0]}.{path[1]} in the configuration file",
        )
    return fields[path[1]].type


def _make_room(section: dict[str, Any], path: list[str], given: Mapping[str, str]) -> None:
    """Drop the file's other forms of the secret that is being set: the environment's one counts."""
    name = next((path[1].removesuffix(form) for form in FORMS[1:] if path[1].endswith(form)), path[1])
    for form in FORMS:
        if f"{path[0]}.{name}{form}" not in given:
            section.pop(name + form, None)


def _holders_of_secrets(data: Mapping[str, Any]) -> set[str]:
    """Variables that the file names as the holders of secrets: not overrides, whatever they're called."""
    return {
        value
        for section in data.values()
        if isinstance(section, dict)
        for key, value in section.items()
        if key.endswith("_env") and isinstance(value, str)
    }
