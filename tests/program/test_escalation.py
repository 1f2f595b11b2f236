"""One key escalates, in a real terminal: what it names, how it is taken back, and that no held key sends."""

from __future__ import annotations

import re
import select

import pytest

from tests.program.desk import READY, demo, hostile
from tests.terminal import Terminal

HELD = re.compile(r"IN \d s +PAGES second line: Helen Marsh, until 10:00")
PAGED = re.compile(r"Helen Marsh was paged \d\d:\d\d:\d\d")


def ready(rows: int = 24, columns: int = 80) -> Terminal:
    terminal = demo(rows=rows, columns=columns)
    terminal.wait_for(READY)
    terminal.press("1")
    terminal.wait_for(re.escape("[1 Alerts]"))
    return terminal


def rest(seconds: float) -> None:
    """The person's own pause between two presses: what is tested is their rhythm on a real clock."""
    select.select([], [], [], seconds)


@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (45, 160)])
def test_e_names_who_is_paged_waits_and_proves_it(rows: int, columns: int) -> None:
    with ready(rows, columns) as terminal:
        terminal.send("e")
        terminal.wait_for(HELD)
        assert "u takes it back" in terminal.screen[rows - 1]
        terminal.wait_for(PAGED, timeout=20)
        assert not HELD.search(terminal.text)
        assert hostile(bytes(terminal.raw)) == []


def test_u_takes_it_back() -> None:
    with ready() as terminal:
        terminal.send("e")
        terminal.wait_for(HELD)
        terminal.send("u")
        terminal.wait_for("nothing was sent")
        rest(6)
        terminal.send("O")
        terminal.wait_for("taken back")
        assert not PAGED.search(terminal.text)


def test_a_separate_second_e_sends_at_once() -> None:
    with ready() as terminal:
        terminal.send("e")
        terminal.wait_for(HELD)
        rest(1.2)
        terminal.send("e")
        terminal.wait_for(lambda t: not HELD.search(t.text), timeout=1.5)
        terminal.wait_for(PAGED, timeout=20)


@pytest.mark.parametrize("first_repeat", [0.25, 0.5, 0.66])
def test_a_held_key_never_sends(first_repeat: float) -> None:
    with ready() as terminal:
        terminal.send("e")
        rest(first_repeat)
        for _ in range(60):
            terminal.send("e")
            rest(1 / 30)
        terminal.wait_for(HELD)
        rest(0.5)
        assert HELD.search(terminal.text), "it was sent by the repeats of one press"
        terminal.send("u")
        terminal.wait_for("nothing was sent")
        terminal.send("O")
        terminal.wait_for("taken back")
        terminal.wait_for(re.compile(r"1/1"))


def test_e_on_another_alert_is_refused_while_one_is_held() -> None:
    with ready() as terminal:
        terminal.send("e")
        terminal.wait_for(HELD)
        terminal.send("j")
        terminal.send("e")
        terminal.wait_for(r"still held\. u takes that back")
        assert HELD.search(terminal.text)


def test_the_seconds_of_a_hold_go_on_under_a_form_and_its_picker() -> None:
    """What stands still there says that there is time left when the page has gone out."""
    with ready(45, 160) as terminal:
        terminal.send("e")
        terminal.wait_for(HELD)
        terminal.send("2T")
        terminal.wait_for("Triage")
        terminal.send("s")
        terminal.wait_for(r"Which status\?")
        terminal.wait_for(r"IN 2 s +PAGES second line: Helen Marsh")
        terminal.wait_for(lambda t: not HELD.search(t.text), timeout=5)
        assert "Which status?" in terminal.text
