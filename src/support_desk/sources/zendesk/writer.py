"""The helpdesk as a `TicketWriter`: a thread of its own, so that a write never waits behind a sweep."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from support_desk.domain.commands import EditTicket, MergeTicket, RaiseTicket, SideConversation
from support_desk.domain.tickets import Ticket, TicketDetail
from support_desk.sources.errors import NotAllowed, NotThere, Rejected, SourceError, Unreachable, Unreadable
from support_desk.sources.json_pieces import id_of
from support_desk.sources.moments import plausible
from support_desk.sources.protocols import Reading
from support_desk.sources.writers import (
    Agent,
    CustomStatus,
    Group,
    Job,
    Macro,
    Talk,
    TicketAbilities,
    TicketAnswer,
)
from support_desk.sources.zendesk.changes import (
    SIDE_KEY,
    agent_from,
    group_from,
    macro_from,
    status_from,
    writes_private_only,
)
from support_desk.sources.zendesk.limits import Limits
from support_desk.sources.zendesk.pace import TicketPace
from support_desk.sources.zendesk.worker import Worker

if TYPE_CHECKING:
    from support_desk.config.model import Zendesk
    from support_desk.sources.zendesk.attempt import Attempt
    from support_desk.sources.zendesk.rates import Rates
    from support_desk.sources.zendesk.sign_in import SignIn
    from support_desk.sources.zendesk.write_connection import WriteConnection

T = TypeVar("T")

MOST_IDS = 100
_ONE_PAGE = 100
_LISTS_LAST = timedelta(minutes=10)
_ABILITIES_LAST = timedelta(hours=1)
_SHORTEST_PREVIEW = 40
"""Characters of a preview that may have been cut; a shorter one is all that was written."""


class ZendeskWriter:
    """Changes to tickets. Every method raises `SourceError` and nothing else, and repeats nothing.

    It reads as well (`ticket`, `confirm`), on its own thread: what is looked at just before a change and just
    after it doesn't wait behind the queue's pages either.
    """

    def __init__(
        self,
        settings: Zendesk,
        *,
        me: str,
        sign_in: Callable[[], SignIn],
        rates: Rates,
        now: Callable[[], datetime],
        limits: Limits | None = None,
    ) -> None:
        """`me` is the address of the person at the desk; `sign_in` is called in the thread."""
        self.me = me.strip()
        """Address of the person at the desk; empty where it isn't configured."""
        self._settings = settings
        self._sign_in = sign_in
        self._rates = rates
        self._now = now
        self._limits = limits or Limits()
        self._worker = Worker("zendesk-write")
        self._threads = threading.local()
        self._pace = TicketPace(now)
        self._author_allowed = True
        self._abilities: tuple[TicketAbilities, datetime, int] | None = None
        """What was found, until when it holds, and after how many changes of the credential."""
        self._signed_in: SignIn | None = None
        self._field_names: tuple[dict[int, str], datetime] | None = None

    # Changes

    async def update(
        self, ticket_id: int, edit: EditTicket, *, stamp: datetime, author_id: int | None = None
    ) -> TicketAnswer:
        """Everything in the edit but its tags, if the ticket is as of `stamp`. Raises `OutOfDate`."""
        answer = await self._write(
            lambda connection, attempt: connection.update(attempt, ticket_id, edit, stamp, author_id)
        )
        if author_id is not None and answer.comment_author_id not in {None, author_id}:
            # The account records the credential's owner instead: from now on that is what is said beforehand.
            self._author_allowed = False
            self._abilities = None
        return answer

    async def change_tags(
        self, ticket_id: int, *, add: Sequence[str] = (), remove: Sequence[str] = (), stamp: datetime
    ) -> tuple[str, ...]:
        """Add tags, or remove some (one of the two per request); the ticket's tags after."""
        if bool(add) == bool(remove):
            raise ValueError("either add tags or remove some")
        return await self._write(
            lambda connection, attempt: connection.change_tags(attempt, ticket_id, add, remove, stamp)
        )

    async def update_many(
        self, ticket_ids: Sequence[int], edit: EditTicket, *, author_id: int | None = None
    ) -> Job:
        """Begin the same change of at most 100 tickets."""
        if not 0 < len(ticket_ids) <= MOST_IDS:
            raise ValueError(f"from 1 to {MOST_IDS} tickets at a time")
        return await self._write(
            lambda connection, attempt: connection.update_many(attempt, ticket_ids, edit, author_id)
        )

    async def merge(self, ticket_id: int, command: MergeTicket) -> Job:
        """Begin to close this ticket into another."""
        return await self._write(lambda connection, attempt: connection.merge(attempt, ticket_id, command))

    async def create(self, new: RaiseTicket, *, key: str) -> Ticket:
        """Make a ticket, once per key within two hours."""
        abilities = await self.abilities()
        author = abilities.author.id if abilities.author is not None and not abilities.personal else None
        return await self._write(lambda connection, attempt: connection.create(attempt, new, key, author))

    async def side_conversation(self, ticket_id: int, command: SideConversation, *, key: str) -> str:
        """Begin a side conversation."""
        return await self._write(
            lambda connection, attempt: connection.side_conversation(attempt, ticket_id, command, key)
        )

    # What was done

    async def job(self, job_id: str) -> Job:
        """How far a job is. Raises `NotThere` for one that is forgotten, after a day."""
        return await self._read(lambda connection: connection.job(job_id))

    async def ticket(self, ticket_id: int) -> TicketDetail:
        """One ticket with its newest hundred comments, directly. Raises `NotThere`."""
        return await self._read(lambda connection: connection.ticket(ticket_id, _ONE_PAGE))

    async def confirm(self, ticket_ids: Sequence[int]) -> Reading[Ticket]:
        """These tickets (at most 100), directly; one that is missing is gone."""
        page = await self._read(lambda connection: connection.show_many(ticket_ids))
        return Reading(page.rows, page.rejected == 0, page.rejected, page.notes, self._rates.server_time)

    async def created_with(self, key: str) -> Ticket | None:
        """The ticket that was made with this key."""
        return await self._read(lambda connection: connection.created_with(key))

    async def side_conversation_since(
        self,
        ticket_id: int,
        command: SideConversation,
        since: datetime,
        not_these: Collection[str] = (),
        *,
        key: str,
    ) -> Talk | None:
        """The side conversation that was begun with this key.

        Where the helpdesk shows no keys: one about this, with these people, that began at `since` or later.
        """

        def mine(row: object) -> Talk | None:
            """What can be told of it, if anything."""
            if not isinstance(row, dict):
                return None
            marks = row.get("external_ids")
            mark = marks.get(SIDE_KEY) if isinstance(marks, dict) else None
            if isinstance(mark, str):
                return Talk(str(row.get("id"))) if mark == key else None
            if row.get("subject") != command.subject:
                return None
            # The subject is the ticket's: what was written to somebody else about it has the same one.
            if not _is_with(row, command.to):
                return None
            began, number = _moment(row.get("created_at")), row.get("id")
            if not isinstance(number, str) or number in not_these:
                return None
            ours = _begins_with(row.get("preview_text"), command.body)
            return Talk(number, ours) if began is not None and began >= since else None

        path = f"/tickets/{ticket_id}/side_conversations.json"
        found, _ = await self._read(
            lambda connection: connection.rows(path, "side_conversations", mine, "side conversations")
        )
        return max(reversed(found), key=lambda talk: talk.ours) if found else None

    # What a change is chosen from

    async def macros(self) -> Reading[Macro]:
        """The active macros."""
        return await self._list("/macros/active.json", "macros", macro_from, "macros")

    async def macro_effect(self, ticket_id: int, macro_id: int) -> EditTicket:
        """What a macro would change in this ticket; nothing is changed."""
        names = await self._names_of_fields()
        return await self._read(lambda connection: connection.macro_effect(ticket_id, macro_id, names))

    async def groups(self) -> Reading[Group]:
        """The groups that a ticket can be given to."""
        return await self._list("/groups/assignable.json", "groups", group_from, "groups")

    async def agents(self) -> Reading[Agent]:
        """The people whom a ticket can be assigned to."""
        path = "/users.json?role[]=agent&role[]=admin"
        return await self._list(path, "users", agent_from, "agents")

    async def statuses(self) -> Reading[CustomStatus]:
        """The account's own statuses; none where the plan has none."""
        try:
            return await self._list(
                "/custom_statuses.json", "custom_statuses", status_from, "custom statuses"
            )
        except NotThere:
            return Reading(())

    async def abilities(self) -> TicketAbilities:
        """Whose the credential is, under whose name comments appear, and what the account has."""
        now = self._now()
        if self._abilities is not None and now < self._abilities[1] and self._changes == self._abilities[2]:
            return self._abilities[0]
        found, changes = await self._read(self._look)
        self._abilities = (found, now + _ABILITIES_LAST, changes)
        return found

    @property
    def signed_in(self) -> str:
        """Whose own sign-in is in use: as was looked up, or, while that can't be, as they signed in."""
        if self._abilities is None or self._changes != self._abilities[2]:
            return self._signed_in.person if self._signed_in is not None else ""
        found = self._abilities[0]
        return found.me.email if found.personal and found.me is not None else ""

    @property
    def _changes(self) -> int:
        return 0 if self._signed_in is None else self._signed_in.changes

    async def close(self) -> None:
        """Let the thread go, at once."""
        self._worker.close()

    def _look(self, connection: WriteConnection) -> tuple[TicketAbilities, int]:
        """What is found, and after how many changes of the credential: of a later one it says nothing."""
        changes = self._changes
        user = connection.document("/users/me.json", {}, "the sign-in").get("user")
        if self._changes != changes:
            changes = self._changes
            user = connection.document("/users/me.json", {}, "the sign-in").get("user")
        user = user if isinstance(user, dict) else {}
        me = agent_from({"role": "agent", **user})
        if me is None:
            me = agent_from({**user, "role": "agent"})
        personal = self._settings.auth == "oauth_user" or (
            me is not None and bool(self.me) and me.email.casefold() == self.me.casefold()
        )
        author = me
        if not personal and self._author_allowed and self.me:
            author = self._person(connection) or me
        abilities = TicketAbilities(
            me=me,
            personal=personal,
            author=author,
            author_allowed=self._author_allowed,
            private_only=writes_private_only(user),
            side_conversations=_has_side_conversations(connection),
        )
        return abilities, changes

    def _person(self, connection: WriteConnection) -> Agent | None:
        """The agent with the address in `[me]`; None if there is none, or the credential can't look."""
        address = self.me.replace('"', "")
        with suppress(NotAllowed, NotThere, Rejected, Unreadable):
            document = connection.document(
                "/users/search.json", {"query": f'email:"{address}"'}, "the person in [me]"
            )
            rows = document.get("users")
            for row in rows if isinstance(rows, list) else ():
                agent = agent_from(row)
                if agent is not None and agent.email.casefold() == address.casefold():
                    return agent
        return None

    async def _names_of_fields(self) -> dict[int, str]:
        now = self._now()
        if self._field_names is None or now >= self._field_names[1]:
            names: dict[int, str] = {}
            # A macro's preview with numbers in place of names is better than none.
            with suppress(SourceError):
                rows = await self._list("/ticket_fields.json", "ticket_fields", macro_from, "ticket fields")
                names = {row.id: row.title for row in rows.rows}
            self._field_names = (names, now + _LISTS_LAST)
        return self._field_names[0]

    async def _list(self, path: str, key: str, make: Callable[[object], T | None], what: str) -> Reading[T]:
        rows, complete = await self._read(lambda connection: connection.rows(path, key, make, what))
        return Reading(rows, complete, server_time=self._rates.server_time)

    # The thread

    async def _read(self, job: Callable[[WriteConnection], T]) -> T:
        return await self._worker.do(lambda: job(self._connected()), self._limits.job_seconds)

    async def _write(self, job: Callable[[WriteConnection, Attempt], T]) -> T:
        """One write in the thread. What ends it from outside says whether it had been sent.

        A write that nobody waits for any more (the program ends, the thread hangs) is given up: if it hasn't
        been sent yet, it never will be, even when the thread comes back to life.
        """
        # Not at the top of this module: it imports requests, which the first frame can do without.
        from support_desk.sources.zendesk.attempt import Attempt
        from support_desk.sources.zendesk.write_failures import unanswered

        attempt = Attempt()
        try:
            return await self._worker.do(lambda: job(self._connected(), attempt), self._limits.job_seconds)
        except (Unreachable, Unreadable):
            if attempt.give_up():
                raise
            raise unanswered("the change", "no result came back from it") from None
        except asyncio.CancelledError:
            attempt.give_up()
            raise

    def _connected(self) -> WriteConnection:
        """This thread's own connection; it imports zenpy, which takes 0.2 s."""
        from support_desk.sources.zendesk.write_connection import WriteConnection

        held: WriteConnection | None = getattr(self._threads, "connection", None)
        if held is None:
            self._signed_in = self._sign_in()
            held = self._threads.connection = WriteConnection(
                self._settings,
                self._signed_in,
                rates=self._rates,
                limits=self._limits,
                now=self._now,
                pace=self._pace,
            )
        return held


def _has_side_conversations(connection: WriteConnection) -> bool:
    """Whether a ticket's side conversations can be read; only a ticket can tell."""
    with suppress(SourceError):
        tickets = connection.document("/tickets.json", {"page[size]": "1"}, "a ticket").get("tickets")
        number = next(filter(None, map(id_of, tickets if isinstance(tickets, list) else ())), None)
        if number is not None:
            path = f"/tickets/{number}/side_conversations.json"
            connection.rows(path, "side_conversations", id_of, "side conversations")
            return True
    return False


def _is_with(row: Mapping[str, object], people: Sequence[str]) -> bool:
    """Whether these addresses are all among a side conversation's people; one that names none may be."""
    listed = row.get("participants")
    found = [
        person.get("email")
        for person in (listed if isinstance(listed, list) else ())
        if isinstance(person, dict)
    ]
    addresses = {address.casefold() for address in found if isinstance(address, str)}
    return not addresses or addresses.issuperset(address.casefold() for address in people)


def _begins_with(preview: object, body: str) -> bool:
    """Whether a side conversation's preview, which is the beginning of its text, is that of this text."""
    begun, whole = (_bare(text) if isinstance(text, str) else "" for text in (preview, body))
    if len(begun) < _SHORTEST_PREVIEW:
        # Somebody else may have written no more than what ours begins with.
        return bool(begun) and begun == whole
    return whole.startswith(begun)


def _bare(text: str) -> str:
    """On one line, without the dots of what was cut."""
    return " ".join(text.rstrip(" .\N{HORIZONTAL ELLIPSIS}").split())


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return plausible(datetime.fromisoformat(value))
    except ValueError:
        return None
