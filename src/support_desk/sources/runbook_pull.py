"""Bring the checkout of the runbooks up to date, without ever touching what somebody has changed in it.

What is done is `git fetch`, then `git merge --ff-only`: git itself refuses to go on where a file that was
changed here, or one that isn't in its history, would be written over; and where commits of one's own are in
the way there is nothing to fast-forward. Nothing is stashed, rebased, merged or reset. No hook of the
checkout is run, nobody is asked for a password, and no submodule is fetched.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum

from support_desk.paths import at_home
from support_desk.records import record
from support_desk.text import clean

SECONDS = 60.0
"""For so long each of git's commands is waited for."""

ENDING_SECONDS = 2.0

_SAFE = (
    "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "merge.autoStash=false",
    "-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "fetch.recurseSubmodules=false",
    "-c", "submodule.recurse=false", "-c", "core.askPass=",
)  # fmt: skip


class Pull(StrEnum):
    """What became of it."""

    NEW = "new"
    """The checkout is newer than it was."""
    SAME = "same"
    """There was nothing new."""
    NOT_GIT = "not git"
    """No checkout, no git, or no branch that it follows: there is nothing to pull."""
    IN_THE_WAY = "in the way"
    """Local changes or commits are in the way: they stay as they are, and so does the checkout."""
    FAILED = "failed"
    """The other side couldn't be asked."""


@record
class Pulled:
    """What became of it, in words for the person; empty where there is nothing to say."""

    outcome: Pull
    words: str = ""


@record
class _Done:
    code: int
    output: str
    error: str


async def pull(folder: str, environ: Mapping[str, str] = os.environ) -> Pulled:
    """Bring the checkout up to date if that can be done without touching anything local.

    Cancelled, it ends what it has started, and leaves the checkout as it was or as it is to be.
    """
    root = _root(folder)
    upstream = await _git(root, ["rev-parse", "--symbolic-full-name", "@{upstream}"], environ)
    if upstream is None or upstream.code:
        return Pulled(Pull.NOT_GIT)
    before = await _git(root, ["rev-parse", "HEAD"], environ)
    fetch = ["fetch", "--quiet", "--no-recurse-submodules", "--no-write-fetch-head"]
    fetched = await _git(root, fetch, environ)
    if before is None or fetched is None or fetched.code:
        why = _last_line(fetched) if fetched is not None else f"no answer within {SECONDS:.0f} s"
        return Pulled(Pull.FAILED, f"The runbooks could not be pulled: {why}")
    merged = await _git(root, ["merge", "--quiet", "--ff-only", "@{upstream}"], environ)
    if merged is None or merged.code:
        words = "The runbooks were not pulled: local changes or commits are in the way, and stay as they are"
        return Pulled(Pull.IN_THE_WAY, words)
    after = await _git(root, ["rev-parse", "HEAD"], environ)
    return Pulled(Pull.SAME if after is not None and after.output == before.output else Pull.NEW)


def _root(folder: str) -> str:
    return str(at_home(folder))


async def _git(root: str, arguments: list[str], environ: Mapping[str, str]) -> _Done | None:
    """Run git; None where there is none, or it took too long and was ended with all that it had started."""
    env = {
        **environ,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "GIT_SSH_COMMAND": environ.get("GIT_SSH_COMMAND", "ssh -oBatchMode=yes"),
        "LC_ALL": "C",
    }
    try:
        process = await asyncio.create_subprocess_exec(
            "git", "-C", root, *_SAFE, *arguments,
            stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=env, start_new_session=True,
        )  # fmt: skip
    except OSError:
        return None
    try:
        async with asyncio.timeout(SECONDS):
            output, error = await process.communicate()
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            # With everything that it has started, such as an ssh that waits.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGTERM)
            with suppress(TimeoutError):
                async with asyncio.timeout(ENDING_SECONDS):
                    await process.wait()
    return _Done(process.returncode or 0, output.decode(errors="replace"), error.decode(errors="replace"))


def _last_line(done: _Done) -> str:
    """What git said at the end, without addresses: they may hold a token."""
    lines = [line for line in done.error.splitlines() if line.strip()]
    words = " ".join(word for word in (lines[-1].split() if lines else []) if "://" not in word)
    return clean(words, 160) or f"git ended with code {done.code}"
