"""However the program ends, the terminal is as it was, and nothing stays behind."""

from __future__ import annotations

import os
import re
import select
import signal
import sys

import pytest

from tests.program.desk import DEMO, ENDS, READY, alive, asleep, becomes, demo, picture
from tests.terminal import Terminal

BOUND = 3.0
"""Seconds within which the program must be gone."""


@pytest.mark.parametrize("sig", ENDS)
def test_a_signal_ends_it_and_leaves_no_mode_behind(sig: signal.Signals) -> None:
    with demo() as terminal:
        terminal.wait_for(READY)
        terminal.kill(sig)
        assert terminal.wait_exit(BOUND) == 0
        assert terminal.modes_left() == []
        assert terminal.title == ""


def test_the_quit_key_ends_it_and_leaves_no_mode_behind() -> None:
    with demo() as terminal:
        terminal.wait_for(READY)
        terminal.press("ctrl+q")
        assert terminal.wait_exit(BOUND) == 0
        assert terminal.modes_left() == []


def test_a_key_counts_from_the_moment_that_the_first_frame_is_there() -> None:
    with demo() as terminal:
        terminal.wait_for(lambda t: b"Not read yet" in t.raw)
        terminal.press("ctrl+q")
        assert terminal.wait_exit(BOUND) == 0


@pytest.mark.parametrize("key", ["3", "b", "tab"])
def test_the_runbook_can_be_gone_to_from_the_first_frame_on(key: str) -> None:
    with demo(rows=45, columns=160) as terminal:
        terminal.wait_for(lambda t: b"Not read yet" in t.raw)
        terminal.press(key)
        terminal.wait_for(r"\[3 Runbook\]")
        terminal.wait_for(READY)


def test_keys_that_are_typed_while_it_ends_are_not_mixed_with_its_last_bytes() -> None:
    """Nor does a ctrl+s stop those: the terminal is the shell's when they are written, not before."""
    with demo(rows=45, columns=160) as terminal:
        terminal.wait_for(READY)
        # Nobody reads any more, and there is more to write than the terminal takes.
        for columns in (150, 140, 130, 120, 110, 100):
            terminal.resize(45, columns)
            select.select([], [], [], 0.1)
        mark = terminal.mark()
        terminal.press("ctrl+q")
        select.select([], [], [], 0.5)
        terminal.send("XQXQXQ")
        terminal.press("ctrl+s")

        assert terminal.wait_exit(BOUND) == 0
        assert terminal.modes_left() == []
        assert b"Q" not in terminal.bytes_since(mark).partition(b"\x1b[?1049l")[0].replace(b"Q: quiet", b"")


def test_it_can_be_left_before_it_has_drawn_anything() -> None:
    with demo() as terminal:
        terminal.wait_for(lambda t: b"\x1b[?1049h" in t.raw)
        terminal.kill(signal.SIGTERM)
        terminal.wait_exit(BOUND)
        assert terminal.modes_left() == []


def test_a_closed_terminal_ends_it() -> None:
    with demo() as terminal:
        terminal.wait_for(READY)
        terminal.close_terminal()
        assert terminal.wait_exit(BOUND) == 0


def test_a_closed_terminal_ends_it_even_if_nobody_may_hang_it_up() -> None:
    """As under nohup, in a session of its own: no SIGHUP comes, reads give end of file for ever."""
    own_session = "import os, sys; os.setsid(); print('pid', os.getpid()); sys.stdout.flush(); "
    own_session += "os.execvp(sys.argv[1], sys.argv[1:])"
    script = f'exec 3<&0; trap "" HUP; "{sys.executable}" -c "$0" "$@" <&3 & wait'
    with Terminal(["/bin/sh", "-c", script, own_session, *DEMO]) as terminal:
        terminal.wait_for(READY)
        found = re.search(rb"pid (\d+)", bytes(terminal.raw))
        assert found is not None
        pid = int(found[1])
        assert alive(pid)
        terminal.close_terminal()
        if not becomes(lambda: not alive(pid), BOUND):
            os.kill(pid, signal.SIGKILL)
            pytest.fail("it outlived its terminal")


@pytest.mark.parametrize("sig", [signal.SIGTSTP, signal.SIGSTOP])
def test_stopped_and_continued_it_draws_everything_again(sig: signal.Signals) -> None:
    with demo() as terminal:
        terminal.wait_for(READY)
        terminal.settle()
        before = terminal.screen
        terminal.kill(sig)
        assert becomes(lambda: asleep(terminal))
        terminal.settle(0.1)
        if sig == signal.SIGTSTP:
            assert terminal.modes_left() == []
            assert terminal.title == "", "nobody reads the services any more"
        mark = terminal.mark()
        terminal.kill(signal.SIGCONT)
        terminal.wait_for(lambda t: READY.search("\n".join(picture(t.bytes_since(mark), 24, 80))) is not None)
        terminal.settle()
        again = picture(terminal.bytes_since(mark), 24, 80)
        # Ages and countdowns may have moved on by a second; the rest is as it was.
        assert [line.split()[3:6] for line in again[9:]] == [line.split()[3:6] for line in before[9:]]
        assert "7 tickets late" in terminal.title
        leaves_as_it_was(terminal)


def test_a_sigcont_that_nothing_came_before_does_no_harm() -> None:
    with demo() as terminal:
        terminal.wait_for(READY)
        terminal.kill(signal.SIGCONT)
        terminal.settle()
        leaves_as_it_was(terminal)


def leaves_as_it_was(terminal: Terminal) -> None:
    """Keys still arrive one by one, and quitting leaves nothing behind."""
    terminal.press("j")
    terminal.wait_for(" 2/68")
    terminal.press("ctrl+q")
    assert terminal.wait_exit(BOUND) == 0
    assert terminal.modes_left() == []


def test_ctrl_z_stops_nothing_by_accident() -> None:
    """A dashboard that stops reading alerts because of a slip of the finger would look alive."""
    with demo() as terminal:
        terminal.wait_for(READY)
        terminal.press("ctrl+z", "j")
        terminal.wait_for("  2/68")
        assert not asleep(terminal)


def test_an_unhandled_error_is_one_line_without_what_it_was_about() -> None:
    program = """
import sys
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp
from support_desk.app import make_app
from support_desk.start import open_outbox
from support_desk.desk.clock import DemoClock
from support_desk.desk.preferences import Preferences
from support_desk.screens.dashboard import Dashboard
from support_desk.sources.fixtures import DEMO_START, demo_config, fixture_sources

class Broken(Dashboard):
    def action_sort(self):
        secret = "a client's words"
        raise RuntimeError(secret)

clock = DemoClock(DEMO_START)
config = demo_config()
app = make_app(
    config, clock, None, Preferences(None), lambda: fixture_sources(clock),
    open_outbox=lambda: open_outbox(config, clock, Path(mkdtemp()) / "outbox.sqlite3"),
)
app.get_default_screen = Broken
app.run()
sys.exit(app.return_code or 0)
"""
    with Terminal([sys.executable, "-c", program]) as terminal:
        terminal.wait_for(READY)
        terminal.press("S")
        assert terminal.wait_exit(BOUND) == 1
        assert terminal.modes_left() == []
        left = bytes(terminal.raw).rpartition(b"\x1b[?1049l")[2]
        assert b"support-desk stopped: RuntimeError at " in left
        assert b"client's words" not in left
        assert b"Traceback" not in left
        assert left.count(b"\n") <= 3


def stuck(where: str) -> list[str]:
    """The demo, which waits half a second for itself to leave, with a piece of code that never ends."""
    return [
        sys.executable,
        "-c",
        f"""
import asyncio, os, sys, threading
from support_desk import terminal
from support_desk.__main__ import main
from support_desk.app import DeskApp
from support_desk.screens.dashboard import Dashboard

terminal.LEAVING_SECONDS = 0.5
blocked = threading.Lock()
blocked.acquire()

def block(self):
    os.write(2, b"NOW")
    blocked.acquire()

def spin(self):
    os.write(2, b"NOW")
    while True:
        pass

async def forever(self):
    os.write(2, b"NOW")
    await asyncio.Event().wait()

async def fault(self):
    raise RuntimeError

{where}
sys.argv = ["support-desk", "demo"]
sys.exit(main())
""",
    ]


A_WAIT, A_LOOP = "Dashboard.action_sort = block", "Dashboard.action_sort = spin"
LEAVING = "Dashboard.action_sort = forever; DeskApp.on_unmount = forever"


@pytest.mark.parametrize(
    ("where", "sig"),
    [
        pytest.param(A_WAIT, signal.SIGTERM, id="a wait that blocks-TERM"),
        pytest.param(A_WAIT, signal.SIGQUIT, id="a wait that blocks-QUIT"),
        pytest.param(A_LOOP, signal.SIGHUP, id="a loop without end-HUP"),
        pytest.param(A_LOOP, signal.SIGINT, id="a loop without end-INT"),
        pytest.param(LEAVING, signal.SIGTERM, id="leaving-TERM"),
        pytest.param(LEAVING, signal.SIGHUP, id="leaving-HUP"),
    ],
)
def test_a_program_that_is_stuck_is_ended_by_a_signal(where: str, sig: signal.Signals) -> None:
    with Terminal(stuck(where)) as terminal:
        terminal.wait_for(READY)
        terminal.send("S")
        terminal.wait_for(lambda t: b"NOW" in t.raw)
        terminal.kill(sig)
        assert terminal.wait_exit(BOUND) == 1
        assert terminal.modes_left() == []
        assert b"couldn't stop by itself" in bytes(terminal.raw)


WHILE_WRITING = """
def write_and_be_woken(self):
    with self.app._driver._writer_thread._queue.mutex:
        os.kill(os.getpid(), signal.SIGCONT)
    os.write(2, b"NOW")

import signal
Dashboard.action_sort = write_and_be_woken
"""


def test_a_sigcont_in_the_middle_of_writing_does_no_harm() -> None:
    """The thread that writes was told to stop by way of the queue that was being written to: for ever."""
    with Terminal(stuck(WHILE_WRITING)) as terminal:
        terminal.wait_for(READY)
        terminal.send("S")
        terminal.wait_for(lambda t: b"NOW" in t.raw)
        terminal.settle()
        leaves_as_it_was(terminal)


def test_once_it_has_left_a_signal_ends_the_process_as_any() -> None:
    """What the program does after its last frame has no loop to be told of a signal."""
    last = "from atexit import register; register(lambda: (os.write(2, b'LEFT'), blocked.acquire()))"
    with Terminal(stuck(last)) as terminal:
        terminal.wait_for(READY)
        terminal.press("ctrl+q")
        terminal.wait_for(lambda t: b"LEFT" in t.raw)
        terminal.kill(signal.SIGTERM)
        assert terminal.wait_exit(BOUND) == -signal.SIGTERM
        assert b"Traceback" not in bytes(terminal.raw)


def test_a_fault_after_which_leaving_gets_stuck_leaves_nothing_dead_to_every_key() -> None:
    with Terminal(stuck("Dashboard.action_sort = fault; DeskApp.on_unmount = forever")) as terminal:
        terminal.wait_for(READY)
        terminal.send("S")
        assert terminal.wait_exit(BOUND) == 1
        assert terminal.modes_left() == []


def test_a_terminal_that_nobody_reads_keeps_nothing_alive() -> None:
    with Terminal(stuck("")) as terminal:
        terminal.wait_for(READY)
        # More than the kernel keeps for a terminal.
        terminal.send("+" * 200)
        terminal.kill(signal.SIGTERM)
        assert terminal.process.wait(BOUND) in (0, 1)


def test_a_byte_that_is_no_character_is_no_end() -> None:
    with demo() as terminal:
        terminal.wait_for(READY)
        terminal.press("j")
        terminal.wait_for(r" 2/68")
        terminal.send(b"\xff\xe9")
        terminal.press("j")
        terminal.wait_for(r" 3/68")


def test_a_source_with_a_bug_is_a_notice_and_not_the_end() -> None:
    program = """
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from support_desk.app import make_app
from support_desk.start import open_outbox
from support_desk.desk.clock import DemoClock
from support_desk.desk.preferences import Preferences
from support_desk.sources.fixtures import DEMO_START, World, demo_config, fixture_sources
from support_desk.sources.fixtures.sources import FixtureTickets

class Broken(FixtureTickets):
    async def queue(self, held=None):
        token = "a secret token"
        raise ZeroDivisionError(token)

clock = DemoClock(DEMO_START)
sources = lambda: replace(fixture_sources(clock), tickets=Broken(World(7), clock))
config = demo_config()
app = make_app(
    config, clock, None, Preferences(None), sources,
    open_outbox=lambda: open_outbox(config, clock, Path(mkdtemp()) / "outbox.sqlite3"),
)
app.run()
sys.exit(app.return_code or 0)
"""
    with Terminal([sys.executable, "-c", program], columns=160) as terminal:
        terminal.wait_for("Unexpected: ZeroDivisionError")
        terminal.wait_for("6 un-acknowledged of 14")
        # A notice of an alert may lie on it for a moment.
        terminal.wait_for("please report it")
        terminal.press("ctrl+q")
        assert terminal.wait_exit(BOUND) == 0
        assert b"secret" not in terminal.raw
