"""Which rows the lists of the dashboard show, and in which order."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from support_desk.domain.sla import Ranked
from support_desk.screens import alert_rows
from support_desk.screens.alert_rows import AlertRow
from support_desk.screens.filters import (
    SAVED,
    SORTS,
    alert_fields,
    matcher,
    sorted_tickets,
    ticket_fields,
)
from support_desk.screens.panes import FILTER
from support_desk.screens.row_actions import RowActions
from support_desk.screens.view import View

if TYPE_CHECKING:
    from support_desk.screens.filter_line import FilterLine
    from support_desk.widgets.row_list import RowList


class Filtering(RowActions):
    """A filter for each of the two lists, and the order of the queue."""

    def __init__(self) -> None:
        super().__init__()
        self.filters: dict[str, str] = {"alerts": "", "tickets": ""}
        self.order = "risk"

    @property
    @abstractmethod
    def alerts(self) -> RowList[AlertRow]:
        """The pane of alerts."""

    @property
    @abstractmethod
    def tickets(self) -> RowList[Ranked]:
        """The queue."""

    @abstractmethod
    def say_states(self, view: View) -> None:
        """Say above the lists by what they are filtered and sorted, among the rest."""

    # Drawing

    def show_alerts(self, view: View, *, at_once: bool = False) -> None:
        """The alerts that match, as of the view's moment; `at_once`: see `RowList.show`."""
        rows = alert_rows.alert_rows(view)
        test = matcher(self.filters["alerts"], alert_fields(view))
        if test is not None:
            rows = [row for row in rows if test(row)]
        self.alerts.show(rows, at_once=at_once, latest=lambda row: alert_rows.latest(view, row, rows))

    def show_tickets(self, view: View, *, at_once: bool = False) -> None:
        """The tickets that match, in the order that was asked for."""
        rows = list(view.snapshot.tickets.rows)
        test = matcher(self.filters["tickets"], ticket_fields(view))
        if test is not None:
            rows = [row for row in rows if test(row)]
        self.tickets.show(sorted_tickets(rows, self.order), at_once=at_once)

    def set_filter(self, name: str, expression: str) -> None:
        """Show only the rows of a list that match."""
        self.filters[name] = expression
        view = self.desk_app.view
        if name == "alerts":
            self.show_alerts(view, at_once=True)
        else:
            self.show_tickets(view, at_once=True)
        self.say_states(view)

    # Keys

    def field_keys(self) -> tuple[tuple[str, str], ...]:
        typing = self.focused is not None and self.focused.id == FILTER
        return (("enter", "keep"), ("esc", "no filter")) if typing else ()

    async def action_filter(self) -> None:
        """Open the filter line for the list in use."""
        from support_desk.screens.filter_line import FilterLine

        # One that has lost the keys is about to leave by itself.
        await self.query(FilterLine).remove()
        name = self.list_in_use().id or "tickets"
        line = FilterLine(name, self.filters[name])
        await self.mount(line, before="#footer")
        self.set_focus(line)

    def on_filter_line_filtered(self, message: FilterLine.Filtered) -> None:
        """The filter reads differently now."""
        self.set_filter(message.pane, message.expression)

    def on_filter_line_done(self, message: FilterLine.Done) -> None:
        """Typing is over: the keys go back to the list."""
        self.set_focus(self.alerts if message.pane == "alerts" else self.tickets)

    def action_saved_filters(self) -> None:
        """Choose a filter by name."""
        name = self.list_in_use().id or "tickets"
        choices = [(saved.id, saved.label, saved.expression) for saved in SAVED if name in saved.panes]

        def chosen(picked: str | None) -> None:
            for saved in SAVED:
                if saved.id == picked:
                    self.set_filter(name, saved.expression)

        self.desk_app.choose("Show which rows?", choices, chosen)

    def action_sort(self) -> None:
        """The next order of the queue."""
        orders = list(SORTS)
        self.order = orders[(orders.index(self.order) + 1) % len(orders)]
        self.show_tickets(self.desk_app.view, at_once=True)
        self.say_states(self.desk_app.view)
        self.say(f"Tickets by {SORTS[self.order]}")
