"""When each runbook was last changed, as its checkout's own history says."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from support_desk.text import clean

SECONDS = 10.0
"""For so long git is waited for."""

_COMMIT = "\x01"


def last_changed(folder: str) -> dict[str, datetime]:
    """The time of the last commit of each Markdown file, by its path below the folder; UTC.

    Empty where it can't be told: no git, no checkout, or a history that takes longer than ten seconds.
    Blocks for as long. Reads only: no hook, pager or prompt of the checkout is run.
    """
    command = [
        "git", "-C", str(Path(folder).expanduser()),
        "-c", "core.fsmonitor=false", "-c", "core.quotepath=false",
        "log", "--name-only", "-z", f"--pretty=format:{_COMMIT}%ct", "--relative", "--", "*.md",
    ]  # fmt: skip
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(  # noqa: S603 - the folder is the person's own
            command, capture_output=True, timeout=SECONDS, env=quiet, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    if done.returncode:
        return {}
    changed: dict[str, datetime] = {}
    for commit in done.stdout.decode("utf-8", errors="replace").split(_COMMIT)[1:]:
        stamp, _, names = commit.replace("\n", "\0").partition("\0")
        if not stamp.isdigit():
            continue
        at = datetime.fromtimestamp(int(stamp), UTC)
        for name in names.split("\0"):
            # The newest commit comes first.
            if name.endswith(".md"):
                changed.setdefault(clean(name), at)
    return changed
