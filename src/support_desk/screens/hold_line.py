"""The footer while something is held: what goes out when, whom it pages, and how it is taken back.

Whom it pages comes first and is cut last: at 80 columns it is the one thing that must be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from support_desk.actions import BY_ID
from support_desk.domain import commands as c
from support_desk.domain.intents import Entry
from support_desk.keys import keys_of
from support_desk.text import cell_width, clean, fit
from support_desk.widgets.lines import Parts


def hold_line(
    entry: Entry, seconds: float, width: int, changed: Mapping[str, str], *, covered: bool = False
) -> Parts:
    """The line for the newest thing that is held; `seconds` until it goes.

    `covered`: it is seen under a dialogue, where a field would take the keys as letters.
    """
    undo = f"{'esc ' if covered else ''}{_key('app.undo', changed)}"
    count = f" IN {ceil(seconds)} s "
    keys: Parts = ((f" {undo}", "key"), (" takes it back ", "strong"))
    room = width - cell_width(count) - _wide(keys)
    if c.is_one_key_escalation(entry.intent.command) and not covered:
        again: Parts = (
            (f" {_key('act.escalate', changed)}", "key"),
            (" again sends at once ", "text"),
        )
        if room - _wide(again) >= MOST_USEFUL:
            keys, room = (*keys, *again), room - _wide(again)
    return ((count, "alarm"), (fit(f" {held_words(entry)}", max(0, room)), "alarm"), *keys)


def _wide(parts: Parts) -> int:
    return sum(cell_width(text) for text, _ in parts)


MOST_USEFUL = 40
"""Cells of what is held below which the second key isn't worth its room."""


def held_words(entry: Entry) -> str:
    """What will happen: "PAGES second line: Sam Example, until Mon 10:00 · P1 acme-prod-5xx"."""
    command, title = entry.intent.command, clean(entry.intent.title)
    match command:
        case c.EscalateAlert():
            return f"PAGES {command.line} · {title}"
        case c.PagePerson():
            return f"PAGES {command.line or command.name} · {title}"
        case c.AddResponder():
            return f"PAGES {command.name} · {title}"
        case c.CloseAlert():
            return f"closes {title}"
        case c.MergeTicket():
            return f"merges {title} into #{command.into}"
        case c.EditTicket() if command.purpose == "escalate":
            return f"hands {title} on to {command.group or command.assignee or 'second line (tickets)'}"
        case c.EditTicket() if command.purpose == "believed_solved":
            return f"sets {title} to pending, believed solved"
        case c.EditTicket():
            return f"SENDS THE CLIENT your reply on {title}"
    return title


def _key(action: str, changed: Mapping[str, str]) -> str:
    return next(iter(keys_of(BY_ID[action], changed)), "")
