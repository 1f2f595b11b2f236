"""Paging one person by an alert of their own, through the global integration, and proving that it was they.

A team integration's key silently puts its own team in the responder's place
(https://docs.opsgenie.com/docs/alert-api): the new alert is read back and compared. The intent's id is the
alias, so a second request makes no second alert.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from support_desk.desk.alert_state import Local, Name, newly_paged, paged_words, same
from support_desk.desk.clock import Clock
from support_desk.desk.intents import seen_of
from support_desk.domain.alerts import Alert, AlertDetail, Recipient, Responder
from support_desk.domain.commands import PagePerson
from support_desk.domain.intents import Intent, Receipt, Verdict
from support_desk.sources.errors import SourceError
from support_desk.sources.writers import AlertWriter, Outcome

LOOKS = (0.5, 1.0, 2.0, 3.0, 5.0, 5.0)
"""Seconds before each look at the new alert and at who was notified."""

Follow = Callable[[str], Awaitable[Outcome | None]]


class Reads(Protocol):
    """Alerts as they are now."""

    async def alert(self, alert_id: str) -> AlertDetail: ...


class AlertPages:
    """Makes such an alert, once per intent."""

    def __init__(
        self, alerts: Reads, writer: AlertWriter, clock: Clock, *, name: Name, local: Local, follow: Follow
    ) -> None:
        self._alerts = alerts
        self._writer = writer
        self._clock = clock
        self._name = name
        self._local = local
        self._follow = follow

    async def page(self, intent: Intent, page: PagePerson) -> Receipt:
        """Raise the alert, read it back, and say who was paged. Raises `SourceError` before it was taken."""
        request = await self._writer.create(page, alias=intent.id, actor=intent.by)
        outcome = await self._follow(request)
        evidence = (f"request {request}",)
        if outcome is not None and not outcome.ok:
            words = f"no alert was made: {outcome.words or 'the service gives no reason'}"
            return Receipt(Verdict.FAILED, words, by_phone(page), evidence=evidence)
        found = await self.found(page, intent.id)
        if found is not None:
            return found
        if outcome is None:
            words = "sent; the service hasn't said within a minute whether it was done"
            return Receipt(Verdict.UNKNOWN, words, by_phone(page), evidence=evidence)
        words = "the service says that it was made; it can't be read back, so whom it pages isn't known"
        return Receipt(Verdict.UNKNOWN, words, by_phone(page), evidence=evidence)

    async def found(self, page: PagePerson, alias: str) -> Receipt | None:
        """The alert with this alias, judged; None: it can't be read."""
        alert: Alert | None = None
        for pause in LOOKS:
            await self._clock.sleep(pause)
            with suppress(SourceError):
                alert = await self._writer.alert_with_alias(alias)
            if alert is None:
                continue
            if not addressed(alert, page):
                return replaced(alert, page)
            if new := await self._recipients(alert):
                return Receipt(
                    Verdict.CONFIRMED, paged_words(new, self._name, self._local), evidence=(alert.url,),
                    alert=alert, seen=seen_of(alert),
                )  # fmt: skip
        if alert is None:
            return None
        return Receipt(
            Verdict.CONFIRMED,
            f"an alert for {page.name} was made; NOTHING SHOWS YET THAT THEY WERE PAGED",
            by_phone(page),
            evidence=(alert.url,),
            alert=alert,
            seen=seen_of(alert),
        )

    async def _recipients(self, alert: Alert) -> list[Recipient]:
        with suppress(SourceError):
            detail = await self._alerts.alert(alert.id)
            return newly_paged({}, detail.recipients)
        return []


def addressed(alert: Alert, page: PagePerson) -> bool:
    """Whether the new alert's responder is the person, not somebody put in their place."""
    return any(_is(responder, page) for responder in alert.responders)


def _is(responder: Responder, page: PagePerson) -> bool:
    names = (responder.name, responder.id)
    return responder.type == "user" and any(
        same(name, wanted) for name in names for wanted in (page.username, page.name)
    )


def replaced(alert: Alert, page: PagePerson) -> Receipt:
    """The loud failure: the alert is there, and it pages somebody else."""
    instead = ", ".join(f"{row.type} {row.name or row.id}" for row in alert.responders) or "nobody"
    return Receipt(
        Verdict.FAILED,
        f"{page.name} WAS NOT PAGED: OpsGenie addressed the alert to {instead} instead",
        f"{by_phone(page)}; then give `[opsgenie] default_api_key` the key of a global integration",
        evidence=(alert.url,),
        alert=alert,
        seen=seen_of(alert),
    )


def by_phone(page: PagePerson) -> str:
    """How to reach them if the page doesn't."""
    return f"ring {page.name}: {page.phone}" if page.phone else f"ring {page.name}; no number is in [people]"
