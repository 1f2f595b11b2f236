"""How the dashboard is started: on the configured services, or on the demo's world."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support_desk.app import DeskApp, make_app
from support_desk.config.model import Config
from support_desk.desk.clock import Clock, DemoClock, SystemClock
from support_desk.desk.preferences import Preferences
from support_desk.desk.snapshot import Problem
from support_desk.heap import stay_small

if TYPE_CHECKING:
    from support_desk.config.load import Loaded
    from support_desk.desk.outbox import Outbox
    from support_desk.sources.protocols import Sources


def run_dashboard(loaded: Loaded, *, read_only: bool) -> int:
    """The dashboard on the configured services; returns the exit code."""
    from support_desk.desk.store import ReadingsStore, StoreError
    from support_desk.paths import private_store_file, state_dir, store_file, toil_file

    config = with_read_only(loaded.config, read_only)
    store, store_problem = None, None
    try:
        store = ReadingsStore.open(store_file(config))
    except StoreError as error:
        # A full disk is no reason to be without a dashboard in the night on which it matters.
        store_problem = Problem(error.problem, error.remedy)
    clock = SystemClock()

    def build() -> Sources:
        from support_desk.sources.live import live_sources

        return live_sources(config, clock.now)

    app = make_app(
        config,
        clock,
        store,
        Preferences(state_dir() / "preferences.json"),
        build,
        open_outbox=lambda: open_outbox(config, clock, private_store_file(config)),
        store_problem=store_problem,
        toil_file=toil_file(),
    )
    return _run(app)


def run_demo(*, seed: int, at: datetime | None, read_only: bool) -> int:
    """The dashboard on the fixtures: no account, no network, no configuration; returns the exit code."""
    from threading import Thread

    from support_desk.demo_folder import demo_folder, remove_ended
    from support_desk.sources.fixtures import DEMO_START, demo_config, fixture_sources

    clock = DemoClock(at or DEMO_START)
    config = with_read_only(demo_config(), read_only)
    with demo_folder() as folder:

        def open_own() -> Outbox:
            # Beside it: what is decided meanwhile waits for the outbox, and nothing for this.
            Thread(target=remove_ended, name="ended demos", daemon=True).start()
            return open_outbox(config, clock, folder / "outbox.sqlite3", stays=False)

        app = make_app(
            config,
            clock,
            None,
            Preferences(None),
            lambda: fixture_sources(clock, seed=seed, read_only=config.read_only),
            open_outbox=open_own,
        )
        return _run(app)


def open_outbox(config: Config, clock: Clock, path: Path, *, stays: bool = True) -> Outbox:
    """The person's outbox; one that can't be written to refuses every action and says why.

    `stays`: the file is there at the next start.
    """
    from support_desk.desk.instances import account  # as all of this: after the first frame
    from support_desk.desk.outbox import Outbox
    from support_desk.desk.outbox_store import OutboxStore
    from support_desk.desk.schema import StoreError

    settings: dict[str, Any] = {
        "user": account(),
        "hold": timedelta(seconds=config.escalation.hold_seconds),
        "read_only": config.read_only,
        "stays": stays,
    }
    if config.read_only:
        return Outbox(None, clock, **settings)
    try:
        return Outbox(OutboxStore.open(path), clock, **settings)
    except StoreError as error:
        problem = Problem(error.problem, f"{error.remedy}; then start the desk again")
        return Outbox(None, clock, **settings, store_problem=problem)


def with_read_only(config: Config, read_only: bool) -> Config:
    """The configuration, read-only if either it or the command line says so."""
    import msgspec

    return msgspec.structs.replace(config, read_only=config.read_only or read_only)


def _run(app: DeskApp) -> int:
    stay_small()
    # A poll that parses in its thread must hand the interpreter back quickly, or keys would wait for it.
    sys.setswitchinterval(0.0005)
    try:
        app.run()
    finally:
        app.give_terminal_back()
    return app.return_code or 0
