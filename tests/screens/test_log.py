"""The log's lines and its file; that it tells every step is held in `test_outbox_screens.py`."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta

import pytest

from support_desk.desk.outbox_store import LogLine
from support_desk.domain import commands as c
from support_desk.domain.intents import Phase, Target
from support_desk.screens import log
from support_desk.screens.log import LogScreen, as_csv, step_lines
from support_desk.widgets.text_view import TextView
from tests.screens.acting import ended, opened
from tests.screens.test_alert_acts import P1, go_to
from tests.support import SMALL, drawn, running, view

AT = datetime(2026, 11, 26, 23, 5, 7, tzinfo=UTC)


def step(
    command: c.Command | None = None,
    *,
    at: datetime = AT,
    title: str = "P1 web is down",
    phase: Phase = Phase.CONFIRMED,
    words: str = "acknowledged",
) -> LogLine:
    command = command or c.Acknowledge()
    return LogLine(at, "id-1", Target("alert", "a1"), title, command, phase, words, "jo@example.com")


def text(steps: list[LogLine]) -> list[str]:
    return ["".join(part for part, _ in line.parts) for line in step_lines(view(at=AT), steps)]


def test_the_newest_step_comes_first_with_its_local_second() -> None:
    lines = text([step(phase=Phase.QUEUED, words=""), step(at=AT + timedelta(seconds=2))])
    assert lines == [
        "23:05:09      done       acknowledge  P1 web is down  acknowledged",
        "23:05:07      waiting    acknowledge  P1 web is down",
    ]


def test_what_comes_from_outside_cant_command_the_terminal() -> None:
    [line] = text([step(title="P1 \x1b[2J\u202egone", words="no\x07pe")])
    assert not set(line) & {"\x1b", "\u202e", "\x07"}


@pytest.mark.parametrize("first", ["=1+1", "+44", "-x", "@SUM(A1)"])
def test_no_cell_of_the_file_is_a_formula(first: str) -> None:
    [row] = csv.DictReader(as_csv([step(title=first, words=first)]).splitlines())
    assert (row["title"], row["words"]) == (f"'{first}", f"'{first}")


def test_the_file_has_moments_in_utc_and_what_was_done_in_words() -> None:
    until = AT + timedelta(hours=1)
    [row] = csv.DictReader(as_csv([step(c.SnoozeAlert(until), title='quo"ted, twice')]).splitlines())
    assert row == {
        "at": "2026-11-26T23:05:07Z",
        "action": "id-1",
        "by": "jo@example.com",
        "target": "alert a1",
        "title": 'quo"ted, twice',
        "what": "snooze until 2026-11-27T00:05:07Z",
        "state": "confirmed",
        "words": "acknowledged",
    }


async def test_nothing_done_yet_is_said() -> None:
    async with running(size=SMALL) as desk:
        await opened(desk)
        await desk.press("L")
        await desk.until(lambda: "0 steps" in drawn(desk.app.screen.query_one("#title")))
        assert "Nothing yet." in drawn(desk.app.screen.query_one("#log", TextView))
        assert "export" not in desk.footer
        await desk.press("w")
        assert desk.app.said[-1] == "There is nothing to write yet"
        await desk.press("q")
        assert desk.app.screen is desk.dashboard


async def test_it_follows_what_is_done_while_it_is_open_and_says_when_it_shows_a_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log, "MOST_LINES", 2)
    async with running(size=SMALL) as desk:
        await opened(desk)
        await desk.press("1")
        alert = await go_to(desk, P1)
        await desk.press("L")
        assert isinstance(desk.app.screen, LogScreen)
        desk.app.acts.do([(alert, c.Acknowledge())])
        await ended(desk)
        shown = desk.app.screen
        await desk.until(lambda: "newest 2 of 3 steps" in drawn(shown.query_one("#title")))
        assert "w export" in desk.footer
        lines = drawn(shown.query_one("#log", TextView)).split("\n")
        assert [line.split()[1] for line in lines if line[:2].isdigit()] == ["done", "sending"]
