"""What needs me now, in one line: the few facts that `support-desk status` is made of.

It has 50 milliseconds beyond the interpreter's start, so this module doesn't know the domain, which costs
20 of them. `status` reads a `Glance` straight from the store (`cli.stored`).
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from support_desk.desk.feeds import FEED_WORDS
from support_desk.desk.snapshot import (
    FEEDS_OF,
    SUPPORTING,
    FeedName,
    Snapshot,
    SourceName,
    State,
    source_state,
    state,
)
from support_desk.domain.words import counted
from support_desk.text import clean

SOON = timedelta(hours=1)
"""A ticket that is due within this time is near its breach."""

AHEAD = timedelta(minutes=1)
"""A reading that is dated so far in the future says something of this machine's clock."""

_MESSAGE_SHOWN = 40

_SHOWN = {"zendesk": "tickets", "alerts": "alerts"}
"""The sources that the line is about, as it calls them."""

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


class SourceGlance(msgspec.Struct, frozen=True):
    """How far one source can be trusted: the entry of `sources` in every document."""

    state: str
    read_at: datetime | None = None
    error: str | None = None


class AlertGlance(msgspec.Struct, frozen=True):
    """An alert that isn't closed."""

    priority: str
    status: str
    message: str
    created_at: datetime
    tiny_id: str = ""


class TicketGlance(msgspec.Struct, frozen=True):
    """A ticket of the queue whose clock is running."""

    id: int
    subject: str
    deadline: datetime
    """UTC."""


class Glance(msgspec.Struct, frozen=True):
    """Everything that the line is made of."""

    now: datetime
    sources: dict[str, SourceGlance]
    alerts: tuple[AlertGlance, ...] = ()
    tickets: int = 0
    """How many there are in the queue."""
    running: tuple[TicketGlance, ...] = ()
    """Those with a running clock, the most overdue first."""
    critical: tuple[str, ...] = ("P1",)
    """Alert priorities that are critical (`[on_call] critical`)."""

    def waiting(self) -> list[AlertGlance]:
        """Alerts that nobody has acknowledged: critical first, then by priority, the oldest first."""
        found = [alert for alert in self.alerts if alert.status == "open"]
        return sorted(
            found, key=lambda alert: (alert.priority not in self.critical, alert.priority, alert.created_at)
        )

    def breached(self) -> list[TicketGlance]:
        return [ticket for ticket in self.running if ticket.deadline <= self.now]

    def soon(self) -> list[TicketGlance]:
        """Tickets that will breach within the hour."""
        limit = self.now + SOON
        return [ticket for ticket in self.running if self.now < ticket.deadline <= limit]

    def troubles(self) -> list[str]:
        """What isn't fresh, in words, of the sources that the line is about."""
        return [
            f"{words} {source.state}{age_in_brackets(source, self.now)}"
            for name, words in _SHOWN.items()
            if (source := self.sources[name]).state not in ("fresh", "off")
        ]

    def trusted(self) -> bool:
        """Whether everything was read whole and just now, so that silence means quiet."""
        states = {self.sources[name].state for name in _SHOWN}
        return states <= {"fresh", "off"} and "fresh" in states

    def age(self) -> timedelta | None:
        """How old the oldest of the readings is; None before the first, and where that isn't known."""
        if self.ahead() is not None:
            return None
        read = [at for name in _SHOWN if (at := self.sources[name].read_at) is not None]
        return max(timedelta(0), self.now - min(read)) if read else None

    def ahead(self) -> timedelta | None:
        """How far in the future the latest reading is dated; None where none is, to the minute.

        Then this machine's clock is behind those of the services, and how old the readings are isn't known.
        """
        read = [at for name in _SHOWN if (at := self.sources[name].read_at) is not None]
        ahead = max(read, default=self.now) - self.now
        return ahead if ahead >= AHEAD else None


def age_in_brackets(source: SourceGlance, now: datetime) -> str:
    """How old a source's reading is, to stand behind a word; empty where there is none."""
    if source.read_at is None:
        return ""
    length = short_length(now - source.read_at)
    return f" (dated {length} ahead)" if source.read_at - now >= AHEAD else f" ({length} old)"


class Part(msgspec.Struct, frozen=True):
    """A piece of the line with its colour."""

    text: str
    colour: str = ""


def parts(glance: Glance) -> list[Part]:
    """The line in pieces, the most pressing first, its own age last."""
    found: list[Part] = []
    waiting = glance.waiting()
    critical = [alert for alert in waiting if alert.priority in glance.critical]
    if critical:
        first = critical[0]
        # A store may be written by others: what stands in it may not have come through our door.
        message = clean(first.message, _MESSAGE_SHOWN)
        raised = short_length(glance.now - first.created_at)
        count = counted(len(critical), f"critical {first.priority} alert")
        found.append(Part(f"{count} not acknowledged: {message} ({raised})", "red"))
    rest = len(waiting) - len(critical)
    if rest:
        more = "other " if critical else ""
        found.append(Part(f"{counted(rest, f'{more}alert')} not acknowledged", "yellow"))
    breached, soon = glance.breached(), glance.soon()
    if breached:
        found.append(Part(f"{counted(len(breached), 'ticket')} breached: #{breached[0].id}", "red"))
    if soon:
        left = short_length(soon[0].deadline - glance.now)
        found.append(
            Part(f"{counted(len(soon), 'ticket')} due within the hour: #{soon[0].id} in {left}", "yellow")
        )
    if not found:
        found.append(Part("all quiet", "green") if glance.trusted() else Part("nothing known to need you"))
    found.extend(Part(trouble, "yellow") for trouble in glance.troubles())
    age, ahead = glance.age(), glance.ahead()
    if ahead is not None:
        found.append(Part(f"age not known: this machine's clock is {short_length(ahead)} behind", "yellow"))
    else:
        found.append(Part("never read" if age is None else f"read {short_length(age)} ago"))
    return found


def line(glance: Glance) -> str:
    """The line as plain text."""
    return "; ".join(part.text for part in parts(glance))


def tmux_line(glance: Glance) -> str:
    """The line with tmux's colour markup; a `#` of the texts stays a `#`."""
    return "; ".join(
        f"#[fg={part.colour}]{_escaped(part.text)}#[default]" if part.colour else _escaped(part.text)
        for part in parts(glance)
    )


def _escaped(text: str) -> str:
    return text.replace("#", "##")


def document(glance: Glance) -> dict[str, Any]:
    """What `status --json` prints after the header."""
    waiting = glance.waiting()
    statuses = [alert.status for alert in glance.alerts]
    age = glance.age()
    return {
        "line": line(glance),
        "quiet": parts(glance)[0].text == "all quiet",
        "age_seconds": None if age is None else math.floor(age.total_seconds()),
        "alerts": {
            "open": len(waiting),
            "critical": sum(alert.priority in glance.critical for alert in waiting),
            "acked": statuses.count("acked"),
            "snoozed": statuses.count("snoozed"),
        },
        "tickets": {
            "total": glance.tickets,
            "breached": len(glance.breached()),
            "due_within_hour": len(glance.soon()),
            "next": _next(glance.running[0], glance.now) if glance.running else None,
        },
    }


def _next(ticket: TicketGlance, now: datetime) -> dict[str, Any]:
    return {
        "id": ticket.id,
        "subject": ticket.subject,
        "deadline": time_text(ticket.deadline),
        "remaining_seconds": math.floor((ticket.deadline - now).total_seconds()),
    }


def time_text(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with `Z`; milliseconds only where there are some."""
    if at is None:
        return None
    spec = "milliseconds" if at.microsecond else "seconds"
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=spec) + "Z"


_FIRST_FEED = {
    SourceName.ZENDESK: FeedName.TICKETS,
    SourceName.ALERTS: FeedName.ALERTS,
    SourceName.ROTA: FeedName.ROTA,
    SourceName.RUNBOOKS: FeedName.RUNBOOKS,
}
"""The feed that a source's age is told by."""


def sources_of(snapshot: Snapshot, now: datetime) -> dict[str, SourceGlance]:
    """How far each source can be trusted; the keys are the four of `sources`, always."""
    return {
        source.value: SourceGlance(
            source_state(snapshot, source, now).value,
            _read_at(snapshot, source),
            source_error(snapshot, source, now),
        )
        for source in SourceName
    }


def _read_at(snapshot: Snapshot, source: SourceName) -> datetime | None:
    others = (snapshot.feed(name).read_at for name in FEEDS_OF[source])
    return snapshot.feed(_FIRST_FEED[source]).read_at or next((at for at in others if at), None)


def source_error(snapshot: Snapshot, source: SourceName, now: datetime) -> str | None:
    """What keeps a source from being fresh, with what to do about it; None when nothing does."""
    feeds = [(name, snapshot.feed(name)) for name in FEEDS_OF[source]]
    partial = source_state(snapshot, source, now) is State.PARTIAL
    for name, feed in feeds:
        # What a key may not read and the source works without is no error.
        if feed.enabled and feed.problem is not None and (partial or name not in SUPPORTING):
            problem, words = feed.problem.problem, FEED_WORDS[name]
            # Which part of the source is missing, where its rows are there.
            which = f"{words}: " if name in SUPPORTING and words not in problem else ""
            return f"{which}{problem}: {feed.problem.remedy}"
    for name, feed in feeds:
        if state(feed, now) is State.PARTIAL:
            # The notes name some of them.
            many = (f"{feed.rejected} could not be read",) if feed.rejected else ()
            return f"{FEED_WORDS[name]}: {'; '.join((*many, *feed.notes)) or 'not everything was read'}"
    return None


def header(now: datetime, sources: dict[str, SourceGlance]) -> dict[str, Any]:
    """What every document begins with."""
    return {
        "schema": 1,
        "generated_at": time_text(now),
        "sources": {
            name: {
                "state": source.state,
                "read_at": time_text(source.read_at),
                "age_seconds": _age(now, source.read_at),
                "error": source.error,
            }
            for name, source in sources.items()
        },
    }


def _age(now: datetime, read_at: datetime | None) -> int | None:
    if read_at is None or read_at - now >= AHEAD:
        return None
    return max(0, math.floor((now - read_at).total_seconds()))


def short_length(length: timedelta) -> str:
    """A length of time in its largest unit: "12 s", "7 min", "3 h". Without its sign."""
    total = int(abs(length).total_seconds())
    name, size = next((unit for unit in _UNITS if total >= unit[1]), _UNITS[-1])
    return f"{total // size} {name}"
