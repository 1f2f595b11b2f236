"""Which runbooks were changed, as their checkout's own history says."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime
from pathlib import Path

from support_desk.text import clean

SECONDS = 5.0
"""For so long git is waited for."""


def changed_between(folder: str, start: datetime, end: datetime) -> tuple[str, ...] | None:
    """Paths of Markdown files that commits of this range changed, sorted; None: it can't be told.

    Blocks for at most five seconds. Reads only: no hook, pager or prompt of the checkout is run.
    """
    command = [
        "git", "-C", str(Path(folder).expanduser()),
        "-c", "core.fsmonitor=false", "-c", "core.quotepath=false",
        "log", f"--since={start.isoformat()}", f"--until={end.isoformat()}", "--name-only", "-z",
        "--pretty=format:", "--relative", "--", "*.md",
    ]  # fmt: skip
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(  # noqa: S603 - the folder is the person's own
            command, capture_output=True, timeout=SECONDS, env=quiet, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode:
        return None
    names = done.stdout.decode("utf-8", errors="replace").replace("\n", "\0").split("\0")
    return tuple(sorted({clean(name) for name in names if name.endswith(".md")}))
