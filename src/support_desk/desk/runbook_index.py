"""Full-text search over the runbooks: SQLite's FTS5, in a private file that is gone with the program.

Each section of a file is a row, so that what is found can be opened where it stands. The index is made at the
first search; afterwards only files that changed are read again.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from support_desk.desk.schema import StoreError
from support_desk.domain.runbooks import Runbook, RunbookMatch
from support_desk.records import record
from support_desk.sources.errors import SourceError
from support_desk.sources.runbook_text import Section, sections
from support_desk.text import clean

if TYPE_CHECKING:
    from support_desk.sources.protocols import RunbookSource

MOST_FOUND = 50
SNIPPET_WORDS = 14
"""Of the text around a hit."""
AT_ONCE = 64
"""Files between two commits: a search may come in between."""
MOST_TOKENS = 12
"""Words of a question or an alert that are looked for."""

_TITLE, _HEADING, _TEXT, _PATH = 8.0, 5.0, 1.0, 4.0
"""What a hit weighs by where it stands (`bm25`'s weights of the columns)."""

_OPEN, _CLOSE = "\x02", "\x03"
"""Around a hit in SQLite's answer: characters that no cleaned text holds."""

_WORD = re.compile(r"[^\W_]+")
_COMMON = frozenset(
    _WORD.findall(
        """a about after alarm alert an and any are as at be been before but by can com could critical did do
        does down error errors failed failing failure for from gov had has have high how http https if in into
        is it its low more my no not of off on or org our out over page prod production server service site so
        staging state the their there they this to too uk up us was we were when where which will with www you
        your"""
    )
)
"""Words that say nothing about which runbook an alert needs."""
_SHORTEST = 3
"""Letters of a word that a guess is made from."""


@record
class Piece:
    """A piece of a snippet."""

    text: str
    hit: bool = False


@record
class Found:
    """A section of a runbook in which the words stand."""

    path: str
    title: str
    heading: str
    anchor: str
    snippet: tuple[Piece, ...]
    """The text around the words, on one line, cleaned."""
    any_word: bool = False
    """Only some of the words stand there: no section has all of them."""

    @property
    def plain(self) -> str:
        """The snippet without its marks."""
        return "".join(piece.text for piece in self.snippet)


class RunbookIndex:
    """The index of one folder."""

    def __init__(self, source: RunbookSource) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._known: dict[str, tuple[datetime, int, str]] = {}
        """What each indexed file was like."""
        self._updating = asyncio.Lock()
        self.unread: tuple[str, ...] = ()
        """Files that couldn't be read into it, with the reason, cleaned."""

    async def update(self, books: Iterable[Runbook]) -> None:
        """Bring the index up to date with this catalogue. Raises `StoreError` where there is no FTS5."""
        async with self._updating:
            wanted = {book.path: book for book in books}
            stale = [path for path in self._known if path not in wanted]
            changed = [book for path, book in wanted.items() if self._known.get(path) != _state(book)]
            unread: list[str] = []
            for start in range(0, len(changed) or 1, AT_ONCE):
                batch: list[tuple[Runbook, tuple[Section, ...]]] = []
                for book in changed[start : start + AT_ONCE]:
                    try:
                        text = await self._source.read(book.path)
                    except SourceError as error:
                        unread.append(f"{book.path}: {error.problem}")
                        stale.append(book.path)
                    else:
                        batch.append((book, sections(text)))
                await asyncio.to_thread(self._put, batch, stale)
                stale = []
            self.unread = tuple(unread)

    async def search(self, words: str, most: int = MOST_FOUND) -> tuple[Found, ...]:
        """Sections with all of these words, best first; where there are none, those with any of them.

        Words may be the beginnings of words, whatever case and accents. Raises `StoreError`.
        """
        return await asyncio.to_thread(self._search, words, most)

    async def guess(self, message: str, tags: Sequence[str] = ()) -> RunbookMatch | None:
        """The runbook whose text fits an alert or a ticket best, and the words that made it so.

        It takes two different words, or one in a title or a heading: less isn't even a guess.
        """
        return await asyncio.to_thread(self._guess, message, tags)

    def close(self) -> None:
        """The index is gone."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            self._known = {}

    # -- in a thread

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            # An empty name is a private file in the folder for temporary files, without a name of its own.
            connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            # Nobody closes an index, which goes with who searched in it; Python 3.13 minds one left open.
            weakref.finalize(self, connection.close).atexit = False
            try:
                connection.execute(
                    """CREATE VIRTUAL TABLE sections USING fts5 (title, heading, body, path, file UNINDEXED,
                    anchor UNINDEXED, tokenize = "porter unicode61 remove_diacritics 2", prefix = '2 3')"""
                )
            except sqlite3.OperationalError as error:
                connection.close()
                raise StoreError(
                    "Runbooks can't be searched: this Python's SQLite has no full-text search (FTS5)",
                    "use a Python from python.org or your distribution; B still finds titles and headings",
                ) from error
            self._connection = connection
        return self._connection

    def _put(self, batch: Sequence[tuple[Runbook, tuple[Section, ...]]], stale: Iterable[str]) -> None:
        with self._lock:
            connection = self._open()
            gone = {*stale, *(book.path for book, _ in batch)} & self._known.keys()
            connection.execute("BEGIN")
            connection.executemany("DELETE FROM sections WHERE file = ?", ((path,) for path in gone))
            for book, parts in batch:
                path_words = " ".join(_WORD.findall(book.path.removesuffix(".md")))
                connection.executemany(
                    """INSERT INTO sections (title, heading, body, path, file, anchor)
                    VALUES (?, ?, ?, ?, ?, ?)""",
                    (
                        (book.title, part.heading, part.text, path_words, book.path, part.anchor)
                        for part in parts or (Section("", "", ""),)
                    ),
                )
            connection.execute("COMMIT")
            for path in gone:
                del self._known[path]
            self._known.update({book.path: _state(book) for book, _ in batch})

    def _search(self, words: str, most: int) -> tuple[Found, ...]:
        tokens = tuple(dict.fromkeys(word.casefold() for word in _WORD.findall(words)))[:MOST_TOKENS]
        if not tokens:
            return ()
        asked = [f'"{token}"*' for token in tokens]
        found = self._rows(" AND ".join(asked), most)
        if not found and len(asked) > 1:
            return tuple(_found(row, any_word=True) for row in self._rows(" OR ".join(asked), most))
        return tuple(_found(row) for row in found)

    def _rows(self, question: str, most: int) -> list[tuple[str, ...]]:
        with self._lock:
            return (
                self._open()
                .execute(
                    f"""SELECT file, title, heading, anchor,
                    snippet(sections, 2, '{_OPEN}', '{_CLOSE}', '…', {SNIPPET_WORDS}),
                    highlight(sections, 0, '{_OPEN}', '{_CLOSE}'),
                    highlight(sections, 1, '{_OPEN}', '{_CLOSE}'),
                    highlight(sections, 3, '{_OPEN}', '{_CLOSE}')
                FROM sections WHERE sections MATCH ?
                ORDER BY bm25(sections, {_TITLE}, {_HEADING}, {_TEXT}, {_PATH}), file, rowid LIMIT ?""",  # noqa: S608 - numbers and marks of ours
                    (question, most),
                )
                .fetchall()
            )

    def _guess(self, message: str, tags: Sequence[str]) -> RunbookMatch | None:
        tokens = _telling([message, *tags])
        if not tokens:
            return None
        fits: dict[str, _Fit] = {}
        for row in self._rows(" OR ".join(f'"{token}"' for token in tokens), MOST_FOUND):
            fits.setdefault(row[0], _Fit(row)).add(row)
        # The file in which the most of them stand; of equals the one that ranks first.
        best = max(fits.values(), key=lambda fit: fit.weight, default=None)
        if best is None or (len(best.words) <= 1 and not best.named):
            return None
        path, title, _, anchor = best.first[:4]
        shown = " and ".join(map(clean, sorted(best.words)))
        return RunbookMatch(path, anchor, title, f"a guess, no rule: its text has {shown}", guess=True)


class _Fit:
    """How well a file fits: what stands in any of its sections, and the one that ranks first."""

    def __init__(self, first: Sequence[str]) -> None:
        self.first = first
        self.words: set[str] = set()
        self.named: set[str] = set()
        """What stands in the title, a heading or the path."""

    def add(self, row: Sequence[str]) -> None:
        self.words |= _hits("".join(row[4:8]))
        self.named |= _hits("".join(row[5:8]))

    @property
    def weight(self) -> float:
        return len(self.words) + len(self.named) / 2


def _state(book: Runbook) -> tuple[datetime, int, str]:
    return book.modified_at, book.size, book.title


def _telling(texts: Iterable[str]) -> tuple[str, ...]:
    """The words that tell one alert from another: no numbers, no ids, nothing that stands in most of them."""
    found: dict[str, None] = {}
    for text in texts:
        for word in _WORD.findall(text.casefold().replace("client_", " ")):
            telling = word in {"4xx", "5xx"} or not any(letter.isdigit() for letter in word)
            if telling and len(word) >= _SHORTEST and word not in _COMMON:
                found[word] = None
    return tuple(found)[:MOST_TOKENS]


def _hits(marked: str) -> set[str]:
    """The words that were hit, a word and its plural once."""
    words = sorted({part.split(_CLOSE, 1)[0].casefold() for part in marked.split(_OPEN)[1:]})
    return {word for place, word in enumerate(words) if place == 0 or not word.startswith(words[place - 1])}


def _found(row: Sequence[str], *, any_word: bool = False) -> Found:
    path, title, heading, anchor, snippet = row[:5]
    return Found(path, title, heading, anchor, _pieces(snippet), any_word)


_TABLE = re.compile(r"\s*\|(?:\s*:?-+:?\s*\|)*\s*")
"""The lines of a table: they part nothing once it stands on one line."""


def _pieces(marked: str) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for number, part in enumerate(_TABLE.sub(" ", marked).split(_OPEN)):
        hit, closed, rest = part.partition(_CLOSE)
        if number == 0 or not closed:
            pieces.append(Piece(_line(part.replace(_CLOSE, ""))))
        else:
            pieces += [Piece(_line(hit), hit=True), Piece(_line(rest))]
    return tuple(piece for piece in pieces if piece.text)


def _line(text: str) -> str:
    """Cleaned, on one line, with a blank where there was one at either end."""
    inside = clean(text)
    if not inside:
        return " " if text else ""
    before, after = text[:1].isspace(), text[-1:].isspace()
    return f"{' ' if before else ''}{inside}{' ' if after else ''}"
