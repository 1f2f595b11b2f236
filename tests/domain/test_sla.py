"""Verdicts and the order of the queue (rulings 1 to 5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cmp_to_key
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support_desk.domain.sla import (
    Agreement,
    Ranked,
    Verdict,
    count_late,
    effective_priority,
    is_emergency,
    judge,
    late,
    rank,
    with_ranked,
    working_left,
)
from support_desk.domain.sla_words import explain, explain_within, metric_words
from support_desk.domain.tickets import Replies, SlaRow, Ticket
from support_desk.domain.working_time import WorkingCalendar
from tests.effort import calls

from .oracle import HOLIDAYS, MINUTE, SEASON, contract_deadline

LONDON = ZoneInfo("Europe/London")
CALENDAR = WorkingCalendar(LONDON, time(10), time(18), frozenset(range(5)), HOLIDAYS)
AGREEMENT = Agreement(CALENDAR, frozenset({"Support-Emergency@dxw.com", "emergency-support@dxw.com"}))
PAUSING = replace(AGREEMENT, contract_pauses=True)
NOW = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
"""A Monday."""
FRIDAY = datetime(2026, 11, 20, 16, tzinfo=UTC)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def ticket(**facts: Any) -> Ticket:
    """An untouched normal ticket of the standard plan, from Friday 16:00; Zendesk has no policy for it."""
    known: dict[str, Any] = {
        "id": 1,
        "subject": "Cannot sign in",
        "status": "open",
        "created_at": FRIDAY,
        "updated_at": FRIDAY,
        "helpdesk": "https://example.zendesk.com",
        "priority": "normal",
        "plan": "standard",
        "sla_rows": (),
        "replies": Replies(0),
    }
    return Ticket(**(known | facts))


def row(stage: str = "active", due: datetime | None = None, metric: str = "first_reply_time") -> SlaRow:
    return SlaRow(metric, stage, due)


def sentence(asked: Ticket, agreement: Agreement = AGREEMENT, now: datetime = NOW) -> str:
    return explain(Ranked(asked, judge(asked, agreement)), now, agreement)


class TestZendeskFirst:
    def test_the_earliest_running_row_decides(self) -> None:
        rows = (
            row("achieved", NOW - hours(9)),
            row("active", NOW + hours(5), "agent_work_time"),
            row("active", NOW + hours(2), "next_reply_time"),
            row("paused", NOW - hours(1), "requester_wait_time"),
            row("active", None, "periodic_update_time"),
        )
        assert judge(ticket(sla_rows=rows), AGREEMENT) == Verdict(
            "due", "zendesk_row", "next_reply_time", NOW + hours(2), "zendesk"
        )

    def test_it_wins_over_a_stricter_contract(self) -> None:
        verdict = judge(ticket(priority="urgent", sla_rows=(row(due=NOW + hours(50)),)), AGREEMENT)
        assert (verdict.deadline, verdict.basis) == (NOW + hours(50), "zendesk")

    def test_it_decides_without_a_priority_too(self) -> None:
        assert judge(ticket(priority=None, sla_rows=(row(due=NOW),)), AGREEMENT).cause == "zendesk_row"

    def test_breached_is_a_matter_of_the_moment(self) -> None:
        verdict = judge(ticket(sla_rows=(row(due=NOW),)), AGREEMENT)
        assert verdict.state_at(NOW - timedelta(microseconds=1)) == "active"
        assert verdict.state_at(NOW) == "breached"

    @pytest.mark.parametrize("former", [None, NOW - hours(3)])
    def test_paused_keeps_its_former_deadline(self, former: datetime | None) -> None:
        rows = (row("achieved", NOW), row("paused", former, "requester_wait_time"))
        verdict = judge(ticket(status="pending", sla_rows=rows), AGREEMENT)
        assert verdict == Verdict("paused", "zendesk_row", "requester_wait_time", former, "zendesk")
        assert verdict.state_at(NOW) == "paused"

    def test_only_achieved_is_met(self) -> None:
        rows = (row("achieved", NOW - hours(9)), row("achieved", None, "next_reply_time"))
        assert judge(ticket(sla_rows=rows), AGREEMENT) == Verdict("met", "zendesk_row", basis="zendesk")

    @pytest.mark.parametrize("beside", [(), (row("achieved"),), (row("paused", NOW),)])
    def test_a_stage_that_we_do_not_know_may_well_be_running(self, beside: tuple[SlaRow, ...]) -> None:
        verdict = judge(ticket(sla_rows=(*beside, row("fulfilled", NOW, "next_reply_time"))), AGREEMENT)
        assert (verdict.kind, verdict.cause, verdict.deadline) == ("unknown", "unknown_stage", None)

    def test_a_running_row_wins_over_an_unknown_stage(self) -> None:
        rows = (row("fulfilled", NOW - hours(1)), row("active", NOW))
        assert judge(ticket(sla_rows=rows), AGREEMENT).cause == "zendesk_row"

    def test_a_running_row_without_a_deadline_leaves_it_to_the_contract(self) -> None:
        verdict = judge(ticket(sla_rows=(row("active"), row("achieved", NOW))), AGREEMENT)
        assert verdict == Verdict(
            "due", "null_breach_at", "first_reply_time", CALENDAR.add(FRIDAY, hours(8)), "contract"
        )

    def test_and_is_unknown_where_the_contract_asks_for_nothing(self) -> None:
        verdict = judge(
            ticket(sla_rows=(row("active", metric="agent_work_time"),), replies=Replies(2)), AGREEMENT
        )
        assert (verdict.kind, verdict.cause, verdict.metric) == (
            "unknown",
            "null_breach_at",
            "agent_work_time",
        )


class TestContract:
    @pytest.mark.parametrize(
        ("priority", "plan", "due"),
        [
            ("urgent", "standard", "2026-11-20T17:00Z"),
            ("urgent", "enhanced", "2026-11-20T16:30Z"),
            ("high", "standard", "2026-11-20T17:00Z"),
            ("high", "enhanced", "2026-11-20T16:30Z"),
            ("normal", "standard", "2026-11-23T16:00Z"),
            ("normal", "enhanced", "2026-11-23T12:00Z"),
            ("low", "standard", "2026-11-27T16:00Z"),
            ("low", "enhanced", "2026-11-27T16:00Z"),
            (None, "standard", "2026-11-23T16:00Z"),
            (None, "enhanced", "2026-11-23T12:00Z"),
            ("normal", "unknown", "2026-11-23T16:00Z"),
            ("blocker", "standard", "2026-11-23T16:00Z"),
        ],
    )
    def test_the_table(self, priority: str | None, plan: str, due: str) -> None:
        verdict = judge(ticket(priority=priority, plan=plan), AGREEMENT)
        assert (verdict.kind, verdict.basis, verdict.deadline) == (
            "due",
            "contract",
            datetime.fromisoformat(due),
        )
        assert verdict.round_the_clock == (priority == "urgent")

    def test_urgent_runs_through_the_night_and_high_waits_for_the_morning(self) -> None:
        saturday = datetime(2026, 11, 21, 3, tzinfo=UTC)
        urgent = judge(ticket(priority="urgent", created_at=saturday), AGREEMENT)
        high = judge(ticket(priority="high", created_at=saturday), AGREEMENT)
        assert urgent.deadline == saturday + hours(1)
        assert high.deadline == datetime(2026, 11, 23, 11, tzinfo=UTC)

    @pytest.mark.parametrize("plan", ["standard", "enhanced", "unknown"])
    def test_a_conflict_about_the_plan_means_the_stricter_one(self, plan: str) -> None:
        verdict = judge(ticket(plan=plan, plan_conflict=True), AGREEMENT)
        assert verdict.deadline == datetime(2026, 11, 23, 12, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("facts", "cause"),
        [
            ({"sla_rows": ()}, "no_policy"),
            ({"sla_rows": None}, "sideload_missing"),
            ({"priority": None, "sla_rows": ()}, "no_priority"),
            ({"priority": None, "sla_rows": None}, "no_priority"),
            ({"sla_rows": (row("active"),)}, "null_breach_at"),
        ],
    )
    def test_every_absence_has_its_own_cause(self, facts: dict[str, object], cause: str) -> None:
        verdict = judge(ticket(**facts), AGREEMENT)
        assert (verdict.kind, verdict.cause, verdict.basis) == ("due", cause, "contract")

    @pytest.mark.parametrize("replies", [None, Replies(None)])
    def test_not_knowing_about_a_reply_keeps_the_deadline(self, replies: Replies | None) -> None:
        verdict = judge(ticket(replies=replies), AGREEMENT)
        assert (verdict.kind, verdict.reply_unknown) == ("due", True)

    @pytest.mark.parametrize("priority", ["urgent", "high", "normal", None])
    def test_a_reply_is_all_that_it_asks_for(self, priority: str | None) -> None:
        replies = Replies(1, FRIDAY + hours(1), FRIDAY + hours(30), FRIDAY + hours(2))
        verdict = judge(ticket(priority=priority, replies=replies), AGREEMENT)
        assert (verdict.kind, verdict.deadline) == ("met", None)

    def test_a_created_at_beyond_all_calendars_is_unknown(self) -> None:
        far = datetime(9999, 12, 31, tzinfo=UTC)
        for priority in ("urgent", "normal"):
            verdict = judge(ticket(priority=priority, created_at=far + hours(23.5)), AGREEMENT)
            assert (verdict.kind, verdict.cause) == ("unknown", "no_policy")

    @pytest.mark.parametrize("status", ["pending", "hold"])
    def test_waiting_stops_the_clock_only_where_configured(self, status: str) -> None:
        due = judge(ticket(status=status), AGREEMENT)
        assert due.kind == "due"
        assert judge(ticket(status=status), PAUSING) == replace(due, kind="paused")
        assert judge(ticket(status="open"), PAUSING).kind == "due"
        assert judge(ticket(status=status, replies=Replies(1)), PAUSING).kind == "met"

    @pytest.mark.parametrize("status", ["solved", "closed"])
    def test_a_finished_ticket_is_owed_nothing(self, status: str) -> None:
        assert judge(ticket(status=status), AGREEMENT).kind == "none"
        assert judge(ticket(status=status, sla_rows=None, replies=None), AGREEMENT).kind == "none"
        assert judge(ticket(status=status, sla_rows=(row(due=NOW),)), AGREEMENT).kind == "none"
        assert judge(ticket(status=status, replies=Replies(3)), AGREEMENT).kind == "met"
        assert judge(ticket(status=status, sla_rows=(row("achieved"),)), AGREEMENT).kind == "met"


class TestLowAsksForEachReply:
    CLIENT_AT = FRIDAY + hours(70)
    """Monday 14:00."""

    def verdict(self, replies: Replies) -> Verdict:
        return judge(ticket(priority="low", replies=replies), AGREEMENT)

    def test_a_later_comment_starts_forty_working_hours(self) -> None:
        verdict = self.verdict(Replies(1, FRIDAY + hours(1), self.CLIENT_AT, FRIDAY + hours(1)))
        assert verdict == Verdict(
            "due", "no_policy", "next_reply_time", CALENDAR.add(self.CLIENT_AT, hours(40)), "contract"
        )

    def test_the_only_reply_came_before_it_whatever_was_done_since(self) -> None:
        assert self.verdict(Replies(1, FRIDAY + hours(1), self.CLIENT_AT, NOW + hours(9))).kind == "due"

    def test_work_since_then_counts_as_a_reply_where_there_were_several(self) -> None:
        assert self.verdict(Replies(2, FRIDAY, self.CLIENT_AT, self.CLIENT_AT + MINUTE)).kind == "met"
        assert self.verdict(Replies(2, FRIDAY, self.CLIENT_AT, self.CLIENT_AT - MINUTE)).kind == "due"

    def test_work_at_an_unknown_time_leaves_it_in_doubt(self) -> None:
        verdict = self.verdict(Replies(2, FRIDAY, self.CLIENT_AT))
        assert (verdict.kind, verdict.reply_unknown) == ("due", True)

    @pytest.mark.parametrize("client_at", [None, FRIDAY])
    def test_the_opening_comment_is_no_later_one(self, client_at: datetime | None) -> None:
        assert self.verdict(Replies(2, None, client_at)).kind == "met"

    def test_the_first_reply_has_forty_working_hours_as_well(self) -> None:
        verdict = self.verdict(Replies(0, None, self.CLIENT_AT))
        assert (verdict.metric, verdict.deadline) == ("first_reply_time", CALENDAR.add(FRIDAY, hours(40)))


class TestEmergency:
    @pytest.mark.parametrize(
        "address", ["support-emergency@dxw.com", "Emergency-Support@DXW.com", " emergency-support@dxw.com "]
    )
    def test_untriaged_mail_is_urgent(self, address: str) -> None:
        asked = ticket(priority=None, recipient=address)
        assert effective_priority(asked, AGREEMENT) == "urgent"
        assert judge(asked, AGREEMENT) == Verdict(
            "due", "no_priority", "first_reply_time", FRIDAY + hours(1), "contract", round_the_clock=True
        )

    def test_triage_may_decide_otherwise(self) -> None:
        asked = ticket(priority="low", recipient="support-emergency@dxw.com")
        assert effective_priority(asked, AGREEMENT) == "low"
        assert is_emergency(asked, AGREEMENT)

    def test_no_address_is_no_emergency(self) -> None:
        nowhere = Agreement(CALENDAR, frozenset({""}))
        assert effective_priority(ticket(priority=None), nowhere) is None
        assert not is_emergency(ticket(priority=None), nowhere)
        assert is_emergency(ticket(priority="urgent"), nowhere)


class TestOrder:
    def test_one_list_by_deadline_then_unknown_paused_none_met(self) -> None:
        queue = [
            ticket(id=1, sla_rows=(row("achieved"),)),
            ticket(id=2, status="solved"),
            ticket(id=3, sla_rows=(row("paused"),)),
            ticket(id=4, sla_rows=(row("paused", NOW + hours(2)),)),
            ticket(id=5, sla_rows=(row("paused", NOW - hours(2)),)),
            ticket(id=6, sla_rows=(row("fulfilled"),)),
            ticket(id=7, sla_rows=(row(due=NOW + hours(20)),)),
            ticket(id=8, priority=None),
            ticket(id=9, sla_rows=(row(due=NOW - hours(1)),)),
            ticket(id=10, priority="high"),
            ticket(id=11, sla_rows=(row(due=NOW - hours(90)),)),
        ]
        assert [placed.ticket.id for placed in rank(queue, AGREEMENT)] == [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]

    def test_ties_go_by_priority_age_and_number(self) -> None:
        rows = (row(due=NOW),)
        queue = [
            ticket(id=1, priority="low", sla_rows=rows),
            ticket(id=2, priority=None, sla_rows=rows, created_at=FRIDAY - hours(1)),
            ticket(id=3, priority="normal", sla_rows=rows),
            ticket(id=5, priority="high", sla_rows=rows),
            ticket(id=4, priority="high", sla_rows=rows),
            ticket(id=6, priority=None, sla_rows=rows, recipient="support-emergency@dxw.com"),
            ticket(id=7, priority="urgent", sla_rows=rows, created_at=FRIDAY - hours(1)),
        ]
        assert [placed.ticket.id for placed in rank(queue, AGREEMENT)] == [7, 6, 4, 5, 2, 3, 1]


class TestWorkingLeft:
    def test_it_leaves_out_the_night(self) -> None:
        verdict = judge(ticket(sla_rows=(row(due=datetime(2026, 11, 24, 11, tzinfo=UTC)),)), AGREEMENT)
        assert working_left(verdict, NOW, CALENDAR) == hours(8.5)
        assert working_left(verdict, NOW + hours(48), CALENDAR) == -hours(7.5)

    def test_there_is_none_round_the_clock_or_when_nothing_runs(self) -> None:
        urgent = judge(ticket(priority="urgent"), AGREEMENT)
        by_zendesk = judge(ticket(priority="urgent", sla_rows=(row(due=NOW),)), AGREEMENT)
        paused = judge(ticket(sla_rows=(row("paused", NOW),)), AGREEMENT)
        for verdict in (urgent, by_zendesk, paused):
            assert working_left(verdict, NOW, CALENDAR) is None


class TestSentences:
    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            (
                {"sla_rows": (row(due=NOW - hours(1.2)),)},
                "First reply was due Mon 09:18 under the SLA in Zendesk: overdue by 1 h 12 min.",
            ),
            (
                {"sla_rows": (row(due=NOW + hours(23), metric="next_reply_time"),)},
                "Next reply is due Tue 09:30 under the SLA in Zendesk: 7 h 30 min of working time left.",
            ),
            (
                {"priority": "urgent", "sla_rows": (row(due=NOW + hours(0.5)),), "plan_conflict": True},
                (
                    "First reply is due Mon 11:00 under the SLA in Zendesk: 30 min left; tag and field "
                    "disagree about the client's plan."
                ),
            ),
            (
                {"priority": None, "created_at": NOW - 10 * MINUTE},
                (
                    "No priority yet, so Zendesk has no deadline; the contract's normal first reply is due "
                    "Tue 10:20 (7 h 50 min of working time left)."
                ),
            ),
            (
                {"priority": None, "recipient": "support-emergency@dxw.com", "created_at": NOW - hours(2)},
                (
                    "No priority yet, but it came to the emergency address; the contract's urgent first "
                    "reply was due Mon 09:30 (overdue by 1 h)."
                ),
            ),
            (
                {"sla_rows": None, "replies": None},
                (
                    "Zendesk's SLA could not be read; the contract's normal first reply is due Mon 16:00 "
                    "(5 h 30 min of working time left); unknown whether replied."
                ),
            ),
            (
                {"plan": "unknown"},
                (
                    "Zendesk has no SLA for it; the contract's normal first reply is due Mon 16:00 "
                    "(5 h 30 min of working time left); no plan is recorded, so the standard one counts."
                ),
            ),
            (
                {"plan_conflict": True, "sla_rows": (row("active"),), "priority": None},
                (
                    "Zendesk's SLA runs without a deadline; the contract's normal first reply is due "
                    "Mon 12:00 (1 h 30 min of working time left); no priority yet; tag and "
                    "field disagree about the client's plan, so the stricter deadline counts."
                ),
            ),
            (
                {"priority": "blocker"},
                (
                    "Zendesk has no SLA for it; the contract's normal first reply is due Mon 16:00 "
                    '(5 h 30 min of working time left); priority "blocker" is not one of the contract\'s.'
                ),
            ),
            (
                {"status": "pending", "sla_rows": (row("paused", NOW),)},
                "Paused in Zendesk while pending; it was due Mon 10:30.",
            ),
            (
                {"status": "hold", "sla_rows": (row("paused"),)},
                "Paused in Zendesk while on hold; it gives no deadline.",
            ),
            ({"sla_rows": (row("achieved"),)}, "Every SLA target in Zendesk is met."),
            ({"replies": Replies(1)}, "Replied; the contract asks for nothing more."),
            (
                {"priority": "low", "replies": Replies(2, FRIDAY, NOW, NOW)},
                "Replied, and an agent has worked on it since the client last wrote.",
            ),
            ({"status": "closed"}, "Closed; no reply is owed."),
            (
                {"sla_rows": (row("paused"), row("fulfilled"))},
                (
                    'Unknown: Zendesk reports first reply as "fulfilled", '
                    "a stage that this program does not know; "
                    "the contract's normal first reply is due Mon 16:00 (5 h 30 min of working time left)."
                ),
            ),
            (
                {"sla_rows": (row("fulfilled"),), "replies": Replies(1)},
                (
                    'Unknown: Zendesk reports first reply as "fulfilled", '
                    "a stage that this program does not know; by the contract no reply is owed."
                ),
            ),
            (
                {"sla_rows": (row("active", metric="agent_work_time"),), "replies": Replies(1)},
                (
                    "Unknown: Zendesk's SLA for end of the agents' work runs without a deadline, and the "
                    "contract has none either."
                ),
            ),
            (
                {"created_at": datetime(2300, 1, 1, tzinfo=UTC)},
                "Unknown: Zendesk gives no deadline, and the contract's can't be computed.",
            ),
        ],
    )
    def test_the_reason(self, facts: dict[str, object], words: str) -> None:
        assert sentence(ticket(**facts)) == words

    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            (
                {"priority": None, "recipient": "emergency-support@dxw.com", "plan": "unknown"},
                (
                    "Urgent first reply was due Fri 17:00 by the contract; to the emergency address; "
                    "no plan is recorded."
                ),
            ),
            (
                {"sla_rows": None},
                "Normal first reply is due Mon 16:00 by the contract; Zendesk's SLA not read.",
            ),
            (
                {"sla_rows": (row("fulfilled"),)},
                "Normal first reply is due Mon 16:00 by the contract; Zendesk's SLA is unknown.",
            ),
            (
                {"sla_rows": (row(due=NOW + hours(2)),), "plan_conflict": True},
                "First reply is due Mon 12:30 by Zendesk; the plan is in doubt.",
            ),
            (
                {"sla_rows": (row(due=NOW + hours(2)),)},
                "First reply is due Mon 12:30 under the SLA in Zendesk: 2 h of working time left.",
            ),
        ],
    )
    def test_where_there_is_little_room_what_matters_comes_first(
        self, facts: dict[str, object], words: str
    ) -> None:
        asked = ticket(**facts)
        ranked = Ranked(asked, judge(asked, AGREEMENT))
        assert explain_within(ranked, NOW, AGREEMENT, 80) == words
        assert explain_within(ranked, NOW, AGREEMENT, 1000) == sentence(asked)

    def test_the_contract_paused_by_configuration(self) -> None:
        assert sentence(ticket(status="pending"), PAUSING) == (
            "Paused while pending, as configured for the contract's clock; first reply was due Mon 16:00."
        )

    def test_times_are_local(self) -> None:
        summer = datetime(2026, 8, 24, 9, tzinfo=UTC)
        words = sentence(ticket(sla_rows=(row(due=summer + hours(1)),)), now=summer)
        assert words.startswith("First reply is due Mon 11:00 ")

    def test_a_deadline_at_night_may_have_no_working_time_left(self) -> None:
        evening = NOW + hours(9)
        words = sentence(ticket(sla_rows=(row(due=evening + hours(2)),)), now=evening)
        assert words.endswith("no working time left.")

    def test_a_metric_that_we_do_not_know_is_shown(self) -> None:
        assert metric_words("group_mood_time") == "group mood"


minutes = st.integers(0, 200 * 24 * 60).map(lambda minute: SEASON.start + minute * MINUTE)
rows = st.builds(
    SlaRow,
    st.sampled_from(["first_reply_time", "next_reply_time", "agent_work_time"]),
    st.sampled_from(["active", "paused", "achieved", "fulfilled"]),
    st.none() | minutes,
)
talked = st.builds(
    Replies,
    count=st.sampled_from([None, 0, 1, 2]),
    first_at=st.none() | minutes,
    client_last_at=st.none() | minutes,
    agent_last_at=st.none() | minutes,
)
tickets = st.builds(
    ticket,
    id=st.integers(1, 9),
    status=st.sampled_from(["new", "open", "pending", "hold", "solved"]),
    created_at=minutes,
    priority=st.sampled_from(["urgent", "high", "normal", "low", None]),
    plan=st.sampled_from(["standard", "enhanced", "unknown"]),
    plan_conflict=st.booleans(),
    recipient=st.sampled_from([None, "help@dxw.com", "emergency-support@dxw.com"]),
    sla_rows=st.none() | st.lists(rows, max_size=3).map(tuple),
    replies=st.none() | talked,
)


def waits_since(asked: Ticket) -> datetime | None:
    """Since when the contract lets the client wait for a reply; None: it asks for none.

    Only low asks for later replies, to a comment after the opening one: the only reply answers it if it came
    no earlier; of several the last is taken to be when an agent last worked on it, else the first.
    """
    told = asked.replies
    if told is None or not told.count:
        return asked.created_at
    comment, low = told.client_last_at, asked.priority == "low"
    if not low or comment is None or comment <= asked.created_at:
        return None
    of_several = told.agent_last_at or told.first_at
    answered = told.first_at if told.count == 1 and told.first_at else of_several
    return comment if answered is None or answered < comment else None


def expected(asked: Ticket) -> tuple[str, datetime | None]:
    """The state and deadline that the rulings ask for, in their own words."""
    sla_rows = asked.sla_rows or ()
    stages = [one.stage for one in sla_rows]
    replied = asked.replies is not None and asked.replies.count not in (None, 0)
    since = waits_since(asked)
    untriaged = "urgent" if asked.recipient == "emergency-support@dxw.com" else "normal"
    by_contract = since and contract_deadline(
        since,
        asked.priority or untriaged,
        enhanced=asked.plan_conflict or asked.plan == "enhanced",
    )
    if asked.status == "solved":
        all_achieved = bool(stages) and set(stages) == {"achieved"}
        return ("met" if all_achieved or replied else "none"), None
    running = sorted(one.breach_at for one in sla_rows if one.stage == "active" and one.breach_at)
    if running:
        return "due", running[0]
    if "active" in stages:
        return ("due", by_contract) if since else ("unknown", None)
    if "fulfilled" in stages:
        return "unknown", None
    if "paused" in stages:
        former = sorted(one.breach_at for one in sla_rows if one.stage == "paused" and one.breach_at)
        return "paused", former[0] if former else None
    if stages or since is None:
        return "met", None
    return "due", by_contract


def before(one: Ticket, other: Ticket) -> int:
    """Ruling 1 as a comparison of two tickets: negative when `one` comes first."""
    state, deadline = expected(one)
    other_state, other_deadline = expected(other)
    if state != other_state:
        order = ["due", "unknown", "paused", "none", "met"]
        return order.index(state) - order.index(other_state)
    if deadline != other_deadline:
        if deadline is None:
            return 1
        if other_deadline is None:
            return -1
        return -1 if deadline < other_deadline else 1

    def pressing(asked: Ticket) -> int:
        if asked.priority is None:
            return 1 if asked.recipient == "emergency-support@dxw.com" else 3
        return {"urgent": 1, "high": 2, "normal": 3, "low": 4}[asked.priority]

    if pressing(one) != pressing(other):
        return pressing(one) - pressing(other)
    if one.created_at != other.created_at:
        return -1 if one.created_at < other.created_at else 1
    return one.id - other.id


class TestAgainstTheRulings:
    @settings(max_examples=200, deadline=None, derandomize=True)
    @given(tickets)
    def test_the_verdict(self, asked: Ticket) -> None:
        verdict = judge(asked, AGREEMENT)
        assert (verdict.kind, verdict.deadline) == expected(asked)
        assert explain(Ranked(asked, verdict), NOW, AGREEMENT).endswith(".")

    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(st.lists(tickets, max_size=12))
    def test_the_order(self, queue: list[Ticket]) -> None:
        placed = [ranked.ticket for ranked in rank(queue, AGREEMENT)]
        assert placed == sorted(queue, key=cmp_to_key(before))

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(st.data())
    def test_the_order_in_which_tickets_come_plays_no_part(self, data: st.DataObject) -> None:
        queue = data.draw(st.lists(tickets, max_size=8, unique_by=lambda asked: asked.id))
        assert rank(data.draw(st.permutations(queue)), AGREEMENT) == rank(queue, AGREEMENT)

    @settings(max_examples=100, deadline=None, derandomize=True)
    @given(st.lists(tickets, max_size=8, unique_by=lambda asked: asked.id), tickets)
    def test_one_that_was_read_by_itself_stands_where_it_would_stand_anyway(
        self, queue: list[Ticket], read: Ticket
    ) -> None:
        others = [asked for asked in queue if asked.id != read.id]
        assert with_ranked(rank(queue, AGREEMENT), read, AGREEMENT) == rank([*others, read], AGREEMENT)

    @settings(max_examples=100, deadline=None, derandomize=True)
    @given(st.lists(tickets, max_size=8, unique_by=lambda asked: asked.id), minutes)
    def test_as_many_are_late_as_are_breached(self, queue: list[Ticket], now: datetime) -> None:
        ranked = rank(queue, AGREEMENT)
        breached = [row for row in ranked if row.verdict.state_at(now) == "breached"]
        assert list(late(ranked, now)) == breached
        assert count_late(ranked, now) == len(breached)


def test_two_thousand_tickets_are_ranked_between_two_key_presses() -> None:
    queue = [
        ticket(
            id=number,
            created_at=NOW - number * 37 * MINUTE,
            priority=("urgent", "high", "normal", "low", None)[number % 5],
            sla_rows=(None, (), (row(due=NOW + number * MINUTE),))[number % 3],
        )
        for number in range(2000)
    ]
    rank(queue, AGREEMENT)
    assert calls(lambda: rank(queue, AGREEMENT)) < 40 * len(queue)
