"""Text from outside: what comes in, what may come out, and how wide it is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from support_desk.text import (
    CUT_HERE,
    MARKS_PER_BASE,
    REPLACEMENT,
    cell_width,
    clean,
    clean_block,
    clean_url,
    fit,
    head,
    shortened,
)

ESC = "\x1b"
HOSTILE: tuple[tuple[str, str, str], ...] = (
    # what it is, what arrives, the one line that is left
    ("plain text", "Site is down", "Site is down"),
    ("clipboard write ended by ST", f"a{ESC}]52;c;cHduZWQ={ESC}\\b", "ab"),
    ("clipboard write ended by BEL", f"a{ESC}]52;c;cHduZWQ=\x07b", "ab"),
    ("clipboard write without an end", f"a{ESC}]52;c;cHduZWQ=", "a"),
    ("window title", f"{ESC}]0;root@prod{ESC}\\ok", "ok"),
    ("screen title", f"{ESC}kpwned{ESC}\\ok", "ok"),
    ("hyperlink", f"{ESC}]8;;https://evil.example{ESC}\\click{ESC}]8;;{ESC}\\", "click"),
    ("OSC cut short by another escape", f"a{ESC}]0;title{ESC}[31mred", "ared"),
    ("erase screen", f"a{ESC}[2Jb", "ab"),
    ("home and erase", f"{ESC}[H{ESC}[2Jgone?", "gone?"),
    ("cursor report", f"a{ESC}[6nb", "ab"),
    ("title report", f"a{ESC}[21tb", "ab"),
    ("alternate screen", f"a{ESC}[?1049hb", "ab"),
    ("colours", f"{ESC}[1;31mred{ESC}[0m", "red"),
    ("unfinished CSI", f"a{ESC}[12;", "a"),
    ("device control string", f"a{ESC}P$q q{ESC}\\b", "ab"),
    ("application program command", f"a{ESC}_Gf=100;AAAA{ESC}\\b", "ab"),
    ("privacy message", f"a{ESC}^secret{ESC}\\b", "ab"),
    ("start of string", f"a{ESC}Xsecret{ESC}\\b", "ab"),
    ("full reset", f"a{ESC}cb", "ab"),
    ("character set", f"a{ESC}(0lqqk", "alqqk"),
    ("escape at the end", f"a{ESC}", "a"),
    ("doubled escape", f"a{ESC}{ESC}[2Jb", "ab"),
    ("C1 CSI", "a\x9b2Jb", "ab"),
    ("C1 OSC ended by C1 ST", "a\x9d52;c;AAAA\x9cb", "ab"),
    ("C1 DCS", "a\x90payload\x9cb", "ab"),
    ("backspaces over the truth", "rm -rf /\x08\x08\x08ok", "rm -rf /ok"),
    ("carriage return over the truth", "pay £1000\rpay £1", "pay £1000 pay £1"),
    ("NUL, SO, SI and DEL", "a\x00\x0e\x0f\x7fb", "ab"),
    ("vertical tab and form feed", "a\x0bb\x0cc", "a b c"),
    ("next line, line and paragraph separator", "a\x85b\u2028c\u2029d", "a b c d"),
    ("right-to-left override", "invoice\u202efdp.exe", "invoicefdp.exe"),
    ("bidi isolates and marks", "\u2066a\u2069\u200eb\u200f\u061cc", "abc"),
    ("zero-width characters", "pass\u200bword\u200c\u2060\ufeff", "password"),
    ("tag characters", "hi\U000e0041\U000e0042", "hi"),
    ("soft hyphen", "in\u00advoice", "invoice"),
    ("lone high surrogate", "a\ud83db", f"a{REPLACEMENT}b"),
    ("lone low surrogate", "\udc00", REPLACEMENT),
    ("noncharacter, private use, unassigned", "\uffff\ue000\U000e1000", REPLACEMENT * 3),
    ("piled-up marks", "Z" + "\u0335\u0321\u0322" * 60 + "algo", "Z\u0335\u0321algo"),
    ("a mark without a base", "\u0301abc \u0301d", "abc d"),
    ("emoji presentation", "\u2764\ufe0f \u26a0\ufe0f", "\u2764 \u26a0"),
    ("skin tone", "\U0001f44d\U0001f3fd", "\U0001f44d"),
    ("joined family", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\U0001f469\U0001f467"),
    ("flag", "\U0001f1ec\U0001f1e7", "GB"),
    ("blank Hangul letters", "a\u3164\uffa0\u115fb", "ab"),
    ("odd spaces", "a\u00a0\u2003\u3000b", "a b"),
    ("markup stays, to be drawn as text", "[@click=app.quit]x[/] [/nope]", "[@click=app.quit]x[/] [/nope]"),
    ("blanks", "  a \t\n  b  ", "a b"),
    ("nothing", "", ""),
)

any_text = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=("Cs", "Cc", "Cf", "Mn", "Me", "Mc", "Zl", "Zp", "Co")),
        st.sampled_from("\x1b]\x07\\[\x9b\x9c\x9d \t\r\n\u0301\u200d\ufe0f한글\u1161\u11a8日本…"),
        st.characters(min_codepoint=0x20, max_codepoint=0x7E),
    ),
    max_size=80,
)


def offending(text: str, allowed: str = "") -> list[str]:
    """Characters that may never come out."""
    forbidden = ("Cc", "Cf", "Cs", "Co", "Cn", "Mc", "Zl", "Zp")
    return [f"U+{ord(c):04X}" for c in text if unicodedata.category(c) in forbidden and c not in allowed]


@pytest.mark.parametrize(
    ("arrives", "left"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE]
)
def test_hostile_text_is_disarmed(arrives: str, left: str) -> None:
    assert clean(arrives) == left
    assert offending(clean(arrives)) == []
    assert offending(clean_block(arrives), allowed="\n") == []


@given(any_text, st.integers(0, 100))
@example("\x1b", 1)
@example("\u0301", 0)
@example("a \u0301b", 500)
def test_a_line_is_safe_short_and_stays_as_it_is(text: str, limit: int) -> None:
    line = clean(text, limit)
    assert offending(line) == []
    assert len(line) <= limit
    assert "  " not in line
    assert line == line.strip()
    assert clean(line, limit) == line


@given(any_text, st.integers(0, 100))
@example("a\n\n\n", 3)
@example("\t\t\t", 12)
def test_a_block_is_safe_short_and_stays_as_it_is(text: str, limit: int) -> None:
    block = clean_block(text, limit)
    assert offending(block, allowed="\n") == []
    assert len(block) <= limit
    assert not any(line.endswith(" ") for line in block.split("\n"))
    assert clean_block(block, limit) == block


@given(any_text)
def test_widths_agree_with_the_table_textual_draws_by(text: str) -> None:
    line = clean(text)
    assert cell_width(line) == cell_len(line)


NEVER_ASSIGNED = range(0x40000, 0xE0000)
PRIVATE = range(0xF0100, 0x110000)
"""Ten planes and two that hold nothing but what looks alike to every table of widths."""


def test_every_character_has_the_width_textual_draws_it_with() -> None:
    disagreeing = [
        f"U+{code:04X}"
        for code in range(0x110000)
        if code not in NEVER_ASSIGNED
        and code not in PRIVATE
        and cell_width(line := clean("x" + chr(code))) != cell_len(line)
    ]
    assert disagreeing == []


@given(any_text, st.integers(-1, 40))
@example("日本語", 4)
@example("e\u0301" * 5, 3)
def test_fitted_text_covers_exactly_its_column(text: str, width: int) -> None:
    line = clean(text)
    fitted = fit(line, width)
    assert cell_len(fitted) == max(0, width)
    if cell_len(line) <= width:
        assert fitted.rstrip() == line
    elif width > 0:
        assert "…" in fitted


@pytest.mark.parametrize(
    ("text", "width", "fitted"),
    [
        ("abc", 5, "abc  "),
        ("abcdef", 4, "abc…"),
        ("abcd", 4, "abcd"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日… "),
        ("e\u0301e\u0301e\u0301", 2, "e\u0301…"),
        ("é", 0, ""),
        ("abc", 1, "…"),
    ],
)
def test_fit(text: str, width: int, fitted: str) -> None:
    assert fit(text, width) == fitted


def test_the_head_of_a_text_never_splits_a_wide_character() -> None:
    assert head("日本語", 3) == "日"
    assert head("日本語", 6) == "日本語"


@pytest.mark.parametrize(
    ("text", "width", "left"),
    [
        ("is down (HTTP 502)", 18, "is down (HTTP 502)"),
        ("is down (HTTP 502)", 17, "is down (HTTP 50…"),
        ("is down (HTTP 502)", 9, "is down…"),
        ("日本語", 5, "日本…"),
    ],
)
def test_what_is_shortened_says_so(text: str, width: int, left: str) -> None:
    assert shortened(text, width) == left


@given(st.text(st.characters(categories=("L", "Mn", "Me")), max_size=40))
def test_marks_never_pile_up(text: str) -> None:
    run = longest = 0
    for character in clean(text):
        run = run + 1 if cell_width(character) == 0 else 0
        longest = max(longest, run)
    assert longest <= MARKS_PER_BASE


def test_a_long_line_says_that_it_was_cut() -> None:
    assert clean("a" * 501) == "a" * 499 + "…"
    assert clean("a" * 500) == "a" * 500
    assert clean("word " * 10, limit=6) == "word…"
    assert clean("ok" + "\x1b" * 100_000 + "hidden", limit=10) == "ok…"


def test_a_block_keeps_its_shape() -> None:
    assert (
        clean_block("Hello,\r\n\r\n\tcode  here\r\n  - item   \n\n\n") == "Hello,\n\n    code  here\n  - item"
    )
    assert clean_block("one\rtwo\x85three\u2028four") == "one\ntwo\nthree\nfour"
    assert clean_block("ab\tc") == "ab  c"


def test_a_long_block_says_that_it_was_cut() -> None:
    block = clean_block("line\n" * 100, limit=30)
    assert block.splitlines()[-1] == CUT_HERE
    assert block.startswith("line\nline\n")
    assert len(block) <= 30


def test_an_unfinished_sequence_hides_only_the_rest_of_its_line() -> None:
    assert clean_block(f"before{ESC}]52;c;AAAA\nafter") == "before\nafter"


@pytest.mark.parametrize(
    "piece", ["\x9d\n", f"{ESC}]", "\x9d", f"{ESC}[0", "\u0301", "e\u0301\u0302\u0303", f"{ESC}]0;a\x07"]
)
def test_floods_cost_no_more_than_their_length(piece: str) -> None:
    """A quadratic cleaner would take minutes, beyond the suite's time limit."""
    assert len(clean_block(piece * 1_000_000, limit=2_000_000)) <= 2_000_000


HOSTS = (
    "example.zendesk.com",
    "git.example.com:8443",
    "127.0.0.1:8080",
    "::1",
    "[::1]:9000",
    "localhost:8080",
)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.zendesk.com/agent/tickets/42",
        "https://EXAMPLE.zendesk.com/agent",
        "https://git.example.com:8443/ops/docs/-/blob/main/a%20b.md#step-2",
        "http://127.0.0.1:8080/tickets/1?x=[1]",
        "http://localhost:8080/",
        "http://[::1]:9000/",
    ],
)
def test_addresses_of_known_hosts_pass_unchanged(url: str) -> None:
    assert clean_url(url, HOSTS) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.zendesk.com",
        "http://example.zendesk.com/",
        "https://evil.example/",
        "https://example.zendesk.com.evil.example/",
        "https://example.zendesk.com@evil.example/",
        "https://user:secret@example.zendesk.com/",
        "https://example.zendesk.com:8443/",
        "https://git.example.com/",
        "https://example.zendesk.com\\@evil.example/",
        "https://ex\u0430mple.zendesk.com/",
        f"https://example.zendesk.com/{ESC}]52;c;AAAA{ESC}\\",
        "https://example.zendesk.com/a\nb",
        "https://example.zendesk.com/a b",
        'https://example.zendesk.com/"><x',
        "https://example.zendesk.com:port/",
        "https://example.zendesk.com:99999/",
        "https://[::1/",
        "https://",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://example.zendesk.com/",
        "https://example.zendesk.com/" + "a" * 3_000,
    ],
)
def test_every_other_address_is_refused(url: str) -> None:
    assert clean_url(url, HOSTS) is None


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_no_text_makes_the_address_check_raise(url: str) -> None:
    assert clean_url(url, HOSTS) in (None, url)
    assert clean_url("https://" + url, HOSTS) in (None, "https://" + url)
