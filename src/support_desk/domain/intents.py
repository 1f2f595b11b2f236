"""An action of a person, from the key press to what became of it.

    draft -> queued -> held -> sending -> confirmed | failed | conflict | unknown
             queued, held -> cancelled | expired; sending -> cancelled where nothing was left to do
             unknown -> confirmed | failed, once verified; failed, conflict, unknown -> queued by the person

An `Intent` never changes; an `Entry` is the intent with its state, replaced whole at each step.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from support_desk.records import record

if TYPE_CHECKING:
    from support_desk.domain.alerts import Alert
    from support_desk.domain.commands import Command
    from support_desk.domain.tickets import Ticket

EXPIRES_AFTER = timedelta(minutes=10)
"""A decision that is older when its turn comes isn't sent: the world has moved on (ruling 10)."""

HOLD = timedelta(seconds=5)
"""How long an action that can't be taken back waits by default (ruling 10)."""


@record
class Target:
    """What an action is done to: an id, never a place in a list."""

    kind: str
    """`alert` or `ticket`."""
    id: str


@record
class Seen:
    """The state of the target that the person decided on."""

    status: str = ""
    updated_at: datetime | None = None
    priority: str | None = None
    who: str | None = None
    """Who had it: the acknowledger of an alert, the assignee's address of a ticket."""
    owner: str | None = None
    """The alert's owner, or the ticket's group."""
    type: str | None = None
    tags: tuple[str, ...] = ()
    custom_status: str | None = None
    """The account's own status of a ticket, by name; None: the usual one of its category."""
    signed_in: str = ""
    """Whose own sign-in a ticket would be changed with, by address; empty: not known, or a shared one."""


@record
class Intent:
    """One action on one target."""

    id: str
    """32 hexadecimal digits; its first eight mark what we send, so that a lost answer can be verified."""
    target: Target
    title: str
    """The target as people know it: `#4312 Cannot log in`, `P1 acme-prod-5xx`. Cleaned."""
    command: Command
    seen: Seen
    by: str
    """The address of the person who decided."""
    at: datetime
    """When they did (UTC)."""
    batch: str = ""
    """Actions that were decided with one key press share it."""
    undoes: str = ""
    """The intent that this one takes back."""
    whole: Command | None = None
    """What was decided, where `command` is only what was left of it; None: `command` is all of it."""
    before: Seen | None = None
    """The state on which that was decided, where `seen` is the one after a part was done."""

    @property
    def decided(self) -> Command:
        """All that the person decided, what was done of it earlier included."""
        return self.whole or self.command

    @property
    def token(self) -> str:
        """What marks our request in notes and logs."""
        return self.id[:8]


class Phase(StrEnum):
    """Where an entry of the outbox stands (ruling 10)."""

    QUEUED = "queued"
    HELD = "held"
    SENDING = "sending"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


WAITING = frozenset({Phase.QUEUED, Phase.HELD})
MOVING = WAITING | {Phase.SENDING}
ASKING = frozenset({Phase.FAILED, Phase.CONFLICT, Phase.UNKNOWN, Phase.EXPIRED})
"""Ends about which a person still has something to say."""
DONE = frozenset({Phase.CONFIRMED, Phase.CANCELLED})

ALLOWED: dict[Phase, frozenset[Phase]] = {
    Phase.QUEUED: frozenset({Phase.HELD, Phase.SENDING, Phase.CANCELLED, Phase.EXPIRED}),
    Phase.HELD: frozenset({Phase.QUEUED, Phase.SENDING, Phase.CANCELLED, Phase.EXPIRED}),
    Phase.SENDING: frozenset(
        # Back to queued only when it surely didn't reach the service.
        {Phase.QUEUED, Phase.CONFIRMED, Phase.FAILED, Phase.CONFLICT, Phase.UNKNOWN, Phase.CANCELLED}
    ),
    Phase.UNKNOWN: frozenset({Phase.CONFIRMED, Phase.FAILED, Phase.CONFLICT, Phase.QUEUED, Phase.CANCELLED}),
    Phase.FAILED: frozenset({Phase.QUEUED, Phase.CANCELLED}),
    Phase.CONFLICT: frozenset({Phase.QUEUED, Phase.CANCELLED}),
    Phase.EXPIRED: frozenset({Phase.QUEUED, Phase.CANCELLED}),
    Phase.CONFIRMED: frozenset(),
    Phase.CANCELLED: frozenset(),
}
"""The steps that exist. From UNKNOWN, FAILED, CONFLICT and EXPIRED only a person leads back to QUEUED."""


class Verdict(StrEnum):
    """What an attempt came to."""

    CONFIRMED = "confirmed"
    """Done, and read back."""
    FAILED = "failed"
    """Surely not done (or only partly: see `Receipt.remaining`), and trying again by itself won't help."""
    CONFLICT = "conflict"
    """Not done: the target isn't as the person saw it, and they have to look."""
    NEEDLESS = "needless"
    """Not done: somebody else has made it needless or impossible, and nothing is left to decide."""
    UNKNOWN = "unknown"
    """It was sent, and nothing tells whether it was done."""
    NOT_SENT = "not_sent"
    """Surely never reached the service; it may be tried again."""


@record
class FieldDifference:
    """A field that isn't as intended, or isn't as it was seen."""

    field: str
    ours: str
    theirs: str


@record
class Receipt:
    """What became of an attempt, in words for the person, and the target as it is now."""

    verdict: Verdict
    words: str
    """One line, cleaned: "Sam Example was paged 14:02:11", "already acknowledged by Kim at 14:01"."""
    remedy: str = ""
    """What the person can do about it: one line."""
    evidence: tuple[str, ...] = ()
    """Lines that prove it: recipients, logs, the request's id."""
    paged: bool = False
    """The alert's own records name who was meant to be paged as notified."""
    before_us: bool = False
    """It was so already and nothing was sent: it is somebody else's, or an earlier attempt of ours."""
    differences: tuple[FieldDifference, ...] = ()
    comments: tuple[str, ...] = ()
    """At a conflict: what was written meanwhile, a line each ("Kim 14:01, public: ...")."""
    remaining: Command | None = None
    """What is left to do of a command that was done in part."""
    retry_after: float | None = None
    """Seconds that the service asks us to wait."""
    alert: Alert | None = None
    """The alert as read back: it corrects the desk."""
    ticket: Ticket | None = None
    """The ticket as read back: it corrects the desk."""
    seen: Seen | None = None
    """The newest state, on which a second try is decided."""


@record
class Entry:
    """An intent with everything that has happened to it."""

    intent: Intent
    phase: Phase
    changed_at: datetime
    """When it came into this phase (UTC)."""
    user: str
    """The account on this machine."""
    instance: str
    """The running desk that looks after it; another one leaves it alone while that one lives."""
    asked_at: datetime | None = None
    """When the person last said that it be sent; None: when they decided."""
    fire_at: datetime | None = None
    """While held: when it is sent; while queued after a failed connection: when it is tried again."""
    sent_at: datetime | None = None
    """When the last attempt began."""
    attempts: int = 0
    words: str = ""
    """The last receipt's, or why it waits."""
    receipt: Receipt | None = None
    offered: bool = False
    """It was unfinished when its desk stopped: nothing happens to it until the person has said so."""
    sequence: int = 0
    """The order of decisions; per target it is the order of sending."""
    taken: str = ""
    """The id under which the service works it off, once it has said so; what it says of that is asked for."""
    again: bool = False
    """The person has said so once more, knowing why it hadn't ended well. Not kept: after a restart they
    are asked in any case."""


def asks(entry: Entry) -> bool:
    """Whether the person has to say what happens to it."""
    return entry.phase in ASKING or (entry.offered and entry.phase in WAITING)


def needless(entry: Entry) -> bool:
    """Whether it ended because nothing was left to do, not because the person took it back."""
    receipt = entry.receipt
    return entry.phase is Phase.CANCELLED and receipt is not None and receipt.verdict is Verdict.NEEDLESS


def may_step(before: Phase, after: Phase) -> bool:
    """Whether an entry can go from one phase to another."""
    return after in ALLOWED[before]


def too_old(entry: Entry, now: datetime) -> bool:
    """Whether the decision is too old to be sent without asking again (ruling 10)."""
    return now - (entry.asked_at or entry.intent.at) >= EXPIRES_AFTER


def comes_too_late(entry: Entry) -> bool:
    """Whether it waits for a moment at which the decision is too old: then it is asked about, not sent."""
    return entry.phase is Phase.QUEUED and entry.fire_at is not None and too_old(entry, entry.fire_at)
