"""Reading the queue: what a ticket becomes, and how the whole of a large, moving queue is read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support_desk.config.model import Zendesk
from support_desk.desk.merging import proves_absence
from support_desk.domain.tickets import Replies, SlaRow, Ticket
from support_desk.sources.errors import NotAllowed, ServiceDown, SignInRefused, Throttled
from support_desk.sources.zendesk.sweep import Sweep
from support_desk.sources.zendesk.wire import NotAnAnswer, Page, tickets_from_search
from tests.desk import samples
from tests.simulators.http import Answer, Request, dropped, html_page, json_answer
from tests.simulators.zendesk import NOW, ZendeskSimulator, fill, sla_row, stamp, wire_ticket
from tests.sources.zendesk_desk import Time, source_for

OPTIONAL = (
    *("subject", "raw_subject", "priority", "type", "tags", "recipient", "custom_status_id"),
    *("assignee_id", "requester_id", "organization_id", "group_id", "slas", "metric_set"),
)


async def read_one(desk: ZendeskSimulator, **overrides: Any) -> Ticket:
    desk.add(wire_ticket(1, **overrides))
    source = source_for(desk.url)
    reading = await source.queue()
    await source.close()
    assert reading.rejected == 0, reading.notes
    (row,) = reading.rows
    return row


async def test_a_ticket_that_is_as_it_was_is_the_one_that_is_held() -> None:
    with ZendeskSimulator() as desk:
        desk.add(*fill(120))
        source = source_for(desk.url)
        held = {ticket.id: ticket for ticket in (await source.queue()).rows}
        changed, *same = sorted(held)
        desk.tickets[changed]["subject"] = "Something else"
        again = {ticket.id: ticket for ticket in (await source.queue(held)).rows}
        await source.close()
    assert again[changed].subject == "Something else"
    assert all(again[number] is held[number] for number in same)


async def test_so_is_one_whose_sla_had_to_be_read_apart() -> None:
    with ZendeskSimulator() as desk:
        desk.side_loads_in_search = False
        desk.add(*fill(3))
        source = source_for(desk.url)
        held = {ticket.id: ticket for ticket in (await source.queue()).rows}
        again = (await source.queue(held)).rows
        await source.close()
    assert all(ticket.sla_rows for ticket in again)
    assert all(ticket is held[ticket.id] for ticket in again)


async def test_a_ticket_comes_with_names_sla_rows_and_replies() -> None:
    with ZendeskSimulator() as desk:
        ticket = await read_one(
            desk, subject="Site is down", priority="urgent", custom_status_id=511, status="pending"
        )
        url = desk.url
    assert ticket.url == f"{url}/agent/tickets/1"
    assert ticket == Ticket(
        id=1,
        subject="Site is down",
        status="pending",
        created_at=datetime(2026, 11, 23, 8, 59, tzinfo=UTC),
        updated_at=datetime(2026, 11, 23, 9, 29, tzinfo=UTC),
        helpdesk=url,
        priority="urgent",
        custom_status="Believed solved",
        type="incident",
        organisation="Department 0",
        requester="Sam Client 0",
        requester_email="sam0@client.example",
        assignee="Agent 0",
        assignee_email="agent0@example.com",
        group="1st line",
        tags=("client_acme", "first_line"),
        plan="standard",
        recipient="support@example.zendesk.com",
        sla_rows=(SlaRow("next_reply_time", "active", NOW + timedelta(hours=2)),),
        replies=Replies(
            1,
            datetime(2026, 11, 23, 9, 11, tzinfo=UTC),
            datetime(2026, 11, 23, 9, 29, tzinfo=UTC),
            datetime(2026, 11, 23, 9, 11, tzinfo=UTC),
        ),
    )


@pytest.mark.parametrize(
    ("slas", "expected"),
    [
        pytest.param({"policy_metrics": []}, (), id="no policy applies"),
        pytest.param(None, None, id="null"),
        pytest.param({}, None, id="no rows said"),
        pytest.param("soon", None, id="not an object"),
        pytest.param(
            {"policy_metrics": [sla_row("first_reply_time", "paused", None)]},
            (SlaRow("first_reply_time", "paused", None),),
            id="null breach_at",
        ),
        pytest.param(
            {"policy_metrics": [sla_row("brand_new_metric", "dreaming", NOW, weeks=1)]},
            (SlaRow("brand_new_metric", "dreaming", NOW),),
            id="unknown words",
        ),
        pytest.param(
            {"policy_metrics": [{"metric": "next_reply_time", "stage": "active", "breach_at": "tomorrow"}]},
            (SlaRow("next_reply_time", "active", None),),
            id="unreadable deadline",
        ),
        pytest.param({"policy_metrics": ["x"]}, (SlaRow("unknown", "unknown", None),), id="row isn't one"),
    ],
)
async def test_sla_rows_say_what_zendesk_said_and_no_more(slas: Any, expected: Any) -> None:
    with ZendeskSimulator() as desk:
        assert (await read_one(desk, slas=slas)).sla_rows == expected


async def test_missing_and_null_fields_are_not_there_rather_than_wrong() -> None:
    bare = {
        "id": 1,
        "created_at": stamp(NOW),
        "updated_at": stamp(NOW),
        "status": "open",
        "future": {"a": [1]},
    }
    with ZendeskSimulator() as desk:
        desk.tickets[1] = bare
        desk.tickets[2] = wire_ticket(2) | dict.fromkeys(OPTIONAL)
        source = source_for(desk.url)
        reading = await source.queue()
        await source.close()
    assert reading.rejected == 0
    for ticket in reading.rows:
        assert ticket.subject == ""
        assert ticket.tags == ()
        assert {ticket.priority, ticket.assignee, ticket.organisation, ticket.group, ticket.recipient} == {
            None
        }
        assert ticket.sla_rows is None
        assert ticket.replies is None
        assert ticket.plan == "unknown"


@pytest.mark.parametrize("count", [0, -1, 20, 99, True])
def test_a_count_below_what_has_come_ends_nothing(count: int) -> None:
    """Half of the queue wasn't there, by a sweep that called itself complete."""
    tickets = [samples.ticket(number) for number in range(1, 151)]
    sweep = Sweep("")
    asked = []
    while (ask := sweep.next_page()) is not None:
        asked.append(ask[1])
        part = tuple(tickets[(ask[1] - 1) * 100 : ask[1] * 100])
        sweep.add(Page(part, count=count, received=len(part)))
    assert asked == [1, 2]
    assert len(sweep.rows) == 150
    assert sweep.complete


async def test_unknown_words_are_kept_and_hostile_text_is_cleaned() -> None:
    with ZendeskSimulator() as desk:
        ticket = await read_one(
            desk,
            status="open",
            priority="apocalyptic",
            type="wish",
            subject="Hello\x1b[31m \u202eworld\n[/x] \udce9 done",
            tags=["ok", "a\x07b", 5, None],
        )
    assert (ticket.priority, ticket.type) == ("apocalyptic", "wish")
    assert "[/x]" in ticket.subject
    assert ticket.subject.isprintable()
    assert not set(ticket.subject) & set("\x1b\n\u202e\udce9")
    assert all(tag.isprintable() for tag in ticket.tags)


async def test_a_bad_row_costs_only_itself_and_is_counted() -> None:
    with ZendeskSimulator() as desk:
        desk.add(wire_ticket(1), wire_ticket(2, created_at="yesterday"), wire_ticket(3, priority=["no"]))
        source = source_for(desk.url)
        reading = await source.queue()
        await source.close()
    assert [ticket.id for ticket in reading.rows] == [1]
    assert reading.rejected == 2
    assert not proves_absence(reading), "a rejected ticket hasn't left the queue"
    assert reading.complete, "and what else is missing has, if a direct read says so"
    assert "Zendesk: ticket 2 couldn't be read (created_at)" in reading.notes


@pytest.mark.parametrize(
    ("tags", "field", "plan", "conflict"),
    [
        (["managed"], None, "standard", False),
        (["Managed_Plus"], None, "enhanced", False),
        ([], "managed_plus", "enhanced", False),
        ([], "managed", "standard", False),
        ([], None, "unknown", False),
        (["managed"], "managed_plus", "enhanced", True),
        (["managed_plus"], "managed", "enhanced", True),
        (None, 7, "unknown", False),
    ],
)
async def test_the_plan_comes_from_the_organisation(tags: Any, field: Any, plan: str, conflict: bool) -> None:
    with ZendeskSimulator() as desk:
        desk.organizations[0] |= {"tags": tags, "organization_fields": {"support_plan": field}}
        ticket = await read_one(desk)
    assert (ticket.plan, ticket.plan_conflict) == (plan, conflict)


async def test_metric_sets_are_also_read_beside_the_tickets() -> None:
    with ZendeskSimulator() as desk:
        desk.metric_sets_on_top = True
        ticket = await read_one(desk)
    assert ticket.replies is not None
    assert ticket.replies.count == 1


async def test_the_sweep_asks_for_its_scope_with_side_loads_page_by_page() -> None:
    with ZendeskSimulator() as desk:
        desk.add(*fill(250), wire_ticket(900, status="solved"), wire_ticket(901, group_id=999))
        source = source_for(desk.url, scope='group:"1st line"')
        reading = await source.queue()
        await source.close()
        asked = desk.sent_to("/search")
    assert {ticket.group for ticket in reading.rows} == {"1st line"}
    assert reading.complete
    assert asked[0].param("query") == 'type:ticket status<solved group:"1st line"'
    assert asked[0].param("include") == "tickets(slas,users,groups,organizations,metric_sets)"
    assert (asked[0].param("sort_by"), asked[0].param("per_page")) == ("updated_at", "100")


async def test_overlapping_pages_give_each_ticket_once_in_its_newest_version() -> None:
    def touch(page: int) -> None:
        if page == 2:
            old = datetime.fromisoformat(desk.tickets[80]["updated_at"])
            desk.tickets[80] |= {
                "subject": "changed meanwhile",
                "updated_at": stamp(old + timedelta(seconds=9)),
            }

    with ZendeskSimulator() as desk:
        desk.overlap = 30
        desk.add(*fill(150))
        desk.between_pages = touch
        source = source_for(desk.url)
        reading = await source.queue()
        await source.close()
    assert sorted(ticket.id for ticket in reading.rows) == list(range(1, 151))
    assert [ticket.subject for ticket in reading.rows if ticket.id == 80] == ["changed meanwhile"]
    assert reading.complete


async def test_a_ticket_that_leaves_while_we_read_hides_no_other() -> None:
    def solve(page: int) -> None:
        if page == 2:
            desk.tickets[3]["status"] = "solved"

    with ZendeskSimulator() as desk:
        desk.add(*fill(250))
        desk.between_pages = solve
        source = source_for(desk.url)
        reading = await source.queue()
        await source.close()
    assert {ticket.id for ticket in reading.rows} >= set(range(1, 251)) - {3}
    assert reading.complete


async def test_a_ticket_that_changes_while_we_read_is_found_on_the_first_page() -> None:
    def touch(page: int) -> None:
        if page == 2:
            desk.tickets[250]["updated_at"] = stamp(NOW + timedelta(minutes=1))

    with ZendeskSimulator() as desk:
        desk.add(*fill(250))
        desk.between_pages = touch
        source = source_for(desk.url)
        reading = await source.queue()
        await source.close()
    assert {ticket.id for ticket in reading.rows} == set(range(1, 251))
    assert reading.complete


async def test_a_count_that_the_rows_dont_reach_is_an_incomplete_read() -> None:
    with ZendeskSimulator() as desk:
        row = {**wire_ticket(1), "result_type": "ticket"}
        desk.fail("/search", json_answer({"results": [row], "count": 2}), times=None)
        source = source_for(desk.url)
        reading = await source.queue()
        await source.close()
    assert len(reading.rows) == 1
    assert not reading.complete
    assert reading.notes


async def test_more_than_a_thousand_tickets_are_read_in_windows() -> None:
    def grow(page: int) -> None:
        if page == 9:
            desk.add(wire_ticket(5000, created_at=stamp(NOW), updated_at=stamp(NOW)))

    with ZendeskSimulator() as desk:
        desk.add(*fill(2100))
        desk.between_pages = grow
        source = source_for(desk.url)
        reading = await source.queue()
        await source.close()
        pages = [int(request.param("page")) for request in desk.sent_to("/search")]
    assert {ticket.id for ticket in reading.rows} == {*range(1, 2101), 5000}
    assert reading.complete
    assert max(pages) == 10, "page eleven is refused"
    assert len(pages) <= 24


async def test_a_cap_lower_than_documented_is_gone_around() -> None:
    with ZendeskSimulator() as desk:
        desk.search_cap = 300
        desk.add(*fill(700))
        source = source_for(desk.url)
        reading = await source.queue()
        await source.close()
    assert len(reading.rows) == 700
    assert reading.complete


async def test_a_thousand_tickets_of_one_second_are_said_to_be_incomplete() -> None:
    with ZendeskSimulator() as desk:
        desk.search_cap = 200
        desk.add(*(wire_ticket(n, created_at=stamp(NOW)) for n in range(1, 302)))
        source = source_for(desk.url)
        reading = await source.queue()
        await source.close()
    assert not reading.complete
    assert any("one second" in note for note in reading.notes)


async def test_next_links_are_never_followed() -> None:
    with ZendeskSimulator() as desk, ZendeskSimulator() as other:
        rows = [{**wire_ticket(n), "result_type": "ticket"} for n in range(1, 101)]
        hostile = {"results": rows, "count": 150, "next_page": f"{other.url}/api/v2/search.json?page=2"}
        desk.add(*fill(150))
        desk.fail("/search", json_answer(hostile))
        source = source_for(desk.url)
        await source.queue()
        await source.close()
        assert other.requests == []


async def test_where_the_search_leaves_sla_rows_out_tickets_are_read_by_number() -> None:
    with ZendeskSimulator() as desk:
        desk.side_loads_in_search = False
        desk.add(*fill(120))
        desk.lag = set()
        source = source_for(desk.url)
        desk.between_pages = lambda _: None
        reading = await source.queue()
        assert all(ticket.sla_rows is not None for ticket in reading.rows)
        assert len(reading.rows) == 120
        assert [len(request.param("ids").split(",")) for request in desk.sent_to("/show_many")] == [100, 20]
        await source.close()


async def test_where_neither_route_has_sla_rows_they_are_unknown_and_asked_again_after_an_hour() -> None:
    time = Time()
    with ZendeskSimulator() as desk:
        desk.side_loads_in_search = desk.slas_in_show_many = False
        desk.add(*fill(20))
        source = source_for(desk.url, now=time)
        reading = await source.queue()
        assert {ticket.sla_rows for ticket in reading.rows} == {None}
        await source.queue()
        assert len(desk.sent_to("/show_many")) == 1
        desk.slas_in_show_many = True
        time.pass_by(minutes=61)
        assert all(ticket.sla_rows is not None for ticket in (await source.queue()).rows)
        await source.close()


async def test_what_the_database_knows_better_counts_and_what_it_garbles_stays() -> None:
    with ZendeskSimulator() as desk:
        desk.side_loads_in_search = False
        desk.add(*fill(4))
        source = source_for(desk.url)
        solved, garbled = wire_ticket(1, status="solved"), wire_ticket(3, created_at="?")
        desk.fail("/show_many", json_answer({"tickets": [solved, wire_ticket(2), garbled], "count": 3}))
        assert {ticket.id for ticket in (await source.queue()).rows} == {2, 3, 4}
        desk.fail("/show_many", json_answer({"tickets": [wire_ticket(1), wire_ticket(2)], "count": 2}))
        assert {ticket.id for ticket in (await source.queue()).rows} == {1, 2}
        desk.fail("/show_many", json_answer({"error": "Forbidden"}, 403))
        assert len((await source.queue()).rows) == 4
        await source.close()


@pytest.mark.parametrize(
    "answer", [dropped(), html_page(), Answer(500), json_answer({"error": "unavailable"})]
)
async def test_pages_that_were_read_stay_when_a_later_one_fails(answer: Answer) -> None:
    with ZendeskSimulator() as desk:
        desk.add(*fill(250))
        desk.between_pages = lambda _: desk.fail("/search", answer, times=None)
        source = source_for(desk.url)
        reading = await source.queue()
        await source.close()
    assert len(reading.rows) == 100
    assert not reading.complete
    assert reading.notes[0].startswith("only 100 were read: Zendesk: ")


@pytest.mark.parametrize("status", [401, 403, 429])
async def test_what_the_poller_must_obey_is_raised_from_any_page(status: int) -> None:
    with ZendeskSimulator() as desk:
        desk.add(*fill(250))
        desk.between_pages = lambda _: desk.fail("/search", Answer(status), times=None)
        source = source_for(desk.url)
        with pytest.raises((SignInRefused, NotAllowed, Throttled)):
            await source.queue()
        await source.close()


@pytest.mark.parametrize("answer", [dropped(), html_page(), Answer(500)])
async def test_the_queue_stays_when_its_sla_rows_cannot_be_had(answer: Answer) -> None:
    with ZendeskSimulator() as desk:
        desk.side_loads_in_search = False
        desk.add(*fill(3))
        desk.fail("/show_many", answer, times=None)
        source = source_for(desk.url)
        reading = await source.queue()
        await source.close()
    assert {ticket.sla_rows for ticket in reading.rows} == {None}
    assert (len(reading.rows), reading.complete) == (3, False)


@pytest.mark.parametrize("status", [403, 404, 422])
@pytest.mark.parametrize("path", ["/users/me", "/custom_statuses"])
async def test_what_is_only_beside_the_queue_does_not_cost_it(path: str, status: int) -> None:
    with ZendeskSimulator() as desk:
        desk.add(*fill(3))
        desk.fail(path, json_answer({"error": "RecordNotFound"}, status), times=None)
        source = source_for(desk.url)
        reading = await source.queue()
        await source.close()
    assert (len(reading.rows), reading.complete) == (3, True)


async def test_a_row_that_is_solved_already_is_no_part_of_the_queue() -> None:
    with ZendeskSimulator() as desk:
        rows = [{**wire_ticket(n), "result_type": "ticket"} for n in (1, 2)]
        rows[1]["status"] = "solved"
        desk.fail("/search", json_answer({"results": rows, "count": 2}))
        source = source_for(desk.url)
        reading = await source.queue()
        await source.close()
    assert [ticket.id for ticket in reading.rows] == [1]
    assert reading.complete


async def test_a_search_without_end_is_left_at_some_point() -> None:
    with ZendeskSimulator() as desk:
        born = [0]

        def more(_: Request) -> Answer:
            born[0] += 1
            row = wire_ticket(born[0], created_at=stamp(NOW + timedelta(seconds=born[0])))
            return json_answer({"results": [{**row, "result_type": "ticket"}], "count": 1_000_000})

        desk.fail("/search", more, times=None)
        source = source_for(desk.url)
        reading = await source.queue()
        await source.close()
        assert len(desk.sent_to("/search")) < 600
    assert not reading.complete


async def test_the_search_being_unavailable_is_no_empty_queue() -> None:
    with ZendeskSimulator() as desk:
        desk.fail("/search", json_answer({"error": "unavailable", "description": "Sorry"}))
        source = source_for(desk.url)
        with pytest.raises(ServiceDown):
            await source.queue()
        await source.close()


async def test_an_empty_queue_is_a_complete_reading_without_rows() -> None:
    with ZendeskSimulator() as desk:
        source = source_for(desk.url)
        reading = await source.queue()
        await source.close()
    assert (reading.rows, reading.complete, reading.server_time) == ((), True, NOW)


def test_big_pages_are_parsed_in_batches_that_let_others_run() -> None:
    rows = [{**row, "result_type": "ticket"} for row in fill(100)]
    pauses: list[None] = []
    page = tickets_from_search(
        json.dumps({"results": rows, "count": 100}).encode(),
        Zendesk(url="https://example.zendesk.com"),
        pause=lambda: pauses.append(None),
    )
    assert len(page.rows) == 100
    assert len(pauses) == 1
    assert page.rows[0].status is page.rows[4].status


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'{"results": {}}', b"[" * 200_000, b"\xff\xfe", b'{"a":']
)
def test_what_is_no_list_of_tickets_is_not_an_answer(body: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        tickets_from_search(body, Zendesk(url="https://example.zendesk.com"))
