"""Claims in words: for the screen, for the agency's system, and as a table for a spreadsheet."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from io import StringIO
from zoneinfo import ZoneInfo

from support_desk.domain.toil import Claim, Ledger
from support_desk.domain.toil_rule import Counted, Mixed, PartHours, Rule, Woken
from support_desk.domain.words import clock_words, counted, duration_words

WOKEN_WORDS = {
    Woken.NO: "awake",
    Woken.FIRST: "woken",
    Woken.LATER: "awake at first, woken later",
}

PART_HOURS_WORDS = {
    PartHours.FULL: "each full hour beyond the first",
    PartHours.STARTED: "each hour begun beyond the first",
    PartHours.EXACT: "each hour beyond the first, parts in proportion",
}

MIXED_WORDS = {
    Mixed.ANY: "a claim that begins awake and wakes you later counts as woken",
    Mixed.FIRST: "a claim that begins awake and wakes you later counts as awake",
}

COUNTED_WORDS = {
    Counted.RECEIVED: "every alert of your on-call shifts out of hours counts",
    Counted.ACKNOWLEDGED: "only alerts that you acknowledged count",
}

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet would run a cell that begins like this."""


def days_words(days: Fraction) -> str:
    """An amount in days: "0.25 days", "1 day". A third decimal is rounded."""
    text = f"{float(days):.3f}".rstrip("0").rstrip(".")
    return f"{text} {'day' if days == 1 else 'days'}"


def hours_words(length: timedelta) -> str:
    """A length in hours and minutes: "1 h 45 min"."""
    return duration_words(length, days=False) if length else "0 h"


def amount_words(days: Fraction, length: timedelta) -> str:
    """Days and hours: "0.25 days (1 h 45 min)"."""
    return f"{days_words(days)} ({hours_words(length)})"


def rule_words(rule: Rule) -> tuple[str, ...]:
    """The rule that amounts are made by, a line each; what the handbook leaves open is marked as chosen."""
    window = duration_words(rule.window, days=False)
    return (
        f"{days_words(rule.awake)} awake, {days_words(rule.woken)} woken; a day is {hours_words(rule.day)}",
        f"alerts until {window} after the first one received are one claim, whatever their kind",
        f"{days_words(rule.extra)} more for {PART_HOURS_WORDS[rule.part_hours]} (chosen: toil.part_hours)",
        f"{MIXED_WORDS[rule.mixed]} (chosen: toil.mixed)",
        f"{COUNTED_WORDS[rule.counted]} (chosen: toil.counted)",
        f"suggested as woken: {rule.sleeps_from:%H:%M} to {rule.sleeps_until:%H:%M} local time",
    )


_SCRIPT = (
    "It counts only alerts that you acknowledged, leaves out those within 30 minutes of the last one counted "
    "of the same kind, goes by the clock and not by what you say, and knows no time of fixing."
)


def script_words(ledger: Ledger) -> tuple[str, ...]:
    """What the agency's script would say of the same range, and why it differs."""
    script = ledger.script
    difference = ledger.days - script.days
    if not difference:
        compared = "as much as here"
    else:
        compared = f"{days_words(abs(difference))} {'less' if difference > 0 else 'more'} than here"
    counted = f"{script.awake} awake and {script.woken} woken"
    return (f"The agency's script would give {days_words(script.days)} ({counted}), {compared}.", _SCRIPT)


def claim_reason(claim: Claim) -> str:
    """How the amount comes about: "woken", "0.5 days woken + 0.25 days for 2 h 10 min of fixing"."""
    if claim.left_out:
        return "not claimed: you left it out"
    words = WOKEN_WORDS[claim.woken]
    if claim.extra:
        more = f"{days_words(claim.extra)} for {hours_words(claim.fix)} of fixing"
        words = f"{days_words(claim.base)} {words} + {more}"
    return words


def claim_text(claim: Claim, zone: ZoneInfo) -> str:
    """One claim as a line for the agency's system: when, how much, why. Local times."""
    first, more = claim.alerts[0], len(claim.alerts) - 1
    others = f" and {counted(more, 'more alert')} within the hour" if more else ""
    what = f"{first.priority} {first.message}".strip()
    local = claim.start.astimezone(zone)
    return (
        f"{local:%d/%m/%Y} {clock_words(local)}: {amount_words(claim.days, claim.length)}, "
        f"out-of-hours support, {claim_reason(claim)}. {what}{others}"
    )


def ledger_text(claims: Iterable[Claim], rule: Rule, zone: ZoneInfo) -> str:
    """Claims as a text for the agency's system, with their sum and the rule."""
    chosen = tuple(claims)
    days = sum((claim.days for claim in chosen), Fraction())
    length = sum((claim.length for claim in chosen), timedelta())
    many = counted(len(chosen), "claim")
    return "\n".join(
        [
            f"TOIL for out-of-hours support: {amount_words(days, length)} in {many}",
            *(f"- {claim_text(claim, zone)}" for claim in chosen),
            f"Rule: {'; '.join(rule_words(rule)[:3])}.",
        ]
    )


CSV_COLUMNS = (
    "date", "time", "line", "alerts", "priority", "first_alert", "woken", "answered", "fix_minutes",
    "days", "hours", "claimed_on", "alert_ids",
)  # fmt: skip


def to_csv(ledger: Ledger, zone: ZoneInfo) -> str:
    """The claims as comma-separated values with a line of heads; local dates and times."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(CSV_COLUMNS)
    writer.writerows(_csv_row(claim, zone) for claim in ledger.claims)
    return out.getvalue()


def _csv_row(claim: Claim, zone: ZoneInfo) -> Iterator[str]:
    local, first = claim.start.astimezone(zone), claim.alerts[0]
    yield f"{local:%Y-%m-%d}"
    yield f"{local:%H:%M}"
    yield claim.role.value
    yield str(len(claim.alerts))
    yield _cell(first.priority)
    yield _cell(first.message)
    yield "left out" if claim.left_out else WOKEN_WORDS[claim.woken]
    yield "yes" if claim.answer else "no"
    yield str(claim.fix // timedelta(minutes=1))
    yield _number(claim.days)
    yield _number(Fraction(claim.length // timedelta(seconds=1), 3600))
    yield f"{claim.claimed_at.astimezone(zone):%Y-%m-%d}" if claim.claimed_at else ""
    yield _cell(" ".join(alert.id for alert in claim.alerts))


def _cell(text: str) -> str:
    """A text from outside that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _number(value: Fraction) -> str:
    return f"{float(value):.4f}".rstrip("0").rstrip(".")


_CLOCK = re.compile(r"(?P<hours>\d{1,2}):(?P<minutes>[0-5]\d)", re.ASCII)
_SPOKEN = re.compile(
    r"(?:(?P<hours>\d{1,2}(?:[.,]\d{1,2})?) ?(?:h|hrs?|hours?))? ?"
    r"(?:(?P<minutes>\d{1,4}) ?(?:m|mins?|minutes?)?)?",
    re.ASCII,
)
_HOUR_MINUTES = 60
_DAY = timedelta(hours=24)


def read_length(text: str) -> timedelta | None:
    """A length of time as people type it: "90", "90 min", "1h30", "1:30", "2 h", "1.5 h"; None: it isn't one.

    A bare number is minutes. A whole day and more is refused as a slip of the finger.
    """
    found = _CLOCK.fullmatch(typed := " ".join(text.casefold().split())) or _SPOKEN.fullmatch(typed)
    if found is None or not typed:
        return None
    minutes = int(found["minutes"] or 0)
    if found["hours"] and minutes >= _HOUR_MINUTES:
        return None
    length = timedelta(hours=float((found["hours"] or "0").replace(",", ".")), minutes=minutes)
    return length if length < _DAY else None


def when_words(at: datetime, zone: ZoneInfo) -> str:
    """A moment with its date, local: "Tue 24 Nov 02:14"."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b} {clock_words(local)}"
