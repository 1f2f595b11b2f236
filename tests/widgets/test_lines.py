"""Which cells of a line have changed: those, and no cell less."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from support_desk.text import cell_width
from support_desk.widgets.lines import Parts, changed_cells

LETTERS = st.text(st.sampled_from("ab 漢é\N{COMBINING ACUTE ACCENT}"), max_size=6)
LINES = st.lists(st.tuples(LETTERS, st.sampled_from(["text", "late"])), max_size=4).map(
    # A line never begins with a mark: it would stand on nothing.
    lambda parts: ((">", "text"), *parts)
)
REST_OF_A_WIDE = ("", "")
BLANK = (" ", "text")


def cells(line: Parts, width: int) -> list[tuple[str, str]]:
    """What a terminal has in each cell: a character with its marks, and its ink."""
    found: list[tuple[str, str]] = []
    for text, ink in line:
        for char in text:
            if cell_width(char):
                found += [(char, ink), REST_OF_A_WIDE][: cell_width(char)]
            else:
                at = max(at for at, cell in enumerate(found) if cell != REST_OF_A_WIDE)
                found[at] = (found[at][0] + char, found[at][1])
    return found + [BLANK] * (width - len(found))


@given(LINES, LINES)
def test_the_old_line_with_the_changed_cells_is_the_new_line(old: Parts, new: Parts) -> None:
    width = 60
    before, after = cells(old, width), cells(new, width)
    start, end = changed_cells(old, new)
    assert before[:start] + after[start:end] + before[end:] == after
    # Half of a wide character can't be drawn.
    assert REST_OF_A_WIDE not in (before[start], after[start], before[end], after[end])


def test_only_what_differs_counts() -> None:
    line = (("paged in ", "late"), ("1:13", "late"), ("  0: more", "dim"))
    assert changed_cells(line, (line[0], ("1:12", "late"), line[2])) == (12, 13)
    assert changed_cells(line, (line[0], ("1:13", "dim"), line[2])) == (9, 13)
    assert changed_cells(line, (line[0], ("59 s", "late"), line[2])) == (9, 13)


def test_what_moves_is_drawn_again() -> None:
    assert changed_cells((("漢b", "text"),), (("cb", "text"),)) == (0, 3)
