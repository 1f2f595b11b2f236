"""Where words go: data to standard output, talk to standard error; and the log file."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from support_desk.text import clean, clean_block

LONGEST_LINE = 8_000
"""Characters: a line tells of a subject, its organisation and more, each of which is shorter."""


class Unwritable(Exception):
    """Standard output takes nothing more, such as a full disk behind `>`."""


def prepare() -> None:
    """Characters that the terminal's encoding doesn't have become "?", instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def data(text: str) -> None:
    """Print to standard output."""
    if sys.stdout is not None:
        with _telling():
            sys.stdout.write(text if text.endswith("\n") else f"{text}\n")


def line(text: str) -> None:
    """Print a line that tells of what was read; cleaned once more, for a store may be written by others."""
    data(clean(text, LONGEST_LINE))


def talk(text: str) -> None:
    """Say something to the person; never part of the data, which comes also where nobody can be told."""
    if sys.stderr is not None:
        try:
            sys.stderr.write(f"support-desk: {clean_block(text)}\n")
            sys.stderr.flush()
        except OSError:
            _forget(sys.stderr)


def document(content: dict[str, Any]) -> None:
    """Print a JSON document; plain ASCII where the terminal couldn't show it otherwise."""
    import json

    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    wide = encoding.lower().replace("-", "") == "utf8"
    data(_escaped(json.dumps(content, ensure_ascii=not wide, indent=2)))


def _escaped(text: str) -> str:
    """JSON in which whatever a terminal might obey, or read in another order, is written as its number."""
    import json

    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        sign if sign == "\n" or sign.isprintable() else json.dumps(sign).strip('"') for sign in text
    )


def flush() -> None:
    """Hand everything over now, while it can still be noticed that it isn't taken."""
    if sys.stdout is not None:
        with _telling():
            sys.stdout.flush()


@contextlib.contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        # What was found wrong is said all the same, and told by the exit code.
        forget_stdout()
    except OSError as error:
        raise Unwritable(os.strerror(error.errno or 0)) from None


def forget_stdout() -> None:
    """The reader has gone (`| head`): what Python still flushes at exit goes nowhere, quietly."""
    _forget(sys.stdout)


def _forget(stream: TextIO) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        if nowhere != stream.fileno():
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
