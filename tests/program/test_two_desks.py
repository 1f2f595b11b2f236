"""Two desks, the same alert, `e` on both in the same moment: over HTTP the second line is paged once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.program.desk import PROGRAM, becomes
from tests.simulators.opsgenie import READ_KEY, WRITE_KEY, Turn, stamp, wire_alert
from tests.simulators.opsgenie_writes import WritableOpsgenie
from tests.terminal import Terminal

CONFIG = """
[me]
email = "{who}@example.com"
[opsgenie]
url = "{url}"
read_key_env = "A_READ_KEY"
write_key_env = "A_WRITE_KEY"
[escalation]
hold_seconds = 1
[store]
path = "{store}"
[bell]
title = false
"""
HELD = re.compile(r"IN \d s +PAGES second line: Cat Calder")
REFUSED = re.compile(r"ESCALATION NOT SENT: (another desk of yours|Ada Ardent|Ben Brook|already paged)")


@pytest.fixture
def opsgenie() -> Iterator[WritableOpsgenie]:
    now = datetime.now(UTC)
    with WritableOpsgenie(now, clock=lambda: datetime.now(UTC)) as simulator:
        began = stamp(now - timedelta(minutes=1))
        simulator.alerts = [wire_alert("a1", message="acme-prod-5xx", createdAt=began, updatedAt=began)]
        day = timedelta(days=1)
        simulator.schedules[1].rotations[0].turns = [Turn(now - day, now + day, "cat@example.com")]
        yield simulator


def desk(folder: Path, opsgenie: WritableOpsgenie, who: str, account: str) -> Terminal:
    config = folder / f"{who}.toml"
    config.write_text(CONFIG.format(who=who, url=opsgenie.url, store=folder / "shared"), "utf-8")
    env = {
        "A_READ_KEY": READ_KEY, "A_WRITE_KEY": WRITE_KEY,
        "XDG_STATE_HOME": str(folder / account), "XDG_CONFIG_HOME": str(folder / "none"),
    }  # fmt: skip
    return Terminal([*PROGRAM, "--config", str(config)], rows=45, columns=160, env=env, cwd=folder)


@pytest.mark.parametrize("second", ["ada", "ben"], ids=["one person", "two people"])
def test_e_on_both_pages_once(tmp_path: Path, opsgenie: WritableOpsgenie, second: str) -> None:
    with ExitStack() as stack:
        desks = [stack.enter_context(desk(tmp_path, opsgenie, who, who)) for who in ("ada", second)]
        for terminal in desks:
            terminal.wait_for("acme-prod-5xx", timeout=20)
            terminal.press("1")
            terminal.wait_for(r"\[1 Alerts\]")
        for terminal in desks:
            terminal.send("e")
        for terminal in desks:
            # A busy machine may look at the second one only when the first one's second is over.
            terminal.wait_for(rf"{HELD.pattern}|{REFUSED.pattern}", timeout=20)
        assert becomes(lambda: opsgenie.applied["escalate", "a1"] > 0, 20)
        told = becomes(lambda: sum(_said(terminal, REFUSED) for terminal in desks) == 1, 20)
        assert told, desks[0].dump() + desks[1].dump()
        for terminal in desks:
            terminal.read_for(1)
        # What that has come to stands on both desks: nobody is told that the page is still to come.
        for terminal in desks:
            terminal.press("R")
            terminal.wait_for(r"since \d\d:\d\d · Cat Calder was paged \d\d:\d\d:\d\d", timeout=10)
    assert opsgenie.taken["escalate"] == opsgenie.applied["escalate", "a1"] == 1


def _said(terminal: Terminal, words: re.Pattern[str]) -> bool:
    terminal.read_for(0.05)
    return words.search(terminal.text) is not None
