"""`support-desk toil`: the claims of time off in lieu, as text, JSON or a table for a spreadsheet."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from support_desk import glance
from support_desk.cli import output
from support_desk.cli.arguments import in_zone
from support_desk.cli.plain import spoken_length, spoken_time
from support_desk.cli.reading import HOW_TO_CONFIGURE
from support_desk.cli.span import wrong_range
from support_desk.config.load import Loaded
from support_desk.config.rules import agreement_of
from support_desk.desk.clock import Clock, SystemClock
from support_desk.desk.facts import rota_of
from support_desk.desk.feeds import configured, enable
from support_desk.desk.schema import StoreError
from support_desk.desk.skew import Skew
from support_desk.desk.snapshot import (
    FEEDS_OF,
    Feed,
    FeedName,
    Problem,
    Snapshot,
    SourceName,
    State,
    source_state,
)
from support_desk.domain.toil import Claim
from support_desk.domain.toil_words import (
    claim_reason,
    claim_text,
    days_words,
    rule_words,
    script_words,
    to_csv,
)
from support_desk.domain.words import counted
from support_desk.paths import store_file, toil_file
from support_desk.reports.toil import LOOK_BACK, Found, History, find, usual_range
from support_desk.sources.errors import SourceError

if TYPE_CHECKING:
    import argparse
    from zoneinfo import ZoneInfo

    from support_desk.config.model import Config
    from support_desk.domain.toil import Answer, Received
    from support_desk.sources.protocols import Sources


def toil(arguments: argparse.Namespace, loaded: Loaded, clock: Clock, environ: Mapping[str, str]) -> int:
    """Print the claims of a range; returns the exit code."""
    if loaded.how_to_begin:
        output.talk(loaded.how_to_begin)
        return 2
    config = loaded.config
    if not config.me.email:
        output.talk("whose claims? Set me.email in the configuration")
        return 2
    calendar = agreement_of(config).calendar
    now = clock.now()
    start, end = usual_range(now, calendar)
    until = in_zone(arguments.end, calendar.timezone)
    start, end = in_zone(arguments.start, calendar.timezone) or start, until or end
    if wrong := wrong_range(arguments, start, end):
        output.talk(wrong)
        return 2
    snapshot, history = _stored(config, start)
    if not arguments.cached:
        rota = _rota(config, clock, environ, start, max(end, now))
        # By the service's clock, as an import of the history goes: what lies between the two is no gap.
        end = until or clock.now()
        # The timeline alone speaks for the rota here.
        for name in FEEDS_OF[SourceName.ROTA]:
            snapshot = snapshot.with_feed(name, rota if name is FeedName.ROTA else Feed(enabled=False))
    found = find(
        history,
        rota_of(snapshot),
        _answers(config.me.email),
        config=config,
        calendar=calendar,
        now=clock.now(),
        start=start,
        end=end,
    )
    _print(arguments, found, snapshot, clock.now(), calendar.timezone)
    return _tell(found, snapshot, clock.now())


def _print(
    arguments: argparse.Namespace, found: Found, snapshot: Snapshot, now: datetime, zone: ZoneInfo
) -> None:
    if arguments.csv:
        output.data(to_csv(found.ledger, zone))
    elif arguments.json:
        output.document(toil_document(found, snapshot, now, zone))
    else:
        output.data("\n".join(toil_text(found, zone)))


def _stored(config: Config, start: datetime) -> tuple[Snapshot, History]:
    """What the dashboard read last, and the history; what can't be read is said."""
    from support_desk.desk.store import ReadingsStore

    try:
        with closing(ReadingsStore.open_existing(store_file(config))) as store:
            history = History(store.history(start - LOOK_BACK), store.history_reach())
            return enable(store.load(), configured(config), config), history
    except StoreError as error:
        output.talk(f"{error.problem}: {error.remedy}")
        return enable(Snapshot(), configured(config), config), History(None)


def _rota(
    config: Config, clock: Clock, environ: Mapping[str, str], start: datetime, end: datetime
) -> Feed[object]:
    """The shifts of the whole range, read from the service; what went wrong is the feed's problem."""
    from support_desk.sources.live import live_sources

    return asyncio.run(_read(live_sources(config, clock.now, environ), clock, start, end))


async def _read(sources: Sources, clock: Clock, start: datetime, end: datetime) -> Feed[object]:
    try:
        if sources.rota is None:
            return Feed(enabled=False)
        began = clock.now()
        reading = await sources.rota.rota(start - LOOK_BACK, end + timedelta(days=1))
        _correct(clock, reading.server_time, began)
    except SourceError as error:
        return Feed(problem=Problem(error.problem, error.remedy, definite=True), failing_since=clock.now())
    finally:
        await sources.close()
    return Feed(
        rows=reading.rows,
        read_at=clock.now(),
        complete=reading.complete,
        rejected=reading.rejected,
        notes=reading.notes,
    )


def _correct(clock: Clock, server: datetime | None, began: datetime) -> None:
    """Set the clock by the service's, and say so where that is far."""
    if server is None or not isinstance(clock, SystemClock):
        return
    skew = Skew()
    skew.sample(server, began, clock.now())
    clock.skew += skew.value
    if skew.warning:
        output.talk(f"warning: {skew.warning}")


def _answers(person: str) -> Mapping[str, Answer]:
    """What the person said on the dashboard; nothing where they never did."""
    from support_desk.desk.toil_book import ToilBook

    path = toil_file()
    if not path.exists():
        return {}
    try:
        with closing(ToilBook.open_existing(path)) as book:
            return book.answers(person)
    except StoreError as error:
        output.talk(
            f"your answers can't be read, what follows is only suggested: {error.problem}: {error.remedy}"
        )
        return {}


def _tell(found: Found, snapshot: Snapshot, now: datetime) -> int:
    """Say what is missing; 1 if anything is."""
    state = source_state(snapshot, SourceName.ROTA, now)
    if state is State.OFF:
        output.talk(f"rota: not configured. To use it, {HOW_TO_CONFIGURE[SourceName.ROTA]}")
        return 2
    error = glance.source_error(snapshot, SourceName.ROTA, now)
    if error:
        output.talk(f"rota {state.value}. {error}")
    for line in found.missing:
        output.talk(f"not complete: {line}")
    for line in found.notes:
        output.talk(f"note: {line}")
    return int(bool(error or found.missing))


# JSON


def toil_document(found: Found, snapshot: Snapshot, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """The claims as a document of schema 1; amounts in days and hours as numbers."""
    book, now = found.ledger, now.replace(microsecond=0)
    return glance.header(now, glance.sources_of(snapshot, now)) | {
        "from": glance.time_text(book.start),
        "to": glance.time_text(book.end),
        "days": float(book.days),
        "hours": book.length.total_seconds() / 3600,
        "rule": list(rule_words(book.rule)),
        "claims": [_claim(claim, zone) for claim in book.claims],
        "unanswered": len(book.unanswered),
        "outside_your_shifts": [_alert(alert) for alert in book.outside],
        "not_acknowledged": [_alert(alert) for alert in book.unacknowledged],
        "unknown": [_alert(alert) for alert in book.unknown],
        "script": {
            "awake": book.script.awake,
            "woken": book.script.woken,
            "days": float(book.script.days),
            "difference_days": float(book.days - book.script.days),
            "words": " ".join(script_words(book)),
        },
        "missing": list(found.missing),
        "notes": list(found.notes),
    }


def _claim(claim: Claim, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "start": glance.time_text(claim.start),
        "line": claim.role.value,
        "days": float(claim.days),
        "hours": claim.length.total_seconds() / 3600,
        "woken": claim.woken.value,
        "answered": claim.answer is not None,
        "left_out": claim.left_out,
        "fix_seconds": int(claim.fix.total_seconds()),
        "runs_into_next": claim.runs_into_next,
        "claimed_at": glance.time_text(claim.claimed_at),
        "reason": claim_reason(claim),
        "text": claim_text(claim, zone),
        "alerts": [_alert(alert) for alert in claim.alerts],
    }


def _alert(alert: Received) -> dict[str, Any]:
    return {
        "id": alert.id,
        "message": alert.message,
        "priority": alert.priority,
        "received_at": glance.time_text(alert.at),
        "acknowledged_at": glance.time_text(alert.acked_at),
        "acknowledged_by": alert.acked_by or None,
        "gone_at": glance.time_text(alert.gone_at),
    }


# Text


def toil_text(found: Found, zone: ZoneInfo) -> Iterator[str]:
    """The claims as text to be read aloud: a line each, then the sum, the rule and the script."""
    book = found.ledger
    start, end = (spoken_time(glance.time_text(at) or "", zone) for at in (book.start, book.end))
    yield f"Time off in lieu, {start} until {end}."
    if not book.claims:
        yield "No claims." if not found.missing else "No claims are known."
    for number, claim in enumerate(book.claims, 1):
        yield f"{number}. {_spoken(claim, zone)}"
    if book.claims:
        hours = spoken_length(book.length.total_seconds(), days=False) if book.length else "0 hours"
        yield f"Together {days_words(book.days)}, {hours}."
    if book.unanswered:
        many = len(book.unanswered)
        yield f"{many} {'is' if many == 1 else 'are'} only suggested: K on the dashboard asks you."
    if book.outside:
        yield f"Not claimed: {len(book.outside)} that you acknowledged outside your own shifts."
    if book.unacknowledged:
        yield f"Not counted: {len(book.unacknowledged)} in your shifts that you did not acknowledge."
    yield "The rule."
    yield from (f"{line[:1].upper()}{line[1:]}." for line in rule_words(book.rule))
    yield from script_words(book)


def _spoken(claim: Claim, zone: ZoneInfo) -> str:
    first = claim.alerts[0]
    hours = spoken_length(claim.length.total_seconds(), days=False) if claim.length else "0 hours"
    parts = [
        f"{spoken_time(glance.time_text(claim.start) or '', zone)}: {days_words(claim.days)}, {hours}.",
        f"{claim_reason(claim).capitalize()}.",
        f"{counted(len(claim.alerts), 'alert')}, the first: {first.message}.",
        "" if claim.answer else "Suggested, not answered.",
        "The fixing reaches into the next claim: count no hour twice." if claim.runs_into_next else "",
        f"Entered on {spoken_time(glance.time_text(claim.claimed_at) or '', zone)}."
        if claim.claimed_at
        else "",
    ]
    return " ".join(part for part in parts if part)
