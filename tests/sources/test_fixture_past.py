"""What rang before the demo began: the same for everyone, closed by then, and with something to claim."""

from __future__ import annotations

from datetime import timedelta

from support_desk.domain.rota import Role, shift_now
from support_desk.sources.fixtures import DEMO_START, World
from support_desk.sources.fixtures.cast import ME

EVER = DEMO_START - timedelta(weeks=52)


def test_two_who_ask_hear_the_same_and_another_seed_something_else() -> None:
    assert World(7).past(EVER, DEMO_START) == World(7).past(EVER, DEMO_START)
    assert World(8).past(EVER, DEMO_START) != World(7).past(EVER, DEMO_START)


def test_ids_are_each_their_own_and_what_is_past_is_past() -> None:
    world = World(7)
    past = world.past(EVER, DEMO_START)
    assert len({row.alert.id for row in past}) == len(past)
    gone = [row for row in past if row.gone_at is not None]
    assert len(gone) > 100
    assert all(row.alert.created_at < row.gone_at < DEMO_START for row in gone if row.gone_at)
    assert all((row.alert.acknowledged_at is None) == (row.alert.acknowledged_by is None) for row in gone)
    assert {row.alert for row in past if row.gone_at is None} == set(world.alerts(DEMO_START))


def test_only_what_was_there_since() -> None:
    since = DEMO_START - timedelta(days=10)
    found = World(7).past(since, DEMO_START)
    assert all(row.gone_at is None or row.gone_at >= since for row in found)
    assert len(found) < len(World(7).past(EVER, DEMO_START))


def test_the_person_of_this_desk_had_rough_nights_on_call() -> None:
    world = World(7)
    rota = world.rota(DEMO_START - timedelta(weeks=3), DEMO_START)
    mine = []
    for row in world.past(EVER, DEMO_START):
        shift = shift_now(rota, Role.ON_CALL, row.alert.created_at)
        if shift is not None and shift.person == ME:
            mine.append(row.alert)
    assert len(mine) >= 7
    assert any(alert.acknowledged_by == ME.email for alert in mine)
