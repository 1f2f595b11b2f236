"""Writing beside the loop, and what a sudden death leaves behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

from support_desk.desk.snapshot import Feed, FeedName
from support_desk.desk.store import ReadingsStore, StoreError
from support_desk.desk.writer import StoreWriter
from tests.desk.clock import START
from tests.desk.samples import alert

PATIENCE = 10.0


class SlowStore:
    """A store whose first save takes until it is let go."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.go = threading.Event()
        self.saved: list[tuple[FeedName, int]] = []
        self.closed = threading.Event()
        self.error: StoreError | None = None

    def save(self, name: FeedName, feed: Feed[object]) -> None:
        self.began.set()
        self.go.wait(PATIENCE)
        if self.error:
            raise self.error
        self.saved.append((name, len(feed.rows)))

    def close(self) -> None:
        self.closed.set()


def reading(count: int) -> Feed[object]:
    return Feed(rows=tuple(alert(str(number)) for number in range(count)), read_at=START)


def test_a_slow_disk_makes_no_queue() -> None:
    store = SlowStore()
    writer = StoreWriter(store)
    writer.keep(FeedName.ALERTS, reading(1))
    assert store.began.wait(PATIENCE)
    for count in range(2, 50):
        writer.keep(FeedName.ALERTS, reading(count))
    writer.keep(FeedName.TICKETS, reading(0))
    store.go.set()
    assert writer.close(PATIENCE)
    assert store.saved == [(FeedName.ALERTS, 1), (FeedName.ALERTS, 49), (FeedName.TICKETS, 0)]
    assert store.closed.is_set()


def test_closing_does_not_wait_for_a_disk_that_hangs() -> None:
    store = SlowStore()
    writer = StoreWriter(store)
    writer.keep(FeedName.ALERTS, reading(1))
    assert store.began.wait(PATIENCE)
    assert not writer.close(0.01)
    store.go.set()
    assert store.closed.wait(PATIENCE)


def test_closing_without_a_write_closes_the_store() -> None:
    store = SlowStore()
    assert StoreWriter(store).close()
    assert store.closed.is_set()


def test_a_failed_write_is_kept_in_words_until_one_works() -> None:
    store = SlowStore()
    store.go.set()
    store.error = StoreError("The disk is full", "make room")
    writer = StoreWriter(store)
    writer.keep(FeedName.ALERTS, reading(1))
    assert writer.close(PATIENCE)
    assert writer.problem is not None
    assert (writer.problem.problem, writer.problem.remedy) == ("The disk is full", "make room")


DIES = """
import sys
from pathlib import Path
from support_desk.desk.snapshot import FeedName
from support_desk.desk.store import ReadingsStore
from support_desk.desk.writer import StoreWriter
from tests.desk.test_writer import reading

store = ReadingsStore.open(Path(sys.argv[1]))
writer = StoreWriter(store)
for count in range(1, 2000):
    writer.keep(FeedName.ALERTS, reading(min(count, 40)))
    print(count, flush=True)
    sys.stdin.readline()
"""


def test_kill_9_loses_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "readings.sqlite3"
    child = subprocess.Popen(
        [sys.executable, "-c", DIES, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdin is not None
    assert child.stdout is not None
    reader: ReadingsStore | None = None
    for _ in range(5):
        assert child.stdout.readline()
        child.stdin.write(b"\n")
        child.stdin.flush()
    assert child.stdout.readline() == b"6\n"
    for _ in range(1000):
        # The sixth is shown and queued; its commit follows without anybody asking.
        reader = ReadingsStore.open_existing(path)
        rows = reader.load().alerts.rows
        reader.close()
        if len(rows) == 6:
            break
    child.send_signal(signal.SIGKILL)
    child.wait(PATIENCE)
    child.stdin.close()
    child.stdout.close()
    again = ReadingsStore.open(path)
    assert len(again.load().alerts.rows) == 6
    assert not again.notes
    again.save(FeedName.ALERTS, Feed(rows=(), read_at=START + timedelta(minutes=1)))
    assert again.load().alerts.rows == ()
    again.close()


BUSY = """
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from support_desk.desk.snapshot import FeedName
from support_desk.desk.store import ReadingsStore
from tests.desk.clock import START
from tests.desk.test_writer import reading

store = ReadingsStore.open(Path(sys.argv[1]))
for count in range(1, 100_000):
    feed = reading(1 + count % 40)
    store.save(FeedName.ALERTS, replace(feed, read_at=START + timedelta(seconds=count)))
    print(count, flush=True)
"""


def test_killed_in_the_middle_of_writing(tmp_path: Path) -> None:
    path = tmp_path / "readings.sqlite3"
    child = subprocess.Popen(
        [sys.executable, "-c", BUSY, str(path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert child.stdout is not None
    for _ in range(50):
        assert child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    said = 50 + len(child.stdout.read().splitlines())
    child.wait(PATIENCE)
    child.stdout.close()
    again = ReadingsStore.open(path)
    feed = again.load().alerts
    assert feed.read_at is not None
    count = round((feed.read_at - START).total_seconds())
    # What was said to be written is there, whole; one more may have been on its way.
    assert count in {said, said + 1}
    assert [row.id for row in feed.rows] == [str(number) for number in range(1 + count % 40)]
    assert not again.notes
    again.close()
