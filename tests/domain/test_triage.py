"""Triage by rules: suggestions with their reasons, deadlines before they are set, and only what changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_desk.domain.clients import ClientRule
from support_desk.domain.commands import EditTicket, Promise
from support_desk.domain.ticket_escalation import TicketEscalationRule, escalation_edit
from support_desk.domain.ticket_tags import TagSuggestion, tag_of, tag_suggestions
from support_desk.domain.tickets import PRIORITIES, Replies, SlaRow, Ticket
from support_desk.domain.triage import (
    FeaturePath,
    Kind,
    TriageForm,
    filled_form,
    form_for,
    kind_of_ticket,
    priority_choices,
    triage_edit,
)
from tests.desk.clock import START
from tests.desk.samples import AGREEMENT, ticket

FAULT = Kind("fault", tag="fault", type="incident", priority="high", group="1st line")
FEATURE = Kind("feature", tag="feature", type="task", priority="low", group="Scoping", feature=True)
QUESTION = Kind("question", tag="usability", type="question")
KINDS = (FAULT, FEATURE, QUESTION)
PATH = FeaturePath(tag="idea", group="Scoping", note="Handed over.", macro="Thanks")
GROUPS = {"1st line": 1, "Scoping": 3}
NEW = ticket(1, status="new", priority=None, tags=(), type=None, group="triage", sla_rows=())


def tags(rows: tuple[TagSuggestion, ...]) -> list[str]:
    return [row.tag for row in rows]


# Suggestions


def test_the_organisation_and_its_unit_come_first_and_say_why() -> None:
    rules = [ClientRule("Acme", organisations=("Acme",), business_unit="govpress")]
    rows = tag_suggestions(NEW, [], rules)
    assert tags(rows) == ["client_acme", "govpress"]
    assert rows[0].reasons == ("the configuration says that Acme is Acme",)
    assert rows[1].reasons == ("Acme belongs to govpress",)
    assert [row.role for row in rows] == ["client", "unit"]


def test_past_tickets_of_the_organisation_the_person_and_the_domain() -> None:
    past = [ticket(n, tags=("client_acme", "portal")) for n in range(2, 5)]
    past[0] = replace(past[0], tags=("client_acme", "portal", "once"))
    stranger = ticket(9, organisation="Other", requester_email="x@elsewhere.example", tags=("client_other",))
    rows = tag_suggestions(NEW, [*past, stranger], [])
    assert set(tags(rows)) == {"client_acme", "portal"}, "what only one of them has is no project"
    assert tags(rows)[0] == "client_acme"
    assert "3 of 3 tickets of Acme have it" in rows[0].reasons
    assert "3 of 3 tickets of Jo have it" in rows[0].reasons
    assert "3 of 3 tickets from example.com have it" in rows[0].reasons
    assert "once" in tags(tag_suggestions(NEW, past[:1], [], ["once"])), "unless it is a known project's"


def test_a_public_mail_domain_says_nothing() -> None:
    row = replace(NEW, organisation=None, requester="", requester_email="a@gmail.com")
    past = [ticket(n, organisation="B", requester_email="b@gmail.com", tags=("client_b",)) for n in (2, 3)]
    assert tag_suggestions(row, past, []) == ()


def test_words_of_the_subject() -> None:
    row = replace(NEW, subject="The licence portal is slow", organisation=None, requester_email=None)
    rows = tag_suggestions(row, [], [ClientRule("Beta", messages=("portal",))], ["licence_portal"])
    assert [(suggestion.tag, suggestion.reasons[0]) for suggestion in rows] == [
        ("licence_portal", 'the subject says "licence portal"'),
        ("client_beta", 'the subject says "portal", which means Beta'),
    ]


def test_what_the_ticket_has_is_not_suggested_nor_a_second_client() -> None:
    row = replace(NEW, tags=("client_acme",))
    past = [ticket(n, tags=("client_acme", "client_b", "x")) for n in (2, 3)]
    assert tag_suggestions(row, past, [], ["x"], never=["x"]) == ()


@given(
    st.lists(st.lists(st.sampled_from(["client_a", "client_b", "govpress", "x", ""]), max_size=4), max_size=8)
)
def test_suggestions_are_never_own_tags_never_twice_and_always_explained(past: list[list[str]]) -> None:
    row = replace(NEW, tags=("x",))
    others = [ticket(n + 2, tags=tuple(names)) for n, names in enumerate(past)]
    rows = tag_suggestions(row, others, [], ["x"])
    assert len(set(tags(rows))) == len(rows)
    assert not set(tags(rows)) & {"x", ""}
    assert all(suggestion.reasons and suggestion.weight > 0 for suggestion in rows)


@pytest.mark.parametrize(
    ("typed", "tag"),
    [("Licence Portal", "licence_portal"), ("  5xx!! ", "5xx"), ("a,b;c", "a_b_c"), ("é", ""), ("_", "")],
)
def test_what_is_typed_becomes_a_tag_that_the_helpdesk_keeps(typed: str, tag: str) -> None:
    assert tag_of(typed) == tag


@given(st.text(max_size=120))
def test_a_tag_stays_what_it_is(text: str) -> None:
    assert tag_of(tag_of(text)) == tag_of(text)
    assert " " not in tag_of(text)


# Priorities


def test_each_priority_says_which_deadline_it_would_set() -> None:
    choices = priority_choices(NEW, AGREEMENT, START)
    assert [choice.priority for choice in choices] == list(PRIORITIES)
    deadlines = [choice.verdict.deadline for choice in choices]
    assert deadlines == sorted(deadlines, key=lambda moment: moment or START)
    assert not any(choice.present for choice in choices)
    assert len({choice.words for choice in choices}) == 4
    shown = priority_choices(ticket(1), AGREEMENT, START)
    assert [choice.priority for choice in shown if choice.present] == ["normal"]


def test_another_priority_doesnt_seem_to_end_the_deadline_that_zendesk_measures() -> None:
    answered = Replies(1, first_at=START - timedelta(hours=2), client_last_at=START - timedelta(hours=1))
    late = SlaRow("next_reply_time", "active", START - timedelta(minutes=30))
    measured = ticket(1, priority="high", sla_rows=(late,), replies=answered)
    told = {choice.priority: choice.brief for choice in priority_choices(measured, AGREEMENT, START)}
    assert told["high"].startswith("was due ")
    assert told["urgent"] == told["normal"] == "Zendesk sets its own deadline; the contract none"
    unmeasured = ticket(1, priority="high", sla_rows=(), replies=answered)
    urgent = priority_choices(unmeasured, AGREEMENT, START)[0]
    assert urgent.words == "Replied; the contract asks for nothing more."


# The form


def test_a_kind_brings_along_what_goes_with_it() -> None:
    sure = (TagSuggestion("client_acme", ("x",), "client", 1), TagSuggestion("a", ("x",), "project", 1))
    form = form_for(NEW, FAULT, sure)
    assert (form.type, form.priority, form.status, form.add_tags) == (
        "incident",
        "high",
        "open",
        ("client_acme",),
    )
    two = (*sure, TagSuggestion("client_b", ("x",), "client", 1))
    assert form_for(NEW, FAULT, two).add_tags == (), "of two clients none is the sure one"


def test_a_priority_that_somebody_has_set_stays() -> None:
    assert form_for(ticket(1, priority="low"), FAULT).priority == "low"
    assert form_for(NEW, FAULT, emergency=True).priority == "urgent"
    assert form_for(ticket(1, priority="low"), FAULT, emergency=True).priority == "low", (
        "somebody has decided"
    )


def test_what_was_chosen_by_hand_is_over_what_the_kind_brings() -> None:
    chosen = TriageForm(kind=FAULT, priority="urgent", group="Scoping", group_id=3, add_tags=("mine",))
    form, problem = filled_form(NEW, chosen, (), PATH, GROUPS)
    assert problem == ""
    assert (form.priority, form.group_id, form.type, form.add_tags) == ("urgent", 3, "incident", ("mine",))
    custom = TriageForm(kind=FAULT, custom_status_id=9, custom_status="Waiting")
    assert filled_form(NEW, custom, (), PATH, GROUPS)[0].status is None


def test_tags_that_were_chosen_by_hand_are_not_added_to() -> None:
    sure = (TagSuggestion("client_acme", ("x",), "client", 1),)
    form, _ = filled_form(NEW, TriageForm(kind=FAULT), sure, PATH, GROUPS, own_tags=True)
    assert form.add_tags == ()


def test_a_feature_request_goes_down_its_path() -> None:
    form, problem = filled_form(NEW, TriageForm(kind=FEATURE), (), PATH, GROUPS)
    assert (problem, form.group_id, form.note, form.add_tags) == ("", 3, "Handed over.", ("idea",))
    _, problem = filled_form(NEW, TriageForm(kind=FEATURE), (), PATH, {})
    assert problem == 'the helpdesk has no group "Scoping": see [triage] feature_group'


def test_what_was_chosen_by_hand_stays_on_the_path_of_feature_requests() -> None:
    chosen = TriageForm(
        kind=FEATURE, type="question", status="hold", note="Mine.", group="1st line", group_id=1
    )
    form, problem = filled_form(NEW, chosen, (), PATH, GROUPS)
    assert problem == ""
    assert (form.type, form.status, form.note, form.group_id) == ("question", "hold", "Mine.", 1)
    assert filled_form(NEW, TriageForm(kind=FEATURE), (), PATH, GROUPS)[0].status == "open"
    same = FeaturePath(tag="feature")
    assert filled_form(NEW, TriageForm(kind=FEATURE), (), same, GROUPS)[0].add_tags == (), "its kind's own"
    assert form_for(NEW, QUESTION).priority == "normal"


def test_without_a_kind_there_is_only_what_was_chosen() -> None:
    chosen = TriageForm(priority="low")
    assert filled_form(NEW, chosen, (), PATH, GROUPS) == (chosen, "")


def test_the_kind_is_known_by_its_tag() -> None:
    assert kind_of_ticket(ticket(1, tags=("FAULT",)), KINDS) == FAULT
    assert kind_of_ticket(NEW, KINDS) is None


# The edit


def test_only_what_changes_is_sent() -> None:
    row = ticket(1, type="incident", priority="high", group="1st line", tags=("fault",))
    form, _ = filled_form(row, TriageForm(kind=FAULT), (), PATH, GROUPS)
    assert triage_edit(row, form, KINDS) is None
    edit = triage_edit(row, replace(form, type="task", note=" Seen. "), KINDS)
    assert edit == EditTicket("triage", type="task", comment="Seen.")


def test_all_that_was_filled_in_is_sent() -> None:
    row = ticket(1, status="new", assignee=None, assignee_email=None, tags=("old", "portal"))
    promise = Promise("ring the client", START + timedelta(hours=3))
    form = TriageForm(
        type="task",
        status="open",
        add_tags=("portal", "late"),
        remove_tags=("old", "late"),
        group_id=3,
        group="Scoping",
        assignee_id=7,
        assignee="kim@example.com",
        note="Seen",
        promise=promise,
    )
    assert triage_edit(row, form) == EditTicket(
        "triage",
        type="task",
        status="open",
        group_id=3,
        group="Scoping",
        assignee_id=7,
        assignee="kim@example.com",
        add_tags=("late",),
        remove_tags=("old",),
        comment="Seen",
        promise=promise,
    )
    custom = replace(form, custom_status_id=511, custom_status="Waiting")
    edit = triage_edit(row, custom)
    assert edit is not None
    assert (edit.status, edit.custom_status_id, edit.custom_status) == (None, 511, "Waiting")


@pytest.mark.parametrize("assignee", ["KIM@example.com", "kim larsen"])
def test_who_has_it_already_is_not_given_it_again(assignee: str) -> None:
    row = ticket(1, assignee="Kim Larsen", assignee_email="kim@example.com")
    form = TriageForm(assignee_id=7, assignee=assignee)
    assert triage_edit(row, form) is None
    assert triage_edit(replace(row, assignee="Sam", assignee_email="sam@example.com"), form) is not None
    assert triage_edit(row, TriageForm(assignee_id=7)) == EditTicket("triage", assignee_id=7), (
        "a number without a name may be anybody's"
    )


def test_a_ticket_is_of_one_kind() -> None:
    row = ticket(1, tags=("usability", "client_acme"))
    edit = triage_edit(row, TriageForm(kind=FAULT), KINDS)
    assert edit is not None
    assert (edit.add_tags, edit.remove_tags) == (("fault",), ("usability",))


@given(
    st.sampled_from([*KINDS, None]),
    st.sampled_from([None, *PRIORITIES]),
    st.lists(st.sampled_from(["fault", "usability", "a"]), unique=True),
    st.lists(st.sampled_from(["fault", "usability", "a"]), unique=True),
)
def test_an_edit_that_was_made_leaves_nothing_to_do(
    kind: Kind | None, priority: str | None, add: list[str], own: list[str]
) -> None:
    row = ticket(1, tags=tuple(own))
    form = TriageForm(kind=kind, priority=priority, add_tags=tuple(add), group="1st line", group_id=1)
    edit = triage_edit(row, form, KINDS)
    assert edit is not None, "the group is another one"
    kept = [tag for tag in row.tags if tag not in edit.remove_tags]
    done = replace(
        row,
        tags=(*kept, *edit.add_tags),
        priority=edit.priority or row.priority,
        group=edit.group,
    )
    assert triage_edit(done, form, KINDS) is None
    assert not set(edit.add_tags) & set(own)
    assert set(edit.remove_tags) <= set(own)


# Handing a ticket on


RULE = TicketEscalationRule(
    group="2nd line", assignee="kim@example.com", priority="high", tag="escalated", note="By {me}: {link} {x}"
)
AGENTS = {"KIM@example.com": 7}


def escalated(row: Ticket, rule: TicketEscalationRule = RULE, **more: Any) -> EditTicket | str:
    known: dict[str, Any] = {"groups": {"2nd Line": 2}, "agents": AGENTS} | more
    return escalation_edit(row, rule, me="Robin", line="second line", **known)


def test_an_escalation_hands_the_ticket_on_with_a_note_and_a_link() -> None:
    assert escalated(ticket(1)) == EditTicket(
        "escalate",
        group_id=2,
        group="2nd line",
        assignee_id=7,
        assignee="kim@example.com",
        priority="high",
        add_tags=("escalated",),
        comment="By Robin: https://desk.example.com/agent/tickets/1 {x}",
    )


def test_a_priority_is_never_lowered_and_what_is_so_stays() -> None:
    row = ticket(
        1, priority="urgent", group="2nd Line", assignee_email="kim@example.com", tags=("escalated",)
    )
    edit = escalated(row)
    assert isinstance(edit, EditTicket)
    assert edit == EditTicket("escalate", comment=edit.comment)


def test_what_cannot_be_done_is_said() -> None:
    assert escalated(ticket(1), groups={}) == (
        'the helpdesk has no group "2nd line": see [escalation.ticket] group'
    )
    assert escalated(ticket(1), agents={}) == (
        "the helpdesk has no agent kim@example.com: see [escalation.ticket] assignee"
    )
    assert "nothing is configured" in str(escalated(ticket(1), TicketEscalationRule()))
