"""Deadlines and the order of the queue; each verdict carries its reason. (Contract being built.)"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from support_desk.domain.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a ticket's agreement asks for next.

    `kind` doesn't depend on the moment; `state_at` turns `due` into `breached` or `active`.
    """

    kind: str
    """`due`, `paused`, `met`, `none` or `unknown`."""
    cause: str
    """`zendesk_row`, `no_priority`, `no_policy`, `sideload_missing`, `null_breach_at`, `unknown_stage`."""
    metric: str | None = None
    """Zendesk's name of the metric, such as `first_reply_time`."""
    deadline: datetime | None = None
    """UTC; for `paused` the former deadline, where one is known."""
    basis: str | None = None
    """`zendesk` or `contract`."""
    round_the_clock: bool = False
    """The deadline is counted by the clock on the wall, not in working time."""

    def state_at(self, now: datetime) -> str:
        """`breached`, `active`, `paused`, `met`, `none` or `unknown` at `now` (ruling 4)."""
        if self.kind != "due" or self.deadline is None:
            return self.kind
        return "breached" if self.deadline <= now else "active"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A ticket in its place in the queue."""

    ticket: Ticket
    verdict: Verdict
