"""Triage of a ticket: its kind of work, what each priority would set, and the edit that says what was chosen.

Which tags it could have is in `ticket_tags.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from support_desk.domain.commands import EditTicket, Promise
from support_desk.domain.sla import Agreement, Verdict, judge, rank
from support_desk.domain.sla_words import brief, explain
from support_desk.domain.ticket_tags import TagSuggestion
from support_desk.domain.tickets import PRIORITIES, Ticket, folded
from support_desk.records import record


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


# Priority


def priority_choices(ticket: Ticket, agreement: Agreement, now: datetime) -> tuple[PriorityChoice, ...]:
    """The four priorities, most pressing first, with the deadline that each would set.

    Zendesk's own deadline for another priority isn't known until it has computed it, so the contract's is
    shown; the present priority keeps the present verdict. Where the contract has none, but Zendesk measures
    the ticket, that mustn't read as if the deadline that runs were to end.
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
        if not present and ticket.sla_rows and verdict.kind in ("met", "none"):
            words = "Zendesk sets its own deadline; the contract none"
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
        group_id=None if folded(form.group) == folded(ticket.group) != "" else form.group_id,
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
        wanted = folded(path.group)
        number = next((number for name, number in groups.items() if folded(name) == wanted), None)
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
        named = next((name for name in groups if folded(name) == folded(kind.group)), None)
        if named is not None:
            form = replace(form, group=named, group_id=groups[named])
    if not kind.feature:
        return form, ""
    handed_over = feature_form(form, path, groups)
    return (form, handed_over) if isinstance(handed_over, str) else (handed_over, "")


def _unless(wanted: str | None, present: str | None) -> str | None:
    return wanted if wanted and wanted != present else None


def _is(ticket: Ticket, assignee: str) -> bool:
    wanted = folded(assignee)
    return bool(wanted) and wanted in {folded(ticket.assignee_email), folded(ticket.assignee)}
