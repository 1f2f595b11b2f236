"""The one way to OpsGenie over HTTP: keys, patience, and every failure as an error of the sources' own."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import ssl
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from support_desk.config.secrets import Secret, SecretError
from support_desk.sources.errors import (
    NotAllowed,
    NotThere,
    Rejected,
    SignInRefused,
    SourceError,
    Throttled,
    Unreachable,
    Unreadable,
    Unsent,
)
from support_desk.sources.opsgenie.answers import Answer, body_of, server_time_of
from support_desk.sources.opsgenie.bare_httpx import httpx
from support_desk.sources.opsgenie.faults import (
    fault_of_status,
    fault_of_transport,
    not_led_on,
    redirected,
    took_too_long,
    unanswered,
)


class Key(StrEnum):
    """Which of the account's keys a request is made with; the value is its name in `[opsgenie]`."""

    READ = "read_key"
    WRITE = "write_key"
    DEFAULT_API = "default_api_key"

    @property
    def words(self) -> str:
        return {"read_key": "reading key", "write_key": "writing key"}.get(
            self.value, "default integration's key"
        )


@dataclass(frozen=True, slots=True)
class Patience:
    """How long, in seconds, and how much, in bytes, one request may take."""

    connect: float = 3
    read: float = 15
    """Between two pieces of an answer."""
    total: float = 20
    """For the whole answer, however steadily it drips."""
    body: int = 16 * 2**20
    """Of the answer's body, unpacked."""
    values: int = 100_000
    """Of the answer: each takes memory and time on the event loop. A page of alerts has some 6,000."""
    names: float = 1.5
    """That a reading waits for the names behind its ids."""


_NETWORK_ERRORS = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    httpx.StreamError,
    OSError,  # TLS that breaks in the middle of an answer
    UnicodeError,  # a host name that can't be written in DNS
)
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
"""Failures before a request is on its way."""
_LET_GO = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
"""A connection that was closed before there was an answer."""
_NOT_TAKEN = (Unsent, SignInRefused, NotAllowed, NotThere, Rejected, Throttled)
"""Of a change: it surely wasn't taken."""


class _GenieKey(httpx.Auth):
    """Puts the key on the request itself, so that no frame of ours holds it in a variable."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"GenieKey {self._secret.reveal()}"
        yield request


class _Way:
    """How far a request has come, as httpcore tells it (its documentation, "Request Extensions", `trace`)."""

    def __init__(self) -> None:
        self.left = False
        """It is on its way to the service itself: a proxy has led us there, where there is one."""
        self.answered = False
        """The head of an answer has come."""

    async def note(self, event: str, told: Mapping[str, Any]) -> None:
        """Called by httpcore with every step."""
        if event == "http11.send_request_headers.started":
            self.left = told["request"].method != b"CONNECT"
        self.answered |= event == "http11.receive_response_body.started"


class Gateway:
    """Requests to one OpsGenie account over one connection pool.

    The pool is made at the first request, inside the running loop; reading the certificates takes tens of
    milliseconds and happens in a thread. Redirects are never followed, so a key never leaves for another
    host. Proxies and certificate stores may come from the environment, except for a loopback address.
    """

    def __init__(
        self,
        url: str,
        keys: Mapping[Key, Secret | None],
        *,
        patience: Patience,
        read_only: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`read_only`: every change is refused here, before anything is sent."""
        self.read_only = read_only
        self._url = url.rstrip("/")
        self._keys = keys
        self._patience = patience
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()
        self._fetching = asyncio.Lock()
        """Held so that requests that begin together ask the password manager once."""
        self._closed = False

    def has(self, key: Key) -> bool:
        """Whether this key is configured."""
        return self._keys.get(key) is not None

    async def get(
        self, path: str, params: Mapping[str, str] | None = None, *, key: Key = Key.READ, doing: str
    ) -> Answer:
        """Ask for `path`, already percent-encoded. `doing` says what for, as in "may not list alerts".

        Raises only members of the `SourceError` family, or the caller's cancellation.
        """
        return await self._exchange("GET", path, params, None, key=key, doing=doing)

    async def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        *,
        params: Mapping[str, str] | None = None,
        key: Key = Key.WRITE,
        doing: str,
    ) -> Answer:
        """Ask for a change, once. `Unanswered` if it may have arrived and nothing good came back.

        Every other member of the family means that the service surely hasn't taken it.
        """
        if self.read_only:
            raise NotAllowed(
                f"OpsGenie: this desk is read-only, so it doesn't {doing}",
                "leave the change to somebody who may make it",
            )
        fault: SourceError
        try:
            return await self._exchange(method, path, params, body, key=key, doing=doing)
        except _NOT_TAKEN:
            raise
        except SourceError as error:
            fault = unanswered(error)
        raise fault

    async def _exchange(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: Mapping[str, object] | None,
        *,
        key: Key,
        doing: str,
    ) -> Answer:
        secret = await self._secret(key)
        client = await self._open()
        fault: SourceError
        way = _Way()
        try:
            async with asyncio.timeout(self._patience.total):
                request = client.build_request(
                    method, self._url + path, params=params, json=body, extensions={"trace": way.note}
                )
                response = await _begun(client, request, _GenieKey(secret))
                try:
                    return await self._read(response, key, secret, doing, writing=method != "GET")
                finally:
                    await response.aclose()
        except TimeoutError:
            tunnel = not way.left and self._proxied()
            fault = not_led_on(self._host) if tunnel else took_too_long(self._patience.total)
        except _NETWORK_ERRORS as error:
            tunnel = not way.left and self._proxied()
            fault = fault_of_transport(error, self._host, tunnel=tunnel, answered=way.answered)
            if tunnel or isinstance(error, _NEVER_LEFT):
                fault = Unsent(fault.problem, fault.remedy)
        except RuntimeError:
            # httpx's way of saying that the client was closed under a request.
            if not self._closed:
                raise
            fault = _closed()
        # Raised out here, so that the library's error, which may quote what we sent, isn't its context.
        raise fault

    async def close(self) -> None:
        """Drop the connections at once; requests under way fail as unreachable."""
        self._closed = True
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    @property
    def _host(self) -> str:
        return urlsplit(self._url).hostname or ""

    def _proxied(self) -> bool:
        """Whether the environment has a proxy for our host, as the library finds it."""
        if self._transport is not None or is_loopback(self._host):
            return False
        from urllib.request import getproxies, proxy_bypass  # after a failure only

        return bool({"https", "all"} & getproxies().keys()) and not proxy_bypass(self._host)

    async def _secret(self, key: Key) -> Secret:
        """The secret of this key, fetched and fit for a header; reading falls back to the writing key."""
        candidates = [key, Key.WRITE] if key is Key.READ else [key]
        for candidate in candidates:
            secret = self._keys.get(candidate)
            if secret is None:
                continue
            async with self._fetching:
                if await _fetched(secret, candidate):
                    return secret
        raise SignInRefused(
            f"OpsGenie: no {key.words} is configured",
            f"set `[opsgenie] {key.value}_env`, `{key.value}_command` or `{key.value}_file`",
        )

    async def _open(self) -> httpx.AsyncClient:
        if self._closed:
            raise Unsent("OpsGenie: the connection was closed by this program", "start it again")
        async with self._opening:
            if self._client is None:
                self._client = await self._new_client()
            return self._client

    async def _new_client(self) -> httpx.AsyncClient:
        try:
            parts = urlsplit(self._url)
            secure, loopback = parts.scheme == "https", is_loopback(parts.hostname or "")
        except ValueError:
            secure = loopback = False
        if not secure and not (loopback and self._url.startswith("http://")):
            raise Unsent(
                "OpsGenie: `[opsgenie] url` isn't an https address",
                "write https://api.opsgenie.com, or https://api.eu.opsgenie.com for an account in the EU",
            )
        for name in ("httpx", "httpcore"):
            # At INFO they write every address asked for into the log, queries included.
            logging.getLogger(name).setLevel(logging.WARNING)
        try:
            tls = (
                await asyncio.to_thread(httpx.create_ssl_context)
                if secure
                else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            )
            return self._client_over(tls, trust_env=not loopback)
        except (OSError, ValueError, ImportError, httpx.InvalidURL):
            problem = "OpsGenie: the environment's proxy or certificates can't be used"
        raise Unsent(problem, "check HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR")

    def _client_over(self, tls: ssl.SSLContext, *, trust_env: bool) -> httpx.AsyncClient:
        patience = self._patience
        return httpx.AsyncClient(
            headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "support_desk"},
            timeout=httpx.Timeout(patience.read, connect=patience.connect),
            limits=httpx.Limits(max_connections=8, max_keepalive_connections=4, keepalive_expiry=30),
            follow_redirects=False,
            verify=tls,
            trust_env=trust_env,
            transport=self._transport,
        )

    async def _read(
        self, response: httpx.Response, key: Key, secret: Secret, doing: str, *, writing: bool
    ) -> Answer:
        patience = self._patience
        if response.has_redirect_location:
            raise redirected(response.headers["Location"], self._host)
        if response.is_success:
            body = await body_of(response, patience.body, patience.values, mend=not writing)
            return Answer(body, server_time_of(response))
        try:
            body = await body_of(response, patience.body, patience.values)
        except Unreadable:
            body = {}  # the status says enough; many a gateway sends a web page along with it
        raise fault_of_status(
            response.status_code,
            response.headers,
            body,
            key_words=key.words,
            key_name=key.value,
            doing=doing,
            hide=secret.reveal(),
            writing=writing,
        )


async def _begun(client: httpx.AsyncClient, request: httpx.Request, auth: httpx.Auth) -> httpx.Response:
    """The answer as far as its head.

    A read is sent once more, on a fresh connection, where the kept one was closed in the same moment by the
    other side; a change never is.
    """
    try:
        return await client.send(request, auth=auth, stream=True)
    except _LET_GO:
        if request.method != "GET":
            raise
    return await client.send(request, auth=auth, stream=True)


async def _fetched(secret: Secret, key: Key) -> bool:
    """Whether there is a key at all; raises `SignInRefused` for one that can't be had or sent."""
    try:
        # Fetching may run a password manager and wait for a person.
        value = await asyncio.to_thread(secret.reveal)
    except SecretError as error:
        fault = SignInRefused(f"OpsGenie: {error.problem}", error.remedy)
    else:
        if all("!" <= character <= "~" for character in value):
            return bool(value)
        fault = SignInRefused(
            f"OpsGenie: the {key.words} holds blanks or characters that no key has",
            f"look at what `[opsgenie] {key.value}` and its `_env`, `_command` or `_file` give",
        )
    raise fault


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _closed() -> SourceError:
    return Unreachable("OpsGenie: the connection was closed by this program", "start it again")
