"""The configured working calendar, and the bank holidays that it is made of."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time

import pytest
from govuk_bank_holidays.bank_holidays import BankHolidays  # type: ignore[import-untyped]

from support_desk.config.calendar import HOLIDAYS_KNOWN_UNTIL, calendar_from, holidays_of
from support_desk.config.model import Hours

from .oracle import HOLIDAYS


@pytest.mark.parametrize("division", ["england-and-wales", "scotland", "northern-ireland"])
def test_the_bank_holidays_are_those_of_the_package(division: str) -> None:
    theirs = BankHolidays(use_cached_holidays=True).get_holidays(division=division)
    assert holidays_of(division) == {holiday["date"] for holiday in theirs}


def test_the_known_bank_holidays_end_with_a_year() -> None:
    assert date(2028, 12, 31) <= HOLIDAYS_KNOWN_UNTIL
    assert (HOLIDAYS_KNOWN_UNTIL.month, HOLIDAYS_KNOWN_UNTIL.day) == (12, 31)


def test_the_defaults_are_the_agencys_hours() -> None:
    calendar = calendar_from(Hours())
    assert (calendar.timezone.key, calendar.start, calendar.end) == ("Europe/London", time(10), time(18))
    assert calendar.days == {0, 1, 2, 3, 4}
    assert calendar.holidays >= HOLIDAYS
    assert not calendar.is_open(datetime(2026, 12, 28, 12, tzinfo=UTC))


def test_other_hours() -> None:
    calendar = calendar_from(
        Hours(timezone="Europe/Paris", start="08:30", end="12:00", days=("sat", "sun"), bank_holidays="none")
    )
    assert calendar.is_open(datetime(2026, 11, 28, 7, 30, tzinfo=UTC))
    assert not calendar.is_open(datetime(2026, 11, 30, 9, tzinfo=UTC))
    assert calendar.holidays == frozenset()


@pytest.mark.parametrize("zone", ["Europe/Londn", "../etc/passwd", "", "Europe"])
def test_an_unknown_zone_is_named(zone: str) -> None:
    with pytest.raises(ValueError, match=f'unknown time zone "{zone}"'):
        calendar_from(Hours(timezone=zone))


def test_hours_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="before they start"):
        calendar_from(Hours(start="18:00", end="10:00"))
    with pytest.raises(ValueError, match="at least one day"):
        calendar_from(Hours(days=()))


def test_the_holidays_come_without_a_client_for_the_web() -> None:
    """`status` has 50 ms, and `requests` alone takes more."""
    code = "import sys, support_desk.config.calendar; sys.exit('requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
