"""Where the demo keeps what was decided in it: a temporary folder that goes with it, or with the next one.

A demo that runs holds a lock on a file in its folder, which the system takes away from one that was killed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

PREFIX = "support-desk-demo-"
HELD = "held"
"""The file in a demo's folder that its lock is on."""


@contextmanager
def demo_folder() -> Iterator[Path]:
    """A folder for as long as the demo runs. Raises `OSError` where none can be made."""
    with TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        handle = _hold(Path(name))
        try:
            yield Path(name)
        finally:
            if handle is not None:
                os.close(handle)


def remove_ended() -> None:
    """Remove the folders of this user's demos that were killed. Links are neither followed nor removed."""
    with suppress(OSError), os.scandir(gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX) and _is_own_folder(entry) and _has_ended(Path(entry.path)):
                shutil.rmtree(entry.path, ignore_errors=True)


def _hold(folder: Path) -> int | None:
    """The lock; None where there is no room or no locks, and the folder is left to the system."""
    draft = folder / f"{HELD}.new"
    try:
        handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # It has its name only once it is locked: nobody finds it in between.
        draft.rename(folder / HELD)
    except OSError:
        os.close(handle)
        return None
    return handle


def _is_own_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return (
            entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_uid == os.geteuid()
        )
    except OSError:
        return False


def _has_ended(folder: Path) -> bool:
    """Whether a demo held the folder and doesn't any more; one that never did may be about to."""
    try:
        handle = os.open(folder / HELD, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True
