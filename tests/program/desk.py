"""The program on a real terminal: how it is started, and what no byte of it may be."""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pyte

from tests.terminal import Terminal

PROGRAM = [sys.executable, "-m", "support_desk"]
DEMO = [*PROGRAM, "demo"]

READY = re.compile(r"7 late of 68")
"""The queue has been read and drawn."""

HOSTILE = {
    # Our own title, and the shape of the mouse pointer that Textual sets.
    "an operating system command": rb"\x1b\](?!2;support-desk: |2;\x1b\\|22;[a-z]*(?:\x07|\x1b\\))",
    "a device control string": rb"\x1b[PX^_k]",
    "a C1 control": rb"\xc2[\x80-\x9f]",
    "a bidirectional control": rb"\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]",
    "a cursor report": rb"\x1b\[\??6n",
    "a reset": rb"\x1bc",
    "a delete": rb"\x7f",
}
"""What only text from outside could have brought."""


def demo(
    *arguments: str, rows: int = 24, columns: int = 80, env: Mapping[str, str] | None = None
) -> Terminal:
    """The demo, not yet ready."""
    return Terminal([*DEMO, *arguments], rows=rows, columns=columns, env=env)


def hostile(raw: bytes) -> list[str]:
    """What a terminal should never have been sent, by name."""
    found = [name for name, pattern in HOSTILE.items() if re.search(pattern, raw)]
    if raw.count(b"\x1b[2J") > raw.count(b"\x1b[?1049h"):
        found.append("a cleared screen")
    return found


def asleep(terminal: Terminal) -> bool:
    """Whether the program has been stopped, as by ctrl+z."""
    status = Path(f"/proc/{terminal.process.pid}/stat").read_text()
    return status.rsplit(")", 1)[1].split()[0] == "T"


def picture(raw: bytes, rows: int, columns: int) -> list[str]:
    """What these bytes alone draw on an empty screen."""
    screen = pyte.Screen(columns, rows)
    # Questions to the terminal and keyboard modes are no part of a picture, and pyte takes them for others.
    pyte.ByteStream(screen).feed(re.sub(rb"\x1b\[[<>=?][0-9;$]*[a-zA-Z]", b"", raw))
    return [line.rstrip() for line in screen.display]


def becomes(condition: Callable[[], bool], timeout: float = 5) -> bool:
    """Whether something that a terminal doesn't show comes true in time."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        select.select([], [], [], 0.01)
    return True


def alive(pid: int) -> bool:
    """Whether a process is there and not a zombie."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


ENDS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
"""Signals that ask for an orderly end."""
