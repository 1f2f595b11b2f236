"""Tickets out of the store, as small as those that were read: words that come again are one object each.

A decoder makes every word of every row anew: 2.2 kB a ticket instead of 1, for the week, since the row that
is held is never replaced by one that says the same.
"""

from __future__ import annotations

from sys import intern
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from support_desk.domain.sla import Ranked
    from support_desk.domain.tickets import Ticket

_TICKET = (
    *("status", "priority", "custom_status", "type", "organisation", "requester", "requester_email"),
    *("assignee", "assignee_email", "group", "plan", "recipient", "helpdesk"),
)
_VERDICT = ("kind", "cause", "metric", "basis")
_SLA_ROW = ("metric", "stage")
_MOMENTS = ("first_at", "client_last_at", "agent_last_at")


class Shared:
    """Takes rows that nobody else has seen yet: frozen as they are, their fields are set to equal objects."""

    def __init__(self) -> None:
        self._tags: dict[tuple[str, ...], tuple[str, ...]] = {}

    def row(self, ranked: Ranked) -> Ranked:
        """The same row, sharing what it can."""
        ticket, verdict = ranked.ticket, ranked.verdict
        _intern(ticket, _TICKET)
        _set(ticket, "tags", self._tags.setdefault(ticket.tags, ticket.tags))
        _intern(verdict, _VERDICT)
        for sla_row in ticket.sla_rows or ():
            _intern(sla_row, _SLA_ROW)
            if sla_row.breach_at == verdict.deadline:
                _set(verdict, "deadline", sla_row.breach_at)
        if ticket.replies is not None:
            for name in _MOMENTS:
                _set(ticket.replies, name, _own(getattr(ticket.replies, name), ticket))
        return ranked


def _intern(record: object, names: tuple[str, ...]) -> None:
    for name in names:
        word = getattr(record, name)
        if word is not None:
            _set(record, name, intern(word))


_set = object.__setattr__


def _own(at: datetime | None, ticket: Ticket) -> datetime | None:
    """The ticket's own object for a moment that is one of its own."""
    return next((own for own in (ticket.updated_at, ticket.created_at) if own == at), at)
