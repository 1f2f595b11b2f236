"""What is measured: the commands, a configuration of their own, a warm store, a helpdesk of any size."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bench.instrument import helper

if TYPE_CHECKING:
    from support_desk.domain.alerts import Alert
    from support_desk.domain.tickets import Ticket

REPOSITORY = Path(__file__).resolve().parent.parent
FLOOR = [sys.executable, str(REPOSITORY / "bench" / "floor_app.py")]
FLOOR_SHOWS = ("Page 0 ", "Page 44 ")
PROGRAM = str(Path(sys.executable).with_name("support-desk"))
DEMO = [PROGRAM, "demo"]
FRAME_SHOWS = ("1 Alerts", "2 Tickets", "3 Runbook", "4 Rota", "help")
"""What the whole first frame holds, from its first pane to its footer."""
NOWHERE = "http://127.0.0.1:9"
"""An address where nobody answers."""


@dataclass(frozen=True, slots=True)
class Home:
    """A home folder of our own, so that nobody's configuration is read and nobody's readings are touched."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def env(self) -> dict[str, str]:
        return {
            "HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "SUPPORT_DESK_CONFIG": str(self.config),
        }

    @property
    def dashboard(self) -> list[str]:
        return [PROGRAM]


@contextlib.contextmanager
def home(zendesk_url: str = NOWHERE, *, tickets_every: float = 45) -> Iterator[Home]:
    """A configuration that points at `zendesk_url`, and elsewhere at nobody; gone afterwards."""
    from support_desk.sources.fixtures.settings import RUNBOOKS
    from tests.simulators.zendesk import API_TOKEN, EMAIL

    with tempfile.TemporaryDirectory(prefix="support-desk-bench-") as folder:
        made = Home(Path(folder))
        secret = made.folder / "token"
        secret.touch(mode=0o600)
        secret.write_text(API_TOKEN)
        made.config.write_text(
            f"""
[zendesk]
url = "{zendesk_url}"
auth = "token"
email = "{EMAIL}"
token_file = "{secret}"

[me]
email = "{EMAIL}"

[opsgenie]
url = "{NOWHERE}"
read_key_file = "{secret}"
write_key_file = "{secret}"

[runbooks]
path = "{RUNBOOKS}"

[polling]
tickets = {tickets_every}
budget = 2500
"""
        )
        yield made


def warm(made: Home, tickets: int = 2_000, *, more_alerts: int = 0) -> Path:
    """Fill the store of a home as an earlier session would have: a queue of this size, the demo's rest.

    `more_alerts`: so many open ones beside the demo's.
    """
    from support_desk.config.calendar import calendar_from
    from support_desk.config.load import load_config
    from support_desk.desk.clock import SystemClock
    from support_desk.desk.once import read_once
    from support_desk.desk.snapshot import FeedName
    from support_desk.desk.store import ReadingsStore
    from support_desk.domain.sla import Agreement, rank
    from support_desk.paths import store_file
    from support_desk.sources.fixtures import fixture_sources

    with _environment(made.env):
        config = load_config(made.config, made.env).config
        path = store_file(config)
    clock = SystemClock()
    agreement = Agreement(calendar_from(config.hours), frozenset())
    sources = fixture_sources(clock, start=clock.now())
    snapshot = asyncio.run(read_once(config, sources, clock, agreement))
    rows = rank(queue(tickets), agreement)
    store = ReadingsStore.open(path)
    for name in FeedName:
        feed = snapshot.feed(name)
        if name is FeedName.TICKETS:
            feed = replace(feed, rows=rows)
        if name is FeedName.ALERTS:
            feed = replace(feed, rows=(*feed.rows, *_like(snapshot.alerts.rows, more_alerts)))
        store.save(name, feed)
    store.close()
    return path


def _like(alerts: Sequence[Alert], count: int) -> list[Alert]:
    """Alerts that nobody has, each begun an hour before the last, so that none fold into a storm."""
    model = next(row for row in alerts if row.status == "open")
    return [
        replace(
            model,
            id=f"more-{number}",
            tiny_id=str(number),
            alias=f"more-{number}",
            message=f"check {number} is failing",
            created_at=model.created_at - timedelta(hours=number + 1),
        )
        for number in range(count)
    ]


def bodies(count: int) -> list[bytes]:
    """What the helpdesk would answer for a queue of this size: pages of a hundred, side-loads included."""
    import json

    from tests.simulators.zendesk import ZendeskSimulator, fill

    desk = ZendeskSimulator()
    rows = [{**row, "result_type": "ticket"} for row in fill(count)]
    return [
        json.dumps(
            {
                "results": rows[start : start + 100],
                "users": desk.users,
                "groups": desk.groups,
                "organizations": desk.organizations,
                "count": count,
                "next_page": None,
            }
        ).encode()
        for start in range(0, count, 100)
    ]


def queue(count: int) -> list[Ticket]:
    """The tickets of a queue of this size."""
    from support_desk.config.model import Zendesk
    from support_desk.sources.zendesk.wire import tickets_from_search

    settings = Zendesk(url="https://example.zendesk.com")
    return [row for body in bodies(count) for row in tickets_from_search(body, settings).rows]


@contextlib.contextmanager
def helpdesk(tickets: int) -> Iterator[str]:
    """A simulated helpdesk with so many tickets, in a process of its own; gives its address."""
    code = (
        "import threading; from tests.simulators.zendesk import ZendeskSimulator, fill\n"
        f"with ZendeskSimulator() as desk:\n desk.add(*fill({tickets}))\n"
        " print(desk.url, flush=True)\n threading.Event().wait()"
    )
    with helper([sys.executable, "-c", code], env={"PYTHONPATH": str(REPOSITORY)}) as line:
        yield line.strip()


@contextlib.contextmanager
def _environment(extra: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(extra)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
