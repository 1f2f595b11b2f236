"""Every key of alerts, on the demo's world: what is asked, what is done, and what is shown of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from support_desk.config.model import ClientSection
from support_desk.desk.snapshot import FeedName
from support_desk.domain import commands as c
from support_desk.domain.intents import Phase
from support_desk.screens.acting.alerts import named
from support_desk.screens.acting.composer import Composer
from support_desk.screens.acting.tag_picker import TagPicker
from support_desk.screens.alert import AlertScreen
from support_desk.screens.entry_rows import entry_lines
from support_desk.screens.pickers import ChoicePicker, LinePicker
from tests.screens.acting import alert_now, answer, choose, ended, entries, later, opened, selected_alert
from tests.support import SMALL, Running, changed, drawn, running

P1 = "www.eastmarch.example"
ACKED = "penharrow-prod-rds-cpu"


@pytest.fixture
async def desk() -> AsyncIterator[Running]:
    async with running() as desk:
        await opened(desk)
        await desk.press("1")
        yield desk


async def go_to(desk: Running, words: str) -> Any:
    """Put the cursor on an alert."""
    rows = desk.dashboard.alerts
    key = next(row.key for row in rows.rows if words in row.alert.message)
    rows.select(key)
    await desk.pilot.pause()
    return selected_alert(desk)


async def test_acknowledge_says_so_at_once_and_is_confirmed_only_when_read_back(desk: Running) -> None:
    alert = await go_to(desk, P1)
    await desk.press("a")
    assert "[acknowledging …]" in desk.line_of(desk.dashboard.alerts, "acknowledging")
    assert alert_now(desk, alert.id).status == "open"
    entry = await ended(desk)
    assert (entry.phase, entry.words) == (Phase.CONFIRMED, "acknowledged")
    assert alert_now(desk, alert.id).acknowledged_by == "robin@agency.example"
    assert "acknowledging" not in desk.alerts
    assert desk.app.said == [], "an acknowledgement that worked needs no toast"


async def test_a_message_that_a_question_cuts_says_so(desk: Running) -> None:
    """ "(HTTP 50" would be read as what the monitor said."""
    alert = await go_to(desk, P1)
    assert named([replace(alert, message=f"{'x' * 48} (HTTP 502)")]) == f"P1 {'x' * 48} (HTTP 502)"
    assert named([replace(alert, message=f"{'x' * 50} (HTTP 502)")]) == f"P1 {'x' * 50} (HTTP 50…"
    await desk.press("E")
    await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
    asked = " ".join(drawn(desk.app.screen.query_one("#question")).split())
    assert asked.endswith("is down (HTTP 5…?")


async def test_what_is_yours_already_is_said(desk: Running) -> None:
    await go_to(desk, P1)
    await desk.press("a")
    await ended(desk)
    await desk.press("a")
    assert desk.app.said == ["You have it already"]
    assert len(entries(desk)) == 1


async def test_a_colleagues_alert_cant_be_acknowledged_again_and_what_can_be_done_is_said(
    desk: Running,
) -> None:
    """The service answers "Alert is already acknowledged": offering it left a failure to decide about."""
    await go_to(desk, ACKED)
    await desk.press("a")
    (said,) = desk.app.said
    assert said.startswith("Callum Reid has P2 ")
    assert said.endswith(" already: w makes it yours")
    assert entries(desk) == ()


async def test_among_marked_rows_only_what_nobody_has_is_acknowledged(desk: Running) -> None:
    await go_to(desk, ACKED)
    await desk.press("space")
    mine = await go_to(desk, P1)
    await desk.press("space", "a")
    asked = await answer(desk)
    assert "Callum Reid has P2" in asked
    assert "already. Acknowledge the other P1 https://www.eastmarch.example/ is down (HTTP 502)?" in asked
    entry = await ended(desk)
    assert (entry.intent.target.id, entry.phase) == (mine.id, Phase.CONFIRMED)
    assert len(entries(desk)) == 1
    await later(desk, lambda: alert_now(desk, mine.id).status == "acked")


async def test_more_than_three_are_asked_about_and_done_together(desk: Running) -> None:
    rows = [row for row in desk.dashboard.alerts.rows if row.alert.status == "open"][:5]
    await desk.press("g", "v", *["j"] * (len(rows) - 1), "a")
    asked = await answer(desk)
    assert asked.startswith("Acknowledge ")
    for _ in range(40):
        desk.clock.move(seconds=0.3)
        await desk.pilot.pause()
    assert {entry.phase for entry in entries(desk)} == {Phase.CONFIRMED}
    assert len(entries(desk)) >= 4
    assert len({entry.intent.batch for entry in entries(desk)}) == 1


async def test_what_colleagues_did_before_it_was_sent_is_told_and_asks_nothing(desk: Running) -> None:
    """Nothing is left to decide; and the next key isn't meant for what they have."""
    await desk.press("g", "space", "space")
    marked = [row.alert for row in desk.dashboard.alerts.rows if row.alert.status == "open"][:2]
    sources = desk.app.desk.sources
    assert sources is not None
    assert sources.alert_writer is not None
    commands: tuple[c.AlertCommand, ...] = (c.Acknowledge(), c.CloseAlert())
    for alert, command in zip(marked, commands, strict=True):
        await sources.alert_writer.ask(alert.id, command, actor="callum@agency.example", token="x")
    await desk.press("a")
    await later(desk, lambda: all(entry.phase is Phase.CANCELLED for entry in entries(desk)))
    assert desk.app.acts.questions == 0
    assert sorted(said.partition(" by ")[0] for said in desk.app.said) == [
        "acknowledge not needed: already acknowledged",
        "acknowledge not needed: already closed",
    ]
    await later(desk, lambda: not desk.dashboard.alerts.marked)
    await desk.press("u")
    assert desk.app.said[-1] == "There is nothing to take back"
    await desk.press("U")
    assert desk.app.said[-1] == "Nothing was taken back"
    newest = entries(desk)[0]
    labels = {line.parts[0][0].strip(): line for line in entry_lines(desk.app.view, newest, read_only=False)}
    assert labels["state"].parts[1][0].startswith("not needed: Somebody else was quicker")
    assert "tried" in labels
    assert "sent" not in labels, "nothing of it has left"


async def test_the_page_of_an_alert_shows_what_a_colleague_did_before(desk: Running) -> None:
    alert = await go_to(desk, P1)
    await desk.press("enter")
    page = desk.app.screen
    assert isinstance(page, AlertScreen)
    await desk.until(lambda: page.detail is not None)
    sources = desk.app.desk.sources
    assert sources is not None
    assert sources.alert_writer is not None
    await sources.alert_writer.ask(alert.id, c.Acknowledge(), actor="callum@agency.example", token="x")
    await desk.press("a")
    await later(desk, lambda: entries(desk)[0].phase is Phase.CANCELLED)
    await desk.until(lambda: page.detail is not None and page.detail.alert.status == "acked")


async def test_un_acknowledge_warns_that_the_escalation_starts_again(desk: Running) -> None:
    alert = await go_to(desk, P1)
    await desk.press("a")
    await ended(desk)
    await desk.press("A")
    assert "The escalation starts again" in await answer(desk)
    entry = await ended(desk)
    assert (type(entry.intent.command), entry.phase) == (c.Unacknowledge, Phase.CONFIRMED)
    assert alert_now(desk, alert.id).status == "open"
    # The five minutes begin anew, and are counted.
    line = desk.line_of(desk.dashboard.alerts, P1)
    assert re.match(r"> +(?:4:5\d|5:00|5m) ", line), line
    # The page, which reads the alert by itself, says nothing else.
    await desk.press("enter")
    page = desk.app.screen
    assert isinstance(page, AlertScreen)
    await desk.until(lambda: page.detail is not None)
    row = page.as_row(desk.app.view)
    assert row is not None
    assert (row.escalation.state, row.escalation.next) == ("running", "ooh_second_line (Helen Marsh)")


async def test_undo_takes_an_acknowledgement_back_after_a_warning_and_redo_does_it_again(
    desk: Running,
) -> None:
    alert = await go_to(desk, P1)
    await desk.press("a")
    await ended(desk)
    await desk.press("u")
    assert "The escalation starts again" in await answer(desk)
    await desk.until(lambda: len(entries(desk)) == 2)
    await ended(desk)
    assert alert_now(desk, alert.id).status == "open"
    await desk.press("U")
    await ended(desk)
    assert len(entries(desk)) == 3
    assert alert_now(desk, alert.id).status == "acked"


async def test_undo_while_something_is_being_sent_doesnt_take_back_what_was_done_before_it(
    desk: Running,
) -> None:
    """The person means the last one; the acknowledgement before it would have begun to page again."""
    await go_to(desk, P1)
    await desk.press("a")
    await ended(desk)
    await go_to(desk, "harbours-prod-alb-5xx")
    await desk.press("a")
    await desk.until(lambda: entries(desk)[0].phase is Phase.SENDING)
    await desk.press("u")
    assert desk.app.said[-1] == "It is being sent: u again when it is known what became of it"
    assert desk.app.screen is desk.dashboard


async def test_what_was_taken_back_together_is_done_again_together(desk: Running) -> None:
    await desk.press("space", "space", "c")
    await answer(desk)
    await desk.press("u", "U")
    again = entries(desk)[:2]
    assert [entry.phase for entry in again] == [Phase.HELD, Phase.HELD]
    await desk.press("u")
    assert {entry.phase for entry in entries(desk)} == {Phase.CANCELLED}
    # Marked rows that leave because that is what was done to them leave the keys to the row below.
    await desk.press("c")
    await answer(desk)
    await later(desk, lambda: {entry.phase for entry in entries(desk)[:2]} == {Phase.CONFIRMED})
    await desk.read(FeedName.ALERTS)
    assert not desk.dashboard.alerts.marked
    assert desk.dashboard.has_row()


async def test_what_was_done_together_is_undone_as_one_decision(desk: Running) -> None:
    """Or, while the service has no time for it, a further `u` would leave half of it to be sent."""
    await desk.press("space", "space", "a")
    await later(desk, lambda: {entry.phase for entry in entries(desk)} == {Phase.CONFIRMED})
    await desk.press("u")
    await answer(desk)
    await desk.until(lambda: len(entries(desk)) == 4)
    undoing = entries(desk)[:2]
    assert {type(entry.intent.command) for entry in undoing} == {c.Unacknowledge}
    [batch] = {entry.intent.batch for entry in undoing}
    assert batch


async def test_a_held_key_decides_once(desk: Running) -> None:
    """It was fifteen acknowledgements in the log, and `u` said that somebody else had done it."""
    await go_to(desk, P1)
    desk.burst("a", "a", "a")
    await ended(desk)
    assert len(entries(desk)) == 1


async def test_undo_with_nothing_done_says_so(desk: Running) -> None:
    nothing = "There is nothing to take back"
    await desk.press("u")
    assert desk.app.said == [nothing]
    desk.clock.move(seconds=0.4)
    await desk.press("u")
    assert desk.app.said == [nothing], "it may be the first repeat of a held key"
    await desk.press("j")
    assert desk.app.said == [nothing] * 2, "before what the next key decides, or asks about"


async def test_close_asks_is_held_and_can_be_taken_back(desk: Running) -> None:
    alert = await go_to(desk, P1)
    await desk.press("c")
    assert "can't be opened again" in await answer(desk)
    await desk.until(lambda: entries(desk))
    assert entries(desk)[0].phase is Phase.HELD
    assert "closes P1" in desk.footer
    assert "u takes it back" in desk.footer
    for over_it in ("number_sign", "colon"):
        await desk.press(over_it)
        under = drawn(desk.dashboard.query_one("#footer"))
        assert " esc u takes it back" in under, "from the first moment: there are few"
        await desk.press("escape")
        assert " esc u " not in desk.footer
    await desk.press("u")
    assert entries(desk)[0].phase is Phase.CANCELLED
    await desk.press("c")
    await answer(desk)
    await desk.until(lambda: entries(desk)[0].phase is Phase.HELD)
    await desk.press("u")
    assert entries(desk)[0].phase is Phase.CANCELLED, "however soon after the last one: it would be sent"
    await desk.press("c")
    await answer(desk)
    entry = await ended(desk)
    assert (entry.phase, entry.words) == (Phase.CONFIRMED, "closed")
    assert alert.id not in {row.id for row in desk.snapshot.alerts.rows}
    await desk.press("u")
    assert "can't be undone: a closed alert can't be opened again" in desk.app.said[-1]


@pytest.mark.parametrize(("typed", "hours"), [("2 h", 2), ("a week", 168)])
async def test_snooze_says_what_it_does_and_is_read_back(desk: Running, typed: str, hours: int) -> None:
    alert = await go_to(desk, P1)
    await desk.press("s")
    assert isinstance(desk.app.screen, ChoicePicker)
    title = drawn(desk.app.screen.query_one("#question"))
    assert title.startswith("STOPS the escalation, comes back un-acknowledged. Snooze P1")
    now = desk.clock.now()
    await choose(desk, typed)
    await ended(desk)
    snoozed = alert_now(desk, alert.id)
    assert snoozed.status == "snoozed"
    assert snoozed.snoozed_until is not None
    assert abs(snoozed.snoozed_until - now - timedelta(hours=hours)) < timedelta(seconds=5)


async def test_the_snoozes_are_in_the_order_of_their_ends(desk: Running) -> None:
    await go_to(desk, P1)
    await desk.press("s")
    rows = drawn(desk.app.screen.query_one("#below")).split("\n")
    assert [row[2:].strip() for row in rows[:3]] == [
        "until 10:00  work begins",
        "30 min  until 10:16",
        "1 h  until 10:46",
    ]


async def test_a_snooze_until_a_typed_moment_is_at_most_a_week(desk: Running) -> None:
    alert = await go_to(desk, P1)
    await desk.press("s")
    await choose(desk, "another")
    await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
    await desk.type("8d")
    await desk.press("enter")
    assert "at most a week" in desk.app.said[-1]
    await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
    await desk.press(*["backspace"] * 2)
    await desk.type("fri 12:00")
    await desk.press("enter")
    await ended(desk)
    until = alert_now(desk, alert.id).snoozed_until
    assert until is not None
    assert (until.isoweekday(), until.hour) == (5, 12)


async def test_a_note_is_written_kept_as_a_draft_and_sent(desk: Running) -> None:
    alert = await go_to(desk, P1)
    await desk.press("n")
    await desk.until(lambda: isinstance(desk.app.screen, Composer))
    await desk.type("looking at the release")
    await desk.press("escape")
    assert desk.app.said == ["Kept as a draft"]
    await desk.press("n")
    await desk.until(lambda: isinstance(desk.app.screen, Composer))
    await desk.press("ctrl+s")
    entry = await ended(desk)
    assert (entry.phase, entry.words) == (Phase.CONFIRMED, "the note is there")
    sources = desk.app.desk.sources
    assert sources is not None
    assert sources.alerts is not None
    detail = await sources.alerts.alert(alert.id)
    assert any("looking at the release" in event.text for event in detail.events)
    outbox = desk.app.acts.outbox
    assert outbox is not None
    assert outbox.drafts.get(entry.intent.target, "note") is None


async def test_take_and_assign(desk: Running) -> None:
    alert = await go_to(desk, P1)
    await desk.press("w")
    await ended(desk)
    assert alert_now(desk, alert.id).owner == "robin@agency.example"
    await desk.press("W")
    await choose(desk, "magda")
    await ended(desk)
    assert alert_now(desk, alert.id).owner == "magda@agency.example"


async def test_priority(desk: Running) -> None:
    alert = await go_to(desk, P1)
    await desk.press("p")
    await choose(desk, "P3")
    await ended(desk)
    assert alert_now(desk, alert.id).priority == "P3"
    await desk.press("u")
    await ended(desk)
    await desk.until(lambda: len(entries(desk)) == 2)
    await ended(desk)
    assert alert_now(desk, alert.id).priority == "P1"


async def test_tags_are_suggested_added_and_removed(desk: Running) -> None:
    alert = await go_to(desk, P1)
    before = alert.tags
    await desk.press("t")
    assert isinstance(desk.app.screen, TagPicker)
    await desk.type("dns")
    await desk.press("enter")
    await ended(desk)
    assert alert_now(desk, alert.id).tags == (*before, "dns")
    await desk.press("t")
    await desk.type("dns")
    await desk.press("tab", "enter")
    await ended(desk)
    await desk.until(lambda: entries(desk)[0].phase is Phase.CONFIRMED)
    assert alert_now(desk, alert.id).tags == before


async def test_the_box_of_tags_says_whose_they_are(desk: Running) -> None:
    await go_to(desk, ACKED)
    await desk.press("t")
    await desk.until(lambda: isinstance(desk.app.screen, TagPicker))
    assert 'Tags of P2 ALARM: "penharrow-prod-rds-cpu"' in drawn(desk.app.screen.query_one("#question"))
    await desk.press("escape", "space")
    await go_to(desk, P1)
    await desk.press("space", "t")
    await desk.until(lambda: isinstance(desk.app.screen, TagPicker))
    assert "Tags of 2 alerts" in drawn(desk.app.screen.query_one("#question"))
    await desk.press("escape", "2", "t")
    await desk.until(lambda: isinstance(desk.app.screen, TagPicker))
    assert "Tags of #48144 Intermittent" in drawn(desk.app.screen.query_one("#question"))


async def test_a_tag_that_the_service_wouldnt_take_is_refused_in_the_picker(desk: Running) -> None:
    await go_to(desk, P1)
    await desk.press("t")
    await desk.type("one,two")
    await desk.press("enter")
    assert "a tag with a comma can't be changed from here" in drawn(desk.app.screen.query_one("#rows"))
    await desk.press("escape")
    assert entries(desk) == ()


async def test_a_client_that_only_the_message_tells_is_suggested_with_the_reason() -> None:
    rule = ClientSection(name="shared", messages=("shared-prod",), business_unit="govpress")
    async with running(config=changed(clients=(rule,))) as desk:
        await opened(desk)
        await desk.press("1")
        alert = await go_to(desk, "shared-prod-nat")
        await desk.press("t")
        assert isinstance(desk.app.screen, TagPicker)
        rows = drawn(desk.app.screen.query_one("#rows"))
        assert "client_shared  part of the message means this client" in rows
        await desk.press("tab", "down", "tab", "enter")
        await ended(desk)
        assert {"client_shared", "govpress"} <= set(alert_now(desk, alert.id).tags)


async def test_a_major_incident_is_one_action(desk: Running) -> None:
    alert = await go_to(desk, P1)
    await desk.press("I")
    await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
    await desk.type("Sam, the client")
    await desk.press("enter")
    await ended(desk)
    await later(desk, lambda: all(entry.phase is Phase.CONFIRMED for entry in entries(desk)))
    assert "major_incident" in alert_now(desk, alert.id).tags
    assert {type(entry.intent.command) for entry in entries(desk)} == {c.NoteAlert, c.AddAlertTags}


async def test_what_of_an_action_cant_be_undone_is_said(desk: Running) -> None:
    alert = await go_to(desk, P1)
    await desk.press("I")
    await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
    await desk.type("Kim")
    await desk.press("enter")
    await ended(desk)
    await later(desk, lambda: all(entry.phase is Phase.CONFIRMED for entry in entries(desk)))
    await desk.press("u")
    await desk.until(lambda: "Undoing" in desk.app.said[-1])
    assert desk.app.said[-1].endswith("NOT undone: a note can't be taken back")
    await ended(desk)
    assert "major_incident" not in alert_now(desk, alert.id).tags


async def test_a_ticket_is_made_of_an_alert_and_the_two_are_linked(desk: Running) -> None:
    alert = await go_to(desk, P1)
    await desk.app.run_action("screen.raise_ticket")
    await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
    await desk.press("enter")
    await desk.until(lambda: isinstance(desk.app.screen, Composer))
    await desk.press("ctrl+s")
    entry = await ended(desk)
    assert entry.phase is Phase.CONFIRMED, entry.words
    sources = desk.app.desk.sources
    assert sources is not None
    assert sources.alerts is not None
    detail = await sources.alerts.alert(alert.id)
    assert any("/agent/tickets/" in event.text or "#" in event.text for event in detail.events if event.note)


async def test_a_responder_is_asked_about_held_and_proved(desk: Running) -> None:
    await go_to(desk, P1)
    await desk.app.run_action("screen.add_responder")
    await choose(desk, "joanna")
    assert "notified at once" in await answer(desk)
    entry = await ended(desk)
    assert entry.phase is Phase.CONFIRMED
    assert entry.words.startswith("Joanna Pike was paged ")
    assert any(entry.words in said for said in desk.app.said)


async def test_a_read_only_desk_has_none_of_these_keys() -> None:
    async with running(config=changed(read_only=True)) as desk:
        await desk.press("1")
        for key in ("a", "A", "s", "c", "e", "E", "n", "w", "W", "t", "p", "I", "u", "U"):
            await desk.press(key)
            assert desk.app.screen is desk.dashboard, key
        assert entries(desk) == ()
        assert "acknowledge" not in desk.footer


async def test_all_of_it_fits_eighty_columns() -> None:
    async with running(size=SMALL) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to(desk, P1)
        await desk.press("a")
        assert "[acknowledging …]" in desk.alerts
        for key in ("s", "t", "p", "E"):
            await desk.press(key)
            assert desk.app.screen is not desk.dashboard, key
            await desk.press("escape")
