"""Asking a person for leave to act as them: the address to open, and what the one they land on says.

OAuth's authorization code with PKCE (RFC 7636, method S256): the code alone is worth nothing without the
verifier, which never leaves this process until it is exchanged.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import field
from urllib.parse import parse_qs, urlencode, urlsplit

from support_desk.records import record
from support_desk.sources.errors import SignInRefused
from support_desk.sources.zendesk.token_store import SIGN_IN
from support_desk.text import clean

_VERIFIER_BYTES = 64
"""Makes 86 characters; RFC 7636 wants from 43 to 128."""
_LONGEST_PASTE = 8192
_PASTE_MARKS = ("\x1b[200~", "\x1b[201~")
"""What a terminal puts around a pasted text, where a program before this one has asked it to."""
_QUOTES = "<>\"'`"


class NotTheAnswer(SignInRefused):
    """What was pasted isn't the address that was waited for: another try may be."""


@record
class Authorization:
    """One request for leave. Only `address` is for showing."""

    address: str
    """What the person opens, anywhere."""
    redirect_uri: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


def authorization_for(base: str, client_id: str, redirect_uri: str, scope: str) -> Authorization:
    """A new request, with a state and a verifier of its own."""
    state = secrets.token_urlsafe(32)
    verifier = secrets.token_urlsafe(_VERIFIER_BYTES)
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": scope,
        "state": state,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    return Authorization(f"{base}/oauth/authorizations/new?{urlencode(query)}", redirect_uri, state, verifier)


def challenge_of(verifier: str) -> str:
    """The S256 challenge: base64url of the verifier's SHA-256, without padding."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode("ascii")


def code_in(pasted: str, asked: Authorization) -> str:
    """The code in the address that the person landed on.

    Raises `NotTheAnswer` for something else or another sign-in's answer, and `SignInRefused` where Zendesk
    says that leave wasn't given.
    """
    query = _query_of(pasted, asked)
    if not hmac.compare_digest(_only(query, "state").encode(), asked.state.encode()):
        raise NotTheAnswer(
            "Zendesk: this address belongs to another sign-in",
            "paste the one that the address above led to, or start again",
        )
    error = _only(query, "error")
    if error == "access_denied":
        raise SignInRefused(
            "Zendesk: leave to act as you was denied",
            f"to allow it after all: {SIGN_IN}",
        )
    if error:
        raise SignInRefused(
            f"Zendesk: the sign-in was refused ({clean(error, 60)})",
            "check [zendesk] client_id and redirect_uri against the OAuth client in the Admin Centre",
        )
    code = _only(query, "code")
    if not code:
        raise NotTheAnswer("Zendesk: there is no code in this address", _WHOLE)
    return code


_WHOLE = "paste all of it, from the browser's address bar"


def _query_of(pasted: str, asked: Authorization) -> dict[str, list[str]]:
    text = pasted[:_LONGEST_PASTE]
    for mark in _PASTE_MARKS:
        text = text.replace(mark, "")
    text = "".join(text.split()).strip(_QUOTES)
    if not text:
        raise NotTheAnswer("Zendesk: nothing was pasted", _WHOLE)
    try:
        parts = urlsplit(text)
        query = parse_qs(parts.query or text, max_num_fields=20)
    except ValueError:
        raise NotTheAnswer("Zendesk: this isn't an address", _WHOLE) from None
    if parts.path.endswith("/oauth/authorizations/new"):
        raise NotTheAnswer(
            "Zendesk: this is the address to open, not the one that it leads to",
            f"open it, allow the access, then paste the address that begins with {asked.redirect_uri}",
        )
    if not {"code", "error"} & query.keys():
        raise NotTheAnswer(
            "Zendesk: this isn't the address that the sign-in leads to",
            f"paste the one that begins with {asked.redirect_uri}, all of it",
        )
    return query


def _only(query: dict[str, list[str]], name: str) -> str:
    """A parameter's value; empty where it is missing or given twice."""
    values = query.get(name, [])
    return values[0] if len(values) == 1 else ""
