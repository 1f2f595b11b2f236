"""Runbooks: which Markdown file tells what to do about an alert or a ticket."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from support_desk.domain.alerts import Alert
from support_desk.domain.tickets import Ticket
from support_desk.records import record


@record
class Heading:
    """A heading of a runbook, which links can point at."""

    level: int
    text: str
    anchor: str


@record
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


@record
class Runbook:
    """A file of the runbook folder, without its text."""

    path: str
    """Relative to the folder, with forward slashes."""
    title: str
    headings: tuple[Heading, ...]
    rules: tuple[RunbookRule, ...]
    modified_at: datetime
    size: int


@record
class RunbookMatch:
    """The runbook for a row, and why it is this one."""

    path: str
    anchor: str
    title: str
    why: str
    guess: bool = False
    """No rule names it: its text was found to fit."""


MESSAGE_LIMIT = 500
"""How much of a message a rule's regular expression looks at."""
PATTERN_LIMIT = 300

_GROUP = re.compile(r"\(([^()]*)\)([*+{]?)")
_OPEN_ENDED = re.compile(r"[*+}|]")
_ESCAPES_AND_SETS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]")


def pattern_problem(pattern: str) -> str | None:
    """Why a rule's regular expression isn't used, in words after its name; None when it is.

    Python's expressions can't be stopped once they run, and a repeat inside a repeat, such as `(a+)+b`, can
    run for years on fifty characters. Those are refused, and a few harmless ones with them. What is left can
    still be slow on purpose (`.*.*.*.*x`), but only over the first 500 characters of a message.
    """
    if len(pattern) > PATTERN_LIMIT:
        return f"is longer than {PATTERN_LIMIT} characters"
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"isn't a regular expression: {error}"
    if _may_explode(pattern):
        return "repeats a group that itself repeats or chooses, which could take for ever"
    return None


def _may_explode(pattern: str) -> bool:
    """Whether a repeated group holds a repeat or a choice, looking from the innermost group outwards."""
    flat = _ESCAPES_AND_SETS.sub("x", pattern)
    while group := _GROUP.search(flat):
        open_ended = _OPEN_ENDED.search(group.group(1))
        if open_ended and group.group(2):
            return True
        flat = flat[: group.start()] + ("x*" if open_ended else "x") + flat[group.end(1) + 1 :]
    return False


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    return None if pattern_problem(pattern) else re.compile(pattern)


def _found(pattern: str, texts: Iterable[str]) -> bool:
    compiled = _compiled(pattern)
    return compiled is not None and any(compiled.search(text[:MESSAGE_LIMIT]) for text in texts)


def _conditions(rule: RunbookRule) -> tuple[tuple[str, str], ...]:
    given = (
        ("tag", rule.tag),
        ("message", rule.message),
        ("source", rule.source),
        ("priority", rule.priority),
        ("organisation", rule.organisation),
    )
    return tuple((name, value) for name, value in given if value)


@record
class _Candidate:
    """A rule with its runbook and its reason, ready to be tried."""

    rule: RunbookRule
    runbook: Runbook
    why: str


class RunbookFinder:
    """The rules of one catalogue in the order in which they are tried.

    First the configuration's, as they stand there. Then those in the files: the one with the most
    conditions first, since "this client's 5xx" says more than "any 5xx". A rule whose file isn't in the
    catalogue, and one without a condition, is never tried.
    """

    def __init__(self, runbooks: Sequence[Runbook], rules: Sequence[RunbookRule]) -> None:
        by_path = {runbook.path: runbook for runbook in runbooks}
        configured = [
            _Candidate(rule, by_path[rule.file], _why(rule, number))
            for number, rule in enumerate(rules, start=1)
            if rule.file in by_path and _conditions(rule)
        ]
        in_files = [
            _Candidate(rule, runbook, _why(rule, 0))
            for runbook in runbooks
            for rule in runbook.rules
            if _conditions(rule)
        ]
        in_files.sort(key=lambda candidate: -len(_conditions(candidate.rule)))
        self._candidates = (*configured, *in_files)

    def find(
        self,
        *,
        tags: Iterable[str] = (),
        message: str = "",
        source: str | tuple[str, ...] = (),
        priority: str = "",
        organisation: str = "",
    ) -> RunbookMatch | None:
        """The first rule that holds; see `find_runbook`."""
        folded = frozenset(tag.casefold() for tag in tags)
        sources = (source,) if isinstance(source, str) else source
        for candidate in self._candidates:
            rule = candidate.rule
            if (
                (not rule.tag or rule.tag.casefold() in folded)
                and (not rule.priority or rule.priority.casefold() == priority.casefold())
                and (not rule.organisation or rule.organisation.casefold() == organisation.casefold())
                and (not rule.message or _found(rule.message, (message,)))
                and (not rule.source or _found(rule.source, sources))
            ):
                return RunbookMatch(
                    candidate.runbook.path, rule.anchor, candidate.runbook.title, candidate.why
                )
        return None


def _why(rule: RunbookRule, number: int) -> str:
    place = f"rule {number} of your configuration" if number else f"{rule.origin} of {rule.file}"
    return f"{place}: {' and '.join(f'{name} {value}' for name, value in _conditions(rule))}"


_last_finder: list[tuple[Sequence[Runbook], Sequence[RunbookRule], RunbookFinder]] = []
"""The finder of the catalogue asked about last: a screen asks for every row of one snapshot."""


def _finder(runbooks: Sequence[Runbook], rules: Sequence[RunbookRule]) -> RunbookFinder:
    for known_runbooks, known_rules, finder in _last_finder:
        if known_runbooks is runbooks and known_rules is rules:
            return finder
    finder = RunbookFinder(runbooks, rules)
    if isinstance(runbooks, tuple) and isinstance(rules, tuple):
        _last_finder[:] = [(runbooks, rules, finder)]
    return finder


def find_runbook(
    *,
    tags: Iterable[str] = (),
    message: str = "",
    source: str | tuple[str, ...] = (),
    priority: str = "",
    organisation: str = "",
    runbooks: Sequence[Runbook],
    rules: Sequence[RunbookRule],
) -> RunbookMatch | None:
    """The runbook for something with these properties, and why; None when no rule holds.

    `rules` are the configuration's, first match first; then come the rules in the files, most conditions
    first. Every given condition must hold. Tags, priorities and organisations compare without case.
    """
    return _finder(runbooks, rules).find(
        tags=tags, message=message, source=source, priority=priority, organisation=organisation
    )


def runbook_for_alert(
    alert: Alert, client: str | None, *, runbooks: Sequence[Runbook], rules: Sequence[RunbookRule]
) -> RunbookMatch | None:
    """The runbook for an alert; `client` is the recognised client's name, without `client_`.

    A client that was recognised from the message counts as its tag, since live alerts often lack it.
    """
    return find_runbook(
        tags=(*alert.tags, f"client_{client}") if client else alert.tags,
        message=alert.message,
        source=(alert.source, alert.integration),
        priority=alert.priority,
        organisation=client or "",
        runbooks=runbooks,
        rules=rules,
    )


def runbook_for_ticket(
    ticket: Ticket, client: str | None, *, runbooks: Sequence[Runbook], rules: Sequence[RunbookRule]
) -> RunbookMatch | None:
    """The runbook for a ticket; `client` is the recognised client's name, without `client_`."""
    return find_runbook(
        tags=(*ticket.tags, f"client_{client}") if client else ticket.tags,
        message=ticket.subject,
        priority=ticket.priority or "",
        organisation=ticket.organisation or client or "",
        runbooks=runbooks,
        rules=rules,
    )
