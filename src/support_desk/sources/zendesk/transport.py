"""What lies under any request: bounded answers, one host, the environment's proxies."""

from __future__ import annotations

import io
import os
import ssl
import time
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from support_desk.sources.errors import SourceError, Unreadable
from support_desk.sources.json_size import has_more_values
from support_desk.sources.zendesk.bare_requests import (
    requests,
    urllib3_connection,
    urllib3_errors,
    urllib3_pool,
)
from support_desk.sources.zendesk.failures import (
    broken_off,
    not_unpacked,
    too_big,
    too_many,
    too_slow,
)
from support_desk.sources.zendesk.limits import Limits
from support_desk.text import clean

if TYPE_CHECKING:
    from socket import socket

    from _typeshed import WriteableBuffer

_CHUNK = 64 * 1024
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


_MOST_HERALDS = 10


class _Answer(HTTPResponse):
    """An answer without what may come before it (103, "Early Hints"): Python passes over a 100 only."""

    def begin(self) -> None:
        super().begin()
        for _ in range(_MOST_HERALDS):
            if self.status >= HTTPStatus.OK or self.status == HTTPStatus.SWITCHING_PROTOCOLS:
                return
            # As it was before the first line had been read.
            vars(self).update(headers=None, msg=None)
            super().begin()


class _Timely(io.RawIOBase):
    """What arrives at a socket, until a moment: its own time-out is for one piece, however small."""

    def __init__(self, raw: io.RawIOBase, sock: socket, until: float) -> None:
        self._raw = raw
        self._sock = sock
        self._piece = sock.gettimeout()
        self._until = until

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        """Raises `TimeoutError` once the moment has come."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left if self._piece is None else min(self._piece, left))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Close the file; the socket lives for as long as its connection wants it."""
        self._raw.close()
        super().close()


def _connections(
    until: Callable[[], float],
) -> tuple[type[urllib3_connection.HTTPConnection], type[urllib3_connection.HTTPSConnection]]:
    """Connections, plain and secure, whose answers are whole at that moment, head and all, or given up."""

    class Answer(_Answer):
        def __init__(self, sock: socket, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            self.fp = io.BufferedReader(_Timely(self.fp.detach(), sock, until()))

    class Plain(urllib3_connection.HTTPConnection):
        response_class = Answer

    class Secure(urllib3_connection.HTTPSConnection):
        response_class = Answer

        def connect(self) -> None:
            try:
                super().connect()
            except ssl.SSLCertVerificationError:
                raise
            except (OSError, HTTPException) as error:
                if self.proxy is None:
                    raise
                # Nothing was sent yet, and it's the proxy who was to lead us there, whatever came of it.
                raise urllib3_errors.ProxyError(str(error), OSError()) from None

    return Plain, Secure


class BoundedAdapter(requests.adapters.HTTPAdapter):
    """Reads every body here, within a size and a time, and sends nothing twice."""

    def __init__(
        self, limits: Limits, allowed: Callable[[str], bool], *, seconds: float | None = None
    ) -> None:
        super().__init__(max_retries=0)
        self._limits = limits
        self._allowed = allowed
        self._seconds = limits.total_seconds if seconds is None else seconds
        self._until = 0.0
        self._plain, self._secure = _connections(lambda: self._until)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> urllib3_pool.HTTPConnectionPool:
        """The connections to a host."""
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        secure = isinstance(pool, urllib3_pool.HTTPSConnectionPool)
        pool.ConnectionCls = self._secure if secure else self._plain
        return pool

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send, and read the whole body. Raises `Unreadable`, `Unreachable` and requests' own errors."""
        if not self._allowed(request.url or ""):
            host = clean(urlsplit(request.url or "").hostname or "no host", 80)
            raise Unreadable(
                f"Zendesk: an address on {host} was refused",
                "only the helpdesk of [zendesk] url is talked to",
            )
        self._until = time.monotonic() + self._seconds
        kwargs["stream"] = True
        kwargs["timeout"] = (self._limits.connect_seconds, self._limits.read_seconds)
        response = super().send(request, *args, **kwargs)
        try:
            body = self._body(response)
        except SourceError:
            response.close()
            if response.status_code < HTTPStatus.MULTIPLE_CHOICES:
                raise
            body = b""  # the status says enough
        except BaseException:
            # An interrupt as well: the rest of a body would be taken for the next answer.
            response.close()
            raise
        response.raw = io.BytesIO(body)
        return response

    def _body(self, response: requests.Response) -> bytes:
        body = bytearray()
        if "," in response.headers.get("Content-Encoding", ""):
            # Packed twice: urllib3 before 2.6 unpacks the inner one whole, and a few bytes fill the memory.
            raise not_unpacked()
        try:
            # `read1` returns what has arrived: `read` would wait for a full chunk, however slowly it comes.
            while piece := response.raw.read1(_CHUNK, decode_content=True):
                body += piece
                if len(body) > self._limits.body_bytes:
                    raise too_big(self._limits.body_bytes)
        except urllib3_errors.ReadTimeoutError:
            over = time.monotonic() >= self._until
            raise too_slow(self._seconds if over else self._limits.read_seconds) from None
        except urllib3_errors.DecodeError:
            raise not_unpacked() from None
        except (urllib3_errors.HTTPError, HTTPException, OSError):
            raise broken_off() from None
        if self._limits.values is not None and has_more_values(body, self._limits.values):
            raise too_many(f"{self._limits.values:,} values")
        return bytes(body)


def pin(session: requests.Session, base: str, limits: Limits) -> None:
    """Refuse every address but those of `base`: the same scheme, host and port."""
    own = origin(base)
    adapter = BoundedAdapter(limits, lambda url: origin(url) == own)
    for scheme in list(session.adapters):
        session.mount(scheme, adapter)


def use_environment(session: requests.Session, base: str) -> None:
    """The environment's proxies and authorities; never a proxy for a loopback address."""
    if urlsplit(base).hostname not in _LOOPBACK:
        session.proxies.update(requests.utils.get_environ_proxies(base))
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    if bundle:
        session.verify = bundle


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address, comparable; a port that can't be one makes it nobody's."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        return ("", "", None)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return (parts.scheme.lower(), (parts.hostname or "").lower(), port or default)


def is_loopback(url: str) -> bool:
    """Whether an address is this machine's own."""
    return urlsplit(url).hostname in _LOOPBACK
