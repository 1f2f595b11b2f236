"""How far this machine's clock is from the services' clocks."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

IGNORED = timedelta(seconds=2)
"""The `Date` header counts whole seconds, and an answer takes its time."""
WARN_FROM = timedelta(seconds=30)


class Skew:
    """The median of what the last answers said (the upper of two), so that one odd server moves nothing."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=9)

    def sample(self, server: datetime, began: datetime, ended: datetime) -> None:
        """Take in an answer stamped `server` to a read between two moments of the machine's own clock.

        The answer came somewhere in between, so within that span nothing is known to be wrong.
        """
        last_moment = server + timedelta(seconds=1)
        off = timedelta(0)
        if server > ended:
            off = server - ended
        elif last_moment < began:
            off = last_moment - began
        self._seconds.append(off.total_seconds())

    @property
    def value(self) -> timedelta:
        """What to add to the machine's clock."""
        if not self._seconds:
            return timedelta(0)
        found = timedelta(seconds=sorted(self._seconds)[len(self._seconds) // 2])
        return found if abs(found) >= IGNORED else timedelta(0)

    @property
    def warning(self) -> str | None:
        """Words for a clock that is far out."""
        return skew_warning(self.value)


def skew_warning(off: timedelta) -> str | None:
    """Words for a clock that is far out; `off` is what has to be added to it."""
    if abs(off) < WARN_FROM:
        return None
    way = "behind" if off > timedelta(0) else "ahead"
    return f"This machine's clock is {abs(off).total_seconds():.0f} s {way}; times here are the services'"
