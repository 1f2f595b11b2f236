"""Files that are opened in a thread, while the one who asked for them may leave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def opened(make: Callable[[], T], let_go: Callable[[T], None]) -> T:
    """What `make` opens, which blocks; raises what it raises.

    A thread can't be called back: what it opens for somebody who is no longer there is let go of at once.
    """
    opening = asyncio.get_running_loop().run_in_executor(None, make)
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(lambda done: _let_go(done, let_go))
        raise


def _let_go(opening: asyncio.Future[T], let_go: Callable[[T], None]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        let_go(opening.result())
