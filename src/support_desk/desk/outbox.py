"""The outbox: every action of this person from the key press to what became of it (rulings 10 to 14).

What is decided is on disk before it is shown, and *sending* is on disk before anything is sent: whenever the
program dies, the file says what may have happened. How things are sent is in `dispatch.py`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from support_desk.desk.clock import Clock
from support_desk.desk.drafts import Drafts
from support_desk.desk.instances import lives, own_instance, was_here
from support_desk.desk.schema import StoreError
from support_desk.desk.snapshot import Problem
from support_desk.domain.commands import Command, EditTicket, is_held, is_one_key_escalation, pages_somebody
from support_desk.domain.intents import (
    ASKING,
    DONE,
    HOLD,
    MOVING,
    WAITING,
    Entry,
    Intent,
    Phase,
    Receipt,
    Seen,
    asks,
    may_step,
)
from support_desk.domain.pages import not_begun
from support_desk.domain.words import counted

if TYPE_CHECKING:
    from support_desk.desk.dispatch import BulkPerformer, Dispatcher
    from support_desk.desk.outbox_store import LogLine, OutboxStore

log = logging.getLogger(__name__)

Listener = Callable[[Entry], None]

KEPT_DONE = 200
"""Finished entries that stay in memory, for the screen; all of them are in the log."""
LOG_KEPT = timedelta(days=90)
"""How long what has ended stays in the log."""

STOPPED = "not sent: the desk stopped first"
CUT_OFF = "the desk stopped while it was being sent"


class Outbox:
    """One person's actions in one running desk. Belongs to the event loop; only `log` uses a thread."""

    def __init__(
        self,
        store: OutboxStore | None,
        clock: Clock,
        *,
        user: str,
        hold: timedelta = HOLD,
        store_problem: Problem | None = None,
        read_only: bool = False,
        instance: str = "",
        stays: bool = True,
    ) -> None:
        """`user` is the account on this machine. Raises `StoreError`."""
        self.stays = stays
        """What is in it is there at the next start; a demo's goes with it."""
        self._store = store
        self._clock = clock
        self._user = user
        self._hold = hold
        self._read_only = read_only
        self._instance = instance or own_instance()
        self._entries: dict[str, Entry] = {}
        self._due: dict[str, float] = {}
        self._listeners: list[Listener] = []
        self._sequence = store.last_sequence() if store is not None else 0
        self._dispatcher: Dispatcher | None = None
        self.drafts = Drafts(store, clock)
        self.problem = store_problem
        """Why nothing can be written down, and so nothing is sent; None: all is well."""
        self.notes: tuple[str, ...] = store.notes if store is not None else ()
        """What the person should know about what an earlier desk has left, a line each."""

    # What there is

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Everything of this desk, the newest decision first."""
        return tuple(sorted(self._entries.values(), key=lambda entry: -entry.sequence))

    @property
    def held(self) -> Entry | None:
        """The newest entry whose time to be taken back is running; one that pages somebody before others."""
        held = [row for row in self.entries if row.phase is Phase.HELD and not row.offered]
        return next((row for row in held if pages_somebody(row.intent.command)), held[0] if held else None)

    @property
    def can_send(self) -> bool:
        """Whether the services are there to be sent to."""
        return self._dispatcher is not None

    @property
    def held_escalation(self) -> Entry | None:
        """What `e` has begun and can still be taken back; None: no escalation is held."""
        return next(
            (
                row
                for row in self.entries
                if row.phase is Phase.HELD and not row.offered and is_one_key_escalation(row.intent.command)
            ),
            None,
        )

    @property
    def unfinished(self) -> tuple[Entry, ...]:
        """What would still be sent, or is being sent, if the desk went on: the newest decision first."""
        return tuple(row for row in self.entries if row.phase in MOVING and not row.offered)

    def entry(self, id_: str) -> Entry | None:
        """The entry of an intent."""
        return self._entries.get(id_)

    def seconds_left(self, entry: Entry) -> float:
        """Until it is sent, by a clock that never jumps; 0 if it isn't waiting for a moment."""
        due = self._due.get(entry.intent.id)
        return max(0.0, due - self._clock.monotonic()) if due is not None else 0.0

    async def log(self, since: datetime, until: datetime) -> tuple[LogLine, ...]:
        """Every step of every action of this person between two moments. Raises `StoreError`."""
        return await asyncio.to_thread(self._store.log, since, until) if self._store is not None else ()

    def subscribe(self, listener: Listener) -> None:
        """Be told of every step of every entry."""
        self._listeners.append(listener)

    # What a person decides

    def submit(self, intents: Sequence[Intent]) -> tuple[Entry, ...]:
        """Take decisions over; they are on disk when this returns, or FAILED with the reason."""
        now = self._clock.now()
        fresh: list[Entry] = []
        for intent in intents:
            self._sequence += 1
            waits = is_held(intent.command)
            fresh.append(
                Entry(
                    intent,
                    Phase.HELD if waits else Phase.QUEUED,
                    now,
                    self._user,
                    self._instance,
                    fire_at=now + self._hold if waits else None,
                    asked_at=now,
                    sequence=self._sequence,
                )
            )
        if problem := self._written(fresh):
            fresh = [self._refused(entry, problem) for entry in fresh]
        for entry in fresh:
            if entry.phase is Phase.HELD:
                self._due[entry.intent.id] = self._clock.monotonic() + self._hold.total_seconds()
        self._put(fresh)
        return tuple(fresh)

    def cancel(self, id_: str) -> bool:
        """Take back what hasn't been sent; False: it is too late."""
        entry = self._entries.get(id_)
        if entry is None or entry.phase not in WAITING:
            return False
        self._decide(self.step(entry, Phase.CANCELLED, "taken back: nothing was sent"))
        return True

    def discard(self, id_: str) -> bool:
        """Let a question rest: what asks for a decision is over."""
        entry = self._entries.get(id_)
        if entry is None or entry.phase not in ASKING:
            return False
        self._decide(self.step(entry, Phase.CANCELLED, f"dropped by you; before: {entry.words}"))
        return True

    def send_now(self, id_: str) -> bool:
        """End the time in which it can be taken back; False: it isn't held."""
        entry = self._entries.get(id_)
        if entry is None or entry.phase is not Phase.HELD or entry.offered:
            return False
        self._decide(self.step(entry, Phase.QUEUED, "sent at once, as you asked"))
        return True

    def retry(self, id_: str, *, command: Command | None = None, seen: Seen | None = None) -> Entry | None:
        """Send what asks for a decision; `command` is what is left of it, `seen` the state decided on.

        The intent keeps its id and its first moment: what an earlier attempt did is found by them. None:
        there is nothing to decide about it.
        """
        entry = self._entries.get(id_)
        if entry is None or not (entry.phase in ASKING or (entry.offered and entry.phase in WAITING)):
            return None
        intent = replace(
            entry.intent, command=command or entry.intent.command, seen=seen or entry.intent.seen
        )
        if isinstance(command, EditTicket) and command != entry.intent.command:
            # A part of it is done: what takes all of it back, and what the log tells, is more than the rest.
            intent = replace(
                intent, whole=_done_so_far(entry), before=entry.intent.before or entry.intent.seen
            )
        again = replace(
            entry, intent=intent, phase=Phase.QUEUED, changed_at=self._clock.now(),
            asked_at=self._clock.now(), fire_at=None, words="", receipt=None, offered=False, again=True,
        )  # fmt: skip
        self._decide(again)
        return again

    async def verify(self, id_: str) -> Entry:
        """Ask the service, by reading only, whether an UNKNOWN entry was done; the entry afterwards."""
        if self._dispatcher is None:
            return self._entries[id_]
        return await self._dispatcher.verify(id_)

    # Starting, running, ending

    def restore(self) -> tuple[Entry, ...]:
        """Take over what dead desks of this person left unfinished; nothing of it is sent by itself.

        The answer is what has to be asked about: a held escalation first, then in the order of decisions.
        What was being sent becomes UNKNOWN and is verified once there is a performer.
        """
        store = self._store
        if store is None:
            return ()
        try:
            store.forget(self._clock.now() - LOG_KEPT)
            dead = [name for name in store.instances(self._user) if not lives(name)]
            restored, unreadable = self._taken_over(store, dead)
            ended = store.recent(self._user, KEPT_DONE)
            if unreadable:
                told = counted(unreadable, "unfinished action")
                were = "was" if unreadable == 1 else "were"
                self.notes += (f"{told} {were} written by another version and can't be read",)
        except StoreError as error:
            self.problem = Problem(error.problem, error.remedy)
            return ()
        for entry in (*ended, *restored):
            self._entries[entry.intent.id] = entry
        return tuple(sorted(filter(asks, restored), key=_first_to_ask))

    async def adopt(self) -> tuple[Entry, ...]:
        """Take over what desks of this person have left that have ended since, as `restore` does at a start.

        The one before may still have been ending then. The answer is what has to be asked about.
        """
        store = self._store
        if store is None:
            return ()

        def left() -> list[Entry]:
            others = store.instances(self._user) - {self._instance}
            # At a start the others are gone by all that is known. Now one in a container may be at work.
            dead = [name for name in others if was_here(name) and not lives(name)]
            return self._taken_over(store, dead)[0] if dead else []

        try:
            restored = await asyncio.to_thread(left)
        except StoreError as error:
            log.warning("others not looked at", extra={"problem": error.problem})
            return ()
        self._put(restored)
        if self._dispatcher is not None:
            self._dispatcher.look_for(restored)
        return tuple(sorted(filter(asks, restored), key=_first_to_ask))

    def _taken_over(self, store: OutboxStore, dead: Iterable[str]) -> tuple[list[Entry], int]:
        """What these have left, ours from now on; and how much of it can't be read. Raises `StoreError`."""
        left, unreadable = store.take_over(self._user, self._instance, dead)
        mine = [replace(entry, instance=self._instance) for entry in left]
        restored = [self._after_restart(entry) for entry in mine]
        # What has only changed hands, the file has already: writing it again would be a step in the log.
        store.save(entry for entry, old in zip(restored, mine, strict=True) if entry != old)
        return restored, len(unreadable)

    def _after_restart(self, entry: Entry) -> Entry:
        if entry.phase is Phase.SENDING:
            return self.step(entry, Phase.UNKNOWN, CUT_OFF)
        if entry.phase in WAITING and not entry.offered:
            return replace(entry, offered=True, words=STOPPED, changed_at=self._clock.now())
        return entry

    def attach(self, performer: BulkPerformer) -> None:
        """From now on things can be sent."""
        from support_desk.desk.dispatch import Dispatcher  # after the first frame

        self._dispatcher = Dispatcher(self, performer, self._clock)

    async def run(self) -> None:
        """Send what is due, until cancelled; what is being sent then stays *sending* on disk."""
        if self._dispatcher is not None:
            await self._dispatcher.run()

    async def close(self) -> None:
        """Let go of the file."""
        await asyncio.to_thread(self.let_go)

    def let_go(self) -> None:
        """The same; it blocks."""
        self.drafts.write_again()
        if self._store is not None:
            self._store.close()

    # For the dispatcher

    def step(self, entry: Entry, phase: Phase, words: str, receipt: Receipt | None = None) -> Entry:
        """The entry in its next phase, not yet kept."""
        if not may_step(entry.phase, phase):
            raise ValueError(f"an entry can't go from {entry.phase} to {phase}")
        return replace(
            entry, phase=phase, words=words, receipt=receipt or entry.receipt,
            changed_at=self._clock.now(), fire_at=None,
        )  # fmt: skip

    def wait_until(self, entry: Entry, seconds: float) -> Entry:
        """The entry as one that is tried in so many seconds."""
        self._due[entry.intent.id] = self._clock.monotonic() + seconds
        return replace(entry, fire_at=self._clock.now() + timedelta(seconds=seconds))

    def show(self, entry: Entry) -> None:
        """This is how it stands now, on disk already or soon."""
        self._put([entry])

    def write(self, entries: Iterable[Entry]) -> None:
        """Write entries to the disk. Blocks, any thread may call; raises `StoreError`."""
        if self._store is not None:
            self._store.save(entries)

    def begin_page(self, entry: Entry) -> Entry | None:
        """Write down that somebody is being paged, unless another desk of this person is at it: that one.

        Blocks, any thread may call; raises `StoreError`.
        """
        return self._store.begin_page(entry) if self._store is not None else None

    async def taken(self, ids: Sequence[str], key: str) -> None:
        """The service works these off under this id. A disk that refuses costs only that after a restart."""
        entries = [replace(entry, taken=key) for entry in map(self._entries.get, ids) if entry is not None]
        self._entries |= {entry.intent.id: entry for entry in entries}
        if self._store is not None and entries:
            try:
                await asyncio.to_thread(self._store.note_taken, entries)
            except StoreError as error:
                log.warning("request not kept", extra={"problem": error.problem})

    # Keeping

    def _decide(self, entry: Entry) -> None:
        """A decision about an entry holds even where the disk refuses it.

        What the disk has of it instead is offered at the next start and never sent by itself, and nothing is
        sent now unless it can be written that it is.
        """
        if problem := self._written([entry]):
            log.warning("decision not kept", extra={"problem": problem.problem})
        self._due.pop(entry.intent.id, None)
        self._put([entry])

    def _written(self, entries: Sequence[Entry]) -> Problem | None:
        """Write them; why it can't be done, where it can't."""
        if self._read_only:
            return Problem("this desk is read-only", "leave the change to somebody who may make it")
        if self._store is None:
            return self.problem or Problem("there is no outbox", "start the desk again")
        try:
            self._store.save(entries)
        except StoreError as error:
            self.problem = Problem(error.problem, error.remedy)
            return self.problem
        self.problem = None
        return None

    def _refused(self, entry: Entry, problem: Problem) -> Entry:
        receipt = not_begun(entry.intent.command, problem.problem, problem.remedy)
        return replace(entry, phase=Phase.FAILED, words=receipt.words, receipt=receipt, fire_at=None)

    def _put(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            before = self._entries.get(entry.intent.id)
            if before is None or before.phase is not entry.phase:
                _note(entry)
            self._entries[entry.intent.id] = entry
            if entry.phase not in WAITING:
                self._due.pop(entry.intent.id, None)
            self._tell(entry)
        done = [entry for entry in self.entries if entry.phase in DONE]
        for entry in done[KEPT_DONE:]:
            del self._entries[entry.intent.id]
        if self._dispatcher is not None:
            self._dispatcher.wake()

    def _tell(self, entry: Entry) -> None:
        for listener in self._listeners:
            try:
                listener(entry)
            except Exception as bug:  # noqa: BLE001 - one screen's bug must not leave what is sent half kept
                log.error("listener failed", extra={"error": type(bug).__name__})


def _done_so_far(entry: Entry) -> Command:
    """What was decided, as it went: a reply that was recorded as an internal note is one."""
    whole = entry.intent.decided
    found = entry.receipt.differences if entry.receipt is not None else ()
    private = any((row.field, row.theirs) == ("comment", "internal") for row in found)
    if private and isinstance(whole, EditTicket):
        return replace(whole, purpose="note", public=False)
    return whole


def _note(entry: Entry) -> None:
    """A step for the log: in ids, because texts are clients'."""
    target = entry.intent.target
    about = {"intent": entry.intent.id, "target": f"{target.kind} {target.id}", "phase": entry.phase.value}
    log.info("step", extra={**about, "command": type(entry.intent.command).__name__})


def _first_to_ask(entry: Entry) -> tuple[bool, int]:
    urgent = entry.offered and pages_somebody(entry.intent.command)
    return (not urgent, entry.sequence)
