"""`support-desk handover` against simulated services, with a history and a log of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from support_desk.cli import run
from support_desk.config.load import load_config
from support_desk.desk.outbox import Outbox
from support_desk.desk.outbox_store import OutboxStore
from support_desk.desk.snapshot import Feed, FeedName
from support_desk.desk.store import ReadingsStore
from support_desk.domain.commands import Acknowledge, Command, EscalateAlert, Promise
from support_desk.domain.intents import Intent, Phase, Receipt, Seen, Target, Verdict
from support_desk.domain.paged import Page, Proof
from support_desk.paths import private_store_file, store_file
from tests.cli.test_one_shots import NOW, StoppedClock
from tests.desk.samples import alert
from tests.simulators.opsgenie import READ_KEY, OpsgenieSimulator, wire_alert
from tests.simulators.zendesk import CLIENT_ID, CLIENT_SECRET, ZendeskSimulator, sla_row, wire_ticket

SECRETS = {"SECRET": CLIENT_SECRET, "KEY": READ_KEY}


@pytest.fixture
def zendesk() -> Iterator[ZendeskSimulator]:
    with ZendeskSimulator(clock=lambda: NOW) as desk:
        desk.add(
            wire_ticket(
                1, slas={"policy_metrics": [sla_row("first_reply_time", "active", NOW + timedelta(hours=1))]}
            )
        )
        yield desk


@pytest.fixture
def opsgenie() -> Iterator[OpsgenieSimulator]:
    with OpsgenieSimulator(NOW) as simulator:
        simulator.alerts = [wire_alert("a", message="acme-prod-5xx")]
        yield simulator


@pytest.fixture
def path(
    tmp_path: Path,
    zendesk: ZendeskSimulator,
    opsgenie: OpsgenieSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    books = tmp_path / "books"
    books.mkdir()
    path = tmp_path / "config.toml"
    path.write_text(
        f"""
[me]
name = "Robin Ashdown"
[zendesk]
url = "{zendesk.url}"
client_id = "{CLIENT_ID}"
client_secret_env = "SECRET"
[opsgenie]
url = "{opsgenie.url}"
read_key_env = "KEY"
[runbooks]
path = "{books}"
""",
        "utf-8",
    )
    return path


def seed(path: Path, paged: str = "none") -> None:
    """An alert that rang three times, an escalation, an acknowledgement, one taken back, a promise.

    `paged`: about which alert a colleague has had somebody paged.
    """
    config = load_config(path, SECRETS).config
    readings = ReadingsStore.open(store_file(config))
    rows = tuple(
        alert(f"x{n}", message=f"acme-prod-web-{n}-disk", created_at=NOW - timedelta(days=n))
        for n in (1, 2, 3)
    )
    readings.save(FeedName.ALERTS, Feed(rows=rows, read_at=NOW))
    readings.keep_promise(1, Promise("ring the client", NOW + timedelta(hours=3)), NOW)
    readings.keep_page("one", paged, Page(NOW, Proof.PAGED, "Sam was paged", True, "kim@example.com"), NOW)
    readings.close()
    store = OutboxStore.open(private_store_file(config))
    outbox = Outbox(store, StoppedClock(), user="robin")
    commands: tuple[Command, ...] = (EscalateAlert("p", "P", "second line"), Acknowledge(), Acknowledge())
    made = [
        Intent(f"{n}" * 32, Target("alert", f"x{n + 1}"), f"P1 acme-{n}", command, Seen("open"), "robin", NOW)
        for n, command in enumerate(commands)
    ]
    *done, taken_back = outbox.submit(made)
    store.save([outbox.step(taken_back, Phase.CANCELLED, "taken back")])
    for entry in done:
        receipt = Receipt(Verdict.CONFIRMED, "Sam Example was paged 14:02:11")
        sending = outbox.step(entry, Phase.SENDING, "")
        store.save([outbox.step(sending, Phase.CONFIRMED, receipt.words, receipt)])
    store.close()


def ask(path: Path, *argv: str) -> int:
    return run(["handover", *argv, "--config", str(path)], SECRETS, StoppedClock())


def test_the_week_as_markdown(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed(path)
    assert ask(path) == 0
    text = capsys.readouterr().out
    assert text.startswith("# Handover, Wed 18 Nov 2026 10:00 to Wed 25 Nov 2026 10:00, by Robin Ashdown\n")
    assert "; first reply due Mon 14:00;" in text
    assert "promised by Mon 16:00: ring the client" in text
    assert "3 × acme-prod-web-1-disk" in text
    told = "ESCALATE to second line about P1 acme-0: done (Sam Example was paged 14:02:11)"
    assert f"{told}; the alert is still open" in text
    # Of the others one rang by day, when nobody is second line, and one in the weekend.
    assert text.count(" was due for ") == 1
    due = "- Sat 13:05 the second line (Ben Brook) was due for P1 acme-prod-web-2-disk"
    assert f"{due}: nobody acknowledged it; it is still there" in text
    assert "- 1 × acknowledge" in text
    assert "It can't be told: the runbooks aren't in a git checkout." in text
    assert "First line, developer: " in text
    assert "Not complete" not in text


def test_what_a_colleague_had_somebody_paged_about_was_not_left_undone(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed(path, paged="x2")
    assert ask(path) == 0
    assert " was due for " not in capsys.readouterr().out


def test_what_is_still_with_who_goes_is_named_unless_they_are_on_next(
    path: Path,
    capsys: pytest.CaptureFixture[str],
    opsgenie: OpsgenieSimulator,
    zendesk: ZendeskSimulator,
) -> None:
    # The client's turn.
    zendesk.add(wire_ticket(2, status="pending"))
    config = path.read_text("utf-8").replace('name = "Robin Ashdown"', 'email = "agent0@example.com"')
    path.write_text(config, "utf-8")
    seed(path)
    assert ask(path) == 0
    told = "- Still with agent0@example.com, to keep or to hand on: #1\n"
    assert told in capsys.readouterr().out
    # All of the rota's people are they.
    for schedule in opsgenie.schedules:
        for rotation in schedule.rotations:
            turns = [replace(turn, email="agent0@example.com") for turn in rotation.turns or ()]
            rotation.turns = turns
    assert ask(path) == 0
    assert told not in capsys.readouterr().out


def test_a_range_of_ones_own_and_json(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed(path)
    assert ask(path, "--from", "2026-11-22", "--to", "2026-11-23T12:00", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["from"], found["to"]) == ("2026-11-22T00:00:00Z", "2026-11-23T12:00:00Z")
    assert "1 × acme-prod-web-1-disk" in found["markdown"]
    assert "for P1 acme-prod-web-1-disk: nobody" in found["markdown"]
    assert "for P1 acme-prod-web-2-disk" not in found["markdown"], "it rang before"
    assert found["schema"] == 1
    assert found["sources"]["zendesk"]["state"] == "fresh"
    assert ask(path, "--from", "2026-11-23", "--to", "2026-11-22") == 2
    assert capsys.readouterr().err == "support-desk: --to must be after --from\n"
    assert ask(path, "--to", "2026-11-17", "--cached") == 2
    assert "--to must be after 2026-11-18T10:00:00Z, where it begins unless --from" in capsys.readouterr().err
    assert ask(path, "--from", "2027-11-17", "--cached") == 2
    assert "--from must be before 2026-11-25T10:00:00Z, where it ends" in capsys.readouterr().err


def test_what_couldnt_be_read_stands_in_the_text_and_fails(
    path: Path, zendesk: ZendeskSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    seed(path)
    config = path.read_text("utf-8").replace('client_secret_env = "SECRET"', 'client_secret_env = "KEY"')
    path.write_text(config, "utf-8")
    assert ask(path) == 1
    out, err = capsys.readouterr()
    assert "> Not complete: zendesk failed" in out
    assert "zendesk missing" in err


def test_without_any_history_it_says_so(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(path) == 1
    out, err = capsys.readouterr()
    assert "> Not complete: the history of alerts can't be read" in out
    assert "The week's alerts aren't known" in out
    assert "the history of alerts is missing" in err


def test_what_rang_before_this_desk_watched_isnt_passed_over(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed(path)
    ask(path)
    assert "- Alerts before Mon 13:00 aren't in this desk's history." in capsys.readouterr().out


def test_without_a_folder_of_runbooks_it_isnt_said_that_none_changed(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = path.read_text("utf-8")
    path.write_text(text[: text.index("[runbooks]")], "utf-8")
    ask(path)
    _, changed = capsys.readouterr().out.split("## Runbooks changed")
    assert "It can't be told" in changed.split("##")[0]


def test_runbooks_that_were_changed_are_named(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    books = path.parent / "books"

    def git(*words: str, at: datetime) -> None:
        stamp = at.isoformat()
        subprocess.run(
            [
                "/usr/bin/env", "git", "-C", str(books), "-c", "user.name=A",
                "-c", "user.email=a@example.com", *words,
            ],
            check=True, capture_output=True,
            env={"PATH": "/usr/bin:/bin", "GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp, "HOME": "/"},
        )  # fmt: skip

    git("init", "-q", at=NOW)
    for name, at in (("old.md", NOW - timedelta(days=20)), ("new page.md", NOW - timedelta(days=1))):
        (books / name).write_text("# A runbook\n")
        git("add", ".", at=at)
        git("commit", "-qm", "x", at=at)
    ask(path)
    text = capsys.readouterr().out
    assert "- `new page.md`" in text
    assert "old.md" not in text
