"""The working calendar that the configuration describes, with the bank holidays of GOV.UK."""

from __future__ import annotations

from datetime import date, time
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import msgspec

from support_desk.config.model import Hours
from support_desk.config.zones import ZoneInfo
from support_desk.domain.working_time import WorkingCalendar

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class _BankHoliday(msgspec.Struct, frozen=True):
    date: date


class _Division(msgspec.Struct, frozen=True):
    events: tuple[_BankHoliday, ...]


@cache
def _published() -> dict[str, frozenset[date]]:
    """Bank holidays by division, as they came with the package `govuk-bank-holidays`.

    Read as a file, since the package's own class imports `requests` (60 ms) and `importlib.resources`
    costs 7 ms. Raises `ModuleNotFoundError` when the package isn't installed.
    """
    package = find_spec("govuk_bank_holidays")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("the package govuk-bank-holidays isn't installed")
    data = Path(package.origin).with_name("bank-holidays.json").read_bytes()
    divisions = msgspec.json.decode(data, type=dict[str, _Division])
    return {name: frozenset(event.date for event in part.events) for name, part in divisions.items()}


def holidays_of(division: str) -> frozenset[date]:
    """The bank holidays of one division of the United Kingdom; `none` has none."""
    return frozenset() if division == "none" else _published()[division]


# GOV.UK publishes whole years: the last holiday known is the last one of its year.
HOLIDAYS_KNOWN_UNTIL = date(min(max(days) for days in _published().values()).year, 12, 31)
"""The last day for which it is known whether it is a bank holiday, in every division."""


def calendar_from(hours: Hours) -> WorkingCalendar:
    """The working calendar of `[hours]`.

    Raises `ValueError` with a sentence for the person: an unknown time zone, hours that end before they
    start, or no working days.
    """
    try:
        zone = ZoneInfo(hours.timezone)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f'unknown time zone "{hours.timezone}" (an example: Europe/London)') from error
    return WorkingCalendar(
        zone,
        time.fromisoformat(hours.start),
        time.fromisoformat(hours.end),
        frozenset(_DAYS.index(day) for day in hours.days),
        holidays_of(hours.bank_holidays),
    )
