"""The real application over the demo's world: a test moves its clock and breaks its services."""

from __future__ import annotations

import asyncio
import heapq
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import msgspec
from textual import events
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widget import Widget

import support_desk.app
from support_desk.app import DeskApp
from support_desk.config.model import Config
from support_desk.config.rules import agreement_of, client_rules
from support_desk.desk.desk import Desk
from support_desk.desk.outbox import Outbox
from support_desk.desk.preferences import Preferences
from support_desk.desk.snapshot import FeedName, Snapshot
from support_desk.domain.alerts import Alert, EscalationPolicy
from support_desk.domain.rota import OnCall, Person, Rota
from support_desk.domain.runbooks import Runbook
from support_desk.domain.sla import rank
from support_desk.domain.tickets import SuspendedTicket, Ticket
from support_desk.screens.dashboard import Dashboard
from support_desk.screens.view import View
from support_desk.sources.errors import SourceError
from support_desk.sources.fixtures import DEMO_START, World, demo_config, fixture_sources
from support_desk.sources.fixtures.alert_writer import FixtureAlertWriter
from support_desk.sources.fixtures.changes import ChangedWorld
from support_desk.sources.fixtures.sources import FixtureAlerts, FixtureRota, FixtureTickets
from support_desk.sources.fixtures.ticket_writer import FixtureTicketWriter
from support_desk.sources.protocols import Reading, RunbookSource, Sources
from support_desk.start import open_outbox
from support_desk.widgets.lines import Lines
from support_desk.widgets.row_list import RowList

PATIENCE = 800
"""Rounds of the event loop that a condition may take to come true."""

CHARACTERS = {"space": " ", "slash": "/", "plus": "+", "underscore": "_", "question_mark": "?", "colon": ":"}
"""What the keys type whose names are words."""

SMALL, MIDDLE, LARGE = (80, 24), (160, 45), (250, 80)
"""Columns and lines of the terminals that the dashboard is drawn for."""


class ManualClock:
    """Time that moves when a test says so, and wakes whoever has slept long enough."""

    def __init__(self, at: datetime = DEMO_START) -> None:
        self._start = self._at = at
        self._asleep: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._number = count()

    def now(self) -> datetime:
        return self._at

    def monotonic(self) -> float:
        return (self._at - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        alarm: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._asleep, (self._at + timedelta(seconds=seconds), next(self._number), alarm))
        await alarm

    def move(self, **span: float) -> None:
        """Let so much time go by at once."""
        self.move_to(self._at + timedelta(**span))

    def move_to(self, at: datetime) -> None:
        """Make it this moment."""
        self._at = at
        while self._asleep and self._asleep[0][0] <= at:
            alarm = heapq.heappop(self._asleep)[2]
            if not alarm.done():
                alarm.set_result(None)


@dataclass
class Weather:
    """What the services answer instead of the world's truth."""

    errors: dict[FeedName, SourceError] = field(default_factory=dict)
    """Reads of these feeds fail."""
    edits: dict[FeedName, Callable[[Reading[Any]], Reading[Any]]] = field(default_factory=dict)
    """Readings of these feeds are changed on the way."""
    gates: dict[FeedName, asyncio.Event] = field(default_factory=dict)
    """Reads of these feeds wait until their gate opens."""

    async def play(self, name: FeedName, read: Awaitable[Reading[Any]]) -> Reading[Any]:
        reading = await read
        if name in self.gates:
            await self.gates[name].wait()
        if name in self.errors:
            raise self.errors[name]
        return self.edits[name](reading) if name in self.edits else reading


class WeatheredAlerts(FixtureAlerts):
    """The world's monitoring, as far as the weather lets it through."""

    weather: Weather

    async def open_alerts(self) -> Reading[Alert]:
        return await self.weather.play(FeedName.ALERTS, super().open_alerts())

    async def policies(self) -> Reading[EscalationPolicy]:
        return await self.weather.play(FeedName.POLICIES, super().policies())


class WeatheredRota(FixtureRota):
    """The world's schedules, as far as the weather lets them through."""

    weather: Weather

    async def on_call(self) -> Reading[OnCall]:
        return await self.weather.play(FeedName.ON_CALL, super().on_call())

    async def rota(self, start: datetime, end: datetime) -> Reading[Rota]:
        return await self.weather.play(FeedName.ROTA, super().rota(start, end))

    async def people(self) -> Reading[Person]:
        return await self.weather.play(FeedName.PEOPLE, super().people())


class WeatheredTickets(FixtureTickets):
    """The world's helpdesk, as far as the weather lets it through."""

    weather: Weather

    async def queue(self, held: Mapping[int, Ticket] | None = None) -> Reading[Ticket]:
        return await self.weather.play(FeedName.TICKETS, super().queue(held))

    async def confirm(self, ticket_ids: Sequence[int]) -> Reading[Ticket]:
        return await self.weather.play(FeedName.TICKETS, super().confirm(ticket_ids))

    async def suspended(self) -> Reading[SuspendedTicket]:
        return await self.weather.play(FeedName.SUSPENDED, super().suspended())


class WeatheredRunbooks:
    """A folder of runbooks, as far as the weather lets it through."""

    def __init__(self, folder: RunbookSource, weather: Weather) -> None:
        self._folder = folder
        self._weather = weather
        self.probe, self.close, self.read = folder.probe, folder.close, folder.read
        self.rules = folder.rules

    async def catalogue(self) -> Reading[Runbook]:
        return await self._weather.play(FeedName.RUNBOOKS, self._folder.catalogue())


def weathered_sources(clock: ManualClock, weather: Weather) -> Sources:
    """The demo's sources under a weather."""
    world = ChangedWorld(7)
    plain = fixture_sources(clock)
    alerts, rota = WeatheredAlerts(world, clock), WeatheredRota(world, clock)
    tickets = WeatheredTickets(world, clock)
    alerts.weather = rota.weather = tickets.weather = weather
    assert plain.runbooks is not None
    return Sources(
        alerts,
        rota,
        tickets,
        WeatheredRunbooks(plain.runbooks, weather),
        alert_writer=FixtureAlertWriter(world, clock),
        ticket_writer=FixtureTicketWriter(world, clock),
        past=plain.past,
    )


class HeardApp(DeskApp):
    """The dashboard, with an ear for its bell and its toasts."""

    CSS_PATH = str(Path(support_desk.app.__file__).with_name("support_desk.tcss"))

    still = False
    """No second goes by."""

    def tick(self) -> None:
        if not self.still:
            super().tick()

    def listen(self) -> None:
        self.bells = 0
        self.said: list[str] = []

    def bell(self) -> None:
        self.bells += 1

    def notify(self, message: str, **options: Any) -> None:
        self.said.append(message)
        super().notify(message, **options)


@dataclass
class Running:
    """A running dashboard, and what a test does with it."""

    app: HeardApp
    pilot: Pilot[None]
    clock: ManualClock
    weather: Weather

    @property
    def dashboard(self) -> Dashboard:
        return self.app.dashboard

    @property
    def snapshot(self) -> Snapshot:
        return self.app.desk.snapshot

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the application work until something is so."""
        await wait_until(self.pilot, condition)

    async def press(self, *keys: str) -> None:
        """Press keys, each after the one before has had its effect."""
        for key in keys:
            self._key(key)
            await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type into the field that has the focus."""
        self.burst(*text)
        await self.pilot.pause()

    async def keys(self, *keys: str, at_once: bool) -> None:
        """Press keys, all at once or each after the one before has had its effect."""
        if at_once:
            self.burst(*keys)
        else:
            await self.press(*keys)

    def burst(self, *keys: str) -> None:
        """All at once, as over a slow connection: nothing is waited for between them."""
        for key in keys:
            self._key(key)

    def _key(self, key: str) -> None:
        # `Pilot.press` rests three times as long for every key.
        char = key if len(key) == 1 else CHARACTERS.get(key)
        self.app.post_message(events.Key(key, char))

    async def pass_by(self, **span: float) -> None:
        """Let time go by: pollers that are due read, and the screen counts on."""
        self.clock.move(**span)
        await self.pilot.pause()
        screen = self.app.screen
        if isinstance(screen, Dashboard):
            screen.tick()
        await self.pilot.pause()

    async def read(self, *feeds: FeedName) -> None:
        """Read these feeds once more, now."""
        await self.app.desk.read(feeds)
        await self.pilot.pause()

    @property
    def header(self) -> str:
        return self.app.screen.query_one("#header", Lines).plain

    @property
    def footer(self) -> str:
        return self.app.screen.query_one("#footer", Lines).plain

    @property
    def why(self) -> str:
        return self.dashboard.query_one("#why", Lines).plain

    @property
    def alerts(self) -> str:
        return drawn(self.dashboard.alerts)

    @property
    def tickets(self) -> str:
        return drawn(self.dashboard.tickets)

    @property
    def rota(self) -> str:
        return drawn(self.dashboard.rota)

    @property
    def runbook(self) -> str:
        title = self.dashboard.query_one("#runbook-title", Lines).plain
        document = self.dashboard.runbook.document
        return f"{title}\n{drawn(document) if document else ''}"

    def ticket_ids(self) -> list[int]:
        """The tickets in the order shown."""
        return [row.ticket.id for row in self.dashboard.tickets.rows]

    def line_of(self, pane: RowList[Any], words: str) -> str:
        """The line of a pane that holds these words."""
        found = [line for line in drawn(pane).split("\n") if words in line]
        assert found, f"{words!r} isn't in\n{drawn(pane)}"
        return found[0]


def drawn(widget: Widget) -> str:
    """What a widget shows, line by line."""
    strips = widget.render_lines(Region(0, 0, widget.size.width, widget.size.height))
    return "\n".join(strip.text.rstrip() for strip in strips)


async def wait_until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Let the application work until something is so."""
    for _ in range(PATIENCE):
        if condition():
            return
        await pilot.pause(0.005)
    raise AssertionError(f"never came true: {condition}")


def changed(config: Config | None = None, **values: Any) -> Config:
    """The demo's configuration with other values."""
    return msgspec.structs.replace(config or demo_config(), **values)


def make(
    config: Config | None = None,
    clock: ManualClock | None = None,
    weather: Weather | None = None,
    build: Callable[[], Sources] | None = None,
    *,
    folder: Path | None = None,
    opens: threading.Event | None = None,
) -> HeardApp:
    """The application, not yet running; its outbox is in `folder`, or in one that nobody looks at.

    `opens`: the file takes until this is set to be opened.
    """
    folder = folder or Path(mkdtemp())
    config, clock, weather = config or demo_config(), clock or ManualClock(), weather or Weather()
    agreement = agreement_of(config)
    desk = Desk(config, None, clock, agreement, random=Random(7))
    desk.load()
    sources = build or (lambda: weathered_sources(clock, weather))

    def opened() -> Outbox:
        if opens is not None:
            opens.wait()
        return open_outbox(config, clock, folder / "outbox.sqlite3")

    app = HeardApp(
        desk,
        config,
        agreement,
        Preferences(None),
        build=sources,
        open_outbox=opened,
        toil_file=folder / "toil.sqlite3",
    )
    app.listen()
    return app


@asynccontextmanager
async def running(
    *,
    size: tuple[int, int] = MIDDLE,
    config: Config | None = None,
    at: datetime = DEMO_START,
    weather: Weather | None = None,
    wait: bool = True,
    folder: Path | None = None,
    edit: Callable[[Sources], Sources] = lambda sources: sources,
) -> AsyncIterator[Running]:
    """The dashboard on the demo's world; with `wait`, once every feed has been read.

    `folder` keeps the outbox, for a test that starts a second desk after this one. `edit` exchanges sources.
    """
    clock, weather = ManualClock(at), weather or Weather()
    with TemporaryDirectory(ignore_cleanup_errors=True) as own:

        def build() -> Sources:
            return edit(weathered_sources(clock, weather))

        app = make(config, clock, weather, build, folder=folder or Path(own))
        async with app.run_test(size=size, notifications=True) as pilot:
            desk = Running(app, pilot, clock, weather)
            if wait:
                await ready(desk)
            yield desk


async def ready(desk: Running) -> None:
    """Wait until every feed has been read, and the runbook for the first row."""
    await desk.until(lambda: all(desk.snapshot.feed(name).read_at for name in FeedName))
    await desk.until(lambda: "message" in desk.runbook)
    document = desk.dashboard.runbook.document
    if document is not None and document.size:
        await desk.until(lambda: "Is anybody harmed" in desk.runbook)


def view(
    *,
    at: datetime = DEMO_START,
    config: Config | None = None,
    feeds: Mapping[FeedName, Sequence[object]] | None = None,
    world: World | None = None,
) -> View:
    """The world at a moment as screens see it, every feed fresh; `feeds` replaces rows."""
    config, world = config or demo_config(), world or World(7)
    agreement = agreement_of(config)
    rows: dict[FeedName, Sequence[object]] = {
        FeedName.ALERTS: world.alerts(at),
        FeedName.POLICIES: world.policies(),
        FeedName.ON_CALL: world.on_call(at),
        FeedName.ROTA: (world.rota(at - timedelta(weeks=2), at + timedelta(weeks=5)),),
        FeedName.PEOPLE: world.people(),
        FeedName.TICKETS: rank(world.tickets(at), agreement),
        FeedName.SUSPENDED: world.suspended(at),
        FeedName.RUNBOOKS: (),
    }
    rows.update(feeds or {})
    snapshot = Snapshot()
    for name, these in rows.items():
        snapshot = snapshot.with_feed(name, replace(snapshot.feed(name), rows=tuple(these), read_at=at))
    return View(snapshot, at, config, agreement.calendar, agreement, client_rules(config))
