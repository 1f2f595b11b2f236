"""The log file: told in ids, and without anything that opens a door."""

from __future__ import annotations

import contextlib
import logging
import os
import re
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from support_desk.cli.silence import silence_libraries
from support_desk.paths import at_home
from support_desk.text import clean_block

MOST_BYTES = 2_000_000
FILES_KEPT = 3

_CREDENTIAL = re.compile(
    r"""(?ix)
    (["']?authorization["']?\s*[:=,]\s*)[^\r\n]*     # a header, to the end of its line
    | \b(basic|bearer|geniekey)\s+[\w.~+/=:-]+       # its value without its name
    """
)
_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def without_credentials(text: str) -> str:
    """`text` with every Authorization header, and whatever looks like its value, masked."""
    return _CREDENTIAL.sub(lambda match: f"{match[1] or match[2] + ' '}********", text)


class LineFormatter(logging.Formatter):
    """One line per record with its ids; the last thing that sees a text, so nothing gets round it."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        ids = " ".join(f"{name}={value}" for name, value in vars(record).items() if name not in _ORDINARY)
        return without_credentials(clean_block(f"{line} {ids}" if ids else line))


def start_log(path: Path, level: str) -> None:
    """Log to `path` (mode 0600, rotated). Raises `OSError` if the file can't be written."""
    silence_libraries()
    root = logging.getLogger()
    handler = _PrivateFile(at_home(path), maxBytes=MOST_BYTES, backupCount=FILES_KEPT, encoding="utf-8")
    handler.setFormatter(LineFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root.addHandler(handler)
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)


class _PrivateFile(RotatingFileHandler):
    """A log that only its owner reads, also after it was rotated."""

    def _open(self) -> TextIOWrapper:
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.baseFilename, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        return super()._open()
