"""Questions before something that can't be taken back: `y` alone says yes, and only a `y` that was meant.

Keys of the first moments were typed for what was on the screen before; a held key repeats. Neither answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from support_desk.screens.key_line import KeyLine
from support_desk.screens.modal import Modal
from support_desk.text import clean
from support_desk.widgets.lines import Lines, Parts
from support_desk.widgets.text_view import BLANK, TextLine, TextView

if TYPE_CHECKING:
    from support_desk.app import DeskApp

MANY = 3
"""More alerts or tickets than this are asked about before one key changes them."""
DEAF_SECONDS = 0.3
"""For so long after it was drawn a question hears nothing."""
LATE_SECONDS = 0.7
"""A question that comes later than this after its key isn't waited for: the person has gone on."""
LATE_DEAF_SECONDS = 1.0
"""For so long such a question hears nothing, and no key that answers may have come before: what was being
typed must have stopped, and it takes about this time to see what has come."""


class Question(Modal[str | None]):
    """A text over the screen; answers with the id of the key that was pressed, or None."""

    DEFAULT_CSS = """
    Question {
        align: center middle;
        background: $background 60%;
        #box { width: 90%; max-width: 110; height: auto; max-height: 90%; background: $surface; }
        #box { border: round $warning; padding: 0 1; }
        #box.-danger { border: heavy $error; }
        #about { height: auto; max-height: 24; }
        #keys { height: 1; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer('yes')", "yes", show=False),
        Binding("e", "answer('edit')", "edit", show=False),
        Binding("escape,q,n,enter", "answer('')", "no", show=False),
    ]

    AUTO_FOCUS = "#about"

    def __init__(
        self,
        lines: Sequence[TextLine],
        yes: str,
        *,
        edit: str = "",
        danger: bool = False,
        asked_at: float | None = None,
    ) -> None:
        """`yes` says what y does: "sends it". `edit` says what e does; without it there is no e.

        `asked_at`: when the key was pressed (the clock's monotonic seconds), where something was read first.
        """
        super().__init__()
        self._lines_shown = tuple(lines)
        self._yes = yes
        self._edit = edit
        self._danger = danger
        self._heard_at: float | None = None
        self._asked_at = asked_at
        self._deaf = DEAF_SECONDS

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="-danger" if self._danger else ""):
            yield TextView(id="about")
            yield KeyLine(id="keys")

    def on_mount(self) -> None:
        # Built isn't seen: on a busy machine seconds go by in between, and what is typed then means the desk.
        self.call_after_refresh(self._seen)
        self._show()
        edit: Parts = (("e", "key"), (f" {self._edit}  ", "text")) if self._edit else ()
        keys: Parts = (
            ("y", "key"),
            (f" {self._yes}  ", "strong"),
            *edit,
            ("esc", "key"),
            (" does nothing", "text"),
        )
        self.query_one("#keys", Lines).show([keys])

    def say_anew(self, lines: Sequence[TextLine]) -> None:
        """What it is about isn't as it was when the question was asked."""
        if tuple(lines) != self._lines_shown:
            self._lines_shown = tuple(lines)
            self._show()

    def _show(self) -> None:
        about = self.query_one("#about", TextView)
        about.styles.height = min(24, max(2, self.app.size.height - 8), self._height())
        about.show("question", [*self._lines_shown, BLANK])

    def _seen(self) -> None:
        self._heard_at = self._moment
        if self._asked_at is not None and self._heard_at - self._asked_at > LATE_SECONDS:
            self._deaf = LATE_DEAF_SECONDS

    @property
    def _moment(self) -> float:
        return cast("DeskApp", self.app).desk.clock.monotonic()

    def _height(self) -> int:
        width = max(20, min(110, self.app.size.width * 9 // 10) - 6)
        return 1 + sum(1 + sum(len(text) for text, _ in line.parts) // width for line in self._lines_shown)

    def action_answer(self, answer: str) -> None:
        """Take the answer, unless the key can't have been meant for this question."""
        if answer and not self._listens():
            return
        if answer == "edit" and not self._edit:
            return
        self.dismiss(answer or None)

    def _listens(self) -> bool:
        """Whether it has been there for long enough, and since the last key as well."""
        if self._heard_at is None:
            return False
        since, self._heard_at = self._moment - self._heard_at, self._moment
        return since >= self._deaf


def confirm(
    app: DeskApp,
    words: str,
    yes: str,
    then: Callable[[], object],
    *,
    danger: bool = False,
    asked_at: float | None = None,
) -> None:
    """Ask one question; `then` is called if the answer is yes. `asked_at`: see `Question`."""

    def answered(answer: str | None) -> None:
        if answer == "yes":
            then()

    lines = [TextLine(((clean(words), "strong"),))]
    app.push_screen(Question(lines, yes, danger=danger, asked_at=asked_at), answered)
