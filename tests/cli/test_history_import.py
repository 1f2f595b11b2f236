"""`history import` against a simulated OpsGenie: every alert once, whatever happens on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support_desk.cli import run
from support_desk.desk.store import ReadingsStore
from support_desk.domain.past import Span
from tests.simulators.opsgenie import READ_KEY, data, error, wire_alert
from tests.simulators.opsgenie_history import HistorySimulator, closed_alert

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class HurryingClock:
    """Whoever sleeps wakes at once, and that much later."""

    def __init__(self) -> None:
        self.at = NOW
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - NOW).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)


@pytest.fixture
def opsgenie() -> Iterator[HistorySimulator]:
    with HistorySimulator(NOW) as simulator:
        yield simulator


@pytest.fixture
def clock() -> HurryingClock:
    return HurryingClock()


@pytest.fixture
def configuration(tmp_path: Path, opsgenie: HistorySimulator) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(
        f"""
[opsgenie]
url = "{opsgenie.url}"
read_key_env = "KEY"
[store]
path = "{tmp_path / "state"}"
[retention]
days = 30
[polling]
budget = 600
""",
        encoding="utf-8",
    )
    return path


def ask(path: Path, clock: HurryingClock, *argv: str, **environ: str) -> int:
    return run(["history", "import", *argv, "--config", str(path)], {"KEY": READ_KEY} | environ, clock)


def kept(path: Path) -> ReadingsStore:
    (file,) = (path.parent / "state").rglob("*.sqlite3")
    return ReadingsStore.open(file)


def test_every_alert_of_the_past_is_kept_once(
    configuration: Path, opsgenie: HistorySimulator, clock: HurryingClock, capsys: pytest.CaptureFixture[str]
) -> None:
    opsgenie.alerts = [closed_alert(number, NOW - number * 90 * MINUTE) for number in range(1, 451)]
    opsgenie.alerts.append(wire_alert("open", createdAt="2026-11-23T12:00:00.123Z"))

    assert ask(configuration, clock) == 0

    said = capsys.readouterr()
    assert said.out == "451 alerts imported; the history is complete back to Sat 24 Oct 14:00.\n"
    assert "100 of about 451 alerts (22 %), back to" in said.err
    store = kept(configuration)
    rows = {row.id: row for row in store.history(NOW - 30 * DAY)}
    assert len(rows) == 451
    first = rows["h1"]
    assert first.created_at == NOW - 90 * MINUTE
    assert (first.acked_at, first.gone_at) == (
        NOW - 88 * MINUTE,
        NOW - 30 * MINUTE,
    )
    assert (first.acked_by, first.client) == ("ada@example.com", "acme")
    assert rows["open"].gone_at is None
    assert store.history_reach().imported == (Span(NOW - 30 * DAY, NOW),)
    store.close()


def test_a_clock_finer_than_the_file_leaves_no_gap(
    configuration: Path, opsgenie: HistorySimulator, clock: HurryingClock, capsys: pytest.CaptureFixture[str]
) -> None:
    opsgenie.alerts = [closed_alert(number, NOW - number * 90 * MINUTE) for number in range(1, 4)]
    clock.at = NOW + timedelta(microseconds=123_456)
    assert ask(configuration, clock) == 0
    assert "3 alerts imported; the history is complete back to" in capsys.readouterr().out
    clock.at += timedelta(seconds=5, microseconds=999)
    assert ask(configuration, clock) == 0
    assert "0 alerts imported; the history is complete back to" in capsys.readouterr().out


@pytest.mark.parametrize("off", [timedelta(minutes=10), timedelta(minutes=-10)])
def test_until_when_is_the_services_to_say(
    configuration: Path, opsgenie: HistorySimulator, clock: HurryingClock, off: timedelta
) -> None:
    opsgenie.alerts = [closed_alert(1, NOW - MINUTE)]
    clock.at = NOW + off
    assert ask(configuration, clock, "--from", "2026-11-20") == 0
    opsgenie.alerts.append(closed_alert(2, NOW + MINUTE))
    opsgenie.now, clock.at = NOW + 5 * MINUTE, clock.at + 5 * MINUTE
    assert ask(configuration, clock, "--from", "2026-11-20") == 0

    store = kept(configuration)
    assert {row.id for row in store.history(NOW - 30 * DAY)} == {"h1", "h2"}
    assert store.history_reach().imported == (Span(datetime(2026, 11, 20, tzinfo=UTC), opsgenie.now),)
    store.close()


def test_no_question_goes_beyond_the_rows_that_the_service_gives(
    configuration: Path, opsgenie: HistorySimulator, clock: HurryingClock
) -> None:
    opsgenie.last_row = 200
    opsgenie.alerts = [closed_alert(number, NOW - number * MINUTE) for number in range(1, 1000)]

    assert ask(configuration, clock) == 0

    store = kept(configuration)
    assert len(store.history(NOW - 30 * DAY)) == 999
    store.close()
    assert {offset for _, offset in opsgenie.questions} == {0}


def test_alerts_of_one_millisecond_are_told_apart_by_their_place(
    configuration: Path, opsgenie: HistorySimulator, clock: HurryingClock
) -> None:
    opsgenie.alerts = [closed_alert(number, NOW - MINUTE) for number in range(250)]
    opsgenie.alerts += [closed_alert(1000 + number, NOW - 2 * MINUTE) for number in range(3)]

    assert ask(configuration, clock) == 0

    store = kept(configuration)
    assert len(store.history(NOW - DAY)) == 253
    store.close()


def test_one_alert_that_is_older_than_was_asked_about_hides_no_other(
    configuration: Path, opsgenie: HistorySimulator, clock: HurryingClock
) -> None:
    opsgenie.alerts = [closed_alert(number, NOW - number * MINUTE) for number in range(1, 250)]
    stray = closed_alert(9999, NOW - 300 * DAY)
    newest = [*opsgenie.alerts[:99], stray]
    opsgenie.on_list = lambda number: data(newest) if number == 1 else None

    assert ask(configuration, clock) == 0

    store = kept(configuration)
    assert {row.id for row in store.history(NOW - 400 * DAY)} == {f"h{number}" for number in range(1, 250)}
    store.close()


@pytest.mark.parametrize("always_more", [False, True])
def test_pages_that_are_shorter_than_asked_for_leave_no_gap(
    configuration: Path, opsgenie: HistorySimulator, clock: HurryingClock, *, always_more: bool
) -> None:
    opsgenie.most_rows, opsgenie.always_more = 20, always_more
    opsgenie.alerts = [closed_alert(number, NOW - number * MINUTE) for number in range(1, 90)]
    opsgenie.alerts += [closed_alert(1000 + number, NOW - 200 * MINUTE) for number in range(30)]

    assert ask(configuration, clock) == 0

    store = kept(configuration)
    assert len(store.history(NOW - DAY)) == 119
    store.close()


def test_an_answer_that_does_not_keep_to_the_times_ends_with_words(
    configuration: Path, opsgenie: HistorySimulator, clock: HurryingClock, capsys: pytest.CaptureFixture[str]
) -> None:
    # Each of these is older than what was asked about, page after page.
    at = (NOW + 40 * DAY).isoformat()
    page = data([{"id": f"h{number}", "createdAt": at} for number in range(100)], paging={"next": "more"})
    opsgenie.on_list = lambda _: page

    assert ask(configuration, clock) == 1

    assert "answers don't keep to the times asked about" in capsys.readouterr().err
    assert opsgenie.questions[-1][1] == 19_900


def test_it_waits_as_long_as_the_service_asks(
    configuration: Path, opsgenie: HistorySimulator, clock: HurryingClock, capsys: pytest.CaptureFixture[str]
) -> None:
    opsgenie.alerts = [closed_alert(number, NOW - number * MINUTE) for number in range(1, 250)]
    asked_to_wait = replace(
        error(429, "You are making too many requests!"),
        headers={"X-RateLimit-State": "THROTTLED", "X-RateLimit-Period-In-Sec": "60"},
    )
    opsgenie.on_list = lambda number: asked_to_wait if number in (2, 3) else None

    assert ask(configuration, clock) == 0

    assert sum(clock.slept) >= 120
    assert "waiting 1 min" in capsys.readouterr().err
    store = kept(configuration)
    assert len(store.history(NOW - DAY)) == 249
    store.close()


def test_it_keeps_to_the_share_of_requests_that_is_configured(
    configuration: Path, opsgenie: HistorySimulator, clock: HurryingClock
) -> None:
    text = configuration.read_text(encoding="utf-8").replace("budget = 600", "budget = 10")
    configuration.write_text(text, encoding="utf-8")
    opsgenie.alerts = [closed_alert(number, NOW - number * MINUTE) for number in range(1, 3000)]

    assert ask(configuration, clock) == 0

    requests = len(opsgenie.server.requests)
    assert requests > 30
    # Ten in a minute at most, and nine at the beginning: one is left for people.
    assert clock.monotonic() >= (requests - 10) * 6


def test_imports_one_after_the_other_have_one_share_of_requests(
    configuration: Path, opsgenie: HistorySimulator, clock: HurryingClock
) -> None:
    text = configuration.read_text(encoding="utf-8").replace("budget = 600", "budget = 30")
    configuration.write_text(text, encoding="utf-8")
    opsgenie.alerts = [closed_alert(number, NOW - number * MINUTE) for number in range(1, 6000)]

    for day in ("2026-11-22", "2026-11-21", "2026-11-20"):
        assert ask(configuration, clock, "--from", day) == 0

    requests = len(opsgenie.server.requests)
    assert requests > 45
    assert clock.monotonic() >= (requests - 30) * 2


def test_a_clock_that_was_set_back_holds_no_import_up(tmp_path: Path) -> None:
    store = ReadingsStore.open(tmp_path / "readings.sqlite3")
    taken = 0
    while store.take_request("history", 10, NOW) == 0:
        taken += 1
    assert taken == 9
    earlier = NOW - timedelta(hours=1)
    assert store.take_request("history", 10, earlier) == 6
    assert store.take_request("history", 10, earlier + timedelta(seconds=6)) == 0
    store.close()


def test_what_was_read_is_kept_and_taken_up_again(
    configuration: Path, opsgenie: HistorySimulator, clock: HurryingClock, capsys: pytest.CaptureFixture[str]
) -> None:
    opsgenie.alerts = [closed_alert(number, NOW - number * MINUTE) for number in range(1, 501)]
    opsgenie.on_list = lambda number: error(503, "down") if number > 2 else None

    assert ask(configuration, clock) == 1

    said = capsys.readouterr().err
    assert "the same command goes on from there" in said
    store = kept(configuration)
    assert len(store.history(NOW - DAY)) == 199
    (span,) = store.history_reach().imported
    assert span == Span(NOW - 199 * MINUTE + timedelta(milliseconds=1), NOW)
    store.close()

    opsgenie.on_list = lambda _: None
    opsgenie.questions.clear()
    opsgenie.now = clock.at
    assert ask(configuration, clock) == 0

    store = kept(configuration)
    assert len(store.history(NOW - DAY)) == 500
    # What was read before isn't asked for again: the time since then, and the rest.
    assert len(opsgenie.questions) == 5
    store.close()


def test_a_lost_connection_is_tried_again(
    configuration: Path, opsgenie: HistorySimulator, clock: HurryingClock
) -> None:
    opsgenie.alerts = [closed_alert(number, NOW - number * MINUTE) for number in range(1, 150)]
    opsgenie.on_list = lambda number: error(502, "bad gateway") if number == 2 else None

    assert ask(configuration, clock) == 0

    store = kept(configuration)
    assert len(store.history(NOW - DAY)) == 149
    store.close()


def test_a_refused_key_is_named_and_nothing_is_claimed(
    configuration: Path, opsgenie: HistorySimulator, clock: HurryingClock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(configuration, clock, KEY="a-wrong-key-here") == 1

    said = capsys.readouterr()
    assert "a-wrong-key-here" not in said.out + said.err
    assert clock.slept == []
    store = kept(configuration)
    assert store.history_reach().imported == ()
    store.close()


def test_rows_that_cannot_be_read_are_counted(
    configuration: Path, opsgenie: HistorySimulator, clock: HurryingClock, capsys: pytest.CaptureFixture[str]
) -> None:
    opsgenie.alerts = [closed_alert(1, NOW - MINUTE), closed_alert(2, NOW - MINUTE, snoozed="perhaps")]

    assert ask(configuration, clock) == 1

    said = capsys.readouterr()
    assert said.out.startswith("1 alert imported")
    assert "1 could not be read and are missing" in said.err


def test_the_beginning_can_be_chosen_but_not_before_what_is_kept(
    configuration: Path, opsgenie: HistorySimulator, clock: HurryingClock, capsys: pytest.CaptureFixture[str]
) -> None:
    opsgenie.alerts = [closed_alert(number, NOW - number * DAY) for number in range(1, 40)]

    assert ask(configuration, clock, "--from", "2026-11-20T00:00:00Z") == 0
    assert capsys.readouterr().out.startswith("3 alerts imported")

    assert ask(configuration, clock, "--from", "2025-01-01") == 0
    said = capsys.readouterr()
    assert "only 30 days are kept" in said.err
    assert said.out.startswith("27 alerts imported")

    assert ask(configuration, clock, "--from", "2027-01-01") == 2


def test_the_configured_question_is_part_of_every_page(
    configuration: Path, opsgenie: HistorySimulator, clock: HurryingClock, capsys: pytest.CaptureFixture[str]
) -> None:
    text = configuration.read_text(encoding="utf-8")
    configuration.write_text(
        text.replace("[store]", 'history_query = "teams: ops OR teams: dev"\n[store]'), encoding="utf-8"
    )

    assert ask(configuration, clock) == 0

    assert all(query.endswith(" AND (teams: ops OR teams: dev)") for query, _ in opsgenie.questions)

    opsgenie.on_list = lambda _: error(422, "Query can not be parsed")
    opsgenie.now += DAY
    assert ask(configuration, clock) == 1
    assert "Query can not be parsed: check `[opsgenie] history_query`\n" in capsys.readouterr().err


def test_without_a_key_it_says_what_to_set(
    tmp_path: Path, clock: HurryingClock, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[me]\nname = "Jo"\n', encoding="utf-8")

    assert ask(path, clock) == 2

    assert "set opsgenie.read_key_env" in capsys.readouterr().err
