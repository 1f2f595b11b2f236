"""The pane that shows the runbook for whatever row is selected, and the way around in it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote, urlsplit

from textual.app import ComposeResult
from textual.containers import Vertical

from support_desk.desk.snapshot import FeedName, State, state
from support_desk.domain.sla import Ranked
from support_desk.screens.header import STATE_STYLE, problem_line
from support_desk.text import clean
from support_desk.widgets.kept import Even
from support_desk.widgets.lines import Lines, Parts

if TYPE_CHECKING:
    from textual.worker import Worker

    from support_desk.app import DeskApp
    from support_desk.domain.runbooks import RunbookMatch
    from support_desk.screens.alert_rows import AlertRow
    from support_desk.widgets.document import DocumentView

TITLE = "3 Runbook"
MOST_BACK = 30
"""Runbooks that the way back remembers."""


class RunbookPane(Even, Vertical):
    """A title line and, from the second frame on, the document."""

    def __init__(self, meant: Callable[[], str]) -> None:
        """`meant`: which rows keys act on, in words, where no list shows it."""
        super().__init__(id="runbook-pane")
        self._meant = meant
        self.document: DocumentView | None = None
        """None until `open`: the first frame doesn't wait for what renders Markdown."""
        self.match: RunbookMatch | None = None
        self.pinned = False
        """The runbook was chosen by hand: it stays until a cursor moves."""
        self._row: AlertRow | Ranked | None = None
        self._looking: Worker[None] | None = None
        self._way: list[RunbookMatch] = []
        """What was read before, for the way back."""

    @property
    def desk_app(self) -> DeskApp:
        """The application, with its type."""
        return cast("DeskApp", self.app)

    def compose(self) -> ComposeResult:
        yield Lines(id="runbook-title")

    def open(self) -> None:
        """Bring in the document, once."""
        if self.document is None:
            from support_desk.widgets.document import DocumentView

            self.document = DocumentView(id="runbook")
            self.mount(self.document)
            self.document.say("Reading the runbooks ...")

    def follow(self, row: AlertRow | Ranked | None) -> None:
        """Show the runbook for a row; without a rule a guess, marked as one, or why there is none."""
        if self.document is None or self.pinned:
            return
        guessed, self._row = self.match, row
        self.match = None if row is None else self.desk_app.runbook_for(row)
        if self.match is not None:
            self.desk_app.runbooks.show(self.match, self.document)
        elif row is None or self._state() in (State.OFF, State.LOADING):
            self.document.say(self._nothing(row))
        else:
            self._guess(row, guessed)
        self.draw_title()

    def _guess(self, row: AlertRow | Ranked, guessed: RunbookMatch | None) -> None:
        """Look for a runbook whose text fits; the one that was guessed before stays meanwhile."""
        finding = self.desk_app.runbooks.finding()
        if finding is None or self.document is None:
            return
        known = finding.guessed(row)
        if known is not None:
            self._guessed(row, known.match)
            return
        if guessed is None or not guessed.guess:
            self.document.say("No rule names a runbook for this row. Looking in their texts ...")

        async def look() -> None:
            self._guessed(row, await finding.guess(row))

        # A function, not its coroutine: one that is overtaken before it began leaves nothing behind.
        work: Callable[[], Coroutine[None, None, None]] = look
        self._looking = self.run_worker(
            work, name="guess", group="guess", description="guess a runbook", exclusive=True,
            exit_on_error=False,
        )  # fmt: skip

    def _guessed(self, row: AlertRow | Ranked, match: RunbookMatch | None) -> None:
        if self.document is None or self.pinned or self._row is not row:
            return
        self.match = match
        if match is not None:
            self.desk_app.runbooks.show(match, self.document)
        else:
            self.document.say(self._nothing(row))
        self.draw_title()

    def pin(self, match: RunbookMatch) -> None:
        """Show this runbook until a cursor moves."""
        if self.document is None:
            return
        if self.match is not None and self.match != match:
            self._way = [*self._way, self.match][-MOST_BACK:]
        self._pin(match)

    def _pin(self, match: RunbookMatch) -> None:
        if self.document is None:
            return
        self.match, self.pinned = match, True
        self.desk_app.runbooks.show(match, self.document)
        self.draw_title()

    def _state(self) -> State:
        view = self.desk_app.view
        return state(view.snapshot.runbooks, view.now)

    def _nothing(self, row: AlertRow | Ranked | None) -> str:
        view = self.desk_app.view
        judged = self._state()
        if judged is State.OFF:
            return "No runbook folder is configured: [runbooks] path."
        if judged is State.LOADING:
            return problem_line(view, FeedName.RUNBOOKS) or "Reading the runbooks ..."
        if row is None:
            return ""
        begin = "" if view.config.read_only or isinstance(row, Ranked) else ", C starts one for this alert"
        return f"No runbook matches this row, not even by its text. B searches all of them{begin}."

    def draw_title(self) -> None:
        """What is shown, and why; or how far the folder could be read."""
        view = self.desk_app.view
        word, style = STATE_STYLE[state(view.snapshot.runbooks, view.now)]
        focused = self.document is not None and self.document.has_focus
        label = f"[{TITLE}]" if focused else f" {TITLE} "
        shown: Parts = ((label, "strong"), (f" {word}", style))
        if self.match is not None:
            guess = ((" GUESS", "soon"),) if self.match.guess else ()
            why = (f"  {self.match.why}", "dim")
            shown = ((label, "strong"), *guess, (f" {self.match.title}", "text"), why)
        if meant := self._meant():
            # Its keys page somebody: about what must not be cut off by why this runbook is shown, which may
            # be about something else, where it was chosen by hand.
            word = "keys act on" if self.pinned else "for"
            shown = (shown[0], (f" {word} {meant} ", "title"), *shown[1:])
        title = self.query_one("#runbook-title", Lines)
        title.set_class(focused, "-focus")
        title.show([shown])

    # The way around

    def on_document_view_followed(self, message: DocumentView.Followed) -> None:
        """Go where a link leads: a heading, another runbook, or a page of a configured host."""
        message.stop()
        self.go(message.target)

    def go(self, target: str) -> None:
        """Follow a link as it is written in the runbook that is shown."""
        app, here = self.desk_app, self.match
        if here is None or self.document is None:
            return
        parts = urlsplit(clean(target, 2_000))
        if parts.scheme or parts.netloc:
            app.open_link(target)
            return
        anchor = unquote(parts.fragment)
        if not parts.path:
            if not self.document.go_to(anchor):
                app.say(f"This runbook has no heading #{clean(anchor, 80)}", problem=True)
            return
        path = _below(here.path, unquote(parts.path))
        book = next((book for book in app.view.snapshot.runbooks.rows if book.path == path), None)
        if book is None:
            app.say(f"{clean(path, 120)} is no runbook of this folder", problem=True)
            return
        from support_desk.domain.runbooks import RunbookMatch  # its expressions, with the first link

        self.pin(RunbookMatch(book.path, anchor, book.title, f"linked from {here.title}"))

    def on_document_view_back(self, message: DocumentView.Back) -> None:
        """Back to what was read before."""
        message.stop()
        if self._way:
            self._pin(self._way.pop())
        else:
            self.desk_app.say("There is no runbook to go back to")

    def on_document_view_contents(self, message: DocumentView.Contents) -> None:
        """Choose a heading of what is shown."""
        message.stop()
        document = self.document
        page = document.page if document is not None else None
        if document is None or page is None or not page.headings:
            self.desk_app.say("There are no headings to choose from")
            return
        choices = [
            (str(place), f"{'  ' * (heading.level - 1)}{heading.text}", "")
            for place, heading in enumerate(page.headings)
        ]

        def chosen(picked: str | None) -> None:
            if picked is not None:
                document.go_to(page.headings[int(picked)].anchor)
                self.screen.set_focus(document)

        self.desk_app.choose("Which part?", choices, chosen)

    def on_document_view_code(self, message: DocumentView.Code) -> None:
        """Copy a block of code, whole, whatever of it fits on the screen."""
        message.stop()
        if not message.text:
            self.desk_app.say("No block of code is in sight")
            return
        lines = message.text.count("\n") + 1
        self.desk_app.copy(message.text, "the code" if lines == 1 else f"the code, {lines} lines")


def _below(here: str, target: str) -> str:
    """A path as a link of the runbook `here` means it, below the folder: `/a.md` begins at the folder."""
    start = "" if target.startswith("/") else posixpath.dirname(here)
    return posixpath.normpath(posixpath.join(start, target.lstrip("/")))
