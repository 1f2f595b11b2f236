"""kill -9 at every state of the outbox, against both services over HTTP: none is lost, none is done twice.

The real program on a real terminal; the simulators count how often each change was really applied.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.program.desk import becomes
from tests.program.services import ENVIRON, Desk
from tests.simulators.http import dropped, silence
from tests.simulators.opsgenie import stamp, wire_alert
from tests.simulators.opsgenie_writes import WritableOpsgenie
from tests.simulators.zendesk import wire_ticket
from tests.simulators.zendesk_writes import WritableZendesk
from tests.terminal import Terminal


@pytest.fixture
def opsgenie() -> Iterator[WritableOpsgenie]:
    now = datetime.now(UTC)
    with WritableOpsgenie(now, clock=lambda: datetime.now(UTC)) as simulator:
        began = stamp(now - timedelta(minutes=2))
        simulator.alerts = [wire_alert("a1", message="acme-prod-5xx", createdAt=began, updatedAt=began)]
        yield simulator


@pytest.fixture
def zendesk() -> Iterator[WritableZendesk]:
    with WritableZendesk(clock=lambda: datetime.now(UTC)) as simulator:
        simulator.add(wire_ticket(5))
        yield simulator


@pytest.fixture
def desk(tmp_path: Path, zendesk: WritableZendesk, opsgenie: WritableOpsgenie) -> Desk:
    return Desk(tmp_path, zendesk, opsgenie)


def kill(terminal: Terminal) -> None:
    terminal.kill(signal.SIGKILL)
    assert terminal.wait_exit() == -signal.SIGKILL


def test_killed_while_held_it_is_offered_and_sent_once_when_said_so(
    desk: Desk, opsgenie: WritableOpsgenie
) -> None:
    with desk.ready() as terminal:
        terminal.press("c")
        terminal.wait_for("can't be opened again")
        terminal.read_for(0.4)
        terminal.press("y")
        terminal.wait_for(r"IN \d s +closes P\d acme-prod-5xx")
        kill(terminal)
    with desk.start() as terminal:
        terminal.wait_for("NOT SENT", timeout=20)
        terminal.wait_for("1 asks for your decision")
        terminal.read_for(6)
        assert opsgenie.applied["close", "a1"] == 0
        terminal.press("y")
        assert becomes(lambda: opsgenie.applied["close", "a1"] == 1, 20)
        terminal.wait_for("done", timeout=20)
    assert opsgenie.taken["close"] == 1


def test_killed_while_the_answer_is_awaited_it_is_verified_and_not_sent_again(
    desk: Desk, opsgenie: WritableOpsgenie
) -> None:
    opsgenie.server.fail("/acknowledge", opsgenie.applied_then(silence()))
    with desk.ready() as terminal:
        terminal.press("a")
        assert becomes(lambda: opsgenie.applied["acknowledge", "a1"] == 1, 20)
        terminal.wait_for("acknowledging")
        kill(terminal)
    with desk.start() as terminal:
        terminal.wait_for(r"acked ✓|it was done", timeout=20)
        terminal.press("O")
        terminal.wait_for(r"done +\d\d:\d\d +acknowledge", timeout=20)
    assert opsgenie.taken["acknowledge"] == 1
    assert opsgenie.applied["acknowledge", "a1"] == 1


def test_killed_before_the_request_arrived_it_is_a_question_until_it_is_known(
    desk: Desk, opsgenie: WritableOpsgenie
) -> None:
    opsgenie.server.fail("/acknowledge", silence())
    with desk.ready() as terminal:
        terminal.press("a")
        assert becomes(lambda: bool(opsgenie.server.sent_to("/acknowledge")), 20)
        kill(terminal)
    with desk.start() as terminal:
        terminal.press("O")
        terminal.wait_for(r"UNKNOWN +\d\d:\d\d +acknowledge", timeout=20)
        terminal.read_for(2)
        assert len(opsgenie.server.sent_to("/acknowledge")) == 1
        assert opsgenie.applied["acknowledge", "a1"] == 0


def test_killed_after_a_comment_was_made_it_is_found_and_not_made_again(
    desk: Desk, zendesk: WritableZendesk
) -> None:
    zendesk.fail("/tickets/5.json", zendesk.applied_then(silence()), method="PUT")
    with desk.ready() as terminal:
        terminal.press("2", "n")
        terminal.wait_for("INTERNAL NOTE")
        terminal.send("looking into it")
        terminal.press("ctrl+s")
        assert becomes(lambda: zendesk.applied["comment", 5] == 1, 20)
        kill(terminal)
    with desk.start() as terminal:
        terminal.wait_for("acme-prod-5xx", timeout=20)
        terminal.press("O")
        terminal.wait_for(r"done +\d\d:\d\d +internal note", timeout=30)
    assert zendesk.applied["comment", 5] == 1


def test_killed_while_it_waits_for_the_network_it_is_offered(desk: Desk, opsgenie: WritableOpsgenie) -> None:
    opsgenie.server.fail("/acknowledge", dropped(), times=None)
    with desk.ready() as terminal:
        terminal.press("a")
        assert becomes(lambda: bool(opsgenie.server.sent_to("/acknowledge")), 20)
        terminal.wait_for(r"acknowledging|UNKNOWN")
        kill(terminal)
    opsgenie.server.heal()
    with desk.start() as terminal:
        terminal.wait_for("acme-prod-5xx", timeout=20)
        terminal.press("O")
        terminal.wait_for(r"(UNKNOWN|NOT SENT|FAILED) +\d\d:\d\d +acknowledge", timeout=20)
        assert opsgenie.applied["acknowledge", "a1"] == 0


def test_no_secret_is_in_the_outbox_or_on_the_screen(
    desk: Desk, tmp_path: Path, opsgenie: WritableOpsgenie
) -> None:
    with desk.ready() as terminal:
        terminal.press("a")
        assert becomes(lambda: opsgenie.applied["acknowledge", "a1"] == 1, 20)
        terminal.wait_for("acked", timeout=20)
        terminal.press("ctrl+q")
        assert terminal.wait_exit() == 0
        shown = bytes(terminal.raw)
    files = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert files
    for secret in ENVIRON.values():
        assert secret.encode() not in shown
        assert all(secret.encode() not in path.read_bytes() for path in files)
