"""Colours in every theme: red, amber, green and plain text are four colours, and each can be read.

At 16 colours what is compared is what is written to the terminal; what the terminal makes of the number is
the person's own palette. In true colour the contrast is the one of the web's accessibility guidelines.
"""

from __future__ import annotations

from itertools import combinations

import pytest
from rich.color import ColorSystem, ColorType
from textual.color import Color, rgb_to_lab
from textual.theme import BUILTIN_THEMES

from support_desk.theme import CYCLE, THEMES, at_sixteen, variables_of

ALL = {**BUILTIN_THEMES, **{theme.name: theme for theme in THEMES}}
STATES = ("error", "warning", "success", "foreground")
"""Red, amber, green, and what is no state."""
READ = (*STATES, "desk-dim", "accent", "primary", "secondary")
"""Everything that text is written in."""
GROUNDS = ("background", "surface", "panel", "desk-cursor", "desk-resting")
"""Everything that text is written on."""
LEGIBLE = 4.5
"""The least contrast of text, by the guidelines (AA)."""
APART = 20.0
"""How far two colours are apart in CIELAB that nobody takes for one another; about 2 can just be told."""


def luminance(colour: Color) -> float:
    parts = [part / 255 for part in colour.rgb]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Color, other: Color) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def distance(one: Color, other: Color) -> float:
    a, b = rgb_to_lab(one), rgb_to_lab(other)
    return float(((a.L - b.L) ** 2 + (a.a - b.a) ** 2 + (a.b - b.b) ** 2) ** 0.5)


def sixteen(value: str) -> int | None:
    """The number that a terminal with 16 colours gets; None: its own colour of text."""
    colour = Color.parse(value).rich_color
    if colour.type is ColorType.DEFAULT:
        return None
    return colour.downgrade(ColorSystem.STANDARD).number


TRUE = sorted(name for name, theme in ALL.items() if not theme.ansi)


def test_the_cycle_has_only_themes_that_are_tested_here() -> None:
    assert set(CYCLE) <= set(ALL)


@pytest.mark.parametrize("name", TRUE)
def test_what_is_written_can_be_read_on_all_that_it_is_written_on(name: str) -> None:
    variables = variables_of(ALL[name])
    for front in READ:
        for ground in GROUNDS:
            got = contrast(Color.parse(variables[front]), Color.parse(variables[ground]))
            assert got >= LEGIBLE, (front, variables[front], ground, variables[ground], got)


@pytest.mark.parametrize("name", TRUE)
def test_what_a_field_asks_for_and_the_chosen_command_can_be_read(name: str) -> None:
    """In the theme of the highest contrast the one was 3.0 to 1, the other 3.8."""
    variables = variables_of(ALL[name])
    for front, ground in (
        ("text-disabled", "panel"),
        ("text-disabled", "surface"),
        ("desk-dim", "block-cursor-blurred-background"),
    ):
        got = contrast(Color.parse(variables[front]), Color.parse(variables[ground]))
        assert got >= LEGIBLE, (front, ground, got)


@pytest.mark.parametrize("name", TRUE)
def test_the_states_are_different_colours(name: str) -> None:
    variables = variables_of(ALL[name])
    for one, other in combinations(STATES, 2):
        assert distance(Color.parse(variables[one]), Color.parse(variables[other])) >= APART, (one, other)


@pytest.mark.parametrize("name", sorted(ALL))
def test_at_sixteen_colours_the_states_are_different_numbers(name: str) -> None:
    variables = variables_of(at_sixteen(ALL[name]))
    numbers = [sixteen(variables[state]) for state in STATES]
    assert len(set(numbers)) == len(STATES), dict(zip(STATES, numbers, strict=True))
    # Bold is drawn as the bright one of the pair by many terminals.
    bold = [None if number is None else number % 8 for number in numbers]
    assert len(set(bold)) == len(STATES), dict(zip(STATES, numbers, strict=True))


@pytest.mark.parametrize("name", TRUE)
def test_at_sixteen_colours_the_ground_is_one_and_none_of_the_states(name: str) -> None:
    """Red on grey or blue, which are what is nearest to a theme's panels, can't be read."""
    variables = variables_of(at_sixteen(ALL[name]))
    shown = [variables[ground] for ground in GROUNDS if variables[ground] != "transparent"]
    (ground,) = {sixteen(value) for value in shown}
    assert ground in (0, 15)
    assert ground not in {sixteen(variables[front]) for front in READ}
    assert at_sixteen(ALL[name]).dark == (ground == 0)


@pytest.mark.parametrize("name", TRUE)
def test_with_256_colours_the_states_are_different_and_can_be_read(name: str) -> None:
    """What tmux has as long as nobody sets COLORTERM; there only our own themes were made for it."""
    from rich.terminal_theme import DEFAULT_TERMINAL_THEME

    variables = variables_of(ALL[name])

    def drawn(value: str) -> Color:
        written = Color.parse(value).rich_color.downgrade(ColorSystem.EIGHT_BIT)
        return Color(*written.get_truecolor(DEFAULT_TERMINAL_THEME))

    states = [drawn(variables[state]) for state in STATES]
    for one, other in combinations(states, 2):
        assert distance(one, other) >= APART
    for state in states:
        for ground in GROUNDS if name in CYCLE else ():
            assert contrast(state, drawn(variables[ground])) >= 3.5, (state, ground)
