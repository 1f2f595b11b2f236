"""Signing in: OAuth client credentials, a person of their own, or an API token (ends 30 April 2027)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol

from support_desk.config.model import Zendesk
from support_desk.config.secrets import Secret
from support_desk.sources.errors import SignInRefused
from support_desk.sources.zendesk.bare_requests import requests
from support_desk.sources.zendesk.failures import Place
from support_desk.sources.zendesk.limits import Limits
from support_desk.sources.zendesk.rates import Rates
from support_desk.sources.zendesk.token_endpoint import (
    DEFAULT_LIFE,
    READ_SCOPE,
    WRITE_SCOPE,
    TokenEndpoint,
    renew_after,
    reveal,
)
from support_desk.sources.zendesk.token_store import SIGN_IN, TokenFile
from support_desk.sources.zendesk.turn import Turn
from support_desk.sources.zendesk.user_sign_in import PASSING, TRY_AGAIN_AFTER, UserSignIn


class SignIn(Protocol):
    """What the session needs of a way to sign in; safe to share between threads."""

    verified: bool
    """Whether `users/me` has shown that the present credential is somebody's."""

    @property
    def changes(self) -> int:
        """How often the credential has been another one since the start; with it the person may be."""
        ...

    @property
    def person(self) -> str:
        """The address of the person whose own it is; empty: not known, or one that people share."""
        ...

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the credential on a request, signing in first where that is due."""
        ...

    def secrets(self) -> Iterable[str]:
        """What no message may hold."""
        ...

    def renew(self, request: requests.PreparedRequest, /) -> bool:
        """After a 401: put a newer credential on the request; False when there is none to be had."""
        ...


class TokenSignIn(requests.auth.AuthBase):
    """`{email}/token:{api_token}`, as HTTP basic authentication."""

    def __init__(self, email: str, token: Secret, *, limits: Limits) -> None:
        self.verified = False
        self.changes = 0
        self.person = ""
        self._email = email
        self._token = token
        self._turn = Turn(limits.total_seconds)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        with self._turn:
            pair = f"{self._email}/token:{reveal(self._token)}".encode()
        request.headers["Authorization"] = "Basic " + b64encode(pair).decode("ascii")
        return request

    def secrets(self) -> Iterable[str]:
        return (reveal(self._token),)

    def renew(self, _request: requests.PreparedRequest) -> bool:
        """False: an API token that was refused once stays refused."""
        return False


class OAuthSignIn(requests.auth.AuthBase):
    """Client credentials: a token of half an hour, renewed before it ends and once when refused.

    There is no refresh token. One renewal at a time, whichever thread finds it due.
    """

    def __init__(
        self, endpoint: TokenEndpoint, *, scope: str, limits: Limits, now: Callable[[], datetime]
    ) -> None:
        self.verified = False
        self.changes = 0
        self.person = ""
        self._endpoint = endpoint
        self._scope = scope
        self._now = now
        self._turn = Turn(limits.total_seconds)
        self._token: str | None = None
        self._due = self._ends = now()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        with self._turn:
            if self._token is None or self._now() >= self._due:
                self._sign_in_anew()
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def secrets(self) -> Iterable[str]:
        return (*self._endpoint.secrets(), *([self._token] if self._token else []))

    def renew(self, request: requests.PreparedRequest) -> bool:
        """A new token, unless another thread has got one since the request was made."""
        with self._turn:
            # Another thread may have been refused and have got none.
            if self._token is None or request.headers.get("Authorization") == f"Bearer {self._token}":
                self._sign_in()
            request.headers["Authorization"] = f"Bearer {self._token}"
        return True

    def _sign_in_anew(self) -> None:
        """While the old token lives, a failure on the way is no reason to do without it."""
        held, was = self._token, (self.verified, self.changes)
        try:
            self._sign_in()
        except PASSING:
            if held is None or self._now() >= self._ends:
                raise
            self._token, self._due = held, self._now() + TRY_AGAIN_AFTER
            self.verified, self.changes = was

    def _sign_in(self) -> None:
        self._token = None
        self.verified = False
        self.changes += 1
        granted = self._endpoint.ask({"grant_type": "client_credentials", "scope": self._scope})
        seconds = granted.seconds or DEFAULT_LIFE
        self._due, self._ends = self._now() + renew_after(seconds), self._now() + timedelta(seconds=seconds)
        self._token = granted.access


def sign_in_for(
    settings: Zendesk,
    *,
    client_secret: Secret | None,
    token: Secret | None,
    store: TokenFile | None,
    read_only: bool,
    place: Place,
    rates: Rates,
    limits: Limits,
    now: Callable[[], datetime],
) -> SignIn:
    """The way to sign in that the configuration asks for. Raises `SignInRefused` if something is missing.

    A desk that is read-only asks for no right to write where it can choose.
    """
    if settings.auth == "token":
        if token is None or not settings.email:
            missing = "email" if token is not None else "token"
            raise SignInRefused(
                f"Zendesk: no {missing} to sign in with",
                "set [zendesk] email and token_command (or _env, _file)",
            )
        return TokenSignIn(settings.email, token, limits=limits)
    personal = settings.auth == "oauth_user"
    if not settings.client_id or (client_secret is None and not personal):
        missing = "client_secret" if settings.client_id else "client_id"
        keys = "client_id" if personal else "client_id and client_secret_command (or _env, _file)"
        raise SignInRefused(f"Zendesk: no {missing} to sign in with", f"set [zendesk] {keys}")
    endpoint = TokenEndpoint(
        settings.url.rstrip("/"),
        settings.client_id,
        client_secret,
        place=place,
        rates=rates,
        limits=limits,
        now=now,
    )
    if not personal:
        scope = READ_SCOPE if read_only else WRITE_SCOPE
        return OAuthSignIn(endpoint, scope=scope, limits=limits, now=now)
    if store is None:
        raise SignInRefused("Zendesk: there is no place for a sign-in of yours", f"sign in: {SIGN_IN}")
    return UserSignIn(endpoint, store, limits=limits, now=now)
