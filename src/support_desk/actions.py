"""The table of actions: what every key does, where, and in which words.

`keys.py` makes bindings, footer, help, palette and the README's table of it.
"""

from __future__ import annotations

from support_desk.records import record


@record
class Action:
    """Something that a key does."""

    id: str
    """What the configuration's `[keys]` calls it."""
    keys: str
    """The default keys, separated by commas, in Textual's names; empty: only in the palette."""
    method: str
    """The action's method, without `action_`."""
    label: str
    """A word or two for the footer and the palette."""
    help: str
    """One sentence."""
    scope: str
    """Where it is bound: see `SCOPES`."""
    footer: bool = False
    palette: bool = True
    changes: bool = False
    """It leads to a change in a service: absent in a read-only desk."""
    opens_field: bool = False
    """What is typed next belongs to the field: a slow connection delivers it together with this key, so the
    key comes first, before the others are given to a list that would act on them."""


SCOPES: dict[str, str] = {
    "app": "Everywhere",
    "dashboard": "The dashboard",
    "list": "In a list",
    "row": "The selected row",
    "act": "Acting on the selected or marked rows",
    "act_alert": "Acting on alerts",
    "act_ticket": "Acting on tickets",
    "detail": "The details of an alert or a ticket",
    "ticket": "The details of a ticket",
    "suspended": "The suspended tickets",
    "solved": "The search of solved tickets",
    "outbox": "The outbox",
    "log": "The log of what you did",
    "rota": "The rota",
    "toil": "Time off in lieu",
    "handover": "The handover",
    "document": "In a runbook",
}

ACTIONS: tuple[Action, ...] = (
    # Everywhere
    Action("app.help", "question_mark,f1", "show_help", "help", "Show the keys that work here.", "app", True),
    Action(
        "app.palette",
        "colon,ctrl+p",
        "command_palette",
        "commands",
        "Find a command by name.",
        "app",
        True,
        palette=False,
    ),
    Action("app.refresh_all", "R", "refresh_all", "refresh all", "Read every source now.", "app"),
    Action("app.quit", "ctrl+q", "quit", "quit", "Leave the desk.", "app", True),
    Action("app.mute", "M", "mute", "mute bell", "Silence the bell, or let it ring again.", "app"),
    Action(
        "app.theme",
        "f9",
        "next_theme",
        "theme",
        "Change the colours: dark, light, high contrast, the terminal's own.",
        "app",
    ),
    Action(
        "app.number",
        "number_sign",
        "open_number",
        "open #",
        "Open any ticket by its number.",
        "app",
        opens_field=True,
    ),
    Action(
        "app.solved",
        "F",
        "search_solved",
        "solved before?",
        "Search the solved tickets: has this been seen before?",
        "app",
        opens_field=True,
    ),
    Action(
        "app.suspended", "Z", "suspended", "suspended", "Look at the suspended tickets: some are real.", "app"
    ),
    Action(
        "app.undo",
        "u",
        "undo",
        "undo",
        "Take back what is still held, or else the last action, where it can be.",
        "app",
        changes=True,
    ),
    Action("app.redo", "U", "redo", "redo", "Do again what was taken back.", "app", changes=True),
    Action(
        "app.outbox",
        "O",
        "show_outbox",
        "outbox",
        "Look at what is being sent, what asks for a decision, and what became of the rest.",
        "app",
    ),
    Action(
        "app.handover",
        "H",
        "show_handover",
        "handover",
        "Make the handover of the support week: read, change, copy or save it.",
        "app",
    ),
    Action("app.log", "L", "show_log", "log", "Look at the log of everything you did; export it.", "app"),
    Action(
        "app.rota",
        "N",
        "show_rota",
        "next on?",
        "When am I next on? And who is on, a month ahead, with gaps and overrides.",
        "app",
    ),
    Action(
        "app.toil",
        "K",
        "show_toil",
        "TOIL",
        "Time off in lieu for alerts out of hours: answer, copy and export your claims.",
        "app",
    ),
    # The dashboard
    Action("pane.next", "tab", "focus_pane(1)", "pane", "Go to the next pane.", "dashboard", True),
    Action(
        "pane.previous", "shift+tab", "focus_pane(-1)", "pane back", "Go to the pane before.", "dashboard"
    ),
    Action("pane.alerts", "1", "pane('alerts')", "alerts", "Go to the alerts.", "dashboard"),
    Action("pane.tickets", "2", "pane('tickets')", "tickets", "Go to the tickets.", "dashboard"),
    Action("pane.runbook", "3", "pane('runbook')", "runbook", "Go to the runbook.", "dashboard"),
    Action("pane.rota", "4", "pane('rota')", "rota", "Go to the rota.", "dashboard"),
    Action("pane.activity", "5", "pane('activity')", "activity", "Go to the activity.", "dashboard"),
    Action("pane.refresh", "r", "refresh_pane", "refresh", "Read this pane's source now.", "dashboard", True),
    Action(
        "pane.zoom", "plus", "zoom", "zoom", "Give this pane the whole screen, or put it back.", "dashboard"
    ),
    Action(
        "pane.layout",
        "underscore",
        "layout",
        "layout",
        "Show or hide the runbook and the rota beside the lists.",
        "dashboard",
    ),
    Action(
        "rows.filter",
        "slash",
        "filter",
        "filter",
        "Show only rows that match; `!` before a word inverts it.",
        "dashboard",
        True,
        opens_field=True,
    ),
    Action(
        "rows.saved_filters",
        "f",
        "saved_filters",
        "filters",
        "Choose a filter: mine, unassigned, breached, no priority ...",
        "dashboard",
        True,
        opens_field=True,
    ),
    Action(
        "rows.sort",
        "S",
        "sort",
        "sort",
        "Change the order: breach risk, newest, priority, client.",
        "dashboard",
    ),
    Action(
        "dashboard.back",
        "q,escape",
        "back",
        "back",
        "Take the filter or the zoom away.",
        "dashboard",
        palette=False,
    ),
    # In a list
    Action("list.down", "j,down", "down", "down", "Move down.", "list", palette=False),
    Action("list.up", "k,up", "up", "up", "Move up.", "list", palette=False),
    Action(
        "list.page_down",
        "pagedown,ctrl+f",
        "page_down",
        "page down",
        "Move a page down.",
        "list",
        palette=False,
    ),
    Action("list.page_up", "pageup,ctrl+u", "page_up", "page up", "Move a page up.", "list", palette=False),
    Action("list.first", "g,home", "first", "first", "Move to the first row.", "list", palette=False),
    Action("list.last", "G,end", "last", "last", "Move to the last row.", "list", palette=False),
    Action(
        "list.open", "enter", "open", "open", "Open the details of this row.", "list", True, palette=False
    ),
    Action("list.mark", "space", "mark", "mark", "Mark this row.", "list", palette=False),
    Action(
        "list.mark_range", "v", "mark_range", "mark range", "Mark rows from here on.", "list", palette=False
    ),
    Action(
        "list.clear_marks", "X", "clear_marks", "clear marks", "Take all marks away.", "list", palette=False
    ),
    # The selected row
    Action("row.browser", "o", "browser", "browser", "Open it in the browser.", "row", True),
    Action(
        "row.copy_link",
        "y",
        "copy_link",
        "copy link",
        "Copy its link, or those of the marked rows.",
        "row",
        True,
    ),
    Action("row.copy_line", "Y", "copy_line", "copy line", "Copy one line about it for the handover.", "row"),
    Action("row.runbook", "b", "runbook", "runbook", "Read the runbook for it.", "row", True),
    Action(
        "runbook.search", "B", "search_runbooks", "runbooks", "Choose a runbook.", "row", opens_field=True
    ),
    # Acting
    Action(
        "act.escalate",
        "e",
        "escalate",
        "ESCALATE",
        "Page the next line, or hand a ticket on, after a few seconds: `u` takes it back, `e` sends at once.",
        "act",
        True,
        changes=True,
    ),
    Action(
        "act.escalate_to",
        "E",
        "escalate_to",
        "page someone",
        "Page a person of your choice, on the rota or not.",
        "act",
        changes=True,
        opens_field=True,
    ),
    Action(
        "act.note",
        "n",
        "note",
        "note",
        "Write an internal note; no client sees it.",
        "act",
        True,
        changes=True,
        opens_field=True,
    ),
    Action("act.take", "w", "take", "take", "Make it yours.", "act", True, changes=True),
    Action(
        "act.assign",
        "W",
        "assign",
        "assign",
        "Give it to somebody.",
        "act",
        changes=True,
        opens_field=True,
    ),
    Action(
        "act.tags",
        "t",
        "tags",
        "tags",
        "Add or remove tags; some are suggested, with the reason.",
        "act",
        True,
        changes=True,
        opens_field=True,
    ),
    Action(
        "act.priority",
        "p",
        "priority",
        "priority",
        "Change the priority; for a ticket with the deadline that it would set.",
        "act",
        changes=True,
        opens_field=True,
    ),
    Action(
        "act.close",
        "c",
        "close",
        "close",
        "Close the alert; set the ticket to pending, believed solved.",
        "act",
        True,
        changes=True,
    ),
    Action(
        "act.incident",
        "I",
        "incident",
        "major incident",
        "Mark a major incident: tag, note, and who was told, in one action.",
        "act",
        changes=True,
        opens_field=True,
    ),
    Action(
        "alert.acknowledge",
        "a",
        "acknowledge",
        "acknowledge",
        "Acknowledge the alerts: their escalation stops.",
        "act_alert",
        True,
        changes=True,
    ),
    Action(
        "alert.unacknowledge",
        "A",
        "unacknowledge",
        "un-acknowledge",
        "Give the acknowledgement back: the escalation starts again.",
        "act_alert",
        changes=True,
    ),
    Action(
        "alert.snooze",
        "s",
        "snooze",
        "snooze",
        "Silence the alerts for a time: the escalation stops, and they come back un-acknowledged.",
        "act_alert",
        True,
        changes=True,
        opens_field=True,
    ),
    Action(
        "alert.responder",
        "",
        "add_responder",
        "add responder",
        "Add a person or a team to the alert: they are notified.",
        "act_alert",
        changes=True,
    ),
    Action(
        "alert.ticket",
        "",
        "raise_ticket",
        "make a ticket",
        "Make a ticket of the alert and link the two.",
        "act_alert",
        changes=True,
    ),
    Action(
        "ticket.triage",
        "T",
        "triage",
        "triage",
        "Kind of work, priority, tags, group, assignee and status in one form.",
        "act_ticket",
        True,
        changes=True,
        opens_field=True,
    ),
    Action(
        "ticket.macro",
        "m",
        "macro",
        "macro",
        "Choose a macro; shows exactly what it would change.",
        "act_ticket",
        True,
        changes=True,
        opens_field=True,
    ),
    Action(
        "ticket.promise",
        "D",
        "promise",
        "next step",
        "Note the next step that was promised, and by when.",
        "act_ticket",
        changes=True,
        opens_field=True,
    ),
    Action(
        "ticket.merge",
        "",
        "merge",
        "merge",
        "Close this ticket into another one; it can't be taken back.",
        "act_ticket",
        changes=True,
    ),
    Action(
        "ticket.problem",
        "",
        "link_problem",
        "link to problem",
        "Make it an incident of a problem ticket.",
        "act_ticket",
        changes=True,
    ),
    Action(
        "ticket.side_conversation",
        "",
        "side_conversation",
        "side talk",
        "Write to somebody beside the ticket's own conversation, where the account has that.",
        "act_ticket",
        changes=True,
    ),
    # Details
    Action("detail.back", "q,escape,backspace", "back", "back", "Go back.", "detail", True, palette=False),
    Action("detail.refresh", "r", "refresh_detail", "refresh", "Read it again now.", "detail", True),
    Action("detail.next", "right_square_bracket", "next_row", "next", "The next row of the list.", "detail"),
    Action(
        "detail.previous",
        "left_square_bracket",
        "previous_row",
        "previous",
        "The row before in the list.",
        "detail",
    ),
    Action(
        "ticket.attachments",
        "a",
        "attachments",
        "attachments",
        "Choose an attachment to save or open; none is fetched by itself.",
        "ticket",
        True,
    ),
    Action(
        "ticket.reply",
        "ctrl+r",
        "reply",
        "PUBLIC reply",
        "Write a reply that the client gets; it is reviewed before it is sent.",
        "ticket",
        True,
        changes=True,
        opens_field=True,
    ),
    Action(
        "ticket.next_comment",
        "right_curly_bracket",
        "next_comment",
        "next comment",
        "Go to the next comment.",
        "ticket",
    ),
    Action(
        "ticket.previous_comment",
        "left_curly_bracket",
        "previous_comment",
        "comment before",
        "Go to the comment before.",
        "ticket",
    ),
    Action("solved.words", "slash", "words", "words", "Search with other words.", "solved", True),
    Action(
        "suspended.text",
        "tab",
        "other_half",
        "list / text",
        "Go from the list to the text of the message, and back.",
        "suspended",
        True,
    ),
    Action("outbox.back", "q,escape", "back", "back", "Go back.", "outbox", True, palette=False),
    Action(
        "outbox.send",
        "y",
        "send",
        "send",
        "Send it, or what is left of it, now.",
        "outbox",
        True,
        changes=True,
    ),
    Action(
        "outbox.drop", "x", "drop", "drop", "Drop it: it isn't sent any more.", "outbox", True, changes=True
    ),
    Action(
        "outbox.look",
        "r",
        "look",
        "look again",
        "Ask the service whether it was done; nothing is sent.",
        "outbox",
        True,
    ),
    Action("log.back", "q,escape", "back", "back", "Go back.", "log", True, palette=False),
    Action("log.export", "w", "export", "export", "Write the log to a file.", "log", True),
    Action("rota.back", "q,escape", "back", "back", "Go back.", "rota", True, palette=False),
    Action("rota.refresh", "r", "look", "refresh", "Read the rota now.", "rota", True),
    Action("rota.copy", "y", "copy_next", "copy", "Copy when you are next on.", "rota", True),
    Action(
        "rota.export", "w", "export", "my calendar", "Write your shifts to a calendar file.", "rota", True
    ),
    Action("rota.export_all", "W", "export_all", "calendar", "Write all shifts to a calendar file.", "rota"),
    Action("toil.back", "q,escape", "back", "back", "Go back.", "toil", True, palette=False),
    Action(
        "toil.text", "tab", "other_half", "list / text", "Go from the list to the claim, and back.", "toil"
    ),
    Action(
        "toil.answer",
        "a",
        "answer",
        "answer",
        "Say whether it woke you, and how long fixing took; enter does as well.",
        "toil",
        True,
        opens_field=True,
    ),
    Action("toil.copy", "y", "copy_claim", "copy", "Copy this claim for BreatheHR.", "toil", True),
    Action(
        "toil.copy_all",
        "Y",
        "copy_claims",
        "copy all",
        "Copy every claim that is answered and not entered yet.",
        "toil",
        True,
    ),
    Action(
        "toil.entered",
        "x",
        "entered",
        "entered",
        "You have entered this claim in BreatheHR; or you haven't after all.",
        "toil",
        True,
    ),
    Action("toil.export", "w", "export", "export", "Write the claims to a table (CSV).", "toil", True),
    Action("toil.refresh", "r", "look", "refresh", "Read the rota and the history again.", "toil"),
    Action("handover.back", "q,escape", "back", "back", "Go back.", "handover", True, palette=False),
    Action("handover.copy", "y", "copy", "copy", "Copy it for Slack.", "handover", True),
    Action("handover.edit", "ctrl+o", "edit", "edit", "Change it in your editor.", "handover", True),
    Action("handover.save", "w", "save", "save", "Write it to a file.", "handover", True),
    Action(
        "handover.details",
        "d",
        "details",
        "details",
        "With requesters, tags and every action, or with subject lines only.",
        "handover",
        True,
    ),
    Action("handover.again", "r", "again", "make anew", "Make it anew from what is known now.", "handover"),
    Action(
        "handover.earlier", "left_square_bracket", "earlier", "week before", "The week before.", "handover"
    ),
    Action("handover.later", "right_square_bracket", "later", "week after", "The week after.", "handover"),
    Action("document.down", "j,down", "scroll_down", "down", "Move down.", "document", palette=False),
    Action("document.up", "k,up", "scroll_up", "up", "Move up.", "document", palette=False),
    Action(
        "document.page_down",
        "pagedown,space,ctrl+f",
        "page_down",
        "page down",
        "Move a page down.",
        "document",
        palette=False,
    ),
    Action(
        "document.page_up",
        "pageup,ctrl+u",
        "page_up",
        "page up",
        "Move a page up.",
        "document",
        palette=False,
    ),
    Action("document.first", "g,home", "scroll_home", "top", "Move to the top.", "document", palette=False),
    Action("document.last", "G,end", "scroll_end", "end", "Move to the end.", "document", palette=False),
)

BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}

TOGETHER: tuple[frozenset[str], ...] = (
    frozenset({"app", "dashboard", "list", "row", "act", "act_alert", "act_ticket"}),
    frozenset({"app", "dashboard", "document", "row", "act", "act_alert", "act_ticket"}),
    frozenset({"app", "detail", "ticket", "row", "document", "act", "act_ticket"}),
    frozenset({"app", "detail", "row", "document", "act", "act_alert"}),
    frozenset({"app", "detail", "suspended", "list", "row"}),
    frozenset({"app", "detail", "solved", "list", "row"}),
    frozenset({"app", "outbox", "list"}),
    frozenset({"app", "log", "document"}),
    frozenset({"app", "handover", "document"}),
    frozenset({"app", "rota", "document"}),
    frozenset({"app", "toil", "list"}),
)
"""Scopes that are active at the same time: one key may have one meaning in each set."""
