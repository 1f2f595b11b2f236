"""A comment arrives as it was typed."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_desk.domain.comment_text import (
    MOST_BYTES,
    as_html,
    html_as_typed,
    same_text,
    text_of_html,
    too_long,
)

TYPED = st.text(st.sampled_from("ab {}%<>&;\n\t'\"é\N{GRINNING FACE}"), max_size=60)
OUTSIDE_CODE = re.compile(r"<code>.*?</code>", re.DOTALL)


@given(TYPED)
def test_what_is_sent_reads_as_what_was_typed(text: str) -> None:
    html = as_html(text)
    shown = unescape(re.sub(r"<[^<>]*>", "", html)).replace("\N{NO-BREAK SPACE}", " ")
    assert shown == text.strip("\n").expandtabs(4)
    assert "  " not in re.sub(r"<[^<>]*>", "", html), "no run of blanks that a browser would collapse"


@given(TYPED)
def test_no_placeholder_is_left_to_be_run(text: str) -> None:
    html = as_html(text)
    assert "{{" not in html
    assert "{%" not in html
    assert "{{" not in unescape(OUTSIDE_CODE.sub("", html))
    assert "{%" not in unescape(OUTSIDE_CODE.sub("", html))


@given(TYPED)
def test_a_text_is_the_same_as_its_html_and_as_itself_with_other_blanks(text: str) -> None:
    if text.strip():
        assert same_text(text, text_of_html(as_html(text)))
        assert same_text(text, re.sub(r"\s+", " ", text))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one  two", "one&nbsp; two"),
        ("a\n\n  b", "a<br>\n<br>\n&nbsp;&nbsp;b"),
        ("<b> & </b>", "&lt;b&gt; &amp; &lt;/b&gt;"),
        ("see {{ticket.id}}", "see <code>&#123;&#123;ticket.id&#125;&#125;</code>"),
        ("a\x00b\x1b[0m", "ab[0m"),
    ],
)
def test_how_it_is_sent(text: str, html: str) -> None:
    assert as_html(text) == html


def test_different_texts_and_empty_ones_are_never_the_same() -> None:
    assert not same_text("restart it", "restarted it")
    assert not same_text("", "")
    assert not same_text(" ", "\n")


def test_a_macro_keeps_its_markup_and_loses_its_placeholders() -> None:
    html = "<p>Dear <b>Sam</b>, {{dc.greeting}}</p>"
    assert html_as_typed(html) == ("<p>Dear <b>Sam</b>, <code>&#123;&#123;dc.greeting&#125;&#125;</code></p>")


def test_what_would_be_cut_is_refused_in_words() -> None:
    assert too_long("x" * MOST_BYTES) is None
    said = too_long("x" * (MOST_BYTES + 1000))
    assert said is not None
    assert "65 kB" in said
    assert too_long("<" * (MOST_BYTES // 3)) is not None, "the markup counts as well"
