"""The pane that shows the runbook for whatever row is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Vertical

from support_desk.desk.snapshot import FeedName, State, state
from support_desk.screens.header import STATE_STYLE, problem_line
from support_desk.widgets.kept import Even
from support_desk.widgets.lines import Lines, Parts

if TYPE_CHECKING:
    from support_desk.app import DeskApp
    from support_desk.domain.runbooks import RunbookMatch
    from support_desk.domain.sla import Ranked
    from support_desk.screens.alert_rows import AlertRow
    from support_desk.widgets.document import DocumentView

TITLE = "3 Runbook"


class RunbookPane(Even, Vertical):
    """A title line and, from the second frame on, the document."""

    def __init__(self) -> None:
        super().__init__(id="runbook-pane")
        self.document: DocumentView | None = None
        """None until `open`: the first frame doesn't wait for what renders Markdown."""
        self.match: RunbookMatch | None = None
        self.pinned = False
        """The runbook was chosen by hand: it stays until a cursor moves."""

    @property
    def desk_app(self) -> DeskApp:
        """The application, with its type."""
        return cast("DeskApp", self.app)

    def compose(self) -> ComposeResult:
        yield Lines(id="runbook-title")

    async def open(self) -> None:
        """Bring in the document."""
        from support_desk.widgets.document import DocumentView

        self.document = DocumentView(id="runbook")
        await self.mount(self.document)
        self.document.say("Reading the runbooks ...")

    def follow(self, row: AlertRow | Ranked | None) -> None:
        """Show the runbook for a row, or say why there is none."""
        if self.document is None or self.pinned:
            return
        self.match = None if row is None else self.desk_app.runbook_for(row)
        if self.match is not None:
            self.desk_app.runbooks.show(self.match, self.document)
        else:
            self.document.say(self._nothing(row))
        self.draw_title()

    def pin(self, match: RunbookMatch) -> None:
        """Show this runbook until a cursor moves."""
        if self.document is None:
            return
        self.match, self.pinned = match, True
        self.desk_app.runbooks.show(match, self.document)
        self.draw_title()

    def _nothing(self, row: AlertRow | Ranked | None) -> str:
        view = self.desk_app.view
        judged = state(view.snapshot.runbooks, view.now)
        if judged is State.OFF:
            return "No runbook folder is configured: [runbooks] path."
        if judged is State.LOADING:
            return problem_line(view, FeedName.RUNBOOKS) or "Reading the runbooks ..."
        return "" if row is None else "No runbook matches this row. B chooses one."

    def draw_title(self) -> None:
        """What is shown, and why; or how far the folder could be read."""
        view = self.desk_app.view
        word, style = STATE_STYLE[state(view.snapshot.runbooks, view.now)]
        focused = self.document is not None and self.document.has_focus
        label = f"[{TITLE}]" if focused else f" {TITLE} "
        shown: Parts = ((label, "strong"), (f" {word}", style))
        if self.match is not None:
            shown = ((label, "strong"), (f" {self.match.title}", "text"), (f"  {self.match.why}", "dim"))
        title = self.query_one("#runbook-title", Lines)
        title.set_class(focused, "-focus")
        title.show([shown])
