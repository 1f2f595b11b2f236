"""Which runbook goes with a row."""

from __future__ import annotations

from support_desk.domain.clients import client_of_ticket
from support_desk.domain.runbooks import RunbookMatch, runbook_for_alert, runbook_for_ticket
from support_desk.domain.sla import Ranked
from support_desk.screens.alert_rows import AlertRow
from support_desk.screens.view import View
from support_desk.sources.protocols import Sources


def runbook_for(view: View, row: AlertRow | Ranked, sources: Sources | None) -> RunbookMatch | None:
    """The first rule that fits, of the configuration and then of the files."""
    books = view.snapshot.runbooks.rows
    rules = tuple(sources.runbooks.rules) if sources is not None and sources.runbooks is not None else ()
    if isinstance(row, AlertRow):
        return runbook_for_alert(row.alert, row.client, runbooks=books, rules=rules)
    client = client_of_ticket(row.ticket, view.clients)
    return runbook_for_ticket(row.ticket, client.name if client else None, runbooks=books, rules=rules)
