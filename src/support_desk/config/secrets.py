"""Secrets: fetched when first needed, shown never."""

from __future__ import annotations

from collections.abc import Callable


class SecretError(Exception):
    """A secret couldn't be fetched; the message names where it should come from, never what it is."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


class Secret:
    """A secret that is fetched at the first `reveal` and doesn't show itself in logs or tracebacks."""

    __slots__ = ("_fetch", "_value")

    def __init__(self, fetch: Callable[[], str]) -> None:
        self._fetch = fetch
        self._value: str | None = None

    def reveal(self) -> str:
        """The secret itself. May run a command, so not on the event loop. Raises `SecretError`."""
        if self._value is None:
            self._value = self._fetch()
        return self._value

    def __repr__(self) -> str:
        return "Secret(********)"
