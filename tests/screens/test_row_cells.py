"""What single cells of a row say, and in which style: a wrong colour at three in the morning misleads."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from support_desk.domain.alerts import Alert
from support_desk.domain.commands import Acknowledge
from support_desk.domain.escalation import Countdown
from support_desk.domain.intents import Entry, Intent, Phase, Receipt, Seen, Target
from support_desk.domain.intents import Verdict as Came
from support_desk.domain.paged import Page, Proof
from support_desk.domain.sla import Ranked, Verdict
from support_desk.domain.tickets import Ticket
from support_desk.screens import alert_rows, entry_rows, ticket_rows
from support_desk.screens.alert_rows import AlertRow
from support_desk.widgets.columns import Cell, Moment
from tests.desk.clock import START
from tests.desk.samples import ANNA, CALENDAR, alert, ticket
from tests.support import view

OPEN, ACKED = alert("a"), alert("a", status="acked", acknowledged_by=ANNA.email)
SNOOZED = alert("a", status="snoozed")


def span(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def of_alert(row: AlertRow, name: str) -> Cell:
    (column,) = (column for column in alert_rows.columns(160) if column.id == name)
    return column.cell(row, Moment(START))


def runs(seconds: float, *, state: str = "running", basis: str = "policy", missed: bool = False) -> Countdown:
    return Countdown(state, "second line", START + span(seconds), basis, missed=missed)


def after(found: Countdown, proof: Proof, *, escalation: bool = True) -> Countdown:
    return replace(found, page=Page(START - span(60), proof, "Sam was paged", escalation=escalation))


STOPPED, UNKNOWN = Countdown("stopped"), Countdown("unknown")


@pytest.mark.parametrize(
    ("about", "found", "stale", "shown"),
    [
        (OPEN, runs(299), None, ("4:59", "soon")),
        (OPEN, runs(61), None, ("1:01", "soon")),
        (OPEN, runs(60), None, ("1:00", "late")),
        (OPEN, runs(240, basis="configured"), None, ("≈4:00", "soon")),
        (OPEN, runs(0), None, ("CHECK", "late")),
        (OPEN, runs(600, missed=True), None, ("CHECK", "late")),
        (OPEN, runs(-60, state="due"), None, ("CHECK", "late")),
        (OPEN, replace(UNKNOWN, missed=True), None, ("CHECK", "late")),
        (OPEN, STOPPED, None, ("nobody", "unknown")),
        (OPEN, UNKNOWN, None, ("?", "unknown")),
        (OPEN, after(runs(600), Proof.PAGED), None, ("paged", "soon")),
        (OPEN, after(runs(600), Proof.UNPROVEN), None, ("paged?", "late")),
        (OPEN, after(runs(600), Proof.UNKNOWN), None, ("10m", "soon")),
        (OPEN, after(runs(600), Proof.PAGED, escalation=False), None, ("10m", "soon")),
        (OPEN, after(runs(600, missed=True), Proof.PAGED), None, ("CHECK", "late")),
        (OPEN, after(replace(UNKNOWN, missed=True), Proof.UNPROVEN), None, ("CHECK", "late")),
        (ACKED, STOPPED, None, ("acked", "ok")),
        (ACKED, STOPPED, span(3 * 3600), ("✓3h00", "soon")),
        (ACKED, runs(120), span(3 * 3600), ("2:00", "soon")),
        (replace(SNOOZED, snoozed_until=START + span(600)), STOPPED, None, ("z 10m", "dim")),
        (SNOOZED, STOPPED, None, ("snoozed", "dim")),
    ],
)
def test_when_the_next_line_is_paged(
    about: Alert, found: Countdown, stale: timedelta | None, shown: Cell
) -> None:
    assert of_alert(AlertRow("a", about, None, found, stale=stale), "next") == shown


@pytest.mark.parametrize(
    ("about", "glyph", "who", "style"),
    [
        (OPEN, ("!", "late"), ("nobody", "late"), "strong"),
        (replace(OPEN, owner=ANNA.email), ("!", "late"), ("anna", "dim"), "strong"),
        (ACKED, ("✓", "ok"), ("anna", "ok"), "text"),
        (alert("a", status="acked", owner=ANNA.email), ("✓", "ok"), ("anna", "ok"), "text"),
        (alert("a", status="acked"), ("✓", "ok"), ("unknown", "ok"), "text"),
        (replace(SNOOZED, acknowledged_by=ANNA.email), ("z", "dim"), ("anna", "dim"), "text"),
        (alert("a", status="resolved"), ("?", "dim"), ("nobody", "late"), "text"),
    ],
)
def test_who_has_an_alert(about: Alert, glyph: Cell, who: Cell, style: str) -> None:
    row = AlertRow("a", about, None, STOPPED)
    assert (of_alert(row, "state"), of_alert(row, "who")) == (glyph, who)
    assert of_alert(row, "message") == ("a is down", style)


def test_a_storm_is_as_open_as_its_members() -> None:
    storm = AlertRow("s", ACKED, None, STOPPED, members=(ACKED, OPEN), unacknowledged=1)
    assert (of_alert(storm, "state"), of_alert(storm, "who")) == (("!", "late"), ("1 open", "late"))
    assert of_alert(storm, "message") == ("[2 alike] a is down", "strong")
    taken = replace(storm, members=(ACKED, ACKED), unacknowledged=0)
    assert (of_alert(taken, "state"), of_alert(taken, "who")) == (("✓", "ok"), ("all acked", "ok"))
    rows = [
        AlertRow("p1", ACKED, None, STOPPED),
        AlertRow("new", replace(OPEN, created_at=START), None, STOPPED, unacknowledged=1),
        AlertRow("old", OPEN, None, STOPPED),
        AlertRow("low", replace(OPEN, priority="P2"), None, STOPPED),
        AlertRow("z", SNOOZED, None, STOPPED),
        storm,
    ]
    assert [row.key for row in sorted(rows, key=alert_rows.urgency)] == ["old", "s", "new", "low", "p1", "z"]


def of_ticket(name: str, verdict: Verdict, about: Ticket | None = None) -> Cell:
    columns = ticket_rows.ticket_columns(CALENDAR, "Anna@example.com")(160)
    (column,) = (column for column in columns if column.id == name)
    return column.cell(Ranked(about or ticket(1), verdict), Moment(START))


def due(seconds: float, basis: str = "zendesk", *, round_the_clock: bool = False) -> Verdict:
    deadline = START + span(seconds)
    return Verdict("due", "x", "next_reply_time", deadline, basis, round_the_clock=round_the_clock)


@pytest.mark.parametrize(
    ("verdict", "left", "state", "working"),
    [
        (due(1801), ("30m", "due"), ("due", "due"), ("30m", "due")),
        (due(1800), ("30m", "soon"), ("SOON", "soon"), ("30m", "soon")),
        (due(0), ("0:00", "late"), ("LATE", "late"), ("-0m", "late")),
        (due(-4320), ("-1h12", "late"), ("LATE", "late"), ("-1h00", "late")),
        (due(7200, "contract"), ("~2h00", "due"), ("due", "due"), ("2h00", "due")),
        (due(7200, round_the_clock=True), ("2h00", "due"), ("due", "due"), ("24/7", "dim")),
        (replace(due(7200), kind="paused"), ("", "dim"), ("hold", "held"), ("", "dim")),
        (Verdict("unknown", "x"), ("", "dim"), ("?", "unknown"), ("", "dim")),
        (Verdict("met", "x"), ("", "dim"), ("met", "ok"), ("", "dim")),
        (Verdict("none", "x"), ("", "dim"), ("none", "dim"), ("", "dim")),
    ],
)
def test_how_long_a_ticket_has(verdict: Verdict, left: Cell, state: Cell, working: Cell) -> None:
    shown = tuple(of_ticket(name, verdict) for name in ("wall", "state", "working"))
    assert shown == (left, state, working)
    style = "held" if verdict.kind == "paused" else "text" if verdict.deadline else "dim"
    assert of_ticket("due", verdict)[1] == style


@pytest.mark.parametrize(
    ("name", "about", "shown"),
    [
        ("assignee", ticket(1), ("nobody", "unknown")),
        ("assignee", ticket(1, assignee="Anna Bell", assignee_email=ANNA.email), ("Anna Bell", "mine")),
        ("assignee", ticket(1, assignee="Ben Cole", assignee_email="ben@example.com"), ("Ben Cole", "text")),
        ("priority", ticket(1, priority=None), ("none", "unknown")),
        ("priority", ticket(1, priority="urgent"), ("urg", "p1")),
        ("plan", ticket(1), ("std", "text")),
        ("plan", ticket(1, plan="enhanced"), ("enh", "strong")),
        ("plan", ticket(1, plan="unknown"), ("?", "unknown")),
        ("plan", ticket(1, plan_conflict=True), ("std≠", "late")),
        ("status", ticket(1, status="new"), ("new", "strong")),
        ("status", ticket(1), ("open", "text")),
        ("status", ticket(1, status="hold"), ("hold", "dim")),
        ("status", ticket(1, status="pending"), ("pend", "dim")),
        ("client", ticket(1, organisation=None), ("?", "unknown")),
        ("metric", ticket(1), ("next", "text")),
    ],
)
def test_what_a_ticket_is(name: str, about: Ticket, shown: Cell) -> None:
    assert of_ticket(name, due(60), about) == shown


def of_entry(phase: Phase, **changes: Any) -> Cell:
    intent = Intent("0" * 32, Target("alert", "a"), "P1 disk", Acknowledge(), Seen(), ANNA.email, START)
    entry = replace(Entry(intent, phase, START, "anna", "x"), **changes)
    (column,) = (column for column in entry_rows.entry_columns(view(), 160) if column.id == "phase")
    return column.cell(entry, Moment(START))


@pytest.mark.parametrize(
    ("phase", "changes", "shown"),
    [
        (Phase.HELD, {"fire_at": START + span(5)}, ("HELD 5 s", "soon")),
        (Phase.HELD, {"fire_at": START - span(5)}, ("HELD 0 s", "soon")),
        (Phase.HELD, {"fire_at": START + span(5), "offered": True}, ("NOT SENT", "late")),
        (Phase.QUEUED, {"offered": True}, ("NOT SENT", "late")),
        (Phase.QUEUED, {}, ("waiting", "soon")),
        (Phase.UNKNOWN, {"offered": True}, ("UNKNOWN", "late")),
        (Phase.CANCELLED, {}, ("taken back", "dim")),
        (Phase.CANCELLED, {"sent_at": START}, ("dropped", "dim")),
        (
            Phase.CANCELLED,
            {"sent_at": START, "receipt": Receipt(Came.NEEDLESS, "not needed")},
            ("not needed", "dim"),
        ),
        (Phase.CONFIRMED, {"sent_at": START}, ("done", "ok")),
    ],
)
def test_where_an_action_stands(phase: Phase, changes: dict[str, Any], shown: Cell) -> None:
    assert of_entry(phase, **changes) == shown
