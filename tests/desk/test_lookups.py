"""The lists that a change is chosen from: asked for once an hour; a failure is asked about again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from support_desk.desk.lookups import Lookups
from support_desk.sources.errors import SourceError
from tests.desk.ticket_world import TicketWorld
from tests.simulators.http import html_page


@pytest.fixture
async def world() -> AsyncIterator[TicketWorld]:
    world = TicketWorld()
    world.desk.macros = [{"id": 1, "title": "Thanks", "active": True}]
    yield world
    await world.close()


def asked(world: TicketWorld, path: str) -> int:
    return len(world.desk.sent_to(path))


async def test_a_list_is_asked_for_once_an_hour(world: TicketWorld) -> None:
    lookups = Lookups(world.writer, world.clock)
    first, second = await asyncio.gather(lookups.groups(), lookups.groups())
    assert first is second
    assert asked(world, "/groups/assignable") == 1
    world.desk.groups.append({"id": 409, "name": "New"})
    world.clock.pass_by(3599)
    assert await lookups.group("new") is None
    world.clock.pass_by(2)
    found = await lookups.group("NEW")
    assert found is not None
    assert found.id == 409


async def test_a_failure_is_not_kept(world: TicketWorld) -> None:
    lookups = Lookups(world.writer, world.clock)
    world.desk.fail("/macros", html_page(503))
    with pytest.raises(SourceError):
        await lookups.macros()
    assert [macro.title for macro in await lookups.macros()] == ["Thanks"]


async def test_people_are_found_by_address(world: TicketWorld) -> None:
    lookups = Lookups(world.writer, world.clock)
    found = await lookups.agent("AGENT1@example.com")
    assert found is not None
    assert found.id == 102
    assert await lookups.agent("sam0@client.example") is None, "a client can't be assigned to"


async def test_warming_asks_for_everything_and_survives_failures(world: TicketWorld) -> None:
    world.desk.fail("/groups", html_page(502))
    lookups = Lookups(world.writer, world.clock)
    await lookups.warm()
    before = len(world.desk.requests)
    await lookups.agents()
    await lookups.macros()
    await lookups.statuses()
    assert len(world.desk.requests) == before
    assert await lookups.groups()


async def test_where_tickets_cannot_be_written_to_it_says_so(world: TicketWorld) -> None:
    lookups = Lookups(None, world.clock)
    await lookups.warm()
    with pytest.raises(SourceError, match="Tickets can't be changed from here"):
        await lookups.groups()
    with pytest.raises(SourceError, match="Tickets can't be changed from here"):
        await lookups.effect(5, 1)
