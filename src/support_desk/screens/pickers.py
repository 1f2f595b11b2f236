"""Small questions: a number, one of a list, a line of text; and the keys that work here.

None of these changes anything: they answer with what was picked, or with None. Text goes in as drawn lines,
never as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from support_desk.actions import SCOPES, Action
from support_desk.keys import available, keys_of
from support_desk.records import record
from support_desk.screens.key_line import KeyLine
from support_desk.screens.legend import legend_lines, marked
from support_desk.screens.modal import Modal
from support_desk.text import cell_width, clean
from support_desk.widgets.lines import Lines, Parts
from support_desk.widgets.text_view import BLANK, TextLine, TextView
from support_desk.widgets.wrapping import NO_LINK, wrap

if TYPE_CHECKING:
    from support_desk.app import DeskApp

A = TypeVar("A")

MOST_ROWS = 14
"""Choices that are shown at a time."""

LONGEST_NUMBER = 15

MOST_QUESTION = 3
"""Lines of a title."""
WIDEST = 100
"""Cells of a box, with its borders."""
BORDERS = 4
"""Cells at its sides."""


@record
class Choice:
    """Something to pick."""

    id: str
    label: str
    hint: str = ""


class Picker(Modal[A], Generic[A]):
    """A box over the screen: a title, a field, and what stands under it."""

    DEFAULT_CSS = """
    Picker {
        align: center middle;
        background: $background 60%;
        #box {
            width: 90%;
            max-width: 100;
            height: auto;
            padding: 0 1;
            background: $surface;
            border: round $primary;
        }
        #question { height: 1; }
        #field { border: none; height: 1; padding: 0; background: $panel; }
        #below { height: 1; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "cancel", show=False)]

    AUTO_FOCUS = "#field"

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title_text = clean(title)

    def field(self) -> Input:
        """The field that is typed into."""
        return Input(id="field", select_on_focus=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Lines(id="question")
            yield self.field()
            yield KeyLine(id="below", pick=self.pick)

    def on_mount(self) -> None:
        field = self.query_one("#field", Input)
        # A blinking cursor costs 4 kB a second over SSH.
        field.cursor_blink = False
        question = self.query_one("#question", Lines)
        lines = self._question()
        question.styles.height = len(lines)
        question.show(lines)
        self.draw()

    def _question(self) -> list[Parts]:
        """The title in as many lines as it needs: what is asked often stands at its end."""
        width = min(WIDEST, self.app.size.width * 8 // 10) - BORDERS
        wrapped = wrap([(self._title_text, "strong", NO_LINK)], width)[:MOST_QUESTION]
        return [tuple((text, style) for text, style, _ in line) for line in wrapped]

    def draw(self) -> None:
        """Draw what stands under the field."""
        self.query_one("#below", Lines).show([self.hint()])

    def pick(self, y: int) -> bool:  # noqa: ARG002 - for those with rows
        """Take the row of this number under the field; False: there is none."""
        return False

    def hint(self) -> Parts:
        """What the keys do."""
        return (("enter", "key"), (" accepts  ", "dim"), ("esc", "key"), (" cancels", "dim"))

    def action_cancel(self) -> None:
        """Leave without an answer."""
        self.dismiss(None)


class NumberPicker(Picker[int | None]):
    """A ticket's number."""

    def __init__(self, title: str = "Open which ticket? Its number:") -> None:
        super().__init__(title)

    def field(self) -> Input:
        return Input(id="field", restrict=r"[0-9]*", max_length=LONGEST_NUMBER, select_on_focus=False)

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        number = int(message.value) if message.value.isascii() and message.value.isdigit() else 0
        self.dismiss(number or None)


class LinePicker(Picker[str | None]):
    """A line of text, such as a folder."""

    def __init__(self, title: str, value: str = "") -> None:
        super().__init__(title)
        self._value = value

    def field(self) -> Input:
        return Input(self._value, id="field", select_on_focus=False)

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.dismiss(message.value.strip() or None)


class ChoicePicker(Picker[str | None]):
    """One of a list: letters filter, the arrows move, enter picks."""

    DEFAULT_CSS = """
    ChoicePicker #below { height: auto; max-height: 16; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "move(1)", "down", show=False),
        Binding("up", "move(-1)", "up", show=False),
        Binding("pagedown", f"move({MOST_ROWS})", "page down", show=False),
        Binding("pageup", f"move(-{MOST_ROWS})", "page up", show=False),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], first: str = "") -> None:
        """`first`: the id of the choice that the mark begins on."""
        super().__init__(title)
        self._choices = tuple(choices)
        self._matching: tuple[Choice, ...] = self._choices
        self._at = next((place for place, row in enumerate(self._choices) if row.id == first), 0)
        self._moved = False
        """The person has moved the mark."""
        self._top = 0

    @property
    def current(self) -> Choice | None:
        """What enter would pick."""
        return self._matching[self._at] if self._matching else None

    def draw(self) -> None:
        taken = 7 + len(self._question())
        rows = max(1, min(MOST_ROWS, len(self._choices), self.app.size.height - taken))
        self._top = top = max(0, min(self._at - rows // 2, len(self._matching) - rows))
        shown: list[Parts] = [
            self._row(choice, selected=top + place == self._at)
            for place, choice in enumerate(self._matching[top : top + rows])
        ]
        if not self._matching:
            shown = [((" nothing matches these letters", "warn"),)]
        shown += [()] * (rows - len(shown))
        below = self.query_one("#below", Lines)
        below.styles.height = rows + 1
        below.show([*shown, self.hint()])

    def _row(self, choice: Choice, *, selected: bool) -> Parts:
        hint = f"  {choice.hint}" if choice.hint else ""
        if selected:
            return (("> ", "key"), (choice.label, "strong"), (hint, "dim"))
        return (("  ", "text"), (choice.label, "text"), (hint, "dim"))

    def hint(self) -> Parts:
        count = f"{self._at + 1 if self._matching else 0}/{len(self._matching)}  "
        return ((count, "dim"), ("↑ ↓", "key"), (" move  ", "dim"), *super().hint())

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        message.stop()
        words = message.value.casefold().split()
        current = self.current
        self._matching = tuple(
            choice
            for choice in self._choices
            if all(word in f"{choice.label} {choice.hint}".casefold() for word in words)
        )
        # "2 h" is also in "1 h, until 02:31": who types it and enter means what begins with it.
        typed = message.value.strip().casefold()
        begins = next(
            (row for row in self._matching if typed and row.label.casefold().startswith(typed)), None
        )
        if begins is not None and not (self._moved and current in self._matching):
            current = begins
        self._at = self._matching.index(current) if current in self._matching else 0
        self.draw()

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        if self.current is not None:
            self.dismiss(self.current.id)

    def pick(self, y: int) -> bool:
        """A click moves the mark; one on the marked choice takes it."""
        place = self._top + y
        if y >= self.query_one("#below").size.height - 1 or place >= len(self._matching):
            return False
        if place == self._at:
            self.dismiss(self._matching[place].id)
        else:
            self.action_move(place - self._at)
        return True

    def action_move(self, step: int) -> None:
        """Move to another choice."""
        if self._matching:
            self._moved = True
            self._at = max(0, min(len(self._matching) - 1, self._at + step))
            self.draw()


class HelpScreen(Modal[None]):
    """The keys that work where help was asked for, with the person's own changes."""

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        background: $background 60%;
        #box { width: 90%; max-width: 110; height: 90%; background: $surface; border: round $primary; }
        #question { height: 1; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "close", "close", show=False)
    ]

    AUTO_FOCUS = "#keys"

    def __init__(self, scopes: Iterable[str], *, read_only: bool = False) -> None:
        super().__init__()
        self._scopes = tuple(scopes)
        self._read_only = read_only

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Lines(id="question")
            yield TextView(id="keys")

    def on_mount(self) -> None:
        app = cast("DeskApp", self.app)
        lists = "dashboard" in self._scopes
        moves = f"   q closes, j and k move{', signs at the end: G' if lists else ''}"
        self.query_one("#question", Lines).show([((" Keys that work here", "strong"), (moves, "dim"))])
        lines = help_lines(self._scopes, app.changed_keys, read_only=self._read_only)
        if lists:
            lines += legend_lines()
        self.query_one("#keys", TextView).show("keys", lines)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)


PAGES = (
    "app.needs", "app.rota", "app.handover", "app.toil", "app.quiet", "app.outbox", "app.log",
    "app.suspended", "app.solved",
)  # fmt: skip
"""The pages that open from everywhere, in the order in which help names them."""


def _pages(actions: Sequence[Action], keys: Mapping[str, str]) -> Parts:
    pairs = (((f" {keys[action.id]}", "key"), (f" {action.label} ", "text")) for action in actions)
    return tuple(part for pair in pairs for part in pair)


def help_lines(
    scopes: Sequence[str], changed: Mapping[str, str], *, read_only: bool = False
) -> list[TextLine]:
    """The actions of these scopes: keys, and what they do."""
    shown = available(scopes, read_only=read_only)
    keys = {action.id: "  ".join(keys_of(action, changed)) or "palette" for action in shown}
    width = max((cell_width(text) for text in keys.values()), default=0) + 3
    lines: list[TextLine] = []
    pages = [action for id_ in PAGES for action in shown if action.id == id_]
    if pages and scopes[0] != "app":
        # They are in the last of many groups, and nobody who looks for them knows that.
        lines += [BLANK, TextLine((("Other pages", "head"),)), TextLine(_pages(pages, keys), indent=1)]
    for scope in scopes:
        actions = [action for action in shown if action.scope == scope]
        if not actions:
            continue
        lines += [BLANK, TextLine(((SCOPES.get(scope, scope), "head"),))]
        lines += [
            TextLine(((f" {keys[action.id]}".ljust(width), "key"), *marked(clean(action.help))), indent=width)
            for action in actions
        ]
    return lines[1:]
