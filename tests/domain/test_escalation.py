"""The countdown to the next line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support_desk.domain.alerts import Alert, EscalationPolicy, EscalationRule, Recipient, Responder
from support_desk.domain.escalation import (
    NOBODY,
    Countdown,
    SecondLine,
    countdown,
    same_until,
    second_line_due,
)
from support_desk.domain.page_records import step_proven
from support_desk.domain.paged import Page, Proof
from support_desk.domain.rota import UNKNOWN, Person, Unknown

NIGHT = datetime(2026, 11, 23, 2, tzinfo=UTC)
SAM = Person("Sam Patel", "sam@example.com")
MINUTE = timedelta(minutes=1)


def rule(minutes: float, who: str, kind: str = "schedule", condition: str = "if-not-acked") -> EscalationRule:
    return EscalationRule(condition, minutes * MINUTE, kind, f"id-{who}", who)


SUPPORT = EscalationPolicy(
    "esc-1",
    "support_escalation",
    (rule(0, "first_line"), rule(5, "ooh_second_line"), rule(10, "Alex Okafor", "user")),
)
UNTIL_CLOSED = EscalationPolicy(
    "esc-2", "stubborn", (*SUPPORT.rules[:2], rule(30, "CTO", "user", "if-not-closed"))
)

ALERT = Alert(
    id="a1",
    message='ALARM: "acme-gds-prod-5xx"',
    priority="P1",
    status="open",
    created_at=NIGHT,
    updated_at=NIGHT,
    last_occurred_at=NIGHT,
    responders=(Responder("team", "t1"), Responder("escalation", "esc-1")),
)


def asked(
    alert: Alert = ALERT,
    *,
    after: float,
    policies: tuple[EscalationPolicy, ...] = (SUPPORT, UNTIL_CLOSED),
    default_policy: str = "",
    second_line: Person | Unknown | None = SAM,
    line: SecondLine | None = None,
    page: Page | None = None,
) -> Countdown:
    """The countdown `after` minutes of the alert's life."""
    return countdown(
        alert,
        policies=policies,
        fallback_minutes=5,
        default_policy=default_policy,
        second_line=line if line is not None else lambda _: second_line,
        now=NIGHT + after * MINUTE,
        page=page,
    )


class TestThePolicyWasRead:
    def test_the_next_step_is_counted_from_the_beginning(self) -> None:
        found = asked(after=2)
        assert (found.state, found.basis) == ("running", "policy")
        assert (found.next, found.due_at) == ("ooh_second_line (Sam Patel)", NIGHT + 5 * MINUTE)
        assert "support_escalation" in found.reason

    def test_a_step_that_has_passed_gives_way_to_the_next(self) -> None:
        assert asked(after=5).due_at == NIGHT + 10 * MINUTE
        assert asked(after=7).next == "Alex Okafor"

    def test_after_the_last_step_somebody_should_look(self) -> None:
        found = asked(after=10)
        assert (found.state, found.next, found.due_at) == ("due", "Alex Okafor", NIGHT + 10 * MINUTE)
        assert found.reason == "Alex Okafor should have been paged: check"

    def test_the_second_line_is_named_only_where_it_is_the_recipient(self) -> None:
        assert asked(after=-1).next == "first_line"
        assert asked(after=2, second_line=UNKNOWN).next == "ooh_second_line"

    def test_steps_come_in_the_order_of_time(self) -> None:
        shuffled = replace(SUPPORT, rules=SUPPORT.rules[::-1])
        assert asked(after=2, policies=(shuffled,)) == asked(after=2)

    def test_a_recipient_without_a_name_is_shown_by_its_id(self) -> None:
        nameless = replace(SUPPORT, rules=(EscalationRule("if-not-acked", 5 * MINUTE, "user", "u7", ""),))
        assert asked(after=2, policies=(nameless,)).next == "user u7"

    def test_a_policy_without_steps_pages_nobody(self) -> None:
        found = asked(after=2, policies=(replace(SUPPORT, rules=()),))
        assert (found.state, found.next, found.due_at) == ("stopped", NOBODY, None)

    def test_repeated_occurrences_change_nothing(self) -> None:
        again = replace(ALERT, count=40, last_occurred_at=NIGHT + 4 * MINUTE, updated_at=NIGHT + 4 * MINUTE)
        assert asked(again, after=4.5) == asked(after=4.5)


class TestWhichPolicy:
    def test_the_alerts_own_responder_by_id_or_name(self) -> None:
        by_name = replace(ALERT, responders=(Responder("escalation", "", "Stubborn"),))
        assert asked(by_name, after=6).next == "CTO"
        assert asked(after=6, default_policy="stubborn").next == "Alex Okafor"

    @pytest.mark.parametrize("name", ["stubborn", "STUBBORN", "esc-2"])
    def test_the_default_by_name_where_the_alert_names_none(self, name: str) -> None:
        assert asked(replace(ALERT, responders=()), after=6, default_policy=name).next == "CTO"

    def test_of_several_the_earliest_step(self) -> None:
        both = replace(ALERT, responders=(Responder("escalation", "esc-2"), Responder("escalation", "esc-1")))
        assert asked(both, after=6).next == "Alex Okafor"

    def test_the_default_does_not_stand_in_for_an_unread_one(self) -> None:
        other = replace(ALERT, responders=(Responder("escalation", "esc-9"),))
        found = asked(other, after=2, default_policy="stubborn")
        assert found.basis == "configured"
        assert "was not read" in found.reason


class TestNoPolicyWasRead:
    def test_the_configured_minutes_count(self) -> None:
        found = asked(after=2, policies=())
        assert (found.state, found.next, found.due_at, found.basis) == (
            "running",
            "second line (Sam Patel)",
            NIGHT + 5 * MINUTE,
            "configured",
        )
        assert found.reason == "the escalation policy was not read, 5 min are configured"

    def test_an_unknown_second_line_has_no_name(self) -> None:
        assert asked(after=2, policies=(), second_line=UNKNOWN).next == "second line"

    def test_afterwards_somebody_should_look(self) -> None:
        found = asked(after=5, policies=())
        assert (found.state, found.due_at) == ("due", NIGHT + 5 * MINUTE)
        assert found.reason.startswith("second line (Sam Patel) should have been paged: check")

    @pytest.mark.parametrize("after", [2, 5])
    def test_nobody_on_the_second_line_stops_it(self, after: int) -> None:
        assert asked(after=after, policies=(), second_line=None) == Countdown(
            "stopped", NOBODY, None, "configured", "second line: nobody now"
        )


class TestNobodyOnTheSecondLine:
    TWO_STEPS = replace(SUPPORT, rules=SUPPORT.rules[:2])

    @pytest.mark.parametrize("after", [2, 30])
    def test_there_is_no_countdown(self, after: int) -> None:
        found = asked(after=after, policies=(self.TWO_STEPS,), second_line=None)
        assert found == Countdown("stopped", NOBODY, None, "policy", "second line: nobody now")

    def test_unknown_is_not_nobody(self) -> None:
        assert asked(after=2, policies=(self.TWO_STEPS,), second_line=UNKNOWN).state == "running"

    def test_a_later_step_that_reaches_somebody_counts(self) -> None:
        found = asked(after=2, second_line=None)
        assert (found.state, found.next) == ("running", "Alex Okafor")
        assert found.reason == "second line: nobody now"


class TestTheLineChangesMeanwhile:
    """Who is paged is who is on when the step is due, not who is on now."""

    TWO_STEPS = replace(SUPPORT, rules=SUPPORT.rules[:2])
    CHANGE = NIGHT + 3 * MINUTE

    def begins(self, at: datetime) -> Person | None:
        return SAM if at >= self.CHANGE else None

    def ends(self, at: datetime) -> Person | None:
        return SAM if at < self.CHANGE else None

    @pytest.mark.parametrize("policies", [(TWO_STEPS,), ()])
    def test_somebody_comes_on_before_the_step(self, policies: tuple[EscalationPolicy, ...]) -> None:
        found = asked(after=1, policies=policies, line=self.begins)
        assert (found.state, found.due_at) == ("running", NIGHT + 5 * MINUTE)
        assert "(Sam Patel)" in (found.next or "")

    @pytest.mark.parametrize("policies", [(TWO_STEPS,), ()])
    def test_somebody_goes_off_before_the_step(self, policies: tuple[EscalationPolicy, ...]) -> None:
        found = asked(after=1, policies=policies, line=self.ends)
        assert (found.state, found.next, found.due_at) == ("stopped", NOBODY, None)
        assert found.reason == "second line: nobody when its turn comes"

    @pytest.mark.parametrize("policies", [(TWO_STEPS,), ()])
    def test_who_came_on_after_the_step_was_not_to_be_paged(
        self, policies: tuple[EscalationPolicy, ...]
    ) -> None:
        # Two minutes after the step.
        found = asked(after=8, policies=policies, line=lambda at: self.begins(at - 4 * MINUTE))
        assert (found.state, found.next, found.missed) == ("stopped", NOBODY, False)
        assert found.reason == "second line: nobody when its turn came"

    def test_who_went_off_after_the_step_should_have_been_paged(self) -> None:
        found = asked(after=8, policies=(self.TWO_STEPS,), line=lambda at: self.ends(at - 4 * MINUTE))
        assert (found.state, found.next, found.missed) == ("due", "ooh_second_line (Sam Patel)", True)


class TestStates:
    def test_acknowledged_stops_it(self) -> None:
        found = asked(replace(ALERT, status="acked"), after=2)
        assert found == Countdown("stopped", None, None, "policy", "acknowledged")
        assert asked(replace(ALERT, status="acked"), after=2, policies=()).state == "stopped"

    def test_a_step_until_closed_pages_all_the_same(self) -> None:
        acked = replace(ALERT, status="acked", responders=(Responder("escalation", "esc-2"),))
        found = asked(acked, after=2)
        assert (found.state, found.next, found.due_at) == ("running", "CTO", NIGHT + 30 * MINUTE)
        assert found.reason == "acknowledged, but this step pages until the alert is closed"
        assert asked(acked, after=30).state == "stopped"

    def test_closed_stops_even_that(self) -> None:
        closed = replace(ALERT, status="closed", responders=(Responder("escalation", "esc-2"),))
        assert asked(closed, after=2) == Countdown("stopped", reason="closed")

    @pytest.mark.parametrize("until", [None, NIGHT + 60 * MINUTE])
    def test_a_snooze_stops_it(self, until: datetime | None) -> None:
        found = asked(replace(ALERT, status="snoozed", snoozed_until=until), after=2)
        assert (found.state, found.due_at) == ("stopped", None)
        assert "snoozed" in found.reason

    @pytest.mark.parametrize("status", ["open", "snoozed"])
    def test_it_starts_again_when_the_snooze_ends(self, status: str) -> None:
        woken = replace(ALERT, status=status, snoozed_until=NIGHT + 60 * MINUTE)
        assert asked(woken, after=61).due_at == NIGHT + 65 * MINUTE

    def test_a_withdrawn_acknowledgement_starts_it_at_a_moment_that_the_list_does_not_tell(self) -> None:
        withdrawn = replace(ALERT, acknowledged_at=NIGHT + 3 * MINUTE)
        found = asked(withdrawn, after=20)
        assert (found.state, found.due_at) == ("unknown", None)

    def test_where_the_desk_saw_it_given_back_it_counts_from_there(self) -> None:
        withdrawn = replace(ALERT, acknowledged_at=NIGHT + 3 * MINUTE, withdrawn_at=NIGHT + 18 * MINUTE)
        found = asked(withdrawn, after=20)
        assert (found.state, found.due_at) == ("running", NIGHT + 23 * MINUTE)

    def test_a_snooze_after_that_makes_it_known_again(self) -> None:
        alert = replace(ALERT, acknowledged_at=NIGHT + 3 * MINUTE, snoozed_until=NIGHT + 60 * MINUTE)
        assert asked(alert, after=61).due_at == NIGHT + 65 * MINUTE

    def test_a_status_that_we_do_not_know_is_unknown(self) -> None:
        found = asked(replace(ALERT, status="merged"), after=2)
        assert (found.state, found.reason) == ("unknown", 'the alert\'s status "merged" is not known')

    def test_nothing_ever_claims_that_somebody_was_paged(self) -> None:
        reasons = {
            asked(after=after, policies=policies, second_line=second_line).reason
            for after in range(0, 40, 3)
            for second_line in (SAM, None, UNKNOWN)
            for policies in ((), (SUPPORT,))
        }

        of_pages = [reason for reason in reasons if "paged" in reason]
        assert of_pages
        assert [reason for reason in of_pages if "should have been paged: check" not in reason] == []


def escalated(minutes: float, proof: Proof = Proof.PAGED, *, escalation: bool = True) -> Page:
    """A page by the person, so long after the alert began."""
    words = {
        Proof.PAGED: "Sam Patel was paged 02:02:11",
        Proof.UNPROVEN: "escalated to second line; NOTHING SHOWS YET WHO WAS PAGED",
        Proof.UNKNOWN: "no answer",
    }[proof]
    return Page(NIGHT + minutes * MINUTE, proof, words, escalation)


class TestThePolicyHasPaged:
    """What the recipients prove once they were read; no list tells."""

    @staticmethod
    def proven(
        *told: tuple[str, float], alert: Alert = ALERT, after: float = 7, seen: float = 0
    ) -> tuple[float, str] | None:
        """At which minute of the alert the proven step came, and who was notified at it.

        `told`: when each was notified first. `seen`: when they looked at it.
        """
        found = step_proven(
            alert,
            [
                Recipient(
                    name, "notactive", "voice", NIGHT + max(seen, minutes) * MINUTE, NIGHT + minutes * MINUTE
                )
                for name, minutes in told
            ],
            policies=(SUPPORT, UNTIL_CLOSED),
            fallback_minutes=5,
            default_policy="",
            second_line=lambda _: SAM,
            second_line_schedule="ooh_second_line",
            now=NIGHT + after * MINUTE,
        )
        return found and ((found[0] - NIGHT) / MINUTE, found[1])

    def test_whoever_was_to_be_paged_has_been_notified_since_the_step(self) -> None:
        assert self.proven(("kim@example.com", 0), ("Sam@example.com", 5.1)) == (5, "Sam@example.com")
        assert self.proven(("sam@example.com", 5.1), ("alex okafor", 10), after=11) == (10, "alex okafor")
        unread = replace(ALERT, responders=(Responder("escalation", "another"),))
        assert self.proven(("sam@example.com", 5.1), alert=unread) == (5, "sam@example.com")

    def test_somebody_else_or_an_earlier_moment_prove_nothing(self) -> None:
        assert self.proven(("kim@example.com", 6)) is None
        assert self.proven(("sam@example.com", 4.9)) is None
        # It was notified for the step of another, or before any, and has looked at it since.
        assert self.proven(("sam@example.com", 12), after=13) == (5, "sam@example.com")
        assert self.proven(("sam@example.com", 2), seen=6) is None

    @pytest.mark.parametrize(
        "changes",
        [
            {"status": "acked", "acknowledged_at": NIGHT + 2 * MINUTE},
            {"acknowledged_at": NIGHT + 2 * MINUTE},
            {"status": "snoozed", "snoozed_until": NIGHT + 60 * MINUTE},
        ],
        ids=["acknowledged before it", "began again, nobody knows when", "snoozed"],
    )
    def test_a_policy_whose_clock_stands_or_began_anew_has_taken_no_step(
        self, changes: dict[str, Any]
    ) -> None:
        assert self.proven(("sam@example.com", 6), alert=replace(ALERT, **changes)) is None

    def test_a_step_that_was_taken_is_not_missed_and_the_next_counts_down(self) -> None:
        page = replace(escalated(5), by_policy=True)
        found = asked(after=7, page=page)
        assert (found.state, found.next, found.missed) == ("running", "Alex Okafor", False)
        assert found.reason == "Sam Patel was paged 02:02:11; by the policy support_escalation"
        assert asked(after=11, page=page).reason.endswith("Alex Okafor should have been paged: check")


class TestThePersonHasEscalated:
    def test_the_step_that_was_taken_counts_down_no_more(self) -> None:
        found = asked(after=3, page=escalated(2))
        assert (found.state, found.next, found.due_at) == ("running", "Alex Okafor", NIGHT + 10 * MINUTE)
        assert found.escalated == escalated(2)
        assert found.reason == (
            "Sam Patel was paged 02:02:11; the policy may page ooh_second_line (Sam Patel) again at its own"
            " time; by the policy support_escalation"
        )

    def test_nobody_is_missed_once_its_own_time_has_passed(self) -> None:
        found = asked(after=7, page=escalated(2))
        assert (found.next, found.missed) == ("Alex Okafor", False)
        assert found.reason == "Sam Patel was paged 02:02:11; by the policy support_escalation"

    def test_a_later_step_that_passes_unseen_is_to_be_checked(self) -> None:
        found = asked(after=11, page=escalated(2))
        assert (found.state, found.missed) == ("due", True)
        assert found.reason == "Sam Patel was paged 02:02:11; Alex Okafor should have been paged: check"

    def test_after_the_last_step_nothing_more_is_known(self) -> None:
        found = asked(after=9, page=escalated(8))
        assert (found.state, found.next, found.due_at, found.missed) == ("unknown", None, None, False)
        assert found.reason == (
            "Sam Patel was paged 02:02:11; the policy may page Alex Okafor again at its own time"
        )

    def test_after_all_its_steps_it_tells_of_the_page_and_of_nobody_to_come(self) -> None:
        found = asked(after=12, page=escalated(11))
        assert (found.state, found.next, found.missed) == ("unknown", None, False)
        assert found.reason == "Sam Patel was paged 02:02:11"
        assert found.escalated == escalated(11)

    def test_a_page_that_nothing_proves_leaves_what_should_have_been(self) -> None:
        found = asked(after=7, page=escalated(6, Proof.UNPROVEN))
        assert (found.state, found.missed) == ("due", True)
        assert "NOTHING SHOWS YET WHO WAS PAGED" in found.reason

    def test_without_an_answer_the_clock_runs_on(self) -> None:
        found = asked(after=3, page=escalated(2, Proof.UNKNOWN))
        assert (found.next, found.due_at) == ("ooh_second_line (Sam Patel)", NIGHT + 5 * MINUTE)
        assert found.reason.startswith("it isn't known whether your page arrived; ")
        assert found.page == escalated(2, Proof.UNKNOWN)
        hers = asked(after=3, page=replace(escalated(2, Proof.UNKNOWN), by="kim@example.com"))
        assert hers.reason.startswith("it isn't known whether the page of kim@example.com arrived; ")

    def test_somebody_who_was_added_takes_no_step(self) -> None:
        found = asked(after=3, page=escalated(2, escalation=False))
        assert found.due_at == NIGHT + 5 * MINUTE
        assert found.escalated is None
        assert found.reason.startswith("Sam Patel was paged 02:02:11; by the policy")

    def test_where_only_minutes_are_configured(self) -> None:
        found = asked(after=3, policies=(), page=escalated(2))
        assert (found.state, found.basis, found.due_at) == ("unknown", "configured", None)
        assert "the policy may page second line (Sam Patel) again" in found.reason

    def test_it_says_nothing_once_the_escalation_has_begun_anew(self) -> None:
        again = replace(ALERT, acknowledged_at=NIGHT + 3 * MINUTE, withdrawn_at=NIGHT + 4 * MINUTE)
        found = asked(again, after=6, page=escalated(2))
        assert (found.page, found.due_at) == (None, NIGHT + 9 * MINUTE)
        assert asked(replace(ALERT, acknowledged_at=NIGHT + MINUTE), after=6, page=escalated(2)).page is None

    def test_an_acknowledged_alert_has_stopped_and_still_tells(self) -> None:
        acked = replace(ALERT, status="acked", acknowledged_at=NIGHT + 3 * MINUTE)
        found = asked(acked, after=4, page=escalated(2))
        assert (found.state, found.reason) == ("stopped", "acknowledged")
        assert found.page == escalated(2)


def test_steps_come_in_the_order_of_their_times_whatever_the_policys_own_order() -> None:
    shuffled = replace(SUPPORT, rules=(SUPPORT.rules[2], SUPPORT.rules[0], SUPPORT.rules[1]))
    for after in (1, 6, 11):
        assert asked(after=after, policies=(shuffled,)) == asked(after=after, policies=(SUPPORT,))


class TestWhenTheSecondLineWasDue:
    def due(
        self,
        minutes: float,
        *,
        policies: tuple[EscalationPolicy, ...] = (SUPPORT,),
        line: SecondLine = lambda _: SAM,
    ) -> tuple[datetime, Person | Unknown, str] | None:
        """For an alert that waited so long."""
        return second_line_due(
            ALERT,
            NIGHT + minutes * MINUTE,
            policies=policies,
            fallback_minutes=7,
            default_policy="",
            second_line=line,
            second_line_schedule="OOH_second_line",
        )

    def test_it_is_the_step_of_its_schedule_not_of_the_first_line(self) -> None:
        assert self.due(6) == (NIGHT + 5 * MINUTE, SAM, "policy")

    def test_what_was_taken_by_then_paged_nobody(self) -> None:
        assert self.due(5) is None

    def test_without_the_policy_the_configured_minutes_count(self) -> None:
        assert self.due(8, policies=()) == (NIGHT + 7 * MINUTE, SAM, "configured")
        assert self.due(7, policies=()) is None

    def test_a_policy_that_never_pages_the_second_line_makes_nothing_due(self) -> None:
        assert self.due(60, policies=(replace(SUPPORT, rules=(SUPPORT.rules[0], SUPPORT.rules[2])),)) is None

    def test_while_nobody_was_second_line_a_later_step_may_have_been(self) -> None:
        twice = replace(SUPPORT, rules=(*SUPPORT.rules, rule(20, "ooh_second_line")))

        def late(at: datetime) -> Person | None:
            return SAM if at >= NIGHT + 10 * MINUTE else None

        assert self.due(60, policies=(twice,), line=late) == (NIGHT + 20 * MINUTE, SAM, "policy")
        assert self.due(15, policies=(twice,), line=late) is None


SOME_MINUTES = st.integers(-90, 90)
SOMETIMES = st.none() | SOME_MINUTES.map(lambda minutes: NIGHT + minutes * MINUTE)
POLICIES = (
    SUPPORT,
    UNTIL_CLOSED,
    replace(SUPPORT, id="esc-3", name="late", rules=(rule(45, "CTO", "user"),)),
)
PAGES = st.none() | st.builds(escalated, SOME_MINUTES, st.sampled_from(Proof), escalation=st.booleans())
ALERTS = st.builds(
    replace,
    st.just(ALERT),
    status=st.sampled_from(["open", "acked", "snoozed", "closed", "odd"]),
    created_at=SOMETIMES.map(lambda at: at or NIGHT),
    acknowledged_at=SOMETIMES,
    snoozed_until=SOMETIMES,
    withdrawn_at=SOMETIMES,
    responders=st.sampled_from(
        [(), ALERT.responders, (Responder("escalation", "esc-2"), Responder("escalation", "esc-3"))]
    ),
)


@given(
    alert=ALERTS,
    policies=st.sampled_from([(), POLICIES]),
    second_line=st.sampled_from([SAM, None, UNKNOWN]),
    page=PAGES,
    look=st.tuples(SOME_MINUTES, st.integers(0, 180)),
)
@example(
    alert=replace(ALERT, acknowledged_at=NIGHT + 10 * MINUTE, withdrawn_at=NIGHT + 20 * MINUTE),
    policies=POLICIES,
    second_line=SAM,
    page=None,
    look=(21, 5),
)
def test_nothing_but_a_step_or_the_end_of_a_snooze_changes_what_is_said(
    alert: Alert,
    policies: tuple[EscalationPolicy, ...],
    second_line: Person | Unknown | None,
    page: Page | None,
    look: tuple[int, int],
) -> None:
    at, later = look
    until = same_until(alert, policies, 5, NIGHT + at * MINUTE)

    def said(minutes: float) -> Countdown:
        return asked(
            alert, after=minutes, policies=policies, default_policy="late", second_line=second_line, page=page
        )

    assert until > NIGHT + at * MINUTE
    if NIGHT + (at + later) * MINUTE < until:
        assert said(at + later) == said(at)
    if until.year < 9999:
        assert said((until - NIGHT) / MINUTE - 0.01) == said(at)
