"""Texts that somebody has begun to write: kept until they are sent, over restarts."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from support_desk.desk.clock import Clock
from support_desk.desk.schema import StoreError
from support_desk.domain.commands import EditTicket, NoteAlert, SideConversation
from support_desk.domain.intents import Verdict

if TYPE_CHECKING:
    from support_desk.desk.outbox_store import Draft, OutboxStore
    from support_desk.domain.commands import Command
    from support_desk.domain.intents import Entry, Target

NOTE, REPLY, SIDE, HANDOVER = "note", "reply", "side", "handover"
"""Kinds of drafts: an internal note, a public reply, a side conversation, a handover changed by hand."""

log = logging.getLogger(__name__)


class Drafts:
    """One text for each target and kind, of all desks of a person. Each call reads or writes the disk.

    What can't be written there is kept while the desk runs.
    """

    def __init__(self, store: OutboxStore | None, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._unwritten: dict[tuple[Target, str], Draft | None] = {}
        """What the disk has refused; None: to forget it."""

    def get(self, target: Target, kind: str) -> Draft | None:
        """What was written last, in whichever desk: one that was sent from another isn't offered again."""
        if self._store is None or (target, kind) in self._unwritten:
            return self._unwritten.get((target, kind))
        try:
            return self._store.draft(target, kind)
        except StoreError as error:
            log.warning("draft not read", extra={"problem": error.problem})
            return None

    def put(self, target: Target, kind: str, text: str) -> bool:
        """Keep a text; False: only in memory."""
        from support_desk.desk.outbox_store import Draft  # SQLite, not before something is written

        return self._write(target, kind, Draft(text, self._clock.now()))

    def drop(self, target: Target, kind: str) -> None:
        """The text has been sent, or is empty."""
        if self.get(target, kind) is not None:
            self._write(target, kind, None)

    def write_again(self) -> None:
        """Write what the disk has refused: meanwhile there may be room."""
        for (target, kind), draft in tuple(self._unwritten.items()):
            self._write(target, kind, draft)

    def _write(self, target: Target, kind: str, draft: Draft | None) -> bool:
        self._unwritten[target, kind] = draft
        if self._store is None:
            return False
        try:
            self._store.put_draft(target, kind, draft)
        except StoreError as error:
            log.warning("draft not kept", extra={"problem": error.problem})
            return False
        del self._unwritten[target, kind]
        return True


def draft_after(entry: Entry) -> tuple[str, str] | None:
    """The kind and the text of what is a draft again once an entry is let go; None: there is none, or its
    text may have arrived."""
    receipt = entry.receipt
    if receipt is not None and (receipt.verdict is Verdict.UNKNOWN or receipt.remaining is not None):
        return None
    return draft_in(entry.intent.command)


def draft_in(command: Command) -> tuple[str, str] | None:
    """The kind and the text of what a person wrote in a command; None: they wrote nothing themselves."""
    if isinstance(command, NoteAlert):
        return NOTE, command.text
    if isinstance(command, SideConversation):
        return SIDE, command.body
    if isinstance(command, EditTicket) and command.comment.strip() and not command.comment_html:
        if command.public:
            return REPLY, command.comment
        return (NOTE, command.comment) if command.purpose == "note" else None
    return None
