"""One sign-in at a time, whichever thread finds it due."""

from __future__ import annotations

import threading

from support_desk.sources.errors import Unreachable


class Turn:
    """A lock that isn't waited for without end: whoever holds it may hang in a secret's command."""

    def __init__(self, seconds: float) -> None:
        self._lock = threading.Lock()
        self._seconds = seconds

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=self._seconds):
            raise Unreachable(
                "Zendesk: an earlier sign-in is still waiting",
                "check that the command of the secret in [zendesk] doesn't wait for input",
            )

    def __exit__(self, *_: object) -> None:
        self._lock.release()
