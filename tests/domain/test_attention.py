"""What needs me now: the order, and the sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from support_desk.domain.alerts import Alert
from support_desk.domain.attention import needs, nothing_words, sentence
from support_desk.domain.commands import Acknowledge, Command, EscalateAlert, Promise
from support_desk.domain.escalation import NOBODY, Countdown
from support_desk.domain.intents import Entry, Intent, Phase, Seen, Target
from support_desk.domain.late_start import woken_at
from support_desk.domain.need import Duty, Need, Rank, Situation
from support_desk.domain.paged import Page, Proof
from support_desk.domain.sla import Agreement, Ranked, rank
from support_desk.domain.tickets import SlaRow, Ticket
from support_desk.domain.toil_rule import Rule
from support_desk.domain.working_time import WorkingCalendar

CALENDAR = WorkingCalendar(ZoneInfo("Europe/London"), time(10), time(18), frozenset(range(5)), frozenset())
AGREEMENT = Agreement(CALENDAR, frozenset({"support-emergency@dxw.com"}))
DAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
"""A Monday at 15:00."""
NIGHT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ME = "jo@example.com"


def alert(number: int, priority: str = "P1", *, at: datetime, status: str = "open", by: str = "") -> Alert:
    return Alert(
        id=f"a{number}",
        message=f"acme-prod-{number}xx",
        priority=priority,
        status=status,
        created_at=at,
        updated_at=at,
        last_occurred_at=at,
        acknowledged_by=by or None,
        acknowledged_at=at if status == "acked" else None,
    )


def running(at: datetime, who: str = "second line") -> Countdown:
    return Countdown("running", who, at, "policy")


def ticket(number: int, deadline: datetime, priority: str | None = "normal", recipient: str = "") -> Ticket:
    return Ticket(
        id=number,
        subject=f"Subject {number}",
        status="open",
        created_at=deadline - timedelta(days=2),
        updated_at=deadline - timedelta(days=2),
        helpdesk="https://example.zendesk.com",
        priority=priority,
        recipient=recipient or None,
        sla_rows=(SlaRow("next_reply_time", "active", deadline),),
    )


def queue(*tickets: Ticket) -> Sequence[Ranked]:
    return rank(tickets, AGREEMENT)


def entry(phase: Phase, command: Command | None = None, **changes: Any) -> Entry:
    intent = Intent("0" * 32, Target("alert", "a9"), "P1 disk", command or Acknowledge(), Seen(), ME, DAY)
    return replace(Entry(intent, phase, DAY, "jo", "x"), **changes)


def said(of: Situation) -> list[str]:
    return [sentence(need, of.now, of.zone) for need in needs(of)]


def test_a_critical_alert_counts_down_to_the_page() -> None:
    of = Situation(DAY, AGREEMENT, [(alert(5, at=DAY - 3 * MINUTE), running(DAY + timedelta(seconds=130)))])

    assert said(of) == ["ack P1 acme-prod-5xx: second line is paged in 2:10"]
    (need,) = needs(of)
    assert sentence(need, DAY + 3 * MINUTE, CALENDAR.timezone) == (
        "ack P1 acme-prod-5xx: second line is paged: should have happened Mon 15:02"
    )


def test_a_page_that_should_have_happened_names_whom_to_call() -> None:
    due = Countdown("due", "second line (Sam Patel)", DAY - 2 * MINUTE, "policy", missed=True)
    helper = "Sam Patel, second line, 020 7946 0000"

    of = Situation(DAY, AGREEMENT, [(alert(5, at=DAY - 7 * MINUTE), due)], helper=helper)

    assert said(of) == [
        (
            "check P1 acme-prod-5xx: second line (Sam Patel) should have been paged 2 min ago; "
            "call Sam Patel, second line, 020 7946 0000"
        )
    ]
    assert [(need.rank, need.at, need.late) for need in needs(of)] == [(Rank.CRITICAL, due.due_at, True)]


def test_an_emergency_of_which_nobody_knows_when_it_breaches_is_named_all_the_same() -> None:
    strange = replace(
        ticket(7, DAY + timedelta(days=9), priority="urgent"),
        sla_rows=(SlaRow("next_reply_time", "fulfilled", DAY),),
    )
    calm = replace(ticket(8, DAY, priority="normal"), sla_rows=strange.sla_rows)

    assert said(Situation(DAY, AGREEMENT, queue=queue(strange, calm))) == [
        "look at #7 Subject 7: emergency, when it breaches isn't known (enter says why)"
    ]


def paged(ago: timedelta, proof: Proof = Proof.PAGED, words: str = "Sam Patel was paged 14:50:11") -> Page:
    return Page(DAY - ago, proof, words, escalation=True)


@pytest.mark.parametrize(
    ("coming", "page", "line"),
    [
        (
            running(DAY + timedelta(seconds=130)),
            paged(2 * MINUTE),
            "ack P1 acme-prod-5xx: Sam Patel was paged 14:50:11; second line is paged in 2:10",
        ),
        (
            Countdown("unknown"),
            paged(2 * MINUTE),
            "ack P1 acme-prod-5xx: Sam Patel was paged 14:50:11, and nobody has it yet",
        ),
        (
            Countdown("unknown"),
            paged(9 * MINUTE),
            "ack P1 acme-prod-5xx: Sam Patel was paged 14:50:11, and nobody has it after 9 min; call Kim",
        ),
        (
            Countdown("unknown"),
            paged(MINUTE, Proof.UNPROVEN, "escalated to second line; NOTHING SHOWS YET WHO WAS PAGED"),
            "check P1 acme-prod-5xx: escalated to second line; NOTHING SHOWS YET WHO WAS PAGED; call Kim",
        ),
        (
            running(DAY + timedelta(seconds=130)),
            paged(MINUTE, Proof.UNKNOWN, "no answer"),
            "ack P1 acme-prod-5xx: second line is paged in 2:10",
        ),
    ],
)
def test_what_was_escalated_tells_who_was_paged_until_somebody_has_it(
    coming: Countdown, page: Page, line: str
) -> None:
    found = replace(coming, page=page)
    of = Situation(DAY, AGREEMENT, [(alert(5, at=DAY - 12 * MINUTE), found)], helper="Kim")
    assert said(of) == [line]
    (need,) = needs(of)
    assert (need.rank, need.target, need.late) == (Rank.CRITICAL, Target("alert", "a5"), "call" in line)
    lesser = [(alert(5, "P3", at=DAY - 12 * MINUTE), found)]
    assert [need.rank for need in needs(replace(of, alerts=lesser))] == [Rank.PAGING]


def test_a_ticket_that_can_be_saved_says_when_and_how_many_follow() -> None:
    of = Situation(
        DAY,
        AGREEMENT,
        queue=queue(*(ticket(4312 + number, DAY + (10 + number) * MINUTE) for number in range(4))),
    )

    assert said(of)[0] == "reply to #4312 Subject 4312: breaches 15:10 and 3 others follow"
    assert said(of)[2] == "reply to #4314 Subject 4314: breaches 15:12 and 1 other follows"


def test_what_can_be_prevented_comes_before_what_has_happened() -> None:
    alerts = [
        (alert(1, "P4", at=DAY - MINUTE), Countdown("stopped", NOBODY)),
        (alert(2, "P2", at=DAY - MINUTE), Countdown("stopped", NOBODY)),
        (alert(3, "P3", at=DAY - MINUTE), running(DAY + 4 * MINUTE)),
        (alert(4, "P1", at=DAY - MINUTE), running(DAY + 4 * MINUTE)),
        (alert(6, "P3", at=DAY - timedelta(hours=2), status="acked", by=ME), Countdown("stopped")),
    ]
    rows = queue(
        ticket(1, DAY - timedelta(days=3)),
        ticket(2, DAY - timedelta(hours=1)),
        ticket(3, DAY + 30 * MINUTE, None),
        ticket(4, DAY + timedelta(hours=2)),
        ticket(5, DAY + 40 * MINUTE, "urgent"),
        ticket(6, DAY + timedelta(days=1)),
    )
    asking = [entry(Phase.UNKNOWN, EscalateAlert("p", "policy", "second line")), entry(Phase.CONFLICT)]
    asking[1] = replace(asking[1], intent=replace(asking[1].intent, title="P3 cpu"))

    of = Situation(
        DAY,
        AGREEMENT,
        alerts,
        rows,
        {7: Promise("ring the client", DAY + 10 * MINUTE), 8: Promise("later", DAY + timedelta(hours=1))},
        asking,
        duty=Duty(me=ME),
    )

    assert [(need.rank, need.target and need.target.id) for need in needs(of)] == [
        (Rank.CRITICAL, "a4"),
        (Rank.DOUBT, None),
        (Rank.EMERGENCY, "5"),
        (Rank.PAGING, "a2"),
        (Rank.PAGING, "a3"),
        (Rank.SAVE, "7"),
        (Rank.SAVE, "3"),
        (Rank.ASK, None),
        (Rank.OPEN, "a1"),
        (Rank.STALE, "a6"),
        (Rank.LATE, "1"),
        (Rank.TODAY, "4"),
    ]
    lines = dict(zip((need.rank for need in reversed(needs(of))), reversed(said(of)), strict=True))
    assert lines[Rank.DOUBT] == "decide (O) on P1 disk: nothing tells whether it was done"
    assert lines[Rank.ASK] == "decide (O) on P3 cpu: it was changed meanwhile, so nothing was sent"
    assert lines[Rank.EMERGENCY] == "reply to #5 Subject 5: emergency, breaches 15:40"
    assert lines[Rank.SAVE] == "#7 ring the client: the next step is promised in 10 min"
    assert lines[Rank.OPEN] == "ack P4 acme-prod-1xx: open for 1 min; nobody else is paged about it"
    assert lines[Rank.LATE] == "reply to #1 Subject 1: breached Fri 15:00, and 1 other is late"
    assert lines[Rank.STALE] == (
        "P3 acme-prod-6xx: acknowledged 2 h ago and still open: close it, or hand it on"
    )
    assert said(of)[6] == "triage #3 Subject 3: breaches 15:30"


def test_out_of_hours_only_emergencies_and_what_pages_count() -> None:
    rows = queue(
        ticket(1, NIGHT - timedelta(days=3)),
        ticket(2, NIGHT + 20 * MINUTE),
        ticket(3, NIGHT + 25 * MINUTE, None, "Support-Emergency@dxw.com"),
    )
    alerts = [(alert(1, "P3", at=NIGHT - MINUTE), running(NIGHT + 4 * MINUTE))]

    found = needs(Situation(NIGHT, AGREEMENT, alerts, rows))

    assert [(need.rank, need.target and need.target.id) for need in found] == [
        (Rank.EMERGENCY, "3"),
        (Rank.PAGING, "a1"),
    ]


@pytest.mark.parametrize(
    ("priority", "minutes", "expected"),
    [
        (
            "P1",
            1,
            "escalate P1 acme-prod-5xx: critical and out of hours goes to the second line at once: Sam",
        ),
        ("P2", 1, "escalate P2 acme-prod-5xx: major and out of hours goes to the second line at once: Sam"),
        ("P3", 29, None),
        ("P3", 30, "P3 acme-prod-5xx: 30 min without a fix: think of escalating: Sam"),
        (
            "P3",
            120,
            "P3 acme-prod-5xx: 2 h on it: stop, unless it is nearly done or can't wait; Sam helps to decide",
        ),
    ],
)
def test_the_handbooks_limits_remind_at_night(priority: str, minutes: int, expected: str | None) -> None:
    held = alert(5, priority, at=NIGHT - minutes * MINUTE, status="acked", by=ME)
    duty = Duty(me=ME, stale_after=timedelta(hours=9))

    of = Situation(NIGHT, AGREEMENT, [(held, Countdown("stopped"))], helper="Sam", duty=duty)

    assert said(of) == ([expected] if expected else [])
    assert all((need.rank, need.target) == (Rank.NUDGE, Target("alert", "a5")) for need in needs(of))


def test_reminders_are_for_who_has_it_in_this_night_only() -> None:
    duty = Duty(me=ME, stale_after=timedelta(hours=99))
    theirs = alert(1, "P1", at=NIGHT - 40 * MINUTE, status="acked", by="kim@example.com")
    of_the_day = alert(2, "P1", at=DAY, status="acked", by=ME)
    escalated = alert(3, "P1", at=NIGHT - 40 * MINUTE, status="acked", by=ME)
    in_hours = alert(4, "P1", at=DAY - 40 * MINUTE, status="acked", by=ME)
    stopped = Countdown("stopped")

    night = Situation(
        NIGHT,
        AGREEMENT,
        [(theirs, stopped), (of_the_day, stopped), (escalated, stopped)],
        escalated=frozenset({"a3"}),
        duty=duty,
    )

    assert needs(night) == ()
    assert needs(Situation(DAY, AGREEMENT, [(in_hours, stopped)], duty=duty)) == ()


def test_what_began_just_before_the_day_ended_is_the_nights_once_it_is_taken_in_it() -> None:
    close = datetime(2026, 11, 23, 18, tzinfo=UTC)
    taken = replace(
        alert(1, "P3", at=close - 2 * MINUTE, status="acked", by=ME), acknowledged_at=close + 3 * MINUTE
    )
    duty = Duty(me=ME, stale_after=timedelta(hours=99))

    def at(minutes: int) -> list[str]:
        now = close + minutes * MINUTE
        return said(Situation(now, AGREEMENT, [(taken, Countdown("stopped"))], helper="Sam", duty=duty))

    assert at(32) == []
    assert at(33) == ["P3 acme-prod-1xx: 30 min without a fix: think of escalating: Sam"]
    assert at(123)[0].startswith("P3 acme-prod-1xx: 2 h on it: stop")
    by_day = replace(taken, acknowledged_at=close - MINUTE)
    night = Situation(close + 33 * MINUTE, AGREEMENT, [(by_day, Countdown("stopped"))], duty=duty)
    assert needs(night) == (), "taken by day, it isn't what this night began with"


def test_an_alert_that_nobody_had_for_hours_is_not_said_to_have_been_worked_on() -> None:
    taken = replace(alert(1, "P3", at=NIGHT - 264 * MINUTE, status="acked", by=ME), acknowledged_at=NIGHT)
    of = Situation(NIGHT + MINUTE, AGREEMENT, [(taken, Countdown("stopped"))], duty=Duty(me=ME))
    assert needs(of) == ()
    later = replace(of, now=NIGHT + 31 * MINUTE)
    assert said(later) == ["P3 acme-prod-1xx: 31 min without a fix: think of escalating"]


def test_whom_to_call_is_never_cut_off_where_there_is_little_room() -> None:
    over = Countdown("due", "second line (Sam Example)", NIGHT - 66 * MINUTE)
    row = (alert(1, "P1", at=NIGHT - 71 * MINUTE), over)
    of = Situation(NIGHT, AGREEMENT, [row], helper="Sam Example, second line, 020 7946 0722")
    (need,) = needs(of)
    assert sentence(need, NIGHT, CALENDAR.timezone, 160).endswith(
        "second line (Sam Example) should have been paged 1 h 6 min ago;"
        " call Sam Example, second line, 020 7946 0722"
    )
    # The room of the list at 80 columns.
    short = sentence(need, NIGHT, CALENDAR.timezone, 62)
    assert short == "check P1 acme-prod…: not paged? call Sam Example 020 7946 0722"
    assert sentence(need, NIGHT, CALENDAR.timezone).endswith("call Sam Example, second line, 020 7946 0722")


def test_one_need_for_each_target() -> None:
    of = Situation(
        DAY, AGREEMENT, queue=queue(ticket(7, DAY + 5 * MINUTE)), promises={7: Promise("ring", DAY + MINUTE)}
    )

    assert said(of) == ["#7 ring: the next step is promised in 1:00"]
    overdue = replace(of, promises={7: Promise("ring", DAY - timedelta(hours=1))}, queue=())
    assert said(overdue) == ["#7 ring: the next step was promised for Mon 14:00"]


def test_nothing_is_said_only_where_everything_is_known() -> None:
    of = Situation(DAY, AGREEMENT, queue=queue(ticket(7, DAY + timedelta(days=1))))

    assert needs(of) == ()
    assert nothing_words(of) == "nothing needs you now; next is #7, due Tue 15:00"
    assert nothing_words(of, ["alerts failed"]) == "nothing known to need you, but alerts failed"
    assert nothing_words(Situation(DAY, AGREEMENT)) == "nothing needs you now"


def test_after_a_night_with_alerts_the_handbook_allows_a_late_start() -> None:
    morning = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)

    woken = woken_at([DAY, NIGHT, NIGHT - timedelta(hours=20)], morning, Rule(), CALENDAR)

    assert woken == NIGHT
    of = Situation(morning, AGREEMENT, woken_at=woken)
    (line,) = said(of)
    assert line.startswith(
        "start later: woken at 02:00: tell your delivery lead or line manager; nobody expects"
    )
    assert needs(replace(of, now=datetime(2026, 11, 24, 12, 0, tzinfo=UTC))) == ()
    assert woken_at([datetime(2026, 11, 23, 20, 0, tzinfo=UTC)], morning, Rule(), CALENDAR) is None


def test_the_hours_of_sleep_are_local() -> None:
    # 22:30 UTC is 23:30 in London's summer.
    summer = datetime(2026, 7, 6, 22, 30, tzinfo=UTC)
    assert woken_at([summer], summer + timedelta(hours=9), Rule(), CALENDAR) == summer
    winter = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    assert woken_at([winter], winter + timedelta(hours=9), Rule(), CALENDAR) is None


def test_on_a_day_without_work_there_is_no_start_to_be_late_for() -> None:
    sunday = datetime(2026, 11, 22, 3, 20, tzinfo=UTC)
    assert woken_at([sunday], sunday + timedelta(hours=5), Rule(), CALENDAR) is None
    monday = sunday + timedelta(days=1)
    assert woken_at([monday], monday + timedelta(hours=5), Rule(), CALENDAR) == monday


def test_an_offered_action_says_that_it_was_not_sent() -> None:
    of = Situation(DAY, AGREEMENT, asking=[entry(Phase.HELD, offered=True)])

    assert said(of) == ["decide (O) on P1 disk: it was decided before this desk was started, and not sent"]


def test_a_need_without_a_countdown_says_its_reason() -> None:
    need = Need(Rank.OPEN, None, "look", "", "it is there", DAY)

    assert sentence(need, DAY, CALENDAR.timezone) == "look: it is there"


def test_where_there_is_little_room_the_title_gives_way_and_the_reason_stays() -> None:
    need = Need(
        Rank.CRITICAL, None, "ack P1", "ALARM: " + "x" * 60, "second line is paged", DAY, DAY + MINUTE
    )

    line = sentence(need, DAY, CALENDAR.timezone, 60)

    assert line == "ack P1 ALARM: xxxxxxxxxxxxxxx…: second line is paged in 1:00"
    assert len(line) <= 60
    # Nor is the countdown cut off: the names come after it.
    assert sentence(need, DAY, CALENDAR.timezone, 40) == "ack P1 ALARM:…: in 1:00 second line is paged"
    page = replace(need, brief="CTO is paged")
    assert sentence(page, DAY, CALENDAR.timezone, 38) == "ack P1 ALARM: x…: in 1:00 CTO is paged"
    assert " in 1:00 second" in sentence(need, DAY, CALENDAR.timezone, 20)


@pytest.mark.parametrize(
    ("metric", "verb"),
    [
        ("first_reply_time", "reply to"),
        ("next_reply_time", "reply to"),
        ("total_resolution_time", "resolve"),
        ("agent_work_time", "resolve"),
        ("periodic_update_time", "update"),
        ("requester_wait_time", "update"),
    ],
)
def test_what_is_to_be_done_follows_from_what_is_measured(metric: str, verb: str) -> None:
    late = replace(ticket(1, DAY), sla_rows=(SlaRow(metric, "active", DAY - MINUTE),))
    assert said(Situation(DAY, AGREEMENT, queue=queue(late))) == [f"{verb} #1 Subject 1: breached 14:59"]


def test_what_is_late_and_what_is_to_come_are_told_apart() -> None:
    of = Situation(DAY, AGREEMENT, queue=queue(ticket(1, DAY), ticket(2, DAY + MINUTE)))
    assert {need.target.id: need.late for need in needs(of) if need.target} == {"1": True, "2": False}
    kept = {7: Promise("ring", DAY - MINUTE), 8: Promise("ring", DAY + MINUTE)}
    promised = needs(Situation(DAY, AGREEMENT, promises=kept))
    assert {need.target.id: need.late for need in promised if need.target} == {"7": True, "8": False}


def test_a_ticket_without_a_subject_is_named_so() -> None:
    nameless = replace(ticket(1, DAY + MINUTE), subject=" ")
    assert said(Situation(DAY, AGREEMENT, queue=queue(nameless))) == [
        "reply to #1 (no subject): breaches 15:01"
    ]


def test_just_before_closing_time_what_is_due_soon_after_it_still_counts() -> None:
    evening = DAY.replace(hour=17, minute=55)
    of = Situation(evening, AGREEMENT, queue=queue(ticket(1, evening + 10 * MINUTE)))
    assert said(of) == ["reply to #1 Subject 1: breaches 18:05"]


def test_what_comes_next_is_not_what_is_late_nor_what_stands_still() -> None:
    paused = replace(ticket(1, DAY + MINUTE), sla_rows=(SlaRow("next_reply_time", "paused", DAY + MINUTE),))
    rows = queue(ticket(2, DAY - MINUTE), ticket(3, DAY + timedelta(days=1)), paused)
    assert nothing_words(Situation(DAY, AGREEMENT, queue=rows)) == (
        "nothing needs you now; next is #3, due Tue 15:00"
    )
