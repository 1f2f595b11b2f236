"""A read-only desk's sources refuse every change themselves: it isn't the screens alone that stop one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from support_desk.config.model import Config, Opsgenie, Zendesk
from support_desk.config.secrets import Secret
from support_desk.desk.performing.performer import DeskPerformer
from support_desk.domain.commands import Acknowledge, EditTicket
from support_desk.domain.intents import Intent, Seen, Target, Verdict
from support_desk.sources.errors import NotAllowed
from support_desk.sources.live import live_sources
from support_desk.sources.opsgenie import OpsgenieSource
from support_desk.sources.zendesk.attempt import WritingSession
from support_desk.sources.zendesk.limits import Limits
from support_desk.sources.zendesk.rates import Rates
from support_desk.sources.zendesk.session import PinnedSession
from support_desk.sources.zendesk.sign_in import TokenSignIn
from support_desk.start import with_read_only
from tests.simulators.opsgenie import READ_KEY, WRITE_KEY, OpsgenieSimulator, wire_alert
from tests.simulators.opsgenie import source_for as alerts_for
from tests.simulators.zendesk import API_TOKEN, EMAIL, NOW, wire_ticket
from tests.simulators.zendesk_writes import WritableZendesk
from tests.sources.zendesk_desk import source_for

KEYS = {"READ": READ_KEY, "WRITE": WRITE_KEY, "TOKEN": API_TOKEN}


@pytest.fixture
def helpdesk() -> Iterator[WritableZendesk]:
    with WritableZendesk() as simulator:
        simulator.add(wire_ticket(5))
        yield simulator


@pytest.fixture
def monitoring() -> Iterator[OpsgenieSimulator]:
    with OpsgenieSimulator() as simulator:
        simulator.alerts = [wire_alert("one")]
        yield simulator


def config(helpdesk: WritableZendesk, monitoring: OpsgenieSimulator, *, read_only: bool) -> Config:
    return Config(
        read_only=read_only,
        zendesk=Zendesk(url=helpdesk.url, auth="token", email=EMAIL, token_env="TOKEN"),
        opsgenie=Opsgenie(url=monitoring.url, read_key_env="READ", write_key_env="WRITE"),
    )


async def test_the_sources_have_nothing_to_write_with_and_send_only_reads(
    helpdesk: WritableZendesk, monitoring: OpsgenieSimulator
) -> None:
    asked = config(helpdesk, monitoring, read_only=True)
    sources = live_sources(asked, lambda: NOW, KEYS)
    assert sources.alert_writer is None
    assert sources.ticket_writer is None
    assert sources.alerts is not None
    assert sources.rota is not None
    assert sources.tickets is not None
    await sources.alerts.open_alerts()
    await sources.alerts.alert("one")
    await sources.alerts.policies()
    await sources.rota.on_call()
    await sources.rota.rota(NOW, NOW + timedelta(days=7))
    await sources.rota.people()
    await sources.tickets.queue()
    await sources.tickets.confirm([5])
    await sources.tickets.ticket(5)
    await sources.tickets.suspended()
    await sources.tickets.search_solved("words")
    await sources.alerts.probe()
    await sources.tickets.probe()
    await sources.close()
    assert {request.method for request in [*helpdesk.requests, *monitoring.server.requests]} == {"GET"}


async def test_a_desk_that_may_act_has_both_writers(
    helpdesk: WritableZendesk, monitoring: OpsgenieSimulator
) -> None:
    sources = live_sources(config(helpdesk, monitoring, read_only=False), lambda: NOW, KEYS)
    assert sources.alert_writer is not None
    assert sources.ticket_writer is not None
    await sources.close()


async def test_an_intent_that_reaches_them_all_the_same_fails_with_words() -> None:
    performer = DeskPerformer(None, None)
    for target, command in (
        (Target("ticket", "5"), EditTicket(priority="high")),
        (Target("alert", "one"), Acknowledge()),
    ):
        intent = Intent("i1", target, "t", command, Seen(), "jo@example.com", NOW)
        receipt = await performer.perform(intent)
        assert receipt.verdict is Verdict.FAILED
        assert "can't be changed from here" in receipt.words


async def test_the_source_gives_no_writer(helpdesk: WritableZendesk) -> None:
    source = source_for(helpdesk.url, auth="token", read_only=True)
    with pytest.raises(NotAllowed, match="read-only"):
        source.writer("jo@example.com")
    await source.close()


async def test_a_writer_of_a_read_only_monitoring_refuses_before_anything_is_sent(
    monitoring: OpsgenieSimulator,
) -> None:
    source: OpsgenieSource = alerts_for(monitoring, read_only=True)
    with pytest.raises(NotAllowed, match="read-only"):
        await source.writer().ask("one", Acknowledge(), actor="jo@example.com", token="t1")
    await source.close()
    assert monitoring.server.requests == []


@pytest.mark.parametrize("kind", [PinnedSession, WritingSession])
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_a_connection_that_reads_sends_nothing_else(
    helpdesk: WritableZendesk, kind: type[PinnedSession], method: str
) -> None:
    """Also the writing one, outside of an attempt."""
    limits = Limits()
    sign_in = TokenSignIn(EMAIL, Secret(lambda: API_TOKEN), limits=limits)
    with kind(helpdesk.url, sign_in, Rates(), limits, lambda: NOW) as session:
        with pytest.raises(NotAllowed, match="only reads"):
            session.request(method, f"{helpdesk.url}/api/v2/tickets/5.json", json={"ticket": {}})
        assert session.get(f"{helpdesk.url}/api/v2/users/me.json").status_code == 200
    assert [request.method for request in helpdesk.requests] == ["GET"]


def test_the_command_line_and_the_file_mean_the_same() -> None:
    usual, shadow = Config(), msgspec.structs.replace(Config(), read_only=True)
    assert with_read_only(usual, True).read_only
    assert with_read_only(shadow, False).read_only, "the command line can't take it back"
    assert not with_read_only(usual, False).read_only
