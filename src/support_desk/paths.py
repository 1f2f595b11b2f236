"""Where things are kept. Nothing is created here, neither at import nor when asked."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

try:
    # `hashlib` sets OpenSSL up: 2 ms of the few that `status` and the first frame have. The standard
    # library's `random` does without it in the same way.
    from _sha2 import sha256  # type: ignore[import-not-found]
except ImportError:
    try:
        from _sha256 import sha256  # type: ignore[import-not-found] # Python 3.11
    except ImportError:
        from hashlib import sha256

if TYPE_CHECKING:
    from support_desk.config.model import Config

APP = "support-desk"
CONFIG_VARIABLE = "SUPPORT_DESK_CONFIG"


class NoHome(Exception):
    """The person's home folder isn't known; the message says what to set. Some containers have none."""


def at_home(path: str | Path) -> Path:
    """A path as a person writes it, `~` being their home.

    Whose home isn't known (`~nobody`) stays as it was written, as in a shell: no such file is there.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def led_to(path: Path) -> Path:
    """Where links lead. A circle of them leads to itself; `Path.resolve` raises `RuntimeError` there."""
    return Path(os.path.realpath(path))


def config_file(explicit: Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """The configuration: as asked for, from the environment, or in the user's configuration folder."""
    if explicit is not None:
        return at_home(explicit)
    if environ and environ.get(CONFIG_VARIABLE):
        return at_home(environ[CONFIG_VARIABLE])
    return _folder("XDG_CONFIG_HOME", ".config") / "config.toml"


def state_dir() -> Path:
    """The user's own folder for what the program remembers."""
    return _folder("XDG_STATE_HOME", ".local/state")


def _folder(variable: str, usual: str) -> Path:
    """The program's folder below the one that the XDG variable names, by default below the home folder.

    Raises `NoHome`.

    On Linux this is all that platformdirs does, which takes 5 of the 50 ms of `status` to be imported.
    """
    system: str = sys.platform
    if system == "linux":
        named = os.environ.get(variable, "").strip()
        return (Path(named) if named else _home(variable) / usual) / APP
    from platformdirs import user_config_path, user_state_path

    return user_config_path(APP) if variable == "XDG_CONFIG_HOME" else user_state_path(APP)


def _home(variable: str) -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise NoHome(f"your home folder isn't known. Set HOME, or {variable} to another folder") from None


def store_file(config: Config) -> Path:
    """The readings: in `[store] path`, which people of one box may share, or in the user's state folder."""
    folder = at_home(config.store.path) if config.store.path else state_dir()
    return folder / f"readings-{fingerprint(config)}.sqlite3"


def private_store_file(config: Config) -> Path:
    """What one person has decided and written; never in a shared folder.

    By the accounts alone: another scope or other hours must not lose sight of what is unfinished.
    """
    return state_dir() / f"outbox-{_digest(_accounts(config))}.sqlite3"


def toil_file() -> Path:
    """What a person said about their time off in lieu: theirs, whatever the configuration says."""
    return state_dir() / "toil.sqlite3"


def sign_in_file(config: Config) -> Path:
    """A person's own sign-in to the helpdesk, per account and OAuth client, in a folder of its own."""
    parts = [config.zendesk.url.rstrip("/").casefold(), config.zendesk.client_id]
    return state_dir() / "sign-in" / f"zendesk-{_digest(parts)}.json"


def fingerprint(config: Config) -> str:
    """What the readings depend on, in 16 letters: accounts, scope, and the rules applied while reading.

    Two configurations that would read different rows never share readings. How somebody signs in and who
    they are play no part, so colleagues with the same accounts do share.
    """
    zendesk, opsgenie, jsm, rota = config.zendesk, config.opsgenie, config.jsm, config.rota
    parts = [
        zendesk.url.rstrip("/").casefold(),
        zendesk.scope,
        sorted(zendesk.enhanced_plan_tags),
        sorted(zendesk.standard_plan_tags),
        [zendesk.enhanced_plan_field.key, zendesk.enhanced_plan_field.value],
        sorted(zendesk.emergency_addresses),
        zendesk.contract_pauses,
        repr(config.hours),
        config.alerts.provider,
        [opsgenie.url.rstrip("/").casefold(), opsgenie.web_url, opsgenie.query],
        [jsm.url.rstrip("/").casefold(), jsm.cloud_id],
        [repr(rota.first_line), repr(rota.second_line)],
        config.runbooks.path,
    ]
    return _digest(parts)


def _accounts(config: Config) -> list[str]:
    return [
        config.zendesk.url.rstrip("/").casefold(),
        config.opsgenie.url.rstrip("/").casefold(),
        config.jsm.url.rstrip("/").casefold(),
        config.jsm.cloud_id,
    ]


def _digest(parts: object) -> str:
    digest: str = sha256(json.dumps(parts).encode()).hexdigest()
    return digest[:16]
