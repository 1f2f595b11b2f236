"""The outbox: what is on its way, what asks for a decision, and what became of the rest."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType

from support_desk.domain.commands import pages_somebody
from support_desk.domain.intents import Entry, Phase, asks
from support_desk.keys import bindings
from support_desk.screens.base import DeskScreen
from support_desk.screens.entry_rows import asking_words, entry_columns, entry_lines
from support_desk.widgets.lines import Parts
from support_desk.widgets.row_list import RowList
from support_desk.widgets.text_view import TextView

if TYPE_CHECKING:
    from support_desk.desk.outbox import Outbox

LOOKING = "look"
"""Name of the worker that asks a service."""


class OutboxScreen(DeskScreen):
    """The entries, and everything about the one under the cursor."""

    SCOPES: ClassVar[tuple[str, ...]] = ("outbox", "list", "app")
    BINDINGS: ClassVar[list[BindingType]] = bindings("outbox")
    AUTO_FOCUS = "#entries"

    DEFAULT_CSS = """
    OutboxScreen {
        #entries { height: 1fr; min-height: 6; }
        #entry { height: 1fr; border-top: solid $primary 50%; }
        #entry:focus { border-top: solid $primary; }
    }
    """

    def __init__(self, first: str = "") -> None:
        """`first`: the entry that the cursor begins on."""
        super().__init__()
        self._first = first

    def compose_body(self) -> ComposeResult:
        yield RowList[Entry](
            lambda width: entry_columns(self.desk_app.view, width), _key, self.desk.now, id="entries"
        )
        yield TextView(id="entry")

    @property
    def list(self) -> RowList[Entry]:
        """The entries."""
        return self.query_one("#entries", RowList)

    @property
    def _outbox(self) -> Outbox | None:
        return self.desk_app.acts.outbox

    def on_mount(self) -> None:
        # All that toasts said of its entries is here, and they would lie on it.
        entries = self._outbox.entries if self._outbox else ()
        self.desk_app.withdraw(*(entry.intent.id for entry in entries))
        self._draw()
        if self._first and self.list.select(self._first):
            self._draw_entry()

    def outbox_opened(self) -> None:
        super().outbox_opened()
        self._draw()

    def outbox_changed(self, entry: Entry) -> None:
        super().outbox_changed(entry)
        self._draw()

    def tick(self) -> None:
        super().tick()
        self.list.tick()

    def _draw(self) -> None:
        entries = self._outbox.entries if self._outbox else ()
        self.list.show(entries, at_once=True)
        asking = sum(asks(entry) for entry in entries)
        moving = sum(entry.phase in {Phase.QUEUED, Phase.HELD, Phase.SENDING} for entry in entries) - sum(
            entry.offered and entry.phase in {Phase.QUEUED, Phase.HELD} for entry in entries
        )
        quiet = " nothing asks for a decision " if self._outbox else ""
        parts: Parts = (
            (" Outbox ", "title"),
            (asking_words(asking) or quiet, "soon" if asking else "title"),
            (f" {moving} on the way " if moving else "", "title"),
        )
        self.list.title(tuple(part for part in parts if part[0]))
        self.list.empty(
            "You have done nothing since this desk was opened." if self._outbox else "Opening ..."
        )
        self._draw_entry()

    def _draw_entry(self) -> None:
        entry, text = self.list.selected, self.query_one("#entry", TextView)
        self.draw_footer()
        if entry is None:
            text.show(None, [])
            return
        lines = entry_lines(self.desk_app.view, entry, read_only=self.desk_app.config.read_only)
        text.show(entry.intent.id, lines)

    def idle_actions(self) -> frozenset[str]:
        entry = self.list.selected
        idle = {"outbox.send", "outbox.drop", "outbox.look", *super().idle_actions()}
        if entry is not None and _can_send(entry):
            idle.remove("outbox.send")
        if entry is not None and _can_drop(entry):
            idle.remove("outbox.drop")
        if entry is not None and entry.phase is Phase.UNKNOWN:
            idle.remove("outbox.look")
        return frozenset(idle)

    def has_row(self) -> bool:
        return self.list.selected is not None

    @on(RowList.Moved)
    def _moved(self, message: RowList.Moved) -> None:
        message.stop()
        self._draw_entry()

    @on(RowList.Opened)
    def _opened(self, message: RowList.Opened) -> None:
        """Go to what it was about."""
        message.stop()
        entry = self.list.selected
        if entry is not None:
            self.desk_app.open_target(entry.intent.target)

    # Keys

    def action_back(self) -> None:
        """To where this was opened."""
        self.desk_app.pop_screen()

    def action_send(self) -> None:
        """Send it now; what may happen twice is asked once more."""
        entry = self.list.selected
        if entry is None or self._outbox is None:
            return
        if entry.phase is Phase.HELD and not entry.offered:
            self._outbox.send_now(entry.intent.id)
        elif not _can_send(entry):
            self.say("There is nothing to send: it has ended, or is on its way")
        elif entry.phase is Phase.UNKNOWN:
            self._ask_twice(entry)
        else:
            self._retry(entry)

    def _ask_twice(self, entry: Entry) -> None:
        from support_desk.screens.asking import confirm

        danger = (
            "somebody may be paged twice" if pages_somebody(entry.intent.command) else "it may be done twice"
        )
        confirm(
            self.desk_app,
            f"It isn't known whether this was done: {danger}. Look first with r. Send it again?",
            "sends it again",
            lambda: self._retry(entry),
            danger=True,
        )

    def _retry(self, entry: Entry) -> None:
        """Again, or what is left of it, decided on the newest state."""
        if self._outbox is None:
            return
        receipt = entry.receipt
        self._outbox.retry(
            entry.intent.id,
            command=receipt.remaining if receipt else None,
            seen=receipt.seen if receipt else None,
        )

    def action_drop(self) -> None:
        """It isn't sent any more."""
        entry = self.list.selected
        if entry is None or self._outbox is None:
            return
        if entry.phase in {Phase.QUEUED, Phase.HELD}:
            self._outbox.cancel(entry.intent.id)
        elif asks(entry):
            self._outbox.discard(entry.intent.id)
        else:
            self.say("It can't be dropped: it has ended, or is on its way", problem=True)

    def action_look(self) -> None:
        """Ask the service whether it was done."""
        entry, outbox = self.list.selected, self._outbox
        if entry is None or outbox is None:
            return
        if entry.phase is not Phase.UNKNOWN:
            self.say("That is known already: only what is UNKNOWN can be looked up")
            return

        async def look() -> None:
            found = await outbox.verify(entry.intent.id)
            self.say(found.words or "Looked again: still not known", problem=asks(found))

        self.run_worker(
            look(), name=LOOKING, group=LOOKING, description="ask whether it was done", exit_on_error=False
        )


def _can_send(entry: Entry) -> bool:
    return asks(entry) or entry.phase is Phase.HELD


def _can_drop(entry: Entry) -> bool:
    return asks(entry) or entry.phase in {Phase.QUEUED, Phase.HELD}


def _key(entry: Entry) -> Hashable:
    return entry.intent.id
