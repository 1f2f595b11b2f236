"""The one registry of keys: bindings, footer, help, palette and the README's table, made of `actions.py`."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from textual.binding import Binding, BindingType
from textual.keys import Keys

from support_desk.actions import ACTIONS, BY_ID, SCOPES, TOGETHER, Action
from support_desk.config.mistakes import Mistake


def bindings(*scopes: str) -> list[BindingType]:
    """The bindings of a screen or widget, with ids so that `[keys]` can change them."""
    return [
        Binding(
            # What only the palette has must be there all the same, or `[keys]` could give it no key.
            action.keys or f"no-key-{action.id}",
            action.method,
            action.label,
            show=False,
            tooltip=action.help,
            id=action.id,
            # A question hides every other key of the program; whoever wants to leave must hear why not.
            priority=action.opens_field or action.id == "app.quit",
        )
        for action in ACTIONS
        if action.scope in scopes
    ]


KEY_NAMES = {
    "exclamation_mark": "!",
    "quotation_mark": '"',
    "number_sign": "#",
    "dollar_sign": "$",
    "percent_sign": "%",
    "ampersand": "&",
    "apostrophe": "'",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "asterisk": "*",
    "plus": "+",
    "comma": ",",
    "minus": "-",
    "full_stop": ".",
    "slash": "/",
    "colon": ":",
    "semicolon": ";",
    "less_than_sign": "<",
    "equals_sign": "=",
    "greater_than_sign": ">",
    "question_mark": "?",
    "at": "@",
    "left_square_bracket": "[",
    "backslash": "\\",
    "right_square_bracket": "]",
    "circumflex_accent": "^",
    "underscore": "_",
    "grave_accent": "`",
    "left_curly_bracket": "{",
    "vertical_line": "|",
    "right_curly_bracket": "}",
    "tilde": "~",
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
}
"""Textual's names of keys, and how people write them.

Written out: asking `unicodedata` for a few names brings 0.4 MB of them into memory for good.
"""

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
    """The keys of an action, after the person's own changes, as people write them; none: palette only."""
    keys = changed.get(action.id, action.keys)
    return [shown(key.strip()) for key in keys.split(",")] if keys else []


def available(scopes: Iterable[str], *, read_only: bool = False) -> list[Action]:
    """The actions of these scopes, nearest scope first; a read-only desk has none that change anything."""
    return [
        action
        for scope in scopes
        for action in ACTIONS
        if action.scope == scope and not (read_only and action.changes)
    ]


def footer(
    scopes: Iterable[str],
    changed: Mapping[str, str],
    *,
    read_only: bool = False,
    without: Container[str] = (),
    typing: bool = False,
) -> list[tuple[str, str]]:
    """(key, label) of what the footer shows for these scopes, nearest scope first.

    `without`: ids of actions that would do nothing now. `typing`: what a field takes is no key.
    """
    found = []
    for action in available(scopes, read_only=read_only):
        if action.footer and action.id not in without:
            keys = [key for key in keys_of(action, changed) if not (typing and _is_typed(key))]
            found += [(key, action.label) for key in keys[:1]]
    return found


def _is_typed(key: str) -> bool:
    return len(key) == 1 or key == "space"


_OF_ROWS = frozenset({"list", "marks", "row", "act", "act_alert", "act_ticket"})
OF_A_ROW = frozenset(action.id for action in ACTIONS if action.scope in _OF_ROWS) - {"runbook.search"}
"""The ids of actions that mean a row: where there is none they do nothing."""

CHANGING = frozenset(action.method for action in ACTIONS if action.changes)
"""The methods (without `action_`) that lead to a change: a read-only desk refuses them."""


def key_mistakes(changed: Mapping[str, str], where: Callable[[str], str]) -> list[Mistake]:
    """What is wrong with the `[keys]` section: unknown ids and keys, keys with two meanings.

    Textual deletes the other binding of a clash without a word, so a clash is refused here by name.
    `where`: the file that a key of the configuration comes from.
    """

    def mistake(id_: str, problem: str, remedy: str) -> Mistake:
        from support_desk.config.shape import dotted  # as the next one: only where something is wrong

        key = dotted("keys", id_)
        return Mistake(key, where(key), problem, remedy)

    found = [mistake(id_, "no action has this name", _meant(id_)) for id_ in changed if id_ not in BY_ID]
    found += [
        mistake(id_, f'"{key.strip()}" is no key', "Write `x`, `ctrl+x`, `f5` or `comma`")
        for id_, keys in changed.items()
        for key in keys.split(",")
        if id_ in BY_ID and named(key) is None
    ]
    clashes = dict.fromkeys(_clashes(normal(changed)))
    return found + [mistake(id_, words, "Give one of them another key") for id_, words in clashes]


def _clashes(changed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Keys with two meanings at one place: the id of an action that was given one, and what is wrong."""
    for together in TOGETHER:
        owners: dict[str, Action] = {}
        for action in (action for action in ACTIONS if action.scope in together):
            for key in filter(None, changed.get(action.id, action.keys).split(",")):
                other = owners.setdefault(key.strip(), action)
                if other is not action and changed.keys() & {action.id, other.id}:
                    given = action if action.id in changed else other
                    yield given.id, f'"{shown(key.strip())}" would mean both {other.id} and {action.id}'


def _meant(id_: str) -> str:
    """What somebody may have meant by a name that no action has."""
    from difflib import get_close_matches

    near = get_close_matches(id_, BY_ID, n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else "The README lists every action's id and key"


def table(changed: Mapping[str, str] | None = None) -> str:
    """The README's table of keys, in Markdown."""
    lines = ["| key | does | id |", "|---|---|---|"]
    for scope, words in SCOPES.items():
        actions = [action for action in ACTIONS if action.scope == scope]
        if actions:
            lines.append(f"| | **{words}** | |")
        for action in actions:
            keys = " ".join(f"`{key}`" for key in keys_of(action, changed or {})) or "palette"
            lines.append(f"| {keys} | {action.help} | `{action.id}` |")
    return "\n".join(lines)
