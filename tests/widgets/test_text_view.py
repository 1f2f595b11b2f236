"""Wrapping keeps every word, and a reader keeps their place."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.strip import Strip

from support_desk.text import cell_width, clean
from support_desk.widgets.text_view import TextLine, TextView, breaks, wrap
from tests.effort import calls


def plain(line: TextLine, width: int) -> list[str]:
    return ["".join(text for text, _ in parts) for parts in wrap(line, width)]


def line(text: str, **options: Any) -> TextLine:
    return TextLine(((text, "text"),), **options)


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("", 10, [""]),
        ("one two", 10, ["one two"]),
        ("one two three", 8, ["one two", "three"]),
        ("one  two   three", 8, ["one  two", "three"]),
        ("    indented words here", 12, ["    indented", "words here"]),
        ("abcdefghijklmnop", 8, ["abcdefgh", "ijklmnop"]),
        ("ab cdefghijklmnop", 8, ["ab", "cdefghij", "klmnop"]),
        ("日本語の件名です", 8, ["日本語の", "件名です"]),
    ],
)
def test_words_are_broken_between_blanks_or_where_they_must(
    text: str, width: int, expected: list[str]
) -> None:
    assert plain(line(text), width) == expected


def test_what_follows_stands_under_the_first_word() -> None:
    shown = plain(TextLine((("Label  ", "label"), ("a value of several words", "text")), indent=7), 18)
    assert shown == ["Label  a value of", "       several", "       words"]


def test_a_rule_runs_along_every_line() -> None:
    shown = plain(line("one two three four", edge=("▌ ", "public")), 12)
    assert [text[:2] for text in shown] == ["▌ "] * len(shown)
    assert len(shown) == 2


def test_styles_follow_their_words() -> None:
    wrapped = wrap(TextLine((("bold ", "strong"), ("and then the rest", "text"))), 10)
    assert wrapped[0] == (("bold ", "strong"), ("and", "text"))
    assert wrapped[1] == (("then the", "text"),)


@pytest.mark.parametrize("width", range(18, 24))
def test_a_length_stays_whole(width: int) -> None:
    """ "overdue by 4 d" at the end of a line is another length."""
    wrapped = wrap(line("it is overdue by 4 d 18 h, 5 s"), width)
    shown = "\n".join("".join(text for text, _ in parts) for parts in wrapped)
    assert "4 d 18 h," in shown
    assert "5 s" in shown


@given(st.text(max_size=300), st.integers(min_value=8, max_value=60))
def test_nothing_but_blanks_is_lost_and_every_line_fits(raw: str, width: int) -> None:
    text = clean(raw)
    cuts = breaks(text, width, width)
    assert "".join(text[start:end] for start, end in cuts).replace(" ", "") == text.replace(" ", "")
    assert all(cell_width(text[start:end]) <= width for start, end in cuts)


def test_a_word_of_sixty_thousand_letters_is_no_trouble() -> None:
    began = time.thread_time()
    wrap(line("x" * 60_000), 80)
    wrap(line("字" * 30_000), 80)
    assert time.thread_time() - began < 0.5, "4 ms, were it in proportion; this is far from anything else"


class Reader(App[None]):
    def compose(self) -> ComposeResult:
        yield TextView(id="text")

    @property
    def view(self) -> TextView:
        return self.query_one("#text", TextView)


def comments(count: int, head: int = 2) -> list[TextLine]:
    lines = [line(f"fact {number}") for number in range(head)]
    for number in range(count):
        lines.append(line(f"heading {number}", key=number))
        lines += [
            line(f"comment {number} says a good deal in a sentence of its own, line {n}") for n in range(8)
        ]
    return lines


async def test_a_text_shown_again_keeps_the_readers_place_even_if_lines_came_before_it() -> None:
    app = Reader()
    async with app.run_test(size=(60, 12)) as pilot:
        app.view.show("a", comments(10))
        await pilot.pause()
        app.view.focus()
        await pilot.press("pagedown", "pagedown", "pagedown")
        top = app.view.shown.split("\n")[0]
        app.view.show("a", comments(12, head=7))
        await pilot.pause()
        assert app.view.shown.split("\n")[0] == top
        app.view.show("b", comments(12))
        await pilot.pause()
        assert app.view.shown.startswith("fact 0")


async def test_another_width_keeps_the_place_too() -> None:
    app = Reader()
    async with app.run_test(size=(60, 12)) as pilot:
        app.view.show("a", comments(10))
        app.view.focus()
        await pilot.pause()
        app.view.go_to_key(1)
        app.view.go_to_key(1)
        await pilot.pause()
        assert app.view.shown.startswith("heading 1")
        await pilot.resize_terminal(30, 12)
        await pilot.pause()
        assert app.view.shown.startswith("heading 1")


async def test_a_pane_that_is_zoomed_for_a_moment_keeps_the_place() -> None:
    """All of the text fits then, so there is no place but the beginning."""
    app = Reader()
    async with app.run_test(size=(60, 12)) as pilot:
        app.view.show("a", comments(4))
        app.view.focus()
        await pilot.pause()
        app.view.go_to_key(1)
        await pilot.press("j", "j")
        top = app.view.shown.split("\n")[0]
        for size in ((150, 90), (20, 5), (150, 90), (60, 12)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            # Its facts change meanwhile, as those of every page do.
            app.view.show("a", comments(4))
            await pilot.pause()
        assert app.view.shown.split("\n")[0] == top
        await pilot.resize_terminal(150, 40)
        await pilot.press("g")
        await pilot.resize_terminal(60, 12)
        await pilot.pause()
        assert app.view.shown.startswith("fact 0"), "who has moved since is where they went"


async def test_the_keys_move_at_once() -> None:
    app = Reader()
    async with app.run_test(size=(60, 12)) as pilot:
        app.view.show("a", comments(10))
        app.view.focus()
        await pilot.press("j")
        assert app.view.scroll_offset.y == 1
        await pilot.press("G")
        assert app.view.shown.rstrip().endswith("line 7")
        await pilot.press("k", "g")
        assert app.view.scroll_offset.y == 0


async def test_only_what_changed_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Reader()
    async with app.run_test(size=(60, 12)) as pilot:
        app.view.show("a", comments(10))
        await pilot.pause()
        drawn: list[int] = []
        render = app.view.render_line

        def recording(y: int) -> Strip:
            drawn.append(y)
            return render(y)

        monkeypatch.setattr(app.view, "render_line", recording)
        changed = comments(10)
        changed[1] = line("fact 9")
        app.view.show("a", changed)
        await pilot.pause()
        assert drawn == [1]
        assert "fact 9" in app.view.shown


async def test_sixty_comments_are_laid_out_with_little_work() -> None:
    app = Reader()
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        text = comments(60)
        laid_out = calls(lambda: app.view.show("these", text))
        assert laid_out < 50 * len(text), "about 20 a line; widgets would be thousands each"
