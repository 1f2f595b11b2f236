"""What an alert service can't take: told before anything is sent, so that nothing is cut or lost silently."""

from __future__ import annotations

from support_desk.domain import commands as c
from support_desk.domain.alert_tags import LONGEST_TAG
from support_desk.text import clean

MOST_NOTE = 25_000
MARK_ROOM = 40
"""Characters of a note that our own mark may take."""
MOST_TAGS = 20


def problem_of(command: c.AlertCommand) -> str:
    """Why the service wouldn't do all of this; empty where it would."""
    match command:
        case c.NoteAlert():
            if not command.text.strip():
                return "a note without a text isn't taken"
            if len(command.text) > MOST_NOTE - MARK_ROOM:
                return f"a note of more than {MOST_NOTE - MARK_ROOM} characters isn't taken"
        case c.RemoveAlertTags() | c.AddAlertTags() if not command.tags:
            return "no tag is named"
        case c.RemoveAlertTags() if any("," in tag for tag in command.tags):
            return "a tag with a comma can't be removed from here"
        case c.AddAlertTags():
            if len(command.tags) > MOST_TAGS:
                return f"an alert takes at most {MOST_TAGS} tags"
            if too_long := next((tag for tag in command.tags if len(tag) > LONGEST_TAG), ""):
                return f"the tag {clean(too_long, 20)} has more than {LONGEST_TAG} characters"
    return ""
