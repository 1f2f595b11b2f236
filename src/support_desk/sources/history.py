"""The alert service's own history, a page at a time, walking back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from support_desk.records import record

if TYPE_CHECKING:
    from support_desk.domain.alerts import PastAlert
    from support_desk.domain.past import Span


@record
class Place:
    """Where a walk through the history stands."""

    before: datetime
    """The next page begins with the latest alert created at or before this moment (UTC)."""
    skip: int = 0
    """Of those, so many have been read."""


@record
class HistoryPage:
    """Some alerts, the latest first."""

    alerts: tuple[PastAlert, ...]
    reached: datetime
    """Every alert created at or after this moment has been read (UTC)."""
    next: Place | None
    """None: that was the last page."""
    rejected: int = 0
    """Rows that couldn't be read."""


class AlertHistory(Protocol):
    """A service that tells of alerts that are closed."""

    async def now(self) -> datetime | None:
        """The service's own time (UTC); None where it doesn't say. Raises a `SourceError`."""
        ...

    async def count(self, span: Span) -> int | None:
        """How many alerts were created within this span; None where the service doesn't say."""
        ...

    async def page(self, span: Span, place: Place) -> HistoryPage:
        """The next alerts created within this span. Raises members of the `SourceError` family."""
        ...

    async def close(self) -> None:
        """Let the connections go."""
        ...
