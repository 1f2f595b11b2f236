"""What the signs in the lists of the dashboard mean: the last part of its help."""

from __future__ import annotations

from collections.abc import Sequence

from support_desk.text import cell_width
from support_desk.widgets.text_view import BLANK, TextLine

Signs = Sequence[tuple[str, str]]
"""Each sign, and what it says."""

TICKETS: Signs = (
    ("LATE SOON due", "Breached; due within half an hour; due later."),
    (
        "hold met",
        "Under SLA: paused, such as while the ticket is pending; all that was promised so far is done.",
    ),
    ("none ?", "Under SLA: no reply is owed; what is due isn't known."),
    (
        "none",
        "Under Prio: nobody has given it one. It counts as normal, from an emergency address as urgent.",
    ),
    ("Left Work'g", "Until the deadline, or since it: on the wall clock, and in working time."),
    ("-23m -0m", "Overdue by so much; -0m where no working time has gone by since."),
    ("24/7", "An urgent ticket's deadline runs round the clock."),
    ("~", "The contract's deadline: Zendesk gives none. The line below the lists says why."),
    ("first next", "The reply that is due; `update wait work solve group` are other targets in Zendesk."),
    ("std enh ?", "The client's plan: standard, enhanced, not recorded."),
    ("≠", "Tag and field disagree about the plan."),
)
ALERTS: Signs = (
    ("! ✓ z", "Open and nobody has it; acknowledged; snoozed."),
    ("12m 0:42", "Until the next line is paged; it is named below the lists."),
    ("≈", "By the minutes in your configuration: the policy wasn't read."),
    ("CHECK", "Somebody should have been paged by now: `enter` reads whether they were."),
    (
        "paged paged?",
        "The alert's records prove that somebody was; paged by hand, and nothing proves it yet.",
    ),
    ("acked", "Acknowledged, and nobody will be paged."),
    ("✓2h11", "Acknowledged so long ago, and still open."),
    ("z 5m", "Snoozed for so much longer; then it pages again."),
    ("nobody ?", "At the left: nobody will be paged; who is paged next is not known."),
    ("×14", "How often it has rung."),
    ("[6 alike]", "A storm: so many alerts with one cause in one row."),
)
ROWS: Signs = (
    ("> ●", "The row that keys mean; marked ones, which they mean instead."),
    ("× ⊗", "It has left the list, and goes when you move on; a marked one."),
    ("▲7 ▼42", "So many rows above and below these."),
    (
        "ok <1 min",
        "So long ago it was read. After `stale`, `FAILED` and `partly read` there may be more than is shown.",
    ),
)


def legend_lines() -> list[TextLine]:
    """The signs, in the groups that the panes make of them."""
    groups = (
        ("What the signs of the tickets mean", TICKETS),
        ("What the signs of the alerts mean", ALERTS),
        ("What is beside and above the rows", ROWS),
    )
    width = max(cell_width(sign) for _, signs in groups for sign, _ in signs) + 3
    lines: list[TextLine] = []
    for head, signs in groups:
        lines += [BLANK, TextLine(((head, "head"),))]
        for sign, says in signs:
            room = " " * (width - 1 - cell_width(sign))
            lines.append(TextLine(((f" {sign}{room}", "key"), *marked(says)), indent=width))
    return lines


def marked(text: str) -> tuple[tuple[str, str], ...]:
    """A sentence with what is between backquotes drawn as a key."""
    return tuple((part, "key" if place % 2 else "text") for place, part in enumerate(text.split("`")) if part)
