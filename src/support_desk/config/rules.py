"""The domain's rules as a configuration gives them."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from support_desk.config.calendar import calendar_from
from support_desk.config.model import Config, Opsgenie, Runbooks
from support_desk.domain.clients import ClientRule
from support_desk.domain.runbooks import RunbookRule
from support_desk.domain.sla import Agreement


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
