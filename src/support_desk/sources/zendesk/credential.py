"""Whose the credential is and what it may do, for `support-desk check`: asked, never tried out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Protocol, TypeVar

from support_desk.config.model import Zendesk
from support_desk.sources.errors import SourceError
from support_desk.sources.protocols import Probe
from support_desk.sources.zendesk.reader import Me, Reader
from support_desk.sources.zendesk.sign_in import SignIn
from support_desk.sources.zendesk.token_endpoint import may_write
from support_desk.sources.zendesk.token_store import SIGN_IN
from support_desk.sources.zendesk.user_sign_in import UserSignIn
from support_desk.text import clean

if TYPE_CHECKING:
    from support_desk.sources.writers import TicketAbilities
    from support_desk.sources.zendesk.writer import ZendeskWriter

T = TypeVar("T")

_CHANGE = "Zendesk: change tickets"
_NAME = "Zendesk: name on replies"
_MOST_SCOPES = 20


class Read(Protocol):
    """Runs a piece of work in the reading thread."""

    def __call__(self, job: Callable[[Reader], T]) -> Awaitable[T]: ...


def who_it_is(me: Me, settings: Zendesk, sign_in: SignIn, zone: tzinfo) -> Probe:
    """Who is signed in, and how; times in `zone`."""
    who = f"as {me.name} ({me.role or 'role unknown'})"
    match settings.auth:
        case "oauth_user":
            who += ", your own sign-in"
            tokens = sign_in.tokens if isinstance(sign_in, UserSignIn) else None
            if tokens is not None and tokens.ends is not None:
                who += f", until {_moment(tokens.ends, zone)}"
            if tokens is not None and tokens.refresh and tokens.refresh_ends is not None:
                who += f", renewed by itself if used by {_day(tokens.refresh_ends, zone)}"
        case "oauth":
            who += f", who owns the OAuth client {clean(settings.client_id, 80)}"
        case "token":
            who += f", by the API token of {clean(settings.email, 80)}"
    return Probe("Zendesk: sign in", True, who)


async def what_it_may(
    settings: Zendesk, me: Me | None, read: Read, writer: ZendeskWriter | None
) -> tuple[Probe, ...]:
    """Whether it may change tickets, and under whose name replies appear; `me`: where that is known."""
    if me is not None and me.role == "end-user":
        remedy = "sign in with the credential of an agent"
        return (Probe(_CHANGE, False, f"{me.name} is a client, not an agent", remedy, needed=False),)
    if writer is None:
        return (Probe(_CHANGE, None, "this desk is read-only", needed=False),)
    abilities: TicketAbilities | None = None
    try:
        abilities = await writer.abilities()
        name = _name_on_replies(abilities, writer.me)
    except SourceError as error:
        name = Probe(_NAME, False, error.problem, error.remedy, needed=False)
    role = f"the role is {(me.role if me is not None else '') or 'unknown'}"
    return (await _change(settings, role, read, abilities), name)


async def _change(settings: Zendesk, role: str, read: Read, abilities: TicketAbilities | None) -> Probe:
    if abilities is not None and abilities.private_only:
        role += ", which may write internal notes only"
    if settings.auth == "token":
        return Probe(_CHANGE, None, f"can't be tried without changing a ticket; {role}", needed=False)
    try:
        scopes = await read(_scopes)
    except SourceError:
        # An old plan, or a scope that may not look at tokens: the first change will tell.
        return Probe(_CHANGE, None, f"the token doesn't tell its scopes; {role}", needed=False)
    said = " ".join(scopes) or "none"
    if may_write(scopes):
        return Probe(_CHANGE, True, f"the token's scopes are {said}; {role}")
    remedy = f"sign in again, without --read-only: {SIGN_IN}"
    if settings.auth == "oauth":
        remedy = "let the OAuth client have the scope write in the Admin Centre, or set read_only = true"
    return Probe(_CHANGE, False, f"the token may not: its scopes are {said}", remedy)


def _scopes(reader: Reader) -> tuple[str, ...]:
    """What the present token may do, as Zendesk has it. Raises `SourceError` where it doesn't say."""
    token = reader.document("/oauth/tokens/current.json", {}, "the token").get("token")
    scopes = token.get("scopes") if isinstance(token, dict) else None
    words = scopes.split() if isinstance(scopes, str) else scopes
    if not isinstance(words, list):
        return ()
    return tuple(str(clean(word, 40)) for word in words[:_MOST_SCOPES] if isinstance(word, str))


def _name_on_replies(abilities: TicketAbilities, address: str) -> Probe:
    me, author = abilities.me, abilities.author
    if abilities.personal or me is None or author is None:
        name = me.name if me is not None else "the credential's owner"
        if me is not None and address and me.email.casefold() != address.casefold():
            remedy = f"sign in as yourself ({SIGN_IN}), or mend [me] email"
            return Probe(
                _NAME, False, f"{name}, but [me] email is {clean(address, 80)}", remedy, needed=False
            )
        return Probe(_NAME, True, f"{name}, your own", needed=False)
    if author.id != me.id:
        said = f"{author.name}, on comments; other changes are recorded as {me.name}'s"
        return Probe(_NAME, True, said, needed=False)
    remedy = f'set [me] email to your address in Zendesk, or auth = "oauth_user" and {SIGN_IN}'
    why = f"no agent has the address {clean(address, 80)}" if address else "[me] email isn't set"
    if not abilities.author_allowed:
        why = "the account lets nobody else be named"
    return Probe(_NAME, False, f"{me.name}, whoever is at the desk: {why}", remedy, needed=False)


def _moment(when: datetime, zone: tzinfo) -> str:
    return f"{when.astimezone(zone):%H:%M}"


def _day(when: datetime, zone: tzinfo) -> str:
    local = when.astimezone(zone)
    return f"{local.day} {local:%B}"
