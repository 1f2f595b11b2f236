"""After a night with alerts: nobody expects the person at the usual time.

By the agency's handbook ("Support and on call"): who was woken needn't start work at the normal time and
tells the delivery lead or the line manager; who needs a rest from being on call is replaced for the night by
the Head of Technical Operations or the CTO.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from support_desk.domain.toil_rule import Rule, asleep
from support_desk.domain.words import clock_words
from support_desk.domain.working_time import WorkingCalendar

MORNING_ENDS = time(12)
"""Until then a late start is worth a word."""
NIGHT_BEFORE = timedelta(hours=14)
"""How long ago a night can have been to be the last one."""


def woken_at(
    moments: Iterable[datetime], now: datetime, rule: Rule, calendar: WorkingCalendar
) -> datetime | None:
    """The last of these moments that lies in the hours of sleep of the night before; None: none does.

    On a day without work there is no start to be late for.
    """
    if not calendar.is_working_day(now.astimezone(calendar.timezone).date()):
        return None
    night = [at for at in moments if timedelta(0) <= now - at < NIGHT_BEFORE]
    return max((at for at in night if asleep(at, rule, calendar)), default=None)


def late_start_words(woken: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """What the handbook says to somebody whom an alert has woken; empty: nothing, or it is noon."""
    if woken is None or now.astimezone(zone).time() >= MORNING_ENDS:
        return ""
    at = clock_words(woken.astimezone(zone))
    return (
        # What there is to do comes first: a line of 80 cells ends behind it.
        f"woken at {at}: tell your delivery lead or line manager; nobody expects you at the usual time. "
        "The Head of Technical Operations can take you off call for a night. K claims the time"
    )
