"""What takes an action back: the command that does, or why there is none."""

from __future__ import annotations

from support_desk.domain import commands as c
from support_desk.domain.intents import Intent, Seen

NONE: dict[type[c.Command], str] = {
    c.CloseAlert: "a closed alert can't be opened again",
    c.SnoozeAlert: "a snooze can't be ended from here; acknowledging or closing the alert ends it",
    c.NoteAlert: "a note can't be taken back",
    c.EscalateAlert: "whoever was paged was paged; tell them",
    c.AddResponder: "whoever was paged was paged; tell them",
    c.PagePerson: "whoever was paged was paged; tell them",
    c.RaiseTicket: "the ticket is there; it can be merged or solved",
    c.MergeTicket: "a merge can't be taken back",
    c.SideConversation: "what was sent was sent",
}


_NOT_NEW = "a ticket can't be made new again"


def compensation(intent: Intent, after: Seen | None = None) -> c.Command | str:
    """The command that restores what `intent` changed, or one line on why nothing does.

    `after` is the state that it led to, where that was read back: what the service changed along with it.
    Where only a part can be restored, that part is. A ticket's assignee, group and own status are named in
    it, not numbered: `Seen` has their names, and whoever sends it looks the numbers up.
    """
    command, seen = intent.decided, intent.before or intent.seen
    if isinstance(command, c.Acknowledge):
        return c.Unacknowledge()
    if isinstance(command, c.Unacknowledge):
        return c.Acknowledge()
    if isinstance(command, c.PrioritiseAlert):
        return c.PrioritiseAlert(seen.priority) if seen.priority else "the priority before isn't known"
    if isinstance(command, c.AddAlertTags):
        added = tuple(tag for tag in command.tags if tag not in seen.tags)
        return c.RemoveAlertTags(added) if added else "the tags were there before"
    if isinstance(command, c.RemoveAlertTags):
        taken = tuple(tag for tag in command.tags if tag in seen.tags)
        return c.AddAlertTags(taken) if taken else "the tags weren't there before"
    if isinstance(command, c.AssignAlert):
        return (
            c.AssignAlert(seen.owner) if seen.owner else "it had no owner, and an owner can't be taken away"
        )
    if isinstance(command, c.EditTicket):
        return _edit_back(command, intent, after)
    return NONE[type(command)]


def stays(intent: Intent) -> str:
    """What `compensation` leaves as it is of a change that it undoes in part; empty: nothing."""
    command = intent.decided
    if not isinstance(command, c.EditTicket) or isinstance(compensation(intent), str):
        return ""
    return "; ".join(_before(command, intent)[1])


def _before(edit: c.EditTicket, intent: Intent) -> tuple[dict[str, str], list[str]]:
    """What the fields that were set had been, by name; and in words what can't be that again."""
    seen = intent.before or intent.seen
    before: dict[str, str] = {}
    stays: list[str] = []
    for name, wanted, was in (
        ("status", edit.status or edit.custom_status_id, seen.custom_status or seen.status),
        ("priority", edit.priority, seen.priority),
        ("type", edit.type, seen.type),
        ("assignee", edit.assignee or edit.assignee_id, seen.who),
        ("group", edit.group or edit.group_id, seen.owner),
    ):
        if not wanted or (name == "assignee" and _had_nobody(edit, intent)):
            continue
        if was and was != "new":
            before[name] = was
        else:
            stays.append(_NOT_NEW if was else f"it had no {name} before")
    if seen.status == "new" and edit.assignee_id not in {None, c.UNASSIGNED} and _NOT_NEW not in stays:
        # Whoever is given a new ticket has an open one.
        stays.append(_NOT_NEW)
    return before, stays


def _had_nobody(edit: c.EditTicket, intent: Intent) -> bool:
    """Whether it was given to somebody while nobody had it: that can be so again."""
    return edit.assignee_id is not None and not (intent.before or intent.seen).who


def _lost_with_the_group(edit: c.EditTicket, seen: Seen, after: Seen | None) -> str:
    """Whoever had a ticket and isn't in its new group has lost it; empty: nobody."""
    moved = edit.group_id is not None and edit.assignee_id is None
    return seen.who or "" if moved and after is not None and not after.who else ""


def _edit_back(edit: c.EditTicket, intent: Intent, after: Seen | None) -> c.EditTicket | str:
    seen = intent.before or intent.seen
    if edit.comment or edit.comment_html or edit.promise is not None:
        return "a comment can't be taken back" + (": the client has it" if edit.public else "")
    if edit.custom_fields or edit.problem_id is not None:
        return "what the fields were before isn't known here; change them in the browser (o)"
    nobody = _had_nobody(edit, intent)
    before, left = _before(edit, intent)
    if "group" in before and (lost := _lost_with_the_group(edit, seen, after)):
        before["assignee"] = lost
    added = tuple(tag for tag in edit.add_tags if tag not in seen.tags)
    removed = tuple(tag for tag in edit.remove_tags if tag in seen.tags)
    if not (before or nobody or added or removed):
        return "; ".join(left) or "it changed nothing"
    return c.EditTicket(
        "undo",
        status=None if seen.custom_status else before.get("status"),
        priority=before.get("priority"),
        type=before.get("type"),
        assignee_id=c.UNASSIGNED if nobody else None,
        assignee=before.get("assignee", ""),
        group=before.get("group", ""),
        add_tags=removed,
        remove_tags=added,
        custom_status=before.get("status", "") if seen.custom_status else "",
    )
