"""What follows from a snapshot and the configuration, for screens and documents alike."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from support_desk.config.model import Config
from support_desk.desk.snapshot import Snapshot, State, state
from support_desk.domain.alerts import Alert, EscalationPolicy
from support_desk.domain.clients import ClientRule, client_of_alert
from support_desk.domain.escalation import Countdown, SecondLine, countdown, is_second_line, same_until
from support_desk.domain.ladder import Rung, rungs
from support_desk.domain.paged import Page
from support_desk.domain.rota import (
    OnCall,
    Person,
    Role,
    Rota,
    Unknown,
    answer_for,
    covers,
    on_now,
    same_address,
    worked,
)
from support_desk.domain.working_time import WorkingCalendar
from support_desk.latest import Latest
from support_desk.records import record


def to_answer(
    alerts: Iterable[Alert], config: Config, rules: Sequence[ClientRule], *, in_hours: bool
) -> Iterator[Alert]:
    """The open and acknowledged alerts that somebody is there for at this hour (ruling 9).

    Out of hours `[on_call] clients` limits who has cover; where it is empty nobody knows, and all count. So
    does an alert whose client isn't known, and one that somebody has taken.
    """
    covered = {name.strip().casefold() for name in config.on_call.clients}
    for alert in alerts:
        if alert.status not in ("open", "acked"):
            continue
        limited = covered and not in_hours and alert.status == "open"
        guess = client_of_alert(alert, rules) if limited else None
        if guess is None or {guess.name.casefold(), guess.tag} & covered:
            yield alert


def rota_of(snapshot: Snapshot) -> Rota | None:
    """The timeline; None before it was read."""
    return next(iter(snapshot.rota.rows), None)


_worked: Latest[Rota] = Latest()


def worked_rota(snapshot: Snapshot, calendar: WorkingCalendar) -> Rota | None:
    """The timeline as it is worked: on a bank holiday nobody whom only the rotation names is there by day."""
    rota = rota_of(snapshot)
    if rota is None:
        return None
    return _worked.of((rota, calendar), lambda: worked(rota, calendar.holidays, calendar.timezone))


def second_line(snapshot: Snapshot, now: datetime, config: Config) -> Person | Unknown | None:
    """Who is second line: by the answer to "who is on call now", else by the timeline.

    The answer knows of an override at once, and that a schedule is disabled, which pages nobody. It counts
    while it is fresh, and until the timeline says that somebody else's shift has begun since it was given.
    """
    planned = on_now(rota_of(snapshot), Role.SECOND_LINE, now)
    answers = snapshot.on_call
    if answers.read_at is None or state(answers, now) is not State.FRESH:
        return planned
    if on_now(rota_of(snapshot), Role.SECOND_LINE, answers.read_at) != planned:
        return planned
    answer = answer_for(config.rota.second_line.schedule, answers.rows)
    if answer is None:
        return planned
    return next(iter(answer.people), None) if answer.enabled else None


@record
class SecondLineAround:
    """Who is second line at moments around one: asked with a moment (UTC), it answers."""

    rota: Rota | None
    here: Person | Unknown | None
    """Who it is at the moment itself, and from `begins` until `ends`."""
    begins: datetime
    ends: datetime

    def __call__(self, moment: datetime) -> Person | Unknown | None:
        if self.begins <= moment < self.ends:
            return self.here
        return on_now(self.rota, Role.SECOND_LINE, moment)

    def answers_as(self, other: SecondLineAround) -> bool:
        """Whether the other gives the same answer whatever it is asked."""
        times = self.begins == other.begins and self.ends == other.ends
        return times and self.rota is other.rota and self.here == other.here


def second_line_at(
    snapshot: Snapshot, now: datetime, config: Config, calendar: WorkingCalendar
) -> SecondLineAround:
    """Who is second line at moments around now: whoever is on now, until the timeline says that it changes.

    The five minutes of an alert may begin before a change of shifts and end after it. Without a timeline the
    answer to "who is on call now" holds as long as working hours neither begin nor end: then shifts change.
    """
    rota, here = rota_of(snapshot), second_line(snapshot, now, config)
    edges = _second_line_changes.of((rota,), lambda: _changes(rota, Role.SECOND_LINE))
    later = bisect_right(edges, now)
    begins, ends = edges[later - 1], edges[later]
    if not covers(rota, Role.SECOND_LINE, now):
        begins, ends = max(begins, calendar.last_change(now)), min(ends, calendar.next_change(now))
    return SecondLineAround(rota, here, begins, ends)


_second_line_changes: Latest[list[datetime]] = Latest()


def _changes(rota: Rota | None, role: Role) -> list[datetime]:
    """When a line's shifts begin and end, between the beginning of time and its end."""
    shifts = [shift for shift in (rota.shifts if rota else ()) if shift.role is role]
    edges = {edge for shift in shifts for edge in (shift.start, shift.end)}
    return [datetime.min.replace(tzinfo=UTC), *sorted(edges), datetime.max.replace(tzinfo=UTC)]


def escalation_of(
    alert: Alert,
    snapshot: Snapshot,
    now: datetime,
    config: Config,
    calendar: WorkingCalendar,
    *,
    page: Page | None = None,
) -> Countdown:
    """When the next line is paged about an alert, and who that is (ruling 6).

    `page` is what is known of whom the person has had paged about it.
    """
    on_second_line = second_line_at(snapshot, now, config, calendar)
    return escalation_to(on_second_line, alert, snapshot, now, config, page=page)


def escalation_to(
    on_second_line: SecondLine,
    alert: Alert,
    snapshot: Snapshot,
    now: datetime,
    config: Config,
    *,
    page: Page | None = None,
) -> Countdown:
    """The same for one alert of many: `on_second_line` is what `second_line_at` says around the moment."""
    return countdown(
        alert,
        policies=snapshot.policies.rows,
        fallback_minutes=config.escalation.minutes,
        default_policy=config.escalation.name,
        second_line=on_second_line,
        now=now,
        second_line_schedule=config.rota.second_line.schedule,
        page=page,
    )


@record
class _Kept:
    """A countdown with all that it was made of."""

    countdown: Countdown
    alert: Alert
    policies: tuple[EscalationPolicy, ...]
    config: Config
    page: Page | None
    on_second_line: SecondLineAround
    since: datetime
    until: datetime
    """When time alone may change it."""


class Countdowns:
    """The countdowns of alerts, each kept until something that it is made of is another, or its time comes.

    Every pane asks for them, and with every minute again for all.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def of(
        self,
        on_second_line: SecondLineAround,
        alert: Alert,
        snapshot: Snapshot,
        now: datetime,
        config: Config,
        *,
        page: Page | None = None,
    ) -> Countdown:
        """What `escalation_to` says."""
        kept = self._kept.get(alert.id)
        if (
            kept is not None
            and kept.since <= now < kept.until
            and kept.alert is alert
            and kept.policies is snapshot.policies.rows
            and kept.config is config
            and kept.page == page
            and kept.on_second_line.answers_as(on_second_line)
        ):
            return kept.countdown
        found = escalation_to(on_second_line, alert, snapshot, now, config, page=page)
        policies = snapshot.policies.rows
        until = same_until(alert, policies, config.escalation.minutes, now)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[alert.id] = _Kept(found, alert, policies, config, page, on_second_line, now, until)
        return found


_MOST_KEPT = 2_000
"""Of alerts that have left as well: a week has many."""


def in_words(found: Countdown, config: Config, snapshot: Snapshot) -> Countdown:
    """The countdown with the second line by its name, not by its schedule's; a person by theirs."""
    who = found.next or ""
    for schedule in _second_lines(config, snapshot):
        rest = who[len(schedule) :]
        if who.casefold().startswith(schedule.casefold()) and (not rest or rest.startswith(" (")):
            return replace(found, next=f"second line{rest}")
    name = name_of(who, config) if "@" in who else ""
    return replace(found, next=name) if name else found


def by_name(text: str, config: Config, snapshot: Snapshot) -> str:
    """A sentence about the steps of a policy, with lines and people called as everywhere else."""
    for schedule in map(re.escape, _second_lines(config, snapshot)):
        text = re.sub(rf"(?i)(?<![\w-]){schedule}(?= \(| again| should|,|$)", "second line", text)
    return _ADDRESS.sub(lambda found: person_named(found[0], snapshot, config), text)


def _second_lines(config: Config, snapshot: Snapshot) -> tuple[str, ...]:
    """What the second line's schedule is called, the longest first: every alert of a list asks."""
    on_call, policies = snapshot.on_call.rows, snapshot.policies.rows
    return _second_lines_called.of((config, on_call, policies), lambda: _called(config, on_call, policies))


_second_lines_called: Latest[tuple[str, ...]] = Latest()


def _called(
    config: Config, on_call: Sequence[OnCall], policies: Sequence[EscalationPolicy]
) -> tuple[str, ...]:
    """A schedule may be configured by its id.

    Then its name is only known from the answers about who is on, and from the steps that page it.
    """
    schedule = config.rota.second_line.schedule
    if not schedule:
        return ()
    answers = [row.schedule for row in on_call if row.id.casefold() == schedule.casefold()]
    steps = [rule.recipient for policy in policies for rule in policy.rules if is_second_line(rule, schedule)]
    return tuple(sorted({schedule, *answers, *steps} - {""}, key=len, reverse=True))


_ADDRESS = re.compile(r"[^\s(),;:@]+@[^\s(),;:@]+")


def name_of(address: str, config: Config) -> str:
    """How the configuration calls somebody; empty where it doesn't know the address."""
    known = ((known, person.name) for known, person in config.people.items())
    beyond = ((step.email, step.name) for step in config.rota.beyond)
    return next((name for email, name in (*known, *beyond) if name and same_address(email, address)), "")


def person_named(address: str, snapshot: Snapshot, config: Config) -> str:
    """How somebody is called: by the configuration, else by the alert service, else by the address itself."""
    people = snapshot.people.rows
    return name_of(address, config) or next(
        (person.name for person in people if person.name and same_address(person.email, address)), address
    )


def ladder(
    snapshot: Snapshot,
    config: Config,
    calendar: WorkingCalendar,
    now: datetime,
    on_second_line: Person | Unknown | None,
) -> Iterator[Rung]:
    """Everybody who can be paged or rung, in the order in which the handbook would, with their numbers."""
    beyond = [Person(step.name, step.email) for step in config.rota.beyond]
    people, rota = snapshot.people.rows, worked_rota(snapshot, calendar)
    phones = _phones.of((config,), lambda: _phones_in(config))
    return rungs(rota, people, beyond, phones, now, second_line=on_second_line)


_phones: Latest[Mapping[str, str]] = Latest()


def _phones_in(config: Config) -> Mapping[str, str]:
    """The telephone numbers by address and by name, in lower case."""
    phones = {address.casefold(): person.phone for address, person in config.people.items() if person.phone}
    phones |= {person.name.casefold(): person.phone for person in config.people.values() if person.phone}
    for step in config.rota.beyond:
        if step.phone:
            phones |= {step.name.casefold(): step.phone} | (
                {step.email.casefold(): step.phone} if step.email else {}
            )
    return phones
