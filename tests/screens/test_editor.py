"""Which editor is meant, and what is said where there is none."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from support_desk.app import DeskApp
from support_desk.domain.intents import Phase
from support_desk.screens.acting.composer import Composer
from support_desk.screens.editor import _ended, editor_command, tell_tmux
from tests.screens.acting import ended, opened
from tests.screens.test_alert_acts import P1
from tests.screens.test_alert_acts import go_to as go_to_alert
from tests.screens.test_escalation import held, silent, toasts
from tests.screens.ticket_desk import MAP, draft, go_to, writing
from tests.support import running


@pytest.mark.parametrize(
    ("environ", "command"),
    [
        ({"VISUAL": "vim -u NONE", "EDITOR": "nano"}, ["vim", "-u", "NONE"]),
        ({"VISUAL": " ", "EDITOR": "'/opt/my editor' -w"}, ["/opt/my editor", "-w"]),
        ({"VISUAL": "'open quote", "EDITOR": "nano"}, ["nano"]),
    ],
)
def test_visual_before_editor(environ: dict[str, str], command: list[str]) -> None:
    assert editor_command(environ) == command


def test_what_is_usual_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert editor_command({}) == []
    for name in ("vi", "nano"):
        (tmp_path / name).touch(0o700)
    assert editor_command({}) == [str(tmp_path / "nano")]


def test_tmux_is_told_what_it_can_neither_run_nor_fill_in() -> None:
    told = tell_tmux("P1 #(reboot) #{pane_pid} 95%done \x1b[2J", {"TMUX": "socket,1,0"})
    assert told[:2] == ["tmux", "display-message"]
    assert told[-1].startswith("P1 ##(reboot) ##{pane_pid} 95%%done"), "%d is the day of the month"
    assert "\x1b" not in told[-1]
    assert tell_tmux("P1", {}) == []


async def test_a_terminal_that_cannot_be_lent_keeps_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "true")
    async with running() as desk:
        await opened(desk)
        await go_to(desk, MAP)
        await desk.press("n")
        composer = await writing(desk)
        await desk.type("Begun here.")
        await desk.press("ctrl+o")
        await desk.until(lambda: desk.app.said)
        assert desk.app.said == ["An editor can't be opened in this terminal: the text is as it was"]
        assert isinstance(desk.app.screen, Composer)
        assert composer.text == "Begun here."
        assert not desk.app.in_editor


@pytest.mark.parametrize(
    "saves", ['echo saved >> "$1"', """trap 'echo "Begun here. saved" > "$1.save"; exit' TERM"""]
)
async def test_what_an_editor_has_saved_outlives_a_desk_that_ends_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saves: str
) -> None:
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\n{saves}\n: > {tmp_path}/open\nwhile :; do sleep 0.05; done\n", "utf-8")
    editor.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(editor))
    monkeypatch.setattr(DeskApp, "suspend", nullcontext)
    async with running(folder=tmp_path) as desk:
        await opened(desk)
        await go_to(desk, MAP)
        await desk.press("n")
        await writing(desk)
        await desk.type("Begun here. ")
        await desk.press("ctrl+o")
        await desk.until((tmp_path / "open").exists)
    async with running(folder=tmp_path, wait=False) as desk:
        await opened(desk)
        assert draft(desk, MAP, "note") == "Begun here. saved"


async def test_a_page_that_fails_behind_an_editor_rings_and_is_said_on_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was said meanwhile had lain on a screen that nobody could see, and was gone."""
    editor = tmp_path / "editor"
    editor.write_text(
        f"#!/bin/sh\n: > {tmp_path}/open\nwhile [ ! -e {tmp_path}/go ]; do sleep 0.02; done\n", "utf-8"
    )
    editor.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(editor))
    monkeypatch.setattr(DeskApp, "suspend", nullcontext)
    async with running(edit=silent) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to_alert(desk, P1)
        await desk.press("e")
        await held(desk)
        await desk.press("n")
        await writing(desk)
        await desk.press("ctrl+o")
        await desk.until((tmp_path / "open").exists)
        desk.app.clear_notifications()
        bells = desk.app.bells
        desk.app.still = True
        desk.app.notify("P1 alert: over by then", severity="error", about="open one")
        assert (await ended(desk)).phase is Phase.UNKNOWN
        assert desk.app.bells == bells + 1
        assert toasts(desk) == ""
        desk.app.withdraw("open one")
        (tmp_path / "go").touch()
        await desk.until(lambda: "ESCALATION NOT KNOWN" in toasts(desk))
        assert "over by then" not in toasts(desk)


@pytest.mark.parametrize(
    ("script", "words"),
    [("exit 0", ""), ("exit 3", "sh ended with code 3"), ("kill -9 $$", "sh was ended by SIGKILL")],
)
async def test_how_an_editor_ended_is_told_in_words(script: str, words: str) -> None:
    """ "ended with code -9" is nothing that an editor does."""
    assert await _ended(["sh", "-c", script]) == words
