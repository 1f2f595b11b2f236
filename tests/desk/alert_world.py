"""Actions on alerts through the real client, against an OpsGenie on loopback; the clock waits for nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from support_desk.config.secrets import Secret
from support_desk.desk.intents import intents_of
from support_desk.desk.performing.alerts import AlertPerformer
from support_desk.domain.alerts import Alert
from support_desk.domain.commands import AddResponder, Command, EscalateAlert, PagePerson
from support_desk.domain.intents import Entry, Intent, Phase, Receipt
from support_desk.sources.opsgenie import Patience
from tests.desk.clock import ManualClock
from tests.simulators.opsgenie import DEFAULT_KEY, POLICY, USERS, source_for, wire_alert
from tests.simulators.opsgenie_writes import WritableOpsgenie

ME = "ada@example.com"
KIM = "cat@example.com"
SECOND = "ben@example.com"
"""Second line at `NIGHT`."""
NIGHT = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
"""A Monday evening: 20:00 in London as well, and out of hours."""
LONDON = ZoneInfo("Europe/London")
PATIENT = Patience(connect=10, read=20, total=20)
"""Whatever answers at all does so within these, however busy the machine is."""
MADE = "2026-11-23T19:58:00Z"

ESCALATE = EscalateAlert(POLICY, "support_escalation", "second line: Ben Brook, until Tue 10:00", (SECOND,))
ADD = AddResponder("user", "dan@example.com", "Dan Dale")
PAGE = PagePerson("eve@example.com", "Eve Easton", "Ada asks for help", phone="0700 900123")

_ids = count(0xA1)


class EagerClock(ManualClock):
    """Whoever sleeps is awake at once, and it is later; `on_sleep` happens meanwhile."""

    def __init__(self, start: datetime = NIGHT) -> None:
        super().__init__(start)
        self.slept: list[float] = []
        self.on_sleep: Callable[[float], None] | None = None

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._move(seconds)
        if self.on_sleep is not None:
            self.on_sleep(seconds)

    def pass_by(self, seconds: float) -> None:
        """It is later."""
        self._move(seconds)


class AlertWorld:
    """An account with two alerts, and somebody at a desk."""

    def __init__(self, **keys: Any) -> None:
        self.clock = EagerClock()
        self.opsgenie = WritableOpsgenie(NIGHT, clock=self.clock.now)
        self.opsgenie.__enter__()
        for name in ("a1", "a2"):
            self.opsgenie.alerts.append(
                wire_alert(name, priority="P1", createdAt=MADE, updatedAt=MADE, lastOccurredAt=MADE)
            )
        given = {"default_api_key": Secret(lambda: DEFAULT_KEY), "patience": PATIENT, "now": self.clock.now}
        self.source = source_for(self.opsgenie, **{**given, **keys})
        self.taken: dict[str, str] = {}
        """Under which id the service works an intent off, by the intent's id."""
        self.actions = AlertPerformer(
            self.source,
            self.source.writer(),
            self.clock,
            zone=LONDON,
            name=lambda address: USERS.get(address, address),
            second_line=self._second_line,
            taken=self._note_taken,
        )

    async def _note_taken(self, ids: Sequence[str], key: str) -> None:
        self.taken |= dict.fromkeys(ids, key)

    async def _second_line(self) -> frozenset[str] | None:
        rows = (await self.source.on_call()).rows
        found = next(row for row in rows if row.schedule == "ooh_second_line")
        return frozenset(person.email for person in found.people)

    async def close(self) -> None:
        await self.source.close()
        self.opsgenie.server.close()

    # What a person does

    async def row(self, alert_id: str = "a1") -> Alert:
        """The alert as the person sees it."""
        return (await self.source.alert(alert_id)).alert

    async def decide(self, command: Command, alert_id: str = "a1") -> Intent:
        """A decision on the alert as it is now."""
        intent = intents_of([(await self.row(alert_id), command)], by=ME, at=self.clock.now())[0]
        return replace(intent, id=UUID(int=next(_ids)).hex[::-1])

    async def do(self, command: Command, alert_id: str = "a1") -> Receipt:
        """Decide it and send it."""
        return await self.actions.perform(await self.decide(command, alert_id))

    async def again(self, intent: Intent, receipt: Receipt) -> Receipt:
        """What the outbox does at `y`: what is left, on the newest state."""
        command, seen = receipt.remaining or intent.command, receipt.seen or intent.seen
        return await self.actions.perform(replace(intent, command=command, seen=seen))

    async def verify(self, intent: Intent, *, after: float = 0.0) -> Receipt:
        """Look for what became of a request that was sent just now, so many seconds later."""
        now = self.clock.now()
        entry = Entry(
            intent, Phase.UNKNOWN, now, "jo", "here", sent_at=now, attempts=1,
            taken=self.taken.get(intent.id, ""),
        )  # fmt: skip
        self.clock.pass_by(after)
        return await self.actions.verify(entry)

    # What the account has

    def wire(self, alert_id: str = "a1") -> dict[str, Any]:
        return self.opsgenie.find(alert_id)

    def applied(self, alert_id: str = "a1") -> dict[str, int]:
        """How often each action was really done."""
        return {action: times for (action, key), times in self.opsgenie.applied.items() if key == alert_id}

    def writes(self) -> list[str]:
        """The requests that were to change something."""
        return [
            f"{request.method} {request.path.removeprefix('/v2/alerts')}"
            for request in self.opsgenie.server.requests
            if request.method != "GET"
        ]
