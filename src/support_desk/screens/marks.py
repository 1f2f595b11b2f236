"""What is being done to a row, in words at the row itself: from the key press on, until the row says it."""

from __future__ import annotations

from support_desk.domain import commands as c
from support_desk.domain.intents import Entry, Phase, comes_too_late
from support_desk.widgets.columns import Cell

_DOING: dict[type[c.Command], tuple[str, str]] = {
    c.Acknowledge: ("acknowledging", "acknowledge"),
    c.Unacknowledge: ("giving it back", "un-acknowledge"),
    c.CloseAlert: ("closing", "close"),
    c.SnoozeAlert: ("snoozing", "snooze"),
    c.NoteAlert: ("writing the note", "note"),
    c.AssignAlert: ("assigning", "assign"),
    c.AddAlertTags: ("tagging", "tags"),
    c.RemoveAlertTags: ("untagging", "tags"),
    c.PrioritiseAlert: ("setting the priority", "priority"),
    c.EscalateAlert: ("ESCALATING", "ESCALATION"),
    c.AddResponder: ("PAGING", "PAGE"),
    c.PagePerson: ("PAGING", "PAGE"),
    c.RaiseTicket: ("making a ticket", "ticket"),
    c.MergeTicket: ("merging", "merge"),
    c.SideConversation: ("writing beside it", "side conversation"),
}
_PURPOSES: dict[str, tuple[str, str]] = {
    "triage": ("triaging", "triage"),
    "note": ("writing the note", "note"),
    "reply": ("REPLYING", "REPLY"),
    "tags": ("tagging", "tags"),
    "priority": ("setting the priority", "priority"),
    "take": ("taking", "take"),
    "assign": ("assigning", "assign"),
    "believed_solved": ("setting it to pending", "pending"),
    "macro": ("applying the macro", "macro"),
    "escalate": ("ESCALATING", "ESCALATION"),
    "promise": ("noting the next step", "next step"),
}

_ASKS: dict[Phase, str] = {
    Phase.FAILED: "NOT DONE",
    Phase.CONFLICT: "NOT SENT, changed meanwhile",
    Phase.UNKNOWN: "UNKNOWN whether done",
    Phase.EXPIRED: "NOT SENT, too old",
}


def doing(command: c.Command) -> tuple[str, str]:
    """What is being done, and what it is called: ("acknowledging", "acknowledge")."""
    if isinstance(command, c.EditTicket):
        return _PURPOSES.get(command.purpose, ("changing it", "change"))
    return _DOING[type(command)]


def mark_of(entry: Entry | None) -> Cell | None:
    """The words at a row, and their style; None: nothing is being done to it and nothing is asked."""
    if entry is None:
        return None
    going, name = doing(entry.intent.command)
    if entry.offered and entry.phase in (Phase.QUEUED, Phase.HELD):
        return f"{name}: NOT SENT, see O", "late"
    if entry.phase is Phase.HELD:
        return f"{going}: held, u takes it back", "soon"
    if comes_too_late(entry):
        return f"{name}: NOT SENT YET, see O", "late"
    if entry.phase is Phase.QUEUED and entry.attempts:
        return f"{going}: waits for the network", "soon"
    if entry.phase in (Phase.QUEUED, Phase.SENDING):
        return f"{going} …", "soon"
    asked = _ASKS.get(entry.phase)
    return (f"{name}: {asked}, see O", "late") if asked else None
