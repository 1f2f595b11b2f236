"""Keys in their order: what a key makes a widget say is heard before the next key is taken."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from textual.app import App
from textual.message_pump import MessagePump
from textual.widget import Widget

PATIENCE_SECONDS = 2.0
"""How long a key waits for the screen that it is for, or for what a widget says of the keys before it."""
GONE_SECONDS = 0.02
"""How often it is looked whether there is still somebody to wait for."""


async def heard_out(widget: Widget) -> None:
    """Wait until a widget has taken what was typed into it, and those around it have heard of that.

    Its word goes through its own queue once more, then through that of each widget that it lies in. Whoever
    takes longer than two seconds over it isn't waited for: the desk must go on. Only for what runs in none of
    their queues, such as the action of a key.
    """
    until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    for node in (widget, *widget.ancestors_with_self):
        if not isinstance(node, App):
            await _at_rest(node, until)


async def _at_rest(node: MessagePump, until: float) -> None:
    """Wait until a widget has done what is in its queue now, as long as it is there.

    `until`: by the loop's clock, when it has been waited for long enough.
    """
    done = asyncio.Event()
    if not node.call_later(done.set):
        return
    while not done.is_set() and node.is_running and asyncio.get_running_loop().time() < until:
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), GONE_SECONDS)
