"""What the configuration says, as the domain's rules."""

from __future__ import annotations

import msgspec

from support_desk.config.model import Config
from support_desk.config.rules import feature_path, ticket_escalation_rule, triage_kinds
from support_desk.domain.commands import EditTicket
from support_desk.domain.ticket_escalation import escalation_edit
from support_desk.domain.triage import TriageForm, filled_form, kind_of_ticket, triage_edit
from tests.desk.samples import ticket

CAPITALS = msgspec.convert(
    {
        "triage": {
            "feature_tag": "Feature_Request",
            "kinds": [
                {"name": "fault", "tag": "Fault"},
                {"name": "question", "tag": "Usability"},
                {"name": "feature", "tag": "feature_REQUEST"},
            ],
        },
        "escalation": {"ticket": {"tag": "Escalated"}},
    },
    Config,
)


def test_tags_of_the_configuration_are_the_helpdesks_however_they_are_written() -> None:
    """Zendesk keeps tags in lower case: a ticket would be of two kinds, and change at every triage."""
    fault, question, _ = kinds = triage_kinds(CAPITALS)
    asked = ticket(1, tags=("client_acme", "usability"))
    assert kind_of_ticket(asked, kinds) == question
    edit = triage_edit(asked, TriageForm(kind=fault), kinds)
    assert edit is not None
    assert (edit.add_tags, edit.remove_tags) == (("fault",), ("usability",))
    assert triage_edit(ticket(1, tags=("fault",)), TriageForm(kind=fault), kinds) is None


def test_a_feature_request_has_one_tag_for_being_one() -> None:
    *_, feature = kinds = triage_kinds(CAPITALS)
    assert [kind.feature for kind in kinds] == [False, False, True]
    form, _ = filled_form(ticket(1), TriageForm(kind=feature), (), feature_path(CAPITALS), {})
    assert form.add_tags == ()
    chosen, _ = filled_form(ticket(1), TriageForm(kind=kinds[0]), (), feature_path(CAPITALS), {})
    assert chosen.add_tags == ()


def test_a_ticket_that_was_escalated_is_not_tagged_again() -> None:
    rule = ticket_escalation_rule(CAPITALS)
    edit = escalation_edit(
        ticket(1, tags=("escalated",)), rule, me="Jo", line="second line", groups={}, agents={}
    )
    assert isinstance(edit, EditTicket)
    assert edit.add_tags == ()
