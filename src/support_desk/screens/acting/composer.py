"""Writing a text of several lines: a note or a reply. What was typed is kept until it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import TextArea

from support_desk.screens.editor import edit_text
from support_desk.screens.key_line import KeyLine
from support_desk.screens.modal import Modal
from support_desk.text import clean_block
from support_desk.widgets.lines import Lines, Parts

if TYPE_CHECKING:
    from support_desk.app import DeskApp
    from support_desk.domain.intents import Target

KEEP_SECONDS = 0.5
"""How long typing must rest before the draft is written down."""


class Text(TextArea):
    """A text of several lines. Textual's own field takes enter as well and doesn't say so."""

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        return key == "enter" or super().check_consume_key(key, character)


class Composer(Modal[str | None]):
    """A large field over the whole screen; answers with the text, or None if it was left as a draft."""

    DEFAULT_CSS = """
    Composer {
        background: $background;
        #box { width: 100%; height: 100%; padding: 0 1; background: $surface; border: round $primary; }
        #box.-public { border: heavy $error; }
        #who { height: 2; }
        #text { height: 1fr; border: none; padding: 0; }
        #keys { height: 1; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "done", "done", show=False, priority=True),
        Binding("ctrl+o", "editor", "editor", show=False, priority=True),
        Binding("escape", "leave", "leave", show=False, priority=True),
    ]

    AUTO_FOCUS = "#text"

    def __init__(
        self,
        who: tuple[Parts, Parts],
        target: Target,
        kind: str,
        *,
        text: str = "",
        public: bool = False,
        done: str = "sends",
    ) -> None:
        """`who`: two lines that say who will read it. `kind` names the draft among those of `target`."""
        super().__init__()
        self.who = who
        self._target = target
        self._kind = kind
        self._first_text = text
        self._public = public
        self._done = done
        self._resting: Timer | None = None
        self._knows_draft = False
        """What was written before is in the field, if anything was."""

    def compose(self) -> ComposeResult:
        self._knows_draft = bool(self._first_text) or self._desk.acts.outbox is not None
        with Vertical(id="box", classes="-public" if self._public else ""):
            yield Lines(id="who")
            yield Text(self._first_text or self._draft(), id="text", show_line_numbers=False)
            yield KeyLine(id="keys")

    def on_mount(self) -> None:
        field = self.field
        # A blinking cursor costs 4 kB a second over SSH.
        field.cursor_blink = False
        field.move_cursor(field.document.end)
        self.query_one("#who", Lines).show(list(self.who))
        keys: Parts = (
            (" ctrl+s", "key"), (f" {self._done}  ", "text"), ("ctrl+o", "key"), (" your editor  ", "text"),
            ("esc", "key"), (" leaves it as a draft", "text"),
        )  # fmt: skip
        self.query_one("#keys", Lines).show([keys])
        if not self._knows_draft:
            self.run_worker(self._fetch_draft(), name="draft", group="draft", exit_on_error=False)

    async def _fetch_draft(self) -> None:
        """The field is older than the outbox: what was written before comes above what has been typed."""
        await self._desk.acts.opened.wait()
        self._knows_draft, field = True, self.field
        draft, typed = self._draft(), bool(self.text)
        if not draft:
            return
        field.insert(f"{draft}\n\n" if typed else draft, (0, 0), maintain_selection_offset=typed)
        if typed:
            self._desk.say("What you had written before is above it")

    @property
    def field(self) -> Text:
        """Where the text is typed."""
        return self.query_one("#text", Text)

    @property
    def _desk(self) -> DeskApp:
        return cast("DeskApp", self.app)

    @property
    def text(self) -> str:
        """What is written, as it may leave the program."""
        return clean_block(self.field.text).strip()

    def _draft(self) -> str:
        outbox = self._desk.acts.outbox
        draft = outbox.drafts.get(self._target, self._kind) if outbox else None
        return draft.text if draft else ""

    @on(TextArea.Changed)
    def _typed(self, message: TextArea.Changed) -> None:
        message.stop()
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(KEEP_SECONDS, self._keep, name="draft")

    def _keep(self) -> bool:
        """Write the draft down, or forget one that is empty; whether it is on the disk."""
        if self._resting is not None:
            self._resting.stop()
        outbox = self._desk.acts.outbox
        if outbox is None or not self._knows_draft:
            return False
        if self.text:
            return self._put(self.text)
        outbox.drafts.drop(self._target, self._kind)
        return True

    def _put(self, text: str) -> bool:
        outbox = self._desk.acts.outbox
        return outbox is not None and outbox.drafts.put(self._target, self._kind, text)

    def action_done(self) -> None:
        """The text is finished. Its draft stays until it is sent."""
        if not self.text:
            self._desk.say("There is nothing written yet", problem=True)
            return
        if not self._may_go():
            return
        self._keep()
        self.dismiss(self.text)

    def action_leave(self) -> None:
        """Leave; what is written is there the next time."""
        if self.text and not self._may_go():
            return
        kept = self._keep()
        if self.text and kept:
            self._desk.say("Kept as a draft")
        elif self.text:
            self._desk.say("Kept only while this desk runs: the disk takes no drafts", problem=True)
        self.dismiss(None)

    def _may_go(self) -> bool:
        """Not before it can be kept what is written: that takes a moment after the start."""
        can_keep = self._knows_draft and self._desk.acts.outbox is not None
        if not can_keep:
            self._desk.say("The outbox isn't open yet, nothing can be kept: press again", problem=True)
        return can_keep

    def action_editor(self) -> None:
        """Go on in the person's own editor."""
        if not self._may_go():
            # What comes above the text meanwhile would be lost to what the editor gives back.
            return
        self.run_worker(self._edit(), name="editor", group="editor", exclusive=True, exit_on_error=False)

    async def _edit(self) -> None:
        text = await edit_text(self._desk, self.field.text, keep=self._put)
        if text is None:
            return
        if self.text and not text.strip():
            # An editor that was left in a hurry, or a full disk: a text isn't lost by that.
            self._desk.say(
                "The editor left nothing: what was written is kept. To drop it, empty the field here",
                problem=True,
            )
            return
        # Not a new document: what was there before the editor can be had back (ctrl+z).
        self.field.replace(text, self.field.document.start, self.field.document.end)
        self.field.move_cursor(self.field.document.end)
        # At once: a terminal that is lost ends the editor first, and then the desk.
        self._keep()
