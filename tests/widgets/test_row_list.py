"""The one list: identity before position, and no more drawing than needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region

from support_desk.theme import variables_for
from support_desk.widgets.columns import Column, Moment, lay_out
from support_desk.widgets.row_list import IDLE, MarkingList, RowList
from support_desk.widgets.rows import Rows
from tests.effort import calls

START = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    id: int
    text: str
    due: datetime = START + timedelta(hours=1)


def columns(_: int) -> Sequence[Column[Row]]:
    def left(row: Row, moment: Moment) -> tuple[str, str]:
        return f"{int((row.due - moment.now).total_seconds())}", "due"

    return (
        Column("left", "Left", 6, left, ticks=True, right=True),
        Column("text", "Text", 10, lambda row, _: (row.text, "text"), flexible=True),
    )


class ListApp(App[None]):
    def __init__(
        self, rows: Sequence[Row], columns: Callable[[int], Sequence[Column[Row]]] = columns
    ) -> None:
        super().__init__()
        self.now = START
        self.moved: list[object] = []
        self.opened: list[object] = []
        self.list = MarkingList[Row](columns, lambda row: row.id, lambda: self.now, id="list")
        self.first = list(rows)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables_for(self.current_theme)

    def compose(self) -> ComposeResult:
        yield self.list

    def on_mount(self) -> None:
        self.list.show(self.first)
        self.list.focus()

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        self.moved.append(message.key)

    def on_row_list_opened(self, message: RowList.Opened) -> None:
        self.opened.append(message.key)

    def screen_lines(self) -> list[str]:
        return [self.list.render_line(y).text for y in range(self.list.size.height)]

    def line_of(self, text: str) -> int:
        return next(y for y, line in enumerate(self.screen_lines()) if text in line)


def rows(*ids: int) -> list[Row]:
    return [Row(id_, f"row-{id_}.") for id_ in ids]


async def test_the_cursor_stays_on_its_row_when_rows_arrive_above_it() -> None:
    app = ListApp(rows(1, 2, 3, 4))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j", "j")
        app.list.show(rows(9, 8, 1, 2, 3, 4))
        await pilot.pause()
        assert app.list.cursor == 3
        assert app.list.render_line(app.line_of("row-3.")).text.startswith(">")


async def test_in_a_long_list_the_row_under_the_cursor_keeps_its_line() -> None:
    app = ListApp(rows(*range(100)))
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.press(*["j"] * 30)
        before = app.line_of("row-30.")
        app.list.show(rows(200, 201, 202, *range(100)))
        await pilot.pause()
        assert app.list.cursor == 30
        assert app.line_of("row-30.") == before


async def test_a_row_that_leaves_stays_struck_through_until_the_cursor_moves() -> None:
    app = ListApp(rows(1, 2, 3))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j")
        app.list.show(rows(1, 3))
        await pilot.pause()
        assert app.list.cursor == 2
        assert app.list.selected_is_gone
        assert any("row-2." in line and "×" in line for line in app.screen_lines())
        await pilot.press("j")
        assert (app.list.cursor, [row.id for row in app.list.rows]) == (3, [1, 3])


async def test_a_new_order_waits_until_the_cursor_has_rested() -> None:
    app = ListApp(rows(1, 2, 3))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j")
        app.list.show(rows(3, 2, 1))
        await pilot.pause()
        assert [row.id for row in app.list.rows] == [1, 2, 3]
        app.list.tick()
        assert [row.id for row in app.list.rows] == [1, 2, 3]
        app.now += IDLE + timedelta(seconds=1)
        app.list.tick()
        assert [row.id for row in app.list.rows] == [3, 2, 1]
        assert app.list.cursor == 2


async def test_newcomers_are_shown_beside_their_neighbour_while_the_order_waits() -> None:
    app = ListApp(rows(1, 2, 3))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j")
        app.list.show(rows(3, 7, 2, 1))
        await pilot.pause()
        assert [row.id for row in app.list.rows] == [1, 2, 3, 7]


async def test_an_order_that_was_asked_for_does_not_wait() -> None:
    app = ListApp(rows(1, 2, 3))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j")
        app.list.show(rows(3, 2, 1), at_once=True)
        await pilot.pause()
        assert [row.id for row in app.list.rows] == [3, 2, 1]


async def test_rows_that_were_asked_for_fill_the_page() -> None:
    """With the filter gone the last row of many isn't shown alone, as if the list had no other."""
    app = ListApp(rows(40))
    async with app.run_test(size=(40, 12)) as pilot:
        app.list.show(rows(*range(1, 41)), at_once=True)
        await pilot.pause()
        assert [app.line_of(f"row-{number}.") for number in range(31, 41)] == list(range(2, 12))
        assert app.list.cursor == 40


async def test_a_page_that_rows_have_left_is_full_again_with_the_next_key() -> None:
    """While nobody presses anything the row under the cursor stays where it is."""
    app = ListApp(rows(*range(1, 41)))
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.press("G", *["k"] * 9)
        assert app.line_of("row-31.") == 2
        app.list.show(rows(*range(1, 32)))
        await pilot.pause()
        assert app.line_of("row-31.") == 2
        await pilot.press("k")
        assert app.line_of("row-30.") == 10
        assert app.line_of("row-31.") == 11


async def test_a_list_at_its_top_that_nobody_works_in_shows_what_is_new() -> None:
    app = ListApp(rows(*range(50)))
    async with app.run_test(size=(40, 10)) as pilot:
        app.list.show(rows(99, *range(50)))
        await pilot.pause()
        assert app.line_of("row-99.") < app.line_of("row-0.")
        assert app.list.cursor == 0


@pytest.mark.parametrize("keys", [(), ("j", "k")])
async def test_a_list_that_keys_dont_act_on_shows_its_top_though_the_row_under_the_cursor_sinks(
    keys: tuple[str, ...],
) -> None:
    """Four rows of acknowledged alerts would hide those that nobody has."""
    app = ListApp(rows(*range(50)))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press(*keys)
        app.now += IDLE
        app.list.in_use = False
        app.list.show(rows(*range(1, 50), 0))
        await pilot.pause()
        assert app.line_of("row-1.") == 2
        assert app.list.cursor == 0
        assert "50/50 ▼42" in app.screen_lines()[0]
        # With a key that goes to the list, or a click beside its rows, they mean what is under the cursor.
        await pilot.click(RowList, offset=(5, 0))
        assert app.line_of("row-0.") == 9


async def test_a_list_whose_cursor_has_sunk_shows_its_top_again_when_keys_act_on_another() -> None:
    app = ListApp(rows(*range(50)))
    async with app.run_test(size=(40, 10)) as pilot:
        app.list.show(rows(*range(1, 50), 0))
        assert app.line_of("row-0.") == 2, "a key would mean it"
        app.list.in_use = False
        app.list.show(rows(*range(1, 50), 0))
        assert app.line_of("row-1.") == 2
        # Who has scrolled there finds it as it was.
        app.list.in_use = True
        await pilot.press("g", "G")
        app.list.in_use = False
        app.list.show(rows(*range(1, 50), 0))
        assert app.line_of("row-0.") == 9


async def test_enter_opens_the_row_by_key_and_the_mouse_does_on_the_second_click() -> None:
    app = ListApp(rows(1, 2, 3))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j", "enter")
        await pilot.click(RowList, offset=(5, app.line_of("row-3.")))
        assert app.list.cursor == 3
        await pilot.click(RowList, offset=(5, app.line_of("row-3.")), times=2)
        await pilot.pause()
        assert app.opened == [2, 3]


async def test_marks_follow_their_rows_and_leave_with_them() -> None:
    app = ListApp(rows(1, 2, 3, 4))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("space", "space")
        assert [row.id for row in app.list.marked] == [1, 2]
        app.now += timedelta(minutes=5)
        app.list.show(rows(4, 2, 3))
        await pilot.pause()
        assert [row.id for row in app.list.marked] == [2]
        await pilot.press("X")
        assert app.list.marked == ()


@pytest.mark.parametrize("key", ["j", "X", "space"])
async def test_where_all_that_was_marked_has_left_that_is_known_until_the_next_move(key: str) -> None:
    app = ListApp(rows(1, 2, 3, 4))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("space", "space")
        app.list.show(rows(2, 3, 4))
        assert not app.list.bereft
        for _ in range(2):
            app.list.show(rows(3, 4))
            assert app.list.bereft
        await pilot.press(key)
        assert not app.list.bereft


def test_what_is_marked_is_found_without_a_look_at_every_row() -> None:
    """The footer asks twice a second, of a queue of thousands."""
    long = Rows[Row](lambda row: row.id)
    long.take(rows(*range(1_000)))
    for place in (700, 3):
        long.move_to(place)
        long.mark()
    assert [row.id for row in long.marked] == [3, 700]
    assert calls(lambda: long.marked) < 20


async def test_a_marked_row_that_another_one_has_taken_in_stays_until_its_mark_goes() -> None:
    """A key would mean the row under the cursor, which nobody has marked."""
    app = ListApp(rows(1, 2, 3, 4))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("space", "space", "j")

        def latest(row: Row) -> Row | None:
            return replace(row, text="newer.") if row.id == 2 else None

        for _ in range(2):
            app.list.show(rows(7, 3, 4), latest=latest)
            await pilot.pause()
            assert [row.text for row in app.list.marked] == ["newer."], "1 has left with its mark"
            assert [row.id for row in app.list.rows] == [2, 7, 3, 4]
            assert any("newer." in line and "⊗" in line for line in app.screen_lines())
        await pilot.press("k")
        assert [row.id for row in app.list.marked] == [2]
        app.list.unmark(app.list.marked)
        assert [row.id for row in app.list.rows] == [7, 3, 4]
        assert app.list.cursor == 3


async def test_a_range_is_marked_from_where_it_began() -> None:
    app = ListApp(rows(1, 2, 3, 4))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j", "v", "j", "j", "v")
        assert [row.id for row in app.list.marked] == [2, 3, 4]


async def test_a_tick_asks_only_for_the_cells_whose_text_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = ListApp(rows(1, 2))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        asked: list[Region] = []
        refresh = app.list.refresh

        def asking(*regions: Region, **more: bool) -> MarkingList[Row]:
            asked.extend(regions)
            return refresh(*regions, **more)

        monkeypatch.setattr(app.list, "refresh", asking)
        app.list.tick()
        assert asked == []
        app.now += timedelta(seconds=1)
        app.list.tick()
        assert len(asked) == 2
        assert all(region.width == 6 for region in asked)


async def test_a_tick_asks_for_one_stretch_of_a_line_and_leaves_the_rest_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def two_that_tick(width: int) -> Sequence[Column[Row]]:
        left, text = columns(width)
        return (left, Column("still", "", 3, lambda _, __: ("yes", "dim")), replace(left, id="more"), text)

    app = ListApp(rows(1, 2), two_that_tick)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        before = app.screen_lines()
        asked: list[Region] = []
        refresh = app.list.refresh

        def asking(*regions: Region, **more: bool) -> MarkingList[Row]:
            asked.extend(regions)
            return refresh(*regions, **more)

        monkeypatch.setattr(app.list, "refresh", asking)
        app.now += timedelta(seconds=1)
        app.list.tick()
        assert [(region.x, region.width) for region in asked] == [(2, 17)] * 2
        after = app.screen_lines()
        assert after == [line.replace("3600", "3599") for line in before]
        assert sum("3599 yes   3599 row-" in line for line in after) == 2


async def test_hostile_text_stays_within_its_column() -> None:
    app = ListApp(
        [
            Row(1, "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字"),
            Row(2, "[/nope][@click=app.quit]x"),
        ]
    )
    async with app.run_test(size=(30, 6)) as pilot:
        await pilot.pause()
        for y in range(6):
            assert app.list.render_line(y).cell_length == 30
        assert any("[/nope]" in line for line in app.screen_lines())


async def test_an_empty_list_says_what_it_was_told_to_say() -> None:
    app = ListApp([])
    async with app.run_test(size=(60, 6)) as pilot:
        app.list.empty("Nothing known: the last reading failed.")
        app.list.notice("Zendesk refused the sign-in: check [zendesk]")
        await pilot.pause()
        text = "\n".join(app.screen_lines())
        assert "Nothing known" in text
        assert "! Zendesk refused" in text


def blank(_row: Row, _moment: Moment) -> tuple[str, str]:
    return "", ""


def test_columns_of_the_highest_rank_leave_first() -> None:
    wanted: tuple[Column[Row], ...] = (
        Column("a", "A", 5, blank),
        Column("b", "B", 10, blank, flexible=True),
        Column("c", "C", 8, blank, rank=2),
        Column("d", "D", 8, blank, rank=1),
    )
    assert [place.column.id for place in lay_out(wanted, 40)] == ["a", "b", "c", "d"]
    assert [place.column.id for place in lay_out(wanted, 30)] == ["a", "b", "d"]
    assert [place.column.id for place in lay_out(wanted, 20)] == ["a", "b"]
    for width in range(1, 60):
        places = lay_out(wanted, width)
        assert all(place.x + place.width <= width for place in places)
