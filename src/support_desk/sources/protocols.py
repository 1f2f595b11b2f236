"""What any source must do, whichever service stands behind it.

A read gives a `Reading`, or raises a `SourceError`; it never turns a failure into an empty list. The
protocols are drawn for two alert providers (OpsGenie; Jira Service Management Operations later): what
one of them can't say is optional in the domain, and `AlertCapabilities` tells what isn't to be offered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from support_desk.records import record
from support_desk.sources.errors import SourceError

if TYPE_CHECKING:
    from support_desk.domain.alerts import Alert, AlertDetail, EscalationPolicy, PastAlert
    from support_desk.domain.rota import OnCall, Person, Rota
    from support_desk.domain.runbooks import Runbook, RunbookRule
    from support_desk.domain.tickets import SuspendedTicket, Ticket, TicketDetail
    from support_desk.sources.writers import AlertWriter, TicketWriter

CLOSING_SECONDS = 2.0

T_co = TypeVar("T_co", covariant=True)


@record
class Reading(Generic[T_co]):
    """The rows of one read, and how far they can be trusted."""

    rows: tuple[T_co, ...]
    complete: bool = True
    """True only if every row that exists was read: then a row that is missing here has left."""
    rejected: int = 0
    """Rows that were there but couldn't be read."""
    notes: tuple[str, ...] = ()
    """What the person should know about this read, a line each (cleaned)."""
    server_time: datetime | None = None
    """The service's own clock (`Date` header, UTC) when it answered, for the skew of ours."""
    unread: frozenset[str] = frozenset()
    """The ids of the rejected rows, as far as they can be told: where all can, whatever else is missing from
    a complete read has left."""


@record
class Probe:
    """One line of `support-desk check`: a capability, tried without changing anything."""

    name: str
    """Such as "Zendesk: read the queue with SLA rows"."""
    ok: bool | None
    """None: could not be tried without changing something, or is not configured."""
    detail: str
    remedy: str = ""
    needed: bool = True
    """False: the program works without it, with less to show; a failure doesn't fail the check."""


@record
class AlertCapabilities:
    """What a person can be offered with one alert provider and not with another, or with this key.

    What a provider merely doesn't say needs no flag: it is None in the domain, row by row (who acknowledged
    an alert), and names and queries are its adapter's own business.
    """

    can_escalate: bool = True
    """An alert can be sent to the next step of its policy; else `e` offers the ladder."""
    remove_tags: bool = True
    """Tags can be taken away again: the token of Jira Service Management Operations may not."""


class Source(Protocol):
    """What every source has."""

    async def probe(self) -> Sequence[Probe]:
        """Try every capability that this source needs, changing nothing; never raises."""
        ...

    async def close(self) -> None:
        """Let connections and threads go, at once: no waiting for a request under way."""
        ...


class AlertSource(Source, Protocol):
    """Alerts and the escalation policies that page people about them."""

    @property
    def capabilities(self) -> AlertCapabilities: ...

    async def open_alerts(self) -> Reading[Alert]:
        """Every alert that isn't closed, each once."""
        ...

    async def alert(self, alert_id: str) -> AlertDetail:
        """One alert, fresh, with notes, logs and recipients. Raises `NotThere`."""
        ...

    async def policies(self) -> Reading[EscalationPolicy]:
        """The escalation policies; `NotAllowed` where the key may not see them."""
        ...


class RotaSource(Source, Protocol):
    """Schedules: who is on now, and the timeline around now."""

    async def on_call(self) -> Reading[OnCall]:
        """Who is on call at this moment, per configured schedule."""
        ...

    async def rota(self, start: datetime, end: datetime) -> Reading[Rota]:
        """The shifts between two moments (UTC): one `Rota` in the reading, pieces merged."""
        ...

    async def people(self) -> Reading[Person]:
        """Everybody whom the service knows, to turn addresses into names."""
        ...


class TicketSource(Source, Protocol):
    """The helpdesk."""

    def sign_in_stamp(self) -> object:
        """Something that differs once a person has signed in, told without asking; the same if nobody can."""
        ...

    async def queue(self, held: Mapping[int, Ticket] | None = None) -> Reading[Ticket]:
        """Every unsolved ticket in scope, each once, with SLA rows where the plan has them.

        `held`: what is known already, by id. A source that reads page by page gives the object held for a row
        that says the same, so that the queue isn't in memory twice.
        """
        ...

    async def confirm(self, ticket_ids: Sequence[int]) -> Reading[Ticket]:
        """Read these tickets directly (not from the search index); an id that is missing is gone."""
        ...

    async def ticket(self, ticket_id: int) -> TicketDetail:
        """One ticket, of any status, with its conversation. Raises `NotThere`."""
        ...

    async def suspended(self) -> Reading[SuspendedTicket]:
        """The messages that Zendesk withheld from the queue."""
        ...

    async def search_solved(self, words: str) -> Reading[Ticket]:
        """Solved and closed tickets about these words, best match first, at most 100."""
        ...

    async def download(self, url: str, limit: int, content_type: str = "", /) -> bytes:
        """An attachment's content; credentials go to the helpdesk's host only.

        Raises `Unreadable` where it has more than `limit` bytes: half a file is none. So is a page that asks
        to sign in; where the file isn't to be a page by its `content_type`, one is refused.
        """
        ...


class RunbookSource(Source, Protocol):
    """A folder of Markdown files."""

    async def catalogue(self) -> Reading[Runbook]:
        """Every runbook with its headings and rules."""
        ...

    async def read(self, path: str) -> str:
        """A runbook's Markdown, cleaned. Raises `NotThere`."""
        ...

    @property
    def rules(self) -> Sequence[RunbookRule]:
        """The configuration's rules, which come before those in the files."""
        ...


@record
class Sources:
    """The sources of one desk; None is a source that isn't configured ("off")."""

    alerts: AlertSource | None
    rota: RotaSource | None
    tickets: TicketSource | None
    runbooks: RunbookSource | None
    alert_writer: AlertWriter | None = None
    """None: read-only, or no key that may write."""
    ticket_writer: TicketWriter | None = None
    """None: read-only."""
    past: Callable[[datetime], tuple[PastAlert, ...]] | None = None
    """What rang and was there at a moment or later, for a desk that has no store to remember it."""

    async def close(self) -> None:
        """Let every source go; one that takes longer than two seconds is left behind."""
        import asyncio

        held = (self.alerts, self.rota, self.tickets, self.runbooks)
        for source in {id(source): source for source in held if source is not None}.values():
            with suppress(TimeoutError, SourceError):
                async with asyncio.timeout(CLOSING_SECONDS):
                    await source.close()
