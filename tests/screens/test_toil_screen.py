"""K: each claim is asked about once, survives a restart, and leaves as text or a table."""

from __future__ import annotations

import asyncio
import csv
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from support_desk.desk.snapshot import FeedName
from support_desk.domain.toil import Claim
from support_desk.screens.pickers import ChoicePicker, LinePicker
from support_desk.screens.rota import RotaScreen
from support_desk.screens.toil import ToilScreen
from support_desk.sources.errors import ServiceDown
from support_desk.sources.fixtures import DEMO_START, demo_config
from support_desk.widgets.row_list import RowList
from support_desk.widgets.text_view import TextView
from tests.support import LARGE, MIDDLE, SMALL, Running, Weather, changed, drawn, running


def ledger(desk: Running) -> RowList[Claim]:
    return desk.app.screen.query_one("#list", RowList)


def text(desk: Running) -> str:
    return desk.app.screen.query_one("#text", TextView).shown


def title(desk: Running) -> str:
    return drawn(ledger(desk)).split("\n")[0]


async def open_ledger(desk: Running, *, claims: bool = True) -> None:
    await desk.press("K")
    await desk.until(lambda: isinstance(desk.app.screen, ToilScreen))
    await desk.until(lambda: "Reading ..." not in drawn(ledger(desk)))
    if claims:
        await desk.until(lambda: ledger(desk).rows)


async def go_to(desk: Running, message: str, alerts: int = 1) -> Claim:
    """Move the cursor to a claim whose first alert says this."""
    await desk.press("g")
    for _ in range(len(ledger(desk).rows)):
        claim = ledger(desk).selected
        if claim and message in claim.alerts[0].message and len(claim.alerts) == alerts:
            await desk.until(lambda: message in text(desk))
            return claim
        await desk.press("j")
    raise AssertionError(f"no claim about {message!r}")


async def answer(desk: Running, choice: str, fix: str | None = None) -> None:
    await desk.press("a")
    await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
    await desk.type(choice)
    await desk.press("enter")
    if fix is not None:
        await fill(desk, fix)
    await desk.until(lambda: isinstance(desk.app.screen, ToilScreen))


async def fill(desk: Running, line: str) -> None:
    await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
    await desk.press("ctrl+u")
    await desk.type(line)
    await desk.press("enter")


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
async def test_the_claims_of_two_pay_periods_newest_first(size: tuple[int, int]) -> None:
    async with running(size=size) as desk:
        await open_ledger(desk)
        starts = [claim.start for claim in ledger(desk).rows]
        assert starts == sorted(starts, reverse=True)
        assert "TOIL since Wed 7 Oct" in title(desk)
        assert f"{len(starts)} to answer" in title(desk)
        assert "> ANSWER" in drawn(ledger(desk))
        assert "by the clock you were awake; a asks you" in text(desk)
        assert " y copy " not in desk.footer, "it isn't answered"
        await desk.press("space")
        assert not ledger(desk).marked, "no key acts on marked claims"
        await desk.press("r")
        assert desk.app.said[-1] == "Reading the rota and the history"
        await desk.press("tab", "G")
        told = " ".join(text(desk).split())
        assert "pay period Wed 4 Nov 10:00 to Wed 2 Dec 10:00: you were on call for 128 h so far" in told
        await desk.press("q", "q")
        assert desk.app.screen is desk.dashboard


async def test_an_answer_counts_at_once_and_after_a_restart(tmp_path: Path) -> None:
    async with running(size=MIDDLE, folder=tmp_path) as desk:
        await open_ledger(desk)
        claim = await go_to(desk, "harbours", 2)
        asked = title(desk)
        await answer(desk, "woke", "2:10")
        shown = ledger(desk).selected
        assert shown is not None
        assert (shown.id, shown.fix, float(shown.days)) == (claim.id, timedelta(minutes=130), 0.75)
        assert title(desk) != asked
        assert "0.75 days (5 h 15 min), 0.5 days woken + 0.25 days for 2 h 10 min of fixing" in text(desk)
    assert stat.S_IMODE((tmp_path / "toil.sqlite3").stat().st_mode) == 0o600

    async with running(size=MIDDLE, folder=tmp_path) as desk:
        await open_ledger(desk)
        await go_to(desk, "harbours", 2)
        assert "answered    Wed 2 Dec" in text(desk)
        assert "to enter" in desk.line_of(ledger(desk), "> ")


async def test_who_asks_for_the_answers_while_their_file_is_opened_gets_the_same_one() -> None:
    async with running(size=SMALL) as desk:
        one, other = await asyncio.gather(desk.app.time_off.book(), desk.app.time_off.book())

        assert one is other


async def test_the_clock_s_suggestion_comes_first_and_enter_takes_it() -> None:
    async with running(size=SMALL) as desk:
        await open_ledger(desk)
        await go_to(desk, "harbours", 2)
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
        await desk.press("enter")
        await fill(desk, "40")
        await desk.until(lambda: isinstance(desk.app.screen, ToilScreen))
        claim = ledger(desk).selected
        assert claim is not None
        assert claim.answer is not None
        assert claim.woken is claim.suggested


async def test_what_is_no_length_is_asked_again_with_what_was_typed() -> None:
    async with running(size=SMALL) as desk:
        await open_ledger(desk)
        await desk.press("a")
        await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
        await desk.press("enter")
        await fill(desk, "a while")
        await desk.until(lambda: any("is no length of time" in line for line in desk.app.said))
        await desk.until(lambda: isinstance(desk.app.screen, LinePicker))
        await desk.press("escape")
        await desk.until(lambda: isinstance(desk.app.screen, ToilScreen))
        claim = ledger(desk).selected
        assert claim is not None
        assert claim.answer is None


async def test_what_is_left_out_is_worth_nothing_and_there_is_nothing_to_enter() -> None:
    async with running(size=SMALL) as desk:
        await open_ledger(desk)
        await answer(desk, "leave")
        assert "not claimed: you left it out" in text(desk)
        assert "> nothing" in drawn(ledger(desk))
        assert " x entered " not in desk.footer
        await desk.press("x")
        assert any("nothing to enter" in line for line in desk.app.said)


async def test_what_was_entered_is_marked_and_a_change_of_worth_says_so() -> None:
    async with running(size=SMALL) as desk:
        await open_ledger(desk)
        await desk.press("x", "y", "Y")
        assert [line for line in desk.app.said if "Answer it first" in line] == [
            "Answer it first: a asks whether it woke you"
        ] * 2
        assert any("Nothing is answered" in line for line in desk.app.said)
        await answer(desk, "woke", "30")
        assert " x entered " in desk.footer
        await desk.press("x")
        assert "> entered" in drawn(ledger(desk))
        await answer(desk, "woke", "55")
        assert "> entered" in drawn(ledger(desk)), "worth the same"
        await answer(desk, "woke", "130")
        assert "> to enter" in drawn(ledger(desk))
        assert any("worth has changed since you entered it" in line for line in desk.app.said)
        await desk.press("x", "x")
        assert "> to enter" in drawn(ledger(desk))


async def test_one_claim_or_all_are_copied_ready_to_enter() -> None:
    async with running(size=MIDDLE) as desk:
        await open_ledger(desk)
        await answer(desk, "awake", "20")
        assert " y copy " in desk.footer
        await desk.press("y")
        assert desk.app.clipboard.startswith(
            "24/11/2026 19:26: 0.25 days (1 h 45 min), out-of-hours support, awake."
        )
        await desk.press("j")
        await answer(desk, "woke", "20")
        await desk.press("Y")
        lines = desk.app.clipboard.split("\n")
        assert lines[0] == "TOIL for out-of-hours support: 0.75 days (5 h 15 min) in 2 claims"
        assert lines[-1].startswith("Rule: ")


async def test_where_the_table_is_stands_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with running(size=SMALL) as desk:
        await open_ledger(desk)
        await desk.press("w")
        await fill(desk, "mine.csv")
        await desk.until(lambda: f"Written to {tmp_path / 'mine.csv'}" in desk.app.said)


async def test_the_table_is_a_new_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "toil.csv"
    async with running(size=SMALL) as desk:
        await open_ledger(desk)
        await desk.press("w")
        await fill(desk, str(path))
        await desk.until(lambda: any("Written to" in line for line in desk.app.said))
        rows = list(csv.DictReader(path.read_text().splitlines()))
        assert len(rows) == len(ledger(desk).rows)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        before = path.read_bytes()
        await desk.press("w")
        await fill(desk, str(path))
        await desk.until(lambda: any("is there already" in line for line in desk.app.said))
        assert path.read_bytes() == before


async def test_a_home_that_nobody_has_is_no_end() -> None:
    async with running(size=SMALL) as desk:
        await open_ledger(desk)
        await desk.press("w")
        await fill(desk, "~nobody-of-this-name/a.csv")
        await desk.until(lambda: any("a.csv can't be written" in line for line in desk.app.said))
        assert desk.app.is_running


async def test_a_history_that_cannot_be_read_is_no_empty_ledger() -> None:
    async with running(size=MIDDLE) as desk:
        assert desk.app.desk.sources is not None
        desk.app.desk.sources = replace(desk.app.desk.sources, past=None)
        await open_ledger(desk, claims=False)
        assert "No claims are known." in drawn(ledger(desk))
        assert "There is no history of alerts" in drawn(ledger(desk))


async def test_a_rota_that_cannot_be_read_leaves_what_the_desk_knows_and_says_so() -> None:
    weather = Weather()
    async with running(size=MIDDLE, weather=weather) as desk:
        weather.errors[FeedName.ROTA] = ServiceDown("OpsGenie is down", "wait for it")
        await open_ledger(desk)
        assert "OpsGenie is down: wait for it" in drawn(ledger(desk))
        del weather.errors[FeedName.ROTA]
        known = len(ledger(desk).rows)
        await desk.press("r")
        await desk.until(lambda: len(ledger(desk).rows) > known)


async def test_whose_claims_must_be_known() -> None:
    config = changed(me=msgspec.structs.replace(demo_config().me, email=""))
    async with running(size=SMALL, config=config) as desk:
        await open_ledger(desk, claims=False)
        assert "Set me.email" in drawn(ledger(desk))


async def test_an_answer_that_cannot_be_kept_is_not_shown_as_kept(tmp_path: Path) -> None:
    (tmp_path / "toil.sqlite3").mkdir()
    async with running(size=MIDDLE, folder=tmp_path) as desk:
        await open_ledger(desk)
        assert "your answers can't be read" in drawn(ledger(desk))
        await answer(desk, "woke", "20")
        await desk.until(lambda: any("The answer isn't kept" in line for line in desk.app.said))
        assert "> ANSWER" in drawn(ledger(desk))


AT_TEN = DEMO_START.replace(hour=10, minute=0)


async def test_new_claims_are_asked_about_once_and_in_working_hours() -> None:
    def asked(desk: Running) -> list[str]:
        return [line for line in desk.app.said if "to answer while you remember: K" in line]

    async with running(size=SMALL) as desk:
        desk.app.tick()
        await desk.pilot.pause()
        assert asked(desk) == [], "not before work begins"
        desk.clock.move_to(AT_TEN)
        desk.app.tick()
        await desk.until(lambda: asked(desk))
        for _ in range(3):
            desk.clock.move(hours=1, minutes=1)
            desk.app.tick()
            await desk.pilot.pause(0.05)
        assert len(asked(desk)) == 1


async def test_enter_on_the_rota_s_pane_opens_its_page() -> None:
    async with running(size=MIDDLE) as desk:
        await desk.press("4", "enter")
        await desk.until(lambda: isinstance(desk.app.screen, RotaScreen))
