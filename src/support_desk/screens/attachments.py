"""Attachments: chosen by the person, then fetched, then saved or opened. Nothing is fetched by itself.

A file name comes from outside. It decides neither where a file is put nor what is run: it loses its folders,
never replaces a file that exists, and only documents and pictures are handed to the desktop.
"""

from __future__ import annotations

import asyncio
import atexit
import itertools
import os
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from support_desk.domain.tickets import Attachment
from support_desk.files import write_new
from support_desk.paths import at_home
from support_desk.screens.pickers import Choice, ChoicePicker, LinePicker
from support_desk.sources.errors import SourceError
from support_desk.text import clean

if TYPE_CHECKING:
    from support_desk.screens.base import DeskScreen

LIMIT = 25_000_000
"""Most bytes of an attachment that are fetched: it is held in memory meanwhile."""

LONGEST_NAME = 120
"""Characters of a file name; file systems take 255 bytes."""

DOCUMENTS = frozenset(
    [
        ".pdf",
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".webp",
        ".bmp",
        ".txt",
        ".log",
        ".csv",
        ".md",
        ".doc",
        ".docx",
        ".odt",
        ".rtf",
        ".xls",
        ".xlsx",
        ".ods",
        ".ppt",
        ".pptx",
        ".odp",
        ".mp4",
        ".mov",
        ".webm",
        ".mp3",
        ".wav",
    ]
)
"""Files that the desktop shows rather than runs; pages with scripts and everything else are only saved."""

_KILO = 1000
_NOT_FIRST = " .-"


def size_words(size: int) -> str:
    """Bytes for a person: "812 B", "2.1 MB"."""
    if size < _KILO:
        return f"{size} B"
    amount = float(size)
    for unit in ("kB", "MB", "GB"):
        amount /= _KILO
        if amount < _KILO or unit == "GB":
            break
    return f"{amount:.1f} {unit}"


def listing(file: Attachment) -> str:
    """An attachment in one line: name, size, type."""
    return f"{file.name or '(no name)'}  {size_words(file.size)}  {file.content_type}".rstrip()


def safe_name(name: str) -> str:
    """A file name without folders and control characters; "attachment" where nothing is left.

    One that begins with a dot would be hidden, one that begins with a hyphen is an option to many a command.
    """
    last = clean(name).replace("\\", "/").rsplit("/", 1)[-1]
    kept = (
        "".join(char for char in last if char.isprintable() and char not in '<>:"|?*')
        .lstrip(_NOT_FIRST)
        .rstrip(" .")
    )
    if len(kept) > LONGEST_NAME:
        stem, suffix = os.path.splitext(kept)  # noqa: PTH122 - a name, not a path
        suffix = suffix[:10]
        kept = stem[: LONGEST_NAME - len(suffix)] + suffix
    while len(kept.encode()) > LONGEST_NAME * 2:
        kept = kept[1:]
    return kept.lstrip(_NOT_FIRST).rstrip(" .") or "attachment"


def default_folder() -> Path:
    """Where files are saved unless the person says otherwise."""
    downloads = at_home("~/Downloads")
    return downloads if downloads.is_dir() else Path.cwd()


def store(folder: Path, name: str, content: bytes) -> Path:
    """Write a new file that only its owner can read; a name that is taken gets " (2)". Raises `OSError`."""
    stem, suffix = os.path.splitext(safe_name(name))  # noqa: PTH122 - a name, not a path
    for number in itertools.count(1):
        path = folder / (f"{stem}{suffix}" if number == 1 else f"{stem} ({number}){suffix}")
        try:
            write_new(path, content)
        except FileExistsError:
            continue
        break
    return path


@cache
def _shown_folder() -> Path:
    """Where files stand while the desktop shows them; it goes when the program does."""
    folder = tempfile.TemporaryDirectory(prefix="support-desk-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def offer(screen: DeskScreen, files: Sequence[Attachment]) -> None:
    """Let the person choose an attachment, and then what becomes of it."""
    choices = [
        Choice(
            str(number),
            f"[{number}] {file.name or '(no name)'}",
            f"{size_words(file.size)}  {file.content_type}",
        )
        for number, file in enumerate(files, start=1)
    ]

    def chosen(picked: str | None) -> None:
        if picked is not None:
            _what_to_do(screen, files[int(picked) - 1])

    screen.app.push_screen(ChoicePicker("Which attachment? Nothing is fetched yet.", choices), chosen)


def _what_to_do(screen: DeskScreen, file: Attachment) -> None:
    if file.size > LIMIT:
        screen.say(
            f"{file.name}: {size_words(file.size)} is more than the {size_words(LIMIT)} that are fetched; "
            "o opens the ticket in the browser",
            problem=True,
        )
        return
    folder = default_folder()
    choices = [
        Choice("save", f"Save to {folder}", "never replaces a file"),
        Choice("elsewhere", "Save to another folder", ""),
        Choice("open", "Open it with the desktop's program", "documents and pictures only"),
    ]

    def chosen(picked: str | None) -> None:
        if picked == "save":
            _fetch(screen, file, partial(_save, screen, file, folder))
        elif picked == "elsewhere":
            screen.app.push_screen(LinePicker("Save to which folder?", f"{folder}{os.sep}"), into)
        elif picked == "open":
            _open(screen, file)

    def into(answer: str | None) -> None:
        if answer:
            _fetch(screen, file, partial(_save, screen, file, at_home(answer)))

    screen.app.push_screen(ChoicePicker(f"{file.name}  {size_words(file.size)}", choices), chosen)


def _open(screen: DeskScreen, file: Attachment) -> None:
    if Path(safe_name(file.name)).suffix.casefold() not in DOCUMENTS:
        screen.say(f"{file.name} is neither a document nor a picture: save it instead", problem=True)
        return
    _fetch(screen, file, partial(_show, screen, file))


def _fetch(screen: DeskScreen, file: Attachment, then: Callable[[bytes], Awaitable[None]]) -> None:
    """Fetch an attachment in a worker of the application, so that leaving the ticket doesn't stop it."""
    sources = screen.desk.sources
    source = sources.tickets if sources is not None else None
    if source is None:
        screen.say("Zendesk is not connected: nothing was fetched", problem=True)
        return
    app = screen.desk_app

    async def work() -> None:
        words = f"{file.name} was not fetched: this program met a fault"
        try:
            await then(await source.download(file.url, LIMIT, file.content_type))
            words = ""
        except SourceError as error:
            words = f"{file.name} was not fetched: {error.problem}: {error.remedy}"
        except OSError as error:
            words = f"{file.name} was not saved: {error.strerror or 'the file could not be written'}"
        except asyncio.CancelledError:
            words = ""
            raise
        finally:
            if words:
                app.say(words, problem=True)

    screen.say(f"Fetching {file.name}, {size_words(file.size)} ...")
    app.run_worker(
        work(), name="attachment", group="attachment", description="fetch an attachment", exit_on_error=False
    )


async def _save(screen: DeskScreen, file: Attachment, folder: Path, content: bytes) -> None:
    path = await asyncio.to_thread(store, folder, file.name, content)
    screen.desk_app.say(f"Saved {size_words(len(content))}: {clean(str(path))}")


async def _show(screen: DeskScreen, file: Attachment, content: bytes) -> None:
    from support_desk.browser import open_file

    path = await asyncio.to_thread(store, _shown_folder(), file.name, content)
    problem = open_file(path)
    screen.desk_app.say(problem or f"Opened {file.name}", problem=problem is not None)
