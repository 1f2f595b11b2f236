"""The ledger of time off in lieu: which alerts out of hours count, and what makes one claim.

What a claim is worth is in `toil_rule.py`. Lengths are elapsed time in UTC, so a change of the clocks neither
stretches nor shortens the hour in which alerts are one claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from fractions import Fraction

from support_desk.domain.rota import Cover, Person, Role, Shift, same_person
from support_desk.domain.toil_rule import Counted, Rule, Woken, asleep, base_of, extra_of
from support_desk.domain.working_time import WorkingCalendar
from support_desk.records import record

SCRIPT_WINDOW = timedelta(minutes=30)
"""After the alert that it counted last, the agency's script counts no other of that kind for so long."""
SCRIPT_SLEEPS = (23, 8)
"""The batch job's tags: from 23 o'clock through 8:59, and both tags within these two hours."""


@record
class Received:
    """An alert as a claim needs it (times UTC, text cleaned)."""

    id: str
    message: str
    at: datetime
    """When it was received: it was made, and the service told whoever was on call."""
    priority: str = ""
    tags: tuple[str, ...] = ()
    acked_at: datetime | None = None
    acked_by: str = ""
    mine: bool = False
    """The person themselves acknowledged it."""
    gone_at: datetime | None = None
    """When it was closed, at that moment or before."""


@record
class Answer:
    """What the person said about a claim."""

    alert: str
    """Id of the claim's first alert then; the answer follows that alert into whichever claim has it."""
    woken: Woken
    fix: timedelta
    """How long fixing took, all of it."""
    left_out: bool
    """It isn't claimed, such as when the alert never reached them."""
    at: datetime
    claimed_at: datetime | None = None
    """When they entered it in the agency's system."""


@record
class Claim:
    """One claim: its alerts, what was said about it, and the rule."""

    alerts: tuple[Received, ...]
    """Oldest first; the first one opened the hour."""
    role: Role
    """The line on which the person was."""
    suggested: Woken
    """By the local hours of sleep."""
    rule: Rule
    answer: Answer | None = None
    runs_into_next: bool = False
    """The time of fixing reaches beyond the first alert of the next claim: an hour might be counted twice."""

    @property
    def id(self) -> str:
        """Its first alert's."""
        return self.alerts[0].id

    @property
    def start(self) -> datetime:
        """When its first alert was received."""
        return self.alerts[0].at

    @property
    def woken(self) -> Woken:
        """As answered, else as suggested."""
        return self.answer.woken if self.answer else self.suggested

    @property
    def fix(self) -> timedelta:
        """How long fixing took, as answered; nothing where it wasn't."""
        return self.answer.fix if self.answer else timedelta()

    @property
    def left_out(self) -> bool:
        """The person doesn't claim it."""
        return self.answer is not None and self.answer.left_out

    @property
    def claimed_at(self) -> datetime | None:
        """When it was entered in the agency's system; None: not yet."""
        return self.answer.claimed_at if self.answer else None

    @property
    def base(self) -> Fraction:
        """Days for having been alerted."""
        if self.left_out:
            return Fraction()
        return base_of(self.woken, self.rule)

    @property
    def extra(self) -> Fraction:
        """Days for fixing beyond the first hour."""
        return Fraction() if self.left_out else extra_of(self.fix, self.rule)

    @property
    def days(self) -> Fraction:
        """What it is worth."""
        return self.base + self.extra

    @property
    def length(self) -> timedelta:
        """The same in hours."""
        return self.rule.day * self.days.numerator / self.days.denominator


@record
class Script:
    """What the agency's own script counts in the same range, at the same rates."""

    awake: int
    woken: int
    days: Fraction


@record
class Ledger:
    """The claims whose first alert was received within a range, and what was left out and why."""

    start: datetime
    end: datetime
    rule: Rule
    claims: tuple[Claim, ...]
    """Oldest first."""
    outside: tuple[Received, ...]
    """Acknowledged by the person out of hours, outside their own shifts."""
    unacknowledged: tuple[Received, ...]
    """In their shifts, and not counted because the rule wants an acknowledgement of theirs."""
    unknown: tuple[Received, ...]
    """Out of hours at a time for which the rota wasn't read: nobody can say whose they were."""
    script: Script

    @property
    def days(self) -> Fraction:
        """What all claims are worth."""
        return sum((claim.days for claim in self.claims), Fraction())

    @property
    def length(self) -> timedelta:
        """The same in hours."""
        return sum((claim.length for claim in self.claims), timedelta())

    @property
    def unanswered(self) -> tuple[Claim, ...]:
        """Claims about which the person hasn't said anything."""
        return tuple(claim for claim in self.claims if claim.answer is None)

    @property
    def to_claim(self) -> tuple[Claim, ...]:
        """Answered claims that are worth something and aren't entered yet."""
        return tuple(
            claim for claim in self.claims if claim.answer and claim.days and claim.claimed_at is None
        )


def suggestion(alerts: Iterable[Received], rule: Rule, calendar: WorkingCalendar) -> Woken:
    """The answer that the clock suggests for a claim's alerts, oldest first."""
    first, *others = (asleep(alert.at, rule, calendar) for alert in alerts)
    if first:
        return Woken.FIRST
    return Woken.LATER if any(others) else Woken.NO


def duty(shifts: Iterable[Shift], at: datetime) -> Shift | None:
    """The shift by which a person is alerted at a moment out of hours, of their own ones; None: they aren't.

    On call, on the second line, or in for the day of a bank holiday, which is by override. A rotation that
    goes on naming its usual person on a bank holiday alerts nobody. The first line comes before the second.
    """
    on = [
        shift
        for shift in shifts
        if shift.start <= at < shift.end
        and (shift.role in (Role.ON_CALL, Role.SECOND_LINE) or shift.override)
    ]
    return min(on, key=lambda shift: (shift.role is Role.SECOND_LINE, shift.start), default=None)


def own_shifts(shifts: Iterable[Shift], person: Person) -> tuple[Shift, ...]:
    """The shifts of one person."""
    return tuple(shift for shift in shifts if same_person(shift.person, person))


def ledger(
    received: Iterable[Received],
    shifts: Iterable[Shift],
    cover: Cover | None,
    answers: Mapping[str, Answer],
    *,
    rule: Rule,
    calendar: WorkingCalendar,
    start: datetime,
    end: datetime,
) -> Ledger:
    """The claims of one person with a first alert from `start` until before `end` (UTC).

    `shifts` are the person's own, and `cover` what the rota was read for (None: nothing). Alerts from before
    `start` are needed as well: an hour that began before the range isn't begun anew within it.
    """
    own = tuple(shifts)
    counted: list[tuple[Received, Role]] = []
    outside: list[Received] = []
    unacknowledged: list[Received] = []
    unknown: list[Received] = []
    alerts = sorted(received, key=lambda alert: (alert.at, alert.id))
    for alert in alerts:
        if calendar.is_open(alert.at):
            continue
        shift = duty(own, alert.at)
        if shift is None:
            if not _covered(cover, alert):
                unknown.append(alert)
            elif alert.mine:
                outside.append(alert)
        elif shift.role is Role.SECOND_LINE and not alert.mine:
            # The second line is paged only by escalation, and an acknowledgement is its only trace here.
            continue
        elif rule.counted is Counted.ACKNOWLEDGED and not alert.mine:
            unacknowledged.append(alert)
        else:
            counted.append((alert, shift.role))

    def within(those: Iterable[Received]) -> tuple[Received, ...]:
        return tuple(alert for alert in those if start <= alert.at < end)

    claims = _claims(counted, answers, rule, calendar)
    return Ledger(
        start,
        end,
        rule,
        tuple(claim for claim in claims if start <= claim.start < end),
        within(outside),
        within(unacknowledged),
        within(unknown),
        script(alerts, rule, calendar, start, end),
    )


def _covered(cover: Cover | None, alert: Received) -> bool:
    """Whether the rota can say that no shift of the person's own was on."""
    if cover is None or not cover.start <= alert.at < cover.end:
        return False
    # Of the second line only what the person acknowledged could be theirs.
    needed = {Role.ON_CALL, Role.SECOND_LINE} if alert.mine else {Role.ON_CALL}
    return needed <= cover.roles


def _claims(
    counted: list[tuple[Received, Role]],
    answers: Mapping[str, Answer],
    rule: Rule,
    calendar: WorkingCalendar,
) -> list[Claim]:
    groups: list[list[tuple[Received, Role]]] = []
    for alert, role in counted:
        if groups and alert.at - groups[-1][0][0].at <= rule.window:
            groups[-1].append((alert, role))
        else:
            groups.append([(alert, role)])
    claims = []
    for number, group in enumerate(groups):
        alerts = tuple(alert for alert, _ in group)
        said = [answers[alert.id] for alert in alerts if alert.id in answers]
        answer = max(said, key=lambda given: given.at, default=None)
        following = groups[number + 1][0][0].at if number + 1 < len(groups) else None
        reaches = answer is not None and not answer.left_out and alerts[0].at + answer.fix
        claims.append(
            Claim(
                alerts,
                group[0][1],
                suggestion(alerts, rule, calendar),
                rule,
                answer,
                runs_into_next=bool(reaches and following and reaches > following),
            )
        )
    return claims


def script(
    received: Iterable[Received], rule: Rule, calendar: WorkingCalendar, start: datetime, end: datetime
) -> Script:
    """What the agency's script makes of the same alerts, at this rule's rates, from `start` until `end`.

    It counts alerts that the person acknowledged, whatever shift they had; by the time tags, of which
    "sleeping" wins; and after one that it counted none of that kind for half an hour. It knows nothing of
    fixing. The tags come a day later from a batch job; where they are missing this does as the job would.
    """
    counts = {"sleepinghours": 0, "wakinghours": 0}
    latest: dict[str, datetime] = {}
    for alert in sorted(received, key=lambda alert: (alert.at, alert.id)):
        kind = _kind(alert, calendar)
        if not alert.mine or kind is None:
            continue
        if kind in latest and alert.at - latest[kind] <= SCRIPT_WINDOW:
            continue
        latest[kind] = alert.at
        counts[kind] += start <= alert.at < end
    awake, woken = counts["wakinghours"], counts["sleepinghours"]
    return Script(awake, woken, awake * rule.awake + woken * rule.woken)


def _kind(alert: Received, calendar: WorkingCalendar) -> str | None:
    """The time tag that the script goes by; None: in hours."""
    tags = {tag.casefold() for tag in alert.tags}
    for tag in ("sleepinghours", "wakinghours"):
        if tag in tags:
            return tag
    if "inhours" in tags:
        return None
    local = alert.at.astimezone(calendar.timezone)
    # The job's working day goes on to the end of its last hour: until 18:59.
    if calendar.is_working_day(local.date()) and calendar.start.hour <= local.hour <= calendar.end.hour:
        return None
    late, early = SCRIPT_SLEEPS
    return "sleepinghours" if local.hour >= late or local.hour <= early else "wakinghours"
