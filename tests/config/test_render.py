"""`config init` and `config show`: everything has its name there, and no secret is shown."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support_desk.config.load import load_config
from support_desk.config.model import Config
from support_desk.config.render import (
    config_init_text,
    config_show_text,
    configuration_table,
    documentation,
    to_toml,
    write_config,
)
from support_desk.config.shape import fields_of, table_in
from support_desk.keys import key_mistakes

VALUE_LINE = re.compile(r"^#(?! |$)", re.MULTILINE)


def test_a_new_configuration_is_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(config_init_text(), encoding="utf-8")

    assert load_config(path, {}).config == Config()


def test_every_line_taken_in_loads_as_well_and_means_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(VALUE_LINE.sub("", config_init_text()), encoding="utf-8")

    loaded = load_config(path, {})

    empty_by_default: dict[str, Any] = {"people": {}, "keys": {}, "clients": ()}
    plain = msgspec.structs.replace(loaded.config, **empty_by_default)
    plain = msgspec.structs.replace(plain, runbooks=msgspec.structs.replace(plain.runbooks, rules=()))
    assert plain == Config()
    assert all(loaded.config.__getattribute__(name) for name in empty_by_default)
    assert loaded.config.runbooks.rules


def test_every_value_has_a_name_and_a_meaning() -> None:
    text = config_init_text()
    docs = documentation()

    def visit(table: type[msgspec.Struct]) -> None:
        for name, field in fields_of(table).items():
            assert docs[table.__name__][name], f"{table.__name__}.{name} has no docstring"
            assert re.search(rf"\b{name}\b", text), f"{name} is not in the text"
            inner = table_in(field.type)
            if inner:
                visit(inner)

    visit(Config)


def test_the_example_of_another_key_can_be_used() -> None:
    section = re.search(r"^#\[keys\]\n((?:#.+\n)+)", config_init_text(), re.MULTILINE)

    assert section
    changed = tomllib.loads(VALUE_LINE.sub("", section[1]))
    assert changed
    assert key_mistakes(changed, str) == []


def test_the_table_has_a_line_for_every_value() -> None:
    names = re.findall(r"^\| `([\w.]+)` \|", configuration_table(), re.MULTILINE)

    def visit(table: type[msgspec.Struct], at: str) -> None:
        for name, field in fields_of(table).items():
            inner = table_in(field.type)
            if inner:
                visit(inner, f"{at}{name}.")
            elif name != "keys":
                assert f"{at}{name}" in names

    visit(Config, "")
    assert len(names) == len(set(names))
    assert (
        '| `hours.start` | `"10:00"` | When first line support begins, local time. |' in configuration_table()
    )


def test_the_sections_stand_in_the_models_order() -> None:
    found = re.findall(r"^#?\[+(\w+)[.\]]", config_init_text(), re.MULTILINE)
    order = list(dict.fromkeys(found))

    assert order == [name for name in Config.__struct_fields__ if name != "read_only"]


def test_a_new_file_is_private_and_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "config.toml"

    write_config(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700
    with pytest.raises(FileExistsError):
        write_config(path)


def test_the_effective_configuration_says_where_everything_comes_from(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        '[me]\nname = "Jo"\n[opsgenie]\nread_key = "hunter2"\nwrite_key_command = "printf hunter3"\n'
        'default_api_key_command = " "\n[[clients]]\nname = "acme"\n',
        encoding="utf-8",
    )

    text = config_show_text(load_config(path, {"SUPPORT_DESK_HOURS__START": "09:30"}))

    assert 'name = "Jo"  # file' in text
    assert 'start = "09:30"  # environment SUPPORT_DESK_HOURS__START' in text
    assert 'end = "18:00"  # default' in text
    assert 'read_key = "********"  # file, masked' in text
    assert 'write_key_command = "printf ..."  # file, arguments masked' in text
    assert "hunter" not in text
    assert tomllib.loads(text)["clients"][0]["name"] == "acme"


@pytest.mark.parametrize("value", ['quote " back \\ slash', "tab\tand\x7fdel\n", "snowman ☃", "\x1b[31m"])
def test_texts_survive_toml(value: str) -> None:
    assert tomllib.loads(f"x = {to_toml(value)}")["x"] == value


def test_what_a_terminal_would_obey_or_hide_is_written_as_an_escape() -> None:
    hostile = 'a"\\\x1b]0;x\x07\x7f\x9b2J\u202e\u2028\u200b\U000e0041\u00a0é€👩'
    written = to_toml(hostile)

    assert written.isprintable()
    assert tomllib.loads(f"value = {written}")["value"] == hostile
    assert "é€👩" in written
