"""What was decided, in words."""

from __future__ import annotations

from datetime import datetime

import pytest

from support_desk.domain import commands as c
from support_desk.domain.command_words import command_words


def local(at: datetime) -> str:
    return f"{at:%H:%M}"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (c.EditTicket("priority", priority="high"), "priority high"),
        (c.EditTicket("tags", add_tags=("a", "b"), remove_tags=("d",)), "tags added a b, tags removed d"),
        (c.EditTicket("take", assignee_id=3, assignee="kim@example.com"), "take: assignee kim@example.com"),
        (c.EditTicket("note", comment="Seen\nand done"), "internal note: “Seen and done”"),
        (c.EditTicket("undo", priority="low"), "undo: priority low"),
        (c.EditTicket("believed_solved"), "pending believed solved"),
    ],
)
def test_an_edit_in_one_line_says_nothing_twice(command: c.Command, words: str) -> None:
    assert command_words(command, local) == words
