"""Doing to tickets what a person decided: edits (`ticket_edits.py`), many at once, and everything else."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta, tzinfo

from support_desk.desk.clock import Clock
from support_desk.desk.dispatch import Taken
from support_desk.desk.intents import seen_of
from support_desk.desk.performing.ticket_batches import TicketBatches
from support_desk.desk.performing.ticket_compare import LEEWAY
from support_desk.desk.performing.ticket_edits import TRIES, TicketEdits
from support_desk.desk.performing.ticket_jobs import MERGED_TAG, closed_by_merge, follow
from support_desk.desk.performing.ticket_receipts import LOOK, doubtful_talk, receipt_of
from support_desk.desk.performing.ticket_verify import TicketVerifier
from support_desk.desk.performing.ticket_work import TicketReads, TicketWork, absent
from support_desk.domain.commands import EditTicket, MergeTicket, NoteAlert, RaiseTicket, SideConversation
from support_desk.domain.intents import Entry, Intent, Receipt, Verdict
from support_desk.domain.rota import same_address
from support_desk.domain.tickets import Ticket
from support_desk.sources.errors import NotAllowed, NotThere, Rejected, SourceError, Unanswered
from support_desk.sources.writers import TicketWriter

KEY_LASTS = timedelta(hours=2)
"""How long the same key makes no second ticket (developer.zendesk.com, creating tickets)."""

NoteOnAlert = Callable[[Intent], Awaitable[Receipt]]
"""Performs an intent with a `NoteAlert`; the alerts' own performer."""


class TicketPerformer:
    """What can be done to tickets, and the ticket that is made of an alert."""

    def __init__(
        self,
        tickets: TicketReads,
        writer: TicketWriter,
        clock: Clock,
        *,
        zone: tzinfo,
        note_alert: NoteOnAlert | None = None,
        taken: Taken | None = None,
    ) -> None:
        """`tickets` reads them unless the writer can; `zone` is the local time of promises and comments.

        `taken` keeps the id of a job that the helpdesk has begun.
        """
        self._work = TicketWork(tickets, writer, clock, zone, taken)
        self._edits = TicketEdits(self._work)
        self._verifier = TicketVerifier(self._work)
        self._batches = TicketBatches(self._work, self.perform)
        self._note_alert = note_alert

    async def perform(self, intent: Intent) -> Receipt:
        """Look at the ticket afresh, do it once, and say what became of it."""
        try:
            refused = await self._as_somebody_else(intent)
            return refused or _for_the_same(intent, await self._perform(intent))
        except SourceError as error:
            return receipt_of(error)

    async def _perform(self, intent: Intent) -> Receipt:
        command = intent.command
        if isinstance(command, RaiseTicket):
            return await self._raise(intent, command)
        number = _number(intent)
        if number is None:
            return Receipt(Verdict.FAILED, f"not sent: there is no ticket {intent.target.id}")
        if isinstance(command, EditTicket):
            return await self._edits.perform(intent, number, command)
        if isinstance(command, MergeTicket):
            return await self._merge(intent, number, command)
        if isinstance(command, SideConversation):
            return await self._talk(intent, number, command)
        return Receipt(Verdict.FAILED, "not sent: this can't be done to a ticket")

    async def _as_somebody_else(self, intent: Intent) -> Receipt | None:
        """Why it isn't sent: it would bear the name of somebody who has signed in since it was decided."""
        decided_as = intent.seen.signed_in
        if not decided_as:
            return None
        try:
            abilities = await self._work.writer.abilities()
        except (NotAllowed, NotThere):
            return None
        me = abilities.me
        if not abilities.personal or me is None or not me.email or same_address(me.email, decided_as):
            return None
        return Receipt(
            # No conflict: the ticket is as it was.
            Verdict.FAILED,
            f"not sent: decided as {decided_as}, and by now {me.name} is signed in to Zendesk",
            f"sign in again (support-desk login zendesk), or send it as {me.name} (y), or let it be (x)",
            seen=replace(intent.seen, signed_in=me.email),
        )

    def batches(self, intents: Sequence[Intent]) -> bool:
        """Whether these can go out as one request."""
        return self._batches.fits(intents)

    async def perform_batch(self, intents: Sequence[Intent]) -> Mapping[str, Receipt]:
        """Do them in one request, and follow it to its end; a receipt for each, by its id."""
        try:
            refused = {intent.id: await self._as_somebody_else(intent) for intent in intents}
        except SourceError as error:
            return {intent.id: receipt_of(error) for intent in intents}
        receipts = {id_: receipt for id_, receipt in refused.items() if receipt is not None}
        same = [intent for intent in intents if intent.id not in receipts]
        done = await self._batches.perform(same)
        return receipts | {intent.id: _for_the_same(intent, done[intent.id]) for intent in same}

    async def verify(self, entry: Entry) -> Receipt:
        """Find out, by reading only, whether an attempt without an answer was applied."""
        return _for_the_same(entry.intent, await self._verifier.verify(entry))

    # Merging, side conversations, a ticket of an alert

    async def _merge(self, intent: Intent, number: int, command: MergeTicket) -> Receipt:
        if number == command.into:
            return Receipt(Verdict.FAILED, "not sent: a ticket can't be merged into itself")
        detail = await self._work.fresh(number)
        ticket = detail.ticket
        if ticket.status == "closed":
            return _closed_before(ticket)
        conflict = self._work.conflict(intent, EditTicket(comment="merge"), detail)
        if conflict is not None:
            return conflict
        found = await self._work.reads.confirm([command.into])
        into = found.rows
        if not into or into[0].status == "closed":
            what = "is closed" if into else absent(found)
            return Receipt(Verdict.FAILED, f"not sent: #{command.into} {what}", "choose another ticket")
        job = await self._work.writer.merge(number, command)
        await self._work.begun([intent], job)
        done = await follow(self._work, job)
        failed = next((item for item in done.items if item.ticket_id == number and not item.ok), None)
        rows: tuple[Ticket, ...] = ()
        with suppress(SourceError):
            rows = (await self._work.reads.confirm([number])).rows
        said = any(item.ticket_id == number and item.ok for item in done.items)
        if failed is not None and rows and rows[0].status == "closed":
            return _closed_before(rows[0])
        if rows and (receipt := closed_by_merge(rows[0], command, said=said)):
            return receipt
        if failed is not None or done.state in {"failed", "killed"}:
            why = (failed.words if failed else done.words) or "no reason was given"
            return Receipt(Verdict.FAILED, f"not merged: {why}", "merge them in the browser (o)")
        return Receipt(
            Verdict.UNKNOWN,
            f"the merge into #{command.into} was taken, and isn't done yet",
            "the ticket shows it once it is closed",
        )

    async def _talk(self, intent: Intent, number: int, command: SideConversation) -> Receipt:
        if not (await self._work.writer.abilities()).side_conversations:
            return Receipt(
                Verdict.FAILED, "not sent: this account has no side conversations", "write to them yourself"
            )
        begun = f"side conversation with {', '.join(command.to)} begun"
        # An earlier attempt may have arrived after it was given up.
        own = self._work.own
        found = await self._work.writer.side_conversation_since(
            number, command, intent.at - LEEWAY, own.other_talks(intent.id), key=intent.id
        )
        if found is not None and not found.ours:
            return doubtful_talk(found, command)
        if found is not None:
            own.talked(intent.id, found.id)
            return Receipt(Verdict.CONFIRMED, f"it had arrived: {begun}", evidence=(found.id,))
        key = await self._work.writer.side_conversation(number, command, key=intent.id)
        own.talked(intent.id, key)
        return Receipt(Verdict.CONFIRMED, begun, evidence=(key,))

    async def _raise(self, intent: Intent, command: RaiseTicket) -> Receipt:
        ticket = await self._work.writer.created_with(intent.id)
        if ticket is None:
            if self._work.clock.now() - intent.at >= KEY_LASTS:
                return Receipt(
                    Verdict.FAILED, "not sent: decided more than two hours ago", "make the ticket again"
                )
            ticket = await self._create(intent, command)
        made = f"ticket #{ticket.id} made of the alert"
        note = NoteAlert(f"Ticket #{ticket.id}: {ticket.url}")
        evidence = (ticket.url,)
        if self._note_alert is None:
            return Receipt(
                Verdict.FAILED,
                f"partly done: {made}; the alert has no note of it",
                "write the ticket's number on the alert",
                evidence=evidence,
                remaining=command,
                ticket=ticket,
            )
        noted = await self._note_alert(replace(intent, id=_part_of(intent.id, "note"), command=note))
        if noted.verdict is Verdict.CONFIRMED:
            return replace(noted, words=f"{made}, and noted there", evidence=evidence, ticket=ticket)
        unsure = "whether the alert has a note of it isn't known"
        missing = unsure if noted.verdict is Verdict.UNKNOWN else "the alert has no note of it"
        return Receipt(
            Verdict.FAILED,
            f"partly done: {made}; {missing} ({noted.words})",
            noted.remedy or "send it again: only what is missing is done",
            evidence=evidence,
            # The same once more finds the ticket that was made.
            remaining=command,
            ticket=ticket,
            alert=noted.alert,
        )

    async def _create(self, intent: Intent, command: RaiseTicket) -> Ticket:
        """Make the ticket; the key makes no second one, so a lost answer is simply asked for again."""
        lost: Unanswered | None = None
        for _ in range(TRIES):
            try:
                return await self._work.writer.create(command, key=intent.id)
            except Unanswered as error:
                lost = error
            except Rejected as error:
                if error.retry_after is None:
                    raise
                await self._work.clock.sleep(error.retry_after)
            except SourceError:
                # Not this time; but an earlier attempt may have been the one that made it.
                if lost is not None:
                    raise lost from None
                raise
        if lost is not None:
            raise lost
        raise Rejected("Zendesk: a new ticket: it keeps colliding with another change", LOOK)


def _closed_before(ticket: Ticket) -> Receipt:
    """A merge of a ticket that is closed already: by whose merge, and into which ticket, doesn't show."""
    if MERGED_TAG in ticket.tags:
        return Receipt(
            Verdict.CONFIRMED,
            "already so: closed by a merge",
            "into which ticket: its last comment tells",
            evidence=(f"tagged {MERGED_TAG}",),
            ticket=ticket,
            seen=seen_of(ticket),
        )
    return Receipt(
        Verdict.FAILED, "not sent: the ticket is closed already", ticket=ticket, seen=seen_of(ticket)
    )


def _for_the_same(intent: Intent, receipt: Receipt) -> Receipt:
    """The receipt, which lets another try go out under the name that this one was decided under."""
    if receipt.seen is None:
        return receipt
    return replace(receipt, seen=replace(receipt.seen, signed_in=intent.seen.signed_in))


def _number(intent: Intent) -> int | None:
    identifier = intent.target.id
    return int(identifier) if identifier.isascii() and identifier.isdigit() else None


def _part_of(intent_id: str, part: str) -> str:
    """The id of a step of an intent: always the same, and unlike the intent's own."""
    return hashlib.sha256(f"{intent_id}:{part}".encode()).hexdigest()[:32]
