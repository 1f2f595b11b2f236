"""Widgets that draw their own lines look as Textual would draw them, and ask for no more than changed."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from support_desk.theme import THEMES, variables_for
from support_desk.widgets.ink import INKS, Inks
from support_desk.widgets.kept import Even
from support_desk.widgets.lines import Lines

WIDTH = 60


class Beside(Even, Horizontal):
    """Two widgets beside each other."""


class LinesApp(App[None]):
    CSS = """
    Beside { height: 1fr; border-left: solid red; }
    #all { height: 1fr; }
    #boxed { height: 3; border-top: solid red; }
    """

    def __init__(self, theme: str) -> None:
        super().__init__()
        for known in THEMES:
            self.register_theme(known)
        self.theme = theme

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables_for(self.current_theme)

    def compose(self) -> ComposeResult:
        with Beside():
            yield Lines(id="all")
        yield Lines(id="boxed")

    def on_mount(self) -> None:
        self.query_one("#all", Lines).show([((f" {name} ", name), ("·", "text")) for name in INKS])
        self.query_one("#boxed", Lines).show([(("one", "text"),), (("two", "late"),)])


def looks(strips: list[Strip]) -> list[list[Segment]]:
    """Text and style of each line, however it is cut into pieces."""
    return [list(Segment.simplify(strip)) for strip in strips]


@pytest.mark.parametrize("no_color", [False, True])
@pytest.mark.parametrize("theme", ["desk-dark", "desk-light", "ansi-dark", "textual-dark"])
async def test_its_own_lines_are_what_textual_would_draw(
    theme: str, no_color: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    app = LinesApp(theme)
    async with app.run_test(size=(WIDTH, len(INKS) + 4)):
        lines = app.query_one("#all", Lines)
        whole = Region(0, 0, lines.size.width, lines.size.height)
        assert looks(lines.render_lines(whole)) == looks(Widget.render_lines(lines, whole))
        part = Region(3, 2, 10, 5)
        assert looks(lines.render_lines(part)) == looks(Widget.render_lines(lines, part))


@pytest.mark.parametrize("theme", ["desk-dark", "desk-light", "desk-contrast"])
async def test_without_colour_what_is_late_is_not_fainter_than_what_isnt(
    theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = LinesApp(theme)
    async with app.run_test(size=(WIDTH, len(INKS) + 4)):
        inks = Inks(app.query_one("#all", Lines))
        for name in ("late", "soon", "alarm", "p1", "mine", "key"):
            assert inks(name).color == inks("text").color, name
            assert inks(name).bold, name
        assert inks("alarm").reverse
        assert inks("dim").color != inks("text").color


async def test_another_theme_is_painted_in_its_own_colours() -> None:
    app = LinesApp("desk-dark")
    async with app.run_test(size=(WIDTH, len(INKS) + 4)) as pilot:
        lines = app.query_one("#all", Lines)
        whole = Region(0, 0, lines.size.width, lines.size.height)
        dark = looks(lines.render_lines(whole))
        app.theme = "desk-light"
        await pilot.pause()
        light = looks(lines.render_lines(whole))
        assert light != dark
        assert light == looks(Widget.render_lines(lines, whole))


async def test_a_line_that_did_not_change_is_the_one_painted_before() -> None:
    app = LinesApp("desk-dark")
    async with app.run_test(size=(WIDTH, len(INKS) + 4)):
        lines = app.query_one("#all", Lines)
        whole = Region(0, 0, lines.size.width, lines.size.height)
        before = lines.render_lines(whole)
        said = [((f" {name} ", name), ("·", "text")) for name in INKS]
        said[2] = ((" another ", "late"), ("·", "text"))
        lines.show(said)
        after = lines.render_lines(whole)
        assert [y for y, pair in enumerate(zip(before, after, strict=True)) if pair[0] is not pair[1]] == [2]
        assert after[2].text.startswith(" another ·")


async def test_a_border_is_drawn_around_lines() -> None:
    app = LinesApp("desk-dark")
    async with app.run_test(size=(WIDTH, len(INKS) + 4)):
        boxed = app.query_one("#boxed", Lines)
        texts = [line.text.rstrip() for line in boxed.render_lines(Region(0, 0, WIDTH, 3))]
        assert set(texts[0]) == {"─"}
        assert texts[1:] == ["one", "two"]


async def test_a_container_has_one_line_for_all_of_its_own_and_its_border_in_it() -> None:
    app = LinesApp("desk-dark")
    async with app.run_test(size=(WIDTH, len(INKS) + 4)):
        beside = app.query_one(Beside)
        whole = Region(0, 0, beside.outer_size.width, beside.outer_size.height)
        drawn = beside.render_lines(whole)
        assert len({id(line) for line in drawn}) == 1
        assert drawn[0].text.startswith("│")
        assert looks(drawn) == looks(Widget.render_lines(beside, whole))
