"""Doing to an alert what a person decided: look afresh, ask once, follow the request to its end, read back.

OpsGenie only queues a change (202); what became of it is asked for by the request's id for up to a minute.
What pages somebody is asked for exactly once, whatever happens (ruling 14).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Protocol

from support_desk.desk.alert_pages import AlertPages
from support_desk.desk.alert_state import (
    changed_meanwhile,
    conflict,
    event_lines,
    holds,
    newly_paged,
    paged,
    paged_words,
    same,
)
from support_desk.desk.alert_verify import AlertVerifier
from support_desk.desk.clock import Clock
from support_desk.desk.intents import seen_of
from support_desk.domain import commands as c
from support_desk.domain.alerts import Alert, AlertDetail, Recipient
from support_desk.domain.intents import Entry, FieldDifference, Intent, Receipt, Verdict
from support_desk.sources.errors import (
    NotAllowed,
    NotThere,
    Rejected,
    SignInRefused,
    SourceError,
    Unanswered,
)
from support_desk.sources.writers import AlertWriter, Outcome

FOLLOWED = (0.3, 0.6, 1.2, 2.4, *(5.0,) * 11)
"""Seconds between the questions what became of a request: a minute in all."""
READ_BACK = (0.0, 0.5, 1.0, 2.0)
"""Seconds before each look at whether the alert shows the change."""
EVIDENCE = (0.5, 1.0, 2.0, 3.0, 5.0, 5.0, 5.0)
"""Seconds before each look at who was paged."""
LOOK = "look at the alert before you send it again"
_FOR_GOOD = (SignInRefused, NotAllowed, NotThere, Rejected)

OnCallNow = Callable[[], Awaitable[frozenset[str] | None]]
"""Addresses of who is second line at this moment, read afresh, in lower case; None: it can't be told."""


class AlertReads(Protocol):
    """Alerts as they are now, read directly."""

    async def alert(self, alert_id: str) -> AlertDetail:
        """One alert with notes, logs and recipients. Raises `NotThere`."""
        ...


class AlertActions:
    """The actions on alerts."""

    def __init__(
        self,
        alerts: AlertReads,
        writer: AlertWriter,
        clock: Clock,
        *,
        zone: tzinfo,
        name: Callable[[str], str] = str,
        second_line: OnCallNow | None = None,
    ) -> None:
        """`zone` is the local time in words; `name` turns an address into a person's name."""
        self._alerts = alerts
        self._writer = writer
        self._clock = clock
        self._zone = zone
        self._name = name
        self._second_line = second_line
        self._verifier = AlertVerifier(alerts, writer, clock, name=name, local=self._local)
        self._pages = AlertPages(alerts, writer, clock, name=name, local=self._local, follow=self._follow)

    async def perform(self, intent: Intent) -> Receipt:
        """Look at the alert afresh, do it once, and say what became of it."""
        try:
            if isinstance(intent.command, c.PagePerson):
                return await self._pages.page(intent, intent.command)
            return await self._change(intent, await self._alerts.alert(intent.target.id))
        except SourceError as error:
            return _never_again(intent.command, receipt_of(error))

    async def verify(self, entry: Entry) -> Receipt:
        """Find out, by reading only, whether an attempt without an answer was applied."""
        return await self._verifier.verify(entry)

    async def _change(self, intent: Intent, before: AlertDetail) -> Receipt:
        refusal = await self._refusal(intent, before)
        if refusal is not None:
            return refusal
        command = intent.command
        assert isinstance(command, c.AlertCommand)  # noqa: S101 - the performer sends nothing else here
        began = self._clock.now()
        request = await self._writer.ask(intent.target.id, command, actor=intent.by, token=intent.token)
        outcome = await self._follow(request)
        if outcome is None:
            words = "sent; the service hasn't said within a minute whether it was done"
            return Receipt(Verdict.UNKNOWN, words, LOOK, evidence=(f"request {request}",))
        if not outcome.ok:
            after = await self._read(intent.target.id)
            return Receipt(
                Verdict.FAILED,
                f"the service didn't do it: {outcome.words or 'it gives no reason'}",
                LOOK,
                evidence=(f"request {request}",),
                alert=after.alert if after else None,
                seen=seen_of(after.alert) if after else None,
            )
        evidence = (f"request {request}: {outcome.words}",)
        if isinstance(command, c.EscalateAlert | c.AddResponder):
            return await self._proof(intent, before, began, evidence)
        return await self._read_back(intent, evidence)

    # Before

    async def _refusal(self, intent: Intent, detail: AlertDetail) -> Receipt | None:
        """Why nothing is sent: already so, or not as the person saw it."""
        command, alert = intent.command, detail.alert
        if isinstance(command, c.SnoozeAlert) and command.until <= self._clock.now():
            return Receipt(Verdict.FAILED, "not sent: the snooze would have ended already", alert=alert)
        if holds(command, alert, intent.by):
            return Receipt(
                Verdict.CONFIRMED, f"already so: {done_words(command)}", alert=alert, seen=seen_of(alert)
            )
        changed = changed_meanwhile(intent, alert, self._name, self._local)
        if changed is not None:
            return changed
        if isinstance(command, c.EscalateAlert):
            return await self._escalated_meanwhile(intent, command, detail)
        return None

    async def _escalated_meanwhile(
        self, intent: Intent, command: c.EscalateAlert, detail: AlertDetail
    ) -> Receipt | None:
        """The policy's own timer may have fired, or the rota may have changed, since the key press."""
        if command.confirmed:
            return None
        wanted = {address.casefold() for address in command.people}
        already = [row for row in detail.recipients if row.name.casefold() in wanted and row.at >= intent.at]
        if already:
            words = f"the policy did it meanwhile: {paged_words(already, self._name, self._local)}"
            return conflict(words, detail.alert)
        if self._second_line is None or not wanted or "second line" not in command.line:
            return None
        now = await self._second_line()
        if now is None or now & wanted:
            return None
        who = ", ".join(self._name(address) for address in sorted(now)) or "nobody"
        told = ", ".join(self._name(address) for address in command.people)
        different = [FieldDifference(command.line, told, who)]
        return conflict(f"{command.line} is {who} now", detail.alert, different)

    # After

    async def _follow(self, request: str) -> Outcome | None:
        """What became of a request; None: not known within a minute."""
        for pause in FOLLOWED:
            await self._clock.sleep(pause)
            with suppress(SourceError):
                outcome = await self._writer.outcome(request)
                if outcome is not None:
                    return outcome
        return None

    async def _read(self, alert_id: str) -> AlertDetail | None:
        with suppress(SourceError):
            return await self._alerts.alert(alert_id)
        return None

    async def _read_back(self, intent: Intent, evidence: tuple[str, ...]) -> Receipt:
        """The alert as it is now, once it shows the change."""
        words = done_words(intent.command)
        after: AlertDetail | None = None
        for pause in READ_BACK:
            if pause:
                await self._clock.sleep(pause)
            after = await self._read(intent.target.id) or after
            if after is not None and holds(intent.command, after.alert, intent.by) is not False:
                return Receipt(
                    Verdict.CONFIRMED, words, evidence=evidence, alert=after.alert, seen=seen_of(after.alert)
                )
        if after is None:
            told = "the service says so; the alert couldn't be read back"
            return Receipt(Verdict.CONFIRMED, f"{words}: {told}", evidence=evidence)
        return Receipt(
            Verdict.CONFIRMED,
            f"{words}: the service says so; the alert doesn't show it yet",
            "look at the alert (enter)",
            evidence=evidence,
            differences=_differences(intent.command, after.alert),
        )

    async def _proof(
        self, intent: Intent, before: AlertDetail, began: datetime, evidence: tuple[str, ...]
    ) -> Receipt:
        """Who was paged, as recipients and logs say it."""
        known = paged(before.recipients)
        after: AlertDetail | None = None
        for pause in EVIDENCE:
            await self._clock.sleep(pause)
            after = await self._read(intent.target.id) or after
            new = newly_paged(known, after.recipients) if after is not None else []
            if after is not None and new:
                lines = (*evidence, *event_lines(after.events, began, self._local))
                words = paged_words(new, self._name, self._local)
                return Receipt(
                    Verdict.CONFIRMED, words, _unexpected(intent.command, new, self._name),
                    evidence=lines, alert=after.alert, seen=seen_of(after.alert),
                )  # fmt: skip
        lines = evidence if after is None else (*evidence, *event_lines(after.events, began, self._local))
        return Receipt(
            Verdict.CONFIRMED,
            f"{done_words(intent.command)}; NOTHING SHOWS YET WHO WAS PAGED",
            "look at the alert's log and recipients (enter), and ring them if nobody answers",
            evidence=lines,
            alert=after.alert if after else None,
            seen=seen_of(after.alert) if after else None,
        )

    def _local(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%H:%M:%S}"


def _unexpected(command: c.Command, new: Sequence[Recipient], name: Callable[[str], str]) -> str:
    """What to say where somebody else was paged than the person was told."""
    if not isinstance(command, c.EscalateAlert) or not command.people:
        return ""
    if any(same(row.name, address) for row in new for address in command.people):
        return ""
    told = ", ".join(name(address) for address in command.people)
    return f"you were told that it would be {told}: look at the log"


def _differences(command: c.Command, alert: Alert) -> tuple[FieldDifference, ...]:
    return (FieldDifference("alert", done_words(command), f"{alert.status}, {alert.priority}"),)


def receipt_of(error: SourceError) -> Receipt:
    """What an error means for a change: nothing was applied, or (`Unanswered`) nobody can say."""
    if isinstance(error, Unanswered):
        return Receipt(Verdict.UNKNOWN, error.problem, error.remedy)
    if isinstance(error, _FOR_GOOD):
        return Receipt(Verdict.FAILED, f"not done: {error.problem}", error.remedy)
    return Receipt(
        Verdict.NOT_SENT, f"not sent: {error.problem}", error.remedy, retry_after=error.retry_after
    )


def _never_again(command: c.Command, receipt: Receipt) -> Receipt:
    if receipt.verdict is Verdict.NOT_SENT and c.is_escalation(command):
        return replace(receipt, verdict=Verdict.FAILED, remedy=f"{receipt.remedy}; y in the outbox sends it")
    return receipt


def done_words(command: c.Command) -> str:
    """What has been done, once it has."""
    match command:
        case c.SnoozeAlert():
            return "snoozed: its escalation has stopped until then"
        case c.AssignAlert():
            return f"assigned to {command.name or command.owner}"
        case c.AddAlertTags():
            return f"tags added: {' '.join(command.tags)}"
        case c.RemoveAlertTags():
            return f"tags removed: {' '.join(command.tags)}"
        case c.PrioritiseAlert():
            return f"priority {command.priority}"
        case c.EscalateAlert():
            return f"escalated to {command.line}"
        case c.AddResponder():
            return f"{command.name} was added"
    return _DONE.get(type(command), "done")


_DONE: dict[type[c.Command], str] = {
    c.Acknowledge: "acknowledged",
    c.Unacknowledge: "the acknowledgement was given back: the escalation runs again",
    c.CloseAlert: "closed",
    c.NoteAlert: "the note is there",
}
