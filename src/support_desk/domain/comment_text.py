"""Comments as they are typed, as they are sent, and as they come back.

Zendesk runs `{{placeholders}}` and Liquid tags in both forms of a comment's text and silently strips the
ones that it doesn't know; in `body` it reads Markdown and collapses blanks. `html_body` with the braces in
`<code>` arrives as typed (developer.zendesk.com, ticket comments), so that is what is sent.
"""

from __future__ import annotations

import re
from html import escape

from support_desk.text import clean_block

MOST_BYTES = 64_000
"""Of the HTML of a comment: above 64 kB Zendesk cuts it without a word."""

_PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{\{|\{%", re.DOTALL)
_BLANKS = re.compile(r"^ +| {2,}", re.MULTILINE)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_TAG = re.compile(r"<[^<>]*>")
_UNSEEN = re.compile(r"[\s`\u00a0\u200b-\u200f\u2060\ufeff]+")
_TAB = 4
_FIXED = "\N{NO-BREAK SPACE}"


def as_html(text: str) -> str:
    """Typed text as HTML that shows it as typed: line ends, runs of blanks, and braces that stay braces."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    plain = _BLANKS.sub(_held, _CONTROLS.sub("", lines).expandtabs(_TAB))
    pieces, end = [], 0
    for found in _PLACEHOLDER.finditer(plain):
        pieces += [_escaped(plain[end : found.start()]), f"<code>{_braces(_escaped(found[0]))}</code>"]
        end = found.end()
    return "".join([*pieces, _escaped(plain[end:])])


def _held(run: re.Match[str]) -> str:
    """A run of blanks that isn't collapsed; the last one may break a line, except at a line's beginning."""
    begins_line = run.start() == 0 or run.string[run.start() - 1] == "\n"
    return _FIXED * len(run[0]) if begins_line else _FIXED * (len(run[0]) - 1) + " "


def _escaped(text: str) -> str:
    return escape(text, quote=False).replace("\n", "<br>\n").replace(_FIXED, "&nbsp;")


def _braces(html: str) -> str:
    """Braces by number as well: whichever is read first, the entities or the `<code>`, nothing is run."""
    return html.replace("{", "&#123;").replace("}", "&#125;").replace("%", "&#37;")


def html_as_typed(html: str) -> str:
    """HTML of a macro, made safe by the service, with the braces in its text kept from being run again."""
    return _PLACEHOLDER.sub(lambda found: f"<code>{_braces(found[0])}</code>", html)


def problem_of(html: str) -> str | None:
    """Why a comment can't be sent as it is, in words for the person; None if it can."""
    size = len(html.encode("utf-8", "replace"))
    if size <= MOST_BYTES:
        return None
    return (
        f"the comment is {size / 1000:.0f} kB with its markup, and Zendesk cuts what is over "
        f"{MOST_BYTES / 1000:.0f} kB without a word"
    )


def too_long(text: str) -> str | None:
    """The same, of text as typed."""
    return problem_of(as_html(text))


def same_text(one: str, other: str) -> bool:
    """Whether two texts are one comment: blanks, line ends and what can't be seen don't count."""
    return _bare(one) == _bare(other) != ""


def text_of_html(html: str) -> str:
    """The words of a piece of HTML, for comparing; not for showing."""
    from html import unescape

    return unescape(_TAG.sub("", html))


def _bare(text: str) -> str:
    return _UNSEEN.sub("", clean_block(text))
