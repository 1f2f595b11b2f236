"""Whose alert or ticket it is, and in which hours an alert came.

Tags decide; a live alert often has none yet, so the configuration's rules read the client out of the
message. Nothing here depends on upper and lower case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from datetime import datetime, time

from support_desk.domain.alerts import Alert
from support_desk.domain.tickets import Ticket
from support_desk.domain.working_time import WorkingCalendar
from support_desk.records import record

TAG_PREFIX = "client_"
BUSINESS_UNITS = frozenset({"deliveryplus", "govpress"})
"""Tags without a prefix that name a business unit of the agency."""

SLEEPING_FROM, SLEEPING_UNTIL = time(23), time(8)


@record
class ClientRule:
    """How one client is recognised (`[[clients]]`)."""

    name: str
    messages: tuple[str, ...] = ()
    """Parts of an alert's message that mean this client."""
    organisations: tuple[str, ...] = ()
    """Zendesk organisations that are this client."""
    business_unit: str = ""
    tag: str = field(default="", init=False, compare=False)
    """`client_<name>`, in lower case: it is asked for at every alert, every minute."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "tag", TAG_PREFIX + self.name.strip().casefold().removeprefix(TAG_PREFIX))


@record
class ClientGuess:
    """A client, and how it was recognised."""

    name: str
    """As the configuration writes it; otherwise as in the tag, in lower case."""
    tag: str
    """`client_<name>`, in lower case."""
    business_unit: str | None
    origin: str
    """`tag`, `message` or `organisation`."""


def client_of_alert(alert: Alert, rules: Iterable[ClientRule]) -> ClientGuess | None:
    """The client by the alert's tags, else by the first rule with a part of its message; None: not known."""
    rules = tuple(rules)
    by_tag = _by_tag(alert.tags, rules)
    if by_tag is not None:
        return by_tag
    message = alert.message.casefold()
    for rule in rules:
        if any(part and part.casefold() in message for part in rule.messages):
            return _guess(rule, alert.tags, "message")
    return None


def client_of_ticket(ticket: Ticket, rules: Iterable[ClientRule]) -> ClientGuess | None:
    """The client by the ticket's tags, else by its organisation; None: not known."""
    rules = tuple(rules)
    by_tag = _by_tag(ticket.tags, rules)
    if by_tag is not None:
        return by_tag
    organisation = (ticket.organisation or "").strip().casefold()
    for rule in rules:
        if organisation and organisation in {name.strip().casefold() for name in rule.organisations}:
            return _guess(rule, ticket.tags, "organisation")
    return None


def client_tag(tags: Iterable[str]) -> str | None:
    """The first tag `client_<name>`, in lower case; a bare `client_` isn't one."""
    for tag in tags:
        folded = tag.strip().casefold()
        if folded.startswith(TAG_PREFIX) and folded != TAG_PREFIX:
            return folded
    return None


def business_unit(tags: Iterable[str]) -> str | None:
    """The business unit that a tag names."""
    return next((folded for tag in tags if (folded := tag.strip().casefold()) in BUSINESS_UNITS), None)


def in_hours(at: datetime, calendar: WorkingCalendar) -> bool:
    """Whether first line support was open at `at`."""
    return calendar.is_open(at)


def time_tags(at: datetime, calendar: WorkingCalendar) -> tuple[str, ...]:
    """The tags of a moment: `("inhours",)`, or `OOH` with `wakinghours` or `sleepinghours`.

    A batch job adds them on the next day, so a live alert has none. Its edges are slightly off (in hours
    until 18:59, both tags at 8 and 23 o'clock); these follow the handbook: 10:00-18:00 on working days,
    asleep 23:00-08:00.
    """
    if calendar.is_open(at):
        return ("inhours",)
    clock = at.astimezone(calendar.timezone).time()
    asleep = clock >= SLEEPING_FROM or clock < SLEEPING_UNTIL
    return ("OOH", "sleepinghours" if asleep else "wakinghours")


def _by_tag(tags: tuple[str, ...], rules: tuple[ClientRule, ...]) -> ClientGuess | None:
    tag = client_tag(tags)
    if tag is None:
        return None
    rule = next((rule for rule in rules if rule.tag == tag), None)
    return _guess(rule or ClientRule(tag.removeprefix(TAG_PREFIX)), tags, "tag")


def _guess(rule: ClientRule, tags: tuple[str, ...], origin: str) -> ClientGuess:
    unit = business_unit(tags) or rule.business_unit.strip().casefold() or None
    return ClientGuess(rule.name, rule.tag, unit, origin)
