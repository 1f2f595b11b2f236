"""Public replies and macros: written, looked at once more as the client will see it, and only then sent."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from support_desk.desk.drafts import NOTE, REPLY
from support_desk.desk.intents import target_of
from support_desk.desk.performing.ticket_compare import has_comment
from support_desk.domain.command_words import changes_of
from support_desk.domain.commands import EditTicket
from support_desk.domain.tickets import Ticket
from support_desk.screens.acting.ticket_help import overtaken
from support_desk.screens.asking import Question
from support_desk.sources.errors import SourceError
from support_desk.text import clean_block, shortened
from support_desk.widgets.text_view import BLANK, TextLine

if TYPE_CHECKING:
    from support_desk.screens.acting import Acting
    from support_desk.sources.writers import TicketAbilities
    from support_desk.widgets.lines import Parts


LONGEST_NAME = 40
"""Cells of the name of whoever gets a reply."""


def write_reply(screen: Acting, ticket: Ticket) -> None:
    """Write a reply to the client, beginning with the draft that was left."""
    _write(screen, ticket, EditTicket("reply", public=True), "Public reply", "")


def _write(screen: Acting, ticket: Ticket, edit: EditTicket, title: str, text: str) -> None:
    """Write the comment of an edit, then review all of it."""
    from support_desk.screens.acting.composer import Composer

    kind = REPLY if edit.public else NOTE

    def written(answer: str | None) -> None:
        if answer is not None:
            review(screen, ticket, replace(edit, comment=answer, comment_html=""), title, draft=kind)

    target = target_of(ticket)
    composer = Composer(
        _reader(ticket, public=edit.public), target, kind, text=text, public=edit.public,
        done="goes to the review",
    )  # fmt: skip
    screen.app.push_screen(composer, written)


def _reader(ticket: Ticket, *, public: bool) -> tuple[Parts, Parts]:
    client = shortened(ticket.requester or ticket.requester_email or "the requester", LONGEST_NAME)
    # Where there is little room the place is cut off: that it leaves the house must be read.
    place = f" · {ticket.organisation}" if ticket.organisation else ""
    about: Parts = ((f" on #{ticket.id} {ticket.title}", "text"),)
    if public:
        return ((" PUBLIC REPLY ", "p1"), (f" {client} gets it by mail", "strong"), (place, "text")), about
    return ((" INTERNAL NOTE ", "internal"), (" no client sees it", "text")), about


def review(screen: Acting, ticket: Ticket, edit: EditTicket, title: str, *, draft: str = "") -> None:
    """Show exactly what would change; `draft` is the name of the draft that the text was written in."""
    screen.app.run_worker(
        review_edit(screen, ticket, edit, title, draft=draft),
        name="review", group="review", exit_on_error=False,
    )  # fmt: skip


async def review_edit(
    screen: Acting,
    ticket: Ticket,
    edit: EditTicket,
    title: str,
    *,
    draft: str = "",
    asked_at: float | None = None,
) -> None:
    """Show exactly what would change; y sends it, e goes to the text.

    `asked_at`: when the key for it was pressed (monotonic seconds); None: at this moment.
    """
    app = screen.desk_app
    asked_at = screen.desk.clock.monotonic() if asked_at is None else asked_at
    edit = await _with_status_name(screen, edit)
    abilities = await _abilities(screen) if has_comment(edit) else None
    if abilities is not None and abilities.private_only and edit.public and has_comment(edit):
        kept = ". What you wrote is kept as a draft" if draft else ""
        screen.say(
            f"Your role may only write internal notes: this can't go to the client{kept}", problem=True
        )
        return
    if overtaken(screen, f"{title}, kept as a draft" if draft else title):
        return
    lines = review_lines(ticket, edit, title, _name_words(screen, abilities))

    def answered(answer: str | None) -> None:
        if answer == "yes":
            sent = app.acts.do([(ticket, edit)])
            if draft:
                app.acts.forget_draft(sent, target_of(ticket), draft)
        elif answer == "edit":
            _write(screen, ticket, edit, title, _with_draft(screen, ticket, edit, draft))
        elif draft:
            screen.say("Nothing was sent; what you wrote is kept as a draft")
        else:
            screen.say("Nothing was sent")

    writes = has_comment(edit)
    public = edit.public and writes
    yes = "sends it to the client" if public else "does it"
    change = "changes the text" if writes else ""
    app.push_screen(Question(lines, yes, edit=change, danger=public, asked_at=asked_at), answered)


def _with_draft(screen: Acting, ticket: Ticket, edit: EditTicket, draft: str) -> str:
    """The text to go on with: a macro's comes after what had been begun, as in the helpdesk itself."""
    outbox = screen.desk_app.acts.outbox
    begun = None if draft or outbox is None else outbox.drafts.get(
        target_of(ticket), REPLY if edit.public else NOTE
    )  # fmt: skip
    if begun is None or edit.comment in begun.text:
        return begun.text if begun is not None else edit.comment
    return f"{begun.text}\n\n{edit.comment}"


async def _with_status_name(screen: Acting, edit: EditTicket) -> EditTicket:
    """The edit with its custom status under the account's name for it."""
    if not edit.custom_status_id or edit.custom_status:
        return edit
    with suppress(SourceError):
        for row in await screen.desk_app.lookups.statuses():
            if row.id == edit.custom_status_id:
                return replace(edit, custom_status=row.name)
    return edit


async def _abilities(screen: Acting) -> TicketAbilities | None:
    try:
        return await screen.desk_app.lookups.abilities()
    except SourceError:
        return None


def _name_words(screen: Acting, abilities: TicketAbilities | None) -> str:
    """Under whose name a comment will appear; where that isn't known, that it isn't."""
    me = screen.desk_app.config.me
    if abilities is None:
        return "it isn't known under whose name"
    owner = abilities.me.name if abilities.me is not None else "the credential's owner"
    if abilities.personal:
        return f"under your name: {owner}"
    if abilities.author is None or not abilities.author_allowed or abilities.author == abilities.me:
        return f"under the name of {owner}: the credential is shared"
    who = abilities.author.name or me.name or me.email
    return f"under the name of {who} (the helpdesk records {owner} as who changed it)"


def review_lines(ticket: Ticket, edit: EditTicket, title: str, name: str) -> list[TextLine]:
    """What is sent to whom, line by line."""
    public = edit.public and has_comment(edit)
    lines = [TextLine(((f"{title} on #{ticket.id} {ticket.title}", "head"),))]
    changes = changes_of(replace(edit, add_tags=_new_tags(ticket, edit)))
    now = {
        "status": ticket.custom_status or ticket.status,
        "priority": ticket.priority or "none",
        "type": ticket.type or "none",
        "assignee": ticket.assignee or ticket.assignee_email or "nobody",
        "group": ticket.group or "none",
    }
    lines += [
        TextLine(
            (
                (f"  {field:<14}", "label"),
                (value, "strong"),
                (f"  now {now[field]}" if field in now else "", "dim"),
            ),
            indent=16,
        )
        for field, value in changes
    ]
    if not changes:
        lines.append(TextLine((("  no field changes", "dim"),)))
    text = edit.comment
    if text:
        client = ticket.requester or "the requester"
        reader = f"PUBLIC: {client} gets this" if public else "internal: no client sees this"
        lines += [BLANK, TextLine(((f"{reader}, {name}", "p1" if public else "internal"),)), BLANK]
        lines += [
            TextLine(((line, "text"),), edge=("▌ ", "public" if public else "internal"))
            for line in clean_block(text).split("\n")
        ]
    return lines


def _new_tags(ticket: Ticket, edit: EditTicket) -> tuple[str, ...]:
    return tuple(tag for tag in edit.add_tags if tag not in ticket.tags)
