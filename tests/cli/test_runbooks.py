"""`runbooks TEXT` looks into the texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support_desk.cli import run


@pytest.fixture
def configuration(tmp_path: Path) -> str:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "disk.md").write_text(
        "# Full disks\n\n## Make room\n\nRotate the logs with `logrotate -f`.\n\n## Afterwards\n\nAsk why.\n"
    )
    (folder / "web.md").write_text("# Web servers\n\nRestart nginx; the logs say why.\n")
    path = tmp_path / "config.toml"
    path.write_text(
        f'[runbooks]\npath = "{folder}"\nurl = "https://git.example.com/docs/{{path}}#{{anchor}}"\n'
    )
    return str(path)


def test_words_of_the_text_lead_to_the_section(
    configuration: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["runbooks", "logrotate", "logs", "--json", "--config", configuration], {}) == 0

    document = json.loads(capsys.readouterr().out)
    (row,) = document["runbooks"]
    assert (document["query"], row["path"], row["heading"], row["anchor"]) == (
        "logrotate logs",
        "disk.md",
        "Make room",
        "make-room",
    )
    assert row["url"] == "https://git.example.com/docs/disk.md#make-room"
    assert row["snippet"] == "Rotate the logs with `logrotate -f`."
    assert row["all_words"] is True
    assert row["modified_at"].endswith("Z")


def test_it_can_be_read_aloud(configuration: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runbooks", "why", "--config", configuration], {}) == 0

    assert capsys.readouterr().out == (
        "Full disks, at Afterwards. File disk.md. Ask why.\n"
        "Web servers. File web.md. Restart nginx; the logs say why.\n"
    )


def test_some_of_the_words_are_better_than_none_and_said(
    configuration: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["runbooks", "nginx", "logrotate", "--config", configuration], {}) == 0

    said = capsys.readouterr().out
    assert said.count("Only some of the words stand there.") == 2


def test_nothing_found_is_said(configuration: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runbooks", "walrus", "--config", configuration], {}) == 0

    assert capsys.readouterr().out == "No runbook matches.\n"
