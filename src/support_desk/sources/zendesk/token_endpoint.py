"""`/oauth/tokens`: one question, one answer, whatever is offered in exchange for a token."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from support_desk.config.secrets import Secret, SecretError
from support_desk.records import record
from support_desk.sources.errors import NotThere, Rejected, SignInRefused, SourceError, Unreadable
from support_desk.sources.json_pieces import whole
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
"""A token is renewed this long before its end, so that no request is on its way when it comes."""
DEFAULT_LIFE = 1800
"""Seconds that Zendesk gives a token when it doesn't say so (documented default)."""
_LONGEST_LIFE = 172_800
_LONGEST_SIGN_IN = 7_776_000
_LONGEST_TOKEN = 4096
_OK = range(200, 300)

READ_SCOPE = "read"
"""Search, suspended tickets and custom statuses have no narrower scope."""
WRITE_SCOPE = "read write"


def may_write(scopes: Iterable[str]) -> bool:
    """Whether a token with these scopes may change tickets."""
    return not {"write", "tickets:write"}.isdisjoint(scopes)


class GrantRefused(SignInRefused):
    """The code or the refresh token that was offered isn't good, or not any more."""


@record
class Granted:
    """What the endpoint gave. Its tokens show themselves nowhere."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    """What the next token is had for; empty where there is none."""
    seconds: int | None
    """How long `access` lives; None where it isn't said."""
    refresh_seconds: int | None
    """How long `refresh` lives; None where it isn't said."""
    scopes: tuple[str, ...]
    """What `access` may do, as far as it is said."""


class TokenEndpoint:
    """Where tokens come from. Every request has a session of its own, for it must carry no credential."""

    def __init__(
        self,
        base: str,
        client_id: str,
        client_secret: Secret | None,
        *,
        place: Place,
        rates: Rates,
        limits: Limits,
        now: Callable[[], datetime],
    ) -> None:
        """`client_secret` is None for a public client, which proves itself by PKCE alone."""
        self._base = base
        self._client_id = client_id
        self._client_secret = client_secret
        self._place = place
        self._rates = rates
        self._limits = limits
        self._now = now

    def secrets(self) -> Iterable[str]:
        """What no message may hold."""
        return () if self._client_secret is None else (reveal(self._client_secret),)

    def ask(self, grant: Mapping[str, Any]) -> Granted:
        """A token for this grant. Raises `SourceError`: `GrantRefused` where what was offered is at fault."""
        body = {**grant, "client_id": self._client_id}
        if self._client_secret is not None:
            body["client_secret"] = reveal(self._client_secret)
        return _granted(self._post(body))

    def _post(self, body: Mapping[str, Any]) -> bytes:
        self._rates.requests_made += 1
        with requests.Session() as session:
            session.trust_env = False
            use_environment(session, self._base)
            pin(session, self._base, self._limits)
            try:
                response = session.post(f"{self._base}/oauth/tokens", json=body, allow_redirects=False)
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
            if _error_of(response) == "invalid_grant":
                return GrantRefused(
                    "Zendesk: what was offered for a token was refused",
                    self._place.credential_remedy,
                    status=status,
                )
            return SignInRefused(
                "Zendesk: the OAuth client was refused", self._place.client_remedy, status=status
            )
        refusal = of_status(response, self._place, "the sign-in")
        if isinstance(refusal, (NotThere, Rejected)):
            # Of the endpoint, not of what was to be read or changed with the token.
            return SignInRefused(
                refusal.problem, refusal.remedy, status=status, request_id=refusal.request_id
            )
        return refusal


def renew_after(seconds: int) -> timedelta:
    """When to renew a token that lives for so many seconds, from its beginning.

    Half-way through a short life: a token of less than the margin would be renewed at every request.
    """
    life = timedelta(seconds=seconds)
    return max(life - _RENEW_BEFORE, life / 2)


def reveal(secret: Secret) -> str:
    """The secret. Raises `SignInRefused` with the words of whoever should have given it."""
    try:
        return secret.reveal()
    except SecretError as error:
        raise SignInRefused(f"Zendesk: {error.problem}", error.remedy) from None


def _granted(content: bytes) -> Granted:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        answer = None
    answer = answer if isinstance(answer, dict) else {}
    access = _token(answer.get("access_token"))
    if not access:
        raise Unreadable(
            "Zendesk: the sign-in's answer holds no token",
            "open the helpdesk in a browser: a network's sign-in page or a proxy may be in the way",
        )
    scope = answer.get("scope")
    return Granted(
        access,
        _token(answer.get("refresh_token")),
        _seconds(answer.get("expires_in"), _LONGEST_LIFE),
        _seconds(answer.get("refresh_token_expires_in"), _LONGEST_SIGN_IN),
        tuple(scope.split()) if isinstance(scope, str) else (),
    )


def _token(value: object) -> str:
    """A token that can stand in a header; empty for anything else."""
    good = isinstance(value, str) and len(value) <= _LONGEST_TOKEN and value.isascii() and value.isprintable()
    return str(value) if good else ""


def _seconds(value: object, longest: int) -> int | None:
    number = whole(value)
    return number if number is not None and 0 < number <= longest else None


def _error_of(response: requests.Response) -> str:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return ""
    code = body.get("error") if isinstance(body, dict) else None
    return code if isinstance(code, str) else ""
