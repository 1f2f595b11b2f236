"""Finding runbooks by their text: one index for the whole desk, made when it is first asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support_desk.desk.runbook_index import Found, RunbookIndex
from support_desk.desk.schema import StoreError
from support_desk.records import record

if TYPE_CHECKING:
    from support_desk.app import DeskApp
    from support_desk.domain.runbooks import Runbook, RunbookMatch
    from support_desk.domain.sla import Ranked
    from support_desk.screens.alert_rows import AlertRow
    from support_desk.sources.protocols import RunbookSource

GUESSES_KEPT = 200


@record
class Guess:
    """What was found for a row; None: nothing fits."""

    match: RunbookMatch | None


class Finding:
    """The index of the runbooks, and what it has said."""

    def __init__(self, app: DeskApp, source: RunbookSource) -> None:
        self._app = app
        self._index = RunbookIndex(source)
        self._indexed: tuple[Runbook, ...] | None = None
        self._guesses: dict[tuple[str, tuple[str, ...]], Guess] = {}

    @property
    def unread(self) -> tuple[str, ...]:
        """Files that couldn't be searched, with the reason."""
        return self._index.unread

    async def search(self, words: str) -> tuple[Found, ...]:
        """Sections with these words, best first. Raises `StoreError` where there is no full-text search."""
        await self._update()
        return await self._index.search(words)

    def guessed(self, row: AlertRow | Ranked) -> Guess | None:
        """What was guessed for a row like this before; None: nobody has asked yet."""
        if self._indexed is not self._app.desk.snapshot.runbooks.rows:
            return None
        return self._guesses.get(_question(row))

    async def guess(self, row: AlertRow | Ranked) -> RunbookMatch | None:
        """The runbook whose text fits a row best; None where none does, or nothing can be searched."""
        question = _question(row)
        try:
            await self._update()
            match = await self._index.guess(*question)
        except StoreError:
            return None
        if len(self._guesses) >= GUESSES_KEPT:
            self._guesses.clear()
        self._guesses[question] = Guess(match)
        return match

    def close(self) -> None:
        """Let the index go."""
        self._index.close()

    async def _update(self) -> None:
        books = self._app.desk.snapshot.runbooks.rows
        if books is not self._indexed:
            await self._index.update(books)
            self._indexed = books
            self._guesses.clear()


def _question(row: AlertRow | Ranked) -> tuple[str, tuple[str, ...]]:
    """What tells about a row: its message or subject, and whose it is."""
    from support_desk.domain.sla import Ranked

    if isinstance(row, Ranked):
        return row.ticket.subject, tuple(filter(None, (row.ticket.organisation,)))
    return row.alert.message, (*row.alert.tags, *filter(None, (row.client,)))
