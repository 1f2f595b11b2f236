"""The details of a ticket and of an alert, with the desk's real application around them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from textual.screen import Screen

from support_desk.config.model import Zendesk
from support_desk.desk.snapshot import FeedName
from support_desk.domain.alerts import AlertDetail
from support_desk.domain.commands import Promise
from support_desk.domain.paged import Page, Proof
from support_desk.domain.tickets import Attachment, Comment, TicketDetail
from support_desk.screens.alert import AlertScreen
from support_desk.screens.dashboard import Dashboard
from support_desk.screens.detail import ago
from support_desk.screens.ticket import SOON, TicketScreen
from support_desk.sources.errors import NotThere
from support_desk.sources.fixtures import demo_config
from support_desk.sources.protocols import Sources
from support_desk.widgets.lines import Lines, Parts
from tests.screens.support import Faults, Running, broken, running

SIZES = [(80, 24), (160, 45)]


def ticket_screen(desk: Running) -> TicketScreen:
    assert isinstance(desk.app.screen, TicketScreen)
    return desk.app.screen


def status(screen: Screen[Any]) -> str:
    """The line under the identity."""
    return screen.query_one("#identity", Lines).plain.split("\n")[1]


async def opened(desk: Running, ticket_id: int, neighbours: tuple[int, ...] = ()) -> TicketScreen:
    desk.app.open_ticket(ticket_id, neighbours)
    await desk.until(lambda: isinstance(desk.app.screen, TicketScreen) and desk.app.screen.is_mounted)
    return ticket_screen(desk)


async def read(desk: Running, ticket_id: int, neighbours: tuple[int, ...] = ()) -> TicketScreen:
    screen = await opened(desk, ticket_id, neighbours)
    await desk.until(lambda: screen.detail is not None)
    await desk.pilot.pause()
    return screen


def long_talk(detail: TicketDetail) -> TicketDetail:
    first = detail.comments[0]
    more = tuple(
        Comment(
            id=9000 + number,
            author=f"Author {number}",
            body=f"Remark {number} begins.\nIt goes on.\nAnd ends.",
            public=number % 3 != 0,
            created_at=first.created_at + timedelta(minutes=number),
            by_agent=number % 2 == 0,
        )
        for number in range(40)
    )
    return replace(detail, comments=more)


@pytest.mark.parametrize("size", SIZES)
async def test_a_ticket_says_who_wrote_what_for_whom(size: tuple[int, int]) -> None:
    faults = Faults(edit_detail=long_talk)
    async with running(size=size, faults=faults) as desk:
        number = desk.ticket_rows()[0].id
        screen = await read(desk, number)
        text = screen.text.plain
        assert "┊ internal note  Author 0 (agent)" in text
        assert "▌ PUBLIC  Author 1 (client)" in text
        assert "┃ PUBLIC  Author 2 (agent)" in text
        assert "26 public, 14 internal" in text
        assert f"#{number}" in desk.screen_text()
        assert screen.focused is screen.text


async def test_every_row_of_the_sla_is_shown_and_its_time_runs() -> None:
    async with running(size=(160, 45)) as desk:
        row = next(
            row for row in desk.app.desk.snapshot.tickets.rows
            if row.verdict.basis == "zendesk" and row.verdict.state_at(desk.clock.now()) == "active"
        )  # fmt: skip
        screen = await read(desk, row.ticket.id)
        before = screen.text.plain
        assert row.ticket.sla_rows is not None
        assert before.count("· ") >= len(row.ticket.sla_rows)
        assert "under the SLA in Zendesk" in before
        for fact in (
            "SLA         First reply is due Wed 09:48 under the SLA in Zendesk: 2 min left.",
            "            · first reply: active, due 09:48, left 2:00, round the clock",
            "Status      new · priority urgent · incident",
            "Client      East March Combined Authority · enhanced plan",
            "Requester   Peter Scholes <scholes@eastmarch.example> to support-emergency@agency.example",
            "Assignee    nobody · group 1st line support",
        ):
            assert fact in before.split("\n")
        view, deadline, key = desk.app.view, row.verdict.deadline, row.ticket.id
        assert deadline is not None

        def styles(left: timedelta) -> tuple[str, str]:
            """Of the SLA, and of a step that was promised for the same moment."""
            promises = {key: Promise("ring them", deadline)}
            lines = screen.head(replace(view, now=deadline - left, promises=promises))
            shown = {line.parts[0][0].strip(): line.parts[1] for line in lines}
            return shown["SLA"][1], " ".join(shown["Next step"])

        second = timedelta(seconds=1)
        assert styles(SOON + second) == ("text", "by 09:48:  strong")
        assert styles(SOON) == styles(second) == ("soon", "by 09:48:  strong")
        assert styles(timedelta(0)) == ("late", "was due 09:48:  late")
        detail = screen.detail
        assert detail is not None
        promise = Promise("ring them", view.now)
        desk.app.note_promise(key, promise)
        await desk.until(lambda: desk.app.view.promises)
        screen.read(replace(detail, complete=False))
        await desk.pilot.pause()
        assert desk.app.view.promises[key] == promise, "a note that wasn't read may have it"
        screen.read(detail)
        await desk.until(lambda: not desk.app.view.promises)
        desk.clock.go(minutes=2)
        screen.tick()
        assert screen.text.plain != before
        assert "read 2 min ago" in status(screen)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (-59, "just now"),
        (-60, "dated 1 min ahead"),
        (-4 * 3600, "dated 4 h ahead"),
        (30, "30 s ago"),
    ],
)
def test_what_is_dated_in_the_future_is_not_just_now(seconds: int, words: str) -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert ago(now - timedelta(seconds=seconds), now) == words


async def test_what_the_queue_knows_is_shown_before_the_answer() -> None:
    async with running() as desk:
        ticket = desk.ticket_rows()[0]
        desk.faults.gates[ticket.id] = asyncio.Event()
        screen = await opened(desk, ticket.id)
        await desk.until(lambda: ticket.id in desk.faults.asked)
        assert "reading ..." in status(screen)
        assert "facts from the queue, read" in status(screen)
        assert ticket.requester is not None
        assert ticket.requester in screen.text.plain
        assert "Conversation" not in screen.text.plain
        desk.faults.gates[ticket.id].set()
        await desk.until(lambda: "Conversation" in screen.text.plain)


async def test_a_failure_stands_where_the_conversation_would_be_and_r_tries_again() -> None:
    async with running() as desk:
        desk.faults.error = broken()
        number = desk.ticket_rows()[0].id
        screen = await opened(desk, number)
        await desk.until(lambda: screen.problem is not None)
        assert "! Zendesk gave no answer: look at the network" in screen.text.plain
        assert "Conversation" not in screen.text.plain
        assert "NOT READ" in status(screen)
        desk.faults.error = None
        await desk.press("r")
        await desk.until(lambda: screen.detail is not None)
        assert screen.problem is None
        assert "Conversation" in screen.text.plain
        desk.faults.error = broken()
        await desk.press("r")
        await desk.until(lambda: screen.problem is not None)
        assert "Conversation" in screen.text.plain
        assert "shown: read just now" in status(screen)


async def test_a_fault_of_the_program_is_said_too() -> None:
    async with running() as desk:
        desk.faults.error = KeyError("token=abc")
        screen = await opened(desk, desk.ticket_rows()[0].id)
        await desk.until(lambda: screen.problem is not None)
        assert "a fault while reading (KeyError)" in screen.text.plain
        assert "token" not in screen.text.plain


async def test_a_ticket_that_has_vanished_stays_with_the_reason() -> None:
    async with running() as desk:
        number = desk.ticket_rows()[0].id
        screen = await read(desk, number)
        desk.faults.error = NotThere(
            "Zendesk: there is no such ticket", "it was deleted or merged", status=404
        )
        await desk.press("r")
        await desk.until(lambda: screen.problem is not None)
        assert "GONE" in status(screen)
        assert "it was deleted or merged" in screen.text.plain
        assert "Conversation" in screen.text.plain


async def test_reading_again_keeps_the_place() -> None:
    async with running(faults=Faults(edit_detail=long_talk)) as desk:
        screen = await read(desk, desk.ticket_rows()[0].id)
        await desk.press("pagedown", "pagedown", "j")
        top = screen.text.shown.split("\n")[0]
        asked = len(desk.faults.asked)
        await desk.press("r")
        await desk.until(lambda: len(desk.faults.asked) > asked and "read just now" in status(screen))
        assert screen.text.shown.split("\n")[0] == top
        desk.clock.go(minutes=3)
        screen.tick()
        await desk.pilot.pause()
        assert "\n".join(screen.text.shown.split("\n")[1:3]) in screen.text.plain
        assert screen.text.scroll_offset.y > 0


async def test_comments_are_gone_through_with_braces() -> None:
    async with running(faults=Faults(edit_detail=long_talk)) as desk:
        screen = await read(desk, desk.ticket_rows()[0].id)
        await desk.press("right_curly_bracket", "right_curly_bracket")
        assert screen.text.shown.startswith("▌ PUBLIC  Author 1 ")
        await desk.press("left_curly_bracket")
        assert screen.text.shown.startswith("┊ internal note  Author 0 ")


async def test_a_change_in_the_queue_is_announced() -> None:
    async with running() as desk:
        number = desk.ticket_rows()[0].id
        screen = await read(desk, number)
        assert "changed" not in status(screen)
        desk.faults.edit_queue = lambda ticket: (
            replace(ticket, updated_at=ticket.updated_at + timedelta(minutes=1))
            if ticket.id == number
            else ticket
        )
        await desk.app.desk.read([FeedName.TICKETS])
        await desk.pilot.pause()
        assert "changed since you read it: press r" in status(screen)


async def test_a_ticket_that_leaves_the_queue_while_it_is_read_says_so() -> None:
    async with running() as desk:
        ticket = desk.ticket_rows()[0]
        screen = await read(desk, ticket.id)
        gone = replace(ticket, status="solved", updated_at=ticket.updated_at + timedelta(minutes=1))
        desk.app.desk.patch_ticket(gone)
        await desk.pilot.pause()
        assert "left the list since you read it: press r" in status(screen)
        assert "SLA         not known: it has left the queue" in screen.text.plain
        await desk.press("r")
        await desk.until(lambda: "reading ..." not in status(screen))
        assert "left the list" not in status(screen)


async def test_an_answer_for_another_ticket_is_dropped() -> None:
    async with running() as desk:
        first, second = (ticket.id for ticket in desk.ticket_rows()[:2])
        desk.faults.gates[first] = asyncio.Event()
        early = await opened(desk, first, (first, second))
        await desk.until(lambda: first in desk.faults.asked)
        await desk.press("right_square_bracket")
        await desk.until(lambda: ticket_screen(desk).ticket_id == second)
        late = ticket_screen(desk)
        await desk.until(lambda: late.detail is not None)
        desk.faults.gates[first].set()
        await desk.pilot.pause()
        assert early.detail is None
        assert f"#{second}" in desk.screen_text()
        assert late.detail is not None
        assert late.detail.ticket.id == second


async def test_an_older_answer_never_replaces_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even from a source that doesn't notice that nobody waits for it any more."""
    gate, answered = asyncio.Event(), asyncio.Event()
    async with running() as desk:
        screen = await read(desk, desk.ticket_rows()[0].id)
        assert screen.detail is not None
        older = replace(screen.detail, comments=())

        async def deaf(_: Sources) -> TicketDetail:
            while not gate.is_set():
                with suppress(asyncio.CancelledError):
                    await gate.wait()
            answered.set()
            return older

        with monkeypatch.context() as patch:
            patch.setattr(screen, "fetch", deaf)
            await desk.press("r")
        await desk.press("r")
        await desk.until(lambda: "reading ..." not in status(screen))
        newest = screen.detail
        gate.set()
        await desk.until(answered.is_set)
        await desk.pilot.pause()
        assert screen.detail is newest
        assert newest.comments


def shows(desk: Running, number: int) -> bool:
    return ticket_screen(desk).ticket_id == number


async def test_the_neighbours_are_those_of_the_list_it_was_opened_from() -> None:
    async with running() as desk:
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, TicketScreen))
        ids = [ticket.id for ticket in desk.ticket_rows()]
        for _, following in pairwise(ids[:3]):
            await desk.press("right_square_bracket")
            await desk.until(partial(shows, desk, following))
        await desk.press("left_square_bracket")
        await desk.until(lambda: ticket_screen(desk).ticket_id == ids[1])
        await desk.press("left_square_bracket", "left_square_bracket")
        await desk.until(lambda: "That was the first row" in desk.said)
        await desk.press("q")
        assert isinstance(desk.app.screen, Dashboard)


HOSTILE = "[/nope] [@click=app.quit]press[/] \\[b] $x {y} %s 日本語"


async def test_hostile_text_is_only_text() -> None:
    def poison(detail: TicketDetail) -> TicketDetail:
        ticket = replace(
            detail.ticket, subject=HOSTILE, tags=("[/]", "[@click=app.quit]x"), requester="[red]Jo"
        )
        file = Attachment("[/x].pdf", 10, "[b]", "https://helpdesk.example/1")
        comment = replace(
            detail.comments[0], author="[/a]", body=HOSTILE + "\n[/]", attachments=(file,), warning="[/w]"
        )
        return replace(detail, ticket=ticket, comments=(comment,))

    async with running(faults=Faults(edit_detail=poison), size=(120, 40)) as desk:
        screen = await read(desk, desk.ticket_rows()[0].id)
        assert HOSTILE in screen.text.plain
        assert "[red]Jo" in screen.text.plain
        assert "not trusted by Zendesk: [/w]" in screen.text.plain
        await desk.press("a")
        await desk.until(lambda: "[1] [/x].pdf" in desk.screen_text())
        await desk.press("escape", "Y")
        assert HOSTILE in desk.app.clipboard


async def test_the_hostile_ticket_of_the_demo_can_be_read() -> None:
    async with running(size=(80, 24)) as desk:
        for ticket in desk.ticket_rows():
            if "[/nope]" in ticket.subject:
                screen = await read(desk, ticket.id)
                assert "\x1b" not in screen.text.plain
                assert "[/nope]" in desk.screen_text()
                return
        pytest.fail("the demo has lost its hostile ticket")


async def test_the_link_and_a_line_are_copied() -> None:
    async with running() as desk:
        ticket = desk.ticket_rows()[0]
        await read(desk, ticket.id)
        await desk.press("y")
        assert desk.app.clipboard == ticket.url
        await desk.press("Y")
        assert str(ticket.id) in desk.app.clipboard
        assert ticket.url in desk.app.clipboard
        assert "\n" not in desk.app.clipboard


async def test_b_goes_to_the_runbook() -> None:
    async with running(size=(160, 45)) as desk:
        row = next(row for row in desk.app.desk.snapshot.tickets.rows if desk.app.runbook_for(row))
        await read(desk, row.ticket.id)
        await desk.press("b")
        await desk.until(lambda: isinstance(desk.app.screen, Dashboard))


async def test_a_ticket_of_any_status_opens_by_its_number() -> None:
    async with running() as desk:
        await desk.press("number_sign")
        await desk.press(*"x45041", "enter")
        await desk.until(lambda: isinstance(desk.app.screen, TicketScreen))
        screen = ticket_screen(desk)
        await desk.until(lambda: screen.detail is not None)
        assert "Status      closed" in screen.text.plain


@pytest.mark.parametrize("size", SIZES)
async def test_an_alert_with_everything_about_it(size: tuple[int, int]) -> None:
    async with running(size=size) as desk:
        alert = next(a for a in desk.app.desk.snapshot.alerts.rows if "penharrow-prod-rds-cpu" in a.message)
        desk.app.open_alert(alert.id)
        await desk.until(lambda: isinstance(desk.app.screen, AlertScreen) and desk.app.screen.detail)
        screen = desk.app.screen
        assert isinstance(screen, AlertScreen)
        text = screen.text.plain
        assert "acknowledged by Callum Reid" in text
        assert "Next line" in text
        assert "computed: OOH" in text
        assert "Recipients, and what became of each: 1\n" in text
        assert "Callum Reid  action  Acknowledge  09:24  21 min ago" in text
        assert "Client      penharrow, deliveryplus  by its tag\n" in text
        assert "Notes and log: 1 note, 3 log lines, oldest first\n" in text
        assert "▌ NOTE" in text
        assert "┊ log" in text
        assert "Runbook" in text


async def test_an_open_alert_counts_down_to_the_next_line() -> None:
    async with running(size=(120, 40)) as desk:
        alert = next(
            a for a in desk.app.desk.snapshot.alerts.rows if a.status == "open" and a.priority == "P1"
        )
        desk.app.open_alert(alert.id)
        await desk.until(lambda: isinstance(desk.app.screen, AlertScreen) and desk.app.screen.detail)
        screen = desk.app.screen
        assert isinstance(screen, AlertScreen)
        assert "Helen Marsh) in 3:30 (" in screen.text.plain
        view, escalated = (
            desk.app.view,
            Page(desk.app.view.now, Proof.PAGED, "Helen was paged", escalation=True),
        )

        def told(**changes: Any) -> dict[str, Parts]:
            """The facts, by their names."""
            lines = screen.head(replace(view, **changes))
            return {line.parts[0][0].strip(): line.parts[1:] for line in lines}

        def later(minutes: float) -> dict[str, Any]:
            return {"now": view.now + timedelta(minutes=minutes)}

        policy = ("  by the policy Support: first line, then second line", "dim")
        missed = ("  second line (Helen Marsh) should have been paged: check", "dim")
        assert told()["Next line"] == (("second line (Helen Marsh) in 3:30 (09:49)", "soon"), policy)
        assert told()["Status"] == (("OPEN: nobody has acknowledged it", "late"),)
        assert told()["Has it"] == (("nobody", "unknown"),)
        assert "Paged" not in told()
        assert told(**later(2.5))["Next line"][0] == ("second line (Helen Marsh) in 1:00 (09:49)", "late")
        assert told(**later(4))["Next line"] == (("Owen Fairley in 14:30 (10:04)", "soon"), missed)
        assert told(**later(19))["Next line"][0] == ("CHECK: Owen Fairley was due at 10:04", "late")
        mine = told(pages={alert.id: escalated})
        assert mine["Paged"] == (
            ("Helen was paged", "strong"),
            ("  asked for by you, 09:46, just now", "dim"),
        )
        assert mine["Next line"][0] == ("Owen Fairley in 18:30 (10:04)", "soon")
        theirs = replace(escalated, proof=Proof.UNKNOWN, by="callum@agency.example")
        assert told(pages={alert.id: theirs})["Paged"] == (
            ("NOT KNOWN whether the page arrived: ask them", "late"),
            ("  asked for by Callum Reid, 09:46, just now", "dim"),
        )
        desk.clock.go(seconds=3)
        screen.tick()
        assert "Helen Marsh) in 3:27 (" in screen.text.plain
        desk.clock.go(minutes=4)
        screen.tick()
        assert "second line (Helen Marsh) should have been paged: check" in screen.text.plain
        assert desk.app.view.escalation(alert).missed
        # The recipients prove it once they are read again: the page says so, and the row in the list.
        await desk.press("r")
        await desk.until(lambda: "should have been paged" not in screen.text.plain)
        proof = "Paged       Helen Marsh was paged 09:49:30  by its policy: see Recipients\n"
        assert proof in screen.text.plain
        assert "Next line   Owen Fairley in 14:27 (10:04)  by the policy Support: first" in screen.text.plain
        shown = desk.app.view.escalation(alert)
        assert (shown.missed, shown.page and shown.page.words) == (False, "Helen Marsh was paged 09:49:30")
        desk.clock.go(hours=1)
        screen.tick()
        assert "CHECK: Owen Fairley was due at 10:04" in screen.text.plain


async def test_an_alert_that_leaves_the_list_while_it_is_read_is_not_open_any_more() -> None:
    """The page kept what it had read first: open, and about to page somebody, whatever came since."""
    async with running(size=(120, 40)) as desk:
        alert = next(a for a in desk.app.desk.snapshot.alerts.rows if a.status == "open")
        desk.app.open_alert(alert.id)
        await desk.until(lambda: isinstance(desk.app.screen, AlertScreen) and desk.app.screen.detail)
        screen = desk.app.screen
        assert isinstance(screen, AlertScreen)
        later = alert.updated_at + timedelta(minutes=1)
        desk.app.desk.patch_alert(replace(alert, status="acked", acknowledged_by="x", updated_at=later))
        await desk.pilot.pause()
        assert "acknowledged by" in screen.text.plain
        desk.app.desk.patch_alert(replace(alert, status="closed", updated_at=later + timedelta(minutes=1)))
        await desk.pilot.pause()
        line = screen.query_one("#identity", Lines).plain.split("\n")[1]
        assert "left the list since you read it: press r" in line
        assert "Status      not known: it has left the list" in screen.text.plain
        assert "Next line" not in screen.text.plain
        await desk.press("r")
        await desk.until(lambda: "reading ..." not in status(screen))
        assert "Next line" in screen.text.plain


async def test_what_could_not_be_read_of_an_alert_is_named_and_never_shown_as_nothing() -> None:
    def in_part(detail: AlertDetail) -> AlertDetail:
        return replace(
            detail, recipients=(), events=(),
            missing=("recipients: OpsGenie gave no answer", "notes: OpsGenie gave no answer"),
        )  # fmt: skip

    async with running(size=(120, 40), faults=Faults(edit_alert=in_part)) as desk:
        alert = desk.app.desk.snapshot.alerts.rows[0]
        desk.app.open_alert(alert.id)
        await desk.until(lambda: isinstance(desk.app.screen, AlertScreen) and desk.app.screen.detail)
        screen = desk.app.screen
        assert isinstance(screen, AlertScreen)
        text = screen.text.plain
        assert "! recipients: OpsGenie gave no answer" in text
        assert "what became of each: recipients not read, see above" in text
        assert "Notes and log: notes not read, see above, no log lines" in text


async def test_an_alert_that_fails_says_so_and_r_tries_again() -> None:
    async with running() as desk:
        desk.faults.error = broken("OpsGenie gave no answer")
        alert = desk.app.desk.snapshot.alerts.rows[0]
        desk.app.open_alert(alert.id, [alert.id])
        await desk.until(lambda: isinstance(desk.app.screen, AlertScreen) and desk.app.screen.problem)
        screen = desk.app.screen
        assert isinstance(screen, AlertScreen)
        assert "! OpsGenie gave no answer: look at the network" in screen.text.plain
        assert "Notes and log" not in screen.text.plain
        desk.faults.error = None
        await desk.press("r")
        await desk.until(lambda: screen.detail is not None)


@pytest.mark.parametrize(
    ("configured", "words", "held"),
    [
        (
            "https://agency.helpdesk.example",
            "There is no browser here: the link was copied, sent to the terminal's clipboard",
            True,
        ),
        (
            "https://another.example",
            "not opened: the address isn't https on a host of your configuration",
            False,
        ),
    ],
)
async def test_a_link_that_can_not_be_opened_is_copied_only_if_it_is_ours(
    configured: str, words: str, held: bool
) -> None:
    config = msgspec.structs.replace(demo_config(), zendesk=Zendesk(url=configured))
    async with running(config=config) as desk:
        ticket = desk.ticket_rows()[0]
        await read(desk, ticket.id)
        await desk.press("o")
        assert words in desk.said
        assert (desk.app.clipboard == ticket.url) is held
