"""Who was paged from which desk, kept beside the readings: no header counts down to what somebody has done.

The service's list of alerts tells nothing of it, and an outbox is one person's own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta

from support_desk.desk.moments import from_ms, to_ms
from support_desk.domain.intents import Target
from support_desk.domain.paged import Page, Proof, pages_by_alert

KEPT = timedelta(days=7)
"""A page that is older says nothing of who is paged next."""
_KNOWN = frozenset(Proof)


def load_pages(connection: sqlite3.Connection) -> Mapping[str, Page]:
    """Whom anybody has had paged about alerts, by the alert's id."""
    rows = connection.execute("SELECT alert, at, proof, words, escalation, asked_by FROM pages")
    return pages_by_alert(
        (Target("alert", alert), Page(from_ms(at), Proof(proof), words, bool(escalation), by))
        for alert, at, proof, words, escalation, by in rows
        if proof in _KNOWN  # a newer version may prove it in another way
    )


def keep_page(
    connection: sqlite3.Connection, action: str, alert: str, page: Page | None, now: datetime
) -> None:
    """Remember what an action came to; None: nobody was paged by it. Part of the caller's transaction."""
    connection.execute("DELETE FROM pages WHERE action = ? OR at < ?", (action, to_ms(now - KEPT)))
    if page is not None:
        connection.execute(
            "INSERT INTO pages (action, alert, at, proof, words, escalation, asked_by)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (action, alert, to_ms(page.at), page.proof.value, page.words, page.escalation, page.by),
        )
