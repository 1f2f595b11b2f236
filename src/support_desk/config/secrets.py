"""Secrets: fetched when first needed, shown never.

A secret `X` is given as `X_env` (an environment variable), `X_command` (a command that prints it),
`X_file` (a file of mode 0600) or `X` itself. Nothing here puts a secret, a command's output or a file's
content into an exception: errors are raised outside the handler of what went wrong, so that not even
the hidden context of a traceback holds it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import msgspec

from support_desk.paths import at_home
from support_desk.text import BYTE_ORDER_MARK

COMMAND_SECONDS = 30.0
"""How long a secret's command may take: long enough to touch a hardware key."""

MOST_BYTES = 64_000
"""A secret's file is one line; something longer is the wrong file."""

FORMS = ("", "_env", "_command", "_file")
"""What a secret's name may end in, in the order that `secret_of` looks."""


class SecretError(Exception):
    """A secret couldn't be fetched; the message names where it should come from, never what it is."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


class Secret:
    """A secret that is fetched at the first `reveal` and doesn't show itself in logs or tracebacks."""

    __slots__ = ("_fetch", "_value")

    def __init__(self, fetch: Callable[[], str]) -> None:
        self._fetch = fetch
        self._value: str | None = None

    def reveal(self) -> str:
        """The secret itself. May run a command, so not on the event loop. Raises `SecretError`."""
        if self._value is None:
            self._value = self._fetch()
        return self._value

    def __repr__(self) -> str:
        return "Secret(********)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret can't be copied, pickled or sent to another process")


def secret_names(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Which secrets a section has: every `X` that has an `X_env` beside it."""
    return tuple(name for name in fields if f"{name}_env" in fields)


def given_forms(section: msgspec.Struct, name: str) -> tuple[str, ...]:
    """The keys by which secret `name` is given, such as `("token_env",)`; empty: not given."""
    return tuple(key for form in FORMS if getattr(section, key := name + form))


def secret_of(section: msgspec.Struct, name: str, environ: Mapping[str, str]) -> Secret | None:
    """The secret `name` of a configuration section; None when it isn't given in any form.

    Nothing is fetched yet: `Secret.reveal` does that and raises `SecretError`.
    """
    forms = given_forms(section, name)
    if not forms:
        return None
    form = forms[0]
    key = f"{type(section).__name__.lower()}.{form}"
    value: str = getattr(section, form)
    if form.endswith("_env"):
        return Secret(lambda: _from_environment(key, value, environ))
    if form.endswith("_command"):
        return Secret(lambda: _from_command(key, value, environ))
    if form.endswith("_file"):
        return Secret(lambda: _from_file(key, at_home(value)))
    return Secret(lambda: value)


def readable_by_others(path: Path) -> bool:
    """Whether anybody but the owner may read the file. Raises `OSError` if it can't be looked at."""
    return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _from_environment(key: str, variable: str, environ: Mapping[str, str]) -> str:
    value = environ.get(variable, "").strip()
    if not value:
        raise SecretError(
            f"{key}: the environment variable {variable} is not set or empty",
            f"export {variable}, or use another form of {key.removesuffix('_env')}",
        )
    return value


def _from_file(key: str, path: Path) -> str:
    problem = ""
    remedy = f"put the secret alone on the first line of {path}, then: chmod 600 {path}"
    text = ""
    try:
        if readable_by_others(path):
            problem, remedy = f"{key}: {path} can be read by other users", f"chmod 600 {path}"
        else:
            with path.open("rb") as file:
                text = file.read(MOST_BYTES).decode()
    except OSError as error:
        problem = f"{key}: {path} can't be read ({os.strerror(error.errno or 0)})"
    except UnicodeDecodeError:
        problem = f"{key}: {path} isn't UTF-8 text"
    if problem:
        raise SecretError(problem, remedy)
    return _first_line(text, f"{key}: {path} holds no secret on its first line", remedy)


def _from_command(key: str, command: str, environ: Mapping[str, str]) -> str:
    # Only who fetches a secret by command pays for these two imports; `status` never does.
    import shlex
    import subprocess

    problem = ""
    remedy = f"run the command of {key} by hand: it has to print the secret alone on its first line"
    output = ""
    try:
        words = shlex.split(command) or [""]
        # The command comes from the person's own configuration, and no shell reads it.
        done = subprocess.run(  # noqa: S603
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_SECONDS,
            env=dict(environ),
            check=False,
        )
        if done.returncode:
            problem = f"{key}: the command ended with exit code {done.returncode}"
        else:
            output = done.stdout.decode()
    except subprocess.TimeoutExpired:
        problem = f"{key}: the command took longer than {COMMAND_SECONDS:.0f} seconds"
    except OSError as error:
        problem = f"{key}: the command can't be started ({os.strerror(error.errno or 0)})"
    except UnicodeDecodeError:
        problem = f"{key}: what the command printed isn't UTF-8 text"
    except ValueError:
        problem = f"{key}: the command's quotation marks don't pair up"
    if problem:
        raise SecretError(problem, remedy)
    return _first_line(output, f"{key}: the command printed no secret on its first line", remedy)


def _first_line(text: str, problem: str, remedy: str) -> str:
    line = text.removeprefix(BYTE_ORDER_MARK).split("\n", 1)[0].strip()
    if not line or not line.isprintable():
        raise SecretError(problem, remedy)
    return line
