"""A desk for one moment: what a one-shot needs of the sources, read once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from support_desk.desk.desk import Desk
from support_desk.desk.snapshot import FAILED_AFTER, Feed, FeedName, Snapshot

if TYPE_CHECKING:
    from support_desk.config.model import Config
    from support_desk.desk.clock import Clock
    from support_desk.domain.sla import Agreement
    from support_desk.sources.protocols import Sources


async def read_once(
    config: Config,
    sources: Sources,
    clock: Clock,
    agreement: Agreement,
    feeds: Iterable[FeedName] | None = None,
) -> Snapshot:
    """Read these feeds (None: all) once, side by side, for a one-shot; the others are off.

    Never raises a `SourceError`: what failed is a `Problem` at its feed, and final, because nothing is tried
    again. The clock is corrected by what the services say before the readings are stamped with it.
    """
    desk = Desk(config, None, clock, agreement)
    desk.attach(sources)
    wanted = frozenset(FeedName if feeds is None else feeds)
    await desk.read(wanted)
    now, snapshot = desk.now(), desk.snapshot
    for name in FeedName:
        feed = snapshot.feed(name)
        if name not in wanted:
            feed = Feed(enabled=False)
        elif feed.problem:
            # As if it had failed for long enough, also in a document's whole seconds: it's no refusal.
            feed = replace(feed, failing_since=now.replace(microsecond=0) - FAILED_AFTER)
        elif feed.enabled:
            feed = replace(feed, read_at=now)
        snapshot = snapshot.with_feed(name, feed)
    return snapshot
