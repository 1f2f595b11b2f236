"""A stopwatch for terminal programs: what a person at the terminal would see, and when.

The program runs on a pty of its own. A thread stamps each piece of its output on arrival and does nothing
else; whatever looks into the output does so between the stamps, never in their way. Times are of the
machine's monotonic clock, which is the same in every process, so that the moment of the program's `exec`
can be taken where it happens.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

COLUMNS, ROWS = 160, 45
BURST_GAP = 0.002
"""Seconds without output after which a frame counts as whole."""

# Takes the terminal, says when, and becomes the program. The time of this interpreter isn't counted.
_BECOME = (
    "import os, sys, time; os.login_tty(0); "
    "os.write(int(sys.argv[1]), b'%d' % time.monotonic_ns()); os.close(int(sys.argv[1])); "
    "os.execvp(sys.argv[2], sys.argv[2:])"
)
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-OQ-WYZ\\`-~])"
)
_LEFT_OUT = re.compile(
    r"PYTHON.*|TEXTUAL.*|SUPPORT_DESK_.*|COLORTERM|NO_COLOR|FORCE_COLOR|TMUX.*|COLUMNS|LINES"
)


class Silence(Exception):
    """The program didn't show in time what it was expected to show."""


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This environment, without what would change how Python, Textual or support_desk behave.

    PYTHONDONTWRITEBYTECODE in particular: with it every start would compile what it imports.
    """
    kept = {name: value for name, value in os.environ.items() if not _LEFT_OUT.fullmatch(name)}
    return kept | {"TERM": "xterm-256color", "LANG": "C.UTF-8"} | dict(extra or {})


class Program:
    """A program on a pty of 160 x 45; leaving the context ends it."""

    def __init__(
        self, command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> None:
        self._chunks: list[tuple[int, bytes]] = []
        self._news = threading.Condition()
        self._ended = False
        self._master, terminal = os.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        heard, say = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _BECOME, str(say), *command],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=child_environment(env),
            cwd=cwd,
            pass_fds=(say,),
        )
        os.close(terminal)
        os.close(say)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        with os.fdopen(heard, "rb") as pipe:
            self._started = int(pipe.read())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(1)
        os.close(self._master)

    # What it wrote

    def _read(self) -> None:
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        while True:
            poll.poll()
            try:
                data = os.read(self._master, 65_536)
            except OSError:
                # Linux's way of saying that nobody holds the other end any more.
                data = b""
            now = time.monotonic_ns()
            with self._news:
                if data:
                    self._chunks.append((now, data))
                else:
                    self._ended = True
                self._news.notify_all()
            if not data:
                return

    @property
    def written(self) -> int:
        """Bytes written so far."""
        return sum(len(data) for _, data in self._chunks)

    def text(self) -> str:
        """Everything that was written, without the escape sequences."""
        return _ESCAPES.sub("", b"".join(data for _, data in self._chunks).decode("utf-8", "replace"))

    def bursts(self, since: int = 0) -> Iterator[tuple[int, int]]:
        """Frames as (time of the last byte in ns, bytes), from the chunk `since` on."""
        end, size = 0, 0
        for at, data in self._chunks[since:]:
            if size and at - end > BURST_GAP * 1e9:
                yield end, size
                size = 0
            end, size = at, size + len(data)
        if size:
            yield end, size

    def pieces(self, since: int) -> list[tuple[int, str]]:
        """What came from the chunk `since` on: (time in ns, text without escape sequences)."""
        return [(at, _ESCAPES.sub("", data.decode("utf-8", "replace"))) for at, data in self._chunks[since:]]

    def mark(self) -> int:
        """A place in the output, for `bursts`."""
        return len(self._chunks)

    # Waiting

    def wait_for(self, *patterns: str, timeout: float = 20) -> float:
        """Wait for a frame after which all patterns have been written; its end, in ms since `exec`."""
        deadline = time.monotonic() + timeout
        seen = 0
        while True:
            with self._news:
                while len(self._chunks) == seen and not self._ended:
                    left = deadline - time.monotonic()
                    if left <= 0 or not self._news.wait(left):
                        raise Silence(f"{patterns} not within {timeout:g} s:\n{self.text()[-3000:]}")
                if len(self._chunks) == seen:
                    raise Silence(f"the program ended before {patterns}:\n{self.text()[-3000:]}")
                seen = len(self._chunks)
            text = self.text()
            if all(re.search(pattern, text, re.DOTALL) for pattern in patterns):
                self.quiet(BURST_GAP * 2, timeout=1)
                matched = self._chunks[seen - 1][0]
                end = next(end for end, _ in self.bursts() if end >= matched)
                return (end - self._started) / 1e6

    def quiet(self, seconds: float, timeout: float = 20) -> None:
        """Wait until nothing is written for so long; a program that never rests is left at the timeout."""
        called = time.monotonic()
        deadline = called + timeout
        with self._news:
            while time.monotonic() < deadline:
                last = max(called, self._chunks[-1][0] / 1e9 if self._chunks else 0)
                left = last + seconds - time.monotonic()
                if left <= 0 or self._ended:
                    return
                self._news.wait(left)

    def rest(self, seconds: float) -> None:
        """Let time go by; output is stamped meanwhile."""
        time.sleep(seconds)

    # Keys

    def press(self, key: bytes) -> None:
        os.write(self._master, key)

    def latencies(self, keys: Sequence[bytes], *, quiet: float = 0.03, patience: float = 1.0) -> list[float]:
        """For each key: ms until the first byte of the answer. A key without any counts as `patience`.

        Before each key the program has been quiet, and then a random 10 to 60 ms pass, so that keys don't
        fall into step with its timers.
        """
        found = []
        for key in keys:
            self.quiet(quiet, timeout=0.5)
            # Chance for its own sake: nothing secret hangs on it.
            time.sleep(random.uniform(0.01, 0.06))
            seen = len(self._chunks)
            pressed = time.monotonic_ns()
            os.write(self._master, key)
            with self._news:
                self._news.wait_for(partial(self._more_than, seen), patience)
            first = self._chunks[seen][0] if len(self._chunks) > seen else pressed + int(patience * 1e9)
            found.append((first - pressed) / 1e6)
        return found

    def _more_than(self, chunks: int) -> bool:
        return self._ended or len(self._chunks) > chunks

    # What it costs

    def cpu_seconds(self) -> float:
        """Processor time of all its threads so far, those that have ended included."""
        # The kernel's number for the processor clock of another process.
        return time.clock_gettime((~self._process.pid << 3) | 2)

    def memory(self) -> tuple[float, float]:
        """Its share of the machine's memory (PSS) and what it has for itself, in MiB."""
        text = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text()
        sizes = {key: int(size) for key, size in re.findall(r"^(\w+): +(\d+) kB", text, re.MULTILINE)}
        return sizes["Pss"] / 1024, (sizes["Private_Clean"] + sizes["Private_Dirty"]) / 1024

    @property
    def alive(self) -> bool:
        return self._process.poll() is None


@contextlib.contextmanager
def helper(command: Sequence[str], *, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """A program in the background that prints one line when it is ready; gives that line."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=child_environment(env), text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline()
    finally:
        process.terminate()
        process.wait(5)
