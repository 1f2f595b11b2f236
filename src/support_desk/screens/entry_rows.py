"""Entries of the outbox as rows: where each stands, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from support_desk.desk.drafts import draft_after
from support_desk.domain.command_words import changes_of, command_words, text_of
from support_desk.domain.intents import Entry, Phase, asks, comes_too_late, needless
from support_desk.domain.words import day_clock
from support_desk.screens.view import View
from support_desk.text import clean, clean_block
from support_desk.widgets.columns import Cell, Column, Moment
from support_desk.widgets.text_view import BLANK, TextLine

ROOMY = 100
"""From this width on there is room for what became of it."""

LABEL = 12
"""Cells of the labels left of the facts."""

PHASES: dict[Phase, tuple[str, str]] = {
    Phase.QUEUED: ("waiting", "soon"),
    Phase.HELD: ("HELD", "soon"),
    Phase.SENDING: ("sending", "soon"),
    Phase.CONFIRMED: ("done", "ok"),
    Phase.FAILED: ("FAILED", "late"),
    Phase.CONFLICT: ("CHANGED", "late"),
    Phase.UNKNOWN: ("UNKNOWN", "late"),
    Phase.CANCELLED: ("taken back", "dim"),
    Phase.EXPIRED: ("TOO OLD", "late"),
}
"""Each phase in a word that needs no colour."""

EXPLAINED: dict[Phase, str] = {
    Phase.QUEUED: "It waits for its turn or the network: sent by itself within ten minutes, or not at all.",
    Phase.HELD: "It is sent when the time is up; u takes it back.",
    Phase.SENDING: "It is on its way; what became of it is being asked.",
    Phase.CONFIRMED: "Done, and read back.",
    Phase.FAILED: "It was not done.",
    Phase.CONFLICT: "It was not sent: somebody has changed what you decided on.",
    Phase.UNKNOWN: "It was sent and nothing told whether it was done. Look before you send it again.",
    Phase.CANCELLED: "It was taken back and not sent.",
    Phase.EXPIRED: "It was not sent: the decision was more than ten minutes old when its turn came.",
}

NOT_NEEDED = "not needed"
"""What has ended because nothing was left to do."""

_NOT_DONE = frozenset({Phase.QUEUED, Phase.FAILED, Phase.CONFLICT, Phase.EXPIRED})


def asking_words(count: int) -> str:
    """How many actions ask for a decision; empty where none does."""
    if not count:
        return ""
    return f" {count} {'asks' if count == 1 else 'ask'} for your decision"


def _partly_done(entry: Entry) -> bool:
    """Whether a part of it was done: what is to be sent after a conflict is all of it, knowing of that."""
    return entry.phase is Phase.FAILED and entry.receipt is not None and entry.receipt.remaining is not None


def _let_rest(entry: Entry) -> bool:
    """Whether it had been sent when the person dropped the question what became of it."""
    return entry.phase is Phase.CANCELLED and entry.sent_at is not None and not needless(entry)


def _phase(entry: Entry, moment: Moment) -> Cell:
    if _let_rest(entry):
        return "dropped", "dim"
    if needless(entry):
        return NOT_NEEDED, "dim"
    if entry.offered and entry.phase in {Phase.QUEUED, Phase.HELD}:
        return "NOT SENT", "late"
    if entry.phase is Phase.HELD and entry.fire_at is not None:
        left = max(0, round((entry.fire_at - moment.now).total_seconds()))
        return f"HELD {left} s", "soon"
    return PHASES[entry.phase]


def entry_columns(view: View, width: int) -> Sequence[Column[Entry]]:
    """Columns of the outbox and of the activity pane."""
    zone = view.calendar.timezone

    def at(entry: Entry, moment: Moment) -> Cell:
        return day_clock(entry.intent.at, moment.now, zone), "dim"

    def what(entry: Entry, moment: Moment) -> Cell:
        words = command_words(entry.intent.command, lambda at: day_clock(at, moment.now, zone))
        return words, "strong" if asks(entry) else "text"

    return (
        Column("phase", "State", 10, _phase, ticks=True),
        Column("at", "Decided", 9, at, rank=4),
        Column("what", "What", 22, what, wide=44),
        Column("title", "On", 16, lambda entry, _: (entry.intent.title, "text"), flexible=True),
        Column(
            "words", "What became of it", 30 if width >= ROOMY else 16,
            lambda entry, _: (entry.words, "late" if asks(entry) else "dim"), rank=2, wide=60,
        ),
    )  # fmt: skip


def activity_columns(view: View) -> Sequence[Column[Entry]]:
    """Columns of the activity pane: where each stands, and what it is, in one line."""
    zone = view.calendar.timezone

    def what(entry: Entry, moment: Moment) -> Cell:
        words = command_words(entry.intent.command, lambda at: day_clock(at, moment.now, zone))
        title = entry.intent.title
        if entry.intent.target.kind == "ticket":
            # What a triage sets fills the line: which ticket it was comes first.
            number, _, title = title.partition(" ")
            words = f"{number} {words}"
        return f"{words} · {title}", "strong" if asks(entry) else "text"

    return (
        Column("phase", "State", 10, _phase, ticks=True),
        Column("what", "What", 20, what, flexible=True),
    )


def _fact(label: str, text: str, style: str = "text") -> TextLine:
    return TextLine(((f"{label:<{LABEL - 1}} ", "label"), (clean(text), style)), indent=LABEL)


def what_to_do(entry: Entry, *, read_only: bool) -> str:
    """What can be done about an entry now, with its keys."""
    if read_only:
        return "this desk is read-only"
    if entry.phase is Phase.HELD and not entry.offered:
        return "u takes it back · y sends it now"
    keeps = " and keeps your text as a draft" if draft_after(entry) else ""
    if entry.phase is Phase.QUEUED and not entry.offered:
        return f"x drops it{keeps}"
    if entry.phase is Phase.UNKNOWN:
        return "r asks the service whether it was done · y sends it again (it may happen twice) · x drops it"
    if asks(entry):
        sends = "sends what is left of it" if _partly_done(entry) else "sends it"
        return f"y {sends} · x drops it{keeps}"
    return "nothing: it has ended" if entry.phase in {Phase.CONFIRMED, Phase.CANCELLED} else "wait"


def entry_lines(view: View, entry: Entry, *, read_only: bool) -> list[TextLine]:
    """Everything about one entry."""
    zone = view.calendar.timezone

    def local(moment: datetime) -> str:
        return day_clock(moment, view.now, zone)

    when = _when_lines(entry, local)
    word, style, explained = _stands(entry, local)
    lines = [
        TextLine(((command_words(entry.intent.command, local), "head"),)),
        *([_fact("left of", command_words(whole, local))] if (whole := entry.intent.whole) else []),
        _fact("on", entry.intent.title, "strong"),
        _fact("state", f"{word}: {explained}", style),
        *([] if asks(entry) else when),
        *_answer_lines(entry),
        _fact("you can", what_to_do(entry, read_only=read_only), "key"),
        *_difference_lines(entry),
        # On a small screen nothing else is seen beside a question: when it was decided waits below.
        *([BLANK, *when] if asks(entry) else []),
    ]
    changes = changes_of(entry.intent.command)
    if changes:
        lines += [
            BLANK,
            TextLine((("What it sets", "head"),)),
            *(_fact(name, value) for name, value in changes),
        ]
    if text := text_of(entry.intent.command):
        lines += [BLANK, TextLine((("The text, as you wrote it", "head"),))]
        lines += [TextLine(((line, "text"),)) for line in clean_block(text).split("\n")]
    return lines


def _stands(entry: Entry, local: Callable[[datetime], str]) -> tuple[str, str, str]:
    """Where it stands in a word, the word's style, and what that means."""
    word, style = PHASES[entry.phase]
    if entry.offered and entry.phase in {Phase.QUEUED, Phase.HELD}:
        return (
            "NOT SENT", "late", "The desk stopped before it was sent. Nothing happens until you say so.",
        )  # fmt: skip
    if entry.fire_at is not None and comes_too_late(entry):
        at = local(entry.fire_at)
        return word, "late", f"It must wait until {at}, and isn't sent by itself then: you are asked again."
    if _let_rest(entry):
        return "dropped", style, "You let it rest. What had become of it by then stands below."
    if needless(entry):
        return NOT_NEEDED, style, "Somebody else was quicker: nothing is left to do or to decide."
    if _partly_done(entry):
        return word, style, "A part of it was done, not all."
    return word, style, EXPLAINED[entry.phase]


def _answer_lines(entry: Entry) -> list[TextLine]:
    """What became of it, what helps, and what shows it."""
    receipt = entry.receipt
    lines = [_fact("answer", entry.words, "late" if asks(entry) else "text")] if entry.words else []
    if receipt is not None:
        if receipt.remedy:
            lines.append(_fact("remedy", receipt.remedy, "soon"))
        lines += [_fact("evidence" if not at else "", line) for at, line in enumerate(receipt.evidence)]
    return lines


def _when_lines(entry: Entry, local: Callable[[datetime], str]) -> list[TextLine]:
    """When it was decided, and when it last left: tried, where nothing of it may have been done."""
    lines = [_fact("decided", f"{local(entry.intent.at)} by {entry.intent.by}")]
    if entry.sent_at is not None:
        tries = f", attempt {entry.attempts}" if entry.attempts > 1 else ""
        word = "tried" if entry.phase in _NOT_DONE or needless(entry) else "sent"
        lines.append(_fact(word, f"{local(entry.sent_at)}{tries}"))
    return lines


def _difference_lines(entry: Entry) -> list[TextLine]:
    receipt = entry.receipt
    if receipt is None:
        return []
    lines: list[TextLine] = []
    if receipt.differences:
        lines += [BLANK, TextLine((("What is different", "head"),))]
        lines += [
            _fact(
                difference.field,
                f"yours: {difference.ours or '(nothing)'}   now: {difference.theirs or '(nothing)'}",
            )
            for difference in receipt.differences
        ]
    if receipt.comments:
        lines += [BLANK, TextLine((("Written meanwhile", "head"),))]
        lines += [TextLine(((clean(line), "text"),), indent=2) for line in receipt.comments]
    return lines
