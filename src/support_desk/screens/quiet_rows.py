"""Proposals for quiet times as rows, and everything about one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from support_desk.domain.noise import Noise, hours_words
from support_desk.domain.runbooks import RunbookMatch
from support_desk.domain.tickets import Ticket
from support_desk.domain.words import counted, day_clock, duration_words
from support_desk.records import record
from support_desk.screens.quiet_times import QuietTimes
from support_desk.screens.view import View
from support_desk.widgets.columns import Column
from support_desk.widgets.text_view import TextLine

MOST = 10
"""Proposals of each kind: nobody does more in a quiet hour."""
LEAST_NOISE = 2
"""Alerts of one cause that are worth a look together."""
BAR = "▁▂▃▄▅▆▇█"


class Kind(StrEnum):
    """What is proposed."""

    MAINTENANCE = "maintenance"
    NOISE = "noisy alert"
    NO_RUNBOOK = "no runbook"
    OLD_RUNBOOK = "old runbook"
    WAITING = "waits on us"


@record
class Proposal:
    """Something worth doing."""

    kind: Kind
    key: str
    what: str
    why: str
    noise: Noise | None = None
    runbook: RunbookMatch | None = None
    """Where opening it leads to."""
    ticket: Ticket | None = None


def proposals(view: View, found: QuietTimes) -> list[Proposal]:
    """All proposals, at most ten of each kind."""
    return [*_maintenance(view, found), *_alerts(found), *_runbooks(view, found), *_tickets(view, found)]


def _maintenance(view: View, found: QuietTimes) -> Iterator[Proposal]:
    today = view.local(view.now).date()
    for number, row in enumerate(found.maintenance[:MOST]):
        days = (row.on - today).days
        when = "today" if days == 0 else f"in {days} d" if days > 0 else f"{-days} d overdue"
        yield Proposal(Kind.MAINTENANCE, f"maintenance:{number}", row.what, f"due {row.on:%d %b}, {when}")


def _alerts(found: QuietTimes) -> Iterator[Proposal]:
    for noise in [noise for noise in found.noise if noise.alerts >= LEAST_NOISE][:MOST]:
        yield Proposal(
            Kind.NOISE,
            f"noise:{noise.cause}",
            _named(noise),
            f"{noise.alerts} alerts, {hours_words(noise)}",
            noise=noise,
            runbook=noise.runbook,
        )
    for noise in found.no_runbook[:MOST]:
        many = "1 alert" if noise.alerts == 1 else f"{noise.alerts} alerts"
        yield Proposal(
            Kind.NO_RUNBOOK,
            f"missing:{noise.cause}",
            _named(noise),
            f"{many}: enter starts one",
            noise=noise,
        )


def _named(noise: Noise) -> str:
    """With the client in front, unless the message names it itself."""
    named = not noise.client or noise.client.casefold() in noise.message.casefold()
    return noise.message if named else f"{noise.client}: {noise.message}"


def _runbooks(view: View, found: QuietTimes) -> Iterator[Proposal]:
    for old in found.old[:MOST]:
        times = "once" if old.used == 1 else f"{old.used} times"
        yield Proposal(
            Kind.OLD_RUNBOOK,
            f"old:{old.path}",
            old.title,
            f"used {times}, last changed {duration_words(view.now - old.changed_at)} ago",
            runbook=RunbookMatch(old.path, "", old.title, "used, and old"),
        )


def _tickets(view: View, found: QuietTimes) -> Iterator[Proposal]:
    for waiting in found.waiting[:MOST]:
        yield Proposal(
            Kind.WAITING,
            f"waiting:{waiting.ticket.id}",
            f"#{waiting.ticket.id} {waiting.ticket.title}",
            f"waits for {duration_words(view.now - waiting.since)}",
            ticket=waiting.ticket,
        )


def proposal_columns(_view: View) -> Sequence[Column[Proposal]]:
    """The columns of the list."""
    return (
        Column("kind", "What", 12, lambda row, _: (row.kind.value, _STYLES[row.kind])),
        Column("why", "Why", 27, lambda row, _: (row.why, "text"), wide=44),
        Column("what", "About", 24, lambda row, _: (row.what, "strong"), flexible=True),
    )


_STYLES = {
    Kind.MAINTENANCE: "soon",
    Kind.NOISE: "text",
    Kind.NO_RUNBOOK: "text",
    Kind.OLD_RUNBOOK: "text",
    Kind.WAITING: "text",
}


def about(view: View, row: Proposal, found: QuietTimes) -> list[TextLine]:
    """Everything about a proposal."""
    lines = [TextLine(((row.what, "strong"),))]
    if row.kind is Kind.NO_RUNBOOK:
        words = "No rule leads from it to a runbook. Enter starts one from a template, in your editor."
        lines.append(TextLine(((words, "text"),)))
    elif row.kind is not Kind.NOISE:
        lines.append(TextLine(((row.why, "text"),)))
    if row.noise is not None:
        lines += _about_noise(view, row.noise, found)
    if row.runbook is not None:
        lines.append(
            TextLine(((f"Runbook: {row.runbook.title} ({row.runbook.path}). Enter opens it.", "dim"),))
        )
    if row.ticket is not None:
        lines.append(TextLine((("Enter opens the ticket.", "dim"),)))
    elif row.kind is not Kind.MAINTENANCE:
        lines.append(TextLine(((f"The history: {found.reach}.", "dim"),)))
    return lines


def _about_noise(view: View, noise: Noise, found: QuietTimes) -> list[TextLine]:
    zone = view.calendar.timezone
    since = day_clock(found.since, view.now, zone)
    rang = "" if noise.occurrences == noise.alerts else f", rang {noise.occurrences} times in them"
    nobody = f"; {noise.unacknowledged} went away before anybody took them" if noise.unacknowledged else ""
    share = round(noise.out_of_hours_share * 100)
    return [
        TextLine(
            (
                (
                    f"{counted(noise.alerts, 'alert')} since {since}{rang}, up to {noise.priority}{nobody}.",
                    "text",
                ),
            )
        ),
        TextLine(((f"Out of hours: {share} %. Open for {duration_words(noise.open_for)} in all.", "text"),)),
        TextLine(((f"By the hour, 0 to 23: {bars(noise.hours)}", "text"),)),
        TextLine(((f"Last: {day_clock(noise.last_at, view.now, zone)}.", "text"),)),
    ]


def bars(numbers: Sequence[int]) -> str:
    """Numbers as bars of one cell each; nothing is a dot."""
    most = max(numbers, default=0)
    return "".join(BAR[(number * len(BAR) - 1) // most] if number and most else "·" for number in numbers)
