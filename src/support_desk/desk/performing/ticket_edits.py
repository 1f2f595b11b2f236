"""Editing a ticket: look afresh, change it once, then its tags, and compare what came of it.

An edit is a `PUT` of its fields and comment with the newest stamp, then its tags, then a read. A ticket that
isn't as the person saw it is a conflict only where that matters: a field that the edit sets, or a new comment
when the edit speaks or sets a status. Nothing is repeated unless the service has said that it didn't do it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from support_desk.desk.intents import seen_of
from support_desk.desk.performing.ticket_compare import (
    aims,
    has_comment,
    holds,
    is_empty,
    left_tags,
    our_comment,
    tags_hold,
    without_done,
)
from support_desk.desk.performing.ticket_receipts import (
    LOOK,
    Written,
    already_so,
    done_words,
    receipt_of,
    result_of,
)
from support_desk.desk.performing.ticket_verify import comment_arrived
from support_desk.desk.performing.ticket_work import TicketWork, absent, author_for, authors_of
from support_desk.domain.commands import EditTicket
from support_desk.domain.intents import Intent, Receipt, Verdict
from support_desk.domain.promises import with_promise
from support_desk.domain.tickets import Comment, TicketDetail
from support_desk.sources.errors import (
    NotAllowed,
    NotThere,
    OutOfDate,
    Rejected,
    SourceError,
    Unanswered,
)
from support_desk.sources.writers import TicketAbilities

TRIES = 3
"""Attempts of one request that the service says it didn't apply: collisions, and stamps that are too old."""
_SOON = 5.0


class TicketEdits:
    """Changes of one ticket's fields, comments and tags. Raises `SourceError` where nothing was done."""

    def __init__(self, work: TicketWork) -> None:
        self._work = work

    async def perform(self, intent: Intent, number: int, edit: EditTicket) -> Receipt:
        """Do it once, and say what became of it."""
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
        for _ in range(TRIES):
            receipt = await self._once(intent, number, edit, abilities)
            if receipt is not None:
                return receipt
        return Receipt(
            Verdict.NOT_SENT,
            "not sent: the ticket keeps changing at the same moment",
            "it is tried again by itself",
            retry_after=_SOON,
        )

    async def _once(
        self, intent: Intent, number: int, edit: EditTicket, abilities: TicketAbilities | None
    ) -> Receipt | None:
        """One attempt; None: the service says that it did nothing, and it may be tried again at once."""
        detail = await self._work.fresh(number)
        found = self._our_comment(intent, edit, detail, abilities)
        if found is not None:
            return await self._after_comment(edit, detail, public=found.public)
        refusal = self._refusal(intent, edit, detail)
        if refusal is not None:
            return refusal
        author = author_for(abilities) if abilities is not None else None
        written = Written(detail, tags=detail.ticket.tags, author_id=author)
        if not has_comment(edit) and _fields_hold(edit, detail):
            tags = EditTicket(add_tags=edit.add_tags, remove_tags=edit.remove_tags)
            return await self._finish(tags, written)
        self._work.own.sending(intent, detail)
        try:
            answer = await self._work.writer.update(
                number, edit, stamp=detail.ticket.updated_at, author_id=author
            )
        except OutOfDate:
            return None
        except Rejected as error:
            if error.retry_after is None:
                raise
            await self._work.clock.sleep(error.retry_after)
            return None
        self._work.own.commented(number, intent.id, answer.comment_id)
        return await self._finish(edit, replace(written, answer=answer, tags=answer.ticket.tags))

    def _refusal(self, intent: Intent, edit: EditTicket, detail: TicketDetail) -> Receipt | None:
        """Why nothing is sent: closed meanwhile, already as wanted, or not as it was seen."""
        ticket = detail.ticket
        if ticket.status == "closed":
            return Receipt(
                Verdict.FAILED,
                "not sent: the ticket is closed, and a closed one can't be changed",
                "open a follow-up in the browser (o); what you have written is kept",
                ticket=ticket,
                seen=seen_of(ticket),
            )
        if not has_comment(edit) and _fields_hold(edit, detail) and tags_hold(edit, ticket.tags):
            return already_so(edit, ticket)
        return self._work.conflict(intent, edit, detail)

    def _our_comment(
        self,
        intent: Intent,
        edit: EditTicket,
        detail: TicketDetail,
        abilities: TicketAbilities | None,
    ) -> Comment | None:
        """The comment that an earlier attempt has made: it is never sent a second time."""
        if not has_comment(edit):
            return None
        return our_comment(
            edit,
            detail.comments,
            since=intent.at,
            authors=authors_of(abilities),
            not_these=self._work.own.others(detail.ticket.id, intent.id),
        )

    async def _after_comment(self, edit: EditTicket, detail: TicketDetail, *, public: bool) -> Receipt:
        """An earlier attempt has arrived: its fields came with the comment, only its tags may be left.

        A field that isn't as wanted any more was changed by somebody else since, and stays.
        """
        arrived = comment_arrived(replace(edit, add_tags=(), remove_tags=()), detail, public=public)
        if tags_hold(edit, detail.ticket.tags) or arrived.verdict is not Verdict.CONFIRMED:
            return comment_arrived(edit, detail, public=public)
        left = without_done(edit, (), detail.ticket.tags) or EditTicket()
        tagged = await self._finish(left, Written(detail, tags=detail.ticket.tags))
        if tagged.verdict is Verdict.NOT_SENT:
            tagged = replace(tagged, verdict=Verdict.FAILED, remaining=left)
        return replace(
            tagged,
            words=f"{arrived.words}; {tagged.words}",
            differences=(*arrived.differences, *tagged.differences),
        )

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
        if written.tag_problem is not None and written.answer is None and written.tags == before.tags:
            # Nothing at all was done: what only has to wait is tried again by itself, as everything else is.
            waits = receipt_of(written.tag_problem)
            receipt = waits if waits.verdict is Verdict.NOT_SENT else receipt
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
                found = await self._work.reads.confirm([number])
                if not found.rows:
                    raise NotThere(f"ticket {number} {absent(found)}", LOOK)
                stamp = found.rows[0].updated_at
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

    async def _abilities(self) -> TicketAbilities | None:
        try:
            return await self._work.writer.abilities()
        except (NotAllowed, NotThere):
            return None


def _fields_hold(edit: EditTicket, detail: TicketDetail) -> bool:
    """Whether every field is as wanted, as far as a ticket shows it."""
    return not edit.custom_fields and all(
        holds(edit, name, detail.ticket, detail.numbers) for name in aims(edit)
    )
