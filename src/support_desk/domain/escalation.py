"""When the next line is paged about an alert, and who that is.

An escalation policy counts every step from the moment the escalation was added to the alert: normally its
creation, or the end of a snooze, after which OpsGenie treats the alert as just received. The answer is an
estimate (routing delays and notification rules shift it), so it never says that somebody *was* paged: only
the alert's logs and recipients prove that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

from support_desk.domain.alerts import Alert, EscalationPolicy, EscalationRule
from support_desk.domain.paged import Page, Proof
from support_desk.domain.rota import Person, Unknown
from support_desk.domain.words import duration_words
from support_desk.records import record

NOBODY = "nobody"
_NEVER = datetime.max.replace(tzinfo=UTC)
_SECOND_LINE = "second line"
_NOBODY_NOW = "second line: nobody now"
_NOBODY_THEN = "second line: nobody when its turn comes"
_NOBODY_WAS = "second line: nobody when its turn came"

SecondLine = Callable[[datetime], Person | Unknown | None]
"""Who is second line at a moment (UTC): a person, None for nobody, or unknown."""


@record
class Countdown:
    """How long until the next line is paged, with the reason in words."""

    state: str
    """`running`; `stopped` (nobody will be paged); `due` (should have been paged: check); `unknown`."""
    next: str | None = None
    """Who is paged next, such as "ooh_second_line (Sam Patel)"; "nobody" where nobody is on."""
    due_at: datetime | None = None
    """UTC; None where no countdown runs. In the past when `due`."""
    basis: str | None = None
    """`policy` (the escalation policy was read) or `configured` (minutes from the configuration)."""
    reason: str = ""
    missed: bool = False
    """The second line's moment has passed and nobody has acknowledged: whatever comes next, check."""
    page: Page | None = None
    """Whom the person, or a colleague, has had paged since it runs, as far as that is known."""

    @property
    def escalated(self) -> Page | None:
        """The page that took a step of the policy, or may have; None: the policy's clock runs on."""
        return self.page if self.page is not None and self.page.escalation else None


class _Step(NamedTuple):
    """A step of one alert's escalation; a tuple, as some are made for every alert in every minute."""

    at: datetime
    who: str
    policy: str
    pages_acked: bool
    second_line: bool
    nobody: str
    """It pages the second line while nobody is on: that, in words. Empty: it reaches somebody."""


def countdown(
    alert: Alert,
    *,
    policies: Iterable[EscalationPolicy],
    fallback_minutes: float,
    default_policy: str,
    second_line: SecondLine,
    now: datetime,
    second_line_schedule: str = "ooh_second_line",
    page: Page | None = None,
) -> Countdown:
    """When the next line is paged about `alert`, as far as that can be told.

    The policy is the alert's own escalation responder; without one, the one called `default_policy`. Where
    the policy wasn't read, the second line counts as paged after `fallback_minutes` (basis "configured").
    `second_line` says who is on at the moment of a step: a shift may begin or end before it.

    `page` is what is known of a page by the person. An escalation took the step that was next, and that no
    longer counts down; the service documents nowhere whether it takes it again at its time: "may page".

    An acknowledged alert keeps the steps that apply until it is *closed*: they still page, so they count
    down; without such a step it has stopped. A second line where nobody is on is passed over (ruling 8).
    """
    halted = _halted(alert, now)
    if halted is not None:
        return halted
    start = started(alert, now)
    if page is not None and (start is None or page.at < start):
        # It belongs to an earlier run of the escalation, which has begun again since.
        page = None
    if start is None:
        return Countdown("unknown", reason="its acknowledgement was withdrawn, the list doesn't say when")
    chosen = policies_of(alert, tuple(policies), default_policy)
    reached = partial(_reached, second_line, now)
    if not chosen:
        at = start + timedelta(minutes=fallback_minutes)
        who, nobody = reached(at)
        step = _Step(
            at,
            _named(_SECOND_LINE, who),
            "the configuration",
            pages_acked=False,
            second_line=True,
            nobody=nobody,
        )
        after = duration_words(timedelta(minutes=fallback_minutes))
        note = f"the escalation policy was not read, {after} are configured"
        return _after(page, [step], now, partial(_next, alert, now=now, basis="configured", note=note))
    steps = [
        _step(policy, rule, start + rule.delay, reached, second_line_schedule)
        for policy in chosen
        for rule in policy.rules
    ]
    steps.sort(key=lambda step: step.at)
    return _after(page, steps, now, partial(_next, alert, now=now, basis="policy", note=""))


def same_until(
    alert: Alert, policies: Iterable[EscalationPolicy], fallback_minutes: float, now: datetime
) -> datetime:
    """Until when `countdown` says what it says at `now` (UTC), as long as only time changes.

    That is the next moment that can be a step's, of whatever policy and from wherever it may be counted, or
    the end of a snooze.
    """
    starts = [at for at in (alert.created_at, alert.snoozed_until, alert.withdrawn_at) if at is not None]
    delays = {rule.delay for policy in policies for rule in policy.rules}
    delays |= {timedelta(minutes=fallback_minutes), timedelta(0)}
    return min((edge for at in starts for delay in delays if (edge := at + delay) > now), default=_NEVER)


def _halted(alert: Alert, now: datetime) -> Countdown | None:
    """What the alert's state alone decides."""
    if alert.status == "closed":
        return Countdown("stopped", reason="closed")
    if alert.status == "snoozed" and (alert.snoozed_until is None or alert.snoozed_until > now):
        return Countdown("stopped", reason="snoozed; the escalation starts again when the snooze ends")
    if alert.status not in ("open", "acked", "snoozed"):
        return Countdown("unknown", reason=f'the alert\'s status "{alert.status}" is not known')
    return None


def started(alert: Alert, now: datetime) -> datetime | None:
    """Since when the escalation runs; None if it began again at a moment that isn't known."""
    start = alert.created_at
    if alert.snoozed_until is not None and alert.snoozed_until <= now:
        start = max(start, alert.snoozed_until)
    # An alert that is open and has been acknowledged was un-acknowledged since, which restarts it.
    withdrawn = alert.status == "open" and alert.acknowledged_at is not None and alert.acknowledged_at > start
    return alert.withdrawn_at if withdrawn else start


def policies_of(
    alert: Alert, policies: Sequence[EscalationPolicy], default_policy: str
) -> list[EscalationPolicy]:
    """The policies that run for this alert. One that the alert names and that wasn't read leaves none."""
    named = [responder for responder in alert.responders if responder.type == "escalation"]
    if named:
        ids = {responder.id for responder in named if responder.id}
        names = {responder.name.casefold() for responder in named if responder.name}
        return [policy for policy in policies if policy.id in ids or policy.name.casefold() in names]
    wanted = default_policy.casefold()
    return [p for p in policies if wanted and (p.name.casefold() == wanted or p.id == default_policy)][:1]


def second_line_due(
    alert: Alert,
    until: datetime,
    *,
    policies: Iterable[EscalationPolicy],
    fallback_minutes: float,
    default_policy: str,
    second_line: SecondLine,
    second_line_schedule: str,
) -> tuple[datetime, Person | Unknown, str] | None:
    """When the second line was first to be paged about an alert that waited from its creation until a moment.

    With who that was, and the basis. None: it was taken or gone before, or nobody was second line then.
    """
    chosen = policies_of(alert, tuple(policies), default_policy)
    delays = [
        rule.delay for policy in chosen for rule in policy.rules if is_second_line(rule, second_line_schedule)
    ]
    basis = "policy" if chosen else "configured"
    if not chosen:
        delays = [timedelta(minutes=fallback_minutes)]
    for at in sorted(alert.created_at + delay for delay in delays):
        who = second_line(at)
        if at < until and who is not None:
            return at, who, basis
    return None


def is_second_line(rule: EscalationRule, schedule: str) -> bool:
    """Whether a step pages the second line: a schedule of this name or id."""
    return rule.recipient_type == "schedule" and schedule.casefold() in (
        rule.recipient.casefold(),
        rule.recipient_id.casefold(),
    )


def _reached(second_line: SecondLine, now: datetime, at: datetime) -> tuple[Person | Unknown | None, str]:
    """Whom a step of the second line reaches; nobody in words, "now" only where that is so now as well."""
    who = second_line(at)
    if who is not None:
        return who, ""
    if second_line(now) is None:
        return None, _NOBODY_NOW
    return None, _NOBODY_THEN if at > now else _NOBODY_WAS


def _step(
    policy: EscalationPolicy,
    rule: EscalationRule,
    at: datetime,
    reached: Callable[[datetime], tuple[Person | Unknown | None, str]],
    schedule: str,
) -> _Step:
    recipient = rule.recipient or f"{rule.recipient_type} {rule.recipient_id}"
    second_line = is_second_line(rule, schedule)
    who, nobody = reached(at) if second_line else (None, "")
    return _Step(
        at,
        _named(recipient, who),
        policy.name,
        pages_acked=rule.condition == "if-not-closed",
        second_line=second_line,
        nobody=nobody,
    )


def _named(line: str, who: Person | Unknown | None) -> str:
    return f"{line} ({who.name})" if isinstance(who, Person) else line


def _after(
    page: Page | None, steps: Sequence[_Step], now: datetime, coming: Callable[[Sequence[_Step]], Countdown]
) -> Countdown:
    """What comes next, after what the person has had paged; `coming` says it of the steps that are left."""
    if page is None:
        return coming(steps)
    if not page.escalation or page.proof is Proof.UNKNOWN:
        found = coming(steps)
        whose = f"the page of {page.by}" if page.by else "your page"
        doubt = f"it isn't known whether {whose} arrived" if page.proof is Proof.UNKNOWN else page.words
        return replace(found, page=page, reason="; ".join(filter(None, (doubt, found.reason))))
    asked_for = not page.by_policy
    taken = next((step for step in steps if asked_for and step.at > page.at and not step.nobody), None)
    # What was due before it is answered by it, where somebody was paged.
    left = [
        step for step in steps if step is not taken and (step.at > page.at or page.proof is not Proof.PAGED)
    ]
    found = coming(left)
    again = (
        f"the policy may page {taken.who} again at its own time"
        if taken is not None and taken.at > now
        else ""
    )
    told = "; ".join(filter(None, (page.words, again)))
    if found.state in ("running", "due"):
        return replace(found, page=page, reason=f"{told}; {found.reason}")
    if found.next is None:
        # Acknowledged: nobody will be paged.
        return replace(found, page=page)
    return Countdown("unknown", basis=found.basis, reason=told, missed=found.missed, page=page)


def _next(alert: Alert, steps: Sequence[_Step], now: datetime, basis: str, note: str) -> Countdown:
    """The first step to come; else the last that should have been taken."""
    acked = alert.status == "acked"
    applying = [step for step in steps if step.pages_acked or not acked]
    coming = [step for step in applying if step.at > now]
    manned = next((step for step in coming if not step.nobody), None)
    passed_over = next((step.nobody for step in coming if step.nobody), "")
    if manned is not None:
        until_closed = "acknowledged, but this step pages until the alert is closed" if acked else ""
        before = [step for step in applying if step.second_line and not step.nobody and step.at <= now]
        missed = bool(before) and not acked
        check = f"{before[-1].who} should have been paged: check" if missed else ""
        reason = "; ".join(part for part in (check, until_closed, passed_over, note) if part)
        reason = reason or f"by the policy {manned.policy}"
        return Countdown("running", manned.who, manned.at, basis, reason, missed)
    if acked:
        return Countdown("stopped", basis=basis, reason="acknowledged")
    if passed_over or (applying and applying[-1].nobody):
        return Countdown("stopped", NOBODY, None, basis, passed_over or applying[-1].nobody)
    if not applying:
        return Countdown("stopped", NOBODY, None, basis, "its escalation policy has no steps")
    last = applying[-1]
    reason = "; ".join(part for part in (f"{last.who} should have been paged: check", note) if part)
    return Countdown("due", last.who, last.at, basis, reason, missed=True)
