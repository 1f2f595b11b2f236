"""Runbooks: which Markdown file tells what to do about an alert or a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a runbook, which links can point at."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class RunbookRule:
    """When to show a runbook; every given condition must hold.

    `message` is a regular expression searched in the alert's message or the ticket's subject.
    """

    file: str
    anchor: str = ""
    tag: str = ""
    message: str = ""
    source: str = ""
    priority: str = ""
    organisation: str = ""
    origin: str = "configuration"
    """Where the rule stands: `configuration`, `front matter` or `first line`; it becomes the reason."""


@dataclass(frozen=True, slots=True)
class Runbook:
    """A file of the runbook folder, without its text."""

    path: str
    """Relative to the folder, with forward slashes."""
    title: str
    headings: tuple[Heading, ...]
    rules: tuple[RunbookRule, ...]
    modified_at: datetime
    size: int


@dataclass(frozen=True, slots=True)
class RunbookMatch:
    """The runbook for a row, and why it is this one."""

    path: str
    anchor: str
    title: str
    why: str
