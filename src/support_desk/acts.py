"""From a decision to the outbox, and from a receipt back to the desk.

A screen says `app.acts.do(...)` with the rows as they were at the key press. What the services answer comes
back here: the row as it was read afterwards corrects the desk, and every screen hears of the step.

What can be decided (`domain/commands.py`) is imported with the first decision: the first frame needs none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from support_desk.actions import BY_ID
from support_desk.desk.second_press import OneAtATime, SecondPress
from support_desk.domain.intents import ASKING, MOVING, WAITING, Entry, Intent, Phase, Target, asks
from support_desk.domain.words import counted

if TYPE_CHECKING:
    from support_desk.app import DeskApp
    from support_desk.config.model import Config
    from support_desk.desk.dispatch import BulkPerformer
    from support_desk.desk.outbox import Outbox
    from support_desk.domain.alerts import Alert
    from support_desk.domain.commands import Command
    from support_desk.domain.paged import Page
    from support_desk.domain.tickets import Ticket


LOOK_AROUND = 15.0
"""Seconds between two looks at whether another desk of this person has ended; one may take ten to do so."""


def who_decides(address: str) -> str:
    """The person, for the services' records: their address, or the account's name where none is known."""
    from support_desk.desk.instances import account

    return address or account()


def my_name(config: Config) -> str:
    """How colleagues know the person: by name, by address, or by the account."""
    return config.me.name or who_decides(config.me.email)


class Acts:
    """What this person does."""

    def __init__(self, app: DeskApp) -> None:
        self._app = app
        self.outbox: Outbox | None = None
        """None for the moments until its file is open."""
        self.opened = asyncio.Event()
        """Is set from then on."""
        self._phases: dict[str, Phase] = {}
        self._shown: dict[Target, Entry] = {}
        self.questions = 0
        """How many entries ask for a decision."""
        self.pages: Mapping[str, Page] = {}
        """Whom the person, or a colleague, has had paged about alerts, by the alert's id."""
        self._own_pages: Mapping[str, Page] = {}
        self._making: Target | None = None
        self._asking: list[str] = []
        self._second = SecondPress(app.desk.clock, self._send_held)
        self._back = OneAtATime(app.desk.clock, self._one_at_a_press)
        self._forth = OneAtATime(app.desk.clock, self._one_at_a_press)

    def open(self, outbox: Outbox) -> tuple[Entry, ...]:
        """Take over what an earlier desk has left unfinished; the answer is what has to be asked about."""
        self.outbox = outbox
        self.opened.set()
        outbox.subscribe(self._stepped)
        unfinished = outbox.restore()
        self._show()
        for note in outbox.notes:
            self._app.say(note, problem=True)
        if (problem := outbox.problem) is not None:
            # Before it is needed: by then there may be no time for it.
            words = f"NOTHING CAN BE CHANGED from this desk: {problem.problem}; {problem.remedy}"
            self._app.say(words, problem=True)
        return unfinished

    def notes(self) -> tuple[str, ...]:
        """What is wrong with the outbox, as long as it is."""
        problem = self.outbox.problem if self.outbox is not None else None
        return () if problem is None else (f"NOTHING CAN BE CHANGED: {problem.problem}",)

    async def run(self, performer: BulkPerformer) -> None:
        """Send what is decided, until cancelled."""
        if self.outbox is None:
            return
        self.outbox.attach(performer)
        self._app.run_worker(
            self._look_around(self.outbox),
            name="others",
            group="desk",
            description="look for desks that have ended",
            exit_on_error=False,
        )
        await self.outbox.run()

    async def _look_around(self, outbox: Outbox) -> None:
        """What another desk of the person leaves unfinished mustn't wait for the next start."""
        while True:
            await self._app.desk.clock.sleep(LOOK_AROUND)
            if left := await outbox.adopt():
                what = counted(len(left), "action")
                words = f"Another desk of yours has ended and left {what} to decide on: O"
                self._app.say(words, problem=True)

    def do(self, decisions: Sequence[tuple[Alert | Ticket, Command]]) -> tuple[Entry, ...]:
        """Put the decisions of one key press into the outbox; empty where nothing can be sent."""
        from support_desk.desk.intents import intents_of

        by = who_decides(self._app.config.me.email)
        return self.submit(intents_of(decisions, by=by, at=self._app.desk.now()))

    def submit(self, intents: Sequence[Intent]) -> tuple[Entry, ...]:
        """Put intents into the outbox; empty where nothing can be sent, and then it is said."""
        if self._app.config.read_only:
            self._app.say("This desk is read-only: nothing was changed", problem=True)
            return ()
        if self.outbox is None:
            self._app.say("The outbox isn't open yet: nothing was sent, press again", problem=True)
            return ()
        fresh = [intent for intent in intents if not self._is_on_its_way(intent)]
        if not fresh:
            self._app.say("That is on its way already: O shows how far it is")
            return ()
        signed_in = self._app.lookups.signed_in
        return self.outbox.submit(
            [replace(intent, seen=replace(intent.seen, signed_in=signed_in)) for intent in fresh]
        )

    def _is_on_its_way(self, intent: Intent) -> bool:
        """Whether the very same was decided last about its target, and hasn't ended: a key that was held."""
        entry = self._shown.get(intent.target)
        moving = entry is not None and entry.phase in MOVING and not entry.offered
        return moving and entry is not None and entry.intent.command == intent.command

    def go_back(self, step: Callable[[], None]) -> None:
        """A press of undo, whose `step` takes back one more thing; a key that is held means no more of them.

        What is held is taken back at any press: it would be sent while the person waits for the next.
        """
        self._forth.another_key()
        self._back.press(step, at_once=self.outbox is not None and self.outbox.held is not None)

    def go_forth(self, step: Callable[[], None]) -> None:
        """The same of redo."""
        self._back.another_key()
        self._forth.press(step)

    def key_comes(self, key: str) -> None:
        """Before what a key does: an undo or a redo that waits goes first, if this is another key."""
        actions = (BY_ID["app.undo"], BY_ID["app.redo"])
        if not any(key in self._app.changed_keys.get(it.id, it.keys).split(",") for it in actions):
            self._back.settle()
            self._forth.settle()

    def _one_at_a_press(self) -> None:
        self._app.say("One thing at a press: wait a moment, then again for the one before")

    def second_press(self, target: Target) -> bool:
        """An `e` on this target: True if it belongs to the escalation that is held (ruling 7)."""
        held = self.outbox.held_escalation if self.outbox is not None else None
        if held is None:
            self._second.first()
            return self._in_the_making(target)
        if held.intent.target == target:
            self._second.again(held.intent.id)
        else:
            self._app.say(
                f"Not escalated: {held.intent.title} is still held. u takes that back, or wait", problem=True
            )
        return True

    @property
    def making(self) -> Target | None:
        """What an escalation is being prepared for: who would be paged is being read."""
        return self._making

    @making.setter
    def making(self, target: Target | None) -> None:
        self._making = target
        self._app.draw_footers()

    @property
    def asked(self) -> str:
        """What a service is being asked before something can be chosen; empty: nothing."""
        return self._asking[-1] if self._asking else ""

    @contextmanager
    def asking(self, what: str) -> Iterator[None]:
        """Show that a key was heard while a service is being asked for what it needs."""
        self._asking.append(what)
        self._app.draw_footers()
        try:
            yield
        finally:
            self._asking.remove(what)
            self._app.draw_footers()

    def _in_the_making(self, target: Target) -> bool:
        """Whether an escalation of this target is on its way already, or one of another is being prepared."""
        if self._making is not None:
            if self._making != target:
                self._app.say("Not escalated: another escalation is being prepared", problem=True)
            return True
        if self.outbox is None:
            return False
        from support_desk.domain.commands import is_one_key_escalation

        under_way = any(
            entry.intent.target == target and is_one_key_escalation(entry.intent.command)
            for entry in self.outbox.unfinished
        )
        if under_way:
            self._app.say("It is being escalated already: O shows how far it is", problem=True)
        return under_way

    def unsure_page(self, target: Target) -> Entry | None:
        """What should have paged somebody about this target, and nobody knows whether it did; or None.

        One that an earlier desk has left counts as well: it would be sent with a `y` in the outbox.
        """
        from support_desk.domain.commands import pages_somebody

        return next(
            (
                entry
                for entry in (self.outbox.entries if self.outbox is not None else ())
                if entry.intent.target == target
                and pages_somebody(entry.intent.command)
                and (entry.phase is Phase.UNKNOWN or (entry.offered and entry.phase in WAITING))
            ),
            None,
        )

    def _send_held(self, id_: str) -> None:
        entry = self.outbox.entry(id_) if self.outbox is not None else None
        if self.outbox is None or entry is None:
            return
        batch = entry.intent.batch
        # What one `e` has begun goes at once as a whole: the page and the ticket's own change.
        for row in self.outbox.entries:
            if row is entry or (batch and row.intent.batch == batch):
                self.outbox.send_now(row.intent.id)

    def forget_draft(self, sent: Sequence[Entry], target: Target, kind: str) -> None:
        """A text that the outbox has taken over is no draft any more; what it refused stays one."""
        if self.outbox is not None and sent and all(entry.phase is not Phase.FAILED for entry in sent):
            self.outbox.drafts.drop(target, kind)

    @property
    def entries(self) -> Mapping[Target, Entry]:
        """For each target what is on its way, else the page that asks for a decision, else what else asks.

        Of several the newest.
        """
        return self._shown

    def _show(self) -> None:
        entries = self.outbox.entries if self.outbox is not None else ()
        shown: dict[Target, Entry] = {}
        for row in reversed(entries):
            before = shown.get(row.intent.target)
            if row.phase in MOVING | ASKING and (before is None or _weight(row) >= _weight(before)):
                shown[row.intent.target] = row
        self._shown = shown
        self._own_pages = self._pages(entries)
        self.look_at_pages()
        self.questions = sum(asks(row) for row in entries)

    def look_at_pages(self) -> None:
        """What other desks and policies have paged may be other than it was."""
        pages = self._own_pages
        for others in filter(None, (self._app.desk.pages, self._app.desk.pages_read)):
            from support_desk.domain.paged import with_others

            pages = with_others(pages, others, who_decides(self._app.config.me.email))
        if pages != self.pages:
            self.pages = pages

    @staticmethod
    def _pages(entries: Sequence[Entry]) -> Mapping[str, Page]:
        if not entries:
            return {}
        from support_desk.domain.paged import pages_of_entries

        return pages_of_entries(entries)

    def _stepped(self, entry: Entry) -> None:
        self._show()
        receipt, before = entry.receipt, self._phases.get(entry.intent.id)
        self._phases[entry.intent.id] = entry.phase
        if receipt is not None and receipt.alert is not None:
            self._app.desk.patch_alert(receipt.alert)
        if receipt is not None and receipt.ticket is not None:
            self._app.desk.patch_ticket(receipt.ticket)
        if entry.phase is Phase.CONFIRMED and entry.phase is not before:
            self._note_promise(entry)
        if entry.phase is not before and entry.phase not in MOVING:
            self._note_page(entry)
        if entry.phase is Phase.CANCELLED and entry.phase is not before:
            self._keep_text(entry)
        self._app.outbox_changed(entry, before)

    def _note_page(self, entry: Entry) -> None:
        """Whom it has had paged, for the other desks of this box."""
        from support_desk.domain.commands import pages_somebody
        from support_desk.domain.paged import page_of_entry

        if entry.intent.target.kind == "alert" and pages_somebody(entry.intent.command):
            page = page_of_entry(entry)
            by_whom = replace(page, by=entry.intent.by) if page is not None else None
            self._app.run_worker(
                self._app.desk.note_page(entry.intent.id, entry.intent.target.id, by_whom),
                name="page",
                group="page",
                exit_on_error=False,
            )

    def _keep_text(self, entry: Entry) -> None:
        """What somebody wrote and took back is a draft again, unless they have begun another."""
        from support_desk.desk.drafts import draft_after

        written = draft_after(entry)
        if written is None or self.outbox is None:
            return
        kind, text = written
        if self.outbox.drafts.get(entry.intent.target, kind) is None:
            self.outbox.drafts.put(entry.intent.target, kind, text)

    def _note_promise(self, entry: Entry) -> None:
        """What was promised stands in the ticket now, or that it was done: the queue shows it."""
        from support_desk.domain.commands import EditTicket
        from support_desk.domain.promises import says_what_is_next

        command = entry.intent.decided
        if self.outbox is None or not isinstance(command, EditTicket) or not says_what_is_next(command):
            return
        # One whose answer was lost is found after what was promised, or done, since.
        since = any(
            row.sequence > entry.sequence
            and row.phase is Phase.CONFIRMED
            and row.intent.target == entry.intent.target
            and says_what_is_next(row.intent.decided)
            for row in self.outbox.entries
        )
        if not since:
            self._app.note_promise(int(entry.intent.target.id), command.promise)


def _weight(entry: Entry) -> int:
    """What a row shows of several: the key that was just pressed, then whether somebody was paged."""
    from support_desk.domain.commands import pages_somebody

    if entry.phase in MOVING and not entry.offered:
        return 2
    return int(pages_somebody(entry.intent.command))
