"""Time off in lieu counted by hand: whole seconds and minutes, no fractions, and London's clock written out.

Shares no code with what it judges. A day of time off is seven hours, so a quarter of it is 105 minutes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.domain.oracle import is_open, london

QUARTER = 105
"""Minutes of a quarter of a day."""


@dataclass
class Ring:
    """An alert: when, and whether the person acknowledged it."""

    id: str
    at: datetime
    mine: bool = True


@dataclass
class Said:
    """ "woken" is no, first or later."""

    woken: str
    minutes: int
    left_out: bool = False


@dataclass
class Tally:
    """Claims by the ids of their alerts, each with its minutes."""

    claims: list[tuple[tuple[str, ...], int]] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        return sum(minutes for _, minutes in self.claims)


def second(at: datetime) -> int:
    return int((at - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds())


def sleeping(at: datetime) -> bool:
    return london(at).hour in (23, 0, 1, 2, 3, 4, 5, 6, 7)


def tally(
    rings: list[Ring],
    nights: list[tuple[datetime, datetime]],
    said: dict[str, Said],
    *,
    part_hours: str = "full",
    mixed: str = "any",
    only_mine: bool = False,
) -> Tally:
    """What the handbook gives for these alerts to somebody who was on call in these nights."""
    counting = [
        ring
        for ring in rings
        if not is_open(ring.at)
        and any(second(a) <= second(ring.at) < second(b) for a, b in nights)
        and (ring.mine or not only_mine)
    ]
    left = {ring.id: ring for ring in counting}
    result = Tally()
    while left:
        opener = min(left.values(), key=lambda ring: (ring.at, ring.id))
        group = [ring for ring in left.values() if 0 <= second(ring.at) - second(opener.at) <= 3600]
        group.sort(key=lambda ring: (ring.at, ring.id))
        for ring in group:
            del left[ring.id]
        result.claims.append((tuple(ring.id for ring in group), _minutes(group, said, part_hours, mixed)))
    return result


def _minutes(group: list[Ring], said: dict[str, Said], part_hours: str, mixed: str) -> int:
    answer = next((said[ring.id] for ring in group if ring.id in said), None)
    if answer is None:
        asleep = [sleeping(ring.at) for ring in group]
        answer = Said("first" if asleep[0] else "later" if True in asleep else "no", 0)
    if answer.left_out:
        return 0
    worth = 2 * QUARTER if answer.woken == "first" or (answer.woken, mixed) == ("later", "any") else QUARTER
    beyond = answer.minutes - 60
    while beyond >= 60:
        worth += QUARTER
        beyond -= 60
    if beyond > 0 and part_hours == "started":
        worth += QUARTER
    return worth


def script_minutes(rings: list[Ring]) -> int:
    """What the agency's script makes of them: half an hour after the last counted one of the same kind."""
    total, counted = 0, {"asleep": -10_000, "awake": -10_000}
    for ring in sorted(rings, key=lambda ring: ring.at):
        local = london(ring.at)
        working_day = is_open(ring.at.replace(hour=12, minute=0))
        if not ring.mine or (working_day and 10 <= local.hour <= 18):
            continue
        kind = "asleep" if local.hour >= 23 or local.hour <= 8 else "awake"
        if second(ring.at) - counted[kind] > 1800:
            counted[kind] = second(ring.at)
            total += 2 * QUARTER if kind == "asleep" else QUARTER
    return total
