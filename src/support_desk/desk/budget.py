"""How much we may ask of a service: a share per minute, and the pauses that it asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from support_desk.desk.clock import Clock


class Pause:
    """A time during which a service asked us to keep away.

    It is over when either clock says so: the one on the wall goes on while a laptop sleeps, the
    monotonic one isn't moved by somebody who sets the time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = datetime.min.replace(tzinfo=UTC)
        self._until_monotonic = 0.0

    def begin(self, seconds: float) -> None:
        """Keep away for this long from now; a longer pause under way stays."""
        if seconds <= self.remaining():
            return
        self._until = self._clock.now() + timedelta(seconds=seconds)
        self._until_monotonic = self._clock.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds that are left, 0 when there is no pause."""
        by_wall = (self._until - self._clock.now()).total_seconds()
        return max(0.0, min(by_wall, self._until_monotonic - self._clock.monotonic()))


class Budget:
    """A token bucket shared by the feeds of one service.

    Polls leave a tenth of it alone, so that what a person asks for is still possible when polls have
    used up the rest.
    """

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self.per_minute = per_minute
        self.pause = Pause(clock)
        """The service as a whole asked us to wait."""
        self._clock = clock
        self._tokens = float(per_minute)
        self._filled_at = clock.monotonic()

    def wait(self, *, wanted: bool) -> float:
        """Seconds until a read may start, 0 for now; `wanted` by a person rather than by the timer."""
        self._fill()
        return max(self.pause.remaining(), seconds_short(self._tokens, self.per_minute, wanted=wanted))

    def take(self, *, wanted: bool) -> float:
        """Take a read out of the budget and return 0, or take nothing and return the seconds to wait."""
        wait = self.wait(wanted=wanted)
        if wait == 0:
            self._tokens -= 1
        return wait

    def _fill(self) -> None:
        now = self._clock.monotonic()
        self._tokens = filled(self._tokens, now - self._filled_at, self.per_minute)
        self._filled_at = now


def filled(tokens: float, seconds: float, per_minute: int) -> float:
    """The tokens of a bucket after so many seconds; it never holds more than a minute's."""
    return min(float(per_minute), tokens + seconds * per_minute / 60)


def seconds_short(tokens: float, per_minute: int, *, wanted: bool) -> float:
    """Seconds until there is a token, 0 for now; all but those who are `wanted` by a person leave a tenth."""
    needed = 1.0 if wanted else 1.0 + per_minute // 10
    return max(0.0, needed - tokens) * 60 / per_minute
