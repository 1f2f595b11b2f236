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
    scope: str
    """Where it is bound: see `SCOPES`."""
    help: str
    """One sentence."""
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
    "marks": "Marking rows",
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
    "needs": "What needs you now",
    "quiet": "Quiet times",
    "document": "In a long text",
    "runbook": "In a runbook",
}

# One row each, so that the keys of a scope can be seen beside each other.
# fmt: off
ACTIONS: tuple[Action, ...] = (
    # Everywhere
    Action("app.help", "question_mark,f1", "show_help", "help", "app", footer=True,
        help="Show the keys that work here."),
    Action("app.palette", "colon,ctrl+p", "command_palette", "commands", "app", footer=True, palette=False,
        help="Find a command by name."),
    Action("app.refresh_all", "R", "refresh_all", "refresh all", "app", help="Read every source now."),
    Action("app.quit", "ctrl+q", "quit", "quit", "app", footer=True, help="Leave the desk."),
    Action("app.mute", "M", "mute", "mute bell", "app", help="Silence the bell, or let it ring again."),
    Action("app.theme", "f9", "next_theme", "theme", "app",
        help="Change the colours: dark, light, high contrast, the terminal's own."),
    Action("app.number", "number_sign", "open_number", "open #", "app", opens_field=True,
        help="Open any ticket by its number."),
    Action("app.solved", "F", "search_solved", "solved before?", "app", opens_field=True,
        help="Search the solved tickets: has this been seen before?"),
    Action("app.suspended", "Z", "suspended", "suspended", "app",
        help="Look at the suspended tickets: some are real."),
    Action("app.undo", "u", "undo", "undo", "app", changes=True,
        help="Take back what is still held, or else the last action, where it can be."),
    Action("app.redo", "U", "redo", "redo", "app", changes=True, help="Do again what was taken back."),
    Action("app.outbox", "O", "show_outbox", "outbox", "app",
        help="Look at what is being sent, what asks for a decision, and what became of the rest."),
    Action("app.handover", "H", "show_handover", "handover", "app",
        help="Make the handover of the support week: read, change, copy or save it."),
    Action("app.needs", "0", "show_needs", "what now", "app",
        help="Look at all that needs you, in its order, and at what would breach today."),
    Action("app.quiet", "Q", "show_quiet", "quiet times", "app",
        help="Look at what is worth mending: noisy alerts, missing and old runbooks, tickets "
        "that wait on us."),
    Action("app.log", "L", "show_log", "log", "app",
        help="Look at the log of everything you did; export it."),
    Action("app.rota", "N", "show_rota", "next on?", "app",
        help="When am I next on? And who is on, a month ahead, with gaps and overrides."),
    Action("app.toil", "K", "show_toil", "TOIL", "app",
        help="Time off in lieu for alerts out of hours: answer, copy and export your claims."),
    # The dashboard
    Action("pane.next", "tab", "focus_pane(1)", "pane", "dashboard", footer=True,
        help="Go to the next pane."),
    Action("pane.previous", "shift+tab", "focus_pane(-1)", "pane back", "dashboard",
        help="Go to the pane before."),
    Action("pane.alerts", "1", "pane('alerts')", "alerts", "dashboard", help="Go to the alerts."),
    Action("pane.tickets", "2", "pane('tickets')", "tickets", "dashboard", help="Go to the tickets."),
    Action("pane.runbook", "3", "pane('runbook')", "runbook", "dashboard", help="Go to the runbook."),
    Action("pane.rota", "4", "pane('rota')", "rota", "dashboard", help="Go to the rota."),
    Action("pane.activity", "5", "pane('activity')", "activity", "dashboard", help="Go to the activity."),
    Action("pane.refresh", "r", "refresh_pane", "refresh", "dashboard", footer=True,
        help="Read this pane's source now."),
    Action("pane.zoom", "plus", "zoom", "zoom", "dashboard",
        help="Give this pane the whole screen, or put it back."),
    Action("pane.layout", "underscore", "layout", "layout", "dashboard",
        help="Show or hide the runbook and the rota beside the lists."),
    Action("rows.filter", "slash", "filter", "filter", "dashboard", footer=True, opens_field=True,
        help="Show only rows that match; `!` before a word inverts it."),
    Action("rows.saved_filters", "f", "saved_filters", "filters", "dashboard", footer=True, opens_field=True,
        help="Choose a filter: mine, unassigned, breached, no priority ..."),
    Action("rows.sort", "S", "sort", "sort", "dashboard",
        help="Change the order: breach risk, newest, priority, client."),
    Action("dashboard.back", "q,escape", "back", "back", "dashboard", palette=False,
        help="Take the filter or the zoom away."),
    # In a list
    Action("list.down", "j,down", "down", "down", "list", palette=False, help="Move down."),
    Action("list.up", "k,up", "up", "up", "list", palette=False, help="Move up."),
    Action("list.page_down", "pagedown,ctrl+f", "page_down", "page down", "list", palette=False,
        help="Move a page down."),
    Action("list.page_up", "pageup,ctrl+u", "page_up", "page up", "list", palette=False,
        help="Move a page up."),
    Action("list.first", "g,home", "first", "first", "list", palette=False,
        help="Move to the first row; the alerts that nobody has come first."),
    Action("list.last", "G,end", "last", "last", "list", palette=False, help="Move to the last row."),
    Action("list.open", "enter", "open", "open", "list", footer=True, palette=False,
        help="Open the details of this row."),
    # Marking rows
    Action("list.mark", "space", "mark", "mark", "marks", palette=False,
        help="Mark this row: keys act on all marked rows, and what was done loses its mark."),
    Action("list.mark_range", "v", "mark_range", "mark range", "marks", palette=False,
        help="Mark rows from here on."),
    Action("list.clear_marks", "X", "clear_marks", "clear marks", "marks", palette=False,
        help="Take all marks away."),
    # The selected row
    Action("row.browser", "o", "browser", "browser", "row", footer=True, help="Open it in the browser."),
    Action("row.copy_link", "y", "copy_link", "copy link", "row", footer=True,
        help="Copy its link, or those of the marked rows."),
    Action("row.copy_line", "Y", "copy_line", "copy line", "row",
        help="Copy one line about it for the handover."),
    Action("row.runbook", "b", "runbook", "runbook", "row", footer=True, help="Read the runbook for it."),
    Action("runbook.search", "B", "search_runbooks", "search runbooks", "row", opens_field=True,
        help="Search all runbooks by their text, or choose one."),
    # Acting on the selected or marked rows
    Action("act.escalate", "e", "escalate", "ESCALATE", "act", footer=True, changes=True,
        help="Page the next line, or hand a ticket on, after a few seconds: `u` takes it "
        "back, `e` sends at once."),
    Action("act.escalate_to", "E", "escalate_to", "page someone", "act", changes=True, opens_field=True,
        help="Page a person of your choice, on the rota or not."),
    Action("act.note", "n", "note", "note", "act", footer=True, changes=True, opens_field=True,
        help="Write an internal note; no client sees it."),
    Action("act.take", "w", "take", "take", "act", footer=True, changes=True, help="Make it yours."),
    Action("act.assign", "W", "assign", "assign", "act", changes=True, opens_field=True,
        help="Give it to somebody."),
    Action("act.tags", "t", "tags", "tags", "act", footer=True, changes=True, opens_field=True,
        help="Add or remove tags; some are suggested, with the reason."),
    Action("act.priority", "p", "priority", "priority", "act", changes=True, opens_field=True,
        help="Change the priority; for a ticket with the deadline that it would set."),
    Action("act.close", "c", "close", "close", "act", footer=True, changes=True,
        help="Close the alert; set the ticket to pending, believed solved."),
    Action("act.incident", "I", "incident", "major incident", "act", changes=True, opens_field=True,
        help="Mark a major incident: tag, note, and who was told, in one action."),
    # Acting on alerts
    Action("alert.acknowledge", "a", "acknowledge", "acknowledge", "act_alert", footer=True, changes=True,
        help="Acknowledge the alerts: their escalation stops."),
    Action("alert.unacknowledge", "A", "unacknowledge", "un-acknowledge", "act_alert", changes=True,
        help="Give the acknowledgement back: the escalation starts again."),
    Action("alert.snooze", "s", "snooze", "snooze", "act_alert", footer=True, changes=True, opens_field=True,
        help="Silence the alerts for a time: the escalation stops, and they come back un-acknowledged."),
    Action("alert.responder", "", "add_responder", "add responder", "act_alert", changes=True,
        help="Add a person or a team to the alert: they are notified."),
    Action("alert.ticket", "", "raise_ticket", "make a ticket", "act_alert", changes=True,
        help="Make a ticket of the alert and link the two."),
    Action("act.start_runbook", "C", "start_runbook", "new runbook", "act_alert",
        changes=True, opens_field=True,
        help="Start a runbook for the alert from a template with its facts and notes, in your editor."),
    # Acting on tickets
    Action("ticket.triage", "T", "triage", "triage", "act_ticket",
        footer=True, changes=True, opens_field=True,
        help="Kind of work, priority, tags, group, assignee and status in one form."),
    Action("ticket.macro", "m", "macro", "macro", "act_ticket", footer=True, changes=True, opens_field=True,
        help="Choose a macro; shows exactly what it would change."),
    Action("ticket.promise", "D", "promise", "next step", "act_ticket", changes=True, opens_field=True,
        help="Note the next step that was promised, and by when."),
    Action("ticket.merge", "", "merge", "merge", "act_ticket", changes=True,
        help="Close this ticket into another one; it can't be taken back."),
    Action("ticket.problem", "", "link_problem", "link to problem", "act_ticket", changes=True,
        help="Make it an incident of a problem ticket."),
    Action("ticket.side_conversation", "", "side_conversation", "side talk", "act_ticket", changes=True,
        help="Write to somebody beside the ticket's own conversation, where the account has that."),
    # The details of an alert or a ticket
    Action("detail.back", "q,escape,backspace", "back", "back", "detail", footer=True, palette=False,
        help="Go back."),
    Action("detail.refresh", "r", "refresh_detail", "refresh", "detail", footer=True,
        help="Read it again now."),
    Action("detail.next", "right_square_bracket", "next_row", "next", "detail",
        help="The next row of the list."),
    Action("detail.previous", "left_square_bracket", "previous_row", "previous", "detail",
        help="The row before in the list."),
    # The details of a ticket
    Action("ticket.attachments", "a", "attachments", "attachments", "ticket", footer=True,
        help="Choose an attachment to save or open; none is fetched by itself."),
    Action("ticket.reply", "ctrl+r", "reply", "PUBLIC reply", "ticket",
        footer=True, changes=True, opens_field=True,
        help="Write a reply that the client gets; it is reviewed before it is sent."),
    Action("ticket.next_comment", "right_curly_bracket", "next_comment", "next comment", "ticket",
        help="Go to the next comment."),
    Action("ticket.previous_comment", "left_curly_bracket", "previous_comment", "comment before", "ticket",
        help="Go to the comment before."),
    # The search of solved tickets
    Action("solved.words", "slash", "words", "words", "solved", footer=True, help="Search with other words."),
    # The suspended tickets
    Action("suspended.text", "tab", "other_half", "list / text", "suspended", footer=True,
        help="Go from the list to the text of the message, and back."),
    # The outbox
    Action("outbox.back", "q,escape", "back", "back", "outbox", footer=True, palette=False, help="Go back."),
    Action("outbox.send", "y", "send", "send", "outbox", footer=True, changes=True,
        help="Send it, or what is left of it, now."),
    Action("outbox.drop", "x", "drop", "drop", "outbox", footer=True, changes=True,
        help="Drop it: it isn't sent any more."),
    Action("outbox.look", "r", "look", "look again", "outbox", footer=True,
        help="Ask the service whether it was done; nothing is sent."),
    # What needs you now
    Action("needs.back", "q,escape", "back", "back", "needs", footer=True, palette=False, help="Go back."),
    Action("needs.forecast", "tab", "other_half", "list / forecast", "needs", footer=True,
        help="Go from the list to the forecast, and back."),
    Action("needs.slower", "plus", "slower", "slower", "needs", footer=True,
        help="A reply takes five minutes longer."),
    Action("needs.faster", "minus", "faster", "faster", "needs", footer=True,
        help="A reply takes five minutes less."),
    Action("needs.usual", "equals_sign", "usual", "usual pace", "needs",
        help="The pace as it is configured or was learned."),
    # Quiet times
    Action("quiet.back", "q,escape", "back", "back", "quiet", footer=True, palette=False, help="Go back."),
    Action("quiet.text", "tab", "other_half", "list / text", "quiet", footer=True,
        help="Go from the list to the text, and back."),
    Action("quiet.start_runbook", "C", "start_runbook", "new runbook", "quiet",
        footer=True, changes=True, opens_field=True,
        help="Start a runbook for these alerts, in your editor."),
    Action("quiet.refresh", "r", "look", "refresh", "quiet", footer=True, help="Read the history again."),
    # The log of what you did
    Action("log.back", "q,escape", "back", "back", "log", footer=True, palette=False, help="Go back."),
    Action("log.export", "w", "export", "export", "log", footer=True, help="Write the log to a file."),
    # The rota
    Action("rota.back", "q,escape", "back", "back", "rota", footer=True, palette=False, help="Go back."),
    Action("rota.refresh", "r", "look", "refresh", "rota", footer=True, help="Read the rota now."),
    Action("rota.copy", "y", "copy_next", "copy", "rota", footer=True, help="Copy when you are next on."),
    Action("rota.export", "w", "export", "my calendar", "rota", footer=True,
        help="Write your shifts to a calendar file."),
    Action("rota.export_all", "W", "export_all", "calendar", "rota",
        help="Write all shifts to a calendar file."),
    # Time off in lieu
    Action("toil.back", "q,escape", "back", "back", "toil", footer=True, palette=False, help="Go back."),
    Action("toil.text", "tab", "other_half", "list / text", "toil",
        help="Go from the list to the claim, and back."),
    Action("toil.answer", "a", "answer", "answer", "toil", footer=True, opens_field=True,
        help="Say whether it woke you, and how long fixing took; enter does as well."),
    Action("toil.copy", "y", "copy_claim", "copy", "toil", footer=True,
        help="Copy this claim for BreatheHR."),
    Action("toil.copy_all", "Y", "copy_claims", "copy all", "toil", footer=True,
        help="Copy every claim that is answered and not entered yet."),
    Action("toil.entered", "x", "entered", "entered", "toil", footer=True,
        help="You have entered this claim in BreatheHR; or you haven't after all."),
    Action("toil.export", "w", "export", "export", "toil", footer=True,
        help="Write the claims to a table (CSV)."),
    Action("toil.refresh", "r", "look", "refresh", "toil", help="Read the rota and the history again."),
    # The handover
    Action("handover.back", "q,escape", "back", "back", "handover", footer=True, palette=False,
        help="Go back."),
    Action("handover.copy", "y", "copy", "copy", "handover", footer=True, help="Copy it for Slack."),
    Action("handover.edit", "ctrl+o", "edit", "edit", "handover", footer=True,
        help="Change it in your editor."),
    Action("handover.save", "w", "save", "save", "handover", footer=True, help="Write it to a file."),
    Action("handover.details", "d", "details", "details", "handover", footer=True,
        help="With requesters, tags and every action, or with subject lines only."),
    Action("handover.again", "r", "again", "make anew", "handover", footer=True,
        help="Make it anew from what is known now."),
    Action("handover.earlier", "less_than_sign", "earlier", "week before", "handover", footer=True,
        help="The week before."),
    Action("handover.later", "greater_than_sign", "later", "week after", "handover", footer=True,
        help="The week after."),
    # In a long text
    Action("document.down", "j,down", "scroll_down", "down", "document", palette=False, help="Move down."),
    Action("document.up", "k,up", "scroll_up", "up", "document", palette=False, help="Move up."),
    Action("document.page_down", "pagedown,space,ctrl+f", "page_down", "page down", "document", palette=False,
        help="Move a page down."),
    Action("document.page_up", "pageup,ctrl+u", "page_up", "page up", "document", palette=False,
        help="Move a page up."),
    Action("document.first", "g,home", "scroll_home", "top", "document", palette=False,
        help="Move to the top."),
    Action("document.last", "G,end", "scroll_end", "end", "document", palette=False, help="Move to the end."),
    # In a runbook
    Action("runbook.next_link", "right_square_bracket", "next_link", "next link", "runbook", palette=False,
        help="Select the next link."),
    Action("runbook.previous_link", "left_square_bracket", "previous_link", "link before", "runbook",
        palette=False, help="Select the link before."),
    Action("runbook.follow", "enter", "follow", "follow link", "runbook", footer=True, palette=False,
        help="Go where the selected link leads; select one if none is."),
    Action("runbook.back", "backspace", "go_back", "back", "runbook", palette=False,
        help="Go back to the runbook that you read before."),
    Action("runbook.contents", "i", "contents", "contents", "runbook",
        footer=True, palette=False, opens_field=True, help="Choose a heading of this runbook."),
    Action("runbook.copy_code", "ctrl+y", "copy_code", "copy code", "runbook", footer=True, palette=False,
        help="Copy the block of code in sight; the key again takes the next one."),
)
# fmt: on

BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}

TOGETHER: tuple[frozenset[str], ...] = (
    frozenset({"app", "dashboard", "list", "marks", "row", "act", "act_alert", "act_ticket"}),
    frozenset({"app", "dashboard", "document", "runbook", "row", "act", "act_alert", "act_ticket"}),
    frozenset({"app", "detail", "ticket", "row", "document", "act", "act_ticket"}),
    frozenset({"app", "detail", "row", "document", "act", "act_alert"}),
    frozenset({"app", "detail", "suspended", "list", "row"}),
    frozenset({"app", "detail", "solved", "list", "row"}),
    frozenset({"app", "outbox", "list"}),
    frozenset({"app", "needs", "list"}),
    frozenset({"app", "quiet", "list"}),
    frozenset({"app", "log", "document"}),
    frozenset({"app", "handover", "document", "runbook"}),
    frozenset({"app", "rota", "document"}),
    frozenset({"app", "toil", "list"}),
)
"""Scopes that are active at the same time: one key may have one meaning in each set."""
