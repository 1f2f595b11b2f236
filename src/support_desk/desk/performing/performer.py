"""Who carries out which action, on which service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from support_desk.domain.commands import PagePerson, RaiseTicket
from support_desk.domain.intents import Entry, Intent, Receipt, Verdict
from support_desk.domain.rota import answer_for, same_address
from support_desk.sources.errors import SourceError

if TYPE_CHECKING:
    from support_desk.config.model import Config
    from support_desk.desk.desk import Desk
    from support_desk.desk.dispatch import BulkPerformer, Performer, Taken
    from support_desk.desk.performing.alerts import OnCallNow
    from support_desk.sources.protocols import RotaSource, Sources


class DeskPerformer:
    """Alerts to one service, tickets to the other; a ticket made of an alert is the helpdesk's work."""

    def __init__(self, alerts: Performer | None, tickets: BulkPerformer | None) -> None:
        self._alerts = alerts
        self._tickets = tickets

    async def perform(self, intent: Intent) -> Receipt:
        """See `Performer`; where the service isn't configured the receipt says so."""
        performer = self._performer_for(intent)
        return await performer.perform(intent) if performer else _nowhere(intent)

    async def verify(self, entry: Entry) -> Receipt:
        """See `Performer`; unknown where the service isn't configured."""
        performer = self._performer_for(entry.intent)
        if performer is not None:
            return await performer.verify(entry)
        return Receipt(
            Verdict.UNKNOWN, "nothing can be looked up: the service isn't configured", "look there yourself"
        )

    def batches(self, intents: Sequence[Intent]) -> bool:
        """See `BulkPerformer`: only changes of tickets can."""
        return (
            self._tickets is not None
            and all(_is_ticket_work(intent) for intent in intents)
            and self._tickets.batches(intents)
        )

    async def perform_batch(self, intents: Sequence[Intent]) -> Mapping[str, Receipt]:
        """See `BulkPerformer`."""
        if self._tickets is None:
            return {intent.id: _nowhere(intent) for intent in intents}
        return await self._tickets.perform_batch(intents)

    def _performer_for(self, intent: Intent) -> Performer | None:
        return self._tickets if _is_ticket_work(intent) else self._alerts


def _is_ticket_work(intent: Intent) -> bool:
    if isinstance(intent.command, RaiseTicket):
        return True
    return intent.target.kind == "ticket" and not isinstance(intent.command, PagePerson)


def _nowhere(intent: Intent) -> Receipt:
    if _is_ticket_work(intent):
        what, wanted = "tickets", "`[zendesk]` with a credential that may write"
    else:
        what, wanted = "alerts", "`[opsgenie] write_key_env` to an API integration's key"
    return Receipt(
        Verdict.FAILED,
        f"not sent: {what} can't be changed from here",
        f"set {wanted}, or do it in the browser (o)",
    )


def performer_of(desk: Desk, sources: Sources, config: Config, taken: Taken | None = None) -> DeskPerformer:
    """The performer over these sources, with what the desk knows of people and the rota.

    `taken` keeps the ids under which the services work off what they have taken.
    """
    from support_desk.desk.performing.alerts import AlertPerformer
    from support_desk.desk.performing.tickets import TicketPerformer

    zone = ZoneInfo(config.hours.timezone)
    alerts = tickets = None
    if sources.alerts is not None and sources.alert_writer is not None:
        alerts = AlertPerformer(
            sources.alerts,
            sources.alert_writer,
            desk.clock,
            zone=zone,
            name=lambda address: _name(desk, address),
            second_line=_second_line(sources.rota, config) if sources.rota is not None else None,
            turns=desk.turns(),
            taken=taken,
        )
    if sources.tickets is not None and sources.ticket_writer is not None:
        tickets = TicketPerformer(
            sources.tickets,
            sources.ticket_writer,
            desk.clock,
            zone=zone,
            note_alert=alerts.perform if alerts is not None else None,
            taken=taken,
        )
    return DeskPerformer(alerts, tickets)


def _name(desk: Desk, address: str) -> str:
    """How the services call somebody; the address itself for somebody whom they don't know."""
    people = desk.snapshot.people.rows
    return next((person.name for person in people if same_address(person.email, address)), address)


def _second_line(rota: RotaSource, config: Config) -> OnCallNow:
    async def now() -> frozenset[str] | None:
        try:
            answer = answer_for(config.rota.second_line.schedule, (await rota.on_call()).rows)
        except SourceError:
            return None
        if answer is None:
            return None
        on_call = answer.people if answer.enabled else ()
        return frozenset((person.email or person.name).casefold() for person in on_call)

    return now
