"""Whether a write has left this machine: the difference between "not done" and "not known"."""

from __future__ import annotations

import ssl
import threading
import time
from http import HTTPStatus
from typing import Any

from support_desk.sources.errors import Unreachable
from support_desk.sources.zendesk.bare_requests import requests, urllib3_errors
from support_desk.sources.zendesk.failures import came_from_an_answer, causes
from support_desk.sources.zendesk.session import PinnedSession

IDLE_SECONDS = 20.0
"""A connection that has rested for longer may have been forgotten by a box in between: a write that is sent
into it would be lost without a word, and would have to be called unknown."""

_NOT_TAKEN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED})
_NO_HANDSHAKE = frozenset(
    {"WRONG_VERSION_NUMBER", "UNSUPPORTED_PROTOCOL", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"}
)
"""OpenSSL's names for "the other side doesn't speak TLS"; any other failure may come after the request."""


class Attempt:
    """One write. It is sent at most once at a time, and never after it was given up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent = False
        self._given_up = False

    @property
    def sent(self) -> bool:
        """Whether it may have reached the service."""
        return self._sent

    def begin(self) -> None:
        """It is about to be sent. Raises `Unreachable` once nobody waits for it any more."""
        with self._lock:
            if self._given_up:
                raise Unreachable("Zendesk: the change was given up before it was sent", "send it again")
            self._sent = True

    def refused(self) -> None:
        """It turned out not to have been applied: it was never sent, or the sign-in was refused."""
        with self._lock:
            self._sent = False

    def give_up(self) -> bool:
        """Never send it from now on; True if it never was sent."""
        with self._lock:
            self._given_up = True
            return not self._sent


class WritingSession(PinnedSession):
    """The session of the thread that writes: it tells the attempt when it is sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.attempt: Attempt | None = None
        """The write under way; None while only reading."""
        self._used = time.monotonic()

    @property
    def may_write(self) -> bool:
        """Only as part of an attempt, which knows whether it was sent."""
        return self.attempt is not None

    def _send_once(self, request: requests.PreparedRequest, kwargs: dict[str, Any]) -> requests.Response:
        if time.monotonic() - self._used > IDLE_SECONDS:
            self.close()
        if self.attempt is not None:
            self.attempt.begin()
        response = super()._send_once(request, kwargs)
        self._used = time.monotonic()
        if self.attempt is not None and response.status_code in _NOT_TAKEN:
            self.attempt.refused()
        return response


def surely_unsent(error: BaseException) -> bool:
    """Whether an exception of the connection can only have come before anything was sent."""
    if came_from_an_answer(error):
        return False
    rq, u3 = requests.exceptions, urllib3_errors
    before = (rq.ConnectTimeout, rq.ProxyError, rq.InvalidProxyURL, rq.InvalidHeader, rq.InvalidURL)
    if isinstance(error, (*before, rq.MissingSchema, rq.InvalidSchema, rq.URLRequired, UnicodeError)):
        return True
    before_sending = (u3.NewConnectionError, u3.ConnectTimeoutError, u3.LocationValueError)
    cause = (*before_sending, ssl.SSLCertVerificationError)
    return any(
        isinstance(part, cause) or (isinstance(part, ssl.SSLError) and part.reason in _NO_HANDSHAKE)
        for part in causes(error)
    )
