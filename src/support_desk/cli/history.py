"""`support-desk history import`: the alerts of the past, from the service into the store."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from support_desk.cli import output
from support_desk.cli.arguments import in_zone
from support_desk.config.secrets import secret_of
from support_desk.domain.past import Span
from support_desk.domain.words import counted, duration_words, moment_words
from support_desk.paths import store_file

if TYPE_CHECKING:
    import argparse

    from support_desk.config.load import Loaded
    from support_desk.config.model import Config
    from support_desk.desk.clock import Clock
    from support_desk.desk.history_import import Imported, Progress
    from support_desk.desk.store import ReadingsStore

EVERY = 20
"""Pages between two lines of progress where a line can't be written over."""


def history(arguments: argparse.Namespace, loaded: Loaded, clock: Clock, environ: Mapping[str, str]) -> int:
    """Import what is missing; 0 when everything asked for is in the store, 1 when something stopped it."""
    config = loaded.config
    if config.alerts.provider != "opsgenie":
        output.talk("history import reads OpsGenie. Set alerts.provider to opsgenie")
        return 2
    if not any(secret_of(config.opsgenie, name, environ) for name in ("read_key", "write_key")):
        output.talk(
            loaded.how_to_begin or "to import the history, set opsgenie.read_key_env (or _command, _file)"
        )
        return 2
    from support_desk.desk.moments import from_ms, to_ms
    from support_desk.desk.schema import StoreError
    from support_desk.desk.store import ReadingsStore

    # As the file keeps it: what lies between its milliseconds would stay a gap for ever.
    wanted = _wanted(arguments, config, from_ms(to_ms(clock.now())))
    if wanted is None:
        return 2
    try:
        retention = timedelta(days=config.retention.days)
        with closing(ReadingsStore.open(store_file(config), retention=retention)) as store:
            return _import(wanted, store, config, clock, environ)
    except StoreError as error:
        output.talk(f"{error.problem}: {error.remedy}")
        return 1


def _wanted(arguments: argparse.Namespace, config: Config, now: datetime) -> Span | None:
    """The span asked for, no longer than the store keeps; None, with words, where there is none."""
    kept = timedelta(days=config.retention.days)
    start = in_zone(arguments.start, ZoneInfo(config.hours.timezone)) or now - kept
    if start >= now:
        output.talk("--from must lie in the past")
        return None
    if start < now - kept:
        output.talk(f"only {config.retention.days} days are kept (retention.days): older alerts are left out")
        start = now - kept
    return Span(start, now)


def _import(
    wanted: Span, store: ReadingsStore, config: Config, clock: Clock, environ: Mapping[str, str]
) -> int:
    from support_desk.desk.history_import import HistoryImport
    from support_desk.sources.errors import SourceError
    from support_desk.sources.opsgenie.history import OpsgenieHistory

    source = OpsgenieHistory(
        config.opsgenie,
        read_key=secret_of(config.opsgenie, "read_key", environ),
        write_key=secret_of(config.opsgenie, "write_key", environ),
    )
    zone = ZoneInfo(config.hours.timezone)
    line = ProgressLine(clock, zone)
    reader = HistoryImport(source, store, clock, per_minute=config.polling.budget, told=line.show)

    async def run() -> Imported:
        try:
            return await reader.run(wanted)
        finally:
            await source.close()

    try:
        brought = asyncio.run(run())
    except SourceError as error:
        line.end()
        output.talk(f"{error.problem}: {error.remedy}")
        output.talk("what was read so far is kept; the same command goes on from there")
        return 1
    except KeyboardInterrupt:
        line.end()
        output.talk("interrupted: what was read so far is kept; the same command goes on from there")
        raise
    line.end()
    return _tell_end(brought, store, clock, zone)


def _tell_end(brought: Imported, store: ReadingsStore, clock: Clock, zone: ZoneInfo) -> int:
    holes = store.history_reach().holes(brought.span)
    if holes:
        output.talk(f"the store has not kept everything, {counted(len(holes), 'gap')} left: try again")
        return 1
    back = moment_words(brought.span.start, clock.now(), zone)
    output.data(f"{counted(brought.alerts, 'alert')} imported; the history is complete back to {back}.")
    if brought.rejected:
        output.talk(f"{brought.rejected} could not be read and are missing")
        return 1
    return 0


class ProgressLine:
    """How far the import is, on standard error: one line that is written over, or now and then a new one."""

    def __init__(self, clock: Clock, zone: ZoneInfo) -> None:
        self._clock = clock
        self._zone = zone
        self._over = sys.stderr is not None and sys.stderr.isatty()
        self._pages = 0
        self._width = 0

    def show(self, progress: Progress) -> None:
        """Say how far it is."""
        words = self.words(progress)
        if self._over:
            sys.stderr.write(f"\r{words.ljust(self._width)}")
            sys.stderr.flush()
            self._width = len(words)
            return
        if progress.waiting or self._pages % EVERY == 0:
            output.talk(words)
        self._pages += not progress.waiting

    def words(self, progress: Progress) -> str:
        """Such as "2,300 of about 9,800 alerts (23 %), back to Mon 12 Oct 09:12"."""
        count = counted(progress.alerts, "alert")
        if progress.expected:
            share = min(100, progress.alerts * 100 // progress.expected)
            count = f"{progress.alerts:,} of about {counted(progress.expected, 'alert')} ({share} %)"
        back = moment_words(progress.reached, self._clock.now(), self._zone)
        words = f"{count}, back to {back}"
        if not progress.waiting:
            return words
        wait = duration_words(timedelta(seconds=progress.waiting))
        return f"{words}; waiting {wait}: {progress.reason}"

    def end(self) -> None:
        """The next words begin a line of their own."""
        if self._over and self._width:
            sys.stderr.write("\n")
