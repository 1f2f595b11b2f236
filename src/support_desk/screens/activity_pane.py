"""The activity: what this person has done lately and where it stands, once there is something."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime
from typing import TYPE_CHECKING

from support_desk.domain.intents import Entry, asks
from support_desk.screens.entry_rows import activity_columns, asking_words
from support_desk.widgets.lines import Parts
from support_desk.widgets.row_list import RowList

if TYPE_CHECKING:
    from support_desk.desk.outbox import Outbox
    from support_desk.screens.view import View

EMPTY = "You have done nothing since this desk was opened."


class ActivityPane(RowList[Entry]):
    """The entries of the outbox, newest first."""

    def __init__(self, view: Callable[[], View], now: Callable[[], datetime]) -> None:
        super().__init__(lambda _: activity_columns(view()), _key, now, id="activity", heads=False)

    def draw(self, outbox: Outbox | None) -> None:
        """Show how everything stands now."""
        entries = outbox.entries if outbox is not None else ()
        self.show(entries, at_once=True)
        asking = sum(asks(entry) for entry in entries)
        title: Parts = (
            (" 5 Activity ", "title"),
            (f"{words}: O" if (words := asking_words(asking)) else "", "late" if asking else "title"),
        )
        self.title(title)
        self.empty(EMPTY)


def _key(entry: Entry) -> Hashable:
    return entry.intent.id
