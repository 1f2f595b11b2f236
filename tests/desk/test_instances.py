"""Whether the desk of a name still runs: only then are its actions left alone."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from support_desk.desk.instances import account, began, lives, own_instance


def name_of(pid: int) -> str:
    return f"{socket.gethostname()}/{pid}/{began(pid)}/0"


def test_this_one_runs_and_one_that_was_never_there_does_not() -> None:
    assert lives(own_instance())
    host, pid, start, rest = own_instance().split("/")
    assert not lives(f"{host}/{pid}/{int(start) + 1}/{rest}"), "the number is another process's by now"
    assert not lives(f"elsewhere/{pid}/{start}/{rest}")
    assert not lives("anything")


def test_an_account_without_a_name_has_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container that runs as any user: everything that was to be sent failed there."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda uid: {}[uid])

    assert account() == f"user {os.getuid()}"


def test_one_that_was_killed_and_that_its_parent_hasnt_asked_about_is_dead() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as desk:
        name = name_of(desk.pid)
        assert lives(name)
        desk.kill()
        # It has ended, and stays in the system's list until it is asked about.
        os.waitid(os.P_PID, desk.pid, os.WEXITED | os.WNOWAIT)
        assert not lives(name)
