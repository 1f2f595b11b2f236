"""Secrets: where they come from, and that they never show themselves."""

from __future__ import annotations

import copy
import pickle
import sys
from pathlib import Path

import pytest

from support_desk.config.model import Opsgenie, Zendesk
from support_desk.config.secrets import Secret, SecretError, secret_of

VALUE = "hunter2-very-secret"
SYSTEM = "/usr/bin:/bin"


def reveal(section: Opsgenie | Zendesk, name: str, **environ: str) -> str:
    secret = secret_of(section, name, environ)
    assert secret is not None
    return secret.reveal()


def refusal(section: Opsgenie | Zendesk, name: str, **environ: str) -> SecretError:
    with pytest.raises(SecretError) as caught:
        reveal(section, name, **environ)
    # Nothing hangs in the chain of causes either: a traceback with locals would show it.
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert VALUE not in str(caught.value) + caught.value.remedy
    return caught.value


def private(folder: Path, text: str, mode: int = 0o600) -> str:
    path = folder / "secret"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_none_where_nothing_is_given() -> None:
    assert secret_of(Opsgenie(), "read_key", {}) is None


def test_the_four_forms(tmp_path: Path) -> None:
    assert reveal(Opsgenie(read_key=VALUE), "read_key") == VALUE
    assert reveal(Opsgenie(read_key_env="KEY"), "read_key", KEY=f" {VALUE}\n") == VALUE
    assert reveal(
        Opsgenie(read_key_command=f"printf '%s\\nuser: jo\\n' {VALUE}"), "read_key", PATH="/usr/bin:/bin"
    )
    file = private(tmp_path, f"{VALUE}\nurl: https://example.com\n")
    assert reveal(Opsgenie(read_key_file=file), "read_key") == VALUE


def test_only_the_first_line_of_a_commands_output_counts() -> None:
    command = f"printf '  {VALUE} \\nuser: jo\\n'"

    assert reveal(Opsgenie(read_key_command=command), "read_key", PATH=SYSTEM) == VALUE


def test_a_command_is_not_read_by_a_shell() -> None:
    assert reveal(Opsgenie(read_key_command="echo $HOME;id"), "read_key", PATH=SYSTEM) == "$HOME;id"


def test_a_secret_is_fetched_once_and_only_when_needed(tmp_path: Path) -> None:
    counter = tmp_path / "count"
    script = f"open({str(counter)!r}, 'a').write('x'); print('abc')"
    secret = secret_of(Opsgenie(read_key_command=f'{sys.executable} -c "{script}"'), "read_key", {})

    assert secret is not None
    assert not counter.exists()
    assert [secret.reveal(), secret.reveal()] == ["abc", "abc"]
    assert counter.read_text() == "x"


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (f"sh -c 'echo {VALUE}; echo {VALUE} >&2; exit 3'", "exit code 3"),
        ("no-such-command-anywhere", "can't be started"),
        ("true", "no secret on its first line"),
        (f"printf '\\n{VALUE}\\n'", "no secret on its first line"),
        (f"echo '{VALUE}", "quotation marks"),
        (f"printf '\\377{VALUE}'", "UTF-8"),
        (" ", "can't be started"),
    ],
)
def test_a_command_that_fails_is_named_by_its_key_only(command: str, problem: str) -> None:
    error = refusal(Zendesk(token_command=command), "token", PATH=SYSTEM)

    assert error.problem.startswith("zendesk.token_command: ")
    assert problem in error.problem
    assert error.remedy


def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support_desk.config.secrets.COMMAND_SECONDS", 0.2)

    error = refusal(
        Zendesk(token_command=f"sh -c 'echo {VALUE}; exec sleep 20'"), "token", PATH="/usr/bin:/bin"
    )

    assert "longer than" in error.problem


def test_a_command_finds_nothing_to_read() -> None:
    error = refusal(Zendesk(token_command="cat"), "token", PATH=SYSTEM)

    assert "no secret" in error.problem


@pytest.mark.parametrize("environ", [{}, {"KEY": " "}])
def test_a_variable_that_is_not_set(environ: dict[str, str]) -> None:
    error = refusal(Opsgenie(write_key_env="KEY"), "write_key", **environ)

    assert error.problem == "opsgenie.write_key_env: the environment variable KEY is not set or empty"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_that_others_can_read(tmp_path: Path, mode: int) -> None:
    file = private(tmp_path, VALUE, mode)

    assert refusal(Opsgenie(read_key_file=file), "read_key").remedy == f"chmod 600 {file}"


@pytest.mark.parametrize("text", [f"\ufeff{VALUE}\r\n", f"\ufeff {VALUE}", f"{VALUE}\r\n\r\n"])
def test_what_an_editor_puts_around_a_secret_is_no_part_of_it(tmp_path: Path, text: str) -> None:
    assert reveal(Opsgenie(read_key_file=private(tmp_path, text)), "read_key") == VALUE


def test_files_that_hold_no_secret(tmp_path: Path) -> None:
    assert "can't be read" in refusal(Opsgenie(read_key_file=str(tmp_path / "none")), "read_key").problem
    tmp_path.chmod(0o700)
    assert "can't be read" in refusal(Opsgenie(read_key_file=str(tmp_path)), "read_key").problem
    assert "no secret" in refusal(Opsgenie(read_key_file=private(tmp_path, "\n")), "read_key").problem


def test_a_secret_never_shows_itself() -> None:
    secret = Secret(lambda: VALUE)
    secret.reveal()

    assert VALUE not in f"{secret} {secret!r} {[secret]}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)
