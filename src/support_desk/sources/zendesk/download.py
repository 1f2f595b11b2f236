"""Fetching an attachment: the one read that may leave the helpdesk's host, and then without credentials."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from support_desk.config.model import Zendesk
from support_desk.sources.errors import SourceError, Unreadable
from support_desk.sources.zendesk.bare_requests import requests
from support_desk.sources.zendesk.failures import (
    CAUGHT,
    REDIRECTS,
    Place,
    of_exception,
    of_status,
    throttled,
)
from support_desk.sources.zendesk.limits import Limits
from support_desk.sources.zendesk.rates import Rates
from support_desk.sources.zendesk.sign_in import SignIn
from support_desk.sources.zendesk.transport import BoundedAdapter, is_loopback, origin, use_environment

_MOST_HOPS = 5
_OK = range(200, 300)


def fetch_attachment(
    url: str, limit: int, settings: Zendesk, sign_in: SignIn, *, rates: Rates, limits: Limits
) -> bytes:
    """The content of an attachment, at most `limit` bytes.

    The credential is sent to the helpdesk's own address only, and only with the first request:
    content usually lies on another host, which a redirect names.
    """
    try:
        return _fetched(url, limit, settings, sign_in, rates=rates, limits=limits)
    except SourceError as error:
        if error.passing:
            # What nobody looks at isn't fetched again by itself.
            error.remedy = "fetch it again (a), or open the ticket in the browser (o)"
        raise


def _fetched(
    url: str, limit: int, settings: Zendesk, sign_in: SignIn, *, rates: Rates, limits: Limits
) -> bytes:
    place = Place.of(settings)
    base = settings.url.rstrip("/")
    bounded = replace(limits, body_bytes=limit, values=None)
    with requests.Session() as session:
        session.trust_env = False
        use_environment(session, base)
        adapter = BoundedAdapter(bounded, lambda to: _may_fetch(to, base), seconds=limits.download_seconds)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        for hop in range(_MOST_HOPS):
            # An empty function rather than None: None would mean the session's own credentials.
            own = hop == 0 and origin(url) == origin(base)
            rates.requests_made += 1
            try:
                response = session.get(url, auth=sign_in if own else _nobody, allow_redirects=False)
            except CAUGHT as error:
                raise of_exception(error, place, "the attachment") from None
            if response.status_code in _OK:
                return response.content
            if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                raise throttled(response, None)
            if response.status_code not in REDIRECTS:
                raise of_status(response, place, "the attachment")
            url = urljoin(url, response.headers.get("Location", ""))
    raise Unreadable(
        "Zendesk: the attachment is redirected again and again", "open the ticket in the browser"
    )


def _may_fetch(url: str, base: str) -> bool:
    """https anywhere; http only on this machine, and only while the helpdesk itself is a simulator here."""
    scheme = urlsplit(url).scheme.lower()
    return scheme == "https" or (scheme == "http" and is_loopback(url) and is_loopback(base))


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
