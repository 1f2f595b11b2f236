"""Markdown laid out as terminal lines: a pure function, because Textual's widget makes one per paragraph.

Text is cleaned again after parsing: an entity such as `&#x202e;` becomes a character only there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from support_desk.later import LaterMapping, spare
from support_desk.records import record
from support_desk.sources.optional import without
from support_desk.sources.runbook_text import MAX_LINE, Anchors, heading_text
from support_desk.text import cell_width, clean_block, fit, head
from support_desk.widgets.markdown_runs import InlineRuns, one_line
from support_desk.widgets.wrapping import (
    NARROWEST,
    NO_LINK,
    Run,
    column_widths,
    table_row,
    table_rule,
    width_of,
    wrap,
)

if TYPE_CHECKING:
    from markdown_it.token import Token

Span = tuple[str, str]
"""Cleaned text and its style: names of `ink.INKS`, outermost first, separated by blanks ("h2 code")."""

Line = tuple[Span, ...]

CUT_MARK = "›"
"""Ends a line of code that is longer than the page is wide; `CodeBlock.text` has all of it."""


@record
class PageHeading:
    """A heading, the anchor that leads to it, and its line."""

    level: int
    text: str
    anchor: str
    line: int


@record
class PageLink:
    """The cells of a line, from `start` up to `end`, that belong to a link; a wrapped link has several."""

    line: int
    start: int
    end: int
    target: str
    """As written: an address, a file relative to the runbook, or `#anchor`; not yet fit to be opened."""
    text: str


@record
class CodeBlock:
    """A block of code: where it stands and the whole of it, for copying."""

    first_line: int
    last_line: int
    text: str


@record
class Page:
    """Lines of at most the asked width, and what is to be found in them."""

    lines: tuple[Line, ...] = ()
    headings: tuple[PageHeading, ...] = ()
    links: tuple[PageLink, ...] = ()
    code_blocks: tuple[CodeBlock, ...] = ()

    @property
    def plain(self) -> str:
        """The text without its styles."""
        return "\n".join("".join(text for text, _ in line).rstrip() for line in self.lines)

    def line_of(self, anchor: str) -> int | None:
        """Where an anchor leads to."""
        wanted = anchor.removeprefix("#").casefold()
        return next((heading.line for heading in self.headings if heading.anchor == wanted), None)


def lay_out(markdown: str, width: int, note: str = "") -> Page:
    """Markdown (CommonMark with tables and strikethrough) as lines of at most `width` cells.

    A front matter and comments are left out; other HTML is shown as text. `note` stands above the page.
    Widths below four cells are taken as four.
    """
    layout = _Layout(max(width, NARROWEST))
    if note:
        layout.note(note)
    layout.blocks(_parse(without_front_matter(markdown)))
    return layout.page()


def message_page(message: str, width: int) -> Page:
    """A page of one plain paragraph per line of `message`."""
    lines = (wrap([(line, "text", NO_LINK)], width) or [[]] for line in clean_block(message).split("\n"))
    return Page(tuple(tuple((text, style) for text, style, _ in line) for part in lines for line in part))


def load_parser() -> None:
    """Bring in what parses Markdown: before a thread lays out, so that two don't do it at once."""
    _parser()


def without_front_matter(markdown: str) -> str:
    """The text after a leading block between `---` lines."""
    found = _FRONT_MATTER.match(markdown)
    return markdown[found.end() :] if found else markdown


_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(?:.*\n){0,200}?(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)")
_COMMENT = re.compile(r"(?:<!--(?:(?!-->).)*-->\s*)+", re.DOTALL)
"""A paragraph of nothing but comments is left out, as on the web: a runbook's rules may stand there."""
_TASK = re.compile(r"\[([ xX])\] +")
_DEEPEST_HEADING_STYLE = 4
_DEEPEST_NESTING = 100
"""The parser leaves out what is deeper; its own limit is ten lists in each other."""
_ROOM_KEPT = 20
"""Cells that deep nesting must leave to the text; half of a page that is narrower than twice that."""
_NAMED = "markdown_it.common.entities"


@cache
def _parser() -> Callable[[str], list[Token]]:
    # 40 ms, paid when the first runbook opens and not before the first frame.
    # Plain addresses are no links here, so what finds them needn't stay in memory; hardly any text has one of
    # the characters that have names.
    spare({_NAMED: {"entities": LaterMapping(_NAMED, "entities")}})
    with without("linkify_it"):
        from markdown_it import MarkdownIt

    return (
        MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST_NESTING})
        .enable(["table", "strikethrough"])
        .parse
    )


def _parse(markdown: str) -> Iterator[Token]:
    return iter(_parser()(markdown))


@dataclass(slots=True)
class _Container:
    """A list item or a quotation: what stands before its first line and before the others."""

    first: Run
    rest: Run
    begun: bool = False


@dataclass(slots=True)
class _List:
    """An open list: the next item's number, and whether blank lines part its items."""

    number: int | None
    begun: bool = False
    loose: bool = False


class _Layout:
    """Walks the blocks and collects lines."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._room_kept = max(NARROWEST, min(_ROOM_KEPT, width // 2))
        self._lines: list[Line] = []
        self._headings: list[PageHeading] = []
        self._links: list[PageLink] = []
        self._code_blocks: list[CodeBlock] = []
        self._containers: list[_Container] = []
        self._lists: list[_List] = []
        self._gap_due = False
        self._anchors = Anchors()
        self._inline = InlineRuns()

    def page(self) -> Page:
        return Page(tuple(self._lines), tuple(self._headings), tuple(self._links), tuple(self._code_blocks))

    def note(self, text: str) -> None:
        self._flow([(one_line(text), "note", NO_LINK)])
        self._gap_due = True

    def blocks(self, tokens: Iterator[Token]) -> None:
        for token in tokens:
            match token.type:
                case "heading_open":
                    self._heading(int(token.tag[1:]), next(tokens))
                case "paragraph_open":
                    self._paragraph(next(tokens), hidden=token.hidden)
                case "fence" | "code_block":
                    self._code(token)
                case "table_open":
                    self._table(tokens)
                case "hr":
                    self._begin()
                    self._emit([("─" * self._room, "rule", NO_LINK)])
                    self._gap_due = True
                case _:
                    self._nesting(token)

    def _nesting(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._lists.append(_List(None))
            case "ordered_list_open":
                self._lists.append(_List(int(token.attrs.get("start", 1))))
            case "list_item_open":
                self._item()
            case "list_item_close":
                self._end_item()
            case "blockquote_open":
                bar = ("│ ", "quote", NO_LINK)
                self._containers.append(_Container(bar, bar))
            case "blockquote_close":
                self._containers.pop()
                self._gap_due = True
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
                self._gap_due = True

    @property
    def _room(self) -> int:
        nested = sum(cell_width(container.rest[0]) for container in self._containers)
        return max(self._width - nested, self._room_kept)

    def _begin(self) -> None:
        """Before a block: the blank line that parts it from the one above."""
        if self._gap_due and self._lines:
            bars = self._squeezed([container.rest for container in self._containers if container.begun])
            while bars and bars[-1][0].isspace():
                bars.pop()
            self._lines.append(tuple((text, style) for text, style, _ in bars))
        self._gap_due = False

    def _squeezed(self, prefix: list[Run]) -> list[Run]:
        """What stands before a line, cut where nesting is so deep that no room would be left."""
        left = self._width - self._room_kept
        kept: list[Run] = []
        for text, style, link in prefix:
            part = head(text, left)
            left -= cell_width(part)
            if part:
                kept.append((part, style, link))
        return kept

    def _emit(self, runs: Sequence[Run]) -> None:
        prefix = []
        for container in self._containers:
            prefix.append(container.rest if container.begun else container.first)
            container.begun = True
        line = [*self._squeezed(prefix), *runs]
        column = 0
        for text, _, link in line:
            end = column + cell_width(text)
            if link != NO_LINK:
                self._mark_link(link, column, end)
            column = end
        self._lines.append(tuple((text, style) for text, style, _ in line))

    def _mark_link(self, link: int, start: int, end: int) -> None:
        target, text = self._inline.links[link]
        here = len(self._lines)
        last = self._links[-1] if self._links else None
        if last and last.line == here and last.end == start and (last.target, last.text) == (target, text):
            start = self._links.pop().start
        self._links.append(PageLink(here, start, end, target, text))

    def _flow(self, runs: Iterable[Run]) -> None:
        for line in wrap(runs, self._room):
            self._emit(line)

    def _heading(self, level: int, inline: Token) -> None:
        self._gap_due = True
        self._begin()
        # The same text and anchor that the runbook source found, since its matches lead here.
        text = heading_text(inline.content[:MAX_LINE])
        if text:
            anchor = self._anchors.anchor(text)
            self._headings.append(PageHeading(level, text, anchor, len(self._lines)))
        self._flow(self._inline.of(inline, f"h{min(level, _DEEPEST_HEADING_STYLE)}"))
        self._gap_due = True

    def _paragraph(self, inline: Token, *, hidden: bool) -> None:
        if _COMMENT.fullmatch(inline.content):
            return
        self._begin()
        runs = self._inline.of(inline)
        item = self._containers[-1] if self._containers else None
        if item and item.first[1] == "bullet":
            self._lists[-1].loose |= not hidden
            if not item.begun:
                runs = _tick(item, runs)
        self._flow(runs)
        self._gap_due = not hidden

    def _item(self) -> None:
        current = self._lists[-1]
        if current.begun:
            self._gap_due = current.loose
        current.begun = True
        mark = "• " if current.number is None else f"{current.number}. "
        if current.number is not None:
            current.number += 1
        self._containers.append(_Container((mark, "bullet", NO_LINK), (" " * len(mark), "text", NO_LINK)))

    def _end_item(self) -> None:
        if not self._containers[-1].begun:
            self._begin()
            self._emit([])
        self._containers.pop()

    def _code(self, token: Token) -> None:
        self._begin()
        text = clean_block(token.content.rstrip("\n"))
        first, room = len(self._lines), self._room
        for line in text.split("\n"):
            if cell_width(line) + 1 <= room:
                self._emit([(" " + fit(line, room - 1), "code_block", NO_LINK)])
            else:
                shown = fit(" " + head(line, room - 2), room - 1)
                self._emit([(shown, "code_block", NO_LINK), (CUT_MARK, "code_block code_cut", NO_LINK)])
        self._code_blocks.append(CodeBlock(first, len(self._lines) - 1, text))
        self._gap_due = True

    def _table(self, tokens: Iterator[Token]) -> None:
        self._begin()
        rows: list[list[list[Run]]] = []
        alignments: list[str] = []
        for token in tokens:
            match token.type:
                case "table_close":
                    break
                case "tr_open":
                    rows.append([])
                case "th_open":
                    alignments.append(str(token.attrs.get("style", "")).removeprefix("text-align:"))
                    rows[-1].append(self._inline.of(next(tokens), "table_head"))
                case "td_open":
                    rows[-1].append(self._inline.of(next(tokens)))
        natural = [max(1, *(width_of(row[column]) for row in rows)) for column in range(len(alignments))]
        widths = column_widths(natural, self._room)
        if widths is None:
            self._records(rows)
        else:
            for row in rows:
                for line in table_row(row, widths, alignments):
                    self._emit(line)
                if row is rows[0]:
                    self._emit(table_rule(widths))
        self._gap_due = True

    def _records(self, rows: Sequence[Sequence[Sequence[Run]]]) -> None:
        """A table with more columns than fit: each row as a list of its cells under their heads."""
        for row in rows[1:]:
            self._begin()
            for name, cell in zip(rows[0], row, strict=True):
                if cell:
                    self._flow([*name, (": ", "table_head", NO_LINK), *cell])
            self._gap_due = True


def _tick(item: _Container, runs: list[Run]) -> list[Run]:
    """A task's text, after its box has taken the place of the bullet."""
    task = _TASK.match(runs[0][0]) if runs else None
    if task is None:
        return runs
    box = f"[{task[1].lower()}] "
    item.first, item.rest = (box, "bullet", NO_LINK), (" " * len(box), "text", NO_LINK)
    text, style, link = runs[0]
    return [(text[task.end() :], style, link), *runs[1:]]
