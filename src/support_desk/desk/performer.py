"""Who carries out which action, on which service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from support_desk.domain.commands import PagePerson, RaiseTicket
from support_desk.domain.intents import Entry, Intent, Receipt, Verdict


class Actions(Protocol):
    """The actions on one kind of target. Nothing here raises a `SourceError`: the receipt says it."""

    async def perform(self, intent: Intent) -> Receipt:
        """Look at the target afresh, do it once, and say what became of it."""
        ...

    async def verify(self, entry: Entry) -> Receipt:
        """Find out, by reading only, whether an attempt without an answer was applied."""
        ...


class BulkActions(Actions, Protocol):
    """Actions that can be done to many targets in one request."""

    def batches(self, intents: Sequence[Intent]) -> bool:
        """Whether these can go out as one request."""
        ...

    async def perform_batch(self, intents: Sequence[Intent]) -> Mapping[str, Receipt]:
        """Do them in one request; a receipt for each intent, by its id."""
        ...


class DeskPerformer:
    """Alerts to one service, tickets to the other; a ticket made of an alert is the helpdesk's work."""

    def __init__(self, alerts: Actions | None, tickets: BulkActions | None) -> None:
        self._alerts = alerts
        self._tickets = tickets

    async def perform(self, intent: Intent) -> Receipt:
        actions = self._actions_for(intent)
        return await actions.perform(intent) if actions else _nowhere(intent)

    async def verify(self, entry: Entry) -> Receipt:
        actions = self._actions_for(entry.intent)
        if actions is not None:
            return await actions.verify(entry)
        return Receipt(
            Verdict.UNKNOWN, "nothing can be looked up: the service isn't configured", "look there yourself"
        )

    def batches(self, intents: Sequence[Intent]) -> bool:
        return (
            self._tickets is not None
            and all(_is_ticket_work(intent) for intent in intents)
            and (self._tickets.batches(intents))
        )

    async def perform_batch(self, intents: Sequence[Intent]) -> Mapping[str, Receipt]:
        if self._tickets is None:
            return {intent.id: _nowhere(intent) for intent in intents}
        return await self._tickets.perform_batch(intents)

    def _actions_for(self, intent: Intent) -> Actions | None:
        return self._tickets if _is_ticket_work(intent) else self._alerts


def _is_ticket_work(intent: Intent) -> bool:
    if isinstance(intent.command, RaiseTicket):
        return True
    return intent.target.kind == "ticket" and not isinstance(intent.command, PagePerson)


def _nowhere(intent: Intent) -> Receipt:
    if _is_ticket_work(intent):
        return Receipt(
            Verdict.FAILED,
            "not sent: tickets can't be changed from here",
            "set `[zendesk]` with a credential that may write, or do it in the browser (o)",
        )
    return Receipt(
        Verdict.FAILED,
        "not sent: alerts can't be changed from here",
        "set `[opsgenie] write_key_env` to an API integration's key, or do it in the browser (o)",
    )
