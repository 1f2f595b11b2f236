"""Triage: everything that a new ticket needs in one form, and one key that sends it.

The form shows what will change while it is filled in, so it is its own review. Every field has one letter;
nothing here is typed into a field, but in the small questions that a letter opens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from support_desk.domain.command_words import changes_of
from support_desk.domain.commands import EditTicket
from support_desk.domain.sla import came_to_emergency
from support_desk.domain.tickets import Ticket
from support_desk.domain.triage import (
    FeaturePath,
    Kind,
    PriorityChoice,
    TagSuggestion,
    TriageForm,
    filled_form,
    kind_of_ticket,
    triage_edit,
)
from support_desk.records import record
from support_desk.screens.key_line import press
from support_desk.screens.modal import Modal
from support_desk.text import cell_width, fit
from support_desk.widgets.lines import Parts
from support_desk.widgets.text_view import BLANK, TextLine, TextView, wrap

if TYPE_CHECKING:
    from support_desk.app import DeskApp
    from support_desk.sources.writers import Agent, CustomStatus, Group

LABEL = 11
VARIOUS = "various"
TYPES = ("question", "incident", "problem", "task")
STATUSES = ("open", "pending", "hold", "solved")
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
class Triaged:
    """What the form answers with: an edit per ticket, and whether the reply to a feature request follows."""

    edits: tuple[tuple[Ticket, EditTicket], ...]
    reply_macro: str = ""


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


class TriageScreen(Modal[Triaged | None]):
    """The form for one ticket, or for all marked ones alike."""

    DEFAULT_CSS = """
    TriageScreen {
        align: center middle;
        background: $background 60%;
        #box { width: 96%; max-width: 120; height: 100%; max-height: 34; background: $surface; }
        #box { border: round $primary; }
        #form { height: 1fr; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(place), f"kind({place})", "kind", show=False) for place in range(1, 10)),
        *(Binding(key, f"priority('{name}')", name, show=False) for key, name in PRIORITY_KEYS.items()),
        Binding("y", "type", "type", show=False),
        Binding("s", "status", "status", show=False),
        # The form scrolls by keys of its own, and g is one of them.
        Binding("g", "group", "group", show=False, priority=True),
        Binding("w", "mine", "mine", show=False),
        Binding("W", "assignee", "assignee", show=False),
        Binding("t", "tags", "tags", show=False),
        Binding("i", "note", "note", show=False),
        Binding("enter", "submit", "send", show=False, priority=True),
        Binding("escape,q", "leave", "leave", show=False),
    ]

    AUTO_FOCUS = "#form"

    def __init__(self, tickets: Sequence[Ticket], found: TriageHelp) -> None:
        super().__init__()
        self._tickets = tuple(tickets)
        self._found = found
        kind = kind_of_ticket(tickets[0], found.kinds) if len(tickets) == 1 else None
        self._chosen = TriageForm(kind=kind)
        """What was chosen by hand."""
        self._forms = (self._chosen,) * len(self._tickets)
        """For each ticket the same with what the kind brings along: what a ticket has already, it keeps."""
        self._kind_pressed = False
        self._own_tags = False
        self._problem = ""

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield TextView(id="form")

    def on_mount(self) -> None:
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        """The choices are set anew into the lines."""
        self.call_after_refresh(self._draw)

    @property
    def _desk(self) -> DeskApp:
        return cast("DeskApp", self.app)

    @property
    def edits(self) -> tuple[tuple[Ticket, EditTicket], ...]:
        """What would be sent now."""
        filled = zip(self._tickets, self._forms, strict=True)
        found = ((ticket, triage_edit(ticket, form, self._found.kinds)) for ticket, form in filled)
        return tuple((ticket, edit) for ticket, edit in found if edit is not None)

    # Drawing

    def _draw(self) -> None:
        form = self.query_one("#form", TextView)
        room = form.scrollable_content_region.size
        lines = self._lines()
        if room and sum(len(wrap(line, room.width)) for line in lines) > room.height:
            # What enter sends must be seen before it is pressed.
            lines = self._lines(room.width)
        form.show("form", lines)

    def _lines(self, close: int = 0) -> list[TextLine]:
        """The form; `close` together, where a number of cells is given that its lines may have."""
        first, form = self._tickets[0], self._form
        what = (
            f"#{first.id} {first.subject}"
            if len(self._tickets) == 1
            else f"{len(self._tickets)} tickets alike"
        )
        title: Parts = ((" Triage ", "title"), (f" {what}", "strong"), ("   esc", "key"), (" leaves", "dim"))
        lines = [TextLine(title)]
        lines += [*([] if close else [BLANK]), *self._kind_rows(), *self._priority_rows()]
        if words := self._deadline_words():
            lines.append(self._row("", (words, "dim")))
        lines.append(self._field("Tags", "t", *self._tag_parts()))
        lines += [
            self._row("", (_within(f"{row.tag}: {row.reasons[0]}", close - LABEL - 2), "dim"))
            for row in self._found.suggestions[:3]
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

    @property
    def _form(self) -> TriageForm:
        """The form of the first ticket, for what is shown once."""
        return self._forms[0]

    @staticmethod
    def _ink(chosen: object) -> str:
        return "key" if chosen else "text"

    def _outcome(self, name: str, none: str) -> tuple[str, str]:
        """What a field will be, and its style; tickets that differ in it are said to."""
        found = [
            _will_be(form, ticket, name) for form, ticket in zip(self._forms, self._tickets, strict=True)
        ]
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

    def _kind_rows(self) -> list[TextLine]:
        kinds = enumerate(self._found.kinds, 1)
        return self._chips(
            "Kind", [(str(place), kind.name, kind == self._form.kind) for place, kind in kinds]
        )

    def _priority_rows(self) -> list[TextLine]:
        now, _ = self._outcome("priority", "")
        return self._chips("Priority", [(key, name, name == now) for key, name in PRIORITY_KEYS.items()])

    def _chips(self, label: str, choices: Iterable[tuple[str, str, bool]]) -> list[TextLine]:
        """Choices beside each other, each with its key, on as many lines as they need."""
        room = self.query_one("#form").size.width - LABEL - 4
        lines: list[list[tuple[str, str]]] = [[]]
        used = 0
        for key, name, chosen in choices:
            words = f"{'●' if chosen else ' '}{name}  "
            size = cell_width(key + words)
            if used and used + size > room:
                lines.append([])
                used = 0
            lines[-1] += [(key, "key"), (words, "strong" if chosen else "text")]
            used += size
        return [self._row("" if place else label, *parts) for place, parts in enumerate(lines)]

    def _deadline_words(self) -> str:
        chosen, _ = self._outcome("priority", "")
        if len(self._tickets) > 1:
            return "various: each keeps its own" if chosen == VARIOUS else ""
        return next((choice.words for choice in self._found.priorities if choice.priority == chosen), "")

    def _tag_parts(self) -> Parts:
        parts = [(f"+{tag} ", "key") for tag in self._form.add_tags]
        parts += [(f"-{tag} ", "late") for tag in self._form.remove_tags]
        if len(self._tickets) == 1:
            parts.append((" ".join(self._tickets[0].tags) or "none yet", "text"))
        return tuple(parts)

    def _review(self, *, close: bool) -> list[TextLine]:
        edits = self.edits
        lines = [] if close else [BLANK]
        if not edits:
            lines.append(TextLine(((" Nothing would change yet: choose a kind with its number", "dim"),)))
        else:
            several = len(self._tickets)
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
            if self._is_feature and self._found.path.macro:
                lines.append(self._row("then", (self._reply_words(), "text")))
        lines += [
            TextLine(((f" {problem}", "late"),))
            for problem in (self._problem, *self._found.missing)
            if problem
        ]
        return lines

    def _reply_words(self) -> str:
        macro = self._found.path.macro
        if len(self._tickets) > 1:
            return f"no reply is prepared for several tickets: macro “{macro}” (m) on each"
        return f"the reply of the macro “{macro}”, for review"

    # Keys

    def on_click(self, event: events.Click) -> None:
        """A click on a key, on what it says or on what it changes presses it."""
        form = self.query_one("#form", TextView)
        if event.widget is form:
            press(self._desk, form.line(event.y), event.x)

    @property
    def _is_feature(self) -> bool:
        return self._form.kind is not None and self._form.kind.feature

    def _change(self, **changes: Any) -> None:
        self._chosen = replace(self._chosen, **changes)
        filled = [self._filled(ticket) for ticket in self._tickets]
        self._forms = tuple(form for form, _ in filled)
        self._problem = filled[0][1]
        self._draw()

    def _filled(self, ticket: Ticket) -> tuple[TriageForm, str]:
        """What was chosen with what the kind brings along for this ticket; and what of it can't be."""
        if not self._kind_pressed:
            return self._chosen, ""
        groups = {group.name: group.id for group in self._found.groups}
        return filled_form(
            ticket,
            self._chosen,
            self._found.suggestions,
            self._found.path,
            groups,
            own_tags=self._own_tags,
            emergency=came_to_emergency(ticket, self._desk.view.agreement),
        )

    def action_kind(self, place: int) -> None:
        """This kind, with what goes with it; what was chosen by hand stays."""
        if place <= len(self._found.kinds):
            self._kind_pressed = True
            self._change(kind=self._found.kinds[place - 1])

    def action_priority(self, name: str) -> None:
        """This priority."""
        self._change(priority=name)

    def action_type(self) -> None:
        """The next type."""
        now = self._form.type or self._tickets[0].type
        self._change(type=TYPES[(TYPES.index(now) + 1) % len(TYPES)] if now in TYPES else TYPES[0])

    def action_status(self) -> None:
        """Choose the status, the account's own ones included."""
        custom = [(f"custom:{row.id}", row.name, row.category) for row in self._found.statuses]
        plain = [] if custom else [(status, status, "") for status in STATUSES]

        def chosen(picked: str | None) -> None:
            if picked is not None and picked.startswith("custom:"):
                number = int(picked.removeprefix("custom:"))
                name = next((row.name for row in self._found.statuses if row.id == number), "")
                self._change(custom_status_id=number, custom_status=name, status=None)
            elif picked is not None:
                self._change(status=picked, custom_status_id=None, custom_status="")

        self._desk.choose("Which status?", [*plain, *custom], chosen)

    def action_group(self) -> None:
        """Choose the group."""
        choices = [(str(group.id), group.name, "") for group in self._found.groups]

        def chosen(picked: str | None) -> None:
            for group in self._found.groups:
                if str(group.id) == picked:
                    self._change(group=group.name, group_id=group.id)

        self._desk.choose("Which group?", choices, chosen)

    def action_mine(self) -> None:
        """Assign it to me."""
        if self._found.me is None:
            self._problem = "it isn't known which agent you are: see [me] email"
            self._draw()
            return
        self._change(assignee=self._found.me.email or self._found.me.name, assignee_id=self._found.me.id)

    def action_assignee(self) -> None:
        """Choose the assignee."""
        choices = [(str(agent.id), agent.name, agent.email) for agent in self._found.agents]

        def chosen(picked: str | None) -> None:
            for agent in self._found.agents:
                if str(agent.id) == picked:
                    self._change(assignee=agent.email or agent.name, assignee_id=agent.id)

        self._desk.choose("Who takes it?", choices, chosen)

    def action_tags(self) -> None:
        """Choose tags to add and remove."""
        from support_desk.screens.acting.tag_picker import TagChange, TagPicker

        def chosen(change: TagChange | None) -> None:
            if change is not None:
                self._own_tags = True
                self._change(add_tags=change.add, remove_tags=change.remove)

        own = self._tickets[0].tags if len(self._tickets) == 1 else ()
        offered = [(row.tag, row.reasons[0]) for row in self._found.suggestions]
        picker = TagPicker(own, offered, added=self._form.add_tags, removed=self._form.remove_tags)
        self.app.push_screen(picker, chosen)

    def action_note(self) -> None:
        """Write the internal note that goes along."""
        from support_desk.desk.intents import target_of
        from support_desk.screens.acting.composer import Composer

        def written(text: str | None) -> None:
            if text is not None:
                self._change(note=text)

        who: tuple[Parts, Parts] = (
            ((" INTERNAL NOTE ", "internal"), (" no client sees it", "text")),
            ((" It is sent with the triage.", "dim"),),
        )
        composer = Composer(who, target_of(self._tickets[0]), "triage", text=self._form.note, done="takes it")
        self.app.push_screen(composer, written)

    def action_submit(self) -> None:
        """Send it."""
        edits = self.edits
        if not edits:
            self._problem = "nothing would change yet"
            self._draw()
            return
        one = len(self._tickets) == 1
        self.dismiss(Triaged(edits, self._found.path.macro if self._is_feature and one else ""))

    def action_leave(self) -> None:
        """Leave; nothing is sent."""
        self.dismiss(None)
