"""Whether a change of an alert whose answer was lost was made: found out by reading, or left open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from support_desk.desk.clock import Clock
from support_desk.desk.intents import seen_of
from support_desk.desk.performing.alert_pages import AlertPages, Reads
from support_desk.desk.performing.alert_state import (
    LEEWAY,
    Local,
    Name,
    carries_mark,
    changed_meanwhile,
    event_lines,
    expected,
    holds,
    marked,
    paged_words,
    unread,
)
from support_desk.domain import commands as c
from support_desk.domain.alerts import AlertDetail
from support_desk.domain.intents import Entry, Intent, Receipt, Verdict
from support_desk.domain.pages import by_phone
from support_desk.sources.errors import NotThere, SourceError

SETTLED = timedelta(seconds=60)
"""A request may be worked off so late; until then its absence proves nothing."""
LOOK = "look at the alert before you send it again"


Waits = Callable[[str], Awaitable[bool]]
"""Whether the service says of a request, by its id, that it hasn't come to it yet."""


class AlertVerifier:
    """Reads only. CONFIRMED and FAILED are proven; everything else is UNKNOWN."""

    def __init__(
        self, alerts: Reads, pages: AlertPages, clock: Clock, *, name: Name, local: Local, waits: Waits
    ) -> None:
        self._alerts = alerts
        self._pages = pages
        self._clock = clock
        self._name = name
        self._local = local
        self._waits = waits

    async def verify(self, entry: Entry) -> Receipt:
        """What became of an attempt."""
        intent, command = entry.intent, entry.intent.command
        settled = self._clock.now() - _sent_at(entry) >= SETTLED
        try:
            settled = settled and not (entry.taken and await self._waits(entry.taken))
            if isinstance(command, c.PagePerson):
                return await self._page(intent, command, settled=settled)
            detail = await self._alerts.alert(intent.target.id)
        except NotThere as error:
            return Receipt(Verdict.UNKNOWN, f"it can't be looked up any more: {error.problem}", LOOK)
        except SourceError as error:
            return Receipt(
                Verdict.UNKNOWN, f"it couldn't be looked up: {error.problem}", error.remedy,
                retry_after=error.retry_after,
            )  # fmt: skip
        proven = self.proven(intent, detail, _sent_at(entry))
        if proven is not None:
            return proven
        if c.pages_somebody(command) or isinstance(command, c.NoteAlert):
            return self._unmarked(intent, detail, _sent_at(entry), settled=settled)
        if not settled:
            return _open(detail, "the alert doesn't show it yet")
        return self._still_to_do(intent, detail)

    def proven(self, intent: Intent, detail: AlertDetail, since: datetime) -> Receipt | None:
        """What shows that it was done; None: nothing does. `since`: when it was sent, at the earliest."""
        if carries_mark(intent.command):
            return self._by_mark(intent, detail, since)
        alert = detail.alert
        if holds(intent.command, alert, intent.by):
            return _confirmed(detail, "it was done: the alert shows it")
        if (
            isinstance(intent.command, c.Acknowledge)
            and alert.status == "acked"
            and not alert.acknowledged_by
        ):
            return _confirmed(detail, "it is acknowledged; the alert doesn't show by whom")
        return None

    def _by_mark(self, intent: Intent, detail: AlertDetail, since: datetime) -> Receipt | None:
        """Notes carry our mark; what pages somebody has recipients as well."""
        wanted, mark = expected(intent.command), marked(detail.events, intent.token)
        since = mark.at if mark is not None and not wanted else since
        new = [
            row
            for row in detail.recipients
            if row.at >= since - LEEWAY
            and (row.name.casefold() in wanted or (not wanted and mark is not None))
        ]
        if not new and mark is None:
            return None
        lines = event_lines(detail.events, since, self._local)
        if isinstance(intent.command, c.NoteAlert):
            return _confirmed(detail, "the note is there", lines)
        told = paged_words(new, self._name, self._local)
        if not told:
            return _confirmed(detail, "it was done; NOTHING SHOWS WHO WAS PAGED", lines)
        return replace(_confirmed(detail, told, lines), paged=True)

    async def _page(self, intent: Intent, page: c.PagePerson, *, settled: bool) -> Receipt:
        try:
            return await self._pages.judged(page, intent.id)
        except NotThere:
            if not settled:
                return Receipt(Verdict.UNKNOWN, "no such alert is there yet", by_phone(page))
            return Receipt(Verdict.FAILED, "no alert was made: nobody was paged", by_phone(page))

    def _unmarked(self, intent: Intent, detail: AlertDetail, since: datetime, *, settled: bool) -> Receipt:
        """Our mark isn't there: for a note that proves something, for what pages somebody it doesn't."""
        note = isinstance(intent.command, c.NoteAlert)
        unreadable = unread(detail, *(("notes",) if note else ("notes", "log", "recipients")))
        if note and settled and not unreadable:
            return _not_done(detail, "the note isn't there")
        why = "; ".join(unreadable) or "nothing shows that it was done"
        return _open(detail, why, event_lines(detail.events, since, self._local))

    def _still_to_do(self, intent: Intent, detail: AlertDetail) -> Receipt:
        changed = changed_meanwhile(intent, detail, self._name, self._local)
        if changed is None:
            return _not_done(detail, "the alert doesn't show it")
        return replace(changed, words=changed.words.replace("not sent: ", "not done: ", 1))


def _sent_at(entry: Entry) -> datetime:
    return entry.sent_at or entry.changed_at


def _confirmed(detail: AlertDetail, words: str, lines: tuple[str, ...] = ()) -> Receipt:
    return Receipt(
        Verdict.CONFIRMED, words, evidence=lines, alert=detail.alert, seen=seen_of(detail.alert)
    )  # fmt: skip


def _not_done(detail: AlertDetail, why: str) -> Receipt:
    return Receipt(
        Verdict.FAILED, f"not done: {why}", "send it again (y), or let it be",
        alert=detail.alert, seen=seen_of(detail.alert),
    )  # fmt: skip


def _open(detail: AlertDetail, why: str, lines: tuple[str, ...] = ()) -> Receipt:
    return Receipt(
        Verdict.UNKNOWN, f"not known whether it was done: {why}", LOOK,
        evidence=lines, alert=detail.alert, seen=seen_of(detail.alert),
    )  # fmt: skip
