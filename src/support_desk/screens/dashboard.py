"""The dashboard: alerts, the queue, the runbook for what is selected, and the rota."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer

from support_desk.desk.snapshot import FeedName
from support_desk.domain.intents import Entry, Target
from support_desk.domain.sla import Ranked
from support_desk.keys import bindings
from support_desk.screens import alert_rows, ticket_rows
from support_desk.screens.alert_rows import LEFT, AlertRow
from support_desk.screens.filtering import Filtering
from support_desk.screens.header import problem_line
from support_desk.screens.marking import UsedMarks, alert_targets, ticket_targets, with_marks
from support_desk.screens.pane_words import FEEDS_OF_PANE, empty_words, title_of
from support_desk.screens.panes import BESIDE, FILTER, Panes
from support_desk.screens.rota_rows import RotaRow, rota_columns, rota_rows
from support_desk.screens.row_actions import Row
from support_desk.screens.runbook_pane import RunbookPane
from support_desk.screens.view import View
from support_desk.text import shortened
from support_desk.widgets.kept import Even
from support_desk.widgets.lines import Lines, Parts
from support_desk.widgets.row_list import MarkingList, RowList

if TYPE_CHECKING:
    from support_desk.desk.desk import DeskChange
    from support_desk.domain.paged import Page
    from support_desk.domain.runbooks import RunbookMatch
    from support_desk.screens.activity_pane import ActivityPane

SETTLE_SECONDS = 0.12
"""How long the cursor must rest before the runbook and the reason follow it."""


class Across(Even, Horizontal):
    """Panes beside each other."""


class Down(Even, Vertical):
    """Panes below each other."""


MEANT = 24
"""Cells of what a row is called in the title of the runbook."""


class Dashboard(Filtering, Panes):
    """The screen that stays open all week."""

    SCOPES: ClassVar[tuple[str, ...]] = (
        "act_alert", "act_ticket", "act", "list", "marks", "dashboard", "row", "app",
    )  # fmt: skip
    AUTO_FOCUS = "#tickets"
    BINDINGS: ClassVar[list[BindingType]] = bindings("dashboard", "row", "act", "act_alert", "act_ticket")

    def __init__(self) -> None:
        super().__init__()
        self._frame_waits = False
        """The header and the line of needs are drawn again after the next frame."""
        self._settle: Timer | None = None
        self._activity: ActivityPane | None = None
        self._pages: Mapping[str, Page] = {}
        """Whom the rows say that the person has had paged."""
        self._minute: datetime | None = None
        self._used_marks = UsedMarks()

    # Building

    def compose_body(self) -> ComposeResult:
        now = self.desk.now
        with Across(id="panes"):
            with Down(id="left"):
                alerts = with_marks(alert_rows.columns, "message", self._entries, alert_targets)
                yield MarkingList[AlertRow](alerts, _alert_key, now, id="alerts")
                columns = ticket_rows.ticket_columns(self._view().calendar, self.desk_app.config.me.email)
                tickets = with_marks(columns, "subject", self._entries, ticket_targets)
                yield MarkingList[Ranked](tickets, _ticket_key, now, id="tickets")
                yield Lines(id="why")
            with Down(id="right"):
                yield RunbookPane(self._meant_unseen)
                yield RowList[RotaRow](
                    lambda _: rota_columns(self._view()), _rota_key, now, id="rota", heads=False
                )

    def _view(self) -> View:
        return self.desk_app.view

    def _entries(self) -> Mapping[Target, Entry]:
        return self.desk_app.acts.entries

    @cached_property
    def alerts(self) -> RowList[AlertRow]:
        """The pane of alerts."""
        return self.query_one("#alerts", RowList)

    @cached_property
    def tickets(self) -> RowList[Ranked]:
        """The queue."""
        return self.query_one("#tickets", RowList)

    @cached_property
    def rota(self) -> RowList[RotaRow]:
        """The pane of the rota."""
        return self.query_one("#rota", RowList)

    @property
    def _lists(self) -> dict[str, RowList[Any]]:
        """The panes that are lists, by the id of each."""
        lists: dict[str, RowList[Any]] = {"alerts": self.alerts, "tickets": self.tickets, "rota": self.rota}
        return lists if self._activity is None else {**lists, "activity": self._activity}

    def show_activity(self) -> None:
        """Show what was done; its pane is there from the first time on."""
        if self._activity is None:
            from support_desk.screens.activity_pane import ActivityPane

            self._activity = ActivityPane(self._view, self.desk.now)
            self.query_one("#right").mount(self._activity)
        self._activity.draw(self.desk_app.acts.outbox)
        self.call_after_refresh(lambda: self.show_panes(self.pane_in_use()))

    @property
    def has_activity(self) -> bool:
        return self._activity is not None

    @property
    def runbook(self) -> RunbookPane:
        """The pane of the runbook."""
        return self.query_one(RunbookPane)

    def on_mount(self) -> None:
        self.show_panes("tickets")
        self._show_all()
        self.call_after_refresh(self._open_runbook)

    def bring(self, name: str) -> None:
        if name == "runbook":
            self.runbook.open()
        elif name == "activity" and self._activity is None:
            self.show_activity()

    def _open_runbook(self) -> None:
        if not self.runbook.is_attached:
            # The person has left before the second frame.
            return
        self.runbook.open()
        self._follow()
        self.desk_app.start_needing()
        self.draw_frame()

    def announced(self, view: View) -> Parts:
        """The single next thing, and why. Its line is there from the first frame on: nothing moves."""
        needing = self.desk_app.needing
        return ((" ", "text"),) if needing is None else needing.line(view, self.size.width)

    def _show_all(self) -> None:
        view = self.desk_app.view
        self.show_alerts(view)
        self.show_tickets(view)
        self.rota.show(rota_rows(view))
        self.say_states(view)

    # The desk changes, time goes by

    def desk_changed(self, change: DeskChange) -> None:
        view = self.desk_app.view
        feeds = change.feeds
        if feeds & {FeedName.ALERTS, FeedName.POLICIES, FeedName.ROTA}:
            self.show_alerts(view)
        if FeedName.TICKETS in feeds:
            self.show_tickets(view)
        if feeds & {FeedName.ROTA, FeedName.ON_CALL, FeedName.PEOPLE}:
            self.rota.show(rota_rows(view))
        if FeedName.RUNBOOKS in feeds:
            self._follow()
        self._draw_why(view)
        self.say_states(view)
        self.draw_frame(view)

    def outbox_changed(self, entry: Entry) -> None:
        (self.alerts if entry.intent.target.kind == "alert" else self.tickets).look_again()
        if (pages := self.desk_app.acts.pages) != self._pages:
            # Who was paged stands in the rows, also where the service's list is as it was.
            self._pages = pages
            view = self.desk_app.view
            self.show_alerts(view)
            self._draw_why(view)
        self._drop_marks(entry)
        self.draw_footer()
        self.show_activity()
        if not self._frame_waits:
            # What needs the person is worked out over everything: the row that a key meant comes first.
            self._frame_waits = True
            self.call_after_refresh(self._draw_waiting_frame)

    def _drop_marks(self, entry: Entry) -> None:
        outbox = self.desk_app.acts.outbox
        if outbox is None:
            return
        if entry.intent.target.kind == "alert":
            alerts = self._used_marks.spent(entry, outbox.entries, self.alerts.marked, alert_targets)
            if alerts is not None:
                self.alerts.unmark(alerts)
        else:
            tickets = self._used_marks.spent(entry, outbox.entries, self.tickets.marked, ticket_targets)
            if tickets is not None:
                self.tickets.unmark(tickets)

    def _draw_waiting_frame(self) -> None:
        self._frame_waits = False
        if self.is_attached:
            self.draw_frame()

    def tick(self) -> None:
        view = self.desk_app.view
        minute = view.now.replace(second=0, microsecond=0)
        if minute != self._minute:
            # Who is on can change on a full minute without any new reading; a tick may come late.
            self._minute = minute
            self.show_alerts(view)
            self.rota.show(rota_rows(view))
            self._draw_why(view)
            if self.desk_app.needing is not None:
                self.desk_app.needing.look_back_soon()
        for pane in self._lists.values():
            pane.tick()
        self.say_states(view)
        self.draw_frame(view)

    def say_states(self, view: View) -> None:
        """Titles, what is wrong, and what an empty list means: quiet needs a fresh and complete reading."""
        for name, label in (("alerts", "1 Alerts"), ("tickets", "2 Tickets"), ("rota", "4 Rota")):
            pane = self._lists[name]
            chosen = self.filters.get(name, "")
            order = self.order if name == "tickets" else "risk"
            pane.title(title_of(view, name, label, chosen=chosen, order=order))
            pane.notice(problem_line(view, *FEEDS_OF_PANE[name]))
            if not pane.rows:
                # Whatever takes the last row away comes here as well.
                pane.empty(empty_words(view, name, chosen))
        self.runbook.draw_title()

    # What is selected

    @on(RowList.Moved)
    def _moved(self, message: RowList.Moved) -> None:
        message.stop()
        if message.list.id in BESIDE:
            return
        filtering = self.focused is not None and self.focused.id == FILTER
        if message.list.has_focus or self._settle is None or filtering:
            # The first rows to come, or a row that leaves, are no move of the person's.
            self.runbook.pinned = self.runbook.pinned and not message.by_hand
            self._follow()

    def on_descendant_focus(self) -> None:
        """Another pane has the keys: the footer, the reason and the runbook follow."""
        # Keys that follow quickly mean the list that had the focus last, however briefly.
        self.list_in_use()
        self.show_panes(self.pane_in_use())
        self._follow_soon()

    def _follow_soon(self) -> None:
        if self._settle is not None:
            self._settle.stop()
        self._settle = self.set_timer(SETTLE_SECONDS, self._follow, name="settle")

    def _follow(self) -> None:
        self._draw_why(self.desk_app.view)
        self.draw_footer()
        self.runbook.draw_title()
        self.runbook.follow(self.current())

    def list_in_use(self) -> RowList[AlertRow] | RowList[Ranked]:
        """The list that keys act on: the one with the focus, or the one that had it last."""
        if self.focused in (self.alerts, self.tickets):
            self.last_list = "alerts" if self.focused is self.alerts else "tickets"
        self.alerts.in_use = self.last_list == "alerts"
        self.tickets.in_use = not self.alerts.in_use
        return self.alerts if self.last_list == "alerts" else self.tickets

    def scopes_now(self) -> tuple[str, ...]:
        other = "act_ticket" if self.list_in_use() is self.alerts else "act_alert"
        in_runbook = ("runbook", "document") if self.pane_in_use() == "runbook" else ()
        left_out = {other} if self.has_row() else {"act", "act_alert", "act_ticket"}
        return (*in_runbook, *(scope for scope in self.SCOPES if scope not in left_out))

    def has_row(self) -> bool:
        return bool(self.wanted())

    def idle_actions(self) -> frozenset[str]:
        here = self.pane_in_use()
        pane, idle = self._lists.get(here), super().idle_actions() - {"list.open"}
        if pane is None or pane.selected is None:
            idle |= {"list.open"}
        return idle if here in FEEDS_OF_PANE else idle | {"pane.refresh"}

    def wanted(self) -> list[Row]:
        """The marked rows of the list in use, or the one under the cursor.

        None where the person can't mean the row that had the cursor last: the rows of the activity are about
        others, and beside the rota of a narrow terminal no list is seen.
        """
        here = self.pane_in_use()
        elsewhere = here == "activity" or (here == "rota" and not self.query_one("#left").display)
        return [] if elsewhere else super().wanted()

    def _meant_unseen(self) -> str:
        """Which rows keys act on, where the lists aren't seen; empty where they are."""
        if self.query_one("#left").display:
            return ""
        rows = self.wanted()
        if len(rows) != 1:
            return f"{len(rows)} marked rows" if rows else ""
        row = rows[0]
        if isinstance(row, AlertRow):
            alike = f"[{len(row.members)} alike] " if row.members else ""
            return f"{row.alert.priority} {alike}{shortened(row.alert.message, MEANT)}"
        return f"#{row.ticket.id} {shortened(row.ticket.title, MEANT)}"

    def _draw_why(self, view: View) -> None:
        row = self.current()
        if row is None:
            self.query_one("#why", Lines).show([(), ()])
            return
        has_left, gone = self.list_in_use().selected_is_gone, ""
        if isinstance(row, AlertRow):
            first, second = alert_rows.why(view, row)
        else:
            first, second = ticket_rows.why(view, row, self.query_one("#why", Lines).size.width - 1)
        if has_left:
            gone = alert_rows.left_words(row, self.alerts.rows) if isinstance(row, AlertRow) else LEFT
            if gone == LEFT:
                # A closed alert pages nobody any more, and a solved ticket has no deadline.
                second = f"as it was last read: {second}"
        # Before the name of the row, which may take the whole width.
        marked: Parts = ((f" {gone} ", "warn"), (first, "strong")) if gone else ((f" {first}", "strong"),)
        self.query_one("#why", Lines).show([marked, ((" " + second, "text"),)])

    # Keys

    def action_refresh_pane(self) -> None:
        """Read this pane's source now."""
        feeds = FEEDS_OF_PANE.get(self.pane_in_use())
        self.say(self.desk.refresh(feeds) if feeds else "The activity is always up to date")

    def action_back(self) -> None:
        """Take away the filter, the zoom or the side panes; at the top say how to leave."""
        name = self.list_in_use().id or "tickets"
        if self.filters[name]:
            self.set_filter(name, "")
        elif self.zoomed:
            self.action_zoom()
        elif self.pane_in_use() in BESIDE:
            self.action_pane(self.last_list)
        else:
            self.say("ctrl+q quits")

    # Rows

    @on(RowList.Opened)
    def _opened(self, message: RowList.Opened) -> None:
        row = message.list.selected
        if isinstance(row, Entry):
            self.desk_app.show_outbox(row.intent.id)
        elif isinstance(row, AlertRow):
            self.open_alert(row, [other.alert.id for other in self.alerts.rows if not other.members])
        elif isinstance(row, Ranked):
            neighbours = [other.ticket.id for other in self.tickets.rows]
            self.desk_app.open_ticket(row.ticket.id, neighbours)
        elif isinstance(row, RotaRow):
            self.desk_app.action_show_rota()

    def follow_runbook(self) -> None:
        self.runbook.pinned = False
        self.runbook.follow(self.current())
        self.action_pane("runbook")

    def pin_runbook(self, match: RunbookMatch) -> None:
        """Show this runbook until the cursor of a list moves."""
        self.runbook.pin(match)
        self.action_pane("runbook")


def _alert_key(row: AlertRow) -> Hashable:
    return row.key


def _ticket_key(row: Ranked) -> Hashable:
    return row.ticket.id


def _rota_key(row: RotaRow) -> Hashable:
    return row.key
