"""`toil`: claims from the history on disk and the shifts of a simulated service, over HTTP."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from support_desk.cli import run
from support_desk.config.load import load_config
from support_desk.desk.snapshot import Feed, FeedName
from support_desk.desk.store import ReadingsStore
from support_desk.desk.toil_book import ToilBook
from support_desk.domain.alerts import Alert
from support_desk.domain.past import Span
from support_desk.domain.toil import Answer
from support_desk.domain.toil_rule import Woken
from support_desk.paths import store_file, toil_file
from tests.cli.test_one_shots import StoppedClock
from tests.desk.clock import ManualClock
from tests.simulators.opsgenie import NOW, READ_KEY, OpsgenieSimulator

ME = "dan@example.com"
"""On call from Wednesday 11 November 18:00 until the Wednesday after, by the simulator's rota."""
NIGHT = datetime(2026, 11, 12, 2, 14, tzinfo=UTC)


@pytest.fixture
def opsgenie() -> Iterator[OpsgenieSimulator]:
    with OpsgenieSimulator() as simulator:
        yield simulator


@pytest.fixture
def configuration(tmp_path: Path, opsgenie: OpsgenieSimulator, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / "config.toml"
    path.write_text(
        f'[me]\nname = "Dan Dale"\nemail = "{ME}"\n'
        f'[opsgenie]\nurl = "{opsgenie.url}"\nread_key_env = "KEY"\n',
        encoding="utf-8",
    )
    return path


def alert(id_: str, at: datetime, by: str | None = ME, message: str = "disk is full") -> Alert:
    return Alert(
        id_, message, "P1", "acked" if by else "open", at, at, at,
        acknowledged_by=by, acknowledged_at=at + timedelta(minutes=3) if by else None,
    )  # fmt: skip


def remember(configuration: Path, *alerts: Alert) -> None:
    """The history as a dashboard would have kept it."""
    config = load_config(configuration, {"KEY": READ_KEY}).config
    with closing(ReadingsStore.open(store_file(config))) as store:
        first = datetime(2026, 8, 1, tzinfo=UTC)
        early = alert("early", first, None)
        store.save(FeedName.ALERTS, Feed(rows=(early,), read_at=first))
        store.save(FeedName.ALERTS, Feed(rows=(early, *alerts), read_at=NOW - timedelta(days=1)))


def ask(path: Path, *argv: str) -> int:
    return run(["toil", *argv, "--config", str(path)], {"KEY": READ_KEY}, StoppedClock())


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


ROUGH = (
    alert("a", NIGHT),
    alert("b", NIGHT + timedelta(minutes=50), None),
    alert("c", datetime(2026, 11, 16, 19, 0, tzinfo=UTC)),
    alert("work", datetime(2026, 11, 16, 12, 0, tzinfo=UTC)),
    alert("other", datetime(2026, 11, 19, 21, 0, tzinfo=UTC)),
)


def test_claims_as_text(configuration: Path, capsys: pytest.CaptureFixture[str]) -> None:
    remember(configuration, *ROUGH)

    assert ask(configuration, "--from", "2026-11-04") == 0

    text = capsys.readouterr().out
    assert "1. Thursday 12 November, 02:14: 0.5 days, 3 hours 30 minutes." in text
    assert "2. Monday 16 November, 19:00: 0.25 days, 1 hour 45 minutes." in text
    assert "Together 0.75 days, 5 hours 15 minutes." in text
    assert "2 are only suggested: K on the dashboard asks you." in text
    assert "Not claimed: 1 that you acknowledged outside your own shifts." in text
    assert "(chosen: toil.mixed)" in text
    assert "The agency's script would give 1 day (2 awake and 1 woken), 0.25 days more than here." in text


def test_the_document_has_alerts_rule_and_amounts(
    configuration: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    remember(configuration, *ROUGH)
    with closing(ToilBook.open(toil_file())) as book:
        book.keep(ME.upper(), Answer("a", Woken.NO, timedelta(minutes=130), left_out=False, at=NOW))

    assert ask(configuration, "--from", "2026-11-04", "--json") == 0

    found = document(capsys)
    assert found["schema"] == 1
    assert found["sources"]["rota"]["state"] == "fresh"
    assert (found["from"], found["to"]) == ("2026-11-04T00:00:00Z", "2026-11-23T13:00:00Z")
    first, second = found["claims"]
    assert [alert["id"] for alert in first["alerts"]] == ["a", "b"]
    assert first["alerts"][0]["acknowledged_by"] == ME
    assert first["alerts"][1]["acknowledged_at"] is None
    assert (first["woken"], first["answered"], first["fix_seconds"]) == ("no", True, 7800)
    assert (first["days"], first["hours"]) == (0.5, 3.5)
    assert (second["days"], second["answered"], second["line"]) == (0.25, False, "on_call")
    assert (found["days"], found["hours"], found["unanswered"]) == (0.75, 5.25, 1)
    assert [alert["id"] for alert in found["outside_your_shifts"]] == ["other"]
    assert found["script"]["difference_days"] == -0.25
    assert any("chosen: toil.part_hours" in line for line in found["rule"])
    assert found["missing"] == []


def test_the_table_is_one_a_spreadsheet_reads(
    configuration: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    remember(configuration, *ROUGH)

    assert ask(configuration, "--from", "2026-11-04", "--to", "2026-11-16", "--csv") == 0

    rows = list(csv.DictReader(StringIO(capsys.readouterr().out)))
    assert [(row["date"], row["time"], row["days"], row["alert_ids"]) for row in rows] == [
        ("2026-11-12", "02:14", "0.5", "a b")
    ]


def test_a_rota_that_cannot_be_read_is_said_and_no_claim_is_invented(
    configuration: Path, opsgenie: OpsgenieSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    remember(configuration, *ROUGH)
    opsgenie.forbidden = [(READ_KEY, "schedules")]

    assert ask(configuration, "--from", "2026-11-04") == 1

    said = capsys.readouterr()
    assert "No claims are known." in said.out
    assert "rota failed" in said.err
    assert "4 alerts out of hours may have been yours" in said.err
    assert READ_KEY not in said.out + said.err


def test_a_history_that_does_not_reach_back_is_said(
    configuration: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(configuration) == 1
    assert "the history of alerts can't be read" in capsys.readouterr().err

    config = load_config(configuration, {"KEY": READ_KEY}).config
    with closing(ReadingsStore.open(store_file(config))) as store:
        store.save(FeedName.ALERTS, Feed(rows=(ROUGH[0],), read_at=NIGHT))
    assert ask(configuration, "--from", "2026-11-04") == 1
    said = capsys.readouterr()
    assert "not complete: the history of alerts begins Thu 12 Nov 02:14" in said.err
    assert "note: what rang and was closed while no desk was open" in said.err
    assert "1. Thursday 12 November" in said.out


@pytest.mark.parametrize(("before", "noted"), [(timedelta(minutes=4), False), (timedelta(hours=1), True)])
def test_after_an_import_nothing_is_left_to_import(
    configuration: Path, capsys: pytest.CaptureFixture[str], before: timedelta, *, noted: bool
) -> None:
    remember(configuration, *ROUGH)
    config = load_config(configuration, {"KEY": READ_KEY}).config
    with closing(ReadingsStore.open(store_file(config))) as store:
        whole = Span(NOW - timedelta(days=60), NOW - before)
        store.keep_imported(whole, whole.start, ())
    ask(configuration, "--from", "2026-11-04")
    assert ("while no desk was open" in capsys.readouterr().err) is noted


def test_a_clock_that_is_ahead_makes_no_gap_after_an_import(
    configuration: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    remember(configuration, *ROUGH)
    config = load_config(configuration, {"KEY": READ_KEY}).config
    with closing(ReadingsStore.open(store_file(config))) as store:
        store.keep_imported(Span(NOW - timedelta(days=60), NOW), NOW - timedelta(days=60), ())

    clock = ManualClock(NOW + timedelta(minutes=10))
    run(["toil", "--from", "2026-11-04", "--config", str(configuration)], {"KEY": READ_KEY}, clock)

    said = capsys.readouterr().err
    assert "This machine's clock is 599 s ahead" in said
    assert "while no desk was open" not in said


def test_the_cached_rota_asks_nobody(
    configuration: Path, opsgenie: OpsgenieSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    remember(configuration, *ROUGH)

    assert ask(configuration, "--from", "2026-11-04", "--cached") == 1

    assert "which shifts were yours isn't known without the rota" in capsys.readouterr().err
    assert opsgenie.server.sent_to("/timeline") == []


def test_whose_claims_must_be_known(configuration: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = configuration.read_text("utf-8").replace(f'email = "{ME}"\n', "")
    configuration.write_text(text, "utf-8")

    assert ask(configuration) == 2
    assert "me.email" in capsys.readouterr().err


def test_what_is_typed_without_a_zone_is_on_the_clocks_of_the_desk(
    configuration: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with configuration.open("a", encoding="utf-8") as file:
        file.write('[hours]\ntimezone = "Europe/Paris"\n')

    ask(configuration, "--cached", "--json", "--from", "2026-11-12T02:30", "--to", "2026-11-12T09:00+00:00")

    found = document(capsys)
    assert (found["from"], found["to"]) == ("2026-11-12T01:30:00Z", "2026-11-12T09:00:00Z")


def test_a_range_runs_forwards(configuration: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(configuration, "--from", "2026-11-20", "--to", "2026-11-19") == 2
    assert "--to must be after --from" in capsys.readouterr().err


def test_the_choices_are_the_configuration_s(configuration: Path, capsys: pytest.CaptureFixture[str]) -> None:
    remember(configuration, *ROUGH)
    with configuration.open("a", encoding="utf-8") as file:
        file.write(
            '[toil]\nday_hours = 8\nwindow_minutes = 30\nsleeps_until = "02:00"\ncounted = "acknowledged"\n'
        )

    assert ask(configuration, "--from", "2026-11-04", "--json") == 0

    found = document(capsys)
    assert [(claim["days"], claim["hours"]) for claim in found["claims"]] == [(0.25, 2), (0.25, 2)]
    assert [alert["id"] for alert in found["not_acknowledged"]] == ["b"]
