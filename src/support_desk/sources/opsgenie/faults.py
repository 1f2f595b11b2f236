"""OpsGenie's refusals and the network's failures, as the sources' own errors.

Meanings of the statuses: OpsGenie's documentation of its responses; the sub-codes 40301 (not permitted, or
no such thing) and 40302 (not supported) come in the body.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from support_desk.sources.certificates import why_untrusted
from support_desk.sources.errors import (
    NotAllowed,
    NotThere,
    NotYet,
    Rejected,
    ServiceDown,
    SignInRefused,
    SourceError,
    Throttled,
    Unanswered,
    Unreachable,
    Unreadable,
    Unsent,
)
from support_desk.sources.opsgenie.bare_httpx import httpx
from support_desk.text import clean

NETWORK = "check the network"
SWITCHED_OFF = (
    "OpsGenie may have been switched off (its API ends by 5 April 2027): ask the account's owner where its "
    "alerts are"
)
"""Short: a pane of 80 columns has three lines for what is wrong and what to do about it."""
_PROXY = "check HTTPS_PROXY, ALL_PROXY and NO_PROXY"
LOOK_IN_BETWEEN = "check `[opsgenie] url`, and whether a proxy or a sign-in page stands in between"
_SIGN_IN_TO_PROXY = ("OpsGenie: the proxy wants a sign-in of its own", _PROXY)
LONGEST_WAIT = 3600.0

_ON_THE_WAY: dict[int, tuple[type[SourceError], str, str]] = {
    407: (Unsent, *_SIGN_IN_TO_PROXY),
    408: (ServiceDown, "OpsGenie gave up waiting for our request (HTTP 408)", NETWORK),
}
"""Refusals that say nothing of what was asked."""

_REFUSED_QUESTION = "check `[opsgenie] query` and the names in `[rota]`"
_REFUSED_CHANGE = "look at the alert, change what was refused, and send it again"

_NOT_SUPPORTED = 40302
_PAYMENT_REQUIRED = 402
_GONE = 410
_UNPROCESSABLE = 422
_KEY_WORDS = re.compile(r"(?i)\bkey format\b|\b(?:api|genie) ?key\b")
_INTEGRATION_KEY = re.compile(r"(?i)api integration")


def took_too_long(seconds: float) -> Unreachable:
    """The answer wasn't there, or not whole, after so many seconds."""
    return Unreachable(f"OpsGenie gave no whole answer within {seconds:g} s", NETWORK)


def unanswered(error: SourceError) -> Unanswered:
    """What an error of this family means for a change that may have arrived."""
    return Unanswered(
        f"sent, and it isn't known whether it was done: {error.problem}",
        "it is looked up before anything is sent again",
        status=error.status,
        request_id=error.request_id,
    )


def redirected(location: str, own_host: str) -> Unreadable:
    """An API that redirects isn't the API; the key was not sent along."""
    try:
        host = urlsplit(location).hostname or own_host
    except ValueError:
        host = "an address that can't be read"
    return Unreadable(
        f"OpsGenie's address sends us on to {clean(host, 100)}; not followed, so that no key goes there",
        LOOK_IN_BETWEEN,
    )


def not_led_on(host: str) -> Unsent:
    """A proxy that was reached, and that led nowhere: nothing was sent to the service."""
    return Unsent(f"OpsGenie: the proxy didn't connect to {clean(host, 100)}", _PROXY)


def fault_of_transport(
    error: Exception, host: str, *, tunnel: bool = False, answered: bool = True
) -> SourceError:
    """What the network's failure means; none of the library's own words are kept, they may quote us.

    `tunnel`: a proxy of the environment was still to lead us to the host. `answered`: the head of an answer
    had come by then.
    """
    host = clean(host, 100)
    if fault := _unconnected(error, host, tunnel=tunnel):
        return fault
    if not answered and _is_garbled(error):
        return Unreadable("OpsGenie: what answers doesn't speak HTTP", LOOK_IN_BETWEEN)
    match error:
        case httpx.ConnectTimeout():
            return Unreachable(f"OpsGenie: {host} doesn't take the connection in time", NETWORK)
        case httpx.PoolTimeout():
            return Unreachable("OpsGenie: too many requests of ours are still waiting", NETWORK)
        case httpx.TimeoutException():
            return Unreachable("OpsGenie stopped answering", NETWORK)
        case httpx.ConnectError():
            return Unreachable(f"OpsGenie: no connection to {host}", NETWORK)
        case httpx.InvalidURL() | httpx.UnsupportedProtocol() | UnicodeError():
            return Unreachable("OpsGenie: the address can't be used", "check `[opsgenie] url`")
        case httpx.DecodingError() | httpx.TooManyRedirects() | httpx.HTTPStatusError():
            return Unreadable("OpsGenie's answer can't be read", NETWORK)
        case _:
            return Unreachable("OpsGenie: the connection broke off", NETWORK)


def _unconnected(error: Exception, host: str, *, tunnel: bool) -> SourceError | None:
    """What kept us from a connection, where that shows in the error's causes."""
    causes = _causes(error)
    if isinstance(error, httpx.ProxyError):
        signs_in = str(error).startswith("407")
        return Unreachable(*(_SIGN_IN_TO_PROXY if signs_in else ("OpsGenie: the proxy refuses", _PROXY)))
    trust = ssl.SSLCertVerificationError if tunnel else ssl.SSLError
    untrusted = any(isinstance(cause, trust) and not isinstance(cause, _WAITING) for cause in causes)
    if tunnel and not untrusted:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return Unreachable(f"OpsGenie: no connection to the proxy for {host}", _PROXY)
        return not_led_on(host)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Unreachable(
            f"OpsGenie: the name {host} has no address", f"check the network; if others work, {SWITCHED_OFF}"
        )
    if untrusted:
        return Unreachable(
            f"OpsGenie: no trusted connection to {host} (TLS){why_untrusted(causes)}",
            "check the machine's clock and SSL_CERT_FILE, and whether a proxy stands in between",
        )
    return None


def _is_garbled(error: Exception) -> bool:
    """Whether what came breaks the rules of HTTP; a connection that closed too early isn't among it."""
    from h11 import RemoteProtocolError  # what httpx reads with: it is there by now

    return any(isinstance(cause, RemoteProtocolError) for cause in _causes(error))


_WAITING = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""Not failures: every wait over TLS stands on one, and so does every wait that takes too long."""


def _causes(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain


def fault_of_status(
    status: int,
    headers: Mapping[str, str],
    body: Mapping[str, object],
    *,
    key_words: str,
    key_name: str,
    doing: str,
    hide: str,
    writing: bool = False,
) -> SourceError:
    """What a refusal means. `hide` is taken out of the service's words, in case it quotes the key."""
    request_id = clean(headers.get("X-Request-ID", "") or _text(body.get("requestId")), 100) or None
    said = _said(body, hide)

    def fault(
        kind: type[SourceError], problem: str, remedy: str, retry_after: float | None = None
    ) -> SourceError:
        return kind(problem, remedy, status=status, retry_after=retry_after, request_id=request_id)

    if status == _UNPROCESSABLE and _KEY_WORDS.search(said):
        # The form of a key is looked at before anything else, and complained about in its own way.
        problem = f"OpsGenie: the {key_words} doesn't have a key's form"
        return fault(SignInRefused, problem, f"check `[opsgenie] {key_name}`")
    match status, status // 100:
        case 401, _:
            remedy = f"check `[opsgenie] {key_name}` and that its integration is switched on"
            return fault(SignInRefused, f"OpsGenie refuses the {key_words}", remedy)
        case 402 | 403, _:
            return fault(
                NotAllowed, *_forbidden(status, body.get("code"), said, (key_words, key_name), doing)
            )
        case 404 | 410, _:
            return fault(*_missing(status, headers, doing))
        case 429, _:
            remedy = "wait a little: other tools of the account use the same allowance"
            return fault(Throttled, "OpsGenie asks us to wait", remedy, _wait(headers))
        case 407 | 408, _:
            return fault(*_ON_THE_WAY[status])
        case _, 4:
            problem = f"OpsGenie can't {doing}" + (f": {said}" if said else f" (HTTP {status})")
            return fault(Rejected, problem, _REFUSED_CHANGE if writing else _REFUSED_QUESTION)
        case _, 5:
            problem = f"OpsGenie is out of order (HTTP {status})"
            return fault(ServiceDown, problem, "if it lasts, see opsgenie.status.atlassian.com")
        case _:
            return fault(Unreadable, f"OpsGenie answered with HTTP {status}", NETWORK)


def _missing(status: int, headers: Mapping[str, str], doing: str) -> tuple[type[SourceError], str, str]:
    if status == _GONE:
        return NotThere, f"OpsGenie: gone for good, can't {doing}", SWITCHED_OFF
    if headers.get("X-Opsgenie-Errortype", "") == "RequestNotProcessed":
        return NotYet, "OpsGenie hasn't worked off the request yet", "ask again in a moment"
    remedy = f"it may have been deleted; if everything is missing, {SWITCHED_OFF}"
    return NotThere, f"OpsGenie: nothing there to {doing}", remedy


def _forbidden(status: int, code: object, said: str, key: tuple[str, str], doing: str) -> tuple[str, str]:
    """Problem and remedy of a refusal that isn't about who we are but about what we may do."""
    key_words, key_name = key
    if status == _PAYMENT_REQUIRED:
        return f"OpsGenie: the account's plan doesn't let us {doing}", "ask the account's owner"
    if code == _NOT_SUPPORTED:
        return f"OpsGenie doesn't support this for the account: can't {doing}", "ask the account's owner"
    if _INTEGRATION_KEY.search(said):
        return (
            f"OpsGenie: the {key_words} may not {doing}: only an API integration's key may",
            f"give the key of an API integration as `[opsgenie] {key_name}`",
        )
    return (
        f"OpsGenie: the {key_words} may not {doing}, or there is no such thing",
        f"give `[opsgenie] {key_name}` the right, and check the names in the configuration",
    )


def _said(body: Mapping[str, object], hide: str) -> str:
    """The service's own explanation, in one line."""
    parts = [_text(body.get("message"))]
    errors = body.get("errors")
    if isinstance(errors, dict):
        parts += [f"{name} {_text(text)}" for name, text in list(errors.items())[:5]]
    return clean("; ".join(part.rstrip(".") for part in parts if part).replace(hide, "********"), 300)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _wait(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait: the length of the window, since OpsGenie documents no `Retry-After`."""
    waits = []
    for name in ("X-RateLimit-Period-In-Sec", "Retry-After"):
        try:
            waits.append(float(headers.get(name, "")))
        except ValueError:
            continue
    usable = [wait for wait in waits if 0 <= wait < float("inf")]
    return min(max(usable), LONGEST_WAIT) if usable else None
