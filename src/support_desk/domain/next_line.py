"""Whom escalating an alert would page: the step of the policy that comes next, and the people behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from support_desk.domain.alerts import Alert, EscalationPolicy, EscalationRule, Recipient
from support_desk.domain.escalation import policies_of, started
from support_desk.domain.rota import OnCall, Person, answer_for
from support_desk.records import record


@record
class NextLine:
    """What `e` would do."""

    policy: EscalationPolicy
    rule: EscalationRule | None
    """The step; None where the policy's steps couldn't be read."""
    line: str
    """"second line", or what the policy calls its recipient."""
    people: tuple[Person, ...] | None
    """Who is on that line at this moment; empty: nobody; None: it can't be told."""


@record
class LastReached:
    """Every step has been taken already."""

    policy: EscalationPolicy
    nobody: str = ""
    """The line of the last step, where nobody is on it: then nobody was reached by it."""
    untold: tuple[Person, ...] = ()
    """Whom the steps should have paged by now, and nothing shows that they did."""


def next_line(
    alert: Alert,
    policy: EscalationPolicy,
    *,
    own: bool,
    recipients: Iterable[Recipient],
    on_call: Sequence[OnCall] | None,
    people: Sequence[Person],
    second_line_schedule: str,
    now: datetime,
) -> NextLine | LastReached:
    """The next step of a policy for an alert.

    A step counts as taken when its time has come (the service counts from the escalation's beginning), or
    when everybody behind it has been notified since. `own`: the policy is the alert's own, so that its clock
    has been running. `on_call` is as read at this moment; None: it couldn't be read. Of a policy without
    steps (it is known by the alert's responder only) nothing can be told but its name.
    """
    if not policy.rules:
        return NextLine(policy, None, f"the next line of {policy.name}", None)
    since = started(alert, now) or alert.created_at
    # Its clock stands still from the acknowledgement on; what pages at once has paged in any case.
    until = now if alert.status == "open" else max(since, alert.acknowledged_at or since)
    told = {row.name.casefold() for row in recipients if row.at >= since}
    last_line, last_there = "", None
    untold: list[Person] = []
    for rule in sorted(policy.rules, key=lambda step: step.delay):
        there = _people(rule, on_call, people)
        second = second_line_schedule.casefold() in (
            rule.recipient.casefold(),
            rule.recipient_id.casefold(),
        )
        running = own and since + rule.delay <= until
        notified = bool(there) and all(_told(person, told) for person in there or ())
        line = "second line" if second else rule.recipient or rule.recipient_id
        if not (running or notified):
            return NextLine(policy, rule, line, there)
        last_line, last_there = line, there
        untold += [person for person in there or () if not _told(person, told)]
    return LastReached(policy, last_line if last_there == () else "", tuple(dict.fromkeys(untold)))


def policy_for(
    alert: Alert, policies: Sequence[EscalationPolicy], default_policy: str
) -> tuple[EscalationPolicy | None, bool]:
    """The policy that the alert or the configuration names, and whether it is the alert's own.

    Between the two comes the team's routing rule (ruling 6), which has to be asked for.
    """
    named = any(responder.type == "escalation" for responder in alert.responders)
    found = policies_of(alert, policies, default_policy)
    return (found[0] if found else None), named and bool(found)


def named_policy(alert: Alert) -> EscalationPolicy | None:
    """The policy that the alert itself names, without its steps: what is left where it can't be read."""
    for responder in alert.responders:
        if responder.type == "escalation" and responder.id:
            return EscalationPolicy(responder.id, responder.name or responder.id, ())
    return None


def _people(
    rule: EscalationRule, on_call: Sequence[OnCall] | None, known: Sequence[Person]
) -> tuple[Person, ...] | None:
    if rule.recipient_type == "user":
        wanted = {rule.recipient.casefold(), rule.recipient_id.casefold()} - {""}
        found = tuple(person for person in known if person.email.casefold() in wanted)
        return found or (Person(rule.recipient or rule.recipient_id, rule.recipient),)
    if rule.recipient_type == "schedule" and on_call is not None:
        # By its id it is the step's own; of several with its name, one that is in use.
        answer = answer_for(rule.recipient_id, on_call) or answer_for(rule.recipient, on_call)
        if answer is not None:
            return answer.people if answer.enabled else ()
    return None


def _told(person: Person, told: set[str]) -> bool:
    return bool(told & {person.email.casefold(), person.name.casefold()})
