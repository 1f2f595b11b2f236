"""Tags to add and to take away, in one small box: suggestions with their reasons, present and new ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from support_desk.domain.ticket_tags import tag_of
from support_desk.records import record
from support_desk.screens.key_line import KeyLine
from support_desk.screens.modal import Modal
from support_desk.widgets.lines import Lines, Parts

MOST_ROWS = 14


@record
class TagChange:
    """What becomes of the tags."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class TagPicker(Modal[TagChange | None]):
    """Letters look for a tag or make a new one; tab turns it on or off; enter takes everything."""

    DEFAULT_CSS = """
    TagPicker {
        align: center middle;
        background: $background 60%;
        #box { width: 90%; max-width: 100; height: auto; padding: 0 1; background: $surface; }
        #box { border: round $primary; }
        #question { height: 1; }
        #field { border: none; height: 1; padding: 0; background: $panel; }
        #rows { height: auto; max-height: 18; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", show=False),
        Binding("down,ctrl+n", "move(1)", "down", show=False),
        Binding("up", "move(-1)", "up", show=False),
        Binding("tab", "turn", "on or off", show=False),
    ]
    AUTO_FOCUS = "#field"

    def __init__(
        self,
        present: Iterable[str],
        offered: Sequence[tuple[str, str]] = (),
        *,
        about: str = "",
        added: Iterable[str] = (),
        removed: Iterable[str] = (),
        spaces: bool = False,
        problem: Callable[[str], str] = lambda _: "",
    ) -> None:
        """`offered`: tags that may fit, each with the reason. `spaces`: tags are kept as they are typed.

        `about` says whose tags they are: the row may be covered, and marks out of sight.
        `problem` says why a tag can't be turned on or off; empty where it can.
        """
        super().__init__()
        self._present = tuple(dict.fromkeys(present))
        self._reasons = dict(offered)
        self._add = list(dict.fromkeys(added))
        self._remove = list(dict.fromkeys(removed))
        self._about = about
        self._spaces = spaces
        self._problem = problem
        self._told = ""
        """Why the last key did nothing."""
        self._at = 0
        self._shown: list[str] = []
        """The tags as they are drawn, from the first line on."""

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Lines(id="question")
            yield Input(id="field", select_on_focus=False)
            yield KeyLine(id="rows", pick=self._pick)

    def on_mount(self) -> None:
        self.query_one("#field", Input).cursor_blink = False
        self.query_one("#question", Lines).show(
            [((f"Tags of {self._about}" if self._about else "Tags", "strong"),)]
        )
        self._draw()

    # What is shown

    @property
    def _typed(self) -> str:
        text = self.query_one("#field", Input).value.strip()
        return text if self._spaces else tag_of(text)

    def _matching(self) -> list[str]:
        """Tags to choose from: suggestions first, then what is new, then what the row has."""
        typed = self._typed.casefold()
        known = [*self._reasons, *self._add, *self._present]
        found = [tag for tag in dict.fromkeys(known) if typed in tag.casefold()]
        if typed and typed not in {tag.casefold() for tag in known}:
            found.append(self._typed)
        return found

    def _on(self, tag: str) -> bool:
        return tag in self._add or (tag in self._present and tag not in self._remove)

    def _row(self, tag: str, *, selected: bool) -> Parts:
        mark = "[x]" if self._on(tag) else "[ ]"
        changed = tag in self._add or tag in self._remove
        why = self._reasons.get(tag, "" if tag in self._present or tag in self._add else "new")
        style = "strong" if selected or changed else "text"
        return (
            (("> " if selected else "  "), "key"),
            (f"{mark} {tag}", style),
            (f"  {why}" if why else "", "dim"),
        )

    def _draw(self) -> None:
        rows = self._matching()
        self._at = max(0, min(self._at, len(rows) - 1))
        most = max(1, min(MOST_ROWS, self.app.size.height - 9))
        top = max(0, min(self._at - most // 2, len(rows) - most))
        self._shown = rows[top : top + most]
        shown: list[Parts] = [
            self._row(tag, selected=top + place == self._at) for place, tag in enumerate(self._shown)
        ]
        if not rows:
            shown = [((" no tags yet: type one", "dim"),)]
        changes = [f"+{tag}" for tag in self._add] + [f"-{tag}" for tag in self._remove]
        told = self._told or " ".join(changes) or "nothing changes yet"
        style = "late" if self._told else "soon" if changes else "dim"
        hint: Parts = (
            ("tab", "key"), (" on or off  ", "dim"), ("enter", "key"), (" takes it  ", "dim"),
            ("esc", "key"), (" leaves", "dim"),
        )  # fmt: skip
        lines = self.query_one("#rows", Lines)
        lines.styles.height = len(shown) + 2
        lines.show([*shown, ((told, style),), hint])

    # Keys

    @on(Input.Changed)
    def _changed(self, message: Input.Changed) -> None:
        message.stop()
        self._at, self._told = 0, ""
        self._draw()

    def _pick(self, y: int) -> bool:
        """A click turns a tag on or off."""
        if y >= len(self._shown):
            return False
        tag, rows = self._shown[y], self._matching()
        # What was typed since may have taken it off the list; it was seen, so it is meant.
        self._at = rows.index(tag) if tag in rows else 0
        self._turn(tag)
        return True

    def action_move(self, step: int) -> None:
        """Another tag."""
        self._at += step
        self._told = ""
        self._draw()

    def action_turn(self) -> None:
        """Turn the tag under the mark on or off."""
        if rows := self._matching():
            self._turn(rows[self._at])

    def _turn(self, tag: str) -> None:
        if not self._turned(tag):
            return
        self.query_one("#field", Input).value = ""
        self._draw()

    def _turned(self, tag: str) -> bool:
        """Turn a tag, or say why it can't be."""
        changes = self._remove if tag in self._present else self._add
        if tag in changes:
            changes.remove(tag)
            return True
        self._told = self._problem(tag)
        if self._told:
            self._draw()
            return False
        changes.append(tag)
        return True

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        """Everything that was turned on or off; with nothing turned yet, the tag under the mark."""
        message.stop()
        rows = self._matching()
        if self._typed or not (self._add or self._remove):
            tag = rows[self._at] if rows else ""
            if self._typed and self._on(tag):
                self._told = f"{tag} is on already: tab turns it off, an arrow goes to another"
                self._draw()
                return
            if tag and not self._on(tag) and not self._turned(tag):
                return
        self.dismiss(TagChange(tuple(self._add), tuple(self._remove)))

    def action_leave(self) -> None:
        """Nothing changes."""
        self.dismiss(None)
