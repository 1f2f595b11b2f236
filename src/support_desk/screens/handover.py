"""The handover of a support week: read here, changed in the person's editor, copied for Slack or saved.

Gathered from what the desk knows now. A text that was changed by hand is kept, over restarts, until the
person says that it is to be made anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from support_desk.config.rules import runbook_rules
from support_desk.desk.drafts import HANDOVER
from support_desk.desk.outbox_store import Draft
from support_desk.desk.schema import StoreError
from support_desk.domain.handover import support_week, week_to_hand_over
from support_desk.domain.handover_text import to_markdown
from support_desk.domain.intents import Target
from support_desk.domain.words import day_clock
from support_desk.files import write_over
from support_desk.keys import bindings
from support_desk.paths import state_dir
from support_desk.reports.handover import Kept, handover_facts
from support_desk.screens.asking import confirm
from support_desk.screens.base import DeskScreen
from support_desk.screens.editor import edit_text
from support_desk.sources.runbook_changes import changed_between
from support_desk.text import clean_block
from support_desk.widgets.document import DocumentView
from support_desk.widgets.lines import Lines, Parts

WEEK = timedelta(days=7)

GATHERING = "handover"
"""Name of the worker that gathers what the text is made of."""


class HandoverScreen(DeskScreen):
    """One week's handover."""

    SCOPES: ClassVar[tuple[str, ...]] = ("handover", "document", "app")
    BINDINGS: ClassVar[list[BindingType]] = bindings("handover")
    AUTO_FOCUS = "#handover"

    DEFAULT_CSS = """
    HandoverScreen {
        #title { height: 1; }
        #handover { height: 1fr; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._at: datetime | None = None
        """A moment of the week that is shown; None: now."""
        self._details = False
        self._draft: Draft | None = None
        """The text that the person has changed by hand, where they have."""
        self.text = ""
        self._gathers = False
        """What is shown is of another week, or older than what was asked for."""

    def compose_body(self) -> ComposeResult:
        yield Lines(id="title")
        yield DocumentView(id="handover")

    def on_mount(self) -> None:
        self._open()

    @property
    def week(self) -> tuple[datetime, datetime]:
        """The range that is handed over (UTC)."""
        view = self.desk_app.view
        zone, opens = view.calendar.timezone, view.calendar.start
        if self._at is None:
            return week_to_hand_over(view.now, zone, opens)
        return support_week(self._at, zone, opens)

    @property
    def _target(self) -> Target:
        """What a draft of this week is kept by."""
        zone = self.desk_app.view.calendar.timezone
        return Target("handover", f"{self.week[0].astimezone(zone):%Y-%m-%d}")

    def outbox_opened(self) -> None:
        super().outbox_opened()
        if self._draft is None:
            self._open()

    # Making it

    def _open(self) -> None:
        """The week's text as the person changed it, else made of what is known now."""
        # The week that it was opened for, also once on call has changed: what is written then belongs to it.
        self._at = self.week[0] + WEEK / 2
        outbox = self.desk_app.acts.outbox
        self._draft = outbox.drafts.get(self._target, HANDOVER) if outbox is not None else self._draft
        if self._draft is None:
            self._make()
        else:
            # What is still being gathered, for another week or without the draft, would be shown over it.
            self.workers.cancel_group(self, GATHERING)
            self._show(self._draft.text)

    def _anew(self, then: Callable[[], object], said: str = "") -> None:
        """Make it of what is known now, and say so; what was changed by hand isn't thrown away unasked."""
        outbox = self.desk_app.acts.outbox

        def made() -> None:
            self._draft = None
            if outbox is not None:
                outbox.drafts.drop(self._target, HANDOVER)
            then()
            self._make(said)

        if self._draft is None:
            made()
        else:
            words = "Make it anew of what is known now? What you changed by hand is lost."
            confirm(self.desk_app, words, "makes it anew", made)

    def _make(self, said: str = "") -> None:
        self._gathers = True
        self._say_title("gathering ...")
        self.run_worker(
            self._gather(said), name=GATHERING, group=GATHERING, exclusive=True,
            description="gather the handover", exit_on_error=False,
        )  # fmt: skip

    async def _gather(self, said: str) -> None:
        start, end = self.week
        kept = await self._remembered(start, end)
        view = self.desk_app.view
        facts = handover_facts(view, start, end, kept)
        self._show(to_markdown(facts, view.agreement, details=self._details))
        if said:
            self.say(said)

    async def _remembered(self, start: datetime, end: datetime) -> Kept:
        app, config = self.desk_app, self.desk_app.config
        history = log = None
        reach = None
        try:
            history = await self.desk.history(start)
            reach = await self.desk.history_reach()
        except StoreError:
            history = None
        if app.acts.outbox is not None:
            try:
                log = await app.acts.outbox.log(start, end)
            except StoreError:
                log = None
        folder = config.runbooks.path
        changed = await asyncio.to_thread(changed_between, folder, start, end) if folder else None
        return Kept(
            history=history,
            log=log,
            promises=self.desk.promises,
            pages=app.acts.pages,
            runbooks_changed=changed,
            rules=tuple(runbook_rules(config.runbooks)),
            history_from=reach.start if reach is not None else None,
            no_history=reach is not None and reach.start is None,
        )

    def _show(self, text: str) -> None:
        self.text, self._gathers = text, False
        self.query_one("#handover", DocumentView).show("handover", text, "")
        self._say_title("")

    def _say_title(self, words: str) -> None:
        view = self.desk_app.view
        start, end = (view.local(edge) for edge in self.week)
        span = f" {start:%a} {start.day} {start:%b} to {end:%a} {end.day} {end:%b}"
        details = "  with details" if self._details else "  subject lines only"
        if self._draft is not None:
            changed = day_clock(self._draft.at, view.now, view.calendar.timezone)
            details, words = "", words or f"as you changed it {changed}: r makes it anew"
        parts: Parts = ((" Handover ", "title"), (span, "strong"), (details, "dim"), (f"  {words}", "soon"))
        self.query_one("#title", Lines).show([parts])

    # Keys

    def action_back(self) -> None:
        """To where this was opened."""
        self.desk_app.pop_screen()

    def action_earlier(self) -> None:
        """The week before."""
        self._move(-WEEK)

    def action_later(self) -> None:
        """The week after; none after the present one."""
        self._move(WEEK)

    def _move(self, span: timedelta) -> None:
        at = self.week[0] + WEEK / 2 + span
        calendar = self.desk_app.view.calendar
        if support_week(at, calendar.timezone, calendar.start)[0] > self.desk.now():
            self.say("That week hasn't begun")
            return
        self._at, self._draft = at, None
        self._open()

    def action_details(self) -> None:
        """With requesters, tags and every action, or with subject lines only."""

        def other() -> None:
            self._details = not self._details

        self._anew(other)

    def action_again(self) -> None:
        """Make it anew from what is known now."""
        self._anew(lambda: None, "Made anew of what is known now")

    def _is_there(self) -> bool:
        """Whether the text is that of the title's week; says so if it isn't yet."""
        if self._gathers:
            self.say("Still gathering: press again", problem=True)
        return not self._gathers

    def action_edit(self) -> None:
        """Change it in the person's own editor."""
        if self._is_there():
            self.run_worker(self._edit(), name="editor", group="editor", exclusive=True, exit_on_error=False)

    async def _edit(self) -> None:
        given = self.text
        text = await edit_text(self.desk_app, given, keep=self._keep)
        if text is None or text.rstrip() == given.rstrip():
            return
        clean = clean_block(text)
        self._draft = Draft(clean, self.desk.now())
        if not self._keep(clean):
            self.say("What you changed is kept only while this desk runs", problem=True)
        self._show(clean)

    def _keep(self, text: str) -> bool:
        """Whether the changed text is on the disk."""
        outbox = self.desk_app.acts.outbox
        return outbox is not None and outbox.drafts.put(self._target, HANDOVER, text)

    def action_copy(self) -> None:
        """Copy it for Slack."""
        if self._is_there():
            self.desk_app.copy(self.text, "the handover")

    async def action_save(self) -> None:
        """Write it to a file that only its owner can read."""
        if not self._is_there():
            return
        zone = self.desk_app.view.calendar.timezone
        path = state_dir() / f"handover-{self.week[0].astimezone(zone):%Y-%m-%d}.md"
        try:
            await asyncio.to_thread(_write, path, self.text)
        except OSError as error:
            self.say(f"{path} can't be written ({error.strerror})", problem=True)
            return
        self.say(f"Written to {path}")


def _write(path: Path, text: str) -> None:
    """A file of the same week is replaced."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_over(path, text.encode())
