"""`tickets`, `alerts`, `rota`, `runbooks`, and the whole desk with `--plain`: read, print, leave."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from support_desk import documents, glance
from support_desk.cli import output, plain
from support_desk.cli.reading import HOW_TO_CONFIGURE, read_and_close
from support_desk.config.load import Loaded
from support_desk.config.model import Config
from support_desk.config.rules import agreement_of
from support_desk.desk.clock import Clock, DemoClock, SystemClock
from support_desk.desk.facts import by_name
from support_desk.desk.skew import skew_warning
from support_desk.desk.snapshot import (
    FEEDS_OF,
    FeedName,
    Snapshot,
    SourceName,
    State,
    clock_behind,
    source_state,
)
from support_desk.domain.paged import Page
from support_desk.domain.sla import Agreement
from support_desk.sources.protocols import Sources

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a one-shot tells about."""

    snapshot: Snapshot
    now: datetime
    config: Config
    agreement: Agreement
    mine: str = ""
    words: str = ""
    pages: Mapping[str, Page] = field(default_factory=dict)
    """Whom this person, or a colleague, has had paged about alerts, by the alert's id."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the working hours, which every time is told in."""
        return self.agreement.calendar.timezone


@dataclass(frozen=True, slots=True)
class _OneShot:
    """A command: the feeds it reads, and how it tells what they say."""

    source: SourceName
    """Without this one there is nothing to tell."""
    feeds: tuple[FeedName, ...]
    document: Callable[[Seen], Document]
    text: Callable[[Document, Seen], Iterator[str]]


_ONE_SHOTS = {
    "tickets": _OneShot(
        SourceName.ZENDESK,
        (FeedName.TICKETS,),
        lambda seen: documents.tickets_document(seen.snapshot, seen.now, seen.agreement),
        lambda document, seen: plain.tickets_text(document, seen.zone),
    ),
    "alerts": _OneShot(
        SourceName.ALERTS,
        (FeedName.ALERTS, FeedName.POLICIES, FeedName.ON_CALL, FeedName.ROTA, FeedName.RUNBOOKS),
        lambda seen: documents.alerts_document(
            seen.snapshot, seen.now, seen.config, seen.agreement, seen.pages
        ),
        lambda document, seen: plain.alerts_text(
            document, seen.zone, lambda text: by_name(text, seen.config, seen.snapshot)
        ),
    ),
    "rota": _OneShot(
        SourceName.ROTA,
        (FeedName.ROTA,),
        lambda seen: documents.rota_document(seen.snapshot, seen.now, seen.mine, seen.agreement.calendar),
        lambda document, seen: (plain.own_shifts_text if seen.mine else plain.rota_text)(document, seen.zone),
    ),
    "runbooks": _OneShot(
        SourceName.RUNBOOKS,
        (FeedName.RUNBOOKS,),
        lambda seen: documents.runbooks_document(seen.snapshot, seen.now, seen.words, seen.config),
        lambda document, _seen: plain.runbooks_text(document),
    ),
}


def one_shot(arguments: argparse.Namespace, loaded: Loaded, clock: Clock, environ: Mapping[str, str]) -> int:
    """Run one of the commands; returns the exit code."""
    shot = _ONE_SHOTS[arguments.command]
    mine = loaded.config.me.email if getattr(arguments, "mine", False) else ""
    if getattr(arguments, "mine", False) and not mine:
        output.talk("--mine needs your address. Set me.email in the configuration")
        return 2
    if arguments.cached and loaded.how_to_begin:
        output.talk(loaded.how_to_begin)
        return 2
    seen = read_feeds(arguments, loaded.config, shot.feeds, clock, environ)
    if seen is None:
        return 1
    seen = replace(seen, mine=mine, words=" ".join(getattr(arguments, "text", [])))
    if arguments.command == "alerts":
        seen = replace(seen, pages=_pages(seen))
    document = shot.document(seen)
    if arguments.command == "runbooks" and seen.words and not arguments.cached:
        from support_desk.cli.runbooks import in_the_text  # SQLite, for this command alone

        document = in_the_text(document, seen)
    if code := _answer(arguments, shot, document, seen):
        return code
    if source_state(seen.snapshot, shot.source, seen.now) is State.OFF:
        to_use_it = f"{shot.source.value}: not configured. To use it, {HOW_TO_CONFIGURE[shot.source]}"
        output.talk(loaded.how_to_begin or to_use_it)
        return 2
    return tell_what_is_missing(seen, shot.feeds)


def _answer(arguments: argparse.Namespace, shot: _OneShot, document: Document, seen: Seen) -> int:
    """Give the answer in the form that was asked for; 0, or 1 if its file couldn't be written."""
    if getattr(arguments, "ics", None) is not None:
        from support_desk.cli.rota_calendar import calendar_of

        return calendar_of(seen, arguments.ics)
    if arguments.json:
        output.document(document)
        return 0
    for line in shot.text(document, seen):
        output.line(line)
    return 0


def whole_desk(loaded: Loaded, clock: Clock, environ: Mapping[str, str]) -> int:
    """Everything once as linear text, for a screen reader; returns the exit code."""
    seen = _read(loaded.config, clock, _live(loaded.config, clock, environ), tuple(FeedName))
    return _print_desk(replace(seen, pages=_pages(seen)))


def whole_demo(seed: int, at: datetime | None) -> int:
    """The demo's desk once as linear text."""
    from support_desk.sources.fixtures import DEMO_START, demo_config, fixture_sources

    clock = DemoClock(at or DEMO_START)
    sources = fixture_sources(clock, seed=seed)
    return _print_desk(_read(demo_config(), clock, sources, tuple(FeedName)))


def _pages(seen: Seen) -> Mapping[str, Page]:
    """What is known here of pages about alerts; where a file can't be read, that is said."""
    from support_desk.acts import who_decides
    from support_desk.cli.own_log import own_pages, shared_pages  # SQLite, for alerts alone
    from support_desk.domain.paged import with_others

    own, others = own_pages(seen.config, seen.now), shared_pages(seen.config)
    return with_others(own, others, who_decides(seen.config.me.email))


def _print_desk(seen: Seen) -> int:
    now = documents.whole(seen.now)
    at = glance.time_text(now) or ""
    output.data(f"Support desk, {plain.spoken_time(at, seen.zone)}.")
    from support_desk.cli.needs import needs_text  # not for the other one-shots

    output.data("\nFirst.")
    for line in needs_text(seen):
        output.line(line)
    sections = {"Alerts": "alerts", "Tickets": "tickets", "Rota": "rota"}
    document: Document = {}
    for title, name in sections.items():
        document = _ONE_SHOTS[name].document(seen)
        output.data(f"\n{title}.")
        for line in _ONE_SHOTS[name].text(document, seen):
            output.line(line)
    held_back = len(seen.snapshot.suspended.rows)
    if held_back:
        output.data(f"\nSuspended tickets: {held_back}. Some may be real.")
    troubles = list(plain.sources_text(document))
    if troubles:
        output.data("\nNot complete.")
        for line in troubles:
            output.line(line)
    return tell_what_is_missing(seen, tuple(FeedName))


def tell_what_is_missing(seen: Seen, feeds: tuple[FeedName, ...]) -> int:
    """Say on standard error which part is missing or old, and why; 1 if there is one."""
    missing = 0
    sources = glance.sources_of(seen.snapshot, seen.now)
    for source in SourceName:
        if not set(feeds) & set(FEEDS_OF[source]):
            continue
        found = source_state(seen.snapshot, source, seen.now)
        if found in (State.FRESH, State.OFF):
            continue
        missing = 1
        known = sources[source.value]
        words = {State.PARTIAL: "incomplete", State.LOADING: "not read yet"}
        if known.read_at is None:
            words[State.FAILED] = "missing"
        age = "" if found is State.PARTIAL else glance.age_in_brackets(known, seen.now)
        error = f". {known.error}" if known.error else ""
        output.talk(f"{source.value} {words.get(found, found.value)}{age}{error}")
    return missing


def read_feeds(
    arguments: argparse.Namespace,
    config: Config,
    feeds: tuple[FeedName, ...],
    clock: Clock,
    environ: Mapping[str, str],
) -> Seen | None:
    """These feeds, from the services or the last state; None, with words, where there is nothing."""
    if arguments.cached:
        return _cached(config, clock)
    return _read(config, clock, _live(config, clock, environ), feeds)


def _live(config: Config, clock: Clock, environ: Mapping[str, str]) -> Sources:
    from support_desk.sources.live import live_sources

    return live_sources(config, clock.now, environ)


def _read(config: Config, clock: Clock, sources: Sources, feeds: tuple[FeedName, ...]) -> Seen:
    snapshot = asyncio.run(read_and_close(config, sources, clock, feeds))
    if isinstance(clock, SystemClock) and (warning := skew_warning(clock.skew)):
        output.talk(f"warning: {warning}")
    return Seen(snapshot, clock.now(), config, agreement_of(config))


def _cached(config: Config, clock: Clock) -> Seen | None:
    """What the dashboard read last; None, with words, when it has read nothing yet."""
    from support_desk.desk.feeds import configured, enable
    from support_desk.desk.store import ReadingsStore, StoreError
    from support_desk.paths import store_file

    path = store_file(config)
    try:
        if not path.exists():
            output.talk(
                f"nothing has been read yet: there is no {path}. Open the dashboard, or leave out --cached"
            )
            return None
        store = ReadingsStore.open_existing(path)
        try:
            snapshot = enable(store.load(), configured(config), config)
            return Seen(snapshot, clock.now() + clock_behind(snapshot), config, agreement_of(config))
        finally:
            store.close()
    except StoreError as error:
        output.talk(f"{error.problem}: {error.remedy}")
        return None
