"""The program on both services, as simulators: its configuration and its secrets."""

from __future__ import annotations

from pathlib import Path

from tests.program.desk import PROGRAM
from tests.simulators.opsgenie import DEFAULT_KEY, READ_KEY, WRITE_KEY
from tests.simulators.opsgenie_writes import WritableOpsgenie
from tests.simulators.zendesk import CLIENT_ID, CLIENT_SECRET
from tests.simulators.zendesk_writes import WritableZendesk
from tests.terminal import Terminal

CONFIG = """
[me]
email = "anna@example.com"
name = "Anna"
[zendesk]
url = "{zendesk}"
client_id = "{client}"
client_secret_env = "A_SECRET"
[opsgenie]
url = "{opsgenie}"
read_key_env = "A_READ_KEY"
write_key_env = "A_WRITE_KEY"
default_api_key_env = "A_DEFAULT_KEY"
[bell]
title = false
"""
ENVIRON = {
    "A_SECRET": CLIENT_SECRET, "A_READ_KEY": READ_KEY, "A_WRITE_KEY": WRITE_KEY, "A_DEFAULT_KEY": DEFAULT_KEY,
}  # fmt: skip


class Desk:
    """The program on a configuration, started as often as it is killed."""

    def __init__(
        self, folder: Path, zendesk: WritableZendesk, opsgenie: WritableOpsgenie, more: str = ""
    ) -> None:
        """`more`: of the configuration."""
        self._folder = folder
        config = folder / "config.toml"
        text = CONFIG.format(zendesk=zendesk.url, opsgenie=opsgenie.url, client=CLIENT_ID)
        config.write_text(text + more, "utf-8")
        self._command = [*PROGRAM, "--config", str(config)]

    def start(self, *options: str, rows: int = 45, columns: int = 160, **env: str) -> Terminal:
        home = {"XDG_STATE_HOME": str(self._folder / "state"), "XDG_CONFIG_HOME": str(self._folder / "none")}
        return Terminal(
            [*self._command, *options], rows=rows, columns=columns, env={**ENVIRON, **home, **env},
            cwd=self._folder,
        )  # fmt: skip

    def ready(self) -> Terminal:
        terminal = self.start()
        terminal.wait_for("acme-prod-5xx", timeout=20)
        terminal.wait_for(r"zendesk ok", timeout=20)
        terminal.press("1")
        terminal.wait_for(r"\[1 Alerts\]")
        return terminal
