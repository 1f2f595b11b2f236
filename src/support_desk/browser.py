"""Leaving the terminal: links and files opened outside it, and the clipboard.

What is started here never shares our terminal: a console browser (w3m, lynx) would draw over the dashboard
and read its keys, and a graphical one writes its warnings into it. So console browsers are never started,
and everything else runs in a session of its own with nothing attached.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from support_desk.config.rules import alerts_web_address
from support_desk.text import clean_url

if TYPE_CHECKING:
    from textual.app import App

    from support_desk.config.model import Config

CONSOLE_BROWSERS = frozenset(
    {"w3m", "lynx", "links", "links2", "elinks", "www-browser", "browsh", "carbonyl", "chawan", "cha"}
)
"""Programs that draw in the terminal that they are started from."""

OPENERS = (("xdg-open",), ("gio", "open"), ("sensible-browser",), ("firefox",), ("chromium",))
"""What opens an address in a graphical session, the first that exists."""

NO_BROWSER = "There is no browser here"
NOT_OURS = "not opened: the address isn't https on a host of your configuration"

TMUX_SECONDS = 2.0


def configured_hosts(config: Config) -> frozenset[str]:
    """The hosts whose pages may be opened: those of the services and runbooks in the configuration."""
    addresses = (config.zendesk.url, alerts_web_address(config.opsgenie), config.runbooks.url)
    return frozenset(host for address in addresses if (host := _host(address)))


def _host(address: str) -> str | None:
    with contextlib.suppress(ValueError):
        return urlsplit(address).netloc.casefold() or None
    return None


def opener(environ: Mapping[str, str], platform: str = sys.platform) -> tuple[str, ...] | None:
    """The command that opens an address or a file outside the terminal; None: there is none here.

    `$BROWSER` counts unless it names a console browser; without it a graphical session is needed.
    """
    for entry in environ.get("BROWSER", "").split(os.pathsep):
        with contextlib.suppress(ValueError):  # an unbalanced quote: not a command
            command = shlex.split(entry)
            if command and Path(command[0]).name not in CONSOLE_BROWSERS and shutil.which(command[0]):
                return tuple(command)
    if platform == "darwin":
        return ("open",)
    if environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        return next((command for command in OPENERS if shutil.which(command[0])), None)
    return None


def start(command: Sequence[str], target: str) -> str | None:
    """Start `command` on `target` outside our terminal; words about what is wrong, or None."""
    argv = [part.replace("%s", target) for part in command]
    if argv == list(command):
        argv.append(target)
    try:
        process = subprocess.Popen(  # noqa: S603 - the person's own browser, and an address that was checked
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        return f"{Path(argv[0]).name} could not be started ({error.strerror or 'no reason given'})"
    # Somebody has to take the exit status, or the browser stays behind as a zombie.
    threading.Thread(target=process.wait, name="browser", daemon=True).start()
    return None


def open_url(
    url: str,
    hosts: Collection[str],
    *,
    environ: Mapping[str, str] | None = None,
    platform: str = sys.platform,
) -> str | None:
    """Open an address in a graphical browser; None when it was started, else words about why not."""
    address = clean_url(url, hosts)
    if address is None:
        return NOT_OURS
    command = opener(os.environ if environ is None else environ, platform)
    return NO_BROWSER if command is None else start(command, address)


def open_file(path: Path, *, environ: Mapping[str, str] | None = None) -> str | None:
    """Open a file with the desktop's own program; None when it was started, else words about why not."""
    known = os.environ if environ is None else environ
    if sys.platform == "darwin":
        return start(("open",), str(path))
    if not (known.get("DISPLAY") or known.get("WAYLAND_DISPLAY")):
        return "no graphical session here: save it instead"
    command = next((command for command in OPENERS[:2] if shutil.which(command[0])), None)
    return "nothing here opens files: save it instead" if command is None else start(command, str(path))


def copy(app: App[Any], text: str, *, environ: Mapping[str, str] | None = None) -> str:
    """Put text on the clipboard; what to say about it, to follow "copied: " or "the link was ".

    The terminal gets it as OSC 52 and can't report whether it took it, so the words say "sent".
    """
    app.copy_to_clipboard(text)
    known = os.environ if environ is None else environ
    if not known.get("TMUX") or not shutil.which("tmux"):
        return "sent to the terminal's clipboard"
    threading.Thread(target=_to_tmux, args=(app, text), name="clipboard", daemon=True).start()
    return "sent to tmux's buffer and the terminal's clipboard"


def _to_tmux(app: App[Any], text: str) -> None:
    """In a thread: fill tmux's buffer; says so when tmux doesn't take it."""
    for options in (("-w",), ()):  # before 3.2 tmux doesn't know -w
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            done = subprocess.run(  # noqa: S603 - no part of the command comes from outside
                ["tmux", "load-buffer", *options, "-"],  # noqa: S607 - whichever tmux the person runs
                input=text.encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=TMUX_SECONDS,
                check=False,
            )
            if done.returncode == 0:
                return
    app.notify("tmux did not take the copy", severity="warning", markup=False)
