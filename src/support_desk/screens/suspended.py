"""The suspended tickets: messages that Zendesk kept out of the queue, some of which are real."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from support_desk.desk.snapshot import FeedName, State, state
from support_desk.domain.tickets import SuspendedTicket
from support_desk.keys import bindings
from support_desk.screens.detail import ago, fact, when
from support_desk.screens.header import STATE_STYLE, problem_line
from support_desk.screens.list_and_text import ListAndText
from support_desk.screens.view import View
from support_desk.screens.words import minutes
from support_desk.widgets.columns import Column
from support_desk.widgets.lines import Parts
from support_desk.widgets.row_list import RowList
from support_desk.widgets.text_view import BLANK, TextLine

if TYPE_CHECKING:
    from support_desk.desk.desk import DeskChange

EMPTY = {
    State.LOADING: "Not read yet ...",
    State.OFF: "Zendesk is switched off.",
    State.FRESH: "No suspended tickets.",
}
"""What an empty list means, where that is known."""

_TITLE_STYLE = {"stale": "soon", "failed": "p1"}


class SuspendedScreen(ListAndText[SuspendedTicket]):
    """The list, and the text of the message under the cursor."""

    SCOPES: ClassVar[tuple[str, ...]] = ("detail", "suspended", "row", "list", "app")
    BINDINGS: ClassVar[list[BindingType]] = bindings("detail", "suspended", "row")

    def __init__(self) -> None:
        super().__init__()
        self._last_look: datetime | None = None
        self._looked = False

    def columns(self, _width: int) -> Sequence[Column[SuspendedTicket]]:
        return COLUMNS

    def key(self, row: SuspendedTicket) -> Hashable:
        return row.id

    def on_mount(self) -> None:
        self._last_look = self.desk_app.last_look
        self._draw()

    def desk_changed(self, change: DeskChange) -> None:
        super().desk_changed(change)
        if FeedName.SUSPENDED in change.feeds:
            self._draw()

    def tick(self) -> None:
        super().tick()
        self._draw_title(self.desk_app.view)

    def _draw(self) -> None:
        view = self.desk_app.view
        feed = view.snapshot.suspended
        self.list.show(sorted(feed.rows, key=lambda row: (row.created_at, row.id), reverse=True))
        self._draw_title(view)
        self.draw_text()
        if feed.read_at is not None and not self._looked:
            # Only a list that has been read can have been looked at.
            self._looked = True
            self.desk_app.mark_looked()

    def _draw_title(self, view: View) -> None:
        feed = view.snapshot.suspended
        judged = state(feed, view.now)
        word, style = STATE_STYLE[judged]
        read = f", read {ago(feed.read_at, view.now)}" if feed.read_at else ""
        looked = (
            f"you last looked {when(view, self._last_look)}" if self._last_look else "you have not looked yet"
        )
        since = self._last_look
        new = sum(since is not None and row.created_at > since for row in feed.rows)
        parts: Parts = (
            (f" Suspended tickets: {len(feed.rows)}{'' if feed.complete else '+'} ", "title"),
            (f" {word}{read}", _TITLE_STYLE.get(style, "title")),
            (f"  {looked}", "title"),
            (f", {new} new since" if new else "", "soon"),
        )
        self.list.title(tuple(part for part in parts if part[0]))
        self.list.notice(problem_line(view, FeedName.SUSPENDED))
        self.list.empty(EMPTY.get(judged, "Nothing known: the last reading isn't fresh and complete."))

    def draw_text(self) -> None:
        """The message under the cursor."""
        row = self.list.selected
        if row is None:
            self.text.show(None, [])
            return
        self.text.show(row.id, message_lines(self.desk_app.view, row))

    @on(RowList.Opened)
    def _opened(self, message: RowList.Opened) -> None:
        message.stop()
        self.set_focus(self.text)

    # Keys

    def idle_actions(self) -> frozenset[str]:
        # The page of them all is there without any, where Zendesk is; none of them has a runbook.
        page, idle = {"row.browser", "row.copy_link"}, super().idle_actions() | {"row.runbook"}
        return idle - page if self.address() else idle | page

    def action_refresh_detail(self) -> None:
        """Read the suspended tickets now."""
        self.say(self.desk.refresh((FeedName.SUSPENDED,)))

    def action_next_row(self) -> None:
        """The next message."""
        self.list.action_down()

    def action_previous_row(self) -> None:
        """The message before."""
        self.list.action_up()

    def address(self) -> str:
        """The page of the suspended tickets: a single message has none of its own."""
        base = self.desk_app.view.config.zendesk.url.rstrip("/")
        return f"{base}/agent/filters/suspended" if base else ""

    def action_browser(self) -> None:
        """Open Zendesk's page of suspended tickets."""
        address = self.address()
        if address:
            self.desk_app.open_link(address)
        else:
            self.say("The address of the helpdesk is not configured", problem=True)

    def action_copy_link(self) -> None:
        """Copy the link of that page."""
        address = self.address()
        if address:
            self.desk_app.copy(address, "the link to the suspended tickets")
        else:
            self.say("The address of the helpdesk is not configured", problem=True)

    def action_copy_line(self) -> None:
        """Copy one line about the message."""
        row = self.list.selected
        if row is not None:
            self.desk_app.copy(
                f"suspended {row.id}: {row.title} from {row.author} <{row.author_email}> ({row.cause})",
                "one line",
            )

    def action_runbook(self) -> None:
        """Runbooks go with tickets and alerts."""
        self.say("A suspended message has no runbook")


COLUMNS: Sequence[Column[SuspendedTicket]] = (
    Column(
        "age",
        "Age",
        5,
        lambda row, at: (minutes(at.now - row.created_at), "text"),
        ticks=True,
        right=True,
    ),
    Column("cause", "Why held back", 18, lambda row, _: (row.cause, "soon"), rank=1, wide=32),
    Column(
        "author",
        "From",
        16,
        lambda row, _: (row.author or row.author_email or "?", "text"),
        rank=2,
        wide=28,
    ),
    Column("subject", "Subject", 20, lambda row, _: (row.title, "strong"), flexible=True),
    Column("recipient", "To", 20, lambda row, _: (row.recipient or "", "dim"), rank=3, wide=32),
)


def message_lines(view: View, row: SuspendedTicket) -> list[TextLine]:
    """A suspended message as text."""
    mail = f" <{row.author_email}>" if row.author_email else ""
    return [
        TextLine(((row.title, "strong"),)),
        fact("Held back", (row.cause or "Zendesk doesn't say why", "warn")),
        fact("From", (f"{row.author or 'unknown'}{mail}", "text")),
        fact("To", (row.recipient or "not known", "text" if row.recipient else "dim")),
        fact("Came", (when(view, row.created_at), "text")),
        BLANK,
        *(TextLine(((text, "text"),)) for text in (row.body or "(no text)").split("\n")),
    ]
