"""The last known state, before any service has answered: after a restart, a kill, without a network."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support_desk.config.load import load_config
from support_desk.desk.snapshot import Feed, FeedName
from support_desk.desk.store import ReadingsStore
from support_desk.paths import store_file
from tests.program.desk import PROGRAM, hostile
from tests.support import view
from tests.terminal import Terminal

CONFIG = """
[me]
email = "robin@agency.example"
[zendesk]
url = "{url}"
auth = "token"
email = "robin@agency.example"
token_env = "A_TOKEN"
[opsgenie]
url = "{url}"
read_key_env = "A_KEY"
[runbooks]
path = "{folder}"
[store]
path = "{folder}/store"
"""

SECRETS = {"A_TOKEN": "token-under-test", "A_KEY": "key-under-test"}
AGE = timedelta(minutes=12)


@pytest.fixture
def silence() -> Iterator[str]:
    """The address of a service that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def refusal() -> str:
    """The address of a service that isn't there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def configured(folder: Path, url: str) -> Path:
    path = folder / "config.toml"
    path.write_text(CONFIG.format(url=url, folder=folder))
    (folder / "store").mkdir()
    (folder / "book.md").write_text("# A runbook\n\nWhat to do.\n")
    return path


def seeded(config: Path, **changes: Any) -> None:
    """Readings of twelve minutes ago in the store that belongs to a configuration."""
    loaded = load_config(config, SECRETS)
    store = ReadingsStore.open(store_file(loaded.config))
    then = datetime.now(UTC) - AGE
    known = view().snapshot
    if changes:
        first, *others = known.alerts.rows
        alerts = (replace(first, **changes), *others)
        known = known.with_feed(FeedName.ALERTS, replace(known.alerts, rows=alerts))
    for name in (FeedName.ALERTS, FeedName.TICKETS, FeedName.ROTA, FeedName.SUSPENDED):
        feed: Feed[object] = Feed(rows=known.feed(name).rows, read_at=then)
        store.save(name, feed)
    store.close()


def dashboard(config: Path, folder: Path) -> Terminal:
    home = {"XDG_STATE_HOME": str(folder / "state"), "XDG_CONFIG_HOME": str(folder / "none")}
    return Terminal(
        [*PROGRAM, "--config", str(config)], rows=45, columns=160, env={**SECRETS, **home}, cwd=folder
    )


def shows_the_last_known_state(terminal: Terminal) -> None:
    terminal.wait_for("of 68")
    terminal.wait_for("un-acknowledged of 14")
    lines = terminal.screen
    assert "12 min" in next(line for line in lines if "1 Alerts" in line)
    assert "12 min" in next(line for line in lines if "2 Tickets" in line)
    assert "12 min" in lines[2]
    assert " ok " not in lines[2].split("runbooks")[0]
    assert "quiet" not in terminal.text


def test_a_restart_shows_the_last_known_state_before_any_answer(tmp_path: Path, silence: str) -> None:
    config = configured(tmp_path, silence)
    seeded(config)
    with dashboard(config, tmp_path) as terminal:
        shows_the_last_known_state(terminal)
        terminal.kill(signal.SIGKILL)
        assert terminal.wait_exit() == -signal.SIGKILL
    with dashboard(config, tmp_path) as terminal:
        shows_the_last_known_state(terminal)
        terminal.press("j", "enter")
        terminal.wait_for("#48168")
        terminal.press("q", "ctrl+q")
        # Requests are under way that nobody will ever answer.
        assert terminal.wait_exit(3) == 0
        assert terminal.modes_left() == []
        assert all(secret.encode() not in terminal.raw for secret in SECRETS.values())


def test_a_service_that_isnt_there_is_named_and_the_rows_stay(tmp_path: Path, refusal: str) -> None:
    config = configured(tmp_path, refusal)
    seeded(config)
    with dashboard(config, tmp_path) as terminal:
        terminal.wait_for("! OpsGenie")
        terminal.wait_for("! Zendesk")
        shows_the_last_known_state(terminal)
        assert hostile(bytes(terminal.raw)) == []


def test_without_a_store_nothing_is_claimed(tmp_path: Path, silence: str) -> None:
    config = configured(tmp_path, silence)
    with dashboard(config, tmp_path) as terminal:
        terminal.wait_for("Not read yet")
        assert "zendesk loading" in terminal.text
        assert "quiet" not in terminal.text
        terminal.press("ctrl+q")
        assert terminal.wait_exit(3) == 0


def test_a_store_that_somebody_tampered_with_writes_no_hostile_byte(tmp_path: Path, silence: str) -> None:
    config = configured(tmp_path, silence)
    evil = "\x1b]52;c;aGk=\x07 \x1b[2J\x9b31m \u202eevil [/nope]"
    seeded(config, message=evil, priority="P1", status="open", owner=evil)
    with dashboard(config, tmp_path) as terminal:
        terminal.wait_for("of 68")
        terminal.press("1", "j", "k")
        terminal.wait_for("evil")
        terminal.press("enter")
        terminal.settle()
        assert terminal.process.poll() is None
        assert hostile(bytes(terminal.raw)) == []


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 100, None])
def test_a_damaged_store_doesnt_keep_the_desk_closed(
    tmp_path: Path, silence: str, damage: bytes | None
) -> None:
    config = configured(tmp_path, silence)
    seeded(config)
    file = store_file(load_config(config, SECRETS).config)
    if damage is None:
        file.write_bytes(file.read_bytes()[:3000])
    else:
        file.write_bytes(damage)
    for extra in ("-wal", "-shm"):
        file.with_name(file.name + extra).unlink(missing_ok=True)
    with dashboard(config, tmp_path) as terminal:
        terminal.wait_for("1 Alerts")
        terminal.settle()
        assert terminal.process.poll() is None
        assert "quiet" not in terminal.text


def test_a_clash_of_keys_is_refused_before_the_screen_opens(tmp_path: Path, silence: str) -> None:
    config = configured(tmp_path, silence)
    with config.open("a") as file:
        file.write('[keys]\n"pane.zoom" = "?"\n"pane.layout" = "nonsense"\n')
    with dashboard(config, tmp_path) as terminal:
        assert terminal.wait_exit() == 2
        assert "pane.zoom" in terminal.text
        assert "app.help" in terminal.text
        assert '"nonsense" is no key' in terminal.text
        assert b"\x1b[?1049h" not in terminal.raw
