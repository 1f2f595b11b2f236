"""The panes of the dashboard: which of them there is room for, and which one has the keys."""

from __future__ import annotations

from abc import abstractmethod

from textual.widget import Widget

from support_desk.screens.base import DeskScreen
from support_desk.screens.header import NARROW
from support_desk.widgets.row_list import RowList

PANES = ("alerts", "tickets", "runbook", "rota", "activity")
LISTS = PANES[:2]
BESIDE = ("runbook", "rota", "activity")
"""Panes that a narrow terminal shows in place of the lists, while they have the keys."""
FILTER = "filter"
"""The line that a filter is typed in, which comes when it is wanted."""
ROOM_TO_READ = 36
"""Rows from which on a runbook that is read there leaves room for the others; below it they stand aside."""
ROOM_FOR_ALL = 20
"""Rows that the rota and the activity need to be seen whole, one below the other."""
ROOM_FOR_LISTS = 16
"""Rows from which on panes below one another all have some in sight; below it the one in use has the room."""
ROOM_FOR_WHY = 10
ROOM_FOR_HEADER = 8
"""Rows from which on a list has two of its own beside its reason, and the header: these give way."""


class Panes(DeskScreen):
    """A screen of panes: the keys go from one to the next, and where there is no room some stand aside."""

    zoomed: str | None = None
    """The pane that has the whole screen."""
    side_hidden = False
    """The person wants the lists alone."""
    last_list = "tickets"
    """The list that has the focus, or had it last."""

    @property
    @abstractmethod
    def has_activity(self) -> bool:
        """Whether the pane of the activity is there yet."""

    @abstractmethod
    def bring(self, name: str) -> None:
        """Have this pane, which need not be there from the first frame on."""

    def on_resize(self) -> None:
        self.show_panes(self.pane_in_use())

    def action_pane(self, name: str) -> None:
        """Go to a pane; one that is hidden takes the place of the lists, a zoomed one that of the last."""
        self.bring(name)
        if self.zoomed:
            self.zoomed = name
        self.show_panes(name)
        # At once: a key that was typed right behind this one means the pane that was gone to.
        pane = self.query_one(f"#{name}", Widget)
        self.set_focus(pane)
        if isinstance(pane, RowList):
            pane.show_cursor()

    def show_panes(self, here: str) -> None:
        """Show the panes that there is room for, and always `here`, which has the keys."""
        crowded = self.app.size.width < NARROW or self.side_hidden
        only = self.zoomed or (here if crowded and self._needs_the_room(here) else None)
        lists = only not in BESIDE if only else not (crowded and here in BESIDE)
        beside = only in BESIDE if only else not crowded or here in BESIDE
        height = self.app.size.height
        low = height < ROOM_FOR_LISTS
        listed = only or ((here if here in LISTS else self.last_list) if low else None)
        aside = only or (here if low and here in BESIDE else None)
        shown = {"left": lists, "right": beside}
        shown |= {pane: listed in (None, pane) for pane in LISTS}
        shown |= {pane: aside in (None, pane) for pane in BESIDE}
        shown |= {"why": height >= ROOM_FOR_WHY, "header": height >= ROOM_FOR_HEADER}
        shown["runbook-pane"] = shown.pop("runbook")
        for pane, is_shown in shown.items():
            if pane != "activity" or self.has_activity:
                self.query_one(f"#{pane}").display = is_shown
        self.query_one("#right").set_class(not lists, "-alone")
        for widget in self.query("#alerts, #rota, #activity"):
            widget.set_class(widget.id in (listed, aside), "-alone")

    def _needs_the_room(self, here: str) -> bool:
        """Whether a pane in place of the lists would be left with hardly a line beside the others."""
        room = ROOM_TO_READ if here == "runbook" else ROOM_FOR_ALL
        return here in BESIDE and self.app.size.height < room

    def action_focus_pane(self, step: int) -> None:
        """The next or previous pane, round and round."""
        panes = PANES if self.has_activity else PANES[:-1]
        place = panes.index(self.pane_in_use())
        self.action_pane(panes[(place + step) % len(panes)])

    def pane_in_use(self) -> str:
        """The pane with the focus; where none has it, the list that had it last."""
        focused = self.focused
        return focused.id if focused is not None and focused.id in PANES else self.last_list

    def action_zoom(self) -> None:
        """Give the pane with the focus the whole screen, or put things back."""
        here = self.pane_in_use()
        self.zoomed = None if self.zoomed == here else here
        self.show_panes(here)

    def action_layout(self) -> None:
        """Show or hide the runbook and the rota beside the lists."""
        if self.app.size.width < NARROW:
            self.say("There is no room for them beside the lists: 3 and 4 show them in their place")
            return
        self.side_hidden = not self.side_hidden
        self.action_pane(self.last_list if self.pane_in_use() in BESIDE else self.pane_in_use())
