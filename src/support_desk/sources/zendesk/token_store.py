"""Where a person's sign-in is kept between two starts: a file that only they may read.

Zendesk takes each refresh token once. So whoever renews must be alone in doing so, and what came back must be
on disk before it is used: there is a lock beside the file, for threads and programs alike, and a new sign-in
takes the old one's place in a single step.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import field
from datetime import datetime
from pathlib import Path

import msgspec

from support_desk.records import record
from support_desk.sources.errors import SignInRefused, SourceError, Unreachable

SIGN_IN = "support-desk login zendesk"
"""The command, as it stands in a remedy."""
AGAIN = f"sign in again: {SIGN_IN}"

_MOST_BYTES = 64_000
_LOOK_AGAIN = 0.02
"""Seconds between two looks at a lock that another program holds."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@record
class UserTokens:
    """One person's sign-in. Its tokens show themselves nowhere."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    """Empty where Zendesk gave none: then this sign-in ends with `access`."""
    due: datetime | None
    """When to renew it, UTC; None where it isn't known to end."""
    ends: datetime | None
    """When `access` ends, UTC; None where it isn't known to."""
    refresh_ends: datetime | None
    """When the sign-in ends unless it is renewed before, UTC; None where it isn't said."""
    scopes: tuple[str, ...]
    """What it may do, as far as Zendesk said so."""
    person: str = ""
    """The address of whose it is; empty in a file of a version that didn't keep it."""

    def ended(self, now: datetime) -> bool:
        """Whether `access` has ended by then."""
        return self.ends is not None and now >= self.ends


class TokenFile:
    """A file of mode 0600 in a folder of mode 0700, and a lock beside it. Safe between threads and programs.

    Everything raises `SourceError` and nothing else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._new = path.with_name(f"{path.name}.new")
        self._lock = path.with_name(f"{path.name}.lock")

    def stamp(self) -> tuple[int, int] | None:
        """Something that differs when the file has been replaced; None where there is none."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def read(self) -> UserTokens | None:
        """What is kept; None when nobody has signed in. A file that others may read is refused."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error, "read") from None
        with os.fdopen(descriptor, "rb") as file:
            self._check_rights(os.fstat(descriptor), self.path, "600")
            self._check_rights(self.path.parent.stat(), self.path.parent, "700")
            content = file.read(_MOST_BYTES)
        tokens = _decoded(content)
        if tokens is None:
            raise SignInRefused(f"Zendesk: {self.path} doesn't hold a sign-in", AGAIN)
        return tokens

    @contextmanager
    def exclusive(self, seconds: float) -> Iterator[None]:
        """Nobody else renews or replaces the sign-in meanwhile. Waits for others, `seconds` at most."""
        until = time.monotonic() + seconds
        try:
            self._make_folder()
            # Only to read: a disk that has become read-only is no reason not to renew.
            descriptor = os.open(self._lock, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unusable(error, "locked") from None
        try:
            while not self._taken(descriptor):
                if time.monotonic() >= until:
                    raise Unreachable(
                        f"Zendesk: another program has been renewing the sign-in for {seconds:.0f} seconds",
                        "it is tried again by itself; if it lasts, end the other support-desk",
                    )
                time.sleep(_LOOK_AGAIN)
            self._finish_what_was_begun()
            yield
        finally:
            os.close(descriptor)

    def write(self, tokens: UserTokens) -> None:
        """Put this sign-in in the place of what is kept; whatever happens, one of the two is there."""
        self._write_beside(msgspec.json.encode(tokens))
        try:
            self._new.rename(self.path)
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise self._unusable(error, "written") from None

    def delete(self) -> None:
        """Forget the sign-in."""
        try:
            self._new.unlink(missing_ok=True)
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise self._unusable(error, "deleted") from None

    def _taken(self, descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise self._unusable(error, "locked") from None
        return True

    def _finish_what_was_begun(self) -> None:
        """A program that died before its last step may have left the only good sign-in beside the file."""
        with suppress(OSError):
            if _decoded(self._new.read_bytes()[:_MOST_BYTES]) is None:
                self._new.unlink()
            else:
                self._new.rename(self.path)

    def _write_beside(self, content: bytes) -> None:
        """The whole of it, on disk, in the file that will take the place of the present one.

        Its name is always the same, so that what a crash leaves is overwritten and not collected.
        """
        try:
            self._make_folder()
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(self._new, flags, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, 0o600)
                file.write(content)
                file.flush()
                os.fsync(descriptor)
        except OSError as error:
            with suppress(OSError):
                self._new.unlink()
            raise self._unusable(error, "written") from None

    def _make_folder(self) -> None:
        folder = self.path.parent
        for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)
        self._check_rights(folder.stat(), folder, "700")

    def _check_rights(self, found: os.stat_result, path: Path, mode: str) -> None:
        if found.st_mode & _OTHERS:
            raise SignInRefused(
                f"Zendesk: {path} is open to other users", f"chmod {mode} {path}; if in doubt {AGAIN}"
            )
        if found.st_uid != os.getuid():
            raise SignInRefused(f"Zendesk: {path} belongs to another user", f"remove it, then {AGAIN}")

    def _unusable(self, error: OSError, what: str) -> SourceError:
        reason = os.strerror(error.errno or 0)
        return SignInRefused(
            f"Zendesk: the sign-in in {self.path} can't be {what} ({reason})",
            f"mend the rights or the disk of {self.path.parent}",
        )


def _decoded(content: bytes) -> UserTokens | None:
    try:
        return msgspec.json.decode(content, type=UserTokens)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
