"""Textual's application on a real terminal: its picture and its keys stay in order whatever comes at once."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual import events
from textual._styles_cache import StylesCache
from textual.app import App
from textual.geometry import Size
from textual.keys import key_to_character
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from support_desk.screens.base import DeskScreen
from support_desk.terminal import DeskDriver
from support_desk.widgets.hearing import PATIENCE_SECONDS, heard_out

if TYPE_CHECKING:
    from rich.console import RenderableType

log = logging.getLogger(__name__)

CALM_SECONDS = 0.25
"""How long after a resize the whole picture is painted once more."""

NOTICE_CELLS = 76
"""The widest notice; in a terminal with fewer it has all of them (support_desk.tcss)."""

MOST_KEPT = 64
"""Widgets, also of screens that are long closed, whose drawn lines Textual may hold on to."""


class TerminalApp(App[None]):
    """The part of the application that mends what Textual gets wrong: resizes in storms, keys in bursts.

    It has its own last words as well: Textual's would print what the program knows.
    """

    ALLOW_SELECT = False
    """Text is selected in fields and by the terminal (shift and the mouse). Textual's own selection begins at
    what the mouse meets, which may be a notice that has gone: that ended the program."""

    _seen = False
    """There is a frame on the terminal."""
    _begun = False
    """The first frame is behind it, and with it what Textual has to say of a new terminal."""
    _calm: Timer | None = None

    def __init__(self) -> None:
        super().__init__(driver_class=DeskDriver)

    # The picture

    def on_resize(self, event: events.Resize) -> None:
        """What Textual makes nothing of: a window that is as large as before, and news that is out of date.

        A window may have been smaller for a moment, and then the terminal has cut off what was there. In a
        storm of signals one handler interrupts the other, and an older size can be told last.
        """
        # As wide as a notice may become: what doesn't fit would be lost beyond the edge, not wrapped.
        self.set_class(event.size.width < NOTICE_CELLS, "-slim")
        if isinstance(self._driver, DeskDriver) and (size := self._driver.terminal_size) != event.size:
            self.post_message(events.Resize(size, size))
        if self._begun:
            # Frames of an older size may still be on their way to the terminal: once more, when it is calm.
            if self._calm is not None:
                self._calm.stop()
            self._calm = self.set_timer(CALM_SECONDS, self._repaint, name="calm")

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        self._seen = self._seen or renderable is not None

    def look_at_terminal(self) -> bool:
        """Notice what no event has told: another size, or no terminal at all. False: the program ends.

        A lost terminal while SIGHUP is ignored would leave the program spinning for ever.
        """
        if isinstance(self._driver, DeskDriver):
            if self._driver.hung_up:
                self.exit()
                return False
            self._notice_size(self._driver.terminal_size)
        self._draw_what_waits()
        self._let_go()
        return True

    def _draw_what_waits(self) -> None:
        """Draw what a screen was asked to draw and hasn't.

        Whoever lays out a screen of Textual's stops the clock of its next frame; the screen itself starts it
        again with its next message. A question that nobody writes to would stay as it is until a key comes.
        """
        for screen in (self.screen, *self._background_screens):
            screen.check_idle()

    def _let_go(self) -> None:
        """Forget what closed screens looked like.

        Textual remembers two colours of each widget under the widget's drawn lines themselves, and so keeps
        those of the last thousand widgets: some two hundred lines for each look at the help.
        """
        if StylesCache.get_inner_outer.cache_info().currsize > MOST_KEPT:
            StylesCache.get_inner_outer.cache_clear()

    def _notice_size(self, size: Size) -> None:
        """Mend what a storm of resizes has left wrong: Textual drops a size that it believes it has."""
        if size != self.screen.size:
            for place in (self, self.screen):
                place.post_message(events.Resize(size, size))
            self._repaint()

    def _repaint(self) -> None:
        if not self.screen_stack:
            # The program ends: its screens have been taken down.
            return
        self.refresh(layout=True)
        self.screen.refresh(layout=True)

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        """The screens that may be seen behind the one on top: none behind a page, which fills the terminal.

        Textual always counts the next one below, and draws the page again wherever that one has changed: with
        a living dashboard behind it, all of the page every few seconds.
        """
        return [] if isinstance(self.screen, DeskScreen) else super()._background_screens

    # Keys

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        """Do what a key means, in the order in which keys were typed, however many come at once.

        Textual asks here first for the keys that come before the others, then sends the key through the
        queues of the widget and of all that it lies in; so of "j" and "n" in one burst the second was done
        first, on the row before, and an arrow only after the letters behind it. A key that no field takes as
        text is done here and now instead, once the screen that it is for is built, and the field has taken
        what was typed before. One that means nothing here is done with, too: on its way through the queues
        it would come to mean something on the screen that the next key has opened.
        """
        if not self._seen:
            # Typed before there was anything to see: it can't have been meant for what comes up.
            return True
        while not self.screen.is_mounted and await self.built(self.screen):
            # Another one may have been opened over it by then.
            continue
        if not priority:
            return await super()._check_bindings(key)
        field = self._field
        if field is not None and field.check_consume_key(key, key_to_character(key)):
            return await super()._check_bindings(key, priority)
        if field is not None:
            await heard_out(field)
        done = await super()._check_bindings(key, priority) or await super()._check_bindings(key)
        if done and field is not None:
            await heard_out(field)
        return done or field is None

    @property
    def _field(self) -> Widget | None:
        """The field that letters go into; None: they are keys."""
        # Whatever would take a letter is a field. To ask for its class takes an import of 10 ms.
        return self.focused if self.focused is not None and self.focused.check_consume_key("x", "x") else None

    async def built(self, screen: Screen[Any]) -> bool:
        """Wait for a screen that was opened by the key before: one that isn't built yet can do nothing.

        Tells whether it is, which takes two seconds at most.
        """
        if not screen.is_mounted:
            with suppress(TimeoutError):
                await asyncio.wait_for(screen._mounted_event.wait(), PATIENCE_SECONDS)
        return screen.is_mounted

    def action_command_palette(self) -> None:
        """Open the list of commands."""
        # Here, since its widgets take 10 ms to import: more than the first frame can spare.
        from support_desk.screens.palette_screen import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    # Last words

    def give_terminal_back(self) -> None:
        """The terminal as it was, however the program came to its end; once is enough."""
        if isinstance(self._driver, DeskDriver):
            self._driver.give_back()

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Leave; where that gets stuck, the process is ended all the same."""
        if isinstance(self._driver, DeskDriver):
            self._driver.expect_end()
        super().exit(result, return_code, message)

    def _handle_exception(self, error: Exception) -> None:
        """A fault ends the program; while it ends anyway, what a page stumbles over that goes too is none.

        A page that is opened after the last key is mounted without what it is made of, for instance.
        """
        if self._exit:
            log.warning("a fault while the program ends", exc_info=error)
            return
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """One line and a log entry; Textual's own report prints local variables, ticket texts among them."""
        self.bell()
        kind, error, trace = sys.exc_info()
        log.critical("the program stopped", exc_info=(kind, error, trace) if kind and error else None)
        where = ""
        while trace is not None:
            file = trace.tb_frame.f_code.co_filename.rpartition(os.sep)[2]
            where = f" at {file}:{trace.tb_lineno}"
            trace = trace.tb_next
        name = kind.__name__ if kind else "an error"
        self.exit(
            return_code=1, message=f"support-desk stopped: {name}{where}. --log-file keeps the details."
        )
