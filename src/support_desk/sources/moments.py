"""Which moments a service can mean."""

from __future__ import annotations

from datetime import UTC, datetime

EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""The years that working time is counted in; a zone's offset can't carry one of them past the calendar."""


def plausible(at: datetime) -> datetime:
    """An aware moment in UTC.

    Raises `ValueError` for one that no ticket, alert or clock of ours can mean, such as year 1 or 9999:
    half of what a date is asked for, from local time to a deadline, overflows there.
    """
    try:
        moment = at.astimezone(UTC)
    except OverflowError:
        moment = None
    if moment is None or not EARLIEST <= moment < LATEST:
        raise ValueError("a time is out of range")
    return moment
