"""Triage: everything that a new ticket needs in one form, and one key that sends it.

The form shows what will change while it is filled in, so it is its own review. Every field has one letter;
nothing here is typed into a field, but in the small questions that a letter opens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from support_desk.domain.commands import EditTicket
from support_desk.domain.sla import came_to_emergency
from support_desk.domain.tickets import Ticket
from support_desk.domain.triage import TriageForm, filled_form, kind_of_ticket
from support_desk.records import record
from support_desk.screens.acting.triage_page import PRIORITY_KEYS, TriageHelp, TriagePage
from support_desk.screens.key_line import press
from support_desk.screens.modal import Modal
from support_desk.widgets.lines import Parts
from support_desk.widgets.text_view import TextView, wrap

if TYPE_CHECKING:
    from support_desk.app import DeskApp

TYPES = ("question", "incident", "problem", "task")
STATUSES = ("open", "pending", "hold", "solved")


@record
class Triaged:
    """What the form answers with: an edit per ticket, and whether the reply to a feature request follows."""

    edits: tuple[tuple[Ticket, EditTicket], ...]
    reply_macro: str = ""


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
    def page(self) -> TriagePage:
        """The form as it is filled in now."""
        return TriagePage(self._tickets, self._forms, self._found, self._problem)

    @property
    def edits(self) -> tuple[tuple[Ticket, EditTicket], ...]:
        """What would be sent now."""
        return self.page.edits

    def _draw(self) -> None:
        form, page = self.query_one("#form", TextView), self.page
        room = form.scrollable_content_region.size
        lines = page.lines(form.size.width)
        if room and sum(len(wrap(line, room.width)) for line in lines) > room.height:
            # What enter sends must be seen before it is pressed.
            lines = page.lines(form.size.width, close=room.width)
        form.show("form", lines)

    # Keys

    def on_click(self, event: events.Click) -> None:
        """A click on a key, on what it says or on what it changes presses it."""
        form = self.query_one("#form", TextView)
        if event.widget is form:
            press(self._desk, form.line(event.y), event.x)

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
        now = self.page.form.type or self._tickets[0].type
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
        picker = TagPicker(own, offered, added=self.page.form.add_tags, removed=self.page.form.remove_tags)
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
        composer = Composer(
            who, target_of(self._tickets[0]), "triage", text=self.page.form.note, done="takes it"
        )
        self.app.push_screen(composer, written)

    def action_submit(self) -> None:
        """Send it."""
        page = self.page
        if not page.edits:
            self._problem = "nothing would change yet"
            self._draw()
            return
        one = len(self._tickets) == 1
        self.dismiss(Triaged(page.edits, self._found.path.macro if page.is_feature and one else ""))

    def action_leave(self) -> None:
        """Leave; nothing is sent."""
        self.dismiss(None)
