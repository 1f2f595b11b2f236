"""A text in the person's own editor, while the desk goes on reading the services behind it.

The text is in a file of its own folder, readable by its owner alone, and is gone afterwards; what the editor
has saved is not, however it ends. What is new and critical meanwhile rings, is in the title, and inside tmux
is shown in its status line.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from support_desk.desk.instances import began
from support_desk.text import clean, clean_block

if TYPE_CHECKING:
    from support_desk.app import DeskApp

USUAL = ("sensible-editor", "nano", "vim", "vi")
"""What is looked for where neither VISUAL nor EDITOR says anything."""

MOST_TEXT = 1_000_000
"""Bytes of a text that are taken back from an editor."""

RESCUED = ("{}.save", "#{}#")
"""Where nano and Emacs put what wasn't saved yet, when a signal ends them."""
RESCUE_SECONDS = 0.3
"""How long an editor that the desk ends may take for that."""


def editor_command(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The person's editor and its arguments; empty where there is none."""
    for name in ("VISUAL", "EDITOR"):
        if environ.get(name, "").strip():
            with suppress(ValueError):
                return shlex.split(environ[name])
    return next(([found] for name in USUAL if (found := shutil.which(name))), [])


async def edit_text(app: DeskApp, text: str, keep: Callable[[str], object] | None = None) -> str | None:
    """The text as it was after the editor; None where there was none, with the reason said.

    `keep` is told what the editor had saved where the desk ends before it.
    """
    command = editor_command()
    if not command:
        app.say("No editor was found: set EDITOR", problem=True)
        return None
    with TemporaryDirectory(prefix="support-desk-") as folder:
        path = Path(folder) / "text.md"
        path.write_text(text, "utf-8")
        path.chmod(0o600)
        try:
            problem = await _run(app, [*command, str(path)])
        except asyncio.CancelledError:
            if keep is not None and (left := _left(path, text)):
                keep(left)
            raise
        if not problem:
            return _taken_back(app, path)
        left = _left(path, text)
        app.say(
            f"{problem}: {'what it had saved was taken' if left else 'the text is as it was'}", problem=True
        )
        return left or None


async def _run(app: DeskApp, command: list[str]) -> str:
    """Lend the terminal to a program; what went wrong, or nothing."""
    app.in_editor = True
    try:
        # An exception that left this block would leave the terminal lent for ever.
        with app.suspend():
            return await _ended(command)
    except SuspendNotSupported:
        return "An editor can't be opened in this terminal"
    finally:
        app.terminal_is_back()


async def _ended(command: list[str]) -> str:
    """Run the program to its end; what went wrong, or nothing."""
    name = clean(command[0])
    try:
        process = await asyncio.create_subprocess_exec(*command)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its name can't be read"
        return f"{name} can't be started ({why})"
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        # The desk ends: an editor without it would fight with the shell for the terminal.
        with suppress(ProcessLookupError):
            process.terminate()
        _let_it_save(process.pid)
        raise
    if code < 0:
        return f"{name} was ended by {_signal_name(-code)}"
    return f"{name} ended with code {code}" if code else ""


def _let_it_save(pid: int) -> None:
    """Wait for its end, the event loop with it: in a moment there is nothing left to keep a text with."""
    until = time.monotonic() + RESCUE_SECONDS
    while began(pid) and time.monotonic() < until:
        time.sleep(0.01)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _taken_back(app: DeskApp, path: Path) -> str | None:
    try:
        if path.stat().st_size > MOST_TEXT:
            app.say("The text is far too long: it was not taken", problem=True)
            return None
        return _read(path)
    except OSError as error:
        app.say(f"The text can't be read back ({error.strerror})", problem=True)
        return None


def _read(path: Path) -> str:
    return _as_taken(path.read_text("utf-8", errors="replace"))


def _as_taken(text: str) -> str:
    # Editors end a file with a line break that nobody typed.
    return clean_block(text).rstrip("\n")


def _left(path: Path, text: str) -> str:
    """What an editor that was ended has saved of the person's work; empty: nothing, or the text as it was."""
    for place in (*(path.with_name(name.format(path.name)) for name in RESCUED), path):
        with suppress(OSError):
            if place.stat().st_size <= MOST_TEXT and (left := _read(place)).strip():
                return "" if left == _as_taken(text) else left
    return ""


def tell_tmux(line: str, environ: Mapping[str, str] = os.environ) -> list[str]:
    """The command that shows a line in tmux's status line; empty outside tmux.

    tmux runs `#(...)` and fills in `#{...}` and the time (`%d`) in what it is told to show, so each of the
    two signs is doubled.
    """
    if not environ.get("TMUX"):
        return []
    return ["tmux", "display-message", "-d", "15000", clean(line).replace("#", "##").replace("%", "%%")]
