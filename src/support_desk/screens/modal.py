"""A screen that lies over another one and answers once."""

from __future__ import annotations

from typing import Generic, TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

from support_desk.screens.fitting import Fitting

A = TypeVar("A")


class Modal(Fitting, ModalScreen[A], Generic[A]):
    """Every question, picker and form of the desk."""

    def dismiss(self, result: A | None = None) -> AwaitComplete:
        """Give the answer and close; a second one, of a key that bounced or was held, is no answer.

        Textual takes away whatever lies on top: a question that has come meanwhile, or the desk itself.
        """
        if not self.is_active:
            return AwaitComplete()
        return super().dismiss(result)
