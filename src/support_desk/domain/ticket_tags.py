"""Tags that a ticket could have: its client's, its business unit's, its project's; each with the reasons.

They only suggest: nothing here decides.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from support_desk.domain.clients import (
    BUSINESS_UNITS,
    TAG_PREFIX,
    ClientRule,
    business_unit,
    client_of_ticket,
    client_tag,
)
from support_desk.domain.tickets import Ticket, folded
from support_desk.records import record

MOST_SUGGESTIONS = 8
_LONGEST_TAG = 80
_SHORTEST_WORD = 3
_PUBLIC_MAIL = frozenset(
    {"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "live.com"}
)
"""Domains that say nothing of whom somebody works for."""

_WORD = re.compile(r"[^\W_]+")
_NOT_IN_TAG = re.compile(r"[^a-z0-9_:./\-]+")


@record
class TagSuggestion:
    """A tag that may fit, best first in a list of them."""

    tag: str
    reasons: tuple[str, ...]
    """Strongest first: `Acme's organisation is this client`, `14 of 15 tickets of Acme have it`."""
    role: str
    """`client`, `unit` (a business unit) or `project`."""
    weight: int
    """Only for the order."""


def tag_suggestions(
    ticket: Ticket,
    others: Iterable[Ticket],
    rules: Iterable[ClientRule],
    project_tags: Collection[str] = (),
    *,
    never: Collection[str] = (),
) -> tuple[TagSuggestion, ...]:
    """Client, business-unit and project tags that this ticket doesn't have yet, each with its reasons.

    `others` are tickets to learn from (the queue, solved ones found by search); `project_tags` are always
    known besides. A tag counts as a client's by its prefix, as a project's if it is in `project_tags` or is
    on more than one of the same organisation's tickets. `never` are tags with a meaning of their own, such as
    those of the kinds of work.
    """
    rules = tuple(rules)
    learnt = [other for other in others if other.id != ticket.id]
    found = _Found(ticket, {tag for tag in project_tags if tag}, never)
    found.by_rule(rules)
    found.by_organisation(learnt)
    found.by_requester(learnt)
    found.by_domain(learnt)
    found.by_words(learnt, rules)
    return found.best()


class _Found:
    """Tags with their reasons, as they are gathered."""

    def __init__(self, ticket: Ticket, project_tags: set[str], never: Collection[str]) -> None:
        self._ticket = ticket
        self._own = {tag.casefold() for tag in ticket.tags}
        self._own |= {tag.casefold() for tag in never}
        self._has_client = client_tag(ticket.tags) is not None
        self._has_unit = business_unit(ticket.tags) is not None
        self._project_tags = {tag.casefold() for tag in project_tags}
        self._reasons: dict[str, list[tuple[int, str]]] = {}

    def by_rule(self, rules: Sequence[ClientRule]) -> None:
        client = client_of_ticket(self._ticket, rules)
        if client is None:
            return
        place = self._ticket.organisation or "its organisation"
        why = f"the configuration says that {place} is {client.name}"
        if client.origin != "tag":
            self._add(client.tag, 100, why)
        if client.business_unit:
            self._add(client.business_unit, 95, f"{client.name} belongs to {client.business_unit}")

    def by_organisation(self, others: Sequence[Ticket]) -> None:
        place = folded(self._ticket.organisation)
        if place:
            same = [other for other in others if folded(other.organisation) == place]
            self._from(same, 60, f"tickets of {self._ticket.organisation}", least=1 if len(same) == 1 else 2)

    def by_requester(self, others: Sequence[Ticket]) -> None:
        address = folded(self._ticket.requester_email)
        if address:
            same = [other for other in others if folded(other.requester_email) == address]
            who = self._ticket.requester or address
            self._from(same, 50, f"tickets of {who}", least=1)

    def by_domain(self, others: Sequence[Ticket]) -> None:
        domain = _domain(self._ticket.requester_email)
        if domain and domain not in _PUBLIC_MAIL:
            same = [other for other in others if _domain(other.requester_email) == domain]
            self._from(same, 40, f"tickets from {domain}", least=2)

    def by_words(self, others: Sequence[Ticket], rules: Sequence[ClientRule]) -> None:
        """Tags and clients that the subject names."""
        words = [word.casefold() for word in _WORD.findall(self._ticket.subject)]
        text = f" {' '.join(words)} "
        known = Counter(tag.casefold() for other in others for tag in other.tags if self._role(tag))
        for tag in sorted({*known, *self._project_tags}):
            name = " ".join(_WORD.findall(tag.removeprefix(TAG_PREFIX).replace("_", " ")))
            if len(name) >= _SHORTEST_WORD and f" {name} " in text:
                self._add(tag, 45, f'the subject says "{name}"')
        for rule in rules:
            part = next((part for part in rule.messages if part and part.casefold() in text), None)
            if part is not None:
                self._add(rule.tag, 35, f'the subject says "{part}", which means {rule.name}')

    def best(self) -> tuple[TagSuggestion, ...]:
        rows = []
        for tag, reasons in self._reasons.items():
            ordered = sorted(set(reasons), key=lambda reason: (-reason[0], reason[1]))
            weight = ordered[0][0] + 3 * (len(ordered) - 1)
            rows.append(
                TagSuggestion(tag, tuple(words for _, words in ordered), self._role(tag) or "project", weight)
            )
        rows.sort(key=lambda row: (-row.weight, row.tag))
        return tuple(rows[:MOST_SUGGESTIONS])

    def _from(self, same: Sequence[Ticket], weight: int, whose: str, *, least: int) -> None:
        counts = Counter(tag.casefold() for other in same for tag in set(other.tags))
        for tag, count in counts.items():
            if count < least or not self._learnable(tag, count):
                continue
            share = count / len(same)
            self._add(tag, round(weight * share), f"{count} of {len(same)} {whose} {_have(count)} it")

    def _learnable(self, tag: str, count: int) -> bool:
        return self._role(tag) is not None or count > 1

    def _add(self, tag: str, weight: int, why: str) -> None:
        folded = tag.strip().casefold()
        if not folded or folded in self._own or weight <= 0:
            return
        role = self._role(folded)
        # A second client or business unit on one ticket is a mistake more often than a suggestion.
        if (role == "client" and self._has_client) or (role == "unit" and self._has_unit):
            return
        self._reasons.setdefault(folded, []).append((weight, why))

    def _role(self, tag: str) -> str | None:
        folded = tag.casefold()
        if folded.startswith(TAG_PREFIX):
            return "client" if folded != TAG_PREFIX else None
        if folded in BUSINESS_UNITS:
            return "unit"
        return "project" if folded in self._project_tags else None


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _domain(address: str | None) -> str:
    return folded(address).rpartition("@")[2] if "@" in (address or "") else ""


def tag_of(words: str) -> str:
    """What a person typed as a tag, in the form that Zendesk keeps: lower case, joined by underscores."""
    return _NOT_IN_TAG.sub("_", words.strip().casefold()).strip("_")[:_LONGEST_TAG]
