"""The helpdesk of `zendesk_writes.py`, where people sign in as themselves: codes, PKCE and rotating tokens.

    with PersonalZendesk() as desk:
        asked = personal.begin(read_only=False)
        landed = desk.allow(asked.address, JO)      # what the person does in the browser
        personal.finish(asked, landed)
        assert desk.exchanges == 1

Whoever renews gets both tokens anew, and both old ones are forgotten at once, in every program.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.simulators.http import Answer, Request
from tests.simulators.zendesk import CLIENT_ID, CLIENT_SECRET, NOW, Row, stamp
from tests.simulators.zendesk_writes import WritableZendesk

REDIRECT_URI = "https://localhost/support-desk"
JO: Row = {"id": 102, "name": "Jo Example", "email": "jo@example.com", "role": "agent"}
SAM: Row = {"id": 103, "name": "Sam Example", "email": "sam@example.com", "role": "admin"}

_CODE_LIFE = timedelta(seconds=120)
_LIVES = {"expires_in": (300, 172_800), "refresh_token_expires_in": (604_800, 7_776_000)}
_SAID = "The provided authorization grant is invalid, expired, revoked or was issued to another client."


@dataclass
class Code:
    """Leave that a person gave, waiting to be exchanged."""

    person: Row
    challenge: str
    redirect_uri: str
    scope: str
    ends: datetime


@dataclass
class Grant:
    """A pair of tokens."""

    id: int
    person: Row
    access: str
    refresh: str
    scope: str
    ends: datetime
    refresh_ends: datetime


class PersonalZendesk(WritableZendesk):
    """A helpdesk with an OAuth client for people. Change its attributes between requests."""

    def __init__(self, *, port: int = 0, clock: Callable[[], datetime] = lambda: NOW) -> None:
        super().__init__(port=port, clock=clock)
        self.client_secret: str | None = CLIENT_SECRET
        """None: a public client, which has no secret."""
        self.redirect_uris = {REDIRECT_URI}
        self.grants: list[Grant] = []
        """The pairs that are good."""
        self.exchanges = 0
        self.renewals = 0
        self.gives_refresh_tokens = True
        self.allows = frozenset(("read", "write"))
        """The scopes that an administrator lets the client have."""
        self.tells_lives = True
        self.tells_scopes = True
        """Whether `/oauth/tokens/current` is there."""
        self.revocation_works = True
        """Otherwise it is answered with 204, and nothing is revoked."""
        self._codes: dict[str, Code] = {}
        self._numbers = 9_000

    # What the person does in the browser

    def allow(self, address: str, person: Row = JO) -> str:
        """The address that they land on after they allowed what `address` asks for."""
        asked = self._asked(address)
        code = secrets.token_hex(16)
        ends = self.clock() + _CODE_LIFE
        self._codes[code] = Code(person, asked["code_challenge"], asked["redirect_uri"], asked["scope"], ends)
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def deny(self, address: str, error: str = "access_denied") -> str:
        """The address that they land on when they don't."""
        asked = self._asked(address)
        said = {"error": error, "error_description": "The end-user denied it", "state": asked["state"]}
        return f"{asked['redirect_uri']}?{urlencode(said)}"

    def _asked(self, address: str) -> dict[str, str]:
        """What the address asks for; a page with an error in place of one that is wrong."""
        parts = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.url}/oauth/authorizations/new"
        assert asked["client_id"] == CLIENT_ID
        assert asked["redirect_uri"] in self.redirect_uris
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        return asked

    # The token endpoint

    def _token(self, request: Request) -> Answer:
        asked = request.json()
        if asked.get("grant_type") == "client_credentials":
            return super()._token(request)
        if asked.get("client_id") != CLIENT_ID or asked.get("client_secret") != self.client_secret:
            said = {"error": "invalid_client", "error_description": "The client identifier is invalid"}
            return self._json(said, 401)
        for name, (least, most) in _LIVES.items():
            if not least <= asked.get(name, least) <= most:
                return self._json({"error": "invalid_request", "error_description": name}, 400)
        if asked["grant_type"] == "authorization_code":
            return self._exchange(asked)
        if asked["grant_type"] == "refresh_token":
            return self._renew(asked)
        return self._json({"error": "unsupported_grant_type"}, 400)

    def _exchange(self, asked: Row) -> Answer:
        code = self._codes.pop(asked.get("code", ""), None)
        verifier = str(asked.get("code_verifier", ""))
        if (
            code is None
            or code.ends <= self.clock()
            or code.redirect_uri != asked.get("redirect_uri")
            or not 43 <= len(verifier) <= 128
            or code.challenge != challenge_of(verifier)
        ):
            return self._json({"error": "invalid_grant", "error_description": _SAID}, 400)
        self.exchanges += 1
        return self._give(code.person, code.scope, asked)

    def _renew(self, asked: Row) -> Answer:
        old = next((grant for grant in self.grants if grant.refresh == asked.get("refresh_token")), None)
        if old is None or not old.refresh or old.refresh_ends <= self.clock():
            return self._json({"error": "invalid_grant", "error_description": _SAID}, 400)
        self.renewals += 1
        self._forget(old)
        return self._give(old.person, old.scope, asked)

    def _give(self, person: Row, scope: str, asked: Row) -> Answer:
        scope = " ".join(word for word in scope.split() if word in self.allows)
        grant = self.grant(
            person, scope, asked.get("expires_in", 1800), asked.get("refresh_token_expires_in", 2_592_000)
        )
        answer: dict[str, Any] = {
            "access_token": grant.access,
            "refresh_token": grant.refresh or None,
            "token_type": "bearer",
            "scope": scope,
        }
        if self.tells_lives:
            answer["expires_in"] = int((grant.ends - self.clock()).total_seconds())
            answer["refresh_token_expires_in"] = int((grant.refresh_ends - self.clock()).total_seconds())
        return self._json(answer)

    def grant(
        self, person: Row = JO, scope: str = "read write", seconds: int = 1800, sign_in: int = 2_592_000
    ) -> Grant:
        """A new pair of tokens, which the service knows."""
        with self._state:
            self._numbers += 1
            now = self.clock()
            made = Grant(
                self._numbers,
                person,
                f"access-{secrets.token_hex(12)}",
                f"refresh-{secrets.token_hex(12)}" if self.gives_refresh_tokens else "",
                scope,
                now + timedelta(seconds=seconds),
                now + timedelta(seconds=sign_in),
            )
            self.grants.append(made)
            self.tokens[made.access] = (made.ends, True)
            self._scopes[made.access] = scope
            return made

    def revoke_everybody(self) -> None:
        """An administrator takes every sign-in away."""
        with self._state:
            for grant in list(self.grants):
                self._forget(grant)

    def _forget(self, grant: Grant) -> None:
        self.grants.remove(grant)
        self.tokens.pop(grant.access, None)

    # Whose a request is

    def route(self, request: Request) -> Answer:
        with self._state:
            shared = self.me
            grant = self._grant_of(request)
            self.me = shared if grant is None else grant.person
            try:
                return super().route(request)
            finally:
                self.me = shared

    def _resource(self, request: Request) -> Answer:
        path = request.path.removeprefix("/api/v2").removesuffix(".json")
        if not path.startswith("/oauth/tokens/"):
            return super()._resource(request)
        name = path.rpartition("/")[2]
        grant = self._grant_of(request)
        if request.method == "GET" and name == "current" and self.tells_scopes:
            return self._json({"token": self._described(request, grant)})
        if request.method == "DELETE" and grant is not None and name in {str(grant.id), "current"}:
            # "current" has been seen to do nothing.
            if self.revocation_works and name != "current":
                self._forget(grant)
            return Answer(204)
        return self._json({"error": "RecordNotFound", "description": "Not found"}, 404)

    def _described(self, request: Request, grant: Grant | None) -> Row:
        value = request.headers.get("authorization", "").partition(" ")[2]
        number, ends = (1, self.clock()) if grant is None else (grant.id, grant.ends)
        scopes = self._scopes.get(value, "").split()
        return {"id": number, "token": value[:10], "scopes": scopes, "expires_at": stamp(ends)}

    def _grant_of(self, request: Request) -> Grant | None:
        value = request.headers.get("authorization", "").partition(" ")[2]
        return next((grant for grant in self.grants if grant.access == value), None)


def challenge_of(verifier: str) -> str:
    """RFC 7636, section 4.2."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
