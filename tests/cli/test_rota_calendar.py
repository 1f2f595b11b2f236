"""`rota`: gaps, one's own shifts and the calendar file, from a simulated service over HTTP."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from support_desk.cli import run
from tests.cli.test_one_shots import StoppedClock
from tests.simulators.opsgenie import READ_KEY, OpsgenieSimulator, local


@pytest.fixture
def opsgenie() -> Iterator[OpsgenieSimulator]:
    with OpsgenieSimulator() as simulator:
        yield simulator


@pytest.fixture
def configuration(tmp_path: Path, opsgenie: OpsgenieSimulator) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(
        f'[me]\nemail = "cat@example.com"\n[opsgenie]\nurl = "{opsgenie.url}"\nread_key_env = "KEY"\n',
        encoding="utf-8",
    )
    return path


def ask(path: Path, *argv: str) -> int:
    return run(["rota", *argv, "--config", str(path)], {"KEY": READ_KEY}, StoppedClock())


def starts(text: str) -> list[str]:
    return [line.partition(":")[2] for line in text.split("\r\n") if line.startswith("DTSTART:")]


def test_a_file_that_a_calendar_imports(
    configuration: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rota.ics"

    assert ask(configuration, "--ics", str(path), "--mine") == 0

    text = path.read_bytes().decode()
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert text.endswith("END:VCALENDAR\r\n")
    # Dev until Tuesday, then second line from Wednesday evening on.
    assert starts(text)[:3] == ["20261123T100000Z", "20261124T100000Z", "20261125T180000Z"]
    assert "cat@example.com" not in text
    said = capsys.readouterr()
    assert said.out == ""
    assert "shifts written to" in said.err

    before = text
    assert ask(configuration, "--ics", str(path), "--mine") == 0
    assert path.read_bytes().decode() == before, "an older calendar is replaced, event for event"


def test_standard_output_has_the_calendar_alone(
    configuration: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(configuration, "--ics", "-") == 0

    out = capsys.readouterr().out
    assert out.count("BEGIN:VEVENT") > 20
    assert "SUMMARY:First line support (dev): Cat Calder" in out
    assert out.startswith("BEGIN:VCALENDAR")


def test_nothing_but_a_calendar_is_replaced(
    configuration: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "notes.txt"
    mine.write_text("precious")

    assert ask(configuration, "--ics", str(mine)) == 1
    assert mine.read_text() == "precious"
    assert "isn't a calendar" in capsys.readouterr().err
    assert ask(configuration, "--ics", str(tmp_path)) == 1
    os.mkfifo(tmp_path / "pipe")
    assert ask(configuration, "--ics", str(tmp_path / "pipe")) == 1
    assert "isn't a file" in capsys.readouterr().err
    assert ask(configuration, "--ics", str(tmp_path / "nowhere" / "x.ics")) == 1
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_rota_that_was_not_read_empties_no_calendar(
    configuration: Path, tmp_path: Path, opsgenie: OpsgenieSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rota.ics"
    opsgenie.forbidden = [(READ_KEY, "schedules")]

    assert ask(configuration, "--ics", str(path)) == 1
    assert not path.exists()
    assert "no calendar was written" in capsys.readouterr().err


def test_gaps_and_bank_holidays_are_told(
    configuration: Path, opsgenie: OpsgenieSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    night = local(date(2026, 11, 26), "18:00")
    for rotation in opsgenie.schedules[0].rotations:
        if rotation.name.startswith("OOH") and rotation.turns:
            rotation.turns[:] = [turn for turn in rotation.turns if turn.start != night]

    assert ask(configuration, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["gaps"][0] == {
        "role": "on_call",
        "start": "2026-11-26T18:00:00Z",
        "end": "2026-11-27T10:00:00Z",
    }
    assert found["bank_holidays_without_cover"][0] == "2026-12-25"
    assert found["bank_holidays_without_second_line"][0] == "2026-12-25"

    assert ask(configuration) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Bank holiday without cover: Friday 25 December." in lines
    assert "Nobody is on call from Thursday 26 November, 18:00 until Friday 27 November, 10:00." in lines


def test_on_a_bank_holiday_who_is_planned_by_day_is_not_expected(
    configuration: Path, opsgenie: OpsgenieSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    day = date(2026, 12, 25)
    turns = {rotation.name.split()[0]: rotation.turns or [] for rotation in opsgenie.schedules[0].rotations}
    planned = next(turn for turn in turns["Dev"] if turn.start == local(day, "10:00"))
    assert planned.email is not None
    configuration.write_text(configuration.read_text().replace("cat@example.com", planned.email))
    turns["OOH"].append(replace(planned, email="eve@example.com", type="override"))

    assert ask(configuration, "--json", "--mine") == 0
    found = json.loads(capsys.readouterr().out)
    resting = [row["start"] for row in found["shifts"] if row["rests"]]
    assert resting == ["2026-12-25T10:00:00Z", "2026-12-28T10:00:00Z"]
    assert "2026-12-25" not in found["bank_holidays_without_cover"]
    assert ask(configuration, "--mine") == 0
    said = [line for line in capsys.readouterr().out.splitlines() if "Nobody expects you" in line]
    assert len(said) == 2
    assert "Friday 25 December, 10:00" in said[0]
    assert ask(configuration) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Bank holiday without a second line in its hours: Friday 25 December." in lines
    assert ask(configuration, "--ics", "-", "--mine") == 0
    assert capsys.readouterr().out.count("(bank holiday)") == 2


def test_on_the_day_of_a_bank_holiday_nobody_is_said_to_work_because_the_rotation_says_so(
    configuration: Path, opsgenie: OpsgenieSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    noon = local(date(2026, 12, 25), "12:00")

    class Christmas(StoppedClock):
        def now(self) -> datetime:
            return noon

    opsgenie.now = noon

    def told(*argv: str) -> str:
        run(["rota", *argv, "--config", str(configuration)], {"KEY": READ_KEY}, Christmas())
        return capsys.readouterr().out

    found = json.loads(told("--json"))
    assert found["resting"] == ["dev", "ops"]
    assert found["now"]["dev"] is not None, "as the timeline has it"
    assert [found["next"][role]["rests"] for role in ("dev", "ops", "on_call")] == [True, True, False]
    lines = told().splitlines()
    name = found["now"]["dev"]["name"]
    assert lines[0].startswith(f"Developer now: nobody, a bank holiday on which the rotation names {name}.")
    assert "Monday 28 December, 18:00, a bank holiday." in lines[0]


def test_my_next_shift_comes_first_and_says_how_soon(
    configuration: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(configuration, "--mine") == 0

    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == (
        "You: Cat Calder, developer, from Monday 23 November, 10:00 until Monday 23 November, 18:00. "
        "That is now."
    )
    assert second.startswith("You: Cat Calder, developer, from Tuesday 24 November, 10:00")
