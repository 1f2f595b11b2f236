"""The registry of keys: every action exists where it is bound, is found in the palette, and never clashes."""

from __future__ import annotations

import asyncio
import re
import string
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import Any

import pytest
from textual.binding import Binding, BindingsMap
from textual.widgets import OptionList

from support_desk.actions import ACTIONS, BY_ID, SCOPES, TOGETHER, Action
from support_desk.app import DeskApp
from support_desk.desk.snapshot import FeedName
from support_desk.keys import (
    KEY_NAMES,
    OF_A_ROW,
    available,
    bindings,
    footer,
    key_mistakes,
    keys_of,
    named,
    table,
)
from support_desk.screens.alert import AlertScreen
from support_desk.screens.alert_rows import GLYPHS
from support_desk.screens.dashboard import Dashboard
from support_desk.screens.detail import DetailScreen
from support_desk.screens.handover import HandoverScreen
from support_desk.screens.legend import legend_lines
from support_desk.screens.log import LogScreen
from support_desk.screens.needs import NeedsScreen
from support_desk.screens.outbox import OutboxScreen
from support_desk.screens.palette import SAID, rank
from support_desk.screens.pickers import HelpScreen, help_lines
from support_desk.screens.quiet import QuietScreen
from support_desk.screens.rota import RotaScreen
from support_desk.screens.solved import SolvedScreen
from support_desk.screens.suspended import SuspendedScreen
from support_desk.screens.ticket import TicketScreen
from support_desk.screens.ticket_rows import METRICS, PLANS, STATE_WORDS
from support_desk.screens.toil import ToilScreen
from support_desk.widgets.document import DocumentView
from support_desk.widgets.lines import Lines
from support_desk.widgets.row_list import MarkingList, RowList
from support_desk.widgets.text_view import TextView
from tests.effort import calls
from tests.support import LARGE, MIDDLE, SMALL, Running, Weather, changed, running

PLACES = {
    "O": OutboxScreen, "L": LogScreen, "H": HandoverScreen, "N": RotaScreen,
    "K": ToilScreen, "0": NeedsScreen, "Q": QuietScreen, "Z": SuspendedScreen, "F": SolvedScreen,
}  # fmt: skip
"""Which key goes where, from everywhere."""

BOUND: dict[str, tuple[type[Any], ...]] = {
    "app": (DeskApp,),
    "dashboard": (Dashboard,),
    "list": (RowList,),
    "marks": (MarkingList,),
    "act": (Dashboard, DetailScreen),
    "act_alert": (Dashboard, AlertScreen),
    "act_ticket": (Dashboard, TicketScreen),
    "row": (Dashboard, DetailScreen, SuspendedScreen, SolvedScreen),
    "detail": (DetailScreen, SuspendedScreen, SolvedScreen),
    "ticket": (TicketScreen,),
    "suspended": (SuspendedScreen,),
    "solved": (SolvedScreen,),
    "outbox": (OutboxScreen,),
    "log": (LogScreen,),
    "rota": (RotaScreen,),
    "toil": (ToilScreen,),
    "handover": (HandoverScreen,),
    "needs": (NeedsScreen,),
    "quiet": (QuietScreen,),
    "document": (DocumentView, TextView),
    "runbook": (DocumentView,),
}
"""The classes that bind a scope's keys."""


def defaults(action: Action) -> list[str]:
    return [key.strip() for key in action.keys.split(",") if key]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_every_action_has_its_method_wherever_it_is_bound(action: Action) -> None:
    for owner in BOUND[action.scope]:
        assert hasattr(owner, f"action_{action.method.partition('(')[0]}"), owner.__name__
        bound = [binding for binding in owner.BINDINGS if isinstance(binding, Binding)]
        assert any(binding.id == action.id for binding in bound), owner.__name__


def test_every_scope_is_bound_and_every_action_has_one_name_and_a_sentence() -> None:
    assert set(BOUND) == set(SCOPES) == {action.scope for action in ACTIONS}
    assert len(BY_ID) == len(ACTIONS)
    for action in ACTIONS:
        assert action.help.endswith((".", "?")), action.id
        assert 1 <= len(action.label) <= 16, action.id
        assert action.keys or action.palette, action.id


def test_no_two_actions_that_are_active_together_share_a_key() -> None:
    for together in TOGETHER:
        acting = [action for action in ACTIONS if action.scope in together]
        clashes = [
            (one.id, other.id)
            for one, other in combinations(acting, 2)
            if set(defaults(one)) & set(defaults(other))
        ]
        assert clashes == [], together


def test_the_screens_scopes_are_checked_together() -> None:
    for screen in (
        Dashboard, AlertScreen, TicketScreen, SuspendedScreen, SolvedScreen, OutboxScreen, LogScreen,
        RotaScreen, ToilScreen, HandoverScreen, NeedsScreen, QuietScreen,
    ):  # fmt: skip
        scopes = set(screen.SCOPES)
        assert any(scopes <= together for together in TOGETHER), screen.__name__


def test_nothing_is_bound_to_keys_that_tmux_eats() -> None:
    eaten = {"ctrl+b", "ctrl+h", "ctrl+i", "ctrl+m", "ctrl+enter", "shift+enter"}
    for action in ACTIONS:
        for key in defaults(action):
            assert key not in eaten, action.id
            assert not key.startswith(("alt+", "ctrl+shift+")), action.id


def problems(changed: Mapping[str, str]) -> list[str]:
    return [f"{mistake.key}: {mistake.problem}" for mistake in key_mistakes(changed, str)]


def test_a_clash_is_refused_by_name() -> None:
    found = problems({"pane.zoom": "j"})
    assert len(found) == 2
    assert 'keys."pane.zoom": "j" would mean both pane.zoom and list.down' in found
    assert 'keys."pane.zoom": "j" would mean both pane.zoom and document.down' in found
    assert problems({"pane.zoom": "z"}) == []
    assert problems({"pane.zum": "z"}) == ['keys."pane.zum": no action has this name']
    both = problems({"pane.zoom": "f8", "pane.layout": "f8"})
    assert len(both) == 1, both
    assert "pane.zoom" in both[0]
    assert "pane.layout" in both[0]


def test_two_actions_may_swap_their_keys() -> None:
    assert problems({"pane.zoom": "underscore", "pane.layout": "plus"}) == []


@pytest.mark.parametrize(
    ("as_written", "name"),
    [
        ("?", "question_mark"),
        ("+", "plus"),
        ("/", "slash"),
        ("esc", "escape"),
        ("shift+r", "R"),
        (" j ", "j"),
    ],
)
def test_a_clash_is_found_however_the_key_is_written(as_written: str, name: str) -> None:
    owner = next(action for action in ACTIONS if name in defaults(action))
    found = problems({"row.browser": as_written})
    assert any(owner.id in line for line in found)


@pytest.mark.parametrize("nonsense", ["", "ctrl+", "hypre+x", "two words", "z,,x", "f99", ","])
def test_a_key_that_is_no_key_is_refused(nonsense: str) -> None:
    [problem, *_] = problems({"pane.zoom": nonsense})
    assert problem.startswith('keys."pane.zoom": "')
    assert "is no key" in problem


@pytest.mark.parametrize(
    "key", ["z", "Ö", "ctrl+g", "f5", "$", "ctrl+\\", "space", "delete", "shift+f3", "comma"]
)
def test_keys_that_there_are_may_be_given(key: str) -> None:
    assert problems({"pane.refresh": key, "list.mark": "f12", "document.page_down": "f11"}) == []


def test_every_default_key_is_one() -> None:
    for action in ACTIONS:
        assert [named(key) for key in defaults(action)] == defaults(action), action.id


def test_bindings_carry_their_ids_so_that_the_keymap_finds_them() -> None:
    made = [binding for binding in bindings("dashboard") if isinstance(binding, Binding)]
    assert {binding.id for binding in made} == {a.id for a in ACTIONS if a.scope == "dashboard"}


def test_footer_help_and_table_show_the_changed_key() -> None:
    changes = {"pane.refresh": "f5,ctrl+r"}
    assert ("f5", "refresh") in footer(["dashboard"], changes)
    text = "\n".join("".join(part for part, _ in line.parts) for line in help_lines(("dashboard",), changes))
    assert re.search(r"f5\s+ctrl\+r\s+Read this pane's source now", text)
    assert "| `f5` `ctrl+r` | Read this pane's source now. | `pane.refresh` |" in table(changes)


def test_help_holds_every_action_of_its_scopes() -> None:
    text = "\n".join("".join(part for part, _ in line.parts) for line in help_lines(tuple(SCOPES), {}))
    for action in ACTIONS:
        assert action.help.replace("`", "") in text, action.id
        for key in keys_of(action, {}):
            assert key in text, action.id


def test_help_names_the_other_pages_first_with_the_keys_as_they_are() -> None:
    lines = help_lines(("list", "dashboard", "app"), {"app.rota": "f6"})
    pages = "".join(part for part, _ in lines[1].parts)
    assert lines[0].parts[0][0] == "Other pages"
    assert pages.startswith(" 0 what now  f6 next on?  H handover  K TOIL  Q quiet times ")
    told = [part for line in lines for part in line.parts]
    assert ("u", "key") not in told
    rows = help_lines(("act",), {})
    told = [part for line in rows for part in line.parts]
    assert ("u", "key") in told, "a key within a sentence is drawn as one, without the table's quotes"
    assert "`" not in "".join(part for part, _ in told)


def test_every_sign_of_the_lists_is_explained() -> None:
    signs = {word for line in legend_lines() for word in "".join(part for part, _ in line.parts).split()}
    words = {word for word, _ in (*STATE_WORDS.values(), *PLANS.values())} | set(METRICS.values())
    assert words <= {sign.strip(";,.:") for sign in signs}
    assert {GLYPHS[status] for status in ("open", "acked", "snoozed")} <= signs
    assert {"~", "≈", "≠", "CHECK", "24/7"} <= signs
    # The same word stands for two things, in two columns.
    text = "\n".join("".join(part for part, _ in line.parts) for line in legend_lines())
    assert re.search(r"none \? +Under SLA: no reply is owed", text)
    assert re.search(r"none +Under Prio: nobody has given it one", text)


async def test_the_palette_offers_every_action_that_works_on_the_dashboard() -> None:
    async with running() as desk:
        offered = {action.label: run for action, run in desk.app.commands_of(desk.app.screen)}
        wanted = [a for a in ACTIONS if a.palette and a.scope in Dashboard.SCOPES]
        assert {action.label for action in wanted} == set(offered)
        offered["zoom"]()
        await desk.until(lambda: desk.dashboard.alerts.region.area == 0)


class SlowOutbox(OutboxScreen):
    """One that a busy machine hasn't come to yet."""

    def __init__(self, ready: asyncio.Event) -> None:
        super().__init__()
        self._ready = ready

    async def on_compose(self) -> None:
        await self._ready.wait()


async def test_a_command_waits_for_its_page_to_be_built() -> None:
    async with running() as desk:
        ready = asyncio.Event()
        page = SlowOutbox(ready)
        desk.app.push_screen(page)
        offered = {action.id: run for action, run in desk.app.commands_of(page)}
        offered["outbox.look"]()
        for _ in range(50):
            await asyncio.sleep(0)
        ready.set()
        await desk.until(lambda: not any(worker.name == "palette" for worker in desk.app.workers))
        assert page.list.is_mounted
        assert not any("fault" in said for said in desk.app.said)


async def test_a_command_is_for_the_page_on_which_it_was_chosen() -> None:
    async with running() as desk:
        await desk.press("1")
        offered = {action.id: run for action, run in desk.app.commands_of(desk.dashboard)}
        await desk.press("Q")
        assert isinstance(desk.app.screen, QuietScreen)
        offered["act.take"]()
        await desk.until(lambda: desk.app.said)
        assert desk.app.said == [
            f"Not done: {BY_ID['act.take'].label}. Another page has opened meanwhile",
        ]
        assert desk.app.acts.outbox is not None
        assert not desk.app.acts.outbox.entries


async def test_the_palette_opens_finds_and_runs() -> None:
    async with running() as desk:
        await desk.press("ctrl+p")
        await desk.until(lambda: type(desk.app.screen).__name__ == "Palette")
        await desk.type("mute bell")
        await desk.until(lambda: desk.app.screen.query("CommandList Option, OptionList"))
        await desk.press("enter")
        await desk.pilot.pause(0.2)
        await desk.press("enter")
        await desk.until(lambda: any("The bell is muted" in said for said in desk.app.said))


@pytest.mark.parametrize("sign", string.punctuation.replace(",", ""))
def test_every_sign_has_textuals_name(sign: str) -> None:
    (name,) = BindingsMap([(sign, "act", "Act")]).key_to_bindings
    assert KEY_NAMES[name] == sign
    assert named(sign) == name


def test_the_sign_between_keys_has_a_name_as_well() -> None:
    assert (named(","), KEY_NAMES["comma"]) == ("comma", ",")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("ack", "alert.acknowledge"),
        ("page", "act.escalate_to"),
        ("page second line", "act.escalate"),
        ("phone", "act.escalate_to"),
        ("mute", "app.mute"),
        ("mute alert", "alert.snooze"),
        ("silence", "alert.snooze"),
        ("assign to me", "act.take"),
        ("assign", "act.assign"),
        ("who is on", "pane.rota"),
        ("resolve", "act.close"),
        ("comment", "act.note"),
        ("duplicate", "ticket.merge"),
        ("w", "act.take"),
        ("W", "act.assign"),
        ("?", "app.help"),
        ("f9", "app.theme"),
        ("ctrl+q", "app.quit"),
        ("telephone", "act.escalate_to"),
        ("no client sees", "act.note"),
        ("snoze", "alert.snooze"),
        ("TRIAGE", "ticket.triage"),
    ],
)
def test_the_palette_finds_by_key_name_synonym_and_help(asked: str, found: str) -> None:
    """The best hit first: enter takes it."""
    here = [action for action in available(Dashboard.SCOPES) if action.palette]
    best = max(here, key=lambda action: rank(asked, action, keys_of(action, {})))
    assert rank(asked, best, keys_of(best, {})) > 0
    assert best.id == found


@pytest.mark.parametrize(("asked", "among"), [("mute", "alert.snooze"), ("page", "alert.responder")])
def test_a_word_for_several_actions_finds_them_all(asked: str, among: str) -> None:
    assert rank(asked, BY_ID[among], []) > 0


def test_what_nobody_calls_anything_finds_nothing() -> None:
    assert not [action for action in ACTIONS if rank("xyzzy", action, keys_of(action, {}))]
    assert not [action for action in ACTIONS if rank("  ", action, keys_of(action, {}))]


def test_other_words_are_of_actions_that_the_palette_has() -> None:
    assert set(SAID) <= {action.id for action in ACTIONS if action.palette}


async def test_the_palette_finds_a_key_that_was_changed_and_shows_it() -> None:
    async with running(config=changed(keys={"act.take": "f7"})) as desk:
        await desk.press("ctrl+p")
        await desk.until(lambda: type(desk.app.screen).__name__ == "Palette")
        await desk.type("f7")
        await desk.until(lambda: any("take  f7" in prompt for prompt in offered(desk)))


@pytest.mark.parametrize(
    ("pane", "there", "elsewhere", "why"),
    [
        ("1", "snooze", "triage", "For tickets: go to one first"),
        ("2", "triage", "snooze", "For alerts: go to one first"),
        ("4", "log", "note", "There is no row to act on"),
    ],
)
async def test_the_palette_offers_what_does_something_and_says_why_the_rest_doesnt(
    pane: str, there: str, elsewhere: str, why: str
) -> None:
    async with running(size=SMALL) as desk:
        await desk.press(pane, "ctrl+p")
        await desk.until(lambda: type(desk.app.screen).__name__ == "Palette")
        await desk.until(lambda: any(prompt.startswith(there) for prompt in offered(desk)))
        assert not any(prompt.startswith(elsewhere) for prompt in offered(desk))
        await desk.type(elsewhere)
        await desk.until(lambda: any(prompt.startswith(elsewhere) for prompt in offered(desk)))
        assert why in next(prompt for prompt in offered(desk) if prompt.startswith(elsewhere))


async def test_the_palette_guesses_only_where_it_finds_nothing_else() -> None:
    async with running() as desk:
        await desk.press("ctrl+p")
        await desk.until(lambda: type(desk.app.screen).__name__ == "Palette")
        await desk.type("ack")
        await desk.until(lambda: len(offered(desk)) in (1, 2))
        assert offered(desk)[0].startswith("acknowledge  a")
        assert not any("back" in prompt.splitlines()[0] for prompt in offered(desk))


def offered(desk: Running) -> list[str]:
    """What the palette offers now, best first."""
    (found,) = desk.app.screen.query(OptionList)
    return [str(found.get_option_at_index(place).prompt) for place in range(found.option_count)]


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
async def test_the_footer_fits_and_always_ends_with_help_and_quit(size: tuple[int, int]) -> None:
    async with running(size=size) as desk:
        for key in "1234":
            await desk.press(key)
            assert len(desk.footer) <= size[0]
            assert desk.footer.endswith("? help  ctrl+q quit ")
            desk.dashboard.draw_footer()
            assert calls(desk.dashboard.draw_footer) < 400, "every tick asks whether it is as it was"


@pytest.mark.parametrize("pane", ["1", "2"])
@pytest.mark.parametrize("size", [(60, 20), SMALL, MIDDLE])
async def test_the_footer_of_a_page_always_says_how_to_leave_it(size: tuple[int, int], pane: str) -> None:
    async with running(size=size) as desk:
        for key in ("enter", "O", "0", "Q", "N", "K", "H", "L", "Z", "F"):
            await desk.press(pane, key)
            await desk.until(lambda: len(desk.app.screen_stack) == 2 and desk.app.screen.is_mounted)
            await desk.until(lambda: desk.footer.endswith(" ctrl+q quit "))
            # The letter would be one of the words to search for.
            assert (" esc back " if key == "F" else " q back ") in desk.footer, key
            assert len(desk.footer) <= size[0], key
            await desk.press("escape")
            if desk.app.screen is not desk.dashboard:
                await desk.press("escape")
            await desk.until(lambda: desk.app.screen is desk.dashboard)


async def test_where_there_is_no_row_no_key_is_offered_that_means_one() -> None:
    nothing = dict.fromkeys(
        (FeedName.ALERTS, FeedName.TICKETS, FeedName.SUSPENDED), lambda reading: replace(reading, rows=())
    )
    labels = {action.label for action in ACTIONS if action.id in OF_A_ROW and action.footer}
    async with running(size=LARGE, weather=Weather(edits=nothing), wait=False) as desk:
        await desk.until(lambda: all(desk.snapshot.feed(name).read_at for name in FeedName))
        for keys in (["1"], ["2"], ["5"], ["O"], ["0"], ["Z"], ["F", *"walrus", "enter", "tab"]):
            await desk.press(*keys)
            # The page of all suspended tickets is there without any; the activity is always up to date.
            meant = labels - ({"browser", "copy link"} if keys == ["Z"] else set())
            meant |= {"refresh"} if keys == ["5"] else set()
            await desk.until(partial(offers_none, desk, meant))
            assert "help" in offers(desk)
            if desk.app.screen is not desk.dashboard:
                await desk.press("q")
        await desk.press("2", "o")
        assert desk.app.said[-1] == "There is no row to act on: go to an alert or a ticket first"
        await desk.press("number_sign", *"99", "enter")
        await desk.until(lambda: isinstance(desk.app.screen, TicketScreen))
        await desk.until(lambda: offers(desk) == ["back", "refresh", "commands", "help", "quit"])
        await desk.press("n", "T")
        assert desk.app.said[-2:] == ["Not done: nothing is known of ticket 99"] * 2


def offers(desk: Running) -> list[str]:
    """What the footer says that keys do."""
    line = desk.app.screen.query_one("#footer", Lines).line(0)
    return [text.strip() for text, style in line if style != "key"]


def offers_none(desk: Running, keys: set[str]) -> bool:
    """Whether the footer says nothing of these keys."""
    return not keys & set(offers(desk))


async def test_help_opens_on_the_dashboard_and_closes() -> None:
    async with running(size=SMALL, config=changed(keys={"pane.zoom": "z"})) as desk:
        await desk.press("question_mark")
        await desk.until(lambda: isinstance(desk.app.screen, HelpScreen))
        await desk.press("q")
        await desk.until(lambda: desk.app.screen is desk.dashboard)


@pytest.mark.parametrize(("key", "place"), PLACES.items())
async def test_a_place_is_opened_once_however_often_its_key_is_pressed(key: str, place: type[Any]) -> None:
    async with running(size=SMALL) as desk:
        await desk.press(key)
        await desk.until(lambda: isinstance(desk.app.screen, place))
        if place is SolvedScreen:
            # Its field has the focus, and would take the key as a letter.
            await desk.press("tab")
        await desk.press(key, key)
        assert len(desk.app.screen_stack) == 2
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is desk.dashboard)
