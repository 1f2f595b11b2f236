"""What quiet times are for, gathered: the history, the runbooks, the queue, and what maintenance is due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from support_desk.domain.alerts import Alert
from support_desk.domain.clients import client_of_alert
from support_desk.domain.noise import (
    Noise,
    OldRunbook,
    Waiting,
    noisiest,
    old_runbooks,
    waiting_on_us,
    without_runbook,
)
from support_desk.domain.past import AlertRecord, Reach
from support_desk.domain.runbooks import RunbookMatch, runbook_for_alert
from support_desk.domain.words import moment_words
from support_desk.records import record
from support_desk.sources.maintenance import Maintenance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support_desk.domain.runbooks import RunbookRule
    from support_desk.screens.view import View


@record
class Gathered:
    """What was read for it; what couldn't be read is named in `missing`."""

    history: tuple[AlertRecord, ...] | None = None
    reach: Reach | None = None
    """None: as far back as there is anything."""
    changed: Mapping[str, datetime] = field(default_factory=dict)
    """When each runbook was last changed, where that is known."""
    maintenance: tuple[Maintenance, ...] = ()
    missing: tuple[str, ...] = ()


@record
class QuietTimes:
    """What is proposed."""

    since: datetime
    """The beginning of the weeks that were counted, or of what is known (UTC)."""
    reach: str
    """How far back the history goes, in words."""
    maintenance: tuple[Maintenance, ...]
    noise: tuple[Noise, ...]
    no_runbook: tuple[Noise, ...]
    old: tuple[OldRunbook, ...]
    waiting: tuple[Waiting, ...]
    missing: tuple[str, ...] = ()


def quiet_times(view: View, rules: Sequence[RunbookRule], found: Gathered) -> QuietTimes:
    """What quiet times are for, by what was gathered."""
    config, books = view.config, view.snapshot.runbooks.rows
    since = view.now - timedelta(weeks=config.quiet.weeks)
    past = [alert for alert in found.history or () if alert.created_at >= since]

    # Most alerts of a history say the same as another one.
    match = cache(partial(_runbook_of, view, rules))

    def client_of(alert: AlertRecord) -> str | None:
        return match(_alike(alert))[0]

    def runbook_of(alert: AlertRecord) -> RunbookMatch | None:
        return match(_alike(alert))[1]

    noise = noisiest(past, since, view.now, view.calendar, client_of=client_of, runbook_of=runbook_of)
    return QuietTimes(
        since=max(since, _start(found) or since),
        reach=reach_words(found.reach, view),
        maintenance=found.maintenance,
        noise=noise,
        no_runbook=without_runbook(noise) if books else (),
        old=old_runbooks(
            past,
            books,
            view.now,
            runbook_of=runbook_of,
            changed=found.changed,
            untouched=timedelta(days=config.quiet.untouched_days),
        ),
        waiting=waiting_on_us(view.snapshot.tickets.rows),
        missing=found.missing,
    )


class _Alike(NamedTuple):
    """What decides an alert's client and runbook."""

    tags: tuple[str, ...]
    message: str
    source: str
    integration: str
    priority: str


def _alike(alert: AlertRecord) -> _Alike:
    return _Alike(alert.tags, alert.message, alert.source, alert.integration, alert.priority)


def _runbook_of(
    view: View, rules: Sequence[RunbookRule], alike: _Alike
) -> tuple[str | None, RunbookMatch | None]:
    """The client that an alert was about, and the runbook that goes with it."""
    at = view.now
    alert = Alert(
        "", alike.message, alike.priority, "closed", at, at, at,
        tags=alike.tags, source=alike.source, integration=alike.integration,
    )  # fmt: skip
    guess = client_of_alert(alert, view.clients)
    client = guess.name if guess else None
    books = view.snapshot.runbooks.rows
    return client, runbook_for_alert(alert, client, runbooks=books, rules=rules)


def _start(found: Gathered) -> datetime | None:
    return found.reach.start if found.reach is not None else None


def reach_words(reach: Reach | None, view: View) -> str:
    """How far back the history goes, and what makes it longer."""
    if reach is None:
        return "the demo's own past"
    return "; ".join(_reach(reach, view))


def _reach(reach: Reach, view: View) -> Iterator[str]:
    zone = view.calendar.timezone
    if reach.start is None:
        yield "the history is empty"
    for span in reach.imported:
        start, end = (moment_words(at, view.now, zone) for at in (span.start, span.end))
        yield f"whole from {start} to {end}"
    if reach.watched_from is not None:
        yield f"written since {moment_words(reach.watched_from, view.now, zone)}, while a desk was open"
    if not reach.imported:
        yield "support-desk history import fills in what came before"
