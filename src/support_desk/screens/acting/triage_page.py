"""The triage form as lines: every field with its key, what it will be, and what enter would send."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from support_desk.domain.command_words import changes_of
from support_desk.domain.commands import EditTicket
from support_desk.domain.ticket_tags import TagSuggestion
from support_desk.domain.tickets import Ticket
from support_desk.domain.triage import FeaturePath, Kind, PriorityChoice, TriageForm, triage_edit
from support_desk.records import record
from support_desk.text import cell_width, fit
from support_desk.widgets.lines import Parts
from support_desk.widgets.text_view import BLANK, TextLine

if TYPE_CHECKING:
    from support_desk.sources.writers import Agent, CustomStatus, Group

LABEL = 11
VARIOUS = "various"
PRIORITY_KEYS = {"u": "urgent", "h": "high", "n": "normal", "l": "low"}


@record
class TriageHelp:
    """What the form is filled from."""

    kinds: tuple[Kind, ...]
    path: FeaturePath
    priorities: tuple[PriorityChoice, ...]
    """With the deadline that each would set, for the first of the tickets."""
    suggestions: tuple[TagSuggestion, ...]
    """For the first of the tickets; none for several at once."""
    groups: tuple[Group, ...] = ()
    agents: tuple[Agent, ...] = ()
    statuses: tuple[CustomStatus, ...] = ()
    me: Agent | None = None
    missing: tuple[str, ...] = ()
    """Lists that couldn't be read, a line each."""


@record
class TriagePage:
    """The form as it is filled in at one moment, for one ticket or for several alike."""

    tickets: tuple[Ticket, ...]
    forms: tuple[TriageForm, ...]
    """One for each ticket: what was chosen by hand, with what the kind brings along for it."""
    found: TriageHelp
    problem: str = ""
    """Why what was pressed last couldn't be done; empty: it could."""

    @property
    def form(self) -> TriageForm:
        """The form of the first ticket, for what is shown once."""
        return self.forms[0]

    @property
    def edits(self) -> tuple[tuple[Ticket, EditTicket], ...]:
        """What would be sent now."""
        filled = zip(self.tickets, self.forms, strict=True)
        found = ((ticket, triage_edit(ticket, form, self.found.kinds)) for ticket, form in filled)
        return tuple((ticket, edit) for ticket, edit in found if edit is not None)

    @property
    def is_feature(self) -> bool:
        """Whether it goes down the path of feature requests."""
        return self.form.kind is not None and self.form.kind.feature

    def lines(self, room: int, *, close: int = 0) -> list[TextLine]:
        """The form, its choices set into `room` cells.

        `close` together, where a number of cells is given that its lines may have.
        """
        first, form = self.tickets[0], self.form
        what = (
            f"#{first.id} {first.title}" if len(self.tickets) == 1 else f"{len(self.tickets)} tickets alike"
        )
        title: Parts = ((" Triage ", "title"), (f" {what}", "strong"), ("   esc", "key"), (" leaves", "dim"))
        lines = [TextLine(title)]
        lines += [*([] if close else [BLANK]), *self._kind_rows(room), *self._priority_rows(room)]
        if words := self._deadline_words():
            lines.append(self._row("", (words, "dim")))
        lines.append(self._field("Tags", "t", *self._tag_parts()))
        lines += [
            self._row("", (_within(f"{row.tag}: {row.reasons[0]}", close - LABEL - 2), "dim"))
            for row in self.found.suggestions[:3]
        ]
        lines.append(self._field("Type", "y", self._outcome("type", "none")))
        lines.append(self._field("Group", "g", self._outcome("group", "none")))
        lines.append(
            self._field(
                "Assignee",
                "w",
                self._outcome("assignee", "nobody"),
                ("   w", "key"),
                (" me  ", "dim"),
                ("W", "key"),
                (" somebody", "dim"),
            )
        )
        lines.append(self._field("Status", "s", self._outcome("status", "")))
        lines.append(self._field("Note", "i", (form.note or "none", self._ink(form.note))))
        lines += self._review(close=bool(close))
        return lines

    @staticmethod
    def _ink(chosen: object) -> str:
        return "key" if chosen else "text"

    def _outcome(self, name: str, none: str) -> tuple[str, str]:
        """What a field will be, and its style; tickets that differ in it are said to."""
        found = [_will_be(form, ticket, name) for form, ticket in zip(self.forms, self.tickets, strict=True)]
        chosen = any(is_chosen for _, is_chosen in found)
        values = {value or none for value, _ in found}
        return (values.pop() if len(values) == 1 else VARIOUS), self._ink(chosen)

    @staticmethod
    def _row(label: str, *parts: tuple[str, str]) -> TextLine:
        return TextLine(((f" {label:<{LABEL}} ", "label"), *parts), indent=LABEL + 2)

    @staticmethod
    def _field(label: str, key: str, *parts: tuple[str, str]) -> TextLine:
        """A field and the key that changes it."""
        blank = " " * (LABEL - len(label) - len(key))
        return TextLine(((f" {label} ", "label"), (key, "key"), (blank, "label"), *parts), indent=LABEL + 2)

    def _kind_rows(self, room: int) -> list[TextLine]:
        kinds = enumerate(self.found.kinds, 1)
        return self._chips(
            "Kind", room, [(str(place), kind.name, kind == self.form.kind) for place, kind in kinds]
        )

    def _priority_rows(self, room: int) -> list[TextLine]:
        now, _ = self._outcome("priority", "")
        return self._chips(
            "Priority", room, [(key, name, name == now) for key, name in PRIORITY_KEYS.items()]
        )

    def _chips(self, label: str, room: int, choices: Iterable[tuple[str, str, bool]]) -> list[TextLine]:
        """Choices beside each other, each with its key, on as many lines as they need."""
        lines: list[list[tuple[str, str]]] = [[]]
        used = 0
        for key, name, chosen in choices:
            words = f"{'●' if chosen else ' '}{name}  "
            size = cell_width(key + words)
            if used and used + size > room - LABEL - 4:
                lines.append([])
                used = 0
            lines[-1] += [(key, "key"), (words, "strong" if chosen else "text")]
            used += size
        return [self._row("" if place else label, *parts) for place, parts in enumerate(lines)]

    def _deadline_words(self) -> str:
        chosen, _ = self._outcome("priority", "")
        if len(self.tickets) > 1:
            return "various: each keeps its own" if chosen == VARIOUS else ""
        return next((choice.words for choice in self.found.priorities if choice.priority == chosen), "")

    def _tag_parts(self) -> Parts:
        parts = [(f"+{tag} ", "key") for tag in self.form.add_tags]
        parts += [(f"-{tag} ", "late") for tag in self.form.remove_tags]
        if len(self.tickets) == 1:
            parts.append((" ".join(self.tickets[0].tags) or "none yet", "text"))
        return tuple(parts)

    def _review(self, *, close: bool) -> list[TextLine]:
        edits = self.edits
        lines = [] if close else [BLANK]
        if not edits:
            lines.append(TextLine(((" Nothing would change yet: choose a kind with its number", "dim"),)))
        else:
            several = len(self.tickets)
            count = f" on {len(edits)} of {several} tickets" if several > 1 else ""
            opening: Parts = ((" enter", "key"), (f" sends{count}:", "head"))
            changes = _changes([edit for _, edit in edits])
            if close:
                said = [
                    part for name, value in changes for part in ((f"  {name} ", "label"), (value, "strong"))
                ]
                lines.append(TextLine((*opening, *said), indent=LABEL + 2))
            else:
                lines.append(TextLine(opening))
                lines += [self._row(name, (value, "strong")) for name, value in changes]
            if edits[0][1].comment and not close:
                lines.append(self._row("note", (edits[0][1].comment, "strong")))
            if self.is_feature and self.found.path.macro:
                lines.append(self._row("then", (self._reply_words(), "text")))
        lines += [
            TextLine(((f" {problem}", "late"),)) for problem in (self.problem, *self.found.missing) if problem
        ]
        return lines

    def _reply_words(self) -> str:
        macro = self.found.path.macro
        if len(self.tickets) > 1:
            return f"no reply is prepared for several tickets: macro “{macro}” (m) on each"
        return f"the reply of the macro “{macro}”, for review"


def _will_be(form: TriageForm, ticket: Ticket, name: str) -> tuple[str, bool]:
    """What a field of a ticket will be, and whether the form changes it."""
    if name == "status":
        chosen = form.custom_status or form.status
        return chosen or ticket.custom_status or ticket.status, bool(chosen)
    chosen = getattr(form, name)
    return chosen or getattr(ticket, name) or "", bool(chosen)


def _changes(edits: Sequence[EditTicket]) -> list[tuple[str, str]]:
    """What the edits set, as (name, value); what only some of them set says of how many."""
    counted = Counter(change for edit in edits for change in changes_of(edit))
    return [
        (name, value if count == len(edits) else f"{value} (on {count})")
        for (name, value), count in sorted(
            counted.items(), key=lambda row: _ORDER.get(row[0][0], len(_ORDER))
        )
    ]


_ORDER = {
    name: place
    for place, name in enumerate(
        ("status", "priority", "type", "assignee", "group", "tags added", "tags removed")
    )
}


def _within(text: str, room: int) -> str:
    """As much of it as has room, where the room is limited."""
    return text if room <= 0 else fit(text, room).rstrip()
