"""The rota: when you are next on, who is on now, and a month ahead."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from support_desk.desk.facts import rota_of
from support_desk.desk.snapshot import FeedName, state
from support_desk.domain.words import counted
from support_desk.keys import bindings
from support_desk.paths import at_home
from support_desk.screens.base import DeskScreen
from support_desk.screens.header import state_words
from support_desk.screens.rota_page import own_words, rota_lines, why_none
from support_desk.widgets.lines import Lines
from support_desk.widgets.text_view import TextView

if TYPE_CHECKING:
    from support_desk.desk.desk import DeskChange

FEEDS = (FeedName.ROTA, FeedName.ON_CALL)


class RotaScreen(DeskScreen):
    """One page to read, and to take away as a calendar."""

    SCOPES: ClassVar[tuple[str, ...]] = ("rota", "document", "app")
    BINDINGS: ClassVar[list[BindingType]] = bindings("rota")
    AUTO_FOCUS = "#text"

    DEFAULT_CSS = """
    RotaScreen {
        #title { height: 1; background: $panel; }
        #text { height: 1fr; }
    }
    """

    _minute: datetime | None = None

    def compose_body(self) -> ComposeResult:
        yield Lines(id="title")
        yield TextView(id="text")

    def on_mount(self) -> None:
        self._draw()

    def desk_changed(self, change: DeskChange) -> None:
        super().desk_changed(change)
        if change.feeds & {*FEEDS, FeedName.PEOPLE}:
            self._draw()

    def tick(self) -> None:
        super().tick()
        self._draw_title()
        if self.desk_app.view.now.replace(second=0, microsecond=0) != self._minute:
            self._draw()

    def _draw(self) -> None:
        view = self.desk_app.view
        self._minute = view.now.replace(second=0, microsecond=0)
        self._draw_title()
        self.query_one("#text", TextView).show("rota", rota_lines(view))

    def _draw_title(self) -> None:
        view = self.desk_app.view
        feed = view.snapshot.rota
        words, style = state_words(state(feed, view.now), feed, view.now, troubled=feed.problem is not None)
        self.query_one("#title", Lines).show([((" Rota ", "title"), (f" {words}", style))])

    # Keys

    def action_back(self) -> None:
        """To where this was opened."""
        self.desk_app.pop_screen()

    def action_look(self) -> None:
        """Read the rota now."""
        self.say(self.desk.refresh(FEEDS))

    def action_copy_next(self) -> None:
        """Copy when you are next on."""
        self.desk_app.copy(". ".join(own_words(self.desk_app.view)), "when you are next on")

    def action_export(self) -> None:
        """Write your own shifts to a calendar file."""
        email = self.desk_app.config.me.email
        if email:
            self._ask(email, "Write your shifts to which calendar file?", "~/support-my-shifts.ics")
        else:
            self.say("Who you are isn't configured: set me.email", problem=True)

    def action_export_all(self) -> None:
        """Write everybody's shifts to a calendar file."""
        self._ask("", "Write all shifts to which calendar file?", "~/support-rota.ics")

    def _ask(self, mine: str, question: str, usual: str) -> None:
        from support_desk.screens.pickers import LinePicker

        # The path in full: who has kept the desk open for days doesn't know where it was started.
        def chosen(path: str | None) -> None:
            if path is not None:
                self.run_worker(
                    self._write(at_home(path).absolute(), mine), name="calendar", group="calendar",
                    description="write the calendar", exit_on_error=False,
                )  # fmt: skip

        self.desk_app.push_screen(LinePicker(question, usual), chosen)

    async def _write(self, path: Path, mine: str) -> None:
        from support_desk.reports.rota_calendar import NotACalendar, calendar_text, write_calendar

        view = self.desk_app.view
        rota = rota_of(view.snapshot)
        if rota is None:
            self.say(f"No calendar was written: {why_none(view)}", problem=True)
            return
        text, count = calendar_text(rota, view.config, view.now, mine=mine)
        try:
            await asyncio.to_thread(write_calendar, path, text)
        except (OSError, NotACalendar) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            self.say(f"{path} can't be written: {reason}. Choose another file", problem=True)
            return
        self.say(f"{counted(count, 'shift')} written to {path}")
