"""What follows from a snapshot and the configuration, for screens and documents alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from support_desk.config.model import Config
from support_desk.desk.snapshot import Snapshot, State, state
from support_desk.domain.alerts import Alert
from support_desk.domain.clients import ClientRule, client_of_alert
from support_desk.domain.escalation import Countdown, SecondLine, countdown
from support_desk.domain.paged import Page
from support_desk.domain.rota import Person, Role, Rota, Unknown, answer_for, on_now, same_address, worked
from support_desk.domain.working_time import WorkingCalendar
from support_desk.latest import Latest


def to_answer(
    alerts: Iterable[Alert], config: Config, rules: Sequence[ClientRule], *, in_hours: bool
) -> Iterator[Alert]:
    """The open and acknowledged alerts that somebody is there for at this hour (ruling 9).

    Out of hours `[on_call] clients` limits who has cover; where it is empty nobody knows, and all count. So
    does an alert whose client isn't known, and one that somebody has taken.
    """
    covered = {name.casefold() for name in config.on_call.clients}
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

    The answer knows of an override at once. It counts while it is fresh, and until the timeline says that
    somebody else's shift has begun since it was given.
    """
    planned = on_now(rota_of(snapshot), Role.SECOND_LINE, now)
    answers = snapshot.on_call
    if answers.read_at is None or state(answers, now) is not State.FRESH:
        return planned
    if on_now(rota_of(snapshot), Role.SECOND_LINE, answers.read_at) != planned:
        return planned
    answer = answer_for(config.rota.second_line.schedule, answers.rows)
    return next(iter(answer.people), None) if answer is not None and answer.enabled else planned


def second_line_at(snapshot: Snapshot, now: datetime, config: Config) -> SecondLine:
    """Who is second line at moments around now: whoever is on now, until the timeline says that it changes.

    The five minutes of an alert may begin before a change of shifts and end after it.
    """
    rota, here = rota_of(snapshot), second_line(snapshot, now, config)
    edges = {
        edge
        for shift in (rota.shifts if rota else ())
        if shift.role is Role.SECOND_LINE
        for edge in (shift.start, shift.end)
    }
    begins = max((edge for edge in edges if edge <= now), default=datetime.min.replace(tzinfo=UTC))
    ends = min((edge for edge in edges if edge > now), default=datetime.max.replace(tzinfo=UTC))

    def at(moment: datetime) -> Person | Unknown | None:
        if begins <= moment < ends:
            return here
        return on_now(rota, Role.SECOND_LINE, moment)

    return at


def escalation_of(
    alert: Alert, snapshot: Snapshot, now: datetime, config: Config, page: Page | None = None
) -> Countdown:
    """When the next line is paged about an alert, and who that is (ruling 6).

    `page` is what is known of whom the person has had paged about it.
    """
    return escalation_to(second_line_at(snapshot, now, config), alert, snapshot, now, config, page=page)


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


def in_words(found: Countdown, config: Config) -> Countdown:
    """The countdown with the second line by its name, not by its schedule's; a person by theirs."""
    who, schedule = found.next or "", config.rota.second_line.schedule
    if who.casefold().startswith(schedule.casefold()):
        return replace(found, next=f"second line{who[len(schedule) :]}")
    name = name_of(who, config) if "@" in who else ""
    return replace(found, next=name) if name else found


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
