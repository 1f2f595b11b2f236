"""Whom the person has had paged about an alert, as far as that is known, and how long it says anything.

No field of an alert tells that it was escalated. What is known is what became of the person's own actions,
and of those of colleagues who share the readings; pages by the service's own timers stand in the alert's log
and recipients alone, which are read where somebody looks at the alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from support_desk.domain.intents import Entry, Phase, Target
from support_desk.records import record

if TYPE_CHECKING:
    from support_desk.domain.commands import Command


class Proof(StrEnum):
    """How far a page is known to have happened."""

    PAGED = "paged"
    """The alert's own records name who was notified."""
    UNPROVEN = "unproven"
    """The service says that it was done, and nothing shows that it reached who was meant."""
    UNKNOWN = "unknown"
    """The answer was lost: whether it was done isn't known."""


@record
class Page:
    """A page about one alert: by the person, by a colleague at another desk, or by its policy."""

    at: datetime
    """When it was decided (UTC)."""
    proof: Proof
    words: str
    """Such as "Sam Example was paged 14:02:11"."""
    escalation: bool
    """It took the next step of the alert's policy, which so is no longer to come."""
    by: str = ""
    """Address of the colleague who asked for it at another desk; empty: the person at this one."""
    by_policy: bool = False
    """Nobody asked for it: the policy took the step at its own time, which is `at`."""


def page_of(at: datetime, command: Command, phase: Phase, words: str, *, paged: bool) -> Page | None:
    """What an action in this phase says about a page; None: it pages nobody, or surely hasn't.

    `paged`: its receipt is proof that it reached who was meant.
    """
    from support_desk.domain.commands import EscalateAlert, pages_somebody  # the first frame needs none

    if not pages_somebody(command) or phase not in (Phase.CONFIRMED, Phase.UNKNOWN):
        return None
    proof = Proof.PAGED if paged else Proof.UNPROVEN
    if phase is Phase.UNKNOWN:
        proof = Proof.UNKNOWN
    return Page(at, proof, words, isinstance(command, EscalateAlert))


def pages_by_alert(found: Iterable[tuple[Target, Page | None]]) -> Mapping[str, Page]:
    """For each alert, by its id, the page that says most: the newest escalation, else the newest page."""
    best: dict[str, Page] = {}
    for target, page in found:
        if page is None or target.kind != "alert":
            continue
        before = best.get(target.id)
        if before is None or _says_more(page, before):
            best[target.id] = page
    return best


def with_others(own: Mapping[str, Page], others: Mapping[str, Page], me: str) -> Mapping[str, Page]:
    """For each alert what says most, of the person's own pages and those of all desks.

    `me`: the person, as their pages are signed; one from another desk of theirs is no colleague's.
    """
    more = {
        key: replace(page, by="") if page.by == me else page
        for key, page in others.items()
        if key not in own or _says_more(page, own[key])
    }
    return {**own, **more} if more else own


def _says_more(page: Page, other: Page) -> bool:
    return (page.escalation, page.at) > (other.escalation, other.at)


def pages_of_entries(entries: Iterable[Entry]) -> Mapping[str, Page]:
    """The same from the outbox."""
    return pages_by_alert((entry.intent.target, page_of_entry(entry)) for entry in entries)


def page_of_entry(entry: Entry) -> Page | None:
    """What an entry of the outbox says about a page."""
    return page_of(
        entry.sent_at or entry.intent.at,
        entry.intent.command,
        entry.phase,
        entry.words,
        paged=entry.receipt is not None and entry.receipt.paged,
    )
