"""What tests of actions share: time goes by in small steps until an action has come to its end."""

from __future__ import annotations

from collections.abc import Callable

from support_desk.domain.alerts import Alert
from support_desk.domain.intents import MOVING, Entry
from support_desk.screens.asking import Question
from support_desk.screens.pickers import ChoicePicker
from support_desk.widgets.text_view import TextView
from tests.support import Running, drawn


def entries(desk: Running) -> tuple[Entry, ...]:
    """The outbox, newest decision first."""
    outbox = desk.app.acts.outbox
    return outbox.entries if outbox is not None else ()


async def opened(desk: Running) -> None:
    """Wait until things can be sent."""
    await desk.until(lambda: desk.app.acts.outbox is not None and desk.app.acts.outbox.can_send)


async def ended(desk: Running, *, steps: int = 200) -> Entry:
    """Let time go by until the newest action has ended; holds run out."""
    for _ in range(steps):
        await desk.pilot.pause()
        newest = entries(desk)
        if newest and newest[0].phase not in MOVING:
            return newest[0]
        desk.clock.move(seconds=0.3)
    raise AssertionError(f"never ended: {[(e.phase, e.words) for e in entries(desk)]}")


async def later(desk: Running, condition: Callable[[], bool], *, steps: int = 200) -> None:
    """Let time go by until something is so."""
    for _ in range(steps):
        await desk.pilot.pause()
        if condition():
            return
        desk.clock.move(seconds=0.3)
    raise AssertionError("it never became so")


async def answer(desk: Running, key: str = "y") -> str:
    """Wait for the question, let its deaf moment go by, answer; what it asked."""
    await desk.until(lambda: isinstance(desk.app.screen, Question))
    await desk.pilot.pause()
    text = " ".join(drawn(desk.app.screen.query_one("#about", TextView)).split())
    desk.clock.move(seconds=0.5)
    await desk.press(key)
    return text


async def choose(desk: Running, words: str) -> None:
    """Wait for the picker, type what is wanted, and take it."""
    await desk.until(lambda: isinstance(desk.app.screen, ChoicePicker))
    await desk.type(words)
    await desk.press("enter")


def alert_now(desk: Running, id_: str) -> Alert:
    """The alert as the desk has it."""
    return next(alert for alert in desk.snapshot.alerts.rows if alert.id == id_)


def selected_alert(desk: Running) -> Alert:
    """The alert under the cursor."""
    row = desk.dashboard.alerts.selected
    assert row is not None
    return row.alert
