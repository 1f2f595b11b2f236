"""One ticket: the facts, the deadlines, and the conversation as plain text."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.screen import Screen

from support_desk.domain.intents import Target
from support_desk.domain.promises import promise_in
from support_desk.domain.rota import same_address
from support_desk.domain.runbooks import RunbookMatch
from support_desk.domain.sla import Ranked, judge
from support_desk.domain.sla_words import explain, metric_words
from support_desk.domain.tickets import Attachment, Comment, SlaRow, Ticket, TicketDetail
from support_desk.domain.words import counted, day_clock
from support_desk.keys import bindings
from support_desk.screens.attachments import listing, offer
from support_desk.screens.detail import DetailScreen, ago, fact, when
from support_desk.screens.view import View
from support_desk.screens.words import countdown
from support_desk.sources.errors import SourceError
from support_desk.widgets.lines import Parts
from support_desk.widgets.text_view import BLANK, TextLine

if TYPE_CHECKING:
    from support_desk.domain.alerts import Alert
    from support_desk.sources.protocols import Sources

SOON = timedelta(minutes=30)

STATE_STYLE = {
    "breached": "late",
    "active": "text",
    "paused": "internal",
    "met": "ok",
    "none": "dim",
    "unknown": "unknown",
}

PUBLIC_EDGE, AGENT_EDGE, INTERNAL_EDGE = ("▌ ", "public"), ("┃ ", "agent"), ("┊ ", "internal")
"""The rule along a comment: the client's, an agent's public reply, an internal note."""


class TicketScreen(DetailScreen[TicketDetail, Ranked]):
    """A ticket of any status, by its number."""

    SCOPES: ClassVar[tuple[str, ...]] = (
        "ticket", "act_ticket", "detail", "act", "row", "document", "app",
    )  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = bindings("ticket", "act_ticket")

    def __init__(self, ticket_id: int, neighbours: Sequence[int] = ()) -> None:
        super().__init__(ticket_id, neighbours)
        self.ticket_id = ticket_id

    @property
    def target(self) -> Target:
        return Target("ticket", str(self.ticket_id))

    # What is known

    def rows(self, view: View) -> Sequence[Ranked]:
        return view.snapshot.tickets.rows

    def is_it(self, row: Ranked) -> bool:
        return row.ticket.id == self.ticket_id

    def ranked(self, view: View) -> Ranked | None:
        """The newest that is known of the ticket, with its verdict."""
        row = self.last_listed(view)
        if self.detail is None:
            return row
        ticket = self.detail.ticket
        if row is not None:
            if row.ticket.updated_at > ticket.updated_at:
                return row
            # The single read may lack what only the search side-loads.
            ticket = replace(
                ticket,
                sla_rows=row.ticket.sla_rows if ticket.sla_rows is None else ticket.sla_rows,
                replies=ticket.replies or row.ticket.replies,
            )
        return Ranked(ticket, judge(ticket, view.agreement))

    def acted_on(self) -> list[Alert] | list[Ticket]:
        ranked = self.ranked(self.desk_app.view)
        if ranked is None:
            return list[Ticket]()
        if self.detail is None:
            return [ranked.ticket]
        # The facts are the newest; of the comments the person has seen those that were read.
        return [replace(ranked.ticket, updated_at=self.detail.ticket.updated_at)]

    async def fetch(self, sources: Sources) -> TicketDetail:
        if sources.tickets is None:
            raise SourceError("Zendesk is switched off", "set `[zendesk] url` in the configuration")
        return await sources.tickets.ticket(self.ticket_id)

    def changed_since(self, view: View) -> bool:
        row = self.listed(view)
        return (
            row is not None
            and self.detail is not None
            and row.ticket.updated_at > self.detail.ticket.updated_at
        )

    def known_from(self, view: View) -> str:
        feed = view.snapshot.tickets
        if self.left(view):
            return "facts from the queue, which it has left"
        if self.listed(view) is None or feed.read_at is None:
            return "not in the queue: nothing is known of it yet" if self.detail is None else ""
        return f"facts from the queue, read {ago(feed.read_at, view.now)}"

    def address(self) -> str:
        ranked = self.ranked(self.desk_app.view)
        return ranked.ticket.url if ranked else ""

    def line_about(self, view: View) -> str:
        from support_desk.screens.row_actions import line_about

        ranked = self.ranked(view)
        return line_about(view, ranked) if ranked else ""

    def runbook(self) -> RunbookMatch | None:
        ranked = self.ranked(self.desk_app.view)
        return self.desk_app.runbook_for(ranked) if ranked else None

    def name_words(self) -> str:
        return f"ticket {self.ticket_id}"

    def sibling(self, own: Hashable, neighbours: Sequence[Hashable]) -> Screen[None]:
        known = [number for number in neighbours if isinstance(number, int)]
        return TicketScreen(own if isinstance(own, int) else self.ticket_id, known)

    # Drawing

    def identity(self, view: View) -> Parts:
        ranked = self.ranked(view)
        subject = ranked.ticket.title if ranked else ""
        return ((f"#{self.ticket_id}", "key"), (f"  {subject}", "strong"))

    def head(self, view: View) -> list[TextLine]:
        ranked = self.ranked(view)
        if ranked is None:
            return []
        left = [fact("SLA", ("not known: it has left the queue", "unknown"))] if self.left(view) else []
        lines = [*(left or _deadlines(view, ranked)), *_facts(view, ranked.ticket)]
        numbers = self.detail.numbers if self.detail is not None else None
        if numbers is not None and numbers.problem_id:
            rows = (row.ticket for row in view.snapshot.tickets.rows)
            subject = next((row.title for row in rows if row.id == numbers.problem_id), "")
            lines.append(fact("Incident of", (f"#{numbers.problem_id}", "strong"), (f"  {subject}", "dim")))
        promise = view.promises.get(self.ticket_id)
        if promise is not None:
            due = day_clock(promise.due_at, view.now, view.calendar.timezone)
            overdue = promise.due_at <= view.now
            words = f"was due {due}" if overdue else f"by {due}"
            lines.append(
                fact("Next step", (f"{words}: ", "late" if overdue else "strong"), (promise.step, "text"))
            )
        match = self.desk_app.runbook_for(ranked)
        if match is not None:
            lines.append(fact("Runbook", (match.title, "strong"), (f"  {match.why}", "dim")))
        return lines

    def read(self, detail: TicketDetail) -> None:
        """What a colleague has promised stands in the notes; a conversation read in part may lack it."""
        promise = promise_in(detail.comments)
        if promise is not None or detail.complete:
            self.desk_app.note_promise(self.ticket_id, promise)

    def body(self, view: View, detail: TicketDetail) -> list[TextLine]:
        return conversation(view, detail)

    # Keys

    def idle_actions(self) -> frozenset[str]:
        idle = set(super().idle_actions())
        if not self.has_row():
            idle |= {"ticket.reply", "ticket.attachments"}
        elif self.detail is not None and not attachments(self.detail):
            idle.add("ticket.attachments")
        return frozenset(idle)

    def action_next_comment(self) -> None:
        """Go to the next comment."""
        self.text.go_to_key(1)

    def action_previous_comment(self) -> None:
        """Go to the comment before."""
        self.text.go_to_key(-1)

    def action_attachments(self) -> None:
        """Choose an attachment to save or open."""
        if self.detail is None:
            self.say("The conversation has not been read yet", problem=True)
            return
        files = attachments(self.detail)
        if files:
            offer(self, files)
        else:
            self.say("This ticket has no attachments")


def attachments(detail: TicketDetail) -> list[Attachment]:
    """Every attachment of the conversation, in the order that their numbers follow."""
    return [file for comment in detail.comments for file in comment.attachments]


def _deadlines(view: View, ranked: Ranked) -> list[TextLine]:
    """Why the ticket stands where it stands, and every row of its SLA."""
    verdict, ticket = ranked.verdict, ranked.ticket
    state = verdict.state_at(view.now)
    style = STATE_STYLE.get(state, "unknown")
    if state == "active" and verdict.deadline is not None and verdict.deadline - view.now <= SOON:
        style = "soon"
    lines = [fact("SLA", (explain(ranked, view.now, view.agreement), style))]
    for row in ticket.sla_rows or ():
        decides = verdict.basis == "zendesk" and row.breach_at == verdict.deadline
        decides = decides and row.metric == verdict.metric
        lines.append(_sla_row(view, row, verdict.round_the_clock, style if decides else "text"))
    if verdict.kind == "due" and verdict.deadline is not None and verdict.basis != "zendesk":
        lines.append(fact("", (_time_left(view, verdict.deadline, verdict.round_the_clock), style)))
    return lines


def _time_left(view: View, deadline: datetime, round_the_clock: bool) -> str:
    """Time until a deadline, by the clock and in working time: "left 1h12, working 0h42"."""
    left = deadline - view.now
    over = left < timedelta(0)
    wall = countdown(left, seconds=True).lstrip("-")
    working = countdown(view.calendar.between(view.now, deadline), seconds=True).lstrip("-")
    spare = "round the clock" if round_the_clock else f"{working} in working time"
    return f"{'over by' if over else 'left'} {wall}, {spare}"


def _sla_row(view: View, row: SlaRow, round_the_clock: bool, style: str) -> TextLine:
    words = f"· {metric_words(row.metric)}: {row.stage}"
    if row.breach_at is None:
        return fact("", (f"{words}, no deadline", "dim"))
    due = day_clock(row.breach_at, view.now, view.calendar.timezone)
    if row.stage != "active":
        return fact("", (f"{words}, deadline {due}", "dim"))
    return fact("", (f"{words}, due {due}, {_time_left(view, row.breach_at, round_the_clock)}", style))


def _facts(view: View, ticket: Ticket) -> list[TextLine]:
    priority = (ticket.priority, "strong") if ticket.priority else ("none: not triaged", "unknown")
    custom = ticket.custom_status
    status = f"{ticket.status} ({custom})" if custom and custom.casefold() != ticket.status else ticket.status
    plan = ("plan not recorded", "unknown") if ticket.plan == "unknown" else (f"{ticket.plan} plan", "text")
    conflict = "  CONFLICT: tag and field disagree about the plan" if ticket.plan_conflict else ""
    mail = f" <{ticket.requester_email}>" if ticket.requester_email else ""
    mine = same_address(ticket.assignee_email, view.config.me.email)
    who = (
        ("nobody", "unknown")
        if ticket.assignee is None
        else (f"{ticket.assignee} (you)", "mine")
        if mine
        else (ticket.assignee, "text")
    )
    to = f" to {ticket.recipient}" if ticket.recipient else ""
    client = (ticket.organisation, "text") if ticket.organisation else ("no organisation", "unknown")
    return [
        fact(
            "Status",
            (status, "strong"),
            (" · priority ", "dim"),
            priority,
            (f" · {ticket.type or 'no type'}", "text"),
        ),
        fact("Client", client, (" · ", "dim"), plan, (conflict, "late")),
        fact("Requester", (f"{ticket.requester or 'unknown'}{mail}", "text"), (to, "dim")),
        fact("Assignee", who, (f" · group {ticket.group}" if ticket.group else " · no group", "text")),
        fact("Tags", (" ".join(ticket.tags) or "none", "text" if ticket.tags else "dim")),
        fact(
            "Created",
            (when(view, ticket.created_at), "text"),
            (f" · updated {when(view, ticket.updated_at)}", "text"),
        ),
    ]


def conversation(view: View, detail: TicketDetail) -> list[TextLine]:
    """The comments, oldest first, each under a heading that says who reads it."""
    internal = sum(not comment.public for comment in detail.comments)
    public = len(detail.comments) - internal
    count = f"Conversation: {public} public, {internal} internal, oldest first"
    lines = [BLANK, TextLine(((count, "head"),))]
    if not detail.complete:
        missing = "longer than what was read: the rest is"
        if detail.unreadable:
            missing = f"{counted(detail.unreadable, 'comment')} can't be read: look"
        lines.append(TextLine(((f"! {missing} in the browser (o)", "warn"),), indent=2))
    number = 1
    for comment in detail.comments:
        lines.append(BLANK)
        lines += _comment(view, comment, number)
        number += len(comment.attachments)
    if not detail.comments:
        lines.append(TextLine((("Zendesk gave no comments for this ticket.", "warn"),)))
    return lines


def _comment(view: View, comment: Comment, number: int) -> list[TextLine]:
    edge, style = _who_reads(comment)
    kind = "PUBLIC" if comment.public else "internal note"
    role = "agent" if comment.by_agent else "client"
    channel = f"  by {comment.channel}" if comment.channel and comment.channel != "web" else ""
    at = _moment(view, comment.created_at)
    heading = TextLine(
        ((kind, style), (f"  {comment.author or 'unknown'}", "strong"), (f" ({role})", "text"),
         (f"  {at}{channel}", "dim")),
        edge=edge, indent=2, key=comment.id,
    )  # fmt: skip
    lines = [heading]
    if comment.warning:
        lines.append(
            TextLine(((f"! not trusted by Zendesk: {comment.warning}", "warn"),), edge=edge, indent=2)
        )
    body = comment.body.split("\n") if comment.body else ["(no text)"]
    lines += [TextLine(((text, "text"),), edge=edge, indent=_indent(text)) for text in body]
    lines += [
        TextLine(((f"[{place}] ", "key"), (listing(file), "text")), edge=edge, indent=4)
        for place, file in enumerate(comment.attachments, start=number)
    ]
    return lines


def _who_reads(comment: Comment) -> tuple[tuple[str, str], str]:
    """The rule and the style of a comment."""
    if not comment.public:
        return INTERNAL_EDGE, "internal"
    return (AGENT_EDGE, "agent") if comment.by_agent else (PUBLIC_EDGE, "public")


def _indent(text: str) -> int:
    """Wrapped lines of an indented or quoted line start where it does."""
    return min(len(text) - len(text.lstrip(" >")), 12)


def _moment(view: View, at: datetime) -> str:
    return f"{day_clock(at, view.now, view.calendar.timezone)}  {ago(at, view.now)}"
