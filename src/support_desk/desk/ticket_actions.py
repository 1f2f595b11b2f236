"""Doing to a ticket what a person decided: look afresh, do it once, compare what came of it.

An edit is a `PUT` of its fields and comment with the newest stamp, then its tags, then a read. A ticket that
isn't as the person saw it is a conflict only where that matters: a field that the edit sets, or a new comment
when the edit speaks or sets a status. Nothing is repeated unless the service has said that it didn't do it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from support_desk.desk.clock import Clock
from support_desk.desk.intents import seen_of
from support_desk.desk.ticket_batches import TicketBatches
from support_desk.desk.ticket_compare import (
    aims,
    has_comment,
    holds,
    is_empty,
    left_tags,
    needs_update,
    our_comment,
    tags_hold,
    without_done,
)
from support_desk.desk.ticket_jobs import closed_by_merge, follow
from support_desk.desk.ticket_receipts import LOOK, Written, done_words, receipt_of, result_of
from support_desk.desk.ticket_verify import TicketVerifier
from support_desk.desk.ticket_work import TicketReads, TicketWork, author_for, authors_of
from support_desk.domain.commands import (
    EditTicket,
    MergeTicket,
    NoteAlert,
    RaiseTicket,
    SideConversation,
)
from support_desk.domain.intents import Entry, Intent, Receipt, Verdict
from support_desk.domain.promises import with_promise
from support_desk.domain.tickets import Ticket, TicketDetail
from support_desk.sources.errors import (
    NotAllowed,
    NotThere,
    OutOfDate,
    Rejected,
    SourceError,
    Unanswered,
)
from support_desk.sources.writers import TicketAbilities, TicketWriter

TRIES = 3
"""Attempts of one request that the service says it didn't apply: collisions, and stamps that are too old."""
_SOON = 5.0
KEY_LASTS = timedelta(hours=2)
"""How long the same key makes no second ticket (developer.zendesk.com, creating tickets)."""

NoteOnAlert = Callable[[Intent], Awaitable[Receipt]]
"""Performs an intent with a `NoteAlert`; the alerts' own performer."""


class TicketActions:
    """The actions on tickets, and the ticket that is made of an alert."""

    def __init__(
        self,
        tickets: TicketReads,
        writer: TicketWriter,
        clock: Clock,
        *,
        zone: tzinfo,
        note_alert: NoteOnAlert | None = None,
    ) -> None:
        """`tickets` reads them unless the writer can; `zone` is the local time of promises and comments."""
        self._work = TicketWork(tickets, writer, clock, zone)
        self._verifier = TicketVerifier(self._work)
        self._batches = TicketBatches(self._work, self.perform)
        self._note_alert = note_alert

    async def perform(self, intent: Intent) -> Receipt:
        """Look at the ticket afresh, do it once, and say what became of it."""
        command = intent.command
        try:
            if isinstance(command, RaiseTicket):
                return await self._raise(intent, command)
            number = _number(intent)
            if number is None:
                return Receipt(Verdict.FAILED, f"not sent: there is no ticket {intent.target.id}")
            if isinstance(command, EditTicket):
                return await self._edit(intent, number, command)
            if isinstance(command, MergeTicket):
                return await self._merge(intent, number, command)
            if isinstance(command, SideConversation):
                return await self._talk(number, command)
        except SourceError as error:
            return receipt_of(error)
        return Receipt(Verdict.FAILED, "not sent: this can't be done to a ticket")

    def batches(self, intents: Sequence[Intent]) -> bool:
        """Whether these can go out as one request."""
        return self._batches.fits(intents)

    async def perform_batch(self, intents: Sequence[Intent]) -> Mapping[str, Receipt]:
        """Do them in one request, and follow it to its end; a receipt for each, by its id."""
        return await self._batches.perform(intents)

    async def verify(self, entry: Entry) -> Receipt:
        """Find out, by reading only, whether an attempt without an answer was applied."""
        return await self._verifier.verify(entry)

    # Edits

    async def _edit(self, intent: Intent, number: int, edit: EditTicket) -> Receipt:
        try:
            edit = with_promise(edit, self._work.zone)
        except ValueError as error:
            return Receipt(Verdict.FAILED, f"not sent: {error}", "change it and send it again")
        if is_empty(edit):
            return Receipt(Verdict.CONFIRMED, "nothing was left to be sent")
        abilities = await self._abilities() if has_comment(edit) else None
        if abilities is not None and abilities.private_only and edit.public:
            return Receipt(
                Verdict.FAILED,
                "not sent: your role may only write internal notes",
                "write it as a note (n), or ask a colleague to reply",
            )
        author = author_for(abilities) if abilities is not None else None
        for _ in range(TRIES):
            detail = await self._fresh(number)
            refusal = self._refusal(intent, edit, detail, abilities)
            if refusal is not None:
                return refusal
            written = Written(detail, tags=detail.ticket.tags, author_id=author)
            todo = self._still_to_do(intent, edit, detail, abilities)
            if not needs_update(todo):
                return await self._finish(edit, written)
            self._work.own.sending(intent, detail)
            try:
                answer = await self._work.writer.update(
                    number, todo, stamp=detail.ticket.updated_at, author_id=author
                )
            except OutOfDate:
                continue
            except Rejected as error:
                if error.retry_after is None:
                    raise
                await self._work.clock.sleep(error.retry_after)
                continue
            self._work.own.commented(number, intent.id, answer.comment_id)
            return await self._finish(edit, replace(written, answer=answer, tags=answer.ticket.tags))
        return Receipt(
            Verdict.NOT_SENT,
            "not sent: the ticket keeps changing at the same moment",
            "it is tried again by itself",
            retry_after=_SOON,
        )

    def _refusal(
        self,
        intent: Intent,
        edit: EditTicket,
        detail: TicketDetail,
        abilities: TicketAbilities | None,
    ) -> Receipt | None:
        """Why nothing is sent: closed meanwhile, not as it was seen, or already as wanted."""
        ticket = detail.ticket
        if ticket.status == "closed":
            return Receipt(
                Verdict.FAILED,
                "not sent: the ticket is closed, and a closed one can't be changed",
                "open a follow-up in the browser (o); what you have written is kept",
                ticket=ticket,
                seen=seen_of(ticket),
            )
        todo = self._still_to_do(intent, edit, detail, abilities)
        if not needs_update(todo) and tags_hold(edit, ticket.tags):
            return Receipt(
                Verdict.CONFIRMED,
                f"already so: {done_words(edit)}",
                ticket=ticket,
                seen=seen_of(ticket),
            )
        if todo != edit:
            # The comment has arrived by an earlier attempt: what is left of the edit isn't a new decision.
            return None
        return self._work.conflict(intent, edit, detail)

    def _still_to_do(
        self,
        intent: Intent,
        edit: EditTicket,
        detail: TicketDetail,
        abilities: TicketAbilities | None,
    ) -> EditTicket:
        """The edit without what an earlier attempt has done: a comment is never sent a second time."""
        if has_comment(edit):
            known = our_comment(
                edit,
                detail.comments,
                since=intent.at,
                authors=authors_of(abilities),
                not_these=self._work.own.others(detail.ticket.id, intent.id),
            )
            if known is None:
                return edit
            fields = [name for name in aims(edit) if not holds(edit, name, detail.ticket, detail.numbers)]
            return without_done(edit, fields, detail.ticket.tags) or EditTicket()
        fields = [name for name in aims(edit) if holds(edit, name, detail.ticket, detail.numbers)]
        if len(fields) == len(aims(edit)) and not edit.custom_fields:
            return EditTicket(add_tags=edit.add_tags, remove_tags=edit.remove_tags)
        return edit

    async def _finish(self, edit: EditTicket, written: Written) -> Receipt:
        """The tags, then the ticket as it is now."""
        try:
            written = await self._tags(edit, written)
        except Unanswered as error:
            words = "sent; whether its tags were changed isn't known"
            if written.answer is not None:
                words = f"{done_words(replace(edit, add_tags=(), remove_tags=()))}; {words}"
            return Receipt(Verdict.UNKNOWN, words, error.remedy)
        before = written.before.ticket
        with suppress(SourceError):
            written = replace(written, after=await self._work.reads.ticket(before.id))
        receipt = result_of(edit, written)
        self._work.own.changed(before, receipt.ticket or before)
        return receipt

    async def _tags(self, edit: EditTicket, written: Written) -> Written:
        """Add, then remove, each with the newest stamp; what surely wasn't done stands in the result."""
        number = written.before.ticket.id
        known = written.answer.ticket if written.answer is not None else written.before.ticket
        stamp: datetime | None = known.updated_at
        for adding in (True, False):
            tags = [tag for tag in edit.add_tags if tag not in written.tags] if adding else []
            if not adding:
                tags = list(left_tags(edit, written.tags))
            if not tags:
                continue
            try:
                kept = await self._change_tags(number, tags, adding=adding, stamp=stamp)
            except Unanswered:
                raise
            except SourceError as error:
                return replace(written, tag_problem=error)
            written = replace(written, tags=kept)
            stamp = None
        return written

    async def _change_tags(
        self, number: int, tags: Sequence[str], *, adding: bool, stamp: datetime | None
    ) -> tuple[str, ...]:
        """One request for tags. Triggers may have moved the stamp on: tags don't care what else changed."""
        failure: SourceError | None = None
        for _ in range(TRIES):
            if stamp is None:
                rows = (await self._work.reads.confirm([number])).rows
                if not rows:
                    raise NotThere(f"ticket {number} isn't there any more", LOOK)
                stamp = rows[0].updated_at
            try:
                if adding:
                    return await self._work.writer.change_tags(number, add=tags, stamp=stamp)
                return await self._work.writer.change_tags(number, remove=tags, stamp=stamp)
            except OutOfDate as error:
                failure, stamp = error, None
            except Rejected as error:
                if error.retry_after is None:
                    raise
                await self._work.clock.sleep(error.retry_after)
                failure, stamp = error, None
        raise failure or NotThere(f"ticket {number} can't be tagged", LOOK)

    # Merging, side conversations, a ticket of an alert

    async def _merge(self, intent: Intent, number: int, command: MergeTicket) -> Receipt:
        if number == command.into:
            return Receipt(Verdict.FAILED, "not sent: a ticket can't be merged into itself")
        detail = await self._fresh(number)
        ticket = detail.ticket
        if ticket.status == "closed":
            return closed_by_merge(ticket, command) or Receipt(
                Verdict.FAILED, "not sent: the ticket is closed already", ticket=ticket
            )
        conflict = self._work.conflict(intent, EditTicket(comment="merge"), detail)
        if conflict is not None:
            return conflict
        into = (await self._work.reads.confirm([command.into])).rows
        if not into or into[0].status == "closed":
            what = "is closed" if into else "isn't there"
            return Receipt(Verdict.FAILED, f"not sent: #{command.into} {what}", "choose another ticket")
        job = await self._work.writer.merge(number, command)
        done = await follow(self._work, job)
        failed = next((item for item in done.items if item.ticket_id == number and not item.ok), None)
        rows: tuple[Ticket, ...] = ()
        with suppress(SourceError):
            rows = (await self._work.reads.confirm([number])).rows
        if rows and (receipt := closed_by_merge(rows[0], command)):
            return receipt
        if failed is not None or done.state in {"failed", "killed"}:
            why = (failed.words if failed else done.words) or "no reason was given"
            return Receipt(Verdict.FAILED, f"not merged: {why}", "merge them in the browser (o)")
        return Receipt(
            Verdict.UNKNOWN,
            f"the merge into #{command.into} was taken, and isn't done yet",
            "the ticket shows it once it is closed",
        )

    async def _talk(self, number: int, command: SideConversation) -> Receipt:
        if not (await self._work.writer.abilities()).side_conversations:
            return Receipt(
                Verdict.FAILED, "not sent: this account has no side conversations", "write to them yourself"
            )
        key = await self._work.writer.side_conversation(number, command)
        return Receipt(
            Verdict.CONFIRMED, f"side conversation with {', '.join(command.to)} begun", evidence=(key,)
        )

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
                remaining=note,
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
            noted.remedy or "write the ticket's number on the alert",
            evidence=evidence,
            remaining=note,
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

    # What everything begins with

    async def _fresh(self, number: int) -> TicketDetail:
        try:
            return await self._work.reads.ticket(number)
        except NotThere as error:
            raise NotThere(
                f"not sent: ticket {number} isn't there any more",
                "it may have been deleted or merged; what you have written is kept",
                status=error.status,
            ) from None

    async def _abilities(self) -> TicketAbilities | None:
        try:
            return await self._work.writer.abilities()
        except (NotAllowed, NotThere):
            return None


def _number(intent: Intent) -> int | None:
    identifier = intent.target.id
    return int(identifier) if identifier.isascii() and identifier.isdigit() else None


def _part_of(intent_id: str, part: str) -> str:
    """The id of a step of an intent: always the same, and unlike the intent's own."""
    return hashlib.sha256(f"{intent_id}:{part}".encode()).hexdigest()[:32]
