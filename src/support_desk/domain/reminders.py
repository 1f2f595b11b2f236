"""Alerts that were acknowledged and then left open for long: they remind again (ruling 26)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from support_desk.domain.alerts import Alert
from support_desk.records import record


@record
class StaleAck:
    """An alert that somebody took and that is still open."""

    alert: Alert
    for_: timedelta
    """Since it was acknowledged."""
    times: int
    """How many whole intervals that is: each is worth one reminder."""


def stale_acks(alerts: Iterable[Alert], now: datetime, after: timedelta) -> tuple[StaleAck, ...]:
    """The acknowledged alerts that have been open for at least `after` since, the longest first.

    One whose moment of acknowledgement isn't known is left out: there is nothing to count from.
    """
    found = [
        StaleAck(alert, for_, for_ // after)
        for alert in alerts
        if alert.status == "acked" and alert.acknowledged_at is not None
        if (for_ := now - alert.acknowledged_at) >= after
    ]
    return tuple(sorted(found, key=lambda stale: (-stale.for_, stale.alert.id)))
