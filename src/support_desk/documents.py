"""What scripts read: the desk as JSON documents, schema 1.

Times are UTC in ISO 8601 with `Z`, durations whole seconds. Each document is a snapshot seen from one
moment, `generated_at`: every duration in it is counted from there, so that the two can be added up.
Names in here are promises; add freely, rename never.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from support_desk import glance
from support_desk.config.model import Config
from support_desk.config.rules import client_rules, runbook_rules, runbook_url
from support_desk.desk.facts import escalation_of, rota_of
from support_desk.desk.snapshot import Snapshot
from support_desk.domain.alerts import PRIORITIES, STATUSES, Alert
from support_desk.domain.clients import client_of_alert
from support_desk.domain.paged import Page
from support_desk.domain.rota import (
    Person,
    Role,
    Rota,
    Shift,
    Unknown,
    next_shift,
    on_now,
    rests,
    shift_now,
)
from support_desk.domain.runbooks import Runbook, runbook_for_alert
from support_desk.domain.sla import Agreement, Ranked, working_left
from support_desk.domain.sla_words import explain
from support_desk.domain.working_time import WorkingCalendar
from support_desk.glance import sources_of, time_text

Document = dict[str, Any]


def whole(now: datetime) -> datetime:
    """The moment of a document: to the second, so that its durations and times add up."""
    return now.astimezone(UTC).replace(microsecond=0)


def seconds(length: timedelta | None) -> int | None:
    """Whole seconds, rounded down: what is overdue by less than a second is overdue."""
    return None if length is None else math.floor(length.total_seconds())


def header(snapshot: Snapshot, now: datetime) -> Document:
    """What every document begins with."""
    return glance.header(whole(now), sources_of(snapshot, now))


def tickets_document(snapshot: Snapshot, now: datetime, agreement: Agreement) -> Document:
    """The queue in its order."""
    now = whole(now)
    rows = enumerate(snapshot.tickets.rows, 1)
    return header(snapshot, now) | {"tickets": [_ticket(rank, row, now, agreement) for rank, row in rows]}


def _ticket(rank: int, row: Ranked, now: datetime, agreement: Agreement) -> Document:
    ticket = row.ticket
    return {
        "rank": rank,
        "id": ticket.id,
        "subject": ticket.subject,
        "status": ticket.status,
        "custom_status": ticket.custom_status,
        "priority": ticket.priority,
        "type": ticket.type,
        "organisation": ticket.organisation,
        "plan": ticket.plan,
        "plan_conflict": ticket.plan_conflict,
        "requester": ticket.requester,
        "assignee": ticket.assignee,
        "group": ticket.group,
        "tags": list(ticket.tags),
        "created_at": time_text(ticket.created_at),
        "updated_at": time_text(ticket.updated_at),
        "url": ticket.url,
        "sla": _sla(row, now, agreement),
    }


def _sla(row: Ranked, now: datetime, agreement: Agreement) -> Document:
    """A ticket's agreement; nothing remains of a clock that is paused or finished, so that is null."""
    verdict = row.verdict
    running = verdict.deadline if verdict.kind == "due" else None
    return {
        "state": verdict.state_at(now),
        "cause": verdict.cause,
        "metric": verdict.metric,
        "deadline": time_text(verdict.deadline),
        "basis": verdict.basis,
        "remaining_seconds": seconds(running - now) if running else None,
        "working_seconds": seconds(working_left(verdict, now, agreement.calendar)),
        "reason": explain(row, now, agreement),
    }


def alert_order(alert: Alert) -> tuple[int, int, datetime, str]:
    """What nobody has acknowledged first, then by priority, the oldest first."""
    status = STATUSES.index(alert.status) if alert.status in STATUSES else len(STATUSES)
    priority = PRIORITIES.index(alert.priority) if alert.priority in PRIORITIES else len(PRIORITIES)
    return status, priority, alert.created_at, alert.id


def alerts_document(
    snapshot: Snapshot,
    now: datetime,
    config: Config,
    agreement: Agreement,
    pages: Mapping[str, Page] | None = None,
) -> Document:
    """The alerts that aren't closed. `pages`: whom this person has had paged about them, by id."""
    now = whole(now)
    alerts = sorted(snapshot.alerts.rows, key=alert_order)
    teller = AlertTeller(snapshot, now, config, agreement, pages)
    return header(snapshot, now) | {"alerts": [teller.document(alert) for alert in alerts]}


class AlertTeller:
    """What the rest of the desk knows about an alert: its client, its runbook, and whom it pages next."""

    def __init__(
        self,
        snapshot: Snapshot,
        now: datetime,
        config: Config,
        agreement: Agreement,
        pages: Mapping[str, Page] | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._pages = pages or {}
        self._now = now
        self._config = config
        self._agreement = agreement
        self._clients = client_rules(config)
        self._rules = runbook_rules(config.runbooks)

    def document(self, alert: Alert) -> Document:
        """One alert; `runbook` is the file's path in the runbook folder."""
        guess = client_of_alert(alert, self._clients)
        client = guess.name if guess else None
        runbook = runbook_for_alert(alert, client, runbooks=self._snapshot.runbooks.rows, rules=self._rules)
        return {
            "id": alert.id,
            "tiny_id": alert.tiny_id,
            "message": alert.message,
            "priority": alert.priority,
            "status": alert.status,
            "acknowledged_by": alert.acknowledged_by,
            "owner": alert.owner,
            "count": alert.count,
            "created_at": time_text(alert.created_at),
            "last_occurred_at": time_text(alert.last_occurred_at),
            "snoozed_until": time_text(alert.snoozed_until if alert.status == "snoozed" else None),
            "client": client,
            "tags": list(alert.tags),
            "in_hours": self._agreement.calendar.is_open(alert.created_at),
            "runbook": runbook.path if runbook else None,
            "runbook_anchor": runbook.anchor if runbook else None,
            "runbook_url": runbook_url(self._config.runbooks, runbook.path, runbook.anchor)
            if runbook
            else None,
            "escalation": self._escalation(alert),
            "url": alert.url,
        }

    def _escalation(self, alert: Alert) -> Document:
        page = self._pages.get(alert.id)
        coming = escalation_of(
            alert, self._snapshot, self._now, self._config, self._agreement.calendar, page=page
        )
        return {
            "state": coming.state,
            "next": coming.next,
            "due_at": time_text(coming.due_at),
            "basis": coming.basis,
            "reason": coming.reason,
            "page": _page(coming.page),
        }


def _page(page: Page | None) -> Document | None:
    """Whom this person, or a colleague (`by`), has had paged since it runs; null: nobody known."""
    if page is None:
        return None
    return {
        "at": time_text(page.at),
        "by": page.by or None,
        "proof": page.proof.value,
        "escalation": page.escalation,
        "words": page.words,
    }


def rota_document(
    snapshot: Snapshot, now: datetime, mine: str = "", calendar: WorkingCalendar | None = None
) -> Document:
    """Who is on, who comes next, and the shifts that aren't over; with `mine`, only that person's.

    Nobody is null; what isn't known is left out, and `sources` says why. With a calendar it tells as well
    when somebody ought to be on and nobody is.
    """
    now = whole(now)
    rota = rota_of(snapshot)
    people: Document = {}
    coming: Document = {}
    for role in Role:
        who = on_now(rota, role, now)
        if not isinstance(who, Unknown):
            people[role.value] = _person(who)
        shift = next_shift(rota, role, now)
        if shift is not None:
            coming[role.value] = _shift(shift) | _rest(shift, calendar)
    shifts: Iterable[Shift] = (shift for shift in (rota.shifts if rota else ()) if shift.end > now)
    if mine:
        shifts = (shift for shift in shifts if shift.person.email.casefold() == mine.casefold())
    return header(snapshot, now) | {
        "now": people,
        "next": coming,
        "shifts": [_shift(shift) | _rest(shift, calendar) for shift in shifts],
        **(_holes(rota, now, calendar) if rota and calendar else {}),
    }


def _rest(shift: Shift, calendar: WorkingCalendar | None) -> Document:
    """Whether it is a shift by day of a bank holiday, for which whom the rotation names stays at home."""
    return {"rests": rests(shift, calendar.holidays, calendar.timezone)} if calendar else {}


def _holes(rota: Rota, now: datetime, calendar: WorkingCalendar) -> Document:
    """Gaps, bank holidays that lack somebody, and who rests today, as far as the rota was read."""
    # Only the rota's own document needs these.
    from support_desk.domain.cover import bare_bank_holidays, missing

    bare = bare_bank_holidays(rota, now, calendar)
    no_second_line = bare_bank_holidays(rota, now, calendar, (Role.SECOND_LINE,))
    on = ((role, shift_now(rota, role, now)) for role in Role)
    found = [gap for role in Role for gap in missing(rota, role, now, rota.cover.end, calendar)]
    return {
        "gaps": [
            {"role": gap.role.value, "start": time_text(gap.start), "end": time_text(gap.end)}
            for gap in sorted(found, key=lambda gap: (gap.start, gap.role.value))
        ],
        "bank_holidays_without_cover": [day.isoformat() for day in bare],
        "resting": [
            role.value for role, shift in on if shift and rests(shift, calendar.holidays, calendar.timezone)
        ],
        "bank_holidays_without_second_line": [day.isoformat() for day in no_second_line],
    }


def _person(person: Person | None) -> Document | None:
    return None if person is None else {"name": person.name, "email": person.email}


def _shift(shift: Shift) -> Document:
    return {
        "role": shift.role.value,
        "person": _person(shift.person),
        "start": time_text(shift.start),
        "end": time_text(shift.end),
        "override": shift.override,
    }


def runbooks_document(snapshot: Snapshot, now: datetime, words: str, config: Config) -> Document:
    """The runbooks about these words, best match first; all of them, by path, without words."""
    now = whole(now)
    found = search_runbooks(snapshot.runbooks.rows, words)
    return header(snapshot, now) | {
        "query": words,
        "runbooks": [
            {
                "path": runbook.path,
                "title": runbook.title,
                "heading": heading,
                "anchor": anchor,
                "url": runbook_url(config.runbooks, runbook.path, anchor),
                "modified_at": time_text(runbook.modified_at),
            }
            for runbook, heading, anchor in found
        ],
    }


def search_runbooks(runbooks: Iterable[Runbook], words: str) -> list[tuple[Runbook, str | None, str]]:
    """Runbooks in which every word stands, in the title (best), a heading or the path.

    With each goes the heading in which most of the words stand, and its anchor.
    """
    wanted = words.casefold().split()
    found: list[tuple[int, str, Runbook, str | None, str]] = []
    for runbook in runbooks:
        title, path = runbook.title.casefold(), runbook.path.casefold()
        headings = [heading for heading in runbook.headings if heading.level > 1]
        everything = " ".join([title, path, *(heading.text.casefold() for heading in runbook.headings)])
        if not all(word in everything for word in wanted):
            continue
        best = max(headings, key=lambda heading: _hits(heading.text, wanted), default=None)
        here = best if best is not None and _hits(best.text, wanted) > _hits(runbook.title, wanted) else None
        score = 4 * _hits(title, wanted) + 2 * _hits(path, wanted) + (_hits(here.text, wanted) if here else 0)
        found.append((-score, path, runbook, here.text if here else None, here.anchor if here else ""))
    return [
        (runbook, heading, anchor) for _, _, runbook, heading, anchor in sorted(found, key=lambda f: f[:2])
    ]


def _hits(text: str, wanted: list[str]) -> int:
    folded = text.casefold()
    return sum(word in folded for word in wanted)
