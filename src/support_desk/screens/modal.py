"""A screen that lies over another one and answers once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar, cast

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

from support_desk.screens.fitting import Fitting

if TYPE_CHECKING:
    from support_desk.screens.terminal_app import TerminalApp

A = TypeVar("A")


class Modal(Fitting, ModalScreen[A], Generic[A]):
    """Every question, picker and form of the desk."""

    def dismiss(self, result: A | None = None) -> AwaitComplete:
        """Give the answer and close; a second one, of a key that bounced or was held, is no answer.

        Textual takes away whatever lies on top: a question that has come meanwhile, or the desk itself.
        """
        if not self.is_active:
            return AwaitComplete()
        if not self.is_mounted:
            return AwaitComplete(self._answer_once_built(result))
        return super().dismiss(result)

    async def _answer_once_built(self, result: A | None) -> None:
        """Textual would mount what is closed already without what it is made of: the end of the program."""
        await cast("TerminalApp", self.app).built(self)
        self.dismiss(result)
