"""What became of a change of a ticket, in the person's words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from support_desk.desk.intents import seen_of
from support_desk.desk.performing.ticket_compare import (
    aims,
    changed_forms,
    has_comment,
    holds,
    left_tags,
    missing_tags,
    ours,
    tags_hold,
    theirs,
    without_done,
)
from support_desk.domain.commands import EditTicket, SideConversation
from support_desk.domain.intents import FieldDifference, Receipt, Verdict
from support_desk.domain.tickets import Ticket, TicketDetail, TicketNumbers
from support_desk.records import record
from support_desk.sources.errors import (
    NotAllowed,
    NotThere,
    Rejected,
    SignInRefused,
    SourceError,
    Unanswered,
)
from support_desk.sources.writers import Talk, TicketAnswer

LOOK = "look at the ticket before you send it again"
_FOR_GOOD = (SignInRefused, NotAllowed, NotThere, Rejected)


@record
class Written:
    """How far an edit came."""

    before: TicketDetail
    """The ticket as read just before."""
    answer: TicketAnswer | None = None
    """What the update answered; None: only tags were to be changed, or the comment was there already."""
    tags: tuple[str, ...] = ()
    """The tags as last known."""
    after: TicketDetail | None = None
    """The ticket as read back; None: it couldn't be."""
    author_id: int | None = None
    """Whom the comment named as its author."""
    tag_problem: SourceError | None = None
    """Why the tags weren't changed."""


def doubtful_talk(found: Talk, command: SideConversation) -> Receipt:
    """A side conversation was begun, and nothing tells whether by us."""
    words = f"one with {', '.join(command.to)} about this began since; whether it is yours isn't sure"
    return Receipt(
        Verdict.UNKNOWN, words, "look at the ticket; if it isn't, write it again", evidence=(found.id,)
    )


def receipt_of(error: SourceError) -> Receipt:
    """What an error means for a change: nothing was applied, or (`Unanswered`) nobody can say."""
    if isinstance(error, Unanswered):
        return Receipt(Verdict.UNKNOWN, error.problem, error.remedy)
    wait = error.retry_after
    if isinstance(error, _FOR_GOOD) and wait is None:
        return Receipt(Verdict.FAILED, error.problem, error.remedy)
    return Receipt(Verdict.NOT_SENT, error.problem, error.remedy, retry_after=wait)


def already_so(edit: EditTicket, ticket: Ticket) -> Receipt:
    """Nothing is sent: somebody has done it before."""
    return Receipt(
        Verdict.CONFIRMED,
        f"already so: {done_words(edit)}",
        before_us=True,
        ticket=ticket,
        seen=seen_of(ticket),
    )


def ticket_after(written: Written, edit: EditTicket) -> Ticket:
    """The ticket as far as it is known after the change."""
    if written.after is not None:
        return written.after.ticket
    ticket = replace(written.before.ticket, tags=written.tags)
    answer = written.answer
    if answer is None:
        return ticket
    now = answer.ticket
    ticket = replace(
        ticket, status=now.status, priority=now.priority, type=now.type, updated_at=now.updated_at
    )
    # The answer has numbers where the row shows names.
    if edit.group and holds(edit, "group", now, answer.numbers):
        ticket = replace(ticket, group=edit.group)
    if edit.assignee and holds(edit, "assignee", now, answer.numbers):
        address = edit.assignee if "@" in edit.assignee else None
        ticket = replace(ticket, assignee=edit.assignee, assignee_email=address)
    return ticket


def result_of(edit: EditTicket, written: Written) -> Receipt:
    """The receipt of a change that was made, compared with what was asked for."""
    if written.after is not None and tags_hold(edit, written.after.ticket.tags):
        # The ticket itself has the last word, also where an answer says less.
        written = replace(written, tags=written.after.ticket.tags)
    refused, differences = _fields(edit, written)
    differences += _left_out(written.answer)
    private = _was_made_private(edit, written.answer)
    if private:
        differences.append(FieldDifference("comment", "public", "internal"))
    author = written.answer.comment_author_id if written.answer else None
    if written.author_id is not None and author not in {None, written.author_id}:
        differences.append(FieldDifference("author", "you", "the owner of the credential"))
    differences += changed_forms(edit, written.tags)
    tags_missing = [*missing_tags(edit, written.tags), *left_tags(edit, written.tags)]
    if written.after is not None and not tags_missing:
        now = written.after.ticket.tags
        differences += [FieldDifference("tag", f"+{tag}", "gone again") for tag in missing_tags(edit, now)]
        differences += [FieldDifference("tag", f"-{tag}", "back again") for tag in left_tags(edit, now)]
    ticket = ticket_after(written, edit)
    evidence = () if written.after is not None else ("the ticket couldn't be read back; the answer said so",)
    receipt = Receipt(
        Verdict.CONFIRMED,
        done_words(edit, written, refused) + _but(differences),
        differences=tuple(differences),
        evidence=evidence,
        ticket=ticket,
        seen=seen_of(ticket),
    )
    if private:
        return _private(receipt, edit, refused, written)
    if refused or tags_missing:
        return _partly(receipt, edit, refused, tags_missing, written)
    return receipt


def _fields(edit: EditTicket, written: Written) -> tuple[list[str], list[FieldDifference]]:
    """The fields that weren't taken, and everything that isn't as wanted."""
    answer, after = written.answer, written.after
    if answer is None:
        return [], []
    refused, differences = [], []
    for name in aims(edit):
        taken = holds(edit, name, answer.ticket, answer.numbers)
        later = holds(edit, name, after.ticket, after.numbers) if after is not None else None
        if taken is False and later is not True:
            refused.append(name)
        if later is False or (later is None and taken is False):
            shown = _theirs(name, after, answer)
            differences.append(FieldDifference(name, ours(edit, name), shown))
    return refused, differences


def _theirs(name: str, after: TicketDetail | None, answer: TicketAnswer) -> str:
    if after is not None:
        return theirs(name, after.ticket, after.numbers)
    if answer.numbers is not None and name in {"assignee", "group"}:
        return f"number {_number(name, answer.numbers)}"
    return theirs(name, answer.ticket, answer.numbers)


def _number(name: str, numbers: TicketNumbers) -> int | None:
    return numbers.assignee_id if name == "assignee" else numbers.group_id


def _left_out(answer: TicketAnswer | None) -> list[FieldDifference]:
    """What the service says that it left out, where that isn't seen from the fields."""
    known = {"status", "custom_status_id", "priority", "type", "assignee_id", "group_id", "problem_id"}
    ignored = answer.ignored if answer is not None else ()
    return [FieldDifference(name, "as sent", "left out by Zendesk") for name in ignored if name not in known]


def _was_made_private(edit: EditTicket, answer: TicketAnswer | None) -> bool:
    wanted = edit.public and has_comment(edit)
    return wanted and answer is not None and answer.comment_public is False


def _private(receipt: Receipt, edit: EditTicket, refused: list[str], written: Written) -> Receipt:
    left = without_done(edit, refused, written.tags)
    return replace(
        receipt,
        verdict=Verdict.FAILED,
        words="the client has NOT got the reply: it was recorded as an internal note",
        remedy="your role may not write in public here: reply in the browser (o), or ask a colleague to",
        # Never the comment again: it would only be noted twice.
        remaining=left or EditTicket(purpose=edit.purpose),
    )


def _partly(
    receipt: Receipt,
    edit: EditTicket,
    refused: list[str],
    tags: list[str],
    written: Written,
) -> Receipt:
    done = done_words(edit, written, refused)
    missing = [*refused, *([f"tags {', '.join(tags)}"] if tags else [])]
    what = ", ".join(missing)
    anything = _was_anything_done(edit, written, refused)
    words = f"partly done: {done}; not {what}" if anything else f"not done: Zendesk didn't take {what}"
    problem = written.tag_problem
    if problem is not None:
        words = f"{words} ({problem.problem})"
    return replace(
        receipt,
        verdict=Verdict.FAILED,
        words=words,
        remedy="send it again for what is left" if problem is not None else "see in the browser (o) why",
        remaining=without_done(edit, refused, written.tags) if anything else None,
        retry_after=problem.retry_after if problem is not None else None,
    )


def _was_anything_done(edit: EditTicket, written: Written, refused: Collection[str]) -> bool:
    if written.answer is not None and (has_comment(edit) or set(aims(edit)) - set(refused)):
        return True
    if written.answer is not None and edit.custom_fields:
        return True
    return len(missing_tags(edit, written.tags)) + len(left_tags(edit, written.tags)) < len(
        edit.add_tags
    ) + len(edit.remove_tags)


def done_words(edit: EditTicket, written: Written | None = None, refused: Collection[str] = ()) -> str:
    """What was done, as one line: "reply sent to the client, status pending, tags +a -b"."""
    parts = []
    if has_comment(edit):
        parts.append("reply sent to the client" if edit.public else "internal note added")
    parts += [
        f"{name.replace('custom_', '')} {ours(edit, name)}" for name in aims(edit) if name not in refused
    ]
    if edit.custom_fields:
        parts.append("custom fields set")
    tags = written.tags if written is not None else None
    added = [tag for tag in edit.add_tags if tags is None or tag not in missing_tags(edit, tags)]
    removed = [tag for tag in edit.remove_tags if tags is None or tag not in tags]
    if added or removed:
        parts.append("tags " + " ".join([*(f"+{tag}" for tag in added), *(f"-{tag}" for tag in removed)]))
    return ", ".join(parts) or "nothing"


def _but(differences: list[FieldDifference]) -> str:
    if not differences:
        return ""
    told = [f"{row.field}: {row.theirs} (not {row.ours})" for row in differences]
    return f"; but {'; '.join(told)}"
