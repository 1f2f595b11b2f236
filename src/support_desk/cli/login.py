"""`login zendesk` and `logout zendesk`: a person's own sign-in, from a terminal that has no browser."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from support_desk.cli import output
from support_desk.config.load import Loaded
from support_desk.config.model import Config
from support_desk.config.secrets import secret_of
from support_desk.desk.clock import Clock
from support_desk.paths import sign_in_file
from support_desk.sources.errors import SourceError
from support_desk.text import clean

if TYPE_CHECKING:
    from support_desk.sources.zendesk.authorization import Authorization
    from support_desk.sources.zendesk.personal import PersonalSignIn, SignedIn

TRIES = 3
"""How often something may be pasted before one has to start again."""
_LONGEST_LINE = 8192


def login(loaded: Loaded, environ: Mapping[str, str], clock: Clock) -> int:
    """Print the address to open, take the one that the person lands on, and keep their sign-in.

    0: signed in; 1: not, and what was there before still is; 2: the configuration has no sign-in per person.
    """
    from support_desk.sources.zendesk.authorization import NotTheAnswer

    config = loaded.config
    if not _is_for_people(config):
        return 2
    personal = _personal(config, environ, clock)
    asked = personal.begin(read_only=config.read_only)
    _explain(asked, read_only=config.read_only)
    for _ in range(TRIES):
        pasted = _line()
        if pasted is None:
            output.talk("nothing was pasted, so nothing has changed")
            return 1
        try:
            signed = personal.finish(asked, pasted)
        except NotTheAnswer as error:
            _complain(error)
            continue
        except SourceError as error:
            _complain(error)
            return 1
        _say_who(signed, config)
        return 0
    output.talk("nothing has changed. To start again: support-desk login zendesk")
    return 1


def logout(loaded: Loaded, environ: Mapping[str, str], clock: Clock) -> int:
    """Have the sign-in revoked and forget it; 1 where it may still be good at Zendesk."""
    config = loaded.config
    if not _is_for_people(config):
        return 2
    if not sign_in_file(config).exists():
        output.talk("nobody is signed in to Zendesk here: there is nothing to forget")
        return 0
    try:
        _personal(config, environ, clock).end()
    except SourceError as error:
        _complain(error)
        if not sign_in_file(config).exists():
            output.talk(
                "the sign-in is forgotten here, but may still be good at Zendesk: "
                "remove support_desk there, among the third-party apps of your profile"
            )
        return 1
    output.talk("signed out of Zendesk: the sign-in is revoked there and forgotten here")
    return 0


def _is_for_people(config: Config) -> bool:
    if config.zendesk.url and config.zendesk.auth == "oauth_user":
        return True
    missing = "url, and in it auth" if not config.zendesk.url else "auth"
    output.talk(f'a sign-in per person needs [zendesk] {missing} = "oauth_user", with client_id')
    return False


def _personal(config: Config, environ: Mapping[str, str], clock: Clock) -> PersonalSignIn:
    from support_desk.sources.zendesk.personal import PersonalSignIn
    from support_desk.sources.zendesk.token_store import TokenFile

    return PersonalSignIn(
        config.zendesk,
        TokenFile(sign_in_file(config)),
        client_secret=secret_of(config.zendesk, "client_secret", environ),
        now=clock.now,
    )


def _explain(asked: Authorization, *, read_only: bool) -> None:
    what = "read tickets" if read_only else "read and change tickets"
    output.talk(f"sign in at this address, in any browser on any machine,\nand allow to {what} as you:\n")
    output.data(asked.address)
    output.flush()
    # Zendesk's codes live for two minutes.
    output.talk(
        "the browser then goes to an address where nothing needs to answer:\n"
        f"{asked.redirect_uri}?code=...\n"
        "Paste all of it here, from the address bar, within two minutes:"
    )


def _line() -> str | None:
    """What the person pastes; None at the end of the input."""
    try:
        line = sys.stdin.readline(_LONGEST_LINE) if sys.stdin is not None else ""
    except UnicodeDecodeError:
        return "?"
    return line or None


def _complain(error: SourceError) -> None:
    output.talk(f"{error.problem}. What to do: {error.remedy}")


def _say_who(signed: SignedIn, config: Config) -> None:
    from support_desk.sources.zendesk.token_endpoint import may_write

    me = signed.me
    address = f", {me.email}" if me.email else ""
    output.talk(f"signed in to Zendesk as {me.name} ({me.role or 'role unknown'}){address}")
    mine = config.me.email.strip()
    if not mine:
        output.talk(f'warning: [me] email is empty: set it to "{me.email}", so that your tickets are marked')
    elif me.email and mine.casefold() != me.email.casefold():
        output.talk(
            f"warning: [me] email is {clean(mine, 100)}, so replies will carry another name than the desk's. "
            "Mend [me] email, or sign in again as yourself"
        )
    if not config.read_only and signed.tokens.scopes and not may_write(signed.tokens.scopes):
        scopes = clean(" ".join(signed.tokens.scopes), 100)
        output.talk(
            f"warning: this sign-in may read and change nothing: its scopes are {scopes}. "
            "Let the OAuth client have the scope write in the Admin Centre, then sign in again"
        )
    if not signed.tokens.refresh:
        output.talk("warning: Zendesk gave no refresh token, so this sign-in can't be renewed when it ends")
