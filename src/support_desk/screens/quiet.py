"""Quiet times: what is worth doing when nothing needs attention."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType

from support_desk.desk.schema import StoreError
from support_desk.keys import bindings
from support_desk.quiet_times import Gathered, QuietTimes, quiet_times
from support_desk.screens.base import DeskScreen
from support_desk.screens.quiet_rows import (
    Kind,
    Proposal,
    about,
    proposal_columns,
    proposals,
)
from support_desk.sources.errors import SourceError
from support_desk.sources.maintenance import maintenance
from support_desk.sources.runbook_changes import last_changed
from support_desk.widgets.row_list import RowList
from support_desk.widgets.text_view import TextView

if TYPE_CHECKING:
    from datetime import datetime

    from support_desk.domain.past import AlertRecord, Reach
    from support_desk.sources.maintenance import Maintenance


class QuietScreen(DeskScreen):
    """The proposals, and everything about the one under the cursor."""

    SCOPES: ClassVar[tuple[str, ...]] = ("quiet", "list", "app")
    BINDINGS: ClassVar[list[BindingType]] = bindings("quiet")
    AUTO_FOCUS = "#proposals"

    DEFAULT_CSS = """
    QuietScreen {
        #proposals { height: 2fr; min-height: 6; }
        #proposal { height: 1fr; min-height: 5; border-top: solid $primary 50%; }
        #proposal:focus { border-top: solid $primary; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._found: QuietTimes | None = None

    def compose_body(self) -> ComposeResult:
        yield RowList[Proposal](
            lambda _: proposal_columns(self.desk_app.view), _key, self.desk.now, id="proposals"
        )
        yield TextView(id="proposal")

    @property
    def proposals(self) -> RowList[Proposal]:
        """The proposals."""
        return self.query_one("#proposals", RowList)

    @property
    def text(self) -> TextView:
        """Everything about the proposal under the cursor."""
        return self.query_one("#proposal", TextView)

    def on_mount(self) -> None:
        super().on_mount()
        self._draw()
        self.action_look()

    def tick(self) -> None:
        super().tick()
        self.proposals.tick()

    # Reading

    def action_look(self) -> None:
        """Read the history and the runbooks' ages again."""
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
            missing.append(f"{error.problem}; {error.remedy}")
            return None, None

    async def _maintenance(self, command: str, missing: list[str]) -> tuple[Maintenance, ...]:
        if not command.strip():
            return ()
        try:
            found, unread = await maintenance(command)
        except SourceError as error:
            missing.append(f"{error.problem}; {error.remedy}")
            return ()
        if unread:
            missing.append(f"maintenance: {unread} lines don't begin with a date")
        return found

    # Drawing

    def _draw(self) -> None:
        view, found = self.desk_app.view, self._found
        if found is None:
            self.proposals.title(((" Quiet times ", "title"), ("reading the history ...", "title")))
            self.proposals.empty("Reading ...")
            return
        rows = proposals(view, found)
        self.proposals.show(rows, at_once=True)
        self.proposals.title(((f" Quiet times: {len(rows)} proposals ", "title"), (found.reach, "title")))
        self.proposals.notice(f"Not everything is known: {'; '.join(found.missing)}" if found.missing else "")
        self.proposals.empty(f"Nothing to propose: {found.reach}.")
        self._draw_text()

    def _draw_text(self) -> None:
        row = self.proposals.selected
        if row is None or self._found is None:
            self.text.show(None, [])
        else:
            self.text.show(row.key, about(self.desk_app.view, row, self._found))

    @on(RowList.Moved)
    def _moved(self, message: RowList.Moved) -> None:
        message.stop()
        self._draw_text()

    # Keys

    def action_back(self) -> None:
        """Back from the text to the list, then to where this was opened."""
        if self.text.has_focus:
            self.proposals.focus()
        else:
            self.app.pop_screen()

    def action_other_half(self) -> None:
        """From the list to the text, and back."""
        (self.proposals if self.text.has_focus else self.text).focus()

    @on(RowList.Opened)
    def _opened(self, message: RowList.Opened) -> None:
        """Go to what it is about: the ticket, the runbook, or the beginning of one."""
        message.stop()
        row = self.proposals.selected
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
        row = self.proposals.selected
        if row is None or row.noise is None:
            self.say("Only alerts get a runbook")
            return
        if row.noise.runbook is not None:
            self.desk_app.open_runbook(row.noise.runbook, row.what)
            return
        from support_desk.screens.runbook_start import start_for_noise

        start_for_noise(self.desk_app, row.noise)


def _key(row: Proposal) -> Hashable:
    return row.key
