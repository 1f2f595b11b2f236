"""The lists that a change of a ticket is chosen from: asked for once, kept for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar, cast

from support_desk.desk.clock import Clock
from support_desk.sources.errors import SourceError

if TYPE_CHECKING:
    from support_desk.domain.commands import EditTicket
    from support_desk.sources.protocols import Reading
    from support_desk.sources.writers import (
        Agent,
        CustomStatus,
        Group,
        Macro,
        TicketAbilities,
        TicketWriter,
    )

T = TypeVar("T")

LAST = timedelta(hours=1)
"""How long a list is good for: people and macros change over days."""


class Lookups:
    """Macros, groups, agents, statuses, and what the credential may do. Every method raises `SourceError`."""

    def __init__(self, writer: TicketWriter | None, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._kept: dict[str, tuple[object, datetime]] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def warm(self) -> None:
        """Ask for what the common keys need, ahead of them; a failure is met again when it matters."""
        if self._writer is not None:
            for ask in (self.abilities, self.agents, self.groups, self.statuses, self.macros):
                with suppress(SourceError):
                    await ask()

    async def macros(self) -> tuple[Macro, ...]:
        """The active macros, in the account's order."""
        return await self._ask("macros", lambda writer: _rows(writer.macros()))

    async def groups(self) -> tuple[Group, ...]:
        """The groups that a ticket can go to."""
        return await self._ask("groups", lambda writer: _rows(writer.groups()))

    async def agents(self) -> tuple[Agent, ...]:
        """Everybody to whom a ticket can be assigned."""
        return await self._ask("agents", lambda writer: _rows(writer.agents()))

    async def statuses(self) -> tuple[CustomStatus, ...]:
        """The account's own statuses; none where it has none."""
        return await self._ask("statuses", lambda writer: _rows(writer.statuses()))

    async def abilities(self) -> TicketAbilities:
        """Whose credential it is, and what the account allows.

        The writer keeps it, and knows when somebody else has signed in.
        """
        if self._writer is None:
            raise _not_configured()
        async with self._asking.setdefault("abilities", asyncio.Lock()):
            return await self._writer.abilities()

    @property
    def signed_in(self) -> str:
        """Whose own sign-in tickets are changed with, by address; empty: not known, or a shared one."""
        return self._writer.signed_in if self._writer is not None else ""

    async def effect(self, ticket_id: int, macro_id: int) -> EditTicket:
        """What a macro would change in a ticket, asked now; nothing is changed."""
        if self._writer is None:
            raise _not_configured()
        return await self._writer.macro_effect(ticket_id, macro_id)

    async def agent(self, address: str) -> Agent | None:
        """The agent with this address."""
        wanted = address.casefold()
        return next((agent for agent in await self.agents() if agent.email.casefold() == wanted), None)

    async def group(self, name: str) -> Group | None:
        """The group with this name."""
        wanted = name.casefold()
        return next((group for group in await self.groups() if group.name.casefold() == wanted), None)

    async def _ask(self, name: str, ask: Callable[[TicketWriter], Awaitable[T]]) -> T:
        """What is kept, or a new answer; who asks at the same time gets the same one."""
        if self._writer is None:
            raise _not_configured()
        async with self._asking.setdefault(name, asyncio.Lock()):
            kept = self._kept.get(name)
            if kept is None or self._clock.now() - kept[1] > LAST:
                kept = (await ask(self._writer), self._clock.now())
                self._kept[name] = kept
            return cast("T", kept[0])


def _not_configured() -> SourceError:
    return SourceError(
        "Tickets can't be changed from here", "set `[zendesk]` with a credential that may write"
    )


async def _rows(reading: Awaitable[Reading[T]]) -> tuple[T, ...]:
    return (await reading).rows
