"""What needs me now, all of it in its order; and what would breach today at the usual pace."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from support_desk.desk.schema import StoreError
from support_desk.desk.snapshot import FeedName, SourceName, State, source_state
from support_desk.domain.attention import nothing_words, sentence
from support_desk.domain.forecast import (
    ASSUMED,
    LEARNED_FROM,
    Forecast,
    Pace,
    forecast,
    forecast_words,
    learned_pace,
    pace_words,
)
from support_desk.domain.need import Need, Rank
from support_desk.domain.words import day_clock
from support_desk.keys import bindings
from support_desk.screens.filters import SORTS, sorted_tickets
from support_desk.screens.list_and_text import ListAndText
from support_desk.screens.needing import doubts_of, what_style, why_first
from support_desk.screens.view import View
from support_desk.widgets.columns import Column, Moment
from support_desk.widgets.row_list import RowList
from support_desk.widgets.text_view import BLANK, TextLine

if TYPE_CHECKING:
    from support_desk.desk.desk import DeskChange
    from support_desk.domain.intents import Entry
    from support_desk.domain.sla import Ranked

STEP = timedelta(minutes=5)
"""What a key changes the pace by."""
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=4)
MOST_SHOWN = 12
"""Tickets of an order that are named."""


class NeedsScreen(ListAndText[Need]):
    """The ranking, and the forecast below it."""

    SCOPES: ClassVar[tuple[str, ...]] = ("needs", "list", "app")
    BINDINGS: ClassVar[list[BindingType]] = bindings("needs")

    def __init__(self) -> None:
        super().__init__()
        self._learned: Pace | None = None
        self._adjusted: timedelta | None = None

    def on_mount(self) -> None:
        self.desk_app.start_needing()
        self._draw()
        self.run_worker(
            self._learn(), name="pace", group="pace", description="learn the pace", exit_on_error=False
        )

    def desk_changed(self, change: DeskChange) -> None:
        super().desk_changed(change)
        self._draw_needs()
        if FeedName.TICKETS in change.feeds:
            self._draw_forecast()

    def outbox_changed(self, entry: Entry) -> None:
        super().outbox_changed(entry)
        self._draw_needs()

    def tick(self) -> None:
        super().tick()
        self._draw_needs()
        self.list.tick()
        if self.desk_app.view.now.second == 0:
            self._draw_forecast()

    async def _learn(self) -> None:
        """The pace from past replies; where there are none, another one is used and says so."""
        view = self.desk_app.view
        try:
            replies, watched_from = await self.desk.replies(view.now - LEARNED_FROM)
        except StoreError:
            return
        if watched_from is not None:
            self._learned = learned_pace(replies, watched_from, view.now, view.calendar)
            self._draw_forecast()

    # Drawing

    def key(self, row: Need) -> Hashable:
        return (row.target, row.act, row.title) if row.target is None else row.target

    def columns(self, width: int) -> Sequence[Column[Need]]:
        zone = self.desk_app.view.calendar.timezone

        def what(need: Need, moment: Moment) -> tuple[str, str]:
            return sentence(need, moment.now, zone, width - 18), what_style(need)

        return (
            Column("rank", "Why first", 13, lambda need, _: why_first(need), rank=1),
            Column("what", "What needs you", 40, what, flexible=True, ticks=True),
        )

    def _draw(self) -> None:
        self._draw_needs()
        self._draw_forecast()

    def _draw_needs(self) -> None:
        view, needing = self.desk_app.view, self.desk_app.needing
        if needing is None:
            return
        found = needing.needs(view)
        self.list.show(found, at_once=True)
        doubts = tuple(doubts_of(view))
        self.list.title(((f" What needs you now: {len(found)} ", "title"),))
        self.list.notice(f"Not everything is known: {'; '.join(doubts)}" if doubts else "")
        quiet = nothing_words(needing.situation(view), doubts) if not found else ""
        proposed = "" if doubts else " Q proposes what to do in quiet times."
        self.list.empty(f"{quiet[:1].upper()}{quiet[1:]}.{proposed}")

    @property
    def pace(self) -> Pace:
        """The pace that the forecast is made with: set here, configured, learned, or assumed."""
        if self._adjusted is not None:
            return Pace(self._adjusted, "adjusted")
        configured = self.desk_app.config.forecast.minutes
        if configured:
            return Pace(timedelta(minutes=configured), "configured")
        return self._learned or Pace(ASSUMED, "assumed")

    def _draw_forecast(self) -> None:
        view = self.desk_app.view
        rows = list(view.snapshot.tickets.rows)
        order = self.desk_app.dashboard.order
        found = forecast(sorted_tickets(rows, order), view.now, view.calendar, self.pace)
        shown = {row.ticket.id: row for row in rows}
        self.text.show("forecast", forecast_lines(view, found, shown, SORTS[order]))

    # Keys

    def action_slower(self) -> None:
        """A reply takes longer."""
        self._adjust(self.pace.length + STEP)

    def action_faster(self) -> None:
        """A reply takes less time."""
        self._adjust(self.pace.length - STEP)

    def action_usual(self) -> None:
        """The pace as it is configured or was learned."""
        self._adjusted = None
        self._draw_forecast()

    def _adjust(self, length: timedelta) -> None:
        self._adjusted = min(max(length, SHORTEST), LONGEST)
        self._draw_forecast()

    @on(RowList.Opened)
    def _opened(self, message: RowList.Opened) -> None:
        """Go to what it is about."""
        message.stop()
        need = self.list.selected
        if need is None:
            return
        if need.target is None:
            if need.rank is Rank.REST:
                self.desk_app.action_show_toil()
            else:
                self.desk_app.action_show_outbox()
        else:
            self.desk_app.open_target(need.target)


def forecast_lines(view: View, found: Forecast, rows: dict[int, Ranked], order: str) -> list[TextLine]:
    """The forecast in words, with the tickets that it is about."""
    zone = view.calendar.timezone
    until = day_clock(found.until, view.now, zone)
    words = forecast_words(found, until)
    judged = source_state(view.snapshot, SourceName.ZENDESK, view.now)
    if judged is not State.FRESH:
        # Nothing of a queue that wasn't read, or not all of it, is no good news.
        known = view.snapshot.tickets.read_at is not None
        words = f"{words}, as far as is known" if known else f"what is due by {until} isn't known"
    today = "Today at" if view.local(found.until).date() == view.local(view.now).date() else "At"
    lines = [
        TextLine(((f"{today} the usual pace: {words}.", "strong"),)),
        TextLine((
            (f"The pace: {pace_words(found.pace)}. ", "text"),
            ("+", "key"), (" slower  ", "dim"), ("-", "key"), (" faster  ", "dim"),
            ("=", "key"), (" as it was", "dim"),
        )),
        TextLine(((f"The order: tickets by {order}, as on the dashboard (S).", "dim"),)),
    ]  # fmt: skip
    if found.late:
        lines += [BLANK, TextLine((("Would breach in this order, by when each is due", "head"),))]
        lines += [_ticket_line(view, rows[number], "") for number in found.late[:MOST_SHOWN]]
        lines += _rest(len(found.late) - MOST_SHOWN)
    if found.saves:
        best = found.best[: len(found.due) - len(found.best_late)]
        lines += [BLANK, TextLine((("Answer in this order instead", "head"),))]
        lines += [
            _ticket_line(view, rows[number], f"{place}. ")
            for place, number in enumerate(best[:MOST_SHOWN], 1)
        ]
        lines += _rest(len(best) - MOST_SHOWN)
        if found.breached:
            lines.append(TextLine(((f"then {_late_already(len(found.breached))}", "dim"),), indent=2))
    return lines


def _late_already(number: int) -> str:
    return "the one that is late already" if number == 1 else f"the {number} that are late already"


def _ticket_line(view: View, row: Ranked, number: str) -> TextLine:
    due = row.verdict.deadline
    when = day_clock(due, view.now, view.calendar.timezone) if due is not None else "?"
    return TextLine(
        ((f"  {number}{when:<10} ", "text"), (f"#{row.ticket.id} ", "strong"), (row.ticket.title, "text")),
        indent=4,
    )


def _rest(number: int) -> list[TextLine]:
    return [TextLine(((f"  and {number} more", "dim"),))] if number > 0 else []
