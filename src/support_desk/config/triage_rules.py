"""Triage and escalation of tickets, as a configuration gives them.

Apart from `rules.py`, which `support-desk status` imports and which has to stay small.
"""

from __future__ import annotations

from support_desk.config.model import Config
from support_desk.domain.ticket_escalation import TicketEscalationRule
from support_desk.domain.triage import FeaturePath, Kind


def escalation_rule(config: Config) -> TicketEscalationRule:
    """What escalating a ticket does."""
    section = config.escalation.ticket
    return TicketEscalationRule(section.group, section.assignee, section.priority, section.tag, section.note)


def triage_kinds(config: Config) -> tuple[Kind, ...]:
    """The kinds of work that the triage form offers."""
    return tuple(
        Kind(
            kind.name,
            kind.tag,
            kind.type,
            kind.priority,
            kind.group,
            feature=bool(kind.tag) and kind.tag == config.triage.feature_tag,
        )
        for kind in config.triage.kinds
    )


def feature_path(config: Config) -> FeaturePath:
    """What becomes of a feature request."""
    section = config.triage
    return FeaturePath(
        section.feature_tag, section.feature_group, section.feature_note, section.feature_macro
    )
