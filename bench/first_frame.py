"""From `exec` to the first whole frame: the dashboard from a warm store, the demo, and the floor."""

from __future__ import annotations

from bench.instrument import Program
from bench.report import Figure, median, table
from bench.setting import DEMO, FLOOR, FLOOR_SHOWS, FRAME_SHOWS, home, warm

RUNS = 25
A_TICKET = r"doesn’t work, page \d+"


def measure(runs: int = RUNS) -> list[Figure]:
    """Medians of `runs` starts each, one after the other in turn; the first start of each warms up."""
    live: list[float] = []
    demo: list[float] = []
    floor: list[float] = []
    with home() as made:
        warm(made)
        turns = (
            (floor, FLOOR, FLOOR_SHOWS),
            (live, made.dashboard, (*FRAME_SHOWS, A_TICKET)),
            (demo, DEMO, FRAME_SHOWS),
        )
        for run in range(runs + 1):
            for times, command, shows in turns:
                with Program(command, env=made.env) as program:
                    taken = program.wait_for(*shows)
                    # What is imported after the frame has to be compiled in the first start already.
                    program.rest(1.5 if run == 0 else 0.1)
                if run:
                    times.append(taken)
    base = median(floor)
    return [
        Figure("live frame, warm store of 2,000", median(live), "ms", base, "1.3 times", "times"),
        Figure("demo frame", median(demo), "ms", base, "", "times"),
    ]


if __name__ == "__main__":
    print(table(measure()))
