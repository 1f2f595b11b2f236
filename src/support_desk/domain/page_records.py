"""What an alert's own recipients prove of the steps that its escalation policy has taken by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from support_desk.domain.alerts import Alert, EscalationPolicy, EscalationRule, Recipient
from support_desk.domain.escalation import SecondLine, is_second_line, policies_of, started
from support_desk.domain.rota import Person


def step_proven(
    alert: Alert,
    recipients: Iterable[Recipient],
    *,
    policies: Iterable[EscalationPolicy],
    fallback_minutes: float,
    default_policy: str,
    second_line: SecondLine,
    second_line_schedule: str,
    now: datetime,
) -> tuple[datetime, str, datetime] | None:
    """The last step of an open alert that surely reached somebody: when it came, who was told, and when.

    Both moments are UTC. Whoever was on the second line at the first, or the person whom the step names, has
    to be among those who were notified from then on for the first time: the last time moves when somebody who
    had been notified before merely looks at the alert. None: no step is proven, or it isn't known since when
    they count.
    """
    start = started(alert, now) if alert.status == "open" else None
    if start is None:
        return None
    told = sorted(recipients, key=_first)
    chosen = policies_of(alert, tuple(policies), default_policy)
    steps: Sequence[tuple[timedelta, EscalationRule | None]] = [
        (rule.delay, rule) for policy in chosen for rule in policy.rules
    ] or [(timedelta(minutes=fallback_minutes), None)]
    for delay, rule in sorted(steps, key=lambda step: step[0], reverse=True):
        at = start + delay
        who = _reached(rule, at, second_line, second_line_schedule)
        found = next((row for row in told if _first(row) >= at and row.name.casefold() in who), None)
        if at <= now and found is not None:
            return at, found.name, _first(found)
    return None


def _first(recipient: Recipient) -> datetime:
    return recipient.first_at or recipient.at


def _reached(
    rule: EscalationRule | None, at: datetime, second_line: SecondLine, schedule: str
) -> frozenset[str]:
    """What those are called whom a step reaches, without case; None stands for the configured step."""
    if rule is None or is_second_line(rule, schedule):
        person = second_line(at)
        names = (person.email, person.name) if isinstance(person, Person) else ()
    else:
        names = (rule.recipient, rule.recipient_id) if rule.recipient_type == "user" else ()
    return frozenset(name.casefold() for name in names if name)
