"""Whether a change of a ticket whose answer was lost was made: found out by reading, or left open."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from support_desk.desk.intents import seen_of
from support_desk.desk.performing.ticket_compare import (
    DOUBT,
    LEEWAY,
    aims,
    has_comment,
    holds,
    in_other_words,
    left_tags,
    missing_tags,
    needs_update,
    our_comment,
    ours,
    tags_hold,
    theirs,
    without_done,
)
from support_desk.desk.performing.ticket_jobs import closed_by_merge, under_way
from support_desk.desk.performing.ticket_receipts import LOOK, done_words, doubtful_talk
from support_desk.desk.performing.ticket_work import TicketWork, authors_of
from support_desk.domain.commands import EditTicket, MergeTicket, RaiseTicket, SideConversation
from support_desk.domain.intents import Entry, FieldDifference, Receipt, Seen, Verdict
from support_desk.domain.promises import with_promise
from support_desk.domain.tickets import TicketDetail
from support_desk.sources.errors import NotThere, SourceError

SETTLED = timedelta(seconds=30)
"""A request without an answer may still arrive for so long; until then its absence proves nothing."""
JOB_SETTLED = timedelta(minutes=2)
"""The same for what the helpdesk works off by itself."""


class TicketVerifier:
    """Reads only. CONFIRMED and FAILED are proven; everything else is UNKNOWN."""

    def __init__(self, work: TicketWork) -> None:
        self._work = work

    async def verify(self, entry: Entry) -> Receipt:
        """What became of an attempt."""
        command = entry.intent.command
        try:
            if isinstance(command, RaiseTicket):
                return await self._raised(entry)
            number = entry.intent.target.id
            if not (number.isascii() and number.isdigit()):
                return Receipt(Verdict.FAILED, f"not sent: there is no ticket {number}")
            if isinstance(command, EditTicket):
                return await self._edited(entry, int(number), command)
            if isinstance(command, MergeTicket):
                return await self._merged(entry, int(number), command)
            if isinstance(command, SideConversation):
                return await self._talked(entry, int(number), command)
        except NotThere as error:
            return Receipt(Verdict.UNKNOWN, f"it can't be looked up any more: {error.problem}", LOOK)
        except SourceError as error:
            return Receipt(
                Verdict.UNKNOWN,
                f"it couldn't be looked up: {error.problem}",
                error.remedy,
                retry_after=error.retry_after,
            )
        return Receipt(Verdict.UNKNOWN, "there is no way to look this up", LOOK)

    async def _edited(self, entry: Entry, number: int, edit: EditTicket) -> Receipt:
        try:
            edit = with_promise(edit, self._work.zone)
        except ValueError as error:
            return Receipt(Verdict.FAILED, f"not sent: {error}")
        detail = await self._work.reads.ticket(number)
        before = self._work.own.before(entry.intent.id)
        # What went with others is worked off by the helpdesk when it comes to it.
        waits = JOB_SETTLED if entry.intent.batch and before is None else SETTLED
        settled = self._work.clock.now() - _sent_at(entry) >= waits
        settled = settled and not await under_way(self._work, entry.taken)
        if settled and before is not None and needs_update(edit):
            stamp, _ = before
            # Stamps are whole seconds: one of the second in which it was sent may be ours.
            if stamp == detail.ticket.updated_at and stamp < _sent_at(entry) - LEEWAY:
                return _not_arrived(detail, "the ticket hasn't changed since")
        if has_comment(edit):
            return await self._by_comment(entry, edit, detail, settled=settled)
        return _by_fields(entry.intent.seen, edit, detail, settled=settled)

    async def _by_comment(
        self, entry: Entry, edit: EditTicket, detail: TicketDetail, *, settled: bool
    ) -> Receipt:
        """A comment tells: it came with the fields, in one request."""
        abilities = None
        with suppress(SourceError):
            abilities = await self._work.writer.abilities()
        before = self._work.own.before(entry.intent.id)
        others = self._work.own.others(detail.ticket.id, entry.intent.id)
        others |= before[1] if before else frozenset()
        since = _sent_at(entry)
        found = our_comment(
            edit, detail.comments, since=since, authors=authors_of(abilities), not_these=others
        )
        if found is not None:
            self._work.own.commented(detail.ticket.id, entry.intent.id, found.id)
            if not settled and found.public == edit.public and not tags_hold(edit, detail.ticket.tags):
                return _open(detail, "the comment is there, the tags aren't yet")
            return comment_arrived(edit, detail, public=found.public)
        doubtful = our_comment(
            edit, detail.comments, since=since - DOUBT, authors=frozenset(), not_these=others
        )
        if doubtful is not None:
            return Receipt(
                Verdict.UNKNOWN,
                f"the same words are there, by {doubtful.author}; whether they are yours isn't sure",
                LOOK,
                ticket=detail.ticket,
                seen=seen_of(detail.ticket),
            )
        if detail.unreadable:
            return _open(detail, "a comment there can't be read, and may be this one")
        if not detail.complete and detail.comments and detail.comments[0].created_at > since - LEEWAY:
            return _open(detail, "too much was written since to be sure that the comment isn't there")
        fields = _informative(entry.intent.seen, edit)
        if any(holds(edit, name, detail.ticket, detail.numbers) for name in fields):
            return _open(detail, "the fields are as you wanted them, and the comment isn't there")
        if not settled:
            return _open(detail, "the comment isn't there yet")
        other = in_other_words(detail.comments, since=since, authors=authors_of(abilities), not_these=others)
        if other is not None:
            return _open(detail, f"{other.author} wrote since, in other words than these")
        return _not_arrived(detail, "the comment isn't there")

    async def _merged(self, entry: Entry, number: int, command: MergeTicket) -> Receipt:
        detail = await self._work.reads.ticket(number)
        asked = _sent_at(entry) - LEEWAY
        since = [row for row in detail.comments if row.created_at >= asked]
        merged = closed_by_merge(detail.ticket, command, since=since)
        if merged is not None:
            return merged
        early = self._work.clock.now() - _sent_at(entry) < JOB_SETTLED
        if early or await under_way(self._work, entry.taken):
            return _open(detail, "the ticket isn't closed yet")
        return _not_arrived(detail, "the ticket isn't closed")

    async def _talked(self, entry: Entry, number: int, command: SideConversation) -> Receipt:
        since = _sent_at(entry) - LEEWAY
        own = self._work.own
        found = await self._work.writer.side_conversation_since(
            number, command, since, own.other_talks(entry.intent.id), key=entry.intent.id
        )
        if found is not None and not found.ours:
            return doubtful_talk(found, command)
        if found is not None:
            own.talked(entry.intent.id, found.id)
            people = ", ".join(command.to)
            return Receipt(Verdict.CONFIRMED, f"side conversation with {people} begun", evidence=(found.id,))
        if self._work.clock.now() - _sent_at(entry) < SETTLED:
            return Receipt(Verdict.UNKNOWN, "the side conversation isn't there yet", LOOK)
        return Receipt(Verdict.FAILED, "it didn't arrive: there is no such side conversation")

    async def _raised(self, entry: Entry) -> Receipt:
        ticket = await self._work.writer.created_with(entry.intent.id)
        if ticket is not None:
            return Receipt(
                Verdict.FAILED,
                f"partly done: ticket #{ticket.id} was made of the alert; the alert has no note of it",
                "send it again: only what is missing is done",
                evidence=(ticket.url,),
                remaining=entry.intent.command,
                ticket=ticket,
            )
        if self._work.clock.now() - _sent_at(entry) < SETTLED:
            return Receipt(Verdict.UNKNOWN, "the new ticket isn't there yet", "it is looked for again")
        return Receipt(Verdict.FAILED, "it didn't arrive: no ticket was made", "send it again")


def _sent_at(entry: Entry) -> datetime:
    return entry.sent_at or entry.intent.at


def _informative(seen: Seen, edit: EditTicket) -> list[str]:
    """The fields that weren't as wanted already when the person decided: only they can tell something."""
    known = {"status": seen.status, "priority": seen.priority, "type": seen.type}
    found = []
    for name in aims(edit):
        if name in known and known[name] == ours(edit, name):
            continue
        if name == "assignee" and edit.assignee and (seen.who or "").casefold() == edit.assignee.casefold():
            continue
        if name == "group" and edit.group and (seen.owner or "").casefold() == edit.group.casefold():
            continue
        found.append(name)
    return found


def _by_fields(seen: Seen, edit: EditTicket, detail: TicketDetail, *, settled: bool) -> Receipt:
    ticket = detail.ticket
    wanted = {name: holds(edit, name, ticket, detail.numbers) for name in aims(edit)}
    told = [name for name in wanted if wanted[name] is not None]
    tags = tags_hold(edit, ticket.tags)
    if not told and aims(edit):
        return _open(detail, "what was to be changed can't be read back")
    if edit.custom_fields:
        return _open(detail, "custom fields can't be read back")
    if all(wanted[name] for name in told):
        if tags:
            return _confirmed(edit, detail)
        if not aims(edit):
            return _tags_only(seen, edit, detail, settled=settled)
        if not settled:
            return _open(detail, "the tags aren't there yet")
        return _partly(edit, detail)
    informative = [name for name in _informative(seen, edit) if wanted[name] is not None]
    if any(wanted[name] for name in informative):
        # They came in one request: either somebody has changed one since, or did the other one himself.
        return _open(detail, "only a part of it is as you wanted")
    if not settled:
        return _open(detail, "it isn't there yet")
    return _not_arrived(detail, "nothing of it is there")


def _tags_only(seen: Seen, edit: EditTicket, detail: TicketDetail, *, settled: bool) -> Receipt:
    """Adding and removing are two requests: what is missing is what is left."""
    if not settled:
        return _open(detail, "the tags aren't there yet")
    missing = len(missing_tags(edit, detail.ticket.tags)) + len(left_tags(edit, detail.ticket.tags))
    wanted = len(missing_tags(edit, seen.tags)) + len(left_tags(edit, seen.tags))
    return _not_arrived(detail, "the tags are as before") if missing >= wanted else _partly(edit, detail)


def comment_arrived(edit: EditTicket, detail: TicketDetail, *, public: bool) -> Receipt:
    """What an edit came to whose comment is there: its request was applied as a whole, tags come apart."""
    if edit.public and not public:
        left = without_done(edit, (), detail.ticket.tags)
        return Receipt(
            Verdict.FAILED,
            "the client has NOT got the reply: it was recorded as an internal note",
            "your role may not write in public here: reply in the browser (o), or ask a colleague to",
            differences=(FieldDifference("comment", "public", "internal"),),
            remaining=left or EditTicket(purpose=edit.purpose),
            ticket=detail.ticket,
            seen=seen_of(detail.ticket),
        )
    if tags_hold(edit, detail.ticket.tags):
        return _confirmed(edit, detail)
    return _partly(edit, detail)


def _confirmed(edit: EditTicket, detail: TicketDetail) -> Receipt:
    ticket = detail.ticket
    differences = tuple(
        FieldDifference(name, ours(edit, name), theirs(name, ticket, detail.numbers))
        for name in aims(edit)
        if holds(edit, name, ticket, detail.numbers) is False
    )
    changed = "; ".join(f"{row.field}: {row.theirs} (not {row.ours})" for row in differences)
    return Receipt(
        Verdict.CONFIRMED,
        f"it had arrived: {done_words(edit)}" + (f"; but {changed}" if changed else ""),
        differences=differences,
        evidence=("found by reading the ticket",),
        ticket=ticket,
        seen=seen_of(ticket),
    )


def _partly(edit: EditTicket, detail: TicketDetail) -> Receipt:
    tags = [*missing_tags(edit, detail.ticket.tags), *left_tags(edit, detail.ticket.tags)]
    return Receipt(
        Verdict.FAILED,
        f"partly done: all but the tags {', '.join(tags)}",
        "send it again for what is left",
        remaining=without_done(edit, (), detail.ticket.tags),
        ticket=detail.ticket,
        seen=seen_of(detail.ticket),
    )


def _not_arrived(detail: TicketDetail, why: str) -> Receipt:
    return Receipt(
        Verdict.FAILED,
        f"it didn't arrive: {why}",
        "send it again",
        ticket=detail.ticket,
        seen=seen_of(detail.ticket),
    )


def _open(detail: TicketDetail, why: str) -> Receipt:
    return Receipt(Verdict.UNKNOWN, why, LOOK, ticket=detail.ticket, seen=seen_of(detail.ticket))
