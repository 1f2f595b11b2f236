"""Which alerts of the past waited until their policy was to page the second line by itself.

The history has when an alert was raised, taken and gone, not whom it paged: that stands in the alert's log.
So this says what was due. Whether it happened isn't known here, nor whether it was snoozed in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from support_desk.desk.facts import person_named, second_line_at
from support_desk.desk.history import AlertRecord
from support_desk.domain.escalation import is_second_line, second_line_due
from support_desk.domain.handover import Due
from support_desk.domain.rota import Person
from support_desk.domain.words import moment_words

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from support_desk.config.model import Config
    from support_desk.desk.snapshot import Snapshot
    from support_desk.domain.alerts import EscalationPolicy
    from support_desk.domain.sla import Agreement


class Known(Protocol):
    """What is known now: a screen's view, or what a one-shot has read."""

    @property
    def snapshot(self) -> Snapshot: ...
    @property
    def now(self) -> datetime: ...
    @property
    def config(self) -> Config: ...
    @property
    def agreement(self) -> Agreement: ...


def due_by_timers(
    history: Iterable[AlertRecord], view: Known, zone: ZoneInfo, *, told: frozenset[str]
) -> Iterator[Due]:
    """In the order in which they were due; `told` are alerts whose page is told already, by their ids."""
    snapshot, config = view.snapshot, view.config
    on_second_line = second_line_at(snapshot, view.now, config, view.agreement.calendar)
    # The history has no responders: an alert that is still there names its own policy.
    there = {alert.id: alert for alert in snapshot.alerts.rows}
    default = config.escalation.name or _only_policy(snapshot.policies.rows, config)
    found = []
    for past in history:
        if past.id in told:
            continue
        alert = replace(there.get(past.id) or past.alert(), created_at=past.created_at)
        until = min(at for at in (past.acked_at, past.gone_at, view.now) if at is not None)
        due = second_line_due(
            alert,
            until,
            policies=snapshot.policies.rows,
            fallback_minutes=config.escalation.minutes,
            default_policy=default,
            second_line=on_second_line,
            second_line_schedule=config.rota.second_line.schedule,
        )
        if due is None:
            continue
        at, who, basis = due
        name = who.name or who.email if isinstance(who, Person) else ""
        title = f"{past.priority} {past.message}".strip()
        found.append(Due(at, title, name, _ended(past, view, zone), basis))
    yield from sorted(found, key=lambda row: row.at)


def _only_policy(policies: Iterable[EscalationPolicy], config: Config) -> str:
    """The name of the policy that pages the second line, where there is a single one; empty: there isn't."""
    schedule = config.rota.second_line.schedule
    names = [
        policy.name for policy in policies if any(is_second_line(rule, schedule) for rule in policy.rules)
    ]
    return names[0] if len(names) == 1 else ""


def _ended(past: AlertRecord, view: Known, zone: ZoneInfo) -> str:
    def at(moment: datetime) -> str:
        return moment_words(moment, view.now, zone)

    by = f" by {person_named(past.acked_by, view.snapshot, view.config)}" if past.acked_by else ""
    taken = f"acknowledged {at(past.acked_at)}{by}" if past.acked_at else "nobody acknowledged it"
    return f"{taken}; {f'gone {at(past.gone_at)}' if past.gone_at else 'it is still there'}"
