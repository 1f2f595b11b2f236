"""Escalating on the screen: the right policy, the right line, the right person, and never twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec
import pytest

from support_desk.config.model import Beyond, EscalationSection, PersonSection, RotaSection, TicketEscalation
from support_desk.domain import commands as c
from support_desk.domain.intents import Phase
from support_desk.screens.pickers import ChoicePicker
from tests.screens.acting import alert_now, answer, choose, ended, entries, opened
from tests.screens.test_alert_acts import ACKED, P1, go_to
from tests.support import Running, changed, drawn, running

IN_HOURS = datetime(2026, 12, 2, 11, 32, tzinfo=UTC)
"""A Wednesday between 10:00 and 18:00: nobody is second line."""


@pytest.fixture
async def desk() -> AsyncIterator[Running]:
    async with running() as desk:
        await opened(desk)
        await desk.press("1")
        yield desk


async def held(desk: Running) -> str:
    """Wait for the hold; the footer."""
    await desk.until(lambda: entries(desk) and entries(desk)[0].phase is Phase.HELD)
    await desk.pilot.pause()
    return desk.footer


async def test_the_footer_names_line_person_and_end_and_counts_down(desk: Running) -> None:
    await go_to(desk, P1)
    await desk.press("e")
    line = await held(desk)
    assert line.startswith(" IN 5 s  PAGES second line: Helen Marsh, until 10:00 · P1 https://www.eastmarch")
    assert "u takes it back  e again sends at once" in line
    await desk.pass_by(seconds=3)
    assert desk.footer.startswith(" IN 2 s ")
    entry = await ended(desk)
    assert entry.words.startswith("Helen Marsh was paged 09:4")
    assert entry.receipt is not None
    assert any("Notification sent to helen@agency.example" in line for line in entry.receipt.evidence)
    assert "IN " not in desk.footer


async def test_the_hold_is_in_the_footer_of_every_screen(desk: Running) -> None:
    await go_to(desk, P1)
    await desk.press("e")
    await held(desk)
    for key in ("O", "L", "Z"):
        await desk.press(key)
        assert "PAGES second line: Helen Marsh" in desk.footer, key
        await desk.press("q")
    await desk.press("enter")
    assert "PAGES second line: Helen Marsh" in desk.footer
    await desk.press("u")
    assert entries(desk)[0].phase is Phase.CANCELLED


async def test_a_second_press_sends_at_once_and_only_once(desk: Running) -> None:
    await go_to(desk, P1)
    await desk.press("e")
    await held(desk)
    await desk.pass_by(seconds=1)
    await desk.press("e")
    await desk.pass_by(seconds=0.2)
    await desk.until(lambda: entries(desk)[0].phase is not Phase.HELD)
    await ended(desk)
    assert len(entries(desk)) == 1


async def test_presses_while_it_is_being_prepared_or_sent_make_no_second_one(desk: Running) -> None:
    await go_to(desk, P1)
    for _ in range(5):
        await desk.press("e")
    await held(desk)
    await desk.pass_by(seconds=5.1)
    await desk.until(lambda: entries(desk)[0].phase is Phase.SENDING)
    await desk.press("e")
    assert "being escalated already" in desk.app.said[-1]
    await ended(desk)
    assert len(entries(desk)) == 1


async def test_another_alert_is_refused_while_one_is_held(desk: Running) -> None:
    await go_to(desk, P1)
    await desk.press("e")
    await held(desk)
    await desk.press("j", "e")
    assert desk.app.said[-1].startswith("Not escalated: P1 https://www.eastmarch.example/ is down")
    assert len(entries(desk)) == 1


async def test_an_acknowledged_alert_asks_first_and_says_who_has_it(desk: Running) -> None:
    await go_to(desk, ACKED)
    await desk.press("e")
    assert "acknowledged by Callum Reid. Escalate to second line: Helen Marsh" in await answer(desk)
    await held(desk)
    entry = await ended(desk)
    assert entry.phase is Phase.CONFIRMED, entry.words


async def test_acknowledged_during_the_hold_it_isnt_sent(desk: Running) -> None:
    alert = await go_to(desk, P1)
    sources = desk.app.desk.sources
    assert sources is not None
    assert sources.alert_writer is not None
    await desk.press("e")
    await held(desk)
    await sources.alert_writer.ask(alert.id, c.Acknowledge(), actor="callum@agency.example", token="x")
    entry = await ended(desk)
    assert entry.phase is Phase.CONFLICT
    assert "acknowledged by Callum Reid at 09:46" in entry.words
    assert any("NOT SENT" in said for said in desk.app.said)
    assert alert_now(desk, alert.id).acknowledged_by == "callum@agency.example"


async def test_nobody_on_that_line_says_so_and_offers_the_ladder() -> None:
    beyond = (
        Beyond(name="Head of Technical Operations", email="head@agency.example", phone="020 7946 0001"),
    )
    config = changed(rota=RotaSection(beyond=beyond))
    async with running(at=IN_HOURS, config=config) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to(desk, "wexcombe-prod-alb-5xx")
        await desk.press("e")
        await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
        assert "nobody now" in drawn(desk.app.screen.query_one("#question"))
        assert entries(desk) == ()
        await choose(desk, "head of technical")
        assert "Their telephone: 020 7946 0001" in await answer(desk)
        await held(desk)
        command = entries(desk)[0].intent.command
        assert isinstance(command, c.PagePerson)
        assert (command.username, command.phone) == ("head@agency.example", "020 7946 0001")


async def test_e_capital_offers_the_rota_first_then_beyond_then_everybody(desk: Running) -> None:
    await go_to(desk, P1)
    await desk.press("E")
    await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
    rows = drawn(desk.app.screen.query_one("#below")).split("\n")
    assert "Helen Marsh  second line now until 10:00" in rows[0]
    assert "on call now" in rows[1]
    await choose(desk, "joanna")
    asked = await answer(desk)
    assert "not on the rota now" in asked
    assert "makes an alert of its own" in asked
    entry = await ended(desk)
    assert entry.phase is Phase.CONFIRMED, entry.words
    assert entry.words.startswith("Joanna Pike was paged ")


async def test_somebody_on_the_rota_is_added_to_the_alert_itself(desk: Running) -> None:
    await go_to(desk, P1)
    await desk.press("E")
    await choose(desk, "helen")
    assert "adds them to this alert" in await answer(desk)
    await held(desk)
    assert isinstance(entries(desk)[0].intent.command, c.AddResponder)


async def test_somebody_without_an_address_is_to_be_rung() -> None:
    people = {"none": PersonSection(name="CTO", phone="020 7946 0002")}
    config = changed(rota=RotaSection(beyond=(Beyond(name="CTO"),)), people=people)
    async with running(config=config) as desk:
        await opened(desk)
        await desk.press("1", "E")
        await choose(desk, "cto")
        assert desk.app.said[-1] == "CTO has no address in the alert service: ring them: 020 7946 0002"
        assert entries(desk) == ()


async def test_e_on_a_ticket_hands_it_on_behind_the_same_hold() -> None:
    ticket = TicketEscalation(group="2nd line (tickets)", tag="escalated", alert=False)
    config = changed(escalation=msgspec.structs.replace(EscalationSection(), ticket=ticket))
    async with running(config=config) as desk:
        await opened(desk)
        await desk.press("2", "e")
        line = await held(desk)
        assert "hands #48144" in line
        entry = await ended(desk)
        assert entry.phase is Phase.CONFIRMED, entry.words
        command = entry.intent.command
        assert isinstance(command, c.EditTicket)
        assert command.group == "2nd line (tickets)"
        assert "escalated" in command.add_tags


async def test_a_ticket_may_page_the_second_line_as_well() -> None:
    config = changed(
        escalation=msgspec.structs.replace(EscalationSection(), ticket=TicketEscalation(alert=True))
    )
    async with running(config=config) as desk:
        await opened(desk)
        await desk.press("2", "e")
        await desk.until(lambda: len(entries(desk)) == 2)
        edit, page = (entry.intent.command for entry in entries(desk))
        assert isinstance(edit, c.EditTicket)
        assert isinstance(page, c.PagePerson)
        assert page.name == "Helen Marsh", "decided first: a helpdesk in trouble doesn't hold it up"
        await desk.press("u")
        assert {entry.phase for entry in entries(desk)} == {Phase.CANCELLED}
