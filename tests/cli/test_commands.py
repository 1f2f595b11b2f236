"""The commands: exit codes, where words go, and what is imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from platformdirs import user_config_path, user_state_path

from support_desk.cli import run
from support_desk.cli.check import table
from support_desk.paths import config_file, state_dir
from support_desk.sources.protocols import Probe

PROGRAM = [sys.executable, "-m", "support_desk"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person without any configuration of their own."""
    for name in [name for name in os.environ if name.startswith("SUPPORT_DESK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def write(folder: Path, text: str) -> str:
    path = folder / "desk.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def program(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the program itself."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        capture_output=True,
        text=True,
        env=os.environ | environ,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert run(["tickets", "--version"]) == 0
    assert capsys.readouterr().out == "support-desk 0.1.0\n" * 2


@pytest.mark.parametrize(
    "argv",
    [
        ["nonsense"],
        ["--nonsense"],
        ["config"],
        ["status", "--json", "--tmux"],
        ["demo", "--at", "noon"],
        ["demo", "--plain", "--at", "9999-12-31"],
        ["toil", "--from", "0001-01-01T00:00+05:00"],
    ],
)
def test_wrong_usage_is_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(argv) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert "usage" in said.err


def test_common_options_stand_before_or_after_the_command(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(home, '[me]\nname = "Jo"')

    assert run(["--config", path, "config", "show"]) == 0
    before = capsys.readouterr().out
    assert run(["config", "show", "--config", path]) == 0

    assert capsys.readouterr().out == before
    assert 'name = "Jo"  # file' in before


@pytest.mark.parametrize("argv", [["tickets"], ["check"], ["status"], ["config", "show"], []])
def test_a_wrong_configuration_is_2_and_names_every_mistake(
    home: Path, argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(home, '[hours]\nstrat = "10:00"\n[polling]\nalerts = 0')

    assert run(["--config", path, *argv]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert f"{path}, line 2: hours.strat: there is no such key. Did you mean hours.start?" in said.err
    assert "polling.alerts" in said.err


def test_a_warning_is_talk_and_never_shows_the_secret(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(home, '[jsm]\ntoken = "hunter2"')

    assert run(["--config", path, "config", "show"]) == 0

    said = capsys.readouterr()
    assert "warning" in said.err
    assert "hunter2" not in said.out + said.err


def test_config_init_writes_once_to_the_path_that_was_asked_for(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / "new" / "config.toml"

    assert run(["--config", str(path), "config", "init"]) == 0
    text = path.read_text()
    assert run(["--config", str(path), "config", "init"]) == 1
    assert path.read_text() == text
    assert run(["config", "init", "--stdout"]) == 0
    assert capsys.readouterr().out == text


def test_config_init_writes_to_the_usual_place_and_says_what_comes_next(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["config", "init"]) == 0

    (path,) = home.rglob("config.toml")
    said = capsys.readouterr().err
    assert f"wrote {path}" in said
    assert said.index("Fill in") < said.index("support-desk check") < said.index("opens the dashboard")
    assert path.parent.name == "support-desk"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "argv", [[], ["--plain"], ["tickets"], ["rota", "--json"], ["alerts", "--cached"], ["status"], ["check"]]
)
def test_without_a_configuration_it_says_which_two_commands_come_next(
    home: Path, argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(argv) == (1 if argv == ["check"] else 2)

    captured = capsys.readouterr()
    said = captured.out if argv == ["check"] else captured.err
    assert "support-desk config init" in said
    assert "support-desk demo" in said
    assert not list(home.iterdir())


@pytest.mark.parametrize("argv", [["demo"], ["--read-only"]])
def test_the_dashboard_needs_a_terminal(
    home: Path, argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(home, '[me]\nname = "Jo"')

    assert run(["--config", path, *argv]) == 2

    assert "--plain" in capsys.readouterr().err


def test_the_demo_as_text_is_linear_and_repeatable(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--plain", "--at", "2026-12-02T09:46:00Z", "--seed", "3"]) in (0, 1)
    once = capsys.readouterr().out
    assert run(["demo", "--plain", "--at", "2026-12-02T09:46:00+00:00", "--seed", "3"]) in (0, 1)

    assert capsys.readouterr().out == once
    assert once.startswith("Support desk, Wednesday 2 December, 09:46.\n")
    assert "\nAlerts.\n" in once
    assert "\nTickets.\n1. Ticket " in once
    assert "On call now: " in once
    assert not set(once) & set("│─┌┐└┘|\x1b")


def test_the_desk_read_aloud_says_whom_to_call_where_a_page_may_have_failed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["demo", "--plain", "--at", "2026-12-02T09:48:00Z"]) in (0, 1)
    first = capsys.readouterr().out.partition("\n\nAlerts.")[0]
    assert "the second line should have been paged; call Helen Marsh, second line, 020 7946 0722." in first


def test_the_desk_read_aloud_calls_lines_and_people_by_their_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A schedule's name and an address are spelt out by a screen reader, letter by letter."""
    assert run(["demo", "--plain", "--at", "2026-12-02T09:48:00Z"]) in (0, 1)
    alerts = capsys.readouterr().out.partition("\n\nAlerts.")[2].partition("\n\nTickets.")[0]
    assert "Next to be paged: second line (Helen Marsh), in " in alerts
    assert "Owen Fairley should have been paged, check." in alerts
    assert "acknowledged by Callum Reid: " in alerts
    assert "@agency.example" not in alerts
    assert "ooh_second_line" not in alerts


@pytest.mark.parametrize("command", ["tickets", "alerts", "rota"])
def test_what_is_not_configured_is_2_and_never_an_empty_list(
    home: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(home, '[me]\nname = "Jo"')

    assert run(["--config", path, command]) == 2

    said = capsys.readouterr()
    assert "not configured" in said.out
    assert "not configured" in said.err


def test_runbooks_are_read_from_the_folder(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home / "docs"
    folder.mkdir()
    (folder / "disk.md").write_text("# Full disks\n\n## Which disk\n")
    (folder / "web.md").write_text("# Web servers\n")
    path = write(home, f'[runbooks]\npath = "{folder}"')

    assert run(["--config", path, "runbooks", "full", "disk", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["path"] for row in document["runbooks"]] == ["disk.md"]
    assert document["sources"]["runbooks"]["state"] == "fresh"
    assert document["sources"]["zendesk"]["state"] == "off"

    assert run(["--config", path, "runbooks", "web"]) == 0
    assert capsys.readouterr().out == "Web servers. File web.md.\n"


def test_a_folder_that_is_not_there_is_1_and_is_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(home, f'[runbooks]\npath = "{home / "none"}"')

    assert run(["--config", path, "runbooks", "web"]) == 1

    said = capsys.readouterr()
    assert said.out == "Runbooks: not known, failed.\n"
    assert "runbooks missing" in said.err


def test_my_shifts_need_an_address(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(home, '[me]\nname = "Jo"')

    assert run(["--config", path, "rota", "--mine"]) == 2
    assert "me.email" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["status"], ["tickets", "--cached"]])
def test_nothing_read_yet_is_1_and_creates_nothing(
    home: Path, argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(home, '[me]\nname = "Jo"')

    assert run(["--config", path, *argv]) == 1

    said = capsys.readouterr()
    assert "nothing has been read yet" in said.out + said.err
    assert [found.name for found in home.iterdir()] == ["desk.toml"]


def test_check_of_a_desk_without_services(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    path = write(home, '[me]\nname = "Jo"\n[theme]\nname = "desk-drak"')

    assert run(["--config", path, "check"]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert any("FAIL  Sources        none is configured: there is nothing to show" in line for line in lines)
    assert any("note  Theme          there is none called 'desk-drak'" in line for line in lines)
    assert lines[0].startswith("ok    Configuration")
    assert any(line.startswith("-     Zendesk") for line in lines)
    assert [found.name for found in home.iterdir()] == ["desk.toml"]
    assert run(["--config", write(home, f'[runbooks]\npath = "{home}"'), "check"]) == 0, "one is enough"


def test_check_names_keys_that_cannot_be_used_beside_every_other_mistake(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(home, '[me]\nname = 3\n[keys]\n"app.quit" = "R"\n"app.refreshall" = "x"')

    assert run(["--config", path, "check"]) == 2

    name, unknown, clash = capsys.readouterr().err.splitlines()
    assert f"{path}, line 2: me.name: this number can't be used here. Write text in quotes" in name
    assert 'line 5: keys."app.refreshall": no action has this name. Did you mean app.refresh_all?' in unknown
    assert 'line 4: keys."app.quit": "R" would mean both app.refresh_all and app.quit. Give one' in clash
    # What asks no keys goes on without them.
    assert run(["--config", write(home, '[keys]\n"no.such" = "x"'), "config", "show"]) == 0


def test_check_refuses_a_store_that_cannot_be_written(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "file").write_text("")
    path = write(home, f'[store]\npath = "{home / "file" / "store"}"')

    assert run(["--config", path, "check"]) == 1

    out = capsys.readouterr().out
    assert "FAIL  Store" in out
    assert "-> Set store.path" in out


def test_the_table_has_a_remedy_under_each_failure() -> None:
    lines = list(
        table(
            [
                Probe("A", True, "good", "not shown"),
                Probe("Longer", False, "bad", "do this"),
                Probe("C", None, "off", "or that", needed=False),
                Probe("D", False, "hm", "maybe", needed=False),
            ]
        )
    )

    assert lines == [
        "ok    A       good",
        "FAIL  Longer  bad",
        "              -> do this",
        "-     C       off",
        "              -> or that",
        "note  D       hm",
        "              -> maybe",
    ]


def test_the_usual_places_are_those_of_platformdirs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert config_file() == user_config_path("support-desk") / "config.toml"
    assert state_dir() == user_state_path("support-desk")

    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("XDG_STATE_HOME", " ")

    assert config_file() == user_config_path("support-desk") / "config.toml"
    assert state_dir() == user_state_path("support-desk")


@pytest.mark.parametrize("argv", [["status"], ["check"], ["config", "init"], ["--plain"], []])
def test_without_a_home_folder_it_says_what_to_set(
    argv: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in a container whose user isn't in its list of users."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda uid: {}[uid])

    assert run(argv, {}) == 2

    assert capsys.readouterr().err == (
        "support-desk: your home folder isn't known. Set HOME, or XDG_CONFIG_HOME to another folder\n"
    )


def test_a_log_that_cannot_be_written_is_2(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "show", "--log-file", str(home / "none" / "log")]) == 2
    assert "--log-file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "code"), [(["config", "init", "--stdout"], 0), (["check"], 1), (["--help"], 0)]
)
def test_a_reader_that_has_gone_keeps_nothing_from_the_exit_code(
    home: Path, argv: list[str], code: int
) -> None:
    (home / "file").write_text("")
    path = write(home, f'[store]\npath = "{home / "file" / "store"}"')
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen([*PROGRAM, "--config", path, *argv], stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    _, said = process.communicate()

    assert said == b""
    assert process.returncode == code


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_is_named() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "config", "init", "--stdout"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr == "support-desk: the output can't be written: No space left on device\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_the_answer_comes_also_where_nothing_can_be_said(home: Path) -> None:
    path = write(home, '[jsm]\ntoken = "hunter2"')
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "--config", path, "config", "show"],
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
            check=False,
        )

    assert done.returncode == 0
    assert "read_only = false" in done.stdout


def test_a_terminal_without_the_characters_gets_others(home: Path) -> None:
    done = program("demo", "--plain", "--at", "2026-12-02T09:46:00Z", PYTHONIOENCODING="ascii")

    assert "UnicodeEncodeError" not in done.stderr
    assert done.stdout.isascii()
    assert "Assigned to Si?n Probert" in done.stdout


def test_json_stays_json_where_characters_are_missing(home: Path) -> None:
    folder = home / "docs"
    folder.mkdir()
    (folder / "a.md").write_text("# Sîan’s ☃\n")
    path = write(home, f'[runbooks]\npath = "{folder}"')

    done = program("runbooks", "--json", "--config", path, PYTHONIOENCODING="ascii")

    assert json.loads(done.stdout)["runbooks"][0]["title"] == "Sîan’s ☃"
