"""A support week of the running program: real clients, services on loopback, a clock that a test moves.

The week is Wednesday 24 March 2027 10:00 to Wednesday 31 March 10:00: both changeovers at its beginning and
the first one of the next at its end, Good Friday on the 26th, the clocks forward on Sunday the 28th, Easter
Monday on the 29th. Ada, whose desk it is, is first line developer by day and on call by night.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from support_desk.config.model import (
    Beyond,
    Config,
    Me,
    Opsgenie,
    PersonSection,
    RotaSection,
    Runbooks,
    Zendesk,
)
from support_desk.config.rules import agreement_of
from support_desk.desk.desk import Desk
from support_desk.desk.preferences import Preferences
from support_desk.desk.snapshot import FeedName
from support_desk.desk.store import ReadingsStore
from support_desk.domain.intents import Phase
from support_desk.sources.live import live_sources
from support_desk.sources.protocols import Sources
from support_desk.start import open_outbox
from support_desk.widgets.lines import Lines
from support_desk.widgets.text_view import TextView
from tests.screens.acting import choose, ended
from tests.simulators.opsgenie import (
    FIRST_LINE,
    READ_KEY,
    SECOND_LINE,
    WRITE_KEY,
    Rotation,
    Schedule,
    Turn,
    daytime,
    local,
    nights,
    weeks,
    wire_alert,
)
from tests.simulators.opsgenie import stamp as opsgenie_time
from tests.simulators.opsgenie_writes import WritableOpsgenie
from tests.simulators.zendesk import CLIENT_ID, CLIENT_SECRET, Row, sla_row, wire_ticket
from tests.simulators.zendesk import stamp as zendesk_time
from tests.simulators.zendesk_writes import WritableZendesk
from tests.sources.test_runbook_files import git
from tests.support import HeardApp, ManualClock, Running, Weather

LONDON = ZoneInfo("Europe/London")

ADA, BEN, CAT, DAN = "ada@example.com", "ben@example.com", "cat@example.com", "dan@example.com"
EVE, FAY, GUS, HAL = "eve@example.com", "fay@example.com", "gus@example.com", "hal@example.com"
PHONE = "phone@example.com"
NAMES = {
    ADA: "Ada Ardent",
    BEN: "Ben Brook",
    CAT: "Cat Calder",
    DAN: "Dan Dale",
    EVE: "Eve Easton",
    FAY: "Fay Forth",
    GUS: "Gus Grove",
    HAL: "Hal Heath",
    PHONE: "Support Phone",
}

BEFORE = date(2027, 3, 17)
"""The Wednesday of the week before."""
STANDARD, ENHANCED, CONFLICT = 301, 302, 303
"""Organisations by their plan."""


def at(text: str) -> datetime:
    """A moment of London's wall clock in March or April 2027, such as "24 10:00", in UTC."""
    day, clock = text.split()
    number = int(day)
    where = date(2027, 3, number) if number > 15 else date(2027, 4, number)
    return datetime.combine(where, time.fromisoformat(clock), LONDON).astimezone(UTC)


def schedules(first: date = BEFORE) -> list[Schedule]:
    """Who is on from this Wednesday: a week before, the week, and six weeks after.

    The rotations by day go on naming their people on the two bank holidays, as real ones do. Good Friday has
    an override on call; Easter Monday has none, at first.
    """
    dev = [BEN, ADA, CAT, BEN, ADA, CAT, BEN, ADA]
    ops = [DAN, EVE, BEN, DAN, EVE, BEN, DAN, EVE]
    on_call = [CAT, ADA, DAN, BEN, CAT, ADA, DAN, BEN]
    second = [FAY, GUS, HAL, FAY, GUS, HAL, FAY, GUS]
    last = first + timedelta(weeks=len(dev))
    night = weeks(first, on_call, nights)
    good_friday = Turn(at("26 10:00"), at("26 18:00"), EVE, "override")
    return [
        Schedule(
            FIRST_LINE,
            "first_line",
            [
                Rotation(
                    "On Call Phone", [Turn(local(first, "00:00"), local(last, "00:00"), "phone@example.com")]
                ),
                Rotation("Ops 2027-01-06 to 2027-06-30", weeks(first, ops, daytime)),
                Rotation("Dev to 2027-1-6", None),
                Rotation("Dev 2027-01-06 to 2027-06-30", weeks(first, dev, daytime)),
                Rotation("OOH  2027-01-06 till 2027-06-30", by_start([*night, good_friday])),
            ],
        ),
        Schedule(SECOND_LINE, "ooh_second_line", [Rotation("Rota", weeks(first, second, nights))]),
    ]


def by_start(turns: list[Turn]) -> list[Turn]:
    return sorted(turns, key=lambda turn: turn.start)


@dataclass
class Week:
    """The services, the desk, and how time goes by."""

    desk: Running
    clock: ManualClock
    opsgenie: WritableOpsgenie
    zendesk: WritableZendesk

    async def to(self, moment: str | datetime) -> None:
        """It is this moment, and everything has been read at it."""
        now = at(moment) if isinstance(moment, str) else moment
        assert now > self.clock.now(), "time only goes forward"
        self.clock.move_to(now)
        await self.read()

    async def on(self, **span: float) -> None:
        """So much later."""
        await self.to(self.clock.now() + timedelta(**span))

    async def read(self) -> None:
        """The pollers have read what is due, and the rest is read as by R."""
        for _ in range(3):
            await self.desk.pilot.pause()
        self.desk.app.desk.refresh(self._unread())
        await self.desk.until(lambda: not self._unread())
        self.desk.dashboard.tick()
        await self.desk.pilot.pause()

    def _unread(self) -> list[FeedName]:
        feeds, now = {name: self.desk.snapshot.feed(name) for name in FeedName}, self.clock.now()
        return [name for name, feed in feeds.items() if feed.enabled and feed.read_at != now]

    # What happens in the world

    def alert(self, id_: str, message: str, priority: str = "P1", *, made: str = "", **more: Any) -> None:
        """Monitoring raises an alert now, or by the next reading at the moment that `made` says."""
        now = opsgenie_time(at(made) if made else self.clock.now())
        self.opsgenie.alerts.append(
            wire_alert(
                id_,
                tinyId=str(2000 + len(self.opsgenie.alerts)),
                message=message,
                priority=priority,
                createdAt=now,
                updatedAt=now,
                lastOccurredAt=now,
                **more,
            )
        )

    def ticket(self, number: int, subject: str, *, plan: int = STANDARD, made: str = "", **more: Any) -> None:
        """A ticket comes in now (or when `made` says), without a priority and without an answer."""
        now = zendesk_time(at(made) if made else self.clock.now())
        row: Row = {
            "subject": subject,
            "status": "new",
            "priority": None,
            "assignee_id": None,
            "organization_id": plan,
            "created_at": now,
            "updated_at": now,
            "slas": {"policy_metrics": []},
            "metric_set": {
                "ticket_id": number,
                "replies": 0,
                "reply_time_in_minutes": {"calendar": None, "business": None},
                "requester_updated_at": now,
                "assignee_updated_at": None,
            },
        }
        self.zendesk.add(wire_ticket(number, **(row | more)))

    def answered(self, number: int, **more: Any) -> None:
        """A colleague answers the client."""
        now = zendesk_time(self.clock.now())
        measured = {
            "ticket_id": number,
            "replies": 1,
            "reply_time_in_minutes": {"calendar": 5, "business": 5},
            "requester_updated_at": self.zendesk.tickets[number]["created_at"],
            "assignee_updated_at": now,
        }
        self.zendesk.edit(number, **({"status": "open", "assignee_id": 102, "metric_set": measured} | more))

    # What the person does

    async def select_alert(self, id_: str) -> None:
        """Go to the alerts and put the cursor on one."""
        await self.desk.press("1")
        self.desk.dashboard.alerts.select(id_)
        await self.desk.pilot.pause()
        row = self.desk.dashboard.alerts.selected
        assert row is not None
        assert row.alert.id == id_

    async def act(self, id_: str, key: str, choice: str = "") -> str:
        """Press the key of an action on an alert, choose, and let it come to its end: its words."""
        await self.select_alert(id_)
        await self.desk.press(key)
        if choice:
            await choose(self.desk, choice)
        return await self.ends()

    async def ends(self) -> str:
        """Let the newest action come to its end; its words."""
        before = self.clock.now()
        entry = await ended(self.desk)
        assert entry.phase is Phase.CONFIRMED, entry.words
        assert self.clock.now() - before < timedelta(minutes=1)
        return entry.words

    async def deal_with(self, id_: str) -> None:
        """Acknowledge an alert at once and close it two minutes later, as its graph falls."""
        await self.on(seconds=40)
        assert await self.act(id_, "a") == "acknowledged"
        self.opsgenie.close_alert(id_, ADA)
        await self.on(minutes=2)

    async def open(self, key: str, screen: str, condition: Callable[[], object]) -> None:
        """Open a screen, and wait until it is made."""
        await self.desk.press(key)
        await self.desk.until(lambda: type(self.desk.app.screen).__name__ == screen)
        await self.desk.until(condition)

    # What the person sees

    @property
    def top(self) -> str:
        """The line above everything."""
        return self.desk.dashboard.query_one("#announcement", Lines).plain.strip()

    @property
    def header(self) -> str:
        """Who is on, and whether it is in hours."""
        return self.desk.dashboard.query_one("#header", Lines).plain.split("\n")[0].strip()

    @property
    def page(self) -> str:
        """The text of the screen on top."""
        return self.desk.app.screen.query_one("#text", TextView).shown

    def rota(self) -> list[str]:
        """The rota pane, a line each."""
        return [" ".join(line.split()) for line in self.desk.rota.split("\n")[1:] if line.strip()]

    def next_line(self, id_: str) -> str:
        """What stands in the column of an alert's next line."""
        alert = next(row.alert for row in self.desk.dashboard.alerts.rows if row.alert.id == id_)
        return self.desk.line_of(self.desk.dashboard.alerts, alert.message)[1:10].strip()


def due(*rows: tuple[str, str, datetime | None]) -> Row:
    """SLA rows as Zendesk sends them: metric, stage, deadline."""
    return {"policy_metrics": [sla_row(metric, stage, moment) for metric, stage, moment in rows]}


def settings(opsgenie: WritableOpsgenie, zendesk: WritableZendesk, runbooks: Path) -> Config:
    return Config(
        me=Me(name="Ada Ardent", email=ADA),
        zendesk=Zendesk(url=zendesk.url, client_id=CLIENT_ID, client_secret_env="WEEK_SECRET"),
        opsgenie=Opsgenie(url=opsgenie.url, read_key_env="WEEK_READ", write_key_env="WEEK_WRITE"),
        rota=RotaSection(beyond=(Beyond(name="Head of Technical Operations", phone="0700 900111"),)),
        people={GUS: PersonSection(phone="0700 900222")},
        runbooks=Runbooks(path=str(runbooks), pull_minutes=0),
    )


def checkout(folder: Path) -> Path:
    """A checkout of two runbooks: one is older, the other was changed on the Thursday of the week."""
    folder.mkdir()
    git(folder, "init", "-q")
    for name, matches, title, when in (
        ("acme-5xx.md", "acme-prod-5xx", "Acme answers 5xx", datetime(2027, 2, 1, 12, tzinfo=UTC)),
        ("disk.md", "disk", "A disk fills", at("25 12:00")),
    ):
        text = f"<!-- alerts: message=(?i){matches} -->\n# {title}\n"
        (folder / name).write_text(text, encoding="utf-8")
        git(folder, "add", name)
        git(folder, "commit", "-qm", f"Say more in {name}", at=when)
    return folder


@asynccontextmanager
async def support_week(
    folder: Path,
    start: str | datetime,
    *,
    size: tuple[int, int],
    world: Callable[[Week], None] = lambda _: None,
    first: date = BEFORE,
) -> AsyncIterator[Week]:
    """The desk at its start, everything read; `world` says what was there before."""
    clock = ManualClock(at(start) if isinstance(start, str) else start)
    opsgenie = WritableOpsgenie(clock.now(), clock=clock.now)
    zendesk = WritableZendesk(clock=clock.now)
    with opsgenie, zendesk:
        opsgenie.schedules, opsgenie.users, opsgenie.pending = schedules(first), list(NAMES.items()), 0
        zendesk.me = {"id": 101, "name": "Ada Ardent", "email": ADA, "role": "agent"}
        zendesk.users[0] = dict(zendesk.me)
        for number, name, tags, field in (
            (STANDARD, "Acme", ["managed"], None),
            (ENHANCED, "Borough", ["managed_plus"], None),
            (CONFLICT, "County", ["managed"], "managed_plus"),
        ):
            place = next(row for row in zendesk.organizations if row["id"] == number)
            place.update(name=name, tags=tags, organization_fields={"support_plan": field})
        config = settings(opsgenie, zendesk, checkout(folder / "runbooks"))
        agreement = agreement_of(config)
        store = ReadingsStore.open(folder / "readings.sqlite3")
        desk = Desk(config, store, clock, agreement, random=Random(7))
        desk.load()
        secrets = {"WEEK_SECRET": CLIENT_SECRET, "WEEK_READ": READ_KEY, "WEEK_WRITE": WRITE_KEY}

        def build() -> Sources:
            return live_sources(config, clock.now, secrets)

        app = HeardApp(
            desk,
            config,
            agreement,
            Preferences(None),
            build=build,
            open_outbox=lambda: open_outbox(config, clock, folder / "outbox.sqlite3"),
            toil_file=folder / "toil.sqlite3",
        )
        app.listen()
        async with app.run_test(size=size, notifications=True) as pilot:
            week = Week(Running(app, pilot, clock, Weather()), clock, opsgenie, zendesk)
            world(week)
            await week.desk.until(lambda: app.desk.sources is not None)
            await week.desk.until(lambda: app.acts.outbox is not None and app.acts.outbox.can_send)
            await week.read()
            yield week
