"""A real terminal for tests: a program on a pty, the bytes it wrote and the screen they draw.

The program gets a controlling terminal, as under a shell, so that SIGHUP, SIGWINCH, Ctrl+C and a lost
terminal behave as they will for people. Queries of the program are never answered; keys are whatever the
test sends. Nothing here sleeps: every wait is a `select` on the terminal with a deadline.

    with Terminal([sys.executable, "-m", "support_desk", "demo"], rows=50, columns=200) as terminal:
        terminal.wait_for("Alerts")
        mark = terminal.mark()
        terminal.send("j")
        terminal.wait_for(lambda t: "…" in t.text)
        assert len(terminal.bytes_since(mark)) < 1_000
        terminal.kill(signal.SIGTERM)
        assert terminal.wait_exit() == 0
        assert terminal.modes_left() == []
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyte

KEYS = {
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "backspace": "\x7f",
    "space": " ",
    "f1": "\x1bOP",
    **{f"ctrl+{letter}": chr(ord(letter) - ord("a") + 1) for letter in "abcdefghijklmnopqrstuvwxyz"},
}
"""What an xterm sends for the keys that don't type themselves."""

_PRIVATE_MODES = {
    b"7": "no line wrap",
    b"25": "hidden cursor",
    b"47": "alternate screen",
    b"1047": "alternate screen",
    b"1049": "alternate screen",
    b"1000": "mouse 1000",
    b"1002": "mouse 1002",
    b"1003": "mouse 1003",
    b"1004": "focus events",
    b"1006": "mouse 1006",
    b"1015": "mouse 1015",
    b"1016": "mouse 1016",
    b"2004": "bracketed paste",
    b"2026": "synchronised output",
    b"2031": "colour scheme reports",
    b"2048": "in-band resize",
}
_ON_BY_DEFAULT = (b"7", b"25")
_MODE_CHANGE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_KITTY_CHANGE = re.compile(rb"\x1b\[([<>])(\d*)u")

# The program must own the terminal before it runs; a new interpreter can do that without forking threads.
_TAKE_TERMINAL = "import os, sys; os.login_tty(0); os.execvp(sys.argv[1], sys.argv[1:])"
_INHERITED_NOT = re.compile(
    r"TEXTUAL.*|SUPPORT_DESK_.*|COLORTERM|NO_COLOR|FORCE_COLOR|TMUX.*|STY|COLUMNS|LINES|SSH_.*"
)

Condition = str | re.Pattern[str] | Callable[["Terminal"], bool]


class _Screen(pyte.Screen):
    """pyte's screen, deaf to the private sequences that it would mistake for others."""

    def __init__(self, columns: int, lines: int) -> None:
        self.bells = 0
        super().__init__(columns, lines)

    def bell(self, *_: Any) -> None:
        self.bells += 1

    def select_graphic_rendition(self, *attributes: int, **private: Any) -> None:
        if not private:
            super().select_graphic_rendition(*attributes)

    def report_device_status(self, mode: int, **private: Any) -> None:
        """Queries stay unanswered."""

    def report_device_attributes(self, mode: int = 0, **private: Any) -> None:
        """Queries stay unanswered."""


class Terminal:
    """A program running on a pty of `rows` x `columns`; leaving the context kills what is left of it.

    `env` is added to this process's environment, from which everything is taken that would change what
    Textual draws or how support_desk is configured.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        rows: int = 24,
        columns: int = 80,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.raw = bytearray()
        """Everything the program wrote."""
        self._screen = _Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        inherited = {name: value for name, value in os.environ.items() if not _INHERITED_NOT.fullmatch(name)}
        self._master, child = os.openpty()
        try:
            self._set_size(rows, columns)
            self._cooked = termios.tcgetattr(child)[3]
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _TAKE_TERMINAL, *command],
                stdin=child,
                stdout=child,
                stderr=child,
                env=inherited | {"TERM": "xterm-256color"} | dict(env or {}),
                cwd=cwd,
            )
        except BaseException:
            os.close(self._master)
            raise
        finally:
            os.close(child)
        os.set_blocking(self._master, False)
        self._at_end = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        self.close_terminal()

    @property
    def screen(self) -> list[str]:
        """The lines a person would see, without blanks at their ends."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.screen)

    @property
    def bells(self) -> int:
        """How often the bell rang."""
        return self._screen.bells

    @property
    def title(self) -> str:
        """The window title that the program set."""
        return self._screen.title

    @property
    def cells(self) -> Mapping[int, Mapping[int, pyte.screens.Char]]:
        """The screen's cells by line and column, with colours and attributes."""
        return self._screen.buffer

    def send(self, keys: str | bytes, timeout: float = 5) -> None:
        """Type; `KEYS` has the names of keys that don't type themselves."""
        left = memoryview(keys.encode() if isinstance(keys, str) else keys)
        deadline = time.monotonic() + timeout
        while left:
            _, writable, _ = select.select([], [self._master], [], max(0.0, deadline - time.monotonic()))
            if not writable:
                raise AssertionError(f"the program doesn't read its keys\n{self.dump()}")
            left = left[os.write(self._master, left) :]

    def press(self, *names: str) -> None:
        """Press keys by name ("down", "ctrl+p") or as they are ("j")."""
        for name in names:
            self.send(KEYS.get(name, name))

    def paste(self, text: str) -> None:
        """Paste as a terminal does in bracketed mode."""
        self.send(f"\x1b[200~{text}\x1b[201~")

    def mark(self) -> int:
        """A place in the output, for `bytes_since`."""
        return len(self.raw)

    def bytes_since(self, mark: int) -> bytes:
        """What the program wrote after `mark`, as far as it has been read."""
        return bytes(self.raw[mark:])

    def wait_for(self, condition: Condition, timeout: float = 10) -> None:
        """Read until the screen shows a regular expression, or until the condition holds."""
        deadline = time.monotonic() + timeout
        while not self._holds(condition):
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                if self._holds(condition):
                    return
                why = "the program ended" if self._at_end else f"not within {timeout:g} s"
                raise AssertionError(f"waited for {condition!r}: {why}\n{self.dump()}")

    def read_for(self, seconds: float) -> bytes:
        """Read for so long whatever comes, and return it: for counting bytes, not for waiting on a state."""
        mark, deadline = self.mark(), time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not self._at_end:
            self._read(left)
        return self.bytes_since(mark)

    def settle(self, quiet: float = 0.3, timeout: float = 10) -> None:
        """Read until nothing has come for `quiet` seconds."""
        deadline = time.monotonic() + timeout
        while self._read(quiet):
            if time.monotonic() > deadline:
                raise AssertionError(f"never quiet for {quiet:g} s within {timeout:g} s\n{self.dump()}")

    def resize(self, rows: int, columns: int) -> None:
        """Change the window's size; the kernel tells the program by SIGWINCH."""
        self._screen.resize(rows, columns)
        self._set_size(rows, columns)

    def kill(self, sig: int) -> None:
        """Send the program, and only it, a signal."""
        self.process.send_signal(sig)

    def close_terminal(self) -> None:
        """Take the terminal away, as a dropped connection does: the program gets SIGHUP and end of file."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1
            self._at_end = True

    def wait_exit(self, timeout: float = 10) -> int:
        """The program's exit status, negative for the signal that ended it; reads what it still writes."""
        deadline = time.monotonic() + timeout
        while self.process.poll() is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"still running after {timeout:g} s\n{self.dump()}")
            if self._at_end:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(left)
            else:
                # Its end shows as end of file, unless a child of its own still holds the terminal.
                self._read(min(left, 0.05))
        while self._read(0):
            pass
        return self.process.returncode

    def modes_left(self) -> list[str]:
        """The modes that the program switched on and not off again, by name; empty is a clean terminal."""
        on: dict[str, bool] = {}
        for change in _MODE_CHANGE.finditer(self.raw):
            for mode in change[1].split(b";"):
                if name := _PRIVATE_MODES.get(mode):
                    on[name] = (change[2] == b"h") != (mode in _ON_BY_DEFAULT)
        depth = 0
        for change in _KITTY_CHANGE.finditer(self.raw):
            depth = depth + 1 if change[1] == b">" else max(0, depth - int(change[2] or b"1"))
        on["kitty keyboard"] = depth > 0
        if self._master >= 0:
            now, wanted = termios.tcgetattr(self._master)[3], termios.ECHO | termios.ICANON | termios.ISIG
            on["raw input"] = (now & wanted) != (self._cooked & wanted)
        return sorted(name for name, is_on in on.items() if is_on)

    def dump(self) -> str:
        """The screen in a frame, for messages."""
        width = self._screen.columns
        frame = "-" * width
        return "\n".join([frame, *(f"{line.ljust(width)}|" for line in self.screen), frame])

    def _holds(self, condition: Condition) -> bool:
        if isinstance(condition, str | re.Pattern):
            return re.search(condition, self.text) is not None
        return condition(self)

    def _read(self, timeout: float) -> bool:
        """Whether anything came within `timeout` seconds."""
        if self._at_end:
            return False
        readable, _, _ = select.select([self._master], [], [], timeout)
        if not readable:
            return False
        try:
            data = os.read(self._master, 65_536)
        except OSError as error:
            # Linux reports a terminal that nobody holds open any more as an input error.
            if error.errno != errno.EIO:
                raise
            data = b""
        if not data:
            self._at_end = True
            return False
        self.raw += data
        self._stream.feed(self._decoder.decode(data))
        return True

    def _set_size(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
