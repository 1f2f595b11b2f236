"""The desk's own themes, beside Textual's: dark, light, and one of the highest contrast."""

from __future__ import annotations

from dataclasses import replace

from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

THEMES: tuple[Theme, ...] = (
    Theme(
        name="desk-dark",
        primary="#80a6d9",
        secondary="#ab9ddc",
        accent="#e6c07b",
        warning="#f0b050",
        error="#ff7a6b",
        success="#8fca7a",
        foreground="#d8dbe2",
        background="#15181d",
        surface="#1a1e24",
        panel="#272b33",
        dark=True,
        variables={"desk-dim": "#9ca4b2", "desk-cursor": "#232f66", "desk-resting": "#23282f"},
    ),
    Theme(
        name="desk-light",
        primary="#1d5a9f",
        secondary="#6748ad",
        accent="#804b00",
        warning="#854d00",
        error="#b3190c",
        success="#266418",
        foreground="#1b1e23",
        background="#fbfbf8",
        surface="#f4f4f0",
        panel="#e3e4df",
        dark=False,
        variables={"desk-dim": "#555b65", "desk-cursor": "#c3d7f0", "desk-resting": "#ececea"},
    ),
    Theme(
        name="desk-contrast",
        primary="#ffff00",
        secondary="#00ffff",
        accent="#00ffff",
        warning="#ffff00",
        error="#ff8080",
        success="#80ff80",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#303030",
        dark=True,
        variables={"desk-dim": "#e0e0e0", "desk-cursor": "#0000c0", "desk-resting": "#3c3c3c"},
    ),
    # Textual's own draws its warnings as the bright red of the sixteen, beside the red of its errors. Yellow
    # can't be read on a light ground in most people's palettes; magenta can.
    replace(BUILTIN_THEMES["ansi-light"], warning="ansi_magenta", accent="ansi_blue"),
)

CYCLE = ("desk-dark", "desk-light", "desk-contrast", "ansi-dark", "ansi-light")
"""What the theme key goes through."""

DEFAULT = "desk-dark"

ANSI_VARIABLES = {
    "ansi-dark": {"desk-dim": "ansi_white", "desk-cursor": "transparent", "desk-resting": "transparent"},
    "ansi-light": {
        "desk-dim": "ansi_bright_black",
        "desk-cursor": "transparent",
        "desk-resting": "transparent",
    },
}
"""The desk's own colours in the themes of the terminal's sixteen.

Nothing is put behind a text: red on blue, or yellow on grey, can't be read in most people's palettes. The
cursor is a sign at the edge and bold, and the pane with the keys has brackets round its title.
"""


SIXTEEN = {
    True: Theme(
        name="sixteen, dark",
        primary="#55ffff",
        secondary="#ff55ff",
        accent="#55ffff",
        warning="#ffff55",
        error="#ff5555",
        success="#55ff55",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#000000",
        dark=True,
        variables={"desk-dim": "#aaaaaa", "desk-cursor": "transparent", "desk-resting": "transparent"},
    ),
    False: Theme(
        name="sixteen, light",
        primary="#0000aa",
        secondary="#00aaaa",
        accent="#0000aa",
        warning="#aa00aa",
        error="#aa0000",
        success="#00aa00",
        foreground="#000000",
        background="#ffffff",
        surface="#ffffff",
        panel="#ffffff",
        dark=False,
        variables={"desk-dim": "#555555", "desk-cursor": "transparent", "desk-resting": "transparent"},
    ),
}
"""A dark and a light theme in exactly the colours that Rich takes the sixteen to be.

All is on one ground. What is nearest to a theme's panels is a grey or a blue, on which red can't be read, and
what is nearest to a soft red and a soft amber is one and the same.
"""


def variables_for(theme: Theme) -> dict[str, str]:
    """The desk's own colours for a theme that doesn't define them.

    Whole colours, not shares of one: lines are drawn as segments, which can't be blended with what is behind.
    """
    if theme.name in ANSI_VARIABLES:
        return ANSI_VARIABLES[theme.name]
    colours = theme.to_color_system().generate()
    return {
        "desk-dim": colours["foreground-darken-1" if theme.dark else "foreground-lighten-1"],
        "desk-cursor": colours["panel-lighten-1" if theme.dark else "panel-darken-1"],
        "desk-resting": colours["surface-lighten-1" if theme.dark else "surface-darken-1"],
    }


def variables_of(theme: Theme) -> dict[str, str]:
    """All colours of a theme as they are drawn; those of Textual's themes are first made to be read."""
    colours = {**theme.to_color_system().generate(), **variables_for(theme), **theme.variables}
    if theme.ansi:
        return colours
    if "desk-dim" not in theme.variables:
        # None of ours.
        colours = _made_readable(colours, dark=theme.dark)
    # Textual's own shades of what a field asks for and of the chosen command are too near to their ground.
    colours["text-disabled"] = colours["desk-dim"]
    if colours["desk-cursor"] != "transparent":
        colours["block-cursor-blurred-background"] = colours["desk-cursor"]
    return colours


def at_sixteen(theme: Theme) -> Theme:
    """A theme for a terminal that has no more than sixteen colours, under the same name."""
    return theme if theme.ansi else replace(SIXTEEN[theme.dark], name=theme.name)


LEGIBLE = 4.5
"""The least contrast of text with what is behind it, by the web's accessibility guidelines (AA)."""

_STATES = ("error", "warning", "success")
_TEXTS = ("foreground", "desk-dim", "accent", "primary", "secondary")
_GROUNDS = ("background", "surface", "panel", "desk-cursor", "desk-resting")


def _made_readable(colours: dict[str, str], *, dark: bool) -> dict[str, str]:
    """Our red, amber and green on a theme's ground, and every text in a shade that can be read there.

    Textual's themes are made for large coloured areas: their warnings can be as faint as 1.4 to 1.
    """
    ours = THEMES[0] if dark else THEMES[1]
    states = {name: Color.parse(str(getattr(ours, name))) for name in _STATES}
    base = Color.parse(colours["background"])
    grounds = {name: _moved(Color.parse(colours[name]), base, list(states.values())) for name in _GROUNDS}
    end = Color.parse("#ffffff" if dark else "#000000")
    texts = {name: _moved(Color.parse(colours[name]), end, list(grounds.values())) for name in _TEXTS}
    return {**colours, **{name: colour.hex for name, colour in {**states, **grounds, **texts}.items()}}


def _moved(colour: Color, towards: Color, others: list[Color]) -> Color:
    """A colour, moved as little as needed until all the others have enough contrast with it."""
    for step in range(21):
        moved = colour.blend(towards, step / 20, alpha=1.0)
        if all(_contrast(moved, other) >= LEGIBLE for other in others):
            return moved
    return towards


def _contrast(one: Color, other: Color) -> float:
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


_DARKEST = 0.04045
"""Below this sRGB is linear."""


def _luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= _DARKEST else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
