"""Only what has changed is drawn and written, and the terminal shows what a whole new picture would show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any

import pyte
import pytest
from textual._compositor import CompositorUpdate
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from support_desk.theme import THEMES, variables_for
from support_desk.widgets.exact import ExactCompositor
from support_desk.widgets.kept import Even
from support_desk.widgets.lines import Lines

WIDTH, HEIGHT = 60, 8
PLAIN = ["a", "b", " ", "1", "…"]
ALL_KINDS = [*PLAIN, "漢", "字", "x\N{COMBINING ACUTE ACCENT}", "y\N{COMBINING ACUTE ACCENT}"]
SENTENCE = "ack P1 https://www.acme.example/ is down: 2nd is paged in "


class Beside(Even, Horizontal):
    """Two widgets beside each other."""


class ExactScreen(Screen[None]):
    def __init__(self) -> None:
        super().__init__()
        self._compositor = ExactCompositor()

    def compose(self) -> ComposeResult:
        with Beside():
            yield Lines(id="left")
            yield Lines(id="right")
        yield Lines(id="over")


class ExactApp(App[None]):
    """Two panes and a third that lies over both; `terminal` shows what is written."""

    CSS = """
    ExactScreen { layers: base above; }
    Beside { height: 1fr; }
    #left { width: 1fr; height: 1fr; }
    #right { width: 21; height: 1fr; border-left: solid red; }
    #over { layer: above; width: 17; height: 3; offset: 31 2; background: $panel; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(THEMES[0])
        self.theme = THEMES[0].name
        self.terminal = terminal()
        self.written: list[str] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables_for(self.current_theme)

    def get_default_screen(self) -> Screen[Any]:
        return ExactScreen()

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        if isinstance(renderable, CompositorUpdate):
            self.written.append(renderable.render_segments(self.console))
            pyte.Stream(self.terminal).feed(self.written[-1])
        super()._display(screen, renderable)

    def lines(self, name: str) -> Lines:
        return self.query_one(f"#{name}", Lines)

    async def painted(self, pilot: Pilot[None]) -> None:
        """Paint what has changed now, without waiting for the next frame."""
        await pilot.pause()
        self.screen._on_timer_update()

    def whole_picture(self, *, textuals: bool) -> pyte.Screen:
        """The picture drawn anew: as Textual does, or all of it as if it had changed."""
        drawn, compositor = terminal(), self.screen._compositor
        compositor._dirty_regions |= {Region(0, y, WIDTH, 1) for y in range(HEIGHT)}
        update = compositor.render_full_update() if textuals else compositor.render_partial_update()
        assert update is not None
        pyte.Stream(drawn).feed(update.render_segments(self.console))
        return drawn


def terminal() -> pyte.Screen:
    """One that doesn't wrap lines, as the program asks its own not to."""
    made = pyte.Screen(WIDTH, HEIGHT)
    made.reset_mode(pyte.modes.DECAWM)
    return made


def cells(terminal: pyte.Screen) -> list[list[Any]]:
    return [[terminal.buffer[y][x] for x in range(WIDTH)] for y in range(HEIGHT)]


def words(random: Random, letters: Sequence[str]) -> str:
    return "".join(random.choice(letters) for _ in range(random.randint(0, 40)))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("letters", [PLAIN, ALL_KINDS])
async def test_the_terminal_shows_what_a_whole_picture_would(seed: int, letters: Sequence[str]) -> None:
    random, app = Random(seed), ExactApp()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        said: dict[str, list[str]] = {"left": ["x"] * HEIGHT, "right": ["y"] * HEIGHT, "over": ["z"] * 3}
        # The first frame is Textual's.
        await app.painted(pilot)
        for _ in range(40):
            for name in random.sample(list(said), random.randint(1, 3)):
                lines = said[name]
                for y in random.sample(range(len(lines)), random.randint(1, 2)):
                    lines[y] = words(random, letters)
                inks = ("text", "late", "alarm")
                app.lines(name).show([((f"_{line}", random.choice(inks)), ("!", "dim")) for line in lines])
            await app.painted(pilot)
            # Where another widget begins or ends, Textual cuts wide characters in two, and marks off.
            whole = app.whole_picture(textuals=letters is PLAIN)
            assert cells(app.terminal) == cells(whole)


async def test_a_countdown_at_the_end_of_a_sentence_writes_the_countdown() -> None:
    app = ExactApp()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.lines("left").show([((SENTENCE[:34], "alarm"), ("1:13", "alarm"))])
        await app.painted(pilot)
        app.written.clear()
        app.lines("left").show([((SENTENCE[:34], "alarm"), ("1:12", "alarm"))])
        await app.painted(pilot)
        assert "".join(app.written).startswith("\x1b[1;38H")
        assert len("".join(app.written)) < 60


async def test_only_what_shows_a_change_is_asked_for_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    app = ExactApp()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.lines("over").show([(("over", "text"),)])
        app.lines("right").show([(("one", "text"),)] * HEIGHT)
        await app.painted(pilot)
        asked: list[str | None] = []

        def noted(widget: Widget, render_lines: Callable[[Region], list[Strip]], crop: Region) -> list[Strip]:
            asked.append(widget.id)
            return render_lines(crop)

        for widget in app.screen.walk_children(Widget):
            monkeypatch.setattr(widget, "render_lines", partial(noted, widget, widget.render_lines))
        app.lines("right").show([(("two", "text"),)] * HEIGHT)
        await app.painted(pilot)
        # Some of the right pane's lines begin under the third.
        assert set(asked) == {"right", "over"}
        asked.clear()
        app.lines("over").show([(("above", "text"),)])
        await app.painted(pilot)
        assert asked == ["over"]
