"""Which desks of one person are running: a desk that lives looks after its own actions.

A desk's name holds its process and when that began, so that neither a desk that was killed nor a number that
was given to another process is taken for a living one.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from uuid import uuid4


def account() -> str:
    """The person's account on this machine; its number where it has no name, as in some containers."""
    import getpass  # after the first frame

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def own_instance() -> str:
    """A name for this running desk, unlike that of any other."""
    pid = os.getpid()
    return f"{socket.gethostname()}/{pid}/{began(pid)}/{uuid4().hex[:8]}"


def lives(instance: str) -> bool:
    """Whether the desk of this name runs on this machine.

    One on another machine can't be seen; the private file is on a disk of this one, so there is none.
    """
    match instance.split("/"):
        case [_, number, since, _] if was_here(instance) and number.isdecimal():
            pid = int(number)
        case _:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return began(pid) == since


def was_here(instance: str) -> bool:
    """Whether the desk of this name was one of this machine, or container: what has its own processes."""
    return instance.partition("/")[0] == socket.gethostname()


_ENDED = "ZX"
"""The states of a process that has ended and that nobody has asked about yet: it does nothing any more."""


def began(pid: int) -> str:
    """When a process began, in the system's own ticks; empty where that can't be told, or it has ended."""
    try:
        # The second field is the program's name, in brackets, and may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
        return "" if fields[0] in _ENDED else fields[19]
    except (OSError, IndexError):
        return ""
