"""The one registry of actions: bindings, footer, help, palette and the README's table come from here."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Iterable, Mapping

from textual.binding import Binding, BindingType
from textual.keys import Keys

from support_desk.records import record


@record
class Action:
    """Something that a key does."""

    id: str
    """What the configuration's `[keys]` calls it."""
    keys: str
    """The default keys, separated by commas, in Textual's names."""
    method: str
    """The action's method, without `action_`."""
    label: str
    """A word or two for the footer and the palette."""
    help: str
    """One sentence."""
    scope: str
    """Where it is bound: see `SCOPES`."""
    footer: bool = False
    palette: bool = True
    opens_field: bool = False
    """What is typed next belongs to the field: a slow connection delivers it together with this key, so the
    key comes first, before the others are given to a list that would act on them."""


SCOPES: dict[str, str] = {
    "app": "Everywhere",
    "dashboard": "The dashboard",
    "list": "In a list",
    "row": "The selected row",
    "detail": "The details of an alert or a ticket",
    "ticket": "The details of a ticket",
    "suspended": "The suspended tickets",
    "solved": "The search of solved tickets",
    "document": "In a runbook",
}

ACTIONS: tuple[Action, ...] = (
    # Everywhere
    Action("app.help", "question_mark,f1", "show_help", "help", "Show the keys that work here.", "app", True),
    Action(
        "app.palette",
        "colon,ctrl+p",
        "command_palette",
        "commands",
        "Find a command by name.",
        "app",
        True,
        palette=False,
    ),
    Action("app.refresh_all", "R", "refresh_all", "refresh all", "Read every source now.", "app"),
    Action("app.quit", "ctrl+q", "quit", "quit", "Leave the desk.", "app", True),
    Action("app.mute", "M", "mute", "mute bell", "Silence the bell, or let it ring again.", "app"),
    Action(
        "app.theme",
        "f9",
        "next_theme",
        "theme",
        "Change the colours: dark, light, high contrast, the terminal's own.",
        "app",
    ),
    Action(
        "app.number",
        "number_sign",
        "open_number",
        "open #",
        "Open any ticket by its number.",
        "app",
        opens_field=True,
    ),
    Action(
        "app.solved",
        "F",
        "search_solved",
        "solved before?",
        "Search the solved tickets: has this been seen before?",
        "app",
        opens_field=True,
    ),
    Action(
        "app.suspended", "Z", "suspended", "suspended", "Look at the suspended tickets: some are real.", "app"
    ),
    # The dashboard
    Action("pane.next", "tab", "focus_pane(1)", "pane", "Go to the next pane.", "dashboard", True),
    Action(
        "pane.previous", "shift+tab", "focus_pane(-1)", "pane back", "Go to the pane before.", "dashboard"
    ),
    Action("pane.alerts", "1", "pane('alerts')", "alerts", "Go to the alerts.", "dashboard"),
    Action("pane.tickets", "2", "pane('tickets')", "tickets", "Go to the tickets.", "dashboard"),
    Action("pane.runbook", "3", "pane('runbook')", "runbook", "Go to the runbook.", "dashboard"),
    Action("pane.rota", "4", "pane('rota')", "rota", "Go to the rota.", "dashboard"),
    Action("pane.refresh", "r", "refresh_pane", "refresh", "Read this pane's source now.", "dashboard", True),
    Action(
        "pane.zoom", "plus", "zoom", "zoom", "Give this pane the whole screen, or put it back.", "dashboard"
    ),
    Action(
        "pane.layout",
        "underscore",
        "layout",
        "layout",
        "Show or hide the runbook and the rota beside the lists.",
        "dashboard",
    ),
    Action(
        "rows.filter",
        "slash",
        "filter",
        "filter",
        "Show only rows that match; `!` before a word inverts it.",
        "dashboard",
        True,
        opens_field=True,
    ),
    Action(
        "rows.saved_filters",
        "f",
        "saved_filters",
        "filters",
        "Choose a filter: mine, unassigned, breached, no priority ...",
        "dashboard",
        True,
        opens_field=True,
    ),
    Action(
        "rows.sort",
        "S",
        "sort",
        "sort",
        "Change the order: breach risk, newest, priority, client.",
        "dashboard",
    ),
    Action(
        "dashboard.back",
        "q,escape",
        "back",
        "back",
        "Take the filter or the zoom away.",
        "dashboard",
        palette=False,
    ),
    # In a list
    Action("list.down", "j,down", "down", "down", "Move down.", "list", palette=False),
    Action("list.up", "k,up", "up", "up", "Move up.", "list", palette=False),
    Action(
        "list.page_down",
        "pagedown,ctrl+f",
        "page_down",
        "page down",
        "Move a page down.",
        "list",
        palette=False,
    ),
    Action("list.page_up", "pageup,ctrl+u", "page_up", "page up", "Move a page up.", "list", palette=False),
    Action("list.first", "g,home", "first", "first", "Move to the first row.", "list", palette=False),
    Action("list.last", "G,end", "last", "last", "Move to the last row.", "list", palette=False),
    Action(
        "list.open", "enter", "open", "open", "Open the details of this row.", "list", True, palette=False
    ),
    Action("list.mark", "space", "mark", "mark", "Mark this row.", "list", palette=False),
    Action(
        "list.mark_range", "v", "mark_range", "mark range", "Mark rows from here on.", "list", palette=False
    ),
    Action(
        "list.clear_marks", "X", "clear_marks", "clear marks", "Take all marks away.", "list", palette=False
    ),
    # The selected row
    Action("row.browser", "o", "browser", "browser", "Open it in the browser.", "row", True),
    Action(
        "row.copy_link",
        "y",
        "copy_link",
        "copy link",
        "Copy its link, or those of the marked rows.",
        "row",
        True,
    ),
    Action("row.copy_line", "Y", "copy_line", "copy line", "Copy one line about it for the handover.", "row"),
    Action("row.runbook", "b", "runbook", "runbook", "Read the runbook for it.", "row", True),
    Action(
        "runbook.search", "B", "search_runbooks", "runbooks", "Choose a runbook.", "row", opens_field=True
    ),
    # Details
    Action("detail.back", "q,escape,backspace", "back", "back", "Go back.", "detail", True, palette=False),
    Action("detail.refresh", "r", "refresh_detail", "refresh", "Read it again now.", "detail", True),
    Action("detail.next", "right_square_bracket", "next_row", "next", "The next row of the list.", "detail"),
    Action(
        "detail.previous",
        "left_square_bracket",
        "previous_row",
        "previous",
        "The row before in the list.",
        "detail",
    ),
    Action(
        "ticket.attachments",
        "a",
        "attachments",
        "attachments",
        "Choose an attachment to save or open; none is fetched by itself.",
        "ticket",
        True,
    ),
    Action(
        "ticket.next_comment",
        "right_curly_bracket",
        "next_comment",
        "next comment",
        "Go to the next comment.",
        "ticket",
    ),
    Action(
        "ticket.previous_comment",
        "left_curly_bracket",
        "previous_comment",
        "comment before",
        "Go to the comment before.",
        "ticket",
    ),
    Action("solved.words", "slash", "words", "words", "Search with other words.", "solved", True),
    Action(
        "suspended.text",
        "tab",
        "other_half",
        "list / text",
        "Go from the list to the text of the message, and back.",
        "suspended",
        True,
    ),
    Action("document.down", "j,down", "scroll_down", "down", "Move down.", "document", palette=False),
    Action("document.up", "k,up", "scroll_up", "up", "Move up.", "document", palette=False),
    Action(
        "document.page_down",
        "pagedown,space,ctrl+f",
        "page_down",
        "page down",
        "Move a page down.",
        "document",
        palette=False,
    ),
    Action(
        "document.page_up",
        "pageup,ctrl+u",
        "page_up",
        "page up",
        "Move a page up.",
        "document",
        palette=False,
    ),
    Action("document.first", "g,home", "scroll_home", "top", "Move to the top.", "document", palette=False),
    Action("document.last", "G,end", "scroll_end", "end", "Move to the end.", "document", palette=False),
)

BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}


def bindings(*scopes: str) -> list[BindingType]:
    """The bindings of a screen or widget, with ids so that `[keys]` can change them."""
    return [
        Binding(
            action.keys,
            action.method,
            action.label,
            show=False,
            tooltip=action.help,
            id=action.id,
            priority=action.opens_field,
        )
        for action in ACTIONS
        if action.scope in scopes
    ]


_OWN_NAMES = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
"""Where Textual's name of a sign isn't Unicode's."""


def _sign_name(sign: str) -> str:
    name = unicodedata.name(sign).lower().replace(" ", "_").replace("-", "_")
    return _OWN_NAMES.get(name, name)


KEY_NAMES = {
    **{_sign_name(sign): sign for sign in string.punctuation},
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
}
"""Textual's names of keys, and how people write them."""

_NAMED = {written: name for name, written in KEY_NAMES.items()}
_MODIFIERS = frozenset({"ctrl", "shift", "alt", "super", "meta", "hyper"})
_KNOWN = frozenset(key.value.rpartition("+")[2] for key in Keys if not key.value.startswith("<")) | {"space"}


def named(key: str) -> str | None:
    """Textual's name of a key, however it is written (`?`, `esc`, `ctrl+/`); None if there is no such key."""
    *modifiers, last = key.strip().split("+") if key.strip() not in ("+", "") else [key.strip()]
    last = _NAMED.get(last, last)
    if not set(modifiers) <= _MODIFIERS:
        return None
    if not (last in KEY_NAMES or last in _KNOWN or (len(last) == 1 and last.isalnum())):
        return None
    if modifiers == ["shift"] and len(last) == 1 and last.isalpha():
        # A terminal tells a capital letter, not how it was typed.
        return last.upper()
    return "+".join([*modifiers, last])


def normal(changed: Mapping[str, str]) -> dict[str, str]:
    """The `[keys]` section in Textual's names; what is no key stays as it was written."""
    return {
        id_: ",".join(named(key) or key.strip() for key in keys.split(",")) for id_, keys in changed.items()
    }


def shown(key: str) -> str:
    """A key's name as people write it: `?`, `ctrl+q`, `pgdn`."""
    return "+".join(KEY_NAMES.get(part, part) for part in key.split("+"))


def keys_of(action: Action, changed: Mapping[str, str]) -> list[str]:
    """The keys of an action, after the person's own changes, as people write them."""
    return [shown(key.strip()) for key in changed.get(action.id, action.keys).split(",")]


def footer(scopes: Iterable[str], changed: Mapping[str, str]) -> list[tuple[str, str]]:
    """(key, label) of what the footer shows for these scopes, nearest scope first."""
    wanted = list(scopes)
    return [
        (keys_of(action, changed)[0], action.label)
        for scope in wanted
        for action in ACTIONS
        if action.scope == scope and action.footer
    ]


TOGETHER: tuple[frozenset[str], ...] = (
    frozenset({"app", "dashboard", "list", "row"}),
    frozenset({"app", "dashboard", "document", "row"}),
    frozenset({"app", "detail", "ticket", "row", "document"}),
    frozenset({"app", "detail", "suspended", "list", "row"}),
    frozenset({"app", "detail", "solved", "list", "row"}),
)
"""Scopes that are active at the same time: one key may have one meaning in each set."""


def keymap_problems(changed: Mapping[str, str]) -> list[str]:
    """What is wrong with the `[keys]` section: unknown ids and keys, keys with two meanings; a line each.

    Textual deletes the other binding of a clash without a word, so a clash is refused here by name.
    """
    problems = [f'[keys] "{id_}": no action has this name' for id_ in changed if id_ not in BY_ID]
    problems += [
        f'[keys] "{id_}": "{key.strip()}" is no key; write `x`, `ctrl+x`, `f5` or `comma`'
        for id_, keys in changed.items()
        for key in keys.split(",")
        if id_ in BY_ID and named(key) is None
    ]
    changed = normal(changed)
    for together in TOGETHER:
        owners: dict[str, Action] = {}
        for action in ACTIONS:
            if action.scope not in together:
                continue
            for key in changed.get(action.id, action.keys).split(","):
                other = owners.setdefault(key.strip(), action)
                if other is not action and (action.id in changed or other.id in changed):
                    line = f'[keys] "{shown(key.strip())}" would mean both {other.id} and {action.id}'
                    if line not in problems:
                        problems.append(line)
    return problems


def table(changed: Mapping[str, str] | None = None) -> str:
    """The README's table of keys, in Markdown."""
    lines = ["| key | does | id |", "|---|---|---|"]
    for scope, words in SCOPES.items():
        actions = [action for action in ACTIONS if action.scope == scope]
        if actions:
            lines.append(f"| | **{words}** | |")
        for action in actions:
            keys = " ".join(f"`{key}`" for key in keys_of(action, changed or {}))
            lines.append(f"| {keys} | {action.help} | `{action.id}` |")
    return "\n".join(lines)
