"""Whatever comes back from OpsGenie, or doesn't: one of the sources' errors, and never a key in it."""

from __future__ import annotations

import asyncio
import gc
import inspect
import logging
import socket
import subprocess
import sys
import traceback
import warnings
import zlib
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from textwrap import wrap
from typing import Any

import httpx
import pytest

from support_desk.config.model import Opsgenie, RotaSection
from support_desk.config.secrets import Secret, SecretError
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
    Unsent,
)
from support_desk.sources.opsgenie import OpsgenieSource, Patience
from tests.simulators.http import (
    Answer,
    Request,
    Server,
    cut_short,
    dropped,
    half_json,
    html_page,
    huge,
    json_answer,
    not_utf8,
    redirect,
    silence,
    text_answer,
    throttled,
)
from tests.simulators.opsgenie import (
    NOW,
    READ_KEY,
    WRITE_KEY,
    OpsgenieSimulator,
    error,
    rate_limited,
    source_for,
    wire_alert,
)


@pytest.fixture
def opsgenie() -> Iterator[OpsgenieSimulator]:
    with OpsgenieSimulator() as simulator:
        yield simulator


async def refused(opsgenie: OpsgenieSimulator, answer: Answer | None = None, **options: Any) -> SourceError:
    """The error that a read of the alerts ends with."""
    if answer is not None:
        opsgenie.server.fail("/v2/alerts", answer, times=None)
    return await refusal_of(source_for(opsgenie, **options))


async def refusal_of(source: OpsgenieSource) -> SourceError:
    try:
        with pytest.raises(SourceError) as refusal:
            await source.open_alerts()
    finally:
        await source.close()
    problem = refusal.value
    assert problem.problem.startswith("OpsGenie")
    assert problem.remedy
    assert "\n" not in problem.problem + problem.remedy
    assert_no_key(problem)
    return problem


def assert_no_key(problem: BaseException) -> None:
    """Neither the words nor the traceback nor anything that hangs on the error holds a key."""
    told = "".join(traceback.format_exception(problem)) + repr(problem) + repr(vars(problem))
    assert problem.__cause__ is None
    assert problem.__context__ is None
    for key in (READ_KEY, WRITE_KEY):
        assert key not in told


class TestStatuses:
    """What each refusal of the service means."""

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, Rejected),
            (401, SignInRefused),
            (402, NotAllowed),
            (403, NotAllowed),
            (404, NotThere),
            (405, Rejected),
            (406, Rejected),
            (407, Unsent),
            (408, ServiceDown),
            (409, Rejected),
            (410, NotThere),
            (415, Rejected),
            (416, Rejected),
            (418, Rejected),
            (422, Rejected),
            (428, Rejected),
            (429, Throttled),
            (500, ServiceDown),
            (501, ServiceDown),
            (502, ServiceDown),
            (503, ServiceDown),
            (504, ServiceDown),
        ],
    )
    @pytest.mark.parametrize("form", ["json", "html", "empty"])
    async def test_every_status_in_every_form(
        self, opsgenie: OpsgenieSimulator, status: int, kind: type[SourceError], form: str
    ) -> None:
        answer = {
            "json": error(status, "Sorry"),
            "html": html_page(status),
            "empty": text_answer(status, ""),
        }[form]
        problem = await refused(opsgenie, answer)
        assert type(problem) is kind
        assert problem.status == status

    async def test_the_request_id_is_kept(self, opsgenie: OpsgenieSimulator) -> None:
        assert (await refused(opsgenie, error(500, "Sorry"))).request_id == "req-4711"

    async def test_a_right_that_is_missing(self, opsgenie: OpsgenieSimulator) -> None:
        problem = await refused(opsgenie, error(403, "Not authorized", code=40301))
        assert "may not list alerts" in problem.problem
        assert "read_key" in problem.remedy

    async def test_a_kind_of_key_that_may_not(self, opsgenie: OpsgenieSimulator) -> None:
        words = "To perform this action, use an API key from an API integration."
        problem = await refused(opsgenie, error(403, words, code=40301))
        assert "API integration" in problem.remedy

    async def test_what_the_account_does_not_support(self, opsgenie: OpsgenieSimulator) -> None:
        problem = await refused(opsgenie, error(403, "Not supported", code=40302))
        assert "doesn't support" in problem.problem

    @pytest.mark.parametrize(("status", "words"), [(407, "HTTPS_PROXY"), (408, "check the network")])
    async def test_what_has_nothing_to_do_with_the_question_does_not_blame_it(
        self, opsgenie: OpsgenieSimulator, status: int, words: str
    ) -> None:
        assert words in (await refused(opsgenie, error(status, "no"))).remedy

    @pytest.mark.parametrize("status", [404, 410])
    async def test_gone_may_mean_switched_off(self, opsgenie: OpsgenieSimulator, status: int) -> None:
        problem = await refused(opsgenie, error(status, "Gone"))
        assert "5 April 2027" in problem.remedy
        whole = f"{problem.problem}: {problem.remedy} (next try 10:14)"
        assert len(wrap(whole, 77)) <= 3, "as many lines as a pane of 80 columns has for it"
        assert "jsm" not in problem.remedy  # a setting that this release refuses
        assert "ask the account's owner" in problem.remedy

    @pytest.mark.parametrize("status", [429, 503])
    async def test_the_remedy_claims_nothing_of_a_command_that_ends(
        self, opsgenie: OpsgenieSimulator, status: int
    ) -> None:
        remedy = (await refused(opsgenie, error(status, "no"))).remedy
        assert "again" not in remedy
        assert "keeps" not in remedy

    async def test_a_query_that_is_refused_says_why(self, opsgenie: OpsgenieSimulator) -> None:
        answer = error(422, "Request is not processable.", errors={"query": "unexpected )\x1b[2J", "n": 7})
        problem = await refused(opsgenie, answer)
        assert "unexpected )" in problem.problem
        assert "\x1b" not in problem.problem

    async def test_a_key_without_a_keys_form(self, opsgenie: OpsgenieSimulator) -> None:
        problem = await refused(opsgenie, read_key=Secret(lambda: "short"))
        assert isinstance(problem, SignInRefused)
        assert "form" in problem.problem

    async def test_a_key_that_the_service_quotes_is_hidden(self, opsgenie: OpsgenieSimulator) -> None:
        problem = await refused(opsgenie, error(400, f"What is {READ_KEY}?"))
        assert "What is ********?" in problem.problem

    @pytest.mark.parametrize(
        ("answer", "wait"),
        [
            (rate_limited(60), 60.0),
            (rate_limited(1), 1.0),
            (rate_limited(None), None),
            (throttled("7"), 7.0),
            (throttled("Wed, 25 Nov 2026 10:00:00 GMT"), None),
            (throttled("-5"), None),
            (throttled("inf"), None),
            (throttled("nan"), None),
            (throttled("999999999"), 3600.0),
            (throttled("90", {"X-RateLimit-Period-In-Sec": "60"}), 90.0),
        ],
    )
    async def test_how_long_to_wait(
        self, opsgenie: OpsgenieSimulator, answer: Answer, wait: float | None
    ) -> None:
        problem = await refused(opsgenie, answer)
        assert isinstance(problem, Throttled)
        assert problem.retry_after == wait


class TestAnswersThatAreNone:
    """A 200 that isn't the service's."""

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (html_page(), "web page"),
            (half_json({"data": [wire_alert("a1")]}), "isn't whole"),
            (not_utf8(), "without the list"),
            (Answer(200, {}, b"caf\xe9"), "isn't JSON"),
            (text_answer(200, "OK"), "isn't JSON"),
            (text_answer(200, ""), "isn't whole"),
            (text_answer(200, "[" * 100_000), "isn't whole"),
            (json_answer([1, 2]), "other than a record"),
            (json_answer({"data": [{}] * 5_001}), "more than 5,000 rows"),
            (Answer(200, {"Content-Encoding": "br"}, b"x"), "packing"),
            (Answer(200, {"Content-Encoding": "gzip"}, b"not gzip at all"), "unpacked"),
            (Answer(200, {"Content-Encoding": "gzip"}, b""), "too early"),
            (Answer(304, {}, b""), "answered with HTTP 304"),
        ],
    )
    async def test_is_named(self, opsgenie: OpsgenieSimulator, answer: Answer, words: str) -> None:
        problem = await refused(opsgenie, answer)
        assert isinstance(problem, Unreadable)
        assert words in problem.problem

    @pytest.mark.parametrize(("packing", "wbits"), [("gzip", 31), ("deflate", 15), ("deflate", -15)])
    async def test_packed_answers_are_read(
        self, opsgenie: OpsgenieSimulator, packing: str, wbits: int
    ) -> None:
        body = zlib.compress(b'{"data": [{"id": "a-1795399200123"}]}', wbits=wbits)
        opsgenie.server.fail("/v2/alerts", Answer(200, {"Content-Encoding": packing}, body))
        source = source_for(opsgenie)
        reading = await source.open_alerts()
        await source.close()
        assert [alert.id for alert in reading.rows] == ["a-1795399200123"]

    @pytest.mark.parametrize("packed", [False, True])
    async def test_two_hundred_megabytes_are_not_taken_in(
        self, opsgenie: OpsgenieSimulator, packed: bool
    ) -> None:
        problem = await refused(
            opsgenie, huge(200 * 2**20, compressed=packed), patience=Patience(body=2 * 2**20)
        )
        assert isinstance(problem, Unreadable)
        assert "larger than 2 MB" in problem.problem
        assert opsgenie.server.bytes_sent < 20 * 2**20


class TestTheNetwork:
    """No answer at all."""

    async def test_a_read_is_sent_once_more_where_its_connection_was_closed_in_the_same_moment(
        self, opsgenie: OpsgenieSimulator
    ) -> None:
        source = source_for(opsgenie)
        opsgenie.server.fail("/v2/alerts", dropped())
        assert (await source.open_alerts()).complete
        assert len(opsgenie.server.sent_to("/v2/alerts")) == 2
        await source.close()

    @pytest.mark.parametrize("answer", [dropped(), cut_short({"data": [wire_alert("a1")]})])
    async def test_connections_that_break(self, opsgenie: OpsgenieSimulator, answer: Answer) -> None:
        assert isinstance(await refused(opsgenie, answer), Unreachable)

    async def test_silence_ends(self, opsgenie: OpsgenieSimulator) -> None:
        problem = await refused(opsgenie, silence(), patience=Patience(read=0.2))
        assert isinstance(problem, Unreachable)
        assert "stopped answering" in problem.problem

    async def test_silence_over_tls_is_silence_as_well(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whatever waits there stands on an error of the library that says no more than that it waits."""
        server = Server(lambda _: silence())
        monkeypatch.setenv("SSL_CERT_FILE", str(server.speak_tls()))
        with server:
            problem = await refusal_of(plain_source(server.url, patience=Patience(read=0.2)))
        assert "stopped answering" in problem.problem

    async def test_a_handshake_that_never_ends_is_no_matter_of_trust(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"https://127.0.0.1:{listener.getsockname()[1]}"
            source = plain_source(url, patience=Patience(connect=0.2))
            with pytest.raises(Unreachable) as caught:
                await source.policies()
            await source.close()
        problem = caught.value
        assert "doesn't take the connection in time" in problem.problem

    async def test_a_drip_ends_too(self, opsgenie: OpsgenieSimulator) -> None:
        """Each piece comes in time, the whole never does."""

        def drip() -> Iterator[bytes]:
            while not opsgenie.server.released.wait(0.02):
                yield b" "

        answer = Answer(200, {"Content-Type": "application/json"}, drip())
        problem = await refused(opsgenie, answer, patience=Patience(total=0.3))
        assert isinstance(problem, Unreachable)
        assert "0.3 s" in problem.problem

    async def test_nobody_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        problem = await refusal_of(plain_source(f"http://127.0.0.1:{port}"))
        assert isinstance(problem, Unreachable)
        assert "no connection to 127.0.0.1" in problem.problem

    async def test_another_host_never_gets_the_key(self, opsgenie: OpsgenieSimulator) -> None:
        with Server(lambda _: json_answer({"data": []})) as elsewhere:
            target = elsewhere.url.replace("127.0.0.1", "localhost") + "/v2/alerts"
            for status in (301, 302, 303, 307, 308):
                opsgenie.server.heal()
                problem = await refused(opsgenie, redirect(target, status))
                assert isinstance(problem, Unreadable)
                assert "localhost" in problem.problem
            assert elsewhere.requests == []

    async def test_a_redirect_that_can_not_be_read(self, opsgenie: OpsgenieSimulator) -> None:
        problem = await refused(opsgenie, redirect("http://[::bad"))
        assert isinstance(problem, Unreachable | Unreadable)

    async def test_one_connection_serves_many_reads(self, opsgenie: OpsgenieSimulator) -> None:
        source = source_for(opsgenie)
        await source.people()
        for _ in range(5):
            assert (await source.open_alerts()).complete
        await source.close()

    async def test_closing_ends_a_read_under_way(self, opsgenie: OpsgenieSimulator) -> None:
        arrived = silent_from_now_on(opsgenie)
        source = source_for(opsgenie)
        reading = asyncio.create_task(source.open_alerts())
        await arrived.wait()
        async with asyncio.timeout(5):
            await source.close()
            with pytest.raises(Unreachable):
                await reading
        with pytest.raises(Unreachable):
            await source.open_alerts()

    async def test_cancelling_passes_through(self, opsgenie: OpsgenieSimulator) -> None:
        arrived = silent_from_now_on(opsgenie)
        source = source_for(opsgenie)
        for read in (source.open_alerts, source.on_call, lambda: source.alert("a1")):
            arrived.clear()
            task = asyncio.create_task(read())
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await source.close()

    @pytest.mark.parametrize("turns", range(8))
    async def test_nothing_is_left_behind_by_whoever_leaves_at_once(
        self, opsgenie: OpsgenieSimulator, turns: int
    ) -> None:
        opsgenie.server.fail("/", silence(), times=None)
        source = source_for(opsgenie)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for read in every_reading(source):
                task = asyncio.create_task(read())
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            await source.close()
            gc.collect()
        assert not [str(warning.message) for warning in caught]


def every_reading(source: OpsgenieSource) -> list[Callable[[], Coroutine[Any, Any, Any]]]:
    return [
        source.open_alerts,
        source.on_call,
        source.people,
        source.policies,
        source.probe,
        lambda: source.alert("a1"),
        lambda: source.rota(NOW, NOW + timedelta(weeks=1)),
    ]


def silent_from_now_on(opsgenie: OpsgenieSimulator) -> asyncio.Event:
    """Every request meets silence; the event is set when one has come."""
    arrived, loop = asyncio.Event(), asyncio.get_running_loop()

    def say_nothing(_: Request) -> Answer:
        loop.call_soon_threadsafe(arrived.set)
        return silence()

    opsgenie.server.fail("/", say_nothing, times=None)
    return arrived


def plain_source(url: str, **changes: Any) -> OpsgenieSource:
    options: dict[str, Any] = {
        "read_key": Secret(lambda: READ_KEY),
        "write_key": None,
        "default_api_key": None,
        **changes,
    }
    return OpsgenieSource(Opsgenie(url=url), RotaSection(), now=lambda: NOW, **options)


def every_exception_of_httpx() -> list[type[Exception]]:
    kinds = [kind for _, kind in inspect.getmembers(httpx, inspect.isclass) if issubclass(kind, Exception)]
    assert len(kinds) > 25
    return kinds


class TestTheLibrary:
    """Cases that a socket can't be made to produce at will."""

    @pytest.mark.parametrize("kind", every_exception_of_httpx())
    async def test_each_of_its_exceptions_is_one_of_ours(self, kind: type[Exception]) -> None:
        def fail(request: httpx.Request) -> httpx.Response:
            raise make(kind, request)

        source = plain_source("https://api.opsgenie.com", transport=httpx.MockTransport(fail))
        problem = await refusal_of(source)
        assert "quoted" not in problem.problem

    async def test_a_name_without_an_address_may_mean_switched_off(self) -> None:
        def fail(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("quoted", request=request) from socket.gaierror(-2, "quoted")

        problem = await refusal_of(
            plain_source("https://api.opsgenie.com", transport=httpx.MockTransport(fail))
        )
        assert "api.opsgenie.com" in problem.problem
        assert "5 April 2027" in problem.remedy

    async def test_an_untrusted_certificate(self) -> None:
        import ssl

        def fail(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("quoted", request=request) from ssl.SSLCertVerificationError("quoted")

        problem = await refusal_of(
            plain_source("https://api.opsgenie.com", transport=httpx.MockTransport(fail))
        )
        assert "TLS" in problem.problem

    @pytest.mark.parametrize("kind", [OSError, UnicodeError, TimeoutError])
    async def test_what_escapes_the_library(self, kind: type[Exception]) -> None:
        def fail(request: httpx.Request) -> httpx.Response:
            raise kind("quoted")

        source = plain_source("https://api.opsgenie.com", transport=httpx.MockTransport(fail))
        assert isinstance(await refusal_of(source), Unreachable)


def make(kind: type[Exception], request: httpx.Request) -> Exception:
    """An exception of the library, whatever its constructor asks for."""
    if issubclass(kind, httpx.HTTPStatusError):
        return kind("quoted", request=request, response=httpx.Response(500))
    if issubclass(kind, httpx.RequestError):
        return kind("quoted", request=request)
    try:
        return kind("quoted")
    except TypeError:
        return kind()


class TestAddresses:
    """Only https, or this machine."""

    @pytest.mark.parametrize(
        "url",
        [
            "http://api.opsgenie.com",
            "http://127.0.0.1.example.com",
            "ftp://api.opsgenie.com",
            "api.opsgenie.com",
            "",
            "http://[::bad",
        ],
    )
    async def test_no_key_goes_over_an_open_line(self, url: str) -> None:
        fetched: list[str] = []

        def answer(request: httpx.Request) -> httpx.Response:
            fetched.append(str(request.url))
            return httpx.Response(200)

        source = plain_source(url, transport=httpx.MockTransport(answer))
        problem = await refusal_of(source)
        assert isinstance(problem, Unreachable)
        assert "[opsgenie] url" in problem.problem
        assert fetched == []

    async def test_a_proxy_is_not_asked_about_this_machine(
        self, opsgenie: OpsgenieSimulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        source = source_for(opsgenie)
        assert (await source.open_alerts()).complete
        await source.close()

    @pytest.mark.parametrize(
        "address", ["http://127.0.0.1:1", "http://proxy.invalid:3128", "garbage.invalid"]
    )
    async def test_a_proxy_that_can_not_be_reached_is_named(
        self, monkeypatch: pytest.MonkeyPatch, address: str
    ) -> None:
        """And its name that has no address doesn't mean that OpsGenie was switched off."""
        for name in ("NO_PROXY", "no_proxy", "https_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTPS_PROXY", address)
        problem = await refusal_of(plain_source("https://api.opsgenie.com"))
        assert problem.problem == "OpsGenie: no connection to the proxy for api.opsgenie.com"
        assert "HTTPS_PROXY" in problem.remedy

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (dropped(), "the proxy didn't connect to api.opsgenie.com"),
            (Answer(before=b"SSH-2.0-proxy\r\n"), "the proxy didn't connect to api.opsgenie.com"),
            (silence(), "the proxy didn't connect to api.opsgenie.com"),
            (text_answer(200, "no tunnel"), "no connection to the proxy for api.opsgenie.com"),
            (text_answer(502, "no"), "the proxy refuses"),
            (text_answer(407, "who?"), "the proxy wants a sign-in of its own"),
        ],
    )
    async def test_a_proxy_that_leads_nowhere_is_named_and_nothing_was_sent(
        self, monkeypatch: pytest.MonkeyPatch, answer: Answer, words: str
    ) -> None:
        for name in ("NO_PROXY", "no_proxy", "https_proxy"):
            monkeypatch.delenv(name, raising=False)
        with Server(lambda _: answer) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            problem = await refusal_of(plain_source("https://api.opsgenie.com", patience=Patience(total=0.5)))
        assert problem.problem == f"OpsGenie: {words}"
        assert "HTTPS_PROXY" in problem.remedy
        assert isinstance(problem, Unsent)

    async def test_an_answer_of_very_many_values_is_given_up_before_they_hold_the_desk(
        self, opsgenie: OpsgenieSimulator
    ) -> None:
        body = b'{"data":[' + b"{}," * 100_000 + b"{}]}"
        answer = Answer(200, {"Content-Type": "application/json"}, body, gzip=True)
        problem = await refused(opsgenie, answer)
        assert isinstance(problem, Unreadable)
        assert "more than 100,000 values" in problem.problem

    async def test_an_answer_that_is_not_http_is_no_broken_connection(
        self, opsgenie: OpsgenieSimulator
    ) -> None:
        problem = await refused(opsgenie, Answer(before=b"220 mail.example ESMTP\r\n"))
        assert isinstance(problem, Unreadable)
        assert "doesn't speak HTTP" in problem.problem

    async def test_a_proxy_that_makes_no_sense(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "gopher://nowhere")
        problem = await refusal_of(plain_source("https://api.opsgenie.com"))
        assert "HTTPS_PROXY" in problem.remedy


class TestKeys:
    """Which key is used, and that none is ever shown."""

    async def test_reading_falls_back_to_the_writing_key(self, opsgenie: OpsgenieSimulator) -> None:
        for read_key in (None, Secret(lambda: "")):
            source = source_for(opsgenie, read_key=read_key)
            await source.open_alerts()
            await source.close()
        assert {r.headers["authorization"] for r in opsgenie.server.requests} == {f"GenieKey {WRITE_KEY}"}

    async def test_no_key_at_all(self, opsgenie: OpsgenieSimulator) -> None:
        problem = await refused(opsgenie, read_key=None, write_key=None)
        assert isinstance(problem, SignInRefused)
        assert "read_key_env" in problem.remedy
        assert opsgenie.server.requests == []

    async def test_a_key_that_can_not_be_fetched(self, opsgenie: OpsgenieSimulator) -> None:
        def fetch() -> str:
            raise SecretError("opsgenie.read_key_env: not set", "export it")

        problem = await refused(opsgenie, read_key=Secret(fetch))
        assert isinstance(problem, SignInRefused)
        assert problem.problem == "OpsGenie: opsgenie.read_key_env: not set"
        assert problem.remedy == "export it"

    @pytest.mark.parametrize("key", [f"{READ_KEY}\nHost: x", f"{READ_KEY} ", f"{READ_KEY}é"])
    async def test_a_key_that_can_not_be_sent(self, opsgenie: OpsgenieSimulator, key: str) -> None:
        problem = await refused(opsgenie, read_key=Secret(lambda: key))
        assert isinstance(problem, SignInRefused)
        assert opsgenie.server.requests == []

    async def test_requests_that_begin_together_fetch_it_once(self, opsgenie: OpsgenieSimulator) -> None:
        fetched: list[int] = []

        def fetch() -> str:
            fetched.append(1)
            return READ_KEY

        source = source_for(opsgenie, read_key=Secret(fetch))
        await asyncio.gather(source.open_alerts(), source.on_call(), source.people())
        await source.close()
        assert fetched == [1]

    async def test_nothing_of_it_is_logged(
        self, opsgenie: OpsgenieSimulator, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        opsgenie.alerts = [wire_alert("a1")]
        source = source_for(opsgenie)
        await source.open_alerts()
        opsgenie.server.fail("/v2/alerts", error(401, f"Bad key {READ_KEY}"))
        with pytest.raises(SourceError):
            await source.open_alerts()
        await source.probe()
        await source.close()
        assert READ_KEY not in caplog.text
        assert WRITE_KEY not in caplog.text
        assert opsgenie.url not in caplog.text


class TestTheServersClock:
    """Our clock is corrected by the service's."""

    async def test_skew_is_passed_on(self, opsgenie: OpsgenieSimulator) -> None:
        ahead = NOW + timedelta(minutes=7)
        opsgenie.now = ahead
        source = source_for(opsgenie, now=lambda: NOW)
        readings = [
            await source.open_alerts(),
            await source.on_call(),
            await source.rota(NOW, NOW),
            await source.people(),
            await source.policies(),
        ]
        await source.close()
        assert {reading.server_time for reading in readings} == {ahead}

    @pytest.mark.parametrize(
        ("header", "at"),
        [
            ("yesterday", None),
            ("", None),
            ("Mon, 23 Nov 2026 13:00:00 -0000", datetime(2026, 11, 23, 13, tzinfo=UTC)),
            ("Mon, 23 Nov 2026 15:00:00 +0200", datetime(2026, 11, 23, 13, tzinfo=UTC)),
        ],
    )
    async def test_odd_dates(self, opsgenie: OpsgenieSimulator, header: str, at: datetime | None) -> None:
        opsgenie.server.fail("/v2/alerts", replace(json_answer({"data": []}), headers={"Date": header}))
        source = source_for(opsgenie)
        reading = await source.open_alerts()
        await source.close()
        assert reading.server_time == at


def test_the_domain_comes_without_the_network() -> None:
    """What `status` imports may not pull this package, httpx or pydantic in."""
    code = (
        "import sys, support_desk.domain.rota, support_desk.sources.protocols, support_desk.desk.snapshot;"
        "sys.exit(bool({'httpx', 'pydantic'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
