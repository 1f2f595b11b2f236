"""One support week of the running program, from changeover to changeover, over Easter and the clocks' change.

What the person sees is compared with what was worked out by hand; deadlines and time off in lieu with oracles
that share no code with the program (`tests/domain/oracle.py`, `toil_oracle.py`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from support_desk.config.calendar import holidays_of
from support_desk.domain.toil import Claim
from support_desk.screens.handover import HandoverScreen
from support_desk.screens.needs import NeedsScreen
from support_desk.screens.quiet import QuietScreen
from support_desk.screens.toil import ToilScreen
from tests.domain.oracle import HOLIDAYS, contract_deadline
from tests.domain.toil_oracle import Ring, Said, tally
from tests.program.week import (
    ADA,
    CONFLICT,
    ENHANCED,
    EVE,
    GUS,
    Week,
    at,
    by_start,
    due,
    support_week,
)
from tests.screens.acting import choose
from tests.screens.test_toil_screen import fill
from tests.simulators.opsgenie import Turn
from tests.support import MIDDLE, SMALL, drawn

NIGHTS = [
    (at(begin), at(end))
    for begin, end in (
        ("24 18:00", "25 10:00"),
        ("25 18:00", "26 10:00"),
        ("26 18:00", "29 10:00"),
        ("29 10:00", "29 18:00"),
        ("29 18:00", "30 10:00"),
        ("30 18:00", "31 10:00"),
    )
]
"""When Ada was on call, Easter Monday's day by override."""

NOISE = ("24 12:10", "24 22:30", "25 12:10", "27 04:00", "29 13:00", "30 23:30")
"""When a disk fills that nobody mends."""


CAUSES = (
    "6 × borough-web disk 91 % full",
    "3 × acme-prod-5xx",
    "2 × acme-prod-queue",
    "2 × borough-web down",
    "once each: acme-prod-search, certificate expires, county-api down, county-api slow, nightly backup",
)
"""What rang in the week: 18 alerts."""


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def before(week: Week) -> None:
    """What was there when the week began."""
    late = due(("next_reply_time", "active", at("25 16:00")))
    week.ticket(1, "The map is empty", priority="normal", status="open", slas=late)
    waits = due(("requester_wait_time", "paused", at("25 12:00")))
    week.ticket(8, "Who may log in", priority="normal", status="open", slas=waits)
    week.answered(8, status="pending")


def test_the_week_has_what_it_is_about() -> None:
    assert {at("26 12:00").date(), at("29 12:00").date()} <= HOLIDAYS & holidays_of("england-and-wales")
    london = ZoneInfo("Europe/London")
    offsets = [at(text).astimezone(london).utcoffset() for text in ("28 00:59", "28 02:00")]
    assert offsets == [timedelta(0), timedelta(hours=1)]
    assert [at(f"{day} 10:00").isoweekday() for day in (24, 31)] == [3, 3]
    assert at("31 10:00") - at("24 10:00") == timedelta(days=7, hours=-1)


@pytest.mark.timeout(180)
async def test_a_whole_week(tmp_path: Path) -> None:
    async with support_week(tmp_path, "23 21:00", size=MIDDLE, world=before) as week:
        await the_week_before(week)
        await wednesday(week)
        await the_first_night(week)
        await thursday(week)
        await good_friday(week)
        await saturday(week)
        await the_clocks_change(week)
        await easter_monday(week)
        await tuesday(week)
        await the_last_morning(week)
        await what_is_handed_over(week)
        await what_is_claimed(week)
        await what_is_worth_mending(week)
        await the_next_week(week)


async def the_week_before(week: Week) -> None:
    """Somebody else's."""
    assert week.header == (
        "21:00 Tue 23 Mar · out of hours until Wed 10:00 · first line: Cat Calder on call · "
        "second line: Fay Forth"
    )
    week.alert("old", "left-by-cat")
    await week.on(minutes=1)
    week.opsgenie.acknowledge("old", "cat@example.com")
    await week.on(minutes=1)
    week.opsgenie.close_alert("old", "cat@example.com")
    await week.on(minutes=1)


async def wednesday(week: Week) -> None:
    """Both changes of a Wednesday, each in the middle of an alert's five minutes."""
    week.alert("a0", "edge-cache", made="24 09:57")
    await week.to("24 09:57:30")
    assert "out of hours until 10:00 · first line: Cat Calder on call · second line: Fay Forth" in week.header
    assert week.rota()[:2] == ["> 1st line dev nobody now", "then you (Ada Ardent) from 10:00"]
    assert week.rota()[4:8] == [
        "on call Cat Calder until 10:00",
        "then you (Ada Ardent) from 18:00",
        "2nd line Fay Forth until 10:00",
        "then Gus Grove from 18:00",
    ]
    # Fay goes off at 10:00, two minutes before she would be paged.
    assert week.top.startswith("ack P1 edge-cache: open for less than a minute; nobody else is paged about")

    await week.to("24 10:00")
    assert week.header == (
        "10:00 Wed 24 Mar · in hours until 18:00 · first line: you (Ada Ardent) dev, Eve Easton ops · "
        "second line: nobody now"
    )
    assert week.rota()[0] == "> 1st line dev you (Ada Ardent) until 18:00"
    assert week.rota()[4:6] == ["on call nobody now", "then you (Ada Ardent) from 18:00"]
    assert "! Mon 29 Mar nobody covers bank holiday" in week.rota()
    assert not any("26 Mar" in line for line in week.rota()), "an override covers Good Friday"
    await week.to("24 10:03")
    assert week.next_line("a0") == "nobody"
    await week.deal_with("a0")
    await next_on(
        week,
        "You are first line dev until Wed 18:00, 7 h 54 min; your turn goes on until Tue 18:00.",
        "Then on call from Wed 18:00, in 7 h 54 min, until Fri 10:00.",
    )

    week.ticket(2, "The editor shows an error", made="24 10:20")
    week.ticket(3, "A report, some day", priority="low", status="open", plan=CONFLICT, made="24 10:20")
    await week.to("24 10:20:30")
    assert week.top.startswith("nothing needs you now; next is #2, due Thu 10:20")
    order(week, {2: contract(week, 2), 1: at("25 16:00"), 3: contract(week, 3), 8: at("25 12:00")})
    assert contract(week, 3) == at("2 10:20"), "five working days with two bank holidays between"

    week.alert("a1", "acme-prod-5xx", made="24 11:03")
    await week.to("24 11:03:40")
    assert week.top.startswith("ack P1 acme-prod-5xx")
    assert week.next_line("a1") == "nobody", "in hours nobody is second line"
    assert await week.act("a1", "a") == "acknowledged"
    assert week.next_line("a1") == "acked"
    week.opsgenie.close_alert("a1", ADA)
    await noise(week, 0)

    week.alert("a2", "borough-web down", made="24 17:58")
    await week.to("24 17:58:30")
    # Nobody is second line now, and somebody will be when the five minutes are over.
    assert "in hours until 18:00" in week.header
    assert week.header.endswith("second line: nobody now")
    assert week.top.startswith("ack P1 borough-web down: second line (Gus Grove) is paged in 4:30")
    await week.to("24 18:00")
    assert week.header == (
        "18:00 Wed 24 Mar · out of hours until Thu 10:00 · first line: you (Ada Ardent) on call · "
        "second line: Gus Grove"
    )
    assert week.top.startswith("ack P1 borough-web down: second line (Gus Grove) is paged in 3:00")
    await next_on(
        week,
        "You are on call until Thu 10:00, 16 h; your turn goes on until Fri 10:00.",
        "Then first line dev from Thu 10:00, in 16 h, until Tue 18:00.",
    )
    assert await week.act("a2", "a") == "acknowledged"
    await week.on(seconds=30)
    # On-call mode: critical and out of hours, though it rang in hours.
    assert week.top.startswith(
        "escalate P1 borough-web down: critical and out of hours goes to the second line at once: "
        "Gus Grove, second line, 0700 900222"
    )
    week.opsgenie.close_alert("a2", ADA)
    await noise(week, 1)


async def the_first_night(week: Week) -> None:
    """Three alerts, two of them within an hour of the first; one takes two hours and ten minutes."""
    week.alert("a3", "acme-prod-5xx", made="25 02:14")
    await week.to("25 02:15")
    assert week.top.startswith("ack P1 acme-prod-5xx: second line (Gus Grove) is paged in 4:00")
    assert await week.act("a3", "a") == "acknowledged"
    await week.to("25 02:50")
    week.alert("a4", "acme-prod-queue", "P3")
    await week.deal_with("a4")
    await week.to("25 03:15")
    week.alert("a5", "acme-prod-search", "P3")
    await week.deal_with("a5")
    await week.to("25 04:15:30")
    assert week.top.startswith(
        "P1 acme-prod-5xx: 2 h on it: stop, unless it is nearly done or can't wait; Gus Grove"
    )
    week.opsgenie.close_alert("a3", ADA)
    await week.to("25 04:24")
    assert week.top.startswith("start later: woken at 03:15: tell your")


async def thursday(week: Week) -> None:
    """Tickets breach, are solved, come in just before four free days, and one is promised."""
    await week.to("25 10:00")
    assert "in hours until 18:00 · first line: you (Ada Ardent) dev, Eve Easton ops" in week.header
    assert week.top.startswith("triage #2 The editor shows an error: breaches 10:20")
    await week.to("25 10:21")
    assert "#2 has breached: The editor shows an error" in week.desk.app.said
    assert " LATE " in week.desk.line_of(week.desk.dashboard.tickets, "The editor shows an error")
    week.zendesk.edit(2, status="solved", priority="normal")
    await noise(week, 2)
    assert 2 not in week.desk.ticket_ids()

    await week.to("25 17:45")
    week.ticket(4, "Search is slow", priority="high", status="open", plan=ENHANCED)
    row = due(("next_reply_time", "active", at("30 15:00")))
    week.ticket(5, "Uploads break", priority="normal", status="open", slas=row)
    week.ticket(6, "Where is the manual", priority="normal", status="open", plan=ENHANCED)
    await week.on(minutes=1)
    # 15 minutes on Thursday, then Good Friday, the weekend and Easter Monday: the rest is on Tuesday.
    assert contract(week, 4) == at("30 10:15")
    assert contract(week, 6) == at("30 13:45")
    known = {1: at("25 16:00"), 4: at("30 10:15"), 6: at("30 13:45"), 5: at("30 15:00"), 3: at("2 10:20")}
    order(week, known | {8: at("25 12:00")})
    assert "15m" not in week.desk.line_of(week.desk.dashboard.tickets, "Search is slow"), (
        "29 of them are left"
    )
    assert "29m" in week.desk.line_of(week.desk.dashboard.tickets, "Search is slow")
    week.answered(6)
    await week.on(minutes=1)
    assert week.desk.ticket_ids()[-1] == 6, "answered: nothing is due any more"

    await week.desk.press("2")
    week.desk.dashboard.tickets.select(5)
    await week.desk.press("D")
    await fill(week.desk, "send the logs")
    await fill(week.desk, "tue 12:00")
    assert "note" in await week.ends()
    await week.to("25 18:00")
    assert week.header == (
        "18:00 Thu 25 Mar · out of hours until Tue 10:00 · first line: you (Ada Ardent) on call · "
        "second line: Gus Grove"
    )
    assert week.top.startswith("nothing needs you now; next is #4, due Tue 10:15"), "late ones wait as well"


async def good_friday(week: Week) -> None:
    """A bank holiday with somebody on call by override, and without a second line."""
    await week.to("26 09:59")
    assert "first line: you (Ada Ardent) on call · second line: Gus Grove" in week.header
    assert "! Fri 26 Mar no 2nd line bank holiday" in week.rota()
    await week.to("26 10:00")
    assert week.header == (
        "10:00 Fri 26 Mar · out of hours until Tue 10:00 · first line: Eve Easton on call · "
        "second line: nobody now"
    )
    assert week.rota()[:2] == ["> 1st line dev nobody now", "then you (Ada Ardent) from Tue 10:00"]
    week.alert("b1", "borough-web down")
    await week.on(minutes=2)
    assert "nobody else is paged about it" in week.top
    assert week.next_line("b1") == "nobody"
    await next_on(week, "You are next on call from Fri 18:00, in 7 h 58 min, until Wed 10:00.")
    await week.select_alert("b1")
    await week.open("E", "ChoicePicker", lambda: "Gus Grove" in ladder(week))
    rungs = [" ".join(line.strip("> ").split()) for line in ladder(week).split("\n")]
    assert rungs[0].startswith("Eve Easton on call now until 18:00")
    assert not any("first line" in rung for rung in rungs), "they are at home, whatever the rotation says"
    await week.desk.press("escape")
    week.opsgenie.acknowledge("b1", EVE)
    await week.on(minutes=1)
    week.opsgenie.close_alert("b1", EVE)
    await week.to("26 18:00")
    assert "out of hours until Tue 10:00 · first line: you (Ada Ardent) on call" in week.header


async def saturday(week: Week) -> None:
    """An alert that is taken late: the second line is paged, and the last minute before rings once."""
    await noise(week, 3)
    week.alert("b2", "county-api down", made="27 14:00")
    await week.to("27 14:00:30")
    bells = week.desk.app.bells
    await week.to("27 14:04:10")
    assert week.desk.app.bells == bells + 1
    assert "ack P1 county-api down: second line (Gus Grove) is paged at 14:05" in week.desk.app.said
    await week.to("27 14:04:40")
    assert week.desk.app.bells == bells + 1
    week.clock.move(seconds=20)
    week.opsgenie.timer_fires("b2")
    await week.to("27 14:05:10")
    assert week.top.startswith("check P1 county-api down: second line (Gus Grove) should have been paged")
    assert "call Gus Grove, second line, 0700 900222" in week.top
    assert week.next_line("b2") == "CHECK"
    await week.select_alert("b2")
    await week.open("enter", "AlertScreen", lambda: "Recipients" in week.page)
    assert "Gus Grove  notactive  voice  14:05" in week.page, "the evidence that he was paged"
    await week.desk.press("q")
    await week.to("27 14:12")
    assert await week.act("b2", "a") == "acknowledged"
    week.opsgenie.close_alert("b2", ADA)

    assert "! Mon 29 Mar nobody covers bank holiday" in week.rota()
    on_call = week.opsgenie.schedules[0].rotations[-1]
    assert on_call.turns is not None
    on_call.turns = by_start([*on_call.turns, Turn(at("29 10:00"), at("29 18:00"), ADA, "override")])
    await week.on(minutes=6)
    assert not any("29 Mar" in line for line in week.rota()), "the gap is filled"


async def the_clocks_change(week: Week) -> None:
    """An alert that is snoozed over the change, and an emergency ticket whose hour has no 01:00 to 02:00."""
    week.alert("c1", "acme-prod-queue", made="28 00:30")
    week.ticket(7, "HELP, site down", recipient="support-emergency@dxw.com", made="28 00:30")
    await week.to("28 00:31")
    assert week.top.startswith("ack P1 acme-prod-queue: second line (Gus Grove) is paged in 4:00")
    assert "snoozed" in await week.act("c1", "s", "1 h")
    assert week.opsgenie.find("c1")["snoozedUntil"].startswith("2027-03-28T01:31")
    await week.on(seconds=30)
    assert week.next_line("c1").startswith("z ")
    assert contract(week, 7) == at("28 02:30")
    assert week.top.startswith("triage #7 HELP, site down: emergency, breaches 02:30")

    await week.to(at("28 02:00") - timedelta(seconds=10))
    assert week.header.startswith("00:59 Sun 28 Mar")
    assert "~30m" in week.desk.line_of(week.desk.dashboard.tickets, "HELP, site down")
    await week.on(seconds=20)
    assert week.header == (
        "02:00 Sun 28 Mar · out of hours until Tue 10:00 · first line: you (Ada Ardent) on call · "
        "second line: Gus Grove"
    )
    assert "~29m" in week.desk.line_of(week.desk.dashboard.tickets, "HELP, site down")
    order(week, {1: at("25 16:00"), 7: at("28 02:30"), 4: at("30 10:15"), 5: at("30 15:00")}, whole=False)

    await week.to("28 02:32")
    week.opsgenie.find("c1").update(snoozed=False)
    await week.on(seconds=20)
    # It came back un-acknowledged at 02:31, an hour after 00:31; its five minutes began anew.
    assert week.top.startswith("ack P1 acme-prod-queue: second line (Gus Grove) is paged in 3:")
    assert "triage #7 HELP, site down: emergency, breached 02:30" in await what_needs(week)
    await week.select_alert("c1")
    await week.desk.press("e")
    await week.desk.until(lambda: "PAGES second line: Gus Grove, until Mon 10:00" in week.desk.footer)
    assert "Gus Grove was paged 02:32:" in await week.ends()
    assert week.opsgenie.applied["escalate", "c1"] == 1
    week.opsgenie.acknowledge("c1", GUS)
    week.answered(7, priority="urgent")
    await week.on(minutes=5)
    assert week.top.startswith("nothing needs you now; next is #4, due Tue 10:15")
    week.opsgenie.close_alert("c1", GUS)
    await week.to("28 23:10")
    week.alert("d1", "acme-prod-5xx")
    await week.deal_with("d1")


async def easter_monday(week: Week) -> None:
    """The second bank holiday: Ada is in by override."""
    await week.to("29 10:00")
    assert week.header == (
        "10:00 Mon 29 Mar · out of hours until Tue 10:00 · first line: you (Ada Ardent) on call · "
        "second line: nobody now"
    )
    assert "! Mon 29 Mar no 2nd line bank holiday" in week.rota()
    assert "on call you (Ada Ardent… until Tue 10:00" in week.rota()
    week.alert("e1", "county-api slow", "P2", made="29 12:00")
    await week.to("29 12:01")
    assert "nobody else is paged about it" in week.top
    assert await week.act("e1", "a") == "acknowledged"
    await week.on(seconds=30)
    assert week.top.endswith(
        "Head of Technical Operations, beyond the second line, 0700 900111   0 goes there"
    )
    week.opsgenie.close_alert("e1", ADA)
    await noise(week, 4)


async def tuesday(week: Week) -> None:
    """Back in hours: what was due over Easter, a promise, an escalated ticket, a late one."""
    await week.to("30 10:00")
    assert week.header == (
        "10:00 Tue 30 Mar · in hours until 18:00 · first line: you (Ada Ardent) dev, Eve Easton ops · "
        "second line: nobody now"
    )
    assert week.top.startswith("reply to #4 Search is slow: breaches 10:15")
    await week.open("0", "NeedsScreen", lambda: "The pace" in week.page)
    assert isinstance(week.desk.app.screen, NeedsScreen)
    # Twenty minutes a reply: #4 in fifteen can't be met, #5 by 15:00 can.
    assert "1 of 2 due by 18:00 would breach" in week.page
    assert "#4" in week.page
    await week.desk.press("q")
    week.answered(4)
    await week.to("30 11:50")
    assert week.top.startswith("#5 send the logs: the next step is promised in 10 min")
    await week.desk.press("2")
    week.desk.dashboard.tickets.select(5)
    await week.desk.press("e")
    await week.desk.until(lambda: "hands #5 Uploads break on to second line (tickets)" in week.desk.footer)
    assert "tags +escalated" in await week.ends()
    await week.to("30 12:01")
    assert "#5 send the logs: the next step was promised for Tue 12:00" in await what_needs(week)
    await week.to("30 15:00")
    assert "#5 has breached: Uploads break" in week.desk.app.said
    week.alert("s1", "certificate expires", "P4", made="30 17:00")
    await week.to("30 17:01")
    await week.select_alert("s1")
    await week.desk.press("s")
    await choose(week.desk, "another")
    await fill(week.desk, "wed 12:00")
    assert "snoozed" in await week.ends()
    week.alert("h1", "nightly backup failed", "P3", made="30 20:00")
    await week.to("30 20:01")
    assert await week.act("h1", "a") == "acknowledged"
    await week.to("30 20:31:30")
    assert week.top.startswith("P3 nightly backup failed: 30 min without a fix: think of escalating")
    await noise(week, 5)


async def the_last_morning(week: Week) -> None:
    await week.to("31 09:50")
    assert week.header == (
        "09:50 Wed 31 Mar · out of hours until 10:00 · first line: you (Ada Ardent) on call · "
        "second line: Gus Grove"
    )
    await next_on(
        week,
        "You are on call until Wed 10:00, 10 min.",
        "Then first line dev from Wed 14 Apr 10:00, in 14 d, until Tue 20 Apr 18:00.",
    )


async def what_is_handed_over(week: Week) -> None:
    """Nothing is missing, and nothing is of another week."""
    told = await handover(week)
    assert told[""][0] == "Handover, Wed 24 Mar 2027 10:00 to Wed 31 Mar 2027 10:00, by Ada Ardent"
    assert "7 tickets: 2 late, 1 with a promised step. The week: 18 alerts, 13 out of hours" in told[""][1]

    late, older = told["Look at this first"]
    assert late.startswith("#5 Uploads break")
    assert "reply was due Tue 15:00" in late
    assert "promised for Tue 12:00" in late
    assert "send the logs" in late
    assert older.startswith("#1 The map is empty")
    assert "reply was due Thu 16:00" in older
    (coming, rest) = told["Open, and what was promised"]
    assert coming.startswith("#3 A report, some day")
    assert "due Fri 10:20" in coming, "2 April"
    assert rest.startswith("3 more open"), "answered: #4, #6 and #7"
    (waiting,) = told["Waiting for the client"]
    assert waiting.startswith("#8 Who may log in")
    (taken,) = told["Alerts that somebody has"]
    assert taken.startswith("P3 nightly backup failed")
    assert "Ada Ardent has it" in taken
    (silent,) = told["Snoozed alerts"]
    assert silent.startswith("P4 certificate expires")
    assert "Wed 12:00" in silent

    causes = told["Alerts of the week, by cause"]
    assert [line[: len(start)] for line, start in zip(causes, CAUSES, strict=True)] == list(CAUSES)
    assert "4 out of hours" in causes[0]
    paged, handed_on, *by_timers = told["Escalated, and how it ended"]
    assert any(
        "(Gus Grove) was due for P1 county-api down: acknowledged Sat 14:12" in row for row in by_timers
    )
    assert not any("acme-prod-queue" in row for row in by_timers), "told above"
    assert paged.startswith("Sun 02:32 ")
    assert "acme-prod-queue" in paged
    assert "Gus Grove was paged 02:32:" in paged
    assert handed_on.startswith("Tue 11:50 ")
    assert "#5 Uploads break" in handed_on
    assert told["Runbooks changed"] == ["`disk.md`"]
    assert told["Done"] == ["10 × acknowledge", "2 × snooze", "1 × promised next step"]
    assert [line.split(",")[:3] for line in told["Who is on next"] if ": " in line][:4] == [
        ["First line", " developer: Cat Calder", " Wed 10:00 until Tue 18:00"],
        ["First line", " ops: Ben Brook", " Wed 10:00 until Tue 18:00"],
        ["On call: Dan Dale", " Wed 18:00 until Wed 7 Apr 10:00"],
        ["Second line: Hal Heath", " Wed 18:00 until Wed 7 Apr 10:00"],
    ]
    everything = " ".join(line for lines in told.values() for line in lines)
    for other in ("left-by-cat", "edge-cache", "#2 ", "Fay Forth"):
        assert other not in everything, "of the week before, or over"


async def what_is_claimed(week: Week) -> None:
    """Every alert that reached Ada out of hours, asked about once."""
    await week.open("K", "ToilScreen", lambda: cast("ToilScreen", week.desk.app.screen).list.rows)
    screen = cast("ToilScreen", week.desk.app.screen)
    rings = [Ring(row["id"], moment(row["createdAt"])) for row in week.opsgenie.alerts]
    suggested = tally(rings, NIGHTS, {})
    assert claims(screen) == suggested.claims
    assert [ids for ids, _ in suggested.claims] == [
        ("r1",),
        ("a3", "a4"),
        ("a5",),
        ("r3",),
        ("b2",),
        ("c1",),
        ("d1",),
        ("e1", "r4"),
        ("h1",),
        ("r5",),
    ]

    screen.list.select("a3")
    await week.desk.press("a")
    await choose(week.desk, "woke")
    await fill(week.desk, "2:10")
    await week.desk.until(lambda: screen.list.rows[-2].answer)
    answered = tally(rings, NIGHTS, {"a3": Said("first", 130)})
    assert claims(screen) == answered.claims
    assert answered.minutes == suggested.minutes + 105, "0.25 days more for the second full hour"
    assert "9 to answer" in drawn(screen.list)
    assert "4.25 days (29 h 45 min)" in drawn(screen.list)
    await week.desk.press("q")


async def what_is_worth_mending(week: Week) -> None:
    await week.open("Q", "QuietScreen", lambda: cast("QuietScreen", week.desk.app.screen).list.rows)
    screen = cast("QuietScreen", week.desk.app.screen)
    noisiest = screen.list.rows[0]
    assert noisiest.noise is not None
    assert noisiest.noise.alerts == len(NOISE)
    assert "borough-web disk" in drawn(screen.list).split("\n")[2]
    assert "Out of hours: 67 %" in screen.text.shown
    waiting = [line for line in drawn(screen.list).split("\n") if "waits on us" in line]
    assert "#1 The map is empty" in waiting[0], "it waits longest"
    await week.desk.press("q")


async def the_next_week(week: Week) -> None:
    """Other people's."""
    await week.to("31 10:00")
    assert week.header == (
        "10:00 Wed 31 Mar · in hours until 18:00 · first line: Cat Calder dev, Ben Brook ops · "
        "second line: nobody now"
    )
    assert week.rota()[4:8] == [
        "on call nobody now",
        "then Dan Dale from 18:00",
        "2nd line nobody now",
        "then Hal Heath from 18:00",
    ]
    await next_on(week, "You are next first line dev from Wed 14 Apr 10:00, in 14 d, until Tue 20 Apr 18:00.")
    await week.to("31 18:00")
    assert week.header == (
        "18:00 Wed 31 Mar · out of hours until Thu 10:00 · first line: Dan Dale on call · "
        "second line: Hal Heath"
    )
    told = await handover(week)
    assert told[""][0] == "Handover, Wed 31 Mar 2027 10:00 to Wed 7 Apr 2027 10:00, by Ada Ardent"
    assert "The week: no alert; nothing escalated" in told[""][1]
    assert told["Alerts of the week, by cause"] == ["None."]


async def test_the_changes_at_80_by_24(tmp_path: Path) -> None:
    seen = {
        "24 09:59": "09:59 Wed · out of hours to 10:00 · 1st Cat · 2nd Fay",
        "24 10:00": "10:00 Wed · in hours to 18:00 · 1st you, Eve · 2nd nobody",
        "24 17:59": "17:59 Wed · in hours to 18:00 · 1st you, Eve · 2nd nobody",
        "24 18:00": "18:00 Wed · out of hours to Thu 10:00 · 1st you · 2nd Gus",
        "26 09:59": "09:59 Fri · out of hours to Tue 10:00 · 1st you · 2nd Gus",
        "26 10:00": "10:00 Fri · out of hours to Tue 10:00 · 1st Eve · 2nd nobody",
        "26 18:00": "18:00 Fri · out of hours to Tue 10:00 · 1st you · 2nd Gus",
        "28 00:59": "00:59 Sun · out of hours to Tue 10:00 · 1st you · 2nd Gus",
        "28 02:00": "02:00 Sun · out of hours to Tue 10:00 · 1st you · 2nd Gus",
        "29 10:00": "10:00 Mon · out of hours to Tue 10:00 · 1st nobody · 2nd nobody",
        "30 10:00": "10:00 Tue · in hours to 18:00 · 1st you, Eve · 2nd nobody",
        "31 10:00": "10:00 Wed · in hours to 18:00 · 1st Cat, Ben · 2nd nobody",
        "31 18:00": "18:00 Wed · out of hours to Thu 10:00 · 1st Dan · 2nd Hal",
    }
    async with support_week(tmp_path, "24 09:58", size=SMALL, world=before) as week:
        for moment_, expected in seen.items():
            await week.to(moment_)
            assert week.header == expected


async def test_the_hour_that_comes_twice(tmp_path: Path) -> None:
    """The clocks go back on 31 October 2027 at 02:00: from 01:00 to 02:00 each time comes twice."""
    noon, night = datetime(2027, 10, 30, 12, tzinfo=UTC), datetime(2027, 10, 31, tzinfo=UTC)
    async with support_week(tmp_path, noon, size=MIDDLE, first=date(2027, 10, 20)) as week:
        await week.to(night + timedelta(minutes=30))
        week.alert("c1", "acme-prod-queue")
        week.ticket(7, "HELP, site down", recipient="support-emergency@dxw.com")
        await week.on(minutes=1)
        assert week.header.startswith("01:31 BST Sun 31 Oct · out of hours until Mon 10:00 · first line: you")
        assert "snoozed" in await week.act("c1", "s", "1 h")
        await week.on(seconds=20)
        assert week.top.startswith("triage #7 HELP, site down: emergency, breaches 01:30 GMT")
        await week.select_alert("c1")
        await week.open("enter", "AlertScreen", lambda: "Recipients" in week.page)
        assert "snoozed until 01:31 GMT" in week.page
        await week.desk.press("q")

        await week.to(night + timedelta(minutes=61))
        assert week.header.startswith("01:01 GMT Sun 31 Oct")
        assert week.desk.dashboard.tickets.rows[0].verdict.deadline == night + timedelta(minutes=90)
        assert week.next_line("c1").startswith("z 30:")
        week.opsgenie.find("c1").update(snoozed=False)
        await week.to(night + timedelta(minutes=92))
        assert week.top.startswith("ack P1 acme-prod-queue: second line (Gus Grove) is paged in 4:")
        assert "breached 01:30 GMT" in await what_needs(week)
        assert await week.act("c1", "a") == "acknowledged"
        await week.to(night + timedelta(minutes=89, hours=1))
        assert week.header.startswith("02:29 Sun 31 Oct")
        week.alert("c2", "acme-prod-queue")
        await week.on(minutes=1)
        await week.open("K", "ToilScreen", lambda: cast("ToilScreen", week.desk.app.screen).list.rows)
        found = [ids for ids, _ in claims(cast("ToilScreen", week.desk.app.screen))]
        assert found == [("c1",), ("c2",)], "two hours apart, though the clock shows one"


# What is looked at


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def contract(week: Week, number: int) -> datetime:
    """The contract's first reply for a ticket, counted minute by minute."""
    row = week.zendesk.tickets[number]
    enhanced = row["organization_id"] in (ENHANCED, CONFLICT)
    emergency = str(row["recipient"]).startswith("support-emergency")
    priority = row["priority"] or ("urgent" if emergency else "normal")
    created = moment(row["created_at"]).replace(second=0)
    return contract_deadline(created, priority, enhanced=enhanced)


def order(week: Week, expected: dict[int, datetime], *, whole: bool = True) -> None:
    """The queue is in this order, with these deadlines."""
    rows = week.desk.dashboard.tickets.rows
    found = {row.ticket.id: row.verdict.deadline for row in rows}
    shown = [number for number in found if whole or number in expected]
    assert shown == list(expected)
    assert {number: found[number] for number in expected} == expected


async def noise(week: Week, number: int) -> None:
    """The disk fills once more, and nobody does anything."""
    week.alert(f"r{number}", "borough-web disk 91 % full", "P4", made=NOISE[number])
    await week.to(at(NOISE[number]) + timedelta(minutes=2))
    week.opsgenie.close_alert(f"r{number}", "monitoring")


async def next_on(week: Week, *sentences: str) -> None:
    """What N answers."""
    await week.open("N", "RotaScreen", lambda: "next on" in week.page)
    assert [line.strip() for line in week.page.split("\n\n")[0].split("\n")[1:]] == list(sentences)
    await week.desk.press("q")


async def what_needs(week: Week) -> str:
    """All that needs the person, by 0."""
    await week.open("0", "NeedsScreen", lambda: cast("NeedsScreen", week.desk.app.screen).list.rows)
    text = drawn(cast("NeedsScreen", week.desk.app.screen).list)
    await week.desk.press("q")
    return text


def ladder(week: Week) -> str:
    """Whom E offers, a line each."""
    return drawn(week.desk.app.screen.query_one("#below"))


async def handover(week: Week) -> dict[str, list[str]]:
    """What H makes, line by line under each heading."""
    await week.open("H", "HandoverScreen", lambda: cast("HandoverScreen", week.desk.app.screen).text)
    found: dict[str, list[str]] = {"": []}
    for line in cast("HandoverScreen", week.desk.app.screen).text.splitlines():
        if line.startswith("## "):
            found[line.removeprefix("## ")] = []
        elif line:
            found[list(found)[-1]].append(line.removeprefix("# ").removeprefix("- "))
    await week.desk.press("q")
    return found


def claims(screen: ToilScreen) -> list[tuple[tuple[str, ...], int]]:
    """The claims on the screen, oldest first, each with its minutes."""
    rows: list[Claim] = sorted(screen.list.rows, key=lambda claim: claim.start)
    return [
        (tuple(alert.id for alert in row.alerts), round(row.length / timedelta(minutes=1))) for row in rows
    ]
