"""The filter line's language, the saved filters and the orders of the queue."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from support_desk.config.model import Me
from support_desk.config.rules import agreement_of
from support_desk.desk.snapshot import FeedName
from support_desk.domain.sla import Ranked, rank
from support_desk.domain.tickets import Ticket
from support_desk.screens.alert_rows import AlertRow, alert_rows
from support_desk.screens.filters import (
    FIELDS,
    SAVED,
    SORTS,
    alert_fields,
    matcher,
    sorted_tickets,
    ticket_fields,
    unknown_in,
)
from support_desk.screens.view import View
from support_desk.sources.fixtures import DEMO_START, World, demo_config
from tests.support import changed, view


def tickets(expression: str, seen: View | None = None) -> list[Ticket]:
    seen = seen or view()
    test = matcher(expression, ticket_fields(seen))
    return [row.ticket for row in seen.snapshot.tickets.rows if test is None or test(row)]


def alerts(expression: str, seen: View | None = None) -> list[AlertRow]:
    seen = seen or view()
    test = matcher(expression, alert_fields(seen))
    return [row for row in alert_rows(seen) if test is None or test(row)]


EVERYTHING = len(tickets(""))


def test_nothing_asked_for_is_no_test() -> None:
    assert matcher("", ticket_fields(view())) is None
    assert matcher("   ", ticket_fields(view())) is None
    assert EVERYTHING == 68


@pytest.mark.parametrize("unfinished", ["!", "p:", "!p:", "status:"])
def test_what_is_still_being_typed_hides_nothing(unfinished: str) -> None:
    assert len(tickets(unfinished)) == EVERYTHING


def test_words_must_all_match_anywhere_and_case_is_no_matter() -> None:
    found = tickets("Harbour LICENCE")
    assert found
    for ticket in found:
        text = f"{ticket.subject} {ticket.organisation} {ticket.tags}".casefold()
        assert "harbour" in text
        assert "licence" in text
    assert len(found) < len(tickets("harbour"))


def test_an_exclamation_mark_inverts_one_term() -> None:
    mine, not_mine = tickets("c:harbour"), tickets("!c:harbour")
    assert mine
    assert len(mine) + len(not_mine) == EVERYTHING
    assert not {ticket.id for ticket in mine} & {ticket.id for ticket in not_mine}
    both = tickets("c:harbour !s:open")
    assert both == [ticket for ticket in mine if ticket.status != "open"]


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("p:urgent", "priority:urgent"),
        ("s:new", "status:new"),
        ("c:canal", "client:canal"),
        ("org:canal", "client:canal"),
        ("a:nobody", "assignee:nobody"),
        ("g:triage", "group:triage"),
        ("t:client_", "tags:client_"),
        ("tag:client_", "tags:client_"),
        ("r:scholes", "requester:scholes"),
    ],
)
def test_fields_have_short_names(short: str, long: str) -> None:
    assert tickets(short) == tickets(long)
    assert 0 < len(tickets(short)) <= EVERYTHING


def test_a_field_that_doesnt_exist_matches_nothing_rather_than_everything() -> None:
    assert tickets("nosuchfield:x") == []


def test_a_colon_in_ordinary_text_can_be_searched() -> None:
    row = view().snapshot.tickets.rows[0]
    odd = replace(row.ticket, subject="http://intranet: is down, 10:15 today")
    seen = view(feeds={FeedName.TICKETS: rank([odd], agreement_of(demo_config()))})
    assert tickets("10:15", seen) == [odd]


def test_brackets_percent_and_odd_signs_are_only_text() -> None:
    for odd in ("[/nope]", "[@click=app.quit]", "%s", "\\", "(?i)", "*", "{x}"):
        tickets(odd)
    assert [ticket.id for ticket in tickets("[/nope]")] == [48246]


@pytest.mark.parametrize(
    ("id_", "holds"),
    [
        ("unassigned", lambda ticket: ticket.assignee is None),
        ("new", lambda ticket: ticket.status == "new"),
        ("unprioritised", lambda ticket: ticket.priority is None),
        ("urgent", lambda ticket: ticket.priority in ("urgent", "high")),
        ("working", lambda ticket: ticket.status not in ("pending", "hold")),
        ("mine", lambda ticket: ticket.assignee == "Robin Ashdown"),
    ],
)
def test_saved_filters_show_what_they_say(id_: str, holds: object) -> None:
    saved = next(saved for saved in SAVED if saved.id == id_)
    found = {ticket.id for ticket in tickets(saved.expression)}
    assert callable(holds)
    assert found == {row.ticket.id for row in view().snapshot.tickets.rows if holds(row.ticket)}
    assert 0 < len(found) < EVERYTHING


def test_breached_and_about_to_breach_follow_the_clock() -> None:
    late = next(saved for saved in SAVED if saved.id == "late").expression
    soon = next(saved for saved in SAVED if saved.id == "soon").expression
    assert len(tickets(late)) == 7
    assert {ticket.id for ticket in tickets(late)} < {ticket.id for ticket in tickets(soon)}
    rows = view().snapshot.tickets.rows
    later = replace(view(feeds={FeedName.TICKETS: rows}), now=DEMO_START.replace(minute=50))
    assert len(tickets(late, later)) == 8


def test_mine_needs_an_address_to_be_anybodys() -> None:
    nobody = changed(me=Me(name="", email=""))
    assert tickets("is:mine", view(config=nobody)) == []
    assert alerts("is:mine", view(config=nobody)) == []


def test_alerts_are_found_by_state_priority_client_and_who_has_them() -> None:
    assert len(alerts("s:open")) == 6
    assert all(row.alert.status != "open" for row in alerts("!s:open"))
    assert {row.alert.priority for row in alerts("p:p1")} == {"P1"}
    assert {row.client for row in alerts("c:penharrow")} == {"penharrow"}
    assert all("callum" in (row.alert.acknowledged_by or "") for row in alerts("has:callum"))
    assert alerts("has:callum")
    assert all(row.alert.acknowledged_by is None for row in alerts("has:nobody"))


def test_a_storm_is_found_by_any_of_its_messages() -> None:
    at = DEMO_START.replace(minute=52)
    seen = view(at=at)
    [storm] = [row for row in alert_rows(seen) if row.members]
    for member in storm.members:
        number = member.message.split("-web-")[1].split("-")[0]
        assert [row.key for row in alerts(f"brindle-prod-web-{number}", seen)] == [storm.key]


def test_every_saved_filter_parses_and_names_fields_that_exist() -> None:
    seen = view()
    row, alert = seen.snapshot.tickets.rows[0], alert_rows(seen)[0]
    for saved in SAVED:
        for word in saved.expression.split():
            field = word.removeprefix("!").partition(":")[0]
            if "tickets" in saved.panes:
                assert field in ticket_fields(seen)(row), saved.id
            if "alerts" in saved.panes:
                assert field in alert_fields(seen)(alert), saved.id


# Orders


def ids(rows: list[Ranked]) -> list[int]:
    return [row.ticket.id for row in rows]


def test_orders_lose_and_double_nothing() -> None:
    rows = list(view().snapshot.tickets.rows)
    for order in SORTS:
        assert Counter(ids(sorted_tickets(rows, order))) == Counter(ids(rows)), order
    assert sorted_tickets(rows, "risk") == rows


def test_ties_keep_the_order_of_breach_risk() -> None:
    rows = list(view().snapshot.tickets.rows)
    by_client = sorted_tickets(rows, "client")
    for client in {row.ticket.organisation for row in rows}:
        assert [row for row in by_client if row.ticket.organisation == client] == [
            row for row in rows if row.ticket.organisation == client
        ]


def test_a_priority_that_nobody_knows_doesnt_break_the_order() -> None:
    config = demo_config()
    world = World(7).tickets(DEMO_START)
    odd = [replace(world[0], priority="catastrophic"), *world[1:5]]
    rows = list(rank(odd, agreement_of(config)))
    ordered = sorted_tickets(rows, "priority")
    assert {row.ticket.priority for row in ordered} >= {"catastrophic"}


def test_without_a_client_last() -> None:
    config = demo_config()
    world = World(7).tickets(DEMO_START)
    rows = list(rank([replace(world[0], organisation=None), *world[1:5]], agreement_of(config)))
    assert sorted_tickets(rows, "client")[-1].ticket.organisation is None


def test_an_alert_is_mine_if_i_took_it_or_own_it() -> None:
    seen = view()
    rows = seen.snapshot.alerts.rows
    me = seen.config.me.email
    others = [replace(row, acknowledged_by=None, owner=None) for row in rows]
    taken = replace(others[0], acknowledged_by=me.upper(), status="acked")
    owned = replace(others[1], owner=me)
    feed = replace(seen.snapshot.feed(FeedName.ALERTS), rows=(taken, owned, *others[2:]))
    mine = replace(seen, snapshot=seen.snapshot.with_feed(FeedName.ALERTS, feed))
    assert {row.alert.id for row in alerts("is:mine", mine)} == {taken.id, owned.id}
    nobody = replace(mine, config=changed(seen.config, me=Me()))
    assert alerts("is:mine", nobody) == []
    assert {row.alert.id for row in alerts("has:nobody", mine)}.isdisjoint({taken.id, owned.id})


def test_the_queue_in_the_order_of_what_changed_last() -> None:
    rows = list(view().snapshot.tickets.rows)
    moments = [row.ticket.updated_at for row in sorted_tickets(rows, "updated")]
    assert moments == sorted(moments, reverse=True)
    assert moments[0] > moments[-1]


@pytest.mark.parametrize(
    ("pane", "expression", "word"),
    [
        ("tickets", "open foo:bar", "foo:bar"),
        ("tickets", "!is:nope", "!is:nope"),
        ("alerts", "is:unassigned", "is:unassigned"),
        ("alerts", "sla:late", "sla:late"),
        ("tickets", "sla:late is:unass p:high https://x.example/y ratio 5:1", ""),
        ("alerts", "has:kim message:disk is:mine", ""),
    ],
)
def test_what_rows_dont_have_is_told_from_what_none_of_them_is(pane: str, expression: str, word: str) -> None:
    assert unknown_in(expression, pane) == word


def test_the_fields_are_those_that_the_rows_have() -> None:
    seen = view()
    (ticket, *_), (alert, *_) = seen.snapshot.tickets.rows, alert_rows(seen)
    assert set(ticket_fields(seen)(ticket)) == FIELDS["tickets"] | {"any"}
    assert set(alert_fields(seen)(alert)) == FIELDS["alerts"] | {"any"}


def test_an_address_is_a_word_and_a_number_may_have_its_sign() -> None:
    assert alerts("https://www.eastmarch") != []
    assert tickets("#48144") == tickets("id:48144") != []
