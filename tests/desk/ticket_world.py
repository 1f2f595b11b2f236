"""Actions on tickets through the real client, against a helpdesk on loopback; nobody waits for the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from support_desk.desk.intents import intents_of
from support_desk.desk.performing.tickets import NoteOnAlert, TicketPerformer
from support_desk.domain.commands import Command, EditTicket
from support_desk.domain.intents import Entry, Intent, Phase, Receipt, Seen, Target
from support_desk.domain.tickets import Ticket
from support_desk.sources.zendesk import Limits
from tests.desk.clock import ManualClock
from tests.simulators.zendesk import NOW, wire_ticket
from tests.simulators.zendesk_writes import WritableZendesk
from tests.sources.zendesk_desk import PATIENT, writer_for

ME = "agent1@example.com"
"""Agent 102; the credential is agent 101's."""
LONDON = ZoneInfo("Europe/London")

_ids = count(1)


class EagerClock(ManualClock):
    """Whoever sleeps is awake at once, and it is later."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._move(seconds)

    def pass_by(self, seconds: float) -> None:
        """It is later."""
        self._move(seconds)


class TicketWorld:
    """A helpdesk with three tickets, and somebody at a desk."""

    def __init__(
        self,
        *,
        note_alert: NoteOnAlert | None = None,
        beside: TicketWorld | None = None,
        limits: Limits = PATIENT,
    ) -> None:
        """`beside` another one: a second desk at the same helpdesk, which remembers nothing of the first."""
        if beside is None:
            self.clock = EagerClock()
            self.desk = WritableZendesk(clock=self.clock.now).__enter__()
            self.desk.add(wire_ticket(5), wire_ticket(6), wire_ticket(7))
        else:
            self.clock, self.desk = beside.clock, beside.desk
        self.source, self.writer = writer_for(self.desk.url, now=self.clock.now, limits=limits)
        self.taken: dict[str, str] = {}
        """Under which id the helpdesk works an intent off, by the intent's id."""
        self.actions = TicketPerformer(
            self.source, self.writer, self.clock, zone=LONDON, note_alert=note_alert,
            taken=self._note_taken,
        )  # fmt: skip

    async def _note_taken(self, ids: Sequence[str], key: str) -> None:
        self.taken |= dict.fromkeys(ids, key)

    async def close(self) -> None:
        await self.source.close()
        self.desk.close()

    # What a person does

    async def row(self, number: int = 5) -> Ticket:
        """The ticket as the person sees it."""
        return (await self.writer.confirm([number])).rows[0]

    async def decide(self, command: Command, number: int = 5) -> Intent:
        """A decision on the ticket as it is now."""
        intent = intents_of([(await self.row(number), command)], by=ME, at=self.clock.now())[0]
        return replace(intent, id=UUID(int=next(_ids)).hex[::-1])

    async def decide_all(self, command: Command, numbers: Sequence[int] = (5, 6, 7)) -> list[Intent]:
        """The same decision on several tickets, with one key press."""
        rows = [(await self.row(number), command) for number in numbers]
        return list(intents_of(rows, by=ME, at=self.clock.now()))

    async def do(self, command: Command, number: int = 5) -> Receipt:
        """Decide it and send it."""
        return await self.actions.perform(await self.decide(command, number))

    async def verify(self, intent: Intent, *, after: float = 0.0) -> Receipt:
        """Look for what became of a request that was sent just now, so many seconds later."""
        entry = self.sent(intent)
        self.clock.pass_by(after)
        return await self.actions.verify(entry)

    def sent(self, intent: Intent) -> Entry:
        """The entry of an intent whose answer never came."""
        now = self.clock.now()
        return Entry(
            intent, Phase.UNKNOWN, now, "jo", "here", sent_at=now, attempts=1,
            taken=self.taken.get(intent.id, ""),
        )  # fmt: skip

    # What the helpdesk has

    def ticket(self, number: int = 5) -> dict[str, Any]:
        return self.desk.tickets[number]

    def texts(self, number: int = 5) -> list[str]:
        """The comments, oldest first."""
        return [row["plain_body"] for row in self.desk.comments.get(number, [])]

    def writes(self, path: str = "/tickets/5") -> list[tuple[str, str]]:
        """Method and path of every request that was to change something."""
        return [
            (request.method, request.path.removeprefix("/api/v2"))
            for request in self.desk.requests
            if request.method != "GET" and path in request.path
        ]

    def applied(self, number: int = 5) -> dict[str, int]:
        """How often which kind of change was really made."""
        return {kind: times for (kind, ticket), times in self.desk.applied.items() if ticket == number}


def no_ticket(command: EditTicket) -> Intent:
    """A decision about something that isn't a ticket's number."""
    return Intent(UUID(int=next(_ids)).hex, Target("ticket", "five"), "#five", command, Seen(), ME, NOW)
