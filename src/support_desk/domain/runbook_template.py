"""The beginning of a runbook for an alert that has none: facts, notes, and what is to be filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from support_desk.domain.alerts import Alert, AlertDetail, AlertEvent
from support_desk.domain.markdown import code
from support_desk.domain.runbooks import pattern_problem
from support_desk.domain.storms import pattern
from support_desk.domain.words import moment_words
from support_desk.text import clean

MOST_NOTES = 40
"""Lines of notes that are taken over, the newest."""
LONGEST_NAME = 60
"""Characters of a file's name."""

MOST_PARTS = 6
"""Pieces of a rule between which anything may stand: more take long to look for."""
LONGEST_RULE = 100

_WORD = re.compile(r"[a-z0-9]+")
_PLACEHOLDER = re.compile(r"<\w+>|#")


def file_name(message: str, client: str | None) -> str:
    """Where the runbook belongs, below the folder: `acme/prod-alb-5xx.md`."""
    words = [word for word in _WORD.findall(message.casefold()) if word not in ("alarm", "alert", client)]
    name = "-".join(words)[:LONGEST_NAME].strip("-") or "alert"
    folder = "-".join(_WORD.findall((client or "").casefold()))
    return f"{folder}/{name}.md" if folder else f"{name}.md"


def message_rule(message: str) -> str:
    """A regular expression that finds this message and those that differ in numbers, ids and hosts only."""
    parts = [re.escape(part.strip()) for part in _PLACEHOLDER.split(pattern(message))]
    words = [re.sub(r"(?:\\ )+", ".+", part) for part in parts if part]
    rule = f"(?i){'.*'.join(words[:MOST_PARTS])}" if words else ""
    if rule and re.search(rule, message):
        return rule
    # Folding case can change letters ("ß" becomes "ss"): then the message as it stands.
    return f"(?i){re.escape(message[:LONGEST_RULE])}"


def template(
    alert: Alert,
    client: str | None,
    *,
    detail: AlertDetail | None,
    by: str,
    now: datetime,
    zone: tzinfo,
) -> str:
    """The text of a new runbook: front matter with a rule, headings to fill in, the facts and the notes.

    `detail`: the alert as read just now, with its notes; None where it couldn't be read.
    """
    lines = ["---"]
    if client:
        lines.append(f"tag: client_{client.casefold().removeprefix('client_')}")
    rule = message_rule(alert.message)
    if rule and pattern_problem(rule) is None:
        lines.append(f"message: {rule}")
    lines += ["---", f"# {_title(alert.message)}", ""]
    lines += _todo("What it means", "Which service is hit, and what people notice.")
    lines += _todo("Look at first", "Where to see whether it is real, and how bad it is.")
    lines += _todo("Mend it", "The steps, with the commands to copy.", "```sh", "", "```")
    lines += _todo("If that doesn't help", "Who knows this service, and when to escalate.")
    lines += ["## Facts", ""]
    lines += [f"- {name}: {value}" for name, value in _facts(alert, client, detail, now, zone) if value]
    lines += ["", *_notes(detail.events if detail else (), now, zone)]
    if by:
        lines += [f"Begun by {clean(by)}, {moment_words(now, now, zone)}.", ""]
    return "\n".join(lines)


def is_untouched(begun: str, now: str) -> bool:
    """Whether somebody left the template as it was: blanks don't count."""
    return begun.split() == now.split()


def _title(message: str) -> str:
    return clean(message, 100).lstrip("#").strip() or "An alert"


def _todo(heading: str, hint: str, *below: str) -> list[str]:
    return [f"## {heading}", "", f"*{hint}*", "", *below, *([""] if below else [])]


def _facts(
    alert: Alert, client: str | None, detail: AlertDetail | None, now: datetime, zone: tzinfo
) -> Iterable[tuple[str, str]]:
    yield "Alert", f"`{code(alert.message)}`"
    yield "Priority", alert.priority
    yield "Client", client or "not known"
    yield "From", ", ".join(part for part in (alert.integration, alert.source) if part)
    yield "Tags", " ".join(alert.tags)
    yield "Came", moment_words(alert.created_at, now, zone)
    yield "Count", str(alert.count) if alert.count > 1 else ""
    yield "In the alert service", alert.url
    for name, value in detail.details if detail else ():
        yield clean(name, 60), f"`{code(clean(value, 200))}`"


def _notes(events: Sequence[AlertEvent], now: datetime, zone: tzinfo) -> list[str]:
    """What people noted while they dealt with it."""
    notes = [event for event in events if event.note][-MOST_NOTES:]
    if not notes:
        return []
    said = [f"- {moment_words(note.at, now, zone)} {note.who}: {clean(note.text, 400)}" for note in notes]
    return ["## Notes taken", "", *said, ""]
