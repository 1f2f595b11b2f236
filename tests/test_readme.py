"""The README is what the program does: its tables and commands. And nothing of one machine is in the tree."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from textwrap import dedent

import pytest

from support_desk.actions import ACTIONS
from support_desk.cli.arguments import parser
from support_desk.config.load import load_config
from support_desk.config.render import configuration_table
from support_desk.keys import table

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def commands(of: argparse.ArgumentParser, at: str = "support-desk") -> list[str]:
    """Every command that can be run, by its full name."""
    found = [action for action in of._actions if isinstance(action, argparse._SubParsersAction)]
    if not found:
        return [at]
    (below,) = found
    return [name for word, inner in below.choices.items() for name in commands(inner, f"{at} {word}")]


def test_the_first_two_commands_make_the_demo_and_run_the_tests() -> None:
    indented = [line.split() for line in README.splitlines() if line.startswith("    ")]

    assert [words[0] for words in indented[:2]] == ["script/demo", "script/test"]


@pytest.mark.parametrize(("name", "body"), [("keys", table()), ("configuration", configuration_table())])
def test_the_tables_are_those_of_the_code(name: str, body: str) -> None:
    found = re.search(rf"<!-- {name}: [^>]*-->\n(.*?)<!-- /{name} -->", README, re.DOTALL)

    assert found
    assert found[1].strip() == body, "run script/readme-tables"


def test_every_command_is_named() -> None:
    named = commands(parser())

    assert "support-desk config init" in named
    code = re.sub(r"`, `(?!support-desk)", "\nsupport-desk ", README)
    assert [name for name in named if name not in code] == []


def test_every_common_option_is_named() -> None:
    options = [option for action in parser()._actions for option in action.option_strings]

    assert "--plain" in options
    assert [option for option in options if option.startswith("--") and f"`{option}" not in README] == []


def test_every_action_is_named() -> None:
    assert [action.id for action in ACTIONS if f"`{action.id}`" not in README] == []


def test_every_link_leads_to_a_file() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)

    assert "docs/dependencies.md" in targets
    assert [target for target in targets if not (ROOT / target).is_file()] == []


def test_every_part_of_the_program_has_its_place_in_the_architecture() -> None:
    top = [path for path in (ROOT / "src/support_desk").iterdir() if not path.name.startswith("__")]
    parts = [f"{path.name}/" if path.is_dir() else path.name for path in top if path.suffix in ("", ".py")]
    architecture = README.partition("\n## Architecture\n")[2]

    assert "acts.py" in parts
    assert [part for part in parts if f"`{part}`" not in architecture] == []


def test_every_dependency_says_what_it_is_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = [re.split(r"[<>=]", line)[0] for line in project["dependencies"]]
    text = (ROOT / "docs/dependencies.md").read_text("utf-8")
    listed = re.findall(r"^\| ([a-z0-9-]+) \|", text, re.MULTILINE)

    assert sorted(names) == sorted(name for name in listed if name != "package")


def test_every_ruling_that_the_code_names_is_written_down() -> None:
    written = re.findall(r"^(\d+)\. ", (ROOT / "docs/rulings.md").read_text("utf-8"), re.MULTILINE)
    named = {
        str(number)
        for path in (ROOT / "src").rglob("*.py")
        for first, last in re.findall(r"\brulings? (\d+)(?: (?:to|and) (\d+))?", path.read_text("utf-8"))
        for number in range(int(first), int(last or first) + 1)
    }

    assert "7" in named
    assert named - set(written) == set()


def test_the_script_has_nothing_left_to_write() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "script/readme-tables"), "--check"], capture_output=True, check=False
    )

    assert done.returncode == 0


HERE_ONLY = re.compile(
    r"/(?:work|root)/|/tmp/bash"  # folders of a machine that it was written on
    r"|--(?:extra-)?index-url|--find-links|\bpypi\.org|\bpythonhosted\."  # where packages came from
)


def test_no_place_of_one_machine_is_in_the_tree() -> None:
    """A path or a registry of one machine would work there and nowhere else."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this isn't a checkout")
    tracked = [ROOT / name for name in listed.stdout.split("\0") if name]
    assert ROOT / "constraints.txt" in tracked

    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked
        if path.is_file() and path != Path(__file__)
        for match in HERE_ONLY.finditer(path.read_text("utf-8", errors="replace"))
    }

    assert found == set()


def test_the_configuration_that_it_shows_is_one(tmp_path: Path) -> None:
    blocks = re.findall(r"^       \[.*\n(?:       \S.*\n)*", README, re.MULTILINE)
    path = tmp_path / "config.toml"
    path.write_text(dedent("".join(blocks)), "utf-8")

    config = load_config(path, {}).config

    assert config.zendesk.client_id == "support-desk"
    assert config.opsgenie.write_key_command
    assert config.rota.beyond[0].phone
    assert config.people["sam@example.com"].phone
