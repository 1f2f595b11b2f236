"""What a runbook's Markdown says about itself: title, headings with anchors, and rules.

Rules stand in the file's front matter, or in comments on its first lines:

    ---                                     <!-- alerts: tag=client_acme message=(?i)5xx -->
    tag: client_acme                        # Errors at the load balancer
    message: (?i)5xx
    ---

The front matter is no YAML: only the lines described here mean something, all others are left alone.

- `tag:`, `message:`, `source:`, `priority:`, `organisation:` at the margin make one rule together;
  `anchor:` is the heading that it opens at.
- `alerts:` alone begins a list of rules: `- tag: ...`, and further indented lines of the same rule.
- `alerts: tag=... message=...` is one rule on one line, as in the comment.

A value ends with its line (in the one-line form: at the next name with an equals sign), and may stand in
quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from support_desk.domain.runbooks import Heading, RunbookRule, pattern_problem
from support_desk.records import record
from support_desk.text import clean

MAX_HEADINGS = 500
MAX_RULES = 50
MAX_LINE = 1_000
"""Characters of a line that are looked at: no heading is longer, and expressions take time by the square."""
MAX_FRONT_MATTER = 100
"""Lines; a block that hasn't ended by then is text that happens to begin with a rule."""

CONDITIONS = ("tag", "message", "source", "priority", "organisation")
_KEYS = (*CONDITIONS, "anchor")
_PAIR = re.compile(rf"(?:^|\s)({'|'.join(_KEYS)})=")
_FIRST_LINE = re.compile(r"<!--\s*alerts?:\s*(.*?)\s*-->\s*$")
_FIELD = re.compile(r"(\s*)(-\s+)?([a-z_]+):(?:\s+(.*))?$")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_NOT_A_PARAGRAPH = re.compile(r" {0,3}(?:[-*+>|]|\d+[.)])(?:\s|$)| {4}|\t")
_LINK = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
_TAG = re.compile(r"<[^>]+>")
_MARKS = re.compile(r"[*`~]+|(?<!\w)_+|_+(?!\w)")
_NOT_IN_ANCHOR = re.compile(r"[^\w\- ]")


@record
class Outline:
    """What a file says about itself."""

    title: str
    """Its first heading; empty when it has none."""
    headings: tuple[Heading, ...]
    rules: tuple[RunbookRule, ...]
    problems: tuple[str, ...]
    """What is wrong with its rules, without the file's name."""


def outline(path: str, text: str) -> Outline:
    """Read a runbook's headings and rules; never raises, whatever the text."""
    lines = [line[:MAX_LINE] for line in text.splitlines()]
    front, body = _split(lines)
    drafts = [("front matter", draft) for draft in _front_rules(front)]
    drafts += [("first line", draft) for draft in _first_line_rules(body)]
    rules: list[RunbookRule] = []
    problems: list[str] = []
    for origin, draft in drafts[:MAX_RULES]:
        problem = _problem(draft)
        if problem:
            problems.append(f"{origin}: {problem}")
        else:
            rules.append(RunbookRule(file=path, origin=origin, **draft))
    if len(drafts) > MAX_RULES:
        problems.append(f"only its first {MAX_RULES} rules are used")
    headings = tuple(_headings(body))
    return Outline(headings[0].text if headings else "", headings, tuple(rules), tuple(problems))


@record
class Section:
    """A heading and the text below it, up to the next one."""

    heading: str
    """Empty for what stands before the first heading."""
    anchor: str
    text: str


def sections(text: str) -> tuple[Section, ...]:
    """A runbook in pieces that a link can lead to, without its front matter; never raises."""
    lines = _split([line[:MAX_LINE] for line in text.splitlines()])[1]
    # Rules in comments aren't shown, so they aren't part of any section.
    body = ["" if _FIRST_LINE.match(line.strip()) else line for line in lines]
    anchors = Anchors()
    found: list[Section] = []
    heading = anchor = ""
    begins = 0
    for number, _, raw in _raw_headings(body):
        plain = heading_text(raw)
        if not plain:
            continue
        found.append(Section(heading, anchor, "\n".join(body[begins:number]).strip()))
        heading, anchor, begins = plain, anchors.anchor(plain), number + 1
    found.append(Section(heading, anchor, "\n".join(body[begins:]).strip()))
    return tuple(section for section in found if section.heading or section.text)


def heading_text(markdown: str) -> str:
    """A heading without its inline marks."""
    return clean(_MARKS.sub("", _TAG.sub("", _LINK.sub(r"\1", markdown))))


class Anchors:
    """Anchors as code forges make them from headings; a repeated one gets `-1`, `-2`, ..."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def anchor(self, text: str) -> str:
        """The next heading's anchor."""
        plain = _NOT_IN_ANCHOR.sub("", text.lower()).replace(" ", "-")
        anchor = plain
        while anchor in self._seen:
            self._seen[plain] += 1
            anchor = f"{plain}-{self._seen[plain]}"
        self._seen[anchor] = 0
        return anchor


def _split(lines: list[str]) -> tuple[list[str], list[str]]:
    """Front matter and body."""
    if lines and lines[0].rstrip() == "---":
        for index, line in enumerate(lines[1:MAX_FRONT_MATTER], start=1):
            if line.rstrip() in {"---", "..."}:
                return lines[1:index], lines[index + 1 :]
    return [], lines


def _front_rules(lines: list[str]) -> list[dict[str, str]]:
    at_margin: dict[str, str] = {}
    rules: list[dict[str, str]] = []
    in_list = False
    for nested, dash, key, value in _fields(lines):
        if nested and in_list:
            if dash or not rules:
                rules.append({})
            if key in _KEYS and value:
                rules[-1][key] = value
        elif not nested and key in {"alerts", "alert"}:
            in_list = not value
            if value:
                rules.append(_pairs(value))
        elif not nested:
            in_list = False
            if key in _KEYS and value:
                at_margin[key] = value
    return [*rules, at_margin] if at_margin.keys() & set(CONDITIONS) else rules


def _fields(lines: list[str]) -> Iterator[tuple[bool, bool, str, str]]:
    """Whether a line is below the margin, whether it begins an item, its key and its value."""
    for line in lines:
        field = _FIELD.match(line)
        if field is not None:
            indent, dash, key, value = field.groups()
            yield bool(indent or dash), bool(dash), key, clean(_unquoted(value or ""))


def _first_line_rules(body: list[str]) -> Iterator[dict[str, str]]:
    """Rules from the comments that a file begins with."""
    for line in body:
        if not line.strip():
            continue
        comment = _FIRST_LINE.match(line.strip())
        if comment is None:
            return
        yield _pairs(comment.group(1))


def _pairs(text: str) -> dict[str, str]:
    found = list(_PAIR.finditer(text))
    values: dict[str, str] = {}
    for place, match in enumerate(found, start=1):
        end = found[place].start() if place < len(found) else len(text)
        values[match.group(1)] = _unquoted(text[match.end() : end])
    return {key: clean(value) for key, value in values.items() if value}


def _unquoted(value: str) -> str:
    value = value.strip()
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _problem(draft: dict[str, str]) -> str | None:
    if not draft.keys() & set(CONDITIONS):
        return f"a rule needs one of {', '.join(CONDITIONS)}"
    for key in ("message", "source"):
        problem = pattern_problem(draft.get(key, ""))
        if problem:
            return f"{key} {problem}"
    return None


def _headings(lines: list[str]) -> Iterator[Heading]:
    anchors = Anchors()
    count = 0
    for _, level, text in _raw_headings(lines):
        plain = heading_text(text)
        if not plain:
            continue
        yield Heading(level, plain, anchors.anchor(plain))
        count += 1
        if count == MAX_HEADINGS:
            return


def _raw_headings(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """The line that each heading begins on, its level, and its text as written."""
    fence = ""
    before = ""
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark.group(1).startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            continue
        if mark:
            fence, before = mark.group(1), ""
            continue
        atx = _ATX.match(line)
        if atx:
            yield number, len(atx.group(1)), atx.group(2) or ""
            before = ""
        elif before and (underline := _UNDERLINE.match(line)):
            yield number - 1, (1 if underline.group(1)[0] == "=" else 2), before
            before = ""
        else:
            before = "" if _NOT_A_PARAGRAPH.match(line) else line.strip()
