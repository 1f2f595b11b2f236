"""A screen of two halves: a list, and below it everything about its row."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult

from support_desk.screens.base import DeskScreen
from support_desk.widgets.columns import Column
from support_desk.widgets.row_list import RowList
from support_desk.widgets.text_view import TextView

Row = TypeVar("Row")


class ListAndText(DeskScreen, Generic[Row]):
    """Subclasses say what a row's columns and key are, and fill both halves."""

    AUTO_FOCUS: ClassVar[str | None] = "#list"

    DEFAULT_CSS = """
    ListAndText {
        #list { height: 1fr; min-height: 6; }
        #text { height: 1fr; border-top: solid $primary 50%; }
        #text:focus { border-top: solid $primary; }
    }
    """

    def compose_body(self) -> ComposeResult:
        yield RowList[Row](self.columns, self.key, self.desk.now, id="list")
        yield TextView(id="text")

    @property
    def list(self) -> RowList[Row]:
        """The upper half."""
        return self.query_one("#list", RowList)

    @property
    def text(self) -> TextView:
        """The lower half."""
        return self.query_one("#text", TextView)

    @abstractmethod
    def columns(self, width: int) -> Sequence[Column[Row]]:
        """The columns of the list where it is this wide."""

    @abstractmethod
    def key(self, row: Row) -> Hashable:
        """What tells a row from the others, and knows it again after a reading."""

    def draw_text(self) -> None:
        """Draw the lower half, whenever the cursor has moved; here it is about something else."""

    def tick(self) -> None:
        super().tick()
        self.list.tick()

    @on(RowList.Moved)
    def _moved(self, message: RowList.Moved) -> None:
        message.stop()
        self.draw_text()
        self.draw_footer()

    def on_descendant_focus(self) -> None:
        """The other half has the keys now."""
        self.draw_footer()

    def has_row(self) -> bool:
        return self.list.selected is not None

    def idle_actions(self) -> frozenset[str]:
        idle = super().idle_actions()
        return idle | {"list.open"} if self.text.has_focus else idle

    def action_back(self) -> None:
        """Back from the text to the list, then to where this was opened."""
        if self.text.has_focus:
            self.set_focus(self.list)
        else:
            self.app.pop_screen()

    def action_other_half(self) -> None:
        """From the list to the text, and back."""
        self.set_focus(self.list if self.text.has_focus else self.text)
