"""The document view: what it shows, where it stays, and what it writes to a terminal."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from support_desk.widgets.document import DocumentView
from support_desk.widgets.markdown_lines import lay_out
from tests.effort import calls
from tests.terminal import Terminal

LONG = "# Top\n\n" + "\n\n".join(f"## Part {n}\n\nDo step {n} with `care`." for n in range(40))


class Reader(App[None]):
    """Nothing but a document."""

    CSS = "DocumentView { height: 1fr; } .narrow DocumentView { width: 20; }"

    def compose(self) -> ComposeResult:
        yield DocumentView(id="document")

    @property
    def document(self) -> DocumentView:
        return self.query_one(DocumentView)


def shown(document: DocumentView) -> list[str]:
    """The lines on the screen."""
    return [document.render_line(y).text.rstrip() for y in range(document.size.height)]


def marked(document: DocumentView) -> list[str]:
    """What is drawn reversed."""
    lines = (document.render_line(y) for y in range(document.size.height))
    return [part.text for line in lines for part in line if part.style is not None and part.style.reverse]


async def press(pilot: Pilot[None], *keys: str) -> int:
    """Press keys, and say which line is at the top then."""
    await pilot.press(*keys)
    return pilot.app.query_one(DocumentView).scroll_offset.y


async def test_a_runbook_is_shown_under_its_note() -> None:
    app = Reader()
    async with app.run_test(size=(60, 12)) as pilot:
        app.document.show("a.md", "# Disk full\n\n- look at `df -h`", note="Chosen for its tag")
        await pilot.pause()
        assert shown(app.document)[:5] == ["Chosen for its tag", "", "Disk full", "", "• look at df -h"]
        assert app.document.page is not None
        assert app.document.page.headings[0].anchor == "disk-full"
        assert app.document.key == "a.md"


async def test_keys_scroll_without_animation() -> None:
    app = Reader()
    async with app.run_test(size=(60, 12)) as pilot:
        app.document.show("a.md", LONG)
        app.document.focus()
        await pilot.pause()
        assert await press(pilot, "j") == 1
        assert await press(pilot, "down") == 2
        assert await press(pilot, "k") == 1
        assert await press(pilot, "up", "up") == 0
        assert await press(pilot, "pagedown") == 11
        assert await press(pilot, "pageup") == 0
        end = await press(pilot, "G")
        assert shown(app.document)[-1] == "Do step 39 with care."
        assert await press(pilot, "j") == end
        assert await press(pilot, "g") == 0
        assert await press(pilot, "end") == end
        assert await press(pilot, "home") == 0


async def test_a_pane_that_is_zoomed_for_a_moment_keeps_the_place() -> None:
    app = Reader()
    async with app.run_test(size=(60, 12)) as pilot:
        app.document.show("a.md", LONG, anchor="part-7")
        app.document.focus()
        await press(pilot, "j")
        before = shown(app.document)
        for size in ((60, 200), (150, 200), (30, 5), (60, 200), (60, 12)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        assert shown(app.document) == before


async def test_an_anchor_is_where_the_page_opens() -> None:
    app = Reader()
    async with app.run_test(size=(60, 12)) as pilot:
        app.document.show("a.md", LONG, anchor="part-7")
        await pilot.pause()
        assert shown(app.document)[0] == "Part 7"
        assert app.document.go_to("#part-3")
        await pilot.pause()
        assert shown(app.document)[0] == "Part 3"
        assert not app.document.go_to("nowhere")
        assert marked(app.document) == [], "what is at the top is found without a mark"
        # Too near the end to be scrolled to the top.
        assert app.document.go_to("part-39")
        await pilot.pause()
        assert shown(app.document).index("Part 39") > 0
        assert marked(app.document) == ["Part 39"]
        assert app.document.go_to("part-38")
        assert marked(app.document) == ["Part 38"]
        app.document.show("a.md", LONG, anchor="part-39")
        await pilot.pause()
        assert marked(app.document) == ["Part 39"]
        app.document.show("a.md", LONG, anchor="no-such-part")
        await pilot.pause()
        assert shown(app.document)[0] == "Top"


async def test_the_same_key_keeps_its_place_and_another_starts_at_the_top() -> None:
    app = Reader()
    async with app.run_test(size=(60, 12)) as pilot:
        document = app.document
        document.show("a.md", LONG)
        document.focus()
        await pilot.pause()
        there = await press(pilot, "pagedown", "j")
        document.show("a.md", LONG + "\n\nOne more line.")
        await pilot.pause()
        assert document.scroll_offset.y == there
        document.say("Reading the runbooks ...")
        await pilot.pause()
        assert shown(document)[0] == "Reading the runbooks ..."
        assert document.key == ""
        document.show("a.md", LONG)
        await pilot.pause()
        assert document.scroll_offset.y == there
        document.show("b.md", LONG)
        await pilot.pause()
        assert document.scroll_offset.y == 0


async def test_a_page_that_became_shorter_is_shown_from_its_end() -> None:
    app = Reader()
    async with app.run_test(size=(60, 12)) as pilot:
        app.document.show("a.md", LONG)
        app.document.focus()
        await pilot.pause()
        await pilot.press("G")
        app.document.show("a.md", "Short.")
        await pilot.pause()
        assert shown(app.document)[0] == "Short."


async def test_another_width_lays_out_again_and_keeps_what_is_being_read() -> None:
    app = Reader()
    async with app.run_test(size=(60, 12)) as pilot:
        app.document.show(
            "a.md", LONG.replace("care", "so much care that it takes two lines or three"), "part-20"
        )
        await pilot.pause()
        before = app.document.scroll_offset.y
        app.screen.add_class("narrow")
        await pilot.pause()
        assert shown(app.document)[0] == "Part 20"
        assert app.document.scroll_offset.y > before
        assert app.document.page is not None
        assert max(len(line) for line in app.document.plain.splitlines()) <= 19


async def test_a_long_runbook_keeps_no_key_waiting() -> None:
    longest = "".join(f"## Part {n}\n\nDo step {n} with `care`.\n\n" for n in range(700))
    app = Reader()
    async with app.run_test(size=(60, 12)) as pilot:
        document = app.document
        await pilot.pause()
        asked = calls(lambda: document.show("long.md", longest, "part-650"))
        assert asked < 1_000, "laying it out takes 350,000"
        assert shown(document)[0].startswith("A long text")
        await app.workers.wait_for_complete()
        assert shown(document)[0] == "Part 650"
        await press(pilot, "j", "j")
        app.screen.add_class("narrow")
        await pilot.pause()
        await app.workers.wait_for_complete()
        assert max(map(len, document.plain.splitlines())) <= 19
        assert shown(document)[0] == "Do step 650 with"
        document.show("longer.md", longest + longest)
        document.show("a.md", LONG)
        await app.workers.wait_for_complete()
        assert (document.key, shown(document)[0]) == ("a.md", "Top")


async def test_what_is_shown_while_hidden_is_there_when_it_appears() -> None:
    app = Reader()
    async with app.run_test(size=(60, 12)) as pilot:
        app.document.display = False
        await pilot.pause()
        app.document.show("a.md", LONG, anchor="part-5")
        app.document.display = True
        await pilot.pause()
        assert shown(app.document)[0] == "Part 5"


async def test_styles_differ_without_colour() -> None:
    app = Reader()
    async with app.run_test(size=(60, 12)) as pilot:
        app.document.show("a.md", "# One\n\n**two** _three_ [four](#x) ~~five~~ plain")
        await pilot.pause()
        styles = {
            segment.text: segment.style
            for y in (0, 2)
            for segment in app.document.render_line(y)
            if segment.style is not None
        }
        assert styles["One"].bold
        assert styles["One"].underline
        assert styles["two"].bold
        assert styles["three"].italic
        assert styles["four"].underline
        assert styles["five"].strike
        assert not any((styles[" plain"].bold, styles[" plain"].underline, styles[" plain"].italic))
        assert all(style.link is None for style in styles.values())


async def test_a_theme_change_is_seen() -> None:
    app = Reader()
    async with app.run_test(size=(60, 12)) as pilot:
        app.document.show("a.md", "# One")
        await pilot.pause()
        before = next(iter(app.document.render_line(0))).style
        app.theme = "textual-light"
        await pilot.pause()
        assert next(iter(app.document.render_line(0))).style != before


async def test_markup_in_text_is_only_text() -> None:
    app = Reader()
    async with app.run_test(size=(60, 12)) as pilot:
        app.document.say("No such runbook: [/nope] [@click=app.quit]x[/]")
        await pilot.pause()
        assert shown(app.document)[0] == "No such runbook: [/nope] [@click=app.quit]x[/]"


def test_the_parser_is_not_loaded_before_a_page_is_laid_out() -> None:
    check = "import sys, support_desk.widgets.document; print('markdown_it' in sys.modules)"
    with Terminal([sys.executable, "-c", check]) as terminal:
        assert terminal.wait_exit() == 0
        assert terminal.screen[0] == "False"


HOSTILE = (
    "# T\x1b[2Jitle\n\n[link](https://example.com/a) &#x202e;evil &#27;]52;c;AAAA\x07\n\n`\x9b2J`\n\n" + LONG
)


def test_no_hostile_byte_and_no_hyperlink_reaches_the_terminal(tmp_path: Path) -> None:
    program = tmp_path / "reader.py"
    program.write_text(
        "from tests.widgets.test_document import HOSTILE, Reader\n"
        "class Opened(Reader):\n"
        "    def on_mount(self):\n"
        "        self.document.show('a.md', HOSTILE)\n"
        "        self.document.focus()\n"
        "Opened().run()\n"
    )
    root = Path(__file__).parents[2]
    with Terminal(
        [sys.executable, str(program)], rows=20, columns=60, env={"PYTHONPATH": str(root)}, cwd=root
    ) as terminal:
        terminal.wait_for("evil", timeout=20)
        # What is left of the first frame isn't what the key draws.
        terminal.settle()
        mark = terminal.mark()
        terminal.send("j")
        terminal.wait_for(lambda t: not any(line.startswith("Title") for line in t.screen))
        assert len(terminal.bytes_since(mark)) < 10_000
        terminal.press("ctrl+q")
        assert terminal.wait_exit() == 0
        assert terminal.modes_left() == []
        drawn = terminal.raw.decode()
        assert not re.search("\x1b\\](?:8|52);|\x1b\\[2J|[\x80-\x9f\u202e]", drawn)


def test_laying_out_is_remembered() -> None:
    """The second layout is found, so going back and forth costs nothing: the pages are the same object."""
    from support_desk.widgets.document import _laid_out

    assert _laid_out(LONG, 40, "") is _laid_out(LONG, 40, "")
    assert _laid_out(LONG, 40, "") == lay_out(LONG, 40)
