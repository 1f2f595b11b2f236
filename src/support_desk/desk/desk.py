"""The desk: what we know now, kept up to date by its pollers and told to whoever listens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, cast

from support_desk.config.model import Config
from support_desk.desk.budget import Budget
from support_desk.desk.clock import Clock
from support_desk.desk.feeds import FEED_WORDS, configured, enable, interval, provided, service_words
from support_desk.desk.merging import Digest, digest, failed, keep_uncovered
from support_desk.desk.own_changes import OwnChanges, Patch, Patches, noticed, with_alert
from support_desk.desk.poller import TIME_LIMIT, Attempt, Poller, SignInWatch, SuspendWatch
from support_desk.desk.schema import StoreError
from support_desk.desk.snapshot import (
    FEEDS_OF,
    Difference,
    Feed,
    FeedName,
    Problem,
    Snapshot,
    SourceName,
    difference,
    looks_the_same,
    row_key,
)
from support_desk.desk.source_reads import SourceReads
from support_desk.desk.sweep import Sweeper, digest_sweep
from support_desk.desk.writer import StoreWriter
from support_desk.records import record

if TYPE_CHECKING:
    from support_desk.desk.store import ReadingsStore
    from support_desk.desk.turns import Turns
    from support_desk.domain.alerts import Alert
    from support_desk.domain.commands import Promise
    from support_desk.domain.paged import Page
    from support_desk.domain.past import AlertRecord, Reach
    from support_desk.domain.sla import Agreement
    from support_desk.domain.tickets import Ticket
    from support_desk.sources.protocols import Sources

log = logging.getLogger(__name__)

SWEEP_TIME_LIMIT = 180.0
"""Seconds for the whole queue, page after page; every other read has a minute."""


@record
class DeskChange:
    """A new snapshot, and what is new about it."""

    snapshot: Snapshot
    feeds: frozenset[FeedName]
    """Feeds that were read or tried; their ages and states may have changed even if no row has."""
    differences: Mapping[FeedName, Difference[Any]]
    """What changed in the rows, for each of `feeds`."""
    only_age: bool = False
    """Everything was as before: only the age of what is known is new."""


Listener = Callable[[DeskChange], None]

_NOTHING: Difference[Any] = Difference((), (), ())


class Desk:
    """One snapshot, one writer: the pollers publish here, on the event loop; screens read."""

    def __init__(
        self,
        config: Config,
        store: ReadingsStore | None,
        clock: Clock,
        agreement: Agreement,
        *,
        random: Random | None = None,
        store_problem: Problem | None = None,
    ) -> None:
        """`store_problem` says why there is no `store`, where there should be one."""
        self.config = config
        self.agreement = agreement
        self.clock = clock
        self.sources: Sources | None = None
        self.snapshot = enable(Snapshot(), configured(config), config)
        self._store = store
        if store:
            store.retention = timedelta(days=config.retention.days)
        self._writer = StoreWriter(store) if store else None
        self._load_problem = store_problem
        # Spreads requests over time; nothing secret hangs on it.
        self._random = random or Random()  # noqa: S311
        self._watch = SuspendWatch(clock, self.resumed)
        self._reads = SourceReads(clock, self._watch.reset)
        self._sweeper = Sweeper(agreement, scoped=bool(config.zendesk.scope.strip()))
        self.promises: Mapping[int, Promise] = {}
        """What is promised next, by the ticket's number, as far as it was seen."""
        self.pages: Mapping[str, Page] = {}
        """Whom the desks that share the readings have had paged about alerts, by the alert's id."""
        self.pages_read: dict[str, Page] = {}
        """What the records of alerts that were looked at prove of their policies, by the alert's id."""
        self._paged = asyncio.Event()
        """Somebody may have been paged since the last look."""
        self._noting = asyncio.Lock()
        self._own = OwnChanges()
        self._patches = Patches(timedelta(seconds=SWEEP_TIME_LIMIT))
        self._listeners: list[Listener] = []
        self._pollers: dict[FeedName, Poller[Digest[Any]]] = {}

    def turns(self) -> Turns | None:
        """Whose turn it is among the desks that share the readings; None: they are kept nowhere."""
        from support_desk.desk.instances import account  # with the first thing that is sent
        from support_desk.desk.turns import Turns

        return Turns(self._store, self.clock, account=account()) if self._store is not None else None

    def now(self) -> datetime:
        """This moment by the services' clocks, in UTC."""
        return self.clock.now()

    def load(self, head: int | None = None) -> Snapshot:
        """Take over the last known state from the store; what failed in an earlier session isn't news.

        `head`: only so many rows of each feed; `load_rest` takes over the others.
        """
        kept = Snapshot()
        if self._store:
            try:
                kept = self._store.load(head)
            except StoreError as error:
                self._load_problem = Problem(error.problem, error.remedy)
        for name in FeedName:
            feed = replace(kept.feed(name), problem=None, failing_since=None, next_at=None)
            kept = kept.with_feed(name, feed)
        self.snapshot = enable(kept, configured(self.config), self.config)
        return self.snapshot

    async def load_rest(self) -> None:
        """Take over the rows that `load` has left; before `attach`. What can't be loaded is read anew."""
        short = [name for name in FeedName if self.snapshot.feed(name).more]
        if self._store is None:
            return
        try:
            self.promises = await asyncio.to_thread(self._store.promises)
            self.pages = await asyncio.to_thread(self._store.pages)
            if not short:
                return
            kept = await asyncio.to_thread(self._store.load)
        except StoreError as error:
            self._load_problem = Problem(error.problem, error.remedy)
            return
        for name in short:
            whole = kept.feed(name)
            feed = replace(self.snapshot.feed(name), rows=whole.rows, rejected=whole.rejected, more=0)
            self.snapshot = self.snapshot.with_feed(name, feed)
        self._tell(frozenset(short), {})

    def attach(self, sources: Sources) -> None:
        """Bring in the sources; a feed without one is off from here."""
        self.sources = sources
        self.snapshot = enable(self.snapshot, provided(sources), self.config)
        self._pollers = self._make_pollers(sources)
        self._tell(frozenset(FeedName), {})

    async def run(self) -> None:
        """Poll every feed until cancelled. `attach` comes first."""
        loops = {f"poll {name}": poller.run() for name, poller in self._pollers.items()}
        loops["watch for suspend"] = self._watch.run()
        loops["look at pages"] = self._look_at_pages()
        if self.sources is not None and self.sources.tickets is not None:
            read = partial(self.refresh, FEEDS_OF[SourceName.ZENDESK])
            loops["watch for a sign-in"] = SignInWatch(
                self.clock, self.sources.tickets.sign_in_stamp, read
            ).run()
        tasks = [asyncio.create_task(loop, name=name) for name, loop in loops.items()]
        try:
            # One loop that ends, whatever the reason, must not end the others.
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            for task in tasks:
                task.cancel()

    async def read(self, feeds: Iterable[FeedName] | None = None) -> None:
        """Read these feeds once, side by side; a failure is a problem in the snapshot."""
        wanted = self._pollers if feeds is None else [name for name in feeds if name in self._pollers]
        await asyncio.gather(*(self._pollers[name].once() for name in wanted))

    def close(self) -> None:
        """Let go of the store, once what was on the screen is in it; a second at most."""
        if self._writer and not self._writer.close():
            log.warning("the store didn't close in time")

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` on the event loop after every read; returns how to stop that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def refresh(self, feeds: Iterable[FeedName] | None = None) -> str:
        """Read these feeds (None: all) as soon as the services allow; says in words what will happen."""
        wanted = [name for name in (FeedName if feeds is None else feeds) if name in self._pollers]
        if not wanted:
            return "Nothing to read: not configured" if self.sources else "Not connected yet"
        refused = {name: words for name in wanted if (words := self._pollers[name].wake())}
        reading = "everything" if feeds is None else ", ".join(FEED_WORDS[name] for name in wanted)
        if not refused:
            return f"Reading {reading}"
        rest = ("the rest is being read",) if len(refused) < len(wanted) else ()
        return "; ".join((*dict.fromkeys(refused.values()), *rest))

    def patch_alert(self, alert: Alert) -> None:
        """This alert was read directly, after a change of ours: the list follows it at once.

        For a minute it wins over lists that still show the state before.
        """
        listed = any(row.id == alert.id for row in self.snapshot.alerts.rows)
        self._own.note(alert, self.now(), listed=listed)
        self._patch(FeedName.ALERTS, partial(with_alert, alert=alert))

    def patch_ticket(self, ticket: Ticket) -> None:
        """This ticket was read directly, after a change of ours: the queue follows it at once."""
        self._patch(FeedName.TICKETS, lambda rows: self._sweeper.with_ticket(rows, ticket, self.now()))

    async def note_promise(self, ticket_id: int, promise: Promise | None) -> None:
        """This is promised next on a ticket, or nothing is: the queue shows it from now on."""
        if self.promises.get(ticket_id) == promise:
            return
        others = {number: kept for number, kept in self.promises.items() if number != ticket_id}
        self.promises = others if promise is None else {**others, ticket_id: promise}
        self._tell(frozenset({FeedName.TICKETS}), {})
        if self._store is not None:
            try:
                await asyncio.to_thread(self._store.keep_promise, ticket_id, promise, self.now())
            except StoreError as error:
                log.warning("promise not kept", extra={"problem": error.problem})

    async def note_page(self, action: str, alert: str, page: Page | None) -> None:
        """Tell the other desks whom an action has had paged, or that it paged nobody."""
        if self._store is None:
            return
        # In the order of the steps: "not known" must not come over the page that was found since.
        async with self._noting:
            try:
                await asyncio.to_thread(self._store.keep_page, action, alert, page, self.now())
            except StoreError as error:
                log.warning("page not kept", extra={"problem": error.problem})
        self._paged.set()

    def note_page_read(self, alert: str, page: Page) -> None:
        """The alert's own records prove this page: its row in the list says so from now on."""
        if self.pages_read.get(alert) != page:
            listed = {row.id for row in self.snapshot.alerts.rows}
            # What has left the list is asked about no more, and a week has many.
            self.pages_read = {id_: kept for id_, kept in self.pages_read.items() if id_ in listed}
            self.pages_read[alert] = page
            self._tell(frozenset({FeedName.ALERTS}), {})

    async def _look_at_pages(self) -> None:
        """Whom others have had paged meanwhile: the list of alerts doesn't tell.

        Beside the readings, which wait for no file; one look after the other, so that the last one counts.
        """
        while self._store is not None:
            await self._paged.wait()
            self._paged.clear()
            try:
                found = await asyncio.to_thread(self._store.pages)
            except StoreError as error:
                log.warning("pages not read", extra={"problem": error.problem})
                continue
            if found != self.pages:
                self.pages = found
                self._tell(frozenset({FeedName.ALERTS}), {})

    async def history(self, since: datetime) -> tuple[AlertRecord, ...]:
        """The alerts that were there at `since` or later, by their beginning. Raises `StoreError`.

        A desk without a store has what its sources tell of the past, as the demo's world does.
        """
        from support_desk.desk.history import record_of  # SQLite, not before somebody looks back

        if self._store is not None:
            return await asyncio.to_thread(self._store.history, since)
        if self.sources is not None and self.sources.past is not None:
            return tuple(record_of(past) for past in self.sources.past(since))
        problem = self._load_problem or Problem("There is no history of alerts", "it begins with a store")
        raise StoreError(problem.problem, problem.remedy)

    async def history_reach(self) -> Reach | None:
        """How far back that goes; None: as far as there is anything. Raises `StoreError`."""
        return await asyncio.to_thread(self._store.history_reach) if self._store is not None else None

    async def replies(self, since: datetime) -> tuple[tuple[datetime, ...], datetime | None]:
        """When public replies were seen to be given, and since when that is watched. Raises `StoreError`."""
        return await asyncio.to_thread(self._store.replies, since) if self._store is not None else ((), None)

    def _patch(self, name: FeedName, onto: Patch) -> None:
        """Change rows between two readings; the feed's age and state stay as they are.

        A reading that is on its way began before the change: it is patched as well when it comes.
        """
        self._patches.note(name, onto, self.now())
        feed = self.snapshot.feed(name)
        rows = onto(feed.rows)
        changes: Difference[Any] = difference(feed.rows, rows, lambda row: row_key(name, row))
        if changes:
            self._take(name, replace(feed, rows=rows), changes)

    def resumed(self) -> None:
        """The machine slept, or the program was stopped: read everything at once, once."""
        for poller in self._pollers.values():
            poller.resume()

    def notes(self) -> tuple[str, ...]:
        """What the person should know about the desk itself, a line each."""
        problem = (self._writer.problem if self._writer else None) or self._load_problem
        kept = self._store.notes if self._store else ()
        words = f"{problem.problem} — {problem.remedy}" if problem else None
        # What the person can do something about comes first: where there is little room, the rest is cut.
        return tuple(note for note in (words, *kept, self._reads.warning) if note)

    def _make_pollers(self, sources: Sources) -> dict[FeedName, Poller[Digest[Any]]]:
        services = service_words(self.config)
        budgets = {
            service: Budget(self.config.polling.budget, self.clock) for service in set(services.values())
        }
        wanted = provided(sources)
        return {
            name: Poller(
                name.value,
                partial(self._read, name, sources),
                service=services[source],
                interval=interval(name, self.config),
                clock=self.clock,
                budget=budgets[services[source]],
                random=self._random,
                on_attempt=partial(self._publish, name),
                time_limit=SWEEP_TIME_LIMIT if name is FeedName.TICKETS else TIME_LIMIT,
                # Zendesk's limit is the account's; OpsGenie's are per kind of request.
                throttles_service=source is SourceName.ZENDESK,
            )
            for source, names in FEEDS_OF.items()
            for name in names
            if name in wanted
        }

    async def _read(self, name: FeedName, sources: Sources) -> Digest[Any]:
        reading, read_at = await self._reads.read(name, sources, self.snapshot)
        held = cast("tuple[Any, ...]", self.snapshot.feed(name).rows)
        if name is FeedName.TICKETS and sources.tickets is not None:
            return await digest_sweep(self._sweeper, held, reading, read_at, sources.tickets.confirm)
        if name is FeedName.ROTA:
            reading = keep_uncovered(held, reading)
        if name is FeedName.ALERTS:
            reading = noticed(held, self._own.onto(reading, read_at), self.snapshot.alerts.read_at)
        return digest(name, held, reading, read_at)

    def _publish(self, name: FeedName, attempt: Attempt[Digest[Any]]) -> None:
        if name is FeedName.ALERTS:
            self._paged.set()
        feed = self.snapshot.feed(name)
        if attempt.value is None:
            self._take(name, failed(feed, attempt.problem, attempt.next_at, self.now()), _NOTHING)
            return
        digested, changes = attempt.value.onto(feed, attempt.next_at), attempt.value.changes
        if meanwhile := self._patches.since(name, attempt.value.read_at):
            rows = digested.rows
            for onto in meanwhile:
                rows = onto(rows)
            digested = replace(digested, rows=rows)
            changes = difference(feed.rows, rows, lambda row: row_key(name, row))
        self._take(name, digested, changes)

    def _take(self, name: FeedName, feed: Feed[object], changes: Difference[Any]) -> None:
        before = self.snapshot.feed(name)
        self.snapshot = self.snapshot.with_feed(name, feed)
        if self._writer:
            # `status` has no other way to know how far this machine's clock is out.
            self._writer.keep(name, replace(feed, clock_off=self._reads.off))
        # Who is on call depends on when that was asked: a shift may have begun since.
        only_age = name is not FeedName.ON_CALL and not changes and looks_the_same(before, feed, self.now())
        self._tell(frozenset({name}), {name: changes}, only_age=only_age)

    def _tell(
        self,
        feeds: frozenset[FeedName],
        differences: Mapping[FeedName, Difference[Any]],
        *,
        only_age: bool = False,
    ) -> None:
        differences = {name: differences.get(name, _NOTHING) for name in feeds}
        change = DeskChange(self.snapshot, feeds, differences, only_age)
        for listener in tuple(self._listeners):
            try:
                listener(change)
            except Exception as bug:  # noqa: BLE001 - one screen's bug must not keep the news from the others
                log.error("listener failed", extra={"error": type(bug).__name__})
