"""What every screen of the desk has: the header, the line for what is critical, and the footer of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from support_desk.keys import CHANGING, OF_A_ROW, footer
from support_desk.screens.fitting import Fitting
from support_desk.screens.header import announcement, header_lines
from support_desk.screens.key_line import HeaderLines, KeyLine
from support_desk.text import cell_width
from support_desk.widgets.exact import ExactCompositor
from support_desk.widgets.kept import Even
from support_desk.widgets.lines import Lines, Parts

if TYPE_CHECKING:
    from support_desk.app import DeskApp
    from support_desk.desk.desk import Desk, DeskChange
    from support_desk.domain.intents import Entry
    from support_desk.screens.view import View


LAST = frozenset({"help", "quit"})
"""What the footer ends with."""
ALWAYS = LAST | {"back"}
"""What the footer names however little room there is: the ways out."""


def _cells(pair: tuple[str, str]) -> int:
    key, label = pair
    return cell_width(f" {key} {label} ")


class DeskScreen(Even, Fitting, Screen[None]):
    """A screen that shows the desk.

    Subclasses put their own widgets between the header and the footer (`compose_body`), draw what changed
    (`desk_changed`) and what time changes (`tick`, once a second).
    """

    SCOPES: ClassVar[tuple[str, ...]] = ("app",)
    """Scopes of `keys.py` whose keys the footer shows, nearest first."""

    DEFAULT_CSS = """
    DeskScreen {
        #header { height: 2; background: $panel; }
        #announcement { height: 1; display: none; }
        #announcement.-shown { display: block; }
        #footer { height: 1; background: $panel; }
    }
    """

    _was_covered = False
    _footer_for: tuple[object, ...] | None = None
    """What the footer depends on while the program runs, as it was last drawn."""

    def __init__(self) -> None:
        super().__init__()
        # Textual makes its own; it asks for no other in any public way.
        self._compositor = ExactCompositor()

    @property
    def desk_app(self) -> DeskApp:
        """The application, with its type."""
        return cast("DeskApp", self.app)

    @property
    def desk(self) -> Desk:
        """What is known."""
        return self.desk_app.desk

    def compose(self) -> ComposeResult:
        yield Lines(id="announcement")
        yield HeaderLines(id="header")
        yield from self.compose_body()
        yield KeyLine(id="footer")

    def compose_body(self) -> ComposeResult:
        """The widgets between header and footer."""
        raise TypeError(f"{type(self).__name__} has no body")

    def on_mount(self) -> None:
        self.draw_frame()

    def on_screen_suspend(self) -> None:
        self._was_covered = True

    def on_screen_resume(self) -> None:
        if self._was_covered:
            # Nothing was drawn here while another screen was on top; that one's first frame has done it else.
            self._was_covered = False
            self.tick()

    def on_resize(self) -> None:
        self.draw_frame()

    def on_paste(self, event: events.Paste) -> None:
        """Text that no field took: its letters are no keys."""
        event.stop()
        self.say("The paste was ignored: there is no field to paste into", problem=True)

    def desk_changed(self, change: DeskChange) -> None:  # noqa: ARG002 - for the screens that need it
        """A feed was read; called on the screen that is shown."""
        self.draw_frame()

    def outbox_opened(self) -> None:
        """The file of the actions is open: until now nothing was known of what is in it."""
        self.draw_frame()

    def outbox_changed(self, entry: Entry) -> None:  # noqa: ARG002 - for the screens that need it
        """An action of ours made a step; called on the screen that is shown."""
        self.draw_frame()

    def tick(self) -> None:
        """A second has gone by."""
        self.draw_frame()

    def draw_frame(self, view: View | None = None) -> None:
        """Draw header, announcement and footer as they are now, or in this view."""
        view, width = view or self.desk_app.view, self.size.width or self.app.size.width
        self.query_one("#header", Lines).show(header_lines(view, width))
        line = self.announced(view)
        shown = self.query_one("#announcement", Lines)
        shown.set_class(bool(line), "-shown")
        shown.show([line])
        self.draw_footer()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A desk that is read-only has no key that changes something: pressing one does nothing at all."""
        if action in CHANGING and self.desk_app.config.read_only:
            return False
        return super().check_action(action, parameters)

    def announced(self, view: View) -> Parts:
        """The line above everything: a critical alert that is open, or nothing."""
        return announcement(view, self.size.width or self.app.size.width)

    def scopes_now(self) -> tuple[str, ...]:
        """The scopes whose keys are worth their place in the footer at this moment."""
        return self.SCOPES

    def idle_actions(self) -> frozenset[str]:
        """The ids of actions that would do nothing at this moment: the footer leaves them out."""
        return frozenset() if self.has_row() else OF_A_ROW

    def has_row(self) -> bool:
        """Whether there is a row here, or what else the keys mean that act on one."""
        return True

    def field_keys(self) -> tuple[tuple[str, str], ...]:
        """(key, label) of what a field of this page does besides taking letters; empty: none is typed in."""
        return ()

    def draw_footer(self) -> None:
        """The keys that work here, as many as fit; what leaves the page, help and quit always do."""
        scopes, width = self.scopes_now(), self.size.width or self.app.size.width
        line = self._hold_line(width)
        if (top := self.app.screen) is not self:
            top.set_class(bool(line), "-held")
        if line:
            self._footer_for = None
            self.query_one("#footer", Lines).show([line])
            return
        idle, typing = self.idle_actions(), self.field_keys()
        if self._footer_for == (scopes, idle, typing, width):
            return
        self._footer_for = (scopes, idle, typing, width)
        keys = [
            *typing,
            *footer(
                scopes,
                self.desk_app.changed_keys,
                read_only=self.desk_app.config.read_only,
                without=idle | OF_A_ROW if typing else idle,
                typing=bool(typing),
            ),
        ]
        parts: list[tuple[str, str]] = []
        room = width - sum(_cells(pair) for pair in keys if pair[1] in ALWAYS)
        # Where it ends is the same on every page.
        for key, label in sorted(keys, key=lambda pair: pair[1] in LAST):
            if label not in ALWAYS:
                room -= _cells((key, label))
                if room < 0:
                    continue
            parts += [(f" {key}", "key"), (f" {label} ", "text")]
        self.query_one("#footer", Lines).show([cast("Parts", tuple(parts))])

    def _hold_line(self, width: int) -> Parts:
        """What is held, while something is: it takes the footer's place on every screen."""
        outbox = self.desk_app.acts.outbox
        if self.desk_app.acts.making is not None:
            return ((" Reading who would be paged ... ", "alarm"),)
        held = outbox.held if outbox is not None else None
        if outbox is None or held is None:
            asked = self.desk_app.acts.asked
            return ((f" {asked} ... ", "alarm"),) if asked else ()
        from support_desk.screens.hold_line import hold_line

        covered = self.app.screen is not self
        return hold_line(held, outbox.seconds_left(held), width, self.desk_app.changed_keys, covered=covered)

    def action_search_runbooks(self) -> None:
        """Search all runbooks by their text; the dashboard shows the chosen one until a cursor moves."""
        self.desk_app.search_runbooks()

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line to the person; the text is clean and is never markup."""
        self.app.notify(text, severity="warning" if problem else "information", markup=False, timeout=6)
