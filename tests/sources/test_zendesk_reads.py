"""The other reads: one ticket, suspended ones, search, attachments, the check; and how the thread behaves."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from support_desk.config.model import Zendesk
from support_desk.config.secrets import Secret
from support_desk.domain.tickets import Attachment
from support_desk.sources.errors import NotThere, ServiceDown, SourceError, Throttled, Unreachable, Unreadable
from support_desk.sources.zendesk import Limits, ZendeskSource
from tests.simulators.http import (
    Answer,
    Handler,
    Request,
    Server,
    dropped,
    html_page,
    huge,
    json_answer,
    redirect,
    silence,
    text_answer,
    throttled,
)
from tests.simulators.zendesk import (
    NOW,
    ZendeskSimulator,
    fill,
    stamp,
    wire_comment,
    wire_suspended,
    wire_ticket,
)
from tests.sources.zendesk_desk import Time, source_for


async def until(holds: Callable[[], bool]) -> None:
    """Let the loop turn until the simulator's thread has seen what we wait for."""
    while not holds():  # noqa: ASYNC110 - the other side is a thread, which has no event of this loop
        await asyncio.sleep(0)


async def test_confirm_reads_by_number_and_leaves_out_what_is_gone() -> None:
    with ZendeskSimulator() as desk:
        desk.add(*fill(150), wire_ticket(300, status="solved"))
        desk.lag = {7}
        source = source_for(desk.url)
        reading = await source.confirm([7, 300, 8888, *range(1, 140), 7])
        assert (await source.confirm([])).rows == ()
        await source.close()
        assert len(desk.sent_to("/show_many")) == 2
    found = {ticket.id: ticket.status for ticket in reading.rows}
    assert set(found) == {300, *range(1, 140)}
    assert found[300] == "solved"
    assert reading.complete


async def test_a_conversation_comes_oldest_first_with_authors_and_warnings() -> None:
    attached = {
        "file_name": "log.txt",
        "size": 12,
        "content_type": "text/plain",
        "content_url": "https://x.example/1",
    }
    odd = attached | {"content_url": "https://x.example/é", "size": -5}
    with ZendeskSimulator() as desk:
        desk.add(wire_ticket(5))
        desk.comments[5] = [
            wire_comment(1, plain_body="Help\x1b[2J!\n  indented", attachments=[attached, "junk"]),
            wire_comment(
                2, author_id=101, public=False, plain_body=None, body="A note", via={"channel": "web"}
            ),
            wire_comment(3, author_id=-1, metadata={"trusted": False, "flags": [14, 99]}),
            wire_comment(4, author_id=9999, public=False, metadata=None, via=None, attachments=None),
            wire_comment(5, metadata={"trusted": False}),
            wire_comment(6, metadata={"trusted": True, "flags": []}, attachments=[odd]),
            wire_comment(7, author_id=101, public=True),
            wire_comment(8, author_id=9999, public=True),
        ]
        source = source_for(desk.url)
        detail = await source.ticket(5)
        await source.close()
    first, note, doubtful, unknown, untrusted, trusted, replied, stranger = detail.comments
    assert detail.complete
    assert detail.ticket.id == 5
    assert (first.author, first.by_agent, first.public, first.channel) == (
        "Sam Client 0",
        False,
        True,
        "email",
    )
    assert "\x1b" not in first.body
    assert first.body.splitlines()[1] == "  indented"
    assert first.attachments == (Attachment("log.txt", 12, "text/plain", "https://x.example/1"),)
    assert (note.body, note.public, note.by_agent) == ("A note", False, True)
    assert doubtful.warning == "perhaps not written by this person; marked by Zendesk (flag 99)"
    assert (unknown.author, unknown.by_agent, unknown.warning) == ("unknown author", True, None)
    assert (replied.by_agent, replied.public) == (True, True)
    assert (stranger.by_agent, stranger.public) == (False, True), "who isn't known may be the client"
    assert untrusted.warning == "Zendesk doesn't trust the sender"
    assert trusted.warning is None
    assert [(file.url, file.size) for file in trusted.attachments] == [("", 0)]


async def test_a_very_long_conversation_keeps_its_newest_comments_and_says_so() -> None:
    with ZendeskSimulator() as desk:
        desk.add(wire_ticket(5))
        desk.comments[5] = [
            wire_comment(n, created_at=stamp(NOW - timedelta(days=9) + timedelta(minutes=n)))
            for n in range(1, 701)
        ]
        source = source_for(desk.url)
        detail = await source.ticket(5)
        await source.close()
    assert [comment.id for comment in detail.comments] == list(range(201, 701))
    assert not detail.complete


async def test_a_comment_that_cannot_be_read_is_counted_and_hides_no_other() -> None:
    with ZendeskSimulator() as desk:
        desk.add(wire_ticket(5))
        desk.comments[5] = [wire_comment(n) for n in (1, 2, 3)]
        desk.comments[5][1]["created_at"] = None
        source = source_for(desk.url)
        detail = await source.ticket(5)
        await source.close()
    assert [comment.id for comment in detail.comments] == [1, 3]
    assert (detail.complete, detail.unreadable) == (False, 1)


async def test_a_ticket_that_isnt_there() -> None:
    with ZendeskSimulator() as desk:
        source = source_for(desk.url)
        with pytest.raises(NotThere) as caught:
            await source.ticket(404)
        await source.close()
    assert caught.value.problem == "Zendesk: ticket 404: not there"
    assert caught.value.status == 404
    assert caught.value.request_id == "4711-abcd"


async def test_suspended_messages_are_read_over_pages() -> None:
    with ZendeskSimulator() as desk:
        desk.suspended_tickets = [wire_suspended(n) for n in range(1, 131)]
        desk.suspended_tickets[4] |= {"created_at": None}
        desk.suspended_tickets[5] |= {"author": None, "subject": None, "content": None, "cause": None}
        source = source_for(desk.url)
        reading = await source.suspended()
        await source.close()
    assert len(reading.rows) == 129
    assert reading.rejected == 1
    assert not reading.complete
    first = reading.rows[0]
    assert (first.author_email, first.cause, first.body) == (
        "pat@client.example",
        "Detected as spam",
        "Out of office\nor is it?",
    )
    assert reading.rows[4].subject == ""


@pytest.mark.parametrize("fresh", [False, True], ids=["the same cursor", "always another cursor"])
async def test_a_list_that_never_ends_is_left(fresh: bool) -> None:
    def endless(key: str, rows: list[object]) -> Handler:
        def page(_: Request) -> Answer:
            cursor = secrets.token_hex(4) if fresh else "again"
            return json_answer({key: rows, "meta": {"has_more": True, "after_cursor": cursor}})

        return page

    with ZendeskSimulator() as desk:
        desk.add(wire_ticket(5))
        desk.fail("/comments", endless("comments", [wire_comment(1)]), times=None)
        desk.fail("/suspended", endless("suspended_tickets", [wire_suspended(1)]), times=None)
        desk.fail("/macros", endless("macros", [{"id": 1, "title": "Thanks"}]), times=None)
        desk.fail("/assignable", endless("groups", []), times=None)
        source = source_for(desk.url)
        writer = source.writer("")
        conversation = await source.ticket(5)
        suspended = await source.suspended()
        macros, groups = await writer.macros(), await writer.groups()
        await source.close()
        asked = [len(desk.sent_to(part)) for part in ("/comments", "/suspended", "/macros", "/assignable")]
    assert ([row.id for row in conversation.comments], conversation.complete) == ([1], False)
    assert ([row.id for row in suspended.rows], suspended.complete) == ([1], False)
    assert ([row.id for row in macros.rows], macros.complete) == ([1], False)
    assert (groups.rows, groups.complete) == ((), False)
    assert asked == ([50, 50, 50, 1] if fresh else [2, 2, 2, 1])


async def test_searching_solved_tickets_cannot_be_turned_into_another_search() -> None:
    with ZendeskSimulator() as desk:
        desk.add(
            wire_ticket(1, subject="Upload fails", status="solved"), wire_ticket(2, subject="Upload fails")
        )
        source = source_for(desk.url)
        assert [ticket.id for ticket in (await source.search_solved("upload fails")).rows] == [1]
        await source.search_solved('status:open "-x OR\\ type:user')
        assert (await source.search_solved(' "" - ')).rows == ()
        await source.close()
        queries = [request.param("query") for request in desk.sent_to("/search")]
    assert queries == [
        'type:ticket status>=solved "upload" "fails"',
        'type:ticket status>=solved "status:open" "-x" "OR" "type:user"',
    ]


async def test_an_attachment_elsewhere_is_fetched_without_the_credential() -> None:
    with ZendeskSimulator() as desk, Server(lambda _: Answer(200, {}, b"content")) as elsewhere:
        desk.fail("/attachments", redirect(f"{elsewhere.url}/file"))
        source = source_for(desk.url)
        assert await source.download(f"{desk.url}/attachments/1", 100) == b"content"
        assert await source.download(f"{elsewhere.url}/other", 100) == b"content"
        await source.close()
        assert "authorization" in desk.sent_to("/attachments")[0].headers
        assert [("authorization" in request.headers) for request in elsewhere.requests] == [False, False]


async def test_an_attachment_is_fetched_with_the_next_token_where_the_last_has_ended() -> None:
    """As by another desk that renewed it in the same moment."""
    with ZendeskSimulator() as desk:
        source = source_for(desk.url)
        for answer in (json_answer({"error": "invalid_token"}, 401), Answer(200, {}, b"content")):
            desk.fail("/attachments", answer)
        assert await source.download(f"{desk.url}/attachments/1", 100) == b"content"
        sent = [request.headers["authorization"] for request in desk.sent_to("/attachments")]
        assert len(set(sent)) == 2
        await source.close()


async def test_an_attachment_is_bounded_in_size_hops_and_kind_of_address() -> None:
    with ZendeskSimulator() as desk:
        desk.fail("/large", huge(50_000_000), times=None)
        desk.fail("/loop", redirect(f"{desk.url}/loop"), times=None)
        desk.fail("/busy", throttled("9"))
        source = source_for(desk.url)
        with pytest.raises(Unreadable, match=r"larger than 0\.1 MB"):
            await source.download(f"{desk.url}/large", 100_000)
        with pytest.raises(Unreadable, match="again and again"):
            await source.download(f"{desk.url}/loop", 100)
        desk.fail("/gone", text_answer(503, "no"))
        for path, kind in (("busy", Throttled), ("gone", ServiceDown)):
            with pytest.raises(kind) as caught:
                await source.download(f"{desk.url}/{path}", 100)
            assert caught.value.remedy.startswith("fetch it again"), "nobody does it by himself"
        for url in (
            "http://files.example/1",
            "file:///etc/passwd",
            "ftp://files.example/1",
            "",
            "https://[x",
        ):
            with pytest.raises(SourceError):
                await source.download(url, 100)
        await source.close()
        assert desk.bytes_sent < 20_000_000


async def test_what_fails_where_an_attachment_lies_is_not_blamed_on_the_helpdesk() -> None:
    with ZendeskSimulator() as desk, Server(lambda request: Answer(int(request.path[1:]))) as elsewhere:
        source = source_for(desk.url)
        for there, words in (
            (f"{elsewhere.url}/401", "127.0.0.1, where it lies, answers with 401"),
            (f"{elsewhere.url}/404", "127.0.0.1, where it lies, answers with 404"),
            ("https://files.invalid/1", "no connection to files.invalid"),
        ):
            desk.fail("/attachments", redirect(there))
            with pytest.raises(SourceError, match=words) as caught:
                await source.download(f"{desk.url}/attachments/1", 100)
            assert caught.value.remedy == "open the ticket in the browser (o)"
        with pytest.raises(Unreadable, match="the attachment's address can't be read"):
            await source.download("https://[x", 100)
        await source.close()


async def test_a_page_that_comes_instead_of_a_file_is_none() -> None:
    """As where the helpdesk wants somebody to sign in."""
    with ZendeskSimulator() as desk:
        desk.fail("/attachments", html_page(), times=None)
        source = source_for(desk.url)
        with pytest.raises(Unreadable, match="a web page came in the place"):
            await source.download(f"{desk.url}/attachments/1", 100, "application/pdf")
        assert await source.download(f"{desk.url}/attachments/1", 100, "text/html")
        await source.close()


async def test_a_real_helpdesk_leads_to_nothing_on_this_machine() -> None:
    """An address in a client's mail must not reach what listens on the loopback here."""
    with Server(lambda _: Answer(200, {}, b"a secret of this machine")) as here:
        source = source_for("https://example.zendesk.com")
        with pytest.raises(SourceError):
            await source.download(f"{here.url}/admin", 100)
        await source.close()
        assert here.requests == []


async def test_the_check_names_what_works_and_what_doesnt() -> None:
    with ZendeskSimulator() as desk:
        desk.add(*fill(3))
        source = source_for(desk.url)
        lines = {line.name: line for line in await source.probe()}
        await source.close()
    assert {name: line.ok for name, line in lines.items()} == {
        "Zendesk: sign in": True,
        "Zendesk: read the queue": True,
        "Zendesk: SLA rows with the queue": True,
        "Zendesk: SLA rows by ticket number": True,
        "Zendesk: suspended tickets": True,
        "Zendesk: read a conversation": True,
        "Zendesk: names of custom statuses": True,
        "Zendesk: change tickets": None,
    }
    assert lines["Zendesk: sign in"].detail == "as Jo Example (agent), who owns the OAuth client support-desk"


async def test_the_check_finds_each_missing_right_and_says_what_to_do() -> None:
    with ZendeskSimulator() as desk:
        desk.add(*fill(3))
        desk.me["role"] = "end-user"
        desk.side_loads_in_search = False
        desk.fail("/suspended_tickets", Answer(403, {"Content-Type": "text/plain"}, b"no"))
        desk.fail("/comments", Answer(500))
        desk.fail("/custom_statuses", Answer(404), times=None)
        source = source_for(desk.url, auth="token")
        lines = {line.name: line for line in await source.probe()}
        await source.close()
    assert lines["Zendesk: SLA rows with the queue"].ok is False
    assert not lines["Zendesk: SLA rows with the queue"].needed
    assert lines["Zendesk: suspended tickets"].ok is False
    assert lines["Zendesk: read a conversation"].ok is False
    assert lines["Zendesk: read a conversation"].needed
    assert lines["Zendesk: names of custom statuses"].ok is None
    assert lines["Zendesk: change tickets"].ok is False
    assert (
        "158 days" in lines["Zendesk: API token"].detail or "157 days" in lines["Zendesk: API token"].detail
    )
    assert all(line.remedy for line in lines.values() if line.ok is False)


async def test_the_check_goes_on_where_only_whose_the_sign_in_is_may_not_be_asked() -> None:
    with ZendeskSimulator() as desk:
        desk.add(*fill(3))
        desk.fail(
            "/users/me", json_answer({"error": {"title": "Forbidden", "message": "No"}}, 403), times=None
        )
        source = source_for(desk.url)
        source.writer("jo@example.com")
        first, *others = await source.probe()
        await source.close()
    assert (first.name, first.ok, first.needed) == ("Zendesk: sign in", False, False)
    assert first.detail == "it can't be asked whose it is (Zendesk: the sign-in: not allowed (No))"
    assert "scopes" in first.remedy
    lines = {line.name: line for line in others}
    assert lines["Zendesk: read the queue"].ok
    assert lines["Zendesk: read a conversation"].ok
    assert "the role is unknown" in lines["Zendesk: change tickets"].detail
    assert lines["Zendesk: name on replies"].ok is False


async def test_the_check_stops_at_a_refused_sign_in_and_warns_of_ended_tokens() -> None:
    clock = Time()
    clock.pass_by(days=200)
    with ZendeskSimulator() as desk:
        source = source_for(desk.url, auth="token", token="wrong", now=clock)
        lines = await source.probe()
        await source.close()
    assert [(line.name, line.ok) for line in lines] == [
        ("Zendesk: sign in", False),
        ("Zendesk: API token", False),
    ]
    assert "[zendesk] email and token" in lines[0].remedy


async def test_opening_a_ticket_waits_for_one_page_of_a_sweep_at_most() -> None:
    order: list[str] = []
    with ZendeskSimulator() as desk:
        desk.add(*fill(900))
        desk.comments[5] = []
        source = source_for(desk.url)

        async def sweep() -> None:
            await source.queue()
            order.append("queue")

        started = asyncio.Event()
        loop = asyncio.get_running_loop()

        def tell(page: int) -> None:
            if page == 2:
                loop.call_soon_threadsafe(started.set)

        desk.between_pages = tell
        task = asyncio.create_task(sweep())
        await started.wait()
        await source.ticket(5)
        order.append("ticket")
        await task
        await source.close()
    assert order == ["ticket", "queue"]


async def test_a_cancelled_read_leaves_the_source_usable() -> None:
    with ZendeskSimulator() as desk:
        desk.add(*fill(5))
        source = source_for(desk.url, limits=Limits(read_seconds=5))
        await source.queue()
        desk.fail("/search", silence())
        task = asyncio.create_task(source.queue())
        await until(lambda: len(desk.sent_to("/search")) == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        desk.release()
        assert len((await source.queue()).rows) == 5
        await source.close()


async def test_closing_is_immediate_while_a_request_hangs() -> None:
    with ZendeskSimulator() as desk:
        source = source_for(desk.url, limits=Limits())
        desk.fail("/oauth/tokens", silence())
        task = asyncio.create_task(source.queue())
        await until(lambda: bool(desk.requests))
        async with asyncio.timeout(5):  # the answer would be waited for three times as long
            await source.close()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(Unreachable):
            await source.queue()


async def test_a_secret_that_never_comes_costs_its_thread_and_not_the_source() -> None:
    stuck = threading.Event()
    calls: list[str] = []

    def secret() -> str:
        calls.append(threading.current_thread().name)
        if len(calls) == 1:
            stuck.wait(30)
        return "client-s3cret-Zq81"

    with ZendeskSimulator() as desk:
        source = ZendeskSource(
            Zendesk(url=desk.url, client_id="support-desk"),
            client_secret=Secret(secret),
            token=None,
            now=lambda: NOW,
            limits=Limits(job_seconds=1.5, total_seconds=0.5),
        )
        with pytest.raises(Unreachable, match="no result after"):
            await source.queue()
        for _ in range(3):
            with pytest.raises(Unreachable, match="an earlier sign-in is still waiting"):
                await source.queue()
        assert sum(thread.name == "zendesk-read" for thread in threading.enumerate()) == 2
        stuck.set()
        assert (await source.queue()).complete
        await source.close()


async def test_connections_are_kept_between_requests_and_thread_is_a_daemon() -> None:
    with ZendeskSimulator() as desk:
        desk.add(*fill(350))
        source = source_for(desk.url)
        await source.queue()
        (thread,) = [thread for thread in threading.enumerate() if thread.name == "zendesk-read"]
        assert thread.daemon
        # One for the sign-in, one for everything else.
        assert desk.connections_made == 2
        assert source.requests_made == len(desk.requests)
        assert source.allowances["search-index"].remaining == 2499
        assert source.allowances["tickets-index"].resets == 43
        assert source.allowances["account"].total == 700
        await source.close()


async def test_a_read_is_sent_once_more_where_its_connection_was_closed_in_the_same_moment() -> None:
    with ZendeskSimulator() as desk:
        source = source_for(desk.url)
        desk.fail("/search", dropped())
        assert (await source.queue()).complete
        assert len(desk.sent_to("/search")) == 2
        desk.fail("/search", dropped(), times=None)
        with pytest.raises(Unreachable, match="closed the connection without an answer"):
            await source.queue()
        assert len(desk.sent_to("/search")) == 4
        await source.close()


async def test_early_hints_are_passed_over() -> None:
    with ZendeskSimulator() as desk:
        hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
        desk.fail("/search", replace(json_answer({"results": [], "count": 0}), before=hints * 2))
        source = source_for(desk.url)
        assert (await source.queue()).complete
        await source.close()


def test_importing_the_source_costs_no_zenpy_requests_or_pydantic() -> None:
    code = (
        "import sys, support_desk.sources.zendesk;"
        "print({'zenpy', 'requests', 'pydantic', 'httpx', 'textual'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
