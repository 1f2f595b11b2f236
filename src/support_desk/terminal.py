"""The terminal: Textual's own driver, made to end well when its terminal doesn't."""

from __future__ import annotations

import asyncio
import logging
import os
import select
import signal
import termios
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from threading import Event
from time import monotonic
from types import FrameType
from typing import IO, TYPE_CHECKING, cast

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import MouseDown, MouseUp
from textual.geometry import Size

if TYPE_CHECKING:
    from io import TextIOWrapper

    from textual.app import App
    from textual.message import Message


log = logging.getLogger(__name__)

BELL = "\a"
LEFT = 1
"""The number of the mouse's left button."""
STANDARD_ERROR = 2
"""Where Textual draws."""
UNDECIDED = 1.0
"""Seconds after input in which a lone Escape may have to be told from the beginning of another key."""
GLANCE = 0.1
"""Seconds after which that is looked at."""
LEAVING_SECONDS = 10.0
"""How long leaving may take; what is being sent by then is looked up at the next start, as after a kill."""
_MODES_OFF = (
    "\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?1015l"
    "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""What Textual writes at an end, in its order."""
_STUCK = "support-desk couldn't stop by itself and was ended. --log-file keeps the place."
_TYPED = (signal.SIGINT, signal.SIGQUIT)
"""What a terminal makes of ctrl+c for every program there: meant for the editor that has it."""
_ENDS = (signal.SIGTERM, signal.SIGHUP, *_TYPED)
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
        self.exit_event = self._farewell = _Farewell()
        self._asleep = False
        self._lent = False
        """Another program has the terminal, while this one goes on reading the services."""
        self._title = ""

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

        def leave(number: int, _frame: FrameType | None) -> None:
            if not self._auto_restart and number in _TYPED:
                return
            # Not one of the loop's own handlers: a loop that is stuck would never come to it.
            self.expect_end()
            _soon(loop, self._app.exit)

        # Without a handler the terminal would stay in the alternate screen with the mouse on; Textual
        # has none, and by the time the application is mounted the terminal has long been taken over.
        for name in _ENDS:
            signal.signal(name, leave)
        signal.signal(signal.SIGALRM, self._end)
        # Textual's handlers stop the thread that writes, whose queue may be locked by what they interrupt.
        for name, act in (
            (signal.SIGTSTP, self._sigtstp_application),
            (signal.SIGCONT, self._sigcont_application),
        ):
            signal.signal(name, partial(_soon, loop, act))
        super().start_application_mode()  # type: ignore[no-untyped-call]  # it has no annotations

    def expect_end(self) -> None:
        """The program is leaving: where that gets stuck, it is ended, and never left dead to every key.

        It can get stuck after a fault of its own or of Textual's, or on a terminal that nobody reads.
        """
        if signal.getitimer(signal.ITIMER_REAL)[0] == 0:
            signal.setitimer(signal.ITIMER_REAL, LEAVING_SECONDS)

    def stop_application_mode(self) -> None:
        """Write what an end or another program needs, and take no more keys.

        Textual gives the terminal back at once, with most of that still to be written: keys were echoed into
        the middle of it, and a ctrl+s kept it and the event loop for ever. `close` gives it back.
        """
        wanted, self.attrs_before = self.attrs_before, None
        super().stop_application_mode()
        self.attrs_before = wanted

    def close(self) -> None:
        # Everything is written after this.
        super().close()
        self.give_back()
        signal.setitimer(signal.ITIMER_REAL, 0)
        if self._asleep:
            # Only lent to another program, which mustn't outlive this one.
            return
        for name in _ENDS:
            # There is no loop to leave any more: from now on a signal ends the process as it ends any.
            signal.signal(name, signal.SIG_DFL)

    def _end(self, _number: int, frame: FrameType | None) -> None:
        places = []
        while frame is not None:
            places.append(f"{frame.f_code.co_filename.rpartition(os.sep)[2]}:{frame.f_lineno}")
            frame = frame.f_back
        log.critical("leaving got stuck", extra={"at": " ".join(places)})
        self.give_back()
        room = select.poll()
        room.register(STANDARD_ERROR, select.POLLOUT)
        if any(event & select.POLLOUT for _, event in room.poll(0)):
            with suppress(OSError):
                os.write(STANDARD_ERROR, f"{_MODES_OFF}{_STUCK}\r\n".encode())
        os._exit(1)

    def give_back(self) -> None:
        """The terminal as it was, its output running."""
        if self.attrs_before is not None:
            with suppress(termios.error):
                termios.tcflow(self.fileno, termios.TCOON)
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)

    def run_input_thread(self) -> None:
        """Read keys. As Textual does, except that nobody wakes ten times a second while nothing is typed."""
        # A byte that isn't UTF-8 (another encoding, noise on the line) is one unknown character.
        parser, decode = XTermParser(self._debug), getincrementaldecoder("utf-8")("replace").decode
        sources, read_at = [self.fileno, self._farewell.descriptor], monotonic()
        while not self.exit_event.is_set():
            undecided = monotonic() - read_at < UNDECIDED
            readable, _, _ = select.select(sources, [], [], GLANCE if undecided else None)
            if self.fileno in readable:
                read_at, data = monotonic(), self._typed()
                if not data:
                    # The terminal has gone, and would be readable for ever.
                    sources.remove(self.fileno)
                if text := decode(data):
                    self._tell(parser.feed(text))
            self._tell(parser.tick())

    def _typed(self) -> bytes:
        """What there is to read; nothing from a terminal that has gone."""
        with suppress(OSError):
            return os.read(self.fileno, 4096)
        return b""

    def _tell(self, messages: Iterable[Message]) -> None:
        for message in messages:
            # The other buttons are meant for the terminal's menu and paste: nothing here hears them.
            if not (isinstance(message, MouseDown | MouseUp) and message.button > LEFT):
                self.process_message(message)

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

    def entitle(self, title: str) -> None:
        """Tell the terminal a title of cleaned text; inside tmux it is the pane's."""
        if title != self._title:
            self._title = title
            self._tell_title(title)

    def _tell_title(self, title: str) -> None:
        self.write(f"{TITLE}{title}\x1b\\")

    def _sigtstp_application(self, *_: object) -> None:
        if self._title:
            # It would stand there as what is so, for as long as nobody reads the services.
            self._tell_title("")
        super()._sigtstp_application()

    def _sigcont_application(self, *_: object) -> None:
        super()._sigcont_application()
        if not self._auto_restart and self._title:
            self._tell_title(self._title)

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
        if self._title:
            # The shell or the editor has set its own since.
            self._tell_title(self._title)


def _soon(loop: asyncio.AbstractEventLoop, act: Callable[[], None], *_: object) -> None:
    """For a signal handler: do it between two steps of the loop, not in the middle of one."""
    with suppress(RuntimeError):  # the loop has been closed
        loop.call_soon_threadsafe(act)


class _Farewell(Event):
    """An event that also wakes whoever waits at a file descriptor."""

    def __init__(self) -> None:
        super().__init__()
        self.descriptor, self._writable = os.pipe()
        """Readable while the event is set."""

    def set(self) -> None:
        super().set()
        os.write(self._writable, b".")

    def clear(self) -> None:
        super().clear()
        os.read(self.descriptor, 1)


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
