"""The log of everything this person did: every step of every action, newest first; and a file of it."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from support_desk.desk.schema import StoreError
from support_desk.domain.command_words import command_words
from support_desk.domain.intents import Phase
from support_desk.domain.words import counted, day_clock
from support_desk.files import write_new
from support_desk.keys import bindings
from support_desk.paths import state_dir
from support_desk.screens.base import DeskScreen
from support_desk.screens.entry_rows import PHASES
from support_desk.text import clean
from support_desk.widgets.lines import Lines
from support_desk.widgets.text_view import TextLine, TextView

if TYPE_CHECKING:
    from support_desk.desk.outbox_store import LogLine
    from support_desk.domain.intents import Entry
    from support_desk.screens.view import View

EVER = timedelta(days=3_650)
"""The outbox forgets what ended long ago; everything that it still has is the log."""
MOST_LINES = 2_000
"""Steps on the screen; the file has all of them."""


class LogScreen(DeskScreen):
    """The steps, and how to write them to a file."""

    SCOPES: ClassVar[tuple[str, ...]] = ("log", "document", "app")
    BINDINGS: ClassVar[list[BindingType]] = bindings("log")
    AUTO_FOCUS = "#log"

    DEFAULT_CSS = """
    LogScreen {
        #title { height: 1; }
        #log { height: 1fr; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._steps: tuple[LogLine, ...] = ()

    def compose_body(self) -> ComposeResult:
        yield Lines(id="title")
        yield TextView(id="log")

    def on_mount(self) -> None:
        self._title("reading ...")
        self._read()

    def outbox_opened(self) -> None:
        super().outbox_opened()
        self._read()

    def outbox_changed(self, entry: Entry) -> None:
        super().outbox_changed(entry)
        self._read()

    def _read(self) -> None:
        self.run_worker(
            self._load(),
            name="log",
            group="log",
            exclusive=True,
            description="read the log",
            exit_on_error=False,
        )

    async def _load(self) -> None:
        outbox = self.desk_app.acts.outbox
        if outbox is None:
            self._title("the outbox isn't open")
            return
        now = self.desk.now()
        try:
            self._steps = await outbox.log(now - EVER, now + timedelta(minutes=1))
        except StoreError as error:
            self._title(f"it can't be read: {error.problem}")
            return
        lines = step_lines(self.desk_app.view, self._steps[-MOST_LINES:])
        self.query_one("#log", TextView).show("log", lines or [TextLine((("Nothing yet.", "dim"),))])
        count = len(self._steps)
        cut = f"the newest {MOST_LINES} of {count} steps: the file has them all"
        self._title(cut if count > MOST_LINES else f"{counted(count, 'step')}, newest first")
        self.draw_footer()

    def _title(self, words: str) -> None:
        self.query_one("#title", Lines).show([((" What you did ", "title"), (f" {words}", "dim"))])

    def idle_actions(self) -> frozenset[str]:
        return super().idle_actions() | (frozenset() if self._steps else {"log.export"})

    def action_back(self) -> None:
        """To where this was opened."""
        self.desk_app.pop_screen()

    async def action_export(self) -> None:
        """Write it to a file that only its owner can read."""
        if not self._steps:
            self.say("There is nothing to write yet")
            return
        now = self.desk.now().astimezone(self.desk_app.view.calendar.timezone)
        path = state_dir() / f"log-{now:%Y-%m-%d-%H%M%S}.csv"
        try:
            await asyncio.to_thread(_write, path, as_csv(self._steps))
        except OSError as error:
            self.say(f"{path} can't be written ({error.strerror})", problem=True)
            return
        self.say(f"Written to {path}")


def step_lines(view: View, steps: Sequence[LogLine]) -> list[TextLine]:
    """A line each, the newest first."""
    zone = view.calendar.timezone
    lines = []
    for step in reversed(steps):
        word, style = PHASES[step.phase]
        if step.phase is Phase.CANCELLED:
            word = "ended"  # its words say whether it was taken back, dropped or not needed
        what = command_words(step.command, lambda moment: day_clock(moment, view.now, zone))
        local = step.at.astimezone(zone)
        lines.append(
            TextLine(
                (
                    (f"{day_clock(step.at, view.now, zone)}:{local:%S}".ljust(14), "dim"),
                    (f"{word:<11}", style),
                    (clean(what), "strong"),
                    (f"  {clean(step.title)}", "text"),
                    (f"  {clean(step.words)}" if step.words else "", "dim"),
                ),
                indent=25,
            )
        )
    return lines


def as_csv(steps: Sequence[LogLine]) -> str:
    """Every step with its moment in UTC; cells that a spreadsheet would run are made text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["at", "action", "by", "target", "title", "what", "state", "words"])
    for step in steps:
        what = command_words(step.command, lambda moment: f"{moment:%Y-%m-%dT%H:%M:%SZ}")
        cells = [
            step.by,
            f"{step.target.kind} {step.target.id}",
            step.title,
            what,
            step.phase.value,
            step.words,
        ]
        writer.writerow([f"{step.at:%Y-%m-%dT%H:%M:%SZ}", step.action, *map(_harmless, cells)])
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_new(path, text.encode())
