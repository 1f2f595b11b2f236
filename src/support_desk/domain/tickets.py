"""Tickets as the desk knows them: frozen values, already cleaned, times aware and in UTC."""

from __future__ import annotations

from datetime import datetime

from support_desk.records import record

PRIORITIES = ("urgent", "high", "normal", "low")
"""Zendesk's priorities, most pressing first; anything else is shown as it came."""

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
"""Zendesk's status categories; an unknown one is kept and shown, never dropped."""

NO_SUBJECT = "(no subject)"


@record
class SlaRow:
    """One row of Zendesk's `slas.policy_metrics` side-load.

    `stage` is `active`, `paused`, `achieved`, or a word we don't know yet. `breach_at` is absolute:
    Zendesk has already applied business hours and holidays. It may be null, or in the past.
    """

    metric: str
    stage: str
    breach_at: datetime | None


@record
class Replies:
    """What Zendesk's `metric_sets` say of the conversation so far; a null is "not known"."""

    count: int | None
    """Public replies by agents; 0 means that the client still waits for the first one."""
    first_at: datetime | None = None
    """When the first public reply by an agent was given, where it can be told."""
    client_last_at: datetime | None = None
    """When the client last wrote."""
    agent_last_at: datetime | None = None
    """When an agent last worked on the ticket."""


@record
class Ticket:
    """One ticket of the queue, as last read."""

    id: int
    subject: str
    status: str
    created_at: datetime
    updated_at: datetime
    priority: str | None = None
    """`urgent`, `high`, `normal`, `low`, an unknown word, or None: nobody has triaged it."""
    custom_status: str | None = None
    type: str | None = None
    organisation: str | None = None
    requester: str | None = None
    requester_email: str | None = None
    assignee: str | None = None
    assignee_email: str | None = None
    group: str | None = None
    tags: tuple[str, ...] = ()
    plan: str = "unknown"
    """`standard`, `enhanced` or `unknown` (neither recorded: the standard deadlines apply)."""
    plan_conflict: bool = False
    """Organisation tag and field disagree: the stricter deadline counts, and is shown as a conflict."""
    recipient: str | None = None
    """The address that the mail came to; the emergency addresses make a ticket urgent."""
    sla_rows: tuple[SlaRow, ...] | None = None
    """None: the side-load was missing, which isn't the same as the empty tuple (no policy)."""
    replies: Replies | None = None
    """None: the metric set was missing, so whether a reply was given is not known."""
    helpdesk: str = ""
    """Its address, without a slash at its end; empty only in rows that an older version has kept."""

    @property
    def url(self) -> str:
        """The agent's page: `https` on the configured host. Thousands of them needn't be in memory."""
        return self.helpdesk and f"{self.helpdesk}/agent/tickets/{self.id}"

    @property
    def title(self) -> str:
        """The subject as it is shown: of one that is missing it is said that there is none."""
        return self.subject.strip() or NO_SUBJECT


@record
class Attachment:
    """A file at a comment. It is never fetched by itself."""

    name: str
    size: int
    """Bytes."""
    content_type: str
    url: str


@record
class Comment:
    """One comment: `public` reached the client, otherwise it is an internal note."""

    id: int
    author: str
    body: str
    """Plain text of several lines, cleaned."""
    public: bool
    created_at: datetime
    by_agent: bool = False
    channel: str = ""
    attachments: tuple[Attachment, ...] = ()
    warning: str | None = None
    """Why Zendesk doesn't trust this comment, in words; None when it does."""
    author_id: int | None = None
    """The author's number, where the source has numbers."""


@record
class TicketNumbers:
    """What a ticket refers to, by number: names can repeat or change."""

    assignee_id: int | None = None
    group_id: int | None = None
    custom_status_id: int | None = None
    problem_id: int | None = None


@record
class TicketDetail:
    """A ticket with its conversation, oldest comment first."""

    ticket: Ticket
    comments: tuple[Comment, ...]
    complete: bool = True
    """False: the conversation is longer than what was read, or some of it can't be read."""
    numbers: TicketNumbers | None = None
    """None: the source has names only."""
    unreadable: int = 0
    """How many comments came in a form that can't be read: each may be any comment."""


@record
class SuspendedTicket:
    """A message that Zendesk withheld from the queue; some of them are real tickets."""

    id: int
    subject: str
    author: str
    author_email: str
    cause: str
    created_at: datetime
    recipient: str | None = None
    body: str = ""

    @property
    def title(self) -> str:
        """The subject as it is shown."""
        return self.subject.strip() or NO_SUBJECT


def folded(name: str | None) -> str:
    """A name or an address as the helpdesk compares them: without regard to case or to blanks around it."""
    return (name or "").strip().casefold()
