"""C on a real terminal: a runbook is begun in the editor, with the alert's facts, in the checkout."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.program.desk import PROGRAM, becomes, hostile
from tests.program.test_editor import Editor
from tests.simulators.opsgenie import READ_KEY, WRITE_KEY, stamp, wire_alert
from tests.simulators.opsgenie_writes import WritableOpsgenie
from tests.terminal import Terminal

CONFIG = """
[me]
name = "Jo Example"
email = "jo@example.com"
[opsgenie]
url = "{opsgenie}"
read_key_env = "A_READ_KEY"
write_key_env = "A_WRITE_KEY"
[runbooks]
path = "{folder}"
pull_minutes = 0
[polling]
alerts = 5
runbooks = 5
"""


@pytest.fixture
def opsgenie() -> Iterator[WritableOpsgenie]:
    now = datetime.now(UTC)
    with WritableOpsgenie(now, clock=lambda: datetime.now(UTC)) as simulator:
        began = stamp(now - timedelta(minutes=2))
        simulator.alerts = [
            wire_alert("a1", message="acme-prod-web-12-disk", createdAt=began, updatedAt=began)
        ]
        simulator.notes = {
            "a1": [
                {"note": "rotated the logs", "owner": "ada@example.com", "createdAt": began, "offset": "1"}
            ]
        }
        yield simulator


def test_a_runbook_is_begun_in_the_checkout_with_what_is_known(
    tmp_path: Path, opsgenie: WritableOpsgenie
) -> None:
    editor, folder = Editor(tmp_path), tmp_path / "docs"
    folder.mkdir()
    (folder / "other.md").write_text("# Other\n")
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(opsgenie=opsgenie.url, folder=folder), "utf-8")
    env = {
        "A_READ_KEY": READ_KEY,
        "A_WRITE_KEY": WRITE_KEY,
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "none"),
        **editor.env,
    }
    with Terminal([*PROGRAM, "--config", str(config)], rows=40, columns=160, env=env) as terminal:
        terminal.wait_for("acme-prod-web-12-disk", timeout=20)
        terminal.press("1")
        terminal.wait_for(r"\[1 Alerts\]")
        terminal.send("C")
        terminal.wait_for("acme/prod-web-12-disk.md")
        terminal.press("enter")
        terminal.wait_for(lambda t: b"EDITOR IS OPEN" in t.raw)
        begun = (tmp_path / "before").read_text("utf-8")
        assert begun.startswith("---\ntag: client_acme\nmessage: (?i)")
        assert "ada@example.com: rotated the logs" in begun
        assert "Begun by Jo Example" in begun
        editor.type("One line of mine.")
        written = folder / "acme/prod-web-12-disk.md"
        assert becomes(written.exists)
        assert "One line of mine." in written.read_text("utf-8")
        # Its rule leads to it at once.
        terminal.wait_for("3 Runbook +acme-prod-web-12-disk +front matte", timeout=20)
        assert hostile(bytes(terminal.raw)) == []
