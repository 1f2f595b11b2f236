"""The range that `--from` and `--to` ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support_desk.glance import time_text

if TYPE_CHECKING:
    import argparse
    from datetime import datetime


def wrong_range(arguments: argparse.Namespace, start: datetime, end: datetime) -> str:
    """Why nothing lies between `start` and `end`, naming what was given; empty if something does.

    What wasn't given is where the command begins or ends by itself, which nobody can know by heart.
    """
    if start < end:
        return ""
    if arguments.end is None:
        return f"--from must be before {time_text(end)}, where it ends unless --to is given as well"
    if arguments.start is None:
        return f"--to must be after {time_text(start)}, where it begins unless --from is given as well"
    return "--to must be after --from"
