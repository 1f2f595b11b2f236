"""Pulling the runbooks on real repositories: what is local stays, byte for byte."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from support_desk.desk.runbook_pulling import pulls
from support_desk.sources import runbook_pull
from support_desk.sources.runbook_pull import Pull, Pulled, pull

GIT = shutil.which("git") or "git"
ENV = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_AUTHOR_NAME": "Jo",
    "GIT_AUTHOR_EMAIL": "jo@example.com",
    "GIT_COMMITTER_NAME": "Jo",
    "GIT_COMMITTER_EMAIL": "jo@example.com",
}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run([GIT, *arguments], cwd=folder, env=ENV, check=True, capture_output=True, text=True)
    return done.stdout.strip()


class World:
    """A remote, a colleague's clone, and ours."""

    def __init__(self, root: Path) -> None:
        self.remote = root / "remote.git"
        self.theirs, self.ours = root / "theirs", root / "ours"
        git(root, "init", "-q", "--bare", "-b", "main", str(self.remote))
        git(root, "clone", "-q", str(self.remote), str(self.theirs))
        git(self.theirs, "checkout", "-q", "-b", "main")
        self.publish("disk.md", "# Disk\n")
        git(root, "clone", "-q", str(self.remote), str(self.ours))

    def publish(self, name: str, text: str) -> None:
        """A colleague changes a runbook."""
        path = self.theirs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        git(self.theirs, "add", "-A")
        git(self.theirs, "commit", "-q", "-m", f"change {name}")
        git(self.theirs, "push", "-q", "origin", "main")

    def state(self) -> dict[str, str]:
        """Every file of ours outside git's own folder."""
        return {
            str(path.relative_to(self.ours)): path.read_text()
            for path in sorted(self.ours.rglob("*"))
            if path.is_file() and ".git" not in path.parts
        }

    async def pull(self) -> Pulled:
        return await pull(str(self.ours), ENV)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_what_is_new_comes_and_what_is_not_doesnt(world: World) -> None:
    assert await world.pull() == Pulled(Pull.SAME)

    world.publish("web.md", "# Web\n")

    assert await world.pull() == Pulled(Pull.NEW)
    assert world.state() == {"disk.md": "# Disk\n", "web.md": "# Web\n"}


async def test_a_changed_file_that_is_not_touched_stays_and_the_rest_comes(world: World) -> None:
    (world.ours / "disk.md").write_text("# Disk, as I see it\n")
    (world.ours / "mine.md").write_text("# Mine\n")
    world.publish("web.md", "# Web\n")

    assert (await world.pull()).outcome is Pull.NEW

    assert world.state() == {"disk.md": "# Disk, as I see it\n", "mine.md": "# Mine\n", "web.md": "# Web\n"}
    assert git(world.ours, "stash", "list") == ""


@pytest.mark.parametrize("staged", [False, True])
async def test_a_change_that_would_be_written_over_stops_it(world: World, staged: bool) -> None:
    (world.ours / "disk.md").write_text("# Disk, as I see it\n")
    if staged:
        git(world.ours, "add", "disk.md")
    world.publish("disk.md", "# Disk, as they see it\n")
    before, head, index = world.state(), git(world.ours, "rev-parse", "HEAD"), git(world.ours, "status", "-s")

    pulled = await world.pull()

    assert pulled.outcome is Pull.IN_THE_WAY
    assert "local changes or commits are in the way, and stay as they are" in pulled.words
    assert (world.state(), git(world.ours, "rev-parse", "HEAD")) == (before, head)
    assert git(world.ours, "status", "-s") == index


async def test_a_new_file_of_ours_is_not_written_over_by_theirs(world: World) -> None:
    (world.ours / "web.md").write_text("# Web, mine, never committed\n")
    world.publish("web.md", "# Web, theirs\n")

    assert (await world.pull()).outcome is Pull.IN_THE_WAY
    assert world.state()["web.md"] == "# Web, mine, never committed\n"


async def test_commits_of_our_own_are_neither_merged_nor_rebased(world: World) -> None:
    (world.ours / "mine.md").write_text("# Mine\n")
    git(world.ours, "add", "mine.md")
    git(world.ours, "commit", "-q", "-m", "mine")
    head = git(world.ours, "rev-parse", "HEAD")
    world.publish("web.md", "# Web\n")

    assert (await world.pull()).outcome is Pull.IN_THE_WAY
    assert git(world.ours, "rev-parse", "HEAD") == head
    assert "web.md" not in world.state()


async def test_settings_that_would_stash_rebase_or_run_hooks_change_nothing(world: World) -> None:
    for name, value in (("merge.autoStash", "true"), ("rebase.autoStash", "true"), ("pull.rebase", "true")):
        git(world.ours, "config", name, value)
    hook = world.ours / ".git/hooks/post-merge"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch hook-was-run\n")
    hook.chmod(0o700)
    (world.ours / "disk.md").write_text("# Mine\n")
    world.publish("disk.md", "# Theirs\n")
    assert (await world.pull()).outcome is Pull.IN_THE_WAY
    (world.ours / "disk.md").write_text("# Disk\n")

    assert (await world.pull()).outcome is Pull.NEW

    assert world.state() == {"disk.md": "# Theirs\n"}


async def test_a_merge_under_way_is_left_alone(world: World) -> None:
    git(world.ours, "checkout", "-q", "-b", "side")
    (world.ours / "disk.md").write_text("# Side\n")
    git(world.ours, "commit", "-q", "-am", "side")
    git(world.ours, "checkout", "-q", "main")
    (world.ours / "disk.md").write_text("# Main\n")
    git(world.ours, "commit", "-q", "-am", "main")
    with pytest.raises(subprocess.CalledProcessError):
        git(world.ours, "merge", "side")
    before = world.state()

    assert (await world.pull()).outcome is Pull.IN_THE_WAY
    assert world.state() == before
    assert (world.ours / ".git/MERGE_HEAD").exists()


@pytest.mark.parametrize("folder", ["~nobody-of-this-name/runbooks", "circle"])
def test_a_folder_that_leads_nowhere_is_one_to_pull(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is pulling that says what is wrong with it: the desk goes on reading."""
    monkeypatch.chdir(tmp_path)
    Path("circle").symlink_to("circle")

    assert pulls(folder, 15)
    assert not pulls("", 15)
    assert not pulls(folder, 0)


async def test_where_there_is_nothing_to_pull_nothing_is_said(tmp_path: Path, world: World) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    assert await pull(str(plain), ENV) == Pulled(Pull.NOT_GIT)
    assert await pull(str(tmp_path / "none"), ENV) == Pulled(Pull.NOT_GIT)
    assert await pull(str(world.ours), {**ENV, "PATH": "/nowhere"}) == Pulled(Pull.NOT_GIT)
    git(world.ours, "checkout", "-q", "--detach")
    assert await world.pull() == Pulled(Pull.NOT_GIT)


async def test_a_remote_that_is_gone_is_said_without_its_address(world: World) -> None:
    git(world.ours, "remote", "set-url", "origin", "https://jo:s3cret-token@127.0.0.1:1/x.git")

    pulled = await world.pull()

    assert pulled.outcome is Pull.FAILED
    assert pulled.words.startswith("The runbooks could not be pulled: fatal: unable to access ")
    assert "://" not in pulled.words
    assert "s3cret" not in pulled.words
    assert world.state() == {"disk.md": "# Disk\n"}


async def test_a_remote_that_never_answers_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runbook_pull, "SECONDS", 0.3)
    silent = world.ours.parent / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 30\n")
    silent.chmod(0o700)
    git(world.ours, "remote", "set-url", "origin", "ssh://nowhere.example/x.git")

    began = time.monotonic()
    pulled = await pull(str(world.ours), {**ENV, "GIT_SSH_COMMAND": str(silent)})

    assert pulled.outcome is Pull.FAILED
    assert time.monotonic() - began < 10
