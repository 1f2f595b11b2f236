"""Several desks on one box."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from support_desk.desk.store import Presence, ReadingsStore
from support_desk.domain.paged import Page, Proof
from tests.desk.clock import START

MINUTE = timedelta(minutes=1)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[ReadingsStore, ReadingsStore]]:
    both = (ReadingsStore.open(tmp_path / "r.sqlite3"), ReadingsStore.open(tmp_path / "r.sqlite3"))
    yield both
    for store in both:
        store.close()


Stores = tuple[ReadingsStore, ReadingsStore]


def test_a_lease_is_for_one(stores: Stores) -> None:
    mine, theirs = stores
    assert mine.take_lease("poll", "me", START, MINUTE).owner == "me"
    held = theirs.take_lease("poll", "they", START + timedelta(seconds=59), MINUTE)
    assert (held.owner, held.until) == ("me", START + MINUTE)
    assert theirs.take_lease("other", "they", START, MINUTE).owner == "they"


def test_a_lease_is_renewed_by_its_owner(stores: Stores) -> None:
    mine, theirs = stores
    mine.take_lease("poll", "me", START, MINUTE)
    assert mine.take_lease("poll", "me", START + timedelta(seconds=30), MINUTE).until == START + 1.5 * MINUTE
    assert theirs.take_lease("poll", "they", START + MINUTE, MINUTE).owner == "me"


def test_a_lease_that_ran_out_is_free(stores: Stores) -> None:
    mine, theirs = stores
    mine.take_lease("poll", "me", START, MINUTE)
    assert theirs.take_lease("poll", "they", START + MINUTE, MINUTE).owner == "they"
    assert mine.take_lease("poll", "me", START + MINUTE, MINUTE).owner == "they"


def test_a_lease_that_a_clock_took_for_tomorrow_is_nobodys(stores: Stores) -> None:
    mine, theirs = stores
    mine.take_lease("poll", "me", START + timedelta(days=1), MINUTE)
    assert theirs.take_lease("poll", "they", START, MINUTE).owner == "they"
    assert mine.take_lease("poll", "me", START + timedelta(seconds=-59), MINUTE).owner == "they"


def test_who_was_paged_is_known_to_every_desk(stores: Stores) -> None:
    mine, theirs = stores
    page = Page(START, Proof.PAGED, "Sam was paged", escalation=True, by="ada@example.com")
    mine.keep_page("one", "a1", page, START)
    mine.keep_page("two", "a1", replace(page, proof=Proof.UNKNOWN, at=START + MINUTE), START)
    assert theirs.pages()["a1"].proof is Proof.UNKNOWN
    mine.keep_page("two", "a1", None, START)
    assert theirs.pages() == {"a1": page}
    with closing(sqlite3.connect(mine.path)) as file, file:
        file.execute("INSERT INTO pages SELECT 'newer', 'a2', at, 'rung', words, 0, '' FROM pages")
    assert theirs.pages() == {"a1": page}, "what a newer version means by it isn't known"
    theirs.keep_page("three", "a2", None, START + timedelta(days=8))
    assert theirs.pages() == {}, "it says nothing of who is paged next"


def test_only_its_owner_gives_a_lease_back(stores: Stores) -> None:
    mine, theirs = stores
    mine.take_lease("poll", "me", START, MINUTE)
    theirs.release_lease("poll", "they")
    assert theirs.take_lease("poll", "they", START, MINUTE).owner == "me"
    mine.release_lease("poll", "me")
    assert theirs.take_lease("poll", "they", START, MINUTE).owner == "they"


def desk(name: str, minutes: float = 0) -> Presence:
    return Presence(name, "box", 4711, name, START, START + minutes * MINUTE)


def test_presence(stores: Stores) -> None:
    mine, theirs = stores
    mine.announce(desk("anna", 1), START)
    theirs.announce(desk("ben", 5), START)
    assert mine.presence(START) == (desk("anna", 1), desk("ben", 5))
    assert mine.presence(START + 2 * MINUTE) == (desk("ben", 5),)
    mine.announce(desk("anna", 9), START + 2 * MINUTE)
    assert theirs.presence(START + 6 * MINUTE) == (desk("anna", 9),)
    mine.leave("anna")
    assert theirs.presence(START) == (desk("ben", 5),)
