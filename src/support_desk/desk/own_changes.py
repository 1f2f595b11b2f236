"""What our own changes have made of rows until a reading says the same; what two readings tell together.

The list of alerts comes from a search index: for seconds after a change it still shows the old row
(api.opsgenie.com, recorded by several integrations). A row that was read directly wins meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from support_desk.desk.snapshot import FeedName
from support_desk.domain.alerts import Alert

if TYPE_CHECKING:
    from support_desk.sources.protocols import Reading

Patch = Callable[[tuple[Any, ...]], tuple[Any, ...]]
"""What a change of ours makes of a feed's rows."""

LIST_LAG = timedelta(seconds=60)
"""A list that disagrees for longer than this is believed again: then somebody has undone our change."""


class Patches:
    """Changes of ours that a reading may not have seen: it was on its way when they were made."""

    def __init__(self, lasting: timedelta) -> None:
        """No reading that began before a change comes later than `lasting` after it."""
        self._lasting = lasting
        self._patches: list[tuple[FeedName, datetime, Patch]] = []

    def note(self, name: FeedName, onto: Patch, now: datetime) -> None:
        """The rows of this feed have been changed at `now`."""
        self._patches = [kept for kept in self._patches if now - kept[1] < self._lasting]
        self._patches.append((name, now, onto))

    def since(self, name: FeedName, began: datetime) -> tuple[Patch, ...]:
        """What a reading of this feed that began then may not have seen, in the order of the changes."""
        return tuple(onto for patched, at, onto in self._patches if patched is name and at >= began)


class OwnChanges:
    """Alerts as read directly after a change, each for a minute at most."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[Alert, datetime]] = {}
        self._new: set[str] = set()
        """Those that no list has shown yet: only there is absence the index's delay."""

    def note(self, alert: Alert, now: datetime, *, listed: bool) -> None:
        """This is how the alert is at `now`, read directly; `listed`: a list has shown it before."""
        held = self._rows.get(alert.id)
        if held is None or held[0].updated_at <= alert.updated_at:
            self._rows[alert.id] = (alert, now)
        if not listed:
            self._new.add(alert.id)

    def onto(self, reading: Reading[Alert], now: datetime) -> Reading[Alert]:
        """The reading, with the rows that it has too old a state of replaced, or left out where closed."""
        self._rows = {key: kept for key, kept in self._rows.items() if now - kept[1] < LIST_LAG}
        listed = {row.id for row in reading.rows}
        self._new = (self._new & self._rows.keys()) - listed
        if not self._rows:
            return reading
        rows = [self._newer(row) for row in reading.rows]
        rows += [self._rows[key][0] for key in sorted(self._new)]
        return replace(reading, rows=tuple(row for row in rows if row.status != "closed"))

    def _newer(self, row: Alert) -> Alert:
        own = self._rows.get(row.id)
        if own is None:
            return row
        if row.updated_at >= own[0].updated_at:
            del self._rows[row.id]
            return row
        return own[0]


def noticed(held: Sequence[Alert], reading: Reading[Alert], since: datetime | None) -> Reading[Alert]:
    """The reading, with when acknowledgements were given back, as what was held (`since`) shows it."""
    known = {row.id: row for row in held if row.acknowledged_at is not None}
    if not known:
        return reading
    rows = tuple(given_back(known[row.id], row, since) if row.id in known else row for row in reading.rows)
    return replace(reading, rows=rows)


def given_back(before: Alert, row: Alert, since: datetime | None = None) -> Alert:
    """The row, with when its acknowledgement was given back, if the one before it (as of `since`) tells."""
    if row.status != "open" or row.acknowledged_at is None or row.withdrawn_at is not None:
        return row
    if before.status == "acked":
        # Its last change was that, unless it lies before what was held: then it is the earliest it can be.
        at = row.updated_at if since is None or row.updated_at >= since else since
        return replace(row, withdrawn_at=at)
    if before.withdrawn_at is not None and before.acknowledged_at == row.acknowledged_at:
        return replace(row, withdrawn_at=before.withdrawn_at)
    return row


def with_alert(rows: Sequence[object], alert: Alert) -> tuple[Alert, ...]:
    """The rows of the feed, with this alert as it is now: changed, added, or gone."""
    held = cast("Sequence[Alert]", rows)
    found = next((row for row in held if row.id == alert.id), None)
    if found is not None and found.updated_at > alert.updated_at:
        return tuple(held)
    if found is not None:
        alert = given_back(found, alert)
    if alert.status == "closed":
        return tuple(row for row in held if row.id != alert.id)
    if found is None:
        return (*held, alert)
    return tuple(alert if row.id == alert.id else row for row in held)
