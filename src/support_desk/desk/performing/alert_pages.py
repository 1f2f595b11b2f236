"""Paging one person by an alert of their own, through the global integration, and proving that it was they.

A team integration's key silently puts its own team in the responder's place
(https://docs.opsgenie.com/docs/alert-api): the new alert is read back and compared. The intent's id is the
alias, so a second request makes no second alert while the first is open.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from support_desk.desk.clock import Clock
from support_desk.desk.performing.alert_state import Local, Name, paged_words
from support_desk.domain.alerts import Alert, AlertDetail, Recipient, Responder
from support_desk.domain.commands import PagePerson
from support_desk.domain.intents import Intent, Receipt, Verdict
from support_desk.domain.pages import by_phone
from support_desk.domain.rota import same_address
from support_desk.sources.errors import SourceError, Unanswered
from support_desk.sources.writers import AlertWriter, Outcome

LOOKS = (0.5, 1.0, 2.0, 3.0, 5.0, 5.0)
"""Seconds before each look at the new alert and at who was notified."""
TRIES = 3
"""Requests for one alert, where the answers are lost: the alias makes one alert of them."""
PAUSE = 2.0
"""Seconds after a lost answer until the alert is looked for."""

Follow = Callable[[Intent, str], Awaitable[Outcome | None]]


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
        if await self._look(intent.id) is not None:
            # Sent again by the person, and an earlier request has made it: once it is closed, the alias
            # would no longer hold a second one back.
            return await self._proof(page, intent.id) or await self._lost(page)
        request = await self._create(intent, page)
        if not request:
            return await self._proof(page, intent.id) or await self._lost(page)
        outcome = await self._follow(intent, request)
        evidence = (f"request {request}",)
        if outcome is not None and not outcome.ok:
            words = f"no alert was made: {outcome.words or 'the service gives no reason'}"
            return Receipt(Verdict.FAILED, words, by_phone(page), evidence=evidence)
        proof = await self._proof(page, intent.id)
        if proof is not None:
            return replace(proof, evidence=(*evidence, *proof.evidence))
        words = (
            "sent; the service hasn't said within a minute whether it was done"
            if outcome is None
            else "the service says that the alert was made; it can't be read back: whom it pages isn't known"
        )
        return Receipt(Verdict.UNKNOWN, words, by_phone(page), evidence=evidence)

    async def _create(self, intent: Intent, page: PagePerson) -> str:
        """Ask for the alert; the request's id, or nothing where the alert is there without an answer.

        An answer that was lost is asked for again, once the alert has been looked for.
        """
        lost: Unanswered | None = None
        for _ in range(TRIES):
            try:
                return await self._writer.create(page, alias=intent.id, actor=intent.by)
            except Unanswered as error:
                lost = error
            except SourceError:
                # Not this time; but an earlier attempt may have been the one that made it.
                if lost is not None:
                    raise lost from None
                raise
            await self._clock.sleep(PAUSE)
            if await self._look(intent.id) is not None:
                return ""
        assert lost is not None  # noqa: S101 - every other end has returned or raised
        raise lost

    async def _look(self, alias: str) -> Alert | None:
        with suppress(SourceError):
            return await self._writer.alert_with_alias(alias)
        return None

    async def _lost(self, page: PagePerson) -> Receipt:
        return Receipt(Verdict.UNKNOWN, "the alert was there, and can't be read any more", by_phone(page))

    async def _proof(self, page: PagePerson, alias: str) -> Receipt | None:
        """The alert with this alias, judged, once somebody was notified; None: it can't be read."""
        receipt: Receipt | None = None
        for pause in LOOKS:
            await self._clock.sleep(pause)
            with suppress(SourceError):
                receipt = await self.judged(page, alias)
                if receipt.verdict is Verdict.FAILED or receipt.paged:
                    return receipt
        return receipt

    async def judged(self, page: PagePerson, alias: str) -> Receipt:
        """Whom the alert with this alias has paged, at one look. Raises `SourceError`: `NotThere`."""
        alert = await self._writer.alert_with_alias(alias)
        recipients: tuple[Recipient, ...] = ()
        with suppress(SourceError):
            detail = await self._alerts.alert(alert.id)
            alert, recipients = detail.alert, detail.recipients
        told = [row for row in recipients if same_address(row.name, page.username)]
        if not told and alert.responders and not might_be(alert.responders, page):
            return replaced(alert, page)
        whose = f"for {page.name}" if alert.responders else "addressed to nobody"
        words = f"an alert {whose} was made; NOTHING SHOWS YET THAT {page.name} WAS PAGED"
        receipt = Receipt(Verdict.CONFIRMED, words, by_phone(page), evidence=(alert.url,), alert=alert)
        if told:
            return replace(receipt, words=paged_words(told, self._name, self._local), remedy="", paged=True)
        return receipt


def might_be(responders: Iterable[Responder], page: PagePerson) -> bool:
    """Whether one of the responders is the person, or somebody whose name can't be read."""
    people = [row for row in responders if row.type == "user"]
    return any(row.name is None or _is(row, page) for row in people)


def _is(responder: Responder, page: PagePerson) -> bool:
    names = (responder.name, responder.id)
    return any(same_address(name, wanted) for name in names for wanted in (page.username, page.name))


def replaced(alert: Alert, page: PagePerson) -> Receipt:
    """The loud failure: the alert is there, and it pages somebody else."""
    instead = ", ".join(f"{row.type} {row.name or row.id}" for row in alert.responders)
    return Receipt(
        Verdict.FAILED,
        f"{page.name} WAS NOT PAGED: OpsGenie addressed the alert to {instead} instead",
        f"{by_phone(page)}; then give `[opsgenie] default_api_key` the key of a global integration",
        evidence=(alert.url,),
        alert=alert,
    )
