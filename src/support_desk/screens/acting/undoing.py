"""`u` and `U`: what is taken back, and what is done again.

What hasn't left is taken back before anything else, and that is certain. What was done can only be undone by
another change, where one exists; it goes through the outbox like every other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from support_desk.acts import who_decides
from support_desk.desk.drafts import draft_in
from support_desk.domain.command_words import command_words
from support_desk.domain.commands import Command, EditTicket, RemoveAlertTags, Unacknowledge
from support_desk.domain.intents import WAITING, Entry, Intent, Phase, needless
from support_desk.domain.undo import compensation
from support_desk.domain.undo import stays as not_restored
from support_desk.domain.words import day_clock
from support_desk.screens.asking import confirm
from support_desk.sources.errors import SourceError

if TYPE_CHECKING:
    from support_desk.app import DeskApp
    from support_desk.desk.outbox import Outbox
    from support_desk.sources.writers import CustomStatus


def undo(app: DeskApp, outbox: Outbox) -> None:
    """Take back what is held, else what waits, else the last action that was done."""
    waiting = outbox.held or next(
        (entry for entry in outbox.entries if entry.phase in WAITING and not entry.offered), None
    )
    if waiting is not None:
        _take_back(app, outbox, waiting)
        return
    if any(entry.phase is Phase.SENDING for entry in outbox.entries):
        app.say("It is being sent: u again when it is known what became of it", problem=True)
        return
    last = next((entry for entry in outbox.entries if _can_be_undone(entry, outbox)), None)
    if last is None:
        app.say("There is nothing to take back")
        return
    _undo_done(app, outbox, last)


def _take_back(app: DeskApp, outbox: Outbox, waiting: Entry) -> None:
    """Cancel what one key press has decided; what of it has left already is named."""
    together = _with_it(outbox, waiting)
    taken = [entry for entry in together if outbox.cancel(entry.intent.id)]
    left = [
        entry
        for entry in together
        if entry not in taken and entry.sent_at is not None and not needless(entry)
    ]
    more = f" and {len(taken) - 1} more" if len(taken) > 1 else ""
    if not left:
        app.say(f"Taken back, nothing was sent: {waiting.intent.title}{more}")
        return
    told = _words(app, left[0].intent.command) + (f" and {len(left) - 1} more" if len(left) > 1 else "")
    app.say(
        f"Taken back: {waiting.intent.title}{more}. NOT taken back, it had left: {told}. O shows it",
        problem=True,
    )


def redo(app: DeskApp, outbox: Outbox) -> None:
    """Do again what was taken back last: held again where that is its way."""
    undone = {entry.intent.undoes: entry for entry in outbox.entries if entry.phase is Phase.CONFIRMED}
    for entry in outbox.entries:
        if entry.phase is Phase.CANCELLED and entry.sent_at is None:
            group = [
                row for row in _with_it(outbox, entry) if row.phase is Phase.CANCELLED and not needless(row)
            ]
        elif entry.intent.id in undone:
            group = [row for row in _with_it(outbox, entry) if row.intent.id in undone]
        else:
            continue
        if any(_redone(outbox, row) for row in group):
            continue
        # One decision, as it was: `u` takes all of it back again.
        batch = uuid4().hex if len(group) > 1 else ""
        # What was taken back by another change is as that has left it, and that is what `u` restores.
        last = [undone.get(row.intent.id, row) for row in group]
        again = [
            _new(app, left, row.intent.decided, undoes="", batch=batch)
            for row, left in zip(group, last, strict=True)
        ]
        for sent in app.acts.submit(again):
            _drop_draft(outbox, sent)
        return
    app.say("Nothing was taken back")


def _drop_draft(outbox: Outbox, sent: Entry) -> None:
    """A text that was taken back became a draft; done again it is none, or it might be sent twice."""
    written, target = draft_in(sent.intent.command), sent.intent.target
    if written is None or sent.phase is Phase.FAILED:
        return
    kind, text = written
    draft = outbox.drafts.get(target, kind)
    if draft is not None and draft.text == text:
        outbox.drafts.drop(target, kind)


def _with_it(outbox: Outbox, entry: Entry) -> list[Entry]:
    """The entries that were decided with the same key press."""
    batch = entry.intent.batch
    return [row for row in outbox.entries if row.intent.batch == batch] if batch else [entry]


def _can_be_undone(entry: Entry, outbox: Outbox) -> bool:
    if entry.phase is not Phase.CONFIRMED or entry.intent.undoes:
        return False
    return not any(
        row.intent.undoes == entry.intent.id and row.phase is Phase.CONFIRMED for row in outbox.entries
    )


def _redone(outbox: Outbox, entry: Entry) -> bool:
    """Whether the same was decided again since."""
    return any(
        row.sequence > entry.sequence
        and row.intent.target == entry.intent.target
        and row.intent.command == entry.intent.decided
        for row in outbox.entries
    )


def _undo_done(app: DeskApp, outbox: Outbox, last: Entry) -> None:
    found = [
        (entry, _taken_back(app, entry)) for entry in _with_it(outbox, last) if _can_be_undone(entry, outbox)
    ]
    able = [(entry, command) for entry, command in found if not isinstance(command, str)]
    if not able:
        app.say(f"{last.intent.title} can't be undone: {found[0][1]}", problem=True)
        return

    whole = [why for _, why in found if isinstance(why, str)]
    parts = [left for entry, _ in able if (left := not_restored(entry.intent))]
    stays = "; ".join(dict.fromkeys([*whole, *parts]))

    def send() -> None:
        app.run_worker(_send(app, able, stays), name="undo", group="undo", exit_on_error=False)

    several = f"{len(able)} alerts" if len(able) > 1 else last.intent.title
    if isinstance(able[0][1], Unacknowledge):
        confirm(
            app, f"Give the acknowledgement of {several} back? The escalation starts again.", "does it", send
        )
    else:
        send()


def _taken_back(app: DeskApp, entry: Entry) -> Command | str:
    """What takes it back, where the service can do that; else why nothing does."""
    if entry.receipt is not None and entry.receipt.before_us and entry.attempts <= 1:
        return "it was so already, and nothing was sent: somebody else has done it"
    command = compensation(entry.intent, entry.receipt.seen if entry.receipt is not None else None)
    if isinstance(command, RemoveAlertTags) and not app.can_remove_tags:
        return "the alert service can't take tags away"
    return command


async def _send(app: DeskApp, able: Sequence[tuple[Entry, Command]], stays: str) -> None:
    """`stays`: why the rest of what one key press did isn't undone; empty: there is no rest."""
    intents: list[Intent] = []
    # One decision, as what it undoes was: a further `u` takes all of it back.
    batch = uuid4().hex if len(able) > 1 else ""
    for entry, command in able:
        numbered = await _numbered(app, command)
        if numbered is None:
            app.say(f"{entry.intent.title} can't be undone: what it was before isn't found", problem=True)
        else:
            intents.append(_new(app, entry, numbered, undoes=entry.intent.id, batch=batch))
    if intents:
        app.acts.submit(intents)
        more = f" and {len(intents) - 1} more" if len(intents) > 1 else ""
        rest = f". NOT undone: {stays}" if stays else ""
        words = _words(app, intents[0].command).removeprefix("undo: ")
        app.say(f"Undoing: {words} · {intents[0].title}{more}{rest}", problem=bool(rest))


def _words(app: DeskApp, command: Command) -> str:
    zone = app.view.calendar.timezone
    return command_words(command, lambda at: day_clock(at, app.desk.now(), zone))


async def _numbered(app: DeskApp, command: Command) -> Command | None:
    """A ticket's edit with the numbers of the people and groups that it names; None: they aren't there."""
    if not isinstance(command, EditTicket):
        return command
    try:
        agent = await app.lookups.agent(command.assignee) if command.assignee else None
        group = await app.lookups.group(command.group) if command.group else None
        status = await _status_before(app, command)
    except SourceError:
        return None
    if (command.assignee and agent is None) or (command.group and group is None):
        return None
    if command.custom_status and status is None:
        return None
    return replace(
        command,
        assignee_id=agent.id if agent else command.assignee_id,
        group_id=group.id if group else None,
        status=None if status else command.status,
        custom_status_id=status.id if status else None,
        custom_status=status.name if status else "",
    )


async def _status_before(app: DeskApp, command: EditTicket) -> CustomStatus | None:
    """The account's own status that is to come back; of a category its usual one, which would stay else."""
    if not (command.custom_status or command.status):
        return None
    for row in await app.lookups.statuses():
        if row.name == command.custom_status or (row.default and row.category == command.status):
            return row
    return None


def _new(app: DeskApp, entry: Entry, command: Command, *, undoes: str, batch: str = "") -> Intent:
    """A decision of now about the same target, on its newest known state."""
    seen = entry.receipt.seen if entry.receipt is not None and entry.receipt.seen else entry.intent.seen
    return Intent(
        uuid4().hex, entry.intent.target, entry.intent.title, command, seen,
        who_decides(app.config.me.email), app.desk.now(), batch=batch, undoes=undoes,
    )  # fmt: skip
