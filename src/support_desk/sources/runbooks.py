"""Runbooks from a folder of Markdown files, usually a checkout of the operations documents."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from support_desk.config.rules import runbook_rules
from support_desk.domain.runbooks import Runbook, RunbookRule, pattern_problem
from support_desk.domain.words import counted
from support_desk.paths import at_home, led_to
from support_desk.sources.errors import NotAllowed, NotThere, Rejected, SourceError, Unreachable
from support_desk.sources.protocols import Probe, Reading
from support_desk.text import clean, clean_block

if TYPE_CHECKING:
    from support_desk.config.model import Runbooks

MAX_BYTES = 1_000_000
"""A bigger file isn't a runbook."""
MAX_FILES = 5_000
MAX_NOTES = 20

_REMEDY = "set [runbooks] path in the configuration to the folder of your runbooks"
_PROBE = "Runbooks: read the folder"


@dataclass(slots=True)
class _Entry:
    """A file as it was when it was last read."""

    modified: int
    """Nanoseconds since 1970, as the file system gives them."""
    size: int
    runbook: Runbook
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Scan:
    """One walk through the folder."""

    entries: dict[str, _Entry] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    rejected: int = 0
    complete: bool = True

    def is_full(self) -> bool:
        """Whether no further file is read; then it is noted, once."""
        if len(self.entries) + self.rejected < MAX_FILES:
            return False
        if self.complete:
            self.notes.append(f"only the first {MAX_FILES} files were read")
        self.complete = False
        return True


class RunbookFolder:
    """The Markdown files under `[runbooks] path`.

    Hidden folders, files above a megabyte and links out of the folder are left out; the notes of the
    reading say which. A file is parsed again only when its time or size has changed.
    """

    def __init__(self, settings: Runbooks) -> None:
        self._path = settings.path
        self._rules = runbook_rules(settings)
        self._known: dict[str, _Entry] = {}

    @property
    def rules(self) -> Sequence[RunbookRule]:
        """The configuration's rules, in its order."""
        return self._rules

    async def catalogue(self) -> Reading[Runbook]:
        """Every runbook, by path. Raises `NotThere` or `NotAllowed` when the folder can't be read."""
        return await asyncio.to_thread(self._catalogue)

    async def read(self, path: str) -> str:
        """A runbook's Markdown, cleaned. Raises `NotThere`, `NotAllowed`, or `Rejected` if it is too big."""
        return await asyncio.to_thread(self._read, path)

    async def probe(self) -> Sequence[Probe]:
        """Whether the folder can be read, and what is wrong with its rules."""
        try:
            reading = await self.catalogue()
        except SourceError as error:
            return (Probe(_PROBE, False, error.problem, error.remedy, needed=False),)
        found = counted(len(reading.rows), "runbook")
        if not reading.notes:
            return (Probe(_PROBE, True, found, needed=False),)
        remedy = "Put the named files or rules right"
        return (
            Probe(_PROBE, True, found, needed=False),
            Probe("Runbooks: files and rules", False, "; ".join(reading.notes), remedy, needed=False),
        )

    async def close(self) -> None:
        """There is nothing to let go."""

    # -- in a thread -----------------------------------------------------------------------------------

    def _root(self) -> Path:
        shown = clean(self._path)
        if not self._path:
            raise NotThere("Runbooks: no folder is configured", _REMEDY)
        try:
            root = at_home(self._path).resolve(strict=True)
        except FileNotFoundError as error:
            raise NotThere(f"Runbooks: there is no folder {shown}", _REMEDY) from error
        except PermissionError as error:
            raise NotAllowed(
                f"Runbooks: the folder {shown} may not be entered", "Ask for its rights"
            ) from error
        except (OSError, RuntimeError) as error:
            raise NotThere(f"Runbooks: the path {shown} leads nowhere", _REMEDY) from error
        if not root.is_dir():
            raise NotThere(f"Runbooks: {shown} is not a folder", _REMEDY)
        return root

    def _catalogue(self) -> Reading[Runbook]:
        root = self._root()
        scan = _Scan()
        try:
            for file in self._files(root, root, scan):
                self._look(root, file, scan)
        except PermissionError as error:
            shown = clean(self._path)
            problem = f"Runbooks: the folder {shown} may not be read"
            raise NotAllowed(problem, "Give yourself the right to read it") from error
        except OSError as error:
            raise Unreachable(
                f"Runbooks: reading the folder failed ({error.strerror})", "Try again"
            ) from error
        self._known = scan.entries
        entries = [
            scan.entries[path] for path in sorted(scan.entries, key=lambda path: (path.casefold(), path))
        ]
        notes = [
            *scan.notes,
            *self._rule_notes(scan.entries),
            *(note for entry in entries for note in entry.notes),
        ]
        if len(notes) > MAX_NOTES:
            notes = [*notes[: MAX_NOTES - 1], f"and {len(notes) - MAX_NOTES + 1} more such notes"]
        return Reading(
            tuple(entry.runbook for entry in entries),
            complete=scan.complete,
            rejected=scan.rejected,
            notes=tuple(notes),
        )

    def _files(self, root: Path, folder: Path, scan: _Scan) -> Iterator[os.DirEntry[str]]:
        """The Markdown files below `folder`; links to folders aren't followed, so there can be no loop."""
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
        for entry in ordered:
            name = self._name(root, entry.path)
            if entry.name.startswith("."):
                continue
            if entry.is_symlink() and not led_to(Path(entry.path)).is_relative_to(root):
                scan.notes.append(f"{name}: left out, it links to somewhere outside the folder")
            elif entry.is_dir(follow_symlinks=False):
                try:
                    yield from self._files(root, Path(entry.path), scan)
                except PermissionError:
                    scan.notes.append(f"{name}: this folder may not be read")
                    scan.complete = False
            elif entry.name.lower().endswith(".md"):
                if scan.is_full():
                    return
                yield entry

    @staticmethod
    def _path_of(root: Path, path: str) -> str:
        return os.path.relpath(path, root).replace(os.sep, "/")

    @classmethod
    def _name(cls, root: Path, path: str) -> str:
        return clean(cls._path_of(root, path))

    def _look(self, root: Path, file: os.DirEntry[str], scan: _Scan) -> None:
        """Put one file into the scan: as it is known, or read again."""
        name = self._name(root, file.path)
        try:
            info = file.stat()
            if not stat.S_ISREG(info.st_mode):
                return
            if name != self._path_of(root, file.path):
                # As it is shown it couldn't be opened, or would be another file.
                scan.rejected += 1
                scan.notes.append(f"{name}: left out, its name has characters that can't be shown: rename it")
                return
            if info.st_size > MAX_BYTES:
                scan.rejected += 1
                scan.notes.append(f"{name}: left out, {info.st_size:,} bytes are too many for a runbook")
                return
            known = self._known.get(name)
            if known is not None and (known.modified, known.size) == (info.st_mtime_ns, info.st_size):
                scan.entries[name] = known
            else:
                scan.entries[name] = self._entry(name, _content(Path(file.path)), info)
        except OSError as error:
            scan.rejected += 1
            scan.notes.append(f"{name}: can't be read ({clean(error.strerror or 'no reason given')})")

    @staticmethod
    def _entry(name: str, content: bytes, info: os.stat_result) -> _Entry:
        from support_desk.sources.runbook_text import outline  # its expressions are compiled in this thread

        text, notes = _decoded(content)
        found = outline(name, text)
        runbook = Runbook(
            path=name,
            title=found.title or name.rpartition("/")[2].rpartition(".")[0],
            headings=found.headings,
            rules=found.rules,
            modified_at=datetime.fromtimestamp(info.st_mtime, UTC),
            size=info.st_size,
        )
        return _Entry(
            info.st_mtime_ns,
            info.st_size,
            runbook,
            tuple(f"{name}: {note}" for note in (*notes, *found.problems)),
        )

    def _rule_notes(self, entries: dict[str, _Entry]) -> Iterator[str]:
        """What is wrong with the configuration's rules, as seen from the folder."""
        for number, rule in enumerate(self._rules, start=1):
            start = f"rule {number} of your configuration"
            entry = entries.get(rule.file)
            if entry is None:
                yield f"{start}: there is no runbook {clean(rule.file)}"
            elif rule.anchor and rule.anchor not in {heading.anchor for heading in entry.runbook.headings}:
                yield f"{start}: {clean(rule.file)} has no heading #{clean(rule.anchor)}"
            for key, pattern in (("message", rule.message), ("source", rule.source)):
                problem = pattern_problem(pattern)
                if problem:
                    yield f"{start}: {key} {problem}"

    def _read(self, path: str) -> str:
        root = self._root()
        shown = clean(path)
        missing = NotThere(f"Runbooks: there is no runbook {shown}", "Refresh the list of runbooks")
        try:
            file = (root / path).resolve(strict=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise missing from error
        hidden = any(part.startswith(".") for part in Path(path).parts)
        if hidden or not file.is_relative_to(root) or file.suffix.lower() != ".md":
            raise missing
        try:
            content = _content(file)
        except PermissionError as error:
            raise NotAllowed(
                f"Runbooks: {shown} may not be read", "Give yourself the right to read it"
            ) from error
        except OSError as error:
            raise missing from error
        if len(content) > MAX_BYTES:
            raise Rejected(f"Runbooks: {shown} is too big for a runbook", "Open it in an editor")
        return clean_block(_decoded(content)[0], limit=MAX_BYTES)


def _content(file: Path) -> bytes:
    """A regular file's first megabyte and a byte; never waits, even if the name is a pipe."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileNotFoundError(file)
        return stream.read(MAX_BYTES + 1)


def _decoded(content: bytes) -> tuple[str, tuple[str, ...]]:
    """Text, and a note when the bytes weren't UTF-8."""
    try:
        return content.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        return content.decode("utf-8", "replace"), ("isn't UTF-8; what couldn't be read shows as �",)
