"""What can be done with the rows of the dashboard: open, copy, read their runbook."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from support_desk.domain.sla import Ranked
from support_desk.screens import alert_rows, ticket_rows
from support_desk.screens.acting import Acting
from support_desk.screens.alert_rows import AlertRow
from support_desk.screens.view import View

if TYPE_CHECKING:
    from support_desk.domain.alerts import Alert
    from support_desk.domain.tickets import Ticket
    from support_desk.widgets.row_list import RowList

Row = AlertRow | Ranked


class RowActions(Acting):
    """The actions of the scope "row", for a screen with lists of alerts and tickets."""

    @abstractmethod
    def list_in_use(self) -> RowList[AlertRow] | RowList[Ranked]:
        """The list that keys act on."""

    @abstractmethod
    def follow_runbook(self) -> None:
        """Show the runbook for the selected row, in its pane."""

    def current(self) -> Row | None:
        """The row that keys act on."""
        return self.list_in_use().selected

    def wanted(self) -> list[Row]:
        """The marked rows of the list in use, or the one under the cursor.

        None where all that was marked has just left: a key would do to another row what was meant for those.
        """
        pane = self.list_in_use()
        if pane.bereft:
            return []
        marked: list[Row] = list(pane.marked)
        row = pane.selected
        return marked or ([row] if row is not None else [])

    def acted_on(self) -> list[Alert] | list[Ticket]:
        rows = self.wanted()
        # An alert may be in two marked rows: its own, and that of the storm that has taken it in since.
        alerts: dict[str, Alert] = {}
        for row in rows:
            if isinstance(row, AlertRow):
                alerts |= {alert.id: alert for alert in row.members or (row.alert,)}
        return list(alerts.values()) or [row.ticket for row in rows if isinstance(row, Ranked)]

    def nothing_meant(self, kind: str = "") -> str:
        if self.list_in_use().bereft:
            return "Not done: what you had marked has left the list. Move, and keys act on a row again"
        return super().nothing_meant(kind)

    def open_alert(self, row: AlertRow, neighbours: list[str]) -> None:
        """The details of an alert; of a storm, the one that the person chooses."""
        if not row.members:
            self.desk_app.open_alert(row.alert.id, neighbours)
            return
        ids = [member.id for member in row.members]
        choices = [
            (member.id, f"{member.priority} {member.status} {member.message}", "") for member in row.members
        ]

        def chosen(picked: str | None) -> None:
            if picked is not None:
                self.desk_app.open_alert(picked, ids)

        self.desk_app.choose("Which of these alike alerts?", choices, chosen)

    def _meant(self) -> list[Row]:
        """The rows that are wanted; says so if there are none."""
        rows = self.wanted()
        if not rows:
            self.say(self.nothing_meant(), problem=True)
        return rows

    def action_browser(self) -> None:
        """Open the selected row in the browser."""
        row = self.current()
        if self._meant() and row is not None:
            self.desk_app.open_link(url_of(row))

    def action_copy_link(self) -> None:
        """Copy the link of the row, or of the marked rows."""
        if rows := self._meant():
            what = "the link" if len(rows) == 1 else f"{len(rows)} links"
            self.desk_app.copy("\n".join(url_of(row) for row in rows), what)

    def action_copy_line(self) -> None:
        """Copy one line about the row, or each marked row, for a message to a colleague."""
        view = self.desk_app.view
        if rows := self._meant():
            what = "one line" if len(rows) == 1 else f"{len(rows)} lines"
            self.desk_app.copy("\n".join(line_about(view, row) for row in rows), what)

    def action_runbook(self) -> None:
        """Go to the runbook of the selected row; without one the pane says what it waits for."""
        self.follow_runbook()


def url_of(row: Row) -> str:
    """The row's page in its service."""
    return row.alert.url if isinstance(row, AlertRow) else row.ticket.url


def line_about(view: View, row: Row) -> str:
    """One line about a row, for pasting into a message."""
    first, second = alert_rows.why(view, row) if isinstance(row, AlertRow) else ticket_rows.why(view, row)
    return f"{first} ({second}) {url_of(row)}"
