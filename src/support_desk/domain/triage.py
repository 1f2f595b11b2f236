"""Triage of a ticket: what its tags, priority and kind could be, with the reasons, and the edit that says so.

Suggestions only ever suggest: every one carries why, and nothing here decides.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from support_desk.domain.clients import (
    BUSINESS_UNITS,
    TAG_PREFIX,
    ClientRule,
    business_unit,
    client_of_ticket,
    client_tag,
)
from support_desk.domain.commands import EditTicket, Promise
from support_desk.domain.sla import Agreement, Verdict, brief, explain, judge, rank
from support_desk.domain.tickets import PRIORITIES, Ticket
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
class Kind:
    """A kind of work (`[triage] kinds`), and what it means for a ticket."""

    name: str
    tag: str = ""
    type: str = ""
    priority: str = ""
    """What the form begins with; empty: normal."""
    group: str = ""
    feature: bool = False
    """It goes down the path of feature requests."""


@record
class FeaturePath:
    """What becomes of a feature request (`[triage] feature_*`)."""

    tag: str = ""
    group: str = ""
    note: str = ""
    macro: str = ""
    """Title of the macro that replies."""


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


@record
class PriorityChoice:
    """A priority, and the deadline that it would set."""

    priority: str
    verdict: Verdict
    words: str
    """One sentence with the deadline in local time."""
    brief: str
    """The same in a few words, the deadline first."""
    present: bool
    """The ticket has it already."""


@record
class TriageForm:
    """What a person has filled in; None stays as it is."""

    kind: Kind | None = None
    type: str | None = None
    priority: str | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    group_id: int | None = None
    group: str = ""
    assignee_id: int | None = None
    assignee: str = ""
    status: str | None = None
    custom_status_id: int | None = None
    note: str = ""
    promise: Promise | None = None
    custom_status: str = ""


# Tags


def tag_suggestions(
    ticket: Ticket,
    others: Iterable[Ticket],
    rules: Iterable[ClientRule],
    project_tags: Collection[str] = (),
    *,
    never: Collection[str] = (),
    limit: int = MOST_SUGGESTIONS,
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
    return found.best(limit)


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
        place = _folded(self._ticket.organisation)
        if place:
            same = [other for other in others if _folded(other.organisation) == place]
            self._from(same, 60, f"tickets of {self._ticket.organisation}", least=1 if len(same) == 1 else 2)

    def by_requester(self, others: Sequence[Ticket]) -> None:
        address = _folded(self._ticket.requester_email)
        if address:
            same = [other for other in others if _folded(other.requester_email) == address]
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
                tag = TAG_PREFIX + rule.name.strip().casefold().removeprefix(TAG_PREFIX)
                self._add(tag, 35, f'the subject says "{part}", which means {rule.name}')

    def best(self, limit: int) -> tuple[TagSuggestion, ...]:
        rows = []
        for tag, reasons in self._reasons.items():
            ordered = sorted(set(reasons), key=lambda reason: (-reason[0], reason[1]))
            weight = ordered[0][0] + 3 * (len(ordered) - 1)
            rows.append(
                TagSuggestion(tag, tuple(words for _, words in ordered), self._role(tag) or "project", weight)
            )
        rows.sort(key=lambda row: (-row.weight, row.tag))
        return tuple(rows[:limit])

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


def _folded(text: str | None) -> str:
    return (text or "").strip().casefold()


def _domain(address: str | None) -> str:
    return _folded(address).rpartition("@")[2] if "@" in (address or "") else ""


def tag_of(words: str) -> str:
    """What a person typed as a tag, in the form that Zendesk keeps: lower case, joined by underscores."""
    return _NOT_IN_TAG.sub("_", words.strip().casefold()).strip("_")[:_LONGEST_TAG]


# Priority


def priority_choices(ticket: Ticket, agreement: Agreement, now: datetime) -> tuple[PriorityChoice, ...]:
    """The four priorities, most pressing first, with the deadline that each would set.

    Zendesk's own deadline for another priority isn't known until it has computed it, so the contract's is
    shown; the present priority keeps the present verdict.
    """
    choices = []
    for priority in PRIORITIES:
        present = ticket.priority == priority
        supposed = ticket if present else replace(ticket, priority=priority, sla_rows=())
        verdict = judge(supposed, agreement)
        row = next(iter(rank([supposed], agreement)))
        words = explain(row, now, agreement)
        if not present:
            words = words.replace("Zendesk has no SLA for it; t", "T", 1)
        short = brief(verdict, now, agreement) or words
        choices.append(PriorityChoice(priority, verdict, words, short, present))
    return tuple(choices)


# Kinds and the form


def kind_of_ticket(ticket: Ticket, kinds: Iterable[Kind]) -> Kind | None:
    """The kind that the ticket's tags name."""
    own = {tag.casefold() for tag in ticket.tags}
    return next((kind for kind in kinds if kind.tag and kind.tag.casefold() in own), None)


def form_for(
    ticket: Ticket, kind: Kind, suggestions: Sequence[TagSuggestion] = (), *, emergency: bool = False
) -> TriageForm:
    """What the form begins with once a kind is chosen: its type and priority, and the surest tags.

    A priority that somebody has set stays; an `emergency` is urgent whatever its kind (ruling 2). A
    suggestion is taken over only if it is a client's or a business unit's and the only one of its role.
    """
    priority = ticket.priority or ("urgent" if emergency else kind.priority or "normal")
    sure = []
    for role in ("client", "unit"):
        of_role = [row.tag for row in suggestions if row.role == role]
        if len(of_role) == 1:
            sure += of_role
    return TriageForm(
        kind=kind,
        type=kind.type or None,
        priority=priority,
        add_tags=tuple(sure),
        group=kind.group,
        status="open" if ticket.status == "new" else None,
    )


def triage_edit(ticket: Ticket, form: TriageForm, kinds: Iterable[Kind] = ()) -> EditTicket | None:
    """The edit that makes the ticket what the form says, leaving out what it is already; None: no change.

    The tags of the other `kinds` are removed, so that a ticket is of one kind.
    """
    kind_tags = {kind.tag for kind in kinds if kind.tag}
    own_kind = form.kind.tag if form.kind is not None else ""
    add = dict.fromkeys([*([own_kind] if own_kind else []), *form.add_tags])
    drop = [tag for tag in form.remove_tags if tag not in add]
    if form.kind is not None:
        drop += [tag for tag in ticket.tags if tag in kind_tags - {own_kind} and tag not in add]
    edit = EditTicket(
        purpose="feature" if form.kind is not None and form.kind.feature else "triage",
        type=_unless(form.type, ticket.type),
        priority=_unless(form.priority, ticket.priority),
        status=None if form.custom_status_id else _unless(form.status, ticket.status),
        custom_status_id=form.custom_status_id,
        group_id=None if _folded(form.group) == _folded(ticket.group) != "" else form.group_id,
        group=form.group,
        assignee_id=None if _is(ticket, form.assignee) else form.assignee_id,
        assignee=form.assignee,
        add_tags=tuple(tag for tag in add if tag and tag not in ticket.tags),
        remove_tags=tuple(tag for tag in dict.fromkeys(drop) if tag in ticket.tags),
        comment=form.note.strip(),
        promise=form.promise,
        custom_status=form.custom_status if form.custom_status_id else "",
    )
    if edit.group_id is None:
        edit = replace(edit, group="")
    if edit.assignee_id is None:
        edit = replace(edit, assignee="")
    return None if replace(edit, purpose="edit") == EditTicket() else edit


def feature_form(form: TriageForm, path: FeaturePath, groups: Mapping[str, int]) -> TriageForm | str:
    """The form of a feature request on its path: tag, group and note; or why it can't go there, in words.

    The reply is the macro's (`path.macro`), a second, public step that the person reviews. What the person
    has already chosen stays.
    """
    if form.group_id is None and path.group:
        wanted = _folded(path.group)
        number = next((number for name, number in groups.items() if _folded(name) == wanted), None)
        if number is None:
            return f'the helpdesk has no group "{path.group}": see [triage] feature_group'
        form = replace(form, group_id=number, group=path.group)
    tags = form.add_tags
    if path.tag and path.tag not in tags and (form.kind is None or form.kind.tag != path.tag):
        tags = (*tags, path.tag)
    return replace(form, add_tags=tags, note=form.note or path.note)


def filled_form(
    ticket: Ticket,
    chosen: TriageForm,
    suggestions: Sequence[TagSuggestion],
    path: FeaturePath,
    groups: Mapping[str, int],
    *,
    own_tags: bool = False,
    emergency: bool = False,
) -> tuple[TriageForm, str]:
    """What the chosen kind brings along, under what was chosen by hand; and what of it can't be, in words.

    `groups` are the helpdesk's numbers by name. `own_tags`: the tags were chosen by hand, so none are
    suggested. `emergency`: it came to one of the emergency addresses.
    """
    kind = chosen.kind
    if kind is None:
        return chosen, ""
    begun = form_for(ticket, kind, suggestions, emergency=emergency)
    tags = chosen.add_tags if own_tags else dict.fromkeys((*begun.add_tags, *chosen.add_tags))
    form = replace(
        chosen,
        type=chosen.type or begun.type,
        priority=chosen.priority or begun.priority,
        add_tags=tuple(tags),
        status=chosen.status or (None if chosen.custom_status_id else begun.status),
    )
    if form.group_id is None and kind.group:
        named = next((name for name in groups if _folded(name) == _folded(kind.group)), None)
        if named is not None:
            form = replace(form, group=named, group_id=groups[named])
    if not kind.feature:
        return form, ""
    handed_over = feature_form(form, path, groups)
    return (form, handed_over) if isinstance(handed_over, str) else (handed_over, "")


def _unless(wanted: str | None, present: str | None) -> str | None:
    return wanted if wanted and wanted != present else None


def _is(ticket: Ticket, assignee: str) -> bool:
    folded = _folded(assignee)
    return bool(folded) and folded in {_folded(ticket.assignee_email), _folded(ticket.assignee)}
