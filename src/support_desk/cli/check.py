"""`check`: the configuration, this machine and every capability of every service, changing nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from support_desk.cli import output
from support_desk.cli.reading import HOW_TO_CONFIGURE
from support_desk.config.load import Loaded
from support_desk.config.model import Config
from support_desk.desk.clock import Clock
from support_desk.desk.snapshot import SourceName
from support_desk.sources.protocols import Probe, Source, Sources
from support_desk.text import cell_width, clean, fit

PROBE_LIMIT = 60.0
HOLIDAYS_AHEAD = timedelta(days=60)
_PATIENT_ESCAPE = 50
"""Milliseconds; tmux's own default of 500 makes Esc feel stuck."""

_MARKS = {True: "ok", False: "FAIL", None: "-"}


def check(loaded: Loaded, environ: Mapping[str, str], clock: Clock) -> int:
    """Print a table with a remedy per failure; 0 all good, 1 something needed is off."""
    probes = [
        _configuration(loaded),
        *_holidays(loaded.config, clock.now().date()),
        *_store(loaded.config),
        *_terminal(environ),
        *_theme(loaded.config.theme.name),
        *_services(loaded.config, clock, environ),
        *_anything(loaded),
    ]
    for line in table(probes):
        output.data(line)
    return int(any(probe.ok is False and probe.needed for probe in probes))


def table(probes: Sequence[Probe]) -> Iterator[str]:
    """Aligned rows; under each that isn't good, what to do about it."""
    names = max(cell_width(probe.name) for probe in probes)
    for probe in probes:
        mark = "note" if probe.ok is False and not probe.needed else _MARKS[probe.ok]
        yield f"{mark:<4}  {fit(probe.name, names)}  {clean(probe.detail)}".rstrip()
        if probe.remedy and probe.ok is not True:
            yield f"      {' ' * names}  -> {clean(probe.remedy)}"


def _configuration(loaded: Loaded) -> Probe:
    if loaded.path is not None:
        return Probe("Configuration", True, str(loaded.path))
    if loaded.given:
        return Probe("Configuration", True, "from the environment only")
    remedy = "`support-desk config init` writes one to fill in; `support-desk demo` needs none"
    return Probe("Configuration", False, f"there is no {loaded.expected}", remedy)


def _holidays(config: Config, today: date) -> Iterator[Probe]:
    from support_desk.config.calendar import HOLIDAYS_KNOWN_UNTIL

    if config.hours.bank_holidays == "none":
        return
    known = f"known until {HOLIDAYS_KNOWN_UNTIL:%d %B %Y}"
    if today + HOLIDAYS_AHEAD <= HOLIDAYS_KNOWN_UNTIL:
        yield Probe("Bank holidays", True, known)
    else:
        remedy = "Update the package govuk-bank-holidays; deadlines after that count holidays as working days"
        yield Probe("Bank holidays", False, known, remedy, needed=today > HOLIDAYS_KNOWN_UNTIL)


def _store(config: Config) -> Iterator[Probe]:
    from support_desk.desk.mounts import network_type_of
    from support_desk.paths import store_file

    folder = store_file(config).parent
    existing = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    if not os.access(existing, os.W_OK | os.X_OK):
        yield Probe("Store", False, f"{folder} can't be written", "Set store.path to a folder of yours")
        return
    kind = network_type_of(existing)
    if kind:
        remedy = "Set store.path to a folder on this machine: SQLite isn't safe on a network"
        yield Probe("Store", False, f"{folder} is on a network file system ({kind})", remedy)
        return
    yield Probe("Store", True, str(folder))


def _terminal(environ: Mapping[str, str]) -> Iterator[Probe]:
    term = environ.get("TERM", "")
    if term in ("", "dumb"):
        yield Probe(
            "Terminal",
            False,
            f"TERM is {term or 'not set'}",
            "The dashboard needs a terminal; --plain prints text",
            needed=False,
        )
    else:
        colours = "24 bit" if environ.get("COLORTERM", "") in ("truecolor", "24bit") else "as TERM says"
        yield Probe("Terminal", True, f"{term}, colours {colours}")
    if environ.get("TMUX"):
        yield from _tmux()


def _theme(name: str) -> Iterator[Probe]:
    """The colours that there are only Textual knows; without the ones asked for the dashboard still opens."""
    if not name:
        return
    from textual.theme import BUILTIN_THEMES

    from support_desk.theme import THEMES

    ours = [theme.name for theme in THEMES]
    if name not in (*ours, *BUILTIN_THEMES):
        remedy = f"Set theme.name to {', '.join(ours)} or one of Textual's"
        yield Probe("Theme", False, f"there is none called {name!a}: it is dark", remedy, needed=False)


def _tmux() -> Iterator[Probe]:
    escape = _tmux_option("escape-time")
    if escape.isdecimal() and int(escape) > _PATIENT_ESCAPE:
        yield Probe(
            "tmux: escape-time",
            False,
            f"{escape} ms, so that Esc takes as long",
            "In tmux.conf: set -sg escape-time 10 (q is back as well)",
            needed=False,
        )
    clipboard = _tmux_option("set-clipboard")
    if clipboard == "off":
        yield Probe(
            "tmux: set-clipboard",
            False,
            "off, so that copying stays inside the dashboard",
            "In tmux.conf: set -s set-clipboard on",
            needed=False,
        )


def _tmux_option(name: str) -> str:
    tmux = shutil.which("tmux")
    if tmux is None:
        return ""
    try:
        # The names asked for are the two above.
        done = subprocess.run(  # noqa: S603
            [tmux, "show-options", "-sv", name],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    return done.stdout.strip()


def _anything(loaded: Loaded) -> Iterator[Probe]:
    """Each source may be off on purpose; with all of them off there is no desk."""
    from support_desk.desk.feeds import configured

    if not loaded.how_to_begin and not configured(loaded.config):
        remedy = "Set at least one of those above; `support-desk config show` says what was read"
        yield Probe("Sources", False, "none is configured: there is nothing to show", remedy)


def _services(config: Config, clock: Clock, environ: Mapping[str, str]) -> list[Probe]:
    from support_desk.sources.live import live_sources

    sources = live_sources(config, clock.now, environ)
    return asyncio.run(probe_all(sources))


async def probe_all(sources: Sources) -> list[Probe]:
    """The probes of every source, each source asked once, all at the same time."""
    named: dict[str, tuple[Source | None, SourceName]] = {
        "Zendesk": (sources.tickets, SourceName.ZENDESK),
        "OpsGenie": (sources.alerts, SourceName.ALERTS),
        "Runbooks": (sources.runbooks, SourceName.RUNBOOKS),
    }
    answers = await asyncio.gather(*(_probed(name, *source) for name, source in named.items()))
    await sources.close()
    return [probe for answer in answers for probe in answer]


async def _probed(name: str, source: Source | None, kind: SourceName) -> Sequence[Probe]:
    if source is None:
        remedy = HOW_TO_CONFIGURE[kind]
        return [Probe(name, None, "off: not configured", f"{remedy[0].upper()}{remedy[1:]}", needed=False)]
    try:
        async with asyncio.timeout(PROBE_LIMIT):
            return await source.probe()
    except TimeoutError:
        return [Probe(name, False, f"no answer within {PROBE_LIMIT:.0f} s", "Look at the network, try again")]
