"""What the readings' file keeps of the past: imports, how far it reaches, and replies for the pace."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from support_desk.desk.history import record_of
from support_desk.desk.schema import STEPS, open_file
from support_desk.desk.snapshot import Feed, FeedName
from support_desk.desk.store import ReadingsStore
from support_desk.domain.alerts import PastAlert
from support_desk.domain.past import Reach, Span
from support_desk.domain.tickets import Replies
from tests.desk.clock import START
from tests.desk.samples import alert, ranked, ticket

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "readings.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[ReadingsStore]:
    opened = ReadingsStore.open(path)
    yield opened
    opened.close()


def feed(*rows: object, at: timedelta = timedelta()) -> Feed[Any]:
    return Feed(rows=rows, read_at=START + at)


def test_the_history_is_watched_from_the_first_reading(store: ReadingsStore) -> None:
    assert store.history_reach() == Reach()

    store.save(FeedName.ALERTS, feed())
    store.save(FeedName.ALERTS, feed(at=HOUR))

    assert store.history_reach() == Reach(START)
    store.retention = 2 * HOUR
    store.save(FeedName.ALERTS, feed(at=5 * HOUR))
    assert store.history_reach() == Reach(START + 3 * HOUR)


def test_a_file_of_an_earlier_release_has_been_watched_since_its_first_alert(path: Path) -> None:
    old = open_file(path, STEPS[:4])
    old.execute(
        """INSERT INTO alert_history (id, first_seen, last_seen, created_at, priority, message, alias,
        source, tags, count) VALUES ('a', ?, 0, 0, 'P1', 'm', '', '', x'90', 1)""",
        (int((START - DAY).timestamp() * 1000),),
    )
    old.close()

    store = ReadingsStore.open(path)

    assert store.history_reach() == Reach(START - DAY)
    store.close()


def test_an_import_claims_only_what_it_has_reached(store: ReadingsStore, path: Path) -> None:
    wanted = Span(START - 10 * DAY, START)
    gone = record_of(PastAlert(alert("a", created_at=START - 2 * DAY), START - DAY))

    store.keep_imported(wanted, START - 3 * DAY, [gone])

    assert store.history_reach().imported == (Span(START - 3 * DAY, START),)
    assert store.history_reach().holes(wanted) == (Span(START - 10 * DAY, START - 3 * DAY),)
    assert [row.id for row in store.history(START - 9 * DAY)] == ["a"]
    # The program was killed; the next one takes up the rest.
    store.close()
    again = ReadingsStore.open(path)
    (rest,) = again.history_reach().holes(wanted)
    again.keep_imported(rest, rest.start, [])
    assert again.history_reach().imported == (wanted,)
    assert again.history_reach().holes(wanted) == ()
    again.close()


def test_a_page_and_how_far_it_came_are_one_transaction(store: ReadingsStore, path: Path) -> None:
    wanted = Span(START - DAY, START)

    def alerts() -> Iterator[Any]:
        yield record_of(PastAlert(alert("a", created_at=START - HOUR), START))
        raise RuntimeError("killed in the middle")

    with pytest.raises(RuntimeError):
        store.keep_imported(wanted, wanted.start, alerts())

    assert store.history_reach().imported == ()
    assert store.history(START - DAY) == ()


def test_what_was_watched_keeps_its_own_and_learns_from_the_import(store: ReadingsStore) -> None:
    acked = alert("a", status="acked", acknowledged_by="kim@example.com", count=7)
    store.save(FeedName.ALERTS, feed(acked))
    store.save(FeedName.ALERTS, feed(at=HOUR))
    (before,) = store.history(START)

    told = PastAlert(replace(acked, acknowledged_at=START - 5 * HOUR, count=3), START + HOUR / 2)
    store.keep_imported(Span(START - DAY, START + HOUR), START - DAY, [record_of(told)])

    (after,) = store.history(START)
    assert before.acked_at == START
    assert (after.acked_at, after.acked_by, after.count) == (START - 5 * HOUR, "kim@example.com", 7)
    assert (before.gone_at, after.gone_at) == (START + HOUR, START + HOUR / 2)


def test_an_imported_alert_that_is_still_open_leaves_with_the_list(store: ReadingsStore) -> None:
    store.keep_imported(Span(START - DAY, START), START - DAY, [record_of(PastAlert(alert("a")))])
    assert [row.gone_at for row in store.history(START)] == [None]

    store.save(FeedName.ALERTS, feed(at=HOUR))

    assert [row.gone_at for row in store.history(START)] == [START + HOUR]


def test_replies_are_noted_as_the_queue_shows_them(store: ReadingsStore) -> None:
    def queue(*counts: int | None, at: timedelta = timedelta()) -> Feed[Any]:
        rows = ranked(
            *(
                ticket(
                    number,
                    replies=None if count is None else Replies(count, None, None, START + at - HOUR / 6),
                )
                for number, count in enumerate(counts, 1)
            )
        )
        return feed(*rows, at=at)

    store.save(FeedName.TICKETS, queue(0, 2, None))
    assert store.replies(START - DAY) == ((), START)

    store.save(FeedName.TICKETS, queue(1, 4, 1, 5, at=HOUR))

    when = START + HOUR - HOUR / 6
    assert store.replies(START - DAY) == ((when, when, when), START)
    assert store.replies(when + HOUR / 6) == ((), START)


def test_two_desks_note_a_reply_once(path: Path) -> None:
    desks = [ReadingsStore.open(path), ReadingsStore.open(path)]
    before = feed(*ranked(ticket(1, replies=Replies(0))))
    after = feed(*ranked(ticket(1, replies=Replies(1, None, None, START))), at=HOUR)
    for desk in desks:
        desk.save(FeedName.TICKETS, before)
        desk.load()
    for desk in desks:
        desk.save(FeedName.TICKETS, after)

    assert desks[0].replies(START - DAY)[0] == (START,)
    for desk in desks:
        desk.close()


def test_old_replies_are_forgotten_with_the_history(store: ReadingsStore, path: Path) -> None:
    store.retention = DAY
    store.save(FeedName.TICKETS, feed(*ranked(ticket(1, replies=Replies(0)))))
    store.save(FeedName.TICKETS, feed(*ranked(ticket(1, replies=Replies(1, None, None, START))), at=HOUR))
    assert len(store.replies(START)[0]) == 1

    store.save(FeedName.TICKETS, feed(at=2 * DAY))

    with sqlite3.connect(path) as reader:
        assert reader.execute("SELECT count(*) FROM replies").fetchone() == (0,)
    reader.close()
    assert store.replies(START) == ((), START + DAY)
