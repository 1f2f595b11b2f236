"""The inside of a Markdown paragraph as runs of cleaned text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from support_desk.text import clean
from support_desk.widgets.wrapping import BREAK, NO_LINK, Run

if TYPE_CHECKING:
    from markdown_it.token import Token

_BARE_ADDRESS = re.compile(r"https?://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)\]]")
_EMPHASIS = {"strong": "strong", "em": "em", "s": "strike"}
_LONGEST_TARGET = 2_000


def one_line(text: str) -> str:
    """Cleaned text on one line, a blank at either end kept because words follow there."""
    if text.isascii() and text.isprintable():
        return text
    inner = clean(text, limit=len(text))
    if not inner:
        return " " if text.isspace() else ""
    return " " * text[0].isspace() + inner + " " * text[-1].isspace()


class InlineRuns:
    """Turns inline tokens into runs, and numbers the links of a page as they turn up."""

    def __init__(self) -> None:
        self.links: list[tuple[str, str]] = []
        """Target and text of each link; runs refer to them by index."""

    def of(self, inline: Token, base: str = "") -> list[Run]:
        """The runs of a paragraph, heading or cell whose own style is `base`."""
        runs: list[Run] = []
        styles = [base] if base else []
        link, link_starts = NO_LINK, 0
        for token in inline.children or ():
            match token.type:
                case "text":
                    runs += self._text(one_line(token.content), styles, link)
                case "hardbreak":
                    runs.append(BREAK)
                case "link_open":
                    styles.append("link")
                    link, link_starts = self._new(str(token.attrs.get("href", ""))), len(runs)
                case "link_close":
                    styles.pop()
                    text = "".join(text for text, _, _ in runs[link_starts:])
                    runs += self._close(link, text, styles)
                    link = NO_LINK
                case "strong_open" | "em_open" | "s_open":
                    styles.append(_EMPHASIS[token.tag])
                case "strong_close" | "em_close" | "s_close":
                    styles.pop()
                case _:
                    runs += _leaf(token, styles, link)
        return runs

    def _new(self, target: str, text: str = "") -> int:
        self.links.append((clean(target, _LONGEST_TARGET), text))
        return len(self.links) - 1

    def _close(self, link: int, text: str, styles: list[str]) -> Iterator[Run]:
        """Give the link its text, and show where it leads unless the text or the page says so."""
        target = self.links[link][0]
        self.links[link] = (target, clean(text))
        if (
            target
            and not target.startswith("#")
            and target.removeprefix("mailto:") not in (text, f"http://{text}")
        ):
            yield (f" ({target})", _named([*styles, "link_target"]), link)

    def _text(self, text: str, styles: list[str], link: int) -> Iterator[Run]:
        """Text, with the addresses in it made into links as they are elsewhere."""
        style = _named(styles)
        if link != NO_LINK or "://" not in text:
            yield (text, style, link)
            return
        done = 0
        for found in _BARE_ADDRESS.finditer(text):
            if found.start() > done:
                yield (text[done : found.start()], style, link)
            yield (found[0], _named([*styles, "link"]), self._new(found[0], found[0]))
            done = found.end()
        yield (text[done:], style, link)


def _leaf(token: Token, styles: list[str], link: int) -> Iterator[Run]:
    match token.type:
        case "softbreak":
            yield (" ", _named(styles), link)
        case "code_inline":
            yield (one_line(token.content), _named([*styles, "code"]), link)
        case "image":
            yield (f"[image: {one_line(token.content)}]", _named([*styles, "image"]), link)


def _named(styles: list[str]) -> str:
    return " ".join(styles) or "text"
