"""What the program says by itself: toasts, the bell, the terminal's title, and a line past an open editor."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from math import inf
from time import time
from types import MappingProxyType
from typing import TYPE_CHECKING

from support_desk.screens.news import Watch
from support_desk.screens.terminal_app import TerminalApp
from support_desk.terminal import DeskDriver
from support_desk.text import clean

if TYPE_CHECKING:
    from textual.notifications import Notification, SeverityLevel

    from support_desk.config.model import Config
    from support_desk.screens.needing import Needing
    from support_desk.screens.view import View


MOST_TOLD = 4
"""Toasts at once: more would cover what they are about."""
ROOM_TO_TELL = 20
"""Lines of a terminal below which two toasts would cover the question that is asked."""


class Telling(TerminalApp):
    """The part of the application that speaks up."""

    config: Config
    news: Watch
    needing: Needing | None = None
    """What needs the person now; None until the first frame is out."""
    in_editor = False
    """An editor has the terminal."""
    _told: Mapping[str, Notification] = MappingProxyType({})
    """The toasts that are about something, by what that is."""
    _unseen: tuple[Notification, ...] = ()
    """The toasts that were raised while nobody could see them."""

    @property
    @abstractmethod
    def view(self) -> View:
        """What the screens draw from, at this moment."""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,  # noqa: ARG002 - a text that could be a client's is never markup
        about: str = "",
    ) -> None:
        """A toast. Its text is cleaned once more: what a store held may not have come through our door.

        One that is `about` something takes the place of what was said about that before.
        """
        from textual.notifications import Notification, Notify

        seconds = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        toast = Notification(clean(message), clean(title), severity, seconds, markup=False)
        if about:
            self.withdraw(about)
            there = {key: told for key, told in self._told.items() if not told.has_expired}
            self._told = {**there, about: toast}
        self._make_room(toast.message)
        if not self.in_editor:
            self.post_message(Notify(toast))
            return
        # Its time begins when it can be seen.
        toast.raised_at = inf
        self._unseen = (*self._unseen, toast)
        if severity == "error":
            self._tell_outside(toast.message)

    def terminal_is_back(self) -> None:
        """An editor has ended: what was said meanwhile is said now, as far as it is still so."""
        from textual.notifications import Notify

        self.in_editor = False
        unseen, self._unseen = self._unseen, ()
        for toast in unseen:
            toast.raised_at = time()
            self.post_message(Notify(toast))

    def _make_room(self, message: str) -> None:
        """Take away what says the same, and the oldest toasts where there are many.

        Those that report a problem stay longest.
        """
        there = [toast for toast in (*self._notifications, *self._unseen) if not toast.has_expired]
        for toast in [toast for toast in there if toast.message == message]:
            there.remove(toast)
            self._take_away(toast)
        there.sort(key=lambda toast: (toast.severity == "error", toast.raised_at))
        most = MOST_TOLD if self.size.height >= ROOM_TO_TELL else 1
        for toast in there[: max(0, len(there) + 1 - most)]:
            self._take_away(toast)

    def _take_away(self, toast: Notification) -> None:
        self._unseen = tuple(other for other in self._unseen if other is not toast)
        # Textual takes a toast away by itself only when its time is up or it is clicked on.
        self._unnotify(toast)
        for screen in self.screen_stack:
            screen.query(f"#--textual-toast-{toast.identity}").remove()

    def withdraw(self, *about: str) -> None:
        """Take away what was said about these, where it is still there."""
        gone = [self._told[key] for key in about if key in self._told]
        if not gone:
            return
        self._told = {key: toast for key, toast in self._told.items() if key not in about}
        for toast in gone:
            self._take_away(toast)

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line to the person; the text is clean and is never markup."""
        self.notify(text, severity="warning" if problem else "information", timeout=6)

    def action_help_quit(self) -> None:
        """ctrl+c out of habit."""
        self.say("ctrl+q quits")

    def _attend(self) -> None:
        """Ring, announce and set the title, if there is reason to."""
        view = self.view
        news = self.news.look(view)
        alarms: Mapping[str, str] = {}
        self.withdraw(*news.over)
        if self.needing is not None:
            found = self.needing.alarms(view)
            alarms = found.lines
            # Beside "was paged" it would tell that somebody is going to be.
            self.withdraw(*found.over)
        if news.ring or (alarms and self.config.bell.alerts and not self.news.muted):
            self.bell()
        for about, line in {**news.lines, **alarms}.items():
            self.notify(line, severity="error", timeout=15, about=about)
        if self.config.bell.title:
            self._set_title(news.title)

    def _tell_outside(self, line: str) -> None:
        """Say it where the person is: another program has the terminal."""
        from support_desk.screens.editor import tell_tmux

        if command := tell_tmux(line):
            self.run_worker(_start(command), name="tmux", group="tmux", exit_on_error=False)

    def _set_title(self, title: str) -> None:
        if isinstance(self._driver, DeskDriver):
            self._driver.entitle(title)

    def action_mute(self) -> None:
        """Silence the bell, or let it ring again."""
        self.news.muted = not self.news.muted
        self.say("The bell is muted: M lets it ring again" if self.news.muted else "The bell rings again")


async def _start(command: Sequence[str]) -> None:
    import asyncio
    from asyncio.subprocess import DEVNULL

    process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)
    await process.wait()
