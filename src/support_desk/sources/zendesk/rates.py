"""What Zendesk says about the requests that are left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from support_desk.sources.moments import plausible

_ENDPOINT = re.compile(r"^zendesk-rate-?limit-([a-z0-9-]{1,60})$", re.IGNORECASE)
_PART = re.compile(r"(total|remaining|resets)\s*=\s*(\d{1,9})")
_DIGITS = re.compile(r"^\s*(\d{1,9})(?:\.\d+)?\s*$")
_MOST_ENDPOINTS = 50
_LONGEST_WAIT = 3600.0
"""Seconds; no limit of Zendesk's lasts longer, and a desk that is silent for years helps nobody."""

_ACCOUNT = {
    "total": ("x-rate-limit", "ratelimit-limit", "rate-limit"),
    "remaining": ("x-rate-limit-remaining", "ratelimit-remaining", "rate-limit-remaining"),
    "resets": ("ratelimit-reset", "rate-limit-reset"),
}


@dataclass(frozen=True, slots=True)
class Allowance:
    """Requests allowed by one limit; None is "not said"."""

    total: int | None
    remaining: int | None
    resets: int | None
    """Seconds until it is full again, at the time of the answer."""


class Rates:
    """The latest allowances: `account`, and one per limited endpoint, such as `search-index`.

    Two spellings of either kind of header are in use (`zendesk-rate-limit-*`, `zendesk-ratelimit-*`;
    `x-rate-limit`, `ratelimit-limit`), so both are read.
    """

    def __init__(self) -> None:
        self.allowances: dict[str, Allowance] = {}
        self.requests_made = 0
        """Requests sent so far, sign-ins included."""
        self.server_time: datetime | None = None
        """The service's clock in its latest answer, UTC."""

    def note(self, headers: Mapping[str, str]) -> None:
        """Remember what an answer's headers say."""
        self.server_time = http_date(headers.get("Date")) or self.server_time
        account = {
            part: next((number(headers.get(name)) for name in names if name in headers), None)
            for part, names in _ACCOUNT.items()
        }
        if any(value is not None for value in account.values()):
            self.allowances["account"] = Allowance(**account)
        for name, value in headers.items():
            match = _ENDPOINT.match(name)
            if match and len(self.allowances) < _MOST_ENDPOINTS:
                said = {part: int(count) for part, count in _PART.findall(value)}
                self.allowances[match[1].lower()] = Allowance(
                    said.get("total"), said.get("remaining"), said.get("resets")
                )


def http_date(text: str | None) -> datetime | None:
    """An HTTP date in UTC; None when there is none or it can't be read."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return plausible(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (TypeError, ValueError):
        return None


def number(text: str | None) -> int | None:
    """A header's whole number; None for anything else."""
    match = _DIGITS.match(text or "")
    return int(match[1]) if match else None


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds to wait, an hour at most, from `Retry-After`: seconds or an HTTP date; None without it.

    A date counts from the server's own `Date`, so that the skew of our clock doesn't matter; from
    `now` when the server doesn't tell its time.
    """
    text = headers.get("Retry-After")
    seconds = number(text)
    if seconds is not None:
        return min(float(seconds), _LONGEST_WAIT)
    until = http_date(text)
    start = http_date(headers.get("Date")) or now
    if until is None or start is None:
        return None
    return min(max(0.0, (until - start).total_seconds()), _LONGEST_WAIT)
