"""Time off in lieu: what the person said about their claims, and asking about new ones.

Each is asked about once, and in working hours.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from support_desk.desk.facts import rota_of
from support_desk.desk.opening import opened
from support_desk.desk.schema import StoreError
from support_desk.domain.words import counted

if TYPE_CHECKING:
    from pathlib import Path

    from support_desk.app import DeskApp
    from support_desk.desk.toil_book import ToilBook
    from support_desk.domain.toil import Claim

EVERY = timedelta(hours=1)
BACK = timedelta(days=14)
"""How far back claims are looked for: as far as the rota of the desk reaches at least."""
ASKED = "toil_asked_until"
"""In the preferences: claims that began before this moment have been asked about."""


class TimeOff:
    """The book of the person's answers, opened when it is first wanted, and the claims that have none yet."""

    def __init__(self, app: DeskApp, file: Path | None) -> None:
        """`file`: where the answers are kept; None: only while the desk runs."""
        self._app = app
        self._file = file
        self._book: ToilBook | None = None
        self._opening = asyncio.Lock()
        self._looked_at: datetime | None = None

    async def book(self) -> ToilBook:
        """What the person said about their claims. Raises `StoreError`."""
        from support_desk.desk.toil_book import ToilBook

        async with self._opening:
            if self._book is None:
                make = partial(ToilBook.open, self._file) if self._file else ToilBook.in_memory
                self._book = await opened(make, ToilBook.close)
            return self._book

    def close(self) -> None:
        """Let the book go."""
        if self._book is not None:
            self._book.close()

    def look(self) -> None:
        """Look for claims that haven't been asked about, once an hour and not in anybody's free time."""
        desk = self._app.desk
        now = desk.now()
        if self._looked_at is not None and now - self._looked_at < EVERY:
            return
        if not self._app.config.me.email or rota_of(desk.snapshot) is None:
            return
        if not desk.agreement.calendar.is_open(now):
            return
        self._looked_at = now
        self._app.run_worker(
            self._ask(), name="toil nudge", group="toil nudge",
            description="look for claims to ask about", exit_on_error=False,
        )  # fmt: skip

    async def _ask(self) -> None:
        asked_until = self._asked_until()
        new = [
            claim for claim in await self._unanswered() if asked_until is None or claim.start >= asked_until
        ]
        if not new:
            return
        self._app.preferences.set(ASKED, self._app.desk.now().isoformat())
        many = counted(len(new), "claim")
        self._app.say(f"{many} of time off in lieu to answer while you remember: K")

    async def _unanswered(self) -> list[Claim]:
        """Claims whose hour is over and of which nothing was said; none where they can't be known.

        What can't be read is said on the ledger's own screen, not every hour here.
        """
        from support_desk.reports.toil import LOOK_BACK, History, find

        view = self._app.view
        rota, start = rota_of(view.snapshot), view.now - BACK
        try:
            history = History(await self._app.desk.history(start - LOOK_BACK))
            book = await self.book()
            answers = await asyncio.to_thread(book.answers, view.config.me.email)
        except StoreError:
            return []
        found = find(
            history, rota, answers,
            config=view.config, calendar=view.calendar, now=view.now, start=start, end=view.now,
        )  # fmt: skip
        window = found.ledger.rule.window
        return [claim for claim in found.ledger.unanswered if claim.start + window < view.now]

    def _asked_until(self) -> datetime | None:
        try:
            at = datetime.fromisoformat(self._app.preferences.get(ASKED))
        except ValueError:
            return None
        return at if at.tzinfo is not None else None
