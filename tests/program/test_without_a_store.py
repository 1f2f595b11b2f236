"""Where the last known state can't be kept, the dashboard opens all the same and says why."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program.desk import PROGRAM
from tests.simulators.zendesk import API_TOKEN, EMAIL, ZendeskSimulator, fill
from tests.terminal import Terminal

READY = r"late of 3 ok"


def no_folder(folder: Path) -> None:
    folder.write_text("a file where the folder should be")


def of_a_newer_version(folder: Path) -> None:
    (store,) = folder.glob("*.sqlite3")
    connection = sqlite3.connect(store)
    connection.execute("PRAGMA user_version=999")
    connection.close()


def damaged_at_its_end(folder: Path) -> None:
    (store,) = folder.glob("*.sqlite3")
    store.write_bytes(store.read_bytes()[:5_000])


def opened(config: Path, says: str) -> None:
    command = [*PROGRAM, "--config", str(config)]
    env = {"TOKEN": API_TOKEN, "XDG_STATE_HOME": str(config.parent)}
    with Terminal(command, rows=40, columns=200, env=env) as terminal:
        terminal.wait_for(READY)
        terminal.wait_for(says)
        terminal.press("ctrl+q")
        assert terminal.wait_exit() == 0
        assert terminal.modes_left() == []


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (no_folder, "store can't be used"),
        (of_a_newer_version, "written by a newer support-desk"),
        (damaged_at_its_end, "damaged and begins anew"),
    ],
)
def test_the_dashboard_opens_and_says_why(tmp_path: Path, spoil: Callable[[Path], None], says: str) -> None:
    with ZendeskSimulator() as desk:
        desk.add(*fill(3))
        config = tmp_path / "config.toml"
        config.write_text(
            f'[zendesk]\nurl = "{desk.url}"\nauth = "token"\nemail = "{EMAIL}"\ntoken_env = "TOKEN"\n'
            f'[store]\npath = "{tmp_path / "store"}"\n'
        )
        if spoil is not no_folder:
            opened(config, READY)
        spoil(tmp_path / "store")
        opened(config, says)
