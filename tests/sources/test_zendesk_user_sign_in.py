"""A person signs in, from a terminal without a browser, and out again; and what the check says of it."""

from __future__ import annotations

import stat
import traceback
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from support_desk.sources.errors import (
    ServiceDown,
    SignInRefused,
    SourceError,
    Throttled,
    Unreachable,
    Unreadable,
)
from support_desk.sources.zendesk.authorization import (
    NotTheAnswer,
    authorization_for,
    challenge_of,
    code_in,
)
from support_desk.sources.zendesk.personal import PersonalSignIn
from tests.simulators.http import Answer, cut_short, dropped, html_page, json_answer, throttled
from tests.simulators.zendesk_people import JO, REDIRECT_URI, SAM
from tests.sources.zendesk_desk import source_for
from tests.sources.zendesk_person import World, world

__all__ = ["world"]

NOBODY = {"id": None, "name": "Anonymous user", "role": "end-user"}


# Asking for leave


def test_the_challenge_is_that_of_the_standard() -> None:
    """The example of RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_each_request_has_a_state_and_a_verifier_of_its_own_and_shows_neither() -> None:
    one, other = (authorization_for("https://h.example", "c", REDIRECT_URI, "read write") for _ in range(2))
    assert one.state != other.state
    assert one.verifier != other.verifier
    assert 43 <= len(one.verifier) <= 128
    assert one.verifier not in one.address + repr(one)
    query = parse_qs(urlsplit(one.address).query)
    assert query["scope"] == ["read write"]
    assert query["code_challenge"] == [challenge_of(one.verifier)]


@pytest.mark.parametrize(
    "around",
    ["{}", "  {}\n", "<{}>", '"{}"', "\x1b[200~{}\x1b[201~\n", "{}#", "{}\r\n"],
)
def test_an_address_is_taken_however_it_was_copied(around: str) -> None:
    asked = authorization_for("https://h.example", "c", REDIRECT_URI, "read")
    landed = f"{REDIRECT_URI}?code=abc123&state={asked.state}"
    assert code_in(around.format(landed), asked) == "abc123"


def test_a_wrapped_address_and_its_query_alone_are_taken_too() -> None:
    asked = authorization_for("https://h.example", "c", REDIRECT_URI, "read")
    landed = f"{REDIRECT_URI}?code=abc123&state={asked.state}"
    assert code_in(f"{landed[:30]} \n {landed[30:]}", asked) == "abc123"
    assert code_in(landed.partition("?")[2], asked) == "abc123"


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "nothing was pasted"),
        ("\x1b[200~\x1b[201~", "nothing was pasted"),
        ("abc123", "isn't the address"),
        ("https://localhost/support-desk", "isn't the address"),
        ("https://[x", "isn't an address"),
        (f"{REDIRECT_URI}?code=abc", "another sign-in"),
        (f"{REDIRECT_URI}?code=abc&state=other", "another sign-in"),
        (f"{REDIRECT_URI}?code=abc&state=é", "another sign-in"),
        (f"{REDIRECT_URI}?code=abc&state=STATE&state=STATE", "another sign-in"),
        (f"{REDIRECT_URI}?code=&state=STATE&code=", "isn't the address"),
        (f"{REDIRECT_URI}?code=a&code=b&state=STATE", "no code"),
        ("ADDRESS", "the address to open"),
    ],
)
def test_what_isnt_the_answer_is_named_and_may_be_tried_again(pasted: str, words: str) -> None:
    asked = authorization_for("https://h.example", "c", REDIRECT_URI, "read")
    with pytest.raises(NotTheAnswer, match=words) as caught:
        code_in(pasted.replace("STATE", asked.state).replace("ADDRESS", asked.address), asked)
    assert "paste" in caught.value.remedy
    assert asked.state not in caught.value.problem + caught.value.remedy


# Signing in


@pytest.mark.parametrize("public", [False, True])
def test_somebody_signs_in_and_it_is_kept_for_them_alone(world: World, public: bool) -> None:
    if public:
        world.desk.client_secret = None
    someone = world.personal()
    asked = someone.begin(read_only=False)
    signed = someone.finish(asked, world.desk.allow(asked.address))
    assert (signed.me.name, signed.me.email, signed.me.role) == ("Jo Example", "jo@example.com", "agent")
    assert world.store.read() == signed.tokens
    assert signed.tokens.scopes == ("read", "write")
    assert stat.S_IMODE(world.store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(world.store.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(world.store.path.parent.parent.stat().st_mode) == 0o700
    (sent,) = world.desk.sent_to("/oauth/tokens")
    body = sent.json()
    assert body["code_verifier"] == asked.verifier
    assert ("client_secret" in body) is not public
    assert 300 < body["expires_in"] < 172_800
    assert 604_800 < body["refresh_token_expires_in"] < 7_776_000
    assert "authorization" not in sent.headers
    assert signed.tokens.access not in repr(signed)
    assert signed.tokens.refresh not in repr(signed)


def test_a_desk_that_is_read_only_asks_for_no_leave_to_write(world: World) -> None:
    someone = world.personal()
    asked = someone.begin(read_only=True)
    assert someone.finish(asked, world.desk.allow(asked.address)).tokens.scopes == ("read",)


def _expired(world: World, someone: PersonalSignIn) -> None:
    asked = someone.begin(read_only=False)
    landed = world.desk.allow(asked.address)
    world.time.pass_by(seconds=121)
    someone.finish(asked, landed)


def _twice(world: World, someone: PersonalSignIn) -> None:
    asked = someone.begin(read_only=False)
    landed = world.desk.allow(asked.address)
    world.desk.fail("/oauth/tokens", world.desk.applied_then(dropped()))
    with pytest.raises(Unreachable):
        someone.finish(asked, landed)
    someone.finish(asked, landed)


def _stolen(world: World, someone: PersonalSignIn) -> None:
    """Somebody else's code, put under our state: the verifier isn't theirs."""
    mine, theirs = someone.begin(read_only=False), someone.begin(read_only=False)
    code = parse_qs(urlsplit(world.desk.allow(theirs.address, SAM)).query)["code"][0]
    someone.finish(mine, f"{REDIRECT_URI}?code={code}&state={mine.state}")


def _denied(world: World, someone: PersonalSignIn) -> None:
    asked = someone.begin(read_only=False)
    someone.finish(asked, world.desk.deny(asked.address))


def _refused(world: World, someone: PersonalSignIn) -> None:
    asked = someone.begin(read_only=False)
    someone.finish(asked, world.desk.deny(asked.address, "invalid_scope"))


def _wrong_client(world: World, someone: PersonalSignIn) -> None:
    asked = someone.begin(read_only=False)
    world.desk.client_secret = "changed since"
    someone.finish(asked, world.desk.allow(asked.address))


def _client(world: World, someone: PersonalSignIn) -> None:
    asked = someone.begin(read_only=False)
    someone.finish(asked, world.desk.allow(asked.address, {**JO, "role": "end-user"}))


def _nobody(world: World, someone: PersonalSignIn) -> None:
    asked = someone.begin(read_only=False)
    someone.finish(asked, world.desk.allow(asked.address, NOBODY))


def _no_right_to_look(world: World, someone: PersonalSignIn) -> None:
    world.desk.fail("/users/me", json_answer({"error": {"title": "Forbidden", "message": "No"}}, 403))
    asked = someone.begin(read_only=False)
    someone.finish(asked, world.desk.allow(asked.address))


@pytest.mark.parametrize(
    ("attempt", "problem", "remedy"),
    [
        (_expired, "good for two minutes, once", "login zendesk"),
        (_twice, "good for two minutes, once", "login zendesk"),
        (_stolen, "good for two minutes, once", "login zendesk"),
        (_denied, "was denied", "login zendesk"),
        (_refused, r"refused \(invalid_scope\)", "redirect_uri"),
        (_wrong_client, "OAuth client was refused", "client_id and client_secret"),
        (_client, "is a client, not an agent", "login zendesk"),
        (_nobody, "nobody's", "login zendesk"),
        (_no_right_to_look, "whose it is", "scopes"),
    ],
)
def test_a_sign_in_that_fails_says_what_to_do_and_keeps_nothing(
    world: World,
    attempt: Callable[[World, PersonalSignIn], None],
    problem: str,
    remedy: str,
) -> None:
    before = world.sign_in(SAM)
    with pytest.raises(SignInRefused, match=problem) as caught:
        attempt(world, world.personal())
    assert remedy in caught.value.remedy
    assert world.store.read() == before, "who was signed in still is"
    assert before.access not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (dropped(), Unreachable),
        (html_page(), Unreadable),
        (cut_short({"access_token": "x" * 40}), Unreadable),
        (json_answer({}), Unreadable),
        (throttled("7"), Throttled),
        (html_page(503), ServiceDown),
    ],
)
def test_trouble_on_the_way_is_named_and_keeps_nothing(
    world: World, answer: Answer, expected: type[SourceError]
) -> None:
    someone = world.personal()
    asked = someone.begin(read_only=False)
    world.desk.fail("/oauth/tokens", answer)
    with pytest.raises(expected):
        someone.finish(asked, world.desk.allow(asked.address))
    assert world.store.read() is None


# Signing out


def test_signing_out_revokes_and_forgets(world: World) -> None:
    world.sign_in()
    world.personal().end()
    assert world.desk.grants == []
    assert world.store.read() is None


def test_a_revocation_that_did_nothing_is_noticed(world: World) -> None:
    world.sign_in()
    world.desk.revocation_works = False
    with pytest.raises(Unreadable, match="still good there") as caught:
        world.personal().end()
    assert "profile" in caught.value.remedy
    assert world.store.read() is None


def test_a_sign_in_that_had_ended_is_forgotten(world: World) -> None:
    world.sign_in()
    world.desk.revoke_everybody()
    world.personal().end()
    assert world.store.read() is None


def test_signing_out_without_a_connection_forgets_and_says_so(world: World) -> None:
    world.sign_in()
    world.desk.fail("/oauth/tokens/", dropped(), times=2)
    with pytest.raises(Unreachable):
        world.personal().end()
    assert world.store.read() is None


# The check


async def test_the_check_says_who_it_is_until_when_and_what_it_may(world: World) -> None:
    world.sign_in()
    from_source = world.source(zone=ZoneInfo("Europe/London"))
    from_source.writer("jo@example.com")
    lines = {line.name: line for line in await from_source.probe()}
    await from_source.close()
    said = lines["Zendesk: sign in"]
    assert said.ok
    assert said.detail == (
        "as Jo Example (agent), your own sign-in, until 20:00, renewed by itself if used by 23 December"
    )
    assert lines["Zendesk: change tickets"].ok
    assert "read write" in lines["Zendesk: change tickets"].detail
    assert lines["Zendesk: name on replies"].detail == "Jo Example, your own"
    assert {request.method for request in world.desk.requests} == {"GET", "POST"}
    assert [request.path for request in world.desk.requests if request.method == "POST"] == ["/oauth/tokens"]


async def test_the_check_notices_somebody_elses_sign_in_and_one_that_only_reads(world: World) -> None:
    someone = world.personal()
    asked = someone.begin(read_only=True)
    someone.finish(asked, world.desk.allow(asked.address, SAM))
    from_source = world.source()
    from_source.writer("jo@example.com")
    lines = {line.name: line for line in await from_source.probe()}
    await from_source.close()
    change, name = lines["Zendesk: change tickets"], lines["Zendesk: name on replies"]
    assert change.ok is False
    assert change.needed
    assert "login zendesk" in change.remedy
    assert name.ok is False
    assert "Sam Example, but [me] email is jo@example.com" in name.detail


async def test_the_check_without_a_sign_in_names_the_command(world: World) -> None:
    from_source = world.source()
    (line,) = await from_source.probe()
    await from_source.close()
    assert line.ok is False
    assert "support-desk login zendesk" in line.remedy


@pytest.mark.parametrize(
    ("me", "ok", "detail"),
    [
        ("agent1@example.com", True, "Agent 1, on comments; other changes are recorded as Jo Example's"),
        ("gone@example.com", False, "no agent has the address gone@example.com"),
        ("sam1@client.example", False, "no agent has the address sam1@client.example"),
        ("", False, "[me] email isn't set"),
    ],
)
async def test_the_check_says_whose_the_shared_credential_is_and_whose_name_replies_carry(
    world: World, me: str, ok: bool, detail: str
) -> None:
    source = source_for(world.desk.url, auth="oauth", now=world.time)
    source.writer(me)
    lines = {line.name: line for line in await source.probe()}
    await source.close()
    who = lines["Zendesk: sign in"]
    assert who.detail == "as Jo Example (agent), who owns the OAuth client support-desk"
    assert lines["Zendesk: change tickets"].ok
    name = lines["Zendesk: name on replies"]
    assert name.ok is ok
    assert detail in name.detail
    assert not name.needed
    assert ok or "oauth_user" in name.remedy


async def test_the_check_says_what_it_cannot_know(world: World) -> None:
    world.desk.tells_scopes = False
    source = source_for(world.desk.url, auth="oauth", now=world.time)
    source.writer("agent1@example.com")
    lines = {line.name: line for line in await source.probe()}
    await source.close()
    assert lines["Zendesk: change tickets"].ok is None
    assert "doesn't tell its scopes; the role is agent" in lines["Zendesk: change tickets"].detail


async def test_the_check_names_a_role_that_writes_internal_notes_only(world: World) -> None:
    world.sign_in({**JO, "role_type": 1})
    source = world.source()
    source.writer("jo@example.com")
    lines = {line.name: line for line in await source.probe()}
    await source.close()
    assert "internal notes only" in lines["Zendesk: change tickets"].detail
