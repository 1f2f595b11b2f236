"""Maintenance that is due, as a command of the person's own prints it.

    2026-12-01 Renew the certificate of example.org
    2026-12-08 Security updates: acme

A line each: a date, a blank, and what is to be done. Lines that begin otherwise are counted, not shown.
"""

from __future__ import annotations

import asyncio
import os
import shlex
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress
from datetime import date

from support_desk.records import record
from support_desk.sources.errors import Rejected, Unreachable, Unreadable
from support_desk.text import clean

SECONDS = 20.0
"""For so long the command is waited for."""
MOST_LINES = 500
_KEY = "quiet.maintenance_command"
_BY_HAND = f"run the command of {_KEY} by hand"


@record
class Maintenance:
    """Something to be done by a day."""

    on: date
    what: str


async def maintenance(command: str) -> tuple[tuple[Maintenance, ...], int]:
    """What is to be done, the earliest first, and how many lines couldn't be read.

    Raises a `SourceError` where the command gives nothing; its words name the configuration's key.
    """
    output = await _output(command)
    found: list[Maintenance] = []
    unread = 0
    for line in output.splitlines()[:MOST_LINES]:
        if not line.strip():
            continue
        day, _, what = clean(line).partition(" ")
        try:
            found.append(Maintenance(date.fromisoformat(day), what or "(not said)"))
        except ValueError:
            unread += 1
    return tuple(sorted(found, key=lambda row: (row.on, row.what))), unread


async def _output(command: str) -> str:
    try:
        words = shlex.split(command)
        if not words:
            raise ValueError
    except ValueError:
        raise Rejected(
            f"{_KEY} can't be read as a command", "write it as in a shell, without its signs"
        ) from None
    try:
        process = await asyncio.create_subprocess_exec(
            *words, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, start_new_session=True
        )
    except OSError as error:
        problem = f"{_KEY}: the command can't be started ({os.strerror(error.errno or 0)})"
        raise Unreachable(problem, _BY_HAND) from None
    try:
        async with asyncio.timeout(SECONDS):
            output, _ = await process.communicate()
    except TimeoutError:
        raise Unreachable(f"{_KEY}: the command took longer than {SECONDS:.0f} seconds", _BY_HAND) from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
    if process.returncode:
        raise Unreachable(f"{_KEY}: the command ended with exit code {process.returncode}", _BY_HAND)
    try:
        return output.decode()
    except UnicodeDecodeError:
        raise Unreadable(f"{_KEY}: what the command printed isn't UTF-8 text", _BY_HAND) from None
