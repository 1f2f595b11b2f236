"""What a screen draws from: the snapshot, the moment, and the rules that read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING

from support_desk.config.model import Config
from support_desk.desk.snapshot import Snapshot
from support_desk.domain.clients import ClientRule
from support_desk.domain.sla import Agreement
from support_desk.domain.working_time import WorkingCalendar
from support_desk.records import record

if TYPE_CHECKING:
    from support_desk.domain.commands import Promise
    from support_desk.domain.intents import Entry, Target


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

    def local(self, at: datetime) -> datetime:
        """A moment in the time zone of the working hours."""
        return at.astimezone(self.calendar.timezone)
