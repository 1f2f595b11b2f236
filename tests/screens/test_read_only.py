"""A desk for shadowing: it shows everything, and there is no way to change anything from it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from support_desk.actions import ACTIONS, Action
from support_desk.desk.intents import intents_of
from support_desk.domain.commands import Acknowledge, EditTicket
from support_desk.domain.intents import Phase
from support_desk.keys import CHANGING, available
from support_desk.screens.base import DeskScreen
from tests.support import Running, changed, running

CHANGES = [action for action in ACTIONS if action.changes]
KEYS = sorted({key for action in CHANGES for key in action.keys.split(",") if key})


@pytest.fixture
async def desk() -> AsyncIterator[Running]:
    async with running(config=changed(read_only=True)) as running_desk:
        yield running_desk


def test_there_is_something_to_refuse() -> None:
    assert {"e", "a", "c", "T", "w", "ctrl+r", "u"} <= set(KEYS)
    assert not {action.method for action in ACTIONS if not action.changes} & CHANGING


async def press_every_changing_key(desk: Running) -> None:
    """Each of them, where the person is; nothing may come of it."""
    app = desk.app
    before, said = list(app.screen_stack), len(app.said)
    for key in KEYS:
        if key in own_keys(app.screen):
            continue
        await desk.press(key)
        assert list(app.screen_stack) == before, f"{key} opened something"
    assert [line for line in app.said[said:] if "sent" in line or "changed" in line] == []
    outbox = app.acts.outbox
    assert outbox is not None
    assert outbox.entries == ()


def own_keys(screen: object) -> set[str]:
    """Keys with another, harmless meaning on this screen."""
    assert isinstance(screen, DeskScreen)
    harmless = available(("app", *screen.SCOPES), read_only=True)
    return {key for action in harmless for key in action.keys.split(",")}


async def test_no_key_of_the_dashboard_changes_anything(desk: Running) -> None:
    for pane in ("1", "2", "5"):
        await desk.press(pane, "j")
        await press_every_changing_key(desk)
    await desk.press("2", "space", "j", "space")
    await press_every_changing_key(desk)


@pytest.mark.parametrize("pane", ["1", "2"])
async def test_no_key_of_the_details_changes_anything(desk: Running, pane: str) -> None:
    await desk.press(pane, "j", "enter")
    assert len(desk.app.screen_stack) == 2
    await press_every_changing_key(desk)


async def test_no_key_of_the_outbox_changes_anything(desk: Running) -> None:
    await desk.press("O")
    await press_every_changing_key(desk)


async def test_the_palette_has_none_of_them_and_running_one_by_name_does_nothing(desk: Running) -> None:
    app = desk.app
    harmless = {action.label for action in ACTIONS if not action.changes}
    for keys in ((), ("1", "j"), ("2", "j"), ("enter",)):
        await desk.press(*keys)
        offered = {action.label for action, _ in app.commands_of(app.screen)}
        before = list(app.screen_stack)
        for action in CHANGES:
            assert action.label not in offered - harmless
            await run_by_name(desk, action)
            assert list(app.screen_stack) == before


async def run_by_name(desk: Running, action: Action) -> None:
    """As the palette would: where it is there at all, it is refused."""
    target, name = (desk.app, "app") if action.scope == "app" else (desk.app.screen, "screen")
    if hasattr(target, f"action_{action.method}"):
        assert await desk.app.run_action(f"{name}.{action.method}") is False


async def test_what_gets_past_the_keys_is_refused_with_words(desk: Running) -> None:
    app = desk.app
    alert, ticket = app.desk.snapshot.alerts.rows[0], app.desk.snapshot.tickets.rows[0].ticket
    assert app.acts.do([(alert, Acknowledge())]) == ()
    assert app.acts.do([(ticket, EditTicket(priority="high"))]) == ()
    assert "read-only" in app.said[-1]
    outbox = app.acts.outbox
    assert outbox is not None
    (entry,) = outbox.submit(intents_of([(ticket, EditTicket(priority="high"))], by="x", at=app.desk.now()))
    assert entry.phase is Phase.FAILED
    assert "read-only" in entry.words
