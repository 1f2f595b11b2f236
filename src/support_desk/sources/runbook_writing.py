"""A new runbook in the checkout: a file that wasn't there, below the folder, and nothing else is touched."""

from __future__ import annotations

import os
from pathlib import Path

from support_desk.paths import at_home, led_to
from support_desk.sources.errors import NotAllowed, NotThere, Rejected, SourceError, Unreachable
from support_desk.sources.runbooks import MAX_BYTES
from support_desk.text import clean

_PROGRAM = Path(__file__).resolve().parents[1]


def path_problem(folder: str, path: str) -> str:
    """Why a runbook can't begin under this name; empty when it can."""
    try:
        target = _target(folder, path)
    except SourceError as error:
        return error.problem
    return f"there is {clean(path)} already" if target.exists() or target.is_symlink() else ""


def create(folder: str, path: str, text: str) -> Path:
    """Write a new runbook and read it back. Blocks.

    Raises `Rejected` for a name that isn't below the folder or is taken, `NotThere` without a folder,
    `NotAllowed` where it may not be written, `Unreachable` for anything else that the disk says.
    """
    target = _target(folder, path)
    data = (text.rstrip("\n") + "\n").encode()
    if len(data) > MAX_BYTES:
        raise Rejected("Runbooks: the text is too long for a runbook", "shorten it")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Never over a file that is there, nor through a link.
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if target.read_bytes() != data:
            raise Unreachable(f"Runbooks: {clean(path)} was not written as it should be", "look at the disk")
    except FileExistsError:
        raise Rejected(f"Runbooks: there is {clean(path)} already", "choose another name") from None
    except PermissionError:
        problem = f"Runbooks: {clean(path)} may not be written"
        raise NotAllowed(problem, "give yourself the right to write in the folder") from None
    except OSError as error:
        problem = f"Runbooks: {clean(path)} can't be written ({os.strerror(error.errno or 0)})"
        raise Unreachable(problem, "make room, or choose another name") from None
    return target


def _target(folder: str, path: str) -> Path:
    if not folder:
        raise NotThere("Runbooks: no folder is configured", "set `[runbooks] path`")
    try:
        root = at_home(folder).resolve(strict=True)
    except (OSError, RuntimeError):
        raise NotThere(f"Runbooks: there is no folder {clean(folder)}", "set `[runbooks] path`") from None
    if root.is_relative_to(_PROGRAM):
        raise NotAllowed(
            "Runbooks: the demo's runbooks are part of the program",
            "set `[runbooks] path` to a folder of yours",
        )
    parts = Path(path).parts
    odd = not parts or Path(path).is_absolute() or any(part == ".." or part.startswith(".") for part in parts)
    if odd or not path.lower().endswith(".md") or path != clean(path):
        raise Rejected(
            f"Runbooks: {clean(path) or 'nothing'} isn't a name for a runbook", "write it as in `acme/5xx.md`"
        )
    # Links on the way may lead out of the folder.
    if not led_to((root / path).parent).is_relative_to(root):
        raise Rejected(f"Runbooks: {clean(path)} would lie outside the folder", "choose another name")
    return root / path
