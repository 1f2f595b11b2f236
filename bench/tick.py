"""One tick in which every countdown changes: how long it holds the processor, how much it writes.

The dashboard runs on a pty as ever; only its clock is moved by a minute before each tick, and a line of
JSON about each tick goes to a file. Time is the main thread's processor time from the tick to the end of
its painting, so that waiting for the next frame doesn't count.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from bench.instrument import Program
from bench.report import Figure, median, percentile, table
from bench.setting import FRAME_SHOWS, REPOSITORY, home

TICKS = 60
SETTLED = 0.08
"""Seconds after which a tick has been painted: a few frames of Textual's 60 a second."""


def measure() -> list[Figure]:
    """Median and worst of 60 ticks, a minute apart in the demo's time."""
    with home() as made, tempfile.NamedTemporaryFile("r") as file:
        command = [sys.executable, "-m", "bench.tick", file.name]
        with Program(command, env=made.env, cwd=REPOSITORY) as program:
            program.wait_for(*FRAME_SHOWS)
            while program.alive and file.read() == "":
                program.rest(0.5)
        file.seek(0)
        ticks = [json.loads(line) for line in file]
    times = [tick["ms"] for tick in ticks]
    sizes = [tick["bytes"] / 1000 for tick in ticks]
    idle = median(tick["idle_ms"] for tick in ticks)
    return [
        Figure("one tick of all countdowns, median", median(times), "ms", idle, "5 ms"),
        Figure("one tick of all countdowns, p95", percentile(times, 0.95), "ms", idle, "5 ms"),
        Figure("one tick to the terminal, median", median(sizes), "kB", None, "2 kB"),
        Figure("one tick to the terminal, p95", percentile(sizes, 0.95), "kB", None, "2 kB"),
    ]


def _inside(report: Path) -> None:
    """The dashboard of the demo, ticked from within."""
    import asyncio
    from dataclasses import replace
    from datetime import timedelta
    from tempfile import mkdtemp

    import msgspec
    from textual.drivers.linux_driver import LinuxDriver

    from support_desk.app import make_app
    from support_desk.config.model import Bell
    from support_desk.desk.clock import DemoClock
    from support_desk.desk.preferences import Preferences
    from support_desk.desk.snapshot import FeedName
    from support_desk.screens.base import DeskScreen
    from support_desk.sources.fixtures import DEMO_START, demo_config, fixture_sources
    from support_desk.start import open_outbox

    written = 0

    class Counting(LinuxDriver):
        def write(self, data: str) -> None:
            nonlocal written
            written += len(data.encode())
            super().write(data)

    # A world that stands still, so that ticks are all that happens, under a clock that doesn't.
    world_clock = DemoClock(DEMO_START)
    clock = DemoClock(DEMO_START)
    # Minutes fly: without bells about what they bring.
    config = msgspec.structs.replace(demo_config(), bell=Bell(alerts=False, breaches=False, title=False))
    app = make_app(
        config,
        clock,
        None,
        Preferences(None),
        lambda: fixture_sources(world_clock),
        open_outbox=lambda: open_outbox(config, clock, Path(mkdtemp()) / "outbox.sqlite3"),
    )
    app.driver_class = Counting

    lines: list[str] = []

    async def ticks() -> None:
        nonlocal written
        await asyncio.sleep(3)
        for _ in range(TICKS):
            spent = []
            # The first half of each round is the same wait without a tick: what the loop itself takes.
            for ticking in (False, True):
                if ticking:
                    clock.skew += timedelta(minutes=1)
                    for name in FeedName:
                        # Read just now, as in a minute of life; otherwise the ages would change as well.
                        feed = replace(app.desk.snapshot.feed(name), read_at=clock.now())
                        app.desk.snapshot = app.desk.snapshot.with_feed(name, feed)
                    # A breach that the minute brings has been told: a toast would be laid out with the tick.
                    app.news.first(app.view)
                began, written = time.thread_time(), 0
                if ticking:
                    screen = app.screen
                    assert isinstance(screen, DeskScreen)
                    screen.tick()
                await asyncio.sleep(SETTLED)
                spent.append((time.thread_time() - began) * 1000)
            lines.append(json.dumps({"ms": spent[1], "idle_ms": spent[0], "bytes": written}))

    async def run() -> None:
        ticking = asyncio.create_task(ticks())
        # A fault in it ends the program as well, instead of leaving it open without a tick.
        ticking.add_done_callback(lambda _: app.exit())
        await app.run_async()
        await ticking

    asyncio.run(run())
    report.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _inside(Path(sys.argv[1]))
    else:
        print(table(measure()))
