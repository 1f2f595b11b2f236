"""Tags that an alert should have: its client and the client's business unit, with the reason."""

from __future__ import annotations

from collections.abc import Iterable

from support_desk.domain.alerts import Alert
from support_desk.domain.clients import ClientRule, client_of_alert

LONGEST_TAG = 50
"""Characters; https://docs.opsgenie.com/docs/alert-api."""


def tag_problem(tag: str) -> str:
    """Why a tag can't be added to an alert or taken off it; empty where it can."""
    if "," in tag:
        return "a tag with a comma can't be changed from here"
    if len(tag) > LONGEST_TAG:
        return f"a tag has at most {LONGEST_TAG} characters"
    return ""


def suggested_tags(alert: Alert, rules: Iterable[ClientRule]) -> tuple[tuple[str, str], ...]:
    """(tag, why) of what is missing. Tags compare without case; time tags are a batch job's, next day."""
    guess = client_of_alert(alert, rules)
    if guess is None:
        return ()
    there = {tag.casefold() for tag in alert.tags}
    why = {
        "message": "part of the message means this client",
        "tag": "it has the client's tag",
        "organisation": "the organisation is this client",
    }.get(guess.origin, guess.origin)
    wanted = [(guess.tag, why)]
    if guess.business_unit:
        wanted.append((guess.business_unit, f"the business unit of {guess.name}"))
    return tuple((tag, reason) for tag, reason in wanted if tag.casefold() not in there)
