"""Alerts of the past, as far as this desk saw them or the service's history told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from support_desk.domain.alerts import Alert
from support_desk.records import record


@record
class AlertRecord:
    """What became of one alert, as far as this store saw."""

    id: str
    first_seen: datetime
    last_seen: datetime
    """When it last changed, or left."""
    gone_at: datetime | None
    """When it was first missing from the open alerts: closed, at that moment or before."""
    created_at: datetime
    acked_at: datetime | None
    """When it was acknowledged first, or first seen so where the service doesn't say."""
    acked_by: str | None
    priority: str
    message: str
    alias: str
    source: str
    tags: tuple[str, ...]
    count: int
    integration: str = ""
    """What raised it; empty in what was written before this was noted."""

    @property
    def client(self) -> str | None:
        """The client that its tags name, without the `client_`."""
        return next((tag.removeprefix("client_") for tag in self.tags if tag.startswith("client_")), None)

    def alert(self) -> Alert:
        """The alert as it was seen last, for what asks about alerts."""
        return Alert(
            id=self.id,
            message=self.message,
            priority=self.priority,
            status="closed" if self.gone_at else "acked" if self.acked_at else "open",
            created_at=self.created_at,
            updated_at=self.last_seen,
            last_occurred_at=self.last_seen,
            count=self.count,
            alias=self.alias,
            acknowledged_by=self.acked_by,
            acknowledged_at=self.acked_at,
            tags=self.tags,
            source=self.source,
            integration=self.integration,
        )


@record
class Span:
    """A stretch of time (UTC, half open)."""

    start: datetime
    end: datetime


@record
class Reach:
    """How far back the history goes, and how well."""

    watched_from: datetime | None = None
    """Since when a desk has been writing it, while one was open; None: never."""
    imported: tuple[Span, ...] = ()
    """Spans whose every alert came from the service's own history, in order, none touching another."""

    @property
    def start(self) -> datetime | None:
        """The earliest moment that it knows of; None: it knows nothing."""
        begins = [span.start for span in self.imported]
        begins += [self.watched_from] if self.watched_from else []
        return min(begins, default=None)

    def holes(self, wanted: Span) -> tuple[Span, ...]:
        """What of this span the service's history was never asked for, in order."""
        holes, reached = [], wanted.start
        for span in self.imported:
            if span.start > reached:
                holes.append(Span(reached, min(span.start, wanted.end)))
            reached = max(reached, span.end)
            if reached >= wanted.end:
                break
        if reached < wanted.end:
            holes.append(Span(reached, wanted.end))
        return tuple(hole for hole in holes if hole.start < hole.end)


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """These spans in order, with those that touch or overlap made one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if span.start >= span.end:
            continue
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return tuple(found)
