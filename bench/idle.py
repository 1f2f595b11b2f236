"""What a quiet minute costs: the demo with its countdowns running, beside the floor, at the same time."""

from __future__ import annotations

from bench.instrument import Program
from bench.report import Figure, table
from bench.setting import DEMO, FLOOR, FLOOR_SHOWS, FRAME_SHOWS, home

SECONDS = 60.0


def measure(seconds: float = SECONDS) -> list[Figure]:
    """Processor time and bytes over `seconds` without a key; the window holds one full minute's change."""
    with home() as made, Program(DEMO, env=made.env) as ours, Program(FLOOR, env=made.env) as floor:
        ours.wait_for(*FRAME_SHOWS)
        floor.wait_for(*FLOOR_SHOWS)
        ours.rest(5)
        before = [(program.cpu_seconds(), program.written) for program in (ours, floor)]
        ours.rest(seconds)
        after = [(program.cpu_seconds(), program.written) for program in (ours, floor)]
    (cpu, size), (floor_cpu, floor_size) = (
        (100 * (late[0] - early[0]) / seconds, (late[1] - early[1]) * 60 / seconds)
        for early, late in zip(before, after, strict=True)
    )
    return [
        Figure("idle, share of a core", cpu, "%", floor_cpu, "0.5 %"),
        Figure("idle, to the terminal", size / 1000, "kB/min", floor_size / 1000, "20 kB/min"),
    ]


if __name__ == "__main__":
    print(table(measure()))
