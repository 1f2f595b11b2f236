"""Whether a change of an alert whose answer was lost was made: found out by reading, or left open."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from support_desk.desk.alert_pages import addressed, by_phone, replaced
from support_desk.desk.alert_state import (
    LEEWAY,
    Local,
    Name,
    event_lines,
    holds,
    marked,
    paged_words,
    same,
    unread,
)
from support_desk.desk.clock import Clock
from support_desk.desk.intents import seen_of
from support_desk.domain import commands as c
from support_desk.domain.alerts import AlertDetail
from support_desk.domain.intents import Entry, Receipt, Verdict
from support_desk.sources.errors import NotThere, SourceError
from support_desk.sources.writers import AlertWriter

SETTLED = timedelta(seconds=60)
"""A request may be worked off so late; until then its absence proves nothing."""
LOOK = "look at the alert before you send it again"


class Reads(Protocol):
    """Alerts as they are now."""

    async def alert(self, alert_id: str) -> AlertDetail: ...


class AlertVerifier:
    """Reads only. CONFIRMED and FAILED are proven; everything else is UNKNOWN."""

    def __init__(self, alerts: Reads, writer: AlertWriter, clock: Clock, *, name: Name, local: Local) -> None:
        self._alerts = alerts
        self._writer = writer
        self._clock = clock
        self._name = name
        self._local = local

    async def verify(self, entry: Entry) -> Receipt:
        """What became of an attempt."""
        settled = self._clock.now() - _sent_at(entry) >= SETTLED
        command = entry.intent.command
        try:
            if isinstance(command, c.PagePerson):
                return await self._page(entry, command, settled=settled)
            detail = await self._alerts.alert(entry.intent.target.id)
        except NotThere as error:
            return Receipt(Verdict.UNKNOWN, f"it can't be looked up any more: {error.problem}", LOOK)
        except SourceError as error:
            return Receipt(
                Verdict.UNKNOWN, f"it couldn't be looked up: {error.problem}", error.remedy,
                retry_after=error.retry_after,
            )  # fmt: skip
        if isinstance(command, c.NoteAlert | c.EscalateAlert | c.AddResponder):
            return self._by_mark(entry, detail, settled=settled)
        return self._by_state(entry, detail, settled=settled)

    async def _page(self, entry: Entry, page: c.PagePerson, *, settled: bool) -> Receipt:
        try:
            alert = await self._writer.alert_with_alias(entry.intent.id)
        except NotThere:
            if not settled:
                return Receipt(Verdict.UNKNOWN, "no such alert is there yet", by_phone(page))
            return Receipt(Verdict.FAILED, "no alert was made: nobody was paged", by_phone(page))
        if not addressed(alert, page):
            return replaced(alert, page)
        detail = await self._alerts.alert(alert.id)
        told = paged_words(detail.recipients, self._name, self._local)
        words = told or f"an alert for {page.name} was made; nothing shows yet that they were paged"
        return Receipt(Verdict.CONFIRMED, words, evidence=(alert.url,), alert=alert, seen=seen_of(alert))

    def _by_mark(self, entry: Entry, detail: AlertDetail, *, settled: bool) -> Receipt:
        """Notes carry our mark; what pages somebody has recipients as well."""
        intent, since = entry.intent, _sent_at(entry)
        mine = marked(detail.events, intent.token)
        people = getattr(intent.command, "people", ()) or (getattr(intent.command, "id", ""),)
        new = [
            row
            for row in detail.recipients
            if row.at >= since - LEEWAY and any(same(row.name, address) for address in people)
        ]
        lines = event_lines(detail.events, since, self._local)
        if mine is not None or new:
            told = paged_words(new, self._name, self._local)
            words = told or (
                "the note is there" if _is_note(entry) else "it was done; nothing shows who was paged"
            )
            return Receipt(
                Verdict.CONFIRMED, words, evidence=lines, alert=detail.alert, seen=seen_of(detail.alert)
            )
        open_question = unread(detail, "notes", "log", "recipients")
        if _is_note(entry) and settled and not open_question:
            return _not_done(detail, "the note isn't there")
        why = "; ".join(open_question) or "nothing shows that it was done"
        return _open(detail, why, lines)

    def _by_state(self, entry: Entry, detail: AlertDetail, *, settled: bool) -> Receipt:
        intent, alert = entry.intent, detail.alert
        if holds(intent.command, alert, intent.by):
            return Receipt(
                Verdict.CONFIRMED, "it was done: the alert shows it", alert=alert, seen=seen_of(alert)
            )
        if not settled:
            return _open(detail, "the alert doesn't show it yet")
        if isinstance(intent.command, c.Acknowledge) and alert.status in ("acked", "closed"):
            who = self._name(alert.acknowledged_by or "") or "somebody"
            words = "the alert is closed meanwhile" if alert.status == "closed" else f"{who} has it meanwhile"
            return Receipt(Verdict.CONFLICT, words, LOOK, alert=alert, seen=seen_of(alert))
        return _not_done(detail, "the alert doesn't show it")


def _sent_at(entry: Entry) -> datetime:
    return entry.sent_at or entry.changed_at


def _is_note(entry: Entry) -> bool:
    return isinstance(entry.intent.command, c.NoteAlert)


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
