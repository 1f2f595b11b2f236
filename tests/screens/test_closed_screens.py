"""A desk that stays open for a week keeps nothing of what was closed."""

from __future__ import annotations

import gc

from textual.strip import Strip

from tests.support import running

OPENED = 40
FEW = 4_000
"""Lines of text on the screen and in the caches of what is on it; forty pages of help left 9,000."""


async def test_the_lines_of_closed_screens_are_forgotten() -> None:
    async with running() as desk:
        for _ in range(OPENED):
            await desk.press("question_mark")
            await desk.until(lambda: len(desk.app.screen_stack) == 2 and desk.app.screen.is_mounted)
            await desk.pilot.pause()
            await desk.press("escape")
            await desk.until(lambda: len(desk.app.screen_stack) == 1)
            desk.app.tick()
        gc.collect()
        assert sum(isinstance(kept, Strip) for kept in gc.get_objects()) < FEW
