"""A small HTTP server on loopback whose answers can be made to go wrong.

    def handle(request: Request) -> Answer:
        return json_answer({"path": request.path})

    with Server(handle) as server:
        server.fail("/search", throttled("7"))          # the next request there only
        server.fail("/search", html_page(), times=None)   # every one from now on
        client.get(server.url + "/search")
        assert server.requests[-1].headers["authorization"] == "..."

Real sockets, because what goes wrong between two programs mostly goes wrong there: half a body, a
connection that closes before the answer, silence.
"""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import sys
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""Of 127.0.0.1, signed by itself, with its key, which guards nothing."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent. Header names are in lower case."""

    method: str
    path: str
    """The path alone, still percent-encoded."""
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    def param(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.query.get(name, [default])[0]

    def json(self) -> Any:
        """The body as JSON, or None when it is empty."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sends, including the ways in which that can go wrong."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] = b""
    """An iterable is streamed (chunked), and pulled only as fast as the client reads."""
    claimed_length: int | None = None
    """What `Content-Length` says instead of the truth; more than the body is a truncated answer."""
    gzip: bool = False
    drop: bool = False
    """Close the connection without a word."""
    before: bytes | Iterable[bytes] = b""
    """Sent before the head, just as it is, or piece by piece."""
    hold: bool = False
    """Say nothing until the server is released or closed, then close the connection."""


Handler = Callable[[Request], Answer]


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(
        status, {"Content-Type": "application/json; charset=utf-8", **(headers or {})}, _json_bytes(value)
    )


def html_page(
    status: int = 200, text: str = "<html><body>Please sign in to the Wi-Fi</body></html>"
) -> Answer:
    """What a captive portal, a proxy or a maintenance page says."""
    return Answer(status, {"Content-Type": "text/html; charset=utf-8"}, text.encode())


def text_answer(status: int, text: str) -> Answer:
    return Answer(status, {"Content-Type": "text/plain; charset=utf-8"}, text.encode())


def cut_short(value: object) -> Answer:
    """Half of an answer; the connection closes though `Content-Length` promised all of it."""
    whole = _json_bytes(value)
    return replace(json_answer(value), body=whole[: len(whole) // 2], claimed_length=len(whole))


def half_json(value: object) -> Answer:
    """Half of an answer with an honest `Content-Length`: only the JSON is broken."""
    whole = _json_bytes(value)
    return replace(json_answer(value), body=whole[: len(whole) // 2])


def not_utf8() -> Answer:
    return Answer(200, {"Content-Type": "application/json"}, b'{"name": "caf\xe9 \xff\xfe"}')


def dropped() -> Answer:
    """The connection closes before any answer."""
    return Answer(drop=True)


def silence() -> Answer:
    """The request is read, and nothing ever comes back (until `Server.release` or the end)."""
    return Answer(hold=True)


def redirect(to: str, status: int = 302) -> Answer:
    return Answer(status, {"Location": to, "Content-Type": "text/html"}, b"<html>moved</html>")


def throttled(retry_after: str | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """429; `retry_after` is seconds or an HTTP date, as text."""
    wait = {} if retry_after is None else {"Retry-After": retry_after}
    return json_answer({"error": "APIRateLimitExceeded"}, 429, {**wait, **(headers or {})})


def huge(total: int, chunk: int = 1 << 16, *, compressed: bool = False) -> Answer:
    """`total` bytes of one JSON string, made as they are sent; nothing of it is held in memory."""

    def pieces() -> Iterator[bytes]:
        yield b'{"filler": "'
        block = b"x" * chunk
        for _ in range(total // chunk):
            yield block
        yield b'"}'

    return Answer(200, {"Content-Type": "application/json"}, pieces(), gzip=compressed)


def _json_bytes(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


@dataclass(slots=True)
class _Fault:
    path: str
    method: str | None
    answer: Answer | Handler
    left: int | None


class Server:
    """An HTTP/1.1 server on 127.0.0.1, its port chosen by the system unless one is given."""

    def __init__(self, handler: Handler, *, port: int = 0) -> None:
        self._handler = handler
        self._faults: list[_Fault] = []
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self.released = threading.Event()
        """Set when held answers may go: by `release`, and when the server closes."""
        self.requests: list[Request] = []
        """Every request so far, oldest first."""
        self.connections_made = 0
        self.bytes_sent = 0
        """Bytes of streamed bodies that clients have taken."""
        self._http = _Listener(self, port)
        self.port = int(self._http.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, name="simulator", daemon=True
        )

    def speak_tls(self) -> Path:
        """Speak HTTPS, which is to be said before it is entered; gives what clients have to trust."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.port}"
        return CERTIFICATE

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop at once, closing the connections that clients keep open."""
        self.released.set()
        self._http.shutdown()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was quicker
        self._http.server_close()
        self._thread.join(5)

    def release(self) -> None:
        """Let every held answer go: its connection closes."""
        self.released.set()

    def fail(
        self, path: str, answer: Answer | Handler, *, times: int | None = 1, method: str | None = None
    ) -> None:
        """Give this answer to the next requests whose path contains `path`; `times=None`: to all of them.

        Faults for the same path are used up in the order in which they were added.
        """
        with self._lock:
            self._faults.append(_Fault(path, method, answer, times))

    def heal(self) -> None:
        """Forget every fault."""
        with self._lock:
            self._faults.clear()

    def sent_to(self, path: str) -> list[Request]:
        """The requests whose path contains `path`."""
        return [request for request in self.requests if path in request.path]

    def answer(self, request: Request) -> Answer:
        """What to say to this request: a fault that waits for it, or the handler's own answer."""
        with self._lock:
            self.requests.append(request)
            fault = self._take_fault(request)
        if fault is None:
            return self._handler(request)
        return fault(request) if callable(fault) else fault

    def _take_fault(self, request: Request) -> Answer | Handler | None:
        for fault in self._faults:
            if fault.path not in request.path or fault.method not in {None, request.method}:
                continue
            if fault.left is not None:
                fault.left -= 1
                if fault.left == 0:
                    self._faults.remove(fault)
            return fault.answer
        return None

    def connected(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)
            self.connections_made += 1

    def disconnected(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.discard(connection)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, owner: Server, port: int) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", port), _Connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what many tests are about; anything else is a bug."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def setup(self) -> None:
        super().setup()
        self.server.owner.connected(self.connection)

    def finish(self) -> None:
        self.server.owner.disconnected(self.connection)
        super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's own name
        """Say nothing: tests read `Server.requests`."""

    def _any(self) -> None:
        owner = self.server.owner
        answer = owner.answer(self._request())
        if answer.hold:
            owner.released.wait()
        if answer.hold or answer.drop:
            self.close_connection = True
            return
        self._send(answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _any  # noqa: N815 - names that http.server looks for
    do_CONNECT = _any  # noqa: N815 - another one, asked of a proxy

    def _request(self) -> Request:
        split = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        return Request(
            self.command,
            split.path,
            parse_qs(split.query, keep_blank_values=True),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length) if length else b"",
        )

    def _send(self, answer: Answer) -> None:
        streamed = not isinstance(answer.body, bytes)
        headers = {"Date": formatdate(usegmt=True), **answer.headers}
        for piece in (answer.before,) if isinstance(answer.before, bytes) else answer.before:
            self.wfile.write(piece)
        if answer.gzip:
            headers["Content-Encoding"] = "gzip"
        if streamed:
            headers["Transfer-Encoding"] = "chunked"
            self._write_head(answer.status, headers)
            assert not isinstance(answer.body, bytes)
            self._stream(_gzipped(answer.body) if answer.gzip else answer.body)
            return
        assert isinstance(answer.body, bytes)
        body = gzip.compress(answer.body) if answer.gzip else answer.body
        length = len(body) if answer.claimed_length is None else answer.claimed_length
        headers.setdefault("Content-Length", str(length))
        self.close_connection |= length != len(body)
        self._write_head(answer.status, headers, b"" if self.command == "HEAD" else body)

    def _write_head(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        lines = [f"HTTP/1.1 {status} {self.responses.get(status, ('Unknown',))[0]}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        # One write, so that head and body never wait for each other's acknowledgement.
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def _stream(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            if piece:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.server.owner.bytes_sent += len(piece)
        self.wfile.write(b"0\r\n\r\n")


def _gzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=31)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()
