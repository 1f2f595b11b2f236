"""Files of the checkout: a new one never over another, ages by the history, maintenance by a command."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from support_desk.sources.errors import NotAllowed, NotThere, Rejected, SourceError, Unreachable, Unreadable
from support_desk.sources.fixtures import demo_config
from support_desk.sources.maintenance import Maintenance, maintenance
from support_desk.sources.runbook_changes import changed_between, last_changed
from support_desk.sources.runbook_writing import create, path_problem


def test_a_new_runbook_is_written_below_the_folder(tmp_path: Path) -> None:
    create(str(tmp_path), "acme/disk.md", "# Disk\n\ntext\n\n\n")

    assert (tmp_path / "acme/disk.md").read_text() == "# Disk\n\ntext\n"


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "disk.md").write_text("theirs")
    (tmp_path / "link.md").symlink_to(tmp_path / "nowhere.md")

    for name in ("disk.md", "link.md"):
        with pytest.raises(Rejected, match="already"):
            create(str(tmp_path), name, "ours")
        assert "already" in path_problem(str(tmp_path), name)

    assert (tmp_path / "disk.md").read_text() == "theirs"
    assert not (tmp_path / "nowhere.md").exists()


@pytest.mark.parametrize(
    "name",
    ["", "../out.md", "/etc/out.md", "a/../../out.md", ".hidden.md", "a/.git/x.md", "x.txt", "a\x1b.md"],
)
def test_a_name_outside_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    root = tmp_path / "docs"
    root.mkdir()

    with pytest.raises(Rejected):
        create(str(root), name, "x")
    assert path_problem(str(root), name)
    assert list(tmp_path.rglob("*")) == [root]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "docs", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "way").symlink_to(outside)

    with pytest.raises(Rejected, match="outside"):
        create(str(root), "way/out.md", "x")
    assert list(outside.iterdir()) == []


def test_the_demos_runbooks_are_left_alone() -> None:
    with pytest.raises(NotAllowed, match="part of the program"):
        create(demo_config().runbooks.path, "new.md", "x")


def test_without_a_folder_it_says_what_to_set(tmp_path: Path) -> None:
    for folder in ("", str(tmp_path / "none")):
        with pytest.raises(NotThere) as caught:
            create(folder, "new.md", "x")
        assert caught.value.remedy == "set `[runbooks] path`"


def git(folder: Path, *arguments: str, at: datetime | None = None) -> None:
    stamp = (at or datetime(2026, 1, 1, tzinfo=UTC)).isoformat()
    env = {
        **os.environ,
        "GIT_AUTHOR_DATE": stamp,
        "GIT_COMMITTER_DATE": stamp,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
    }
    command = ["git", "-c", "user.name=Jo", "-c", "user.email=jo@example.com", *arguments]
    subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)


def test_a_runbook_is_as_old_as_its_last_commit(tmp_path: Path) -> None:
    first, second = datetime(2025, 3, 1, 12, tzinfo=UTC), datetime(2026, 2, 1, 12, tzinfo=UTC)
    (tmp_path / "docs").mkdir()
    git(tmp_path, "init", "-q")
    (tmp_path / "docs/a.md").write_text("a")
    (tmp_path / "docs/ü b.md").write_text("b")
    (tmp_path / "top.md").write_text("t")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one", at=first)
    (tmp_path / "docs/a.md").write_text("a2")
    git(tmp_path, "commit", "-q", "-am", "two", at=second)

    assert last_changed(str(tmp_path / "docs")) == {"a.md": second, "ü b.md": first}
    hour, folder = timedelta(hours=1), str(tmp_path / "docs")
    assert changed_between(folder, first - hour, second + hour) == ("a.md", "ü b.md")
    assert changed_between(folder, first + hour, second + hour) == ("a.md",)
    assert changed_between(folder, second + hour, second + 2 * hour) == ()


def test_without_a_history_no_age_is_told(tmp_path: Path) -> None:
    assert last_changed(str(tmp_path)) == {}
    assert last_changed(str(tmp_path / "none")) == {}
    assert (
        changed_between(str(tmp_path), datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
        is None
    )


def script(tmp_path: Path, text: str) -> str:
    path = tmp_path / "due"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return f"'{path}'"


async def test_maintenance_is_what_the_command_prints_the_earliest_first(tmp_path: Path) -> None:
    command = script(
        tmp_path,
        "echo '2026-12-08 Security updates: acme'; echo; echo 'not a date'; "
        "printf '2026-12-01 Renew \\033[31mthe certificate\\n'",
    )

    found, unread = await maintenance(command)

    assert found == (
        Maintenance(date(2026, 12, 1), "Renew the certificate"),
        Maintenance(date(2026, 12, 8), "Security updates: acme"),
    )
    assert unread == 1


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("exit 3", Unreachable, "exit code 3"),
        ("printf '\\377'", Unreadable, "UTF-8"),
    ],
)
async def test_a_command_that_fails_is_named(
    tmp_path: Path, text: str, kind: type[SourceError], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        await maintenance(script(tmp_path, text))
    assert "quiet.maintenance_command" in caught.value.problem


async def test_a_command_that_is_none_is_named() -> None:
    with pytest.raises(Unreachable, match="can't be started"):
        await maintenance("/nowhere/at/all")
    with pytest.raises(Rejected, match="can't be read as a command"):
        await maintenance("'unfinished")
