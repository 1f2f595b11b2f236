"""What a person can ask of a service: one record per command, with everything that sending it needs.

A command says what is wanted, never how: the services' requests are made of it in `sources/`. The kind of
a command (`kind_of`) is its name in the store, so a record here is never renamed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from support_desk.records import record

# Alerts

LONGEST_SNOOZE = timedelta(days=7)
"""https://docs.opsgenie.com/v1.0/docs/snooze."""
MOST_MESSAGE = 130
"""Characters of an alert's message that the alert service keeps (docs.opsgenie.com, creating alerts)."""


@record
class Acknowledge:
    """Take the alert: its escalation stops."""


@record
class Unacknowledge:
    """Give the acknowledgement back: the escalation starts again."""


@record
class CloseAlert:
    """The alert is dealt with."""


@record
class SnoozeAlert:
    """Silence the alert: notifications and the escalation stop; at the end it is open and un-acknowledged.

    At most `LONGEST_SNOOZE`.
    """

    until: datetime
    """UTC."""


@record
class NoteAlert:
    """Add a note to the alert."""

    text: str


@record
class AssignAlert:
    """Make somebody the alert's owner."""

    owner: str
    """Their address in the alert service."""
    name: str = ""


@record
class AddAlertTags:
    """Add tags to the alert."""

    tags: tuple[str, ...]


@record
class RemoveAlertTags:
    """Take tags off the alert; a tag with a comma can't be sent."""

    tags: tuple[str, ...]


@record
class PrioritiseAlert:
    """Give the alert another priority, P1 to P5."""

    priority: str


@record
class EscalateAlert:
    """Page the next line of an escalation policy at once. Never sent twice by the program (ruling 14)."""

    policy_id: str
    policy: str
    """Its name."""
    line: str
    """Who is next, as the person was told: "second line"."""
    people: tuple[str, ...] = ()
    """Whom the person was told would be paged: addresses, as on call at the key press."""
    confirmed: bool = False
    """The person knows that the alert is acknowledged or closed and escalates all the same."""


@record
class AddResponder:
    """Add somebody to the alert: they are notified."""

    type: str
    """`user` or `team`."""
    id: str
    """An address or an id."""
    name: str


@record
class PagePerson:
    """Raise a new alert with one person as its responder, through the global integration.

    The way to somebody who isn't on the rota. The intent's id is the alert's alias, so it may be sent again.
    """

    username: str
    name: str
    message: str
    """At most `MOST_MESSAGE` characters; more is cut by the service's rules."""
    description: str = ""
    priority: str = "P1"
    tags: tuple[str, ...] = ()
    phone: str = ""
    """How to reach them if the page doesn't; shown, never sent."""
    line: str = ""
    """Who that is at this moment, as "second line: Sam Example, until Mon 10:00"; shown, never sent."""


@record
class RaiseTicket:
    """Make a ticket of an alert and link the two."""

    subject: str
    body: str
    """The ticket's first comment, an internal note."""
    priority: str | None = None
    group_id: int | None = None
    tags: tuple[str, ...] = ()


# Tickets

UNASSIGNED = 0
"""As an assignee's number: the ticket is given back to the queue."""


@record
class Promise:
    """What was promised to be done next on a ticket, and by when."""

    step: str
    due_at: datetime
    """UTC."""


@record
class FieldValue:
    """A custom field of a ticket and what it becomes."""

    id: int
    value: str | bool | int | float | tuple[str, ...] | None
    name: str = ""
    """Its title, for showing."""


@record
class EditTicket:
    """Change one ticket. What is None or empty stays as it is.

    Tags are added and removed one by one, never replaced as a list (ruling 13).
    """

    purpose: str = "edit"
    """What the person did, a key of `PURPOSES`."""
    status: str | None = None
    """A category: `open`, `pending`, `hold`, `solved`. Not together with `custom_status_id`."""
    custom_status_id: int | None = None
    priority: str | None = None
    type: str | None = None
    assignee_id: int | None = None
    """`UNASSIGNED` takes the assignee away."""
    assignee: str = ""
    """The assignee as shown, an address or a name."""
    group_id: int | None = None
    group: str = ""
    """The group as shown."""
    problem_id: int | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    comment: str = ""
    """Plain text as typed; it arrives as typed, `{{...}}` included."""
    comment_html: str = ""
    """Used in place of `comment` where a macro brings its own; already made safe by the service."""
    public: bool = False
    """Whether the client sees the comment. Always sent."""
    macro_id: int | None = None
    custom_fields: tuple[FieldValue, ...] = ()
    """Where a macro sets some; the others stay."""
    promise: Promise | None = None
    custom_status: str = ""
    """The custom status as shown."""


PURPOSES = {
    "edit": "edit",
    "triage": "triage",
    "note": "internal note",
    "reply": "public reply",
    "tags": "tags",
    "priority": "priority",
    "take": "take",
    "assign": "assign",
    "believed_solved": "pending believed solved",
    "macro": "macro",
    "escalate": "escalation",
    "problem": "link to a problem",
    "feature": "feature request",
    "promise": "promised next step",
    "undo": "undo",
}


@record
class MergeTicket:
    """Close this ticket into another one. It can't be taken back."""

    into: int
    comment: str = ""
    """The internal note on both."""


@record
class SideConversation:
    """Write to somebody beside the ticket's own conversation."""

    to: tuple[str, ...]
    """Addresses."""
    subject: str
    body: str


AlertCommand = (
    Acknowledge
    | Unacknowledge
    | CloseAlert
    | SnoozeAlert
    | NoteAlert
    | AssignAlert
    | AddAlertTags
    | RemoveAlertTags
    | PrioritiseAlert
    | EscalateAlert
    | AddResponder
    | PagePerson
    | RaiseTicket
)
TicketCommand = EditTicket | MergeTicket | SideConversation
Command = AlertCommand | TicketCommand

COMMANDS: dict[str, type[Command]] = {
    "acknowledge": Acknowledge,
    "unacknowledge": Unacknowledge,
    "close": CloseAlert,
    "snooze": SnoozeAlert,
    "note": NoteAlert,
    "assign": AssignAlert,
    "add_tags": AddAlertTags,
    "remove_tags": RemoveAlertTags,
    "prioritise": PrioritiseAlert,
    "escalate": EscalateAlert,
    "add_responder": AddResponder,
    "page": PagePerson,
    "raise_ticket": RaiseTicket,
    "edit_ticket": EditTicket,
    "merge": MergeTicket,
    "side_conversation": SideConversation,
}
"""Each command under its name in the store."""

_KINDS = {command: kind for kind, command in COMMANDS.items()}


def kind_of(command: Command) -> str:
    """A command's name in the store."""
    return _KINDS[type(command)]


def pages_somebody(command: Command) -> bool:
    """Whether somebody's telephone rings because of it: it is never repeated by itself (ruling 14)."""
    return isinstance(command, EscalateAlert | AddResponder | PagePerson)


def pages_the_same(one: Command, other: Command) -> bool:
    """Whether two commands about one target would ring the same telephone.

    Escalating is the same whoever was named: each takes the policy's next step.
    """
    if isinstance(one, EscalateAlert) and isinstance(other, EscalateAlert):
        return True
    return bool(_rung_by(one) & _rung_by(other))


def _rung_by(command: Command) -> frozenset[str]:
    """Whom a command names as paged: addresses and ids, in lower case."""
    named: tuple[str, ...] = ()
    if isinstance(command, EscalateAlert):
        named = command.people
    elif isinstance(command, AddResponder):
        named = (command.id,)
    elif isinstance(command, PagePerson):
        named = (command.username,)
    return frozenset(who.casefold() for who in named)


def paged_by(command: Command) -> str:
    """Whom a command pages, as the person was told."""
    if isinstance(command, EscalateAlert):
        return command.line
    return command.name if isinstance(command, AddResponder | PagePerson) else ""


def is_one_key_escalation(command: Command) -> bool:
    """Whether `e` has made it: a second `e` sends it at once (ruling 7)."""
    return isinstance(command, EscalateAlert) or (
        isinstance(command, EditTicket) and command.purpose == "escalate"
    )


def is_held(command: Command) -> bool:
    """Whether a command waits a few seconds in which it can be taken back (ruling 10)."""
    if isinstance(command, EditTicket):
        # `c` closes an alert and sets a ticket to believed solved: one key, one way to take it back.
        return command.purpose in {"escalate", "believed_solved"} or (
            command.public and bool(command.comment or command.comment_html)
        )
    return isinstance(command, EscalateAlert | AddResponder | PagePerson | CloseAlert | MergeTicket)
