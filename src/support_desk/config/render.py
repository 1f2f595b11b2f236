"""The configuration in words: a commented one to start from, the README's table, the effective one.

The comments are the docstrings of `config.model`, read from its source: they stand in one place only.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_origin

import msgspec

from support_desk.config import model
from support_desk.config.load import Loaded
from support_desk.config.secrets import secret_names
from support_desk.config.shape import dotted, fields_of, table_in
from support_desk.files import write_new

_WIDTH = 100

_INTRODUCTION = """\
# support_desk's configuration. Everything has a default, so begin with these four:
#
# 1. [me] email: marks you on the rota, and your tickets.
# 2. [zendesk] url, client_id and client_secret_command (or _env, _file): the ticket queue.
# 3. [opsgenie] read_key_command and write_key_command (or _env, _file): alerts and the rota, and
#    acknowledging, escalating and changing alerts.
# 4. [runbooks] path: a folder of Markdown files.
#
# Then `support-desk check` tries all of it, changes nothing, and says what to mend.
#
# Lines that begin with "#" and no space are values, each with its default: take the "#" away to
# change one. A secret X is given as X_env (the name of an environment variable), X_command (a command
# that prints it) or X_file (a file of mode 0600). A simple value can also be set in the environment,
# as SUPPORT_DESK_<SECTION>__<KEY>.
"""

_EXAMPLES: dict[str, Any] = {
    "people": {"jo@example.com": {"name": "Jo Example", "phone": "+44 20 7946 0000"}},
    "keys": {"app.refresh_all": "f5"},
    "clients": [
        {
            "name": "acme",
            "messages": ["acme-prod", "www.acme.example"],
            "organisations": ["Acme"],
            "business_unit": "govpress",
        }
    ],
    "runbooks.rules": [
        {
            "match": {
                "tag": "client_acme",
                "message": "(?i)5xx",
                "source": "",
                "priority": "",
                "organisation": "",
            },
            "file": "acme/5xx.md",
            "anchor": "",
        }
    ],
}
"""What tables that are empty by default look like."""


def config_init_text() -> str:
    """A configuration in which every value stands with its meaning and default, commented out."""
    lines = [_INTRODUCTION]
    docs = documentation()["Config"]
    for name, field in fields_of(model.Config).items():
        table = table_in(field.type)
        if table is None and get_origin(field.type) is not dict:
            lines += [*_comment(docs[name]), f"#{name} = {to_toml(field.default)}", ""]
        elif table is not None and get_origin(field.type) is None:
            lines += [*_comment(docs[name]), f"[{name}]", *_section(name, table), ""]
        else:
            lines += [*_comment(docs[name]), *_example(name, field.type), ""]
    return "\n".join(lines).rstrip() + "\n"


def _section(section: str, table: type[msgspec.Struct]) -> Iterator[str]:
    docs = documentation()[table.__name__]
    later: list[str] = []
    for name, field in fields_of(table).items():
        inner = table_in(field.type)
        comment = [*_comment(docs[name])]
        if f"{section}.{name}" in _EXAMPLES:
            # TOML wants a section's own values before the tables inside it.
            later += [*comment, *_example(f"{section}.{name}", field.type)]
            continue
        yield from comment
        if inner is not None:
            yield from _meanings(inner)
        yield f"#{name} = {to_toml(field.default)}"
    yield from later


def _example(key: str, hint: Any) -> Iterator[str]:
    """The commented-out example of a table that is empty by default."""
    inner = table_in(hint)
    if inner is not None:
        yield from _meanings(inner)
    example = _EXAMPLES[key]
    if isinstance(example, list):
        for item in example:
            yield f"#[[{key}]]"
            yield from (f"#{name} = {to_toml(value)}" for name, value in item.items())
        return
    yield f"#[{key}]" if inner is None else f"#[{key}.{dotted(next(iter(example)))}]"
    values = example if inner is None else next(iter(example.values()))
    yield from (f"#{dotted(name)} = {to_toml(value)}" for name, value in values.items())


def _meanings(table: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    """The values of a table that is written on one line, or repeated: a comment line for each."""
    docs = documentation()[table.__name__]
    for name, field in fields_of(table).items():
        yield from _comment(f"- {prefix}{name}: {docs[name]}", hanging="  ")
        inner = table_in(field.type)
        if inner is not None:
            yield from _meanings(inner, f"{prefix}{name}.")


def _comment(text: str, hanging: str = "") -> Iterator[str]:
    wrapped = textwrap.wrap(
        " ".join(text.split()), _WIDTH - 2, subsequent_indent=hanging, break_on_hyphens=False
    )
    return (f"# {line}" for line in wrapped)


def configuration_table() -> str:
    """The README's table: every value with its default and meaning, in Markdown."""
    lines = ["| value | default | meaning |", "|---|---|---|"]
    docs = documentation()["Config"]
    for name, field in fields_of(model.Config).items():
        inner = table_in(field.type)
        if inner is None and get_origin(field.type) is not dict:
            lines.append(_table_row(name, to_toml(field.default), docs[name]))
            continue
        kinds = {tuple: f"[[{name}]]", dict: f'[{name}."..."]' if inner else f"[{name}]"}
        lines.append(f"| **`{kinds.get(get_origin(field.type), f'[{name}]')}`** | | **{docs[name]}** |")
        if inner is not None:
            lines += _table_rows(inner, name)
    return "\n".join(lines)


def _table_rows(table: type[msgspec.Struct], at: str) -> Iterator[str]:
    docs = documentation()[table.__name__]
    for name, field in fields_of(table).items():
        key = f"{at}.{name}"
        inner = table_in(field.type)
        if inner is None or get_origin(field.type) is tuple:
            default = "required" if field.required else to_toml(field.default)
            yield _table_row(key, default, docs[name])
        if inner is not None:
            yield from _table_rows(inner, key)


def _table_row(key: str, default: str, meaning: str) -> str:
    # A bar would end the cell, also inside a code span.
    cells = (f"`{key}`", default if default == "required" else f"`{default}`", " ".join(meaning.split()))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


@cache
def documentation() -> dict[str, dict[str, str]]:
    """What `config.model` says of each value: name of the table, name of the value, text."""
    tree = ast.parse(inspect.getsource(model))
    return {
        node.name: {
            value.target.id: str(text.value.value)
            for value, text in zip(node.body, node.body[1:], strict=False)
            if isinstance(value, ast.AnnAssign)
            and isinstance(value.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        }
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }


def to_toml(value: Any) -> str:
    """A value as TOML writes it, on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"{value:g}" if float(value).is_integer() else repr(value)
        case str():
            # A JSON text is a TOML basic string, once what a terminal would obey or hide is escaped as well.
            return "".join(map(_visible, json.dumps(value, ensure_ascii=False)))
        case msgspec.Struct():
            return to_toml({name: getattr(value, name) for name in value.__struct_fields__})
        case dict():
            inside = ", ".join(f"{_key(name)} = {to_toml(item)}" for name, item in value.items())
            return f"{{ {inside} }}" if inside else "{}"
        case list() | tuple():
            return f"[{', '.join(to_toml(item) for item in value)}]"
        case _:
            raise TypeError(f"no TOML for {type(value).__name__}")


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= _LAST_OF_FOUR_DIGITS else f"\\U{code:08x}"


_LAST_OF_FOUR_DIGITS = 0xFFFF


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else to_toml(name)


def config_show_text(loaded: Loaded) -> str:
    """The effective configuration as TOML, each value with where it comes from; no secret in it."""
    where = (
        f"read from {loaded.path}"
        if loaded.path
        else f"there is no {loaded.expected}: these are the defaults"
    )
    lines = [f"# {where}", ""]
    origins = loaded.origins
    tables: list[str] = []
    for name in loaded.config.__struct_fields__:
        value = getattr(loaded.config, name)
        if isinstance(value, msgspec.Struct):
            tables += [f"[{name}]", *_shown(name, value, origins), ""]
        else:
            lines.append(_line(name, to_toml(value), origins[name]))
    return "\n".join([*lines, "", *tables]).rstrip() + "\n"


def _shown(section: str, table: msgspec.Struct, origins: dict[str, str]) -> Iterator[str]:
    secrets = secret_names(table.__struct_fields__)
    commands = {f"{name}_command" for name in secrets}
    for name in table.__struct_fields__:
        value = getattr(table, name)
        key = f"{section}.{name}"
        if isinstance(value, msgspec.Struct):
            for inner in value.__struct_fields__:
                yield _line(f"{name}.{inner}", to_toml(getattr(value, inner)), origins[f"{key}.{inner}"])
        elif value and name in secrets:
            yield _line(name, '"********"', f"{origins[key]}, masked")
        elif value and name in commands:
            # A command's arguments may hold what the command is meant to hide.
            program = "".join(value.split()[:1])
            yield _line(name, to_toml(f"{program} ..."), f"{origins[key]}, arguments masked")
        else:
            yield _line(name, to_toml(value), origins[key])


def _line(name: str, value: str, origin: str) -> str:
    return f"{name} = {value}  # {origin}"


def write_config(path: Path) -> None:
    """Write `config_init_text()` to a new file of mode 0600, in folders of mode 0700.

    Raises `FileExistsError` when there is a file already, and other `OSError`s as they come.
    """
    missing = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700)
    write_new(path, config_init_text().encode())
