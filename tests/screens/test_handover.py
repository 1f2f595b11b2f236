"""The handover on the screen: made, changed in an editor, copied, saved."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support_desk.desk.outbox_store import LogLine
from support_desk.desk.snapshot import Feed, FeedName
from support_desk.domain.commands import Command, EditTicket, EscalateAlert
from support_desk.domain.handover import Facts
from support_desk.domain.intents import Phase, Target
from support_desk.domain.rota import UNKNOWN, Cover, Role, Rota, Shift
from support_desk.reports.handover import Kept, handover_facts
from support_desk.screens.asking import Question
from support_desk.screens.handover import HandoverScreen
from support_desk.screens.view import View
from support_desk.sources.fixtures import DEMO_START
from support_desk.sources.fixtures.cast import CALLUM, ME, RAVI
from support_desk.widgets.document import DocumentView
from support_desk.widgets.lines import Lines
from tests.screens.acting import answer, ended, opened
from tests.screens.test_alert_acts import P1, go_to
from tests.support import MIDDLE, SMALL, Running, drawn, running, view


async def shown(desk: Running) -> HandoverScreen:
    """Open it and wait until it is made."""
    await desk.press("H")
    screen = desk.app.screen
    assert isinstance(screen, HandoverScreen)
    await desk.until(lambda: screen.text)
    await desk.pilot.pause()
    return screen


def title(screen: HandoverScreen) -> str:
    """The line above the text."""
    return screen.query_one("#title", Lines).plain


@pytest.mark.parametrize("size", [SMALL, MIDDLE])
async def test_it_is_made_of_what_the_desk_knows_and_of_what_was_done(size: tuple[int, int]) -> None:
    async with running(size=size) as desk:
        await opened(desk)
        await desk.press("1")
        await go_to(desk, P1)
        await desk.press("e")
        await desk.until(lambda: desk.app.acts.outbox and desk.app.acts.outbox.entries)
        await ended(desk)
        screen = await shown(desk)
        assert screen.text.startswith(
            "# Handover, Wed 25 Nov 2026 10:00 to Wed 2 Dec 2026 10:00, by Robin Ashdown"
        )
        assert "done (Helen Marsh was paged 09:4" in screen.text
        assert "First line, developer: Robin Ashdown" in screen.text
        assert "×" in screen.text, "the world's past is counted by cause"
        assert "Handover, Wed 25 Nov 2026" in drawn(screen.query_one(DocumentView))


async def test_at_the_changeover_it_is_the_old_week_and_the_new_one_is_a_key_away() -> None:
    async with running(at=DEMO_START + timedelta(minutes=20)) as desk:
        await opened(desk)
        screen = await shown(desk)
        assert "Wed 25 Nov 2026 10:00 to Wed 2 Dec 2026 10:00" in screen.text
        await desk.press("greater_than_sign")
        await desk.until(lambda: "Wed 2 Dec 2026 10:00 to Wed 9 Dec 2026 10:00" in screen.text)
        await desk.press("greater_than_sign")
        assert "That week hasn't begun" in desk.app.said, "beside the claims that are asked about just then"


async def test_weeks_and_details() -> None:
    async with running() as desk:
        await opened(desk)
        screen = await shown(desk)
        first = screen.text
        await desk.press("greater_than_sign")
        assert desk.app.said == ["That week hasn't begun"]
        await desk.press("less_than_sign")
        await desk.until(lambda: screen.text != first)
        assert "Wed 18 Nov 2026 10:00 to Wed 25 Nov 2026 10:00" in screen.text
        await desk.press("greater_than_sign")
        await desk.until(lambda: screen.text == first)
        await desk.press("d")
        await desk.until(lambda: "tags client" in screen.text)
        await desk.press("q")
        assert desk.app.screen is desk.dashboard


async def test_what_was_changed_by_hand_is_kept_and_not_thrown_away_unasked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def edited(_: object, text: str, keep: object) -> str:
        return f"{text}\nThe cat is fed.\n"

    # A terminal to lend is what `tests/program/test_editor.py` has.
    monkeypatch.setattr("support_desk.screens.handover.edit_text", edited)
    async with running() as desk:
        await opened(desk)
        screen = await shown(desk)
        await desk.press("ctrl+o")
        await desk.until(lambda: "The cat is fed." in screen.text)
        assert "as you changed it 09:46: r makes it anew" in title(screen)
        changed = screen.text

        # Neither another form nor a new one takes it away unless the person says so.
        for key in ("d", "r"):
            await desk.press(key)
            await desk.until(lambda: isinstance(desk.app.screen, Question))
            await desk.press("escape")
            await desk.until(lambda: desk.app.screen is screen)
            assert screen.text == changed

        # It is still there after another week, and after the screen was left.
        await desk.press("less_than_sign")
        await desk.until(lambda: "18 Nov 2026" in screen.text)
        await desk.press("greater_than_sign")
        await desk.until(lambda: screen.text == changed)
        # Nor does what was still being gathered for the other week come over it.
        await desk.keys("less_than_sign", "greater_than_sign", at_once=True)
        await desk.pilot.pause()
        await desk.until(lambda: all(worker.name != "handover" for worker in desk.app.workers))
        assert screen.text == changed
        # And what is still shown meanwhile isn't taken for it.
        for key in ("y", "w", "ctrl+o"):
            await desk.keys("less_than_sign", key, at_once=True)
            await desk.until(lambda: "Still gathering: press again" in desk.app.said)
            await desk.press("greater_than_sign")
            await desk.until(lambda: screen.text == changed)
            desk.app.said.clear()
        await desk.press("q")
        again = await shown(desk)
        assert again is not screen
        assert again.text == changed

        await desk.press("r")
        assert "What you changed by hand is lost" in await answer(desk)
        await desk.until(lambda: "The cat is fed." not in again.text)
        assert "as you changed it" not in title(again)
        assert desk.app.said[-1] == "Made anew of what is known now"


async def test_what_is_written_while_on_call_changes_belongs_to_the_old_week(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(at=DEMO_START + timedelta(hours=8)) as desk:

        async def edited(_: object, text: str, keep: object) -> str:
            desk.clock.move(hours=1)
            return f"{text}\nThe cat is fed.\n"

        monkeypatch.setattr("support_desk.screens.handover.edit_text", edited)
        await opened(desk)
        screen = await shown(desk)
        await desk.press("ctrl+o")
        await desk.until(lambda: "The cat is fed." in screen.text)
        assert "Wed 25 Nov to Wed 2 Dec" in title(screen)
        await desk.press("q")
        again = await shown(desk)
        assert "The cat is fed." not in again.text
        assert "Wed 2 Dec to Wed 9 Dec" in title(again)
        await desk.press("less_than_sign")
        await desk.until(lambda: "The cat is fed." in again.text)


async def test_it_is_saved_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    async with running() as desk:
        await opened(desk)
        screen = await shown(desk)
        await desk.press("w")
        path = tmp_path / "support-desk" / "handover-2026-11-25.md"
        await desk.until(path.exists)
        assert path.read_text("utf-8") == screen.text
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert desk.app.said[-1] == f"Written to {path}"


# What it is made of


WEEK = timedelta(days=7)
HELD_BY = "Helen Marsh was paged 09:45:10"


def facts_of(made: View, *log: LogLine) -> Facts:
    """Of the week until now."""
    return handover_facts(made, made.now - WEEK, made.now, Kept((), log, {}, {}))


def step(
    target: Target,
    command: Command,
    words: str = "done",
    *,
    paged: bool = False,
    phase: Phase = Phase.CONFIRMED,
) -> LogLine:
    """What was done a minute before the demo begins."""
    at = DEMO_START - timedelta(minutes=1)
    return LogLine(at, target.id, target, "t", command, phase, words, "me", paged=paged)


@pytest.mark.parametrize(
    ("minutes", "paged", "words"),
    [
        (0, False, "second line (Helen Marsh) is paged Wed 09:47"),
        (6, False, "the second line should have been paged: check"),
        (30, False, "Owen Fairley should have been paged Wed 10:02: check"),
        (0, True, f"escalated Wed 09:45: {HELD_BY}; Owen Fairley is paged Wed 10:02"),
    ],
)
def test_whom_an_alert_that_waits_pages_is_told_with_when(minutes: int, paged: bool, words: str) -> None:
    rows = view().snapshot.alerts.rows
    waiting = next(row for row in rows if P1 in row.message)
    made = view(at=DEMO_START + timedelta(minutes=minutes), feeds={FeedName.ALERTS: rows})
    page = step(Target("alert", waiting.id), EscalateAlert("p", "P", "second line"), HELD_BY, paged=True)
    about = facts_of(made, *([page] if paged else [])).about
    assert about is not None
    assert (about[waiting.id].client, about[waiting.id].paging) == ("eastmarch", words)
    acked = next(row for row in rows if row.status == "acked")
    assert (about[acked.id].holder, about[acked.id].paging) == ("Callum Reid", "")


def test_what_became_of_a_ticket_that_was_handed_on_is_told() -> None:
    made, edit = view(), EditTicket("escalate", group="2nd line (tickets)")
    found = facts_of(made, *(step(Target("ticket", number), edit) for number in ("48144", "9"))).actions
    assert [action.since for action in found] == [
        "the ticket is open now, and Priya Nair has it",
        "the ticket isn't in the queue any more",
    ]


def test_what_isnt_finished_is_told_apart_and_what_closes_by_itself() -> None:
    made, edit = view(), EditTicket("priority", priority="high")
    steps = [
        step(Target("ticket", phase.value), edit, phase=phase)
        for phase in (Phase.CONFIRMED, Phase.CANCELLED, Phase.FAILED, Phase.UNKNOWN, Phase.EXPIRED)
    ]
    found = facts_of(made, *steps)
    assert [action.outcome for action in found.unfinished] == ["failed", "unknown", "expired"]
    assert [action.outcome for action in found.actions] == ["confirmed", "failed", "unknown", "expired"]
    queue = [row.ticket for row in made.snapshot.tickets.rows]
    believed = {row.id for row in queue if row.custom_status == "Pending believed solved"}
    assert found.believed_solved == believed
    assert believed
    assert found.suspended == len(made.snapshot.suspended.rows)
    unread = replace(made, snapshot=made.snapshot.with_feed(FeedName.SUSPENDED, Feed()))
    assert facts_of(unread).suspended is None


def test_who_is_on_next_has_an_end_only_where_it_was_read_and_parts_in_order() -> None:
    wednesday = datetime(2026, 12, 2, 10, tzinfo=UTC)

    def after(hours: int) -> datetime:
        return wednesday + timedelta(hours=hours)

    nights = tuple(
        Shift(Role.ON_CALL, person, after(8 + 24 * day), after(24 + 24 * day))
        for day, person in enumerate((RAVI, RAVI, CALLUM, None, None, RAVI, CALLUM))
        if person is not None
    )
    whole = Shift(Role.DEV, ME, wednesday, after(7 * 24))
    cover = Cover(wednesday, after(7 * 24), frozenset(Role) - {Role.OPS})
    made = view(at=wednesday, feeds={FeedName.ROTA: (Rota((*nights, whole), cover),)})
    assert [(row.role, row.person, row.start, row.end, row.part) for row in facts_of(made).next_on] == [
        (Role.DEV, ME, wednesday, None, False),
        (Role.OPS, UNKNOWN, None, None, False),
        (Role.ON_CALL, RAVI, after(8), after(6 * 24), False),
        (Role.ON_CALL, CALLUM, after(56), after(72), True),
        (Role.ON_CALL, None, after(72), after(120), True),
        (Role.ON_CALL, CALLUM, after(152), after(168), True),
        (Role.SECOND_LINE, None, None, None, False),
    ]
