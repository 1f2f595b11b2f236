"""The terminal: Textual's own driver, made to end well when its terminal doesn't."""

from __future__ import annotations

import asyncio
import os
import select
import signal
from contextlib import suppress
from typing import IO, TYPE_CHECKING, cast

from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size

if TYPE_CHECKING:
    from io import TextIOWrapper

    from textual.app import App


BELL = "\a"
STANDARD_ERROR = 2
"""Where Textual draws."""
TITLE = "\x1b]2;"
"""How a title begins that is told to the terminal; inside tmux it is the pane's."""


def hung_up(descriptor: int) -> bool:
    """Whether the terminal behind a file descriptor has gone: closed window, dropped connection."""
    poll = select.poll()
    try:
        poll.register(descriptor, 0)
    except (ValueError, OSError):
        return True
    return any(event & (select.POLLHUP | select.POLLNVAL | select.POLLERR) for _, event in poll.poll(0))


class DeskDriver(LinuxDriver):
    """Textual's driver, which neither a lost terminal nor a stray SIGCONT leaves running for ever."""

    def __init__(
        self, app: App[None], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        # A file in the ways that the writing thread uses it.
        self._file = cast("TextIOWrapper", _Patient(self._file))
        self._asleep = False
        self._lent = False
        """Another program has the terminal, while this one goes on reading the services."""

    @property
    def hung_up(self) -> bool:
        """Whether the terminal has gone."""
        return hung_up(self.fileno)

    @property
    def terminal_size(self) -> Size:
        """How large the terminal is at this moment."""
        return Size(*self._get_terminal_size())

    def start_application_mode(self) -> None:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGHUP):
            # Without a handler the terminal would stay in the alternate screen with the mouse on; Textual
            # has none, and by the time the application is mounted the terminal has long been taken over.
            loop.add_signal_handler(name, self._app.exit)
        super().start_application_mode()  # type: ignore[no-untyped-call]  # it has no annotations

    def write(self, data: str) -> None:
        """Draw; while another program has the terminal, only what doesn't disturb its picture.

        The bell and the title reach the person there. Everything else is drawn anew afterwards, and would
        meanwhile wait in a queue that nobody empties, with the event loop behind it.
        """
        if not self._lent:
            super().write(data)
        elif data == BELL or data.startswith(TITLE):
            with suppress(OSError):
                os.write(STANDARD_ERROR, data.encode())

    def suspend_application_mode(self) -> None:
        self._asleep = True
        super().suspend_application_mode()
        self._lent = True

    def resume_application_mode(self) -> None:
        """Take the terminal back.

        SIGCONT brings us here, also when nothing was suspended: after a SIGSTOP, and from the kernel when
        the terminal hangs up. Started twice, two threads would read keys, one of them for ever, and the
        terminal would be left raw.
        """
        if self.hung_up:
            return
        if not self._asleep:
            super().suspend_application_mode()
            self._must_signal_resume = True
        self._asleep = self._lent = False
        super().resume_application_mode()


class _Patient:
    """Standard error, which takes what it can't write.

    The thread that writes would die of the first error, its queue would fill up, and the event loop would
    wait for room in it for ever.
    """

    def __init__(self, file: IO[str] | None) -> None:
        if file is None:
            raise OSError("there is no terminal to draw on")
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()
