"""Every way in which Zendesk, zenpy or the network can fail, in the words of `sources.errors`.

Nothing here repeats an exception's own text: zenpy's holds whole bodies, requests' holds headers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.parse import urljoin, urlsplit

from support_desk.config.model import Zendesk
from support_desk.sources.certificates import why_untrusted
from support_desk.sources.errors import (
    NotAllowed,
    NotThere,
    Rejected,
    ServiceDown,
    SignInRefused,
    SourceError,
    Throttled,
    Unreachable,
    Unreadable,
)
from support_desk.sources.zendesk.bare_requests import requests, urllib3_errors
from support_desk.sources.zendesk.quiet_zenpy import zenpy_errors as zp
from support_desk.sources.zendesk.rates import retry_after
from support_desk.text import clean

rq = requests.exceptions

REDIRECTS = frozenset({301, 302, 303, 307, 308})

_CHECK_URL = "check [zendesk] url"
_CHECK_PROXY = "check HTTPS_PROXY and NO_PROXY"
IF_IT_LASTS = "if it lasts, open the helpdesk in a browser"
_NOT_ZENDESK = "open the helpdesk in a browser: a network's sign-in page or a proxy may be in the way"


@dataclass(frozen=True, slots=True)
class Place:
    """Whom we talk to, and how we sign in: what a message may name."""

    host: str
    auth: str
    """`oauth`, `oauth_user` or `token`."""
    secrets: Callable[[], Iterable[str]] = tuple
    """What no message may hold, even if the service repeats it."""

    @classmethod
    def of(cls, settings: Zendesk, secrets: Callable[[], Iterable[str]] = tuple) -> Place:
        """The helpdesk of a configuration."""
        host = str(clean(urlsplit(settings.url).netloc, 100)) or "[zendesk] url"
        return cls(host, settings.auth, secrets)

    @property
    def credential_remedy(self) -> str:
        """What to do where the sign-in itself is refused."""
        if self.auth == "token":
            return "check [zendesk] email and token; Zendesk switches off tokens that rest for 30 days"
        if self.auth == "oauth_user":
            return "sign in again: support-desk login zendesk"
        return self.client_remedy

    @property
    def client_remedy(self) -> str:
        """What to do where the OAuth client is refused, whoever signs in through it."""
        return "check [zendesk] client_id and client_secret in Zendesk's Admin Centre"

    @property
    def rights_remedy(self) -> str:
        """What to do where somebody is signed in who may not do this."""
        if self.auth == "token":
            return "ask an administrator about the role of the agent in [zendesk] email"
        if self.auth == "oauth_user":
            return "ask an administrator about your role; to sign in anew: support-desk login zendesk"
        return "ask an administrator about the OAuth client's scopes (read, write) and its owner's role"


def broken_off() -> SourceError:
    """The connection ended in the middle of an answer."""
    return Unreadable("Zendesk: the answer broke off before its end", IF_IT_LASTS, passing=True)


def not_unpacked() -> SourceError:
    """The answer says that it is packed in a way that it isn't."""
    return Unreadable("Zendesk: the answer can't be unpacked", _NOT_ZENDESK)


def too_slow(seconds: float) -> SourceError:
    """The answer wasn't whole within the time that a request has."""
    return Unreachable(f"Zendesk: no full answer within {seconds:.3g} seconds", IF_IT_LASTS, passing=True)


def too_big(size: int) -> SourceError:
    """The answer went on beyond `size` bytes."""
    return Unreadable(
        f"Zendesk: an answer larger than {size / 1e6:.3g} MB was given up",
        "check that [zendesk] url is the helpdesk's own address; open a large file in the browser",
    )


def too_many(what: str) -> SourceError:
    """The answer holds more than any page of the helpdesk's: more than `what`, such as "5,000 rows"."""
    return Unreadable(
        f"Zendesk: an answer of more than {what} was given up",
        "check that [zendesk] url is the helpdesk's own address",
    )


def throttled(response: requests.Response, now: datetime | None) -> SourceError:
    """429: the account's requests of this minute are used up; with how long Zendesk asks us to wait."""
    wait = retry_after(response.headers, now)
    return Throttled(
        "Zendesk: too many requests" + (f", asked to wait {wait:.0f} s" if wait else ""),
        "a longer [polling] tickets or a smaller [polling] budget asks less",
        status=HTTPStatus.TOO_MANY_REQUESTS,
        retry_after=wait,
        passing=True,
        request_id=_request_id(response),
    )


def redirected(response: requests.Response, base: str) -> SourceError:
    """A redirect is never followed: the credential would go along."""
    target = urlsplit(urljoin(base, response.headers.get("Location", "")))
    host = clean(target.hostname or "", 100)
    own = urlsplit(base).hostname
    problem = (
        f"Zendesk: the answer redirects to {host}, which isn't the configured host"
        if host and host != own
        else "Zendesk: the answer redirects to another address of the helpdesk"
    )
    return Unreadable(
        problem, f"{_CHECK_URL}: the helpdesk may have been renamed", status=response.status_code
    )


def not_json(response: requests.Response) -> SourceError:
    """A good status with something else than Zendesk's JSON in it."""
    kind = response.headers.get("Content-Type", "")
    what = "a web page" if "html" in kind.lower() else "not the JSON that was expected"
    return Unreadable(
        f"Zendesk: the answer isn't the helpdesk's ({what})", _NOT_ZENDESK, status=response.status_code
    )


def of_status(response: requests.Response, place: Place, what: str) -> SourceError:
    """The error of an answer's status; `what` was being done, such as "ticket 5"."""
    status = response.status_code
    code, said = _envelope(response)
    about = f" ({said})" if said and not any(secret in said for secret in place.secrets()) else ""
    extra: dict[str, Any] = {"status": status, "request_id": _request_id(response)}
    if status == HTTPStatus.UNAUTHORIZED:
        return SignInRefused("Zendesk: the sign-in was refused", place.credential_remedy, **extra)
    if status == HTTPStatus.FORBIDDEN:
        return NotAllowed(f"Zendesk: {what}: not allowed{about}", place.rights_remedy, **extra)
    if status in {404, 410}:
        if code == "RecordNotFound" and what.startswith("ticket "):
            return NotThere(
                f"Zendesk: {what}: not there",
                "it may have been deleted or merged, or be out of sight",
                **extra,
            )
        if code == "InvalidEndpoint":
            return NotThere(
                f"Zendesk: {what}: this helpdesk doesn't have it",
                "the plan may not include it; otherwise " + _CHECK_URL,
                **extra,
            )
        return NotThere(f"Zendesk: {what}: nothing there on {place.host}", _CHECK_URL, **extra)
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return _proxy_wants_a_sign_in(**extra)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return ServiceDown(
            f"Zendesk: {what}: the service is in trouble ({status})",
            "see status.zendesk.com; " + IF_IT_LASTS,
            retry_after=retry_after(response.headers),
            passing=True,
            **extra,
        )
    if status >= HTTPStatus.BAD_REQUEST:
        remedy = "check [zendesk] scope" if what == "the queue" and status in {400, 422} else "try again"
        return Rejected(f"Zendesk: {what}: refused with {status}{about}", remedy, **extra)
    return Unreadable(f"Zendesk: {what}: an unexpected answer ({status})", _NOT_ZENDESK, **extra)


def of_exception(
    error: Exception, place: Place, what: str, answer: requests.Response | None = None
) -> SourceError:
    """The error of an exception of requests, zenpy, or Python's own where zenpy lets those through.

    `answer` is what zenpy was reading, if anything: a bad status says more than how zenpy took it.
    """
    if isinstance(error, SourceError):
        return error
    if answer is not None and not answer.ok:
        return of_status(answer, place, what)
    if any(_PROXYS_SIGN_IN in str(part) for part in causes(error)):
        return _proxy_wants_a_sign_in()
    if was_let_go(error):
        return Unreachable(
            f"Zendesk: {place.host} closed the connection without an answer", IF_IT_LASTS, passing=True
        )
    if came_from_an_answer(error):
        return _confused(place)
    if why := why_untrusted(causes(error)):
        return _certificate(place, why)
    for kind in type(error).__mro__:
        describe = BY_CLASS.get(kind)
        if describe is not None:
            return describe(place)
    return _confused(place)


def was_let_go(error: BaseException) -> bool:
    """Whether the other side closed the connection before the first byte of an answer."""
    gone = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)
    return isinstance(error, OSError) and any(isinstance(part, gone) for part in causes(error))


def came_from_an_answer(error: BaseException) -> bool:
    """Whether something answered, and not in HTTP: a head that can't be read, or that contradicts itself."""
    return isinstance(error, rq.RequestException) and any(
        isinstance(part, (HTTPException, urllib3_errors.InvalidHeader)) for part in causes(error)
    )


_DEEPEST = 12


def causes(error: BaseException, depth: int = _DEEPEST) -> Iterator[BaseException]:
    """An exception and what it wraps: libraries put the cause among the arguments, or beside them."""
    yield error
    if depth:
        inner = [*error.args, getattr(error, "reason", None)]
        for part in inner:
            if isinstance(part, BaseException) and part is not error:
                yield from causes(part, depth - 1)


def _no_connection(place: Place) -> SourceError:
    return Unreachable(f"Zendesk: no connection to {place.host}", f"check the network and {_CHECK_URL[6:]}")


def _timed_out(place: Place) -> SourceError:
    return Unreachable(f"Zendesk: {place.host} didn't answer in time", IF_IT_LASTS, passing=True)


def _proxy(place: Place) -> SourceError:
    return Unreachable(f"Zendesk: the proxy didn't connect to {place.host}", _CHECK_PROXY)


def _proxy_wants_a_sign_in(**extra: Any) -> SourceError:
    return Unreachable("Zendesk: the proxy wants a sign-in of its own", _CHECK_PROXY, **extra)


_PROXYS_SIGN_IN = "Tunnel connection failed: 407"
"""Python's own words; nothing else of its exception has the status."""


def _certificate(place: Place, why: str = "") -> SourceError:
    return Unreachable(
        f"Zendesk: no trusted TLS connection to {place.host}{why}",
        "check the date of this machine and REQUESTS_CA_BUNDLE; don't sign in to a network that intercepts",
    )


def _address(place: Place) -> SourceError:
    # The configuration's address was looked at when it was read; the proxy's never was.
    return Unreachable(
        f"Zendesk: the address {place.host}, or the environment's proxy for it, can't be used",
        f"{_CHECK_URL}, HTTPS_PROXY and ALL_PROXY",
    )


def _broken_off(_: Place) -> SourceError:
    return broken_off()


def _credential(place: Place) -> SourceError:
    return SignInRefused("Zendesk: the credential has characters that can't be sent", place.credential_remedy)


def _confused(_: Place) -> SourceError:
    return Unreadable("Zendesk: the answer isn't the helpdesk's", _NOT_ZENDESK)


def _asked_to_wait(_: Place) -> SourceError:
    return Throttled(
        "Zendesk: too many requests",
        "wait a little: other tools of the account use the same allowance",
        status=HTTPStatus.TOO_MANY_REQUESTS,
    )


BY_CLASS: dict[type[BaseException], Callable[[Place], SourceError]] = {
    rq.RequestException: _no_connection,
    rq.ConnectionError: _no_connection,
    rq.RetryError: _no_connection,
    rq.HTTPError: _confused,
    rq.Timeout: _timed_out,
    rq.ConnectTimeout: _timed_out,
    rq.ReadTimeout: _timed_out,
    rq.ProxyError: _proxy,
    rq.InvalidProxyURL: _proxy,
    rq.SSLError: _certificate,
    rq.URLRequired: _address,
    rq.MissingSchema: _address,
    rq.InvalidSchema: _address,
    rq.InvalidURL: _address,
    rq.InvalidHeader: _credential,
    rq.ChunkedEncodingError: _broken_off,
    rq.ContentDecodingError: lambda _: not_unpacked(),
    rq.StreamConsumedError: _broken_off,
    rq.UnrewindableBodyError: _broken_off,
    rq.InvalidJSONError: _confused,
    rq.JSONDecodeError: _confused,
    rq.TooManyRedirects: _confused,
    zp.ZenpyException: _confused,
    zp.ZenpyCacheException: _confused,
    zp.RatelimitBudgetExceeded: _asked_to_wait,
    zp.APIException: _confused,
    zp.RecordNotFoundException: _confused,
    zp.TooManyValuesException: _confused,
    zp.SearchResponseLimitExceeded: _confused,
    urllib3_errors.LocationValueError: _address,
    UnicodeError: _address,
    OSError: _no_connection,
    ValueError: _confused,
    AttributeError: _confused,
    LookupError: _confused,
    TypeError: _confused,
    RecursionError: _confused,
}
"""What each class means; a class that isn't here is what its nearest parent here is."""

CAUGHT = (
    zp.ZenpyException,
    zp.APIException,
    rq.RequestException,
    OSError,
    ValueError,
    AttributeError,
    LookupError,
    TypeError,
    RecursionError,
)
"""What may come out of a call through zenpy: the last five where it trips over an odd answer."""


def _envelope(response: requests.Response) -> tuple[str, str]:
    """The error's code and Zendesk's sentence about it, from any of its four shapes; empty if none."""
    try:
        body = json.loads(response.content[:_ENVELOPE_BYTES])
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    error = body.get("error")
    if isinstance(error, dict):
        return _word(error.get("title")), _sentence(error.get("message"))
    errors = body.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return _word(errors[0].get("code")), _sentence(errors[0].get("title"))
    return _word(error), _sentence(body.get("description"))


_ENVELOPE_BYTES = 64 * 1024


def _word(value: object) -> str:
    return str(clean(value, 80)) if isinstance(value, str) else ""


def _sentence(value: object) -> str:
    return str(clean(value, 160)).rstrip(".") if isinstance(value, str) else ""


def _request_id(response: requests.Response) -> str | None:
    return str(clean(response.headers.get("X-Request-Id", ""), 80)) or None
