"""The texts of runbooks: read once and kept while they are looked at, and searched."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import TYPE_CHECKING

from support_desk.sources.errors import SourceError

if TYPE_CHECKING:
    from textual.worker import Worker

    from support_desk.app import DeskApp
    from support_desk.domain.runbooks import RunbookMatch
    from support_desk.screens.finding import Finding
    from support_desk.widgets.document import DocumentView

RUNBOOKS_KEPT = 16
"""Texts of runbooks that are kept in memory."""


class RunbookTexts:
    """The last runbooks that were read."""

    def __init__(self, app: DeskApp) -> None:
        self._app = app
        self._texts: dict[tuple[str, datetime], str] = {}
        self._finding: Finding | None = None

    def finding(self) -> Finding | None:
        """What finds runbooks by their text; None while there is no folder of them."""
        source = self._app.desk.sources.runbooks if self._app.desk.sources is not None else None
        if self._finding is None and source is not None:
            from support_desk.screens.finding import Finding  # SQLite, with the first question

            self._finding = Finding(self._app, source)
        return self._finding

    def close(self) -> None:
        """Let go of what they are searched with."""
        if self._finding is not None:
            self._finding.close()

    def show(self, match: RunbookMatch, into: DocumentView) -> None:
        """Show a runbook in a document, as soon as its text is there."""
        app = self._app
        books = {book.path: book for book in app.desk.snapshot.runbooks.rows}
        book = books.get(match.path)
        source = app.desk.sources.runbooks if app.desk.sources else None
        if book is None or source is None:
            into.say("Reading the runbooks ...")
            return
        key = (match.path, book.modified_at)
        if key in self._texts:
            into.show(match.path, self._texts[key], match.anchor)
            return

        turn = into.turn

        async def read() -> None:
            try:
                text = await source.read(match.path)
            except SourceError as error:
                if into.turn == turn:
                    into.say(f"{error.problem}: {error.remedy}")
                return
            self._texts[key] = text
            while len(self._texts) > RUNBOOKS_KEPT:
                del self._texts[next(iter(self._texts))]
            # Since it was asked for, another may have been shown whose text was there already, or none.
            if into.turn == turn:
                into.show(match.path, text, match.anchor)

        # A function, not its coroutine: one that is overtaken before it began leaves nothing behind.
        work: Callable[[], Coroutine[None, None, None]] = read
        self._reading: Worker[None] = app.run_worker(
            work, name="runbook", group="runbook", description="read a runbook", exclusive=True,
            exit_on_error=False,
        )  # fmt: skip
