"""2,000 tickets from the bytes of the answers to rows in their order, and how long keys would wait for it."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from functools import partial

from bench.report import Figure, median, table
from bench.setting import bodies

TICKETS = 2_000
RUNS = 7


class Heartbeat:
    """Beats as fast as the event loop lets it; `longest` is how long the loop was held at most, in ms."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._task: asyncio.Task[None] | None = None

    async def _beat(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            self.longest = max(self.longest, (now - last) * 1000 - 1)
            last = now

    async def __aenter__(self) -> Heartbeat:
        self._task = asyncio.create_task(self._beat())
        await asyncio.sleep(0.05)
        self.longest = 0.0
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()


async def _poll(pages: list[bytes], *, again: bool, expected: int = TICKETS) -> tuple[float, float]:
    """Time and longest hold of one reading, as the source and the desk do it; `again`: nothing is new."""
    from datetime import UTC, datetime

    from support_desk.config.calendar import calendar_from
    from support_desk.config.model import Config, Zendesk
    from support_desk.desk.sweep import Sweeper, digest_sweep
    from support_desk.domain.sla import Agreement, Ranked
    from support_desk.domain.tickets import Ticket
    from support_desk.sources.protocols import Reading
    from support_desk.sources.zendesk.wire import tickets_from_search
    from support_desk.sources.zendesk.worker import Worker

    async def confirm(_: object) -> Reading[Ticket]:
        raise AssertionError("nothing is missing")

    settings = Zendesk(url="https://example.zendesk.com")
    agreement = Agreement(calendar_from(Config().hours), frozenset())
    sweeper = Sweeper(agreement, scoped=False)
    worker = Worker("bench")
    now = datetime.now(UTC)
    held: tuple[Ranked, ...] = ()
    taken, longest = 0.0, 0.0
    for _ in range(2 if again else 1):
        async with Heartbeat() as heart:
            began = time.perf_counter()
            rows: list[Ticket] = []
            known = {row.ticket.id: row.ticket for row in held}
            for body in pages:
                page = await worker.do(partial(tickets_from_search, body, settings, held=known), 30)
                rows += page.rows
            digest = await digest_sweep(sweeper, held, Reading(tuple(rows)), now, confirm)
            taken, longest = (time.perf_counter() - began) * 1000, heart.longest
        held = digest.rows
        assert len(held) == expected
    worker.close()
    return taken, longest


def measure(runs: int = RUNS) -> list[Figure]:
    """Medians; the floor is what `json.loads` of the same bytes takes."""
    # Both as the program does when it starts: hand the interpreter back soon, and don't collect what stays.
    sys.setswitchinterval(0.0005)
    pages = bodies(TICKETS)
    asyncio.run(_poll(pages[:1] * len(pages), again=False, expected=100))
    gc.collect()
    gc.freeze()
    figures = []
    for again, name in ((False, "first reading"), (True, "nothing new")):
        times, holds, floors = [], [], []
        for _ in range(runs):
            began = time.perf_counter()
            for body in pages:
                json.loads(body)
            floors.append((time.perf_counter() - began) * 1000)
            taken, hold = asyncio.run(_poll(pages, again=again))
            times.append(taken)
            holds.append(hold)
        figures += [
            Figure(f"2,000 tickets to rows, {name}", median(times), "ms", median(floors), "250 ms"),
            Figure(f"event loop held, {name}, median", median(holds), "ms", None, "16 ms"),
            Figure(f"event loop held, {name}, worst", max(holds), "ms", None, "16 ms"),
        ]
    return figures


if __name__ == "__main__":
    print(table(measure()))
