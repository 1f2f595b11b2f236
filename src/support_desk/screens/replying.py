"""Public replies and macros: written, looked at once more as the client will see it, and only then sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from support_desk.desk.intents import target_of
from support_desk.domain.commands import EditTicket
from support_desk.domain.tickets import Ticket
from support_desk.screens.asking import Question
from support_desk.screens.command_words import changes_of
from support_desk.sources.errors import SourceError
from support_desk.text import clean
from support_desk.widgets.text_view import BLANK, TextLine

if TYPE_CHECKING:
    from support_desk.screens.acting import Acting
    from support_desk.widgets.lines import Parts

SETTLE_KIND = "reply"
"""The draft's name among those of a ticket."""


def write_reply(screen: Acting, ticket: Ticket, text: str = "") -> None:
    """Write a reply to the client; `text` to begin with, by default the draft that was left."""
    from support_desk.screens.composer import Composer

    def written(answer: str | None) -> None:
        if answer is not None:
            edit = EditTicket("reply", comment=answer, public=True)
            screen.app.run_worker(
                review_edit(screen, ticket, edit, "Public reply"),
                name="review", group="review", exit_on_error=False,
            )  # fmt: skip

    client = ticket.requester or ticket.requester_email or "the requester"
    place = f" at {ticket.organisation}" if ticket.organisation else ""
    who: tuple[Parts, Parts] = (
        ((" PUBLIC REPLY ", "p1"), (f" {client}{place} gets it by mail", "strong")),
        ((f" on #{ticket.id} {ticket.subject}", "text"),),
    )
    composer = Composer(
        who, target_of(ticket), SETTLE_KIND, text=text, public=True, done="goes to the review"
    )
    screen.app.push_screen(composer, written)


async def review_edit(screen: Acting, ticket: Ticket, edit: EditTicket, title: str) -> None:
    """Show exactly what would change; y sends it, e goes back to the text."""
    app = screen.desk_app
    lines = review_lines(ticket, edit, title, await _name_words(screen, edit))

    def answered(answer: str | None) -> None:
        if answer == "yes":
            sent = app.acts.do([(ticket, edit)])
            app.acts.forget_draft(sent, target_of(ticket), SETTLE_KIND)
        elif answer == "edit" and edit.public:
            write_reply(screen, ticket, edit.comment)
        elif edit.comment:
            screen.say("Nothing was sent; a reply that you wrote is kept as a draft")

    public = edit.public and bool(edit.comment or edit.comment_html)
    can_edit = "changes the text" if public and not edit.comment_html else ""
    yes = "sends it to the client" if public else "does it"
    app.push_screen(Question(lines, yes, edit=can_edit, danger=public), answered)


async def _name_words(screen: Acting, edit: EditTicket) -> str:
    """Under whose name a comment will appear; where that isn't known, that it isn't."""
    if not (edit.comment or edit.comment_html):
        return ""
    me = screen.desk_app.config.me
    try:
        abilities = await screen.desk_app.lookups.abilities()
    except SourceError:
        return "it isn't known under whose name"
    owner = abilities.me.name if abilities.me is not None else "the credential's owner"
    if abilities.personal:
        return f"under your name: {owner}"
    if me.email and abilities.author_allowed:
        return f"under the name of {me.name or me.email} (the helpdesk records {owner} as who changed it)"
    return f"under the name of {owner}: the credential is shared"


def review_lines(ticket: Ticket, edit: EditTicket, title: str, name: str) -> list[TextLine]:
    """What is sent to whom, line by line."""
    public = edit.public and bool(edit.comment or edit.comment_html)
    lines = [TextLine(((f"{title} on #{ticket.id} {ticket.subject}", "head"),))]
    changes = changes_of(replace(edit, add_tags=_new_tags(ticket, edit)))
    lines += [
        TextLine(((f"  {field:<14}", "label"), (value, "strong")), indent=16) for field, value in changes
    ]
    if not changes:
        lines.append(TextLine((("  no field changes", "dim"),)))
    text = edit.comment
    if text:
        client = ticket.requester or "the requester"
        reader = f"PUBLIC: {client} gets this" if public else "internal: no client sees this"
        lines += [BLANK, TextLine(((f"{reader}, {name}", "p1" if public else "internal"),)), BLANK]
        lines += [
            TextLine(((clean(line), "text"),), edge=("▌ ", "public" if public else "internal"))
            for line in text.split("\n")
        ]
    return lines


def _new_tags(ticket: Ticket, edit: EditTicket) -> tuple[str, ...]:
    return tuple(tag for tag in edit.add_tags if tag not in ticket.tags)
