"""What a mistake in the configuration looks like: the key, the file, the problem and the remedy."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Mistake(msgspec.Struct, frozen=True):
    """One thing to mend."""

    key: str
    """Dotted name such as `hours.start`; empty when the file as a whole is meant."""
    where: str
    """The file, or `environment VARIABLE`."""
    problem: str
    remedy: str
    missing: bool = False
    """Something that another value needs isn't there: not worth saying if its section has a typing error."""
    lines: str = ""
    """Such as `line 3`, of the file; empty where that isn't certain."""

    def __str__(self) -> str:
        lines = f", {self.lines}" if self.lines else ""
        key = f"{self.key}: " if self.key else ""
        return f"{self.where}{lines}: {key}{self.problem}. {self.remedy}"


class ConfigError(Exception):
    """The configuration can't be used; `mistakes` are all that were found, not only the first."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = tuple(mistakes)
