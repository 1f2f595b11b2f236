"""What the details of an alert and of a ticket have in common: read one thing, show it, say what is wrong.

What the desk knows is shown at once; the rest is read in a worker. An answer counts only for the screen
that asked for it last. A failure stands in the text where the answer would be, never an empty one.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Hashable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from support_desk.domain.intents import Entry, Phase, Target, needless
from support_desk.domain.words import day_clock
from support_desk.glance import AHEAD
from support_desk.keys import bindings
from support_desk.latest import Latest
from support_desk.screens.acting import Acting
from support_desk.screens.view import View
from support_desk.screens.words import age
from support_desk.sources.errors import NotThere, SourceError
from support_desk.text import cell_width
from support_desk.widgets.lines import Lines, Parts
from support_desk.widgets.text_view import BLANK, TextLine, TextView

if TYPE_CHECKING:
    from support_desk.desk.desk import DeskChange
    from support_desk.domain.runbooks import RunbookMatch
    from support_desk.sources.protocols import Sources

D = TypeVar("D")
"""What the single read gives."""
R = TypeVar("R")
"""A row of the list."""

LABEL_WIDTH = 12
"""Cells of the labels at the left of the facts."""

LOADING = "loading"
"""Name of the worker that reads the details."""


JUST_NOW = timedelta(seconds=10)


def fact(label: str, *parts: tuple[str, str]) -> TextLine:
    """A labelled fact; what doesn't fit on the line goes on under its first word."""
    shown = tuple(part for part in parts if part[0])
    return TextLine(((f"{label:<{LABEL_WIDTH - 1}} ", "label"), *shown), indent=LABEL_WIDTH)


def ago(at: datetime, now: datetime) -> str:
    """How long ago: "just now", "20 s ago", "3 h ago"; of what is dated in the future: "dated 4 h ahead"."""
    span = now - at
    if span <= -AHEAD:
        return f"dated {age(-span)} ahead"
    return "just now" if span < JUST_NOW else f"{age(span, exact=True)} ago"


def when(view: View, at: datetime) -> str:
    """A moment and how long ago it was: "Tue 10:12, 3 h ago"."""
    return f"{day_clock(at, view.now, view.calendar.timezone)}, {ago(at, view.now)}"


class DetailScreen(Acting, Generic[D, R]):
    """One alert or ticket, opened from a list."""

    SCOPES: ClassVar[tuple[str, ...]] = ("detail", "act", "row", "document", "app")
    BINDINGS: ClassVar[list[BindingType]] = bindings("detail", "act", "row")
    AUTO_FOCUS = "#text"

    DEFAULT_CSS = """
    DetailScreen {
        #identity { height: 2; background: $surface; }
        #text { height: 1fr; }
    }
    """

    def __init__(self, own: Hashable, neighbours: Sequence[Hashable]) -> None:
        super().__init__()
        self._own = own
        self._neighbours = tuple(neighbours)
        self._asked = 0
        self._loading = False
        self.detail: D | None = None
        """What was read; None before the first answer."""
        self.problem: SourceError | None = None
        """What the last attempt met; None after a success."""
        self.read_at: datetime | None = None
        """When `detail` was read, by the desk's clock."""
        self._body: tuple[Hashable, tuple[TextLine, ...]] | None = None
        self._listed = Latest[R | None]()
        self._last_listed: R | None = None
        """As the list had it when it was drawn last, since it was read."""

    # What a subclass says

    @abstractmethod
    def rows(self, view: View) -> Sequence[R]:
        """The list that it may stand in."""

    @abstractmethod
    def is_it(self, row: R) -> bool:
        """Whether a row of the list is what is shown."""

    @abstractmethod
    async def fetch(self, sources: Sources) -> D:
        """Read it. Raises `SourceError`."""

    @abstractmethod
    def identity(self, view: View) -> Parts:
        """The line that says which alert or ticket this is."""

    @abstractmethod
    def head(self, view: View) -> list[TextLine]:
        """The facts, some of which change as time goes by."""

    @abstractmethod
    def body(self, view: View, detail: D) -> list[TextLine]:
        """What only the single read gives; it is made again once a minute."""

    def read(self, detail: D) -> None:
        """It was read: for what the desk learns from it besides."""

    @abstractmethod
    def changed_since(self, view: View) -> bool:
        """The list has a newer state than what was read."""

    @abstractmethod
    def known_from(self, view: View) -> str:
        """Where the facts come from before the answer: such as "from the list, 20 s old"."""

    @abstractmethod
    def address(self) -> str:
        """Its page; empty where it isn't known."""

    @abstractmethod
    def line_about(self, view: View) -> str:
        """One line for the handover; empty where nothing is known."""

    @abstractmethod
    def runbook(self) -> RunbookMatch | None:
        """The runbook for it."""

    @abstractmethod
    def name_words(self) -> str:
        """How a sentence calls it: "ticket 12"."""

    @abstractmethod
    def sibling(self, own: Hashable, neighbours: Sequence[Hashable]) -> Screen[None]:
        """The screen of another row of the same list."""

    # What the list has

    def listed(self, view: View) -> R | None:
        """Its row in the list; None: it isn't there."""
        rows = self.rows(view)
        return self._listed.of((rows,), lambda: next(filter(self.is_it, rows), None))

    def last_listed(self, view: View) -> R | None:
        """Its row; once it has left, as it was when it was there last."""
        return self.listed(view) or self._last_listed

    def left(self, view: View) -> bool:
        """It was in the list while this was shown, and isn't any more: what it is now isn't known."""
        return self.listed(view) is None and self._last_listed is not None

    # Building and drawing

    def compose_body(self) -> ComposeResult:
        yield Lines(id="identity")
        yield TextView(id="text")

    @property
    def text(self) -> TextView:
        """The scrolling text."""
        return self.query_one("#text", TextView)

    def on_mount(self) -> None:
        self.load()

    def on_resize(self) -> None:
        self.draw()

    def desk_changed(self, change: DeskChange) -> None:
        super().desk_changed(change)
        self.draw()

    def outbox_changed(self, entry: Entry) -> None:
        super().outbox_changed(entry)
        if entry.intent.target != self.target:
            return
        if entry.phase in (Phase.CONFIRMED, Phase.CONFLICT) or needless(entry):
            # We have changed it, or somebody else has since it was read here.
            self.load()
        self.draw()

    def tick(self) -> None:
        super().tick()
        if not self._loading and self.detail is None and self.problem is None:
            self.load()
        self.draw()

    def draw(self) -> None:
        """Draw everything as it is now; what hasn't changed isn't drawn again."""
        if not self.is_attached:
            return
        view = self.desk_app.view
        self._last_listed = self.last_listed(view)
        line = self._identity_line(view)
        self.query_one("#identity", Lines).show([line, self._status(view)])
        # A name that is too long for its line stands in full above the facts.
        cut = sum(cell_width(text) for text, _ in line) > self.size.width
        whole = [TextLine(self.identity(view))] if cut else []
        self.text.show(self._own, [*whole, *self.head(view), *self._rest(view)])

    def _identity_line(self, view: View) -> Parts:
        if self._own in self._neighbours and len(self._neighbours) > 1:
            place = f" {self._neighbours.index(self._own) + 1} of {len(self._neighbours)} "
            return ((place, "dim"), *self.identity(view))
        return ((" ", "text"), *self.identity(view))

    @property
    @abstractmethod
    def target(self) -> Target:
        """What an action on it is done to."""

    def _status(self, view: View) -> Parts:
        from support_desk.screens.marks import mark_of

        mark = mark_of(view.entries.get(self.target))
        return ((f" {mark[0]} ", mark[1]), *self._reading(view)) if mark else self._reading(view)

    def _reading(self, view: View) -> Parts:
        known = self.known_from(view)
        if self._loading:
            return ((" reading ... ", "strong"), (known, "dim"))
        if self.problem is not None:
            old = f"  shown: read {ago(self.read_at, view.now)}" if self.read_at else f"  {known}"
            gone = " GONE " if isinstance(self.problem, NotThere) else " NOT READ "
            return ((gone, "failed"), (f" {self.problem.problem}", "warn"), (old, "dim"))
        if self.detail is None or self.read_at is None:
            return ((" waiting for the sources to start ... ", "strong"), (known, "dim"))
        if self.left(view):
            return (
                (" left the list since you read it: press r ", "warn"),
                (f" {self._read_words(view)}", "dim"),
            )
        if self.changed_since(view):
            return ((" changed since you read it: press r ", "warn"), (f" {self._read_words(view)}", "dim"))
        return ((f" {self._read_words(view)}", "dim"),)

    def _read_words(self, view: View) -> str:
        return "" if self.read_at is None else f"read {ago(self.read_at, view.now)}"

    def _rest(self, view: View) -> Sequence[TextLine]:
        """What stands under the facts: why there is nothing, or what was read, or both."""
        lines: list[TextLine] = []
        if self.problem is not None:
            words = f"{self.problem.problem}: {self.problem.remedy}"
            lines += [BLANK, TextLine(((f"! {words}", "failed"),), indent=2)]
            lines.append(TextLine((("  r tries again.", "text"),)))
        if self.detail is None:
            if self.problem is None:
                lines += [BLANK, TextLine((("Reading ...", "dim"),))]
            return lines
        key = (id(self.detail), int(view.now.timestamp()) // 60)
        if self._body is None or self._body[0] != key:
            self._body = (key, tuple(self.body(view, self.detail)))
        return [*lines, *self._body[1]]

    # Reading

    def load(self) -> None:
        """Read it in a worker; the newest request is the one that counts."""
        sources = self.desk.sources
        if sources is None:
            return
        self._asked += 1
        self._loading = True
        work: Callable[[], Coroutine[None, None, None]] = partial(self._load, sources, self._asked)
        self._worker: Worker[None] = self.run_worker(
            work, name=LOADING, group=LOADING,
            description=self.name_words(), exclusive=True, exit_on_error=False,
        )  # fmt: skip
        self.draw()

    async def _load(self, sources: Sources, asked: int) -> None:
        try:
            detail = await self.fetch(sources)
        except SourceError as error:
            self._answered(asked, None, error)
        else:
            self._answered(asked, detail, None)

    def _answered(self, asked: int, detail: D | None, problem: SourceError | None) -> None:
        if asked != self._asked or not self.is_attached:
            return
        self._loading, self.problem = False, problem
        if detail is not None:
            self.detail, self.read_at = detail, self.desk.now()
            # What is read after it left says itself what became of it.
            self._last_listed = None
            self.read(detail)
        self.draw()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """An error that no source names is a fault of this program: said, never painted as emptiness."""
        if event.worker.name == LOADING and event.state is WorkerState.ERROR:
            kind = type(event.worker.error).__name__
            fault = SourceError(f"This program met a fault while reading ({kind})", "look into the log file")
            self._answered(self._asked, None, fault)

    # Keys

    def has_row(self) -> bool:
        return bool(self.acted_on())

    def nothing_meant(self, kind: str = "") -> str:  # noqa: ARG002 - whatever the key is for
        return f"Not done: nothing is known of {self.name_words()}"

    def action_back(self) -> None:
        """Go back."""
        self.app.pop_screen()

    def action_refresh_detail(self) -> None:
        """Read it again now."""
        if self.desk.sources is None:
            self.say("The sources are still starting")
        else:
            self.load()

    def action_next_row(self) -> None:
        """The next row of the list that this was opened from."""
        self._go(1)

    def action_previous_row(self) -> None:
        """The row before in that list."""
        self._go(-1)

    def _go(self, step: int) -> None:
        if self._own not in self._neighbours:
            self.say("This was not opened from a list")
            return
        place = self._neighbours.index(self._own) + step
        if not 0 <= place < len(self._neighbours):
            self.say("That was the last row" if step > 0 else "That was the first row")
            return
        self.app.switch_screen(self.sibling(self._neighbours[place], self._neighbours))

    def action_browser(self) -> None:
        """Open it in the browser."""
        self._with_address(self.desk_app.open_link)

    def action_copy_link(self) -> None:
        """Copy its link."""
        self._with_address(lambda address: self.desk_app.copy(address, "the link"))

    def _with_address(self, act: Callable[[str], None]) -> None:
        address = self.address()
        if address:
            act(address)
        else:
            self.say(f"The page of {self.name_words()} is not known", problem=True)

    def action_copy_line(self) -> None:
        """Copy one line about it."""
        line = self.line_about(self.desk_app.view)
        if line:
            self.desk_app.copy(line, "one line")
        else:
            self.say(f"Nothing is known about {self.name_words()} yet", problem=True)

    def action_runbook(self) -> None:
        """Read the runbook for it."""
        self.desk_app.open_runbook(self.runbook(), self.name_words())
