"""The readings' file: how it is made, brought up to date, refused, or set aside."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from support_desk.desk.mounts import network_type_of
from support_desk.paths import led_to

BUSY_SECONDS = 5.0
READER_BUSY_SECONDS = 0.02
SETTING = "store.path"
"""The setting that puts the readings elsewhere."""
CACHE_KIB = 32
"""For the pages of a file that is read once and then only written; SQLite would take 2 MB for them."""

Steps = tuple[tuple[str, tuple[str, ...]], ...]
"""What makes a file: each step has run once in every file, and `user_version` counts them."""

STEPS: Steps = (
    (
        "readings",
        (
            # `generation` tells a process that another one has written since.
            """CREATE TABLE feeds (feed TEXT PRIMARY KEY, generation INTEGER NOT NULL,
                read_at INTEGER NOT NULL, about BLOB NOT NULL, keys BLOB NOT NULL) WITHOUT ROWID""",
            """CREATE TABLE rows (feed TEXT NOT NULL, key TEXT NOT NULL, data BLOB NOT NULL,
                PRIMARY KEY (feed, key)) WITHOUT ROWID""",
        ),
    ),
    (
        "alert history",
        (
            """CREATE TABLE alert_history (id TEXT PRIMARY KEY, first_seen INTEGER NOT NULL,
                last_seen INTEGER NOT NULL, gone_at INTEGER, created_at INTEGER NOT NULL,
                acked_at INTEGER, acked_by TEXT, priority TEXT NOT NULL, message TEXT NOT NULL,
                alias TEXT NOT NULL, source TEXT NOT NULL, tags BLOB NOT NULL, count INTEGER NOT NULL)""",
            "CREATE INDEX alert_history_gone ON alert_history (gone_at)",
        ),
    ),
    (
        "lease and presence",
        (
            "CREATE TABLE leases (name TEXT PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL)",
            """CREATE TABLE presence (instance TEXT PRIMARY KEY, host TEXT NOT NULL, pid INTEGER NOT NULL,
                user TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL)""",
        ),
    ),
    (
        "promised next steps",
        (
            """CREATE TABLE promises (ticket INTEGER PRIMARY KEY, step TEXT NOT NULL,
                due_at INTEGER NOT NULL)""",
        ),
    ),
    (
        "how far back the history reaches, and replies",
        (
            "CREATE TABLE watches (what TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID",
            """CREATE TABLE history_imports (start INTEGER NOT NULL, until INTEGER NOT NULL,
                reached INTEGER NOT NULL, PRIMARY KEY (start, until)) WITHOUT ROWID""",
            """CREATE TABLE replies (ticket INTEGER NOT NULL, at INTEGER NOT NULL, given INTEGER NOT NULL,
                PRIMARY KEY (at, ticket)) WITHOUT ROWID""",
            # What a reading of the queue is compared with: several desks write the readings in turn.
            "CREATE TABLE reply_counts (ticket INTEGER PRIMARY KEY, count INTEGER NOT NULL)",
            # Files from before this step have been watched since their first alert.
            """INSERT INTO watches (what, since)
                SELECT 'alerts', min(first_seen) FROM alert_history HAVING count(*) > 0""",
        ),
    ),
    (
        "what raised an alert of the history",
        ("ALTER TABLE alert_history ADD COLUMN integration TEXT NOT NULL DEFAULT ''",),
    ),
    (
        "what may still be asked of a service",
        # `remaining` requests as of `at`; the share of a minute is filled up again from there.
        (
            """CREATE TABLE budgets (service TEXT PRIMARY KEY, remaining REAL NOT NULL, at INTEGER NOT NULL)
                WITHOUT ROWID""",
        ),
    ),
    (
        "who was paged from which desk",
        (
            """CREATE TABLE pages (action TEXT PRIMARY KEY, alert TEXT NOT NULL, at INTEGER NOT NULL,
                proof TEXT NOT NULL, words TEXT NOT NULL, escalation INTEGER NOT NULL,
                asked_by TEXT NOT NULL) WITHOUT ROWID""",
        ),
    ),
)
"""The steps of the readings' file. Steps are added, never changed.

Times are milliseconds since 1970, UTC.
"""


_NOT_MADE_YET = ("no such table", "no such column")
"""How SQLite names what a later step makes; its code is the one of every mistake in a statement."""


class StoreError(Exception):
    """The readings' file can't be used; the program works without it, from nothing.

    The path comes last in the words, which are cut where there is little room.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        """What is wrong, one line."""
        self.remedy = remedy
        """What the person can do about it, one line."""


class Corrupt(StoreError):
    """The file's content is damaged."""


@contextmanager
def telling(path: Path, setting: str = SETTING) -> Iterator[None]:
    """Turn SQLite's errors and the system's into words; `setting` is what puts the file elsewhere."""
    try:
        yield
    except sqlite3.Error as error:
        # Extended codes carry the primary one in their lowest byte.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            raise Corrupt(f"The store is damaged: {path}", "it is set aside at the next start") from error
        if code == sqlite3.SQLITE_FULL:
            raise StoreError(f"The disk is full, nothing is kept: {path}", "make room") from error
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise StoreError(
                f"The store is in use: {path}", "another program holds it; it is tried again"
            ) from error
        if code == sqlite3.SQLITE_ERROR and str(error).startswith(_NOT_MADE_YET):
            # Who only reads doesn't bring a file up to date.
            raise StoreError(
                f"The store was made by an older support-desk, which kept less: {path}",
                "open the dashboard once with this one",
            ) from error
        raise StoreError(
            f"The store can't be used ({error}): {path}",
            f"look at the rights of the file and its folder and for room on the disk, or set {setting}",
        ) from error
    except OSError as error:
        raise StoreError(
            f"The store can't be used ({error.strerror}): {path}",
            f"look at the rights of the folder, or set {setting} to another",
        ) from error


def open_file(
    path: Path, steps: Steps = STEPS, *, outlives_power_cuts: bool = False, setting: str = SETTING
) -> sqlite3.Connection:
    """Open the file to read and write; make it, or bring it up to date, first. Raises `StoreError`.

    `outlives_power_cuts`: every commit waits for the disk itself. `setting` is what puts the file elsewhere.

    The folder is made for its owner only. In a folder that a group may write to (a shared box), the file
    belongs to that group as well; otherwise it is its owner's alone.
    """
    with telling(path, setting):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if kind := network_type_of(path.parent):
            raise StoreError(
                f"The store is on a network file system ({kind}), where SQLite loses data: {path.parent}",
                f"set {setting} to a folder on this machine",
            )
        _make_private(path)
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            # In WAL, NORMAL survives the death of the program; only a power cut can lose the last commit.
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={'FULL' if outlives_power_cuts else 'NORMAL'}")
            connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
            _migrate(connection, path, steps, setting)
        except BaseException:
            # An interrupt as well: nobody else could close it, and with it its lock.
            connection.close()
            raise
        return connection


def open_or_begin_anew(
    path: Path, steps: Steps = STEPS, *, outlives_power_cuts: bool = False, setting: str = SETTING
) -> tuple[sqlite3.Connection, Path | None]:
    """As `open_file`; in place of a damaged file a new one, and the path that the old one has now."""
    aside = None
    try:
        connection = open_file(path, steps, outlives_power_cuts=outlives_power_cuts, setting=setting)
    except Corrupt:
        aside = set_aside(path)
        connection = open_file(path, steps, outlives_power_cuts=outlives_power_cuts, setting=setting)
    return connection, aside


def open_file_to_read(path: Path, steps: Steps = STEPS, *, setting: str = SETTING) -> sqlite3.Connection:
    """Open an existing file only to read, without waiting for anybody. Raises `StoreError`."""
    if not path.exists():
        raise StoreError(f"There is no {path} yet", "open the dashboard once")
    with telling(path, setting):
        try:
            return _reader(path, "mode=ro", steps, setting)
        except sqlite3.OperationalError:
            # A folder that we may not write to has no room for WAL's index; without a log none is needed.
            if path.with_name(path.name + "-wal").exists():
                raise
            return _reader(path, "mode=ro&immutable=1", steps, setting)


def _reader(path: Path, options: str, steps: Steps, setting: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{led_to(path).as_uri()}?{options}",
        uri=True,
        timeout=READER_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        version = _version(connection)
        if version == 0:
            raise StoreError(f"There is nothing in the store yet: {path}", "open the dashboard once")
        _refuse_newer(version, path, steps, setting)
    except BaseException:
        # As above.
        connection.close()
        raise
    return connection


def set_aside(path: Path) -> Path:
    """Rename a damaged file, with its log, after the moment it was last written."""
    with telling(path):
        stamp = datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y%m%dT%H%M%S")
        aside = path.with_name(f"{path.name}.corrupt-{stamp}")
        count = 1
        while aside.exists():
            count += 1
            aside = path.with_name(f"{path.name}.corrupt-{stamp}-{count}")
        for ending in ("-wal", "-shm", ""):
            part = path.with_name(path.name + ending)
            if part.exists():
                part.rename(aside.with_name(aside.name + ending))
        return aside


def shared_mode(folder_mode: int) -> int:
    """The file's mode by its folder's: the group's only where the group may write to the folder."""
    return 0o660 if folder_mode & 0o020 else 0o600


def _make_private(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return
    try:
        os.fchmod(descriptor, shared_mode(path.parent.stat().st_mode))
    finally:
        os.close(descriptor)


def _version(connection: sqlite3.Connection) -> int:
    # Reads the first page, so that a file that isn't SQLite's shows itself here.
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _refuse_newer(version: int, path: Path, steps: Steps, setting: str) -> None:
    if version > len(steps):
        raise StoreError(
            f"The store was written by a newer support-desk: {path}",
            f"update this one, or set {setting} to another folder",  # noqa: S608 - words
        )


def _migrate(connection: sqlite3.Connection, path: Path, steps: Steps, setting: str) -> None:
    version = _version(connection)
    _refuse_newer(version, path, steps, setting)
    if version == len(steps):
        return
    with transaction(connection):
        # Again, because another process may have done it while we waited for the lock.
        for _, statements in steps[_version(connection) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={len(steps)}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing; waits for another writer."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        # Whatever ended it: one that stays open keeps every other writer out. After some errors SQLite has
        # already rolled back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Reads that all see the same moment, whatever is written meanwhile."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
