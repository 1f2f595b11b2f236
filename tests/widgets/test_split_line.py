"""A line in pieces: it looks like one line, and what changes at its end is all that is drawn again."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.geometry import Region

from support_desk.theme import THEMES, variables_for
from support_desk.widgets.split_line import SplitLine

SENTENCE = "ack P1 https://www.acme.example/ is down: 第二線 (Sam Patel) is paged in "


class LineApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.register_theme(THEMES[0])
        self.theme = THEMES[0].name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables_for(self.current_theme)

    def compose(self) -> ComposeResult:
        yield SplitLine(id="line")

    def on_mount(self) -> None:
        self.say("1:13")

    def say(self, left: str) -> None:
        self.query_one(SplitLine).show(((f" {SENTENCE}{left} ", "alarm"), ("0: 2 more", "dim")))

    @property
    def first_line(self) -> str:
        strips = self.screen._compositor.render_strips()  # Textual has no public name for this
        return strips[0].text.rstrip()


def without_blanks(text: str) -> str:
    return text.replace(" ", "")


async def test_the_pieces_show_the_whole_line() -> None:
    app, width = LineApp(), 96
    async with app.run_test(size=(width, 3)) as pilot:
        assert without_blanks(app.first_line) == without_blanks(f"{SENTENCE}1:13 0: 2 more")
        app.say("1:12")
        await pilot.pause()
        # Each cell wider moves some pieces without changing their size, and every cut meets the wide letters.
        for wider in range(width, width + 40):
            await pilot.resize_terminal(wider, 3)
            await pilot.pause()
            assert without_blanks(app.first_line) == without_blanks(f"{SENTENCE}1:12 0: 2 more")


async def test_a_line_that_is_too_long_is_cut_and_says_so() -> None:
    app = LineApp()
    async with app.run_test(size=(70, 3)):
        assert app.first_line.startswith(" ack P1 https://")
        assert app.first_line.endswith("…")


async def test_a_second_draws_one_piece() -> None:
    app = LineApp()
    async with app.run_test(size=(160, 3)):
        drawn: list[Region] = []
        for piece in app.query_one(SplitLine).children:
            refresh = piece.refresh

            def noted(*regions: Region, refresh=refresh, **what: bool):  # type: ignore[no-untyped-def]
                drawn.extend(regions)
                return refresh(*regions, **what)

            piece.refresh = noted  # type: ignore[method-assign]
        app.say("1:12")
        assert [region.width for region in drawn] == [1]
