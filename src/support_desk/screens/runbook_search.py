"""B: search all runbooks by their text while typing; without words, all of them by title."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Input

from support_desk.desk.runbook_index import Found, Piece
from support_desk.desk.schema import StoreError
from support_desk.domain.runbooks import RunbookMatch
from support_desk.screens.pickers import Picker
from support_desk.text import clean
from support_desk.widgets.lines import Lines, Parts

if TYPE_CHECKING:
    from textual.worker import Worker

    from support_desk.app import DeskApp

SETTLE_SECONDS = 0.1
"""After the last letter, before it is looked for."""
LINES_EACH = 2
MOST_ROWS = 8


class RunbookSearch(Picker[RunbookMatch | None]):
    """A field, and below it the sections in which the words stand, each with the text around them."""

    DEFAULT_CSS = """
    RunbookSearch {
        #box { width: 92%; max-width: 130; }
        #below { height: auto; max-height: 18; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "move(1)", "down", show=False),
        Binding("up", "move(-1)", "up", show=False),
        Binding("pagedown", f"move({MOST_ROWS})", "page down", show=False),
        Binding("pageup", f"move(-{MOST_ROWS})", "page up", show=False),
    ]

    def __init__(self) -> None:
        super().__init__("Search the runbooks: words of their text, or enter to open one")
        self.found: tuple[Found, ...] = ()
        self.words = ""
        """What `found` is about; the field may be ahead of it."""
        self._problem = ""
        self._at = 0
        self._looking: Worker[None] | None = None

    def on_mount(self) -> None:
        self._show_all()

    @property
    def current(self) -> Found | None:
        """What enter would open."""
        return self.found[self._at] if self.found else None

    def _show_all(self) -> None:
        books = cast("DeskApp", self.app).view.snapshot.runbooks.rows
        self.found = tuple(
            Found(book.path, book.title, "", "", (Piece(" / ".join(h.text for h in book.headings[1:6])),))
            for book in sorted(books, key=lambda book: book.title.casefold())
        )

    def draw(self) -> None:
        rows = max(1, min(MOST_ROWS, (self.app.size.height - 8) // LINES_EACH))
        top = max(0, min(self._at - rows // 2, len(self.found) - rows))
        shown: list[Parts] = []
        for place, found in enumerate(self.found[top : top + rows]):
            shown += _lines(found, selected=top + place == self._at)
        if not self.found:
            shown = [((f" {self._problem or 'nothing has these words'}", "warn"),)]
        shown += [()] * (rows * LINES_EACH - len(shown))
        below = self.query_one("#below", Lines)
        below.styles.height = rows * LINES_EACH + 1
        below.show([*shown, self.hint()])

    def hint(self) -> Parts:
        count = f"{self._at + 1 if self.found else 0}/{len(self.found)}  "
        some = "only some of the words  " if self.found and self.found[0].any_word else ""
        unread = self._unread()
        left_out = f"{unread} not searched  " if unread else ""
        moves: Parts = (("↑ ↓", "key"), (" move  ", "dim"))
        return ((count, "dim"), (some, "soon"), (left_out, "warn"), *moves, *super().hint())

    def _unread(self) -> int:
        finding = cast("DeskApp", self.app).runbooks.finding()
        return len(finding.unread) if finding is not None else 0

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        message.stop()
        self.set_timer(SETTLE_SECONDS, self._look_soon, name="settle")

    def _look_soon(self) -> None:
        words = self.query_one("#field", Input).value
        if words == self.words:
            return
        # A function, not its coroutine: one that is overtaken before it began leaves nothing behind.
        work: Callable[[], Coroutine[None, None, None]] = self._look
        self._looking = self.run_worker(
            work, name="search", group="search", description="search the runbooks", exclusive=True,
            exit_on_error=False,
        )  # fmt: skip

    async def _look(self) -> None:
        words = self.query_one("#field", Input).value
        finding = cast("DeskApp", self.app).runbooks.finding()
        if not words.strip() or finding is None:
            self._show_all()
        else:
            try:
                self.found, self._problem = await finding.search(words), ""
            except StoreError as error:
                self.found, self._problem = (), f"{error.problem}: {error.remedy}"
        self.words, self._at = words, 0
        self.draw()

    @on(Input.Submitted)
    async def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        if message.value != self.words:
            # Enter came before the search had begun: it means what was typed.
            await self._look()
        found = self.current
        if found is not None:
            why = f"found by “{clean(self.words, 40)}”" if self.words.strip() else "chosen by you"
            self.dismiss(RunbookMatch(found.path, found.anchor, found.title, why))

    def action_move(self, step: int) -> None:
        """Move to another one."""
        if self.found:
            self._at = max(0, min(len(self.found) - 1, self._at + step))
            self.draw()


def _lines(found: Found, *, selected: bool) -> list[Parts]:
    """Title and heading, then the text around the words."""
    mark = ("> ", "key") if selected else ("  ", "text")
    heading = f" › {found.heading}" if found.heading and found.heading != found.title else ""
    first: Parts = (
        mark,
        (found.title, "strong" if selected else "text"),
        (heading, "text"),
        (f"  {found.path}", "dim"),
    )
    snippet = tuple((piece.text, "soon" if piece.hit else "dim") for piece in found.snippet)
    return [first, (("    ", "text"), *snippet)]
