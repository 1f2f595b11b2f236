"""From a key to the first byte of what it changed: at rest, and while the queue is read again and again."""

from __future__ import annotations

from collections.abc import Sequence

from bench.instrument import Program
from bench.report import Figure, percentile, table
from bench.setting import FLOOR, FLOOR_SHOWS, FRAME_SHOWS, helpdesk, home, warm

ON_A_PAGE = [b"j"] * 10 + [b"k"] * 10
PAST_THE_PAGE = b"j" * 50
SCROLLING = [b"j"] * 60
A_TICKET = r"doesn’t work, page \d+"
POINTS = (("p50", 0.5), ("p95", 0.95))
SOONEST = 1.0
"""Seconds between polls, the least that the configuration may ask for."""


def _sessions(command: Sequence[str], shows: Sequence[str], env: dict[str, str]) -> dict[str, list[float]]:
    with Program(command, env=env) as program:
        program.wait_for(*shows)
        program.rest(3)
        on_a_page = program.latencies(ON_A_PAGE * 6)
        program.press(PAST_THE_PAGE)
        program.rest(1)
        return {"on a page": on_a_page, "scrolling": program.latencies(SCROLLING)}


def _while_polling() -> list[float]:
    """Latencies while a poll of 2,000 tickets begins about every second."""
    with helpdesk(2_000) as url, home(url, tickets_every=SOONEST) as made:
        warm(made)
        with Program(made.dashboard, env=made.env) as program:
            program.wait_for(*FRAME_SHOWS, A_TICKET)
            program.rest(2)
            return program.latencies(ON_A_PAGE * 10, quiet=0.01)


def measure(sessions: int = 3) -> list[Figure]:
    """Floor and dashboard in turn, `sessions` of each, their latencies together."""
    floor: dict[str, list[float]] = {}
    ours: dict[str, list[float]] = {}
    with home() as made:
        warm(made)
        for _ in range(sessions):
            for into, command, shows in (
                (floor, FLOOR, FLOOR_SHOWS),
                (ours, made.dashboard, (*FRAME_SHOWS, A_TICKET)),
            ):
                for kind, times in _sessions(command, shows, made.env).items():
                    into.setdefault(kind, []).extend(times)
    figures = [
        _figure(f"key, {kind}, {name}", times, floor[kind], share, "1.5 times")
        for kind, times in ours.items()
        for name, share in POINTS
    ]
    polled = _while_polling()
    figures += [
        _figure(f"key, 2,000 tickets being read, {name}", polled, floor["on a page"], share, bar)
        for (name, share), bar in zip(POINTS, ("", "20 ms"), strict=True)
    ]
    return figures


def _figure(name: str, times: Sequence[float], floor: Sequence[float], share: float, bar: str) -> Figure:
    return Figure(name, percentile(times, share), "ms", percentile(floor, share), bar, "times")


if __name__ == "__main__":
    print(table(measure()))
