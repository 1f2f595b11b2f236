"""Whose turn it is to escalate an alert, on a box where the desks of several people share their readings.

Both may have read the alert before either had changed it, and each escalation takes the policy's next step:
the second would wake somebody whom nobody has named. Where the file isn't shared or can't be written to, what
the alert itself shows has to do.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from support_desk.desk.clock import Clock
from support_desk.desk.schema import StoreError
from support_desk.desk.store import ReadingsStore
from support_desk.domain.intents import Intent

log = logging.getLogger(__name__)

LASTS = timedelta(seconds=90)
"""A request is followed for a minute; then who was paged is waited for. A dead desk holds up no longer."""


class Turns:
    """The turns of one desk. Never raises a `StoreError`: an escalation doesn't wait for a file."""

    def __init__(self, store: ReadingsStore, clock: Clock, *, account: str) -> None:
        """`account`: on this machine; two people may have the same address in their configuration."""
        self._store = store
        self._clock = clock
        self._account = account

    async def take(self, intent: Intent) -> str:
        """Take the turn, before the alert is read; who has it instead (an address), empty: it is ours."""
        mine = self._owner(intent)
        try:
            lease = await asyncio.to_thread(
                self._store.take_lease, _name(intent), mine, self._clock.now(), LASTS
            )
        except StoreError as error:
            log.warning("no turn taken", extra={"problem": error.problem})
            return ""
        return "" if lease.owner == mine else lease.owner.rpartition("/")[2]

    async def give_back(self, intent: Intent) -> None:
        """The next desk may read the alert: it shows what became of this, or nothing was sent."""
        try:
            await asyncio.to_thread(self._store.release_lease, _name(intent), self._owner(intent))
        except StoreError as error:
            log.warning("turn not given back", extra={"problem": error.problem})

    def _owner(self, intent: Intent) -> str:
        return f"{self._account}/{intent.by}"


def _name(intent: Intent) -> str:
    return f"escalate {intent.target.kind} {intent.target.id}"
