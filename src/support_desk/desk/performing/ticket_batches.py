"""The same edit of many tickets in one request, with an answer for each of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from support_desk.desk.intents import seen_of
from support_desk.desk.performing.ticket_compare import (
    aims,
    has_comment,
    holds,
    needs_update,
    ours,
    tags_hold,
    talks,
    theirs,
    without_done,
)
from support_desk.desk.performing.ticket_jobs import LOST, follow
from support_desk.desk.performing.ticket_receipts import LOOK, already_so, done_words, receipt_of
from support_desk.desk.performing.ticket_work import TicketWork, absent, author_for
from support_desk.domain.commands import EditTicket
from support_desk.domain.intents import FieldDifference, Intent, Receipt, Verdict
from support_desk.domain.promises import with_promise
from support_desk.domain.tickets import Ticket, TicketDetail
from support_desk.sources.errors import NotAllowed, NotThere, SourceError
from support_desk.sources.writers import Job, JobItem

MOST = 100
_CLOSED = "closed prevents ticket update"


class TicketBatches:
    """`update_many`, for what can go that way."""

    def __init__(self, work: TicketWork, one: Callable[[Intent], Awaitable[Receipt]]) -> None:
        self._work = work
        self._one = one

    def fits(self, intents: Sequence[Intent]) -> bool:
        """From two to a hundred tickets, each once, and the same edit, which says nothing to a client."""
        if not 1 < len(intents) <= MOST:
            return False
        first = intents[0].command
        if not isinstance(first, EditTicket) or first.public:
            return False
        numbers = {intent.target.id for intent in intents}
        return len(numbers) == len(intents) and all(
            intent.command == first
            and intent.target.kind == "ticket"
            and intent.target.id.isascii()
            and intent.target.id.isdigit()
            for intent in intents
        )

    async def perform(self, intents: Sequence[Intent]) -> Mapping[str, Receipt]:
        """A receipt for each intent, by its id."""
        command = intents[0].command if intents else None
        if not self.fits(intents) or not isinstance(command, EditTicket):
            return {intent.id: await self._one(intent) for intent in intents}
        edit = with_promise(command, self._work.zone)
        try:
            author = await self._author(edit)
            rows = await self._work.reads.confirm([int(intent.target.id) for intent in intents])
        except SourceError as error:
            return {intent.id: receipt_of(error) for intent in intents}
        before = {row.id: row for row in rows.rows}
        receipts: dict[str, Receipt] = {}
        together: list[Intent] = []
        for intent in intents:
            ticket = before.get(int(intent.target.id))
            if ticket is None:
                receipts[intent.id] = Receipt(
                    Verdict.FAILED,
                    f"not sent: ticket {intent.target.id} {absent(rows)}",
                    "look for it in the browser; it may have been deleted or merged",
                )
                continue
            known = self._known(intent, edit, ticket)
            if known is not None:
                receipts[intent.id] = known
            elif self._by_itself(intent, edit, ticket):
                receipts[intent.id] = await self._one(intent)
            else:
                together.append(intent)
        if len(together) == 1:
            receipts[together[0].id] = await self._one(together[0])
        elif together:
            receipts |= await self._send(together, edit, before, author)
        return receipts

    async def _author(self, edit: EditTicket) -> int | None:
        if not has_comment(edit):
            return None
        try:
            return author_for(await self._work.writer.abilities())
        except (NotAllowed, NotThere):
            return None

    def _known(self, intent: Intent, edit: EditTicket, ticket: Ticket) -> Receipt | None:
        """The receipt of a ticket that needs no request."""
        if ticket.status == "closed" and needs_update(edit):
            return Receipt(
                Verdict.FAILED,
                "not sent: the ticket is closed, and a closed one can't be changed",
                "open a follow-up in the browser (o)",
                ticket=ticket,
                seen=seen_of(ticket),
            )
        if has_comment(edit) or edit.custom_fields or not tags_hold(edit, ticket.tags):
            return self._work.conflict(intent, edit, TicketDetail(ticket, ()))
        if all(holds(edit, name, ticket, None) for name in aims(edit)):
            return already_so(edit, ticket)
        return self._work.conflict(intent, edit, TicketDetail(ticket, ()))

    def _by_itself(self, intent: Intent, edit: EditTicket, ticket: Ticket) -> bool:
        """Whether its comments have to be looked at first: it has changed, and the edit speaks."""
        seen = intent.seen.updated_at
        return talks(edit) and seen is not None and seen != ticket.updated_at

    async def _send(
        self,
        intents: Sequence[Intent],
        edit: EditTicket,
        before: Mapping[int, Ticket],
        author: int | None,
    ) -> dict[str, Receipt]:
        numbers = [int(intent.target.id) for intent in intents]
        try:
            job = await self._work.writer.update_many(numbers, edit, author_id=author)
        except SourceError as error:
            return {intent.id: receipt_of(error) for intent in intents}
        await self._work.begun(intents, job)
        for number in numbers:
            self._work.own.noted(number, edit)
        job = await follow(self._work, job)
        after: dict[int, Ticket] = {}
        try:
            after = {row.id: row for row in (await self._work.reads.confirm(numbers)).rows}
        except SourceError as error:
            job = replace(job, words=job.words or error.problem)
        items = {item.ticket_id: item for item in job.items}
        return {
            intent.id: self._receipt(
                edit, job, items.get(number), before[number], await self._detail(edit, after.get(number))
            )
            for intent, number in zip(intents, numbers, strict=True)
        }

    async def _detail(self, edit: EditTicket, after: Ticket | None) -> TicketDetail | None:
        """The ticket with its numbers, read by itself where its row can't tell whether a field was taken."""
        if after is None:
            return None
        if any(holds(edit, name, after, None) is None for name in aims(edit)):
            with suppress(SourceError):
                return replace(await self._work.reads.ticket(after.id), ticket=after)
        return TicketDetail(after, ())

    def _receipt(
        self, edit: EditTicket, job: Job, item: JobItem | None, before: Ticket, after: TicketDetail | None
    ) -> Receipt:
        row = after.ticket if after is not None else None
        now = row or before
        base = Receipt(Verdict.UNKNOWN, "", ticket=row, seen=seen_of(now))
        if item is not None and not item.ok:
            closed = _CLOSED in item.words
            why = "the ticket is closed" if closed else item.words or "no reason was given"
            return replace(
                base, verdict=Verdict.FAILED, words=f"not done: {why}", remedy="look at it in the browser (o)"
            )
        if item is not None:
            receipt = _done(edit, base, before, after)
        else:
            receipt = _without_word(edit, base, job, before, row)
        if receipt.verdict is Verdict.CONFIRMED:
            self._work.own.changed(before, now)
        return receipt


def _done(edit: EditTicket, base: Receipt, before: Ticket, detail: TicketDetail | None) -> Receipt:
    """The job says that this ticket was changed; the ticket itself has the last word."""
    if detail is None:
        return replace(
            base,
            verdict=Verdict.CONFIRMED,
            words=done_words(edit),
            evidence=("the helpdesk says so; the ticket couldn't be read back",),
        )
    after, numbers = detail.ticket, detail.numbers
    held = {name: holds(edit, name, after, numbers) for name in aims(edit)}
    wrong = [name for name in held if held[name] is False]
    unseen = [name.replace("custom_", "") for name in held if held[name] is None]
    refused = [name for name in wrong if theirs(name, after, numbers) == theirs(name, before)]
    differences = tuple(
        FieldDifference(name, ours(edit, name), theirs(name, after, numbers)) for name in wrong
    )
    if refused or not tags_hold(edit, after.tags):
        tags = tags_hold(edit, after.tags)
        missing = ", ".join([*refused, *([] if tags else ["tags"])])
        anything = (
            has_comment(edit)
            or len(refused) < len(aims(edit))
            or (tags and (edit.add_tags or edit.remove_tags))
        )
        return replace(
            base,
            verdict=Verdict.FAILED,
            words=f"partly done: not {missing}" if anything else f"not done: Zendesk didn't take {missing}",
            remedy="see in the browser (o) why",
            differences=differences,
            # Never the note again: it is there.
            remaining=without_done(edit, refused, after.tags) if anything else None,
        )
    but = "; ".join(f"{row.field}: {row.theirs} (not {row.ours})" for row in differences)
    return replace(
        base,
        verdict=Verdict.CONFIRMED,
        words=done_words(edit) + (f"; but {but}" if but else ""),
        evidence=(f"the helpdesk says so; it couldn't be read back: {', '.join(unseen)}",) if unseen else (),
        differences=differences,
    )


def _without_word(edit: EditTicket, base: Receipt, job: Job, before: Ticket, after: Ticket | None) -> Receipt:
    """The job has told nothing of this ticket: what it shows must do, and a note isn't shown here."""
    why = job.words or f"the bulk change ended as {job.state}"
    if after is not None and not has_comment(edit) and not edit.custom_fields:
        fields = [holds(edit, name, after, None) for name in aims(edit)]
        if all(fields) and tags_hold(edit, after.tags):
            return replace(base, verdict=Verdict.CONFIRMED, words=f"it had arrived: {done_words(edit)}")
    if after is not None and after.updated_at == before.updated_at and job.state != LOST:
        return replace(base, verdict=Verdict.FAILED, words=f"it didn't arrive: {why}", remedy="send it again")
    return replace(base, words=f"sent with others, and what became of it isn't known ({why})", remedy=LOOK)
