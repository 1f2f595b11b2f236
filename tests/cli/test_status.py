"""`status` and `--cached`: what the dashboard read last, from the store alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from support_desk.cli import run
from support_desk.config.load import load_config
from support_desk.desk.about import About, decode_about
from support_desk.desk.snapshot import Feed, FeedName, Snapshot
from support_desk.desk.store import ReadingsStore
from support_desk.paths import store_file
from tests.cli.samples import NOW, TODAY, active, alert, desk, ticket

READ_AT = NOW - timedelta(seconds=4)


class ClockAt:
    """Always the same moment."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here waits")


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(
        f"""
[zendesk]
url = "https://example.zendesk.com"
client_id = "desk"
client_secret_env = "SECRET"
[opsgenie]
read_key_env = "KEY"
[store]
path = "{tmp_path / "store"}"
""",
        encoding="utf-8",
    )
    return path


def keep(configuration: Path, snapshot: Snapshot) -> Path:
    """Keep a desk's readings as the dashboard does."""
    path = store_file(load_config(configuration, {}).config)
    store = ReadingsStore.open(path)
    for name in FeedName:
        store.save(name, snapshot.feed(name))
    store.close()
    return path


def ask(configuration: Path, *argv: str, at: datetime = NOW) -> int:
    return run([*argv, "--config", str(configuration)], {}, ClockAt(at))


def some_desk() -> Snapshot:
    return desk(
        alerts=[alert(1, "P1", message="Site is down #1"), alert(2, "P3", "acked")],
        tickets=[
            ticket(11, active(TODAY + timedelta(hours=12))),
            ticket(12, active(TODAY + timedelta(hours=13, minutes=30))),
            ticket(13),
        ],
    )


HOSTILE = "down\x1b]0;mine\x07\x9b2J\r\n\u202eok\x1b[31m"
"""A title, an erased screen, a line of its own and a turned reading order."""


@pytest.mark.parametrize(
    "argv",
    [
        ("status",),
        ("status", "--tmux"),
        ("status", "--json"),
        ("alerts", "--cached"),
        ("tickets", "--cached"),
        ("handover", "--cached"),
    ],
    ids=" ".join,
)
def test_what_somebody_else_may_have_put_into_the_store_is_only_text(
    configuration: Path, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...]
) -> None:
    """On a shared box the readings are everybody's; the next program to write them may be an older one."""
    late = active(TODAY + timedelta(hours=12))
    kept = desk(
        alerts=[alert(1, "P1", message=HOSTILE, tags=("client_acme", HOSTILE))],
        tickets=[replace(ticket(11, late), subject=HOSTILE, organisation=HOSTILE, assignee=HOSTILE)],
    )
    keep(configuration, kept)
    ask(configuration, *argv)
    said = capsys.readouterr()
    for text in (said.out, said.err):
        assert all(line.isprintable() for line in text.split("\n")), ascii(text)
        assert "\u202e" not in text
    if "--json" in argv:
        assert json.loads(said.out)["tickets"]["next"]["subject"] == HOSTILE, "what it was can be read back"
    else:
        assert "mine" not in said.out


def with_clock_off(snapshot: Snapshot, off: timedelta) -> Snapshot:
    for name in FeedName:
        snapshot = snapshot.with_feed(name, replace(snapshot.feed(name), clock_off=off))
    return snapshot


@pytest.mark.parametrize("command", [["status"], ["status", "--json"], ["alerts", "--cached"]])
def test_a_clock_that_is_behind_is_known_from_the_desk(
    configuration: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    """All is said as at the moment that it is."""
    keep(configuration, some_desk())
    ask(configuration, *command)
    wanted = capsys.readouterr()
    off = timedelta(hours=2, seconds=0.3)
    keep(configuration, with_clock_off(some_desk(), off))
    ask(configuration, *command, at=NOW - timedelta(hours=2))
    assert capsys.readouterr() == wanted


def test_a_clock_that_was_ahead_makes_nothing_fresh(
    configuration: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may have been put right since."""
    keep(configuration, with_clock_off(some_desk(), timedelta(hours=-2)))
    assert ask(configuration, "status", at=NOW + timedelta(hours=2)) == 1
    assert "read 2 h ago" in capsys.readouterr().out


def test_a_store_without_the_clock_still_reads() -> None:
    about = About.of(Feed(read_at=NOW, clock_off=timedelta(hours=1)))
    older = msgspec.msgpack.encode(msgspec.msgpack.decode(msgspec.msgpack.encode(about))[:-1])
    assert decode_about(older).feed((), 0) == Feed(read_at=NOW)


def test_one_line_from_the_store(configuration: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(configuration, some_desk())

    assert ask(configuration, "status") == 0

    assert capsys.readouterr().out == (
        "1 critical P1 alert not acknowledged: Site is down #1 (3 min); 1 ticket breached: #11; "
        "1 ticket due within the hour: #12 in 30 min; read 3 s ago\n"
    )


def test_the_same_as_json_and_for_tmux(configuration: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(configuration, some_desk())

    assert ask(configuration, "status", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    assert document["sources"]["alerts"]["state"] == "fresh"
    assert document["sources"]["runbooks"]["state"] == "off"
    assert document["alerts"] == {"open": 1, "critical": 1, "acked": 1, "snoozed": 0}
    assert document["tickets"]["total"] == 3

    assert ask(configuration, "status", "--tmux") == 0
    assert "Site is down ##1" in capsys.readouterr().out


def test_old_readings_are_never_quiet(configuration: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(configuration, desk())

    assert ask(configuration, "status") == 0
    assert capsys.readouterr().out == "all quiet; read 3 s ago\n"

    assert ask(configuration, "status", at=NOW + timedelta(minutes=10)) == 1
    assert capsys.readouterr().out == (
        "nothing known to need you; tickets stale (10 min old); alerts stale (10 min old); read 10 min ago\n"
    )


def test_asking_changes_nothing_and_needs_no_right_to_write(
    configuration: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = keep(configuration, some_desk())
    before = path.read_bytes()

    assert ask(configuration, "status") == 0

    assert path.read_bytes() == before


def test_a_damaged_store_is_named(configuration: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = keep(configuration, some_desk())
    path.write_bytes(b"not a database" * 1000)

    assert ask(configuration, "status") == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert str(path) in said.err
    assert path.read_bytes().startswith(b"not a database")


def test_the_queue_as_it_was_read_last(configuration: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(configuration, some_desk())

    assert ask(configuration, "tickets", "--cached", "--json") == 0

    document = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in document["tickets"]] == [11, 12, 13]
    assert document["sources"]["zendesk"]["age_seconds"] == 3

    assert ask(configuration, "tickets", "--cached", "--json", at=NOW + timedelta(hours=1)) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["sources"]["zendesk"]["state"] == "stale"
    assert "zendesk stale (1 h old)" in said.err


def test_the_command_leaves_out_what_only_others_ask_for(configuration: Path) -> None:
    """msgspec and dataclasses import a fifth of the time's worth of what status has no use for."""
    keep(configuration, some_desk())

    done = subprocess.run(
        [
            sys.executable,
            "-X",
            "importtime",
            "-c",
            "from support_desk.__main__ import main; main()",
            "status",
        ],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"SUPPORT_DESK_CONFIG": str(configuration)},
    )

    assert "breached" in done.stdout
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert {"dataclasses", "msgspec"} <= imported
    # What inspect imports as soon as it is more than a stand-in.
    assert not {"ast", "dis", "tokenize"} & imported


def test_status_imports_nothing_heavy(configuration: Path) -> None:
    """50 ms beyond the interpreter's start leave room for neither of these."""
    keep(configuration, some_desk())
    heavy = ["pydantic", "textual", "rich", "httpx", "zenpy", "requests", "asyncio", "logging", "argparse"]
    heavy += ["support_desk.documents", "support_desk.domain.tickets", "support_desk.desk.store"]
    code = (
        "import sys\nfrom support_desk.cli import run\nrun(['status'])\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"SUPPORT_DESK_CONFIG": str(configuration)},
    )

    first, last = done.stdout.splitlines()
    assert "breached" in first
    assert last == "[]"
