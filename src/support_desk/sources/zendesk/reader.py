"""One connection to the helpdesk, for one thread: requests through zenpy, answers as domain nouns.

zenpy supplies the client; the queue's rows never become its objects, which would take a second of
the interpreter per thousand tickets and hide a request behind every property. Its caches stay off:
they have no time limit, and this program runs for a week.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from support_desk.config.model import Zendesk
from support_desk.domain.tickets import Comment, SuspendedTicket, Ticket, TicketDetail, TicketNumbers
from support_desk.sources.errors import (
    NotAllowed,
    NotThere,
    Rejected,
    ServiceDown,
    SignInRefused,
    SourceError,
    Unreadable,
)
from support_desk.sources.json_pieces import whole
from support_desk.sources.zendesk.bare_requests import requests
from support_desk.sources.zendesk.failures import (
    CAUGHT,
    IF_IT_LASTS,
    Place,
    not_json,
    of_exception,
    of_status,
    too_many,
)
from support_desk.sources.zendesk.limits import Limits
from support_desk.sources.zendesk.quiet_zenpy import BaseApi, zenpy
from support_desk.sources.zendesk.rates import Rates
from support_desk.sources.zendesk.session import PinnedSession
from support_desk.sources.zendesk.sign_in import SignIn
from support_desk.sources.zendesk.wire import (
    NotAnAnswer,
    NotJson,
    Page,
    TooManyRows,
    custom_statuses_from,
    document_of,
    tickets_from_search,
    user_from,
)
from support_desk.sources.zendesk.wire_conversation import comments_from, suspended_from

SIDE_LOADS = "slas,users,groups,organizations,metric_sets"
PER_PAGE = 100
MOST_PAGES = 50
"""Of a list with cursors; a service may give fewer rows to a page than asked for."""
_MOST_COMMENTS = 500
_MOST_SUSPENDED = 1000
_NAMES_LAST = timedelta(hours=1)
MAY_BE_GOOD = (NotAllowed, NotThere, Rejected)
"""What `users/me` says to a scope without users; whether it may read the rest is for that to say."""
_OK = range(200, 300)
_ZENPY_SWITCHES = ("ZENPY_FORCE_SCHEME", "ZENPY_FORCE_NETLOC")


@dataclass(frozen=True, slots=True)
class Me:
    """Whom the credential belongs to."""

    id: int
    name: str
    role: str
    email: str


class Reader:
    """Blocking reads; everything raises `SourceError` and nothing else. Not safe between threads."""

    session_type: type[PinnedSession] = PinnedSession

    def __init__(
        self,
        settings: Zendesk,
        sign_in: SignIn,
        *,
        rates: Rates,
        limits: Limits,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._base = settings.url.rstrip("/")
        self._sign_in = sign_in
        self._place = Place.of(settings, sign_in.secrets)
        self._now = now
        self._custom_statuses: Mapping[int, str] = {}
        self._names_until: datetime | None = None
        self._session = self.session_type(self._base, sign_in, rates, limits, now)
        self._api = _zenpy_client(self._base, self._session, limits).tickets

    def search(
        self, query: str, page: int, sort: tuple[str, str] | None, held: Mapping[int, Ticket] | None = None
    ) -> Page:
        """One page of a search. Sorted by `sort` (field, `asc` or `desc`), or by relevance.

        Of a ticket that is as it was in `held`, the page has that very object.
        """
        params = {
            "query": query,
            "include": f"tickets({SIDE_LOADS})",
            "per_page": str(PER_PAGE),
            "page": str(page),
        }
        if sort is not None:
            params["sort_by"], params["sort_order"] = sort
        names = self.custom_statuses()
        what = "the queue" if sort else "the search"
        return self._tickets(self.get("/search.json", params, what), "results", names, held)

    def show_many(self, ticket_ids: Sequence[int], held: Mapping[int, Ticket] | None = None) -> Page:
        """These tickets (at most 100) from the database; the ones that are gone are left out."""
        params = {"ids": ",".join(map(str, ticket_ids)), "include": SIDE_LOADS}
        names = self.custom_statuses()
        return self._tickets(
            self.get("/tickets/show_many.json", params, "tickets by number"), "tickets", names, held
        )

    def ticket(self, ticket_id: int, most: int = _MOST_COMMENTS) -> TicketDetail:
        """One ticket with its newest `most` comments (to the page), oldest first."""
        what = f"ticket {ticket_id}"
        names = self.custom_statuses()
        body = self.get(f"/tickets/{ticket_id}.json", {"include": SIDE_LOADS}, what)
        page = self._tickets(body, "ticket", names)
        if not page.rows:
            raise Unreadable(
                page.notes[0] if page.notes else f"Zendesk: {what} couldn't be read", "open it there"
            )
        comments, whole, unreadable = self._comments(ticket_id, most)
        numbers = numbers_of(_document(body, mend=True).get("ticket"))
        return TicketDetail(page.rows[0], comments, whole and not unreadable, numbers, unreadable)

    def _comments(self, ticket_id: int, most: int) -> tuple[tuple[Comment, ...], bool, int]:
        """The newest comments, whether there are no older ones, and how many can't be read."""
        found: dict[int, Comment] = {}
        unreadable = 0
        path = f"/tickets/{ticket_id}/comments.json"
        params = {"sort": "-created_at", "include": "users"}
        whole = False
        for document in self.pages(path, params, f"ticket {ticket_id}: comments", mend=True):
            whole = is_last(document)
            with zendesk_answer():
                rows, bad = comments_from(document)
            found.update((row.id, row) for row in rows)
            unreadable += len(bad)
            if len(found) >= most or not rows:
                break
        return tuple(sorted(found.values(), key=lambda row: (row.created_at, row.id))), whole, unreadable

    def suspended(self) -> tuple[list[SuspendedTicket], list[str], bool]:
        """The suspended tickets, what is wrong with the unreadable ones, and whether these are all."""
        found: dict[int, SuspendedTicket] = {}
        notes: list[str] = []
        whole = False
        for document in self.pages("/suspended_tickets.json", {}, "suspended tickets", mend=True):
            whole = is_last(document)
            with zendesk_answer():
                rows, bad = suspended_from(document)
            found.update((row.id, row) for row in rows)
            notes += bad
            if len(found) >= _MOST_SUSPENDED or not rows:
                break
        return list(found.values()), notes, whole

    def custom_statuses(self) -> Mapping[int, str]:
        """Names of custom statuses, read once an hour; nothing where the plan or the role has none."""
        self._be_somebody()
        if self._names_until is None or self._now() >= self._names_until:
            # Tickets without these names are better than no tickets; the queue's own read comes next.
            with suppress(NotAllowed, NotThere, Rejected, Unreadable, ServiceDown):
                self._custom_statuses = self.read_custom_statuses()
            self._names_until = self._now() + _NAMES_LAST
        return self._custom_statuses

    def read_custom_statuses(self) -> Mapping[int, str]:
        """The same, asked now."""
        document = self.document("/custom_statuses.json", {}, "custom statuses")
        with zendesk_answer():
            return custom_statuses_from(document)

    @property
    def sign_in(self) -> SignIn:
        """How this connection is signed in."""
        return self._sign_in

    def me(self) -> Me:
        """Whom the credential belongs to. Raises `SignInRefused` for an anonymous session."""
        with zendesk_answer():
            number, name, role, email = user_from(_document(self._get("/users/me.json", {}, "the sign-in")))
        if number is None:
            # Zendesk answers an unknown credential with 200 and a user who is nobody.
            raise SignInRefused("Zendesk: the credential is nobody's", self._place.credential_remedy)
        self._sign_in.verified = True
        return Me(number, name, role, email)

    def document(self, path: str, params: Mapping[str, str], what: str) -> dict[str, Any]:
        """An answer's JSON object."""
        return _document(self.get(path, params, what))

    def pages(
        self, path: str, params: Mapping[str, str], what: str, *, mend: bool = False
    ) -> Iterator[dict[str, Any]]:
        """The pages of a list with cursors; with `mend`, read for what people wrote, whatever its bytes are.

        A cursor that comes again leads round in a circle, and a list needn't have an end: both are left, with
        the last page not `is_last`, rather than asked for until this thread is given up, and on from there.
        """
        asked = {**params, "page[size]": str(PER_PAGE)}
        places: set[str] = set()
        for _ in range(MOST_PAGES):
            document = _document(self.get(path, asked, what), mend=mend)
            cursor = _next_cursor(document)
            yield document
            if cursor is None or cursor in places:
                return
            places.add(cursor)
            asked["page[after]"] = cursor

    def get(self, path: str, params: Mapping[str, str], what: str) -> requests.Response:
        """An answer with a good status, from somebody who is signed in."""
        self._be_somebody()
        response = self._get(path, params, what)
        # The token may have been renewed on the way: the new one has to be somebody's as well.
        self._be_somebody()
        return response

    def _be_somebody(self) -> None:
        """Look once per sign-in whom it belongs to: Zendesk answers nobody with 200 and little in it."""
        if self._sign_in.verified:
            return
        try:
            self.me()
        except MAY_BE_GOOD:
            self._sign_in.verified = True

    def _get(self, path: str, params: Mapping[str, str], what: str) -> requests.Response:
        try:
            response = self._api._get(f"{self._base}/api/v2{path}", raw_response=True, params=dict(params))
        except CAUGHT as error:
            raise of_exception(error, self._place, what, self._session.take_answer()) from None
        self._session.take_answer()
        if not isinstance(response, requests.Response):
            raise Unreadable(f"Zendesk: {what}: no answer to read", "please report this, with the log")
        if response.status_code not in _OK:
            raise of_status(response, self._place, what)
        return response

    def _tickets(
        self,
        response: requests.Response,
        key: str,
        names: Mapping[int, str],
        held: Mapping[int, Ticket] | None = None,
    ) -> Page:
        with zendesk_answer(response):
            return tickets_from_search(
                response.content, self._settings, custom_statuses=names, key=key, held=held
            )


@contextmanager
def zendesk_answer(response: requests.Response | None = None) -> Iterator[None]:
    """Turn "not an answer of this kind" into an error of the source.

    With the `response`, the error can say what it is instead of JSON.
    """
    try:
        yield
    except NotJson as error:
        raise _not_an_answer(error) if response is None else not_json(response) from None
    except NotAnAnswer as error:
        raise _not_an_answer(error) from None


def _not_an_answer(error: NotAnAnswer) -> SourceError:
    if isinstance(error, TooManyRows):
        return too_many(f"{error.most:,} rows")
    if error.said:
        return ServiceDown(f"Zendesk: the service couldn't answer ({error.said})", IF_IT_LASTS, passing=True)
    return Unreadable(
        "Zendesk: the answer isn't of the expected kind",
        "open the helpdesk in a browser; check [zendesk] url",
    )


def _document(response: requests.Response, *, mend: bool = False) -> dict[str, Any]:
    try:
        return document_of(response.content, mend=mend)
    except NotAnAnswer:
        raise not_json(response) from None


def numbers_of(row: object) -> TicketNumbers | None:
    """What a ticket's JSON refers to, by number; anything odd is "none"."""
    if not isinstance(row, dict):
        return None
    assignee, group, status, problem = (
        whole(row.get(key)) for key in ("assignee_id", "group_id", "custom_status_id", "problem_id")
    )
    return TicketNumbers(assignee, group, status, problem)


def is_last(page: Mapping[str, Any]) -> bool:
    """Whether nothing follows this page of a list with cursors."""
    return _next_cursor(page) is None


def _next_cursor(document: Mapping[str, Any]) -> str | None:
    """Where the next page begins. Never `links.next`: that is an address, and could be anybody's."""
    meta = document.get("meta")
    if not isinstance(meta, dict) or meta.get("has_more") is not True:
        return None
    cursor = meta.get("after_cursor")
    return cursor if isinstance(cursor, str) and cursor else None


def _zenpy_client(base: str, session: PinnedSession, limits: Limits) -> zenpy.Zenpy:
    """A zenpy client for this session. Takes away what zenpy would obey in the environment.

    `ZENPY_FORCE_*` would send the credential elsewhere and `DEBUG_LOG` would print bodies over the
    screen; only zenpy knows the first two, the third comes back after the import.
    """
    for name in _ZENPY_SWITCHES:
        os.environ.pop(name, None)
    parts = urlsplit(base)
    # zenpy joins these two with a dot; an address without one (localhost) is never asked for by it.
    subdomain, _, domain = parts.netloc.partition(".")
    client = zenpy.Zenpy(
        subdomain=subdomain,
        domain=domain,
        session=session,
        timeout=(limits.connect_seconds, limits.read_seconds),
        disable_cache=True,
    )
    for api in vars(client).values():
        if isinstance(api, BaseApi):
            api.protocol = parts.scheme
    return client
