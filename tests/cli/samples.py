"""A small desk at a fixed moment, for the tests of what is printed about it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from support_desk import glance
from support_desk.config.model import Config
from support_desk.desk.snapshot import Feed, FeedName, Snapshot
from support_desk.domain.alerts import Alert
from support_desk.domain.rota import Cover, Person, Role, Rota, Shift
from support_desk.domain.runbooks import Heading, Runbook
from support_desk.domain.sla import Agreement, rank
from support_desk.domain.tickets import SlaRow, Ticket
from support_desk.domain.working_time import WorkingCalendar
from support_desk.glance import AlertGlance, Glance, TicketGlance, sources_of

NOW = datetime(2026, 11, 23, 13, 0, 0, 250_000, tzinfo=UTC)
"""A Monday; not on the second, as a clock never is."""

TODAY = datetime(2026, 11, 23, tzinfo=UTC)
ZONE = ZoneInfo("Europe/London")
AGREEMENT = Agreement(
    WorkingCalendar(ZONE, time(10), time(18), frozenset(range(5)), frozenset({date(2026, 12, 25)})),
    frozenset({"support-emergency@dxw.com"}),
)

JO = Person("Jo Example", "jo@example.com")
SAM = Person("Sam Patel", "sam@example.com")


def ticket(number: int, *rows: SlaRow, priority: str | None = "normal", **more: Any) -> Ticket:
    given: dict[str, Any] = {
        "id": number,
        "subject": f"Subject {number}",
        "status": "open",
        "created_at": TODAY + timedelta(hours=10),
        "updated_at": TODAY + timedelta(hours=11, milliseconds=500),
        "helpdesk": "https://example.zendesk.com",
        "priority": priority,
        "sla_rows": rows,
    }
    return Ticket(**(given | more))


def active(at: datetime) -> SlaRow:
    return SlaRow("first_reply_time", "active", at)


def alert(number: int, priority: str, status: str = "open", minutes: int = 3, **more: Any) -> Alert:
    at = NOW.replace(microsecond=0) - timedelta(minutes=minutes)
    given: dict[str, Any] = {
        "id": f"id-{number}",
        "message": f"Message {number}",
        "priority": priority,
        "status": status,
        "created_at": at,
        "updated_at": at,
        "last_occurred_at": at,
        "tiny_id": str(number),
    }
    return Alert(**(given | more))


def shift(role: Role, person: Person, start: datetime, hours: float, *, override: bool = False) -> Shift:
    return Shift(role, person, start, start + timedelta(hours=hours), override)


def rota(*shifts: Shift) -> Rota:
    return Rota(shifts, Cover(TODAY, TODAY + timedelta(days=14), frozenset(Role)))


def runbook(path: str, title: str, *headings: str) -> Runbook:
    inside = tuple(Heading(2, text, text.lower().replace(" ", "-")) for text in headings)
    return Runbook(path, title, (Heading(1, title, ""), *inside), (), TODAY, 10)


def desk(**feeds: Any) -> Snapshot:
    """A desk that has just read these feeds whole; a feed by itself is taken as it is."""
    snapshot = Snapshot()
    for name in FeedName:
        rows = feeds.get(name.value, ())
        if isinstance(rows, Feed):
            snapshot = snapshot.with_feed(name, rows)
            continue
        if name is FeedName.TICKETS:
            rows = rank(rows, AGREEMENT)
        read: Feed[object] = Feed(rows=tuple(rows), read_at=NOW - timedelta(seconds=4))
        snapshot = snapshot.with_feed(name, read)
    return snapshot


def glance_of(snapshot: Snapshot, now: datetime, critical: tuple[str, ...]) -> Glance:
    """What `status` finds in the store, made from a whole snapshot."""
    return Glance(
        now,
        sources_of(snapshot, now),
        tuple(
            AlertGlance(alert.priority, alert.status, alert.message, alert.created_at, alert.tiny_id)
            for alert in snapshot.alerts.rows
        ),
        len(snapshot.tickets.rows),
        tuple(
            TicketGlance(row.ticket.id, row.ticket.subject, row.verdict.deadline)
            for row in snapshot.tickets.rows
            if row.verdict.kind == "due" and row.verdict.deadline
        ),
        critical,
    )


def status_document(snapshot: Snapshot, now: datetime, config: Config) -> dict[str, Any]:
    """What `status --json` prints."""
    seen = glance_of(snapshot, now.replace(microsecond=0), config.on_call.critical)
    return glance.header(seen.now, seen.sources) | glance.document(seen)
