"""Numbers, lengths of time and moments as a person says them, whatever the machine's language."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEK = 7


def counted(number: int, noun: str) -> str:
    """So many of something that takes an s: "1 alert", "2,300 alerts"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration_words(length: timedelta, *, days: bool = True) -> str:
    """`length` without its sign, in its two largest units: "2 d 3 h", "3 h 10 min", "5 min".

    `days=False` stays with hours: eight working hours are a working day, so "2 d" of working time would
    be misread. Parts of a minute are dropped; below one it says "less than a minute".
    """
    minutes = int(abs(length).total_seconds()) // 60
    if minutes == 0:
        return "less than a minute"
    hours, minutes = divmod(minutes, 60)
    whole_days, hours = divmod(hours, 24) if days else (0, hours)
    units = ((whole_days, "d"), (hours, "h"), (minutes, "min"))
    largest = next(place for place, (amount, _) in enumerate(units) if amount)
    return " ".join(f"{amount} {unit}" for amount, unit in units[largest : largest + 2] if amount)


def clock_words(local: datetime) -> str:
    """The hours and minutes of a local time: "01:30"; of the hour that comes twice in autumn, "01:30 BST"."""
    twice = local.utcoffset() != local.replace(fold=not local.fold).utcoffset()
    words = f"{local.hour:02}:{local.minute:02}"
    return f"{words} {local.tzname()}" if twice else words


def moment_words(at: datetime, now: datetime, zone: tzinfo) -> str:
    """`at` in local time, as short as it can be without doubt: "Mon 10:42", "Mon 30 Nov 10:42".

    The date is left out within six days of `now`, the year within the same year.
    """
    local, today = at.astimezone(zone), now.astimezone(zone)
    words = [_DAYS[local.weekday()]]
    if abs((local.date() - today.date()).days) >= _WEEK:
        words.append(f"{local.day} {_MONTHS[local.month - 1]}")
        if local.year != today.year:
            words.append(str(local.year))
    words.append(clock_words(local))
    return " ".join(words)


def day_clock(at: datetime, now: datetime, zone: tzinfo) -> str:
    """A moment near `now`: `15:10` today, `Tue 10:00` within the week, `12 Jan` further away."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return clock_words(local)
    if abs((local.date() - today).days) < _WEEK:
        return f"{local:%a} {clock_words(local)}"
    return f"{local.day} {local:%b} {clock_words(local)}" if local.year == today.year else f"{local:%d %b %y}"
