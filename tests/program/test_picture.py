"""What the terminal shows: every size, every palette, whatever the world says."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.program.desk import READY, demo, hostile
from tests.terminal import Terminal

PALETTES: dict[str, dict[str, str]] = {
    "NO_COLOR": {"NO_COLOR": "1"},
    "sixteen colours": {"TERM": "screen", "COLORTERM": ""},
    "sixteen colours, light": {"TERM": "screen", "COLORTERM": "", "TEXTUAL_THEME": "desk-light"},
    "256 colours": {"COLORTERM": ""},
    "the terminal's own, dark": {"TEXTUAL_THEME": "ansi-dark"},
    "the terminal's own, light": {"TEXTUAL_THEME": "ansi-light"},
    "light": {"TEXTUAL_THEME": "desk-light"},
    "contrast": {"TEXTUAL_THEME": "desk-contrast"},
    "true colour": {"COLORTERM": "truecolor"},
}


def whole(terminal: Terminal, rows: int, columns: int) -> None:
    """Wait until the picture is complete: its first line, its last line, and nothing of an older size."""

    def is_whole() -> bool:
        lines = terminal.screen
        once = ("ctrl+q quit", "1 Alerts", "2 Tickets")
        return (
            len(lines) == rows
            and all(len(line) <= columns for line in lines)
            and "out of hours" in lines[1]
            and lines[-1].endswith("ctrl+q quit")
            and all(sum(words in line for line in lines) == 1 for words in once)
        )

    terminal.wait_for(lambda _: is_whole())


GROUNDS = {"light": "fbfbf8", "contrast": "000000", "true colour": "15181d"}
"""The ground that a theme is meant for, where its lines leave the terminal's own."""
LEGIBLE = 4.5
"""The contrast below which text is hard to read, by the web's accessibility guidelines (AA)."""


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def words_with_colours(terminal: Terminal) -> list[tuple[str, str, str]]:
    """The words of the screen that tell a state, each with the colours of its first letter."""
    found = []
    for y, line in enumerate(terminal.screen):
        for match in re.finditer(
            r"\bLATE|SOON|CHECK|P1|P2|urg|nobody|un-ack|late|\bok\b|zendesk|Subject|norm", line
        ):
            cell = terminal.cells[y][match.start()]
            colours = (cell.bg, cell.fg) if cell.reverse else (cell.fg, cell.bg)
            found.append((match[0], *colours))
    return found


@pytest.mark.parametrize("palette", PALETTES)
def test_states_can_be_read_in_every_palette(palette: str) -> None:
    with demo(columns=120, rows=30, env={"COLORTERM": "truecolor", **PALETTES[palette]}) as terminal:
        terminal.wait_for(READY)
        terminal.settle()
        for word in ("LATE", "SOON", "P1", "un-acknowledged"):
            assert word in terminal.text
        for word, front, behind in words_with_colours(terminal):
            if palette in GROUNDS and front != "default":
                ground = GROUNDS[palette] if behind == "default" else behind
                assert contrast(front, ground) >= LEGIBLE, (word, front, ground)
            elif palette.startswith("the terminal's own"):
                # Of two colours that the person chose, nobody knows whether one can be read on the other.
                assert "default" in (front, behind), (word, front, behind)
        assert any(line.startswith(">") for line in terminal.screen)
        assert hostile(bytes(terminal.raw)) == []


SIXTEEN = ("desk-dark", "desk-light", "desk-contrast", "ansi-dark", "ansi-light", "textual-dark")


@pytest.mark.parametrize("theme", SIXTEEN)
def test_at_sixteen_colours_red_amber_green_and_plain_text_are_written_differently(theme: str) -> None:
    """What nobody may take for one another, in the numbers that the terminal gets."""
    environment = {"TERM": "screen", "COLORTERM": "", "TEXTUAL_THEME": theme}
    with demo(columns=120, rows=30, env=environment) as terminal:
        terminal.wait_for(READY)
        terminal.settle()
        assert not re.search(rb"\x1b\[[0-9;]*[34]8;[25];", bytes(terminal.raw)), (
            "no colour beyond the sixteen"
        )
        written: dict[str, set[str]] = {}
        for word, front, behind in words_with_colours(terminal):
            written.setdefault(word, set()).add(front)
            assert front != behind or front == "default", word
        red, amber, green, plain = written["LATE"], written["SOON"], written["ok"], written["norm"]
        assert all(len(numbers) == 1 for numbers in (red, amber, green, plain)), written
        assert len(red | amber | green | plain) == 4, written


def test_each_theme_has_its_own_colours_from_the_first_frame() -> None:
    seen = set()
    for palette in ("light", "contrast", "true colour"):
        with demo(columns=120, rows=30, env={"COLORTERM": "truecolor", **PALETTES[palette]}) as terminal:
            terminal.wait_for(r"\d LATE ")
            seen.add(next(front for word, front, _ in words_with_colours(terminal) if word == "LATE"))
    assert len(seen) == 3


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
        terminal.wait_for("Is anybody harmed")
        terminal.settle()
        before = [line[60:] for line in terminal.screen[9:20]]
        terminal.paste("qGR#48144\r\x11 /x")
        terminal.wait_for("[Pp]aste")
        terminal.settle()
        assert [line[60:] for line in terminal.screen[9:16]] == before[:7]
        assert "filter:" not in terminal.text
        assert terminal.process.poll() is None


def test_only_the_left_button_presses_a_key() -> None:
    """The others are the terminal's menu and paste, out of habit: on a key of the footer they paged."""
    with demo() as terminal:
        terminal.wait_for(READY)
        terminal.press("1")
        terminal.wait_for("s snooze  e ESCALATE")
        column = terminal.screen[-1].index("ESCALATE") + 1
        for button in (1, 2, 0):
            assert "PAGES" not in terminal.text
            terminal.send(f"\x1b[<{button};{column};24M\x1b[<{button};{column};24m")
            terminal.settle(0.2)
        terminal.wait_for("PAGES second line")


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


@pytest.mark.parametrize("moment", [b"", b"\x1b[?1049h"], ids=["at-once", "with-the-screen"])
def test_keys_that_come_before_anything_is_drawn_do_nothing(moment: bytes) -> None:
    """They ended the program; and what they would have changed nobody had seen."""
    with demo() as terminal:
        terminal.wait_for(lambda t: moment in t.raw)
        terminal.send("2a\rp2+")
        terminal.wait_for(READY)
        terminal.settle()
        terminal.press("1")
        terminal.wait_for(re.escape("[1 Alerts]"))
        terminal.send("O")
        terminal.wait_for("You have done nothing since this desk was opened")


def test_a_new_critical_alert_rings_and_stands_in_the_title() -> None:
    with demo("--at", "2026-12-02T09:56:28Z", columns=160, rows=45) as terminal:
        terminal.wait_for("un-acknowledged of")
        terminal.wait_for(lambda t: t.title.startswith("support-desk: "))
        before = terminal.title
        terminal.press("enter")
        terminal.wait_for(lambda t: "canals-prod-evidence-upload-5xx" in t.text, timeout=15)
        terminal.wait_for(lambda t: t.bells > 0 and t.title != before)
        assert "P1" in terminal.text


def test_a_page_is_not_drawn_anew_by_what_changes_on_the_dashboard_behind_it() -> None:
    with demo() as terminal:
        terminal.wait_for(READY)
        terminal.send("N")
        terminal.wait_for("When are you next on?")
        terminal.settle()
        mark = terminal.mark()
        # The world is read every five seconds, and the one line above the page counts down meanwhile.
        terminal.wait_for(re.compile(r"next line in 1:0[0-6]"), timeout=30)
        assert len(terminal.bytes_since(mark)) < 4000


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts wakings as Linux does")
def test_while_nobody_types_nothing_looks_for_keys() -> None:
    with demo() as terminal:
        terminal.wait_for(READY)
        terminal.settle()
        # The last input was none at all; whoever waits for the rest of a key has given up by now.
        terminal.read_for(1.5)
        before = wakings(terminal.process.pid)
        terminal.read_for(3)
        after = wakings(terminal.process.pid)
        # Drawing, reading and storing wake now and then. What looks ten times a second would stand out.
        assert all(count - before.get(thread, 0) < 20 for thread, count in after.items())


def wakings(pid: int) -> dict[int, int]:
    """How often each thread but the first has waited and gone on."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        counted = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", (task / "status").read_text(), re.MULTILINE)
        if counted and int(task.name) != pid:
            found[int(task.name)] = int(counted[1])
    return found
