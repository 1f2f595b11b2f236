"""Has this been seen before? A search of the solved tickets."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from support_desk.domain.sla import Ranked, judge
from support_desk.domain.tickets import Ticket
from support_desk.keys import bindings
from support_desk.records import record
from support_desk.screens.base import DeskScreen
from support_desk.screens.row_actions import line_about
from support_desk.screens.view import View
from support_desk.screens.words import minutes
from support_desk.sources.errors import SourceError
from support_desk.sources.protocols import Reading, TicketSource
from support_desk.text import clean
from support_desk.widgets.columns import Column
from support_desk.widgets.lines import Parts
from support_desk.widgets.row_list import RowList

SEARCH = "search"
"""Name of the worker that searches."""


@record
class Found:
    """A ticket that was found, in its place."""

    rank: int
    ticket: Ticket


class SolvedScreen(DeskScreen):
    """A field for the words, and what they find, best match first."""

    SCOPES: ClassVar[tuple[str, ...]] = ("detail", "solved", "row", "list", "app")
    BINDINGS: ClassVar[list[BindingType]] = bindings("detail", "solved", "row")
    AUTO_FOCUS = "#words"

    DEFAULT_CSS = """
    SolvedScreen {
        #words { border: none; height: 1; padding: 0 1; background: $surface; }
        #words:focus { background: $panel; }
        #found { height: 1fr; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._words = ""
        self._asked = 0
        self._searching = False
        self._reading: Reading[Ticket] | None = None
        self.problem: SourceError | None = None
        """What the last search met; None after a success."""

    def compose_body(self) -> ComposeResult:
        yield Input(
            placeholder="Words to look for among the solved tickets, then enter",
            id="words",
            select_on_focus=False,
        )
        yield RowList[Found](found_columns, _key, self.desk.now, id="found")

    @property
    def field(self) -> Input:
        """The field for the words."""
        return self.query_one("#words", Input)

    @property
    def found(self) -> RowList[Found]:
        """What was found."""
        return self.query_one("#found", RowList)

    def on_mount(self) -> None:
        # A blinking cursor costs 4 kB a second over SSH.
        self.field.cursor_blink = False
        self._draw()

    def tick(self) -> None:
        super().tick()
        self.found.tick()

    def on_descendant_focus(self) -> None:
        """The field takes letters, the list takes keys."""
        self.draw_footer()

    @on(RowList.Moved)
    def _moved(self, message: RowList.Moved) -> None:
        message.stop()
        self.draw_footer()

    def has_row(self) -> bool:
        return self.found.selected is not None

    def field_keys(self) -> tuple[tuple[str, str], ...]:
        return (("enter", "search"),) if self.field.has_focus else ()

    # Searching

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        words = clean(message.value)
        if words:
            self.search(words)

    def search(self, words: str) -> None:
        """Search in a worker; only the newest search counts."""
        self._words = words
        self._asked += 1
        source = self.desk.sources.tickets if self.desk.sources is not None else None
        if source is None:
            remedy = "wait a moment, then press r" if self.desk.sources is None else "set `[zendesk] url`"
            self._answered(self._asked, None, SourceError("Zendesk is not connected", remedy))
            return
        self._searching, self._reading, self.problem = True, None, None
        self._draw()
        work: Callable[[], Coroutine[None, None, None]] = partial(self._search, source, words, self._asked)
        self._worker: Worker[None] = self.run_worker(
            work,
            name=SEARCH,
            group=SEARCH,
            description="search the solved tickets",
            exclusive=True,
            exit_on_error=False,
        )

    async def _search(self, source: TicketSource, words: str, asked: int) -> None:
        try:
            reading = await source.search_solved(words)
        except SourceError as error:
            self._answered(asked, None, error)
        else:
            self._answered(asked, reading, None)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """An error that no source names is a fault of this program: said, never painted as "none found"."""
        if event.worker.name == SEARCH and event.state is WorkerState.ERROR:
            kind = type(event.worker.error).__name__
            fault = SourceError(
                f"This program met a fault while searching ({kind})", "look into the log file"
            )
            self._answered(self._asked, None, fault)

    def _answered(self, asked: int, reading: Reading[Ticket] | None, problem: SourceError | None) -> None:
        if asked != self._asked or not self.is_attached:
            return
        self._searching, self._reading, self.problem = False, reading, problem
        self._draw()
        if reading is not None and reading.rows:
            self.set_focus(self.found)

    def _draw(self) -> None:
        rows = self._reading.rows if self._reading is not None else ()
        self.found.show([Found(rank, ticket) for rank, ticket in enumerate(rows, start=1)])
        self.found.title(self._title())
        problem = self.problem
        self.found.notice(
            f"{problem.problem}: {problem.remedy} (r tries again)" if problem else self._doubts()
        )
        self.found.empty(self._empty_words())

    def _title(self) -> Parts:
        if self._searching:
            return ((f' Searching for "{self._words}" ...', "title"),)
        if self.problem is not None:
            return ((f' NOT SEARCHED: "{self._words}"', "soon"),)
        if self._reading is None:
            return ((" Solved tickets", "title"),)
        return ((f' Found for "{self._words}", best match first', "title"),)

    def _doubts(self) -> str:
        """Why there may be more than is shown."""
        reading = self._reading
        if reading is None:
            return ""
        if reading.rejected:
            return f"{reading.rejected} found tickets could not be read and are not shown"
        if not reading.complete:
            return reading.notes[0] if reading.notes else f"only the best {len(reading.rows)} are shown"
        return ""

    def _empty_words(self) -> str:
        if self._searching:
            return "Searching ..."
        if self.problem is not None:
            return "Nothing known: the search failed."
        if self._reading is None:
            return "Type words above, then enter."
        return f'No solved ticket matches "{self._words}".'

    # Keys

    @on(RowList.Opened)
    def _opened(self, message: RowList.Opened) -> None:
        message.stop()
        row = self.found.selected
        if row is not None:
            self.desk_app.open_ticket(row.ticket.id, [other.ticket.id for other in self.found.rows])

    def action_back(self) -> None:
        """Go back."""
        self.app.pop_screen()

    def action_words(self) -> None:
        """Go to the field for the words."""
        self.set_focus(self.field)

    def action_refresh_detail(self) -> None:
        """Search again."""
        if self._words:
            self.search(self._words)

    def action_next_row(self) -> None:
        """The next ticket."""
        self.found.action_down()

    def action_previous_row(self) -> None:
        """The ticket before."""
        self.found.action_up()

    def _selected(self) -> Ticket | None:
        row = self.found.selected
        if row is None:
            self.say("No ticket is selected")
            return None
        return row.ticket

    def action_browser(self) -> None:
        """Open the ticket in the browser."""
        ticket = self._selected()
        if ticket is not None:
            self.desk_app.open_link(ticket.url)

    def action_copy_link(self) -> None:
        """Copy the ticket's link."""
        ticket = self._selected()
        if ticket is not None:
            self.desk_app.copy(ticket.url, "the link")

    def action_copy_line(self) -> None:
        """Copy one line about the ticket."""
        ticket = self._selected()
        if ticket is not None:
            view = self.desk_app.view
            self.desk_app.copy(line_about(view, _ranked(view, ticket)), "one line")

    def action_runbook(self) -> None:
        """Read the runbook for the ticket."""
        ticket = self._selected()
        if ticket is not None:
            match = self.desk_app.runbook_for(_ranked(self.desk_app.view, ticket))
            self.desk_app.open_runbook(match, f"ticket {ticket.id}")


def _ranked(view: View, ticket: Ticket) -> Ranked:
    return Ranked(ticket, judge(ticket, view.agreement))


def _key(row: Found) -> Hashable:
    return row.ticket.id


def found_columns(_width: int) -> Sequence[Column[Found]]:
    """The columns of what was found."""
    return (
        Column("rank", "", 3, lambda row, _: (f"{row.rank}", "dim"), right=True),
        Column(
            "age",
            "Age",
            5,
            lambda row, at: (minutes(at.now - row.ticket.updated_at), "text"),
            ticks=True,
            right=True,
        ),
        Column("id", "Ticket", 7, lambda row, _: (f"{row.ticket.id}", "text"), right=True),
        Column(
            "client", "Client", 14, lambda row, _: (row.ticket.organisation or "?", "text"), rank=2, wide=28
        ),
        Column("status", "Status", 7, lambda row, _: (row.ticket.status, "dim"), rank=1),
        Column(
            "subject",
            "Subject",
            20,
            lambda row, _: (row.ticket.title, "strong"),
            flexible=True,
        ),
        Column("who", "Who", 10, lambda row, _: (row.ticket.assignee or "nobody", "dim"), rank=3, wide=18),
    )
