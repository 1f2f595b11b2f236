"""The list of commands, which runs one command and closes once."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.widgets import Button, Input, OptionList
from textual.worker import Worker


class Palette(CommandPalette):
    """Textual's palette, for a key that bounces or a machine that is busy.

    Textual's runs the command again for every further press that arrived before the list was emptied, and
    takes away a screen for each of them: the desk itself, which ended the program.
    """

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    @on(Button.Pressed)
    def _only_while_open(self, event: OptionList.OptionSelected | Input.Submitted | Button.Pressed) -> None:
        if not self.is_active:
            event.stop()
            event.prevent_default()

    def run_worker(self, *args: Any, **kwargs: Any) -> Worker[Any]:
        """Search. One under way when the list is closed doesn't find its widgets any more, which
        would end the program, or leave it dead to every key.
        """
        return super().run_worker(*args, **kwargs | {"exit_on_error": False})

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close; a second one closes nothing else."""
        if not self.is_active:
            return AwaitComplete()
        return super().dismiss(result)
