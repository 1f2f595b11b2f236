"""Everything that can go wrong with Zendesk ends as one of our errors, which says what to do about it."""

from __future__ import annotations

import gzip
import inspect
import logging
import ssl
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
import requests.exceptions
import zenpy.lib.exception

from support_desk.config.model import Zendesk
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
)
from support_desk.sources.opsgenie.faults import fault_of_transport
from support_desk.sources.zendesk import ZendeskSource
from support_desk.sources.zendesk.failures import BY_CLASS, CAUGHT, Place, of_exception
from tests.simulators.http import (
    Answer,
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
from tests.simulators.zendesk import API_TOKEN, CLIENT_SECRET, NOW, ZendeskSimulator, fill
from tests.sources.zendesk_desk import PATIENT, QUICK, Time, source_for, writer_for

ENVELOPES: list[Any] = [
    pytest.param(json_answer({"error": "Couldn't authenticate you"}, 401), SignInRefused, id="401"),
    pytest.param(text_answer(401, "no"), SignInRefused, id="401 text"),
    pytest.param(json_answer({"error": {"title": "Forbidden", "message": "No"}}, 403), NotAllowed, id="403"),
    pytest.param(html_page(403), NotAllowed, id="403 html"),
    pytest.param(json_answer({"error": "RecordNotFound"}, 404), NotThere, id="404 record"),
    pytest.param(json_answer({"error": "InvalidEndpoint"}, 404), NotThere, id="404 endpoint"),
    pytest.param(html_page(404), NotThere, id="404 html"),
    pytest.param(json_answer({"error": "Gone"}, 410), NotThere, id="410"),
    pytest.param(
        json_answer({"errors": [{"code": "InvalidPaginationDepth", "title": "x"}]}, 400), Rejected, id="400"
    ),
    pytest.param(json_answer([{"error": "list"}], 400), Rejected, id="400 list"),
    pytest.param(json_answer({"error": "DatabaseConflict"}, 409), Rejected, id="409"),
    pytest.param(json_answer({"error": "TooManyValues"}, 400), Rejected, id="too many values"),
    pytest.param(json_answer({"error": "invalid", "description": "Invalid search"}, 422), Rejected, id="422"),
    pytest.param(json_answer({"error": "RecordInvalid", "details": {}}, 422), Rejected, id="422 record"),
    pytest.param(text_answer(418, "teapot"), Rejected, id="418"),
    pytest.param(text_answer(407, "no"), Unreachable, id="407"),
    pytest.param(text_answer(408, "no"), ServiceDown, id="408"),
    pytest.param(json_answer({"error": "unavailable"}, 500), ServiceDown, id="500"),
    pytest.param(html_page(502), ServiceDown, id="502 html"),
    pytest.param(html_page(503), ServiceDown, id="503 html"),
    pytest.param(json_answer({"error": "x"}, 504), ServiceDown, id="504"),
    pytest.param(html_page(), Unreadable, id="html 200"),
    pytest.param(cut_short({"results": ["x"] * 99}), Unreadable, id="cut short"),
    pytest.param(half_json({"results": ["x"] * 99}), Unreadable, id="half json"),
    pytest.param(not_utf8(), Unreadable, id="not utf-8"),
    pytest.param(json_answer([]), Unreadable, id="a list"),
    pytest.param(json_answer({"tickets": []}), Unreadable, id="another kind"),
    pytest.param(Answer(200), Unreadable, id="empty"),
    pytest.param(Answer(204), Unreadable, id="204"),
    pytest.param(Answer(200, {"Content-Encoding": "gzip"}, b"not gzip"), Unreadable, id="not gzip"),
    pytest.param(Answer(200, {}, b"[" * 500_000), Unreadable, id="nested"),
    pytest.param(Answer(304), Unreadable, id="304"),
    pytest.param(Answer(before=b"\x16\x03\x01 no\r\n\r\n"), Unreadable, id="not http"),
    pytest.param(
        Answer(headers={"Content-Length": "0", "content-length": "7"}), Unreadable, id="two lengths"
    ),
    pytest.param(dropped(), Unreachable, id="dropped"),
    pytest.param(silence(), Unreachable, id="silence"),
    pytest.param(throttled("7"), Throttled, id="429"),
]


@pytest.mark.parametrize(("answer", "expected"), ENVELOPES)
async def test_each_failure_has_its_kind_and_its_remedy(answer: Answer, expected: type[SourceError]) -> None:
    with ZendeskSimulator() as desk:
        desk.add(*fill(3))
        source = source_for(desk.url, auth="token", limits=QUICK)
        for path, call in (("/search", source.queue), ("/comments", lambda: source.ticket(1))):
            # A read that is dropped is asked once more.
            desk.fail(path, answer, times=2 if answer.drop else 1)
            with pytest.raises(SourceError) as caught:
                await call()
            error = caught.value
            assert type(error) is expected
            assert error.problem.startswith("Zendesk: ")
            assert not error.problem.endswith(".")
            assert "\n" not in error.problem + error.remedy
            assert error.remedy
            if expected not in {Unreachable, Unreadable}:
                assert error.status == answer.status
        assert (await source.queue()).complete, "the source works again when the service does"
        await source.close()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("2.5", 2.0),
        ("Mon, 23 Nov 2026 12:01:30 GMT", 90.0),
        ("999999999", 3600.0),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 3600.0),
        (None, None),
        ("soon", None),
    ],
)
async def test_being_throttled_says_how_long_and_holds_nothing_up(
    header: str | None, seconds: float | None
) -> None:
    with ZendeskSimulator() as desk:
        desk.fail("/search", throttled(header, {"Date": "Mon, 23 Nov 2026 12:00:00 GMT"}))
        source = source_for(desk.url)
        with pytest.raises(Throttled) as caught:
            await source.queue()
        assert caught.value.retry_after == seconds
        assert "again" not in caught.value.remedy  # a command ends
        assert len(desk.sent_to("/search")) == 1
        await source.close()


async def test_a_maintenance_answer_says_how_long() -> None:
    with ZendeskSimulator() as desk:
        desk.fail("/search", Answer(503, {"Retry-After": "120"}, b"Down for maintenance"))
        source = source_for(desk.url)
        with pytest.raises(ServiceDown) as caught:
            await source.queue()
        assert caught.value.retry_after == 120
        await source.close()


async def test_of_a_refusal_the_status_counts_whatever_its_body_is() -> None:
    with ZendeskSimulator() as desk:
        source = source_for(desk.url)
        for answer in (replace(huge(50_000_000), status=500), replace(cut_short(["x"] * 99), status=502)):
            desk.fail("/search", answer)
            with pytest.raises(ServiceDown, match=f"in trouble .{answer.status}."):
                await source.queue()
        desk.fail("/search", json_answer({"error": "DatabaseConflict"}, 409))
        with pytest.raises(Rejected) as caught:
            await source.queue()
        assert "somebody" not in caught.value.remedy, "nobody reads a change"
        desk.fail("/search", Answer(200, {"Content-Encoding": "gzip"}, b"not gzip"))
        with pytest.raises(Unreadable, match="can't be unpacked"):
            await source.queue()
        assert (await source.queue()).complete
        await source.close()
        assert desk.bytes_sent < 40_000_000


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_named_and_no_credential_follows_it(status: int) -> None:
    with ZendeskSimulator() as desk, Server(lambda _: json_answer({})) as other:
        source = source_for(desk.url)
        await source.queue()
        desk.fail("/search", redirect(f"{other.url}/elsewhere", status))
        desk.fail("/suspended", redirect("https://other.example/login?x=1", status))
        with pytest.raises(Unreadable, match="redirects to another address"):
            await source.queue()
        with pytest.raises(Unreadable) as caught:
            await source.suspended()
        await source.close()
        assert other.requests == []
    assert caught.value.problem == (
        "Zendesk: the answer redirects to other.example, which isn't the configured host"
    )
    assert "[zendesk] url" in caught.value.remedy


async def test_a_redirected_sign_in_takes_no_secret_along() -> None:
    with ZendeskSimulator() as desk, Server(lambda _: json_answer({"access_token": "evil"})) as other:
        desk.fail("/oauth/tokens", redirect(f"{other.url}/oauth/tokens", 307))
        source = source_for(desk.url)
        with pytest.raises(Unreadable):
            await source.queue()
        await source.close()
        assert other.requests == []


@pytest.mark.parametrize("compressed", [False, True])
async def test_a_huge_answer_is_given_up_early(compressed: bool) -> None:
    with ZendeskSimulator() as desk:
        desk.fail("/search", huge(200_000_000, compressed=compressed))
        source = source_for(desk.url)
        with pytest.raises(Unreadable, match="larger than 4 MB"):
            await source.queue()
        await source.close()
        assert desk.bytes_sent < 40_000_000


async def test_an_answer_that_is_packed_twice_is_not_unpacked() -> None:
    """A few bytes of it may be gigabytes, all at once."""
    with ZendeskSimulator() as desk:
        twice = gzip.compress(gzip.compress(b'{"results": [], "count": 0}'))
        for path in ("/search", "/attachments"):
            desk.fail(path, Answer(200, {"Content-Encoding": "gzip, gzip"}, twice))
        source = source_for(desk.url)
        with pytest.raises(Unreadable, match="can't be unpacked"):
            await source.queue()
        with pytest.raises(Unreadable, match="can't be unpacked"):
            await source.download(f"{desk.url}/attachments/1", 100)
        await source.close()


async def test_an_answer_of_very_many_values_is_given_up_before_they_fill_the_memory() -> None:
    with ZendeskSimulator() as desk:
        body = b'{"results":[' + b"1," * 1_000_000 + b"1]}"
        desk.fail("/search", Answer(200, {"Content-Type": "application/json"}, body, gzip=True))
        source = source_for(desk.url)
        with pytest.raises(Unreadable, match="more than 1,000,000 values"):
            await source.queue()
        await source.close()


@pytest.mark.parametrize(("path", "key"), [("/search", "results"), ("/comments", "comments")])
async def test_an_answer_of_very_many_rows_is_given_up_and_not_asked_on_about(path: str, key: str) -> None:
    with ZendeskSimulator() as desk:
        desk.add(*fill(1))
        body = b'{"%s": [%s{}], "count": 9999}' % (key.encode(), b"{}," * 170_000)
        desk.fail(path, Answer(200, {"Content-Type": "application/json"}, body), times=None)
        source = source_for(desk.url)
        with pytest.raises(Unreadable, match="more than 5,000 rows"):
            await (source.queue() if key == "results" else source.ticket(1))
        assert len(desk.sent_to(path)) == 1
        await source.close()


@pytest.mark.parametrize("head", [b"a", b"HTTP/1.1 100 Continue\r\n\r\n", b""])
async def test_a_drip_is_bounded_by_the_time_for_the_whole_answer(head: bytes) -> None:
    """Whether it is the head that drips, what comes before it, or the body."""
    with ZendeskSimulator() as desk:

        def drip() -> Iterator[bytes]:
            while not desk.released.wait(0.05):
                yield head or b" "

        answer = Answer(200, {"Content-Type": "application/json"})
        desk.fail("/search", replace(answer, before=drip()) if head else replace(answer, body=drip()))
        source = source_for(desk.url, limits=replace(PATIENT, total_seconds=0.3))
        words = "didn't answer in time" if head else r"no full answer within 0\.3 seconds"
        with pytest.raises(Unreachable, match=words):
            await source.queue()
        await source.close()


async def test_nobody_listening_and_no_such_name() -> None:
    with ZendeskSimulator() as desk:
        gone = desk.url
    for url in (gone, "http://desk.invalid", "https://" + "x" * 70 + ".example", "http://", "nonsense"):
        source = source_for(url)
        with pytest.raises(SourceError) as caught:
            await source.queue()
        assert isinstance(caught.value, Unreachable), caught.value.problem
        assert "[zendesk] url" in caught.value.remedy
        await source.close()


async def test_https_with_a_server_that_speaks_plain_http() -> None:
    with ZendeskSimulator() as desk:
        source = source_for(desk.url.replace("http:", "https:"))
        with pytest.raises(Unreachable):
            await source.queue()
        await source.close()


@pytest.mark.parametrize(
    ("code", "words"),
    [(10, ": its certificate has expired"), (62, ": its certificate is another host's"), (1, "")],
)
def test_it_is_said_why_a_certificate_is_not_trusted(code: int, words: str) -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_code = code
    place = Place("desk.example", "oauth")
    zendesk = of_exception(requests.exceptions.SSLError(error), place, "the queue")
    assert zendesk.problem == f"Zendesk: no trusted TLS connection to desk.example{words}"
    opsgenie = fault_of_transport(error, "api.example")
    assert opsgenie.problem == f"OpsGenie: no trusted connection to api.example (TLS){words}"


async def test_the_environment_can_neither_redirect_nor_authenticate_nor_shout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login thief password thief-pw\n")
    netrc.chmod(0o600)
    with ZendeskSimulator() as desk, Server(lambda _: json_answer({})) as other:
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("ZENPY_FORCE_NETLOC", f"127.0.0.1:{other.port}")
        monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
        monkeypatch.setenv("HTTP_PROXY", other.url)
        monkeypatch.setenv("DEBUG_LOG", "1")
        desk.add(*fill(3))
        source = source_for(desk.url)
        assert len((await source.queue()).rows) == 3
        await source.close()
        assert other.requests == []
        kinds = {request.headers.get("authorization", "").split(" ")[0] for request in desk.requests}
    assert kinds == {"", "Bearer"}
    assert capfd.readouterr() == ("", "")


async def test_the_proxy_of_the_environment_is_used_for_a_remote_helpdesk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Server(lambda _: text_answer(502, "no")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        source = source_for("http://helpdesk.example", auth="token")
        with pytest.raises(ServiceDown):
            await source.queue()
        await source.close()
        assert len(proxy.requests) == 1


@pytest.mark.parametrize(
    "address", ["socks5://127.0.0.1:1", "http://[::bad", "ftp://proxy", "http://x:99999"]
)
async def test_a_proxy_that_can_not_be_used_is_not_blamed_on_the_helpdesks_address(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    for name in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", address)
    source = source_for("https://helpdesk.example", auth="token")
    with pytest.raises(Unreachable) as caught:
        await source.queue()
    await source.close()
    assert "proxy" in caught.value.problem
    assert "HTTPS_PROXY" in caught.value.remedy


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (dropped(), "the proxy didn't connect to helpdesk.example"),
        (Answer(before=b"SSH-2.0-proxy\r\n"), "the proxy didn't connect to helpdesk.example"),
        (text_answer(200, "no tunnel"), "the proxy didn't connect to helpdesk.example"),
        (text_answer(502, "no"), "the proxy didn't connect to helpdesk.example"),
        (text_answer(407, "who?"), "the proxy wants a sign-in of its own"),
    ],
)
async def test_a_proxy_that_leads_nowhere_is_named_and_nothing_was_sent(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, words: str
) -> None:
    for name in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Server(lambda _: answer) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        source, writer = writer_for("https://helpdesk.example")
        with pytest.raises(Unreachable, match=words) as caught:
            await source.queue()
        assert "HTTPS_PROXY" in caught.value.remedy
        with pytest.raises(Unreachable, match=words):
            await writer.change_tags(5, add=["a"], stamp=NOW)
        await source.close()


async def test_a_token_is_renewed_before_it_ends_and_once_when_refused() -> None:
    clock = Time()
    with ZendeskSimulator(clock=clock) as desk:
        source = source_for(desk.url, now=clock)
        await source.queue()
        clock.pass_by(minutes=20)
        await source.queue()
        assert len(desk.sent_to("/oauth/tokens")) == 1
        clock.pass_by(minutes=8, seconds=45)
        desk.fail("/oauth/tokens", html_page(503))
        await source.queue()
        await source.queue()
        assert len(desk.sent_to("/oauth/tokens")) == 2, "the old one is good for another minute"
        clock.pass_by(seconds=31)
        await source.queue()
        assert len(desk.sent_to("/oauth/tokens")) == 3
        assert len(desk.sent_to("/users/me")) == 2, "every sign-in is looked at once"
        desk.revoke_tokens()
        await source.queue()
        assert len(desk.sent_to("/oauth/tokens")) == 4
        desk.fail("/search", json_answer({"error": "invalid_token"}, 401), times=None)
        with pytest.raises(SignInRefused):
            await source.queue()
        assert len(desk.sent_to("/oauth/tokens")) == 5, "one renewal for one refusal"
        await source.close()


@pytest.mark.parametrize(("read_only", "scope"), [(False, "read write"), (True, "read")])
async def test_the_sign_in_asks_for_no_more_than_the_desk_does_and_shows_no_credential(
    read_only: bool, scope: str
) -> None:
    with ZendeskSimulator() as desk:
        source = source_for(desk.url, read_only=read_only)
        await source.queue()
        await source.close()
        (asked,) = desk.sent_to("/oauth/tokens")
    assert asked.json() == {
        "grant_type": "client_credentials",
        "client_id": "support-desk",
        "client_secret": CLIENT_SECRET,
        "scope": scope,
    }
    assert "authorization" not in asked.headers


async def test_wrong_credentials_name_the_keys_to_look_at() -> None:
    with ZendeskSimulator() as desk:
        for source, key in (
            (source_for(desk.url, client_secret="wrong"), "client_secret"),
            (source_for(desk.url, auth="token", token="wrong"), "email and token"),
        ):
            with pytest.raises(SignInRefused) as caught:
                await source.queue()
            assert key in caught.value.remedy
            await source.close()


async def test_an_anonymous_session_is_a_failed_sign_in() -> None:
    with ZendeskSimulator() as desk:
        desk.me = {"id": None, "name": "Anonymous user", "role": "end-user"}
        source = source_for(desk.url)
        with pytest.raises(SignInRefused, match="nobody's"):
            await source.queue()
        desk.me = {"id": "jo", "name": "Jo Example", "role": "agent"}
        with pytest.raises(Unreadable):
            await source.queue()
        await source.close()


async def test_an_unknown_scope_is_a_token_that_may_nothing() -> None:
    with ZendeskSimulator() as desk:
        desk.known_scopes = set()
        source = source_for(desk.url)
        with pytest.raises(NotAllowed) as caught:
            await source.queue()
        assert "scopes" in caught.value.remedy
        await source.close()


@pytest.mark.parametrize(
    "answer",
    [
        html_page(),
        json_answer([]),
        json_answer({"access_token": "two\nlines"}),
        json_answer({"access_token": 5}),
    ],
)
async def test_a_sign_in_that_gives_no_token_is_unreadable(answer: Answer) -> None:
    with ZendeskSimulator() as desk:
        desk.fail("/oauth/tokens", answer)
        source = source_for(desk.url)
        with pytest.raises(Unreadable):
            await source.queue()
        await source.close()


@pytest.mark.parametrize("answer", [html_page(404), text_answer(418, "teapot")])
async def test_a_refused_token_is_the_sign_ins_failure_and_asked_for_once(answer: Answer) -> None:
    """Whatever is refused where tokens come from says nothing of `users/me`, nor of a ticket."""
    with ZendeskSimulator() as desk:
        desk.add(*fill(3))
        desk.fail("/oauth/tokens", answer, times=None)
        source = source_for(desk.url)
        with pytest.raises(SignInRefused, match="the sign-in: ") as caught:
            await source.queue()
        assert caught.value.status == answer.status
        assert len(desk.sent_to("/oauth/tokens")) == 1
        await source.close()


async def test_what_is_missing_for_a_sign_in_is_named() -> None:
    def no_secret() -> str:
        raise SecretError("$ZENDESK_SECRET isn't set", "set it")

    def source(auth: Any, **given: Any) -> ZendeskSource:
        settings = Zendesk(url="http://127.0.0.1:9", auth=auth, client_id=given.pop("client_id", "x"))
        return ZendeskSource(settings, **{"client_secret": None, "token": None, "now": lambda: NOW, **given})

    for made, words in (
        (source("oauth"), "no client_secret"),
        (source("oauth", client_id="", client_secret=Secret(lambda: "x")), "no client_id"),
        (source("token"), "no token"),
        (source("token", token=Secret(lambda: "x")), "no email"),
        (source("oauth_user"), "no place for a sign-in"),
        (source("oauth_user", client_id=""), "no client_id"),
        (source("oauth", client_secret=Secret(no_secret)), "ZENDESK_SECRET isn't set"),
    ):
        with pytest.raises(SignInRefused, match=words.replace("$", r"\$")):
            await made.queue()
        await made.close()


def _classes(module: Any, base: type[BaseException]) -> list[type[BaseException]]:
    return [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, base) and not issubclass(kind, Warning) and kind.__module__ == module.__name__
    ]


KINDS = [
    *_classes(requests.exceptions, requests.RequestException),
    *_classes(zenpy.lib.exception, Exception),
]


def test_the_walk_finds_the_libraries_exceptions() -> None:
    assert len(KINDS) > 25


@pytest.mark.parametrize("kind", KINDS)
def test_every_exception_of_the_libraries_is_mapped(kind: type[Exception]) -> None:
    assert kind in BY_CLASS, "a new exception of the library needs its own words"
    assert issubclass(kind, CAUGHT)
    error = kind.__new__(kind)
    found = of_exception(error, Place("desk.example", "oauth"), "the queue")
    assert isinstance(found, SourceError)
    assert found.remedy


def _seen_by_a_crash(error: BaseException) -> Iterator[str]:
    """What a crash report with local variables would print of our own frames."""
    assert error.__cause__ is None
    assert error.__context__ is None
    yield from traceback.format_exception(error)
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if "/support_desk/" in frame.f_code.co_filename:
            yield from (repr(value) for value in frame.f_locals.values())


async def test_secrets_are_in_no_error_log_or_traceback(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    with ZendeskSimulator() as desk:
        desk.add(*fill(3))
        echo = {"error": "invalid", "description": f"you sent {CLIENT_SECRET} and {API_TOKEN}"}
        for auth in ("oauth", "token"):
            for answer in (
                json_answer(echo, 400),
                json_answer(echo, 401),
                json_answer({"error": echo}, 403),
                json_answer(echo, 422),
                text_answer(500, CLIENT_SECRET),
                html_page(200, API_TOKEN),
                dropped(),
                throttled("5"),
                redirect(f"https://{API_TOKEN}.example/{CLIENT_SECRET}"),
            ):
                for path in ("/search", "/oauth/tokens", "/users/me"):
                    desk.heal()
                    desk.fail(path, answer, times=None)
                    source = source_for(desk.url, auth=auth)
                    try:
                        await source.queue()
                    except SourceError as error:
                        told += [error.problem, error.remedy, str(error.request_id), *_seen_by_a_crash(error)]
                    await source.close()
        bearers = [request.headers.get("authorization", "").split(" ")[-1] for request in desk.requests]
    text = "\n".join([*told, *(record.getMessage() for record in caplog.records)])
    assert "Zendesk" in text
    for secret in {CLIENT_SECRET, API_TOKEN, *bearers} - {""}:
        assert secret not in text


async def test_a_bug_of_ours_ends_as_an_error_of_the_source() -> None:
    def broken() -> Any:
        raise ZeroDivisionError

    with ZendeskSimulator() as desk, warnings.catch_warnings():
        source = ZendeskSource(
            Zendesk(url=desk.url, client_id="x"), client_secret=Secret(broken), token=None, now=lambda: NOW
        )
        with pytest.raises(Unreadable, match="ZeroDivisionError"):
            await source.queue()
        await source.close()
