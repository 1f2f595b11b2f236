"""The facts of a handover, gathered from the desk, the history of alerts, the log and the runbooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from support_desk.config.rules import client_rules
from support_desk.desk.facts import rota_of
from support_desk.desk.history import AlertRecord
from support_desk.desk.outbox_store import LogLine
from support_desk.desk.snapshot import SourceName, State, source_state
from support_desk.domain.alerts import Alert
from support_desk.domain.clients import client_of_alert, in_hours
from support_desk.domain.commands import Promise, is_one_key_escalation, pages_somebody
from support_desk.domain.handover import Action, Facts, Next, Rang, causes_of
from support_desk.domain.intents import Phase
from support_desk.domain.rota import UNKNOWN, Role, covers, shift_now
from support_desk.domain.runbooks import RunbookRule, runbook_for_alert
from support_desk.domain.storms import pattern
from support_desk.glance import source_error
from support_desk.records import record
from support_desk.screens.command_words import command_words
from support_desk.screens.words import day_clock

if TYPE_CHECKING:
    from support_desk.config.model import Config
    from support_desk.desk.snapshot import Snapshot
    from support_desk.domain.sla import Agreement


class Seen(Protocol):
    """What is known now: a screen's view, or what a one-shot has read."""

    @property
    def snapshot(self) -> Snapshot: ...
    @property
    def now(self) -> datetime: ...
    @property
    def config(self) -> Config: ...
    @property
    def agreement(self) -> Agreement: ...


SETTLED = timedelta(hours=8)
"""After a changeover so long: by then the on-call person has changed as well (Wednesday 18:00)."""

UNFINISHED = frozenset({Phase.QUEUED, Phase.HELD, Phase.SENDING, Phase.UNKNOWN, Phase.FAILED, Phase.CONFLICT})


@record
class Kept:
    """What is kept beside the readings. None: it can't be read, which is said."""

    history: tuple[AlertRecord, ...] | None
    """The alerts of the range."""
    log: tuple[LogLine, ...] | None
    """The steps of this person's actions within the range."""
    promises: Mapping[int, Promise]
    runbooks_changed: tuple[str, ...] | None = None
    rules: tuple[RunbookRule, ...] = ()
    """The configuration's rules for runbooks."""
    history_from: datetime | None = None


def handover_facts(view: Seen, start: datetime, end: datetime, kept: Kept) -> Facts:
    """What a handover of this range is made of."""
    actions = _actions(kept.log or (), view)
    missing = list(_missing(view.snapshot, view.now))
    if kept.history is None:
        missing.append("the history of alerts can't be read")
    if kept.log is None:
        missing.append("the log of what was done here can't be read")
    me = view.config.me
    return Facts(
        start=start,
        end=end,
        now=view.now,
        by=me.name or me.email or "first line",
        tickets=view.snapshot.tickets.rows,
        promises=kept.promises,
        alerts=view.snapshot.alerts.rows,
        causes=causes_of(_rang(kept, view, start, end)),
        actions=tuple(action for action in actions if action.outcome != Phase.CANCELLED.value),
        unfinished=tuple(action for action in actions if action.outcome in UNFINISHED),
        runbooks_changed=kept.runbooks_changed,
        next_on=_next_on(view.snapshot, end),
        missing=tuple(missing),
        history_from=kept.history_from,
    )


def _missing(snapshot: Snapshot, now: datetime) -> Iterable[str]:
    for source in (SourceName.ZENDESK, SourceName.ALERTS, SourceName.ROTA):
        found = source_state(snapshot, source, now)
        if found not in (State.FRESH, State.OFF):
            error = source_error(snapshot, source, now)
            yield f"{source.value} is {found.value}" + (f": {error}" if error else "")


def _rang(kept: Kept, view: Seen, start: datetime, end: datetime) -> Iterable[Rang]:
    clients = client_rules(view.config)
    for past in kept.history or ():
        if not start <= past.created_at < end:
            continue
        alert = Alert(
            past.id, past.message, past.priority, "closed" if past.gone_at else "open",
            past.created_at, past.last_seen, past.last_seen,
            count=past.count, alias=past.alias, tags=past.tags, source=past.source,
            integration=past.integration,
        )  # fmt: skip
        guess = client_of_alert(alert, clients)
        client = guess.name if guess else ""
        match = runbook_for_alert(alert, client, runbooks=view.snapshot.runbooks.rows, rules=kept.rules)
        yield Rang(
            f"{client}|{pattern(past.message)}",
            past.message,
            past.created_at,
            past.gone_at is None,
            not in_hours(past.created_at, view.agreement.calendar),
            client,
            match.path if match else "",
        )


def _actions(log: Sequence[LogLine], view: Seen) -> tuple[Action, ...]:
    """The last step of each action, in the order of their first ones."""
    zone = view.agreement.calendar.timezone
    last: dict[str, LogLine] = {}
    first: dict[str, datetime] = {}
    for line in log:
        first.setdefault(line.action, line.at)
        last[line.action] = line
    return tuple(
        Action(
            first[line.action],
            command_words(line.command, lambda moment: day_clock(moment, view.now, zone)),
            line.title,
            line.by,
            line.phase.value,
            line.words,
            pages_somebody(line.command) or is_one_key_escalation(line.command),
        )
        for line in last.values()
    )


def _next_on(snapshot: Snapshot, end: datetime) -> tuple[Next, ...]:
    """Who has each line once the changeover is over."""
    rota = rota_of(snapshot)
    if rota is None:
        return ()
    found = []
    for role in (Role.DEV, Role.OPS, Role.ON_CALL, Role.SECOND_LINE):
        at = end if role in (Role.DEV, Role.OPS) else end + SETTLED
        shift = shift_now(rota, role, at)
        if shift is not None:
            found.append(Next(role, shift.person, shift.start))
        else:
            found.append(Next(role, None if covers(rota, role, at) else UNKNOWN))
    return tuple(found)
