"""The HTTP session under zenpy: one host, no change sent twice, no redirects, and a word on every answer.

zenpy's own session would send a request up to four times, sleep in the thread when throttled and
follow any address that an answer holds. Everything that it sends goes through `PinnedSession` instead.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from support_desk import __version__
from support_desk.sources.errors import NotAllowed
from support_desk.sources.zendesk.bare_requests import requests
from support_desk.sources.zendesk.failures import REDIRECTS, redirected, throttled, was_let_go
from support_desk.sources.zendesk.limits import Limits
from support_desk.sources.zendesk.rates import Rates
from support_desk.sources.zendesk.sign_in import SignIn
from support_desk.sources.zendesk.transport import pin, use_environment


class PinnedSession(requests.Session):
    """A session that talks to the configured helpdesk and to nobody else.

    `trust_env` is off, so that neither a `.netrc` nor a variable adds a credential; proxies and the
    authorities' bundle are taken from the environment here instead, since a helpdesk behind a
    company proxy needs them.
    """

    authorized = True
    """zenpy's sign that the session brings its own credentials."""

    def __init__(
        self, base: str, sign_in: SignIn, rates: Rates, limits: Limits, now: Callable[[], datetime]
    ) -> None:
        super().__init__()
        self._rates = rates
        self._base = base
        self._sign_in = sign_in
        self._answer: requests.Response | None = None
        self._now = now
        self.trust_env = False
        self.auth = sign_in
        self.headers["User-Agent"] = f"support-desk/{__version__}"
        self.headers["Accept"] = "application/json"
        use_environment(self, base)
        pin(self, base, limits)

    @property
    def may_write(self) -> bool:
        """Whether anything but a read may be sent: never here."""
        return False

    def take_answer(self) -> requests.Response | None:
        """The latest answer, once: what zenpy tripped over when its exception brings none along."""
        answer, self._answer = self._answer, None
        return answer

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send one request to the configured host, signing in again once if the token has ended.

        Raises `Throttled` and `Unreadable` (redirects) before zenpy sees the answer: zenpy would
        sleep in this thread for as long as the server says, again and again.
        """
        if request.method != "GET" and not self.may_write:
            raise NotAllowed(
                "Zendesk: a change was refused before it was sent: this connection only reads",
                "please report this, with the log",
            )
        kwargs["allow_redirects"] = False
        response = self._ask(request, kwargs)
        if response.status_code == HTTPStatus.UNAUTHORIZED and self._sign_in.renew(request):
            response = self._ask(request, kwargs)
        return response

    def _ask(self, request: requests.PreparedRequest, kwargs: dict[str, Any]) -> requests.Response:
        """Send, a read once more on a fresh connection where the other side closed the kept one meanwhile."""
        try:
            return self._send_once(request, kwargs)
        except requests.ConnectionError as error:
            if request.method != "GET" or not was_let_go(error):
                raise
        return self._send_once(request, kwargs)

    def _send_once(self, request: requests.PreparedRequest, kwargs: dict[str, Any]) -> requests.Response:
        self._rates.requests_made += 1
        self._answer = None
        response = self._answer = super().send(request, **kwargs)
        self._rates.note(response.headers)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise throttled(response, self._now())
        if response.status_code in REDIRECTS:
            raise redirected(response, self._base)
        return response
