"""The list of commands, which runs one command and closes once."""

from __future__ import annotations

from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette
from textual.widgets import Button, Input, OptionList
from textual.widgets.option_list import Option
from textual.worker import Worker

from support_desk.screens.modal import Over, close_once


class Commands(CommandList):
    """Textual's list, for clicks on what has left it and pages of a list that nobody sees.

    Textual looks both up as if they were there, and the program would end. And there the first click runs a
    command, though the list fills a small terminal: here it only goes there, also where it is already.
    """

    _gone_to: Option | None = None
    """The command that was clicked on last: a second click on it runs it."""

    def on_click(self, event: events.Click) -> None:
        option = event.style.meta.get("option")
        if option is None:
            return
        if option >= self.option_count:
            event.prevent_default()
            return
        clicked = self.get_option_at_index(option)
        if option != self.highlighted or clicked is not self._gone_to:
            event.prevent_default()
            self.highlighted = option
        self._gone_to = clicked

    def action_page_up(self) -> None:
        if self.scrollable_content_region:
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call]


class Palette(Over, CommandPalette):
    """Textual's palette, for a key that bounces or a machine that is busy.

    Textual's runs the command again for every further press that arrived before the list was emptied, and
    takes away a screen for each of them: the desk itself, which ended the program. This one has no id: one
    that is opened while another closes would have the same.
    """

    def compose(self) -> ComposeResult:
        for widget in super().compose():
            yield Commands() if isinstance(widget, CommandList) else widget

    def on_click(self, event: events.Click) -> None:
        if not self.region.contains_point(event.screen_offset):
            # Textual asks which widget it met: none, where the terminal has just become smaller.
            event.prevent_default()

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
        """Close, once."""
        return close_once(self, super().dismiss, result)
