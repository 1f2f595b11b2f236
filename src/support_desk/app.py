"""The composition root: configuration, store, desk and screens put together, and nothing else.

Down: a source's reading -> `desk/poller.py` -> `desk/desk.py` -> `DeskApp.desk_changed` -> a screen.
Up: a key -> `keys.py` -> a screen's action -> `acts.py`; what opens another screen is in `screens/places.py`.

Services' libraries (zenpy, httpx, pydantic) are imported in a thread after the first frame.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from support_desk.acts import Acts
from support_desk.config.model import Config
from support_desk.config.rules import agreement_of, client_rules
from support_desk.desk.clock import Clock
from support_desk.desk.desk import Desk, DeskChange
from support_desk.desk.facts import Countdowns
from support_desk.desk.lookups import Lookups
from support_desk.desk.opening import opened
from support_desk.desk.preferences import THEME, Preferences
from support_desk.desk.snapshot import Problem
from support_desk.domain.sla import Agreement, Ranked
from support_desk.keys import CHANGING, bindings, normal
from support_desk.screens.alert_rows import AlertRow
from support_desk.screens.base import DeskScreen
from support_desk.screens.dashboard import Dashboard
from support_desk.screens.news import Watch
from support_desk.screens.places import Places
from support_desk.screens.runbook_texts import RunbookTexts
from support_desk.screens.time_off import TimeOff
from support_desk.screens.view import View
from support_desk.theme import CYCLE, DEFAULT, THEMES, at_sixteen, variables_of

if TYPE_CHECKING:
    from pathlib import Path

    from support_desk.desk.outbox import Outbox
    from support_desk.desk.store import ReadingsStore
    from support_desk.domain.commands import Promise
    from support_desk.domain.intents import Entry, Phase
    from support_desk.domain.runbooks import RunbookMatch
    from support_desk.sources.protocols import Sources

log = logging.getLogger(__name__)

FIRST_ROWS = 128
"""Rows of each feed that the first frame waits for: more than any screen shows."""


class DeskApp(Places):
    """The terminal program."""

    CSS_PATH = "support_desk.tcss"
    TITLE = "support_desk"
    BINDINGS: ClassVar[list[BindingType]] = bindings("app")
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(
        self,
        desk: Desk,
        config: Config,
        agreement: Agreement,
        preferences: Preferences,
        *,
        build: Callable[[], Sources],
        open_outbox: Callable[[], Outbox],
        toil_file: Path | None = None,
    ) -> None:
        super().__init__()
        self.desk = desk
        self.config = config
        self._build = build
        self._open_outbox = open_outbox
        self.time_off = TimeOff(self, toil_file)
        self.lookups = Lookups(None, desk.clock)
        self._attached = asyncio.Event()
        self.acts = Acts(self)
        self.runbooks = RunbookTexts(self)
        self.changed_keys = normal(config.keys)
        self.news = Watch(config)
        self.preferences = preferences
        self._agreement = agreement
        self._clients = client_rules(config)
        self._countdowns = Countdowns()
        for theme in THEMES:
            self.register_theme(theme)
        if self.console.color_system == "standard":
            for theme in self.available_themes.values():
                self.register_theme(at_sixteen(theme))
        wanted = config.theme.name or os.environ.get("TEXTUAL_THEME") or preferences.get(THEME) or DEFAULT
        self.theme = wanted if wanted in self.available_themes else DEFAULT
        # Textual does this some time after the first frame, which would keep the colours of another theme.
        self.stylesheet.set_variables(self.get_css_variables())
        if self.changed_keys:
            self.set_keymap(self.changed_keys)

    def get_css_variables(self) -> dict[str, str]:
        self.theme_variables = variables_of(self.current_theme)
        return self.theme_variables

    # Starting and stopping

    def get_default_screen(self) -> Screen[Any]:
        return Dashboard()

    @property
    def dashboard(self) -> Dashboard:
        """The screen at the bottom of the stack."""
        screen = self.screen_stack[0]
        assert isinstance(screen, Dashboard)  # noqa: S101 - `get_default_screen` made it
        return screen

    def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, self._resumed)
        self.desk.subscribe(self.desk_changed)
        self.news.first(self.view)
        self.set_interval(1.0, self.tick, name="second")
        self.call_after_refresh(self._start_reading)

    def _start_reading(self) -> None:
        """After the first frame: the services' libraries take longer to import than it did to draw."""
        self._begun = True
        gc.enable()
        self.run_worker(
            self._read(), name="desk", group="desk", description="read the sources", exit_on_error=False
        )
        self.run_worker(
            self._write(),
            name="outbox",
            group="desk",
            description="send what was decided",
            exit_on_error=False,
        )

    async def _read(self) -> None:
        await self.desk.load_rest()
        sources = await asyncio.to_thread(self._build)
        # What is there now stays for the week: the collector needn't look at it again.
        gc.freeze()
        self.desk.attach(sources)
        self.lookups = Lookups(sources.ticket_writer, self.desk.clock)
        self._attached.set()
        self._keep_runbooks_pulled()
        await self.desk.run()

    def _keep_runbooks_pulled(self) -> None:
        from support_desk.desk.runbook_pulling import keep_pulled, pulls  # after the first frame

        folder, minutes = self.config.runbooks.path, self.config.runbooks.pull_minutes
        if pulls(folder, minutes):
            self.run_worker(
                keep_pulled(self.desk, folder, minutes, partial(self.say, problem=True)),
                name="pull runbooks",
                group="desk",
                description="keep the runbooks up to date",
                exit_on_error=False,
            )

    async def _write(self) -> None:
        outbox = await opened(self._open_outbox, lambda outbox: outbox.let_go())
        unfinished = self.acts.open(outbox)
        if self._leaving:
            return
        if (shown := self._shown) is not None:
            # A page that was gone to before: it knows nothing of what is in the file.
            shown.outbox_opened()
        if outbox.entries:
            self.dashboard.show_activity()
        if unfinished:
            self.show_outbox(unfinished[0].intent.id)
        await self._attached.wait()
        # The services' rules: after the first frame.
        from support_desk.desk.performing.performer import performer_of

        if self.desk.sources is not None:
            self.run_worker(self.lookups.warm(), name="lookups", group="desk", exit_on_error=False)
            await self.acts.run(performer_of(self.desk, self.desk.sources, self.config, outbox.taken))

    def start_needing(self) -> None:
        """From now on the dashboard says what needs the person."""
        from support_desk.screens.needing import Needing

        if self.needing is None:
            self.needing = Needing(self)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault of our own in the background: the person must know that something has stopped."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            fault = type(event.worker.error).__name__
            log.error("worker failed", extra={"worker": event.worker.name, "error": fault})
            stopped = {"desk": "Reading has stopped", "outbox": "SENDING HAS STOPPED, nothing goes out"}
            what = stopped.get(event.worker.name, "That didn't work")
            self.say(
                f"{what}: this program met a fault ({fault}). Leave with ctrl+q and start again", problem=True
            )

    def _resumed(self, _: object) -> None:
        self._repaint()
        self.desk.resumed()

    async def on_unmount(self) -> None:
        self._set_title("")
        self.runbooks.close()
        if self.acts.outbox is not None:
            await self.acts.outbox.close()
        self.desk.close()
        self.time_off.close()
        if self.desk.sources is not None:
            await self.desk.sources.close()

    @property
    def can_remove_tags(self) -> bool:
        """Whether the alert service, with this key, can take tags away from an alert."""
        alerts = self.desk.sources.alerts if self.desk.sources is not None else None
        return alerts is None or alerts.capabilities.remove_tags

    # Time and changes

    @property
    def view(self) -> View:
        """What the screens draw from, at this moment."""
        return View(
            self.desk.snapshot,
            self.desk.now(),
            self.config,
            self._agreement.calendar,
            self._agreement,
            self._clients,
            (*self.acts.notes(), *self.desk.notes()),
            self.desk.promises,
            self.acts.entries,
            self.acts.questions,
            self.acts.pages,
            self._countdowns,
        )

    def desk_changed(self, change: DeskChange) -> None:
        """A feed was read: the dashboard and the screen on top draw it, and what is urgent is said.

        Most readings find everything as it was. The next second draws ages, whatever they are the ages of.
        """
        if self._leaving or change.only_age:
            return
        self.acts.look_at_pages()
        self.dashboard.desk_changed(change)
        if (shown := self._shown) is not None:
            shown.desk_changed(change)
        self._attend()

    def outbox_changed(self, entry: Entry, before: Phase | None) -> None:
        """An action made a step: the dashboard and the screen on top show it, and its end is said."""
        from support_desk.screens.results import told

        if self._leaving:
            return
        self.dashboard.outbox_changed(entry)
        if (shown := self._shown) is not None:
            shown.outbox_changed(entry)
        if entry.phase is not before:
            # What was said of an earlier step would be the last word on the screen, and is out of date.
            self.withdraw(entry.intent.id)
        if line := told(entry, before):
            if self.in_editor and line.severity == "error" and not self.news.muted:
                # Somebody may not have been paged, and who asked for that sees their editor.
                self.bell()
            self.notify(line.words, severity=line.severity, timeout=line.seconds, about=entry.intent.id)

    def note_promise(self, ticket_id: int, promise: Promise | None) -> None:
        """This is promised next on a ticket, or nothing is."""
        if self.desk.promises.get(ticket_id) != promise:
            self.run_worker(
                self.desk.note_promise(ticket_id, promise),
                name="promise",
                group="promise",
                exit_on_error=False,
            )

    def draw_footers(self) -> None:
        """What the footer says has changed: a hold, or what is being read for one."""
        for screen in self.screen_stack:
            if isinstance(screen, DeskScreen) and screen.is_mounted:
                screen.draw_footer()

    @property
    def _shown(self) -> DeskScreen | None:
        """The screen over the dashboard, once it is built: it begins with what is known then."""
        top = self.screen
        if isinstance(top, DeskScreen) and top is not self.dashboard and top.is_mounted:
            return top
        return None

    @property
    def _leaving(self) -> bool:
        # While Textual takes the screens down, the timers and the desk go on for a moment.
        return self._exit or not self.is_running

    def tick(self) -> None:
        """A second has gone by: what time alone changes is drawn, and what is urgent is said."""
        if self._leaving:
            return
        if not self.look_at_terminal():
            return
        self.time_off.look()
        # Under a picker or the help the desk can be seen as well: its countdowns must not stand still.
        covering: list[Screen[Any]] = []
        for screen in reversed(self.screen_stack):
            if isinstance(screen, DeskScreen) and screen.is_mounted:
                screen.tick()
                break
            covering.append(screen)
        for between in covering[1:]:
            # Through a second layer Textual shows what lay under the first one when that was drawn last.
            between.refresh()
        self._attend()

    # What the screens ask for

    def runbook_for(self, row: AlertRow | Ranked) -> RunbookMatch | None:
        """The runbook for a row, with its reason."""
        from support_desk.screens.runbook_match import runbook_for

        return runbook_for(self.view, row, self.desk.sources)

    @property
    def last_look(self) -> datetime | None:
        """When the person last looked at the suspended tickets."""
        return self.preferences.looked_at

    def mark_looked(self) -> None:
        """The person has looked at the suspended tickets."""
        self.preferences.looked_at = self.desk.now()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What opens a field from everywhere doesn't do so over a question that waits for its answer."""
        if action in ("open_number", "search_solved") and self.screen.is_modal:
            return False
        if self.config.read_only and action in CHANGING:
            return False
        return super().check_action(action, parameters)

    async def action_quit(self) -> None:
        """Leave; what is being asked is answered first, and what hasn't been sent yet is asked about."""
        if self.screen.is_modal:
            self.say("Answer this or leave it (esc), then ctrl+q quits", problem=True)
            return
        outbox = self.acts.outbox
        if outbox is None or not outbox.unfinished:
            self.exit()
            return
        from support_desk.screens.leaving import ask_to_leave

        ask_to_leave(self, outbox)

    async def action_refresh_all(self) -> None:
        """Read every source now."""
        self.say(self.desk.refresh(None))

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        if priority:
            self.acts.key_comes(key)
        return await super()._check_bindings(key, priority)

    def action_undo(self) -> None:
        """Take back what hasn't left, or else send what undoes the last action."""
        from support_desk.screens.acting.undoing import undo

        if (outbox := self.acts.outbox) is not None:
            self.acts.go_back(lambda: undo(self, outbox))

    def action_redo(self) -> None:
        """Do again what was taken back."""
        from support_desk.screens.acting.undoing import redo

        if (outbox := self.acts.outbox) is not None:
            self.acts.go_forth(lambda: redo(self, outbox))

    def action_next_theme(self) -> None:
        """The next of the desk's themes; it is remembered."""
        here = CYCLE.index(self.theme) if self.theme in CYCLE else -1
        self.theme = CYCLE[(here + 1) % len(CYCLE)]
        self.preferences.set(THEME, self.theme)
        self.say(f"Colours: {self.theme}")


def make_app(
    config: Config,
    clock: Clock,
    store: ReadingsStore | None,
    preferences: Preferences,
    build: Callable[[], Sources],
    *,
    open_outbox: Callable[[], Outbox],
    store_problem: Problem | None = None,
    toil_file: Path | None = None,
) -> DeskApp:
    """A dashboard over a configuration.

    `build` makes the sources and `open_outbox` the outbox, in threads, after the first frame.

    Without a store it begins from nothing; `store_problem` says why there is none. `toil_file` is where
    answers about time off in lieu are kept; None: only while the desk runs.
    """
    agreement = agreement_of(config)
    desk = Desk(config, store, clock, agreement, store_problem=store_problem)
    desk.load(head=FIRST_ROWS)
    return DeskApp(
        desk, config, agreement, preferences, build=build, open_outbox=open_outbox, toil_file=toil_file
    )
