"""Rows for the desk's tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from support_desk.domain.alerts import Alert
from support_desk.domain.rota import Cover, OnCall, Person, Role, Rota, Shift
from support_desk.domain.sla import Agreement, Ranked, rank
from support_desk.domain.tickets import Replies, SlaRow, Ticket
from support_desk.domain.working_time import WorkingCalendar
from tests.desk.clock import START

CALENDAR = WorkingCalendar(
    timezone=ZoneInfo("Europe/London"),
    start=time(10),
    end=time(18),
    days=frozenset(range(5)),
    holidays=frozenset({date(2026, 5, 25)}),
)
AGREEMENT = Agreement(CALENDAR, frozenset({"support-emergency@example.com"}), False)
ANNA = Person("Anna Bell", "anna@example.com")
BEN = Person("Ben Cole", "ben@example.com")


def ticket(number: int, **changes: Any) -> Ticket:
    """An unsolved ticket; its deadline is `number` minutes after the start."""
    base = Ticket(
        id=number,
        subject=f"Page {number} is broken",
        status="open",
        created_at=START - timedelta(hours=2),
        updated_at=START - timedelta(hours=1),
        helpdesk="https://desk.example.com",
        priority="normal",
        organisation="Acme",
        requester="Jo",
        requester_email="jo@example.com",
        tags=("client_acme", "managed"),
        plan="standard",
        sla_rows=(SlaRow("first_reply_time", "active", START + timedelta(minutes=number)),),
        replies=Replies(0),
    )
    return replace(base, **changes)


def ranked(*tickets: Ticket) -> tuple[Ranked, ...]:
    return rank(tickets, AGREEMENT)


def alert(name: str, **changes: Any) -> Alert:
    base = Alert(
        id=name,
        message=f"{name} is down",
        priority="P1",
        status="open",
        created_at=START - timedelta(minutes=10),
        updated_at=START - timedelta(minutes=10),
        last_occurred_at=START - timedelta(minutes=10),
        tags=("client_acme",),
    )
    return replace(base, **changes)


def timeline(*roles: Role, person: Person = ANNA, start: datetime = START, days: int = 7) -> Rota:
    end = start + timedelta(days=days)
    shifts = tuple(Shift(role, person, start, end) for role in sorted(roles))
    return Rota(shifts, Cover(start, end, frozenset(roles)))


def on_call(schedule: str, *people: Person) -> OnCall:
    return OnCall(schedule, True, people)
