"""The real application over the fixture world, with a standing clock and sources that can go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from textual.pilot import Pilot

from support_desk.app import DeskApp, make_app
from support_desk.config.model import Config
from support_desk.desk.preferences import Preferences
from support_desk.domain.alerts import AlertDetail
from support_desk.domain.tickets import Ticket, TicketDetail
from support_desk.sources.errors import SourceError
from support_desk.sources.fixtures import World, demo_config
from support_desk.sources.fixtures.alert_writer import FixtureAlertWriter
from support_desk.sources.fixtures.changes import ChangedWorld
from support_desk.sources.fixtures.sources import FixtureAlerts, FixtureTickets
from support_desk.sources.fixtures.ticket_writer import FixtureTicketWriter
from support_desk.sources.protocols import Reading, Sources
from support_desk.start import open_outbox
from tests.standing_clock import StandingClock

PATIENCE = 200
"""Rounds of the event loop that a condition may take to come true."""


@dataclass
class Faults:
    """What the next answers are to be."""

    error: Exception | None = None
    gates: dict[object, asyncio.Event] = field(default_factory=dict)
    """An answer about this key waits until its gate opens."""
    asked: list[object] = field(default_factory=list)
    downloads: list[str] = field(default_factory=list)
    edit_detail: Callable[[TicketDetail], TicketDetail] = lambda detail: detail
    edit_alert: Callable[[AlertDetail], AlertDetail] = lambda detail: detail
    edit_queue: Callable[[Ticket], Ticket] = lambda ticket: ticket

    async def pass_on(self, key: object) -> None:
        self.asked.append(key)
        if key in self.gates:
            await self.gates[key].wait()
        if self.error is not None:
            raise self.error


class FaultyTickets(FixtureTickets):
    """The world's helpdesk on a bad day."""

    def __init__(self, world: World, clock: StandingClock, faults: Faults) -> None:
        super().__init__(world, clock)
        self._faults = faults

    async def queue(self, held: Mapping[int, Ticket] | None = None) -> Reading[Ticket]:
        reading = await super().queue(held)
        return replace(reading, rows=tuple(map(self._faults.edit_queue, reading.rows)))

    async def ticket(self, ticket_id: int) -> TicketDetail:
        await self._faults.pass_on(ticket_id)
        return self._faults.edit_detail(await super().ticket(ticket_id))

    async def search_solved(self, words: str) -> Reading[Ticket]:
        await self._faults.pass_on(words)
        return await super().search_solved(words)

    async def download(self, url: str, limit: int, content_type: str = "", /) -> bytes:
        self._faults.downloads.append(url)
        await self._faults.pass_on(url)
        return await super().download(url, limit, content_type)


class FaultyAlerts(FixtureAlerts):
    """The world's monitoring on a bad day."""

    def __init__(self, world: World, clock: StandingClock, faults: Faults) -> None:
        super().__init__(world, clock)
        self._faults = faults

    async def alert(self, alert_id: str) -> AlertDetail:
        await self._faults.pass_on(alert_id)
        return self._faults.edit_alert(await super().alert(alert_id))


@dataclass
class Running:
    """A running application, and what a test does with it."""

    app: DeskApp
    pilot: Pilot[None]
    clock: StandingClock
    faults: Faults
    said: list[str]

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the application work until something is so."""
        for _ in range(PATIENCE):
            if condition():
                return
            await self.pilot.pause()
        raise AssertionError(f"this never came true; the screen was\n{self.screen_text()}")

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def screen_text(self) -> str:
        """What is on the terminal now."""
        strips = self.app.screen._compositor.render_strips()  # Textual has no public name for this
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    def ticket_rows(self) -> list[Ticket]:
        return [row.ticket for row in self.app.desk.snapshot.tickets.rows]


@asynccontextmanager
async def running(
    *, size: tuple[int, int] = (100, 30), config: Config | None = None, faults: Faults | None = None
) -> AsyncIterator[Running]:
    """The application on the fixture world, once its first readings are in."""
    from support_desk.sources.fixtures import fixture_sources

    clock = StandingClock()
    faults = faults or Faults()

    def build() -> Sources:
        sources = fixture_sources(clock)
        world = ChangedWorld(7)
        return replace(
            sources,
            tickets=FaultyTickets(world, clock, faults),
            alerts=FaultyAlerts(world, clock, faults),
            alert_writer=FixtureAlertWriter(world, clock),
            ticket_writer=FixtureTicketWriter(world, clock),
        )

    settings = config or demo_config()
    app = make_app(
        settings,
        clock,
        None,
        Preferences(None),
        build,
        open_outbox=lambda: open_outbox(settings, clock, Path(mkdtemp()) / "outbox.sqlite3"),
    )
    said: list[str] = []
    original = app.notify

    def notify(message: str, **options: Any) -> None:
        said.append(message)
        original(message, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "notify", notify)
        async with app.run_test(size=size, notifications=True) as pilot:
            desk = Running(app, pilot, clock, faults, said)
            await desk.until(lambda: app.desk.snapshot.tickets.rows and app.desk.snapshot.alerts.rows)
            await desk.until(lambda: app.desk.snapshot.runbooks.rows and app.desk.snapshot.suspended.rows)
            yield desk


def broken(problem: str = "Zendesk gave no answer", remedy: str = "look at the network") -> SourceError:
    return SourceError(problem, remedy)
