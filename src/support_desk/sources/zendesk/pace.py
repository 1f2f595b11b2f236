"""The limit on updates of one ticket, counted here so that it isn't run into."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from support_desk.sources.errors import Throttled

MOST_UPDATES = 30
WINDOW = timedelta(minutes=10)
"""Thirty updates in ten minutes, per ticket and user (developer.zendesk.com, rate limits)."""

_HEADER = re.compile(r"^zendesk-rate-?limit-per-ticket-updates$", re.IGNORECASE)
_PART = re.compile(r"(remaining|resets)\s*=\s*(\d{1,9})")


class TicketPace:
    """How many updates of which ticket there were, by us and, as far as the answers tell, in all."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._made: dict[int, deque[datetime]] = {}
        self._said: dict[int, tuple[int, datetime]] = {}

    def check(self, ticket_id: int, needed: int = 1) -> None:
        """Raises `Throttled` unless this many updates of the ticket are left."""
        now = self._now()
        made = self._recent(ticket_id, now)
        wait = timedelta(0)
        if len(made) + needed > MOST_UPDATES:
            wait = made[len(made) + needed - MOST_UPDATES - 1] + WINDOW - now
        left, until = self._said.get(ticket_id, (MOST_UPDATES, now))
        if until > now and left < needed:
            wait = max(wait, until - now)
        if wait > timedelta(0):
            seconds = max(1.0, wait.total_seconds())
            raise Throttled(
                f"Zendesk: ticket {ticket_id} has been changed {MOST_UPDATES} times in ten minutes, which is "
                f"all that it allows; {seconds:.0f} s to wait",
                "it is sent by itself once there is room",
                retry_after=seconds,
            )

    def note(self, ticket_id: int, headers: Mapping[str, str]) -> None:
        """An update was sent; `headers` are the answer's, empty where there was none."""
        now = self._now()
        self._recent(ticket_id, now).append(now)
        for name, value in headers.items():
            if _HEADER.match(name):
                said = {part: int(count) for part, count in _PART.findall(value)}
                if "remaining" in said:
                    resets = min(timedelta(seconds=said.get("resets", 0)), WINDOW)
                    self._said[ticket_id] = (said["remaining"], now + resets)

    def _recent(self, ticket_id: int, now: datetime) -> deque[datetime]:
        for number in [key for key, made in self._made.items() if made and made[-1] <= now - WINDOW]:
            if number != ticket_id:
                del self._made[number]
                self._said.pop(number, None)
        made = self._made.setdefault(ticket_id, deque())
        while made and made[0] <= now - WINDOW:
            made.popleft()
        return made
