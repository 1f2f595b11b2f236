"""A desk looks back by its store, or by what its sources tell; without both it says that it can't."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from support_desk.config.rules import agreement_of
from support_desk.desk.clock import DemoClock
from support_desk.desk.desk import Desk
from support_desk.desk.schema import StoreError
from support_desk.desk.snapshot import FeedName
from support_desk.desk.store import ReadingsStore
from support_desk.sources.fixtures import DEMO_START, demo_config, fixture_sources
from tests.desk.clock import ManualClock

CONFIG = demo_config()


def desk(store: ReadingsStore | None = None) -> Desk:
    return Desk(CONFIG, store, DemoClock(DEMO_START), agreement_of(CONFIG))


async def test_the_demo_has_its_world_s_past() -> None:
    made = desk()
    made.attach(fixture_sources(DemoClock(DEMO_START)))
    found = await made.history(DEMO_START - timedelta(weeks=4))
    assert len(found) > 50
    gone = [row for row in found if row.gone_at]
    assert all(row.acked_by for row in gone if row.acked_at)
    assert any(row.gone_at is None for row in found)


async def test_a_store_is_asked_first(tmp_path: Path) -> None:
    store = ReadingsStore.open(tmp_path / "readings.sqlite3")
    made = desk(store)
    made.attach(fixture_sources(DemoClock(DEMO_START)))
    await made.read((FeedName.ALERTS,))
    made.close()
    again = desk(ReadingsStore.open(tmp_path / "readings.sqlite3"))
    found = await again.history(DEMO_START - timedelta(weeks=4))
    again.close()
    assert found
    assert {row.id for row in found} == {alert.id for alert in made.snapshot.alerts.rows}


async def test_neither_is_a_problem_with_a_remedy_and_no_empty_list() -> None:
    made = desk()
    made.attach(replace(fixture_sources(ManualClock()), past=None))
    with pytest.raises(StoreError) as caught:
        await made.history(DEMO_START)
    assert caught.value.problem
    assert caught.value.remedy
