"""A screen that lies over another one and answers once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, Screen

from support_desk.screens.fitting import Fitting

if TYPE_CHECKING:
    from support_desk.app import DeskApp
    from support_desk.screens.terminal_app import TerminalApp

A = TypeVar("A")


def close_once(
    screen: Screen[A], close: Callable[[A | None], AwaitComplete], result: A | None
) -> AwaitComplete:
    """What `dismiss` is for a screen over another one; `close` is Textual's.

    A second answer, of a key that bounced or was held, is none: Textual takes away whatever lies on top, a
    question that has come meanwhile, or the desk itself. And Textual would mount what is closed already
    without what it is made of, which ends the program: an answer before that closes it once it is built.
    """
    if not screen.is_active:
        return AwaitComplete()
    if not screen.is_mounted:
        return AwaitComplete(_close_once_built(screen, result))
    return close(result)


async def _close_once_built(screen: Screen[Any], result: object) -> None:
    await cast("TerminalApp", screen.app).built(screen)
    screen.dismiss(result)


class Over(Fitting):
    """A screen through which the one below is seen.

    While something is held it has the class `-held`; one that takes every line leaves the last one to that.
    """

    def on_mount(self) -> None:
        # At once, and not with the next second: the hold is told with the keys that take it back from here.
        cast("DeskApp", self.app).draw_footers()


class Modal(Over, ModalScreen[A], Generic[A]):
    """Every question, picker and form of the desk."""

    def dismiss(self, result: A | None = None) -> AwaitComplete:
        """Give the answer and close, once."""
        return close_once(self, super().dismiss, result)
