"""The ledger of time off in lieu, gathered from the history of alerts, the rota and what the person said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from support_desk.config.rules import toil_rule
from support_desk.domain.past import Span
from support_desk.domain.rota import Cover, Person, Role
from support_desk.domain.rota_weeks import on_call_time, pay_period
from support_desk.domain.toil import Ledger, Received, ledger, own_shifts
from support_desk.domain.words import counted, moment_words
from support_desk.records import record
from support_desk.text import clean

if TYPE_CHECKING:
    from support_desk.config.model import Config
    from support_desk.domain.past import AlertRecord, Reach
    from support_desk.domain.rota import Rota
    from support_desk.domain.toil import Answer
    from support_desk.domain.working_time import WorkingCalendar

LOOK_BACK = timedelta(days=14)
"""How far before a range alerts and shifts are looked at: an hour that began before it isn't begun anew. Any
closed time is shorter, and in working hours nothing is counted, so none reaches further."""
PERIODS_BACK = 1
"""Without a range the ledger begins so many pay periods before this one."""


@record
class History:
    """What is known of the past's alerts."""

    records: tuple[AlertRecord, ...] | None
    """From `LOOK_BACK` before the range on; None: it can't be read."""
    reach: Reach | None = None
    """How far back it goes; None: as far as there is anything, as in the demo's world."""


@record
class Found:
    """A ledger, and how far it can be trusted."""

    ledger: Ledger
    missing: tuple[str, ...]
    """What isn't known and might add claims, a line each."""
    notes: tuple[str, ...]
    """What to bear in mind, a line each."""
    on_call: timedelta | None
    """How long the person was on call in the current pay period so far, elapsed; None: not known."""
    pay_period: tuple[datetime, datetime]
    """The current one (UTC)."""


def usual_range(now: datetime, calendar: WorkingCalendar) -> tuple[datetime, datetime]:
    """The pay period that `now` is in and the one before it, until now."""
    start, _ = pay_period(now, calendar.timezone, calendar.start)
    for _ in range(PERIODS_BACK):
        start, _ = pay_period(start - timedelta(days=1), calendar.timezone, calendar.start)
    return start, now


def find(
    history: History,
    rota: Rota | None,
    answers: Mapping[str, Answer],
    *,
    config: Config,
    calendar: WorkingCalendar,
    now: datetime,
    start: datetime,
    end: datetime,
) -> Found:
    """The claims of the person whom the configuration names."""
    me = Person(config.me.name, config.me.email)
    received = [_received(past, me) for past in history.records or ()]
    cover = rota.cover if rota else None
    found = ledger(
        received,
        own_shifts(rota.shifts, me) if rota else (),
        cover,
        answers,
        rule=toil_rule(config),
        calendar=calendar,
        start=start,
        end=end,
    )
    period = pay_period(now, calendar.timezone, calendar.start)
    return Found(
        found,
        tuple(_missing(found, history, cover, calendar, now)),
        tuple(_notes(history, start, min(end, now))),
        on_call_time(rota, me.email, Role.ON_CALL, period[0], now),
        period,
    )


def _received(past: AlertRecord, me: Person) -> Received:
    return Received(
        past.id,
        clean(past.message),
        past.created_at,
        past.priority,
        past.tags,
        past.acked_at,
        past.acked_by or "",
        mine=is_me(past.acked_by, me),
        gone_at=past.gone_at,
    )


def is_me(who: str | None, me: Person) -> bool:
    """Whether the service means this person: it gives the address, some integrations the name."""
    wanted = {text.casefold() for text in (me.email, me.name) if text}
    return bool(who) and str(who).strip().casefold() in wanted


def _missing(
    found: Ledger, history: History, cover: Cover | None, calendar: WorkingCalendar, now: datetime
) -> Iterable[str]:
    zone, reach = calendar.timezone, history.reach
    if history.records is None:
        yield "the history of alerts can't be read"
    elif reach is not None and reach.start is None:
        yield "no alert is in this desk's history yet: support-desk history import fills it"
    elif reach is not None and reach.start is not None and reach.start > found.start:
        known = moment_words(reach.start, now, zone)
        yield f"the history of alerts begins {known}: support-desk history import fills what was before"
    if found.unknown:
        many = counted(len(found.unknown), "alert")
        yield f"{many} out of hours may have been yours: the rota doesn't say"
    if cover is None:
        yield "which shifts were yours isn't known without the rota"
        return
    for role, words in ((Role.ON_CALL, "on call"), (Role.SECOND_LINE, "second line")):
        if role not in cover.roles:
            yield f"the rota of {words} could not be read"
    if cover.start > found.start:
        yield f"the rota was read from {moment_words(cover.start, now, zone)} on only"


_WORTH_AN_IMPORT = timedelta(minutes=5)
"""What lies between an import and the next look isn't: nobody could ever make the note go."""


def _notes(history: History, start: datetime, end: datetime) -> Iterable[str]:
    reach = history.reach
    if reach is None or reach.start is None:
        return
    holes = reach.holes(Span(max(start, reach.start), end))
    if any(hole.end - hole.start >= _WORTH_AN_IMPORT for hole in holes):
        yield (
            "what rang and was closed while no desk was open isn't in the history: "
            "support-desk history import asks the service for it"
        )
