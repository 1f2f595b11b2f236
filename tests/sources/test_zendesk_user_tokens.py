"""A person's sign-in in use: renewed by one thread of one program at a time, and lost by no crash."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import stat
import subprocess
import sys
import threading
import traceback
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from support_desk.desk.clock import SystemClock
from support_desk.desk.intents import intents_of
from support_desk.desk.lookups import Lookups
from support_desk.desk.performing.tickets import TicketPerformer
from support_desk.domain.commands import Command, EditTicket
from support_desk.domain.intents import Target, Verdict
from support_desk.sources.errors import ServiceDown, SignInRefused, SourceError, Throttled, Unreachable
from support_desk.sources.zendesk.token_store import TokenFile
from tests.desk.clock import ManualClock
from tests.simulators.http import Answer, Request, dropped, html_page, json_answer, throttled
from tests.simulators.zendesk import CLIENT_SECRET
from tests.simulators.zendesk_people import JO, SAM
from tests.sources.zendesk_person import World, read, world

__all__ = ["world"]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(world: World) -> TokenFile:
    return world.store


# Using it


async def test_tickets_are_read_and_changed_as_the_person(world: World) -> None:
    world.sign_in()
    from_source = world.source()
    writer = from_source.writer("jo@example.com")
    before = from_source.sign_in_stamp()
    assert await read(from_source) == 2
    assert from_source.sign_in_stamp() == before
    world.go_to_the_renewal()
    assert await read(from_source) == 2
    assert world.desk.renewals == 1
    assert from_source.sign_in_stamp() == before, "nobody has signed in: it was renewed by ourselves"
    world.sign_in()
    assert from_source.sign_in_stamp() != before, "a desk that was refused asks again at once"
    stamp = (await writer.ticket(5)).ticket.updated_at
    abilities = await writer.abilities()
    assert abilities.personal
    assert abilities.me is not None
    assert abilities.me.name == "Jo Example"
    answer = await writer.update(5, EditTicket(comment="Looked at.", public=True), stamp=stamp)
    assert answer.comment_author_id == JO["id"]
    assert world.desk.comments[5][-1]["author_id"] == JO["id"]
    put = next(request for request in world.desk.requests if request.method == "PUT")
    assert "author_id" not in put.json()["ticket"]["comment"], "their own name needs no asking"
    await from_source.close()
    assert world.desk.renewals == 1


async def test_when_somebody_else_signs_in_replies_are_said_to_be_theirs(world: World) -> None:
    world.sign_in()
    from_source = world.source()
    writer = from_source.writer("jo@example.com")
    lookups = Lookups(writer, SystemClock())
    before = await lookups.abilities()
    asked = len(world.desk.requests)
    assert await lookups.abilities() is before
    assert len(world.desk.requests) == asked, "not asked again without a reason"
    world.sign_in(SAM)
    # Before anything was asked in their name: the review of a reply names them already.
    after = await lookups.abilities()
    assert before.author is not None
    assert after.author is not None
    assert (before.author.name, after.author.name) == ("Jo Example", "Sam Example")
    assert await lookups.abilities() is after
    world.personal().end()
    for _ in range(2):
        with pytest.raises(SignInRefused, match="nobody is signed in"):
            await lookups.abilities()
    world.sign_in()
    back = await lookups.abilities()
    assert back.author is not None
    assert back.author.name == "Jo Example", "nothing has been asked in their name yet, and it is theirs"
    await from_source.close()


async def test_who_signs_in_while_it_is_asked_who_it_is_isnt_taken_for_the_one_before(world: World) -> None:
    """The answer was kept as one about the new sign-in: a reply named Jo in its review, and was Sam's."""
    world.sign_in()
    from_source = world.source()
    writer = from_source.writer("jo@example.com")
    await writer.ticket(5)

    def meanwhile(request: Request) -> Answer:
        answer = world.desk.answer(request)
        world.sign_in(SAM)
        return answer

    world.desk.fail("/users/me.json", meanwhile)
    await writer.abilities()
    assert writer.signed_in != "jo@example.com"
    abilities = await writer.abilities()
    assert abilities.me is not None
    assert (abilities.me.name, writer.signed_in) == ("Sam Example", "sam@example.com")
    await from_source.close()


async def test_what_was_decided_does_not_go_out_under_the_name_of_whoever_signs_in_next(world: World) -> None:
    world.sign_in()
    from_source = world.source()
    writer = from_source.writer("jo@example.com")
    clock = ManualClock(world.time.now)
    actions = TicketPerformer(from_source, writer, clock, zone=UTC)
    assert writer.signed_in == "", "nothing has been asked yet"
    await writer.abilities()
    ticket = (await writer.confirm([5])).rows[0]
    edits: tuple[Command, ...] = (
        EditTicket(add_tags=("late",)), EditTicket(comment="Looking.", public=True),
    )  # fmt: skip
    decided = [
        replace(intent, seen=replace(intent.seen, signed_in=writer.signed_in))
        for intent in intents_of([(ticket, edit) for edit in edits], by="jo@example.com", at=clock.now())
    ]
    world.go_to_the_renewal()
    await writer.confirm([5])
    assert world.desk.renewals == 1
    assert writer.signed_in == "jo@example.com", "a token that was renewed is the same person's"
    world.sign_in(SAM)
    assert writer.signed_in == SAM["email"]
    for intent in decided:
        refused = await actions.perform(intent)
        assert refused.verdict is Verdict.FAILED
        assert "decided as jo@example.com, and by now Sam Example is signed in" in refused.words
        assert "send it as Sam Example (y)" in refused.remedy
    beside = replace(decided[0], id="b" * 32, target=Target("ticket", "6"))
    assert actions.batches([decided[0], beside])
    together = await actions.perform_batch([decided[0], beside])
    assert {receipt.words for receipt in together.values()} == {refused.words}
    assert "PUT" not in {request.method for request in world.desk.requests}
    assert refused.seen is not None
    again = await actions.perform(replace(decided[1], seen=refused.seen))
    assert again.verdict is Verdict.CONFIRMED
    assert again.seen is not None
    assert again.seen.signed_in == SAM["email"], "what is left of it would go out under the same name"
    assert world.desk.comments[5][-1]["author_id"] == SAM["id"]
    await from_source.close()


async def test_whose_the_sign_in_is_is_known_while_the_helpdesk_cant_be_asked(world: World) -> None:
    """What was decided meanwhile was tied to nobody, and went out as whoever signed in next."""
    world.sign_in()
    world.go_to_the_renewal()
    from_source = world.source()
    writer = from_source.writer("jo@example.com")
    world.desk.fail("/api/v2", json_answer({}, 503), times=None)
    with pytest.raises(ServiceDown):
        await writer.abilities()
    assert world.desk.renewals == 1
    assert writer.signed_in == "jo@example.com"
    await from_source.close()


async def test_nobody_signed_in_is_said_with_the_command(world: World) -> None:
    from_source = world.source()
    with pytest.raises(SignInRefused, match="nobody is signed in") as caught:
        await from_source.queue()
    assert "support-desk login zendesk" in caught.value.remedy
    assert world.desk.requests == []
    world.sign_in()
    assert await read(from_source) == 2, "without a new start"
    await from_source.close()


async def test_it_is_renewed_before_it_ends_and_the_new_pair_is_kept(world: World) -> None:
    first = world.sign_in()
    from_source = world.source()
    assert await read(from_source) == 2
    world.go_to_the_renewal()
    assert await read(from_source) == 2
    await from_source.close()
    assert world.desk.renewals == 1
    kept = world.kept()
    assert (kept.access, kept.refresh) == (world.desk.grants[0].access, world.desk.grants[0].refresh)
    assert kept.access != first.access
    used = [request.headers.get("authorization") for request in world.desk.sent_to("/search")]
    assert used == [f"Bearer {first.access}", f"Bearer {kept.access}"]


async def test_it_is_renewed_once_when_refused(world: World) -> None:
    world.sign_in()
    from_source = world.source()
    await read(from_source)
    world.desk.tokens.clear()
    assert await read(from_source) == 2
    assert world.desk.renewals == 1
    world.desk.fail("/search", json_answer({"error": "invalid_token"}, 401), times=None)
    with pytest.raises(SignInRefused) as caught:
        await from_source.queue()
    assert "login zendesk" in caught.value.remedy
    assert world.desk.renewals == 2, "one renewal for one refusal"
    await from_source.close()


async def test_a_write_that_was_refused_goes_again_with_the_new_token_and_is_applied_once(
    world: World,
) -> None:
    world.sign_in()
    from_source = world.source()
    writer = from_source.writer("jo@example.com")
    stamp = (await writer.ticket(5)).ticket.updated_at
    world.desk.tokens.clear()
    await writer.update(5, EditTicket(comment="Once."), stamp=stamp)
    assert world.desk.applied["update", 5] == 1
    assert world.desk.renewals == 1
    await from_source.close()


async def test_a_sign_in_that_was_taken_away_isnt_offered_again_and_again(world: World) -> None:
    world.sign_in()
    from_source = world.source()
    await read(from_source)
    world.desk.revoke_everybody()
    for _ in range(3):
        with pytest.raises(SignInRefused, match="has ended") as caught:
            await from_source.queue()
        assert caught.value.remedy == "sign in again: support-desk login zendesk"
    renewals = [sent for sent in world.desk.sent_to("/oauth/tokens") if "refresh_token" in sent.json()]
    assert len(renewals) == 1
    world.sign_in(SAM)
    assert await read(from_source) == 2, "a new sign-in is taken up without a new start"
    await from_source.close()


async def test_an_answer_that_was_lost_costs_the_sign_in_only_if_zendesk_says_so(world: World) -> None:
    tokens = world.sign_in()
    from_source = world.source()
    await read(from_source)
    world.go_to_the_end()
    world.desk.fail("/oauth/tokens", dropped())
    with pytest.raises(Unreachable):
        await from_source.queue()
    assert world.store.read() == tokens
    assert await read(from_source) == 2, "it had not arrived: the old one is still good"
    assert world.desk.renewals == 1
    world.go_to_the_end()
    world.desk.fail("/oauth/tokens", world.desk.applied_then(dropped()))
    with pytest.raises(Unreachable):
        await from_source.queue()
    assert world.desk.renewals == 2
    with pytest.raises(SignInRefused, match="has ended") as caught:
        await from_source.queue()
    assert "login zendesk" in caught.value.remedy
    await from_source.close()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(dropped(), Unreachable), (html_page(502), ServiceDown), (throttled("9"), Throttled)],
)
async def test_while_the_token_lives_trouble_with_the_next_one_stops_nothing(
    world: World, answer: Answer, expected: type[SourceError]
) -> None:
    tokens = world.sign_in()
    from_source = world.source()
    world.go_to_the_renewal()
    asked = len(world.desk.sent_to("/oauth/tokens"))
    world.desk.fail("/oauth/tokens", answer, times=None)
    assert await read(from_source) == 2
    assert await read(from_source) == 2
    assert len(world.desk.sent_to("/oauth/tokens")) == asked + 1, "not with every request"
    assert tokens.ends is not None
    world.time.now = tokens.ends
    with pytest.raises(expected):
        await from_source.queue()
    world.desk.heal()
    assert await read(from_source) == 2
    await from_source.close()


async def test_a_sign_in_without_a_refresh_token_lasts_until_it_is_refused(world: World) -> None:
    world.desk.gives_refresh_tokens = False
    world.desk.tells_lives = False
    tokens = world.sign_in()
    assert (tokens.refresh, tokens.ends, tokens.due) == ("", None, None)
    from_source = world.source()
    assert await read(from_source) == 2
    world.time.pass_by(days=2)
    with pytest.raises(SignInRefused, match="sign-in was refused") as caught:
        await from_source.queue()
    assert "login zendesk" in caught.value.remedy
    await from_source.close()


async def test_many_threads_renew_once(world: World) -> None:
    world.sign_in()
    world.go_to_the_end()
    sources = [world.source() for _ in range(6)]
    assert await asyncio.gather(*(read(one) for one in sources)) == [2] * 6
    assert world.desk.renewals == 1
    for one in sources:
        await one.close()


async def test_what_another_program_renewed_is_used_before_anything_is_refused(world: World) -> None:
    world.sign_in()
    one, other = world.source(), world.source()
    await read(one)
    await read(other)
    world.go_to_the_renewal()
    await read(one)
    before = len(world.desk.requests)
    await read(other)
    kept = world.kept()
    used = {sent.headers["authorization"] for sent in world.desk.requests[before:]}
    assert used == {f"Bearer {kept.access}"}
    assert world.desk.renewals == 1
    await one.close()
    await other.close()


async def test_a_full_disk_loses_nothing_while_the_program_runs(world: World) -> None:
    tokens = world.sign_in()
    from_source = world.source()
    await read(from_source)
    beside = world.store.path.with_name(f"{world.store.path.name}.new")
    beside.mkdir()
    world.go_to_the_renewal()
    assert await read(from_source) == 2
    assert world.desk.renewals == 1
    assert world.store.read() == tokens, "it couldn't be written"
    beside.rmdir()
    world.time.pass_by(minutes=1)
    assert await read(from_source) == 2
    kept = world.kept()
    assert kept.access == world.desk.grants[0].access
    assert world.desk.renewals == 1
    await from_source.close()


async def test_a_sign_in_that_cannot_be_kept_is_good_for_as_long_as_it_lasts(world: World) -> None:
    """Not even the lock beside its file can be had, such as on a disk that is gone."""
    world.sign_in()
    from_source = world.source()
    await read(from_source)
    beside = world.store.path.with_name(f"{world.store.path.name}.new")
    beside.mkdir()
    world.go_to_the_renewal()
    assert await read(from_source) == 2
    lock = world.store.path.with_name(f"{world.store.path.name}.lock")
    lock.unlink()
    lock.mkdir()
    for _ in range(3):
        world.time.pass_by(minutes=1)
        assert await read(from_source) == 2
    lock.rmdir()
    beside.rmdir()
    world.time.pass_by(minutes=1)
    assert await read(from_source) == 2
    assert world.kept().access == world.desk.grants[0].access
    assert world.desk.renewals == 1
    await from_source.close()


def test_what_was_about_to_take_its_place_is_forgotten_with_the_sign_in(world: World) -> None:
    """Or the next start would finish what was begun, and be signed in again."""
    world.sign_in()
    beside = world.store.path.with_name(f"{world.store.path.name}.new")
    beside.write_bytes(world.store.path.read_bytes())
    world.store.delete()
    with world.store.exclusive(1):
        assert world.store.read() is None
    assert not beside.exists()
    world.store.delete()


# Several programs, and their deaths


def program(world: World, *flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.sources.renewing_program", world.desk.url, str(world.store.path)]
    started = subprocess.Popen(
        [*command, world.time().isoformat(), *flags],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


def begin(*programs: subprocess.Popen[str]) -> None:
    for one in programs:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()


def ends(*programs: subprocess.Popen[str]) -> list[str]:
    """What they said."""
    return [one.communicate(timeout=30)[0].strip() for one in programs]


def go(one: subprocess.Popen[str]) -> str:
    begin(one)
    return ends(one)[0]


def test_programs_that_renew_at_the_same_time_renew_once(world: World) -> None:
    """The first one's renewal is held up until all the others have been told to begin."""
    world.sign_in()
    world.go_to_the_end()
    programs = [program(world) for _ in range(4)]
    begun = threading.Event()

    def slowly(request: Request) -> Answer:
        assert begun.wait(20)
        return world.desk.route(request)

    world.desk.fail("/oauth/tokens", slowly)
    begin(*programs)
    begun.set()
    assert ends(*programs) == ["Jo Example"] * 4
    assert world.desk.renewals == 1
    assert world.store.read() is not None


def test_a_program_killed_before_the_new_sign_in_took_its_place_loses_nothing(world: World) -> None:
    tokens = world.sign_in()
    world.go_to_the_end()
    dying = program(world, "--die-before-rename")
    go(dying)
    assert dying.returncode == -signal.SIGKILL
    assert world.desk.renewals == 1
    assert world.store.read() == tokens, "the old one is whole"
    said = go(program(world))
    assert said == "Jo Example", "the new one was complete beside it"
    assert world.desk.renewals == 1
    kept = world.kept()
    assert kept.access == world.desk.grants[0].access


def test_a_program_killed_while_it_waited_for_the_answer_leaves_no_lock_behind(world: World) -> None:
    tokens = world.sign_in()
    world.go_to_the_end()
    dying = program(world)

    def kill(_: Request) -> Answer:
        dying.kill()
        dying.wait(10)
        return dropped()

    world.desk.fail("/oauth/tokens", kill)
    go(dying)
    assert world.store.read() == tokens
    said = go(program(world))
    assert said == "Jo Example"
    assert world.desk.renewals == 1


def test_half_a_sign_in_that_a_crash_left_is_thrown_away(world: World) -> None:
    tokens = world.sign_in()
    beside = world.store.path.with_name(f"{world.store.path.name}.new")
    beside.write_bytes(world.store.path.read_bytes()[:40])
    with world.store.exclusive(1):
        assert world.store.read() == tokens
    assert not beside.exists()


# The file


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
async def test_a_file_that_others_may_touch_is_refused(world: World, mode: int) -> None:
    world.sign_in()
    world.store.path.chmod(mode)
    from_source = world.source()
    sent = len(world.desk.requests)
    with pytest.raises(SignInRefused, match="open to other users") as caught:
        await from_source.queue()
    assert f"chmod 600 {world.store.path}" in caught.value.remedy
    assert len(world.desk.requests) == sent
    await from_source.close()
    world.sign_in()
    assert stat.S_IMODE(world.store.path.stat().st_mode) == 0o600, "a new sign-in mends it"


def test_a_folder_that_others_may_touch_is_refused(world: World) -> None:
    world.sign_in()
    world.store.path.parent.chmod(0o750)
    with pytest.raises(SignInRefused, match="open to other users") as caught:
        world.store.read()
    assert f"chmod 700 {world.store.path.parent}" in caught.value.remedy
    with pytest.raises(SignInRefused), world.store.exclusive(1):
        pass


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"access": 5}', b"[" * 5000])
def test_a_file_that_holds_something_else_asks_for_a_new_sign_in(store: TokenFile, content: bytes) -> None:
    store.path.parent.mkdir(mode=0o700, parents=True)
    store.path.write_bytes(content)
    store.path.chmod(0o600)
    with pytest.raises(SignInRefused, match="doesn't hold a sign-in") as caught:
        store.read()
    assert "login zendesk" in caught.value.remedy


def test_a_link_in_place_of_the_file_isnt_followed(store: TokenFile, tmp_path: Path) -> None:
    store.path.parent.mkdir(mode=0o700, parents=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("{}")
    store.path.symlink_to(elsewhere)
    with pytest.raises(SignInRefused, match="can't be read"):
        store.read()


def test_a_lock_that_is_held_too_long_is_named(store: TokenFile) -> None:
    with store.exclusive(1), pytest.raises(Unreachable, match="another program"), store.exclusive(0):
        pass
    with store.exclusive(0):
        pass


# Secrets


async def test_no_token_is_in_logs_errors_arguments_or_anything_but_the_file(
    world: World, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    first = world.sign_in()
    from_source = world.source()
    await read(from_source)
    world.desk.tokens.clear()
    await read(from_source)
    kept = world.kept()
    echo = json_answer({"error": {"title": "Forbidden", "message": f"{kept.access} {kept.refresh}"}}, 403)
    world.desk.fail("/search", echo)
    said = []
    with pytest.raises(SourceError) as caught:
        await from_source.queue()
    said += traceback.format_exception(caught.value)
    world.desk.revoke_everybody()
    with pytest.raises(SourceError) as caught:
        await from_source.queue()
    said += traceback.format_exception(caught.value)
    await from_source.close()
    secrets = {first.access, first.refresh, kept.access, kept.refresh, CLIENT_SECRET}
    everything = "".join(said) + caplog.text + command_line()
    assert not [secret for secret in secrets if secret in everything]
    assert files_with(kept.access, tmp_path) == [world.store.path]


def command_line() -> str:
    return Path(f"/proc/{os.getpid()}/cmdline").read_text(encoding="utf-8")


def files_with(text: str, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text in path.read_text(encoding="utf-8")]
