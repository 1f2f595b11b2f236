"""Names for ids: users, teams, schedules and escalation policies, kept for ten minutes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from support_desk.domain.rota import Person
from support_desk.sources.errors import NotAllowed, SourceError
from support_desk.sources.json_pieces import whole
from support_desk.sources.opsgenie.client import Gateway
from support_desk.sources.opsgenie.wire import WireUser, read_named, read_rows, read_user
from support_desk.sources.protocols import Reading

KEPT_FOR = timedelta(minutes=10)
TRIED_AGAIN_AFTER = timedelta(minutes=1)
"""After a failure that may pass; a key that isn't allowed to look is asked for again after `KEPT_FOR`."""

PAGE = 100
MOST_PAGES = 20

Now = Callable[[], datetime]


class Directory:
    """Everybody and everything that an alert or a rota names by id.

    A name is a comfort: it is read beside the real reading, waited for a moment only, and a key that may
    not look leaves ids without names.
    """

    def __init__(self, gateway: Gateway, now: Now, *, patience: float) -> None:
        self._gateway = gateway
        self._patience = patience
        self._now = now
        self._names: dict[str, str] = {}
        self._people: dict[str, Person] = {}
        self._due: dict[str, datetime] = {}
        self._reading: asyncio.Task[None] | None = None

    def name(self, key: str) -> str | None:
        """The name that belongs to an id, if it is known."""
        return self._names.get(key)

    def person(self, email: str, key: str = "") -> Person:
        """The person at an address (or with an id); one who isn't known is called by the address."""
        known = self._people.get(email.casefold()) or self._people.get(key)
        return known or Person(email or (f"somebody ({key})" if key else "somebody"), email)

    def begin(self) -> None:
        """Start reading what is due, unless that is under way."""
        idle = self._reading is None or self._reading.done()
        if idle and self._all_due():
            self._reading = asyncio.create_task(self._read_due(), name="opsgenie directory")

    async def ready(self) -> None:
        """Wait a moment for what is being read; names that come late are in the next reading."""
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=self._patience)

    async def people(self) -> Reading[Person]:
        """Everybody, read now. Raises `SourceError`."""
        users: list[WireUser] = []
        rejected, offset, total = 0, 0, 0
        for _ in range(MOST_PAGES):
            answer = await self._gateway.get(
                "/v2/users", {"limit": str(PAGE), "offset": str(offset)}, doing="list users"
            )
            rows = answer.rows()
            good, bad = read_rows(rows, read_user)
            users += good
            rejected += bad
            offset += len(rows)
            total = whole(answer.body.get("totalCount")) or 0
            # The service may give fewer rows than asked for, so only its count or an empty page ends this.
            if not rows or (offset >= total if total else len(rows) < PAGE):
                break
        people = {user.id: Person(user.full_name or user.username, user.username) for user in users}
        self._names.update((key, person.name) for key, person in people.items())
        self._people.update(people)
        self._people.update((person.email.casefold(), person) for person in people.values())
        self._due["users"] = self._now() + KEPT_FOR
        return Reading(
            tuple({person.email.casefold(): person for person in people.values()}.values()),
            complete=offset >= total and offset < PAGE * MOST_PAGES,
            rejected=rejected,
            server_time=answer.server_time,
        )

    async def close(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait({self._reading})

    def _all_due(self) -> list[str]:
        now = self._now()
        return [part for part in ("users", "teams", "schedules", "escalations") if self._is_due(part, now)]

    def _is_due(self, part: str, now: datetime) -> bool:
        return part not in self._due or now >= self._due[part]

    async def _read_due(self) -> None:
        await asyncio.gather(*(self._try(part) for part in self._all_due()))

    async def _try(self, part: str) -> None:
        read: Awaitable[object] = self.people() if part == "users" else self._read_names(part)
        try:
            await read
        except SourceError as error:
            pause = KEPT_FOR if isinstance(error, NotAllowed) else TRIED_AGAIN_AFTER
            self._due[part] = self._now() + pause

    async def _read_names(self, part: str) -> None:
        answer = await self._gateway.get(f"/v2/{part}", doing=f"list {part}")
        named, _ = read_rows(answer.rows(), read_named)
        self._names.update((row.id, row.name) for row in named)
        self._due[part] = self._now() + KEPT_FOR
