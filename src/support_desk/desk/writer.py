"""Writing to the store without keeping anybody waiting."""

from __future__ import annotations

import logging
import threading
from typing import Protocol

from support_desk.desk.schema import StoreError
from support_desk.desk.snapshot import Feed, FeedName, Problem

log = logging.getLogger(__name__)


class Store(Protocol):
    """What the writer needs of a store."""

    def save(self, name: FeedName, feed: Feed[object]) -> None:
        """Keep this feed. Raises `StoreError`."""
        ...

    def close(self) -> None: ...


class StoreWriter:
    """A daemon thread that keeps the latest of each feed.

    A feed that is published again before it was written is written once, in its newest form, so a slow
    disk never makes a queue. Not an executor: its threads are joined at exit, however long they take.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[FeedName, Feed[object]] = {}
        self._changed = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None
        self.problem: Problem | None = None
        """Why the last write failed; None after a success."""

    def keep(self, name: FeedName, feed: Feed[object]) -> None:
        """Queue this feed."""
        with self._changed:
            self._waiting[name] = feed
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="store", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self, seconds: float = 1.0) -> bool:
        """Write what waits and close the store; False if that took longer and was left behind."""
        with self._changed:
            self._closing = True
            self._changed.notify()
            thread = self._thread
        if thread is None:
            self._store.close()
            return True
        thread.join(seconds)
        return not thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    break
                name = next(iter(self._waiting))
                feed = self._waiting.pop(name)
            self._save(name, feed)
        self._store.close()

    def _save(self, name: FeedName, feed: Feed[object]) -> None:
        try:
            self._store.save(name, feed)
        except StoreError as error:
            self.problem = Problem(error.problem, error.remedy)
            log.warning("reading not kept", extra={"feed": name.value, "problem": error.problem})
        else:
            self.problem = None
