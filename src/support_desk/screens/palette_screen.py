"""The list of commands, which runs one command and closes once."""

from __future__ import annotations

from textual import on
from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.widgets import Button, Input, OptionList


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

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close; a second one closes nothing else."""
        if not self.is_active:
            return AwaitComplete()
        return super().dismiss(result)
