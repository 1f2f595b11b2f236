"""Reading the alerts of the past, closed ones included.

The list answers no question beyond its 20,000th row. So every page asks anew for what was created at or
before the oldest alert of the page before: no offset grows, and alerts that come or close meanwhile move
nothing. Each page overlaps the one before by at least one alert. Only where a whole page was created in one
millisecond does an offset help out.

Times stand in the question as epoch milliseconds: the zone of written dates isn't documented.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from support_desk.config.rules import alerts_web_address
from support_desk.domain.alerts import PastAlert
from support_desk.sources.errors import NotAllowed, NotThere, Rejected, SourceError
from support_desk.sources.history import HistoryPage, Place
from support_desk.sources.json_pieces import whole
from support_desk.sources.opsgenie.client import Gateway, Key, Patience
from support_desk.sources.opsgenie.wire import line_of, next_offset, read_alert, read_rows, to_alert

if TYPE_CHECKING:
    from support_desk.config.model import Opsgenie
    from support_desk.config.secrets import Secret
    from support_desk.domain.past import Span

PAGE = 100
LAST_ROW = 20_000
"""The service refuses an offset and a limit that add up to more."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class OpsgenieHistory:
    """The history of one account, over connections of its own."""

    def __init__(
        self,
        settings: Opsgenie,
        *,
        read_key: Secret | None,
        write_key: Secret | None,
    ) -> None:
        self._gateway = Gateway(settings.url, {Key.READ: read_key, Key.WRITE: write_key}, patience=Patience())
        self._query = settings.history_query.strip()
        self._web = alerts_web_address(settings)

    async def now(self) -> datetime | None:
        """The service's own time; None where it doesn't say."""
        try:
            answer = await self._gateway.get("/v2/alerts/count", doing="count alerts")
        except (NotAllowed, NotThere, Rejected):
            # Whoever may not count may still list.
            return None
        return answer.server_time

    async def count(self, span: Span) -> int | None:
        """How many alerts were created within this span; None where the service doesn't say."""
        question = self._question(span, _milliseconds(span.end))
        try:
            answer = await self._gateway.get("/v2/alerts/count", {"query": question}, doing="count alerts")
            number = whole(answer.record().get("count"))
        except SourceError:
            return None
        return number if number is not None and number >= 0 else None

    async def page(self, span: Span, place: Place) -> HistoryPage:
        """The next alerts created within this span, the latest first."""
        before = _milliseconds(place.before)
        if place.skip + PAGE > LAST_ROW:
            raise Rejected(
                "OpsGenie's history doesn't go on: its answers don't keep to the times asked about",
                "import a shorter time (--from), or look for a newer version of this program",
            )
        question = {
            "query": self._question(span, before),
            "sort": "createdAt",
            "order": "desc",
            "limit": str(PAGE),
            "offset": str(place.skip),
        }
        try:
            answer = await self._gateway.get("/v2/alerts", question, doing="list alerts of the past")
        except Rejected as error:
            # The question is another one than that of the alerts of now.
            raise Rejected(error.problem, "check `[opsgenie] history_query`", status=error.status) from None
        rows = answer.rows()
        found, rejected = read_rows(rows, self._past)
        alerts = tuple(past for past in found if span.start <= past.alert.created_at <= place.before)
        # One that isn't as old as was asked about says nothing of where the others go on.
        times = (past.alert.created_at for past in found if past.alert.created_at >= span.start)
        oldest = min(map(_milliseconds, times), default=before)
        # A page may hold fewer rows than asked for; the last one is the one that names no other.
        if not rows or (len(rows) < PAGE and next_offset(answer.body) is None):
            return HistoryPage(alerts, span.start, None, rejected)
        if oldest < before:
            # Others may share the oldest one's millisecond.
            at = _moment(oldest)
            return HistoryPage(alerts, at + _MILLISECOND, Place(at), rejected)
        return HistoryPage(
            alerts, place.before + _MILLISECOND, Place(place.before, place.skip + len(rows)), rejected
        )

    async def close(self) -> None:
        """Drop the connections at once."""
        await self._gateway.close()

    def _question(self, span: Span, before: int) -> str:
        asked = f"createdAt >= {_milliseconds(span.start)} AND createdAt <= {before}"
        return f"{asked} AND ({self._query})" if self._query else asked

    def _past(self, row: object) -> PastAlert:
        wire = read_alert(row)
        alert = to_alert(wire, self._web, lambda _: None)
        # A closed alert isn't acknowledged any more; who had taken it stays in its report.
        alert = replace(alert, acknowledged_by=line_of(wire.report.get("acknowledgedBy")) or None)
        gone = (alert.closed_at or alert.updated_at) if alert.status == "closed" else None
        return PastAlert(alert, gone)


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + milliseconds * _MILLISECOND
