"""What a screen draws from: the snapshot, the moment, and the rules that read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING

from support_desk.config.model import Config
from support_desk.desk import facts
from support_desk.desk.snapshot import Snapshot
from support_desk.domain.clients import ClientRule
from support_desk.domain.sla import Agreement
from support_desk.domain.working_time import WorkingCalendar
from support_desk.records import record

if TYPE_CHECKING:
    from support_desk.domain.alerts import Alert
    from support_desk.domain.commands import Promise
    from support_desk.domain.escalation import Countdown
    from support_desk.domain.intents import Entry, Target
    from support_desk.domain.paged import Page
    from support_desk.domain.rota import Person, Unknown


@record
class View:
    """Everything that a drawing function may look at."""

    snapshot: Snapshot
    now: datetime
    """UTC, by the desk's clock."""
    config: Config
    calendar: WorkingCalendar
    agreement: Agreement
    clients: tuple[ClientRule, ...] = ()
    notes: tuple[str, ...] = ()
    """What is wrong with the desk itself: its clock, its store; a line each."""
    promises: Mapping[int, Promise] = field(default_factory=dict)
    """What is promised next, by the ticket's number."""
    entries: Mapping[Target, Entry] = field(default_factory=dict)
    """For each target the action that is on its way or asks for a decision: see `Acts.entries`."""
    questions: int = 0
    """How many actions ask for a decision."""
    pages: Mapping[str, Page] = field(default_factory=dict)
    """Whom the person, or a colleague, has had paged about alerts, by the alert's id: see `Acts.pages`."""
    countdowns: facts.Countdowns = field(default_factory=facts.Countdowns, compare=False)
    """What was found out about the alerts, at this moment and before; several panes ask for the same."""
    _second_line_at: list[facts.SecondLineAround] = field(default_factory=list, compare=False)

    @property
    def second_line_at(self) -> facts.SecondLineAround:
        """Who is second line at moments around this one."""
        if not self._second_line_at:
            self._second_line_at.append(
                facts.second_line_at(self.snapshot, self.now, self.config, self.calendar)
            )
        return self._second_line_at[0]

    @property
    def second_line(self) -> Person | Unknown | None:
        """Who is second line at this moment."""
        return self.second_line_at(self.now)

    def escalation(self, alert: Alert) -> Countdown:
        """When the next line is paged about an alert of this snapshot, and who that is."""
        page = self.pages.get(alert.id)
        return self.countdowns.of(self.second_line_at, alert, self.snapshot, self.now, self.config, page=page)

    def named(self, address: str) -> str:
        """How somebody is called; the address as it came where nobody knows a name."""
        return facts.person_named(address, self.snapshot, self.config)

    def local(self, at: datetime) -> datetime:
        """A moment in the time zone of the working hours."""
        return at.astimezone(self.calendar.timezone)
