"""Alerts as the desk knows them: frozen values, already cleaned, times aware and in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta

from support_desk.records import record

PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
"""Most pressing first; an alert whose priority can't be read has "P?"."""

STATUSES = ("open", "acked", "snoozed", "closed")


@record
class Responder:
    """Who an alert is addressed to. `name` is None until the id has been looked up."""

    type: str
    """`user`, `team`, `escalation` or `schedule`; other words are kept."""
    id: str
    name: str | None = None


@record
class Alert:
    """One alert, as last read. Only `id` is a safe key: tiny ids and aliases are used again."""

    id: str
    message: str
    priority: str
    status: str
    """`open`, `acked`, `snoozed` or `closed`: one word made of the service's separate booleans."""
    created_at: datetime
    updated_at: datetime
    last_occurred_at: datetime
    count: int = 1
    tiny_id: str = ""
    alias: str = ""
    acknowledged_by: str | None = None
    """Who acknowledged it; None when nobody did, or the provider doesn't say."""
    acknowledged_at: datetime | None = None
    """When it was acknowledged last; it stays when the acknowledgement is withdrawn (UTC)."""
    withdrawn_at: datetime | None = None
    """When this desk saw that its last acknowledgement was given back, at the earliest (UTC); None: it
    wasn't, or nobody was looking. No service says so in its list."""
    closed_by: str | None = None
    """Who closed it; None: it isn't closed, or the provider doesn't say."""
    closed_at: datetime | None = None
    """When it was closed (UTC); None likewise."""
    owner: str | None = None
    snoozed_until: datetime | None = None
    """The end of its latest snooze, past or to come: from then on the escalation runs again (UTC)."""
    tags: tuple[str, ...] = ()
    source: str = ""
    integration: str = ""
    responders: tuple[Responder, ...] = ()
    url: str = ""


@record
class PastAlert:
    """An alert that has been, and when it left."""

    alert: Alert
    """As it was at the end."""
    gone_at: datetime | None = None
    """When it was closed; None: it is still there."""


@record
class AlertEvent:
    """A line of an alert's log, or a note on it."""

    at: datetime
    text: str
    who: str = ""
    note: bool = False


@record
class Recipient:
    """Somebody whom the alert has been sent to, and what became of it."""

    name: str
    state: str
    method: str
    at: datetime
    """When they were notified last, or looked at it since (UTC)."""
    first_at: datetime | None = None
    """When they were notified first (UTC); None: as `at`."""


@record
class AlertDetail:
    """An alert with what only the single read gives."""

    alert: Alert
    description: str = ""
    details: tuple[tuple[str, str], ...] = ()
    events: tuple[AlertEvent, ...] = ()
    """Notes and log lines together, oldest first."""
    recipients: tuple[Recipient, ...] = ()
    missing: tuple[str, ...] = ()
    """Parts that could not be read, each with its reason."""


@record
class EscalationRule:
    """One step of an escalation policy."""

    condition: str
    """`if-not-acked`, `if-not-closed`, or a word we don't know."""
    delay: timedelta
    """From the moment the escalation was added to the alert, not from the step before."""
    recipient_type: str
    recipient_id: str
    recipient: str


@record
class EscalationPolicy:
    """An escalation policy with its steps in order."""

    id: str
    name: str
    rules: tuple[EscalationRule, ...]
