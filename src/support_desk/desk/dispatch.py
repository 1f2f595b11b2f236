"""Sending what the outbox holds: per target in the order of decisions, across targets side by side.

What surely never left is tried again by itself while the decision is young; what pages somebody isn't, ever
(ruling 14). What has no answer is looked for, by reading only, before a person is asked about it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakValueDictionary

from support_desk.desk.clock import Clock
from support_desk.desk.schema import StoreError
from support_desk.domain.commands import pages_somebody
from support_desk.domain.intents import (
    MOVING,
    WAITING,
    Entry,
    Intent,
    Phase,
    Receipt,
    Target,
    Verdict,
    comes_too_late,
    too_old,
)
from support_desk.domain.pages import not_begun, refused_for

if TYPE_CHECKING:
    from support_desk.desk.outbox import Outbox

log = logging.getLogger(__name__)

SIDE_BY_SIDE = 6
"""Targets that are being sent to at the same time: an alert storm that is acknowledged at once is a burst."""
BACKOFF = (2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds until what never left is tried again."""
LOOKS = (1.0, 5.0, 15.0, 35.0, 65.0, 130.0)
"""Seconds after a lost answer at which it is looked for; services may take a minute to show a change."""

TOO_LATE = (
    "it isn't sent by itself: by then the decision is more than ten minutes old, and you are asked again"
)
"""What becomes of an action that the service makes wait for so long."""

_NOT_SENT = "not sent: "

PHASE_OF: dict[Verdict, Phase] = {
    Verdict.CONFIRMED: Phase.CONFIRMED,
    Verdict.FAILED: Phase.FAILED,
    Verdict.CONFLICT: Phase.CONFLICT,
    Verdict.NEEDLESS: Phase.CANCELLED,
    Verdict.UNKNOWN: Phase.UNKNOWN,
}


Taken = Callable[[Sequence[str], str], Awaitable[None]]
"""Is told of intents, by their ids, under which id the service works them off."""


class Performer(Protocol):
    """Does to a target what an intent says. Never raises a `SourceError`: the receipt says it."""

    async def perform(self, intent: Intent) -> Receipt:
        """Look at the target afresh, do it once, and say what became of it."""
        ...

    async def verify(self, entry: Entry) -> Receipt:
        """Find out, by reading only, whether an attempt without an answer was applied."""
        ...


class BulkPerformer(Performer, Protocol):
    """One that can do the same to many targets in one request."""

    def batches(self, intents: Sequence[Intent]) -> bool:
        """Whether these can go out as one request."""
        ...

    async def perform_batch(self, intents: Sequence[Intent]) -> Mapping[str, Receipt]:
        """Do them in one request; a receipt for each intent, by its id."""
        ...


class Dispatcher:
    """Sends the entries of one outbox."""

    def __init__(self, outbox: Outbox, performer: BulkPerformer, clock: Clock) -> None:
        self._outbox = outbox
        self._performer = performer
        self._clock = clock
        self._busy: set[Target] = set()
        """Targets that something is being done to: what was decided later waits."""
        self._woken = asyncio.Event()
        self._slots = asyncio.Semaphore(SIDE_BY_SIDE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._looking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """Held by those who look at an intent, by its id, or wait to; gone with the last of them."""

    def wake(self) -> None:
        """Something was decided."""
        self._woken.set()

    async def run(self) -> None:
        """Send until cancelled."""
        self.look_for(self._outbox.entries)
        try:
            while True:
                self._woken.clear()
                await self._rest(self._start_due())
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def look_for(self, entries: Iterable[Entry]) -> None:
        """Find out what became of those of which nobody knows."""
        for entry in entries:
            if entry.phase is Phase.UNKNOWN:
                self._start(self._look_for(entry.intent.id))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _rest(self, seconds: float | None) -> None:
        """Wait for a decision, or so long."""
        waking = asyncio.ensure_future(self._woken.wait())
        waits: set[asyncio.Future[Any]] = {waking}
        if seconds is not None:
            waits.add(asyncio.ensure_future(self._clock.sleep(seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    # Choosing

    def _start_due(self) -> float | None:
        """Begin to send what is due; seconds until the next one is, None: nothing waits for a moment."""
        heads: dict[Target, Entry] = {}
        for entry in reversed(self._outbox.entries):
            if entry.phase in MOVING and not entry.offered:
                heads.setdefault(entry.intent.target, entry)
        due: list[Entry] = []
        next_in: float | None = None
        for target, entry in heads.items():
            if entry.phase not in WAITING or target in self._busy:
                continue
            seconds = self._outbox.seconds_left(entry)
            if seconds <= 0:
                due.append(entry)
            else:
                next_in = seconds if next_in is None else min(next_in, seconds)
        for together in self._groups(due):
            self._busy |= {entry.intent.target for entry in together}
            self._start(self._send([entry.intent.id for entry in together]))
        return next_in

    def _groups(self, due: Sequence[Entry]) -> list[list[Entry]]:
        """The entries, those together that were decided with one key press and can go as one request."""
        groups: dict[str, list[Entry]] = {}
        for entry in due:
            groups.setdefault(entry.intent.batch or entry.intent.id, []).append(entry)
        split: list[list[Entry]] = []
        for group in groups.values():
            if len(group) > 1 and self._performer.batches([entry.intent for entry in group]):
                split.append(group)
            else:
                split += [[entry] for entry in group]
        return split

    # Sending

    async def _send(self, ids: Sequence[str]) -> None:
        targets = {entry.intent.target for entry in map(self._outbox.entry, ids) if entry is not None}
        unknown: list[Entry] = []
        try:
            async with self._slots:
                unknown = await self._send_now(ids)
        finally:
            self._free(targets - {entry.intent.target for entry in unknown})
        # One a second, so that what was sent together isn't asked for in a burst.
        for turn, entry in enumerate(unknown, start=1):
            self._start(self._look_first(entry.intent, turn * LOOKS[0]))

    async def _look_first(self, intent: Intent, seconds: float) -> None:
        """Before anything else is done to its target, one look at what became of it."""
        try:
            await self._clock.sleep(seconds)
            await self.verify(intent.id)
        finally:
            self._free({intent.target})
        await self._look_for(intent.id, already=1)

    def _free(self, targets: set[Target]) -> None:
        """Nothing is being done to these any more."""
        self._busy -= targets
        self._woken.set()

    async def _send_now(self, ids: Sequence[str]) -> list[Entry]:
        """Send what may still be sent; what came of it without an answer."""
        sent: list[Entry] = []
        for id_ in ids:
            # A person may have taken it back while it waited for its turn, or while those before it were
            # written down.
            entry = self._outbox.entry(id_)
            if entry is None or entry.phase not in WAITING or entry.offered:
                continue
            if too_old(entry, self._clock.now()):
                await self._expire(entry)
                continue
            sending = await self._sending(entry)
            # Where it can't be written down that something is sent, it isn't.
            if sending.phase is Phase.SENDING:
                sent.append(sending)
        if not sent:
            return []
        receipts = await self._receipts([entry.intent for entry in sent])
        return [
            ended
            for entry in sent
            if (ended := await self._ended(entry, receipts[entry.intent.id])).phase is Phase.UNKNOWN
        ]

    async def _expire(self, entry: Entry) -> None:
        """Its turn came too late: the person is asked."""
        why = entry.words.removeprefix(_NOT_SENT) or "its turn came too late"
        # What was to be done about the wait has been waited for.
        receipt = replace(entry.receipt, remedy="") if entry.receipt is not None else None
        await self._settle(entry, self._outbox.step(entry, Phase.EXPIRED, _NOT_SENT + why, receipt))

    async def _sending(self, entry: Entry) -> Entry:
        """It is being sent: first on disk."""
        sending = replace(
            self._outbox.step(entry, Phase.SENDING, ""),
            sent_at=self._clock.now(), attempts=entry.attempts + 1,
        )  # fmt: skip
        self._outbox.show(sending)
        other: Entry | None = None
        try:
            if pages_somebody(sending.intent.command):
                other = await asyncio.to_thread(self._outbox.begin_page, sending)
            else:
                await asyncio.to_thread(self._outbox.write, [sending])
        except StoreError as error:
            receipt = not_begun(sending.intent.command, error.problem, error.remedy)
            refused = self._not_begun(entry, sending, Phase.FAILED, receipt)
            self._outbox.show(refused)
            return refused
        if other is None:
            return sending
        receipt = refused_for(sending, other)
        return await self._settle(entry, self._not_begun(entry, sending, Phase.CONFLICT, receipt))

    def _not_begun(self, entry: Entry, sending: Entry, phase: Phase, receipt: Receipt) -> Entry:
        """It was about to be sent, and wasn't: as if this attempt had never been."""
        ended = self._outbox.step(sending, phase, receipt.words, receipt)
        return replace(ended, sent_at=entry.sent_at, attempts=entry.attempts)

    async def _receipts(self, intents: Sequence[Intent]) -> Mapping[str, Receipt]:
        try:
            if len(intents) > 1:
                return await self._performer.perform_batch(intents)
            return {intents[0].id: await self._performer.perform(intents[0])}
        except Exception as error:
            # A fault of ours may have come before or after the request: nobody knows.
            log.exception("performing failed", extra={"intent": intents[0].id})
            fault = f"this program met a fault ({type(error).__name__})"
            return {
                intent.id: Receipt(Verdict.UNKNOWN, fault, "look before it is sent again")
                for intent in intents
            }

    async def _ended(self, entry: Entry, receipt: Receipt) -> Entry:
        """What an attempt came to, kept and told."""
        # Meanwhile it may have been written down under which id the service works it off.
        entry = self._outbox.entry(entry.intent.id) or entry
        if receipt.verdict is Verdict.NOT_SENT:
            if pages_somebody(entry.intent.command):
                return await self._settle(
                    entry, self._outbox.step(entry, Phase.FAILED, receipt.words, receipt)
                )
            seconds = receipt.retry_after or BACKOFF[min(entry.attempts, len(BACKOFF)) - 1]
            waiting = self._outbox.step(entry, Phase.QUEUED, receipt.words, receipt)
            waiting = self._outbox.wait_until(waiting, seconds)
            if comes_too_late(waiting):
                waiting = replace(waiting, receipt=replace(receipt, remedy=TOO_LATE))
            return await self._settle(entry, waiting)
        phase = PHASE_OF[receipt.verdict]
        return await self._settle(entry, self._outbox.step(entry, phase, receipt.words, receipt))

    async def _settle(self, before: Entry, after: Entry) -> Entry:
        """Keep what became of it, then show it. A disk that refuses makes it unknown to the next start."""
        try:
            await asyncio.to_thread(self._outbox.write, [after])
        except StoreError as error:
            log.warning("outcome not kept", extra={"intent": before.intent.id, "problem": error.problem})
        self._outbox.show(after)
        return after

    # Looking

    async def verify(self, id_: str) -> Entry:
        """Look once whether an UNKNOWN entry was done; the entry afterwards."""
        async with self._looking.setdefault(id_, asyncio.Lock()):
            entry = self._outbox.entry(id_)
            if entry is None or entry.phase is not Phase.UNKNOWN:
                if entry is None:
                    raise KeyError(id_)
                return entry
            try:
                receipt = await self._performer.verify(entry)
            except Exception as error:
                log.exception("verifying failed", extra={"intent": id_})
                receipt = Receipt(Verdict.UNKNOWN, f"this program met a fault ({type(error).__name__})")
            now = self._outbox.entry(id_)
            if now is None or now.phase is not Phase.UNKNOWN:
                # Meanwhile the person has decided.
                return now or entry
            verdict = Verdict.FAILED if receipt.verdict is Verdict.NOT_SENT else receipt.verdict
            if verdict is Verdict.UNKNOWN:
                told = replace(now, words=receipt.words or now.words, receipt=receipt)
                self._outbox.show(told)
                return told
            return await self._settle(now, self._outbox.step(now, PHASE_OF[verdict], receipt.words, receipt))

    async def _look_for(self, id_: str, *, already: int = 0) -> None:
        """Look a few times, further and further apart; what is unknown then is the person's question."""
        waited = LOOKS[already - 1] if already else 0.0
        for at in LOOKS[already:]:
            entry = self._outbox.entry(id_)
            if entry is None or entry.phase is not Phase.UNKNOWN:
                return
            await self._clock.sleep(at - waited)
            waited = at
            await self.verify(id_)
