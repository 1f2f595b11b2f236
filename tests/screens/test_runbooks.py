"""Reading runbooks: links, contents, code to copy, search by text, and a guess where no rule leads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from support_desk.config.model import Runbooks
from support_desk.domain.runbooks import RunbookMatch
from support_desk.screens.pickers import ChoicePicker
from support_desk.screens.runbook_pane import RunbookPane
from support_desk.screens.runbook_search import RunbookSearch
from support_desk.sources.errors import Unreachable
from support_desk.sources.runbooks import RunbookFolder
from support_desk.widgets.document import DocumentView
from support_desk.widgets.lines import Lines
from tests.sources.test_runbook_pull import World
from tests.support import (
    LARGE,
    MIDDLE,
    SMALL,
    ManualClock,
    Running,
    Weather,
    changed,
    make,
    running,
    weathered_sources,
)

INDEX = """# All of it

See [the disk page](acme/disk.md#rotate), [the web](https://git.example.com/x) and [nothing](gone.md).
Back to [the top](#all-of-it), or to [no heading](#nowhere).
"""
DISK = """<!-- alerts: message=(?i)eastmarch.*down -->
# Full disks

Look at the volume. [Back](../index.md) or [from the top](/index.md).

```sh
df -h
du -xh / | sort -h | tail
```

## Rotate

```sh
logrotate -f /etc/logrotate.conf
```

""" + "\n\n".join(f"Paragraph {number}." for number in range(60))
GUESS = """# Heartbeats of the orchards

When the nightly backup of the orchards stays silent, look at the cron job of orchards.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "acme").mkdir()
    (tmp_path / "index.md").write_text(INDEX)
    (tmp_path / "acme/disk.md").write_text(DISK)
    (tmp_path / "orchards.md").write_text(GUESS)
    return tmp_path


@asynccontextmanager
async def over(folder: Path, *, size: tuple[int, int] = LARGE) -> AsyncIterator[Running]:
    """The demo's world, with this folder of runbooks."""
    config = changed(runbooks=Runbooks(path=str(folder)))
    clock, weather = ManualClock(), Weather()
    app = make(
        config,
        clock,
        weather,
        build=lambda: replace(weathered_sources(clock, weather), runbooks=RunbookFolder(config.runbooks)),
    )
    async with app.run_test(size=size, notifications=True) as pilot:
        desk = Running(app, pilot, clock, weather)
        await desk.until(lambda: desk.snapshot.runbooks.rows and desk.snapshot.alerts.rows)
        yield desk


def document(desk: Running) -> DocumentView:
    shown = desk.dashboard.runbook.document
    assert shown is not None
    return shown


async def reading(desk: Running, words: str = "Full disks") -> DocumentView:
    """Go to the runbook's pane, once it shows these words."""
    await desk.until(lambda: desk.dashboard.runbook.document is not None)
    await desk.press("3")
    await desk.until(lambda: words in document(desk).plain)
    return document(desk)


async def test_links_lead_to_other_files_and_headings_and_back(folder: Path) -> None:
    async with over(folder) as desk:
        await desk.press("1")
        shown = await reading(desk)
        await desk.press("right_square_bracket")
        assert shown.selected_link is not None
        assert shown.selected_link.target == "../index.md"
        await desk.press("enter")
        await desk.until(lambda: "All of it" in shown.plain)
        assert "linked from Full disks" in desk.runbook

        # Enter selects the first link, and follows it.
        await desk.press("enter", "enter")
        await desk.until(lambda: "Paragraph 1." in shown.plain)
        page = shown.page
        assert page is not None
        assert shown.scroll_offset.y == page.line_of("rotate")

        await desk.press("backspace")
        await desk.until(lambda: "All of it" in shown.plain)
        await desk.press("backspace")
        await desk.until(lambda: "Full disks" in shown.plain)
        await desk.press("backspace")
        assert desk.app.said[-1] == "There is no runbook to go back to"
        await desk.press("left_square_bracket", "enter")
        await desk.until(lambda: "All of it" in shown.plain)


async def test_a_link_to_nowhere_says_so_and_a_page_outside_is_not_opened(folder: Path) -> None:
    async with over(folder) as desk:
        await desk.press("1")
        await reading(desk)
        pane = desk.dashboard.runbook
        pane.go("../index.md")
        await desk.until(lambda: "All of it" in document(desk).plain)
        pane.go("gone.md")
        assert desk.app.said[-1] == "gone.md is no runbook of this folder"
        pane.go("../../etc/passwd")
        assert desk.app.said[-1] == "../../etc/passwd is no runbook of this folder"
        pane.go("#nowhere")
        assert desk.app.said[-1] == "This runbook has no heading #nowhere"
        pane.go("https://evil.example.com/x")
        await desk.pilot.pause()
        assert "Opening" not in desk.app.said[-1]
        assert "All of it" in document(desk).plain


async def test_the_contents_lead_to_a_heading(folder: Path) -> None:
    async with over(folder, size=MIDDLE) as desk:
        await desk.press("1")
        shown = await reading(desk)
        await desk.press("i")
        await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
        await desk.type("rotate")
        await desk.press("enter")
        await desk.until(lambda: desk.app.screen is desk.dashboard)
        page = shown.page
        assert page is not None
        assert shown.scroll_offset.y == page.line_of("rotate")
        assert shown.has_focus


async def test_a_block_of_code_is_copied_in_one_key(folder: Path) -> None:
    async with over(folder) as desk:
        await desk.press("1")
        await reading(desk)
        await desk.press("ctrl+y")
        assert desk.app.said[-1].startswith("Copied the code, 2 lines: ")
        assert desk.app.clipboard == "df -h\ndu -xh / | sort -h | tail"
        await desk.press("ctrl+y")
        assert desk.app.clipboard == "logrotate -f /etc/logrotate.conf"
        await desk.press("ctrl+y")
        assert desk.app.clipboard == "df -h\ndu -xh / | sort -h | tail"
        await desk.press("G", "ctrl+y")
        assert desk.app.said[-1] == "No block of code is in sight"


@pytest.mark.parametrize("size", [SMALL, MIDDLE])
async def test_the_selected_link_is_marked_where_it_stands(folder: Path, size: tuple[int, int]) -> None:
    async with over(folder, size=size) as desk:
        await desk.press("1")
        shown = await reading(desk)
        await desk.press("right_square_bracket")
        link = shown.selected_link
        assert link is not None
        strip = shown.render_line(link.line - shown.scroll_offset.y)
        marked = "".join(segment.text for segment in strip if segment.style and segment.style.reverse)
        assert marked == "Back (../index.md)"


async def type_words(desk: Running, words: str) -> RunbookSearch:
    await desk.press("B")
    await desk.until(lambda: isinstance(desk.app.screen, RunbookSearch))
    search = desk.app.screen
    assert isinstance(search, RunbookSearch)
    await desk.type(words)
    await desk.until(lambda: search.words == words)
    return search


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
async def test_search_finds_words_of_the_text_and_opens_the_section(size: tuple[int, int]) -> None:
    async with running(size=size) as desk:
        search = await type_words(desk, "loop clear")
        assert search.found[0].path == "disk.md"
        below = search.query_one("#below", Lines).plain
        assert "Disk space › When it fills within hours  disk.md" in below
        assert "Something writes in a loop" in below
        await desk.press("enter")
        await desk.until(lambda: desk.app.screen is desk.dashboard)
        await desk.until(lambda: "Something writes in a loop" in document(desk).plain)
        assert "found by “loop clear”" in desk.runbook


@pytest.mark.parametrize("page", [["2", "enter"], ["Z"], ["F", "tab"]])
async def test_runbooks_are_searched_from_other_pages(page: list[str]) -> None:
    async with running(size=SMALL) as desk:
        await desk.press(*page)
        before = desk.app.screen
        await type_words(desk, "loop clear")
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is before)
        await type_words(desk, "loop clear")
        await desk.press("enter")
        await desk.until(lambda: desk.app.screen is desk.dashboard)
        await desk.until(lambda: "Something writes in a loop" in document(desk).plain)


async def test_enter_right_after_the_letters_means_what_was_typed() -> None:
    async with running(size=MIDDLE) as desk:
        await desk.press("B")
        await desk.until(lambda: isinstance(desk.app.screen, RunbookSearch))
        desk.burst(*"heartbeats", "enter")
        await desk.until(lambda: desk.app.screen is desk.dashboard)
        await desk.until(lambda: "Heartbeats" in desk.runbook)


async def test_what_has_none_of_the_words_is_said_and_escape_changes_nothing() -> None:
    async with running(size=MIDDLE) as desk:
        before = desk.runbook
        search = await type_words(desk, "walrus")
        assert search.found == ()
        assert "nothing has these words" in search.query_one("#below", Lines).plain
        await desk.press("enter")
        assert desk.app.screen is search
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is desk.dashboard)
        assert desk.runbook == before


async def test_where_no_rule_leads_a_guess_says_that_it_is_one(folder: Path) -> None:
    async with over(folder) as desk:
        await desk.press("1")
        place = next(
            number for number, row in enumerate(desk.dashboard.alerts.rows) if row.client == "orchards"
        )
        await desk.press("g", *["j"] * place)
        desk.clock.move(seconds=1)
        await desk.until(lambda: " GUESS" in desk.runbook)
        assert "a guess, no rule: its text has" in desk.runbook
        await desk.until(lambda: "orchards" in document(desk).plain)


async def test_where_nothing_fits_it_says_what_to_do(folder: Path) -> None:
    for name in ("index.md", "orchards.md"):
        (folder / name).unlink()
    async with over(folder) as desk:
        await desk.press("1")
        place = next(
            number for number, row in enumerate(desk.dashboard.alerts.rows) if row.client == "orchards"
        )
        await desk.press("g", *["j"] * place)
        await desk.until(lambda: "C starts one for this alert" in " ".join(desk.runbook.split()))
        assert "No runbook matches this row, not even by its text" in " ".join(desk.runbook.split())


async def test_the_checkout_is_kept_up_to_date_and_what_is_in_the_way_is_said_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with over(world.ours) as desk:
        await desk.until(lambda: [book.path for book in desk.snapshot.runbooks.rows] == ["disk.md"])
        world.publish("web.md", "# Web servers\n")
        await desk.until(lambda: passed(desk, "web.md"))

        (world.ours / "disk.md").write_text("# Disk, mine\n")
        world.publish("disk.md", "# Disk, theirs\n")
        await desk.until(lambda: passed(desk) or any("were not pulled" in line for line in desk.app.said))
        for _ in range(5):
            passed(desk)
            await desk.pilot.pause(0.05)
        assert sum("were not pulled" in line for line in desk.app.said) == 1
        assert (world.ours / "disk.md").read_text() == "# Disk, mine\n"


def passed(desk: Running, path: str = "") -> bool:
    """Let ten minutes go by; whether the folder has this runbook now."""
    desk.clock.move(minutes=10)
    return any(book.path == path for book in desk.snapshot.runbooks.rows)


async def test_where_no_list_is_seen_the_title_names_the_row_that_keys_mean() -> None:
    async with running(size=SMALL) as desk:
        title = desk.dashboard.query_one("#runbook-title", Lines)
        await desk.press("2", "b")
        await desk.until(lambda: " for #48144 Intermittent 5xx on the…  Errors 5xx" in title.plain)
        await desk.press("2", "space", "j", "space", "b")
        await desk.until(lambda: " for 2 marked rows " in title.plain)
        await desk.press("1", "b")
        await desk.until(lambda: " for P1 https://www.eastmarch.e…  A site is down" in title.plain)
        # One that was chosen by hand may be about anything; the keys mean the same row.
        desk.app.open_runbook(RunbookMatch("5xx.md", "", "Errors 5xx", "chosen"), "a solved ticket")
        await desk.until(lambda: " keys act on P1 https://www.eastmarch.e…  Errors 5xx" in title.plain)
        await desk.press("1", "j", "k", "b")
        await desk.until(lambda: " for P1 https://www.eastmarch.e…  A site is down" in title.plain)
        await desk.press("4")
        await desk.until(lambda: " for " not in title.plain.partition("front matter")[0])
    async with running(size=MIDDLE) as desk:
        await desk.press("2", "b")
        await desk.pilot.pause()
        assert " for #" not in desk.dashboard.query_one("#runbook-title", Lines).plain


async def test_a_runbook_that_was_chosen_stays_when_the_first_rows_come(folder: Path) -> None:
    async with over(folder) as desk:
        pane, rows = desk.app.query_one(RunbookPane), desk.dashboard.alerts.rows
        await desk.press("1")
        desk.dashboard.alerts.show((), at_once=True)
        await desk.pilot.pause()
        pane.pin(RunbookMatch("index.md", "", "All of it", "found"))
        desk.dashboard.alerts.show(rows)
        await desk.pilot.pause()
        assert pane.pinned
        await desk.press("j")
        await desk.until(lambda: not pane.pinned)


@pytest.mark.parametrize("fails", [False, True])
async def test_a_text_that_comes_late_never_stands_under_another_title(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, fails: bool
) -> None:
    async with over(folder) as desk:
        pane, document = desk.app.query_one(RunbookPane), desk.app.query_one("#runbook", DocumentView)
        gate, read, asked = asyncio.Event(), RunbookFolder.read, list[str]()

        async def slow(self: RunbookFolder, path: str) -> str:
            if path == "acme/disk.md":
                asked.append(path)
                await gate.wait()
                if fails:
                    raise Unreachable("Runbooks: the disk is away", "wait")
            return await read(self, path)

        monkeypatch.setattr(RunbookFolder, "read", slow)
        pane.pin(RunbookMatch("index.md", "", "All of it", "found"))
        await desk.until(lambda: document.key == "index.md")
        pane.pin(RunbookMatch("acme/disk.md", "", "Full disks", "found"))
        await desk.until(lambda: asked)
        pane.pin(RunbookMatch("index.md", "", "All of it", "found"))
        gate.set()
        await desk.until(lambda: not any(worker.name == "runbook" for worker in desk.app.workers))
        await desk.pilot.pause()
        assert pane.match is not None
        assert (pane.match.path, document.key) == ("index.md", "index.md")
