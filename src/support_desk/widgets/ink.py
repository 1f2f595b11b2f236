"""How each kind of text looks, by name, in the colours of the theme.

Lines are drawn as segments with these styles. They aren't Textual's component classes, because resolving
one through the stylesheet takes a third of a millisecond, and the first frame would need a hundred of them.
No state rests on colour alone: a word or a shape says the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rich.color import Color as TerminalColour
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.widget import Widget

INKS: dict[str, tuple[str, str, str]] = {
    # name: (colour of the text, colour behind it, attributes); colours are the theme's variables
    "text": ("", "", ""),
    "dim": ("desk-dim", "", ""),
    "label": ("desk-dim", "", ""),
    "quiet": ("desk-dim", "", ""),
    "empty": ("desk-dim", "", ""),
    "strong": ("", "", "bold"),
    "key": ("accent", "", "bold"),
    "mine": ("accent", "", "bold"),
    "ok": ("success", "", ""),
    "due": ("", "", ""),
    "soon": ("warning", "", "bold"),
    "stale": ("warning", "", "bold"),
    "warn": ("warning", "", "bold"),
    "unknown": ("warning", "", "italic"),
    "late": ("error", "", "bold"),
    "failed": ("error", "", "bold"),
    "notice": ("error", "", "bold"),
    "alarm": ("error", "", "bold reverse"),
    "held": ("desk-dim", "", "italic"),
    "gone": ("desk-dim", "", "strike"),
    "p1": ("error", "", "bold reverse"),
    "p2": ("warning", "", "bold"),
    "p3": ("", "", ""),
    "public": ("warning", "", "bold"),
    "agent": ("success", "", "bold"),
    "internal": ("desk-dim", "", "italic"),
    # Panes
    "title": ("", "panel", "bold"),
    "title-focus": ("", "desk-cursor", "bold"),
    "head": ("desk-dim", "", "underline"),
    "cursor": ("", "desk-cursor", "bold"),
    "cursor-blurred": ("", "desk-resting", ""),
    # Runbooks
    "note": ("warning", "", "italic"),
    "h1": ("primary", "", "bold underline"),
    "h2": ("primary", "", "bold"),
    "h3": ("secondary", "", "bold italic"),
    "h4": ("secondary", "", "italic"),
    "em": ("", "", "italic"),
    "strike": ("", "", "strike"),
    "code": ("accent", "", "bold"),
    "code_block": ("foreground", "panel", ""),
    "code_cut": ("warning", "", "bold reverse"),
    "link": ("primary", "", "underline"),
    "link_selected": ("", "", "bold reverse"),
    "meant": ("", "", "bold reverse"),
    "link_target": ("desk-dim", "", ""),
    "image": ("desk-dim", "", "italic"),
    "quote": ("secondary", "", "italic"),
    "bullet": ("accent", "", "bold"),
    "table_head": ("", "", "bold underline"),
    "rule": ("desk-dim", "", ""),
}


_GREYS = ("", "desk-dim", "foreground")
"""What is no colour of a state."""


def ink(app: App[Any], names: str) -> Style:
    """The style of a name, or of several separated by blanks, outermost first. Raises `KeyError`."""
    variables = app.theme_variables
    style = Style.null()
    for name in names.split(" "):
        front, behind, attributes = INKS[name]
        if app.no_color and front not in _GREYS:
            # As a grey, red is as faint as what is unimportant: bold and reverse say it alone.
            front = ""
        style += _style(variables.get(front, ""), variables.get(behind, ""), attributes)
    return style


class Inks:
    """The styles of one widget, kept until its theme changes; equal ones are the same object.

    They have been through Textual's colour filters (NO_COLOR is one), so that no line needs to.
    """

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._known: dict[str, Style] = {}
        self._alike: dict[Style, Style] = {}

    def __call__(self, names: str) -> Style:
        """The style of a name, or of several separated by blanks, outermost first. Raises `KeyError`."""
        known = self._known.get(names)
        if known is None:
            # On the widget's own ground: the terminal's may be light where the theme is dark.
            style = self._filtered(self._widget.rich_style + ink(self._widget.app, names))
            known = self._known[names] = self._alike.setdefault(style, style)
        return known

    def _filtered(self, style: Style) -> Style:
        sample = [Segment(" ", style)]
        _, ground = self._widget.background_colors
        for line_filter in self._widget.get_line_filters():
            sample = line_filter.apply(sample, ground)
        return sample[0].style or Style.null()

    def clear(self) -> None:
        """Forget them: the theme has changed."""
        self._known.clear()
        self._alike.clear()


@lru_cache(maxsize=1024)
def _style(front: str, behind: str, attributes: str) -> Style:
    wanted = set(attributes.split())
    return Style(
        color=_colour(front),
        bgcolor=_colour(behind),
        bold=True if "bold" in wanted else None,
        italic=True if "italic" in wanted else None,
        underline=True if "underline" in wanted else None,
        strike=True if "strike" in wanted else None,
        reverse=True if "reverse" in wanted else None,
    )


def _colour(value: str) -> TerminalColour | None:
    """A theme's value as the terminal's colour; None for what shows the colour behind it."""
    if not value or value == "transparent":
        return None
    colour = Color.parse(value)
    return None if colour.a == 0 else colour.rich_color
