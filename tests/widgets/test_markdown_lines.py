"""Markdown as terminal lines: shapes, places of headings, links and code, and hostile input."""

from __future__ import annotations

import unicodedata
from textwrap import dedent

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from support_desk.sources.runbook_text import outline
from support_desk.text import clean_block
from support_desk.widgets.ink import INKS
from support_desk.widgets.markdown_lines import (
    CodeBlock,
    PageLink,
    lay_out,
    message_page,
    without_front_matter,
)


def laid_out(markdown: str, width: int = 40) -> str:
    return lay_out(dedent(markdown), width).plain


def styles_of(markdown: str, text: str) -> str:
    """The style of the span that is exactly `text`."""
    spans = [span for line in lay_out(markdown, 80).lines for span in line]
    return next(style for said, style in spans if said.strip() == text)


def test_paragraphs_are_wrapped_between_words_and_parted_by_a_blank_line() -> None:
    assert laid_out("The quick brown fox\njumps over the dog.\n\nSecond.", 20) == (
        "The quick brown fox\njumps over the dog.\n\nSecond."
    )


def test_a_word_wider_than_the_page_is_broken_and_a_wide_character_is_not() -> None:
    assert laid_out("ab " + "x" * 25, 10) == "ab\nxxxxxxxxxx\nxxxxxxxxxx\nxxxxx"
    assert laid_out("日本語日本語", 5) == "日本\n語日\n本語"


def test_a_hard_break_is_kept() -> None:
    assert laid_out("one  \ntwo") == "one\ntwo"


def test_lists_nest_under_their_bullets() -> None:
    assert (
        laid_out(
            """\
            - first item with enough words to be wrapped
            - second
              - nested
            - third

            after
            """,
            26,
        )
        == "• first item with enough\n  words to be wrapped\n• second\n  • nested\n• third\n\nafter"
    )


def test_ordered_lists_keep_their_numbers_and_loose_ones_their_blank_lines() -> None:
    assert laid_out("9. nine\n\n10. ten\n\n    more of ten") == "9. nine\n\n10. ten\n\n    more of ten"


def test_tasks_have_boxes_for_bullets() -> None:
    assert (
        laid_out("- [ ] ring them\n- [x] look at `logs`\n- plain")
        == "[ ] ring them\n[x] look at logs\n• plain"
    )


def test_an_empty_item_still_shows() -> None:
    assert laid_out("- a\n-\n- b") == "• a\n•\n• b"


def test_quotations_have_a_bar_on_every_line() -> None:
    assert laid_out("> one two three four\n>\n> - five", 12) == "│ one two\n│ three four\n│\n│ • five"


def test_emphasis_nests_in_style_names() -> None:
    assert styles_of("**bold _both_**", "both") == "strong em"
    assert styles_of("# Title with `code`", "code") == "h1 code"
    assert styles_of("~~gone~~", "gone") == "strike"
    assert styles_of("###### deep", "deep") == "h4"


def test_images_are_named_and_html_is_text() -> None:
    assert laid_out("![a graph](x.png) <b>not bold</b>") == "[image: a graph] <b>not bold</b>"


def test_a_rule_is_as_wide_as_the_page() -> None:
    assert laid_out("a\n\n---\n\nb", 5) == "a\n\n─────\n\nb"


def test_code_is_cut_on_the_page_but_whole_for_copying() -> None:
    page = lay_out("Run:\n\n```sh title\nkubectl get pods --all-namespaces\n\tls\n```\n", 16)
    assert page.plain.splitlines() == ["Run:", "", " kubectl get po›", "     ls"]
    assert page.code_blocks == (CodeBlock(2, 3, "kubectl get pods --all-namespaces\n    ls"),)
    assert cell_len("".join(text for text, _ in page.lines[3])) == 16


def test_indented_code_has_no_language() -> None:
    assert lay_out("    ls -la\n", 20).code_blocks == (CodeBlock(0, 0, "ls -la"),)


TABLE = """
| Check | Owner | What to do |
|:------|------:|:----------:|
| disk | ops | look at the graph first |
| site | dev | restart |
"""


def test_a_table_keeps_its_alignment_where_there_is_room() -> None:
    assert lay_out(TABLE, 60).plain == (
        "Check │ Owner │       What to do\n"
        "──────┼───────┼────────────────────────\n"
        "disk  │   ops │ look at the graph first\n"
        "site  │   dev │         restart"
    )


def test_a_table_wraps_its_widest_column() -> None:
    assert lay_out(TABLE.replace(":----------:", "-----"), 30).plain == (
        "Check │ Owner │ What to do\n"
        "──────┼───────┼───────────────\n"
        "disk  │   ops │ look at the\n"
        "      │       │ graph first\n"
        "site  │   dev │ restart"
    )


def test_a_table_with_too_many_columns_becomes_a_list() -> None:
    assert lay_out(TABLE, 20).plain == (
        "Check: disk\nOwner: ops\nWhat to do: look at\nthe graph first\n\n"
        "Check: site\nOwner: dev\nWhat to do: restart"
    )


def test_headings_have_the_anchors_that_the_web_gives_them() -> None:
    page = lay_out("intro\n\n# On call: *first* steps?\n\n## Steps\n\n## Steps\n\n### `steps`-1\n", 40)
    assert [(h.level, h.text, h.anchor, h.line) for h in page.headings] == [
        (1, "On call: first steps?", "on-call-first-steps", 2),
        (2, "Steps", "steps", 4),
        (2, "Steps", "steps-1", 6),
        (3, "steps-1", "steps-1-1", 8),
    ]
    assert page.line_of("#steps-1") == 6
    assert page.line_of("Steps") == 4
    assert page.line_of("nowhere") is None


def test_the_page_has_the_headings_that_the_runbook_source_finds() -> None:
    text = "---\nalerts: x\n---\n# One `two` [three](x.md)\n\n## A & B\n\n```\n# not one\n```\n\n## A & B\n"
    found = [(heading.level, heading.text, heading.anchor) for heading in outline("a.md", text).headings]
    assert [(heading.level, heading.text, heading.anchor) for heading in lay_out(text, 40).headings] == found
    assert len(found) == 3


def test_comments_of_their_own_are_left_out() -> None:
    assert laid_out("<!-- alerts: tag=x -->\n# Title\n\n<!-- two\nlines -->\n\na <!-- b --> c") == (
        "Title\n\na <!-- b --> c"
    )
    assert laid_out("<!-- alerts: tag=x -->\n<!-- alerts: tag=y -->\n# Title") == "Title"
    assert laid_out("<!-- alerts: tag=x -->\nText") == "<!-- alerts: tag=x --> Text"


def test_a_flood_of_equal_headings_costs_no_more_than_its_length() -> None:
    assert lay_out("# a\n" * 10_000, 40).headings[-1].anchor == "a-9999"


def test_links_say_where_they_lead_unless_it_is_plain() -> None:
    assert laid_out("[docs](https://example.com/x)", 80) == "docs (https://example.com/x)"
    assert laid_out("<https://example.com/x>", 80) == "https://example.com/x"
    assert laid_out("[jo@example.com](mailto:jo@example.com)", 80) == "jo@example.com"
    assert laid_out("[below](#steps)", 80) == "below"
    assert laid_out("[bad](javascript:alert(1))", 80) == "[bad](javascript:alert(1))"


def test_links_are_found_by_their_cells_even_when_wrapped() -> None:
    page = lay_out("> 日本 [the long name](other.md#part) then https://example.com/a.", 24)
    assert page.plain == "│ 日本 the long name\n│ (other.md#part) then\n│ https://example.com/a."
    assert page.links == (
        PageLink(0, 7, 20, "other.md#part", "the long name"),
        PageLink(1, 2, 17, "other.md#part", "the long name"),
        PageLink(2, 2, 23, "https://example.com/a", "https://example.com/a"),
    )


def test_links_in_tables_are_found_in_their_column() -> None:
    page = lay_out("| a | b |\n|---|---|\n| x | [y](#z) |\n", 40)
    assert page.links == (PageLink(2, 4, 5, "#z", "y"),)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("---\ntitle: x\n---\n# Body\n", "# Body\n"),
        ("---\ntitle: x\n...\nBody", "Body"),
        ("---\r\ntitle: x\r\n---\r\nBody", "Body"),
        ("---\n---\nBody", "Body"),
        ("Body\n\n---\nmore", "Body\n\n---\nmore"),
        ("---\nnever closed\n", "---\nnever closed\n"),
        ("", ""),
    ],
)
def test_front_matter_is_left_out(text: str, body: str) -> None:
    assert without_front_matter(text) == body


def test_a_note_stands_above_the_page_and_moves_it_down() -> None:
    page = lay_out("# Title", 40, note="Chosen for its tag")
    assert page.plain == "Chosen for its tag\n\nTitle"
    assert page.headings[0].line == 2
    assert page.lines[0] == (("Chosen for its tag", "note"),)


def test_a_message_is_plain() -> None:
    assert message_page("# No *runbook*\nB chooses one.", 40).plain == "# No *runbook*\nB chooses one."


HOSTILE = [
    "&#27;[2J&#x9b;2J&#x202e;evil&#0;&#x200b;",
    "`\x1b]52;c;AAAA\x07`",
    "```\n\x1b[2Jcode\u202e\n```",
    "```&#x202e;sh\nx\n```",
    "[\x1b[2J](https://example.com/\x1b]8;;x\x1b\\)",
    "[x](<https://example.com/\u202e>)",
    "![\x1bc](x)",
    "| \x1b[2J | \u202e |\n|---|---|\n| \x9b1m | e" + "\u0301" * 50 + " |",
    "a&#10;b",
    "> " * 500 + "deep",
    "".join("  " * depth + "- item\n" for depth in range(60)),
    "".join("  " * depth + "> 1. item\n" for depth in range(30)),
    "|a" * 200 + "|\n" + "|-" * 200 + "|\n" + "|b" * 200 + "|",
    "[" * 500 + "![" * 500 + "*" * 500 + "`" * 501,
    "日本" * 300,
    "# " + "\u0301" * 10,
    "- [x] \n- [ ] [x](y)",
    "---",
    "999999999. big number\n1. next",
    "<script>alert('x')</script>\n\n<!-- [@click=app.quit]x[/] -->",
    "a\\\nb  \n\u2028c\u0085d",
    "[a]: https://example.com\n[a][a] [b]",
]


def check(markdown: str, width: int) -> None:
    """What holds for every page."""
    page = lay_out(markdown, width)
    for line in page.lines:
        text = "".join(said for said, _ in line)
        assert cell_len(text) <= max(width, 4)
        assert all(unicodedata.category(c)[0] != "C" for c in text), ascii(text)
        assert all(name in INKS for _, style in line for name in style.split(" "))
    for link in page.links:
        assert 0 <= link.start < link.end <= cell_len("".join(said for said, _ in page.lines[link.line]))
        assert link.target.isprintable()
    for block in page.code_blocks:
        assert 0 <= block.first_line <= block.last_line < len(page.lines)
        assert clean_block(block.text) == block.text
    anchors = [heading.anchor for heading in page.headings]
    assert len(anchors) == len(set(anchors))
    assert all(0 <= heading.line <= len(page.lines) for heading in page.headings)


@pytest.mark.parametrize("markdown", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("width", [1, 10, 21, 80])
def test_hostile_pages_stay_inside_their_lines(markdown: str, width: int) -> None:
    check(markdown, width)


pieces = st.one_of(
    st.sampled_from(["# ", "- ", "1. ", "> ", "  ", "    ", "\n", "\n\n", "---\n", "\t", "[x] ", "```", "`"]),
    st.sampled_from(["|", "|-|-|\n", "**", "_", "~~", "[", "](", ")", "![", "<b>", "https://example.com/x"]),
    st.sampled_from(["word", "é", "日本", "\u0301", "&#x202e;", "\x1b[2J"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(pieces, max_size=40).map("".join), st.integers(1, 60))
@example("- > | a\n- > |-", 3)
def test_any_page_stays_inside_its_lines(markdown: str, width: int) -> None:
    check(markdown, width)


def test_every_heading_points_at_its_own_line() -> None:
    markdown = "\n\n".join(f"{'#' * (1 + n % 6)} Heading {n}\n\n- item\n\n> quote" for n in range(30))
    page = lay_out(markdown, 40, note="note")
    for heading in page.headings:
        assert "".join(text for text, _ in page.lines[heading.line]) == heading.text
