"""OpsGenie as a source of alerts and of rotas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from support_desk.config.model import Opsgenie, RotaSection
from support_desk.config.rules import alerts_web_address
from support_desk.config.secrets import Secret
from support_desk.domain.alerts import Alert, AlertDetail, EscalationPolicy
from support_desk.domain.rota import OnCall, Person, Rota
from support_desk.sources.opsgenie.alerts import AlertReader
from support_desk.sources.opsgenie.bare_httpx import httpx
from support_desk.sources.opsgenie.client import Gateway, Key, Patience
from support_desk.sources.opsgenie.directory import Directory
from support_desk.sources.opsgenie.probes import probe_all
from support_desk.sources.opsgenie.schedules import ScheduleReader
from support_desk.sources.opsgenie.writer import OpsgenieWriter
from support_desk.sources.protocols import AlertCapabilities, Probe, Reading


class OpsgenieSource:
    """`AlertSource` and `RotaSource` over one connection pool.

    Every method raises members of the `SourceError` family only (or passes the caller's cancellation on).
    Reading uses `read_key`, or `write_key` where that is missing or empty. `now` is the desk's clock, aware.
    A `read_only` source refuses every change before it is sent.
    """

    def __init__(
        self,
        settings: Opsgenie,
        rota: RotaSection,
        *,
        read_key: Secret | None,
        write_key: Secret | None,
        default_api_key: Secret | None,
        now: Callable[[], datetime],
        read_only: bool = False,
        patience: Patience | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._section = rota
        self._now = now
        patience = patience or Patience()
        self._gateway = Gateway(
            settings.url,
            {Key.READ: read_key, Key.WRITE: write_key, Key.DEFAULT_API: default_api_key},
            patience=patience,
            read_only=read_only,
            transport=transport,
        )
        self._directory = Directory(self._gateway, now, patience=patience.names)
        self._alerts = AlertReader(
            self._gateway,
            self._directory,
            query=settings.query,
            web=alerts_web_address(settings),
        )
        self._schedules = ScheduleReader(self._gateway, self._directory, rota)

    @property
    def capabilities(self) -> AlertCapabilities:
        return AlertCapabilities()

    def writer(self) -> OpsgenieWriter:
        """What changes the account's alerts, over the same connections."""
        return OpsgenieWriter(self._gateway, self._alerts)

    async def open_alerts(self) -> Reading[Alert]:
        """Every alert that isn't closed, each once, oldest first; never complete unless all were read."""
        return await self._alerts.open_alerts()

    async def alert(self, alert_id: str) -> AlertDetail:
        """One alert, fresh, with notes, log and recipients. Raises `NotThere`."""
        return await self._alerts.alert(alert_id)

    async def policies(self) -> Reading[EscalationPolicy]:
        """The escalation policies; `NotAllowed` where the key may not see them."""
        return await self._alerts.policies()

    async def on_call(self) -> Reading[OnCall]:
        """Who is on call at this moment, per configured schedule."""
        return await self._schedules.on_call()

    async def rota(self, start: datetime, end: datetime) -> Reading[Rota]:
        """The shifts between two moments (aware): one `Rota` in the reading, pieces merged."""
        return await self._schedules.rota(start, end)

    async def people(self) -> Reading[Person]:
        """Everybody whom OpsGenie knows."""
        return await self._directory.people()

    async def probe(self) -> Sequence[Probe]:
        """Try what the keys may do, changing nothing; never raises."""
        return await probe_all(self, self._gateway, self._settings, self._section, self._now())

    async def close(self) -> None:
        """Drop the connections at once."""
        await self._directory.close()
        await self._gateway.close()
