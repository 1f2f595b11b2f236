"""The sources that a configuration asks for. Importing this is cheap, calling it isn't: use a thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from support_desk.config.model import Config
from support_desk.config.secrets import secret_of
from support_desk.paths import sign_in_file
from support_desk.sources.protocols import RunbookSource, Sources

if TYPE_CHECKING:
    from support_desk.sources.opsgenie import OpsgenieSource
    from support_desk.sources.writers import AlertWriter
    from support_desk.sources.zendesk import ZendeskSource


def live_sources(
    config: Config, now: Callable[[], datetime], environ: Mapping[str, str] = os.environ
) -> Sources:
    """The configured sources; None for each that isn't configured. No connection is opened yet.

    `now` is the desk's clock (aware, UTC).
    """
    opsgenie = _opsgenie(config, now, environ)
    tickets = _zendesk(config, now, environ)
    return Sources(
        alerts=opsgenie,
        rota=opsgenie,
        tickets=tickets,
        runbooks=_runbooks(config),
        alert_writer=_alert_writer(opsgenie, config, environ),
        ticket_writer=None if tickets is None or config.read_only else tickets.writer(config.me.email),
    )


def _opsgenie(
    config: Config, now: Callable[[], datetime], environ: Mapping[str, str]
) -> OpsgenieSource | None:
    read_key = secret_of(config.opsgenie, "read_key", environ)
    write_key = secret_of(config.opsgenie, "write_key", environ)
    # An integration's key may read as well: who has only that one still sees the alerts.
    if read_key is None and write_key is None:
        return None
    # 90 ms of httpx and pydantic, which a desk without OpsGenie needn't pay for.
    from support_desk.sources.opsgenie import OpsgenieSource

    return OpsgenieSource(
        config.opsgenie,
        config.rota,
        read_key=read_key,
        write_key=write_key,
        default_api_key=secret_of(config.opsgenie, "default_api_key", environ),
        now=now,
        read_only=config.read_only,
    )


def _alert_writer(
    source: OpsgenieSource | None, config: Config, environ: Mapping[str, str]
) -> AlertWriter | None:
    """None in a read-only desk, and where no key is there that may write."""
    keys = [secret_of(config.opsgenie, name, environ) for name in ("write_key", "default_api_key")]
    if source is None or config.read_only or keys == [None, None]:
        return None
    return source.writer()


def _zendesk(config: Config, now: Callable[[], datetime], environ: Mapping[str, str]) -> ZendeskSource | None:
    if not config.zendesk.url:
        return None
    # zenpy and requests: 150 ms.
    from support_desk.sources.zendesk import ZendeskSource
    from support_desk.sources.zendesk.token_store import TokenFile

    return ZendeskSource(
        config.zendesk,
        client_secret=secret_of(config.zendesk, "client_secret", environ),
        token=secret_of(config.zendesk, "token", environ),
        now=now,
        store=TokenFile(sign_in_file(config)),
        read_only=config.read_only,
        zone=ZoneInfo(config.hours.timezone),
        budget=config.polling.budget,
    )


def _runbooks(config: Config) -> RunbookSource | None:
    if not config.runbooks.path:
        return None
    from support_desk.sources.runbooks import RunbookFolder

    return RunbookFolder(config.runbooks)
