"""The person's own editor on a real terminal: the desk goes on behind it, and the text comes back."""

from __future__ import annotations

import os
import re
import signal
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.program.desk import PROGRAM, alive, becomes, demo, hostile
from tests.simulators.opsgenie import DEFAULT_KEY, READ_KEY, WRITE_KEY, stamp, wire_alert
from tests.simulators.opsgenie_writes import WritableOpsgenie
from tests.simulators.zendesk import API_TOKEN, EMAIL, wire_ticket
from tests.simulators.zendesk_writes import WritableZendesk
from tests.terminal import Terminal

READY = r"7 late of 68"
EDITOR = """#!/bin/sh
# Says where and how the text lies, waits until it is let go, and then writes.
echo $$ > {folder}/pid
stat -c '%a %n' "$1" > {folder}/seen
cat "$1" > {folder}/before
echo "EDITOR IS OPEN"
read line < {folder}/gate
printf '%s' "$line" >> "$1"
{last}
"""


class Editor:
    """An editor that a test lets go on."""

    def __init__(self, folder: Path, last: str = "exit 0") -> None:
        self.folder = folder
        self.path = folder / "editor with a blank"
        self.path.write_text(EDITOR.format(folder=folder, last=last), "utf-8")
        self.path.chmod(0o700)
        os.mkfifo(folder / "gate")
        self.env = {"EDITOR": f"'{self.path}'", "VISUAL": ""}

    def type(self, text: str) -> None:
        """Write a line and leave."""
        (self.folder / "gate").write_text(f"{text}\n", "utf-8")

    @property
    def file(self) -> Path:
        """The file that it was given."""
        return Path(self._seen[1])

    @property
    def mode(self) -> str:
        return self._seen[0]

    @property
    def _seen(self) -> list[str]:
        return (self.folder / "seen").read_text("utf-8").strip().split(" ", 1)


@pytest.fixture
def editor(tmp_path: Path) -> Editor:
    return Editor(tmp_path)


def composing(terminal: Terminal, text: str = "Begun here. ") -> None:
    """Open the field for a note on the first ticket, and type."""
    terminal.wait_for(READY)
    terminal.press("2")
    terminal.wait_for(r"\[2 Tickets\]")
    terminal.send("n")
    terminal.wait_for("INTERNAL NOTE")
    terminal.send(text)
    terminal.wait_for(text.strip())


def toast(terminal: Terminal) -> str:
    """What toasts say, each as one line."""
    lines = [line.partition("▌")[2].rstrip("│ ") for line in terminal.screen if "▌" in line]
    return " ".join(" ".join(lines).split())


def test_the_text_goes_to_the_editor_and_back(editor: Editor) -> None:
    with demo(env=editor.env) as terminal:
        composing(terminal)
        terminal.press("ctrl+o")
        terminal.wait_for(lambda t: b"EDITOR IS OPEN" in t.raw)
        assert (editor.folder / "before").read_text("utf-8").strip() == "Begun here."
        assert editor.mode == "600"
        folder = editor.file.parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert terminal.modes_left() == [], "the terminal is the editor's as a shell's would be"
        editor.type("Ended there: {{ x }}.")
        terminal.wait_for(lambda t: "Begun here. Ended there: {{ x }}." in t.text)
        terminal.wait_for("INTERNAL NOTE")
        assert becomes(lambda: not folder.exists()), "nothing of it is left on the disk"
        terminal.press("ctrl+s")
        terminal.wait_for(lambda t: "INTERNAL NOTE" not in t.text)
        terminal.send("O")
        terminal.wait_for(lambda t: "“Begun here. Ended there: {{ x }}.”" in t.text)
        terminal.wait_for("answer +internal note added")
        assert hostile(bytes(terminal.raw)) == []


def test_what_an_editor_that_fails_had_saved_is_not_lost(tmp_path: Path) -> None:
    editor = Editor(tmp_path, last="exit 3")
    with demo(env=editor.env) as terminal:
        composing(terminal)
        terminal.press("ctrl+o")
        terminal.wait_for(lambda t: b"EDITOR IS OPEN" in t.raw)
        editor.type("Not lost.")
        terminal.wait_for(lambda t: "ended with code 3: what it had saved was taken" in toast(t))
        terminal.wait_for("Begun here. Not lost.")
        terminal.press("ctrl+z")
        terminal.wait_for(lambda t: "Not lost." not in t.text and "Begun here." in t.text)


def test_ctrl_c_is_the_editors_and_the_title_is_the_desks_again(tmp_path: Path) -> None:
    """For an editor with a window of its own the terminal stays as a shell's: ctrl+c ended the desk."""
    editor = Editor(tmp_path)
    editor.path.write_text("#!/bin/sh\nprintf '\\033]2;notes\\007EDITOR IS OPEN'\nexec sleep 60\n", "utf-8")
    with demo(env=editor.env) as terminal:
        composing(terminal)
        terminal.press("ctrl+o")
        terminal.wait_for(lambda t: b"EDITOR IS OPEN" in t.raw)
        assert terminal.title == "notes"
        terminal.press("ctrl+c")
        terminal.wait_for(lambda t: "was ended by SIGINT: the text is as it was" in toast(t))
        assert "Begun here." in terminal.text
        terminal.wait_for(lambda t: "7 tickets late" in t.title)


def test_an_editor_that_leaves_nothing_loses_nothing(tmp_path: Path) -> None:
    editor = Editor(tmp_path, last=': > "$1"')
    with demo(env=editor.env) as terminal:
        composing(terminal)
        terminal.press("ctrl+o")
        terminal.wait_for(lambda t: b"EDITOR IS OPEN" in t.raw)
        editor.type("Gone.")
        terminal.wait_for(lambda t: "The editor left nothing: what was written is kept" in toast(t))
        assert "Begun here." in terminal.text


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/no/such/editor", "/no/such/editor can't be started (No such file or directory)"),
        ("/", "/ can't be started (Permission denied)"),
        ("'unclosed", "No editor was found: set EDITOR"),
    ],
)
def test_an_editor_that_is_not_there_is_said_and_the_desk_goes_on(command: str, said: str) -> None:
    with demo(env={"VISUAL": command, "EDITOR": "", "PATH": "/nowhere"}) as terminal:
        composing(terminal)
        terminal.press("ctrl+o")
        terminal.wait_for(lambda t: said in toast(t))
        assert "Begun here." in terminal.text
        terminal.send("More.")
        terminal.wait_for("More.")


def test_the_desk_can_be_ended_while_the_editor_is_open(editor: Editor, tmp_path: Path) -> None:
    """Neither the editor nor the file of the text is left behind."""
    with demo(env=editor.env) as terminal:
        composing(terminal)
        terminal.press("ctrl+o")
        terminal.wait_for(lambda t: b"EDITOR IS OPEN" in t.raw)
        folder, pid = editor.file.parent, int((tmp_path / "pid").read_text("utf-8"))
        assert alive(pid)
        terminal.kill(signal.SIGTERM)
        assert terminal.wait_exit(5) == 0
        assert not folder.exists()
        assert becomes(lambda: not alive(pid)), "it would fight with the shell for the terminal"
        assert terminal.modes_left() == []


CONFIG = """
[me]
email = "agent1@example.com"
[zendesk]
url = "{zendesk}"
auth = "token"
email = "{email}"
token_env = "A_TOKEN"
[opsgenie]
url = "{opsgenie}"
read_key_env = "A_READ_KEY"
write_key_env = "A_WRITE_KEY"
default_api_key_env = "A_DEFAULT_KEY"
[polling]
alerts = 5
"""
SECRETS = {
    "A_TOKEN": API_TOKEN, "A_READ_KEY": READ_KEY, "A_WRITE_KEY": WRITE_KEY, "A_DEFAULT_KEY": DEFAULT_KEY,
}  # fmt: skip


@pytest.fixture
def zendesk() -> Iterator[WritableZendesk]:
    with WritableZendesk(clock=lambda: datetime.now(UTC)) as simulator:
        simulator.add(wire_ticket(5))
        yield simulator


@pytest.fixture
def opsgenie() -> Iterator[WritableOpsgenie]:
    now = datetime.now(UTC)
    with WritableOpsgenie(now, clock=lambda: datetime.now(UTC)) as simulator:
        began = stamp(now - timedelta(minutes=2))
        simulator.alerts = [
            wire_alert("a1", message="first", priority="P4", createdAt=began, updatedAt=began)
        ]
        yield simulator


def test_the_desk_goes_on_reading_and_rings_while_the_editor_is_open(
    editor: Editor, tmp_path: Path, zendesk: WritableZendesk, opsgenie: WritableOpsgenie
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(zendesk=zendesk.url, opsgenie=opsgenie.url, email=EMAIL), "utf-8")
    home = {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CONFIG_HOME": str(tmp_path / "none")}
    command = [*PROGRAM, "--config", str(config)]
    with Terminal(command, rows=40, columns=120, env={**SECRETS, **home, **editor.env}) as terminal:
        terminal.wait_for("zendesk ok", timeout=20)
        terminal.wait_for("first", timeout=20)
        terminal.press("2")
        terminal.wait_for(r"\[2 Tickets\]")
        terminal.send("n")
        terminal.wait_for("INTERNAL NOTE")
        terminal.press("ctrl+o")
        terminal.wait_for(lambda t: b"EDITOR IS OPEN" in t.raw)
        bells, mark = terminal.bells, terminal.mark()
        began = stamp(datetime.now(UTC))
        opsgenie.alerts.append(
            wire_alert("a2", message="acme-prod-down", priority="P1", createdAt=began, updatedAt=began)
        )
        terminal.wait_for(lambda t: t.bells > bells, timeout=20)
        drawn = re.sub(rb"\x1b\]2;.*?\x1b\\|\x07", b"", terminal.bytes_since(mark))
        assert drawn == b"", "the editor's picture isn't drawn over"
        editor.type("Written meanwhile.")
        terminal.wait_for("Written meanwhile.", timeout=20)
        terminal.press("ctrl+s")
        assert becomes(lambda: zendesk.applied["comment", 5] == 1, 20)
        assert zendesk.comments[5][-1]["plain_body"] == "Written meanwhile."
        terminal.wait_for("acme-prod-down", timeout=20)
