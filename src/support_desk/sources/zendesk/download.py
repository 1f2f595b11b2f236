"""Fetching an attachment: the one read that may leave the helpdesk's host, and then without credentials."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from support_desk.config.model import Zendesk
from support_desk.sources.errors import Rejected, SourceError, Unreadable
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
from support_desk.text import clean

_MOST_HOPS = 5
_OK = range(200, 300)
_BY_HAND = "open the ticket in the browser (o)"


def fetch_attachment(
    url: str,
    limit: int,
    content_type: str,
    settings: Zendesk,
    sign_in: SignIn,
    *,
    rates: Rates,
    limits: Limits,
) -> bytes:
    """The content of an attachment, at most `limit` bytes, and no page unless `content_type` says so.

    The credential is sent to the helpdesk's own address only, and only with the first request:
    content usually lies on another host, which a redirect names.
    """
    try:
        response = _fetched(url, limit, settings, sign_in, rates=rates, limits=limits)
    except SourceError as error:
        if error.passing:
            # What nobody looks at isn't fetched again by itself.
            error.remedy = f"fetch it again (a), or {_BY_HAND}"
        raise
    except ValueError:
        raise Unreadable("Zendesk: the attachment's address can't be read", _BY_HAND) from None
    if content_type and _is_page(response.headers.get("Content-Type", "")) and not _is_page(content_type):
        raise Unreadable("Zendesk: a web page came in the place of the attachment", _BY_HAND)
    return response.content


def _fetched(
    url: str, limit: int, settings: Zendesk, sign_in: SignIn, *, rates: Rates, limits: Limits
) -> requests.Response:
    """The answer that isn't a redirect. Raises `ValueError` for an address that is none."""
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
            at_home = origin(url) == origin(base)
            own = at_home and hop == 0
            there = place if at_home else replace(place, host=str(clean(urlsplit(url).hostname or "", 100)))
            rates.requests_made += 1
            try:
                # An empty function rather than None: None would mean the session's own credentials.
                auth = sign_in if own else _nobody
                response = session.get(url, auth=auth, allow_redirects=False)
                refused = own and response.status_code == HTTPStatus.UNAUTHORIZED
                if refused and sign_in.renew(response.request):
                    response = session.get(url, auth=auth, allow_redirects=False)
            except CAUGHT as error:
                fault = of_exception(error, there, "the attachment")
                if not at_home:
                    fault.remedy = _BY_HAND
                raise fault from None
            if response.status_code in _OK:
                return response
            if response.status_code not in REDIRECTS:
                raise _refusal(response, there, own=own)
            url = urljoin(url, response.headers.get("Location", ""))
    raise Unreadable("Zendesk: the attachment is redirected again and again", _BY_HAND)


def _refusal(response: requests.Response, there: Place, *, own: bool) -> SourceError:
    status = response.status_code
    if not own and status < HTTPStatus.INTERNAL_SERVER_ERROR:
        # Nobody signed in there: neither the credential nor its rights are to be looked at.
        problem = f"Zendesk: the attachment: {there.host}, where it lies, answers with {status}"
        return Rejected(problem, _BY_HAND, status=status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return throttled(response, None)
    return of_status(response, there, "the attachment")


def _is_page(content_type: str) -> bool:
    return "html" in content_type.lower()


def _may_fetch(url: str, base: str) -> bool:
    """https anywhere; http only on this machine, and only while the helpdesk itself is a simulator here."""
    scheme = urlsplit(url).scheme.lower()
    return scheme == "https" or (scheme == "http" and is_loopback(url) and is_loopback(base))


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
