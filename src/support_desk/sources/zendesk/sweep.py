"""Reading the whole queue through a search that shows at most its first thousand results.

A small queue is read page by page, newest change first. A large one is read in windows by time of
creation: a thousand tickets from a moment on, then a thousand from the last of those on. New tickets
join at the end of that order, so growth during the sweep falls into a later window.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from support_desk.domain.tickets import Ticket
from support_desk.sources.errors import NotAllowed, Rejected, SignInRefused, SourceError, Throttled

if TYPE_CHECKING:
    from support_desk.sources.zendesk.wire import Page

PER_PAGE = 100
CAP = 1000
"""Results that a search shows; the eleventh page is answered with 422."""

UNSOLVED = frozenset({"new", "open", "pending", "hold"})
_GONE = frozenset({"solved", "closed", "deleted"})
_NEWEST_CHANGE_FIRST = ("updated_at", "desc")
_OLDEST_FIRST = ("created_at", "asc")
_MOST_REPAIRS = 5
_MOST_WINDOWS = 50
"""Fifty thousand tickets; a server that always has more must not keep us reading for ever."""
_MOST_NOTES = 5
_UNPROCESSABLE = 422

Ask = tuple[str, int, tuple[str, str]]
"""Query, page and sorting (field and direction)."""


class Sweep:
    """One read of the queue: says which page to ask for next, and gathers the rows."""

    def __init__(self, scope: str) -> None:
        self.rows: dict[int, Ticket] = {}
        """The newest version of each ticket, by id: pages overlap, and rows move between them."""
        self.notes: list[str] = []
        self._seen: set[int] = set()
        self._bad: dict[tuple[datetime | None, int], int] = {}
        self._query = f"type:ticket status<solved {scope}".strip()
        self._page = 1
        self._since: datetime | None = None
        self._reached: datetime | None = None
        self._windows = False
        self._count: int | None = None
        self._total: int | None = None
        self._repairs = 0
        self._windows_read = 0
        self._missed = False
        self._done = False

    @property
    def rejected(self) -> int:
        """Rows that couldn't be read; a page that was read twice counts once."""
        return sum(self._bad.values())

    @property
    def complete(self) -> bool:
        """Whether a ticket that isn't among the rows has left the queue, or is one that couldn't be read."""
        return self._done and not self._missed

    def next_page(self) -> Ask | None:
        """What to ask for next; None when everything has been read."""
        if self._done:
            return None
        if not self._windows:
            return (self._query, self._page, _NEWEST_CHANGE_FIRST)
        since = f" created>={self._since:%Y-%m-%dT%H:%M:%SZ}" if self._since else ""
        return (self._query + since, self._page, _OLDEST_FIRST)

    def add(self, page: Page) -> None:
        """Take the rows of the page that was asked for."""
        self._keep(page)
        if self._total is None:
            self._total = page.count
        if not self._windows and (page.count or 0) > CAP:
            self._start_window(None)
            return
        fell = self._count is not None and page.count is not None and page.count < self._count
        self._count = page.count
        if fell and self._page > 1 and self._repairs < _MOST_REPAIRS:
            # A ticket left while we read: the rows behind it moved up, one of them past our page boundary.
            self._repairs += 1
            self._page -= 1
            return
        self._missed |= fell and self._page > 1
        self._turn_over(page)

    def refused(self, error: SourceError) -> bool:
        """Whether a refusal is the search's cap, met earlier than expected; the sweep then goes around it."""
        capped = isinstance(error, Rejected) and error.status == _UNPROCESSABLE and self._page > 1
        if capped:
            self._start_window(self._reached if self._windows else None)
        return capped

    def broke_off(self, error: SourceError, lost: str = "") -> bool:
        """Whether what was read so far is kept although the rest failed; the sweep then ends, incomplete.

        `lost` says what is missing, where it isn't the rest of the rows.
        Not after a refusal of the credential or a request to wait, which whoever reads must act upon.
        """
        if not self.rows or isinstance(error, SignInRefused | NotAllowed | Throttled):
            return False
        self._done = self._missed = True
        what = lost or f"only {len(self.rows)} were read"
        self.notes.insert(0, f"{what}: {error.problem}; {error.remedy}")
        return True

    def replace(self, fresh: Page, asked: Iterable[int]) -> None:
        """Take what the database says of the tickets asked for; what it no longer has is gone.

        Unless a row of its answer couldn't be read: then the one that seems gone may be that one.
        """
        found = {ticket.id: ticket for ticket in fresh.rows}
        for ticket_id in asked:
            ticket = found.get(ticket_id)
            if ticket is not None and ticket.status not in _GONE:
                self.rows[ticket_id] = ticket
            elif ticket is not None or fresh.rejected == 0:
                self.rows.pop(ticket_id, None)

    def _keep(self, page: Page) -> None:
        for ticket in page.rows:
            self._seen.add(ticket.id)
            known = self.rows.get(ticket.id)
            if ticket.status in _GONE:
                # The index still has it as unsolved; the row itself knows better.
                self.rows.pop(ticket.id, None)
            elif known is None or ticket.updated_at >= known.updated_at:
                self.rows[ticket.id] = ticket
            if self._windows and (self._reached is None or ticket.created_at > self._reached):
                self._reached = ticket.created_at
        self._bad[self._since, self._page] = page.rejected
        new = [note for note in page.notes if note not in self.notes]
        self.notes += new[: max(0, _MOST_NOTES - len(self.notes))]

    def _turn_over(self, page: Page) -> None:
        read = self._page * PER_PAGE
        # A count that is less than what has come already says nothing of what is still to come.
        counted = page.count is not None and page.count >= read - PER_PAGE + page.received
        last = page.received == 0 or (read >= (page.count or 0) if counted else page.received < PER_PAGE)
        if last:
            self._finish()
        elif read >= CAP:
            self._start_window(self._reached if self._windows else None)
        else:
            self._page += 1

    def _finish(self) -> None:
        short = self._total is not None and len(self._seen) + self.rejected < self._total
        if short and not self._windows and self._repairs < _MOST_REPAIRS and self._page > 1:
            # A ticket that changed while we read has moved to the first page, behind our back.
            self._repairs = _MOST_REPAIRS
            self._page = 1
            self._total = None
            return
        self._done = True
        if short or self._missed:
            self._missed = True
            self.notes.append("Zendesk: the queue changed while it was read; a ticket may be missing")

    def _start_window(self, since: datetime | None) -> None:
        if self._windows and since == self._since:
            self._done = self._missed = True
            self.notes.append("Zendesk: more than 1,000 tickets were created in one second; not all are here")
            return
        self._windows_read += 1
        if self._windows_read > _MOST_WINDOWS:
            self._done = self._missed = True
            self.notes.append(f"Zendesk: only {len(self.rows):,} tickets of the queue were read")
            return
        if not self._windows:
            self._bad.clear()
        self._windows = True
        self._since = since
        self._page = 1
        self._count = None
