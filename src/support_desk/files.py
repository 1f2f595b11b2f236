"""Files that people ask for: whole or not at all, and only their owner reads them."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from support_desk.paths import led_to


def write_new(path: Path, content: bytes) -> None:
    """Write a file that isn't there yet. Raises `FileExistsError`, and other `OSError`s as they come."""
    _fill(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), path, content)


def write_over(path: Path, content: bytes) -> None:
    """Write a file in the place of one that may be there; a link stays one. Raises `OSError`."""
    path = led_to(path)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    _fill(handle, Path(draft), content)
    try:
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise


def _fill(handle: int, path: Path, content: bytes) -> None:
    """A disk that is full lets a file begin and not end; what there is of it goes."""
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
