"""The harness itself: what it claims about terminals is checked on small programs."""

from __future__ import annotations

import re
import signal
import sys
from typing import Any

import pytest

from tests.terminal import Terminal

ECHO_KEYS = """
import sys, termios, tty
tty.setraw(0)
print("ready", end="\\r\\n", flush=True)
while (key := sys.stdin.buffer.raw.read(16)) and key != b"q":
    print(repr(key), end="\\r\\n", flush=True)
"""

TELL_SIGNALS = """
import os, signal, sys
signal.signal(signal.SIGWINCH, lambda *_: print(*os.get_terminal_size(), flush=True))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # a run under nohup ignores it, and so would this program
print(*os.get_terminal_size(), flush=True)
while True:
    signal.pause()
"""


def python(program: str, **options: Any) -> Terminal:
    return Terminal([sys.executable, "-c", program], **options)


def test_keys_reach_the_program_and_its_answer_the_screen() -> None:
    with python(ECHO_KEYS) as terminal:
        terminal.wait_for("ready")
        mark = terminal.mark()
        terminal.send("j")
        terminal.wait_for(re.compile(r"b'j'"))
        assert terminal.bytes_since(mark).strip() == b"b'j'"
        terminal.press("down")
        terminal.wait_for(lambda t: any("[B" in line for line in t.screen))
        terminal.paste("two words")
        terminal.wait_for(r"200~")


def test_what_never_comes_fails_with_the_screen() -> None:
    with python("print('here I am')") as terminal, pytest.raises(AssertionError, match="here I am"):
        terminal.wait_for("somebody else", timeout=5)


def test_the_program_has_a_terminal_of_the_asked_size_and_hears_of_changes() -> None:
    with python(TELL_SIGNALS, rows=30, columns=100) as terminal:
        terminal.wait_for("100 30")
        terminal.resize(24, 80)
        terminal.wait_for("80 24")
        terminal.kill(signal.SIGTERM)
        assert terminal.wait_exit() == 7


def test_a_closed_terminal_hangs_the_program_up() -> None:
    with python(TELL_SIGNALS) as terminal:
        terminal.wait_for("80 24")
        terminal.close_terminal()
        assert terminal.wait_exit() == -signal.SIGHUP


def test_ctrl_c_reaches_the_foreground_program() -> None:
    with python(
        "import signal; signal.signal(2, signal.SIG_DFL); print('up', flush=True); signal.pause()"
    ) as terminal:
        terminal.wait_for("up")
        terminal.press("ctrl+c")
        assert terminal.wait_exit() == -signal.SIGINT


def test_modes_left_on_are_named() -> None:
    untidy = r"print('\x1b[?1049h\x1b[?1000;1006h\x1b[?2004h\x1b[?1004h\x1b[?25l\x1b[>1u\x1b[?1006lend')"
    with python(untidy) as terminal:
        assert terminal.wait_exit() == 0
        assert terminal.modes_left() == [
            "alternate screen",
            "bracketed paste",
            "focus events",
            "hidden cursor",
            "kitty keyboard",
            "mouse 1000",
        ]
        assert b"end" in terminal.raw


def test_a_terminal_left_raw_is_named() -> None:
    with python("import tty; tty.setraw(0)") as terminal:
        assert terminal.wait_exit() == 0
        assert terminal.modes_left() == ["raw input"]


def test_modes_switched_off_again_are_not() -> None:
    tidy = r"print('\x1b[?1049h\x1b[?25l\x1b[>1u\x1b[<u\x1b[?25h\x1b[?1049l')"
    with python(tidy) as terminal:
        assert terminal.wait_exit() == 0
        assert terminal.modes_left() == []


def test_the_environment_is_the_tests_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_THEME", "monokai")
    monkeypatch.setenv("SUPPORT_DESK_CONFIG", "elsewhere")
    show = "import os; print(*sorted(k for k in os.environ if k[:4] in ('TEXT', 'SUPP', 'TERM', 'COLO')))"
    with python(show, env={"COLORTERM": "truecolor"}) as terminal:
        assert terminal.wait_exit() == 0
        assert terminal.screen[0] == "COLORTERM TERM"


def test_bells_and_titles_are_noticed() -> None:
    with python(r"print('\x07\x1b]2;desk\x1b\\\x07')") as terminal:
        assert terminal.wait_exit() == 0
        assert terminal.bells == 2
        assert terminal.title == "desk"


def test_quiet_and_counted_reading() -> None:
    with python("print('x' * 50_000, flush=True); input()") as terminal:
        terminal.settle(quiet=0.2)
        assert terminal.raw.count(b"x") == 50_000
        assert terminal.read_for(0.05) == b""


def test_a_textual_program_draws_and_leaves_a_clean_terminal() -> None:
    program = """
from textual.app import App
from textual.widgets import Label
class Small(App):
    def compose(self):
        yield Label("drawn by Textual")
    def key_q(self):
        self.exit()
Small().run()
"""
    with python(program, rows=10, columns=40) as terminal:
        terminal.wait_for("drawn by Textual", timeout=20)
        assert terminal.screen == ["drawn by Textual", *[""] * 9]
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert b"\x1b[?1049h" in terminal.raw
        assert b"\x1b[>" in terminal.raw, "the keyboard protocol was asked for, so its release is checked too"
        assert terminal.modes_left() == []
