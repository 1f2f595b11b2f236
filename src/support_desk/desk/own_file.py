"""A file of one person, whose every commit waits for the disk: mode 0600, in their own folder."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar, Self

from support_desk.desk.schema import Steps, open_file_to_read, open_or_begin_anew, telling

SETTING = "XDG_STATE_HOME"
"""What puts a person's own files elsewhere: `store.path` moves the readings alone."""


class OwnFile:
    """One SQLite file. Every call blocks; any thread may call. Raises `StoreError`."""

    STEPS: ClassVar[Steps]
    """What makes the file."""
    WAS_DAMAGED: ClassVar[str]
    """What the person is told of a damaged one; `{aside}` is where it is now."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.Lock()
        self.notes: tuple[str, ...] = ()
        """What the person should know about the file, a line each."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file, or make it; a damaged one is set aside and named. Raises `StoreError`."""
        connection, aside = open_or_begin_anew(path, cls.STEPS, outlives_power_cuts=True, setting=SETTING)
        store = cls(path, connection)
        if aside is not None:
            store.notes = (cls.WAS_DAMAGED.format(aside=aside),)
        return store

    @classmethod
    def open_existing(cls, path: Path) -> Self:
        """Open the file to read: a damaged one stays where its desk finds it. Raises `StoreError`."""
        return cls(path, open_file_to_read(path, cls.STEPS, setting=SETTING))

    def _telling(self) -> AbstractContextManager[None]:
        """Turn SQLite's errors into words."""
        return telling(self.path, SETTING)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()
