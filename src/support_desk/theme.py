"""The desk's own themes, beside Textual's: dark, light, and one of the highest contrast."""

from __future__ import annotations

from textual.theme import Theme

THEMES: tuple[Theme, ...] = (
    Theme(
        name="desk-dark",
        primary="#7aa2d8",
        secondary="#9d8cd6",
        accent="#e6c07b",
        warning="#f0b050",
        error="#ff7a6b",
        success="#8fca7a",
        foreground="#d8dbe2",
        background="#15181d",
        surface="#1a1e24",
        panel="#262c35",
        dark=True,
        variables={"desk-dim": "#8b94a5", "desk-cursor": "#2f4566", "desk-resting": "#23282f"},
    ),
    Theme(
        name="desk-light",
        primary="#1f5fa8",
        secondary="#6a4bb0",
        accent="#8a5200",
        warning="#9a5b00",
        error="#b3190c",
        success="#2b6e1c",
        foreground="#1b1e23",
        background="#fbfbf8",
        surface="#f4f4f0",
        panel="#e3e4df",
        dark=False,
        variables={"desk-dim": "#5d636d", "desk-cursor": "#c3d7f0", "desk-resting": "#ececea"},
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
        variables={"desk-dim": "#e0e0e0", "desk-cursor": "#0000c0", "desk-resting": "#404040"},
    ),
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
