"""The helpdesk as a `TicketSource`: async outside, one blocking thread inside."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, TypeVar

from support_desk.config.model import Zendesk
from support_desk.config.secrets import Secret
from support_desk.domain.tickets import SuspendedTicket, Ticket, TicketDetail
from support_desk.sources.errors import NotAllowed, NotThere, SourceError
from support_desk.sources.protocols import Probe, Reading
from support_desk.sources.zendesk.limits import Limits
from support_desk.sources.zendesk.rates import Allowance, Rates
from support_desk.sources.zendesk.sweep import UNSOLVED, Sweep
from support_desk.sources.zendesk.worker import Worker
from support_desk.text import clean

if TYPE_CHECKING:
    from support_desk.sources.zendesk.reader import Reader
    from support_desk.sources.zendesk.sign_in import SignIn
    from support_desk.sources.zendesk.sweep import Ask
    from support_desk.sources.zendesk.token_store import TokenFile
    from support_desk.sources.zendesk.wire import Page
    from support_desk.sources.zendesk.writer import ZendeskWriter

T = TypeVar("T")

_MOST_IDS = 100
_MOST_WORDS = 20
_LONGEST_QUERY = 300
_TRY_SIDE_LOAD_AGAIN = timedelta(hours=1)


class ZendeskSource:
    """Tickets by way of zenpy. Every method raises `SourceError` and nothing else.

    A page is one piece of work for the thread, so that opening a ticket waits for a page of the
    sweep at most, never for the whole of it.
    """

    def __init__(
        self,
        settings: Zendesk,
        *,
        client_secret: Secret | None,
        token: Secret | None,
        now: Callable[[], datetime],
        store: TokenFile | None = None,
        read_only: bool = False,
        zone: tzinfo = UTC,
        budget: int = 60,
        limits: Limits | None = None,
    ) -> None:
        """`store` keeps a person's own sign-in; `zone` is for the times in `probe`."""
        self.budget = budget
        """Most requests per minute, for whoever decides when to read."""
        self._settings = settings
        self._client_secret = client_secret
        self._token = token
        self._store = store
        self._read_only = read_only
        self._zone = zone
        self._now = now
        self._limits = limits or Limits()
        self._worker = Worker("zendesk-read")
        self._downloads = Worker("zendesk-download")
        self._rates = Rates()
        self._threads = threading.local()
        self._turn = threading.Lock()
        self._shared_sign_in: SignIn | None = None
        self._writer: ZendeskWriter | None = None
        self._slas_missing_until: datetime | None = None
        """While set and in the future, the search answers without SLA rows and `show_many` is asked."""

    @property
    def requests_made(self) -> int:
        """Requests sent so far, sign-ins included."""
        return self._rates.requests_made

    @property
    def allowances(self) -> dict[str, Allowance]:
        """What Zendesk's headers said of the requests left: `account`, and one per limited endpoint."""
        return dict(self._rates.allowances)

    def sign_in_stamp(self) -> object:
        """Something that differs once a person has signed in on this machine; not for a renewal of ours.

        Where each new token is refused as well, every renewal would lead to the next.
        """
        if self._settings.auth != "oauth_user" or self._store is None:
            return None
        if self._shared_sign_in is not None:
            return self._shared_sign_in.changes
        # As often as it will have changed by its first request.
        return int(self._store.stamp() is not None)

    async def queue(self, held: Mapping[int, Ticket] | None = None) -> Reading[Ticket]:
        """Every unsolved ticket in scope, each once, newest change first."""
        sweep = Sweep(self._settings.scope)
        while (ask := sweep.next_page()) is not None:
            try:
                sweep.add(await self._page(ask, held))
            except SourceError as error:
                if not (sweep.refused(error) or sweep.broke_off(error)):
                    raise
        if sweep.rows and all(ticket.sla_rows is None for ticket in sweep.rows.values()):
            await self._add_slas(sweep, held)
        rows = tuple(
            sorted(sweep.rows.values(), key=lambda ticket: (ticket.updated_at, ticket.id), reverse=True)
        )
        return Reading(rows, sweep.complete, sweep.rejected, tuple(sweep.notes), self._rates.server_time)

    async def _page(self, ask: Ask, held: Mapping[int, Ticket] | None) -> Page:
        return await self._read(lambda reader: reader.search(*ask, held))

    async def confirm(self, ticket_ids: Sequence[int]) -> Reading[Ticket]:
        """These tickets, of any status, as the database has them now."""
        rows: dict[int, Ticket] = {}
        rejected = 0
        notes: list[str] = []
        wanted = tuple(dict.fromkeys(ticket_ids))
        for start in range(0, len(wanted), _MOST_IDS):
            page = await self._show_many(wanted[start : start + _MOST_IDS])
            rows.update((ticket.id, ticket) for ticket in page.rows)
            rejected += page.rejected
            notes += page.notes
        return Reading(tuple(rows.values()), rejected == 0, rejected, tuple(notes), self._rates.server_time)

    async def ticket(self, ticket_id: int) -> TicketDetail:
        """One ticket with its newest 500 comments. Raises `NotThere`."""
        return await self._read(lambda reader: reader.ticket(ticket_id))

    async def suspended(self) -> Reading[SuspendedTicket]:
        """The messages that Zendesk withheld, at most 1,000."""
        rows, notes, complete = await self._read(lambda reader: reader.suspended())
        return Reading(
            tuple(rows), complete and not notes, len(notes), tuple(notes[:3]), self._rates.server_time
        )

    async def search_solved(self, words: str) -> Reading[Ticket]:
        """Solved and closed tickets about these words, best match first, at most 100.

        Every word is sent as a quoted phrase, so that `status:open` or `-urgent` in it is looked for
        rather than obeyed.
        """
        query = quoted(words)
        if not query:
            return Reading(())
        page = await self._read(lambda reader: reader.search(f"type:ticket status>=solved {query}", 1, None))
        rows = tuple(dict.fromkeys(ticket for ticket in page.rows if ticket.status not in UNSOLVED))
        whole = page.rejected == 0 and (page.count or 0) <= page.received
        return Reading(rows, whole, page.rejected, page.notes, self._rates.server_time)

    async def download(self, url: str, limit: int, content_type: str = "", /) -> bytes:
        """An attachment's content. Raises `Unreadable` if it has more than `limit` bytes, or is a page."""

        def fetch() -> bytes:
            from support_desk.sources.zendesk.download import fetch_attachment

            return fetch_attachment(
                url,
                limit,
                content_type,
                self._settings,
                self._signed_in(),
                rates=self._rates,
                limits=self._limits,
            )

        return await self._downloads.do(fetch, self._limits.download_seconds + self._limits.job_seconds)

    async def probe(self) -> Sequence[Probe]:
        """Try what this program needs, without changing anything."""
        from support_desk.sources.zendesk.checks import probes

        return await probes(self._settings, self._read, self._now, zone=self._zone, writer=self._writer)

    async def close(self) -> None:
        """Let the threads go, at once."""
        self._worker.close()
        self._downloads.close()
        if self._writer is not None:
            await self._writer.close()

    async def _show_many(self, ticket_ids: Sequence[int], held: Mapping[int, Ticket] | None = None) -> Page:
        return await self._read(lambda reader: reader.show_many(ticket_ids, held))

    async def _add_slas(self, sweep: Sweep, held: Mapping[int, Ticket] | None) -> None:
        """Read the tickets again by number, where the search left their SLA rows out.

        Where that route has none either, it isn't tried again for an hour.
        """
        if self._slas_missing_until is not None and self._now() < self._slas_missing_until:
            return
        wanted = tuple(sweep.rows)
        for start in range(0, len(wanted), _MOST_IDS):
            try:
                page = await self._show_many(wanted[start : start + _MOST_IDS], held)
            except (NotAllowed, NotThere):
                self._slas_missing_until = self._now() + _TRY_SIDE_LOAD_AGAIN
                return
            except SourceError as error:
                if not sweep.broke_off(error, "their SLAs could not be read"):
                    raise
                return
            sweep.replace(page, wanted[start : start + _MOST_IDS])
            if page.rows and all(ticket.sla_rows is None for ticket in page.rows):
                self._slas_missing_until = self._now() + _TRY_SIDE_LOAD_AGAIN
                return

    async def _read(self, job: Callable[[Reader], T]) -> T:
        return await self._worker.do(lambda: job(self._connected()), self._limits.job_seconds)

    def _connected(self) -> Reader:
        """This thread's own connection. Called in the thread: it imports zenpy, which takes 0.2 s.

        A thread that was left behind keeps its own, so that it can't disturb its successor.
        """
        from support_desk.sources.zendesk.reader import Reader

        reader: Reader | None = getattr(self._threads, "reader", None)
        if reader is None:
            reader = Reader(
                self._settings, self._signed_in(), rates=self._rates, limits=self._limits, now=self._now
            )
            self._threads.reader = reader
        return reader

    def writer(self, me: str) -> ZendeskWriter:
        """The way to change tickets, for the person with the address `me`; it closes with this source.

        The two share the sign-in and what is known of the rates, and nothing else: a thread, a client and a
        session of its own keep a write from waiting behind a sweep. Raises `NotAllowed` where the desk is
        read-only.
        """
        from support_desk.sources.zendesk.writer import ZendeskWriter

        if self._read_only:
            raise NotAllowed("Zendesk: this desk is read-only", "start it without --read-only and read_only")

        if self._writer is None:
            self._writer = ZendeskWriter(
                self._settings,
                me=me,
                sign_in=self._signed_in,
                rates=self._rates,
                now=self._now,
                limits=self._limits,
            )
        return self._writer

    def _signed_in(self) -> SignIn:
        """The one sign-in that all threads share. Called in a thread."""
        from support_desk.sources.zendesk.failures import Place
        from support_desk.sources.zendesk.sign_in import sign_in_for

        with self._turn:
            if self._shared_sign_in is None:
                self._shared_sign_in = sign_in_for(
                    self._settings,
                    client_secret=self._client_secret,
                    token=self._token,
                    store=self._store,
                    read_only=self._read_only,
                    place=Place.of(self._settings),
                    rates=self._rates,
                    limits=self._limits,
                    now=self._now,
                )
            return self._shared_sign_in


def quoted(words: str) -> str:
    """A person's words as quoted phrases of Zendesk's search, which has no way to escape a quote."""
    plain = clean(words, _LONGEST_QUERY).replace('"', " ").replace("\\", " ")
    found = [word for word in plain.split() if any(letter.isalnum() for letter in word)]
    return " ".join(f'"{word}"' for word in found[:_MOST_WORDS])
