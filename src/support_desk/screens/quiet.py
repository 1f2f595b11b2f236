"""Quiet times: what is worth doing when nothing needs attention."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from support_desk.desk.schema import StoreError
from support_desk.domain.words import counted
from support_desk.keys import bindings
from support_desk.screens.list_and_text import ListAndText
from support_desk.screens.quiet_rows import (
    Kind,
    Proposal,
    about,
    proposal_columns,
    proposals,
)
from support_desk.screens.quiet_times import Gathered, QuietTimes, quiet_times
from support_desk.sources.errors import SourceError
from support_desk.sources.maintenance import maintenance
from support_desk.sources.runbook_changes import last_changed
from support_desk.widgets.columns import Column
from support_desk.widgets.row_list import RowList

if TYPE_CHECKING:
    from datetime import datetime

    from support_desk.domain.past import AlertRecord, Reach
    from support_desk.sources.maintenance import Maintenance


class QuietScreen(ListAndText[Proposal]):
    """The proposals, and everything about the one under the cursor."""

    SCOPES: ClassVar[tuple[str, ...]] = ("quiet", "list", "app")
    BINDINGS: ClassVar[list[BindingType]] = bindings("quiet")

    DEFAULT_CSS = """
    QuietScreen {
        #list { height: 2fr; }
        #text { min-height: 5; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._found: QuietTimes | None = None

    def columns(self, _width: int) -> Sequence[Column[Proposal]]:
        return proposal_columns(self.desk_app.view)

    def key(self, row: Proposal) -> Hashable:
        return row.key

    def on_mount(self) -> None:
        self._draw()
        self._look()

    # Reading

    def action_look(self) -> None:
        """Read the history and the runbooks' ages again."""
        self._look()
        self.say("Reading the history")

    def _look(self) -> None:
        self.run_worker(
            self._read(), name="quiet", group="quiet", exclusive=True,
            description="read the history for quiet times", exit_on_error=False,
        )  # fmt: skip

    async def _read(self) -> None:
        view = self.desk_app.view
        missing: list[str] = []
        history, reach = await self._history(view.now - timedelta(weeks=view.config.quiet.weeks), missing)
        folder = view.config.runbooks.path
        changed = await asyncio.to_thread(last_changed, folder) if folder else {}
        due = await self._maintenance(view.config.quiet.maintenance_command, missing)
        found = Gathered(history, reach, changed, due, tuple(missing))
        source = self.desk.sources.runbooks if self.desk.sources else None
        rules = tuple(source.rules) if source is not None else ()
        self._found = await asyncio.to_thread(quiet_times, self.desk_app.view, rules, found)
        self._draw()

    async def _history(
        self, since: datetime, missing: list[str]
    ) -> tuple[tuple[AlertRecord, ...] | None, Reach | None]:
        try:
            return await self.desk.history(since), await self.desk.history_reach()
        except StoreError as error:
            missing.append(f"{error.problem}: {error.remedy}")
            return None, None

    async def _maintenance(self, command: str, missing: list[str]) -> tuple[Maintenance, ...]:
        if not command.strip():
            return ()
        try:
            found, unread = await maintenance(command)
        except SourceError as error:
            missing.append(f"{error.problem}: {error.remedy}")
            return ()
        if unread:
            missing.append(f"maintenance: {unread} lines don't begin with a date")
        return found

    # Drawing

    def _draw(self) -> None:
        view, found = self.desk_app.view, self._found
        if found is None:
            self.list.title(((" Quiet times ", "title"), (" reading the history ...", "title")))
            self.list.empty("Reading ...")
            return
        rows = proposals(view, found)
        self.list.show(rows, at_once=True)
        number = counted(len(rows), "proposal")
        self.list.title(((f" Quiet times: {number} ", "title"), (f" {found.reach}", "title")))
        self.list.notice(f"Not everything is known: {'; '.join(found.missing)}" if found.missing else "")
        self.list.empty(f"Nothing to propose: {found.reach}.")
        self.draw_text()
        self.draw_footer()

    def draw_text(self) -> None:
        """Everything about the proposal under the cursor."""
        row = self.list.selected
        if row is None or self._found is None:
            self.text.show(None, [])
        else:
            self.text.show(row.key, about(self.desk_app.view, row, self._found))

    # Keys

    def idle_actions(self) -> frozenset[str]:
        row, idle = self.list.selected, super().idle_actions()
        starts = row is not None and row.noise is not None and row.noise.runbook is None
        return idle if starts else idle | {"quiet.start_runbook"}

    @on(RowList.Opened)
    def _opened(self, message: RowList.Opened) -> None:
        """Go to what it is about: the ticket, the runbook, or the beginning of one."""
        message.stop()
        row = self.list.selected
        if row is None:
            return
        if row.ticket is not None:
            self.desk_app.open_ticket(row.ticket.id)
        elif row.runbook is not None:
            self.desk_app.open_runbook(row.runbook, row.what)
        elif row.kind is Kind.MAINTENANCE:
            self.say("Maintenance is done where it is kept; this list only reminds")
        else:
            self.action_start_runbook()

    def action_start_runbook(self) -> None:
        """Start a runbook for the alerts under the cursor."""
        row = self.list.selected
        if row is None or row.noise is None:
            self.say("Only alerts get a runbook")
            return
        if row.noise.runbook is not None:
            self.desk_app.open_runbook(row.noise.runbook, row.what)
            return
        from support_desk.screens.acting.runbook_start import start_for_noise

        start_for_noise(self.desk_app, row.noise)
