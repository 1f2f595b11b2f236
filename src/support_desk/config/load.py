"""Reading config.toml: the file, then the environment over it, then every mistake at once.

This module is on the way to the first frame and to `support-desk status`, so it imports little; the
close look at keys and kinds (`shape`) is imported only when there is something to say.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from support_desk.config.checks import Where, literal_secrets, mistakes_in
from support_desk.config.mistakes import ConfigError, Mistake
from support_desk.config.model import Config
from support_desk.paths import CONFIG_VARIABLE, config_file
from support_desk.text import BYTE_ORDER_MARK, clean

__all__ = ["ConfigError", "Loaded", "Mistake", "load_config", "origins_of"]

DEFAULT = "default"
FILE = "file"

_PREFIX = "SUPPORT_DESK_"
_MOST_BYTES = 1_000_000
_SAID_OF_TWICE = ("twice", "overwrite", "immutable", "redefine", "Duplicate")
"""What `tomllib` says where lines were added for a table that is in the file already."""


class Loaded(msgspec.Struct, frozen=True):
    """A configuration that can be used, and where it comes from."""

    config: Config
    path: Path | None
    """The file that was read; None: there is none, and everything not overridden has its default."""
    given: dict[str, str]
    """Dotted name to `file` or `environment VARIABLE`, for what isn't a default."""
    warnings: tuple[str, ...] = ()
    """What works and shouldn't stay like this, a line each."""
    expected: Path | None = None
    """Where a configuration would have been read, had there been one."""

    @property
    def origins(self) -> dict[str, str]:
        """Where every value comes from, by dotted name: `default`, `file` or `environment VARIABLE`."""
        return origins_of(self.config, self.given)

    @property
    def how_to_begin(self) -> str:
        """What somebody without any configuration does next; empty for everybody else."""
        if self.path is not None or self.given:
            return ""
        return (
            f"there is no configuration at {self.expected} yet. To begin:\n"
            "  support-desk config init    writes one to fill in\n"
            "  support-desk demo           opens the dashboard without one, on built-in fixtures"
        )


def load_config(
    path: Path | None,
    environ: Mapping[str, str],
    also: Callable[[Config, Where], Iterable[Mistake]] | None = None,
) -> Loaded:
    """The configuration from `path`, else `$SUPPORT_DESK_CONFIG`, else the user's folder; defaults if none.

    `also` finds mistakes in what only the caller knows. Raises `ConfigError` with every mistake that was
    found. A file that was asked for must exist.
    """
    by = "--config" if path is not None else environ.get(CONFIG_VARIABLE) and f"${CONFIG_VARIABLE}"
    path = config_file(path, environ)
    text = _read(path, by or "")
    data = _parsed(path, text or "")
    mistakes: list[Mistake] = []
    warnings: list[str] = []
    given = _leaves(data)
    if any(name.startswith(_PREFIX) and name != CONFIG_VARIABLE for name in environ):
        from support_desk.config.environment import Overrides

        overrides = Overrides()
        overrides.apply(environ, data, CONFIG_VARIABLE)
        mistakes.extend(overrides.mistakes)
        warnings.extend(overrides.warnings)
        given |= {key: f"environment {variable}" for key, variable in overrides.given.items()}

    def where(key: str) -> str:
        origin = given.get(key, FILE)
        return str(path) if origin == FILE else origin

    config, broken = _converted(data, where, mistakes)
    mistakes.extend(
        mistake
        for mistake in mistakes_in(config, where)
        if not (mistake.missing and mistake.key.split(".")[0] in broken)
    )
    if also is not None:
        mistakes.extend(also(config, where))
    if mistakes:
        raise ConfigError(_placed(mistakes, str(path), text or ""))
    warnings.extend(
        f"{path}: {key} is written out in the file. Prefer {key}_env, {key}_command or {key}_file; "
        f"until then: chmod 600 {path}"
        for key in literal_secrets(config, where)
    )
    return Loaded(config, None if text is None else path, given, tuple(warnings), path)


def _read(path: Path, asked_for_by: str) -> str | None:
    """The file's text; None: there is none, and nobody asked for one."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) <= _MOST_BYTES:
            return content.decode().removeprefix(BYTE_ORDER_MARK)
        # Half of it would be another configuration than the one that was written.
        mistake = Mistake(
            "", str(path), "the file is longer than 1 MB", "Check its path: a configuration isn't that long"
        )
    except FileNotFoundError:
        if not asked_for_by:
            return None
        remedy = f"Check {asked_for_by}, or write it: support-desk config init --config {path}"
        mistake = Mistake("", str(path), "there is no such file", remedy)
    except OSError as error:
        mistake = Mistake(
            "",
            str(path),
            f"the file can't be read ({os.strerror(error.errno or 0)})",
            "Check its path and rights",
        )
    except UnicodeDecodeError:
        mistake = Mistake("", str(path), "the file isn't UTF-8 text", "Save it as UTF-8")
    raise ConfigError([mistake])


def _parsed(path: Path, text: str) -> dict[str, Any]:
    """What the file says."""
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = clean(str(error))
        remedy = "Text stands in quotes, tables in [brackets], one value per line"
        if any(word in said for word in _SAID_OF_TWICE):
            remedy = "A [table] and a key stand in the file once: put what belongs together in one place"
        mistake = Mistake("", str(path), f"this isn't TOML: {said}", remedy)
    except RecursionError:
        mistake = Mistake(
            "", str(path), "this is nested too deeply", "The configuration has three levels at most"
        )
    raise ConfigError([mistake])


def _placed(mistakes: Iterable[Mistake], file: str, text: str) -> list[Mistake]:
    """The same with the lines of the file that they are on."""
    from support_desk.config.lines import Lines

    lines = Lines(text)
    return [
        msgspec.structs.replace(mistake, lines=lines.of(mistake.key)) if mistake.where == file else mistake
        for mistake in mistakes
    ]


def _converted(data: dict[str, Any], where: Where, mistakes: list[Mistake]) -> tuple[Config, frozenset[str]]:
    """The configuration that `data` makes, and the sections that hold mistakes of shape."""
    try:
        return msgspec.convert(data, Config), frozenset(mistake.key.split(".")[0] for mistake in mistakes)
    except msgspec.ValidationError:
        from support_desk.config.shape import Shape

        shape = Shape(where)
        usable = shape.walk(data)
        mistakes.extend(shape.mistakes)
        return msgspec.convert(usable, Config), frozenset(mistake.key.split(".")[0] for mistake in mistakes)


def _leaves(data: Mapping[str, Any], at: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in data.items():
        key = f"{at}.{name}" if at else name
        if isinstance(value, dict) and value:
            found |= _leaves(value, key)
        else:
            found[key] = FILE
    return found


def origins_of(table: msgspec.Struct, given: Mapping[str, str], at: str = "") -> dict[str, str]:
    """Where each value of `table` comes from; lists and free tables (people, keys) count as one value."""
    found: dict[str, str] = {}
    for name in table.__struct_fields__:
        key = f"{at}.{name}" if at else name
        value = getattr(table, name)
        if isinstance(value, msgspec.Struct):
            found |= origins_of(value, given, key)
        else:
            below = (origin for at_key, origin in given.items() if at_key.startswith(f"{key}."))
            found[key] = given.get(key) or next(below, DEFAULT)
    return found
