"""`support-desk handover`: what the next person needs to know, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, time
from typing import TYPE_CHECKING

from support_desk import glance
from support_desk.cli import output
from support_desk.cli.arguments import in_zone
from support_desk.cli.one_shots import Seen, read_feeds, tell_what_is_missing
from support_desk.cli.own_log import own_log, shared_pages
from support_desk.cli.span import wrong_range
from support_desk.config.load import Loaded
from support_desk.config.rules import runbook_rules
from support_desk.desk.clock import Clock
from support_desk.desk.snapshot import FeedName
from support_desk.domain.handover import support_week, week_to_hand_over
from support_desk.domain.handover_text import to_markdown
from support_desk.paths import store_file
from support_desk.reports.handover import Kept, handover_facts
from support_desk.sources.runbook_changes import changed_between

if TYPE_CHECKING:
    import argparse

    from support_desk.config.model import Config
    from support_desk.desk.history import AlertRecord
    from support_desk.domain.commands import Promise
    from support_desk.domain.past import Reach

FEEDS = (
    FeedName.TICKETS, FeedName.SUSPENDED, FeedName.ALERTS, FeedName.POLICIES, FeedName.ROTA, FeedName.ON_CALL,
    FeedName.PEOPLE, FeedName.RUNBOOKS,
)  # fmt: skip


def handover(arguments: argparse.Namespace, loaded: Loaded, clock: Clock, environ: Mapping[str, str]) -> int:
    """Print the handover of the support week, or of the range asked for; returns the exit code."""
    if loaded.how_to_begin:
        output.talk(loaded.how_to_begin)
        return 2
    seen = read_feeds(arguments, loaded.config, FEEDS, clock, environ)
    if seen is None:
        return 1
    opens = time.fromisoformat(loaded.config.hours.start)
    usual = support_week if arguments.start else week_to_hand_over
    start, end = usual(seen.now, seen.zone, opens)
    start, end = in_zone(arguments.start, seen.zone) or start, in_zone(arguments.end, seen.zone) or end
    if wrong := wrong_range(arguments, start, end):
        output.talk(wrong)
        return 2
    kept = kept_for(seen, start, end)
    facts = handover_facts(seen, start, end, kept)
    text = to_markdown(facts, seen.agreement, details=arguments.details)
    if arguments.json:
        content = glance.header(seen.now, glance.sources_of(seen.snapshot, seen.now))
        output.document(
            content
            | {
                "from": glance.time_text(start),
                "to": glance.time_text(end),
                "missing": list(facts.missing),
                "markdown": text,
            }
        )
    else:
        output.data(text.rstrip("\n"))
    not_kept = kept.history is None or kept.log is None
    return max(tell_what_is_missing(seen, FEEDS), int(not_kept))


def kept_for(seen: Seen, start: datetime, end: datetime) -> Kept:
    """What this machine has kept about a range; what can't be read is None, and said on standard error."""
    config = seen.config
    history, reach, promises = _readings(config, start)
    folder = config.runbooks.path
    return Kept(
        history=history,
        log=own_log(config, start, end),
        promises=promises,
        pages=shared_pages(config),
        runbooks_changed=changed_between(folder, start, end) if folder else None,
        rules=tuple(runbook_rules(config.runbooks)),
        history_from=reach.start,
        no_history=reach.start is None,
    )


def _readings(
    config: Config, start: datetime
) -> tuple[tuple[AlertRecord, ...] | None, Reach, Mapping[int, Promise]]:
    from support_desk.desk.store import ReadingsStore, StoreError
    from support_desk.domain.past import Reach

    try:
        with closing(ReadingsStore.open_existing(store_file(config))) as store:
            return store.history(start), store.history_reach(), store.promises()
    except StoreError as error:
        output.talk(f"the history of alerts is missing. {error.problem}: {error.remedy}")
        return None, Reach(), {}
