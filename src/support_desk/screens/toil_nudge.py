"""Ask about new claims of time off in lieu: once for each, and in working hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from support_desk.desk.facts import rota_of
from support_desk.desk.schema import StoreError
from support_desk.domain.words import counted

if TYPE_CHECKING:
    from support_desk.app import DeskApp
    from support_desk.domain.toil import Claim

EVERY = timedelta(hours=1)
BACK = timedelta(days=14)
"""How far back claims are looked for: as far as the rota of the desk reaches at least."""
ASKED = "toil_asked_until"
"""In the preferences: claims that began before this moment have been asked about."""


class ToilNudge:
    """Says that there are claims to answer."""

    def __init__(self, app: DeskApp) -> None:
        self._app = app
        self._looked_at: datetime | None = None

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
        import asyncio

        from support_desk.reports.toil import LOOK_BACK, History, find

        view = self._app.view
        rota, start = rota_of(view.snapshot), view.now - BACK
        try:
            history = History(await self._app.desk.history(start - LOOK_BACK))
            book = await self._app.toil_book()
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
