"""What one person has chosen or done on this machine that isn't configuration: colours, the last look."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path

THEME = "theme"
LOOKED = "suspended_looked_at"


class Preferences:
    """A few words in a private file; a file that can't be read or written costs nothing but memory."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._words: dict[str, str] = {}
        if path is not None:
            with suppress(OSError, ValueError):
                found = json.loads(path.read_text("utf-8"))
                if isinstance(found, dict):
                    self._words = {str(key): str(value) for key, value in found.items()}

    def get(self, name: str) -> str:
        """A word by name; empty if there is none."""
        return self._words.get(name, "")

    def set(self, name: str, value: str) -> None:
        """Remember a word, and write all of them whole or not at all."""
        self._words[name] = value
        if self._path is None:
            return
        from support_desk.files import write_over  # nothing is written before the first frame

        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_over(self._path, json.dumps(self._words).encode())

    @property
    def looked_at(self) -> datetime | None:
        """When the person last looked at the suspended tickets (UTC)."""
        with suppress(ValueError):
            at = datetime.fromisoformat(self.get(LOOKED))
            return at if at.tzinfo is not None else None
        return None

    @looked_at.setter
    def looked_at(self, at: datetime) -> None:
        """Remember it."""
        self.set(LOOKED, at.isoformat())
