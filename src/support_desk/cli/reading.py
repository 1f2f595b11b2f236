"""Reading the services once, for a one-shot or `check`."""

from __future__ import annotations

from collections.abc import Collection

from support_desk.config.model import Config
from support_desk.config.rules import agreement_of
from support_desk.desk.clock import Clock
from support_desk.desk.once import read_once
from support_desk.desk.snapshot import FeedName, Snapshot, SourceName
from support_desk.sources.protocols import Sources

HOW_TO_CONFIGURE = {
    SourceName.ZENDESK: "set zendesk.url and its sign-in",
    SourceName.ALERTS: "set opsgenie.read_key_env (or _command, _file)",
    SourceName.ROTA: "set opsgenie.read_key_env (or _command, _file)",
    SourceName.RUNBOOKS: "set runbooks.path",
}
"""What switches a source on, as the rest of a sentence."""


async def read_and_close(
    config: Config, sources: Sources, clock: Clock, feeds: Collection[FeedName]
) -> Snapshot:
    """These feeds, read once; a failure is its feed's problem, never empty rows."""
    try:
        return await read_once(config, sources, clock, agreement_of(config), feeds)
    finally:
        await sources.close()
