"""Escalating on the screen: the right policy, the right line, the right person, and never twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from support_desk.config.model import Beyond, EscalationSection, PersonSection, RotaSection, TicketEscalation
from support_desk.desk.snapshot import FeedName
from support_desk.domain import commands as c
from support_desk.domain.alerts import Alert, AlertDetail, EscalationPolicy, EscalationRule
from support_desk.domain.intents import Phase
from support_desk.domain.next_line import NextLine
from support_desk.domain.rota import OnCall, Person, Role
from support_desk.screens.acting.composer import Composer
from support_desk.screens.acting.escalation import line_words
from support_desk.screens.acting.tag_picker import TagPicker
from support_desk.screens.acting.triage import TriageScreen
from support_desk.screens.asking import Question
from support_desk.screens.pickers import ChoicePicker
from support_desk.sources.errors import Unanswered, Unreachable
from support_desk.sources.fixtures.alert_book import POLICIES
from support_desk.sources.fixtures.alert_writer import FixtureAlertWriter
from support_desk.sources.fixtures.cast import HELEN
from support_desk.sources.protocols import AlertCapabilities, Reading, Sources
from support_desk.widgets.lines import Lines
from support_desk.widgets.text_view import TextView
from tests.screens.acting import alert_now, answer, choose, ended, entries, opened
from tests.screens.test_alert_acts import ACKED, P1, go_to
from tests.support import SMALL, Running, Weather, WeatheredAlerts, changed, drawn, running, view

IN_HOURS = datetime(2026, 12, 2, 11, 32, tzinfo=UTC)
"""A Wednesday between 10:00 and 18:00: nobody is second line."""
HELEN_LOUD = replace(HELEN, email=HELEN.email.upper())
JOANNA = Person("Joanna Pike", "joanna@agency.example")
PAGES = changed(escalation=msgspec.structs.replace(EscalationSection(), ticket=TicketEscalation(alert=True)))
"""Escalating a ticket pages the second line as well."""


def joanna_stepped_in(reading: Reading[Any]) -> Reading[Any]:
    """An override that the timeline doesn't have yet."""
    rows = [row for row in reading.rows if row.schedule != "ooh_second_line"]
    return replace(reading, rows=(*rows, OnCall("ooh_second_line", True, (JOANNA,))))


class TeamKeysOnly(FixtureAlertWriter):
    """The writer of an account whose global integration has no key here."""

    @property
    def can_create(self) -> bool:
        return False


class Silent(FixtureAlertWriter):
    """The writer of a service that hears nothing and says nothing."""

    async def ask(self, *_: object, **__: object) -> str:
        raise Unanswered("Alerts: the connection broke off", "it is looked up before it is sent again")

    async def create(self, *_: object, **__: object) -> str:
        return await self.ask()


class Breaking(FixtureAlertWriter):
    """The writer of a service that does what it is told, and whose answer is lost."""

    async def ask(self, *args: Any, **options: Any) -> str:
        await super().ask(*args, **options)
        raise Unanswered("Alerts: the connection broke off", "it is looked up before it is sent again")


def breaking(sources: Sources) -> Sources:
    writer = sources.alert_writer
    assert isinstance(writer, FixtureAlertWriter)
    return replace(sources, alert_writer=Breaking(writer.world, writer.clock))


def silent(sources: Sources) -> Sources:
    writer = sources.alert_writer
    assert isinstance(writer, FixtureAlertWriter)
    return replace(sources, alert_writer=Silent(writer.world, writer.clock))


def without_default_key(sources: Sources) -> Sources:
    writer = sources.alert_writer
    assert isinstance(writer, FixtureAlertWriter)
    return replace(sources, alert_writer=TeamKeysOnly(writer.world, writer.clock))


class Cut(WeatheredAlerts):
    """The alerts of a service that can't be reached."""

    async def alert(self, alert_id: str) -> AlertDetail:
        raise Unreachable("Alerts: no connection", "check the network; the program keeps trying")


def cut_off(sources: Sources) -> Sources:
    alerts = sources.alerts
    assert isinstance(alerts, WeatheredAlerts)
    cut = Cut(alerts.world, alerts.clock)
    cut.weather = alerts.weather
    return replace(sources, alerts=cut)


@pytest.fixture
async def desk() -> AsyncIterator[Running]:
    async with running() as desk:
        await opened(desk)
        await desk.press("1")
        yield desk


def toasts(desk: Running) -> str:
    """What lies on the screen for a few seconds."""
    return "\n".join(str(toast.render()) for toast in desk.app.screen.query("Toast"))


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


@pytest.mark.parametrize("over_it", ["", "N"])
async def test_the_row_tells_it_without_waiting_for_a_reading_that_changes_something(
    desk: Running, over_it: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the alert itself is as it was, the row counted down to a page that had been made already."""
    monkeypatch.setattr(desk.app.desk, "patch_alert", lambda _: None)
    await go_to(desk, P1)
    desk.dashboard.tick()
    await desk.press("e")
    await held(desk)
    desk.weather.gates[FeedName.ALERTS] = asyncio.Event()
    if over_it:
        await desk.press(over_it)
        await desk.until(lambda: desk.app.screen is not desk.dashboard)
    entry = await ended(desk)
    assert entry.words.startswith("Helen Marsh was paged 09:4")
    if over_it:
        await desk.press("q")
        await desk.until(lambda: desk.app.screen is desk.dashboard)
    await desk.until(lambda: "paged" in desk.line_of(desk.dashboard.alerts, "eastmarch").split())
    assert entry.words in desk.why


async def test_afterwards_row_and_details_tell_who_was_paged_and_count_down_no_more(desk: Running) -> None:
    await go_to(desk, P1)
    top = desk.dashboard.query_one("#announcement", Lines)
    assert "second line (Helen Marsh) is paged in" in top.plain
    await desk.press("e")
    await held(desk)
    entry = await ended(desk)
    await desk.pilot.pause()
    assert entry.words.startswith("Helen Marsh was paged 09:4")
    row = desk.line_of(desk.dashboard.alerts, "eastmarch")
    assert "paged" in row.split()
    assert entry.words in desk.why
    assert "second line (Helen Marsh) is paged in" not in top.plain or "eastmarch" not in top.plain
    needs = desk.app.needing.needs(desk.app.view) if desk.app.needing is not None else ()
    told = next(need for need in needs if need.target == entry.intent.target)
    assert told.why.startswith(f"{entry.words}; ")
    await desk.press("enter")
    await desk.until(lambda: "Paged " in drawn(desk.app.screen.query_one(TextView)))
    text = " ".join(drawn(desk.app.screen.query_one(TextView)).split())
    assert f"Paged {entry.words} asked for by you" in text


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


@pytest.mark.parametrize(("keys", "form"), [(("n",), Composer), (("2", "T"), TriageScreen)])
async def test_what_is_held_is_seen_under_what_takes_every_line(
    keys: tuple[str, ...], form: type[Composer | TriageScreen]
) -> None:
    async with running(size=SMALL) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to(desk, P1)
        await desk.press("e")
        await held(desk)
        await desk.press(*keys)
        await desk.until(lambda: isinstance(desk.app.screen, form) and desk.app.screen.query("#box"))
        over, footer = desk.app.screen, desk.dashboard.query_one("#footer", Lines)
        box = over.query_one("#box")
        await desk.until(lambda: box.region.bottom == footer.region.y)
        assert over.styles.background.a < 0.5, "it is read through it"
        assert footer.plain.rstrip().endswith("esc u takes it back")
        # A terminal's own colours don't mix: a veil of them would be a wall.
        desk.app.theme = "ansi-dark"
        await desk.until(lambda: over.styles.background.a == 0)

        await ended(desk)
        desk.app.tick()
        await desk.until(lambda: box.region.bottom == 24)


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
    command = entries(desk)[0].intent.command
    assert isinstance(command, c.EscalateAlert)
    assert command.confirmed, "that somebody has it doesn't hold it up a second time"
    entry = await ended(desk)
    assert entry.phase is Phase.CONFIRMED, entry.words


async def test_a_question_that_comes_late_isnt_answered_by_what_was_being_typed(desk: Running) -> None:
    desk.weather.gates[FeedName.ON_CALL] = asyncio.Event()
    await go_to(desk, ACKED)
    await desk.press("e")
    desk.clock.move(seconds=3)
    desk.weather.gates[FeedName.ON_CALL].set()
    await desk.until(lambda: isinstance(desk.app.screen, Question))
    await desk.pilot.pause()
    for _ in range(3):
        # The person copies links (y), one every now and then, and hasn't looked yet.
        desk.clock.move(seconds=0.8)
        await desk.press("y")
    assert isinstance(desk.app.screen, Question)
    assert entries(desk) == ()
    desk.clock.move(seconds=1.1)
    await desk.press("y")
    assert "PAGES second line: Helen Marsh" in await held(desk)


@pytest.mark.parametrize("id_", [ACKED, P1])
async def test_no_question_comes_over_what_the_person_has_gone_on_to(desk: Running, id_: str) -> None:
    """What needs no question is held all the same, with its seconds in every screen's footer."""
    desk.weather.gates[FeedName.ON_CALL] = asyncio.Event()
    await go_to(desk, id_)
    await desk.press("e")
    await desk.press("n")
    await desk.until(lambda: isinstance(desk.app.screen, Composer))
    composer = desk.app.screen
    desk.weather.gates[FeedName.ON_CALL].set()
    if id_ == P1:
        await desk.until(lambda: entries(desk) and entries(desk)[0].phase is Phase.HELD)
        assert desk.app.screen is composer
        return
    await desk.until(lambda: desk.app.said)
    why = "The alert is acknowledged by Callum Reid"
    assert desk.app.said[-1] == f"NOT ESCALATED, nobody was paged: {why}. Press e on the alert again"
    assert desk.app.screen is composer
    assert entries(desk) == ()


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
        question = drawn(desk.app.screen.query_one("#question"))
        assert "nobody now" in question
        assert "bank holiday" not in question
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
    assert "Helen Marsh  020 7946 0722  second line now until 10:00" in rows[0]
    assert "on call now" in rows[1]
    await choose(desk, "joanna")
    asked = await answer(desk)
    assert "not on the rota now" in asked
    assert "makes an alert of its own" in asked
    entry = await ended(desk)
    assert entry.phase is Phase.CONFIRMED, entry.words
    assert entry.words.startswith("Joanna Pike was paged ")


async def test_where_there_is_little_room_the_telephone_is_what_is_left() -> None:
    beyond = (
        Beyond(name="Head of Technical Operations", email="head@agency.example", phone="020 7946 0001"),
    )
    async with running(size=SMALL, config=changed(rota=RotaSection(beyond=beyond))) as desk:
        await opened(desk)
        await desk.press("1", "E")
        await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
        rows = drawn(desk.app.screen.query_one("#below"))
        assert "Head of Technical Operations  020 7946 0001  beyond" in rows


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
    async with running(config=PAGES) as desk:
        await opened(desk)
        await desk.press("2", "e")
        await desk.until(lambda: len(entries(desk)) == 2)
        edit, page = (entry.intent.command for entry in entries(desk))
        assert isinstance(edit, c.EditTicket)
        assert isinstance(page, c.PagePerson)
        assert page.name == "Helen Marsh", "decided first: a helpdesk in trouble doesn't hold it up"
        assert "PAGES second line: Helen Marsh, until 10:00 · #48144" in desk.footer
        await desk.press("u")
        assert {entry.phase for entry in entries(desk)} == {Phase.CANCELLED}


async def test_what_had_left_already_is_named_when_the_rest_is_taken_back() -> None:
    async with running(config=PAGES) as desk:
        await opened(desk)
        await desk.press("2", "e")
        await desk.until(lambda: len(entries(desk)) == 2)
        await desk.pass_by(seconds=5.2)
        await desk.until(lambda: entries(desk)[1].phase is Phase.SENDING)
        assert entries(desk)[0].phase is Phase.HELD, "the ticket's own change waits for its turn"
        await desk.press("u")
        assert entries(desk)[0].phase is Phase.CANCELLED
        said = desk.app.said[-1]
        assert "nothing was sent" not in said
        assert "NOT taken back, it had left: PAGE Helen Marsh" in said


async def test_a_page_whose_answer_was_lost_is_spoken_of_before_another_one() -> None:
    async with running(edit=silent) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to(desk, P1)
        await desk.press("e")
        assert (await ended(desk)).phase is Phase.UNKNOWN
        await desk.press("a")
        await ended(desk)
        assert "[ESCALATION: UNKNOWN" in desk.alerts, "more than an acknowledgement"
        assert "2 ask: O" in desk.header
        await desk.press("e")
        question = await answer(desk, "escape")
        assert "It isn't known whether the page of 09:4" in question
        assert "Escalate to second line: Helen Marsh" in question
        assert len(entries(desk)) == 2
        desk.clock.move(seconds=2)
        await desk.press("e")
        await answer(desk)
        assert "PAGES second line: Helen Marsh" in await held(desk)


async def test_without_a_network_nobody_believes_that_the_page_will_go_out_by_itself() -> None:
    async with running(edit=cut_off) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to(desk, P1)
        await desk.press("e")
        await desk.until(lambda: "NOT ESCALATED" in desk.app.said[-1])
        said = desk.app.said[-1]
        assert said.startswith(
            "NOT ESCALATED, nobody was paged and it isn't tried again: Alerts: no connection. "
        )
        assert "Helen Marsh: " in said
        assert "keeps trying" not in said
        assert entries(desk) == ()


async def test_once_it_is_known_nothing_on_the_screen_says_that_it_isnt() -> None:
    async with running(edit=breaking) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to(desk, P1)
        await desk.press("e")
        assert (await ended(desk)).phase is Phase.UNKNOWN
        await desk.until(lambda: "ESCALATION NOT KNOWN" in toasts(desk))
        await desk.pass_by(seconds=1.2)
        await desk.until(lambda: entries(desk)[0].phase is Phase.CONFIRMED)
        await desk.until(lambda: "Helen Marsh was paged 09:4" in toasts(desk))
        await desk.until(lambda: "ESCALATION NOT KNOWN" not in toasts(desk))


async def test_the_outbox_lies_open_under_no_toast_about_it() -> None:
    async with running(edit=silent) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to(desk, P1)
        await desk.press("e")
        await ended(desk)
        await desk.until(lambda: "ESCALATION NOT KNOWN" in toasts(desk))
        desk.app.say("P1 alert: another")
        await desk.press("O")
        await desk.until(lambda: "ESCALATION NOT KNOWN" not in toasts(desk))
        await desk.until(lambda: "P1 alert: another" in toasts(desk))


async def test_so_it_is_for_a_ticket_that_pages() -> None:
    async with running(config=PAGES, edit=silent) as desk:
        await opened(desk)
        await desk.press("2", "e")
        await desk.until(lambda: len(entries(desk)) == 2)
        await ended(desk)
        assert [entry.phase for entry in entries(desk)] == [Phase.CONFIRMED, Phase.UNKNOWN]
        assert "1 asks: O" in desk.header
        desk.clock.move(seconds=2)
        await desk.press("e")
        assert "this one may be the second. Hand it on and page all the same?" in await answer(desk, "escape")
        assert len(entries(desk)) == 2


# What was true a moment ago


async def test_a_ticket_pages_who_is_second_line_at_the_key_press() -> None:
    weather = Weather()
    async with running(config=PAGES, weather=weather) as desk:
        await opened(desk)
        assert "second line: Helen Marsh" in desk.header
        weather.edits[FeedName.ON_CALL] = joanna_stepped_in
        await desk.press("2", "e")
        await desk.until(lambda: len(entries(desk)) == 2)
        page = entries(desk)[1].intent.command
        assert isinstance(page, c.PagePerson)
        assert (page.username, page.name) == (JOANNA.email, JOANNA.name)


async def test_an_alert_pages_who_is_second_line_at_the_key_press() -> None:
    weather = Weather()
    async with running(weather=weather) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to(desk, P1)
        weather.edits[FeedName.ON_CALL] = joanna_stepped_in
        await desk.press("e")
        assert "PAGES second line: Joanna Pike ·" in await held(desk), "the end of Helen's shift isn't hers"


async def test_the_ladder_knows_of_who_stepped_in() -> None:
    async with running(weather=Weather(edits={FeedName.ON_CALL: joanna_stepped_in})) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to(desk, P1)
        await desk.press("E")
        await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
        rows = drawn(desk.app.screen.query_one("#below")).split("\n")
        assert "Joanna Pike  020 7946 0733  second line now  joanna@" in rows[0]
        assert "until 10:00" not in rows[0], "that is the end of Helen's shift"
        [helen] = [row for row in rows if "Helen Marsh" in row]
        assert "beyond the second line" in helen, "she is the CTO as well"


@pytest.mark.parametrize(
    ("line", "people", "words"),
    [
        ("second line", (HELEN,), "second line: Helen Marsh, until 10:00"),
        (
            "second line",
            (HELEN_LOUD,),
            "second line: Helen Marsh, until 10:00",
        ),
        ("second line", (JOANNA, HELEN), "second line: Joanna Pike, Helen Marsh, until 10:00"),
        ("second line", (JOANNA,), "second line: Joanna Pike"),
        ("ops_team", (HELEN,), "ops_team: Helen Marsh"),
        ("second line", None, "second line: who that is isn't known"),
    ],
)
def test_a_line_is_named_with_the_end_of_that_persons_own_shift(
    line: str, people: tuple[Person, ...] | None, words: str
) -> None:
    made = view()
    coming = NextLine(POLICIES[0], None, line, people)
    assert line_words(made, coming) == words
    [rota] = made.snapshot.rota.rows
    ends = next(shift.end for shift in rota.shifts if shift.role is Role.SECOND_LINE and made.now < shift.end)
    short = replace(rota, cover=replace(rota.cover, end=ends))
    read = made.snapshot.with_feed(FeedName.ROTA, replace(made.snapshot.rota, rows=(short,)))
    assert line_words(replace(made, snapshot=read), coming) == words.removesuffix(", until 10:00"), (
        "the end of a reading is nobody's"
    )


# What can't be read or sent


async def test_an_alerts_own_policy_that_cant_be_read_is_escalated_by_its_name() -> None:
    weather = Weather(edits={FeedName.POLICIES: lambda reading: replace(reading, rows=())})
    async with running(weather=weather) as desk:
        await opened(desk)
        await desk.press("1")
        alert = await go_to(desk, P1)
        policy = next(row for row in alert.responders if row.type == "escalation")
        # Asked for at the key once more, and that fails: it is no reason to page nobody.
        weather.errors[FeedName.POLICIES] = Unreachable("Alerts: no connection", "check the network")
        await desk.press("e")
        line = await held(desk)
        assert f"PAGES the next line of {policy.name}: who that is isn't known" in line
        command = entries(desk)[0].intent.command
        assert isinstance(command, c.EscalateAlert)
        assert (command.policy_id, command.people) == (policy.id, ())
        entry = await ended(desk)
        assert entry.phase is Phase.CONFIRMED, entry.words
        assert "was paged " in entry.words


class NamesNone(WeatheredAlerts):
    """Alerts that name no escalation of their own."""

    async def alert(self, alert_id: str) -> AlertDetail:
        detail = await super().alert(alert_id)
        return replace(detail, alert=replace(detail.alert, responders=()))


class Routed(FixtureAlertWriter):
    """A team whose routing rule names a policy; it isn't among those that were read."""

    async def routed_policy(self, alert: Alert) -> EscalationPolicy | None:
        at_once = EscalationRule("if-not-acked", timedelta(0), "user", "x", JOANNA.email)
        return EscalationPolicy("routed", "Routed", (at_once,))


class Unrouted(FixtureAlertWriter):
    """A team without a routing rule."""

    async def routed_policy(self, alert: Alert) -> EscalationPolicy | None:
        return None


@pytest.mark.parametrize(
    ("writer", "policy", "people"),
    [(Routed, "routed", (JOANNA.email,)), (Unrouted, POLICIES[0].id, (HELEN.email,))],
)
async def test_an_alert_without_a_policy_goes_by_its_teams_route_then_by_the_configured_one(
    writer: type[FixtureAlertWriter], policy: str, people: tuple[str, ...]
) -> None:
    """Neither is the alert's own: its clock takes no step, only that somebody was notified does."""

    def edit(sources: Sources) -> Sources:
        alerts, usual = sources.alerts, sources.alert_writer
        assert isinstance(alerts, WeatheredAlerts)
        assert isinstance(usual, FixtureAlertWriter)
        nameless = NamesNone(alerts.world, alerts.clock)
        nameless.weather = alerts.weather
        return replace(sources, alerts=nameless, alert_writer=writer(usual.world, usual.clock))

    async with running(edit=edit) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to(desk, P1)
        await desk.press("e")
        await held(desk)
        command = entries(desk)[0].intent.command
        assert isinstance(command, c.EscalateAlert)
        assert (command.policy_id, command.people) == (policy, people)


async def test_a_policy_that_is_newer_than_the_last_reading_is_read_at_the_key_press() -> None:
    weather = Weather(edits={FeedName.POLICIES: lambda reading: replace(reading, rows=())})
    async with running(weather=weather) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to(desk, P1)
        weather.edits.clear()
        await desk.press("e")
        assert "PAGES second line: Helen Marsh" in await held(desk)


async def test_without_the_default_key_who_isnt_on_the_rota_is_to_be_rung_before_anything_is_held() -> None:
    people = {JOANNA.email: PersonSection(name=JOANNA.name, phone="020 7946 0003")}
    async with running(config=changed(people=people), edit=without_default_key) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to(desk, P1)
        await desk.press("E")
        await choose(desk, "joanna")
        assert desk.app.said[-1] == (
            "Joanna Pike can't be paged without [opsgenie] default_api_key: ring them: 020 7946 0003"
        )
        assert entries(desk) == ()
        await desk.press("E")
        await choose(desk, "helen")
        assert "adds them to this alert" in await answer(desk), "that goes with the team's key"


async def test_without_the_default_key_a_ticket_is_handed_on_and_the_ladder_is_offered() -> None:
    async with running(config=PAGES, edit=without_default_key) as desk:
        await opened(desk)
        await desk.press("2", "e")
        await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
        await desk.pilot.pause()
        asked = drawn(desk.app.screen.query_one("#question"))
        assert asked.startswith("Second line: Helen Marsh can't be paged without [opsgenie] default_api_key")
        assert [type(entry.intent.command) for entry in entries(desk)] == [c.EditTicket]


async def test_without_a_key_that_may_write_the_ladder_is_offered_at_once() -> None:
    async with running(edit=lambda sources: replace(sources, alert_writer=None)) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to(desk, P1)
        await desk.press("e")
        await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
        assert "no key may change alerts" in drawn(desk.app.screen.query_one("#question"))
        await choose(desk, "helen")
        assert "Helen Marsh can't be paged without a key that may change alerts: ring" in desk.app.said[-1]
        assert entries(desk) == ()


class AnotherProvider(WeatheredAlerts):
    """The alerts of a service that has fewer ways than OpsGenie."""

    @property
    def capabilities(self) -> AlertCapabilities:
        return AlertCapabilities(can_escalate=False, remove_tags=False)


def another_provider(sources: Sources) -> Sources:
    alerts = sources.alerts
    assert isinstance(alerts, WeatheredAlerts)
    other = AnotherProvider(alerts.world, alerts.clock)
    other.weather = alerts.weather
    return replace(sources, alerts=other)


async def test_where_the_service_cant_escalate_a_person_is_chosen() -> None:
    async with running(edit=another_provider) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to(desk, P1)
        await desk.press("e")
        await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
        assert "can't escalate to the next line" in drawn(desk.app.screen.query_one("#question"))
        await choose(desk, "helen")
        await answer(desk)
        assert "PAGES Helen Marsh" in await held(desk)


async def test_where_the_service_cant_take_tags_away_nothing_offers_that() -> None:
    async with running(edit=another_provider) as desk:
        await opened(desk)
        await desk.press("1")
        alert = await go_to(desk, P1)
        await desk.press("t")
        await desk.until(lambda: isinstance(desk.app.screen, TagPicker))
        await desk.pilot.pause()
        picker = desk.app.screen
        assert isinstance(picker, TagPicker)
        assert not any(tag in drawn(picker.query_one("#rows")) for tag in alert.tags)
        await desk.press("escape")
        desk.app.acts.do([(alert, c.AddAlertTags(("noisy",)))])
        await ended(desk)
        await desk.press("u")
        await desk.until(lambda: desk.app.said)
        assert desk.app.said[-1].endswith("can't be undone: the alert service can't take tags away")


# One of many


async def test_of_a_storm_one_alert_is_chosen_and_a_second_press_sends_that_one() -> None:
    async with running() as desk:
        await opened(desk)
        await desk.pass_by(seconds=330)
        await desk.until(lambda: "[6 alike]" in desk.alerts)
        await desk.press("1")
        row = next(row for row in desk.dashboard.alerts.rows if row.members)
        desk.dashboard.alerts.select(row.key)
        await desk.press("e")
        await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
        assert "Escalate which of these 6 alerts?" in drawn(desk.app.screen.query_one("#question"))
        await desk.press("enter")
        await held(desk)
        await desk.pass_by(seconds=1)
        await desk.press("e")
        assert desk.app.screen is desk.dashboard
        await desk.pass_by(seconds=0.2)
        await desk.until(lambda: entries(desk)[0].phase is not Phase.HELD)
        await ended(desk)
        assert [type(entry.intent.command) for entry in entries(desk)] == [c.EscalateAlert]
