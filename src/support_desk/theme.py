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
        variables={"text-muted": "#e0e0e0"},
    ),
)

CYCLE = ("desk-dark", "desk-light", "desk-contrast", "ansi-dark", "ansi-light")
"""What the theme key goes through."""

DEFAULT = "desk-dark"
