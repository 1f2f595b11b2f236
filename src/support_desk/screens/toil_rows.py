"""Claims of time off in lieu as rows, and everything about one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from support_desk.domain.toil import Claim, Received
from support_desk.domain.toil_rule import Woken
from support_desk.domain.toil_words import (
    WOKEN_WORDS,
    amount_words,
    claim_reason,
    days_words,
    hours_words,
    rule_words,
    script_words,
    when_words,
)
from support_desk.domain.words import duration_words
from support_desk.reports.toil import Found
from support_desk.screens.rota_rows import LABELS
from support_desk.screens.view import View
from support_desk.screens.words import clock
from support_desk.widgets.columns import Cell, Column, Moment
from support_desk.widgets.text_view import BLANK, TextLine

LABEL = 12

ROW_WORDS = {Woken.NO: "awake", Woken.FIRST: "woken", Woken.LATER: "later"}


def claim_columns(view: View) -> Sequence[Column[Claim]]:
    """The columns of the ledger."""
    zone = view.calendar.timezone

    def when(claim: Claim, _: Moment) -> Cell:
        return when_words(claim.start, zone), "text"

    def woke(claim: Claim, _: Moment) -> Cell:
        if claim.left_out:
            return "left out", "dim"
        return f"{ROW_WORDS[claim.woken]}{'' if claim.answer else '?'}", "text" if claim.answer else "soon"

    def amount(claim: Claim, _: Moment) -> Cell:
        return days_words(claim.days), "strong" if claim.answer else "unknown"

    return (
        Column("state", "State", 9, lambda claim, _: _state(claim)),
        Column("when", "First alert", 16, when),
        Column("woken", "Woken", 8, woke, rank=2),
        Column(
            "fix", "Fix", 8, lambda c, _: (duration_words(c.fix, days=False) if c.fix else "", "text"), rank=3
        ),
        Column("days", "Worth", 11, amount, rank=1),
        Column("alerts", "No.", 3, lambda claim, _: (str(len(claim.alerts)), "dim"), rank=4, right=True),
        Column("message", "Alert", 16, lambda claim, _: (claim.alerts[0].message, "text"), flexible=True),
    )


def _state(claim: Claim) -> Cell:
    """A word that says whether anything is left to do."""
    if claim.answer is None:
        return "ANSWER", "soon"
    if not claim.days:
        return "nothing", "dim"
    return ("entered", "ok") if claim.claimed_at else ("to enter", "strong")


def _fact(label: str, *parts: tuple[str, str]) -> TextLine:
    return TextLine(((f"{label:<{LABEL - 1}} ", "label"), *parts), indent=LABEL)


def claim_lines(view: View, claim: Claim) -> Iterator[TextLine]:
    """Everything about one claim."""
    zone = view.calendar.timezone
    yield TextLine(((f"{amount_words(claim.days, claim.length)}, {claim_reason(claim)}", "head"),))
    if claim.answer is None:
        suggested = f"by the clock you were {WOKEN_WORDS[claim.suggested]}; a asks you"
        yield _fact("suggested", (suggested, "soon"))
    else:
        yield _fact("answered", (when_words(claim.answer.at, zone), "text"))
    if claim.claimed_at:
        yield _fact("entered", (when_words(claim.claimed_at, zone), "ok"))
    elif claim.answer and claim.days:
        yield _fact("entered", ("not yet: y copies it for BreatheHR, x marks it as entered", "text"))
    if claim.runs_into_next:
        yield _fact("careful", ("the fixing reaches into the next claim: count no hour twice", "warn"))
    yield _fact("you were", (LABELS[claim.role], "text"))
    for place, alert in enumerate(claim.alerts):
        yield _fact("" if place else "alerts", (_alert(view, alert), "text"))


def _alert(view: View, alert: Received) -> str:
    zone = view.calendar.timezone
    if alert.acked_at and alert.acked_by:
        who = "you" if alert.mine else alert.acked_by
        acked = f"acknowledged by {who} {clock(alert.acked_at, zone)}"
    elif alert.acked_by:
        acked = f"acknowledged by {'you' if alert.mine else alert.acked_by}"
    else:
        acked = "not acknowledged"
    open_for = f", open for {duration_words(alert.gone_at - alert.at, days=False)}" if alert.gone_at else ""
    return f"{clock(alert.at, zone)} {alert.priority} {alert.message} ({acked}{open_for})".replace("  ", " ")


def ledger_lines(view: View, found: Found) -> Iterator[TextLine]:
    """The rule, the agency's script, and what isn't in the list."""
    book = found.ledger
    zone = view.calendar.timezone
    if found.missing:
        yield TextLine((("Not complete", "head"),))
        yield from (TextLine(((f" ! {line}", "warn"),), indent=3) for line in found.missing)
        yield BLANK
    yield TextLine((("The rule", "head"),))
    yield from (TextLine(((f" - {line}", "text"),), indent=3) for line in rule_words(book.rule))
    yield from (TextLine(((f" - {line}", "dim"),), indent=3) for line in found.notes)
    yield BLANK
    yield TextLine((("The agency's script", "head"),))
    yield from (TextLine(((f" {line}", "text"),), indent=1) for line in script_words(book))
    for title, alerts in (
        ("Not claimed: acknowledged by you outside your own shifts", book.outside),
        ("Not counted: in your shifts, not acknowledged by you", book.unacknowledged),
        ("Not known: out of hours where the rota doesn't say whose it was", book.unknown),
    ):
        if alerts:
            yield BLANK
            yield TextLine(((title, "head"),))
            for alert in alerts:
                words = f" {when_words(alert.at, zone)} {alert.priority} {alert.message}"
                yield TextLine(((words, "text"),), indent=3)
    yield BLANK
    start, end = (when_words(at, zone) for at in found.pay_period)
    on_call = (
        "not known" if found.on_call is None else f"you were on call for {hours_words(found.on_call)} so far"
    )
    yield _fact("pay period", (f"{start} to {end}: {on_call}", "text"))
