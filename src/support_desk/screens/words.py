"""Times in columns: spans, countdowns and ages in as few cells as tell them apart."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from support_desk.domain.words import clock_words

MINUTE = 60
HOUR = 3600
DAY = 86_400
LAST_MINUTES = 5 * MINUTE
"""Within the last five minutes a countdown shows seconds."""


def short(span: timedelta) -> str:
    """A span for a column: `45s`, `12m`, `3h10`, `2d 3h`, `34d`; the sign is the caller's."""
    seconds = abs(int(span.total_seconds()))
    if seconds < MINUTE:
        return f"{seconds}s"
    if seconds < HOUR:
        return f"{seconds // MINUTE}m"
    if seconds < DAY:
        return f"{seconds // HOUR}h{seconds % HOUR // MINUTE:02d}"
    days, rest = divmod(seconds, DAY)
    return f"{days}d{rest // HOUR:>2}h" if days < 10 else f"{days}d"  # noqa: PLR2004 - two digits fill the column


def minutes(span: timedelta) -> str:
    """Like `short`, but never seconds: for ages that are drawn once a minute; `ahead` for the future."""
    if span <= timedelta(minutes=-1):
        return "ahead"
    return "now" if span < timedelta(minutes=1) else short(span)


def countdown(left: timedelta, *, seconds: bool = False) -> str:
    """Time left for a column: `3h10`, `4:32` within the last five minutes, `-1h12` when it is over.

    `seconds` asks for seconds (the selected row has them); otherwise whole minutes, rounded towards
    "less left", so that a column never promises more time than there is.
    """
    total = left.total_seconds()
    if total < 0:
        return "-" + short(timedelta(seconds=max(1, -total)) if -total >= MINUTE else timedelta(minutes=1))
    if total < LAST_MINUTES or (seconds and total < HOUR):
        return f"{int(total) // MINUTE}:{int(total) % MINUTE:02d}"
    return short(left)


def clock(at: datetime, zone: tzinfo) -> str:
    """Hours and minutes, local."""
    return clock_words(at.astimezone(zone))


def age(span: timedelta, *, exact: bool = False) -> str:
    """How old a reading is: `<1 min`, `3 min`, `2 h`; `exact` tells the tens of seconds of the first minute.

    A fresh reading isn't exact: its age would change every few seconds, and each change is drawn.
    """
    seconds = max(0, int(span.total_seconds()))
    if seconds < MINUTE:
        return f"{seconds // 10 * 10} s" if exact else "<1 min"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < 2 * DAY:
        return f"{seconds // HOUR} h"
    return f"{seconds // DAY} d"
