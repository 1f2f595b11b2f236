"""Doing to an alert what a person decided: look afresh, ask once, follow the request to its end, read back.

OpsGenie only queues a change (202); what became of it is asked for by the request's id for up to a minute.
What pages somebody is asked for once and never again by itself, whatever happens (ruling 14); only a lost
answer to an alert for one person is asked for again at once, under its alias (`alert_pages.py`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Protocol

from support_desk.desk.clock import Clock
from support_desk.desk.dispatch import Taken
from support_desk.desk.intents import seen_of
from support_desk.desk.performing.alert_pages import AlertPages
from support_desk.desk.performing.alert_receipts import (
    done_words,
    receipt_of,
    shown,
    with_a_way_out,
    wrong_end,
)
from support_desk.desk.performing.alert_state import (
    LEEWAY,
    carries_mark,
    changed_meanwhile,
    closer,
    conflict,
    event_lines,
    expected,
    holds,
    last_event,
    marked,
    newly_paged,
    one_line,
    paged,
    paged_words,
)
from support_desk.desk.performing.alert_verify import LOOK, AlertVerifier
from support_desk.desk.turns import Turns
from support_desk.domain import commands as c
from support_desk.domain.alerts import AlertDetail, Recipient
from support_desk.domain.intents import Entry, FieldDifference, Intent, Receipt, Verdict
from support_desk.domain.rota import same_address
from support_desk.sources.errors import NotThere, SourceError, Unreadable
from support_desk.sources.writers import AlertWriter, Outcome

FOLLOWED = (0.3, 0.6, 1.2, 2.4, *(5.0,) * 11)
"""Seconds between the questions what became of a request: a minute in all."""
READ_BACK = (0.0, 0.5, 1.0, 2.0)
"""Seconds before each look at whether the alert shows the change."""
EVIDENCE = (0.5, 1.0, 2.0, 3.0, 5.0, 5.0, 5.0)
"""Seconds before each look at who was paged."""
SECOND_LINE = "second line"

OnCallNow = Callable[[], Awaitable[frozenset[str] | None]]
"""Addresses of who is second line at this moment, read afresh, in lower case; None: it can't be told."""


class AlertReads(Protocol):
    """Alerts as they are now, read directly."""

    async def alert(self, alert_id: str) -> AlertDetail:
        """One alert with notes, logs and recipients. Raises `NotThere`."""
        ...


class AlertPerformer:
    """What can be done to alerts."""

    def __init__(
        self,
        alerts: AlertReads,
        writer: AlertWriter,
        clock: Clock,
        *,
        zone: tzinfo,
        name: Callable[[str], str] = str,
        second_line: OnCallNow | None = None,
        turns: Turns | None = None,
        taken: Taken | None = None,
    ) -> None:
        """`zone` is the local time in words; `name` turns an address into a person's name.

        `turns` are those of the desks on this box; None: there is nothing that they share. `taken` keeps the
        id of a request that the service has taken.
        """
        self._alerts = alerts
        self._writer = writer
        self._clock = clock
        self._zone = zone
        self._name = name
        self._second_line = second_line
        self._turns = turns
        self._taken = taken
        self._pages = AlertPages(alerts, writer, clock, name=name, local=self._local, follow=self._follow)
        self._verifier = AlertVerifier(
            alerts, self._pages, clock, name=name, local=self._local, waits=self._waits
        )

    async def perform(self, intent: Intent) -> Receipt:
        """Look at the alert afresh, do it once, and say what became of it."""
        command = intent.command
        if isinstance(command, c.EscalateAlert) and self._turns is not None:
            return await self._in_turn(intent, command, self._turns)
        return await self._performed(intent)

    async def _in_turn(self, intent: Intent, command: c.EscalateAlert, turns: Turns) -> Receipt:
        """Escalate while no other desk on this box does: first the turn, then the look at the alert."""
        other = await turns.take(intent)
        if other and not command.confirmed:
            after = await self._read(intent.target.id)
            words = f"{self._name(other)} is escalating it at this moment"
            if after is not None:
                return conflict(words, after.alert, command=command)
            return Receipt(Verdict.FAILED, f"not sent: {words}", LOOK)
        receipt = await self._performed(intent)
        # As long as the alert may not show it yet, the turn is kept: it runs out by itself.
        if receipt.verdict is not Verdict.UNKNOWN and (
            receipt.verdict is not Verdict.CONFIRMED or receipt.paged
        ):
            await turns.give_back(intent)
        return receipt

    async def _performed(self, intent: Intent) -> Receipt:
        command = intent.command
        try:
            if isinstance(command, c.PagePerson):
                return await self._pages.page(intent, command)
            return await self._change(intent, await self._alerts.alert(intent.target.id))
        except SourceError as error:
            return with_a_way_out(command, receipt_of(error))

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
        outcome = await self._follow(intent, request)
        if outcome is None:
            return await self._unfollowed(intent, began, request)
        if not outcome.ok:
            return await self._not_done(intent, request, outcome)
        evidence = (f"request {request}: {outcome.words or 'done'}",)
        if isinstance(command, c.EscalateAlert | c.AddResponder):
            return await self._proof(intent, before, began, evidence)
        return await self._read_back(intent, evidence)

    # Before

    async def _refusal(self, intent: Intent, detail: AlertDetail) -> Receipt | None:
        """Why nothing is sent: already so, or not as the person saw it."""
        command, alert = intent.command, detail.alert
        if isinstance(command, c.SnoozeAlert) and (wrong := wrong_end(command, self._clock.now())):
            return Receipt(Verdict.FAILED, f"not sent: {wrong}", "choose another moment (s)", alert=alert)
        if holds(command, alert, intent.by):
            words = f"already so: {done_words(command)}"
            if isinstance(command, c.CloseAlert):
                words = f"already closed by {closer(detail, self._name, self._local)}"
            return Receipt(Verdict.CONFIRMED, words, before_us=True, alert=alert, seen=seen_of(alert))
        # A request that got no answer, sent again by the person: it may have been done after all.
        if carries_mark(command) and marked(detail.events, intent.token) is not None:
            earlier = self._verifier.proven(intent, detail, intent.at)
            if earlier is not None:
                return replace(earlier, words=f"already done before: {earlier.words}")
        changed = changed_meanwhile(intent, detail, self._name, self._local)
        if changed is not None:
            return changed
        if isinstance(command, c.EscalateAlert) and not command.confirmed:
            return await self._escalated_meanwhile(intent, command, detail)
        return None

    async def _escalated_meanwhile(
        self, intent: Intent, command: c.EscalateAlert, detail: AlertDetail
    ) -> Receipt | None:
        """The policy's own timer may have fired, or the rota may have changed, since the key press."""
        wanted = expected(command)
        already = [
            row
            for row in detail.recipients
            if (row.name.casefold() in wanted and row.at >= intent.at - LEEWAY)
            or (not wanted and row.at >= intent.at and not same_address(row.name, intent.by))
        ]
        if already:
            words = f"already paged: {paged_words(already, self._name, self._local)}"
            return conflict(words, detail.alert, command=command)
        logged = last_event(detail.events, "escalat")
        if logged is not None and logged.at >= intent.at:
            words = f"already escalated at {self._local(logged.at)}, says its log: {one_line(logged.text)}"
            return conflict(words, detail.alert, command=command)
        line = command.line.partition(":")[0]
        named = {who.casefold() for who in command.people}
        if self._second_line is None or not named or line != SECOND_LINE:
            return None
        now = await self._second_line()
        if now is None or now & named:
            return None
        who = ", ".join(self._name(address) for address in sorted(now)) or "nobody"
        told = ", ".join(self._name(address) for address in command.people)
        # Sent all the same, it pages whoever it is now: they are named, and their page is what is waited for.
        anew = replace(command, line=f"{line}: {who}", people=tuple(sorted(now)))
        return conflict(f"{line} is {who} now", detail.alert, [FieldDifference(line, told, who)], anew)

    # After

    async def _waits(self, request: str) -> bool:
        """Whether the service itself says that it hasn't come to the request yet. Raises `SourceError`."""
        try:
            return await self._writer.outcome(request) is None
        except (NotThere, Unreadable):
            return False

    async def _follow(self, intent: Intent, request: str) -> Outcome | None:
        """What became of a request; None: not known within a minute."""
        if self._taken is not None:
            await self._taken([intent.id], request)
        for pause in FOLLOWED:
            await self._clock.sleep(pause)
            with suppress(SourceError):
                outcome = await self._writer.outcome(request)
                if outcome is not None:
                    return outcome
        return None

    async def _unfollowed(self, intent: Intent, began: datetime, request: str) -> Receipt:
        """The service doesn't say what became of it; the alert may."""
        evidence = (f"request {request}",)
        after = await self._read(intent.target.id)
        proven = self._verifier.proven(intent, after, began) if after is not None else None
        if proven is not None:
            return replace(proven, evidence=(*evidence, *proven.evidence))
        return Receipt(
            Verdict.UNKNOWN,
            "sent; within a minute the service hasn't said whether it was done, nor does the alert show it",
            LOOK,
            evidence=evidence,
            alert=after.alert if after else None,
            seen=seen_of(after.alert) if after else None,
        )

    async def _not_done(self, intent: Intent, request: str, outcome: Outcome) -> Receipt:
        """The service has refused after all: because somebody was quicker, or for its own reason."""
        words = f"the service didn't do it: {outcome.words or 'it gives no reason'}"
        evidence = (f"request {request}: {outcome.words}",)
        after = await self._read(intent.target.id)
        if after is None:
            return with_a_way_out(intent.command, Receipt(Verdict.FAILED, words, LOOK, evidence=evidence))
        alert = after.alert
        if holds(intent.command, alert, intent.by):
            told = f"already so: {done_words(intent.command)}"
            return Receipt(Verdict.CONFIRMED, told, evidence=evidence, alert=alert, seen=seen_of(alert))
        changed = changed_meanwhile(intent, after, self._name, self._local)
        if changed is not None:
            told = changed.words.replace("not sent: ", "not done: ", 1)
            return replace(changed, words=told, evidence=evidence)
        failed = Receipt(Verdict.FAILED, words, LOOK, evidence=evidence, alert=alert, seen=seen_of(alert))
        return with_a_way_out(intent.command, failed)

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
            if (
                after is not None
                and isinstance(intent.command, c.Acknowledge)
                and after.alert.status == "acked"
            ):
                break  # it shows, under another name: waiting won't change that
        if after is None:
            told = "the service says so; the alert couldn't be read back"
            return Receipt(Verdict.CONFIRMED, f"{words}: {told}", evidence=evidence)
        return Receipt(
            Verdict.CONFIRMED,
            f"{words}, says the service; but the alert shows: {shown(intent.command, after.alert)}",
            "look at the alert (enter)",
            evidence=evidence,
            differences=(FieldDifference("alert", words, shown(intent.command, after.alert)),),
            alert=after.alert,
            seen=seen_of(after.alert),
        )

    async def _proof(
        self, intent: Intent, before: AlertDetail, began: datetime, evidence: tuple[str, ...]
    ) -> Receipt:
        """Who was paged, as recipients and logs say it; those who were named are waited for."""
        known, wanted = paged(before.recipients), expected(intent.command)
        after: AlertDetail | None = None
        new: list[Recipient] = []
        for pause in EVIDENCE:
            await self._clock.sleep(pause)
            after = await self._read(intent.target.id) or after
            new = newly_paged(known, after.recipients, wanted) if after is not None else []
            if new and (not wanted or any(row.name.casefold() in wanted for row in new)):
                break
        lines = evidence if after is None else (*evidence, *event_lines(after.events, began, self._local))
        proven = Receipt(
            Verdict.CONFIRMED,
            paged_words(new, self._name, self._local),
            evidence=lines,
            alert=after.alert if after else None,
            seen=seen_of(after.alert) if after else None,
        )
        if not new:
            return replace(
                proven,
                words=f"{done_words(intent.command)}; NOTHING SHOWS YET WHO WAS PAGED",
                remedy="look at the alert's log and recipients (enter), and ring them if nobody answers",
            )
        if wanted and not any(row.name.casefold() in wanted for row in new):
            told = ", ".join(self._name(who) for who in sorted(wanted))
            remedy = (
                f"you were told that it would be {told}: look at the log, and ring them if nobody answers"
            )
            return replace(proven, words=f"{proven.words}, NOT {told}", remedy=remedy)
        return replace(proven, paged=True)

    def _local(self, at: datetime) -> str:
        here, now = at.astimezone(self._zone), self._clock.now().astimezone(self._zone)
        return f"{here:%H:%M:%S}" if here.date() == now.date() else f"{here:%a %d %b %H:%M}"
