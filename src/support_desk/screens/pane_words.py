"""What the panes of the dashboard say about themselves: their titles, and what an empty list means."""

from __future__ import annotations

from support_desk.desk.snapshot import FeedName, State, state
from support_desk.domain.sla import count_late
from support_desk.screens.filters import SORTS, unknown_in
from support_desk.screens.header import state_words
from support_desk.screens.view import View
from support_desk.widgets.lines import Parts

FEEDS_OF_PANE: dict[str, tuple[FeedName, ...]] = {
    "alerts": (FeedName.ALERTS,),
    "tickets": (FeedName.TICKETS,),
    "runbook": (FeedName.RUNBOOKS,),
    "rota": (FeedName.ROTA, FeedName.ON_CALL),
}
"""What is read for each pane; the first speaks for its age."""

NOTHING = {
    "alerts": "All quiet: no open alerts.",
    "tickets": "Nothing to answer: no unsolved tickets.",
    "rota": "Nobody on the rota.",
}


def title_of(view: View, pane: str, label: str, *, chosen: str, order: str) -> Parts:
    """A pane's name, its counts, how far it can be trusted, and what isn't the usual way to show it."""
    feed = view.snapshot.feed(FEEDS_OF_PANE[pane][0])
    words, style = state_words(state(feed, view.now), feed, view.now, troubled=feed.problem is not None)
    parts: list[tuple[str, str]] = [(f" {label} ", "title"), (" ", "title"), *_counts(view, pane)]
    parts.append((f" {words}", style))
    if chosen:
        parts.append((f"  filter: {chosen}", "soon"))
    if order != "risk":
        parts.append((f"  by {SORTS[order]}", "soon"))
    return tuple(parts)


def _counts(view: View, pane: str) -> Parts:
    if view.snapshot.feed(FEEDS_OF_PANE[pane][0]).read_at is None:
        # "0 of 0" of what nobody has read would look calmer than it is.
        return ()
    if pane == "alerts":
        alerts = view.snapshot.alerts.rows
        waiting = sum(alert.status == "open" for alert in alerts)
        return (
            (f"{waiting} un-acknowledged", "late" if waiting else "title"),
            (f" of {len(alerts)}", "title"),
        )
    if pane == "tickets":
        tickets = view.snapshot.tickets
        overdue = count_late(tickets.rows, view.now)
        unseen = "+" if tickets.more and overdue == len(tickets.rows) else ""
        total = len(tickets.rows) + tickets.more
        return ((f"{overdue}{unseen} late", "late" if overdue else "title"), (f" of {total}", "title"))
    return ()


def empty_words(view: View, pane: str, chosen: str) -> str:
    """What an empty list means. Only a fresh and complete reading, without a failure since, means quiet."""
    feed = view.snapshot.feed(FEEDS_OF_PANE[pane][0])
    judged = state(feed, view.now)
    if judged is State.LOADING:
        return "Not read yet ..."
    if judged is State.OFF:
        return "Not configured: see support-desk config init."
    if chosen and feed.rows and (word := unknown_in(chosen, pane)):
        return f"{pane.capitalize()} can't be filtered by {word!r}; esc takes it away."
    if chosen and feed.rows:
        return f"No row matches the filter {chosen!r}; esc takes it away."
    if judged is not State.FRESH or feed.problem is not None:
        return "Nothing known: the last reading isn't fresh and complete."
    return NOTHING[pane]
