"""Two desks of one person: a page that is on its way in one isn't followed by the same from the other.

Both may have read the alert before either had changed it. What pages somebody can't be taken back, and the
service has nothing that would make a second one harmless.
"""

from __future__ import annotations

from dataclasses import replace

from support_desk.domain.commands import (
    Command,
    EscalateAlert,
    PagePerson,
    paged_by,
    pages_somebody,
    pages_the_same,
)
from support_desk.domain.intents import Entry, Phase, Receipt, Verdict


def in_the_way(entry: Entry, other: Entry) -> bool:
    """Whether `other`, of another desk, has to be known to the person before `entry` is sent."""
    same = entry.intent.target == other.intent.target and entry.intent.id != other.intent.id
    if not same or not pages_the_same(entry.intent.command, other.intent.command):
        return False
    asked = entry.asked_at or entry.intent.at
    if other.phase is Phase.CONFIRMED:
        return other.changed_at >= asked
    if other.phase not in {Phase.SENDING, Phase.UNKNOWN}:
        return False
    return not entry.again or (other.sent_at or other.changed_at) >= asked


def refused_for(entry: Entry, other: Entry) -> Receipt:
    """What the person is told: nothing was sent, and why; they may send it all the same."""
    who = paged_by(other.intent.command) or "somebody"
    told = {
        Phase.SENDING: f"is paging {who} about it now",
        Phase.UNKNOWN: f"may have paged {who}, its answer was lost",
    }.get(other.phase, f"has paged {who} already: {other.words}")
    command, remaining = entry.intent.command, None
    if isinstance(command, EscalateAlert) and other.phase is Phase.CONFIRMED:
        remaining = replace(command, confirmed=True)
    return Receipt(
        Verdict.CONFLICT,
        f"not sent: another desk of yours {told}",
        "look at the alert (enter); then send it all the same (y), or let it be (x)",
        remaining=remaining,
    )


def by_phone(page: PagePerson) -> str:
    """How to reach them if the page doesn't."""
    return f"ring {page.name}: {page.phone}" if page.phone else f"ring {page.name}; no number is in [people]"


def not_begun(command: Command, problem: str, remedy: str) -> Receipt:
    """What the person is told where it can't be written down that something is sent, and so it isn't.

    Nobody can be paged from this desk then, whatever key is pressed: whom to ring comes first.
    """
    if not pages_somebody(command):
        return Receipt(Verdict.FAILED, f"not sent: {problem}", remedy)
    ring = by_phone(command) if isinstance(command, PagePerson) else f"ring {paged_by(command) or 'somebody'}"
    return Receipt(Verdict.FAILED, f"not sent: nobody was paged, {ring}; {problem}", remedy)
