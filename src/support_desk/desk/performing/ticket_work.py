"""What the actions on tickets share: the services, the clock, and what this desk itself has done so far."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Protocol, TypeVar, runtime_checkable

from support_desk.desk.clock import Clock
from support_desk.desk.dispatch import Taken
from support_desk.desk.intents import seen_of
from support_desk.desk.performing.ticket_compare import (
    changes_between,
    comment_lines,
    foreign_changes,
    has_comment,
    new_comments,
    talks,
    texts_of,
)
from support_desk.domain.commands import EditTicket
from support_desk.domain.intents import FieldDifference, Intent, Receipt, Verdict
from support_desk.domain.tickets import Comment, Ticket, TicketDetail
from support_desk.domain.words import counted
from support_desk.sources.errors import NotThere
from support_desk.sources.protocols import Reading
from support_desk.sources.writers import Job, TicketAbilities, TicketWriter

_MOST_TICKETS = 1000

K = TypeVar("K")
V = TypeVar("V")


@runtime_checkable
class TicketReads(Protocol):
    """Tickets as they are now, read directly."""

    async def ticket(self, ticket_id: int) -> TicketDetail:
        """One ticket with its newest comments. Raises `NotThere`."""
        ...

    async def confirm(self, ticket_ids: Sequence[int]) -> Reading[Ticket]:
        """These tickets; one that is missing is gone."""
        ...


class OwnTraces:
    """What this desk has done to tickets, so that it isn't taken for somebody else's work. In memory only."""

    def __init__(self) -> None:
        self._fields: OrderedDict[int, dict[str, str | None]] = OrderedDict()
        self._comments: OrderedDict[int, set[int]] = OrderedDict()
        self._sent: OrderedDict[str, tuple[datetime, frozenset[int]]] = OrderedDict()
        self._made: OrderedDict[str, int] = OrderedDict()
        self._talks: OrderedDict[str, str] = OrderedDict()
        self._notes: OrderedDict[int, set[str]] = OrderedDict()

    def fields(self, ticket_id: int) -> Mapping[str, str | None]:
        """What our changes have made of a ticket's fields."""
        return self._fields.get(ticket_id, {})

    def comments(self, ticket_id: int) -> frozenset[int]:
        """The comments that we have made, by number."""
        return frozenset(self._comments.get(ticket_id, ()))

    def others(self, ticket_id: int, intent_id: str) -> frozenset[int]:
        """The comments that other intents of ours have made."""
        return self.comments(ticket_id) - {self._made.get(intent_id, 0)}

    def changed(self, before: Ticket, after: Ticket) -> None:
        """A change of ours led from one to the other."""
        _kept(self._fields, before.id, {}).update(changes_between(before, after))

    def commented(self, ticket_id: int, intent_id: str, comment_id: int | None) -> None:
        """An intent has made this comment."""
        if comment_id is not None:
            _kept(self._comments, ticket_id, set()).add(comment_id)
            self._made[intent_id] = comment_id
            _trim(self._made)

    def noted(self, ticket_id: int, edit: EditTicket) -> None:
        """A bulk change of ours writes this here; no answer tells the comment's number."""
        if has_comment(edit):
            _kept(self._notes, ticket_id, set()).update(texts_of(edit))

    def notes(self, ticket_id: int) -> frozenset[str]:
        """The texts that our bulk changes have written."""
        return frozenset(self._notes.get(ticket_id, ()))

    def talked(self, intent_id: str, key: str) -> None:
        """An intent has begun this side conversation."""
        self._talks[intent_id] = key
        _trim(self._talks)

    def other_talks(self, intent_id: str) -> frozenset[str]:
        """The side conversations that other intents of ours have begun."""
        return frozenset(key for made_by, key in self._talks.items() if made_by != intent_id)

    def sending(self, intent: Intent, detail: TicketDetail) -> None:
        """A comment is about to be sent: this is what was there before."""
        numbers = frozenset(row.id for row in detail.comments)
        self._sent[intent.id] = (detail.ticket.updated_at, numbers)
        _trim(self._sent)

    def before(self, intent_id: str) -> tuple[datetime, frozenset[int]] | None:
        """The stamp and the comments that the ticket had before an intent was sent; None: not known."""
        return self._sent.get(intent_id)


class TicketWork:
    """The two ways to the helpdesk, and how a ticket compares with what the person saw."""

    def __init__(
        self,
        reads: TicketReads,
        writer: TicketWriter,
        clock: Clock,
        zone: tzinfo,
        taken: Taken | None = None,
    ) -> None:
        # A writer that can read does so on its own thread: then nothing waits behind the queue's pages.
        self.reads: TicketReads = writer if isinstance(writer, TicketReads) else reads
        self.writer = writer
        self.clock = clock
        self.zone = zone
        self.own = OwnTraces()
        self._taken = taken

    async def begun(self, intents: Sequence[Intent], job: Job) -> None:
        """The helpdesk works these off by itself, as this job."""
        if self._taken is not None:
            await self._taken([intent.id for intent in intents], job.id)

    async def fresh(self, number: int) -> TicketDetail:
        """The ticket as it is now. Raises `SourceError`, `NotThere` in the person's words."""
        try:
            return await self.reads.ticket(number)
        except NotThere as error:
            raise NotThere(
                f"not sent: ticket {number} isn't there any more",
                "it may have been deleted or merged; what you have written is kept",
                status=error.status,
            ) from None

    def conflict(self, intent: Intent, edit: EditTicket, detail: TicketDetail) -> Receipt | None:
        """Why the person has to look again; None if what has changed doesn't matter to this edit."""
        seen, ticket = intent.seen, detail.ticket
        if seen.updated_at is None or seen.updated_at == ticket.updated_at:
            return None
        own = self.own.fields(ticket.id)
        differences = foreign_changes(edit, seen, ticket, detail.numbers, own)
        comments: tuple[Comment, ...] = ()
        if talks(edit):
            comments = new_comments(
                detail, seen.updated_at, self.own.comments(ticket.id), self.own.notes(ticket.id)
            )
        if not differences and not comments:
            return None
        return self.conflicting(
            "not sent: changed by somebody else since you looked", detail, differences, comments
        )

    def conflicting(
        self,
        words: str,
        detail: TicketDetail,
        differences: Sequence[FieldDifference] = (),
        comments: Sequence[Comment] = (),
    ) -> Receipt:
        """A conflict with what is different, and the newest state to decide on."""
        told = [f"{row.field} is {row.theirs}" for row in differences]
        if comments:
            told.append(counted(len(comments), "new comment"))
        return Receipt(
            Verdict.CONFLICT,
            f"{words}: {', '.join(told)}" if told else words,
            "read it, then send it again or let it be; nothing of yours is lost",
            differences=tuple(differences),
            comments=comment_lines(comments, self.clock.now(), self.zone),
            ticket=detail.ticket,
            seen=seen_of(detail.ticket),
        )


def absent(reading: Reading[Ticket]) -> str:
    """What can be said of a ticket that isn't among those read by number."""
    return "isn't there" if reading.complete else "couldn't be read"


def author_for(abilities: TicketAbilities) -> int | None:
    """The number to send as a comment's author; None where the credential's own name is the right one."""
    me, author = abilities.me, abilities.author
    if abilities.personal or not abilities.author_allowed or author is None:
        return None
    return None if me is not None and me.id == author.id else author.id


def authors_of(abilities: TicketAbilities | None) -> frozenset[int]:
    """The numbers under which our comments may appear; empty: not known."""
    if abilities is None:
        return frozenset()
    return frozenset(agent.id for agent in (abilities.me, abilities.author) if agent is not None)


def _kept(held: OrderedDict[K, V], key: K, new: V) -> V:
    value = held.setdefault(key, new)
    held.move_to_end(key)
    _trim(held)
    return value


def _trim(held: OrderedDict[K, V]) -> None:
    while len(held) > _MOST_TICKETS:
        held.popitem(last=False)
