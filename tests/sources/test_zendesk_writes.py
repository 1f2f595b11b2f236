"""One request per change, sent once, and every bad end says truly whether it was done."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support_desk.config.secrets import Secret
from support_desk.domain.commands import (
    UNASSIGNED,
    EditTicket,
    FieldValue,
    MergeTicket,
    RaiseTicket,
    SideConversation,
)
from support_desk.domain.comment_text import MOST_BYTES, as_html, same_text
from support_desk.sources.errors import (
    NotAllowed,
    NotThere,
    OutOfDate,
    Rejected,
    ServiceDown,
    SignInRefused,
    SourceError,
    Throttled,
    Unanswered,
    Unreachable,
    Unreadable,
)
from support_desk.sources.writers import Talk, TicketWriter
from support_desk.sources.zendesk import ZendeskSource, attempt
from support_desk.sources.zendesk.changes import ignored_fields
from support_desk.sources.zendesk.writer import ZendeskWriter
from tests.simulators.http import (
    Answer,
    Request,
    cut_short,
    dropped,
    half_json,
    html_page,
    json_answer,
    not_utf8,
    redirect,
    silence,
    text_answer,
    throttled,
)
from tests.simulators.zendesk import NOW, wire_ticket
from tests.simulators.zendesk_writes import WritableZendesk, plain_of, run_placeholders
from tests.sources.zendesk_desk import PATIENT, QUICK, Time, source_for, writer_for

PUT = "/tickets/5.json"
HIGH = EditTicket(priority="urgent")


@pytest.fixture
async def desk() -> AsyncIterator[WritableZendesk]:
    with WritableZendesk() as simulator:
        simulator.add(wire_ticket(5), wire_ticket(6), wire_ticket(7))
        yield simulator


@pytest.fixture
async def pair(desk: WritableZendesk) -> AsyncIterator[tuple[ZendeskSource, ZendeskWriter]]:
    source, writer = writer_for(desk.url, limits=QUICK)
    yield source, writer
    await source.close()


@pytest.fixture
async def writer(pair: tuple[ZendeskSource, ZendeskWriter]) -> TicketWriter:
    return pair[1]


async def stamp_of(writer: TicketWriter, number: int = 5) -> Any:
    assert isinstance(writer, ZendeskWriter)
    return (await writer.ticket(number)).ticket.updated_at


def sent(desk: WritableZendesk, method: str = "PUT") -> list[Any]:
    return [request for request in desk.requests if request.method == method]


async def test_a_write_signs_in_itself_where_a_read_could_not() -> None:
    """Both were refused with the same old token; the read came first, and got no new one."""
    arrived, failed = threading.Event(), threading.Event()
    with WritableZendesk() as desk:
        desk.add(wire_ticket(5))
        source, writer = writer_for(desk.url, auth="oauth")
        stamp = await stamp_of(writer)
        await source.queue()

        def refused(_: Request) -> Answer:
            arrived.set()
            assert failed.wait(20)
            return json_answer({"error": "invalid_token"}, 401)

        def in_trouble(_: Request) -> Answer:
            failed.set()
            return json_answer({"error": "Sorry"}, 503)

        desk.fail(PUT, refused, method="PUT")
        desk.fail("/oauth/tokens", in_trouble)
        change = asyncio.create_task(writer.update(5, HIGH, stamp=stamp))
        assert await asyncio.to_thread(arrived.wait, 20)
        desk.revoke_tokens()
        with pytest.raises(ServiceDown):
            await source.queue()
        assert (await change).ticket.priority == "urgent"
        assert desk.applied["update", 5] == 1
        assert not any("None" in request.headers.get("authorization", "") for request in desk.requests)
        await source.close()


# What is sent


async def test_only_what_changes_travels(desk: WritableZendesk, writer: TicketWriter) -> None:
    stamp = await stamp_of(writer)
    edit = EditTicket(
        status="pending", comment="Done.", add_tags=("x",), custom_fields=(FieldValue(901, "a"),), macro_id=3
    )
    answer = await writer.update(5, edit, stamp=stamp, author_id=102)
    body = sent(desk)[0].json()["ticket"]
    assert body == {
        "id": 5,
        "status": "pending",
        "safe_update": True,
        "updated_stamp": "2026-11-23T09:25:00Z",
        "comment": {"html_body": "Done.", "public": False, "author_id": 102},
        "custom_fields": [{"id": 901, "value": "a"}],
        "macro_ids": [3],
    }
    assert answer.ticket.status == "pending"
    assert answer.ticket.updated_at > stamp
    assert (answer.comment_public, answer.comment_author_id, answer.ignored) == (False, 102, ())
    assert desk.tickets[5]["tags"] == ["client_acme", "first_line"], "tags go by their own endpoint"
    assert desk.tickets[5]["custom_fields"][1] == {"id": 901, "value": "a"}


async def test_a_ticket_can_be_given_back_to_nobody(desk: WritableZendesk, writer: TicketWriter) -> None:
    desk.edit(5, assignee_id=102)
    edit = EditTicket(assignee_id=UNASSIGNED)
    answer = await writer.update(5, edit, stamp=await stamp_of(writer))
    assert sent(desk)[0].json()["ticket"]["assignee_id"] is None
    assert answer.ticket.assignee is None


@pytest.mark.parametrize("public", [True, False])
async def test_public_is_always_said(desk: WritableZendesk, writer: TicketWriter, public: bool) -> None:
    edit = EditTicket(comment="Hello", public=public)
    answer = await writer.update(5, edit, stamp=await stamp_of(writer))
    assert sent(desk)[0].json()["ticket"]["comment"]["public"] is public
    assert answer.comment_public is public


@pytest.mark.parametrize(
    "text",
    [
        "{{ticket.id}} and {{nothing}}",
        "helm: {{ .Values.image }}\n  tag: {{- if x -}}",
        "{% if a %}b{% endif %}",
        "  indented\n\n    more   blanks\n\ttab",
        "<script>alert(1)</script> & &amp; &#123;&#123;ticket.id&#125;&#125;",
        "a {{ b\nc }} d",
    ],
)
async def test_a_comment_arrives_as_typed(desk: WritableZendesk, writer: TicketWriter, text: str) -> None:
    assert isinstance(writer, ZendeskWriter)
    await writer.update(5, EditTicket(comment=text), stamp=await stamp_of(writer))
    assert desk.comments[5][-1]["plain_body"] == text.expandtabs(4)
    assert same_text((await writer.ticket(5)).comments[-1].body, text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("ab {}%<>&#;123\n"), max_size=40))
def test_no_text_is_run(text: str) -> None:
    arrived = plain_of(run_placeholders(as_html(text), wire_ticket(5)))
    assert arrived == text.strip("\n")


async def test_a_macros_own_text_is_not_run_a_second_time(
    desk: WritableZendesk, writer: TicketWriter
) -> None:
    edit = EditTicket(comment="x", comment_html="<p>Dear <b>Sam</b>: {{ticket.id}}</p>", public=True)
    await writer.update(5, edit, stamp=await stamp_of(writer))
    assert desk.comments[5][-1]["plain_body"] == "Dear Sam: {{ticket.id}}"


async def test_a_comment_that_would_be_cut_is_not_sent(desk: WritableZendesk, writer: TicketWriter) -> None:
    stamp = await stamp_of(writer)
    with pytest.raises(Rejected, match="64 kB without a word"):
        await writer.update(5, EditTicket(comment="<" * MOST_BYTES), stamp=stamp)
    assert not sent(desk)


# What a bad end means

NOT_DONE: list[Any] = [
    pytest.param(json_answer({"error": "x"}, 400), Rejected, id="400"),
    pytest.param(json_answer({"error": {"title": "Forbidden", "message": "No"}}, 403), NotAllowed, id="403"),
    pytest.param(html_page(403), NotAllowed, id="403 html"),
    pytest.param(json_answer({"error": "Couldn't authenticate you"}, 401), SignInRefused, id="401"),
    pytest.param(json_answer({"error": "RecordNotFound"}, 404), NotThere, id="404"),
    pytest.param(json_answer({"error": "UpdateConflict"}, 409), OutOfDate, id="409 update"),
    pytest.param(json_answer({"error": "DatabaseConflict"}, 409), Rejected, id="409 database"),
    pytest.param(json_answer({"error": "DatabaseDeadlock"}, 409), Rejected, id="409 deadlock"),
    pytest.param(json_answer({"error": "Strange"}, 409), Rejected, id="409 other"),
    pytest.param(text_answer(409, "no"), Rejected, id="409 text"),
    pytest.param(json_answer([1], 422), Rejected, id="422 list"),
    pytest.param(throttled("7"), Throttled, id="429"),
    pytest.param(throttled(), Throttled, id="429 without a time"),
    pytest.param(text_answer(429, "slow down"), Throttled, id="429 text"),
    pytest.param(text_answer(407, "sign in"), Unreachable, id="407"),
]
NOT_KNOWN: list[Any] = [
    pytest.param(dropped(), id="dropped"),
    pytest.param(silence(), id="silence"),
    pytest.param(json_answer({"error": "x"}, 500), id="500"),
    pytest.param(html_page(502), id="502 html"),
    pytest.param(html_page(503), id="503 html"),
    pytest.param(json_answer({"error": "x"}, 504), id="504"),
    pytest.param(text_answer(408, "late"), id="408"),
    pytest.param(html_page(), id="html 200"),
    pytest.param(cut_short({"ticket": ["x"] * 99}), id="cut short"),
    pytest.param(half_json({"ticket": ["x"] * 99}), id="half json"),
    pytest.param(not_utf8(), id="not utf-8"),
    pytest.param(json_answer([]), id="a list"),
    pytest.param(json_answer({"error": "unavailable"}), id="200 with an error"),
    pytest.param(json_answer({"ticket": {"id": "?"}, "audit": {}}), id="no ticket"),
    pytest.param(json_answer({"ticket": None, "audit": None}), id="null"),
    pytest.param(Answer(200), id="empty"),
    pytest.param(Answer(204), id="204"),
    pytest.param(Answer(304), id="304"),
    pytest.param(Answer(200, {}, b"[" * 500_000), id="nested"),
    pytest.param(Answer(headers={"Content-Length": "0", "content-length": "7"}), id="two lengths"),
    pytest.param(Answer(before=b"\x16\x03\x01 no\r\n\r\n"), id="not http"),
    pytest.param(redirect("https://elsewhere.example/"), id="redirect"),
]


@pytest.mark.parametrize(("answer", "expected"), NOT_DONE)
async def test_a_refusal_is_surely_not_done(
    desk: WritableZendesk, writer: TicketWriter, answer: Answer, expected: type[SourceError]
) -> None:
    stamp = await stamp_of(writer)
    desk.fail(PUT, answer, method="PUT")
    with pytest.raises(SourceError) as caught:
        await writer.update(5, HIGH, stamp=stamp)
    assert type(caught.value) is expected
    assert caught.value.problem.startswith("Zendesk: ")
    assert caught.value.remedy
    assert len(sent(desk)) == 1, "nothing is sent again"
    assert not desk.applied
    assert (await writer.update(5, HIGH, stamp=stamp)).ticket.priority == "urgent"


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("answer", NOT_KNOWN)
async def test_an_end_that_does_not_tell_is_unanswered(
    desk: WritableZendesk, writer: TicketWriter, answer: Answer, applied: bool
) -> None:
    stamp = await stamp_of(writer)
    desk.fail(PUT, desk.applied_then(answer) if applied else answer, method="PUT")
    with pytest.raises(Unanswered) as caught:
        await writer.update(5, HIGH, stamp=stamp)
    assert caught.value.problem.startswith("Zendesk: ticket 5: sent, but ")
    assert len(sent(desk)) == 1, "nothing is sent again"
    assert desk.applied["update", 5] == applied


@pytest.mark.parametrize(
    "answer", [dropped(), html_page(502), html_page(), json_answer({}), json_answer({"error": "Odd"})]
)
@pytest.mark.parametrize(
    ("path", "act"),
    [
        ("/tags", lambda writer: writer.change_tags(5, add=["a"], stamp=NOW)),
        ("/tags", lambda writer: writer.change_tags(5, remove=["a"], stamp=NOW)),
        ("/update_many", lambda writer: writer.update_many([5, 6], HIGH)),
        ("/merge", lambda writer: writer.merge(5, MergeTicket(6))),
        ("/tickets.json", lambda writer: writer.create(RaiseTicket("s", "b"), key="k" * 32)),
        (
            "/side_conversations",
            lambda writer: writer.side_conversation(5, SideConversation(("a@b.example",), "s", "b"), key="k"),
        ),
    ],
)
async def test_so_it_is_with_every_kind_of_change(
    desk: WritableZendesk, writer: TicketWriter, path: str, act: Callable[[TicketWriter], Any], answer: Answer
) -> None:
    for method in ("PUT", "POST", "DELETE"):
        desk.fail(path, answer, method=method)
    before = len(desk.requests)
    with pytest.raises(Unanswered):
        await act(writer)
    changing = [request for request in desk.requests[before:] if request.method != "GET"]
    assert len(changing) == 1


async def test_where_nobody_listens_nothing_was_sent(desk: WritableZendesk) -> None:
    port = desk.port
    desk.close()
    source, writer = writer_for(f"http://127.0.0.1:{port}")
    with pytest.raises(Unreachable):
        await writer.update(5, HIGH, stamp=NOW)
    await source.close()


async def test_the_service_goes_away_before_the_connection_is_made(
    desk: WritableZendesk, writer: TicketWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = await stamp_of(writer)
    monkeypatch.setattr(attempt, "IDLE_SECONDS", -1.0)
    desk.close()
    with pytest.raises(Unreachable):
        await writer.update(5, HIGH, stamp=stamp)


async def test_no_tls_on_the_other_side_is_not_sent(desk: WritableZendesk) -> None:
    source, writer = writer_for(desk.url.replace("http://", "https://"))
    with pytest.raises(Unreachable, match="TLS"):
        await writer.update(5, HIGH, stamp=NOW)
    await source.close()


async def test_a_connection_that_has_rested_is_not_written_to(
    desk: WritableZendesk, writer: TicketWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = await stamp_of(writer)
    made = desk.connections_made
    answer = await writer.update(5, HIGH, stamp=stamp)
    assert desk.connections_made == made, "a fresh one is kept"
    monkeypatch.setattr(attempt, "IDLE_SECONDS", -1.0)
    await writer.update(5, EditTicket(priority="low"), stamp=answer.ticket.updated_at)
    assert desk.connections_made == made + 1


# Signing in


async def test_a_token_that_has_ended_is_renewed_once(desk: WritableZendesk) -> None:
    desk.scopes_matter = False
    source, writer = writer_for(desk.url, auth="oauth")
    stamp = await stamp_of(writer)
    desk.revoke_tokens()
    desk.fail(PUT, json_answer({"error": "invalid_token"}, 401), method="PUT")
    assert (await writer.update(5, HIGH, stamp=stamp)).ticket.priority == "urgent"
    assert desk.applied["update", 5] == 1
    await source.close()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(html_page(503), ServiceDown), (dropped(), Unreachable), (html_page(), Unreadable)],
)
async def test_a_renewal_that_fails_leaves_the_change_undone(
    desk: WritableZendesk, answer: Answer, expected: type[SourceError]
) -> None:
    desk.scopes_matter = False
    source, writer = writer_for(desk.url, auth="oauth")
    stamp = await stamp_of(writer)
    desk.fail(PUT, json_answer({"error": "invalid_token"}, 401), method="PUT")
    desk.fail("/oauth", answer)
    with pytest.raises(expected):
        await writer.update(5, HIGH, stamp=stamp)
    assert not desk.applied
    assert len(sent(desk)) == 1
    await source.close()


async def test_a_right_to_read_only_is_said(desk: WritableZendesk) -> None:
    desk.fail(PUT, json_answer({"error": {"title": "Forbidden", "message": "Scope"}}, 403), method="PUT")
    source, writer = writer_for(desk.url)
    with pytest.raises(NotAllowed) as caught:
        await writer.update(5, HIGH, stamp=NOW)
    assert "right to write" in caught.value.remedy
    await source.close()


# Threads


async def test_a_write_does_not_wait_behind_a_sweep(desk: WritableZendesk) -> None:
    source, writer = writer_for(desk.url)
    begun = threading.Event()

    def hang(_: Request) -> Answer:
        begun.set()
        return silence()

    desk.fail("/search", hang)
    sweep = asyncio.create_task(source.queue())
    await asyncio.to_thread(begun.wait)
    stamp = await stamp_of(writer)
    assert (await writer.update(5, HIGH, stamp=stamp)).ticket.priority == "urgent"
    assert not sweep.done()
    desk.release()
    await sweep
    await source.close()


@pytest.mark.parametrize("end", ["too slow", "cancelled"])
async def test_what_was_given_up_is_never_sent_later(desk: WritableZendesk, end: str) -> None:
    opened, asked = threading.Event(), threading.Event()

    def reveal() -> str:
        asked.set()
        opened.wait()
        return "api-t0ken-Kx52"

    limits = replace(PATIENT, job_seconds=0.1)
    source = ZendeskSource(
        source_for(desk.url, auth="token")._settings,
        client_secret=None,
        token=Secret(reveal),
        now=lambda: NOW,
        limits=limits if end == "too slow" else PATIENT,
    )
    writer = source.writer("")
    change = asyncio.create_task(writer.update(5, HIGH, stamp=NOW))
    if end == "cancelled":
        await asyncio.to_thread(asked.wait)
        change.cancel()
        with pytest.raises(asyncio.CancelledError):
            await change
    else:
        with pytest.raises(Unreachable):
            await change
    opened.set()
    await source.close()
    for thread in threading.enumerate():
        if thread.name == "zendesk-write":
            thread.join(5)
    assert not sent(desk)


async def test_a_thread_that_hangs_after_sending_leaves_it_open(desk: WritableZendesk) -> None:
    source, writer = writer_for(desk.url, limits=replace(PATIENT, job_seconds=1.5))
    stamp = await stamp_of(writer)
    desk.fail(PUT, desk.applied_then(silence()), method="PUT")
    with pytest.raises(Unanswered):
        await writer.update(5, HIGH, stamp=stamp)
    assert desk.applied["update", 5] == 1
    desk.release()
    await source.close()


# Stamps, tags, and what is done unasked


async def test_a_ticket_that_has_changed_is_left_alone(desk: WritableZendesk, writer: TicketWriter) -> None:
    stamp = await stamp_of(writer)
    desk.edit(5, status="pending")
    with pytest.raises(OutOfDate):
        await writer.update(5, HIGH, stamp=stamp)
    with pytest.raises(OutOfDate):
        await writer.change_tags(5, add=["a"], stamp=stamp)
    assert not desk.applied


async def test_tags_are_added_and_removed_one_by_one(desk: WritableZendesk, writer: TicketWriter) -> None:
    after = await writer.change_tags(5, add=["New Tag", "déjà"], stamp=await stamp_of(writer))
    assert after == ("client_acme", "déjà", "first_line", "new", "tag")
    request = desk.sent_to("/tags")[-1]
    assert request.method == "PUT"
    assert request.json()["safe_update"] == "true"
    after = await writer.change_tags(5, remove=["first_line", "absent"], stamp=await stamp_of(writer))
    assert after == ("client_acme", "déjà", "new", "tag")
    assert desk.sent_to("/tags")[-1].method == "DELETE"
    for change in ({"add": ["a"], "remove": ["b"]}, {}):
        with pytest.raises(ValueError, match="either"):
            await writer.change_tags(5, **change, stamp=NOW)


async def test_what_was_dropped_without_a_complaint_is_reported(
    desk: WritableZendesk, writer: TicketWriter
) -> None:
    desk.unwritable = {"priority"}
    answer = await writer.update(5, EditTicket(priority="low", type="task"), stamp=await stamp_of(writer))
    assert answer.ignored == ("priority",)
    assert (answer.ticket.priority, answer.ticket.type) == ("normal", "task")


@pytest.mark.parametrize(
    ("warning", "ignored"),
    [
        ('Removed restricted keys ["ticket.id", "ticket.prio"] from parameters', ("prio",)),
        ('{"unpermitted_keys":["id", "a"],"invalid_values":["status"]}', ("a", "status")),
        ("something odd\x1b[2J", ("something odd",)),
        ("", ()),
    ],
)
def test_warnings_of_other_forms_are_passed_on(warning: str, ignored: tuple[str, ...]) -> None:
    assert ignored_fields({"X-Zendesk-API-Warn": warning}) == ignored


async def test_a_reply_that_was_made_private_says_so(desk: WritableZendesk, writer: TicketWriter) -> None:
    desk.private_only = True
    edit = EditTicket(comment="Dear client", public=True)
    assert (await writer.update(5, edit, stamp=await stamp_of(writer))).comment_public is False


@pytest.mark.parametrize("variant", ["status", "base", "ClosedTicket"])
async def test_a_closed_ticket_has_its_own_words(
    desk: WritableZendesk, writer: TicketWriter, variant: str
) -> None:
    desk.add(wire_ticket(9, status="closed"))
    desk.closed_variant = variant
    with pytest.raises(Rejected, match="the ticket is closed") as caught:
        await writer.update(9, HIGH, stamp=await stamp_of(writer, 9))
    assert "follow-up" in caught.value.remedy


async def test_a_refusal_names_the_fields(desk: WritableZendesk, writer: TicketWriter) -> None:
    desk.required_to_solve = {"category", "root_cause"}
    with pytest.raises(Rejected) as caught:
        await writer.update(5, EditTicket(status="solved"), stamp=await stamp_of(writer))
    assert "Category: is required when solving a ticket" in caught.value.problem
    assert not desk.applied


async def test_words_of_the_service_are_cleaned_and_hold_no_secret(
    desk: WritableZendesk, writer: TicketWriter
) -> None:
    stamp = await stamp_of(writer)
    details = {"a": [{"description": "\x1b]0;x\x07odd"}], "b": "token api-t0ken-Kx52", "c": [[[["deep"]]]]}
    desk.fail(PUT, json_answer({"error": "RecordInvalid", "details": details}, 422), method="PUT")
    with pytest.raises(Rejected) as caught:
        await writer.update(5, HIGH, stamp=stamp)
    assert caught.value.problem == "Zendesk: ticket 5: refused: odd"


async def test_thirty_updates_in_ten_minutes_are_not_run_into(desk: WritableZendesk) -> None:
    time = Time()
    desk.clock = time
    source, writer = writer_for(desk.url, now=time)
    stamp = await stamp_of(writer)
    for number in range(30):
        time.pass_by(seconds=2)
        edit = EditTicket(priority=("low", "high")[number % 2])
        stamp = (await writer.update(5, edit, stamp=stamp)).ticket.updated_at
    with pytest.raises(Throttled) as caught:
        await writer.update(5, HIGH, stamp=stamp)
    assert len(sent(desk)) == 30, "the thirty-first isn't even sent"
    wait = caught.value.retry_after
    assert wait is not None
    assert 500 < wait <= 600
    time.pass_by(seconds=wait)
    assert (await writer.update(5, HIGH, stamp=stamp)).ticket.priority == "urgent"
    await source.close()


async def test_a_colleagues_updates_count_as_the_header_tells(desk: WritableZendesk) -> None:
    time = Time()
    desk.clock = time
    source, writer = writer_for(desk.url, now=time)
    desk._updates[5] = deque([NOW - timedelta(minutes=1)] * 28)
    stamp = await stamp_of(writer)
    answer = await writer.update(5, HIGH, stamp=stamp)
    edit = EditTicket(priority="low", add_tags=("a",))
    with pytest.raises(Throttled):
        await writer.update(5, edit, stamp=answer.ticket.updated_at)
    assert len(sent(desk)) == 1, "one is left, and this change needs two"
    await writer.update(5, EditTicket(priority="low"), stamp=answer.ticket.updated_at)
    await source.close()


async def test_a_bulk_change_counts_for_each_of_its_tickets(desk: WritableZendesk) -> None:
    time = Time()
    desk.clock = time
    source, writer = writer_for(desk.url, now=time)
    for number in range(30):
        time.pass_by(seconds=2)
        await writer.update_many([5, 6], EditTicket(priority=("low", "high")[number % 2]))
    asked = len(desk.requests)
    with pytest.raises(Throttled):
        await writer.update_many([6, 7], HIGH)
    with pytest.raises(Throttled):
        await writer.update(5, HIGH, stamp=NOW)
    assert len(desk.requests) == asked, "it isn't even sent"
    await source.close()


# Many at once, and what is worked off later


async def test_a_bulk_change_is_followed_to_its_end(desk: WritableZendesk, writer: TicketWriter) -> None:
    desk.add(wire_ticket(8, status="closed"))
    desk.job_failures = {6: "TicketUpdateFailed"}
    edit = EditTicket(priority="low", add_tags=("bulk",), remove_tags=("first_line",), comment="Note {{x}}")
    job = await writer.update_many([5, 6, 8, 99], edit, author_id=102)
    body = sent(desk)[0].json()["ticket"]
    assert body["additional_tags"] == ["bulk"]
    assert body["remove_tags"] == ["first_line"]
    assert body["comment"]["public"] is False
    assert "tags" not in body
    assert job.state == "queued"
    assert (await writer.job(job.id)).state == "working"
    done = await writer.job(job.id)
    assert done.state == "completed"
    assert [(item.ticket_id, item.ok) for item in done.items] == [
        (5, True),
        (6, False),
        (8, False),
        (99, False),
    ]
    assert "closed prevents" in done.items[2].words
    assert desk.comments[5][-1]["plain_body"] == "Note {{x}}"
    assert desk.tickets[5]["tags"] == ["bulk", "client_acme"]


async def test_what_became_of_each_ticket_is_told_however_the_job_says_it(
    desk: WritableZendesk, writer: TicketWriter
) -> None:
    results = [
        {"id": 1, "success": True},
        {"id": 2, "success": False, "status": "Updated"},
        {"id": 3, "status": "Updated"},
        {"id": 4, "status": "Merged", "error": "TicketMergeFailed"},
        {"id": 5, "status": "Failed"},
        {"id": 6, "errors": ["Status: is closed", "Group: is invalid"]},
        {"id": 7, "success": "true"},
        {"id": 9, "success": None, "status": None, "error": None},
        {"index": 8, "success": True},
        "junk",
    ]
    state = {"id": "j1", "status": "completed", "results": results}
    desk.fail("/job_statuses/j1", json_answer({"job_status": state}))
    job = await writer.job("j1")
    assert {item.ticket_id: item.ok for item in job.items} == {
        1: True, 2: False, 3: True, 4: False, 5: False, 6: False,
    }  # fmt: skip
    assert job.items[3].words == "TicketMergeFailed"
    assert job.items[5].words == "Status: is closed; Group: is invalid"
    unreadable: tuple[object, ...] = ({"id": 5}, [], {"status": "completed"})
    for odd in unreadable:
        desk.fail("/job_statuses/j1", json_answer({"job_status": odd}))
        with pytest.raises(Unreadable):
            await writer.job("j1")


@pytest.mark.parametrize("code", ["DatabaseConflict", "DatabaseDeadlock", "IdempotentRequestInProgress"])
async def test_a_collision_in_the_database_says_how_long_to_wait(
    desk: WritableZendesk, writer: TicketWriter, code: str
) -> None:
    stamp = await stamp_of(writer)
    desk.fail(PUT, json_answer({"error": code}, 409), method="PUT")
    with pytest.raises(Rejected) as caught:
        await writer.update(5, HIGH, stamp=stamp)
    assert caught.value.retry_after == 1
    desk.fail(PUT, json_answer({"error": "SomethingElse"}, 409), method="PUT")
    with pytest.raises(Rejected) as caught:
        await writer.update(5, HIGH, stamp=stamp)
    assert caught.value.retry_after is None, "what isn't known to have been rolled back is for the person"
    assert len(sent(desk)) == 2


async def test_too_many_jobs_are_waited_for(desk: WritableZendesk, writer: TicketWriter) -> None:
    desk.too_many_jobs = True
    with pytest.raises(Throttled) as caught:
        await writer.update_many([5, 6], HIGH)
    assert caught.value.retry_after == 30


async def test_a_job_that_is_forgotten_is_not_there(desk: WritableZendesk, writer: TicketWriter) -> None:
    with pytest.raises(NotThere):
        await writer.job("0123/../../users/me")
    assert desk.requests[-1].path.startswith("/api/v2/job_statuses/0123%2F")


async def test_how_many_tickets_a_bulk_change_takes(writer: TicketWriter) -> None:
    for count in (0, 101):
        with pytest.raises(ValueError, match="from 1 to 100"):
            await writer.update_many(list(range(count)), HIGH)


async def test_a_merge_closes_the_ticket_with_internal_notes(
    desk: WritableZendesk, writer: TicketWriter
) -> None:
    job = await writer.merge(5, MergeTicket(6, comment="Same fault, see {{ticket.id}}"))
    await writer.job(job.id)
    assert (await writer.job(job.id)).items[0].ok
    assert desk.tickets[5]["status"] == "closed"
    assert [row["plain_body"] for row in desk.comments[5] + desk.comments[6]] == [
        "Same fault, see {{ticket.id}}"
    ] * 2
    assert not any(row["public"] for row in desk.comments[5] + desk.comments[6])


async def test_a_ticket_is_made_once_per_key(desk: WritableZendesk, writer: TicketWriter) -> None:
    new = RaiseTicket("5xx at Acme", "See {{ticket.id}}", priority="high", group_id=402, tags=("a",))
    desk.fail("/tickets.json", desk.applied_then(dropped()), method="POST")
    with pytest.raises(Unanswered):
        await writer.create(new, key="f" * 32)
    found = await writer.created_with("f" * 32)
    made = await writer.create(new, key="f" * 32)
    assert found is not None
    assert made.id == found.id
    assert desk.applied["create", 0] == 1
    row = desk.tickets[made.id]
    assert (row["priority"], row["group_id"], row["tags"]) == ("high", 402, ["a"])
    assert row["requester_id"] == 102
    note = desk.comments[made.id][0]
    assert (note["public"], note["author_id"], note["plain_body"]) == (False, 102, "See {{ticket.id}}")
    assert await writer.created_with("0" * 32) is None


async def test_side_conversations_where_the_account_has_them(
    desk: WritableZendesk, writer: TicketWriter
) -> None:
    talk = SideConversation(("ops@example.com",), "Certificate", "Could you renew it?")
    with pytest.raises(NotThere):
        await writer.side_conversation(5, talk, key="a")
    desk.has_side_conversations = True
    made = await writer.side_conversation(5, talk, key="a")
    later = NOW + timedelta(minutes=1)
    assert await writer.side_conversation_since(5, talk, later, key="a") == Talk(made)
    assert await writer.side_conversation_since(5, talk, NOW, key="b") is None, "that one isn't sent yet"
    # As of a helpdesk that doesn't show the keys.
    del desk.side_talks[5][0]["external_ids"]
    assert await writer.side_conversation_since(5, talk, NOW, key="a") == Talk(made)
    for preview in ("When does it end?", "Could you", None):
        desk.side_talks[5][0]["preview_text"] = preview
        assert await writer.side_conversation_since(5, talk, NOW, key="a") == Talk(made, ours=False)
    assert await writer.side_conversation_since(5, talk, later, key="a") is None
    somebody_else = replace(talk, to=("dev@example.com",))
    assert await writer.side_conversation_since(5, somebody_else, NOW, key="b") is None
    desk.side_talks[5][0]["participants"] = None
    assert await writer.side_conversation_since(5, somebody_else, NOW, key="b") == Talk(made, ours=False)
    assert desk.applied["side", 5] == 1


# What a change is chosen from


async def test_lists(desk: WritableZendesk, writer: TicketWriter) -> None:
    desk.macros = [
        {"id": 1, "title": "Thanks", "description": None, "active": True},
        {"id": "odd"},
        {"id": 2, "title": "Hand\x1b[2J over"},
    ]
    assert [(row.id, row.title) for row in (await writer.macros()).rows] == [(1, "Thanks"), (2, "Hand over")]
    assert [row.name for row in (await writer.groups()).rows] == ["1st line", "2nd line", "triage"]
    agents = (await writer.agents()).rows
    assert [row.id for row in agents] == list(range(101, 107)), "clients can't be assigned to"
    assert (511, "Believed solved", "pending") in [
        (row.id, row.name, row.category) for row in (await writer.statuses()).rows
    ]


async def test_nothing_is_offered_that_cannot_be_chosen(desk: WritableZendesk, writer: TicketWriter) -> None:
    desk.groups += [{"id": 409, "name": "Old", "deleted": True}, {"id": "odd", "name": "Odd"}, {"id": 410}]
    desk.users += [
        {"id": 190, "name": "Gone", "email": "gone@example.com", "role": "agent", "suspended": True},
        {"id": None, "name": "Odd", "email": "odd@example.com", "role": "admin"},
    ]
    desk.custom_statuses += [
        {"id": 520, "status_category": "hold", "agent_label": "Off", "active": False},
        {"id": 521, "status_category": "hold", "agent_label": None},
        {"id": "odd", "status_category": "hold", "agent_label": "Odd"},
    ]
    groups = [(row.id, row.name) for row in (await writer.groups()).rows]
    assert groups[2:] == [(403, "triage"), (410, "group 410")]
    assert [row.id for row in (await writer.agents()).rows] == list(range(101, 107))
    statuses = [(row.id, row.name, row.default) for row in (await writer.statuses()).rows]
    assert statuses == [
        (501, "New", True),
        (502, "Open", True),
        (511, "Believed solved", False),
        (521, "status 521", False),
    ]


async def test_a_list_that_is_no_list_is_a_failure(desk: WritableZendesk, writer: TicketWriter) -> None:
    desk.fail("/macros", json_answer({"macros": None}))
    with pytest.raises(Unreadable):
        await writer.macros()


async def test_a_long_list_is_read_page_by_page(desk: WritableZendesk, writer: TicketWriter) -> None:
    desk.macros = [{"id": number, "title": f"Macro {number}"} for number in range(250)]
    reading = await writer.macros()
    assert (len(reading.rows), reading.complete) == (250, True)


async def test_a_macros_effect_is_a_preview(desk: WritableZendesk, writer: TicketWriter) -> None:
    fields = [{"id": 900 + number, "value": "net" if number == 2 else None} for number in range(6)]
    desk.effects[3] = {
        "status": "pending",
        "custom_status_id": 511,
        "priority": "normal",
        "group_id": 402,
        "tags": ["handed_over"],
        "custom_fields": fields,
        "comment": {"body": "Dear Sam", "html_body": "<p>Dear Sam</p>", "public": "true"},
    }
    before = dict(desk.tickets[5])
    desk.fail("/ticket_fields.json", json_answer({"ticket_fields": [{"id": 902, "title": "Kind of fault"}]}))
    edit = await writer.macro_effect(5, 3)
    assert edit == EditTicket(
        purpose="macro",
        custom_status_id=511,
        group_id=402,
        add_tags=("handed_over",),
        comment="Dear Sam",
        comment_html="<p>Dear Sam</p>",
        public=True,
        macro_id=3,
        custom_fields=(FieldValue(902, "net", "Kind of fault"),),
    )
    assert desk.tickets[5] == before
    desk.fail("/apply.json", json_answer({"result": {}}))
    with pytest.raises(Unreadable):
        await writer.macro_effect(5, 3)
    desk.effects[4] = {"priority": "urgent", "comment": {"html_body": "<p>A note</p>"}}
    note = await writer.macro_effect(5, 4)
    assert (note.public, note.comment) == (False, "A note"), "what doesn't say public isn't"
    assert (note.status, note.priority, note.custom_fields) == (None, "urgent", ())
    without = {**desk.tickets[5], "tags": ["first_line"]}
    desk.fail("/apply.json", json_answer({"result": {"ticket": without}}))
    assert (await writer.macro_effect(5, 4)).remove_tags == ("client_acme",)


async def test_who_will_be_named(desk: WritableZendesk, writer: TicketWriter) -> None:
    found = await writer.abilities()
    assert found.me is not None
    assert found.author is not None
    assert (found.me.id, found.author.id, found.personal) == (101, 102, False)
    asked = len(desk.requests)
    assert await writer.abilities() is found
    assert len(desk.requests) == asked, "asked once"


async def test_a_credential_of_ones_own(desk: WritableZendesk) -> None:
    source, writer = writer_for(desk.url, me="JO@example.com")
    found = await writer.abilities()
    assert found.personal
    assert found.author == found.me
    await source.close()


async def test_a_person_whom_the_helpdesk_does_not_know(desk: WritableZendesk) -> None:
    source, writer = writer_for(desk.url, me="sam0@client.example")
    found = await writer.abilities()
    assert (found.author, found.personal) == (found.me, False), "a client of that address is nobody's author"
    await source.close()


async def test_an_account_that_names_only_the_credential(desk: WritableZendesk, writer: TicketWriter) -> None:
    desk.author_allowed = False
    answer = await writer.update(5, EditTicket(comment="x"), stamp=await stamp_of(writer), author_id=102)
    assert answer.comment_author_id == 101
    found = await writer.abilities()
    assert not found.author_allowed
    assert found.author == found.me


async def test_a_light_agent_is_told_beforehand(desk: WritableZendesk) -> None:
    desk.me = {**desk.me, "only_private_comments": True}
    desk.has_side_conversations = True
    source, writer = writer_for(desk.url)
    found = await writer.abilities()
    assert found.private_only
    assert found.side_conversations
    await source.close()


async def test_the_search_lags_and_the_writer_does_not(
    desk: WritableZendesk, pair: tuple[ZendeskSource, ZendeskWriter]
) -> None:
    source, writer = pair
    desk.index_lags = True
    await writer.update(5, HIGH, stamp=await stamp_of(writer))
    listed = {row.id: row.priority for row in (await source.queue()).rows}
    assert listed[5] == "normal"
    assert (await writer.confirm([5])).rows[0].priority == "urgent"
    desk.index()
    assert {row.id: row.priority for row in (await source.queue()).rows}[5] == "urgent"
