"""OpsGenie's list of alerts as an importer of the past meets it: times in the question, 20,000 rows, 429."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from tests.simulators.http import Answer, Request
from tests.simulators.opsgenie import OpsgenieSimulator, data, error, wire_alert

_BOUND = re.compile(r"createdAt (>=|<=) (\d+)")


def milliseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def closed_alert(number: int, at: datetime, **overrides: Any) -> dict[str, Any]:
    """An alert that was taken after two minutes and closed after an hour."""
    stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    row = {
        "status": "closed",
        "createdAt": stamp,
        "updatedAt": stamp,
        "lastOccurredAt": stamp,
        "report": {
            "ackTime": 120_000,
            "closeTime": 3_600_000,
            "acknowledgedBy": "ada@example.com",
            "closedBy": "ada@example.com",
        },
    }
    return wire_alert(f"h{number}", **(row | overrides))


class HistorySimulator(OpsgenieSimulator):
    """Understands the questions of `history import`; `alerts` may be in any order."""

    def __init__(self, now: datetime, *, last_row: int = 20_000) -> None:
        super().__init__(now)
        self.last_row = last_row
        self.questions: list[tuple[str, int]] = []
        """Query and offset of each list that was asked for."""
        self.on_list: Callable[[int], Answer | None] = lambda _: None
        """Given the number of lists so far; an answer in place of the usual one."""

    def route(self, request: Request) -> Answer:
        if request.path == "/v2/alerts/count":
            return data({"count": len(self._found(request.param("query")))})
        return super().route(request)

    def _list_alerts(self, request: Request) -> Answer:
        offset, limit = int(request.param("offset", "0")), int(request.param("limit", "20"))
        self.questions.append((request.param("query"), offset))
        instead = self.on_list(len(self.questions))
        if instead is not None:
            return instead
        if limit > 100 or offset + limit > self.last_row:
            return error(422, "Sum of offset and limit should be lower than 20K")
        rows = self._found(request.param("query"))
        rows.sort(key=lambda row: (row["createdAt"], row["id"]), reverse=request.param("order") == "desc")
        page = rows[offset : offset + min(limit, self.most_rows)]
        more = offset + len(page) < len(rows) or self.always_more
        return data(page, paging={"next": self._page_url("alerts", offset + len(page))} if more else {})

    def _found(self, query: str) -> list[dict[str, Any]]:
        rows = [row for row in self.alerts if isinstance(row, dict)]
        for sign, bound in _BOUND.findall(query):
            rows = [row for row in rows if _holds(row, sign, int(bound))]
        return rows


@cache
def _written(at: str) -> int:
    return milliseconds(datetime.fromisoformat(at))


def _holds(row: dict[str, Any], sign: str, bound: int) -> bool:
    at = _written(row["createdAt"])
    return at >= bound if sign == ">=" else at <= bound
