"""Which runbooks were changed and when, as their checkout's own history says.

Reads only: no hook, pager or prompt of the checkout is run.
"""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime

from support_desk.paths import at_home
from support_desk.text import clean

SECONDS = 10.0
"""For so long git is waited for."""

_COMMIT = "\x01"


def last_changed(folder: str) -> dict[str, datetime]:
    """The time of the last commit of each Markdown file, by its path below the folder; UTC.

    Empty where it can't be told: no git, no checkout, or a history that takes longer than ten seconds.
    Blocks for as long.
    """
    changed: dict[str, datetime] = {}
    for commit in (_log(folder, f"--pretty=format:{_COMMIT}%ct") or "").split(_COMMIT)[1:]:
        stamp, *names = commit.split("\0")
        if not stamp.isdigit():
            continue
        at = datetime.fromtimestamp(int(stamp), UTC)
        for name in _runbooks(names):
            # The newest commit comes first.
            changed.setdefault(name, at)
    return changed


def changed_between(folder: str, start: datetime, end: datetime) -> tuple[str, ...] | None:
    """Paths of Markdown files that commits of this range changed, sorted; None: it can't be told.

    Blocks for at most ten seconds.
    """
    names = _log(folder, f"--since={start.isoformat()}", f"--until={end.isoformat()}", "--pretty=format:")
    return None if names is None else tuple(sorted(set(_runbooks(names.split("\0")))))


def _log(folder: str, *options: str) -> str | None:
    """What git's log says of Markdown files, its parts ended by zeros; None: it doesn't."""
    command = [
        "git", "-C", str(at_home(folder)),
        "-c", "core.fsmonitor=false", "-c", "core.quotepath=false",
        "log", "--name-only", "-z", *options, "--relative", "--", "*.md",
    ]  # fmt: skip
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(  # noqa: S603 - the folder is the person's own
            command, capture_output=True, timeout=SECONDS, env=quiet, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else done.stdout.decode("utf-8", errors="replace").replace("\n", "\0")


def _runbooks(names: list[str]) -> list[str]:
    return [clean(name) for name in names if name.endswith(".md")]
