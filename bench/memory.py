"""Memory with 5,000 tickets read from a helpdesk, beside the floor's."""

from __future__ import annotations

from bench.instrument import Program
from bench.report import Figure, median, table
from bench.setting import FLOOR, FLOOR_SHOWS, FRAME_SHOWS, helpdesk, home

TICKETS = 5_000


SAMPLES = 20
BETWEEN = 0.5
"""Seconds between looks: two polls go by, so that it is seen as it is between them and while one is read."""


def measure(runs: int = 2) -> list[Figure]:
    """Medians of PSS and of what is the process's own, some polls after the first; and the most of PSS."""
    ours: list[tuple[float, float]] = []
    floor: list[tuple[float, float]] = []
    with helpdesk(TICKETS) as url, home(url, tickets_every=5) as made:
        for _ in range(runs):
            with Program(FLOOR, env=made.env) as program:
                program.wait_for(*FLOOR_SHOWS)
                program.rest(2)
                floor.append(program.memory())
            with Program(made.dashboard, env=made.env) as program:
                program.wait_for(*FRAME_SHOWS)
                program.wait_for(rf"\d late of {TICKETS}", timeout=60)
                program.rest(15)
                for _ in range(SAMPLES):
                    program.rest(BETWEEN)
                    ours.append(program.memory())
    shares, own = zip(*ours, strict=True)
    floor_share, floor_own = (median(column) for column in zip(*floor, strict=True))
    what = "5,000 tickets"
    return [
        Figure(f"memory (PSS), {what}", median(shares), "MiB", floor_share, "30 MiB above", "above"),
        Figure(f"memory (PSS), {what}, at most", max(shares), "MiB", floor_share, "", "above"),
        Figure(f"memory of its own, {what}", median(own), "MiB", floor_own, "", "above"),
    ]


if __name__ == "__main__":
    print(table(measure()))
