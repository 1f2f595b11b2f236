"""The domain's rules as a configuration gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from support_desk.config.calendar import calendar_from
from support_desk.config.model import Config, Opsgenie, Runbooks
from support_desk.domain.clients import ClientRule
from support_desk.domain.runbooks import RunbookRule
from support_desk.domain.sla import Agreement

if TYPE_CHECKING:
    from support_desk.domain.need import Duty
    from support_desk.domain.ticket_escalation import TicketEscalationRule
    from support_desk.domain.toil_rule import Rule
    from support_desk.domain.triage import FeaturePath, Kind


def agreement_of(config: Config) -> Agreement:
    """What was agreed with the clients: working hours, emergency addresses, whether the clock pauses."""
    addresses = frozenset(config.zendesk.emergency_addresses)
    return Agreement(calendar_from(config.hours), addresses, config.zendesk.contract_pauses)


def client_rules(config: Config) -> tuple[ClientRule, ...]:
    """How clients are recognised, in the configuration's order."""
    return tuple(
        ClientRule(client.name, client.messages, client.organisations, client.business_unit)
        for client in config.clients
    )


def runbook_rules(settings: Runbooks) -> tuple[RunbookRule, ...]:
    """Which runbook goes with what, in the configuration's order."""
    return tuple(
        RunbookRule(
            rule.file,
            rule.anchor,
            tag=rule.match.tag,
            message=rule.match.message,
            source=rule.match.source,
            priority=rule.match.priority,
            organisation=rule.match.organisation,
        )
        for rule in settings.rules
    )


def runbook_url(settings: Runbooks, path: str, anchor: str = "") -> str | None:
    """Where a runbook is on the web; None when `[runbooks] url` doesn't say."""
    if not settings.url:
        return None
    address = settings.url.replace("{path}", quote(path)).replace("{anchor}", quote(anchor))
    return address.removesuffix("#")


def alerts_web_address(settings: Opsgenie) -> str:
    """Where alerts open in the browser: `web_url`, else the web application of the API's host."""
    if settings.web_url:
        return settings.web_url.rstrip("/")
    try:
        host = urlsplit(settings.url).hostname or ""
    except ValueError:
        host = ""
    if host.endswith("opsgenie.com"):
        return f"https://{host.replace('api.', 'app.', 1)}"
    return settings.url.rstrip("/")


def triage_kinds(config: Config) -> tuple[Kind, ...]:
    """The kinds of work that triage offers; the one with the feature tag goes down its own path."""
    from support_desk.domain.triage import Kind  # only when somebody triages

    feature = ticket_tag(config.triage.feature_tag)
    return tuple(
        Kind(
            kind.name,
            tag := ticket_tag(kind.tag),
            kind.type,
            kind.priority,
            kind.group,
            feature=bool(feature) and tag == feature,
        )
        for kind in config.triage.kinds
    )


def ticket_tag(tag: str) -> str:
    """A tag of the configuration as the helpdesk keeps it: in lower case, however it is written."""
    return tag.strip().lower()


def own_meaning(config: Config) -> frozenset[str]:
    """Tags that say what was done with a ticket, not what it is about: they are never suggested."""
    return frozenset(
        tag
        for tag in (
            *(kind.tag for kind in config.triage.kinds),
            config.triage.feature_tag,
            config.escalation.ticket.tag,
            config.on_call.incident_tag,
            config.zendesk.believed_solved.tag,
        )
        if tag
    )


def feature_path(config: Config) -> FeaturePath:
    """What becomes of a feature request."""
    from support_desk.domain.triage import FeaturePath

    chosen = config.triage
    tag = ticket_tag(chosen.feature_tag)
    return FeaturePath(tag, chosen.feature_group, chosen.feature_note, chosen.feature_macro)


def ticket_escalation_rule(config: Config) -> TicketEscalationRule:
    """What escalating a ticket does."""
    from support_desk.domain.ticket_escalation import TicketEscalationRule

    chosen = config.escalation.ticket
    tag = ticket_tag(chosen.tag)
    return TicketEscalationRule(chosen.group, chosen.assignee, chosen.priority, tag, chosen.note)


def duty_of(config: Config) -> Duty:
    """The limits by which what needs the person is ranked."""
    from datetime import timedelta

    from support_desk.domain.need import Duty  # after the first frame

    return Duty(
        critical=frozenset(config.on_call.critical),
        major=frozenset(config.on_call.major),
        me=config.me.email,
        nudge_after=timedelta(minutes=config.escalation.nudge_minutes),
        stop_after=timedelta(hours=config.escalation.stop_hours),
        stale_after=timedelta(minutes=config.on_call.stale_ack_minutes),
    )


def toil_rule(config: Config) -> Rule:
    """The rule of time off in lieu, with the choices that the handbook leaves open."""
    from datetime import time, timedelta
    from fractions import Fraction

    from support_desk.domain.toil_rule import Counted, Mixed, PartHours, Rule  # only when somebody claims

    chosen = config.toil

    def days(amount: float) -> Fraction:
        # By its digits: a tenth of a day is a tenth, not the nearest binary number.
        return Fraction(str(amount))

    return Rule(
        days(chosen.awake_days),
        days(chosen.woken_days),
        timedelta(minutes=chosen.window_minutes),
        days(chosen.extra_days),
        PartHours(chosen.part_hours),
        Mixed(chosen.mixed),
        Counted(chosen.counted),
        time.fromisoformat(chosen.sleeps_from),
        time.fromisoformat(chosen.sleeps_until),
        timedelta(hours=chosen.day_hours),
    )
