"""N answers "when am I next on?" at once, and the page tells nobody from unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from support_desk.desk.snapshot import Feed, FeedName
from support_desk.domain.rota import Cover, OnCall, Person, Role, Rota, Shift
from support_desk.screens.rota import RotaScreen
from support_desk.screens.rota_page import rota_lines
from support_desk.screens.rota_rows import rota_rows
from support_desk.screens.view import View
from support_desk.sources.errors import ServiceDown
from support_desk.sources.fixtures import demo_config
from support_desk.sources.fixtures.cast import CALLUM, ME, RAVI
from support_desk.widgets.text_view import TextView
from tests.support import LARGE, MIDDLE, SMALL, Running, Weather, changed, running, view


def page(made: View) -> str:
    return "\n".join("".join(text for text, _ in line.parts) for line in rota_lines(made))


def shown(desk: Running) -> str:
    return desk.app.screen.query_one("#text", TextView).shown


async def open_page(desk: Running) -> None:
    await desk.press("N")
    await desk.until(lambda: isinstance(desk.app.screen, RotaScreen) and "next on" in shown(desk))


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
async def test_one_key_says_when_you_are_next_on(size: tuple[int, int]) -> None:
    async with running(size=size) as desk:
        await open_page(desk)
        assert "You are next first line dev from Wed 10:00, in 14 min, until Tue 18:00." in shown(desk)
        await desk.press("y")
        assert any("when you are next on" in line for line in desk.app.said)
        await desk.press("q")
        assert desk.app.screen is desk.dashboard


async def test_time_goes_by_on_the_page() -> None:
    async with running(size=MIDDLE) as desk:
        await open_page(desk)
        desk.clock.move(minutes=15)
        desk.app.tick()
        await desk.pilot.pause()
        assert (
            "You are first line dev until Wed 18:00, 7 h 59 min; your turn goes on until Tue 18:00"
            in shown(desk)
        )


async def test_a_rota_that_fails_is_told_and_known_shifts_stay() -> None:
    weather = Weather()
    async with running(size=MIDDLE, weather=weather) as desk:
        weather.errors[FeedName.ROTA] = ServiceDown("OpsGenie is down", "wait for it")
        await desk.read(FeedName.ROTA)
        await open_page(desk)
        assert "OpsGenie is down: wait for it" in shown(desk)
        assert "You are next first line dev" in shown(desk)


async def test_the_calendar_is_written_where_you_say(tmp_path: Path) -> None:
    path = tmp_path / "mine.ics"
    async with running(size=SMALL) as desk:
        await open_page(desk)
        await desk.press("w", "ctrl+u")
        await desk.type(str(path))
        await desk.press("enter")
        await desk.until(path.exists)
        await desk.until(lambda: any("written to" in line for line in desk.app.said))
        mine = path.read_text()
        assert "SUMMARY:First line support (dev)\n" in mine

        await desk.press("W", "ctrl+u")
        await desk.type(str(path))
        await desk.press("enter")
        await desk.until(lambda: "Magda Kowal" in path.read_text())


@pytest.mark.parametrize("key", ["w", "W"])
async def test_a_home_that_nobody_has_is_no_end(key: str) -> None:
    async with running(size=SMALL) as desk:
        await open_page(desk)
        await desk.press(key, "ctrl+u")
        await desk.type("~nobody-of-this-name/a.ics")
        await desk.press("enter")
        await desk.until(lambda: any("a.ics can't be written" in line for line in desk.app.said))
        assert desk.app.is_running


async def test_another_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("precious")
    async with running(size=SMALL) as desk:
        await open_page(desk)
        await desk.press("w", "ctrl+u")
        await desk.type(str(path))
        await desk.press("enter")
        await desk.until(lambda: any("isn't a calendar" in line for line in desk.app.said))
        assert path.read_text() == "precious"


async def test_without_a_name_the_page_says_how_to_give_one() -> None:
    config = changed(me=msgspec.structs.replace(demo_config().me, email=""))
    async with running(size=SMALL, config=config) as desk:
        await open_page(desk)
        assert "set me.email" in shown(desk)
        await desk.press("w")
        assert any("set me.email" in line for line in desk.app.said)


def test_a_month_ahead_with_overrides_and_a_bare_bank_holiday() -> None:
    text = page(view())
    assert "Mon 28 Dec is a bank holiday and nobody covers it" in text
    assert "Thu 18:00 to Fri 10:00 Tom Ellery (override)" in text
    assert text.count("\nWeek: ") == 4
    assert "This week: Wed 25 Nov to Wed 2 Dec" in text
    assert "on call      Wed 23 Dec 18:00 to Wed 30 Dec 10:00, 5 shifts" in text
    assert "1st line ops Fri 25 Dec 10:00 to Fri 25 Dec 18:00 (override)" in text


def test_on_a_bank_holiday_nobody_works_by_day_only_because_the_rotation_says_so() -> None:
    now = datetime(2026, 12, 25, 12, tzinfo=UTC)
    day = (datetime(2026, 12, 25, 10, tzinfo=UTC), datetime(2026, 12, 25, 18, tzinfo=UTC))
    monday = (datetime(2026, 12, 29, 10, tzinfo=UTC), datetime(2026, 12, 29, 18, tzinfo=UTC))
    shifts = (
        Shift(Role.DEV, ME, *day),
        Shift(Role.ON_CALL, CALLUM, *day, override=True),
        Shift(Role.DEV, ME, *monday),
    )
    made = Rota(shifts, Cover(now - timedelta(days=5), now + timedelta(days=20), frozenset(Role)))
    seen = view(at=now, feeds={FeedName.ROTA: (made,), FeedName.ON_CALL: ()})
    text = page(seen)
    assert "1st line dev nobody now, by plan" in text
    assert "You are next first line dev from Tue 10:00" in text
    assert "Fri 25 Dec is a bank holiday without a second line in its hours" in text
    assert "Mon 28 Dec is a bank holiday and nobody covers it" in text
    rows = {row.key: row for row in rota_rows(seen)}
    # It is nothing to look up for: the pane says so quietly.
    assert (rows["dev.now"].who, rows["dev.now"].style) == ("nobody now", "dim")
    assert rows["dev.next"].start == monday[0]
    assert rows["holiday.2026-12-25"].who == "no 2nd line"
    assert rows["holiday.2026-12-28"].who == "nobody covers"


def test_nobody_by_plan_nobody_by_mistake_and_unknown_are_three_things() -> None:
    now = datetime(2026, 12, 3, 12, tzinfo=UTC)
    world = view(at=now).snapshot.rota.rows[0]
    cover = world.cover
    bare = Rota(tuple(shift for shift in world.shifts if shift.role is not Role.DEV), cover)
    text = page(view(at=now, feeds={FeedName.ROTA: (bare,), FeedName.ON_CALL: ()}))
    assert "1st line dev nobody now\n" in text
    assert "2nd line     nobody now, by plan" in text
    assert "nobody is first line dev Thu 12:00 to Thu 18:00, and" in text

    unread = Rota(bare.shifts, replace(cover, roles=frozenset(Role) - {Role.DEV}))
    text = page(view(at=now, feeds={FeedName.ROTA: (unread,), FeedName.ON_CALL: ()}))
    assert "1st line dev unknown: the rota could not be read" in text
    assert "nobody is first line dev" not in text
    assert "Not known: first line dev could not be read" in text

    text = page(view(at=now, feeds={FeedName.ROTA: (), FeedName.ON_CALL: ()}))
    assert text.count("unknown: the rota could not be read") == 4
    assert "Week" not in text


def test_the_end_of_the_planned_persons_shift_isnt_told_of_who_stepped_in() -> None:
    now = datetime(2026, 12, 3, 22, tzinfo=UTC)
    nights = (now - timedelta(hours=4), now + timedelta(hours=20))
    shifts = [Shift(Role.SECOND_LINE, CALLUM, at, at + timedelta(hours=16)) for at in nights]
    made = Rota(tuple(shifts), Cover(now - timedelta(days=5), now + timedelta(days=20), frozenset(Role)))

    def seen(*people: Person) -> tuple[str, list[tuple[str, str, datetime | None, bool, str]]]:
        answers = (OnCall("ooh_second_line", True, people),)
        drawn = view(at=now, feeds={FeedName.ROTA: (made,), FeedName.ON_CALL: answers})
        rows = [row for row in rota_rows(drawn) if row.key.startswith(Role.SECOND_LINE)]
        return page(drawn), [
            (row.who, row.style, row.end or row.start, row.override, row.warning) for row in rows
        ]

    text, rows = seen(RAVI)
    assert (
        "2nd line     Ravi Menon (override), until when isn't known\n   then       Callum Reid from" in text
    )
    assert rows == [
        (RAVI.name, "strong", None, True, "end unknown"),
        (CALLUM.name, "text", nights[1], False, ""),
    ]
    text, rows = seen()
    assert "2nd line     nobody now\n" in text
    assert rows[0] == ("nobody now", "warn", None, False, ""), "the timeline has somebody: it isn't by plan"
    text, rows = seen(CALLUM)
    assert "2nd line     Callum Reid until Fri 10:00, 12 h\n" in text
    assert rows == [(CALLUM.name, "strong", shifts[0].end, False, "")]


def test_without_a_rota_the_page_says_whether_it_is_configured_at_all() -> None:
    bare = view()
    off = replace(bare, snapshot=bare.snapshot.with_feed(FeedName.ROTA, Feed(enabled=False)))
    text = page(off)
    assert "When you are next on isn't known: no rota is configured." in text
    assert "! it is read with OpsGenie's key: set opsgenie.read_key_env" in text
    assert text.count("unknown: no rota is configured") == 3
    assert "could not be read" not in text

    unread = replace(bare, snapshot=bare.snapshot.with_feed(FeedName.ROTA, Feed()))
    assert "When you are next on isn't known: the rota isn't read yet." in page(unread)


def test_the_pay_period_is_told_where_the_rota_was_read_for_all_of_it() -> None:
    now = datetime(2026, 12, 3, 12, tzinfo=UTC)
    start, end = datetime(2026, 12, 2, 10, tzinfo=UTC), datetime(2027, 1, 6, 10, tzinfo=UTC)
    night = Shift(Role.ON_CALL, ME, now, now + timedelta(hours=16))
    made = Rota((night,), Cover(start, end, frozenset(Role)))
    assert "Wed 10:00 to Wed 6 Jan 2027 10:00: you are on call for 16 h" in page(
        view(at=now, feeds={FeedName.ROTA: (made,)})
    )
    short = Rota((night,), Cover(now, end, frozenset(Role)))
    assert "not known, the rota was not read for all of it" in page(
        view(at=now, feeds={FeedName.ROTA: (short,)})
    )


def test_a_handover_within_a_week_names_both() -> None:
    now = datetime(2026, 12, 3, 12, tzinfo=UTC)
    start = datetime(2026, 12, 2, 18, tzinfo=UTC)
    shifts = (
        Shift(Role.ON_CALL, CALLUM, start, start + timedelta(hours=16)),
        Shift(Role.ON_CALL, RAVI, start + timedelta(days=1), start + timedelta(days=1, hours=16)),
    )
    made = Rota(shifts, Cover(start - timedelta(days=1), now + timedelta(days=20), frozenset(Role)))
    text = page(view(at=now, feeds={FeedName.ROTA: (made,)}))
    assert "Callum Reid; Thu 18:00 to Fri 10:00 Ravi Menon" in text
