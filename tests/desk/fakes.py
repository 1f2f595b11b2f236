"""Sources that answer what a test tells them to: the protocols are the seam."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from support_desk.desk.snapshot import FeedName
from support_desk.domain.alerts import Alert, AlertDetail, EscalationPolicy
from support_desk.domain.rota import OnCall, Person, Rota
from support_desk.domain.runbooks import Runbook, RunbookRule
from support_desk.domain.tickets import SuspendedTicket, Ticket, TicketDetail
from support_desk.sources.errors import NotThere
from support_desk.sources.protocols import AlertCapabilities, Probe, Reading, Sources

EMPTY: Reading[Any] = Reading(())


class Script:
    """One kind of read: the answer (or error) that it gives, and how often it was asked."""

    def __init__(self, answer: Reading[Any] | Exception = EMPTY) -> None:
        self.answer = answer
        self.asked = 0
        self.hold: asyncio.Event | None = None
        """While set and not released, the read hangs."""

    async def __call__(self) -> Reading[Any]:
        self.asked += 1
        if self.hold is not None:
            await self.hold.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class FakeSources:
    """Alerts, rota, tickets and runbooks in one object."""

    def __init__(self) -> None:
        self.on = {name: Script() for name in map(str, FeedName)}
        self.direct: dict[int, Ticket] = {}
        """What a direct read of a ticket gives; others are gone."""
        self.confirm_error: Exception | None = None
        self.confirmed: list[tuple[int, ...]] = []
        self.ranges: list[tuple[datetime, datetime]] = []
        self.capabilities = AlertCapabilities()
        self.signed_in = ""
        self.rules: Sequence[RunbookRule] = ()

    def sources(self) -> Sources:
        return Sources(alerts=self, rota=self, tickets=self, runbooks=self)

    async def open_alerts(self) -> Reading[Alert]:
        return await self.on["alerts"]()

    async def policies(self) -> Reading[EscalationPolicy]:
        return await self.on["policies"]()

    async def alert(self, alert_id: str) -> AlertDetail:
        raise NotThere(f"No alert {alert_id}", "")

    async def on_call(self) -> Reading[OnCall]:
        return await self.on["on_call"]()

    async def rota(self, start: datetime, end: datetime) -> Reading[Rota]:
        self.ranges.append((start, end))
        return await self.on["rota"]()

    async def people(self) -> Reading[Person]:
        return await self.on["people"]()

    def sign_in_stamp(self) -> object:
        return self.signed_in

    async def queue(self, held: Mapping[int, Ticket] | None = None) -> Reading[Ticket]:
        return await self.on["tickets"]()

    async def confirm(self, ticket_ids: Sequence[int]) -> Reading[Ticket]:
        self.confirmed.append(tuple(ticket_ids))
        if self.confirm_error:
            raise self.confirm_error
        return Reading(tuple(self.direct[key] for key in ticket_ids if key in self.direct))

    async def ticket(self, ticket_id: int) -> TicketDetail:
        raise NotThere(f"No ticket {ticket_id}", "")

    async def suspended(self) -> Reading[SuspendedTicket]:
        return await self.on["suspended"]()

    async def search_solved(self, words: str) -> Reading[Ticket]:
        return EMPTY

    async def download(self, url: str, limit: int, _content_type: str = "", /) -> bytes:
        raise NotThere("No attachment", "")

    async def catalogue(self) -> Reading[Runbook]:
        return await self.on["runbooks"]()

    async def read(self, path: str) -> str:
        raise NotThere(f"No runbook {path}", "")

    async def probe(self) -> Sequence[Probe]:
        return ()

    async def close(self) -> None:
        return None
