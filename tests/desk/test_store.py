"""Readings that outlive the program."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support_desk.desk.encoding import encode, row_decoder
from support_desk.desk.schema import STEPS, open_file, shared_mode
from support_desk.desk.snapshot import Feed, FeedName, Problem, Snapshot
from support_desk.desk.store import ReadingsStore, StoreError
from support_desk.domain.alerts import Alert, EscalationPolicy, EscalationRule, Responder
from support_desk.domain.paged import Page, Proof
from support_desk.domain.rota import Person, Role
from support_desk.domain.runbooks import Heading, Runbook, RunbookRule
from support_desk.domain.sla import Ranked, Verdict
from support_desk.domain.tickets import Replies, SlaRow, SuspendedTicket, Ticket
from tests.desk.clock import START
from tests.desk.samples import ANNA, BEN, alert, on_call, ranked, ticket, timeline

TICKETS = FeedName.TICKETS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "readings.sqlite3"


def tickets(*numbers: int, at: int = 0, **changes: Any) -> Feed[Any]:
    rows = ranked(*(ticket(number, **changes) for number in numbers))
    return Feed(rows=rows, read_at=START + timedelta(seconds=at))


def full() -> Snapshot:
    """A snapshot with something in every feed."""
    rows: dict[FeedName, tuple[Any, ...]] = {
        FeedName.ALERTS: (alert("a", responders=(Responder("team", "1", "Ops"),)), alert("b")),
        FeedName.POLICIES: (
            EscalationPolicy(
                "p",
                "Out of hours",
                (EscalationRule("if-not-acked", timedelta(minutes=5), "user", "u", "Anna"),),
            ),
        ),
        FeedName.ON_CALL: (on_call("first_line", ANNA), on_call("second_line")),
        FeedName.ROTA: (timeline(Role.DEV, Role.ON_CALL),),
        FeedName.PEOPLE: (ANNA, BEN),
        FeedName.TICKETS: ranked(ticket(3), ticket(1), ticket(2)),
        FeedName.SUSPENDED: (SuspendedTicket(9, "Help", "Jo", "jo@example.com", "SPAM", START, body="a\nb"),),
        FeedName.RUNBOOKS: (
            Runbook("a/b.md", "B", (Heading(1, "B", "b"),), (RunbookRule("a/b.md", tag="x"),), START, 12),
        ),
    }
    snapshot = Snapshot()
    for number, (name, found) in enumerate(rows.items()):
        feed = Feed(
            rows=found,
            read_at=START + timedelta(seconds=number, microseconds=123456),
            complete=number % 2 == 0,
            rejected=number,
            notes=("a note",),
            problem=Problem("It failed", "wait", definite=True),
            failing_since=START,
            interval=timedelta(seconds=45),
        )
        snapshot = snapshot.with_feed(name, feed)
    return snapshot


def test_everything_comes_back(path: Path) -> None:
    store = ReadingsStore.open(path)
    snapshot = full()
    for name in FeedName:
        store.save(name, snapshot.feed(name))
    store.close()
    again = ReadingsStore.open(path)
    assert again.load() == snapshot
    again.close()


def test_a_queue_out_of_the_file_has_each_word_once(path: Path) -> None:
    """Or it would be in memory for the week, at twice the size of one that was read."""
    said: dict[str, Any] = {
        "assignee": "Anna Bell", "assignee_email": "anna@example.com", "group": "Dev", "type": "incident",
        "custom_status": "Waiting", "recipient": "support@example.com",
        "replies": Replies(1, START, START - timedelta(hours=1), START - timedelta(hours=2)),
    }  # fmt: skip
    store = ReadingsStore.open(path)
    store.save(TICKETS, tickets(1, 2, 3, **said))
    store.close()
    again = ReadingsStore.open(path)
    rows = again.load().tickets.rows
    again.close()
    assert rows == tickets(1, 2, 3, **said).rows
    for one in rows:
        deadlines = {id(one.verdict.deadline), *(id(row.breach_at) for row in one.ticket.sla_rows or ())}
        assert len(deadlines) == 1
        replies = one.ticket.replies
        assert replies is not None
        assert replies.client_last_at is one.ticket.updated_at
        assert replies.agent_last_at is one.ticket.created_at
    own = {"subject", "id", "created_at", "updated_at", "sla_rows", "replies"}
    for name in {one.name for one in fields(Ticket)} - own:
        assert len({id(getattr(row.ticket, name)) for row in rows}) == 1, name
    for word in ("kind", "cause", "metric", "basis"):
        assert len({id(getattr(row.verdict, word)) for row in rows}) == 1, word
    for word in ("metric", "stage"):
        assert len({id(getattr(found, word)) for row in rows for found in row.ticket.sla_rows or ()}) == 1


def test_a_ticket_that_an_older_version_has_kept_has_no_page_until_it_is_read() -> None:
    (row,) = ranked(ticket(1))
    kept = msgspec.msgpack.decode(encode(row))
    kept["ticket"]["url"] = kept["ticket"].pop("helpdesk") + "/agent/tickets/1"

    again = row_decoder(TICKETS).decode(msgspec.msgpack.encode(kept)).ticket

    assert again.url == ""
    assert replace(again, helpdesk=row.ticket.helpdesk) == row.ticket


moments = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
texts = st.text(max_size=12)
maybe = st.none() | texts
built_alerts = st.builds(
    Alert,
    id=texts,
    message=texts,
    priority=texts,
    status=st.sampled_from(["open", "acked", "snoozed"]),
    created_at=moments,
    updated_at=moments,
    last_occurred_at=moments,
    acknowledged_at=st.none() | moments,
    snoozed_until=st.none() | moments,
    tags=st.lists(texts, max_size=3).map(tuple),
    count=st.integers(0, 2**31),
)
built_tickets = st.builds(
    Ranked,
    st.builds(
        Ticket,
        id=st.integers(0, 2**53),
        created_at=moments,
        updated_at=moments,
        subject=texts,
        status=texts,
        helpdesk=texts,
        priority=maybe,
        organisation=maybe,
        tags=st.lists(texts, max_size=3).map(tuple),
        sla_rows=st.none()
        | st.lists(st.builds(SlaRow, texts, texts, st.none() | moments), max_size=2).map(tuple),
        replies=st.none() | st.builds(Replies, st.none() | st.integers(0, 99), st.none() | moments),
    ),
    st.builds(Verdict, texts, texts, maybe, st.none() | moments, maybe, st.booleans()),
)
quick = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@quick
@given(
    readings=st.lists(
        st.tuples(
            st.lists(built_alerts, max_size=4, unique_by=lambda row: row.id).map(tuple),
            st.lists(built_tickets, max_size=4, unique_by=lambda row: row.ticket.id).map(tuple),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_what_was_saved_last_is_what_is_loaded(
    readings: list[tuple[tuple[Alert, ...], tuple[Ranked, ...]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("store") / "readings.sqlite3"
    store = ReadingsStore.open(file)
    for number, (alerts, queue) in enumerate(readings):
        at = START + timedelta(seconds=number)
        store.save(FeedName.ALERTS, Feed(rows=alerts, read_at=at))
        store.save(FeedName.TICKETS, Feed(rows=queue, read_at=at))
    store.close()
    again = ReadingsStore.open(file)
    snapshot = again.load()
    again.close()
    assert (snapshot.alerts.rows, snapshot.tickets.rows) == readings[-1]


def test_a_poll_in_which_little_changed_writes_little(path: Path) -> None:
    store = ReadingsStore.open(path)
    first = tickets(*range(1, 500))
    store.save(TICKETS, first)
    watch = sqlite3.connect(path)
    watch.executescript(
        """CREATE TABLE written (key TEXT);
        CREATE TRIGGER note AFTER INSERT ON rows BEGIN INSERT INTO written VALUES (new.key); END;"""
    )
    changed = ranked(
        *(
            ticket(number, subject="New" if number < 4 else f"Page {number} is broken")
            for number in range(1, 499)
        )
    )
    store.save(TICKETS, replace(first, rows=changed, read_at=START + timedelta(seconds=45)))
    assert sorted(key for (key,) in watch.execute("SELECT key FROM written")) == ["1", "2", "3"]
    assert watch.execute("SELECT count(*) FROM rows").fetchone() == (498,), "the one that left is gone"
    watch.close()
    assert store.load().tickets.rows == changed
    store.close()


def test_the_very_same_rows_are_only_read_later(path: Path) -> None:
    store, other = ReadingsStore.open(path), ReadingsStore.open(path)
    feed = tickets(1, 2, 3)
    store.save(TICKETS, feed)
    later = replace(feed, read_at=START + timedelta(seconds=45))
    store.save(TICKETS, later)
    assert other.load().tickets == later
    # Once a colleague has written meanwhile, the same rows have to be written again.
    other.save(TICKETS, tickets(1, 2, at=60))
    again = replace(feed, read_at=START + timedelta(seconds=90))
    store.save(TICKETS, again)
    assert other.load().tickets == again
    store.close()
    other.close()


def test_the_order_is_kept(path: Path) -> None:
    store = ReadingsStore.open(path)
    feed = tickets(1, 2, 3)
    store.save(TICKETS, feed)
    turned = replace(feed, rows=feed.rows[::-1], read_at=START + timedelta(seconds=9))
    store.save(TICKETS, turned)
    store.close()
    again = ReadingsStore.open(path)
    assert again.load().tickets.rows == turned.rows
    again.close()


def test_a_feed_that_was_never_read_is_kept_for_its_problem(path: Path) -> None:
    store = ReadingsStore.open(path)
    refused: Feed[Any] = Feed(failing_since=START)
    store.save(TICKETS, refused)
    assert store.load() == Snapshot()
    refused = replace(refused, problem=Problem("Zendesk refused the sign-in", "look at the token"))
    store.save(TICKETS, refused)
    assert store.load().tickets == refused
    store.save(TICKETS, tickets(1))
    assert store.load().tickets == tickets(1)
    store.close()


def test_a_process_that_never_read_takes_nothing_from_a_colleague(path: Path) -> None:
    mine, theirs = ReadingsStore.open(path), ReadingsStore.open(path)
    theirs.save(TICKETS, tickets(1))
    mine.save(TICKETS, Feed(problem=Problem("Zendesk refused the sign-in", "look at the token")))
    assert mine.load().tickets == tickets(1)
    theirs.close()
    store = mine
    store.close()


def test_two_processes_share_a_file(path: Path) -> None:
    mine, theirs = ReadingsStore.open(path), ReadingsStore.open(path)
    mine.save(TICKETS, tickets(1, 2, 3, at=0))
    theirs.save(TICKETS, tickets(2, 3, 4, at=10, subject="Theirs"))
    mine.save(TICKETS, tickets(3, 5, at=20))
    assert theirs.load().tickets.rows == tickets(3, 5).rows
    theirs.save(TICKETS, tickets(3, 6, at=30))
    assert mine.load().tickets.rows == tickets(3, 6).rows
    mine.close()
    theirs.close()


def test_an_older_reading_does_not_replace_a_colleagues_newer_one(path: Path) -> None:
    mine, theirs = ReadingsStore.open(path), ReadingsStore.open(path)
    mine.save(TICKETS, tickets(1, at=0))
    theirs.save(TICKETS, tickets(1, 2, at=30))
    mine.save(TICKETS, tickets(1, at=20))
    assert [row.ticket.id for row in theirs.load().tickets.rows] == [1, 2]
    mine.save(TICKETS, tickets(1, at=40))
    assert [row.ticket.id for row in theirs.load().tickets.rows] == [1]
    mine.close()
    theirs.close()


def test_a_row_of_another_version_is_left_out_and_counted(path: Path) -> None:
    store = ReadingsStore.open(path)
    store.save(TICKETS, tickets(1, 2, 3))
    store.close()
    other = sqlite3.connect(path)
    other.execute("UPDATE rows SET data = ? WHERE key = '2'", (b"\x81\xa1x\x01",))
    other.commit()
    other.close()
    again = ReadingsStore.open(path)
    feed = again.load().tickets
    assert [row.ticket.id for row in feed.rows] == [1, 3]
    assert feed.rejected == 1
    again.save(TICKETS, tickets(1, 2, 3, at=5))
    assert again.load().tickets == tickets(1, 2, 3, at=5)
    again.close()


@pytest.mark.parametrize("content", [b"this is no database, " * 300, None], ids=["foreign", "cut through"])
def test_a_damaged_file_is_set_aside(path: Path, content: bytes | None) -> None:
    store = ReadingsStore.open(path)
    store.save(TICKETS, tickets(*range(1, 200)))
    store.close()
    if content is None:
        whole = path.read_bytes()
        content = whole[:4096] + b"\xff" * (len(whole) - 4096)
    path.write_bytes(content)
    again = ReadingsStore.open(path)
    assert again.load() == Snapshot()
    (aside,) = path.parent.glob("*.corrupt-*")
    assert aside.read_bytes() == content
    assert str(aside) in again.notes[0]
    again.save(TICKETS, tickets(1))
    assert again.load().tickets == tickets(1)
    again.close()


def test_damage_noticed_while_saving_loses_nothing_of_the_new(path: Path) -> None:
    store = ReadingsStore.open(path)
    store.save(TICKETS, tickets(*range(1, 200)))
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    again = ReadingsStore.open(path)
    again.save(TICKETS, tickets(1, 2))
    assert again.load().tickets == tickets(1, 2)
    assert again.notes
    again.close()


def test_two_damaged_files_of_one_moment_are_both_kept(path: Path) -> None:
    for _ in range(2):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"no database" * 100)
        os.utime(path, (0, 0))
        ReadingsStore.open(path).close()
    assert len(list(path.parent.glob("*.corrupt-*"))) == 2


def test_a_newer_file_is_refused_and_left_as_it_is(path: Path) -> None:
    ReadingsStore.open(path).close()
    other = sqlite3.connect(path)
    other.execute(f"PRAGMA user_version={len(STEPS) + 1}")
    other.close()
    for opened in (ReadingsStore.open, ReadingsStore.open_existing):
        with pytest.raises(StoreError) as caught:
            opened(path)
        assert "newer" in caught.value.problem
        assert caught.value.remedy
    assert not list(path.parent.glob("*.corrupt-*"))


def test_an_older_file_is_brought_up_to_date(path: Path) -> None:
    path.parent.mkdir()
    old = sqlite3.connect(path)
    for statement in STEPS[0][1]:
        old.execute(statement)
    old.execute("PRAGMA user_version=1")
    old.close()
    store = ReadingsStore.open(path)
    store.save(FeedName.ALERTS, Feed(rows=(alert("a"),), read_at=START))
    assert len(store.history(START)) == 1
    store.close()


def test_what_the_version_before_has_kept_is_there(path: Path) -> None:
    store = ReadingsStore.open(path)
    store.save(TICKETS, tickets(1))
    store.close()
    with closing(sqlite3.connect(path)) as old:
        old.execute("DROP TABLE pages")
        old.execute(f"PRAGMA user_version={len(STEPS) - 1}")
    store = ReadingsStore.open(path)
    assert store.load().tickets == tickets(1)
    store.keep_page("one", "a", Page(START, Proof.PAGED, "Sam was paged", escalation=True), START)
    assert list(store.pages()) == ["a"]
    store.close()


def test_reading_makes_nothing(path: Path) -> None:
    with pytest.raises(StoreError):
        ReadingsStore.open_existing(path)
    assert not path.parent.exists()


def test_reading_does_not_wait_for_a_writer(path: Path) -> None:
    store = ReadingsStore.open(path)
    store.save(TICKETS, tickets(1))
    writer = open_file(path)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM rows")
    reader = ReadingsStore.open_existing(path)
    assert reader.load().tickets.rows == tickets(1).rows
    with pytest.raises(StoreError):
        reader.save(TICKETS, tickets(2, at=5))
    writer.execute("ROLLBACK")
    for each in (reader, store):
        each.close()
    writer.close()


def test_reading_from_a_folder_that_can_not_be_written_to(path: Path) -> None:
    store = ReadingsStore.open(path)
    store.save(TICKETS, tickets(1))
    store.close()
    path.parent.chmod(0o500)
    path.chmod(0o400)
    try:
        reader = ReadingsStore.open_existing(path)
        assert reader.load().tickets.rows == tickets(1).rows
        reader.close()
    finally:
        path.parent.chmod(0o700)


def test_a_damaged_file_is_only_told_of_when_reading(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError):
        ReadingsStore.open_existing(path)
    assert path.exists()


def test_a_folder_that_can_not_be_made_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError) as caught:
        ReadingsStore.open(tmp_path / "file" / "readings.sqlite3")
    assert "store.path" in caught.value.remedy


def test_files_are_their_owners_alone(path: Path) -> None:
    store = ReadingsStore.open(path)
    store.save(TICKETS, tickets(1))
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    store.close()


def test_in_a_shared_folder_files_belong_to_the_group(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2770)
    store = ReadingsStore.open(shared / "readings.sqlite3")
    store.save(TICKETS, tickets(1))
    assert stat.S_IMODE(shared.stat().st_mode) == 0o2770
    assert {stat.S_IMODE(file.stat().st_mode) for file in shared.iterdir()} == {0o660}
    store.close()


@pytest.mark.parametrize(
    ("folder", "file"), [(0o700, 0o600), (0o755, 0o600), (0o770, 0o660), (0o1777, 0o660), (0o2775, 0o660)]
)
def test_shared_mode_never_opens_a_file_to_everybody(folder: int, file: int) -> None:
    assert shared_mode(folder) == file


def test_the_history_of_an_alert(path: Path) -> None:
    store = ReadingsStore.open(path)

    def read(at: int, *rows: Alert) -> None:
        store.save(FeedName.ALERTS, Feed(rows=rows, read_at=START + timedelta(minutes=at)))

    read(0, alert("a"), alert("b", tags=("client_beta", "x")))
    read(
        5, alert("a", status="acked", acknowledged_by="Anna", count=3), alert("b", tags=("client_beta", "x"))
    )
    read(6, alert("a", count=3), alert("b", tags=("client_beta", "x")))
    read(9, alert("a", count=3))
    first, second = store.history(START)
    assert (first.id, first.acked_by, first.count, first.gone_at) == ("a", "Anna", 3, None)
    assert first.acked_at == START + timedelta(minutes=5)
    assert (second.client, second.gone_at) == ("beta", START + timedelta(minutes=9))
    read(12, alert("b"))
    assert [row.gone_at for row in store.history(START)] == [START + timedelta(minutes=12), None]
    assert [row.id for row in store.history(START + timedelta(minutes=13))] == ["b"]
    store.close()


def test_the_history_keeps_what_raised_an_alert(path: Path) -> None:
    store = ReadingsStore.open(path)
    store.save(FeedName.ALERTS, Feed(rows=(alert("a", integration="CloudWatch"),), read_at=START))
    # A reading that doesn't say so takes nothing away.
    store.save(FeedName.ALERTS, Feed(rows=(alert("a", count=2),), read_at=START + timedelta(minutes=1)))
    (kept,) = store.history(START)
    assert (kept.integration, kept.count) == ("CloudWatch", 2)
    assert kept.alert().integration == "CloudWatch"
    store.close()


def test_an_alert_that_left_while_nobody_looked_is_noted(path: Path) -> None:
    store = ReadingsStore.open(path)
    store.save(FeedName.ALERTS, Feed(rows=(alert("a"),), read_at=START))
    store.close()
    again = ReadingsStore.open(path)
    again.save(FeedName.ALERTS, Feed(rows=(), read_at=START + timedelta(hours=9)))
    assert again.history(START)[0].gone_at == START + timedelta(hours=9)
    again.close()


def test_history_is_forgotten_after_its_time(path: Path) -> None:
    store = ReadingsStore.open(path, retention=timedelta(days=7))
    store.save(FeedName.ALERTS, Feed(rows=(alert("a"), alert("b")), read_at=START))
    store.save(FeedName.ALERTS, Feed(rows=(alert("b"),), read_at=START + timedelta(days=1)))
    store.save(FeedName.ALERTS, Feed(rows=(alert("b"),), read_at=START + timedelta(days=7)))
    assert len(store.history(START)) == 2
    store.save(FeedName.ALERTS, Feed(rows=(alert("b"),), read_at=START + timedelta(days=9)))
    assert [row.id for row in store.history(START)] == ["b"]
    store.close()


def test_status_can_read_without_the_heavy_modules() -> None:
    code = (
        "import sys, support_desk.desk.store, support_desk.paths, support_desk.desk.clock;"
        "print([m for m in ('asyncio', 'pydantic', 'httpx', 'zenpy', 'textual') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_people_with_one_address_are_both_kept(path: Path) -> None:
    store = ReadingsStore.open(path)
    people = (Person("A", ""), Person("B", ""))
    store.save(FeedName.PEOPLE, Feed(rows=people, read_at=START))
    assert store.load().people.rows == people
    store.close()


def test_a_file_that_was_only_begun_holds_nothing_yet(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.touch()
    with pytest.raises(StoreError, match="nothing in the store yet"):
        ReadingsStore.open_existing(path)


def test_a_number_that_cannot_be_kept_is_named(path: Path) -> None:
    store = ReadingsStore.open(path)
    with pytest.raises(StoreError, match="can't be kept"):
        store.save(TICKETS, replace(tickets(1), rows=ranked(ticket(1, id=2**70))))
    store.save(TICKETS, tickets(1))
    assert len(store.load().tickets.rows) == 1
    store.close()
