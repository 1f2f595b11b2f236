"""What a service that can be written to must do: one request per method, and what is known of its end.

Every method raises a `SourceError` that says how far the write got:

- `Unanswered`: it was sent, or may have been, and nothing tells what became of it. Never send it again by
  yourself.
- any other member of the family: the service surely hasn't done it.

Nothing here decides anything, repeats anything, or re-reads: that is `desk/performing/`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from support_desk.records import record

if TYPE_CHECKING:
    from support_desk.domain.alerts import Alert, EscalationPolicy
    from support_desk.domain.commands import (
        AlertCommand,
        EditTicket,
        MergeTicket,
        PagePerson,
        RaiseTicket,
        SideConversation,
    )
    from support_desk.domain.tickets import Ticket, TicketNumbers
    from support_desk.sources.protocols import Reading


@record
class Outcome:
    """What an alert service says of a request that it had only queued."""

    ok: bool
    words: str
    """The service's own words, cleaned; for display only."""
    alert_id: str = ""


class AlertWriter(Protocol):
    """Changes to alerts. A change is asked for and its outcome is asked for later."""

    @property
    def can_create(self) -> bool:
        """Whether alerts can be raised: people who aren't on the rota are paged by one of their own."""
        ...

    async def ask(self, alert_id: str, command: AlertCommand, *, actor: str, token: str) -> str:
        """Send one change of an existing alert; the answer is the request's id.

        `actor` is the address of the person who decided. `token` goes into the note that comes along where
        a lost answer could not be told from the alert's state alone.
        """
        ...

    async def create(self, page: PagePerson, *, alias: str, actor: str) -> str:
        """Raise a new alert through the global integration; the answer is the request's id.

        The same alias makes no second alert while the first is open, so this may be sent again.
        """
        ...

    async def outcome(self, request_id: str) -> Outcome | None:
        """What became of a request; None while it hasn't been processed.

        Raises `Unreadable` where it has been, and the answer doesn't say how it ended.
        """
        ...

    async def alert_with_alias(self, alias: str) -> Alert:
        """The alert that has this alias, fresh: the open one, or one that was closed again.

        Raises `NotThere`.
        """
        ...

    async def routed_policy(self, alert: Alert) -> EscalationPolicy | None:
        """The escalation policy that the alert's team routes it to; None if its rules name none."""
        ...


@record
class TicketAnswer:
    """What the helpdesk answered to a change: the ticket as it is now, and what it didn't do."""

    ticket: Ticket
    ignored: tuple[str, ...] = ()
    """Fields that were silently left out (`X-Zendesk-API-Warn`), in words."""
    comment_id: int | None = None
    """The comment that the change made; None: none was recorded."""
    comment_public: bool | None = None
    """Whether it reached the client, as recorded."""
    comment_author_id: int | None = None
    """Under whose name, as recorded."""
    numbers: TicketNumbers | None = None
    """What the ticket refers to now; None: the source has names only."""


@record
class JobItem:
    """What became of one ticket of a bulk change."""

    ticket_id: int
    ok: bool
    words: str


@record
class Job:
    """A change that the helpdesk works off by itself."""

    id: str
    state: str
    """`queued`, `working`, `completed`, `failed` or `killed`; *completed* doesn't mean that all went well."""
    items: tuple[JobItem, ...] = ()
    words: str = ""


@record
class Macro:
    """A prepared change with a text."""

    id: int
    title: str
    description: str = ""


@record
class Group:
    """A group of agents."""

    id: int
    name: str


@record
class Agent:
    """Somebody to whom a ticket can be assigned."""

    id: int
    name: str
    email: str
    role: str = ""


@record
class CustomStatus:
    """A status of the account's own, within a category."""

    id: int
    name: str
    category: str
    default: bool = False
    """The one that a ticket gets when only its category is set."""


@record
class TicketAbilities:
    """What this account and this credential can do; asked once, and again on demand."""

    me: Agent | None = None
    """Whose credential it is: the one under whose name changes are recorded."""
    personal: bool = False
    """True: the credential is the person's own; otherwise it is shared."""
    author: Agent | None = None
    """Under whose name comments appear: the person in `[me]` where the account allows it, else `me`."""
    author_allowed: bool = True
    """Whether a comment may name somebody else as its author."""
    private_only: bool = False
    """The role may only write internal notes."""
    side_conversations: bool = False


@record
class Talk:
    """A side conversation that may be one of ours."""

    id: str
    ours: bool = True
    """Proven: it carries our key, or begins with our words."""


class TicketWriter(Protocol):
    """Changes to tickets, and the lists that a change is chosen from."""

    @property
    def signed_in(self) -> str:
        """Address of the person whose own sign-in is in use, as far as it is known without asking.

        Empty: it isn't, or the credential is one that people share.
        """
        ...

    async def update(
        self, ticket_id: int, edit: EditTicket, *, stamp: datetime, author_id: int | None = None
    ) -> TicketAnswer:
        """Change everything in `edit` but the tags, if the ticket still is as of `stamp` (`updated_at`).

        Raises `OutOfDate` if it isn't, `Rejected` with the fields' own complaints.
        """
        ...

    async def change_tags(
        self, ticket_id: int, *, add: Sequence[str] = (), remove: Sequence[str] = (), stamp: datetime
    ) -> tuple[str, ...]:
        """Add or remove tags (one of the two per request), never the whole list; the ticket's tags after.

        Raises `OutOfDate`.
        """
        ...

    async def update_many(
        self, ticket_ids: Sequence[int], edit: EditTicket, *, author_id: int | None = None
    ) -> Job:
        """Begin the same change, tags included, of at most 100 tickets."""
        ...

    async def merge(self, ticket_id: int, command: MergeTicket) -> Job:
        """Begin to close this ticket into another."""
        ...

    async def job(self, job_id: str) -> Job:
        """How far a job is."""
        ...

    async def create(self, new: RaiseTicket, *, key: str) -> Ticket:
        """Make a ticket; the same `key` makes no second one for two hours, so this may be sent again."""
        ...

    async def created_with(self, key: str) -> Ticket | None:
        """The ticket that `create` made with this key, read directly; None if there is none."""
        ...

    async def side_conversation(self, ticket_id: int, command: SideConversation, *, key: str) -> str:
        """Begin a side conversation that carries this key; the answer is its id."""
        ...

    async def side_conversation_since(
        self,
        ticket_id: int,
        command: SideConversation,
        since: datetime,
        not_these: Collection[str] = (),
        *,
        key: str,
    ) -> Talk | None:
        """The side conversation that carries this key.

        One that shows no key: if it is about this, with these people, and began at `since` or later; best one
        that begins with these words. `not_these` are known to be others.
        """
        ...

    async def macros(self) -> Reading[Macro]: ...

    async def macro_effect(self, ticket_id: int, macro_id: int) -> EditTicket:
        """What a macro would change in this ticket; nothing is changed."""
        ...

    async def groups(self) -> Reading[Group]: ...

    async def agents(self) -> Reading[Agent]: ...

    async def statuses(self) -> Reading[CustomStatus]: ...

    async def abilities(self) -> TicketAbilities: ...
