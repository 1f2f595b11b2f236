"""What we know at one moment: immutable, replaced whole, compared by key."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from support_desk.records import record

if TYPE_CHECKING:
    # For reading only: `support-desk status` needs the states of feeds, and the nouns cost 20 of its 50 ms.
    from support_desk.domain.alerts import Alert, EscalationPolicy
    from support_desk.domain.rota import OnCall, Person, Rota
    from support_desk.domain.runbooks import Runbook
    from support_desk.domain.sla import Ranked
    from support_desk.domain.tickets import SuspendedTicket

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class FeedName(StrEnum):
    """What is polled, each at its own interval."""

    ALERTS = "alerts"
    POLICIES = "policies"
    ON_CALL = "on_call"
    ROTA = "rota"
    PEOPLE = "people"
    TICKETS = "tickets"
    SUSPENDED = "suspended"
    RUNBOOKS = "runbooks"


class SourceName(StrEnum):
    """The keys of `sources` in every JSON document."""

    ZENDESK = "zendesk"
    ALERTS = "alerts"
    ROTA = "rota"
    RUNBOOKS = "runbooks"


FEEDS_OF: dict[SourceName, tuple[FeedName, ...]] = {
    SourceName.ZENDESK: (FeedName.TICKETS, FeedName.SUSPENDED),
    SourceName.ALERTS: (FeedName.ALERTS, FeedName.POLICIES),
    SourceName.ROTA: (FeedName.ROTA, FeedName.ON_CALL, FeedName.PEOPLE),
    SourceName.RUNBOOKS: (FeedName.RUNBOOKS,),
}

SUPPORTING = frozenset({FeedName.POLICIES, FeedName.PEOPLE, FeedName.SUSPENDED})
"""Feeds that a source works without, and that a good key may not be allowed to read: their failure makes
the source *partial*, never *failed*."""


class State(StrEnum):
    """How far a feed can be trusted; each has its own words on the screen."""

    OFF = "off"
    LOADING = "loading"
    FRESH = "fresh"
    PARTIAL = "partial"
    STALE = "stale"
    FAILED = "failed"


@record
class Problem:
    """What the last attempt met, in words that were cleaned where they came from."""

    problem: str
    remedy: str
    definite: bool = False
    """A refusal that trying again won't mend (sign-in, rights): failed at once, not after a while."""


@record
class Feed(Generic[T_co]):
    """The rows of one feed, and everything about how they came to be known."""

    rows: tuple[T_co, ...] = ()
    read_at: datetime | None = None
    """When `rows` were last read, by the desk's clock; None: never."""
    complete: bool = True
    rejected: int = 0
    notes: tuple[str, ...] = ()
    problem: Problem | None = None
    """What the last attempt met; None after a success."""
    failing_since: datetime | None = None
    """Since when no attempt has succeeded."""
    next_at: datetime | None = None
    """When the poller tries again."""
    interval: timedelta = timedelta(seconds=60)
    """The interval that the feed is meant to be read at."""
    enabled: bool = True
    more: int = 0
    """Rows that are kept and not in `rows` yet: the first frame takes only the head of a long feed."""
    clock_off: timedelta = timedelta(0)
    """Of a feed in the store: what was to be added to the machine's clock when it was kept there."""


_KEYS: dict[FeedName, Callable[[Any], Hashable]] = {
    FeedName.ALERTS: lambda row: row.id,
    FeedName.POLICIES: lambda row: row.id,
    FeedName.ON_CALL: lambda row: row.schedule,
    FeedName.ROTA: lambda _: "rota",
    FeedName.PEOPLE: lambda row: row.email,
    FeedName.TICKETS: lambda row: row.ticket.id,
    FeedName.SUSPENDED: lambda row: row.id,
    FeedName.RUNBOOKS: lambda row: row.path,
}


def row_key(name: FeedName, row: object) -> Hashable:
    """What makes a row of this feed the same row in the next reading."""
    return _KEYS[name](row)


def clock_behind(kept: Snapshot) -> timedelta:
    """How far this machine's clock was behind the services', in whole seconds, when `kept` was read last.

    One that was ahead isn't set back: had it been put right since, old readings would look fresh.
    """
    feeds = [(feed.read_at, feed.clock_off) for feed in map(kept.feed, FeedName) if feed.read_at is not None]
    off = max(feeds)[1] if feeds else timedelta(0)
    return max(timedelta(seconds=round(off.total_seconds())), timedelta(0))


FAILED_AFTER = timedelta(minutes=5)
MISSED_INTERVALS = 2
SLACK = timedelta(seconds=5)
"""A read begins a little late and takes its time."""


def state(feed: Feed[object], now: datetime) -> State:
    """How far `feed` can be trusted at `now` (ruling 21).

    *Stale* after two missed intervals; *failed* after five minutes without success or after a definite
    refusal; *loading* before the first read. A reading from as far in the future is stale as well: the
    machine's clock is behind and nobody has corrected it, so that its age isn't known.
    """
    if not feed.enabled:
        return State.OFF
    if feed.problem is not None:
        failing = now - (feed.failing_since or now)
        if feed.problem.definite or failing >= FAILED_AFTER:
            return State.FAILED
    if feed.read_at is None:
        return State.LOADING
    age = now - feed.read_at
    if abs(age) > feed.interval * MISSED_INTERVALS + SLACK:
        return State.FAILED if feed.problem and age >= FAILED_AFTER else State.STALE
    if not feed.complete or feed.rejected:
        return State.PARTIAL
    return State.FRESH


def looks_the_same(one: Feed[object], other: Feed[object], now: datetime) -> bool:
    """Whether two feeds with the same rows differ in nothing but their age, and don't look older for it."""

    def shown(feed: Feed[object]) -> tuple[object, ...]:
        return state(feed, now), replace(feed, rows=(), read_at=None, next_at=None)

    return shown(one) == shown(other)


@record
class Snapshot:
    """Everything the screens show."""

    alerts: Feed[Alert] = field(default_factory=Feed)
    policies: Feed[EscalationPolicy] = field(default_factory=Feed)
    on_call: Feed[OnCall] = field(default_factory=Feed)
    rota: Feed[Rota] = field(default_factory=Feed)
    people: Feed[Person] = field(default_factory=Feed)
    tickets: Feed[Ranked] = field(default_factory=Feed)
    """In the order of the queue."""
    suspended: Feed[SuspendedTicket] = field(default_factory=Feed)
    runbooks: Feed[Runbook] = field(default_factory=Feed)

    def feed(self, name: FeedName) -> Feed[object]:
        """One feed by its name."""
        feed: Feed[object] = getattr(self, name)
        return feed

    def with_feed(self, name: FeedName, feed: Feed[object]) -> Snapshot:
        """The same with another state of one feed."""
        changes: dict[str, Any] = {name: feed}
        return replace(self, **changes)


_WORST = (State.FAILED, State.STALE, State.PARTIAL, State.LOADING, State.FRESH, State.OFF)


def source_state(snapshot: Snapshot, source: SourceName, now: datetime) -> State:
    """The worst state among the feeds of one source; a supporting feed takes it down to *partial* only."""
    states = {_weighed(name, snapshot.feed(name), now) for name in FEEDS_OF[source]}
    return next(worst for worst in _WORST if worst in states)


def never_allowed(feed: Feed[object]) -> bool:
    """It was refused from the start: a right that the key lacks, not a fault of today."""
    return feed.problem is not None and feed.problem.definite and feed.read_at is None


def _weighed(name: FeedName, feed: Feed[object], now: datetime) -> State:
    found = state(feed, now)
    if name not in SUPPORTING or found is State.OFF:
        return found
    if never_allowed(feed):
        return State.OFF
    return State.FRESH if found in {State.FRESH, State.LOADING} else State.PARTIAL


@record
class Difference(Generic[T]):
    """What changed between two readings of a feed, by key."""

    added: tuple[T, ...]
    changed: tuple[T, ...]
    removed: tuple[T, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def difference(before: Iterable[T], after: Iterable[T], key: Callable[[T], Hashable]) -> Difference[T]:
    """Compare two readings by key; order plays no part."""
    if before is after:
        return Difference((), (), ())
    old = {key(row): row for row in before}
    added: list[T] = []
    changed: list[T] = []
    for row in after:
        previous = old.pop(key(row), None)
        if previous is None:
            added.append(row)
        elif previous is not row and previous != row:
            changed.append(row)
    return Difference(tuple(added), tuple(changed), tuple(old.values()))
