"""A page of text to scroll through: runbooks, mostly.

Drawn a line at a time from a `Page`, because Textual's own Markdown widget mounts a widget per paragraph and
takes seconds over a long page. Nothing animates, and no hyperlink codes are written to the terminal.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from support_desk.keys import bindings
from support_desk.records import record
from support_desk.text import cell_width
from support_desk.widgets.ink import Inks
from support_desk.widgets.kept import Kept
from support_desk.widgets.markdown_lines import Line, Page, PageLink, lay_out, load_parser, message_page
from support_desk.widgets.reading_place import ReadingPlace

if TYPE_CHECKING:
    from textual.worker import Worker

_PAGES_KEPT = 6
"""Going back and forth between a few rows must not lay out their runbooks again."""
_LONG = 20_000
"""Characters of Markdown that are laid out at once: a tenth of a second. More would keep keys waiting."""
_LAYING_OUT = "A long text: it is being laid out ..."


@record
class _Message:
    """Something said instead of a page."""

    text: str
    key: str = ""
    anchor: str = ""
    long: bool = False

    def page(self, width: int) -> Page:
        return message_page(self.text, width)


@record
class _Markdown:
    """A text that is laid out for each width."""

    key: str
    anchor: str
    markdown: str
    note: str

    @property
    def long(self) -> bool:
        return len(self.markdown) > _LONG

    def page(self, width: int) -> Page:
        return _laid_out(self.markdown, width, self.note)


@lru_cache(_PAGES_KEPT)
def _laid_out(markdown: str, width: int, note: str) -> Page:
    return lay_out(markdown, width, note)


@record
class _Left:
    """Where somebody was in a page that they left."""

    key: str
    anchor: str
    line: int


_Place = tuple[int, int]
"""The last heading at or above (-1: none), and how many lines below it."""


class DocumentView(Kept, ReadingPlace[_Place], ScrollView, can_focus=True, inherit_bindings=False):
    """Markdown or a plain message, in lines that fit the width."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    DocumentView {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("document", "runbook")

    @dataclass
    class Followed(Message):
        """The person wants to go where a link leads."""

        target: str
        """As it is written in the text: not yet fit to be opened."""

    @dataclass
    class Contents(Message):
        """The person wants to choose a heading."""

    @dataclass
    class Back(Message):
        """The person wants to go back to what they read before."""

    @dataclass
    class Code(Message):
        """The person wants a block of code in the clipboard."""

        text: str
        """Empty: there is none in sight."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._content: _Message | _Markdown = _Message("")
        self._page: Page | None = None
        """None while the content isn't laid out."""
        self._lines: tuple[Line, ...] = ()
        """What is drawn: the page's, or words that stand for it."""
        self._width = 0
        """What the lines were made for."""
        self._ready: tuple[_Message | _Markdown, int, Page] | None = None
        """The long content that a thread has laid out last, and for which width."""
        self._laying_out: Worker[None] | None = None
        self._strips: dict[int, Strip] = {}
        self._inks = Inks(self)
        self._left = _Left("", "", 0)
        self._meant = ""
        """The anchor of the heading that was meant; empty: none was."""
        self._meant_line: int | None = None
        """Where that heading stands in the page as it is laid out: every line that is drawn asks."""
        self._link: int | None = None
        """Which of the page's links is selected."""
        self.turn = 0
        """Rises with everything that is to be shown: what was asked for before it comes too late."""
        self._copied: int | None = None
        """Which of the page's blocks of code was copied last, while it is in sight."""

    @property
    def page(self) -> Page | None:
        """What is shown; `None` before the widget has a width."""
        return self._page

    @property
    def key(self) -> str:
        """What `show` was called with; empty while a message is shown."""
        return self._content.key

    @property
    def plain(self) -> str:
        """The page's text without its styles."""
        return self._page.plain if self._page else ""

    def show(self, key: str, markdown: str, anchor: str = "", note: str = "") -> None:
        """Show Markdown, at the heading that `anchor` names, under a `note` if there is one.

        Where the same key and anchor were shown last, the place on the page is kept, whatever was said in
        between.
        """
        self.turn += 1
        self._replace(_Markdown(key, anchor, markdown, note))

    def say(self, text: str) -> None:
        """Show a plain message instead of a page: loading, nothing found, what failed."""
        self.turn += 1
        self._replace(_Message(text))

    def go_to(self, anchor: str) -> bool:
        """Scroll to a heading; whether the page has it."""
        line = self._page.line_of(anchor) if self._page else None
        if line is not None:
            self._meant, self._meant_line = anchor, line
            self._scroll(line)
            self.refresh()
        return line is not None

    @property
    def selected_link(self) -> PageLink | None:
        """The link that enter would follow."""
        links = self._page.links if self._page else ()
        return links[self._link] if self._link is not None and self._link < len(links) else None

    def action_next_link(self) -> None:
        """Select the next link; the first one at or below the top of what is in sight."""
        self._select_link(1)

    def action_previous_link(self) -> None:
        """Select the link before."""
        self._select_link(-1)

    def action_follow(self) -> None:
        """Go where the selected link leads; without one, select the next."""
        link = self.selected_link
        if link is None:
            self.action_next_link()
        else:
            self.post_message(self.Followed(link.target))

    def action_contents(self) -> None:
        """Choose a heading."""
        self.post_message(self.Contents())

    def action_go_back(self) -> None:
        """Go back to what was read before."""
        self.post_message(self.Back())

    def action_copy_code(self) -> None:
        """Copy the first block of code in sight; the key again takes the next one."""
        blocks = self._page.code_blocks if self._page else ()
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        seen = [
            n for n, block in enumerate(blocks) if block.first_line < top + height and block.last_line >= top
        ]
        if not seen:
            self.post_message(self.Code(""))
            return
        later = [number for number in seen if self._copied is not None and number > self._copied]
        self._copied = later[0] if self._copied in seen and later else seen[0]
        self.post_message(self.Code(blocks[self._copied].text))

    def _select_link(self, step: int) -> None:
        links = self._page.links if self._page else ()
        if not links:
            return
        before = self.selected_link
        if self._link is None or before is None:
            top = self.scroll_offset.y
            below = [number for number, link in enumerate(links) if link.line >= top]
            self._link = (
                (below[0] if below else 0) if step > 0 else (below[0] - 1 if below else -1) % len(links)
            )
        else:
            self._link = (self._link + step) % len(links)
        chosen = links[self._link]
        for line in {chosen.line, before.line if before else chosen.line}:
            self._strips.pop(line, None)
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        if not top <= chosen.line < top + height:
            self._scroll(max(0, chosen.line - height // 3))
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()
        self._inks.clear()

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        if index >= len(self._lines):
            return Strip.blank(self._width, self.rich_style)
        strip = self._strips.get(index)
        if strip is None:
            strip = self._strips[index] = self._with_link(index, self._drawn(self._lines[index]))
        return self._with_meant(strip) if index == self._out_of_reach else strip

    @property
    def _out_of_reach(self) -> int | None:
        """The line of the heading that was meant, where it's too near the end to be scrolled to the top."""
        line = self._meant_line
        return line if line is not None and line > self.max_scroll_y else None

    def _with_meant(self, strip: Strip) -> Strip:
        """The heading's line with its text marked: it is found at a glance wherever it stands."""
        end = cell_width(strip.text.rstrip())
        return Strip.join([strip.crop(0, end).apply_style(self._inks("meant")), strip.crop(end)])

    def _with_link(self, index: int, strip: Strip) -> Strip:
        """The line with the selected link marked, if it is on this line."""
        link = self.selected_link
        if link is None or link.line != index:
            return strip
        before, chosen, *after = strip.divide([link.start, link.end, self._width])
        return Strip.join([before, chosen.apply_style(self._inks("link_selected")), *after])

    def _replace(self, content: _Message | _Markdown) -> None:
        if content == self._content:
            return
        if self._content.key and self._page:
            self._left = _Left(self._content.key, self._content.anchor, self.scroll_offset.y)
        self._content = content
        self._page = self._own_place = None
        self._meant, self._meant_line = content.anchor, None
        self._link = self._copied = None
        self._lay_out()
        self._go_to(None)

    def _lay_out(self) -> None:
        """Make the page for the present width; a hidden widget has none and waits for `on_resize`."""
        width = self.scrollable_content_region.width
        if width <= 0 or (self._page is not None and width == self._width):
            return
        page = self._page_at_once(width)
        if page is not None:
            self._page = page
            self._meant_line = page.line_of(self._meant) if self._meant else None
            self._draw(page.lines, width)
            return
        if self._page is None:
            self._draw(message_page(_LAYING_OUT, width).lines, width)
        if self._laying_out is None:
            self._laying_out = self.run_worker(
                self._lay_out_aside, name="lay out", group="lay out", description="lay out a long text"
            )

    def _page_at_once(self, width: int) -> Page | None:
        """The content as a page; None if that takes a thread."""
        if not self._content.long:
            return self._content.page(width)
        if self._ready is not None and self._ready[:2] == (self._content, width):
            return self._ready[2]
        return None

    async def _lay_out_aside(self) -> None:
        """Lay out in a thread what is long, one at a time: by then another text or width may be wanted."""
        load_parser()
        while (width := self.scrollable_content_region.width) and self._page_at_once(width) is None:
            content = self._content
            self._ready = (content, width, await asyncio.to_thread(content.page, width))
        self._laying_out = None
        self._keep_place(self._lay_out)

    def _draw(self, lines: tuple[Line, ...], width: int) -> None:
        self._lines, self._width = lines, width
        self._strips.clear()
        self.virtual_size = Size(width, len(lines))
        self.refresh()

    def _line_to_start_at(self) -> int:
        content = self._content
        if content.key and (content.key, content.anchor) == (self._left.key, self._left.anchor):
            return self._left.line
        line = self._page.line_of(content.anchor) if self._page and content.anchor else None
        return line or 0

    def _place_at(self, line: int) -> _Place | None:
        if self._page is None:
            return None
        headings = self._page.headings
        above = bisect_right(headings, line, key=attrgetter("line")) - 1
        return above, line - (headings[above].line if above >= 0 else 0)

    def _go_to(self, place: _Place | None) -> None:
        if place is None or self._page is None:
            self._scroll(self._line_to_start_at())
            return
        heading, lines_below = place
        self._scroll(lines_below + (self._page.headings[heading].line if heading >= 0 else 0))

    def _drawn(self, line: Line) -> Strip:
        segments = [Segment(text, self._style(style)) for text, style in line]
        return Strip(segments).adjust_cell_length(self._width, self.rich_style)

    def _style(self, names: str) -> Style:
        """The style of a span: the outermost name decides the ground, the others add to it."""
        return self._inks(names)
