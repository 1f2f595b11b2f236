"""Signing in: OAuth client credentials, or the e-mail and API token of an agent (ends 30 April 2027)."""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Protocol

from support_desk.config.model import Zendesk
from support_desk.config.secrets import Secret, SecretError
from support_desk.sources.errors import SignInRefused, SourceError, Unreachable, Unreadable
from support_desk.sources.zendesk.bare_requests import requests
from support_desk.sources.zendesk.failures import (
    CAUGHT,
    REDIRECTS,
    Place,
    not_json,
    of_exception,
    of_status,
    redirected,
    throttled,
)
from support_desk.sources.zendesk.limits import Limits
from support_desk.sources.zendesk.rates import Rates
from support_desk.sources.zendesk.transport import pin, use_environment

_RENEW_BEFORE = timedelta(seconds=90)
_DEFAULT_LIFE = 1800
"""Seconds that Zendesk gives a token when it doesn't say so (documented default)."""
_LONGEST_LIFE = 172_800
_OK = range(200, 300)

READ_SCOPE = "read"
"""Search, suspended tickets and custom statuses have no narrower scope."""


class SignIn(Protocol):
    """What the session needs of a way to sign in; safe to share between threads."""

    verified: bool
    """Whether `users/me` has shown that the present credential is somebody's."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the credential on a request, signing in first where that is due."""
        ...

    def secrets(self) -> Iterable[str]:
        """What no message may hold."""
        ...

    def renew(self, request: requests.PreparedRequest, /) -> bool:
        """After a 401: put a newer credential on the request; False when there is none to be had."""
        ...


class Turn:
    """A lock that isn't waited for without end: whoever holds it may hang in a secret's command."""

    def __init__(self, seconds: float) -> None:
        self._lock = threading.Lock()
        self._seconds = seconds

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=self._seconds):
            raise Unreachable(
                "Zendesk: an earlier sign-in is still waiting",
                "check that the command of the secret in [zendesk] doesn't wait for input",
            )

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class TokenSignIn(requests.auth.AuthBase):
    """`{email}/token:{api_token}`, as HTTP basic authentication."""

    def __init__(self, email: str, token: Secret, *, limits: Limits) -> None:
        self.verified = False
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
        self,
        base: str,
        client_id: str,
        client_secret: Secret,
        *,
        scope: str,
        place: Place,
        rates: Rates,
        limits: Limits,
        now: Callable[[], datetime],
    ) -> None:
        self.verified = False
        self._rates = rates
        self._address = f"{base}/oauth/tokens"
        self._base = base
        self._client_id = client_id
        self._client_secret = client_secret
        self._scope = scope
        self._place = place
        self._limits = limits
        self._now = now
        self._turn = Turn(limits.total_seconds)
        self._token: str | None = None
        self._ends = now()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        with self._turn:
            if self._token is None or self._now() >= self._ends:
                self._sign_in()
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def secrets(self) -> Iterable[str]:
        return (reveal(self._client_secret), *([self._token] if self._token else []))

    def renew(self, request: requests.PreparedRequest) -> bool:
        """A new token, unless another thread has got one since the request was made."""
        with self._turn:
            if request.headers.get("Authorization") == f"Bearer {self._token}":
                self._sign_in()
            request.headers["Authorization"] = f"Bearer {self._token}"
        return True

    def _sign_in(self) -> None:
        self._token = None
        self.verified = False
        try:
            answer = json.loads(self._ask())
        except (ValueError, RecursionError):
            answer = None
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            raise Unreadable(
                "Zendesk: the sign-in's answer holds no token",
                "open the helpdesk in a browser: a network's sign-in page or a proxy may be in the way",
            )
        life = answer.get("expires_in")
        seconds = life if isinstance(life, int) and 0 < life <= _LONGEST_LIFE else _DEFAULT_LIFE
        # Half of a short life: a token of less than the margin would be renewed at every request.
        self._ends = self._now() + max(
            timedelta(seconds=seconds) - _RENEW_BEFORE, timedelta(seconds=seconds / 2)
        )
        self._token = token

    def _ask(self) -> bytes:
        """The token endpoint's answer; a session of its own, for it must carry no credential."""
        body = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": reveal(self._client_secret),
            "scope": self._scope,
        }
        self._rates.requests_made += 1
        with requests.Session() as session:
            session.trust_env = False
            use_environment(session, self._base)
            pin(session, self._base, self._limits)
            try:
                response = session.post(self._address, json=body, allow_redirects=False)
            except CAUGHT as error:
                raise of_exception(error, self._place, "the sign-in") from None
        if response.status_code in _OK and "html" not in response.headers.get("Content-Type", "").lower():
            return response.content
        raise self._refusal(response)

    def _refusal(self, response: requests.Response) -> SourceError:
        status = response.status_code
        if status in _OK:
            return not_json(response)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return throttled(response, self._now())
        if status in REDIRECTS:
            return redirected(response, self._base)
        if status in {400, 401, 403, 422}:
            return SignInRefused(
                "Zendesk: the OAuth client was refused", self._place.credential_remedy, status=status
            )
        return of_status(response, self._place, "the sign-in")


def sign_in_for(
    settings: Zendesk,
    *,
    client_secret: Secret | None,
    token: Secret | None,
    place: Place,
    rates: Rates,
    limits: Limits,
    now: Callable[[], datetime],
) -> SignIn:
    """The way to sign in that the configuration asks for. Raises `SignInRefused` if something is missing."""
    if settings.auth == "oauth_user":
        raise SignInRefused(
            "Zendesk: signing in as a person isn't in this version",
            'set [zendesk] auth to "oauth" or "token"; signing in as a person comes with the writing half',
        )
    if settings.auth == "token":
        if token is None or not settings.email:
            missing = "email" if token is not None else "token"
            raise SignInRefused(
                f"Zendesk: no {missing} to sign in with",
                "set [zendesk] email and token_command (or _env, _file)",
            )
        return TokenSignIn(settings.email, token, limits=limits)
    if client_secret is None or not settings.client_id:
        missing = "client_id" if client_secret is not None else "client_secret"
        raise SignInRefused(
            f"Zendesk: no {missing} to sign in with",
            "set [zendesk] client_id and client_secret_command (or _env, _file)",
        )
    return OAuthSignIn(
        settings.url.rstrip("/"),
        settings.client_id,
        client_secret,
        scope=READ_SCOPE,
        place=place,
        rates=rates,
        limits=limits,
        now=now,
    )


def reveal(secret: Secret) -> str:
    """The secret. Raises `SignInRefused` with the words of whoever should have given it."""
    try:
        return secret.reveal()
    except SecretError as error:
        raise SignInRefused(f"Zendesk: {error.problem}", error.remedy) from None
