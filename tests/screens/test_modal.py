"""A screen over another one that is answered before it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from textual.screen import ModalScreen

from support_desk.domain.intents import Target
from support_desk.domain.triage import FeaturePath
from support_desk.screens.acting.composer import Composer
from support_desk.screens.acting.triage import TriageScreen
from support_desk.screens.acting.triage_page import TriageHelp
from support_desk.screens.asking import Question
from support_desk.screens.palette_screen import Palette
from support_desk.screens.pickers import HelpScreen, LinePicker
from support_desk.widgets.text_view import TextLine
from tests.screens.acting import opened
from tests.screens.ticket_desk import MAP, ticket_now
from tests.support import Running, running

MADE: dict[str, Callable[[Running], ModalScreen[Any]]] = {
    "triage": lambda desk: TriageScreen([ticket_now(desk, MAP)], TriageHelp((), FeaturePath(), (), ())),
    "question": lambda _: Question([TextLine((("Really?", "text"),))], "does it"),
    "picker": lambda _: LinePicker("Which?", "this"),
    "composer": lambda _: Composer(((), ()), Target("ticket", "1"), "note"),
    "help": lambda _: HelpScreen(("app",)),
    "palette": lambda _: Palette(),
}


@pytest.mark.parametrize("kind", MADE)
async def test_an_answer_before_it_is_built_closes_it_once_it_is(kind: str) -> None:
    """It would be mounted without what it is made of, which ended the desk."""
    async with running() as desk:
        await opened(desk)
        for turns in (0, 1, 2, 4, 8):
            answers: list[object] = []
            screen = MADE[kind](desk)
            desk.app.push_screen(screen, answers.append)
            for _ in range(turns):
                await asyncio.sleep(0)
            assert not screen.is_mounted
            screen.dismiss(None)
            screen.dismiss(None)
            await desk.until(lambda: desk.app.screen is desk.dashboard)
            await desk.pilot.pause()
            assert answers == [None], turns
