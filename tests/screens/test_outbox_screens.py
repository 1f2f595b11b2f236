"""The outbox, the log, the activity, and the question before leaving."""

from __future__ import annotations

import csv
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from socket import gethostname
from typing import Any

import pytest
from textual.pilot import Pilot

from support_desk.desk.outbox import Outbox
from support_desk.desk.outbox_store import Draft, OutboxStore
from support_desk.domain import commands as c
from support_desk.domain.alerts import Alert
from support_desk.domain.intents import Entry, Intent, Phase, Receipt, Seen, Target, Verdict
from support_desk.screens.acting.composer import Composer
from support_desk.screens.asking import Question
from support_desk.screens.entry_rows import what_to_do
from support_desk.screens.leaving import leaving_lines
from support_desk.screens.log import LogScreen
from support_desk.screens.outbox import OutboxScreen
from support_desk.sources.errors import Throttled
from support_desk.sources.writers import TicketAnswer
from support_desk.widgets.text_view import TextView
from tests.screens.acting import alert_now, answer, ended, entries, opened
from tests.screens.test_alert_acts import P1, go_to
from tests.screens.ticket_desk import MAGDA
from tests.screens.ticket_desk import go_to as go_to_ticket
from tests.support import LARGE, MIDDLE, SMALL, HeardApp, Running, drawn, make, running, wait_until

NOW = datetime(2026, 11, 23, 9, 46, tzinfo=UTC)


@pytest.fixture
async def desk() -> AsyncIterator[Running]:
    async with running() as desk:
        await opened(desk)
        await desk.press("1")
        yield desk


async def test_the_outbox_shows_where_each_stands_and_opens_what_it_was_about(desk: Running) -> None:
    await go_to(desk, P1)
    await desk.press("a")
    await ended(desk)
    await desk.press("O")
    screen = desk.app.screen
    assert isinstance(screen, OutboxScreen)
    assert "done" in drawn(screen.list)
    text = drawn(screen.query_one("#entry", TextView))
    assert "state       done: Done, and read back." in text
    assert "decided     09:46 by robin@agency.example" in text
    assert desk.footer == " q back  enter open  : commands  ? help  ctrl+q quit ", (
        "what does nothing isn't offered"
    )
    await desk.press("y")
    assert "There is nothing to send" in desk.app.said[-1]
    await desk.press("x")
    assert "It can't be dropped" in desk.app.said[-1]
    await desk.press("r")
    assert "That is known already" in desk.app.said[-1]
    await desk.press("enter")
    assert type(desk.app.screen).__name__ == "AlertScreen"


async def test_held_things_can_be_sent_or_dropped_there(desk: Running) -> None:
    await go_to(desk, P1)
    await desk.press("c")
    await answer(desk)
    await desk.press("O", "x")
    assert entries(desk)[0].phase is Phase.CANCELLED
    assert "send" not in desk.footer
    assert "drop" not in desk.footer
    await desk.press("q", "c")
    await answer(desk)
    await desk.press("O", "y")
    entry = await ended(desk)
    assert entry.words == "closed"


@pytest.mark.parametrize(
    ("phase", "verdict", "does"),
    [
        (Phase.FAILED, Verdict.FAILED, "y sends what is left of it · x drops it"),
        # An escalation that somebody else was quicker with: nothing of it was sent.
        (Phase.CONFLICT, Verdict.CONFLICT, "y sends it · x drops it"),
    ],
)
def test_only_of_what_was_done_in_part_the_rest_is_sent(phase: Phase, verdict: Verdict, does: str) -> None:
    command = c.EscalateAlert("p", "Out of hours", "second line", ("sam@agency.example",))
    intent = Intent("0" * 32, Target("alert", "a"), "P1 a", command, Seen(), "robin@agency.example", NOW)
    receipt = Receipt(verdict, "not sent", remaining=replace(command, confirmed=True))
    entry = Entry(intent, phase, NOW, "robin", "x", receipt=receipt)
    assert what_to_do(entry, read_only=False) == does


def as_after_a_kill(file: Path, into: Path) -> None:
    """The file as it is at this moment, left by a desk that has died: no process has its name."""
    into.parent.mkdir()
    with closing(sqlite3.connect(file)) as now, closing(sqlite3.connect(into)) as later:
        now.backup(later)
        later.execute("UPDATE actions SET instance = 'nowhere/9999999/1/x'")
        later.commit()


async def killed_while_held(folder: Path, key: str) -> tuple[Alert, Path]:
    """A desk is killed while what a key meant for an alert is held; gives the alert and what it leaves."""
    left = folder / "later"
    async with running(folder=folder) as desk:
        await opened(desk)
        await desk.press("1")
        alert = await go_to(desk, P1)
        await desk.press(key)
        if key == "c":
            await answer(desk)
        await desk.until(lambda: entries(desk) and entries(desk)[0].phase is Phase.HELD)
        as_after_a_kill(folder / "outbox.sqlite3", left / "outbox.sqlite3")
    return alert, left


async def test_after_a_crash_the_outbox_opens_with_the_escalation_first_and_nothing_has_fired(
    tmp_path: Path,
) -> None:
    alert, left = await killed_while_held(tmp_path, "e")
    async with running(folder=left) as desk:
        await desk.until(lambda: isinstance(desk.app.screen, OutboxScreen))
        await opened(desk)
        screen = desk.app.screen
        assert isinstance(screen, OutboxScreen)
        await desk.until(lambda: "NOT SENT" in drawn(screen.list))
        assert "1 asks for your decision" in drawn(screen.list)
        assert "Nothing happens until you say so" in drawn(screen.query_one("#entry", TextView))
        assert "1 asks: O" in desk.header
        for _ in range(40):
            desk.clock.move(seconds=5)
            await desk.pilot.pause()
        assert entries(desk)[0].offered
        assert alert_now(desk, alert.id).status == "open"
        await desk.press("y")
        entry = await ended(desk)
        assert entry.receipt is not None
        assert entry.receipt.verdict in (Verdict.CONFIRMED, Verdict.CONFLICT)


async def test_what_another_desk_leaves_that_ends_is_told_to_the_one_that_runs(tmp_path: Path) -> None:
    async with running(folder=tmp_path) as desk:
        await opened(desk)
        ended = Outbox(
            OutboxStore.open(tmp_path / "outbox.sqlite3"), desk.clock, user=getuser(),
            instance=f"{gethostname()}/9999999/1/x",
        )  # fmt: skip
        ended.submit([Intent("1" * 32, Target("alert", "a"), "P1 a", c.CloseAlert(), Seen("open"), "x", NOW)])
        await ended.close()
        desk.clock.move(seconds=15)
        await desk.until(lambda: desk.app.said)
        assert desk.app.said[-1] == "Another desk of yours has ended and left 1 action to decide on: O"
        await desk.until(lambda: "1 asks: O" in desk.header)


@asynccontextmanager
async def slow_to_open(
    folder: Path, key: str
) -> AsyncIterator[tuple[HeardApp, Pilot[None], threading.Event]]:
    """A desk whose outbox in this folder opens when the event is set, after a key that goes to a page."""
    may_open = threading.Event()
    app = make(folder=folder, opens=may_open)
    async with app.run_test(size=MIDDLE, notifications=True) as pilot:
        try:
            await wait_until(pilot, lambda: app.desk.snapshot.tickets.rows)
            await pilot.press(key)
            await wait_until(pilot, lambda: app.screen is not app.dashboard and app.screen.is_mounted)
            yield app, pilot, may_open
        finally:
            may_open.set()


async def test_the_outbox_that_was_gone_to_before_it_was_open_shows_what_is_left_in_it(
    tmp_path: Path,
) -> None:
    _, left = await killed_while_held(tmp_path, "c")
    async with slow_to_open(left, "O") as (app, pilot, may_open):
        screen = app.screen
        assert isinstance(screen, OutboxScreen)
        await wait_until(pilot, lambda: "Opening ..." in drawn(screen.list))
        assert "nothing asks" not in drawn(screen.list)
        may_open.set()
        await wait_until(pilot, lambda: "1 asks for your decision" in drawn(screen.list))
        assert "close" in drawn(screen.query_one("#entry", TextView))


async def test_the_log_that_was_gone_to_before_the_file_was_open_is_read_then(tmp_path: Path) -> None:
    async with slow_to_open(tmp_path, "L") as (app, pilot, may_open):
        title = app.screen.query_one("#title")
        await wait_until(pilot, lambda: "isn't open" in drawn(title))
        may_open.set()
        await wait_until(pilot, lambda: "0 steps" in drawn(title))


async def test_what_is_written_before_the_file_is_open_replaces_no_draft(tmp_path: Path) -> None:
    async with slow_to_open(tmp_path, "n") as (app, pilot, may_open):
        screen, row = app.screen, app.dashboard.tickets.selected
        assert isinstance(screen, Composer)
        assert row is not None
        composer = screen
        target = Target("ticket", str(row.ticket.id))
        before = OutboxStore.open(tmp_path / "outbox.sqlite3")
        before.put_draft(target, "note", Draft("half a thought", NOW))
        await pilot.press(*"more")
        for key in ("ctrl+s", "escape", "ctrl+o"):
            await pilot.press(key)
            assert app.screen is composer, "neither sent nor kept could it be"
            assert app.said.pop().startswith("The outbox isn't open yet"), key
        over_it = Composer(composer.who, target, "ticket", text="of the alert")
        await app.push_screen(over_it)
        await pilot.press("escape")
        assert app.screen is over_it, "it asks for no draft, but must be kept as one"
        may_open.set()
        await wait_until(pilot, lambda: composer.text == "half a thought\n\nmore")
        await pilot.press("escape")
        await pilot.press("!")
        await pilot.press("escape")
        kept = before.draft(target, "note")
        before.close()
    assert kept is not None
    assert kept.text == "half a thought\n\nmore!"


async def test_that_nothing_can_be_sent_is_said_before_a_key_needs_it(tmp_path: Path) -> None:
    (tmp_path / "outbox.sqlite3").mkdir()
    async with running(folder=tmp_path, wait=False) as desk:
        await desk.until(lambda: desk.app.said)
        assert desk.app.said[0].startswith("NOTHING CAN BE CHANGED from this desk: The store can't be used")
        assert "then start the desk again" in desk.app.said[0]
        await desk.pass_by(minutes=1)
        assert "! NOTHING CAN BE CHANGED: The store can't be used" in desk.header


def exported(path: Path) -> list[dict[str, str]]:
    """The rows of a written log, which nobody else may read."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


async def test_the_log_tells_every_step_and_is_written_to_a_file(
    desk: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    await go_to(desk, P1)
    await desk.press("a")
    await ended(desk)
    await desk.press("L")
    screen = desk.app.screen
    assert isinstance(screen, LogScreen)
    await desk.until(lambda: "acknowledge" in drawn(screen.query_one("#log", TextView)))
    lines = drawn(screen.query_one("#log", TextView)).split("\n")
    assert [line.split()[1] for line in lines[:3]] == ["done", "sending", "waiting"]
    await desk.press("w")
    await desk.until(lambda: any(said.startswith("Written to ") for said in desk.app.said))
    rows = exported(Path(desk.app.said[-1].removeprefix("Written to ")))
    assert [row["state"] for row in rows] == ["queued", "sending", "confirmed"]
    assert {row["what"] for row in rows} == {"acknowledge"}


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
async def test_the_activity_has_a_pane_from_the_first_action_on(size: tuple[int, int]) -> None:
    async with running(size=size) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to(desk, P1)
        await desk.press("a")
        await ended(desk)
        await desk.press("5")
        pane = desk.dashboard.query_one("#activity")
        assert "done" in drawn(pane)
        assert "acknowledge · P1" in drawn(pane)
        assert pane.has_focus
        await desk.press("enter")
        assert isinstance(desk.app.screen, OutboxScreen)


@pytest.mark.parametrize(("size", "key"), [(SMALL, "5"), (SMALL, "4"), (LARGE, "5")])
async def test_no_key_acts_on_a_row_that_isnt_under_the_cursor(size: tuple[int, int], key: str) -> None:
    """At 80x24 the list isn't even seen: a beside "> done acknowledge · P1 ..." took another alert."""
    async with running(size=size) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to(desk, P1)
        await desk.press("a")
        await ended(desk)
        await desk.press("j", key)
        await desk.until(lambda: "acknowledge" not in desk.footer and "ESCALATE" not in desk.footer)
        await desk.press("a", "c", "e", "w")
        assert len(entries(desk)) == 1
        assert desk.app.screen is desk.dashboard
        assert desk.app.said[-4:] == [
            "That is for alerts: go to one first",
            *["There is no row to act on: go to an alert or a ticket first"] * 3,
        ]
        await desk.press("1")
        await desk.until(lambda: "acknowledge" in desk.footer)
        await desk.press("w")
        await desk.until(lambda: len(entries(desk)) == 2)


async def test_leaving_asks_only_while_something_is_to_be_sent(desk: Running) -> None:
    await go_to(desk, P1)
    await desk.press("c")
    await answer(desk)
    await desk.press("ctrl+q")
    await desk.until(lambda: isinstance(desk.app.screen, Question))
    text = drawn(desk.app.screen.query_one("#about", TextView))
    assert "One action hasn't ended yet" in text
    assert f"NOT sent: close · {entries(desk)[0].intent.title}" in text
    assert "What isn't sent is offered when the desk is started again" in text
    assert "looked up" not in text
    lost = leaving_lines(entries(desk), stays=False)
    assert lost[-1].parts[0][0] == "The demo keeps nothing: all of it is forgotten."
    await desk.press("escape")
    assert entries(desk)[0].phase is Phase.HELD
    await desk.press("ctrl+q")
    about = desk.app.screen.query_one("#about", TextView)
    await ended(desk)
    await desk.until(lambda: "Meanwhile all of it has ended" in drawn(about))
    await desk.press("escape")
    await desk.press("ctrl+q")
    await desk.until(lambda: not desk.app.is_running)


async def test_what_failed_is_marked_at_its_row_until_it_is_dropped(desk: Running) -> None:
    alert = await go_to(desk, P1)
    desk.app.acts.do([(alert, c.AssignAlert("nobody@nowhere.example"))])
    await desk.pilot.pause()
    entry = await ended(desk)
    assert entry.phase is Phase.FAILED
    assert "[assign: NOT DONE, see O]" in desk.alerts
    assert any(said.startswith("assign NOT DONE: ") for said in desk.app.said)
    await desk.press("O", "x", "q")
    assert "NOT DONE" not in desk.alerts


async def test_what_must_wait_for_longer_than_a_decision_lasts_is_said_to_be_asked_about(
    desk: Running,
) -> None:
    writer = desk.app.desk.sources.ticket_writer if desk.app.desk.sources is not None else None
    assert writer is not None
    refused: list[int] = []

    async def update(number: int, *_: Any, **__: Any) -> TicketAnswer:
        refused.append(number)
        raise Throttled("Zendesk: too many requests, 600 s to wait", "wait", retry_after=600.0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "update", update)
        await go_to_ticket(desk, MAGDA)
        await desk.press("w")
        await desk.until(lambda: refused and desk.app.said)
        assert desk.app.said[0].startswith(
            "take NOT SENT: Zendesk: too many requests, 600 s to wait; it isn't"
        )
        assert "sent by itself" in desk.app.said[0]
        assert "[take: NOT SENT YET, see O]" in desk.tickets
        await desk.press("O")
        text = " ".join(drawn(desk.app.screen.query_one(TextView)).split())
        assert "and isn't sent by itself then: you are asked again" in text
        await desk.press("q")
        desk.clock.move(seconds=601)
        await desk.until(lambda: entries(desk)[0].phase is Phase.EXPIRED)
    assert refused == [MAGDA]
    assert "[take: NOT SENT, too old, see O" in desk.tickets
    await desk.press("O", "y")
    assert (await ended(desk)).phase is Phase.CONFIRMED
