"""The one-shots against simulated services, over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support_desk.cli import run
from support_desk.config.load import load_config
from support_desk.desk.outbox import Outbox
from support_desk.desk.outbox_store import OutboxStore
from support_desk.desk.schema import STEPS, open_file
from support_desk.desk.store import ReadingsStore
from support_desk.domain.commands import EscalateAlert
from support_desk.domain.intents import Intent, Phase, Receipt, Seen, Target, Verdict
from support_desk.domain.paged import Page, Proof
from support_desk.paths import private_store_file, store_file
from tests.simulators.opsgenie import READ_KEY, OpsgenieSimulator, error, wire_alert, wire_policy
from tests.simulators.zendesk import CLIENT_ID, CLIENT_SECRET, ZendeskSimulator, sla_row, wire_ticket

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)


class StoppedClock:
    """Always the same moment, so whoever waits waits for ever."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


@pytest.fixture
def zendesk() -> Iterator[ZendeskSimulator]:
    with ZendeskSimulator(clock=lambda: NOW) as desk:
        yield desk


@pytest.fixture
def opsgenie() -> Iterator[OpsgenieSimulator]:
    with OpsgenieSimulator(NOW) as simulator:
        yield simulator


@pytest.fixture
def configuration(tmp_path: Path, zendesk: ZendeskSimulator, opsgenie: OpsgenieSimulator) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(
        f"""
[zendesk]
url = "{zendesk.url}"
client_id = "{CLIENT_ID}"
client_secret_env = "SECRET"
[opsgenie]
url = "{opsgenie.url}"
read_key_env = "KEY"
""",
        encoding="utf-8",
    )
    return path


def ask(path: Path, *argv: str, **environ: str) -> int:
    secrets = {"SECRET": CLIENT_SECRET, "KEY": READ_KEY}
    return run([*argv, "--config", str(path)], secrets | environ, StoppedClock())


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_tickets_as_zendesk_judges_them(
    configuration: Path, zendesk: ZendeskSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    zendesk.add(
        wire_ticket(
            1, slas={"policy_metrics": [sla_row("first_reply_time", "active", NOW + timedelta(hours=2))]}
        ),
        wire_ticket(
            2, slas={"policy_metrics": [sla_row("first_reply_time", "active", NOW - timedelta(hours=1))]}
        ),
        wire_ticket(3, slas={"policy_metrics": [sla_row("next_reply_time", "paused", None)]}),
        wire_ticket(4, status="solved"),
    )

    assert ask(configuration, "tickets", "--json") == 0

    found = document(capsys)
    assert found["generated_at"] == "2026-11-23T13:00:00Z"
    assert found["sources"]["zendesk"] == {
        "state": "fresh",
        "read_at": "2026-11-23T13:00:00Z",
        "age_seconds": 0,
        "error": None,
    }
    assert found["sources"]["alerts"]["state"] == "off"
    rows = [
        (row["rank"], row["id"], row["sla"]["state"], row["sla"]["remaining_seconds"])
        for row in found["tickets"]
    ]
    assert rows == [(1, 2, "breached", -3600), (2, 1, "active", 7200), (3, 3, "paused", None)]
    assert found["tickets"][0]["url"] == f"{zendesk.url}/agent/tickets/2"


def test_a_failing_service_is_named_and_never_an_empty_queue(
    configuration: Path, zendesk: ZendeskSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(configuration, "tickets", "--json", SECRET="wrong-s3cret") == 1

    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["tickets"] == []
    assert found["sources"]["zendesk"]["state"] == "failed"
    assert found["sources"]["zendesk"]["error"]
    assert "zendesk missing" in said.err
    assert "wrong-s3cret" not in said.out + said.err

    assert ask(configuration, "tickets", SECRET="wrong-s3cret") == 1
    assert capsys.readouterr().out == "Tickets: not known, failed.\n"


def test_a_secret_that_cannot_be_fetched_is_named(
    configuration: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(configuration, "alerts", KEY="") == 1

    assert "opsgenie.read_key_env: the environment variable KEY is not set" in capsys.readouterr().err


def test_alerts_with_their_escalation(
    configuration: Path, opsgenie: OpsgenieSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    opsgenie.alerts = [
        wire_alert("a1", priority="P1", createdAt="2026-11-23T12:58:00Z"),
        wire_alert("a2", priority="P3", acknowledged=True, tags=[]),
    ]

    assert ask(configuration, "alerts", "--json") == 0

    found = document(capsys)
    assert [(row["id"], row["status"], row["client"]) for row in found["alerts"]] == [
        ("a1", "open", "acme"),
        ("a2", "acked", None),
    ]
    assert found["alerts"][0]["created_at"] == "2026-11-23T12:58:00Z"
    assert found["alerts"][0]["escalation"]["basis"] == "policy"
    assert found["sources"]["alerts"]["state"] == "fresh"


def test_who_is_paged_next_is_who_is_second_line_then(
    configuration: Path, opsgenie: OpsgenieSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = wire_policy()
    policy["rules"][1]["delay"] = {"timeAmount": 310, "timeUnit": "minutes"}
    opsgenie.escalations = [policy]
    opsgenie.alerts = [wire_alert("a1", createdAt="2026-11-23T12:58:00Z")]

    assert ask(configuration, "alerts", "--json") == 0

    # Nobody is, at 13:00.
    coming = document(capsys)["alerts"][0]["escalation"]
    assert (coming["next"], coming["due_at"]) == ("ooh_second_line (Ben Brook)", "2026-11-23T18:08:00Z")


def escalated(configuration: Path, phase: Phase, receipt: Receipt) -> None:
    """This person's own file has an escalation of a1."""
    config = load_config(configuration, {"SECRET": CLIENT_SECRET, "KEY": READ_KEY}).config
    store = OutboxStore.open(private_store_file(config))
    command = EscalateAlert("p", "P", "second line")
    intent = Intent("0" * 32, Target("alert", "a1"), "P1 disk", command, Seen("open"), "jo", NOW)
    outbox = Outbox(store, StoppedClock(), user="jo")
    (entry,) = outbox.submit([intent])
    sending = outbox.step(entry, Phase.SENDING, "")
    store.save([sending])
    store.save([outbox.step(sending, phase, receipt.words, receipt)])
    store.close()


@pytest.mark.parametrize(
    ("became", "proof", "spoken"),
    [
        (
            (Phase.CONFIRMED, Receipt(Verdict.CONFIRMED, "Sam Patel was paged 13:00:02", paged=True)),
            "paged",
            "Sam Patel was paged 13:00:02. ",
        ),
        (
            (Phase.CONFIRMED, Receipt(Verdict.CONFIRMED, "escalated to second line")),
            "unproven",
            "Escalated to second line. Who is paged next is not known",
        ),
        (
            (Phase.UNKNOWN, Receipt(Verdict.UNKNOWN, "no answer")),
            "unknown",
            "Whether your page arrived is not known. Nobody will be",
        ),
        (
            (Phase.FAILED, Receipt(Verdict.FAILED, "not sent: no connection")),
            None,
            "in hours. Nobody will be paged, ",
        ),
    ],
)
def test_alerts_tell_whom_this_person_has_had_paged(
    configuration: Path,
    opsgenie: OpsgenieSimulator,
    capsys: pytest.CaptureFixture[str],
    *,
    became: tuple[Phase, Receipt],
    proof: str | None,
    spoken: str,
) -> None:
    opsgenie.alerts = [wire_alert("a1", priority="P1", createdAt="2026-11-23T12:58:00Z")]
    escalated(configuration, *became)

    assert ask(configuration, "alerts", "--json") == 0

    page = document(capsys)["alerts"][0]["escalation"]["page"]
    told = {"at": "2026-11-23T13:00:00Z", "by": None, "proof": proof, "escalation": True}
    assert page == (told | {"words": became[1].words} if proof else None)
    assert ask(configuration, "alerts") == 0
    assert spoken in capsys.readouterr().out


def test_alerts_tell_whom_a_colleague_has_had_paged_who_shares_the_readings(
    configuration: Path, opsgenie: OpsgenieSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    opsgenie.alerts = [
        wire_alert(key, priority="P1", createdAt="2026-11-23T12:58:00Z") for key in ("a1", "a2")
    ]
    config = load_config(configuration, {"SECRET": CLIENT_SECRET, "KEY": READ_KEY}).config
    with closing(ReadingsStore.open(store_file(config))) as store:
        page = Page(NOW, Proof.PAGED, "Sam Patel was paged 13:00:02", escalation=True, by="kim@example.com")
        store.keep_page("one", "a1", page, NOW)
        store.keep_page("two", "a2", replace(page, proof=Proof.UNKNOWN), NOW)

    assert ask(configuration, "alerts", "--json") == 0

    page_of_a1 = document(capsys)["alerts"][0]["escalation"]["page"]
    assert (page_of_a1["proof"], page_of_a1["by"]) == ("paged", "kim@example.com")
    assert ask(configuration, "alerts") == 0
    spoken = capsys.readouterr().out
    assert "Sam Patel was paged 13:00:02. " in spoken
    assert "Whether the page of kim@example.com arrived is not known. " in spoken


def test_a_damaged_file_of_ones_own_is_named_and_left_for_its_desk_to_find(
    configuration: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was set aside without a word: its desk began anew, and never said where unfinished actions are."""
    escalated(configuration, Phase.CONFIRMED, Receipt(Verdict.CONFIRMED, "Sam was paged"))
    path = private_store_file(load_config(configuration, {"SECRET": CLIENT_SECRET, "KEY": READ_KEY}).config)
    path.write_bytes(b"damaged" * 1000)

    assert ask(configuration, "alerts") == 0

    assert "the log of your actions is missing. The store is damaged" in capsys.readouterr().err
    assert path.read_bytes() == b"damaged" * 1000


def test_a_store_of_an_older_version_says_what_brings_it_up_to_date(
    configuration: Path, opsgenie: OpsgenieSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command line was updated, and the dashboard, which does it, still runs as it was."""
    config = load_config(configuration, {"SECRET": CLIENT_SECRET, "KEY": READ_KEY}).config
    open_file(store_file(config), STEPS[:4]).close()

    assert ask(configuration, "alerts") == 0
    (said,) = capsys.readouterr().err.splitlines()
    assert "whom colleagues have had paged is missing. The store was made by an older support-desk" in said
    assert said.endswith(": open the dashboard once with this one")
    ask(configuration, "--plain")
    assert capsys.readouterr().err.count("older support-desk") == 1


def test_a_key_that_may_not_see_policies_still_counts_down(
    configuration: Path, opsgenie: OpsgenieSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    opsgenie.forbidden = [(READ_KEY, "escalations")]
    opsgenie.alerts = [wire_alert("a1", priority="P1", createdAt="2026-11-23T12:58:00Z")]

    assert ask(configuration, "alerts", "--json") == 0

    assert document(capsys)["alerts"][0]["escalation"]["basis"] == "configured"


def test_policies_that_could_not_be_read_this_time_are_a_part_that_is_missing(
    configuration: Path, opsgenie: OpsgenieSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    opsgenie.server.fail("/v2/escalations", error(500, "Sorry"), times=None)
    opsgenie.alerts = [wire_alert("a1", priority="P1", createdAt="2026-11-23T12:58:00Z")]

    assert ask(configuration, "alerts", "--json") == 1

    said = capsys.readouterr()
    assert json.loads(said.out)["sources"]["alerts"]["state"] == "partial"
    assert "alerts incomplete. escalation policies: OpsGenie is out of order (HTTP 500)" in said.err


def test_what_came_is_printed_when_another_part_is_missing(
    configuration: Path, opsgenie: OpsgenieSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    opsgenie.alerts = [wire_alert("a1")]
    opsgenie.forbidden = [(READ_KEY, "schedules")]

    assert ask(configuration, "alerts", "--json") == 1

    said = capsys.readouterr()
    assert len(json.loads(said.out)["alerts"]) == 1
    assert "rota missing" in said.err
    assert READ_KEY not in said.out + said.err


def test_the_rota_over_five_weeks(
    configuration: Path, opsgenie: OpsgenieSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(configuration, "rota", "--json") == 0

    found = document(capsys)
    assert set(found["now"]) == {"dev", "ops", "on_call", "second_line"}
    assert found["now"]["second_line"] is None
    assert found["shifts"]
    assert all(shift["end"] > found["generated_at"] for shift in found["shifts"])


def test_the_whole_desk_as_text(
    configuration: Path,
    zendesk: ZendeskSimulator,
    opsgenie: OpsgenieSimulator,
    capsys: pytest.CaptureFixture[str],
) -> None:
    zendesk.add(wire_ticket(1))
    opsgenie.alerts = [wire_alert("a1")]

    assert ask(configuration, "--plain") == 0

    text = capsys.readouterr().out
    assert text.startswith(
        "Support desk, Monday 23 November, 13:00.\n\nFirst.\nAck P2 ALARM: a1: open for 59 min"
    )
    assert "\n\nAlerts.\nAlert 1791, P2" in text
    assert "\nTickets.\n1. Ticket 1: Ticket number 1." in text
    assert "\nRota.\nDeveloper now: " in text


def test_check_names_what_is_wrong_with_a_remedy(
    configuration: Path, opsgenie: OpsgenieSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(configuration, "check", KEY="read-no-such-key") == 1

    out = capsys.readouterr().out
    assert "FAIL  OpsGenie" in out
    assert "-> " in out
    assert "read-no-such-key" not in out


def first_of_all(said: str) -> list[str]:
    return said.partition("\nFirst.\n")[2].partition("\n\n")[0].split("\n")


def test_the_whole_desk_is_never_quiet_on_what_was_not_read(
    configuration: Path, opsgenie: OpsgenieSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(configuration, "--plain") == 0
    assert first_of_all(capsys.readouterr().out) == ["Nothing needs you now."]
    opsgenie.server.fail("/v2/alerts", error(500, "Sorry"), times=None)
    assert ask(configuration, "--plain") == 1
    assert first_of_all(capsys.readouterr().out) == ["Nothing known to need you, but alerts are failed."]
    assert ask(configuration, "--plain", SECRET="wrong") == 1
    (both,) = first_of_all(capsys.readouterr().out)
    assert both == "Nothing known to need you, but alerts are failed; tickets are failed."


def test_the_whole_desk_begins_with_the_five_most_pressing_things(
    configuration: Path, opsgenie: OpsgenieSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    for count, more in ((5, []), (7, ["And 2 more."])):
        opsgenie.alerts = [
            wire_alert(f"a{number}", priority="P1", message=f"{'abcdefg'[number] * 9} is down")
            for number in range(count)
        ]
        ask(configuration, "--plain")
        lines = first_of_all(capsys.readouterr().out)
        assert [" is down" in words for words in lines[:5]] == [True] * 5
        assert lines[5:] == more
