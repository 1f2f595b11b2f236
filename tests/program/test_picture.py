"""What the terminal shows: every size, every palette, whatever the world says."""

from __future__ import annotations

import re

import pytest

from tests.program.desk import READY, demo, hostile
from tests.terminal import Terminal

PALETTES: dict[str, dict[str, str]] = {
    "NO_COLOR": {"NO_COLOR": "1"},
    "sixteen colours": {"TERM": "screen"},
    "the terminal's own, dark": {"TEXTUAL_THEME": "ansi-dark"},
    "the terminal's own, light": {"TEXTUAL_THEME": "ansi-light"},
    "light": {"TEXTUAL_THEME": "desk-light"},
    "contrast": {"TEXTUAL_THEME": "desk-contrast"},
    "true colour": {"COLORTERM": "truecolor"},
}


def whole(terminal: Terminal, rows: int, columns: int) -> None:
    """The picture is complete: its first line, its last line, and nothing of an older size."""
    lines = terminal.screen
    assert len(lines) == rows
    assert "out of hours" in lines[0]
    assert lines[-1].endswith("ctrl+q quit"), terminal.dump()
    assert sum("ctrl+q quit" in line for line in lines) == 1, terminal.dump()
    assert sum("1 Alerts" in line for line in lines) == 1, terminal.dump()
    assert sum("2 Tickets" in line for line in lines) == 1, terminal.dump()


@pytest.mark.parametrize("palette", PALETTES)
def test_states_can_be_read_in_every_palette(palette: str) -> None:
    with demo(columns=120, rows=30, env=PALETTES[palette]) as terminal:
        terminal.wait_for(READY)
        terminal.settle()
        for word in ("LATE", "SOON", "P1", "un-acknowledged"):
            assert word in terminal.text
        for y, line in enumerate(terminal.screen):
            for found in re.finditer(r"LATE|SOON|CHECK|\bdue\b|P1|zendesk|out of hours|Subject", line):
                for x in range(*found.span()):
                    cell = terminal.cells[y][x]
                    assert (cell.fg, cell.bg) != (cell.bg, cell.fg) or cell.fg == "default", (y, x, cell)
                    assert cell.fg != cell.bg or cell.fg == "default", (found[0], cell)
        cursor = next(y for y, line in enumerate(terminal.screen) if line.startswith(">"))
        assert terminal.screen[cursor].startswith(">")
        assert hostile(bytes(terminal.raw)) == []


def test_without_colour_none_is_written() -> None:
    with demo(env={"NO_COLOR": "1", "TEXTUAL_THEME": "ansi-dark"}) as terminal:
        terminal.wait_for(READY)
        terminal.settle()
        coloured = re.findall(rb"\x1b\[[0-9;]*\b(?:3[0-7]|9[0-7]|38;[25])[0-9;]*m", bytes(terminal.raw))
        assert coloured == []


def test_a_storm_of_resizes_ends_in_a_correct_picture() -> None:
    with demo() as terminal:
        terminal.wait_for(READY)
        for step in range(40):
            terminal.resize(20 + step % 21, 60 + step * 13 % 140)
        terminal.resize(24, 80)
        terminal.settle()
        whole(terminal, 24, 80)
        narrow = terminal.screen
        for step in range(20):
            terminal.resize(50 - step, 170 - 3 * step)
        terminal.resize(45, 160)
        terminal.settle()
        whole(terminal, 45, 160)
        assert "4 Rota" in terminal.text
        terminal.resize(24, 80)
        terminal.settle()
        whole(terminal, 24, 80)
        # Countdowns may have moved on meanwhile; what doesn't tick is the same as before.
        assert [line[40:] for line in terminal.screen[11:20]] == [line[40:] for line in narrow[11:20]]


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (2, 200), (24, 10), (5, 5), (200, 20)])
def test_a_window_too_small_to_use_ends_nothing(rows: int, columns: int) -> None:
    with demo() as terminal:
        terminal.wait_for(READY)
        terminal.resize(rows, columns)
        terminal.settle()
        terminal.press("j", "tab", "/", "x", "escape")
        terminal.settle(0.7)
        assert terminal.process.poll() is None
        terminal.resize(24, 80)
        terminal.press("2")
        terminal.wait_for(READY)
        terminal.settle()
        whole(terminal, 24, 80)


def test_the_worlds_hostile_texts_are_only_text() -> None:
    with demo(rows=80, columns=250) as terminal:
        terminal.wait_for(READY)
        terminal.settle()
        assert "[/nope] [@click=app.quit]press me[/]" in terminal.text
        assert "[@click=app.quit]details[/]" in terminal.text
        terminal.send("/nope\r")
        terminal.wait_for("filter: nope")
        terminal.settle()
        terminal.press("enter")
        terminal.wait_for("#48246")
        terminal.settle()
        terminal.press("q")
        terminal.wait_for("filter: nope")
        terminal.press("escape", "Z")
        terminal.wait_for("[Ss]uspended")
        terminal.settle()
        terminal.press("j", "j", "j", "tab")
        terminal.settle()
        assert terminal.process.poll() is None
        assert hostile(bytes(terminal.raw)) == []


def test_the_harness_would_see_a_hostile_byte() -> None:
    frame = b"\x1b[?1049h\x1b]2;support-desk: 1 alert open\x1b\\"
    assert hostile(frame) == []
    for bad in (
        b"\x1b]52;c;aGVsbG8=\x07",
        b"\x1b]2;owned\x1b\\",
        b"\x1bP1;2q\x1b\\",
        "\x9b31m".encode(),
        "\u202egnp.exe".encode(),
        b"\x1b[6n",
        b"\x1b[2J\x1b[2J",
        b"\x1bc",
    ):
        assert len(hostile(frame + bad)) == 1, bad


def test_a_paste_outside_a_field_does_nothing_and_says_so() -> None:
    with demo(columns=120) as terminal:
        terminal.wait_for(READY)
        terminal.settle()
        before = [line[60:] for line in terminal.screen[9:20]]
        terminal.paste("qGR#48144\r\x11 /x")
        terminal.wait_for("[Pp]aste")
        terminal.settle()
        assert [line[60:] for line in terminal.screen[9:16]] == before[:7]
        assert "filter:" not in terminal.text
        assert terminal.process.poll() is None


def test_ctrl_c_says_how_to_leave() -> None:
    with demo() as terminal:
        terminal.wait_for(READY)
        terminal.press("ctrl+c")
        terminal.wait_for("ctrl.q quits")
        assert "[b]" not in terminal.text


def test_a_paste_into_the_filter_line_is_one_line_of_text() -> None:
    with demo(columns=120) as terminal:
        terminal.wait_for(READY)
        terminal.press("/")
        terminal.wait_for("show only")
        terminal.paste("licence\r\nq")
        terminal.wait_for("filter: licence")
        terminal.press("escape")
        terminal.wait_for(lambda t: "filter:" not in t.text)
        terminal.wait_for("/68")


def test_keys_typed_in_one_burst_go_where_they_were_meant_for() -> None:
    """A slow connection delivers keys together: letters of a filter mustn't act on rows."""
    with demo(columns=120) as terminal:
        terminal.wait_for(READY)
        terminal.settle()
        terminal.send("/harbour\r")
        terminal.wait_for("filter: harbour")


def test_a_new_critical_alert_rings_and_stands_in_the_title() -> None:
    with demo("--at", "2026-12-02T09:56:28Z", columns=160, rows=45) as terminal:
        terminal.wait_for("un-acknowledged of")
        terminal.wait_for(lambda t: t.title.startswith("support-desk: "))
        before = terminal.title
        terminal.press("enter")
        terminal.wait_for(lambda t: "canals-prod-evidence-upload-5xx" in t.text, timeout=15)
        terminal.wait_for(lambda t: t.bells > 0 and t.title != before)
        assert "P1" in terminal.text
